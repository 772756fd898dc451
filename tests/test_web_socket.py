"""The live connection: a real server, a scripted client, the real model."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Coroutine, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import websockets

from benchmarks.live import CLIP, ROOT, Clip, LiveClient, Page, Server, connect
from formcheck.reporting.saved_sets import SavedSets
from formcheck.web.live_socket import LIVE_LIMIT
from formcheck.web.worker import PictureError, decode


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.of(CLIP)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 120))


async def closed_with(live: LiveClient) -> int:
    """The code that the server closes with."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await live.next()
    code: int = live.socket.close_code
    return code


async def play(live: LiveClient, clip: Clip, frames: range) -> None:
    """Send these frames, one for every go."""
    for index in frames:
        await live.send(clip.jpegs[index], 1000 * clip.times_s[index])
        await live.until("go")
    while live.answers[-1].message["capture_ms"] < 1000 * clip.times_s[frames[-1]]:
        await live.next()


# ------------------------------------------------------------- who may connect
def test_another_site_cannot_connect(server: Server) -> None:
    async def test() -> None:
        async with Page(server) as page:
            for origin in ("http://evil.example", "http://localhost:1"):
                with pytest.raises(websockets.InvalidStatus) as refused:
                    async with connect(server, page.data, origin=origin):
                        pass
                assert refused.value.response.status_code == 403
            # The token was not used up by them.
            async with connect(server, page.data) as live:
                await live.until("hello")

    run(test())


def test_a_token_opens_one_connection(server: Server) -> None:
    async def test() -> None:
        async with Page(server) as page:
            async with connect(server, page.data) as live:
                await live.until("hello")
                async with connect(server, page.data) as second:
                    assert await closed_with(second) == 1008
                await live.until("go")  # the first one is not disturbed
            async with connect(server, page.data, token="guessed") as third:
                assert await closed_with(third) == 1008

    run(test())


def test_the_token_of_one_browser_is_refused_to_another(server: Server) -> None:
    async def test() -> None:
        cookie = "_streamlit_xsrf=2|aabbccdd|00112233|1"
        other = "_streamlit_xsrf=2|aabbccdd|00112234|1"
        async with Page(server, cookie) as page:
            async with connect(server, page.data, cookie=other) as live:
                assert await closed_with(live) == 1008
            async with connect(server, page.data, cookie=cookie) as live:
                await live.until("hello")

    run(test())


def test_more_than_can_be_served_are_told_to_wait(server: Server) -> None:
    async def test() -> None:
        async with contextlib.AsyncExitStack() as stack:
            pages = [await stack.enter_async_context(Page(server)) for _ in range(LIVE_LIMIT + 1)]
            for page in pages[:-1]:
                live = await stack.enter_async_context(connect(server, page.data))
                await live.until("hello")
            async with connect(server, pages[-1].data) as refused:
                message = await refused.next()
                assert message["type"] == "stopped" and str(LIVE_LIMIT) in message["text"]
                assert await closed_with(refused) == 1013

    run(test())


