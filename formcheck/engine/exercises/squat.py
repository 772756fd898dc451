"""Squat, with or without dumbbells."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rule import FaultRule
from formcheck.engine.rules import HIP_SHIFT, KNEE_VALGUS, SHALLOW_DEPTH, TRUNK_LEAN
from formcheck.engine.sign import FEET_UNEVEN

EXERCISE = Exercise(
    id="squat",
    name="Squat",
    summary="Feet hip- to shoulder-width apart; push the hips back and sit until the thighs "
    "are level; stand up through the heels.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture. Face it to "
    "have the knees checked; stand side-on, or at 30 degrees and more, to have depth and trunk "
    "checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("squat_flexion", rest_deg=8, target_deg=98, concentric="inbound"),
    source="[S0] E2",
    signs=(FEET_UNEVEN,),
    faults=(
        replace(
            KNEE_VALGUS,
            source="E2, M8; on films of another renderer clean squats read up to 0.06, knees 9 to "
            "18 cm inside 0.20-0.40; a coach's wrong ones 0.11-0.14, his good ones up to 0.02; our "
            "own, any stance, 5 cm 0.06-0.19 (docs/any_side.md)",
        ),
        replace(
            SHALLOW_DEPTH,
            cue="If it does not hurt, sit lower, until your thighs are level.",
            source="E2 (partial from 15); real squats called deep enough "
            "read up to 19, those called too high from 23 (docs/any_side.md)",
        ),
        replace(
            TRUNK_LEAN,
            signal="squat_lean",
            mild=51,
            marked=63,
            cue="Lift your chest; keep your back parallel with your shins.",
            source="E2 [L24][L29]; real squats called correct read up to 49, "
            "those called leaning from 52, most over 60 (docs/any_side.md)",
        ),
        FaultRule(
            id="heel_lift",
            title="heel comes off the floor",
            signal="heel_rise",
            relative=True,
            mild=0.08,
            marked=0.14,
            cue="Keep your heels heavy on the floor.",
            unseen="The pose model's heel and toe points move as much in clean squats as when a "
            "heel rises 6 cm.",
            remedy="Slide a sheet of paper under your heels: it must stay held down.",
            landmark="heel",
            source="E2 [L24]",
        ),
        replace(
            HIP_SHIFT,
            source="E2 [L24]; seen from up to 15 degrees aside, clean squats read up to 0.10",
        ),
    ),
)
