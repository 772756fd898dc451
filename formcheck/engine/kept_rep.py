"""The skeleton of a rep, kept without its pictures, to be seen beside another one later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from formcheck.engine.pose import LANDMARK_COUNT, FloatArray, PoseFrame
from formcheck.engine.report import Rep

#: So dense that a movement looks smooth, seconds; of a long hold so many moments are enough.
_EVERY_S: Final = 1 / 15
_MOST: Final = 150
#: Kept of what comes before and after the rep, seconds.
_AROUND_S: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class KeptRep:
    """The landmarks of one rep over time.

    index: its number in its set. frame_size: width and height of the upright picture, pixels.
    time_s: (n,) seconds as in the set's report; points_px: (n, 33, 2), NaN where not seen.
    """

    index: int
    frame_size: tuple[int, int]
    time_s: FloatArray
    points_px: FloatArray

    def __iter__(self) -> Iterator[PoseFrame]:
        for time_s, points in zip(self.time_s, self.points_px, strict=True):
            seen = np.isfinite(points).all(axis=1)
            landmarks = np.column_stack([points, np.where(seen, 0.0, np.nan)])
            yield PoseFrame(float(time_s), landmarks, seen.astype(float), self.frame_size)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types, to whole pixels; None = not seen."""
        rows = self.points_px.reshape(len(self.time_s), -1)
        return {
            "rep": self.index,
            "frame_size": list(self.frame_size),
            "time_s": [round(float(t), 3) for t in self.time_s],
            "points_px": [[round(v) if np.isfinite(v) else None for v in row] for row in rows],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> KeptRep:
        """Read what to_dict wrote; raises ValueError, KeyError or TypeError when it is not that."""
        wide, tall = (int(v) for v in data["frame_size"])
        times = np.array(data["time_s"], dtype=np.float64)
        points = np.array(data["points_px"], dtype=np.float64)
        if wide < 1 or tall < 1 or points.shape != (len(times), 2 * LANDMARK_COUNT):
            raise ValueError("a kept rep needs 33 points for each of its times")
        points = points.reshape(-1, LANDMARK_COUNT, 2)
        return cls(int(data["rep"]), (wide, tall), times, points)


class RepKeeper:
    """Collects the landmarks of a running set: push() every pose, then ask for a rep."""

    def __init__(self) -> None:
        self._moments: list[tuple[float, FloatArray]] = []
        self._frame_size = (1, 1)

    def push(self, pose: PoseFrame) -> None:
        """Take the next pose in."""
        moments = self._moments
        if moments and pose.time_s - moments[-1][0] < _EVERY_S - 1e-6:
            return
        self._frame_size = pose.frame_size
        moments.append((pose.time_s, pose.landmarks_px[:, :2]))

    def kept(self, rep: Rep) -> KeptRep | None:
        """The rep; None when nobody was seen in it."""
        begin, end = rep.start_s - _AROUND_S, rep.end_s + _AROUND_S
        moments = [(t, points) for t, points in self._moments if begin <= t <= end]
        if not any(np.isfinite(points).any() for _, points in moments):
            return None
        moments = moments[:: 1 + (len(moments) - 1) // _MOST]
        times, points = zip(*moments, strict=True)
        return KeptRep(rep.index, self._frame_size, np.array(times), np.array(points))
