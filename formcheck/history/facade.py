"""The history of everybody who trains here: what was done, kept the moment it is done."""

from __future__ import annotations

from sqlalchemy import func, select

from formcheck.history.circuits import Circuits
from formcheck.history.profiles import Profiles
from formcheck.history.programmes import Programmes
from formcheck.history.sets import Sets
from formcheck.history.tables import CircuitRow, SetRow


class History(Profiles, Programmes, Circuits, Sets):
    """The history in a database; safe to use from several threads and several programs.

    url: a SQLAlchemy URL; None = database_url(). Opening makes the database or brings it
    up to date. Every method raises HistoryError with a sentence when the database cannot
    be read or written (NotInHistoryError for what is not in it), and each writes all of its
    change or nothing.
    """

    def version(self, profile_id: str) -> str:
        """A text that changes whenever something of a person's sets or circuits is written."""
        sets = select(func.count(), func.sum(SetRow.number), func.sum(SetRow.updated_ms)).where(
            SetRow.profile_id == profile_id
        )
        circuits = select(
            func.count(),
            func.sum(CircuitRow.begun_ms),
            func.sum(CircuitRow.ended_ms),
            func.sum(func.length(CircuitRow.skipped)),
            func.sum(1 + CircuitRow.effort),
        ).where(CircuitRow.profile_id == profile_id)
        with self.reading() as session:
            found = [*session.execute(sets).one(), *session.execute(circuits).one()]
        return " ".join(map(str, found))
