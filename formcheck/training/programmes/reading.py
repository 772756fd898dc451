"""Programmes from YAML files and back; every problem is told with its line."""

from __future__ import annotations

import itertools
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from formcheck.language import N_, _, ngettext
from formcheck.language.told import FormcheckError
from formcheck.training.programmes.programme import Item, Phase, Programme, suggestion

#: Endings of the files that are understood.
KINDS: Final = ("yaml", "yml")
#: A programme is a page or two of text.
MOST_BYTES: Final = 64 * 1024
_MOST_PROBLEMS: Final = 20
_MOST_LOOKED_UP: Final = 25
_DEEPEST: Final = 12

_Path = tuple[str | int, ...]
_Problem = tuple[int, str]
_LineOf = Callable[[_Path], int]
_TEXT: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"
_SEQ: Final = "tag:yaml.org,2002:seq"
_BOM_16: Final = (b"\xff\xfe", b"\xfe\xff")


class ProgrammeError(FormcheckError, ValueError):
    """What is wrong with a programme's file: a line of text for each problem.

    A line is "my.yaml, line 12: there is no exercise 'clamshel'; did you mean 'clamshell'?".
    """


def read_programme_file(path: str | Path) -> Programme:
    """A programme from its YAML file. Raises ProgrammeError."""
    path = Path(path)
    try:
        if stat.S_IFMT(path.stat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise ProgrammeError(
                _("{path}: it is a pipe or a device, not a file.").format(path=path)
            )
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ProgrammeError(
            _("{path}: it cannot be read ({why}).").format(path=path, why=error.strerror or error)
        ) from None
    return read_programme(data, path.name)


def read_programme(text: str | bytes, name: str) -> Programme:
    """A programme from what its file holds.

    name: of the file; it stands in every problem. Bytes are taken as UTF-8. Raises
    ProgrammeError with all problems at once.
    """
    if name.lower().rpartition(".")[2] not in KINDS:
        raise ProgrammeError(_("{name}: a programme is a .yaml file.").format(name=name))
    text = _decoded(text, name)
    data, line_of, found = _read_yaml(text, name)
    if not isinstance(data, dict):
        words = _("a programme is a mapping with id, name and phases; there is {what}")
        raise _unreadable(name, 1, words.format(what=_("nothing") if data is None else _a(data)))
    more = 0
    try:
        programme = Programme.model_validate(data)
    except ValidationError as error:
        wrong = [one for one in error.errors() if _own(one)]
        # Finding the line of one takes a moment, and nobody reads a hundred of them.
        more = max(0, len(wrong) - _MOST_LOOKED_UP)
        unread = {line for line, _ in found}
        for one in wrong[:_MOST_LOOKED_UP]:
            # What could not be read is not what it should be, either: that is told once.
            if (line := line_of(one["loc"])) not in unread:
                found.append((line, _sentence(one)))
    if found:
        raise ProgrammeError(_told(name, found, more))
    return programme


def check_programme(data: Mapping[str, Any]) -> Programme:
    """A programme from plain data, as Programme.to_dict gives it.

    Raises ProgrammeError; a line is "phase 2, exercise 3: ...".
    """
    try:
        return Programme.model_validate(data)
    except ValidationError as error:
        found = [_where(one["loc"]) + _sentence(one) for one in error.errors() if _own(one)]
        raise ProgrammeError("\n".join(dict.fromkeys(found))) from None


def read_own(kept: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Programme], list[str]]:
    """Programmes as the history keeps them, by id; a sentence for each that cannot be read."""
    found, problems = {}, []
    for data in kept:
        try:
            programme = check_programme(data)
        except ProgrammeError as error:
            name = data.get("name", data.get("id", "?"))
            problems.append(
                _("Your programme “{name}” cannot be read: {why}").format(name=name, why=error)
            )
            continue
        found[programme.id] = programme
    return found, problems


def _unreadable(name: str, line: int, words: str) -> ProgrammeError:
    """The notation is broken: from this line on (from 1) nothing can be said."""
    return ProgrammeError(_told(name, [(line, words)]))


def _told(name: str, found: list[_Problem], more: int = 0) -> str:
    found = sorted(dict.fromkeys(found), key=lambda one: one[0])
    told = _("{name}, line {line}: {words}")
    lines = [
        told.format(name=name, line=line, words=words) for line, words in found[:_MOST_PROBLEMS]
    ]
    more += max(0, len(found) - _MOST_PROBLEMS)
    if more:
        words = ngettext("{name}: and {n} more problem", "{name}: and {n} more problems", more)
        lines.append(words.format(name=name, n=more))
    return "\n".join(lines)


