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
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
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
from formcheck.engine.wording import exercise_name
from formcheck.language import N_

#: An exercise is named, and not asked for, that is so many times as probable as any other; the
#: second where little was seen: one repetition shows less than three. None of ours counts more:
#: who walks about between sets is not to be told of an exercise.
SURE, SURE_WHEN_SHORT, OTHER_WEIGHT = 6.0, 20.0, 1.5
#: What the model calls a movement that is none of ours, and from how probable on it is one.
OTHER, NONE_FROM = "other", 0.5
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

#: Features that tell where in the picture hips, feet and knees get to, and the one of how far
#: up and down the steadier foot does. No step is that high (trunk lengths): beyond it the
#: camera moved, and places say nothing.
PLACES, _STEADIER_FOOT_UP, CAMERA_MOVED = slice(0, 11), 5, 1.1
#: Who steps up takes the lower foot along by this much of how far the hips rise, at least.
#: In 99 of 100 drawn steps it is over 0.45 (median 1.0), in squats and lunges 0.2.
_STEPS, _HIPS_UP, _LOWER_FOOT_UP, LEAST_STEP = ("step_up", "lateral_step_up"), 1, 2, 0.45
#: Of the ankle that moves more, how far across and up.
_ANKLES = (4, 6)
#: Who bends the knees further than this (in 45 degrees) may well do a squat that is not deep.
_KNEES_BENT, SMALL_BEND = 80, 50 / 45

#: How low the hands are at the turn, below the knees in trunk lengths: a deadlift's hang down
#: to the load or the floor, so that it is so many times as likely with hands there, and one on
#: both legs with hands above. Of 43 squats not made by us one has them there, of 6 deadlifts
#: five; but there are squats with dumbbells, and arms that hang in a half squat reach the knees.
_HANDS_DOWN, _HANDS_UP, _HANDS_SAY = 0.1, -0.15, (5.0, 0.1)
#: Nor do its hips come down to the knees: at least so far above them (people who lift from the
#: floor 0.24, half of the squats under 0.17), else it is so many times as likely.
_HIPS_LOW, _HIPS_SAY = 0.17, 0.2
#: Seen from nearer to the front than this (sine of the azimuth) the picture shows how far the
#: feet are apart to the side, and whether they are on one level.
_FRONT = 0.3
#: Feet further apart than a step ahead has them, and further from level than two that stand on
#: the floor (trunk lengths): what has neither is so many times as likely then.
_WIDE, _UNEVEN, _FEET_SAY = 0.55, 0.25, 0.2
_ON_BOTH_FEET = ("squat", "small_squat", "deadlift")
#: A foot in the air is higher than so much, and goes with the hips by more than this share.
_LEVEL, _FOOT_STAYS = 0.07, 0.45
#: How many numbers _evidence gives.
EVIDENCE = 4
#: At the turn the shoulders are among the lowest of so large a share of all looks.
_TURN_SHARE = 0.15

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


