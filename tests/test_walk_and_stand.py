"""What is special about walking sideways and standing on one leg: exact joints, one camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from exerciser.camera import Camera, frame_points
from exerciser.sets import GeneratedSet, RepSpec, SetSpec, build
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

STEP = RepSpec(out_s=0.7, hold_s=0.1, back_s=0.7, pause_after_s=0.3)
STAND = RepSpec(out_s=1.0, hold_s=6.0, back_s=1.0, pause_after_s=2.0)
SIZE = (1280, 720)


def watched(spec: SetSpec, azimuth: float, fps: float = 15.0) -> tuple[SetReport, GeneratedSet]:
    """The exact joints of a set as a camera sees them."""
    made = build(spec, fps)
    shown = made.body.contact_points(made.pose[::5])
    camera = frame_points(Camera(azimuth, 4.0, 3.0, 45.0, *SIZE), shown, 0.1)
    px, _ = camera.project(made.landmarks_m)
    session = SetSession(spec.exercise)
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        session.push(PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), SIZE))
    return session.finish(), made


def walk(*reps: RepSpec, azimuth: float = 0.0, side: str = "right", **params: float) -> SetReport:
    spec = SetSpec(
        "lateral_band_walk", "f_average", side=side, reps=reps, lead_in_s=3.0, params=params
    )
    return watched(spec, azimuth)[0]


def stand(*faults: Mapping[str, float], azimuth: float = 90.0, side: str = "left") -> SetReport:
    reps = tuple(replace(STAND, faults=f) for f in faults)
    return watched(SetSpec("single_leg_abc", "m_slim", side=side, reps=reps), azimuth)[0]


@pytest.mark.parametrize("turn_after", [0, 1, 2])
@pytest.mark.parametrize("pause_s", [0.0, 0.8])
def test_steps_are_counted_on_the_side_walked_to(turn_after: int, pause_s: float) -> None:
    steps = [replace(STEP, pause_after_s=pause_s)] * 8
    report = walk(*steps, turn_after=turn_after)
    sides = ["left" if turn_after and (i // turn_after) % 2 else "right" for i in range(len(steps))]
    assert [rep.side for rep in report.reps] == sides
    assert report.summary.reps_right == sides.count("right")
    assert not report.summary.faults


def test_steps_after_which_the_feet_stand_closer_are_steps() -> None:
    # From a wide stance: the way to the next one is longer than the step itself.
    close = replace(STEP, faults={"feet_together": 24.0})
    report = walk(STEP, close, STEP, close, close, STEP, turn_after=2, stance=1.1, step=0.65)
    assert report.summary.reps == 6
    found = [{f.id for f in rep.faults} for rep in report.reps]
    assert found == [set(), {"feet_together"}, set(), *[{"feet_together"}] * 2, set()]


@pytest.mark.parametrize("straight_first", [0.0, 1.0])
def test_standing_up_on_a_step_is_not_passed_over_and_no_other_fault(straight_first: float) -> None:
    up = replace(STEP, out_s=1.0, back_s=1.0, faults={"standing_up": 40.0})
    report = walk(STEP, up, up, STEP, straight_first=straight_first)
    assert report.summary.reps == 4
    assert set(report.summary.faults) == set()
    assert set(report.summary.not_assessed) == {"standing_up"}


def test_what_cannot_be_counted_from_here_is_said() -> None:
    assert walk(STEP, STEP, azimuth=90.0).summary.reps == 0
    for report in (walk(STEP, STEP, azimuth=90.0), stand({}, azimuth=0.0)):
        assert not report.reps
        assert not report.partials
        assert any("cannot be counted" in note for note in report.notes)


@pytest.mark.parametrize(("azimuth", "side"), [(90.0, "left"), (-90.0, "right"), (-40.0, "left")])
def test_a_stand_is_timed_from_foot_up_to_foot_down(azimuth: float, side: str) -> None:
    report = stand({}, {}, azimuth=azimuth, side=side)
    assert [rep.side for rep in report.reps] == [side] * 2
    for rep in report.reps:
        assert rep.hold_s == pytest.approx(6.9, abs=0.5)
        assert rep.path_legs is not None
        assert 1.0 < rep.path_legs < 5.0
    assert not report.summary.faults


def test_a_foot_that_touches_down_is_a_fault_and_not_an_end() -> None:
    touched, still = stand({"foot_down": 0.4}, {}).reps
    assert {f.id for f in touched.faults} == {"foot_down"}
    assert not still.faults
    assert touched.hold_s == pytest.approx(still.hold_s - 0.8, abs=0.5)


def test_a_foot_that_stays_down_ends_the_stand() -> None:
    report = stand({"foot_down": 1.6})
    assert report.summary.reps == 2
    assert not report.summary.faults


def test_the_way_of_the_foot_is_in_the_report() -> None:
    with_path, without = stand({}).to_dict(), walk(STEP).to_dict()
    assert with_path["reps"][0]["path_legs"] > 1.0
    assert "path_legs" not in without["reps"][0]
