"""From a picture to a PoseFrame, with MediaPipe's pose landmarker.

No mediapipe object leaves this module, and mediapipe itself is imported only
when an estimator is made, so that the command line's help stays fast.

mediapipe 1.x sends usage metrics (not pictures) to its maker when it can.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from formcheck.capture.frames import Frame
from formcheck.capture.models.store import ModelFile
from formcheck.capture.trunk_motion import TrunkFollower
from formcheck.engine.pose import LANDMARK_COUNT, FloatArray, ImageArray, PoseFrame, empty_frame

__all__ = ["MIN_VISIBILITY", "EstimatorError", "PoseEstimator", "hide_unseen"]

# The network's own estimate of how likely a landmark is in sight. Feet turned to
# a camera at the head or foot end get 0.4-0.6 and are placed well; a shin behind
# furniture gets under 0.2 and is placed anywhere (both on rendered people).
MIN_VISIBILITY: Final = 0.35
# The network also places landmarks outside the picture. Just beyond the edge
# they are good enough; further out they are invented.
MAX_OUTSIDE: Final = 0.10


class EstimatorError(RuntimeError):
    """The pose landmarker cannot be started or failed; the text says what to do."""


def hide_unseen(
    landmarks_px: FloatArray, visibility: FloatArray, frame_size: tuple[int, int]
) -> FloatArray:
    """Landmarks with those that cannot be trusted set to NaN; the one place that decides it.

    landmarks_px: (..., 33, 3) pixels. visibility: (..., 33). frame_size: (width, height).
    NaN when visibility is below MIN_VISIBILITY or unknown, or when the position is
    more than 10% of the picture's size beyond its edge.
    """
    width, height = frame_size
    x, y = landmarks_px[..., 0], landmarks_px[..., 1]
    seen = (
        (visibility >= MIN_VISIBILITY)
        & (x >= -MAX_OUTSIDE * width)
        & (x <= (1 + MAX_OUTSIDE) * width)
        & (y >= -MAX_OUTSIDE * height)
        & (y <= (1 + MAX_OUTSIDE) * height)
    )
    return np.where(seen[..., None], landmarks_px, np.nan)


class PoseEstimator:
    """Follows one person's pose through the frames of one stream; a context manager.

    model: the bundle, as ensure_model returns it, or its path.
    lock_subject: with several people in the picture, choose the largest and most
        central one and stay with them (the default). False: whoever mediapipe
        picks; a few percent cheaper.

    Make one estimator per stream: it tracks from frame to frame, and times must
    increase. Raises EstimatorError when the model cannot be loaded.

    detect_ms: how long the last few hundred pictures took, milliseconds each.
    """

    def __init__(
        self, model: ModelFile | str | os.PathLike[str], *, lock_subject: bool = True
    ) -> None:
        path = model.path if isinstance(model, ModelFile) else Path(model)
        self._name = model.name if isinstance(model, ModelFile) else path.stem
        if not path.is_file():
            raise EstimatorError(f"The pose model {path} does not exist; check the path.")
        try:
            with _silent_stderr():
                import mediapipe

                self._mp: Any = mediapipe
                self._tracker = self._landmarker(path, "VIDEO", 1)
                # Asking the tracker itself for two people costs 40% more on every
                # frame, because it looks for the second one each time. A separate
                # look around is dear too, but seldom needed.
                self._scout = self._landmarker(path, "IMAGE", _MAX_PEOPLE) if lock_subject else None
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise EstimatorError(
                f"The pose landmarker cannot be started with {path} "
                f"({_one_line(error)}); check that the file is a pose_landmarker "
                ".task bundle and that mediapipe is installed."
            ) from None
        self._lock = _SubjectLock()
        self._trunk = TrunkFollower()
        self._last_ms = -1
        self._warm = False
        self.detect_ms: deque[float] = deque(maxlen=300)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the networks."""
        self._tracker.close()
        if self._scout is not None:
            self._scout.close()

    def estimate(self, frame: Frame) -> PoseFrame:
        """Find the pose in this frame, in pixels of the frame; empty when nobody is seen.

        Also empty, for a short while, when the person followed is out of sight and
        only others can be seen. Frames must come in order. Raises EstimatorError
        when mediapipe fails.
        """
        began_s = time.perf_counter()
        pose = self._look_at(frame)
        self.detect_ms.append(1000 * (time.perf_counter() - began_s))
        return pose

    def _look_at(self, frame: Frame) -> PoseFrame:
        try:
            if self._warm:
                person, changed = self._estimate(frame)
            else:
                # mediapipe chatters until its first picture is through.
                with _silent_stderr():
                    person, changed = self._estimate(frame)
                self._warm = True
        except (RuntimeError, ValueError) as error:
            raise EstimatorError(
                f"The pose landmarker failed at {frame.time_s:.2f} s ({_one_line(error)})."
            ) from None
        height, width = frame.image_rgb.shape[:2]
        size = (width, height)
        if person is None:
            return empty_frame(frame.time_s, size, self._name)
        landmarks_px = hide_unseen(person.landmarks_px, person.visibility, size)
        if changed:
            self._trunk.forget()
        return PoseFrame(
            time_s=frame.time_s,
            landmarks_px=landmarks_px,
            visibility=person.visibility,
            frame_size=size,
            world_m=person.world_m,
            person_changed=changed,
            trunk_motion=self._trunk.follow(frame.image_rgb, landmarks_px, frame.time_s),
            model=self._name,
        )

    def _estimate(self, frame: Frame) -> tuple[_Person | None, bool]:
        image, time_s = frame.image_rgb, frame.time_s
        tracked = self._track(image, time_s)
        if self._scout is None:
            return tracked, False
        doubt = self._lock.doubts(tracked, time_s)
        if tracked is None or doubt is _Doubt.WAIT:
            return None, False
        if doubt is _Doubt.NONE:
            self._lock.follow(tracked, time_s)
            return tracked, False
        people = _distinct([tracked, *self._people(self._scout.detect(self._image(image)), image)])
        chosen, changed = self._lock.decide(people, tracked, time_s, image.shape[1])
        if chosen is None:
            return None, False
        person = tracked if chosen.is_at(tracked) else self._turn_to(chosen, image, time_s)
        self._lock.follow(person, time_s)
        return person, changed

    def _turn_to(self, person: _Person, image: ImageArray, time_s: float) -> _Person:
        """Make the tracker let go of whom it follows and take up this person.

        It cannot be told, but it can be shown a picture with nobody else in it: on
        the first such picture it loses its track, on the next it finds the person.
        """
        alone = _only(person, image)
        for _ in range(_TURN_TRIES):
            tracked = self._track(alone, time_s)
            if tracked is not None and person.is_at(tracked):
                return tracked
        return person

    def _track(self, image: ImageArray, time_s: float) -> _Person | None:
        # mediapipe wants whole, strictly increasing milliseconds.
        self._last_ms = max(round(time_s * 1000), self._last_ms + 1)
        found = self._tracker.detect_for_video(self._image(image), self._last_ms)
        people = self._people(found, image)
        return people[0] if people else None

    def _people(self, found: Any, image: ImageArray) -> list[_Person]:
        height, width = image.shape[:2]
        return [
            _Person.of(landmarks, world, (width, height))
            for landmarks, world in zip(
                found.pose_landmarks, found.pose_world_landmarks, strict=True
            )
        ]

    def _image(self, image_rgb: ImageArray) -> Any:
        return self._mp.Image(
            image_format=self._mp.ImageFormat.SRGB, data=np.ascontiguousarray(image_rgb)
        )

    def _landmarker(self, path: Path, mode: str, poses: int) -> Any:
        from mediapipe.tasks.python import BaseOptions, vision

        return vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(path)),
                running_mode=vision.RunningMode[mode],
                num_poses=poses,
            )
        )


