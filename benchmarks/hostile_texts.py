"""Hostile texts: programmes, imports, outputs and the program's own files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.hostile_recordings import POSES, Case, Make, analyse, places


def texts() -> Iterator[Case]:
    """Those that are read, and those that are to be written."""
    yield from _programmes()
    yield from _imports()
    yield from _outputs()
    yield from _own_files()


# -------------------------------------------------------------------------- programmes

_GOOD = "id: mine\nname: Mine\nphases:\n  - name: One\n    items:\n      - exercise: squat\n"


def _programmes() -> Iterator[Case]:
    texts: dict[str, str | bytes] = {
        "empty": "",
        "an equals sign": "=",
        "equals as a value": _GOOD.replace("Mine", "="),
        "a merge key": _GOOD + "<<: x\n",
        "5,000 digits": _GOOD + f"        reps: {'9' * 5000}\n",
        "an infinite hold": _GOOD + "        hold_s: .inf\n",
        "a hold of NaN": _GOOD + "        hold_s: .nan\n",
        "a month of 13": _GOOD.replace("Mine", "2026-13-45"),
        "base 60": _GOOD + "        reps: 1:30:00\n",
        "binary": _GOOD.replace("Mine", "!!binary aGk="),
        "python": "!!python/object/apply:os.system ['true']",
        "an alias": "a: &a [1]\nb: *a\n",
        "a bomb of aliases": "a: &a [x,x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
        ),
        "nested lists": "[" * 4000,
        "nested mappings": "{a: " * 4000,
        "nested by indents": "".join(" " * n + f"a{n}:\n" for n in range(200)),
        "many keys": "".join(f"k{n}: {n}\n" for n in range(5000)),
        "much text": "name: " + "x" * 200_000,
        "tabs": _GOOD.replace("  ", "\t"),
        "two documents": _GOOD + "---\n" + _GOOD,
        "no mapping": "- 1\n- 2\n",
        "an open quote": 'name: "x',
        "Latin-1": "name: \xe4".encode("latin-1"),
        "UTF-16": _GOOD.encode("utf-16"),
        "UTF-32": _GOOD.encode("utf-32"),
        "zeros": bytes(1000),
        "control characters": b"name: \x01\x02\x1b[31m\n",
        "a lone surrogate": b"name: \xed\xa0\x80\n",
        "binary noise": np.random.default_rng(3).bytes(4000),
        "a thousand phases": _GOOD.partition("  - name")[0] + "  - {name: a, items: []}\n" * 1000,
        "a huge id": _GOOD.replace("mine", "m" * 5000),
        "an id that is a path": _GOOD.replace("mine", "../../etc"),
        "an unknown exercise": _GOOD.replace("squat", "x" * 300),
        "wrong types": _GOOD.replace("Mine", "[1, {a: b}]"),
        "null everywhere": "id:\nname:\nphases:\n",
        "a comment of escapes": "# \x1b]0;x\x07\n" + _GOOD,
    }
    for name, text in texts.items():
        data = text if isinstance(text, bytes) else text.encode()
        yield Case("programme", name, _programme_file(data, "validate"))
    escapes = _GOOD.replace("Mine", '"\\e[31mred\\e]0;x\\a"')
    for command in ("show", "start", "validate"):
        make = _programme_file(escapes.encode(), command)
        yield Case("programme", f"escape sequences in a name: {command}", make, None)
    for name, place in places("yaml").items():
        yield Case("programme", name, _instead(place, "programme", "validate"))


def _programme_file(data: bytes, command: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / "a.yaml").write_bytes(data)
        more = [["today"], ["programme", "list"]] if command == "start" else []
        return [["programme", command, "a.yaml"], *more]

    return make


def _instead(make: Make, *command: str) -> Make:
    """The same place for another command."""

    def other(folder: Path) -> list[list[str]]:
        return [[*command, make(folder)[0][1]]]

    return other


# ----------------------------------------------------------------------------- imports

#: What nobody exports: each is put into each field.
_NASTY: tuple[tuple[str, str], ...] = (
    ("NaN", "NaN"),
    ("an infinite number", "1e999"),
    ("a huge number", "9" * 30),
    ("a negative one", "-7"),
    ("a text", '"x"'),
    ("an escape", '"\\u001b[31mred"'),
    ("null", "null"),
    ("a list", "[[1]]"),
    ("a mapping", '{"a": {"b": 1}}'),
    ("an old moment", '"0001-01-01T00:00:00+23:59"'),
    ("a late moment", '"9999-12-31T23:59:59-23:59"'),
)


def _imports() -> Iterator[Case]:
    lines = _exported()
    fields = [
        (number, key)
        for number, line in enumerate(lines)
        for key in json.loads(line)
        if key != "kind"
    ]
    for number, key in fields:
        kind = json.loads(lines[number])["kind"]
        for what, value in _NASTY:
            entry = json.loads(lines[number])
            entry[key] = "@"
            spoiled = list(lines)
            spoiled[number] = json.dumps(entry).replace('"@"', value)
            yield Case("import", f"{kind}.{key}: {what}", _import(_history(spoiled)), None)
    report = next(n for n, line in enumerate(lines) if json.loads(line).get("report"))
    for key in ("rom_deg", "start_s", "faults", "side", "severity", "value", "reps", "exercise"):
        for what, value in _NASTY:
            spoiled = list(lines)
            spoiled[report] = _replaced(lines[report], key, value)
            yield Case("import", f"report's {key}: {what}", _import(_history(spoiled)), None)
    whole = _history(lines)
    for name, text in {
        "nothing is wrong": whole,
        "cut": whole[: len(whole) // 2],
        "nested": whole.replace('"kind"', f'"x": {"[" * 100_000}, "kind"', 1),
        "no history": '{"a": 1}',
        "a list": "[]",
        "twice": whole.replace("\n]}", ",\n" + lines[0] + "\n]}"),
        "out of order": _history(lines[::-1]),
        "of a later version": whole.replace("history/1", "history/9"),
        "empty": "",
    }.items():
        good = False if name in ("nothing is wrong", "twice") else None
        yield Case("import", name, _import(text), good)
    for name, make in places("json").items():
        yield Case("import", name, _instead(make, "history", "import"))


def _exported() -> list[str]:
    """The entries of the history that the tests begin with, a line of JSON each."""
    from datetime import date

    from formcheck.history import History
    from formcheck.history.export import json_lines
    from formcheck.history.sample_history import seed

    with tempfile.TemporaryDirectory() as folder:
        history = History(f"sqlite:///{folder}/h.db")
        seed(history, date(2026, 3, 2))
        lines = list(json_lines(history))[1:-1]
        history.close()
    found: dict[str, str] = {}
    for line in lines:
        bare = line.removeprefix(",\n")
        entry = json.loads(bare)
        found.setdefault(f"{entry['kind']}{bool(entry.get('report'))}", bare)
    kept = list(found.values())
    known = {entry["id"] for entry in map(json.loads, kept) if "id" in entry}
    for number, line in enumerate(kept):
        entry = json.loads(line)
        if entry.get("circuit") not in known:
            kept[number] = json.dumps({**entry, "circuit": None}) if "circuit" in entry else line
    return kept


def _replaced(line: str, key: str, value: str) -> str:
    before, found, after = line.partition(f'"{key}": ')
    if not found:
        return line
    _, end = json.JSONDecoder().raw_decode(after)
    return before + found + value + after[end:]


def _history(lines: Sequence[str]) -> str:
    head = '{"schema": "formcheck.history/1", "formcheck": "0", "written": "", "entries": [\n'
    return head + ",\n".join(lines) + "\n]}\n"


def _import(text: str) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / "a.json").write_text(text, encoding="utf-8")
        return [
            ["history", "import", "a.json"],
            ["profiles"],
            ["today"],
            ["history"],
            ["history", "export", "b.json"],
        ]

    return make


# ----------------------------------------------------------------------------- outputs


def _outputs() -> Iterator[Case]:
    def poses(*more: str) -> Make:
        def make(folder: Path) -> list[list[str]]:
            shutil.copy(POSES, folder / "a.npz")
            (folder / "data").mkdir()
            return [analyse("a.npz", *more)]

        return make

    def linked(folder: Path) -> list[list[str]]:
        (folder / "x.json").write_text("{}")
        os.link(folder / "x.json", folder / "x.csv")
        return list(map(list, poses("--json", "x.json", "--reps-csv", "x.csv")(folder)))

    def over_history(folder: Path) -> list[list[str]]:
        poses()(folder)
        return [["profiles", "add", "Ann"], analyse("a.npz", "--json", "data/history.db")]

    def over_itself(folder: Path) -> list[list[str]]:
        poses()(folder)
        os.link(folder / "a.npz", folder / "b.npz")
        return [analyse("a.npz", "--poses", "b.npz")]

    yield Case("output", "two names of one file", linked)
    yield Case("output", "over the history", over_history)
    yield Case("output", "over the recording", over_itself)
    for option in ("--json", "--html", "--reps-csv", "--csv", "--poses"):
        ending = {"--poses": "npz"}.get(option, "txt")
        for name, path in {
            "a full device": "/dev/full",
            "a folder": "data",
            "a folder that is not there": f"no/where.{ending}",
            "nobody's home": f"~nobody-at-all/a.{ending}",
            "a name too long": "a" * 300 + f".{ending}",
            "nothing": "",
        }.items():
            yield Case("output", f"{option}: {name}", poses(option, path))


# --------------------------------------------------------------------- the program's own


def _own_files() -> Iterator[Case]:
    texts = {
        "empty": "",
        "nested": "[" * 200_000,
        "digits": f'{{"units": {"9" * 5000}}}',
        "no mapping": "[1]",
        "wrong types": '{"units": [], "model": {}, "profile": 1}',
        "noise": np.random.default_rng(5).bytes(500).decode("latin-1"),
    }
    for name, text in texts.items():
        for file in ("config/settings.json", "data/unsaved/a.json"):
            for command in (["today"], ["profiles"], ["history"]):
                what = f"{file}: {name}: {' '.join(command)}"
                yield Case("own file", what, _own(file, text, command), None)
    for name, make in places("json").items():
        yield Case("own file", f"settings, {name}", _settings_at(make), None)


def _own(file: str, text: str, command: list[str]) -> Make:
    def make(folder: Path) -> list[list[str]]:
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(text, encoding="utf-8")
        return [["profiles", "add", "Ann"], command]

    return make


def _settings_at(place: Make) -> Make:
    def make(folder: Path) -> list[list[str]]:
        file = folder / place(folder)[0][1]
        (folder / "config").mkdir()
        with contextlib.suppress(OSError):
            (folder / "config" / "settings.json").symlink_to(file)
        return [["profiles"]]

    return make
