"""What was done, kept in a database: the moment it is done, for as long as one likes."""

from formcheck.history.database import HistoryError, data_folder, database_url
from formcheck.history.records import Circuit, Enrolment, PastSet, Profile
from formcheck.history.store import History, new_id

__all__ = [
    "Circuit",
    "Enrolment",
    "History",
    "HistoryError",
    "PastSet",
    "Profile",
    "data_folder",
    "database_url",
    "new_id",
]
