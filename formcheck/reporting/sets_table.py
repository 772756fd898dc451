"""Past sets as tables for spreadsheets and statistics: one row per set, or one per attempt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any, Final

from formcheck.engine.report import Rep
from formcheck.engine.wording import SHOWN_HOLD_S
from formcheck.reporting.csv_text import CsvDialect, csv_text
from formcheck.reporting.rep_table import REP_COLUMNS, rep_cells
from formcheck.training.records import PastSet


def held(one: PastSet) -> tuple[Rep, ...]:
    """The reps that were held: turning round takes a moment in every rep."""
    return tuple(rep for rep in one.reps if rep.hold_s >= SHOWN_HOLD_S)


def middle(reps: Iterable[Rep], what: str, digits: int = 2) -> float | None:
    """The median of a number of the reps, rounded; None without a rep."""
    found = [getattr(rep, what) for rep in reps]
    return round(median(found), digits) if found else None


def fault_counts(one: PastSet) -> dict[str, int]:
    """In how many reps each fault was found, the most frequent first."""
    found = Counter(name for rep in one.reps for name in {fault.id for fault in rep.faults})
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _side(one: PastSet, side: str) -> list[Rep]:
    return [rep for rep in one.reps if rep.side == side]


# hold_s, hold_clean_s, the tempo and the range are medians over the reps: hold_clean_s is the
# part of a hold without a posture fault.
_FACTS: Final[dict[str, Callable[[PastSet], Any]]] = {
    "set_id": lambda one: one.id,
    "begun": lambda one: one.when.isoformat(timespec="seconds"),
    "duration_s": lambda one: round(one.duration_s, 1),
    "exercise": lambda one: one.exercise,
    "state": lambda one: one.state,
    "end_reason": lambda one: one.end_reason,
    "source": lambda one: one.source,
    "asked_reps": lambda one: one.prescription.reps,
    "asked_each_side": lambda one: one.both_sides,
    "asked_concentric_s": lambda one: one.prescription.concentric_s,
    "asked_hold_s": lambda one: one.prescription.hold_s,
    "asked_eccentric_s": lambda one: one.prescription.eccentric_s,
    "reps": lambda one: len(one.reps),
    "reps_left": lambda one: one.reps_on("left"),
    "reps_right": lambda one: one.reps_on("right"),
    "partials": lambda one: len(one.partials),
    "concentric_s": lambda one: middle(one.reps, "concentric_s"),
    "hold_s": lambda one: middle(held(one), "hold_s"),
    "hold_clean_s": lambda one: middle(held(one), "hold_clean_s"),
    "eccentric_s": lambda one: middle(one.reps, "eccentric_s"),
    "rom_deg": lambda one: middle(one.reps, "rom_deg", 1),
    "rom_left_deg": lambda one: middle(_side(one, "left"), "rom_deg", 1),
    "rom_right_deg": lambda one: middle(_side(one, "right"), "rom_deg", 1),
    "faulted_reps": lambda one: sum(bool(rep.faults) for rep in one.reps),
    "faults": fault_counts,
    "not_assessed": lambda one: sorted(one.not_assessed),
    "pain": lambda one: one.pain,
    "pain_level": lambda one: one.pain_level,
    "circuit_id": lambda one: one.circuit_id,
    "position": lambda one: one.position,
    "clock_doubt": lambda one: one.clock_doubt,
    "model": lambda one: one.model,
    "formcheck_version": lambda one: one.formcheck_version,
    "problem": lambda one: one.problem,
    "note": lambda one: one.note,
}

COLUMNS: Final = tuple(_FACTS)


def set_row(one: PastSet) -> dict[str, Any]:
    """A set's facts by column as JSON types; None = not known, not asked, not answered."""
    return {name: fact(one) for name, fact in _FACTS.items()}


def sets_table(sets: Iterable[PastSet], dialect: CsvDialect = "standard") -> str:
    """The sets as CSV text, a row each, columns as in set_row.

    Faults are written id:reps and parted by blanks; an empty cell is a missing value.
    """
    rows = ([_cell(value) for value in set_row(one).values()] for one in sets)
    return csv_text(COLUMNS, rows, dialect)


def attempts_table(sets: Iterable[PastSet], dialect: CsvDialect = "standard") -> str:
    """All reps and partial attempts as CSV text, those of a set in order of time.

    Columns as in rep_table.reps_table, but for the set's id and when it was begun.
    """
    rows = (
        [one.id, one.when.isoformat(timespec="seconds"), one.exercise, *rep_cells(rep)]
        for one in sets
        for rep in sorted((*one.reps, *one.partials), key=lambda rep: rep.start_s)
    )
    return csv_text(("set_id", "begun", "exercise", *REP_COLUMNS), rows, dialect)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return " ".join(f"{name}:{number}" for name, number in value.items())
        case list():
            return " ".join(value)
    return str(value)
