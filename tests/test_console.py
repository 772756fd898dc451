"""The report as text: honest words, 80 columns, no escape codes in a pipe."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from reported import a_set

from formcheck.cli.console import count_line, make_console, print_report
from formcheck.engine.adherence import adherence
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import (
    Fault,
    FaultSummary,
    NotAssessed,
    Rep,
    SetReport,
    Side,
    Source,
    Summary,
    View,
)
from formcheck.engine.wording import format_value
from formcheck.reporting.html_report import ReportedSet, html_reports

VALGUS = Fault("knee_valgus", "right", "marked", 0.153, "shank", 3.04, "Push your knees out.", 26)
LEAN = Fault("trunk_lean", "both", "mild", 23.4, "deg", 2.5, "Lift your chest.", 11)
UNSEEN = NotAssessed("heel_lift", "The feet are hidden", "Move the camera back.")


def rep(index: int, *faults: Fault, hold_s: float = 0.0, side: Side = "both") -> Rep:
    return Rep(
        index=index,
        side=side,
        start_s=4.0 * index,
        top_s=4.0 * index + 1.5,
        end_s=4.0 * index + 3.0,
        hold_s=hold_s,
        hold_clean_s=max(0.0, hold_s - 0.5),
        concentric_s=1.25,
        eccentric_s=1.5,
        rom_deg=104.6,
        peak_deg=111.0,
        faults=faults,
    )


def report(*reps: Rep, partials: tuple[Rep, ...] = (), **changes: object) -> SetReport:
    found: dict[str, FaultSummary] = {}
    for one in reps:
        for fault in one.faults:
            number = found[fault.id].reps + 1 if fault.id in found else 1
            found[fault.id] = FaultSummary(number, number / len(reps), fault.value, fault.unit)
    holds = sorted(r.hold_s for r in reps)
    base = SetReport(
        exercise="squat",
        source=Source(
            "a clip of a squat with quite a long name.mp4", 608, 1080, 29.97, 63.2, 1894, 1700
        ),
        view=View("standing", 47.3, "image_left"),
        reps=reps,
        partials=partials,
        summary=Summary(
            reps=len(reps),
            partials=len(partials),
            reps_left=sum(r.side == "left" for r in reps),
            reps_right=sum(r.side == "right" for r in reps),
            equal_sides=None,
            hold_s_total=sum(holds),
            hold_s_median=holds[len(holds) // 2] if holds else 0.0,
            faults=found,
            not_assessed={},
        ),
        model="pose_landmarker_full 1",
        formcheck_version="0.1.0",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


FULL = report(
    rep(1, VALGUS, LEAN, hold_s=2.1),
    rep(2, VALGUS),
    rep(15),
    partials=(replace(rep(3), why="It went only 40% of the way."),),
    notes=("Another person took the place of the one being followed 1 time; counting went on.",),
)
FULL = replace(FULL, summary=replace(FULL.summary, not_assessed={"heel_lift": UNSEEN}))


def text_of(
    what: SetReport,
    color: str = "auto",
    asked: Prescription | None = None,
    exercise: str = "squat",
) -> str:
    file = io.StringIO()
    print_report(make_console(file, color), what, EXERCISES[exercise], asked)
    return file.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("what", [FULL, report(rep(1)), report()], ids=["full", "clean", "empty"])
def test_it_fits_its_columns_and_has_no_escape_codes(
    what: SetReport, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = flat(text_of(what))
    monkeypatch.setenv("COLUMNS", str(width))
    text = text_of(what)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    # Nothing is cut: the same words, in whatever lines.
    letters, all_letters = (sorted(t.replace(" Faults", "")) for t in (flat(text), whole))
    assert [c for c in letters if c != " "] == [c for c in all_letters if c != " "]
    assert text.isprintable() or set(text) - set(filter(str.isprintable, text)) == {"\n"}
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


def test_what_was_prescribed_is_told() -> None:
    text = flat(text_of(FULL, asked=Prescription(reps=12, hold_s=2.0)))
    assert "As prescribed Reps 3 of 12 reps Hold, 2 s 1 of 3 reps" in text
    assert "As prescribed" not in text_of(FULL)


def test_everything_found_is_told() -> None:
    text = flat(text_of(FULL, asked=Prescription(reps=12, hold_s=10.0)))
    for piece in (
        "Squat: 3 reps of 12, 1 partial",
        "608x1080, 63.2 s Frame rate 30.0 per second",
        "standing, facing left in the picture (camera 47° to the left); seen in 90% of 1894 frames",
        "Target 12 reps, hold 10 s",
        "The one thing to work on next Push your knees out.",
        "1.6 of 2.1",
        "knee falls inward (right), clear, about 6 cm",
        "trunk leans forward, slight, 23°",
        "Rep 2, right, at 3.0 s: about 6 cm",
        "Times in seconds.",
        "It went only 40% of the way.",
        "Knee falls inward In 2 of 3 reps (1, 2), clear. Push your knees out.",
        "Heel comes off the floor: The feet are hidden. Move the camera back.",
        "Another person took the place",
        "15 1:00.0",
    ):
        assert piece in text, piece


def test_of_a_set_that_was_broken_off_nothing_is_made_up() -> None:
    lost = Source("webcam", 0, 0, 0.0, 12.3, 0, 0)
    text = flat(text_of(replace(FULL, source=lost, model="")))
    assert "Recording webcam, 12.3 s " in text
    for piece in ("0x0", "0.0 per second", " 0%", "Person", "model"):
        assert piece not in text, piece


def test_sides_are_shown_where_there_are_sides() -> None:
    both = report(rep(1, side="left"), rep(2, side="right"))
    text = flat(text_of(both, exercise="clamshell"))
    assert "2 reps (1 left, 1 right)" in text
    assert "1 left 4.0" in text
    assert "Left against right Left Right Reps 1 1 Range, typical 105° 105°" in text


def test_the_order_of_what_was_found_is_that_of_the_pages() -> None:
    """What is in most reps need not be what matters most."""
    short = replace(LEAN, id="hold_short", severity="mild", cue="Hold longer.", unit="s")
    found = report(rep(1, short), rep(2, short, VALGUS), rep(3, short, VALGUS))
    for text in (flat(text_of(found)), html_reports([ReportedSet(found, EXERCISES["squat"])])):
        told = text.split("What was found")[1]
        assert told.index("Knee falls inward") < told.index("Hold too short")
    assert "work on next Push your knees out." in flat(text_of(found))


def test_no_fault_is_not_called_good() -> None:
    text = text_of(report(rep(1)))
    assert "No fault was found in what could be assessed." in text
    assert not re.search(r"good|perfect|correct|well done", text, re.IGNORECASE)


def test_nothing_assessed_is_not_called_no_fault() -> None:
    unseen = {rule.id: UNSEEN for rule in EXERCISES["squat"].faults}
    clean = report(rep(1))
    text = text_of(replace(clean, summary=replace(clean.summary, not_assessed=unseen)))
    assert "Nothing about the form could be assessed" in text
    assert "No fault" not in text


def test_a_rep_nothing_of_which_could_be_judged_is_no_clean_rep() -> None:
    every = tuple(NotAssessed(r.id, "Hidden", "Turn") for r in EXERCISES["squat"].faults)
    unseen = flat(text_of(report(replace(rep(1), not_assessed=every))))
    assert "105° not assessed" in unseen
    assert "none found" not in unseen
    assert "105° none found" in flat(text_of(report(replace(rep(1), not_assessed=every[1:]))))


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        (2, 2, "Equal: 2 each"),
        (3, 1, "Not equal: 3 left, 1 right; 2 to go on the right"),
        (0, 2, "Only the right one in this recording; do as many on the left"),
    ],
)
def test_whether_both_sides_did_as_many_is_told(left: int, right: int, words: str) -> None:
    found = report(rep(1), rep(2))
    numbers = replace(found.summary, reps_left=left, reps_right=right, equal_sides=left == right)
    assert words in flat(text_of(replace(found, summary=numbers)))
    assert "right one" not in flat(text_of(found)) and "qual" not in flat(text_of(found))


def test_where_one_side_was_asked_for_one_is_told() -> None:
    asked = Prescription(reps=2)
    done = a_set([rep(n, side="left") for n in (1, 2)], exercise="clamshell")
    for both, told in ((False, "(left)"), (True, "(2 left, 0 right)")):
        kept = adherence(done.reps, asked, EXERCISES["clamshell"], both).parts
        words = flat(text_of(replace(done, adherence=kept), exercise="clamshell"))
        assert told in words and ("do as many on the right" in words) == both


def test_no_rep_no_verdict() -> None:
    assert "nothing to judge" in text_of(report())


def test_colours_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in text_of(FULL, "always")
    assert "\x1b" not in text_of(FULL, "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in text_of(FULL, "auto")
    assert "\x1b[" in text_of(FULL, "always")


def test_colours_change_nothing_but_colours() -> None:
    assert re.sub(r"\x1b\[[0-9;]*m", "", text_of(FULL, "always")).split() == text_of(FULL).split()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    file = Terminal()
    print_report(make_console(file), FULL, EXERCISES["squat"])
    assert "\x1b[" in file.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    file = Terminal()
    print_report(make_console(file), FULL, EXERCISES["squat"])
    assert "\x1b[3" not in file.getvalue()


@pytest.mark.parametrize(
    ("reps", "partials", "line"),
    [
        ((), (), "squat: 0 reps, 0 partials, 0 holds"),
        ((rep(1),), (), "squat: 1 rep, 0 partials, 0 holds"),
        (
            (rep(1, hold_s=2.0), rep(2, hold_s=2.1), rep(3, hold_s=0.04)),
            (rep(1),),
            "squat: 3 reps, 1 partial, 2 holds (4.1 s)",
        ),
    ],
)
def test_the_one_line_form(reps: tuple[Rep, ...], partials: tuple[Rep, ...], line: str) -> None:
    assert count_line(report(*reps, partials=partials)) == line


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(12.4, "deg", "12°"), (1.25, "s", "1.2 s"), (0.153, "shank", "15% shank"), (0.5, "", "0.50")],
)
def test_values_with_units(value: float, unit: str, text: str) -> None:
    assert format_value(value, unit) == text


def test_an_ascii_terminal_can_show_it() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace", newline="\n")
    print_report(make_console(file), FULL, EXERCISES["squat"])
    file.flush()
    assert "knee falls inward" in file.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
