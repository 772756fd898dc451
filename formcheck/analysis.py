"""From a file to a report: frames, estimator, session and the files asked for.

One pass, in constant memory: pictures are decoded ahead in a small bounded
queue, and only those wait whose step the session has not reported yet.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import math
import os
import queue
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from formcheck.exercise import Exercise, Prescription
from formcheck.exercises import EXERCISES
from formcheck.frames import Frame, VideoFile
from formcheck.pose import PoseFrame
from formcheck.recognition import Recognition, Recognizer
from formcheck.report import Recognised, SetReport, Source
from formcheck.session import SetSession, Step

if TYPE_CHECKING:
    from formcheck.annotated_video import AnnotatedVideo
    from formcheck.model_store import Progress
    from formcheck.overlay import Overlay
    from formcheck.pose_file import PoseFile, PoseFileWriter

__all__ = [
    "OutputError",
    "Outputs",
    "UnknownExerciseError",
    "UnrecognisedError",
    "analyze",
    "find_exercise",
    "was_interrupted",
]

# The networks look at 256 pixels; a larger picture than this only costs time.
MAX_INPUT_SIDE: Final = 1920
# Pictures decoded ahead. Two keep both cores at work, more only take memory.
_AHEAD: Final = 3
# Behind the figure when landmarks are drawn without their picture.
_BACKDROP_RGB: Final = (44, 48, 54)

#: What is given for an exercise to have it recognised.
AUTO: Final = "auto"
#: How much of a recording is looked at to recognise the exercise, seconds.
LOOK_S: Final = 60.0

_INTERRUPTED: Final = "The analysis was interrupted"


class OutputError(Exception):
    """A file asked for cannot be written; the text says which and why."""


class UnknownExerciseError(ValueError):
    """There is no exercise of that name; the text says which there are."""


class UnrecognisedError(ValueError):
    """Which exercise it is could not be told; the text says between which to choose.

    recognition: what was found.
    """

    def __init__(self, recognition: Recognition) -> None:
        super().__init__(recognition.reason)
        self.recognition = recognition


def find_exercise(exercise: str | Exercise) -> Exercise:
    """The exercise with this id; raises UnknownExerciseError with the nearest one."""
    if isinstance(exercise, Exercise):
        return exercise
    wanted = exercise.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted in EXERCISES:
        return EXERCISES[wanted]
    near = difflib.get_close_matches(wanted, EXERCISES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(EXERCISES)}."
    raise UnknownExerciseError(f"There is no exercise {exercise!r}; {hint}")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files to write besides the report that is returned; None = not wanted."""

    json: Path | None = None
    csv: Path | None = None
    video: Path | None = None
    poses: Path | None = None

    def check(self, source: Path) -> None:
        """Raise OutputError when one of them cannot be written, before any work is done."""
        seen: dict[Path, str] = {}
        for name in ("json", "csv", "video", "poses"):
            path: Path | None = getattr(self, name)
            if path is None:
                continue
            resolved = path.expanduser().resolve()
            if source.exists() and path.exists() and source.samefile(path):
                raise OutputError(
                    f"--{name} {path} is the recording itself; name another file to write to."
                )
            if resolved in seen and not _is_stream(resolved):
                raise OutputError(
                    f"--{name} and --{seen[resolved]} both name {path}; give each its own file."
                )
            seen[resolved] = name
            _check_writable(name, path)


