"""A real server of the pages, and a scripted client of it: for tests and benchmarks.

`Server` is a process of its own; `Page` is one tab's connection to Streamlit; `connect` opens the
coach's socket, and a `LiveClient` sends it what a `Camera` shows of a `Clip`, as the page does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

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
