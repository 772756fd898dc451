"""Clamshell with a band above the knees, which stops the knee earlier."""

from __future__ import annotations

from dataclasses import replace

from exerciser.movements import side_lying

_FREE = next(m for m in side_lying.MOVEMENTS if m.id == "clamshell")
_SMALL = replace(_FREE.faults["range_too_small"], mild=-20.0, marked=-14.0)

MOVEMENTS = (
    replace(
        _FREE,
        id="banded_clamshell",
        defaults={**_FREE.defaults, "opening_deg": 25.0},
        faults={**_FREE.faults, "range_too_small": _SMALL},
    ),
)
