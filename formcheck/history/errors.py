"""What goes wrong with a database, in sentences: what, where, what to do."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import exc

from formcheck.language import N_
from formcheck.language.told import FormcheckError


class HistoryError(FormcheckError):
    """The history cannot be read or written; the text says what, where and what to do.

    passing: worth trying again as it is, as when it is locked or the disk full.
    """

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing


class NotInHistoryError(HistoryError):
    """What was asked for is not in the history, or no longer."""


_LOCKED: Final = N_(
    "The history in {place} is in use by another program and did not become free. "
    "Try again; if it stays so, close the other programs that have it open."
)
_FULL: Final = N_(
    "The history in {place} cannot be written: the disk is full or takes nothing. What was "
    "in it before is whole. Make room and try again."
)
_READ_ONLY: Final = N_(
    "The history in {place} cannot be written: the file, one of the files -wal and -shm beside "
    "it, or the folder is read-only. Allow writing there, or name another folder with "
    "FORMCHECK_DATA."
)
_DAMAGED: Final = N_(
    "The history in {place} is damaged and cannot be read further. Keep that file, move it "
    "away and put a copy of yours in its place, or begin a new history; the command "
    "sqlite3 FILE .recover gets back what can still be read."
)
_NO_DATABASE: Final = N_(
    "{place} is not a history of formcheck. Move it away, or name another file with "
    "FORMCHECK_DATABASE."
)
_CANNOT_OPEN: Final = N_(
    "The history in {place} cannot be opened: it is a folder, or the rights to it or to its "
    "folder are missing. Set them, or name another folder with FORMCHECK_DATA."
)
_NO_LOCKS: Final = N_(
    "The history in {place} is on a drive where files cannot be locked, such as a network "
    "drive. Name a folder of this computer with FORMCHECK_DATA."
)
_DRIVE: Final = N_(
    "The drive of the history in {place} reports a fault ({detail}). Copy the file to "
    "another drive and name its folder with FORMCHECK_DATA."
)
_PASSWORD: Final = N_(
    "The database server of {place} does not accept the user name or the password in "
    "FORMCHECK_DATABASE. Correct them and try again."
)
_NO_SUCH_DATABASE: Final = N_(
    "There is no database {place}. Have it made (createdb), or correct FORMCHECK_DATABASE."
)
_FORBIDDEN: Final = N_(
    "The database {place} may not be used so ({detail}). Have its owner give you the right."
)
_UNREACHABLE: Final = N_(
    "The database server of {place} does not answer. See whether it runs and can be "
    "reached, then try again."
)
_OTHER: Final = N_("The history in {place} cannot be used: {detail}.")

#: Worth trying again as it is.
_PASSING: Final = {_LOCKED, _FULL, _UNREACHABLE}

# By the beginning of sqlite3's name of the error; the first that fits.
_SQLITE: Final = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR_WRITE": _FULL,
    "SQLITE_IOERR_FSYNC": _FULL,
    "SQLITE_IOERR_TRUNCATE": _FULL,
    "SQLITE_IOERR_SHMSIZE": _FULL,
    "SQLITE_IOERR_LOCK": _NO_LOCKS,
    "SQLITE_IOERR_SHM": _NO_LOCKS,
    "SQLITE_IOERR": _DRIVE,
    "SQLITE_PROTOCOL": _NO_LOCKS,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _NO_DATABASE,
    "SQLITE_CANTOPEN": _CANNOT_OPEN,
    "SQLITE_PERM": _CANNOT_OPEN,
    "SQLITE_AUTH": _CANNOT_OPEN,
}

# By the beginning of the SQLSTATE (PostgreSQL manual, appendix A).
_POSTGRESQL: Final = {
    "08": _UNREACHABLE,
    "28": _PASSWORD,
    "3D": _NO_SUCH_DATABASE,
    "25006": _FORBIDDEN,
    "40": _LOCKED,
    "42501": _FORBIDDEN,
    "53100": _FULL,
    "53": _LOCKED,
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "57P": _UNREACHABLE,
}

# A connection that does not come about has no SQLSTATE in psycopg, only the server's words.
_REFUSALS: Final = (
    (r"password|authentication|pg_hba|role \S+ does not exist", _PASSWORD),
    (r"database \S+ does not exist", _NO_SUCH_DATABASE),
    (r"too many|remaining connection slots", _LOCKED),
)

_FULL_ERRNOS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_RIGHTS_ERRNOS: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Errors of the database come out as HistoryError. place: as it is to be named."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _told(error.orig, place) from error
    except exc.TimeoutError as error:
        raise _error(_LOCKED, place) from error
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise _told(error, place) from error


def file_problem(error: OSError, place: str) -> HistoryError:
    """What to say when the file or folder of a history cannot be made."""
    if error.errno in _FULL_ERRNOS:
        return _error(_FULL, place)
    if error.errno in _RIGHTS_ERRNOS:
        return _error(_CANNOT_OPEN, place)
    return HistoryError(
        N_(
            "The history in {place} cannot be made: {why}. Name another folder with FORMCHECK_DATA."
        ).format(place=place, why=error.strerror or error)
    )


def _told(error: Any, place: str) -> HistoryError:
    if isinstance(error, sqlite3.Error):
        # Python's own errors (a closed connection) have no name.
        name = getattr(error, "sqlite_errorname", "")
        return _error(_by_beginning(_SQLITE, name), place, str(error))
    state, text = getattr(error, "sqlstate", None), str(error)
    if state:
        return _error(_by_beginning(_POSTGRESQL, state), place, text)
    if type(error).__module__.startswith("psycopg") and type(error).__name__.startswith(
        ("OperationalError", "Connection")
    ):
        refusals = (sentence for words, sentence in _REFUSALS if re.search(words, text))
        return _error(next(refusals, _UNREACHABLE), place)
    return _error(_OTHER, place, text)


def _by_beginning(sentences: Mapping[str, str], name: str) -> str:
    return next((told for begin, told in sentences.items() if name.startswith(begin)), _OTHER)


def _error(sentence: str, place: str, detail: str = "") -> HistoryError:
    first = detail.strip().split("\n")[0].rstrip(".") or N_("an unknown fault")
    told = sentence.format(place=place, detail=first)
    return HistoryError(told, passing=sentence in _PASSING)
