"""The live connection of a page that finds the poses itself: a real server, no network at all."""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import struct
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_web_socket import closed_with

from benchmarks.found_poses import message, played
from benchmarks.live_client import LiveClient, Page, Server, connect
from formcheck.capture.pose_file import PoseFile
from formcheck.capture.received import PoseReceiver
from formcheck.drawing.stills import decode, encode
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame, TrunkMotion
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession
from formcheck.history import History
from formcheck.live.coached_set import CoachedSet
from formcheck.web.found_poses import read_pose
from formcheck.web.messages import HEADER, POSE, POSE_HEADER
from formcheck.web.pacing import Breath, Pacer
from formcheck.web.pictures import PictureError

RENDERED = Path(__file__).parent / "data" / "rendered"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 600))


@cache
def film(name: str) -> list[PoseFrame]:
    """A rendered person; they stand or lie still for a moment first."""
    return list(PoseFile(RENDERED / f"{name}.npz"))


def alone(poses: list[PoseFrame], exercise: str) -> SetReport:
    """What the engine says of these poses without any server."""
    session = SetSession(exercise)
    for pose in poses:
        session.push(pose)
    return session.finish()


async def show(live: LiveClient, pose: PoseFrame, capture_ms: float, **told: Any) -> None:
    """Send what a page would find, as it was asked for; somebody is seen from the first."""
    while not live.asked:
        await live.next()
    told = {"looked": int("look" in live.wish), "motion": pose.trunk_motion} | told
    await live.send_pose(capture_ms, pose.frame_size, played(pose), **told)


async def play(live: LiveClient, poses: list[PoseFrame], origin_ms: float = 0.0) -> None:
    for pose in poses:
        await show(live, pose, origin_ms + 1000 * pose.time_s)
    await live.all_answers()


def faults(report: SetReport) -> list[set[tuple[str, str]]]:
    return [{(fault.id, fault.severity) for fault in rep.faults} for rep in report.reps]


@pytest.mark.parametrize(("name", "label"), [("squat-00", "Squat"), ("clamshell-01", "Clamshell")])
def test_a_set_is_judged_by_the_poses_of_the_page_as_without_it(
    server: Server, name: str, label: str
) -> None:
    poses = film(name)
    expected = alone(poses, name[:-3])

    async def test() -> str:
        async with Page(server) as page, connect(server, page.data) as live:
            await page.rerun(exercise=label)
            await live.do("start")
            await play(live, poses)
            state = live.answers[-1].message
            assert (state["exercise"]["id"], state["reps"]) == (name[:-3], len(expected.reps))
            await live.do("end")
            return str((await live.until("finished"))["set_id"])

    set_id = asyncio.run(asyncio.wait_for(test(), 600))
    past = History(f"sqlite:///{server.data / 'history.db'}")
    # A busy disk may take longer than the page is made to wait.
    until_s = time.monotonic() + 60
    while any(one.state == "running" for one in past.sets(past.profiles()[0].id)):
        assert time.monotonic() < until_s
        time.sleep(0.1)
    saved = past.load(set_id)
    assert faults(saved.report) == faults(expected)
    for ours, theirs in zip(saved.report.reps, expected.reps, strict=True):
        assert ours.peak_deg == pytest.approx(theirs.peak_deg, abs=0.5)
    # Nobody's picture came: its moments are drawn.
    assert saved.pictures


# ------------------------------------------------------------ what nobody should send
def damage(rng: random.Random, good: bytes) -> bytes:
    """A pose message that something has happened to."""
    data = bytearray(good)
    body = HEADER.size
    match rng.randrange(6):
        case 0:  # cut, or more than there should be
            size = rng.randrange(body, len(data))
            return bytes(data[:size] if rng.random() < 0.7 else data + data[:size])
        case 1:  # another number of people, or a flag
            data[body + rng.randrange(4, 8)] = rng.randrange(256)
        case 2:  # no picture has this size
            struct.pack_into("<HH", data, body, rng.choice((0, 1, 65535, 480)), rng.randrange(99))
        case 3:  # a number that no landmark has
            at = rng.randrange(body + POSE_HEADER.size, len(data) - 4)
            struct.pack_into("<f", data, at, rng.choice(WILD))
        case 4:
            struct.pack_into("<d", data, 8, rng.choice((*WILD, -1.0, 1e300)))
        case _:
            for _ in range(rng.randrange(1, 200)):
                data[rng.randrange(body, len(data))] = rng.randrange(256)
    return bytes(data)


WILD = (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-38, 101.0, -0.5)
MOTION = TrunkMotion(3, np.ones((4, 2)), np.ones(4), np.ones(4))


