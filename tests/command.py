"""The formcheck command, run in this process: quick, and as a person sees it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from formcheck.cli import main


@dataclass(frozen=True)
class Done:
    """What a run left: its exit code and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class Keyboard(io.StringIO):
    """A terminal at which somebody answers."""

    def isatty(self) -> bool:
        return True


def formcheck(*args: object, answer: str | None = None, cwd: Path | None = None) -> Done:
    """Run a command. answer: what is typed when it asks; None = nobody is there."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    given = io.StringIO() if answer is None else Keyboard(f"{answer}\n")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _stdin(given),
        contextlib.chdir(cwd or os.getcwd()),
    ):
        try:
            code = main([str(arg) for arg in args])
        except SystemExit as end:  # of argparse, after --help and --version
            code = int(end.code or 0)
    return Done(code, _read(out), _read(err))


def one_sentence(done: Done, code: int) -> str:
    """Stderr of a failed run: one sentence, no traceback, nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("formcheck: ")
    assert lines[0][-1] in ".'?", lines[0]
    return lines[0]


def fits(text: str, columns: int = 80) -> bool:
    """Whether a text is plain, and no line of it is too long or ends with blanks."""
    lines = text.splitlines()
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in lines)
    return max(map(len, lines), default=0) <= columns


@contextlib.contextmanager
def _stdin(given: io.StringIO) -> Iterator[None]:
    before, sys.stdin = sys.stdin, given
    try:
        yield
    finally:
        sys.stdin = before


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    data: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return data.decode("utf-8")


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A history and settings of the test's own."""
    monkeypatch.setenv("FORMCHECK_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FORMCHECK_DATABASE", raising=False)
    return tmp_path
