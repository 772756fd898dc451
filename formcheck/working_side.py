"""Which leg works: told from the pose, one rule for each kind of exercise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from formcheck.pose import Landmark as L
from formcheck.signals import LEFT, RIGHT, Body
from formcheck.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT

#: both: no leg works more than the other; the nearer one is looked at.
#: upper_leg: of someone on the side.
#: standing_leg: the one whose foot stays on the floor.
#: box_leg: the one whose foot is on the box while the person is at rest.
#: leading_leg: the one towards which the person walks.
WorkingRule = Literal["both", "upper_leg", "standing_leg", "box_leg", "leading_leg"]

#: Ankles further apart in height than this (shanks) tell one leg from the other.
CLEAR = 0.12
_TIME_CONSTANT_S = 0.3


class WorkingSide:
    """Follows the working side; update() every frame, in order."""

    def __init__(self, rule: WorkingRule) -> None:
        self.rule = rule
        self.side = LEFT
        self._mean = math.nan

    def update(self, body: Body, elapsed_s: float, *, at_rest: bool) -> float:
        """Take the next pose; returns its evidence (+ = left, NaN = none).

        It is to be kept with the moment, for of_attempt().
        """
        if self.rule == "both":
            self.side = body.near
            return math.nan
        if self.rule == "upper_leg":
            if body.posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
                self.side = RIGHT if body.posture == SIDE_LYING_LEFT else LEFT
            return math.nan
        evidence = _EVIDENCE[self.rule](body)
        # Feet are where they are only at rest on a box, and a walk shows in its course.
        told = self.rule == "standing_leg" or (self.rule == "box_leg" and at_rest)
        if told and evidence == evidence:
            if math.isnan(self._mean):
                self._mean = evidence
            share = 1 - math.exp(-elapsed_s / _TIME_CONSTANT_S)
            self._mean += share * (evidence - self._mean)
            if abs(self._mean) > CLEAR:
                self.side = LEFT if self._mean > 0 else RIGHT
        return evidence

    def of_attempt(self, evidence: Sequence[float], away: Sequence[bool]) -> int:
        """The working side of a finished attempt.

        evidence: of its moments and of the rest around it; away: whether each
        was away from rest.
        """
        pairs = [(e, a) for e, a in zip(evidence, away, strict=True) if e == e]
        if self.rule == "leading_leg":
            first = next((e for e, a in pairs if a), math.nan)
            last = next((e for e, a in reversed(pairs) if a), math.nan)
            if first != first or first == last:
                return self.side
            return LEFT if last > first else RIGHT
        wanted = self.rule == "standing_leg"
        told = [e for e, a in pairs if a == wanted]
        if not told or abs(sum(told)) < CLEAR * len(told):
            return self.side
        return LEFT if sum(told) > 0 else RIGHT


def _left_foot_lower(body: Body) -> float:
    return (body.y[L.LEFT_ANKLE] - body.y[L.RIGHT_ANKLE]) / body.shank_px


def _left_foot_higher(body: Body) -> float:
    return -_left_foot_lower(body)


def _to_the_left(body: Body) -> float:
    """How far to the person's own left they are, in trunk lengths."""
    return body.mid(L.LEFT_HIP)[0] * body.seen_from_front / body.trunk_px


_EVIDENCE = {
    "standing_leg": _left_foot_lower,
    "box_leg": _left_foot_higher,
    "leading_leg": _to_the_left,
}
