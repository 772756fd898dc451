"""Weeks of training that nobody did, to try the pages and take pictures of them."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from formcheck.history.export import Entry
from formcheck.history.facade import History
from formcheck.history.importing import join_entries, read_entries
from formcheck.history.rows import new_id
from formcheck.training.records import Profile

#: An export of the weeks, which benchmarks/sample_history.py made.
FILE: Final = Path(__file__).with_name("sample_history.json.xz")
#: The day after the last one in it.
TODAY: Final = date(2026, 3, 2)

_MOMENTS: Final = ("begun", "ended", "phase_since", "when")
_IDS: Final = ("circuit", "enrolment", "id", "profile")


def seed(history: History, today: date, *, name: str = "Demo") -> Profile:
    """A made-up person with a made-up past that ends yesterday, in place of an earlier one.

    The name says that it is made up. Raises HistoryError.
    """
    full_name = f"{name} (made up)"
    for profile in history.profiles():
        if profile.name == full_name:
            history.delete_profile(profile.id)
    with lzma.open(FILE, "rt", encoding="utf-8") as text:
        join_entries(history, _moved(read_entries(text, FILE), today, full_name), None, FILE)
    return next(one for one in history.profiles() if one.name == full_name)


def _moved(entries: Iterator[Entry], today: date, name: str) -> Iterator[Entry]:
    """The same at the same times of day before today, by somebody else."""
    ids: dict[str, str] = {}

    def moved(key: str, value: Any) -> Any:
        if value is None:
            return None
        if key in _IDS:
            return ids.setdefault(value, new_id())
        if key in _MOMENTS:
            clock = datetime.fromisoformat(value).replace(tzinfo=None) + (today - TODAY)
            return clock.astimezone().isoformat(timespec="milliseconds")
        return value

    for entry in entries:
        if entry["kind"] == "profile":
            # Who is made up comes after everybody who is here already.
            entry |= {"name": name, "created": datetime.now().astimezone().isoformat()}
        yield {key: moved(key, value) for key, value in entry.items()}
