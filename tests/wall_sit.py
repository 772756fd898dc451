"""An exercise that formcheck does not have: all that is needed to add one is such a file."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import SHALLOW_DEPTH

EXERCISE = Exercise(
    id="wall_sit",
    name="Wall sit",
    summary="Back against a wall, feet a step in front of it; slide down until the thighs are "
    "level, stay there, and slide up again.",
    setup="Camera at your side at hip height ({height}), {distance} away.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("squat_flexion", rest_deg=8, target_deg=88, concentric="inbound"),
    prescription=Prescription(reps=2, hold_s=4),
    source="everybody's school days",
    faults=(
        replace(
            SHALLOW_DEPTH,
            cue="Slide down until your thighs are level.",
            source="a level thigh",
        ),
    ),
)
