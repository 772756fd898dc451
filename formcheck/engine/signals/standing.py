"""Signals of someone who stands on both legs: squats."""

from __future__ import annotations

import math

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, SHANK, TOE_REACH, Body, Signal, knee_flexion
from formcheck.engine.view import SHOULDER_WIDTH

#: How much further sideways a fully bent knee goes than its hip, in the plane of hip,
#: ankle and toe (from the geometry of a squat to level thighs).
LEAN_GAIN = 1.1


def hip_height(body: Body) -> float:
    """Height of the hips over the ankles as a share of its value when standing."""
    return (body.mid_or_one(L.LEFT_ANKLE)[1] - body.mid_or_one(L.LEFT_HIP)[1]) / body.leg_px


def squat_flexion(body: Body, _side: int) -> float:
    """Knee flexion in a squat as well as this view shows it.

    From the side the angle in the picture; from the front, where that angle is
    flattened, the one that thighs and shanks of equal length must have for the
    hips to be as low as they are: 2 acos(hip height). Blended in between.
    """
    azimuth = abs(body.azimuth_deg)
    azimuth = min(azimuth, 180.0 - azimuth)
    share = min(max((azimuth - 30.0) / 35.0, 0.0), 1.0)
    share = share * share * (3 - 2 * share)
    from_side = from_front = 0.0
    if share > 0:
        from_side = _near_knee_flexion(body)
    if share < 1:
        from_front = math.degrees(2 * math.acos(min(max(hip_height(body), -1.0), 1.0)))
    return share * from_side + (1 - share) * from_front


def _near_knee_flexion(body: Body) -> float:
    for side in (body.near, 1 - body.near):
        flexion = _sagittal_knee_flexion(body, side)
        if flexion == flexion:
            return flexion
    # Shins behind furniture: the thigh does about 0.6 of the bending in a squat.
    for side in (body.near, 1 - body.near):
        elevation = _thigh_elevation(body, side)
        if elevation == elevation:
            return (90.0 - elevation) / 0.6
    return math.nan


def _sagittal_knee_flexion(body: Body, side: int) -> float:
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    ux, uy = (body.x[hip] - body.x[knee]) * body.widen, body.y[hip] - body.y[knee]
    vx, vy = (body.x[ankle] - body.x[knee]) * body.widen, body.y[ankle] - body.y[knee]
    return 180.0 - math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))


def thigh_elevation(body: Body, _side: int) -> float:
    """Thigh over the horizontal: 90 standing, 0 level, negative below."""
    return _thigh_elevation(body, body.near)


def _thigh_elevation(body: Body, s: int) -> float:
    down = body.y[L.LEFT_KNEE + s] - body.y[L.LEFT_HIP + s]
    along = abs(body.x[L.LEFT_KNEE + s] - body.x[L.LEFT_HIP + s]) * body.widen
    return math.degrees(math.atan2(down, along))


def trunk_inclination(body: Body, _side: int) -> float:
    """Trunk from the vertical, + forward."""
    sx, sy = body.mid_or_one(L.LEFT_SHOULDER)
    hx, hy = body.mid_or_one(L.LEFT_HIP)
    return math.degrees(math.atan2((sx - hx) * body.forward * body.widen, hy - sy))


def shank_inclination(body: Body, _side: int) -> float:
    """Shank from the vertical, + knee forward of the ankle."""
    s = body.near
    dx = body.x[L.LEFT_KNEE + s] - body.x[L.LEFT_ANKLE + s]
    dy = body.y[L.LEFT_ANKLE + s] - body.y[L.LEFT_KNEE + s]
    return math.degrees(math.atan2(dx * body.forward * body.widen, dy))


def trunk_over_shank(body: Body, side: int) -> float:
    """Trunk inclination minus shank inclination."""
    return trunk_inclination(body, side) - shank_inclination(body, side)


def heel_rise(body: Body, _side: int) -> float:
    """Height of the near heel over its own toe."""
    s = body.near
    return (body.y[L.LEFT_FOOT_INDEX + s] - body.y[L.LEFT_HEEL + s]) / body.shank_px


def knee_inward(body: Body, side: int) -> float:
    """How far the knee is towards the midline from the plane of hip, ankle and toe.

    Where an aligned knee would be in the picture: on the line from hip to
    ankle, shifted the way the toe points from the ankle, by as much as the
    bent knee stands out of that line. So a foot turned out, a wide stance and
    a camera that is not quite in front do not look like a knee falling in.
    """
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    medial = (-1.0 if side == LEFT else 1.0) * body.seen_from_front
    rise = body.y[ankle] - body.y[hip]
    if not rise > 0:
        return math.nan
    share = (body.y[knee] - body.y[hip]) / rise
    on_line = body.x[hip] + share * (body.x[ankle] - body.x[hip])
    bend = math.sin(math.acos(min(max(hip_height(body), 0.2), 1.0)))
    toe = body.x[L.LEFT_FOOT_INDEX + side] - body.x[ankle]
    aligned = on_line + SHANK / TOE_REACH * bend * toe
    # A leg that leans sideways bends in a plane that leans with it.
    aligned += LEAN_GAIN * bend * bend * (body.x[hip] - body.x[ankle])
    return medial * (body.x[knee] - aligned) / body.shank_px


