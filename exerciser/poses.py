"""Poses: from how far a repetition has come ("effort") to a whole skeleton.

Every pose function takes a body, an effort per frame (T,) (0 = rest position,
1 = the full target) and parameters, each a number or one value per frame (T,).
Legs are two-bone inverse kinematics: hip and ankle are given, the knee turns
about the line between them. Trunk rotations are shared out along the spine.

A new exercise is one more function here and a line in `EXERCISES`, and entries in
`sets._PARAMETER` (its faults), `truth.PRIMARY`, `truth.FAULTS`, `truth.metrics` and
`camera.VIEWS`.
Angles in degrees, lengths in metres unless the name ends in _cm. World frame:
see the package docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from exerciser.body import Array, Body, Pose, load_body
from formcheck.pose import Landmark

X, Y, Z = np.eye(3)
SIDES = ("left", "right")


# ---------------------------------------------------------------- small geometry
def unit(v: Array) -> Array:
    """Unit vectors along the last axis."""
    v = np.asarray(v, float)
    return v / np.maximum(np.sqrt(np.einsum("...i,...i->...", v, v))[..., None], 1e-12)


def dot(a: Array, b: Array) -> Array:
    """Dot product along the last axis."""
    return np.einsum("...i,...i->...", np.asarray(a, float), np.asarray(b, float))


def across(v: Array, axis: Array) -> Array:
    """The unit part of v at right angles to the unit vector(s) axis."""
    return unit(v - dot(v, axis)[..., None] * axis)


def rot(axis: Array, degrees: Array | float) -> Array:
    """Rotation matrices (T, 3, 3): right-handed about unit axes (3,) or (T, 3)."""
    angle = np.atleast_1d(np.radians(np.asarray(degrees, float)))
    a = np.broadcast_to(axis, (*angle.shape, 3)) if np.ndim(axis) == 1 else np.asarray(axis)
    angle = np.broadcast_to(angle, a.shape[:-1])
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    k = 1 - c
    out = np.empty((*angle.shape, 3, 3))
    out[..., 0, 0], out[..., 0, 1], out[..., 0, 2] = (
        c + x * x * k,
        x * y * k - z * s,
        x * z * k + y * s,
    )
    out[..., 1, 0], out[..., 1, 1], out[..., 1, 2] = (
        y * x * k + z * s,
        c + y * y * k,
        y * z * k - x * s,
    )
    out[..., 2, 0], out[..., 2, 1], out[..., 2, 2] = (
        z * x * k - y * s,
        z * y * k + x * s,
        c + z * z * k,
    )
    return out


def rotation_vector(r: Array) -> Array:
    """(T, 3) axis times angle in radians of rotation matrices (angles below 180)."""
    w = np.stack(
        [r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], -1
    )
    sin = 0.5 * np.linalg.norm(w, axis=-1)
    cos = 0.5 * (np.trace(r, axis1=-2, axis2=-1) - 1)
    angle = np.arctan2(sin, cos)
    return w * (0.5 * angle / np.maximum(sin, 1e-9))[..., None]


def part_way(r: Array, share: float) -> Array:
    """The rotation a given share of the way from none to r."""
    v = rotation_vector(r)
    angle = np.linalg.norm(v, axis=-1)
    axis = v / np.maximum(angle, 1e-9)[..., None]
    return rot(axis, np.degrees(angle) * share)


def between(a: Array, b: Array, share: float) -> Array:
    """The rotation a given share of the way from a to b."""
    return a @ part_way(np.swapaxes(a, -1, -2) @ b, share)


def align(d0: Array, n0: Array, d: Array, n: Array) -> Array:
    """The rotation taking unit d0 to d and n0 (at right angles to d0) to n."""
    f0 = np.stack([d0, n0, np.cross(d0, n0)], axis=-1)
    f = np.stack([d, n, np.cross(d, n)], axis=-1)
    return f @ np.swapaxes(f0, -1, -2)


def column(value: Any, count: int) -> Array:
    """A number or (T,) values as (T,) floats."""
    return np.broadcast_to(np.asarray(value, float), (count,)).copy()


def stack3(x: Any, y: Any, z: Any, count: int) -> Array:
    """(T, 3) from three numbers or (T,) values."""
    return np.stack([column(x, count), column(y, count), column(z, count)], axis=1)


# --------------------------------------------------------------------- the figure
class Figure:
    """A skeleton being posed: trunk first, then legs and arms."""

    def __init__(self, body: Body, count: int) -> None:
        self.body = body
        self.count = count
        self.r = np.broadcast_to(np.eye(3), (count, len(body.bones), 3, 3)).copy()
        self.root = np.broadcast_to(body.rest_joints[0], (count, 3)).copy()

    def set(self, bone: str, rotation: Array) -> None:
        self.r[:, self.body.bone[bone]] = rotation

    def get(self, bone: str) -> Array:
        return self.r[:, self.body.bone[bone]]

    def rest(self, bone: str) -> Array:
        return self.body.joint_rest(bone)

    def pose(self) -> Pose:
        return Pose(self.r, self.root)

    # -- trunk
    def trunk(self, pelvis: Array, chest: Array, head: Array) -> None:
        """Rotations (T, 3, 3) rest to world; the spine bends evenly between them.

        Legs and arms go along with pelvis and chest until they are posed.
        """
        for bone in self.body.bones:
            if bone.startswith(("thigh", "shank", "foot", "toes")):
                self.set(bone, pelvis)
            elif bone.startswith(("arm", "forearm", "hand")):
                self.set(bone, chest)
        self.set("pelvis", pelvis)
        for bone, share in (
            ("spine05", 0.15),
            ("spine04", 0.4),
            ("spine03", 0.65),
            ("spine02", 0.85),
        ):
            self.set(bone, between(pelvis, chest, share))
        for bone in ("spine01", "clavicle_l", "clavicle_r", "shoulder_l", "shoulder_r"):
            self.set(bone, chest)
        self.set("neck01", between(chest, head, 0.35))
        self.set("neck02", between(chest, head, 0.7))
        self.set("head", head)

    def point(self, bone: str) -> Array:
        """(T, 3) where a bone turns, in the world (its parents must be posed)."""
        chain = [self.body.bone[bone]]
        while self.body.parents[chain[-1]] >= 0:
            chain.append(int(self.body.parents[chain[-1]]))
        at = self.root.copy()
        for b, p in zip(chain[-2::-1], chain[:0:-1], strict=True):
            at += self.r[:, p] @ (self.body.rest_joints[b] - self.body.rest_joints[p])
        return at

    def middle(self, bone: str) -> Array:
        """Halfway between a left and a right joint, given as e.g. thigh01."""
        return 0.5 * (self.point(f"{bone}_l") + self.point(f"{bone}_r"))

    def move(self, by: Array) -> None:
        self.root = self.root + by

    # -- legs
    def leg_lengths(self, s: str) -> tuple[float, float]:
        h, k, a = (self.rest(f"{b}_{s}") for b in ("thigh01", "shank", "foot"))
        return float(np.linalg.norm(k - h)), float(np.linalg.norm(a - k))

    def leg(
        self,
        s: str,
        ankle: Array,
        pole: Array,
        medial_m: Array | float = 0.0,
        swivel_deg: Array | float = 0.0,
    ) -> Array:
        """Put one ankle (T, 3) in place; returns the knee (T, 3).

        pole (3,) or (T, 3): where the knee points. The knee is then moved out of
        the plane of hip, ankle and pole: medial_m metres toward the other leg, and
        turned by swivel_deg right-handed about the line from hip to ankle.
        An ankle out of reach is approached as far as the leg allows.
        """
        a, b = self.leg_lengths(s)
        hip = self.point(f"thigh01_{s}")
        way = ankle - hip
        c = np.linalg.norm(way, axis=1)
        u = way / c[:, None]
        c = np.clip(c, abs(a - b) * 1.01 + 1e-3, (a + b) * 0.99995)
        x = (a * a - b * b + c * c) / (2 * c)
        radius = np.sqrt(np.maximum(a * a - x * x, 0.0))
        p = across(np.broadcast_to(pole, u.shape), u)
        # u x pole points right for a leg hanging down with the knee forward
        inward = 1.0 if s == "l" else -1.0
        ratio = np.clip(column(medial_m, self.count) / np.maximum(radius, 1e-6), -0.9, 0.9)
        angle = np.radians(column(swivel_deg, self.count)) + inward * np.arcsin(ratio)
        side = np.cross(u, p)
        bend = np.cos(angle)[:, None] * p + np.sin(angle)[:, None] * side
        knee = hip + x[:, None] * u + radius[:, None] * bend
        foot = hip + c[:, None] * u
        hinge = np.cross(u, bend)

        h0, k0, a0 = (self.rest(f"{n}_{s}") for n in ("thigh01", "shank", "foot"))
        d0 = unit(k0 - h0)
        thigh = align(d0, across(X, d0), unit(knee - hip), hinge)
        e0 = unit(a0 - k0)
        shank = align(e0, across(X, e0), unit(foot - knee), hinge)
        # half of the thigh's own twist is taken by its upper part, else the skin
        # at the groin would wring
        pelvis = self.get("pelvis")
        relative = np.swapaxes(pelvis, -1, -2) @ thigh
        d1 = relative @ d0
        turn = np.cross(d0, d1)
        angle = np.degrees(np.arctan2(np.linalg.norm(turn, axis=1), d1 @ d0))
        swing = rot(unit(turn), angle)
        twist = np.swapaxes(swing, -1, -2) @ relative
        self.set(f"thigh01_{s}", pelvis @ swing @ part_way(twist, 0.5))
        self.set(f"thigh02_{s}", thigh)
        self.set(f"shank_{s}", shank)
        self.set(f"foot_{s}", shank)
        self.set(f"toes_{s}", shank)
        return knee

    def straightness(self, s: str, flexion_deg: Array | float) -> Array:
        """Distance hip to ankle (T,) of a leg whose knee is bent so far."""
        a, b = self.leg_lengths(s)
        return np.sqrt(
            a * a + b * b + 2 * a * b * np.cos(np.radians(column(flexion_deg, self.count)))
        )

    def foot_yaw(self, s: str) -> float:
        """Toe-out of the rest pose in degrees (positive = toes outward)."""
        heel, toe = (self.landmark_rest(s, n) for n in ("HEEL", "FOOT_INDEX"))
        out = np.degrees(np.arctan2(toe[0] - heel[0], toe[1] - heel[1]))
        return float(out if s == "r" else -out)

    def landmark_rest(self, s: str, name: str) -> Array:
        lm = Landmark[("LEFT_" if s == "l" else "RIGHT_") + name]
        return self.body.landmark_rest[list(self.body.landmark_index).index(lm)]

    def planted(
        self, s: str, x: float, y: float, toe_out: float, heel_up_cm: Array | float
    ) -> tuple[Array, Array, Array]:
        """A foot flat on the floor with its ankle over (x, y).

        heel_up_cm lifts the heel about the ball of the foot; the toes stay.
        Returns ankle (T, 3), foot and toes rotations.
        """
        turn = (toe_out - self.foot_yaw(s)) * (-1 if s == "r" else 1)
        flat = np.broadcast_to(rot(Z, turn)[0], (self.count, 3, 3))
        ankle0, ball0, heel0 = (
            self.rest(f"foot_{s}"),
            self.rest(f"toes_{s}"),
            self.landmark_rest(s, "HEEL"),
        )
        ball = np.array([x, y, 0.0]) - flat[0] @ (ankle0 - ball0)
        ball[2] = ball0[2]
        lever = flat[0] @ (heel0 - ball0)
        length = np.hypot(np.hypot(lever[0], lever[1]), lever[2])
        start = np.arctan2(lever[2], np.hypot(lever[0], lever[1]))
        want = np.clip((lever[2] + column(heel_up_cm, self.count) / 100) / length, -1, 0.95)
        pitch = np.degrees(np.arcsin(want) - start)
        axis = np.cross(unit(flat[0] @ across(heel0 - ball0, Z)), Z)
        foot = rot(axis, pitch) @ flat
        ankle = ball + foot @ (ankle0 - ball0)
        return ankle, foot, flat

    def stand_on(
        self,
        s: str,
        planted: tuple[Array, Array, Array],
        pole: Array,
        medial_m: Array | float = 0.0,
    ) -> None:
        """Put a leg on a planted foot (see `planted`)."""
        self.leg(s, planted[0], pole, medial_m)
        self.set(f"foot_{s}", planted[1])
        self.set(f"toes_{s}", planted[2])

    def toe(self, s: str, planted: tuple[Array, Array, Array]) -> Array:
        """(T, 3) toe tip of a planted foot."""
        ball = planted[0] + planted[1] @ (self.rest(f"toes_{s}") - self.rest(f"foot_{s}"))
        return ball + planted[2] @ (self.landmark_rest(s, "FOOT_INDEX") - self.rest(f"toes_{s}"))

    # -- arms
    def _arm_rest(self, s: str) -> tuple[Array, Array, Array]:
        a, b, c = (self.rest(f"{n}_{s}") for n in ("arm01", "forearm01", "hand"))
        u, f = unit(b - a), unit(c - b)
        return u, f, unit(np.cross(u, f))

    def arm(
        self,
        s: str,
        upper: Array,
        hinge: Array,
        elbow_deg: Array | float,
        pronate_deg: Array | float = 0.0,
    ) -> None:
        """Lay the upper arm along `upper` and bend the elbow.

        The forearm is bent by elbow_deg right-handed about `hinge` (+x for an arm
        hanging down bends it forward).
        pronate_deg twists forearm and hand about the forearm (right-handed).
        """
        u0, f0, h0 = self._arm_rest(s)
        u = unit(np.broadcast_to(upper, (self.count, 3)))
        h = across(np.broadcast_to(hinge, (self.count, 3)), u)
        f = np.einsum("tij,tj->ti", rot(h, column(elbow_deg, self.count)), u)
        whole = align(u0, h0, u, h)
        girdle = self.get(f"shoulder_{s}")
        relative = np.swapaxes(girdle, -1, -2) @ whole
        d1 = relative @ u0
        turn = np.cross(u0, d1)
        swing = rot(unit(turn), np.degrees(np.arctan2(np.linalg.norm(turn, axis=1), d1 @ u0)))
        twist = np.swapaxes(swing, -1, -2) @ relative
        self.set(f"arm01_{s}", girdle @ swing @ part_way(twist, 0.4))
        self.set(f"arm02_{s}", whole)
        fore = align(f0, h0, f, h)
        pronate = column(pronate_deg, self.count)
        self.set(f"forearm01_{s}", rot(f, pronate * 0.3) @ fore)
        self.set(f"forearm02_{s}", rot(f, pronate * 0.7) @ fore)
        self.set(f"hand_{s}", rot(f, pronate) @ fore)

    def arm_to(self, s: str, wrist: Array, pole: Array) -> None:
        """Bring the wrist to a place (T, 3), or as near as it reaches, elbow toward pole."""
        a, b, c = (self.rest(f"{n}_{s}") for n in ("arm01", "forearm01", "hand"))
        la, lb = np.linalg.norm(b - a), np.linalg.norm(c - b)
        shoulder = self.point(f"arm01_{s}")
        way = wrist - shoulder
        dist = np.linalg.norm(way, axis=1)
        u = way / dist[:, None]
        dist = np.clip(dist, abs(la - lb) * 1.1 + 0.01, (la + lb) * 0.999)
        x = (la * la - lb * lb + dist * dist) / (2 * dist)
        radius = np.sqrt(np.maximum(la * la - x * x, 0))
        p = across(np.broadcast_to(pole, u.shape), u)
        elbow = x[:, None] * u + radius[:, None] * p
        upper = unit(elbow)
        fore = unit(dist[:, None] * u - elbow)
        angle = np.degrees(np.arccos(np.clip(dot(upper, fore), -1, 1)))
        self.arm(s, upper, np.cross(upper, fore), angle)

    def girdle(self, s: str, rotation: Array) -> None:
        """Turn collar bone and shoulder by a world rotation (half in the collar bone)."""
        chest = self.get("spine01")
        self.set(f"clavicle_{s}", part_way(rotation, 0.6) @ chest)
        self.set(f"shoulder_{s}", rotation @ chest)

    def palm(self, s: str, fingers: Array, normal: Array) -> None:
        """Point the hand: fingers along, palm facing `normal` (world directions)."""
        w, i, k = (
            self.rest(f"hand_{s}"),
            self.landmark_rest(s, "INDEX"),
            self.landmark_rest(s, "PINKY"),
        )
        d0 = unit(0.5 * (i + k) - w)
        n0 = across(np.cross(i - w, k - w), d0)
        n0 = -n0 if n0[2] > 0 else n0  # in the rest pose the palms face down
        d = unit(np.broadcast_to(fingers, (self.count, 3)))
        hand = align(d0, n0, d, across(np.broadcast_to(normal, (self.count, 3)), d))
        self.set(f"hand_{s}", hand)
        # the forearm carries part of the hand's twist about its own length
        _, f0, _ = self._arm_rest(s)
        fore = self.get(f"forearm01_{s}")
        f = fore @ f0
        relative = rotation_vector(hand @ np.swapaxes(fore, -1, -2))
        twist = np.degrees(dot(relative, f))
        self.set(f"forearm02_{s}", rot(f, 0.6 * twist) @ fore)
        self.set(f"forearm01_{s}", rot(f, 0.2 * twist) @ fore)


def spread(effort: Array) -> Array:
    """How a fault follows the effort: none at rest, whole at effort 1.

    It comes early rather than late and is level at the end, so that its size does
    not hang on the exact depth.
    """
    return np.sin(0.5 * np.pi * np.clip(effort, 0.0, 1.0))


def _take(defaults: dict[str, float], given: dict[str, Any], count: int) -> dict[str, Array]:
    unknown = set(given) - set(defaults)
    if unknown:
        raise ValueError(f"unknown parameter {sorted(unknown)}; known: {sorted(defaults)}")
    return {k: column(given.get(k, v), count) for k, v in defaults.items()}


# -------------------------------------------------------------------------- squat
SQUAT: dict[str, float] = {
    "depth": 1.0,  # share of the knee flexion range that effort 1 reaches
    "knee_flexion_deg": 106.0,  # at effort 1
    "shank_deg": 27.0,  # forward lean of the shin at effort 1
    "stance": 0.9,  # ankle distance over shoulder-joint distance
    "toe_out_deg": 12.0,
    "valgus_left_cm": 0.0,  # knee centre medial of the hip-ankle-toe plane
    "valgus_right_cm": 0.0,
    "trunk_lean_deg": 0.0,  # extra forward lean
    "trunk_side_deg": 0.0,  # lean to the right
    "rounding_deg": 0.0,  # chest bent forward against the pelvis, the trunk's lean kept
    "heel_left_cm": 0.0,
    "heel_right_cm": 0.0,
    "hip_shift_cm": 0.0,  # to the right
    "pelvic_drop_deg": 0.0,  # right hip lower
    "arms_forward": 0.0,  # 0 hanging, 1 held out in front at effort 1
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}


def squat(body: Body, effort: Array, params: dict[str, Any]) -> Pose:
    """Two-leg squat; effort 1 = thighs about level."""
    e = np.atleast_1d(np.asarray(effort, float))
    n = len(e)
    p = _take(SQUAT, params, n)
    f = Figure(body, n)
    fault = spread(e)

    deep = e * p["depth"]
    knee = 7.0 + deep * (p["knee_flexion_deg"] - 7.0)
    shank = 3.5 + deep * (p["shank_deg"] - 3.5)
    lean = 1.0 + 1.4 * (shank - 3.5) + fault * p["trunk_lean_deg"]
    side = fault * p["trunk_side_deg"]
    bend = 0.5 * fault * p["rounding_deg"]
    pelvis = rot(Y, fault * p["pelvic_drop_deg"]) @ rot(X, bend - lean)
    chest = rot(Y, side) @ rot(X, -bend - lean)
    f.trunk(pelvis, chest, rot(X, -0.35 * lean))

    half = 0.5 * p["stance"][0] * np.linalg.norm(f.rest("arm01_l") - f.rest("arm01_r"))
    width = 0.5 * np.linalg.norm(f.rest("thigh01_l") - f.rest("thigh01_r"))
    a, b = f.leg_lengths("r")
    c = f.straightness("r", knee)
    # in the plane of the leg: the line ankle-hip leans back from the shin by beta
    beta = np.degrees(np.arccos(np.clip((b * b + c * c - a * a) / (2 * b * c), -1, 1)))
    tilt = np.radians(shank - beta)
    c = np.sqrt(np.maximum(c * c - (half - width) ** 2, 1e-6))
    ankle_z = f.rest("foot_r")[2]
    lift = 0.5 * (p["heel_left_cm"] + p["heel_right_cm"]) / 100 * fault
    hips = stack3(
        p["hip_shift_cm"] / 100 * fault + p["sway_x_m"],
        c * np.sin(tilt) + p["sway_y_m"],
        # a lifted heel carries the ankle up by about 0.7 of its own rise
        ankle_z + c * np.cos(tilt) + 0.7 * lift,
        n,
    )
    f.move(hips - f.middle("thigh01"))
    for s, x, name in (("l", -half, "left"), ("r", half, "right")):
        foot = f.planted(s, x, 0.0, float(p["toe_out_deg"][0]), p[f"heel_{name}_cm"] * fault)
        f.stand_on(s, foot, f.toe(s, foot) - foot[0], p[f"valgus_{name}_cm"] / 100 * fault)
    forward = p["arms_forward"] * np.clip(e * 1.3, 0, 1)
    for s, out in (("l", -1.0), ("r", 1.0)):
        raise_deg = 6 + 78 * forward
        upper = np.einsum("tij,j->ti", rot(X, raise_deg), unit(-Z + 0.16 * out * X))
        f.arm(s, upper, X, 14 - 8 * forward)
        f.palm(
            s,
            f.get(f"forearm01_{s}") @ f._arm_rest(s)[1],
            stack3(-out, 0, 0, n) - forward[:, None] * Z,
        )
    return f.pose()


# ------------------------------------------------------------------- glute bridge
BRIDGE: dict[str, float] = {
    "target_deg": 175.0,  # shoulder-hip-knee angle at effort 1; over 180 = arched
    "extension_deg": 0.0,  # added to the target: + over-, - under-extension
    "sink_deg": 0.0,  # taken off the present angle (used during holds)
    "knee_interior_deg": 78.0,  # at rest
    "stance": 1.0,  # ankle distance over hip-joint distance
    "toe_out_deg": 6.0,
    "valgus_left_cm": 0.0,  # knee centre medial of the vertical hip-ankle plane
    "valgus_right_cm": 0.0,
    "pelvic_drop_deg": 0.0,  # right hip lower
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
_SUPINE = rot(X, 90.0)[0]


def hip_angle(shoulder: Array, hip: Array, knee: Array) -> Array:
    """Signed shoulder-hip-knee angle in degrees of a supine person (midpoints).

    180 = in line, above 180 = hip above the line from shoulder to knee.
    """
    a, b = unit(shoulder - hip), unit(knee - hip)
    angle = np.degrees(np.arccos(np.clip(dot(a, b), -1, 1)))
    line = unit(knee - shoulder)
    above = dot(np.cross(line, hip - shoulder), np.broadcast_to(X, line.shape)) > 0
    return np.where(above, 360 - angle, angle)


@lru_cache(maxsize=64)
def _supine_contact(name: str) -> tuple[Array, Array, Array]:
    """Trunk pitch grid (deg), shoulder height (m) and head pitch (deg).

    Height and pitch put the upper back and the back of the head on the floor.
    """
    body = load_body(name)
    grid = np.linspace(-8, 64, 19)
    f = _supine_trunk(body, grid, np.zeros_like(grid))
    trunk = ("pelvis", "spine", "clavicle", "shoulder")
    f.move(-f.middle("arm01"))
    height = -body.contact_points(f.pose(), *trunk)[:, :, 2].min(axis=1)
    tries = np.linspace(-30, 50, 17)
    low = np.empty((len(tries), len(grid)))
    for i, t in enumerate(tries):
        g = _supine_trunk(body, grid, np.full_like(grid, t))
        g.move(stack3(0, 0, height, len(grid)) - g.middle("arm01"))
        low[i] = body.contact_points(g.pose(), "head", "neck")[:, :, 2].min(axis=1)
    # lowest head point falls as the head is pitched back: take the zero crossing
    pitch = np.array(
        [np.interp(0.0, -low[:, j], tries) if low[0, j] > 0 else tries[0] for j in range(len(grid))]
    )
    return grid, height, pitch


def _supine_trunk(
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


@lru_cache(maxsize=64)
def _bridge_table(name: str, interior: float, stance: float) -> tuple[Array, Array, float, float]:
    """Trunk pitch grid, hip angle at each, ankle y and shoulder y (feet at y = 0.5)."""
    body = load_body(name)
    grid, height, head = _supine_contact(name)
    fine = np.linspace(grid[0], grid[-1], 145)
    f = _supine_trunk(body, fine, np.interp(fine, grid, head))
    f.move(stack3(0, 0, np.interp(fine, grid, height), len(fine)) - f.middle("arm01"))
    hip = f.middle("thigh01")
    width = np.linalg.norm(f.rest("thigh01_l") - f.rest("thigh01_r"))
    rest = int(np.argmin(abs(fine)))
    a, b = f.leg_lengths("r")
    reach2 = a * a + b * b - 2 * a * b * np.cos(np.radians(interior))
    ankle_z = f.rest("foot_r")[2]
    side = 0.5 * width * (stance - 1)
    away = np.sqrt(reach2 - (hip[rest, 2] - ankle_z) ** 2 - side**2)
    ankle_y = hip[rest, 1] + away
    knee = np.zeros_like(hip)
    for s, sign in (("l", -1), ("r", 1)):
        ankle = np.broadcast_to([sign * 0.5 * width * stance, ankle_y, ankle_z], hip.shape)
        knee += 0.5 * f.leg(s, ankle, Z)
    angle = hip_angle(f.middle("arm01"), hip, knee)
    return fine, angle, float(ankle_y), width


def bridge(body: Body, effort: Array, params: dict[str, Any]) -> Pose:
    """Glute bridge on both feet; effort 1 = shoulder, hip and knee about in line."""
    e = np.atleast_1d(np.asarray(effort, float))
    n = len(e)
    p = _take(BRIDGE, params, n)
    stance = float(p["stance"][0])
    fine, angle, ankle_y, width = _bridge_table(body.name, float(p["knee_interior_deg"][0]), stance)
    grid, height, head = _supine_contact(body.name)
    fault = spread(e)
    start = float(np.interp(0.0, fine, angle))
    # under- and over-extension scale the whole way, so that the rest pose is the same
    want = start + e * (p["target_deg"] + p["extension_deg"] - start) - p["sink_deg"]
    order = np.argsort(angle)
    pitch = np.interp(want, angle[order], fine[order])
    f = _supine_trunk(body, pitch, np.interp(pitch, grid, head), fault * p["pelvic_drop_deg"])
    # centre the body on the origin: feet end near y = 0.55, head near y = -0.9
    y0 = 0.5 - ankle_y
    f.move(
        stack3(p["sway_x_m"], y0 + p["sway_y_m"], np.interp(pitch, grid, height), n)
        - f.middle("arm01")
    )
    for s, sign, name in (("l", -1.0, "left"), ("r", 1.0, "right")):
        foot = f.planted(s, sign * 0.5 * width * stance, 0.5, float(p["toe_out_deg"][0]), 0.0)
        f.stand_on(s, foot, Z, p[f"valgus_{name}_cm"] / 100 * fault)
        # arms on the floor beside the body, palms down
        shoulder = f.point(f"arm01_{s}")
        arm = sum(
            np.linalg.norm(f.rest(f"{i}_{s}") - f.rest(f"{j}_{s}"))
            for i, j in (("arm01", "forearm01"), ("forearm01", "hand"))
        )
        wrist = stack3(sign * 0.34, y0 + 0.93 * arm, 0.058, n)
        wrist[:, 0] = sign * (abs(shoulder[:, 0]) + 0.09)
        f.arm_to(s, wrist, unit(np.array([sign, 0.0, -0.25])))
        f.palm(s, stack3(0, 1, 0.04, n), -Z)
    return f.pose()


# -------------------------------------------------------------------- side-lying
SIDE_LYING: dict[str, float] = {
    "pelvic_roll_deg": 0.0,  # + = top hip backward, in proportion to effort
    "pelvic_hike_deg": 0.0,  # + = top hip toward the ribs
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
CLAMSHELL: dict[str, float] = {
    "opening_deg": 30.0,  # knee about the hip-ankle axis, at effort 1
    "feet_apart_cm": 0.0,  # growth of the ankle distance
    "hip_flexion_deg": 45.0,
    "knee_flexion_deg": 75.0,
    **SIDE_LYING,
}
SIDE_LEG_LIFT: dict[str, float] = {
    "abduction_deg": 32.0,  # hip-ankle line against the trunk, at effort 1
    "hip_flexion_deg": 0.0,  # drift of the leg forward
    "knee_bend_deg": 0.0,
    "bottom_bent": 0.0,  # 1 = bottom hip and knee bent
    **SIDE_LYING,
}


def _lying(working: str) -> tuple[Array, float, str, str]:
    """How a side-lying person lies.

    Returns the rotation from standing, +1 when the head points to +x else -1, and
    the letters of the top (working) and the bottom leg.
    """
    head = 1.0 if working == "left" else -1.0  # left works: lies on the right side
    return rot(Y, 90.0 * head)[0], head, working[0], "r" if working == "left" else "l"


def _side_trunk(
    body: Body, working: str, tilt: Array, neck: Array, roll: Array, hike: Array
) -> Figure:
    """Trunk of a side-lying person, root not placed; all angles in degrees.

    tilt lifts the chest end, neck bends the head back down toward the floor.
    """
    base, head, _top, bottom = _lying(working)
    n = len(tilt)
    f = Figure(body, n)
    up = rot(Y, -head * tilt)  # chest end upward
    pelvis = rot(X, roll) @ rot(Y, -head * hike * -1.0) @ up @ base
    chest = rot(X, 0.5 * roll) @ up @ base
    f.trunk(pelvis, chest, rot(Y, head * neck) @ rot(X, 0.15 * roll) @ base)
    # the lower arm lies along the floor past the head, its collar bone drawn up
    f.girdle(bottom, rot(Y, head * 16.0 * np.ones(n)) @ rot(Z, head * 14.0 * np.ones(n)))
    along = np.array([head * 0.93, 0.36, -0.05])
    f.arm(bottom, unit(along), np.cross(unit(along), Z), 10.0)
    return f


SOFT_M = 0.02  # how far hip and shoulder press into the mat when lying on the side


@lru_cache(maxsize=64)
def _side_contact(name: str, working: str) -> tuple[float, float, float]:
    """Chest tilt, neck bend (deg) and height of the bottom hip joint (m).

    They lay hip, ribs and head down.
    """
    body = load_body(name)
    _base, _head, _top, bottom = _lying(working)
    tries = np.linspace(-6, 16, 23)
    zero = np.zeros_like(tries)
    f = _side_trunk(body, working, tries, zero, zero, zero)
    hip = f.point(f"thigh01_{bottom}")

    def lowest(*bones: str) -> Array:
        return (body.contact_points(f.pose(), *bones)[:, :, 2] - hip[:, 2:]).min(axis=1)

    low_hip = lowest("pelvis", "spine05", "thigh01")
    low_rib = lowest("spine01", "spine02", "spine03", "clavicle", "shoulder", "arm01")
    # both ends press into the mat equally
    tilt = float(np.interp(0.0, low_rib - low_hip, tries))
    height = float(-np.interp(tilt, tries, low_hip)) - SOFT_M
    bends = np.linspace(-20, 40, 31)
    z = np.zeros_like(bends)
    f = _side_trunk(body, working, z + tilt, bends, z, z)
    f.move(stack3(0, 0, height, len(z)) - f.point(f"thigh01_{bottom}"))
    low = body.contact_points(f.pose(), "head")[:, :, 2].min(axis=1)
    # the head rests on the arm; broad shoulders keep it higher (a hand or a cushion
    # goes between), since a neck does not bend further
    neck = min(float(np.interp(0.09, low[::-1], bends[::-1])), 24.0)
    return tilt, neck, height


def _side_lie(
    body: Body, working: str, e: Array, p: dict[str, Array], hip_xy: tuple[float, float]
) -> tuple[Figure, Figure]:
    """Trunk and arms for all frames, and the same person at rest (one frame)."""
    tilt, neck, height = _side_contact(body.name, working)
    _base, head, top, bottom = _lying(working)

    def lay(roll: Array, hike: Array, sway_x: Array, sway_y: Array) -> Figure:
        n = len(roll)
        f = _side_trunk(body, working, column(tilt, n), column(neck, n), roll, hike)
        # the bottom hip is the pivot: it stays where it lies
        spot = stack3(hip_xy[0] + sway_x, hip_xy[1] + sway_y, height, n)
        f.move(spot - f.point(f"thigh01_{bottom}"))
        return f

    k, zero = np.clip(e, 0, None), np.zeros(1)
    still = lay(zero, zero, zero, zero)
    f = lay(k * p["pelvic_roll_deg"], k * p["pelvic_hike_deg"], p["sway_x_m"], p["sway_y_m"])
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


@lru_cache(maxsize=64)
def _foot_sides(name: str, s: str) -> tuple[float, float]:
    """How far the foot's skin reaches outward and inward of the ankle (metres)."""
    body = load_body(name)
    owner = np.array([body.bones[b] in (f"foot_{s}", f"toes_{s}") for b in body.weight_index[:, 0]])
    x = body.rest_vertices[owner, 0] - body.joint_rest(f"foot_{s}")[0]
    x = x if s == "r" else -x
    return float(x.max()), float(-x.min())


