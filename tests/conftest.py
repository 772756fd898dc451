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


#: Tests that run in real time, with browsers, servers and windows: each group in one process.
_REAL_TIME = {
    "browsers": ("browser/",),
    "servers": ("test_web_socket", "test_window", "test_speech"),
}


def _group(item: pytest.Item) -> str:
    for group, parts in _REAL_TIME.items():
        if any(part in item.nodeid for part in parts):
            return group
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in real time come first: they take the longest, mostly waiting."""
    for item in items:
        if group := _group(item):
            item.add_marker(pytest.mark.xdist_group(group))
    order = (*_REAL_TIME, "")
    items.sort(key=lambda item: order.index(_group(item)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The other processes leave the computer to the real-time tests whenever those want it."""
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if worker and not _group(item) and hasattr(os, "nice") and os.nice(0) < _YIELDING:
        os.nice(_YIELDING)
