"""A history that was exported comes in again; see export.py for the form it has."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from formcheck.capture.files import regular
from formcheck.history import rows
from formcheck.history.entry_checks import checked, strict_json
from formcheck.history.errors import HistoryError
from formcheck.history.export import END, SCHEMA, Entry, from_json
from formcheck.history.export import entries as every_entry
from formcheck.history.facade import History
from formcheck.history.kept_set import KeptSet
from formcheck.history.profiles import as_name
from formcheck.history.programmes import ending
from formcheck.history.sets import next_number
from formcheck.history.tables import (
    CircuitRow,
    EnrolmentRow,
    ProfileRow,
    ProgrammeRow,
    SetRow,
)
from formcheck.language import _, ngettext
from formcheck.training.programmes.programme import Programme

_SQLITE: Final = b"SQLite format 3\0"


@dataclass(slots=True)
class Imported:
    """What came of taking a file in. people: names; notes: sentences about the unexpected."""

    people: list[str] = field(default_factory=list)
    new_sets: int = 0
    known_sets: int = 0
    notes: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """It in words."""
        words = ngettext(
            "Imported {n} set for {names}.", "Imported {n} sets for {names}.", self.new_sets
        )
        text = words.format(n=self.new_sets, names=", ".join(self.people) or _("nobody"))
        if self.known_sets:
            here = ngettext("{n} was here already.", "{n} were here already.", self.known_sets)
            text += " " + here.format(n=self.known_sets)
        return " ".join([text, *self.notes])


def import_history(history: History, file: Path, *, into: str | None = None) -> Imported:
    """Take in what another history has: its JSON form, or a whole SQLite file.

    Joined by id: what is here already stays as it is, and twice is once. into: the id of
    the person whose all of it becomes; None = each their own, one with a name that is
    taken by another gets a number. All of it or nothing. Raises HistoryError.
    """
    try:
        regular(file)
        with file.open("rb") as source:
            start = source.read(len(_SQLITE))
    except OSError as error:
        raise HistoryError(
            _("{file} cannot be read: {why}.").format(file=file, why=error.strerror or error)
        ) from None
    if start == _SQLITE:
        with _opened_copy(file) as other:
            return join_entries(history, every_entry(other, None), into, file)
    with file.open(encoding="utf-8-sig") as text:
        return join_entries(history, read_entries(text, file), into, file)


@contextlib.contextmanager
def _opened_copy(file: Path) -> Iterator[History]:
    """The history in a copy of the file: the file itself is left as it is."""
    with tempfile.TemporaryDirectory(prefix="formcheck-") as folder:
        copy = Path(folder) / "history.db"
        address = f"{file.resolve().as_uri()}?mode=ro"
        try:
            with (
                contextlib.closing(sqlite3.connect(address, uri=True)) as source,
                contextlib.closing(sqlite3.connect(copy)) as target,
            ):
                made_of = source.execute("SELECT type, sql FROM sqlite_master").fetchall()
                if not made_of or any(_strange(*one) for one in made_of):
                    raise _wrong(file)
                source.backup(target)
            with contextlib.closing(History(f"sqlite:///{copy}")) as other:
                yield other
        except sqlite3.Error as error:
            raise HistoryError(
                _("{file} is damaged ({why}). Nothing was imported.").format(file=file, why=error)
            ) from None
        except HistoryError as error:
            # It is the file that cannot be read, not the history it was to come into.
            raise HistoryError(str(error).replace(str(copy), str(file))) from None


def _strange(kind: str, sql: str | None) -> bool:
    """Whether it is more than a table or its index: a view may have no end."""
    return kind not in ("table", "index") or " virtual " in (sql or "").lower()[:40]


def _wrong(file: Path) -> HistoryError:
    return HistoryError(
        _("{file} is not a history that formcheck exported. Choose another file.").format(file=file)
    )


def _damaged(file: Path, what: str) -> HistoryError:
    return HistoryError(
        _("{file} is damaged: {what}. Nothing was imported.").format(file=file, what=what)
    )


def read_entries(text: Iterable[str], file: Path) -> Iterator[Entry]:
    """The entries of the JSON form, a line at a time where it is as json_lines writes it."""
    lines = iter(text)
    try:
        first = next(lines, "")
        if not first.rstrip().endswith("["):
            # Somebody's editor laid it out anew.
            whole = strict_json(first + "".join(lines))
            yield from _known(whole, file)["entries"]
            return
        _known(json.loads(first + END), file)
        for number, line in enumerate(lines, 2):
            bare = line.strip()
            if bare == END:
                return
            if bare:
                try:
                    yield strict_json(bare.removesuffix(","))
                except ValueError:
                    raise _damaged(file, _("line {n} cannot be read").format(n=number)) from None
        raise _damaged(file, _("its end is missing"))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _wrong(file) from None


def _known(head: Any, file: Path) -> Mapping[str, Any]:
    schema = head.get("schema") if isinstance(head, dict) else None
    if schema == SCHEMA:
        return dict(head)
    if isinstance(schema, str) and schema.startswith(SCHEMA.split("/")[0] + "/"):
        raise HistoryError(
            _(
                "{file} was written by a newer formcheck ({version}). Update formcheck to import "
                "it."
            ).format(file=file, version=head.get("formcheck", "?"))
        )
    raise _wrong(file)


def join_entries(
    history: History, entries: Iterator[Entry], into: str | None, file: Path
) -> Imported:
    """Put entries into a history, all of them or none. Raises HistoryError."""
    with history.writing() as session:
        joining = _Joining(session, into)
        try:
            for entry in entries:
                joining.add(checked(entry))
                session.flush()
        except rows.DAMAGE as error:
            where = _("entry {n} cannot be understood ({why})").format(
                n=joining.number + 1, why=error
            )
            raise _damaged(file, where) from None
        return joining.result


class _Joining:
    """Puts entries into a history, one after the other."""

    def __init__(self, session: Session, into: str | None) -> None:
        self._session = session
        self._into = into
        self.result = Imported()
        #: How many entries were taken in until now.
        self.number = 0
        #: Who a person of the file is here.
        self._who: dict[str, str] = {}
        #: Circuits and enrolments of the file that are there.
        self._there: set[str] = set()
        if into is not None:
            person = session.get(ProfileRow, into)
            if person is None:
                raise HistoryError(_("The person it is imported for is not here any more."))
            self.result.people.append(person.name)

    def add(self, entry: Entry) -> None:
        """Take in one that was checked; raises one of rows.DAMAGE for what it names in vain."""
        {
            "programme": self._programme,
            "profile": self._profile,
            "enrolment": self._enrolment,
            "circuit": self._circuit,
            "set": self._set,
        }[entry["kind"]](entry)
        self.number += 1

    def _programme(self, entry: Entry) -> None:
        data = Programme.from_dict(entry["data"]).to_dict()
        there = self._session.get(ProgrammeRow, data["id"])
        if there is None:
            now_ms = rows.ms(rows.now())
            self._session.add(ProgrammeRow(id=data["id"], data=json.dumps(data), saved_ms=now_ms))
        elif from_json(there.data) != data:
            self.result.notes.append(
                _("Another programme with the id {id!r} is here already and stays.").format(
                    id=data["id"]
                )
            )

    def _profile(self, entry: Entry) -> None:
        key, name = entry["id"], as_name(entry["name"])
        if self._into is not None:
            self._who[key] = self._into
            return
        self._who[key] = key
        there = self._session.get(ProfileRow, key)
        if there is not None:
            self.result.people.append(there.name)
            return
        free = self._free(name)
        if free != name:
            self.result.notes.append(
                _(
                    "There is another {name!r} here: the one in the file is called {free!r} now."
                ).format(name=name, free=free)
            )
        created_ms = rows.ms(rows.moment(entry["created"]))
        self._session.add(ProfileRow(id=key, name=free, created_ms=created_ms))
        self.result.people.append(free)

    def _free(self, name: str) -> str:
        taken = {one.casefold() for one in self._session.scalars(select(ProfileRow.name))}
        free, number = name, 2
        while free.casefold() in taken:
            free, number = f"{name[:74]} {number}", number + 1
        return free

    def _enrolment(self, entry: Entry) -> None:
        key, person = entry["id"], self._who[entry["profile"]]
        self._there.add(key)
        if self._session.get(EnrolmentRow, key) is not None:
            return
        begun, since = rows.moment(entry["begun"]), rows.moment(entry["phase_since"])
        ended = None if entry["ended"] is None else rows.ms(rows.moment(entry["ended"]))
        if ended is None and not _readable(entry["programme"]):
            # What was done of it stays, but nobody can go on with it.
            ended = rows.ms(since)
            self.result.notes.append(_("A programme that cannot be read is not followed any more."))
        if ended is None:
            # One programme at a time: the one begun last goes on.
            active = select(EnrolmentRow).where(
                EnrolmentRow.profile_id == person, EnrolmentRow.ended_ms.is_(None)
            )
            latest = max((one.begun_ms for one in self._session.scalars(active)), default=0)
            if latest > rows.ms(begun):
                ended = latest
            else:
                self._session.execute(ending(person, begun))
        self._session.add(
            EnrolmentRow(
                id=key,
                profile_id=person,
                programme=json.dumps(entry["programme"] or {}),
                phase=entry["phase"],
                begun_ms=rows.ms(begun),
                phase_since_ms=rows.ms(since),
                ended_ms=ended,
                utc_offset_s=rows.offset_s(begun),
            )
        )

    def _circuit(self, entry: Entry) -> None:
        key, person = entry["id"], self._who[entry["profile"]]
        if entry["enrolment"] not in self._there:
            raise ValueError("a circuit of no programme")
        self._there.add(key)
        if self._session.get(CircuitRow, key) is not None:
            return
        begun = rows.moment(entry["begun"])
        ended = None if entry["ended"] is None else rows.ms(rows.moment(entry["ended"]))
        self._session.add(
            CircuitRow(
                id=key,
                profile_id=person,
                enrolment_id=entry["enrolment"],
                phase=entry["phase"],
                begun_ms=rows.ms(begun),
                utc_offset_s=rows.offset_s(begun),
                skipped=json.dumps(entry["skipped"] or []),
                ended_ms=ended,
                end_reason=entry["end_reason"],
                effort=entry["effort"],
            )
        )

    def _set(self, entry: Entry) -> None:
        kept = KeptSet.from_dict(entry)
        start = kept.start
        person = self._who[start.profile_id]
        there = self._session.get(SetRow, kept.id)
        if there is not None:
            self.result.known_sets += 1
            return
        self.result.new_sets += 1
        over = kept.finished
        ended_ms = None if kept.ended is None else rows.ms(kept.ended)
        report = entry["report"]
        circuit_id = start.circuit_id if start.circuit_id in self._there else None
        self._session.add(
            rows.set_row(
                replace(start, profile_id=person, circuit_id=circuit_id),
                number=next_number(self._session, person, start.when),
                clock_doubt=kept.clock_doubt,
                updated_ms=ended_ms or rows.ms(start.when),
                # Whoever wrote it does so no longer.
                ended_ms=ended_ms,
                duration_s=kept.duration_s,
                end_reason=kept.end_reason,
                not_assessed=json.dumps(report["summary"]["not_assessed"] if report else {}),
                model="" if over is None else over.report.model,
                formcheck_version=entry.get("formcheck", ""),
                report=None if report is None else json.dumps(report),
                trace=None if entry["trace"] is None else json.dumps(entry["trace"]),
                pain=kept.pain,
                pain_level=kept.pain_level,
                note=kept.note,
            )
        )
        self._session.flush()
        reps = kept.attempts if over is None else (*over.report.reps, *over.report.partials)
        self._session.add_all(rows.rep_row(kept.id, rep) for rep in reps)
        self._session.add_all(rows.picture_rows(kept.id, over.pictures if over else {}))


def _readable(programme: Any) -> bool:
    try:
        Programme.from_dict(programme or {})
    except ValueError:
        return False
    return True