def clamshell(body: Body, effort: Array, params: dict[str, Any], working: str = "left") -> Pose:
    """Clamshell on the side; the working leg is the top one."""
    e = np.atleast_1d(np.asarray(effort, float))
    n = len(e)
    p = _take(CLAMSHELL, params, n)
    _base, head, top, bottom = _lying(working)
    hip_flex, knee_flex = np.radians(p["hip_flexion_deg"][0]), np.radians(p["knee_flexion_deg"][0])
    f, still = _side_lie(body, working, e, p, (-0.05 * head, -0.15))
    out_b, in_b = _foot_sides(body.name, bottom)
    a, b = f.leg_lengths(bottom)
    hip_b = still.point(f"thigh01_{bottom}")
    ankle_b = hip_b + a * np.array([-head * np.cos(hip_flex), np.sin(hip_flex), 0.0])
    ankle_b += b * np.array(
        [-head * np.cos(hip_flex - knee_flex), np.sin(hip_flex - knee_flex), 0.0]
    )
    ankle_b[:, 2] = out_b
    gap = in_b + _foot_sides(body.name, top)[1]
    ankle_t = ankle_b + gap * Z
    apart = (spread(e) * p["feet_apart_cm"] / 100)[:, None] * Z
    f.leg(bottom, np.broadcast_to(ankle_b, (n, 3)), Y)
    ankle = ankle_t + apart
    hip_t = f.point(f"thigh01_{top}")
    u = unit(ankle - hip_t)
    up = np.sign(np.cross(u, across(np.broadcast_to(Y, u.shape), u))[:, 2])
    f.leg(top, ankle, Y, swivel_deg=up * e * p["opening_deg"])
    # heels stay together while the knee opens: the foot turns a little less
    shank = f.get(f"shank_{top}").copy()
    foot = rot(u, -0.25 * up * e * p["opening_deg"]) @ shank
    f.set(f"foot_{top}", foot)
    f.set(f"toes_{top}", foot)
    return f.pose()


