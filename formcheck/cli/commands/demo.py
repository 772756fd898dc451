"""formcheck demo: a made-up past, to try things on."""

from __future__ import annotations

import argparse
import shlex
from datetime import date
from pathlib import Path

from formcheck.capture.files import real
from formcheck.cli.common import OK
from formcheck.cli.profile_choice import open_history
from formcheck.language import _


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Adds a person with five weeks of training, whose name says that it is made up. "
        "Nothing of anybody else is changed."
    )
    parser.add_argument(
        "--data", metavar="FOLDER", help="in this folder, and not where your own history is"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="as 'NAME (made up)' (default: Demo); an earlier one is replaced",
    )
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    folder = None if args.data is None else real(Path(args.data))
    with open_history(folder) as history:
        from formcheck.history.sample_history import seed

        mixed = any(
            not one.name.endswith("(made up)") and history.sets(one.id)
            for one in history.profiles()
        )
        made = seed(history, date.today(), name=args.profile or "Demo")
        sets, where = len(history.sets(made.id)), history.place
    name = shlex.quote(made.name)
    before = f"FORMCHECK_DATA={shlex.quote(str(folder))} " if folder else ""
    whose = f" --profile {name}" if mixed else ""
    words = _("{sets} made-up sets of {name!r} are in {where}.")
    print(words.format(sets=sets, name=made.name, where=where))
    for words in (
        _("Look at them:  {before}formcheck history{whose}"),
        _("or on a page:  {before}formcheck app"),
        _("Remove them:   {before}formcheck profiles delete {name}"),
    ):
        print(words.format(before=before, whose=whose, name=name))
    return OK
