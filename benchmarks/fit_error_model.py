"""Fit the landmark errors of benchmarks/error_model.py to the films that are cached.

python -m benchmarks.fit_error_model
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.error_model import (
    FEATURES,
    PATH,
    TWIN,
    ErrorModel,
    Group,
    class_of,
    features,
    height_px,
    is_mirrored,
    mirror,
    rep_of,
    standard,
)
from benchmarks.render_tier import Cached, cached
from benchmarks.sets import BenchSet
from exerciser.sets import GeneratedSet
from formcheck.engine.pose import LANDMARK_COUNT
from formcheck.engine.pose import Landmark as L

#: Pull of the bias towards plain numbers, as a share of the frames fitted.
RIDGE = 0.02


@dataclass(frozen=True)
class Seen:
    """Errors of one filmed set in standard form, frames in place only.

    error (T, 33, 2) share of body height, NaN = missing; z (T, 33, 10) features.
    """

    item: BenchSet
    made: GeneratedSet
    error: np.ndarray
    z: np.ndarray
    effort: np.ndarray
    rep: np.ndarray
    visibility: np.ndarray


def observe(entry: Cached) -> Seen:
    """Errors of one cached set."""
    item, made = entry.item, entry.made()
    camera = item.camera()
    with np.load(entry.poses) as f:
        seen_px, visibility = f["landmarks_px"][..., :2].astype(float), f["visibility"]
    mirrored = is_mirrored(item)
    if mirrored:
        seen_px, visibility = mirror(seen_px, camera.width), visibility[:, TWIN]
    size = height_px(made, camera)
    true_px, shift = standard(made, camera, mirrored, size)
    z = features(item, made, shift, mirrored)
    use = made.in_place[: len(seen_px)]
    return Seen(
        item,
        made,
        ((seen_px - true_px[: len(seen_px)]) / size)[use],
        z[: len(seen_px)][use],
        np.clip(made.effort[: len(seen_px)], 0, 1.5)[use],
        rep_of(made)[: len(seen_px)][use],
        visibility[use],
    )


def fit(sets: Iterable[Seen]) -> ErrorModel:
    """Fit the model to filmed sets."""
    by_class: dict[str, list[Seen]] = {}
    for seen in sets:
        by_class.setdefault(class_of(seen.item), []).append(seen)
    return ErrorModel({name: _fit_group(members) for name, members in sorted(by_class.items())})


def _fit_group(members: Sequence[Seen]) -> Group:
    weights = np.zeros((LANDMARK_COUNT, len(FEATURES), 2))
    for k in range(LANDMARK_COUNT):
        z = np.concatenate([m.z[:, k] for m in members])
        e = np.concatenate([m.error[:, k] for m in members])
        good = np.isfinite(e).all(axis=1)
        if good.sum() < 30:
            continue
        z, e = z[good], e[good]
        scale = np.maximum(z.std(axis=0), 1e-3)
        pull = RIDGE * len(z) * np.diag(scale**2)
        pull[0, 0] = 0.0
        weights[k] = np.linalg.solve(z.T @ z + pull, z.T @ e)
    offsets, spreads, memories, wanders = [], [], [], []
    visible, shares, lengths = [], [], []
    slopes: list[np.ndarray] = []
    rep_set: list[int] = []
    rep_faulty: list[bool] = []
    for number, m in enumerate(members):
        left = m.error - np.einsum("tkf,kfd->tkd", m.z, weights)
        a, b, rest = _peculiar(m, left)
        offsets.append(a)
        slopes.extend(b)
        rep_set += [number] * len(b)
        rep_faulty += [bool(plan.faults) for plan in m.made.plan]
        step_s = 1 / m.item.fps
        # At rest; with few such frames (holds between fast reps) also near it.
        still = np.abs(np.gradient(m.effort, step_s)) < 0.05
        spread, memory = _ar1(rest, step_s, still)
        spreads.append(spread)
        memories.append(memory)
        whole, _ = _ar1(rest, step_s, ~still)
        wanders.append(np.sqrt(np.maximum(whole**2 - spread**2, 0)))
        visible.append(np.nan_to_num(np.nanmean(m.visibility, axis=0), nan=0.0))
        gone = ~np.isfinite(m.error).all(axis=2)
        shares.append(gone.mean(axis=0))
        starts = (gone[1:] & ~gone[:-1]).sum(axis=0) + gone[0]
        lengths.append(gone.sum(axis=0) * step_s / np.maximum(starts, 1))
    return Group(
        weights,
        np.array(offsets),
        np.array(slopes),
        np.sqrt(np.mean(np.square(spreads), axis=0)),
        np.median(memories, axis=0),
        np.sqrt(np.mean(np.square(wanders), axis=0)),
        np.array(visible),
        np.array(shares),
        np.array(lengths),
        np.array(rep_set),
        np.array(rep_faulty),
        tuple(m.item.id for m in members),
    )


def _peculiar(m: Seen, left: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per landmark: what is left at rest (33, 2), how it grows with the effort and its
    square in each repetition (reps, 33, 2, 2), and what then remains."""
    count = len(m.made.plan)
    e = m.effort
    columns = [np.ones(len(e))]
    for number in range(count):
        mine = np.where(m.rep == number, e, 0.0)
        columns += [mine, mine * e]
    z = np.stack(columns, axis=1)
    a, b = np.zeros(left.shape[1:]), np.zeros((count, *left.shape[1:], 2))
    rest = np.full_like(left, np.nan)
    pull = 1e-2 * np.eye(z.shape[1])
    for k in range(left.shape[1]):
        good = np.isfinite(left[:, k]).all(axis=1)
        if good.sum() < 10:
            continue
        w = np.linalg.solve(z[good].T @ z[good] + pull, z[good].T @ left[good, k])
        a[k] = w[0]
        b[:, k] = np.moveaxis(w[1:].reshape(count, 2, 2), 1, 2)
        rest[good, k] = left[good, k] - z[good] @ w
    return a, b, rest


def _ar1(rest: np.ndarray, step_s: float, use: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation and time constant (s) of what remains, per landmark and axis,
    over the frames to use; each unbroken run of them has its own mean."""
    x = np.where(use[:, None, None], rest, np.nan)
    with warnings.catch_warnings():  # landmarks that never have a true place
        warnings.simplefilter("ignore", RuntimeWarning)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], use.astype(np.int8), [0]))))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            x[a:b] -= np.nanmean(x[a:b], axis=0)
        spread = np.nan_to_num(np.sqrt(np.nanmean(x**2, axis=0)))
        lag = np.nanmean(x[1:] * x[:-1], axis=0) / np.maximum(spread**2, 1e-12)
    lag = np.clip(np.nan_to_num(lag, nan=0.5), 0.05, 0.97)
    return spread, -step_s / np.log(lag)


def main() -> int:
    # A hidden shin is a film of its own, not something that happens to any set.
    entries = [e for e in cached() if e.item.group == "tuning" and not e.item.hide_shin]
    model = fit(observe(e) for e in entries)
    model.save()
    for name, g in model.groups.items():
        noise = np.hypot(*g.spread[[L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE]].T).mean()
        print(f"{name}: {len(g.ids)} sets, noise at hip, knee, ankle {100 * noise:.2f}% of height")
    print(f"{PATH.name}: {PATH.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
