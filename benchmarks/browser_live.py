"""The live page in a real browser against the bare loop, on the same cores.

    python -m benchmarks.browser_live                    # lite and full
    python -m benchmarks.browser_live --model lite --rounds 1
    python -m benchmarks.browser_live --start            # from start to first page and pose

Headless Chromium plays a film of a set as its camera at 640x480 and 30 pictures a
second, once with the pose found on the server and once in the page. Browser, server and
pose model share whatever cores there are. In turn with it, several times in one run, the
bare loop does nothing but decode the same JPEGs and run the same model, so that whatever
else the machine does falls on all.

Latency is from the moment the camera made a picture to the moment its skeleton is on
the screen. The page stamps each picture it sends with the browser's capture time; a
bar code in the film checks that stamp: at the start of each round it is read from the
video on the screen as well as from the JPEGs sent, and both must name the same moment.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fake_camera
from benchmarks.browser import ROOT, SPEECH_STUB, formcheck_app, launch, serving
from benchmarks.coach_page import CoachPage

CLIP = "squat_front_knee_valgus"
EXERCISE = "Squat"

#: Notes what goes over the socket and when its answer is on the screen. The page's
#: own handler draws in the same task or in the next drawn frame; a message posted
#: from that frame arrives when it has been put on the screen.
PROBE = """
(() => {
  const probe = window.probe = {sent: [], drawn: [], said: [], shown: []};
  const painted = new MessageChannel();
  const waiting = [];
  painted.port1.onmessage = () => {
    const at = performance.now();
    for (const entry of waiting.splice(0)) { entry.drawn_ms = at; probe.drawn.push(entry); }
  };
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      if (!this.url.includes("/coach/socket")) return;
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string" || !event.data.includes('"state"')) return;
        const state = JSON.parse(event.data);
        if (state.type !== "state") return;
        const at = performance.now();
        for (const u of state.say) probe.said.push({text: u.text, kind: u.kind, at_ms: at});
        waiting.push({seq: state.seq, capture_ms: state.capture_ms, got_ms: at,
          skipped: state.skipped, ms: state.ms, person: state.landmarks !== null});
        requestAnimationFrame(() => painted.port2.postMessage(0));
      });
    }
    send(data) {
      if (typeof data !== "string" && this.url.includes("/coach/socket"))
        probe.sent.push({at_ms: performance.now(), data});
      super.send(data);
    }
  };
  // Bar code of what is in an image or video of any size.
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext("2d", {willReadFrequently: true});
  const bars = (image, height) => {
    context.drawImage(image, 0, 0, 640, 480);
    const row = context.getImageData(0, 8, 640, 1).data;
    let number = 0;
    for (let i = 0; i < 16; i++) number = number * 2 + (row[(i * 40 + 20) * 4] > 126 ? 1 : 0);
    return number;
  };
  // For this long, note which picture is on the screen and when the camera made it.
  probe.watch = (video, for_ms) => new Promise((done) => {
    const until = performance.now() + for_ms;
    const look = (now, about) => {
      probe.shown.push({number: bars(video), capture_ms: about.captureTime, now_ms: now});
      if (performance.now() < until) video.requestVideoFrameCallback(look); else done();
    };
    video.requestVideoFrameCallback(look);
  });
  probe.read = async () => {
    for (const entry of probe.sent) {
      const buffer = entry.data instanceof Blob ? await entry.data.arrayBuffer()
        : entry.data.buffer || entry.data;
      const view = new DataView(buffer);
      entry.seq = view.getUint32(4, true);
      entry.capture_ms = view.getFloat64(8, true);
      entry.bytes = buffer.byteLength;
      const jpeg = new Blob([new Uint8Array(buffer, 16)], {type: "image/jpeg"});
      entry.number = view.getUint8(0) === 1 ? bars(await createImageBitmap(jpeg)) : null;
      delete entry.data;
    }
    return {sent: probe.sent, drawn: probe.drawn, said: probe.said, shown: probe.shown,
      spoken: window.spoken.map((s) => ({text: s.text, at_ms: s.at_ms}))};
  };
})();
"""


@dataclass(frozen=True, slots=True)
class Bare:
    """The bare loop: frames a second, and the median time of one, ms."""

    fps: float
    frame_ms: float


@dataclass(frozen=True, slots=True)
class Round:
    """What one round in the browser gave; times in ms.

    stamp_error: how far the page's capture time is from the bar code's.
    counts: from the end of each repetition to its spoken count.
    """

    fps: float
    latency: list[float]
    skipped: int
    frames: int
    kilobytes: float
    stages: dict[str, float]
    stamp_error: float
    counts: list[float]


def _pictures(film: fake_camera.FakeCamera, first_s: float, last_s: float) -> list[bytes]:
    start = b"\xff\xd8\xff"
    parts = film.path.read_bytes().split(start)[1:]
    first, last = (int(s * fake_camera.FPS) for s in (first_s, last_s))
    return [start + part for part in parts[first:last]]


def bare(film: Path, model: str, seconds: float) -> Bare:
    """Decode and detect, nothing else, for so long. Runs in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.browser_live", "--bare", str(film), model, str(seconds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return Bare(*json.loads(done.stdout.splitlines()[-1]))


