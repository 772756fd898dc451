"""Who trains: chosen in the sidebar, remembered, and never in the way of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from formcheck.history import History
from formcheck.history.settings import load_settings, save_settings


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FORMCHECK_DATABASE", raising=False)
    return tmp_path


def page() -> None:
    """A page that only says for whom it is."""
    import streamlit as st

    from formcheck.web.profile_picker import pick_profile

    who = pick_profile()
    st.title(who.name if who else "nobody")


def opened() -> AppTest:
    tab = AppTest.from_function(page, default_timeout=300).run()
    assert not tab.exception
    return tab


def seen(tab: AppTest) -> str:
    return str(tab.title[0].value)


def press(tab: AppTest, label: str) -> None:
    next(b for b in tab.button if b.label == label).click().run()
    assert not tab.exception


def fill(tab: AppTest, label: str, text: str) -> None:
    next(t for t in tab.text_input if t.label == label).set_value(text)


def add(tab: AppTest, name: str) -> None:
    fill(tab, "A new person's name", name)
    press(tab, "Add")


def pick(tab: AppTest, name: str) -> None:
    box: Any = next(b for b in tab.selectbox if b.label == "Who trains")
    box.select(name).run()
    assert not tab.exception


def test_the_first_visitor_needs_no_name() -> None:
    assert seen(opened()) == "Me"
    assert [p.name for p in History().profiles()] == ["Me"]


def test_who_is_added_is_shown_and_is_there_the_next_time() -> None:
    tab = opened()
    add(tab, "  Anna   Berg ")
    assert seen(tab) == "Anna Berg"
    assert seen(opened()) == "Anna Berg"
    pick(tab, "Me")
    assert (seen(tab), seen(opened())) == ("Me", "Me")


def test_a_tab_keeps_its_person_whoever_is_chosen_in_another() -> None:
    one, other = opened(), opened()
    add(one, "Anna")
    pick(one, "Me")
    pick(other.run(), "Anna")
    assert (seen(one.run()), seen(other.run())) == ("Me", "Anna")


def test_a_name_can_be_changed_but_not_to_one_that_is_taken() -> None:
    tab = opened()
    fill(tab, "Name of the person shown", "Ben")
    press(tab, "Rename")
    assert seen(tab) == "Ben"
    add(tab, "Ben")
    assert seen(tab) == "Ben" and "Ben" in tab.error[0].value
    assert len(History().profiles()) == 1
    add(tab, "Anna")
    assert not tab.error
    fill(tab, "Name of the person shown", "Ben")
    press(tab, "Rename")
    assert seen(tab) == "Anna" and tab.error


def test_who_was_deleted_elsewhere_makes_room_for_another() -> None:
    tab = opened()
    add(tab, "Anna")
    past = History()
    past.delete_profile(load_settings().profile)
    assert seen(tab.run()) == "Me"
    save_settings(profile="nobody known")
    assert seen(opened()) == "Me"


def test_a_history_that_cannot_be_read_is_said_and_can_be_tried_again(own_folders: Path) -> None:
    (own_folders / "data").write_text("a file where the folder should be")
    tab = opened()
    assert seen(tab) == "nobody"
    assert str(own_folders / "data") in tab.error[0].value
    (own_folders / "data").unlink()
    press(tab, "Try again")
    assert seen(tab) == "Me" and not tab.error


def broken() -> None:
    """A page two parts of which find the history broken."""
    from formcheck.history import HistoryError
    from formcheck.web.profile_picker import tell_problem

    for part in ("who", "what"):
        tell_problem(HistoryError(f"The history cannot be read: {part}."))


def test_a_history_that_breaks_under_the_page_is_told_by_each_part_of_it() -> None:
    tab = AppTest.from_function(broken, default_timeout=60).run()
    assert not tab.exception and len(tab.error) == 2
    assert [button.label for button in tab.button] == ["Try again"]
