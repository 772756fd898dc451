"""Pictures with their times, from a video file.

Times come from the container's own time stamps (of a camera, the clock at capture),
never from a frame count: phones record at a varying rate. Pictures are
upright, as a player would show them: the rotation a phone writes beside the
pixels is applied, and stretched pixels are made square, because angles are
measured on them. Nothing is mirrored here.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

import numpy as np

from formcheck.capture.correction import Correction
from formcheck.capture.files import at_home, regular
from formcheck.engine.plain_text import plain_text
from formcheck.engine.pose import ImageArray
from formcheck.language import N_
from formcheck.language.told import FormcheckError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame


# A step back of more than this is a new clock (joined files), not a slip.
_CLOCK_RESET_S: Final = 1.0
_FIRST_YEAR: Final = 1990
_FALLBACK_FPS: Final = 30.0
# How much of the announced length may be missing before it is worth a word.
_MISSING_S: Final = 1.0
_MISSING_SHARE: Final = 0.05
# A picture is shown at most so long after it was decoded.
_SHOWN_LATER_S: Final = 1.0
# A rate is limited where it is so many times what is asked for.
_MUCH_FASTER: Final = 1.1
# Filmed at so many times the rate at which it plays.
_SLOW_MOTION: Final = 1.5
# 8K, as some phones film, with room for odd shapes.
_MOST_PIXELS: Final = 8192 * 4608
# What FFmpeg opens as "video" although it is text or a still picture.
_NOT_VIDEO_FORMATS: Final = {"tty", "image2", "image2pipe", "ico", "bin", "xbin", "adf", "idf"}


class SourceError(FormcheckError):
    """The pictures cannot be read; the text says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    time_s: seconds since the first frame of the source; strictly increasing.
    image_rgb: (height, width, 3) uint8, C-contiguous, upright, not mirrored.
    index: number of the frame in the source, from 0.
    """

    time_s: float
    image_rgb: ImageArray
    index: int


class PictureSource:
    """Something that yields frames once; a context manager that frees the device or file.

    name: what to call it in messages. width, height: of the upright picture, pixels. fps:
    nominal rate, None when unknown; never a clock. duration_s, frame_count: as announced, None
    when unknown. warnings: sentences about what was repaired; may grow while reading.
    truncated: a sentence when the source broke off before its end, else None.
    """

    name: str
    width: int
    height: int
    fps: float | None
    duration_s: float | None
    frame_count: int | None
    warnings: list[str]
    truncated: str | None

    def close(self) -> None:
        """Free the device or the file."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class VideoFile(PictureSource):
    """Frames of a video file, decoded one at a time.

    path: mp4, mov, mkv, webm, avi, gif, ... with any codec FFmpeg knows.
    max_side: scale down so that neither side exceeds this many pixels.
    correction: what to put right; times, sizes and rates are those of what was filmed.
    most_hz: so many pictures a second are given at most; None = all.

    recorded: when, by what the camera wrote into the file; None where it did not.
    repaired: how many pictures had to be so far, by kind.

    Frames can be read once. A file that breaks off yields the frames up to
    there and says so in `truncated`. Raises SourceError when nothing of it
    can be shown.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_side: int | None = None,
        correction: Correction | None = None,
        most_hz: float | None = None,
    ) -> None:
        import av

        file = at_home(path)
        self.path = file
        self.name = plain_text(file.name)
        self.warnings = []
        self.truncated = None
        self._correction = correction or Correction()
        self._most_hz = most_hz
        _check_file(file)
        try:
            self._container = open_container(file)
        except av.error.FFmpegError as error:
            raise SourceError(
                N_(
                    "{file} cannot be opened as a video ({why}). It may be another "
                    "kind of file, or cut off while recording or copying; try it in a "
                    "video player."
                ).format(file=file, why=error.strerror)
            ) from None
        try:
            self._start(max_side)
        except BaseException:
            self._container.close()
            raise

    def _start(self, max_side: int | None) -> None:
        import av

        container = self._container
        formats = set(container.format.name.split(","))
        if formats & _NOT_VIDEO_FORMATS or container.format.name.endswith("_pipe"):
            raise SourceError(
                N_("{file} is not a video but text or a still picture.").format(file=self.path)
            )
        videos = [
            stream
            for stream in container.streams.video
            # The cover picture of a song is a video stream of one frame.
            if not stream.disposition & av.stream.Disposition.attached_pic
        ]
        if not videos:
            raise SourceError(
                N_("{file} has no pictures in it (no video stream); name a video file.").format(
                    file=self.path
                )
            )
        self._stream = stream = videos[0]
        if getattr(stream, "codec_context", None) is None:
            raise SourceError(
                N_(
                    "{file} uses a video codec this FFmpeg does not know; convert it to "
                    "H.264 (for instance with HandBrake) and try again."
                ).format(file=self.path)
            )
        self._check_pixels(stream.codec_context.width * stream.codec_context.height)
        # Pictures inside may be larger than the file says.
        stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}
        stream.thread_type = "AUTO"

        speed = self._correction.speed
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        self.fps = rate / speed if rate else None
        self._step_s = 1.0 / (rate or _FALLBACK_FPS)
        self.frame_count = stream.frames or None
        self._announced_s = self._announced_duration()
        self.duration_s = self._announced_s and self._announced_s * speed
        # Recorded at a varying rate, some pictures come sooner than the nominal rate says.
        if not (self._most_hz and self.fps and self.fps > _MUCH_FASTER * self._most_hz):
            self._most_hz = None
        elif self.frame_count:
            self.frame_count = round(self.frame_count * self._most_hz / self.fps)
        self._slot = -1
        self.recorded = _recorded(container.metadata)
        self._tell_slow_motion(rate)
        self._last_s = -1.0
        self._first_raw_s: float | None = None
        self._shift_s = 0.0
        self.repaired: Counter[str] = Counter()
        self._damaged_at_end = False
        self._begin_s = 0.0
        self._read = False

        self._pictures = self._decode()
        first = next(self._pictures, None)
        if first is None:
            raise SourceError(
                (
                    N_(
                        "{file} holds no picture that can be decoded ({why}); it may be "
                        "damaged or cut off."
                    )
                    if self.truncated
                    else N_(
                        "{file} holds no picture that can be decoded; it may be damaged or cut off."
                    )
                ).format(file=self.path, why=self.truncated)
            )
        self._first: VideoFrame | None = first
        self._turn = _Turn.of(first)
        self._scaled = _scaled_size(first, stream.sample_aspect_ratio, max_side)
        self.width, self.height = self._correction.size(*self._turn.size(*self._scaled))
        self._coded = (first.width, first.height)

    def _check_pixels(self, pixels: int) -> None:
        if pixels > _MOST_PIXELS:
            raise SourceError(
                N_(
                    "{file} has pictures of {has:.0f} million pixels; up to {most:.0f} "
                    "million (8K) can be read. Make it smaller."
                ).format(file=self.path, has=pixels / 1e6, most=_MOST_PIXELS / 1e6)
            )

    def __iter__(self) -> Iterator[Frame]:
        if self._read:
            raise SourceError(
                N_("{name} was read already; open it again to read it twice.").format(
                    name=self.name
                )
            )
        self._read = True
        index = 0
        picture, self._first = self._first, None
        while picture is not None:
            if (picture.width, picture.height) != self._coded:
                self.repaired["size"] += 1
            time_s = self._time_of(picture) * self._correction.speed
            if self._is_due(time_s) and time_s >= self._begin_s:
                image = self._turn.apply(_to_rgb(picture, self._scaled))
                yield Frame(time_s, self._correction.image(image), index)
            index += 1
            picture = next(self._pictures, None)
        self._finish(index)

    def shrink(self, max_side: int) -> None:
        """Give pictures whose sides are no longer than this; width and height stay."""
        self._scaled = fit_within(*self._scaled, max_side)

    def begin_at(self, time_s: float) -> None:
        """Leave out the pictures before this moment, from the nearest keyframe on.

        Before any are read. Raises SourceError where the file cannot be entered in its middle;
        what was repaired is not told then, see tell().
        """
        import av

        assert self._first is not None
        self._time_of(self._first)
        self._begin_s, self._last_s = time_s, -1.0
        zero_s, base = self._first_raw_s, self._stream.time_base
        self._pictures.close()
        try:
            if zero_s is None or base is None:
                raise SourceError(N_("{name} has no times.").format(name=self.name))
            # A keyframe may be stored under the time at which it is decoded, before it is shown.
            at_s = zero_s + max(time_s / self._correction.speed - _SHOWN_LATER_S, 0.0)
            self._container.seek(int(at_s / base), stream=self._stream)
            self._pictures = self._decode()
            self._first = next(self._pictures, None)
        except (av.error.FFmpegError, OverflowError) as error:
            raise SourceError(f"{self.name}: {error}") from None

    def close(self) -> None:
        """Free the decoder and the file."""
        self._first = None
        self._pictures.close()
        self._container.close()

    def _decode(self) -> Any:  # a generator of VideoFrame
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self.truncated = self._broke_off(str(error.strerror))
                return
            if packet is None:
                return
            try:
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                # One damaged packet is no reason to drop the rest of the set.
                self.repaired["damage"] += 1
                self._damaged_at_end = True
                continue
            for picture in pictures:
                self._damaged_at_end = False
                yield picture

    def _time_of(self, picture: VideoFrame) -> float:
        """Seconds since the first frame, repaired to be strictly increasing."""
        ticks = picture.pts if picture.pts is not None else picture.dts
        base = picture.time_base or self._stream.time_base
        if ticks is None or base is None:
            raw_s = None
        else:
            raw_s = float(ticks * base)
            if self._first_raw_s is None:
                self._first_raw_s = raw_s
                # Pictures without a time stamp may have come before.
                self._shift_s = self._last_s + self._step_s if self._last_s >= 0 else 0.0
        if raw_s is None or self._first_raw_s is None:
            time_s = self._last_s + self._step_s if self._last_s >= 0 else 0.0
            self.repaired["time"] += self._last_s >= 0
        else:
            time_s = raw_s - self._first_raw_s + self._shift_s
            if time_s < self._last_s - _CLOCK_RESET_S:
                self._shift_s += self._last_s + self._step_s - time_s
                time_s = self._last_s + self._step_s
                self.repaired["time"] += 1
            elif time_s <= self._last_s:
                # Half a step, so that the frames after it still fit in.
                time_s = self._last_s + self._step_s / 2
                self.repaired["time"] += 1
        self._last_s = time_s
        return time_s

    def _announced_duration(self) -> float | None:
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if not container.duration:
            return None
        # Some containers count from zero, whatever time their first picture has.
        length, start = container.duration / 1e6, (container.start_time or 0) / 1e6
        return length - start if 0 < start < length else length

    def _tell_slow_motion(self, rate: float) -> None:
        filmed = float(self._container.metadata.get("com.android.capture.fps", 0) or 0)
        if rate and filmed > _SLOW_MOTION * rate and self._correction.speed == 1:
            self.warnings.append(
                N_(
                    "{name} was filmed at {filmed:.0f} pictures a second and plays at "
                    "{rate:.0f}: it is slow motion, and so are the times told here. "
                    "Analyse it with the speed {speed:.3g} (--speed {speed:.3g}) for the "
                    "real ones."
                ).format(name=self.name, filmed=filmed, rate=rate, speed=rate / filmed)
            )

    def _is_due(self, time_s: float) -> bool:
        """Whether this is the first picture of its share of a second."""
        if self._most_hz is None:
            return True
        slot = math.floor(time_s * self._most_hz + 0.5)
        due, self._slot = slot > self._slot, max(slot, self._slot)
        return due

    def tell(self, count: int, repaired: Counter[str]) -> None:
        """Put into warnings what was repaired in so many pictures: repaired, by kind."""
        if repaired["time"]:
            self.warnings.append(
                N_(
                    "{name}: {n} of {count} frames had a missing or repeated time "
                    "stamp; their times were estimated."
                ).format(name=self.name, n=repaired["time"], count=count)
            )
        if repaired["size"]:
            self.warnings.append(
                N_(
                    "{name}: the picture size changes in the file; {n} frames "
                    "were scaled to {width}x{height}."
                ).format(
                    name=self.name,
                    n=repaired["size"],
                    width=self.width,
                    height=self.height,
                )
            )
        if repaired["damage"]:
            self.warnings.append(
                N_("{name}: {n} damaged pictures were left out.").format(
                    name=self.name, n=repaired["damage"]
                )
            )

    def _finish(self, count: int) -> None:
        if self._damaged_at_end:
            self.repaired["damage"] = 0
        if not self._begin_s:
            self.tell(count, self.repaired)
        if self.truncated is None and self._ends_early():
            self.truncated = self._broke_off(N_("the rest of the file is missing"))

    def _ends_early(self) -> bool:
        if self._damaged_at_end:
            return True
        # mp4, mov and avi keep an index: the exact test is whether it points past
        # the end of the file. (Announced durations also differ for trimmed clips.)
        entries = self._stream.index_entries
        if len(entries):
            last = entries[len(entries) - 1]
            if last.pos >= 0 and last.pos + last.size > self.path.stat().st_size:
                return True
        if {"matroska", "webm"} & set(self._container.format.name.split(",")):
            announced = self._announced_s or 0.0
            missing = announced - self._last_s
            return missing > max(_MISSING_S, _MISSING_SHARE * announced)
        return False

    def _broke_off(self, why: str) -> str:
        at = max(self._last_s, 0.0)
        if self._announced_s:
            words = N_(
                "{name} breaks off at {at:.1f} s of {of:.1f} s ({why}); only that part was read."
            )
        else:
            words = N_("{name} breaks off at {at:.1f} s ({why}); only that part was read.")
        return words.format(name=self.name, at=at, of=self._announced_s, why=why)


# --- helpers ------------------------------------------------------------------


def open_container(path: Path) -> InputContainer:
    """Open a video; what is written in it and is no UTF-8 does not matter. Raises FFmpegError."""
    import av

    try:
        return av.open(str(path), metadata_errors="replace")
    except TypeError:
        # From PyAV 19 on it is so without asking.
        return av.open(str(path))


def recorded_at(path: Path) -> datetime | None:
    """When a video was recorded, by what the camera wrote into it; None where it did not."""
    import av

    try:
        with open_container(path) as container:
            return _recorded(container.metadata)
    except (av.error.FFmpegError, OSError):
        return None


def _recorded(metadata: dict[str, str]) -> datetime | None:
    # Apple's own entry comes first: it has the zone, and is kept when a clip is cut.
    for name in ("com.apple.quicktime.creationdate", "creation_time"):
        with contextlib.suppress(KeyError, ValueError, OverflowError, OSError):
            when = datetime.fromisoformat(metadata[name].strip())
            # The container's own time is that of Greenwich.
            when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone()
            # A clock that was never set tells 1904 or 1970.
            if when.year > _FIRST_YEAR and when < datetime.now().astimezone() + timedelta(days=1):
                return when
    return None


def _check_file(file: Path) -> None:
    try:
        if file.is_dir():
            raise SourceError(N_("{file} is a folder; name a video file in it.").format(file=file))
        if not file.exists():
            raise SourceError(N_("{file} does not exist; check the path.").format(file=file))
        regular(file)
        with file.open("rb") as opened:
            if not opened.read(1):
                raise SourceError(
                    N_("{file} is empty (0 bytes); record or copy it again.").format(file=file)
                )
    except OSError as error:
        raise SourceError(
            N_("{file} cannot be read: {why}.").format(file=file, why=error.strerror or error)
        ) from None


@dataclass(frozen=True, slots=True)
class _Turn:
    """How stored pixels become the upright picture: transpose, then flips."""

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, picture: VideoFrame) -> _Turn:
        """Read the display matrix: (x', y') = (a x + c y, b x + d y), as quarter turns."""
        side = picture.side_data.get("DISPLAYMATRIX")
        if side is None:
            return cls()
        matrix = np.frombuffer(cast(Any, side), dtype=np.int32)
        if matrix.size < 5:
            return cls()
        a, b, c, d = (int(matrix[position]) for position in (0, 1, 3, 4))
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(swap=True, flip_x=c < 0, flip_y=b < 0)
        return cls(flip_x=a < 0, flip_y=d < 0)

    def size(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self.swap else (width, height)

    def apply(self, image: ImageArray) -> ImageArray:
        if not (self.swap or self.flip_x or self.flip_y):
            return image
        if self.swap:
            image = image.transpose(1, 0, 2)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


def _scaled_size(picture: VideoFrame, aspect: Any, max_side: int | None) -> tuple[int, int]:
    """Size with square pixels (aspect: width of a pixel over its height), within max_side."""
    width = picture.width
    if aspect and 0.2 < float(aspect) < 5.0:
        width = round(width * float(aspect))
    return fit_within(width, picture.height, max_side)


def fit_within(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Size in pixels with neither side over max_side (None = any), in the same proportion."""
    if max_side is None or max(width, height) <= max_side:
        return width, height
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _to_rgb(picture: VideoFrame, size: tuple[int, int]) -> ImageArray:
    image = picture.to_ndarray(format="rgb24", width=size[0], height=size[1])
    # PyAV's rows may be padded; mediapipe misreads such an array without a word.
    return cast(ImageArray, np.ascontiguousarray(image))


def brightness(image_rgb: ImageArray) -> float:
    """Mean luma of a picture, 0..255, from every sixteenth row and column."""
    return float(image_rgb[::16, ::16].reshape(-1, 3).mean(axis=0) @ (0.299, 0.587, 0.114))
