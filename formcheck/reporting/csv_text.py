"""Tables as CSV, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import IO, Final, Literal

#: standard: commas, decimal points, UTF-8. excel: what a spreadsheet opens by a double click
#: where decimals have a comma: semicolons, decimal commas, and a mark that it is UTF-8.
CsvDialect = Literal["standard", "excel"]

_NUMBER: Final = re.compile(r"[-+]?\d+(\.\d+)?")
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n")


class CsvWriter:
    """Writes rows of cells, which are numbers as text, or words; "" is a missing value.

    Words that a spreadsheet would take for a formula get an apostrophe in front: whoever
    names a file or notes something must not run anything on the computer of who reads it.
    """

    def __init__(
        self, file: IO[str], columns: Iterable[str], dialect: CsvDialect = "standard"
    ) -> None:
        self._excel = dialect == "excel"
        if self._excel:
            file.write("\ufeff")
        self._writer = csv.writer(
            file,
            delimiter=";" if self._excel else ",",
            lineterminator="\r\n" if self._excel else "\n",
        )
        self.write(columns)

    def write(self, cells: Iterable[str]) -> None:
        """Append a row."""
        self._writer.writerow([self._cell(cell) for cell in cells])

    def _cell(self, cell: str) -> str:
        if _NUMBER.fullmatch(cell):
            return cell.replace(".", ",") if self._excel else cell
        # A carriage return alone would end the row for some readers.
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
        return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_text(
    columns: Iterable[str], rows: Iterable[Iterable[str]], dialect: CsvDialect = "standard"
) -> str:
    """A whole table as text."""
    file = io.StringIO()
    writer = CsvWriter(file, columns, dialect)
    for row in rows:
        writer.write(row)
    return file.getvalue()
