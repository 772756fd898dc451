"""Pelvic drop: standing on a step, one side of the pelvis is lowered and raised."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import RANGE_TOO_SMALL, STRAIGHT_KNEE_BEND, TRUNK_LATERAL_LEAN

EXERCISE = Exercise(
    id="pelvic_drop",
    name="Pelvic drop",
    summary="Stand sideways on a step on one straight leg, the other hanging beside it; lower the "
    "hip of the hanging leg as far as it goes, then lift it until both hips are level.",
    setup="Step sideways to the camera's line, camera in front of you at hip height ({height}), "
    "{distance} away, both feet and the head in the picture. Start with level hips.",
    posture="standing",
    camera=Placement(distance_m=(2, 2.5), height_m=(0.9, 1.0)),
    primary=Primary(
        "free_side_drop", rest_deg=0, target_deg=11.4, concentric="inbound", from_rest=True
    ),
    working="step_leg",
    counted_within=1.7,
    judged_angle=("shoulder", "hip", "ankle"),
    prescription=Prescription(reps=20),
    source="[S1] E11",
    faults=(
        replace(
            STRAIGHT_KNEE_BEND,
            signal="stance_sink",
            mild=0.04,
            marked=0.055,
            cue="Lock the standing knee; only the hip moves.",
            unseen="The hips sink in the picture with the pelvis, too: 3 of 21 good reps were "
            "taken for bent ones.",
            remedy="Feel the back of the standing knee with your hand: it must stay straight.",
            source="E11; on five rendered bodies clean drops read up to "
            "0.025 and a knee bent by 22 degrees 0.058, on three others clean ones over 0.055",
        ),
        replace(
            TRUNK_LATERAL_LEAN,
            cue="Keep your shoulders level.",
            source="E11",
        ),
        replace(
            RANGE_TOO_SMALL,
            title="hip lowered too little",
            signal="free_side_drop",
            mild=7.6,
            marked=5.8,
            cue="Let the free hip sink further.",
            unseen="A drop is a movement of 3 cm: the pose model follows it to 1.8 degrees either "
            "way, so that one of 6 degrees looks like one of 9.",
            remedy="Lay a hand on the hip of the hanging leg and feel how far it goes down.",
            landmark="hip",
            source="E11",
        ),
    ),
)
