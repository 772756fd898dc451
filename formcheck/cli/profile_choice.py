"""Whose history a command is about, and opening it."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formcheck.cli.common import USAGE, Failure
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.history import History, Profile


def profile_argument(parser: argparse.ArgumentParser, *, inner: bool = False) -> None:
    """The option --profile. inner: the parser is inside of another one that has it, too."""
    kept: dict[str, Any] = {"default": argparse.SUPPRESS} if inner else {}
    parser.add_argument(
        "--profile", metavar="NAME", help="whose (without it: who was chosen last)", **kept
    )


@contextlib.contextmanager
def open_history(folder: Path | None = None) -> Iterator[History]:
    """The history, with what could not be written to it when it was done. Raises HistoryError.

    folder: the one it is in, in place of where it usually is.
    """
    from formcheck.history import History
    from formcheck.history.unsaved import import_unsaved

    address = f"sqlite:///{folder / 'history.db'}" if folder else None
    with contextlib.closing(History(address)) as history:
        for problem in import_unsaved(history) if folder is None else ():
            print(f"formcheck: {_(problem)}", file=sys.stderr)
        yield history


def named(history: History, name: str) -> Profile:
    """The person of that name; refuses where nobody has it."""
    people = history.profiles()
    wanted = " ".join(name.split()).casefold()
    for one in people:
        if one.name.casefold() == wanted:
            return one
    there = (
        _("there is {names}").format(names=", ".join(one.name for one in people))
        if people
        else _("nobody is there yet")
    )
    raise Failure(
        _(
            "Nobody in the history is named {name!r}; {there}. A person is added "
            "with: formcheck profiles add NAME."
        ).format(name=name, there=there),
        USAGE,
    )


def find_profile(history: History, name: str | None = None) -> Profile | None:
    """The person named, else who was chosen last, else the first; None = nobody is there."""
    from formcheck.history.settings import load_settings

    if name is not None:
        return named(history, name)
    people = history.profiles()
    last = load_settings().profile
    return next((one for one in people if one.id == last), people[0] if people else None)


def profile_for(history: History, name: str | None = None) -> Profile:
    """As find_profile; where nobody is there yet, the first one is made."""
    from formcheck.training.records import FIRST_NAME

    return find_profile(history, name) or history.add_profile(FIRST_NAME)
