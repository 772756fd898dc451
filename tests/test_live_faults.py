"""What may happen in the middle of a set: nothing that was done is lost, and it is told."""

from __future__ import annotations

import asyncio
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_web_socket import history, kept, play, run

from benchmarks.live_client import CLIP, Clip, LiveClient, Page, Server, connect
from formcheck.capture.models.store import ensure_model
from formcheck.history import PastSet


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    shutil.copy(ensure_model("lite").path, folder / "pose.task")
    return folder


@pytest.fixture(scope="module")
def server(places: Path) -> Iterator[Server]:
    command = ("tests.faulty_server", str(places / "clock"), "app.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMCHECK_MODEL", str(places / "pose.task"))
        with Server(*command, "--server.headless", "true", "--server.port") as running:
            yield running


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.of(CLIP)


def no_more_room(server: Server, full: bool) -> None:
    """Whether no file of the server's can grow any more, as on a full disk."""
    assert server.process is not None
    most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0 if full else most, most))


def later(clip: Clip, seconds: float) -> Clip:
    return Clip(clip.jpegs, [time_s + seconds for time_s in clip.times_s])


async def in_history(server: Server, reps: int) -> PastSet:
    """The last set, once it has so many reps."""
    async with asyncio.timeout(300):
        while not (sets := kept(server)) or len(sets[-1].reps) < reps:
            await asyncio.sleep(0.1)
    return sets[-1]


def heard(live: LiveClient) -> str:
    return " ".join(one["text"] for _, one in live.said)


def test_a_stall_a_full_disk_a_clock_put_back_and_a_deleted_model_cost_no_rep(
    server: Server, clip: Clip, places: Path
) -> None:
    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            await play(live, clip, range(0, 116, 2))
            first = await in_history(server, 1)
            # The pictures stop in the middle of the second rep, for ten seconds.
            await play(live, clip, range(116, 150, 2))
            late = later(clip, 10.0)
            await play(live, late, range(150, 212, 2))
            assert "I lost the picture" in heard(live)
            (places / "pose.task").rename(places / "away.task")
            no_more_room(server, True)
            (places / "clock").touch()
            await play(live, late, range(212, 296, 2))
            assert "full" in (await live.until("warning"))["text"]
            no_more_room(server, False)
            await play(live, late, range(296, len(clip.jpegs), 2))
            await live.do("end")
            set_id = (await live.until("finished"))["set_id"]
            assert not (places / "clock").exists()
            shown = live.answers[-1].message["reps"]
        past = await in_history(server, shown)
        async with asyncio.timeout(300):
            while (past := kept(server)[-1]).state != "done":
                await asyncio.sleep(0.1)
        assert past.id == set_id == first.id and len(past.reps) == shown
        report = history(server).load(set_id).report
        # The second one is listed as not seen; the others were counted.
        assert len(report.reps) == 3
        assert {one.reason for one in report.dropped} == {"stream"}
        # The next one needs the file.
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.send(clip.jpegs[0], 0.0)
            with pytest.raises(RuntimeError, match="FORMCHECK_MODEL"):
                await live.until("state")
        (places / "away.task").rename(places / "pose.task")

        # The browser is closed in the middle of the next one.
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            await play(live, clip, range(0, 130, 2))
            live.socket.transport.abort()
        async with asyncio.timeout(300):
            while (past := kept(server)[-1]).id == set_id or not past.reps:
                await asyncio.sleep(0.1)
        assert past.clock_doubt and past.state != "done"
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")

    run(test)


def joined_by(clip: Clip, other: Clip, comes: int, goes: int) -> Clip:
    """The middle of a clip; at its right that of the other from one picture on, later alone."""
    jpegs = []
    for number, pair in enumerate(zip(clip.jpegs, other.jpegs, strict=False)):
        left, right = (cv2.imdecode(np.frombuffer(x, np.uint8), cv2.IMREAD_COLOR) for x in pair)
        nobody = np.hstack([right[:, :160], right[:, :160]])
        one = left[:, 160:480] if number < goes else nobody
        two = right[:, 160:480] if number >= comes else nobody
        jpegs.append(cv2.imencode(".jpg", np.hstack([one, two]))[1].tobytes())
    return Clip(jpegs, clip.times_s)


def test_somebody_who_joins_and_is_not_followed_is_told_of_once(server: Server, clip: Clip) -> None:
    # They come when it is long settled whom to follow, and nothing makes it doubtful.
    other = Clip.of(CLIP.with_name("squat_oblique.mp4"))
    longer = Clip([*other.jpegs, *other.jpegs], clip.times_s)
    two = joined_by(clip, longer, 250, len(clip.jpegs))

    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            await play(live, two, range(0, len(two.jpegs), 3))
            said = [one for _, one in live.said if one["kind"] == "company"]
            assert [one["text"].split(".")[0] for one in said] == ["I see someone else"]
            assert said[0]["time_s"] > two.times_s[250]
            assert "Only one person" not in heard(live)
            assert live.answers[-1].message["reps"] >= 3
            await live.do("end")
            await live.until("finished")

    run(test)


def test_somebody_who_takes_over_is_told_and_the_reps_before_stay(
    server: Server, clip: Clip
) -> None:
    two = joined_by(clip, Clip.of(CLIP.with_name("squat_bystander.mp4")), 110, 200)

    async def test() -> None:
        async with Page(server) as page, connect(server, page.data) as live:
            await live.until("go")
            await live.do("start")
            await play(live, two, range(0, 200, 2))
            assert live.answers[-1].message["reps"] == 2
            await play(live, two, range(200, len(two.jpegs), 2))
            assert "Only one person in the picture, please." in heard(live)
            await live.do("end")
            set_id = (await live.until("finished"))["set_id"]
        report = history(server).load(set_id).report
        assert [rep.end_s < two.times_s[200] for rep in report.reps[:2]] == [True, True]
        assert any("whom to follow changed once" in note for note in report.notes)

    run(test)
