"""Where the camera stands, and how well it shows from there what a signal measures.

A signal's standard error is a function of the camera, in the signal's own unit. The rules
speak where it is small against the distance between their limits (rule.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from formcheck.engine.report import ViewClass
from formcheck.engine.view import view_class
from formcheck.language import N_

#: Where the camera is, in words, by view class.
SEEN_FROM: Final[dict[ViewClass, str]] = {
    "front": N_("the front"),
    "oblique": N_("an angle"),
    "side": N_("the side"),
    "back": N_("behind"),
}


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera around the person.

    azimuth_deg: as in report.View, NaN = not known; azimuth_error_deg: its standard error.
    lite: the small pose model looks through it.
    """

    azimuth_deg: float
    azimuth_error_deg: float = 5.0
    lite: bool = False

    @property
    def view_class(self) -> ViewClass:
        """front | oblique | side | back | unknown."""
        return view_class(self.azimuth_deg)

    @property
    def words(self) -> str:
        """What a person is told of where it stands."""
        where = SEEN_FROM.get(self.view_class)
        if where is None:
            return N_("I couldn't tell where the camera stands.")
        return N_("The camera sees you from {view}, where this does not show.").format(view=where)


#: Standard error of a signal as this camera shows it; NaN where the camera is not known.
ErrorFrom = Callable[[Camera], float]


def sagittal(least: float, aside: float = 0.0, *, turn: float = 0.4) -> ErrorFrom:
    """Of what lies in the sagittal plane: least from the side, without end towards the front.

    aside: what is seen to the side and taken for something ahead, at 45 degrees of azimuth.
    turn: share of the azimuth's error that is one of an angle, at 45 degrees. Behind the
    person the body hides much of itself: more than twice the least is added there.
    """

    def error(camera: Camera) -> float:
        azimuth = math.radians(abs(camera.azimuth_deg))
        narrow = abs(math.cos(azimuth)) / max(math.sin(azimuth), 1e-6)
        behind = 2.5 * least * max(-math.cos(azimuth), 0.0)
        off = turn * camera.azimuth_error_deg
        return math.sqrt(least**2 + behind**2 + (narrow * aside) ** 2 + (narrow * off) ** 2)

    return error


def frontal(least: float, ahead: float = 0.0, *, behind: float = math.inf) -> ErrorFrom:
    """Of what is seen from the front: least there, more by what is ahead and shows as aside.

    ahead: at the side. behind: the least from behind; infinite where the body hides it.
    """

    def error(camera: Camera) -> float:
        azimuth = math.radians(abs(camera.azimuth_deg))
        here = behind if math.cos(azimuth) < 0 else least
        return math.hypot(here, ahead * math.sin(azimuth))

    return error


def square(least: float, slanted: float) -> ErrorFrom:
    """Of what shows from the front and from the side, but less between them (slanted)."""

    def error(camera: Camera) -> float:
        azimuth = math.radians(camera.azimuth_deg)
        behind = math.inf if math.cos(azimuth) < -0.5 else 0.0
        return math.hypot(least, slanted * math.sin(2 * azimuth)) + behind

    return error


def slanting(least: float) -> ErrorFrom:
    """Of what shows halfway between front and side only, and not from behind."""

    def error(camera: Camera) -> float:
        azimuth = math.radians(abs(camera.azimuth_deg))
        shown = math.sin(2 * azimuth)
        return math.nan if shown != shown else least / shown if shown > 1e-6 else math.inf

    return error


def best_of(one: ErrorFrom, other: ErrorFrom) -> ErrorFrom:
    """Of what is measured in one way from here and in another from there."""
    return lambda camera: min(one(camera), other(camera))


@cache
def judged_azimuths(error: ErrorFrom, most: float) -> tuple[tuple[int, int], ...]:
    """The ranges of azimuth, 0 to 180 degrees, in which the error is no more than that.

    Of a camera whose azimuth is known to 5 degrees, in steps of 5.
    """
    ranges: list[tuple[int, int]] = []
    for azimuth in range(0, 181, 5):
        if error(Camera(float(azimuth))) <= most:
            fresh = not ranges or ranges[-1][1] < azimuth - 5
            ranges = (
                [*ranges, (azimuth, azimuth)] if fresh else [*ranges[:-1], (ranges[-1][0], azimuth)]
            )
    return tuple(ranges)


@cache
def least_error(error: ErrorFrom) -> tuple[float, float]:
    """The smallest standard error and the azimuth that has it, of those in front first."""
    found = min((error(Camera(float(a))), a) for a in (0, 90, 45, 180))
    return found[0], float(found[1])
