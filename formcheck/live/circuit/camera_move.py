"""Where the camera belongs from set to set, and somebody who is moving it."""

from __future__ import annotations

import math

from formcheck.engine.exercise import Spot
from formcheck.engine.pose import PoseFrame
from formcheck.language import N_, _
from formcheck.live.coach.framing import framing_of

#: Whole in the picture for this long after having been at the camera, it stands; after so long
#: the set-up check is the better judge, seconds.
BACK_S, LONGEST_S = 2.5, 45.0
_WORDS: dict[Spot, str] = {
    "low": N_("low, about half a metre high"),
    "hip": N_("at hip height"),
    "raised": N_("on a table, looking down at you"),
}


def camera_words(spot: Spot, before: str) -> str:
    """What to do with the camera. before: the spot where it stands, "" = unknown."""
    if spot == before:
        return _("Camera as last time.")
    words = _("Move the camera: {place}.") if before else _("Put the camera {place}.")
    return words.format(place=_(_WORDS[spot]))


class CameraMove:
    """Follows somebody who moves the camera. update() with every picture.

    placed: it stands where it belongs, as far as that can be told.
    """

    def __init__(self) -> None:
        self.placed = False
        self._away = False
        self._began_s = self._whole_s = math.nan

    def update(self, frame: PoseFrame) -> None:
        """Take the next frame."""
        now = frame.time_s
        if math.isnan(self._began_s):
            self._began_s = now
        framing = framing_of(frame) if frame.has_person else None
        if framing is None or framing.cut or framing.hidden:
            self._away, self._whole_s = True, math.nan
        elif math.isnan(self._whole_s):
            self._whole_s = now
        is_back = self._away and now - self._whole_s >= BACK_S
        self.placed = self.placed or is_back or now - self._began_s >= LONGEST_S
