"""Two-leg squat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import Figure, X, Y, Z, dot, hang_arms, rot, spread, stack3, take, unit
from exerciser.measuring import mean_of_sides, middle
from exerciser.movement import (
    CameraRange,
    FaultAlias,
    FaultSpec,
    Measured,
    Movement,
    RepTruth,
    View,
)
from exerciser.movements._shared import BACK, KNEES_INWARD, deeper, peak, per_side
from exerciser.set_types import GeneratedSet

#: Knee flexion of somebody who stands.
REST_KNEE_DEG = 7.0

SQUAT: dict[str, float] = {
    "depth": 1.0,  # share of the knee flexion range that effort 1 reaches
    "knee_flexion_deg": 106.0,  # at effort 1
    "shank_deg": 27.0,  # forward lean of the shin at effort 1
    "stance": 0.9,  # ankle distance over shoulder-joint distance
    "toe_out_deg": 12.0,
    # Bent knees are over the feet; 0 leaves them in the plane of hip, ankle and toe, which
    # in all but narrow stances is inside of that.
    "knees_over_feet": 1.0,
    "valgus_left_cm": 0.0,  # knee centre medial of where it belongs
    "valgus_right_cm": 0.0,
    "swivel_left_deg": 0.0,  # leg turned inward about the line from hip to ankle
    "swivel_right_deg": 0.0,
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


def squat(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Two-leg squat; effort 1 = thighs about level."""
    e, n = effort, len(effort)
    p = take(SQUAT, params, n)
    f = Figure(body, n)
    fault = spread(e)

    deep = e * p["depth"]
    knee = REST_KNEE_DEG + deep * (p["knee_flexion_deg"] - REST_KNEE_DEG)
    shank = 3.5 + deep * (p["shank_deg"] - 3.5)
    lean = 1.0 + 1.4 * (shank - 3.5) + fault * p["trunk_lean_deg"]
    lean_side = fault * p["trunk_side_deg"]
    bend = 0.5 * fault * p["rounding_deg"]
    pelvis = rot(Y, fault * p["pelvic_drop_deg"]) @ rot(X, bend - lean)
    chest = rot(Y, lean_side) @ rot(X, -bend - lean)
    f.trunk(pelvis, chest, rot(X, -0.35 * lean))

    half, width = 0.5 * p["stance"][0] * f.width("arm01"), 0.5 * f.width("thigh01")
    c, tilt = f.over_ankle("r", knee, shank)
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
        pole = f.toe(s, foot) - foot[0]
        # A straight knee is where hip and foot have it.
        over = p["knees_over_feet"] * f.over_foot_deg(s, foot[0], pole) * spread(0.5 * knee / 25.0)
        f.stand_on(
            s,
            foot,
            pole,
            p[f"valgus_{name}_cm"] / 100 * fault,
            over + p[f"swivel_{name}_deg"] * fault,
        )
    forward = p["arms_forward"] * np.clip(e * 1.3, 0, 1)
    hang_arms(f, forward)
    return f.pose()


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Legs as in `measuring`, and the trunk.

    trunk_inclination + = forward; trunk_side and hip_shift + = to the right.
    """
    out = measuring.planted_legs(lm, up_pole=False)
    for name in ("knee_flexion", "thigh_elevation", "shank_inclination"):
        out[f"{name}_deg"] = mean_of_sides(out, name)
    out |= measuring.trunk(lm)
    out["hip_shift_cm"] = 100 * (middle(lm, "HIP") - middle(lm, "ANKLE"))[:, 0]
    out["pelvic_obliquity_deg"] = measuring.pelvic_obliquity(lm)
    return out


def over_feet(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """As `metrics`, with the bent knee's way inside of the upright plane of ankle and toe."""
    out = metrics(body, pose, lm, side)
    pairs = (measuring.points(lm, n) for n in ("KNEE", "ANKLE", "FOOT_INDEX"))
    for s, medial, knee, ankle, toe in zip(("left", "right"), (1.0, -1.0), *pairs, strict=True):
        aside = medial * unit(np.cross(toe - ankle, Z))
        bent = np.clip((out[f"knee_flexion_{s}_deg"] - 15.0) / 15.0, 0.0, 1.0)
        inside = bent * dot(knee - ankle, aside)
        out[f"knee_medial_{s}_cm"] = 100 * inside
        out[f"knee_medial_{s}_share"] = inside / np.linalg.norm(knee - ankle, axis=1)
    return out


def _depth(rep: RepTruth) -> list[Measured]:
    return [Measured(rep.target - rep.extreme, rep.at_turn("thigh_elevation_deg"))]


