"""The pose model, for tests that look at real pictures."""

from __future__ import annotations

import pytest

from formcheck.capture.models.store import ModelFile, ModelUnavailableError, ensure_model


def model_or_skip(name: str) -> ModelFile:
    """Found or fetched as for any user; skips where it cannot be had."""
    try:
        return ensure_model(name, progress=lambda *_: None)
    except ModelUnavailableError as error:
        pytest.skip(f"no pose model here: {str(error).splitlines()[0]}")
