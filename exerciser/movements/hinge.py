"""Hip hinges: the deadlift on both feet and on one leg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import (
    Figure,
    X,
    Y,
    between,
    dot,
    min_jerk,
    rot,
    spread,
    stack3,
    take,
)
from exerciser.measuring import deg, mean_of_sides, middle, points
from exerciser.movement import CameraRange, FaultSpec, Measured, Movement, RepClock, RepTruth
from exerciser.movements._shared import BACK, SQUARE, beyond_usual, deeper, grown, too_little
from exerciser.set_types import GeneratedSet

UPRIGHT_DEG = 1.0  # lean of the trunk of somebody who stands
STANDING_KNEE_DEG = 6.0
#: After a repetition that was not finished, how long the person stays bent, seconds.
BENT_FOR_S, UNBEND_S = 0.5, 0.5

DEADLIFT: dict[str, float] = {
    "depth": 1.0,  # share of the whole movement that effort 1 reaches
    "trunk_deg": 81.0,  # lean of the trunk at effort 1
    "knee_flexion_deg": 22.0,  # at effort 1
    "shank_deg": 3.0,  # forward lean of the shin at effort 1
    "stance": 0.75,  # ankle distance over shoulder-joint distance
    "toe_out_deg": 8.0,
    "knee_bend_deg": 0.0,  # knee flexion too many; the trunk stays more upright for it
    "rounding_deg": 0.0,  # chest bent forward against the pelvis, the trunk's lean kept
    "still_bent_deg": 0.0,  # hip flexion kept while standing, two thirds of it in the trunk
    "head_up_deg": 0.0,  # head bent back against the chest at effort 1
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}

SINGLE: dict[str, float] = {
    "depth": 1.0,
    "trunk_deg": 82.0,
    "knee_flexion_deg": 16.0,  # of the leg that stands, at effort 1
    "shank_deg": 4.0,
    "stance": 0.55,
    "toe_out_deg": 5.0,
    "knee_bend_deg": 0.0,
    "opening_deg": 0.0,  # free side of the pelvis turned up about the trunk's long axis
    "free_leg_deg": 0.0,  # how much lower than in line with the trunk the free leg is
    "rounding_deg": 0.0,
    "foot_up": 0.0,  # 1: the free foot stays off the floor between repetitions
    "arm_out": 0.0,  # 1: the other arm is held out to the side, else both hang
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}


def _trunk(f: Figure, lean: Array, rounding: Array, head_up: Array, turn: Array) -> None:
    """The trunk leaning forward; turn (T, 3, 3): of the pelvis, and of the chest by half."""
    bend = 0.5 * rounding
    pelvis = turn @ rot(X, bend - lean)
    chest = between(np.broadcast_to(np.eye(3), turn.shape), turn, 0.5) @ rot(X, -bend - lean)
    f.trunk(pelvis, chest, rot(X, -0.85 * lean + head_up) if np.ndim(head_up) else chest)


def _hang(f: Figure, s: str, forward_deg: Array, out_deg: Array, elbow_deg: Array) -> None:
    """An arm hanging down as with a weight in the hand, palm to the back."""
    out = -1.0 if s == "l" else 1.0
    a, b = np.radians(forward_deg), np.radians(out_deg)
    upper = np.stack([out * np.sin(b), np.cos(b) * np.sin(a), -np.cos(b) * np.cos(a)], axis=1)
    f.arm(s, upper, X, elbow_deg)
    f.palm(s, f.get(f"forearm01_{s}") @ f.arm_rest(s)[1], stack3(-0.5 * out, -1.0, 0, f.count))


def deadlift(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Hinge on both feet with straight arms; effort 1 = wrists about at mid-shin."""
    e, n = effort, len(effort)
    p = take(DEADLIFT, params, n)
    f = Figure(body, n)
    fault = spread(e)
    deep = e * p["depth"]
    extra = fault * p["knee_bend_deg"]
    still = (1 - np.clip(deep, 0, 1)) * p["still_bent_deg"]
    knee = STANDING_KNEE_DEG + deep * (p["knee_flexion_deg"] - STANDING_KNEE_DEG)
    knee = knee + extra + 0.6 * still
    shank = 2.5 + deep * (p["shank_deg"] - 2.5) + 0.45 * extra + 0.25 * still
    lean = UPRIGHT_DEG + deep * (p["trunk_deg"] - UPRIGHT_DEG) - 0.25 * extra + 0.66 * still
    none = np.broadcast_to(np.eye(3), (n, 3, 3))
    _trunk(f, lean, fault * p["rounding_deg"], fault * p["head_up_deg"], none)

    half, width = 0.5 * p["stance"][0] * f.width("arm01"), 0.5 * f.width("thigh01")
    c, tilt = f.over_ankle("r", knee, shank)
    c = np.sqrt(np.maximum(c * c - (half - width) ** 2, 1e-6))
    hips = stack3(
        p["sway_x_m"],
        c * np.sin(tilt) + p["sway_y_m"],
        f.rest("foot_r")[2] + c * np.cos(tilt),
        n,
    )
    f.move(hips - f.middle("thigh01"))
    for s, x in (("l", -half), ("r", half)):
        foot = f.planted(s, x, 0.0, float(p["toe_out_deg"][0]), 0.0)
        f.stand_on(s, foot, f.toe(s, foot) - foot[0])
        _hang(f, s, 7 - 14 * np.clip(deep, 0, 1), np.full(n, 5.0), np.full(n, 7.0))
    return f.pose()


