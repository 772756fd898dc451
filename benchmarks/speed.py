"""How fast formcheck is, and how much memory it takes.

    python -m benchmarks.speed VIDEO             # analysis against a bare loop
    python -m benchmarks.speed VIDEO --memory    # one minute against ten minutes

The bare loop decodes with PyAV and runs the same model with mediapipe, nothing
else. It, the analysis, and the analysis with a film are timed in turn, several times, in
one run, so that whatever else the machine does falls on all; on all cores and on one.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

#: So many times the bare loop's speed is wanted on two cores; on one, not less than once.
WANTED = {"bare loop": 1.0, "formcheck": 1.8, "formcheck --video": 1.5}

ROOT = Path(__file__).resolve().parents[1]
# What is in a video's name -> exercise.
_NAMES = {
    "squat": "squat",
    "bridge": "glute_bridge",
    "clam": "clamshell",
    "leg_lift": "side_leg_lift",
}


class Took(NamedTuple):
    """Seconds, seconds of the processor, and MB at most of the process that was begun."""

    wall_s: float
    cpu_s: float
    mb: float


#: Gives, for what is asked, what can be measured, by name.
Ways = Callable[..., dict[str, Callable[[], object]]]


def bare(video: Path, model: Path) -> tuple[float, int]:
    """Seconds and frames of decoding and detecting, with nothing around it."""
    import av
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
    )
    frames = 0
    # Starting the networks counts, as it does for formcheck.
    began = time.perf_counter()
    with (
        vision.PoseLandmarker.create_from_options(options) as landmarker,
        av.open(str(video)) as file,
    ):
        stream = file.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in file.decode(stream):
            image = mp.Image(
                image_format=mp.ImageFormat.SRGB,
                # Rows may come padded, which mediapipe misreads without an error.
                data=np.ascontiguousarray(frame.to_ndarray(format="rgb24")),
            )
            landmarker.detect_for_video(image, round(1000 * float(frame.time or 0.0)))
            frames += 1
        return time.perf_counter() - began, frames


def poses_of(video: Path, exercise: str, model: str) -> list[Any]:
    """The landmarks of a video."""
    from formcheck.capture.pose_file import PoseFile
    from formcheck.recordings.analysis import analyze

    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        kept = Path(scratch) / "poses.npz"
        analyze(video, exercise, model=model, poses=kept)
        return list(PoseFile(kept))


def engine_ms(poses: list[Any], exercise: str, rounds: int = 3) -> float:
    """Milliseconds a frame that the engine alone takes."""
    from formcheck.engine.session import SetSession

    best = float("inf")
    for _ in range(rounds):
        session = SetSession(exercise)
        began = time.perf_counter()
        for pose in poses:
            session.push(pose)
        session.finish()
        best = min(best, time.perf_counter() - began)
    return 1000 * best / len(poses)


def ways(video: Path, exercise: str, model: str) -> dict[str, Callable[[], object]]:
    """What is compared, each of a whole video."""
    from formcheck.capture.models.store import ensure_model
    from formcheck.recordings.analysis import analyze

    film = video.with_name("film.mp4")
    return {
        "bare loop": lambda: bare(video, ensure_model(model).path),
        "formcheck": lambda: analyze(video, exercise, model=model),
        "formcheck --video": lambda: analyze(video, exercise, model=model, video=film),
    }


def measured(of: Ways, way: str, cores: Sequence[int] | None, *asked: Any) -> Took:
    """One way of of(*asked), in a process of its own on these cores; importing does not count."""
    context = multiprocessing.get_context("spawn")
    answer: Any = context.Queue()
    process = context.Process(target=_measure, args=(of, way, cores, asked, answer))
    process.start()
    took: Took = answer.get()
    process.join()
    return took


def _measure(
    of: Ways, way: str, cores: Sequence[int] | None, asked: tuple[Any, ...], answer: Any
) -> None:
    if cores is not None:
        os.sched_setaffinity(0, cores)
    for module in ("cv2", "formcheck.drawing.annotated_video", "formcheck.recordings.analysis"):
        importlib.import_module(module)
    from formcheck.capture.estimator import load_mediapipe

    load_mediapipe()
    do = of(*asked)[way]
    began_s, cpu_s = time.perf_counter(), _cpu_s()
    do()
    answer.put(Took(time.perf_counter() - began_s, _cpu_s() - cpu_s, _most_mb()))


def _cpu_s() -> float:
    """Of this process and those that it has started and that have ended."""
    import resource

    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def _most_mb() -> float:
    """The most memory this process had; getrusage would tell that of the one that began it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def compare(video: Path, exercise: str, repeats: int, model: str) -> None:
    """Time all ways in turn, on all cores and on one, and print the factors asked for."""
    mine = sorted(os.sched_getaffinity(0))
    took: dict[tuple[int, str], list[Took]] = {}
    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        clip = Path(scratch) / video.name
        shutil.copyfile(video, clip)
        for number in range(repeats):
            for cores in {len(mine): mine, 1: mine[:1]}.values():
                turns = list(WANTED)
                for way in turns if number % 2 == 0 else turns[::-1]:
                    one = measured(ways, way, cores, clip, exercise, model)
                    took.setdefault((len(cores), way), []).append(one)
                    print(
                        f"{number + 1}: {len(cores)} core(s), {way}: {one.wall_s:.2f} s, "
                        f"{one.cpu_s:.2f} s of the processor, {one.mb:.0f} MB",
                        flush=True,
                    )
        poses = poses_of(clip, exercise, model)
    print(f"{video.name}: {len(poses)} pictures, medians of {repeats}")
    for (cores_used, way), those in took.items():
        bare_ones = took[cores_used, "bare loop"]
        ratios = [b.wall_s / t.wall_s for b, t in zip(bare_ones, those, strict=True)]
        wanted = WANTED[way] if cores_used > 1 else min(WANTED[way], 1.0)
        asked = "" if way == "bare loop" else f" (asked for: {wanted:.1f})"
        print(
            f"{cores_used} core(s), {way}: {statistics.median(t.wall_s for t in those):.2f} s, "
            f"{statistics.median(t.cpu_s for t in those):.2f} s of the processor, "
            f"{statistics.median(ratios):.2f} times the bare loop's speed{asked}"
        )
    print(
        f"engine {engine_ms(poses, exercise):.2f} ms a picture; load of the machine "
        f"{os.getloadavg()[2]:.1f}"
    )


