"""Stepping up: both ways of doing it, boxes of all heights, from the front and the side."""

from __future__ import annotations

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import MOVEMENTS, make_pose
from exerciser.sets import GeneratedSet, RepSpec, SetSpec, build
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

FPS = 12.0


def made_of(exercise: str, side: str, **params: float) -> GeneratedSet:
    rep = RepSpec(out_s=1.5, hold_s=0.4, back_s=1.5, faults={"foot_on_box": 1.0})
    return build(SetSpec(exercise, "f_average", side=side, reps=(rep,) * 3, params=params), FPS)


def seen(made: GeneratedSet, azimuth: float, landmarks_m: np.ndarray | None = None) -> SetReport:
    """What is found in a set; landmarks_m: (T, 33, 3) in place of the set's own."""
    person, exercise = load_body(made.spec.body), made.spec.exercise
    poses = make_pose(person, exercise, np.array([0.0, 0.5, 1.1]), made.spec.side)
    camera = frame_points(
        Camera(azimuth, 4.0, 3.0, 45.0, 640, 480), person.contact_points(poses), 0.15
    )
    px, _ = camera.project(made.landmarks_m if landmarks_m is None else landmarks_m)
    session = SetSession(exercise)
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        joints = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        session.push(PoseFrame(float(time_s), joints, known[:, 0].astype(float), (640, 480)))
    return session.finish()


@pytest.mark.parametrize("box_cm", [18.0, 45.0])
@pytest.mark.parametrize("floor_rest", [0.0, 1.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_counts_both_styles_on_low_and_high_boxes(
    box_cm: float, floor_rest: float, side: str
) -> None:
    for exercise in ("step_up", "lateral_step_up"):
        made = made_of(exercise, side, box_cm=box_cm, floor_rest=floor_rest)
        for azimuth in (5.0, 88.0, -88.0) if exercise == "step_up" else (-6.0,):
            report = seen(made, azimuth)
            found = [rep.side for rep in report.reps]
            assert (found, report.partials) == ([side] * 3, ()), (exercise, azimuth)


def test_the_foot_that_goes_up_first_works_even_if_the_other_stays_up_longer() -> None:
    """From standing on the box with both feet, people step down with either."""
    made = made_of("step_up", "right", floor_rest=1.0)
    points = made.landmarks_m.copy()
    legs = [L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE, L.LEFT_HEEL, L.LEFT_FOOT_INDEX]
    others = [leg + 1 for leg in legs]
    for plan in made.plan:
        down = (made.time_s > plan.start_s + plan.out_s + 0.2) & (made.time_s < plan.end_s)
        swapped = points[down][:, others].copy()
        points[np.ix_(down, others)] = points[down][:, legs]
        points[np.ix_(down, legs)] = swapped
    assert [rep.side for rep in seen(made, 88.0, points).reps] == ["right"] * 3


def test_nobody_steps_up_by_lifting_a_foot_onto_the_box() -> None:
    movement = MOVEMENTS["step_up"]
    reps = (RepSpec(amplitude=0.28, out_s=1.0, hold_s=0.5, back_s=1.0),) * 3
    spec = SetSpec(movement.id, "m_average", "left", reps, params={"floor_rest": 1.0})
    report = seen(build(spec, FPS), 88.0)
    assert (report.reps, report.partials) == ((), ())


@pytest.mark.parametrize("azimuth", [5.0, 90.0])
def test_a_step_up_from_the_floor_is_not_taken_for_walking(azimuth: float) -> None:
    """Who rises a little while putting the foot up begins with both feet on the floor
    and is counted with one still on the box; from the side one of them may be hidden."""
    made = made_of("step_up", "left", floor_rest=1.0, box_cm=45.0)
    points = made.landmarks_m.copy()
    for plan in made.plan:
        t = made.time_s - plan.start_s
        during = (t > 0) & (made.time_s < plan.end_s)
        points[during, : L.RIGHT_HIP + 1, 2] += 0.03 * np.minimum(t[during] / 0.3, 1.0)[:, None]
        hidden = (t > -1) & (t < 0.35 * plan.out_s)
        further = [L.RIGHT_KNEE, L.RIGHT_ANKLE, L.RIGHT_HEEL, L.RIGHT_FOOT_INDEX]
        if azimuth > 45:
            points[np.ix_(hidden, further)] = np.nan
    assert len(seen(made, azimuth, points).reps) == 3


def test_a_foot_that_hovers_beside_the_box_is_not_on_it() -> None:
    """As high as the other one, but further aside than two feet on a box stand."""
    made = made_of("lateral_step_up", "left")
    assert seen(made, 0.0).summary.faults["foot_on_box"].reps == 3
    beside = made.landmarks_m.copy()
    leg = [L.RIGHT_HIP, L.RIGHT_KNEE, L.RIGHT_ANKLE, L.RIGHT_HEEL, L.RIGHT_FOOT_INDEX]
    for joint, share in zip(leg, (0.0, 0.5, 1.0, 1.0, 1.0), strict=True):
        beside[:, joint, 0] += 0.1 * share
    assert "foot_on_box" not in seen(made, 0.0, beside).summary.faults
