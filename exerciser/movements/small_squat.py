"""Small squat: the two-leg squat, only a little way down."""

from __future__ import annotations

from dataclasses import replace

from exerciser import measuring
from exerciser.body import Array
from exerciser.movement import CameraRange, FaultSpec, Movement
from exerciser.movements import squat as full
from exerciser.movements._shared import BACK, KNEES_INWARD, SQUARE, deeper, too_little, too_much
from exerciser.set_types import GeneratedSet

SMALL = full.SQUAT | {"knee_flexion_deg": 41.0, "shank_deg": 14.0, "knees_over_feet": 0.0}


def _signals(made: GeneratedSet) -> dict[str, Array]:
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
        unit=KNEES_INWARD.unit,
        sizes=(1.5, 6.5),
    ),
    "range_too_small": FaultSpec(
        "deg of knee flexion missing to the full movement",
        ("side",),
        too_little,
        mild=-29,
        marked=-25,
        apply=deeper("knee_flexion_deg", full.REST_KNEE_DEG, -1.0),
        sizes=(8.0, 16.0),
    ),
    "range_too_large": FaultSpec(
        "deg of knee flexion beyond the full movement",
        ("front", "side"),
        too_much,
        mild=55,
        marked=65,
        apply=deeper("knee_flexion_deg", full.REST_KNEE_DEG),
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
        pose=full.squat,
        primary="knee_flexion_deg",
        concentric="inbound",
        metrics=full.metrics,
        faults=FAULTS,
        cameras=(
            CameraRange("front", (0, 25), weight=0.47, azimuth=(-14, 14)),
            CameraRange("side", (65, 115), weight=0.47, azimuth=(75, 100), both_sides=True),
            CameraRange("oblique", (25, 65), weight=0.06, azimuth=(32, 48), both_sides=True),
            BACK,
        ),
        judging=SQUARE,
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
