"""A recording in three steps that can be taken apart.

    find_poses()  the network looks at every picture once; the landmarks are kept on disk
    find_sets()   which sets of which exercises they show
    measure()     each set is measured from the landmarks; where pictures are wanted, they are
                  decoded a second time and drawn over

Which exercise a set shows is known only when it is over, and its pictures are too many to
keep; the network, which takes the time, runs once. Having the landmarks, another exercise
or prescription costs little.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from formcheck.capture.correction import Correction
from formcheck.capture.pose_file import PoseFile, PoseSpool, write_pose_file
from formcheck.capture.streams import Filmed, Tally, ahead, open_video
from formcheck.engine.events import Snapshot
from formcheck.engine.exercise import Exercise, Prescription, WantedPosture
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.kept_rep import KeptRep
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.recognition import Recognition, Recognizer, look_alikes
from formcheck.engine.report import Recognised, SetReport
from formcheck.engine.session import SetSession, Step
from formcheck.engine.set_splitter import SetSpan, SetSplitter
from formcheck.engine.trace import Trace, TraceKeeper
from formcheck.language import N_
from formcheck.language.told import FormcheckError
from formcheck.recordings.frame_table import FrameTable
from formcheck.recordings.orientation import OrientationWatch

if TYPE_CHECKING:
    from formcheck.capture.models.sources import Progress
    from formcheck.capture.pieces import OnPicture
    from formcheck.reporting.csv_text import CsvDialect

__all__ = [
    "Measured",
    "Poses",
    "Reading",
    "SetFinder",
    "UnrecognisedError",
    "Wanted",
    "find_poses",
    "find_sets",
    "frames_of",
    "measure",
]

#: Called with (frames done, frames in all or None, seconds of the recording done).
OnProgress = Callable[[int, int | None, float], object]

#: How much of a recording that is one set is looked at to recognise the exercise, seconds.
LOOK_S: Final = 60.0
_AS_IT_IS: Final = Correction()
_NO_MODEL: Final = N_("none (landmark recording)")
#: How the notes of a report begin of which not all was looked at.
INTERRUPTED: Final = N_("The analysis was interrupted")


class UnrecognisedError(FormcheckError, ValueError):
    """Which exercise it is could not be told; the text says between which to choose.

    recognition: what was found. poses: the landmarks, where they were found: analyze() takes
    them in place of the recording, with the exercise named.
    """

    def __init__(self, recognition: Recognition, hint: str = "") -> None:
        super().__init__(f"{recognition.reason} {hint}".strip())
        self.recognition = recognition
        self.poses: Poses | None = None


@dataclass(frozen=True, slots=True)
class Poses:
    """The landmarks of a whole recording, on disk for as long as this is kept.

    source: the recording; a landmark recording is its own landmarks. correction: what was put
    right in it. recorded: when it was, None where nobody knows. notes: sentences about the
    reading itself. interrupted_s: where it was stopped, in seconds of the recording; None
    when all of it was read. posture: of the exercise that was looked for, "" = any; crowded:
    whether several people were seen, so that this mattered.
    """

    source: Path
    kept: PoseFile | PoseSpool
    frame_size: tuple[int, int]
    fps: float | None
    frames: int
    duration_s: float
    correction: Correction = _AS_IT_IS
    recorded: datetime | None = None
    notes: tuple[str, ...] = ()
    interrupted_s: float | None = None
    posture: WantedPosture = ""
    crowded: bool = False

    def show(self, exercise: Exercise | None) -> bool:
        """Whether they are of the person who does this exercise; None = any exercise."""
        return not self.crowded or exercise is None or exercise.posture == self.posture

    @property
    def filmed(self) -> bool:
        """Whether there are pictures."""
        return isinstance(self.kept, PoseSpool)

    def __iter__(self) -> Iterator[PoseFrame]:
        until_s = math.inf if self.interrupted_s is None else self.interrupted_s
        poses: Iterable[PoseFrame] = self.kept
        if not self.filmed and self.correction != _AS_IT_IS:
            poses = map(self.correction.pose, self.kept)
        return takewhile(lambda pose: pose.time_s <= until_s, poses)

    def save(self, path: Path) -> None:
        """Write them to a .npz file; raises PoseFileError."""
        if isinstance(self.kept, PoseSpool):
            self.kept.save(path)
        else:
            write_pose_file(path, replace(self, interrupted_s=None))


@dataclass(frozen=True, slots=True)
class Measured:
    """One set: where it is, its report, what a plot of it needs, and its pictures.

    pictures: as formcheck.drawing.stills.pictures gives them.
    """

    span: SetSpan
    report: SetReport
    trace: Trace
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class SetFinder:
    """Tells the sets of a recording from its poses: push() every one, then ask for spans().

    exercise: None = it is recognised. whole: the recording is one set, recognised by its first
    minute; else it is divided at the breaks, and each set is recognised by itself. eager: measures
    meanwhile what most recordings are, one set of the exercise that is named; worth it where this
    process only waits for others, lost where there are more sets or a table is wanted.
    """

    def __init__(
        self,
        exercise: Exercise | None,
        prescription: Prescription | None,
        *,
        whole: bool,
        eager: bool = False,
    ) -> None:
        self._exercise = exercise
        self._splitter = self._recognizer = None
        if not whole:
            only = None if exercise is None else [exercise]
            self._splitter = SetSplitter(only, prescription=prescription)
        elif exercise is None:
            self._recognizer = Recognizer()
        self._first_s: float | None = None
        self._orientation = OrientationWatch()
        self._prescription, self._eager = prescription, eager
        #: The whole recording as one set, where it is measured meanwhile.
        self.along: _Run | None = None

    def others_look(self) -> None:
        """Before the first pose: that other processes find them."""
        if self._eager and self._exercise is not None:
            whole = SetSpan(-math.inf, math.inf, self._exercise)
            self.along = _Run(whole, 0, self._prescription, None)

    @property
    def looks(self) -> bool:
        """Whether it has to see the poses at all."""
        return not (self._splitter is None and self._recognizer is None)

    def push(self, pose: PoseFrame) -> None:
        """Take the next frame in."""
        self._orientation.push(pose)
        if self.along is not None:
            self.along.push(pose)
        if self._splitter is not None:
            self._splitter.push(pose)
        elif self._recognizer is not None:
            self._first_s = pose.time_s if self._first_s is None else self._first_s
            if pose.time_s - self._first_s <= LOOK_S:
                self._recognizer.push(pose)

    def spans(self) -> tuple[SetSpan, ...]:
        """The sets in order of time; of a named exercise there always is one.

        Raises UnrecognisedError when nobody named the exercise and it cannot be told.
        """
        spans = () if self._splitter is None else self._splitter.spans()
        if spans:
            return spans
        if self._exercise is not None:
            return (SetSpan(-math.inf, math.inf, self._exercise),)
        looked = self._splitter.recognition() if self._splitter else None
        found = self._recognizer.result() if self._recognizer else looked
        assert found is not None
        if found.exercise is None:
            raise UnrecognisedError(found, self._orientation.hint())
        others = {name: p for name, p in found.candidates if name != found.exercise}
        exercise, sure = EXERCISES[found.exercise], Recognised(found.probability, others)
        return (SetSpan(-math.inf, math.inf, exercise, sure),)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a recording is read.

    posture: of the exercise, "" where it is not known: the person who is in it is followed.
    on_picture: is shown a pose and its picture about twice a second. model: a variant of the pose
    model, or the path of one; model_progress: called while it is fetched. correction: what to put
    right. folder: where the landmarks are kept, by default that of temporary files. jobs: how many
    processes look at it, None = one for each core.
    """

    model: str = "full"
    correction: Correction = _AS_IT_IS
    folder: Path | None = None
    model_progress: Progress | None = None
    posture: WantedPosture = ""
    on_picture: OnPicture | None = None
    jobs: int | None = None


