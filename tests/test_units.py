"""Lengths in texts: metres as they stand, or feet and inches as one would say them."""

from __future__ import annotations

import re

import pytest

from formcheck.engine.exercise import Exercise, Placement
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import in_units

CM = {"m": 100.0, "cm": 1.0, "ft": 30.48, "in": 2.54}
LENGTH = re.compile(r"([\d.]+)(?:-([\d.]+))? (m|cm|ft|in)\b")


@pytest.mark.parametrize(
    ("metric", "imperial"),
    [
        ("1.8-2.5 m away", "6-8 ft away"),
        ("(0.8-1 m), 2.5-3 m away", "(2.5-3.5 ft), 8-10 ft away"),
        ("1.0-1.4 m up and 2 m away.", "3.5-4.5 ft up and 7 ft away."),
        ("a bench, 40-45 cm high", "a bench, 16-18 in high"),
        ("0.3-0.6 m", "1-2 ft"),
        ("0.9-1 m", "3-3.5 ft"),
        # One number is enough where both round to it.
        ("2.4-2.5 m", "8 ft"),
        # Nothing else is touched.
        ("bend 30-45 degrees for 2 minutes, 3 more", "bend 30-45 degrees for 2 minutes, 3 more"),
    ],
)
def test_lengths_are_said_in_feet_and_inches(metric: str, imperial: str) -> None:
    assert in_units(metric, "imperial") == imperial
    assert in_units(metric, "metric") == metric


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_every_set_up_says_the_same_in_both(exercise: Exercise) -> None:
    metric = LENGTH.findall(exercise.setup)
    assert metric, "a set-up says how far away the camera is"
    told = in_units(exercise.setup, "imperial")
    imperial = LENGTH.findall(told)
    assert {unit for *_, unit in imperial} <= {"ft", "in"}
    for (low, high, unit), (low_us, high_us, unit_us) in zip(metric, imperial, strict=True):
        for one, other in ((low, low_us), (high or low, high_us or low_us)):
            # Nobody puts a camera more exactly than by half a foot.
            assert float(other) * CM[unit_us] == pytest.approx(float(one) * CM[unit], abs=16)
    assert LENGTH.sub("", told) == LENGTH.sub("", exercise.setup)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_the_set_up_in_words_has_the_numbers_of_the_camera(exercise: Exercise) -> None:
    place = exercise.camera
    for low, high in (place.distance_m, place.height_m):
        assert f"{low:g}-{high:g} m" in exercise.setup
    assert "{" not in exercise.setup
    # Where the camera had better look down, it says so; some rules need it.
    raised = place.elevation_deg is not None
    assert raised or all(rule.elevation_min_deg is None for rule in exercise.faults)
    assert raised == ("looking down" in exercise.setup)


def test_a_range_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller number"):
        Placement(distance_m=(3, 2), height_m=(0.8, 1.0))
