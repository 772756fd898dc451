"""formcheck programme: what there is to follow, and following it."""

from __future__ import annotations

import argparse
import difflib
import sys
from typing import TYPE_CHECKING

from formcheck.capture.files import at_home
from formcheck.cli.common import (
    BAD_INPUT,
    OK,
    USAGE,
    Failure,
    Parser,
    color_argument,
    confirm,
    confirmed,
    words_to,
    write_file,
)
from formcheck.cli.profile_choice import find_profile, open_history, profile_argument, profile_for
from formcheck.language import N_, _

if TYPE_CHECKING:
    from formcheck.history import Enrolment, History
    from formcheck.training.programmes.programme import Programme
    from formcheck.training.progression import Progression


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Programmes say which exercises to do, how many, how slowly and how often. "
        "Some come with formcheck; your own is a YAML file."
    )
    more = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )

    command = more.add_parser("list", help="all programmes, and the one that is followed")
    _options(command)
    command.set_defaults(run=_list)

    command = more.add_parser(
        "show",
        help="a programme's phases, exercises and doses",
        description="Shows a programme. What its source says and what formcheck filled in are "
        "told apart by a *.",
    )
    _which(command)
    command.add_argument(
        "--yaml", action="store_true", help="print it as YAML, to make one's own from"
    )
    command.add_argument(
        "--link",
        nargs="?",
        const="http://localhost:8501/programme",
        metavar="PAGE",
        help="print a link to send, which opens it on that page (default: formcheck's own on the "
        "computer of who opens it)",
    )
    _options(command)
    command.set_defaults(run=_show)

    command = more.add_parser(
        "remind",
        help="write a calendar file with the rounds to do",
        description="Writes the rounds of a programme as a calendar file, to be opened with a "
        "calendar on a computer or phone. Written and opened again, it changes what is there.",
    )
    command.add_argument(
        "which", nargs="?", metavar="ID|FILE", help="default: the one that is followed"
    )
    command.add_argument("--ics", metavar="FILE", required=True, help="the file to write")
    command.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="HH:MM",
        help="time of a round; may be given more than once. Without: the whole day",
    )
    command.add_argument(
        "--days", default="", metavar="DAYS", help="such as mon,wed,fri (default: every day)"
    )
    command.add_argument(
        "--weeks", type=int, default=6, metavar="N", help="for so many weeks (default: 6)"
    )
    command.add_argument(
        "--zone",
        metavar="ZONE",
        help="the time zone, such as Europe/Vienna (default: that of the calendar)",
    )
    command.add_argument(
        "--phase", type=int, metavar="N", help="default: the one you are in, else 1"
    )
    profile_argument(command)
    command.set_defaults(run=_remind)

    command = more.add_parser("start", help="follow a programme from now on")
    _which(command)
    command.add_argument(
        "--phase", type=int, default=1, metavar="N", help="begin with this phase (default: 1)"
    )
    command.add_argument("--yes", action="store_true", help="do not ask before ending another one")
    profile_argument(command)
    command.set_defaults(run=_start)

    command = more.add_parser(
        "next",
        help="see whether the next phase is due, and go on to it",
        description="Shows what speaks for the next phase. Nothing changes unless you say yes.",
    )
    command.add_argument("--yes", action="store_true", help="go on, if it is due, without asking")
    _options(command)
    command.set_defaults(run=_next)

    command = more.add_parser("stop", help="follow the programme no longer; what was done stays")
    profile_argument(command)
    command.set_defaults(run=_stop)

    command = more.add_parser("validate", help="check programme files: each problem with its line")
    command.add_argument("files", nargs="+", metavar="FILE")
    command.set_defaults(run=_validate)

    command = more.add_parser("delete", help="delete a programme of one's own")
    command.add_argument("which", metavar="ID")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.set_defaults(run=_delete)


def _which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "which", metavar="ID|FILE|LINK", help="a programme's id, or a file or link with one"
    )


def _options(parser: argparse.ArgumentParser) -> None:
    profile_argument(parser)
    color_argument(parser)


def _list(args: argparse.Namespace) -> int:
    from formcheck.cli.console import make_console
    from formcheck.cli.programme_text import print_programmes

    with open_history() as history:
        followed = following(history, args.profile)
        print_programmes(
            make_console(sys.stdout, args.color),
            tuple(_own(history).values()),
            followed and (followed[1], followed[0].phase),
        )
    return OK


