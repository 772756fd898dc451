"""The privacy page says what is true on this computer, and deletes what it says it deletes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import streamlit as st
from reported import a_set, rep
from streamlit.testing.v1 import AppTest

import formcheck
from formcheck.engine.exercise import Prescription
from formcheck.history import History, SetStart, new_id
from formcheck.live.coached_set import FinishedSet

PAGE = Path(formcheck.__file__).parent / "web" / "pages" / "privacy.py"
FACE = b"\xff\xd8\xffthe-face" * 3000


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    yield tmp_path
    st.cache_resource.clear()


def page() -> AppTest:
    shown = AppTest.from_file(str(PAGE), default_timeout=300).run()
    assert not shown.exception
    return shown


def words(shown: AppTest | None = None) -> str:
    kinds = ("title", "header", "markdown", "code", "error")
    shown = shown or page()
    return "\n".join(element.value for kind in kinds for element in shown.get(kind))


def train(history: History, name: str, sets: int) -> None:
    person = history.add_profile(name)
    now = datetime.now().astimezone()
    for _ in range(sets):
        done = FinishedSet(new_id(), now, a_set([rep(1)]), Prescription(), {"rep001_top": FACE})
        history.begin_set(
            SetStart(done.id, person.id, "squat", prescription=Prescription(), when=now)
        )
        history.finish_set(done.id, done, end_reason="target", duration_s=5)


def test_it_names_the_files_that_are_really_used(own_folders: Path) -> None:
    text = words()
    for file in ("data/history.db", "data/unsaved", "config/settings.json"):
        assert str(own_folders / file) in text
    assert (own_folders / "data" / "history.db").is_file()


def test_of_a_server_it_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://someone:geheim@127.0.0.1:9/formcheck"
    monkeypatch.setenv("FORMCHECK_DATABASE", url)
    text = words()
    assert "formcheck on 127.0.0.1:9" in text and "geheim" not in text


def test_it_counts_the_sets_of_everybody() -> None:
    assert "There are no sets now" in words()
    history = History()
    train(history, "Anna", 1)
    assert "There is 1 set now" in words()
    train(history, "Ben", 2)
    assert "There are 3 sets now" in words()
    history.close()


def test_everything_is_deleted_once_one_is_sure(own_folders: Path) -> None:
    history = History()
    train(history, "Anna", 2)
    waiting = own_folders / "data" / "unsaved" / "x.json"
    waiting.parent.mkdir()
    waiting.write_text("{}")
    shown = page()
    assert any("the-face" in f.read_bytes().decode("latin-1") for f in files(own_folders))
    assert shown.button[0].label == "Delete everything now" and shown.button[0].disabled
    shown.checkbox[0].check().run()
    assert len(history.sets(history.profiles()[0].id)) == 2
    shown.button[0].click().run()
    assert not shown.exception and "There are no sets now" in words(shown)
    assert history.profiles() == () and not waiting.exists()
    history.close()
    assert not any("the-face" in f.read_bytes().decode("latin-1") for f in files(own_folders))


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize(("counted", "says"), [(False, "are off"), (True, "are on")])
def test_it_says_whether_usage_statistics_are_sent(
    counted: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = st.get_option

    def instead(name: str) -> object:
        return counted if name == "browser.gatherUsageStats" else option(name)

    monkeypatch.setattr(st, "get_option", instead)
    assert f"its usage statistics {says}" in words()


def test_a_history_that_cannot_be_opened_is_told(own_folders: Path) -> None:
    (own_folders / "data").write_text("a file where the folder should be")
    shown = page()
    assert str(own_folders / "data" / "history.db") in shown.error[0].value
    assert not shown.checkbox
    assert "When you pass something on" in words(shown)


def test_what_the_libraries_send_is_said_and_not_denied() -> None:
    text = words()
    assert "metrics" in text and "NOTICE" in text
    for untrue in ("nothing leaves", "never leaves", "100%", "completely private"):
        assert untrue not in text.lower()
