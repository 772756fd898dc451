"""The page of programmes: followed, changed, built, brought as a file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reported import a_set, rep
from streamlit.testing.v1 import AppTest

from formcheck.engine.exercises import EXERCISES
from formcheck.history import Enrolment, History, SetStart, new_id
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.plan import plan_circuit
from formcheck.training.programmes.programme import Programme
from formcheck.training.programmes.reading import read_programme
from formcheck.training.programmes.sending import link
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.web import MAIN_SCRIPT
from formcheck.web.profile_picker import history, profile_of_tab
from formcheck.web.programme_builder import free_id
from formcheck.web.programme_view import programme_html

PAGE = MAIN_SCRIPT.parent / "programme.py"
FILE = b"""\
id: mine
name: My *own* <b>
phases:
  - name: First
    items:
      - exercise: glute_bridge
        reps: 2
  - name: Second
    items:
      - exercise: squat
"""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FORMCHECK_DATABASE", raising=False)


def opened() -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=300).run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    kinds = ("title", "header", "markdown", "caption", "success", "error", "warning", "code")
    found = "\n".join(str(e.value) for kind in kinds for e in page.get(kind))
    return re.sub(r"\\(.)", r"\1", found)


def press(page: AppTest, label: str) -> None:
    next(b for b in page.button if re.sub(r"\\(.)", r"\1", b.label) == label).click().run()
    assert not page.exception


def fill(page: AppTest, label: str, value: Any, which: int = 0) -> None:
    kinds = ("selectbox", "number_input", "text_input", "toggle", "radio")
    boxes = [e for kind in kinds for e in page.get(kind) if e.label == label]
    boxes[which].set_value(value).run()
    assert not page.exception


def show(page: AppTest, programme: str) -> None:
    page.button_group(key="programme").set_value(programme).run()
    assert not page.exception


def upload(page: AppTest, data: bytes, name: str = "mine.yaml") -> None:
    page.file_uploader[0].set_value((name, data, "application/yaml")).run()
    assert not page.exception


def followed() -> Enrolment | None:
    return history().enrolment(profile_of_tab(history()).id)


# ------------------------------------------------------------------------- following


def test_a_programme_is_followed_changed_and_left() -> None:
    page = opened()
    press(page, "Follow this programme")
    enrolment = followed()
    assert enrolment is not None
    assert Programme.from_dict(enrolment.programme) == PROGRAMMES["glutes_3phase"]
    assert "You follow Glutes in three phases" in words(page)
    assert "today 0 of 2 to 3 rounds done" in words(page)
    for reason in ("done", "stopped"):
        history().end_circuit(history().begin_circuit(enrolment).id, reason)
    history().begin_circuit(enrolment)
    assert "today 1 of 2 to 3 rounds done" in words(page.run())
    fill(page, "Go to", 2)
    press(page, "Yes, go to phase 3")
    assert followed() is not None and followed().phase == 2
    assert "Phase 3 of 3" in words(page)
    show(page, "pt_long_glute_med")
    assert "You follow Glutes in three phases now. That ends" in words(page)
    press(page, "Yes, follow this one")
    assert followed() is not None and followed().programme["id"] == "pt_long_glute_med"
    press(page, "Yes, stop following it")
    assert followed() is None


def did_a_round(past: History, enrolment: Enrolment, day: int, *, hurt: bool | None) -> None:
    when = datetime(2026, 3, day, 8, tzinfo=UTC)
    circuit = past.begin_circuit(enrolment, when=when)
    for planned in plan_circuit(Programme.from_dict(enrolment.programme).phases[enrolment.phase]):
        report = a_set([rep(0), rep(1)], exercise=planned.exercise)
        name = new_id()
        past.begin_set(
            SetStart(
                name,
                enrolment.profile_id,
                planned.exercise,
                prescription=planned.prescription,
                circuit_id=circuit.id,
                position=planned.position,
                when=when,
            )
        )
        finished = FinishedSet(name, when, report, planned.prescription, {})
        past.finish_set(name, finished, end_reason="target", duration_s=10)
        past.answer_pain(name, hurt)
    past.end_circuit(circuit.id, "done", when=when)
    past.answer_effort(circuit.id, 3)


def test_the_next_phase_is_suggested_unless_it_hurts_and_never_begun_by_itself() -> None:
    page = opened()
    upload(page, FILE)
    press(page, "Save")
    press(page, "Follow this programme")
    begun = followed()
    assert begun is not None
    enrolment = history().enrol(
        begun.profile_id, begun.programme, when=datetime(2026, 3, 1, tzinfo=UTC)
    )
    did_a_round(history(), enrolment, 2, hurt=False)
    assert "goals met for the next phase" in words(page.run())
    assert not any("Go on to" in b.label for b in page.button)
    for day in (2, 3):
        did_a_round(history(), enrolment, day, hurt=False)
    assert "met every goal" in words(page.run())
    assert followed() == enrolment
    did_a_round(history(), enrolment, 4, hurt=True)
    page.run()
    assert "physiotherapist" in page.warning[0].value
    assert not any("Go on to" in b.label for b in page.button)
    for day in (5, 6, 7):
        did_a_round(history(), enrolment, day, hurt=False)
    page.run()
    press(page, "Go on to phase 2: Second")
    assert followed() is not None and followed().phase == 1


# ------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_what_formcheck_filled_in_is_marked_and_nothing_else(programme: Programme) -> None:
    html = programme_html(programme)
    for phase in programme.phases:
        for item in phase.items:
            assert EXERCISES[item.exercise].name in html
    marked = re.findall(r'class="fc-ours"[^>]*>([^<]*)</span>', html)
    assert all(words.endswith("†") for words in marked[1:])
    plain = re.findall(r"<span>([^<]*)</span>", html)
    if programme.id == "glutes_3phase":
        assert {"2 s up†", "2 s down†", "2.5 s a letter†", "at least 2 min†"} <= set(marked)
        assert {"hold 10 s", "3 s up", "on each side", "2-3 rounds a day"} <= set(plain)
        # Rounds are the article's in the first phase, ours in the two others.
        assert marked.count("2-3 rounds a day†") == 2
    if programme.id == "nine_glute_med":
        assert "10" not in plain and "10†" in marked


def test_the_phase_one_is_in_is_told_in_words() -> None:
    programme = PROGRAMMES["glutes_3phase"]
    html = programme_html(programme, 1)
    assert html.index("Phase 2") < html.index("You are here") < html.index("Phase 3")
    assert "You are here" not in programme_html(programme)


def test_an_own_programme_is_shown_as_text_and_without_a_legend() -> None:
    html = programme_html(read_programme(FILE.replace(b"First", b"<script>"), "mine.yaml"))
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "†" not in html


def test_an_item_shows_how_it_is_done_and_how_not() -> None:
    html = programme_html(read_programme(FILE, "mine.yaml"))
    done, wrong = re.findall(r'<img src="([^"]+)" loading="lazy" alt="Squat: ([^"]+)"', html)
    assert done[1] == "done well" and wrong[1] == "knee falls inward"
    assert done[0].endswith("/squat.webp") and wrong[0].endswith("/squat.knee_valgus.webp")
    # Streamlit would leave an <svg> out.
    assert "data:image/svg+xml,%3Csvg" in html and "<svg" not in html
    assert f'srcset="{done[0].removesuffix(".webp")}.still.webp"' in html
    assert "Not like this: hips stay too low" in html and "Where the camera goes" in html


# ---------------------------------------------------------------------------- one's own


def test_a_file_is_kept_and_comes_first_to_sight() -> None:
    page = opened()
    upload(page, FILE)
    assert "My *own* <b> is valid" in words(page)
    press(page, "Save")
    assert [data["id"] for data in history().own_programmes()] == ["mine"]
    assert page.session_state["programme"] == "mine"
    assert "You already have " in words(page)
    upload(page, FILE.replace(b"reps: 2", b"reps: 3"))
    press(page, "Replace My *own* <b> with it")
    (data,) = history().own_programmes()
    assert Programme.from_dict(data).phases[0].items[0].reps == 3


def test_a_file_is_followed_with_one_click() -> None:
    page = opened()
    upload(page, FILE)
    press(page, "Follow it")
    enrolment = followed()
    assert enrolment is not None and enrolment.programme["id"] == "mine"
    assert [data["id"] for data in history().own_programmes()] == ["mine"]
    assert "You follow it." in words(page)


@pytest.mark.parametrize(
    "sent", [PROGRAMMES["nine_glute_med"], read_programme(FILE, "mine.yaml")], ids=lambda p: p.id
)
def test_a_link_is_followed_with_one_click(sent: Programme) -> None:
    history().enrol(profile_of_tab(history()).id, PROGRAMMES["glutes_3phase"].to_dict())
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params["programme"] = link(sent).partition("=")[2]
    page.run()
    assert not page.exception and page.title[0].value == "A programme for you"
    assert "Following this one ends that" in words(page)
    press(page, "Follow it")
    enrolment = followed()
    assert enrolment is not None and enrolment.programme == sent.to_dict()
    assert page.title[0].value == "Programme" and "programme" not in page.query_params


def test_a_link_that_is_cut_short_is_told() -> None:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.query_params["programme"] = link(PROGRAMMES["nine_glute_med"])[60:200]
    page.run()
    assert not page.exception and "not whole" in page.error[0].value
    press(page, "All programmes")
    assert page.title[0].value == "Programme"


def test_reminders_are_of_the_rounds_that_are_asked_for() -> None:
    history().enrol(profile_of_tab(history()).id, PROGRAMMES["glutes_3phase"].to_dict())
    page = opened()
    assert [box.label for box in page.time_input] == ["Round 1", "Round 2", "Round 3"]
    fill(page, "Rounds a day", 0)
    assert not page.time_input
    page.button_group[0].set_value([]).run()
    assert "Choose at least one day." in words(page)


def test_what_is_wrong_with_a_file_is_told_with_its_lines_and_nothing_kept() -> None:
    page = opened()
    upload(page, FILE.replace(b"squat", b"sqat").replace(b"reps: 2", b"reps: two"))
    text = words(page)
    assert "mine.yaml, line 7: 'reps' must be a whole number, not 'two'" in text
    assert "mine.yaml, line 10: there is no exercise 'sqat'; did you mean 'squat'?" in text
    upload(page, FILE.replace(b"id: mine", b"id: glutes_3phase"))
    assert "one of formcheck's programmes" in words(page)
    assert history().own_programmes() == ()


def test_a_programme_is_built_edited_and_deleted() -> None:
    page = opened()
    press(page, "Build one")
    press(page, "Back without saving")
    assert history().own_programmes() == () and page.title[0].value == "Programme"
    press(page, "Build one")
    press(page, "Save this programme")
    assert "Give the programme a name." in words(page)
    fill(page, "Name of the programme", "Mornings, short!")
    fill(page, "Exercise 1", "single_leg_abc")
    fill(page, "Letters", 5)
    press(page, "Add an exercise")
    fill(page, "Reps", 7)
    fill(page, "Hold, s", 2.5)
    fill(page, "Rounds from", 2)
    press(page, "Save this programme")
    assert "Phase 1: 'rounds_per_day' goes from the least to the most" in words(page)
    fill(page, "to, a day", 3)
    press(page, "Save this programme")
    (data,) = history().own_programmes()
    (phase,) = Programme.from_dict(data).phases
    assert data["id"] == "mornings_short" and phase.rounds_per_day == (2, 3)
    letters, clams = phase.items
    assert (letters.exercise, letters.letters, letters.per_side) == ("single_leg_abc", 5, True)
    assert (clams.exercise, clams.reps, clams.hold_s) == ("clamshell", 7, 2.5)
    press(page, "Edit")
    next(b for b in page.button if (b.key or "").startswith("earlier-")).click().run()
    press(page, "Add a phase")
    press(page, "Save this programme")
    (data,) = history().own_programmes()
    first, second = Programme.from_dict(data).phases
    assert [item.exercise for item in first.items] == ["clamshell", "single_leg_abc"]
    assert data["id"] == "mornings_short" and second.items[0].exercise == "clamshell"
    press(page, "Yes, delete it")
    assert history().own_programmes() == ()


def test_a_copy_of_a_built_in_one_is_ones_own_and_leaves_that_as_it_is() -> None:
    page = opened()
    press(page, "Make it mine")
    fill(page, "Reps", 12)
    press(page, "Save this programme")
    (data,) = history().own_programmes()
    mine, theirs = Programme.from_dict(data), PROGRAMMES["glutes_3phase"]
    assert data["id"] == "glutes_in_three_phases_mine"
    assert mine.phases[0].items[0].reps == 12
    assert mine.phases[0].items[0].concentric_s == 2
    assert not mine.phases[0].items[0].ours
    assert mine.phases[1].items[1].prescription == theirs.phases[1].items[1].prescription
    assert mine.phases[0].round_rest_s == 120


def test_an_own_programme_that_cannot_be_read_any_more_is_told() -> None:
    data = read_programme(FILE, "mine.yaml").to_dict()
    data["phases"][0]["items"][0]["exercise"] = "gone"
    past = history()
    past.enrol(profile_of_tab(past).id, data)
    past.save_programme(data)
    page = opened()
    assert "phase 1, exercise 1: there is no exercise 'gone'" in page.warning[0].value.replace(
        "\\", ""
    )
    assert "there is no exercise 'gone'" in page.error[0].value.replace("\\", "")
    press(page, "Yes, stop following it")
    press(page, "Follow this programme")


@pytest.mark.parametrize(
    ("name", "made"),
    [("Evening, 2!", "evening_2"), ("3 moves", "own_3_moves"), ("朝", "own"), ("Taken", "taken_2")],
)
def test_an_id_is_made_of_the_name(name: str, made: str) -> None:
    assert free_id(name, {"taken"}) == made
