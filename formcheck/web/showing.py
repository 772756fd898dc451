"""How an exercise is shown on the pages: moving pictures, the outline to get into, the camera."""

from __future__ import annotations

from functools import cache
from typing import Any

from formcheck.drawing.camera_picture import camera_svg
from formcheck.drawing.demonstration import ghost
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import Units
from formcheck.language import _
from formcheck.web.assets import asset_url, assets

_FOLDER, _LOOP, _STILL = "loops", ".webp", ".still.webp"


def loops(exercise_id: str) -> list[dict[str, str]]:
    """The moving pictures of an exercise: well done, then with its main fault; [] without any.

    {"src", "still" (for who wants nothing to move), "words" (what is wrong; "" = nothing)}.
    """
    titles = {rule.id: _(rule.title) for rule in EXERCISES[exercise_id].faults}
    return [
        {
            "src": asset_url(f"{stem}{_LOOP}"),
            "still": asset_url(f"{stem}{_STILL}"),
            "words": titles.get(stem.rpartition(".")[2], ""),
        }
        for stem in _stems().get(exercise_id, ())
    ]


def shown(exercise_id: str, units: Units) -> dict[str, Any]:
    """All that the coach shows of an exercise (types.d.ts: Shown); nothing of it need be there."""
    return {
        "name": _(EXERCISES[exercise_id].name),
        "loops": loops(exercise_id),
        "ghost": ghost(exercise_id),
        "place": camera_svg(EXERCISES[exercise_id], units),
    }


@cache
def _stems() -> dict[str, list[str]]:
    """The loops by their exercise, the shortest name first: the one without a fault."""
    found: dict[str, list[str]] = {}
    for name in sorted(assets(_FOLDER), key=len):
        stem = name.removesuffix(_LOOP)
        if not name.endswith(_STILL):
            found.setdefault(stem.removeprefix(f"{_FOLDER}/").partition(".")[0], []).append(stem)
    return found
