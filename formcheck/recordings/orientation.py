"""Whether the picture seems to be turned: a person upside down, or on their side."""

from __future__ import annotations

from typing import Final

import numpy as np

from formcheck.engine.exercise import Exercise
from formcheck.engine.pose import PoseFrame
from formcheck.language import N_

#: In so many of the pictures, of at least so many, it has to be so.
_SHARE: Final = 0.6
_PICTURES: Final = 15
#: Within 30 degrees of a direction.
_ALONG: Final = 0.866


class OrientationWatch:
    """push() the poses of a recording or a set, then ask for the hint."""

    def __init__(self) -> None:
        self._seen = {"upright": 0, "upside down": 0, "head left": 0, "head right": 0, "": 0}

    def push(self, pose: PoseFrame) -> None:
        """Take the next frame in."""
        points = pose.landmarks_px[:, :2]
        shoulders, hips, ankles = (points[[i, i + 1]].mean(axis=0) for i in (11, 23, 27))
        trunk, legs = _direction(hips - shoulders), _direction(ankles - hips)
        if np.isfinite((*trunk, *legs)).all():
            self._seen[_lies(trunk, legs)] += 1

    def hint(self, exercise: Exercise | None = None) -> str:
        """What to try, as a sentence; "" without evidence. exercise: if it is known."""
        total = sum(self._seen.values())
        kind, count = max(self._seen.items(), key=lambda item: item[1])
        if total < _PICTURES or count < _SHARE * total:
            return ""
        # What is not known may be done standing.
        standing = exercise is None or exercise.posture == "standing"
        lying = not standing
        if kind == "upside down":
            return _UPSIDE_DOWN
        if standing and kind in ("head left", "head right"):
            return _SIDEWAYS.format(n=90 if kind == "head left" else 270)
        if lying and kind == "upright":
            return _UPRIGHT
        return ""


def _direction(vector: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    x, y = vector / np.linalg.norm(vector)
    return float(x), float(y)


def _lies(trunk: tuple[float, float], legs: tuple[float, float]) -> str:
    """How a stretched person is in the picture; trunk: from the shoulders down, legs as well."""
    (trunk_x, trunk_y), (legs_x, legs_y) = trunk, legs
    if trunk_y < -0.5 and legs_y < -0.3:
        return "upside down"
    if min(trunk_y, legs_y) > _ALONG:
        return "upright"
    if min(trunk_x, legs_x) > _ALONG:
        return "head left"
    return "head right" if max(trunk_x, legs_x) < -_ALONG else ""


#: How the person is, and what that means.
_SIDEWAYS: Final = N_(
    "The person is on their side in most of the pictures. If the recording is turned, analyse it "
    "again turned by {n}° (--rotate {n})."
)
_UPSIDE_DOWN: Final = N_(
    "The person is upside down in most of the pictures. If the recording is turned, analyse it "
    "again turned by 180° (--rotate 180)."
)
_UPRIGHT: Final = N_(
    "The person is upright in most of the pictures, in an exercise that is done lying. If the "
    "recording is turned, analyse it again turned by 90° or 270° (--rotate 90 or --rotate 270)."
)
