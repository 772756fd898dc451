"""Small squat: a slow, shallow bend of both knees."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import HIP_SHIFT, KNEE_VALGUS, RANGE_TOO_LARGE, RANGE_TOO_SMALL, SIDE_ON
from formcheck.engine.sign import FEET_UNEVEN, Seen, Sign

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
    source="[S2] E15",
    signs=(
        FEET_UNEVEN,
        # Who bends them further may well do a squat that is not deep.
        Sign((Seen("knees_bent", above=50),), 0.5, to="squat"),
    ),
    faults=(
        replace(
            KNEE_VALGUS,
            relative=True,
            mild=0.06,
            marked=0.115,
            window=("squat_flexion", 15, 180),
            source="E15",
        ),
        replace(
            RANGE_TOO_SMALL,
            title="bend too small",
            signal="squat_flexion",
            relative=False,
            mild=30,
            marked=22,
            cue="Bend your knees a little more.",
            remedy=SIDE_ON,
            source="E15",
        ),
        replace(
            RANGE_TOO_LARGE,
            title="bend too deep",
            signal="squat_flexion",
            relative=False,
            mild=55,
            marked=64,
            cue="Just a small bend.",
            remedy=SIDE_ON,
            source="E15",
        ),
        replace(HIP_SHIFT, source="E15 [L24]"),
    ),
)
