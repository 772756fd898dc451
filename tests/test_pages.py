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

from formcheck.drawing.stills import picture_id
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.history import Circuit, Enrolment, History, SetStart, new_id
from formcheck.live.coached_set import FinishedSet
from formcheck.recordings.analysis import analyze
from formcheck.training.programmes.programme import Programme
from formcheck.web import MAIN_SCRIPT
from formcheck.web.tab_session import CircuitNow, TabSession

RENDERED = Path(__file__).parent / "data" / "rendered"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    return tmp_path


def opened() -> AppTest:
    page = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=300).run()
    assert not page.exception
    return page


def tab_of(page: AppTest) -> TabSession:
    tab = page.session_state["tab"]
    assert isinstance(tab, TabSession)
    return tab


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
    kinds = ("selectbox", "number_input", "radio", "toggle", "segmented_control", "select_slider")
    return next(e for kind in kinds for e in page.get(kind) if e.label == label)


def choose(page: AppTest, exercise: str) -> None:
    ask(page, "Exercise", exercise)


@pytest.fixture(scope="module")
def valgus() -> SetReport:
    return analyze(RENDERED / "squat-00.npz", "squat")


def finished(report: SetReport, set_id: str = "1") -> FinishedSet:
    jpeg = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 90)).save(jpeg, "JPEG")
    return FinishedSet(
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
    assert tab_of(page).setup.exercise == widget(page, "Exercise").value


def test_who_is_new_reads_what_it_is_and_when_to_stop() -> None:
    def seen() -> str:
        return " ".join(str(one.proto.body) for one in opened().get("html"))

    assert all(text in seen() for text in ("What it is not", "When to stop", "<h1>"))
    past = History()
    past.begin_set(SetStart(new_id(), past.profiles()[0].id, "squat", Prescription()))
    past.close()
    assert "When to stop" not in seen() and "<h1" in seen()


def test_what_is_chosen_reaches_the_live_connection() -> None:
    page = opened()
    choose(page, "glute_bridge")
    ask(page, "Reps", 7)
    setup = tab_of(page).setup
    assert (setup.exercise, setup.prescription.reps) == ("glute_bridge", 7)


def test_every_exercise_keeps_its_own_numbers() -> None:
    page = opened()
    choose(page, "squat")
    ask(page, "Reps", 4)
    choose(page, "glute_bridge")
    assert tab_of(page).setup.prescription == EXERCISES["glute_bridge"].prescription
    choose(page, "squat")
    assert tab_of(page).setup.prescription.reps == 4


def test_both_sides_are_asked_only_where_there_are_two() -> None:
    page = opened()
    choose(page, "squat")
    assert not page.toggle
    choose(page, "clamshell")
    assert tab_of(page).setup.both_sides
    ask(page, "Both sides", False)
    assert not tab_of(page).setup.both_sides


def test_settings_are_remembered_for_the_next_visit(own_folders: Path) -> None:
    page = opened()
    ask(page, "Pose model", "lite")
    ask(page, "Distances in", "imperial")
    kept = json.loads((own_folders / "config" / "settings.json").read_text("utf-8"))
    assert (kept["model"], kept["units"]) == ("lite", "imperial")
    again = opened()
    assert widget(again, "Pose model").value == "lite"
    assert widget(again, "Distances in").value == "imperial"
    assert tab_of(again).setup.model == "lite"


def test_two_tabs_have_two_rooms() -> None:
    one, other = opened(), opened()
    assert tab_of(one) is not tab_of(other)
    choose(one, "deadlift")
    assert tab_of(other).setup.exercise != "deadlift"


def test_a_rerun_keeps_the_room_and_asks_for_nothing_new() -> None:
    page = opened()
    tab, setup = tab_of(page), tab_of(page).setup
    page.run()
    assert tab_of(page) is tab
    # The same object: the live connection takes another one for a change.
    assert tab.setup is setup


def test_the_report_appears_when_a_set_is_finished(valgus: SetReport) -> None:
    page = opened()
    before = words(page)
    tab_of(page).add_finished(finished(valgus))
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
    tab = tab_of(page)
    tab.add_finished(finished(valgus))
    clam = analyze(RENDERED / "clamshell-00.npz", "clamshell")
    tab.add_finished(finished(clam, "2"))
    page.run()
    cue = {e: EXERCISES[e].faults for e in ("squat", "clamshell")}
    feet = next(f.cue for f in cue["clamshell"] if f.id == "feet_apart")
    knees = next(f.cue for f in cue["squat"] if f.id == "knee_valgus")
    assert feet in words(page) and knees not in words(page)
    widget(page, "Set").select_index(1).run()
    assert knees in words(page) and feet not in words(page)


# ---------------------------------------------------------------- today's circuit

SHORT = Programme.from_dict(
    {
        "id": "short",
        "name": "Short and sweet",
        "phases": [
            {
                "name": "First weeks",
                "rounds_per_day": [2, 3],
                "items": [
                    {"exercise": "squat", "reps": 3},
                    {"exercise": "clamshell", "reps": 4, "per_side": True},
                ],
            },
            {"name": "Later", "items": [{"exercise": "deadlift", "reps": 5}]},
        ],
    }
)


def shown(page: AppTest) -> dict[str, Any]:
    """What the page hands to its part in the browser."""
    (component,) = page.get("bidi_component")
    data: dict[str, Any] = json.loads(component.proto.json)[0]
    return data


def following(programme: Programme = SHORT) -> tuple[History, Enrolment]:
    """A history in which the first person follows a programme."""
    past = History()
    who = past.profiles()[0] if past.profiles() else past.add_profile("Me")
    return past, past.enrol(who.id, programme.to_dict())


def do_set(past: History, circuit: Circuit, position: int, report: SetReport) -> str:
    """A set of a circuit, with the reps of this report."""
    set_id = new_id()
    past.begin_set(
        SetStart(
            set_id,
            circuit.profile_id,
            report.exercise,
            prescription=Prescription(reps=3),
            circuit_id=circuit.id,
            position=position,
        )
    )
    past.finish_set(set_id, finished(report, set_id), end_reason="target", duration_s=20.0)
    return set_id


def test_without_a_programme_there_is_the_way_to_one() -> None:
    page = opened()
    assert shown(page)["circuit"] is None
    assert any("programme" in link.proto.label.lower() for link in page.get("page_link"))


def test_with_a_programme_the_page_opens_on_todays_circuit() -> None:
    following()
    page = opened()
    circuit = shown(page)["circuit"]
    assert circuit["start"] == "Start today's circuit"
    assert [(i["exercise"], i["state"]) for i in circuit["items"]] == [
        ("squat", "todo"),
        ("clamshell", "todo"),
    ]
    assert "4 on each side" in circuit["items"][1]["dose"]
    assert circuit["round"] == "Phase 1 of 2: First weeks. Round 1 of 2 to 3 today."
    assert set(shown(page)["shown"]) == {"squat", "clamshell"}
    setup = tab_of(page).setup
    assert [one.exercise for one in setup.plan] == ["squat", "clamshell"]
    # The page may be opened and left again: that begins nothing.
    past = History()
    assert past.circuits(setup.profile_id) == ()
    page.run()
    assert tab_of(page).setup is setup


def test_one_exercise_can_be_done_instead() -> None:
    following()
    page = opened()
    ask(page, "What to do", "One exercise")
    choose(page, "deadlift")
    assert shown(page)["circuit"] is None
    assert (tab_of(page).setup.plan, tab_of(page).setup.exercise) == ((), "deadlift")


def test_another_phase_is_another_circuit() -> None:
    past, enrolment = following()
    page = opened()
    past.set_phase(enrolment.id, 1)
    page.run()
    assert [one.exercise for one in tab_of(page).setup.plan] == ["deadlift"]


def test_a_round_begun_earlier_goes_on_or_is_begun_anew(valgus: SetReport) -> None:
    past, enrolment = following()
    circuit = past.begin_circuit(enrolment)
    do_set(past, circuit, 0, valgus)
    page = opened()
    seen = shown(page)["circuit"]
    assert seen["start"] == "Continue today's circuit"
    assert [i["state"] for i in seen["items"]] == ["done", "todo"]
    assert tab_of(page).setup.circuit_id == circuit.id
    next(b for b in page.button if b.label == "Start over").click().run()
    assert not page.exception
    seen = shown(page)["circuit"]
    assert [i["state"] for i in seen["items"]] == ["todo", "todo"]
    assert tab_of(page).setup.circuit_id != circuit.id
    assert past.circuit(circuit.id).end_reason == "stopped"


def test_after_a_round_there_is_its_summary_and_the_next_one(valgus: SetReport) -> None:
    past, enrolment = following()
    page = opened()
    tab = tab_of(page)
    circuit = past.begin_circuit(enrolment, circuit_id=tab.setup.circuit_id)
    squats = do_set(past, circuit, 0, valgus)
    past.skip(circuit.id, 1)
    past.end_circuit(circuit.id, "done")
    tab.circuit = CircuitNow(circuit.id, begun=True, over=True)
    page.run()
    assert not page.exception
    seen = words(page)
    assert "Circuit done" in seen and "Skipped." in seen
    assert f"{len(valgus.reps)} of 3 reps" in seen
    assert "Round 2" in shown(page)["circuit"]["round"]
    # What is answered is kept.
    ask(page, "Any pain in this set?", "Yes")
    assert past.past_set(squats).pain is True
    widget(page, "How much, from 0 to 10?").set_value(3).run()
    assert past.past_set(squats).pain_level == 3
    assert "free of pain" in "".join(e.value for e in page.warning)
    effort = next(e for e in page.get("button_group") if e.label.startswith("How hard"))
    effort.set_value(4).run()
    assert past.circuit(circuit.id).effort == 4


def test_a_history_that_cannot_be_read_does_not_stop_the_coach(own_folders: Path) -> None:
    (own_folders / "data").mkdir()
    (own_folders / "data" / "history.db").write_text("This is no database. " * 500)
    page = opened()
    assert page.error
    assert tab_of(page).setup.exercise == widget(page, "Exercise").value