# --- who is the subject -------------------------------------------------------

_MAX_PEOPLE: Final = 4
_TURN_TRIES: Final = 3
_TORSO_M: Final = 0.5  # a unit of length on the body, about hips to shoulders
_TORSO: Final = [11, 12, 23, 24]
_LARGE_JOINTS: Final = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]

# How far one person's torso may be from where it was last seen, in torso lengths:
# a margin for noise, plus a speed. On real squats, deadlifts and step-ups the
# fastest was 2 torso lengths a second. After a longer gap position says little,
# but someone more than 0.75 m away is rather somebody else.
_NOISE_TORSO: Final = 0.6
_SPEED_TORSO_PER_S: Final = 3.0
_FARTHEST_TORSO: Final = 1.5
# How much the apparent size of one person may change from sight to sight. On
# real clips it changed by 9% at most from frame to frame; alone in the picture,
# a person may also lie down or come nearer while out of sight.
_SIZE_RATIO: Final = 1.3
_SIZE_RATIO_ALONE: Final = 2.0
_SIZE_MEMORY_S: Final = 0.5  # someone walking up briskly grows by 25% in this time
_SAME_PLACE_TORSO: Final = 0.5

_LOOK_AGAIN_S: Final = 0.15  # between two looks around while in doubt
_LOST_S: Final = 0.3  # unseen for this long: look around before going on
_PATIENCE_S: Final = 1.5  # wait this long for the subject before taking another
# Whoever sets the camera up may be in the picture before the subject is: for a
# while after locking on, look whether someone much larger has come.
_SETTLE_S: Final = 10.0
_SETTLE_LOOK_S: Final = 2.5
_MUCH_LARGER: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """A pose as mediapipe gave it, nothing hidden yet.

    centre_px: middle of shoulders and hips. torso_px: half a metre on this person,
    in pixels, from the whole pose, so that bending over does not shrink it.
    """

    landmarks_px: FloatArray
    visibility: FloatArray
    world_m: FloatArray
    centre_px: FloatArray
    torso_px: float

    @classmethod
    def of(cls, landmarks: Any, world: Any, size: tuple[int, int]) -> _Person:
        landmarks_px, visibility = _to_pixels(landmarks, size)
        world_m = np.array([(p.x, p.y, p.z) for p in world], dtype=np.float64)
        flat_px, flat_m = landmarks_px[_LARGE_JOINTS, :2], world_m[_LARGE_JOINTS, :2]
        spread_m = float(np.sqrt(flat_m.var(axis=0).sum()))
        spread_px = float(np.sqrt(flat_px.var(axis=0).sum()))
        return cls(
            landmarks_px=landmarks_px,
            visibility=visibility,
            world_m=world_m,
            centre_px=landmarks_px[_TORSO, :2].mean(axis=0),
            torso_px=max(_TORSO_M * spread_px / max(spread_m, 0.05), 1.0),
        )

    def distance(self, other: _Person) -> float:
        """Between the two centres, in torso lengths of self."""
        return float(np.linalg.norm(self.centre_px - other.centre_px)) / self.torso_px

    def size_ratio(self, other: _Person) -> float:
        """How many times larger the larger one is."""
        return max(self.torso_px / other.torso_px, other.torso_px / self.torso_px)

    def is_at(self, other: _Person) -> bool:
        return self.distance(other) < _SAME_PLACE_TORSO and self.size_ratio(other) < _SIZE_RATIO

    def prominence(self, width: float) -> float:
        """Size, less for standing at the side or half hidden."""
        aside = min(abs(self.centre_px[0] / width - 0.5) * 2, 1.0)
        return float(self.torso_px * (1 - 0.5 * aside) * self.visibility[_TORSO].mean())


