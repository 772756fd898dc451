"""Pose landmarks: the one form in which a person's pose crosses formcheck.

The 33 landmarks are those of BlazePose, in its order. Left and right are the
subject's own, never the viewer's: nothing is mirrored before it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
#: A picture: (height, width, 3) of red, green, blue.
ImageArray = NDArray[np.uint8]


class Landmark(IntEnum):
    """Index of each BlazePose landmark (source: MediaPipe Pose Landmarker guide)."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


LANDMARK_COUNT = len(Landmark)


#: Where along the trunk its motion is measured: 0 = middle of the hips, 1 = of the shoulders.
TRUNK_BANDS = (0.15, 0.30, 0.45, 0.60)


def _nan_bands() -> FloatArray:
    return np.full(len(TRUNK_BANDS), np.nan)


def _nan_landmarks() -> FloatArray:
    return np.full((LANDMARK_COUNT, 3), np.nan)


#: What is said to be so many pixels or metres away is nowhere.
_FARTHEST = 1e6


def _drop_wild(owner: object, *names: str) -> None:
    """Make NaN, in the arrays of these names, what is infinite or absurdly far away."""
    for name in names:
        values = getattr(owner, name)
        wild = np.abs(values) > _FARTHEST
        if wild.any():
            object.__setattr__(owner, name, np.where(wild, np.nan, values))


@dataclass(frozen=True, slots=True, eq=False)
class TrunkMotion:
    """How far the clothes and skin over the lower trunk have moved in the picture.

    run: number of the stretch in which they were followed without a break. Only moments
        of the same run can be compared.
    moved_px: (4, 2) way since the run began at each of TRUNK_BANDS, x to the right, y
        down, without the camera's own motion; NaN = lost from sight.
    error_px: (4,) standard error of that way; it grows within a run.
    texture: (4,) 0..1, how much of the fine detail seen there is of the clothes: print,
        seams and folds, and not noise or nothing; NaN = lost from sight, or not measured.
    """

    run: int
    moved_px: FloatArray
    error_px: FloatArray
    texture: FloatArray = field(default_factory=_nan_bands)

    def __post_init__(self) -> None:
        _drop_wild(self, "moved_px", "error_px")


@dataclass(frozen=True, slots=True)
class PoseFrame:
    """One person's pose at one moment.

    time_s: seconds since the start of the recording (or of the capture clock).
    landmarks_px: (33, 3) x to the right, y down, in pixels of the upright
        picture; the third column is depth in the same scale, smaller = nearer
        to the camera, the least reliable of the three. NaN = missing.
    visibility: (33,) 0..1; NaN where nobody was seen.
    frame_size: (width, height) of the upright picture in pixels.
    world_m: (33, 3) metres, origin between the hips; all NaN when unknown.
    person_changed: the tracked person is not the one of the frame before.
    people: how many were seen when the whole picture was last looked at, the subject among them;
        live, each of the last three times.
    trunk_motion: of somebody lying on the side, where there were pictures to measure it in.
    model: name and version of the pose model that found it, "" = not known.
    has_person: whether at least one landmark was found.

    Landmarks more than a million pixels or metres away count as missing. Raises ValueError for
    a picture without any pixels.

    >>> landmarks = np.full((LANDMARK_COUNT, 3), np.nan)
    >>> landmarks[Landmark.LEFT_KNEE] = (310.0, 400.0, 0.0)
    >>> PoseFrame(0.0, landmarks, np.ones(LANDMARK_COUNT), (640, 480)).has_person
    True
    """

    time_s: float
    landmarks_px: FloatArray
    visibility: FloatArray
    frame_size: tuple[int, int]
    world_m: FloatArray = field(default_factory=_nan_landmarks)
    person_changed: bool = False
    people: int = 1
    trunk_motion: TrunkMotion | None = None
    model: str = ""
    has_person: bool = field(init=False)

    def __post_init__(self) -> None:
        width, height = self.frame_size
        if not (width >= 1 and height >= 1):
            raise ValueError(f"A pose was found in a picture of {width} x {height} pixels.")
        _drop_wild(self, "landmarks_px", "world_m")
        found = bool(np.isfinite(self.landmarks_px[:, :2]).any())
        object.__setattr__(self, "has_person", found)


def empty_frame(time_s: float, frame_size: tuple[int, int], model: str = "") -> PoseFrame:
    """A frame in which nobody was found."""
    return PoseFrame(
        time_s=time_s,
        landmarks_px=_nan_landmarks(),
        visibility=np.full(LANDMARK_COUNT, np.nan),
        frame_size=frame_size,
        model=model,
    )
