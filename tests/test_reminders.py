"""Reminders as a calendar reads them, and a programme that is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar

from formcheck.training.programmes.reading import ProgrammeError, read_programme
from formcheck.training.programmes.sending import link, unpacked
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.reminders import Reminders, calendar_file, zone

GLUTES = PROGRAMMES["glutes_3phase"]
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
WEDNESDAY = date(2026, 3, 25)


def read(when: Reminders, now: datetime = NOW, programme: Any = GLUTES) -> list[Any]:
    return list(Calendar.from_ical(calendar_file(programme, 0, when, now)).walk("VEVENT"))


def on(event: Any) -> list[Any]:
    """When it takes place, as its own rule says."""
    rule, start = event["RRULE"].to_ical().decode(), event.decoded("DTSTART")
    first = start if isinstance(start, datetime) else datetime.combine(start, time())
    return list(rrulestr(rule, dtstart=first))


def test_each_round_is_at_its_time_on_its_days_winter_and_summer() -> None:
    when = Reminders(WEDNESDAY, (time(18), time(7, 30)), {0, 2}, 3, zone("Europe/Vienna"))
    morning, evening = read(when)
    times = on(morning)
    assert [t.strftime("%a %d %H:%M %z") for t in times] == [
        "Wed 25 07:30 +0100", "Mon 30 07:30 +0200", "Wed 01 07:30 +0200", "Mon 06 07:30 +0200",
        "Wed 08 07:30 +0200", "Mon 13 07:30 +0200",
    ]  # fmt: skip
    assert {t.hour for t in on(evening)} == {18}
    assert "round 1 of 2" in morning["SUMMARY"] and "Clamshell: 10" in morning["DESCRIPTION"]
    assert morning.decoded("DTEND") - morning.decoded("DTSTART") >= timedelta(minutes=10)
    (alarm,) = morning.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta()
    text = calendar_file(GLUTES, 0, when, NOW).decode()
    assert "TZID:Europe/Vienna" in text and text.endswith("END:VCALENDAR\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_without_a_time_it_is_the_whole_day() -> None:
    (event,) = read(Reminders(WEDNESDAY, weeks=1))
    assert event.decoded("DTSTART") == WEDNESDAY and not isinstance(
        event.decoded("DTSTART"), datetime
    )
    assert len(on(event)) == 7 and "2 to 3 rounds" in event["SUMMARY"]


def test_without_a_zone_it_is_the_calendars_own_time() -> None:
    when = Reminders(WEDNESDAY, (time(9),))
    assert read(when)[0].decoded("DTSTART") == datetime(2026, 3, 25, 9)
    assert b"TZID" not in calendar_file(GLUTES, 0, when, NOW)


def test_made_again_it_is_the_same_event_with_a_later_number() -> None:
    first = read(Reminders(WEDNESDAY, (time(9), time(17)), whose="ann"))
    again = read(Reminders(WEDNESDAY, (time(8),), whose="ann"), NOW + timedelta(hours=1))
    other = read(Reminders(WEDNESDAY, (time(8),), whose="ben"))
    assert again[0]["UID"] == first[0]["UID"] != first[1]["UID"] != other[0]["UID"]
    assert again[0]["SEQUENCE"] > first[0]["SEQUENCE"] and other[0]["UID"] != first[0]["UID"]


def test_a_name_is_only_a_name() -> None:
    text = 'id: x\nname: "a;b, c\\nEND:VEVENT"\nphases: [{name: p, items: [{exercise: squat}]}]\n'
    (event,) = read(Reminders(WEDNESDAY), programme=read_programme(text, "x.yaml"))
    assert event["SUMMARY"].startswith("a;b, c\nEND:VEVENT")


@pytest.mark.parametrize("wrong", [{"days": ()}, {"days": {7}}, {"weeks": 0}, {"weeks": 1000}])
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        calendar_file(GLUTES, 0, Reminders(WEDNESDAY, **wrong), NOW)
    with pytest.raises(ValueError, match="no time zone 'Vienna'"):
        zone("Vienna")


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_a_link_brings_the_programme(programme: Any) -> None:
    sent = link(programme, "https://clinic.example/programme?x=1")
    assert sent.startswith("https://clinic.example/programme?programme=") and len(sent) < 2000
    assert unpacked(sent) == unpacked(f"  {sent.partition('=')[2]}\n") == programme


@pytest.mark.parametrize("keep", [0, 1, 40, 200, -1])
def test_half_a_link_is_told(keep: int) -> None:
    sent = link(GLUTES).partition("=")[2]
    for text in (sent[:keep], "http://[", "é", "A" * 9, "-" * 100_000):
        with pytest.raises(ProgrammeError, match="not whole"):
            unpacked(text)
