"""Recorded landmark sequences: one .npz file per stream, no pickles.

Arrays in the file (n frames):

    time_s        (n,)        seconds, strictly increasing
    landmarks_px  (n, 33, 3)  pixels of the upright picture, depth last; NaN = missing
    visibility    (n, 33)     0..1; NaN where nobody was seen
    frame_size    (2,)        width, height in pixels
    world_m       (n, 33, 3)  metres, origin between the hips; may be absent
    person_changed (n,)       another person took over; may be absent
    people        (n,)        how many are in the picture; may be absent
    trunk_run     (n,)        run of the trunk's motion (TrunkMotion), -1 = none; may be absent
    trunk_motion  (n, 4, 3)   its way x, y and standard error in pixels; may be absent
    trunk_texture (n, 4)      how much of the detail seen there is of the clothes; may be absent
    model         (n,)        the pose model's name and version, in ASCII; may be absent

Any number type will do; what formcheck writes is float32 (time_s: float64).
"""

from __future__ import annotations

import contextlib
import lzma
import os
import struct
import tempfile
import threading
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from formcheck.capture.files import at_home, regular, replacing
from formcheck.capture.subject import hide_unseen
from formcheck.engine.plain_text import plain_text
from formcheck.engine.pose import (
    LANDMARK_COUNT,
    TRUNK_BANDS,
    FloatArray,
    PoseFrame,
    TrunkMotion,
)
from formcheck.language import N_
from formcheck.language.told import FormcheckError

