"""Signals of someone who steps sideways in a squat."""

from __future__ import annotations

import math

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, Body, signal

#: Where an aligned knee is seen, fitted to what the pose model shows of clean steps in a
#: quarter to a half squat: along the foot, sideways with the leg, and always a little.
_ALONG_FOOT, _WITH_LEG, _INWARD = 2.08, 0.76, 0.017
#: Sine of half the knee flexion of such a squat, for who was not seen straight.
_BEND = 0.42
_LEAST_BEND, _MOST_BEND = 0.1, 0.6


@signal("angle between the legs", "deg", "hip ankle")
def leg_spread(body: Body, _side: int) -> float:
    """Angle that straight legs would make with the feet so far apart; - = crossed.

    From the horizontal distance alone: a foot lifted is not further aside, and going
    down into the squat or coming up does not change it.
    0 = feet together; + = feet further apart. Not hip abduction: turning away from the
    camera makes it smaller.
    """
    apart = (body.x[L.LEFT_ANKLE] - body.x[L.RIGHT_ANKLE]) * body.seen_from_front
    share = 0.5 * apart / body.leg_px
    return math.degrees(2 * math.asin(min(max(share, -1.0), 1.0))) if share == share else math.nan


@signal("how far the more bent leg is straightened", "ratio", "hip ankle")
def leg_extension(body: Body, _side: int) -> float:
    """Distance of hip and ankle as a share of its straight length, of the shorter leg.

    NaN until the person has been seen both straight and with bent legs.
    0 = hip at the ankle; + = straighter; 1 = as when standing straight. Not a knee angle.
    """
    return min(_leg_px(body, LEFT), _leg_px(body, RIGHT)) / body.straight_px


def _leg_px(body: Body, side: int) -> float:
    """Hip to ankle in the picture, pixels."""
    hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
    return math.hypot(body.x[ankle] - body.x[hip], body.y[ankle] - body.y[hip])


@signal(
    "knee inward of where it would be aligned, while stepping aside",
    "shank",
    "hip knee ankle foot_index",
    sided=True,
)
def stepping_knee_inward(body: Body, side: int) -> float:
    """How far the knee is towards the other leg from where it would be aligned.

    As knee_inward, for a bent leg that also steps far to the side: the bend is taken
    from that leg alone, and not from how low the hips are between the two.
    0 = knee in the plane of hip, ankle and toe; + = knee towards the other leg. Not a joint
    angle.
    """
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    medial = (-1.0 if side == LEFT else 1.0) * body.seen_from_front
    rise = body.y[ankle] - body.y[hip]
    if not rise > 0:
        return math.nan
    share = (body.y[knee] - body.y[hip]) / rise
    on_line = body.x[hip] + share * (body.x[ankle] - body.x[hip])
    bend = _BEND
    if body.straight_px == body.straight_px:
        extension = min(max(_leg_px(body, side) / body.straight_px, 0.0), 1.0)
        bend = min(max(math.sin(math.acos(extension)), _LEAST_BEND), _MOST_BEND)
    toe = body.x[L.LEFT_FOOT_INDEX + side] - body.x[ankle]
    aligned = _ALONG_FOOT * bend * toe + _WITH_LEG * bend * bend * (body.x[hip] - body.x[ankle])
    return medial * (body.x[knee] - on_line - aligned) / body.shank_px - _INWARD


@signal("trunk from the vertical, sideways", "deg", "shoulder hip")
def trunk_sideways(body: Body, _side: int) -> float:
    """Trunk from the vertical in the picture, + towards the person's left.

    0 = upright; + = towards the person's left. Not bending of the spine.
    """
    sx, sy = body.mid(L.LEFT_SHOULDER)
    hx, hy = body.mid(L.LEFT_HIP)
    return math.degrees(math.atan2((sx - hx) * body.seen_from_front, hy - sy))
