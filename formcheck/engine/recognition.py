"""Which exercise a recording shows, and how sure that is.

    recognizer = Recognizer()
    for pose in poses:
        recognizer.push(pose)
    recognition = recognizer.result()

Posture, view, which joints move and how they go together are summed up in a few dozen
numbers; a small fitted model (benchmarks/train_recognition.py) says how well they fit every
exercise of that posture. Where two exercises are close, or none fits, it names no exercise
but the ones to choose between.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.recognition_features import EVIDENCE, features, measures, range_of
from formcheck.engine.sign import OTHER, Measure
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
from formcheck.engine.wording import exercise_name
from formcheck.language import N_

#: An exercise is named, and not asked for, that is so many times as probable as any other; the
#: second where little was seen: one repetition shows less than three. None of ours counts more:
#: who walks about between sets is not to be told of an exercise.
SURE, SURE_WHEN_SHORT, OTHER_WEIGHT = 6.0, 20.0, 1.5
#: From how probable on it is a movement that is none of ours.
NONE_FROM = 0.5
#: From how probable on that is held against an exercise that was named, and another exercise is.
DOUBT, ANOTHER = 0.65, 0.9
#: How often a pose is looked at, seconds: enough to see what moves.
EVERY_S = 0.1
#: Less than this of a person in a recording is not enough to go by, seconds.
MIN_SEEN_S = 2.5
#: A recording shorter than this may be too short to tell, seconds.
LONG_S = 6.0

#: Hips, knees and ankles that all move less than this (trunk lengths) do no exercise; the least
#: of ours, a pelvis that drops, takes a hip and the free foot along by 0.08.
STILL = 0.04
_LEGS = tuple(range(L.LEFT_HIP, L.RIGHT_ANKLE + 1))

_LYING = (SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
_GROUPS: tuple[tuple[str, ...], ...] = ((STANDING,), (SUPINE, RECLINED), _LYING)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the recording shows.

    exercise: id, None when it is not sure enough. probability: of that one (or of
    the likeliest), 0..1. candidates: (id, probability), likeliest first, those
    under 2% left out. reason: a sentence for the person. other: how probable it is that
    it is none of the exercises.
    """

    exercise: str | None
    probability: float
    candidates: tuple[tuple[str, float], ...]
    reason: str
    other: float = 0.0

    def against(self, named: Exercise) -> str:
        """What speaks against the exercise that was named, "" when nothing does for sure."""
        what = self._instead_of(named)
        if what == OTHER:
            return N_(
                "This looks like none of the exercises formcheck knows, nor like {exercise}: "
                "what was counted and judged may mean nothing."
            ).format(exercise=named.name)
        return what and N_(
            "This looks like another exercise than the one chosen: {exercise}, not {named}. "
            "Check which one it is."
        ).format(exercise=EXERCISES[what].name, named=named.name)

    def doubt(self, named: Exercise) -> str:
        """To be heard while it is done: that it surely is another exercise, "" else."""
        what = self._instead_of(named)
        if what in ("", OTHER):
            return ""
        return N_("This looks like the {exercise}. Check the exercise.").format(
            exercise=exercise_name(what)
        )

    def _instead_of(self, named: Exercise) -> str:
        """The exercise that is surely done in its place, OTHER for none of ours, "" for neither."""
        if self.exercise == (named.variant_of or named.id):
            return ""
        if self.exercise is not None and self.probability >= ANOTHER:
            return self.exercise
        return OTHER if self.other >= DOUBT else ""


def look_alikes(exercise: Exercise) -> str:
    """What to know of an exercise that was recognised: which others look the same, "" for none."""
    names = [e.name for e in EXERCISES.values() if e.variant_of == exercise.id]
    if not names:
        return ""
    return N_("The camera can't tell it apart from: {names}. If you did that one, pick it.").format(
        names=", ".join(names)
    )


