"""Glute bridge on both feet."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from exerciser import measuring
from exerciser.body import Array, Body, Pose, load_body
from exerciser.figure import Z, spread, stack3, take
from exerciser.lying import arms_beside, hip_angle, supine_contact, supine_trunk
from exerciser.measuring import mean_of_sides, middle
from exerciser.movement import (
    CameraRange,
    FaultSpec,
    Measured,
    Movement,
    RepClock,
    RepTruth,
    View,
)
from exerciser.movements._shared import beyond_target, short_of_target
from exerciser.set_types import GeneratedSet

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


@lru_cache(maxsize=64)
def _bridge_table(name: str, interior: float, stance: float) -> tuple[Array, Array, float, float]:
    """Trunk pitch grid, hip angle at each, ankle y and shoulder y (feet at y = 0.5)."""
    body = load_body(name)
    grid, height, head = supine_contact(name)
    fine = np.linspace(grid[0], grid[-1], 145)
    f = supine_trunk(body, fine, np.interp(fine, grid, head))
    f.move(stack3(0, 0, np.interp(fine, grid, height), len(fine)) - f.middle("arm01"))
    hip = f.middle("thigh01")
    width = f.width("thigh01")
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


def bridge(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Glute bridge on both feet; effort 1 = shoulder, hip and knee about in line."""
    e, n = effort, len(effort)
    p = take(BRIDGE, params, n)
    stance = float(p["stance"][0])
    fine, angle, ankle_y, width = _bridge_table(body.name, float(p["knee_interior_deg"][0]), stance)
    grid, height, head = supine_contact(body.name)
    fault = spread(e)
    start = float(np.interp(0.0, fine, angle))
    # under- and over-extension scale the whole way, so that the rest pose is the same
    want = start + e * (p["target_deg"] + p["extension_deg"] - start) - p["sink_deg"]
    order = np.argsort(angle)
    pitch = np.interp(want, angle[order], fine[order])
    f = supine_trunk(body, pitch, np.interp(pitch, grid, head), fault * p["pelvic_drop_deg"])
    # centre the body on the origin: feet end near y = 0.55, head near y = -0.9
    y0 = 0.5 - ankle_y
    f.move(
        stack3(p["sway_x_m"], y0 + p["sway_y_m"], np.interp(pitch, grid, height), n)
        - f.middle("arm01")
    )
    for s, sign, name in (("l", -1.0, "left"), ("r", 1.0, "right")):
        foot = f.planted(s, sign * 0.5 * width * stance, 0.5, float(p["toe_out_deg"][0]), 0.0)
        f.stand_on(s, foot, Z, p[f"valgus_{name}_cm"] / 100 * fault)
    arms_beside(f, y0)
    return f.pose()


def metrics(body: Body, pose: Pose, lm: Array, side: str) -> dict[str, Array]:
    """Legs as in `measuring`; hip_angle of the midpoints (see `lying.hip_angle`)."""
    out = measuring.planted_legs(lm, up_pole=True)
    out["knee_flexion_deg"] = mean_of_sides(out, "knee_flexion")
    out["hip_angle_deg"] = hip_angle(*(middle(lm, n) for n in ("SHOULDER", "HIP", "KNEE")))
    out["pelvic_obliquity_deg"] = measuring.pelvic_obliquity(lm)
    return out


def _sink(params: dict[str, Array], clock: RepClock, size: float) -> None:
    """size: degrees lost from the top to the end of the hold."""
    params["sink_deg"] += size * (clock.held * (1 - clock.back))


def _sunk(rep: RepTruth) -> list[Measured]:
    lost = rep.lost_in_hold("hip_angle_deg")
    return [] if lost is None else [Measured(lost, lost)]


def _signals(made: GeneratedSet) -> dict[str, Array]:
    return {"hip_extension": made.metrics["hip_angle_deg"]}


FAULTS = {
    "incomplete_extension": FaultSpec(
        "deg below the target hip angle",
        ("side",),
        short_of_target,
        mild=10,
        marked=20,
        parameters=(("extension_deg", -1.0),),
        sizes=(6.0, 20.0),
    ),
    "overextension": FaultSpec(
        "deg above the target hip angle",
        ("side",),
        beyond_target,
        mild=13,
        marked=20,
        parameters=(("extension_deg", 1.0),),
        sizes=(8.0, 26.0),
    ),
    "sinking": FaultSpec(
        "deg of hip angle lost during the hold",
        ("side",),
        _sunk,
        mild=8,
        marked=15,
        apply=_sink,
        sizes=(5.0, 20.0),
        min_hold_s=2.0,
        spoils_hold=True,
    ),
}

MOVEMENTS = (
    Movement(
        id="glute_bridge",
        posture="supine",
        unilateral=False,
        defaults=BRIDGE,
        pose=bridge,
        primary="hip_angle_deg",
        concentric="outbound",
        metrics=metrics,
        from_rest=frozenset({"heel_rise_left_cm", "heel_rise_right_cm"}),
        faults=FAULTS,
        cameras=(
            CameraRange(
                "side", (75, 105), weight=0.8, azimuth=(75, 102), elevation=(3, 24), both_sides=True
            ),
            CameraRange(
                "oblique", weight=0.2, azimuth=(68, 75), elevation=(3, 24), both_sides=True
            ),
        ),
        judging=(View("side", (70, 110)),),
        views={
            "side": (90.0, 8.0),
            "side_oblique": (60.0, 12.0),
            "foot_oblique": (25.0, 22.0),
        },
        told=("side",),
        variants=tuple({"knee_interior_deg": deg} for deg in (70.0, 78.0, 88.0)),
        signals=_signals,
        compared_in={"hip_extension": ("side",)},
    ),
)
