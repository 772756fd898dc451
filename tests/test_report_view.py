"""The report on the page: what a visitor reads, sees and can take home."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def a_page(kind: str) -> None:
    from dataclasses import replace
    from datetime import datetime

    from reported import a_set, measured, rep

    from formcheck.engine.exercise import Prescription
    from formcheck.engine.exercises import EXERCISES
    from formcheck.reporting.html_report import ReportedSet
    from formcheck.web.report_view import show_report

    squat = EXERCISES["squat"]

    if kind == "empty":
        show_report(ReportedSet(a_set([]), squat), "only")
        return
    report, shown, trace = measured("squat-00", "squat")
    if kind == "nasty":
        report = replace(report, notes=("*a* [b](c) :smile: $x$ <b>",))
    if kind == "two":
        show_report(ReportedSet(a_set([rep(1)]), squat), "first")
    asked = Prescription(reps=5)
    one = ReportedSet(report, squat, shown, trace, asked)
    if kind == "blind":
        one = ReportedSet(report, squat, prescription=asked)
    show_report(one, "second", when=datetime(2026, 3, 1, 18, 45))


def shown(kind: str) -> AppTest:
    page = AppTest.from_function(a_page, kwargs={"kind": kind}, default_timeout=300).run()
    assert not page.exception
    return page


def plain(elements: Any) -> str:
    return " ".join(str(e.value) for e in elements).replace("\\", "")


def test_the_report_is_on_the_page() -> None:
    page = shown("full")
    tiles = {metric.label: metric.value for metric in page.metric}
    assert tiles["Reps"] == "3 of 5" and tiles["Clean reps"] == "1 of 3"
    heads = plain(page.header)
    assert "Push your knees out over your toes." in heads and "Left against right" in heads
    words = plain(page.markdown) + plain(page.caption)
    assert "Knee falls inward in 2 of 3 reps" in words
    assert "Turn side-on to the camera to have this checked." in words
    reps = page.table[0].value
    assert list(reps["Rep"]) == ["1", "2", "3"]
    assert "knee falls inward (right)" in reps["Faults"][2].replace("\\", "")
    assert len(page.get("image")) == 5
    bars = {bar.proto.text.replace("\\", ""): bar.proto.value for bar in page.get("progress")}
    assert bars == {"Reps: **3 of 5 reps**": 60}


def test_it_can_be_taken_home() -> None:
    buttons = shown("full").get("download_button")
    assert [b.proto.label for b in buttons] == ["Report (HTML)", "Report (JSON)", "Reps (CSV)"]


def test_without_pictures_the_words_are_there() -> None:
    page = shown("blind")
    assert not page.get("image")
    assert "Rep 3, right, at 9.7 s" in plain(page.markdown)


def test_names_and_notes_are_shown_as_they_are() -> None:
    listed = next(m.value for m in shown("nasty").markdown if "smile" in m.value)
    for sign in ("\\*a\\*", "\\[b\\]\\(c\\)", "\\:smile\\:", "\\$x\\$", "\\<b\\>"):
        assert sign in listed


@pytest.mark.parametrize("kind", ["two", "empty"])
def test_two_reports_or_none_to_tell_of(kind: str) -> None:
    page = shown(kind)
    assert len(page.metric) >= 1
    if kind == "empty":
        assert "No rep was counted" in plain(page.markdown)
        assert not page.get("progress")
    else:
        assert len(page.get("download_button")) == 6
