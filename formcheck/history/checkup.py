"""What is to be known of a history when something is wrong with it, for `formcheck doctor`."""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import func, select

from formcheck.history.database import data_folder, database_url, file_of
from formcheck.history.errors import HistoryError
from formcheck.history.facade import History
from formcheck.history.schema import HEAD
from formcheck.history.tables import ProfileRow, SetRow


def history_findings() -> dict[str, Any]:
    """Where the history is, its schema, how many people and sets it has; "notes", "problems".

    One that is not there is not made. Of a server neither its name nor the user is told.
    """
    found: dict[str, Any] = {"notes": [], "problems": []}
    folder = data_folder()
    waiting = len(list((folder / "unsaved").glob("*.json")))
    if waiting:
        found["notes"].append(
            f"{waiting} of what was done waits in {folder / 'unsaved'}; it is taken into the "
            "history when that is used next."
        )
    url = database_url()
    file = None
    with contextlib.suppress(HistoryError):
        file = file_of(url)
    found["where"] = "a database server" if file is None else str(file)
    if file is not None and not file.exists():
        found["where"] = f"none yet, will be {file}"
        return found
    try:
        # As for writing, though nothing is written: this tells whether it could be.
        with contextlib.closing(History(url)) as history, history.writing() as session:
            found["schema"] = HEAD
            found["people"] = session.scalar(select(func.count(ProfileRow.id)))
            found["sets"] = session.scalar(select(func.count(SetRow.id)))
    except HistoryError as error:
        found["problems"].append(str(error))
    return found
