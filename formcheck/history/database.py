"""Where the history is, and the connection to it."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, exc, make_url
from sqlalchemy.orm import Session

from formcheck.capture.files import at_home
from formcheck.history.errors import HistoryError, file_problem, translated
from formcheck.history.schema import bring_up_to_date, copies
from formcheck.history.whose import part_of

DATA_ENV: Final = "FORMCHECK_DATA"
URL_ENV: Final = "FORMCHECK_DATABASE"

#: How long a writer waits for another one, seconds.
_WAIT_S: Final = 10.0
#: How long a server may take to answer at all, seconds.
_CONNECT_S: Final = 5

_LOG = logging.getLogger(__name__)


def data_folder() -> Path:
    """Where formcheck keeps a person's data: FORMCHECK_DATA, else the user's data folder.

    Of who logged in it is a part of that.
    """
    named = os.environ.get(DATA_ENV)
    if named:
        return part_of(at_home(named))
    import platformdirs

    return part_of(Path(platformdirs.user_data_dir("formcheck", appauthor=False)))


def database_url() -> str:
    """FORMCHECK_DATABASE, else the SQLite file history.db in the data folder."""
    named = os.environ.get(URL_ENV)
    if named:
        return named
    # Written as an address, with its special characters escaped.
    file = URL.create("sqlite", database=str(data_folder() / "history.db"))
    return file.render_as_string(hide_password=False)


class Database:
    """A database that is made or brought up to date when it is opened.

    url: a SQLAlchemy URL of SQLite (a file) or PostgreSQL; None = database_url(). file: of
    SQLite, None on a server. place: it as sentences name it, without a password. Raises
    HistoryError.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or database_url()
        self._address = _address(self.url)
        self.file = _file(self._address)
        self.place = str(self.file) if self.file else _server(self._address)
        self._engine = self._reader = _engine(self._address)
        if self.file is None:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._opening = threading.Lock()
        self._identity: tuple[int, int] | None = None
        try:
            self._open()
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees the history as it is at one moment. Raises HistoryError."""
        with translated(self.place):
            self._look_for_file()
            with Session(self._reader) as session:
                yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that writes all of its change at its end, or nothing.

        Two writers wait for one another. Call flush() between rows of one table and those of
        another that name them. Raises HistoryError.
        """
        with translated(self.place):
            self._look_for_file()
            engine = self._engine.execution_options(**_WRITING)
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session

    def wipe(self, *, shrink: bool = False) -> None:
        """Leave no trace of what was deleted in the files of the history.

        Takes the copies made before updates away, too. shrink: give the room back. In
        PostgreSQL the server sees to it.
        """
        if self.file is None:
            return
        with contextlib.suppress(OSError):
            for copy in copies(self.file):
                copy.unlink()
        try:
            with self._plain() as connection:
                if shrink:
                    connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (sqlite3.Error, exc.SQLAlchemyError) as error:
            # It is deleted; its bytes are overwritten when the file is free again.
            _LOG.warning("%s could not be cleaned up now: %s", self.place, error)

    def close(self) -> None:
        """Give the database free."""
        self._engine.dispose()

    # ------------------------------------------------------------------ opening

    def _open(self) -> None:
        with translated(self.place):
            if self.file is not None:
                try:
                    _make_private(self.file)
                except OSError as error:
                    raise file_problem(error, self.place) from error
                with self._plain() as connection:
                    _use_wal(connection)
            bring_up_to_date(self._engine, _engine(self._address, moving=True), self.place)
        self._identity = self._found()

    @contextmanager
    def _plain(self) -> Iterator[sqlite3.Connection]:
        """The bare SQLite connection, outside of any transaction."""
        connection = self._engine.raw_connection()
        try:
            bare: Any = connection.driver_connection
            yield bare
        finally:
            connection.close()

    def _found(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            there = self.file.stat()
        except OSError:
            return None
        return there.st_dev, there.st_ino

    def _look_for_file(self) -> None:
        """Open again when the file was deleted or another put in its place.

        SQLite would go on with the old one, and what it writes there nobody finds again.
        """
        if self.file is None or self._found() == self._identity:
            return
        with self._opening:
            if self._found() != self._identity:
                self._engine.dispose()
                self._open()


_READING: Final[dict[str, Any]] = {"formcheck_begin": "BEGIN"}
_WRITING: Final[dict[str, Any]] = {"formcheck_begin": "BEGIN IMMEDIATE"}


def file_of(url: str) -> Path | None:
    """The file of a history with this address; None on a server. Raises HistoryError."""
    return _file(_address(url))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError):
        # It may hold a password: it is not shown.
        raise HistoryError(
            "The address of the history in FORMCHECK_DATABASE is not understood. Write it like "
            "sqlite:////home/me/history.db or postgresql://user:password@server/database."
        ) from None
    dialect = address.drivername.split("+")[0]
    if dialect in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    if dialect != "sqlite":
        raise HistoryError(
            f"formcheck cannot keep its history in {dialect!r}, only in SQLite and PostgreSQL. "
            "Correct FORMCHECK_DATABASE."
        )
    if address.database in (None, "", ":memory:"):
        raise HistoryError(
            "The address of the history in FORMCHECK_DATABASE names no file. Write it like "
            "sqlite:////home/me/history.db."
        )
    return address.set(drivername="sqlite")


