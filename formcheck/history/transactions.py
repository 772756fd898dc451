"""What all parts of the history stand on: rows of one database, found, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from formcheck.engine.plain_text import plain_text
from formcheck.history import rows
from formcheck.history.database import Database
from formcheck.history.errors import NotInHistoryError
from formcheck.history.tables import Base, CircuitRow, SetRow
from formcheck.language import N_

Row = TypeVar("Row", bound=Base)


class Transactions(Database):
    """A database whose rows are changed and deleted one at a time."""

    @contextmanager
    def changing(self, kind: type[Row], key: str) -> Iterator[Row]:
        """One row, to be changed; others wait until it is done."""
        with self.writing() as session:
            yield take(session, kind, key)

    def delete(self, kind: type[Row], key: str, *, shrink: bool = False) -> None:
        """Delete a row with all that hangs on it, for good.

        Of an SQLite file nothing of it is left in the bytes, either, and the copies made
        before updates go with it. A server clears its disk in its own time. shrink: give the
        room back.
        """
        with self.writing() as session:
            session.delete(take(session, kind, key))
        self.wipe(shrink=shrink)


def get(session: Session, kind: type[Row], key: str) -> Row:
    """The row with this key; raises NotInHistoryError."""
    return _there(kind, key, session.get(kind, key))


def take(session: Session, kind: type[Row], key: str) -> Row:
    """The same for changing it: others wait until it is done."""
    return _there(kind, key, session.get(kind, key, with_for_update=True))


def missing(kind: type[Base], key: str) -> NotInHistoryError:
    """What to raise for a row that is not there."""
    what = {"exercise_set": "set", "profile": "person"}.get(kind.__tablename__, kind.__tablename__)
    return NotInHistoryError(
        N_("There is no {what} {key!r} in the history; perhaps it was deleted.").format(
            what=what, key=key
        )
    )


def of_days(
    query: Select[Any], table: type[SetRow | CircuitRow], since: date | None, until: date | None
) -> Select[Any]:
    """Only what was begun on the days since..until of the person's own clock."""
    clock_ms = table.begun_ms + 1000 * table.utc_offset_s
    if since is not None:
        query = query.where(clock_ms >= _midnight_ms(since))
    if until is not None and until < date.max:
        query = query.where(clock_ms < _midnight_ms(until + timedelta(days=1)))
    return query


def clean(text: str) -> str:
    """Text that every database takes, and no terminal obeys."""
    return plain_text(text.replace("\0", ""))


def _there(kind: type[Row], key: str, row: Row | None) -> Row:
    if row is None:
        raise missing(kind, key)
    return row


def _midnight_ms(day: date) -> int:
    return rows.ms(datetime.combine(day, time(), UTC))
