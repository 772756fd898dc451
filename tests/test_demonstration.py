"""What pages draw to show an exercise: it is done as the coach counts it, and fits its set-up."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from exerciser.demonstrations import FILE, frames_of
from formcheck.drawing import demonstration
from formcheck.drawing.camera_picture import camera_svg
from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.session import SetSession
from formcheck.engine.units import Units
from formcheck.live.coach.setup_check import SetupCheck

SIZE = (640, 480)
every = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)


def in_a_picture(points: np.ndarray, time_s: float) -> PoseFrame:
    """Points in body heights as a frame in which the body is 300 pixels tall."""
    landmarks = np.zeros((33, 3))
    landmarks[:, :2] = points * 300 + (320, 240)
    return PoseFrame(time_s, landmarks, np.ones(33), SIZE)


@every
def test_it_is_one_smooth_loop_from_the_start_pose(exercise: Exercise) -> None:
    frames = demonstration.frames(exercise.id)
    assert len(frames) >= 24 and frames.shape[1:] == (33, 2)
    assert np.isfinite(frames).all()
    steps = np.linalg.norm(np.roll(frames, -1, axis=0) - frames, axis=2).max(axis=1)
    assert steps[-1] <= steps[:-1].max(), "the last frame leads back to the first"
    assert steps.max() < 0.2, "nothing jumps"
    outline = demonstration.ghost(exercise.id)
    assert outline and np.allclose(outline["points"], frames[0], atol=1e-3)
    low, high = outline["extent"]
    assert (frames >= np.array(low) - 1e-3).all() and (frames <= np.array(high) + 1e-3).all()
    assert len(json.dumps(outline)) < 3_000


@every
def test_the_coach_counts_what_is_shown_and_finds_no_fault(exercise: Exercise) -> None:
    session = SetSession(exercise)
    frames = demonstration.frames(exercise.id)
    rest = [frames[0]] * demonstration.FPS
    shown = [*rest, *frames, *rest, *frames, *rest]
    for number, points in enumerate(shown):
        session.push(in_a_picture(points, number / demonstration.FPS))
    report = session.finish()
    # There and back again are two steps of a walk.
    assert len(report.reps) == (4 if exercise.travels else 2)
    assert not report.partials
    # A fitted model that reads rolls knows rendered films, not exact joints.
    assert not {f.id for rep in report.reps for f in rep.faults} - {"pelvic_rotation"}


@every
def test_whoever_does_as_the_start_pose_shows_may_begin(exercise: Exercise) -> None:
    check = SetupCheck(exercise)
    start = demonstration.frames(exercise.id)[0]
    for number in range(40):
        state = check.push(in_a_picture(start, number / demonstration.FPS), 120.0)
    assert [c for c in state.checks if c.state == "wrong"] == []
    assert state.ready and state.in_start_position and state.held_s > 2


def test_the_file_is_small_and_what_the_virtual_person_does_today() -> None:
    assert FILE.stat().st_size < 150_000
    for name, values in frames_of("single_leg_hip_thrust").items():
        with np.load(FILE) as kept:
            assert np.allclose(kept[name], values, atol=2e-3), (
                "run python -m exerciser.demonstrations"
            )


def test_what_is_needed_is_drawn_too() -> None:
    kinds = {e: set(demonstration.props(e)) for e in EXERCISES}
    assert kinds["hip_thrust"] == {"bench"} and kinds["step_up"] == {"step"}
    assert kinds["ball_single_leg_squat"] == {"ball", "wall"} and kinds["squat"] == set()
    shoulders = demonstration.frames("hip_thrust")[:, 11:13, 1]
    bench = demonstration.props("hip_thrust")["bench"][:, 1]
    assert (shoulders < bench.min() + 0.05).all(), "the shoulders lie on the bench, not in it"


@every
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_the_camera_picture_is_plain_svg_with_both_lengths(
    exercise: Exercise, units: Units
) -> None:
    text = camera_svg(exercise, units)
    svg = ElementTree.fromstring(text)
    labels = [e.text for e in svg.iter("{http://www.w3.org/2000/svg}text")]
    (near, far), (low, high) = exercise.camera.distance_m, exercise.camera.height_m
    if units == "metric":
        assert labels == [f"{near:g}-{far:g} m", f"{low:g}-{high:g} m"]
    else:
        assert all(re.fullmatch(r"[\d.]+(-[\d.]+)? ft", str(label)) for label in labels)
    # It follows the page's colour, asks for no file and is not cut off.
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', text)) <= {"currentColor", "none"}
    assert "href" not in text and "url(" not in text
    left, top, width, height = (float(v) for v in svg.attrib["viewBox"].split())
    for points in re.findall(r'points="([^"]+)"', text):
        for point in points.split():
            x, y = (float(v) for v in point.split(","))
            assert left < x < left + width and top < y < top + height
    assert 200 < width < 500 and 80 < height < 300 and len(text) < 8000


def test_the_camera_stands_in_front_or_at_the_side_as_the_set_up_says() -> None:
    for exercise in EXERCISES.values():
        azimuth = demonstration.camera_azimuth_deg(exercise.id)
        assert azimuth == (0 if "front" in exercise.views and exercise.id != "step_up" else 90)