class _Doubt(Enum):
    """Whether the tracked pose is the subject's."""

    NONE = auto()
    LOOK = auto()
    WAIT = auto()


class _SubjectLock:
    """Decides whose pose is the subject's; knows nothing of pictures or mediapipe."""

    def __init__(self) -> None:
        self._subject: _Person | None = None
        self._seen_s = 0.0
        self._others: list[_Person] = []
        self._locked_s = 0.0
        self._doubt_look_s = -np.inf
        self._settle_look_s = -np.inf
        self._larger_seen = False
        self._is_new = True

    def doubts(self, tracked: _Person | None, time_s: float) -> _Doubt:
        """Whether to look around before believing that `tracked` is the subject."""
        if tracked is None:
            return _Doubt.WAIT
        subject = self._subject
        if subject is None:
            return _Doubt.LOOK
        gap_s = time_s - self._seen_s
        reach = _reach(gap_s) if gap_s < _LOST_S else _SAME_PLACE_TORSO
        if subject.distance(tracked) < reach and subject.size_ratio(tracked) < _SIZE_RATIO:
            settling = time_s - self._locked_s < _SETTLE_S
            return _Doubt.LOOK if settling and time_s >= self._settle_look_s else _Doubt.NONE
        return _Doubt.LOOK if time_s >= self._doubt_look_s else _Doubt.WAIT

    def decide(
        self, people: list[_Person], tracked: _Person, time_s: float, width: float
    ) -> tuple[_Person | None, bool]:
        """Find the subject among the people seen (never empty), and whether it is a new one.

        None while the subject is out of sight and may come back.
        """
        best = max(people, key=lambda person: person.prominence(width))
        if self._subject is None:
            self._take(best, people, time_s)
            return best, False
        same = self._find(people, time_s - self._seen_s)
        if same is None:
            if time_s - self._seen_s < _PATIENCE_S:
                self._doubt_look_s = time_s + _LOOK_AGAIN_S
                return None, False
            self._take(best, people, time_s)
            return best, True
        self._settle_look_s = time_s + _SETTLE_LOOK_S
        if time_s - self._locked_s < _SETTLE_S and best.prominence(
            width
        ) > _MUCH_LARGER * same.prominence(width):
            if self._larger_seen:  # twice in a row: not just walking past
                self._take(best, people, time_s)
                return best, True
            self._larger_seen = True
        else:
            self._larger_seen = False
        self._others = [person for person in people if person is not same]
        return same, False

    def follow(self, person: _Person, time_s: float) -> None:
        """Take this as the subject's pose now."""
        if self._subject is not None and not self._is_new:
            # One sight of a half hidden person must not set the size to go by.
            share = min((time_s - self._seen_s) / _SIZE_MEMORY_S, 0.5)
            size = self._subject.torso_px * (person.torso_px / self._subject.torso_px) ** share
            person = replace(person, torso_px=size)
        self._is_new = False
        self._subject = person
        self._seen_s = time_s

    def _take(self, person: _Person, people: list[_Person], time_s: float) -> None:
        self._others = [other for other in people if other is not person]
        self._locked_s = time_s
        self._settle_look_s = time_s + _SETTLE_LOOK_S
        self._larger_seen = False
        self._is_new = True

    def _find(self, people: list[_Person], gap_s: float) -> _Person | None:
        """Who of the people is the subject, by place and size."""
        subject = self._subject
        assert subject is not None
        # Somebody walking past in front hides the subject: who is alone in the
        # picture but of another size is believed only after a while.
        believed = len(people) == 1 and gap_s >= _PATIENCE_S
        largest = _SIZE_RATIO_ALONE if believed else _SIZE_RATIO
        fitting = [
            person
            for person in people
            if subject.distance(person) < _reach(gap_s)
            and subject.size_ratio(person) < largest
            # Somebody who was there beside the subject is not the subject.
            and not any(
                other.is_at(person) and other.distance(person) < subject.distance(person)
                for other in self._others
            )
        ]
        return min(fitting, key=subject.distance, default=None)


