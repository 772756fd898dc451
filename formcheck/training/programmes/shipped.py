"""The programmes that come with formcheck: every YAML file beside this module is one."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from formcheck.training.programmes.programme import Programme
from formcheck.training.programmes.reading import read_programme


def _discover() -> dict[str, Programme]:
    found: dict[str, Programme] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            programme = read_programme(file.read_text(encoding="utf-8"), file.name)
            if file.name != f"{programme.id}.yaml":
                raise ValueError(f"programme {programme.id!r} must live in {programme.id}.yaml")
            found[programme.id] = programme
    return found


#: The built-in programmes by id; read and checked once, when this is imported.
PROGRAMMES: Final[dict[str, Programme]] = _discover()
