"""Programmes as text for the terminal, the source's numbers told from formcheck's.

What formcheck filled in carries a * and, where there are colours, is dim.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from formcheck.cli.console import trimmed
from formcheck.language import _
from formcheck.training.programmes import PROGRAMMES, Item, Phase, Programme, dose_words, from_to

if TYPE_CHECKING:
    from formcheck.training.progression import Progression

__all__ = [
    "dose_text",
    "phase_words",
    "print_programme",
    "print_programmes",
    "print_progression",
    "rounds_words",
]

_LEGEND = "* filled in by formcheck, because the source says nothing about it"


def rounds_words(per_day: tuple[int, int]) -> str:
    """How many rounds a day: "2 to 3 rounds a day"."""
    return "1 round a day" if per_day == (1, 1) else f"{from_to(*per_day)} rounds a day"


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


def print_programme(console: Console, programme: Programme, *, own: bool, now: int | None) -> None:
    """A programme with all its phases. own: somebody's here. now: the phase followed."""
    with trimmed(console):
        head = Text(f"{programme.name} ({programme.id})", style="bold")
        head.append(", own" if own else ", comes with formcheck", style="not bold dim")
        console.print(head)
        for text in (programme.summary, programme.source and f"Source: {programme.source}"):
            if text:
                console.print(Padding(text, (0, 0, 0, 2)))
        marks = False
        for index, phase in enumerate(programme.phases):
            marks |= _phase(console, programme, index, phase, followed=index == now)
        if programme.pain:
            console.print()
            console.print(Text("If it hurts: ", style="bold") + Text(programme.pain, style=""))
        if marks:
            console.print()
            console.print(Text(_LEGEND, style="dim"))


def _phase(
    console: Console, programme: Programme, index: int, phase: Phase, *, followed: bool
) -> bool:
    """Print a phase; whether something in it has a *."""
    console.print()
    line = Text(phase_words(programme, index, begins=True), style="bold")
    if followed:
        line.append("  (followed now)", style="not bold green")
    console.print(line)
    console.print(Padding(_frame(phase), (0, 0, 0, 2)))
    table = Table.grid(padding=(0, 2))
    table.add_column("exercise", style="bold", no_wrap=True)
    table.add_column("dose", overflow="fold")
    for item in phase.items:
        cell = dose_text(item)
        if item.how:
            how = "*" if "how" in item.ours else ""
            cell.append(f"\n{item.how}{how}", style="dim")
        table.add_row(item.exercise, cell)
    console.print()
    console.print(Padding(table, (0, 0, 0, 2)))
    if phase.move_on:
        console.print()
        words = phase.move_on + ("*" if "move_on" in phase.ours else "")
        console.print(Padding(Text(words), (0, 0, 0, 2)))
    return bool(phase.ours or any(item.ours for item in phase.items))


def _frame(phase: Phase) -> Text:
    """Rounds and rests of a phase."""
    parts = [(rounds_words(phase.rounds_per_day), "rounds_per_day")]
    rest = f"{phase.rest_s:g} s of rest" if phase.rest_s else "no rest"
    parts.append((f"{rest} between exercises", "rest_s"))
    if phase.round_rest_s:
        parts.append((f"{phase.round_rest_s:g} s between rounds", "round_rest_s"))
    text = Text()
    for number, (words, field) in enumerate(parts):
        text.append(", " if number else "")
        _append(text, words, ours=field in phase.ours)
    return text


def print_programmes(
    console: Console, own: Sequence[Programme], followed: tuple[Programme, int] | None
) -> None:
    """All programmes, the built-in ones first; followed: which one, and its phase."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("programme", style="bold", no_wrap=True)
    table.add_column("", overflow="fold")
    table.add_column("phases", justify="right")
    table.add_column("", no_wrap=True)
    now = followed[0].id if followed else ""
    for kind, programmes in (("built in", PROGRAMMES.values()), ("own", own)):
        for one in programmes:
            sign = "*" if one.id == now else ""
            table.add_row(sign, one.id, one.name, str(len(one.phases)), kind)
    with trimmed(console):
        console.print(table)
        if followed:
            console.print(f"* followed now: {phase_words(*followed)}")
        console.print("Details of one: formcheck programme show ID")
        if not followed:
            console.print("To follow one:  formcheck programme start ID")


def print_progression(console: Console, progression: Progression) -> None:
    """What speaks for going on to the next phase, and what is missing."""
    with trimmed(console):
        for sentence in progression.sentences:
            console.print(sentence)
