"""Side steps in a squat, with a band around the legs: lateral band walk.

One repetition is one step and what follows it: while the effort goes to 1 the leading
foot steps out, while it comes back the other foot follows. The band cannot be seen and
is not made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import Figure, X, Y, hang_arms, min_jerk, rot, spread, stack3, take
from exerciser.measuring import points
from exerciser.movement import (
    CameraRange,
    FaultSpec,
    Measured,
    Movement,
    RepClock,
    RepTruth,
    Tempo,
    View,
)
from exerciser.movements._shared import BACK, KNEES_INWARD, SIDE, SIDE_LEAN, peak
from exerciser.set_types import GeneratedSet, SetSpec

BAND_WALK: dict[str, float] = {
    "knee_flexion_deg": 45.0,  # of the squat that is walked in
    "stance": 0.95,  # ankle distance over shoulder-joint distance
    "step": 0.9,  # how far a step of effort 1 goes, the same measure
    "toe_out_deg": 8.0,
    "turn_after": 0.0,  # steps until the other direction; 0 = never
    "straight_first": 1.0,  # 1 = stands straight before sitting into the squat
    "sway_deg": 1.5,  # trunk toward the step at effort 1, an ordinary walker's
    "sink_cm": 1.0,  # hips lower at effort 1
    "trunk_side_deg": 0.0,  # further lean toward the step
    "valgus_left_cm": 0.0,  # knee centre medial of the hip-ankle-toe plane
    "valgus_right_cm": 0.0,
    "rise_deg": 0.0,  # knee flexion lost
    "arms_forward": 0.5,  # 0 hanging, 1 held out in front
    # What _walk fills in: where the feet have got to (to the right), how high they are,
    # which one steps (1 = right, -1 = left, 0 = the working side's).
    "left_m": 0.0,
    "right_m": 0.0,
    "left_up_m": 0.0,
    "right_up_m": 0.0,
    "lead": 0.0,
    "straight": 0.0,
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
_LIFT_M = 0.045
_NARROWEST_M = 0.10


def band_walk(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """One moment of the walk; effort 1 = the feet a whole step further apart than at rest."""
    e, n = effort, len(effort)
    p = take(BAND_WALK, params, n)
    f = Figure(body, n)
    fault = spread(e)
    lead = np.where(p["lead"] == 0, -1.0 if side == "left" else 1.0, p["lead"])

    whole = (p["knee_flexion_deg"] - 7.0) * (1 - p["straight"])
    knee = 7.0 + np.maximum(whole - p["rise_deg"], 0.0)
    shank = 3.5 + 0.237 * (knee - 7.0)
    lean = 1.0 + 1.4 * (shank - 3.5)
    sideways = lead * (fault * p["trunk_side_deg"] + e * p["sway_deg"])
    f.trunk(rot(X, -lean), rot(Y, sideways) @ rot(X, -lean), rot(X, -0.35 * lean))

    half = 0.5 * p["stance"][0] * f.width("arm01")
    step = p["step"][0] * f.width("arm01") * e
    x = {
        "l": p["left_m"] - half - np.where(lead < 0, step, 0.0),
        "r": p["right_m"] + half + np.where(lead > 0, step, 0.0),
    }
    width = 0.5 * f.width("thigh01")
    c, tilt = f.over_ankle("r", knee, shank)
    c = np.sqrt(np.maximum(c * c - (half - width) ** 2, 1e-6))
    # the weight goes with the step
    middle_x = 0.5 * (x["l"] + x["r"]) + 0.18 * lead * step + p["sway_x_m"]
    back = c * np.sin(tilt) + p["sway_y_m"]
    up = c * np.cos(tilt) - 0.01 * p["sink_cm"] * e
    for s, hip in (("l", -width), ("r", width)):
        aside = x[s] - middle_x - hip
        reach = (0.997 * sum(f.leg_lengths("r"))) ** 2 - aside**2 - back**2
        up = np.minimum(up, np.sqrt(np.maximum(reach, 0.04)))
    f.move(stack3(middle_x, back, f.rest("foot_r")[2] + up, n) - f.middle("thigh01"))
    for s, name in (("l", "left"), ("r", "right")):
        flat, foot, toes = f.planted(s, 0.0, 0.0, float(p["toe_out_deg"][0]), 0.0)
        placed = (flat + stack3(x[s], 0.0, p[f"{name}_up_m"], n), foot, toes)
        f.stand_on(s, placed, f.toe(s, placed) - placed[0], p[f"valgus_{name}_cm"] / 100 * fault)
    hang_arms(f, p["arms_forward"])
    return f.pose()


def side_of(spec: SetSpec, number: int) -> str:
    """Which way step `number` (from 0) of a set goes."""
    turn = int(spec.params.get("turn_after", 0))
    other = {"left": "right", "right": "left"}[spec.side]
    return other if turn and (number // turn) % 2 else spec.side


def _walk(
    body: Body, params: dict[str, Array], effort: Array, clocks: Sequence[RepClock], side: str
) -> None:
    """Put the steps one after another: where both feet have got to, and which one steps.

    Feet that end up too near to each other (the fault) stay so until the next step.
    """
    shoulders = Figure(body, 1).width("arm01")
    step, stance = params["step"][0] * shoulders, params["stance"][0] * shoulders
    turn = int(params["turn_after"][0])
    first = 1.0 if side == "right" else -1.0
    params["lead"][:] = first
    narrow = 0.0
    for number, clock in enumerate(clocks):
        plan = clock.plan
        way = -first if turn and (number // turn) % 2 else first
        params["lead"][clock.t > 0] = way
        ahead, behind = ("right", "left") if way > 0 else ("left", "right")
        out = min_jerk(clock.t / max(plan.out_s, 1e-6))
        params[f"{ahead}_m"] += way * narrow * out
        narrow = min(plan.faults.get("feet_together", 0.0) / 100, stance - _NARROWEST_M)
        for foot in ("left", "right"):
            params[f"{foot}_m"] += way * plan.amplitude * step * clock.back
        params[f"{behind}_m"] += way * narrow * clock.back
        params[f"{ahead}_up_m"] += _LIFT_M * 4 * out * (1 - out)
        params[f"{behind}_up_m"] += _LIFT_M * 4 * clock.back * (1 - clock.back)
    if params["straight_first"][0] and clocks:
        t = clocks[0].t
        params["straight"][:] = min_jerk((-0.5 - t) / 0.8)


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Legs as in `measuring`, and how far apart and how straight they are.

    spread: angle that straight legs would make with the ankles so far apart sideways;
    extension: distance of hip and ankle as a share of the whole leg, of the leg that is
    more bent; trunk_side + = to the right.
    """
    out = measuring.planted_legs(lm, up_pole=False)
    ankles = points(lm, "ANKLE")
    length = sum(Figure(body, 1).leg_lengths("r"))
    share = 0.5 * (ankles[1] - ankles[0])[:, 0] / length
    out["spread_deg"] = np.degrees(2 * np.arcsin(np.clip(share, -1, 1)))
    out["stance_cm"] = 100 * (ankles[1] - ankles[0])[:, 0]
    bent = np.maximum(out["knee_flexion_left_deg"], out["knee_flexion_right_deg"])
    out["bent_knee_deg"] = bent
    out["extension"] = np.cos(np.radians(0.5 * bent))
    return out | measuring.trunk(lm)


