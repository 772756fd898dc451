"""The history page: what was done, how it changes, one set, its files, and deleting."""

from __future__ import annotations

import io
import json
import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image
from reported import a_set, fault, rep, unseen
from streamlit.testing.v1 import AppTest

from formcheck.drawing.stills import picture_id
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.history import History, Profile, SetStart, new_id
from formcheck.history.export import write_json
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.web import MAIN_SCRIPT

NOW = datetime.now().astimezone().replace(hour=12, minute=30)
ASKED = Prescription(reps=10, hold_s=4.0)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FORMCHECK_DATABASE", raising=False)
    return tmp_path


def clamshells(
    history: History,
    who: Profile,
    *,
    days_ago: int = 0,
    rolled: int = 0,
    circuit_id: str | None = None,
) -> str:
    """Keep a finished set of 10 clamshells on each side; rolled: reps with rolling hips."""
    when = NOW - timedelta(days=days_ago)
    roll = fault("pelvic_rotation", exercise="clamshell", value=20.0)
    missing = unseen("clamshell", "range_too_large")
    reps = [
        rep(
            n,
            *([roll] if n <= rolled else []),
            side="left" if n <= 10 else "right",
            missing=missing,
            hold_s=5.0,
            rom_deg=40.0 if n <= 10 else 30.0,
        )
        for n in range(1, 21)
    ]
    jpeg = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 90)).save(jpeg, "JPEG")
    pictures = {picture_id(r, f): jpeg.getvalue() for r in reps[:3] for f in r.faults}
    set_id = new_id()
    history.begin_set(
        SetStart(set_id, who.id, "clamshell", prescription=ASKED, circuit_id=circuit_id, when=when)
    )
    report = a_set(reps, exercise="clamshell")
    history.finish_set(
        set_id,
        FinishedSet(set_id, when, report, ASKED, pictures),
        end_reason="done",
        duration_s=120.0,
        when=when + timedelta(minutes=2),
    )
    return set_id


@pytest.fixture
def past() -> History:
    return History()


@pytest.fixture
def me(past: History) -> Profile:
    return past.add_profile("Me")


def opened(view: str = "Exercises", **query: str) -> AppTest:
    page = AppTest.from_file(str(MAIN_SCRIPT.with_name("history.py")), default_timeout=300)
    page.session_state["history-view"] = view
    for name, value in query.items():
        page.query_params[name] = value
    return fine(page.run())


def fine(page: AppTest) -> AppTest:
    assert not page.exception, page.exception[0].message
    return page


def words(page: AppTest) -> str:
    """Everything there is to read in the page."""
    kinds = (
        *("title", "header", "subheader", "markdown", "caption", "metric", "info", "success"),
        *("warning", "error", "button"),
    )
    found = [
        f"{getattr(e, 'label', '')} {e.value} {getattr(e, 'delta', '')}"
        for kind in kinds
        for e in page.get(kind)
    ]
    return "\n".join(found).replace("\\", "")


def press(page: AppTest, label: str) -> None:
    next(b for b in page.button if label in b.label.replace("\\", "")).click().run()
    fine(page)


def choose(page: AppTest, label: str, value: Any) -> None:
    boxes = [*page.get("segmented_control"), *page.get("selectbox"), *page.get("select_slider")]
    boxes += page.get("button_group")
    next(b for b in boxes if b.label == label).set_value(value).run()
    fine(page)


def tile(page: AppTest, label: str) -> str:
    return next(f"{m.value}, {m.delta}" for m in page.metric if m.label == label)


def charts(page: AppTest) -> list[Any]:
    return [one.proto for one in page.get("vega_lite_chart")]


def drawn(chart: Any) -> list[dict[str, Any]]:
    """All that a chart draws: the rows of its data."""
    tables = [one.data for one in chart.datasets] or [chart.data]
    return [
        {name: value for name, value in row.items() if value is not None}
        for table in tables
        if table.data
        for row in pa.ipc.open_stream(table.data).read_all().to_pylist()
    ]


