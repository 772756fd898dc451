"""History: what was done, how it changes over the weeks, and the files of it."""

from formcheck.history import HistoryError
from formcheck.web.history_view import show_history
from formcheck.web.profile_picker import history, pick_profile, tell_problem

who = pick_profile()
if who is not None:
    try:
        show_history(history(), who)
    except HistoryError as error:
        tell_problem(error)
