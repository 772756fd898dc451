"""What libraries written in C say past Python, kept from the person."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Send the process's stderr to nowhere for a moment.

    mediapipe and OpenCV write to the file descriptor; the settings meant to quiet them do
    not reach their first lines.
    """
    with _lock:
        sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:  # no stderr at all
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
