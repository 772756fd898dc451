"""Reports to read: made up rep by rep, or measured from recorded landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from formcheck.capture.pose_file import PoseFile
from formcheck.drawing.stills import Stills, encode, pictures
from formcheck.engine.events import PartialCompleted, RepCompleted
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import (
    SIDE_NAMES,
    Fault,
    NotAssessed,
    Rep,
    SetReport,
    Severity,
    Side,
    Source,
    View,
)
from formcheck.engine.session import SetSession
from formcheck.engine.totals import summarise
from formcheck.engine.trace import Trace, TraceKeeper

RENDERED = Path(__file__).parent / "data" / "rendered"


def fault(
    fault_id: str,
    severity: Severity = "marked",
    *,
    exercise: str = "squat",
    side: Side = "both",
    value: float = 0.2,
    at_s: float = 1.0,
) -> Fault:
    rules = {rule.id: rule for rule in EXERCISES[exercise].faults}
    index = SIDE_NAMES.index(side) if side in SIDE_NAMES else 0
    if fault_id not in rules:
        return Fault(fault_id, side, severity, value, "s", at_s, f"Cue of {fault_id}.", 23)
    rule = rules[fault_id]
    joint = rule.joint(index)
    return Fault(fault_id, side, severity, value, "shank", at_s, rule.cue, joint)


def rep(
    index: int,
    *faults: Fault,
    side: Side = "both",
    missing: Sequence[NotAssessed] = (),
    hold_s: float = 0.0,
    rom_deg: float = 100.0,
    why: str | None = None,
) -> Rep:
    start = 4.0 * index
    return Rep(
        index=index,
        side=side,
        start_s=start,
        top_s=start + 1.5,
        end_s=start + 3.0,
        hold_s=hold_s,
        hold_clean_s=hold_s,
        concentric_s=1.2,
        eccentric_s=1.4,
        rom_deg=rom_deg,
        peak_deg=rom_deg,
        faults=tuple(replace(f, at_s=start + f.at_s) for f in faults),
        not_assessed=tuple(missing),
        why=why,
    )


def a_set(
    reps: Sequence[Rep], partials: Sequence[Rep] = (), exercise: str = "squat", frames: int = 900
) -> SetReport:
    return SetReport(
        exercise=exercise,
        source=Source("clip.mp4", 640, 480, 30.0, 30.0, frames, frames),
        view=View("standing", 2.0, "camera"),
        reps=tuple(reps),
        partials=tuple(partials),
        summary=summarise(EXERCISES[exercise], reps, partials),
        model="pose_landmarker_full 1",
        formcheck_version="0.1.0",
    )


def unseen(exercise: str, *ids: str) -> tuple[NotAssessed, ...]:
    """These rules not assessed, with their own remedy."""
    rules = {rule.id: rule for rule in EXERCISES[exercise].faults}
    return tuple(NotAssessed(i, f"Reason of {i}.", rules[i].remedy) for i in ids)


@cache
def measured(
    name: str, exercise: str, prescription: Prescription | None = None
) -> tuple[SetReport, dict[str, bytes], Trace]:
    """Report, pictures (the skeleton on a grey ground) and trace of a recording."""
    file = PoseFile(RENDERED / f"{name}.npz")
    keeper, stills = TraceKeeper(EXERCISES[exercise]), Stills()
    session = SetSession(exercise, prescription=prescription, on_step=keeper)
    ground = encode(np.full((file.frame_size[1], file.frame_size[0], 3), 90, np.uint8))
    for pose in file:
        stills.add(pose.time_s, ground, pose, at_rest=session.snapshot.phase == "rest")
        for event in session.push(pose):
            if isinstance(event, RepCompleted | PartialCompleted):
                stills.rep_done(event.rep)
    report = session.finish()
    return report, pictures(report, session.exercise, stills), keeper.trace
