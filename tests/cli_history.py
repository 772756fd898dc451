"""A history of the command line: whose it is, and sets in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from command import Done, fits
from reported import a_set, rep

from formcheck.engine.exercise import Prescription
from formcheck.engine.report import Rep, Side
from formcheck.history import History, Profile, SetStart, new_id
from formcheck.live.coached_set import FinishedSet

TODAY = date.today()


@pytest.fixture
def history(own_folders: Path) -> Iterator[History]:
    opened = History()
    yield opened
    opened.close()


@pytest.fixture
def ann(history: History) -> Profile:
    return history.add_profile("Ann")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def done_set(
    history: History,
    who: Profile,
    *reps: Rep,
    day: date = TODAY,
    at: time = time(0, 1),
    exercise: str = "squat",
    partials: tuple[Rep, ...] = (),
    asked: Prescription | None = None,
) -> str:
    set_id, asked = new_id(), asked or Prescription(reps=3)
    when = datetime.combine(day, at).astimezone()
    history.begin_set(SetStart(set_id, who.id, exercise, prescription=asked, when=when))
    report = a_set(reps or (rep(1), rep(2), rep(3)), partials, exercise)
    one = FinishedSet(set_id, when, report, asked, {})
    history.finish_set(set_id, one, end_reason="target", duration_s=20.0, when=when)
    return set_id


def sided(*sides: Side) -> tuple[Rep, ...]:
    return tuple(rep(n, side=side, hold_s=10.0 + n) for n, side in enumerate(sides, 1))


def rows(done: Done) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def flat(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    assert fits(done.stdout)
    return " ".join(done.stdout.split())
