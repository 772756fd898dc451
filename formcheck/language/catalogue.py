"""A catalogue of sentences: a .po file as gettext has it, read as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from gettext import c2py
from importlib.resources import files

_PLACE = re.compile(r"\{(\w*)(:?)[^{}]*\}")
#: The remark in a catalogue at sentences that are kept filled in.
KEPT = "kept filled in"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence. forms: singular, then plural; files: where it is used.

    kept: reports and the history have it with its placeholders filled in.
    """

    id: str
    plural: str
    forms: tuple[str, ...]
    files: tuple[str, ...]
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language by their English ones. form: which plural a number takes."""

    entries: dict[str, Entry]
    form: Callable[[int], int] = field(default=lambda number: int(number != 1))
    _patterns: list[tuple[re.Pattern[str], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        kept = [entry for entry in self.entries.values() if entry.kept]
        # The more words one has of its own, the surer it is.
        kept.sort(key=lambda entry: -len(_PLACE.sub("", entry.id)))
        self._patterns.extend((_pattern(entry.id), entry.forms[0]) for entry in kept)

    def sentence(self, english: str) -> str:
        """A sentence, also one whose placeholders are filled in; else as it is."""
        entry = self.entries.get(english)
        if entry is not None:
            return entry.forms[0] or english
        # A title at the beginning of a sentence, a name within one.
        entry = self.entries.get(english[:1].swapcase() + english[1:])
        if entry is not None and entry.forms[0]:
            return entry.forms[0][:1].swapcase() + entry.forms[0][1:]
        for pattern, other in self._patterns:
            if found := pattern.fullmatch(english):
                return _filled(other, {k: self.part(v) for k, v in found.groupdict().items()})
        return english

    def part(self, english: str) -> str:
        """What stands in place of a placeholder: words, a sentence, or several of them."""
        if "; " not in english and (words := self.sentence(english)) != english:
            return words
        for between in ("; ", ", ", " and "):
            if between in english:
                return self.sentence(between).join(map(self.part, english.split(between)))
        return self.sentence(english)

    def counted(self, one: str, many: str, number: int) -> str:
        """The form for so many."""
        entry = self.entries.get(one)
        if entry is None or len(entry.forms) < 2:
            return one if number == 1 else many
        return entry.forms[self.form(number)]


def read_po(text: str) -> Iterator[Entry]:
    """The entries of a .po file; its head is the one without an id."""
    for block in text.split("\n\n"):
        values: dict[str, str] = {}
        used: list[str] = []
        key, kept = "", False
        for line in block.splitlines():
            kept = kept or line == f"#. {KEPT}"
            if line.startswith("#:"):
                used += [place.rpartition(":")[0] or place for place in line[2:].split()]
            elif line.startswith('"'):
                values[key] += ast.literal_eval(line)
            elif line and not line.startswith("#"):
                key, _, value = line.partition(" ")
                values[key] = ast.literal_eval(value)
        if values:
            forms = tuple(value for key, value in values.items() if key.startswith("msgstr"))
            yield Entry(values["msgid"], values.get("msgid_plural", ""), forms, tuple(used), kept)


@cache
def catalogue(language: str) -> Catalogue:
    """That of a language; English is in the code, and its catalogue empty."""
    file = files(__package__) / f"{language}.po"
    if not file.is_file():
        return Catalogue({})
    entries = {entry.id: entry for entry in read_po(file.read_text(encoding="utf-8"))}
    head = entries.pop("").forms[0]
    plural = re.search(r"plural=([^;\n]+)", head)
    return Catalogue(entries, c2py(plural[1]) if plural else lambda number: int(number != 1))


def _filled(text: str, parts: dict[str, str]) -> str:
    """A text with parts that are words already in place of its placeholders."""
    return _PLACE.sub(lambda place: parts.get(place[1], place[0]), text)


def _pattern(english: str) -> re.Pattern[str]:
    """What a sentence looks like with its placeholders filled in."""
    out, at, seen = "", 0, set()
    for place in _PLACE.finditer(english):
        name = place[1]
        out += re.escape(english[at : place.start()])
        # What has a format is a number.
        part = r"[-+.,:\d]+%?" if place[2] or name == "n" else ".+?"
        out += f"(?P={name})" if name in seen else f"(?P<{name}>{part})"
        seen.add(name)
        at = place.end()
    return re.compile(out + re.escape(english[at:]), re.DOTALL)