# -------------------------------------------------------------- what it bears
def test_a_picture_that_is_none_is_told_and_the_stream_goes_on(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            huge = cv2.imencode(".jpg", np.zeros((4000, 64, 3), np.uint8))[1].tobytes()
            for number, (rubbish, said) in enumerate(
                [(b"no picture", "not a JPEG"), (huge, "4000"), (clip.jpegs[0][:600], "picture")]
            ):
                await live.send(rubbish, number)
                assert said in (await live.until("error"))["text"]
            await live.socket.send("{nonsense")
            await live.socket.send('{"do": 3}')
            await live.socket.send(b"x")
            await live.do("dance")
            await live.send(clip.jpegs[0], 100.0)
            state = await live.until("state")
            assert state["person_seen"] and len(state["landmarks"]) == 33
            # Times that are not later than the last one are left out, too.
            for capture_ms in (50.0, 100.0, float("nan"), float("inf"), 140.0):
                while not live.asked:
                    await live.next()
                await live.send(clip.jpegs[0], capture_ms)
            await live.until("state")
            assert [a.message["capture_ms"] for a in live.answers] == [100.0, 140.0]

    run(test())


def test_what_is_too_large_ends_the_connection(server: Server) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.send(bytes(2_000_000), 0.0)
            assert await closed_with(live) == 1009

    run(test())


def test_a_flood_ends_the_connection_and_a_burst_is_thinned_to_the_newest(
    server: Server, clip: Clip
) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("hello")
            # The landmarker is still being made: of these the newest is looked at.
            for number in range(20):
                await live.send(clip.jpegs[number], 1000 * clip.times_s[number])
            while (state := await live.until("state"))["seq"] < 20:
                pass
            assert live.answers[0].message["seq"] > 1
            assert state["skipped"] + len(live.answers) == 20
            with contextlib.suppress(websockets.ConnectionClosed):
                for _ in range(2000):
                    await live.do("pong")
            assert await closed_with(live) == 1008

    run(test())


def test_the_landmarker_goes_with_the_tab(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page:
            async with connect(server, page.data) as live:
                await play(live, clip, range(2))
            await gone(server, idle)
            await page.rerun()
            async with connect(server, page.data) as live:
                await play(live, clip, range(2))
                assert server.threads() > idle
            await gone(server, idle)

    async def gone(server: Server, threads: int) -> None:
        async with asyncio.timeout(10):
            while server.threads() > threads:
                await asyncio.sleep(0.05)

    # Once, so that thread pools that stay are there.
    async def settle() -> int:
        async with Page(server) as page, connect(server, page.data) as live:
            await play(live, clip, range(2))
        await asyncio.sleep(1.0)
        return server.threads()

    idle = asyncio.run(settle())
    run(test())


# ------------------------------------------------------------------- coaching
def test_a_whole_set_is_counted_reported_and_saved_over_a_lost_connection_and_another_tab(
    server: Server, clip: Clip
) -> None:
    """Four squats, the knees falling inward in the last two (sample_videos/README.md)."""

    async def test() -> None:
        async with Page(server) as page, Page(server) as other_page:
            async with connect(server, page.data) as live:
                resume = (await live.until("hello"))["resume"]
                await live.until("go")
                await live.do("start")
                async with connect(server, other_page.data) as other:
                    await other.until("go")
                    await other.do("start")
                    await play(live, clip, range(110))
                    await play(other, clip, range(0, 100, 25))
                    assert live.answers[-1].message["reps"] == 1
                    assert other.answers[-1].message["reps"] == 0
                await page.rerun()  # as a click on the page: the stream goes on
                await play(live, clip, range(110, 200))
                assert live.answers[-1].message["reps"] == 2
                live.socket.transport.abort()  # the network is gone
            async with connect(server, page.data, token=resume) as live:
                await live.until("go")
                await play(live, clip, range(206, len(clip.jpegs)))
                state = live.answers[-1].message
                assert (state["stage"], state["reps"], state["partials"]) == ("set", 4, 0)
                await live.do("end")
                set_id = (await live.until("finished"))["set_id"]
                counts = [u["text"] for _, u in live.said if u["kind"] == "count"]
                assert counts == ["Three.", "Four."]
                # Times are on the page's clock.
                assert all(
                    u["time_s"] <= a.message["capture_ms"] / 1000 + 1e-3
                    for a in live.answers
                    for u in a.message["say"]
                )
                assert other.other == [other.other[0]]  # nothing of it in the other tab
                await page.rerun()
                assert not page.errors
                assert any("work on next" in text for text in page.texts)
                await live.do("again")
                await live.send(clip.jpegs[0], 1e6)
                state = await live.until("state")
                assert (state["stage"], state["reps"]) == ("setup", 0)
            await other_page.rerun()
            assert not other_page.errors
            assert not any("work on next" in text for text in other_page.texts)
        saved = SavedSets(server.data / "sets").load(set_id)
        faults = {rep.index: {f.id for f in rep.faults} for rep in saved.report.reps}
        assert faults == {1: set(), 2: set(), 3: {"knee_valgus"}, 4: {"knee_valgus"}}
        assert len(saved.pictures) >= 3
        assert saved.trace is not None and len(saved.trace.time_s) > 100
        assert saved.report.source.name == "webcam"

    run(test())


def test_choosing_another_exercise_keeps_the_connection(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await play(live, clip, range(3))
            assert live.answers[-1].message["exercise"]["id"] == "squat"
            await page.rerun(exercise="Glute bridge")
            assert page.data["exercise"]["id"] == "glute_bridge"
            await play(live, clip, range(3, 6))
            state = live.answers[-1].message
            assert state["exercise"]["id"] == "glute_bridge" and state["stage"] == "setup"

    run(test())


def test_light_is_the_brightness_of_the_picture_and_colours_are_in_order() -> None:
    def jpeg(bgr: tuple[int, int, int]) -> bytes:
        return cv2.imencode(".jpg", np.full((96, 128, 3), bgr, np.uint8))[1].tobytes()

    image, light = decode(jpeg((0, 0, 255)))
    assert image.shape == (96, 128, 3) and image.flags.c_contiguous
    assert image[0, 0, 0] > 240 > 20 > image[0, 0, 2]
    assert light == pytest.approx(0.299 * 255, abs=3)
    assert decode(jpeg((10, 10, 10)))[1] < 15 < 200 < decode(jpeg((230, 230, 230)))[1]
    with pytest.raises(PictureError, match="4 x"):
        decode(cv2.imencode(".jpg", np.zeros((4, 4, 3), np.uint8))[1].tobytes())


# ------------------------------------------------------------------- commands
def test_the_app_command_serves_the_page_and_ends_with_ctrl_c_in_the_middle_of_a_set(
    clip: Clip,
) -> None:
    with Server("formcheck", "app", "--no-browser", "--port") as server:
        assert f"http://localhost:{server.port}/" in server.log.read_text()
        assert server.process is not None

        async def test() -> None:
            async with Page(server) as page, connect(server, page.data) as live:
                assert not page.errors
                await play(live, clip, range(2))
                taken = subprocess.run(server.command, cwd=ROOT, capture_output=True, text=True)
                assert taken.returncode == 1
                assert f"Port {server.port} on localhost cannot be used" in taken.stderr
                assert "--port" in taken.stderr and "Traceback" not in taken.stderr
                server.process.send_signal(signal.SIGINT)
                with pytest.raises(websockets.ConnectionClosed):
                    await live.until("nothing")

        run(test())
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log.read_text()
