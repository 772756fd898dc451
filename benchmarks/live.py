"""How fast the live coach is on this computer, and whether its memory grows.

    python -m benchmarks.live                          # the server against a bare loop
    python -m benchmarks.live --model lite --seconds 60
    python -m benchmarks.live --soak 30                # memory over minutes of a looped clip

A real server runs as its own process and a scripted client sends it the frames of a
sample video as JPEG, as the page does. The bare loop decodes the same JPEGs and runs the
same model, nothing else; both take turns in one run, so that whatever else the computer
does falls on both. `Server`, `Page` and `LiveClient` serve the tests, too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import websockets
from websockets.typing import Origin, Subprotocol

from benchmarks.browser import ROOT, free_port
from benchmarks.found_poses import Found, message
from formcheck.web.messages import HEADER, PICTURE

CLIP = ROOT / "sample_videos" / "squat_front_knee_valgus.mp4"
_QUALITY = 80
#: Longer than anything takes on a slow, busy computer, seconds.
_PATIENCE_S = 240.0
_ALIVE_EVERY_S = 10.0


# ---------------------------------------------------------------------- server
class Server:
    """The pages as a process of their own, with folders of their own.

    command: what serves them; `streamlit run app.py` or `formcheck app`.
    """

    def __init__(self, *command: str) -> None:
        self.port = free_port()
        streamlit = ("streamlit", "run", "app.py", "--server.headless", "true", "--server.port")
        self.command = [sys.executable, "-m", *(command or streamlit), str(self.port)]
        self._folder = tempfile.TemporaryDirectory(prefix="formcheck-live-")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def data(self) -> Path:
        """Where it keeps the sets."""
        return Path(self._folder.name) / "data"

    def __enter__(self) -> Self:
        environment = {
            **os.environ,
            "FORMCHECK_DATA": str(self.data),
            "FORMCHECK_CONFIG": str(self.data.parent / "config"),
        }
        self.log = Path(self._folder.name) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return self
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError("the server did not start")

    def __exit__(self, *_error: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()

    def memory_mb(self) -> float:
        import psutil

        assert self.process is not None
        return float(psutil.Process(self.process.pid).memory_info().rss / 1e6)

    def threads(self) -> int:
        import psutil

        assert self.process is not None
        return int(psutil.Process(self.process.pid).num_threads())

    def open_files(self) -> int:
        import psutil

        assert self.process is not None
        return int(psutil.Process(self.process.pid).num_fds())


# ------------------------------------------------------------------------ page
class Page:
    """One tab on the coach's page: Streamlit's own connection, without a browser.

    data: what the page hands to its component; renewed by every run of the script.
    """

    def __init__(self, server: Server, cookie: str = "") -> None:
        self._server = server
        self._cookie = cookie
        self._socket: Any = None
        self.data: dict[str, Any] = {}
        self.errors: list[str] = []
        self.texts: list[str] = []
        #: Where the page was sent to log in.
        self.sent_to = ""
        self._widgets: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(
            f"{self._server.url.replace('http', 'ws')}/_stcore/stream",
            origin=Origin(self._server.url),
            # With its secret a browser shows that it is Streamlit's own script that connects.
            subprotocols=[Subprotocol("streamlit"), *self._secret()],
            additional_headers={"Cookie": self._cookie} if self._cookie else None,
            max_size=None,
        )
        await self.rerun()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._socket.close()

    def _secret(self) -> list[Subprotocol]:
        cookies = dict(one.partition("=")[::2] for one in self._cookie.split("; "))
        secret = cookies.get("_streamlit_xsrf", "").strip('"')
        return [Subprotocol(secret)] if secret else []

    async def rerun(self, *, press: str = "", **choices: str) -> None:
        """Have the script run again, as any click does, with these choices in select boxes.

        A choice is named by its label in lower case, and so is a button to press.
        """
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = ""
        for label, choice in choices.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._widgets[label]
            state.string_value = choice
        if press:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._widgets[press]
            state.trigger_value = True
        await self._socket.send(message.SerializeToString())
        await self._read_run()

    async def _read_run(self) -> None:  # noqa: C901 - messages of many kinds
        """Read until the script has run."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        async with asyncio.timeout(_PATIENCE_S):
            while True:
                message = ForwardMsg()
                message.ParseFromString(await self._socket.recv())
                kind = message.WhichOneof("type")
                if kind == "script_finished":
                    return
                if kind == "auth_redirect":
                    self.sent_to = message.auth_redirect.url
                if kind != "delta":
                    continue
                element = message.delta.new_element
                if element.HasField("exception"):
                    self.errors.append(element.exception.message)
                elif element.HasField("bidi_component"):
                    self.data = json.loads(element.bidi_component.json)[0]
                elif element.HasField("selectbox"):
                    self._widgets[element.selectbox.label.lower()] = element.selectbox.id
                elif element.HasField("button"):
                    self._widgets[element.button.label.lower()] = element.button.id
                elif element.HasField("markdown"):
                    self.texts.append(element.markdown.body)
                elif element.HasField("heading"):
                    self.texts.append(element.heading.body)


