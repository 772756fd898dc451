"""Standing on one leg: squat, squat with a ball at the wall, pelvic drop on a step.

One pose function serves all three: a stance leg on a planted foot, a pelvis that may
drop on the free side, a trunk, and a free leg that hangs or is held up. The middle of
the body is over the stance foot, else it would fall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import (
    Figure,
    X,
    Y,
    between,
    column,
    hang_arms,
    min_jerk,
    rot,
    spread,
    stack3,
    take,
    unit,
)
from exerciser.movement import CameraRange, FaultSpec, Measured, Movement, Prop, RepTruth
from exerciser.movements._shared import (
    BACK,
    KNEE_INWARD,
    OBLIQUE,
    PELVIC_DROP,
    SIDE,
    SIDE_LEAN,
    SQUARE,
    beyond_usual,
    deeper,
    grown,
    peak,
    too_little,
)
from exerciser.set_types import GeneratedSet
from formcheck.engine.pose import Landmark

_REST_KNEE_DEG, _REST_SHANK_DEG = 7.0, 3.5
#: How high the free foot is kept off the floor at least, metres.
_CLEAR_M = 0.05

ONE_LEG: dict[str, float] = {
    "depth": 1.0,  # share of the knee's way that effort 1 goes
    "knee_flexion_deg": 76.0,  # of the stance knee at effort 1
    "shank_deg": 26.0,  # forward lean of the stance shin at effort 1
    "toe_out_deg": 7.0,
    "hip_over_cm": 7.0,  # stance hip outward of its ankle: the body is over the foot
    "step_cm": 0.0,  # what the stance foot stands on
    "trunk_deg": 26.0,  # forward lean of the trunk at effort 1
    "level_deg": 0.0,  # pelvis at rest, + = free side lower
    "drop_deg": 2.0,  # how far the free side sinks at effort 1 by itself
    "free_hip_deg": 28.0,  # free thigh forward of the vertical at rest ...
    "free_hip_full_deg": 68.0,  # ... and at effort 1
    "free_knee_deg": 45.0,
    "free_knee_full_deg": 36.0,
    "free_out_deg": 3.0,
    "tap": 0.0,  # 1 = the free foot stands on the floor between repetitions
    "arms_forward": 0.0,
    "arms_rest": 0.0,  # arms held out in front all the time
    "valgus_cm": 0.0,  # knee centre medial of the hip-ankle-toe plane
    "pelvic_drop_deg": 0.0,  # beyond what the movement itself drops
    "trunk_side_deg": 0.0,  # toward the stance side
    "trunk_lean_deg": 0.0,
    "knee_bend_deg": 0.0,
    "foot_down": 0.0,  # 1 = the free foot is on the floor
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}


def one_leg(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Somebody on one leg; side: the stance leg. Effort 1 = the full movement."""
    e, n = effort, len(effort)
    p = take(ONE_LEG, params, n)
    f = Figure(body, n)
    fault = spread(e)
    s, o, out = ("l", "r", -1.0) if side == "left" else ("r", "l", 1.0)

    deep = e * p["depth"]
    knee = _REST_KNEE_DEG + deep * (p["knee_flexion_deg"] - _REST_KNEE_DEG)
    knee = knee + fault * p["knee_bend_deg"]
    shank = _REST_SHANK_DEG + deep * (p["shank_deg"] - _REST_SHANK_DEG)
    shank = shank + 0.45 * fault * p["knee_bend_deg"]
    lean = 1.0 + deep * (p["trunk_deg"] - 1.0) + fault * p["trunk_lean_deg"]
    sunk = fault * p["pelvic_drop_deg"]
    drop = p["level_deg"] + deep * p["drop_deg"] + sunk
    tilt_side = out * fault * p["trunk_side_deg"]
    pelvis = rot(Y, -out * drop) @ rot(X, -lean)
    chest = rot(Y, tilt_side) @ rot(X, -lean)
    f.trunk(pelvis, chest, rot(Y, 0.6 * tilt_side) @ rot(X, -0.35 * lean))

    width = 0.5 * f.width("thigh01")
    # A pelvis that sinks moves outward over its hip, a trunk that leans out lets it go in.
    over = (p["hip_over_cm"] + 0.12 * sunk - 0.1 * fault * p["trunk_side_deg"]) / 100
    place = out * (width - p["hip_over_cm"][0] / 100)
    c, tilt = f.over_ankle(s, knee, shank)
    c = np.sqrt(np.maximum(c * c - over**2, 1e-6))
    height = p["step_cm"] / 100
    hip = stack3(
        place + out * over + p["sway_x_m"],
        c * np.sin(tilt) + p["sway_y_m"],
        f.rest(f"foot_{s}")[2] + height + c * np.cos(tilt),
        n,
    )
    f.move(hip - f.point(f"thigh01_{s}"))
    ankle, foot, toes = f.planted(s, place, 0.0, float(p["toe_out_deg"][0]), 0.0)
    planted = ankle + stack3(0, 0, height, n), foot, toes
    f.stand_on(s, planted, f.toe(s, planted) - planted[0], p["valgus_cm"] / 100 * fault)
    _free_leg(f, o, -out, p, e, place)
    forward = np.clip(p["arms_rest"] + p["arms_forward"] * np.clip(e * 1.3, 0, 1), 0, 1)
    hang_arms(f, forward)
    return f.pose()


