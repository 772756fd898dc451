"""A report back from its JSON form."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import (
    SCHEMA,
    SIDE_NAMES,
    Fault,
    FaultSummary,
    Kept,
    NotAssessed,
    Recognised,
    Rep,
    SetReport,
    Source,
    Summary,
    View,
)

__all__ = ["read_rep", "read_report"]


def read_report(data: dict[str, Any]) -> SetReport:
    """The report whose to_dict() this is.

    data: parsed JSON. A fault's joint is not part of it and taken from the exercise.
    Raises ValueError with a sentence when it is not a report of this form.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"This is no report of the form {SCHEMA}.")
    try:
        exercise = EXERCISES.get(data["exercise"])
        summary, sure = data["summary"], data.get("recognised")
        return SetReport(
            exercise=data["exercise"],
            source=Source(**data["source"]),
            view=View(**data["view"]),
            reps=tuple(read_rep(one, exercise) for one in data["reps"]),
            partials=tuple(read_rep(one, exercise) for one in data["partials"]),
            summary=Summary(
                **{k: v for k, v in summary.items() if k not in ("faults", "not_assessed")},
                faults={k: FaultSummary(**v) for k, v in summary["faults"].items()},
                not_assessed={
                    k: NotAssessed(id=k, **v) for k, v in summary["not_assessed"].items()
                },
            ),
            model=data["model"],
            formcheck_version=data["formcheck_version"],
            notes=tuple(data["notes"]),
            recognised=None if sure is None else Recognised(**sure),
            # Reports of before there was this have none.
            adherence=tuple(Kept(**one) for one in data.get("adherence", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"The report is damaged: {error}.") from None


def read_rep(data: dict[str, Any], exercise: Exercise | None) -> Rep:
    """The rep whose to_dict() this is; exercise: its own, None when it is unknown."""
    values = dict(data)
    faults = [_fault(one, data["side"], exercise) for one in values.pop("faults")]
    missing = [_not_assessed(**one) for one in values.pop("not_assessed")]
    return Rep(**values, faults=tuple(faults), not_assessed=tuple(missing))


@lru_cache(maxsize=4096)
def _not_assessed(id: str, reason: str, remedy: str) -> NotAssessed:
    # Rep after rep the same few: a year of sets is read in a third less time.
    return NotAssessed(id, reason, remedy)


def _fault(data: dict[str, Any], rep_side: str, exercise: Exercise | None) -> Fault:
    rules = {} if exercise is None else {rule.id: rule for rule in exercise.faults}
    side = data["side"] if data["side"] in SIDE_NAMES else rep_side
    index = SIDE_NAMES.index(side) if side in SIDE_NAMES else 0
    rule = rules.get(data["id"])
    # What was only asked for (tempo, hold) is pointed out at the hip.
    landmark = 23 + index if rule is None else rule.joint(index)
    return Fault(**data, landmark=landmark)
