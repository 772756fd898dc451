"""Poses with their pictures from a video file."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from formcheck.capture.correction import Correction
from formcheck.capture.frames import Frame, VideoFile
from formcheck.capture.pieces import Glimpse, OnPicture, Pieces, Sight, cores
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.plain_text import plain_text
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import Source

if TYPE_CHECKING:
    from formcheck.capture.models.sources import Progress
    from formcheck.capture.models.store import ModelFile

__all__ = ["Filmed", "Tally", "ahead", "looking", "open_video"]

#: Larger pictures than this are of no use to anybody, in pixels.
MAX_INPUT_SIDE: Final = 1920
#: The network looks at the person with 256 pixels: half as tall as such a picture they have them.
SEEN_SIDE: Final = 960
#: More pictures a second tell the engine nothing.
MOST_HZ: Final = 30.0
#: A piece shorter than this is not worth a process of its own, seconds.
PIECE_S: Final = 15.0
#: What a pose takes here once it is found, over what finding it takes: while a piece is still
#: looked at, there is time for the poses of the one before it.
_TAKEN_IN: Final = 0.06
#: Pictures are shown so often while the others are looked at, seconds.
SHOWN_EVERY_S: Final = 0.5
# Pictures decoded ahead. Two keep both cores at work, more only take memory.
_AHEAD: Final = 3


class Tally:
    """Counts what passed: the report's source is what was measured, not announced."""

    def __init__(self) -> None:
        self.frames = self.frames_with_pose = 0
        self.first_s = self.last_s = 0.0

    def add(self, pose: PoseFrame) -> None:
        """Take the next frame in."""
        if not self.frames:
            self.first_s = pose.time_s
        self.last_s = pose.time_s
        self.frames += 1
        self.frames_with_pose += pose.has_person

    def source(self, name: str, size: tuple[int, int], nominal_fps: float | None) -> Source:
        """What the report says of the recording."""
        span = self.last_s - self.first_s
        measured = self.frames > 1 and span > 0
        fps = (self.frames - 1) / span if measured else nominal_fps or 0.0
        # The last picture is on for as long as the others on average.
        duration = span + (1.0 / fps if fps else 0.0)
        told = (plain_text(name), *size, fps, duration)
        return Source(*told, self.frames, self.frames_with_pose)


