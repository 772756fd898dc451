"""Does a fitted model see more of a squat from the front than the plain formulas?

    python -m benchmarks.front_squat

Depth (thigh elevation) and the knee's way inward, over the films of squat and small
squat in the cache whose camera stands within 25 degrees of the front: ridge
regression on all landmarks, taught on the TUNING bodies, against the signals that
formcheck uses. Both are scored on the REPORTING bodies. Prints the table that
docs/front_squat.md keeps.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from benchmarks.render_tier import cached
from benchmarks.sets import RENDERED, BenchSet
from benchmarks.simulate import TUNING_MOST, fresh_sets, tuning_sets
from exerciser.movement import folded
from formcheck.capture.pose_file import PoseFile
from formcheck.engine.pose import Landmark as L
from formcheck.engine.session import SetSession, Step

EXERCISES = ("squat", "small_squat")
USED = [L.NOSE, *(L(i) for i in range(L.LEFT_SHOULDER, L.RIGHT_SHOULDER + 1))]
USED += [L(i) for i in range(L.LEFT_HIP, L.RIGHT_FOOT_INDEX + 1)]
SWAP = [0, *(i + 1 if i % 2 else i - 1 for i in range(1, len(USED)))]
#: Frames deeper than this are scored, degrees of knee flexion.
DEEP_DEG = 35.0
FRONT_MAX_DEG = 25.0


@dataclass(frozen=True)
class Film:
    """One film: whose it is, camera, features (T, F) and what is true and measured (T,)."""

    item: BenchSet
    x: np.ndarray
    flexion: np.ndarray
    depth: np.ndarray
    inward: np.ndarray
    plain_flexion: np.ndarray
    plain_inward: np.ndarray


def features(px: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(T, F): where the landmarks are and how they moved since rest, in leg lengths."""
    ankles = 0.5 * (rest[L.LEFT_ANKLE] + rest[L.RIGHT_ANKLE])
    hips = 0.5 * (rest[L.LEFT_HIP] + rest[L.RIGHT_HIP])
    leg = float(ankles[1] - hips[1])
    now, then = (px[:, USED] - ankles) / leg, (rest[USED] - ankles) / leg
    sunk = np.clip(-now[:, USED.index(L.LEFT_HIP) :][:, :2, 1].mean(axis=1), 0.1, 1.0)
    bend = np.stack([np.arccos(sunk), sunk, sunk**2], axis=1)
    moved = (now - then).reshape(len(px), -1)
    still = np.broadcast_to(then.reshape(-1), moved.shape)
    return np.concatenate([moved, still, bend, bend[:, :1] * moved], axis=1)


def read(item: BenchSet) -> Film | None:
    """A cached film, or None when too little of it was seen."""
    (entry,) = cached((item,))
    poses = list(PoseFile(entry.poses))
    steps: list[Step] = []
    session = SetSession(item.exercise, on_step=steps.append)
    for pose in poses:
        session.push(pose)
    session.finish()
    made = entry.made()
    px = np.array([p.landmarks_px[:, :2] for p in poses])
    rest = np.nanmedian(px[made.time_s < made.plan[0].start_s][-15:], axis=0)
    x = features(px, rest)
    good = np.isfinite(x).all(axis=1) & made.in_place
    if good.sum() < 20 or not np.isfinite(rest[USED]).all():
        return None
    m = made.metrics

    def column(name: str) -> np.ndarray:
        return np.array([s.values.get(name, np.nan) for s in steps])[good]

    both = ("left", "right")
    return Film(
        item,
        x[good],
        m["knee_flexion_deg"][good],
        m["thigh_elevation_deg"][good],
        np.stack([m[f"knee_medial_{s}_share"] for s in both], axis=1)[good],
        column("squat_flexion"),
        np.stack([column(f"knee_inward.{s}") for s in both], axis=1),
    )