def _free_leg(f: Figure, o: str, out: float, p: dict[str, Array], e: Array, place: float) -> None:
    """The other leg: held by its angles, clear of the floor, or on it where asked."""
    n = f.count
    share = np.clip(e, 0, 1.2)
    thigh = np.radians(p["free_hip_deg"] + share * (p["free_hip_full_deg"] - p["free_hip_deg"]))
    bent = np.radians(p["free_knee_deg"] + share * (p["free_knee_full_deg"] - p["free_knee_deg"]))
    a, b = f.leg_lengths(o)
    wide = out * np.sin(np.radians(p["free_out_deg"]))
    hip = f.point(f"thigh01_{o}")
    ankle = hip + a * unit(stack3(wide, np.sin(thigh), -np.cos(thigh), n))
    ankle = ankle + b * unit(stack3(wide, np.sin(thigh - bent), -np.cos(thigh - bent), n))
    pole = stack3(0.25 * out * np.sin(thigh), np.cos(thigh), np.sin(thigh), n)

    floor, flat, _ = f.planted(o, place + out * 0.19, 0.01, 8.0, 0.0)
    touching = p["tap"] * (1 - min_jerk(e / 0.22)) + p["foot_down"]
    touching = np.clip(touching, 0, 1)[:, None]
    for _ in range(2):
        target = ankle + touching * (floor - ankle)
        f.leg(o, target, pole)
        hung = f.get(f"shank_{o}") @ rot(X, column(-14.0, n))
        foot = np.where(touching[..., None] > 0, _mixed(hung, flat, touching[:, 0]), hung)
        f.set(f"foot_{o}", foot)
        f.set(f"toes_{o}", foot)
        at = f.point(f"foot_{o}")
        tips = [f.landmark_rest(o, name) - f.rest(f"foot_{o}") for name in ("HEEL", "FOOT_INDEX")]
        low = np.min([(at + foot @ tip)[:, 2] for tip in tips], axis=0)
        ankle = ankle + stack3(0, 0, np.maximum(_CLEAR_M - low, 0) * (touching[:, 0] < 0.5), n)


