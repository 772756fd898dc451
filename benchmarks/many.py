"""How many people one server coaches whose own devices find the poses.

    python -m benchmarks.many                     # a hundred people for half a minute
    python -m benchmarks.many --people 10 25 50   # one number after the other
    python -m benchmarks.many --pictures 1        # pictures instead, for comparison
    python -m benchmarks.many --servers 2         # behind a proxy (HAProxy) that keeps to one

A real server runs as its own process, and scripted people as another one: each has a page of
Streamlit's and a live connection, and plays a landmark file of tests/data as a page would, 30
poses a second, a new pose only when one was asked for. They read no more of the answers than
how long each took. Processor time is the server process's own; a core is 100%.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.browser import ROOT, free_port
from benchmarks.found_poses import message, played
from benchmarks.live_client import CLIP, Clip, Page, Server
from formcheck.capture.pose_file import PoseFile
from formcheck.web.messages import HEADER, PICTURE, POSE

FPS = 30
#: What is played, and the exercise as the page names it.
FILMS = {
    "squat-00": "Squat",
    "clamshell-01": "Clamshell",
    "glute_bridge-00": "Glute bridge",
    "side_leg_lift-03": "Side leg lift",
}
_LOOKED_AT = HEADER.size + 5
_GO = b'{"type":"go"'
_STATE = b'{"stage"'
_FINISHED = b'{"type": "finished"'


# ---------------------------------------------------------------------- a person
class Person(asyncio.Protocol):
    """The page's part of one live connection, as cheap as can be.

    bodies: the messages to play over and over, each from behind its header.
    """

    def __init__(
        self, url: str, cookie: str, data: dict[str, Any], kind: int, bodies: list[bytes]
    ) -> None:
        place = urlsplit(url)
        key = base64.b64encode(os.urandom(16)).decode()
        self._hello = (
            f"GET {data['path']}?token={data['token']} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Origin: {url}\r\nCookie: {cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self._kind, self._bodies = kind, bodies
        self._buffer = b""
        self._open = False
        self._credits = 0
        self._look = False
        self._seq = 0
        self._sent: deque[float] = deque()
        self.delays: list[float] = []
        self.offered = self.bytes = self.sets = 0
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._hello)

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self.bytes += len(data)
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._open, self._buffer = True, rest
            self.do("start")
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1] & 127, at + 2
            if size == 126:
                (size,), start = struct.unpack_from(">H", buffer, start) or (0,), start + 2
            elif size == 127:
                (size,), start = struct.unpack_from(">Q", buffer, start) or (0,), start + 8
            if len(buffer) < start + size:
                break
            self._hear(buffer[start : start + size])
            at = start + size
        self._buffer = buffer[at:]

    def do(self, what: str) -> None:
        self._write(1, json.dumps({"do": what}).encode())

    def tick(self, capture_ms: float) -> None:
        """The camera has a new picture; it is sent if one was asked for."""
        self.offered += 1
        if self._credits <= 0:
            return
        self._credits -= 1
        body = self._bodies[self._seq % len(self._bodies)]
        self._seq += 1
        message = bytearray(HEADER.pack(self._kind, self._seq, capture_ms) + body)
        if self._kind == POSE:
            message[_LOOKED_AT], self._look = self._look, False
        self._sent.append(time.perf_counter())
        self._write(2, bytes(message))

    def _hear(self, text: bytes) -> None:
        if text.startswith(_GO):
            self._credits += 1
            self._look |= b'"look"' in text
        elif text.startswith(_STATE):
            self.delays.append(time.perf_counter() - self._sent.popleft())
            at = text.rfind(_GO)
            if at > 0:
                self._hear(text[at:])
        elif text.startswith(_FINISHED):
            self.sets += 1
            self.do("again")
            self.do("start")

    def _write(self, kind: int, data: bytes) -> None:
        size = len(data)
        # Masked with zeros.
        head = struct.pack(">BB", 128 | kind, 128 | size) if size < 126 else b""
        if not head and size < 65536:
            head = struct.pack(">BBH", 128 | kind, 254, size)
        elif not head:
            head = struct.pack(">BBQ", 128 | kind, 255, size)
        self._transport.write(head + b"\0\0\0\0" + data)


def film(name: str) -> list[bytes]:
    """The poses of a landmark file, 30 a second, without the headers of their messages."""
    poses = list(PoseFile(ROOT / "tests" / "data" / "rendered" / f"{name}.npz"))
    times = np.array([pose.time_s for pose in poses])
    bodies = []
    for time_s in np.arange(times[0], times[-1], 1 / FPS):
        at = int(np.searchsorted(times, time_s, side="right")) - 1
        pose, after = poses[at], poses[min(at + 1, len(poses) - 1)]
        found = played(pose)
        share = (time_s - pose.time_s) / max(after.time_s - pose.time_s, 1e-3)
        if found and (then := played(after)):
            found = [
                ((1 - share) * found[0][0] + share * then[0][0], found[0][1])  # as a camera would
            ]
        data = message(0, 0.0, pose.frame_size, found, motion=pose.trunk_motion)
        bodies.append(data[HEADER.size :])
    return bodies


# ---------------------------------------------------------------------- the people
@dataclass
class People:
    """What the people's process found. delays_ms: of every answer."""

    delays_ms: list[float] = field(default_factory=list)
    offered: int = 0
    answered: int = 0
    sets: int = 0
    lost: int = 0
    kilobytes_a_frame: float = 0.0
    cpu: float = 0.0