def mirrored(x: np.ndarray) -> np.ndarray:
    """Features of the mirrored person: left and right change places."""
    k = len(USED)
    flip = np.array([-1.0, 1.0])

    def part(v: np.ndarray) -> np.ndarray:
        return (v.reshape(len(v), k, 2)[:, SWAP] * flip).reshape(len(v), -1)

    n = 2 * k
    return np.concatenate(
        [part(x[:, :n]), part(x[:, n : 2 * n]), x[:, 2 * n : 2 * n + 3], part(x[:, -n:])], axis=1
    )


class Ridge:
    """Linear least squares with a pull to zero on standardised columns."""

    def __init__(self, x: np.ndarray, y: np.ndarray, pull: float) -> None:
        self.mean, self.spread = x.mean(axis=0), x.std(axis=0) + 1e-6
        z = (x - self.mean) / self.spread
        self.offset = y.mean()
        gram = z.T @ z + pull * len(x) * np.eye(z.shape[1])
        self.weights = np.linalg.solve(gram, z.T @ (y - self.offset))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(((x - self.mean) / self.spread) @ self.weights + self.offset)


def error(found: np.ndarray, actual: np.ndarray) -> float:
    """Root mean square of what both have."""
    both = np.isfinite(found) & np.isfinite(actual)
    return float(np.sqrt(np.mean((found[both] - actual[both]) ** 2)))


def main() -> int:
    items = [*RENDERED, *(i for e in EXERCISES for i in tuning_sets(e, TUNING_MOST)), *fresh_sets()]
    front = tuple(
        i
        for i in items
        if i.exercise in EXERCISES and folded(i.azimuth_deg) <= FRONT_MAX_DEG and not i.hide_shin
    )
    films = [f for f in (read(e.item) for e in cached(front)) if f is not None]
    taught = [f for f in films if f.item.group == "tuning"]
    tried = [f for f in films if f.item.group == "reporting"]
    x = np.concatenate([f.x for f in taught])
    flexion = np.concatenate([f.plain_flexion for f in taught])
    depth = np.concatenate([f.depth for f in taught])
    seen = np.isfinite(flexion)
    line = np.polyfit(flexion[seen], depth[seen], 1)
    both_x = np.concatenate([x, mirrored(x)])
    inward = np.concatenate([f.inward for f in taught])
    both_inward = np.concatenate([inward[:, 0], inward[:, 1]])
    print(f"{len(taught)} films taught, {len(tried)} tried")
    for pull in (0.003, 0.03, 0.3):
        deep, side = Ridge(x, depth, pull), Ridge(both_x, both_inward, pull)
        for name, low, high in (("0-8", 0.0, 8.0), ("8-25", 8.0, FRONT_MAX_DEG)):
            mine = [f for f in tried if low <= folded(f.item.azimuth_deg) <= high]
            at = [f.flexion > DEEP_DEG for f in mine]
            true_depth = np.concatenate([f.depth[a] for f, a in zip(mine, at, strict=True)])
            by_formula = np.concatenate(
                [np.polyval(line, f.plain_flexion[a]) for f, a in zip(mine, at, strict=True)]
            )
            by_model = np.concatenate([deep(f.x[a]) for f, a in zip(mine, at, strict=True)])
            true_in = np.concatenate([f.inward[a] for f, a in zip(mine, at, strict=True)])
            plain_in = np.concatenate([f.plain_inward[a] for f, a in zip(mine, at, strict=True)])
            model_in = np.concatenate(
                [
                    np.stack([side(f.x[a]), side(mirrored(f.x[a]))], axis=1)
                    for f, a in zip(mine, at, strict=True)
                ]
            )
            depths = [error(v, true_depth) for v in (by_formula, by_model)]
            inwards = [error(v, true_in) for v in (plain_in, model_in)]
            print(
                f"pull {pull}, camera {name} deg aside, {len(mine)} films: thigh elevation, "
                f"formula {depths[0]:.1f}, model {depths[1]:.1f} deg; knee inward, formula "
                f"{inwards[0]:.3f}, model {inwards[1]:.3f} shank (truth spreads "
                f"{true_in.std():.3f})"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
