"""Bridge on one leg."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rules import HIPS_TOO_LOW, PELVIC_DROP, SINKING

_SIDE = (
    "Put the camera at the side of the leg that pushes, low, at the height of a chair seat or "
    "below; turn round for the other leg."
)
_FAR = "The leg that pushes is hidden behind the other one."

EXERCISE = Exercise(
    id="single_leg_bridge",
    name="Single-leg bridge",
    summary="On your back, knees bent, feet flat; lift one leg until it is even with the other "
    "knee and keep it there; lift the hips to a straight line; lower slowly.",
    setup="Camera at your side, {height} high, {distance} away, lying lengthwise in the picture "
    "from head to feet, the leg that pushes nearer to the camera.",
    posture="supine",
    camera=Placement(distance_m=(2, 2.5), height_m=(0.3, 0.6)),
    primary=Primary("hip_extension", rest_deg=130, target_deg=164, concentric="outbound"),
    working="planted_leg",
    judged_angle=("shoulder", "hip", "knee"),
    source="[S1] E12",
    faults=(
        replace(
            HIPS_TOO_LOW,
            signal="near_hip_extension",
            mild=163,
            marked=154,
            cue="Push the hips up to a straight line.",
            remedy=_SIDE,
            unknown=_FAR,
            source="E12; on rendered bodies a true 172 reads 170-179, 155 reads 159",
        ),
        replace(
            PELVIC_DROP,
            signal="hip_line_tilt",
            per="middle",
            mild=8,
            marked=14,
            cue="Keep both hip bones level.",
            unseen="From the side one hip hides the other: one drop in ten or fewer was found.",
            remedy="Lay your fingertips on both hip bones and feel whether they stay level.",
            breaks_hold=True,
            source="E12; on 40 rendered sets of 5 bodies the tilt of the hip "
            "line finds 5% of drops by 14 degrees or more at 2% false alarms, a model fitted to "
            "all joints (bodies left out) 10% or less; from beyond the feet 9% or less, and in two "
            "of five pictures nobody is found",
        ),
        replace(
            SINKING,
            signal="near_hip_extension",
            remedy=_SIDE,
            unknown=_FAR,
            source="as E1",
        ),
    ),
    prescription=Prescription(reps=20),
)
