"""The history out of the database: to keep a copy, or to move to another computer.

The JSON form has all there is. It is one JSON document, one entry a line, so that it can be
written and read piece by piece however long it is:

    {"schema": "formcheck.history/1", "formcheck": "0.1.0", "written": "...", "entries": [
    {"kind": "programme", "data": {...}},
    {"kind": "profile", "id": "...", "name": "...", "created": "..."},
    {"kind": "enrolment", "id": "...", "profile": "...", "programme": {...}, "phase": 0, ...},
    {"kind": "circuit", "id": "...", "profile": "...", "enrolment": "...", "phase": 0, ...},
    {"kind": "set", "id": "...", "profile": "...", ...}
    ]}

A set is as in kept_set.py: with its report (report.schema.json), its signal and its pictures
as JPEG in base64; attempts are the reps of one without a report. Moments are local time with
its offset. An entry comes after those that it refers to.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from formcheck import __version__
from formcheck.capture.files import replacing
from formcheck.history import rows
from formcheck.history.entry_checks import strict_json
from formcheck.history.errors import HistoryError
from formcheck.history.facade import History
from formcheck.history.tables import (
    CircuitRow,
    EnrolmentRow,
    PictureRow,
    ProfileRow,
    ProgrammeRow,
    RepRow,
    SetRow,
)
from formcheck.language import N_
from formcheck.reporting.csv_text import CsvDialect
from formcheck.reporting.sets_table import attempts_table, sets_table

SCHEMA: Final = "formcheck.history/1"
END: Final = "]}"

Entry = dict[str, Any]


def json_lines(history: History, profile_id: str | None = None) -> Iterator[str]:
    """The JSON form, a line at a time, as the history is at one moment.

    profile_id: of one person, with the programmes of one's own; None = of everybody.
    """
    head = {"schema": SCHEMA, "formcheck": __version__, "written": _text(rows.now())}
    yield json.dumps(head)[:-1] + ', "entries": [\n'
    before = ""
    for entry in entries(history, profile_id):
        yield before + json.dumps(entry, allow_nan=False)
        before = ",\n"
    yield f"\n{END}\n"


def write_json(history: History, file: Path, profile_id: str | None = None) -> None:
    """Write the JSON form, all of it or nothing; see json_lines. Raises HistoryError."""
    with _new_file(file) as unfinished, unfinished.open("w", encoding="utf-8") as target:
        target.writelines(json_lines(history, profile_id))


def csv_zip(history: History, profile_id: str, dialect: CsvDialect = "standard") -> bytes:
    """A zip with two tables of a person's past: sets.csv, and attempts.csv with every rep."""
    sets = history.sets(profile_id)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sets.csv", sets_table(sets, dialect))
        archive.writestr("attempts.csv", attempts_table(sets, dialect))
    return packed.getvalue()


def write_database(history: History, file: Path) -> None:
    """Write a copy of the whole SQLite file, also while sets are written to it.

    Raises HistoryError, also for a history on a server.
    """
    if history.file is None:
        raise HistoryError(
            N_(
                "This history is on a database server, not in a file. Export it as JSON, or have "
                "the server's own tool (pg_dump) make a copy."
            )
        )
    with history.reading() as session, _new_file(file) as unfinished:
        source: Any = session.connection().connection.driver_connection
        with contextlib.closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
            # One file alone: without the files of a database that is in use.
            target.execute("PRAGMA journal_mode=DELETE")


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """A file beside this one that takes its place when all went well."""
    try:
        with replacing(file, mode=0o600) as made:
            yield made
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise HistoryError(
            N_("{file} cannot be written: {reason}.").format(file=file, reason=reason)
        ) from None


