"""Signals of someone on the back: bridges."""

from __future__ import annotations

import math

from formcheck.pose import Landmark as L
from formcheck.signals.body import Body, Signal


def hip_extension(body: Body, _side: int) -> float:
    """Shoulder-hip-knee angle of someone on the back; over 180 = hips above the line."""
    s = body.near
    shoulder, hip, knee = L.LEFT_SHOULDER + s, L.LEFT_HIP + s, L.LEFT_KNEE + s
    ux, uy = body.x[shoulder] - body.x[hip], body.y[shoulder] - body.y[hip]
    vx, vy = body.x[knee] - body.x[hip], body.y[knee] - body.y[hip]
    turn = math.degrees(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy))
    # Clockwise on the screen (y down) from shoulder to knee is over the belly
    # when the head is at the left; mirrored when it is at the right.
    belly = turn if ux < 0 else -turn
    return belly % 360.0


ROWS = (
    Signal(
        "hip_extension",
        "shoulder-hip-knee angle",
        hip_extension,
        "sagittal",
        ("side",),
        ("shoulder", "hip", "knee"),
        "folded",
        "hips higher; 180 = one line, more = above it",
        "deg",
        (0, 360),
        "clinical spec M2s",
        "the curve of the lower back or pelvic tilt",
    ),
)
