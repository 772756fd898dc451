"""On the side, the upper leg working: clamshell and leg lift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose
from exerciser.figure import Figure, Y, Z, across, dot, rot, spread, take, unit
from exerciser.lying import SIDE_LYING, foot_sides, lying, side_lie
from exerciser.measuring import deg, points
from exerciser.movement import CameraRange, FaultSpec, Movement, View
from exerciser.movements._shared import grown, largest, peak, too_little, too_much
from exerciser.set_types import GeneratedSet

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


def clamshell(body: Body, effort: Array, params: Mapping[str, Any], working: str) -> Pose:
    """Clamshell on the side; the working leg is the top one."""
    e, n = effort, len(effort)
    p = take(CLAMSHELL, params, n)
    _base, head, top, bottom = lying(working)
    hip_flex, knee_flex = np.radians(p["hip_flexion_deg"][0]), np.radians(p["knee_flexion_deg"][0])
    f, still = side_lie(body, working, e, p, (-0.05 * head, -0.15))
    out_b, in_b = foot_sides(body, bottom)
    a, b = f.leg_lengths(bottom)
    hip_b = still.point(f"thigh01_{bottom}")
    ankle_b = hip_b + a * np.array([-head * np.cos(hip_flex), np.sin(hip_flex), 0.0])
    ankle_b += b * np.array(
        [-head * np.cos(hip_flex - knee_flex), np.sin(hip_flex - knee_flex), 0.0]
    )
    ankle_b[:, 2] = out_b
    gap = in_b + foot_sides(body, top)[1]
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


def side_leg_lift(body: Body, effort: Array, params: Mapping[str, Any], working: str) -> Pose:
    """Side-lying leg lift; the working leg is the top one, straight."""
    e, n = effort, len(effort)
    p = take(SIDE_LEG_LIFT, params, n)
    _base, head, top, bottom = lying(working)
    f, still = side_lie(body, working, e, p, (-0.05 * head, -0.05))
    fault = spread(e)
    out_b, in_b = foot_sides(body, bottom)
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
        away = ankle_b + (in_b + foot_sides(body, top)[1]) * Z - still.point(f"thigh01_{top}")
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


def clamshell_metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """As `measuring.side_lying`; opening: see `measuring.knee_opening`."""
    return {
        **measuring.side_lying(lm, side),
        "opening_deg": measuring.knee_opening(lm, side),
    }


def leg_lift_metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """As `measuring.side_lying`, and where the leg is.

    abduction of the hip-ankle line against the trunk, + = up; hip_flexion_drift,
    + = leg forward.
    """
    out = measuring.side_lying(lm, side)
    i = 0 if side == "left" else 1
    axis, lift, front = measuring.trunk_axes(lm)
    way = unit(points(lm, "ANKLE")[i] - points(lm, "HIP")[i])
    out["abduction_deg"] = deg(dot(way, lift), dot(way, axis))
    out["hip_flexion_drift_deg"] = np.degrees(np.arcsin(np.clip(dot(way, front), -1, 1)))
    return out


def _clamshell_signals(made: GeneratedSet) -> dict[str, Array]:
    shank = measuring.shank_m(made.landmarks_m[0])
    return {
        "clam_opening": made.metrics["opening_deg"],
        "ankle_gap": made.metrics["ankle_gap_cm"] / 100 / shank,
    }


def _leg_lift_signals(made: GeneratedSet) -> dict[str, Array]:
    return {
        "hip_abduction": made.metrics["abduction_deg"],
        "upper_knee_flexion": made.metrics["knee_flexion_deg"],
    }


# In front of the body, lower or raised (needed for pelvic rotation).
LOW, HIGH = "front_lying", "front_lying_high"
CAMERAS = (
    CameraRange("high", (0, 25), (25, 90), weight=0.56, azimuth=(-22, 22), elevation=(25, 44)),
    CameraRange("low", (0, 25), (-90, 25), weight=0.38, azimuth=(-22, 22), elevation=(5, 24)),
    CameraRange(
        "turned", (25, 90), weight=0.06, azimuth=(27, 36), elevation=(5, 44), both_sides=True
    ),
    CameraRange("back", (90, 180)),
)
JUDGING = (View(HIGH, (0, 25), (25, 45)), View(LOW, (0, 25), (-90, 25)))
PELVIC_ROTATION = FaultSpec(
    "deg, + = top hip backward",
    (HIGH,),
    peak("pelvic_roll_deg"),
    mild=20,
    marked=35,
    parameters=(("pelvic_roll_deg", 1.0),),
    sizes=(8.0, 35.0),
    either_way=True,
)


def _range_faults(
    what: str, mild: float, marked: float, drawn: tuple[float, float]
) -> dict[str, FaultSpec]:
    """Too little and too much of a movement; mild, marked: limits of too much, degrees moved."""
    return {
        "range_too_small": FaultSpec(
            f"deg below the target {what}",
            (LOW, HIGH),
            too_little,
            mild=-25,
            marked=-12,
            parameters=((f"{what}_deg", -1.0),),
            sizes=(5.0, 12.0),
        ),
        "range_too_large": FaultSpec(
            f"deg above the target {what}",
            (LOW, HIGH),
            too_much,
            mild=mild,
            marked=marked,
            parameters=((f"{what}_deg", 1.0),),
            sizes=drawn,
        ),
    }


FROM_REST = frozenset({"pelvic_roll_deg", "pelvic_hike_deg"})
MOVEMENTS = (
    Movement(
        id="clamshell",
        posture="side_lying",
        unilateral=True,
        defaults=CLAMSHELL,
        pose=clamshell,
        primary="opening_deg",
        concentric="outbound",
        metrics=clamshell_metrics,
        from_rest=FROM_REST | {"opening_deg"},
        faults={
            "pelvic_rotation": PELVIC_ROTATION,
            "feet_apart": FaultSpec(
                "cm growth of the ankle distance",
                (LOW, HIGH),
                grown("ankle_gap_cm", "shank_m"),
                mild=0.10,
                marked=0.20,
                parameters=(("feet_apart_cm", 1.0),),
                sizes=(2.0, 13.0),
            ),
            **_range_faults("opening", 50, 60, (12.0, 38.0)),
        },
        cameras=CAMERAS,
        judging=JUDGING,
        views={"front_lying": (0.0, 18.0), HIGH: (0.0, 33.0), "back_lying": (180.0, 18.0)},
        told=("high",),
        signals=_clamshell_signals,
        signals_from_rest=frozenset({"clam_opening", "ankle_gap"}),
        compared_in={"clam_opening": ("low", "high"), "ankle_gap": ("low", "high")},
    ),
    Movement(
        id="side_leg_lift",
        posture="side_lying",
        unilateral=True,
        defaults=SIDE_LEG_LIFT,
        pose=side_leg_lift,
        primary="abduction_deg",
        concentric="outbound",
        metrics=leg_lift_metrics,
        from_rest=FROM_REST | {"hip_flexion_drift_deg"},
        faults={
            "pelvic_rotation": PELVIC_ROTATION,
            "hip_flexion": FaultSpec(
                "deg drift of the leg forward",
                (LOW, HIGH),
                grown("hip_flexion_drift_deg"),
                mild=20,
                marked=30,
                parameters=(("hip_flexion_deg", 1.0),),
                sizes=(10.0, 38.0),
            ),
            "knee_bend": FaultSpec(
                "deg of knee flexion more than at rest",
                (HIGH,),
                largest("knee_flexion_deg"),
                mild=15,
                marked=25,
                parameters=(("knee_bend_deg", 1.0),),
                sizes=(6.0, 32.0),
            ),
            **_range_faults("abduction", 45, 55, (8.0, 30.0)),
        },
        cameras=CAMERAS,
        judging=JUDGING,
        views={"front_lying": (0.0, 16.0), HIGH: (0.0, 33.0), "back_lying": (180.0, 16.0)},
        told=("high",),
        variants=({}, {}, {"bottom_bent": 1.0}),
        signals=_leg_lift_signals,
        signals_from_rest=frozenset({"hip_abduction"}),
        compared_in={"hip_abduction": ("low", "high"), "upper_knee_flexion": ("low", "high")},
    ),
)
