"""From a file to a report: frames, estimator, session and the files asked for.

One pass, in constant memory: pictures are decoded ahead in a small bounded
queue, and only those wait whose step the session has not reported yet.
"""

from __future__ import annotations

import csv
import difflib
import math
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from itertools import chain
from json import dumps
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from formcheck.capture.streams import Filmed, Recorded, Stream, Tally, ctrl_c
from formcheck.drawing.stills import Stills, encode, pictures
from formcheck.engine.events import Event, PartialCompleted, RepCompleted
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognition, Recognizer
from formcheck.engine.report import Recognised, SetReport
from formcheck.engine.session import SetSession, Step
from formcheck.engine.sets import SetSplitter
from formcheck.engine.trace import TraceKeeper
from formcheck.recordings import recording
from formcheck.recordings.recording import BACKDROP_RGB
from formcheck.reporting.rep_table import reps_table

if TYPE_CHECKING:
    from formcheck.capture.model_store import Progress
    from formcheck.capture.pose_file import PoseFileWriter
    from formcheck.drawing.annotated_video import AnnotatedVideo
    from formcheck.drawing.overlay import Overlay
    from formcheck.reporting.html_report import ReportedSet

__all__ = [
    "OutputError",
    "Outputs",
    "UnknownExerciseError",
    "UnrecognisedError",
    "analyze",
    "analyze_sets",
    "find_exercise",
    "recognised",
    "sets_json",
    "was_interrupted",
]


