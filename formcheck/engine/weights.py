"""Numbers of fitted models: part of the program, beside its modules in ``fitted/``."""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np

from formcheck.engine.pose import FloatArray


@cache
def load(name: str) -> dict[str, FloatArray]:
    """Name -> array of a fitted model, read once. Raises FileNotFoundError for none."""
    place = resources.files("formcheck.engine").joinpath("fitted", f"{name}.npz")
    with place.open("rb") as file, np.load(file) as stored:
        return {key: stored[key] for key in stored.files}
