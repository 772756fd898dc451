"""The tables of the sheet for a physiotherapist: what was done, and which faults were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Final

from formcheck.engine.adherence import Adherence
from formcheck.engine.exercise import Exercise
from formcheck.engine.trust import hold_error_s, range_error_deg
from formcheck.engine.wording import SHOWN_HOLD_S, many
from formcheck.reporting.period import Period
from formcheck.training.records import PastSet
from formcheck.training.trends import (
    FaultWeek,
    Week,
    compared,
    fault_rate,
    faults_of,
    symmetry,
    weekly,
)

__all__ = ["exercise_table", "fault_table"]

#: What fits on the sheet; the rest is counted.
_FAULT_ROWS: Final = 10


# ----------------------------------------------------------------- exercises


def exercise_table(period: Period) -> list[str]:
    """What was done of each exercise, as HTML."""
    rows = [_exercise(exercise, period.of(exercise)) for exercise in period.exercises]
    head = (
        "Exercise",
        "Sets",
        "Reps of asked",
        "Range, first to last week",
        "±",
        "Hold kept",
        "Median",
        "Tempo kept",
        "Symmetry",
    )
    return ["<h2>What was done</h2>", *_table(head, rows)]


def _exercise(exercise: Exercise, sets: Sequence[PastSet]) -> list[str]:
    kept = Adherence(tuple(part for one in sets for part in one.adherence.parts))
    stood = exercise.timed
    weeks = [] if stood else [week for week in weekly(sets, exercise.id) if week.rom]
    error = range_error_deg(exercise.id)
    return [
        escape(exercise.name),
        str(len(sets)),
        _reps_cell(exercise, sets, kept),
        _range_cell(weeks),
        f"{error:.0f}°" if weeks and error is not None else "",
        *_hold_cells(exercise, sets, kept),
        _tempo_cell(kept),
        _symmetry_cell(exercise, sets),
    ]


def _reps_cell(exercise: Exercise, sets: Sequence[PastSet], kept: Adherence) -> str:
    text = str(sum(len(one.reps) for one in sets))
    if exercise.unilateral:
        left, right = (sum(one.reps_on(side) for one in sets) for side in ("left", "right"))
        text = f"{left} + {right}"
    of = sum(part.of for part in kept.parts if part.kind == "reps")
    return f"{text} <small>of {of}</small>" if of else text


def _range_cell(weeks: Sequence[Week]) -> str:
    if not weeks:
        return ""
    first, last = weeks[0], weeks[-1]
    words = [
        f"<small>{name}</small> {_from_to(before.median, after.median, first is last)}"
        for name, before, after in (
            ("L", first.rom_left, last.rom_left),
            ("R", first.rom_right, last.rom_right),
        )
        if before and after
    ]
    if not words and first.rom and last.rom:
        return _from_to(first.rom.median, last.rom.median, first is last)
    return " ".join(words)


def _from_to(before: float, after: float, same: bool) -> str:
    return f"{after:.0f}°" if same else f"{before:.0f}→{after:.0f}°"


def _hold_cells(exercise: Exercise, sets: Sequence[PastSet], kept: Adherence) -> tuple[str, str]:
    held = [r.hold_s for one in sets for r in one.reps if r.hold_s >= SHOWN_HOLD_S]
    share = kept.share("hold", "stand", "letters")
    if share is None or not held:
        return "", ""
    error = hold_error_s(exercise.id)
    wrong = f" <small>± {error:.1f}</small>" if error is not None else ""
    return _percent(share), f"{median(held):.1f}{wrong} s"


def _tempo_cell(kept: Adherence) -> str:
    shares = (("up", kept.share("lift")), ("down", kept.share("lower")))
    return " ".join(f"{_percent(x)} <small>{name}</small>" for name, x in shares if x is not None)


def _symmetry_cell(exercise: Exercise, sets: Sequence[PastSet]) -> str:
    if not exercise.each_side:
        return ""
    reps = [rep for one in sets for rep in one.reps]
    found = symmetry(reps, (lambda r: r.hold_s) if exercise.timed else None)
    if found is None:
        return "<small>too few reps</small>"
    less = "" if found.less == "both" else f" <small>{found.less} less</small>"
    return f"{_percent(found.index)}{less}"


def _percent(share: float) -> str:
    return f"{int(100 * share + 1e-9)}%"


# -------------------------------------------------------------------- faults


@dataclass(frozen=True)
class _FaultRow:
    exercise: Exercise
    title: str
    all: FaultWeek
    weeks: Sequence[FaultWeek]


def _fault_rows(period: Period) -> list[_FaultRow]:
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


def fault_table(period: Period) -> list[str]:
    """Which faults were found, how sure that is, and which were looked for in vain."""
    rows = _fault_rows(period)
    if not rows:
        return ["<h2>How it was done</h2>", "<p>No fault could be judged from these cameras.</p>"]
    seen = [row for row in rows if row.all.found]
    out = ["<h2>How it was done: faults found</h2>"]
    if seen:
        head = (
            "Fault",
            "Exercise",
            "Found in",
            "Estimated share, 95% band",
            "",
            "Since the first week",
        )
        out += _table(head, [_fault_cells(row) for row in seen[:_FAULT_ROWS]])
    more = seen[_FAULT_ROWS:]
    if more:
        out.append(f'<p class="soft">And {many(len(more), "fault")} in fewer reps.</p>')
    clean: dict[str, list[str]] = {}
    for row in rows:
        if not row.all.found:
            most = f" (0 of {row.all.judged}, at most {_percent(row.all.true.high)})"
            clean.setdefault(row.exercise.name, []).append(f"{row.title}{most}")
    if clean:
        told = "; ".join(f"<b>{escape(k)}</b>: {escape(', '.join(v))}" for k, v in clean.items())
        out.append(f'<p class="clean">Judged and not found: {told}.</p>')
    return out


def _fault_cells(row: _FaultRow) -> list[str]:
    week, true = row.all, row.all.true
    told = "cannot be told yet"
    if true.share is not None:
        told = f"{100 * true.share:.0f}% <small>{100 * true.low:.0f}-{100 * true.high:.0f}%</small>"
    change = compared(row.weeks)
    words = {"fewer": "in fewer reps", "more": "in more reps", "chance": "no clear change"}
    return [
        escape(row.title[0].upper() + row.title[1:]),
        escape(row.exercise.name),
        f"{week.found} of {week.judged}",
        _band(week),
        told,
        words[change.direction] if change else "",
    ]


def _band(week: FaultWeek) -> str:
    true = week.true
    low, wide = 100 * true.low, 100 * (true.high - true.low)
    tick = ""
    if true.share is not None:
        at = min(max(100 * true.share, 0.75), 99.25)
        tick = f'<rect class="share" x="{at - 0.75:.1f}" width="1.5" height="8"/>'
    return (
        '<svg class="band" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" width="100" height="8"/>'
        f'<rect class="range" x="{low:.1f}" width="{max(wide, 0.5):.1f}" height="8"/>{tick}</svg>'
    )


# -------------------------------------------------------------------- pieces


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of ready HTML; columns nobody has anything in are left out."""
    shown = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    head = "".join(f'<th scope="col">{escape(columns[i])}</th>' for i in shown)
    out = ['<div class="scroll">', "<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>"]
    for row in rows:
        first, *rest = (row[i] or "-" for i in shown)
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        out.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return [*out, "</tbody>", "</table>", "</div>"]
