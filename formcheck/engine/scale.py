"""Lengths of this person's legs in this picture, learnt while the set runs."""

from __future__ import annotations

import math

import numpy as np

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import (
    LEFT,
    MOST_SHANK_DEG,
    RIGHT,
    SHANK,
    SHANK_SHARE,
    THIGH,
    Body,
    shank_to_thigh,
)
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, STANDING

#: Standing legs shorter than this share of their longest length are bent, and someone
#: who has been seen like that for a moment has been seen at both heights.
BENT_SHARE = 0.955
BENT_S = 0.4
#: An ankle this far from where it stood (trunk lengths) has made a step; the feet of who
#: stands are averaged over this time.
STEPPED = 0.25
FOOT_S = 0.7

#: Thigh over shank of straight legs, as heights in the picture, is not less or more on
#: any body seen from any height.
LEAST_RATIO, MOST_RATIO = 0.85, 1.4
#: How well the heights of thigh and shank are known.
RATIO_UNCERTAINTY = 0.04
#: The leg's length is drawn to what thigh and shank say within so many seconds, and to a
#: height that is more than it within so many.
RATIO_S, TALLER_S = 8.0, 0.2
#: So far may the two be apart for no reason (shares); beyond that, the person has gone
#: further away or come nearer, and the leg's length follows within so many seconds.
SHARE_APART, NEARER_APART, APART_S = 0.06, 0.12, 0.8
#: Shoulders this wide, against when the leg's length was learnt, are as far away as then.
SAME_WIDTH = 0.95
#: Legs are taken to be straight from this share on.
STRAIGHT_SHARE = 0.93

#: The lowest box that is told from uneven ground, in leg lengths.
LOWEST_BOX = 0.17
#: The whole way up on a box counts as this many degrees: of a box as high as the knee,
#: on which the exercise begins with a right angle at the knee.
WHOLE_STEP_DEG = 90.0


#: Tangent of how far a camera at the usual height and distance looks down on the feet.
USUAL_SLOPE = 0.32
#: How much that is worth against what the feet show, in squared trunk lengths that one stands
#: further away than the other.
_USUAL_WEIGHT = 0.06
#: Nearer to the side than this (cosine) the feet do not show how far away they are.
_LEAST_COSINE = 0.25


class FloorSlope:
    """How steeply the camera looks down on the floor, from both feet standing on it.

    The further foot looks higher by as much as the camera looks down. How much further it
    is follows from the azimuth and from how far the feet are apart in the picture.
    """

    def __init__(self) -> None:
        self._further = self._higher = 0.0

    def fill(self, body: Body, elapsed_s: float) -> None:
        """Learn from a body whose feet both stand on the floor, and write floor_slope into it."""
        azimuth = math.radians(body.azimuth_deg)
        left, right = L.LEFT_ANKLE, L.RIGHT_ANKLE
        if body.posture == STANDING and abs(math.cos(azimuth)) > _LEAST_COSINE:
            further = (body.x[left] - body.x[right]) / body.trunk_px * math.tan(azimuth)
            higher = (body.y[left] - body.y[right]) / body.trunk_px
            if higher == higher and further == further:
                step = 1 - math.exp(-elapsed_s / 2.0)
                self._further += step * (further * further - self._further)
                self._higher += step * (further * higher - self._higher)
        slope = (_USUAL_WEIGHT * USUAL_SLOPE + self._higher) / (_USUAL_WEIGHT + self._further)
        body.floor_slope = min(max(slope, 0.0), 0.8)


