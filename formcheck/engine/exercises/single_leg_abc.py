"""Alphabet with one foot, standing on the other leg."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Prescription, Primary

_SIDE = "Turn the drawing leg's side to the camera."

EXERCISE = Exercise(
    id="single_leg_abc",
    name="Single-leg ABCs",
    summary="Stand on one leg, a hand on a wall or chair; hold the other leg straight in front of "
    "you and draw the alphabet in the air with its foot. Then change legs.",
    setup="Camera at hip height ({height}), {distance} away, at the side of the drawing leg; to "
    "have the trunk checked, in front of you but well to the side of the standing leg, never "
    "straight in front. Head and both feet in the picture. One stand on a leg counts as one rep; "
    "its time and the way of the foot are measured, not the letters.",
    posture="standing",
    camera=Placement(distance_m=(2, 3), height_m=(0.8, 1.0)),
    primary=Primary("leg_raise", rest_deg=0, target_deg=25, concentric="outbound", from_rest=True),
    working="free_leg",
    hold="away",
    counted_from=("side", "oblique"),
    measures_path=True,
    # 26 letters of 2.5 s are 65 s.
    max_attempt_s=180.0,
    source="seed 002; clinical spec E13",
    prescription=Prescription(reps=1, hold_s=65.0, letters=26),
    faults=(
        FaultRule(
            id="knee_bend",
            title="drawing knee bends",
            signal="raised_knee_flexion",
            per="working",
            phases=("top",),
            window=("leg_raise", 10, 180),
            mild=18,
            marked=27,
            cue="Keep your knee straight.",
            views=("side", "oblique"),
            remedy=_SIDE,
            landmark="knee",
            breaks_hold=True,
            source="clinical spec E13 fault 1",
        ),
        FaultRule(
            id="trunk_lateral_lean",
            title="trunk leans to the side",
            signal="lean_from_raised",
            per="working",
            relative=True,
            two_sided=True,
            phases=("top",),
            mild=8,
            marked=12,
            cue="Stand tall; draw with the leg only.",
            views=("oblique",),
            remedy="Put the camera half-way between your front and the side of the standing leg.",
            landmark="shoulder",
            source="clinical spec E13 fault 3",
        ),
        FaultRule(
            id="foot_down",
            title="foot touches the floor",
            signal="leg_raise",
            relative=True,
            phases=("top",),
            mild=6,
            marked=3,
            cue="Keep the foot up.",
            views=("side", "oblique"),
            remedy=_SIDE,
            landmark="ankle",
            source="clinical spec E13 fault 4",
        ),
    ),
)
