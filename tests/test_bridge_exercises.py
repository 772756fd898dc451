"""Bridges on one leg and hip thrusts: which leg works, what is hidden, what is lying down."""

from __future__ import annotations

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import MOVEMENTS, make_pose
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

REPS = (RepSpec(out_s=1.2, hold_s=0.6, back_s=1.2),) * 2


def seen(
    done: str,
    side: str,
    azimuth: float,
    elevation: float = 8.0,
    *,
    watched_as: str = "",
    body: str = "f_average",
    reps: tuple[RepSpec, ...] = REPS,
    **params: float,
) -> SetReport:
    """A set of one exercise, exact joints, watched as that or another exercise."""
    spec = SetSpec(done, body, side=side, reps=reps, sway=0.0, params=params)
    made = build(spec, 15.0)
    pose = make_pose(load_body(body), done, np.array([0.0, 0.5, 1.1]), side)
    camera = frame_points(Camera(azimuth, elevation), made.body.contact_points(pose))
    session = SetSession(watched_as or done)
    for time_s, points in zip(made.time_s, camera.project(made.landmarks_m)[0], strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        session.push(PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), (1280, 720)))
    return session.finish()


@pytest.mark.parametrize("exercise", ["single_leg_bridge", "single_leg_hip_thrust"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_low_lift_is_judged_only_of_the_nearer_leg(exercise: str, side: str) -> None:
    low = (RepSpec(out_s=1.2, hold_s=0.6, back_s=1.2, faults={"incomplete_extension": 18.0}),)
    toward = 90.0 if side == "left" else -90.0

    near = seen(exercise, side, toward, reps=low * 2)
    far = seen(exercise, side, -toward, reps=low * 2)

    for report in (near, far):
        assert [rep.side for rep in report.reps] == [side, side]
    assert all("incomplete_extension" in {f.id for f in rep.faults} for rep in near.reps)
    for rep in far.reps:
        reasons = {n.id: n.reason for n in rep.not_assessed}
        assert reasons["incomplete_extension"] == (
            "The leg that pushes is hidden behind the other one."
        )
        assert not rep.faults


@pytest.mark.parametrize("free_knee_deg", [0.0, 80.0])
def test_one_leg_in_the_air_still_counts_as_lying_on_the_back(free_knee_deg: float) -> None:
    report = seen(
        "single_leg_bridge",
        "left",
        80.0,
        24.0,
        knee_interior_deg=64.0,
        free_knee_deg=free_knee_deg,
        free_thigh_deg=5.0,
    )

    assert report.view.posture == "supine"
    assert len(report.reps) == 2


def test_hip_thrusts_are_followed_from_sitting_to_level() -> None:
    quick = (RepSpec(out_s=0.9, hold_s=0.0, back_s=0.9),) * 2
    report = seen("hip_thrust", "both", 90.0, reps=quick, bench_m=0.40, rest_gap_m=0.10)

    assert len(report.reps) == 2
    assert report.view.posture in ("reclined", "supine")
    assert all(rep.peak_deg > 170 for rep in report.reps)


@pytest.mark.parametrize("body", ["f_slim", "m_heavy"])
def test_hips_that_stay_high_over_the_feet_at_rest_are_no_standing(body: str) -> None:
    for azimuth, elevation in ((80.0, 7.0), (-76.0, 17.0)):
        report = seen("hip_thrust", "both", azimuth, elevation, body=body)
        assert report.summary.reps == 2
        assert report.view.posture in ("reclined", "supine")


def test_rising_from_a_bench_is_no_glute_bridge() -> None:
    report = seen("hip_thrust", "both", 90.0, watched_as="glute_bridge")

    assert not report.reps


def test_bending_over_is_no_hip_thrust() -> None:
    report = seen("deadlift", "both", 90.0, watched_as="hip_thrust")

    assert not report.reps
    assert report.view.posture == "standing"


def test_the_bench_stands_where_the_back_is() -> None:
    movement = MOVEMENTS["hip_thrust"]
    for name in ("f_heavy", "m_slim"):
        body = load_body(name)
        pose = movement.make(body, np.array([0.0, 0.5, 1.0]))
        (bench,) = movement.props(body, movement.defaults, "both")
        edge, top = bench.centre[1] + bench.size[1] / 2, bench.size[2]
        back = body.contact_points(pose, "spine", "shoulder", "clavicle")
        over = np.where(back[:, :, 1] < edge, back[:, :, 2], np.inf).min(axis=1)
        assert np.all(abs(over - top) < 0.06), (name, over)
