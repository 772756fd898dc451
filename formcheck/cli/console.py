"""A report as text for the terminal: its digest, or one line.

Works without colour: everything that a colour says is also said by a word or a
sign, and piped output carries no escape codes. Fits 80 columns.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import IO, Concatenate, Final, ParamSpec

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.engine.wording import SHOWN_HOLD_S, capital, many
from formcheck.language import _
from formcheck.reporting.digest import Digest, Unassessed

WIDTH: Final = 80
_STYLE: Final = {"marked": "bold red", "mild": "yellow"}
#: Letters; with less room the faults of a rep stand below it.
_FAULTS_ROOM: Final = 26
P = ParamSpec("P")


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


def trimmed(
    show: Callable[Concatenate[Console, P], None],
) -> Callable[Concatenate[Console, P], None]:
    """Leave out the blanks that tables are filled up with at the end of lines."""

    @wraps(show)
    def shown(console: Console, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with console.capture() as captured:
            show(console, *args, **kwargs)
        lines = (line.rstrip() for line in captured.get().splitlines())
        # Past the console: what was rendered once must not be styled or wrapped again.
        console.file.write("".join(f"{line}\n" for line in lines))
        console.file.flush()

    return shown


def count_line(report: SetReport) -> str:
    """The set in one line, as ``formcheck count`` prints it."""
    summary = report.summary
    sure = report.recognised
    recognised = _(" (recognised, {share:.0f}% sure)") if sure else ""
    if sure:
        recognised = recognised.format(share=100 * sure.probability)
    parts = [f"{report.exercise}{recognised}: {many(summary.reps, 'rep')}"]
    parts.append(many(summary.partials, "partial"))
    held = [rep.hold_s for rep in report.reps if rep.hold_s >= SHOWN_HOLD_S]
    parts.append(many(len(held), "hold") + (f" ({sum(held):.1f} s)" if held else ""))
    return ", ".join(parts)


@trimmed
def print_report(
    console: Console,
    report: SetReport,
    exercise: Exercise,
    prescription: Prescription | None = None,
) -> None:
    """Print the whole report as a table with its remarks."""
    text = Digest(report, exercise, prescription)
    console.print(Text(text.headline, style="bold"))
    counted = (_("Reps"), _("Partial"))
    tiles = [tile for tile in text.tiles if tile.label not in counted]
    _facts(console, [(t.label, f"{t.value} ({t.note})" if t.note else t.value) for t in tiles])
    title(console, _("The one thing to work on next"))
    indented(console, Text(text.advice.sentence, style="bold"))
    indented(console, text.advice.why)
    if text.asked:
        title(console, _("As prescribed"))
        asked = [(f"{a.what}, {a.side.lower()}" if a.side else a.what, a.value) for a in text.asked]
        _facts(console, asked)
        indented(console, Text(text.asked_note, style="dim"))
    if text.rows:
        title(console, _("Every rep"))
        _reps(console, text)
        indented(console, Text(text.legend, style="dim"))
    title(console, _("What was found"))
    if text.verdict:
        indented(console, text.verdict)
    for fault in text.faults:
        indented(console, Text(fault.title, style=_STYLE[fault.severity]))
        indented(console, f"{fault.summary} {fault.cue}".strip())
        _list(console, [case.caption for case in fault.cases])
    if text.sides or text.sides_words:
        title(console, _("Left against right"))
        indented(console, text.sides_words)
        if text.sides:
            _table(console, ("", _("Left"), _("Right")), text.sides)
    for heading, lines in (
        (_("Partial attempts, not counted"), text.partials),
        (_("Not assessed"), [_unassessed(one) for one in text.not_assessed]),
        (_("Notes"), text.notes),
    ):
        if lines:
            title(console, heading)
            _list(console, lines)
    title(console, _("How it was measured"))
    _facts(console, text.measured)


def _reps(console: Console, text: Digest) -> None:
    """The reps; their faults stand beside them, or below where there is no room."""
    lines = [text.columns[:-1], *(row.cells[:-1] for row in text.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    room = console.width - sum(widths) - 2 * len(widths) - 2
    below = room < _FAULTS_ROOM
    gap = " " if room < 0 else "  "
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, cells in enumerate(lines):
        first, *rest = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        line = Text(gap.join((first.strip().ljust(widths[0]), *rest)))
        if number == 0:
            table.add_row(line, "" if below else text.columns[-1], style="bold")
            continue
        row = text.rows[number - 1]
        told = [Text(words, style=_STYLE[severity]) for severity, words in row.faults]
        faults = Text("\n").join(told or [Text(row.cells[-1], style="dim")])
        table.add_row(line, "" if below else faults)
        if below:
            indented(console, table)
            console.print(Padding(faults, (0, 0, 0, 6)))
            table = Table.grid()
    if not below:
        indented(console, table)


def _unassessed(one: Unassessed) -> Text:
    titles = ", ".join(one.titles)
    return Text.assemble((capital(titles), "bold"), f": {one.why}")


@trimmed
def print_catalogue(console: Console) -> None:
    """All exercises with where to put the camera."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, width=min(WIDTH, console.width))
    table.add_column(_("exercise"), style="bold", no_wrap=True)
    table.add_column(_("camera"), overflow="fold")
    for exercise in EXERCISES.values():
        table.add_row(exercise.id, _(exercise.setup))
    console.print(table)
    console.print(_("Details of one: formcheck exercises ID"))


@trimmed
def print_exercise(console: Console, exercise: Exercise) -> None:
    """One exercise: how it is done, where the camera stands, what is checked."""
    console.print(Text(f"{_(exercise.name)} ({exercise.id})", style="bold"))
    indented(console, _(exercise.summary))
    title(console, _("Camera"))
    indented(console, _(exercise.setup))
    title(console, _("What is checked"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, width=min(WIDTH, console.width))
    for column in (_("fault"), _("what it is"), _("judged from, degrees")):
        table.add_column(column, overflow="fold")
    for rule in exercise.faults:
        table.add_row(rule.id, _(rule.title), rule.judged_words)
    console.print(table)
    indented(console, _("With --tempo also too_fast, with --hold or --tempo also hold_short."))


# ------------------------------------------------------------------- pieces


def title(console: Console, text: str) -> None:
    """A heading, with a blank line above it."""
    console.print()
    console.print(Text(text, style="bold"))


def indented(console: Console, text: str | Text | Table) -> None:
    """A paragraph or a table below its heading; nothing for no words."""
    if isinstance(text, Table) or text:
        console.print(Padding(text, (0, 0, 0, 2)))


def _facts(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    """What on the left, the words on the right."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for what, words in rows:
        table.add_row(Text(what, style="dim"), words)
    indented(console, table)


def _list(console: Console, lines: Iterable[str | Text]) -> None:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row("-", line)
    indented(console, table)


def _table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for cells in rows:
        table.add_row(*cells)
    indented(console, table)
