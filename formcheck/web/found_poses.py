"""Poses that a browser found and sends, from bytes to people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from formcheck.capture.received import Received
from formcheck.capture.subject import Person
from formcheck.engine.pose import LANDMARK_COUNT, TRUNK_BANDS, FloatArray, TrunkMotion
from formcheck.language import _
from formcheck.web.messages import (
    HEADER,
    HEAVY,
    KEPT,
    LITE,
    MOST_PEOPLE,
    MOTION,
    MOTION_BYTES,
    PERSON_BYTES,
    PICTURED,
    POSE_HEADER,
    UNTRACKED,
)
from formcheck.web.pictures import MAX_SIDE_PX, MIN_SIDE_PX, PictureError, check_jpeg

_PERSON: Final = np.dtype(
    [("landmarks", "<f4", (LANDMARK_COUNT, 4)), ("world", "<f4", (LANDMARK_COUNT, 3))]
)
_MOTION: Final = np.dtype([("run", "<u4"), ("bands", "<f4", (len(TRUNK_BANDS), 4))])
assert (_PERSON.itemsize, _MOTION.itemsize) == (PERSON_BYTES, MOTION_BYTES)
# What reports call the model.
_NAME: Final = "{}-web"
#: No landmark is so many pictures or metres away.
_FARTHEST: Final = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class PoseMessage:
    """What was found in one picture.

    light: mean luma, 0..255. kept: see KEPT. jpeg: the picture for the report, b"" = none.
    """

    seq: int
    capture_ms: float
    received: Received
    light: float
    detect_ms: float
    kept: bool
    jpeg: bytes


def read_pose(data: bytes) -> PoseMessage:
    """A pose message; raises PictureError where it is not one."""
    damaged = PictureError(_("A damaged message with a pose came; it was skipped."))
    place = HEADER.size + POSE_HEADER.size
    if len(data) < place:
        raise damaged
    _kind, seq, capture_ms = HEADER.unpack_from(data)
    width, height, count, looked, light, flags, detect_ms = POSE_HEADER.unpack_from(
        data, HEADER.size
    )
    size = place + count * PERSON_BYTES + (MOTION_BYTES if flags & MOTION else 0)
    sides = min(width, height) >= MIN_SIDE_PX and max(width, height) <= MAX_SIDE_PX
    whole = len(data) == size or (flags & PICTURED and len(data) > size)
    if not sides or count > MOST_PEOPLE or not whole or looked > 2:
        raise damaged
    if jpeg := data[size:]:
        check_jpeg(jpeg)
    found = np.frombuffer(data, _PERSON, count, place)
    landmarks, world = found["landmarks"].astype(np.float64), found["world"].astype(np.float64)
    visibility = landmarks[..., 3]
    near = (np.abs(landmarks) <= _FARTHEST).all() and (np.abs(world) <= _FARTHEST).all()
    # Not a number is not near either.
    if not (near and (visibility >= 0).all() and (visibility <= 1).all()):
        raise damaged
    people = [Person.of(*one, (width, height)) for one in zip(landmarks, world, strict=True)]
    tracked = None if flags & UNTRACKED or not people else people.pop(0)
    model = "lite" if flags & LITE else "heavy" if flags & HEAVY else "full"
    motion = None
    if flags & MOTION:
        motion = _motion(np.frombuffer(data, _MOTION, 1, size - MOTION_BYTES)[0])
    return PoseMessage(
        seq=seq,
        capture_ms=capture_ms,
        received=Received(
            (width, height),
            tracked,
            people if looked else None,
            looked == 2,
            motion,
            _NAME.format(model),
        ),
        light=float(light),
        detect_ms=detect_ms if math.isfinite(detect_ms) else 0.0,
        kept=bool(flags & KEPT),
        jpeg=jpeg,
    )


def _motion(given: np.void) -> TrunkMotion:
    bands: FloatArray = given["bands"].astype(np.float64)
    error, texture = bands[:, 2], bands[:, 3]
    lost = ~np.isfinite(bands[:, :3]).all(axis=1) | (error < 0)
    bands = np.where(lost[:, None], np.nan, bands)
    return TrunkMotion(
        run=int(given["run"]),
        moved_px=bands[:, :2],
        error_px=bands[:, 2],
        texture=np.where((texture >= 0) & (texture <= 1), texture, np.nan),
    )
