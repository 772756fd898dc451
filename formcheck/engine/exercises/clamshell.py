"""Clamshell."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Primary

_FRONT = "Put the camera in front of your belly, so that the whole body lies across the picture."
_RAISED = (
    "Raise the camera to look down at you by 25-40 degrees, straight in front of your belly: on a "
    "table or shelf, 1.0-1.4 m up and 2 m away."
)

EXERCISE = Exercise(
    id="clamshell",
    name="Clamshell",
    summary="On your side, hips and knees bent, heels together; raise the upper knee without "
    "rolling the hips; lower slowly.",
    setup="Camera in front of your belly, {distance} away, on a table or shelf {height} "
    "high, looking down at you by {elevation}: from lower a roll of the hips does not show. "
    "Head and feet in the picture.",
    posture="side_lying",
    camera=Placement(distance_m=(1.8, 2.5), height_m=(1.0, 1.4), elevation_deg=(25, 40)),
    primary=Primary(
        "clam_opening", rest_deg=0, target_deg=30, concentric="outbound", from_rest=True
    ),
    working="upper_leg",
    source="seeds 000, 001, 002; clinical spec E3",
    faults=(
        FaultRule(
            id="pelvic_rotation",
            title="hips roll",
            signal="pelvic_roll",
            doubt="pelvic_roll_doubt",
            two_sided=True,
            phases=("top",),
            statistic="extreme",
            mild=6,
            marked=20,
            cue="Keep the upper hip stacked over the lower one; open less.",
            views=("front",),
            elevation_min_deg=20,
            unknown="From where the camera stands a roll of the hips does not show.",
            remedy=_RAISED,
            landmark="hip",
            breaks_hold=True,
            source="clinical spec E3 faults 1-2; fitted to rendered people (docs/pelvic_roll.md): "
            "with half the standard error taken off, a clean rep reads under 6, 20 degrees over 10",
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
