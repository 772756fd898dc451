"""The figure being posed: small geometry, legs by inverse kinematics, arms, trunk.

Legs are two-bone inverse kinematics: hip and ankle are given, the knee turns
about the line between them. Trunk rotations are shared out along the spine.
Angles in degrees, lengths in metres unless the name ends in _cm. World frame:
see the package docstring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from exerciser.body import Array, Body, Pose
from formcheck.engine.pose import Landmark

X, Y, Z = np.eye(3)
SIDES = ("left", "right")


# ---------------------------------------------------------------- small geometry
def unit(v: Array) -> Array:
    """Unit vectors along the last axis."""
    v = np.asarray(v, float)
    out: Array = v / np.maximum(np.sqrt(np.einsum("...i,...i->...", v, v))[..., None], 1e-12)
    return out


def dot(a: Array, b: Array) -> Array:
    """Dot product along the last axis."""
    out: Array = np.einsum("...i,...i->...", np.asarray(a, float), np.asarray(b, float))
    return out


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
    out: Array = w * (0.5 * angle / np.maximum(sin, 1e-9))[..., None]
    return out


def part_way(r: Array, share: Array | float) -> Array:
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
    out: Array = f @ np.swapaxes(f0, -1, -2)
    return out


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
        out: Array = knee
        return out

    def over_foot_deg(self, s: str, ankle: Array, pole: Array) -> Array:
        """(T,) degrees by which a knee has to turn inward to be upright over its foot.

        From the plane of hip, ankle and pole, about the line from hip to ankle, as `stand_on`
        takes it; as far as the leg allows. pole (3,) or (T, 3): where the foot points.
        """
        a, b = self.leg_lengths(s)
        way = ankle - self.point(f"thigh01_{s}")
        c = np.clip(np.linalg.norm(way, axis=1), abs(a - b) * 1.01 + 1e-3, (a + b) * 0.99995)
        u = unit(way)
        x = (a * a - b * b + c * c) / (2 * c)
        radius = np.sqrt(np.maximum(a * a - x * x, 1e-9))
        ahead = across(np.broadcast_to(pole, u.shape), u)
        aside = unit(np.cross(Z, np.broadcast_to(pole, u.shape)))
        # The knee's way round: so far aside at the middle, so far more at each angle.
        off = dot((x - c)[:, None] * u, aside)
        p, q = dot(ahead, aside), dot(np.cross(u, ahead), aside)
        middle = np.arctan2(q, p)
        reach = np.arccos(np.clip(-off / (radius * np.hypot(p, q)), -1.0, 1.0))
        turns = np.degrees(np.stack([middle - reach, middle + reach]))
        turns = (turns + 180.0) % 360.0 - 180.0
        least = np.take_along_axis(turns, np.abs(turns).argmin(0)[None], 0)[0]
        out: Array = least if s == "l" else -least
        return out

    def straightness(self, s: str, flexion_deg: Array | float) -> Array:
        """Distance hip to ankle (T,) of a leg whose knee is bent so far."""
        a, b = self.leg_lengths(s)
        return np.sqrt(
            a * a + b * b + 2 * a * b * np.cos(np.radians(column(flexion_deg, self.count)))
        )

    def over_ankle(self, s: str, knee_deg: Array, shank_deg: Array) -> tuple[Array, Array]:
        """Where a hip is for a knee bent so far and a shin that leans so far.

        Distance hip to ankle (T,) metres and lean of that line, radians, + = forward: it leans
        back from the shin.
        """
        a, b = self.leg_lengths(s)
        c = self.straightness(s, knee_deg)
        back = np.arccos(np.clip((b * b + c * c - a * a) / (2 * b * c), -1, 1))
        return c, np.radians(shank_deg) - back

    def width(self, bone: str) -> float:
        """Distance of a left and a right joint, given as e.g. thigh01, metres."""
        return float(np.linalg.norm(self.rest(f"{bone}_l") - self.rest(f"{bone}_r")))

    def foot_yaw(self, s: str) -> float:
        """Toe-out of the rest pose in degrees (positive = toes outward)."""
        heel, toe = (self.landmark_rest(s, n) for n in ("HEEL", "FOOT_INDEX"))
        out = np.degrees(np.arctan2(toe[0] - heel[0], toe[1] - heel[1]))
        return float(out if s == "r" else -out)

    def landmark_rest(self, s: str, name: str) -> Array:
        lm = Landmark[("LEFT_" if s == "l" else "RIGHT_") + name]
        out: Array = self.body.landmark_rest[list(self.body.landmark_index).index(lm)]
        return out

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
        inward_deg: Array | float = 0.0,
    ) -> None:
        """Put a leg on a planted foot (see `planted`).

        The knee is inward of the plane of hip, ankle and pole: by medial_m metres, and
        turned by inward_deg about the line from hip to ankle.
        """
        self.leg(s, planted[0], pole, medial_m, inward_deg if s == "l" else -inward_deg)
        self.set(f"foot_{s}", planted[1])
        self.set(f"toes_{s}", planted[2])

    def toe(self, s: str, planted: tuple[Array, Array, Array]) -> Array:
        """(T, 3) toe tip of a planted foot."""
        ball = planted[0] + planted[1] @ (self.rest(f"toes_{s}") - self.rest(f"foot_{s}"))
        out: Array = ball + planted[2] @ (
            self.landmark_rest(s, "FOOT_INDEX") - self.rest(f"toes_{s}")
        )
        return out

    # -- arms
    def arm_rest(self, s: str) -> tuple[Array, Array, Array]:
        """Unit directions of upper arm and forearm in the rest pose, and the elbow's hinge."""
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
        u0, f0, h0 = self.arm_rest(s)
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
        _, f0, _ = self.arm_rest(s)
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


def take(defaults: Mapping[str, float], given: Mapping[str, Any], count: int) -> dict[str, Array]:
    """Every parameter as (T,) values, those not given by default; unknown ones raise."""
    unknown = set(given) - set(defaults)
    if unknown:
        raise ValueError(f"unknown parameter {sorted(unknown)}; known: {sorted(defaults)}")
    return {k: column(given.get(k, v), count) for k, v in defaults.items()}


def min_jerk(x: Array) -> Array:
    """0 to 1 with no speed and no acceleration at either end."""
    x = np.clip(x, 0.0, 1.0)
    out: Array = x**3 * (10 - 15 * x + 6 * x * x)
    return out


# ------------------------------------------------------------------ shared postures
def hang_arms(f: Figure, forward: Array) -> None:
    """Arms of somebody upright: (T,) 0 hanging beside the body, 1 held out in front."""
    for s, out in (("l", -1.0), ("r", 1.0)):
        raise_deg = 6 + 78 * forward
        upper = np.einsum("tij,j->ti", rot(X, raise_deg), unit(-Z + 0.16 * out * X))
        f.arm(s, upper, X, 14 - 8 * forward)
        f.palm(
            s,
            f.get(f"forearm01_{s}") @ f.arm_rest(s)[1],
            stack3(-out, 0, 0, f.count) - forward[:, None] * Z,
        )
