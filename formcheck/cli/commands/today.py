"""formcheck today: what is to be done today."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from formcheck.cli.commands.programme import NO_PROGRAMME, following, progress
from formcheck.cli.common import OK, color_argument
from formcheck.cli.profile_choice import find_profile, open_history, profile_argument
from formcheck.language import _


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Shows today's exercises with their doses, the rounds that were done, what "
        "is left of one that was begun, and how many days in a row it has been."
    )
    profile_argument(parser)
    color_argument(parser)
    parser.set_defaults(run=_today)


def _today(args: argparse.Namespace) -> int:
    with open_history() as history:
        followed = following(history, args.profile)
        if followed is None:
            print(_(NO_PROGRAMME))
            return OK
        from formcheck.cli.console import make_console
        from formcheck.cli.today_text import Followed, print_today

        enrolment, programme = followed
        whose = enrolment.profile_id
        who = find_profile(history, args.profile)
        known = Followed(
            programme,
            enrolment,
            history.sets(whose),
            history.circuits(whose),
            progress(history, enrolment, programme),
            who.name if who and len(history.profiles()) > 1 else "",
        )
        print_today(make_console(sys.stdout, args.color), known, date.today())
    return OK
