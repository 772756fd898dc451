"""The pictures that a browser sends, from JPEG to pixels."""

from __future__ import annotations

import io
import math
import time
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from formcheck.capture.frames import brightness
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.language import _

MAX_SIDE_PX: Final = 1920
MIN_SIDE_PX: Final = 64


class PictureError(ValueError):
    """What came is not a picture that can be looked at; the text says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it came. capture_ms: on the page's clock. received_s: of perf_counter()."""

    seq: int
    capture_ms: float
    jpeg: bytes
    received_s: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture with its pixels and mean luma (0..255), or what was wrong with it."""

    picture: Picture
    image: ImageArray | None
    light: float
    decode_s: float
    problem: str = ""


def decoded(picture: Picture) -> Decoded:
    """The picture's pixels, and how long that took; never raises for what is in it."""
    began_s = time.perf_counter()
    image, light, problem = None, 0.0, ""
    try:
        image, light = decode(picture.jpeg)
    except PictureError as error:
        problem = str(error)
    except Exception:
        # The thread that decodes lives on: without it nobody is coached.
        problem = _("A damaged picture came; it was skipped.")
    return Decoded(picture, image, light, time.perf_counter() - began_s, problem)


def check_jpeg(jpeg: bytes) -> None:
    """Whether its header is that of a JPEG of a size that can be decoded; raises PictureError."""
    try:
        # Only the header: how large it would get is known before it does.
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as header:
            width, height = header.size
    except Image.DecompressionBombError:
        raise PictureError(_("A damaged picture came; it was skipped.")) from None
    except (OSError, ValueError, SyntaxError):
        raise PictureError(_("A picture came that is not a JPEG; it was skipped.")) from None
    if max(width, height) > MAX_SIDE_PX or min(width, height) < MIN_SIDE_PX:
        raise PictureError(
            _(
                "A picture of {width} x {height} pixels came; the sides may be {least} to {most}."
            ).format(width=width, height=height, least=MIN_SIDE_PX, most=MAX_SIDE_PX)
        )


def decode(jpeg: bytes) -> tuple[ImageArray, float]:
    """An RGB picture and its mean luma (0..255) from a JPEG; raises PictureError."""
    check_jpeg(jpeg)
    try:
        bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        raise PictureError(_("A damaged picture came; it was skipped."))
    image = np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return image, brightness(image)


def landmarks(pose: PoseFrame) -> list[list[float | None]] | None:
    """[x, y, visibility] of each, x and y in shares of the picture; None = not to be trusted."""
    if not pose.has_person:
        return None
    places = np.round(pose.landmarks_px[:, :2] / pose.frame_size, 4).tolist()
    seen: list[Any] = np.round(pose.visibility, 2).tolist()
    return [
        [x, y, v] if math.isfinite(x) else [None, None, 0.0]
        for (x, y), v in zip(places, seen, strict=True)
    ]
