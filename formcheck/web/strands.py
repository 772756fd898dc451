"""Work for many connections in few threads: each one's in order, everybody's turn by turn."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

# While one waits for the history, or draws a report, the others go on.
_THREADS: Final = 3
_LOG = logging.getLogger(__name__)


class Strand:
    """Does jobs one after the other, in the order they came, never two at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._busy = False

    def post(self, job: Callable[[], None]) -> None:
        """Do this after what was posted before; from any thread."""
        with self._lock:
            self._jobs.append(job)
            if self._busy:
                return
            self._busy = True
        _turns().put(self)

    def now(self, job: Callable[[], None]) -> bool:
        """Do this here and at once, unless something else is to be done first; whether it was."""
        with self._lock:
            if self._busy:
                return False
            self._busy = True
        self._do(job)
        return True

    def go_on(self) -> None:
        """Do one job; the next one when the others had their turn."""
        self._do(self._jobs.popleft())

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:
            _LOG.exception("A job of a live connection failed.")
        with self._lock:
            self._busy = bool(self._jobs)
        if self._busy:
            _turns().put(self)


_READY: queue.SimpleQueue[Strand] = queue.SimpleQueue()
_started = threading.Lock()


def _turns() -> queue.SimpleQueue[Strand]:
    """The strands that have something to do; the threads are there from the first time."""
    if _started.acquire(blocking=False):
        for _ in range(_THREADS):
            threading.Thread(target=_work, name="formcheck-coach", daemon=True).start()
    return _READY


def _work() -> None:
    while True:
        _READY.get().go_on()
