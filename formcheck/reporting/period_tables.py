"""The tables of the sheet for a physiotherapist: what was done, and which faults were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from markupsafe import Markup

from formcheck.engine.adherence import Adherence
from formcheck.engine.exercise import Exercise
from formcheck.engine.trust import hold_error_s, range_error_deg
from formcheck.engine.wording import SHOWN_HOLD_S, capital, many, percent
from formcheck.language import N_, _
from formcheck.reporting.period import Period
from formcheck.reporting.rendering import render
from formcheck.training.records import PastSet
from formcheck.training.trends import (
    FaultWeek,
    Week,
    comparable,
    compared,
    fault_rate,
    faults_of,
    symmetry,
    weekly,
)

#: What fits on the sheet; the rest is counted.
_FAULT_ROWS: Final = 10
#: Words, and words in small print after them; both are text.
_SMALL: Final = Markup("{}<small>{}</small>")


# ----------------------------------------------------------------- exercises


def exercise_rows(period: Period) -> list[list[str]]:
    """What was done of each exercise."""
    return [_exercise(exercise, period.of(exercise)) for exercise in period.exercises]


def _exercise(exercise: Exercise, sets: Sequence[PastSet]) -> list[str]:
    kept = Adherence(tuple(part for one in sets for part in one.adherence.parts))
    stood = exercise.timed
    weeks = [] if stood else [week for week in weekly(sets, exercise.id) if week.rom]
    error = range_error_deg(exercise.id)
    return [
        exercise.name,
        str(len(sets)),
        _reps_cell(exercise, sets, kept),
        _range_cell(weeks),
        f"{error:.0f}°" if weeks and error is not None else "",
        *_hold_cells(exercise, sets, kept),
        _tempo_cell(exercise, kept),
        _symmetry_cell(exercise, sets),
    ]


_LESS = {"left": N_("left less"), "right": N_("right less")}


def _reps_cell(exercise: Exercise, sets: Sequence[PastSet], kept: Adherence) -> str:
    text = str(sum(len(one.reps) for one in sets))
    if exercise.unilateral:
        left, right = (sum(one.reps_on(side) for one in sets) for side in ("left", "right"))
        text = f"{left} + {right}"
    of = sum(part.of for part in kept.parts if part.kind == "reps")
    return _SMALL.format(f"{text} ", _("of {n}").format(n=of)) if of else text


def _range_cell(weeks: Sequence[Week]) -> str:
    if not weeks:
        return ""
    first, last = weeks[0], weeks[-1]
    words = [
        _SMALL.format("", name) + f" {_from_to(before.median, after.median, first is last)}"
        for name, before, after in (
            (_("L"), first.rom_left, last.rom_left),
            (_("R"), first.rom_right, last.rom_right),
        )
        if before and after
    ]
    if not words and first.rom and last.rom:
        return _from_to(first.rom.median, last.rom.median, first is last)
    return Markup(" ").join(words)


def _from_to(before: float, after: float, same: bool) -> str:
    return f"{after:.0f}°" if same else f"{before:.0f}→{after:.0f}°"


def _hold_cells(exercise: Exercise, sets: Sequence[PastSet], kept: Adherence) -> tuple[str, str]:
    held = [r.hold_s for one in sets for r in one.reps if r.hold_s >= SHOWN_HOLD_S]
    share = kept.share("hold", "stand", "letters")
    if share is None or not held:
        return "", ""
    error = hold_error_s(exercise.id)
    wrong = _SMALL.format(" ", f"± {error:.1f}") if error is not None else ""
    return percent(share), f"{median(held):.1f}" + wrong + " s"


def _tempo_cell(exercise: Exercise, kept: Adherence) -> str:
    ways = ((_("up"), kept.share("lift")), (_("down"), kept.share("lower")))
    shares = exercise.primary.swapped(ways)
    told = (_SMALL.format(f"{percent(x)} ", name) for name, x in shares if x is not None)
    return Markup(" ").join(told)


def _symmetry_cell(exercise: Exercise, sets: Sequence[PastSet]) -> str:
    if not exercise.each_side:
        return ""
    reps = [rep for one in comparable(sets) for rep in one.reps]
    found = symmetry(reps, (lambda r: r.hold_s) if exercise.timed else None)
    if found is None:
        return _SMALL.format("", _("too few reps"))
    less = "" if found.less == "both" else _SMALL.format(" ", _(_LESS[found.less]))
    return percent(found.index) + less


# -------------------------------------------------------------------- faults


@dataclass(frozen=True)
class _FaultRow:
    exercise: Exercise
    title: str
    all: FaultWeek
    weeks: Sequence[FaultWeek]


def _judged(period: Period) -> list[_FaultRow]:
    """Every fault that was judged, those found most often first."""
    found = []
    for exercise in period.exercises:
        sets = period.of(exercise)
        for rule in exercise.faults:
            all_weeks = faults_of(sets, exercise.id, rule.id)
            if all_weeks is not None and all_weeks.judged:
                weeks = fault_rate(sets, exercise.id, rule.id)
                found.append(_FaultRow(exercise, rule.title, all_weeks, weeks))
    return sorted(found, key=lambda row: -row.all.found / row.all.judged)


def fault_rows(period: Period) -> dict[str, Any]:
    """Which faults were found, how sure that is, and which were looked for in vain.

    judged: whether any was; rows: of the table; more: how many faults it leaves out; clean:
    what was not found, by exercise.
    """
    rows = _judged(period)
    seen = [row for row in rows if row.all.found]
    more = len(seen) - _FAULT_ROWS
    clean: dict[str, list[str]] = {}
    for row in rows:
        if not row.all.found:
            most = _("0 of {of}, at most {percent}").format(
                of=row.all.judged, percent=percent(row.all.true.high)
            )
            clean.setdefault(_(row.exercise.name), []).append(f"{_(row.title)} ({most})")
    return {
        "judged": bool(rows),
        "rows": [_fault_cells(row) for row in seen[:_FAULT_ROWS]],
        "more": many(more, "fault") if more > 0 else "",
        "clean": clean,
    }


def _fault_cells(row: _FaultRow) -> list[str]:
    week, true = row.all, row.all.true
    told = _("cannot be told yet")
    if true.share is not None:
        band = f"{100 * true.low:.0f}-{100 * true.high:.0f}%"
        told = _SMALL.format(f"{100 * true.share:.0f}% ", band)
    change = compared(row.weeks)
    words = {"fewer": _("less often"), "more": _("more often"), "chance": _("no clear change")}
    return [
        capital(_(row.title)),
        _(row.exercise.name),
        _("{n} of {of}").format(n=week.found, of=week.judged),
        _band(week),
        told,
        words[change.direction] if change else "",
    ]


def _band(week: FaultWeek) -> str:
    true = week.true
    low, wide = 100 * true.low, 100 * (true.high - true.low)
    at = None if true.share is None else min(max(100 * true.share, 0.75), 99.25)
    return render("band.svg", low=low, wide=max(wide, 0.5), at=at)