def _mixed(a: Array, b: Array, share: Array) -> Array:
    """Rotations (T, 3, 3) that share (T,) of the way from a to b."""
    return np.stack(
        [between(a[i : i + 1], b[i : i + 1], float(share[i]))[0] for i in range(len(a))]
    )


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """What the joints show.

    Of the stance leg: knee_flexion, knee_medial (+ = toward the free leg). Of the rest:
    pelvic_drop (+ = free side lower), trunk_side (+ = toward the stance leg),
    trunk_inclination (+ = forward), free_foot_cm (free ankle over the other).
    """
    legs = measuring.planted_legs(lm, up_pole=False)
    out = -1.0 if side == "left" else 1.0
    stance, free = (Landmark[f"{s}_ANKLE"] for s in _names(side))
    return {
        "knee_flexion_deg": legs[f"knee_flexion_{side}_deg"],
        "knee_medial_cm": legs[f"knee_medial_{side}_cm"],
        "knee_medial_share": legs[f"knee_medial_{side}_share"],
        "fppa_deg": legs[f"fppa_{side}_deg"],
        "pelvic_drop_deg": -out * measuring.pelvic_obliquity(lm),
        **measuring.trunk(lm, out),
        "free_foot_cm": 100 * (lm[:, free] - lm[:, stance])[:, 2],
    }


def _names(side: str) -> tuple[str, str]:
    """Stance and free side as landmarks spell them."""
    return ("LEFT", "RIGHT") if side == "left" else ("RIGHT", "LEFT")


# ------------------------------------------------------------------------- faults
def _touched(rep: RepTruth) -> list[Measured]:
    """How near to the floor the free foot came: the size is the share of the way down."""
    rest = float(rep.reference["free_foot_cm"][0])
    low = float(rep.metrics["free_foot_cm"][rep.rep].min())
    return [Measured(1 - low / rest, -low)]


def _small_drop(rep: RepTruth) -> list[Measured]:
    return [Measured(rep.target - rep.extreme, -rep.peak("pelvic_drop_deg"))]


_STYLES: tuple[dict[str, float], ...] = (
    {},  # free foot in front
    {"free_hip_deg": 2, "free_hip_full_deg": 5, "free_knee_deg": 48, "free_knee_full_deg": 80,
     "trunk_deg": 32, "arms_forward": 0.9},  # behind
    {"free_hip_deg": 30, "free_hip_full_deg": 46, "free_knee_deg": 62, "free_knee_full_deg": 92,
     "toe_out_deg": 12, "hip_over_cm": 6, "arms_rest": 0.7},
    {"tap": 1.0, "free_hip_full_deg": 52, "free_knee_full_deg": 66, "hip_over_cm": 8,
     "toe_out_deg": 3, "shank_deg": 29},  # foot set down between repetitions
)  # fmt: skip
_FRONT = CameraRange("front", (0, 25), weight=0.6, azimuth=(-13, 13))


def _squat_signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        "stance_flexion": m["knee_flexion_deg"],
        f"stance_knee_inward.{made.spec.side}": m["knee_medial_share"],
        f"free_hip_drop.{made.spec.side}": m["pelvic_drop_deg"],
        f"lean_to_stance.{made.spec.side}": m["trunk_side_deg"],
        "trunk_inclination": m["trunk_inclination_deg"],
    }


def _ball_signals(made: GeneratedSet) -> dict[str, Array]:
    """Those of the squat that its one view shows."""
    found = _squat_signals(made)
    del found["trunk_inclination"]
    return found


# ------------------------------------------------------------- ball at the wall
BALL = {
    **ONE_LEG,
    "knee_flexion_deg": 46.0,
    "shank_deg": 17.0,
    "trunk_deg": 11.0,
    "drop_deg": 1.0,
    "free_hip_deg": 52.0,
    "free_hip_full_deg": 52.0,
    "free_knee_deg": 72.0,
    "free_knee_full_deg": 72.0,
    "free_out_deg": 6.0,
}
#: Flesh of a thigh beside its bone, and the ball, metres.
_FLESH_M, _BALL_M = 0.075, 0.25


