"""What came of a set or a circuit, under the coach: reports, doses, and what is asked then."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from formcheck.engine.adherence import adherence
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import Units
from formcheck.history import Circuit, History, HistoryError, PastSet
from formcheck.language import N_, _
from formcheck.training.programmes.plan import PlannedSet, dose, plan_circuit
from formcheck.training.programmes.programme import PAIN, Programme
from formcheck.training.progression import circuits_of_phase, progress_towards
from formcheck.web.answers import ask_effort, ask_pain
from formcheck.web.profile_picker import tell_problem
from formcheck.web.report_view import show_finished
from formcheck.web.tab_session import TabSession

_ENDS = {
    "done": N_("Circuit done"),
    "pain": N_("Circuit stopped because it hurt"),
    "stopped": N_("Circuit ended early"),
}


def show_sets(tab: TabSession, units: Units) -> None:
    """The report of the set finished last in this tab, and those before it to pick from."""
    finished = tab.finished
    if not finished:
        return
    shown = finished[-1]
    if len(finished) > 1:
        shown = st.selectbox(
            _("Set"),
            finished[::-1],
            format_func=lambda s: f"{s.when:%H:%M}, {_(EXERCISES[s.report.exercise].name)}",
            # A new one when there is a new set: it then shows that one.
            key=f"set of {len(finished)}",
        )
    hurt = False
    if tab.history is not None:
        try:
            if tab.history.has_set(shown.id):
                kept = tab.history.past_set(shown.id)
                hurt = bool(kept.pain)
                ask_pain(tab.history, kept, tab.setup.pain, once=True)
        except HistoryError as error:
            tell_problem(error)
    show_finished(shown, units, advice=not hurt)


def show_circuit(past: History, profile_id: str, circuit_id: str, units: Units) -> None:
    """A circuit that is over: each of its sets against what was asked, and what is next."""
    try:
        circuit = past.circuit(circuit_id)
        enrolment = past.enrolment(profile_id)
        if circuit is None or enrolment is None or enrolment.id != circuit.enrolment_id:
            return
        programme = Programme.from_dict(enrolment.programme)
        plan = plan_circuit(programme.phases[circuit.phase])
        sets = past.sets(profile_id, circuit_id=circuit_id)
        st.header(_(_ENDS.get(circuit.end_reason, _ENDS["stopped"])), anchor=False)
        for planned in plan:
            tries = [one for one in sets if one.position == planned.position]
            _planned(past, planned, tries, skipped=planned.position in circuit.skipped)
        hurt = circuit.end_reason == "pain" or any(one.pain for one in sets)
        if hurt:
            st.warning(_(programme.pain or PAIN), icon=":material/healing:")
        ask_effort(past, circuit)
        if not hurt:
            _what_next(past, programme, circuit, units)
        _pick_report(past, sets, units, advice=not hurt)
    except HistoryError as error:
        tell_problem(error)


def _planned(
    past: History, planned: PlannedSet, tries: Sequence[PastSet], *, skipped: bool
) -> None:
    """One set of the plan: what was asked, what was done, and whether it hurt."""
    exercise = EXERCISES[planned.exercise]
    reps = tuple(rep for one in tries for rep in one.reps)
    with st.container(border=True):
        words, answer = st.columns([3, 2], vertical_alignment="center")
        with words:
            st.markdown(f"**{_(exercise.name)}** :gray[{dose(planned)}]")
            if not tries:
                st.markdown(_("Skipped.") if skipped else _("Not done."))
            kept = adherence(reps, planned.prescription, exercise, planned.both_sides)
            for sentence in kept.sentences if tries else ():
                st.markdown(sentence)
        if tries:
            with answer:
                ask_pain(past, tries[-1], once=True)


def _what_next(past: History, programme: Programme, circuit: Circuit, units: Units) -> None:
    """When everything speaks for the next phase, say so; the person decides."""
    enrolment = past.enrolment(circuit.profile_id)
    if enrolment is None or enrolment.id != circuit.enrolment_id:
        return
    circuits = circuits_of_phase(enrolment, past.circuits(circuit.profile_id))
    sets = past.sets(circuit.profile_id)
    found = progress_towards(programme, enrolment.phase, circuits, sets, units)
    if found.ready or found.finished:
        st.success(" ".join(found.sentences), icon=":material/trending_up:")
        st.page_link("programme.py", label=_("Programme"), icon=":material/calendar_check:")


def _pick_report(past: History, sets: Sequence[PastSet], units: Units, *, advice: bool) -> None:
    if not sets:
        return
    picked = st.selectbox(
        _("Report of"),
        sets,
        index=len(sets) - 1,
        format_func=lambda one: f"{_(EXERCISES[one.exercise].name)}, {one.when:%H:%M}",
        key=f"report of {sets[-1].id}",
    )
    show_finished(past.load(picked.id), units, advice=advice)
