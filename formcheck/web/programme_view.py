"""A programme on the page: its phases as cards, with what formcheck filled in marked."""

from __future__ import annotations

import base64
from collections.abc import Collection
from functools import cache
from html import escape
from importlib.resources import files
from typing import Literal

import streamlit as st

from formcheck.drawing.exercise_picture import exercise_svg
from formcheck.engine.exercises import EXERCISES
from formcheck.training.programmes import Item, Phase, Programme, circuit_s, dose_words

__all__ = ["minutes_words", "programme_html", "rounds_words", "show_programme"]

PhaseState = Literal["past", "now", "next", ""]


def show_programme(programme: Programme, now: int | None = None) -> None:
    """All of a programme. now: index of the phase the person is in, None = not followed."""
    shown = {item.exercise for phase in programme.phases for item in phase.items}
    st.html(f"<style>{_style()}{_pictures(shown)}</style>{programme_html(programme, now)}")


@cache
def _style() -> str:
    return (files("formcheck.web") / "frontend" / "programme.css").read_text(encoding="utf-8")


def _pictures(exercises: Collection[str]) -> str:
    """The pictures as masks, so that they have the theme's colour."""
    rules = []
    for name in sorted(exercises):
        data = base64.b64encode(exercise_svg(name).encode()).decode("ascii")
        mask = f'url("data:image/svg+xml;base64,{data}") center / contain no-repeat'
        rules.append(f".fc-{name} {{ -webkit-mask: {mask}; mask: {mask}; }}")
    return "".join(rules)


def programme_html(programme: Programme, now: int | None = None) -> str:
    """A programme as HTML, nothing of it taken for markup."""
    several = len(programme.phases) > 1
    cards = "".join(
        _phase(phase, number, several, _state(number, now))
        for number, phase in enumerate(programme.phases)
    )
    legend = ""
    if any(map(_is_filled_in, programme.phases)):
        legend = (
            '<p class="fc-legend"><span class="fc-ours">Dotted†</span> is formcheck\'s choice: '
            "the article says nothing there. The rest is the article's.</p>"
        )
    source = f'<p class="fc-source">{escape(programme.source)}</p>' if programme.source else ""
    kind = "fc-many" if several else "fc-one"
    cards = f'<div class="fc-phases">{cards}</div>'
    return f'<div class="fc-programme {kind}">{legend}{cards}{source}</div>'


def rounds_words(phase: Phase) -> str:
    """How often a day: "2-3 rounds a day"."""
    least, most = phase.rounds_per_day
    if least == most == 1:
        return "once a day"
    return f"{least if least == most else f'{least}-{most}'} rounds a day"


def minutes_words(phase: Phase) -> str:
    """How long a round is under way: "about 10 min"; "" where nobody knows."""
    seconds = circuit_s(phase)
    return "" if seconds is None else f"about {max(1, round(seconds / 60))} min"


def _state(number: int, now: int | None) -> PhaseState:
    if now is None:
        return ""
    return "now" if number == now else "past" if number < now else "next"


def _phase(phase: Phase, number: int, several: bool, state: PhaseState) -> str:
    """One phase. number: from 0; several: whether there are other phases."""
    badge = {"now": '<span class="fc-now">You are here</span>', "past": "", "next": "", "": ""}
    head = f'<div class="fc-number">Phase {number + 1}{badge[state]}</div>' if several else ""
    if not several and state == "now":
        head = f'<div class="fc-number">{badge[state]}</div>'
    chips = [_mark(rounds_words(phase), "rounds_per_day" in phase.ours)]
    chips.append(_mark(_rest_words(phase), "rest_s" in phase.ours))
    if minutes := minutes_words(phase):
        # Worked out with what was filled in; of one's own programme nothing was.
        chips.append(_mark(minutes, _is_filled_in(phase)))
    told = "".join(f"<li>{chip}</li>" for chip in chips)
    items = "".join(map(_item, phase.items))
    after = ""
    if phase.round_rest_s:
        least = _mark(f"at least {_time(phase.round_rest_s)}", "round_rest_s" in phase.ours)
        after += f"<p>Between two rounds in a row: {least}</p>"
    if phase.move_on:
        after += f'<p class="fc-on">{_mark(phase.move_on, "move_on" in phase.ours)}</p>'
    return (
        f'<section class="fc-phase {f"fc-is-{state}" if state else ""}">{head}'
        f'<h4>{escape(phase.name)}</h4><ul class="fc-chips">{told}</ul>'
        f'<ol class="fc-items">{items}</ol>'
        f"{f'<footer>{after}</footer>' if after else ''}</section>"
    )


def _is_filled_in(phase: Phase) -> bool:
    """Whether anything in it is formcheck's."""
    return bool(phase.ours) or any(item.ours for item in phase.items)


def _item(item: Item) -> str:
    dose = "".join(_mark(text, field in item.ours) for text, field in dose_words(item))
    how = ""
    if item.how:
        how = f'<div class="fc-how">{_mark(item.how, "how" in item.ours)}</div>'
    return (
        f'<li><div class="fc-picture"><div class="fc-{item.exercise}"></div></div><div>'
        f'<div class="fc-name">{escape(EXERCISES[item.exercise].name)}</div>'
        f'<div class="fc-dose">{dose}</div>{how}</div></li>'
    )


def _mark(text: str, ours: bool) -> str:
    """The text; with a dotted line and a dagger where formcheck filled it in."""
    # Blanks around it belong to the sentence: a line may end there.
    words = text.strip()
    before, _, after = text.partition(words)
    span = f"<span>{escape(words)}</span>"
    if ours:
        span = f'<span class="fc-ours" title="filled in by formcheck">{escape(words)}†</span>'
    return f"{before}{span}{after}"


def _rest_words(phase: Phase) -> str:
    return f"{_time(phase.rest_s)} rest between" if phase.rest_s else "back to back"


def _time(seconds: float) -> str:
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s"
