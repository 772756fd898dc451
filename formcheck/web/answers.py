"""What people answer about what they did, and keeping it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from formcheck.history import Circuit, History, HistoryError, PastSet
from formcheck.language import N_, _

_PAIN: Final = {N_("No"): False, N_("Yes"): True}
_NOT_SAID: Final = N_("not said")
_PROBLEM: Final = "history-problem"


def written(write: Callable[[], object], problem: str = _PROBLEM) -> bool:
    """Write something to the history; if it cannot be, the next run of the page says why.

    problem: under which name of the session the page looks for that.
    """
    try:
        write()
    except HistoryError as error:
        st.session_state[problem] = str(error)
        return False
    return True


def tell_unwritten() -> None:
    """Say why what was answered last could not be written."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(_(problem), icon=":material/error:")


def ask_pain(past: History, one: PastSet, advice: str = "", *, once: bool = False) -> None:
    """Whether a set hurt, and how much. advice: what to say when it did.

    once: how much is not asked again after it was said, or asked by the coach.
    """
    # The answer may come from the coach, too: then these are new ones, which show it.
    key = f"pain-{one.id}-{one.pain}-{one.pain_level}"

    def keep() -> None:
        hurts = _PAIN.get(st.session_state[key])
        level = st.session_state.get(f"{key}-level")
        level = level if isinstance(level, int) else None
        written(lambda: past.answer_pain(one.id, hurts, level))

    tell_unwritten()
    st.segmented_control(
        _("Any pain in this set?"),
        list(_PAIN),
        format_func=_,
        default=next((words for words, hurts in _PAIN.items() if hurts is one.pain), None),
        key=key,
        on_change=keep,
    )
    if one.pain:
        level = _NOT_SAID if one.pain_level is None else one.pain_level
        if not once or (one.pain_level is None and one.end_reason != "pain"):
            st.select_slider(
                _("How much, from 0 to 10?"),
                [_NOT_SAID, *range(11)],
                format_func=lambda level: _(str(level)),
                value=level,
                key=f"{key}-level",
                on_change=keep,
            )
        elif one.pain_level is not None:
            st.caption(f"{one.note} {_('{n} of {of}').format(n=one.pain_level, of=10)}.".strip())
        if advice:
            st.warning(_(advice), icon=":material/healing:")


def ask_effort(past: History, circuit: Circuit) -> None:
    """How hard a circuit was."""
    key = f"effort-{circuit.id}"

    def keep() -> None:
        written(lambda: past.answer_effort(circuit.id, st.session_state[key]))

    st.segmented_control(
        _("How hard was the circuit? 0: no effort at all, 10: as hard as can be."),
        range(11),
        default=circuit.effort,
        key=key,
        on_change=keep,
    )