def analyze(
    path: str | os.PathLike[str],
    exercise: str | Exercise = AUTO,
    *,
    prescription: Prescription | None = None,
    model: str | os.PathLike[str] = "full",
    json: str | os.PathLike[str] | None = None,
    csv: str | os.PathLike[str] | None = None,
    video: str | os.PathLike[str] | None = None,
    poses: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int | None, float], None] | None = None,
    model_progress: Progress | None = None,
) -> SetReport:
    """Measure one set of one exercise in a recording.

    path: a video file, or a landmark recording (.npz, see formcheck.pose_file).
    exercise: an id of EXERCISES, or an Exercise, or "auto": it is recognised by
        the first minute.
    prescription: what the person was asked to do, to compare with.
    model: "lite", "full", "heavy", or the path of a .task file.
    json, csv, video, poses: files to write: the report; one row per frame with
        a column per signal; an annotated mp4; the landmarks (.npz).
    progress: called now and then with (frames done, frames in all or None,
        seconds of the recording done).
    model_progress: called while the model is fetched, see ensure_model.

    Ctrl-C ends the set: the report and files of what was seen are still made,
    and a note says so. Raises SourceError, PoseFileError, OutputError,
    VideoWriteError, EstimatorError, ModelUnavailableError,
    UnknownExerciseError or UnrecognisedError, each with a sentence on what to do.
    """
    chosen = None if exercise == AUTO else find_exercise(exercise)
    source = Path(path).expanduser()
    outputs = Outputs(*(None if f is None else Path(f) for f in (json, csv, video, poses)))
    outputs.check(source)

    def opened(stack: ExitStack) -> _Stream:
        if source.suffix.lower() == ".npz":
            from formcheck.pose_file import PoseFile

            return _Recorded(PoseFile(source))
        return stack.enter_context(_Filmed(source, str(model), model_progress))

    with ExitStack() as stack:
        stop = stack.enter_context(_ctrl_c())
        recognised = None
        seen: list[tuple[PoseFrame, Any]] = []
        if chosen is None and outputs.video is not None:
            # A minute of pictures is too much to keep: it is looked at twice.
            with ExitStack() as first:
                chosen, recognised = _recognise(opened(first).poses(), stop)
        stream = opened(stack)
        incoming = stream.poses()
        if chosen is None:
            chosen, recognised = _recognise(incoming, stop, keep=seen)
        sinks = _Sinks(outputs, chosen, stream, prescription)
        session = SetSession(chosen, prescription=prescription, on_step=sinks.step)
        sinks.session = session
        tally = _Tally()
        with sinks:
            for pose, image in chain(seen, incoming):
                tally.add(pose)
                sinks.wait(pose, image)
                session.push(pose)
                if progress is not None:
                    progress(tally.frames, stream.frame_count, pose.time_s - tally.first_s)
                if stop.is_set() and tally.frames >= len(seen):
                    break
            report = session.finish(
                source=tally.source(source.name, stream.frame_size, stream.fps),
                model=stream.model,
            )
        report = replace(report, recognised=recognised)
        report = _with_notes(report, tally, stream, interrupted=stop.is_set())
        if outputs.json is not None:
            _write_text(outputs.json, report.to_json())
        return report


def _recognise(
    poses: Iterable[tuple[PoseFrame, Any]],
    stop: threading.Event,
    keep: list[tuple[PoseFrame, Any]] | None = None,
) -> tuple[Exercise, Recognised]:
    """The exercise that the first minute shows; what was taken is put into keep.

    Raises UnrecognisedError when it cannot be told.
    """
    recognizer = Recognizer()
    first_s = math.nan
    for pose, _image in poses:
        first_s = pose.time_s if math.isnan(first_s) else first_s
        recognizer.push(pose)
        if keep is not None:
            keep.append((pose, None))
        if pose.time_s - first_s >= LOOK_S or stop.is_set():
            break
    found = recognizer.result()
    if found.exercise is None:
        raise UnrecognisedError(found)
    others = {name: p for name, p in found.candidates if name != found.exercise}
    return EXERCISES[found.exercise], Recognised(found.probability, others)


def was_interrupted(report: SetReport) -> bool:
    """Whether Ctrl-C ended the analysis before the recording did."""
    return any(note.startswith(_INTERRUPTED) for note in report.notes)


def _with_notes(
    report: SetReport, tally: _Tally, stream: _Stream, *, interrupted: bool
) -> SetReport:
    notes = list(report.notes)
    if interrupted:
        at = tally.last_s - tally.first_s
        notes.append(f"{_INTERRUPTED} after {at:.1f} s; the rest was not looked at.")
    else:
        notes += [stream.truncated] if stream.truncated else []
    notes += stream.warnings
    return replace(report, notes=tuple(dict.fromkeys(notes)))


