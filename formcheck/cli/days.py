"""Days as they are written on the command line."""

from __future__ import annotations

import argparse
import re
from datetime import date, timedelta

from formcheck.cli.common import USAGE, Failure
from formcheck.language import _


def period_arguments(parser: argparse.ArgumentParser) -> None:
    """The options --since and --until."""
    parser.add_argument(
        "--since",
        metavar="DAY",
        help="from this day on: 2026-07-01, or 7d or 4w for the last 7 days or 4 weeks",
    )
    parser.add_argument("--until", metavar="DAY", help="up to this day, it included")


def period(args: argparse.Namespace, today: date) -> tuple[date | None, date | None]:
    """The first and the last day asked for, None = without end. Refuses what is no day."""
    since = None if args.since is None else day("--since", args.since, today)
    until = None if args.until is None else day("--until", args.until, today)
    if since and until and until < since:
        raise Failure(
            _("--until {until} is before --since {since}.").format(until=until, since=since), USAGE
        )
    return since, until


def day(option: str, text: str, today: date) -> date:
    """The day: written out, "today", "yesterday", or 7d / 4w: so many days with today."""
    words = text.strip().lower()
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    try:
        if back := re.fullmatch(r"(\d{1,4})([dw])", words):
            days = int(back[1]) * (7 if back[2] == "w" else 1)
            return today - timedelta(days=max(0, days - 1))
        return date.fromisoformat(words)
    except (ValueError, OverflowError):
        raise Failure(
            _(
                "{option} {text!r} is not a day: write it like 2026-07-01, or 7d or 4w "
                "for the last 7 days or 4 weeks."
            ).format(option=option, text=text),
            USAGE,
        ) from None
