"""What real clips' counts do when the landmarks get worse, later, faster or fewer.

    python -m benchmarks.stress --out before.json
    python -m benchmarks.stress --against before.json

Takes the real clips of three repetitions and more (outside_truth.py) and spoils them in every
way a camera, a network or a hurried person does. What is counted should stay the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import rates, scoring
from benchmarks.error_model import TWIN, mirror
from benchmarks.outside import compared, poses, wrapped
from benchmarks.outside_truth import ENV, Clip, clips, folder
from benchmarks.parallel import spread
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame

LEAST_REPS = 3
FEET = [
    number
    for number, joint in enumerate(L)
    if joint.name.endswith(("_ANKLE", "_HEEL", "_FOOT_INDEX"))
]
#: Left and right are taken for one another this often and this long.
SWAPS_PER_S, SWAP_S = 0.5, 0.15


@dataclass(frozen=True)
class Take:
    """The landmarks of a whole clip. turns_s: where the repetitions turn, seconds.

    time_s (n,), px (n, 33, 3), world_m (n, 33, 3), visibility (n, 33) as in PoseFrame.
    """

    time_s: np.ndarray
    px: np.ndarray
    world_m: np.ndarray
    visibility: np.ndarray
    size: tuple[int, int]
    turns_s: tuple[float, ...]

    def frames(self) -> Iterator[PoseFrame]:
        """The poses, in order of time."""
        rows = zip(self.time_s, self.px, self.visibility, self.world_m, strict=True)
        for time_s, px, visibility, world_m in rows:
            yield PoseFrame(float(time_s), px, visibility, self.size, world_m)


def take(clip: Clip) -> Take:
    """A clip's kept landmarks."""
    frames = list(poses(clip))
    return Take(
        np.array([f.time_s for f in frames]),
        np.array([f.landmarks_px for f in frames]),
        np.array([f.world_m for f in frames]),
        np.array([f.visibility for f in frames]),
        frames[0].frame_size,
        tuple(r["top_s"] for r in clip.record["reps"]),
    )


# ------------------------------------------------------------------------ stresses
def blank(seconds: float, kept: Take) -> Take:
    """Nobody is found for so long around every turn."""
    lost = np.zeros(len(kept.time_s), bool)
    for turn in kept.turns_s:
        lost |= np.abs(kept.time_s - turn) <= seconds / 2
    return _hidden(kept, lost[:, None])


def feet_out(kept: Take) -> Take:
    """The picture ends above the ankles."""
    return _hidden(kept, np.isin(np.arange(kept.px.shape[1]), FEET)[None])


def _hidden(kept: Take, where: np.ndarray) -> Take:
    return replace(
        kept,
        px=np.where(where[..., None], np.nan, kept.px),
        world_m=np.where(where[..., None], np.nan, kept.world_m),
        visibility=np.where(where, np.nan, kept.visibility),
    )


def slower_camera(fps: float, kept: Take) -> Take:
    """So many pictures a second."""
    numbers = np.floor((kept.time_s - kept.time_s[0]) * fps + 1e-6)
    chosen = np.flatnonzero(np.diff(numbers, prepend=-1.0) > 0)
    parts = {n: getattr(kept, n)[chosen] for n in ("time_s", "px", "world_m", "visibility")}
    return replace(kept, **parts)


def stretched(times: float, kept: Take) -> Take:
    """Everything takes so many times as long, before the same camera."""
    step = float(np.median(np.diff(kept.time_s)))
    slow = kept.time_s * times
    at = np.arange(slow[0], slow[-1], step)
    where = np.interp(at, slow, np.arange(len(slow)))
    before = np.minimum(where.astype(int), len(slow) - 2)
    share = where - before

    def between(values: np.ndarray) -> np.ndarray:
        w = share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray((1 - w) * values[before] + w * values[before + 1])

    return Take(
        at,
        between(kept.px),
        between(kept.world_m),
        between(kept.visibility),
        kept.size,
        tuple(t * times for t in kept.turns_s),
    )


def jitter(share: float, kept: Take) -> Take:
    """Every landmark trembles by this share of the trunk (standard deviation)."""
    hips, shoulders = (
        kept.px[:, [a, a + 1], :2].mean(axis=1) for a in (L.LEFT_HIP, L.LEFT_SHOULDER)
    )
    trunk = float(np.nanmedian(np.linalg.norm(hips - shoulders, axis=1)))
    noise = np.random.default_rng(0).normal(0, share * trunk, kept.px.shape)
    return replace(kept, px=kept.px + noise)


