"""A recording that may hold several sets, in three steps that can be taken apart.

    find_poses()  the network looks at every picture once; the landmarks go to a file
    measure()     each set is measured from the landmarks
    annotate()    the pictures are decoded again and drawn over

Which exercise a set shows is known only when it is over, so that its pictures, which are
too many to keep, are looked at twice; the network, which takes the time, runs once. Having
the landmarks, another exercise or prescription costs little.
"""

from __future__ import annotations

import csv
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from formcheck.capture.pose_file import PoseFile, PoseFileWriter, read_written
from formcheck.capture.streams import Filmed, Recorded, Stream, Tally, ahead, open_video
from formcheck.drawing.stills import Stills, encode, pictures, shown_moments
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession, Step
from formcheck.engine.sets import SetSpan, SetSplitter
from formcheck.engine.trace import Trace, TraceKeeper

if TYPE_CHECKING:
    from formcheck.capture.model_store import Progress

__all__ = ["Measured", "Poses", "annotate", "find_poses", "find_sets", "measure"]

#: Called with (frames done, frames in all or None).
Tell = Callable[[int, int | None], None]

# Behind the figure when landmarks are drawn without their picture.
BACKDROP_RGB: Final = (44, 48, 54)


@dataclass(frozen=True, slots=True)
class Poses:
    """The landmarks of a whole recording, on disk.

    source: the recording; a landmark recording is its own landmarks. file: the .npz.
    notes: sentences about the reading itself. interrupted_s: where it was stopped, in
    seconds of the recording; None when all of it was read.
    """

    source: Path
    file: Path
    frame_size: tuple[int, int]
    fps: float | None
    frames: int
    duration_s: float
    model: str
    notes: tuple[str, ...] = ()
    interrupted_s: float | None = None

    @property
    def filmed(self) -> bool:
        """Whether there are pictures."""
        return self.source != self.file

    def __iter__(self) -> Iterator[PoseFrame]:
        # What formcheck has not written itself is read with suspicion.
        return read_written(self.file) if self.filmed else iter(PoseFile(self.file))


@dataclass(frozen=True, slots=True)
class Measured:
    """One set: where it is, its report, and what a plot of it needs."""

    span: SetSpan
    report: SetReport
    trace: Trace


def find_poses(
    source: Path,
    file: Path,
    *,
    model: str = "full",
    splitter: SetSplitter | None = None,
    stop: threading.Event | None = None,
    tell: Tell | None = None,
    model_progress: Progress | None = None,
) -> Poses:
    """Find the landmarks of a whole video and write them to a .npz file.

    A landmark recording (.npz) is only read. splitter: is pushed every pose. stop: ends
    it early when set. Raises what formcheck.recordings.analysis.analyze raises.
    """
    with ExitStack() as stack:
        stream: Stream
        writer = None
        if source.suffix.lower() == ".npz":
            stream, file = Recorded(PoseFile(source)), source
        else:
            stream = stack.enter_context(Filmed(source, model, model_progress))
            writer = stack.enter_context(PoseFileWriter(file))
        count, first_s, at_s, interrupted_s = 0, 0.0, 0.0, None
        for pose, _picture in stream.poses():
            if writer is not None:
                writer.write(pose)
            if splitter is not None:
                splitter.push(pose)
            first_s = first_s if count else pose.time_s
            count, at_s = count + 1, pose.time_s
            if tell is not None:
                tell(count, stream.frame_count)
            if stop is not None and stop.is_set():
                interrupted_s = at_s
                break
        notes = [*stream.warnings]
        if stream.truncated and interrupted_s is None:
            notes.insert(0, stream.truncated)
        return Poses(
            source=source,
            file=file,
            frame_size=stream.frame_size,
            fps=stream.fps,
            frames=count,
            duration_s=at_s - first_s + (1 / stream.fps if stream.fps else 0.0),
            model=stream.model,
            notes=tuple(notes),
            interrupted_s=interrupted_s,
        )


def find_sets(
    poses: Poses,
    exercise: Exercise | None,
    prescription: Prescription | None = None,
    *,
    tell: Tell | None = None,
) -> tuple[SetSpan, ...]:
    """The sets in landmarks found before; exercise None: each is recognised by itself.

    A recording of a named exercise always has one. Raises UnrecognisedError.
    """
    splitter = SetSplitter(None if exercise is None else [exercise], prescription=prescription)
    for count, pose in enumerate(poses, 1):
        splitter.push(pose)
        if tell is not None:
            tell(count, poses.frames)
    return spans_of(splitter, exercise)


