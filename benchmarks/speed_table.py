"""How long a picture takes, by its size and the pose model, with and without a film.

    python -m benchmarks.speed_table                      # all sizes and models
    python -m benchmarks.speed_table --models full --rounds 3 --write

Four ways, in turn, each in a process of its own: the bare loop (decode and detect), the loop
that people write (OpenCV's decoding, the network, landmarks drawn, written as mp4v), formcheck,
and formcheck with --video. A sample clip is scaled up for the sizes. Starting the networks
counts, importing does not. --write puts the table into docs/fast.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed import ROOT, bare

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


def ours(video: Path, model: str, film: Path | None) -> None:
    from formcheck.recordings.analysis import analyze

    analyze(video, "squat", model=model, video=film)


def ways(model: str) -> dict[str, Callable[[Path, Path], object]]:
    from formcheck.capture.models.store import ensure_model

    path = ensure_model(model).path
    return {
        "bare loop": lambda video, film: bare(video, path),
        "the loop people write": lambda video, film: people_write(video, path, film),
        "formcheck": lambda video, film: ours(video, model, None),
        "formcheck --video": lambda video, film: ours(video, model, film),
    }


def _measure(way: str, model: str, video: Path, film: Path, answer: Any) -> None:
    import cv2  # noqa: F401
    import mediapipe.tasks.python  # noqa: F401

    import formcheck.drawing.annotated_video
    import formcheck.recordings.analysis  # noqa: F401

    do = ways(model)[way]
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    do(video, film)
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    answer.put((wall_s, cpu_s, _most_mb()))


def _most_mb() -> float:
    """The most memory this process had; getrusage would tell that of the one that began it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measured(way: str, model: str, video: Path) -> tuple[float, float, float]:
    """Seconds, seconds of the processor, and MB at most."""
    context = multiprocessing.get_context("spawn")
    answer: Any = context.Queue()
    film = video.with_name("film.mp4")
    process = context.Process(target=_measure, args=(way, model, video, film, answer))
    process.start()
    result: tuple[float, float, float] = answer.get()
    process.join()
    return result


def table(models: list[str], pictures: int, rounds: int) -> str:
    """Medians, as Markdown."""
    lines = [
        "| model | pictures | way | ms | ms of the processor | MB |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        clips = {size: scaled(CLIP, size, pictures, Path(scratch)) for size in SIZES}
        for model in models:
            for size, clip in clips.items():
                taken: dict[str, list[tuple[float, float, float]]] = {}
                for number in range(rounds):
                    turns = list(ways(model))
                    for way in turns if number % 2 == 0 else turns[::-1]:
                        taken.setdefault(way, []).append(measured(way, model, clip))
                for way, results in taken.items():
                    wall, cpu, most = (statistics.median(one) for one in zip(*results, strict=True))
                    lines.append(
                        f"| {model} | {size[0]}x{size[1]} | {way} | {1000 * wall / pictures:.0f} "
                        f"| {1000 * cpu / pictures:.0f} | {most:.0f} |"
                    )
                    print(lines[-1], flush=True)
    load = os.getloadavg()[2]
    lines += [
        "",
        f"{pictures} pictures, {rounds} rounds; load of the machine meanwhile {load:.0f}.",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["lite", "full", "heavy"])
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/fast.md")
    args = parser.parse_args()
    text = table(args.models, args.pictures, args.rounds)
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
