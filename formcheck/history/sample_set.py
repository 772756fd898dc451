"""A set that nobody did: made up to look like one that was filmed, for trying the pages.

Every number is drawn from a few habits; words, limits and units are those of the exercise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np

from formcheck import __version__
from formcheck.drawing import demonstration
from formcheck.drawing.stills import Still, draw, encode, picture_id, shown_moments
from formcheck.engine.adherence import adherence
from formcheck.engine.camera import Camera
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.faults import prescribed_faults
from formcheck.engine.pose import LANDMARK_COUNT, FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.recording_quality import POSTURES
from formcheck.engine.report import (
    SIDE_NAMES,
    Fault,
    NotAssessed,
    Rep,
    SetReport,
    Severity,
    Side,
    Source,
    View,
)
from formcheck.engine.rule import UNCERTAINTY_SHARE, FaultRule
from formcheck.engine.signals import SIGNALS
from formcheck.engine.totals import summarise
from formcheck.engine.trace import Trace
from formcheck.engine.view import facing_of
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.plan import PlannedSet

__all__ = ["made_up_set"]

_SIZE: Final = (640, 480)
_FPS: Final = 24.6
#: The 10-90% time of a smooth movement, as a share of its whole length.
_MIDDLE: Final = 2 / 3
#: From one leg to the other: turning over and finding the place again, seconds.
_TURN_S: Final = 12.0


@dataclass(frozen=True, slots=True)
class _Habits:
    """How somebody does an exercise in the beginning and after two months of it.

    rom: degrees beyond rest; weaker_left: how many fewer on the left. held: share of the
    hold asked for. faults: id -> share of reps. azimuth_deg: where the camera stands.
    rest_deg: level of the signal at rest.
    """

    rom: tuple[float, float]
    azimuth_deg: float
    rest_deg: float
    weaker_left: tuple[float, float] = (0.0, 0.0)
    held: tuple[float, float] = (0.9, 1.02)
    faults: Mapping[str, tuple[float, float]] | None = None


_HABITS: Final = {
    "clamshell": _Habits(
        (26.0, 40.0), 3.0, 24.0, (5.0, 0.5), faults={"pelvic_rotation": (0.55, 0.05)}
    ),
    "banded_clamshell": _Habits(
        (21.0, 33.0),
        -4.0,
        25.0,
        (4.0, 0.5),
        faults={"pelvic_rotation": (0.6, 0.1), "feet_apart": (0.35, 0.03)},
    ),
    "glute_bridge": _Habits((31.0, 44.0), 88.0, 130.0, faults={"sinking": (0.4, 0.03)}),
    "hip_thrust": _Habits((63.0, 76.0), 86.0, 100.0, faults={"sinking": (0.3, 0.05)}),
    "single_leg_abc": _Habits(
        (22.0, 32.0),
        48.0,
        2.0,
        (3.0, 0.0),
        (0.55, 1.05),
        {"trunk_lateral_lean": (0.6, 0.1), "knee_bend": (0.4, 0.05)},
    ),
    "small_squat": _Habits((24.0, 34.0), 2.0, 8.0, faults={"knee_valgus": (0.6, 0.05)}),
}


def made_up_set(
    set_id: str,
    planned: PlannedSet,
    when: datetime,
    skill: float,
    rng: np.random.Generator,
    *,
    low_camera: bool = False,
) -> FinishedSet:
    """A set of the plan as the coach would have told of it.

    skill: 0 = as in the beginning, 1 = after two months. low_camera: it stood on
        the floor, and an arm hid the waist.
    """
    exercise = EXERCISES[planned.exercise]
    maker = _Maker(exercise, planned, skill, rng, low_camera)
    reps, partials = maker.attempts()
    duration_s = max(rep.end_s for rep in (*reps, *partials)) + 2.0
    frames = round(_FPS * duration_s)
    azimuth = maker.habits.azimuth_deg + rng.normal(0, 2)
    # The upper leg works.
    on_right = exercise.posture == "side_lying" and reps[0].side == "left"
    posture = POSTURES[exercise.posture][on_right]
    report = SetReport(
        exercise=exercise.id,
        source=Source("webcam", *_SIZE, _FPS, duration_s, frames, frames - int(rng.integers(4))),
        view=View(posture, azimuth, facing_of(posture, azimuth)),
        reps=reps,
        partials=partials,
        summary=summarise(exercise, reps, partials),
        model="pose_landmarker_full 1",
        formcheck_version=__version__,
        adherence=adherence(reps, planned.prescription, exercise, planned.both_sides).parts,
    )
    shown_pictures = {
        picture_id(rep, fault): _picture(
            exercise.id,
            rep.side,
            None if fault is None else fault.landmark,
            "mild" if fault is None else fault.severity,
        )
        for _, rep, fault in shown_moments(report, exercise)
    }
    trace = _trace(exercise, (*reps, *partials), maker.habits.rest_deg, duration_s, rng)
    return FinishedSet(set_id, when, report, planned.prescription, shown_pictures, trace)


class _Maker:
    """The attempts of one set."""

    def __init__(
        self,
        exercise: Exercise,
        planned: PlannedSet,
        skill: float,
        rng: np.random.Generator,
        low_camera: bool,
    ) -> None:
        self._exercise, self._planned = exercise, planned
        self._skill, self._rng, self._low = skill, rng, low_camera
        self.habits = _HABITS[exercise.id]

    def attempts(self) -> tuple[tuple[Rep, ...], tuple[Rep, ...]]:
        """Reps and partial attempts, in time."""
        planned, rng = self._planned, self._rng
        done = {"left": planned.done_left, "right": planned.done_right, "both": planned.done_both}
        sides: tuple[Side, ...] = ("both",)
        if self._exercise.unilateral:
            sides = ("left", "right")
        reps: list[Rep] = []
        partials: list[Rep] = []
        at_s = 2.0
        for side in sides:
            for _ in range((planned.prescription.reps or 10) - done[side]):
                if rng.random() < 0.05 * (1 - self._skill) and self._exercise.hold == "still":
                    share = rng.uniform(0.3, 0.46)
                    rep = self._rep(len(partials) + 1, side, at_s, share)
                    partials.append(rep)
                    at_s = rep.end_s + rng.uniform(0.8, 2.0)
                rep = self._rep(len(reps) + 1, side, at_s, None)
                reps.append(rep)
                at_s = rep.end_s + rng.uniform(0.6, 1.4)
            at_s += _TURN_S
        return tuple(reps), tuple(partials)

    def _rep(self, index: int, side: Side, start_s: float, share: float | None) -> Rep:
        rng, asked = self._rng, self._planned.prescription
        rom = self._now(self.habits.rom) + rng.normal(0, 1.6)
        if side == "left":
            rom -= self._now(self.habits.weaker_left)
        hold_s = 0.0
        if asked.hold_s is not None:
            hold_s = asked.hold_s * min(1.06, self._now(self.habits.held) + rng.normal(0, 0.05))
        if share is not None:
            primary = self._exercise.primary
            rom, hold_s = share * primary.full_excursion(primary.rest_deg), 0.0
        lift_s, lower_s = (self._time(t) for t in (asked.concentric_s, asked.eccentric_s))
        out_s, back_s = self._exercise.primary.swapped((lift_s, lower_s))
        top_s = start_s + out_s / _MIDDLE + hold_s / 2
        rep = Rep(
            index=index,
            side=side,
            start_s=start_s,
            top_s=top_s,
            end_s=top_s + hold_s / 2 + back_s / _MIDDLE,
            hold_s=hold_s,
            hold_clean_s=hold_s,
            concentric_s=lift_s,
            eccentric_s=lower_s,
            rom_deg=rom,
            peak_deg=self.habits.rest_deg + self._exercise.primary.direction * rom,
            path_legs=6.0 + 2 * self._skill if self._exercise.measures_path else None,
        )
        faults, missing = self._judged(rep, asked)
        broken = {r.id for r in self._exercise.faults if r.breaks_hold} & {f.id for f in faults}
        why = None
        if share is not None:
            why = f"went {100 * share:.0f}% of the way: a rep needs half or more"
        return replace(
            rep,
            faults=faults,
            not_assessed=missing,
            hold_clean_s=hold_s * (rng.uniform(0.4, 0.8) if broken else 1.0),
            why=why,
        )

    def _now(self, habit: tuple[float, float]) -> float:
        return habit[0] + self._skill * (habit[1] - habit[0])

    def _time(self, asked_s: float | None) -> float:
        """The 10-90% time of one way."""
        usual_s = 2.0 if asked_s is None else asked_s
        hurried = self._rng.random() < 0.12 * (1 - self._skill)
        share = 0.45 if hurried else self._rng.normal(0.9 + 0.1 * self._skill, 0.06)
        return _MIDDLE * usual_s * share

    # ------------------------------------------------------------ what is found in it

    def _judged(
        self, rep: Rep, asked: Prescription
    ) -> tuple[tuple[Fault, ...], tuple[NotAssessed, ...]]:
        camera = Camera(self.habits.azimuth_deg)
        faults: list[Fault] = []
        missing: list[NotAssessed] = []
        for rule in self._exercise.faults:
            if rule.unseen:
                missing.append(NotAssessed(rule.id, rule.unseen, rule.remedy))
            elif not rule.judged_from(camera):
                missing.append(NotAssessed(rule.id, camera.words, rule.remedy))
            elif (fault := self._fault(rule, rep)) is not None:
                faults.append(fault)
            elif self._low and rule.uncertainty:
                missing.append(NotAssessed(rule.id, rule.unknown, rule.remedy))
            elif self._low and rule.elevation_min_deg is not None:
                low = "The camera stands too low to see this well."
                missing.append(NotAssessed(rule.id, low, rule.remedy))
        joint = int(L.RIGHT_HIP if rep.side == "right" else L.LEFT_HIP)
        faults += prescribed_faults(asked, (rep.concentric_s, rep.eccentric_s), rep, joint)
        return tuple(faults), tuple(missing)

    def _fault(self, rule: FaultRule, rep: Rep) -> Fault | None:
        primary, rng = self._exercise.primary, self._rng
        uncertainty = None
        if rule.signal == primary.signal and rule.statistic != "fall":
            value = rep.rom_deg if primary.from_rest or rule.relative else rep.peak_deg
        else:
            share = (self.habits.faults or {}).get(rule.id, (0.0, 0.0))
            if rng.random() >= self._now(share):
                return None
            beyond = min(abs(rng.normal(0.1, 0.6)) + 0.05, 2.0) * (1.2 - 0.5 * self._skill)
            value = rule.mild + beyond * (rule.marked - rule.mild)
        severity = rule.severity(value)
        if severity is None or (rep.rom_deg < 12 and rule.id.startswith("range")):
            return None
        if rule.uncertainty:
            # What is told is the value itself; what counts is what is beyond half of it.
            uncertainty = float(rng.uniform(2.5, 4.5))
            value += UNCERTAINTY_SHARE * uncertainty
        side: Side = "both"
        index = 0 if rep.side == "left" else 1
        if rule.per != "middle":
            index = index if rep.side != "both" else int(rng.integers(2))
            side = SIDE_NAMES[index]
        return Fault(
            id=rule.id,
            side=side,
            severity=severity,
            value=value,
            unit=rule.unit,
            at_s=rep.top_s + rng.uniform(-0.3, 0.3) * rep.hold_s,
            cue=rule.cue,
            landmark=rule.joint(index),
            uncertainty=uncertainty,
        )


def _trace(
    exercise: Exercise,
    attempts: tuple[Rep, ...],
    rest_deg: float,
    duration_s: float,
    rng: np.random.Generator,
) -> Trace:
    """The counted signal that goes with these attempts."""
    time_s = np.arange(0.0, duration_s, 0.1)
    value = np.full(len(time_s), rest_deg) + rng.normal(0, 0.5, len(time_s))
    holds = []
    for rep in attempts:
        begin, end = rep.top_s - rep.hold_s / 2, rep.top_s + rep.hold_s / 2
        if rep.hold_s > 0:
            holds.append((begin, end))
        way = np.interp(time_s, [rep.start_s, begin, end, rep.end_s], [0.0, 1.0, 1.0, 0.0])
        sway = 0.06 * np.sin(0.9 * time_s + rep.index) * (way > 0.98)
        smooth = 0.5 - 0.5 * np.cos(np.pi * way)
        value += (rep.peak_deg - rest_deg) * (smooth - np.abs(sway))
    signal = SIGNALS[exercise.primary.signal]
    return Trace(
        signal.title,
        signal.unit,
        tuple(time_s.round(3).tolist()),
        tuple(value.round(2).tolist()),
        tuple(sorted(holds)),
    )


# ---------------------------------------------------------------------------- pictures


@lru_cache(maxsize=256)
def _picture(exercise_id: str, side: Side, landmark: int | None, severity: Severity) -> bytes:
    """A drawn person at the far end of the movement, as a picture of a report."""
    points = _far_end(exercise_id, side)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = _SIZE
    scale = min(0.86 * wide / (high[0] - low[0]), 0.8 * tall / (high[1] - low[1]))
    place = np.array([wide / 2, 0.92 * tall]) - scale * np.array([(low + high)[0] / 2, high[1]])
    px = points * scale + place
    pose = PoseFrame(
        time_s=0.0,
        landmarks_px=np.column_stack([px, np.zeros(LANDMARK_COUNT)]),
        visibility=np.ones(LANDMARK_COUNT),
        frame_size=_SIZE,
    )
    ground = _drawn(px, scale)
    faults = []
    if landmark is not None:
        faults = [Fault("shown", "both", severity, 0.0, "", 0.0, "", landmark)]
    return draw(Still(0.0, encode(ground), pose), faults)


def _far_end(exercise_id: str, side: Side) -> FloatArray:
    """(33, 2) the pose furthest from the start, done with this leg."""
    poses = demonstration.frames(exercise_id)
    moved = np.abs(poses - poses[0]).sum(axis=2)
    points: FloatArray = poses[int(moved.sum(axis=1).argmax())]
    left, right = (moved[:, knee].max() for knee in (L.LEFT_KNEE, L.RIGHT_KNEE))
    if side == "both" or (side == "left") == (left >= right):
        return points
    # The same with the other leg, seen in a mirror.
    other = np.arange(LANDMARK_COUNT)
    for index in range(LANDMARK_COUNT):
        name = L(index).name
        for a, b in (("LEFT", "RIGHT"), ("RIGHT", "LEFT")):
            if a in name:
                other[index] = L[name.replace(a, b)]
    return points[other] * (-1.0, 1.0)


def _drawn(px: FloatArray, height: float) -> np.ndarray:
    """A person of one colour in a room of two."""
    import cv2

    wide, tall = _SIZE
    image = np.full((tall, wide, 3), (203, 200, 192), np.uint8)
    floor = int(0.86 * tall)
    image[floor:] = (158, 148, 134)

    def line(a: FloatArray, b: FloatArray, width: float, colour: tuple[int, int, int]) -> None:
        (ax, ay), (bx, by) = a.round().astype(int).tolist(), b.round().astype(int).tolist()
        cv2.line(image, (ax, ay), (bx, by), colour, max(3, round(width * height)), cv2.LINE_AA)

    def limb(a: int, b: int, width: float, colour: tuple[int, int, int]) -> None:
        line(px[a], px[b], width, colour)

    skin, trousers, shirt = (190, 150, 125), (70, 84, 110), (120, 140, 150)
    trunk = px[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER, L.RIGHT_HIP, L.LEFT_HIP]].round().astype(int)
    for side in (1, 0):
        limb(L.LEFT_HIP + side, L.LEFT_KNEE + side, 0.085, trousers)
        limb(L.LEFT_KNEE + side, L.LEFT_ANKLE + side, 0.06, trousers)
        limb(L.LEFT_HEEL + side, L.LEFT_FOOT_INDEX + side, 0.04, skin)
        limb(L.LEFT_SHOULDER + side, L.LEFT_ELBOW + side, 0.05, shirt)
        limb(L.LEFT_ELBOW + side, L.LEFT_WRIST + side, 0.04, skin)
    cv2.fillConvexPoly(image, cv2.convexHull(trunk), shirt, cv2.LINE_AA)
    limb(L.LEFT_SHOULDER, L.LEFT_HIP, 0.1, shirt)
    limb(L.RIGHT_SHOULDER, L.RIGHT_HIP, 0.1, shirt)
    head = px[[L.LEFT_EAR, L.RIGHT_EAR]].mean(axis=0)
    line(px[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(axis=0), head, 0.055, skin)
    x, y = head.round().astype(int).tolist()
    cv2.circle(image, (x, y), round(0.062 * height), skin, -1, cv2.LINE_AA)
    return image
