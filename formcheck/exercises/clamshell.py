"""Clamshell."""

from formcheck.exercise import Exercise, FaultRule, Primary

_FRONT = "Put the camera in front of your belly, so that the whole body lies across the picture."

EXERCISE = Exercise(
    id="clamshell",
    name="Clamshell",
    summary="On your side, hips and knees bent, heels together; raise the upper knee without "
    "rolling the hips; lower slowly.",
    setup="Camera in front of your belly, 1.8-2.5 m away, on a table or shelf looking down at you "
    "(25-40 degrees), so that a roll of the hips can be seen. Head and feet in the picture.",
    posture="side_lying",
    view="front, raised",
    primary=Primary(
        "clam_opening", rest_deg=0, target_deg=30, concentric="outbound", from_rest=True
    ),
    working="upper_leg",
    source="seeds 000, 001, 002; clinical spec E3",
    faults=(
        FaultRule(
            id="pelvic_rotation",
            title="hips roll",
            signal="hip_line",
            relative=True,
            mild=0.12,
            marked=0.2,
            cue="Keep the upper hip stacked over the lower one; open less.",
            views=(),
            unseen="The pose model's hip points slide over the body when it rolls.",
            remedy="Feel with your hand whether the upper hip stays over the lower one.",
            landmark="hip",
            breaks_hold=True,
            source="clinical spec E3 fault 1",
        ),
        FaultRule(
            id="feet_apart",
            title="feet come apart",
            signal="ankle_gap",
            relative=True,
            mild=0.12,
            marked=0.22,
            cue="Keep your heels touching.",
            views=("front",),
            remedy=_FRONT,
            landmark="ankle",
            breaks_hold=True,
            source="clinical spec E3 fault 5",
        ),
        FaultRule(
            id="range_too_small",
            title="knee opens too little",
            signal="clam_opening",
            relative=True,
            phases=("top",),
            statistic="extreme",
            mild=21,
            marked=13,
            cue="Lift the knee a little higher without moving the pelvis.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            source="clinical spec E3 fault 4",
        ),
        FaultRule(
            id="range_too_large",
            title="knee opens too far",
            signal="clam_opening",
            relative=True,
            phases=("top",),
            statistic="extreme",
            mild=50,
            marked=60,
            cue="Make it smaller; stop before your hip moves.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            source="clinical spec E3 fault 3",
        ),
    ),
)
