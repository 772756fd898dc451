"""Hip thrust on one leg."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.exercises.hip_thrust import EXERCISE as HIP_THRUST
from formcheck.engine.exercises.single_leg_bridge import EXERCISE as SINGLE_LEG_BRIDGE

_RULES = {rule.id: rule for rule in (*HIP_THRUST.faults, *SINGLE_LEG_BRIDGE.faults)}

EXERCISE = Exercise(
    id="single_leg_hip_thrust",
    name="Single-leg hip thrust",
    summary="Upper back on the edge of a bench, one foot flat, the other leg held up; lift the "
    "hips until shoulders, hips and knee make one line; lower slowly.",
    setup="A steady bench or sofa seat, 40-45 cm high, under your shoulder blades. Camera at your "
    "side, {height} high, {distance} away, the leg that pushes nearer to it; head, bench and both "
    "feet in the picture.",
    posture="reclined",
    camera=Placement(distance_m=(2, 2.5), height_m=(0.3, 0.6)),
    primary=Primary("hip_extension", rest_deg=100, target_deg=165, concentric="outbound"),
    working="planted_leg",
    judged_angle=("shoulder", "hip", "knee"),
    source="[S2] E17",
    faults=(
        replace(
            _RULES["incomplete_extension"],
            mild=163,
            marked=154,
            source="E17 (E14, 5 degrees looser); on rendered bodies a true "
            "175 reads 170-177, 148 reads 155",
        ),
        replace(
            _RULES["overextension"],
            signal="near_hip_extension",
            remedy=_RULES["incomplete_extension"].remedy,
            unknown=_RULES["incomplete_extension"].unknown,
            source="E17 (E14)",
        ),
        replace(_RULES["sinking"], source="as E1"),
        replace(_RULES["pelvic_drop"], source="E17; as measured for the bridge"),
    ),
    prescription=Prescription(reps=10, concentric_s=4, hold_s=4, eccentric_s=4),
)
