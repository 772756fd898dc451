"""A period on one sheet for a physiotherapist: what was done, how, and what was not assessed.

A page that needs nothing else, made to be printed on one side of A4 or Letter: it loads
nothing from anywhere and runs no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import Units, in_units
from formcheck.engine.wording import many, sentence
from formcheck.language import N_, _, date_words
from formcheck.reporting.period import Period
from formcheck.reporting.period_tables import exercise_rows, fault_rows
from formcheck.reporting.rendering import render
from formcheck.training.calendar import Day, days, rounds, streak
from formcheck.training.progression import circuits_of_phase, progress_towards
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile
from formcheck.training.trends import faults_of

#: What fits on the sheet; the rest is counted.
_NOTES: Final = 4
_NOTE_LETTERS: Final = 140
#: The strip of days fits this many.
_STRIP_DAYS: Final = 42


def period_report(
    profile: Profile,
    enrolment: Enrolment | None,
    circuits: Sequence[Circuit],
    sets: Sequence[PastSet],
    days: tuple[date, date],
    units: Units = "metric",
) -> str:
    """The sheet of a period.

    days: the first and the last, both in; not after today. circuits, sets: of the person;
    those of other days are left out. units: of distances in what to change.
    """
    period = Period(profile, enrolment, circuits, sets, days, units)
    noted = [one for one in period.sets if one.note]
    earlier = len(noted) - _NOTES
    return str(
        render(
            "period.html",
            period=period,
            span=_span(*days),
            followed=_followed(period),
            tiles=_tiles(period),
            strip=_strip(period),
            exercises=exercise_rows(period),
            faults=fault_rows(period),
            answers=_answers(period),
            towards=_towards(period),
            not_assessed=_not_assessed(period),
            notes=[_note(one) for one in noted[-_NOTES:]],
            earlier_notes=many(earlier, "earlier note") if earlier > 0 else "",
            program=_program(period),
        )
    )


# ---------------------------------------------------------------------- head


def _followed(period: Period) -> list[str]:
    """What is followed, and since when."""
    followed = [_("No programme")]
    if period.enrolment is not None:
        followed = [_(str(period.enrolment.programme.get("name", N_("A programme"))))]
    if period.enrolment is not None and period.programme is not None:
        enrolment, programme = period.enrolment, period.programme
        begun = _("since {day}").format(day=_day(enrolment.begun.date()))
        followed = [_(programme.name), begun]
        if len(programme.phases) > 1:
            phase = _("Phase {n} of {of}").format(n=enrolment.phase + 1, of=len(programme.phases))
            name = _(programme.phases[enrolment.phase].name)
            since = _("since {day}").format(day=_day(enrolment.phase_since.date()))
            followed = [f"{_(programme.name)}, {begun}", f"{phase}, {name}, {since}"]
    return followed


def _tiles(period: Period) -> list[tuple[str, str, str]]:
    """(label, value, note)."""
    trained = days(period.sets, period.circuits)
    asked = None if period.phase is None else period.phase.rounds_per_day
    since = period.since
    if period.enrolment is not None:
        since = max(since, period.enrolment.begun.date())
    kept = rounds(trained, asked, since, period.until, period.until)
    all_days = (period.until - period.since).days + 1
    in_row = streak(trained, period.until)
    done, of = period.planned_sets()
    of_days = _("{n} of {of}").format(n=sum(d.sets > 0 for d in trained), of=all_days)
    tiles = [(_("Days trained"), of_days, _("up to {n} in a row").format(n=in_row.longest))]
    if asked is not None:
        least, most = asked
        wish = f"{least}" if least == most else f"{least}-{most}"
        words = _("target {target} a day; reached on {days}")
        words = words.format(target=wish, days=many(kept.days_kept, "day"))
        tiles.append((_("Rounds"), str(kept.done), words))
    of_sets = _("{n} of {of} in the rounds begun").format(n=done, of=of) if of else ""
    reps = sum(len(one.reps) for one in period.sets)
    return [
        *tiles,
        (_("Sets"), str(len(period.sets)), of_sets),
        (_("Reps"), str(reps), _partials(period)),
    ]


def _partials(period: Period) -> str:
    number = sum(len(one.partials) for one in period.sets)
    return _("and {partials}").format(partials=many(number, "partial attempt")) if number else ""


def _strip(period: Period) -> dict[str, Any] | None:
    """A square for each day with its rounds (sets, without a programme)."""
    length = (period.until - period.since).days + 1
    if not 2 <= length <= _STRIP_DAYS:
        return None
    found = {one.day: one for one in days(period.sets, period.circuits)}
    counted = any(one.rounds for one in found.values())
    least = 1 if period.phase is None else period.phase.rounds_per_day[0]
    squares: list[tuple[int, str, int | None]] = []
    for number in range(length):
        day = period.since + timedelta(days=number)
        one = found.get(day, Day(day))
        count = one.rounds if counted else one.sets
        kind = "kept" if one.sets and count >= least else "some" if one.sets else ""
        squares.append((day.day, kind, count if one.sets else None))
    what = _("Rounds") if counted else _("Sets")
    return {"what": what, "least": least if counted else 0, "days": squares}


# -------------------------------------------------------------- not assessed


def _not_assessed(period: Period) -> dict[str, dict[str, list[str]]]:
    """Faults that were judged in no rep by exercise, by what would change that."""
    together: dict[str, dict[str, list[str]]] = {}
    for exercise in period.exercises:
        sets = period.of(exercise)
        for rule in exercise.faults:
            week = faults_of(sets, exercise.id, rule.id)
            if week is not None and not week.judged:
                change = sentence(in_units(_(rule.remedy), period.units))
                why = change if not rule.unseen else _("No camera shows it well enough.")
                # Often the same thing hides several: say it once.
                together.setdefault(why, {}).setdefault(_(exercise.name), []).append(_(rule.title))
    return together


# ------------------------------------------------------------------- answers


def _answers(period: Period) -> list[tuple[str, str]]:
    """(what alarms, the rest of the line)."""
    hurt = [one for one in period.sets if one.pain]
    silent = sum(one.pain is None and not _told_in_another_try(one, period) for one in period.sets)
    lines: list[tuple[str, str]] = []
    if hurt:
        told = "; ".join(_hurt(one) for one in hurt[:_NOTES])
        more = _("; and {n} more").format(n=len(hurt) - _NOTES) if len(hurt) > _NOTES else ""
        number = _("Pain in {n} of {sets}").format(n=len(hurt), sets=many(len(period.sets), "set"))
        lines.append((number, f": {told + more}."))
    elif silent < len(period.sets):
        lines.append(("", _("No pain in the sets in which it was answered.")))
    if silent:
        words = _("Pain was not answered in {n} of {sets}.")
        told = words.format(n=silent, sets=many(len(period.sets), "set"))
        lines.append(("", told))
    tried = {one.circuit_id for one in period.sets}
    done = [c for c in period.circuits if c.id in tried and c.ended is not None]
    efforts = [c.effort for c in done if c.effort is not None]
    if efforts:
        spread = f"{min(efforts)}-{max(efforts)}" if len(set(efforts)) > 1 else f"{efforts[0]}"
        words = _("Effort, 0 to 10: median {median:g} ({spread}).")
        lines.append(("", words.format(median=median(efforts), spread=spread)))
    if len(efforts) < len(done):
        words = _("Effort was not answered in {n} of {rounds}.")
        words = words.format(n=len(done) - len(efforts), rounds=many(len(done), "round"))
        lines.append(("", words))
    return lines


def _told_in_another_try(one: PastSet, period: Period) -> bool:
    """Of a set that was broken off and gone on with, one answer is enough."""
    place = (one.circuit_id, one.position)
    return one.circuit_id is not None and any(
        (other.circuit_id, other.position) == place and other.pain is not None
        for other in period.sets
    )


def _hurt(one: PastSet) -> str:
    name = _(EXERCISES[one.exercise].name if one.exercise in EXERCISES else one.exercise)
    level = ""
    if one.pain_level is not None:
        level = ", " + _("{n} of {of}").format(n=one.pain_level, of=10)
    return f"{name}, {_day(one.day)}{level}"


def _towards(period: Period) -> dict[str, Any] | None:
    if period.enrolment is None or period.programme is None:
        return None
    enrolment = period.enrolment
    mine = circuits_of_phase(enrolment, period.all_circuits)
    found = progress_towards(period.programme, enrolment.phase, mine, period.all_sets)
    told = []
    verdicts = {"met": N_("Met"), "not met": N_("Not met"), "unknown": N_("Unknown")}
    for verdict, words in verdicts.items():
        named = [
            c.title if verdict == "met" else f"{c.title} ({c.value})"
            for c in found.criteria
            if c.verdict == verdict
        ]
        if named:
            told.append(f"{_(words)}: {', '.join(named)}")
    last = enrolment.phase + 1 >= len(period.programme.phases)
    title = _("Goals of this phase") if last else _("Goals for the next phase")
    return {"title": title, "lines": told}


def _note(one: PastSet) -> tuple[str, str]:
    """(what it is about, its words)."""
    text = " ".join(one.note.split())
    if len(text) > _NOTE_LETTERS:
        text = text[: _NOTE_LETTERS - 1].rstrip() + "…"
    name = _(EXERCISES[one.exercise].name if one.exercise in EXERCISES else one.exercise)
    return f"{_day(one.day)}, {name}", text


# -------------------------------------------------------------------- pieces


def _program(period: Period) -> str:
    """What it was measured with; "" where no set says."""
    versions = ", ".join(sorted({s.formcheck_version for s in period.sets if s.formcheck_version}))
    models = ", ".join(sorted({one.model for one in period.sets if one.model}))
    return f"formcheck {versions}{models and f', {models}'}" if versions else ""


def _day(day: date) -> str:
    return date_words(day, short=True, year=False)


def _span(since: date, until: date) -> str:
    first = date_words(since, year=since.year != until.year)
    if (since.year, since.month) == (until.year, until.month):
        first = str(since.day)
    return _("{since} to {until}").format(since=first, until=date_words(until))
