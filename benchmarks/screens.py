"""Pictures of every page with a month of data, by day and in the dark: look at them.

    python -m benchmarks.screens OUT [--page history] [--size 390x844]

Seeds a history of its own, serves the pages and photographs each with Chromium at the
sizes people use (or those named), down to its end. Ends with an
error when a page asks another host for
anything, throws, or has something that not everybody can use (benchmarks/access.py).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, sync_playwright

from benchmarks.access import AXE, violations
from benchmarks.browser import Server, launch, serving

#: A laptop, also at 200%, a desk's screen and two phones.
SIZES = ((1366, 768), (683, 384), (1920, 1080), (390, 844), (320, 640))


def _exercises(page: Page) -> None:
    page.get_by_test_id("stVegaLiteChart").first.wait_for()


def _sets(page: Page) -> None:
    page.get_by_text("Sets", exact=True).last.click()
    page.get_by_text("Today").or_(page.get_by_text("Show more")).first.wait_for()


def _one_set(page: Page) -> None:
    _sets(page)
    page.locator("[class*=st-key-open-] button").first.click()
    page.get_by_text("Every rep").first.wait_for()


def _files(page: Page) -> None:
    page.get_by_text("Export and share", exact=True).click()
    page.get_by_text("Delete", exact=True).first.wait_for()


def _title(page: Page) -> None:
    page.locator("h1").first.wait_for()


def _coach(page: Page) -> None:
    page.locator(".coach .go").wait_for()


#: What is shown: name, address, and what to do there before it is photographed.
PAGES: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("coach", "/", _coach),
    ("programme", "/programme", _title),
    ("history", "/history", _exercises),
    ("history-sets", "/history", _sets),
    ("history-set", "/history", _one_set),
    ("history-files", "/history", _files),
    ("video", "/video", _title),
    ("privacy", "/privacy", _title),
)


@contextmanager
def seeded() -> Iterator[Server]:
    """The pages, served with a month of data."""
    from formcheck.history import History
    from formcheck.history.sample_history import seed

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["FORMCHECK_DATA"] = str(folder / "data")
        history = History()
        seed(history, date.today())
        history.close()
        with serving(folder) as server:
            yield server


def _note(problems: list[str], page: str, error: Error) -> None:
    problems.append(f"{page}: {error}")


def photograph(
    browser: Browser,
    server: Server,
    out: Path,
    only: str | None = None,
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> tuple[str, ...]:
    """Photograph the pages into a folder; returns what went wrong."""
    problems: list[str] = []
    for theme in ("light", "dark"):
        for width, height in sizes:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme
            )
            context.set_default_timeout(120_000)
            context.on("request", lambda request: problems.extend(_stranger(request.url, server)))
            for name, address, ready in PAGES:
                if only and not name.startswith(only):
                    continue
                page = context.new_page()
                page.on("pageerror", partial(_note, problems, name))
                page.goto(server.url + address)
                ready(page)
                _settle(page)
                if page.get_by_test_id("stException").count():
                    problems.append(f"{name}: {page.get_by_test_id('stException').inner_text()}")
                # The page scrolls in a box of its own: the screen is made as long as that.
                length = page.get_by_test_id("stMain").evaluate("(box) => box.scrollHeight")
                page.set_viewport_size({"width": width, "height": max(height, int(length))})
                _settle(page)
                page.screenshot(path=out / f"{name}-{theme}-{width}.png")
                if AXE.exists():
                    where = f"{name}, {theme}, {width}"
                    problems.extend(f"{where}: {one}" for one in violations(page))
                page.close()
            context.close()
    return tuple(problems)


def _settle(page: Page) -> None:
    page.wait_for_function(
        "() => !document.querySelector('[data-test-script-state=running], [data-stale=true],'"
        " + '[data-testid=stSkeleton]')"
    )
    page.wait_for_timeout(700)


def _stranger(url: str, server: Server) -> list[str]:
    parts = urlsplit(url)
    own = parts.scheme in ("data", "blob", "about") or parts.netloc == urlsplit(server.url).netloc
    return [] if own else [f"a page asked for {url}"]


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--page", help="only those whose name begins with this")
    parser.add_argument("--size", action="append", type=_size, metavar="WxH")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with seeded() as server, sync_playwright() as playwright:
        browser = launch(playwright)
        problems = photograph(browser, server, options.out, options.page, options.size or SIZES)
        browser.close()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"The pictures are in {options.out}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
