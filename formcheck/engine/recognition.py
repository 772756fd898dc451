"""Which exercise a recording shows, and how sure that is.

    recognizer = Recognizer()
    for pose in poses:
        recognizer.push(pose)
    recognition = recognizer.result()

Posture, view and what moves are summed up in a few dozen numbers; a small
fitted model (benchmarks/train_recognition.py) says how well they fit every exercise. Where
two exercises are close, or none fits, it names no exercise but the ones to
choose between.
"""

from __future__ import annotations

import bisect
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.smoothing import FixedLagSmoother
from formcheck.engine.view import (
    RECLINED,
    SIDE_LYING_LEFT,
    SIDE_LYING_RIGHT,
    STANDING,
    SUPINE,
    ViewTracker,
)
from formcheck.engine.weights import load

#: From how probable on an exercise is named, and not asked for.
SURE = 0.93
#: Less than this much movement of any landmark (trunk lengths) is no exercise.
STILL = 0.08
#: How often a pose is looked at, seconds: enough to see what moves.
EVERY_S = 0.1
#: Less than this of a person in a recording is not enough to go by, seconds.
MIN_SEEN_S = 3.0

_LYING = (SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
_GROUPS: tuple[tuple[str, ...], ...] = ((STANDING,), (SUPINE, RECLINED), _LYING)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the recording shows.

    exercise: id, None when it is not sure enough. probability: of that one (or of
    the likeliest), 0..1. candidates: (id, probability), likeliest first, those
    under 2% left out. reason: a sentence for the person.
    """

    exercise: str | None
    probability: float
    candidates: tuple[tuple[str, float], ...]
    reason: str


def raw_measures(xy: FloatArray, trunk_px: float, azimuth_deg: float) -> FloatArray:
    """(MEASURES,) numbers of one pose that do not tell left from right.

    xy: (33, 2) pixels, NaN = not seen. trunk_px: the unforeshortened trunk.
    """
    x, y = xy[:, 0] / trunk_px, xy[:, 1] / trunk_px
    hips = L.LEFT_HIP, L.RIGHT_HIP
    knees = L.LEFT_KNEE, L.RIGHT_KNEE
    ankles = L.LEFT_ANKLE, L.RIGHT_ANKLE
    hx, hy = _mean(x, hips), _mean(y, hips)
    sx, sy = (
        _mean(x, (L.LEFT_SHOULDER, L.RIGHT_SHOULDER)),
        _mean(y, (L.LEFT_SHOULDER, L.RIGHT_SHOULDER)),
    )
    low = np.fmax(y[ankles[0]], y[ankles[1]])
    flexion = [_bend(x, y, a, b, c) for a, b, c in zip(hips, knees, ankles, strict=True)]
    thigh = [
        math.degrees(math.atan2(abs(x[k] - x[h]), y[k] - y[h]))
        for h, k in zip(hips, knees, strict=True)
    ]
    shank = [
        math.degrees(math.atan2(abs(a_ - b_), d))
        for a_, b_, d in ((x[a], x[k], y[a] - y[k]) for k, a in zip(knees, ankles, strict=True))
    ]
    fold = [
        180 - _bend(x, y, s, h, k)
        for s, h, k in zip((L.LEFT_SHOULDER, L.RIGHT_SHOULDER), hips, knees, strict=True)
    ]
    return np.array(
        [
            low - hy,
            abs(y[ankles[0]] - y[ankles[1]]),
            abs(x[ankles[0]] - x[ankles[1]]),
            abs(y[knees[0]] - y[knees[1]]),
            abs(x[knees[0]] - x[knees[1]]),
            math.degrees(math.atan2(abs(sx - hx), hy - sy)) / 45,
            math.hypot(sx - hx, sy - hy),
            hx,
            hy,
            low,
            _least(flexion) / 45,
            _most(flexion) / 45,
            _least(thigh) / 45,
            _most(thigh) / 45,
            _most(shank) / 45,
            _least(fold) / 45,
            _most(fold) / 45,
            abs(y[hips[0]] - y[hips[1]]),
            _mean(y, (L.LEFT_WRIST, L.RIGHT_WRIST)) - hy,
            abs(_mean(x, (L.LEFT_WRIST, L.RIGHT_WRIST)) - hx),
            abs(math.sin(math.radians(azimuth_deg))),
        ]
    )


def _least(pair: list[float]) -> float:
    """The smaller of two, either one when the other is NaN."""
    return float(np.fmin(pair[0], pair[1]))


def _most(pair: list[float]) -> float:
    return float(np.fmax(pair[0], pair[1]))


def _mean(v: FloatArray, pair: tuple[int, int]) -> float:
    a, b = float(v[pair[0]]), float(v[pair[1]])
    if a != a:
        return b
    return a if b != b else (a + b) / 2


def _bend(x: FloatArray, y: FloatArray, a: int, b: int, c: int) -> float:
    ux, uy, vx, vy = x[a] - x[b], y[a] - y[b], x[c] - x[b], y[c] - y[b]
    return 180.0 - math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))


#: Where the person is in the picture says nothing by itself, only how it changes.
_PLACES = (7, 8, 9)


def features(measures: FloatArray, times_s: FloatArray) -> FloatArray:
    """(FEATURES,) numbers of a whole set from (T, MEASURES) and (T,) seconds.

    Of every measure its level at both ends of what it does most of the time, its
    middle, and how fast it changes.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a landmark that was never seen
        low, rest_low, middle, rest_high, high = np.nanpercentile(
            measures, (4, 25, 50, 75, 96), axis=0
        )
        speed = np.nanmean(np.abs(np.diff(measures, axis=0)), axis=0) / np.median(np.diff(times_s))
    level = np.stack([low, middle, high], axis=1)
    level[_PLACES, :] -= level[_PLACES, 1:2]
    lean = (rest_high + rest_low - 2 * middle)[:, None]
    out = np.concatenate([level, lean, speed[:, None]], axis=1).ravel()
    return out


class Recognizer:
    """Takes poses in order of time; result() may be asked at any moment."""

    def __init__(self) -> None:
        self._smoother = FixedLagSmoother()
        self._tracker = ViewTracker()
        self._rows: dict[int, list[FloatArray]] = {i: [] for i in range(len(_GROUPS))}
        self._times: dict[int, list[float]] = {i: [] for i in range(len(_GROUPS))}
        self._looked_s = -math.inf
        self._seen = False

    def push(self, frame: PoseFrame) -> None:
        """Take the next frame (time_s strictly increasing)."""
        for pose in self._smoother.push(frame):
            if pose.person_changed:
                self._tracker = ViewTracker()
            if not pose.has_person:
                continue
            self._seen = True
            self._tracker.update(pose)
            if pose.time_s - self._looked_s < EVERY_S - 0.005:
                continue
            self._looked_s = pose.time_s
            posture, azimuth = self._tracker.posture, self._tracker.azimuth_deg
            group = next((i for i, g in enumerate(_GROUPS) if posture in g), None)
            if group is None or azimuth is None:
                continue
            if posture in (SUPINE, RECLINED):
                azimuth = 90.0  # as in the films it was trained on, seen from the side alone
            row = raw_measures(pose.landmarks_px[:, :2], self._tracker.trunk_px, azimuth)
            share = (
                float(posture in (RECLINED, STANDING)) if group < 2 else float(abs(azimuth) > 90)
            )
            self._rows[group].append(np.append(row, share))
            self._times[group].append(pose.time_s)

    def summary(
        self, begin_s: float = -math.inf, end_s: float = math.inf
    ) -> tuple[int, FloatArray] | None:
        """(posture group, features) of the posture seen longest, None for too little."""
        part = {
            i: slice(bisect.bisect_left(times, begin_s), bisect.bisect_left(times, end_s))
            for i, times in self._times.items()
        }
        group = max(part, key=lambda i: part[i].stop - part[i].start)
        rows, times = self._rows[group][part[group]], self._times[group][part[group]]
        if len(rows) * EVERY_S < MIN_SEEN_S:
            return None
        return group, features(np.array(rows), np.array(times))

    def result(self, begin_s: float = -math.inf, end_s: float = math.inf) -> Recognition:
        """What the recording shows between two moments, by what was seen until now."""
        if not self._seen:
            return Recognition(None, 0.0, (), "Nobody was found in the picture.")
        found = self.summary(begin_s, end_s)
        if found is None:
            return Recognition(
                None, 0.0, (), "Too little of a person was seen to tell which exercise this is."
            )
        return answer(*judge(*found))


def judge(
    group: int, summed: FloatArray, model: Mapping[str, FloatArray] | None = None
) -> tuple[dict[str, float], bool]:
    """Probability of every exercise of a posture group, and whether any fits at all.

    A mixture of normal distributions with one spread: each exercise has a few
    centres (by view and variant), and none fits what is far from all of them.
    model: another one than that of this version.
    """
    model = load("recognition") if model is None else model
    away = distances(model, group, summed)
    # Heavy tails: the further a set is from all centres, the less their order says.
    weight = (away / away.min()) ** -float(model["tail"])
    ids = [str(name) for name in model[f"{group}.ids"]]
    found = dict.fromkeys(ids, 0.0)
    for name, w in zip(ids, weight / weight.sum(), strict=True):
        found[name] += float(w)
    return found, bool(away.min() <= float(model[f"{group}.limit"]))


def distances(model: Mapping[str, FloatArray], group: int, summed: FloatArray) -> FloatArray:
    """(centres,) squared distances from each centre, in units of the spread."""
    # What was never seen is taken to be as usual.
    x = np.nan_to_num(summed - model[f"{group}.mean"]) @ model[f"{group}.whiten"]
    away: FloatArray = ((model[f"{group}.centres"] - x) ** 2).sum(axis=1)
    return away


def answer(probabilities: Mapping[str, float], fits: bool) -> Recognition:
    """The recognition that follows from probabilities, and whether any exercise fits."""
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    candidates = tuple((name, p) for name, p in ranked if p >= 0.02)
    best, probability = ranked[0]
    if not fits:
        return Recognition(
            None, 0.0, candidates, "This looks like none of the exercises formcheck knows."
        )
    if probability < SURE:
        names = " or ".join(f"{n} ({100 * p:.0f}%)" for n, p in candidates[:3])
        return Recognition(None, probability, candidates, f"This could be {names}.")
    return Recognition(
        best, probability, candidates, f"Recognised as {best} ({100 * probability:.0f}% sure)."
    )
