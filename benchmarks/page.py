"""The tables of the accuracy benchmark as Markdown, and the page about our own films."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import rates
from benchmarks.rates import wilson
from benchmarks.scoring import FaultCheck, Outcome
from exerciser.movements import MOVEMENTS
from formcheck.engine.exercises import EXERCISES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "accuracy_rendered.md"
# In the order of the catalogue, so that related exercises stand together.
EXERCISE_NAMES = {e: e.replace("_", " ") for e in (*EXERCISES, *MOVEMENTS) if e in MOVEMENTS}
BLOCK = ("<!-- accuracy:begin -->", "<!-- accuracy:end -->")
FAULT_HEAD = ("fault", "found", "false", "not assessed")


# ----------------------------------------------------------------- pieces of Markdown
def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def paragraph(text: str) -> list[str]:
    """Text of one paragraph, filled to the width of the page, and an empty line."""
    return [textwrap.fill(" ".join(text.split()), 100, break_on_hyphens=False), ""]


def of(hits: int, cases: int) -> str:
    """So many of so many."""
    return f"{hits} of {cases}" if cases else "-"


def rate(hits: int, cases: int) -> str:
    """The same with the 95% interval (Wilson)."""
    low, high = wilson(hits, cases)
    return f"{of(hits, cases)} ({100 * low:.0f}-{100 * high:.0f}%)" if cases else "-"


def fault_cells(row: Mapping[str, Any]) -> list[str]:
    """What FAULT_HEAD says of a fault but its name."""
    return [
        rate(row["found"], row["there"]),
        rate(row["alarms"], row["clean_judged"]),
        of(row["not_assessed"], row["reps"]),
    ]


def write_block(path: Path, lines: Sequence[str]) -> None:
    """Put lines between the two marks in a file."""
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(BLOCK[0])
    after = rest.split(BLOCK[1])[1]
    inside = "\n".join(["", "", *lines]).rstrip()
    path.write_text(f"{before}{BLOCK[0]}{inside}\n\n{BLOCK[1]}{after}", encoding="utf-8")


def plain(value: Any) -> Any:
    """Numbers as JSON has them: rounded, None for NaN."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value


# ----------------------------------------------------------------- our own films
def numbers(outcomes: Sequence[Outcome], *, views: bool = True) -> dict[str, Any]:
    """All numbers of a tier: exercise, or "all" -> counts, errors, and faults.

    faults: where the camera can show the fault (truth.assessable); by_view: from everywhere,
    by where it stands, left out without views.
    """
    found: dict[str, Any] = {"all": _overall(outcomes)}
    for exercise in EXERCISE_NAMES:
        mine = [o for o in outcomes if o.exercise == exercise]
        if not mine:
            continue
        found[exercise] = {**_overall(mine), "faults": _faults(mine, assessable=True)}
        if views:
            found[exercise]["by_view"] = {
                view: _faults([o for o in mine if o.view == view])
                for view in sorted({o.view for o in mine})
            }
    return found


