"""Where the body went during an attempt: on the spot or walking, and a foot's way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals import Body
from formcheck.engine.view import OVER_FEET

#: An attempt in which the body travelled further than this (in trunk lengths)
#: was walking or getting into place.
MAX_TRAVEL = 0.40
MAX_SCALE_CHANGE = 0.25
#: A foot that stands is seen to move by less than this (trunk lengths).
MAX_STEP = 0.25
#: Sine of the azimuth from which on what is ahead of the feet is seen.
FROM_SIDE = 0.6
#: Who holds still behind the feet for so long, seconds, sits.
SEATED_S = 1.0
#: The way of a drawing foot is joined from points so far apart, seconds.
PATH_STEP_S = 0.15


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment that an attempt may be made of.

    level: the primary signal turned so that outbound grows; values: one per signal
    column; anchors: points (pixels) of the body that stay in place in the exercise; feet:
    both ankles (pixels); over_feet: see over_feet();
    side_evidence: for which leg works; legs: see leg().
    """

    time_s: float
    level: float
    values: tuple[float, ...]
    anchors: tuple[tuple[float, float], ...]
    feet: tuple[tuple[float, float], ...]
    over_feet: float
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


def on_the_spot(samples: Sequence[Sample], *, size_known: bool = True) -> bool:
    """Whether the person moved on the spot, rather than walked or got into place.

    One anchor that is where it was will do. size_known: the trunk's length was known when
    it began: somebody first seen bowed has not come nearer by standing up.
    """
    anchors = len(samples[0].anchors) if samples else 0
    return any(_stayed(samples, which, size_known) for which in range(anchors))


def _stayed(samples: Sequence[Sample], which: int, size_known: bool) -> bool:
    anchored = [s for s in samples if not math.isnan(s.anchors[which][0])]
    if len(anchored) < 2:
        return False
    first, last = anchored[0], anchored[-1]
    trunk = max(s.trunk_px for s in anchored)
    travel = math.dist(first.anchors[which], last.anchors[which]) / trunk
    scale = abs(math.log(last.trunk_px / first.trunk_px))
    return travel < MAX_TRAVEL and (scale < MAX_SCALE_CHANGE or not size_known)


def stands_from(samples: Sequence[Sample]) -> float:
    """Since when both feet are where they are at the end, seconds; NaN when not seen there."""
    last = samples[-1]
    since_s = math.nan
    for sample in reversed(samples):
        ways = [math.dist(sample.feet[side], last.feet[side]) for side in (0, 1)]
        if not max(ways) <= MAX_STEP * last.trunk_px:
            break
        since_s = sample.time_s
    return since_s


def stepped(samples: Sequence[Sample]) -> bool:
    """Whether a foot was put elsewhere: who bends and straightens leaves both in place."""
    return any(_foot_moved(samples, side) for side in (0, 1))


def _foot_moved(samples: Sequence[Sample], side: int) -> bool:
    seen = [s for s in samples if not math.isnan(s.feet[side][0])]
    if len(seen) < 2:
        return False
    trunk = max(s.trunk_px for s in seen)
    return math.dist(seen[0].feet[side], seen[-1].feet[side]) > MAX_STEP * trunk


def over_feet(body: Body) -> float:
    """How far the trunk's middle is ahead of the ankles, - behind, in trunk lengths.

    NaN unless the camera sees it from the side or nearly so.
    """
    sine = math.sin(math.radians(body.azimuth_deg))
    if not abs(sine) > FROM_SIDE:
        return math.nan
    (sx, _), (hx, _) = body.mid_or_one(L.LEFT_SHOULDER), body.mid_or_one(L.LEFT_HIP)
    return (body.mid_or_one(L.LEFT_ANKLE)[0] - (sx + hx) / 2) / sine / body.trunk_px


def sat_down(samples: Sequence[Sample], hold: tuple[tuple[float, float], ...]) -> bool:
    """Whether somebody who stood sat down: held still with the weight off the feet.

    Who squats stays over the feet. Somebody against a wall is behind them from the start.
    """
    held = [
        s.over_feet
        for s in samples
        if any(begin <= s.time_s <= end for begin, end in hold) and s.over_feet == s.over_feet
    ]
    held_s = sum(end - begin for begin, end in hold)
    stood = [s.over_feet for s in samples if s.over_feet == s.over_feet]
    if held_s < SEATED_S or not held or not stood:
        return False
    return bool(np.median(held) < -OVER_FEET < -OVER_FEET / 2 < max(stood))


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
