"""Recordings that are turned, mirrored or in slow motion: put right, and offered to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from joined import Poses, film, join, mirrored, still

from formcheck.capture.correction import Correction
from formcheck.capture.pose_file import write_pose_file
from formcheck.cli import main
from formcheck.engine.pose import PoseFrame, TrunkMotion
from formcheck.recordings.analysis import UnrecognisedError, analyze

WRONG = [
    Correction(rotate=90),
    Correction(rotate=180),
    Correction(rotate=270),
    Correction(mirrored=True),
    Correction(rotate=90, mirrored=True),
]


def undone(correction: Correction) -> Correction:
    """What makes the recording that this puts right; a mirror comes after a turn."""
    turn = correction.rotate if correction.mirrored else -correction.rotate % 360
    return replace(correction, rotate=turn, speed=1 / correction.speed)


def shown(poses: Poses, correction: Correction) -> list[PoseFrame]:
    wrong = undone(correction)
    return [wrong.pose(pose) for pose in poses]


@pytest.mark.parametrize("correction", WRONG, ids=str)
def test_landmarks_come_back_as_they_were(correction: Correction) -> None:
    pose = film("clamshell-01")[3]
    (wrong,) = shown([pose], correction)
    back = correction.pose(wrong)
    np.testing.assert_allclose(back.landmarks_px, pose.landmarks_px, atol=1e-9)
    np.testing.assert_allclose(back.world_m, pose.world_m, atol=1e-9)
    np.testing.assert_array_equal(back.visibility, pose.visibility)
    assert back.frame_size == pose.frame_size


@pytest.mark.parametrize("correction", WRONG, ids=str)
def test_the_trunks_motion_is_turned_with_the_landmarks(correction: Correction) -> None:
    pose = film("clamshell-01")[3]
    step = np.array([[3.0, -7.0]] * 4)
    moved = replace(
        pose,
        landmarks_px=pose.landmarks_px + np.array([3.0, -7.0, 0.0]),
        trunk_motion=TrunkMotion(0, step, np.ones(4)),
    )
    before, after = (correction.pose(each) for each in (pose, moved))
    assert after.trunk_motion is not None
    shift = (after.landmarks_px - before.landmarks_px)[12, :2]
    np.testing.assert_allclose(after.trunk_motion.moved_px, [shift] * 4, atol=1e-9)


def test_a_mirror_swaps_the_sides() -> None:
    poses = film("clamshell-01")
    for one, other in zip(map(Correction(mirrored=True).pose, poses), mirrored(poses), strict=True):
        np.testing.assert_allclose(one.landmarks_px, other.landmarks_px, atol=1e-9)


@pytest.mark.parametrize("correction", [*WRONG, Correction(speed=0.25)], ids=str)
def test_a_recording_put_right_gives_the_same_report(
    correction: Correction, tmp_path: Path
) -> None:
    poses = film("clamshell-01")
    write_pose_file(tmp_path / "right.npz", poses)
    write_pose_file(tmp_path / "wrong.npz", shown(poses, correction))
    right = analyze(tmp_path / "right.npz", "clamshell")
    options = {"rotate": correction.rotate, "mirrored": correction.mirrored}
    again = analyze(tmp_path / "wrong.npz", "clamshell", speed=correction.speed, **options)
    assert len(right.reps) == 3
    for one, other in zip(again.reps, right.reps, strict=True):
        assert one.side == other.side
        assert one.start_s == pytest.approx(other.start_s, abs=0.01)
        assert one.rom_deg == pytest.approx(other.rom_deg, abs=0.1)
        assert [f.id for f in one.faults] == [f.id for f in other.faults]
    assert any("as asked" in note or "plays at 0.25" in note for note in again.notes)


@pytest.mark.parametrize(
    ("correction", "exercise", "offered"),
    [
        (Correction(rotate=180), "squat", "--rotate 180"),
        (Correction(rotate=90), "squat", "--rotate 90"),
        (Correction(rotate=270), "squat", "--rotate 270"),
        (Correction(rotate=90), "clamshell", "--rotate 90 or --rotate 270"),
    ],
)
def test_a_turned_recording_is_offered_to_be_turned_back(
    correction: Correction, exercise: str, offered: str, tmp_path: Path
) -> None:
    name = "squat-00" if exercise == "squat" else "clamshell-01"
    write_pose_file(tmp_path / "wrong.npz", shown(film(name), correction))
    report = analyze(tmp_path / "wrong.npz", exercise)
    assert any(offered in note for note in report.notes), report.notes
    write_pose_file(tmp_path / "right.npz", film(name))
    assert not any("rotate" in note for note in analyze(tmp_path / "right.npz", exercise).notes)


@pytest.mark.parametrize(("turn", "offered"), [(180, "upside down"), (90, "--rotate 90")])
def test_it_is_offered_when_nobody_can_tell_the_exercise(
    turn: int, offered: str, tmp_path: Path
) -> None:
    poses = join(still(film("squat-00")[0], 12))
    write_pose_file(tmp_path / "wrong.npz", shown(poses, Correction(rotate=turn)))
    with pytest.raises(UnrecognisedError, match=offered):
        analyze(tmp_path / "wrong.npz")


@pytest.mark.parametrize("speed", ["0", "-1", "1000", "nan"])
def test_a_speed_that_cannot_be_is_refused(
    speed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pose_file(tmp_path / "a.npz", film("squat-00"))
    assert main(["analyze", str(tmp_path / "a.npz"), "--speed", speed]) == 2
    assert "is not between 0.01 and 100" in capsys.readouterr().err