class _Tally:
    """Counts what passed: the report's source is what was measured, not announced."""

    def __init__(self) -> None:
        self.frames = self.frames_with_pose = 0
        self.first_s = self.last_s = 0.0

    def add(self, pose: PoseFrame) -> None:
        if not self.frames:
            self.first_s = pose.time_s
        self.last_s = pose.time_s
        self.frames += 1
        self.frames_with_pose += pose.has_person

    def source(self, name: str, size: tuple[int, int], nominal_fps: float | None) -> Source:
        span = self.last_s - self.first_s
        measured = self.frames > 1 and span > 0
        fps = (self.frames - 1) / span if measured else nominal_fps or 0.0
        # The last picture is on for as long as the others on average.
        duration = span + (1.0 / fps if fps else 0.0)
        return Source(name, size[0], size[1], fps, duration, self.frames, self.frames_with_pose)


# ------------------------------------------------------------------ streams


class _Stream:
    """Poses with their pictures, from wherever they come."""

    frame_size: tuple[int, int]
    fps: float | None = None
    frame_count: int | None = None
    model: str
    truncated: str | None = None
    warnings: Iterable[str] = ()

    def poses(self) -> Iterator[tuple[PoseFrame, Any]]:
        raise NotImplementedError


class _Recorded(_Stream):
    """Landmarks from a file; there is no picture."""

    def __init__(self, file: PoseFile) -> None:
        self._file = file
        self.frame_size = file.frame_size
        self.frame_count = file.frame_count
        self.model = "none (landmark recording)"

    def poses(self) -> Iterator[tuple[PoseFrame, Any]]:
        for pose in self._file:
            yield pose, None


class _Filmed(_Stream):
    """Pictures from a video file, and the poses the network finds in them."""

    def __init__(self, path: Path, model: str, model_progress: Progress | None) -> None:
        from formcheck.model_store import ensure_model, model_variants

        self._file = VideoFile(path)
        self.frame_size = (self._file.width, self._file.height)
        if max(self.frame_size) > MAX_INPUT_SIDE:
            self._file.close()
            self._file = VideoFile(path, max_side=MAX_INPUT_SIDE)
        self.fps = self._file.fps
        self.frame_count = self._file.frame_count
        if self.frame_count is None and self._file.duration_s and self.fps:
            self.frame_count = round(self._file.duration_s * self.fps)
        # The video is opened first: nobody wants to wait for a model to hear of a typo.
        try:
            if model in model_variants():
                self._model = ensure_model(model, progress=model_progress)
            else:
                self._model = ensure_model(path=model, progress=model_progress)
            from formcheck.estimator import PoseEstimator

            self._estimator = PoseEstimator(self._model)
        except BaseException:
            self._file.close()
            raise
        self.model = f"pose_landmarker_{self._model.variant} {self._model.version}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._estimator.close()
        self._file.close()

    @property
    def truncated(self) -> str | None:  # type: ignore[override]
        return self._file.truncated

    @property
    def warnings(self) -> Iterable[str]:  # type: ignore[override]
        return (*self._file.warnings, *getattr(self._estimator, "warnings", ()))

    def poses(self) -> Iterator[tuple[PoseFrame, Any]]:
        with contextlib.closing(_ahead(self._file)) as frames:
            for frame in frames:
                yield self._estimator.estimate(frame), frame.image_rgb


def _ahead(frames: Iterable[Frame]) -> Generator[Frame]:
    """The same frames, decoded in another thread while the last one is looked at."""
    waiting: queue.Queue[Frame | BaseException | None] = queue.Queue(_AHEAD)
    enough = threading.Event()

    def put(item: Frame | BaseException | None) -> bool:
        while not enough.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=0.2)
                return True
        return False

    def decode() -> None:
        try:
            for frame in frames:
                if not put(frame):
                    return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=decode, name="formcheck-decode", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        # The file may only be closed when nobody reads it any more.
        enough.set()
        thread.join()


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C stops everything at once.

    Python raises KeyboardInterrupt between any two instructions, also in the
    middle of a rep's bookkeeping; the event is looked at between two frames.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def first(_number: int, _frame: Any) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, first)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)


# -------------------------------------------------------------------- sinks


