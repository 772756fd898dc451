"""The newest picture of a camera, for who cannot look at every one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from formcheck.capture.frames import Frame, SourceError

__all__ = ["Ended", "NewestFrame"]


@dataclass(frozen=True, slots=True)
class Ended:
    """There are no more pictures; problem: a sentence when that was not meant to be."""

    problem: str = ""


class NewestFrame:
    """Reads frames in a thread of its own and keeps the newest only; a context manager.

    paced: frames of a file are given out when their time has come, as a camera would.
    skipped: how many were replaced before they were taken.
    """

    def __init__(self, frames: Iterable[Frame], *, paced: bool = False) -> None:
        self._frames = frames
        self._paced = paced
        self._changed = threading.Condition()
        self._newest: Frame | Ended | None = None
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

    def take(self, timeout_s: float) -> Frame | Ended | None:
        """The newest frame that was not taken yet; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, timeout_s)
            taken = self._newest
            if not isinstance(taken, Ended):
                self._newest = None
            return taken

    def _read(self) -> None:
        began_s = time.monotonic()
        try:
            for frame in self._frames:
                if self._paced:
                    self._enough.wait(max(0.0, began_s + frame.time_s - time.monotonic()))
                if self._enough.is_set():
                    return
                self._put(frame)
            self._put(Ended())
        except SourceError as error:
            self._put(Ended(str(error)))
        except Exception as error:
            self._put(Ended(f"The pictures broke off ({error})."))

    def _put(self, item: Frame | Ended) -> None:
        with self._changed:
            self.skipped += isinstance(self._newest, Frame) and isinstance(item, Frame)
            self._newest = item
            self._changed.notify_all()
