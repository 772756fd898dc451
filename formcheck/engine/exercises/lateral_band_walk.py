"""Lateral band walk."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Prescription, Primary
from formcheck.engine.rule import FaultRule
from formcheck.engine.rules import KNEE_VALGUS, TRUNK_LATERAL_LEAN

_FRONT = "Face the camera to have this checked, also while you walk."

EXERCISE = Exercise(
    id="lateral_band_walk",
    name="Lateral band walk",
    summary="Band above the knees or around the ankles; in a quarter squat step to one side, let "
    "the other foot follow, and keep the band tight. Two steps each way, or ten and back.",
    setup="Camera in front of you at hip height ({height}), {distance} away, so that the whole "
    "body stays in the picture for all steps. Stand straight for two seconds, then bend your "
    "knees and begin.",
    posture="standing",
    camera=Placement(distance_m=(3, 4), height_m=(0.8, 1.0)),
    primary=Primary(
        "leg_spread", rest_deg=22, target_deg=38, concentric="outbound", from_rest=True
    ),
    working="leading_leg",
    travels=True,
    counted_within=2.9,
    source="[S0][S1] E5",
    prescription=Prescription(reps=20),
    faults=(
        replace(
            TRUNK_LATERAL_LEAN,
            signal="trunk_sideways",
            per="middle",
            two_sided=True,
            mild=6,
            marked=10,
            cue="Stay upright; move the leg, not the body.",
            remedy=_FRONT,
            source="E5; on films good steps read up to 3, a trunk that leans 10 degrees 6.5 to 8.5",
        ),
        replace(
            KNEE_VALGUS,
            signal="stepping_knee_inward",
            cleared_by="",
            mild=0.12,
            marked=0.17,
            cue="Press your knees out against the band.",
            remedy=_FRONT,
            window=None,
            source="E5",
        ),
        FaultRule(
            id="standing_up",
            title="comes up out of the squat",
            signal="leg_extension",
            mild=0.97,
            marked=0.985,
            cue="Stay down in your squat.",
            unseen="Steps in a quarter squat look 84-99% as tall as standing straight, steps with "
            "straight legs 97-102%: a few steps nearer to the camera or further away do as much.",
            remedy="Walk beside a mirror: your head has to stay at one height.",
            landmark="hip",
            source="E5",
        ),
        FaultRule(
            id="feet_together",
            title="feet come too close",
            signal="leg_spread",
            phases=("end",),
            mild=15.5,
            marked=12,
            cue="Keep your feet apart so that the band stays tight.",
            remedy=_FRONT,
            landmark="ankle",
            source="E5",
        ),
    ),
)
