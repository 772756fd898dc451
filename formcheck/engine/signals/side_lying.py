"""Signals of someone on the side: clamshells and leg lifts."""

from __future__ import annotations

import math

from formcheck.engine.camera import frontal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import Body, picture_knee_flexion, signal

#: Knee's distance from the hip-ankle line in a clamshell, a little less than it
#: is (0.50): the pose model shows openings 12% too small on rendered bodies.
CLAM_RADIUS = 0.465
#: Hip-ankle distance below which the knee is bent tightly, and how much further out
#: it then stands (from the triangle of thigh and shank).
TIGHT_BASE, TIGHT_KNEE = 1.15, 0.9
#: The pose model's shoulders are so many times as far apart as its hips (people 1.7).
SHOULDERS_PER_HIPS = 1.7
#: Slope of the trunk in the picture up to which the camera stands square enough for
#: the next.
LEVEL_TRUNK = 0.13
#: Forward swing of the leg (sine) per change of the shank-to-thigh ratio, and the
#: change that lifting alone and landmark noise make (rendered bodies, 2 m away).
#: It is not sure enough to be called a fault, and so bounded.
SWING_PER_RATIO = 6.5
SWING_DEAD_ZONE = 0.05
SWING_MAX = 0.2


def _trunk(body: Body) -> tuple[float, float]:
    """From the shoulders to the hips in the picture, pixels; NaN where it is not seen.

    One above the other they are far apart: where one is hidden, the middle is as far from the
    other one, and in the same direction, as it is of the hips.
    """
    (sx, sy), (hx, hy) = body.mid(L.LEFT_SHOULDER), body.mid(L.LEFT_HIP)
    for shoulder, hip in ((L.LEFT_SHOULDER, L.LEFT_HIP), (L.RIGHT_SHOULDER, L.RIGHT_HIP)):
        if math.isnan(sx):
            sx = body.x[shoulder] + SHOULDERS_PER_HIPS * (hx - body.x[hip])
            sy = body.y[shoulder] + SHOULDERS_PER_HIPS * (hy - body.y[hip])
    return hx - sx, hy - sy


def _head_sign(trunk_x: float) -> float:
    """+1 when the head is at the right of the picture, -1 at the left; NaN = not seen."""
    return math.nan if math.isnan(trunk_x) else -math.copysign(1.0, trunk_x)


@signal(
    "turn of the upper knee about the hip-ankle line",
    "deg",
    "hip knee ankle",
    frontal(1.9),
    lite=7.6,
    short="Knee up",
)
def clam_opening(body: Body, s: int) -> float:
    """Turn of the upper knee about the line from hip to ankle.

    The knee's height over that line in the picture is r sin(opening - camera
    elevation), r its distance from the line. r is taken as a share of the mean
    of trunk and hip-ankle distance: one is nearer to the camera and one
    further away when it stands towards the head or the feet. Only differences
    to the rest level mean something: they are free of the elevation.
    0 = knee level with hip and ankle as the camera sees it; + = knee opens. Not meaningful
    on its own: only the change from rest is.
    """
    hip, knee, ankle = L.LEFT_HIP + s, L.LEFT_KNEE + s, L.LEFT_ANKLE + s
    dx, dy = body.x[ankle] - body.x[hip], body.y[ankle] - body.y[hip]
    base = math.hypot(dx, dy)
    if not base > 0:
        return math.nan
    kx, ky = body.x[knee] - body.x[hip], body.y[knee] - body.y[hip]
    above = _head_sign(_trunk(body)[0]) * (dx * ky - dy * kx) / base
    radius = CLAM_RADIUS * math.sqrt(base * body.trunk_px)
    # Knees bent more than a right angle bring hip and ankle together and stand
    # further out.
    radius += TIGHT_KNEE * max(TIGHT_BASE * body.trunk_px - base, 0.0)
    if math.isnan(above):
        return math.nan
    return math.degrees(math.asin(min(max(above / radius, -1.0), 1.0)))


