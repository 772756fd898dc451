"""A recording put on a desk, and how far the work on it is, on any page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from formcheck.history.settings import load_settings
from formcheck.language import N_, _
from formcheck.web.jobs import Desk
from formcheck.web.reader import speak_to_reader

KINDS = ["mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "3gp", "mts"]
BUSY_WORDS = {
    "waiting": N_("Waiting for another analysis to finish"),
    "model": N_("Getting the pose model ready"),
    "landmarks": N_("Looking at every picture"),
    "sets": N_("Counting and judging"),
    "video": N_("Drawing the annotated video"),
}


def take_upload(desk: Desk, label: str, key: str, start: Callable[[], object]) -> None:
    """A place for a video; one that is put there is taken onto the desk, and started."""
    turn = st.session_state.setdefault(f"{key}-turn", 0)
    upload = st.file_uploader(label, KINDS, key=f"{key}-{turn}")
    if upload is None:
        return
    try:
        desk.take(upload.name, upload)
    except OSError as error:
        st.error(_("The video could not be saved: {why}.").format(why=error.strerror or error))
        return
    _let_go(upload)
    st.session_state[f"{key}-turn"] = turn + 1
    start()
    st.rerun()


def _let_go(upload: Any) -> None:
    """Have Streamlit forget an upload that was copied: it keeps them in memory."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    remove = getattr(getattr(context, "uploaded_file_mgr", None), "remove_file", None)
    if context is not None and remove is not None:
        remove(session_id=context.session_id, file_id=upload.file_id)


def chosen_model() -> str:
    """The pose model that recordings are looked at with."""
    chosen = load_settings().model
    return "full" if chosen == "auto" else chosen


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return _(", about {n} s left").format(n=max(5, 5 * round(seconds / 5)))
    return _(", about {n} min left").format(n=round(seconds / 60))


@st.fragment(run_every=0.5)
def show_progress(desk: Desk) -> None:
    """How far the work on a desk is; the page runs again when it is over."""
    speak_to_reader()
    state = desk.state
    if not state.busy:
        st.rerun()
    words = f"{_(BUSY_WORDS[state.stage])}{_left(state.left_s)}"
    st.progress(state.fraction, f"{words} · {100 * state.fraction:.0f}%")
    if desk.preview:
        st.image(desk.preview, width=480, alt=_("The newest picture with what was found in it"))
    if st.button(_("Cancel"), icon=":material/close:", key="cancel"):
        desk.cancel()
        st.rerun()
