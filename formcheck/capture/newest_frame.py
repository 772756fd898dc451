"""The newest picture of a camera, for who cannot look at every one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from formcheck.capture.frames import Frame, SourceError, VideoFile
from formcheck.capture.streams import open_video
from formcheck.capture.webcam import Webcam

#: How long to wait for a picture before whoever looks at them does something else, seconds.
_PATIENCE_S: Final = 0.05


class NewestFrame:
    """Reads frames in a thread of its own and keeps the newest only; a context manager.

    Iterate over it for the newest frames, with None whenever a while goes by without one, up
    to the end of the frames; raises SourceError when that was not meant to be.

    paced: frames of a file are given out when their time has come, as a camera would.
    skipped: how many were replaced before they were taken.
    """

    def __init__(self, frames: Iterable[Frame], *, paced: bool = False) -> None:
        self._frames = frames
        self._paced = paced
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._ended = False
        self._problem: SourceError | None = None
        self._enough = threading.Event()
        self.skipped = 0
        self._thread = threading.Thread(target=self._read, name="formcheck-camera", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # The device may only be closed when nobody reads it any more.
        self._enough.set()
        self._thread.join(timeout=6.0)

    def __iter__(self) -> Iterator[Frame | None]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest or self._ended, _PATIENCE_S)
                taken, self._newest = self._newest, None
                if taken is None and self._ended:
                    if self._problem is not None:
                        raise self._problem
                    return
            yield taken

    def _read(self) -> None:
        began_s = time.monotonic()
        try:
            for frame in self._frames:
                if self._paced:
                    self._enough.wait(max(0.0, began_s + frame.time_s - time.monotonic()))
                if self._enough.is_set():
                    break
                with self._changed:
                    self.skipped += self._newest is not None
                    self._newest = frame
                    self._changed.notify_all()
        except SourceError as error:
            self._problem = error
        except Exception as error:
            self._problem = SourceError(f"The pictures broke off ({error}).")
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextmanager
def newest_frames(source: int | Path) -> Iterator[tuple[str, NewestFrame]]:
    """The name and the frames of the camera of that number, or of a video played in its place.

    Raises SourceError.
    """
    frames: VideoFile | Webcam
    frames = Webcam(source) if isinstance(source, int) else open_video(source)
    with frames, NewestFrame(frames, paced=not isinstance(source, int)) as newest:
        yield frames.name, newest
