"""Standing on one leg and drawing letters with the other one, its knee straight.

One repetition is one stand: effort 1 is the leg raised to where it draws. The working
side is that of the leg that draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exerciser.body import Array, Body, Pose
from exerciser.figure import (
    Figure,
    X,
    Y,
    hang_arms,
    min_jerk,
    part_way,
    rot,
    spread,
    stack3,
    take,
    unit,
)
from exerciser.measuring import angle, points, trunk
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
from exerciser.movements._shared import BACK, SIDE_LEAN, peak
from exerciser.set_types import GeneratedSet

ABC: dict[str, float] = {
    "raise_deg": 30.0,  # the drawing leg forward of the vertical at effort 1
    "aside_deg": 6.0,  # and to its own side
    "stance": 0.55,  # ankle distance over shoulder-joint distance, both feet down
    "toe_out_deg": 8.0,
    "letters_deg": 5.0,  # how far the drawing goes from its middle, SD
    "stance_knee_deg": 6.0,
    "lean_back_deg": 3.0,  # trunk backward at effort 1
    "lean_aside_deg": 1.0,  # trunk toward the standing leg at effort 1
    "knee_bend_deg": 0.0,  # of the drawing leg, beyond straight
    "trunk_side_deg": 0.0,  # further lean toward the standing leg
    "touch": 0.0,  # 1 = the drawing foot is back on the floor
    "arms_forward": 0.3,
    # What _draw fills in: where the leg is in its drawing.
    "draw_up_deg": 0.0,
    "draw_aside_deg": 0.0,
    "sway_x_m": 0.0,
    "sway_y_m": 0.0,
}
_STRAIGHT_DEG = 3.0


def single_leg_abc(
    body: Body, effort: Array, params: Mapping[str, Any], side: str = "left"
) -> Pose:
    """Effort 0 = on both feet, 1 = the leg of `side` raised."""
    e, n = effort, len(effort)
    p = take(ABC, params, n)
    f = Figure(body, n)
    fault = spread(e)
    free, stands = ("l", "r") if side == "left" else ("r", "l")
    outward = -1.0 if free == "l" else 1.0
    up = e * (1 - p["touch"])

    back = p["lean_back_deg"] * e
    lean = -outward * (fault * p["trunk_side_deg"] + e * p["lean_aside_deg"])
    f.trunk(rot(X, 0.5 * back), rot(Y, lean) @ rot(X, back), rot(X, 0.3 * back))

    half, width = 0.5 * p["stance"][0] * f.width("arm01"), 0.5 * f.width("thigh01")
    # The hips come over the standing foot, the joint a little to its outside.
    over = -outward * (half - 0.55 * width) * np.sin(0.5 * np.pi * np.clip(e / 0.6, 0, 1))
    reach = f.straightness(stands, p["stance_knee_deg"])
    aside = np.abs(-outward * half - (over - outward * width))
    ankle_z = f.rest("foot_r")[2]
    height = np.sqrt(np.maximum(reach**2 - aside**2 - (0.02 * e) ** 2, 0.1))
    f.move(
        stack3(over + p["sway_x_m"], -0.02 * e + p["sway_y_m"], ankle_z + height, n)
        - f.middle("thigh01")
    )
    toe_out = float(p["toe_out_deg"][0])
    foot = f.planted(stands, -outward * half, 0.0, toe_out, 0.0)
    f.stand_on(stands, foot, f.toe(stands, foot) - foot[0])

    flat, flat_foot, flat_toes = f.planted(free, outward * half, 0.0, toe_out, 0.0)
    hip = f.point(f"thigh01_{free}")
    forward = np.radians(up * (p["raise_deg"] + p["draw_up_deg"]))
    sideways = np.radians(up * (p["aside_deg"] + p["draw_aside_deg"]))
    way = unit(stack3(outward * np.tan(sideways), np.tan(forward), -1.0, n))
    long = f.straightness(free, _STRAIGHT_DEG + fault * (1 - p["touch"]) * p["knee_bend_deg"])
    in_air = min_jerk(up / 0.25)[:, None]
    ankle = (1 - in_air) * flat + in_air * (hip + long[:, None] * way)
    ankle[:, 2] = np.maximum(ankle[:, 2], ankle_z + 0.01 * in_air[:, 0])
    pole = unit(stack3(0.0, -way[:, 2], way[:, 1], n))
    f.leg(free, ankle, pole)
    shank = f.get(f"foot_{free}").copy()
    for bone, planted in (("foot", flat_foot), ("toes", flat_toes)):
        turn = np.swapaxes(planted, -1, -2) @ shank
        f.set(f"{bone}_{free}", planted @ part_way(turn, in_air[:, 0]))
    hang_arms(f, p["arms_forward"])
    return f.pose()


def _draw(
    body: Body, params: dict[str, Array], effort: Array, clocks: Sequence[RepClock], side: str
) -> None:
    """The letters: smooth strokes up, down and to the sides while the leg is raised."""
    for number, clock in enumerate(clocks):
        plan = clock.plan
        rng = np.random.default_rng([number, round(1000 * plan.start_s)])
        t = clock.t - plan.out_s
        drawing = min_jerk(t / 0.6) * min_jerk((plan.hold_s - t) / 0.6)
        for name, share in (("draw_up_deg", 1.0), ("draw_aside_deg", 1.1)):
            hz = rng.uniform(0.25, 0.95, 5)
            waves = np.sin(2 * np.pi * np.outer(t, hz) + rng.uniform(0, 2 * np.pi, 5))
            stroke = waves @ (hz**-0.5)
            stroke *= params["letters_deg"][0] * share / np.sqrt(0.5 * (1 / hz).sum())
            params[name] += drawing * np.clip(stroke, -2.2 * params["letters_deg"][0], None)


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """How the leg is raised and what goes wrong with it.

    raise: angle between the two legs' hip-ankle lines; knee_flexion of the drawing leg;
    foot_height_cm: its ankle over the other one; trunk_side + = toward the standing leg;
    path_legs: way of the drawing ankle about its hip so far, in leg lengths.
    """
    free, other = (0, 1) if side == "left" else (1, 0)
    hip, knee, ankle = (points(lm, n) for n in ("HIP", "KNEE", "ANKLE"))
    legs = [a - h for a, h in zip(ankle, hip, strict=True)]
    out = {"raise_deg": angle(legs[free], np.zeros(3), legs[other])}
    out["knee_flexion_deg"] = 180 - angle(hip[free], knee[free], ankle[free])
    out["foot_height_cm"] = 100 * (ankle[free] - ankle[other])[:, 2]
    out["trunk_side_deg"] = trunk(lm, 1.0 if side == "left" else -1.0)["trunk_side_deg"]
    moved = np.linalg.norm(np.diff(legs[free], axis=0), axis=1)
    length = float(np.linalg.norm(legs[other], axis=1).max())
    out["path_legs"] = np.concatenate([[0.0], np.cumsum(moved) / length])
    return out


def _bent(rep: RepTruth) -> list[Measured]:
    # Not the moments in which the leg is lifted and put down.
    up = rep.metrics["raise_deg"][rep.rep] > 0.5 * rep.target
    bent = rep.metrics["knee_flexion_deg"][rep.rep][up]
    size = float(np.percentile(bent, 80)) if len(bent) else 0.0
    return [Measured(size, size)]


def _down(rep: RepTruth) -> list[Measured]:
    """Seconds between the first and the last moment in the air with the foot down."""
    height = rep.metrics["raise_deg"][rep.rep]
    air = np.flatnonzero(height > 0.5 * rep.target)
    if not len(air):
        return [Measured(0.0, 0.0)]
    low = float((height[air[0] : air[-1]] < 0.22 * rep.target).sum()) / rep.made.fps
    return [Measured(low, low)]


def _touch(params: dict[str, Array], clock: RepClock, size: float) -> None:
    """size: seconds on the floor, in the middle of the stand."""
    plan = clock.plan
    t = clock.t - plan.out_s - 0.5 * plan.hold_s
    params["touch"] += min_jerk((t + 0.35) / 0.35) * min_jerk((size + 0.35 - t) / 0.35)


def _signals(made: GeneratedSet) -> dict[str, Array]:
    m = made.metrics
    side = made.spec.side
    return {"leg_raise": m["raise_deg"], f"raised_knee_flexion.{side}": m["knee_flexion_deg"]}


FAULTS = {
    "knee_bend": FaultSpec(
        "deg of knee flexion of the drawing leg",
        ("side", "oblique"),
        _bent,
        mild=15,
        marked=25,
        parameters=(("knee_bend_deg", 1.0),),
        sizes=(8.0, 45.0),
    ),
    "trunk_lateral_lean": replace(
        SIDE_LEAN,
        views=("oblique",),
        measure=peak("trunk_side_deg"),
        sizes=(6.0, 27.0),
        either_way=True,
    ),
    "foot_down": FaultSpec(
        "s the drawing foot is on the floor",
        ("side", "oblique"),
        _down,
        mild=0.05,
        marked=0.2,
        apply=_touch,
        sizes=(0.1, 0.6),
        min_hold_s=2.0,
        spoils_hold=True,
    ),
}

MOVEMENTS = (
    Movement(
        id="single_leg_abc",
        posture="standing",
        unilateral=True,
        defaults=ABC,
        pose=single_leg_abc,
        primary="raise_deg",
        concentric="outbound",
        metrics=metrics,
        faults=FAULTS,
        cameras=(
            CameraRange("front", (0, 25)),
            # from the standing leg's side: the raised leg points across the picture
            CameraRange("oblique", (25, 65), weight=0.4, azimuth=(-50, -34), toward_working=True),
            CameraRange("side", (65, 115), weight=0.6, azimuth=(75, 100), toward_working=True),
            BACK,
        ),
        judging=(View("side", (70, 110)), View("oblique", (30, 52)), View("front", (0, 15))),
        views={"side": (90.0, 3.0), "front_oblique": (-40.0, 4.0), "front": (0.0, 4.0)},
        told=("side", "oblique"),
        variants=tuple(
            {
                "raise_deg": up,
                "aside_deg": aside,
                "letters_deg": letters,
                "lean_back_deg": back,
                "arms_forward": arms,
                "stance_knee_deg": knee,
            }
            for up, aside, letters, back, arms, knee in (
                (28.0, 4.0, 4.5, 2.0, 0.1, 5.0),
                (33.0, 8.0, 5.5, 5.0, 0.5, 10.0),
                (38.0, 6.0, 6.5, 7.0, 0.3, 6.0),
                (30.0, 12.0, 4.5, 3.0, 0.0, 14.0),
            )
        ),
        signals=_signals,
        compared_in={"leg_raise": ("side", "oblique"), "raised_knee_flexion": ("side", "oblique")},
        course=_draw,
        tempo=Tempo(
            reps=2, out_s=(0.7, 1.5), hold_s=(5.0, 9.0), back_s=(0.7, 1.5), pause_s=(1.5, 2.2)
        ),
        away=True,
    ),
)
