"""Landmarks nobody could have: the engine neither fails nor contradicts itself.

FORMCHECK_FUZZ=2000 tries so many sets in place of a few.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import formcheck.engine
from formcheck.drawing.demonstration import FPS
from formcheck.drawing.demonstration import frames as demonstrated
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import LANDMARK_COUNT, PoseFrame, TrunkMotion, empty_frame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report_reader import read_report
from formcheck.engine.session import SetSession

EXAMPLES = int(os.environ.get("FORMCHECK_FUZZ", "15"))
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(formcheck.engine.__file__).parent / "report.schema.json").read_text("utf-8"))
)
WILD = (np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300, 1e-300, 1e9)


def one_set(rng: random.Random, exercise: str) -> list[PoseFrame]:
    """One to three good reps, of somebody near or far."""
    shown = demonstrated(exercise)
    rest = np.repeat(shown[:1], FPS // 2, axis=0)
    reps = np.concatenate([rest, *[shown] * rng.randint(1, 3), rest])
    at = reps * rng.choice((30, 300, 3000)) + (320, 240)
    return [
        PoseFrame(
            i / FPS,
            np.column_stack([xy, np.zeros(LANDMARK_COUNT)]),
            np.ones(LANDMARK_COUNT),
            (640, 480),
        )
        for i, xy in enumerate(at)
    ]


def _points(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    landmarks = frame.landmarks_px.copy()
    landmarks[rng.sample(range(LANDMARK_COUNT), rng.randint(1, LANDMARK_COUNT))] = rng.choice(WILD)
    return replace(frame, landmarks_px=landmarks)


def _visibility(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    seen = rng.choice((0.0, 0.5, 7.0, -1.0, np.nan, np.inf))
    return replace(frame, visibility=np.full(LANDMARK_COUNT, seen))


def _elsewhere(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    moved = (rng.uniform(-1000, 1000), rng.uniform(-1000, 1000), 0.0)
    return replace(frame, landmarks_px=frame.landmarks_px + moved)


def _nobody(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    return empty_frame(frame.time_s, frame.frame_size)


def _others(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    return replace(frame, person_changed=rng.random() < 0.3, people=rng.choice((0, 1, 2, 50)))


def _sizes(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    return replace(frame, frame_size=rng.choice(((1, 1), (3, 2), (10**6, 1), (10**5, 10**5))))


def _room(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    return replace(frame, world_m=np.full((LANDMARK_COUNT, 3), rng.choice(WILD)))


def _clothes(rng: random.Random, frame: PoseFrame) -> PoseFrame:
    def some(*values: float) -> np.ndarray:
        return np.array([rng.choice(values) for _ in range(4)])

    moved = np.column_stack([some(*WILD, 5.0), some(*WILD, 9.0)])
    motion = TrunkMotion(rng.randint(0, 2), moved, some(*WILD, 0.5), some(np.nan, 0.0, 1.0))
    return replace(frame, trunk_motion=motion)


TROUBLES = (_points, _visibility, _elsewhere, _nobody, _others, _sizes, _room, _clothes)


def troubled(rng: random.Random, frames: list[PoseFrame]) -> list[PoseFrame]:
    """The same set with up to four troubles: of the landmarks, the clock, or what arrived."""
    for _ in range(rng.randint(0, 4)):
        begin = rng.randrange(len(frames) - 1)
        end = begin + rng.randint(1, 40)
        kind = rng.randrange(len(TROUBLES) + 2)
        if kind < len(TROUBLES):
            wrong = [TROUBLES[kind](rng, frame) for frame in frames[begin:end]]
        elif kind == len(TROUBLES):
            wrong = []
        else:
            later = rng.choice((0.01, 0.5, 3.0, 100.0, 1e5))
            wrong, end = [replace(f, time_s=f.time_s + later) for f in frames[begin:]], len(frames)
        frames = [*frames[:begin], *wrong, *frames[end:]]
        if len(frames) < 2:
            break
    return frames


@settings(max_examples=EXAMPLES)
# Points that fall together, and what is infinitely far away: these once ended the set.
@example(rng=random.Random(3))
@example(rng=random.Random(10))
@example(rng=random.Random(20))
@given(rng=st.randoms(use_true_random=False))
@pytest.mark.filterwarnings("error")
def test_whatever_is_seen_the_report_holds_together(rng: random.Random) -> None:
    exercise = rng.choice(list(EXERCISES))
    named = rng.choice((exercise, exercise, rng.choice(list(EXERCISES))))
    session = SetSession(named, prescription=rng.choice((None, Prescription(5, 2, 3, 2))))
    for frame in troubled(rng, one_set(rng, exercise)):
        session.push(frame)
        assert session.snapshot.reps >= 0
    report = json.loads(session.finish().to_json())
    SCHEMA.validate(report)
    assert read_report(report).to_dict() == report
    assert report["summary"]["reps"] == len(report["reps"])
    before_s = -np.inf
    for rep in report["reps"]:
        assert before_s <= rep["start_s"] <= rep["top_s"] <= rep["end_s"]
        # To a picture: a stand on one leg is timed from the one before it.
        assert rep["hold_clean_s"] <= rep["hold_s"] <= rep["end_s"] - rep["start_s"] + 1.1 / FPS
        before_s = rep["end_s"]


def test_a_picture_without_pixels_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="picture of 0 x 480 pixels"):
        empty_frame(0.0, (0, 480))


@pytest.mark.parametrize("exercise", list(EXERCISES))
def test_joints_in_one_point_are_no_leg_to_measure_in(exercise: str) -> None:
    """As some trackers place what they lost: the hip's landmarks on the ankle, or all on one."""
    for joints in ((L.LEFT_HIP, L.RIGHT_HIP, L.LEFT_ANKLE, L.RIGHT_ANKLE), tuple(L)):
        session = SetSession(exercise)
        for frame in one_set(random.Random(1), exercise):
            landmarks = frame.landmarks_px.copy()
            landmarks[list(joints)] = landmarks[L.LEFT_ANKLE]
            session.push(replace(frame, landmarks_px=landmarks))
        assert session.finish().reps == ()
