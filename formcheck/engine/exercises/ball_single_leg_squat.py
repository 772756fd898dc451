"""Ball-resisted single-leg stand and squat at a wall."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import FOOT_DOWN, PELVIC_DROP, STANCE_KNEE_VALGUS, TRUNK_LATERAL_LEAN

_FRONT = "Face the camera, the wall at your side, to have this checked."

EXERCISE = Exercise(
    id="ball_single_leg_squat",
    name="Ball-resisted single-leg squat",
    summary="Side-on to a wall, a soft ball between the wall and the raised thigh next to it; "
    "press the thigh into the ball all the time and bend the standing knee 30-50 degrees, four "
    "seconds down, four seconds up.",
    setup="Camera in front of you at hip height ({height}), {distance} away; the wall runs away "
    "from the camera beside you. Whole body in the picture, the wall not between you "
    "and the camera.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("stance_flexion", rest_deg=8, target_deg=48, concentric="inbound"),
    working="supporting_leg",
    timed_stand=True,
    variant_of="single_leg_squat",
    prescription=Prescription(reps=10, concentric_s=4, eccentric_s=4),
    source="[S2] E16",
    faults=(
        replace(
            STANCE_KNEE_VALGUS,
            signal="stance_knee_inward",
            relative=True,
            mild=0.045,
            remedy=_FRONT,
            window=("stance_flexion", 24, 180),
            source="E16",
        ),
        replace(
            PELVIC_DROP,
            cue="Keep both hips level.",
            unseen="The pose model's hip points follow a drop of 10 degrees by 2 to 3 only.",
            source="E16 [L73]",
        ),
        replace(
            TRUNK_LATERAL_LEAN,
            two_sided=True,
            mild=5.5,
            marked=9,
            cue="Stay tall; press only with the thigh.",
            remedy=_FRONT,
            source="E16 [L73]",
        ),
        replace(
            FOOT_DOWN,
            signal="free_leg_raised",
            mild=-1.1,
            marked=-1.5,
            cue="Keep the foot up and press into the ball.",
            remedy=_FRONT,
            source="E16",
        ),
    ),
)
