"""What a circuit says of itself while it runs, to whoever keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from formcheck.engine.report import Rep
from formcheck.live.coached_set import CoachedSet
from formcheck.training.programmes.plan import PlannedSet

EndReason = Literal["done", "pain", "stopped"]


@dataclass(frozen=True, slots=True)
class SetBegun:
    """A set is on: its set-up. Each is followed by one SetEnded."""

    position: int
    planned: PlannedSet


@dataclass(frozen=True, slots=True)
class RepDone:
    """A rep of the running set is over; a partial attempt where rep.why says so."""

    position: int
    rep: Rep


@dataclass(frozen=True, slots=True)
class SetEnded:
    """The set is over: coached.finish() gives what is kept of it, maybe nothing.

    end_reason: the coach's: target, still, left, button or pain.
    """

    position: int
    coached: CoachedSet
    end_reason: str


@dataclass(frozen=True, slots=True)
class SetSkipped:
    """The set is left out, or what was left of it."""

    position: int


@dataclass(frozen=True, slots=True)
class PainAnswered:
    """Whether the set at this position hurt; the last answer counts.

    where: in words, "" = not said. level: 0..10, None = not said.
    """

    position: int
    hurts: bool
    where: str = ""
    level: int | None = None


@dataclass(frozen=True, slots=True)
class CircuitEnded:
    """The circuit is over; nothing of it will be asked for again."""

    reason: EndReason


CircuitEvent = SetBegun | RepDone | SetEnded | SetSkipped | PainAnswered | CircuitEnded
