"""Sets of a stick figure, played through the session."""

from __future__ import annotations

import figure

from formcheck.engine.session import SetSession

REP = (1.0, 1.5, 0.5, 1.5, 0.8)
POSES = {
    "squat": lambda e, **kw: figure.squat(100 * e, **kw),
    "glute_bridge": lambda e, **kw: figure.bridge(130 + 46 * e, **kw),
    "clamshell": lambda e, **kw: figure.clamshell(32 * e, **kw),
    "side_leg_lift": lambda e, **kw: figure.leg_lift(34 * e, **kw),
}
AZIMUTH = {"squat": 90.0, "glute_bridge": 90.0, "clamshell": 0.0, "side_leg_lift": 0.0}


def play(exercise, frames, **options):
    session = SetSession(exercise, **options)
    events = [e for f in frames for e in session.push(f)]
    return session.finish(), events


def film(exercise, reps, pose=None, **options):
    options.setdefault("azimuth_deg", AZIMUTH[exercise])
    return list(figure.film(lambda e, i: (pose or POSES[exercise])(e), reps, **options))


def fault_ids(rep):
    return {f.id for f in rep.faults}
