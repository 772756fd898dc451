"""The rounds of a programme as a calendar file (iCalendar, RFC 5545), to be reminded of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from formcheck.engine.exercises import EXERCISES
from formcheck.language import N_, _, ngettext
from formcheck.training.programmes.plan import circuit_s, dose, from_to, plan_circuit
from formcheck.training.programmes.programme import Phase, Programme

#: Monday first, as they are named in the file.
DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: A whole day reminds at this hour.
_MORNING: Final = timedelta(hours=9)
#: How long a round is taken for where its tempo is left open; getting ready for each exercise.
_USUAL: Final = timedelta(minutes=15)
_READY_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Reminders:
    """When somebody wants to train.

    times: of the day, one for each round; none = the whole day. days: 0 is Monday. weeks: how
    many, from since on. zone: None = the time of wherever the calendar is. whose: the
    person's id, for two who share a calendar.
    """

    since: date
    times: Sequence[time] = ()
    days: Collection[int] = range(7)
    weeks: int = 6
    zone: ZoneInfo | None = None
    whose: str = ""


def calendar_file(programme: Programme, phase: int, when: Reminders, now: datetime) -> bytes:
    """The file. phase: index of the one whose rounds they are. now: with its time zone.

    An event has the same UID whenever the file is made of this programme, and a later number:
    a calendar that takes it in again changes what it has. Raises ValueError for no day or week.
    """
    if not when.days or not set(when.days) <= set(range(7)) or not 1 <= when.weeks <= 104:
        raise ValueError(N_("Reminders need at least one day of the week, and 1 to 104 weeks."))
    calendar = Calendar()
    calendar.add("prodid", "-//formcheck//reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for number, at in enumerate(sorted(when.times) or [None]):
        calendar.add_component(_event(programme, phase, when, now, (number, at)))
    if when.times and when.zone:
        calendar.add_missing_timezones(when.since, when.since + timedelta(weeks=when.weeks))
    return bytes(calendar.to_ical())


def _event(
    programme: Programme, phase: int, when: Reminders, now: datetime, one: tuple[int, time | None]
) -> Event:
    """The event of one round of each day, or of all of them."""
    number, at = one
    event, asked = Event(), programme.phases[phase]
    event.add("uid", f"{programme.id}-{when.whose}-{number + 1}@formcheck")
    event.add("sequence", int(now.timestamp()) // 60)
    event.add("dtstamp", now)
    days = (when.since + timedelta(days=n) for n in range(7 * when.weeks))
    on = [day for day in days if day.weekday() in when.days]
    # A repeated event begins on a day on which it takes place.
    first = on[0]
    if at is None:
        event.add("summary", f"{_(programme.name)}: {_rounds(asked)}")
        event.add("dtstart", first)
        event.add("dtend", first + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        round_ = _("round {n} of {of}").format(n=number + 1, of=len(when.times))
        words = round_ if len(when.times) > 1 else _("round")
        event.add("summary", f"{_(programme.name)}: {words}")
        start = datetime.combine(first, at, when.zone)
        event.add("dtstart", start)
        event.add("dtend", start + _length(asked))
    every = {"freq": "daily"} if len(set(when.days)) == 7 else {"freq": "weekly"}
    names = [DAYS[day] for day in sorted(set(when.days))]
    rule = {**every, "count": len(on)}
    event.add("rrule", {**rule, "byday": names} if len(names) < 7 else rule)
    event.add("description", _words(asked))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", str(event["summary"]))
    alarm.add("trigger", _MORNING if at is None else timedelta())
    event.add_component(alarm)
    return event


def zone(name: str | None) -> ZoneInfo | None:
    """The time zone of that name, None for no name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        words = N_("There is no time zone {name!r}; one is Europe/Vienna.")
        raise ValueError(words.format(name=name)) from None


def _rounds(phase: Phase) -> str:
    least, most = phase.rounds_per_day
    return ngettext("{n} round", "{n} rounds", most).format(n=from_to(least, most))


def _length(phase: Phase) -> timedelta:
    """How long a round takes, with getting ready, in whole five minutes."""
    seconds = circuit_s(phase)
    if seconds is None:
        return _USUAL
    return timedelta(minutes=5 * math.ceil((seconds + _READY_S * len(phase.items)) / 300))


def _words(phase: Phase) -> str:
    """What is to be done, a line for each exercise."""
    lines = [f"{_(EXERCISES[one.exercise].name)}: {dose(one)}" for one in plan_circuit(phase)]
    a_day = _("{rounds} a day").format(rounds=_rounds(phase))
    return "\n".join([f"{_(phase.name)}, {a_day}", *lines])