def _risen(rep: RepTruth) -> list[Measured]:
    lost = rep.reference["bent_knee_deg"][0] - float(rep.metrics["bent_knee_deg"][rep.rep].min())
    return [Measured(lost, rep.largest("extension"))]


def _closed(rep: RepTruth) -> list[Measured]:
    own = float(rep.reference["stance_cm"][0])
    left = float(rep.metrics["stance_cm"][np.flatnonzero(rep.rep)[-1]])
    return [Measured(own - left, 1 - left / own)]


def _rise(params: dict[str, Array], clock: RepClock, size: float) -> None:
    """Up soon after the step has begun, down again when the other foot has come."""
    length = clock.plan.end_s - clock.plan.start_s
    params["rise_deg"] += size * min_jerk(clock.t / 0.4) * min_jerk((length + 0.2 - clock.t) / 0.4)


def _nothing(params: dict[str, Array], clock: RepClock, size: float) -> None:
    """The walk as a whole puts this fault in, see _walk."""


def _signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    return {
        "leg_spread": m["spread_deg"],
        "leg_extension": m["extension"],
        "stepping_knee_inward.left": m["knee_medial_left_share"],
        "stepping_knee_inward.right": m["knee_medial_right_share"],
    }


FAULTS = {
    "trunk_lateral_lean": replace(
        SIDE_LEAN,
        unit="deg the trunk leans toward the step",
        measure=peak("trunk_side_deg"),
        sizes=(6.0, 27.0),
        either_way=True,
    ),
    "knee_valgus": KNEES_INWARD,
    "standing_up": FaultSpec(
        "deg of knee flexion lost",
        ("front",),
        _risen,
        mild=0.97,
        marked=0.985,
        apply=_rise,
        sizes=(8.0, 55.0),
    ),
    "feet_together": FaultSpec(
        "cm the feet end up closer than they stood at first",
        ("front",),
        _closed,
        mild=0.4,
        marked=0.6,
        apply=_nothing,
        sizes=(4.0, 26.0),
    ),
}

