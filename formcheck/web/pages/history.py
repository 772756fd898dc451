"""History: what was done, how it changes over the weeks, and the files of it."""

from formcheck.history import HistoryError
from formcheck.web.history_view import show_history
from formcheck.web.people import history, pick_person, tell_problem

who = pick_person()
if who is not None:
    try:
        show_history(history(), who)
    except HistoryError as error:
        tell_problem(error)
