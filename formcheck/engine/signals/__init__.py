"""The table of signals: every number that is measured on a pose, declared once.

A signal is a function of one (smoothed) pose and of slowly varying facts about
the body (unforeshortened lengths, which way it faces, which side works). Angles
are degrees, 0 = anatomical position; lengths are shares of a body length so that
distance to the camera cancels. NaN = not seen.

Every module beside this one declares some of them as ``ROWS``.
"""

from __future__ import annotations

import importlib
import pkgutil

from formcheck.engine.signals.body import LEFT, RIGHT, Body, Signal


def _collect() -> dict[str, Signal]:
    found: dict[str, Signal] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        for row in getattr(importlib.import_module(f"{__name__}.{info.name}"), "ROWS", ()):
            if row.name in found:
                raise ValueError(f"signal {row.name!r} is declared twice")
            found[row.name] = row
    return found


#: All signals by name.
SIGNALS: dict[str, Signal] = _collect()

__all__ = ["LEFT", "RIGHT", "SIGNALS", "Body", "Signal"]
