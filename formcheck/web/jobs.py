"""Analyses of uploaded videos in the background: progress, cancel, results.

A Desk belongs to one tab. It keeps one recording in a folder of its own, works on it in
one thread, and takes everything away when it is closed or gets another recording. All
tabs together never run more than a few analyses at once; the others wait.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal, get_args

from formcheck.capture.correction import Correction
from formcheck.capture.pieces import cores
from formcheck.drawing.annotated_video import fit
from formcheck.drawing.skeleton import mark_joints
from formcheck.drawing.stills import encode
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.recognition import Recognition
from formcheck.engine.set_splitter import SetSpan
from formcheck.language import N_, _, in_this_language
from formcheck.language.told import FormcheckError
from formcheck.recordings.comparison import Shown, share
from formcheck.recordings.recorded_poses import OnProgress, Poses
from formcheck.recordings.set_finding import (
    Reading,
    SetFinder,
    UnrecognisedError,
    find_poses,
    find_sets,
)
from formcheck.recordings.set_measuring import Measured, Wanted, measure
from formcheck.web.media import MEDIA

#: So many analyses run at once.
AT_ONCE: Final = max(1, cores() // 2)
#: Bytes copied at a time.
_CHUNK: Final = 1 << 20
#: How much longer the network takes over a picture than drawing it does, until measured.
_LANDMARKS_TO_VIDEO: Final = 2.5
#: So many seconds of work tell how fast it goes.
_ENOUGH_S: Final = 1.0

_slots = threading.BoundedSemaphore(AT_ONCE)


class Allotment:
    """Shares the cores out to analyses: the first gets all of them, each further one a fair part.

    So there are never twice as many processes as cores, however many analyses run.
    """

    def __init__(self, cores: int, at_once: int) -> None:
        self._cores, self._least = cores, max(1, cores // at_once)
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator[int]:
        """So many processes may look at a recording meanwhile."""
        with self._lock:
            mine = max(self._cores - self._taken, self._least)
            self._taken += mine
        try:
            yield mine
        finally:
            with self._lock:
                self._taken -= mine


_allotment = Allotment(cores(), AT_ONCE)

Busy = Literal["waiting", "model", "landmarks", "sets", "video"]
Stage = Busy | Literal["empty", "done", "choose", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class State:
    """How far the work is.

    fraction: 0..1 of all of it. left_s: seconds, None while it cannot be told. text: what
    went wrong, or which choice is to be made, as a sentence. candidates: exercise ids to
    choose from, likeliest first, in stage "choose".
    """

    stage: Stage = "empty"
    fraction: float = 0.0
    left_s: float | None = None
    text: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether it is being worked on."""
        return self.stage in get_args(Busy)


_CANCELLED: Final = State("cancelled", text=N_("Cancelled."))


@dataclass(frozen=True, slots=True)
class Result:
    """What came out.

    video, table: tokens of the annotated mp4 and the CSV of all frames, for media.url().
    prescription: what the sets were compared with. recorded: when, where the camera told.
    """

    name: str
    sets: tuple[Measured, ...]
    video: str
    table: str
    duration_s: float
    prescription: Prescription | None
    recorded: datetime | None

    @property
    def id(self) -> str:
        """Another one for every analysis."""
        return self.video[:12]


def _safe(name: str) -> str:
    """The name of an uploaded file as one that any disk takes, with its own ending."""
    path = Path(re.sub(r"[^\w .()-]+", "_", name).lstrip(". ") or "recording")
    return f"{path.stem[:80]}{path.suffix[:10]}"


#: While landmarks are found, the newest picture is shown so large.
_PREVIEW_SIDE: Final = 640


class _Cancelled(Exception):
    """The person does not want it any more."""


