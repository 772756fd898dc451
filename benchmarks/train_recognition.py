"""Fits the model that recognises the exercise (formcheck/engine/recognition.py).

    python -m benchmarks.train_recognition   # writes formcheck/engine/fitted/recognition.npz

Taught on sets of the TUNING bodies with exact joints and landmark errors drawn on top,
whole and in pieces of a few seconds, seen from anywhere and done more widely than the
exerciser's variants; and on movements that are none of ours (other_movements.py). Tried on
films of the REPORTING bodies, which it never sees.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import other_movements
from benchmarks.parallel import spread
from benchmarks.render_tier import cached
from benchmarks.sets import RENDERED, TUNING, BenchSet
from benchmarks.simulate import draw, fresh_sets
from exerciser.camera import Camera
from exerciser.movements import MOVEMENTS
from exerciser.sets import GeneratedSet, build
from formcheck.capture.pose_file import PoseFile
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognizer
from formcheck.engine.recognition_features import EVIDENCE, PLACES
from formcheck.engine.sign import OTHER

PATH = Path(__file__).resolve().parents[1] / "formcheck" / "engine" / "fitted" / "recognition.npz"
#: Sets with drawn errors per exercise.
DRAWN = 76
#: Spread of what is wrong with a landmark through a whole set, from frame to frame, and
#: for a second, as shares of body height (docs/landmark_error.md: 1-4% and under 1%).
BIAS, NOISE, SLOW = 0.016, 0.004, 0.006
#: Of every set, pieces of this length are looked at by themselves, seconds.
PIECES, PIECE_S = 2, (3.0, 9.0)
#: How much what is none of ours counts, beside one of our exercises.
OTHER_WEIGHT = 8.0
#: Networks per posture, hidden units, steps of fitting and sets in each.
NETS, HIDDEN, STEPS, BATCH = 4, 40, 600, 512
#: Noise on the inputs (in their spreads), share of them left out, pull on the weights.
JITTER, LEFT_OUT, DECAY = 0.4, 0.05, 3e-4
#: Share of rows taught without places, as if the camera had moved.
PLACES_OUT = 0.15
#: Rows of an exercise in a posture that it is hardly ever seen in teach nothing.
LEAST = 12

Row = tuple[str, int, np.ndarray]


def label(exercise: str) -> str:
    """The exercise that is recognised in the place of this one."""
    known = EXERCISES.get(exercise)
    return (known.variant_of if known else "") or exercise


def _summary(poses: Any) -> tuple[int, np.ndarray] | None:
    recognizer = Recognizer()
    for pose in poses:
        recognizer.push(pose)
    return recognizer.summary()


#: How much more widely people do an exercise than the exerciser's variants: parameter ->
#: its range for the whole set. Others are drawn by their stance and toes alone.
_WIDER: dict[str, dict[str, tuple[float, float]]] = {
    "squat": {
        "stance": (0.7, 1.9),
        "toe_out_deg": (0.0, 35.0),
        "knee_flexion_deg": (85.0, 135.0),
        "shank_deg": (15.0, 36.0),
        "trunk_lean_deg": (-5.0, 25.0),
    },
    "deadlift": {
        "stance": (0.6, 1.6),
        "toe_out_deg": (0.0, 25.0),
        "trunk_deg": (58.0, 88.0),
        "knee_flexion_deg": (10.0, 60.0),
        "shank_deg": (0.0, 12.0),
    },
    "single_leg_squat": {
        "knee_flexion_deg": (50.0, 100.0),
        "trunk_deg": (8.0, 45.0),
        "free_hip_deg": (-20.0, 40.0),
        "free_hip_full_deg": (-25.0, 70.0),
        "free_knee_deg": (30.0, 100.0),
        "free_knee_full_deg": (30.0, 110.0),
    },
    "step_up": {"box_cm": (15.0, 45.0), "drive_deg": (0.0, 80.0), "trunk_deg": (8.0, 40.0)},
    "lateral_step_up": {"box_cm": (10.0, 30.0), "trunk_deg": (5.0, 30.0)},
}
#: What is done or not done through a whole set: the other foot is set down or put on the box.
_EITHER = {"single_leg_squat": ("tap",), "step_up": ("foot_on_box", "floor_rest")}


def widened(item: BenchSet, rng: np.random.Generator) -> BenchSet:
    """The set in another stance, and with a camera from anywhere round somebody who stands."""
    movement = MOVEMENTS[item.exercise]
    params = dict(item.spec.params)
    if rng.random() < 0.8:
        for name, span in _WIDER.get(item.exercise, {}).items():
            params[name] = float(rng.uniform(*span))
        for name in _EITHER.get(item.exercise, ()):
            params[name] = float(rng.random() < 0.5)
    if item.exercise not in _WIDER and "stance" in movement.defaults:
        params["stance"] = params.get("stance", movement.defaults["stance"]) * float(
            rng.uniform(0.85, 1.3)
        )
    azimuth, elevation = item.azimuth_deg, item.elevation_deg
    if movement.posture == "standing":
        azimuth = float(rng.uniform(-180, 180)) if rng.random() < 0.6 else azimuth
        elevation = float(rng.uniform(-5, 20)) if rng.random() < 0.6 else elevation
    else:
        azimuth += float(rng.normal(0, 12))
        elevation += float(rng.uniform(-4, 8))
    return replace(
        item,
        spec=replace(item.spec, params=params),
        azimuth_deg=azimuth,
        elevation_deg=elevation,
    )


def _slow(time_s: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """(T, *shape) unit errors that come and go within a second or so."""
    knots = np.arange(time_s[0], time_s[-1] + 1.4, 0.7)
    values = rng.standard_normal((len(knots), int(np.prod(shape))))
    slow = [np.interp(time_s, knots, v) for v in values.T]
    return np.stack(slow, axis=1).reshape(-1, *shape)


def sighting(
    landmarks_m: np.ndarray, time_s: np.ndarray, camera: Camera, rng: np.random.Generator
) -> list[PoseFrame]:
    """Landmarks (T, 33, 3) metres as a camera and a pose model see them, with simple errors.

    Other proportions, joints placed elsewhere, jitter, another tempo, and some people
    without feet or head.
    """
    wide = np.array([rng.uniform(0.85, 1.15), 1.0, 1.0])
    px, _ = camera.project(landmarks_m * wide)
    size = float(np.nanmax(np.nanmax(px, axis=(0, 1)) - np.nanmin(px, axis=(0, 1))))
    px = px + size * BIAS * rng.standard_normal((1, *px.shape[1:]))
    for pair in ((L.LEFT_HIP, L.RIGHT_HIP), (L.LEFT_KNEE, L.RIGHT_KNEE)):
        px[:, list(pair)] += size * BIAS * rng.standard_normal(2)
    px = px + size * NOISE * rng.standard_normal(px.shape)
    px = px + size * SLOW * _slow(time_s, px.shape[1:], rng)
    px[..., 0] *= np.exp(0.08 * rng.standard_normal())
    hidden: list[int] = []
    if rng.random() < 0.3:
        hidden += [L.LEFT_HEEL, L.RIGHT_HEEL, L.LEFT_FOOT_INDEX, L.RIGHT_FOOT_INDEX]
        if rng.random() < 0.3:
            hidden += [L.LEFT_ANKLE, L.RIGHT_ANKLE]
    if rng.random() < 0.1:
        hidden += range(11)
    px[:, hidden] = np.nan
    depth = np.where(np.isfinite(px[..., :1]), 0.0, np.nan)
    tempo = float(rng.uniform(0.5, 1.2))
    return [
        PoseFrame(
            float(at) * tempo,
            points,
            np.where(np.isfinite(points[:, 0]), 1.0, 0.0),
            (camera.width, camera.height),
        )
        for at, points in zip(time_s, np.concatenate([px, depth], axis=2), strict=True)
    ]


def drawn_poses(item: BenchSet, made: GeneratedSet, camera: Camera, seed: int) -> list[PoseFrame]:
    """A set as a pose model might see it."""
    return sighting(made.landmarks_m, made.time_s, camera, np.random.default_rng(seed))


def taught_poses(job: tuple[str, int]) -> list[PoseFrame]:
    """Set or other movement of that number, as seen from anywhere."""
    name, number = job
    rng = np.random.default_rng([5, zlib.crc32(name.encode()), number])
    if name in other_movements.MOVEMENTS:
        landmarks_m, time_s = other_movements.perform(name, rng)
        middle = np.nanmean(landmarks_m, axis=(0, 1))
        camera = Camera(
            float(rng.uniform(-180, 180)),
            float(rng.uniform(-5, 20)),
            float(rng.uniform(2.5, 4.5)),
            target=(float(middle[0]), float(middle[1]), float(middle[2])),
        )
        return sighting(landmarks_m, time_s, camera, rng)
    item = widened(draw(number, name, TUNING), rng)
    made = build(item.spec, item.fps)
    return sighting(made.landmarks_m, made.time_s, item.camera(), rng)


def taught_rows(job: tuple[str, int]) -> list[Row]:
    """The whole set, and pieces of it."""
    name, number = job
    rng = np.random.default_rng([6, zlib.crc32(name.encode()), number])
    poses = taught_poses(job)
    recognizer = Recognizer()
    for pose in poses:
        recognizer.push(pose)
    first, last = poses[0].time_s, poses[-1].time_s
    parts = [(-np.inf, np.inf)]
    for length in rng.uniform(*PIECE_S, PIECES):
        if length < last - first:
            begin = float(rng.uniform(first, last - length))
            parts.append((begin, begin + float(length)))
    # A variant is taught by itself, and what is taken for it is the plain one (judge).
    known = OTHER if name in other_movements.MOVEMENTS else name
    found = [recognizer.summary(*part) for part in parts]
    return [(known, *summed) for summed in found if summed is not None]


def film_rows(items: tuple[BenchSet, ...]) -> list[Row]:
    rows = []
    for entry in cached(items):
        found = _summary(PoseFile(entry.poses))
        if found is not None:
            rows.append((label(entry.item.exercise), *found))
    return rows


def fit(rows: list[Row]) -> dict[str, np.ndarray]:
    """The arrays of formcheck.engine.recognition.judge."""
    out: dict[str, np.ndarray] = {}
    for group in sorted({g for _, g, _ in rows}):
        mine = [row for row in rows if row[1] == group]
        counts = Counter(name for name, *_ in mine)
        ids = sorted(name for name, count in counts.items() if count >= LEAST)
        mine = [row for row in mine if row[0] in ids]
        x = np.array([summed[:-EVIDENCE] for *_, summed in mine])
        y = np.array([ids.index(name) for name, *_ in mine])
        mean, scale = np.nanmean(x, axis=0), np.nanstd(x, axis=0) + 0.02
        z = np.clip((x - mean) / scale, -4, 4)
        weight = np.array([1 / counts[name] for name, *_ in mine])
        weight[y == ids.index(OTHER)] *= OTHER_WEIGHT
        weight *= len(weight) / weight.sum()
        nets = [_net(z, y, weight, len(ids), np.random.default_rng(n)) for n in range(NETS)]
        for i, name in enumerate(("w1", "b1", "w2", "b2")):
            out[f"{group}.{name}"] = np.array([net[i] for net in nets]).astype(np.float16)
        out[f"{group}.mean"], out[f"{group}.scale"] = mean, scale
        out[f"{group}.ids"] = np.array(ids)
    return out


def _net(
    z: np.ndarray, y: np.ndarray, weight: np.ndarray, kinds: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Weights and offsets of one network, fitted with Adam."""
    inputs = z.shape[1]
    unseen = ~np.isfinite(z)
    z = np.where(unseen, 0.0, z)
    net = [
        rng.standard_normal((inputs, HIDDEN)) / np.sqrt(inputs),
        np.zeros(HIDDEN),
        rng.standard_normal((HIDDEN, kinds)) / np.sqrt(HIDDEN),
        np.zeros(kinds),
    ]
    first, second = [np.zeros_like(p) for p in net], [np.zeros_like(p) for p in net]
    for step in range(1, STEPS + 1):
        batch = rng.integers(0, len(z), min(BATCH, len(z)))
        x = z[batch] + JITTER * rng.standard_normal((len(batch), inputs))
        x[unseen[batch] | (rng.random(x.shape) < LEFT_OUT)] = 0.0
        x[rng.random(len(batch)) < PLACES_OUT, PLACES] = 0.0
        hidden = np.tanh(x @ net[0] + net[1])
        score = hidden @ net[2] + net[3]
        share = np.exp(score - score.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        wanted = np.full_like(share, 0.02 / kinds)
        wanted[np.arange(len(batch)), y[batch]] += 0.98
        off = (share - wanted) * weight[batch][:, None] / len(batch)
        back = (off @ net[2].T) * (1 - hidden * hidden)
        slopes = [
            x.T @ back + DECAY * net[0],
            back.sum(axis=0),
            hidden.T @ off + DECAY * net[2],
            off.sum(axis=0),
        ]
        rate = 0.01 * min(1.0, 1.2 * (1.05 - step / STEPS))
        for i, slope in enumerate(slopes):
            first[i] = 0.9 * first[i] + 0.1 * slope
            second[i] = 0.99 * second[i] + 0.01 * slope**2
            size = np.sqrt(second[i] / (1 - 0.99**step)) + 1e-8
            net[i] = net[i] - rate * first[i] / (1 - 0.9**step) / size
    return net


def report(rows: list[Row], model: dict[str, np.ndarray]) -> str:
    """How many rows are named right, named wrong, asked about, or fit nothing."""
    from formcheck.engine import recognition

    lines = []
    tally = dict.fromkeys(("right", "wrong", "asked", "fits nothing"), 0)
    for name, group, summed in rows:
        found = recognition.answer(*recognition.judge(group, summed, model))
        if found.exercise == name:
            kind = "right"
        elif found.exercise is not None:
            kind = "wrong"
        else:
            kind = "asked" if found.probability else "fits nothing"
        tally[kind] += 1
        if kind != "right":
            lines.append(f"  {name}: {kind}, {found.reason}")
    total = ", ".join(f"{kind} {n} of {len(rows)}" for kind, n in tally.items())
    return "\n".join([total, *lines])


def main() -> int:
    parser = argparse.ArgumentParser(description="Teach formcheck to recognise exercises.")
    parser.add_argument("--drawn", type=int, default=DRAWN, help="drawn sets per exercise")
    args = parser.parse_args()
    names = [*MOVEMENTS, *other_movements.MOVEMENTS]
    jobs = [(name, n) for n in range(args.drawn) for name in names]
    rows = [row for part in spread(taught_rows, jobs) for row in part]
    model: dict[str, Any] = fit(rows)
    np.savez_compressed(PATH, **model)
    print(f"{len(rows)} rows, {PATH.stat().st_size} B")
    others = tuple(item for item in RENDERED if item.group == "reporting")
    print("Chosen films of the reporting bodies:", report(film_rows(others), model))
    print("Fresh films:", report(film_rows(fresh_sets()), model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
