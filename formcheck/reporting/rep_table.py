"""The reps of a report as a table for spreadsheets: one row per attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from formcheck.engine.report import Dropped, Rep, SetReport
from formcheck.reporting.csv_text import CsvDialect, csv_text

_CELLS: Final[dict[str, Callable[[Rep], str]]] = {
    "rep": lambda rep: str(rep.index),
    "counted": lambda rep: "yes" if rep.why is None else "no",
    "side": lambda rep: rep.side,
    "start_s": lambda rep: f"{rep.start_s:.3f}",
    "top_s": lambda rep: f"{rep.top_s:.3f}",
    "end_s": lambda rep: f"{rep.end_s:.3f}",
    "concentric_s": lambda rep: f"{rep.concentric_s:.3f}",
    "hold_s": lambda rep: f"{rep.hold_s:.3f}",
    "hold_clean_s": lambda rep: f"{rep.hold_clean_s:.3f}",
    "eccentric_s": lambda rep: f"{rep.eccentric_s:.3f}",
    "rom_deg": lambda rep: f"{rep.rom_deg:.1f}",
    "peak_deg": lambda rep: f"{rep.peak_deg:.1f}",
    "path_legs": lambda rep: "" if rep.path_legs is None else f"{rep.path_legs:.2f}",
    "faults": lambda rep: " ".join(
        f"{f.id}:{f.side}:{f.severity}:{f.value:.3f}:{f.unit}:{f.at_s:.3f}" for f in rep.faults
    ),
    "not_assessed": lambda rep: " ".join(missing.id for missing in rep.not_assessed),
    "why": lambda rep: rep.why or "",
}
#: Of an attempt, whatever it is of.
REP_COLUMNS: Final = tuple(_CELLS)
COLUMNS: Final = ("set", "exercise", *REP_COLUMNS)


def reps_table(reports: Iterable[SetReport], dialect: CsvDialect = "standard") -> str:
    """The table as CSV text: reps, partial attempts and what was dropped, in order of time.

    A fault is written id:side:severity:value:unit:at_s, faults are parted by blanks; an
    empty cell is a missing value. What was dropped has no number, only times and why.
    """
    rows = (
        [str(number), report.exercise, *cells]
        for number, report in enumerate(reports, 1)
        for _, cells in sorted(
            [(rep.start_s, rep_cells(rep)) for rep in (*report.reps, *report.partials)]
            + [(one.start_s, _dropped_cells(one)) for one in report.dropped]
        )
    )
    return csv_text(COLUMNS, rows, dialect)


def _dropped_cells(one: Dropped) -> list[str]:
    known = {
        "counted": "no",
        "start_s": f"{one.start_s:.3f}",
        "end_s": f"{one.end_s:.3f}",
        "why": f"not counted: {one.why}",
    }
    return [known.get(column, "") for column in REP_COLUMNS]


def rep_cells(rep: Rep) -> list[str]:
    """The cells of an attempt, by REP_COLUMNS."""
    return [cell(rep) for cell in _CELLS.values()]