# --------------------------------------------------------------------- empty


def test_who_has_not_trained_yet_is_told_where_to_begin() -> None:
    # Among the other pages: it links to them.
    page = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=300)
    fine(page.switch_page("history.py").run())
    assert "no set here yet" in words(page)
    targets = [link.proto.page for link in page.get("page_link")]
    assert targets == ["programme", ""] and not page.metric


def test_a_period_without_a_set_says_to_choose_a_longer_one(past: History, me: Profile) -> None:
    clamshells(past, me, days_ago=60)
    page = opened()
    choose(page, "Period", "4 weeks")
    assert "no set in the last 4 weeks" in words(page)
    choose(page, "Period", "All of it")
    assert "no set" not in words(page)
    assert len(charts(page)) > 1


# ---------------------------------------------------------------- with a past


def test_this_week_is_in_numbers_beside_the_last(past: History, me: Profile) -> None:
    clamshells(past, me)
    clamshells(past, me)
    clamshells(past, me, days_ago=7)
    page = opened()
    assert tile(page, "Days this week") == "1, last week 1"
    assert tile(page, "Sets this week") == "2, last week 1"
    assert tile(page, "Reps this week") == "40, last week 20"
    assert tile(page, "Held this week") == "3:20 min, last week 1:40 min"
    assert tile(page, "Days in a row") == "1, longest 1"


def test_rounds_are_counted_against_what_the_programme_asks(past: History, me: Profile) -> None:
    programme = PROGRAMMES["glutes_3phase"]
    enrolment = past.enrol(me.id, programme.to_dict(), when=NOW - timedelta(minutes=5))
    for _ in range(2):
        circuit = past.begin_circuit(enrolment, when=NOW)
        clamshells(past, me, circuit_id=circuit.id)
        past.end_circuit(circuit.id, "done", when=NOW + timedelta(minutes=9))
    page = opened()
    least, most = programme.phases[0].rounds_per_day
    assert tile(page, "Rounds this week") == f"2, target so far {least}-{most}"
    today = [row for row in drawn(charts(page)[0]) if row["sets"] == "2"]
    assert today and "2 rounds to the end" in today[0]["what"]
    choose(page, "View", "Sets")
    assert f"Round of {programme.phases[0].name} · 9 min" in words(page)


def test_an_exercise_is_followed_over_the_weeks(past: History, me: Profile) -> None:
    clamshells(past, me, days_ago=21, rolled=18)
    clamshells(past, me, days_ago=21, rolled=18)
    clamshells(past, me, rolled=1)
    page = opened()
    _, reps, range_of, held, sides, *faults = charts(page)
    by_side = {(row["side"], row["value"]) for row in drawn(reps)}
    assert by_side == {("Left", 10), ("Right", 10), ("Left", 20), ("Right", 20)}
    assert {row["value"] for row in drawn(held)} == {1.7, 3.3}
    assert {(row["side"], row["value"]) for row in drawn(range_of)} == {("Left", 40), ("Right", 30)}
    assert [row["value"] for row in drawn(sides)] == pytest.approx([75, 75])
    rolled = sorted(drawn(faults[0]), key=lambda row: row["at"])
    assert rolled[0]["what"] == "36 of 40 reps"
    assert all(row["low"] <= row["value"] <= row["high"] for row in rolled if "low" in row)
    assert len(faults) == 1
    seen = words(page)
    assert "Hips roll: less often than 3 weeks ago" in seen
    too_far = next(r for r in EXERCISES["clamshell"].faults if r.id == "range_too_large")
    assert f"{too_far.title[1:]}, 60 of 60 reps" in seen.replace("**", "")
    assert too_far.remedy in seen


