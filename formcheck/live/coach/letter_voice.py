"""A stand on one leg in which the alphabet is drawn: its letters, called one by one."""

from __future__ import annotations

import math
from string import ascii_uppercase

from formcheck.engine import events as ev
from formcheck.engine.report import Side
from formcheck.language import _
from formcheck.live.coach.voice import Manner, Rank, Voice

#: Rounding of times must not hold a letter back, seconds.
_EPS_S = 1e-6
_LETTER = Manner("hold", Rank.TICK, 1, interrupt=True, tone="tick")
_OVER = Manner("hold", Rank.TICK, 1, interrupt=True, tone="hold")


class LetterVoice:
    """Calls a letter every so often of the time on the leg.

    asked: seconds for all letters. With the foot on the floor the letters wait; in the next
    stand on this leg the one that was broken off is called again.

    letter: that is being drawn, None outside of a stand. finished: all were drawn in this
    stand and those before it on the same leg.
    """

    def __init__(self, letters: int, asked: float, voice: Voice) -> None:
        self.asked = asked
        self.letter: str | None = None
        self.finished = False
        self._letters = ascii_uppercase[:letters]
        self._step_s = asked / len(self._letters)
        self._voice = voice
        self._side: Side = "both"
        # For each leg: letters that were drawn to their end in earlier stands.
        self._before: dict[Side, int] = {}
        self._called = -1
        self._left_s = math.inf

    @property
    def counting(self) -> bool:
        """Whether letters are being drawn, and some are left."""
        return self.letter is not None

    @property
    def free_s(self) -> float:
        """Seconds until the next letter, infinite when none will come."""
        return self._left_s

    @property
    def broken_off(self) -> str:
        """The letter with which the leg of this stand, or the last one, goes on."""
        return self.letter or self._letters[self._before.get(self._side, 0)]

    def take(self, now: float, event: ev.Event) -> None:
        """Take an event of the set."""
        if isinstance(event, ev.HoldEnded):
            self._voice.drop("hold")

    def follow(self, now: float, snapshot: ev.Snapshot) -> None:
        """Take the state of the set; its hold is the time on the leg in the whole stand."""
        if snapshot.phase == "rest":
            self._end_stand()
        if snapshot.phase != "hold":
            self._left_s = math.inf
            return
        if self._called < 0:
            self._side = snapshot.working_side
            self.finished = False
        before = self._before.get(self._side, 0)
        drawn = int((snapshot.hold_s + _EPS_S) / self._step_s)
        self._left_s = (drawn + 1) * self._step_s - snapshot.hold_s
        at = before + drawn
        if self.finished or at <= self._called:
            return
        self._called = at
        if at < len(self._letters):
            self.letter = self._letters[at]
            self._voice.say(f"{self.letter}.", _LETTER, now)
            return
        self.finished, self.letter, self._left_s = True, None, math.inf
        text = _("That's the last letter. Foot down.")
        if self._letters == ascii_uppercase:
            text = _("That's the alphabet. Foot down.")
        self._voice.say(text, _OVER, now)

    def _end_stand(self) -> None:
        if self._called >= 0:
            self._before[self._side] = 0 if self.finished else self._called
        self._called = -1
        self.letter = None
