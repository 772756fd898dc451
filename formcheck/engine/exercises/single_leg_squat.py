"""Single-leg squat."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rules import (
    PELVIC_DROP,
    SHALLOW_DEPTH,
    STANCE_KNEE_VALGUS,
    TRUNK_LATERAL_LEAN,
    TRUNK_LEAN,
)
from formcheck.engine.sign import Seen, Sign

_SIDE = "Turn side-on, the leg you stand on nearer to the camera, to have this checked."

EXERCISE = Exercise(
    id="single_leg_squat",
    name="Single-leg squat",
    summary="Stand on one leg, the other foot off the floor; bend the standing knee to about "
    "60-75 degrees with level hips and the chest over them; stand up again.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture. Face it to "
    "have the knee and the trunk checked; stand side-on, the leg you stand on nearer to the "
    "camera, to have the depth checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("stance_flexion", rest_deg=8, target_deg=62, concentric="inbound"),
    working="supporting_leg",
    source="[S3] E18",
    signs=(
        # A foot in the air is higher, and goes down with the hips.
        Sign((Seen("feet_uneven", below=0.07), Seen("foot_follows", below=0.45)), 0.2),
    ),
    faults=(
        replace(
            STANCE_KNEE_VALGUS,
            signal="stance_knee_inward",
            relative=True,
            mild=0.035,
            source="E18; on films of another renderer good squats read under 0.0, a knee 6 cm "
            "inside 0.11 (lite 0.07), 12 cm 0.22; our own up to 0.02, 5 cm 0.03-0.12",
        ),
        replace(
            PELVIC_DROP,
            mild=5,
            marked=8,
            only_clear="Only a clear drop shows: the pose model's hips follow it by a fifth to "
            "a half.",
            source="E18 [L21][L13]; on films level squats read up to 4.3, a drop of 13 degrees 5.3 "
            "to 6.2, one of 15 degrees 2.6 to 8.5",
        ),
        replace(
            TRUNK_LATERAL_LEAN,
            cue="Keep your chest over your hips.",
            source="E18 [L21]; on films upright squats read up to 5, a trunk that leans 10 degrees "
            "from 6 (lite) or 7",
        ),
        replace(TRUNK_LEAN, remedy=_SIDE, source="E18"),
        replace(
            SHALLOW_DEPTH,
            signal="stance_flexion",
            mild=63,
            marked=53,
            cue="If it does not hurt, sit a bit lower.",
            remedy=_SIDE,
            landmark="knee",
            source="E18",
        ),
    ),
)
