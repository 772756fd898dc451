"""The exercises: every module beside this one declares one as ``EXERCISE``."""

from __future__ import annotations

import importlib
import pkgutil

from formcheck.engine.exercise import Exercise


def discover() -> dict[str, Exercise]:
    """The exercises of all modules beside this one, by id."""
    found: dict[str, Exercise] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        exercise = importlib.import_module(f"{__name__}.{info.name}").EXERCISE
        if exercise.id != info.name:
            raise ValueError(f"exercise {exercise.id!r} must live in {exercise.id}.py")
        found[exercise.id] = exercise
    return found


#: All exercises by id.
EXERCISES: dict[str, Exercise] = discover()