class StepScale:
    """How far somebody has come up on a box whose height nobody knows.

    What every way of stepping up has in common is that the hips rise by the height of
    the box. That is told from the feet while the body is still down: by the foot that is
    on the box all the time, or by the one that is put there first.
    """

    def __init__(self) -> None:
        self._box_px = math.nan
        self._hips_y = math.nan
        self._risen_deg = 0.0

    def fill(self, body: Body, elapsed_s: float, *, at_rest: bool) -> None:
        """Learn from a body whose leg_px is known and write risen_deg into it."""
        ankles = abs(body.y[L.LEFT_ANKLE] - body.y[L.RIGHT_ANKLE])
        if at_rest and ankles == ankles:
            longer = not ankles <= self._box_px
            self._box_px = _follow(self._box_px, ankles, elapsed_s, 0.15 if longer else 20.0)
        hips_y = body.mid_or_one(L.LEFT_HIP)[1]
        body.risen_deg = math.nan
        if not (hips_y == hips_y and body.leg_px > 0):
            return
        # By what is added from moment to moment: a better guess at the height of the box
        # does not move those who stand still.
        if self._hips_y == self._hips_y:
            way = max(LOWEST_BOX * body.leg_px, self._box_px)
            self._risen_deg += WHOLE_STEP_DEG * (self._hips_y - hips_y) / way
        self._hips_y = hips_y
        body.risen_deg = self._risen_deg


class PlantedFeet:
    """Which way the feet point, as seen while the person is at rest.

    The pose model turns a foot with the knee that falls inward over it, by as much as
    hides a third of the fault. But a foot that stands where it stood has not turned.
    """

    def __init__(self) -> None:
        self._feet = [(math.nan, math.nan), (math.nan, math.nan)]
        self._at = [(math.nan, math.nan), (math.nan, math.nan)]

    def fill(self, body: Body, elapsed_s: float, *, at_rest: bool) -> None:
        """Learn from a body at rest; correct its feet_px while it moves."""
        for side in (0, 1):
            x, y = body.x[L.LEFT_ANKLE + side], body.y[L.LEFT_ANKLE + side]
            if at_rest:
                seen, known = body.feet_px[side], self._feet[side]
                self._feet[side] = (
                    _follow(known[0], seen[0], elapsed_s, FOOT_S),
                    _follow(known[1], seen[1], elapsed_s, FOOT_S),
                )
                self._at[side] = (x, y)
            stood_x, stood_y = self._at[side]
            if math.hypot(x - stood_x, y - stood_y) < STEPPED * body.trunk_px:
                body.feet_px[side] = self._feet[side]


