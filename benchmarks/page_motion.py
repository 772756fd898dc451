"""The trunk's motion as the page computes it, against what is computed here.

    python -m benchmarks.page_motion          # over the sample clips of people on their side

The page's JavaScript runs in node on the very same pictures and landmarks. What is printed: how
far the two readings are apart, in degrees of roll, and the JavaScript's time a picture.
"""

from __future__ import annotations

import json
import shutil
import statistics
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.browser import ROOT
from formcheck.capture.estimator import PoseEstimator
from formcheck.capture.frames import VideoFile
from formcheck.capture.models.store import ensure_model
from formcheck.capture.trunk_motion import TrunkFollower
from formcheck.engine.pelvic_rotation import ROLL_PER_TRUNK
from formcheck.engine.pose import TRUNK_BANDS, FloatArray, ImageArray, TrunkMotion
from formcheck.engine.pose import Landmark as L
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, posture_of

_SCRIPT = Path(__file__).with_suffix(".js")
CLIPS = ("clamshell_pelvic_roll", "clamshell_good", "leg_lift_good")


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture, (33, 2) landmarks in it, and its time in seconds."""

    image_rgb: ImageArray
    xy: FloatArray
    time_s: float


def node() -> str | None:
    """The program that runs the page's JavaScript without a browser, if there is one."""
    return shutil.which("node")


def page_motions(sights: Iterable[Sight]) -> Iterator[tuple[TrunkMotion | None, float]]:
    """What the page makes of the sights, and how many milliseconds it took for each."""
    with subprocess.Popen(
        [node() or "node", str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for sight in sights:
            height, width = sight.image_rgb.shape[:2]
            lying = posture_of(sight.xy.tolist()) in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
            alpha = np.full((height, width, 1), 255, np.uint8)
            numbers = [sight.time_s, *sight.xy.ravel().tolist(), float(lying)]
            process.stdin.write(struct.pack("<II", width, height))
            process.stdin.write(struct.pack(f"<{len(numbers)}d", *numbers))
            process.stdin.write(np.concatenate([sight.image_rgb, alpha], axis=2).tobytes())
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            yield _motion(answer["told"]), answer["ms"]


def _motion(told: dict[str, list[float | None]] | None) -> TrunkMotion | None:
    if told is None:
        return None
    moved, error, texture = (np.array(told[k], np.float64) for k in ("moved", "error", "texture"))
    run = told["run"]
    assert isinstance(run, int)
    return TrunkMotion(run, moved.reshape(len(TRUNK_BANDS), 2), error, texture)


def compare(clip: Path) -> str:
    """A line about one clip."""
    sights: list[Sight] = []
    with PoseEstimator(ensure_model("full")) as estimator, VideoFile(clip) as video:
        for frame in video:
            pose = estimator.estimate(frame, "side_lying")
            if pose.has_person:
                sights.append(Sight(frame.image_rgb, pose.landmarks_px[:, :2], frame.time_s))
    follower = TrunkFollower()
    here = [follower.follow(s.image_rgb, s.xy, s.time_s) for s in sights]
    there = list(page_motions(sights))
    apart: list[float] = []
    told = 0
    for sight, one, (other, _) in zip(sights, here, there, strict=True):
        told += (one is None) == (other is None)
        if one is None or other is None or one.run != other.run:
            continue
        trunk = sight.xy[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(axis=0)
        trunk = trunk - sight.xy[[L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=0)
        off = np.hypot(*(one.moved_px - other.moved_px).T) / np.hypot(*trunk)
        apart += (ROLL_PER_TRUNK * off[np.isfinite(off)]).tolist()
    return (
        f"{clip.stem}: {len(sights)} pictures, told by both or neither {told}, bands "
        f"{np.median(apart):.2f} degrees apart in the median, {np.quantile(apart, 0.95):.2f} at "
        f"95%, {statistics.median(ms for _, ms in there):.1f} ms a picture in JavaScript"
    )


def main() -> int:
    if node() is None:
        print("There is no node here; install it to run the page's JavaScript.", file=sys.stderr)
        return 1
    for name in sys.argv[1:] or CLIPS:
        clip = Path(name)
        print(compare(clip if clip.is_file() else ROOT / "sample_videos" / f"{name}.mp4"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
