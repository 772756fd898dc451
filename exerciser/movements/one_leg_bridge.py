"""Hips lifted on one foot, and with the upper back on a bench on one or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose, load_body
from exerciser.figure import Figure, X, Y, Z, rot, spread, stack3, take, unit
from exerciser.lying import arms_beside, hip_angle, supine_contact, supine_trunk
from exerciser.measuring import points
from exerciser.movement import CameraRange, FaultSpec, Movement, Prop, View
from exerciser.movements._shared import grown
from exerciser.movements.glute_bridge import FAULTS as BRIDGE_FAULTS
from exerciser.set_types import GeneratedSet

_COMMON: dict[str, float] = {
    "target_deg": 175.0,  # shoulder-hip-knee angle at effort 1; over 180 = arched
    "extension_deg": 0.0,  # added to the target: + over-, - under-extension
    "sink_deg": 0.0,  # taken off the present angle (used during holds)
    "toe_out_deg": 6.0,
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
_FREE_LEG: dict[str, float] = {
    "pelvic_drop_deg": 0.0,  # free side lower, in proportion to effort
    "stance": 0.75,  # the foot's distance from the middle over the hip joint's
    "free_follows": 1.0,  # 1 = the thigh stays parallel to the other, 0 = bent at the hip
    "free_thigh_deg": 0.0,  # up from the parallel one (follows) or from the trunk's line
    "free_knee_deg": 10.0,
    "free_sag_deg": 0.0,  # the free leg sinks so far as the hips rise
}
_BENCH: dict[str, float] = {
    "bench_m": 0.42,
    "shin_deg": 2.0,  # of the vertical at effort 1, + = knee toward the head
    "rest_gap_m": 0.14,  # buttocks over the floor at rest
    "arms_out": 0.0,  # 1 = along the bench, 0 = hands on the hips
}
SINGLE_LEG_BRIDGE = {**_COMMON, **_FREE_LEG, "target_deg": 172.0, "knee_interior_deg": 78.0}
HIP_THRUST = {**_COMMON, **_BENCH, "stance": 1.15}
SINGLE_LEG_HIP_THRUST = {
    **_COMMON,
    **_FREE_LEG,
    **_BENCH,
    "free_thigh_deg": 25.0,
    "free_knee_deg": 80.0,
}

BENCH_DEPTH_M = 0.46
#: Where the bench's edge meets the back: below the shoulder joints, along the trunk.
BELOW_SHOULDER_M = 0.15
SOFT_M = 0.015  # how far the back presses into the bench
FOOT_Y = 0.5
_SUPINE = rot(X, 90.0)[0]
_THRUST_PITCH = np.linspace(-70.0, 34.0, 53)


# ------------------------------------------------------------------ on the bench
def _thrust_chest(pitch: Array) -> Array:
    """The chest goes along with the pelvis until the trunk is level, then half as far."""
    return np.where(pitch < 0, 0.92 * pitch, 0.5 * pitch)


def thrust_trunk(body: Body, pitch: Array, drop: Array) -> Figure:
    """Trunk of somebody with the upper back on a bench; pitch < 0 = hips low."""
    f = Figure(body, len(pitch))
    chest = _thrust_chest(pitch)
    f.trunk(
        rot(Y, drop) @ rot(X, pitch) @ _SUPINE,
        rot(X, chest) @ _SUPINE,
        # eyes ahead at rest, chin tucked at the top
        rot(X, 0.75 * chest - 16.0) @ _SUPINE,
    )
    return f


@lru_cache(maxsize=64)
def _bench_contact(name: str) -> tuple[Array, Array]:
    """Shoulder joints' middle relative to the bench's edge: (y, z) at `_THRUST_PITCH`.

    y < 0 = toward the head; the back touches the edge and does not enter the bench.
    """
    body = load_body(name)
    f = thrust_trunk(body, _THRUST_PITCH, np.zeros_like(_THRUST_PITCH))
    upright = Figure(body, 1)
    shoulder = upright.middle("arm01")[0]
    v = body.rest_vertices
    near = (abs(v[:, 2] - shoulder[2] + BELOW_SHOULDER_M) < 0.04) & (abs(v[:, 0]) < 0.14)
    depth = float(shoulder[1] - v[near, 1].min())
    p = np.radians(_thrust_chest(_THRUST_PITCH))
    y = -BELOW_SHOULDER_M * np.cos(p) - depth * np.sin(p)
    z = -BELOW_SHOULDER_M * np.sin(p) + depth * np.cos(p)
    f.move(stack3(0, y, z, len(y)) - f.middle("arm01"))
    back = body.contact_points(f.pose(), "spine", "clavicle", "shoulder")
    over = np.where(back[:, :, 1] < 0.01, back[:, :, 2], np.inf).min(axis=1)
    return y, z + np.maximum(-over - SOFT_M, 0.0)


def _on_bench(body: Body, pitch: Array, drop: Array, edge_y: float, bench: float) -> Figure:
    y, z = _bench_contact(body.name)
    f = thrust_trunk(body, pitch, drop)
    at = stack3(
        0,
        edge_y + np.interp(pitch, _THRUST_PITCH, y),
        bench + np.interp(pitch, _THRUST_PITCH, z),
        len(pitch),
    )
    f.move(at - f.middle("arm01"))
    return f


def _on_floor(body: Body, pitch: Array, drop: Array, shoulder_y: float) -> Figure:
    grid, height, head = supine_contact(body.name)
    f = supine_trunk(body, pitch, np.interp(pitch, grid, head), drop)
    at = stack3(0, shoulder_y, np.interp(pitch, grid, height), len(pitch))
    f.move(at - f.middle("arm01"))
    return f


# --------------------------------------------------------------- the working leg
def _foot(f: Figure, s: str, stance: float, toe_out: float) -> tuple[Array, Array, Array]:
    width = abs(f.rest(f"thigh01_{s}")[0])
    sign = -1.0 if s == "l" else 1.0
    return f.planted(s, sign * width * stance, FOOT_Y, toe_out, 0.0)


def _angle(f: Figure, s: str, stance: float, toe_out: float) -> Array:
    """Stand on the foot; the shoulder-hip-knee angle of that side (T,)."""
    foot = _foot(f, s, stance, toe_out)
    f.stand_on(s, foot, Z)
    return sagittal_hip_angle(f.point(f"arm01_{s}"), f.point(f"thigh01_{s}"), f.point(f"shank_{s}"))


def sagittal_hip_angle(shoulder: Array, hip: Array, knee: Array) -> Array:
    """As `lying.hip_angle`, of one side, seen exactly from the side."""
    flat = Y + Z
    return hip_angle(shoulder * flat, hip * flat, knee * flat)


@lru_cache(maxsize=128)
def _floor_table(
    name: str, s: str, interior: float, stance: float, toe_out: float
) -> tuple[Array, Array, float, float]:
    """Trunk pitch grid, hip angle at each, shoulder y and rest pitch."""
    body = load_body(name)
    grid, _height, _head = supine_contact(name)
    fine = np.linspace(grid[0], grid[-1], 145)
    f = _on_floor(body, np.zeros(1), np.zeros(1), 0.0)
    hip = f.point(f"thigh01_{s}")[0]
    a, b = f.leg_lengths(s)
    reach2 = a * a + b * b - 2 * a * b * np.cos(np.radians(interior))
    ankle = _foot(f, s, stance, toe_out)[0][0]
    away = np.sqrt(reach2 - (hip[2] - ankle[2]) ** 2 - (hip[0] - ankle[0]) ** 2)
    shoulder_y = float(FOOT_Y - away - hip[1])
    f = _on_floor(body, fine, np.zeros_like(fine), shoulder_y)
    return fine, _angle(f, s, stance, toe_out), shoulder_y, 0.0


@lru_cache(maxsize=128)
def _bench_table(
    name: str, s: str, place: tuple[float, float, float], stance: float, toe_out: float
) -> tuple[Array, Array, float, float]:
    """Trunk pitch grid, hip angle at each, y of the bench's edge and rest pitch.

    place: the values of bench_m, shin_deg and rest_gap_m. The foot stands where the shin leans
    by so much when the trunk's line is straight.
    """
    bench, shin, gap = place
    body = load_body(name)
    fine = np.linspace(_THRUST_PITCH[0], _THRUST_PITCH[-1], 157)
    zero = np.zeros_like(fine)
    f = _on_bench(body, fine, zero, 0.0, bench)
    hip, shoulder = f.point(f"thigh01_{s}"), f.point(f"arm01_{s}")
    a, b = f.leg_lengths(s)
    ankle_z = f.rest(f"foot_{s}")[2]
    knee_z = ankle_z + b * np.cos(np.radians(shin))
    rise = knee_z - hip[:, 2]
    knee = hip + stack3(0, np.sqrt(np.maximum(a * a - rise * rise, 1e-6)), rise, len(fine))
    straight = sagittal_hip_angle(shoulder, hip, knee)
    top = int(np.argmin(abs(straight - 177.0) + 1e3 * (abs(rise) > a)))
    ankle_y = knee[top, 1] + b * np.sin(np.radians(shin))
    edge_y = float(FOOT_Y - ankle_y)
    f = _on_bench(body, fine, zero, edge_y, bench)
    low = body.contact_points(f.pose(), "pelvis", "spine")[:, :, 2].min(axis=1)
    rest = float(np.interp(gap, low[fine < 0], fine[fine < 0]))
    return fine, _angle(f, s, stance, toe_out), edge_y, rest


def _bench_place(p: Mapping[str, float]) -> tuple[float, float, float]:
    return float(p["bench_m"]), float(p["shin_deg"]), float(p["rest_gap_m"])


# -------------------------------------------------------------------- the poses
def _lifted(body: Body, effort: Array, p: dict[str, Array], side: str, *, bench: bool) -> Pose:
    """side: the working one, or "both" when both feet stand."""
    n = len(effort)
    one = side != "both"
    s = side[0] if one else "l"
    first = {k: float(v[0]) for k, v in p.items()}
    stance, toe_out = first["stance"], first["toe_out_deg"]
    if bench:
        fine, angle, where, rest = _bench_table(body.name, s, _bench_place(first), stance, toe_out)
    else:
        fine, angle, where, rest = _floor_table(
            body.name, s, first["knee_interior_deg"], stance, toe_out
        )
    fault = spread(effort)
    drop = fault * p["pelvic_drop_deg"] * (1.0 if side == "left" else -1.0) if one else 0 * effort

    def lay(pitch: Array) -> Figure:
        if bench:
            return _on_bench(body, pitch, drop, where, first["bench_m"])
        return _on_floor(body, pitch, drop, where)

    start = float(np.interp(rest, fine, angle))
    want = start + effort * (p["target_deg"] + p["extension_deg"] - start) - p["sink_deg"]
    rising = fine >= rest - 12.0
    fine, angle = fine[rising], np.maximum.accumulate(angle[rising])
    pitch = np.interp(want, angle, fine)
    if np.any(drop):
        # The working hip stands higher then: the whole trunk is a little lower.
        slope = np.gradient(angle, fine)
        for _ in range(3):
            error = want - _angle(lay(pitch), s, stance, toe_out)
            pitch = pitch + error / np.maximum(np.interp(pitch, fine, slope), 0.4)
    f = lay(pitch)
    f.move(stack3(p["sway_x_m"], p["sway_y_m"], 0, n))
    for leg in s if one else "lr":
        f.stand_on(leg, _foot(f, leg, stance, toe_out), Z)
    if one:
        _free_leg(f, "r" if s == "l" else "l", s, pitch, effort, p)
    if bench:
        _arms_on_bench(f, where, first["bench_m"], first["arms_out"])
    else:
        arms_beside(f, where)
    return f.pose()


def _free_leg(
    f: Figure, s: str, working: str, pitch: Array, effort: Array, p: dict[str, Array]
) -> None:
    """Hold the free leg s up, beside the working thigh or bent at the hip."""
    thigh = f.point(f"shank_{working}") - f.point(f"thigh01_{working}")
    parallel = np.degrees(np.arctan2(thigh[:, 2], thigh[:, 1]))
    follows = p["free_follows"]
    up = follows * parallel + (1 - follows) * pitch + p["free_thigh_deg"]
    up = np.radians(up - np.clip(effort, 0, 1) * p["free_sag_deg"])
    down = up - np.radians(p["free_knee_deg"])
    a, b = f.leg_lengths(s)
    hip = f.point(f"thigh01_{s}")
    way = a * _sagittal(up) + b * _sagittal(down)
    u = unit(way)
    f.leg(s, hip + way, stack3(0, -u[:, 2], u[:, 1], f.count))


def _sagittal(angle: Array) -> Array:
    """(T, 3) directions at an angle (rad) up from +y."""
    return stack3(0, np.cos(angle), np.sin(angle), len(angle))


def _arms_on_bench(f: Figure, edge_y: float, bench: float, out: float) -> None:
    n = f.count
    for s, sign in (("l", -1.0), ("r", 1.0)):
        if out > 0.5:
            shoulder = f.point(f"arm01_{s}")
            place = np.array([sign * (abs(shoulder[0, 0]) + 0.40), edge_y - 0.16, bench + 0.05])
            f.arm_to(s, np.broadcast_to(place, (n, 3)), unit(np.array([0.0, -0.6, 0.8])))
            f.palm(s, stack3(sign, 0.2, 0, n), -Z)
            continue
        pelvis = f.get("pelvis")
        hip = f.point(f"thigh01_{s}")
        front = np.einsum("tij,j->ti", pelvis, np.array([sign * 0.045, 0.10, 0.13]))
        f.arm_to(s, hip + front, unit(np.array([sign, -0.35, -0.2])))
        down = np.einsum("tij,j->ti", pelvis, np.array([-0.5 * sign, 0.15, -0.8]))
        f.palm(s, down, np.einsum("tij,j->ti", pelvis, np.array([-0.5 * sign, -0.85, 0.0])))


def single_leg_bridge(body: Body, effort: Array, params: Mapping[str, Any], side: str) -> Pose:
    """Bridge on one foot, the other leg held up; effort 1 = one line."""
    return _lifted(body, effort, take(SINGLE_LEG_BRIDGE, params, len(effort)), side, bench=False)


def hip_thrust(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Hips lifted on both feet, the upper back on a bench."""
    return _lifted(body, effort, take(HIP_THRUST, params, len(effort)), "both", bench=True)


