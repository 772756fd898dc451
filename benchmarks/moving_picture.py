"""The README's moving picture: ten seconds of a set of squats in the coach's page.

    python -m benchmarks.moving_picture docs/coach.gif

Serves the page, lets a sample clip be the camera, and photographs the set while it runs.
"""

from __future__ import annotations

import argparse
import base64
import io
import tempfile
from bisect import bisect_right
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import SPEECH_STUB, launch, serving
from benchmarks.coach_page import CoachPage
from benchmarks.fake_camera import make

SIZE = {"width": 1100, "height": 760}
#: Seconds shown, pictures a second, width in pixels, and colours.
LENGTH_S, RATE, WIDTH, COLOURS = 10.0, 6, 520, 96


def record(page: Page) -> list[Image.Image]:
    """Pictures of the coach at RATE, from the second repetition on.

    The browser hands out its own drawn frames with their times: photographs of a page take
    too long on a slow computer to show a movement.
    """
    coach = CoachPage(page)
    coach.wait_until_usable()
    coach.choose("Squat")
    coach.ask("Reps", 4)
    coach.start_camera()
    coach.until_stage("set", within_s=60)
    coach.until("stats.state.reps >= 1", within_s=60)
    shown = page.locator(".coach").bounding_box()
    assert shown is not None
    frames: list[tuple[float, bytes]] = []
    browser = page.context.new_cdp_session(page)

    def take(frame: dict[str, Any]) -> None:
        frames.append((frame["metadata"]["timestamp"], base64.b64decode(frame["data"])))
        browser.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    browser.on("Page.screencastFrame", take)
    browser.send("Page.startScreencast", {"format": "jpeg", "quality": 90})
    page.wait_for_timeout(1000 * (LENGTH_S + 0.5))
    browser.send("Page.stopScreencast")
    browser.remove_listener("Page.screencastFrame", take)
    times = [time_s for time_s, _ in frames]
    left, top = shown["x"], shown["y"]
    box = (left, top, left + shown["width"], top + shown["height"])
    size = (WIDTH, round(shown["height"] * WIDTH / shown["width"]))
    pictures = []
    for number in range(round(LENGTH_S * RATE)):
        at = max(bisect_right(times, times[0] + number / RATE) - 1, 0)
        picture = Image.open(io.BytesIO(frames[at][1])).convert("RGB")
        pictures.append(picture.crop(box).resize(size, Image.Resampling.LANCZOS))
    return pictures


def main() -> None:
    """Record and write the picture."""
    parser = argparse.ArgumentParser(description="Writes the README's moving picture.")
    parser.add_argument("out", type=Path, help="a .gif file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        film = make("squat_front_knee_valgus", Path(folder) / "film.mjpeg")
        with serving(Path(folder)) as server:
            browser = launch(playwright, film.path)
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            page.add_init_script(SPEECH_STUB)
            page.goto(server.url)
            pictures = record(page)
            browser.close()
    # Colours that serve all of them.
    strip = Image.new("RGB", (pictures[0].width, pictures[0].height * 5))
    for place, picture in enumerate(pictures[:: len(pictures) // 5][:5]):
        strip.paste(picture, (0, place * picture.height))
    palette = strip.quantize(COLOURS)
    small = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in pictures]
    small[0].save(
        args.out,
        save_all=True,
        append_images=small[1:],
        duration=round(1000 / RATE),
        loop=0,
        optimize=True,
    )
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
