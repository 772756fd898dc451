"""formcheck summary: a period on one sheet, for the physiotherapist."""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from formcheck.cli.common import BAD_INPUT, OK, USAGE, Failure, words_to, write_file
from formcheck.cli.days import period, period_arguments
from formcheck.cli.profile_choice import find_profile, open_history, profile_argument
from formcheck.language import _

_DAYS = 28


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Writes one page to print or to send: what was done of what was asked, how, "
        "both sides, the range of motion, notes, and what was not assessed. Without --since it "
        "is about the last 4 weeks."
    )
    period_arguments(parser)
    parser.add_argument("--html", metavar="FILE", required=True, help="the page to write")
    profile_argument(parser)
    parser.set_defaults(run=_summary)


def _summary(args: argparse.Namespace) -> int:
    from formcheck.history.settings import load_settings
    from formcheck.reporting.period_report import period_report

    today = date.today()
    since, until = period(args, today)
    until = min(until or today, today)
    since = since or until - timedelta(days=_DAYS - 1)
    if since > until:
        raise Failure(_("--since {since} is after today.").format(since=since), USAGE)
    with open_history() as history:
        who = find_profile(history, args.profile)
        sets = history.sets(who.id) if who else ()
        if who is None or not any(since <= one.day <= until for one in sets):
            raise Failure(
                _("No set was done from {since} to {until}: nothing was written.").format(
                    since=since, until=until
                ),
                BAD_INPUT,
            )
        page = period_report(
            who,
            history.enrolment(who.id),
            history.circuits(who.id),
            sets,
            (since, until),
            load_settings().units,
        )
    write_file(args.html, page)
    words = _("Wrote {html}: {name}, {since} to {until}.")
    words = words.format(html=args.html, name=who.name, since=since, until=until)
    print(words, file=words_to(args.html))
    return OK
