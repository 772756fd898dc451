"""Write pictures with their times to an mp4 that plays in a browser.

H.264 in yuv420p with the index at the front (faststart). Each picture keeps its
own time, so a phone's varying frame rate stays what it was. The file grows under
a temporary name beside its target and takes the target's place only when it is
whole; when the run is interrupted, what was written so far becomes that file.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Self, cast

import numpy as np

from formcheck.capture.files import at_home, replacing
from formcheck.capture.pieces import cores
from formcheck.engine.pose import ImageArray
from formcheck.language import N_
from formcheck.language.told import FormcheckError

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

MAX_SIDE: Final = 1280
# Divides by every common frame rate, and is fine enough for any other.
_CLOCK_HZ: Final = 90_000
# A constant quality at which the drawn text stays crisp.
_CRF: Final = 21
#: So many pictures may wait to be encoded.
_AHEAD: Final = 8
#: More threads than this gain the encoder little.
_MOST_THREADS: Final = 4
#: Luma and chroma of BT.709 in limited range, from red, green, blue and 1; each 0 to 255.
_YUV: Final = np.array(
    [
        [0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0],
        [-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255, 128.0],
        [0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0],
    ],
    np.float32,
)


class VideoWriteError(FormcheckError):
    """The video cannot be written; the text says what, where and why."""


def output_size(width: int, height: int) -> tuple[int, int]:
    """Size of the annotated video for pictures of this size.

    No side is longer than MAX_SIDE, the shape is kept, both sides are even
    (yuv420p stores one colour for two by two pixels).
    """
    scale = min(1.0, MAX_SIDE / max(width, height))
    wide, tall = round(width * scale), round(height * scale)
    return max(2, wide - wide % 2), max(2, tall - tall % 2)


def fit(image_rgb: ImageArray, size: tuple[int, int]) -> ImageArray:
    """A copy of the picture in this size: scaled, or cropped where one pixel is over."""
    import cv2

    width, height = size
    tall, wide = image_rgb.shape[:2]
    if 0 <= wide - width <= 1 and 0 <= tall - height <= 1:
        return np.ascontiguousarray(image_rgb[:height, :width]).copy()
    shrinks = width * height < wide * tall
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(np.ascontiguousarray(image_rgb), size, interpolation=way), dtype=np.uint8
    )


def _coloured(image_rgb: ImageArray) -> VideoFrame:
    """A picture as the encoder takes it, yuv420p of BT.709.

    PyAV's own way over a frame of RGB takes six times as long.
    """
    import av
    import cv2

    tall, wide = image_rgb.shape[:2]
    frame = av.VideoFrame(wide, tall, "yuv420p")
    full = cv2.transform(image_rgb, _YUV)
    # One colour for two by two pixels.
    half = cv2.resize(full, (wide // 2, tall // 2), interpolation=cv2.INTER_AREA)
    for number, (plane, source) in enumerate(zip(frame.planes, (full, half, half), strict=True)):
        # Rows may be padded.
        rows = np.frombuffer(cast(Any, plane), np.uint8).reshape(-1, plane.line_size)
        cv2.extractChannel(source, number, rows[: plane.height, : plane.width])
    return frame


class AnnotatedVideo:
    """Writes pictures to an mp4 one by one; a context manager.

    path: of the mp4. size: (width, height) of every picture, both even (see
    output_size). fps: a hint for the encoder; it is not the clock.

    Pictures are encoded in a thread of its own, while the next ones are drawn. Raises
    VideoWriteError when the file cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, int], *, fps: float | None = None
    ) -> None:
        import av

        self.path = at_home(path)
        self.size = size
        self.frame_count = 0
        self._last_tick = -1
        self._gap = round(_CLOCK_HZ / (fps or 30.0))
        self._closed = False
        self._coder = ThreadPoolExecutor(1, "formcheck-encode")
        self._coding: deque[Future[None]] = deque()
        if size[0] % 2 or size[1] % 2 or min(size) < 2:
            raise ValueError(f"The video's sides must be even, not {size[0]}x{size[1]}.")
        self._place = contextlib.ExitStack()
        try:
            self._made = self._place.enter_context(replacing(self.path))
        except OSError as error:
            raise self._cannot(error) from None
        try:
            options = {"movflags": "+faststart"}
            self._container = av.open(str(self._made), "w", format="mp4", options=options)
            rate = Fraction(fps or 30.0).limit_denominator(1001)
            self._stream: Any = self._container.add_stream(
                "libx264",
                rate=max(rate, Fraction(1)),
                options={
                    "crf": str(_CRF),
                    "preset": "veryfast",
                    "bf": "0",
                    # One core decodes and draws meanwhile.
                    "threads": str(min(max(cores() - 1, 1), _MOST_THREADS)),
                },
            )
            self._stream.width, self._stream.height = size
            self._stream.pix_fmt = "yuv420p"
            self._stream.time_base = Fraction(1, _CLOCK_HZ)
            context = self._stream.codec_context
            context.time_base = Fraction(1, _CLOCK_HZ)
            # Say which colours these are, or each player guesses another way.
            context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
            context.color_range = 1  # limited
        except (av.error.FFmpegError, OSError, ValueError) as error:
            self._give_up()
            raise VideoWriteError(
                N_(
                    "{path} cannot be written as H.264 video ({why}); run 'formcheck doctor' to "
                    "see which codecs there are."
                ).format(path=self.path, why=error)
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None:
            self.close()
            return
        # Keep what there is, but let the first error be the one that is told.
        with contextlib.suppress(VideoWriteError):
            self.close()

    def write(self, image_rgb: ImageArray, time_s: float) -> None:
        """Append a picture shown from time_s on; times must increase.

        It must not be drawn on afterwards: it is encoded later, and not copied before.
        """
        if image_rgb.shape[:2] != (self.size[1], self.size[0]):
            raise ValueError(
                f"The picture is {image_rgb.shape[1]}x{image_rgb.shape[0]}, "
                f"the video {self.size[0]}x{self.size[1]}."
            )
        tick = max(round(time_s * _CLOCK_HZ), self._last_tick + 1)
        if self.frame_count:
            self._gap = tick - self._last_tick
        self._last_tick = tick
        self._wait(_AHEAD - 1)
        self._coding.append(self._coder.submit(self._code, image_rgb, tick, self._gap))
        self.frame_count += 1

    def _code(self, image_rgb: ImageArray, tick: int, lasts: int) -> None:
        """Encode a picture, while the next one is drawn."""
        frame = _coloured(image_rgb)
        frame.pts = tick
        frame.time_base = Fraction(1, _CLOCK_HZ)
        frame.duration = lasts
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def _wait(self, left: int) -> None:
        """Until no more than so many pictures wait to be encoded."""
        import av

        try:
            while len(self._coding) > left:
                self._coding.popleft().result()
        except (av.error.FFmpegError, OSError) as error:
            self._drop()
            raise self._cannot(error) from None

    def close(self) -> None:
        """Finish the file and put it in its place; without a picture there is no file."""
        import av

        if self._closed:
            return
        self._closed = True
        if not self.frame_count:
            self._drop()
            return
        self._wait(0)
        self._coder.shutdown()
        try:
            for packet in self._stream.encode(None):
                self._container.mux(packet)
            self._container.close()
            self._place.close()
        except (av.error.FFmpegError, OSError) as error:
            self._drop()
            raise self._cannot(error) from None

    def _drop(self) -> None:
        import av

        self._closed = True
        self._coder.shutdown(cancel_futures=True)
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._container.close()
        self._give_up()

    def _give_up(self) -> None:
        self._made.unlink(missing_ok=True)
        self._place.close()

    def _cannot(self, error: Exception) -> VideoWriteError:
        reason = getattr(error, "strerror", None) or error
        return VideoWriteError(
            N_("{path} cannot be written: {why}.").format(path=self.path, why=reason)
        )
