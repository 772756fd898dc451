"""How much of the body is in the picture, and where the rest of it would be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import SHANK, THIGH

#: The joints by which it is told whether somebody moves.
LARGE_JOINTS = [
    j + s for s in (0, 1) for j in (L.LEFT_SHOULDER, L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE)
]
#: Body height, in trunk lengths.
_TALL = 3.3
#: Part of the body -> its landmarks, and the two joints in whose line it lies: it is
#: expected beyond the second by as much of their distance.
_PARTS = {
    "head": ((L.NOSE, L.LEFT_EAR, L.RIGHT_EAR), L.LEFT_HIP, L.LEFT_SHOULDER, 0.5),
    "shoulders": ((L.LEFT_SHOULDER, L.RIGHT_SHOULDER), L.LEFT_KNEE, L.LEFT_HIP, 1.2),
    "hips": ((L.LEFT_HIP, L.RIGHT_HIP), L.LEFT_ANKLE, L.LEFT_KNEE, 0.95),
    "knees": ((L.LEFT_KNEE, L.RIGHT_KNEE), L.LEFT_SHOULDER, L.LEFT_HIP, 0.83),
    "feet": ((L.LEFT_ANKLE, L.RIGHT_ANKLE), L.LEFT_HIP, L.LEFT_KNEE, 1.1),
}


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the body is in the picture.

    cut: parts that lie beyond the picture's edge. hidden: parts that should be in the
    picture and are not seen. size: the larger of the body's width and height, as shares
    of the picture's. tall: how long it would be stretched out, as a share of the picture's
    longer side: as large as that the pose model sees it. beyond: shares of the picture by
    which it reaches out of it at the left, top, right and bottom, 0 where it does not.
    """

    cut: tuple[str, ...]
    hidden: tuple[str, ...]
    size: float
    tall: float
    beyond: tuple[float, float, float, float]


def framing_of(frame: PoseFrame) -> Framing:
    """How a frame with a person shows the body.

    A leg or an ear that is behind the other is not missed, one that is beyond the edge is.
    """
    xy = frame.landmarks_px[:, :2] / frame.frame_size
    points = [xy[np.isfinite(xy[:, 0])]]
    cut: list[str] = []
    hidden: list[str] = []
    for part, (joints, before, joint, share) in _PARTS.items():
        seen = xy[list(joints)]
        placed = seen = seen[np.isfinite(seen[:, 0])]
        if not len(seen):
            last = middle_or_one(xy, joint)
            placed = (last + share * (last - middle_or_one(xy, before)))[None]
            placed = placed[np.isfinite(placed[:, 0])]
            points.append(placed)
        if (abs(placed - 0.5) > 0.5).any():
            cut.append(part)
        elif not len(seen):
            hidden.append(part)
    every = np.concatenate(points)
    low, high = every.min(axis=0), every.max(axis=0)
    left, top = np.maximum(-low, 0.0)
    right, bottom = np.maximum(high - 1.0, 0.0)
    return Framing(
        tuple(cut),
        tuple(hidden),
        float((high - low).max()),
        _TALL * _trunk_px(frame.landmarks_px[:, :2]) / max(frame.frame_size),
        (float(left), float(top), float(right), float(bottom)),
    )


def _trunk_px(xy: FloatArray) -> float:
    """The trunk's length, or that of a leg's part that is less foreshortened, pixels."""
    segments = (
        (L.LEFT_SHOULDER, L.LEFT_HIP, 1.0),
        (L.LEFT_HIP, L.LEFT_KNEE, THIGH),
        (L.LEFT_KNEE, L.LEFT_ANKLE, SHANK),
    )
    ways = ((middle_or_one(xy, a) - middle_or_one(xy, b)) / share for a, b, share in segments)
    return max(
        (length for length in (float(np.hypot(*way)) for way in ways) if length == length),
        default=0.0,
    )


def moved_px(before: FloatArray, now: FloatArray) -> float:
    """How far joints have moved, pixels: the second furthest, as one may be misplaced.

    NaN when fewer than two are seen.
    """
    way = np.hypot(*(now - before).T)
    way = np.sort(way[np.isfinite(way)])
    return float(way[-2]) if len(way) > 1 else math.nan


def middle_or_one(xy: FloatArray, left: int) -> FloatArray:
    """Midpoint of a left landmark and its right twin, one standing in for a hidden one."""
    pair = xy[[left, left + 1]]
    pair = pair[np.isfinite(pair[:, 0])]
    return pair.mean(axis=0) if len(pair) else np.full(2, np.nan)