_REQUIRED: Final = ("time_s", "landmarks_px", "visibility", "frame_size")
_OPTIONAL: Final = (
    "world_m", "person_changed", "people", "trunk_run", "trunk_motion", "trunk_texture", "model",
)  # fmt: skip
_POINTS: Final = (LANDMARK_COUNT, 3)
_MOTION: Final = (len(TRUNK_BANDS), 3)
_CHUNK_FRAMES: Final = 512
# The same shape within this share may be scaled from one size to another.
_SAME_ASPECT: Final = 0.01
_NAME: Final = "|S48"
_MOST_SIDE_PX: Final = 32_768
#: Hours of landmarks.
_MOST_BYTES: Final = 512 << 20
#: What a damaged file makes of zipfile and numpy.
_UNREADABLE: Final = (
    OSError, EOFError, ValueError, MemoryError, NotImplementedError, RuntimeError, OverflowError,
    SyntaxError, struct.error, lzma.LZMAError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip

_RECORD: Final = np.dtype(
    [
        ("time_s", "<f8"),
        ("landmarks_px", "<f8", _POINTS),
        ("world_m", "<f8", _POINTS),
        ("visibility", "<f8", (LANDMARK_COUNT,)),
        ("person_changed", "?"),
        ("people", "<i4"),
        ("trunk_run", "<i4"),
        ("trunk_motion", "<f8", _MOTION),
        ("trunk_texture", "<f8", _MOTION[:1]),
        ("model", _NAME),
    ]
)
#: The columns of a .npz file, and how exact they are in it.
_SAVED: Final = {
    "time_s": "<f8",
    "landmarks_px": "<f4",
    "world_m": "<f4",
    "visibility": "<f4",
    "person_changed": "|b1",
    "people": "<i4",
    "trunk_run": "<i4",
    "trunk_motion": "<f4",
    "trunk_texture": "<f4",
    "model": _NAME,
}


class PoseFileError(FormcheckError):
    """The landmark file cannot be read or written; the text says what and where."""


class PoseFile:
    """A landmark sequence read from a .npz file; iterate it for its PoseFrames.

    path, name: the file. frame_size: (width, height) in pixels. frame_count.
    first_s: time of the first frame. duration_s: from it to the last.

    Landmarks that cannot be trusted become NaN, just as in the estimator.
    Raises PoseFileError when the file is not such a sequence.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = at_home(path)
        self.name = plain_text(self.path.name)
        arrays = self._load()
        self._time_s = self._times(arrays["time_s"])
        self.frame_count = count = len(self._time_s)
        self.first_s = float(self._time_s[0])
        self.duration_s = float(self._time_s[-1]) - self.first_s
        self.frame_size = self._size(arrays["frame_size"])
        self._visibility = self._visibilities(arrays["visibility"], count)
        self._landmarks_px = self._points(arrays["landmarks_px"], "landmarks_px", count)
        self._refuse_normalised()
        self._world_m: NDArray[Any] | None = None
        if "world_m" in arrays:
            self._world_m = self._points(arrays["world_m"], "world_m", count)
        self._changed: NDArray[Any] | None = None
        if "person_changed" in arrays:
            self._changed = self._numbers(arrays["person_changed"], "person_changed", (count,))
        self._people: NDArray[Any] | None = None
        if "people" in arrays:
            self._people = self._numbers(arrays["people"], "people", (count,))
        self._motion: tuple[NDArray[Any], ...] | None = None
        if "trunk_run" in arrays and "trunk_motion" in arrays:
            self._motion = (
                self._numbers(arrays["trunk_run"], "trunk_run", (count,)),
                self._numbers(arrays["trunk_motion"], "trunk_motion", (count, *_MOTION)),
                np.full((count, _MOTION[0]), np.nan)
                if "trunk_texture" not in arrays
                else self._numbers(arrays["trunk_texture"], "trunk_texture", (count, _MOTION[0])),
            )
        self._model = arrays.get("model")
        if self._model is not None and (
            self._model.dtype.kind != "S" or self._model.shape != (count,)
        ):
            raise PoseFileError(
                N_("{path}: model must be one ASCII name for each frame.").format(path=self.path)
            )

    def __len__(self) -> int:
        return self.frame_count

    def __iter__(self) -> Iterator[PoseFrame]:
        for index in range(self.frame_count):
            visibility = self._visibility[index].astype(np.float64)
            landmarks_px = self._landmarks_px[index].astype(np.float64)
            if self._world_m is None:
                world_m = np.full(_POINTS, np.nan)
            else:
                world_m = self._world_m[index].astype(np.float64)
            yield PoseFrame(
                time_s=float(self._time_s[index]),
                landmarks_px=hide_unseen(landmarks_px, visibility, self.frame_size),
                visibility=visibility,
                frame_size=self.frame_size,
                world_m=world_m,
                person_changed=self._changed is not None and bool(self._changed[index]),
                people=1 if self._people is None else int(self._people[index]),
                trunk_motion=None
                if self._motion is None
                else _motion(*(part[index] for part in self._motion)),
                model="" if self._model is None else _text(self._model[index]),
            )

    def _load(self) -> dict[str, NDArray[Any]]:
        try:
            regular(self.path)
            _check_size(self.path)
            loaded = np.load(self.path, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise PoseFileError(
                    N_(
                        "{path} is a single array; a landmark file is an .npz with {needed}."
                    ).format(path=self.path, needed=", ".join(_REQUIRED))
                )
            with loaded:
                missing = [name for name in _REQUIRED if name not in loaded.files]
                if missing:
                    raise PoseFileError(
                        N_("{path} lacks {missing}; a landmark file has {needed}.").format(
                            path=self.path, missing=", ".join(missing), needed=", ".join(_REQUIRED)
                        )
                    )
                optional = [name for name in _OPTIONAL if name in loaded.files]
                arrays = {name: loaded[name] for name in (*_REQUIRED, *optional)}
                for name, values in arrays.items():
                    if not isinstance(values, np.ndarray):
                        raise ValueError(f"{name} in it is no array")
                return arrays
        except FileNotFoundError:
            raise PoseFileError(
                N_("{path} does not exist; check the path.").format(path=self.path)
            ) from None
        except IsADirectoryError:
            raise PoseFileError(
                N_("{path} is a folder; name a landmark file (.npz) in it.").format(path=self.path)
            ) from None
        except _UNREADABLE as error:
            if _is_video(self.path):
                raise PoseFileError(
                    N_(
                        "{path} is a video and no landmark file, whatever its name says; give it a "
                        "video's ending (.mp4) and try again."
                    ).format(path=self.path)
                ) from None
            reason = getattr(error, "strerror", None) or " ".join(str(error).split())
            raise PoseFileError(
                N_(
                    "{path} is not a readable landmark file ({why}); make it again with formcheck."
                ).format(path=self.path, why=reason[:200])
            ) from None

    def _numbers(self, values: NDArray[Any], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        if values.dtype.kind not in "biuf":
            raise PoseFileError(
                N_("{path}: {name} holds {dtype}, not numbers.").format(
                    path=self.path, name=name, dtype=values.dtype
                )
            )
        if values.shape != shape:
            raise PoseFileError(
                N_("{path}: {name} has the shape {shape}; it must be {needed}.").format(
                    path=self.path, name=name, shape=values.shape, needed=shape
                )
            )
        if np.isinf(values).any():
            raise PoseFileError(
                N_("{path}: {name} holds infinite values; use NaN for missing.").format(
                    path=self.path, name=name
                )
            )
        return values

    def _times(self, values: NDArray[Any]) -> FloatArray:
        if values.ndim != 1:
            raise PoseFileError(
                N_("{path}: time_s has the shape {shape}; it must be (frames,).").format(
                    path=self.path, shape=values.shape
                )
            )
        if len(values) == 0:
            raise PoseFileError(N_("{path} holds no frames.").format(path=self.path))
        times = self._numbers(values, "time_s", values.shape).astype(np.float64)
        bad = np.flatnonzero(~np.isfinite(times))
        if len(bad):
            raise PoseFileError(
                N_("{path}: time_s of frame {n} is not a number.").format(path=self.path, n=bad[0])
            )
        bad = np.flatnonzero(np.diff(times) <= 0)
        if len(bad):
            at = int(bad[0])
            raise PoseFileError(
                N_(
                    "{path}: time_s must increase, but frame {next} ({next_s:.3f} s) does not come "
                    "after frame {n} ({time_s:.3f} s)."
                ).format(path=self.path, next=at + 1, next_s=times[at + 1], n=at, time_s=times[at])
            )
        return times

    def _size(self, values: NDArray[Any]) -> tuple[int, int]:
        width, height = self._numbers(values, "frame_size", (2,)).astype(np.float64)
        if not (1 <= width <= _MOST_SIDE_PX and 1 <= height <= _MOST_SIDE_PX):
            raise PoseFileError(
                N_(
                    "{path}: frame_size is {width:g} x {height:g}; it must be the picture's width "
                    "and height in pixels."
                ).format(path=self.path, width=width, height=height)
            )
        return round(width), round(height)

    def _visibilities(self, values: NDArray[Any], count: int) -> NDArray[Any]:
        values = self._numbers(values, "visibility", (count, LANDMARK_COUNT))
        if ((values < 0) | (values > 1)).any():
            raise PoseFileError(
                N_("{path}: visibility must lie between 0 and 1.").format(path=self.path)
            )
        return values

    def _points(self, values: NDArray[Any], name: str, count: int) -> NDArray[Any]:
        if values.ndim == 3 and values.shape[2] == 2:
            raise PoseFileError(
                N_(
                    "{path}: {name} has 2 columns; it needs 3 (x, y, depth). Where depth is "
                    "unknown, fill it with NaN."
                ).format(path=self.path, name=name)
            )
        return self._numbers(values, name, (count, *_POINTS))

    def _refuse_normalised(self) -> None:
        # Angles on 0..1 coordinates are wrong by tens of degrees, silently.
        flat = self._landmarks_px[..., :2]
        known = flat[np.isfinite(flat)]
        if len(known) and min(self.frame_size) > 16 and np.abs(known).max() <= 2.0:
            raise PoseFileError(
                N_(
                    "{path}: landmarks_px looks normalised (0..1); multiply x by the width and y "
                    "by the height."
                ).format(path=self.path)
            )


def _check_size(path: Path) -> None:
    """Raise ValueError for a file that would take the computer's memory."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        if sum(one.file_size for one in packed.infolist()) > _MOST_BYTES:
            raise ValueError(f"it unpacks to more than {_MOST_BYTES >> 20} MB")


def _is_video(path: Path) -> bool:
    import av

    try:
        regular(path)
        with av.open(str(path)) as container:
            return bool(container.streams.video)
    except (av.error.FFmpegError, OSError, ValueError):
        return False


class PoseSpool:
    """PoseFrames in a file of their own, as exact as they came; iterate it as often as needed.

    folder: where the file is; by default that of temporary files. It goes with the object.
    frame_size: of the first frame, to which the others are scaled (a live picture may grow).
    An hour of frames needs no more memory than a minute.

    Raises PoseFileError when it cannot be written, when times do not increase, or when the
    picture changes shape.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.frame_count = 0
        self.frame_size: tuple[int, int] | None = None
        self._last_s = -np.inf
        try:
            # It has no name, and so is gone with the process, however that ends.
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is kept
        except OSError as error:
            raise self._cannot(error) from None
        self._lock = threading.Lock()
        self.close = weakref.finalize(self, _close, self._file)

    def write(self, pose: PoseFrame) -> None:
        """Append one frame."""
        if not (np.isfinite(pose.time_s) and pose.time_s > self._last_s):
            raise PoseFileError(
                N_(
                    "Frame {n} at {time_s} s does not come after the frame before it ({last_s} s)."
                ).format(n=self.frame_count, time_s=pose.time_s, last_s=self._last_s)
            )
        record = np.zeros((), dtype=_RECORD)
        record["time_s"] = pose.time_s
        scale = self._scale(pose.frame_size)
        record["landmarks_px"] = pose.landmarks_px * scale
        record["world_m"] = pose.world_m
        record["visibility"] = pose.visibility
        record["person_changed"] = pose.person_changed
        record["model"] = pose.model.encode("ascii", "replace")
        record["people"] = pose.people
        record["trunk_run"] = -1
        if (motion := pose.trunk_motion) is not None:
            record["trunk_run"] = motion.run
            record["trunk_motion"][:, :2] = motion.moved_px * scale[:2]
            record["trunk_motion"][:, 2] = motion.error_px * scale[0]
            record["trunk_texture"] = motion.texture
        try:
            with self._lock:
                self._file.write(record.tobytes())
        except OSError as error:
            raise self._cannot(error) from None
        self._last_s = pose.time_s
        self.frame_count += 1

    def __iter__(self) -> Iterator[PoseFrame]:
        assert self.frame_size is not None or not self.frame_count
        for part in self._parts():
            for row in part:
                yield PoseFrame(
                    time_s=float(row["time_s"]),
                    landmarks_px=row["landmarks_px"].copy(),
                    visibility=row["visibility"].copy(),
                    frame_size=cast("tuple[int, int]", self.frame_size),
                    world_m=row["world_m"].copy(),
                    person_changed=bool(row["person_changed"]),
                    people=int(row["people"]),
                    trunk_motion=_motion(
                        row["trunk_run"], row["trunk_motion"], row["trunk_texture"]
                    ),
                    model=_text(row["model"]),
                )

    def save(self, path: Path) -> None:
        """Write the frames to a .npz file, which appears (or is replaced) when it is whole."""
        if self.frame_size is None:
            raise PoseFileError(
                N_("{path} was not written: there were no frames.").format(path=path)
            )
        try:
            with (
                replacing(path) as made,
                zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            ):
                with archive.open("frame_size.npy", "w") as member:
                    np.lib.format.write_array(member, np.array(self.frame_size), allow_pickle=False)
                for name, kind in _SAVED.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        header = {
                            "descr": kind,
                            "fortran_order": False,
                            "shape": (self.frame_count, *_RECORD[name].shape),
                        }
                        np.lib.format.write_array_header_1_0(member, header)
                        for part in self._parts():
                            member.write(part[name].astype(kind).tobytes())
        except OSError as error:
            raise PoseFileError(
                N_("{path} cannot be written: {why}.").format(
                    path=path, why=error.strerror or error
                )
            ) from None

    def _parts(self) -> Iterator[NDArray[Any]]:
        at = 0
        while True:
            with self._lock:
                self._file.seek(at)
                chunk = self._file.read(_CHUNK_FRAMES * _RECORD.itemsize)
                self._file.seek(0, os.SEEK_END)
            if not chunk:
                return
            at += len(chunk)
            yield np.frombuffer(chunk, dtype=_RECORD)

    def _scale(self, size: tuple[int, int]) -> FloatArray:
        """Factors that bring a frame to the one size."""
        if self.frame_size is None:
            self.frame_size = size
        across, down = self.frame_size[0] / size[0], self.frame_size[1] / size[1]
        if abs(across / down - 1) > _SAME_ASPECT:
            raise PoseFileError(
                N_(
                    "The picture changed from {before} to {now}; write the rest to another file."
                ).format(before="{}x{}".format(*self.frame_size), now="{}x{}".format(*size))
            )
        return np.array([across, down, across])

    def _cannot(self, error: OSError) -> PoseFileError:
        return PoseFileError(
            N_("The landmarks cannot be kept: {why}.").format(why=error.strerror or error)
        )


def _close(file: IO[bytes]) -> None:
    # What was to be written last may find no room.
    with contextlib.suppress(OSError):
        file.close()


def _text(kept: bytes) -> str:
    return kept.decode("ascii", "replace")


def _motion(run: Any, values: NDArray[Any], texture: NDArray[Any]) -> TrunkMotion | None:
    """The trunk's motion of one frame from what is kept of it."""
    if run < 0:
        return None
    values = values.astype(np.float64)
    return TrunkMotion(int(run), values[:, :2], values[:, 2], texture.astype(np.float64))


def write_pose_file(path: str | os.PathLike[str], poses: Iterable[PoseFrame]) -> int:
    """Write all frames to a .npz file; returns how many. Raises PoseFileError."""
    path = at_home(path)
    with contextlib.suppress(OSError):
        if path.is_dir():
            raise PoseFileError(N_("{path} is a folder; name a file (.npz).").format(path=path))
    # Beside the target, so that trouble (disk full, no permission) shows at once.
    spool = PoseSpool(path.parent)
    with contextlib.closing(spool):
        for pose in poses:
            spool.write(pose)
        spool.save(path)
    return spool.frame_count
