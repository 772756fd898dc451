"""A programme of one's own, put together on the page: phases, and in each its exercises."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from formcheck.engine.exercises import EXERCISES
from formcheck.language import N_, _
from formcheck.training.programmes.programme import LETTER_S, Item, Phase, Programme
from formcheck.training.programmes.reading import ProgrammeError, check_programme
from formcheck.training.programmes.shipped import PROGRAMMES

_TIMES = {"concentric_s": N_("Up, s"), "hold_s": N_("Hold, s"), "eccentric_s": N_("Down, s")}
_numbers = itertools.count()


@dataclass
class Row:
    """What is filled in for the programme, a phase or an exercise, and what is in it.

    number: names its widgets; never used again.
    """

    values: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass
class Draft:
    """A programme that is being put together. id: of the saved one; "" = a new one."""

    id: str
    programme: Row


def new_draft() -> Draft:
    """One phase with one exercise, to begin with."""
    return Draft("", Row({"name": "", "summary": ""}, [_new_phase(1)]))


def draft_of(programme: Programme, *, copy: bool = False) -> Draft:
    """A programme to be changed; copy: to be saved beside it, as one's own.

    Whose numbers they were is not kept: now they are the person's.
    """
    phases = [
        Row(
            phase.model_dump(exclude={"items", "ours"}),
            [Row(item.model_dump(exclude={"ours"})) for item in phase.items],
        )
        for phase in programme.phases
    ]
    values = programme.model_dump(include={"name", "summary", "pain"})
    if copy:
        values["name"] += " (mine)"
    return Draft("" if copy else programme.id, Row(values, phases))


def free_id(name: str, taken: Collection[str]) -> str:
    """An id made of the name that no other programme has."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60]
    first = words if words[:1].isalpha() else f"own_{words}".rstrip("_")
    numbered = (f"{first}_{n}" for n in itertools.count(2))
    return next(one for one in itertools.chain([first], numbered) if one not in taken)


def build(draft: Draft, taken: Collection[str]) -> Programme | None:
    """Show what is filled in, to be changed; the programme once it is to be saved.

    taken: ids of the programmes there are. What is wrong is told, and None returned.
    """
    whole = draft.programme
    _text(whole, "name", _("Name of the programme"), most=120, placeholder=_("My glute week"))
    _text(whole, "summary", _("What it is for (optional)"), most=2000)
    st.caption(_("Seconds: 0 = as you like, or no hold. Rest: before the next set, in seconds."))
    for number, phase in enumerate(whole.rows, start=1):
        _phase(whole, phase, number)
    st.button(
        _("Add a phase"),
        icon=":material/add:",
        key=f"add-phase-{whole.number}",
        on_click=lambda: whole.rows.append(_new_phase(len(whole.rows) + 1)),
    )
    if not st.button(_("Save this programme"), type="primary", icon=":material/save:", key="save"):
        return None
    name = whole.values["name"].strip()
    data = {
        **{key: value for key, value in whole.values.items() if value},
        "id": draft.id or free_id(name, taken),
        "name": name,
        "phases": [_phase_data(phase) for phase in whole.rows],
    }
    if not name:
        st.error(_("Give the programme a name."))
        return None
    try:
        return check_programme(data)
    except ProgrammeError as error:
        for line in str(error).splitlines():
            st.error(f"{line[:1].upper()}{line[1:]}.")
        return None


def _new_phase(number: int) -> Row:
    first = _next_exercise(())
    phase = Phase.model_validate(
        {"name": _("Phase {n}").format(n=number), "items": [{"exercise": first}]}
    )
    return Row(phase.model_dump(exclude={"items", "ours"}), [_new_item(first)])


def _next_exercise(rows: Collection[Row]) -> str:
    """What formcheck's own programmes begin with, of what is not in the phase yet."""
    there = {row.values["exercise"] for row in rows}
    phases = (phase for programme in PROGRAMMES.values() for phase in programme.phases)
    named = [*(item.exercise for phase in phases for item in phase.items), *EXERCISES]
    return next((name for name in named if name not in there), named[0])


def _new_item(exercise: str) -> Row:
    usual = EXERCISES[exercise].prescription
    item = Item.model_validate(
        {"exercise": exercise, "letter_s": LETTER_S}
        if EXERCISES[exercise].lettered
        else {
            "exercise": exercise,
            "reps": (usual.reps or 10) // (2 if EXERCISES[exercise].travels else 1),
            **{name: getattr(usual, name) for name in _TIMES},
        }
    )
    return Row(item.model_dump(exclude={"ours"}))


# ------------------------------------------------------------------------- its widgets


