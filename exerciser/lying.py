"""Lying on the floor: trunk and arms of a person on the back or on the side.

Angles in degrees, lengths in metres; + rolls and signs as in the README.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from exerciser.body import Array, Body, load_body
from exerciser.figure import Figure, X, Y, Z, column, dot, rot, stack3, take, unit

# -------------------------------------------------------------------- on the back
_SUPINE = rot(X, 90.0)[0]


def hip_angle(shoulder: Array, hip: Array, knee: Array) -> Array:
    """Signed shoulder-hip-knee angle in degrees of a supine person (midpoints).

    180 = in line, above 180 = hip above the line from shoulder to knee.
    """
    a, b = unit(shoulder - hip), unit(knee - hip)
    angle = np.degrees(np.arccos(np.clip(dot(a, b), -1, 1)))
    line = unit(knee - shoulder)
    above = dot(np.cross(line, hip - shoulder), np.broadcast_to(X, line.shape)) > 0
    out: Array = np.where(above, 360 - angle, angle)
    return out


@lru_cache(maxsize=64)
def supine_contact(name: str) -> tuple[Array, Array, Array]:
    """Trunk pitch grid (deg), shoulder height (m) and head pitch (deg).

    Height and pitch put the upper back and the back of the head on the floor.
    """
    body = load_body(name)
    grid = np.linspace(-8, 64, 19)
    f = supine_trunk(body, grid, np.zeros_like(grid))
    trunk = ("pelvis", "spine", "clavicle", "shoulder")
    f.move(-f.middle("arm01"))
    height = -body.contact_points(f.pose(), *trunk)[:, :, 2].min(axis=1)
    tries = np.linspace(-30, 50, 17)
    low = np.empty((len(tries), len(grid)))
    for i, t in enumerate(tries):
        g = supine_trunk(body, grid, np.full_like(grid, t))
        g.move(stack3(0, 0, height, len(grid)) - g.middle("arm01"))
        low[i] = body.contact_points(g.pose(), "head", "neck")[:, :, 2].min(axis=1)
    # lowest head point falls as the head is pitched back: take the zero crossing
    pitch = np.array(
        [np.interp(0.0, -low[:, j], tries) if low[0, j] > 0 else tries[0] for j in range(len(grid))]
    )
    return grid, height, pitch


def supine_trunk(
    body: Body, trunk_deg: Array, head_deg: Array, drop: Array | float = 0.0
) -> Figure:
    """Trunk of a person on the back, hips raised by trunk_deg.

    head_deg tips the crown toward the floor.
    """
    f = Figure(body, len(trunk_deg))
    pelvis = rot(Y, drop) @ rot(X, trunk_deg) @ _SUPINE
    # the upper back follows half way: the shoulder blades stay on the floor
    chest = rot(X, 0.5 * trunk_deg) @ _SUPINE
    f.trunk(pelvis, chest, rot(X, head_deg) @ _SUPINE)
    return f


def arms_beside(f: Figure, shoulder_y: float) -> None:
    """Arms of somebody on the back: on the floor beside the body, palms down.

    shoulder_y: where along the floor the shoulders lie, metres.
    """
    n = f.count
    for s, sign in (("l", -1.0), ("r", 1.0)):
        shoulder = f.point(f"arm01_{s}")
        arm = sum(
            np.linalg.norm(f.rest(f"{i}_{s}") - f.rest(f"{j}_{s}"))
            for i, j in (("arm01", "forearm01"), ("forearm01", "hand"))
        )
        wrist = stack3(sign * 0.34, shoulder_y + 0.93 * arm, 0.058, n)
        wrist[:, 0] = sign * (abs(shoulder[:, 0]) + 0.09)
        f.arm_to(s, wrist, unit(np.array([sign, 0.0, -0.25])))
        f.palm(s, stack3(0, 1, 0.04, n), -Z)


# -------------------------------------------------------------------- on the side
SIDE_LYING: dict[str, float] = {
    "pelvic_roll_deg": 0.0,  # + = top hip backward, in proportion to effort
    "pelvic_hike_deg": 0.0,  # + = top hip toward the ribs
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
    "chest_follows": 0.5,  # share of the pelvic roll that the chest goes along with
    "head_follows": 0.15,
    "chest_turn_deg": 0.0,  # roll of its own beside that, whatever the effort
    "head_turn_deg": 0.0,
    "prop_deg": 0.0,  # chest lifted off the floor, as by an elbow under it
}


def lying(working: str) -> tuple[Array, float, str, str]:
    """How a side-lying person lies.

    Returns the rotation from standing, +1 when the head points to +x else -1, and
    the letters of the top (working) and the bottom leg.
    """
    head = 1.0 if working == "left" else -1.0  # left works: lies on the right side
    return rot(Y, 90.0 * head)[0], head, working[0], "r" if working == "left" else "l"


def side_trunk(
    body: Body, working: str, tilt: Array, neck: Array, p: Mapping[str, Array]
) -> Figure:
    """Trunk of a side-lying person, root not placed; all angles in degrees.

    tilt lifts the chest end, neck bends the head back down toward the floor. p: values
    of `SIDE_LYING`, each as long as tilt.
    """
    base, head, _top, bottom = lying(working)
    n = len(tilt)
    f = Figure(body, n)
    roll, prop = p["pelvic_roll_deg"], p["prop_deg"]
    up = rot(Y, -head * (tilt + 0.12 * prop))  # chest end upward
    pelvis = rot(X, roll) @ rot(Y, head * p["pelvic_hike_deg"]) @ up @ base
    up = rot(Y, -head * (tilt + prop))
    chest = rot(X, p["chest_follows"] * roll + p["chest_turn_deg"]) @ up @ base
    turn = rot(X, p["head_follows"] * roll + p["head_turn_deg"])
    f.trunk(pelvis, chest, rot(Y, head * (neck - 1.1 * prop)) @ turn @ base)
    # the lower arm lies along the floor past the head, its collar bone drawn up
    f.girdle(bottom, rot(Y, head * 16.0 * np.ones(n)) @ rot(Z, head * 14.0 * np.ones(n)))
    along = np.array([head * 0.93, 0.36, -0.05])
    f.arm(bottom, unit(along), np.cross(unit(along), Z), 10.0)
    return f


SOFT_M = 0.02  # how far hip and shoulder press into the mat when lying on the side


@lru_cache(maxsize=16)
def side_contact(body: Body, working: str) -> tuple[float, float, float]:
    """Chest tilt, neck bend (deg) and height of the bottom hip joint (m).

    They lay hip, ribs and head down.
    """
    _base, _head, _top, bottom = lying(working)
    tries = np.linspace(-6, 16, 23)
    f = side_trunk(body, working, tries, np.zeros_like(tries), take(SIDE_LYING, {}, len(tries)))
    hip = f.point(f"thigh01_{bottom}")

    def lowest(*bones: str) -> Array:
        out: Array = (body.contact_points(f.pose(), *bones)[:, :, 2] - hip[:, 2:]).min(axis=1)
        return out

    low_hip = lowest("pelvis", "spine05", "thigh01")
    low_rib = lowest("spine01", "spine02", "spine03", "clavicle", "shoulder", "arm01")
    # both ends press into the mat equally
    tilt = float(np.interp(0.0, low_rib - low_hip, tries))
    height = float(-np.interp(tilt, tries, low_hip)) - SOFT_M
    bends = np.linspace(-20, 40, 31)
    n = len(bends)
    f = side_trunk(body, working, column(tilt, n), bends, take(SIDE_LYING, {}, n))
    f.move(stack3(0, 0, height, n) - f.point(f"thigh01_{bottom}"))
    low = body.contact_points(f.pose(), "head")[:, :, 2].min(axis=1)
    # the head rests on the arm; broad shoulders keep it higher (a hand or a cushion
    # goes between), since a neck does not bend further
    neck = min(float(np.interp(0.09, low[::-1], bends[::-1])), 24.0)
    return tilt, neck, height


def side_lie(
    body: Body, working: str, e: Array, p: Mapping[str, Array], hip_xy: tuple[float, float]
) -> tuple[Figure, Figure]:
    """Trunk and arms for all frames, and the same person with nothing turned (one frame)."""
    tilt, neck, height = side_contact(body, working)
    _base, head, top, bottom = lying(working)

    def lay(q: Mapping[str, Array]) -> Figure:
        n = len(q["prop_deg"])
        f = side_trunk(body, working, column(tilt, n), column(neck, n), q)
        # the bottom hip is the pivot: it stays where it lies
        spot = stack3(hip_xy[0] + q["sway_x_m"], hip_xy[1] + q["sway_y_m"], height, n)
        f.move(spot - f.point(f"thigh01_{bottom}"))
        return f

    still = lay(take(SIDE_LYING, {"prop_deg": p["prop_deg"][0]}, 1))
    k = np.clip(e, 0, None)
    f = lay({**p, **{name: k * p[name] for name in ("pelvic_roll_deg", "pelvic_hike_deg")}})
    n = f.count
    upper, elbow, hand = (f.rest(f"{b}_{bottom}") for b in ("arm01", "forearm01", "hand"))
    reach = 0.97 * (np.linalg.norm(elbow - upper) + np.linalg.norm(hand - elbow))
    wrist = f.point(f"arm01_{bottom}") + reach * unit(np.array([head * 0.93, 0.36, 0.0]))
    wrist[:, 2] = 0.045
    f.arm_to(bottom, wrist, unit(np.array([0.0, 0.8, 0.3])))
    f.palm(bottom, stack3(head * 0.93, 0.36, 0, n), unit(np.array([0.0, 0.25, 1.0])))
    # the top hand stays flat on the floor in front of the chest
    place = still.point(f"arm01_{bottom}")[0] + np.array([-head * 0.20, 0.30, 0.0])
    f.arm_to(top, stack3(place[0], place[1], 0.068, n), unit(np.array([-head * 0.8, 0.5, 0.6])))
    f.palm(top, stack3(head * 0.75, 0.65, -0.05, n), -Z)
    return f, still


@lru_cache(maxsize=32)
def foot_sides(body: Body, s: str) -> tuple[float, float]:
    """How far the foot's skin reaches outward and inward of the ankle (metres)."""
    owner = np.array([body.bones[b] in (f"foot_{s}", f"toes_{s}") for b in body.weight_index[:, 0]])
    x = body.rest_vertices[owner, 0] - body.joint_rest(f"foot_{s}")[0]
    x = x if s == "r" else -x
    return float(x.max()), float(-x.min())