class LegScale:
    """Reference lengths that signals divide by; fill() puts them into a Body.

    one_leg: the person stands on one leg at a time, or on two levels: the leg that
    reaches lowest is the measure.
    """

    def __init__(self, *, one_leg: bool = False) -> None:
        self._one_leg = one_leg
        self.leg_px = math.nan
        self._ratio_straight = math.nan
        self._straight = self._shoulders_px = self._width_px = math.nan
        self._thigh = self._across_px = math.nan
        self._bent_known = False
        self._bent_s = 0.0
        self._ratio_now = self._ratio_rest = math.nan

    def fill(self, body: Body, elapsed_s: float, side: int, *, at_rest: bool) -> None:
        """Learn from a body and write leg_px, straightness, shank_growth into it; side works.

        Standing, the leg is what the height of the hips over the ankles would be with
        straight knees. Lying on the side it is the upper leg across the picture, and
        only at rest: lifted it comes nearer to the camera.
        """
        if body.posture == STANDING:
            self._learn_standing(body, elapsed_s)
        elif body.posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
            ratio = shank_to_thigh(body, side)
            self._ratio_now = _follow(self._ratio_now, ratio, elapsed_s, 0.25)
            if at_rest or math.isnan(self.leg_px):
                hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
                leg = math.hypot(body.x[hip] - body.x[ankle], body.y[hip] - body.y[ankle])
                # Hip and ankle in one point are no leg to measure in.
                self.leg_px = _follow(self.leg_px, leg or math.nan, elapsed_s, 1.0)
                self._ratio_rest = _follow(self._ratio_rest, ratio, elapsed_s, 1.0)
        body.leg_px = self.leg_px
        body.thigh_px = self._thigh * self._across_px
        body.straight_px = self._straight * self._shoulders_px if self._bent_known else math.nan
        growth = self._ratio_now - self._ratio_rest
        body.shank_growth = growth if growth == growth else 0.0

    def _learn_standing(self, body: Body, elapsed_s: float) -> None:
        """The leg's length from what does not bend and does not hang on the distance.

        A bent leg and one that is further away are both shorter in the picture. Only the
        bent one has a thigh that is short beside its shank. That is too rough to be the
        measure from moment to moment, but it never drifts.
        """
        hip_y = body.mid_or_one(L.LEFT_HIP)[1]
        knee_y, ankle_y = body.mid_or_one(L.LEFT_KNEE)[1], body.mid_or_one(L.LEFT_ANKLE)[1]
        if self._one_leg:
            lower = max((LEFT, RIGHT), key=lambda s: _or(body.y[L.LEFT_ANKLE + s], -math.inf))
            knee_y, ankle_y = body.y[L.LEFT_KNEE + lower], body.y[L.LEFT_ANKLE + lower]
        self._learn_thigh(body, knee_y - hip_y, elapsed_s)
        height, shank = ankle_y - hip_y, ankle_y - knee_y
        if not (height > 0 and shank > 0):
            return
        ratio = (knee_y - hip_y) / shank
        if not ratio <= MOST_RATIO:
            ratio = MOST_RATIO
        self._ratio_straight = max(_longest(self._ratio_straight, ratio, elapsed_s), LEAST_RATIO)
        ratio /= self._ratio_straight
        share = straight_share(min(ratio + RATIO_UNCERTAINTY, 1.0))
        self._learn_straight(body, height, elapsed_s)
        if not self._shoulders_px > SAME_WIDTH * self._width_px:
            body.straightness = straight_share(min(ratio, 1.0))
        # Nobody is taller than straight; of bent legs the two are too far apart at times.
        if height > self.leg_px:
            self._learn_length(height, elapsed_s, TALLER_S)
        apart = share - height / self.leg_px
        if share > STRAIGHT_SHARE:
            # Who is further away is narrower as well; who squats is not.
            if apart <= SHARE_APART:
                self._learn_length(height / share, elapsed_s, RATIO_S)
            elif not self._shoulders_px > (1 - apart / 2) * self._width_px:
                self._learn_length(height / share, elapsed_s, APART_S)
        elif not apart > -NEARER_APART:
            self._learn_length(height / share, elapsed_s * share**3, APART_S)

    def _learn_length(self, leg_px: float, elapsed_s: float, within_s: float) -> None:
        """Draw the leg's length to a value, and the width of the shoulders that goes with it."""
        self.leg_px = _follow(self.leg_px, leg_px, elapsed_s, within_s)
        self._width_px = _follow(self._width_px, self._shoulders_px, elapsed_s, within_s)

    def _learn_thigh(self, body: Body, height: float, elapsed_s: float) -> None:
        # Against the shoulders: a trunk that leans forward looks shorter from the front.
        left, right = L.LEFT_SHOULDER, L.RIGHT_SHOULDER
        # Exactly from the side they are one behind the other.
        across = max(math.hypot(body.x[left] - body.x[right], body.y[left] - body.y[right]), 1.0)
        self._shoulders_px = _follow(self._shoulders_px, across, elapsed_s, 0.7)
        # As they are now: somebody who walks away grows smaller by a third in a second.
        self._across_px = _follow(self._across_px, across, elapsed_s, 0.1)
        self._thigh = _longest(self._thigh, height / self._across_px, elapsed_s)

    def _learn_straight(self, body: Body, height: float, elapsed_s: float) -> None:
        # Against the shoulders: walking to the side in a squat takes the person further
        # from the camera or nearer to it by as much as the knees are bent. And it must
        # outlast a long set, which leg_px does not.
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


def straight_share(ratio: float) -> float:
    """Height of the hips as a share of its value standing, from thigh over shank.

    ratio: heights of thigh over shank in the picture, against those of straight legs.
    """
    return float(np.interp(-ratio, -_RATIOS, _SHARES))


_FLEXION = np.linspace(0.0, 175.0, 100)
_SHANK_DEG = np.minimum(SHANK_SHARE * _FLEXION, MOST_SHANK_DEG)
_SHANKS, _THIGHS = np.cos(np.radians(_SHANK_DEG)), np.cos(np.radians(_FLEXION - _SHANK_DEG))
_RATIOS = _THIGHS / _SHANKS
_SHARES = (THIGH * _THIGHS + SHANK * _SHANKS) / (THIGH + SHANK)


def _or(value: float, otherwise: float) -> float:
    return value if value == value else otherwise


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
