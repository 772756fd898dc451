"""Deadlift on both feet, with or without dumbbells."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rule import FaultRule
from formcheck.engine.rules import KNEE_BEND, SHALLOW_HINGE, SIDE_ON
from formcheck.engine.sign import FEET_UNEVEN, HANDS_DOWN, Seen, Sign

EXERCISE = Exercise(
    id="deadlift",
    name="Deadlift",
    summary="Feet hip-width apart, weights in front of the thighs; push the hips back with the "
    "back flat and the knees soft until the weights reach mid-shin; stand up tall.",
    setup="Camera at your side, at hip height ({height}), {distance} away, whole body in the "
    "picture, with room in front of you to bend forward.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("trunk_hinge", rest_deg=3, target_deg=70, concentric="inbound"),
    lifts_first=True,
    judged_angle=("shoulder", "hip", "knee"),
    source="[S0] E6",
    signs=(
        HANDS_DOWN,
        # Arms that hang in a half squat reach the knees.
        Sign((Seen("hands_below_knees", below=-0.15),), 0.1),
        # The hips do not come down to the knees: people who lift from the floor have them 0.24
        # above, half of the squats under 0.17.
        Sign((Seen("hips_above_knees", below=0.17),), 0.2),
        FEET_UNEVEN,
    ),
    faults=(
        replace(
            KNEE_BEND,
            cue="Soften the knees, then send the hips back.",
            source="E6 [L51][L52]; good reps read up to 38 on rendered bodies",
        ),
        replace(
            SHALLOW_HINGE,
            title="weights stay too high",
            signal="wrist_level",
            mild=0.0,
            marked=-0.2,
            cue="Push your hips further back until the weights reach mid-shin.",
            landmark="hip",
            source="E6; a weight hangs a fifth of the shin below the wrist; "
            "rendered bodies read up to 0.26 too low, good reps 0.13-0.5",
        ),
        FaultRule(
            id="rounded_back",
            title="back rounds",
            # Stands for the trunk only: no signal shows the shape of the back.
            signal="trunk_hinge",
            mild=20,
            marked=35,
            cue="Lengthen your back; stop before it rounds.",
            unseen="Shoulders and hips cannot show it. The outline of the back was tried: on "
            "bodies it did not know it blamed one flat back in twenty, found a third of those "
            "bent 20 degrees, and under a loose shirt missed one in five of those bent 40.",
            remedy="Hold a stick along your back: head, upper back and tailbone must touch it.",
            landmark="shoulder",
            source="E6 (not to be graded from landmarks); docs/rounded_back.md",
        ),
        FaultRule(
            id="incomplete_extension",
            title="does not stand up tall",
            signal="hinge_hip_flexion",
            importance="range",
            phases=("end",),
            statistic="reached",
            mild=14,
            marked=22,
            cue="Finish tall with your hips forward.",
            remedy=SIDE_ON,
            landmark="hip",
            source="E6; good reps end at up to 10 on rendered bodies",
        ),
    ),
)