def spans_of(splitter: SetSplitter, exercise: Exercise | None) -> tuple[SetSpan, ...]:
    """What the splitter found, or else the whole recording as one set.

    Raises UnrecognisedError when nobody named the exercise and it cannot be told.
    """
    from formcheck.recordings.analysis import UnrecognisedError, recognised

    spans = splitter.spans()
    if spans:
        return spans
    if exercise is not None:
        return (SetSpan(-math.inf, math.inf, exercise.id),)
    recognition = splitter.recognition()
    assert recognition is not None
    if recognition.exercise is None:
        raise UnrecognisedError(recognition)
    return (SetSpan(-math.inf, math.inf, recognition.exercise, recognised(recognition)),)


def measure(
    poses: Poses,
    spans: Sequence[SetSpan],
    *,
    prescription: Prescription | None = None,
    table: IO[str] | None = None,
    tell: Tell | None = None,
) -> tuple[Measured, ...]:
    """Measure every set; all times are the recording's own.

    table: takes one row per frame as CSV: the number of the set (empty between sets),
    exercise, phase, and a column for each signal that any of the sets has.
    """
    rows = None if table is None else _Rows(table, spans)
    done: list[Measured] = []
    count = 0
    for number, part in _Grouped(poses, spans):
        if number is None:
            for pose in part:
                count += 1
                if rows is not None:
                    rows.nothing(pose.time_s)
            continue
        span = spans[number]
        keeper = TraceKeeper(EXERCISES[span.exercise])
        tally = Tally()

        def step(taken: Step, keeper: TraceKeeper = keeper, number: int = number) -> None:
            keeper(taken)
            if rows is not None:
                rows.write(number, taken)

        session = SetSession(span.exercise, prescription=prescription, on_step=step)
        for pose in part:
            count += 1
            tally.add(pose)
            session.push(pose)
            if tell is not None:
                tell(count, poses.frames)
        source = tally.source(poses.source.name, poses.frame_size, poses.fps)
        report = session.finish(source=source, model=poses.model)
        notes = [*report.notes, *poses.notes]
        if len(spans) > 1:
            notes.insert(
                0,
                f"Set {number + 1} of {len(spans)} in this recording, from "
                f"{_clock(tally.first_s)} to {_clock(tally.last_s)}.",
            )
        report = replace(report, recognised=span.recognised, notes=tuple(dict.fromkeys(notes)))
        done.append(Measured(span, report, keeper.trace))
    return tuple(done)


def annotate(
    poses: Poses,
    sets: Sequence[Measured],
    path: Path | None,
    *,
    prescription: Prescription | None = None,
    stop: threading.Event | None = None,
    tell: Tell | None = None,
) -> tuple[dict[str, bytes], ...]:
    """Draw each set's own overlay over its part of the recording, and write it to an mp4.

    path: of the mp4; None: only the pictures are wanted. Returns for every set the
    pictures of its report (see formcheck.drawing.stills). Raises VideoWriteError or SourceError.
    """
    from formcheck.drawing.annotated_video import AnnotatedVideo, output_size

    with ExitStack() as stack:
        film = None
        if path is not None:
            size = output_size(*poses.frame_size)
            film = stack.enter_context(AnnotatedVideo(path, size, fps=poses.fps))
        stills = [_Wanted(one) for one in sets]
        painter = _Painter(film, sets, prescription)
        for count, (pose, picture) in enumerate(_with_pictures(poses, stack), 1):
            number = next((i for i, one in enumerate(sets) if _within(one.span, pose.time_s)), None)
            if number is not None and picture is not None:
                stills[number].look(pose, picture)
            painter.paint(number, pose, picture)
            if tell is not None:
                tell(count, poses.frames)
            if stop is not None and stop.is_set():
                break
        painter.flush()
        return tuple(one.pictures() for one in stills)


# ------------------------------------------------------------------ pieces


def _within(span: SetSpan, time_s: float) -> bool:
    return span.begin_s <= time_s < span.end_s


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class _Grouped:
    """The frames of one set after another, and of what is between them (number None)."""

    def __init__(self, poses: Poses, spans: Sequence[SetSpan]) -> None:
        self._frames = iter(poses)
        self._spans = spans
        self._next: PoseFrame | None = next(self._frames, None)

    def __iter__(self) -> Iterator[tuple[int | None, Iterator[PoseFrame]]]:
        while self._next is not None:
            number = self._number(self._next)
            yield number, self._part(number)

    def _number(self, pose: PoseFrame) -> int | None:
        at = pose.time_s
        return next((i for i, span in enumerate(self._spans) if _within(span, at)), None)

    def _part(self, number: int | None) -> Iterator[PoseFrame]:
        while self._next is not None and self._number(self._next) == number:
            yield self._next
            self._next = next(self._frames, None)


