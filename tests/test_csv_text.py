"""Tables for spreadsheets: no formulas from outside, and the decimals of the country."""

from __future__ import annotations

import csv
import io

import pytest
from reported import a_set, rep
from trained import past_set

from formcheck.reporting.csv_text import csv_text
from formcheck.reporting.rep_table import reps_table
from formcheck.reporting.sets_table import sets_table


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "words", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
)
def test_words_are_never_a_formula(words: str) -> None:
    (row,) = rows_of(csv_text(["note"], [[words]]))
    assert row["note"] == "'" + words.replace("\r", "\n")


def test_numbers_and_other_words_stay_as_they_are() -> None:
    cells = ["-0.1400", "12", "+3", "", "a = b", "0 of 3", "0.1.0"]
    assert next(csv.reader(io.StringIO(csv_text(cells, [])))) == cells


def test_a_note_of_the_history_is_defused() -> None:
    one = past_set("squat", [rep(1)], note="=HYPERLINK(1)")
    assert rows_of(sets_table([one]))[0]["note"] == "'=HYPERLINK(1)"


def test_a_spreadsheet_where_decimals_have_a_comma_opens_it() -> None:
    text = reps_table([a_set([rep(1), rep(2)])], "excel")
    assert text.startswith("\ufeffset;exercise;rep;")
    head, first, *_ = text.removeprefix("\ufeff").split("\r\n")
    cells = dict(zip(head.split(";"), first.split(";"), strict=True))
    assert cells["rom_deg"] == "100,0" and cells["rep"] == "1"
    plain = rows_of(reps_table([a_set([rep(1), rep(2)])]))[0]
    assert plain["rom_deg"] == "100.0"
