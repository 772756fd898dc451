"""Signals of hip hinges: deadlifts on both legs and on one."""

from __future__ import annotations

import math

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import Body, Signal
from formcheck.engine.signals.standing import trunk_inclination


def trunk_hinge(body: Body, side: int) -> float:
    """Trunk from the vertical as well as this view shows it, 0..180, + forward.

    From the side the angle in the picture; from the front, where the trunk is
    foreshortened, the one that makes it as much less high as it is: acos of its
    height over its whole length. Blended in between.
    """
    azimuth = abs(body.azimuth_deg)
    azimuth = min(azimuth, 180.0 - azimuth)
    share = min(max((azimuth - 30.0) / 35.0, 0.0), 1.0)
    share = share * share * (3 - 2 * share)
    from_side = from_front = 0.0
    if share > 0:
        from_side = trunk_inclination(body, side)
    if share < 1:
        height = body.mid_or_one(L.LEFT_HIP)[1] - body.mid_or_one(L.LEFT_SHOULDER)[1]
        from_front = math.degrees(math.acos(min(max(height / body.trunk_px, -1.0), 1.0)))
    return share * from_side + (1 - share) * from_front


def hinge_hip_flexion(body: Body, side: int) -> float:
    """Hip flexion between trunk and thighs, + bent, 0 in line (side views)."""
    hx, hy = body.mid_or_one(L.LEFT_HIP)
    kx, ky = body.mid_or_one(L.LEFT_KNEE)
    thigh = math.degrees(math.atan2((kx - hx) * body.forward * body.widen, ky - hy))
    return trunk_inclination(body, side) + thigh


def wrist_level(body: Body, _side: int) -> float:
    """Height of the near wrist: 0 at the knee, 1 at the ankle, negative above the knee."""
    for s in (body.near, 1 - body.near):
        knee = body.y[L.LEFT_KNEE + s]
        shin = body.y[L.LEFT_ANKLE + s] - knee
        level = (body.y[L.LEFT_WRIST + s] - knee) / shin if shin > 0 else math.nan
        if level == level:
            return level
    return math.nan


def free_leg_below_trunk(body: Body, side: int) -> float:
    """How much lower the free leg is than in line with the trunk; side stands."""
    free = 1 - side
    hx, hy = body.mid_or_one(L.LEFT_HIP)
    back = (hx - body.x[L.LEFT_ANKLE + free]) * body.forward * body.widen
    raised = math.degrees(math.atan2(back, body.y[L.LEFT_ANKLE + free] - hy))
    below = trunk_inclination(body, side) - raised
    # A leg higher than level at its end must not turn into one that hangs.
    return below - 360.0 if below > 180.0 else below


def pelvis_open(body: Body, side: int) -> float:
    """Height of the free hip over the hip of the leg that stands; side stands."""
    return (body.y[L.LEFT_HIP + side] - body.y[L.RIGHT_HIP - side]) / body.trunk_px


ROWS = (
    Signal(
        "trunk_hinge",
        "trunk from the vertical in a hinge",
        trunk_hinge,
        "sagittal",
        ("front", "oblique", "side", "back"),
        ("shoulder", "hip"),
        "upright",
        "forward",
        "deg",
        (-180, 180),
        "clinical spec M3; blended by camera azimuth",
        "the shape of the back; from the front it is inferred from the trunk's height",
    ),
    Signal(
        "hinge_hip_flexion",
        "hip flexion",
        hinge_hip_flexion,
        "sagittal",
        ("side",),
        ("shoulder", "hip", "knee"),
        "shoulders, hips and knees in line",
        "bent",
        "deg",
        (-180, 360),
        "clinical spec M2",
        "the tilt of the pelvis",
    ),
    Signal(
        "wrist_level",
        "wrist between knee and ankle",
        wrist_level,
        "sagittal",
        ("side",),
        ("wrist", "knee", "ankle"),
        "wrist as high as the knee",
        "lower",
        "shank",
        (-3, 2),
        "clinical spec M19",
        "the height of a weight: that hangs about a fifth of the shin lower",
    ),
    Signal(
        "free_leg_below_trunk",
        "free leg lower than in line with the trunk",
        free_leg_below_trunk,
        "sagittal",
        ("side",),
        ("shoulder", "hip", "ankle"),
        "trunk and free leg in line",
        "leg lower",
        "deg",
        (-180, 180),
        "clinical spec E9 fault 2",
        "extension of the hip: an arched or rounded back is in it",
    ),
    Signal(
        "pelvis_open",
        "free hip over the standing hip",
        pelvis_open,
        "any",
        ("front", "side"),
        ("hip",),
        "hips level",
        "free hip higher",
        "trunk",
        (-1, 1),
        "clinical spec E9 fault 4",
        "good enough to judge by: the pose model's hip points hardly follow the turn",
    ),
)
