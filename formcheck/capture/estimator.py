"""From a picture to a PoseFrame, with MediaPipe's pose landmarker.

No mediapipe object leaves this module, and mediapipe itself is imported only
when an estimator is made, so that the command line's help stays fast.

mediapipe 1.x sends usage metrics (not pictures) to its maker when it can.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np

from formcheck.capture.follower import Choice, Follower, Look, Turn
from formcheck.capture.frames import Frame
from formcheck.capture.models.store import ModelFile
from formcheck.capture.silence import silent_stderr
from formcheck.capture.subject import MAX_PEOPLE, TURN_TRIES, Person
from formcheck.capture.trunk_motion import TrunkFollower
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.language import N_
from formcheck.language.told import FormcheckError

# mediapipe can plot and record sound, which nobody here has it do: the modules for that take more
# time to load than all the rest of mediapipe.
_UNUSED = ("matplotlib", "matplotlib.pyplot", "sounddevice")


def load_mediapipe() -> Any:
    """mediapipe with the tasks for pictures, once. Raises ImportError."""
    absent = [] if "mediapipe" in sys.modules else [n for n in _UNUSED if n not in sys.modules]
    sys.modules.update({name: _stand_in(name) for name in absent})
    try:
        import mediapipe.tasks.python.vision
    finally:
        # Who does plot gets the real one.
        for name in absent:
            sys.modules.pop(name, None)
    return mediapipe


def _stand_in(name: str) -> ModuleType:
    """An empty module, of which others can tell meanwhile where the real one lies."""
    module = ModuleType(name)
    if "." not in name:
        module.__spec__ = importlib.util.find_spec(name)
    return module


class EstimatorError(FormcheckError, RuntimeError):
    """The pose landmarker cannot be started or failed; the text says what to do."""


class PoseEstimator:
    """Follows one person's pose through the frames of one stream; a context manager.

    model: the bundle, as ensure_model returns it, or its path.
    lock_subject: with several people in the picture, choose the one who is in the exercise's
        posture, of those the largest and most central one, and stay with them (the default).
        False: whoever mediapipe picks; a few percent cheaper.
    watchful: look around every few seconds, so that PoseFrame.people tells of somebody who joins
        and changes nothing else, too; for live coaching.

    Make one estimator per stream: it tracks from frame to frame, and times must
    increase. Raises EstimatorError when the model cannot be loaded.

    detect_ms: how long the last few hundred pictures took, milliseconds each.
    """

    def __init__(
        self,
        model: ModelFile | str | os.PathLike[str],
        *,
        lock_subject: bool = True,
        watchful: bool = False,
    ) -> None:
        path = model.path if isinstance(model, ModelFile) else Path(model)
        self._name = model.name if isinstance(model, ModelFile) else path.stem
        if not path.is_file():
            raise EstimatorError(
                N_("The pose model {path} does not exist; check the path.").format(path=path)
            )
        try:
            with silent_stderr():
                self._mp: Any = load_mediapipe()
                self._tracker = self._landmarker(path, "VIDEO", 1)
                # Asking the tracker itself for two people costs 40% more on every
                # frame, because it looks for the second one each time. A separate
                # look around is dear too, but seldom needed.
                self._scout = self._landmarker(path, "IMAGE", MAX_PEOPLE) if lock_subject else None
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise EstimatorError(
                N_(
                    "The pose landmarker cannot be started with {path} ({why}); check that the "
                    "file is a pose_landmarker .task bundle and that mediapipe is installed."
                ).format(path=path, why=_one_line(error))
            ) from None
        self._follower = Follower(watchful=watchful)
        self._trunk = TrunkFollower()
        self._last_ms = -1
        self._warm = False
        self.detect_ms: deque[float] = deque(maxlen=300)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the networks."""
        with silent_stderr():
            self._tracker.close()
            if self._scout is not None:
                self._scout.close()

    def estimate(self, frame: Frame, posture: WantedPosture = "") -> PoseFrame:
        """Find the pose in this frame, in pixels of the frame; empty when nobody is seen.

        posture: in which the exercise is done (Exercise.posture), "" where that is not known.
        Also empty, for a short while, when the person followed is out of sight and
        only others can be seen. Frames must come in order. Raises EstimatorError
        when mediapipe fails.
        """
        self._follower.expect(posture)
        began_s = time.perf_counter()
        pose = self._look_at(frame)
        self.detect_ms.append(1000 * (time.perf_counter() - began_s))
        return pose

    def _look_at(self, frame: Frame) -> PoseFrame:
        try:
            if self._warm:
                choice = self._choose(frame)
            else:
                # mediapipe chatters until its first picture is through.
                with silent_stderr():
                    choice = self._choose(frame)
                self._warm = True
        except (RuntimeError, ValueError) as error:
            raise EstimatorError(
                N_("The pose landmarker failed at {time_s:.2f} s ({why}).").format(
                    time_s=frame.time_s, why=_one_line(error)
                )
            ) from None
        size = _size(frame.image_rgb)
        pose = self._follower.frame(choice, frame.time_s, size, self._name)
        if choice.person is None:
            return pose
        if choice.changed:
            self._trunk.forget()
        motion = self._trunk.follow(frame.image_rgb, pose.landmarks_px, frame.time_s)
        return pose if motion is None else replace(pose, trunk_motion=motion)

    def _choose(self, frame: Frame) -> Choice:
        image, time_s = frame.image_rgb, frame.time_s
        tracked = self._track(image, time_s)
        if self._scout is None:
            return Choice(tracked)
        width = image.shape[1]
        choice = self._follower.step(tracked, time_s, width)
        while isinstance(choice.wish, Look):
            look = choice.wish
            found = self._people(self._scout.detect(self._image(look.shown(image))), image)
            choice = self._follower.step(tracked, time_s, width, found, hidden=bool(look.hide))
        if choice.person is None or choice.wish is None:
            return choice
        person = self._turned(choice.person, choice.wish, frame)
        self._follower.follow(person, time_s)
        return Choice(person, choice.changed)

    def _turned(self, person: Person, turn: Turn, frame: Frame) -> Person:
        """Make the tracker let go of whom it follows and take up this person."""
        alone = turn.shown(frame.image_rgb)
        for _ in range(TURN_TRIES):
            tracked = self._track(alone, frame.time_s)
            if tracked is not None and person.is_at(tracked):
                return tracked
        return person

    def _track(self, image: ImageArray, time_s: float) -> Person | None:
        # mediapipe wants whole, strictly increasing milliseconds.
        self._last_ms = max(round(time_s * 1000), self._last_ms + 1)
        found = self._tracker.detect_for_video(self._image(image), self._last_ms)
        people = self._people(found, image)
        return people[0] if people else None

    def _people(self, found: Any, image: ImageArray) -> list[Person]:
        return [
            Person.of(
                np.array([(p.x, p.y, p.z, p.visibility) for p in landmarks], dtype=np.float64),
                np.array([(p.x, p.y, p.z) for p in world], dtype=np.float64),
                _size(image),
            )
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


# --- helpers ------------------------------------------------------------------


def _size(image: ImageArray) -> tuple[int, int]:
    height, width = image.shape[:2]
    return width, height


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