#: What is given for an exercise to have it recognised.
AUTO: Final = "auto"
#: Of the JSON of several sets.
SETS_SCHEMA: Final = "formcheck.sets/1"
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
    html: Path | None = None
    reps_csv: Path | None = None

    def check(self, source: Path) -> None:
        """Raise OutputError when one of them cannot be written, before any work is done."""
        seen: dict[Path, str] = {}
        for field in fields(self):
            path: Path | None = getattr(self, field.name)
            name = field.name.replace("_", "-")
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
    html: str | os.PathLike[str] | None = None,
    reps_csv: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int | None, float], None] | None = None,
    model_progress: Progress | None = None,
) -> SetReport:
    """Measure one set of one exercise in a recording.

    path: a video file, or a landmark recording (.npz, see formcheck.capture.pose_file).
    exercise: an id of EXERCISES, or an Exercise, or "auto": it is recognised by
        the first minute.
    prescription: what the person was asked to do, to compare with.
    model: "lite", "full", "heavy", or the path of a .task file.
    json, csv, video, poses, html, reps_csv: files to write: the report; one row per
        frame with a column per signal; an annotated mp4; the landmarks (.npz); the
        report as a page with pictures; one row per rep.
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
    files = (json, csv, video, poses, html, reps_csv)
    outputs = Outputs(*(None if f is None else Path(f) for f in files))
    outputs.check(source)

    def opened(stack: ExitStack) -> Stream:
        if source.suffix.lower() == ".npz":
            from formcheck.capture.pose_file import PoseFile

            return Recorded(PoseFile(source))
        return stack.enter_context(Filmed(source, str(model), model_progress))

    with ExitStack() as stack:
        stop = stack.enter_context(ctrl_c())
        recognised = None
        seen: list[tuple[PoseFrame, Any]] = []
        if chosen is None and not (outputs.video is None and outputs.html is None):
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
        tally = Tally()
        with sinks:
            for pose, image in chain(seen, incoming):
                tally.add(pose)
                sinks.wait(pose, image)
                sinks.hear(session.push(pose))
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
        if outputs.html is not None:
            _write_page(outputs.html, [sinks.page(report)])
        if outputs.reps_csv is not None:
            _write_text(outputs.reps_csv, reps_table([report]))
        return report


def analyze_sets(
    path: str | os.PathLike[str],
    exercise: str | Exercise = AUTO,
    *,
    prescription: Prescription | None = None,
    model: str | os.PathLike[str] = "full",
    json: str | os.PathLike[str] | None = None,
    csv: str | os.PathLike[str] | None = None,
    video: str | os.PathLike[str] | None = None,
    poses: str | os.PathLike[str] | None = None,
    html: str | os.PathLike[str] | None = None,
    reps_csv: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int | None, float], None] | None = None,
    model_progress: Progress | None = None,
) -> tuple[SetReport, ...]:
    """Measure every set in a recording, divided at the rests; a report for each.

    Parameters and errors are those of analyze(); "auto" recognises each set by itself. All
    times are the recording's own. json holds all reports (see sets_json), csv says in a
    column which set a frame belongs to, video shows the whole recording. The network looks
    at each picture once; for the video the pictures are decoded a second time.
    """
    chosen = None if exercise == AUTO else find_exercise(exercise)
    source = Path(path).expanduser()
    files = (json, csv, video, poses, html, reps_csv)
    outputs = Outputs(*(None if f is None else Path(f) for f in files))
    outputs.check(source)
    again = not (outputs.video is None and outputs.html is None)

    def tell(before: int) -> Callable[[int, int | None], None]:
        def told(done: int, total: int | None) -> None:
            if progress is not None:
                progress(before + done, None if total is None else (1 + again) * total, 0.0)

        return told

    with ExitStack() as stack:
        stop = stack.enter_context(ctrl_c())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="formcheck-")))
        splitter = SetSplitter(None if chosen is None else [chosen], prescription=prescription)
        found = recording.find_poses(
            source,
            folder / "poses.npz" if outputs.poses is None else outputs.poses,
            model=str(model),
            splitter=splitter,
            stop=stop,
            tell=tell(0),
            model_progress=model_progress,
        )
        if not found.filmed and outputs.poses is not None:
            from formcheck.capture.pose_file import write_pose_file

            write_pose_file(outputs.poses, found)
        if found.interrupted_s is not None:
            note = f"{_INTERRUPTED} after {found.interrupted_s:.1f} s; the rest was not looked at."
            found = replace(found, notes=(*found.notes, note))
            stop.clear()
        table = None if outputs.csv is None else stack.enter_context(_replacing(outputs.csv))
        spans = recording.spans_of(splitter, chosen)
        sets = recording.measure(found, spans, prescription=prescription, table=table)
        reports = tuple(one.report for one in sets)
        if again:
            stills = recording.annotate(
                found,
                sets,
                outputs.video,
                prescription=prescription,
                stop=stop,
                tell=tell(found.frames),
            )
            if outputs.html is not None:
                pages = zip(sets, stills, strict=True)
                _write_page(outputs.html, [_page(one, shown, prescription) for one, shown in pages])
        if outputs.json is not None:
            _write_text(outputs.json, sets_json(reports))
        if outputs.reps_csv is not None:
            _write_text(outputs.reps_csv, reps_table(reports))
        return reports


def _page(
    one: recording.Measured, shown: dict[str, bytes], prescription: Prescription | None
) -> ReportedSet:
    from formcheck.reporting.html_report import ReportedSet

    exercise = EXERCISES[one.report.exercise]
    return ReportedSet(one.report, exercise, shown, one.trace, prescription)


def _write_page(path: Path, sets: list[ReportedSet]) -> None:
    from formcheck.reporting.html_report import html_reports

    _write_text(path, html_reports(sets))


def sets_json(reports: Iterable[SetReport]) -> str:
    """All sets of a recording as JSON text; each is a report by itself."""
    data = {"schema": SETS_SCHEMA, "sets": [report.to_dict() for report in reports]}
    return dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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
    return EXERCISES[found.exercise], recognised(found)


def recognised(found: Recognition) -> Recognised:
    """What the report says of a recognition."""
    others = {name: p for name, p in found.candidates if name != found.exercise}
    return Recognised(found.probability, others)


def was_interrupted(report: SetReport) -> bool:
    """Whether Ctrl-C ended the analysis before the recording did."""
    return any(note.startswith(_INTERRUPTED) for note in report.notes)


def _with_notes(report: SetReport, tally: Tally, stream: Stream, *, interrupted: bool) -> SetReport:
    notes = list(report.notes)
    if interrupted:
        at = tally.last_s - tally.first_s
        notes.append(f"{_INTERRUPTED} after {at:.1f} s; the rest was not looked at.")
    else:
        notes += [stream.truncated] if stream.truncated else []
    notes += stream.warnings
    return replace(report, notes=tuple(dict.fromkeys(notes)))


# -------------------------------------------------------------------- sinks


class _Sinks:
    """Writes a row and a picture for each step, once the session has reported it."""

    def __init__(
        self,
        outputs: Outputs,
        exercise: Exercise,
        stream: Stream,
        prescription: Prescription | None,
    ) -> None:
        self.session: SetSession | None = None
        self._outputs = outputs
        self._exercise = exercise
        self._stream = stream
        self._prescription = prescription
        self._hold_s = prescription.hold_s if prescription else None
        self._stills = None if outputs.html is None else Stills()
        self._trace = TraceKeeper(exercise)
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
                from formcheck.capture.pose_file import PoseFileWriter

                self._poses = opening.enter_context(PoseFileWriter(outputs.poses))
            if outputs.video is not None:
                from formcheck.drawing.annotated_video import AnnotatedVideo, output_size
                from formcheck.drawing.overlay import Overlay

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
            self._waiting.append((pose, self._backdrop(image, self._film.size)))
        if self._stills is not None and self._stills.wants(pose.time_s):
            at_rest = self.session is None or self.session.snapshot.phase == "rest"
            picture = self._backdrop(image, self._stream.frame_size)
            self._stills.add(pose.time_s, encode(picture), pose, at_rest=at_rest)

    def hear(self, events: Iterable[Event]) -> None:
        """What the session said to the last frame: the pictures of an attempt are chosen."""
        for event in events:
            if self._stills is not None and isinstance(event, RepCompleted | PartialCompleted):
                self._stills.rep_done(event.rep)

    def page(self, report: SetReport) -> ReportedSet:
        """The report with its pictures and its trace."""
        from formcheck.reporting.html_report import ReportedSet

        shown = {} if self._stills is None else pictures(report, self._exercise, self._stills)
        return ReportedSet(report, self._exercise, shown, self._trace.trace, self._prescription)

    def step(self, step: Step) -> None:
        """Called by the session once per frame, in order, a moment later."""
        if self._stills is not None:
            self._trace(step)
        if self._table is not None:
            self._table.write(step)
        if self._film is not None and self._overlay is not None and self.session is not None:
            pose, picture = self._waiting.popleft()
            self._overlay.draw(picture, pose, self.session.snapshot)
            if self._first_s is None:
                self._first_s = pose.time_s
            self._film.write(picture, pose.time_s - self._first_s)

    def _backdrop(self, image: Any, size: tuple[int, int]) -> Any:
        from formcheck.drawing.annotated_video import fit

        if image is None:
            return np.full((size[1], size[0], 3), BACKDROP_RGB, np.uint8)
        return fit(image, size)


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
