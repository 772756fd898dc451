"""The files that an analysis writes: whether they can be, and writing them whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Final

from formcheck.capture.files import STDOUT, is_stream, real, text_file
from formcheck.language import N_
from formcheck.language.told import FormcheckError

#: What only a file can hold, with the endings it may have; the first is written.
_DATABASE: Final = b"SQLite format 3\0"
_BINARY: Final = {
    "video": (".mp4", ".m4v", ""),
    "share": (".mp4", ".m4v", ""),
    "poses": (".npz",),
}


class OutputError(FormcheckError):
    """A file asked for cannot be written; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files to write besides the report that is returned; None = not wanted.

    Texts may go to standard output, named "-".
    """

    json: Path | None = None
    csv: Path | None = None
    video: Path | None = None
    share: Path | None = None
    poses: Path | None = None
    html: Path | None = None
    reps_csv: Path | None = None

    def check(self, source: Path) -> None:
        """Raise OutputError when one of them cannot be written, before any work is done."""
        seen: dict[Path, str] = {}
        for field in fields(self):
            path: Path | None = getattr(self, field.name)
            name = field.name.replace("_", "-")
            if path is None:
                continue
            try:
                self._check(name, path, source, seen)
            except OSError as error:
                reason = error.strerror or error
                raise OutputError(
                    N_("--{name} {path} cannot be written: {why}.").format(
                        name=name, path=path, why=reason
                    )
                ) from None

    @staticmethod
    def _check(name: str, path: Path, source: Path, seen: dict[Path, str]) -> None:
        # A terminal or a pipe takes several texts, one after another; so does standard output.
        resolved = path if path == STDOUT else real(path)
        if source.exists() and path.exists() and source.samefile(path):
            raise OutputError(
                N_(
                    "--{name} {path} is the recording itself; name another file to write to."
                ).format(name=name, path=path)
            )
        for other, its in seen.items():
            there = resolved.exists() and other.exists()
            same = resolved == other or (there and resolved.samefile(other))
            if same and (resolved == STDOUT or not is_stream(resolved)):
                raise OutputError(
                    N_("--{name} and --{other} both name {path}; give each its own file.").format(
                        name=name, other=its, path=path
                    )
                )
        seen[resolved] = name
        _check_ending(name, path)
        if resolved != STDOUT:
            _check_writable(name, resolved)


def _check_ending(name: str, path: Path) -> None:
    endings = _BINARY.get(name)
    if endings is None:
        return
    if path == STDOUT:
        raise OutputError(
            N_("--{name} needs a file; only texts can go to standard output.").format(name=name)
        )
    if not is_stream(path) and path.suffix.lower() not in endings:
        raise OutputError(
            N_(
                "--{name} {path} cannot be written: only {ending} is made; name it {stem}{ending}."
            ).format(name=name, path=path, ending=endings[0], stem=path.stem or "recording")
        )


def _check_writable(name: str, path: Path) -> None:
    if path.is_dir():
        raise OutputError(
            N_("--{name} {path} is a folder; name a file in it.").format(name=name, path=path)
        )
    if is_stream(path):
        if name in _BINARY:
            raise OutputError(
                N_("--{name} {path} is not a file; an mp4 or npz needs a real one.").format(
                    name=name, path=path
                )
            )
        return
    if not path.parent.is_dir():
        raise OutputError(
            N_(
                "--{name} {path} cannot be written: there is no folder {folder}; make it first."
            ).format(name=name, path=path, folder=path.parent)
        )
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError(
            N_(
                "--{name} {path} cannot be written: the file is read-only; name another one or "
                "change its permissions."
            ).format(name=name, path=path)
        )
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(_DATABASE)) == _DATABASE:
                raise OutputError(
                    N_(
                        "--{name} {path} is a database, such as a history; name another file."
                    ).format(name=name, path=path)
                )
    try:
        # The only honest test of a folder is to write in it.
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise OutputError(
            N_(
                "--{name} {path} cannot be written: {why}; name a file in a folder that you "
                "may write to."
            ).format(name=name, path=path, why=error.strerror or error)
        ) from None


@contextmanager
def output_file(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the target's place when it is whole; raises OutputError."""
    try:
        with text_file(path) as file:
            yield file
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        raise
    except OSError as error:
        raise OutputError(
            N_("{path} cannot be written: {why}.").format(path=path, why=error.strerror or error)
        ) from None
