"""Clamshell with a band above the knees, which stops the knee earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exerciser.body import Array, Body, Pose
from exerciser.movements import side_lying

_FREE = next(m for m in side_lying.MOVEMENTS if m.id == "clamshell")
_OPENING_DEG = 25.0
_SMALL = replace(_FREE.faults["range_too_small"], mild=-20.0, marked=-14.0, sizes=(5.0, 12.0))
_DEFAULTS = {**_FREE.defaults, "opening_deg": _OPENING_DEG}


def banded(body: Body, effort: Array, params: Mapping[str, Any], side: str) -> Pose:
    """The clamshell; effort 1 opens as far as the band lets the knee."""
    return _FREE.pose(body, effort, {**_DEFAULTS, **params}, side)


MOVEMENTS = (
    replace(
        _FREE,
        id="banded_clamshell",
        defaults=_DEFAULTS,
        pose=banded,
        faults={**_FREE.faults, "range_too_small": _SMALL},
    ),
)
