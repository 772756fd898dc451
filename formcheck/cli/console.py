"""A report as text for the terminal: a table, or one line.

Works without colour: everything that a colour says is also said by a word or a
sign, and piped output carries no escape codes. Fits 80 columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from formcheck.engine.adherence import reported
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.report import Fault, Rep, SetReport
from formcheck.engine.rule import FaultRule
from formcheck.engine.wording import (
    SHOWN_HOLD_S,
    asked_words,
    clock,
    fault_value,
    format_value,
    many,
    median_tempo,
    not_assessed_lines,
    recognised_words,
    seen_words,
    sides_words,
    view_words,
)

__all__ = [
    "count_line",
    "format_value",
    "make_console",
    "print_catalogue",
    "print_exercise",
    "print_report",
    "trimmed",
]

WIDTH: Final = 80
_SEVERITY_STYLE: Final = {"marked": "bold red", "mild": "yellow"}
# "!" and "~" carry the severity where there is no colour.
_SEVERITY_SIGN: Final = {"marked": "!", "mild": "~"}


def make_console(file: IO[str], color: str = "auto") -> Console:
    """A console on this file; color is "auto", "always" or "never".

    "auto" is plain text unless the file is a terminal; the NO_COLOR variable
    turns colours off, "always" turns them on whatever else is said.
    """
    always = color == "always"
    plain = color == "never" or (not always and ("NO_COLOR" in os.environ or not file.isatty()))
    columns = None
    if not file.isatty():
        # Lines for a file or a pipe should not depend on the window they came from.
        columns = int(os.environ.get("COLUMNS", "0") or 0) or WIDTH
    return Console(
        file=file,
        no_color=plain,
        color_system=None if plain else ("standard" if always else "auto"),
        force_terminal=True if always else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        width=columns,
        soft_wrap=False,
        _environ={k: v for k, v in os.environ.items() if not (always and k == "NO_COLOR")},
    )


def count_line(report: SetReport) -> str:
    """The set in one line, as ``formcheck count`` prints it."""
    summary = report.summary
    sure = report.recognised
    recognised = f" (recognised, {100 * sure.probability:.0f}% sure)" if sure else ""
    parts = [f"{report.exercise}{recognised}: {many(summary.reps, 'rep')}"]
    parts.append(many(summary.partials, "partial"))
    held = [rep.hold_s for rep in report.reps if rep.hold_s >= SHOWN_HOLD_S]
    parts.append(many(len(held), "hold") + (f" ({sum(held):.1f} s)" if held else ""))
    return ", ".join(parts)


def print_report(
    console: Console,
    report: SetReport,
    exercise: Exercise,
    prescription: Prescription | None = None,
) -> None:
    """Print the whole report as a table with its remarks."""
    with trimmed(console):
        _print_report(console, report, exercise, prescription)


def _print_report(
    console: Console,
    report: SetReport,
    exercise: Exercise,
    prescription: Prescription | None,
) -> None:
    rules = {rule.id: rule for rule in exercise.faults}
    _header(console, report, exercise, prescription)
    if report.reps:
        console.print(_reps_table(report.reps, rules))
        _legend(console, report.reps)
    if (kept := reported(report, exercise, prescription)).asked:
        _title(console, "As prescribed")
        for told in kept.sentences:
            _bullet(console, told)
    if report.partials:
        _title(console, "Partial attempts (not counted)")
        for rep in report.partials:
            side = f", {rep.side}" if rep.side != "both" else ""
            times = f"{clock(rep.start_s)} to {clock(rep.end_s)}{side}, {rep.rom_deg:.0f}°"
            _bullet(console, f"{times}: {rep.why}" if rep.why else times)
    _faults_summary(console, report, rules)
    if report.summary.not_assessed:
        _title(console, "Not assessed")
        for ids, why in not_assessed_lines(report):
            line = Text(", ".join(_fault_title(i, rules) for i in ids), style="bold")
            line.append(f": {why}", style="not bold")
            _bullet(console, line)
    if report.notes:
        _title(console, "Notes")
        for note in report.notes:
            _bullet(console, note)


def print_catalogue(console: Console, exercises: dict[str, Exercise]) -> None:
    """All exercises with where to put the camera."""
    table = Table(box=box.SIMPLE_HEAD, expand=False, pad_edge=False, width=WIDTH)
    table.add_column("exercise", style="bold", no_wrap=True)
    table.add_column("camera")
    for exercise in exercises.values():
        table.add_row(exercise.id, exercise.setup)
    with trimmed(console):
        console.print(table)
        console.print("Details of one: formcheck exercises ID")


def print_exercise(console: Console, exercise: Exercise) -> None:
    """One exercise: how it is done, where the camera stands, what is checked."""
    with trimmed(console):
        _print_exercise(console, exercise)


def _print_exercise(console: Console, exercise: Exercise) -> None:
    console.print(Text(f"{exercise.name} ({exercise.id})", style="bold"))
    console.print(Padding(exercise.summary, (0, 0, 0, 2)))
    _title(console, "Camera")
    console.print(Padding(exercise.setup, (0, 0, 0, 2)))
    _title(console, "What is checked")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, width=WIDTH)
    table.add_column("fault", no_wrap=True)
    table.add_column("what it is")
    table.add_column("seen from")
    for rule in exercise.faults:
        table.add_row(rule.id, rule.title, ", ".join(rule.views))
    console.print(table)
    console.print(
        Padding("With --tempo also too_fast, with --hold or --tempo also hold_short.", (0, 0, 0, 2))
    )


# ------------------------------------------------------------------- pieces


@contextmanager
def trimmed(console: Console) -> Iterator[None]:
    """Leave out the blanks that tables are filled up with at the end of lines."""
    with console.capture() as captured:
        yield
    lines = (line.rstrip() for line in captured.get().splitlines())
    # Past the console: what was rendered once must not be styled or wrapped again.
    console.file.write("".join(f"{line}\n" for line in lines))
    console.file.flush()


def _header(
    console: Console, report: SetReport, exercise: Exercise, prescription: Prescription | None
) -> None:
    summary, source = report.summary, report.source
    counts = Text(f"{exercise.name}: {many(summary.reps, 'rep')}", style="bold")
    if summary.reps and (summary.reps_left or summary.reps_right):
        counts.append(f" ({summary.reps_left} left, {summary.reps_right} right)")
    kept = reported(report, exercise, prescription)
    if wanted := sum(part.of for part in kept.parts if part.kind == "reps"):
        counts.append(f" of {wanted}")
    if summary.partials:
        counts.append(f", {many(summary.partials, 'partial')}")
    console.print(counts)
    rows: list[tuple[str, str]] = []
    if source.frames:
        size = f"{source.width}x{source.height}"
        rate = f"{source.duration_s:.1f} s at {source.fps:.1f} frames/s"
        rows.append(("recording", f"{source.name}, {size}, {rate}"))
        rows.append(("person", f"{view_words(report.view)}; {seen_words(report)}"))
    else:
        # A set that was broken off: only its reps were kept.
        rows.append(("recording", f"{source.name}, {source.duration_s:.1f} s"))
    if any(rep.hold_s >= SHOWN_HOLD_S for rep in report.reps):
        rows.append(
            (
                "holds",
                f"{summary.hold_s_total:.1f} s in all, median {summary.hold_s_median:.1f} s",
            )
        )
    if (tempo := median_tempo(report.reps)) is not None:
        seconds = " - ".join(f"{t:.1f}" for t in tempo)
        rows.append(("tempo", f"{seconds} s (lift - hold - lower)"))
    if prescription is not None and (asked := asked_words(prescription)):
        rows.append(("asked for", asked))
    if summary.reps and summary.equal_sides is not None:
        rows.append(("sides", sides_words(summary)))
    if sure := recognised_words(report):
        rows.append(("exercise", sure))
    if report.model:
        rows.append(("model", report.model))
    for name, text in rows:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=11)
        table.add_column(overflow="fold")
        table.add_row(Text(f"  {name}", style="dim"), text)
        console.print(table)


def _reps_table(reps: tuple[Rep, ...], rules: dict[str, FaultRule]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    sided = any(rep.side != "both" for rep in reps)
    table.add_column("rep", justify="right", style="bold")
    if sided:
        table.add_column("side")
    table.add_column("from - to", no_wrap=True)
    table.add_column("hold", justify="right", no_wrap=True)
    table.add_column("lift/\nlower", justify="right", no_wrap=True)
    table.add_column("range", justify="right", no_wrap=True)
    traced = any(rep.path_legs is not None for rep in reps)
    if traced:
        table.add_column("way in\nlegs", justify="right", no_wrap=True)
    table.add_column("faults", overflow="fold")
    for rep in reps:
        cells: list[Any] = [str(rep.index)]
        if sided:
            cells.append(rep.side)
        hold = f"{rep.hold_s:.1f}" if rep.hold_s >= SHOWN_HOLD_S else "-"
        if hold != "-" and rep.hold_s - rep.hold_clean_s >= 0.1:
            hold = f"{rep.hold_clean_s:.1f} of {hold}"
        cells += [
            f"{clock(rep.start_s)} - {clock(rep.end_s)}",
            hold,
            f"{rep.concentric_s:.1f}/{rep.eccentric_s:.1f}",
            f"{rep.rom_deg:.0f}°",
        ]
        if traced:
            cells.append("-" if rep.path_legs is None else f"{rep.path_legs:.1f}")
        cells.append(_faults_cell(rep, rules))
        table.add_row(*cells)
    return table


def _faults_cell(rep: Rep, rules: dict[str, FaultRule]) -> Text:
    cell = Text()
    for position, fault in enumerate(rep.faults):
        if position:
            cell.append("\n")
        cell.append(_fault_words(fault, rules), style=_SEVERITY_STYLE[fault.severity])
    if not rep.faults:
        # What could not be seen at all is no clean rep.
        unseen = set(rules) <= {missing.id for missing in rep.not_assessed}
        cell.append("not assessed" if unseen else "none found", style="dim")
    return cell


def _fault_words(fault: Fault, rules: dict[str, FaultRule]) -> str:
    side = f" {fault.side}" if fault.side != "both" and _is_sided(fault.id, rules) else ""
    sign = _SEVERITY_SIGN[fault.severity]
    return f"{sign} {fault.id}{side}, {fault_value(fault)} at {clock(fault.at_s)}"


def _is_sided(fault_id: str, rules: dict[str, FaultRule]) -> bool:
    return fault_id in rules and rules[fault_id].per == "side"


def _legend(console: Console, reps: tuple[Rep, ...]) -> None:
    found = {fault.severity for rep in reps for fault in rep.faults}
    words = ["times in seconds"]
    words += [
        f"{_SEVERITY_SIGN[severity]} = {severity}"
        for severity in ("marked", "mild")
        if severity in found
    ]
    if any(rep.hold_s - rep.hold_clean_s >= 0.1 and rep.hold_s >= SHOWN_HOLD_S for rep in reps):
        words.append("hold = without a posture fault, of all")
    console.print(Text("  " + ", ".join(words), style="dim"))


def _faults_summary(console: Console, report: SetReport, rules: dict[str, FaultRule]) -> None:
    reps, faults = report.reps, report.summary.faults
    if not reps:
        console.print()
        console.print("No rep was counted, so there is nothing to judge.")
        return
    if not faults:
        console.print()
        judged = [rule for rule in rules if rule not in report.summary.not_assessed]
        if judged:
            console.print("No fault was found in what could be assessed.")
        else:
            console.print("Nothing about the form could be assessed from this recording.")
        return
    cues: dict[str, str] = {}
    for rep in reps:
        for fault in rep.faults:
            cues.setdefault(fault.id, fault.cue)
    _title(console, "What to work on")
    # The most frequent first: nobody can change four things at once.
    for fault_id, found in sorted(faults.items(), key=lambda item: -item[1].reps):
        line = Text(_fault_title(fault_id, rules), style="bold")
        line.append(
            f" in {found.reps} of {many(len(reps), 'rep')}, "
            f"worst {format_value(found.worst, found.unit)}",
            style="not bold",
        )
        if fault_id in cues:
            line.append(f". {cues[fault_id]}", style="not bold")
        _bullet(console, line)


def _fault_title(fault_id: str, rules: dict[str, FaultRule]) -> str:
    return f"{fault_id} ({rules[fault_id].title})" if fault_id in rules else fault_id


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _bullet(console: Console, text: str | Text) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=3, justify="right")
    table.add_column(overflow="fold")
    table.add_row("-", text)
    console.print(table)
