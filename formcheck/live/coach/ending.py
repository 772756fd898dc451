"""When a set is over without a button: the person rests still, or has gone."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.live.coach.framing import LARGE_JOINTS, moved_px

#: Resting still for this long is announced as the end, and ends the set so much later, seconds.
STILL_S, GRACE_S = 8.0, 5.0
#: The same while the other side is still to do: turning over and a rest take their time.
OTHER_SIDE_STILL_S = 30.0
#: Nobody in the picture for this long has left, seconds.
LEFT_S = 10.0
#: Joints within this of where they were (trunk lengths) have not moved.
MOVED_TRUNKS = 0.12
_SMOOTHING_S = 0.4
Ending = Literal["soon", "still", "left"]


class Stillness:
    """Follows whether the person of a running set has stopped. update() every frame."""

    def __init__(self) -> None:
        self._seen_s = math.nan
        self._last_s = math.nan
        self._announced_s = math.nan
        self.start_over()

    def start_over(self) -> None:
        """What was seen until now says nothing: a gap in the stream, another person."""
        self._place: FloatArray | None = None
        self._anchor: FloatArray | None = None
        self._still_s = self._seen_s = self._announced_s = math.nan

    def update(self, frame: PoseFrame, *, at_rest: bool, longer: bool) -> Ending | None:
        """What the frame tells: "soon" once when the end is near, then how it ended.

        at_rest: no rep is under way. longer: more patience.
        """
        now = frame.time_s
        elapsed = 0.0 if math.isnan(self._last_s) else now - self._last_s
        self._last_s = now
        if math.isnan(self._seen_s):
            self._seen_s = now
        if not frame.has_person:
            self._anchor = None
            return "left" if now - self._seen_s >= LEFT_S else None
        self._seen_s = now
        if not at_rest or self._moved(frame, elapsed):
            self._still_s, self._announced_s = now, math.nan
            self._anchor = self._place
            return None
        if not math.isnan(self._announced_s):
            return "still" if now - self._announced_s >= GRACE_S else None
        if now - self._still_s >= (OTHER_SIDE_STILL_S if longer else STILL_S):
            self._announced_s = now
            return "soon"
        return None

    def _moved(self, frame: PoseFrame, elapsed: float) -> bool:
        seen = frame.landmarks_px[LARGE_JOINTS, :2]
        if self._place is None or self._anchor is None:
            self._place = self._anchor = seen
            return True
        share = 1 - math.exp(-elapsed / _SMOOTHING_S)
        moved = self._place + share * (seen - self._place)
        # A joint that is hidden for a moment is where it was.
        self._place = np.where(
            np.isfinite(moved), moved, np.where(np.isfinite(seen), seen, self._place)
        )
        within = MOVED_TRUNKS * _trunk_px(frame.landmarks_px[:, :2])
        return not moved_px(self._anchor, self._place) <= within


def _trunk_px(xy: FloatArray) -> float:
    """Shoulders to hips, pixels; infinite when not all are seen."""
    shoulders, hips = xy[L.LEFT_SHOULDER : L.RIGHT_SHOULDER + 1], xy[L.LEFT_HIP : L.RIGHT_HIP + 1]
    trunk = float(np.hypot(*(shoulders.mean(axis=0) - hips.mean(axis=0))))
    return trunk if trunk == trunk else math.inf
