"""Making the tables of the history, and bringing those of an older formcheck up to date."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from formcheck.capture.files import replacing
from formcheck.history.errors import HistoryError, file_problem
from formcheck.history.tables import Base

#: The schema that tables.py describes: the newest in migrations/versions.
HEAD: Final = "0001"
#: The table that says which schema a database has.
VERSION_TABLE: Final = "formcheck_schema"

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: What a server has locked while the tables are changed: an arbitrary number.
LOCK_ID: Final = 0x666F726D
# Alembic works on one database at a time.
_one_at_a_time = threading.Lock()


def bring_up_to_date(engine: Engine, moving: Engine, place: str) -> None:
    """Make the tables or migrate them to HEAD. moving: see database._engine.

    Several programs may do so at once: one does it, the others wait. All of it is done or
    nothing. An SQLite file is copied first (see copies). Raises HistoryError when the
    database is another program's or a newer formcheck's.
    """
    with engine.connect() as connection:
        if _schema(connection, place) == HEAD:
            return
    try:
        with _one_at_a_time, moving.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_ID})"))
            # Perhaps another program has done it by now.
            found = _schema(connection, place)
            if found == HEAD:
                return
            if found is not None and connection.dialect.name == "sqlite":
                _keep_copy(_file_of(connection), found)
            migrate(connection)
    finally:
        moving.dispose()


def migrate(connection: Connection) -> None:
    """Migrate the tables to HEAD, within the connection's transaction."""
    # Only here: it takes longer to load than a history to open.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def copies(file: Path) -> tuple[Path, ...]:
    """The copies of an SQLite history that were made before it was brought up to date."""
    return tuple(sorted(file.parent.glob(f"{file.stem}.schema-*{file.suffix}")))


def _schema(connection: Connection, place: str) -> str | None:
    """Which schema the database has, None when it is empty; raises HistoryError."""
    there = inspect(connection).get_table_names()
    if VERSION_TABLE not in there:
        # On a server other programs may have tables beside ours.
        ours = connection.dialect.name == "sqlite" or not Base.metadata.tables.keys().isdisjoint(
            there
        )
        if there and ours:
            raise HistoryError(
                f"{place} is the database of another program. Name one of its own for the "
                "history with FORMCHECK_DATABASE."
            )
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if found is not None and found > HEAD:
        raise HistoryError(
            f"The history in {place} was written by a newer formcheck (schema {found}; this "
            f"one knows {HEAD}): update formcheck; nothing was changed."
        )
    return None if found is None else str(found)


def _file_of(connection: Connection) -> Path:
    return Path(connection.exec_driver_sql("PRAGMA database_list").first()[2])  # type: ignore[index]


def _keep_copy(file: Path, schema: str) -> None:
    """Copy the history as it was, beside it; one that is there already stays."""
    copy = file.with_name(f"{file.stem}.schema-{schema}{file.suffix}")
    number = 1
    while copy.exists():
        number += 1
        copy = file.with_name(f"{file.stem}.schema-{schema}-{number}{file.suffix}")
    try:
        with (
            replacing(copy, mode=0o600) as made,
            contextlib.closing(sqlite3.connect(file)) as source,
            contextlib.closing(sqlite3.connect(made)) as target,
        ):
            source.backup(target)
    except OSError as error:
        raise file_problem(error, str(copy)) from error