def _ball_and_wall(body: Body, params: Mapping[str, float], side: str) -> tuple[Prop, ...]:
    pose = one_leg(body, np.array([0.4]), {k: float(v) for k, v in params.items()}, side)
    lm = body.landmarks(pose)[0]
    _, free = _names(side)
    out = 1.0 if side == "left" else -1.0  # where the free leg is
    hip, knee = lm[Landmark[f"{free}_HIP"]], lm[Landmark[f"{free}_KNEE"]]
    at = hip + 0.75 * (knee - hip)
    ball = at + np.array([out * (_FLESH_M + 0.5 * _BALL_M), 0, 0])
    wall = at[0] + out * (_FLESH_M + _BALL_M + 0.06)
    return (
        Prop((float(ball[0]), float(ball[1]), float(ball[2])), (_BALL_M,) * 3, "ball"),
        Prop((float(wall), -0.2, 1.2), (0.12, 2.0, 2.4), "wall"),
    )


# ------------------------------------------------------------------- pelvic drop
HANG = {
    **ONE_LEG,
    "knee_flexion_deg": 5.0,
    "shank_deg": 3.0,
    "trunk_deg": 2.0,
    "drop_deg": 11.0,
    "free_hip_deg": 4.0,
    "free_hip_full_deg": 4.0,
    "free_knee_deg": 7.0,
    "free_knee_full_deg": 6.0,
    "step_cm": 16.0,
    "hip_over_cm": 6.5,
}


def _step(body: Body, params: Mapping[str, float], side: str) -> tuple[Prop, ...]:
    width = 0.5 * float(np.linalg.norm(body.joint_rest("thigh01_l") - body.joint_rest("thigh01_r")))
    out = -1.0 if side == "left" else 1.0
    foot = out * (width - params["hip_over_cm"] / 100)
    high = params["step_cm"] / 100
    return (Prop((foot + out * 0.12, 0.07, 0.5 * high), (0.35, 0.40, high), "step"),)


def _drop_signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        "free_side_drop": m["pelvic_drop_deg"],
        f"lean_to_stance.{made.spec.side}": m["trunk_side_deg"],
    }


