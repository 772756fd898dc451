"""Which leg works: told from the pose, one rule for each kind of exercise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals import LEFT, RIGHT, Body
from formcheck.engine.signals.one_leg import OVER_ONE_FOOT, nearer_to_left_foot
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT

#: both: no leg works more than the other; the nearer one is looked at.
#: upper_leg: of someone on the side.
#: standing_leg: the one whose foot stays on the floor.
#: supporting_leg: the one whose foot the body is over, be the other higher or lower.
#: step_leg: the one on a step beside which the other hangs: the body is over it, or the
#: other foot sinks below it.
#: planted_leg: of someone on the back, the one whose foot is down while at rest; once the
#: hips are up the pose model mixes up legs whose knees lie side by side.
#: free_leg: the one that is raised while the other stands, whatever it does there.
#: box_leg: the one whose foot is on the box while the body is down: all the time, or
#: from just before it goes up until just after it has come down.
#: leading_leg: the one towards which the person walks.
WorkingRule = Literal[
    "both",
    "upper_leg",
    "standing_leg",
    "supporting_leg",
    "step_leg",
    "planted_leg",
    "free_leg",
    "box_leg",
    "leading_leg",
]

#: Those of exercises that are done standing on one leg.
ON_ONE_LEG: tuple[WorkingRule, ...] = (
    "standing_leg",
    "supporting_leg",
    "step_leg",
    "free_leg",
    "box_leg",
)

#: Evidence beyond this (shanks) tells one leg from the other.
CLEAR = OVER_ONE_FOOT
#: The same for a foot on a box, which a camera in front shows much too low.
_CLEAR_BOX = 0.07
#: Feet on the floor seem this far apart to a camera at the side that looks down on them.
_SURE_BOX = 0.2
#: A difference in height that a free foot may have just so, or for where the camera is.
_LITTLE = 0.15
#: Rules that can tell at any moment.
_ALWAYS = ("standing_leg", "supporting_leg", "step_leg", "free_leg")
_TIME_CONSTANT_S = 0.3


class WorkingSide:
    """Follows the working side; update() every frame, in order."""

    def __init__(self, rule: WorkingRule) -> None:
        self.rule = rule
        self.side = LEFT
        self._mean = math.nan
        self._told_at_rest = False

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
        told = self.rule in _ALWAYS or (self.rule == "box_leg" and at_rest)
        if self.rule == "planted_leg":
            told = at_rest or not self._told_at_rest
        if told and evidence == evidence:
            if math.isnan(self._mean):
                self._mean = evidence
            share = 1 - math.exp(-elapsed_s / _TIME_CONSTANT_S)
            self._mean += share * (evidence - self._mean)
            if abs(self._mean) > (_CLEAR_BOX if self.rule == "box_leg" else CLEAR):
                self.side = LEFT if self._mean > 0 else RIGHT
                self._told_at_rest |= at_rest
        return evidence

    @property
    def told(self) -> bool:
        """Whether one leg is clearly told from the other right now."""
        return abs(self._mean) > CLEAR

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
        if self.rule == "box_leg":
            # What is before the way up goes first: who comes down from standing on the
            # box with both feet may well step off with the other one. The most that is
            # seen there: feet that both stand on the floor seem a little apart, too.
            up = next((i for i, (_, a) in enumerate(pairs) if a), len(pairs))
            most = max((e for e, _ in pairs[:up]), key=abs, default=0.0)
            if abs(most) < _SURE_BOX:
                most = max((e for e, a in pairs if not a), key=abs, default=0.0)
            if abs(most) < _CLEAR_BOX:
                return self.side
            return LEFT if most > 0 else RIGHT
        wanted = self.rule in _ALWAYS
        told = [e for e, a in pairs if a == wanted or self.rule == "supporting_leg"]
        if not told or abs(sum(told)) < CLEAR * len(told):
            return self.side
        return LEFT if sum(told) > 0 else RIGHT


def _left_foot_lower(body: Body) -> float:
    return (body.y[L.LEFT_ANKLE] - body.y[L.RIGHT_ANKLE]) / body.shank_px


def _left_shank_higher(body: Body) -> float:
    """Knee and ankle: what stands nearer to a camera in front looks lower, the knee less."""
    knees = (body.y[L.RIGHT_KNEE] - body.y[L.LEFT_KNEE]) / body.shank_px
    return (knees - _left_foot_lower(body)) / 2


def _left_leg_tilted(body: Body) -> float:
    """How much further from the vertical the left leg is than the right one, radians.

    In the picture: a foot held out towards the camera looks no higher than the other.
    """
    tilts = []
    for side in (LEFT, RIGHT):
        hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
        tilts.append(
            abs(math.atan2(body.x[ankle] - body.x[hip], max(body.y[ankle] - body.y[hip], 1.0)))
        )
    return tilts[LEFT] - tilts[RIGHT]


def _over_left_foot(body: Body) -> float:
    """How much nearer the body's middle is to the left foot than to the right one, shanks.

    Across the picture: nobody stands on one leg otherwise. A foot that is clearly higher
    than the other adds to it; what hangs off a step or is held in front of the body looks
    a little lower, which says nothing.
    """
    lower = _left_foot_lower(body)
    clearly = math.copysign(max(abs(lower) - _LITTLE, 0.0), lower)
    return nearer_to_left_foot(body) + clearly


def _left_foot_on_step(body: Body) -> float:
    """Over the left foot, and how much higher it stands than what hangs beside it, shanks.

    The height counts for more: what sinks does not stand on anything.
    """
    return nearer_to_left_foot(body) + 5 * _left_shank_higher(body)


def _to_the_left(body: Body) -> float:
    """How far to the person's own left the feet are, pixels.

    Their middle: the hips sway to and fro before they go along. Not in body lengths,
    which are still being learnt while the person walks.
    """
    return body.mid(L.LEFT_ANKLE)[0] * body.seen_from_front


_EVIDENCE = {
    "standing_leg": _left_foot_lower,
    "planted_leg": _left_foot_lower,
    "supporting_leg": _over_left_foot,
    "step_leg": _left_foot_on_step,
    "free_leg": _left_leg_tilted,
    "box_leg": _left_shank_higher,
    "leading_leg": _to_the_left,
}