def features(xy: FloatArray, azimuth_deg: FloatArray, share: float) -> FloatArray:
    """(inputs of the model + EVIDENCE,) numbers of a whole set that do not tell left from right.

    xy: (T, 33, 2) in unforeshortened trunk lengths, NaN = not seen. azimuth_deg: (T,).
    share: of the looks, how many were in the group's second posture (RECLINED or
    STANDING, or seen from behind). Arms and speed take no part in what the model is
    given: people hold and do these as they like. The last are those of _evidence.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a landmark that was never seen
        out = np.array([*_moves(xy), *_shape(xy), *_seen_from(azimuth_deg), share])
        evidence = _evidence(xy, azimuth_deg)
    if out[_STEADIER_FOOT_UP] > CAMERA_MOVED:
        out[PLACES] = math.nan
    return np.concatenate([out, evidence])


def _evidence(xy: FloatArray, azimuth_deg: FloatArray) -> list[float]:
    """What two exercises differ in by their nature, trunk lengths; NaN = does not show.

    Hands below the knees and hips above them at the turn; feet apart to the side, and in
    height, from the front.
    """
    hip, knee, ankle, shoulder = _pairs(xy)
    height = (np.fmax(ankle[0], ankle[1]) - _mean(*shoulder))[:, 1]
    turn = height <= np.nanpercentile(height, 100 * _TURN_SHARE)
    knees = _mean(*knee)[turn, 1]
    hands = _mean(xy[:, L.LEFT_WRIST], xy[:, L.RIGHT_WRIST])[turn, 1] - knees
    hips = knees - _mean(*hip)[turn, 1]
    apart = np.nanmedian(np.abs(ankle[0] - ankle[1]), axis=0)
    if np.median(np.abs(np.sin(np.radians(azimuth_deg)))) > _FRONT:
        apart = np.full(2, math.nan)
    at_turn = [float(np.nanmedian(v)) if len(v) else math.nan for v in (hands, hips)]
    return [*at_turn, *map(float, apart)]


def _seen_from(azimuth_deg: FloatArray) -> list[float]:
    azimuth = np.radians(azimuth_deg)
    return [float(np.nanmedian(np.abs(np.sin(azimuth)))), float(np.nanmedian(np.cos(azimuth)))]


def _shape(xy: FloatArray) -> list[float]:
    """Postures: of lengths and angles the middle, and the ends of what they do mostly."""
    hip, knee, ankle, shoulder = _pairs(xy)
    hips, shoulders = _mean(*hip), _mean(*shoulder)
    trunk = shoulders - hips
    feet, knees = np.abs(ankle[0] - ankle[1]), np.abs(knee[0] - knee[1])
    flexion, fold = _flexions(xy)
    thigh = [_lean(k - h) for h, k in zip(hip, knee, strict=True)]
    shank = [_lean(a - k) for k, a in zip(knee, ankle, strict=True)]
    measures = [
        np.fmax(ankle[0][:, 1], ankle[1][:, 1]) - hips[:, 1],
        feet[:, 1],
        feet[:, 0],
        knees[:, 1],
        knees[:, 0],
        _lean(-trunk),
        np.hypot(trunk[:, 0], trunk[:, 1]),
        np.fmin(*flexion),
        np.fmax(*flexion),
        np.fmin(*thigh),
        np.fmax(*thigh),
        np.fmax(*shank),
        np.fmin(*fold),
        np.fmax(*fold),
        np.abs(hip[0] - hip[1])[:, 1],
    ]
    return [float(v) for v in np.nanpercentile(np.array(measures), (4, 50, 96), axis=1).ravel()]


def _moves(xy: FloatArray) -> list[float]:
    """What moves, how far, on one side or both, and what goes together with what."""
    hip, knee, ankle, shoulder = _pairs(xy)
    hips, shoulders = _mean(*hip), _mean(*shoulder)
    low = np.fmax(ankle[0][:, 1], ankle[1][:, 1])
    height = low - hips[:, 1]
    feet = np.abs(ankle[0] - ankle[1])
    flexion, fold = _flexions(xy)
    reach = [a[:, 1] - h[:, 1] for h, a in zip(hip, ankle, strict=True)]
    length = [np.hypot(*(a - h).T) for h, a in zip(hip, ankle, strict=True)]
    differences = [flexion[0] - flexion[1], ankle[0][:, 1] - ankle[1][:, 1]]
    differences += [fold[0] - fold[1], knee[0][:, 1] - knee[1][:, 1]]
    return [
        *(_range(v) for v in (hips[:, 0], hips[:, 1], low)),
        *_ranges([a[:, 0] for a in ankle]),
        *_ranges([a[:, 1] for a in ankle]),
        *_ranges([k[:, 0] for k in knee]),
        *_ranges([k[:, 1] for k in knee]),
        *_ranges(flexion),
        *_ranges(fold),
        *(_both_ways(d - np.nanmedian(d)) for d in differences),
        *(_both_ways(d) for d in (differences[0], differences[1], differences[3])),
        _together(flexion[0], flexion[1], 0.1),
        _together(fold[0], fold[1], 0.1),
        _together(height, np.fmax(*flexion), 0.1),
        _together(np.fmax(*flexion), np.fmin(*fold), 0.1),
        _together(_lean(hips - shoulders), np.fmax(*flexion), 0.1),
        _together(feet[:, 1], height, 0.05),
        _together(feet[:, 0], height, 0.05),
        *_ranges(reach),
        _together(reach[0], reach[1], 0.05),
        *_ranges(length),
        _together(length[0], length[1], 0.05),
        _together(knee[0][:, 1] - hips[:, 1], knee[1][:, 1] - hips[:, 1], 0.05),
        _range(shoulders[:, 0] - hips[:, 0]),
        _range(shoulders[:, 1] - hips[:, 1]),
        _together(shoulders[:, 1], hips[:, 1], 0.05),
        *map(float, np.sort([np.nanmedian(low - a[:, 1]) for a in ankle])),
        _range(_angle(shoulders - hips)),
    ]


def _pairs(xy: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Hips, knees, ankles and shoulders, each left and right (T, 2)."""
    joints = (L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE, L.LEFT_SHOULDER)
    return [(xy[:, joint], xy[:, joint + 1]) for joint in joints]


