"""Where the body went during an attempt: on the spot or walking, and a foot's way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals import Body

#: An attempt in which the body travelled further than this (in trunk lengths)
#: was walking or getting into place.
MAX_TRAVEL = 0.40
MAX_SCALE_CHANGE = 0.25
#: The way of a drawing foot is joined from points so far apart, seconds.
PATH_STEP_S = 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment that an attempt may be made of.

    level: the primary signal turned so that outbound grows; values: one per signal
    column; anchors: points (pixels) of the body that stay in place in the exercise;
    side_evidence: for which leg works; legs: see leg().
    """

    time_s: float
    level: float
    values: tuple[float, ...]
    anchors: tuple[tuple[float, float], ...]
    trunk_px: float
    side_evidence: float
    legs: tuple[tuple[float, float], tuple[float, float]]


def leg(body: Body, side: int) -> tuple[float, float]:
    """From hip to ankle in the picture, in leg lengths."""
    hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
    return (
        (body.x[ankle] - body.x[hip]) / body.leg_px,
        (body.y[ankle] - body.y[hip]) / body.leg_px,
    )


def on_the_spot(samples: Sequence[Sample]) -> bool:
    """Whether the person moved on the spot, rather than walked or got into place.

    One anchor that is where it was will do.
    """
    anchors = len(samples[0].anchors) if samples else 0
    return any(_stayed(samples, which) for which in range(anchors))


def _stayed(samples: Sequence[Sample], which: int) -> bool:
    anchored = [s for s in samples if not math.isnan(s.anchors[which][0])]
    if len(anchored) < 2:
        return False
    first, last = anchored[0], anchored[-1]
    trunk = max(s.trunk_px for s in anchored)
    travel = math.dist(first.anchors[which], last.anchors[which]) / trunk
    scale = abs(math.log(last.trunk_px / first.trunk_px))
    return travel < MAX_TRAVEL and scale < MAX_SCALE_CHANGE


def path_legs(samples: Sequence[Sample], side: int, hold: tuple[tuple[float, float], ...]) -> float:
    """How far an ankle travelled about its hip during the hold, in leg lengths.

    As the picture shows it: what goes to and from the camera is not in it. Joined
    from points a moment apart, else the trembling of the landmarks would add up.
    """
    t = np.array([s.time_s for s in samples])
    x, y = (np.array([s.legs[side][i] for s in samples]) for i in (0, 1))
    seen = np.isfinite(x + y)
    length = 0.0
    for begin, end in hold:
        grid = np.arange(begin, end, PATH_STEP_S)
        if seen.sum() >= 2 and len(grid) >= 2:
            steps = np.diff([np.interp(grid, t[seen], v[seen]) for v in (x, y)], axis=1)
            length += float(np.hypot(*steps).sum())
    return length


__all__ = ["Sample", "leg", "on_the_spot", "path_legs"]
