"""Before a set: what is wrong with the picture, the start position held, the countdown."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise
from formcheck.engine.pose import PoseFrame
from formcheck.engine.session import SetSession
from formcheck.live.coach.setup_check import SetupCheck, SetupState
from formcheck.live.coach.voice import Rank, Voice, in_words

#: How long the start position is held before the countdown, and the countdown, seconds.
HOLD_TO_START_S, COUNTDOWN_S = 2.0, 3.0
#: Out of the start position for less than this does not stop the countdown, seconds.
LAPSE_S = 0.5
#: Further out than this share of the way is not the start position any more.
MOVING_SHARE = 0.35
#: The same about the set-up not more often than this; something else sooner, seconds.
SETUP_REPEAT_S, SETUP_NEXT_S = 8.0, 2.5
#: All is well but the start position is not taken for this long: worth a word, seconds.
NOT_IN_PLACE_S = 3.0


class LeadIn:
    """Leads to the beginning of a set. push() every frame until it says that the set begins.

    new_session: makes a session of the set; of those it made before nothing is kept.
    hands_free: the set begins by itself when the start position is held.

    stage: "setup" and "countdown", from which it may go back. state: of the set-up.
    """

    def __init__(
        self,
        exercise: Exercise,
        voice: Voice,
        new_session: Callable[[], SetSession],
        *,
        hands_free: bool,
    ) -> None:
        self.stage: Literal["setup", "countdown"] = "setup"
        self.state: SetupState | None = None
        self.recent: deque[PoseFrame] = deque()
        self._check = SetupCheck(exercise)
        self._voice = voice
        self._new_session = new_session
        self._hands_free = hands_free
        self._session: SetSession | None = None
        self._now = self._countdown_s = self._in_place_s = self._moved_s = math.nan
        self._seen = False
        self._counted = 0
        self._said = ""
        self._said_s = -math.inf
        self._stay_said = False

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
        if self.stage == "countdown":
            return self._count_down(frame, gone=now - self._in_place_s > LAPSE_S)
        if self._hands_free and self._held_s >= HOLD_TO_START_S:
            self._session = self._at_rest_from(self.recent)
            if self._session is None:
                self._moved_s = now
                return False
            self.stage, self._countdown_s, self._counted = "countdown", now, 0
            self._voice.drop()
            return self._count_down(frame, gone=False)
        self._say_setup(now, state)
        return False

    def session(self) -> SetSession:
        """A session that has seen the last moments, if the person was at rest in them."""
        return self._session or self._at_rest_from(self.recent) or self._new_session()

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
            self.recent.clear()
            self._moved_s = frame.time_s
        self.recent.append(frame)
        while self.recent[0].time_s < frame.time_s - HOLD_TO_START_S:
            self.recent.popleft()

    def _at_rest_from(self, frames: Iterable[PoseFrame]) -> SetSession | None:
        """A session that has seen these frames; None when a rep is under way in them.

        What is counted may move while the body as a whole lies still.
        """
        session = self._new_session()
        for frame in frames:
            if _attempts(session.push(frame)) or _moving(session):
                return None
        return session

    # -------------------------------------------------------------- countdown

    def _count_down(self, frame: PoseFrame, *, gone: bool) -> bool:
        """Go on with the countdown; whether it is over."""
        assert self._session is not None
        now, left = frame.time_s, self._left(frame.time_s)
        if self._counted:
            # The frame of the beginning was among those that were remembered.
            attempted = _attempts(self._session.push(frame))
            # Who begins on "one" is in the set; before, that was not the start position.
            gone = gone or attempted or (_moving(self._session) and left > 1)
        if gone:
            self._stop_countdown(now)
        elif left and left != self._counted:
            self._counted = left
            self._voice.say(
                f"{in_words(left).capitalize()}.",
                "countdown",
                rank=Rank.TICK,
                until_s=now + 0.9,
                interrupt=True,
                tone="tick",
            )
        return not gone and left == 0

    def _stop_countdown(self, now: float) -> None:
        self.stage, self._session, self._stay_said = "setup", None, False
        self._moved_s = self._said_s = now
        self._voice.drop()
        self._voice.say(
            "Wait." if self._seen else "Wait. I can't see you.",
            "countdown",
            rank=Rank.LOST,
            until_s=now + 1.0,
            interrupt=True,
            tone="fault",
        )

    def _left(self, now: float) -> int:
        return max(math.ceil(COUNTDOWN_S - (now - self._countdown_s) - 1e-6), 0)

    # ------------------------------------------------------------------ set-up

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
        pause = SETUP_REPEAT_S if wrong == self._said else SETUP_NEXT_S
        if now - self._said_s < pause:
            return
        self._stay_said = False
        self._said, self._said_s = wrong, now
        self._voice.say(wrong, "setup", rank=Rank.INFO, until_s=now + 1.0, tone="fault")


def _moving(session: SetSession) -> bool:
    """Whether a rep is clearly under way: swaying a little is standing still."""
    seen = session.snapshot
    return seen.phase != "rest" and seen.progress >= MOVING_SHARE


def _attempts(events: Iterable[ev.Event]) -> bool:
    return any(isinstance(e, ev.RepCompleted | ev.PartialCompleted) for e in events)


__all__ = ["LeadIn"]
