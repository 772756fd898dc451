"""The table of signals: every number that is measured on a pose, declared once.

A signal is a function of one (smoothed) pose and of slowly varying facts about
the body (unforeshortened lengths, which way it faces). Angles are degrees,
0 = anatomical position; lengths are shares of a body length so that distance
to the camera cancels. NaN = not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from formcheck.pose import Landmark as L
from formcheck.view import SHOULDER_WIDTH, SIDE_LYING_LEFT, SIDE_LYING_RIGHT

LEFT, RIGHT = 0, 1

#: Thigh and shank as shares of the trunk between BlazePose's shoulder and hip
#: midpoints (measured on the exerciser's bodies, docs/landmark_error.md).
THIGH = 0.83
SHANK = 0.88
#: Ankle to toe tip along the floor.
TOE_REACH = 0.38
#: How much further sideways a fully bent knee goes than its hip, in the plane of hip,
#: ankle and toe (from the geometry of a squat to level thighs).
LEAN_GAIN = 1.1
#: Knee's distance from the hip-ankle line in a clamshell, a little less than it
#: is (0.50): the pose model shows openings 12% too small on rendered bodies.
CLAM_RADIUS = 0.465
#: Hip-ankle distance below which the knee is bent tightly, and how much further out
#: it then stands (from the triangle of thigh and shank).
TIGHT_BASE, TIGHT_KNEE = 1.15, 0.9
#: Slope of the trunk in the picture up to which the camera stands square enough for
#: the next.
LEVEL_TRUNK = 0.13
#: Forward swing of the leg (sine) per change of the shank-to-thigh ratio, and the
#: change that lifting alone and landmark noise make (rendered bodies, 2 m away).
#: It is not sure enough to be called a fault, and so bounded.
SWING_PER_RATIO = 6.5
SWING_DEAD_ZONE = 0.05
SWING_MAX = 0.2


class Body:
    """One pose with what is known about the body besides.

    x, y: 33 pixel coordinates each, y down, NaN = missing.
    trunk_px: shoulder-hip length when it is not foreshortened.
    leg_px: longest recent distance of hip and ankle: the height when standing,
        the upper leg's length at rest when lying on the side.
    azimuth_deg: where the camera is (view.py), NaN when unknown.
    elevation_deg: how far the camera looks down on someone on the side.
    shank_growth: how much the upper leg's shank-to-thigh ratio in the picture is
        over its rest value, averaged over a moment.
    """

    __slots__ = (
        "azimuth_deg",
        "elevation_deg",
        "leg_px",
        "posture",
        "shank_growth",
        "trunk_px",
        "x",
        "y",
    )

    def __init__(
        self,
        x: list[float],
        y: list[float],
        *,
        trunk_px: float,
        leg_px: float,
        azimuth_deg: float,
        posture: str,
        elevation_deg: float = 0.0,
        shank_growth: float = 0.0,
    ) -> None:
        self.x, self.y = x, y
        self.trunk_px, self.leg_px = trunk_px, leg_px
        self.azimuth_deg, self.posture = azimuth_deg, posture
        self.elevation_deg = elevation_deg
        self.shank_growth = shank_growth

    @property
    def shank_px(self) -> float:
        """Unforeshortened shank length, pixels."""
        return SHANK * self.trunk_px

    @property
    def forward(self) -> float:
        """+1 when the person faces the right of the picture, -1 the left (side views)."""
        return -1.0 if self.azimuth_deg > 0 else 1.0

    @property
    def widen(self) -> float:
        """What sideways distances in a side view grow by when seen quite from the side."""
        return 1.0 / max(abs(math.sin(math.radians(self.azimuth_deg))), 0.8)

    @property
    def near(self) -> int:
        """The side of the body nearer to the camera in a side view."""
        return LEFT if self.azimuth_deg > 0 else RIGHT

    @property
    def seen_from_front(self) -> float:
        """+1 when the camera is in front of the person, -1 when behind."""
        return -1.0 if abs(self.azimuth_deg) > 90 else 1.0

    def mid(self, left: int) -> tuple[float, float]:
        """Midpoint of a left landmark and its right twin, NaN unless both are seen."""
        return (self.x[left] + self.x[left + 1]) / 2, (self.y[left] + self.y[left + 1]) / 2

    def mid_or_one(self, left: int) -> tuple[float, float]:
        """As mid, with one side standing in for a hidden one."""
        x, y = self.mid(left)
        if x == x:
            return x, y
        seen = left if self.x[left] == self.x[left] else left + 1
        return self.x[seen], self.y[seen]


def interior_angle(body: Body, a: int, b: int, c: int) -> float:
    """Angle at b between a and c in the picture, degrees 0..180."""
    ux, uy = body.x[a] - body.x[b], body.y[a] - body.y[b]
    vx, vy = body.x[c] - body.x[b], body.y[c] - body.y[b]
    return math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))


def knee_flexion(body: Body, side: int) -> float:
    """180 minus the hip-knee-ankle angle in the picture."""
    return 180.0 - interior_angle(body, L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side)


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


def working_leg(body: Body) -> int:
    """The upper leg of someone lying on the side."""
    return RIGHT if body.posture == SIDE_LYING_LEFT else LEFT


def _head_sign(body: Body) -> float:
    """+1 when the head is at the right of the picture, -1 at the left."""
    return 1.0 if body.mid_or_one(L.LEFT_SHOULDER)[0] > body.mid_or_one(L.LEFT_HIP)[0] else -1.0


def clam_opening(body: Body, _side: int) -> float:
    """Turn of the upper knee about the line from hip to ankle.

    The knee's height over that line in the picture is r sin(opening - camera
    elevation), r its distance from the line. r is taken as a share of the mean
    of trunk and hip-ankle distance: one is nearer to the camera and one
    further away when it stands towards the head or the feet. Only differences
    to the rest level mean something: they are free of the elevation.
    """
    s = working_leg(body)
    hip, knee, ankle = L.LEFT_HIP + s, L.LEFT_KNEE + s, L.LEFT_ANKLE + s
    dx, dy = body.x[ankle] - body.x[hip], body.y[ankle] - body.y[hip]
    base = math.hypot(dx, dy)
    if not base > 0:
        return math.nan
    kx, ky = body.x[knee] - body.x[hip], body.y[knee] - body.y[hip]
    above = _head_sign(body) * (dx * ky - dy * kx) / base
    radius = CLAM_RADIUS * math.sqrt(base * body.trunk_px)
    # Knees bent more than a right angle bring hip and ankle together and stand
    # further out.
    radius += TIGHT_KNEE * max(TIGHT_BASE * body.trunk_px - base, 0.0)
    return math.degrees(math.asin(min(max(above / radius, -1.0), 1.0)))


def ankle_gap(body: Body, _side: int) -> float:
    """Distance between the ankles."""
    return (
        math.hypot(
            body.x[L.LEFT_ANKLE] - body.x[L.RIGHT_ANKLE],
            body.y[L.LEFT_ANKLE] - body.y[L.RIGHT_ANKLE],
        )
        / body.shank_px
    )


def shank_to_thigh(body: Body, side: int) -> float:
    """Shank over thigh in the picture: grows when the leg swings to the camera."""
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    thigh = math.hypot(body.x[knee] - body.x[hip], body.y[knee] - body.y[hip])
    shank = math.hypot(body.x[ankle] - body.x[knee], body.y[ankle] - body.y[knee])
    return shank / thigh if thigh > 0 else math.nan


def hip_abduction(body: Body, _side: int) -> float:
    """Upper leg (hip to ankle) against the trunk's line prolonged, + upwards.

    A raised camera shows the lift shortened by the cosine of its elevation, and
    less again of a leg that swings towards it.
    """
    s = working_leg(body)
    sx, sy = body.mid_or_one(L.LEFT_SHOULDER)
    hx, hy = body.mid_or_one(L.LEFT_HIP)
    tx, ty = hx - sx, hy - sy
    lx = body.x[L.LEFT_ANKLE + s] - body.x[L.LEFT_HIP + s]
    ly = body.y[L.LEFT_ANKLE + s] - body.y[L.LEFT_HIP + s]
    trunk = math.hypot(tx, ty)
    if not trunk > 0:
        return math.nan
    along = (tx * lx + ty * ly) / trunk
    rise = _head_sign(body) * (tx * ly - ty * lx) / trunk
    elevation = math.radians(body.elevation_deg)
    forward = 0.0
    if body.seen_from_front > 0 and abs(ty) < LEVEL_TRUNK * abs(tx):
        forward = min(max(SWING_PER_RATIO * (body.shank_growth - SWING_DEAD_ZONE), 0.0), SWING_MAX)
    up = (rise + forward * math.hypot(along, rise) * math.sin(elevation)) / math.cos(elevation)
    return math.degrees(math.atan2(up, along))


def shank_growth(body: Body, _side: int) -> float:
    """Growth of the upper leg's shank-to-thigh ratio in the picture since rest."""
    return body.shank_growth


