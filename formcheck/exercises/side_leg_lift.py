"""Side leg lift: hip abduction lying on the side."""

from formcheck.exercise import Exercise, FaultRule, Primary

_FRONT = "Put the camera in front of your belly, so that the whole body lies across the picture."
_RAISED = "Raise the camera: on a table or shelf in front of your belly, looking down at you."

EXERCISE = Exercise(
    id="side_leg_lift",
    name="Side leg lift",
    summary="On your side, upper leg straight in line with the body; lift it 25-40 degrees without "
    "rolling the hips; lower slowly. The lower leg may be straight or bent.",
    setup="Camera in front of your belly, 2-2.5 m away, on a table or shelf looking down at you "
    "(25-40 degrees), so that a roll of the hips can be seen. Head and feet in the picture.",
    posture="side_lying",
    view="front, raised",
    primary=Primary("hip_abduction", rest_deg=-4, target_deg=26, concentric="outbound"),
    unilateral=True,
    judged_angle=("shoulder", "hip", "ankle"),
    source="seeds 000, 001; clinical spec E8",
    faults=(
        FaultRule(
            id="pelvic_rotation",
            title="hips roll",
            signal="hip_line",
            relative=True,
            mild=0.12,
            marked=0.2,
            cue="Keep the upper hip stacked, toes forward.",
            views=(),
            remedy="No camera position measured so far shows it reliably; feel with your hand "
            "whether the upper hip moves.",
            landmark="hip",
            breaks_hold=True,
            source="clinical spec E8 faults 2-3",
        ),
        FaultRule(
            id="hip_flexion",
            title="leg drifts forward",
            signal="hip_flexion_drift",
            relative=True,
            phases=("top",),
            mild=13,
            marked=22,
            cue="Keep the leg in line with your body, heel slightly back.",
            views=("front",),
            remedy=_FRONT,
            landmark="ankle",
            source="clinical spec E8 fault 4",
        ),
        FaultRule(
            id="knee_bend",
            title="knee bends",
            signal="upper_knee_flexion",
            relative=True,
            mild=8,
            marked=14,
            cue="Straighten the upper knee.",
            views=("front",),
            elevation_min_deg=20,
            remedy=_RAISED,
            landmark="knee",
            source="clinical spec E8 fault 6",
        ),
        FaultRule(
            id="range_too_small",
            title="lift too low",
            signal="hip_abduction",
            phases=("top",),
            statistic="extreme",
            mild=24,
            marked=14,
            cue="Lift a little higher.",
            views=("front", "back"),
            remedy=_FRONT,
            landmark="knee",
            source="clinical spec E8 fault 8",
        ),
        FaultRule(
            id="range_too_large",
            title="lift too high",
            signal="hip_abduction",
            phases=("top",),
            statistic="extreme",
            mild=46,
            marked=55,
            cue="Smaller lift: stop before your waist moves.",
            views=("front", "back"),
            remedy=_FRONT,
            landmark="knee",
            source="clinical spec E8 fault 7",
        ),
    ),
)
