"""The hold, spoken: begin, what is left of it, and when to let go."""

from __future__ import annotations

import math

from formcheck.engine import events as ev
from formcheck.engine.tempo_guide import left_s
from formcheck.language import _
from formcheck.live.coach.voice import Manner, Rank, Voice, amount, called

#: A hold is resumed when the clock has run again for this long, seconds: a fault goes off,
#: too, when the person lets go.
RUNS_S = 0.3
#: A clock that stands still is worth a word after this long, seconds, and again after that.
WAITS_S, WAITS_AGAIN_S = 2.5, 6.0
_BEGIN = Manner("hold", Rank.HOLD, 1.5, tone="hold")
_LEFT = Manner("hold", Rank.HOLD, 1)
_LAST_SECONDS = Manner("hold", Rank.TICK, 0.9, interrupt=True, tone="tick")
_OVER = Manner("hold", Rank.TICK, 1, interrupt=True, tone="hold")
_PAUSED = Manner("hold", Rank.INFO, 5)
_STILL_PAUSED = Manner("hold", Rank.INFO, 2)


class HoldVoice:
    """Counts the seconds of an asked hold down; its clock is the clean one.

    asked: seconds, None = no hold is asked, and nothing is said of one.
    release: what to say when it is over. letter, finished: as of LetterVoice.
    """

    letter: str | None = None
    finished = True

    def __init__(self, asked: float | None, release: str, voice: Voice) -> None:
        self.asked = asked
        self._release = release
        self._voice = voice
        self._marks: list[float] = []
        self._left_s = self._resumed_at_s = self._remind_s = math.nan
        self._begun = self._paused = self._explained = False

    @property
    def counting(self) -> bool:
        """Whether a hold runs of which some is left."""
        return self._begun and bool(self._marks)

    @property
    def free_s(self) -> float:
        """Seconds until the next second is called, infinite when none will be."""
        if not self.counting or self._paused:
            return math.inf
        return max(self._left_s - self._marks[0], 0.0)

    def take(self, now: float, event: ev.Event) -> None:
        """Take an event of the set."""
        if not self.asked:
            return
        match event:
            case ev.HoldStarted() if not self._begun:
                self._begin(now, self.asked)
            case ev.HoldPaused() if self.counting:
                self._paused = True
                self._remind_s = now + WAITS_S
                if not self._explained:
                    self._explained = True
                    self._remind_s = now + WAITS_AGAIN_S
                    self._voice.say(_("Timer paused. Get back in position."), _PAUSED, now)
            case ev.HoldResumed() if self._paused:
                self._paused = False
                self._resumed_at_s = self._left_s
            case ev.HoldEnded():
                self._paused = False
                self._voice.drop("hold")

    def follow(self, now: float, snapshot: ev.Snapshot) -> None:
        """Take the state of the set; its clean hold is that of the whole rep."""
        if snapshot.phase == "rest":
            self._begun = self._paused = False
            self._marks = []
            self._resumed_at_s = math.nan
        if not self.counting or snapshot.phase != "hold" or not self.asked:
            return
        self._left_s = left_s(self.asked, snapshot)
        if self._paused and now >= self._remind_s:
            self._remind_s = now + WAITS_AGAIN_S
            self._voice.say(_("Timer paused."), _STILL_PAUSED, now)
        if self._resumed_at_s - self._left_s >= RUNS_S:
            self._resumed_at_s = math.nan
            self._voice.drop("hold")
            self._voice.say(_("Timer running."), _LEFT, now)
        passed = [mark for mark in self._marks if self._left_s <= mark]
        if not passed:
            return
        self._marks = self._marks[len(passed) :]
        mark = passed[-1]
        if mark == 0:
            self._voice.say(self._release, _OVER, now)
        elif mark <= 3:
            self._voice.say(called(round(mark)), _LAST_SECONDS, now)
        elif mark > 10:
            self._voice.say(_("Halfway."), _LEFT, now)
        else:
            text = _("{n} more seconds.").format(n=amount(round(mark)).capitalize())
            self._voice.say(text, _LEFT, now)

    def _begin(self, now: float, asked: float) -> None:
        self._begun = True
        marks = {1.0, 2.0, 3.0}
        if asked >= 8:
            marks.add(5.0)
        if asked >= 20:
            marks |= {10.0, asked / 2}
        # What is left right at the start is not worth a word.
        self._marks = [*sorted((m for m in marks if m <= asked - 0.8), reverse=True), 0.0]
        self._left_s = asked
        self._voice.drop("hold")
        self._voice.say(_("Hold."), _BEGIN, now)
