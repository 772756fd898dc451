"""What is special about hinges: how a rep ends, feet in the air, views from the front."""

from __future__ import annotations

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import make_pose
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

SIZE = (1280, 720)


def watched(
    exercise: str, azimuth: float, *faults: dict[str, float], side: str = "both"
) -> SetReport:
    """One rep of a slim man for each dict of faults, his exact joints seen by a camera."""
    reps = tuple(
        RepSpec(out_s=1.3, hold_s=0.4, back_s=1.3, pause_after_s=0.7, faults=f) for f in faults
    )
    spec = SetSpec(exercise, "m_slim", side=side, reps=reps, variation=0.0, sway=0.5)
    made, person = build(spec, 15.0), load_body("m_slim")
    shown = person.contact_points(make_pose(person, exercise, np.array([0.0, 0.5, 1.0]), side))
    camera = frame_points(Camera(azimuth, 5.0, 3.0, 45.0, *SIZE), shown, 0.1)
    px, _ = camera.project(made.landmarks_m)
    session = SetSession(exercise)
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        session.push(PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), SIZE))
    return session.finish()


def test_only_the_rep_that_ends_bent_is_blamed_for_it() -> None:
    bent = {"incomplete_extension": 28.0}
    report = watched("deadlift", 90.0, {}, bent, {}, bent)
    found = ["incomplete_extension" in {f.id for f in rep.faults} for rep in report.reps]
    assert found == [False, True, False, True]


def test_reps_that_all_end_bent_are_counted_and_blamed() -> None:
    report = watched("deadlift", 90.0, *[{"incomplete_extension": 34.0}] * 4)
    assert report.summary.reps == 4
    assert report.summary.faults["incomplete_extension"].reps == 4


@pytest.mark.parametrize("azimuth", [80.0, 104.0, -80.0, -104.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_foot_in_the_air_does_not_turn_the_view(azimuth: float, side: str) -> None:
    report = watched("single_leg_deadlift", azimuth, {}, {}, {}, side=side)
    assert report.view.azimuth_deg == pytest.approx(azimuth, abs=12)
    assert report.view.posture == "standing"
    assert [rep.side for rep in report.reps] == [side] * 3
    judged = {n.id for rep in report.reps for n in rep.not_assessed}
    assert not judged & {"knee_bend", "shallow_hinge", "free_leg_low"}


@pytest.mark.parametrize("azimuth", [0.0, 40.0])
@pytest.mark.parametrize(
    ("exercise", "side"), [("deadlift", "both"), ("single_leg_deadlift", "left")]
)
def test_hinges_are_counted_from_the_front_but_not_judged(
    exercise: str, side: str, azimuth: float
) -> None:
    report = watched(exercise, azimuth, {}, {"shallow_hinge": 30.0}, {}, side=side)
    assert report.summary.reps == 3
    assert not report.summary.faults
    assert all("shallow_hinge" in {n.id for n in rep.not_assessed} for rep in report.reps)