@signal("distance between the ankles", "shank", "ankle", frontal(0.04), lite=0.06)
def ankle_gap(body: Body, _side: int) -> float:
    """Distance between the ankles.

    0 = ankles at one point; + = apart. Not contact of the heels: use it against the person's
    own rest.
    """
    return (
        math.hypot(
            body.x[L.LEFT_ANKLE] - body.x[L.RIGHT_ANKLE],
            body.y[L.LEFT_ANKLE] - body.y[L.RIGHT_ANKLE],
        )
        / body.shank_px
    )


@signal("upper leg against the trunk's line", "deg", "shoulder hip ankle", short="Leg")
def hip_abduction(body: Body, s: int) -> float:
    """Upper leg (hip to ankle) against the trunk's line prolonged, + upwards.

    A raised camera shows the lift shortened by the cosine of its elevation, and
    less again of a leg that swings towards it.
    0 = leg in line with the trunk; + = leg raised. Not pelvic hike: lifting the whole side
    adds to it.
    """
    tx, ty = _trunk(body)
    lx = body.x[L.LEFT_ANKLE + s] - body.x[L.LEFT_HIP + s]
    ly = body.y[L.LEFT_ANKLE + s] - body.y[L.LEFT_HIP + s]
    trunk = math.hypot(tx, ty)
    if not trunk > 0:
        return math.nan
    along = (tx * lx + ty * ly) / trunk
    rise = _head_sign(tx) * (tx * ly - ty * lx) / trunk
    elevation = math.radians(body.elevation_deg)
    forward = 0.0
    if body.seen_from_front > 0 and abs(ty) < LEVEL_TRUNK * abs(tx):
        forward = min(max(SWING_PER_RATIO * (body.shank_growth - SWING_DEAD_ZONE), 0.0), SWING_MAX)
    up = (rise + forward * math.hypot(along, rise) * math.sin(elevation)) / math.cos(elevation)
    return math.degrees(math.atan2(up, along))


@signal("growth of the shank-to-thigh ratio in the picture", "ratio", "hip knee ankle")
def shank_growth(body: Body, _side: int) -> float:
    """Growth of the upper leg's shank-to-thigh ratio in the picture since rest.

    0 = as at rest; + = shank nearer to the camera than the thigh. Not a measure of the leg
    drifting forward: lifting alone changes it as much.
    """
    return body.shank_growth


@signal("knee flexion of the upper leg in the picture", "deg", "hip knee ankle", frontal(2.0))
def upper_knee_flexion(body: Body, side: int) -> float:
    """Knee flexion of the upper leg in the picture.

    0 = straight leg; + = more bent. Not a bend towards or away from the camera.
    """
    return picture_knee_flexion(body, side)


@signal("roll of the pelvis since rest", "deg", "shoulder hip knee ankle", frontal(4.0))
def pelvic_rotation(body: Body, _side: int) -> float:
    """Roll of the pelvis since rest, + = upper hip backward (pelvic_rotation.py).

    0 = as at rest; + = upper hip backward. Not told where hips and waist could not be followed
    in the pictures, or there were none: missing there, unless landmarks tell it.
    """
    return body.roll_deg


@signal("standard error of the roll", "deg", "shoulder hip knee ankle")
def pelvic_rotation_uncertainty(body: Body, _side: int) -> float:
    """Standard error of pelvic_rotation in this picture.

    0 = certain; + = less sure. Not an error on real people: it was calibrated on rendered
    ones.
    """
    return body.roll_uncertainty_deg


@signal(
    "how far the upper leg has been lifted since rest",
    "deg",
    "shoulder hip knee ankle",
    frontal(2.5),
)
def lift_since_rest(body: Body, _side: int) -> float:
    """How far the upper leg has been lifted since rest (pelvic_rotation.py).

    0 = as at rest; + = leg raised. Not told while the leg swings forward: missing there.
    Over 45 it reads 3-6 too small.
    """
    return body.lift_deg
