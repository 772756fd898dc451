"""Today's round of the programme that somebody follows, for the coach's page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from formcheck.engine.exercises import EXERCISES
from formcheck.history import Enrolment, History, PastSet, new_id
from formcheck.language import _
from formcheck.training.programmes.plan import PlannedSet, dose, from_to, plan_circuit, still_to_do
from formcheck.training.programmes.programme import PAIN, Phase, Programme
from formcheck.training.progression import circuits_of_day


@dataclass(frozen=True, slots=True)
class TodaysCircuit:
    """One round of a phase, begun or not yet.

    circuit_id: under which it is kept. number: which one of the day it is, from 1. day: on
    which it was planned. resumed: it was begun earlier and is not over.
    """

    circuit_id: str
    enrolment: Enrolment
    programme: Programme
    plan: tuple[PlannedSet, ...]
    number: int
    day: date
    resumed: bool = False

    @property
    def phase(self) -> Phase:
        """The phase it is a round of."""
        return self.programme.phases[self.enrolment.phase]

    @property
    def pain(self) -> str:
        """What is said when it hurts."""
        return self.programme.pain or PAIN

    @property
    def words(self) -> str:
        """Which phase and round it is: "Phase 1 of 3: Foundation. Round 2 of 2 to 3 today."."""
        phases, (least, most) = len(self.programme.phases), self.phase.rounds_per_day
        name = _(self.phase.name)
        if phases > 1:
            words = _("Phase {n} of {of}: {name}")
            name = words.format(n=self.enrolment.phase + 1, of=phases, name=name)
        asked = from_to(least, most)
        if self.number > most:
            words = _("{name}. Round {n} today; the target is {of}.")
        else:
            words = _("{name}. Round {n} of {of} today.")
        return words.format(name=name, n=self.number, of=asked)

    def items(
        self, sets: Sequence[PastSet] = (), skipped: Collection[int] = ()
    ) -> list[dict[str, Any]]:
        """Every set of the round for the page, with what has become of it until now.

        sets: those of this circuit; skipped: positions passed over.
        """
        left = {one.position: one for one in still_to_do(self.plan, sets, skipped)}

        def state(position: int) -> str:
            if position in left:
                return "todo"
            return "skipped" if position in skipped else "done"

        return [
            {
                "position": one.position,
                "exercise": one.exercise,
                "name": _(EXERCISES[one.exercise].name),
                "dose": dose(left.get(one.position, one)),
                "how": _(one.how),
                "state": state(one.position),
            }
            for one in self.plan
        ]


def plan_today(
    past: History, enrolment: Enrolment, day: date, *, anew: bool = False
) -> TodaysCircuit:
    """The round to do now: the one that was begun today and is not over, else the next.

    anew: one that is not over is ended first. Raises HistoryError.
    """
    programme = Programme.from_dict(enrolment.programme)
    plan = plan_circuit(programme.phases[enrolment.phase])
    begun = past.circuits(enrolment.profile_id, since=day, until=day)
    today = circuits_of_day(enrolment, begun, day)
    done = sum(one.end_reason == "done" for one in today)
    for circuit in today[::-1]:
        if circuit.ended is not None:
            continue
        sets = past.sets(enrolment.profile_id, circuit_id=circuit.id)
        if not still_to_do(plan, sets, circuit.skipped):
            # It was stopped between its last rep and its end.
            past.end_circuit(circuit.id, "done")
            done += 1
        elif anew:
            past.end_circuit(circuit.id, "stopped")
        else:
            return TodaysCircuit(
                circuit.id, enrolment, programme, plan, done + 1, day, resumed=True
            )
    return TodaysCircuit(new_id(), enrolment, programme, plan, done + 1, day)


def is_current(kept: TodaysCircuit | None, enrolment: Enrolment, day: date) -> bool:
    """Whether a round that was planned before is still the one to do."""
    if kept is None or kept.day != day:
        return False
    was = kept.enrolment
    return (was.id, was.phase, was.phase_since) == (
        enrolment.id,
        enrolment.phase,
        enrolment.phase_since,
    )
