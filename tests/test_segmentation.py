"""Counting: levels in, attempts out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from figure import ease
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine.segmentation import RepSegmenter, kind_of

FULL = 90.0


def levels(*parts, fps=30.0, start=0.0):
    """(target, seconds) moves one after the other, minimum jerk -> (times, levels)."""
    out, here = [], start
    for target, seconds in parts:
        n = max(1, round(seconds * fps))
        out.extend(here + (target - here) * ease((i + 1) / n) for i in range(n))
        here = target
    return np.arange(len(out)) / fps, np.array(out)


def attempts(times, values, full=FULL):
    segmenter = RepSegmenter(full)
    found = [segmenter.push(float(t), float(v)) for t, v in zip(times, values, strict=True)]
    return [a for a in found if a is not None]


def kinds(times, values):
    return [kind_of(a.peak - a.rest, FULL) for a in attempts(times, values)]


def rep(height, seconds=1.0, pause=0.5):
    return (height, seconds), (0.0, seconds), (0.0, pause)


def test_three_squats_are_three_reps():
    assert kinds(*levels((0, 1), *rep(90), *rep(95), *rep(85))) == ["rep"] * 3


@pytest.mark.parametrize(
    ("height", "kind"), [(50, "rep"), (40, "partial"), (20, "partial"), (14, None)]
)
def test_half_counts_a_fifth_is_listed_less_is_nothing(height, kind):
    assert kinds(*levels((0, 1), *rep(height))) == ([kind] if kind else [])


def test_someone_who_rests_at_another_level_is_counted_from_there():
    t, v = levels((30, 1), (110, 1), (30, 1), (30, 1), (105, 1), (32, 1), (32, 1), start=30)
    assert kinds(t, v) == ["rep", "rep"]


def test_reps_without_a_full_return_between_them_are_counted():
    t, v = levels((0, 1), (90, 1), (30, 0.8), (90, 0.8), (30, 0.8), (90, 0.8), (0, 1), (0, 0.5))
    assert len(attempts(t, v)) == 3


def test_a_stop_and_a_dip_on_the_way_up_do_not_count_twice():
    t, v = levels((0, 1), (90, 1), (50, 0.6), (60, 0.4), (0, 1), (0, 0.5))
    assert kinds(t, v) == ["rep"]


@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_never_a_rep(seed):
    noise = np.random.default_rng(seed).normal(0, 2.0, 1800)
    assert attempts(np.arange(1800) / 30, noise) == []


def test_a_lost_track_of_half_a_second_changes_nothing():
    t, v = levels((0, 1), *rep(90), *rep(90))
    for begin in np.arange(0.5, 5.5, 0.25):
        holed = np.where((t >= begin) & (t < begin + 0.5), math.nan, v)
        assert kinds(t, holed) == ["rep", "rep"], f"gap at {begin} s"


@pytest.mark.parametrize("hold_s", [10, 30, 60, 180])
def test_a_hold_may_last_as_long_as_it_lasts(hold_s):
    t, v = levels((0, 1), *rep(90), (90, 1.5), (90, hold_s), (0, 1.5), (0, 1), *rep(90))
    assert kinds(t, v) == ["rep"] * 3


@pytest.mark.parametrize("start", [40, 60, 90])
def test_who_is_first_seen_on_the_way_out_or_back_has_begun_before(start):
    t, v = levels((95, 0.5), (0, 1), (0, 0.7), *rep(90), start=start)
    first, second = attempts(t, v)
    assert not first.begun and second.begun
    assert (first.peak, first.rest) == pytest.approx((95, 0), abs=2)
    t, v = levels((0, 1), (0, 0.7), *rep(90), start=start)
    first, second = attempts(t, v)
    assert not first.begun and second.begun


def test_who_begins_as_the_recording_begins_is_seen_whole():
    (first,) = attempts(*levels((90, 0.8), (0, 0.8), (0, 1)))
    assert first.begun and first.ended


def test_what_goes_on_at_the_end_comes_out_too():
    segmenter = RepSegmenter(FULL)
    for t, v in zip(*levels((0, 1), (90, 1), (50, 0.5)), strict=True):
        assert segmenter.push(float(t), float(v)) is None
    cut = segmenter.finish()
    assert cut is not None and cut.begun and not cut.ended and cut.peak == pytest.approx(90, abs=1)


@pytest.mark.parametrize("gap_s", [0.5, 1.2, 1.9])
def test_a_gap_at_the_turn_is_within_the_rep(gap_s):
    t, v = levels((0, 1), *rep(90, 1.6, 1.0) * 3)
    for turn in (2.6, 6.8, 11.0):
        v[np.abs(t - turn) < gap_s / 2] = math.nan
    found = attempts(t, v)
    assert [kind_of(a.peak - a.rest, FULL) for a in found] == ["rep"] * 3
    assert [a.gap_s for a in found] == pytest.approx([gap_s] * 3, abs=0.1)


def test_a_longer_gap_ends_the_attempt_and_says_so():
    t, v = levels((0, 1), (90, 1), (90, 4), (0, 1), (0, 1), *rep(90))
    v[(t > 2.5) & (t < 5.5)] = math.nan
    lost, found_down, whole = attempts(t, v)
    assert (lost.ended, found_down.begun, whole.begun) == (False, False, True)


def test_who_is_lost_far_out_and_found_at_rest_has_come_back():
    t, v = levels((0, 1), (90, 1), (90, 0.3), (0, 1), (0, 2), *rep(90))
    v[(t > 2.1) & (t < 3.7)] = math.nan
    hidden, whole = attempts(t, v)
    assert (hidden.ended, whole.ended) == (True, True)
    assert hidden.gap_s == pytest.approx(1.6, abs=0.1)
    assert hidden.peak == pytest.approx(90, abs=1)


def test_pulses_at_the_bottom_are_attempts_of_their_own():
    pulses = ((125, 0.6), (85, 0.6)) * 8
    t, v = levels((0, 1), (125, 1), (85, 0.6), *pulses, (0, 1), (0, 1))
    assert len(attempts(t, v)) == 9


@pytest.mark.parametrize("dip", [5, 15, 22])
def test_a_dip_anywhere_on_the_way_back_is_part_of_it(dip):
    for stop in (70, 48, 30):
        t, v = levels((0, 1), (90, 1), (stop, 0.6), (stop + dip, 0.5), (0, 1), (0, 0.7))
        assert kinds(t, v) == ["rep"], f"at {stop}"


def test_a_track_that_jumps_back_for_a_tenth_of_a_second_does_not_divide_a_rep():
    t, v = levels((0, 1), (90, 1), (90, 1), (0, 1), (0, 1))
    v[(t > 2.4) & (t < 2.52)] = 5.0
    assert kinds(t, v) == ["rep"]


@pytest.mark.parametrize("period_s", [0.5, 0.7, 1.0])
def test_fast_reps_are_each_counted(period_s):
    t = np.arange(0, 2 + 20 * period_s, 1 / 30)
    swing = 50 - 50 * np.cos(2 * np.pi * (t - 1) / period_s)
    v = np.where((t > 1) & (t < 1 + 20 * period_s), swing, 0.0)
    assert len(attempts(t, v)) == 20


def test_the_rest_is_that_of_the_second_before_and_not_of_what_was_higher_then():
    # Down from 60 to the rest, and out again at once.
    t, v = levels((60, 0.5), (0, 0.7), (0, 0.1), (90, 1), (0, 1), (0, 1), start=60)
    assert attempts(t, v)[-1].rest == pytest.approx(0, abs=5)


def test_the_rest_is_the_lowest_calm_before_the_way_out():
    # Settling by less than a fifth is no attempt, and no rest either.
    t, v = levels((15, 1.0), (0, 0.4), (0, 0.15), (90, 1), (0, 1), (0, 1), start=15)
    assert attempts(t, v)[-1].rest == pytest.approx(0, abs=2)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nothing_that_moves_by_a_fifth_is_forgotten(data):
    """Every swing of a random track is inside something that came out."""
    parts = data.draw(
        st.lists(
            st.tuples(st.floats(0, 140), st.floats(0.4, 3.0), st.floats(0.0, 2.5)),
            min_size=1,
            max_size=8,
        )
    )
    start = data.draw(st.floats(0, 120))
    moves = [(start, 0.6)]
    for height, move_s, pause_s in parts:
        moves += [(height, move_s), (height, pause_s)]
    t, v = levels(*moves, start=start)
    if data.draw(st.booleans()):
        gap = data.draw(st.floats(0, float(t[-1])))
        v[(t > gap) & (t < gap + data.draw(st.floats(0.2, 4.0)))] = math.nan
    segmenter = RepSegmenter(FULL)
    found = [a for a in map(segmenter.push, t.tolist(), v.tolist()) if a is not None]
    found += [a for a in [segmenter.finish()] if a is not None]
    for a in found:
        v[(t >= a.begin_s) & (t <= a.close_s)] = math.nan
    for stretch in np.split(v, np.flatnonzero(np.isnan(v))):
        seen = stretch[np.isfinite(stretch)]
        # What is left out is less than a fifth, or came about in two steps of less.
        assert not len(seen) or np.max(seen - np.minimum.accumulate(seen)) < 0.4 * FULL


@pytest.mark.parametrize("fps", [5, 10, 24, 60, 240])
def test_frame_rate_does_not_change_the_count(fps):
    t, v = levels((0, 1), *rep(90), *rep(70), *rep(35), *rep(90), fps=fps)
    assert kinds(t, v) == ["rep", "rep", "partial", "rep"]


def test_attempts_are_found_before_the_next_begins():
    t, v = levels((0, 1), *rep(90), *rep(90))
    first, second = attempts(t, v)
    assert first.close_s < second.begin_s
    assert first.rest == pytest.approx(0, abs=1)
    assert first.peak == pytest.approx(90, abs=0.5)
