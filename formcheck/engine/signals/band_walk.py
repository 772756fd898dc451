"""Signals of someone who steps sideways in a squat."""

from __future__ import annotations

import math

from formcheck.engine.camera import frontal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, Body, signal


@signal("angle between the legs", "deg", "hip ankle", frontal(1.2, 3.0, behind=1.2), short="Legs")
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


@signal("trunk from the vertical, sideways", "deg", "shoulder hip", frontal(1.2, 3.5))
def trunk_sideways(body: Body, _side: int) -> float:
    """Trunk from the vertical in the picture, + towards the person's left.

    0 = upright; + = towards the person's left. Not bending of the spine.
    """
    sx, sy = body.mid(L.LEFT_SHOULDER)
    hx, hy = body.mid(L.LEFT_HIP)
    return math.degrees(math.atan2((sx - hx) * body.seen_from_front, hy - sy))