class Recognizer:
    """Takes poses in order of time; result() may be asked at any moment."""

    def __init__(self) -> None:
        self._smoother = FixedLagSmoother()
        self._tracker = ViewTracker()
        self._rows: dict[int, list[tuple[FloatArray, float, bool]]] = {
            i: [] for i in range(len(_GROUPS))
        }
        self._times: dict[int, list[float]] = {i: [] for i in range(len(_GROUPS))}
        self._looked_s = -math.inf
        self._first_s = self._last_s = math.nan
        self._seen = 0
        self._looks = 0

    def push(self, frame: PoseFrame) -> None:
        """Take the next frame (time_s strictly increasing)."""
        for pose in self._smoother.push(frame):
            self.take(pose)

    def take(self, pose: PoseFrame) -> None:
        """Take the next frame where it is smoothed already, as SetSession gives it."""
        if pose.person_changed:
            self._tracker = ViewTracker()
        if math.isnan(self._first_s):
            self._first_s = pose.time_s
        self._last_s = pose.time_s
        self._looks += 1
        if not pose.has_person:
            return
        self._seen += 1
        self._tracker.update(pose)
        if pose.time_s - self._looked_s < EVERY_S - 0.005:
            return
        self._looked_s = pose.time_s
        posture, azimuth = self._tracker.posture, self._tracker.azimuth_deg
        group = next((i for i, g in enumerate(_GROUPS) if posture in g), None)
        if group is None or azimuth is None:
            return
        if posture in (SUPINE, RECLINED):
            azimuth = 90.0  # seen from the side alone
        second = posture in (RECLINED, STANDING) if group < 2 else abs(azimuth) > 90
        xy = pose.landmarks_px[:, :2] / self._tracker.trunk_px
        self._rows[group].append((xy, azimuth, second))
        self._times[group].append(pose.time_s)

    def summary(
        self, begin_s: float = -math.inf, end_s: float = math.inf
    ) -> tuple[int, FloatArray] | None:
        """(posture group, features) of the posture seen longest, None for too little."""
        group, part = self._longest(begin_s, end_s)
        rows = self._rows[group][part]
        if len(rows) * EVERY_S < MIN_SEEN_S:
            return None
        xy, azimuth, second = zip(*rows, strict=True)
        return group, features(np.array(xy), np.array(azimuth), float(np.mean(second)))

    def _longest(self, begin_s: float, end_s: float) -> tuple[int, slice]:
        """The posture group seen longest between two moments, and which of its rows those are."""
        part = {
            i: slice(bisect.bisect_left(times, begin_s), bisect.bisect_left(times, end_s))
            for i, times in self._times.items()
        }
        return max(part.items(), key=lambda item: item[1].stop - item[1].start)

    def result(self, begin_s: float = -math.inf, end_s: float = math.inf) -> Recognition:
        """What the recording shows between two moments, by what was seen until now."""
        if not self._seen:
            return Recognition(None, 0.0, (), N_("Nobody was found in the picture."))
        found = self.summary(begin_s, end_s)
        if found is None:
            return Recognition(None, 0.0, (), self._too_little())
        group, part = self._longest(begin_s, end_s)
        joints = np.array([row[0] for row in self._rows[group][part]])
        if not any(range_of(joints[:, j, axis]) >= STILL for j in _LEGS for axis in (0, 1)):
            why = N_("Nobody moved enough to tell which exercise this is.")
            return Recognition(None, 0.0, (), why)
        short = (part.stop - part.start) * EVERY_S < LONG_S
        return answer(*judge(*found), SURE_WHEN_SHORT if short else SURE)

    def _too_little(self) -> str:
        if self._seen > 0.7 * self._looks and self._last_s - self._first_s < LONG_S:
            return N_(
                "The recording is too short to tell which exercise this is: film "
                "one repetition from its beginning to its end, or more."
            )
        if self._seen > 0.7 * self._looks:
            return N_(
                "Shoulders, hips and legs were not seen together for long enough to tell which "
                "exercise this is: have the whole body in the picture."
            )
        return N_("A person was seen too rarely to tell which exercise this is.")


def judge(
    group: int, summed: FloatArray, model: Mapping[str, FloatArray] | None = None
) -> tuple[dict[str, float], bool]:
    """Probability of every exercise of a posture group, and whether any fits at all.

    The mean of a few small networks with one hidden layer each. They also know some
    movements that are none of ours: none fits what looks more like those.
    model: another one than that of this version.
    """
    model = load("recognition") if model is None else model
    w1, b1, w2, b2 = (model[f"{group}.{name}"].astype(float) for name in ("w1", "b1", "w2", "b2"))
    # What was never seen is taken to be as usual.
    x = np.nan_to_num(
        np.clip((summed[:-EVIDENCE] - model[f"{group}.mean"]) / model[f"{group}.scale"], -4, 4)
    )
    score = np.einsum("nh,nhk->nk", np.tanh(x @ w1 + b1), w2) + b2
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    shares = (weight / weight.sum(axis=1, keepdims=True)).mean(axis=0)
    found = dict(
        zip((str(name) for name in model[f"{group}.ids"]), map(float, shares), strict=True)
    )
    found.pop(OTHER, 0.0)
    for variant in [name for name in found if EXERCISES[name].variant_of]:
        plain = EXERCISES[variant].variant_of
        found[plain] = found.get(plain, 0.0) + found.pop(variant)
    found = _weighed(found, measures(summed))
    return found, sum(found.values()) > 1.0 - NONE_FROM


def _weighed(found: dict[str, float], measured: dict[Measure, float]) -> dict[str, float]:
    """The probabilities once the signs of the exercises have been heard as well."""
    shares = found | {OTHER: 1.0 - sum(found.values())}
    signs = [(name, sign) for name in found for sign in EXERCISES[name].signs]
    # What is another exercise is weighed as that.
    for name, sign in sorted(signs, key=lambda each: not each[1].to):
        gained = shares[name] * (sign.said(measured) - 1.0)
        shares[name] += gained
        if sign.to:
            shares[sign.to] = shares.get(sign.to, 0.0) - gained
    total = sum(shares.values())
    return {name: shares[name] / total for name in found}


def answer(probabilities: Mapping[str, float], fits: bool, sure: float = SURE) -> Recognition:
    """The recognition that follows from probabilities, and whether any exercise fits.

    sure: how many times as probable as any other one has to be to be named.
    """
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    candidates = tuple((name, p) for name, p in ranked if p >= 0.02)
    best, probability = ranked[0]
    other = max(0.0, 1.0 - sum(probabilities.values()))
    if not fits:
        why = N_("This looks like none of the exercises formcheck knows.")
        return Recognition(None, 0.0, candidates, why, other)
    if probability < sure * max(OTHER_WEIGHT * other, *(p for _, p in ranked[1:])):
        might = [*candidates[:3], *([(N_("something else"), other)] if other >= 0.1 else [])]
        one = N_("{exercise} ({share:.0f}%)")
        names = ", ".join(one.format(exercise=exercise_name(n), share=100 * p) for n, p in might)
        why = N_("This could be one of: {names}.").format(names=names)
        return Recognition(None, probability, candidates, why)
    why = N_("Recognised as {exercise} ({share:.0f}% sure).")
    why = why.format(exercise=exercise_name(best), share=100 * probability)
    return Recognition(best, probability, candidates, why)
