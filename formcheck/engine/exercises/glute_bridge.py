"""Glute bridge, both legs."""

from formcheck.engine.exercise import Exercise, FaultRule, Placement, Primary

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
    source="seeds 000, 002; clinical spec E1",
    faults=(
        FaultRule(
            id="incomplete_extension",
            title="hips stay too low",
            signal="hip_extension",
            phases=("top",),
            statistic="extreme",
            mild=165,
            marked=155,
            cue="Lift until shoulders, hips and knees make one line.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            source="clinical spec E1 fault 1",
        ),
        FaultRule(
            id="overextension",
            title="back arches over the line",
            signal="hip_extension",
            phases=("top",),
            statistic="extreme",
            mild=188,
            marked=195,
            cue="Stop at the straight line; keep the ribs down.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            breaks_hold=True,
            source="clinical spec E1 fault 2 [L45]",
        ),
        FaultRule(
            id="sinking",
            title="hips sink during the hold",
            signal="hip_extension",
            phases=("top",),
            statistic="fall",
            mild=8,
            marked=15,
            cue="Keep the hips up until the count ends.",
            views=("side",),
            remedy=_SIDE,
            landmark="hip",
            breaks_hold=True,
            source="clinical spec E1 fault 3",
        ),
    ),
)