# ---------------------------------------------------------------------- memory
def looped(video: Path, seconds: float, folder: Path) -> Path:
    """The video played again and again until it is this long (pictures copied, not
    coded anew)."""
    import av

    target = folder / f"{seconds:.0f}s.mp4"
    with av.open(str(target), "w") as out:
        stream, offset, step = None, 0, 1
        length = 0.0
        while length < seconds:
            with av.open(str(video)) as file:
                source = file.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(source)
                last = 0
                for packet in file.demux(source):
                    if packet.dts is None or packet.pts is None:
                        continue
                    # Some decoding times start below zero.
                    packet.pts += offset
                    packet.dts += offset
                    last = max(last, packet.pts)
                    step = packet.duration or step
                    packet.stream = stream
                    out.mux(packet)
                offset = last + step
                assert source.time_base is not None
                length = float(offset * source.time_base)
    return target


def _analyse(video: str, exercise: str, queue: Any) -> None:
    import resource

    from formcheck.recordings.analysis import analyze

    analyze(video, exercise)
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def peak_mb(video: Path, exercise: str) -> float:
    """Largest memory (MB) of a fresh process that analyses a video."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_analyse, args=(str(video), exercise, queue))
    process.start()
    peak = queue.get()
    process.join()
    return float(peak)


def memory(video: Path, exercise: str, minutes: tuple[float, float]) -> None:
    """Print the peak memory of a short and a long recording."""
    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        peaks = []
        for length in minutes:
            peaks.append(peak_mb(looped(video, 60 * length, Path(scratch)), exercise))
            print(f"{length:g} min: {peaks[-1]:.0f} MB at most", flush=True)
        print(
            f"the longer one takes {peaks[1] - peaks[0]:+.0f} MB ({peaks[1] / peaks[0]:.2f} times)"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("video", nargs="?", type=Path, help="default: a sample video")
    parser.add_argument(
        "--exercise", default="", help="default: taken from the video's name, else squat"
    )
    parser.add_argument("--model", default="full")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="peak memory instead of speed")
    parser.add_argument(
        "--minutes", type=float, nargs=2, default=(1.0, 10.0), help="lengths for --memory"
    )
    args = parser.parse_args()
    video = args.video or next(iter(sorted((ROOT / "sample_videos").glob("*.mp4"))), None)
    if video is None or not video.is_file():
        print("there is no video to measure on; name one", file=sys.stderr)
        return 2
    exercise = args.exercise or next((e for n, e in _NAMES.items() if n in video.stem), "squat")
    if args.memory:
        memory(video, exercise, tuple(args.minutes))
    else:
        compare(video, exercise, args.repeats, args.model)
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
