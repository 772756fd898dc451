"""Exercises on one leg: which leg, how long, and from where, on exact joints."""

from __future__ import annotations

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import MOVEMENTS
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.pose import Landmark, PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

_LEG = [joint for joint in Landmark if joint.name.endswith(("KNEE", "ANKLE", "HEEL", "FOOT_INDEX"))]


def watched(
    exercise: str, side: str, azimuth: float = 0.0, swing_px: float = 0.0, **params: float
) -> SetReport:
    """Three good reps as a camera at hip height has them.

    swing_px: at every turn the free leg goes so far aside, or back to where it was.
    """
    spec = SetSpec(
        exercise,
        "m_average",
        side=side,
        reps=(RepSpec(out_s=1.3, hold_s=0.3, back_s=1.3),) * 3,
        params=params,
    )
    made = build(spec, 15.0)
    body = load_body(spec.body)
    pose = MOVEMENTS[exercise].make(body, np.array([0.0, 1.0]), side)
    start = Camera(azimuth, 3.0, 3.0, 45.0, 640, 480)
    px, _ = frame_points(start, body.contact_points(pose)).project(made.landmarks_m)
    session = SetSession(exercise)
    free = [joint for joint in _LEG if joint.name.startswith("RIGHT" if side == "left" else "LEFT")]
    for time_s, points in zip(made.time_s, px, strict=True):
        turns = sum(time_s > rep.start_s + rep.out_s for rep in made.plan)
        points[free, 0] += swing_px * (turns % 2)
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        seen = np.where(known[:, 0], 1.0, 0.0)
        session.push(PoseFrame(float(time_s), landmarks, seen, (640, 480)))
    return session.finish()


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("exercise", "params"),
    [
        ("single_leg_squat", {}),
        # Both feet on the floor until the rep begins.
        ("single_leg_squat", {"tap": 1.0}),
        ("ball_single_leg_squat", {}),
        # The free foot is never higher than the other, and lower at the turn.
        ("pelvic_drop", {}),
        # The body is between both feet: only what sinks tells which of them stands.
        ("pelvic_drop", {"hip_over_cm": 0.0}),
    ],
)
def test_the_leg_under_the_body_is_the_one_that_works(
    exercise: str, params: dict[str, float], side: str
) -> None:
    report = watched(exercise, side, **params)
    assert [rep.side for rep in report.reps] == [side] * 3
    assert not report.partials


def test_the_stand_on_one_leg_is_timed() -> None:
    report = watched("ball_single_leg_squat", "right")
    # Three reps of 2.9 s with 0.8 s between them, and the rest before and after.
    assert any(note.startswith("Stood 14 s on the right leg") for note in report.notes)


def test_a_pelvic_drop_is_not_counted_from_the_side() -> None:
    report = watched("pelvic_drop", "left", azimuth=90.0)
    assert not report.reps
    assert not report.partials
    assert report.notes


def test_a_level_squat_is_not_cleared_of_a_drop_that_hardly_shows() -> None:
    report = watched("single_leg_squat", "left")
    assert "pelvic_drop" not in report.summary.faults
    assert "clear drop" in report.summary.not_assessed["pelvic_drop"].reason
    dropped = watched("single_leg_squat", "left", drop_deg=15.0)
    assert dropped.summary.faults["pelvic_drop"].reps == 3


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_free_leg_may_go_anywhere(side: str) -> None:
    assert watched("single_leg_squat", side, swing_px=130.0).summary.reps == 3
