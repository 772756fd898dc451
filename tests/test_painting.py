"""The film of a recording shows every fault of its report, where and when it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from joined import RENDERED

from formcheck import analyze
from formcheck.capture.pose_file import PoseFile, write_pose_file
from formcheck.drawing.canvas import YELLOW
from formcheck.drawing.skeleton import LEFT, MARKED, RIGHT
from formcheck.recordings.painting import SLOW_S, SLOWER
from formcheck.recordings.side_by_side import TITLE_PX, WIDE_PX


@pytest.mark.parametrize(
    ("name", "exercise"),
    # Low hips and knees inward are known at the end of a rep, sinking while it is held.
    [("glute_bridge-00", "glute_bridge"), ("glute_bridge-03", "glute_bridge")],
)
def test_every_fault_is_drawn_at_its_joint_and_moment(
    name: str, exercise: str, tmp_path: Path
) -> None:
    recording = RENDERED / f"{name}.npz"
    report = analyze(recording, exercise=exercise, video=tmp_path / "out.mp4")
    faults = [fault for rep in report.reps for fault in rep.faults]
    assert faults
    poses = list(PoseFile(recording))
    shown = [image for _, image in frames(tmp_path / "out.mp4")]
    for fault in faults:
        near = min(range(len(poses)), key=lambda i: abs(poses[i].time_s - fault.at_s))
        assert marks(shown[near], poses[near], fault.landmark, fault.severity) > 20
    quiet = [i for i, p in enumerate(poses) if all(abs(p.time_s - f.at_s) > 2 for f in faults)]
    for i in (quiet[0], quiet[-1]):
        assert all(marks(shown[i], poses[i], f.landmark, f.severity) == 0 for f in faults)


def frames(file: Path) -> list[tuple[float, np.ndarray]]:
    """The pictures of a video with their times."""
    with av.open(str(file)) as container:
        return [(f.time or 0.0, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


def test_where_a_fault_is_worst_the_film_goes_slowly(tmp_path: Path) -> None:
    recording = RENDERED / "squat-00.npz"
    report = analyze(recording, "squat", video=tmp_path / "out.mp4", slow_motion=True)
    own = [pose.time_s for pose in PoseFile(recording)]
    shown = np.diff([time for time, _ in frames(tmp_path / "out.mp4")])
    worst = [fault.at_s for rep in report.reps for fault in rep.faults]
    assert worst
    for before, after, lasts in zip(own, own[1:], shown, strict=False):
        slow = any(abs(after - at_s) <= SLOW_S for at_s in worst)
        assert lasts == pytest.approx((after - before) * (SLOWER if slow else 1), abs=0.002)


def test_best_and_worst_rep_go_side_by_side_in_step(tmp_path: Path, few_pictures: None) -> None:
    # The last rep, which has the fault, takes much longer than the first.
    poses = list(PoseFile(RENDERED / "squat-00.npz"))
    write_pose_file(tmp_path / "quick.npz", [replace(p, time_s=quick(p.time_s)) for p in poses])
    report = analyze(tmp_path / "quick.npz", "squat", share=tmp_path / "two.mp4")
    best, worst = report.reps[0], report.reps[-1]
    assert worst.faults and not best.faults
    assert worst.top_s - worst.start_s > 1.4 * (best.top_s - best.start_s)
    shown = [image for _, image in frames(tmp_path / "two.mp4")][::3]
    sides = [(image[:, :WIDE_PX:2], image[:, WIDE_PX::2]) for image in shown]
    # Both go down together and come up together.
    tops = np.array([[top_of_the_body(panel) for panel in pair] for pair in sides])
    low, way = tops.min(axis=0), np.ptp(tops, axis=0)
    assert way.min() > 40
    assert np.abs(np.diff((tops - low) / way, axis=1)).max() < 0.2
    # What is wrong is marked where it is wrong.
    marked = [
        [(np.abs(p.astype(np.int16) - MARKED).max(axis=2) < 40).sum() for p in s] for s in sides
    ]
    assert max(left for left, _ in marked) < 10 < max(right for _, right in marked)


def quick(time_s: float) -> float:
    """Another clock, which runs quickly up to the last squat."""
    return 0.6 * time_s if time_s < 7.7 else time_s - 0.4 * 7.7


def has_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture has a colour, or nearly."""
    return np.abs(picture.astype(np.int16) - colour).max(axis=2) < 40


def top_of_the_body(panel: np.ndarray) -> int:
    """The highest row with something of the skeleton's colours in it."""
    panel = panel[TITLE_PX + 4 :]
    drawn = has_colour(panel, LEFT) | has_colour(panel, RIGHT)
    return int(np.nonzero(drawn.any(axis=1))[0][0])


def test_one_rep_alone_is_not_compared(tmp_path: Path) -> None:
    report = analyze(RENDERED / "glute_bridge-05.npz", "squat", share=tmp_path / "two.mp4")
    assert not report.reps and not (tmp_path / "two.mp4").exists()
    assert any("fewer than two" in note for note in report.notes)


def marks(image: np.ndarray, pose, landmark: int, severity: str) -> int:
    """Pixels in the colour of a fault around a joint."""
    scale = image.shape[1] / pose.frame_size[0]
    x, y = (int(v) for v in pose.landmarks_px[landmark, :2] * scale)
    around = image[max(y - 20, 0) : y + 20, max(x - 20, 0) : x + 20]
    return int(has_colour(around, MARKED if severity == "marked" else YELLOW).sum())
