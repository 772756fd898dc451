"""Sets of a stick figure: how long a hold was, and how much of it was clean."""

from __future__ import annotations

import figure
import numpy as np
import pytest
from played import fault_ids, film, play

from formcheck.engine import events as ev


def test_sinking_in_the_hold_is_found_and_stops_the_clean_clock():
    def pose_at(time_s):
        return figure.bridge(
            130
            + 46 * figure.effort_at(time_s, [(1, 1.5, 6, 1.5, 1)])[0]
            - (14 * min(max((time_s - 4.0) / 2.0, 0), 1) if time_s < 8.5 else 0)
        )

    frames = [
        figure.frame(t, figure.project(pose_at(t), azimuth_deg=90.0))
        for t in np.arange(0, 11, 1 / 30)
    ]
    report, events = play("glute_bridge", frames)
    (rep,) = report.reps
    assert "sinking" in fault_ids(rep)
    assert any(isinstance(e, ev.HoldPaused) and e.fault_id == "sinking" for e in events)
    steady = play("glute_bridge", film("glute_bridge", [(1, 1.5, 6, 1.5, 1)]))[0].reps[0]
    assert "sinking" not in fault_ids(steady)
    assert steady.hold_clean_s == pytest.approx(steady.hold_s)
    assert rep.hold_clean_s < steady.hold_clean_s - 1


def test_the_hold_clock_pauses_while_a_posture_fault_is_on_and_goes_on_after():
    reps = [(1, 1.0, 6.0, 1.0, 1.0)]

    def pose_at(time_s):
        arched = 3.5 < time_s < 5.5
        return figure.bridge(130 + (66 if arched else 46) * figure.effort_at(time_s, reps)[0])

    frames = [
        figure.frame(t, figure.project(pose_at(t), azimuth_deg=90.0))
        for t in np.arange(0, 10, 1 / 30)
    ]
    report, events = play("glute_bridge", frames)
    kinds = [
        type(e).__name__
        for e in events
        if isinstance(e, ev.HoldStarted | ev.HoldPaused | ev.HoldResumed | ev.HoldEnded)
    ]
    assert kinds == ["HoldStarted", "HoldPaused", "HoldResumed", "HoldEnded"]
    # Only the arched part was near the rep's own extreme, and none of that is clean.
    assert report.reps[0].hold_s > 1.0
    assert report.reps[0].hold_clean_s < 0.3


def test_a_hold_lasts_as_long_as_it_lasted():
    frames = film("side_leg_lift", [(1, 1.0, 10.0, 1.0, 1.0)], fps=30)
    report, events = play("side_leg_lift", frames)
    assert report.reps[0].hold_s == pytest.approx(10.2, abs=0.3)
    ended = [e for e in events if isinstance(e, ev.HoldEnded)]
    assert len(ended) == 1 and ended[0].hold_s == pytest.approx(10.2, abs=0.6)


@pytest.mark.parametrize(("way_s", "hold_s", "within_s"), [(1, 2, 0.3), (4, 2, 0.4), (6, 6, 0.5)])
def test_a_hold_between_slow_ways_is_counted_live_as_long_as_it_is(
    monkeypatch, way_s, hold_s, within_s
):
    """At an even speed, as people move who count the seconds."""
    monkeypatch.setattr(figure, "ease", lambda share: min(max(share, 0.0), 1.0))
    reps = [(1.0, way_s, hold_s, way_s, 1.5)] * 2
    report, events = play("squat", film("squat", reps, lambda e: figure.squat(100 * e)))
    live = [e.hold_s for e in events if isinstance(e, ev.HoldEnded)]
    assert live == pytest.approx([hold_s] * 2, abs=within_s)
    assert [rep.hold_s for rep in report.reps] == pytest.approx([hold_s] * 2, abs=0.5)


@pytest.mark.parametrize(("way_s", "most_s"), [(3, 2.9), (6, 2.6), (8, 3.6)])
def test_a_hold_of_two_seconds_between_slow_smooth_ways_is_told_live_as_the_report_has_it(
    way_s, most_s
):
    frames = film("squat", [(1.0, way_s, 2, way_s, 1.0)], lambda e: figure.squat(100 * e), fps=30)
    report, events = play("squat", frames)
    (live,) = (e.hold_s for e in events if isinstance(e, ev.HoldEnded))
    assert 1.7 < live < most_s
    assert live == pytest.approx(report.reps[0].hold_s, abs=0.4)
