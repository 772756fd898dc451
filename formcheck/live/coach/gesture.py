"""One arm held up: the sign of somebody who has no hand, and maybe no eye, for the screen."""

from __future__ import annotations

import math

from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.view import Points

#: Held up for this long it is meant; lost for less than this it is still up, seconds.
HELD_S, LAPSE_S = 2.0, 0.4
#: The wrist above the shoulder, in lengths of the arm, and how far the arm may lean, degrees.
RISE, LEAN_DEG = 0.75, 40.0


class RaisedArm:
    """Tells once when one arm, and not both, has been held straight up for two seconds.

    Up is up in the picture, for somebody who lies, too. An arm that is up already when the first
    frame comes has to come down before: then it belongs to the exercise.
    """

    def __init__(self) -> None:
        self._up_s = self._since_s = math.nan
        self._armed = False

    def update(self, frame: PoseFrame) -> bool:
        """Take the next frame; whether the sign is given with it."""
        now = frame.time_s
        xy = frame.landmarks_px[:, :2].tolist()
        up = [_is_up(xy, side) for side in (0, 1)]
        if sum(up) == 1:
            self._up_s = now
            if math.isnan(self._since_s):
                self._since_s = now
        elif not now - self._up_s <= LAPSE_S:
            self._since_s = math.nan
            self._armed = self._armed or frame.has_person
        if not self._armed or not now - self._since_s >= HELD_S:
            return False
        self._armed = False
        return True

    @property
    def begun(self) -> bool:
        """Whether an arm is up, and may become the sign."""
        return self._armed and not math.isnan(self._since_s)


def _is_up(xy: Points, side: int) -> bool:
    """Whether an arm (0 = left) is held up, nearly straight."""
    shoulder, elbow, wrist = (xy[j + side] for j in (L.LEFT_SHOULDER, L.LEFT_ELBOW, L.LEFT_WRIST))
    # Of the trunk the arm is a little longer; which one of them is foreshortened is unknown.
    arm = math.dist(elbow, shoulder) + math.dist(wrist, elbow)
    trunk = math.dist(xy[L.LEFT_HIP + side], shoulder)
    across, rise = abs(wrist[0] - shoulder[0]), shoulder[1] - wrist[1]
    if not rise >= RISE * max(arm, 0.6 * trunk):
        return False
    return elbow[1] < shoulder[1] and math.degrees(math.atan2(across, rise)) <= LEAN_DEG
