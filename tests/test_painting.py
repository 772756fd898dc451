"""The film of a recording shows every fault of its report, where and when it was."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from joined import RENDERED

from formcheck import analyze
from formcheck.capture.pose_file import PoseFile
from formcheck.drawing.canvas import YELLOW
from formcheck.drawing.skeleton import MARKED


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
    with av.open(str(tmp_path / "out.mp4")) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for fault in faults:
        near = min(range(len(poses)), key=lambda i: abs(poses[i].time_s - fault.at_s))
        assert marks(shown[near], poses[near], fault.landmark, fault.severity) > 20
    quiet = [i for i, p in enumerate(poses) if all(abs(p.time_s - f.at_s) > 2 for f in faults)]
    for i in (quiet[0], quiet[-1]):
        assert all(marks(shown[i], poses[i], f.landmark, f.severity) == 0 for f in faults)


def marks(image: np.ndarray, pose, landmark: int, severity: str) -> int:
    """Pixels in the colour of a fault around a joint."""
    scale = image.shape[1] / pose.frame_size[0]
    x, y = (int(v) for v in pose.landmarks_px[landmark, :2] * scale)
    around = image[max(y - 20, 0) : y + 20, max(x - 20, 0) : x + 20].astype(int)
    wanted = np.array(MARKED if severity == "marked" else YELLOW)
    return int((np.abs(around - wanted).max(axis=2) < 40).sum())