def single_leg(body: Body, effort: Array, params: Mapping[str, Any], side: str) -> Pose:
    """Hinge on the leg named by side; effort 1 = trunk and free leg nearly level."""
    e, n = effort, len(effort)
    p = take(SINGLE, params, n)
    f = Figure(body, n)
    fault = spread(e)
    deep = e * p["depth"]
    st, fr = ("l", "r") if side == "left" else ("r", "l")
    outward = -1.0 if st == "l" else 1.0
    # On one leg: soon after the start, or all the time.
    alone = np.maximum(min_jerk(np.clip(deep, 0, 1) / 0.3), p["foot_up"])
    extra = fault * p["knee_bend_deg"]
    knee = STANDING_KNEE_DEG + deep * (p["knee_flexion_deg"] - STANDING_KNEE_DEG) + extra
    shank = 2.5 + deep * (p["shank_deg"] - 2.5) + 0.5 * extra
    lean = UPRIGHT_DEG + deep * (p["trunk_deg"] - UPRIGHT_DEG)
    level = np.radians(lean)
    long_axis = np.stack([np.zeros(n), np.sin(level), np.cos(level)], axis=1)
    turn = rot(long_axis, outward * fault * p["opening_deg"])
    _trunk(f, lean, fault * p["rounding_deg"], fault * 12.0, turn)

    half, width = 0.5 * p["stance"][0] * f.width("arm01"), 0.5 * f.width("thigh01")
    c, tilt = f.over_ankle(st, knee, shank)
    # The weight goes over the foot that stands.
    hip_x = outward * (width + alone * (0.75 * half))
    aside = hip_x - outward * half
    c = np.sqrt(np.maximum(c * c - aside**2, 1e-6))
    hip = stack3(
        hip_x + p["sway_x_m"],
        c * np.sin(tilt) + p["sway_y_m"],
        f.rest(f"foot_{st}")[2] + c * np.cos(tilt),
        n,
    )
    f.move(hip - f.point(f"thigh01_{st}"))
    foot = f.planted(st, outward * half, 0.0, float(p["toe_out_deg"][0]), 0.0)
    f.stand_on(st, foot, f.toe(st, foot) - foot[0])

    # The free leg: from beside the other, or just lifted, back into line with the trunk.
    down = f.planted(fr, -outward * half, 0.0, float(p["toe_out_deg"][0]), 0.0)
    not_yet = 1 - np.clip(deep, 0, 1)
    back = np.radians(14 * not_yet + lean - fault * p["free_leg_deg"])
    way = np.stack([np.zeros(n), -np.sin(back), -np.cos(back)], axis=1)
    reach = f.straightness(fr, 8 + 62 * not_yet**2)
    lifted = f.point(f"thigh01_{fr}") + reach[:, None] * way
    ankle = (1 - alone)[:, None] * down[0] + alone[:, None] * lifted
    f.leg(fr, ankle, f.get("pelvis") @ (Y + 0.12 * X * -outward))
    pointed = f.get(f"shank_{fr}") @ rot(X, 15 * not_yet - 15)
    for bone, flat in (("foot", down[1]), ("toes", down[2])):
        turned = np.stack(
            [between(flat[i : i + 1], pointed[i : i + 1], float(alone[i]))[0] for i in range(n)]
        )
        f.set(f"{bone}_{fr}", turned)
    bent = np.clip(deep, 0, 1)
    _hang(f, fr, 7 - 9 * bent, np.full(n, 4.0), np.full(n, 7.0))
    _hang(f, st, 7 - 9 * bent, 5 + 60 * bent * p["arm_out"], np.full(n, 8.0))
    return f.pose()


