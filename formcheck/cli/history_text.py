"""Past sets as text for the terminal. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from formcheck.cli.console import trimmed
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.wording import many
from formcheck.language import _, date_words
from formcheck.reporting.sets_table import held, middle
from formcheck.training.records import PastSet

#: So much of a set's id is shown, and is enough to name it.
SHOWN_ID: Final = 8

_LINE: Final = "  {:<5}  {:<21}  {:>9}  {:>7}  {:>5}  {:>10}  {}"
#: Where the exercise stands.
_INDENT: Final = 9


@trimmed
def print_sets(console: Console, sets: Sequence[PastSet]) -> None:
    """The sets, day by day, the newest at the end."""
    columns = (_("reps"), _("hold"), _("range"), _("with fault"), _("set"))
    console.print(Text(_LINE.format("", "", *columns), style="dim"))
    for day, of_day in groupby(sets, key=lambda one: one.day):
        console.print(Text(date_words(day, weekday=True), style="bold"))
        for one in of_day:
            console.print(_line(one), no_wrap=True)
            if said := remarks(one):
                console.print(Padding(Text(said, style="dim"), (0, 0, 0, _INDENT)))
    reps = many(sum(len(one.reps) for one in sets), "rep")
    days = many(len({one.day for one in sets}), "day")
    words = _("{sets} on {days}, {reps}. Hold and range are medians.")
    console.print()
    console.print(words.format(sets=many(len(sets), "set"), days=days, reps=reps))
    words = _("The report of one: formcheck history show {id}")
    console.print(words.format(id=sets[-1].id[:SHOWN_ID]))


@trimmed
def print_about(console: Console, one: PastSet) -> None:
    """What the history has of a set besides its report."""
    when = f"{date_words(one.when, weekday=True)}, {one.when:%H:%M}"
    words = _("{words} (set {id})").format(words=when, id=one.id[:SHOWN_ID])
    console.print(Text(words, style="dim"))
    answer = {True: "", False: _("it did not hurt"), None: _("whether it hurt was not answered")}
    said = "; ".join(filter(None, (answer[one.pain], remarks(one))))
    console.print(Text(said[:1].upper() + said[1:], style="dim"))


def remarks(one: PastSet) -> str:
    """What else is to be known of a set; "" when it is nothing."""
    words = []
    if one.pain:
        words.append(
            _("it hurt, {n} of 10").format(n=one.pain_level) if one.pain_level else _("it hurt")
        )
    if one.partials:
        words.append(many(len(one.partials), "partial attempt"))
    if one.state != "done":
        words.append(_(one.state.replace("_", " ")))
    if one.source == "video":
        words.append(_("from a video"))
    if one.clock_doubt:
        words.append(_("the clock had jumped: the day may be wrong"))
    if one.problem:
        words.append(_("damaged: {why}").format(why=_(one.problem)))
    if one.note:
        words.append(_("note: {note}").format(note=_plain(one.note)))
    return "; ".join(words)


def _plain(text: str) -> str:
    """In one line, and without what would command the terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _line(one: PastSet) -> Text:
    hold, rom = middle(held(one), "hold_s", 1), middle(one.reps, "rom_deg", 0)
    faulted = sum(bool(rep.faults) for rep in one.reps)
    return Text(
        _LINE.format(
            f"{one.when:%H:%M}",
            one.exercise,
            _reps(one),
            "-" if hold is None else f"{hold:.1f} s",
            "-" if rom is None else f"{rom:.0f}°",
            _("{n} of {of}").format(n=faulted, of=len(one.reps)) if one.reps else "-",
            one.id[:SHOWN_ID],
        )
    )


def _reps(one: PastSet) -> str:
    exercise = EXERCISES.get(one.exercise)
    left, right = one.reps_on("left"), one.reps_on("right")
    if exercise is not None and exercise.unilateral and (left or right):
        return _("{left} L {right} R").format(left=left, right=right)
    asked = one.prescription.reps
    return _("{n} of {of}").format(n=len(one.reps), of=asked) if asked else str(len(one.reps))
