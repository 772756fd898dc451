"""Step-up, facing the box."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rule import MOVING, FaultRule
from formcheck.engine.rules import FOOT_ON_BOX, LEG_NOT_STRAIGHT, STANCE_KNEE_VALGUS, TRUNK_LEAN
from formcheck.engine.sign import NO_STEP, Seen, Sign

_SIDE = "Turn side-on, the leg on the box nearer to the camera, to have this checked."

EXERCISE = Exercise(
    id="step_up",
    name="Step-up",
    summary="One foot on a box or step in front of you; push up with that leg until it is "
    "straight, without setting the other foot on the box; lower slowly.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture also when "
    "you are up on the box. Stand side-on, the leg on the box nearer to the camera, to have trunk "
    "and knee checked; face the camera over the box to have the knee's line checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3.5), height_m=(0.8, 1.0)),
    primary=Primary("step_rise", rest_deg=0, target_deg=90, concentric="outbound", from_rest=True),
    working="box_leg",
    source="[S0] E7",
    signs=(
        NO_STEP,
        # Wider than a foot that is a step ahead.
        Sign((Seen("feet_apart", above=0.55),), 0.2),
    ),
    faults=(
        replace(
            STANCE_KNEE_VALGUS,
            signal="stepping_knee_inward",
            window=("stance_flexion", 25, 100),
            source="E7",
        ),
        replace(
            TRUNK_LEAN,
            phases=MOVING,
            mild=36,
            marked=46,
            cue="Keep your chest up.",
            remedy=_SIDE,
            source="E7",
        ),
        FaultRule(
            id="push_off",
            title="pushes off the floor",
            signal="free_heel_rise",
            relative=True,
            phases=("outbound",),
            mild=0.1,
            marked=0.2,
            cue="Let the leg on the box do the work.",
            unseen="The free heel reads as high in good step-ups (up to 6 cm) as when it "
            "pushes off by 5 to 9 cm (0.07 to 0.14).",
            remedy="Lift the toes of the foot on the floor before you go up.",
            landmark="heel",
            source="E7",
        ),
        replace(
            FOOT_ON_BOX,
            unknown="The leg on the box is the further one: how high the nearer foot is over the "
            "box cannot be told.",
            remedy="Face the camera or stand side-on to it to have this checked.",
            source="E7; on films up to 0.10 on the box, from 0.25 beside it or in the air",
        ),
        replace(
            LEG_NOT_STRAIGHT,
            cue="Stand tall on the box leg.",
            remedy=_SIDE,
            source="E7",
        ),
    ),
)