def _flexions(xy: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """Of left and right leg, how far the knee is bent, and how open the hip is."""
    hip, knee, ankle, shoulder = _pairs(xy)
    flexion = [_between(k - h, a - k) for h, k, a in zip(hip, knee, ankle, strict=True)]
    fold = [4.0 - _between(h - s, k - h) for s, h, k in zip(shoulder, hip, knee, strict=True)]
    return flexion, fold


def _mean(a: FloatArray, b: FloatArray) -> FloatArray:
    """Halfway between two, either one where the other is NaN."""
    half: FloatArray = np.where(np.isnan(a), b, np.where(np.isnan(b), a, (a + b) / 2))
    return half


def _between(u: FloatArray, v: FloatArray) -> FloatArray:
    """Angle between two directions (T, 2), in units of 45 degrees."""
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    angle: FloatArray = np.abs(np.degrees(np.arctan2(cross, (u * v).sum(axis=1)))) / 45
    return angle


def _angle(v: FloatArray) -> FloatArray:
    """Of a direction (T, 2) from the upright one, in units of 45 degrees."""
    angle: FloatArray = np.degrees(np.arctan2(v[:, 0], -v[:, 1])) / 45
    return angle


def _lean(v: FloatArray) -> FloatArray:
    """The same of a direction that points down, either way."""
    angle: FloatArray = np.degrees(np.arctan2(np.abs(v[:, 0]), v[:, 1])) / 45
    return angle


def _range(v: FloatArray) -> float:
    if np.isfinite(v).mean() < 0.5:
        return math.nan  # a leg seen now and then does not look as if it were still
    low, high = np.nanpercentile(v, (4, 96))
    return float(high - low)


def _ranges(pair: Sequence[FloatArray]) -> list[float]:
    """Of left and right, the one that moves less first."""
    return [float(v) for v in np.sort([_range(v) for v in pair])]


def _both_ways(difference: FloatArray) -> float:
    """How far a difference of left and right goes in the direction it goes less."""
    low, high = np.nanpercentile(difference, (4, 96))
    return float(min(max(high, 0.0), max(-low, 0.0)))


def _together(a: FloatArray, b: FloatArray, noise: float) -> float:
    """Correlation of two, less when they move no more than the noise; NaN = hardly seen."""
    seen = np.isfinite(a) & np.isfinite(b)
    if seen.sum() < 8:
        return math.nan
    a, b = a[seen] - a[seen].mean(), b[seen] - b[seen].mean()
    spread = ((a * a).mean() + noise**2) * ((b * b).mean() + noise**2)
    return float((a * b).mean() / math.sqrt(spread))


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
            if pose.person_changed:
                self._tracker = ViewTracker()
            if math.isnan(self._first_s):
                self._first_s = pose.time_s
            self._last_s = pose.time_s
            self._looks += 1
            if not pose.has_person:
                continue
            self._seen += 1
            self._tracker.update(pose)
            if pose.time_s - self._looked_s < EVERY_S - 0.005:
                continue
            self._looked_s = pose.time_s
            posture, azimuth = self._tracker.posture, self._tracker.azimuth_deg
            group = next((i for i, g in enumerate(_GROUPS) if posture in g), None)
            if group is None or azimuth is None:
                continue
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
        if not any(_range(joints[:, j, axis]) >= STILL for j in _LEGS for axis in (0, 1)):
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
    summed, evidence = np.split(summed, [len(model[f"{group}.mean"])])
    # What was never seen is taken to be as usual.
    x = np.nan_to_num(np.clip((summed - model[f"{group}.mean"]) / model[f"{group}.scale"], -4, 4))
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
    if not summed[_LOWER_FOOT_UP] >= LEAST_STEP * summed[_HIPS_UP]:
        # Where the camera moved no step can be seen, but it may be one.
        share = 0.5 if math.isnan(summed[_LOWER_FOOT_UP]) else 0.0
        found.update((name, share * found[name]) for name in _STEPS if name in found)
    if "small_squat" in found and summed[_KNEES_BENT] > SMALL_BEND:
        half = found["small_squat"] / 2
        found.update(small_squat=half, squat=found["squat"] + half)
    if _GROUPS[group] == (STANDING,):
        foot_moves = math.hypot(*summed[list(_ANKLES)]) / summed[_HIPS_UP]
        found = _weighed(found, evidence, foot_moves)
    return found, sum(found.values()) > 1.0 - NONE_FROM


def _weighed(found: dict[str, float], evidence: FloatArray, foot_moves: float) -> dict[str, float]:
    """The probabilities once what was measured has been heard as well.

    evidence: of _evidence. foot_moves: how far the foot that moves more does, against how far
    the hips go down.
    """
    hands, hips, feet_aside, feet_height = evidence
    said = dict.fromkeys(found, 1.0)
    if hands >= _HANDS_DOWN:
        said.update(dict.fromkeys(("deadlift", "single_leg_deadlift"), _HANDS_SAY[0]))
    if hips < _HIPS_LOW:
        said["deadlift"] *= _HIPS_SAY
    if hands < _HANDS_UP:
        said["deadlift"] *= _HANDS_SAY[1]
    if feet_aside > _WIDE:
        said["step_up"] = _FEET_SAY
    if feet_height < _LEVEL or foot_moves < _FOOT_STAYS:
        said["single_leg_squat"] = _FEET_SAY
    if feet_height > _UNEVEN:
        said.update((name, _FEET_SAY * said[name]) for name in _ON_BOTH_FEET if name in said)
    weighed = {name: share * said[name] for name, share in found.items()}
    total = 1.0 - sum(found.values()) + sum(weighed.values())
    return {name: share / total for name, share in weighed.items()}


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