def _file(address: URL) -> Path | None:
    """The file of SQLite, None for a server."""
    if address.drivername != "sqlite":
        return None
    name = str(address.database)
    return Path(name.removeprefix("file:") if "uri" in address.query else name)


def _server(address: URL) -> str:
    """A server's database as it may be shown."""
    host = address.host or address.query.get("host") or "this computer"
    port = f":{address.port}" if address.port else ""
    return f"{address.database or address.username or 'database'} on {host}{port}"


def _engine(address: URL, *, moving: bool = False) -> Engine:
    """moving: to change tables, which SQLite does by copying them."""
    try:
        if address.drivername == "sqlite":
            wait = {} if "timeout" in address.query else {"timeout": _WAIT_S}
            engine = create_engine(
                address,
                connect_args=wait,
                hide_parameters=True,
                execution_options=_WRITING if moving else _READING,
            )
            event.listen(engine, "connect", _changing if moving else _prepared)
            event.listen(engine, "begin", _begun)
            return engine
        ask: dict[str, Any] = (
            {} if "connect_timeout" in address.query else {"connect_timeout": _CONNECT_S}
        )
        if "options" not in address.query:
            ask["options"] = f"-c lock_timeout={round(1000 * _WAIT_S)}"
        return create_engine(address, connect_args=ask, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError:
        raise HistoryError(
            "The history in PostgreSQL needs the module psycopg: "
            "pip install 'formcheck[postgresql]'."
        ) from None
    except (exc.SQLAlchemyError, TypeError, ValueError):
        raise HistoryError(
            f"The address of the history in FORMCHECK_DATABASE ({_server(address)}) has parts "
            "that are not understood. Correct it."
        ) from None


def _changing(connection: Any, _record: object) -> None:
    # formcheck begins transactions itself; see _begun.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=OFF")


def _prepared(connection: Any, record: object) -> None:
    _changing(connection, record)
    # FULL: what was written is there after a power cut, too.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Any) -> None:
    # A writer takes its turn at the beginning. If it only did when it writes, two that had
    # read before could not both go on, and one would fail at once instead of waiting.
    connection.exec_driver_sql(connection.get_execution_options()["formcheck_begin"])


def _make_private(file: Path) -> None:
    """Make the file and its folder, to be read by their owner alone."""
    if not file.parent.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for one another.

    On a network drive SQLite cannot, and stays with its older journal: they then wait.
    """
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
