"""What the history tells: people, their programmes, circuits and sets, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from formcheck.engine.adherence import Adherence, adherence
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import NotAssessed, Rep

#: The name of the first person, until they give another one.
FIRST_NAME = "Me"

#: done = ended as a set does; broken_off = the program or the computer stopped in it;
#: running = under way, here or in another window.
SetState = Literal["done", "broken_off", "running"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A person whose sets are kept. id: 32 hexadecimal digits, as of everything here."""

    id: str
    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A programme that a person follows; one at a time.

    programme: the programme as it was when it was begun, as Programme.to_dict gives it, so
    that the past stays what it was when its file changes. phase: index of the present
    phase, from 0. phase_since: local time at which that was begun.
    """

    id: str
    profile_id: str
    programme: Mapping[str, Any]
    phase: int
    begun: datetime
    phase_since: datetime
    ended: datetime | None = None


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class SetStart:
    """A set as it is begun: whose it is and what is asked for.

    id: 32 hexadecimal digits. when: local time with its offset. circuit_id, position: the
    circuit it is part of and its place in the plan, None = done by itself.
    """

    id: str
    profile_id: str
    exercise: str
    prescription: Prescription
    when: datetime = field(default_factory=_now)
    both_sides: bool = True
    source: Literal["live", "video"] = "live"
    circuit_id: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Circuit:
    """One round of a phase's exercises, begun once and maybe not yet ended.

    skipped: positions in the plan (index into plan_circuit(...)'s sets) that were passed
    over. ended: None while it can be gone on with. end_reason: done | pain | stopped | "".
    effort: 0..10 as the person said at the end, None = not answered.
    """

    id: str
    profile_id: str
    enrolment_id: str
    phase: int
    begun: datetime
    skipped: tuple[int, ...] = ()
    ended: datetime | None = None
    end_reason: str = ""
    effort: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSet(SetStart):
    """A set as the history has it, without its pictures and signal.

    day: the person's day on which it began. pain: whether it hurt, None = not answered (which
    is not no); pain_level: 0..10, None = not said.
    reps, partials: as in SetReport. not_assessed: faults that could not be judged in
    the whole set. clock_doubt: the computer's clock was put back before it, or it lies in
    the future: the day may be wrong, the order is right. problem: what of it cannot be
    read, "" when all can.
    """

    duration_s: float
    state: SetState
    end_reason: str
    reps: tuple[Rep, ...]
    partials: tuple[Rep, ...]
    not_assessed: Mapping[str, NotAssessed] = field(default_factory=dict)
    model: str = ""
    formcheck_version: str = ""
    pain: bool | None = None
    pain_level: int | None = None
    note: str = ""
    clock_doubt: bool = False
    problem: str = ""

    @property
    def day(self) -> date:
        """The day on which the person did it."""
        return self.when.date()

    @property
    def adherence(self) -> Adherence:
        """What was done of what was asked; of an exercise no longer known: nothing."""
        exercise = EXERCISES.get(self.exercise)
        if exercise is None:
            return Adherence()
        return adherence(self.reps, self.prescription, exercise, self.both_sides)

    def reps_on(self, side: Literal["left", "right"]) -> int:
        """Counted reps of a side."""
        return sum(rep.side == side for rep in self.reps)
