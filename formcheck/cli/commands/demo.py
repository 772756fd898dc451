"""formcheck demo: a made-up past, to try things on."""

from __future__ import annotations

import argparse
import shlex
from datetime import date
from pathlib import Path

from formcheck.cli.common import BAD_INPUT, OK, USAGE, Failure
from formcheck.cli.profile_choice import open_history


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Makes up a person with weeks of training, whose name says so. Nothing of "
        "anybody else is changed."
    )
    parser.add_argument("--history", action="store_true", help="make up a history (needed)")
    parser.add_argument(
        "--data", metavar="FOLDER", help="in this folder, and not where your own history is"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="beside the people who train here, as 'NAME (made up)'; an earlier one is replaced",
    )
    parser.add_argument("--weeks", type=int, default=5, metavar="N", help="how many (default: 5)")
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    if not args.history:
        raise Failure("Say what to make up: formcheck demo --history.", USAGE)
    if not 1 <= args.weeks <= 104:
        raise Failure(f"--weeks is a number from 1 to 104, not {args.weeks}.", USAGE)
    folder = None if args.data is None else Path(args.data).expanduser().resolve()
    with open_history(folder) as history:
        from formcheck.history.sample_history import seed

        mixed = any(
            not one.name.endswith("(made up)") and history.sets(one.id)
            for one in history.profiles()
        )
        if mixed and args.profile is None:
            raise Failure(
                "There are real sets in this history. Put the made-up ones beside them with "
                "--profile Demo, as a person of their own, or elsewhere with --data FOLDER.",
                BAD_INPUT,
            )
        made = seed(history, date.today(), name=args.profile or "Demo", weeks=args.weeks)
        sets, where = len(history.sets(made.id)), history.place
    name = shlex.quote(made.name)
    before = f"FORMCHECK_DATA={shlex.quote(str(folder))} " if folder else ""
    whose = f" --profile {name}" if mixed else ""
    print(f"{sets} made-up sets of {made.name!r} are in {where}.")
    print(f"Look at them:  {before}formcheck history{whose}")
    print(f"or on a page:  {before}formcheck app")
    print(f"Remove them:   {before}formcheck profiles delete {name}")
    return OK
