"""Lengths in a text, in metres or in feet and inches."""

from __future__ import annotations

import re
from typing import Literal

Units = Literal["metric", "imperial"]

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))? (m|cm)\b")
_FEET_PER_M, _INCHES_PER_CM = 3.28084, 0.393701
#: Above this many feet whole ones are near enough to put a camera, below it half ones.
_WHOLE_FEET = 5.0


def in_units(text: str, units: Units) -> str:
    """A text with its lengths ("2.5-3 m", "40 cm") as they are, or in feet and inches.

    Rounded as one would say it: to inches, to half feet up to 5 ft, to feet above.
    """
    return text if units == "metric" else _LENGTH.sub(_converted, text)


def _converted(match: re.Match[str]) -> str:
    low, high, unit = match.groups()
    per, name = (_FEET_PER_M, "ft") if unit == "m" else (_INCHES_PER_CM, "in")
    numbers = [_said(float(number) * per, name) for number in (low, high) if number]
    return f"{'-'.join(dict.fromkeys(numbers))} {name}"


def _said(number: float, unit: str) -> str:
    step = 0.5 if unit == "ft" and number < _WHOLE_FEET else 1.0
    return f"{round(number / step) * step:g}"