# ---------------------------------------------------------------------- client
@dataclass
class Answer:
    """A state as it came. answer_s: from sending the picture until then."""

    message: dict[str, Any]
    answer_s: float
    received_s: float


@dataclass
class LiveClient:
    """The page's part of the live connection. Use `connect`."""

    socket: Any
    answers: list[Answer] = field(default_factory=list)
    said: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    other: list[dict[str, Any]] = field(default_factory=list)
    asked: bool = False
    #: What requests wished beyond a pose, since the last one was sent.
    wish: dict[str, Any] = field(default_factory=dict)
    #: When what has no answer yet was sent.
    unanswered: dict[int, float] = field(default_factory=dict)
    _seq: int = 0

    @property
    def finished(self) -> bool:
        """Whether a set was reported finished."""
        return any(message["type"] == "finished" for message in self.other)

    async def send(self, jpeg: bytes, capture_ms: float) -> int:
        """Send a picture; returns its number."""
        self._seq += 1
        self.unanswered[self._seq] = time.perf_counter()
        self.asked = False
        await self.socket.send(HEADER.pack(PICTURE, self._seq, capture_ms) + jpeg)
        return self._seq

    async def send_pose(
        self, capture_ms: float, size: tuple[int, int], people: Sequence[Found], **told: Any
    ) -> int:
        """Send a pose as found_poses.message makes it of these; returns its number."""
        self._seq += 1
        self.unanswered[self._seq] = time.perf_counter()
        self.asked, self.wish = False, {}
        await self.socket.send(message(self._seq, capture_ms, size, people, **told))
        return self._seq

    async def do(self, what: str) -> None:
        await self.socket.send(json.dumps({"do": what}))

    async def next(self, timeout_s: float = _PATIENCE_S) -> dict[str, Any]:
        """The next message. Whoever waits long says now and then that it is there, as the page."""
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    async with asyncio.timeout(_ALIVE_EVERY_S):
                        message: dict[str, Any] = json.loads(await self.socket.recv())
                    break
                except TimeoutError:
                    await self.do("pong")
        if message["type"] == "state":
            now = time.perf_counter()
            self.answers.append(Answer(message, now - self.unanswered.pop(message["seq"]), now))
            self.said += [(now, utterance) for utterance in message["say"]]
        elif message["type"] != "go":
            self.other.append(message)
        go = message if message["type"] == "go" else message.get("go")
        if go:
            self.asked = True
            self.wish |= {k: v for k, v in go.items() if k != "type"}
        return message

    async def until(self, kind: str, timeout_s: float = _PATIENCE_S) -> dict[str, Any]:
        """The next message of this kind."""
        while (message := await self.next(timeout_s))["type"] != kind:
            if message["type"] == "stopped":
                raise RuntimeError(message["text"])
        return message

    async def play(
        self,
        newest: Callable[[], tuple[bytes, float] | None],
        over: Callable[[], bool],
    ) -> None:
        """Answer every go with the newest picture, until it is over.

        newest: the newest JPEG not yet sent and its capture time in ms; None = none yet.
        """
        while not over():
            if not self.asked:
                await self.next()
            elif (picture := newest()) is not None:
                await self.send(*picture)
            else:
                await asyncio.sleep(0.001)

    async def all_answers(self) -> None:
        """Wait for the answers that are still to come."""
        while self.unanswered:
            await self.next()


@contextlib.asynccontextmanager
async def connect(
    server: Server,
    data: dict[str, Any],
    *,
    token: str = "",
    origin: str = "",
    cookie: str = "",
    address: str = "",
) -> AsyncIterator[LiveClient]:
    """Open the live connection with the token of the page's data.

    address: from where it comes, as a proxy on this computer tells it.
    """
    headers = {"Cookie": cookie, "X-Forwarded-For": address}
    url = f"{server.url.replace('http', 'ws')}{data['path']}?token={token or data['token']}"
    async with websockets.connect(
        url,
        origin=origin or server.url,  # type: ignore[arg-type]
        additional_headers={name: value for name, value in headers.items() if value},
        max_size=None,
        compression=None,
    ) as live:
        yield LiveClient(live)


