"""Weeks against weeks, and how sure a share of faulty reps is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import fault, rep, unseen
from trained import MONDAY, past_set

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Rep
from formcheck.engine.trust import Rates, fault_rates
from formcheck.training.records import PastSet
from formcheck.training.trends import (
    change,
    compared,
    fault_rate,
    faults_of,
    symmetry,
    true_share,
    weekly,
)

#: As good as any fault of the benchmark, and one that was hardly tried.
WELL, HARDLY = Rates((18, 20), (1, 190)), Rates((2, 2), (0, 6))


def lifted(*degrees: float, side: str = "left", **values: object) -> list[Rep]:
    return [
        replace(rep(i, side=side, rom_deg=x), **values)  # type: ignore[arg-type]
        for i, x in enumerate(degrees, 1)
    ]


def clams(reps: list[Rep], *, days: int = 0) -> PastSet:
    return past_set("clamshell", reps, MONDAY + timedelta(days=days), number=days)


def test_weeks_begin_on_monday_and_empty_ones_are_left_out() -> None:
    sets = [clams(lifted(40.0), days=n) for n in (-1, 0, 6, 7, 21)]
    other = past_set("squat", [rep(1)])
    weeks = weekly([*sets, other, clams([])], "clamshell")
    assert [(week.monday, week.sets, week.reps) for week in weeks] == [
        (date(2026, 2, 23), 1, 1),
        (date(2026, 3, 2), 2, 2),
        (date(2026, 3, 9), 1, 1),
        (date(2026, 3, 23), 1, 1),
    ]
    assert weekly(sets, "squat") == ()


def test_a_week_tells_range_holds_and_sides() -> None:
    left = lifted(40, 42, 44, 46, hold_s=9.0)
    right = lifted(50, 50, 50, side="right", hold_s=11.0)
    (week,) = weekly([clams(left), clams(right, days=2)], "clamshell")
    assert (week.reps_left, week.reps_right) == (4, 3)
    assert week.rom_left is not None and week.rom_right is not None and week.rom is not None
    assert (week.rom_left.median, week.rom_left.low, week.rom_left.high) == (43, 41.5, 44.5)
    assert week.rom_right.median == 50 and week.rom.n == 7
    assert week.held_total_s == pytest.approx(69.0)
    assert week.symmetry is not None
    assert (week.symmetry.index, week.symmetry.less) == (pytest.approx(0.86), "left")


def test_left_against_right_needs_reps_of_both() -> None:
    assert symmetry(lifted(40, 40, 40) + lifted(50, 50, side="right")) is None
    assert symmetry(lifted(40, 40, 40)) is None
    flat = symmetry(lifted(40, 40, 40) + lifted(40, 40, 40, side="right"))
    assert flat is not None and (flat.index, flat.less) == (1.0, "both")


def test_a_rep_that_was_not_assessed_counts_neither_for_nor_against() -> None:
    roll = fault("pelvic_rotation", exercise="clamshell")
    blind = unseen("clamshell", "pelvic_rotation")
    reps = [
        rep(1, roll),
        rep(2),
        rep(3, missing=blind),
        # Seen from where it often cannot be: it is there all the same.
        rep(4, roll, missing=blind),
    ]
    (week,) = fault_rate([clams(reps)], "clamshell", "pelvic_rotation")
    assert (week.found, week.judged, week.not_assessed) == (2, 3, 1)
    (none,) = fault_rate([clams([rep(1, missing=blind)])], "clamshell", "pelvic_rotation")
    assert none.true.share is None and (none.true.low, none.true.high) == (0.0, 1.0)
    whole = faults_of([clams(reps), clams(reps, days=9)], "clamshell", "pelvic_rotation")
    assert whole is not None and (whole.found, whole.judged) == (4, 6)


# ---------------------------------------------------------------------- band


def test_the_share_is_corrected_for_missed_ones_and_false_alarms() -> None:
    band = true_share([(30, 60)], Rates((8, 10), (10, 100)))
    assert band.share == pytest.approx((0.5 - 0.1) / (0.8 - 0.1))
    # Found no more often than false alarms are.
    assert true_share([(6, 60)], Rates((8, 10), (10, 100))).share == pytest.approx(0.0)
    assert true_share([(60, 60)], Rates((8, 10), (10, 100))).share == 1.0


def test_the_band_is_that_of_lang_and_reiczigel() -> None:
    # Worked by the formulas of the paper, for 30 of 60, 18 of 20 and 189 of 190.
    band = true_share([(30, 60)], WELL)
    assert (band.low, band.high) == (
        pytest.approx(0.4240, abs=1e-4),
        pytest.approx(0.7705, abs=1e-4),
    )
    # Known rates, as in the example of epiR's epi.prev: 5.1 cases per 100, 0 to 13.
    band = true_share([(23, 150)], Rates((960_000, 1_000_000), (110_000, 1_000_000)))
    assert band.share == pytest.approx(0.051, abs=1e-3)
    assert (band.low, band.high) == (0.0, pytest.approx(0.13, abs=5e-3))


@pytest.mark.parametrize(
    "rates", [Rates((0, 0), (0, 30)), Rates((5, 5), (0, 0)), Rates((1, 9), (6, 40))]
)
def test_where_the_benchmark_tells_nothing_the_band_is_everything(rates: Rates) -> None:
    band = true_share([(5, 20)], rates)
    assert band.share is None and (band.low, band.high) == (0.0, 1.0)


counts = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=50)
@given(st.lists(counts, min_size=1, max_size=6), counts, counts)
def test_a_band_holds_its_share(
    sets: list[tuple[int, int]], found: tuple[int, int], called: tuple[int, int]
) -> None:
    band = true_share(sets, Rates(found, called))
    assert 0.0 <= band.low <= band.high <= 1.0
    assert band.share is None or band.low <= band.share <= band.high


def test_what_was_hardly_tried_has_a_wide_band() -> None:
    well, hardly = true_share([(10, 40)], WELL), true_share([(10, 40)], HARDLY)
    assert hardly.high - hardly.low > 1.5 * (well.high - well.low)


def covered(
    p: float, se: float, sp: float, tried: tuple[int, int], sets: int, alike: float, runs: int = 400
) -> float:
    """How often the band holds the truth. alike: correlation of the reps of a set."""
    rng = np.random.default_rng(7)
    hit = 0
    for _ in range(runs):
        rates = Rates(
            (int(rng.binomial(tried[0], se)), tried[0]),
            (int(rng.binomial(tried[1], 1 - sp)), tried[1]),
        )
        shares = np.full(sets, p)
        if alike:
            size = (1 - alike) / alike
            shares = rng.beta(p * size, (1 - p) * size, sets)
        seen = [(int(rng.binomial(10, x * se + (1 - x) * (1 - sp))), 10) for x in shares]
        band = true_share(seen, rates)
        hit += band.low <= p <= band.high
    return hit / runs


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(("se", "sp", "tried"), [(0.95, 0.99, (8, 33)), (0.8, 0.97, (6, 45))])
def test_the_band_holds_the_truth_about_as_often_as_it_says(
    p: float, se: float, sp: float, tried: tuple[int, int]
) -> None:
    assert covered(p, se, sp, tried, sets=6, alike=0.0) >= 0.93


def test_it_does_so_when_the_reps_of_a_set_are_alike() -> None:
    # Without the design effect it would be three quarters.
    assert covered(0.3, 0.95, 0.99, (60, 200), sets=12, alike=0.3) >= 0.92


# -------------------------------------------------------------------- change


def with_fault(number: int, of: int, days: int) -> PastSet:
    roll = fault("pelvic_rotation", exercise="clamshell")
    return clams([rep(i, *([roll] if i <= number else [])) for i in range(1, of + 1)], days=days)


def told(*sets: PastSet) -> str:
    weeks = fault_rate(sets, "clamshell", "pelvic_rotation")
    return change(weeks, "clamshell", "pelvic_rotation")


def test_a_change_is_told_only_when_chance_does_not_make_it() -> None:
    assert told(with_fault(16, 20, 0), with_fault(3, 20, 21)) == (
        "Hips roll: less often than 3 weeks ago: 3 of 20 reps, was 16 of 20."
    )
    assert told(with_fault(3, 20, 0), with_fault(16, 20, 7)).startswith(
        "Hips roll: more often than 1 week ago: "
    )
    assert told(with_fault(6, 20, 0), with_fault(4, 20, 14)) == (
        "Hips roll: no clear change in 2 weeks (4 of 20 reps, was 6 of 20)."
    )
    assert told(with_fault(16, 20, 0)) == ""


def test_sets_that_differ_much_among_themselves_tell_less() -> None:
    even = (
        with_fault(6, 10, 0),
        with_fault(6, 10, 1),
        with_fault(1, 10, 21),
        with_fault(1, 10, 22),
    )
    uneven = (
        with_fault(10, 10, 0),
        with_fault(2, 10, 1),
        with_fault(2, 10, 21),
        with_fault(0, 10, 22),
    )
    assert "less often" in told(*even) and "no clear change" in told(*uneven)


def test_no_change_is_hardly_ever_taken_for_one() -> None:
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(150):
        sets = [with_fault(int(rng.binomial(20, 0.3)), 20, days) for days in (0, 1, 21, 22)]
        found = compared(fault_rate(sets, "clamshell", "pelvic_rotation"))
        wrong += found is not None and found.direction != "chance"
    assert wrong / 150 <= 0.07


def test_all_but_a_few_rules_have_rates_that_a_band_can_be_made_of() -> None:
    without = []
    for exercise in EXERCISES.values():
        for rule in exercise.faults:
            band = true_share([(1, 20)], fault_rates(exercise.id, rule.id))
            # What shows only when it is clear was not in the benchmark's films as such.
            if band.share is None and not (rule.unseen or rule.only_clear):
                without.append((exercise.id, rule.id))
    # Some faults were drawn for none of the films, or for too few.
    assert len(without) <= 6, without
    assert fault_rates("squat", "unheard_of") == Rates((0, 0), (0, 0))


def test_two_pose_models_never_make_one_trend() -> None:
    """The small model reads the same clamshell wider: that is no progress."""
    small = [
        replace(clams(lifted(47, 47, 47), days=n), model="pose_landmarker_lite 1") for n in (0, 15)
    ]
    full = [clams(lifted(38, 38, 38), days=n) for n in (1, 8)]
    weeks = weekly([*small[:1], *full], "clamshell")
    assert [(w.sets, w.reps, w.rom.median) for w in weeks if w.rom] == [(2, 6, 38), (1, 3, 38)]
    # A live set of before 0.3 has the same model under a shorter name.
    alike = [replace(full[0], model="full"), replace(full[1], model="pose_landmarker_full 1")]
    assert [w.sets for w in weekly(alike, "clamshell") if w.rom] == [1, 1]
    # A set that broke off and does not know its model lets no other two come together.
    unknown = replace(clams(lifted(40, 40, 40), days=16), model="")
    both = [*small, full[1], unknown]
    assert [w.rom and w.rom.median for w in weekly(both, "clamshell")] == [47, None, 43.5]
    late = weekly([*full, *small[1:]], "clamshell")
    assert [(w.reps, w.rom and w.rom.median) for w in late] == [(3, None), (3, None), (3, 47)]
    faulty = tuple(replace(r, faults=(fault("feet_apart"),)) for r in full[0].reps)
    apart = replace(small[0], reps=faulty)
    found = faults_of([apart, *full], "clamshell", "feet_apart")
    assert found is not None and (found.found, found.judged) == (0, 6)
