"""A picture to draw on: boxes that keep clear of each other, text in a real font, lines.

All sizes are shares of the picture's own size, so that a 320x240 clip and a 4K one look
the same. Text is drawn through Pillow; the rendered words are kept as small bitmaps,
because the same few words and numbers come back in every frame.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from formcheck.engine.pose import ImageArray

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are outside

# Okabe-Ito colours and greys (RGB).
YELLOW: Final[Colour] = (240, 228, 66)
GREEN: Final[Colour] = (0, 190, 140)
WHITE: Final[Colour] = (255, 255, 255)
SOFT: Final[Colour] = (205, 210, 214)
GREY: Final[Colour] = (78, 82, 88)
DARK: Final[Colour] = (16, 18, 22)

# --------------------------------------------------------------- the canvas


class Canvas:
    """A picture with the unit all sizes are given in, and the boxes already taken."""

    def __init__(self, image: ImageArray) -> None:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError("The overlay draws on an RGB picture: (height, width, 3) of uint8.")
        self.image = image
        self.height, self.width = image.shape[:2]
        # Height rules; a narrow portrait picture must still fit its words.
        self.unit = float(min(self.height, 1.1 * self.width))
        self.margin = self.px(0.022)
        self.floor = self.height - self.margin
        self.taken: list[Box] = []

    def px(self, share: float, least: int = 1) -> int:
        """A share of the unit in whole pixels."""
        return max(least, round(share * self.unit))

    def is_free(self, box: Box) -> bool:
        """Whether the box lies in the picture and overlaps nothing placed before."""
        corners = np.array([box], dtype=float)
        return bool(self.are_free(corners[:, :2], corners[:, 2:])[0])

    def are_free(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        """The same for many boxes at once, given by their corners (n, 2)."""
        edge = np.array([self.width, self.floor], dtype=float)
        inside: NDArray[np.bool_] = np.all((starts >= 0) & (ends <= edge), axis=1)
        if not self.taken:
            return inside
        gap = self.px(0.008)
        taken = np.array(self.taken, dtype=float)
        clear = (ends[:, None] + gap <= taken[:, :2]) | (taken[:, 2:] + gap <= starts[:, None])
        inside &= np.all(np.any(clear, axis=2), axis=1)
        return inside

    def panel(self, box: Box, opacity: float, colour: Colour = DARK, *, take: bool = True) -> None:
        """A translucent box with round corners."""
        left, top, right, bottom = _clip(box, self.width, self.height)
        if right <= left or bottom <= top:
            return
        area = self.image[top:bottom, left:right]
        mask = _round_mask(bottom - top, right - left, self.px(0.02))
        cv2.copyTo(cv2.LUT(area, _mixed(colour, opacity)), mask, area)
        if take:
            self.taken.append(box)

    def text(self, word: Ink, left: float, top: float, colour: Colour) -> None:
        """Put a rendered word with its top left corner at (left, top)."""
        x, y = round(left), round(top)
        box = (x, y, x + word.width, y + word.height)
        x0, y0, x1, y1 = _clip(box, self.width, self.height)
        if x1 <= x0 or y1 <= y0:
            return
        ink, rest = word.inked(colour)
        cut = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        area = self.image[y0:y1, x0:x1]
        kept = cv2.multiply(area, np.ascontiguousarray(rest[cut]), scale=1 / 255)
        area[:] = cv2.add(kept, np.ascontiguousarray(ink[cut]))


@lru_cache(maxsize=64)
def _mixed(colour: Colour, opacity: float) -> ImageArray:
    """What each level of a picture becomes under a translucent colour: (256, 1, 3)."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    share = np.array([*(opacity * level for level in colour), 0.0])
    return np.asarray(cv2.add(cv2.convertScaleAbs(levels, alpha=1 - opacity), share), np.uint8)