def good(seq: int = 1, capture_ms: float = 0.0, people: int = 2) -> bytes:
    someone = played(film("squat-00")[0])
    return message(seq, capture_ms, (640, 480), someone * people, looked=1, motion=MOTION)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_damaged_pose_is_refused_or_holds_together(rng: random.Random) -> None:
    receiver = PoseReceiver()
    for index in range(8):
        data = good(index, people=rng.randrange(1, 6))
        try:
            found = read_pose(damage(rng, data) if rng.random() < 0.7 else data)
        except PictureError:
            continue
        pose, wish = receiver.take(found.received, rng.choice((index / 30, 0.0, 9.0)), "standing")
        assert np.nanmax(np.abs(np.nan_to_num(pose.landmarks_px))) <= 1e6
        assert not np.isinf(pose.visibility).any()
        assert 0 <= found.light <= 255 and np.isfinite(found.detect_ms)
        assert wish is None or all(np.isfinite(part).all() for part in wish.hide)
        if pose.trunk_motion is not None:
            assert not np.isinf(pose.trunk_motion.moved_px).any()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d[:-1],
        lambda d: d + b"\0",
        lambda d: d[: HEADER.size],
        lambda d: d[:20] + b"\6" + d[21:],
        lambda d: d[:40] + struct.pack("<f", np.nan) + d[44:],
        lambda d: d[:40] + struct.pack("<f", 1e9) + d[44:],
        lambda d: d[:40] + struct.pack("<f", -0.5) + d[44:],
        lambda d: d[:16] + struct.pack("<HH", 10, 10) + d[20:],
    ],
)
def test_what_is_wrong_with_a_pose_is_said(spoil: Callable[[bytes], bytes]) -> None:
    assert read_pose(good()).received.tracked is not None
    with pytest.raises(PictureError, match="damaged message"):
        read_pose(spoil(good()))


def jpeg_of(value: int, width: int = 640, height: int = 480) -> bytes:
    return encode(np.full((height, width, 3), value, np.uint8), max(width, height))


def test_a_picture_comes_with_a_pose_only_as_one_that_can_be_decoded() -> None:
    someone, size = played(film("squat-00")[0]), (640, 480)
    picture = jpeg_of(200)
    assert read_pose(message(1, 0.0, size, someone, motion=MOTION, jpeg=picture)).jpeg == picture
    assert read_pose(message(1, 0.0, size, someone)).jpeg == b""
    claims = bytearray(picture)
    start = claims.index(b"\xff\xc0")
    claims[start + 5 : start + 9] = struct.pack(">HH", 5000, 5000)
    for odd, words in ((bytes(claims), "5000 x 5000"), (b"none at all", "not a JPEG")):
        with pytest.raises(PictureError, match=words):
            read_pose(message(1, 0.0, size, someone, jpeg=odd))


@pytest.mark.parametrize(("every", "bright"), [(0, 60), (5, 200)])
def test_the_report_shows_the_pictures_that_came_or_drawn_ones(every: int, bright: int) -> None:
    coached = CoachedSet(EXERCISES["squat"], Prescription(reps=3))
    for number, pose in enumerate(film("squat-00")):
        sent = jpeg_of(200) if every and number % every == 0 else b""
        coached.push(pose, 120.0, lambda sent=sent: sent)  # type: ignore[misc]
    done = coached.finish(source_name="webcam", when=datetime.now().astimezone())
    assert done.pictures
    for picture in done.pictures.values():
        assert abs(float(np.median(decode(picture))) - bright) < 30


def test_a_damaged_pose_is_told_and_the_next_one_is_answered(server: Server) -> None:
    async def test() -> None:
        pose = film("squat-00")[0]
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            for spoilt in (
                good()[:-1],
                good(2, float("nan")),
                b"\2",
                b"",
                HEADER.pack(POSE, 3, 1.0),
            ):
                await live.socket.send(spoilt)
            assert "damaged" in (await live.until("error"))["text"]
            live.asked = True
            for index in range(20):
                await show(live, pose, 100.0 * index)
            await live.all_answers()
            assert live.answers[-1].message["person_seen"]

    run(test)
    assert "Traceback" not in server.log.read_text()


def test_a_pose_with_more_than_a_picture_for_the_report_ends_the_connection(
    server: Server,
) -> None:
    async def test() -> None:
        someone = played(film("squat-00")[0])
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.socket.send(
                message(1, 0.0, (640, 480), someone, jpeg=jpeg_of(200) + bytes(400_000))
            )
            assert await closed_with(live) == 1009

    run(test)


