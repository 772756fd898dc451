"""One row a frame as CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import IO

from formcheck.engine.rule import columns
from formcheck.engine.session import Step
from formcheck.engine.set_splitter import SetSpan
from formcheck.reporting.csv_text import CsvDialect, CsvWriter


class FrameTable:
    """Time, phase, and a column for each signal of any of the sets.

    numbered: with the number of the set and its exercise, empty between sets.
    """

    def __init__(
        self, file: IO[str], spans: Sequence[SetSpan], *, numbered: bool, dialect: CsvDialect
    ) -> None:
        names = (name for span in spans for name in span.exercise.signals)
        self._names = tuple(dict.fromkeys(c for name in names for c in columns(name)))
        self._numbered = numbered
        about = ["set", "exercise"] if numbered else []
        self._writer = CsvWriter(file, ["time_s", *about, "phase", *self._names], dialect)

    def between(self, time_s: float) -> None:
        """A frame of no set."""
        self._row(time_s, ("", ""), "", {})

    def step(self, number: int, exercise_id: str, step: Step) -> None:
        """A frame of the set with this number, from 0."""
        self._row(step.time_s, (str(number + 1), exercise_id), step.phase, step.values)

    def _row(
        self, time_s: float, about: tuple[str, str], phase: str, values: Mapping[str, float]
    ) -> None:
        cells = (values.get(name, math.nan) for name in self._names)
        self._writer.write(
            [
                f"{time_s:.4f}",
                *(about if self._numbered else ()),
                phase,
                # An empty cell is a missing value to every spreadsheet.
                *("" if math.isnan(v) else f"{v:.4f}" for v in cells),
            ]
        )
