"""Where the camera stands, from exact figures at known places around them."""

from __future__ import annotations

import math

import figure
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine.pose import Landmark as L
from formcheck.engine.view import STANDING, SUPINE, azimuth_of

TRUNK_PX = figure.TRUNK * 200.0


def sumo(toe_out_deg: float, stance_m: float) -> np.ndarray:
    """Someone standing with feet so far apart and turned out so much."""
    joints = figure.squat(20.0)
    for side, out in ((0, -1.0), (1, 1.0)):
        moved = [L.LEFT_ANKLE + side, L.LEFT_HEEL + side, L.LEFT_FOOT_INDEX + side]
        joints[moved, 0] += out * (stance_m / 2 - figure.HIP_HALF)
        heel, toe = joints[L.LEFT_HEEL + side], joints[L.LEFT_FOOT_INDEX + side]
        s, c = figure.unit(out * toe_out_deg)
        length = toe[1] - heel[1]
        joints[L.LEFT_FOOT_INDEX + side] = heel + [length * s, length * c, 0.0]
    return joints


def room(joints: np.ndarray, azimuth_deg: float) -> np.ndarray:
    """The same in metres along the camera's directions, depth last."""
    return figure.project(joints, azimuth_deg=azimuth_deg, px_per_m=1.0)


def off(azimuth: float, truth: float) -> float:
    return abs((azimuth - truth + 180.0) % 360.0 - 180.0)


@given(
    azimuth=st.floats(-160, 160),
    toe_out=st.floats(0, 42),
    stance=st.floats(0.15, 0.7),
    deep=st.booleans(),
)
@settings(max_examples=150)
def test_the_azimuth_is_within_its_error_however_the_feet_stand(azimuth, toe_out, stance, deep):
    joints = sumo(toe_out, stance)
    told, error = azimuth_of(
        figure.project(joints, azimuth_deg=azimuth)[:, :2],
        STANDING,
        TRUNK_PX,
        room(joints, azimuth) if deep else None,
    )
    assert 0 < error < 9
    assert off(told, azimuth) < 2.5 * error


@given(azimuth=st.floats(-85, 85))
@settings(max_examples=60)
def test_without_feet_the_shoulders_tell_by_how_much_and_the_head_to_which_side(azimuth):
    seen = figure.project(figure.squat(10.0), azimuth_deg=azimuth)[:, :2]
    seen[L.LEFT_HEEL : L.RIGHT_FOOT_INDEX + 1] = math.nan
    told, error = azimuth_of(seen, STANDING, TRUNK_PX)
    assert off(told, azimuth) < 2.5 * error


def test_what_points_to_different_azimuths_leaves_more_doubt_than_what_is_there() -> None:
    joints = sumo(20.0, 0.3)
    seen = figure.project(joints, azimuth_deg=45.0)[:, :2]
    whole = azimuth_of(seen, STANDING, TRUNK_PX, room(joints, 45.0))[1]
    flat = azimuth_of(seen, STANDING, TRUNK_PX)[1]
    seen[L.LEFT_HEEL : L.RIGHT_FOOT_INDEX + 1] = math.nan
    assert whole < flat < azimuth_of(seen, STANDING, TRUNK_PX)[1]


@pytest.mark.parametrize("azimuth", [-130.0, -90.0, -45.0, 45.0, 90.0, 130.0])
def test_on_the_back_the_depth_tells_it_and_without_depth_it_is_taken_to_be_the_side(azimuth):
    joints = figure.bridge(140.0)
    seen = figure.project(joints, azimuth_deg=azimuth, elevation_deg=15.0)[:, :2]
    told, error = azimuth_of(seen, SUPINE, TRUNK_PX, room(joints, azimuth))
    assert off(told, azimuth) < error
    flat, doubt = azimuth_of(seen, SUPINE, TRUNK_PX)
    assert flat == math.copysign(90.0, azimuth)
    assert doubt > error
