"""A period of somebody's training, sorted out: what the sheet for a physiotherapist is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import Units
from formcheck.training.programmes.plan import plan_circuit
from formcheck.training.programmes.programme import Phase, Programme
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile


class Period:
    """The days since..until, both in, of a person. exercises: those done, in their order.

    all_sets, all_circuits: those of before, too: the latest rounds count towards the next
    phase whenever they were.
    """

    def __init__(
        self,
        profile: Profile,
        enrolment: Enrolment | None,
        circuits: Sequence[Circuit],
        sets: Sequence[PastSet],
        days: tuple[date, date],
        units: Units,
    ) -> None:
        self.profile, self.enrolment, self.units = profile, enrolment, units
        self.since, self.until = since, until = days
        self.sets = [
            one for one in sets if since <= one.day <= until and (one.reps or one.partials)
        ]
        self.circuits = [c for c in circuits if since <= c.begun.date() <= until]
        self.all_sets = [one for one in sets if one.day <= until]
        self.all_circuits = [c for c in circuits if c.begun.date() <= until]
        self.programme = _programme(enrolment)
        done = {one.exercise for one in self.sets}
        planned = []
        if enrolment is not None and self.programme is not None:
            planned = [item.exercise for phase in self.programme.phases for item in phase.items]
        order = dict.fromkeys([*planned, *(one.exercise for one in self.sets)])
        self.exercises = [EXERCISES[key] for key in order if key in done and key in EXERCISES]

    def of(self, exercise: Exercise) -> list[PastSet]:
        """The sets of an exercise."""
        return [one for one in self.sets if one.exercise == exercise.id]

    @property
    def phase(self) -> Phase | None:
        """The present phase of what is followed."""
        if self.enrolment is None or self.programme is None:
            return None
        return self.programme.phases[self.enrolment.phase]

    def planned_sets(self) -> tuple[int, int]:
        """Sets done of those planned, in the rounds of which something was done."""
        if self.enrolment is None or self.programme is None:
            return 0, 0
        done = of = 0
        for circuit in self.circuits:
            mine = {one.position for one in self.sets if one.circuit_id == circuit.id}
            if mine and circuit.enrolment_id == self.enrolment.id:
                plan = plan_circuit(self.programme.phases[circuit.phase])
                done += sum(planned.position in mine for planned in plan)
                of += len(plan)
        return done, of


def _programme(enrolment: Enrolment | None) -> Programme | None:
    """What is followed; None, too, when this formcheck does not know an exercise of it."""
    try:
        return None if enrolment is None else Programme.from_dict(enrolment.programme)
    except ValueError:
        return None
