"""One voice: of what there is to say, one thing at a time, the most important first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

from formcheck.language import N_, _, language

Kind = Literal[
    "lost",
    "company",
    "setup",
    "countdown",
    "fault",
    "hold",
    "count",
    "praise",
    "side",
    "end",
    "info",
]


class Rank(IntEnum):
    """What is more important: said first, and what may cut off what."""

    COUNT = 0
    LOST = 1
    TICK = 2
    SIDE = 3
    HOLD = 4
    PRAISE = 5  # a short word about the last rep, before a cue for the next
    CUE = 6
    PARTIAL = 7
    FOUND = 8
    INFO = 9


class Manner(NamedTuple):
    """How a line is said. within_s: seconds after which it is not worth saying any more.

    interrupt: it cuts off what is being said, see Voice. tone: see Utterance.
    """

    kind: Kind
    rank: Rank
    within_s: float = math.inf
    interrupt: bool = False
    tone: str = ""


#: How long a synthetic voice at its normal rate takes: to begin, and per character, seconds.
ONSET_S, PER_CHARACTER_S = 0.25, 0.07
#: What was decided to be said may begin this much later at most, seconds.
LATE_S = 1.0

#: The numbers from 0 on, as they are counted aloud.
_NUMBERS = N_(
    "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, "
    "fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty, twenty-one, twenty-two, "
    "twenty-three, twenty-four, twenty-five, twenty-six, twenty-seven, twenty-eight, twenty-nine, "
    "thirty, thirty-one, thirty-two, thirty-three, thirty-four, thirty-five, thirty-six, "
    "thirty-seven, thirty-eight, thirty-nine, forty, forty-one, forty-two, forty-three, "
    "forty-four, forty-five, forty-six, forty-seven, forty-eight, forty-nine, fifty, fifty-one, "
    "fifty-two, fifty-three, fifty-four, fifty-five, fifty-six, fifty-seven, fifty-eight, "
    "fifty-nine, sixty"
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say now.

    id: increasing from 1 within one coach. time_s: capture time at which it was decided.
    interrupt: cut off what is being said. expires_s: capture time after which beginning
    it is pointless. tone: the short tone that stands for it where tones are preferred
    ("count", "fault", "hold", "tick", "ready", "end"; "" = none). Without a text it is that tone.
    """

    id: int
    time_s: float
    text: str
    kind: Kind
    interrupt: bool
    expires_s: float
    tone: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    manner: Manner
    until_s: float
    on_begin: Callable[[float], None] | None


class Voice:
    """Takes lines, gives them out when it is their turn. Knows the time only as it is told.

    While a line is being spoken (as long as its text lets expect) no other begins, unless
    it interrupts and is more important, or a number. A line that waited too long is dropped.
    """

    def __init__(self) -> None:
        self.busy_until_s = -math.inf
        self._busy_rank = Rank.COUNT
        self._said = 0
        self._lines: list[_Line] = []

    def say(
        self,
        text: str,
        manner: Manner,
        now: float = math.nan,
        on_begin: Callable[[float], None] | None = None,
    ) -> None:
        """Have a line said. now: capture time, seconds; without it the line never gets too old.

        on_begin: called with the time when it is begun.
        """
        until_s = math.inf if math.isnan(now) else now + manner.within_s
        self._lines.append(_Line(text, manner, until_s, on_begin))

    def drop(self, *kinds: Kind) -> None:
        """Forget the waiting lines of these kinds; all of them without any."""
        self._lines = [line for line in self._lines if kinds and line.manner.kind not in kinds]

    def waits(self, *kinds: Kind) -> bool:
        """Whether a line of these kinds waits for its turn; of any without them."""
        return any(not kinds or line.manner.kind in kinds for line in self._lines)

    def step(self, now: float, free_s: float = math.inf) -> tuple[Utterance, ...]:
        """What is to be said now: nothing or one utterance.

        free_s: what would take longer than this, and does not interrupt, waits: something
        that cannot wait is about to come.
        """
        self._lines = [line for line in self._lines if line.until_s >= now]
        busy = now < self.busy_until_s
        may = [line for line in self._lines if self._may_begin(line, free_s, busy=busy)]
        if not may:
            return ()
        line = min(may, key=lambda line: line.manner.rank)
        self._lines.remove(line)
        self._said += 1
        if line.text:
            self.busy_until_s = now + duration_s(line.text)
            self._busy_rank = line.manner.rank
        if line.on_begin is not None:
            line.on_begin(now)
        late = min(max(line.until_s - now, LATE_S / 2), LATE_S)
        return (
            Utterance(
                id=self._said,
                time_s=now,
                text=line.text,
                kind=line.manner.kind,
                interrupt=line.manner.interrupt,
                expires_s=now + late,
                tone=line.manner.tone,
            ),
        )

    def _may_begin(self, line: _Line, free_s: float, *, busy: bool) -> bool:
        if not line.text:
            return True
        if not line.manner.interrupt:
            return not busy and duration_s(line.text) <= free_s
        # A number is never late, not even for the one before it.
        rank = line.manner.rank
        return not busy or rank < self._busy_rank or rank == Rank.COUNT


def duration_s(text: str) -> float:
    """About how long it takes to say a text, seconds."""
    return ONSET_S + PER_CHARACTER_S * len(text) if text else 0.0


def in_words(number: int) -> str:
    """A number from 0 to 60 in words, as it is counted; others in digits."""
    words = _(_NUMBERS).split(", ")
    return words[number] if 0 <= number < len(words) else str(number)


def called(number: int) -> str:
    """A number by itself, as it is called out: "Three."."""
    return f"{in_words(number).capitalize()}."


def amount(number: int) -> str:
    """A number before what there are so many of.

    Outside of English it may bend with that, which the voice that reads the digits knows.
    """
    return in_words(number) if language() == "en" else str(number)


def short_form(cue: str) -> str:
    """The first clause of a cue, up to a semicolon or the end of the sentence."""
    first = cue.split(";")[0].split(". ")[0].strip()
    return first if first.endswith((".", "!", "?")) else f"{first}."
