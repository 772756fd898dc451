"""The set-up check on what the pose model saw of rendered people before their first rep."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.fixtures import FOLDER
from formcheck.capture.pose_file import PoseFile
from formcheck.capture.subject import hide_unseen
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame, empty_frame
from formcheck.live.coach.setup_check import CHECKS, SAY_AFTER_S, SetupCheck, SetupState

Change = Callable[[PoseFrame, np.ndarray], np.ndarray]

#: Fixtures seen from where their exercise asks for.
WELL_SET_UP = [
    "clamshell-01",
    "glute_bridge-00",
    "side_leg_lift-08",
    "squat-00",
    "squat-01",
    "tuning-ball_single_leg_squat-03",
    "tuning-banded_clamshell-00",
    "tuning-deadlift-03",
    "tuning-hip_thrust-00",
    "tuning-lateral_band_walk-00",
    "tuning-lateral_step_up-00",
    "tuning-pelvic_drop-07",
    "tuning-single_leg_abc-01",
    "tuning-single_leg_bridge-05",
    "tuning-single_leg_deadlift-03",
    "tuning-single_leg_hip_thrust-02",
    "tuning-single_leg_squat-01",
    "tuning-small_squat-04",
    "tuning-step_up-02",
]
STANDING, LYING = "squat-00", "glute_bridge-00"


def exercise_of(name: str) -> str:
    return name.removeprefix("tuning-").rsplit("-", 1)[0]


@cache
def rest(name: str) -> list[PoseFrame]:
    """The first second of a fixture, before anything moves."""
    return [f for f in PoseFile(FOLDER / f"{name}.npz") if f.time_s < 1.0]


def held(name: str, seconds: float, change: Change | None = None) -> Iterator[PoseFrame]:
    """The rest with its noise, there and back again for so long; its landmarks changed."""
    frames = rest(name)
    frames = frames + frames[-2:0:-1]
    step_s = frames[1].time_s - frames[0].time_s
    for number in range(int(seconds / step_s)):
        frame = replace(frames[number % len(frames)], time_s=number * step_s)
        if change is not None:
            px = frame.landmarks_px.copy()
            px[:, :2] = change(frame, px[:, :2])
            seen = hide_unseen(px, frame.visibility, frame.frame_size)
            frame = replace(frame, landmarks_px=seen)
        yield frame


def run(
    name: str,
    change: Change | None = None,
    *,
    exercise: str = "",
    light: float | None = 120.0,
    seconds: float = 3.0,
    model: str = "",
) -> SetupState:
    """The state after so long."""
    check = SetupCheck(EXERCISES[exercise or exercise_of(name)])
    for frame in held(name, seconds, change):
        state = check.push(replace(frame, model=model), light)
    return state


def texts(state: SetupState) -> dict[str, str]:
    """What is wrong, by check."""
    return {check.id: check.text for check in state.checks if check.state == "wrong"}


def view_of(state: SetupState) -> tuple[str, str]:
    (view,) = (check for check in state.checks if check.id == "view")
    return view.state, view.text


def scaled(size: float) -> Change:
    """The body that large in the middle of the picture."""

    def change(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        low, high = np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)
        now = ((high - low) / frame.frame_size).max()
        return (xy - (low + high) / 2) * size / now + np.array(frame.frame_size) / 2

    return change


def shifted(x: float, y: float) -> Change:
    """Moved by shares of the picture."""
    return lambda frame, xy: xy + np.array(frame.frame_size) * (x, y)


def turned(deg: float) -> Change:
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))

    def change(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        middle = np.array(frame.frame_size) / 2
        return (xy - middle) @ np.array([[c, s], [-s, c]]) + middle

    return change


# ------------------------------------------------------------------ ready


@pytest.mark.parametrize("name", WELL_SET_UP)
def test_who_is_well_seen_may_begin_after_two_seconds(name: str) -> None:
    check = SetupCheck(EXERCISES[exercise_of(name)])
    began = None
    for frame in held(name, 3.0):
        state = check.push(frame, 120.0)
        if began is None and state.held_s >= 2:
            began = frame.time_s
    assert state.ready and state.in_start_position
    assert [check.id for check in state.checks] == list(CHECKS)
    assert texts(state) == {} and state.say is None
    assert began is not None and began < 2.5


def test_a_lapse_of_the_pose_model_does_not_start_anew_but_leaving_does() -> None:
    check = SetupCheck(EXERCISES["squat"])
    frames = list(held(STANDING, 6.0))

    def gone(frame: PoseFrame) -> PoseFrame:
        return empty_frame(frame.time_s, frame.frame_size)

    for frame in frames:
        lapse = 1.0 < frame.time_s < 1.2
        away = 3.0 < frame.time_s < 4.5
        state = check.push(gone(frame) if lapse or away else frame, 120.0)
        if 2.5 < frame.time_s < 3.0:
            assert state.ready and state.held_s > 2
        if 4.3 < frame.time_s < 4.5:
            assert not state.ready and state.held_s == 0
    assert state.ready and 0.5 < state.held_s < 1.6


def test_another_person_has_to_hold_it_too() -> None:
    check = SetupCheck(EXERCISES["squat"])
    for number, frame in enumerate(held(STANDING, 3.0)):
        state = check.push(replace(frame, person_changed=number == 30), 120.0)
    assert 0.5 < state.held_s < 1.5


def test_two_people_are_spoken_of_where_neither_is_in_position() -> None:
    check = SetupCheck(EXERCISES["clamshell"])
    for frame in held(STANDING, 3.0):
        state = check.push(replace(frame, people=2), 120.0)
    assert state.say is not None
    assert state.say.startswith("I see two people. One of you, step out of the picture. Lie on")


# ------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (STANDING, shifted(0, 0.25), {"body": "I can't see your feet. Tilt the camera down."}),
        (STANDING, shifted(0, -0.22), {"body": "I can't see your head. Tilt the camera up."}),
        (
            LYING,
            shifted(0.22, 0),
            {"body": "I can't see your head. Move to the middle of the picture."},
        ),
        (STANDING, scaled(1.0), {"distance": "Move back a step."}),
        (LYING, scaled(1.0), {"distance": "Move the camera back."}),
        (STANDING, scaled(0.3), {"distance": "Come a step closer."}),
        (LYING, scaled(0.2), {"distance": "Move the camera closer."}),
        (STANDING, turned(13), {"camera": "The camera is tilted. Set it level."}),
        (STANDING, turned(-13), {"camera": "The camera is tilted. Set it level."}),
        ("squat-03", turned(18), {"camera": "The camera is tilted. Set it level."}),
    ],
)
def test_a_bad_picture_is_not_ready_and_says_what_to_do(
    name: str, change: Change, expected: dict[str, str]
) -> None:
    state = run(name, change)
    assert texts(state) == expected
    assert not state.ready and state.held_s == 0
    assert state.say == next(iter(expected.values()))


def test_leaning_forward_a_little_is_not_a_tilted_camera() -> None:
    assert {c.id: c.state for c in run("squat-03", turned(9)).checks}["camera"] == "ok"
    # Of somebody who lies it cannot be told.
    assert {c.id: c.state for c in run(LYING, turned(9)).checks}["camera"] == "unknown"


def test_too_near_with_the_feet_cut_off_is_put_into_one_sentence() -> None:
    state = run(STANDING, lambda f, xy: scaled(1.3)(f, xy) + (0, 0.2 * f.frame_size[1]))
    assert state.say == "I can't see your feet. Move back a step."


def test_feet_behind_furniture_are_not_beyond_the_edge() -> None:
    def without_feet(_frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        xy[L.LEFT_ANKLE : L.RIGHT_FOOT_INDEX + 1] = np.nan
        return xy

    assert run(STANDING, without_feet).say == "I can't see your feet. Clear the view."


def test_in_a_side_view_the_far_leg_is_not_missed() -> None:
    def without_far_leg(_frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        xy[[L.LEFT_KNEE, L.LEFT_ANKLE, L.LEFT_HEEL, L.LEFT_FOOT_INDEX]] = np.nan
        return xy

    name = "squat-03"  # seen from the right
    assert run(name, without_far_leg).ready


@pytest.mark.parametrize(
    ("light", "words"), [(20.0, "Too dark"), (250.0, "Too bright"), (60.0, ""), (None, "")]
)
def test_light_is_advice_while_the_whole_body_is_found(light: float | None, words: str) -> None:
    state = run(STANDING, light=light)
    assert state.ready
    assert words in (state.say or "")

    def without_feet(_frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        xy[27:33] = np.nan
        return xy

    unsure = {check.id: check.state for check in run(STANDING, without_feet, light=light).checks}
    assert (unsure["light"] == "wrong") is bool(words)


def test_nobody_in_the_picture_is_said_and_darkness_is_said_first() -> None:
    for light, words in ((120.0, "I can't see you."), (10.0, "Too dark.")):
        check = SetupCheck(EXERCISES["squat"])
        for number in range(60):
            state = check.push(empty_frame(number / 20, (640, 480)), light)
        assert not state.ready and (state.say or "").startswith(words)


@pytest.mark.parametrize(
    ("name", "exercise", "words"),
    [
        (STANDING, "glute_bridge", "Lie on your back"),
        (LYING, "squat", "Stand up"),
        (LYING, "clamshell", "Lie on your side, belly towards the camera"),
        ("clamshell-01", "glute_bridge", "Lie on your back"),
        (STANDING, "hip_thrust", "upper back against the bench"),
    ],
)
def test_the_wrong_posture_is_told_how_to_get_into_the_right_one(
    name: str, exercise: str, words: str
) -> None:
    state = run(name, exercise=exercise)
    assert set(texts(state)) == {"posture"} and words in (state.say or "")
    assert not state.ready and not state.in_start_position


# --------------------------------------------------------------------- view


@pytest.mark.parametrize(
    ("name", "exercise", "text"),
    [
        ("squat-01", "pelvic_drop", "Face the camera."),
        ("squat-01", "lateral_band_walk", "Face the camera."),
        (STANDING, "single_leg_abc", "Turn side-on or turn half towards the camera."),
    ],
)
def test_a_view_that_cannot_be_counted_from_blocks(name: str, exercise: str, text: str) -> None:
    state = run(name, exercise=exercise)
    assert view_of(state) == ("wrong", text)
    assert not state.ready and state.say == text


def test_any_other_view_does_not_block_but_says_what_is_lost() -> None:
    state = run(STANDING, exercise="deadlift")
    assert view_of(state) == ("unknown", "Turn side-on. From here reps are only counted.")
    assert state.ready and state.held_s > 2 and state.say == view_of(state)[1]


def test_a_view_that_is_asked_for_names_what_the_other_one_would_show() -> None:
    front, side = run("squat-00"), run("squat-01")
    assert view_of(front) == (
        "ok",
        "From here I can't check: not deep enough and trunk leans forward.",
    )
    assert (
        view_of(side)[1] == "From here I can't check: knee falls inward and hips shift to one side."
    )
    # Nothing that need be said aloud.
    assert front.say is None and side.say is None
    assert view_of(run("tuning-pelvic_drop-07")) == ("ok", "")


def test_on_the_side_a_low_camera_is_to_be_raised_where_that_matters() -> None:
    for name in ("clamshell-00", "clamshell-01"):
        assert view_of(run(name)) == ("ok", "")
    state = run("side_leg_lift-03")
    assert view_of(state) == ("unknown", "Raise the camera. From here I can't check: knee bends.")
    assert state.ready and state.say == view_of(state)[1]


def test_what_the_lite_model_does_not_see_exactly_enough_is_named() -> None:
    state = run("clamshell-01", model="pose_landmarker_lite 1")
    assert state.ready and view_of(state) == (
        "ok",
        "The lite pose model can't check: feet come apart, knee opens too little and knee "
        "opens too far.",
    )
    assert view_of(run("squat-00", model="pose_landmarker_lite 1")) == view_of(run("squat-00"))


def test_on_the_side_the_back_is_not_to_be_to_the_camera() -> None:
    def from_behind(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        # The same body from the other side of the room: the upper side stays the upper one.
        return np.stack([frame.frame_size[0] - xy[:, 0], xy[:, 1]], axis=1)

    state = run("clamshell-01", from_behind)
    assert texts(state) == {"posture": "Turn over, belly towards the camera."}
    assert not state.ready


# ---------------------------------------------------------- the start position


@pytest.mark.parametrize("joints", [list(L), [L.RIGHT_KNEE, L.RIGHT_ANKLE, L.RIGHT_FOOT_INDEX]])
@pytest.mark.parametrize("name", [STANDING, LYING])
def test_who_moves_is_not_holding_still(name: str, joints: list[int]) -> None:
    def moving(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        trunk = float(np.hypot(*(xy[L.RIGHT_SHOULDER] - xy[L.RIGHT_HIP])))
        xy[joints] += (0.2 * trunk * math.sin(2 * math.pi * frame.time_s / 2.5), 0)
        return xy

    check = SetupCheck(EXERCISES[exercise_of(name)])
    states = [check.push(frame, 120.0) for frame in held(name, 6.0, moving)]
    assert max(state.held_s for state in states) < 1.0
    assert states[-1].ready


def test_breathing_and_swaying_a_little_is_holding_still() -> None:
    def swaying(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        height = 1 - xy[:, 1:] / frame.frame_size[1]
        return xy + height * (4 * math.sin(2 * math.pi * frame.time_s / 3), 0)

    assert run(STANDING, swaying, seconds=4.0).held_s > 3


def test_holding_still_with_the_hips_up_is_not_the_start_of_a_bridge() -> None:
    frames = list(PoseFile(FOLDER / "glute_bridge-00.npz"))
    highest = min(frames, key=lambda f: float(f.landmarks_px[L.LEFT_HIP, 1]))
    check = SetupCheck(EXERCISES["glute_bridge"])
    for number in range(45):
        state = check.push(replace(highest, time_s=number / 15), 120.0)
    assert state.ready and not state.in_start_position and state.held_s == 0


# ------------------------------------------------------------------- calmness


def test_a_foot_at_the_edge_does_not_make_the_answer_flicker() -> None:
    calls = 0

    def at_the_edge(frame: PoseFrame, xy: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        low = np.nanmax(xy[[L.LEFT_ANKLE, L.RIGHT_ANKLE], 1])
        return xy + (0, frame.frame_size[1] - low + (3 if calls // 3 % 2 else -3))

    check = SetupCheck(EXERCISES["squat"])
    shown = [check.push(frame, 120.0).checks for frame in held(STANDING, 5.0, at_the_edge)]
    body = [checks[1].state for checks in shown if checks[1].state != "unknown"]
    assert sum(a != b for a, b in pairwise(body)) <= 1


def test_what_is_wrong_is_said_only_when_it_has_lasted() -> None:
    check = SetupCheck(EXERCISES["squat"])
    said = [
        (frame.time_s, check.push(frame, 20.0 if frame.time_s > 1.0 else 120.0).say)
        for frame in held(STANDING, 4.0)
    ]
    first = next(time_s for time_s, say in said if say)
    assert first >= 1.0 + SAY_AFTER_S
    assert first < 1.0 + SAY_AFTER_S + 0.5
    # It goes on being said for as long as it is so, and no longer.
    assert said[-1][1] == "Too dark. Turn on a light."
    for frame in held(STANDING, 1.0):
        state = check.push(replace(frame, time_s=4.0 + frame.time_s), 120.0)
    assert state.say is None
