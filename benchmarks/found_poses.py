"""Poses as a page finds and sends them, without a page: for tests and the load.

`PageEyes` looks at pictures as the page does, with the same landmarker in Python; `message`
packs what was found, and `played` the landmarks of a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from formcheck.capture.estimator import load_mediapipe
from formcheck.capture.follower import Look, Turn
from formcheck.capture.frames import Frame
from formcheck.capture.received import PoseReceiver
from formcheck.capture.subject import MAX_PEOPLE, TURN_TRIES
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import FloatArray, ImageArray, PoseFrame, TrunkMotion
from formcheck.web.found_poses import read_pose
from formcheck.web.messages import HEADER, KEPT, MOTION, PICTURED, POSE, POSE_HEADER, UNTRACKED

#: (33, 4) x, y, z in shares of the picture and visibility; (33, 3) metres.
Found = tuple[FloatArray, FloatArray]


def message(  # noqa: PLR0913 - the fields of a message, by keyword
    seq: int,
    capture_ms: float,
    size: tuple[int, int],
    people: Sequence[Found],
    *,
    looked: int = 0,
    tracked: bool = True,
    kept: bool = False,
    motion: TrunkMotion | None = None,
    light: int = 120,
    detect_ms: float = 20.0,
    jpeg: bytes = b"",
) -> bytes:
    """A pose message. tracked: the first of the people is the tracked one."""
    flags = (motion is not None) * MOTION | (not tracked) * UNTRACKED | kept * KEPT
    flags |= bool(jpeg) * PICTURED
    parts = [
        HEADER.pack(POSE, seq, capture_ms),
        POSE_HEADER.pack(*size, len(people), looked, light, flags, detect_ms),
    ]
    for landmarks, world in people:
        parts += [landmarks.astype("<f4").tobytes(), world.astype("<f4").tobytes()]
    if motion is not None:
        bands = np.column_stack([motion.moved_px, motion.error_px, motion.texture])
        parts += [np.uint32(motion.run).tobytes(), bands.astype("<f4").tobytes()]
    return b"".join([*parts, jpeg])


def played(pose: PoseFrame) -> list[Found]:
    """The person of a frame as a page would have found them; empty = nobody.

    What is missing in the frame was not in sight.
    """
    if not pose.has_person:
        return []
    width, height = pose.frame_size
    shares = pose.landmarks_px / (width, height, width)
    seen = np.asarray(np.isfinite(shares).all(axis=1))
    landmarks = np.full((len(seen), 4), (0.5, 0.5, 0.0, 0.0))
    landmarks[seen, :3] = shares[seen]
    landmarks[seen, 3] = np.clip(np.nan_to_num(pose.visibility[seen]), 0, 1)
    return [(landmarks, np.nan_to_num(pose.world_m))]


class PageEyes:
    """Looks at the pictures of one stream as the page does; a context manager."""

    def __init__(self, model: Path) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        self._mp: Any = load_mediapipe()
        self._tracker, self._scout = (
            vision.PoseLandmarker.create_from_options(
                vision.PoseLandmarkerOptions(
                    base_options=BaseOptions(model_asset_path=str(model)),
                    running_mode=vision.RunningMode[mode],
                    num_poses=poses,
                )
            )
            for mode, poses in (("VIDEO", 1), ("IMAGE", MAX_PEOPLE))
        )
        self._last_ms = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._tracker.close()
        self._scout.close()

    def look(
        self, image: ImageArray, time_s: float, wish: Look | Turn | None
    ) -> tuple[list[Found], dict[str, Any]]:
        """What is found with this wish, and what else `message` is to be told of it."""
        if isinstance(wish, Turn):
            shown = wish.shown(image)
            for _ in range(TURN_TRIES):
                found = self._track(shown, time_s)
                if found and _inside(found[0], wish.box / np.tile(image.shape[1::-1], 2)):
                    break
            return found, {"tracked": bool(found)}
        tracked = self._track(image, time_s)
        if wish is None:
            return tracked, {"tracked": bool(tracked)}
        around = _all(self._scout.detect(self._image(wish.shown(image))))
        looked = 2 if wish.hide else 1
        return [*tracked, *around], {"tracked": bool(tracked), "looked": looked}

    def _track(self, image: ImageArray, time_s: float) -> list[Found]:
        self._last_ms = max(round(1000 * time_s), self._last_ms + 1)
        return _all(self._tracker.detect_for_video(self._image(image), self._last_ms))

    def _image(self, image: ImageArray) -> Any:
        return self._mp.Image(
            image_format=self._mp.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )


class PageEstimator:
    """PoseEstimator's way with poses that a page finds: through messages, wishes come late.

    late: so many pictures are looked at before a wish is heard of.
    """

    def __init__(self, model: Path, late: int = 2) -> None:
        self._eyes = PageEyes(model)
        self._receiver = PoseReceiver()
        self._wishes: deque[Look | Turn | None] = deque([None] * late)
        self._seq = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._eyes.__exit__(*error)

    def estimate(self, frame: Frame, posture: WantedPosture = "") -> PoseFrame:
        """The pose in the next picture."""
        image = frame.image_rgb
        found, told = self._eyes.look(image, frame.time_s, self._wishes.popleft())
        self._seq += 1
        size = (image.shape[1], image.shape[0])
        data = message(self._seq, 1000 * frame.time_s, size, found, **told)
        pose, wish = self._receiver.take(read_pose(data).received, frame.time_s, posture)
        self._wishes.append(wish)
        return pose


def _inside(found: Found, box: FloatArray) -> bool:
    """Whether the middle of a pose is in the box, both in shares of the picture."""
    middle = found[0][:, :2].mean(axis=0)
    return bool(np.all(box[:2] < middle) and np.all(middle < box[2:]))


def _all(found: Any) -> list[Found]:
    return [
        (
            np.array([(p.x, p.y, p.z, p.visibility) for p in landmarks]),
            np.array([(p.x, p.y, p.z) for p in world]),
        )
        for landmarks, world in zip(found.pose_landmarks, found.pose_world_landmarks, strict=True)
    ]
