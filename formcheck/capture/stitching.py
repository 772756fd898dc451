"""Poses of the pieces of a recording, joined into those of one pass; no network, no processes.

Each piece is looked at from its own start by a tracker that knows nothing of what was before.
The piece before it goes on until both have seen the same person in the same pose for a while;
from there on they would see the same for ever, within the network's own noise.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from formcheck.engine.pose import Landmark, PoseFrame

#: Two trackers agree when they did for so long, seconds, without a break.
_AGREE_S: Final = 0.5
#: So far apart may the joints be, root mean square over the length of the trunk: from one to
#: the other tracker they differ by 0.3 to 1.5% in the steady state, on real clips.
_APART: Final = 0.02
#: A tracker that begins looks around for other people again and again for so long, seconds.
_SETTLED_S: Final = 12.6
#: Longer than this no agreement is waited for, seconds: the later piece is given up.
TRY_S: Final = 20.0
_JOINTS: Final = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


class Opening:
    """The first poses of a piece that begins at start_s, and what is known of all of them."""

    def __init__(self, start_s: float) -> None:
        self.start_s = self.last_s = start_s
        self.poses: list[PoseFrame] = []
        #: From when on what is seen depends on all that was seen before: who of several people is
        #: followed, and how far the clothes over the trunk have moved since they were still.
        self.bound_s = math.inf
        self.over = False

    def push(self, pose: PoseFrame) -> None:
        """Take the piece's next pose in."""
        if pose.people > 1 or pose.trunk_motion is not None:
            self.bound_s = min(self.bound_s, pose.time_s)
        self.last_s = pose.time_s
        if pose.time_s < self.start_s + TRY_S:
            self.poses.append(pose)

    @property
    def settled(self) -> bool:
        """Whether the other people that there may be would have been seen by now."""
        return self.over or self.last_s - self.start_s >= _SETTLED_S


class Seam:
    """Between two pieces: push() the poses of the earlier one, look() whether they have met."""

    def __init__(self, earlier: Opening, later: Opening) -> None:
        self._earlier, self._later = earlier, later
        self._waiting: deque[PoseFrame] = deque()
        self._at = 0
        self._since_s: float | None = None

    @property
    def hopeless(self) -> bool:
        """Whether the later piece cannot be used, see Opening.bound_s."""
        too_late_s = self._later.start_s + TRY_S
        return (
            self._earlier.last_s >= min(self._earlier.bound_s, too_late_s)
            or self._later.bound_s < too_late_s
        )

    def push(self, pose: PoseFrame) -> None:
        """Take the earlier piece's next pose in."""
        if pose.time_s >= self._later.start_s:
            self._waiting.append(pose)

    def look(self) -> bool:
        """Whether they have met, at the earlier piece's last pose."""
        there = self._later.poses
        while self._waiting and self._at < len(there):
            ours, theirs = self._waiting[0], there[self._at]
            if ours.time_s <= theirs.time_s:
                self._waiting.popleft()
            if theirs.time_s <= ours.time_s:
                self._at += 1
            if ours.time_s != theirs.time_s or not alike(ours, theirs):
                self._since_s = None
            elif self._since_s is None:
                self._since_s = ours.time_s
            # What the earlier piece has seen since is used, too: it has to be compared.
            elif ours.time_s - self._since_s >= _AGREE_S and not self._waiting and self._sure:
                return True
        return False

    @property
    def _sure(self) -> bool:
        return self._later.settled and not self.hopeless


def alike(one: PoseFrame, other: PoseFrame) -> bool:
    """Whether two poses of a moment are the same, within the network's noise."""
    if not (one.has_person and other.has_person):
        return False
    apart = (one.landmarks_px - other.landmarks_px)[_JOINTS, :2]
    seen = np.isfinite(apart[:, 0])
    of_one = np.isfinite(one.landmarks_px[_JOINTS, 0])
    of_other = np.isfinite(other.landmarks_px[_JOINTS, 0])
    if not seen.any() or (of_one != of_other).sum() > 1:
        return False
    far = float(np.sqrt((apart[seen] ** 2).sum(axis=1).mean()))
    return far <= _APART * _size(one)


def _size(pose: PoseFrame) -> float:
    """Length of the trunk, or of as much of the body as is seen, pixels."""
    points = pose.landmarks_px[:, :2]
    shoulders = points[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]].mean(axis=0)
    hips = points[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(axis=0)
    trunk = float(np.hypot(*(shoulders - hips)))
    spread = float(np.sqrt(np.nanvar(points, axis=0).sum()))
    # Bent towards the camera a trunk is short in the picture.
    return max(trunk, spread) if np.isfinite(trunk) else spread