MOVEMENTS = (
    Movement(
        id="single_leg_squat",
        posture="standing",
        unilateral=True,
        defaults=ONE_LEG,
        pose=one_leg,
        primary="knee_flexion_deg",
        concentric="inbound",
        metrics=metrics,
        faults={
            "knee_valgus": KNEE_INWARD,
            "pelvic_drop": PELVIC_DROP,
            "trunk_lateral_lean": SIDE_LEAN,
            "trunk_lean": FaultSpec(
                "deg the trunk leans forward beyond its lean without the fault",
                ("side",),
                beyond_usual("trunk_inclination_deg"),
                mild=40,
                marked=55,
                parameters=(("trunk_lean_deg", 1.0),),
                sizes=(8.0, 36.0),
            ),
            "shallow_depth": FaultSpec(
                "deg of knee flexion missing to the full movement",
                ("side",),
                too_little,
                mild=-60,
                marked=-50,
                apply=deeper("knee_flexion_deg", _REST_KNEE_DEG, -1.0),
                sizes=(16.0, 32.0),
            ),
        },
        cameras=(
            _FRONT,
            CameraRange("side", (65, 115), weight=0.4, azimuth=(76, 100), toward_working=True),
            OBLIQUE,
            BACK,
        ),
        judging=SQUARE,
        views={"front": (0.0, 4.0), "side": (90.0, 3.0)},
        told=("front", "side"),
        variants=_STYLES,
        signals=_squat_signals,
        signals_from_rest=frozenset({"free_hip_drop", "lean_to_stance"}),
        compared_in={
            "stance_flexion": ("front", "side"),
            "stance_knee_inward": ("front",),
            "free_hip_drop": ("front",),
            "lean_to_stance": ("front",),
            "trunk_inclination": ("side",),
        },
    ),
    Movement(
        id="ball_single_leg_squat",
        posture="standing",
        unilateral=True,
        defaults=BALL,
        pose=one_leg,
        primary="knee_flexion_deg",
        concentric="inbound",
        metrics=metrics,
        faults={
            "knee_valgus": KNEE_INWARD,
            "pelvic_drop": PELVIC_DROP,
            "trunk_lateral_lean": FaultSpec(
                "deg the trunk leans to the stance side (-: to the wall)",
                ("front",),
                peak("trunk_side_deg"),
                mild=8,
                marked=12,
                parameters=(("trunk_side_deg", 1.0),),
                sizes=(10.0, 26.0),
                either_way=True,
            ),
            "foot_down": FaultSpec(
                "share of the way the free foot came down to the floor",
                ("front",),
                _touched,
                mild=-10,
                marked=-4,
                parameters=(("foot_down", 1.0),),
                acts="back",
                sizes=(0.97, 1.0),
            ),
        },
        cameras=(
            CameraRange("front", (0, 25), weight=0.9, azimuth=(-13, 13)),
            CameraRange("side", (65, 115), weight=0.1, azimuth=(76, 95), toward_working=True),
            OBLIQUE,
            BACK,
        ),
        judging=SQUARE,
        views={"front": (0.0, 4.0)},
        told=("front",),
        variants=(
            {},
            {
                "free_hip_deg": 46,
                "free_hip_full_deg": 44,
                "free_knee_deg": 62,
                "free_knee_full_deg": 60,
                "hip_over_cm": 6,
                "toe_out_deg": 11,
            },
            {
                "free_hip_deg": 60,
                "free_hip_full_deg": 60,
                "free_knee_deg": 85,
                "free_knee_full_deg": 85,
                "hip_over_cm": 8,
                "toe_out_deg": 4,
                "arms_rest": 0.5,
            },
        ),
        signals=_ball_signals,
        signals_from_rest=frozenset({"free_hip_drop", "lean_to_stance"}),
        compared_in={
            "stance_flexion": ("front", "side"),
            "stance_knee_inward": ("front",),
            "free_hip_drop": ("front",),
            "lean_to_stance": ("front",),
        },
        props=_ball_and_wall,
    ),
    Movement(
        id="pelvic_drop",
        posture="standing",
        unilateral=True,
        defaults=HANG,
        pose=one_leg,
        primary="pelvic_drop_deg",
        concentric="inbound",
        metrics=metrics,
        faults={
            "knee_bend": FaultSpec(
                "deg the standing knee bends",
                ("front",),
                grown("knee_flexion_deg"),
                mild=15,
                marked=25,
                parameters=(("knee_bend_deg", 1.0),),
                sizes=(10.0, 36.0),
            ),
            "trunk_lateral_lean": replace(SIDE_LEAN, sizes=(14.0, 32.0)),
            "range_too_small": FaultSpec(
                "deg of drop missing to the full movement",
                ("front",),
                _small_drop,
                mild=-8,
                marked=-6.3,
                parameters=(("drop_deg", -1.0),),
                sizes=(2.0, 5.0),
            ),
        },
        cameras=(
            CameraRange("front", (0, 25), weight=1.0, azimuth=(-13, 13), elevation=(0.0, 10.0)),
            SIDE,
            OBLIQUE,
            BACK,
        ),
        judging=SQUARE,
        views={"front": (0.0, 3.0)},
        told=("front",),
        variants=(
            {},
            {
                "step_cm": 12,
                "free_hip_deg": 10,
                "free_hip_full_deg": 10,
                "free_knee_deg": 12,
                "free_knee_full_deg": 11,
                "toe_out_deg": 3,
                "hip_over_cm": 8,
            },
            {
                "step_cm": 20,
                "level_deg": -2,
                "drop_deg": 13,
                "toe_out_deg": 11,
                "hip_over_cm": 5.5,
                "free_hip_deg": 0,
                "free_hip_full_deg": 0,
            },
        ),
        signals=_drop_signals,
        signals_from_rest=frozenset({"free_side_drop", "lean_to_stance"}),
        compared_in={"free_side_drop": ("front",), "lean_to_stance": ("front",)},
        props=_step,
    ),
)