def _bare(film: Path, model: str, seconds: float) -> None:
    import cv2
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    from formcheck.capture.models.store import ensure_model

    pictures = _pictures(fake_camera.FakeCamera(film, 0.0, 0.0, {}), 0, 60)
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(ensure_model(model).path)),
        running_mode=vision.RunningMode.VIDEO,
    )
    took: list[float] = []
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        began = last = time.perf_counter()
        for number in range(1 << 30):
            data = np.frombuffer(pictures[number % len(pictures)], np.uint8)
            bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
            assert bgr is not None
            picture = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            landmarker.detect_for_video(image, 33 * number)
            now = time.perf_counter()
            took.append(now - last)
            last = now
            if now - began > seconds:
                break
    # The first pictures start the networks.
    took = took[5:]
    print(json.dumps([len(took) / sum(took), 1000 * statistics.median(took)]))


def in_browser(film: fake_camera.FakeCamera, model: str, seconds: float, place: str) -> Round:
    """One round: the page watches the film from its start. place: where the pose is found."""
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory(prefix="formcheck-live-") as scratch,
        sync_playwright() as playwright,
        serving(Path(scratch)) as server,
    ):
        config = Path(scratch, "config")
        config.mkdir()
        (config / "settings.json").write_text(json.dumps({"model": model}), encoding="utf-8")
        browser = launch(playwright, film.path)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.add_init_script(SPEECH_STUB)
        page.add_init_script(PROBE)
        page.add_init_script(_finding(place))
        page.goto(server.url)
        coach = CoachPage(page)
        coach.wait_until_usable()
        coach.choose(EXERCISE)
        coach.start_camera()
        coach.video.evaluate("(video) => probe.watch(video, 4000)")
        began = page.evaluate("performance.now()")
        page.wait_for_timeout(1000 * seconds)
        ended = page.evaluate("performance.now()")
        found: dict[str, Any] = page.evaluate("probe.read()")
        browser.close()
    return _round(film, found, began, ended)


def _finding(place: str) -> str:
    """A script with which the page finds the pose there: "page" or "server"."""
    return f"""localStorage.setItem("formcheck.settings", JSON.stringify({{pose: "{place}"}}));"""


def _round(
    film: fake_camera.FakeCamera, found: dict[str, Any], began: float, ended: float
) -> Round:
    shown = {s["number"]: s["capture_ms"] for s in found["shown"] if s["capture_ms"] is not None}
    pictures = [s for s in found["sent"] if s["number"] is not None]
    errors = [s["capture_ms"] - shown[s["number"]] for s in pictures if s["number"] in shown]
    drawn = [d for d in found["drawn"] if began <= d["drawn_ms"] < ended]
    stages = {name: statistics.median(d["ms"][name] for d in drawn) for name in drawn[0]["ms"]}
    encoded = [s["at_ms"] - s["capture_ms"] for s in found["sent"]]
    answered = [d["got_ms"] - d["capture_ms"] for d in drawn]
    stages |= {
        "capture to sent": statistics.median(encoded),
        "capture to answer": statistics.median(answered),
    }
    # Where no picture was sent, the moments of the first seconds tell those of the others.
    pairs = [(s["number"], s["capture_ms"]) for s in pictures] or list(shown.items())
    numbers, captured = np.array(pairs, float).T
    slope, start = np.polyfit(numbers, captured, 1)
    counts = [u for u in found["said"] if u["kind"] == "count"]
    spoken = {s["text"]: s["at_ms"] for s in found["spoken"]}
    waits = [
        spoken[u["text"]] - float(start + slope * end * fake_camera.FPS)
        for end, u in zip(film.rep_ends_s, counts, strict=False)
        if u["text"] in spoken
    ]
    return Round(
        fps=1000 * len(drawn) / (ended - began),
        latency=[d["drawn_ms"] - d["capture_ms"] for d in drawn],
        skipped=drawn[-1]["skipped"] - drawn[0]["skipped"],
        frames=len(drawn),
        kilobytes=statistics.fmean(s["bytes"] for s in found["sent"]) / 1000,
        stages=stages,
        stamp_error=statistics.median(errors) if errors else float("nan"),
        counts=waits,
    )


