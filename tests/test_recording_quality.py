"""Sets of a stick figure: what is said of the view, and of who is in the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from played import REP, film, play

from formcheck.capture.pose_file import PoseFile
from formcheck.engine import events as ev
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import TrunkMotion, empty_frame


@pytest.mark.parametrize(
    ("azimuth", "facing"),
    [(0, "camera"), (90, "image_left"), (-90, "image_right"), (180, "away")],
)
def test_the_view_is_reported(azimuth, facing):
    report, _ = play("squat", film("squat", [REP], azimuth_deg=azimuth))
    assert report.view.posture == "standing"
    assert report.view.facing == facing
    turn = (report.view.azimuth_deg - azimuth + 180) % 360 - 180
    assert abs(turn) < 15


def test_an_exercise_in_the_wrong_posture_counts_nothing_and_says_why():
    report, _ = play("squat", film("glute_bridge", [REP] * 3))
    assert report.summary.reps == 0
    assert any("standing" in note for note in report.notes)
    assert not any("two people" in note for note in report.notes)


def test_two_people_neither_of_them_in_position_are_named():
    frames = [replace(f, people=2) for f in film("glute_bridge", [REP] * 3)]
    report, _ = play("squat", frames)
    assert any("two people in the picture" in note for note in report.notes)


@pytest.mark.parametrize("fps", [12, 30])
def test_a_skeleton_that_changes_between_two_bodies_is_said_and_fast_squats_are_not(fps):
    def jumps(frames):
        return [note for note in play("squat", frames)[0].notes if "jump" in note]

    fast = [(1.0, 0.4, 0.0, 0.4, 0.3)] * 6
    for azimuth_deg in (0.0, 45.0):
        alone = film("squat", fast, fps=fps, azimuth_deg=azimuth_deg)
        assert not jumps(alone)
    stands = alone[0].landmarks_px
    mixed = []
    for frame in film("squat", [REP] * 3, fps=fps, azimuth_deg=45.0):
        px = frame.landmarks_px.copy()
        if frame.time_s % 0.8 < 0.3:
            px[:23] = stands[:23]
        mixed.append(replace(frame, landmarks_px=px))
    (note,) = jumps(mixed)
    assert "two people" in note


@pytest.mark.parametrize(
    ("exercise", "followed"), [("clamshell", True), ("clamshell", False), ("squat", False)]
)
def test_a_report_says_where_rolling_hips_had_landmarks_alone_to_go_by(exercise, followed):
    name = {"clamshell": "clamshell-01", "squat": "squat-00"}[exercise]
    poses = PoseFile(Path(__file__).parent / "data" / "rendered" / f"{name}.npz")
    motion = TrunkMotion(3, np.ones((4, 2)), np.ones(4), np.ones(4)) if followed else None
    report, _ = play(exercise, [replace(pose, trunk_motion=motion) for pose in poses])
    said = [note for note in report.notes if "landmarks alone" in note]
    assert len(said) == (exercise == "clamshell" and not followed)


def test_nobody_in_the_picture_is_a_note_and_no_verdict():
    report, _ = play("squat", [empty_frame(i / 30, (640, 480)) for i in range(60)])
    assert report.notes == ("Nobody was found in the picture.",)
    assert set(report.summary.not_assessed) == {r.id for r in EXERCISES["squat"].faults}
    assert report.source.frames_with_pose == 0


def test_another_person_taking_over_is_said():
    frames = film("squat", [REP] * 2)
    frames[35] = replace(frames[35], person_changed=True)  # on the way down
    report, events = play("squat", frames)
    assert any(isinstance(e, ev.PersonChanged) for e in events)
    assert any("whom to follow changed once" in note for note in report.notes)
    assert (report.summary.reps, [one.reason for one in report.dropped]) == (1, ["person"])
