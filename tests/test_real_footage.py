"""Real people, counted by hand: the real model on real video. Skips when absent."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from pose_model import model_or_skip

from formcheck.capture.estimator import PoseEstimator
from formcheck.capture.frames import VideoFile
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.session import SetSession

#: Pictures a second that are looked at, at least: as many as the coach gets from a laptop. Fewer of
#: loops, which show the same again and again.
SEEN_PER_S = 15
SEEN_OF_LOOPS = 10

# A clamshell with a band is the same movement.
SAME_MOVEMENT = {"banded_clamshell": "clamshell"}
CLIPS = (
    "squat_front.mp4",
    "squat_side.mp4",
    "barbell_squat_side.mp4",
    "glute_bridge_loop.mp4",
    "clamshell_loop.mp4",
    "deadlift_oblique.mp4",
    "single_leg_deadlift_loop.mp4",
    "step_up_loop.mp4",
)


@pytest.fixture(scope="module")
def labels(real_footage):
    return json.loads((real_footage / "labels.json").read_text())


@pytest.fixture(scope="module")
def reports(real_footage, labels):
    made = {}
    model = model_or_skip("full")

    def seen(clip):
        exercise = labels[clip]["exercise"]
        session = SetSession(SAME_MOVEMENT.get(exercise, exercise))
        with VideoFile(real_footage / clip) as video, PoseEstimator(model) as estimator:
            seen_per_s = SEEN_OF_LOOPS if "loop" in clip else SEEN_PER_S
            every = max(1, round(video.fps or 0) // seen_per_s)
            for picture in islice(video, 0, None, every):
                session.push(estimator.estimate(picture, session.exercise.posture))
        return session.finish()

    def report(clip):
        if clip not in made:
            made[clip] = seen(clip)
        return made[clip]

    return report


def test_the_clips_named_here_are_all_that_can_be_counted(labels):
    ours = {
        clip
        for clip, label in labels.items()
        if SAME_MOVEMENT.get(label["exercise"], label["exercise"]) in EXERCISES
    }
    assert ours == set(CLIPS)


@pytest.mark.parametrize("clip", CLIPS)
def test_reps_are_counted_as_by_hand_and_where_they_were(clip, reports, labels):
    report, label = reports(clip), labels[clip]
    # Of a clip that begins or ends in mid-rep every lift that is seen whole counts.
    assert report.summary.reps == label.get("lifts", label["reps"])
    assert report.summary.partials == 0
    turns = label.get("turn_s", ())
    if "lockouts" in label:  # named is where a rep ends and the next begins
        whole = report.reps[-label["reps"] :]
        for rep, before, after in zip(whole, turns, turns[1:], strict=False):
            assert before < rep.start_s < rep.top_s < rep.end_s < after
        return
    for rep, turn in zip(report.reps, turns, strict=False):
        first, last = turn if isinstance(turn, list) else (turn, turn)
        assert first - 0.3 <= rep.top_s <= last + 0.3


def test_a_held_plateau_is_timed(reports):
    held = reports("squat_front.mp4").reps[1]
    assert held.hold_s == pytest.approx(2.1, abs=0.3)


@pytest.mark.parametrize("clip", ["squat_front.mp4", "squat_side.mp4"])
def test_no_fault_is_found_where_the_label_names_none(clip, reports, labels):
    assert labels[clip]["faults"] == []
    assert reports(clip).summary.faults == {}
