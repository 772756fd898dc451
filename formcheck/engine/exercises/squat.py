"""Squat, with or without dumbbells."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Primary

_SIDE = "Turn side-on to the camera to have this checked."
_FRONT = "Face the camera to have this checked."

EXERCISE = Exercise(
    id="squat",
    name="Squat",
    summary="Feet hip- to shoulder-width apart; push the hips back and sit until the thighs "
    "are level; stand up through the heels.",
    setup="Camera at hip height ({height}), {distance} away, whole body in the picture. Face it to "
    "have the knees checked; stand side-on to have depth and trunk checked.",
    posture="standing",
    camera=Placement(distance_m=(2.5, 3), height_m=(0.8, 1.0)),
    primary=Primary("squat_flexion", rest_deg=8, target_deg=98, concentric="inbound"),
    source="seed 000; clinical spec E2",
    faults=(
        FaultRule(
            id="knee_valgus",
            title="knee falls inward",
            signal="knee_inward",
            per="side",
            mild=0.035,
            marked=0.08,
            cue="Push your knees out over your toes.",
            views=("front",),
            remedy=_FRONT,
            landmark="knee",
            window=("squat_flexion", 35, 180),
            source="clinical spec 2.1 (2-5 cm mild, over 5 cm marked); on rendered bodies clean "
            "squats read up to 0.02, 3 cm reads 0.04-0.06, 5 cm 0.08-0.11",
        ),
        FaultRule(
            id="shallow_depth",
            title="not deep enough",
            signal="thigh_elevation",
            phases=("top",),
            statistic="extreme",
            mild=23,
            marked=36,
            cue="Sit lower until your thighs are level, if it does not hurt.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            source="clinical spec E2 fault 1; the pose model's hips lie high: a level thigh "
            "reads 14-22 on rendered bodies",
        ),
        FaultRule(
            id="trunk_lean",
            title="trunk leans forward",
            signal="trunk_over_shank",
            phases=("top",),
            mild=20,
            marked=30,
            cue="Lift your chest; keep your back parallel with your shins.",
            views=("side",),
            remedy=_SIDE,
            landmark="shoulder",
            source="clinical spec E2 fault 3 [L24][L29]",
        ),
        FaultRule(
            id="heel_lift",
            title="heel comes off the floor",
            signal="heel_rise",
            relative=True,
            mild=0.08,
            marked=0.14,
            cue="Keep your heels heavy on the floor.",
            views=(),
            unseen="The pose model's heel and toe points move as much in clean squats as when a "
            "heel rises 6 cm.",
            remedy="Slide a sheet of paper under your heels: it must stay held down.",
            landmark="heel",
            source="clinical spec E2 fault 5 [L24]",
        ),
        FaultRule(
            id="hip_shift",
            title="hips shift to one side",
            signal="hip_shift",
            relative=True,
            two_sided=True,
            phases=("top", "inbound"),
            mild=0.08,
            marked=0.15,
            cue="Keep your weight even on both feet.",
            views=("front",),
            remedy=_FRONT,
            landmark="hip",
            source="clinical spec E2 fault 6 [L24]",
        ),
    ),
)
