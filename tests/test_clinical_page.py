"""docs/clinical.md: the limits are the code's, and every source can be followed there."""

from __future__ import annotations

import re

import pytest

from benchmarks.clinical_page import PAGE, page
from formcheck.engine.exercises import EXERCISES

TEXT = PAGE.read_text(encoding="utf-8")
CITED = [
    *(exercise.source for exercise in EXERCISES.values()),
    *(rule.source for exercise in EXERCISES.values() for rule in exercise.faults),
]


def test_the_tables_are_what_the_exercise_files_say() -> None:
    assert page(TEXT) == TEXT, "run python -m benchmarks.clinical_page"


@pytest.mark.parametrize("key", sorted(set(re.findall(r"\b[ELMS]\d+s?\b", " ".join(CITED)))))
def test_every_key_that_a_source_names_has_its_place_in_the_page(key: str) -> None:
    plain = key.rstrip("s")
    assert re.search(rf"^(### {plain} |\| {plain} \|)", TEXT, re.M), key


def test_no_source_names_a_document_that_is_not_in_the_project() -> None:
    assert not [source for source in CITED if re.search(r"clinical spec|seeds? \d", source)]
