"""All signals: every number that is measured on a pose, each a function with @signal.

A signal is a function of one (smoothed) pose and of slowly varying facts about
the body (unforeshortened lengths, which way it faces, which side works). Angles
are degrees, 0 = anatomical position; lengths are shares of a body length so that
distance to the camera cancels. NaN = not seen.

Every module beside this one declares some of them.
"""

from __future__ import annotations

import importlib
import pkgutil

from formcheck.engine.signals.body import FOUND, LEFT, RIGHT, Body, Signal

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

#: All signals by name.
SIGNALS: dict[str, Signal] = FOUND

__all__ = ["LEFT", "RIGHT", "SIGNALS", "Body", "Signal"]
