"""How well the side-lying model tells rolls and cameras: the tables of docs/pelvic_rotation.md."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.roll_data import EXERCISES, Data, kind_of, posture
from benchmarks.sets import REPORTING
from exerciser.body import Array
from formcheck.engine.pelvic_rotation import (
    AZIMUTH_MAX_DEG,
    ELEVATION_MIN_DEG,
    OUTPUTS,
    SideLyingModel,
    features,
)

#: What the tables call a roll, and how far a reading has to go to be one (degrees).
ROLLED_DEG, NOT_ROLLED_DEG, READ_DEG = 18.0, 1.0, 6.0


def rms(e: Array) -> float:
    """Root of the mean square; NaN for none."""
    return float(np.sqrt(np.mean(np.square(e)))) if len(e) else float("nan")


ELEVATIONS = (0, 10, 18, 25, 33, 41, 48)
AZIMUTHS = (-38, -22, -8, 8, 22, 38)


def camera_tables(films: Data, value: Array, rows: Array, output: int) -> str:
    """Root-mean-square error by exercise, elevation and azimuth, as Markdown."""
    azimuth, elevation = films.camera[films.walk].T
    lines = []
    for exercise, clamshell in EXERCISES:
        own = rows & films.of(films.clamshell == clamshell)
        head = " | ".join(f"az {a}..{b}" for a, b in itertools.pairwise(AZIMUTHS))
        lines += [f"| {exercise} | {head} | all |", "|---" * (len(AZIMUTHS) + 1) + "|"]
        for low, high in itertools.pairwise(ELEVATIONS):
            band = own & (elevation >= low) & (elevation < high)
            cells = []
            for a, b in [*itertools.pairwise(AZIMUTHS), (-90, 90)]:
                cell = band & (azimuth >= a) & (azimuth < b)
                error = value[cell, output] - films.y[cell, output]
                cells.append(f"{rms(error):.1f}" if cell.sum() >= 30 else "-")
            lines.append(f"| el {low}..{high} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def line_tables(films: Data, value: Array, error: Array, rows: Array) -> str:
    """One line per exercise and height of the camera: errors of every output."""
    azimuth, elevation = films.camera[films.walk].T
    lines = []
    for exercise, clamshell in EXERCISES:
        for low, high in ((0, 18), (18, 25), (25, 48)):
            band = rows & films.of(films.clamshell == clamshell)
            band &= (elevation >= low) & (elevation < high)
            e, roll = value[band] - films.y[band], films.y[band, 0]
            none, much = np.abs(roll) < 3, roll > 15
            bias = e[much, 0].mean() if much.any() else np.nan
            covered = np.mean(np.abs(e[:, 0]) < 1.96 * error[band, 0]) if len(e) else np.nan
            primary, flexion, el, az = (rms(e[:, i]) for i in range(1, 5))
            lines.append(
                f"{exercise:14s} el {low:2d}..{high} walks {len(np.unique(films.walk[band])):3d} "
                f"roll {rms(e[:, 0]):.1f} (no roll {rms(e[none, 0]):.1f}, over 15: "
                f"{rms(e[much, 0]):.1f} bias {bias:+.1f}) stated {rms(error[band, 0]):.1f} "
                f"within 1.96 of it {covered:.2f} | primary {primary:.1f} "
                f"flexion {flexion:.1f} elevation {el:.1f} azimuth {az:.1f}"
            )
    rows = rows & (elevation >= ELEVATION_MIN_DEG) & (np.abs(azimuth) <= AZIMUTH_MAX_DEG)
    lines.append(found(value[rows], error[rows], films.y[rows, 0], 26.0))
    return "\n".join(lines)


def found(value: Array, error: Array, roll: Array, most: float = 90.0) -> str:
    """How often the rule of docs/pelvic_rotation.md calls it a roll, where there is one
    (up to `most` degrees) and where there is none."""
    calls = np.abs(value[:, 0]) - 0.5 * error[:, 0] > READ_DEG
    size, told = np.abs(roll), np.isfinite(value[:, 0])
    there = told & (size >= ROLLED_DEG) & (size <= most)
    none = told & (size < NOT_ROLLED_DEG)
    return (
        f"rolls found {calls[there].sum()} of {there.sum()}, "
        f"falsely {calls[none].sum()} of {none.sum()}, not told {len(told) - told.sum()}"
    )


def test_tables(films: Data, model: SideLyingModel) -> str:
    """The shipped model on the bodies that it never saw."""
    value, error = model.predict(films.x)
    test = films.of(films.test)
    rows = test & np.isfinite(value[:, 0])
    return (
        f"\nTest: {', '.join(REPORTING)}, never used before\n"
        f"cannot be told: {1 - rows.sum() / test.sum():.3f}\n"
        f"{line_tables(films, value, error, rows)}\n"
        f"\nroll, RMS error by camera\n{camera_tables(films, value, rows, 0)}"
    )


def bench_table(models: dict[str, SideLyingModel]) -> str:
    """The filmed benchmark's repetitions at the top, each read by the model of its body."""
    from benchmarks.render_tier import cached
    from benchmarks.sets import RENDERED
    from exerciser import truth
    from formcheck.capture.pose_file import PoseFile
    from formcheck.engine.smoothing import FixedLagSmoother

    lines = []
    reps: dict[str, list[tuple[Array, Array, float]]] = {e: [] for e, _ in EXERCISES}
    for entry in cached(tuple(i for i in RENDERED if i.exercise in reps)):
        item, made = entry.item, entry.made()
        if abs(item.azimuth_deg) > 40 or item.spec.body not in models:
            continue
        smoother = FixedLagSmoother()
        poses = [p for seen in PoseFile(entry.poses) for p in smoother.push(seen)]
        poses += smoother.flush()
        time_s = np.array([p.time_s for p in poses])
        px = np.array([p.landmarks_px[:, :2] for p in poses], float)
        metrics, side = truth.metrics_of(made), item.spec.side
        primary = metrics["opening_deg" if item.exercise == "clamshell" else "abduction_deg"]
        drift = metrics.get("hip_flexion_drift_deg", np.zeros(len(primary)))
        angles = np.stack([metrics["pelvic_roll_deg"], primary, drift], axis=1)
        azimuth = item.azimuth_deg if side == "left" else -item.azimuth_deg
        for rep in made.plan:
            out, back = rep.start_s + rep.out_s, rep.start_s + rep.out_s + rep.hold_s
            rest = (time_s >= rep.start_s - 0.7) & (time_s <= rep.start_s + 0.02)
            # From 85% of the time out on, a smooth movement has come 97% of its way.
            top = (time_s >= out - 0.15 * rep.out_s) & (time_s <= back + 0.15 * rep.back_s)
            x = features(
                np.median(px[rest], axis=0), px[top], posture(side), kind_of(item.exercise)
            )
            value, error = models[item.spec.body].predict(x)
            known = np.isfinite(value[:, 0])
            now, sigma = np.full((2, len(OUTPUTS)), np.nan)
            if known.sum() >= 2:
                now, sigma = np.median(value[known], axis=0), np.median(error[known], axis=0)
            true = np.median(angles[top] - np.median(angles[rest], axis=0), axis=0)
            if item.elevation_deg >= 25:
                reps[item.exercise].append((now, sigma, true[0]))
            lines.append(
                f"{item.id:18s} {item.spec.body:9s} az {azimuth:+.0f} el {item.elevation_deg:.0f} "
                f"roll {now[0]:+5.1f} +-{sigma[0]:.1f} true {true[0]:+5.1f} | primary "
                f"{now[1]:.0f} true {true[1]:.0f} | flexion {now[2]:.0f} true {true[2]:.0f} | "
                f"el {now[3]:.0f} az {now[4]:+.0f} {dict(rep.faults)}"
            )
    for exercise, every in reps.items():
        if every:
            value, error, roll = (np.array(column) for column in zip(*every, strict=True))
            lines.append(f"{exercise}, elevation 25 and more: {found(value, error, roll)}")
    return "\n".join(lines)