def side_leg_lift(body: Body, effort: Array, params: dict[str, Any], working: str = "left") -> Pose:
    """Side-lying leg lift; the working leg is the top one, straight."""
    e = np.atleast_1d(np.asarray(effort, float))
    n = len(e)
    p = _take(SIDE_LEG_LIFT, params, n)
    _base, head, top, bottom = _lying(working)
    f, still = _side_lie(body, working, e, p, (-0.05 * head, -0.05))
    fault = spread(e)
    out_b, in_b = _foot_sides(body.name, bottom)
    hip_b = still.point(f"thigh01_{bottom}")
    bent = bool(p["bottom_bent"][0] > 0.5)
    if bent:
        a, b = f.leg_lengths(bottom)
        hip_flex, knee_flex = np.radians(40.0), np.radians(80.0)
        ankle_b = hip_b + a * np.array([-head * np.cos(hip_flex), np.sin(hip_flex), 0.0])
        ankle_b += b * np.array(
            [-head * np.cos(hip_flex - knee_flex), np.sin(hip_flex - knee_flex), 0.0]
        )
    else:
        reach = still.straightness(bottom, 5.0)
        ankle_b = hip_b + reach[:, None] * np.array([-head, 0.02, 0.0])
    ankle_b[:, 2] = out_b
    f.leg(bottom, np.broadcast_to(ankle_b, (n, 3)), Y)

    def frame(g: Figure) -> tuple[Array, Array, Array]:
        axis = unit(g.middle("thigh01") - g.middle("arm01"))
        lift = across(np.broadcast_to(Z, axis.shape), axis)
        front = np.cross(axis, lift)
        return axis, lift, front * np.sign(front[:, 1:2])

    axis, lift, front = frame(still)
    if bent:
        start, drift = 1.0, 0.0
    else:
        away = ankle_b + (in_b + _foot_sides(body.name, top)[1]) * Z - still.point(f"thigh01_{top}")
        start = float(np.degrees(np.arctan2(dot(away, lift), dot(away, axis)))[0])
        drift = float(np.degrees(np.arcsin(dot(unit(away), front)))[0])
    abduct = np.radians(start + e * (p["abduction_deg"] - start))
    flex = np.radians(drift + fault * p["hip_flexion_deg"])
    axis, lift, front = frame(f)
    way = np.cos(flex)[:, None] * (np.cos(abduct)[:, None] * axis + np.sin(abduct)[:, None] * lift)
    way = way + np.sin(flex)[:, None] * front
    length = f.straightness(top, 4.0 + fault * p["knee_bend_deg"])
    f.leg(top, f.point(f"thigh01_{top}") + length[:, None] * way, front)
    return f.pose()


# ---------------------------------------------------------------------- registry
PoseFunction = Callable[..., Pose]
STANDING = frozenset({"squat"})  # exercises nobody has to lie down for
EXERCISES: dict[str, tuple[PoseFunction, dict[str, float], bool]] = {
    # name: (function, its parameters, whether it is done side-lying)
    "squat": (squat, SQUAT, False),
    "glute_bridge": (bridge, BRIDGE, False),
    "clamshell": (clamshell, CLAMSHELL, True),
    "side_leg_lift": (side_leg_lift, SIDE_LEG_LIFT, True),
}


def make_pose(body: Body, exercise: str, effort: Array, side: str = "both", **params: Any) -> Pose:
    """Pose of any known exercise. side: the working leg (side-lying exercises)."""
    if exercise not in EXERCISES:
        raise ValueError(f"unknown exercise {exercise!r}; known: {sorted(EXERCISES)}")
    function, _defaults, lying = EXERCISES[exercise]
    if lying:
        if side not in SIDES:
            raise ValueError(f"{exercise} needs side 'left' or 'right', got {side!r}")
        return function(body, effort, params, side)
    return function(body, effort, params)