def _overall(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {"counts": rates.count_row(outcomes), "errors": rates.errors(outcomes)}


def _faults(outcomes: Iterable[Outcome], *, assessable: bool = False) -> dict[str, Any]:
    checks: dict[str, list[FaultCheck]] = {}
    for check in (c for o in outcomes for a in o.attempts for c in a.faults):
        if check.assessable or not assessable:
            checks.setdefault(check.fault, []).append(check)
    return {fault: rates.fault_row(own) for fault, own in checks.items()}


def counts_table(tier: Mapping[str, Any]) -> list[str]:
    """Counts and sides, holds, timing and ranges of every exercise."""
    rows = []
    for name, own in _of_all(tier):
        c, e = own["counts"], own["errors"]
        rows.append(
            [
                name,
                of(c["exact"], c["recordings"]),
                f"{of(c['found'], c['reps'])}, {c['extra']} extra",
                of(c["side_right"], c["sides"]),
                _error(e["hold_error_s"], "s"),
                _error(e["start_error_s"], "s"),
                _error(e["end_error_s"], "s"),
                _error(e["range_error_deg"], "deg"),
            ]
        )
    head = ["exercise", "counts exact", "reps found", "side right", "hold error", "start error"]
    return table([*head, "end error", "range error"], rows)


def _of_all(tier: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for exercise, name in {**EXERCISE_NAMES, "all": "all"}.items():
        if exercise in tier:
            yield name, tier[exercise]


def _error(numbers: Sequence[float], unit: str) -> str:
    middle, most, cases = numbers
    digits = 2 if unit == "s" else 1
    return f"{middle:.{digits}f} / {most:.{digits}f} {unit}" if cases else "-"


def faults_table(tier: Mapping[str, Any], *, by_view: bool = False) -> list[str]:
    """Every fault that is judged at all: where the camera can show it, or by view."""
    rows = []
    for exercise, name in EXERCISE_NAMES.items():
        rules = {r.id: r for r in EXERCISES[exercise].faults if not r.unseen}
        own = tier.get(exercise, {})
        views = own.get("by_view", {}) if by_view else {"": own.get("faults", {})}
        for view, fault, row in ((v, f, r) for v, found in views.items() for f, r in found.items()):
            if fault not in rules or not (row["there"] or row["clean_judged"]):
                continue
            unit = MOVEMENTS[exercise].faults[fault].unit.split()[0].rstrip(",")
            cells = [
                view if by_view else rules[fault].judged_words or "all sides",
                rate(*row["marked"]),
                rate(*row["mild"]),
                *fault_cells(row)[1:],
                "-" if row["half_found"] is None else f"{row['half_found']:.1f} {unit}",
            ]
            rows.append([name, fault.replace("_", " "), *cells])
    head = ["exercise", "fault", "view" if by_view else "judged from", "clear ones found"]
    return table([*head, "slight ones found", *FAULT_HEAD[2:], "half are found at"], rows)


def lite_table(full: Mapping[str, Any], lite: Mapping[str, Any]) -> list[str]:
    """Two models that saw the same films, side by side."""
    rows = []
    for name, tier in (("full", full), ("lite", lite)):
        c, e = tier["all"]["counts"], tier["all"]["errors"]
        faults = [r for own in tier.values() for r in own.get("faults", {}).values()]
        there, found, clean, alarms = (
            sum(r[key] for r in faults) for key in ("there", "found", "clean_judged", "alarms")
        )
        rows.append(
            [
                name,
                of(c["exact"], c["recordings"]),
                f"{of(c['found'], c['reps'])}, {c['extra']} extra",
                _error(e["hold_error_s"], "s"),
                _error(e["range_error_deg"], "deg"),
                rate(found, there),
                rate(alarms, clean),
            ]
        )
    head = ["model", "counts exact", "reps found", "hold error", "range error", "faults found"]
    return table([*head, "false alarms"], rows)


def write(results: Mapping[str, Any]) -> None:
    """Write the page about our own films from what is kept of them (results.kept)."""
    PAGE.write_text("\n".join(_page(results["own films"])), encoding="utf-8")


def _page(own: Mapping[str, Any]) -> Iterator[str]:
    fresh, simulated, lite = (own[tier] for tier in ("fresh", "simulated", "lite"))
    yield from ["# Accuracy on our own films", ""]
    yield from paragraph(
        """These are films of the renderer that the limits were tuned with: the best case. What
        films and people from outside say is in [accuracy.md](accuracy.md)."""
    )
    yield from paragraph(
        f"""Written by `python -m benchmarks.accuracy` for formcheck {own["formcheck"]}. The same
        numbers, for programs: [benchmarks/accuracy.json](../benchmarks/accuracy.json)."""
    )
    yield from paragraph(
        f"""A virtual person whose every joint is known (`exerciser/`) does whole sets in a
        furnished room, with faults of chosen sizes in some of the repetitions, and is filmed with
        a webcam's noise, light and JPEG. The pose model ("full") looks on, and for people on the
        side the motion of the pictures is measured. {fresh["all"]["counts"]["recordings"]} sets
        were drawn at random (body, faults, tempo, stance, camera) on the three bodies kept for
        reporting; the limits were tuned on five others. Sizes of faults are drawn from the upper
        60% of the range of each. What it is not: real people in real clothes. The body is of one
        make, stands out well from the room, and moves smoothly."""
    )
    yield from paragraph(
        """How to read the tables. A repetition is found when one that was reported shares at least
        a fifth of its time. Errors are absolute: the median, and what 95% of the repetitions stay
        within. *Slight* and *clear* are the rules' limits applied to the true joints
        (`exerciser/truth.py`); faults are counted per true repetition, those of a repetition that
        was not found or not assessed are not found. False: of the repetitions without that fault
        that were judged, whatever other faults they have. In brackets the 95% interval (Wilson).
        Views of someone on the side: low and high are cameras in front of the belly, below and
        from 25 degrees up; turned is more than 25 degrees towards head or feet."""
    )
    yield from counts_table(fresh)
    yield from ["## Faults, where the camera can show them", ""]
    yield from faults_table(fresh)
    never = [
        f"{rule.id.replace('_', ' ')} ({name})"
        for exercise, name in EXERCISE_NAMES.items()
        for rule in EXERCISES[exercise].faults
        if rule.unseen
    ]
    yield from paragraph(f"Never judged, because no view shows it well: {', '.join(never)}.")
    yield from ["## Faults by view", ""]
    yield from faults_table(fresh, by_view=True)
    yield from ["## The small model", ""]
    yield from paragraph(
        """A film of each exercise, seen by lite, too. Which faults lite does not judge is in
        [accuracy.md](accuracy.md), with what it makes of films from outside."""
    )
    yield from lite_table(own["full_beside_lite"], lite)
    yield from ["## Simulated sets", ""]
    yield from paragraph(
        f"""{simulated["all"]["counts"]["recordings"]} more sets of four exercises drawn at random,
        as exact joints with the pose model's errors on top. The errors are those of films of five
        bodies (`benchmarks/error_model.py`); pictures there are none, so that hips that roll are
        judged by landmarks alone."""
    )
    yield from counts_table(simulated)
    yield from faults_table(simulated)
