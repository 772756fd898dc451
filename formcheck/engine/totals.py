"""A set in numbers: what its reps add up to."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.report import Fault, FaultSummary, NotAssessed, Rep, Summary
from formcheck.language import N_


def summarise(exercise: Exercise, reps: Sequence[Rep], partials: Sequence[Rep]) -> Summary:
    """Counts, holds, and every fault with its share of the reps and its worst value."""
    ids = dict.fromkeys(fault.id for rep in reps for fault in rep.faults)
    holds = [rep.hold_s for rep in reps]
    left, right = (sum(rep.side == side for rep in reps) for side in ("left", "right"))
    return Summary(
        reps=len(reps),
        partials=len(partials),
        reps_left=left,
        reps_right=right,
        equal_sides=left == right if exercise.unilateral else None,
        hold_s_total=sum(holds),
        hold_s_median=median(holds) if holds else 0.0,
        faults={fault_id: _over_the_set(exercise, fault_id, reps) for fault_id in ids},
        not_assessed=_not_assessed(exercise, reps or partials),
    )


def _over_the_set(exercise: Exercise, fault_id: str, reps: Sequence[Rep]) -> FaultSummary:
    hit = [rep for rep in reps if any(fault.id == fault_id for fault in rep.faults)]
    found: list[Fault] = [fault for rep in hit for fault in rep.faults if fault.id == fault_id]
    rules = [rule for rule in exercise.faults if rule.id == fault_id]
    less_is_worse = fault_id in PRESCRIBED_FAULTS or any(r.marked < r.mild for r in rules)
    worst = (min if less_is_worse else max)(found, key=lambda fault: fault.size)
    return FaultSummary(len(hit), len(hit) / len(reps), worst.value, worst.unit)


def _not_assessed(exercise: Exercise, attempts: Sequence[Rep]) -> dict[str, NotAssessed]:
    """Rules that could not be judged in most attempts, or for want of any."""
    found: dict[str, NotAssessed] = {}
    for rule in exercise.faults:
        missing = [n for rep in attempts for n in rep.not_assessed if n.id == rule.id]
        if len(missing) * 2 > len(attempts):
            found[rule.id] = missing[0]
        elif not attempts:
            found[rule.id] = NotAssessed(rule.id, N_("There was no rep to judge."), rule.remedy)
    return found