def _phase(whole: Row, phase: Row, number: int) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _text(phase, "name", _("Phase {n}").format(n=number), most=120, width=240)
            least, most = phase.values["rounds_per_day"]
            least = _number(phase, "rounds-least", _("Rounds from"), least, 1, 20)
            most = _number(phase, "rounds-most", _("to, a day"), most, 1, 20)
            phase.values["rounds_per_day"] = (least, most)
            rest = phase.values["rest_s"]
            phase.values["rest_s"] = _decimal(phase, "rest_s", _("Rest, s"), rest, 0.0, 600.0)
            if len(whole.rows) > 1:
                _remove(whole, phase, _("Remove phase {n}").format(n=number))
        for place, item in enumerate(phase.rows, start=1):
            _item(phase, item, place)
        st.button(
            _("Add an exercise"),
            icon=":material/add:",
            key=f"add-item-{phase.number}",
            on_click=lambda: phase.rows.append(_new_item(_next_exercise(phase.rows))),
        )
        _text(phase, "move_on", _("When to go on to the next phase (optional)"), most=2000)


def _item(phase: Row, item: Row, place: int) -> None:
    values = item.values
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"exercise-{item.number}"
        st.session_state.setdefault(key, values["exercise"])
        picked = st.selectbox(
            _("Exercise {n}").format(n=place),
            list(EXERCISES),
            format_func=lambda name: _(EXERCISES[name].name),
            key=key,
            width=224,
        )
        if picked != values["exercise"]:
            # Another exercise has another dose, and other widgets.
            phase.rows[place - 1] = fresh = _new_item(picked)
            st.session_state[f"exercise-{fresh.number}"] = picked
            st.rerun()
        exercise = EXERCISES[picked]
        values["sets"] = _number(item, "sets", _("Sets"), values["sets"], 1, 10)
        if values["letters"] is not None:
            values["letters"] = _number(item, "letters", _("Letters"), values["letters"], 1, 26)
            a_letter = values["letter_s"] or LETTER_S
            values["letter_s"] = _decimal(item, "letter_s", _("A letter, s"), a_letter, 1.0, 20.0)
        else:
            word = _("Steps") if exercise.travels else _("Reps")
            values["reps"] = _number(item, "reps", word, values["reps"], 1, 100)
            first, last = exercise.primary.swapped(("concentric_s", "eccentric_s"))
            for name in (first, "hold_s", last):
                if not exercise.travels:
                    seconds = _decimal(item, name, _TIMES[name], values[name] or 0.0, 0.0, 600.0)
                    values[name] = seconds or None
        _text(item, "how", _("Note"), most=300, width=190, placeholder=_("optional"))
        if exercise.unilateral:
            key = f"per_side-{item.number}"
            st.session_state.setdefault(key, values["per_side"])
            values["per_side"] = st.toggle(_("Each side"), key=key)
        if len(phase.rows) > 1:
            _remove(phase, item, _("Remove exercise {n}").format(n=place))
            if place > 1:
                words, rows = _("Do exercise {n} earlier").format(n=place), phase.rows
                _sign("arrow_upward", words, f"earlier-{item.number}", lambda: _swap(rows, place))


def _swap(rows: list[Row], place: int) -> None:
    rows[place - 2], rows[place - 1] = rows[place - 1], rows[place - 2]


def _remove(whole: Row, row: Row, words: str) -> None:
    _sign("delete", words, f"remove-{row.number}", lambda: whole.rows.remove(row))


def _sign(icon: str, words: str, key: str, on_click: Callable[[], None]) -> None:
    """A button that is only a sign; its words come up beside it."""
    st.button(f":material/{icon}:", help=words, key=key, type="tertiary", on_click=on_click)


def _text(row: Row, name: str, label: str, *, most: int, **more: Any) -> None:
    key = f"{name}-{row.number}"
    st.session_state.setdefault(key, row.values[name])
    row.values[name] = st.text_input(label, max_chars=most, key=key, **more)


def _number(row: Row, name: str, label: str, value: float, least: int, most: int) -> int:
    key = f"{name}-{row.number}"
    st.session_state.setdefault(key, round(value))
    return int(st.number_input(label, least, most, key=key, width=88))


def _decimal(row: Row, name: str, label: str, value: float, least: float, most: float) -> float:
    key = f"{name}-{row.number}"
    st.session_state.setdefault(key, float(value))
    return float(st.number_input(label, least, most, step=0.5, format="%g", key=key, width=88))


def _phase_data(phase: Row) -> dict[str, Any]:
    """As in a programme's file: what is left open is left out."""
    return {**_said(phase), "items": [_said(item) for item in phase.rows]}


def _said(row: Row) -> dict[str, Any]:
    """What is filled in; the reps of an exercise that is counted in letters are none."""
    said = {k: v for k, v in row.values.items() if v is not None and v != ""}
    if "letters" in said:
        said.pop("reps", None)
    return said
