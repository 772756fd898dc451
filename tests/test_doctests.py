"""The examples in the docstrings of what others call do what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("module", ["exercise", "pose", "report", "rule", "session"])
def test_the_examples_are_true(module: str) -> None:
    done = doctest.testmod(importlib.import_module(f"formcheck.engine.{module}"))
    assert done.attempted and not done.failed