def compare(model: str, rounds: int, seconds: float, folder: Path) -> None:
    """Bare loop, and page with the pose on the server and in the page, in turn; and the medians."""
    film = fake_camera.make(CLIP, folder / "camera.mjpeg", bars=True, lead_in_s=14, tail_s=40)
    bares: list[Bare] = []
    paged: dict[str, list[Round]] = {"server": [], "page": []}
    for number in range(rounds):
        bares.append(bare(film.path, model, 10))
        print(f"{model} {number + 1}: bare {_speed(bares[-1:])}", flush=True)
        for place, rounds_there in paged.items():
            rounds_there.append(in_browser(film, model, seconds, place))
            one = rounds_there[-1]
            print(f"{model} {number + 1}: pose on the {place}: {_told([one])}", flush=True)
            print("   " + ", ".join(f"{k} {v:.1f}" for k, v in one.stages.items()), flush=True)
        bares.append(bare(film.path, model, 10))
    print(f"{model}: bare {_speed(bares)}")
    for place, all_rounds in paged.items():
        print(f"{model}: pose on the {place}: {_told(all_rounds)}", flush=True)


def _speed(bares: list[Bare]) -> str:
    fps = statistics.median(b.fps for b in bares)
    return f"{fps:.1f} frames/s, {statistics.median(b.frame_ms for b in bares):.1f} ms a frame"


def _told(rounds: list[Round]) -> str:
    latency = np.concatenate([r.latency for r in rounds])
    detect = statistics.median(r.stages["detect"] for r in rounds)
    counts = [c for r in rounds for c in r.counts] or [float("nan")]
    return (
        f"{statistics.median(r.fps for r in rounds):.1f} frames/s; camera to overlay median "
        f"{np.median(latency):.0f} ms ({np.median(latency) / detect:.1f} times its detection's "
        f"{detect:.0f} ms), p95 {np.percentile(latency, 95):.0f} ms; "
        f"{sum(r.skipped for r in rounds)} skipped of "
        f"{sum(r.skipped + r.frames for r in rounds)}; "
        f"{statistics.median(r.kilobytes for r in rounds):.1f} kB a picture; rep end to spoken "
        f"count median {np.median(counts):.0f} ms, most {max(counts):.0f} ms ({len(counts)} "
        f"counts); stamp off by {statistics.median(r.stamp_error for r in rounds):.1f} ms"
    )


def first_page(rounds: int) -> None:
    """From `formcheck app` to a page in which a set can be started."""
    from playwright.sync_api import sync_playwright

    took: list[float] = []
    for _ in range(rounds + 1):
        with (
            tempfile.TemporaryDirectory(prefix="formcheck-live-") as scratch,
            sync_playwright() as playwright,
        ):
            browser = launch(playwright)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            began = time.perf_counter()
            with serving(Path(scratch), formcheck_app) as server:
                page.goto(server.url)
                CoachPage(page).wait_until_usable()
                took.append(time.perf_counter() - began)
            browser.close()
        print(f"first page after {took[-1]:.1f} s", flush=True)
    # The first one warmed the caches.
    print(f"median of {rounds}: {statistics.median(took[1:]):.1f} s")


def first_pose(rounds: int, reading_s: float) -> None:
    """From the start button to the first skeleton: in a new browser, and once it has all.

    reading_s: how long somebody reads the page before.
    """
    from playwright.sync_api import sync_playwright

    for place in ("server", "page"):
        took: dict[str, list[float]] = {"cold": [], "warm": []}
        for _ in range(rounds):
            with (
                tempfile.TemporaryDirectory(prefix="formcheck-live-") as scratch,
                sync_playwright() as playwright,
                serving(Path(scratch)) as server,
            ):
                film = fake_camera.make(CLIP, Path(scratch, "camera.mjpeg"))
                browser = launch(playwright, film.path)
                page = browser.new_page()
                page.add_init_script(_finding(place))
                page.goto(server.url)
                for times in took.values():
                    coach = CoachPage(page)
                    coach.wait_until_usable()
                    page.wait_for_timeout(1000 * reading_s)
                    began = time.perf_counter()
                    coach.start_camera()
                    times.append(time.perf_counter() - began)
                    page.reload()
                browser.close()
        medians = ", ".join(f"{k} {statistics.median(v):.1f} s" for k, v in took.items())
        print(f"pose on the {place}: first skeleton after {medians}", flush=True)


def main() -> int:
    if sys.argv[1:2] == ["--bare"]:
        _bare(Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description="Measure the live page in a browser.")
    parser.add_argument("--model", choices=("lite", "full", "heavy"), action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each round in the page")
    parser.add_argument("--start", action="store_true", help="time to the first page instead")
    parser.add_argument("--reading", type=float, default=10.0, help="seconds before --start")
    args = parser.parse_args()
    if args.start:
        first_page(args.rounds)
        first_pose(args.rounds, args.reading)
        return 0
    with tempfile.TemporaryDirectory(prefix="formcheck-live-") as scratch:
        for model in args.model or ("lite", "full"):
            compare(model, args.rounds, args.seconds, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