@lru_cache(maxsize=64)
def _round_mask(height: int, width: int, radius: int) -> ImageArray:
    mask = np.zeros((height, width), np.uint8)
    r = min(radius, height // 2, width // 2)
    cv2.rectangle(mask, (r, 0), (width - 1 - r, height - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (width - 1, height - 1 - r), 255, -1)
    for x in (r, width - 1 - r):
        for y in (r, height - 1 - r):
            cv2.circle(mask, (x, y), r, 255, -1)
    return mask


# --------------------------------------------------------------------- text


class Ink:
    """A rendered piece of text: how much ink (0..255) each of its pixels gets."""

    def __init__(self, alpha: ImageArray) -> None:
        self.alpha = alpha
        self.height, self.width = alpha.shape
        self._inked: dict[Colour, tuple[ImageArray, ImageArray]] = {}

    def inked(self, colour: Colour) -> tuple[ImageArray, ImageArray]:
        """The text in a colour times its alpha, and what is left of the picture."""
        if colour not in self._inked:
            alpha = self.alpha[:, :, None].astype(np.uint16)
            ink = (alpha * np.array(colour, np.uint16) // 255).astype(np.uint8)
            rest = np.repeat(255 - self.alpha[:, :, None], 3, axis=2)
            self._inked[colour] = ink, np.ascontiguousarray(rest)
        return self._inked[colour]


@lru_cache(maxsize=32)
def _font(size: int, bold: bool) -> Any:
    """DejaVu Sans, which comes with matplotlib, or the font built into Pillow."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


@lru_cache(maxsize=768)
def tight_text(text: str, size: int, *, bold: bool = False) -> Ink:
    """Text rendered tightly: no empty rows or columns around the ink."""
    font = _font(size, bold)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, fill=255)
    return Ink(np.asarray(picture).copy())


@lru_cache(maxsize=768)
def text_line(text: str, size: int, *, bold: bool = False) -> Ink:
    """Text rendered in a full line's height, so that lines share a baseline."""
    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    left, _, right, _ = font.getbbox(text)
    picture = Image.new("L", (max(1, int(right - left)), ascent + descent), 0)
    ImageDraw.Draw(picture).text((-left, 0), text, font=font, fill=255)
    return Ink(np.asarray(picture).copy())


def fitted_line(text: str, size: int, width: int, *, bold: bool = False) -> Ink:
    """One line no wider than width: made smaller first, then cut with an ellipsis."""
    least = max(8, round(size * 0.7))
    while size > least and text_line(text, size, bold=bold).width > width:
        size -= 1
    while len(text) > 1 and text_line(text, size, bold=bold).width > width:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return text_line(text, size, bold=bold)


@lru_cache(maxsize=128)
def wrapped_lines(text: str, size: int, width: int) -> tuple[str, ...]:
    """Words broken into lines no wider than width, the lines about equally long."""
    font = _font(size, True)

    def broken(limit: float) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            if lines and font.getlength(f"{lines[-1]} {word}") <= limit:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    best = broken(width)
    for limit in range(width, width // 3, -max(1, width // 24)):
        tighter = broken(limit)
        if len(tighter) > len(best):
            break
        best = tighter
    return tuple(best)


# --------------------------------------------------------------- primitives

_SHIFT: Final = 3  # sub-pixel bits of OpenCV's drawing: without them limbs tremble
_ONE: Final = 1 << _SHIFT


def _fixed(point: Point) -> tuple[int, int]:
    return round(point[0] * _ONE), round(point[1] * _ONE)


def segment(canvas: Canvas, a: Point, b: Point, colour: Colour, width: int) -> None:
    """A line from a to b."""
    cv2.line(canvas.image, _fixed(a), _fixed(b), colour, width, cv2.LINE_AA, _SHIFT)


def disc(canvas: Canvas, at: Point, radius: int, colour: Colour) -> None:
    """A filled circle."""
    cv2.circle(canvas.image, _fixed(at), radius * _ONE, colour, -1, cv2.LINE_AA, _SHIFT)


def circle(canvas: Canvas, at: Point, radius: int, colour: Colour, width: int) -> None:
    """The rim of a circle."""
    cv2.circle(canvas.image, _fixed(at), radius * _ONE, colour, width, cv2.LINE_AA, _SHIFT)


def ring(
    canvas: Canvas, at: Point, radius: float, colour: Colour, width: int, share: float = 1.0
) -> None:
    """A share (0..1) of a circle, clockwise from the top."""
    angles = -math.pi / 2 + 2 * math.pi * share * np.linspace(0, 1, max(3, int(72 * share)))
    rim = at + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    curve = np.round(rim * 8).astype(np.int32)
    cv2.polylines(canvas.image, [curve], False, colour, width, cv2.LINE_AA, 3)


def dashed(canvas: Canvas, a: Point, b: Point, colour: Colour, width: int) -> None:
    """A broken line from a to b, with a dash at both ends."""
    length = math.dist(a, b)
    dash = max(4.0, 2.6 * width)
    pieces = max(1, round(length / dash)) | 1  # odd: a dash at both ends
    for i in range(0, pieces, 2):
        s, e = i / pieces, (i + 1) / pieces
        start = (a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]))
        end = (a[0] + e * (b[0] - a[0]), a[1] + e * (b[1] - a[1]))
        segment(canvas, start, end, colour, width)


def as_point(point: Iterable[float]) -> Point:
    """An array of two as a point."""
    x, y = point
    return float(x), float(y)


def box_at(x: float, y: float, size: tuple[int, int]) -> Box:
    """The box of this (width, height) around (x, y)."""
    left, top = round(x - size[0] / 2), round(y - size[1] / 2)
    return left, top, left + size[0], top + size[1]


def centred(word: Ink, box: Box) -> Point:
    """Where a text begins that stands in the middle of the box."""
    return (box[0] + box[2] - word.width) / 2, (box[1] + box[3] - word.height) / 2


def _clip(box: Box, width: int, height: int) -> Box:
    left, top, right, bottom = box
    return max(0, left), max(0, top), min(width, right), min(height, bottom)