class Filmed:
    """Pictures from a video file, and the poses the network finds in them.

    jobs: how many processes may look at it, None = one for each core; a short one is looked at
    by this process.
    """

    def __init__(
        self,
        path: Path,
        model: str,
        correction: Correction,
        model_progress: Progress | None,
        jobs: int | None = 1,
    ) -> None:
        from formcheck.capture.models.store import named_model

        self._file = file = open_video(path, correction)
        self._close = ExitStack()
        self._close.callback(file.close)
        self.recorded = file.recorded
        self.frame_size = (file.width, file.height)
        self.fps = file.fps
        self.frame_count = file.frame_count
        if self.frame_count is None and file.duration_s and self.fps:
            self.frame_count = round(file.duration_s * self.fps)
        jobs = jobs or cores()
        pieces = max(min(jobs, int((file.duration_s or 0.0) / PIECE_S)), 1)
        self._starts_s = cuts_s(file.duration_s or 0.0, pieces)
        self._pieces: Pieces | None = None
        self._seen = 0
        # The video is opened first: nobody wants to wait for a model to hear of a typo.
        try:
            self._model = named_model(model, model_progress)
            if pieces == 1:
                from formcheck.capture.estimator import PoseEstimator

                self._estimator = self._close.enter_context(PoseEstimator(self._model))
        except BaseException:
            self._close.close()
            raise
        self._correction = correction

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close.close()

    @property
    def in_pieces(self) -> bool:
        """Whether other processes look at it."""
        return len(self._starts_s) > 1

    @property
    def seen(self) -> int:
        """How many pictures were looked at."""
        return self._pieces.found if self._pieces else self._seen

    @property
    def truncated(self) -> str | None:
        """A sentence when the file broke off before its end."""
        return self._file.truncated

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what was repaired."""
        return tuple(self._file.warnings)

    def poses(
        self, posture: WantedPosture = "", on_picture: OnPicture | None = None
    ) -> Iterator[PoseFrame]:
        """Poses in order of time, once; the pictures are decoded ahead in another thread.

        posture: of the exercise, where it is known; see PoseEstimator.estimate. on_picture: is
        shown a pose and its picture, RGB, now and then.
        """
        if not self.in_pieces:
            yield from self._here(posture, on_picture)
            return
        shows = on_picture is not None
        look = looking(self._file.path, self._model, self._correction, posture, shows)
        self._pieces = Pieces(look, self._starts_s, on_picture)
        self._close.callback(self._pieces.close)
        for pose in self._pieces:
            self._seen += 1
            yield pose
        self._file.tell(self._seen, self._pieces.repaired)
        self._file.truncated = self._pieces.truncated

    def _here(self, posture: WantedPosture, on_picture: OnPicture | None) -> Iterator[PoseFrame]:
        self._file.shrink(SEEN_SIDE)
        due = _Due()
        with closing(ahead(self._file)) as frames:
            for frame in frames:
                self._seen += 1
                pose = _enlarged(self._estimator.estimate(frame, posture), self.frame_size)
                if on_picture is not None and due.now():
                    on_picture(pose, frame.image_rgb)
                yield pose


def cuts_s(duration_s: float, pieces: int) -> list[float]:
    """Where the pieces of a recording begin, seconds: each is a little longer than the last."""
    lengths = [(1 + _TAKEN_IN) ** number for number in range(pieces)]
    return [duration_s * sum(lengths[:number]) / sum(lengths) for number in range(pieces)]


class _Due:
    """Tells when there is a picture to be shown again."""

    def __init__(self) -> None:
        self._last_s = -math.inf

    def now(self) -> bool:
        """Whether there is."""
        now_s = time.monotonic()
        due = now_s - self._last_s >= SHOWN_EVERY_S
        if due:
            self._last_s = now_s
        return due


@dataclass(frozen=True, slots=True)
class looking:  # noqa: N801 - a call, that can be pickled
    """Looks at a part of a video in another process, see formcheck.capture.pieces.

    shows: gives a glimpse now and then.
    """

    path: Path
    model: ModelFile
    correction: Correction
    posture: WantedPosture
    shows: bool = False

    def __call__(self, start_s: float) -> Iterator[Sight | Glimpse | str | None]:
        """See Look."""
        from formcheck.capture.estimator import PoseEstimator

        with open_video(self.path, self.correction) as file, PoseEstimator(self.model) as seer:
            file.shrink(SEEN_SIDE)
            size = file.width, file.height
            if start_s:
                file.begin_at(start_s)
            told: Counter[str] = Counter()
            due = _Due()
            with closing(ahead(file)) as frames:
                for frame in frames:
                    repaired = file.repaired.copy()
                    pose = _enlarged(seer.estimate(frame, self.posture), size)
                    yield pose, repaired - told
                    told = repaired
                    if self.shows and due.now():
                        yield Glimpse(pose, frame.image_rgb)
            yield file.truncated


def open_video(path: Path, correction: Correction | None = None) -> VideoFile:
    """The video, in pictures no larger and no more of them than are of use."""
    hz = None if correction is not None and correction.every_frame else MOST_HZ
    return VideoFile(path, max_side=MAX_INPUT_SIDE, correction=correction, most_hz=hz)


def _enlarged(pose: PoseFrame, size: tuple[int, int]) -> PoseFrame:
    """A pose of a small picture as one of the picture in this size."""
    if pose.frame_size == size:
        return pose
    across, down = size[0] / pose.frame_size[0], size[1] / pose.frame_size[1]
    motion = pose.trunk_motion
    if motion is not None:
        moved = motion.moved_px * (across, down)
        motion = replace(motion, moved_px=moved, error_px=motion.error_px * across)
    points = pose.landmarks_px * (across, down, across)
    return replace(pose, landmarks_px=points, frame_size=size, trunk_motion=motion)


def ahead(frames: Iterable[Frame]) -> Generator[Frame]:
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
