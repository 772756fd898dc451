"""Signals of someone who steps up on a box; side is the leg on it."""

from __future__ import annotations

import math

from formcheck.engine.camera import square
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import Body, signal

#: From the side the further of two feet on one level looks this much higher, in shanks,
#: to a camera at the usual height; a knee half as much.
_FURTHER_HIGHER = 0.06
#: Sine of the azimuth from which on one foot is clearly further than the other.
_FROM_SIDE = 0.8
#: Feet on one box stand at most this far apart, in shanks; further counts as much more than
#: height does, as a foot that hovers beside the box may be as high as the other.
_ON_ONE_BOX = 0.4
_ASIDE_WEIGHT = 1.5


@signal("way up on the box", "deg", "hip ankle", short="Step")
def step_rise(body: Body, _side: int) -> float:
    """How far up on the box the body is, 90 = the whole way (scale.StepScale).

    Use it against the person's own rest; + = higher. Not an angle: 90 is the whole way up,
    of the knee's right angle on a knee-high box.
    """
    return body.risen_deg


@signal(
    "free foot away from the other one's level and box",
    "shank",
    "knee ankle heel foot_index",
    square(0.010, 0.0144),
)
def feet_level(body: Body, side: int) -> float:
    """How far the free foot is from standing beside the one on the box, shanks.

    In height, of the foot or the knee, or across the picture, whichever is further. NaN from
    the side of the free leg: a camera that looks down shows that foot lower by as much as it
    may hover over the box.
    0 = feet and knees as high in the picture and side by side; + = apart. Not touch: a foot
    that hovers right beside the other looks the same.
    """
    from_side = abs(math.sin(math.radians(body.azimuth_deg)))
    if from_side > _FROM_SIDE and side != body.near:
        return math.nan
    parts = (L.LEFT_ANKLE, L.LEFT_HEEL, L.LEFT_FOOT_INDEX)
    foot = sum(body.y[j + 1 - side] - body.y[j + side] for j in parts) / len(parts)
    knee = body.y[L.LEFT_KNEE + 1 - side] - body.y[L.LEFT_KNEE + side]
    further = _FURTHER_HIGHER * from_side * body.shank_px if side == body.near else 0.0
    across = abs(sum(body.x[j + 1 - side] - body.x[j + side] for j in parts)) / len(parts)
    beside = _ON_ONE_BOX * body.shank_px * abs(math.cos(math.radians(body.azimuth_deg)))
    aside = _ASIDE_WEIGHT * (across - beside)
    return max(abs(foot + further), abs(knee + further / 2), aside) / body.shank_px


@signal("free heel over its toe", "shank", "heel foot_index")
def free_heel_rise(body: Body, side: int) -> float:
    """Height of the free heel over its own toe.

    0 = heel as high as the toe tip in the picture; + = heel higher. Not a push: the foot
    that is lifted off the floor tips, too.
    """
    free = 1 - side
    return (body.y[L.LEFT_FOOT_INDEX + free] - body.y[L.LEFT_HEEL + free]) / body.shank_px
