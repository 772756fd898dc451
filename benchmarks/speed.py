"""How fast formcheck is, and how much memory it takes.

    python -m benchmarks.speed VIDEO             # analysis against a bare loop
    python -m benchmarks.speed VIDEO --memory    # one minute against ten minutes

The bare loop decodes with PyAV and runs the same model with mediapipe, nothing
else. Both are timed in turn, several times, in one run, so that whatever else the
machine does falls on both.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
# What is in a video's name -> exercise.
_NAMES = {
    "squat": "squat",
    "bridge": "glute_bridge",
    "clam": "clamshell",
    "leg_lift": "side_leg_lift",
}


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


def formcheck(video: Path, exercise: str) -> float:
    """Seconds of formcheck's analysis without a picture going out."""
    from formcheck.recordings.analysis import analyze

    began = time.perf_counter()
    analyze(video, exercise)
    return time.perf_counter() - began


def poses_of(video: Path, exercise: str) -> list[Any]:
    """The landmarks of a video."""
    from formcheck.capture.pose_file import PoseFile
    from formcheck.recordings.analysis import analyze

    with tempfile.TemporaryDirectory(prefix="formcheck-speed-") as scratch:
        kept = Path(scratch) / "poses.npz"
        analyze(video, exercise, poses=kept)
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


def compare(video: Path, exercise: str, repeats: int) -> None:
    """Time both in turn and print the ratio."""
    from formcheck.capture.models.store import ensure_model

    model = ensure_model("full")
    bare(video, model.path)  # both are timed warm
    formcheck(video, exercise)
    ratios, rates = [], []
    for number in range(repeats):
        order = ("bare", "formcheck") if number % 2 == 0 else ("formcheck", "bare")
        took: dict[str, float] = {}
        for what in order:
            if what == "bare":
                took[what], frames = bare(video, model.path)
            else:
                took[what] = formcheck(video, exercise)
        ratios.append(took["formcheck"] / took["bare"])
        rates.append(frames / took["formcheck"])
        print(
            f"{number + 1}: bare {took['bare']:.2f} s, formcheck {took['formcheck']:.2f} s, "
            f"ratio {ratios[-1]:.3f}",
            flush=True,
        )
    print(
        f"{video.name}: {frames} frames; formcheck takes "
        f"{statistics.median(ratios):.3f} times the bare loop "
        f"(median of {repeats}; {min(ratios):.3f} to {max(ratios):.3f}), "
        f"{statistics.median(rates):.1f} frames a second; engine "
        f"{engine_ms(poses_of(video, exercise), exercise):.2f} ms a frame"
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
        compare(video, exercise, args.repeats)
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main())
