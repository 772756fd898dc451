"""The body's sagittal plane, rebuilt from a picture taken at any angle to it.

What goes ahead shows in the picture shortened by the sine of the camera's azimuth, and what
goes to the camera lower down by as much as the camera looks down on it. Both are undone here.
So are two habits of the pose model (docs/any_side.md): it places the knee below the joint
and the hip before it. Left and right are averaged, which takes out what only spreads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar, cast

from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.body import LEFT, RIGHT, Body

Vector = tuple[float, float]
#: Thigh and shank.
Leg = tuple[Vector, Vector]
_Found = TypeVar("_Found")

#: How far the pose model's hip lies before the joint and its knee below it, trunk lengths.
HIP_AHEAD, KNEE_BELOW = 0.03, 0.11
#: Nearer to the front than this (sine of the azimuth) nothing ahead can be told.
LEAST_SINE = 0.25
#: How far away the camera is taken to be, trunk lengths: 3 m.
_DISTANCE = 6.0
#: Thighs and shanks whose heights differ by less than this bend alike, trunk lengths.
_ALIKE = 0.3
#: Nearer to the side than this (cosine) what spreads sideways cannot be told.
_LEAST_COSINE = 0.35


def _once(measure: Callable[[Body], _Found]) -> Callable[[Body], _Found]:
    """A measure that is worked out once for a body."""

    def found(body: Body) -> _Found:
        if measure.__name__ not in body.known:
            body.known[measure.__name__] = measure(body)
        return cast(_Found, body.known[measure.__name__])

    return found


@_once
def _turned(body: Body) -> Vector:
    """Sine, kept from zero, and cosine of the azimuth."""
    azimuth = math.radians(body.azimuth_deg)
    sine = math.sin(azimuth)
    return math.copysign(max(abs(sine), LEAST_SINE), sine), math.cos(azimuth)


def along(body: Body, low: Vector, high: Vector) -> Vector:
    """From one joint up to another: ahead and up, trunk lengths."""
    sine, cosine = _turned(body)
    ahead = (low[0] - high[0]) / sine
    over = (body.floor_y - (low[1] + high[1]) / 2) / body.trunk_px / _DISTANCE
    down = body.floor_slope - over
    if down != down:
        down = 0.0
    up = low[1] - high[1] + ahead * cosine * down
    return ahead / body.trunk_px, up / body.trunk_px


def _at(body: Body, joint: int) -> Vector:
    return body.x[joint], body.y[joint]


@_once
def trunk(body: Body) -> Vector:
    """From the hips up to the shoulders: ahead and up, trunk lengths."""
    low, high = body.mid(L.LEFT_HIP), body.mid(L.LEFT_SHOULDER)
    if math.isnan(low[0] + high[0]):
        # One side hidden: the other one, whole.
        for s in (body.near, 1 - body.near):
            low, high = _at(body, L.LEFT_HIP + s), _at(body, L.LEFT_SHOULDER + s)
            if not math.isnan(low[0] + high[0]):
                break
    ahead, up = along(body, low, high)
    back = _hip_back(ahead, up)
    return ahead - back[0], up - back[1]


def _hip_back(ahead: float, up: float) -> Vector:
    """From the pose model's hip to the joint, of a trunk that points so far ahead and up."""
    length = math.hypot(ahead, up)
    return (-HIP_AHEAD * up / length, HIP_AHEAD * ahead / length) if length > 0 else (0.0, 0.0)


def leg(body: Body, side: int) -> Leg:
    """Thigh from the knee up and shank from the ankle up: ahead and up, trunk lengths."""
    return _legs_apart(body)[side]


@_once
def _legs_apart(body: Body) -> tuple[Leg, Leg]:
    return _leg(body, LEFT), _leg(body, RIGHT)