def entries(history: History, profile_id: str | None) -> Iterator[Entry]:
    """The entries of the JSON form; see json_lines."""
    with history.reading() as session:
        for own in session.scalars(select(ProgrammeRow).order_by(ProgrammeRow.id)):
            yield {"kind": "programme", "data": from_json(own.data)}
        people = select(ProfileRow).order_by(ProfileRow.created_ms, ProfileRow.id)
        if profile_id is not None:
            people = people.where(ProfileRow.id == profile_id)
        for person in session.scalars(people).all():
            created = _text(rows.local(person.created_ms, 0))
            yield {"kind": "profile", "id": person.id, "name": person.name, "created": created}
            yield from _entries_of(session, person.id)


def _entries_of(session: Session, profile_id: str) -> Iterator[Entry]:
    enrolments = select(EnrolmentRow).where(EnrolmentRow.profile_id == profile_id)
    for row in session.scalars(enrolments.order_by(EnrolmentRow.begun_ms, EnrolmentRow.id)):
        yield {
            "kind": "enrolment",
            "id": row.id,
            "profile": profile_id,
            "programme": from_json(row.programme),
            "phase": row.phase,
            "begun": _moment_text(row.begun_ms, row.utc_offset_s),
            "phase_since": _moment_text(row.phase_since_ms, row.utc_offset_s),
            "ended": _moment_text(row.ended_ms, row.utc_offset_s),
        }
    circuits = select(CircuitRow).where(CircuitRow.profile_id == profile_id)
    for one in session.scalars(circuits.order_by(CircuitRow.begun_ms, CircuitRow.id)):
        yield {
            "kind": "circuit",
            "id": one.id,
            "profile": profile_id,
            "enrolment": one.enrolment_id,
            "phase": one.phase,
            "begun": _moment_text(one.begun_ms, one.utc_offset_s),
            "skipped": from_json(one.skipped),
            "ended": _moment_text(one.ended_ms, one.utc_offset_s),
            "end_reason": one.end_reason,
            "effort": one.effort,
        }
    order = SetRow.number, SetRow.begun_ms, SetRow.id
    sets = select(SetRow.id).where(SetRow.profile_id == profile_id).order_by(*order)
    for set_id in session.scalars(sets).all():
        yield _set_entry(session, set_id)


def _set_entry(session: Session, set_id: str) -> Entry:
    whole = select(SetRow).where(SetRow.id == set_id)
    row = session.scalars(whole.options(undefer(SetRow.report), undefer(SetRow.trace))).one()
    report = from_json(row.report)
    reps = select(RepRow.data).where(RepRow.set_id == set_id)
    texts: Iterable[str] = ()
    if not report:
        texts = session.scalars(reps.order_by(RepRow.partial, RepRow.position))
    pictures = select(PictureRow).where(PictureRow.set_id == set_id).order_by(PictureRow.name)
    return {
        "kind": "set",
        "id": row.id,
        "profile": row.profile_id,
        "exercise": row.exercise,
        "when": _moment_text(row.begun_ms, row.utc_offset_s),
        "source": row.source,
        "prescription": from_json(row.prescription) or {},
        "both_sides": row.both_sides,
        "circuit": row.circuit_id,
        "position": row.position,
        "attempts": [data for text in texts if (data := from_json(text))],
        "report": report,
        "trace": from_json(row.trace),
        "pictures": {
            one.name: base64.b64encode(one.jpeg).decode("ascii")
            for one in session.scalars(pictures)
        },
        "ended": _moment_text(row.ended_ms, row.utc_offset_s),
        "end_reason": row.end_reason,
        "duration_s": row.duration_s,
        "pain": row.pain,
        "pain_level": row.pain_level,
        "note": row.note,
        "clock_doubt": row.clock_doubt,
        "formcheck": row.formcheck_version,
    }


def from_json(text: str | None) -> Any:
    """What the database keeps as JSON; None for what is damaged there."""
    try:
        return None if text is None else strict_json(text)
    except rows.DAMAGE:
        return None


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _moment_text(at_ms: int | None, ahead_s: int) -> str | None:
    return None if at_ms is None else _text(rows.local(at_ms, ahead_s))
