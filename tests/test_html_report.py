"""The page: everything measured is on it, nothing is loaded from elsewhere, and it reads well."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from reported import RENDERED, a_set, fault, measured, rep, unseen

from formcheck.capture.pose_file import PoseFile, write_pose_file
from formcheck.cli import main
from formcheck.drawing.stills import encode
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.engine.trace import Trace, TraceKeeper
from formcheck.engine.trust import known_error
from formcheck.engine.units import Units
from formcheck.reporting.html_report import ReportedSet, html_reports
from formcheck.reporting.rep_table import reps_table
from formcheck.reporting.signal_plot import signal_plot

VOID = {"meta", "img"}


class Page(HTMLParser):
    """What a browser would make of it: elements, their text, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.words.append(data)
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            tag, before = self.headings[-1]
            self.headings[-1] = tag, before + data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, kind: str | None = None) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and kind in (None, a.get("class"))]


def page_of(report: SetReport, **parts: object) -> Page:
    return Page(text_of(report, **parts))


def text_of(
    report: SetReport,
    *,
    when: datetime | None = None,
    units: Units = "metric",
    exercise: str = "",
    **parts: object,
) -> str:
    shown = ReportedSet(report, EXERCISES[exercise or report.exercise], **parts)  # type: ignore[arg-type]
    return html_reports([shown], when=when, units=units)


def full_page() -> Page:
    report, shown, trace = measured("squat-00", "squat", Prescription(reps=5))
    return page_of(
        report,
        stills=shown,
        trace=trace,
        prescription=Prescription(reps=5),
        when=datetime(2026, 3, 1, 18, 45),
    )


def test_everything_found_is_told() -> None:
    text = full_page().text
    known = known_error("squat")
    found, alarms = known["faults"]["knee_valgus"].values()
    for piece in (
        "Squat",
        "1 March 2026, 18:45",
        "3 of 5",
        "1 of 3 in what could be assessed",
        "The one thing to work on next Push your knees out over your toes.",
        "Knee falls inward in 2 of 3 reps, clear in 1; most on the right in rep 3: about 8 cm.",
        "knee falls inward (right), slight, about 5 cm",
        "In 2 of 3 reps (2, 3), clear in 1.",
        "Rep 3, right, at 9.7 s: about 8 cm",
        "Slight above about 4 cm, clear above about 6 cm",
        "Rep 1, at 2.4 s: no fault found",
        "2 of 3, up to about 8 cm",
        "not deep enough, trunk leans forward",
        "Turn side-on to the camera to have this checked.",
        "Recording",
        "exact in {exact} of {recordings} recordings".format_map(known["count"]),
        "In 95% of the reps holds were timed to within ",
        "knee falls inward {hits} of {reps} reps".format_map(found),
        "{hits} of {reps} reps".format_map(alarms),
        "If something hurts, stop and see a professional.",
    ):
        assert piece in text, piece


