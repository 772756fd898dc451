"""What is to be done today, as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from formcheck.cli.console import indented, title, trimmed
from formcheck.cli.programme_text import exercise_table, phase_words
from formcheck.language import _, date_words
from formcheck.training.calendar import days, streak
from formcheck.training.programmes.plan import (
    PlannedSet,
    dose,
    from_to,
    minutes_words,
    plan_circuit,
    still_to_do,
)
from formcheck.training.programmes.programme import PAIN, Phase, Programme
from formcheck.training.progression import Progression, circuits_of_day
from formcheck.training.records import Circuit, Enrolment, PastSet


@dataclass(frozen=True, slots=True)
class Followed:
    """What there is to know of somebody who follows a programme.

    sets, circuits: all of theirs. name: "" = no need to say it.
    """

    programme: Programme
    enrolment: Enrolment
    sets: Sequence[PastSet]
    circuits: Sequence[Circuit]
    progression: Progression
    name: str


@trimmed
def print_today(console: Console, followed: Followed, today: date) -> None:
    """Print it."""
    programme, enrolment = followed.programme, followed.enrolment
    sets, circuits = followed.sets, followed.circuits
    phase = programme.phases[enrolment.phase]
    mine = circuits_of_day(enrolment, circuits, today)
    done = sum(one.end_reason == "done" for one in mine)
    begun = next((one for one in reversed(mine) if one.ended is None), None)
    plan = plan_circuit(phase)
    left = plan
    if begun is not None:
        own = [one for one in sets if one.circuit_id == begun.id]
        left = still_to_do(plan, own, begun.skipped)
        if not left:
            # It was stopped between its last rep and its end.
            done, left = done + 1, plan
            begun = None
    run = streak(days(sets, circuits), today)
    head = f"{followed.name}: " if followed.name else ""
    console.print(Text(f"{head}{_(programme.name)}", style="bold"))
    facts = [
        (_("phase"), phase_words(programme, enrolment.phase, begins=True)),
        (_("rounds today"), _rounds(done, phase)),
    ]
    if minutes := minutes_words(phase):
        facts.append((_("a round takes"), minutes))
    if run.longest:
        words = _("{n} (the longest: {longest})")
        facts.append((_("days in a row"), words.format(n=run.current, longest=run.longest)))
    table = Table.grid(padding=(0, 2))
    for what, words in facts:
        table.add_row(f"  {what}", words)
    console.print(table)
    _pain(console, programme, sets)
    heading = _("One more round, if you like")
    if begun is not None:
        heading = _("Left of the round begun at {time}").format(time=f"{begun.begun:%H:%M}")
    elif done < phase.rounds_per_day[1]:
        heading = _("To do in a round")
    title(console, heading)
    _to_do(console, plan, left, begun)
    if followed.progression.ready:
        console.print(_("The next phase can be tried: formcheck programme next"))
    console.print(_("Start: formcheck app"))


def _rounds(done: int, phase: Phase) -> str:
    least, most = phase.rounds_per_day
    words = _("{n} of {of}").format(n=done, of=from_to(least, most))
    if done >= most:
        return words + _(", that is all for today")
    return words + _(", one more is possible") if done >= least else words


def _pain(console: Console, programme: Programme, sets: Sequence[PastSet]) -> None:
    """What hurt on the last day of training, and what that asks for."""
    if not sets:
        return
    last = max(one.day for one in sets)
    hurt = dict.fromkeys(one.exercise for one in sets if one.day == last and one.pain)
    if hurt:
        words = _("On {day} it hurt in {exercises}.")
        words = words.format(day=date_words(last, year=False), exercises=", ".join(hurt))
        console.print()
        text = Text(f"! {words}", style="bold")
        text.append(f" {_(programme.pain or PAIN)}", style="not bold")
        console.print(text)


def _to_do(
    console: Console,
    plan: Sequence[PlannedSet],
    left: Sequence[PlannedSet],
    begun: Circuit | None,
) -> None:
    """The sets of a round; of one that goes on, what is left of it."""
    table = exercise_table()
    if begun is not None:
        table.add_column(no_wrap=True)
    todo = {planned.position: planned for planned in left}
    for planned in plan:
        mine = todo.get(planned.position)
        cell = Text(dose(mine or planned))
        if planned.how:
            cell.append(f"\n{_(planned.how)}", style="dim")
        row: list[str | Text] = [planned.exercise, cell]
        if begun is not None:
            skipped = planned.position in begun.skipped
            row.append(_("to do") if mine else _("skipped") if skipped else _("done"))
        table.add_row(*row, style="" if mine else "dim")
    console.print()
    indented(console, table)
    console.print()
