"""The program in a real browser: its server, and Chromium with a camera of our own.

Used by tests/browser and by benchmarks/browser_live.py. Chromium is the system's;
nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[1]
#: The browser to use, when it is not on the path.
CHROMIUM_ENV = "FORMCHECK_CHROMIUM"

_FLAGS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page under test is always looked at.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    # Whatever tries to get out fails at once instead of hanging.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)

#: Takes the place of speechSynthesis, which has no voices in a headless browser.
#: `window.spoken` lists what was said and when (ms of performance.now()), and what
#: was cut off. An utterance takes as long as a fast speaker needs for it.
SPEECH_STUB = """
(() => {
  window.spoken = [];
  let queue = [], now = null, timer = 0;
  const fire = (u, type) => {
    const event = new Event(type); event.utterance = u;
    if (typeof u["on" + type] === "function") u["on" + type](event);
    u.dispatchEvent(event);
  };
  const next = () => {
    now = queue.shift() || null;
    if (!now) return;
    const u = now;
    const entry = window.spoken.find((e) => e.utterance === u);
    entry.began_ms = performance.now();
    fire(u, "start");
    timer = setTimeout(() => { entry.ended_ms = performance.now(); fire(u, "end"); next(); },
      Math.max(200, 45 * u.text.length));
  };
  class Utterance extends EventTarget {
    constructor(text = "") {
      super(); this.text = text; this.rate = 1; this.pitch = 1; this.volume = 1;
      this.voice = null; this.lang = "";
    }
  }
  const voice = (name, lang, localService) =>
    ({name, lang, localService, default: localService, voiceURI: name});
  const voices = [voice("Test voice", "en-GB", true), voice("Voice of a server", "en-US", false)];
  const synthesis = new EventTarget();
  Object.assign(synthesis, {
    paused: false, onvoiceschanged: null,
    getVoices: () => voices,
    speak(u) {
      window.spoken.push({text: u.text, at_ms: performance.now(), volume: u.volume, rate: u.rate,
        voice: u.voice && u.voice.name, utterance: u, cut: false});
      queue.push(u);
      if (!now) next();
    },
    cancel() {
      clearTimeout(timer);
      const cut = now ? [now, ...queue] : queue;
      queue = []; now = null;
      for (const u of cut) {
        window.spoken.find((e) => e.utterance === u).cut = true;
        fire(u, "error");
      }
    },
    pause() { this.paused = true; }, resume() { this.paused = false; },
  });
  Object.defineProperties(synthesis, {
    speaking: {get: () => now !== null}, pending: {get: () => queue.length > 0},
  });
  Object.defineProperty(window, "speechSynthesis", {value: synthesis, configurable: true});
  window.SpeechSynthesisUtterance = Utterance;
})();
"""


def find_chromium() -> str | None:
    """The browser's program, or None where there is none."""
    if named := os.environ.get(CHROMIUM_ENV):
        return named
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def launch(playwright: Playwright, camera: Path | None = None, *more: str) -> Browser:
    """Chromium without a window; `camera` is played in place of a webcam."""
    program = find_chromium()
    if program is None:
        raise FileNotFoundError(
            "There is no Chromium here; install the package chromium, or set FORMCHECK_CHROMIUM."
        )
    flags = [*_FLAGS, *more]
    if camera is not None:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    return playwright.chromium.launch(executable_path=program, args=flags)


@dataclass(frozen=True, slots=True)
class Server:
    """A running formcheck page: its address, its own data folder and what it printed."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def streamlit_options(port: int) -> list[str]:
    """For a server without a browser of its own."""
    return [
        f"--server.port={port}",
        "--server.address=127.0.0.1",
        "--server.headless=true",
        "--server.fileWatcherType=none",
    ]


def streamlit_run(port: int) -> list[str]:
    """`streamlit run app.py`."""
    python = [sys.executable, "-m", "streamlit", "run"]
    return [*python, str(ROOT / "app.py"), *streamlit_options(port)]


def formcheck_app(port: int) -> list[str]:
    """`formcheck app`."""
    return [sys.executable, "-m", "formcheck", "app", "--no-browser", f"--port={port}"]


@contextlib.contextmanager
def serving(
    folder: Path, command: Callable[[int], list[str]] = streamlit_run, *, wait_s: float = 240.0
) -> Iterator[Server]:
    """Start the page on a free port, with its data and settings in `folder`; end it afterwards.

    command: what to run for a port. Raises RuntimeError with what it printed when it
    does not answer.
    """
    port = free_port()
    log = folder / "server.log"
    env = {
        **os.environ,
        "FORMCHECK_DATA": str(folder / "data"),
        "FORMCHECK_CONFIG": str(folder / "config"),
        "PYTHONUNBUFFERED": "1",
        # Aborted, it prints where its threads are.
        "PYTHONFAULTHANDLER": "1",
        # This checkout, installed or not.
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        # Two cores: the networks' own threads are enough.
        "OPENBLAS_NUM_THREADS": "1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(port), cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://localhost:{port}"
            _wait(process, f"{url}/_stcore/health", log, wait_s)
            yield Server(url, folder / "data", log, process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    printed = log.read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"The server does not answer; it printed:\n{printed[-3000:]}")
