"""How far to believe a report: what the accuracy benchmark found for this exercise.

The numbers are written by ``python -m benchmarks.accuracy`` into fitted/accuracy.json:
films drawn at random on bodies and cameras that no limit was tuned on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from formcheck.engine.exercise import Exercise
from formcheck.engine.report import SetReport

__all__ = ["COLUMNS", "Rates", "Trust", "fault_rates", "hold_error_s", "range_error_deg", "trust"]

#: What the columns of Trust.rows are.
COLUMNS: Final = ("Fault", "Clear ones found", "Slight ones found", "False alarms")


@dataclass(frozen=True, slots=True)
class Trust:
    """Sentences, and a row for each fault that was judged (see COLUMNS)."""

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """How a fault was found in the fresh films: (reps, of how many).

    found: reps with the fault, mild or marked, in which it was found; called: reps without
    it in which it was found nevertheless. (0, 0) where there were no such reps.
    """

    found: tuple[int, int]
    called: tuple[int, int]


def fault_rates(exercise_id: str, fault_id: str) -> Rates:
    """How often the fault is found when it is there, and when it is not."""
    kinds = _of(exercise_id).get("faults", {}).get(fault_id)
    if kinds is None:
        return Rates((0, 0), (0, 0))
    hits = [sum(numbers) for numbers in zip(kinds["marked"], kinds["mild"], strict=True)]
    return Rates((hits[0], hits[1]), tuple(kinds["false_alarm"]))


def hold_error_s(exercise_id: str) -> float | None:
    """How wrong 95 of 100 holds of the exercise are at most, seconds; None = not measured."""
    return _error(exercise_id, "hold_s")


def range_error_deg(exercise_id: str) -> float | None:
    """How wrong 95 of 100 ranges of motion are at most, degrees; None = not measured."""
    return _error(exercise_id, "range_deg")


def _error(exercise_id: str, what: str) -> float | None:
    found: list[float | None] | None = _of(exercise_id).get(what)
    return found[1] if found else None


def _of(exercise_id: str) -> dict[str, Any]:
    found: dict[str, Any] = _measured()["exercises"].get(exercise_id, {})
    return found


@cache
def _measured() -> dict[str, Any]:
    place = resources.files("formcheck.engine").joinpath("fitted", "accuracy.json")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def trust(report: SetReport, exercise: Exercise) -> Trust:
    """How often counts were exact, and each judged fault was found or made up."""
    limits = (
        "formcheck was tried on films of rendered people whose every joint is known. Real rooms, "
        "clothes and bodies are harder: take these numbers as the best case."
    )
    found = _measured()["exercises"].get(exercise.id)
    if found is None:
        return Trust((limits, "For this exercise there are no such numbers yet."))
    exact, films = found["exact"]
    rows = [
        (rule.title, *(_share(found["faults"][rule.id][k]) for k in _KINDS))
        for rule in exercise.faults
        if rule.id in found["faults"] and rule.id not in report.summary.not_assessed
    ]
    counting = f"The number of reps was exact in {exact} of {films} films of this exercise."
    sentences = (limits, counting, *_errors(exercise.id))
    return Trust(sentences, tuple((a, b, c, d) for a, b, c, d in rows))


def _errors(exercise_id: str) -> tuple[str, ...]:
    hold, reach = hold_error_s(exercise_id), range_error_deg(exercise_id)
    words = [f"holds were timed to within {hold:.1f} s"] if hold is not None else []
    words += [f"ranges of motion read to within {reach:.0f}°"] if reach is not None else []
    told = " and ".join(words)
    return (f"In 95% of the reps {told}.",) if told else ()


_KINDS: Final = ("marked", "mild", "false_alarm")


def _share(number: list[int]) -> str:
    hit, cases = number
    return f"{hit} of {cases} reps" if cases else "not tried"
