"""Whose data: where several people log in to one server, each has folders of their own.

By default there is one person's data, or one household's, on a computer, in one folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_NAMED: ContextVar[str | None] = ContextVar("whose", default=None)
_asked: Callable[[], str] = str


@contextmanager
def named(person: str) -> Iterator[None]:
    """Meanwhile, in this thread, the data are this person's: a word for a folder; "" = all's."""
    token = _NAMED.set(person)
    try:
        yield
    finally:
        _NAMED.reset(token)


def ask(who: Callable[[], str]) -> None:
    """Ask this, in the thread it is about, where nobody was named."""
    global _asked
    _asked = who


def whose() -> str:
    """Whose data they are now; "" = of the computer."""
    named = _NAMED.get()
    return _asked() if named is None else named


def part_of(folder: Path) -> Path:
    """The part of a folder that is theirs."""
    person = whose()
    return folder / "people" / person if person else folder
