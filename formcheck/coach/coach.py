"""The live coach: from setting up to the report, hands-free, frame by frame."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from formcheck import events as ev
from formcheck.coach.ending import Rest
from formcheck.coach.guide import GuideState, TempoGuide
from formcheck.coach.set_voice import SetVoice
from formcheck.coach.setup_check import SetupCheck, SetupState
from formcheck.coach.tally import Tally
from formcheck.coach.voice import Rank, Utterance, Voice, in_words
from formcheck.exercise import Exercise, Prescription
from formcheck.exercises import EXERCISES
from formcheck.pose import PoseFrame
from formcheck.report import SetReport
from formcheck.session import SetSession, Step

Stage = Literal["setup", "countdown", "set", "done"]
EndReason = Literal["target", "still", "button", "left", ""]

#: How long the start position is held before the countdown, and the countdown, seconds.
HOLD_TO_START_S, COUNTDOWN_S = 2.0, 3.0
#: Out of the start position for less than this does not stop the countdown, seconds.
LAPSE_S = 0.5
#: Further out than this share of the way is not the start position any more.
MOVING_SHARE = 0.35
#: The stream stood still for longer than this: what came before is not continued, seconds.
GAP_S = 1.0
#: The same about the set-up not more often than this; something else sooner, seconds.
SETUP_REPEAT_S, SETUP_NEXT_S = 8.0, 2.5
#: All is well but the start position is not taken for this long: worth a word, seconds.
NOT_IN_PLACE_S = 3.0


@dataclass(frozen=True, slots=True)
class HoldState:
    """The running hold: seconds held, seconds without a posture fault, seconds asked for."""

    s: float
    clean_s: float
    target_s: float | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Callout:
    """A fault to draw at a joint (BlazePose index) right now."""

    id: str
    title: str
    joint: int
    cue: str
    severity: str


@dataclass(frozen=True, slots=True)
class CoachSnapshot:
    """All that a display needs at one moment; None or empty where there is nothing.

    time_s: capture time, seconds. held: share of the time the start position is to be
    held. reps: as they are counted aloud, of the side at work where each side has its
    own target. angle_joints: three BlazePose indices, the angle is at the middle one.
    progress: 0 = rest .. 1 = target.
    """

    stage: Stage
    exercise_id: str
    exercise_name: str
    time_s: float
    setup: SetupState | None = None
    held: float = 0.0
    countdown: int | None = None
    reps: int = 0
    target: int | None = None
    partials: int = 0
    sides: dict[str, int] | None = None
    side: str | None = None
    angle_joints: tuple[int, int, int] | None = None
    angle_deg: float | None = None
    phase: ev.Phase = "rest"
    progress: float = 0.0
    hold: HoldState | None = None
    guide: GuideState | None = None
    callouts: tuple[Callout, ...] = ()
    person_seen: bool = False
    end_reason: EndReason = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: rounded numbers, None where something is absent."""
        setup = self.setup and {
            "checks": [{"id": c.id, "state": c.state, "text": c.text} for c in self.setup.checks],
            "ready": self.setup.ready,
            "held": round(self.held, 2),
            "say": self.setup.say,
        }
        angle = self.angle_joints and {
            "joints": list(self.angle_joints),
            "deg": None if self.angle_deg is None else round(self.angle_deg),
        }
        hold = self.hold and {
            "s": round(self.hold.s, 1),
            "clean_s": round(self.hold.clean_s, 1),
            "target_s": self.hold.target_s,
            "paused": self.hold.paused,
        }
        guide = self.guide and {
            "phase": self.guide.phase,
            "position": round(self.guide.position, 3),
            "left_s": round(self.guide.left_s, 1),
            "label": self.guide.label,
        }
        return {
            "stage": self.stage,
            "exercise": {"id": self.exercise_id, "name": self.exercise_name},
            "time_s": round(self.time_s, 3),
            "setup": setup,
            "countdown": self.countdown,
            "reps": self.reps,
            "target": self.target,
            "partials": self.partials,
            "sides": self.sides,
            "side": self.side,
            "angle": angle,
            "phase": self.phase,
            "progress": round(self.progress, 3),
            "hold": hold,
            "guide": guide,
            "callouts": [
                {
                    "id": c.id,
                    "title": c.title,
                    "joint": c.joint,
                    "cue": c.cue,
                    "severity": c.severity,
                }
                for c in self.callouts
            ],
            "person_seen": self.person_seen,
            "end_reason": self.end_reason,
        }


