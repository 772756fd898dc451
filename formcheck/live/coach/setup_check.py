"""Before a set: whether the person is seen so that it can be judged, and ready to begin.

The thresholds were measured with the full model: sizes and light on rendered clips made
smaller and darker at 640 x 480, the rest on what the model saw of 409 rendered sets before
the first repetition. Of those seen as asked 384 of 387 might begin, 2.2 s after the first
picture (95%: 2.3 s); the others moved, or had their feet behind the box.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from formcheck.engine.camera import SEEN_FROM
from formcheck.engine.exercise import Exercise
from formcheck.engine.observation import Observer
from formcheck.engine.pelvic_rotation import ELEVATION_MIN_DEG, SideLyingModel
from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.recording_quality import POSTURES
from formcheck.engine.report import Posture
from formcheck.engine.segmentation import REP_SHARE
from formcheck.engine.smoothing import FixedLagSmoother
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT
from formcheck.language import N_, _, listed
from formcheck.live.coach.announce import LIE
from formcheck.live.coach.framing import LARGE_JOINTS, framing_of, middle_or_one, moved_px

CheckId = Literal["person", "body", "distance", "light", "posture", "view", "camera"]
CheckState = Literal["ok", "wrong", "unknown"]
CHECKS: tuple[CheckId, ...] = ("person", "body", "distance", "light", "posture", "view", "camera")
#: In this order it is said: in the dark nobody is found, and who is not all there need
#: not turn round yet.
_SAID: tuple[CheckId, ...] = ("light", "person", "body", "distance", "posture", "view", "camera")
#: Without these nothing can be judged.
_NEEDED: tuple[CheckId, ...] = ("person", "body", "distance", "posture")

#: A check changes only when what is seen has been so for this long, seconds.
DWELL_S = 0.4
#: What is wrong for this long is worth saying, seconds.
SAY_AFTER_S = 1.0
#: Nobody in the picture for less than this is a lapse of the pose model, seconds.
LAPSE_S = 0.5
#: The body's length as a share of the picture's longer side. At 0.32 the joints are typically
#: placed within 1% of the trunk of where they are in a full picture, at 0.27 within 2%, and
#: from there down nobody is found.
TOO_SMALL = 0.32
#: The body's size as a share of the picture: beyond this the movement leaves it.
TOO_LARGE = 0.95
#: Mean brightness of the picture, 0 to 255. Joints are placed as well as in good light down
#: to 45, at 33 twice as badly, and under 15 nobody is found; the same from 240 on.
TOO_DARK, TOO_BRIGHT = 40.0, 240.0
#: A standing body leaning more than this is a tilted camera, degrees: seen from front or
#: back, and from elsewhere, where people lean forward. From a level camera it is 4.4 at most
#: on films and 1 on real people, from the side 6.
TILTED_DEG, TILTED_ASIDE_DEG = 7.0, 12.0
#: The large joints of somebody at rest stay within this distance of where they were (trunk
#: lengths): in 95% of the films they moved by less than half of it.
STILL_TRUNKS = 0.08
#: Landmarks of so long a time tell how far the camera looks down, seconds.
_ELEVATION_S = 1.0

_GET_INTO = {"standing": N_("Stand up straight."), **LIE}
_PARTS = {
    "head": N_("your head"),
    "shoulders": N_("your shoulders"),
    "hips": N_("your hips"),
    "knees": N_("your knees"),
    "feet": N_("your feet"),
}
_TURN = {
    "front": N_("face the camera"),
    "side": N_("turn side-on"),
    "oblique": N_("turn half towards the camera"),
}
#: Who lies down moves the camera instead. (further away, closer)
_DISTANCE = {
    True: (N_("Move back a step."), N_("Come a step closer.")),
    False: (N_("Move the camera back."), N_("Move the camera closer.")),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that matters for the picture.

    text: what to do when it is wrong. Of "view" also what is not judged from here, when
    it is ok or unknown. Else "".
    """

    id: CheckId
    state: CheckState
    text: str = ""


