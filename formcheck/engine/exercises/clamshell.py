"""Clamshell."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rule import FaultRule
from formcheck.engine.rules import BEFORE_BELLY, PELVIC_ROTATION, RANGE_TOO_LARGE, RANGE_TOO_SMALL

EXERCISE = Exercise(
    id="clamshell",
    name="Clamshell",
    summary="On your side, hips and knees bent, heels together; raise the upper knee without "
    "rolling the hips; lower slowly.",
    setup="Camera in front of your belly, {distance} away, best on a table or shelf {height} "
    "high, looking down at you by {elevation}. Head and feet in the picture, hips and waist in "
    "plain view.",
    posture="side_lying",
    camera=Placement(distance_m=(1.8, 2.5), height_m=(1.0, 1.4), elevation_deg=(25, 40)),
    primary=Primary(
        "clam_opening", rest_deg=0, target_deg=30, concentric="outbound", from_rest=True
    ),
    working="upper_leg",
    roll_movement="opening",
    source="[S0][S1][S2] E3",
    faults=(
        replace(
            PELVIC_ROTATION,
            cue="Bring the upper hip forward; open less.",
            source="E3; followed in the pictures (docs/pelvic_rotation.md): with half the standard "
            "error taken off, clean reps read under 4, rolls of 20 and more over 6",
        ),
        FaultRule(
            id="feet_apart",
            title="feet come apart",
            signal="ankle_gap",
            relative=True,
            mild=0.15,
            marked=0.25,
            cue="Keep your heels touching.",
            remedy=BEFORE_BELLY,
            landmark="ankle",
            breaks_hold=True,
            source="E3; on films heels that touch read up to 0.14 (lite 0.25, from the foot end), "
            "a foot lifted 22 cm 0.49",
        ),
        replace(RANGE_TOO_SMALL, source="E3"),
        replace(RANGE_TOO_LARGE, source="E3"),
    ),
)
