"""The moving pictures of the exercises: all there, small, and served with what is said of them."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from exerciser.loops import GOOD, HOME, LARGEST_KB, RING, main_fault
from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.web.assets import asset_routes, asset_url
from formcheck.web.showing import loops


def fetched(url: str) -> Response:
    """What the server answers."""
    (route,) = asset_routes()
    scope = {"type": "http", "method": "GET", "path": url, "headers": []}
    _, found = route.matches(scope)
    return asyncio.run(route.endpoint(Request(scope | found)))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_is_shown_done_well_and_with_its_main_fault(exercise: Exercise) -> None:
    rule = main_fault(exercise.id)
    shown = loops(exercise.id)
    assert rule and [loop["words"] for loop in shown] == ["", rule.title]
    for loop in shown:
        moving, still = fetched(loop["src"]), fetched(loop["still"])
        for answer in (moving, still):
            assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp"
            assert "immutable" in answer.headers["cache-control"]
        assert len(moving.body) <= 1000 * LARGEST_KB and len(still.body) < 15_000
        with Image.open(HOME / loop["src"].rpartition("/")[2]) as picture:
            assert picture.is_animated and picture.info["loop"] == 0
            width, height = picture.size
            assert (width < height) == (exercise.posture == "standing")
        with Image.open(HOME / loop["still"].rpartition("/")[2]) as picture:
            assert picture.size == (width, height) and not getattr(picture, "is_animated", False)


def height_of(colour: tuple[int, int, int], still: str) -> float:
    """Of what is drawn in this colour: how far down in the picture, pixels."""
    with Image.open(HOME / f"{still}.still.webp") as picture:
        apart = np.abs(np.asarray(picture.convert("RGB"), int) - colour).sum(axis=2)
    rows, _ = np.nonzero(apart < 40)
    assert len(rows) > 100
    return float(rows.mean())


@pytest.mark.parametrize("name", ["clamshell", "banded_clamshell", "side_leg_lift"])
def test_an_arrow_shows_that_the_hips_roll_back(name: str) -> None:
    # It looks at the camera, and from below it; rolled back it looks up.
    assert height_of(RING, f"{name}.pelvic_rotation") < height_of(GOOD, name) - 30


def test_no_loop_is_left_of_an_exercise_or_fault_that_is_no_more() -> None:
    known = {loop[kind] for name in EXERCISES for loop in loops(name) for kind in ("src", "still")}
    assert {asset_url(f"loops/{file.name}") for file in HOME.iterdir()} == known


def test_only_what_is_listed_is_served() -> None:
    script = fetched(asset_url("coach/coach.js"))
    assert script.headers["content-type"].startswith("text/javascript")
    for name in ("../app.py", "../../pages/coach.py", "coach/coach.html", "loops", ""):
        assert fetched(asset_url(name)).status_code == 404
