"""Stepping up on a box: facing it, and sideways.

Two styles: the working foot stays on the box all the time, or both feet are on the
floor between repetitions. Coordinates: the free foot stands at y = 0, a box to step on
forwards is at +y, one at the side beyond the working foot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import Figure, X, Y, hang_arms, min_jerk, rot, spread, stack3, take
from exerciser.measuring import middle
from exerciser.movement import CameraRange, FaultSpec, Measured, Movement, Prop, RepTruth
from exerciser.movements._shared import (
    BACK,
    KNEE_INWARD,
    OBLIQUE,
    PELVIC_DROP,
    SIDE,
    SIDE_LEAN,
    SQUARE,
    largest,
)
from exerciser.set_types import GeneratedSet
from formcheck.engine.pose import Landmark

STEP: dict[str, float] = {
    "box_cm": 30.0,
    "sideways": 0.0,  # 1 = the box is at the side of the working leg
    "floor_rest": 0.0,  # 1 = both feet on the floor between repetitions
    "drive_deg": 60.0,  # free thigh forward of the vertical at the top
    "free_knee_deg": 85.0,  # and how far the free knee is bent there
    "toe_out_deg": 7.0,
    "trunk_deg": 16.0,  # forward lean on the way up
    "hip_over_cm": 6.0,  # working hip outward of its ankle at the top
    "top_knee_deg": 7.0,  # working knee at effort 1
    "valgus_cm": 0.0,  # knee centre medial of the hip-ankle-toe plane
    "trunk_lean_deg": 0.0,
    "trunk_side_deg": 0.0,  # toward the working leg
    "pelvic_drop_deg": 0.0,  # free side lower
    "push_cm": 0.0,  # how far the free heel lifts to push the body up
    "foot_on_box": 0.0,  # 1 = the free foot stands on the box at the top
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
#: Share of the effort that goes into putting the foot on the box, from the floor.
_PLACE = 0.3


def _places(p: Mapping[str, Any], out: float) -> tuple[float, float, float]:
    """x of the free ankle, x and y of the working ankle on the box, metres."""
    sideways = float(np.ravel(p["sideways"])[0]) > 0.5
    return (-out * 0.09, out * (0.21 if sideways else 0.09), 0.0 if sideways else 0.34)


def step(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Stepping up; side: the leg on the box. Effort 1 = its knee straight."""
    e, n = effort, len(effort)
    p = take(STEP, params, n)
    f = Figure(body, n)
    s, o, out = ("l", "r", -1.0) if side == "left" else ("r", "l", 1.0)
    from_floor = p["floor_rest"][0] > 0.5
    put = np.clip(e / _PLACE, 0, 1) if from_floor else np.ones(n)
    up = np.clip((e - _PLACE) / (1 - _PLACE), -0.05, 1.1) if from_floor else e
    swing = np.sqrt(np.clip(np.sin(np.pi * np.clip(up, 0, 1)), 0, None))  # on the way
    fault = spread(up)
    sideways = p["sideways"][0] > 0.5

    rest_lean = 3.0 if sideways else 6.0
    lean = rest_lean * (1 - fault) + 3.0 + swing * (p["trunk_deg"] + p["trunk_lean_deg"])
    aside = out * fault * p["trunk_side_deg"]
    pelvis = rot(Y, -out * fault * p["pelvic_drop_deg"]) @ rot(X, -0.8 * lean)
    f.trunk(pelvis, rot(Y, aside) @ rot(X, -lean), rot(Y, 0.6 * aside) @ rot(X, -0.4 * lean))

    # hips: over the free foot at rest, over the box foot at the top
    high = float(p["box_cm"][0]) / 100
    x_free, x_box, y_box = _places(p, out)
    ankle_z = float(f.rest(f"foot_{s}")[2])
    width = f.width("thigh01")
    lateral = p["hip_over_cm"] / 100
    leg_rest = float(f.straightness(o, 8.0)[0])
    x0 = x_free + out * (0.5 * width + (0.03 if sideways else 0.09))
    y0 = -0.01
    over = abs(x0 - 0.5 * out * width - x_free)
    z0 = ankle_z + np.sqrt(leg_rest**2 - over**2 - y0**2)
    leg_top = f.straightness(s, p["top_knee_deg"])
    x1 = x_box + out * (lateral - 0.5 * width)
    y1 = y_box - 0.02
    z1 = ankle_z + high + np.sqrt(leg_top**2 - lateral**2 - 0.02**2)
    early = np.clip(1.15 * up, -0.05, 1.0)
    push = 0.6 * p["push_cm"] / 100 * np.clip(np.sin(np.pi * np.clip(up / 0.45, 0, 1)), 0, None)
    hips = stack3(
        x0 - 0.5 * out * width + early * (x1 - x0 + 0.5 * out * width) + p["sway_x_m"],
        y0 + early * (y1 - y0) + p["sway_y_m"],
        z0 + up * (z1 - z0) + push,
        n,
    )
    f.move(hips + stack3(0.5 * out * width, 0, 0, n) - f.point(f"thigh01_{s}"))

    toe_out = float(p["toe_out_deg"][0])
    ankle, foot, toes = f.planted(s, x_box, y_box, toe_out, 0.0)
    ankle = ankle + stack3(0, 0, high, n)
    if from_floor:
        below, _, _ = f.planted(s, -x_free, 0.0, toe_out, 0.0)
        across = min_jerk(put * 1.25 - 0.25)
        arc = np.sin(np.pi * put) * 0.07
        rise = min_jerk(put * 1.3) * high + arc
        ankle = below + stack3(1, 1, 0, n) * across[:, None] * (ankle - below)
        ankle = ankle + stack3(0, 0, rise, n)
    toe = f.toe(s, (ankle, foot, toes))
    f.stand_on(s, (ankle, foot, toes), toe - ankle, p["valgus_cm"] / 100 * swing)
    _free_leg(f, o, -out, p, up)
    hang_arms(f, np.zeros(n))
    return f.pose()


