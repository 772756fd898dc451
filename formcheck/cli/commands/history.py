"""formcheck history: what was done, for people and for laboratories."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from formcheck.capture.files import at_home
from formcheck.cli.commands.profiles import delete_profile
from formcheck.cli.common import (
    BAD_INPUT,
    OK,
    USAGE,
    Failure,
    Parser,
    color_argument,
    confirm,
    csv_dialect_argument,
    exercise_named,
    words_to,
    write_file,
)
from formcheck.cli.days import period, period_arguments
from formcheck.cli.profile_choice import find_profile, named, open_history, profile_argument
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.history import History, PastSet
    from formcheck.reporting.csv_text import CsvDialect

#: Of the JSON of a history.
SCHEMA: Final = "formcheck.history-sets/1"
_EXPORTS: Final = (".json", ".csv", ".zip", ".db")


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Lists the sets that were done: a table for people, or CSV or JSON for "
        "statistics, on standard output. A set is named by the first letters of its id."
    )
    parser.add_argument("--exercise", "-e", metavar="ID", help="only this exercise")
    period_arguments(parser)
    parser.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="default: table"
    )
    csv_dialect_argument(parser)
    parser.add_argument(
        "--reps", action="store_true", help="CSV: a row for each rep; JSON: with the reps"
    )
    profile_argument(parser)
    color_argument(parser)
    parser.set_defaults(run=_list)
    more = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)

    command = more.add_parser("show", help="the report of a set")
    command.add_argument("set", metavar="SET")
    command.add_argument(
        "--html", metavar="FILE", help="write it as a page with pictures ('-': standard output)"
    )
    command.add_argument("--json", metavar="FILE", help="write it as JSON ('-': standard output)")
    color_argument(command, inner=True)
    command.set_defaults(run=_show)

    command = more.add_parser("note", help="note something about a set, in place of what was noted")
    command.add_argument("set", metavar="SET")
    command.add_argument("text", metavar="TEXT", help="'' takes the note away")
    command.set_defaults(run=_note)

    command = more.add_parser(
        "export",
        help="write the history to a file",
        description="Writes to a file, by its ending. .json: everything, to keep or to take to "
        "another computer. .csv: a table of one person's sets. .zip: that table and one of "
        "every rep. .db: a copy of the whole database. Of everybody, or with --profile of one; "
        "the tables are always of one. '-' is the .json on standard output.",
    )
    command.add_argument("file", metavar="FILE")
    csv_dialect_argument(command, inner=True)
    profile_argument(command, inner=True)
    command.set_defaults(run=_export)

    command = more.add_parser(
        "import",
        help="take in what was exported",
        description="Takes in a .json or .db file that was exported, or the history of another "
        "computer. What is here stays as it is, and twice is once. With --profile, all of it "
        "becomes that person's.",
    )
    command.add_argument("file", metavar="FILE")
    profile_argument(command, inner=True)
    command.set_defaults(run=_import)

    command = more.add_parser("delete", help="delete sets, or a person with everything, for good")
    command.add_argument("sets", metavar="SET", nargs="*")
    command.add_argument("--yes", action="store_true", help="do not ask")
    profile_argument(command, inner=True)
    command.set_defaults(run=_delete)


def _list(args: argparse.Namespace) -> int:
    today = date.today()
    since, until = period(args, today)
    exercise = args.exercise and exercise_named(args.exercise).id
    with open_history() as history:
        who = find_profile(history, args.profile)
        sets = history.sets(who.id, exercise=exercise, since=since, until=until) if who else ()
    if args.format == "csv":
        from formcheck.reporting.sets_table import attempts_table, sets_table

        sys.stdout.write((attempts_table if args.reps else sets_table)(sets, args.csv_dialect))
    elif args.format == "json":
        sys.stdout.write(_json(who.name if who else None, sets, reps=args.reps))
    elif sets:
        from formcheck.cli.console import make_console
        from formcheck.cli.history_text import print_sets

        print_sets(make_console(sys.stdout, args.color), sets)
    elif exercise or since or until:
        print(_("No set in the history is of that exercise and of those days."))
    else:
        print(_("No set is in the history yet. Do the first one with: formcheck app"))
    return OK


def _json(name: str | None, sets: tuple[PastSet, ...], *, reps: bool) -> str:
    import json

    from formcheck.reporting.sets_table import set_row

    def told(one: PastSet) -> dict[str, Any]:
        row = set_row(one)
        if reps:
            row["attempts"] = [rep.to_dict() for rep in (*one.reps, *one.partials)]
        return row

    data = {"schema": SCHEMA, "profile": name, "sets": [told(one) for one in sets]}
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _show(args: argparse.Namespace) -> int:
    from formcheck.cli.console import make_console, print_report
    from formcheck.cli.history_text import print_about
    from formcheck.engine.exercises import EXERCISES

    with open_history() as history:
        set_id = _set_id(history, args.set)
        past = history.past_set(set_id)
        exercise = EXERCISES.get(past.exercise)
        if exercise is None:
            raise Failure(
                _(
                    "The set {set} is of the exercise {exercise!r}, which this version of "
                    "formcheck does not know; its reps are in: formcheck history --format "
                    "json --reps."
                ).format(set=args.set, exercise=past.exercise),
                BAD_INPUT,
            )
        whole = history.load(set_id)
    if args.html is not None:
        from formcheck.reporting.html_report import ReportedSet, html_reports

        one = ReportedSet(whole.report, exercise, whole.pictures, whole.trace, whole.prescription)
        write_file(args.html, html_reports([one], when=past.when))
    if args.json is not None:
        write_file(args.json, whole.report.to_json())
    if words_to(args.html, args.json) is not sys.stdout:
        return OK
    console = make_console(sys.stdout, args.color)
    print_about(console, past)
    print_report(console, whole.report, exercise, whole.prescription)
    return OK


def _note(args: argparse.Namespace) -> int:
    with open_history() as history:
        history.note(_set_id(history, args.set), args.text)
    print(_("Noted.") if args.text.strip() else _("Note removed."))
    return OK


def _export(args: argparse.Namespace) -> int:
    file = at_home(args.file)
    kind = ".json" if args.file == "-" else file.suffix.lower()
    if kind not in _EXPORTS:
        raise Failure(
            f"{args.file}: name a file that ends with {', '.join(_EXPORTS)}; what each has in it "
            "is told by: formcheck history export --help.",
            USAGE,
        )
    with open_history() as history:
        if file.exists() and history.file is not None and file.samefile(history.file):
            raise Failure(
                _("{file} is the history itself; name another file.").format(file=args.file), USAGE
            )
        # The tables are of one person; the other files are of everybody unless one is named.
        of_one = args.profile is not None or kind in (".csv", ".zip")
        who = find_profile(history, args.profile) if of_one else None
        if of_one and who is None:
            raise Failure(_("Nobody is in the history yet: there is nothing to export."), BAD_INPUT)
        if kind == ".db" and who is not None:
            raise Failure(_("A .db file has everybody in it; for one person name a .json."), USAGE)
        from formcheck.history.export import csv_zip, json_lines, write_database, write_json
        from formcheck.reporting.sets_table import sets_table

        if args.file == "-":
            sys.stdout.writelines(json_lines(history, who.id if who else None))
        elif kind == ".json":
            write_json(history, file, who.id if who else None)
        elif kind == ".db":
            write_database(history, file)
        elif who is not None:
            dialect: CsvDialect = args.csv_dialect
            if kind == ".zip":
                write_file(args.file, csv_zip(history, who.id, dialect))
            else:
                write_file(args.file, sets_table(history.sets(who.id), dialect))
    whose = who.name if who else _("everybody")
    print(_("Wrote {file}: {whose}.").format(file=args.file, whose=whose), file=words_to(args.file))
    return OK


def _import(args: argparse.Namespace) -> int:
    from formcheck.history.importing import import_history

    with open_history() as history:
        into = None if args.profile is None else named(history, args.profile).id
        print(import_history(history, at_home(args.file), into=into).sentence())
    return OK


def _delete(args: argparse.Namespace) -> int:
    if bool(args.sets) == (args.profile is not None):
        raise Failure(_("Name the sets to delete, or the person with --profile."), USAGE)
    with open_history() as history:
        if args.profile is not None:
            delete_profile(history, args.profile, yes=args.yes)
            return OK
        ids = list(dict.fromkeys(_set_id(history, start) for start in args.sets))
        for set_id in ids:
            one = history.past_set(set_id)
            words = _("{exercise} of {when:%Y-%m-%d %H:%M}").format(
                exercise=one.exercise, when=one.when
            )
            question = _("Delete {words} for good?").format(words=words)
            refusal = _("{words} was not deleted. To delete for good, add --yes.")
            confirm(question, refusal.format(words=words), yes=args.yes)
            history.delete_set(set_id)
            print(_("Deleted {words}.").format(words=words))
    return OK


def _set_id(history: History, start: str) -> str:
    """The id that begins so; refuses where there is none, or more than one."""
    from sqlalchemy import select

    from formcheck.history.tables import SetRow

    wanted = start.strip().lower()
    with history.reading() as session:
        query = select(SetRow.id).where(SetRow.id.startswith(wanted, autoescape=True)).limit(2)
        found = session.scalars(query).all() if wanted else []
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(
            _("More than one set begins with {start!r}; give more of its id.").format(start=start),
            USAGE,
        )
    raise Failure(
        _(
            "There is no set {start!r} in the history; its sets are listed by: formcheck history."
        ).format(start=start),
        USAGE,
    )