def _reach(gap_s: float) -> float:
    """How far the subject can have got in this time, in torso lengths."""
    if gap_s < _LOST_S:
        return _NOISE_TORSO + _SPEED_TORSO_PER_S * gap_s
    return max(_FARTHEST_TORSO, _NOISE_TORSO + _SPEED_TORSO_PER_S * _LOST_S)


def _distinct(people: list[_Person]) -> list[_Person]:
    """Without second sightings of the same person."""
    kept: list[_Person] = []
    for person in people:
        if not any(person.is_at(other) for other in kept):
            kept.append(person)
    return kept


def _only(person: _Person, image: ImageArray) -> ImageArray:
    """Blank everything in the picture that is not near this person."""
    height, width = image.shape[:2]
    margin = 0.6 * person.torso_px
    left, top = (person.landmarks_px[:, :2].min(axis=0) - margin).astype(int)
    right, bottom = (person.landmarks_px[:, :2].max(axis=0) + margin).astype(int)
    rows = slice(max(top, 0), min(max(bottom, 0), height))
    columns = slice(max(left, 0), min(max(right, 0), width))
    alone = np.full_like(image, 127)
    alone[rows, columns] = image[rows, columns]
    return alone


# --- helpers ------------------------------------------------------------------


def _to_pixels(landmarks: Any, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Raw (33, 3) pixels and (33,) visibility; depth is in the scale of the width."""
    width, height = size
    values = np.array([(p.x, p.y, p.z, p.visibility) for p in landmarks], dtype=np.float64)
    if values.shape != (LANDMARK_COUNT, 4):
        raise ValueError(f"expected {LANDMARK_COUNT} landmarks, got {len(landmarks)}")
    return values[:, :3] * (width, height, width), values[:, 3]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]


_stderr_lock = threading.Lock()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send the process's stderr to nowhere for a moment.

    mediapipe's C++ writes to the file descriptor, past Python; the settings
    meant to quiet it do not reach its first lines.
    """
    with _stderr_lock:
        sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:  # no stderr at all
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
