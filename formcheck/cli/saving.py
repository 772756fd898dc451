"""Putting the sets of a recording into the history."""

from __future__ import annotations

import argparse
import hashlib
import sys
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from formcheck.capture.files import at_home
from formcheck.cli.common import BAD_INPUT, USAGE, Failure, prescription_of
from formcheck.cli.profile_choice import find_profile, open_history, profile_for
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.engine.report import SetReport


class Saving:
    """Saves the reports of a recording. Made before the work, to refuse what cannot be."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._path = at_home(args.path)
        self._when = None if args.when is None else _time(args.when)
        with open_history() as history:
            find_profile(history, args.profile)

    def __call__(self, reports: Sequence[SetReport]) -> None:
        """Save them; the same recording twice is once."""
        from formcheck.engine.exercise import Prescription
        from formcheck.history.kept_set import KeptSet
        from formcheck.history.unsaved import write
        from formcheck.live.coached_set import FinishedSet
        from formcheck.training.records import SetStart

        asked = prescription_of(self._args) or Prescription()
        found = [report for report in reports if report.reps or report.partials]
        if not found:
            print(_("formcheck: no attempt was seen, so nothing was saved."), file=sys.stderr)
            return
        content = self._fingerprint()
        with open_history() as history:
            who = profile_for(history, self._args.profile)
            for number, report in enumerate(found):
                attempts = (*report.reps, *report.partials)
                first_s, last_s = min(a.start_s for a in attempts), max(a.end_s for a in attempts)
                begun = self._begun(report) + timedelta(seconds=first_s)
                length_s = last_s - first_s
                ended = begun + timedelta(seconds=length_s)
                name = f"{content}/{who.id}/{report.exercise}/{number}"
                set_id = uuid.uuid5(uuid.NAMESPACE_OID, name).hex
                words = _("It is in the history already: {id}.")
                if not history.has_set(set_id):
                    both = {rep.side for rep in report.reps} >= {"left", "right"}
                    start = SetStart(set_id, who.id, report.exercise, asked, begun, both, "video")
                    done = FinishedSet(set_id, begun, report, asked, {})
                    kept = KeptSet(start, [], done, ended, duration_s=length_s)
                    write(history, kept, late=True)
                    words = _(
                        "Saved for {name}, {begun:%Y-%m-%d %H:%M}: formcheck history show {id}"
                    )
                print(words.format(name=who.name, begun=begun, id=set_id[:8]), file=sys.stderr)

    def _begun(self, report: SetReport) -> datetime:
        """When the recording began: told, or by the camera, or by the file's own date."""
        from formcheck.capture.frames import recorded_at

        when = self._when or recorded_at(self._path)
        if when is not None:
            return when
        # A camera writes the last of a file at its end; a copy has another date.
        written = datetime.fromtimestamp(self._path.stat().st_mtime).astimezone()
        return written - timedelta(seconds=report.source.duration_s)

    def _fingerprint(self) -> str:
        try:
            with self._path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            reason = error.strerror or error
            raise Failure(
                _("{path} cannot be read: {why}.").format(path=self._path, why=reason), BAD_INPUT
            ) from None


def _time(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        raise Failure(
            _("--when {text!r} is not a time: write it like 2026-07-01T18:30.").format(text=text),
            USAGE,
        ) from None
    if when > datetime.now().astimezone() + timedelta(days=1):
        raise Failure(_("--when {text} is in the future.").format(text=text), USAGE)
    return when
