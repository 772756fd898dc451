"""A rule speaks where its measurement's standard error is small, and not elsewhere."""

from __future__ import annotations

import math
from dataclasses import replace

import figure
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine.camera import (
    Camera,
    best_of,
    frontal,
    judged_azimuths,
    sagittal,
    slanting,
    square,
)
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.rule import LEGIBLE_SHARE
from formcheck.engine.session import SetSession

RULES = [(e.id, r) for e in EXERCISES.values() for r in e.faults]
REPS = [(1.0, 1.2, 0.5, 1.2, 0.6)] * 2


def watched(azimuth_deg: float, *, trunk_deg: float, knee_deg: float = 100.0, feet: bool = True):
    """Two squats on exact joints from there."""

    def pose(effort: float, _index: int):
        joints = figure.squat(knee_deg * effort, trunk_deg=trunk_deg * effort)
        return figure.as_modelled(joints)

    session = SetSession("squat")
    for frame in figure.film(pose, REPS, azimuth_deg=azimuth_deg, noise_px=0.2, fps=15):
        if not feet:
            frame.landmarks_px[L.LEFT_HEEL : L.RIGHT_FOOT_INDEX + 1] = math.nan
        # Depth as well, as the pose model guesses it.
        session.push(replace(frame, world_m=frame.landmarks_px / 200.0))
    return session.finish()


@pytest.mark.parametrize(("exercise", "rule"), RULES, ids=lambda v: getattr(v, "id", v))
@given(azimuth=st.floats(-180, 180), error=st.floats(2, 15))
@settings(max_examples=30, deadline=None)
def test_no_rule_speaks_where_its_error_is_large(exercise, rule, azimuth, error):
    camera = Camera(azimuth, error)
    small = rule.error(camera) <= LEGIBLE_SHARE * abs(rule.marked - rule.mild)
    assert rule.judged_from(camera) == small
    assert rule.margin(camera) >= 0 or rule.unseen
    if rule.unseen:
        assert not rule.judged_from(camera)


@pytest.mark.parametrize(("exercise", "rule"), RULES, ids=lambda v: getattr(v, "id", v))
def test_a_rule_is_judged_where_the_table_says_and_what_is_not_says_why(exercise, rule):
    told = {a for low, high in rule.azimuths for a in range(low, high + 1, 5)}
    assert told == {a for a in range(0, 181, 5) if rule.judged_from(Camera(float(a)))}
    assert bool(told) != bool(rule.unseen)
    if told:
        assert rule.judged_from(Camera(rule.best_azimuth))
        assert rule.margin(Camera(rule.best_azimuth)) == pytest.approx(0, abs=1e-9)
    assert not rule.judged_from(Camera(math.nan))
    assert Camera(math.nan).words == "I couldn't tell where the camera stands."


def test_errors_grow_towards_the_view_that_hides_what_is_measured() -> None:
    angle, width = sagittal(3.0, 1.0), frontal(3.0, 8.0)
    assert angle(Camera(90)) < angle(Camera(60)) < angle(Camera(40)) < angle(Camera(20))
    assert angle(Camera(60)) < angle(Camera(120))
    assert angle(Camera(40, 4.0)) < angle(Camera(40, 9.0))
    assert width(Camera(0)) < width(Camera(20)) < width(Camera(-45))
    assert width(Camera(150)) == math.inf
    assert frontal(3.0, behind=4.0)(Camera(180)) == 4.0
    either = square(1.0, 2.0)
    assert either(Camera(0)) == pytest.approx(either(Camera(90)))
    assert either(Camera(0)) < either(Camera(45))
    assert slanting(2.0)(Camera(45)) == pytest.approx(2.0)
    assert slanting(2.0)(Camera(20)) > 3.0
    assert best_of(angle, width)(Camera(0)) == 3.0
    assert judged_azimuths(width, 4.0) == ((0, 15),)
    assert judged_azimuths(square(1.0, 2.0), 1.5) == ((0, 15), (75, 105))


@pytest.mark.parametrize("azimuth", [-120.0, -90.0, -65.0, -45.0, -30.0, 35.0, 50.0, 90.0, 115.0])
def test_a_lean_is_seen_from_wherever_it_shows(azimuth):
    upright = watched(azimuth, trunk_deg=36)
    leaning = watched(azimuth, trunk_deg=74)
    for report, there in ((upright, False), (leaning, True)):
        assert report.summary.reps == 2
        assert ("trunk_lean" in report.summary.faults) == there
        assert "trunk_lean" not in report.summary.not_assessed
    for rep in leaning.reps:
        (fault,) = [f for f in rep.faults if f.id == "trunk_lean"]
        assert fault.uncertainty is not None
        assert abs(fault.value - 74) < 2.5 * fault.uncertainty


@pytest.mark.parametrize("azimuth", [0.0, 10.0, -12.0, 172.0])
def test_a_lean_is_not_judged_where_it_does_not_show(azimuth):
    for trunk_deg in (36, 74):
        report = watched(azimuth, trunk_deg=trunk_deg)
        assert "trunk_lean" not in report.summary.faults
        reason = report.summary.not_assessed["trunk_lean"]
        assert "does not show" in reason.reason and reason.remedy


@pytest.mark.parametrize("azimuth", [-60.0, -45.0, 50.0])
@pytest.mark.parametrize("feet", [True, False])
def test_depth_is_seen_at_an_angle_with_and_without_feet(azimuth, feet):
    deep = watched(azimuth, trunk_deg=40, knee_deg=140, feet=feet)
    high = watched(azimuth, trunk_deg=30, knee_deg=84, feet=feet)
    assert "shallow_depth" not in deep.summary.faults
    assert "shallow_depth" not in deep.summary.not_assessed
    assert high.summary.faults["shallow_depth"].reps == 2


@pytest.mark.parametrize("beyond", [0.5, -0.5])
def test_what_is_nearer_to_the_limit_than_the_error_is_not_assessed(beyond: float) -> None:
    rule = next(r for r in EXERCISES["squat"].faults if r.id == "trunk_lean")
    camera = Camera(40.0, 8.0)
    assert rule.judged_from(camera)
    just = rule.mild + 0.5 * rule.margin(camera)
    own = replace(EXERCISES["squat"], faults=(replace(rule, mild=just - 2.0, marked=just + 10),))
    assert rule.margin(camera) > 1.0
    assert own.faults[0].severity(just) == "mild"
    report = watched(-42.0, trunk_deg=rule.mild + beyond)
    assert "trunk_lean" not in report.summary.faults
    assert "too close to the limit" in report.summary.not_assessed["trunk_lean"].reason
