"""Few pictures stay, and they are the right ones: of the worst moments, with the joint marked."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from reported import a_set, fault, measured, rep

from formcheck.drawing.skeleton import MARKED
from formcheck.drawing.stills import Still, Stills, draw, encode, picture_id, pictures, size_of
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES

FPS = 20.0


def fill(stills: Stills, begin_s: float, end_s: float, *, at_rest: bool = False) -> int:
    """Feed a stretch of pictures; returns how many were there at most."""
    most = 0
    for i in range(round((end_s - begin_s) * FPS)):
        at = begin_s + i / FPS
        stills.add(at, f"{at:.2f}".encode(), at_rest=at_rest)
        most = max(most, len(stills))
    return most


def time_of(stills: Stills, at_s: float) -> float:
    still = stills.nearest(at_s)
    assert still is not None
    return float(still.jpeg)


def test_the_worst_moment_and_the_turn_are_kept_and_the_rest_is_not() -> None:
    stills = Stills()
    fill(stills, 0, 8)
    stills.rep_done(rep(1, fault("knee_valgus", at_s=0.7)))  # 4.0 to 7.0 s, turn at 5.5
    assert time_of(stills, 4.7) == pytest.approx(4.7, abs=0.1)
    assert time_of(stills, 5.5) == pytest.approx(5.5, abs=0.1)
    assert stills.nearest(2.0) is None
    assert len(stills) < 12  # these two, and the second since the rep ended


@pytest.mark.parametrize("seconds", [10, 65, 180])
def test_a_long_stand_stays_bounded_and_shows_every_moment(seconds: int) -> None:
    stills = Stills()
    assert fill(stills, 0, seconds) <= 240
    for at in np.linspace(0, seconds - 0.1, 40):
        # A tenth of a second in a rep; in a stand of minutes nothing changes that fast.
        assert abs(time_of(stills, at) - at) <= max(0.1, seconds / 240)


def test_a_long_rest_does_not_blur_the_rep_after_it() -> None:
    stills = Stills()
    assert fill(stills, 0, 60, at_rest=True) < 60
    fill(stills, 60, 64)
    for at in np.arange(58.0, 63.9, 0.13):
        assert abs(time_of(stills, at) - at) <= 0.1


def test_resting_again_before_the_rep_is_told_loses_nothing() -> None:
    stills = Stills()
    fill(stills, 0, 20)
    fill(stills, 20, 20.2, at_rest=True)
    stills.rep_done(replace(rep(1), top_s=5.0, end_s=20.0))
    assert time_of(stills, 5.0) == pytest.approx(5.0, abs=0.1)


def test_of_a_whole_programme_the_marked_faults_stay() -> None:
    stills = Stills(kept=30)
    mild, marked = fault("trunk_lean", "mild", at_s=0.4), fault("knee_valgus", at_s=0.9)
    for index in range(1, 61):
        fill(stills, 4.0 * index, 4.0 * index + 3.9)
        stills.rep_done(rep(index, mild, *([marked] if index % 3 == 0 else [])))
    assert len(stills) <= 30 + 8
    for index in range(3, 61, 3):
        assert time_of(stills, 4.0 * index + 0.9) == pytest.approx(4.0 * index + 0.9, abs=0.1)


def test_a_picture_from_another_moment_is_not_shown() -> None:
    stills = Stills()
    fill(stills, 0, 2)
    assert stills.nearest(1.9) is not None
    assert stills.nearest(4.0) is None
    assert Stills().nearest(0.0) is None


def test_an_attempt_the_recording_broke_off_keeps_its_pictures() -> None:
    stills = Stills()
    ground = encode(np.full((48, 64, 3), 90, np.uint8))
    for i in range(140):
        stills.add(i / FPS, ground)
    last = rep(1, fault("knee_valgus", side="left", at_s=0.7))
    # Nobody told the stills that it was over.
    assert set(pictures(a_set([last]), EXERCISES["squat"], stills)) == {"rep001_knee_valgus_left"}


# --------------------------------------------------------------------- drawn


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), cv2.COLOR_BGR2RGB)


def marked_pixels(jpeg: bytes) -> np.ndarray:
    """(n, 2) x, y of the pixels in the colour of a marked joint."""
    near = np.abs(decoded(jpeg).astype(int) - np.array(MARKED)).max(axis=2) < 40
    return np.argwhere(near)[:, ::-1]


def test_a_squat_with_falling_knees_shows_the_knee_that_fell() -> None:
    report, shown, _ = measured("squat-00", "squat")
    worst = report.reps[2]
    for found in worst.faults:
        jpeg = shown[picture_id(worst, found)]
        marks = marked_pixels(jpeg)
        wide, tall = size_of(jpeg)
        assert len(marks) > 60
        # Facing the camera the person's left is on the right of the picture.
        assert (marks[:, 0].mean() > wide / 2) == (found.side == "left")
        assert 0.5 * tall < marks[:, 1].mean() < 0.85 * tall
    clean = shown[picture_id(report.reps[0])]
    assert len(marked_pixels(clean)) == 0
    assert decoded(clean).std() > 10  # the skeleton is there


def test_only_the_worst_reps_and_one_clean_one_are_drawn() -> None:
    report, shown, _ = measured("squat-00", "squat")
    assert set(shown) == {
        "rep001_top",
        "rep002_knee_valgus_right",
        "rep003_knee_valgus_left",
        "rep003_knee_valgus_right",
    }
    assert len(report.reps) == 3


def test_what_does_not_show_in_a_picture_has_none() -> None:
    report, shown, _ = measured("squat-00", "squat", Prescription(concentric_s=4, eccentric_s=4))
    assert "too_fast" in report.summary.faults
    assert not any("too_fast" in name for name in shown)


@pytest.mark.parametrize(
    ("name", "exercise"), [("squat-00", "squat"), ("clamshell-00", "clamshell")]
)
def test_the_whole_person_is_in_the_picture_and_fills_it(name: str, exercise: str) -> None:
    _report, shown, _ = measured(name, exercise)
    for jpeg in shown.values():
        # Grey is the ground, all else was drawn over the body.
        drawn = np.argwhere(np.abs(decoded(jpeg).astype(int) - 90).max(axis=2) > 40)
        wide, tall = size_of(jpeg)
        low, high = drawn.min(axis=0)[::-1], drawn.max(axis=0)[::-1]
        assert (low > 2).all() and high[0] < wide - 3 and high[1] < tall - 3
        assert max((high - low) / [wide, tall]) > 0.6


def test_without_a_pose_the_picture_is_shown_as_it_is() -> None:
    jpeg = encode(np.full((1080, 1920, 3), 120, np.uint8))
    assert size_of(jpeg) == (960, 540)
    assert size_of(draw(Still(0.0, jpeg))) == (640, 360)


def test_what_is_no_picture_is_said() -> None:
    with pytest.raises(ValueError, match="JPEG"):
        draw(Still(0.0, b"nothing"))
