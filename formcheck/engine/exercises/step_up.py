"""Step-up, facing the box."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Primary

_SIDE = "Turn side-on, the leg on the box nearer to the camera, to have this checked."
_FRONT = "Face the camera to have this checked."
_EITHER = "Face the camera or stand side-on to it to have this checked."

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
    source="seed 000; clinical spec E7",
    faults=(
        FaultRule(
            id="knee_valgus",
            title="knee falls inward",
            signal="stance_knee_inward",
            per="working",
            mild=0.05,
            marked=0.085,
            cue="Keep your knee over your second toe.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            window=("stance_flexion", 25, 75),
            source="clinical spec E7 fault 4; the pose model reads less: 0.08 to 0.09 for 5 cm, "
            "clean up to 0.02",
        ),
        FaultRule(
            id="trunk_lean",
            title="trunk folds forward",
            signal="trunk_inclination",
            mild=33,
            marked=43,
            cue="Keep your chest up.",
            views=("side",),
            remedy=_SIDE,
            landmark="shoulder",
            source="clinical spec E7 fault 5",
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
            views=(),
            unseen="The free heel reads as high in good step-ups (up to 0.16 shanks) as when it "
            "pushes off by 5 to 9 cm (0.07 to 0.14).",
            remedy="Lift the toes of the foot on the floor before you go up.",
            landmark="heel",
            source="clinical spec E7 fault 3",
        ),
        FaultRule(
            id="foot_on_box",
            title="other foot on the box",
            signal="feet_level",
            phases=("top",),
            statistic="extreme",
            mild=0.18,
            marked=0.15,
            cue="Keep the other foot off the box.",
            unknown="The leg on the box is the further one: how high the nearer foot is over the "
            "box cannot be told.",
            views=("side", "front"),
            remedy=_EITHER,
            landmark="ankle",
            source="clinical spec E7 fault 2; on films up to 0.10 on the box, from 0.29 in the air",
        ),
        FaultRule(
            id="incomplete_extension",
            title="leg not straight at the top",
            signal="stance_flexion",
            phases=("top",),
            statistic="extreme",
            mild=17.5,
            marked=24,
            cue="Stand tall on the box leg.",
            views=("side",),
            remedy=_SIDE,
            landmark="knee",
            source="clinical spec E7 fault 1",
        ),
    ),
)
