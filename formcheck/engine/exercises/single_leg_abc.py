"""Alphabet with one foot, standing on the other leg."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import FOOT_DOWN, STRAIGHT_KNEE_BEND, TRUNK_LATERAL_LEAN

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
    counted_within=1.85,
    measures_path=True,
    source="[S2] E13",
    prescription=Prescription(reps=1, hold_s=65.0, letters=26),
    faults=(
        replace(
            STRAIGHT_KNEE_BEND,
            signal="raised_knee_flexion",
            per="working",
            relative=False,
            phases=("top",),
            window=("leg_raise", 10, 180),
            mild=18,
            marked=27,
            cue="Keep your knee straight.",
            remedy=_SIDE,
            breaks_hold=True,
            source="E13",
        ),
        replace(
            TRUNK_LATERAL_LEAN,
            signal="lean_from_raised",
            two_sided=True,
            phases=("top",),
            mild=8,
            marked=12,
            cue="Stand tall; draw with the leg only.",
            remedy="Put the camera half-way between your front and the side of the standing leg.",
            source="E13",
        ),
        replace(
            FOOT_DOWN,
            phases=("top",),
            remedy=_SIDE,
            source="E13",
        ),
    ),
)
