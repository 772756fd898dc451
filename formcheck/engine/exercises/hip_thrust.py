"""Hip thrust: a bridge with the upper back on a bench."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.exercises.glute_bridge import EXERCISE as GLUTE_BRIDGE

_RULES = {rule.id: rule for rule in GLUTE_BRIDGE.faults}

EXERCISE = Exercise(
    id="hip_thrust",
    name="Hip thrust",
    summary="Upper back on the edge of a bench, feet flat; lift the hips until shoulders, hips "
    "and knees make one line; lower slowly.",
    setup="A steady bench or sofa seat, 40-45 cm high, under your shoulder blades. Camera at your "
    "side, {height} high, {distance} away, head, bench and feet in the picture.",
    posture="reclined",
    camera=Placement(distance_m=(2, 2.5), height_m=(0.3, 0.6)),
    primary=Primary("hip_extension", rest_deg=100, target_deg=168, concentric="outbound"),
    judged_angle=("shoulder", "hip", "knee"),
    source="[S2] E14",
    faults=(
        replace(
            _RULES["incomplete_extension"],
            mild=168,
            marked=158,
            cue="Finish with the hips level with shoulders and knees.",
            source="E14; the pose model reads 4 degrees more on rendered bodies",
        ),
        replace(
            _RULES["overextension"],
            cue="Stop at the straight line: chin tucked, ribs down.",
            source="E14 [L48]",
        ),
        replace(_RULES["sinking"], source="as E1"),
    ),
    prescription=Prescription(reps=10, concentric_s=4, hold_s=4, eccentric_s=4),
)
