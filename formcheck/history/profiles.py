"""Who trains here."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from formcheck.history import rows
from formcheck.history.errors import HistoryError
from formcheck.history.tables import ProfileRow
from formcheck.history.transactions import Transactions, clean, take
from formcheck.language import N_
from formcheck.training.records import Profile


class Profiles(Transactions):
    """The profiles of a history."""

    def profiles(self) -> tuple[Profile, ...]:
        """Everybody, the first one first."""
        with self.reading() as session:
            order = ProfileRow.created_ms, ProfileRow.id
            return tuple(map(rows.profile, session.scalars(select(ProfileRow).order_by(*order))))

    def add_profile(self, name: str) -> Profile:
        """A new person; the name must not be taken."""
        with self.writing() as session:
            row = ProfileRow(id=rows.new_id(), created_ms=rows.ms(rows.now()))
            _name(session, row, name)
            return rows.profile(row)

    def rename_profile(self, profile_id: str, name: str) -> None:
        """Give a person another name, one that is not taken."""
        with self.writing() as session:
            _name(session, take(session, ProfileRow, profile_id), name)

    def delete_profile(self, profile_id: str) -> None:
        """Delete a person with all that was kept, for good; see Transactions.delete."""
        self.delete(ProfileRow, profile_id, shrink=True)


def as_name(text: str) -> str:
    """The text as a person's name; raises ValueError when it is none."""
    name = " ".join(clean(text).split())
    if not 1 <= len(name) <= 80:
        raise ValueError(N_("A name has 1 to 80 letters."))
    return name


def _name(session: Session, row: ProfileRow, text: str) -> None:
    try:
        row.name = as_name(text)
    except ValueError as error:
        raise HistoryError(str(error)) from None
    taken = HistoryError(
        N_("There is a {name!r} already. Choose another name.").format(name=row.name)
    )
    others = select(ProfileRow.name).where(ProfileRow.id != row.id)
    with session.no_autoflush:
        if row.name.casefold() in (other.casefold() for other in session.scalars(others)):
            raise taken
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        # Another window gave it away at the same moment.
        raise taken from None
