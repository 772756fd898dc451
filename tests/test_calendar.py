"""Days, rounds and days in a row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reported import rep
from trained import MONDAY, a_round, past_set

from formcheck.training.calendar import Day, Streak, days, rounds, streak
from formcheck.training.programmes.shipped import PROGRAMMES

PROGRAMME = PROGRAMMES["glutes_3phase"]
FIRST = MONDAY.date()


def trained_on(*numbers: int) -> list[Day]:
    return [Day(FIRST + timedelta(days=n), sets=1) for n in numbers]


def test_a_day_adds_up_its_sets_and_rounds() -> None:
    circuit, sets = a_round(PROGRAMME, 0, MONDAY)
    broken, some = a_round(PROGRAMME, 0, MONDAY + timedelta(hours=5), end_reason="stopped", only=1)
    later = past_set("squat", [rep(1), rep(2)], MONDAY + timedelta(days=2))
    seen_nothing = past_set("squat", [], MONDAY + timedelta(days=3))
    first, last = days([*sets, *some, later, seen_nothing], [circuit, broken])
    assert (first.day, first.sets, first.rounds, first.rounds_begun) == (FIRST, 4, 1, 2)
    assert first.reps == 20 + 10 + 2 + 20
    assert first.held_s == pytest.approx(20 * 10 + 10 * 10 + 2 * 65 + 20 * 10)
    assert (last.day, last.sets, last.reps, last.rounds) == (FIRST + timedelta(days=2), 1, 2, 0)


def test_a_round_of_which_nothing_was_seen_was_none() -> None:
    circuit, _ = a_round(PROGRAMME, 0, MONDAY)
    assert days([], [circuit]) == ()


@pytest.mark.parametrize(
    ("on", "today", "expected"),
    [
        ((), 0, (0, 0)),
        ((0, 1, 2), 2, (3, 3)),
        ((0, 1, 2), 3, (3, 3)),  # not yet trained today
        ((0, 1, 2), 4, (0, 3)),
        ((0, 1, 2, 4), 4, (1, 3)),
        ((0, 2, 3, 5, 6, 7, 8), 8, (4, 4)),
    ],
)
def test_days_in_a_row(on: tuple[int, ...], today: int, expected: tuple[int, int]) -> None:
    assert streak(trained_on(*on), FIRST + timedelta(days=today)) == Streak(*expected)


@given(st.sets(st.integers(0, 40)), st.integers(0, 42))
def test_days_in_a_row_are_those_one_would_count(on: set[int], today: int) -> None:
    found = streak(trained_on(*sorted(on)), FIRST + timedelta(days=today))
    runs = "".join("x" if n in on else " " for n in range(45)).split()
    assert found.longest == max(map(len, runs), default=0)
    back = today if today in on else today - 1
    count = 0
    while back - count in on:
        count += 1
    assert found.current == count


def test_rounds_are_held_against_those_of_the_days_that_are_over() -> None:
    per_day = [3, 2, 0, 1]
    trained = [Day(FIRST + timedelta(days=n), sets=3, rounds=r) for n, r in enumerate(per_day) if r]
    last = FIRST + timedelta(days=3)
    whole = rounds(trained, (2, 3), FIRST, FIRST + timedelta(days=30), last)
    assert (whole.done, whole.least, whole.most) == (6, 8, 12)
    assert whole.days_kept == 2
    # The next morning nothing is missed yet.
    morning = rounds(trained, (2, 3), FIRST, FIRST + timedelta(days=30), last + timedelta(days=1))
    assert morning.least == 8
    free = rounds(trained, None, FIRST, last, last)
    assert (free.least, free.most, free.days_kept) == (None, None, 3)
    assert rounds([], (2, 3), date(2026, 5, 1), date(2026, 5, 9), last).least == 0
