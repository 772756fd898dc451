"""Signals of someone who stands on one leg and moves the other one about."""

from __future__ import annotations

import math

from formcheck.engine.camera import sagittal, slanting
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, Body, signal

#: Who raises a leg forward leans back a little, so many degrees for each of the raise.
_LEANS_BACK = 0.11
#: Between these camera azimuths (deg) a leg raised sideways turns into one raised
#: forward as what the picture shows; beyond, forward distances are drawn out.
_ASIDE_DEG, _AHEAD_DEG = 15.0, 30.0


def ahead(body: Body) -> float:
    """What horizontal distances have to be multiplied by to be distances ahead.

    From the side 1; at an angle more, up to twice. From the front, where nothing ahead
    is seen, 1 again: what is seen there goes to the side.
    """
    azimuth = abs(body.azimuth_deg)
    azimuth = min(azimuth, 180.0 - azimuth)
    drawn_out = 1.0 / max(math.sin(math.radians(azimuth)), 0.5)
    share = min(max((azimuth - _ASIDE_DEG) / (_AHEAD_DEG - _ASIDE_DEG), 0.0), 1.0)
    return 1.0 + share * (drawn_out - 1.0)


@signal(
    "angle between the two legs", "deg", "hip ankle", sagittal(1.0, 0.6, turn=0.0), short="Legs"
)
def leg_raise(body: Body, _side: int) -> float:
    """Angle between the two legs' hip-ankle lines: 0 on both feet, wherever it is raised to.

    Not from the height of the foot: held out towards the camera it looks no higher
    than the other one. A leg that is hidden hangs behind the other one, upright.
    0 = legs side by side; + = one leg raised, to whatever side. Not hip flexion alone; from
    the front a leg raised forward does not show.
    """
    left, right = (_tilt(body, s) for s in (LEFT, RIGHT))
    if left != left and right != right:
        return math.nan
    return abs(math.degrees((left if left == left else 0) - (right if right == right else 0)))


def _tilt(body: Body, side: int) -> float:
    """Hip-ankle line from the vertical, radians, + right in the picture; NaN = hidden."""
    hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
    across = (body.x[ankle] - body.x[hip]) * ahead(body)
    return math.atan2(across, body.y[ankle] - body.y[hip])


@signal(
    "trunk leaning sideways away from the raised leg",
    "deg",
    "shoulder hip ankle",
    slanting(1.6),
    sided=True,
)
def lean_from_raised(body: Body, side: int) -> float:
    """Trunk sideways from the vertical, + away from the raised leg (side).

    Seen at an angle: what of the usual lean backward shows as one sideways is taken
    off, and the rest drawn out to its true size. Use it against the person's own rest.
    0 = upright; + = towards the leg stood on. Not exact: leaning back more or less than
    usual is taken for leaning sideways in part.
    """
    sx, sy = body.mid(L.LEFT_SHOULDER)
    hx, hy = body.mid(L.LEFT_HIP)
    azimuth = math.radians(body.azimuth_deg)
    tilt = math.degrees(math.atan2(sx - hx, hy - sy))
    tilt += body.forward * abs(math.sin(azimuth)) * _LEANS_BACK * leg_raise(body, side)
    away = 1.0 if side == RIGHT else -1.0
    return away * tilt * body.seen_from_front / max(abs(math.cos(azimuth)), 0.5)


@signal(
    "knee flexion, seen from the side or at an angle",
    "deg",
    "hip knee ankle",
    sagittal(3.0, 2.0, turn=0.1),
    sided=True,
)
def raised_knee_flexion(body: Body, side: int) -> float:
    """Knee flexion with distances ahead drawn out to their true length.

    0 = straight leg; + = more bent. Not bending to the side.
    """
    widen = ahead(body)
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    ux, uy = (body.x[hip] - body.x[knee]) * widen, body.y[hip] - body.y[knee]
    vx, vy = (body.x[ankle] - body.x[knee]) * widen, body.y[ankle] - body.y[knee]
    return 180.0 - math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))
