"""Small squat: a slow, shallow bend of both knees."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Prescription, Primary

_SIDE = "Turn side-on to the camera to have this checked."
_FRONT = "Face the camera to have this checked."

EXERCISE = Exercise(
    id="small_squat",
    name="Small squat",
    summary="Feet hip-width apart; bend the knees only a little (30-45 degrees), slowly down and "
    "slowly up; knees over the toes, weight even.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture. Face it to "
    "have the knees checked; stand side-on to have the depth checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("squat_flexion", rest_deg=8, target_deg=33, concentric="inbound"),
    prescription=Prescription(reps=10, concentric_s=4, eccentric_s=4),
    source="seed 002; clinical spec E15",
    faults=(
        FaultRule(
            id="knee_valgus",
            title="knee falls inward",
            signal="knee_inward",
            per="side",
            relative=True,
            mild=0.06,
            marked=0.09,
            cue="Push your knees out over your toes.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            window=("squat_flexion", 15, 180),
            source="clinical spec E15 fault 2",
        ),
        FaultRule(
            id="range_too_small",
            title="bend too small",
            signal="squat_flexion",
            phases=("top",),
            statistic="extreme",
            mild=27,
            marked=23,
            cue="Bend your knees a little more.",
            views=("side",),
            remedy=_SIDE,
            landmark="knee",
            source="clinical spec E15 fault 3",
        ),
        FaultRule(
            id="range_too_large",
            title="bend too deep",
            signal="squat_flexion",
            phases=("top",),
            statistic="extreme",
            mild=52,
            marked=61,
            cue="Just a small bend.",
            views=("front", "side"),
            remedy=_SIDE,
            landmark="knee",
            source="clinical spec E15 fault 3",
        ),
        FaultRule(
            id="hip_shift",
            title="hips shift to one side",
            signal="hip_shift",
            relative=True,
            two_sided=True,
            phases=("top", "inbound"),
            mild=0.08,
            marked=0.15,
            cue="Share your weight evenly.",
            views=("front",),
            remedy=_FRONT,
            landmark="hip",
            source="clinical spec E15 fault 5 [L24]",
        ),
    ),
)
