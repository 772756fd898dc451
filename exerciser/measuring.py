"""Clinical metrics from true joints, shared by movements. Angles in degrees.

Landmarks are (T, 33, 3) metres in the world frame.
"""

from __future__ import annotations

import numpy as np

from exerciser.body import Array
from exerciser.figure import X, Y, Z, across, dot, unit
from formcheck.engine.pose import Landmark


def angle(a: Array, b: Array, c: Array) -> Array:
    """Interior angle at b (T,), degrees."""
    out: Array = np.degrees(np.arccos(np.clip(dot(unit(a - b), unit(c - b)), -1, 1)))
    return out


def deg(y: Array, x: Array) -> Array:
    """atan2 in degrees."""
    return np.degrees(np.arctan2(y, x))


def points(lm: Array, name: str) -> tuple[Array, Array]:
    """Left and right landmark (T, 3) of e.g. "HIP"."""
    return lm[:, Landmark[f"LEFT_{name}"]], lm[:, Landmark[f"RIGHT_{name}"]]


def middle(lm: Array, name: str) -> Array:
    """(T, 3) halfway between the left and right landmark."""
    left, right = points(lm, name)
    return 0.5 * (left + right)


def shank_m(lm: Array) -> float:
    """Mean knee-ankle distance of both legs in one frame's landmarks (33, 3), metres."""
    pairs = ((Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE), (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE))
    return 0.5 * sum(float(np.linalg.norm(lm[a] - lm[b])) for a, b in pairs)


def shoulders_m(lm: Array) -> float:
    """Shoulder distance in one frame's landmarks (33, 3), metres."""
    return float(np.linalg.norm(lm[Landmark.LEFT_SHOULDER] - lm[Landmark.RIGHT_SHOULDER]))


def planted_legs(lm: Array, up_pole: bool) -> dict[str, Array]:
    """Both legs on planted feet.

    knee_flexion, knee_medial (+ = toward the other leg; _cm and _share of the
    shank) and heel_rise (cm, absolute height); upright also `upright_leg`.
    up_pole: the knee's plane is the vertical one of hip and ankle (lying), else
    that of hip, ankle and toe.
    """
    out: dict[str, Array] = {}
    hips, knees, ankles, toes, heels = (
        points(lm, n) for n in ("HIP", "KNEE", "ANKLE", "FOOT_INDEX", "HEEL")
    )
    for i, (s, medial) in enumerate((("left", 1.0), ("right", -1.0))):
        h, k, a = hips[i], knees[i], ankles[i]
        out[f"knee_flexion_{s}_deg"] = 180 - angle(h, k, a)
        u = unit(a - h)
        normal = np.cross(u, across(np.broadcast_to(Z, a.shape) if up_pole else toes[i] - a, u))
        offset = medial * dot(k - h, normal)
        out[f"knee_medial_{s}_cm"] = 100 * offset
        out[f"knee_medial_{s}_share"] = offset / np.linalg.norm(k - a, axis=1)
        out[f"heel_rise_{s}_cm"] = 100 * heels[i][:, 2]
        if not up_pole:
            out |= upright_leg(h, k, a, toes[i], s)
    return out


def upright_leg(h: Array, k: Array, a: Array, toe: Array, s: str) -> dict[str, Array]:
    """Metrics of one standing leg from hip, knee, ankle and toe (T, 3).

    thigh_elevation (+ = hip above knee), shank_inclination (+ = forward),
    knee_over_toe (+ = medial; _cm and _share of the shank), fppa (+ = medial).
    """
    medial = 1.0 if s == "left" else -1.0
    out = {
        f"thigh_elevation_{s}_deg": deg(h[:, 2] - k[:, 2], np.hypot(*(h - k)[:, :2].T)),
        f"shank_inclination_{s}_deg": deg(k[:, 1] - a[:, 1], k[:, 2] - a[:, 2]),
    }
    over = medial * (k[:, 0] - toe[:, 0])
    out[f"knee_over_toe_{s}_cm"] = 100 * over
    out[f"knee_over_toe_{s}_share"] = over / np.linalg.norm(k - a, axis=1)
    flat = X + Z
    bent = 180 - angle(h * flat, k * flat, a * flat)
    # on which side of the hip-ankle line the knee is, seen from the front
    d = a - h
    cross = d[:, 0] * (k - h)[:, 2] - d[:, 2] * (k - h)[:, 0]
    out[f"fppa_{s}_deg"] = bent * np.sign(medial * cross)
    return out


def mean_of_sides(found: dict[str, Array], name: str) -> Array:
    """(T,) mean of name_left_deg and name_right_deg."""
    return 0.5 * (found[f"{name}_left_deg"] + found[f"{name}_right_deg"])


def pelvic_obliquity(lm: Array) -> Array:
    """(T,) degrees, + = right hip lower (upright or on the back)."""
    left, right = points(lm, "HIP")
    line = right - left
    return deg(-line[:, 2], line[:, 0])


def trunk(lm: Array, outward: float = 1.0) -> dict[str, Array]:
    """Of somebody upright: trunk_inclination, + = forward, and trunk_side, + = to the right.

    outward: -1 where + is to be the left.
    """
    line = middle(lm, "SHOULDER") - middle(lm, "HIP")
    return {
        "trunk_side_deg": deg(outward * line[:, 0], line[:, 2]),
        "trunk_inclination_deg": deg(line[:, 1], line[:, 2]),
    }


def trunk_axes(lm: Array) -> tuple[Array, Array, Array]:
    """Of somebody on the side, unit (T, 3): shoulders to hips, up, and to the front."""
    axis = unit(middle(lm, "HIP") - middle(lm, "SHOULDER"))
    lift = across(np.broadcast_to(Z, axis.shape), axis)
    front = np.cross(axis, lift)
    front *= np.sign(front[:, 1:2])
    return axis, lift, front


def side_lying(lm: Array, side: str) -> dict[str, Array]:
    """Pelvis and knees of somebody on the side; side: the working (top) leg.

    pelvic_roll (+ = top hip backward), pelvic_hike (+ = toward the ribs),
    ankle_gap_cm, knee_flexion of the top leg, bottom_knee_flexion.
    """
    hip, knee, ankle = (points(lm, n) for n in ("HIP", "KNEE", "ANKLE"))
    t, b = (0, 1) if side == "left" else (1, 0)
    line = hip[t] - hip[b]
    axis, lift, _front = trunk_axes(lm)
    return {
        "pelvic_roll_deg": deg(-line[:, 1], line[:, 2]),
        "ankle_gap_cm": 100 * np.linalg.norm(ankle[t] - ankle[b], axis=1),
        "knee_flexion_deg": 180 - angle(hip[t], knee[t], ankle[t]),
        "bottom_knee_flexion_deg": 180 - angle(hip[b], knee[b], ankle[b]),
        "pelvic_hike_deg": deg(-dot(line, axis), dot(line, lift)),
    }


def knee_opening(lm: Array, side: str) -> Array:
    """(T,) degrees the top knee is turned up about its hip-ankle line, from ahead (+y)."""
    i = 0 if side == "left" else 1
    hip, knee, ankle = (points(lm, n)[i] for n in ("HIP", "KNEE", "ANKLE"))
    u = unit(ankle - hip)
    ahead = across(np.broadcast_to(Y, u.shape), u)
    up = np.cross(u, ahead)
    up *= np.sign(up[:, 2:])
    return deg(dot(knee - hip, up), dot(knee - hip, ahead))
