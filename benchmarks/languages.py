"""The catalogues of formcheck/language, brought up to date with the sentences in the code.

    python -m benchmarks.languages            rewrite them: new sentences empty, unused ones gone
    python -m benchmarks.languages --check    say what is missing, and end with 1

Sentences are found by gettext's marks in Python, templates and scripts (babel), in the pages'
HTML, in the programmes, and in the exercises, whose texts are translated where they are shown.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.signals import SIGNALS
from formcheck.language import LANGUAGES
from formcheck.language.catalogue import KEPT
from formcheck.language.catalogue import read_po as entries

PACKAGE = Path(__file__).resolve().parents[1] / "formcheck"
FOLDER = PACKAGE / "language"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "trans": None}
METHODS = {
    ".js": "javascript",
    ".html": "jinja2.ext:babel_extract",
    ".svg": "jinja2.ext:babel_extract",
}
#: In scripts, sentences stand within others, too: `${_("so")}`.
OPTIONS = {"parse_template_string": True}
#: Of an exercise and its faults what people read or hear.
_EXERCISE = ("name", "summary", "setup")
_FAULT = ("title", "cue", "other_cue", "remedy", "unseen", "unknown", "only_clear")
_HEAD = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
_PROGRAMME = ("name", "summary", "source", "move_on", "how", "pain")


Message = str | tuple[str, ...]


def sentences() -> Iterator[tuple[str, Message, bool]]:
    """(file below the package, sentence, whether it is kept filled in) of all there are.

    One that a number changes comes with its plural.
    """
    for file in sorted(PACKAGE.rglob("*")):
        name = file.relative_to(PACKAGE).as_posix()
        if file.suffix == ".py":
            yield from ((name, *found) for found in _in_code(file.read_text(encoding="utf-8")))
        elif name.startswith("web/frontend") and file.suffix == ".html":
            texts = Page.texts(file.read_text(encoding="utf-8"))
            yield from ((name, text, False) for text in texts)
        elif file.suffix in METHODS:
            data = io.BytesIO(file.read_bytes())
            found = extract(METHODS[file.suffix], data, KEYWORDS, options=OPTIONS)
            for _line, message, *_rest in found:
                yield name, message, False
        elif file.suffix == ".yaml":
            programme = _in_programme(yaml.safe_load(file.read_text(encoding="utf-8")))
            yield from ((name, text, False) for text in programme)
    yield from ((*found, False) for found in (*_in_exercises(), *_in_samples()))


def _in_code(code: str) -> Iterator[tuple[Message, bool]]:
    """The marked sentences of a module, also those inside of others; many() counts things."""
    for node in ast.walk(ast.parse(code)):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name not in ("_", "N_", "ngettext", "many"):
            continue
        arguments = node.args if isinstance(node, ast.Call) else []
        constants = (getattr(one, "value", None) for one in arguments)
        texts = [text for text in constants if isinstance(text, str)]
        if not texts:
            continue
        if name == "many":
            yield (f"{{n}} {texts[-1]}", f"{{n}} {texts[-1]}s"), False
        elif name == "ngettext":
            yield (texts[0], texts[1]), False
        else:
            yield texts[0], name == "N_" and "{" in texts[0]


def _in_samples() -> Iterator[tuple[str, str]]:
    for file in sorted((PACKAGE.parent / "sample_videos").glob("*.json")):
        yield file.name, json.loads(file.read_text(encoding="utf-8"))["shows"]


def _in_exercises() -> Iterator[tuple[str, str]]:
    for exercise in EXERCISES.values():
        file = f"engine/exercises/{exercise.id}.py"
        texts = [getattr(exercise, name) for name in _EXERCISE]
        for rule in exercise.faults:
            texts += [getattr(rule, name) for name in _FAULT]
            texts += [*(rule.directions or ())]
        yield from ((file, text) for text in texts if text)
    for signal in SIGNALS.values():
        yield from (("engine/signals", text) for text in (signal.short, signal.title))


def _in_programme(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key in _PROGRAMME and isinstance(value, str):
                yield value.strip()
            yield from _in_programme(value)
    elif isinstance(data, list):
        for one in data:
            yield from _in_programme(one)


class Page(HTMLParser):
    """The texts of a page's HTML: what stands between its marks, and what is read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def texts(cls, html: str) -> list[str]:
        page = cls()
        page.feed(html)
        return page.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [v for k, v in attrs if k in ("title", "aria-label", "alt") and v]

    def handle_data(self, data: str) -> None:
        if re.search("[A-Za-z]", data):
            self.found.append(" ".join(data.split()))


def template() -> Catalog:
    """All sentences of the code, without translations."""
    catalog = Catalog(project="formcheck", fuzzy=False)
    for file, message, kept in sentences():
        if message:
            comments = [KEPT] if kept else []
            catalog.add(message, locations=[(file, 0)], auto_comments=comments)
    return catalog


def updated(language: str, wanted: Catalog) -> tuple[Catalog, bytes]:
    """The catalogue of a language with the sentences of the code, and its file's text."""
    file = FOLDER / f"{language}.po"
    head = _HEAD.format(language=language).encode()
    known = file.read_bytes() if file.is_file() else head
    catalog = read_po(io.BytesIO(known), locale=language)
    catalog.update(wanted, no_fuzzy_matching=True)
    lines = io.BytesIO()
    options = {"ignore_obsolete": True, "include_lineno": False, "omit_header": True}
    write_po(lines, catalog, width=100, sort_output=True, **options)
    return catalog, head + b"\n" + lines.getvalue().lstrip(b"\n")


def problems(language: str, wanted: Catalog) -> list[str]:
    """What is wrong with the catalogue of a language, in sentences."""
    catalog, text = updated(language, wanted)
    found = []
    for message in catalog:
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else message.id
        forms = (message.string,) if isinstance(message.string, str) else message.string or ("",)
        if not all(forms):
            found.append(f"{language}: not translated: {ids[0]!r}")
            continue
        names = places(ids[-1])
        found += [
            f"{language}: other placeholders in {form!r} than in {ids[-1]!r}"
            for form in forms
            if places(form) != names and not (len(ids) > 1 and places(form) < names)
        ]
    if used((FOLDER / f"{language}.po").read_bytes()) != used(text):
        found.append(f"{language}.po is not up to date: run python -m benchmarks.languages")
    return found


def used(text: bytes) -> dict[str, tuple[bool, list[str]]]:
    """The sentences of a catalogue with what matters of where they are used."""
    return {
        entry.id: (entry.kept, [file for file in entry.files if "frontend" in file])
        for entry in entries(text.decode())
    }


def places(text: str) -> set[str]:
    """The names of a sentence's placeholders."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    wanted = template()
    found = []
    for language in LANGUAGES.keys() - {"en"}:
        if not check:
            (FOLDER / f"{language}.po").write_bytes(updated(language, wanted)[1])
        found += problems(language, wanted)
    print("\n".join(found) or f"{len(wanted)} sentences, all translated")
    if check and found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