MOVEMENTS = (
    Movement(
        id="lateral_band_walk",
        posture="standing",
        unilateral=True,
        defaults=BAND_WALK,
        pose=band_walk,
        primary="spread_deg",
        concentric="outbound",
        metrics=metrics,
        faults=FAULTS,
        cameras=(
            CameraRange("front", (0, 25), weight=0.9, azimuth=(-12, 12)),
            CameraRange("oblique", (25, 65), weight=0.1, azimuth=(30, 40), both_sides=True),
            SIDE,
            BACK,
        ),
        judging=(View("front", (0, 15)),),
        views={"front": (0.0, 4.0), "front_oblique": (35.0, 5.0), "side": (90.0, 3.0)},
        told=("front",),
        variants=tuple(
            {
                "stance": stance,
                "step": step,
                "toe_out_deg": toe_out,
                "knee_flexion_deg": knee,
                "turn_after": float(turn),
                "straight_first": first,
                "arms_forward": arms,
                "sway_deg": sway,
            }
            for stance, step, toe_out, knee, turn, first, arms, sway in (
                (0.75, 0.80, 6.0, 40.0, 2, 1.0, 0.2, 0.5),
                (0.95, 0.95, 10.0, 50.0, 2, 1.0, 0.7, 2.0),
                (1.05, 0.75, 14.0, 62.0, 3, 1.0, 0.0, 3.0),
                (0.90, 1.05, 8.0, 45.0, 0, 1.0, 0.5, 1.0),
                (1.00, 0.85, 10.0, 55.0, 2, 0.0, 0.4, 2.0),
                (0.95, 0.65, 6.0, 42.0, 1, 1.0, 0.0, 2.5),
            )
        ),
        signals=_signals,
        compared_in={
            "leg_spread": ("front", "oblique"),
            "leg_extension": ("front",),
            "stepping_knee_inward": ("front",),
        },
        course=_walk,
        side_of=side_of,
        lead_in_s=1.4,
        tempo=Tempo(
            reps=6, out_s=(0.45, 1.3), back_s=(0.45, 1.3), hold_s=(0.0, 0.4), pause_s=(0.0, 0.8)
        ),
    ),
)
