"""Glute bridge, both legs."""

from dataclasses import replace

from formcheck.engine.exercise import Exercise, Placement, Primary
from formcheck.engine.rules import HIPS_TOO_LOW, OVEREXTENSION, SINKING

_SIDE = "Put the camera at your side, low, at the height of a chair seat or below."

EXERCISE = Exercise(
    id="glute_bridge",
    name="Glute bridge",
    summary="On your back, knees bent, feet flat; lift the hips until shoulders, hips and knees "
    "make one line; lower slowly.",
    setup="Camera at your side, {height} high, {distance} away, lying lengthwise in the picture "
    "from head to feet.",
    posture="supine",
    camera=Placement(distance_m=(2, 2.5), height_m=(0.3, 0.6)),
    primary=Primary("hip_extension", rest_deg=130, target_deg=168, concentric="outbound"),
    judged_angle=("shoulder", "hip", "knee"),
    source="[S0][S2] E1",
    faults=(
        replace(HIPS_TOO_LOW, remedy=_SIDE, source="E1"),
        replace(OVEREXTENSION, remedy=_SIDE, source="E1 [L45]"),
        replace(SINKING, remedy=_SIDE, source="E1"),
    ),
)
