"""The live connection: a real server, a scripted client, the real model."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sqlite3
import struct
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import websockets

from benchmarks import browser
from benchmarks.live_client import CLIP, ROOT, Clip, LiveClient, Page, Server, connect
from formcheck.capture.models.store import ensure_model
from formcheck.history import History, PastSet
from formcheck.training.programmes.programme import Programme
from formcheck.web.live_socket import ADDRESS_LIMIT, LIVE_LIMIT
from formcheck.web.pictures import PictureError, decode


@pytest.fixture(scope="module", autouse=True)
def small_model() -> Iterator[None]:
    """The servers here find poses with the small model, which takes less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMCHECK_MODEL", str(ensure_model("lite").path))
        yield


@pytest.fixture(scope="module")
def server(small_model: None) -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.of(CLIP)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the test, once those that the last one left have gone."""
    for wait_s in (0.5, 1, 2, 4, 8, None):
        try:
            asyncio.run(asyncio.wait_for(test(), 900))
        except RuntimeError as error:
            if wait_s is None or "being coached here already" not in str(error):
                raise
            time.sleep(wait_s)
        else:
            return


def history(server: Server) -> History:
    """What the server keeps."""
    return History(f"sqlite:///{server.data / 'history.db'}")


def kept(server: Server) -> tuple[PastSet, ...]:
    """Every set that the server kept of the first person, the oldest first."""
    past = history(server)
    return past.sets(past.profiles()[0].id)


async def closed_with(live: LiveClient) -> int:
    """The code that the server closes with."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await live.next()
    code: int = live.socket.close_code
    return code


async def play(live: LiveClient, clip: Clip, frames: range) -> None:
    """Send these frames, one for every go. Every second one does: twelve a second."""
    for index in frames:
        await live.send(clip.jpegs[index], 1000 * clip.times_s[index])
        await live.until("go")
    seen_ms = 1000 * clip.times_s[frames[-1]]
    while not live.answers or live.answers[-1].message["capture_ms"] < seen_ms:
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

    run(test)


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

    run(test)


def test_the_token_of_one_browser_is_refused_to_another(server: Server) -> None:
    async def test() -> None:
        cookie = "_streamlit_xsrf=2|aabbccdd|00112233|1"
        other = "_streamlit_xsrf=2|aabbccdd|00112234|1"
        async with Page(server, cookie) as page:
            async with connect(server, page.data, cookie=other) as live:
                assert await closed_with(live) == 1008
            async with connect(server, page.data, cookie=cookie) as live:
                await live.until("hello")

    run(test)


