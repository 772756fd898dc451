"""All exercises of the virtual person: every module beside this one adds its own.

A module has `MOVEMENTS`, a tuple of `exerciser.movement.Movement`. Names that
begin with an underscore are not looked at.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

from exerciser.body import Array, Body, Pose
from exerciser.movement import Movement


def _discover() -> dict[str, Movement]:
    found: dict[str, Movement] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        if info.name.startswith("_"):
            continue
        for movement in import_module(f"{__name__}.{info.name}").MOVEMENTS:
            if movement.id in found:
                raise ValueError(f"two movements are called {movement.id!r}")
            found[movement.id] = movement
    return found


#: Exercise id -> movement.
MOVEMENTS: dict[str, Movement] = _discover()


def movement_of(exercise: str) -> Movement:
    """The movement of an exercise id; ValueError when there is none."""
    if exercise not in MOVEMENTS:
        raise ValueError(f"unknown exercise {exercise!r}; known: {sorted(MOVEMENTS)}")
    return MOVEMENTS[exercise]


def make_pose(body: Body, exercise: str, effort: Array, side: str = "both", **params: Any) -> Pose:
    """Poses of an exercise for an effort (T,). side: the working one, if it has one."""
    return movement_of(exercise).make(body, effort, side, **params)
