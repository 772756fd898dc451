"""The pose as Python's runtime finds it against the pose that a page finds, picture by picture.

    python -m benchmarks.parity                    # the sample clips, full
    python -m benchmarks.parity --only squat_side_good --model lite
    python -m benchmarks.parity --write            # the table in docs/in_the_browser.md
    python -m benchmarks.parity --clips ../shared/real/*.mp4       # others, and their own table

Each clip is decoded once, and the same raw pictures go through Python's estimator and, as
ImageData, through the very worker of the coach's page in headless Chromium: with the orders that
the person lock gives, which answer as they do live, with one of the next pictures. Then the same
engine measures both. What was measured of a clip is kept in build/parity and not measured again
unless --anew is given.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright import sync_api
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from benchmarks.browser import ROOT, launch
from benchmarks.page import table
from formcheck.capture.estimator import PoseEstimator
from formcheck.capture.frames import Frame, VideoFile
from formcheck.capture.models.store import ModelFile, ensure_model
from formcheck.capture.pose_file import write_pose_file
from formcheck.capture.received import PoseReceiver
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.recordings.analysis import analyze
from formcheck.web.assets import asset_routes, asset_url
from formcheck.web.found_poses import read_pose
from formcheck.web.runtime_route import runtime_path, runtime_routes
from formcheck.web.worker import in_shares

PAGE = ROOT / "docs" / "in_the_browser.md"
KEPT = ROOT / "build" / "parity"
CLIPS = ROOT / "sample_videos"
MAX_SIDE_PX = 640

#: Plays the pictures of a clip through the page's own worker.
PLAYER = """
import { PoseFinder } from "FINDER";
import { POSE, message, poseBytes } from "MESSAGE";
window.play = async (model) => {
  const finder = new PoseFinder();
  await finder.start("RUNTIME", model, false);
  const times = [];
  let order = {};
  for (let i = 0; ; i += 1) {
    const answer = await fetch(`/picture/${i}`);
    if (answer.status === 404) break;
    const [width, height, captured] = ["x-width", "x-height", "x-time"].map(
      (name) => Number(answer.headers.get(name)));
    const pixels = new ImageData(new Uint8ClampedArray(await answer.arrayBuffer()), width, height);
    const picture = await createImageBitmap(pixels, { colorSpaceConversion: "none" });
    const found = await finder.find({ picture, width, height, captured, order });
    times.push(found.ms);
    const body = message(POSE, i, captured, poseBytes(found, model));
    order = await (await fetch("/found", { method: "POST", body })).json();
  }
  finder.stop();
  return times;
};
"""


@dataclass(frozen=True, slots=True)
class Parity:
    """How one clip came out in both.

    distance, distance_95: between the landmarks, in shares of the trunk. legs, legs_95: of hips to
    feet alone. counts, faults: whether the reports agree. range_deg: the largest difference of a
    rep's turning point. python_ms, page_ms: median time of one picture.
    """

    clip: str
    pictures: int
    distance: float
    distance_95: float
    legs: float
    legs_95: float
    python: str
    page: str
    counts: bool
    faults: bool
    range_deg: float
    python_ms: float
    page_ms: float


class Player:
    """A server of one clip's pictures, and who takes what the page found in them."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.posture: Any = ""
        self.found: list[PoseFrame] = []
        self.receiver = PoseReceiver()
        routes = [
            Route("/", lambda _request: HTMLResponse(_page())),
            Route("/picture/{n:int}", self._picture),
            Route("/found", self._take, methods=["POST"]),
        ]
        self.app = Starlette(routes=[*routes, *asset_routes(), *runtime_routes()])

    def show(self, frames: list[Frame], posture: Any) -> None:
        """Play this next."""
        self.frames, self.posture = frames, posture
        self.found, self.receiver = [], PoseReceiver()

    async def _picture(self, request: Request) -> Response:
        n = request.path_params["n"]
        if n >= len(self.frames):
            return Response(status_code=404)
        image = self.frames[n].image_rgb
        height, width = image.shape[:2]
        rgba = np.dstack([image, np.full((height, width), 255, np.uint8)])
        headers = {
            "x-width": str(width),
            "x-height": str(height),
            "x-time": repr(1000 * self.frames[n].time_s),
        }
        return Response(rgba.tobytes(), headers=headers)

    async def _take(self, request: Request) -> Response:
        message = read_pose(await request.body())
        pose, wish = self.receiver.take(message.received, message.capture_ms / 1000, self.posture)
        self.found.append(pose)
        order = {} if wish is None else in_shares(wish, message.received.size)
        return JSONResponse(order | {"trunk": self.receiver.trunk})


