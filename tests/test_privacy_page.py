"""The privacy page says what is true on this computer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import formcheck
from formcheck.analysis import analyze
from formcheck.reporting.saved_sets import SavedSets

PAGE = Path(formcheck.__file__).parent / "web" / "pages" / "privacy.py"
RENDERED = Path(__file__).parent / "data" / "rendered"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    return tmp_path


def words() -> str:
    page = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert not page.exception
    kinds = ("title", "header", "markdown", "code")
    return "\n".join(element.value for kind in kinds for element in page.get(kind))


def test_it_names_the_folders_that_are_really_used(own_folders: Path) -> None:
    text = words()
    assert str(own_folders / "data" / "sets") in text
    assert str(own_folders / "config" / "settings.json") in text
    assert not (own_folders / "data").exists()  # reading about it does not make it


def test_it_counts_the_saved_sets_and_sees_them_deleted() -> None:
    assert "There are none now." in words()
    sets = SavedSets()
    report = analyze(RENDERED / "squat-00.npz", "squat")
    first = sets.save(report, when=datetime(2026, 1, 2, 18, 45))
    assert "There is 1 now." in words()
    sets.save(report, when=datetime(2026, 1, 2, 18, 50))
    assert "There are 2 now." in words()
    # As the page tells people to: the folder, by hand.
    folder = Path(sets.folder / first)
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    folder.rmdir()
    assert "There is 1 now." in words()


@pytest.mark.parametrize(("counted", "says"), [(False, "are off"), (True, "are on")])
def test_it_says_whether_usage_statistics_are_sent(
    counted: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = st.get_option

    def instead(name: str) -> object:
        return counted if name == "browser.gatherUsageStats" else option(name)

    monkeypatch.setattr(st, "get_option", instead)
    assert f"its usage statistics {says}" in words()


def test_a_folder_that_cannot_be_read_is_told(own_folders: Path) -> None:
    (own_folders / "data").write_text("a file where the folder should be")
    assert "cannot be listed" in words()


def test_what_the_libraries_send_is_said_and_not_denied() -> None:
    text = words()
    assert "metrics" in text and "NOTICE" in text
    for untrue in ("nothing leaves", "never leaves", "100%", "completely private"):
        assert untrue not in text.lower()
