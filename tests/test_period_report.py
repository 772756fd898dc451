"""The sheet for the physiotherapist: what is on it, and that it is one sheet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from html import unescape

import pytest
from playwright.sync_api import sync_playwright
from reported import fault, rep, unseen
from test_html_report import Page
from trained import MONDAY, PERSON, a_round, as_asked, enrolled, past_set

from benchmarks.browser import find_chromium, launch
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Rep
from formcheck.engine.trust import range_error_deg
from formcheck.engine.units import Units
from formcheck.reporting.period_report import period_report
from formcheck.training.programmes.plan import PlannedSet
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.records import Circuit, PastSet

PROGRAMME = PROGRAMMES["glutes_3phase"]
SINCE, UNTIL = date(2026, 3, 1), date(2026, 3, 31)
#: A note of some length, which holds what HTML takes for itself.
NOTE = "Pulled <b>a little</b> & on the outside of the left hip, more in the evening. " * 4


def reps(planned: PlannedSet) -> Sequence[Rep]:
    """All faults there are in some reps, one that is never assessed, and range that grows."""
    done = []
    exercise = EXERCISES[planned.exercise]
    rules = [rule for rule in exercise.faults if not rule.unseen]
    for number, one in enumerate(as_asked(planned)):
        had = [r for n, r in enumerate(rules[1:]) if number % (2 + n) == 0]
        side = one.side if one.side != "both" else "left"
        faults = tuple(fault(r.id, exercise=exercise.id, side=side) for r in had)
        blind = unseen(exercise.id, rules[0].id)
        rom = 44.0 if one.side == "left" else 50.0
        done.append(replace(one, faults=faults, not_assessed=blind, rom_deg=rom))
    return done


def a_month() -> tuple[list[Circuit], list[PastSet]]:
    """Two rounds on each of 25 days: three weeks of the first phase, then the second."""
    circuits, sets = [], []
    for day in range(29):
        if day % 7 == 6:
            continue
        for hour in (0, 10):
            when = MONDAY + timedelta(days=day, hours=hour)
            pain = True if day in (8, 9, 15) and hour else None if day % 5 == 0 else False
            circuit, own = a_round(
                PROGRAMME,
                day >= 21,
                when,
                reps=reps,
                effort=None if day % 4 == 0 else 3 + day % 4,
                pain=pain,
            )
            circuits.append(circuit)
            sets += [replace(one, note=NOTE if day % 6 == 0 else "") for one in own]
    return circuits, sets


@cache
def sheet(units: Units = "metric") -> str:
    circuits, sets = a_month()
    person = replace(PERSON, name="Ada <Lovelace> & Co")
    return period_report(person, enrolled(PROGRAMME, 1), circuits, sets, (SINCE, UNTIL), units)


def test_it_tells_what_was_done_how_and_what_was_not_assessed() -> None:
    text = Page(sheet()).text
    for piece in (
        "Ada <Lovelace> & Co",
        "Exercise summary, 1 to 31 March 2026",
        "Glutes in three phases, since 2 Mar Phase 2 of 3, Strength, since 2 Mar",
        "Days trained 25 of 31",
        "Rounds 50 target 2-3 a day; reached on 25 days",
        "Sets 150 150 of 150 in the rounds begun",
        "Clamshell 36 360 + 360 of 720 L 44→44° R 50→50°",
        "88% left less",
        "Hip thrust",
        "Back arches over the line",
        "Not assessed, and what would change that",
        "Clamshell : hips roll; Banded clamshell : hips roll. Wear something with a pattern",
        "Pain in 9 of 150 sets",
        "Pain was not answered in 27 of 150 sets.",
        "Effort, 0 to 10: median 5 (4-6).",
        "Goals for the next phase, latest rounds",
        "2 Mar",
        "And 20 earlier notes.",
        "Measured with formcheck 0.1.0, pose_landmarker_full 1.",
        "it is no diagnosis",
        "nearer than this to the truth",
    ):
        assert piece in text, piece
    assert f"{range_error_deg('clamshell'):.0f}°" in text
    # A share comes with its band.
    assert re.search(r"\d+% \d+-\d+%", text)


def test_it_loads_nothing_and_names_and_notes_are_shown_as_they_are() -> None:
    text = sheet()
    page = Page(text)
    assert not page.all("script") and not page.all("a") and not page.all("b", "x")
    assert not re.search(r"https?://|@import|url\(", text)
    assert "<Lovelace>" not in text and "<b>a little</b>" not in text
    assert "<b>a little</b> &" in unescape(text)


def test_lengths_are_in_the_units_of_the_reader() -> None:
    metric, imperial = Page(sheet()).text, Page(sheet("imperial")).text
    found = re.search(r"\d+ (cm|m)\b", metric)
    if found:
        assert found.group() not in imperial


def test_other_days_and_other_people_s_rounds_are_left_out() -> None:
    circuits, sets = a_month()
    text = Page(
        period_report(
            PERSON, enrolled(PROGRAMME), circuits, sets, (date(2026, 3, 2), date(2026, 3, 3))
        )
    ).text
    assert "2 to 3 March 2026" in text and "Days trained 2 of 2" in text
    assert "Hip thrust" not in text


def test_of_a_set_done_in_two_tries_one_answer_is_enough() -> None:
    circuit, sets = a_round(PROGRAMME, 0, MONDAY)
    halves = [replace(sets[0], id="first", pain=None, state="broken_off"), *sets]
    page = period_report(PERSON, enrolled(PROGRAMME), [circuit], halves, (SINCE, UNTIL))
    assert "Pain was not answered" not in page
    alone = past_set("squat", [rep(1)], pain=None)
    assert "Pain was not answered in 1 of 1 set." in period_report(
        PERSON, None, [], [alone], (SINCE, UNTIL)
    )


def test_without_a_programme_and_without_a_set_it_says_so() -> None:
    alone = past_set("squat", [rep(1), rep(2)], note="First try.")
    text = Page(period_report(PERSON, None, [], [alone], (SINCE, UNTIL))).text
    assert "No programme" in text and "Squat 1 2" in text and "First try." in text
    assert "Conditions" not in text and "Rounds" not in text
    other = replace(enrolled(PROGRAMME), programme={"name": "From another time", "phases": []})
    text = Page(period_report(PERSON, other, [], [alone], (SINCE, UNTIL))).text
    assert "From another time" in text and "Squat 1 2" in text
    empty = Page(period_report(PERSON, None, [], [], (SINCE, UNTIL))).text
    assert "No set was done in this period" in empty


def test_a_month_is_one_sheet() -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.set_content(sheet())
        for paper in ("A4", "Letter"):
            printed = page.pdf(format=paper)
            assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, paper
        browser.close()