def find_poses(
    source: Path,
    how: Reading,
    *,
    finder: SetFinder | None = None,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> Poses:
    """Find the landmarks of a whole video; a landmark recording (.npz) is only read.

    finder: is pushed every pose. stop: ends it early when set. Raises SourceError,
    PoseFileError, EstimatorError or ModelUnavailableError.
    """
    stop = stop or threading.Event()
    if source.suffix.lower() == ".npz":
        return _read(source, how.correction, finder, stop)
    spool = PoseSpool(how.folder)
    with Filmed(source, how.model, how.correction, how.model_progress, how.jobs) as stream:
        if finder is not None and stream.in_pieces:
            finder.others_look()
        first_s = at_s = 0.0
        crowded = False
        for pose in stream.poses(how.posture, how.on_picture):
            crowded = crowded or pose.people > 1
            first_s = first_s if spool.frame_count else pose.time_s
            at_s = pose.time_s
            spool.write(pose)
            if finder is not None:
                finder.push(pose)
            if on_progress is not None:
                total = stream.frame_count
                on_progress(min(stream.seen, total or stream.seen), total, at_s - first_s)
            if stop.is_set():
                break
        poses = Poses(
            source,
            spool,
            stream.frame_size,
            stream.fps,
            spool.frame_count,
            at_s - first_s + (1 / stream.fps if stream.fps else 0.0),
            how.correction,
            stream.recorded,
            (*stream.warnings, *how.correction.words),
            posture=how.posture,
            crowded=crowded,
        )
        if stop.is_set():
            return _interrupted(poses, spool.frame_count, at_s, first_s)
        truncated = (stream.truncated,) if stream.truncated else ()
        return replace(poses, notes=(*truncated, *poses.notes))


def _read(
    source: Path, correction: Correction, finder: SetFinder | None, stop: threading.Event
) -> Poses:
    file = PoseFile(source)
    poses = Poses(
        source,
        file,
        correction.size(*file.frame_size),
        None,
        len(file),
        file.duration_s * correction.speed,
        correction,
        notes=correction.words,
    )
    if finder is not None and finder.looks:
        for count, pose in enumerate(poses, 1):
            finder.push(pose)
            if stop.is_set():
                return _interrupted(poses, count, pose.time_s, file.first_s * correction.speed)
    return poses


def _interrupted(poses: Poses, frames: int, at_s: float, first_s: float) -> Poses:
    words = N_("The analysis was interrupted after {seconds:.1f} s; the rest was not looked at.")
    told = words.format(seconds=at_s - first_s)
    return replace(poses, frames=frames, interrupted_s=at_s, notes=(told, *poses.notes))


def find_sets(
    poses: Poses, finder: SetFinder, *, on_progress: OnProgress | None = None
) -> tuple[SetSpan, ...]:
    """The sets in landmarks found before, see SetFinder.spans."""
    for count, pose in enumerate(poses if finder.looks else (), 1):
        finder.push(pose)
        if on_progress is not None:
            on_progress(count, poses.frames, 0.0)
    return finder.spans()


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
    finder: SetFinder | None = None,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Measured, ...]:
    """Measure every set; all times are the recording's own.

    finder: that found the sets; what it measured meanwhile need not be again. stop: ends it early
    when set. Raises VideoWriteError or SourceError.
    """
    # What there is to draw, and when, is known only when a set is over: pictures come after.
    table = None
    if wanted.table is not None:
        numbered, dialect = wanted.numbered, wanted.dialect
        table = FrameTable(wanted.table, spans, numbered=numbered, dialect=dialect)
    watch = _Watch(poses, None if wanted.drawn else on_progress, stop)
    runs: list[_Run] = []
    along = None if finder is None or table is not None else finder.along
    if along is not None and spans == (along.span,) and along.frames == poses.frames:
        runs = [along]
    for pose in () if runs else poses:
        number = next((i for i, span in enumerate(spans) if span.holds(pose.time_s)), None)
        if number is not None:
            if not runs or runs[-1].number != number:
                runs.append(_Run(spans[number], number, prescription, table))
            runs[-1].push(pose)
        elif table is not None:
            table.between(pose.time_s)
        if watch.ends(pose.time_s):
            poses = _interrupted(poses, *watch.so_far)
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
    runs: Sequence[_Run],
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


class _Run:
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
        self._tally.add(pose)
        self._orientation.push(pose)
        if self._recognizer is not None:
            self._recognizer.push(pose)
        self._session.push(pose)

    def finish(self, poses: Poses, sets: int) -> Measured:
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


def frames_of(poses: Poses | KeptRep) -> Generator[tuple[PoseFrame, ImageArray | None]]:
    """Each pose and its picture, None where there are no pictures; to be closed."""
    if isinstance(poses, KeptRep) or not poses.filmed:
        for pose in poses:
            yield pose, None
        return
    # Where the reading was stopped there are fewer poses than pictures.
    with open_video(poses.source, poses.correction) as video, closing(ahead(video)) as frames:
        for pose, frame in zip(poses, frames, strict=False):
            yield pose, frame.image_rgb
