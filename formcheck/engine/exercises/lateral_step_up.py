"""Step-up to the side."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rules import (
    FOOT_ON_BOX,
    LEG_NOT_STRAIGHT,
    PELVIC_DROP,
    STANCE_KNEE_VALGUS,
    TRUNK_LATERAL_LEAN,
)
from formcheck.engine.sign import NO_STEP

_FRONT = "Face the camera, the box at your side, to have this checked."

EXERCISE = Exercise(
    id="lateral_step_up",
    name="Lateral step-up",
    summary="Stand beside a box or step, the nearer foot on it; push up with that leg until it is "
    "straight, without setting the other foot on the box; lower slowly.",
    setup="Camera at hip height ({height}), {distance} away, straight in front of you with the box "
    "at your side; whole body in the picture also when you are up on the box.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("step_rise", rest_deg=0, target_deg=90, concentric="outbound", from_rest=True),
    working="box_leg",
    source="[S0] E10",
    signs=(NO_STEP,),
    faults=(
        replace(
            STANCE_KNEE_VALGUS,
            signal="stepping_knee_inward",
            mild=0.07,
            marked=0.12,
            remedy=_FRONT,
            window=("stance_flexion", 25, 100),
            source="E10; on films of another renderer clean ones read up to 0.03, a knee 16 cm "
            "inside 0.19-0.22",
        ),
        replace(
            PELVIC_DROP,
            cue="Keep your belt line level.",
            unseen="The pose model's hip points tip up to 14 degrees the other way in good "
            "step-ups, and not the right way when the free side drops by 12.",
            source="E10",
        ),
        replace(
            TRUNK_LATERAL_LEAN,
            mild=6.5,
            marked=10.5,
            cue="Stay tall.",
            remedy=_FRONT,
            source="E10",
        ),
        replace(
            FOOT_ON_BOX,
            mild=0.14,
            marked=0.11,
            cue="Do not tap the box.",
            remedy=_FRONT,
            source="E10",
        ),
        replace(
            LEG_NOT_STRAIGHT,
            mild=18,
            marked=25,
            cue="Straighten the leg on the box.",
            unseen="From the front two centimetres of height are 25 degrees of the knee: on films "
            "straight legs read up to 28, legs bent by more than 25 from 24.",
            remedy="Stop at the top and feel whether the knee is straight.",
            source="E10",
        ),
    ),
)
