"""Deadlift on both feet, with or without dumbbells."""

from formcheck.exercise import Exercise, FaultRule, Primary

_SIDE = "Turn side-on to the camera to have this checked."

EXERCISE = Exercise(
    id="deadlift",
    name="Deadlift",
    summary="Feet hip-width apart, weights in front of the thighs; push the hips back with the "
    "back flat and the knees soft until the weights reach mid-shin; stand up tall.",
    setup="Camera at your side, at hip height (0.8-1.0 m), 2.5-3 m away, whole body in the picture, "
    "with room in front of you to bend forward.",
    posture="standing",
    view="side",
    primary=Primary("trunk_hinge", rest_deg=3, target_deg=70, concentric="inbound"),
    judged_angle=("shoulder", "hip", "knee"),
    source="seed 000; clinical spec E6",
    faults=(
        FaultRule(
            id="knee_bend",
            title="knees bend too much",
            signal="knee_flexion",
            per="working",
            phases=("top",),
            statistic="extreme",
            mild=42,
            marked=55,
            cue="Soften the knees, then send the hips back.",
            views=("side",),
            remedy=_SIDE,
            landmark="knee",
            source="clinical spec E6 fault 1 [L51][L52]",
        ),
        FaultRule(
            id="shallow_hinge",
            title="weights stay too high",
            signal="wrist_level",
            phases=("top",),
            statistic="extreme",
            mild=0.0,
            marked=-0.2,
            cue="Push your hips further back until the weights reach mid-shin.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            source="clinical spec E6 fault 4",
        ),
        FaultRule(
            id="incomplete_extension",
            title="does not stand up tall",
            signal="hinge_hip_flexion",
            phases=("end",),
            statistic="reached",
            mild=15,
            marked=24,
            cue="Finish tall with your hips forward.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            source="clinical spec E6 fault 5",
        ),
    ),
)
