"""What ends the program from outside: Ctrl-C, `kill`, a terminal that is closed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

# Windows has no SIGHUP.
_OTHERS: Final = tuple(getattr(signal, n) for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n))


@contextmanager
def ends_as_by_ctrl_c() -> Iterator[None]:
    """Have `kill` and a terminal that is closed raise KeyboardInterrupt, too.

    By itself either ends the program where it is, with half-written files left behind.
    Whoever ignores them (nohup) goes on doing so.
    """
    mine = [n for n in _OTHERS if _in_main_thread() and signal.getsignal(n) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, or what ends the program likewise; a second stops it at once.

    Python raises KeyboardInterrupt between any two instructions, also in the
    middle of a rep's bookkeeping; the event is looked at between two frames.
    """
    asked = threading.Event()
    if not _in_main_thread():
        yield asked
        return

    def first(_number: int, _frame: Any) -> None:
        asked.set()
        for number in before:
            signal.signal(number, signal.default_int_handler)

    before = {signal.SIGINT: signal.getsignal(signal.SIGINT)}
    before |= {
        n: signal.default_int_handler
        for n in _OTHERS
        if signal.getsignal(n) is signal.default_int_handler
    }
    for number in before:
        signal.signal(number, first)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _in_main_thread() -> bool:
    """Signals are taken there alone."""
    return threading.current_thread() is threading.main_thread()
