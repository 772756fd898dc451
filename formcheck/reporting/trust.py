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

from formcheck.exercise import Exercise
from formcheck.report import SetReport

__all__ = ["COLUMNS", "Trust", "trust"]

#: What the columns of Trust.rows are.
COLUMNS: Final = ("Fault", "Marked ones found", "Mild ones found", "False alarms")


@dataclass(frozen=True, slots=True)
class Trust:
    """Sentences, and a row for each fault that was judged (see COLUMNS)."""

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str], ...] = ()


@cache
def _measured() -> dict[str, Any]:
    place = resources.files("formcheck").joinpath("fitted", "accuracy.json")
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
    return Trust((limits, counting), tuple((a, b, c, d) for a, b, c, d in rows))


_KINDS: Final = ("marked", "mild", "false_alarm")


def _share(number: list[int]) -> str:
    hit, cases = number
    return f"{hit} of {cases} reps" if cases else "not tried"
