"""Recorded landmark sequences: one .npz file per stream, no pickles.

Arrays in the file (n frames):

    time_s        (n,)        seconds, strictly increasing
    landmarks_px  (n, 33, 3)  pixels of the upright picture, depth last; NaN = missing
    visibility    (n, 33)     0..1; NaN where nobody was seen
    frame_size    (2,)        width, height in pixels
    world_m       (n, 33, 3)  metres, origin between the hips; may be absent
    person_changed (n,)       another person took over; may be absent

Any number type will do. The writer keeps float32 (time_s: float64) and spools
to disk, so that an hour of frames needs no more memory than a minute.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import numpy as np
from numpy.typing import NDArray

from formcheck.capture.estimator import hide_unseen
from formcheck.engine.pose import LANDMARK_COUNT, FloatArray, PoseFrame

__all__ = ["PoseFile", "PoseFileError", "PoseFileWriter", "read_written", "write_pose_file"]

_REQUIRED: Final = ("time_s", "landmarks_px", "visibility", "frame_size")
_POINTS: Final = (LANDMARK_COUNT, 3)
_CHUNK_FRAMES: Final = 4096
# The same shape within this share may be scaled from one size to another.
_SAME_ASPECT: Final = 0.01

_RECORD: Final = np.dtype(
    [
        ("time_s", "<f8"),
        ("landmarks_px", "<f4", _POINTS),
        ("world_m", "<f4", _POINTS),
        ("visibility", "<f4", (LANDMARK_COUNT,)),
        ("person_changed", "?"),
    ]
)


class PoseFileError(Exception):
    """The landmark file cannot be read or written; the text says what and where."""


class PoseFile:
    """A landmark sequence read from a .npz file; iterate it for its PoseFrames.

    path, name: the file. frame_size: (width, height) in pixels. frame_count.
    duration_s: from the first frame to the last.

    Landmarks that cannot be trusted become NaN, just as in the estimator.
    Raises PoseFileError when the file is not such a sequence.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser()
        self.name = self.path.name
        arrays = self._load()
        self._time_s = self._times(arrays["time_s"])
        self.frame_count = count = len(self._time_s)
        self.duration_s = float(self._time_s[-1] - self._time_s[0])
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
            )

    def _load(self) -> dict[str, NDArray[Any]]:
        if self.path.is_dir():
            raise PoseFileError(f"{self.path} is a folder; name a landmark file (.npz) in it.")
        try:
            loaded = np.load(self.path, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise PoseFileError(
                    f"{self.path} is a single array; a landmark file is an .npz with "
                    f"{', '.join(_REQUIRED)}."
                )
            with loaded:
                missing = [name for name in _REQUIRED if name not in loaded.files]
                if missing:
                    raise PoseFileError(
                        f"{self.path} lacks {', '.join(missing)}; a landmark file has "
                        f"{', '.join(_REQUIRED)}."
                    )
                optional = [n for n in ("world_m", "person_changed") if n in loaded.files]
                return {name: loaded[name] for name in (*_REQUIRED, *optional)}
        except FileNotFoundError:
            raise PoseFileError(f"{self.path} does not exist; check the path.") from None
        except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise PoseFileError(
                f"{self.path} is not a readable landmark file "
                f"({' '.join(str(error).split())}); make it again with formcheck."
            ) from None

    def _numbers(self, values: NDArray[Any], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        if values.dtype.kind not in "biuf":
            raise PoseFileError(f"{self.path}: {name} holds {values.dtype}, not numbers.")
        if values.shape != shape:
            raise PoseFileError(
                f"{self.path}: {name} has the shape {values.shape}; it must be {shape}."
            )
        if np.isinf(values).any():
            raise PoseFileError(f"{self.path}: {name} holds infinite values; use NaN for missing.")
        return values

    def _times(self, values: NDArray[Any]) -> FloatArray:
        if values.ndim != 1:
            raise PoseFileError(
                f"{self.path}: time_s has the shape {values.shape}; it must be (frames,)."
            )
        if len(values) == 0:
            raise PoseFileError(f"{self.path} holds no frames.")
        times = self._numbers(values, "time_s", values.shape).astype(np.float64)
        bad = np.flatnonzero(~np.isfinite(times))
        if len(bad):
            raise PoseFileError(f"{self.path}: time_s of frame {bad[0]} is not a number.")
        bad = np.flatnonzero(np.diff(times) <= 0)
        if len(bad):
            at = int(bad[0])
            raise PoseFileError(
                f"{self.path}: time_s must increase, but frame {at + 1} ({times[at + 1]:.3f} s) "
                f"does not come after frame {at} ({times[at]:.3f} s)."
            )
        return times

    def _size(self, values: NDArray[Any]) -> tuple[int, int]:
        width, height = self._numbers(values, "frame_size", (2,)).astype(np.float64)
        if not (width >= 1 and height >= 1):
            raise PoseFileError(
                f"{self.path}: frame_size is {width:g} x {height:g}; it must be the picture's "
                "width and height in pixels."
            )
        return round(width), round(height)

    def _visibilities(self, values: NDArray[Any], count: int) -> NDArray[Any]:
        values = self._numbers(values, "visibility", (count, LANDMARK_COUNT))
        if ((values < 0) | (values > 1)).any():
            raise PoseFileError(f"{self.path}: visibility must lie between 0 and 1.")
        return values

    def _points(self, values: NDArray[Any], name: str, count: int) -> NDArray[Any]:
        if values.ndim == 3 and values.shape[2] == 2:
            raise PoseFileError(
                f"{self.path}: {name} has 2 columns; it needs 3 (x, y, depth). "
                "Where depth is unknown, fill it with NaN."
            )
        return self._numbers(values, name, (count, *_POINTS))

    def _refuse_normalised(self) -> None:
        # Angles on 0..1 coordinates are wrong by tens of degrees, silently.
        flat = self._landmarks_px[..., :2]
        known = flat[np.isfinite(flat)]
        if len(known) and min(self.frame_size) > 16 and np.abs(known).max() <= 2.0:
            raise PoseFileError(
                f"{self.path}: landmarks_px looks normalised (0..1); multiply x by the width "
                "and y by the height."
            )


class PoseFileWriter:
    """Writes PoseFrames to a .npz file one by one; a context manager.

    path: of the file; it appears (or is replaced) only when all went well.

    Raises PoseFileError when it cannot be written, when times do not increase,
    when the picture changes shape, or when closed without a frame.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser()
        self.frame_count = 0
        self._frame_size: tuple[int, int] | None = None
        self._last_s = -np.inf
        if self.path.is_dir():
            raise PoseFileError(f"{self.path} is a folder; name a file (.npz).")
        try:
            # Beside the target, so that trouble (disk full, no permission) shows at once.
            self._spool = tempfile.TemporaryFile(dir=self.path.parent)  # noqa: SIM115 - lives as long as self
        except OSError as error:
            raise PoseFileError(
                f"{self.path} cannot be written: {error.strerror or error}."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._spool.close()

    def write(self, pose: PoseFrame) -> None:
        """Append one frame."""
        if not (np.isfinite(pose.time_s) and pose.time_s > self._last_s):
            raise PoseFileError(
                f"{self.path}: frame {self.frame_count} at {pose.time_s} s does not come after "
                f"the frame before it ({self._last_s} s)."
            )
        record = np.zeros((), dtype=_RECORD)
        record["time_s"] = pose.time_s
        record["landmarks_px"] = pose.landmarks_px * self._scale(pose.frame_size)
        record["world_m"] = pose.world_m
        record["visibility"] = pose.visibility
        record["person_changed"] = pose.person_changed
        try:
            self._spool.write(record.tobytes())
        except OSError as error:
            raise self._cannot(error) from None
        self._last_s = pose.time_s
        self.frame_count += 1

    def close(self) -> None:
        """Assemble the file and put it in place."""
        if self._spool.closed:
            return
        with self._spool:
            if self._frame_size is None:
                raise PoseFileError(f"{self.path} was not written: there were no frames.")
            try:
                handle, temporary = tempfile.mkstemp(
                    prefix=f".{self.path.name}.", dir=self.path.parent
                )
                try:
                    with os.fdopen(handle, "wb") as file:
                        self._assemble(file, self._frame_size)
                    os.chmod(temporary, 0o644)
                    os.replace(temporary, self.path)
                except BaseException:
                    Path(temporary).unlink(missing_ok=True)
                    raise
            except OSError as error:
                raise self._cannot(error) from None

    def _scale(self, size: tuple[int, int]) -> FloatArray:
        """Factors that bring a frame to the file's one size (a live picture may grow)."""
        if self._frame_size is None:
            self._frame_size = size
        across, down = self._frame_size[0] / size[0], self._frame_size[1] / size[1]
        if abs(across / down - 1) > _SAME_ASPECT:
            raise PoseFileError(
                f"{self.path}: the picture changed from {self._frame_size[0]}x"
                f"{self._frame_size[1]} to {size[0]}x{size[1]}; write the rest to another file."
            )
        return np.array([across, down, across])

    def _assemble(self, file: Any, frame_size: tuple[int, int]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            with archive.open("frame_size.npy", "w") as member:
                np.lib.format.write_array(member, np.array(frame_size), allow_pickle=False)
            for name in cast("tuple[str, ...]", _RECORD.names):
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    column = _RECORD[name]
                    header = {
                        "descr": np.lib.format.dtype_to_descr(column.base),
                        "fortran_order": False,
                        "shape": (self.frame_count, *column.shape),
                    }
                    np.lib.format.write_array_header_1_0(member, header)
                    self._spool.seek(0)
                    while chunk := self._spool.read(_CHUNK_FRAMES * _RECORD.itemsize):
                        member.write(np.frombuffer(chunk, dtype=_RECORD)[name].tobytes())

    def _cannot(self, error: OSError) -> PoseFileError:
        return PoseFileError(f"{self.path} cannot be written: {error.strerror or error}.")


def read_written(path: str | os.PathLike[str]) -> Iterator[PoseFrame]:
    """The frames of a file that PoseFileWriter wrote, read as they are asked for.

    Unlike PoseFile it takes the file at its word, and no more memory for an hour than for a
    minute. Raises PoseFileError when it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive, ExitStack() as stack:
            with archive.open("frame_size.npy") as member:
                width, height = np.lib.format.read_array(member)
            members, left = {}, 0
            for name in cast("tuple[str, ...]", _RECORD.names):
                members[name] = member = stack.enter_context(archive.open(f"{name}.npy"))
                np.lib.format.read_magic(member)
                left = np.lib.format.read_array_header_1_0(member)[0][0]
            while left:
                count = min(left, _CHUNK_FRAMES // 8)
                left -= count
                part = np.empty(count, _RECORD)
                for name, member in members.items():
                    column = _RECORD[name]
                    data = member.read(count * column.itemsize)
                    part[name] = np.frombuffer(data, column.base).reshape(count, *column.shape)
                for row in part:
                    yield PoseFrame(
                        time_s=float(row["time_s"]),
                        landmarks_px=row["landmarks_px"].astype(np.float64),
                        visibility=row["visibility"].astype(np.float64),
                        frame_size=(int(width), int(height)),
                        world_m=row["world_m"].astype(np.float64),
                        person_changed=bool(row["person_changed"]),
                    )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise PoseFileError(
            f"{path} is not a readable landmark file ({' '.join(str(error).split())})."
        ) from None


def write_pose_file(path: str | os.PathLike[str], poses: Iterable[PoseFrame]) -> int:
    """Write all frames to a .npz file; returns how many. Raises PoseFileError."""
    with PoseFileWriter(path) as writer:
        for pose in poses:
            writer.write(pose)
    return writer.frame_count
