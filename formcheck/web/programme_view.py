"""A programme on the page: its phases as cards, with what formcheck filled in marked."""

from __future__ import annotations

import streamlit as st

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import in_units
from formcheck.history.settings import load_settings
from formcheck.language import _
from formcheck.reporting.rendering import render
from formcheck.training.programmes.plan import dose_words, minutes_words
from formcheck.training.programmes.programme import Phase, Programme
from formcheck.web.assets import text
from formcheck.web.showing import shown


def show_programme(programme: Programme, now: int | None = None) -> None:
    """All of a programme. now: index of the phase the person is in, None = not followed."""
    st.html(f"<style>{text('programme.css')}</style>{programme_html(programme, now)}")


def programme_html(programme: Programme, now: int | None = None) -> str:
    """A programme as HTML, nothing of it taken for markup."""
    units = load_settings().units
    return render(
        "programme.html",
        programme=programme,
        now=now,
        filled_in=any(map(_is_filled_in, programme.phases)),
        exercises=EXERCISES,
        chips=_chips,
        dose_words=dose_words,
        time_words=_time,
        shown_of=lambda exercise: shown(exercise, units),
        in_units=lambda words: in_units(words, units),
    )


def rounds_words(phase: Phase) -> str:
    """How often a day: "2-3 rounds a day"."""
    least, most = phase.rounds_per_day
    if least == most == 1:
        return _("once a day")
    return _("{n} rounds a day").format(n=least if least == most else f"{least}-{most}")


def _chips(phase: Phase) -> list[tuple[str, bool]]:
    """What holds for all of a phase, and whether formcheck filled it in."""
    rest = (
        _("{time} rest between").format(time=_time(phase.rest_s))
        if phase.rest_s
        else _("back to back")
    )
    chips = [(rounds_words(phase), "rounds_per_day" in phase.ours), (rest, "rest_s" in phase.ours)]
    if minutes := minutes_words(phase):
        # Worked out with what was filled in; of one's own programme nothing was.
        chips.append((minutes, _is_filled_in(phase)))
    return chips


def _is_filled_in(phase: Phase) -> bool:
    """Whether anything in it is formcheck's."""
    return bool(phase.ours) or any(item.ours for item in phase.items)


def _time(seconds: float) -> str:
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s"
