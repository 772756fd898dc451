"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: As a file to write: standard output.
STDOUT = Path("-")


def at_home(path: str | os.PathLike[str]) -> Path:
    """The path with ~ written out. One of nobody we know stays: there is no such file then."""
    return Path(os.path.expanduser(path))


def real(path: Path) -> Path:
    """The file it stands for, links followed; those in a circle are not. Raises OSError."""
    return Path(os.path.realpath(at_home(path)))


def regular(path: Path) -> None:
    """Raise OSError for what is no file with an end: a pipe, a device, a folder, nothing."""
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))


@contextmanager
def replacing(path: Path, *, mode: int = 0o644, sync: bool = False) -> Iterator[Path]:
    """A new file beside this one, to be written; it takes this one's place when all went well.

    path: replaced, or what it links to; its folder must be there. mode: of the new file.
    sync: it is on the disk, not only in its memory, before it counts. Whoever removes the new
    file gives it up: then the old one stays. Raises OSError.
    """
    target = real(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
        if made.exists():
            if sync:
                with made.open("rb+") as file:
                    os.fsync(file.fileno())
            made.chmod(mode)
            made.replace(target)
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)


def is_stream(path: Path) -> bool:
    """Whether it is there and not a file: a terminal, a pipe, /dev/null, or standard output."""
    return path == STDOUT or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def text_file(path: Path) -> Iterator[IO[str]]:
    """A text file (UTF-8, line ends as written) that is there when it is whole; raises OSError.

    What is_stream() is written as it comes.
    """
    if path == STDOUT:
        yield sys.stdout
        return
    with (
        contextlib.nullcontext(path) if is_stream(path) else replacing(path) as made,
        made.open("w", encoding="utf-8", newline="") as file,
    ):
        yield file
