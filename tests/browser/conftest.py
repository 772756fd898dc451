"""A real server, a real browser, and a camera that shows a sample clip.

The browser is the system's Chromium, driven by playwright; where either is
missing, or no pose model can be had, these tests skip. What was on the screen is
kept in the folder FORMCHECK_SCREENSHOTS (default build/screenshots).
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api
from pose_model import model_or_skip
from visits import Visit

from benchmarks import fake_camera
from benchmarks.browser import Server, find_chromium, launch, serving

Camera = Callable[..., fake_camera.FakeCamera]
Circuit = Callable[..., fake_camera.FakeCamera]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() is None:
        reason = "no Chromium here (install the package chromium, or set FORMCHECK_CHROMIUM)"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def models() -> None:
    """Both models the page picks from; skips where they cannot be had."""
    for variant in ("lite", "full"):
        model_or_skip(variant)


@pytest.fixture(scope="session")
def servers(
    models: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Server]]:
    """`streamlit run app.py`, with its own data and settings; a new one when it has ended."""
    running: list[Server] = []
    with contextlib.ExitStack() as ends:

        def one() -> Server:
            if not running or running[-1].process.poll() is not None:
                running.append(ends.enter_context(serving(tmp_path_factory.mktemp("server"))))
            return running[-1]

        yield one


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    item.stash[_FAILED] = report.failed or (item.stash.get(_FAILED, False) and call.when != "setup")
    return report


@pytest.fixture
def server(servers: Callable[[], Server], request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of all visits. When a test fails it tells what it was doing, and ends."""
    running = servers()
    yield running
    if request.node.stash[_FAILED]:
        running.process.send_signal(signal.SIGABRT)  # it prints where its threads are
        with contextlib.suppress(Exception):
            running.process.wait(10)
        print(running.log.read_text(encoding="utf-8", errors="replace")[-12_000:])


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    """Makes the film of a sample clip for the fake camera, once.

    soon: somebody who simply begins, without standing still before.
    """
    folder = tmp_path_factory.mktemp("camera")
    made: dict[str, fake_camera.FakeCamera] = {}

    def film(name: str, *, soon: bool = False) -> fake_camera.FakeCamera:
        file = f"{name}{'-soon' * soon}.mjpeg"
        if file not in made:
            rest = {"lead_in_s": 0.5, "tail_s": 1.0} if soon else {}
            made[file] = fake_camera.make(name, folder / file, **rest)
        return made[file]

    return film


@pytest.fixture(scope="session")
def circuit_film(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    """Makes the film of several sample clips, one after the other."""
    folder = tmp_path_factory.mktemp("circuit")

    def film(*parts: fake_camera.Part) -> fake_camera.FakeCamera:
        name = "-".join(part.name for part in parts)
        return fake_camera.join(parts, folder / f"{name}.mjpeg")

    return film


# Not for the session: while it runs, no other test of this process can start an
# event loop of its own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[sync_api.Playwright]:
    with sync_api.sync_playwright() as running:
        yield running


Visitor = Callable[..., Visit]


@pytest.fixture
def visit(playwright: sync_api.Playwright, server: Server) -> Iterator[Visitor]:
    """Starts a browser with a film for its camera; fails the test when a page of it
    asks another host for anything, or throws."""
    browsers: list[sync_api.Browser] = []
    visits: list[Visit] = []

    def start(
        film: fake_camera.FakeCamera | None = None, to: Server = server, *, dark: bool = False
    ) -> Visit:
        browsers.append(launch(playwright, film.path if film else None))
        visits.append(Visit(browsers[-1], to, dark=dark))
        return visits[-1]

    yield start
    for browser in browsers:
        browser.close()
    for one in visits:
        print(one.server.url, *one.console, sep="\n")
        assert one.strangers == []
        assert one.errors == []
