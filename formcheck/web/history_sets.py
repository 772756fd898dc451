"""What was done, set by set: the list, the newest first, and one set with its report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final

import streamlit as st

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.wording import many
from formcheck.history import Circuit, Enrolment, History, HistoryError, PastSet
from formcheck.history.settings import load_settings
from formcheck.language import N_, _, date_words
from formcheck.web.answers import ask_pain, written
from formcheck.web.report_view import plain, show_finished

#: The part of the address that names the set to show.
OPEN: Final = "set"
#: So many sets are listed at a time.
_AT_A_TIME: Final = 40

_ENDS: Final = {"done": "", "pain": N_("ended because it hurt"), "stopped": N_("ended early")}
_HURT: Final = N_("Pain is a reason to stop, and to ask a physiotherapist before you go on.")


def exercise_name(exercise: str) -> str:
    """Its name; that of one that formcheck no longer knows is its id."""
    known = EXERCISES.get(exercise)
    return _(known.name) if known else exercise.replace("_", " ")


def day_words(day: date, today: date) -> str:
    """A day as people name it: "Today", "Thursday 19 November", with the year when it is past."""
    if day == today:
        return _("Today")
    return date_words(day, weekday=True, year=day.year != today.year)


# ------------------------------------------------------------------- the list


def show_list(
    sets: Sequence[PastSet],
    circuits: Sequence[Circuit],
    enrolment: Enrolment | None,
    today: date,
) -> None:
    """List sets in their circuits, the newest first; a click opens one."""
    newest = sorted(sets, key=lambda one: one.when, reverse=True)
    shown = st.session_state.setdefault("sets-listed", _AT_A_TIME)
    by_id = {circuit.id: circuit for circuit in circuits}
    for day, of_day in groupby(newest[:shown], key=lambda one: one.day):
        st.markdown(f"**{day_words(day, today)}**")
        for circuit_id, together in groupby(of_day, key=lambda one: one.circuit_id):
            circuit = by_id.get(circuit_id or "")
            row = tuple(together)
            with st.container(border=True, gap=None):
                if circuit is not None:
                    st.caption(plain(_circuit_words(circuit, enrolment)))
                    row = row[::-1]  # as it was gone through
                with st.container(horizontal=True, gap="small"):
                    for one in row:
                        _row(one)
    if len(newest) > shown:
        words = _("{n} of {sets} of this period are listed.").format(
            n=shown, sets=many(len(newest), "set")
        )
        st.caption(words)
        st.button(_("Show more"), icon=":material/expand_more:", on_click=_more)


def _more() -> None:
    st.session_state["sets-listed"] += _AT_A_TIME


def _row(past: PastSet) -> None:
    st.button(
        f"{past.when:%H:%M} **{plain(exercise_name(past.exercise))}** · "
        + " ".join((plain(_counts(past)), *_badges(past))),
        key=f"open-{past.id}",
        type="tertiary",
        wrap=True,
        on_click=_open,
        args=(past.id,),
    )


def _open(set_id: str) -> None:
    st.query_params[OPEN] = set_id


def _counts(past: PastSet) -> str:
    exercise = EXERCISES.get(past.exercise)
    left, right = past.reps_on("left"), past.reps_on("right")
    if exercise is not None and exercise.unilateral and (left or right):
        words = _("{left} left, {right} right").format(left=left, right=right)
    else:
        words = many(len(past.reps), "rep")
    if past.partials:
        words += f", {many(len(past.partials), 'partial attempt')}"
    return words


def _badges(past: PastSet) -> list[str]:
    badges = []
    if past.state == "running":
        badges.append(f":blue-badge[:material/play_arrow: {_('running')}]")
    if past.state == "broken_off":
        badges.append(f":orange-badge[:material/link_off: {_('broken off')}]")
    if past.problem:
        badges.append(f":red-badge[:material/error: {_('damaged')}]")
    if past.pain:
        hurt = _("hurt")
        if past.pain_level:
            hurt += " " + _("{n} of {of}").format(n=past.pain_level, of=10)
        badges.append(f":red-badge[:material/healing: {hurt}]")
    if past.source == "video":
        badges.append(f":gray-badge[:material/movie: {_('video')}]")
    if past.clock_doubt:
        badges.append(f":orange-badge[:material/schedule: {_('clock in doubt')}]")
    if past.note:
        badges.append(f":gray-badge[:material/edit_note: {_('note')}]")
    return badges


def _circuit_words(circuit: Circuit, enrolment: Enrolment | None) -> str:
    words = [_("Round")]
    if enrolment is not None and circuit.enrolment_id == enrolment.id:
        phases = enrolment.programme.get("phases", ())
        if circuit.phase < len(phases):
            words = [_("Round of {phase}").format(phase=_(phases[circuit.phase]["name"]))]
    if circuit.ended is None:
        words.append(_("not ended"))
    else:
        minutes = round((circuit.ended - circuit.begun).total_seconds() / 60)
        words.append(f"{max(minutes, 1)} min")
        words.append(_(_ENDS.get(circuit.end_reason, circuit.end_reason)))
    if circuit.skipped:
        words.append(_("{sets} skipped").format(sets=many(len(circuit.skipped), "set")))
    if circuit.effort is not None:
        words.append(_("effort {n} of 10").format(n=circuit.effort))
    return " · ".join(filter(None, words))


# -------------------------------------------------------------------- one set


def show_set(past_sets: History, profile_id: str, set_id: str) -> None:
    """A set with its report, what was asked, pain, note, and the way to delete it."""
    st.button(_("All sets"), icon=":material/arrow_back:", type="tertiary", on_click=_close)
    try:
        past = past_sets.past_set(set_id)
    except HistoryError as error:
        st.error(_(str(error)))
        return
    if past.profile_id != profile_id:
        st.error(_("This set is another person's. Choose them in the sidebar to see it."))
        return
    st.title(plain(exercise_name(past.exercise)), anchor=False)
    st.markdown(
        " ".join(
            (plain(f"{date_words(past.when, weekday=True)}, {past.when:%H:%M}"), *_badges(past))
        )
    )
    if past.problem:
        st.error(_(past.problem))
    if past.clock_doubt:
        st.caption(_("The computer's clock jumped before this set: its day may be wrong."))
    with st.container(border=True):
        ask_pain(past_sets, past, _HURT)
        _note(past_sets, past)
    if past.state == "running":
        st.info(_("This set is under way. Its report is here when it is over."))
        st.button(_("Look again"), icon=":material/refresh:")
    else:
        _report(past_sets, past)
    _delete(past_sets, past)


def _report(past_sets: History, past: PastSet) -> None:
    try:
        whole = past_sets.load(past.id)
    except HistoryError as error:
        st.error(_(str(error)))
        return
    if past.exercise not in EXERCISES:
        st.warning(
            _(
                "This formcheck does not know the exercise {exercise!r}; its reps are kept, and "
                "can be exported."
            ).format(exercise=past.exercise)
        )
        return
    show_finished(whole, load_settings().units)


def _note(past_sets: History, past: PastSet) -> None:
    key = f"note-{past.id}"

    def save() -> None:
        written(lambda: past_sets.note(past.id, st.session_state[key]))

    text = st.text_area(_("Note"), past.note, max_chars=2000, height=80, key=key)
    st.button(
        _("Save the note"),
        icon=":material/save:",
        disabled=text.strip() == past.note,
        on_click=save,
    )


def _delete(past_sets: History, past: PastSet) -> None:
    def delete() -> None:
        if written(lambda: past_sets.delete_set(past.id)):
            st.session_state["history-told"] = N_("The set was deleted.")
            st.query_params.pop(OPEN, None)

    with st.popover(_("Delete this set"), icon=":material/delete:"):
        st.markdown(_("Its reps, report and pictures are deleted for good."))
        st.button(_("Delete it for good"), type="primary", key=f"delete-{past.id}", on_click=delete)


def _close() -> None:
    st.query_params.pop(OPEN, None)
