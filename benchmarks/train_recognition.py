"""Fits the model that recognises the exercise (formcheck/engine/recognition.py).

    python -m benchmarks.train_recognition   # writes formcheck/engine/fitted/recognition.npz

Taught on sets of the TUNING bodies: many with exact joints and landmark errors
drawn on top, and the films of them (tuning and rendered sets). Tried on films of the
REPORTING bodies, which it never sees.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.render_tier import cached
from benchmarks.sets import RENDERED, TUNING, BenchSet
from benchmarks.simulate import TUNING_MOST, draw, fresh_sets, tuning_sets
from exerciser.camera import Camera
from exerciser.movements import MOVEMENTS
from exerciser.sets import GeneratedSet, build
from formcheck.capture.pose_file import PoseFile
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognizer

PATH = Path(__file__).resolve().parents[1] / "formcheck" / "engine" / "fitted" / "recognition.npz"
#: Sets with drawn errors per exercise.
DRAWN = 120
#: A film counts as much as this many drawn sets.
FILM_WEIGHT = 4
#: Spread of what is wrong with a landmark through a whole set, and from frame to
#: frame, as shares of body height (docs/landmark_error.md: 1-4% and under 1%).
BIAS, NOISE = 0.015, 0.004
#: Share of the diagonal mixed into the spread: few sets, many features.
SHRINK = 0.15
CENTRES = 4

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


def drawn_poses(item: BenchSet, made: GeneratedSet, camera: Camera, seed: int) -> list[PoseFrame]:
    """Exact landmarks of a set with simple errors on top."""
    rng = np.random.default_rng(seed)
    px, _ = camera.project(made.landmarks_m)
    flat = px.reshape(-1, 2)
    size = float(np.nanmax(np.nanmax(flat, axis=0) - np.nanmin(flat, axis=0)))
    px = px + size * BIAS * rng.standard_normal((1, *px.shape[1:]))
    px = px + size * NOISE * rng.standard_normal(px.shape)
    out = []
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        out.append(
            PoseFrame(
                float(time_s),
                landmarks,
                np.where(known[:, 0], 1.0, 0.0),
                (camera.width, camera.height),
            )
        )
    return out


def drawn_row(job: tuple[str, int]) -> Row | None:
    exercise, number = job
    item = draw(number, exercise, TUNING)
    found = _summary(drawn_poses(item, build(item.spec, item.fps), item.camera(), number))
    return None if found is None else (label(exercise), *found)


def film_rows(items: tuple[BenchSet, ...]) -> list[Row]:
    rows = []
    for entry in cached(items):
        found = _summary(PoseFile(entry.poses))
        if found is not None:
            rows.append((label(entry.item.exercise), *found))
    return rows


def cluster(x: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count or fewer, F) centres of rows by k-means."""
    centres = x[rng.choice(len(x), min(count, len(x)), replace=False)]
    for _ in range(30):
        near = ((x[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.array([x[near == k].mean(axis=0) for k in np.unique(near)])
    return centres


def fit(rows: list[Row], weights: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of formcheck.engine.recognition.judge."""
    rng = np.random.default_rng(0)
    out: dict[str, np.ndarray] = {"tail": np.array(1.0)}
    for group in sorted({g for _, g, _ in rows}):
        mine = [i for i, (_, g, _) in enumerate(rows) if g == group]
        x = np.array([rows[i][2] for i in mine])
        x = np.where(np.isfinite(x), x, np.nanmean(x, axis=0))
        y = np.array([rows[i][0] for i in mine])
        w = weights[mine]
        mean = np.average(x, axis=0, weights=w)
        scale = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w)) + 1e-6
        z = (x - mean) / scale
        ids, centres, left = [], [], np.zeros_like(z)
        for name in sorted(set(y)):
            if w[y == name].sum() < 0.02 * w.sum() / len(set(y)):
                continue  # a set seen in a wrong posture teaches nothing
            own = z[y == name]
            found = cluster(own, CENTRES, rng)
            ids += [name] * len(found)
            centres.append(found)
            near = ((own[:, None] - found) ** 2).sum(axis=2).argmin(axis=1)
            left[y == name] = own - found[near]
        spread = (left * w[:, None]).T @ left / w.sum()
        spread = (1 - SHRINK) * spread + SHRINK * np.diag(np.diag(spread) + 0.02)
        values, vectors = np.linalg.eigh(spread)
        whiten = (vectors / np.sqrt(values)) @ vectors.T
        whiten = whiten / scale[:, None]
        all_centres = np.concatenate(centres) * scale @ whiten
        away = (((x - mean) @ whiten)[:, None] - all_centres) ** 2
        nearest = away.sum(axis=2).min(axis=1)
        out[f"{group}.mean"] = mean.astype(np.float32)
        out[f"{group}.whiten"] = whiten.astype(np.float32)
        out[f"{group}.centres"] = all_centres.astype(np.float32)
        out[f"{group}.ids"] = np.array(ids)
        out[f"{group}.limit"] = np.array(1.5 * np.percentile(nearest, 99.5))
    return out


def calibrate(
    rows: list[Row], weights: np.ndarray, folds: int = 4
) -> tuple[float, dict[str, float]]:
    """Exponent of the tails, and limit of distance per group, from rows that a fit had not seen."""
    from formcheck.engine import recognition

    rng = np.random.default_rng(1)
    part = rng.integers(0, folds, len(rows))
    away: list[tuple[str, int, list[str], np.ndarray, float]] = []
    for k in range(folds):
        keep = [i for i in range(len(rows)) if part[i] != k]
        model = fit([rows[i] for i in keep], weights[keep])
        for i in np.flatnonzero(part == k):
            name, group, summed = rows[i]
            if f"{group}.mean" not in model:
                continue
            distance = recognition.distances(model, group, summed)
            ids = [str(x) for x in model[f"{group}.ids"]]
            away.append((name, group, ids, distance, float(weights[i])))

    def loss(tail: float) -> float:
        total = 0.0
        for name, _group, ids, distance, weight in away:
            w = (distance / distance.min()) ** -tail
            share = sum(x for x, n in zip(w, ids, strict=True) if n == name) / w.sum()
            total -= weight * np.log(max(share, 1e-6))
        return total

    grid = np.geomspace(0.5, 100, 50)
    tail = float(grid[np.argmin([loss(t) for t in grid])])
    limits = {}
    for group in {g for _, g, *_ in away}:
        nearest = [d.min() for _, g, _, d, _ in away if g == group]
        limits[f"{group}.limit"] = float(2.0 * np.percentile(nearest, 99))
    return tail, limits


def train(rows: list[Row], weights: np.ndarray) -> dict[str, np.ndarray]:
    """The whole model, with what calibrates it."""
    model = fit(rows, weights)
    tail, limits = calibrate(rows, weights)
    model["tail"] = np.array(tail)
    for name, limit in limits.items():
        model[name] = np.array(limit)
    return model


def collect(drawn: int) -> tuple[list[Row], np.ndarray]:
    """Rows to teach from, and how much each counts."""
    jobs = [(exercise, n) for exercise in MOVEMENTS for n in range(drawn)]
    rows = [row for row in map(drawn_row, jobs) if row is not None]
    films = film_rows(tuple(item for item in RENDERED if item.group == "tuning"))
    films += [r for e in MOVEMENTS for r in film_rows(tuning_sets(e, TUNING_MOST))]
    weights = np.array([1.0] * len(rows) + [float(FILM_WEIGHT)] * len(films))
    return rows + films, weights


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
    rows, weights = collect(args.drawn)
    model: dict[str, Any] = train(rows, weights)
    PATH.parent.mkdir(exist_ok=True)
    np.savez_compressed(PATH, **model)
    print(f"{len(rows)} sets, tail {float(model['tail']):.1f}, {PATH.stat().st_size} B")
    others = tuple(item for item in RENDERED if item.group == "reporting")
    print("Chosen films of the reporting bodies:", report(film_rows(others), model))
    print("Fresh films:", report(film_rows(fresh_sets()), model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
