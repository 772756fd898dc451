"""Single-leg squat."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Primary

_SIDE = "Turn side-on, the leg you stand on nearer to the camera, to have this checked."
_FRONT = "Face the camera to have this checked."

EXERCISE = Exercise(
    id="single_leg_squat",
    name="Single-leg squat",
    summary="Stand on one leg, the other foot off the floor; bend the standing knee to about "
    "60-75 degrees with level hips and the chest over them; stand up again.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture. Face it to "
    "have the knee and the trunk checked; stand side-on, the leg you stand on nearer to the "
    "camera, to have the depth checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("stance_flexion", rest_deg=8, target_deg=62, concentric="inbound"),
    working="supporting_leg",
    source="seed 003; clinical spec E18",
    faults=(
        FaultRule(
            id="knee_valgus",
            title="knee falls inward",
            signal="stance_knee_inward",
            per="working",
            mild=0.045,
            marked=0.085,
            cue="Keep your knee over your second toe.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            window=("stance_flexion", 30, 180),
            source="clinical spec E18 fault 1",
        ),
        FaultRule(
            id="pelvic_drop",
            title="free side of the hips drops",
            signal="free_hip_drop",
            relative=True,
            mild=6,
            marked=10,
            cue="Keep your hips level.",
            views=(),
            unseen="The pose model's hip points follow a drop of 10 degrees by 3 to 6, and move by "
            "up to 7 in squats with level hips.",
            remedy="Lay your hands on your hip bones: they must stay level.",
            landmark="hip",
            source="clinical spec E18 fault 2 [L21][L13]",
        ),
        FaultRule(
            id="trunk_lateral_lean",
            title="trunk leans over the standing leg",
            signal="lean_to_stance",
            relative=True,
            mild=6,
            marked=10,
            cue="Keep your chest over your hips.",
            views=("front",),
            remedy=_FRONT,
            landmark="shoulder",
            source="clinical spec E18 fault 3 [L21]",
        ),
        FaultRule(
            id="trunk_lean",
            title="trunk folds forward",
            signal="trunk_inclination",
            phases=("top",),
            mild=44,
            marked=55,
            cue="Lift your chest.",
            views=("side",),
            remedy=_SIDE,
            landmark="shoulder",
            source="clinical spec E18 fault 5",
        ),
        FaultRule(
            id="shallow_depth",
            title="not deep enough",
            signal="stance_flexion",
            phases=("top",),
            statistic="extreme",
            mild=60,
            marked=50,
            cue="Sit a bit lower, if it does not hurt.",
            views=("side",),
            remedy=_SIDE,
            landmark="knee",
            source="clinical spec E18 fault 4",
        ),
    ),
)