def test_more_pictures_than_can_be_looked_at_are_told_to_wait(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with contextlib.AsyncExitStack() as stack:
            pages = [await stack.enter_async_context(Page(server)) for _ in range(LIVE_LIMIT + 1)]

            async def looked_at(page: Page, address: str) -> None:
                live = connect(server, page.data, address=address)
                client = await stack.enter_async_context(live)
                await client.until("go")
                await client.send(clip.jpegs[0], 0.0)
                await client.until("state")

            for page in pages[:ADDRESS_LIMIT]:
                await looked_at(page, "203.0.113.7")
            with pytest.raises(RuntimeError, match=f"{ADDRESS_LIMIT} people .* your address"):
                await looked_at(pages[-2], "203.0.113.7")
            await pages[-2].rerun()
            for page in pages[ADDRESS_LIMIT:-1]:
                await looked_at(page, "203.0.113.8")
            async with connect(server, pages[-1].data) as refused:
                await refused.send(clip.jpegs[0], 0.0)
                with pytest.raises(RuntimeError, match=str(LIVE_LIMIT)):
                    await refused.until("finished")
                assert await closed_with(refused) == 1013

    run(test)


# -------------------------------------------------------------- what it bears
def test_a_picture_that_is_none_is_told_and_the_stream_goes_on(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            huge = cv2.imencode(".jpg", np.zeros((4000, 64, 3), np.uint8))[1].tobytes()
            claims = bytearray(huge)
            size_at = huge.index(b"\xff\xc0") + 5
            claims[size_at : size_at + 4] = struct.pack(">HH", 15_000, 15_000)
            for number, (rubbish, said) in enumerate(
                [
                    (b"no picture", "not a JPEG"),
                    (huge, "4000"),
                    (bytes(claims), "damaged"),
                    (clip.jpegs[0][:600], "picture"),
                ]
            ):
                await live.send(rubbish, number)
                assert said in (await live.until("error"))["text"]
            await live.socket.send("{nonsense")
            await live.socket.send("[" * 4000)
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

    run(test)


def test_what_is_too_large_ends_the_connection_before_it_is_there(server: Server) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            # A binary message of 100 MB is announced, and none of it sent.
            live.socket.transport.write(b"\x82\xff" + (10**8).to_bytes(8, "big") + bytes(4))
            assert await closed_with(live) == 1009

    run(test)


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
            assert state["skipped"] > 0
            assert state["skipped"] + len(live.answers) == 20
            with contextlib.suppress(websockets.ConnectionClosed):
                for _ in range(2000):
                    await live.do("pong")
            assert await closed_with(live) == 1008

    run(test)


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
        async with asyncio.timeout(300):
            while server.threads() > threads:
                await asyncio.sleep(0.05)

    # Once, so that thread pools that stay are there.
    async def settle() -> int:
        async with Page(server) as page, connect(server, page.data) as live:
            await play(live, clip, range(2))
            coaching = server.threads()
        await gone(server, coaching - 1)
        await asyncio.sleep(1.0)
        return server.threads()

    idle = asyncio.run(settle())
    run(test)


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
                await other_page.rerun(exercise="Glute bridge")
                async with connect(server, other_page.data) as other:
                    await other.until("go")
                    await other.do("start")
                    for at in range(0, 110, 22):
                        await play(live, clip, range(at, at + 22, 2))
                        await play(other, clip, range(at, at + 1))
                    assert live.answers[-1].message["reps"] == 1
                    # The tabs share neither exercise nor count.
                    shown = other.answers[-1].message
                    assert (shown["exercise"]["id"], shown["reps"]) == ("glute_bridge", 0)
                    assert live.answers[-1].message["exercise"]["id"] == "squat"
                await page.rerun()  # as a click on the page: the stream goes on
                await play(live, clip, range(110, 200, 2))
                assert live.answers[-1].message["reps"] == 2
                live.socket.transport.abort()  # the network is gone
            async with connect(server, page.data, token=resume) as live:
                await live.until("go")
                await play(live, clip, range(206, len(clip.jpegs), 2))
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
        (past,) = (one for one in kept(server) if one.id == set_id)
        assert (past.state, past.end_reason, len(past.reps)) == ("done", "button", 4)
        assert past.circuit_id is None and past.pain is None
        saved = history(server).load(set_id)
        faults = {rep.index: {f.id for f in rep.faults} for rep in saved.report.reps}
        assert faults == {1: set(), 2: set(), 3: {"knee_valgus"}, 4: {"knee_valgus"}}
        assert len(saved.pictures) >= 3
        assert saved.trace is not None and len(saved.trace.time_s) > 100
        assert saved.report.source.name == "webcam"

    run(test)


class Film:
    """Shows every second frame of a clip to the coach, on a clock that only goes on."""

    def __init__(self, live: LiveClient, clip: Clip) -> None:
        self.live, self.clip = live, clip
        self.clock_ms = 0.0

    @property
    def state(self) -> dict[str, Any]:
        return self.live.answers[-1].message

    async def show(self, frames: Iterable[int], until: Callable[[dict[str, Any]], bool]) -> None:
        """Until the coach's answer is as it should be; it must be before the frames end."""
        for index in frames:
            self.clock_ms += 2000 / 24
            while not self.live.asked:
                await self.live.next()
            await self.live.send(self.clip.jpegs[index], self.clock_ms)
            await self.live.until("state")
            if until(self.state):
                return
        raise AssertionError(f"not within these frames: {self.state}")

    async def to_set(self) -> None:
        """From what is said before a set into the set, by the buttons."""
        await self.show(still(), lambda s: s["stage"] == "break")
        await self.live.do("start")
        await self.show(still(), lambda s: s["stage"] == "setup")
        await self.live.do("start")
        await self.show(still(), lambda s: s["stage"] == "set")


def still() -> Iterable[int]:
    """Half a minute of standing."""
    return itertools.islice(itertools.cycle([*range(0, 30, 2), *range(28, 0, -2)]), 360)


TWO_SQUATS = Programme.from_dict(
    {
        "id": "two_squats",
        "name": "Two squats",
        "pain": "Stop now.",
        "phases": [
            {
                "name": "Only",
                "items": [{"exercise": "squat", "reps": 1}, {"exercise": "squat", "reps": 2}],
            }
        ],
    }
)


def test_a_circuit_outlives_a_killed_server_and_goes_on_in_another_browser(
    tmp_path: Path, clip: Clip
) -> None:
    """Nothing is lost but what was not yet a rep; what is left comes next time."""

    async def first_day(server: browser.Server) -> None:
        async with Page(server) as page:
            assert not page.errors
            assert page.data["circuit"]["start"] == "Start today's circuit"
            assert [i["state"] for i in page.data["circuit"]["items"]] == ["todo", "todo"]
            past = History(f"sqlite:///{server.data / 'history.db'}")
            async with connect(server, page.data) as live:
                film = Film(live, clip)
                await live.until("go")
                live.asked = True
                await film.show(still(), lambda s: s["stage"] == "break")
                # A page that is only looked at begins nothing.
                assert past.circuits(me) == ()
                await film.to_set()
                await film.show(range(30, 200, 2), lambda s: s["stage"] == "break")
                assert film.state["pain"]["ask"]
                await live.do("no_pain")
                await film.to_set()
                await film.show(range(30, 200, 2), lambda s: s["reps"] == 1)
                # It is counted aloud a moment before it is over.
                over_ms = film.clock_ms + 1500
                await film.show(still(), lambda s: s["capture_ms"] > over_ms)
                assert (film.state["stage"], film.state["reps"]) == ("set", 1)
                async with asyncio.timeout(300):
                    while not past.sets(me)[-1].reps:
                        await asyncio.sleep(0.05)
                os.kill(server.process.pid, signal.SIGKILL)

    async def another_day(server: browser.Server) -> None:
        async with Page(server) as page:
            assert not page.errors
            assert page.data["circuit"]["start"] == "Continue today's circuit"
            items = page.data["circuit"]["items"]
            assert [i["state"] for i in items] == ["done", "todo"]
            assert items[1]["dose"].startswith("1 more rep")
            async with connect(server, page.data) as live:
                film = Film(live, clip)
                await live.until("go")
                live.asked = True
                await film.to_set()
                await film.show(range(30, 200, 2), lambda s: s["stage"] == "over")
                assert film.state["circuit"]["end_reason"] == "done"
                await live.do("pain")
                while not past.sets(me)[-1].pain:
                    await live.until("finished")
                await page.rerun()
                assert not page.errors
                assert any("Circuit done" in text for text in page.texts)

    with browser.serving(tmp_path) as server:
        past = History(f"sqlite:///{server.data / 'history.db'}")
        me = past.add_profile("Me").id
        past.enrol(me, TWO_SQUATS.to_dict())
        run(lambda: first_day(server))
    (circuit,) = past.circuits(me)
    assert circuit.ended is None
    done, broken = past.sets(me, circuit_id=circuit.id)
    assert (done.state, done.end_reason, len(done.reps), done.pain) == ("done", "target", 1, False)
    assert (broken.state, len(broken.reps), broken.pain) == ("broken_off", 1, None)
    with browser.serving(tmp_path) as server:
        run(lambda: another_day(server))
    (circuit,) = past.circuits(me)
    assert circuit.end_reason == "done"
    _, _, rest = past.sets(me, circuit_id=circuit.id)
    assert (rest.state, rest.position, len(rest.reps), rest.pain) == ("done", 1, 1, True)


def test_a_locked_history_is_told_and_loses_nothing(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            with contextlib.closing(sqlite3.connect(server.data / "history.db")) as other:
                other.execute("BEGIN IMMEDIATE")
                await play(live, clip, range(0, 130, 2))
                assert live.answers[-1].message["reps"] == 1
                told = await live.until("warning")
                assert "unsaved" in told["text"]
                other.rollback()
            await live.do("end")
            set_id = (await live.until("finished"))["set_id"]
            async with asyncio.timeout(300):
                while not any(one.id == set_id and one.state == "done" for one in kept(server)):
                    await asyncio.sleep(0.2)

    run(test)


def test_a_set_that_is_given_up_stays_as_far_as_it_went(server: Server, clip: Clip) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            await play(live, clip, range(0, 128, 2))
            assert live.answers[-1].message["reps"] == 1
            await page.rerun(exercise="Glute bridge")
            await play(live, clip, range(130, 133))
            given_up = kept(server)[-1]
            assert (given_up.exercise, given_up.state) == ("squat", "broken_off")
            assert len(given_up.reps) == 1

    run(test)


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

    run(test)


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

        run(test)
        assert server.process.wait(120) == 0
        assert "Traceback" not in server.log.read_text()