def _lean(rep: RepTruth) -> list[Measured]:
    trunk, shank = "trunk_inclination_deg", "shank_inclination_deg"
    lean = rep.at_turn(trunk) - rep.at_turn(shank)
    return [Measured(lean - rep.expected(trunk) + rep.expected(shank), lean)]


def _signals(made: GeneratedSet) -> dict[str, Array]:
    m, lm = made.metrics, made.landmarks_m[0]
    heels = 0.5 * (m["heel_rise_left_cm"] + m["heel_rise_right_cm"])
    return {
        "squat_flexion": m["knee_flexion_deg"],
        "thigh_elevation": m["thigh_elevation_deg"],
        "squat_lean": np.minimum(
            m["trunk_inclination_deg"],
            m["trunk_inclination_deg"] - m["shank_inclination_deg"] + 36.0,
        ),
        "heel_rise": heels / 100 / measuring.shank_m(lm),
        "hip_shift": -m["hip_shift_cm"] / 100 / measuring.shoulders_m(lm),
        "knee_inward.left": m["knee_medial_left_share"],
        "knee_inward.right": m["knee_medial_right_share"],
    }


#: Degrees of swivel for each cm at the knee of a squat to level thighs.
_SWIVEL_DEG = 1.7
FAULTS = {
    "knee_valgus": replace(
        KNEES_INWARD,
        unit="cm the bent knee is inside of the upright plane of its foot",
        aliases={
            **KNEES_INWARD.aliases,
            # Turned, not shifted: further in the more the knee is bent.
            "knee_swivel_left": FaultAlias((("swivel_left_deg", _SWIVEL_DEG),), "left"),
            "knee_swivel_right": FaultAlias((("swivel_right_deg", _SWIVEL_DEG),), "right"),
        },
    ),
    "shallow_depth": FaultSpec(
        "deg of knee flexion missing to the full movement",
        ("side",),
        _depth,
        mild=15,
        marked=35,
        apply=deeper("knee_flexion_deg", REST_KNEE_DEG, -1.0),
        sizes=(15.0, 40.0),
    ),
    "trunk_lean": FaultSpec(
        "deg the trunk leans beyond the shin, more than without the fault",
        ("side",),
        _lean,
        mild=20,
        marked=30,
        parameters=(("trunk_lean_deg", 1.0),),
        sizes=(8.0, 36.0),
    ),
    "heel_lift": FaultSpec(
        "cm the heel rises",
        ("side",),
        per_side("heel_rise_{side}_cm", "shank_m"),
        mild=0.06,
        marked=0.12,
        parameters=(("heel_left_cm", 1.0), ("heel_right_cm", 1.0)),
        sizes=(1.5, 8.0),
    ),
    "hip_shift": FaultSpec(
        "cm the hips are to the right of the ankles",
        ("front",),
        peak("hip_shift_cm", "shoulders_m"),
        mild=0.08,
        marked=0.15,
        parameters=(("hip_shift_cm", 1.0),),
        sizes=(2.0, 10.0),
        either_way=True,
    ),
}

MOVEMENTS = (
    Movement(
        id="squat",
        version=2,  # knees over the feet
        posture="standing",
        unilateral=False,
        defaults=SQUAT,
        pose=squat,
        primary="knee_flexion_deg",
        concentric="inbound",
        metrics=over_feet,
        from_rest=frozenset({"heel_rise_left_cm", "heel_rise_right_cm"}),
        faults=FAULTS,
        cameras=(
            CameraRange("front", (0, 25), weight=0.47, azimuth=(-14, 14)),
            CameraRange("side", (65, 115), weight=0.45, azimuth=(75, 100), both_sides=True),
            CameraRange("oblique", (25, 65), weight=0.08, azimuth=(32, 48), both_sides=True),
            BACK,
        ),
        judging=(View("side", (70, 110)), View("front", (0, 10))),
        views={
            "front": (0.0, 4.0),
            "side": (90.0, 3.0),
            "front_oblique": (35.0, 5.0),
            "back": (180.0, 4.0),
        },
        told=("front", "side"),
        # A few steps only: what is worked out once for a body and stance is kept.
        variants=tuple(
            {"stance": stance, "toe_out_deg": toe_out}
            # From feet under the hips (22 cm) to far outside of them (52 cm).
            for stance, toe_out in (
                (0.62, 3),
                (0.8, 8),
                (0.9, 12),
                (1.05, 20),
                (1.3, 26),
                (1.5, 30),
            )
        ),
        signals=_signals,
        signals_from_rest=frozenset({"heel_rise", "hip_shift"}),
        compared_in={
            "squat_flexion": ("front", "oblique", "side"),
            "thigh_elevation": ("oblique", "side"),
            "squat_lean": ("oblique", "side"),
            "heel_rise": ("side",),
            "hip_shift": ("front",),
            "knee_inward": ("front",),
        },
    ),
)
