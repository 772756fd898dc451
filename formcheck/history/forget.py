"""Deleting for good: nothing of it is left in the history, nor in what waits beside it."""

from __future__ import annotations

from formcheck.history.facade import History
from formcheck.history.unsaved import forget_unsaved


def forget_profile(history: History, profile_id: str) -> None:
    """Delete a person with all that was kept of theirs. Raises HistoryError."""
    # First what waits: it would be taken in for a person who is not there.
    forget_unsaved(profile_id)
    history.delete_profile(profile_id)


def forget_everything(history: History) -> None:
    """Delete everybody, and the programmes of one's own. Raises HistoryError."""
    forget_unsaved()
    for programme in history.own_programmes():
        history.delete_programme(programme["id"])
    for profile in history.profiles():
        history.delete_profile(profile.id)
