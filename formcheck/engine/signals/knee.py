"""Where a knee is over its foot: the measure behind every rule about knees inward."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from formcheck.engine.camera import ErrorFrom, frontal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import (
    LEFT,
    MOST_SHANK_DEG,
    SHANK_SHARE,
    Body,
    Compute,
    signal,
)

#: Shank as a share of the leg (hip to ankle, standing), then heel to toe and thigh in
#: shanks, as BlazePose places these points (docs/landmark_error.md).
_SHANK_OF_LEG, _FOOT, _THIGH = 0.53, 0.57, 0.94
#: How far down the toe is from the ankle for each length it is in front of it.
_TOE_DROP = 0.47
#: The camera looks down on a shank less steeply than on the foot under it, whose toe the
#: model sees a little low: by this share of what foot and toe say.
_LOOK = 0.7
#: How far a shank comes forward is told by how short it looks, which is rough, and by how
#: low the hips are, which holds for most squats: so much each.
_AS_TOLD = 0.5
#: With the camera so far aside of front or back, degrees, a single leg stops to show where its
#: knee belongs, and the two are told together.
_SHOWS_DEG, _HIDDEN_DEG = 20.0, 30.0
#: A further foot that points so far aside of the line to the camera, degrees, is seen from its
#: side: a knee further forward and one further inside look the same. (Clean ones read 0.22
#: there, and 0.28 with the knee 7 cm inside.)
_ASIDE_DEG: Final = 50.0
#: A knee bent so far can be over the foot in any stance; a straight one is where the hip has it.
_FREE_DEG = 110.0
#: In stances so wide that hip, ankle and toe have the knee further inside than this (shanks), good
#: squatters' knees follow: a real one's read 0.13 with 0.35.
_WIDE, _WIDE_SHARE = 0.2, 0.5


def _knee(title: str, error: ErrorFrom) -> Callable[[Compute], Compute]:
    """A signal of one knee, measured against its foot."""
    return signal(title, "shank", "hip knee ankle heel foot_index", error, sided=True)


@_knee("knee inside of its foot", frontal(0.014, 0.04))
def knee_inward(body: Body, side: int) -> float:
    """How far the knee is inside of its foot, shank lengths, + towards the midline.

    It belongs over the foot: in the upright plane through heel and toe, whatever the stance.
    Where in the picture that is hangs on how far it has come forward, so that feet turned
    out, a camera aside and one that looks down change nothing. Seen at an angle a knee told
    too far forward reads too far out over the nearer foot and too far in over the further one,
    so that both knees are told together from there on. NaN without the leg's length or a
    joint, and of a further knee that would not show.
    0 = over the foot; + = towards the midline. Not, at an angle, one knee alone.
    """
    leg = _leg(body, side)
    aside_deg = 90.0 - abs(abs(body.azimuth_deg) - 90.0)
    hidden = (aside_deg - _SHOWS_DEG) / (_HIDDEN_DEG - _SHOWS_DEG)
    if not hidden > 0:
        return leg.of_both
    if side != body.near and leg.aside_deg < -_ASIDE_DEG:
        return math.nan
    near, far = _leg(body, body.near), _leg(body, 1 - body.near)
    # Knees told too far forward read too far out over the nearer foot, which points inward in the
    # picture, and too far in over the other: of so much of each the two cancel.
    wrong, less_wrong = (math.sin(math.radians(one.aside_deg)) for one in (far, near))
    share = min(max(wrong / (wrong - less_wrong), 0.5), 1.0) if wrong < less_wrong else 1.0
    both = near.of_both
    if share < 1.0:
        both += (1.0 - share) * (far.of_both - near.of_both)
    return leg.of_both + min(hidden, 1.0) * (both - leg.of_both)


@_knee("knee inside of its foot, by itself", frontal(0.014, 0.04))
def knee_alone_inward(body: Body, side: int) -> float:
    """As knee_inward, but from every side each knee by itself.

    0 = over the foot; + = towards the midline. It blames nobody: seen at an angle clean further
    knees read too far in. One that is inside does not read too far out, so it can clear.
    """
    return _leg(body, side).of_both


@_knee("knee of the leg stood on inside of its foot", frontal(0.014, 0.05))
def stance_knee_inward(body: Body, side: int) -> float:
    """As knee_inward, of a leg that is bent alone.

    0 = over the foot; + = towards the midline. Use it against the person's own rest: over
    one foot the hip is outside of it, and with it a knee that is in line.
    """
    return _leg(body, side).inside


@_knee("knee inside of foot and hip", frontal(0.014, 0.05))
def stepping_knee_inward(body: Body, side: int) -> float:
    """As knee_inward, of a leg that is not much bent or stands far aside of the body.

    Where the hip is inside of the foot (a step to the side, a foot on a box) the knee may be
    in the plane of hip, ankle and toe: such a leg cannot have it further out.
    0 = in that plane; + = towards the midline. Not for squats on both legs: those who do
    them well have the knees over the feet, far outside of that plane.
    """
    leg = _leg(body, side)
    return leg.inside - max(leg.hip_inside, 0.0)


@dataclass(frozen=True, slots=True)
class _Leg:
    """How far the knee is inside of its foot, and how far hip, ankle and toe would have it.

    aside_deg: how far out of the line to the camera the foot points, + = inward in the picture.
    """

    inside: float
    hip_inside: float
    bent_deg: float = math.nan
    aside_deg: float = math.nan

    @property
    def of_both(self) -> float:
        """How far it is inside in a squat on both legs, less what the hip excuses."""
        straight = max(1.0 - self.bent_deg / _FREE_DEG, 0.0)
        wide = _WIDE_SHARE * (self.hip_inside - _WIDE)
        return self.inside - max(straight * self.hip_inside, wide, 0.0)


def _leg(body: Body, side: int) -> _Leg:
    name = f"leg {side}"
    if name not in body.known:
        body.known[name] = _measured(body, side)
    leg: _Leg = body.known[name]
    return leg


def _measured(body: Body, side: int) -> _Leg:
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    medial = (-1.0 if side == LEFT else 1.0) * body.seen_from_front
    shank = _SHANK_OF_LEG * body.leg_px
    knee_x = medial * (body.x[knee] - body.x[ankle]) / shank
    knee_y = (body.y[ankle] - body.y[knee]) / shank
    thigh_x = medial * (body.x[hip] - body.x[knee]) / shank
    thigh_y = (body.y[knee] - body.y[hip]) / shank
    foot_x, foot_y = medial * body.feet_px[side][0] / shank, body.feet_px[side][1] / shank
    if math.isnan(knee_x + thigh_x + foot_x):
        return _Leg(math.nan, math.nan)
    # The foot: how far in for each length forward, and how far the camera looks down.
    foot_forward = math.sqrt(max(_FOOT**2 - foot_x**2, 0.04))
    turn = foot_x / foot_forward
    look = _LOOK * math.asin(min(max(foot_y / foot_forward, 0.0), 0.8))
    # The shank comes forward, towards the camera, the thigh goes back from there.
    upright = math.sqrt(max(1.0 - knee_x**2, 0.2))
    tilt = min(max(_angle(knee_y / upright) - look, 0.0), 1.2)
    forward, knee_up = upright * math.sin(tilt), upright * math.cos(tilt)
    along = math.sqrt(max(_THIGH**2 - thigh_x**2, 0.1))
    tilt = min(_angle(thigh_y / along) + look, 2.2)
    hip_forward = min(forward - along * math.sin(tilt), 0.0)
    hip_up = max(knee_up + along * math.cos(tilt), knee_up / 1.3)
    across = math.cos(math.atan(turn))
    hip_inside = across * (knee_x + thigh_x - turn * hip_forward)
    share = min((knee_up + _TOE_DROP * forward) / hip_up, 1.4)
    bent = 2.0 * _angle((knee_y + thigh_y) * _SHANK_OF_LEG)
    usual = math.sin(min(SHANK_SHARE * bent, math.radians(MOST_SHANK_DEG)))
    forward = _AS_TOLD * forward + (1.0 - _AS_TOLD) * usual
    inside = across * (knee_x - turn * forward)
    aside = math.degrees(math.atan(turn))
    return _Leg(inside, share * hip_inside, math.degrees(bent), aside)


def _angle(cosine: float) -> float:
    return math.acos(min(max(cosine, -1.0), 1.0))
