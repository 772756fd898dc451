"""The pages' scripts without a browser: what they ask, keep and show."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from formcheck.analysis import analyze
from formcheck.exercise import Prescription
from formcheck.exercises import EXERCISES
from formcheck.report import SetReport
from formcheck.reporting.saved_sets import SavedSet
from formcheck.reporting.stills import picture_id
from formcheck.web import MAIN_SCRIPT
from formcheck.web.rooms import Room

RENDERED = Path(__file__).parent / "data" / "rendered"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    return tmp_path


def opened() -> AppTest:
    page = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=60).run()
    assert not page.exception
    return page


def room_of(page: AppTest) -> Room:
    room = page.session_state["room"]
    assert isinstance(room, Room)
    return room


def words(page: AppTest) -> str:
    """Everything there is to read in the page."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "metric", "info", "success")
    found = [f"{getattr(e, 'label', '')} {e.value}" for kind in kinds for e in page.get(kind)]
    # Backslashes keep Markdown from taking a text's signs for its own.
    return "\n".join(found).replace("\\", "")


def ask(page: AppTest, label: str, value: Any) -> None:
    """Set the widget with this label, and let the page run."""
    widget(page, label).set_value(value).run()
    assert not page.exception


def widget(page: AppTest, label: str) -> Any:
    kinds = ("selectbox", "number_input", "radio", "toggle", "segmented_control")
    return next(e for kind in kinds for e in page.get(kind) if e.label == label)


def choose(page: AppTest, exercise: str) -> None:
    ask(page, "Exercise", exercise)


@pytest.fixture(scope="module")
def valgus() -> SetReport:
    return analyze(RENDERED / "squat-00.npz", "squat")


def finished(report: SetReport, set_id: str = "1") -> SavedSet:
    jpeg = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 90)).save(jpeg, "JPEG")
    return SavedSet(
        set_id,
        datetime(2026, 1, 2, 18, 45),
        report,
        Prescription(reps=3),
        {picture_id(r, f): jpeg.getvalue() for r in report.reps for f in r.faults},
    )


# --------------------------------------------------------------------- the coach


def test_the_coach_offers_every_exercise_by_name() -> None:
    page = opened()
    assert widget(page, "Exercise").options == [e.name for e in EXERCISES.values()]
    assert room_of(page).setup.exercise == widget(page, "Exercise").value


def test_what_is_chosen_reaches_the_live_connection() -> None:
    page = opened()
    choose(page, "glute_bridge")
    ask(page, "Reps", 7)
    setup = room_of(page).setup
    assert (setup.exercise, setup.prescription.reps) == ("glute_bridge", 7)


def test_every_exercise_keeps_its_own_numbers() -> None:
    page = opened()
    choose(page, "squat")
    ask(page, "Reps", 4)
    choose(page, "glute_bridge")
    assert room_of(page).setup.prescription == EXERCISES["glute_bridge"].prescription
    choose(page, "squat")
    assert room_of(page).setup.prescription.reps == 4


def test_both_sides_are_asked_only_where_there_are_two() -> None:
    page = opened()
    choose(page, "squat")
    assert not page.toggle
    choose(page, "clamshell")
    assert room_of(page).setup.both_sides
    ask(page, "Both sides", False)
    assert not room_of(page).setup.both_sides


def test_settings_are_remembered_for_the_next_visit(own_folders: Path) -> None:
    page = opened()
    ask(page, "Pose model", "lite")
    ask(page, "Distances in", "imperial")
    kept = json.loads((own_folders / "config" / "settings.json").read_text("utf-8"))
    assert (kept["model"], kept["units"]) == ("lite", "imperial")
    again = opened()
    assert widget(again, "Pose model").value == "lite"
    assert widget(again, "Distances in").value == "imperial"
    assert room_of(again).setup.model == "lite"


def test_two_tabs_have_two_rooms() -> None:
    one, other = opened(), opened()
    assert room_of(one) is not room_of(other)
    choose(one, "deadlift")
    assert room_of(other).setup.exercise != "deadlift"


def test_a_rerun_keeps_the_room_and_asks_for_nothing_new() -> None:
    page = opened()
    room, setup = room_of(page), room_of(page).setup
    page.run()
    assert room_of(page) is room
    # The same object: the live connection takes another one for a change.
    assert room.setup is setup


def test_the_report_appears_when_a_set_is_finished(valgus: SetReport) -> None:
    page = opened()
    before = words(page)
    room_of(page).add_finished(finished(valgus))
    page.run()
    assert not page.exception
    seen = words(page)
    rule = next(f for f in EXERCISES["squat"].faults if f.id == "knee_valgus")
    assert rule.cue in seen and rule.cue not in before
    assert any(
        m.label == "Reps" and m.value.split()[0] == str(valgus.summary.reps) for m in page.metric
    )
    assert page.get("image"), "the picture of the worst moment"


def test_an_earlier_set_of_the_tab_can_be_looked_at_again(valgus: SetReport) -> None:
    page = opened()
    room = room_of(page)
    room.add_finished(finished(valgus))
    clam = analyze(RENDERED / "clamshell-00.npz", "clamshell")
    room.add_finished(finished(clam, "2"))
    page.run()
    cue = {e: EXERCISES[e].faults for e in ("squat", "clamshell")}
    feet = next(f.cue for f in cue["clamshell"] if f.id == "feet_apart")
    knees = next(f.cue for f in cue["squat"] if f.id == "knee_valgus")
    assert feet in words(page) and knees not in words(page)
    widget(page, "Set").select_index(1).run()
    assert knees in words(page) and feet not in words(page)
