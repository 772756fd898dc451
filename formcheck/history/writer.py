"""Which program writes a running set, and whether that program is still there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import uuid
from typing import Final


def _computer() -> str:
    """The computer, or the container: process numbers count from 1 in each."""
    space = ""
    with contextlib.suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()} {space}".encode()).hexdigest()[:12]


_COMPUTER: Final = _computer()
_RUN: Final = uuid.uuid4().hex[:8]


def this_writer() -> str:
    """The running program: computer (hashed), process number, run."""
    return f"{_COMPUTER}-{os.getpid()}-{_RUN}"


def is_gone(writer: str) -> bool:
    """Whether that program has certainly ended; False also when that cannot be told."""
    try:
        computer, pid, run = writer.split("-")
        process = int(pid)
    except ValueError:
        return False
    if computer != _COMPUTER:
        return False
    if process == os.getpid():
        # The number is ours now: an earlier program had it before.
        return run != _RUN
    if os.name != "posix":
        return False  # there, asking so would end the process
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
