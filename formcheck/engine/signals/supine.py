"""Signals of someone on the back: bridges."""

from __future__ import annotations

import math

from formcheck.engine.camera import sagittal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import Body, signal
from formcheck.engine.signals.sagittal import LEAST_SINE
from formcheck.engine.view import HIP_WIDTH


@signal("shoulder-hip-knee angle", "deg", "shoulder hip knee", sagittal(2.4, 6.0), short="Hip")
def hip_extension(body: Body, side: int) -> float:
    """Shoulder-hip-knee angle of someone on the back; over 180 = hips above the line.

    Hidden behind the other leg, the working one is taken to do as that one does.
    0 = folded; + = hips higher; 180 = one line, more = above it. Not the curve of the lower
    back or pelvic tilt.
    """
    angle = _hip_extension(body, side)
    return angle if angle == angle else _hip_extension(body, 1 - side)


def _hip_extension(body: Body, s: int) -> float:
    shoulder, hip, knee = L.LEFT_SHOULDER + s, L.LEFT_HIP + s, L.LEFT_KNEE + s
    # A camera towards the feet or the head shows all that lies along the floor shorter.
    widen = 1.0 / max(abs(math.sin(math.radians(body.azimuth_deg))), LEAST_SINE)
    ux, uy = (body.x[shoulder] - body.x[hip]) * widen, body.y[shoulder] - body.y[hip]
    vx, vy = (body.x[knee] - body.x[hip]) * widen, body.y[knee] - body.y[hip]
    turn = math.degrees(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy))
    # Clockwise on the screen (y down) from shoulder to knee is over the belly
    # when the head is at the left; mirrored when it is at the right.
    belly = turn if ux < 0 else -turn
    return belly % 360.0


@signal(
    "shoulder-hip-knee angle of a working leg that is the nearer one",
    "deg",
    "shoulder hip knee",
    sagittal(2.4, 6.0),
    lite=25.0,
)
def near_hip_extension(body: Body, side: int) -> float:
    """As hip_extension, only when the nearer leg is the one that works.

    The other leg's thigh is hidden, and its knee is guessed from the nearer one.
    0 = folded; + = hips higher; 180 = one line, more = above it. Not seen when the other leg
    is nearer: 10 degrees off on rendered bodies.
    """
    return _hip_extension(body, side) if side == body.near else math.nan


@signal("tilt of the hip line", "deg", "hip")
def hip_line_tilt(body: Body, side: int) -> float:
    """How much lower the free side's hip is than the working one's, as a tilt.

    0 = hips equally high in the picture; + = free side lower. Not sure enough to be called a
    fault: from the side one hip hides the other.
    """
    hip, other = L.LEFT_HIP + side, L.RIGHT_HIP - side
    share = (body.y[other] - body.y[hip]) / (HIP_WIDTH * body.trunk_px)
    return math.degrees(math.asin(min(max(share, -1.0), 1.0)))
