"""How long a picture takes, by its size and the pose model, with and without a film.

    python -m benchmarks.speed_table                      # all sizes and models
    python -m benchmarks.speed_table --models full --rounds 3 --write

Four ways, in turn, each in a process of its own: the bare loop (decode and detect), the loop
that people write (OpenCV's decoding, the network, landmarks drawn, written as mp4v), formcheck,
and formcheck with --video. A sample clip is scaled up for the sizes. Starting the networks
counts, importing does not. --write puts the table into docs/fast.md. All of it takes a quarter of
an hour on two idle cores; on a busy machine there are fewer rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.speed import ROOT, Took, bare, measured

SIZES = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
CLIP = ROOT / "sample_videos" / "squat_front_knee_valgus.mp4"
PAGE = ROOT / "docs" / "fast.md"
BEGIN, END = "<!-- speed:begin -->", "<!-- speed:end -->"


def scaled(clip: Path, size: tuple[int, int], pictures: int, folder: Path) -> Path:
    """The first pictures of the clip in another size."""
    import av

    target = folder / f"squat_{size[0]}x{size[1]}.mp4"
    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        video = source.streams.video[0]
        made: Any = out.add_stream("libx264", rate=video.average_rate, options={"crf": "18"})
        made.width, made.height = size
        made.pix_fmt = "yuv420p"
        for number, frame in enumerate(source.decode(video)):
            if number == pictures:
                break
            for packet in made.encode(frame.reformat(*size, format="yuv420p")):
                out.mux(packet)
        for packet in made.encode(None):
            out.mux(packet)
    return target


def people_write(video: Path, model: Path, film: Path) -> None:
    """The loop of the tutorials."""
    import cv2
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
    )
    source = cv2.VideoCapture(str(video))
    rate = source.get(cv2.CAP_PROP_FPS)
    size = tuple(int(source.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    out = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
    number = 0
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        while True:
            there, bgr = source.read()
            if not there:
                break
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
            found = landmarker.detect_for_video(image, round(1000 * number / rate))
            for pose in found.pose_landmarks[:1]:
                at = [(int(p.x * size[0]), int(p.y * size[1])) for p in pose]
                for line in vision.PoseLandmarksConnections.POSE_LANDMARKS:
                    cv2.line(bgr, at[line.start], at[line.end], (0, 255, 0), 2)
                for point in at:
                    cv2.circle(bgr, point, 4, (0, 0, 255), -1)
            out.write(bgr)
            number += 1
    out.release()


def ways(video: Path, model: str) -> dict[str, Callable[[], object]]:
    from formcheck.capture.models.store import ensure_model
    from formcheck.recordings.analysis import analyze

    path, film = ensure_model(model).path, video.with_name("film.mp4")
    return {
        "bare loop": lambda: bare(video, path),
        "the loop people write": lambda: people_write(video, path, film),
        "formcheck": lambda: analyze(video, "squat", model=model),
        "formcheck --video": lambda: analyze(video, "squat", model=model, video=film),
    }


WAYS = ("bare loop", "the loop people write", "formcheck", "formcheck --video")


def available(models: Sequence[str]) -> list[str]:
    """Those of the models that can be had here."""
    from formcheck.capture.models.store import ModelUnavailableError, ensure_model

    found = []
    for model in models:
        try:
            ensure_model(model)
            found.append(model)
        except ModelUnavailableError as error:
            print(f"{model}: {str(error).splitlines()[0]}", file=sys.stderr)
    return found


def table(models: Sequence[str], pictures: int, rounds: int, minutes: float) -> str:
    """Medians, as Markdown; a round is begun where it is likely to be over in time."""
    began_s, done = time.monotonic(), 0
    taken: dict[tuple[str, tuple[int, int], str], list[Took]] = {}
    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        clips = {size: scaled(CLIP, size, pictures, Path(scratch)) for size in SIZES}
        while done < rounds:
            for model, (size, clip) in product(models, clips.items()):
                for way in WAYS if done % 2 == 0 else WAYS[::-1]:
                    one = measured(ways, way, None, clip, model)
                    taken.setdefault((model, size, way), []).append(one)
                print(f"{done + 1}: {model} {size[0]}x{size[1]}", file=sys.stderr, flush=True)
            done += 1
            if (time.monotonic() - began_s) * (done + 1) / done > 60 * minutes:
                break
    lines = [f"| model | pictures | {' | '.join(WAYS)} |", f"|---|---|{'---|' * len(WAYS)}"]
    for model, size in product(models, SIZES):
        cells = [_cell(taken[model, size, way], pictures) for way in WAYS]
        lines.append(f"| {model} | {size[0]}x{size[1]} | {' | '.join(cells)} |")
    load = os.getloadavg()[2]
    lines += [
        "",
        "Milliseconds a picture, of them of the processor (on all cores), and the most memory. "
        f"Medians of {done} interleaved rounds of {pictures} pictures; load of the machine "
        f"meanwhile {load:.1f}.",
    ]
    return "\n".join(lines)


def _cell(those: Sequence[Took], pictures: int) -> str:
    wall, cpu, most = (statistics.median(one) for one in zip(*those, strict=True))
    return f"{1000 * wall / pictures:.0f} ({1000 * cpu / pictures:.0f}), {most:.0f} MB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["lite", "full", "heavy"])
    parser.add_argument("--pictures", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=14.0, help="fewer rounds where it takes")
    parser.add_argument("--write", action="store_true", help="into docs/fast.md")
    args = parser.parse_args()
    text = table(available(args.models), args.pictures, args.rounds, args.minutes)
    print(text)
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
