"""What somebody sees who begins to look at a film somewhere: for processes that look at pieces.

It stands apart from the tests: each of those processes loads it, and needs nothing else of them.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from formcheck.capture.estimator import EstimatorError
from formcheck.capture.pose_file import PoseFile
from formcheck.engine.pose import PoseFrame, TrunkMotion

KEPT = Path(__file__).parent / "data" / "rendered" / "squat-00.npz"


@cache
def film(seconds: float = 60.0) -> list[PoseFrame]:
    """A set seen again and again, ten pictures a second."""
    once = list(PoseFile(KEPT))[::3]
    count = round(10 * seconds)
    return [replace(once[n % len(once)], time_s=n / 10) for n in range(count)]


@dataclass
class Tracker:
    """What somebody sees who begins to look at a film somewhere: wrong at first, then right.

    settle_s: the error falls to a third in this time. crowd_s, lie_s, fail_s, die_s: when another
    person, the motion over the trunk of somebody lying on the side, an error, the end comes; only
    for who began after the first picture, or only for the first.
    """

    settle_s: float = 0.2
    off_px: float = 30.0
    crowd_s: float = 1e9
    lie_s: float = 1e9
    fail_s: float = 1e9
    die_s: float = 1e9
    first: bool = False
    seconds: float = 60.0

    def __call__(self, start_s: float) -> Iterator[object]:
        concerned = self.first == (start_s == 0)
        for pose in film(self.seconds):
            since_s = pose.time_s - start_s
            if since_s < 0:
                continue
            if concerned and pose.time_s >= self.fail_s:
                raise EstimatorError("the network failed")
            if concerned and pose.time_s >= self.die_s:
                os.kill(os.getpid(), signal.SIGKILL)
            off = self.off_px * np.exp(-since_s / self.settle_s) if start_s else 0.0
            people = 2 if concerned and pose.time_s >= self.crowd_s else 1
            motion = TrunkMotion(0, np.zeros((4, 2)), np.full(4, 0.5), np.ones(4))
            lies = concerned and pose.time_s >= self.lie_s
            seen = pose.landmarks_px + [off, 0, 0]
            changed = replace(
                pose,
                landmarks_px=seen,
                people=people,
                trunk_motion=motion if lies else None,
            )
            yield changed, Counter(time=1) if pose.time_s == 40.0 else Counter()
        yield None