def test_a_chart_has_its_unit_once_and_its_numbers_in_words(past: History, me: Profile) -> None:
    clamshells(past, me, rolled=3)
    page = opened()
    own = ("Reps by week", "Range of motion, degrees", "Minutes held by week", "Left against right")
    seen = words(page)
    for chart, title in zip(charts(page)[1:], (*own, "Hips roll"), strict=True):
        assert title in seen and title in chart.alt
        assert re.search(r"[0-9]+ \w+: [0-9.]+", chart.alt)
        for layer in json.loads(chart.spec)["layer"]:
            y = layer["encoding"]["y"]
            assert y["title"] == ("Reps with it, %" if title == "Hips roll" else None)
            assert y["axis"]["titleAngle"] == layer["encoding"]["x"]["axis"]["labelAngle"] == 0


# --------------------------------------------------------------------- one set


def test_a_set_opens_from_the_list_with_its_report_and_has_a_link(
    past: History, me: Profile
) -> None:
    set_id = clamshells(past, me, rolled=3)
    page = opened("Sets")
    press(page, "Clamshell** · 10 left, 10 right")
    assert page.query_params["set"] in (set_id, [set_id])
    seen = words(page)
    assert "Every rep" in seen and len(page.get("image")) >= 2
    again = opened(set=set_id)
    assert "Every rep" in words(again)
    press(again, "All sets")
    assert "set" not in again.query_params
    assert again.metric and "Every rep" not in words(again)


def test_pain_and_a_note_can_be_added_later(past: History, me: Profile) -> None:
    set_id = clamshells(past, me)
    page = opened(set=set_id)
    choose(page, "Any pain in this set?", "Yes")
    assert past.past_set(set_id).pain is True
    choose(page, "How much, from 0 to 10?", 3)
    assert past.past_set(set_id).pain_level == 3
    assert "hurt 3 of 10" in words(page) and "physiotherapist" in words(page)
    choose(page, "Any pain in this set?", "No")
    kept = past.past_set(set_id)
    assert (kept.pain, kept.pain_level) == (False, None)
    next(a for a in page.text_area if a.label == "Note").set_value(" New band. ").run()
    press(page, "Save the note")
    assert past.past_set(set_id).note == "New band."
    press(page, "All sets")
    choose(page, "View", "Sets")
    assert "note]" in words(page) and "hurt" not in words(page)


def test_a_set_that_was_broken_off_shows_what_was_kept(past: History, me: Profile) -> None:
    set_id = new_id()
    past.begin_set(
        SetStart(set_id, me.id, "squat", prescription=ASKED, when=NOW - timedelta(hours=2))
    )
    past.add_rep(set_id, rep(1), when=NOW - timedelta(hours=2))
    past.mark_broken_off(set_id)
    page = opened("Sets")
    assert "broken off" in words(page)
    press(page, "Squat** · 1 rep")
    assert "Every rep" in words(page) and "broken off" in words(page)


def test_a_set_can_be_deleted_for_good(past: History, me: Profile) -> None:
    set_id, other = clamshells(past, me), clamshells(past, me)
    page = opened(set=set_id)
    press(page, "Delete it for good")
    assert not past.has_set(set_id) and past.has_set(other)
    assert "was deleted" in words(page) and "set" not in page.query_params
    assert tile(page, "Sets this week").startswith("1,")


def test_a_link_to_nothing_or_to_another_person_shows_no_set(past: History, me: Profile) -> None:
    other = past.add_profile("Anna")
    hers = clamshells(past, other)
    page = opened(set=hers)
    assert "another person" in words(page) and "Every rep" not in words(page)
    page = opened(set="../../etc/passwd")
    assert page.error and "Every rep" not in words(page)


# ------------------------------------------------------------------ new writes


def test_what_another_window_writes_is_there_at_the_next_click(past: History, me: Profile) -> None:
    first = clamshells(past, me)
    page = opened()
    assert tile(page, "Sets this week").startswith("1,")
    clamshells(past, me)
    assert tile(fine(page.run()), "Sets this week").startswith("2,")
    choose(page, "View", "Sets")
    past.note(first, "From the other window.")
    assert "note]" in words(fine(page.run()))
    past.answer_pain(first, True, 2)
    assert "hurt 2 of 10" in words(fine(page.run()))


