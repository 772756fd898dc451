"""Sets and rounds of the past, made up rep by rep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reported import rep

from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Rep, Side
from formcheck.training.programmes.plan import PlannedSet, plan_circuit
from formcheck.training.programmes.programme import Programme
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PERSON = Profile("p" * 32, "Ada", MONDAY)


def past_set(
    exercise: str,
    reps: Sequence[Rep],
    when: datetime = MONDAY,
    *,
    prescription: Prescription | None = None,
    both_sides: bool = True,
    number: int = 0,
    circuit: str | None = None,
    position: int | None = None,
    pain: bool | None = False,
    note: str = "",
) -> PastSet:
    return PastSet(
        id=f"{circuit}-{position}-{when:%m%d%H%M}-{number}",
        profile_id=PERSON.id,
        when=when,
        duration_s=60.0,
        exercise=exercise,
        state="done",
        end_reason="target",
        source="live",
        prescription=prescription or Prescription(),
        both_sides=both_sides,
        reps=tuple(reps),
        partials=(),
        model="pose_landmarker_full 1",
        formcheck_version="0.1.0",
        circuit_id=circuit,
        position=position,
        pain=pain,
        note=note,
    )


def as_asked(planned: PlannedSet) -> tuple[Rep, ...]:
    """The reps of a planned set, each as it was asked for."""
    exercise, asked = EXERCISES[planned.exercise], planned.prescription
    sides: tuple[Side, ...] = ("left", "right") if exercise.unilateral else ("both",)
    done = [
        rep(number, side=side, hold_s=asked.hold_s or 0.0)
        for side in sides
        for number in range(1, (asked.reps or 1) + 1)
    ]
    # A smooth movement of the asked length reads so.
    return tuple(
        replace(
            one,
            index=index,
            concentric_s=0.65 * (asked.concentric_s or 2.0),
            eccentric_s=0.65 * (asked.eccentric_s or 2.0),
        )
        for index, one in enumerate(done, 1)
    )


def a_round(
    programme: Programme,
    phase: int,
    when: datetime,
    *,
    reps: Callable[[PlannedSet], Sequence[Rep]] = as_asked,
    effort: int | None = 3,
    pain: bool | None = False,
    end_reason: str = "done",
    only: int | None = None,
) -> tuple[Circuit, list[PastSet]]:
    """A circuit with its sets, all as asked; only: so many of them, from the first."""
    name = f"round {when:%m-%d %H:%M}"
    circuit = Circuit(
        id=name,
        profile_id=PERSON.id,
        enrolment_id="e" * 32,
        phase=phase,
        begun=when,
        ended=when + timedelta(minutes=20),
        end_reason=end_reason,
        effort=effort,
    )
    sets = [
        past_set(
            planned.exercise,
            reps(planned),
            when + timedelta(minutes=5 * planned.position),
            prescription=planned.prescription,
            both_sides=planned.both_sides,
            circuit=name,
            position=planned.position,
            pain=pain,
        )
        for planned in plan_circuit(programme.phases[phase])[:only]
    ]
    return circuit, sets


def enrolled(programme: Programme, phase: int = 0) -> Enrolment:
    return Enrolment("e" * 32, PERSON.id, programme.to_dict(), phase, MONDAY, MONDAY)
