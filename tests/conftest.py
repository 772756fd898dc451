"""Shared set-up: real footage is used where it is present and skipped where not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from postgresql_server import PostgreSQL, programs
from xdist.scheduler import LoadScopeScheduling

_ROOT = Path(__file__).resolve().parent.parent

# Where Python is told to keep no compiled modules it compiles mediapipe, Streamlit and all others
# anew in every one of the dozens of processes started here. Here they are kept, out of the way.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.dont_write_bytecode = False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(_ROOT / "build" / "bytecode")

#: How much a process that is in no hurry steps back.
_YIELDING = 10

# Nothing asserts how long it takes, this neither.
settings.register_profile("formcheck", deadline=None)
settings.load_profile("formcheck")


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


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reps side by side are written with a third of the pictures, which take the time."""
    monkeypatch.setattr("formcheck.recordings.side_by_side.FPS", 10)


#: Tests that one process does one after the other: those in real time, with browsers, servers
#: and windows, and those that share what takes long to make. They come first, in this order;
#: all others go by their file, which makes what it shares once.
_GROUPS = {
    "coach in a browser": ("/browser/test_coach_page.py",),
    "browsers": ("/browser/",),
    "servers": ("test_web_socket.py", "test_pose_socket.py"),
    "faults and logins": ("test_live_faults.py", "test_login.py"),
    "windows": ("test_window.py", "test_speech.py"),
    "page of videos": ("test_web_video.py", "test_jobs.py"),
    "samples": ("test_samples.py",),
    "pieces": ("test_pieces.py", "test_study.py", "test_painting.py"),
    "real footage": ("test_real_footage.py",),
    "postgresql": ("postgresql",),
}
_REAL_TIME = ("coach in a browser", "browsers", "servers", "faults and logins", "windows")


def _group(nodeid: str) -> str:
    for group, parts in _GROUPS.items():
        if any(part in nodeid for part in parts):
            return group
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = list(_GROUPS)
    items.sort(
        key=lambda item: order.index(group) if (group := _group(item.nodeid)) in order else 99
    )
    for item in items:
        if _group(item.nodeid) in _REAL_TIME:
            # What else the computer does may come between. The summary names what was tried
            # twice, and shows why.
            item.add_marker(pytest.mark.flaky(reruns=1))


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """xdist's marks for groups change ids, which this version of pytest does not let them."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByGroup:
    return _ByGroup(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """Two processes more than there are cores: browsers and servers wait most of the time."""
    return (os.cpu_count() or 1) + 2


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The other processes leave the computer to the real-time tests whenever those want it."""
    real_time = _group(item.nodeid) in _REAL_TIME
    worker = "PYTEST_XDIST_WORKER" in os.environ
    if worker and not real_time and hasattr(os, "nice") and os.nice(0) < _YIELDING:
        os.nice(_YIELDING)
