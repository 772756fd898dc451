"""Every rule of every exercise on exact joints: a clean set, and one with the fault.

The virtual person of the exerciser does both in front of a camera from which the
rule is judged; no pose model stands between, so what fails here is geometry.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import MOVEMENTS, make_pose
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession

#: Their other rules have a table in test_verdicts.py, of stick figures.
FIGURED = {"squat", "glute_bridge", "clamshell", "side_leg_lift"}
#: A fitted model reads these, which knows people and not stick figures.
FITTED = {"pelvic_rotation", "lift_since_rest"}
RULES = [
    (e.id, r.id)
    for e in EXERCISES.values()
    for r in e.faults
    if not r.unseen and (e.id not in FIGURED or r.signal in FITTED)
]
FPS, HOLD_S = 15.0, 0.6
#: Amply beyond the largest size drawn: limits allow for errors of the pose model that
#: exact joints do not have.
AMPLE = 1.3


def cameras(exercise: str, fault: str) -> list[tuple[float, float]]:
    """Azimuth and elevation of the middle of each view in which a fault is judged."""
    movement = MOVEMENTS[exercise]
    return [
        (sum(c.azimuth) / 2, sum(c.elevation) / 2)
        for c in movement.cameras
        if c.weight > 0
        and movement.judged_view(sum(c.azimuth) / 2, sum(c.elevation) / 2)
        in movement.faults[fault].views
    ]


@cache
def watched(
    exercise: str,
    fault: str,
    size: float,
    azimuth: float,
    elevation: float,
    side: str = "left",
    model: str = "",
) -> SetReport:
    """Two reps of the average man as the camera has them, joints exact."""
    movement = MOVEMENTS[exercise]
    worked = side if movement.unilateral else "both"
    spec = SetSpec(
        exercise,
        "m_average",
        side=worked,
        reps=(
            RepSpec(
                out_s=1.4,
                # Some faults need the time to happen.
                hold_s=max(HOLD_S, movement.faults[fault].min_hold_s) if fault else HOLD_S,
                back_s=1.4,
                faults={fault: size} if size else {},
            ),
        )
        * 2,
        lead_in_s=1.5,
        sway=0.5,
        variation=0.0,
    )
    made = build(spec, FPS)
    person = load_body(spec.body)
    poses = make_pose(person, exercise, np.array([0.0, 0.5, 1.1]), worked)
    if azimuth > 0 and side == "right":
        azimuth = -azimuth
    camera = frame_points(
        Camera(azimuth, elevation, 3.0, 45.0, 1280, 720), person.contact_points(poses), 0.1
    )
    px, _ = camera.project(made.landmarks_m)
    session = SetSession(exercise)
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        frame = PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), (1280, 720))
        session.push(replace(frame, model=model))
    return session.finish()


@pytest.mark.parametrize(("exercise", "fault"), RULES, ids=lambda v: str(v))
def test_a_rule_fires_on_its_fault_and_not_on_a_clean_set(exercise: str, fault: str) -> None:
    spec = MOVEMENTS[exercise].faults[fault]
    places = cameras(exercise, fault)
    assert places, "no camera is told from which this can be judged"
    assert spec.sizes is not None
    rule = next(r for r in EXERCISES[exercise].faults if r.id == fault)
    ample = 1.0 if rule.signal in FITTED else AMPLE  # it knows no more than was filmed
    for azimuth, elevation in places:
        faulty = watched(exercise, fault, ample * spec.sizes[1], azimuth, elevation)
        # How far a rep went can make it a partial one: that is seen as well.
        attempts = faulty.reps or faulty.partials
        assert len(faulty.reps) + len(faulty.partials) == 2
        assert all(fault in {f.id for f in rep.faults} for rep in attempts)
        # The same for all faults that need no longer hold.
        held = fault if spec.min_hold_s > HOLD_S else ""
        clean = watched(exercise, held, 0.0, azimuth, elevation)
        assert clean.summary.reps == 2
        assert fault not in clean.summary.faults


@pytest.mark.parametrize("exercise", sorted(e.id for e in EXERCISES.values() if e.unilateral))
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_working_side_is_found(exercise: str, side: str) -> None:
    movement = MOVEMENTS[exercise]
    for told in (c for c in movement.cameras if c.weight > 0 and c.view in movement.told):
        azimuth, elevation = sum(told.azimuth) / 2, sum(told.elevation) / 2
        report = watched(exercise, "", 0.0, azimuth, elevation, side)
        assert [rep.side for rep in report.reps] == [side] * 2


def test_what_the_small_model_cannot_measure_is_not_assessed_with_it() -> None:
    full, lite = (
        watched("clamshell", "feet_apart", 11.0, 0.0, 20.0, model=f"pose_landmarker_{name} 1")
        for name in ("full", "lite")
    )
    assert full.summary.reps == lite.summary.reps == 2
    assert set(full.summary.faults) == {"feet_apart"} and not lite.summary.faults
    unsure = lite.summary.not_assessed
    assert {"feet_apart", "range_too_small", "range_too_large"} <= set(unsure)
    assert "lite" in unsure["feet_apart"].reason and "full" in unsure["feet_apart"].remedy


def test_where_the_small_model_is_less_sure_a_clear_fault_is_still_found() -> None:
    spec, (azimuth, elevation) = (
        MOVEMENTS["deadlift"].faults["knee_bend"],
        cameras("deadlift", "knee_bend")[0],
    )
    assert spec.sizes is not None
    report = watched("deadlift", "knee_bend", spec.sizes[1], azimuth, elevation, model="lite")
    assert "knee_bend" in report.summary.faults


def test_every_exercise_has_a_virtual_person_who_does_it_with_all_its_faults() -> None:
    for exercise in EXERCISES.values():
        faults = MOVEMENTS[exercise.id].faults
        assert {r.id for r in exercise.faults if not r.unseen} <= set(faults), exercise.id
