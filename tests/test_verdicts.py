"""Sets of a stick figure: a fault, fine, or not assessed."""

from __future__ import annotations

import figure
import numpy as np
import pytest
from played import POSES, REP, fault_ids, film, play

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES

# (exercise, fault, azimuth, pose with the fault's size as second argument,
#  size that is a fault, size just below that is not)
FAULTS = [
    ("squat", "knee_valgus", 0, lambda e, s: figure.squat(100 * e, knee_in_m=s * e), 0.06, 0.01),
    ("squat", "shallow_depth", 90, lambda e, s: figure.squat(s * e), 65, 130),
    ("squat", "trunk_lean", 90, lambda e, s: figure.squat(120 * e, trunk_deg=s * e), 80, 60),
    ("squat", "hip_shift", 0, lambda e, s: figure.squat(100 * e, shift_m=s * e), 0.05, 0.01),
    ("glute_bridge", "incomplete_extension", 90, lambda e, s: figure.bridge(130 + s * e), 24, 44),
    ("glute_bridge", "overextension", 90, lambda e, s: figure.bridge(130 + s * e), 70, 50),
    (
        "clamshell",
        "feet_apart",
        0,
        lambda e, s: figure.clamshell(32 * e, apart_m=s * e),
        0.10,
        0.02,
    ),
    ("clamshell", "range_too_small", 0, lambda e, s: figure.clamshell(s * e), 18, 32),
    ("clamshell", "range_too_large", 0, lambda e, s: figure.clamshell(s * e), 62, 40),
    (
        "side_leg_lift",
        "knee_bend",
        0,
        lambda e, s: figure.leg_lift(34 * e, knee_bend_deg=s * e),
        25,
        4,
    ),
]


@pytest.mark.parametrize(
    ("exercise", "fault", "azimuth", "pose", "size", "below"),
    FAULTS,
    ids=[f"{e}-{f}" for e, f, *_ in FAULTS],
)
def test_every_fault_fires_beyond_its_limit_and_not_below(
    exercise, fault, azimuth, pose, size, below
):
    def faults_at(amount):
        raised = 28.0 if fault == "knee_bend" else 0.0
        frames = film(
            exercise,
            [REP] * 2,
            lambda e: pose(e, amount),
            azimuth_deg=azimuth,
            elevation_deg=raised,
        )
        report, _ = play(exercise, frames)
        assert report.summary.reps == 2
        assert not any(n.id == fault for rep in report.reps for n in rep.not_assessed)
        return [fault in fault_ids(rep) for rep in report.reps]

    assert faults_at(size) == [True, True]
    assert faults_at(below) == [False, False]


def test_the_table_above_misses_no_rule_that_can_be_judged():
    """The other exercises have their virtual person (test_every_rule.py)."""
    judged = {
        (e.id, r.id) for e in EXERCISES.values() for r in e.faults if not r.unseen and e.id in POSES
    }
    # These have tests of their own.
    assert judged - {(e, f) for e, f, *_ in FAULTS} == {
        ("glute_bridge", "sinking"),
        ("clamshell", "pelvic_rotation"),
        ("side_leg_lift", "pelvic_rotation"),
        ("side_leg_lift", "range_too_small"),
        ("side_leg_lift", "range_too_large"),
    }


def test_faults_are_of_the_rep_they_happened_in():
    frames = list(
        figure.film(
            lambda e, i: figure.squat(100 * e, knee_in_m=0.07 * e if i == 1 else 0.0),
            [REP] * 3,
            azimuth_deg=0.0,
        )
    )
    report, events = play("squat", frames)
    assert ["knee_valgus" in fault_ids(r) for r in report.reps] == [False, True, False]
    spoken = [e for e in events if isinstance(e, ev.FaultOn) and e.fault_id == "knee_valgus"]
    middle = report.reps[1]
    assert spoken and all(middle.start_s < e.time_s < middle.end_s for e in spoken)
    summary = report.summary.faults["knee_valgus"]
    assert summary.reps == 1 and summary.share == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("azimuth", "refused"),
    [
        (0, {"shallow_depth", "trunk_lean", "heel_lift"}),
        (90, {"knee_valgus", "hip_shift", "heel_lift"}),
        (45, {"heel_lift", "hip_shift"}),
        (60, {"heel_lift", "knee_valgus", "hip_shift"}),
    ],
)
def test_what_the_view_cannot_show_is_not_assessed_and_says_what_to_change(azimuth, refused):
    # Of 100 degrees the depth is near its limit (below): what is asked here is the view alone.
    deep = lambda e: figure.squat(112 * e)  # noqa: E731
    report, _ = play("squat", film("squat", [REP] * 2, deep, azimuth_deg=azimuth))
    assert set(report.summary.not_assessed) == refused
    for verdict in report.summary.not_assessed.values():
        assert verdict.reason and verdict.remedy
    for rep in report.reps:
        assert not fault_ids(rep) & refused


