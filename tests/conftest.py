"""Shared set-up: real footage is used where it is present and skipped where not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import PostgreSQL, programs

#: How much a process that is in no hurry steps back.
_YIELDING = 10

_ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_footage() -> Path:
    """Folder of hand-counted real clips (labels.json); skips when absent."""
    folder = Path(os.environ.get("FORMCHECK_REAL", _ROOT.parent / "shared" / "real"))
    if not (folder / "labels.json").is_file():
        pytest.skip("real footage with hand counts is not here (set FORMCHECK_REAL)")
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real server; skips where PostgreSQL is not installed."""
    folder = programs()
    if folder is None:
        pytest.skip("there is no PostgreSQL server here (apt-get install postgresql)")
    server = PostgreSQL(folder)
    yield server
    server.stop()


#: Tests that run in real time, with servers, windows and browsers.
_REAL_TIME = ("browser/", "test_web_socket", "test_window", "test_speech")


def _in_real_time(item: pytest.Item) -> bool:
    return any(part in item.nodeid for part in _REAL_TIME)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real-time tests come first and in one process: they take the longest, mostly waiting."""
    first = [item for item in items if _in_real_time(item)]
    for item in first:
        item.add_marker(pytest.mark.xdist_group("real time"))
    items[:] = first + [item for item in items if item not in first]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The other processes leave the computer to the real-time tests whenever those want it."""
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if worker and not _in_real_time(item) and hasattr(os, "nice") and os.nice(0) < _YIELDING:
        os.nice(_YIELDING)
