"""How fast the live coach is on this computer, and whether its memory grows.

    python -m benchmarks.live                          # the server against a bare loop
    python -m benchmarks.live --model lite --seconds 60
    python -m benchmarks.live --soak 30                # memory over minutes of a looped clip

A real server runs as its own process and a scripted client sends it the frames of a
sample video as JPEG, as the page does. The bare loop decodes the same JPEGs and runs the
same model, nothing else; both take turns in one run, so that whatever else the computer
does falls on both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np

from benchmarks.live_client import (
    CLIP,
    Camera,
    Clip,
    FastFilm,
    LiveClient,
    Page,
    Server,
    connect,
)


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