def test_it_loads_nothing_from_anywhere() -> None:
    page = full_page()
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "base", "form", "a"}
        for name in ("src", "href", "srcset", "action", "data", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:image/jpeg;base64,")
        assert not any(name.startswith("on") for name in attributes)
    report, shown, trace = measured("squat-00", "squat")
    text = text_of(report, stills=shown, trace=trace)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address to go to
    assert "@import" not in text and "url(" not in text


def test_those_who_cannot_see_it_can_read_it() -> None:
    page = full_page()
    assert [tag for tag, _ in page.headings].count("h1") == 1
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert len(page.all("img")) == 5  # three worst moments, the worst again, and the clean rep
    assert all(len(image["alt"] or "") > 20 for image in page.all("img"))
    assert all(head["scope"] in ("col", "row") for head in page.all("th"))
    assert all(bar["aria-hidden"] == "true" for bar in page.all("svg", "bar"))
    (plot,) = [svg for svg in page.all("svg") if svg.get("role") == "img"]
    assert plot["aria-labelledby"] == "s1-plot"
    others = [svg for svg in page.all("svg") if svg is not plot]
    assert all(svg["aria-hidden"] == "true" for svg in others)
    (dots,) = [one for one in page.all("div") if one.get("role") == "img"]
    assert dots["aria-label"] == "Rep 1: clean. Rep 2: slight fault. Rep 3: clear fault"
    assert "knee flexion in a squat over 12 seconds: 3 reps at 2.4, 6.0, 9.3 s" in page.text
    assert dict(page.elements)["html"]["lang"] == "en"


def test_what_others_wrote_is_only_text() -> None:
    nasty = '<script>alert("x")</script> & \'"'
    report, shown, trace = measured("squat-00", "squat")
    report = replace(report, source=replace(report.source, name=nasty), notes=(nasty,))
    report = replace(report, model=nasty)
    page = page_of(report, stills=shown, trace=trace)
    assert not page.all("script")
    assert page.text.count(nasty) == 4


def test_not_even_what_a_report_cannot_say_becomes_markup() -> None:
    """Neither on the page nor in its plot, wherever a report is from."""
    nasty = 'x"/><script>alert("x")</script>'
    report, shown, trace = measured("squat-00", "squat")
    reps = [
        replace(r, faults=tuple(replace(f, id=nasty, severity=nasty, cue=nasty) for f in r.faults))  # type: ignore[arg-type]
        for r in report.reps
    ]
    report = replace(report, reps=tuple(reps), exercise=nasty, formcheck_version=nasty)
    trace = replace(trace, title=nasty, unit=nasty)
    page = Page(text_of(report, exercise="squat", stills=shown, trace=trace))
    assert page.all("svg") and not page.all("script")


def test_every_rep_and_fault_is_on_the_plot() -> None:
    report, _, trace = measured("squat-00", "squat")
    page = page_of(report, trace=trace)
    # One more of each explains the sign.
    assert len(page.all("rect", "rep")) == 3 + 1
    assert len(page.all("circle", "marked")) == 2 + 1
    assert len(page.all("circle", "mild")) == 1 + 1
    held = [a for a in trace.holds if a[1] - a[0] >= 0.5]
    assert len(page.all("rect", "hold")) == len(held) + bool(held)


def test_the_plot_stands_where_the_movement_was() -> None:
    report = a_set([rep(1), rep(2)], [rep(3, rom_deg=30, why="Short.")])
    times = tuple(i / 10 for i in range(200))
    value = tuple(100.0 if 4 <= t <= 7 or 8 <= t <= 11 else 0.0 for t in times)
    page = page_of(report, trace=Trace("knee flexion", "deg", times, value))
    (first, second, _), (partial, _) = page.all("rect", "rep"), page.all("rect", "partial")
    lefts = [float(r["x"] or "nan") for r in (first, second, partial)]
    assert lefts[1] - lefts[0] == pytest.approx(lefts[2] - lefts[1], abs=0.3)
    (line,) = page.all("path", "line")
    points = [tuple(map(float, p.split())) for p in re.split("[ML]", line["d"] or "")[1:]]
    high = [x for x, y in points if y < 40]
    assert min(high) == pytest.approx(lefts[0], abs=1)
    assert max(high) == pytest.approx(lefts[1] + float(second["width"] or 0), abs=1)


@pytest.mark.parametrize(
    ("lasts_s", "times"),
    [(9, "0 1 2 3 4 5 6 7 8 9"), (100, "0:00 0:10 0:20 0:30"), (340, "0:00 1:00")],
)
def test_times_below_the_plot_are_of_one_kind(lasts_s: int, times: str) -> None:
    moments = tuple(float(t) for t in range(lasts_s + 1))
    trace = Trace("knee flexion in a squat", "deg", moments, moments)
    drawn = signal_plot(a_set([rep(1)]), trace, "s1")
    found = re.findall(r'<text x="[\d.]+" y="234.0" text-anchor="middle">([\d:]+)</text>', drawn)
    assert " ".join(found).startswith(times)
    assert len(found) == len(set(found))
    assert ("time, min:s" if ":" in times else "time, seconds") in drawn


def test_where_nothing_was_seen_no_line_is_drawn() -> None:
    times = tuple(float(t) for t in range(10))
    value = (1.0, 2.0, None, None, 5.0, 4.0, None, 3.0, 2.0, 1.0)
    page = page_of(a_set([rep(1)]), trace=Trace("x", "deg", times, value))
    (line,) = page.all("path", "line")
    assert (line["d"] or "").count("M") == 3
    never = Trace("x", "deg", times, (None,) * 10)
    for nothing in (never, TraceKeeper(EXERCISES["squat"]).trace):
        assert "The set over time" not in page_of(a_set([rep(1)]), trace=nothing).text


def test_a_signal_without_a_zero_is_shown_from_rest() -> None:
    report, _, trace = measured("clamshell-00", "clamshell")
    assert min(v for v in trace.value if v is not None) < -5
    page = page_of(report, trace=trace)
    labels = [w for w in page.words if re.fullmatch(r"-?\d+°", w.strip())]
    assert "0°" in labels and "-10°" not in labels
    assert "from rest" in page.text


def test_left_and_right_stand_side_by_side() -> None:
    reps = [
        rep(1, side="left", rom_deg=30),
        rep(2, side="left", rom_deg=32),
        rep(3, fault("feet_apart", exercise="clamshell"), side="right", rom_deg=25),
    ]
    text = page_of(a_set(reps, exercise="clamshell")).text
    assert "Not equal: 2 left, 1 right; 1 to go on the right." in text
    assert "Range, typical 31° 25°" in text
    assert "Reps with a fault 0 1" in text
    assert "1 left" in text and "3 right" in text


def test_holds_and_partials_are_told() -> None:
    held = [replace(rep(1, hold_s=9.8), hold_clean_s=7.5), rep(2, hold_s=10.1)]
    short = [rep(3, rom_deg=30, why="It went 40% of the way.")]
    page = page_of(
        a_set(held, short, exercise="glute_bridge"), prescription=Prescription(hold_s=10)
    )
    for piece in (
        "Partial 1 not counted",
        "of 10 s; 20 s in all, 18 s of it without a posture fault",
        "7.5 of 9.8",
        "12.0 to 15.0 s, 30°: It went 40% of the way.",
        "hold 10 s",
    ):
        assert piece in page.text, piece


def test_what_was_prescribed_stands_beside_what_was_done() -> None:
    asked = Prescription(reps=10, hold_s=10.0, eccentric_s=2.0)
    reps = [rep(i, side="left", hold_s=10.2) for i in range(1, 10)]
    reps += [rep(i, side="right", hold_s=10.2 if i < 17 else 6.0) for i in range(10, 20)]
    page = page_of(a_set(reps, exercise="clamshell"), prescription=asked)
    for piece in (
        "Reps 19 of 20",
        "As prescribed",
        "Reps, left 9 of 10 reps",
        "Hold, 10 s, right 7 of 10 reps",
        "Down, 2 s, left 9 of 9 reps",
        "A hold counts from 9.0 s on.",
    ):
        assert piece in page.text, piece
    widths = [bar["width"] for bar in page.all("rect", "done")]
    assert widths == ["90.0", "100.0", "100.0", "70.0", "100.0", "100.0"]
    assert "As prescribed" not in page_of(a_set(reps, exercise="clamshell")).text
    nothing = page_of(a_set([], exercise="squat"), prescription=Prescription(reps=5, hold_s=2.0))
    assert "Hold, 2 s no rep" in nothing.text


def test_what_was_not_seen_is_no_clean_rep() -> None:
    every = unseen("squat", *(rule.id for rule in EXERCISES["squat"].faults))
    picture = encode(np.full((48, 64, 3), 90, np.uint8))
    page = page_of(a_set([rep(1, missing=every)]), stills={"rep001_top": picture})
    assert "Clean reps not assessed" in page.text
    assert "Nothing about the form could be assessed from this recording." in page.text
    assert "100° not assessed" in page.text
    assert not page.all("img")  # there is no clean rep to compare with
    of_three = page_of(a_set([rep(1), rep(2, missing=every), rep(3)]))
    assert "2 of 2 1 not assessed" in of_three.text


def test_distances_are_told_in_feet_to_those_who_want_them() -> None:
    missing = unseen("side_leg_lift", "knee_bend")
    hidden = a_set([rep(1, missing=missing)], exercise="side_leg_lift")
    assert "2 m away" in page_of(hidden).text
    text = page_of(hidden, units="imperial").text
    assert "7 ft away" in text and "2 m away" not in text


def test_an_empty_set_is_a_page_too() -> None:
    text = page_of(a_set([])).text
    assert "No rep was counted, so there is nothing to judge." in text


def test_several_sets_are_one_page() -> None:
    squat, clam = measured("squat-00", "squat"), measured("clamshell-00", "clamshell")
    sets = [
        ReportedSet(report, EXERCISES[report.exercise], shown, trace)
        for report, shown, trace in (squat, clam)
    ]
    page = Page(html_reports(sets))
    assert [words for tag, words in page.headings if tag == "h1"] == ["Squat", "Clamshell"]
    assert "Set 1 of 2" in page.text and "Set 2 of 2" in page.text
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids)) == 4
    with pytest.raises(ValueError, match="needs a set"):
        html_reports([])


