"""The first two steps of a recording: its landmarks, and which sets they show.

    find_poses()  the network looks at every picture once; the landmarks are kept on disk
    find_sets()   which sets of which exercises they show

The network, which takes the time, runs once. Having the landmarks, another exercise costs little.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from formcheck.capture.correction import Correction
from formcheck.capture.pose_file import PoseFile, PoseSpool
from formcheck.capture.streams import Filmed
from formcheck.engine.exercise import Exercise, Prescription, WantedPosture
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognition, Recognizer
from formcheck.engine.report import Recognised
from formcheck.engine.set_splitter import SetSpan, SetSplitter
from formcheck.language.told import FormcheckError
from formcheck.recordings.orientation import OrientationWatch
from formcheck.recordings.recorded_poses import AS_IT_IS, OnProgress, Poses
from formcheck.recordings.set_measuring import Run

if TYPE_CHECKING:
    from formcheck.capture.models.sources import Progress
    from formcheck.capture.pieces import OnPicture

#: How much of a recording that is one set is looked at to recognise the exercise, seconds.
LOOK_S: Final = 60.0


class UnrecognisedError(FormcheckError, ValueError):
    """Which exercise it is could not be told; the text says between which to choose.

    recognition: what was found. poses: the landmarks, where they were found: analyze() takes
    them in place of the recording, with the exercise named.
    """

    def __init__(self, recognition: Recognition, hint: str = "") -> None:
        super().__init__(f"{recognition.reason} {hint}".strip())
        self.recognition = recognition
        self.poses: Poses | None = None


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
        self.along: Run | None = None

    def others_look(self) -> None:
        """Before the first pose: that other processes find them."""
        if self._eager and self._exercise is not None:
            whole = SetSpan(-math.inf, math.inf, self._exercise)
            self.along = Run(whole, 0, self._prescription, None)

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
    correction: Correction = AS_IT_IS
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
            return poses.interrupted(spool.frame_count, at_s, first_s)
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
                return poses.interrupted(count, pose.time_s, file.first_s * correction.speed)
    return poses


def find_sets(
    poses: Poses, finder: SetFinder, *, on_progress: OnProgress | None = None
) -> tuple[SetSpan, ...]:
    """The sets in landmarks found before, see SetFinder.spans."""
    for count, pose in enumerate(poses if finder.looks else (), 1):
        finder.push(pose)
        if on_progress is not None:
            on_progress(count, poses.frames, 0.0)
    return finder.spans()
