"""Where a knee is over its foot: the measure behind every rule about knees inward."""

from __future__ import annotations

import math

from formcheck.engine.camera import frontal
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, Body, signal

#: Shank as a share of the leg (hip to ankle, standing), then heel to toe and thigh in
#: shanks, as BlazePose places these points (docs/landmark_error.md).
_SHANK_OF_LEG, _FOOT, _THIGH = 0.53, 0.57, 0.94
#: How far down the toe is from the ankle for each length it is in front of it.
_TOE_DROP = 0.47
#: The camera looks down on a shank less steeply than on the foot under it, whose toe the
#: model sees a little low: by this share of what foot and toe say.
_LOOK = 0.7


@signal(
    "knee inside of its foot",
    "shank",
    "hip knee ankle heel foot_index",
    frontal(0.014, 0.05),
    sided=True,
)
def knee_inward(body: Body, side: int) -> float:
    """How far the knee is inside of where it belongs, shank lengths, + towards the midline.

    It belongs over the foot: in the upright plane through heel and toe. Where in the
    picture that is hangs on how far it has come forward, which the lengths of shank and
    foot tell, so that feet turned out, a camera a little aside and one that looks down
    change nothing. Only where the hip is inside of the foot (a wide stance, a step to the
    side) the knee may be in the plane of hip, ankle and toe: a leg that is not much bent
    cannot have it further out. NaN without the leg's length or a joint.
    """
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    medial = (-1.0 if side == LEFT else 1.0) * body.seen_from_front
    shank = _SHANK_OF_LEG * body.leg_px
    knee_x = medial * (body.x[knee] - body.x[ankle]) / shank
    knee_y = (body.y[ankle] - body.y[knee]) / shank
    thigh_x = medial * (body.x[hip] - body.x[knee]) / shank
    thigh_y = (body.y[knee] - body.y[hip]) / shank
    foot_x, foot_y = medial * body.feet_px[side][0] / shank, body.feet_px[side][1] / shank
    if math.isnan(knee_x + thigh_x + foot_x):
        return math.nan
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
    inside = across * (knee_x - turn * forward)
    hip_inside = across * (knee_x + thigh_x - turn * hip_forward)
    share = min((knee_up + _TOE_DROP * forward) / hip_up, 1.4)
    return inside - share * max(hip_inside, 0.0)


def _angle(cosine: float) -> float:
    return math.acos(min(max(cosine, -1.0), 1.0))
