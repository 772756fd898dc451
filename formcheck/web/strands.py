"""Work for many connections in few threads: each one's in order, everybody's turn by turn."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

# One does the work, for Python runs one thread at a time; while it waits for the history, or
# draws a report, the others go on.
_THREADS: Final = 3
# So long a thread that has much to do keeps the others waiting, seconds; five times that is usual.
_SWITCH_S: Final = 0.001
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

    def go_on(self) -> None:
        """Do one job; the next one when the others had their turn."""
        job = self._jobs.popleft()
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
        sys.setswitchinterval(_SWITCH_S)
        for _ in range(_THREADS):
            threading.Thread(target=_work, name="formcheck-coach", daemon=True).start()
    return _READY


def _work() -> None:
    while True:
        _READY.get().go_on()
