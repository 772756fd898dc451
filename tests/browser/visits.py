"""A visit to the page in a browser of its own, and pictures of what it showed."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from playwright import sync_api
from playwright.sync_api import expect

from benchmarks.access import AXE, violations
from benchmarks.browser import ROOT, SPEECH_STUB, Server

#: A laptop and a phone; benchmarks.screens photographs the pages on a desk's screen, too.
SCREENS = ((1366, 768), (390, 844))

# A wait ends when what it waits for is there; on a slow, busy computer that may take long.
expect.set_options(timeout=180_000)

#: A camera of fifteen pictures a second, as laptops have in a dim room: each picture costs the
#: browser and the server their time. What a test puts in its place by hand is not touched.
_DIM_ROOM = """
if (window.MediaDevices) {
  const { getUserMedia } = MediaDevices.prototype;
  MediaDevices.prototype.getUserMedia = function (wish) {
    return getUserMedia.call(this, { ...wish, video: { ...wish.video, frameRate: { max: 15 } } });
  };
}
"""

# By then a new size has reached the layout and the canvas.
_TWO_FRAMES = "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"


class Visit:
    """A browser of its own, that speaks with one server and nobody else."""

    def __init__(self, browser: sync_api.Browser, server: Server, *, dark: bool = False) -> None:
        self.server = server
        self.strangers: list[str] = []
        self.errors: list[str] = []
        self.console: list[str] = []
        self.context = browser.new_context(
            viewport={"width": 1366, "height": 768},
            accept_downloads=True,
            color_scheme="dark" if dark else "light",
        )
        self.context.set_default_timeout(180_000)
        self.context.add_init_script(SPEECH_STUB)
        self.context.add_init_script(_DIM_ROOM)
        self.context.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        own = urlsplit(self.server.url).netloc
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != own:
            self.strangers.append(url)

    def open(self, path: str = "/") -> sync_api.Page:
        page = self.context.new_page()
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.console.append(f"{line.type}: {line.text}"))
        page.goto(self.server.url + path)
        return page


def screenshots(page: sync_api.Page, name: str, *, whole: bool = False) -> None:
    """Keep what is on the screen, at the sizes people use; the first size stays.

    whole: the page down to its end, in a picture as long as that. Fails when there is
    something on it that not everybody can use.
    """
    for width, height in (*SCREENS[1:], SCREENS[0]):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(_TWO_FRAMES)
        if whole:
            # The page scrolls inside a box of its own, so the screen is made as long as that.
            length = page.get_by_test_id("stMain").evaluate("(box) => box.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, int(length))})
            page.evaluate(_TWO_FRAMES)
        _keep(page, f"{name}-{width}x{height}")
    page.set_viewport_size({"width": SCREENS[0][0], "height": SCREENS[0][1]})
    usable(page)


def usable(page: sync_api.Page) -> None:
    """Fails when there is something on the page that not everybody can use.

    What Streamlit is about to draw anew is pale until it has: on a busy computer for long.
    """
    if not AXE.exists():
        return
    for _ in range(20):
        found = violations(page)
        if not found:
            return
        page.wait_for_timeout(500)
    raise AssertionError("\n".join(found))


def keep(page: sync_api.Page, name: str) -> None:
    """Keep what is on the screen now, at its size."""
    size = page.viewport_size or {"width": 0, "height": 0}
    _keep(page, f"{name}-{size['width']}x{size['height']}")


def _keep(page: sync_api.Page, name: str) -> None:
    folder = Path(os.environ.get("FORMCHECK_SCREENSHOTS", ROOT / "build" / "screenshots"))
    page.screenshot(path=folder / f"{name}.png")


def appears(page: sync_api.Page, what: sync_api.Locator, *, within_s: float = 600) -> None:
    """Wait until it is seen; an error of the page's script ends the wait."""
    trouble = page.get_by_test_id("stException")
    expect(what.or_(trouble).first).to_be_visible(timeout=1000 * within_s)
    assert trouble.count() == 0, trouble.first.inner_text()