def _show(args: argparse.Namespace) -> int:
    from formcheck.cli.console import make_console
    from formcheck.cli.programme_text import print_programme
    from formcheck.training.programmes.reading import write_programme
    from formcheck.training.programmes.sending import link
    from formcheck.training.programmes.shipped import PROGRAMMES

    with open_history() as history:
        programme = _found(history, args.which)
        followed = following(history, args.profile)
    if args.yaml:
        sys.stdout.write(write_programme(programme))
        return OK
    if args.link:
        print(link(programme, args.link))
        return OK
    now = followed[0].phase if followed and followed[1] == programme else None
    own = programme.id not in PROGRAMMES
    print_programme(make_console(sys.stdout, args.color), programme, own=own, now=now)
    return OK


def _remind(args: argparse.Namespace) -> int:
    from datetime import UTC, date, datetime, time

    from formcheck.training.reminders import DAYS, Reminders, calendar_file, zone

    with open_history() as history:
        followed = following(history, args.profile)
        if args.which is None:
            _enrolment, programme = _must_follow(history, args.profile)
        else:
            programme = _found(history, args.which)
        who = find_profile(history, args.profile)
    phase = followed[0].phase + 1 if followed and followed[1] == programme else 1
    phase = phase if args.phase is None else args.phase
    _check_phase(programme, phase)
    try:
        times = tuple(time.fromisoformat(f"{at:0>5}") for at in args.at)
        if any(at.tzinfo or at.second for at in times):
            raise ValueError
    except ValueError:
        raise Failure(
            _("--at {names}: a time is like 7:30 or 18:00.").format(names=" ".join(args.at)), USAGE
        ) from None
    names = [name.strip()[:2].upper() for name in args.days.split(",") if name.strip()]
    if set(names) - set(DAYS):
        raise Failure(_("--days {days}: days are like mon,wed,fri.").format(days=args.days), USAGE)
    days = {DAYS.index(name) for name in names} or range(7)
    whose = who.id if who else ""
    try:
        when = Reminders(date.today(), times, days, args.weeks, zone(args.zone), whose)
        data = calendar_file(programme, phase - 1, when, datetime.now(UTC))
    except ValueError as error:
        raise Failure(str(error), USAGE) from None
    write_file(args.ics, data)
    words = _("Wrote {ics}: {name}. Open it with your calendar.")
    print(words.format(ics=args.ics, name=_(programme.name)), file=words_to(args.ics))
    return OK


def _check_phase(programme: Programme, phase: int) -> None:
    phases = len(programme.phases)
    if not 1 <= phase <= phases:
        known = _("one phase") if phases == 1 else _("the phases 1 to {n}").format(n=phases)
        raise Failure(
            _("--phase {phase}: {name} has {phases}.").format(
                phase=phase, name=_(programme.name), phases=known
            ),
            USAGE,
        )


def _start(args: argparse.Namespace) -> int:
    from formcheck.cli.programme_text import phase_words
    from formcheck.training.programmes.shipped import PROGRAMMES

    with open_history() as history:
        programme = _found(history, args.which)
        _check_phase(programme, args.phase)
        followed = following(history, args.profile)
        if followed is not None:
            words = f"{_(followed[1].name)}, {phase_words(followed[1], followed[0].phase)}"
            question = _("You follow {words}. End it and start {name}?").format(
                words=words, name=_(programme.name)
            )
            refusal = _("{words}, is still followed. To end it, add --yes.")
            confirm(question, refusal.format(words=words), yes=args.yes)
        who = profile_for(history, args.profile)
        if programme.id not in PROGRAMMES:
            history.save_programme(programme.to_dict())
        history.enrol(who.id, programme.to_dict(), args.phase - 1)
    phase = phase_words(programme, args.phase - 1)
    words = _("{name} follows {programme} from now on: {words}.")
    print(words.format(name=who.name, programme=_(programme.name), words=phase))
    print(_("What is to be done: formcheck today"))
    return OK


def _next(args: argparse.Namespace) -> int:
    from formcheck.cli.console import make_console
    from formcheck.cli.programme_text import phase_words, print_progression

    with open_history() as history:
        enrolment, programme = _must_follow(history, args.profile)
        progression = progress(history, enrolment, programme)
        print_progression(make_console(sys.stdout, args.color), progression)
        if enrolment.phase + 1 >= len(programme.phases):
            return OK
        if not progression.ready:
            words = _("To go on anyway: formcheck programme start {id} --phase {n}")
            print(words.format(id=programme.id, n=enrolment.phase + 2))
            return BAD_INPUT if args.yes else OK
        to = phase_words(programme, enrolment.phase + 1)
        if not confirmed(_("Go on to {to}?").format(to=to), yes=args.yes):
            print(_("Nothing was changed. To go on: formcheck programme next --yes"))
            return OK
        history.set_phase(enrolment.id, enrolment.phase + 1)
    print(_("On {to} from now on. What is to be done: formcheck today").format(to=to))
    return OK


