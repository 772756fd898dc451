"""A report back from its JSON form."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, lru_cache
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import (
    SCHEMA,
    SIDE_NAMES,
    Dropped,
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

_T = TypeVar("_T")
_HUGE = 1e12


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
        return _made(
            SetReport,
            {name: data[name] for name in ("exercise", "model", "formcheck_version")},
            source=_made(Source, data["source"]),
            view=_made(View, data["view"]),
            reps=tuple(read_rep(one, exercise) for one in data["reps"]),
            partials=tuple(read_rep(one, exercise) for one in data["partials"]),
            summary=_made(
                Summary,
                summary,
                faults={k: _made(FaultSummary, v) for k, v in summary["faults"].items()},
                not_assessed={
                    k: _made(NotAssessed, v, id=k) for k, v in summary["not_assessed"].items()
                },
            ),
            notes=tuple(str(note) for note in data["notes"]),
            recognised=None if sure is None else _made(Recognised, sure),
            # Reports of before there was this have none.
            adherence=tuple(_made(Kept, one) for one in data.get("adherence", ())),
            dropped=tuple(_made(Dropped, one) for one in data.get("dropped", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"The report is damaged: {error}.") from None


def read_rep(data: dict[str, Any], exercise: Exercise | None) -> Rep:
    """The rep whose to_dict() this is; exercise: its own, None when it is unknown.

    Raises KeyError, TypeError or ValueError when it is none.
    """
    faults = tuple(_fault(one, data["side"], exercise) for one in data["faults"])
    missing = tuple(_not_assessed(**one) for one in data["not_assessed"])
    return _made(Rep, data, faults=faults, not_assessed=missing)


@lru_cache(maxsize=4096)
def _not_assessed(id: str, reason: str, remedy: str) -> NotAssessed:
    # Rep after rep the same few: a year of sets is read in a third less time.
    return _made(NotAssessed, {"id": id, "reason": reason, "remedy": remedy})


def _fault(data: dict[str, Any], rep_side: str, exercise: Exercise | None) -> Fault:
    rules = {} if exercise is None else {rule.id: rule for rule in exercise.faults}
    side = data["side"] if data["side"] in SIDE_NAMES else rep_side
    index = SIDE_NAMES.index(side) if side in SIDE_NAMES else 0
    rule = rules.get(data["id"])
    # What was only asked for (tempo, hold) is pointed out at the hip.
    landmark = 23 + index if rule is None else rule.joint(index)
    return _made(Fault, data, landmark=landmark)


def _made(kind: type[_T], data: dict[str, Any], **read: Any) -> _T:
    """One of these, each field of the type it says; read: fields that were made before."""
    values = {**data, **read}
    for name, check in _checks(kind).items():  # type: ignore[arg-type]
        if name in data and name not in read and not check(data[name]):
            raise TypeError(f"{name} is {json.dumps(data[name])[:60]}")
    return kind(**values)


@cache
def _checks(kind: type) -> dict[str, Callable[[Any], bool]]:
    """What tells whether a value may stand in a field; what comes from outside may be anything."""
    return {name: _check(hint) for name, hint in get_type_hints(kind).items()}


def _check(hint: Any) -> Callable[[Any], bool]:
    if get_origin(hint) is Literal:
        return lambda value: isinstance(value, str) and value in get_args(hint)
    if isinstance(hint, UnionType):
        checks = [_check(one) for one in get_args(hint)]
        return lambda value: any(check(value) for check in checks)
    if hint in (int, float):
        kinds = (int,) if hint is int else (int, float)
        # Not those that no measurement gives: they would break whatever is worked out with them.
        return lambda value: (
            isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < _HUGE
        )
    if get_origin(hint) is dict:
        name, held = map(_check, get_args(hint))
        return lambda value: (
            isinstance(value, dict) and all(name(k) and held(v) for k, v in value.items())
        )
    return lambda value: isinstance(value, get_origin(hint) or hint)