@pytest.mark.parametrize(("azimuth", "told"), [(45, False), (90, True)])
def test_a_depth_near_the_limit_is_told_from_the_side_and_not_from_an_angle(azimuth, told):
    report, _ = play("squat", film("squat", [REP] * 2, azimuth_deg=azimuth))
    assert [("shallow_depth" in fault_ids(rep)) for rep in report.reps] == [told] * 2
    missing = report.summary.not_assessed
    assert told or "too close to the limit" in missing["shallow_depth"].reason


def test_a_low_camera_does_not_clear_what_it_can_hardly_see_but_believes_what_it_sees():
    def verdicts(bend):
        frames = film(
            "side_leg_lift",
            [REP],
            lambda e: figure.leg_lift(34 * e, knee_bend_deg=bend * e),
            elevation_deg=5.0,
        )
        (rep,) = play("side_leg_lift", frames)[0].reps
        return fault_ids(rep), {n.id for n in rep.not_assessed}

    assert "knee_bend" in verdicts(0)[1]
    found, refused = verdicts(30)
    assert "knee_bend" in found and "knee_bend" not in refused


def test_a_hidden_toe_makes_valgus_not_assessed_rather_than_fine():
    frames = film("squat", [REP] * 2, azimuth_deg=0.0)
    for f in frames:
        f.landmarks_px[31:33] = np.nan
    report, _ = play("squat", frames)
    assert "knee_valgus" in report.summary.not_assessed


def test_prescribed_tempo_and_hold_are_judged_and_only_when_prescribed():
    frames = film("glute_bridge", [(1, 1, 2, 1, 1)] * 2)
    plain, _ = play("glute_bridge", frames)
    asked, _ = play("glute_bridge", frames, prescription=Prescription.parse(tempo="3-10-3"))
    met, _ = play("glute_bridge", frames, prescription=Prescription.parse(tempo="1-2-1"))
    assert all(not fault_ids(r) for r in plain.reps + met.reps)
    assert all(fault_ids(r) == {"too_fast", "hold_short"} for r in asked.reps)


@pytest.mark.parametrize(("fps", "judged"), [(2, False), (3, False), (10, True)])
def test_faults_are_not_told_from_pictures_too_far_apart_to_be_smoothed(fps, judged):
    slow = (1.0, 2.5, 2.0, 2.5, 2.0)
    frames = film(
        "squat",
        [slow] * 2,
        lambda e: figure.squat(100 * e, knee_in_m=0.1 * e),
        azimuth_deg=0.0,
        fps=fps,
    )
    report, events = play("squat", frames)
    assert report.summary.reps == 2
    told = {e.fault_id for e in events if isinstance(e, ev.FaultOn)}
    for rep in report.reps:
        assert ("knee_valgus" in fault_ids(rep)) == judged
        unseen = {n.id: n.reason for n in rep.not_assessed}
        assert ("pictures a second" in unseen.get("knee_valgus", "")) != judged
    assert ("knee_valgus" in told) == judged


@pytest.mark.parametrize(("azimuth", "judged"), [(0.0, True), (-12.0, True), (28.0, False)])
def test_a_shift_of_the_hips_is_told_only_from_straight_in_front(azimuth, judged):
    frames = film("squat", [REP] * 3, azimuth_deg=azimuth)
    clean, _ = play("squat", frames)
    assert "hip_shift" not in clean.summary.faults
    assert ("hip_shift" not in clean.summary.not_assessed) == judged
    shifted = lambda e: figure.squat(100 * e, shift_m=0.09 * e)  # noqa: E731
    report, _ = play("squat", film("squat", [REP] * 3, shifted, azimuth_deg=azimuth))
    assert ("hip_shift" in report.summary.faults) == judged


@pytest.mark.parametrize(("slip_s", "found"), [((9.55, 9.95), False), ((9.0, 11.0), True)])
def test_a_short_slip_in_a_long_rep_is_no_fault(slip_s, found):
    times = iter(np.arange(0, 60, 1 / 30))

    def pose(effort, _rep):
        # The knees dive in on the way back of a rep of 12 s.
        inward = 0.12 if slip_s[0] <= next(times) <= slip_s[1] else 0.0
        return figure.squat(100 * effort, knee_in_m=inward)

    report, _ = play(
        "squat", figure.film(pose, [(1.0, 5.0, 2.0, 5.0, 1.0)], azimuth_deg=0.0, fps=30)
    )
    assert ("knee_valgus" in report.summary.faults) == found
