"""Counting: levels in, attempts out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from figure import ease

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


def attempts(times, values, full=FULL, limit=30.0):
    segmenter = RepSegmenter(full, limit)
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


def test_sitting_down_and_staying_is_not_a_rep_and_counting_goes_on_after():
    t, v = levels((0, 1), (90, 1.5), (90, 40), (0, 1.5), (0, 1), *rep(90), *rep(90))
    assert kinds(t, v) == ["rep", "rep"]


def test_starting_at_the_bottom_counts_only_whole_reps():
    t, v = levels((90, 0.5), (0, 1), (0, 0.5), *rep(90), *rep(90), (90, 1), start=90)
    assert kinds(t, v) == ["rep", "rep"]


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