def _stop(args: argparse.Namespace) -> int:
    with open_history() as history:
        enrolment, programme = _must_follow(history, args.profile)
        history.end_enrolment(enrolment.id)
    words = _("You no longer follow {name}. What you did stays in the history.")
    print(words.format(name=_(programme.name)))
    return OK


def _validate(args: argparse.Namespace) -> int:
    from formcheck.engine.wording import many
    from formcheck.training.programmes.reading import ProgrammeError, read_programme_file

    code = OK
    for file in args.files:
        try:
            programme = read_programme_file(at_home(file))
        except ProgrammeError as error:
            print(_(str(error)), file=sys.stderr)
            code = BAD_INPUT
        else:
            phases = many(len(programme.phases), "phase")
            words = _("{file}: {name}, {words}, no problem found.")
            print(words.format(file=file, name=_(programme.name), words=phases))
    return code


def _delete(args: argparse.Namespace) -> int:
    with open_history() as history:
        if args.which not in _own(history):
            raise Failure(
                _("You have no programme {which!r} of your own.").format(which=args.which), USAGE
            )
        question = _("Delete the programme {which} for good?").format(which=args.which)
        refusal = _("{which} was not deleted. To delete it, add --yes.")
        confirm(question, refusal.format(which=args.which), yes=args.yes)
        history.delete_programme(args.which)
    words = _("Deleted the programme {which}. Anyone following it can continue.")
    print(words.format(which=args.which))
    return OK


# ------------------------------------------------------------------- pieces

NO_PROGRAMME = N_(
    "No programme is followed. See which there are with: formcheck "
    "programme list; then follow one with: formcheck programme start ID."
)


def following(history: History, name: str | None) -> tuple[Enrolment, Programme] | None:
    """What the person follows, as it was when they began it."""
    from formcheck.training.programmes.programme import Programme

    who = find_profile(history, name)
    enrolment = history.enrolment(who.id) if who else None
    if enrolment is None:
        return None
    try:
        programme = Programme.from_dict(enrolment.programme)
    except ValueError:
        raise Failure(
            _(
                "The programme that is followed cannot be read by this version of "
                "formcheck; start one again with: formcheck programme start ID."
            ),
            BAD_INPUT,
        ) from None
    return enrolment, programme


def _must_follow(history: History, name: str | None) -> tuple[Enrolment, Programme]:
    followed = following(history, name)
    if followed is None:
        raise Failure(NO_PROGRAMME, BAD_INPUT)
    return followed


def progress(history: History, enrolment: Enrolment, programme: Programme) -> Progression:
    """What speaks for the next phase: of the rounds since the present one was begun."""
    from formcheck.training.progression import circuits_of_phase, progress_towards

    circuits = circuits_of_phase(enrolment, history.circuits(enrolment.profile_id))
    sets = history.sets(enrolment.profile_id, since=enrolment.phase_since.date())
    return progress_towards(programme, enrolment.phase, circuits, sets)


def _own(history: History) -> dict[str, Programme]:
    """Programmes of one's own; those that this version cannot read are told and left out."""
    from formcheck.training.programmes.reading import read_own

    own, problems = read_own(history.own_programmes())
    for problem in problems:
        print(f"formcheck: {_(problem)}", file=sys.stderr)
    return own


def _found(history: History, which: str) -> Programme:
    """The programme with this id or in this file."""
    from formcheck.training.programmes.reading import KINDS, read_programme_file
    from formcheck.training.programmes.sending import unpacked
    from formcheck.training.programmes.shipped import PROGRAMMES

    own = _own(history)
    wanted = which.strip().lower().replace("-", "_")
    if wanted in PROGRAMMES:
        return PROGRAMMES[wanted]
    if wanted in own:
        return own[wanted]
    sent = which.startswith(("http://", "https://"))
    path = at_home(which)
    if not sent and path.suffix[1:].lower() not in KINDS and not path.exists():
        known = [*PROGRAMMES, *own]
        near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
        hint = (
            _("did you mean {name}?").format(name=near[0])
            if near
            else _("there is {names}.").format(names=", ".join(known))
        )
        raise Failure(
            _("There is no programme {which!r}; {hint}").format(which=which, hint=hint), USAGE
        )
    programme = unpacked(which) if sent else read_programme_file(path)
    if programme.id in PROGRAMMES:
        if programme == PROGRAMMES[programme.id]:
            return programme
        raise Failure(
            _(
                "{which}: 'id' is {id!r}, which is a programme of formcheck's own; "
                "give yours another id."
            ).format(which=which, id=programme.id),
            BAD_INPUT,
        )
    return programme
