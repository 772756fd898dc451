"""Signals of someone who stands on both legs: squats."""

from __future__ import annotations

import math

from formcheck.engine.camera import best_of, frontal, sagittal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import (
    LEFT,
    RIGHT,
    THIGH_SHARE,
    TOE_REACH,
    Body,
    signal,
)
from formcheck.engine.signals.sagittal import (
    bend,
    both_knees_bend,
    from_side,
    inclination,
    knee_bend,
    leg,
    legs,
    spread,
    trunk,
)
from formcheck.engine.view import SHOULDER_WIDTH

#: How far beyond the shank a trunk may lean and still be told as leaning so far, degrees.
_BEYOND_SHANK_DEG = 36.0
#: Both knees bend alike within so many degrees, as they are seen from the side.
SAME_BEND_DEG = 12.0
#: How well Body.straightness is known, of straight legs and less so of bent ones.
STRAIGHTNESS_UNCERTAINTY, UNCERTAINTY_PER_BEND = 0.06, 0.25
#: Hips this much lower than at their highest (shares of the leg) are those of somebody
#: upright: without it swaying at rest would read as knees that bend by 10 degrees.
UPRIGHT = 0.005


def hip_height(body: Body) -> float:
    """Height of the hips over the ankles as a share of its value when standing."""
    return (body.mid_or_one(L.LEFT_ANKLE)[1] - body.mid_or_one(L.LEFT_HIP)[1]) / body.leg_px


@signal(
    "knee flexion in a squat",
    "deg",
    "hip knee ankle",
    best_of(sagittal(3.5, 1.5), frontal(4.4, 1.5)),
    short="Knee",
)
def squat_flexion(body: Body, _side: int) -> float:
    """Knee flexion in a squat as well as this view shows it.

    Where the sagittal plane shows the angle between thighs and shanks in it; from the
    front the one that thighs and shanks of equal length must have for the hips to be as
    low as they are: 2 acos(hip height). Blended in between.
    0 = standing straight; + = more bent. Not a joint angle to quote from the front: there it
    is inferred from hip height.
    """
    share = from_side(body)
    plane = front = 0.0
    if share > 0:
        plane = _knees_bend(body)
    if share < 1:
        front = _hip_height_flexion(body)
    return share * plane + (1 - share) * front


def _knees_bend(body: Body) -> float:
    thigh, shank = legs(body)
    if thigh[1] == thigh[1] and shank[1] != shank[1]:
        # Shins behind furniture, or feet out of the picture: the thigh does most of it.
        return (90.0 - thigh_elevation(body, LEFT)) / THIGH_SHARE
    both = both_knees_bend(body)
    # Behind a plate or the other leg the pose model loses joints: not further from what is
    # in the middle of either leg and the height of the hips.
    middle = sorted((bend(*leg(body, LEFT)), bend(*leg(body, RIGHT)), _hip_height_flexion(body)))[1]
    if middle != middle:
        return both
    return min(max(both, middle - SAME_BEND_DEG), middle + SAME_BEND_DEG)


def _hip_height_flexion(body: Body) -> float:
    """Bent knees bring the hips down and shorten the thigh beside the shank: both."""
    height = hip_height(body)
    if height == height:
        bent = 1 - body.straightness
        least = body.straightness - (STRAIGHTNESS_UNCERTAINTY + UNCERTAINTY_PER_BEND * bent)
        if least > height:
            height = least
        return math.degrees(2 * math.acos(min(max(height + UPRIGHT, -1.0), 1.0)))
    # Feet out of the picture: from the height of the thigh.
    down = body.mid_or_one(L.LEFT_KNEE)[1] - body.mid_or_one(L.LEFT_HIP)[1]
    upright = min(max(down / body.thigh_px + STRAIGHTNESS_UNCERTAINTY, -1.0), 1.0)
    return math.degrees(math.acos(upright)) / THIGH_SHARE


@signal("knee flexion", "deg", "hip knee ankle", sagittal(4.0, 5.0), sided=True, lite=4.0)
def knee_flexion(body: Body, side: int) -> float:
    """Knee flexion of one leg.

    0 = straight leg; + = more bent. Not the bend of a leg that works alone and leans
    sideways: at an angle to the camera that looks as if it were ahead.
    """
    return knee_bend(body, side)


@signal("thighs over the horizontal", "deg", "hip knee", sagittal(3.5, 2.0))
def thigh_elevation(body: Body, _side: int) -> float:
    """Thigh over the horizontal: 90 standing, 0 level, negative below.

    0 = thigh level, hip joint as high as the knee joint; + = hip above knee. Not the crease
    of the hip.
    """
    ahead, up = legs(body)[0]
    return math.degrees(math.atan2(up, math.hypot(ahead, spread(body, L.LEFT_KNEE, L.LEFT_HIP))))


@signal("trunk from the vertical", "deg", "shoulder hip", sagittal(2.5, 1.0))
def trunk_inclination(body: Body, _side: int) -> float:
    """Trunk from the vertical, + forward.

    0 = upright; + = forward. Not the shape of the back: rounding cannot be seen between
    shoulder and hip.
    """
    return inclination(*trunk(body))


def shank_inclination(body: Body) -> float:
    """Shanks from the vertical, + knee forward of the ankle."""
    return inclination(*legs(body)[1])


@signal("trunk leaning forward in a squat", "deg", "shoulder hip knee ankle", sagittal(3.0, 1.0))
def squat_lean(body: Body, side: int) -> float:
    """Trunk from the vertical, counted no further than 36 degrees beyond the shank.

    0 = upright; + = forward. So neither a deep squat is blamed, whose trunk is far down but
    as far as the shanks, nor one with upright shanks, whose trunk has to balance them. Not
    rounding of the back. NaN where the shanks are not seen.
    """
    trunk_deg = trunk_inclination(body, side)
    beyond = trunk_deg - shank_inclination(body)  # first: min() keeps a NaN that is
    return min(beyond + _BEYOND_SHANK_DEG, trunk_deg)


@signal("near heel over its toe", "shank", "heel foot_index")
def heel_rise(body: Body, _side: int) -> float:
    """Height of the near heel over its own toe.

    0 = heel as high as the toe tip in the picture; + = heel higher. Not weight distribution;
    use it against the person's own rest.
    """
    s = body.near
    return (body.y[L.LEFT_FOOT_INDEX + s] - body.y[L.LEFT_HEEL + s]) / body.shank_px


@signal("hips sideways of the feet", "shoulder", "hip ankle", frontal(0.02, 0.065))
def hip_shift(body: Body, _side: int) -> float:
    """Hips' midpoint sideways of the ankles' midpoint, + towards the person's left.

    0 = hips' middle above ankles' middle; + = towards the person's left. Not weight on each
    foot.
    """
    offset = body.mid(L.LEFT_HIP)[0] - body.mid(L.LEFT_ANKLE)[0]
    # The hips also go back, which a camera not quite in front shows as a shift
    # away from where the toes point.
    back = 0.75 * (1.0 - hip_height(body))
    toes = body.mid(L.LEFT_FOOT_INDEX)[0] - body.mid(L.LEFT_ANKLE)[0]
    offset += back * toes / TOE_REACH
    return offset * body.seen_from_front / (SHOULDER_WIDTH * body.trunk_px)
