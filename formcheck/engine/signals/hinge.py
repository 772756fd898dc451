"""Signals of hip hinges: deadlifts on both legs and on one."""

from __future__ import annotations

import math

from formcheck.engine.camera import sagittal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import Body, signal
from formcheck.engine.signals.sagittal import along, from_side, inclination, legs
from formcheck.engine.signals.standing import trunk_inclination


@signal(
    "trunk from the vertical in a hinge", "deg", "shoulder hip", sagittal(5.0, 4.0), short="Trunk"
)
def trunk_hinge(body: Body, side: int) -> float:
    """Trunk from the vertical as well as this view shows it, 0..180, + forward.

    Where the sagittal plane shows the angle in it; from the front, where the trunk is
    foreshortened, the one that makes it as much less high as it is: acos of its
    height over its whole length. Blended in between.
    0 = upright; + = forward. Not the shape of the back; from the front it is inferred from
    the trunk's height.
    """
    share = from_side(body)
    plane = front = 0.0
    if share > 0:
        plane = trunk_inclination(body, side)
    if share < 1:
        height = body.mid_or_one(L.LEFT_HIP)[1] - body.mid_or_one(L.LEFT_SHOULDER)[1]
        front = math.degrees(math.acos(min(max(height / body.trunk_px, -1.0), 1.0)))
    return share * plane + (1 - share) * front


@signal("hip flexion", "deg", "shoulder hip knee", sagittal(3.0, 1.5))
def hinge_hip_flexion(body: Body, side: int) -> float:
    """Hip flexion between trunk and thighs, + bent, 0 in line.

    0 = shoulders, hips and knees in line; + = bent. Not the tilt of the pelvis.
    """
    return trunk_inclination(body, side) - inclination(*legs(body)[0])


@signal("wrist between knee and ankle", "shank", "wrist knee ankle", sagittal(0.06, 0.08, turn=0.0))
def wrist_level(body: Body, _side: int) -> float:
    """Height of the near wrist: 0 at the knee, 1 at the ankle, negative above the knee.

    0 = wrist as high as the knee; + = lower. Not the height of a weight: that hangs about a
    fifth of the shin lower.
    """
    for s in (body.near, 1 - body.near):
        knee = body.y[L.LEFT_KNEE + s]
        shin = body.y[L.LEFT_ANKLE + s] - knee
        level = (body.y[L.LEFT_WRIST + s] - knee) / shin if shin > 0 else math.nan
        if level == level:
            return level
    return math.nan


@signal(
    "free leg lower than in line with the trunk", "deg", "shoulder hip ankle", sagittal(4.0, 5.0)
)
def free_leg_below_trunk(body: Body, side: int) -> float:
    """How much lower the free leg is than in line with the trunk; side stands.

    0 = trunk and free leg in line; + = leg lower. Not extension of the hip: an arched or
    rounded back is in it.
    """
    free = 1 - side
    ankle = body.x[L.LEFT_ANKLE + free], body.y[L.LEFT_ANKLE + free]
    raised = inclination(*along(body, ankle, body.mid_or_one(L.LEFT_HIP)))
    below = trunk_inclination(body, side) - raised
    # A leg higher than level at its end must not turn into one that hangs.
    return below - 360.0 if below > 180.0 else below


@signal("free hip over the standing hip", "trunk", "hip")
def pelvis_open(body: Body, side: int) -> float:
    """Height of the free hip over the hip of the leg that stands; side stands.

    0 = hips level; + = free hip higher. Not good enough to judge by: the pose model's hip
    points hardly follow the turn.
    """
    return (body.y[L.LEFT_HIP + side] - body.y[L.RIGHT_HIP - side]) / body.trunk_px
