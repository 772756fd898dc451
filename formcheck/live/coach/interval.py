"""The time between two sets: sentences one after the other, and a break that is counted down."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from formcheck.language import _
from formcheck.live.coach.voice import Manner, Rank, Voice, amount, called

#: The break is counted down aloud from here, seconds; before, this much is told once.
COUNTED_S, TOLD_S = 3, 10
#: Of a break that is hardly longer, what is left is not told.
TOLD_FROM_S = 20.0
#: Rounding of times must not leave a break unfinished, seconds.
_EPS_S = 1e-6
_TOLD = Manner("info", Rank.INFO)
#: For what cuts off all else, also a number.
AT_ONCE = Manner("info", Rank.COUNT, interrupt=True)
_SECONDS = Manner("countdown", Rank.TICK, 0.5, interrupt=True, tone="tick")


class Interval:
    """Leads through the time between two sets. update() with every picture.

    sentences: what there is to say. break_s: how long the break is, from the first update;
    None = none. at_end: said when the break is over, "" = nothing.
    interrupt: the first sentence cuts off what is being said.
    waits: the break stands still, but what there is to say is said.
    break_left_s: of the break, None without one. over: the break is, and everything was said.
    """

    def __init__(
        self,
        voice: Voice,
        sentences: Sequence[str] = (),
        *,
        break_s: float | None = None,
        at_end: str = "",
        interrupt: bool = False,
    ) -> None:
        self._voice = voice
        self._sentences = deque(sentences)
        self._saying = ""
        self._interrupt = interrupt
        self._at_end = at_end
        self._asked_s = break_s
        self._until_s = self._last_s = math.nan
        self.waits = False
        self._told = math.inf
        self.break_left_s = break_s
        self.over = False

    def update(self, now: float) -> None:
        """Have said what is due at this moment."""
        if math.isnan(self._until_s):
            self._until_s = now + (self._asked_s or 0.0)
        elif self.waits:
            self._until_s += now - self._last_s
        self._last_s = now
        left = self._until_s - now
        if left < _EPS_S:
            left = 0.0
        if self._asked_s is not None:
            self.break_left_s = left
        if left == 0 and self._at_end and not self.waits:
            self._sentences.append(self._at_end)
            self._at_end = ""
        quiet = now >= self._voice.busy_until_s and not self._voice.waits("info", "countdown")
        if self._sentences and (quiet or self._interrupt):
            self._say(self._sentences.popleft())
        elif quiet:
            self._saying = ""
            self._count(now, left)
        self.over = left == 0 and not (self._sentences or self._saying or self.waits)

    def forget(self, sentence: str) -> None:
        """Do not say it any more."""
        if sentence in self._sentences:
            self._sentences.remove(sentence)
        if sentence == self._saying:
            self._saying = ""

    def put_first(self, sentence: str) -> None:
        """Say this now."""
        self._sentences.appendleft(sentence)
        self._interrupt = True

    def skip(self, words: str) -> None:
        """The break is over, which these words tell; nothing more is said of what comes."""
        self._voice.drop()
        self._sentences = deque([words])
        self._at_end, self._interrupt = "", True
        self._until_s = -math.inf

    def stand_still(self, now: float) -> None:
        """A pause begins: what it cuts off is said again after it."""
        if self._saying and (now < self._voice.busy_until_s or self._voice.waits("info")):
            self._sentences.appendleft(self._saying)
        self._saying = ""

    def go_on(self, after_s: float) -> None:
        """The pause is over after so many seconds, which were no break."""
        self._until_s += after_s

    def _say(self, text: str) -> None:
        self._saying = text
        self._voice.say(text, AT_ONCE if self._interrupt else _TOLD)
        self._interrupt = False

    def _count(self, now: float, left: float) -> None:
        if self._asked_s is None or left == 0:
            return
        whole = math.ceil(left - _EPS_S)
        due = whole <= COUNTED_S or (whole == TOLD_S and self._asked_s >= TOLD_FROM_S)
        if not due or whole >= self._told:
            return
        self._told = whole
        text = called(whole)
        if whole > COUNTED_S:
            text = _("{n} seconds.").format(n=amount(whole).capitalize())
        self._voice.say(text, _SECONDS, now)
