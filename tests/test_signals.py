"""Signals are the inverse of a figure built from angles, wherever it stands."""

from __future__ import annotations

import math

import figure
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals import LEFT, RIGHT, SIGNALS, Body
from formcheck.engine.signals.standing import shank_inclination
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, STANDING, SUPINE


def body(pixels, posture=STANDING, azimuth_deg=90.0, scale=200.0):
    return Body(
        pixels[:, 0].tolist(),
        pixels[:, 1].tolist(),
        trunk_px=figure.TRUNK * scale,
        leg_px=(figure.THIGH + figure.SHANK) * scale,
        azimuth_deg=azimuth_deg,
        posture=posture,
    )


def value(name, the_body, side=None):
    if side is None:  # of someone on the side the upper leg works
        side = RIGHT if the_body.posture == SIDE_LYING_LEFT else LEFT
    return SIGNALS[name].compute(the_body, side)


anywhere = {
    "scale": st.floats(60, 900),
    "x": st.floats(-500, 1500),
    "y": st.floats(-500, 1500),
    "azimuth": st.one_of(st.floats(20, 160), st.floats(-160, -20)),
}


@given(knee=st.floats(1, 140), trunk=st.floats(-10, 70), **anywhere)
@settings(max_examples=60)
def test_sagittal_angles_come_back_from_any_side_scale_place_and_facing(
    knee, trunk, scale, x, y, azimuth
):
    pixels = figure.project(
        figure.as_modelled(figure.squat(knee, trunk_deg=trunk)),
        azimuth_deg=azimuth,
        px_per_m=scale,
        center=(x, y),
    )
    seen = body(pixels, azimuth_deg=azimuth, scale=scale)
    assert value("knee_flexion", seen, RIGHT) == pytest.approx(knee, abs=0.6)
    assert value("thigh_elevation", seen) == pytest.approx(90 - 0.6 * knee, abs=0.6)
    assert value("trunk_inclination", seen) == pytest.approx(trunk, abs=0.6)
    assert shank_inclination(seen) == pytest.approx(0.4 * knee, abs=0.6)
    assert value("squat_lean", seen) == pytest.approx(min(trunk, trunk - 0.4 * knee + 36), abs=1.2)
    if 35 <= abs(azimuth) <= 145:
        assert value("squat_flexion", seen) == pytest.approx(knee, abs=0.6)


def test_feet_out_of_the_picture_leave_no_lean_to_judge():
    pixels = figure.project(figure.squat(90.0, trunk_deg=70.0), azimuth_deg=90.0)
    assert value("squat_lean", body(pixels)) > 51
    pixels[[L.LEFT_ANKLE, L.RIGHT_ANKLE]] = math.nan
    assert math.isnan(value("squat_lean", body(pixels)))


def test_a_trunk_over_one_foot_is_away_from_the_other_whichever_is_said_to_work():
    seen = body(figure.project(figure.squat(5.0), azimuth_deg=0.0), azimuth_deg=0.0)
    seen.x[L.LEFT_SHOULDER] += 20
    seen.x[L.RIGHT_SHOULDER] += 20
    assert value("lean_to_stance", seen, LEFT) > 2
    assert value("lean_to_stance", seen, RIGHT) == -value("lean_to_stance", seen, LEFT)


@given(knee=st.floats(20, 120))
@settings(max_examples=30)
def test_squat_seen_from_the_front_reads_the_same_flexion_within_the_segments_difference(knee):
    seen = body(figure.project(figure.squat(knee)), azimuth_deg=0.0)
    assert value("squat_flexion", seen) == pytest.approx(knee, abs=4)


@given(angle=st.floats(112, 200), **anywhere)
@settings(max_examples=40)
def test_bridge_angle_passes_180_without_folding_back(angle, scale, x, y, azimuth):
    pixels = figure.project(
        figure.bridge(angle), azimuth_deg=azimuth, px_per_m=scale, center=(x, y)
    )
    seen = body(pixels, SUPINE, azimuth, scale)
    # Hips narrower than shoulders: at an angle to the camera they do not lie in one line.
    aside = abs(math.cos(math.radians(azimuth)))
    if aside < math.cos(math.radians(45)):
        assert value("hip_extension", seen) == pytest.approx(angle, abs=0.1 + 9 * aside)


