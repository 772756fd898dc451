"""The reps of a report as a table for spreadsheets: one row per attempt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from formcheck.engine.report import Dropped, Rep, SetReport
from formcheck.reporting.csv_text import CsvDialect, csv_text

COLUMNS: Final = (
    "set",
    "exercise",
    "rep",
    "counted",
    "side",
    "start_s",
    "top_s",
    "end_s",
    "concentric_s",
    "hold_s",
    "hold_clean_s",
    "eccentric_s",
    "rom_deg",
    "peak_deg",
    "path_legs",
    "faults",
    "not_assessed",
    "why",
)


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
        COLUMNS[-1]: f"not counted: {one.why}",
    }
    return [known.get(column, "") for column in COLUMNS[2:]]


def rep_cells(rep: Rep) -> list[str]:
    """The cells of an attempt: COLUMNS from "rep" on."""
    seconds = (rep.start_s, rep.top_s, rep.end_s, rep.concentric_s, rep.hold_s, rep.hold_clean_s)
    faults = [
        f"{f.id}:{f.side}:{f.severity}:{f.value:.3f}:{f.unit}:{f.at_s:.3f}" for f in rep.faults
    ]
    return [
        str(rep.index),
        "yes" if rep.why is None else "no",
        rep.side,
        *(f"{s:.3f}" for s in seconds),
        f"{rep.eccentric_s:.3f}",
        f"{rep.rom_deg:.1f}",
        f"{rep.peak_deg:.1f}",
        "" if rep.path_legs is None else f"{rep.path_legs:.2f}",
        " ".join(faults),
        " ".join(missing.id for missing in rep.not_assessed),
        rep.why or "",
    ]
