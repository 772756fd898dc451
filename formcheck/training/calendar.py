"""Days on which somebody trained: counts, rounds and days in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from formcheck.training.records import Circuit, PastSet

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something was done.

    sets: with at least one rep or partial attempt. rounds: circuits gone through to their
    end; rounds_begun: all of them. held_s: seconds of holding over all reps.
    """

    day: date
    sets: int = 0
    reps: int = 0
    rounds: int = 0
    rounds_begun: int = 0
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row with training. current: up to today or, not yet trained today, yesterday."""

    current: int
    longest: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds of a period against those asked for each day.

    done: rounds; least, most: how many were asked for in all its days up to today, None = no
    number is asked. days_kept: days with at least as many rounds as asked for.
    """

    done: int
    least: int | None
    most: int | None
    days_kept: int


def days(sets: Sequence[PastSet], circuits: Sequence[Circuit] = ()) -> tuple[Day, ...]:
    """The days with a set or a round, the oldest first."""
    real = [one for one in sets if one.reps or one.partials]
    # A round of which nothing was seen was none.
    tried = {one.circuit_id for one in real}
    begun = [c for c in circuits if c.id in tried]
    found = []
    for day in sorted({one.day for one in real} | {c.begun.date() for c in begun}):
        mine = [one for one in real if one.day == day]
        own = [c for c in begun if c.begun.date() == day]
        found.append(
            Day(
                day,
                sets=len(mine),
                reps=sum(len(one.reps) for one in mine),
                rounds=sum(c.end_reason == "done" for c in own),
                rounds_begun=len(own),
                held_s=sum(rep.hold_s for one in mine for rep in one.reps),
            )
        )
    return tuple(found)


def streak(trained: Sequence[Day], today: date) -> Streak:
    """Days in a row; a today on which nothing was done yet does not break it."""
    on = {one.day for one in trained if one.sets}
    longest = 0
    for day in on:
        if day - _DAY in on:
            continue
        length = 1
        while day + length * _DAY in on:
            length += 1
        longest = max(longest, length)
    day = today if today in on else today - _DAY
    current = 0
    while day in on:
        current += 1
        day -= _DAY
    return Streak(current, longest)


def rounds(
    trained: Sequence[Day],
    per_day: tuple[int, int] | None,
    since: date,
    until: date,
    today: date,
) -> Rounds:
    """Rounds of the days since..until, both in, against per_day (least, most).

    Days after today are not asked for, and today only once something was done in it.
    """
    mine = [one for one in trained if since <= one.day <= until]
    last = min(until, today)
    length = max((last - since).days + 1, 0)
    if last == today and not any(one.day == today for one in mine):
        length = max(length - 1, 0)
    least = None if per_day is None else per_day[0]
    return Rounds(
        done=sum(one.rounds for one in mine),
        least=None if per_day is None else length * per_day[0],
        most=None if per_day is None else length * per_day[1],
        days_kept=sum(one.rounds >= (least or 1) for one in mine),
    )