# ----------------------------------------------------------------------- metrics
def _rounding(body: Body, pose: Pose) -> Array:
    """(T,) degrees the chest is bent forward against the pelvis."""
    pelvis, chest = (pose.rotations[:, body.bone[b]] for b in ("pelvis", "spine01"))
    relative = np.swapaxes(pelvis, -1, -2) @ chest
    return -deg(relative[:, 2, 1], relative[:, 2, 2])


def _wrist_level(lm: Array, i: int) -> Array:
    """How far one wrist is from knee (0) to ankle (1) in height."""
    wrist, knee, ankle = (points(lm, name)[i][:, 2] for name in ("WRIST", "KNEE", "ANKLE"))
    out: Array = (knee - wrist) / (knee - ankle)
    return out


def deadlift_metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Legs as in `measuring`; hip_flexion of shoulder, hip and knee, 0 = straight.

    wrist_level_share: 0 at the knees, 1 at the ankles; rounding: chest against pelvis.
    """
    out = measuring.planted_legs(lm, up_pole=False)
    out["trunk_inclination_deg"] = measuring.trunk(lm)["trunk_inclination_deg"]
    for name in ("knee_flexion", "shank_inclination"):
        out[f"{name}_deg"] = mean_of_sides(out, name)
    shoulder, hip, knee = (middle(lm, name) for name in ("SHOULDER", "HIP", "KNEE"))
    out["hip_flexion_deg"] = 180 - measuring.angle(shoulder, hip, knee)
    out["wrist_level_share"] = 0.5 * (_wrist_level(lm, 0) + _wrist_level(lm, 1))
    out["rounding_deg"] = _rounding(body, pose)
    return out


def single_leg_metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """knee_flexion of the leg that stands, pelvic_opening, + = free hip turned up.

    That is about the trunk; free_leg_below + = free leg lower than in line with it.
    """
    out = {"trunk_inclination_deg": measuring.trunk(lm)["trunk_inclination_deg"]}
    i = 0 if side == "left" else 1
    hips, knees, ankles = (points(lm, name) for name in ("HIP", "KNEE", "ANKLE"))
    out["knee_flexion_deg"] = 180 - measuring.angle(hips[i], knees[i], ankles[i])
    level = np.radians(out["trunk_inclination_deg"])
    behind = np.stack([np.zeros_like(level), -np.cos(level), np.sin(level)], axis=1)
    line = hips[1 - i] - hips[i]
    away = X if side == "left" else -X
    out["pelvic_opening_deg"] = deg(dot(line, behind), dot(line, np.broadcast_to(away, line.shape)))
    leg = ankles[1 - i] - hips[1 - i]
    out["free_leg_below_deg"] = out["trunk_inclination_deg"] - deg(-leg[:, 1], -leg[:, 2])
    return out


# ------------------------------------------------------------------------ faults
def _not_up(params: dict[str, Array], clock: RepClock, size: float) -> None:
    """size: degrees of hip flexion left when the way back is over, for a moment."""
    after = clock.time_s - clock.plan.end_s - BENT_FOR_S
    # Two repetitions that both end bent do not add up.
    bent = size * clock.back * (1 - min_jerk(after / UNBEND_S))
    params["still_bent_deg"][:] = np.maximum(params["still_bent_deg"], bent)


def _unfinished(rep: RepTruth) -> list[Measured]:
    time, end = rep.made.time_s, rep.plan.end_s
    left = rep.metrics["hip_flexion_deg"][(time >= end - 0.1) & (time <= end + 0.3)].min()
    return [Measured(float(left - rep.reference["hip_flexion_deg"][0]), float(left))]


def _too_high(rep: RepTruth) -> list[Measured]:
    """Wrists that stay too high, in what the trunk lacks; 0 knee, -1 ankle."""
    return [Measured(rep.target - rep.extreme, -rep.at_turn("wrist_level_share"))]


def _deadlift_signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        "trunk_hinge": m["trunk_inclination_deg"],
        "knee_flexion.left": m["knee_flexion_left_deg"],
        "knee_flexion.right": m["knee_flexion_right_deg"],
        "wrist_level": m["wrist_level_share"],
        "hinge_hip_flexion": m["hip_flexion_deg"],
    }


def _single_signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        "trunk_hinge": m["trunk_inclination_deg"],
        f"knee_flexion.{made.spec.side}": m["knee_flexion_deg"],
        "free_leg_below_trunk": m["free_leg_below_deg"],
    }


CAMERAS = (
    CameraRange("side", (65, 115), weight=0.8, azimuth=(75, 100), both_sides=True),
    CameraRange("oblique", (25, 65), weight=0.1, azimuth=(32, 55), both_sides=True),
    CameraRange("front", (0, 25), weight=0.1, azimuth=(-14, 14)),
    BACK,
)
VIEWS = {"side": (90.0, 3.0), "front_oblique": (40.0, 5.0), "front": (0.0, 4.0)}

MOVEMENTS = (
    Movement(
        id="deadlift",
        posture="standing",
        unilateral=False,
        defaults=DEADLIFT,
        pose=deadlift,
        primary="trunk_inclination_deg",
        concentric="inbound",
        metrics=deadlift_metrics,
        from_rest=frozenset({"heel_rise_left_cm", "heel_rise_right_cm"}),
        faults={
            "knee_bend": FaultSpec(
                "deg of knee flexion at the bottom, more than without the fault",
                ("side",),
                beyond_usual("knee_flexion_deg"),
                mild=40,
                marked=60,
                parameters=(("knee_bend_deg", 1.0),),
                sizes=(14.0, 52.0),
            ),
            "shallow_hinge": FaultSpec(
                "deg of trunk lean missing to the full movement",
                ("side",),
                _too_high,
                # A weight hangs a fifth of the shin below the wrist.
                mild=0.1,
                marked=0.3,
                apply=deeper("trunk_deg", UPRIGHT_DEG, -1.0),
                sizes=(12.0, 34.0),
            ),
            "rounded_back": FaultSpec(
                "deg the chest is bent against the pelvis",
                ("side",),
                grown("rounding_deg"),
                mild=20,
                marked=35,
                parameters=(("rounding_deg", 1.0),),
                sizes=(12.0, 45.0),
            ),
            "incomplete_extension": FaultSpec(
                "deg of hip flexion left at the end",
                ("side",),
                _unfinished,
                mild=15,
                marked=25,
                apply=_not_up,
                sizes=(10.0, 30.0),
            ),
        },
        cameras=CAMERAS,
        judging=SQUARE,
        views=VIEWS,
        told=("side",),
        variants=(
            {"trunk_deg": 78.0, "knee_flexion_deg": 30.0, "shank_deg": 5.0},
            {},
            {"trunk_deg": 84.0, "knee_flexion_deg": 17.0, "head_up_deg": 25.0},
        ),
        signals=_deadlift_signals,
        compared_in={
            "trunk_hinge": ("side", "oblique", "front"),
            "knee_flexion": ("side",),
            "wrist_level": ("side",),
            "hinge_hip_flexion": ("side",),
        },
    ),
    Movement(
        id="single_leg_deadlift",
        posture="standing",
        unilateral=True,
        defaults=SINGLE,
        pose=single_leg,
        primary="trunk_inclination_deg",
        concentric="inbound",
        metrics=single_leg_metrics,
        from_rest=frozenset({"pelvic_opening_deg"}),
        faults={
            "pelvic_rotation": FaultSpec(
                "deg the free hip is turned up about the trunk",
                ("side", "front"),
                grown("pelvic_opening_deg"),
                mild=12,
                marked=20,
                parameters=(("opening_deg", 1.0),),
                sizes=(8.0, 40.0),
            ),
            "knee_bend": FaultSpec(
                "deg of knee flexion at the bottom, more than without the fault",
                ("side",),
                beyond_usual("knee_flexion_deg"),
                mild=30,
                marked=45,
                parameters=(("knee_bend_deg", 1.0),),
                sizes=(12.0, 42.0),
            ),
            "shallow_hinge": FaultSpec(
                "deg of trunk lean missing to the full movement",
                ("side",),
                too_little,
                mild=-68,
                marked=-52,
                apply=deeper("trunk_deg", UPRIGHT_DEG, -1.0),
                sizes=(14.0, 38.0),
            ),
            "free_leg_low": FaultSpec(
                "deg the free leg is lower than in line with the trunk",
                ("side",),
                beyond_usual("free_leg_below_deg"),
                mild=20,
                marked=35,
                parameters=(("free_leg_deg", 1.0),),
                sizes=(12.0, 50.0),
            ),
        },
        cameras=CAMERAS,
        judging=SQUARE,
        views=VIEWS,
        told=("side",),
        variants=(
            {},
            {"foot_up": 1.0, "arm_out": 1.0},
            {"trunk_deg": 87.0, "knee_flexion_deg": 12.0},
            {"trunk_deg": 80.0, "knee_flexion_deg": 20.0, "foot_up": 1.0},
        ),
        signals=_single_signals,
        compared_in={
            "trunk_hinge": ("side", "oblique", "front"),
            "knee_flexion": ("side",),
            "free_leg_below_trunk": ("side",),
        },
    ),
)
