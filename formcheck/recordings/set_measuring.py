"""The third step of a recording: each of its sets is measured from the landmarks.

Which exercise a set shows is known only when it is over, and its pictures are too many to
keep: where pictures are wanted, they are decoded a second time and drawn over.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from formcheck.capture.streams import Tally
from formcheck.engine.events import Snapshot
from formcheck.engine.exercise import Prescription
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognizer, look_alikes
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession, Step
from formcheck.engine.set_splitter import SetSpan
from formcheck.engine.trace import Trace, TraceKeeper
from formcheck.language import N_
from formcheck.recordings.frame_table import FrameTable
from formcheck.recordings.orientation import OrientationWatch
from formcheck.recordings.recorded_poses import OnProgress, Poses, frames_of

if TYPE_CHECKING:
    from formcheck.reporting.csv_text import CsvDialect

_NO_MODEL: Final = N_("none (landmark recording)")


@dataclass(frozen=True, slots=True)
class Measured:
    """One set: where it is, its report, what a plot of it needs, and its pictures.

    pictures: as formcheck.drawing.stills.pictures gives them.
    """

    span: SetSpan
    report: SetReport
    trace: Trace
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What comes out of measuring besides reports.

    table: takes one row per frame; numbered, dialect: see FrameTable. film: of an mp4: the
    recording with each set's own overlay. share: of an mp4: its best and its worst rep, see
    SideBySide. stills: whether to keep the reports' pictures. slow: the film goes slowly where a
    fault is worst. skeleton: film and share are without the pictures.
    """

    table: IO[str] | None = None
    numbered: bool = True
    dialect: CsvDialect = "standard"
    film: Path | None = None
    share: Path | None = None
    stills: bool = False
    slow: bool = False
    skeleton: bool = False

    @property
    def drawn(self) -> bool:
        """Whether anything is drawn: the pictures are then needed a second time."""
        return self.film is not None or self.share is not None or self.stills


def measure(  # noqa: PLR0913 - what a caller leaves out, they need not know
    poses: Poses,
    spans: Sequence[SetSpan],
    wanted: Wanted,
    *,
    prescription: Prescription | None = None,
    along: Run | None = None,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Measured, ...]:
    """Measure every set; all times are the recording's own.

    along: all of the recording as one set, measured while the poses were found; it need not be
    measured again where that is the set. stop: ends it early when set. Raises VideoWriteError or
    SourceError.
    """
    # What there is to draw, and when, is known only when a set is over: pictures come after.
    table = None
    if wanted.table is not None:
        numbered, dialect = wanted.numbered, wanted.dialect
        table = FrameTable(wanted.table, spans, numbered=numbered, dialect=dialect)
    watch = _Watch(poses, None if wanted.drawn else on_progress, stop)
    runs: list[Run] = []
    if (
        along is not None
        and table is None
        and (spans, along.frames) == ((along.span,), poses.frames)
    ):
        runs = [along]
    for pose in () if runs else poses:
        number = next((i for i, span in enumerate(spans) if span.holds(pose.time_s)), None)
        if number is not None:
            if not runs or runs[-1].number != number:
                runs.append(Run(spans[number], number, prescription, table))
            runs[-1].push(pose)
        elif table is not None:
            table.between(pose.time_s)
        if watch.ends(pose.time_s):
            poses = poses.interrupted(*watch.so_far)
            if stop is not None:  # what was measured so far is drawn whole
                stop.clear()
            break
    done = tuple(run.finish(poses, len(spans)) for run in runs)
    if not wanted.drawn:
        return done
    return _paint(poses, runs, done, wanted, prescription, _Watch(poses, on_progress, stop))


class _Watch:
    """Tells how far a run over the frames is, and whether it is to end."""

    def __init__(
        self, poses: Poses, on_progress: OnProgress | None, stop: threading.Event | None
    ) -> None:
        self._frames, self._on_progress, self._stop = poses.frames, on_progress, stop
        self._count, self._first_s, self._at_s = 0, math.nan, math.nan

    @property
    def so_far(self) -> tuple[int, float, float]:
        """Frames done, the time of the last and of the first, seconds."""
        return self._count, self._at_s, self._first_s

    def ends(self, time_s: float) -> bool:
        """A frame is done; True = leave."""
        self._count += 1
        self._first_s = time_s if self._count == 1 else self._first_s
        self._at_s = time_s
        if self._on_progress is not None:
            self._on_progress(self._count, self._frames, time_s - self._first_s)
        return self._stop is not None and self._stop.is_set()


