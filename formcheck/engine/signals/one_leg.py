"""Signals of someone who stands on one leg; side is the one they stand on."""

from __future__ import annotations

import math

from formcheck.engine.camera import frontal, sagittal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, Body, signal
from formcheck.engine.signals.sagittal import bend, from_side, leg
from formcheck.engine.view import HIP_WIDTH

#: Of the free leg, what sinks with the free side of the pelvis and is best seen to from the
#: front (on films the error of a drop has a spread of 1.8 degrees with these, 2.1 with ankle
#: and heel as well; the hip's own point follows a drop by a quarter only).
_FREE_LEG = (L.LEFT_KNEE, L.LEFT_FOOT_INDEX)
_FOOT = (L.LEFT_ANKLE, L.LEFT_HEEL, L.LEFT_FOOT_INDEX)
#: A body nearer to one foot than to the other by this (shanks) is over it.
OVER_ONE_FOOT = 0.12
#: Hips this much lower than at their highest (shares of the leg) are those of somebody
#: upright: without it the sway at rest would read as a knee that bends by 10 degrees.
_UPRIGHT = 0.005


def _hip_height(body: Body, side: int) -> float:
    """Height of the hips over the foot stood on, as a share of its value when straight.

    Not over the lower one: a foot held out to the camera may be that in the picture.
    """
    return (body.y[L.LEFT_ANKLE + side] - body.mid_or_one(L.LEFT_HIP)[1]) / body.leg_px


def nearer_to_left_foot(body: Body) -> float:
    """How much nearer the body's middle is to the left foot than to the right one, shanks."""
    middle = (body.mid(L.LEFT_SHOULDER)[0] + body.mid(L.LEFT_HIP)[0]) / 2
    off = [
        abs(middle - sum(body.x[joint + side] for joint in _FOOT) / len(_FOOT))
        for side in (LEFT, RIGHT)
    ]
    return (off[RIGHT] - off[LEFT]) / body.shank_px


def _outward(body: Body, side: int) -> float:
    """Which way in the picture the stance side is: +1 right, -1 left."""
    return (1.0 if side == LEFT else -1.0) * body.seen_from_front


@signal(
    "knee flexion of the leg stood on", "deg", "hip knee ankle", sagittal(3.3, 6.0), short="Knee"
)
def stance_flexion(body: Body, side: int) -> float:
    """Knee flexion of the stance leg as well as this view shows it (see squat_flexion).

    0 = standing straight; + = more bent. Not a joint angle to quote from the front: there it
    is inferred from hip height.
    """
    share = from_side(body)
    bent = hung = 0.0
    if share > 0:
        bent = bend(*leg(body, side))
    if share < 1:
        height = _hip_height(body, side) + _UPRIGHT
        hung = math.degrees(2 * math.acos(min(max(height, -1.0), 1.0)))
    return share * bent + (1 - share) * hung


@signal(
    "trunk leaning sideways over the leg stood on",
    "deg",
    "shoulder hip",
    frontal(1.2, 3.0),
    sided=True,
)
def lean_to_stance(body: Body, side: int) -> float:
    """Trunk from the vertical, + toward the stance side.

    A trunk that also bows forward looks as if it leant sideways to a camera that is not
    quite in front; how far it bows is told by how much shorter it has become.
    0 = upright in the picture; + = towards the leg stood on. Not where the weight is.
    """
    sx, sy = body.mid(L.LEFT_SHOULDER)
    hx, hy = body.mid(L.LEFT_HIP)
    height = hy - sy
    bowed = math.sqrt(max(body.trunk_px**2 - height**2, 0.0))
    aside = sx - hx + bowed * math.sin(math.radians(body.azimuth_deg))
    return math.degrees(math.atan2(aside * _outward(body, side), height))


@signal("free side of the hip line lower", "deg", "hip", frontal(1.3, 2.0), sided=True)
def free_hip_drop(body: Body, side: int) -> float:
    """Hip line from the horizontal, + free side lower.

    0 = hip line level in the picture; + = free side lower. Not the pelvis: the pose model's
    hip points follow it by a quarter.
    """
    fall = body.y[L.LEFT_HIP + 1 - side] - body.y[L.LEFT_HIP + side]
    return math.degrees(math.asin(min(max(fall / (HIP_WIDTH * body.trunk_px), -1.0), 1.0)))


@signal(
    "free side of the pelvis sunk, by the leg that hangs from it",
    "deg",
    "knee foot_index",
    frontal(1.0, 2.8),
    short="Pelvis",
)
def free_side_drop(body: Body, side: int) -> float:
    """Angle the pelvis has sunk on the free side by, from the leg that hangs there.

    0 = both feet level in the picture; + = free leg lower. Not true when the free knee bends
    or stretches on the way. While the body is between both feet, or its middle is not seen,
    which of them stands shows only when the other one sinks: then either is a drop.
    """
    fall = sum(body.y[j + 1 - side] - body.y[j + side] for j in _FREE_LEG) / len(_FREE_LEG)
    if not abs(nearer_to_left_foot(body)) >= 2 * OVER_ONE_FOOT:
        fall = abs(fall)
    return math.degrees(math.asin(min(max(fall / (HIP_WIDTH * body.trunk_px), -1.0), 1.0)))


@signal("body sunk over the foot stood on", "trunk", "shoulder knee ankle heel foot_index")
def stance_sink(body: Body, side: int) -> float:
    """How far the shoulders come down over what a dropping pelvis takes them down by.

    That is half of what the free leg goes down; what they sink more is a bent knee of
    the stance leg. In the picture itself: every joint to measure it from adds its noise.
    Use it against the person's own rest; + = lower. Not an angle of the knee.
    """
    leg = (L.LEFT_KNEE, L.LEFT_ANKLE, L.LEFT_HEEL, L.LEFT_FOOT_INDEX)
    fall = sum(body.y[j + 1 - side] - body.y[j + side] for j in leg) / len(leg)
    return (body.mid(L.LEFT_SHOULDER)[1] - fall / 2) / body.trunk_px


@signal("height of the free leg, logarithm", "ratio", "knee ankle", frontal(0.15, 0.3))
def free_leg_raised(body: Body, side: int) -> float:
    """Logarithm of how high the free knee and ankle are over those of the stance leg, shanks.

    Against the person's rest it is the share that is left of that height: how high a foot
    held in front of the body looks hangs on the camera's own height, but on the floor it
    looks as low as the other.
    0 = knee and ankle one shank over the other leg's; + = higher; against the rest, -0.7 is
    half of the height, -1.4 a quarter. Not the height of the foot over the floor.
    """
    joints = (L.LEFT_KNEE, L.LEFT_ANKLE)
    height = sum(body.y[j + side] - body.y[j + 1 - side] for j in joints) / 2 / body.shank_px
    return math.nan if height != height else math.log(max(height, 0.01))