@dataclass(frozen=True, slots=True)
class SetupState:
    """How the picture is at a moment.

    checks: all of CHECKS, in this order. ready: nothing that a set needs is wrong.
    in_start_position: in the exercise's posture and at rest, as far as that can be told.
    held_s: for how long both have been so without moving, seconds. say: the most important
    thing that is wrong, once it has been for a second; failing that, what is not judged from
    a view that is not asked for; None when there is nothing to say.
    """

    checks: tuple[Check, ...]
    ready: bool
    in_start_position: bool
    held_s: float
    say: str | None


class SetupCheck:
    """Follows the person while the set is being prepared. push() every frame, in order."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._smoother = FixedLagSmoother()
        self._steady = {name: _Steady(Check(name, "unknown")) for name in CHECKS}
        self._light: float | None = None
        self._good_since_s = math.nan
        self._seen_s = math.nan
        self._crowded = False
        self._forget_person()
        checks = tuple(steady.shown for steady in self._steady.values())
        self._state = SetupState(checks, False, False, 0.0, None)

    def _forget_person(self) -> None:
        self._observer = Observer(self._exercise)
        self._still = _Stillness()
        self._camera = Check("camera", "unknown")
        self._elevation = _Elevation(self._exercise)
        self._last_s = math.nan

    def push(self, frame: PoseFrame, light: float | None = None) -> SetupState:
        """Take the next frame; light: mean brightness of its picture, 0..255, None = unknown."""
        self._light = light
        for ready in self._smoother.push(frame):
            self._state = self._step(ready)
        return self._state

    def _step(self, frame: PoseFrame) -> SetupState:
        now = frame.time_s
        if math.isnan(self._seen_s):
            self._seen_s = now
        if frame.person_changed:
            self._forget_person()
        self._crowded = frame.people > 1
        at_rest = False
        if frame.has_person:
            at_rest = self._look(frame)
            found = self._found(frame, at_rest)
        elif now - self._seen_s < LAPSE_S:
            return self._state
        else:
            self._forget_person()
            words = _("I can't see you. Step into the picture, or come closer.")
            found = (Check("person", "wrong", words), self._lit())
        by_id = {check.id: check for check in found}
        for name, steady in self._steady.items():
            steady.update(now, by_id.get(name, Check(name, "unknown")))
        checks = tuple(steady.shown for steady in self._steady.values())
        states = {check.id: check.state for check in checks}
        ready = "wrong" not in states.values() and all(states[n] == "ok" for n in _NEEDED)
        in_position = at_rest and states["posture"] == "ok"
        if not (ready and in_position):
            self._good_since_s = math.nan
        elif math.isnan(self._good_since_s):
            self._good_since_s = now
        held_s = now - max(self._good_since_s, self._still.since_s)
        return SetupState(checks, ready, in_position, held_s if held_s > 0 else 0.0, self._say(now))

    def _look(self, frame: PoseFrame) -> bool:
        """Measure a frame with a person; whether the counted signal is near its rest."""
        now = frame.time_s
        elapsed = 0.0 if math.isnan(self._last_s) else now - self._last_s
        self._last_s = self._seen_s = now
        seen = self._observer.look(frame, elapsed, math.nan)
        tracker = self._observer.tracker
        self._still.update(now, frame.landmarks_px, tracker.trunk_px)
        self._elevation.update(now, frame.landmarks_px[:, :2], tracker.posture)
        primary = self._exercise.primary
        if primary.from_rest:
            return True
        way = (seen.values[0] - primary.rest_deg) / (primary.target_deg - primary.rest_deg)
        return not way >= REP_SHARE

    def _say(self, now: float) -> str | None:
        for state in ("wrong", "unknown"):
            for name in _SAID:
                steady = self._steady[name]
                lasted = now - steady.since_s >= SAY_AFTER_S
                if steady.shown.state == state and steady.shown.text and lasted:
                    return steady.shown.text
        return None

    # -------------------------------------------------------- the single checks

    def _found(self, frame: PoseFrame, at_rest: bool) -> tuple[Check, ...]:
        body, distance = self._framed(frame)
        return (
            Check("person", "ok"),
            body,
            distance,
            self._lit(sees=body.state == "ok"),
            self._posed(),
            self._viewed(),
            self._levelled(frame, at_rest),
        )

    def _framed(self, frame: PoseFrame) -> tuple[Check, Check]:
        """Whether the whole body is in the picture, and how large it is there."""
        framing = framing_of(frame)
        further, closer = map(_, _DISTANCE[self._exercise.posture == "standing"])
        too_large = framing.size > TOO_LARGE
        distance = Check("distance", "ok")
        if too_large:
            distance = Check("distance", "wrong", further)
        elif framing.tall < TOO_SMALL:
            distance = Check("distance", "wrong", closer)
        lost = [_(_PARTS[part]) for part in (*framing.cut, *framing.hidden)]
        if not lost:
            return Check("body", "ok"), distance
        if not framing.cut:
            then = _("Clear the view.")
        elif too_large:
            then = further
        else:
            left, top, right, bottom = framing.beyond
            then = _("Move to the middle of the picture.")
            if max(top, bottom) > max(left, right):
                then = _("Tilt the camera up.") if top > bottom else _("Tilt the camera down.")
        return Check(
            "body", "wrong", _("I can't see {parts}.").format(parts=listed(lost)) + f" {then}"
        ), distance

    def _lit(self, *, sees: bool = False) -> Check:
        """Whether there is enough light. sees: the whole body is found: then it is advice."""
        if self._light is None:
            return Check("light", "unknown")
        state: CheckState = "unknown" if sees else "wrong"
        if self._light < TOO_DARK:
            return Check("light", state, _("Too dark. Turn on a light."))
        if self._light > TOO_BRIGHT:
            return Check("light", state, _("Too bright. Point the camera away from the light."))
        return Check("light", "ok")

    def _posed(self) -> Check:
        tracker, wanted = self._observer.tracker, self._exercise.posture
        if tracker.posture not in POSTURES[wanted]:
            words = _(_GET_INTO[wanted])
            if self._crowded:
                words = f"{_('I see two people. One of you, step out of the picture.')} {words}"
            return Check("posture", "wrong", words)
        if wanted == "side_lying" and tracker.view_class == "back":
            return Check("posture", "wrong", _("Turn over, belly towards the camera."))
        return Check("posture", "ok")

    def _viewed(self) -> Check:
        """Whether the exercise shows from here, and what of it does not."""
        exercise, tracker = self._exercise, self._observer.tracker
        seen_from = tracker.view_class
        if seen_from not in SEEN_FROM or self._posed().state != "ok":
            return Check("view", "unknown")
        turn = listed((_(_TURN[view]) for view in exercise.views), "or")
        turn = f"{turn[0].upper()}{turn[1:]}."
        if not exercise.counted_from(self._observer.camera):
            return Check("view", "wrong", turn)
        # Where it stands is one thing, which model looks through it another.
        camera = self._observer.camera
        judged = [r for r in exercise.faults if r.judged_from(replace(camera, lite=False))]
        if not judged:
            return Check("view", "unknown", f"{turn} {_('From here reps are only counted.')}")
        if self._elevation.deg < ELEVATION_MIN_DEG:
            raised = [r.title for r in exercise.faults if r.elevation_min_deg is not None]
            if raised:
                return Check("view", "unknown", f"{_('Raise the camera.')} {_not_judged(raised)}")
        unseen = [r.title for r in exercise.faults if not r.unseen and r not in judged]
        told = [_not_judged(unseen)] if unseen else []
        if blurred := [r.title for r in judged if not r.judged_from(camera)]:
            told.append(
                _("The lite pose model can't check: {faults}.").format(
                    faults=listed(map(_, blurred))
                )
            )
        return Check("view", "ok", " ".join(told))

    def _levelled(self, frame: PoseFrame, at_rest: bool) -> Check:
        """Whether the picture is level: told by someone standing still, unknown before that."""
        upright = self._exercise.posture == "standing" and self._posed().state == "ok" and at_rest
        aside = self._observer.tracker.view_class not in ("front", "back")
        tilt = _tilt_deg(frame.landmarks_px[:, :2], aside=aside) if upright else math.nan
        if tilt == tilt and frame.time_s - self._still.since_s >= DWELL_S:
            self._camera = Check("camera", "ok")
            if abs(tilt) > (TILTED_ASIDE_DEG if aside else TILTED_DEG):
                self._camera = Check("camera", "wrong", _("The camera is tilted. Set it level."))
        return self._camera


class _Steady:
    """A check that changes only when what is seen has lasted."""

    def __init__(self, first: Check) -> None:
        self.shown = self._candidate = first
        self.since_s = self._candidate_s = math.nan

    def update(self, now: float, seen: Check) -> None:
        """Take what is seen now; the first is believed at once."""
        if seen != self._candidate:
            self._candidate, self._candidate_s = seen, now
        first = math.isnan(self.since_s)
        if seen != self.shown and (first or now - self._candidate_s >= DWELL_S):
            self.shown, self.since_s = seen, self._candidate_s


class _Stillness:
    """Since when the large joints have been where they are; NaN = unknown."""

    def __init__(self) -> None:
        self.since_s = math.nan
        self._place: FloatArray | None = None

    def update(self, now: float, landmarks_px: FloatArray, trunk_px: float) -> None:
        """Take the next landmarks (33, 3)."""
        place = landmarks_px[LARGE_JOINTS, :2]
        if self._place is None or not moved_px(self._place, place) < STILL_TRUNKS * trunk_px:
            self._place, self.since_s = place, now
        else:
            # A joint not seen at first is compared with where it appeared.
            self._place = np.where(np.isfinite(self._place), self._place, place)


class _Elevation:
    """How far the camera looks down on somebody on the side, where that matters.

    deg: from the horizontal, NaN until it is told. The side-lying model tells it to about 4
    degrees; what it tells decides what will be judged.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._kind = exercise.roll_movement
        self._model = SideLyingModel.load() if self._kind is not None else None
        self._recent: deque[tuple[float, FloatArray]] = deque()
        self._told_s = -math.inf
        self.deg = math.nan

    def update(self, now: float, xy: FloatArray, posture: Posture) -> None:
        """Take the next landmarks (33, 2)."""
        if self._model is None or self._kind is None:
            return
        if posture not in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
            self._recent.clear()
            return
        self._recent.append((now, xy))
        while self._recent[0][0] < now - _ELEVATION_S:
            self._recent.popleft()
        if now - self._told_s < DWELL_S / 2:
            return
        self._told_s = now
        rest = np.median(np.stack([past for _, past in self._recent]), axis=0)
        told = self._model.estimate(rest, rest, posture, self._kind).elevation_deg
        self.deg = told if told == told else self.deg


def _tilt_deg(xy: FloatArray, *, aside: bool) -> float:
    """How far a standing body is from the picture's vertical, degrees.

    xy: (33, 2) pixels. + = clockwise; NaN when it cannot be told. Seen from the side the whole
    body; else also its trunk: who stands on one leg or a step leans with the one and makes up
    for it with the other.
    """
    shoulders = middle_or_one(xy, L.LEFT_SHOULDER)
    lines = (shoulders - middle_or_one(xy, below) for below in (L.LEFT_ANKLE, L.LEFT_HIP))
    body, trunk = (math.degrees(math.atan2(x, -y)) for x, y in lines)
    return body if aside else (body + trunk) / 2


def _not_judged(titles: Sequence[str]) -> str:
    return _("From here I can't check: {faults}.").format(faults=listed(map(_, titles)))
