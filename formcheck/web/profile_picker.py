"""Who trains: the person of this tab, chosen in the sidebar, and the history they have."""

from __future__ import annotations

import contextlib
import logging

import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from formcheck.history import History, HistoryError, Profile, database_url
from formcheck.history.settings import load_settings, save_settings
from formcheck.history.unsaved import import_unsaved
from formcheck.language import _
from formcheck.training.records import FIRST_NAME
from formcheck.web.answers import written

_LOG = logging.getLogger(__name__)

# Kept apart from the box in which one chooses: that forgets it on a page without the box.
_CHOSEN = "person"


def history() -> History:
    """The history, opened once per server and database. Raises HistoryError."""
    return _opened(database_url())


@st.cache_resource(show_spinner=False, on_release=lambda opened: opened.close())
def _opened(url: str) -> History:
    # An error is not kept: the next run of the page tries again.
    past = History(url)
    try:
        # What could not be written when it was done, if it can be now.
        for problem in import_unsaved(past):
            _LOG.warning("%s", problem)
    except HistoryError as error:
        _LOG.warning("What waits to be taken in still waits: %s", error)
    return past


def profile_of_tab(past: History) -> Profile:
    """The person of this tab: the one chosen in it, else the one chosen last, else the first.

    When nobody is there yet, FIRST_NAME is made. Raises HistoryError.
    """
    people = past.profiles() or _first(past)
    by_id = {one.id: one for one in people}
    for wanted in (st.session_state.get(_CHOSEN), load_settings().profile):
        if wanted in by_id:
            return by_id[wanted]
    return people[0]


def pick_profile() -> Profile | None:
    """The person of this tab, to be changed, added and renamed in the sidebar.

    None when the history cannot be read: the page then says why, and how to go on.
    """
    try:
        past = history()
        shown = profile_of_tab(past)
        with st.sidebar:
            _box(past, shown)
            _add_or_rename(past, shown)
        return shown
    except HistoryError as error:
        tell_problem(error)
        return None


def tell_problem(error: HistoryError) -> None:
    """Say on the page what is wrong with the history, with a button to try again."""
    st.error(_(str(error)), icon=":material/database_off:")
    # Where several parts of a page need the history, the first of them has the button.
    with contextlib.suppress(StreamlitDuplicateElementKey):
        st.button(_("Try again"), icon=":material/refresh:", key="history-again")


def _first(past: History) -> tuple[Profile, ...]:
    try:
        return (past.add_profile(FIRST_NAME),)
    except HistoryError:
        # Another window was faster.
        people = past.profiles()
        if not people:
            raise
        return people


def _box(past: History, shown: Profile) -> None:
    ids = {one.name: one.id for one in past.profiles()}

    def choose() -> None:
        _choose(ids[st.session_state["who"]])

    # What the tab is about may have changed elsewhere: added, deleted, on another page.
    st.session_state["who"] = shown.name
    st.selectbox(_("Who trains"), list(ids), key="who", on_change=choose)


def _choose(profile_id: str) -> None:
    st.session_state[_CHOSEN] = profile_id
    save_settings(profile=profile_id)


def _add_or_rename(past: History, shown: Profile) -> None:
    problem: str | None = st.session_state.pop("who-problem", None)

    def add() -> None:
        name = st.session_state["who-new"]
        written(lambda: _choose(past.add_profile(name).id), "who-problem")

    def rename() -> None:
        name = st.session_state[f"who-name-{shown.id}"]
        written(lambda: past.rename_profile(shown.id, name), "who-problem")

    if problem:
        st.error(_(problem))
    with st.popover(_("Add or rename"), icon=":material/person_edit:"):
        with st.form("who-add", clear_on_submit=True, border=False):
            st.text_input(_("A new person's name"), max_chars=80, key="who-new")
            st.form_submit_button(_("Add"), icon=":material/person_add:", on_click=add)
        with st.form("who-rename", border=False):
            st.text_input(
                _("Name of the person shown"), shown.name, max_chars=80, key=f"who-name-{shown.id}"
            )
            st.form_submit_button(_("Rename"), icon=":material/edit:", on_click=rename)