def mirrored(kept: Take) -> Take:
    """The picture of a camera that mirrors."""
    return replace(
        kept,
        px=mirror(kept.px, kept.size[0]),
        world_m=mirror(kept.world_m, 0.0),
        visibility=kept.visibility[:, TWIN],
    )


def swapped(kept: Take) -> Take:
    """Left and right are taken for one another now and then."""
    rng = np.random.default_rng(0)
    span = kept.time_s[-1] - kept.time_s[0]
    begins = kept.time_s[0] + rng.uniform(0, span, rng.poisson(SWAPS_PER_S * span))
    on = ((kept.time_s[:, None] >= begins) & (kept.time_s[:, None] <= begins + SWAP_S)).any(1)
    return replace(
        kept,
        px=np.where(on[:, None, None], kept.px[:, TWIN], kept.px),
        world_m=np.where(on[:, None, None], kept.world_m[:, TWIN], kept.world_m),
        visibility=np.where(on[:, None], kept.visibility[:, TWIN], kept.visibility),
    )


STRESSES: dict[str, Callable[[Take], Take]] = {
    "as it is": lambda kept: kept,
    **{f"lost {s} s at each turn": partial(blank, s) for s in (0.3, 0.6, 0.9, 1.2, 1.5)},
    **{f"{fps} pictures a second": partial(slower_camera, fps) for fps in (15, 10, 7, 5)},
    **{f"time x {x}": partial(stretched, x) for x in (0.35, 0.5, 0.7, 1.5, 2, 3, 4)},
    **{f"jitter {100 * x:g}% of trunk": partial(jitter, x) for x in (0.01, 0.02, 0.04)},
    "mirrored": mirrored,
    "left and right swapped": swapped,
    "feet out of the picture": feet_out,
}


# --------------------------------------------------------------------------- scores
def score(clip: Clip) -> dict[str, dict[str, int]]:
    """Stress -> what was counted of a clip."""
    kept, found = take(clip), {}
    for name, stress in STRESSES.items():
        spoilt = stress(kept)
        reps = zip(clip.record["reps"], spoilt.turns_s, strict=True)
        record = {**clip.record, "reps": [{**rep, "top_s": turn} for rep, turn in reps]}
        outcome = scoring.score(record, spoilt.frames())
        counts = rates.count_row([outcome])
        found[name] = {
            "counted": outcome.found_reps,
            **{key: counts[key] for key in ("found", "extra", "exact")},
            "partials": counts["partials_found"],
        }
    return found


def table(chosen: Sequence[Clip], found: dict[str, dict[str, Any]]) -> list[str]:
    """One row per stress: sums, and what was counted in every clip."""
    true = [c.record["reps"] for c in chosen]
    lines = [
        f"{'':26}{'exact':>8} {'reps found':>10} extra partials  counted in each clip",
        f"{'true':26}{len(true):>8} {sum(map(len, true)):>10} {0:>5} {0:>8}  "
        + " ".join(f"{len(reps):>2}" for reps in true),
    ]
    for name in STRESSES:
        rows = [found[c.id][name] for c in chosen]
        exact, right, extra, partials = (
            sum(r[k] for r in rows) for k in ("exact", "found", "extra", "partials")
        )
        lines.append(
            f"{name:26}{exact:>8} {right:>10} {extra:>5} {partials:>8}  "
            + " ".join(f"{r['counted']:>2}" for r in rows)
        )
    return [*lines, *wrapped("Clips: ", [c.id.split("/")[1] for c in chosen])]


def main() -> int:
    parser = argparse.ArgumentParser(description="What counts do when landmarks get worse.")
    parser.add_argument("--out", metavar="FILE", help="write what was counted as JSON, too")
    parser.add_argument("--against", metavar="FILE", help="say what changed since such a file")
    args = parser.parse_args()
    truth = folder()
    if truth is None:
        print(f"Nothing from outside to spoil: {ENV} and ../shared/truth name no folder.")
        return 0
    began = time.perf_counter()
    chosen = [
        c for c in clips(truth) if c.source == "real_clips" and len(c.record["reps"]) >= LEAST_REPS
    ]
    found = dict(zip((c.id for c in chosen), spread(score, chosen, chunk=1), strict=True))
    print("\n".join(table(chosen, found)))
    if args.against:
        print(compared(json.loads(Path(args.against).read_text(encoding="utf-8")), found))
    if args.out:
        Path(args.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{len(chosen)} clips, {len(STRESSES)} ways, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
