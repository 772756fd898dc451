"""Lengths of this person's legs in this picture, learnt while the set runs."""

from __future__ import annotations

import math

from formcheck.pose import Landmark as L
from formcheck.signals.body import Body, shank_to_thigh
from formcheck.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, STANDING

#: Standing legs shorter than this share of their longest length are bent, and someone
#: who has been seen like that for a moment has been seen at both heights.
BENT_SHARE = 0.965
BENT_S = 0.4


class LegScale:
    """Reference lengths that signals divide by; fill() puts them into a Body.

    one_leg: the person stands on one leg at a time, or on two levels: the leg that
    reaches lowest is the measure.
    """

    def __init__(self, *, one_leg: bool = False) -> None:
        self._one_leg = one_leg
        self.leg_px = math.nan
        self._straight = self._shoulders_px = math.nan
        self._bent_known = False
        self._bent_s = 0.0
        self._ratio_now = self._ratio_rest = math.nan

    def fill(self, body: Body, elapsed_s: float, side: int, *, at_rest: bool) -> None:
        """Learn from a body and write leg_px and shank_growth into it; side works.

        Standing, the leg is the height of the hips over the ankles when
        straight. Lying on the side it is the upper leg across the picture, and
        only at rest: lifted it comes nearer to the camera.
        """
        if body.posture == STANDING:
            ankle = body.mid_or_one(L.LEFT_ANKLE)[1]
            if self._one_leg:
                ankle = max(
                    (y for y in body.y[L.LEFT_ANKLE : L.RIGHT_ANKLE + 1] if y == y),
                    default=math.nan,
                )
            height = ankle - body.mid_or_one(L.LEFT_HIP)[1]
            if height > 0:
                self.leg_px = _longest(self.leg_px, height, elapsed_s)
                self._learn_straight(body, height, elapsed_s)
        elif body.posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
            ratio = shank_to_thigh(body, side)
            self._ratio_now = _follow(self._ratio_now, ratio, elapsed_s, 0.25)
            if at_rest or math.isnan(self.leg_px):
                hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
                leg = math.hypot(body.x[hip] - body.x[ankle], body.y[hip] - body.y[ankle])
                self.leg_px = _follow(self.leg_px, leg, elapsed_s, 1.0)
                self._ratio_rest = _follow(self._ratio_rest, ratio, elapsed_s, 1.0)
        body.leg_px = self.leg_px
        body.straight_px = self._straight * self._shoulders_px if self._bent_known else math.nan
        growth = self._ratio_now - self._ratio_rest
        body.shank_growth = growth if growth == growth else 0.0

    def _learn_straight(self, body: Body, height: float, elapsed_s: float) -> None:
        # Against the shoulders: walking to the side in a squat takes the person further
        # from the camera or nearer to it by as much as the knees are bent. And it must
        # outlast a long set, which leg_px does not.
        left, right = L.LEFT_SHOULDER, L.RIGHT_SHOULDER
        across = math.hypot(body.x[left] - body.x[right], body.y[left] - body.y[right])
        self._shoulders_px = _follow(self._shoulders_px, across, elapsed_s, 1.5)
        share = height / self._shoulders_px
        time_constant_s = 0.3 if share > self._straight else 120.0
        self._straight = _follow(self._straight, share, elapsed_s, time_constant_s)
        # Along the legs: feet apart bring the hips down without bending a knee.
        longest = max(
            math.hypot(body.x[hip + 4] - body.x[hip], body.y[hip + 4] - body.y[hip])
            for hip in (L.LEFT_HIP, L.RIGHT_HIP)
        )
        bent = longest < BENT_SHARE * self._straight * self._shoulders_px
        self._bent_s = self._bent_s + elapsed_s if bent else 0.0
        self._bent_known = self._bent_known or self._bent_s >= BENT_S


def _follow(mean: float, value: float, elapsed_s: float, time_constant_s: float) -> float:
    """A mean that follows slowly and starts at the first value seen."""
    if math.isnan(mean) or math.isnan(value):
        return value if math.isnan(mean) else mean
    return mean + (1 - math.exp(-elapsed_s / time_constant_s)) * (value - mean)


def _longest(reference: float, length: float, elapsed_s: float) -> float:
    """A length's longest recent value: quick up, slow down, and only for near misses.

    A bent leg is much shorter in the picture for a while; that says nothing
    about how long the leg is.
    """
    near_miss = 6.0 if length > 0.93 * reference else 120.0
    time_constant_s = 0.1 if length > reference else near_miss
    return _follow(reference, length, elapsed_s, time_constant_s)
