"""The examples in the docstrings of what others call do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "engine.exercise",
        "engine.pose",
        "engine.report",
        "engine.rule",
        "engine.session",
        "recordings.analysis",
    ],
)
def test_the_examples_are_true(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    done = doctest.testmod(importlib.import_module(f"formcheck.{module}"))
    assert done.attempted and not done.failed
