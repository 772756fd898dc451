"""Before a set: what is wrong with the picture, and how it begins: held still, or with a rep."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from formcheck.engine import events as ev
from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import Fault, Rep
from formcheck.engine.session import SetSession
from formcheck.language import N_, _
from formcheck.live.coach.setup_check import SetupCheck, SetupState
from formcheck.live.coach.voice import Manner, Rank, Voice, called

#: How long the start position is held before the countdown, and the countdown, seconds.
HOLD_TO_START_S, COUNTDOWN_S = 2.0, 3.0
#: Out of the start position for less than this does not stop the countdown, seconds.
LAPSE_S = 0.5
#: Further out than this share of the way is not the start position any more.
MOVING_SHARE = 0.35
#: The same about the set-up not more often than this; something else sooner, seconds.
SETUP_REPEAT_S, SETUP_NEXT_S = 8.0, 2.5
#: All is well but the start position is not taken, or not held still, for this long: worth a
#: word, seconds.
NOT_IN_PLACE_S, NOT_STILL_S = 3.0, 6.0
#: What was done longer ago than this is not the beginning of the set, seconds.
REHEARSED_S = 30.0
#: A rep that does not convince and is followed by nothing for so long was getting into place.
HESITATED_S = 5.0
_SECOND = Manner("countdown", Rank.TICK, 0.9, interrupt=True, tone="tick")
_WAIT = Manner("countdown", Rank.LOST, 1, interrupt=True, tone="fault")
_READY = Manner("setup", Rank.SIDE, 1.5, interrupt=True, tone="ready")
_WRONG = Manner("setup", Rank.INFO, 1, tone="fault")
_BEGIN = N_("Hold still to begin, or do one full rep.")


class LeadIn:
    """Leads to the beginning of a set. push() every frame until it says that the set begins.

    The set begins by itself: when the start position is held, or with the first clean rep or
    hold of somebody who simply begins.

    new_session: makes a session of the set; of those it made before nothing is kept.

    stage: "setup" and "countdown", from which it may go back. state: of the set-up; its say is
    what is to be done now. by_moving: the person has begun; opening ends with that.
    """

    def __init__(
        self, exercise: Exercise, voice: Voice, new_session: Callable[[], SetSession]
    ) -> None:
        self.stage: Literal["setup", "countdown"] = "setup"
        self.state: SetupState | None = None
        self.by_moving = False
        self._check = SetupCheck(exercise)
        self._voice = voice
        self._new_session = new_session
        self._recent: deque[PoseFrame] = deque()
        self._rehearsal: _Rehearsal | None = None
        self._now = self._countdown_s = self._in_place_s = self._moved_s = math.nan
        self._ready_s = self._stay_said_s = math.nan
        self._seen = False
        self._counted = 0
        self._said = ""
        self._said_s = -math.inf

    def push(self, frame: PoseFrame, light: float | None, gap: bool) -> bool:
        """Take the next frame; whether the set begins with it.

        light: as in SetupCheck. gap: the stream stood still before it.
        """
        now = self._now = frame.time_s
        self._seen = frame.has_person
        state = self.state = self._check.push(frame, light)
        in_place = state.ready and state.in_start_position
        if (in_place and not gap) or math.isnan(self._in_place_s):
            self._in_place_s = now
        self._remember(frame, gap)
        if self._rehearse(frame):
            self.by_moving = True
            return True
        if self.stage == "countdown":
            return self._count_down(now, gone=now - self._in_place_s > LAPSE_S)
        if self._held_s >= HOLD_TO_START_S:
            still = _Rehearsal(self._new_session(), self._recent)
            # Who stands still on the box, or holds the end, is not at rest.
            whole = self._rehearsal
            away = whole is not None and whole.moving and whole.lasts_s < REHEARSED_S
            if still.moving or still.attempted or away:
                self._moved_s = now
                return False
            self._rehearsal = still
            self.stage, self._countdown_s, self._counted = "countdown", now, 0
            self._voice.drop()
            return self._count_down(now, gone=False)
        self.state = replace(state, say=self._say_setup(now, state))
        return False

    def watch(self, frame: PoseFrame, gap: bool) -> bool:
        """As push(), of somebody who paused: only a rep goes on, and nothing is said."""
        self._now, self._seen = frame.time_s, frame.has_person
        self.state = self._check.push(frame)
        self._remember(frame, gap)
        self.by_moving = self._rehearse(frame)
        return self.by_moving

    @property
    def opening(self) -> tuple[PoseFrame, ...]:
        """The frames with which the set opens: the last moments, where the person was at rest."""
        if self._rehearsal is not None and (self.by_moving or self.stage == "countdown"):
            return tuple(self._rehearsal.frames)
        last = _Rehearsal(self._new_session(), self._recent)
        return () if last.moving or last.attempted else tuple(last.frames)

    @property
    def held(self) -> float:
        """Share of the time for which the start position is to be held, 0..1."""
        return min(self._held_s / HOLD_TO_START_S, 1.0)

    @property
    def countdown(self) -> int | None:
        """The number of the countdown, None when there is none."""
        return self._left(self._now) or 1 if self.stage == "countdown" else None

    @property
    def _held_s(self) -> float:
        """For how long the start position has been held, seconds."""
        if self.state is None or not self.state.in_start_position:
            return 0.0
        since_moved = self._now - self._moved_s
        return min(self.state.held_s, math.inf if math.isnan(since_moved) else since_moved)

    def _remember(self, frame: PoseFrame, gap: bool) -> None:
        """Keep the last moments: the set has to know the level at rest when it begins."""
        if gap or frame.person_changed:
            self._recent.clear()
            self._rehearsal = None
            self._moved_s = frame.time_s
        self._recent.append(frame)
        while self._recent[0].time_s < frame.time_s - HOLD_TO_START_S:
            self._recent.popleft()

    def _rehearse(self, frame: PoseFrame) -> bool:
        """Count along while the picture is good; whether the person has simply begun."""
        now = frame.time_s
        if self.state is not None and self.state.ready:
            self._ready_s = now
        elif not now - self._ready_s <= LAPSE_S:
            self._rehearsal = None
            return False
        rehearsal = self._rehearsal
        if rehearsal is None or rehearsal.missed or rehearsal.hesitated:
            rehearsal = self._rehearsal = _Rehearsal(self._new_session(), ())
        elif self.stage == "setup" and rehearsal.at_rest and rehearsal.lasts_s > REHEARSED_S:
            rehearsal = self._rehearsal = _Rehearsal(self._new_session(), tuple(self._recent)[:-1])
        rehearsal.push(frame)
        return rehearsal.convinces

    # -------------------------------------------------------------- countdown

    def _count_down(self, now: float, *, gone: bool) -> bool:
        """Go on with the countdown; whether it is over."""
        left, rehearsal = self._left(now), self._rehearsal
        # Who begins on "one" is in the set; before, it is seen whether it becomes a rep.
        begins = rehearsal is not None and (rehearsal.attempted or (rehearsal.moving and left > 1))
        if gone or begins or rehearsal is None:
            self._stop_countdown(now, gone=gone or rehearsal is None)
            return False
        if left and left != self._counted:
            self._counted = left
            self._voice.say(called(left), _SECOND, now)
        return left == 0

    def _stop_countdown(self, now: float, *, gone: bool) -> None:
        self.stage = "setup"
        self._moved_s = self._said_s = now
        self._stay_said_s = math.nan
        self._voice.drop()
        if gone:
            words = _("Wait.") if self._seen else _("Wait. I can't see you.")
            self._voice.say(words, _WAIT, now)

    def _left(self, now: float) -> int:
        return max(math.ceil(COUNTDOWN_S - (now - self._countdown_s) - 1e-6), 0)

    # ------------------------------------------------------------------ set-up

    def _say_setup(self, now: float, state: SetupState) -> str | None:
        """What is to be done now, said when it is time to; None = nothing."""
        wanted = state.say
        in_place = state.ready and state.in_start_position
        if in_place:
            if math.isnan(self._stay_said_s) and self._held_s > 0.3:
                self._stay_said_s = self._said_s = now
                # It takes the place of what was wrong, said or still being said.
                self._voice.drop("setup")
                self._voice.say(_("Good. Hold still."), _READY, now)
            wanted = _(_BEGIN) if now - self._stay_said_s > NOT_STILL_S else None
        elif state.ready and now - self._in_place_s > NOT_IN_PLACE_S:
            wanted = wanted or _("Get into the start position.")
        pause = SETUP_REPEAT_S if wanted == self._said else SETUP_NEXT_S
        if wanted is None or self._voice.waits("setup") or now - self._said_s < pause:
            return wanted
        if not in_place:
            self._stay_said_s = math.nan
        self._said, self._said_s = wanted, now
        self._voice.say(wanted, _WRONG, now)
        return wanted


class _Rehearsal:
    """A session that is played before the set begins: what would count if it had.

    attempted: a movement was counted, or not quite. missed: one was not.
    """

    def __init__(self, session: SetSession, frames: Iterable[PoseFrame]) -> None:
        self._session = session
        self._reps: list[Rep] = []
        self._holds = False
        self._moving_s = -math.inf
        self.frames: list[PoseFrame] = []
        self.missed = False
        for frame in frames:
            self.push(frame)

    def push(self, frame: PoseFrame) -> None:
        """Take the next frame."""
        self.frames.append(frame)
        for event in self._session.push(frame):
            match event:
                case ev.RepCompleted(rep=rep):
                    self._reps.append(rep)
                case ev.PartialCompleted():
                    self.missed = True
                case ev.HoldStarted():
                    self._holds = self._session.prescription.hold_s is not None
        if self.moving:
            self._moving_s = frame.time_s

    @property
    def attempted(self) -> bool:
        return self.missed or bool(self._reps)

    @property
    def at_rest(self) -> bool:
        return self._session.snapshot.phase == "rest"

    @property
    def moving(self) -> bool:
        """Whether a rep is clearly under way: swaying a little is standing still."""
        return not self.at_rest and self._session.snapshot.progress >= MOVING_SHARE

    @property
    def hesitated(self) -> bool:
        """Whether there was a rep, and none has followed for long."""
        return bool(self._reps) and self.frames[-1].time_s - self._moving_s > HESITATED_S

    @property
    def lasts_s(self) -> float:
        return self.frames[-1].time_s - self.frames[0].time_s if self.frames else 0.0

    @property
    def convinces(self) -> bool:
        """Whether the set is under way: who gets into place does no clean rep, nor two of any.

        One that does not go the whole way may be either: the next will tell.
        """
        whole = any(all(map(self._forgiven, rep.faults)) for rep in self._reps)
        return whole or len(self._reps) > 1 or self._holds

    def _forgiven(self, fault: Fault) -> bool:
        exercise = self._session.exercise
        signals = {rule.signal for rule in exercise.faults if rule.id == fault.id}
        short = exercise.primary.signal in signals
        return fault.id in PRESCRIBED_FAULTS or (fault.severity == "mild" and not short)