# -------------------------------------------------------------------- pictures
@dataclass
class Clip:
    """The frames of a video as JPEG, and their times in seconds."""

    jpegs: list[bytes]
    times_s: list[float]

    @property
    def length_s(self) -> float:
        return self.times_s[-1] + (self.times_s[1] - self.times_s[0])

    @classmethod
    def of(cls, video: Path) -> Clip:
        import av

        jpegs, times = [], []
        with av.open(str(video)) as file:
            for frame in file.decode(video=0):
                bgr = frame.to_ndarray(format="bgr24")
                done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                assert done
                jpegs.append(data.tobytes())
                times.append(float(frame.time or 0.0))
        return cls(jpegs, times)


class Camera:
    """Plays a clip in real time, over and over; the newest frame is what it gives.

    every: only every n-th frame, as a slow camera would.
    """

    def __init__(self, clip: Clip, every: int = 1) -> None:
        self._clip = clip
        self._every = every
        self.began_s = time.perf_counter()
        self._last = -every

    def newest(self) -> tuple[bytes, float] | None:
        elapsed = time.perf_counter() - self.began_s
        rounds, place_s = divmod(elapsed, self._clip.length_s)
        index = int(np.searchsorted(self._clip.times_s, place_s, side="right")) - 1
        number = int(rounds) * len(self._clip.jpegs) + index
        if number < self._last + self._every:
            return None
        self._last = number
        captured_s = self.began_s + rounds * self._clip.length_s + self._clip.times_s[index]
        return self._clip.jpegs[index], 1000 * captured_s