class Desk:
    """One tab's recording and the work on it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Goes at the latest when the server ends.
        self._home = tempfile.TemporaryDirectory(prefix="formcheck-", ignore_cleanup_errors=True)
        self._folder = Path(self._home.name)
        self._work: _Work | None = None
        self._source: Path | None = None
        self._borrowed = False
        self._closed = False
        self._name = ""

    @property
    def state(self) -> State:
        """How far the work is."""
        work = self._work
        if work is None:
            return State()
        state = work.state
        # The picture at hand is still finished; nobody need wait for that.
        return _CANCELLED if state.busy and work.stop.is_set() else state

    @property
    def result(self) -> Result | None:
        """What came out, once the stage is "done"."""
        work = self._work
        return None if work is None else work.result

    @property
    def preview(self) -> bytes:
        """The newest picture that was looked at, with what was found in it: JPEG, or b""."""
        work = self._work
        return b"" if work is None else work.preview

    def side_by_side(self, left: Shown, right: Shown, *, skeleton: bool) -> str:
        """A clip of two reps in step, see share(): its token. Made once, gone with the result.

        Raises ValueError when there is none, and what share() raises.
        """
        work = self._work
        if work is None or work.result is None:
            raise ValueError(_("There is no result."))
        return work.side_by_side(left, right, skeleton=skeleton)

    def shown(self, number: int, rep: int, whose: str = "") -> Shown:
        """A rep, by its number, of set `number` (from 0) of the result, to be shown beside another.

        Raises ValueError without a result.
        """
        work = self._work
        if work is None or work.result is None or work.poses is None:
            raise ValueError(_("There is no result."))
        one = work.result.sets[number]
        return Shown(one.report.reps[rep - 1], one.span.exercise, work.poses, whose)

    @property
    def name(self) -> str:
        """Of the recording, as the person knows it."""
        return self._name

    def take(self, name: str, file: IO[bytes] | Path) -> None:
        """Put another recording on the desk in place of what is there.

        file: is copied piece by piece; one on this computer's disk is only read.
        Raises OSError when the disk is full.
        """
        self.clear()
        if isinstance(file, Path):
            source, borrowed = file, True
        else:
            source, borrowed = self._folder / _safe(name), False
            try:
                with source.open("wb") as copy:
                    shutil.copyfileobj(file, copy, _CHUNK)
            except OSError:
                source.unlink(missing_ok=True)
                raise
        with self._lock:
            self._source, self._borrowed, self._name = source, borrowed, name

    def start(
        self,
        exercise: Exercise | None,
        prescription: Prescription | None = None,
        *,
        model: str = "full",
    ) -> None:
        """Work on the recording; what was under way is given up.

        exercise: None = each set is recognised. Landmarks that were found before are
        used again, so that a second time takes a fraction of the first.
        """
        self._begin(_Order(exercise, prescription, model))

    def again(self, exercise: Exercise | None = None) -> None:
        """Work on the recording once more, as before; exercise: which one it is after all."""
        work = self._work
        if work is None:
            raise ValueError("There was no work before.")
        self._begin(
            work.order if exercise is None else replace(work.order, exercise=exercise, spans=None)
        )

    def correct(self, number: int, exercise: Exercise) -> None:
        """Measure set `number` (from 0) of the result again, as another exercise."""
        work = self._work
        if work is None or work.result is None:
            raise ValueError("There is no result to be corrected.")
        spans = [one.span for one in work.result.sets]
        if len(spans) == 1:
            # Taken for another exercise, it may have been taken for one set, too.
            self._begin(replace(work.order, exercise=exercise, spans=None))
            return
        spans[number] = replace(spans[number], exercise=exercise, recognised=None)
        self._begin(replace(work.order, exercise=None, spans=spans))

    def compare(self, prescription: Prescription | None) -> None:
        """Measure the sets of the result again, with something else asked for."""
        work = self._work
        if work is None or work.result is None:
            raise ValueError("There is no result to be compared.")
        spans = [one.span for one in work.result.sets]
        self._begin(replace(work.order, exercise=None, prescription=prescription, spans=spans))

    def put_right(self, correction: Correction) -> None:
        """Work on the recording once more, turned, mirrored or at another speed."""
        work = self._work
        if work is None:
            raise ValueError("There was no work before.")
        self._begin(replace(work.order, correction=correction, spans=None))

    @property
    def correction(self) -> Correction:
        """What is put right in the recording."""
        return Correction() if self._work is None else self._work.order.correction

    def cancel(self) -> None:
        """Give up what is under way."""
        work = self._work
        if work is not None:
            work.stop.set()

    def clear(self) -> None:
        """Take the recording and everything made of it off the desk."""
        with self._lock:
            work, self._work = self._work, None
            source, self._source = self._source, None
            borrowed, self._name = self._borrowed, ""
        if work is not None:
            work.discard()
        if source is not None and not borrowed:
            source.unlink(missing_ok=True)

    def close(self) -> None:
        """Clear the desk for good: the tab was closed."""
        self._closed = True
        self.clear()
        self._home.cleanup()

    def _begin(self, order: _Order) -> None:
        with self._lock:
            if self._source is None or self._closed:
                raise ValueError("There is no recording on the desk.")
            before = self._work
            poses = None
            if before is not None and before.order.landmarks == order.landmarks:
                poses = before.poses
            work = self._work = _Work(self._source, self._name, self._folder, order, poses)
        if before is not None:
            before.discard()
        work.thread.start()


@dataclass(frozen=True, slots=True)
class _Order:
    """What is wanted of a recording. exercise, spans: None = they are recognised and found."""

    exercise: Exercise | None
    prescription: Prescription | None
    model: str
    spans: Sequence[SetSpan] | None = None
    correction: Correction = field(default_factory=Correction)

    @property
    def landmarks(self) -> tuple[object, ...]:
        """What the landmarks depend on."""
        return self.model, self.correction


class _Work:
    """One analysis in its own thread."""

    def __init__(
        self, source: Path, name: str, home: Path, order: _Order, poses: Poses | None
    ) -> None:
        self.order, self.poses = order, poses
        self.stop = threading.Event()
        self.state = State("waiting")
        self.result: Result | None = None
        self.preview = b""
        self._clips: dict[tuple[object, ...], str] = {}
        self._source, self._name = source, name
        self._home, self._folder = home, Path(tempfile.mkdtemp(dir=home))
        self._tokens: list[str] = []
        self._began_s = time.monotonic()
        # Shares of the whole: what was done before need not be done again.
        self._landmarks_share = 0.0 if poses else _LANDMARKS_TO_VIDEO / (1 + _LANDMARKS_TO_VIDEO)
        self.thread = threading.Thread(
            target=in_this_language(self._run), name="formcheck-video", daemon=True
        )

    def discard(self) -> None:
        """End it and remove what it wrote."""
        self.stop.set()
        for token in self._tokens:
            MEDIA.remove(token)

        def remove() -> None:
            if self.thread.ident is not None:
                self.thread.join()
            shutil.rmtree(self._folder, ignore_errors=True)

        # It ends within a picture or two; nobody has to wait for that.
        threading.Thread(target=remove, name="formcheck-tidy", daemon=True).start()

    def side_by_side(self, left: Shown, right: Shown, *, skeleton: bool) -> str:
        """See Desk. Made once."""
        key = (left.rep, left.whose, right.rep, right.whose, skeleton)
        if key not in self._clips:
            path = self._folder / f"two-{len(self._clips)}.mp4"
            if not share(left, right, path, skeleton=skeleton):
                raise ValueError(_("These two reps cannot be shown."))
            self._clips[key] = MEDIA.add(path)
            self._tokens.append(self._clips[key])
        return self._clips[key]

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            while not _slots.acquire(timeout=0.2):
                self._check()
            try:
                self._check()
                self._analyse()
            finally:
                _slots.release()
        except _Cancelled:
            self.state = _CANCELLED
        except Exception as error:
            state = _failure(error)
            # Where it was put is nobody's business.
            self.state = replace(state, text=state.text.replace(f"{self._source.parent}/", ""))

    def _analyse(self) -> None:
        exercise = self.order.exercise
        if self.poses is None or not self.poses.show(exercise):
            self.state = State("model")
            with _allotment.share() as jobs:
                found = find_poses(
                    self._source,
                    Reading(
                        model=self.order.model,
                        correction=self.order.correction,
                        folder=self._home,
                        model_progress=lambda *_: self._check(),
                        posture="" if exercise is None else exercise.posture,
                        on_picture=self._show,
                        jobs=jobs,
                    ),
                    stop=self.stop,
                    on_progress=self._stage_progress("landmarks"),
                )
            self._check()
            self.poses = found
        poses = self.poses
        self.state = replace(self.state, stage="sets", fraction=self._landmarks_share, left_s=None)
        finder = SetFinder(exercise, self.order.prescription, whole=False)
        spans = self.order.spans or find_sets(poses, finder, on_progress=lambda *_: self._check())
        video, table = self._folder / "annotated.mp4", self._folder / "frames.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            sets = measure(
                poses,
                spans,
                Wanted(file, film=video, stills=True),
                prescription=self.order.prescription,
                on_progress=self._stage_progress("video"),
            )
        self._check()
        tokens = MEDIA.add(video), MEDIA.add(table)
        self._tokens += tokens
        if self.stop.is_set():  # discarded just now: nobody else would take them back
            self.discard()
            raise _Cancelled
        self.result = Result(
            self._name, sets, *tokens, poses.duration_s, self.order.prescription, poses.recorded
        )
        self.state = State("done", 1.0, 0.0)

    def _show(self, pose: PoseFrame, image: ImageArray) -> None:
        """Now and then, what is found is shown."""
        wide, tall = pose.frame_size
        scale = min(1.0, _PREVIEW_SIDE / max(wide, tall))
        picture = fit(image, (round(wide * scale), round(tall * scale)))
        mark_joints(picture, pose, {})
        self.preview = encode(picture)

    def _check(self) -> None:
        if self.stop.is_set():
            raise _Cancelled

    def _stage_progress(self, stage: Literal["landmarks", "video"]) -> OnProgress:
        share = self._landmarks_share if stage == "landmarks" else 1 - self._landmarks_share
        before = 0.0 if stage == "landmarks" else self._landmarks_share
        began_s = 0.0

        def told(done: int, total: int | None, _seconds: float) -> None:
            nonlocal began_s
            self._check()
            now = time.monotonic()
            # The first picture also loads the network: it tells nothing of the others.
            began_s = began_s or now
            part = min(done / total, 1.0) if total else 0.0
            left_s = None
            if part > 0 and now - began_s >= _ENOUGH_S:
                # Time left of this stage, and of the next one in proportion to its share.
                rest = (1 - part) / part + (1 - before - share) / share / part
                left_s = (now - began_s) * rest
            self.state = State(stage, before + share * part, left_s)

        return told


def _failure(error: Exception) -> State:
    if isinstance(error, UnrecognisedError):
        found: Recognition = error.recognition
        return State("choose", text=str(error), candidates=tuple(n for n, _ in found.candidates))
    if isinstance(error, OSError):
        reason = error.strerror or error
        return State(
            "failed",
            text=N_("A file could not be written or read: {reason}.").format(reason=reason),
        )
    if isinstance(error, FormcheckError):
        return State("failed", text=str(error))
    return State(
        "failed",
        text=N_("The analysis stopped unexpectedly ({error}). Please report this.").format(
            error=f"{type(error).__name__}: {error}"
        ),
    )
