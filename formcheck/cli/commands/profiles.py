"""formcheck profiles: who trains here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from formcheck.cli.common import OK, Parser, confirm
from formcheck.cli.profile_choice import find_profile, named, open_history
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.history import History


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Lists the people whose sets are kept. The one with a * is meant where a "
        "command is given no --profile."
    )
    parser.set_defaults(run=_list)
    more = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for name, text, run in (
        ("add", "add a person", _add),
        ("choose", "mean this one where no --profile is given", _choose),
        ("rename", "give a person another name", _rename),
        ("delete", "delete a person with everything kept of them, for good", _delete),
    ):
        command = more.add_parser(name, help=text, description=f"{text.capitalize()}.")
        command.add_argument("name", metavar="NAME")
        if run is _rename:
            command.add_argument("new", metavar="NEW", help="the new name")
        if run is _delete:
            command.add_argument("--yes", action="store_true", help="do not ask")
        command.set_defaults(run=run)


def _list(_args: argparse.Namespace) -> int:
    from formcheck.engine.wording import many

    with open_history() as history:
        people = history.profiles()
        meant = find_profile(history)
        wide = max((len(one.name) for one in people), default=0)
        for one in people:
            sets = history.sets(one.id)
            last = _(", the last on {day}").format(day=sets[-1].day) if sets else ""
            sign = "*" if one == meant else " "
            print(f"{sign} {one.name:<{wide}}  {many(len(sets), 'set')}{last}")
    if not people:
        print(_("Nobody is here yet. Add yourself with: formcheck profiles add NAME"))
    return OK


def _add(args: argparse.Namespace) -> int:
    with open_history() as history:
        print(_("Added {name}.").format(name=history.add_profile(args.name).name))
    return OK


def _choose(args: argparse.Namespace) -> int:
    from formcheck.history.settings import save_settings

    with open_history() as history:
        one = named(history, args.name)
    save_settings(profile=one.id)
    print(_("Now training: {name}.").format(name=one.name))
    return OK


def _rename(args: argparse.Namespace) -> int:
    with open_history() as history:
        one = named(history, args.name)
        history.rename_profile(one.id, args.new)
        print(
            _("{before} is now {name}.").format(before=one.name, name=named(history, args.new).name)
        )
    return OK


def _delete(args: argparse.Namespace) -> int:
    with open_history() as history:
        delete_profile(history, args.name, yes=args.yes)
    return OK


def delete_profile(history: History, name: str, *, yes: bool) -> None:
    """Delete a person with all their sets for good, once it is confirmed."""
    from formcheck.engine.wording import many

    one = named(history, name)
    what = _("{name} with {what}").format(
        name=one.name, what=many(len(history.sets(one.id)), "set")
    )
    refusal = _("{name} was not deleted. To delete for good, add --yes.")
    question = _("Delete {what} for good?").format(what=what)
    confirm(question, refusal.format(name=one.name), yes=yes)
    history.delete_profile(one.id)
    # What waited to be written was taken in when the history was opened, and goes, too.
    print(_("Deleted {what}.").format(what=what))
