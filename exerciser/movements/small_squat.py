"""Small squat: the two-leg squat, only a little way down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exerciser.body import Array, Body, Pose
from exerciser.movement import (
    CameraRange,
    FaultSpec,
    Measured,
    Movement,
    RepClock,
    RepTruth,
    View,
)
from exerciser.movements import squat as full
from exerciser.set_types import GeneratedSet

#: Knee flexion at rest, which the squat's pose function has built in.
_REST_DEG = 7.0
SMALL = full.SQUAT | {"knee_flexion_deg": 41.0, "shank_deg": 14.0, "knees_over_feet": 0.0}


def small_squat(body: Body, effort: Array, params: Mapping[str, Any], side: str = "both") -> Pose:
    """Small squat; effort 1 = knees bent by about 40 degrees."""
    return full.squat(body, effort, {**SMALL, **params}, side)


def _other_depth(params: dict[str, Array], clock: RepClock, degrees: float) -> None:
    """The whole way is scaled until the knee bends so many degrees more."""
    params["depth"][clock.during] += degrees / (params["knee_flexion_deg"][0] - _REST_DEG)


def _less(params: dict[str, Array], clock: RepClock, size: float) -> None:
    _other_depth(params, clock, -size)


def _more(params: dict[str, Array], clock: RepClock, size: float) -> None:
    _other_depth(params, clock, size)


def _shallow(rep: RepTruth) -> list[Measured]:
    # The knee angle itself decides, and less of it is worse.
    return [Measured(rep.target - rep.extreme, -rep.extreme)]


def _deep(rep: RepTruth) -> list[Measured]:
    return [Measured(rep.extreme - rep.target, rep.extreme)]


def _signals(made: GeneratedSet) -> dict[str, Array]:
    from exerciser import measuring

    m, lm = made.metrics, made.landmarks_m[0]
    return {
        "squat_flexion": m["knee_flexion_deg"],
        "hip_shift": -m["hip_shift_cm"] / 100 / measuring.shoulders_m(lm),
        "knee_inward.left": m["knee_medial_left_share"],
        "knee_inward.right": m["knee_medial_right_share"],
    }


FAULTS = {
    # A small bend leaves the knee little room to go inward.
    "knee_valgus": replace(
        full.FAULTS["knee_valgus"],
        unit="cm the knee centre is medial of the hip-ankle-toe plane",
        sizes=(1.5, 6.5),
    ),
    "range_too_small": FaultSpec(
        "deg of knee flexion missing to the full movement",
        ("side",),
        _shallow,
        mild=-29,
        marked=-25,
        apply=_less,
        sizes=(8.0, 16.0),
    ),
    "range_too_large": FaultSpec(
        "deg of knee flexion beyond the full movement",
        ("front", "side"),
        _deep,
        mild=55,
        marked=65,
        apply=_more,
        sizes=(10.0, 40.0),
    ),
    "hip_shift": full.FAULTS["hip_shift"],
}

MOVEMENTS = (
    Movement(
        id="small_squat",
        posture="standing",
        unilateral=False,
        defaults=SMALL,
        pose=small_squat,
        primary="knee_flexion_deg",
        concentric="inbound",
        metrics=full.metrics,
        faults=FAULTS,
        cameras=(
            CameraRange("front", (0, 25), weight=0.47, azimuth=(-14, 14)),
            CameraRange("side", (65, 115), weight=0.47, azimuth=(75, 100), both_sides=True),
            CameraRange("oblique", (25, 65), weight=0.06, azimuth=(32, 48), both_sides=True),
            CameraRange("back", (115, 180)),
        ),
        judging=(View("side", (70, 110)), View("front", (0, 15))),
        views={"front": (0.0, 4.0), "side": (90.0, 3.0), "front_oblique": (35.0, 5.0)},
        told=("front", "side"),
        variants=tuple(
            {
                "stance": stance,
                "toe_out_deg": toe_out,
                "shank_deg": shank,
                "arms_forward": arms,
            }
            for stance, toe_out, shank, arms in (
                (0.8, 8.0, 14.0, 0.0),
                (0.9, 12.0, 17.0, 0.5),
                (1.05, 20.0, 12.0, 0.0),
            )
        ),
        signals=_signals,
        signals_from_rest=frozenset({"hip_shift"}),
        compared_in={
            "squat_flexion": ("front", "oblique", "side"),
            "hip_shift": ("front",),
            "knee_inward": ("front",),
        },
    ),
)