# -------------------------------------------------------------- damage, faults


def test_a_database_that_cannot_be_read_is_said_and_tried_again(
    past: History, me: Profile, own_folders: Path
) -> None:
    clamshells(past, me)
    past.close()
    file = own_folders / "data" / "history.db"
    whole = file.read_bytes()
    for name in own_folders.joinpath("data").glob("history.db-*"):
        name.unlink()
    file.write_bytes(b"This is no database." * 100)
    page = opened()
    assert "history.db" in page.error[0].value and not page.metric
    file.write_bytes(whole)
    press(page, "Try again")
    assert not page.error
    assert tile(page, "Sets this week").startswith("1,")


def test_a_damaged_set_hides_nothing_else(past: History, me: Profile, own_folders: Path) -> None:
    broken, _ = clamshells(past, me), clamshells(past, me)
    with sqlite3.connect(own_folders / "data" / "history.db") as file:
        file.execute("UPDATE rep SET data = '{' WHERE set_id = ?", (broken,))
    page = opened()
    assert tile(page, "Reps this week").startswith("20,")
    choose(page, "View", "Sets")
    assert "damaged" in words(page)
    page = opened(set=broken)
    assert page.error
    press(page, "Delete it for good")
    assert not past.has_set(broken)


# ----------------------------------------------------------------------- files


def test_a_copy_can_be_made_in_every_form(past: History, me: Profile) -> None:
    clamshells(past, me)
    page = opened("Export and share")
    for form, ending in (("csv", "zip"), ("json", "json"), ("db", "db")):
        choose(page, "As", form)
        press(page, "Make the file")
        links = [link.proto.url for link in page.get("link_button")]
        assert links and f".{ending}?download" in links[-1]
    assert not page.error


def test_a_copy_is_taken_in_with_a_sentence_and_a_wrong_file_is_refused(
    past: History, me: Profile, own_folders: Path
) -> None:
    set_id, _ = clamshells(past, me), clamshells(past, me)
    write_json(past, own_folders / "copy.json", me.id)
    past.delete_set(set_id)
    page = opened("Export and share")

    def upload(name: str, content: bytes) -> None:
        page.get("file_uploader")[0].set_value((name, content, "application/json")).run()
        press(page, "Import")

    upload("shopping.json", b'{"eggs": 12}')
    assert "shopping.json" in page.error[0].value and "/tmp" not in page.error[0].value
    assert not past.has_set(set_id)
    upload("copy.json", (own_folders / "copy.json").read_bytes())
    assert "Imported 1 set for Me" in words(page) and past.has_set(set_id)
    assert tile(page, "Sets this week").startswith("2,")


def test_the_sheet_for_the_physiotherapist_is_made_to_be_printed(
    past: History, me: Profile
) -> None:
    clamshells(past, me)
    page = opened("Export and share")
    assert not page.get("iframe")
    press(page, "Make the sheet")
    sheet = page.get("iframe")[0].proto.srcdoc
    assert "Clamshell" in sheet and "<script" not in sheet
    assert any(
        "summary" in link.proto.url or ".html" in link.proto.url for link in page.get("link_button")
    )


def test_a_person_goes_only_when_the_name_is_typed(past: History, me: Profile) -> None:
    clamshells(past, me)
    anna = past.add_profile("Anna")
    kept = clamshells(past, anna)
    page = opened("Export and share")
    confirm = next(t for t in page.text_input if t.label.endswith("name: Me"))
    confirm.set_value("me")
    press(page, "Delete for good")
    assert "Nothing was deleted" in words(page) and len(past.profiles()) == 2
    next(t for t in page.text_input if t.label.endswith("name: Me")).set_value("Me")
    press(page, "Delete for good")
    assert past.profiles() == (anna,) and past.has_set(kept)
    assert "Me and all sets were deleted" in words(page)