class FastFilm:
    """Gives the clip's frames one after the other as fast as they are asked for."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._number = -1

    def newest(self) -> tuple[bytes, float]:
        self._number += 1
        rounds, index = divmod(self._number, len(self._clip.jpegs))
        return self._clip.jpegs[index], 1000 * (
            rounds * self._clip.length_s + self._clip.times_s[index]
        )


# ---------------------------------------------------------------- measurements
class BareLoop:
    """Decoding and detecting, with nothing around it."""

    def __init__(self, model: str) -> None:
        import mediapipe as mp
        from mediapipe.tasks.python import BaseOptions, vision

        from formcheck.capture.models.store import ensure_model

        self._mp = mp
        self._landmarker = vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(ensure_model(model).path)),
                running_mode=vision.RunningMode.VIDEO,
            )
        )
        self._film: FastFilm | None = None

    def run(self, clip: Clip, seconds: float) -> list[float]:
        """Seconds that each frame took."""
        self._film = self._film or FastFilm(clip)
        took: list[float] = []
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            jpeg, capture_ms = self._film.newest()
            bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert bgr is not None
            rgb = np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
            image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=rgb)
            self._landmarker.detect_for_video(image, round(capture_ms))
            took.append(time.perf_counter() - began)
        return took

    def close(self) -> None:
        self._landmarker.close()


@dataclass
class Block:
    """One turn of the server: what its answers were like."""

    fps: float
    answer_s: list[float]
    stages_ms: list[dict[str, float]]


async def served(live: LiveClient, film: FastFilm, seconds: float) -> Block:
    """Feed the server as fast as it asks for pictures."""
    live.answers.clear()
    began = time.perf_counter()
    await live.play(film.newest, lambda: time.perf_counter() - began > seconds)
    await live.all_answers()
    took = live.answers[-1].received_s - began
    return Block(
        len(live.answers) / took,
        [a.answer_s for a in live.answers],
        [a.message["ms"] for a in live.answers],
    )


async def compare(server: Server, model: str, seconds: float, rounds: int) -> None:
    """The server and the bare loop in turn."""
    clip = Clip.of(CLIP)
    bare = BareLoop(model)
    bare.run(clip, 2.0)
    async with Page(server) as page, connect(server, page.data) as live:
        await live.until("go", 120)
        film = FastFilm(clip)
        await live.do("start")
        await served(live, film, 3.0)
        turns: list[tuple[list[float], Block]] = []
        for number in range(rounds):
            if number % 2:
                block = await served(live, film, seconds)
                loop = bare.run(clip, seconds)
            else:
                loop = bare.run(clip, seconds)
                block = await served(live, film, seconds)
            turns.append((loop, block))
            print(_line(f"{number + 1}", *turns[-1]), flush=True)
        skipped = live.answers[-1].message["skipped"]
    bare.close()
    all_loop = [t for loop, _ in turns for t in loop]
    all_answers = [a for _, block in turns for a in block.answer_s]
    print(
        f"\n{model}: ratio of frame rates {_ratio(turns):.3f} (median of {rounds} turns), "
        f"bare frame {1000 * statistics.median(all_loop):.1f} ms in the median; receipt to answer "
        f"{1000 * statistics.median(all_answers):.1f} ms in the median, "
        f"{1000 * _p95(all_answers):.1f} ms p95 = "
        f"{_p95(all_answers) / statistics.median(all_loop):.2f} bare frames; {skipped} skipped"
    )
    stages = [ms for _, block in turns for ms in block.stages_ms]
    print(
        "medians inside the server, ms: "
        + ", ".join(f"{k} {statistics.median(s[k] for s in stages):.1f}" for k in stages[0])
    )


def _line(name: str, loop: list[float], block: Block) -> str:
    bare_fps = len(loop) / sum(loop)
    return (
        f"{name:>3}  bare {bare_fps:5.1f}/s  server {block.fps:5.1f}/s  "
        f"ratio {block.fps / bare_fps:.3f}  answer {1000 * statistics.median(block.answer_s):5.1f} "
        f"p95 {1000 * _p95(block.answer_s):5.1f} ms  bare frame "
        f"{1000 * statistics.median(loop):5.1f} p95 {1000 * _p95(loop):5.1f} ms"
    )


def _ratio(turns: list[tuple[list[float], Block]]) -> float:
    return statistics.median(block.fps * sum(loop) / len(loop) for loop, block in turns)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


async def count_delay(server: Server) -> None:
    """From the true end of each rep of a clip, played in real time, to its spoken count."""
    truth = json.loads(CLIP.with_suffix(".json").read_text(encoding="utf-8"))
    clip = Clip.of(CLIP)
    delays: list[float] = []
    async with Page(server) as page, connect(server, page.data) as live:
        await live.until("go", 120)
        await live.send(clip.jpegs[0], 1000 * time.perf_counter())
        await live.all_answers()  # everything is warm
        await live.do("start")
        camera = Camera(clip)
        over_s = camera.began_s + clip.length_s - 0.1
        await live.play(camera.newest, lambda: time.perf_counter() > over_s)
        counts = [at - camera.began_s for at, u in live.said if u["kind"] == "count"]
        fps = len(live.answers) / clip.length_s
    for rep in truth["reps"]:
        after = [at - rep["end_s"] for at in counts if at - rep["start_s"] >= 0]
        delays += after[:1]
        counts = counts[1:]
    text = ", ".join(f"{1000 * d:+.0f}" for d in delays) or "none was counted"
    print(f"end of a rep to its count, at {fps:.0f} pictures a second, ms: {text}")


async def soak(server: Server, minutes: float, every: int) -> None:
    """Loop a clip in real time, set after set; what the server holds, every minute."""
    clip = Clip.of(CLIP)
    async with Page(server) as page, connect(server, page.data) as live:
        await live.until("go", 120)
        camera = Camera(clip, every)
        first = 0.0
        for minute in range(int(minutes) + 1):
            # At first until everything has been used once.
            began = time.perf_counter()
            sets = await _sets(live, camera, began + 60)
            now = server.memory_mb()
            first = first or now
            fps = len(live.answers) / (time.perf_counter() - began)
            print(
                f"{minute:3d} min: {now:7.1f} MB ({now - first:+.1f}), {server.threads()} threads, "
                f"{server.open_files()} files, {fps:.1f} pictures/s, {sets} sets",
                flush=True,
            )
            live.answers.clear()
            live.said.clear()


async def _sets(live: LiveClient, camera: Camera, until_s: float) -> int:
    """Do one set after the other until then; returns how many were finished."""
    sets = 0
    while time.perf_counter() < until_s:
        live.other.clear()
        await live.do("start")
        await live.play(
            camera.newest,
            lambda: time.perf_counter() > until_s or live.finished,
        )
        if live.finished:
            sets += 1
            await live.do("again")
    return sets


async def first_page() -> None:
    """From starting the server until the page's script has run, seconds."""
    began = time.perf_counter()
    with Server() as server:
        up = time.perf_counter()
        async with Page(server):
            ready = time.perf_counter()
    print(f"server up after {up - began:.1f} s, page after {ready - began:.1f} s")


def _with_model(server: Server, model: str) -> None:
    """Settings as if the person had chosen this model."""
    folder = server.data.parent / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(json.dumps({"model": model}), encoding="utf-8")


def _servers(model: str) -> Iterator[Server]:
    with Server() as server:
        _with_model(server, model)
        yield server


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the live coach.")
    parser.add_argument("--model", default="full", choices=("lite", "full", "heavy"))
    parser.add_argument("--seconds", type=float, default=60.0, help="in all, for each of the two")
    parser.add_argument("--rounds", type=int, default=6, help="turns that they take")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="memory instead of speed")
    parser.add_argument("--every", type=int, default=1, help="soak: only every n-th picture")
    args = parser.parse_args()
    if args.soak is None:
        asyncio.run(first_page())
    for server in _servers(args.model):
        if args.soak is not None:
            asyncio.run(soak(server, args.soak, args.every))
        else:
            asyncio.run(compare(server, args.model, args.seconds / args.rounds, args.rounds))
            asyncio.run(count_delay(server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
