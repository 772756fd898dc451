"""Times within a rep against the closed form of minimum-jerk movement."""

from __future__ import annotations

from bisect import bisect

import numpy as np
import pytest
from figure import ease

from formcheck.engine.timing import measure


def when(share: float) -> float:
    """Part of a minimum-jerk movement's duration after which share of it is done."""
    return bisect(range(10**6), share, key=lambda n: ease(n / 10**6)) / 10**6


def still_before(seconds: float) -> float:
    """How long before its end a movement is slower than 10% of its range per second."""

    def slow(n: int) -> bool:
        s = n / 10**6
        return 30 * s * s * (1 - s) ** 2 / seconds < 0.10

    return seconds * (1 - bisect(range(10**6), False, lo=500_000, key=slow) / 10**6)


def movement(out, hold, back, *, fps=30.0, rest=10.0, height=60.0, lead=0.5, noise=0.0):
    t = np.arange(round((lead + out + hold + back + 0.5) * fps)) / fps
    effort = [
        ease((x - lead) / out)
        if x < lead + out + hold
        else 1 - ease((x - lead - out - hold) / back)
        for x in t
    ]
    p = rest + height * np.array(effort)
    return t, p + np.random.default_rng(1).normal(0, noise, len(t))


@pytest.mark.parametrize("fps", [15, 30, 60])
@pytest.mark.parametrize(
    ("out", "hold", "back"), [(2, 3, 2), (3, 10, 3), (1, 0.6, 1.5), (4, 4, 4), (0.8, 2, 0.8)]
)
def test_times_are_those_of_the_definitions(out, hold, back, fps):
    t, p = movement(out, hold, back, fps=fps, noise=0.2)
    got = measure(t, p, 10.0)
    start = 0.5 + out * when(0.1)
    end = 0.5 + out + hold + back * (1 - when(0.1))
    assert got.start_s == pytest.approx(start, abs=0.05)
    assert got.end_s == pytest.approx(end, abs=0.05)
    assert got.out_s == pytest.approx(1.25 * out * (when(0.9) - when(0.1)), abs=0.1)
    assert got.back_s == pytest.approx(1.25 * back * (when(0.9) - when(0.1)), abs=0.1)
    slowly = sum(still_before(way) for way in (out, back) if way < 4)
    assert got.hold_s == pytest.approx(hold + slowly, abs=0.15 if out < 4 else 0.6)
    assert got.top_s == pytest.approx(0.5 + out + hold / 2, abs=0.15)
    assert got.excursion == pytest.approx(60, abs=1)


@pytest.mark.parametrize("hold", [0, 2, 6])
@pytest.mark.parametrize("way", [6, 8])
def test_a_slow_movement_is_not_taken_for_a_hold(way, hold):
    for noise in (0.0, 0.3):
        t, p = movement(way, hold, way, noise=noise, height=100)
        assert measure(t, p, 10.0).hold_s == pytest.approx(hold, abs=1.3)
    even = np.interp(
        t, [0.5, 0.5 + way, 0.5 + way + hold, 0.5 + 2 * way + hold], [10, 110, 110, 10]
    )
    assert measure(t, even, 10.0).hold_s == pytest.approx(hold, abs=0.3)


def test_a_dip_under_a_third_of_a_second_does_not_break_a_hold():
    t, p = movement(1.5, 4.0, 1.5)
    dip = (t > 3.5) & (t < 3.7)
    whole = measure(t, p, 10.0).hold_s
    p = np.where(dip, p - 7.0, p)
    assert measure(t, p, 10.0).hold_s == pytest.approx(whole, abs=0.25)


def test_a_sag_out_of_the_band_is_not_held_time():
    t, p = movement(1.5, 6.0, 1.5)
    whole = measure(t, p, 10.0).hold_s
    p = np.where((t > 3.0) & (t < 5.0), p - 15.0, p)
    assert measure(t, p, 10.0).hold_s == pytest.approx(whole - 2.0, abs=0.5)


def test_a_rep_without_a_hold_turns_at_its_extreme():
    t, p = movement(1.0, 0.0, 1.0)
    got = measure(t, p, 10.0)
    assert got.top_s == pytest.approx(1.5, abs=0.05)
    assert got.hold_s < 0.4


def test_a_return_that_stops_short_still_has_an_end():
    t, p = movement(1.0, 0.5, 1.0)
    p = np.maximum(p, np.where(t > 1.5, 22.0, 0.0))
    got = measure(t, p, 10.0)
    assert 2.2 < got.end_s < 3.0


def test_too_few_samples_give_nothing():
    assert measure(np.array([0.0, 0.1]), np.array([1.0, np.nan]), 0.0) is None


@pytest.mark.parametrize("way_s", [4.0, 8.0])
@pytest.mark.parametrize("excursion", [46.0, 100.0])
def test_noise_does_not_shorten_the_hold_of_a_slow_rep(way_s, excursion):
    """Of 2 s, with ways out and back at an even speed: at 8 s for 46 degrees 6 a second."""
    t = np.arange(0.0, 2 * way_s + 5.0, 1 / 30)
    level = np.interp(t, [1, 1 + way_s, 3 + way_s, 3 + 2 * way_s], [0, excursion, excursion, 0])
    noise = np.convolve(
        np.random.default_rng(1).normal(0, 1.0, len(t) + 6), np.ones(7) / 7, "valid"
    )
    timing = measure(t, level + noise, 0.0)
    assert timing.hold_s == pytest.approx(2.0, abs=0.5)