def fppa(body: Body, side: int) -> float:
    """Frontal plane projection angle: hip-knee-ankle bend, + knee towards the midline."""
    medial = (-1.0 if side == LEFT else 1.0) * body.seen_from_front
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    ux, uy = body.x[hip] - body.x[knee], body.y[hip] - body.y[knee]
    vx, vy = body.x[ankle] - body.x[knee], body.y[ankle] - body.y[knee]
    bend = 180.0 - math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))
    dx, dy = body.x[ankle] - body.x[hip], body.y[ankle] - body.y[hip]
    if dy == 0 or dy != dy:
        return math.nan
    on_line = body.x[hip] + dx * (body.y[knee] - body.y[hip]) / dy
    return bend if (body.x[knee] - on_line) * medial > 0 else -bend


def fppa_mean(body: Body, _side: int) -> float:
    """Mean of both legs' FPPA: turning a little to the side cancels in it."""
    return (fppa(body, LEFT) + fppa(body, RIGHT)) / 2


def hip_shift(body: Body, _side: int) -> float:
    """Hips' midpoint sideways of the ankles' midpoint, + towards the person's left."""
    offset = body.mid(L.LEFT_HIP)[0] - body.mid(L.LEFT_ANKLE)[0]
    # The hips also go back, which a camera not quite in front shows as a shift
    # away from where the toes point.
    back = 0.75 * (1.0 - hip_height(body))
    toes = body.mid(L.LEFT_FOOT_INDEX)[0] - body.mid(L.LEFT_ANKLE)[0]
    offset += back * toes / TOE_REACH
    return offset * body.seen_from_front / (SHOULDER_WIDTH * body.trunk_px)


ROWS = (
    Signal(
        "squat_flexion",
        "knee flexion in a squat",
        squat_flexion,
        "sagittal",
        ("front", "oblique", "side", "back"),
        ("hip", "knee", "ankle"),
        "standing straight",
        "more bent",
        "deg",
        (0, 180),
        "clinical spec M1 and M21; blended by camera azimuth",
        "a joint angle to quote from the front: there it is inferred from hip height",
    ),
    Signal(
        "knee_flexion",
        "knee flexion in the picture",
        knee_flexion,
        "sagittal",
        ("side",),
        ("hip", "knee", "ankle"),
        "straight leg",
        "more bent",
        "deg",
        (0, 180),
        "clinical spec M1",
        "true flexion unless the leg's plane faces the camera",
        sided=True,
    ),
    Signal(
        "thigh_elevation",
        "near thigh over the horizontal",
        thigh_elevation,
        "sagittal",
        ("side",),
        ("hip", "knee"),
        "thigh level",
        "hip above knee",
        "deg",
        (-90, 90),
        "clinical spec M6",
        "the crease of the hip: the hip landmark lies above it, so level reads 10-15",
    ),
    Signal(
        "trunk_inclination",
        "trunk from the vertical",
        trunk_inclination,
        "sagittal",
        ("side",),
        ("shoulder", "hip"),
        "upright",
        "forward",
        "deg",
        (-180, 180),
        "clinical spec M3",
        "the shape of the back: rounding cannot be seen between shoulder and hip",
    ),
    Signal(
        "shank_inclination",
        "near shank from the vertical",
        shank_inclination,
        "sagittal",
        ("side",),
        ("knee", "ankle"),
        "vertical",
        "knee forward",
        "deg",
        (-180, 180),
        "clinical spec M5",
        "ankle dorsiflexion: the foot is not part of it",
    ),
    Signal(
        "trunk_over_shank",
        "trunk inclination beyond the shank's",
        trunk_over_shank,
        "sagittal",
        ("side",),
        ("shoulder", "hip", "knee", "ankle"),
        "trunk parallel to the shank",
        "trunk leans further forward",
        "deg",
        (-180, 180),
        "clinical spec E2 fault 3 (Myer 2014: trunk parallel to tibia)",
        "rounding of the back",
    ),
    Signal(
        "heel_rise",
        "near heel over its toe",
        heel_rise,
        "sagittal",
        ("side", "oblique"),
        ("heel", "foot_index"),
        "heel as high as the toe tip in the picture",
        "heel higher",
        "shank",
        (-1, 1),
        "clinical spec E2 fault 5",
        "weight distribution; use it against the person's own rest",
    ),
    Signal(
        "knee_inward",
        "knee inward of the plane of hip, ankle and toe",
        knee_inward,
        "frontal",
        ("front",),
        ("hip", "knee", "ankle", "foot_index"),
        "knee in that plane",
        "knee towards the midline",
        "shank",
        (-2, 2),
        "clinical spec M8 (tuberosity against second toe), freed of toe-out and camera yaw",
        "a joint angle",
        sided=True,
    ),
    Signal(
        "fppa",
        "frontal plane projection angle",
        fppa,
        "frontal",
        ("front",),
        ("hip", "knee", "ankle"),
        "hip, knee and ankle in line in the picture",
        "valgus",
        "deg",
        (-90, 90),
        "clinical spec M7",
        "3D knee valgus; it grows with depth and with turning to the side",
        sided=True,
    ),
    Signal(
        "fppa_mean",
        "frontal plane projection angle, both legs",
        fppa_mean,
        "frontal",
        ("front",),
        ("hip", "knee", "ankle"),
        "legs straight in the picture",
        "valgus",
        "deg",
        (-90, 90),
        "clinical spec M7, section 1.4 (yaw leak cancels in the mean)",
        "the angle of either knee",
    ),
    Signal(
        "hip_shift",
        "hips sideways of the feet",
        hip_shift,
        "frontal",
        ("front", "back"),
        ("hip", "ankle"),
        "hips' middle above ankles' middle",
        "towards the person's left",
        "shoulder",
        (-2, 2),
        "clinical spec M23",
        "weight on each foot",
    ),
)