def upper_knee_flexion(body: Body, _side: int) -> float:
    """Knee flexion of the upper leg in the picture."""
    return knee_flexion(body, working_leg(body))


def hip_line(body: Body, _side: int) -> float:
    """Length of the line between the hips in the picture, in trunk lengths."""
    return (
        math.hypot(
            body.x[L.LEFT_HIP] - body.x[L.RIGHT_HIP], body.y[L.LEFT_HIP] - body.y[L.RIGHT_HIP]
        )
        / body.trunk_px
    )


@dataclass(frozen=True, slots=True)
class Signal:
    """A row of the table. compute(body, side) -> value; side is 0 left, 1 right."""

    name: str
    title: str
    compute: Callable[[Body, int], float]
    plane: Literal["sagittal", "frontal", "transverse", "any"]
    views: tuple[str, ...]
    landmarks: tuple[str, ...]
    zero: str
    positive: str
    unit: Literal["deg", "shank", "trunk", "shoulder", "ratio"]
    range: tuple[float, float]
    source: str
    is_not: str
    sided: bool = False


_ROWS = (
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
    Signal(
        "clam_opening",
        "turn of the upper knee about the hip-ankle line",
        clam_opening,
        "transverse",
        ("front",),
        ("hip", "knee", "ankle"),
        "knee level with hip and ankle as the camera sees it",
        "knee opens",
        "deg",
        (-90, 90),
        "derived: r sin(opening - elevation), see compute",
        "meaningful on its own: only the change from rest is",
    ),
    Signal(
        "ankle_gap",
        "distance between the ankles",
        ankle_gap,
        "any",
        ("front",),
        ("ankle",),
        "ankles at one point",
        "apart",
        "shank",
        (0, 4),
        "clinical spec E3 fault 5",
        "contact of the heels: use it against the person's own rest",
    ),
    Signal(
        "hip_abduction",
        "upper leg against the trunk's line",
        hip_abduction,
        "frontal",
        ("front", "back"),
        ("shoulder", "hip", "ankle"),
        "leg in line with the trunk",
        "leg raised",
        "deg",
        (-180, 180),
        "clinical spec M13",
        "pelvic hike: lifting the whole side adds to it",
    ),
    Signal(
        "upper_knee_flexion",
        "knee flexion of the upper leg in the picture",
        upper_knee_flexion,
        "any",
        ("front",),
        ("hip", "knee", "ankle"),
        "straight leg",
        "more bent",
        "deg",
        (0, 180),
        "clinical spec E8 fault 6",
        "a bend towards or away from the camera",
    ),
    Signal(
        "shank_growth",
        "growth of the shank-to-thigh ratio in the picture",
        shank_growth,
        "sagittal",
        ("front",),
        ("hip", "knee", "ankle"),
        "as at rest",
        "shank nearer to the camera than the thigh",
        "ratio",
        (-2, 2),
        "tried for clinical spec E8 fault 4",
        "a measure of the leg drifting forward: lifting alone changes it as much",
    ),
    Signal(
        "hip_line",
        "length of the hip line in the picture",
        hip_line,
        "transverse",
        ("front",),
        ("hip",),
        "hips one behind the other",
        "longer",
        "trunk",
        (0, 2),
        "clinical spec M15",
        "pelvic rotation in degrees",
    ),
)

#: All signals by name.
SIGNALS: dict[str, Signal] = {row.name: row for row in _ROWS}

__all__ = ["LEFT", "RIGHT", "SIDE_LYING_LEFT", "SIDE_LYING_RIGHT", "SIGNALS", "Body", "Signal"]
