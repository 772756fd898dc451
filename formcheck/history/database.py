"""Where the history is, and opening it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, create_engine, event

from formcheck.history.tables import Base

__all__ = ["DATA_ENV", "URL_ENV", "HistoryError", "data_folder", "database_url", "open_database"]

DATA_ENV: Final = "FORMCHECK_DATA"
URL_ENV: Final = "FORMCHECK_DATABASE"


class HistoryError(Exception):
    """The history cannot be read or written; the text says what, where and what to do."""


def data_folder() -> Path:
    """Where formcheck keeps a person's data: FORMCHECK_DATA, else the user's data folder."""
    named = os.environ.get(DATA_ENV)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("formcheck", appauthor=False))


def database_url() -> str:
    """FORMCHECK_DATABASE, else the SQLite file history.db in the data folder."""
    return os.environ.get(URL_ENV) or f"sqlite:///{data_folder() / 'history.db'}"


def open_database(url: str) -> Engine:
    """The database, made or brought up to date. Raises HistoryError."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

    Base.metadata.create_all(engine)
    return engine
