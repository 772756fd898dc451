"""Landmarks averaged over a quarter second: nothing is left out, and nothing waited for in vain."""

from __future__ import annotations

import numpy as np
import pytest

from formcheck.engine.pose import LANDMARK_COUNT, PoseFrame
from formcheck.engine.smoothing import LAG_S, FixedLagSmoother


def noisy(times):
    rng = np.random.default_rng(7)
    seen = np.ones(LANDMARK_COUNT)
    return [PoseFrame(t, rng.normal(300, 9, (LANDMARK_COUNT, 3)), seen, (640, 480)) for t in times]


def given_out(frames):
    """The smoothed frames, and how late each of them came."""
    smoother, out, late = FixedLagSmoother(), [], []
    for frame in frames:
        for one in smoother.push(frame):
            out.append(one)
            late.append(frame.time_s - one.time_s)
    return [*out, *smoother.flush()], late


def patient(frames):
    """As if it were waited for whatever may come."""
    smoother = FixedLagSmoother()
    smoother._waiting.extend(frames)
    return smoother.flush()


@pytest.mark.parametrize("fps", [5, 7, 10, 12, 15, 20, 24, 25, 29.97, 30, 50, 60, 120])
def test_at_a_steady_rate_all_takes_part_and_nothing_is_waited_for_in_vain(fps):
    frames = noisy(np.arange(40) / fps)
    out, late = given_out(frames)
    for ours, theirs in zip(out, patient(frames), strict=True):
        assert ours.time_s == theirs.time_s
        assert ours.landmarks_px == pytest.approx(theirs.landmarks_px)
    assert max(late[2:]) <= LAG_S + 1e-9


def test_at_an_unsteady_rate_hardly_anything_is_missed():
    rng = np.random.default_rng(3)
    for interval_s in (0.033, 0.066, 0.1):
        frames = noisy(np.cumsum(rng.uniform(0.8, 1.2, 300) * interval_s))
        out, late = given_out(frames)
        off = [
            np.ptp(a.landmarks_px - b.landmarks_px)
            for a, b in zip(out, patient(frames), strict=True)
        ]
        assert np.mean(np.array(off) > 1e-6) < 0.08
        assert max(late[2:]) <= LAG_S + 1.2 * interval_s
        assert np.median(late) <= LAG_S + 0.002
