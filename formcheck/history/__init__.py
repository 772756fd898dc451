"""What was done, kept in a database: the moment it is done, for as long as one likes."""

from formcheck.history.database import data_folder, database_url
from formcheck.history.errors import HistoryError, NotInHistoryError
from formcheck.history.facade import History
from formcheck.history.rows import new_id
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile, SetStart

__all__ = [
    "Circuit",
    "Enrolment",
    "History",
    "HistoryError",
    "NotInHistoryError",
    "PastSet",
    "Profile",
    "SetStart",
    "data_folder",
    "database_url",
    "new_id",
]
