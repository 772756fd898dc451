"""Side leg lift: hip abduction lying on the side."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rule import FaultRule
from formcheck.engine.rules import (
    LOOK_DOWN,
    PELVIC_ROTATION,
    RANGE_TOO_LARGE,
    RANGE_TOO_SMALL,
    STRAIGHT_KNEE_BEND,
)

_DRIFTS = "The leg seems to drift forward, which hides how high it is lifted."

EXERCISE = Exercise(
    id="side_leg_lift",
    name="Side leg lift",
    summary="On your side, upper leg straight in line with the body; lift it 25-40 degrees without "
    "rolling the hips; lower slowly. The lower leg may be straight or bent.",
    setup="Camera in front of your belly, {distance} away, best on a table or shelf {height} "
    "high, looking down at you by {elevation}. Head and feet in the picture, hips and waist in "
    "plain view.",
    posture="side_lying",
    camera=Placement(distance_m=(2, 2.5), height_m=(1.0, 1.4), elevation_deg=(25, 40)),
    primary=Primary("hip_abduction", rest_deg=-4, target_deg=26, concentric="outbound"),
    working="upper_leg",
    roll_movement="lift",
    judged_angle=("shoulder", "hip", "ankle"),
    source="[S0][S1] E8",
    faults=(
        replace(
            PELVIC_ROTATION,
            cue="Bring the upper hip forward; toes forward.",
            source="E8; followed in the pictures (docs/pelvic_rotation.md): with half the standard "
            "error taken off, clean reps read under 4, rolls of 20 and more over 6",
        ),
        FaultRule(
            id="hip_flexion",
            title="leg drifts forward",
            signal="shank_growth",
            importance="knee_pelvis",
            phases=("top",),
            mild=0.15,
            marked=0.25,
            cue="Keep the leg in line with your body, heel slightly back.",
            unseen="Perspective makes up for the shortening of a leg that drifts to the camera.",
            remedy="Lie with your back to a wall: the heel must stay in touch with it.",
            landmark="ankle",
            source="E8",
        ),
        replace(
            STRAIGHT_KNEE_BEND,
            cue="Straighten the upper knee.",
            elevation_min_deg=20,
            remedy=LOOK_DOWN,
            source="E8",
        ),
        replace(
            RANGE_TOO_SMALL,
            title="lift too low",
            signal="lift_since_rest",
            relative=False,
            mild=28,
            marked=17,
            cue="Lift a little higher.",
            unknown=_DRIFTS,
            source="E8 (25 and 12 degrees of abduction); at rest the leg is "
            "3 degrees below the trunk's line",
        ),
        replace(
            RANGE_TOO_LARGE,
            title="lift too high",
            signal="lift_since_rest",
            relative=False,
            mild=46,
            marked=53,
            cue="Smaller lift: stop before your waist moves.",
            unknown=_DRIFTS,
            source="E8; 55 degrees read 53",
        ),
    ),
)
