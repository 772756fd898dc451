"""Programmes as text for the terminal, the source's numbers told from formcheck's.

What formcheck filled in carries a * and, where there are colours, is dim.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from formcheck.cli.console import indented, trimmed
from formcheck.language import N_, _, ngettext
from formcheck.training.programmes.plan import dose_words, from_to
from formcheck.training.programmes.programme import Item, Phase, Programme
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.progression import Progression

_LEGEND = N_("* filled in by formcheck, because the source says nothing about it")


def rounds_words(per_day: tuple[int, int]) -> str:
    """How many rounds a day: "2 to 3 rounds a day"."""
    words = ngettext("{n} round a day", "{n} rounds a day", per_day[1])
    return words.format(n=from_to(*per_day))


def phase_words(programme: Programme, phase: int, *, begins: bool = False) -> str:
    """The phase (index from 0) with its place: "phase 2 of 3, Strength". begins: a sentence."""
    name = _(programme.phases[phase].name)
    of = len(programme.phases)
    words = (
        name if of == 1 else _("phase {n} of {of}, {name}").format(n=phase + 1, of=of, name=name)
    )
    return words[:1].upper() + words[1:] if begins else words


def dose_text(item: Item) -> Text:
    """An item's dose, each part that formcheck filled in with a *."""
    text = Text()
    for words, field in dose_words(item):
        _append(text, words, ours=field in item.ours)
    return text


def _append(text: Text, words: str, *, ours: bool) -> None:
    """Add words, marked where they are formcheck's; a blank at their end stays at the end."""
    bare = words.rstrip()
    text.append(f"{bare}*" if ours else bare, style="dim" if ours else "")
    text.append(words[len(bare) :])


@trimmed
def print_programme(console: Console, programme: Programme, *, own: bool, now: int | None) -> None:
    """A programme with all its phases. own: somebody's here. now: the phase followed."""
    head = Text(f"{_(programme.name)} ({programme.id})", style="bold")
    head.append(_(", own") if own else _(", comes with formcheck"), style="not bold dim")
    console.print(head)
    indented(console, _(programme.summary))
    if programme.source:
        indented(console, _("Source: {source}").format(source=_(programme.source)))
    for index, phase in enumerate(programme.phases):
        line = Text(phase_words(programme, index, begins=True), style="bold")
        if index == now:
            line.append(_("  (followed now)"), style="not bold green")
        console.print()
        console.print(line)
        _phase(console, phase)
    if programme.pain:
        console.print()
        console.print(Text(_("If it hurts: "), style="bold") + Text(_(programme.pain), style=""))
    if any(phase.ours or any(item.ours for item in phase.items) for phase in programme.phases):
        console.print()
        console.print(Text(_(_LEGEND), style="dim"))


def _phase(console: Console, phase: Phase) -> None:
    indented(console, _frame(phase))
    table = exercise_table()
    for item in phase.items:
        cell = dose_text(item)
        if item.how:
            how = "*" if "how" in item.ours else ""
            cell.append(f"\n{_(item.how)}{how}", style="dim")
        table.add_row(item.exercise, cell)
    console.print()
    indented(console, table)
    if phase.move_on:
        console.print()
        indented(console, Text(_(phase.move_on) + ("*" if "move_on" in phase.ours else "")))


def exercise_table() -> Table:
    """Exercises and, beside them, how much of each; more columns may come."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _frame(phase: Phase) -> Text:
    """Rounds and rests of a phase."""
    parts = [(rounds_words(phase.rounds_per_day), "rounds_per_day")]
    rest = _("{rest:g} s of rest").format(rest=phase.rest_s) if phase.rest_s else _("no rest")
    parts.append((_("{rest} between exercises").format(rest=rest), "rest_s"))
    if phase.round_rest_s:
        words = _("{rest:g} s between rounds").format(rest=phase.round_rest_s)
        parts.append((words, "round_rest_s"))
    text = Text()
    for number, (words, field) in enumerate(parts):
        text.append(", " if number else "")
        _append(text, words, ours=field in phase.ours)
    return text


@trimmed
def print_programmes(
    console: Console, own: Sequence[Programme], followed: tuple[Programme, int] | None
) -> None:
    """All programmes, the built-in ones first; followed: which one, and its phase."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column(_("programme"), style="bold", no_wrap=True)
    table.add_column("", overflow="fold")
    table.add_column(_("phases"), justify="right")
    table.add_column("", no_wrap=True)
    now = followed[0].id if followed else ""
    for kind, programmes in ((_("built in"), PROGRAMMES.values()), (_("own"), own)):
        for one in programmes:
            sign = "*" if one.id == now else ""
            table.add_row(sign, one.id, _(one.name), str(len(one.phases)), kind)
    console.print(table)
    if followed:
        console.print(_("* followed now: {phase}").format(phase=phase_words(*followed)))
    console.print(_("Details of one: formcheck programme show ID"))
    if not followed:
        console.print(_("To follow one:  formcheck programme start ID"))


@trimmed
def print_progression(console: Console, progression: Progression) -> None:
    """What speaks for going on to the next phase, and what is missing."""
    for sentence in progression.sentences:
        console.print(sentence)