def _page() -> str:
    script = (
        PLAYER.replace("FINDER", asset_url("coach/pose_finder.js"))
        .replace("MESSAGE", asset_url("coach/pose_message.js"))
        .replace("RUNTIME", runtime_path())
    )
    return f"<title>parity</title><script type=module>{script}</script>"


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Its address, for as long as it is served."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


@contextmanager
def opened(app: Starlette) -> Iterator[sync_api.Page]:
    """Its page in a browser, that may take as long as it wants."""
    with served(app) as url, sync_api.sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.set_default_timeout(0)
        page.goto(url)
        yield page
        browser.close()


def in_python(frames: list[Frame], model: ModelFile, posture: Any) -> tuple[list[PoseFrame], float]:
    """Poses by Python's estimator, and the median time of one picture, ms."""
    # As live: a page's poses are looked at so.
    with PoseEstimator(model, watchful=True) as estimator:
        poses = [estimator.estimate(frame, posture) for frame in frames]
        return poses, float(np.median(estimator.detect_ms))


def apart(left: Sequence[PoseFrame], right: Sequence[PoseFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of landmarks that both see, in shares of the trunk: of all, of hips to feet."""
    shares = []
    for one, other in zip(left, right, strict=True):
        a, b = one.landmarks_px[:, :2], other.landmarks_px[:, :2]
        trunk = a[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(0) - a[[L.LEFT_HIP, L.RIGHT_HIP]].mean(
            0
        )
        shares.append(np.linalg.norm(a - b, axis=1) / max(float(np.hypot(*trunk)), 1.0))
    every = np.array(shares)
    legs = every[:, L.LEFT_HIP :]
    return every[np.isfinite(every)], legs[np.isfinite(legs)]


def reported(poses: list[PoseFrame], exercise: str, file: Path) -> SetReport:
    """What the engine says of them."""
    write_pose_file(file, poses)
    return analyze(file, exercise)


def exercise_of(clip: Path) -> str:
    """What is done in a clip, by what lies beside it or in its folder's lists."""
    beside = clip.with_suffix(".json")
    if beside.exists():
        told = json.loads(beside.read_text(encoding="utf-8"))
    else:
        lists = clip.parent / "labels.json", clip.parent.parent / "real_clips" / "truth.json"
        listed = json.loads(next(filter(Path.exists, lists)).read_text(encoding="utf-8"))
        told = listed.get(clip.name) or listed[clip.stem]
    return str(told.get("meta", told)["exercise"])


def compared(clip: Path, player: Player, page: sync_api.Page, model: ModelFile) -> Parity:
    """One clip in both."""
    exercise = exercise_of(clip)
    posture = EXERCISES[exercise].posture
    with VideoFile(clip, max_side=MAX_SIDE_PX) as video:
        frames = list(video)
    python, python_ms = in_python(frames, model, posture)
    player.show(frames, posture)
    times = page.evaluate("model => window.play(model)", model.variant)
    distance, legs = apart(python, player.found)
    folder = KEPT / model.variant
    own = reported(python, exercise, folder / f"{clip.stem}-python.npz")
    other = reported(player.found, exercise, folder / f"{clip.stem}-page.npz")
    return Parity(
        clip=clip.stem,
        pictures=len(frames),
        distance=float(np.median(distance)),
        distance_95=float(np.percentile(distance, 95)),
        legs=float(np.median(legs)),
        legs_95=float(np.percentile(legs, 95)),
        python=told(own),
        page=told(other),
        counts=_counts(own) == _counts(other),
        faults=_faults(own) == _faults(other),
        range_deg=_range(own, other),
        python_ms=python_ms,
        page_ms=float(np.median(times)),
    )


def _counts(report: SetReport) -> tuple[int, int]:
    return report.summary.reps, report.summary.partials


def _faults(report: SetReport) -> list[tuple[int, str, str | None]]:
    return [(rep.index, fault.id, fault.side) for rep in report.reps for fault in rep.faults]


def _range(own: SetReport, other: SetReport) -> float:
    pairs = zip(own.reps, other.reps, strict=False)
    return max((abs(a.peak_deg - b.peak_deg) for a, b in pairs), default=0.0)


def told(report: SetReport) -> str:
    """A report in a few words."""
    reps, partials = _counts(report)
    faults = ", ".join(f"{fault} in {rep}" for rep, fault, _ in _faults(report))
    return f"{reps} + {partials}{': ' if faults else ''}{faults}"


def lines(found: Sequence[Parity]) -> list[str]:
    """The table."""
    head = ("clip", "all, median", "95%", "hips to feet", "95%", "counts", "faults", "range")
    rows = [
        (
            one.clip.replace("_", " "),
            f"{one.distance:.4f}",
            f"{one.distance_95:.3f}",
            f"{one.legs:.4f}",
            f"{one.legs_95:.3f}",
            "equal" if one.counts else f"{one.python} / {one.page}",
            "equal" if one.faults else f"{one.python} / {one.page}",
            f"{one.range_deg:.1f}°",
        )
        for one in found
    ]
    ranges = sum(one.range_deg <= 1 for one in found)
    return [
        *table(head, rows),
        f"Counts equal in {sum(one.counts for one in found)} of {len(found)} clips, faults in "
        f"{sum(one.faults for one in found)}, ranges within a degree in {ranges}. Landmarks are "
        f"{np.median([one.distance for one in found]):.4f} of the trunk apart in the median clip's "
        f"medians, {max(one.distance_95 for one in found):.3f} at 95% in the worst clip.",
    ]


def write_between(name: str, told_lines: Sequence[str]) -> None:
    """Write them into the page of docs, between the marks of this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    inside = "\n".join(told_lines)
    after = rest.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n\n{inside}\n\n{end}{after}", encoding="utf-8")


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="full", choices=("lite", "full"))
    parser.add_argument("--only", nargs="+", default=[], help="names of clips")
    parser.add_argument("--clips", type=Path, nargs="+", default=[], help="in place of the samples")
    parser.add_argument("--anew", action="store_true", help="measure again what is kept")
    parser.add_argument("--write", action="store_true", help="into docs/in_the_browser.md")
    args = parser.parse_args()
    model = ensure_model(args.model)
    (KEPT / args.model).mkdir(parents=True, exist_ok=True)
    clips = args.clips or sorted(CLIPS.glob("*.mp4"))
    chosen = [clip for clip in clips if not args.only or clip.stem in args.only]
    player = Player()
    found = []
    with opened(player.app) as page:
        for clip in chosen:
            kept = KEPT / args.model / f"{clip.stem}.json"
            if args.anew or not kept.exists():
                kept.write_text(json.dumps(asdict(compared(clip, player, page, model)), indent=1))
            found.append(Parity(**json.loads(kept.read_text())))
            print(found[-1], flush=True)
    told_lines = lines(found)
    print("\n".join(told_lines))
    if args.write:
        write_between("outside" if args.clips else "parity", told_lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