def _leg(body: Body, side: int) -> Leg:
    hip, knee, ankle = (_at(body, j + side) for j in (L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE))
    thigh, shank = along(body, knee, hip), along(body, ankle, knee)
    bent = trunk(body)
    back = _hip_back(*bent)
    if back[0] != back[0]:
        back = (-HIP_AHEAD, 0.0)
    length = math.hypot(*shank)
    raised = (KNEE_BELOW * shank[0] / length, KNEE_BELOW * shank[1] / length) if length else (0, 0)
    if length != length:
        # Shins behind furniture: most of what the knee is too low by is upward.
        raised = (0.0, KNEE_BELOW)
    return (
        (thigh[0] + back[0] - raised[0], thigh[1] + back[1] - raised[1]),
        (shank[0] + raised[0], shank[1] + raised[1]),
    )


@_once
def legs(body: Body) -> Leg:
    """Both legs' thigh and shank averaged, or those of the one that is seen."""
    found = [leg(body, s) for s in (body.near, 1 - body.near)]
    whole = [f for f in found if f[1][1] == f[1][1] and f[0][1] == f[0][1]]
    if len(whole) != 2:
        return whole[0] if whole else next((f for f in found if f[0][1] == f[0][1]), found[0])
    (a, b), (c, d) = whole
    return (
        ((a[0] + c[0]) / 2, (a[1] + c[1]) / 2),
        ((b[0] + d[0]) / 2, (b[1] + d[1]) / 2),
    )


def knee_bend(body: Body, side: int) -> float:
    """Knee flexion of one leg, degrees.

    Legs that bend alike are averaged: what they spread sideways, which at an angle to the
    camera looks as if it were ahead, is known then. One that works alone is taken not to.
    """
    mine, other = leg(body, side), leg(body, 1 - side)
    if max(abs(a[1] - b[1]) for a, b in zip(mine, other, strict=True)) < _ALIKE:
        return both_knees_bend(body)
    return bend(*mine)


def both_knees_bend(body: Body) -> float:
    """Knee flexion of both legs together, degrees."""
    thigh, shank = legs(body)
    aside = spread(body, L.LEFT_KNEE, L.LEFT_HIP), spread(body, L.LEFT_ANKLE, L.LEFT_KNEE)
    return bend(thigh, shank, aside)


def spread(body: Body, low: int, high: int) -> float:
    """How much further a joint stands from the body's middle than the one above, trunks.

    low, high: their left landmarks. 0 from the side, where it does not show.
    """
    cosine = math.cos(math.radians(body.azimuth_deg))
    seen = min(abs(cosine) / _LEAST_COSINE, 1.0) ** 2
    cosine = math.copysign(max(abs(cosine), _LEAST_COSINE), cosine)
    wide = (body.x[low] - body.x[low + 1] - body.x[high] + body.x[high + 1]) / 2
    out = seen * wide / cosine / body.trunk_px
    return out if out == out else 0.0


def inclination(ahead: float, up: float) -> float:
    """From the vertical, degrees, + ahead."""
    return math.degrees(math.atan2(ahead, up))


def bend(thigh: Vector, shank: Vector, spreads: Vector = (0.0, 0.0)) -> float:
    """Knee flexion between thigh and shank, degrees; spreads: of thigh and shank sideways."""
    a, b = (*thigh, -spreads[0]), (*shank, -spreads[1])
    along = sum(p * q for p, q in zip(a, b, strict=True))
    size = math.sqrt(sum(p * p for p in a) * sum(q * q for q in b))
    if not size > 0:
        return math.nan
    return math.degrees(math.acos(min(max(along / size, -1.0), 1.0)))


def from_side(body: Body) -> float:
    """0 seen from the front or back, 1 where the sagittal plane shows, smooth in between."""
    azimuth = abs(body.azimuth_deg)
    azimuth = min(azimuth, 180.0 - azimuth)
    share = min(max((azimuth - 15.0) / 20.0, 0.0), 1.0)
    return share * share * (3 - 2 * share)