def _free_leg(f: Figure, o: str, out: float, p: dict[str, Array], up: Array) -> None:
    """The other leg: on the floor at rest, then held up, or put on the box."""
    n = f.count
    x, x_box, y_box = _places(p, -out)
    heel = p["push_cm"] * np.clip(np.sin(np.pi * np.clip(up / 0.45, 0, 1)), 0, None)
    floor, flat, flat_toes = f.planted(o, x, 0.0, 8.0, heel)
    a, b = f.leg_lengths(o)
    thigh = np.radians(p["drive_deg"])
    bent = np.radians(p["free_knee_deg"])
    hip = f.point(f"thigh01_{o}")
    wide = out * 0.04
    held = hip + stack3(out * 0.02, a * np.sin(thigh), -a * np.cos(thigh), n)
    held = held + stack3(wide, b * np.sin(thigh - bent), -b * np.cos(thigh - bent), n)
    beside, _, _ = f.planted(o, x_box + out * 0.17, y_box, 8.0, 0.0)
    on_box = np.clip(p["foot_on_box"], 0, 1)
    held = held + on_box[:, None] * (beside + stack3(0, 0, p["box_cm"][0] / 100, n) - held)
    leave = min_jerk((up - 0.10 - 0.012 * p["push_cm"]) / 0.75)
    target = floor + leave[:, None] * (held - floor)
    # not through the edge of the box
    target[:, 2] += 0.10 * np.sin(np.pi * leave) * on_box
    f.leg(o, target, stack3(0.25 * out * np.sin(thigh), 1, 0.3 * leave, n))
    hang = np.sin(np.pi * np.clip(leave, 0, 1)) * 35 + leave * 12 * (1 - on_box)
    tip = rot(X, -hang)
    f.set(f"foot_{o}", tip @ flat)
    f.set(f"toes_{o}", tip @ flat_toes)


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Of the working leg, and hip_rise = height of the hips.

    foot_gap = how high the free ankle is over the working one; pelvic_drop + = free side
    lower; trunk_side + = toward the working leg; free_heel = height of the free heel.
    """
    out = -1.0 if side == "left" else 1.0
    legs = measuring.planted_legs(lm, up_pole=False)
    work, free = ("LEFT", "RIGHT") if side == "left" else ("RIGHT", "LEFT")
    gap = lm[:, Landmark[f"{free}_ANKLE"]] - lm[:, Landmark[f"{work}_ANKLE"]]
    return {
        "hip_rise_cm": 100 * middle(lm, "HIP")[:, 2],
        "knee_flexion_deg": legs[f"knee_flexion_{side}_deg"],
        "knee_medial_cm": legs[f"knee_medial_{side}_cm"],
        "knee_medial_share": legs[f"knee_medial_{side}_share"],
        "pelvic_drop_deg": -out * measuring.pelvic_obliquity(lm),
        **measuring.trunk(lm, out),
        "foot_gap_cm": 100 * gap[:, 2],
        "free_heel_cm": 100 * lm[:, Landmark[f"{free}_HEEL"], 2],
    }


# ------------------------------------------------------------------------- faults
def _bent(rep: RepTruth) -> list[Measured]:
    knee = rep.at_turn("knee_flexion_deg")
    return [Measured(knee - rep.reference["knee_flexion_deg"][1], knee)]


def _level(rep: RepTruth) -> list[Measured]:
    """Whether the free foot is as high as the other: 1 = level, 0 = a fifth of a shank off."""
    off = abs(rep.at_turn("foot_gap_cm")) / 100 / rep.shank_m
    return [Measured(1 - off / 0.2, 1 - off / 0.2)]


def _pushed(rep: RepTruth) -> list[Measured]:
    asked = float(rep.plan.faults.get("push_off", 0.0))
    return [Measured(asked, asked / 100 / rep.shank_m)]


def _box(body: Body, p: Mapping[str, float], side: str) -> tuple[Prop, ...]:
    out = -1.0 if side == "left" else 1.0
    _, x, y = _places(p, out)
    high = p["box_cm"] / 100
    if p["sideways"] > 0.5:
        return (Prop((x + out * 0.12, 0.07, 0.5 * high), (0.42, 0.5, high), "step"),)
    return (Prop((0.0, y + 0.09, 0.5 * high), (0.56, 0.40, high), "step"),)


def _signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        f"stepping_knee_inward.{made.spec.side}": m["knee_medial_share"],
        f"lean_to_stance.{made.spec.side}": m["trunk_side_deg"],
        f"free_hip_drop.{made.spec.side}": m["pelvic_drop_deg"],
        "trunk_inclination": m["trunk_inclination_deg"],
        "stance_flexion": m["knee_flexion_deg"],
        "feet_level": np.abs(m["foot_gap_cm"]) / 100 / measuring.shank_m(made.landmarks_m[0]),
    }


def _faults(told: tuple[str, ...]) -> dict[str, FaultSpec]:
    """Faults of both exercises. told: views the exercise asks for."""
    return {
        "knee_valgus": KNEE_INWARD,
        "foot_on_box": FaultSpec(
            "share the free foot is level with the other at the top",
            told,
            _level,
            mild=0.55,
            marked=0.6,
            parameters=(("foot_on_box", 1.0),),
            sizes=(1.0, 1.0),
        ),
        "incomplete_extension": FaultSpec(
            "deg the working knee stays bent at the top",
            ("side",),
            _bent,
            mild=15,
            marked=25,
            parameters=(("top_knee_deg", 1.0),),
            sizes=(8.0, 34.0),
        ),
    }


_A_HOVER = {"drive_deg": 8.0, "free_knee_deg": 50.0}
_STYLES: tuple[dict[str, float], ...] = (
    {"box_cm": 30.0},
    {"box_cm": 18.0, **_A_HOVER, "toe_out_deg": 11.0},
    {"box_cm": 45.0, "drive_deg": 75.0, "trunk_deg": 24.0, "toe_out_deg": 4.0},
    {"box_cm": 30.0, "floor_rest": 1.0, **_A_HOVER},
    {"box_cm": 43.0, "floor_rest": 1.0, "trunk_deg": 22.0},
    {"box_cm": 20.0, "drive_deg": 80.0, "free_knee_deg": 95.0},
)
SIDEWAYS = {**STEP, "sideways": 1.0, "trunk_deg": 9.0, "drive_deg": 35.0, "free_knee_deg": 70.0}
_FRONT = CameraRange("front", (0, 25), weight=0.5, azimuth=(-13, 13))
_COMPARED: dict[str, tuple[str, ...]] = {
    "stepping_knee_inward": ("front",),
    "lean_to_stance": ("front",),
    "free_hip_drop": ("front",),
    "trunk_inclination": ("side",),
    "stance_flexion": ("front", "side"),
    "feet_level": ("front", "side"),
}

MOVEMENTS = (
    Movement(
        id="step_up",
        posture="standing",
        unilateral=True,
        defaults=STEP,
        pose=step,
        primary="hip_rise_cm",
        concentric="outbound",
        metrics=metrics,
        from_rest=frozenset({"hip_rise_cm"}),
        faults={
            **_faults(("front", "side")),
            "trunk_lean": FaultSpec(
                "deg the trunk leans forward more than at rest",
                ("side",),
                largest("trunk_inclination_deg"),
                mild=35,
                marked=45,
                parameters=(("trunk_lean_deg", 1.0),),
                sizes=(6.0, 36.0),
            ),
            "push_off": FaultSpec(
                "cm the free heel lifts to push off",
                ("side",),
                _pushed,
                mild=0.1,
                marked=0.2,
                parameters=(("push_cm", 1.0),),
                sizes=(4.0, 11.0),
            ),
        },
        cameras=(
            _FRONT,
            CameraRange("side", (65, 115), weight=0.5, azimuth=(76, 100), both_sides=True),
            OBLIQUE,
            BACK,
        ),
        judging=SQUARE,
        views={"side": (90.0, 3.0), "front": (0.0, 4.0)},
        told=("front", "side"),
        variants=_STYLES,
        signals=_signals,
        signals_from_rest=frozenset({"lean_to_stance", "free_hip_drop"}),
        compared_in=_COMPARED,
        props=_box,
    ),
    Movement(
        id="lateral_step_up",
        posture="standing",
        unilateral=True,
        defaults=SIDEWAYS,
        pose=step,
        primary="hip_rise_cm",
        concentric="outbound",
        metrics=metrics,
        from_rest=frozenset({"hip_rise_cm"}),
        faults={
            **_faults(("front",)),
            "pelvic_drop": PELVIC_DROP,
            "trunk_lateral_lean": replace(SIDE_LEAN, sizes=(5.0, 20.0)),
        },
        cameras=(
            CameraRange("front", (0, 25), weight=1.0, azimuth=(-13, 13)),
            SIDE,
            OBLIQUE,
            BACK,
        ),
        judging=SQUARE,
        views={"front": (0.0, 4.0)},
        told=("front",),
        variants=tuple(
            {**v, "trunk_deg": 9.0}
            for v in (
                {"box_cm": 30.0},
                {"box_cm": 18.0, "drive_deg": 6.0, "free_knee_deg": 45.0, "toe_out_deg": 11.0},
                {"box_cm": 43.0, "drive_deg": 60.0, "free_knee_deg": 85.0},
                {"box_cm": 30.0, "floor_rest": 1.0},
                {"box_cm": 20.0, "drive_deg": 45.0, "toe_out_deg": 4.0},
            )
        ),
        signals=_signals,
        signals_from_rest=frozenset({"lean_to_stance", "free_hip_drop"}),
        compared_in=_COMPARED,
        props=_box,
    ),
)