def _decoded(text: str | bytes, name: str) -> str:
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise ProgrammeError(
            _("{name}: it has more than {most} kB: no programme.").format(
                name=name, most=MOST_BYTES // 1024
            )
        )
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 if text.startswith(_BOM_16) else text.count(b"\n", 0, error.start) + 1
        raise ProgrammeError(
            _("{name}, line {line}: this is not UTF-8 text; save the file as UTF-8").format(
                name=name, line=line
            )
        ) from None


# ---------------------------------------------------------------------------- YAML


def _read_yaml(text: str, name: str) -> tuple[Any, _LineOf, list[_Problem]]:
    """The data, the line of a place in it, and problems so far. Raises ProgrammeError."""
    try:
        # Looked through first: aliases can make a page into gigabytes.
        _plain_yaml(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # The end of the text may be marked a line after its last one.
        line = min(mark.line + 1 if mark else 1, max(1, len(text.splitlines())))
        raise _unreadable(name, line, _yaml_words(error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = _("there is a character that no text has")
        raise _unreadable(name, line, words) from None
    lines: dict[_Path, int] = {}
    problems: list[_Problem] = []
    data = None if node is None else _value(node, (), lines, problems)
    return data, lambda place: next(lines[p] for p in _places(place) if p in lines), problems


def _plain_yaml(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = 1 + (event.start_mark.line if event.start_mark else 0)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _unreadable(name, line, _("this is nested too deeply"))
        if isinstance(event, yaml.AliasEvent):
            words = _("'*{anchor}' is not followed; write it out").format(anchor=event.anchor)
            raise _unreadable(name, line, words)
        if tag := getattr(event, "tag", None):
            raise _unreadable(name, line, _("tags such as {tag!r} are not read").format(tag=tag))


def _value(node: yaml.Node, place: _Path, lines: dict[_Path, int], problems: list[_Problem]) -> Any:
    """The plain value of a node; notes the line of everything in it."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*place, i), lines, problems) for i, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            inside = (*place, key.value)
            if key.tag != _TEXT:
                words = _("{value} is no name of anything here").format(value=_short(key.value))
                problems.append((line, words))
            elif key.value in found:
                words = _("{value!r} is given twice; first in line {first}")
                problems.append((line, words.format(value=key.value, first=lines[inside])))
            else:
                lines[inside] = line
                found[key.value] = _value(value, inside, lines, problems)
        return found
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, yaml.YAMLError):
        # 2026-13-45, or a number of thousands of digits.
        words = _("{value} is not understood").format(value=_short(node.value))
        problems.append((node.start_mark.line + 1, words))
        return None


def _yaml_words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or _("it is broken")
    if "'\\t'" in problem:
        return _("there is a tab; indent with spaces")
    if "mapping values are not allowed" in problem:
        return _("there is a ':' where none can be; put text that has one in quotes")
    if isinstance(error, yaml.composer.ComposerError):
        return _("a second document begins here; a file holds one programme")
    return _("this is not YAML ({problem})").format(problem=problem)


# ------------------------------------------------------------------------- problems


def _places(place: _Path) -> Iterator[_Path]:
    """Where to look for a place: there, under 'ours' beside it, then what it is in."""
    while place:
        yield place
        yield (*place[:-1], "ours", place[-1])
        place = place[:-1]
    yield ()


def _where(place: _Path) -> str:
    """Where in a programme a place is: "phase 2, exercise 3: "."""
    names = {"phases": _("phase {n}"), "items": _("exercise {n}")}
    parts = [
        names[kind].format(n=number + 1)
        for kind, number in itertools.pairwise(place)
        if isinstance(number, int) and kind in names
    ]
    return f"{', '.join(parts)}: " if parts else ""


def _fields(place: _Path) -> Mapping[str, Any]:
    """The fields of what has a place in a programme."""
    if "items" in place[:-1]:
        return Item.model_fields
    return (Phase if "phases" in place[:-1] else Programme).model_fields


def _own(problem: ErrorDetails) -> bool:
    """Whether it is a problem of its own: a list is also too short without its wrong entries."""
    return problem["type"] != "too_short" or not problem["input"]


def _sentence(problem: ErrorDetails) -> str:
    """One of pydantic's problems in words for who wrote the file."""
    place, kind, given = problem["loc"], problem["type"], problem["input"]
    about = problem.get("ctx", {})
    name = next((step for step in reversed(place) if isinstance(step, str)), "")
    if kind == "value_error":
        return str(about["error"])
    if kind == "missing":
        if isinstance(place[-1], int):
            return _("{name!r} needs two numbers, like [2, 3]").format(name=name)
        return _("{name!r} is missing here").format(name=name)
    if kind == "extra_forbidden":
        known = [field for field in (*_fields(place), "ours") if field != "id" or len(place) == 1]
        return _("there is no {name!r} here").format(name=name) + suggestion(name, known)
    if name in ("phases", "items") and kind in ("model_type", "dict_type", *_LIST_KINDS):
        return _of_list(name, kind, given, isinstance(place[-1], int), about)
    if kind in _LIST_KINDS:
        return _("{name!r} needs two numbers, like [2, 3]").format(name=name)
    if kind in ("string_too_short", "string_too_long", "string_pattern_mismatch"):
        return _of_text(name, kind, given, about)
    words = _(_KINDS[kind]) if kind in _KINDS else _limit(problem)
    return _("{name!r} must be {words}, not {given}").format(
        name=name, words=words, given=_a(given)
    )


def _limit(problem: ErrorDetails) -> str:
    """The limit of a number in words; pydantic's own where it is another one."""
    for name, words in _LIMITS.items():
        if name in problem.get("ctx", {}):
            return _(words).format(n=problem["ctx"][name])
    return problem["msg"].removeprefix("Input should be ")


_LIMITS: Final = {
    "ge": N_("at least {n:g}"),
    "gt": N_("more than {n:g}"),
    "le": N_("at most {n:g}"),
}
_LIST_KINDS: Final = ("tuple_type", "too_short", "too_long")
#: What is needed, by pydantic's name for what is wrong.
_KINDS: Final = {
    "int_type": N_("a whole number"),
    "int_from_float": N_("a whole number"),
    "float_type": N_("a number"),
    "finite_number": N_("a number"),
    "bool_type": N_("true or false"),
    "string_type": N_("text"),
    "frozen_set_type": N_("a mapping"),
}


def _of_list(name: str, kind: str, given: Any, entry: bool, about: Mapping[str, Any]) -> str:
    """What is wrong with the phases or items, or with an entry of them."""
    if kind == "too_short":
        return _("{name!r} is empty").format(name=name)
    if kind == "too_long":
        return _("{name!r} has {n}, which is more than {most}").format(
            name=name, n=len(given), most=about["max_length"]
        )
    if not entry:
        return _("{name!r} is a list, not {given}").format(name=name, given=_a(given))
    what = {"phases": _("a phase with name and items"), "items": _("an item with its exercise")}
    return _("{what} is needed here, not {given}").format(what=what[name], given=_a(given))


def _of_text(name: str, kind: str, given: Any, about: Mapping[str, Any]) -> str:
    if kind == "string_too_short":
        return _("{name!r} is empty").format(name=name)
    if kind == "string_too_long":
        return _("{name!r} has at most {most} letters; this has {n}").format(
            name=name, most=about["max_length"], n=len(given)
        )
    return _("{name!r} is small letters, digits and _, a letter first, not {given}").format(
        name=name, given=_a(given)
    )


def _a(value: Any) -> str:
    """What kind of thing a value is."""
    if isinstance(value, Mapping):
        return _("a mapping")
    return _("a list") if isinstance(value, list) else _short(value)


def _short(value: Any) -> str:
    words = repr(value) if isinstance(value, str | int | float | bool) else str(value)
    return words if len(words) <= 40 else f"{words[:37]}..."


# -------------------------------------------------------------------------- writing


def write_programme(programme: Programme) -> str:
    """The programme as YAML; read_programme makes the same of it."""
    return yaml.dump(
        _written(programme), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )


def _written(data: BaseModel) -> dict[str, Any]:
    """What is set, in the order of the fields; what formcheck filled in under `ours`."""
    ours: frozenset[str] = getattr(data, "ours", frozenset())
    plain: dict[str, Any] = {}
    filled: dict[str, Any] = {}
    for name in type(data).model_fields:
        if name != "ours" and name in data.model_fields_set | ours:
            value = _plain(getattr(data, name))
            (filled if name in ours else plain)[name] = value
    if filled:
        plain["ours"] = _InLine(filled)
    for name in ("items", "phases"):
        if name in plain:
            # What they have in common is read before them.
            plain[name] = plain.pop(name)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        items = [_plain(one) for one in value]
        return items if value and isinstance(value[0], BaseModel) else _Pair(items)
    if isinstance(value, BaseModel):
        return _written(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class _InLine(dict[str, Any]):
    """A mapping that is written in one line."""


class _Pair(list[int]):
    """A list that is written in one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Some characters count as line breaks when read, and come back as blanks: written as \N.
    strange = any(not one.isprintable() and one != "\n" for one in text)
    return dumper.represent_scalar(_TEXT, text, style='"' if strange else None)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _InLine, lambda dumper, data: dumper.represent_mapping(_MAP, data, flow_style=True)
)
_Dumper.add_representer(
    _Pair, lambda dumper, data: dumper.represent_sequence(_SEQ, data, flow_style=True)
)
