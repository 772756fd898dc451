"""The language in which people are spoken to.

Every sentence that is shown or said stands in English in the code, marked by _() where it is
used, or by N_() where it is written down earlier than it is used: exercises, programmes, the
engine's reports. What is kept is English; it is translated where it is shown or said. The other
languages are the .po files beside this module (CONTRIBUTING.md, Languages).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from typing import TypeVar

from formcheck.language.catalogue import catalogue

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "chosen",
    "date_words",
    "in_this_language",
    "language",
    "listed",
    "ngettext",
    "short_months",
    "spoken_in",
    "use",
    "weekdays",
    "words_of",
]


def N_(text: str) -> str:  # noqa: N802 - gettext's name for it
    """Mark a sentence that is translated later."""
    return text


#: The languages there are, as their speakers call them.
LANGUAGES = {"en": "English", "es": "Español"}
_MONTHS = N_(
    "January, February, March, April, May, June, July, August, September, October, November, "
    "December"
)
_SHORT_MONTHS = N_("Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec")
_WEEKDAYS = N_("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
T = TypeVar("T")
_CURRENT: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The language of this thread (or task), "en" until another one is used."""
    return _CURRENT.get()


def use(code: str) -> None:
    """Speak this language from now on in this thread; one that there is not is English."""
    _CURRENT.set(code if code in LANGUAGES else "en")


@contextmanager
def spoken_in(code: str) -> Iterator[None]:
    """Speak this language meanwhile."""
    before = language()
    use(code)
    try:
        yield
    finally:
        use(before)


def in_this_language(call: Callable[[], T]) -> Callable[[], T]:
    """The same call, for another thread: it speaks the language that is spoken here now."""
    code = language()

    def speaking() -> T:
        with spoken_in(code):
            return call()

    return speaking


def chosen(wishes: Iterable[str]) -> str:
    """The first language we have of those wished for ("es-MX", "es_ES.UTF-8"); else "en"."""
    codes = (re.split(r"[-_.]", wish.strip().lower())[0] for wish in wishes)
    return next((code for code in codes if code in LANGUAGES), "en")


def _(text: str) -> str:
    """A sentence in the language of this thread; its placeholders may be filled in already."""
    return _translated(text, language()) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form for so many, {n} still to be filled in."""
    return catalogue(language()).counted(one, many, number)


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Words one after the other: "a, b and c"; joint: and, or."""
    *first, last = words
    between = {"and": _(" and "), "or": _(" or ")}[joint]
    return f"{', '.join(first)}{between}{last}" if first else last


def date_words(day: date, *, weekday: bool = False, year: bool = True, short: bool = False) -> str:
    """A day as it is written: 3 March 2026; short: 3 Mar."""
    month = _(_SHORT_MONTHS if short else _MONTHS).split(", ")[day.month - 1]
    words = _("{day} {month} {year}") if year else _("{day} {month}")
    if short:
        words = "{day} {month} {year}" if year else "{day} {month}"
    words = words.format(day=day.day, month=month, year=day.year)
    return f"{weekdays()[day.weekday()]} {words}" if weekday else words


def short_months() -> list[str]:
    """Their short names, January first."""
    return _(_SHORT_MONTHS).split(", ")


def weekdays() -> list[str]:
    """Their names, Monday first."""
    return _(_WEEKDAYS).split(", ")


def words_of(folder: str) -> dict[str, list[str]]:
    """The sentences used by the scripts in a folder, by their English ones: their forms."""
    entries = catalogue(language()).entries.values()
    return {
        entry.id: list(entry.forms)
        for entry in entries
        if any(folder in file and file.endswith((".js", ".html")) for file in entry.files)
    }


@lru_cache(maxsize=4096)
def _translated(text: str, code: str) -> str:
    return catalogue(code).sentence(text)
