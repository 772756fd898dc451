"""A film for Chromium's fake camera, made of a sample clip.

Chromium plays an .mjpeg file at 30 pictures a second in place of a webcam
(`--use-file-for-fake-video-capture`), and begins again at its end. A person needs
some seconds to get into position, which the clips leave out: here they rest before
the set and after it, forwards and backwards through the clip's own moments of rest,
so that the noise of the camera goes on.

A bar code in the top rows can carry the number of each picture. Read from a
picture that the page sent or showed, it says when the camera made it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_videos"

#: What Chromium takes an .mjpeg file's rate for.
FPS = 30
SIZE = (640, 480)
#: The bar code: 16 bits from the left, most significant first, white = 1.
BARS = 16
BAR_ROWS = 16

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FakeCamera:
    """A film to give to Chromium, and the truth of what it shows.

    path: the .mjpeg file. length_s: after which it begins again.
    set_starts_s: when the sample clip itself begins; times in `truth` (the
    clip's truth file) are counted from there.
    """

    path: Path
    length_s: float
    set_starts_s: float
    truth: dict[str, Any]

    @property
    def reps(self) -> list[dict[str, Any]]:
        """The true repetitions, as in the truth file."""
        return [rep for rep in self.truth["reps"] if rep["kind"] == "rep"]

    @property
    def rep_ends_s(self) -> list[float]:
        """When each true repetition is over, in seconds of the film."""
        return [self.set_starts_s + rep["end_s"] for rep in self.reps]


def _clip(name: str) -> tuple[list[Picture], float]:
    capture = cv2.VideoCapture(str(SAMPLES / f"{name}.mp4"))
    fps = capture.get(cv2.CAP_PROP_FPS)
    pictures: list[Picture] = []
    while True:
        there, picture = capture.read()
        if not there:
            break
        pictures.append(_fitted(picture))  # type: ignore[arg-type]
    capture.release()
    return pictures, fps


def _fitted(picture: Picture) -> Picture:
    """The whole picture within SIZE, grey bars where its shape differs."""
    height, width = picture.shape[:2]
    if (width, height) == SIZE:
        return picture
    scale = min(SIZE[0] / width, SIZE[1] / height)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((SIZE[1], SIZE[0], 3), 96, np.uint8)
    top = (SIZE[1] - small.shape[0]) // 2
    left = (SIZE[0] - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def _to_and_fro(first: int, last: int, count: int) -> Iterator[int]:
    """`count` indices of first..last-1, back and forth, ending at `first`'s side."""
    there = list(range(first, last))
    loop = there + there[-2:0:-1]
    yield from (loop[k % len(loop)] for k in range(count))


def with_bars(picture: Picture, number: int) -> Picture:
    """A copy with the number in its top rows."""
    picture = picture.copy()
    width = picture.shape[1] // BARS
    for bit in range(BARS):
        white = number >> (BARS - 1 - bit) & 1
        picture[:BAR_ROWS, bit * width : (bit + 1) * width] = 235 if white else 16
    return picture


@dataclass(frozen=True, slots=True)
class Part:
    """A sample clip as part of a film: rest before it and after it, in seconds.

    reps: only so many of its repetitions; None = all.
    """

    name: str
    lead_in_s: float = 16.0
    tail_s: float = 30.0
    reps: int | None = None


def _film(part: Part) -> tuple[list[Picture], float, dict[str, Any]]:
    """The part's pictures at FPS, when the clip itself begins, and its truth."""
    pictures, fps = _clip(part.name)
    truth = json.loads((SAMPLES / f"{part.name}.json").read_text(encoding="utf-8"))
    # Clear of the movement on either side: the truth's start is a tenth of the way.
    still = max(2, int((truth["reps"][0]["start_s"] - 0.6) * fps))
    rest = min(len(pictures) - 2, int((truth["reps"][-1]["end_s"] + 0.6) * fps))
    over = rest
    if part.reps is not None:
        truth["reps"] = truth["reps"][: part.reps]
        over = min(rest, int((truth["reps"][-1]["end_s"] + 0.6) * fps))
    # Back and forth, ending where the clip begins.
    before = list(_to_and_fro(0, still, round(part.lead_in_s * fps)))[::-1]
    after = _to_and_fro(rest, len(pictures), round(part.tail_s * fps))
    order = [*before, *range(over), *after]
    count = round(len(order) / fps * FPS)
    shown = [order[min(int(number / FPS * fps), len(order) - 1)] for number in range(count)]
    return [pictures[index] for index in shown], len(before) / fps, truth


def make(
    name: str,
    target: Path,
    *,
    lead_in_s: float = 16.0,
    tail_s: float = 30.0,
    bars: bool = False,
    quality: int = 85,
) -> FakeCamera:
    """Write the film of a sample clip.

    name: of a clip in sample_videos. lead_in_s, tail_s: rest before and after.
    bars: whether the bar code is put in.
    """
    pictures, starts_s, truth = _film(Part(name, lead_in_s, tail_s))
    _write(pictures, target, bars=bars, quality=quality)
    return FakeCamera(target, len(pictures) / FPS, starts_s, truth)


def join(parts: Sequence[Part], target: Path, *, quality: int = 85) -> FakeCamera:
    """Write one film of several clips, one after the other; its truth is the first one's."""
    films = [_film(part) for part in parts]
    pictures = [picture for film, _, _ in films for picture in film]
    _write(pictures, target, bars=False, quality=quality)
    _, starts_s, truth = films[0]
    return FakeCamera(target, len(pictures) / FPS, starts_s, truth)


def _write(pictures: Sequence[Picture], target: Path, *, bars: bool, quality: int) -> None:
    with target.open("wb") as file:
        for number, picture in enumerate(pictures):
            shown = with_bars(picture, number) if bars else picture
            done, jpeg = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
            assert done
            file.write(jpeg.tobytes())