@pytest.mark.parametrize("lying_on", ["left", "right"])
@given(opening=st.floats(0, 45), elevation=st.floats(0, 35))
@settings(max_examples=40)
def test_clamshell_opening_is_the_change_from_rest_whatever_the_camera_height(
    lying_on, opening, elevation
):
    posture = SIDE_LYING_RIGHT if lying_on == "right" else SIDE_LYING_LEFT

    def seen(deg):
        joints = figure.clamshell(deg, lying_on=lying_on)
        return body(figure.project(joints, elevation_deg=elevation), posture, 0.0)

    change = value("clam_opening", seen(opening)) - value("clam_opening", seen(0.0))
    # 8% more than it is on exact joints, because the pose model shows 12% less.
    assert change == pytest.approx(1.08 * opening, abs=max(2.5, 0.15 * opening))


@pytest.mark.parametrize("lying_on", ["left", "right"])
@given(lift=st.floats(-5, 60))
@settings(max_examples=30)
def test_leg_lift_is_the_angle_to_the_trunk_on_either_side(lying_on, lift):
    posture = SIDE_LYING_RIGHT if lying_on == "right" else SIDE_LYING_LEFT

    def seen(deg):
        joints = figure.leg_lift(deg, lying_on=lying_on)
        return body(figure.project(joints), posture, 0.0)

    # The hip lies beside the trunk's line, so the leg at rest is not at zero.
    change = value("hip_abduction", seen(lift)) - value("hip_abduction", seen(0.0))
    assert change == pytest.approx(lift, abs=0.01)


@given(knee_in=st.floats(-0.08, 0.08), azimuth=st.sampled_from([0.0, 180.0]))
@settings(max_examples=30)
def test_knee_inward_is_positive_on_both_legs_from_the_front_and_from_behind(knee_in, azimuth):
    pixels = figure.project(figure.squat(60, knee_in_m=knee_in), azimuth_deg=azimuth)
    seen = body(pixels, azimuth_deg=azimuth)
    for side in (LEFT, RIGHT):
        share = value("knee_inward", seen, side)
        assert share * figure.TRUNK * 0.88 == pytest.approx(knee_in, abs=0.002)


def test_angles_are_of_pixels_so_wide_and_tall_pictures_agree():
    wide = figure.project(figure.squat(90), azimuth_deg=90.0)
    tall = wide + [-200.0, 250.0, 0.0]
    assert value("squat_flexion", body(wide)) == pytest.approx(value("squat_flexion", body(tall)))


def test_a_missing_landmark_makes_a_signal_unknown_and_zero_zero_is_a_point():
    pixels = figure.project(figure.squat(90), azimuth_deg=90.0)
    hidden = pixels.copy()
    hidden[25:27] = math.nan
    assert math.isnan(value("squat_flexion", body(hidden)))
    moved = pixels - [*pixels[25, :2], 0.0]
    seen = value("squat_flexion", body(pixels))
    assert value("squat_flexion", body(moved)) == pytest.approx(seen)


def test_every_signal_is_read_by_some_exercise():
    read = {name for e in EXERCISES.values() for name in e.signals}
    assert set(SIGNALS) == read


def test_a_leg_that_sinks_is_a_drop_on_either_side_while_it_is_not_known_which_one_stands():
    pixels = figure.project(figure.squat(0.0), azimuth_deg=0.0, px_per_m=200.0, center=(320, 240))
    for joint in (L.RIGHT_KNEE, L.RIGHT_ANKLE, L.RIGHT_HEEL, L.RIGHT_FOOT_INDEX):
        pixels[joint, 1] += 10.0
    for hidden in ([], [L.LEFT_SHOULDER], [L.RIGHT_HIP]):
        pixels[hidden] = math.nan
        seen = body(pixels, azimuth_deg=0.0)
        assert value("free_side_drop", seen, LEFT) > 5
        assert value("free_side_drop", seen, RIGHT) == value("free_side_drop", seen, LEFT)
