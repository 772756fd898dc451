"""The faults that several exercises share: an exercise replaces what is its own.

    replace(KNEE_VALGUS, mild=0.06, source="...")

Limits and signals here are those of the exercise named first; sources are always the
exercise's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from formcheck.engine.rule import MOVING, FaultRule

FACE_CAMERA: Final = "Face the camera to have this checked."
SIDE_ON: Final = "Turn side-on to the camera to have this checked."
BEFORE_BELLY: Final = (
    "Put the camera in front of your belly, so that the whole body lies across the picture."
)
LOOK_DOWN: Final = (
    "Raise the camera to look down at you by 25-40 degrees, straight in front of your belly: on a "
    "table or shelf, 1.0-1.4 m up and 2 m away."
)
HIPS_IN_VIEW: Final = (
    "Wear something with a pattern or folds over hips and waist, keep them well lit and in plain "
    "view, nobody else in the picture, and the camera still, in front of your belly."
)

# --------------------------------------------------------------------------- balance

FOOT_DOWN: Final = FaultRule(  # single-leg ABCs, ball-resisted squat
    id="foot_down",
    title="free foot comes down",
    signal="leg_raise",
    importance="balance",
    relative=True,
    mild=6,
    marked=3,
    cue="Keep the foot up.",
    landmark="ankle",
)
FOOT_ON_BOX: Final = FaultRule(  # step-ups
    id="foot_on_box",
    title="other foot on the box",
    signal="feet_level",
    phases=("top",),
    statistic="extreme",
    mild=0.18,
    marked=0.15,
    cue="Keep the other foot off the box.",
    landmark="ankle",
)

# ----------------------------------------------------------------- knees and pelvis

KNEE_VALGUS: Final = FaultRule(  # squats on both legs
    id="knee_valgus",
    title="knee falls inward",
    signal="knee_inward",
    cleared_by="knee_alone_inward",
    importance="knee_pelvis",
    per="side",
    mild=0.095,
    marked=0.16,
    cue="Push your knees out over your toes.",
    remedy=FACE_CAMERA,
    landmark="knee",
    window=("squat_flexion", 35, 180),
)
STANCE_KNEE_VALGUS: Final = replace(  # squats and steps on one leg
    KNEE_VALGUS,
    per="working",
    cleared_by="",
    mild=0.05,
    marked=0.1,
    cue="Keep your knee over your second toe.",
    window=("stance_flexion", 30, 180),
)
KNEE_BEND: Final = FaultRule(  # deadlifts, and where a leg is to stay straight
    id="knee_bend",
    title="knee bends too much",
    signal="knee_flexion",
    per="working",
    phases=("top",),
    statistic="extreme",
    mild=46,
    marked=58,
    remedy=SIDE_ON,
    landmark="knee",
)
STRAIGHT_KNEE_BEND: Final = replace(
    KNEE_BEND,
    title="knee bends",
    signal="upper_knee_flexion",
    per="middle",
    phases=MOVING,
    statistic="sustained",
    relative=True,
    mild=8,
    marked=14,
)
PELVIC_ROTATION: Final = FaultRule(  # lying on the side
    id="pelvic_rotation",
    title="hips roll",
    signal="pelvic_rotation",
    importance="knee_pelvis",
    uncertainty="pelvic_rotation_uncertainty",
    two_sided=True,
    directions=("backward", "forward"),
    other_cue="Bring the upper hip back.",
    phases=("top",),
    statistic="extreme",
    mild=6,
    marked=20,
    unknown="The hips and waist could not be followed in the picture.",
    remedy=HIPS_IN_VIEW,
    landmark="hip",
    breaks_hold=True,
)
PELVIC_DROP: Final = FaultRule(  # standing on one leg, bridges on one leg
    id="pelvic_drop",
    title="free side of the hips drops",
    signal="free_hip_drop",
    importance="knee_pelvis",
    per="working",
    relative=True,
    mild=6,
    marked=10,
    cue="Keep your hips level.",
    remedy="Lay your hands on your hip bones: they must stay level.",
    landmark="hip",
)
HIP_SHIFT: Final = FaultRule(  # squats on both legs
    id="hip_shift",
    title="hips shift to one side",
    signal="hip_shift",
    importance="knee_pelvis",
    relative=True,
    two_sided=True,
    phases=("top", "inbound"),
    mild=0.11,
    marked=0.17,
    cue="Keep your weight even on both feet.",
    remedy=FACE_CAMERA,
    landmark="hip",
)

# --------------------------------------------------------------------------- posture

TRUNK_LEAN: Final = FaultRule(  # squats and steps on one leg, squat
    id="trunk_lean",
    title="trunk leans forward",
    signal="trunk_inclination",
    phases=("top",),
    mild=47,
    marked=58,
    cue="Lift your chest.",
    remedy=SIDE_ON,
    landmark="shoulder",
)
TRUNK_LATERAL_LEAN: Final = FaultRule(  # standing on one leg, band walk
    id="trunk_lateral_lean",
    title="trunk leans to the side",
    signal="lean_to_stance",
    per="working",
    relative=True,
    mild=6,
    marked=10,
    remedy=FACE_CAMERA,
    landmark="shoulder",
)
SINKING: Final = FaultRule(  # bridges
    id="sinking",
    title="hips sink during the hold",
    signal="hip_extension",
    phases=("top",),
    statistic="fall",
    mild=8,
    marked=15,
    cue="Keep the hips up until the count ends.",
    landmark="hip",
    breaks_hold=True,
)

# ----------------------------------------------------- how far the movement goes

RANGE_TOO_SMALL: Final = FaultRule(  # clamshell, and by other signals
    id="range_too_small",
    title="knee opens too little",
    signal="clam_opening",
    importance="range",
    relative=True,
    phases=("top",),
    statistic="extreme",
    mild=21,
    marked=13,
    cue="Lift the knee a little higher without moving the pelvis.",
    remedy=BEFORE_BELLY,
    landmark="knee",
)
RANGE_TOO_LARGE: Final = replace(
    RANGE_TOO_SMALL,
    id="range_too_large",
    title="knee opens too far",
    mild=50,
    marked=60,
    cue="Make it smaller; stop before your hip moves.",
)
SHALLOW_DEPTH: Final = FaultRule(  # squats
    id="shallow_depth",
    title="not deep enough",
    signal="thigh_elevation",
    importance="range",
    phases=("top",),
    statistic="extreme",
    mild=20,
    marked=35,
    remedy=SIDE_ON,
    landmark="hip",
)
SHALLOW_HINGE: Final = replace(
    SHALLOW_DEPTH,
    id="shallow_hinge",
    title="not low enough",
    signal="trunk_hinge",
    mild=67,
    marked=52,
    landmark="shoulder",
)
HIPS_TOO_LOW: Final = FaultRule(  # bridges
    id="incomplete_extension",
    title="hips stay too low",
    signal="hip_extension",
    importance="range",
    phases=("top",),
    statistic="extreme",
    mild=165,
    marked=155,
    cue="Lift until shoulders, hips and knees make one line.",
    landmark="hip",
)
OVEREXTENSION: Final = replace(
    HIPS_TOO_LOW,
    id="overextension",
    title="back arches over the line",
    mild=188,
    marked=195,
    cue="Stop at the straight line; keep the ribs down.",
    breaks_hold=True,
)
LEG_NOT_STRAIGHT: Final = replace(  # step-ups
    HIPS_TOO_LOW,
    title="leg not straight at the top",
    signal="stance_flexion",
    mild=20,
    marked=30,
    landmark="knee",
)