class _Rows:
    """The table of every frame: one for all sets, with the columns of all their exercises."""

    def __init__(self, file: IO[str], spans: Sequence[SetSpan]) -> None:
        from formcheck.engine.rule import columns

        names = (name for span in spans for name in EXERCISES[span.exercise].signals)
        self._names = tuple(dict.fromkeys(c for name in names for c in columns(name)))
        self._spans = spans
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(["time_s", "set", "exercise", "phase", *self._names])

    def write(self, number: int, step: Step) -> None:
        values = (step.values.get(name, math.nan) for name in self._names)
        self._writer.writerow(
            [
                f"{step.time_s:.4f}",
                number + 1,
                self._spans[number].exercise,
                step.phase,
                *("" if math.isnan(v) else f"{v:.4f}" for v in values),
            ]
        )

    def nothing(self, time_s: float) -> None:
        self._writer.writerow([f"{time_s:.4f}", "", "", "", *[""] * len(self._names)])


def _with_pictures(poses: Poses, stack: ExitStack) -> Iterator[tuple[PoseFrame, Any]]:
    if not poses.filmed:
        for pose in poses:
            yield pose, None
        return
    video = stack.enter_context(open_video(poses.source))
    # Where the reading was stopped there are fewer poses than pictures.
    with closing(ahead(video)) as frames:
        for pose, frame in zip(poses, frames, strict=False):
            yield pose, frame.image_rgb


class _Wanted:
    """Keeps the pictures of those moments of a set that its report shows."""

    def __init__(self, measured: Measured) -> None:
        self._report = measured.report
        self._exercise = EXERCISES[measured.report.exercise]
        moments = sorted(at_s for at_s, _, _ in shown_moments(self._report, self._exercise))
        self._moments = deque(moments)
        self._stills = Stills(running=max(2, len(moments) + 1))

    def look(self, pose: PoseFrame, image_rgb: Any) -> None:
        if self._moments and pose.time_s >= self._moments[0]:
            while self._moments and pose.time_s >= self._moments[0]:
                self._moments.popleft()
            self._stills.add(pose.time_s, encode(image_rgb), pose)

    def pictures(self) -> dict[str, bytes]:
        return pictures(self._report, self._exercise, self._stills)


class _Painter:
    """Draws frame by frame; a set's pictures wait until its session has reported them."""

    def __init__(
        self, film: Any, sets: Sequence[Measured], prescription: Prescription | None
    ) -> None:
        self._film = film
        self._sets = sets
        self._prescription = prescription
        self._number: int | None = None
        self._session: SetSession | None = None
        self._overlay: Any = None
        self._waiting: deque[tuple[PoseFrame, Any]] = deque()
        self._first_s: float | None = None

    def paint(self, number: int | None, pose: PoseFrame, image: Any) -> None:
        if self._film is None:
            return
        if number != self._number:
            self.flush()
            self._begin(number)
        picture = self._backdrop(image)
        if self._session is None:
            from formcheck.drawing.overlay import mark_joints

            mark_joints(picture, pose, {})
            self._write(pose, picture)
            return
        self._waiting.append((pose, picture))
        self._session.push(pose)

    def flush(self) -> None:
        """Write what is still waiting."""
        if self._session is not None:
            self._session.finish()
        self._session = None

    def _begin(self, number: int | None) -> None:
        from formcheck.drawing.overlay import Overlay

        self._number = number
        if number is None:
            return
        exercise = EXERCISES[self._sets[number].span.exercise]
        asked = self._prescription
        self._session = SetSession(exercise, prescription=asked, on_step=self._step)
        self._overlay = Overlay(exercise.name, hold_target_s=asked.hold_s if asked else None)

    def _step(self, _step: Step) -> None:
        assert self._session is not None
        pose, picture = self._waiting.popleft()
        self._overlay.draw(picture, pose, self._session.snapshot)
        self._write(pose, picture)

    def _write(self, pose: PoseFrame, picture: Any) -> None:
        if self._first_s is None:
            self._first_s = pose.time_s
        self._film.write(picture, pose.time_s - self._first_s)

    def _backdrop(self, image: Any) -> Any:
        from formcheck.drawing.annotated_video import fit

        if image is None:
            width, height = self._film.size
            return np.full((height, width, 3), BACKDROP_RGB, np.uint8)
        return fit(image, self._film.size)
