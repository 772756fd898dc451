"""A tab's desk with a recording on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from joined import film

import formcheck
import formcheck.web
from formcheck.capture.pose_file import write_pose_file
from formcheck.web.jobs import Desk, State

SAMPLES = Path(formcheck.web.__file__).resolve().parents[2] / "sample_videos"


@pytest.fixture
def desk() -> Iterator[Desk]:
    one = Desk()
    yield one
    one.close()


@pytest.fixture
def squats(tmp_path: Path) -> Path:
    # Every second pose will do: each picture of the annotated video takes its time.
    write_pose_file(tmp_path / "squats.npz", film("squat-03")[::2])
    return tmp_path / "squats.npz"


def ended(desk: Desk) -> State:
    """Wait for the work to end."""
    for _ in range(30_000):
        if not desk.state.busy:
            return desk.state
        time.sleep(0.02)
    raise AssertionError(f"still busy: {desk.state}")