# ------------------------------------------------------------------ a lost connection
def test_what_was_seen_meanwhile_is_counted_and_not_read_out(server: Server) -> None:
    """The page keeps the poses while the connection is away, and sends them when it is back."""
    poses = film("squat-00")
    expected = alone(poses, "squat")
    lost = next(i for i, pose in enumerate(poses) if pose.time_s > expected.reps[0].end_s + 1.0)
    back = next(i for i, pose in enumerate(poses) if pose.time_s > expected.reps[2].end_s + 1.0)

    async def test() -> None:
        async with Page(server) as page:
            async with connect(server, page.data) as live:
                resume = (await live.until("hello"))["resume"]
                await live.do("start")
                await play(live, poses[:lost])
                assert live.answers[-1].message["reps"] == 1
                live.socket.transport.abort()
            async with connect(server, page.data, token=resume) as live:
                await live.until("hello")
                # What was not answered comes again: some of it was taken already.
                for pose in poses[lost - 3 : back]:
                    await live.send_pose(
                        1000 * pose.time_s, pose.frame_size, played(pose), kept=True
                    )
                live.unanswered.clear()
                await play(live, poses[back:])
                state = live.answers[-1].message
                assert (state["reps"], state["partials"]) == (len(expected.reps), 0)
                counts = [u["text"] for _, u in live.said if u["kind"] == "count"]
                assert counts[0] in ("Three.", "Four.") and "Two." not in counts
                # Only what is seen now is answered.
                assert len(live.answers) == len(poses) - back

    run(test)


# -------------------------------------------------------------------------- many people
def rounds(people: int, work_s: float, seconds: float) -> tuple[float, float]:
    """So many pages with cameras of 30 a second share one thread: each one's rate, worst wait.

    work_s: what one pose costs. Of the last half of the time.
    """
    breath = Breath()
    pacers = [Pacer(breath) for _ in range(people)]
    free_s, probed_s, waits, events = 0.0, 0.0, [], []
    for index, pacer in enumerate(pacers):
        for _ in range(2):
            pacer.asked(0.0)
        events.append((index / 30 / people, index))
    heapq.heapify(events)
    while events[0][0] < seconds:
        now_s, index = heapq.heappop(events)
        pacer = pacers[index]
        pacer.arrived(now_s, looked_at=True)
        began_s = max(now_s, free_s)
        free_s = began_s + work_s
        if now_s - probed_s > 0.02:
            breath.waited(began_s - now_s, free_s)
            probed_s = now_s
        pacer.answered()
        if now_s > seconds / 2:
            waits.append(began_s - now_s)
        due_s = pacer.due_s(free_s)
        assert due_s is not None
        pacer.asked(due_s)
        heapq.heappush(events, (max(due_s, now_s + 1 / 30), index))
    return len(waits) / people / (seconds / 2), sorted(waits)[int(0.9 * len(waits))]


def test_many_people_get_fewer_pictures_each_and_still_quick_answers() -> None:
    few, quick = rounds(10, 0.001, 30)
    assert few == pytest.approx(30, abs=1) and quick < 0.02
    # Twice as many as can have 30 a second.
    many, wait = rounds(60, 0.001, 60)
    assert 10 < many < 20 and wait < 0.03


def test_nobody_else_is_taken_where_everybody_waits_long_and_again_when_they_have_gone() -> None:
    breath = Breath()
    for tick in range(100):  # a page is being made
        breath.waited(0.05, tick / 50)
    assert breath.seconds > 0.03 and not breath.is_short(2.0)
    for tick in range(5000):
        breath.waited(0.05, 2 + tick / 50)
    assert breath.is_short(102.0) and not breath.is_short(150.0)
    for tick in range(5000):
        breath.waited(0.001, 102 + tick / 50)
    assert not breath.is_short(202.0) and breath.seconds == 0.0


# ---------------------------------------------------------------------- the pages
def test_the_scripts_of_a_page_can_reach_no_other_server(server: Server) -> None:
    with urllib.request.urlopen(server.url, timeout=60) as answer:
        told = answer.headers["content-security-policy"]
    host = server.url.removeprefix("http://").rstrip("/")
    assert told == f"connect-src 'self' blob: data: ws://{host} wss://{host}"


def test_the_page_can_be_installed_and_says_in_ones_language_that_the_server_is_away(
    server: Server,
) -> None:
    def get(path: str, **headers: str) -> tuple[str, bytes]:
        request = urllib.request.Request(f"{server.url}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers["content-type"].partition(";")[0], answer.read()

    kind, text = get("/install/manifest.json")
    manifest = json.loads(text)
    assert kind == "application/manifest+json" and manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        kind, png = get(icon["src"])
        width, height = struct.unpack(">II", png[16:24])
        assert kind == "image/png" and f"{width}x{height}" == icon["sizes"]
    kind, script = get("/service_worker.js")
    kept = json.loads(script.partition(b"\n")[0].removeprefix(b"self.KEPT = ").rstrip(b";"))
    assert kind == "text/javascript" and get(kept["first"][0])[0] == "text/javascript"
    away = get(kept["away"], **{"Accept-Language": "es-MX,es;q=0.9"})[1].decode()
    assert 'lang="es"' in away and "No se puede llegar" in away and "cannot be reached" not in away
    assert "cannot be reached" in get(kept["away"])[1].decode()