async def people(url: str, many: int, seconds: float, kind: int) -> People:
    """Everybody in one process: connect, warm up, then play for so long."""
    server = _Address(url)
    bodies = (
        {label: film(name) for name, label in FILMS.items()}
        if kind == POSE
        else {"Squat": Clip.of(CLIP).jpegs}
    )
    pages: list[Page] = []
    everybody: list[Person] = []
    loop = asyncio.get_running_loop()
    place = urlsplit(url)
    assert place.hostname is not None
    try:
        for number in range(many):
            for person in everybody:
                person.do("pong")  # somebody silent for long is sent away
            cookie = _cookie(url)
            page = await Page(server, cookie).__aenter__()  # type: ignore[arg-type]
            pages.append(page)
            label = list(bodies)[number % len(bodies)]
            if label != "Squat":
                await page.rerun(exercise=label)
            person = Person(url, cookie, page.data, kind, bodies[label])
            await loop.create_connection(partial(_same, person), place.hostname, place.port or 80)
            everybody.append(person)
        await _play(everybody, 5.0)
        print("ready", flush=True)
        for person in everybody:
            person.delays.clear()
            person.offered = person.bytes = 0
        cpu_s, began_s = time.process_time(), time.perf_counter()
        await _play(everybody, seconds)
        cpu = (time.process_time() - cpu_s) / (time.perf_counter() - began_s)
    finally:
        for page in pages:
            await page.__aexit__()
    delays = [1000 * delay for person in everybody for delay in person.delays]
    return People(
        delays_ms=delays,
        offered=sum(p.offered for p in everybody),
        answered=len(delays),
        sets=sum(p.sets for p in everybody),
        lost=sum(p.lost for p in everybody),
        kilobytes_a_frame=sum(p.bytes for p in everybody) / max(len(delays), 1) / 1000,
        cpu=cpu,
    )