class _Sinks:
    """Writes a row and a picture for each step, once the session has reported it."""

    def __init__(
        self,
        outputs: Outputs,
        exercise: Exercise,
        stream: _Stream,
        prescription: Prescription | None,
    ) -> None:
        self.session: SetSession | None = None
        self._outputs = outputs
        self._exercise = exercise
        self._stream = stream
        self._hold_s = prescription.hold_s if prescription else None
        self._waiting: deque[tuple[PoseFrame, Any]] = deque()
        self._table: _Table | None = None
        self._poses: PoseFileWriter | None = None
        self._film: AnnotatedVideo | None = None
        self._overlay: Overlay | None = None
        self._first_s: float | None = None

    def __enter__(self) -> Self:
        outputs = self._outputs
        self._stack = ExitStack()
        with ExitStack() as opening:
            if outputs.csv is not None:
                self._table = opening.enter_context(_Table(outputs.csv))
            if outputs.poses is not None:
                from formcheck.pose_file import PoseFileWriter

                self._poses = opening.enter_context(PoseFileWriter(outputs.poses))
            if outputs.video is not None:
                from formcheck.annotated_video import AnnotatedVideo, output_size
                from formcheck.overlay import Overlay

                size = output_size(*self._stream.frame_size)
                self._film = opening.enter_context(
                    AnnotatedVideo(outputs.video, size, fps=self._stream.fps)
                )
                self._overlay = Overlay(self._exercise.name, hold_target_s=self._hold_s)
            self._stack = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def wait(self, pose: PoseFrame, image: Any) -> None:
        """Take a frame in; its picture is kept until its step arrives."""
        if self._poses is not None:
            self._poses.write(pose)
        if self._film is not None:
            self._waiting.append((pose, self._backdrop(image)))

    def step(self, step: Step) -> None:
        """Called by the session once per frame, in order, a moment later."""
        if self._table is not None:
            self._table.write(step)
        if self._film is not None and self._overlay is not None and self.session is not None:
            pose, picture = self._waiting.popleft()
            self._overlay.draw(picture, pose, self.session.snapshot)
            if self._first_s is None:
                self._first_s = pose.time_s
            self._film.write(picture, pose.time_s - self._first_s)

    def _backdrop(self, image: Any) -> Any:
        from formcheck.annotated_video import fit

        assert self._film is not None
        if image is None:
            width, height = self._film.size
            return np.full((height, width, 3), _BACKDROP_RGB, np.uint8)
        return fit(image, self._film.size)


class _Table:
    """The --csv file: time, phase and each signal, one row per frame."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: tuple[str, ...] | None = None

    def __enter__(self) -> Self:
        self._context = _replacing(self._path)
        self._file = self._context.__enter__()
        self._writer = csv.writer(self._file, lineterminator="\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._names is None:
            self._writer.writerow(["time_s", "phase"])
        self._context.__exit__(kind, error, trace)

    def write(self, step: Step) -> None:
        if self._names is None:
            self._names = tuple(step.values)
            self._writer.writerow(["time_s", "phase", *self._names])
        self._writer.writerow(
            [
                f"{step.time_s:.4f}",
                step.phase,
                # An empty cell is a missing value to every spreadsheet.
                *("" if math.isnan(v) else f"{v:.4f}" for v in step.values.values()),
            ]
        )


# -------------------------------------------------------------------- files


def _is_stream(path: Path) -> bool:
    """Whether it is there and not a file: a terminal, a pipe, /dev/null."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _check_writable(name: str, path: Path) -> None:
    path = path.expanduser().resolve()
    if path.is_dir():
        raise OutputError(f"--{name} {path} is a folder; name a file in it.")
    if _is_stream(path):
        if name in ("video", "poses"):
            raise OutputError(f"--{name} {path} is not a file; an mp4 or npz needs a real one.")
        return
    if not path.parent.is_dir():
        raise OutputError(
            f"--{name} {path} cannot be written: there is no folder {path.parent}; make it first."
        )
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(
            f"--{name} {path} cannot be written: the file is read-only; "
            "name another one or change its permissions."
        )
    try:
        # The only honest test of a folder is to write in it.
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"--{name} {path} cannot be written: {error.strerror or error}; "
            "name a file in a folder that you may write to."
        ) from None


@contextmanager
def _replacing(path: Path) -> Iterator[Any]:
    """A text file that takes the target's place when it is complete, and not before."""
    target = path.expanduser().resolve()
    try:
        if _is_stream(target):
            with target.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from None


def _write_text(path: Path, text: str) -> None:
    with _replacing(path) as file:
        file.write(text)
