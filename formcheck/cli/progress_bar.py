"""How far an analysis has come, on the terminal."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from typing import IO, Any, Final

_PROGRESS_EVERY_S: Final = 0.1


def progress_bar(
    args: argparse.Namespace, what: str = "frames"
) -> contextlib.AbstractContextManager[ProgressBar | None]:
    """A bar on the terminal; None where there is no terminal, or it is to be quiet."""
    if args.quiet or not sys.stderr.isatty():
        return contextlib.nullcontext()
    return ProgressBar(sys.stderr, what)


class ProgressBar:
    """Frames (or what else it is) done, how many a second, and time left, on a terminal."""

    def __init__(self, file: IO[str], what: str = "frames") -> None:
        self._file, self._what = file, what
        self._progress: Any = None
        self._task: Any = None
        self._drawn = 0.0

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int | None, _seconds: float) -> None:
        """Draw it, not too often. done, total: frames; None = not known."""
        now = time.monotonic()
        if now - self._drawn < _PROGRESS_EVERY_S and done != total:
            return
        self._drawn = now
        if self._progress is None:
            # Only now: until here the model's own bar had the line.
            self._start(done, total)
        if total is not None and done > total:
            total = None  # the announced length was wrong
        rate = done / max(now - self._began, 1e-3)
        self._progress.update(
            self._task,
            completed=done,
            total=total,
            rate=f"{rate:.2g}" if rate < 1 else f"{rate:.0f}",
        )

    def _start(self, done: int, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._began = time.monotonic() - 1e-3
        self._progress = Progress(
            TextColumn("analyzing"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f} " + self._what + ", {task.fields[rate]}/s,"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(file=self._file),
            transient=True,
            auto_refresh=True,
            refresh_per_second=8,
        )
        self._task = self._progress.add_task("", total=total, completed=done, rate="-")
        self._progress.start()