# -------------------------------------------------------------- command line


def test_the_command_writes_page_and_table(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    page, table = tmp_path / "report.html", tmp_path / "reps.csv"
    recording = str(RENDERED / "squat-00.npz")
    asked = ["--html", str(page), "--reps-csv", str(table), "--reps", "5"]
    assert main(["analyze", recording, "-e", "squat", "-q", *asked]) == 0
    read = Page(page.read_text(encoding="utf-8"))
    assert "3 of 5" in read.text
    assert len(read.all("img")) == 5  # landmarks have no picture: the skeleton is shown
    assert len(read.all("rect", "rep")) == 4
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [row["rep"] for row in rows] == ["1", "2", "3"]
    assert rows[2]["faults"].startswith("knee_valgus:left:marked:0.1")


def test_who_rests_long_after_the_set_keeps_its_pictures(tmp_path: Path) -> None:
    poses = list(PoseFile(RENDERED / "squat-00.npz"))
    last = poses[-1]
    resting = [replace(last, time_s=last.time_s + i / 15) for i in range(1, 120)]
    write_pose_file(tmp_path / "rest.npz", [*poses, *resting])
    page = tmp_path / "report.html"
    asked = ["analyze", str(tmp_path / "rest.npz"), "-e", "squat", "-q", "--html", str(page)]
    assert main(asked) == 0
    assert len(Page(page.read_text(encoding="utf-8")).all("img")) == 5


def test_the_same_of_a_recording_with_several_sets(tmp_path: Path) -> None:
    page, table = tmp_path / "report.html", tmp_path / "reps.csv"
    recording = str(RENDERED / "squat-00.npz")
    asked = ["--html", str(page), "--reps-csv", str(table), "--sets"]
    assert main(["analyze", recording, "-e", "squat", "-q", *asked]) == 0
    assert "2 of 3 reps" in Page(page.read_text(encoding="utf-8")).text
    assert len(list(csv.DictReader(table.open(encoding="utf-8")))) == 3


def test_an_output_that_cannot_be_written_is_said_first(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    recording = str(RENDERED / "squat-00.npz")
    missing = str(tmp_path / "no" / "reps.csv")
    assert main(["analyze", recording, "-e", "squat", "-q", "--reps-csv", missing]) == 1
    assert "--reps-csv" in capsys.readouterr().err


def test_the_table_has_every_attempt_in_order_of_time() -> None:
    report = a_set(
        [rep(1, fault("knee_valgus", side="left")), rep(3)], [rep(2, why="Short; very short.")]
    )
    rows = list(csv.DictReader(io.StringIO(reps_table([report]))))
    assert [(row["rep"], row["counted"]) for row in rows] == [
        ("1", "yes"),
        ("2", "no"),
        ("3", "yes"),
    ]
    assert rows[0]["faults"] == "knee_valgus:left:marked:0.200:shank:5.000"
    assert rows[1]["why"] == "Short; very short."
    assert rows[2]["faults"] == rows[2]["path_legs"] == ""