def _cookie(url: str) -> str:
    """What a proxy gives a browser, to know again which server it speaks with."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        given: str = answer.headers.get("set-cookie", "")
    return given.partition(";")[0]


def _same(person: Person) -> Person:
    return person


@dataclass
class _Address:
    """What Page needs to know of a server."""

    url: str


async def _play(everybody: list[Person], seconds: float) -> None:
    """Every camera gives a picture every thirtieth of a second, each at its own moment."""
    began_s = time.perf_counter()
    many = len(everybody)
    number = 0
    while (now_s := time.perf_counter()) < began_s + seconds:
        due = int((now_s - began_s) * FPS * many)
        # A computer that cannot keep up leaves pictures out, as cameras do.
        for index in range(max(number, due - many), due):
            everybody[index % many].tick(1000 * now_s)
        number = due
        await asyncio.sleep(0.001)


# ---------------------------------------------------------------------- measuring
@contextlib.contextmanager
def proxied(servers: list[Server]) -> Iterator[str]:
    """One address for several servers: who has spoken with one stays with it."""
    port = free_port()
    lines = [
        "defaults",
        " mode http",
        " timeout connect 5s",
        " timeout client 1h",
        " timeout server 1h",
        " timeout tunnel 1h",
        "listen formcheck",
        f" bind 127.0.0.1:{port}",
        " balance roundrobin",
        " cookie FORMCHECK insert indirect nocache httponly",
        *(f" server s{i} 127.0.0.1:{s.port} cookie s{i} check" for i, s in enumerate(servers)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "haproxy.cfg"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        process = subprocess.Popen(["haproxy", "-f", str(file)], stderr=subprocess.DEVNULL)
        try:
            time.sleep(3.0)  # until it knows that they are there
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def measure(many: int, seconds: float, kind: int, servers: int = 1) -> None:
    """So many servers, so many people in all."""
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(Server()) for _ in range(servers)]
        url = started[0].url if servers == 1 else stack.enter_context(proxied(started))
        for server in started:
            asyncio.run(_one_page(server))
        empty_mb = sum(server.memory_mb() for server in started)
        command = [sys.executable, "-m", "benchmarks.many", "--be", url, str(many)]
        command += [str(seconds), str(kind)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            if client.stdout.readline() != "ready\n":
                raise RuntimeError("the people did not get in")
            before, began_s = list(map(_cpu_s, started)), time.perf_counter()
            time.sleep(max(seconds - 0.5, 0.5))
            took_s = time.perf_counter() - began_s
            used = [(_cpu_s(s) - b) / took_s for s, b in zip(started, before, strict=True)]
            full_mb = sum(server.memory_mb() for server in started)
            threads = sum(server.threads() for server in started)
            found = People(**json.loads(client.stdout.readline()))
    delays = found.delays_ms or [float("nan")] * 2
    p = statistics.quantiles(delays, n=100) if len(delays) > 1 else delays * 99
    print(
        f"{many} people, {'poses' if kind == POSE else 'pictures'}, {servers} server(s): "
        f"{found.answered / seconds:.0f} of {found.offered / seconds:.0f} frames/s answered "
        f"({found.answered / seconds / many:.1f} each), answer {p[49]:.1f} ms, 95% {p[94]:.1f}, "
        f"99% {p[98]:.1f}\n"
        f"    servers {', '.join(f'{100 * one:.0f}%' for one in used)} of a core, "
        f"{100 * sum(used) / many:.2f}% a person, "
        f"{1000 * sum(used) * seconds / max(found.answered, 1):.2f} ms a frame; {full_mb:.0f} MB, "
        f"{(full_mb - empty_mb) / many:.1f} MB a person; {threads} threads; "
        f"{found.kilobytes_a_frame:.1f} kB a frame\n"
        f"    {found.sets} sets done, {found.lost} connections lost; the people's own process "
        f"{100 * found.cpu:.0f}% of a core; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _cpu_s(server: Server) -> float:
    import psutil

    assert server.process is not None
    used = psutil.Process(server.process.pid).cpu_times()
    return float(used.user + used.system)


async def _one_page(server: Server) -> None:
    """Load what every page needs, so that it does not count for a person."""
    async with Page(server):
        pass


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how many can be coached.")
    parser.add_argument("--people", type=int, nargs="+", default=[100])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pictures", type=int, nargs="+", default=[], metavar="N")
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--be", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.be:
        url, many, seconds, kind = args.be
        found = asyncio.run(people(url, int(many), float(seconds), int(kind)))
        print(json.dumps(vars(found)), flush=True)
        return 0
    for many in args.pictures:
        measure(many, args.seconds, PICTURE, args.servers)
    for many in [] if args.pictures else args.people:
        measure(many, args.seconds, POSE, args.servers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