def _paint(
    poses: Poses,
    runs: Sequence[Run],
    done: Sequence[Measured],
    wanted: Wanted,
    prescription: Prescription | None,
    watch: _Watch,
) -> tuple[Measured, ...]:
    """Draw the sets over the pictures: the film, and the pictures of their reports."""
    from formcheck.drawing.annotated_video import AnnotatedVideo, output_size
    from formcheck.recordings.painting import Film, Painter, StillPictures
    from formcheck.recordings.side_by_side import SideBySide

    stills = StillPictures(poses.frame_size)
    two = SideBySide(poses.frame_size, skeleton=wanted.skeleton)
    painters: list[Painter] = [stills] if wanted.stills else []
    painters += [two] if wanted.share is not None else []
    notes: tuple[str, ...] = ()
    with ExitStack() as stack:
        if wanted.film is not None:
            size = output_size(*poses.frame_size)
            video = stack.enter_context(AnnotatedVideo(wanted.film, size, fps=poses.fps))
            hold_s = prescription.hold_s if prescription else None
            painters.append(Film(video, hold_s, slow=wanted.slow, skeleton=wanted.skeleton))
        current, moments = -1, iter(tuple[Snapshot]())
        for pose, image in stack.enter_context(closing(frames_of(poses))):
            number = next((i for i, m in enumerate(done) if m.span.holds(pose.time_s)), None)
            if number is not None and number != current:
                current, moments = number, iter(runs[number].moments)
                for painter in painters:
                    painter.begin(
                        done[number].report, done[number].span.exercise, runs[number].moments
                    )
            moment = None if number is None else next(moments, None)
            for painter in painters:
                painter.frame(pose, image, moment)
            if watch.ends(pose.time_s):
                _, at_s, first_s = watch.so_far
                words = N_(
                    "The analysis was interrupted while it was drawn: the pictures end after "
                    "{seconds:.1f} s."
                )
                notes = (words.format(seconds=at_s - first_s),)
                break
    if wanted.share is not None and not two.write(wanted.share):
        notes = (*notes, N_("There is no clip of two reps: fewer than two were counted and seen."))
    # Where it was broken off, the last sets have none.
    pictures = (*stills.of, *({} for _ in done))
    return tuple(
        replace(one, report=replace(one.report, notes=(*one.report.notes, *notes)), pictures=shown)
        for one, shown in zip(done, pictures, strict=False)
    )


class Run:
    """One set while it is measured."""

    def __init__(
        self,
        span: SetSpan,
        number: int,
        prescription: Prescription | None,
        table: FrameTable | None,
    ) -> None:
        self.span, self.number = span, number
        self.moments: list[Snapshot] = []
        self._table = table
        self._tally, self._keeper = Tally(), TraceKeeper(span.exercise)
        self._orientation = OrientationWatch()
        # Who names the exercise may have picked another than is done.
        self._recognizer = None if span.recognised else Recognizer()
        self._session = SetSession(span.exercise, prescription=prescription, on_step=self._step)

    @property
    def frames(self) -> int:
        """How many were pushed."""
        return self._tally.frames

    def push(self, pose: PoseFrame) -> None:
        """Take the set's next frame in."""
        self._tally.add(pose)
        self._orientation.push(pose)
        if self._recognizer is not None:
            self._recognizer.push(pose)
        self._session.push(pose)

    def finish(self, poses: Poses, sets: int) -> Measured:
        """What was measured. sets: how many there are in the recording."""
        tally = self._tally
        source = tally.source(poses.source.name, poses.frame_size, poses.fps)
        report = self._session.finish(source=source)
        report = replace(report, model=report.model or _NO_MODEL)
        # Who did a rep is not upside down.
        turned = "" if report.reps else self._orientation.hint(self._session.exercise)
        looked = None if self._recognizer is None else self._recognizer.result()
        doubt = looked.against(self._session.exercise) if looked is not None else ""
        same = look_alikes(self._session.exercise) if looked is None else ""
        told = [*filter(None, (doubt, turned)), *report.notes, *poses.notes, *filter(None, (same,))]
        if sets > 1:
            told.insert(
                0,
                N_("Set {n} of {of} in this recording, from {begin} to {end}.").format(
                    n=self.number + 1,
                    of=sets,
                    begin=_clock(tally.first_s),
                    end=_clock(tally.last_s),
                ),
            )
        report = replace(report, recognised=self.span.recognised, notes=tuple(dict.fromkeys(told)))
        return Measured(self.span, report, self._keeper.trace)

    def _step(self, step: Step) -> None:
        self._keeper(step)
        self.moments.append(self._session.snapshot)
        if self._table is not None:
            self._table.step(self.number, self._session.exercise.id, step)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