class Coach:
    """Leads one person through one set of one exercise. push() every frame, in order.

    exercise: an id of EXERCISES (KeyError for an unknown one) or an Exercise.
    prescription: what is asked for; the exercise's own when None.
    both_sides: where one leg works at a time, each is to do the reps asked for.
    hands_free: the set begins by itself when the start position is held; else by start().
    on_step: called with every measured step, as SetSession does.

    events: what happened in the set at the last push.
    stage goes from "setup" (and "countdown", from which it may go back) to "set" to "done".
    """

    def __init__(
        self,
        exercise: str | Exercise,
        prescription: Prescription | None = None,
        *,
        both_sides: bool = True,
        hands_free: bool = True,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self.exercise = EXERCISES[exercise] if isinstance(exercise, str) else exercise
        self.prescription = prescription or self.exercise.prescription
        self.stage: Stage = "setup"
        self.end_reason: EndReason = ""
        self.set_started_s: float | None = None
        self.events: tuple[ev.Event, ...] = ()
        self._on_step = on_step
        self._steps: list[Step] = []
        self._hands_free = hands_free
        self._titles = {rule.id: rule.title for rule in self.exercise.faults}
        self._check = SetupCheck(self.exercise)
        self._setup: SetupState | None = None
        self._session: SetSession | None = None
        self._report: SetReport | None = None
        # Steps of a walk are counted through: how many each way depends on the room.
        each_side = both_sides and self.exercise.unilateral and not self.exercise.travels
        self._tally = Tally(self.prescription.reps, each_side=each_side)
        self._voice = Voice()
        self._set_voice = SetVoice(self.exercise, self.prescription, self._tally, self._voice)
        self._guide = TempoGuide(self.prescription, self.exercise.primary.concentric)
        self._rest = Rest()
        self._last_s = math.nan
        self._shift_s = 0.0
        self._recent: deque[PoseFrame] = deque()
        self._countdown_s = self._in_place_s = self._moved_s = math.nan
        self._counted = 0
        self._setup_said = ""
        self._setup_said_s = -math.inf
        self._stay_said = False
        self._held_before = (0.0, 0.0)
        self._hold_now = (0.0, 0.0)
        self._seen = False
        self._draw: ev.Snapshot | None = None
        self._guide_state: GuideState | None = None

    # ------------------------------------------------------------------ input

    def push(self, frame: PoseFrame, light: float | None = None) -> tuple[Utterance, ...]:
        """Take the next frame; what is to be said now.

        light: mean brightness of the picture, 0..255, None = unknown. A frame that is not
        later than the last one is passed over. Go on pushing once the set is done: the
        last words come then.
        """
        placed = self._in_time(frame)
        if placed is None:
            return ()
        frame, gap = placed
        self._seen = frame.has_person
        self.events = ()
        if self.stage in ("setup", "countdown"):
            self._prepare(frame, light, gap)
        elif self.stage == "set":
            self._follow(frame, gap)
        free_s = self._set_voice.free_s if self.stage == "set" else math.inf
        said = self._voice.step(frame.time_s, free_s)
        return tuple(
            replace(u, time_s=u.time_s - self._shift_s, expires_s=u.expires_s - self._shift_s)
            for u in said
        )

    def start(self) -> None:
        """Begin the set now, whatever is left of the set-up."""
        if self.stage in ("setup", "countdown"):
            self._begin()

    def end(self) -> None:
        """The set is over."""
        if self.stage != "done":
            self._finish("button")

    def finish(self, source_name: str = "webcam", model: str = "") -> SetReport:
        """The report: of the whole set once it is done, else ends it here."""
        if self._report is None:
            self._finish("target" if self._tally.done else self.end_reason)
        assert self._report is not None
        source = replace(self._report.source, name=source_name)
        return replace(self._report, source=source, model=model)

    def _in_time(self, frame: PoseFrame) -> tuple[PoseFrame, bool] | None:
        """The frame in the coach's own, ever growing time, and whether a gap is before it."""
        now = frame.time_s + self._shift_s
        if math.isnan(self._last_s):
            self._last_s = now
            return frame, False
        if now <= self._last_s:
            if now > self._last_s - GAP_S:
                return None
            # The clock of the camera began anew: how much was missed is unknown.
            self._shift_s += self._last_s + 2 * GAP_S - now
            now = self._last_s + 2 * GAP_S
        gap = now - self._last_s > GAP_S
        self._last_s = now
        return (replace(frame, time_s=now) if self._shift_s else frame), gap

    # ----------------------------------------------------------------- set-up

    def _prepare(self, frame: PoseFrame, light: float | None, gap: bool) -> None:
        now = frame.time_s
        state = self._setup = self._check.push(frame, light)
        in_place = state.ready and state.in_start_position
        if (in_place and not gap) or math.isnan(self._in_place_s):
            self._in_place_s = now
        self._remember(frame, gap)
        if self.stage == "countdown":
            self._count_down(frame, gone=now - self._in_place_s > LAPSE_S)
        elif self._hands_free and self._held_s >= HOLD_TO_START_S:
            self._session = self._at_rest_from(self._recent)
            if self._session is None:
                self._moved_s = now
                return
            self.stage, self._countdown_s, self._counted = "countdown", now, 0
            self._voice.drop()
            self._count_down(frame, gone=False)
        else:
            self._say_setup(now, state)

    @property
    def _held_s(self) -> float:
        """For how long the start position has been held, seconds."""
        if self._setup is None or not self._setup.in_start_position:
            return 0.0
        since_moved = self._last_s - self._moved_s
        return min(self._setup.held_s, math.inf if math.isnan(since_moved) else since_moved)

    def _remember(self, frame: PoseFrame, gap: bool) -> None:
        """Keep the last moments: the set has to know the level at rest when it begins."""
        if gap or frame.person_changed:
            self._recent.clear()
            self._moved_s = frame.time_s
        self._recent.append(frame)
        while self._recent[0].time_s < frame.time_s - HOLD_TO_START_S:
            self._recent.popleft()

    def _at_rest_from(self, frames: Iterable[PoseFrame]) -> SetSession | None:
        """A session that has seen these frames; None when a rep is under way in them.

        What is counted may move while the body as a whole lies still.
        """
        self._steps.clear()
        session = self._new_session()
        for frame in frames:
            if _attempts(session.push(frame)) or _moving(session):
                return None
        return session

    def _new_session(self) -> SetSession:
        return SetSession(self.exercise, prescription=self.prescription, on_step=self._stepped)

    def _stepped(self, step: Step) -> None:
        """Pass a step on once it is sure to be of the set."""
        self._steps.append(step)
        if self.stage == "set" and self._on_step is not None:
            for each in self._steps:
                self._on_step(each)
        if self.stage == "set":
            self._steps.clear()

    def _count_down(self, frame: PoseFrame, *, gone: bool) -> None:
        assert self._session is not None
        now, left = frame.time_s, self._countdown_left(frame.time_s)
        if self._counted:
            # The frame of the beginning was among those that were remembered.
            attempted = _attempts(self._session.push(frame))
            # Who begins on "one" is in the set; before, that was not the start position.
            gone = gone or attempted or (_moving(self._session) and left > 1)
        if gone:
            self._stop_countdown(now)
        elif left == 0:
            self._begin()
        elif left != self._counted:
            self._counted = left
            self._voice.say(
                f"{in_words(left).capitalize()}.",
                "countdown",
                rank=Rank.TICK,
                until_s=now + 0.9,
                interrupt=True,
                tone="tick",
            )

    def _stop_countdown(self, now: float) -> None:
        self.stage, self._session, self._stay_said = "setup", None, False
        self._moved_s = self._setup_said_s = now
        self._voice.drop()
        self._voice.say(
            "Wait." if self._seen else "Wait. I can't see you.",
            "countdown",
            rank=Rank.LOST,
            until_s=now + 1.0,
            interrupt=True,
            tone="fault",
        )

    def _countdown_left(self, now: float) -> int:
        return max(math.ceil(COUNTDOWN_S - (now - self._countdown_s) - 1e-6), 0)

    def _say_setup(self, now: float, state: SetupState) -> None:
        wrong = state.say
        if state.ready and now - self._in_place_s > NOT_IN_PLACE_S:
            wrong = wrong or "Get into the start position."
        if state.ready and state.in_start_position:
            text = "Good. Hold still." if self._hands_free else "Ready when you are."
            if not self._stay_said and self._held_s > 0.3:
                self._stay_said = True
                # It takes the place of what was wrong, said or still being said.
                self._voice.drop("setup")
                self._voice.say(
                    text,
                    "setup",
                    rank=Rank.SIDE,
                    until_s=now + 1.5,
                    interrupt=True,
                    tone="ready",
                )
            return
        if wrong is None or self._voice.waits("setup"):
            return
        pause = SETUP_REPEAT_S if wrong == self._setup_said else SETUP_NEXT_S
        if now - self._setup_said_s < pause:
            return
        self._stay_said = False
        self._setup_said, self._setup_said_s = wrong, now
        self._voice.say(wrong, "setup", rank=Rank.INFO, until_s=now + 1.0, tone="fault")

    def _begin(self) -> None:
        if self._session is None:
            self._session = self._at_rest_from(self._recent)
        if self._session is None:
            self._steps.clear()
            self._session = self._new_session()
        self.stage = "set"
        self.set_started_s = None if math.isnan(self._last_s) else self._last_s
        self._voice.drop()
        # Begun by a button before the first frame, it is said with that.
        until_s = math.inf if math.isnan(self._last_s) else self._last_s + 1.0
        self._voice.say(
            "Go.", "countdown", rank=Rank.TICK, until_s=until_s, interrupt=True, tone="ready"
        )

    # -------------------------------------------------------------------- set

    def _follow(self, frame: PoseFrame, gap: bool) -> None:
        assert self._session is not None
        now = frame.time_s
        if self.set_started_s is None:
            self.set_started_s = now
        if gap:
            self._after_gap(now)
        events = self._session.push(frame)
        self.events = tuple(events)
        seen = self._with_whole_hold(events, self._session.snapshot)
        self._draw = seen
        self._guide_state = self._guide.update(now, seen)
        self._set_voice.hear(now, events, seen, self._guide_state)
        if self._tally.done:
            self._when_said(now)
            return
        if any(isinstance(e, ev.PersonChanged) for e in events):
            self._rest.start_over()
        at_rest = seen.phase == "rest"
        ending = self._rest.update(frame, at_rest=at_rest, longer=self._tally.to_switch)
        if not self._tally.total:
            return
        if ending == "soon":
            text = "Finished? I'll end the set. Move to go on."
            self._voice.say(text, "info", rank=Rank.SIDE, until_s=now + 3.0, tone="end")
        elif ending is not None:
            self._finish(ending)

    def _after_gap(self, now: float) -> None:
        self._rest.start_over()
        if self._draw is not None and self._draw.phase != "rest":
            text = "The picture stopped. Do that one again."
            self._voice.drop()
            self._voice.say(text, "lost", rank=Rank.LOST, until_s=now + 3.0, tone="fault")

    def _when_said(self, now: float) -> None:
        """At the target: the end comes after the last number."""
        if self._voice.waits("count") or now < self._voice.busy_until_s:
            return
        self._finish("target")

    def _with_whole_hold(self, events: list[ev.Event], seen: ev.Snapshot) -> ev.Snapshot:
        """The snapshot with all that was held in this rep: a hold may be left and resumed."""
        if seen.phase == "rest":
            self._held_before = self._hold_now = (0.0, 0.0)
            return seen
        if any(isinstance(e, ev.HoldEnded) for e in events):
            self._held_before = self._hold_now
        held, clean = self._held_before
        self._hold_now = held + seen.hold_s, clean + seen.hold_clean_s
        return replace(seen, hold_s=self._hold_now[0], hold_clean_s=self._hold_now[1])

    def _finish(self, reason: EndReason) -> None:
        session = self._session or self._new_session()
        self._report = session.finish()
        begun = self.stage == "set"
        self.stage, self.end_reason = "done", reason
        # One that was on its way back counts.
        for rep in self._report.reps[self._tally.total :]:
            self._tally.add(rep.side)
        reps = self._tally.total
        text = "That's the set. Well done."
        if reason != "target":
            text = f"The set is over: {in_words(reps)} rep{'' if reps == 1 else 's'}."
        self._voice.drop()
        if begun:
            # Whenever the next frame comes: nothing is said after it.
            self._voice.say(text, "end", rank=Rank.COUNT, until_s=math.inf, tone="end")

    # ---------------------------------------------------------------- drawing

    @property
    def snapshot(self) -> CoachSnapshot:
        """What to draw, as of the last frame."""
        tally, seen = self._tally, self._draw
        now = 0.0 if math.isnan(self._last_s) else self._last_s
        in_setup = self.stage in ("setup", "countdown")
        side = tally.side if self.exercise.unilateral else None
        held = min(self._held_s / HOLD_TO_START_S, 1.0)
        reps = tally.number(side) if tally.each_side and side else tally.total
        snapshot = CoachSnapshot(
            stage=self.stage,
            exercise_id=self.exercise.id,
            exercise_name=self.exercise.name,
            time_s=now - self._shift_s,
            setup=self._setup if in_setup else None,
            held=held if in_setup else 0.0,
            countdown=self._countdown_left(now) or 1 if self.stage == "countdown" else None,
            reps=reps,
            target=tally.target,
            sides=tally.sides if self.exercise.unilateral else None,
            side=side,
            person_seen=self._seen,
            end_reason=self.end_reason,
        )
        if seen is None or in_setup:
            return snapshot
        snapshot = replace(snapshot, partials=seen.partials)
        if self.stage == "done":
            return snapshot
        holding = seen.phase == "hold"
        hold = HoldState(seen.hold_s, seen.hold_clean_s, self.prescription.hold_s, seen.hold_paused)
        return replace(
            snapshot,
            angle_joints=None if seen.primary_deg is None else seen.primary_landmarks,
            angle_deg=seen.primary_deg,
            phase=seen.phase,
            progress=seen.progress,
            hold=hold if holding else None,
            guide=self._guide_state,
            callouts=tuple(
                Callout(
                    c.fault_id,
                    self._titles.get(c.fault_id, c.fault_id),
                    c.landmark,
                    c.cue,
                    c.severity,
                )
                for c in seen.callouts
            ),
            person_seen=seen.person_seen,
        )


def _moving(session: SetSession) -> bool:
    """Whether a rep is clearly under way: swaying a little is standing still."""
    seen = session.snapshot
    return seen.phase != "rest" and seen.progress >= MOVING_SHARE


def _attempts(events: Iterable[ev.Event]) -> bool:
    return any(isinstance(e, ev.RepCompleted | ev.PartialCompleted) for e in events)


__all__ = ["Coach", "CoachSnapshot"]