def single_leg_hip_thrust(body: Body, effort: Array, params: Mapping[str, Any], side: str) -> Pose:
    """As `hip_thrust` on one foot, the other leg held up."""
    p = take(SINGLE_LEG_HIP_THRUST, params, len(effort))
    return _lifted(body, effort, p, side, bench=True)


def _props(body: Body, params: Mapping[str, float], side: str) -> tuple[Prop, ...]:
    """The bench, its edge where the back meets it."""
    s = "r" if side == "right" else "l"
    bench = float(params["bench_m"])
    stance, toe_out = float(params["stance"]), float(params["toe_out_deg"])
    edge_y = _bench_table(body.name, s, _bench_place(params), stance, toe_out)[2]
    centre = (0.0, edge_y - 0.5 * BENCH_DEPTH_M, 0.5 * bench)
    return (Prop(centre, (1.5, BENCH_DEPTH_M, bench), "bench"),)


# ---------------------------------------------------------------------- measuring
def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Joints of the working side, or the mean of both.

    hip_angle as seen from the side; knee_flexion; shank_inclination + = knee toward the
    head; pelvic_drop + = the free side is lower; free_ankle_cm: over the other ankle.
    """
    shoulder, hip, knee, ankle = (points(lm, n) for n in ("SHOULDER", "HIP", "KNEE", "ANKLE"))
    sides = (0, 1) if side not in ("left", "right") else ((0,) if side == "left" else (1,))

    def mean(values: list[Array]) -> Array:
        return np.asarray(sum(values)) / len(values)

    sign = -1.0 if side == "right" else 1.0
    w = sides[0]
    return {
        "hip_angle_deg": mean([sagittal_hip_angle(shoulder[i], hip[i], knee[i]) for i in sides]),
        "knee_flexion_deg": mean([180 - measuring.angle(hip[i], knee[i], ankle[i]) for i in sides]),
        "shank_inclination_deg": mean(
            [
                measuring.deg(ankle[i][:, 1] - knee[i][:, 1], knee[i][:, 2] - ankle[i][:, 2])
                for i in sides
            ]
        ),
        "pelvic_drop_deg": sign * measuring.pelvic_obliquity(lm),
        "free_ankle_cm": 100 * (ankle[1 - w] - ankle[w])[:, 2],
    }


def _signals(made: GeneratedSet) -> dict[str, Array]:
    return {"hip_extension": made.metrics["hip_angle_deg"]}


def _faults(below: tuple[float, float], drawn: tuple[float, float]) -> dict[str, FaultSpec]:
    """below: limits (mild, marked) in degrees under the target angle."""
    low = BRIDGE_FAULTS["incomplete_extension"]
    return {
        "incomplete_extension": replace(low, mild=below[0], marked=below[1], sizes=drawn),
        "sinking": BRIDGE_FAULTS["sinking"],
    }


PELVIC_DROP = FaultSpec(
    "deg the free side of the pelvis is lower",
    ("foot_end",),
    grown("pelvic_drop_deg"),
    mild=8,
    marked=14,
    parameters=(("pelvic_drop_deg", 1.0),),
    sizes=(5.0, 20.0),
)
OVEREXTENSION = replace(BRIDGE_FAULTS["overextension"], mild=13, marked=20)
FROM_REST = frozenset({"pelvic_drop_deg"})
_SIDE = CameraRange(
    "side", (75, 105), weight=0.85, azimuth=(75, 102), elevation=(3, 18), both_sides=True
)
_OBLIQUE = CameraRange("oblique", weight=0.15, azimuth=(68, 75), elevation=(3, 18), both_sides=True)
CAMERAS = (_SIDE, _OBLIQUE)
#: Told to have the leg that pushes nearer to the camera, most people do.
ONE_LEG_CAMERAS = (
    replace(_SIDE, weight=0.65, both_sides=False, toward_working=True),
    replace(_SIDE, weight=0.2),
    replace(_OBLIQUE, both_sides=False, toward_working=True),
)
JUDGING = (View("side", (70, 110)), View("foot_end", (0, 50)))
VIEWS = {"side": (90.0, 8.0), "side_oblique": (60.0, 12.0), "foot_end": (30.0, 24.0)}
#: Free leg straight and parallel; the same with some slack; knee bent and higher.
_FLOOR_VARIANTS = (
    {"knee_interior_deg": 70.0, "free_knee_deg": 6.0},
    {"knee_interior_deg": 78.0, "free_knee_deg": 18.0, "free_thigh_deg": -4.0},
    {"knee_interior_deg": 84.0, "free_knee_deg": 10.0, "free_sag_deg": 8.0},
    {"knee_interior_deg": 78.0, "free_knee_deg": 80.0, "free_thigh_deg": 28.0},
)
_BENCH_VARIANTS = tuple(
    {"bench_m": bench, "shin_deg": shin, "rest_gap_m": gap, "arms_out": out}
    for bench, shin, gap, out in (
        (0.40, -4.0, 0.10, 0.0),
        (0.42, 2.0, 0.14, 1.0),
        (0.45, 6.0, 0.18, 0.0),
        (0.43, 0.0, 0.12, 0.0),
    )
)
#: Free knee bent up at the hip; thigh near parallel and knee bent; leg nearly straight;
#: knee drawn half way up.
_ONE_LEG_BENCH_VARIANTS = tuple(
    bench | free
    for bench, free in zip(
        _BENCH_VARIANTS,
        (
            {"free_follows": 0.0, "free_thigh_deg": 95.0, "free_knee_deg": 90.0},
            {"free_thigh_deg": 25.0, "free_knee_deg": 80.0},
            {"free_thigh_deg": 0.0, "free_knee_deg": 12.0},
            {"free_follows": 0.5, "free_thigh_deg": 45.0, "free_knee_deg": 75.0},
        ),
        strict=True,
    )
)

MOVEMENTS = (
    Movement(
        id="single_leg_bridge",
        posture="supine",
        unilateral=True,
        defaults=SINGLE_LEG_BRIDGE,
        pose=single_leg_bridge,
        primary="hip_angle_deg",
        concentric="outbound",
        metrics=metrics,
        from_rest=FROM_REST,
        faults={
            **_faults((10, 17), (6.0, 20.0)),
            # Of so small a movement little more can be lost before it is the way back.
            "sinking": replace(BRIDGE_FAULTS["sinking"], sizes=(5.0, 17.0)),
            "pelvic_drop": PELVIC_DROP,
        },
        cameras=ONE_LEG_CAMERAS,
        judging=JUDGING,
        views=VIEWS,
        told=("side",),
        variants=_FLOOR_VARIANTS,
        signals=_signals,
        compared_in={"hip_extension": ("side",)},
    ),
    Movement(
        id="hip_thrust",
        posture="reclined",
        unilateral=False,
        defaults=HIP_THRUST,
        pose=hip_thrust,
        primary="hip_angle_deg",
        concentric="outbound",
        metrics=metrics,
        from_rest=FROM_REST,
        faults={**_faults((10, 20), (6.0, 30.0)), "overextension": OVEREXTENSION},
        cameras=CAMERAS,
        judging=JUDGING,
        views=VIEWS,
        told=("side",),
        variants=_BENCH_VARIANTS,
        signals=_signals,
        compared_in={"hip_extension": ("side",)},
        props=_props,
    ),
    Movement(
        id="single_leg_hip_thrust",
        posture="reclined",
        unilateral=True,
        defaults=SINGLE_LEG_HIP_THRUST,
        pose=single_leg_hip_thrust,
        primary="hip_angle_deg",
        concentric="outbound",
        metrics=metrics,
        from_rest=FROM_REST,
        faults={
            **_faults((15, 25), (8.0, 32.0)),
            "overextension": OVEREXTENSION,
            "pelvic_drop": PELVIC_DROP,
        },
        cameras=ONE_LEG_CAMERAS,
        judging=JUDGING,
        views=VIEWS,
        told=("side",),
        variants=_ONE_LEG_BENCH_VARIANTS,
        signals=_signals,
        compared_in={"hip_extension": ("side",)},
        props=_props,
    ),
)
