"""Shared set-up: real footage is used where it is present and skipped where not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_footage() -> Path:
    """Folder of hand-counted real clips (labels.json); skips when absent."""
    folder = Path(os.environ.get("FORMCHECK_REAL", _ROOT.parent / "shared" / "real"))
    if not (folder / "labels.json").is_file():
        pytest.skip("real footage with hand counts is not here (set FORMCHECK_REAL)")
    return folder
