"""What the commands have in common: exit codes, refusals, and what is asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NoReturn

from formcheck.language import _
from formcheck.language.told import FormcheckError

if TYPE_CHECKING:
    from formcheck.engine.exercise import Exercise, Prescription

OK: Final = 0
BAD_INPUT: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


class Failure(FormcheckError):
    """A sentence for the person and the exit code that goes with it.

    Of any other FormcheckError it is BAD_INPUT.
    """

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class Parser(argparse.ArgumentParser):
    """Errors in one line; the full usage is only a --help away."""

    def error(self, message: str) -> NoReturn:
        """Refuse; main() prints it."""
        raise Failure(f"{message}. See '{self.prog} --help'.", USAGE)


def color_argument(parser: argparse.ArgumentParser, *, inner: bool = False) -> None:
    """The option --color. inner: the parser is inside of another one that has it, too."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        # Its default would be written over what was said before the inner command.
        default=argparse.SUPPRESS if inner else "auto",
        help="colours in the report (default: only on a terminal)",
    )


def ask(names: list[str], question: str) -> str | None:
    """Let the person choose one of the names; None when they do not."""
    print(question, file=sys.stderr)
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name}", file=sys.stderr)
    print(_("Which one is it (number or id)? "), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if answer.isdigit() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    return answer or None


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the person answers y; yes: they did beforehand. Nobody to ask is a no."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return False
    print(f"{question} {_('[y/N]')} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in _("y, yes").split(", ")


def confirm(question: str, refusal: str, *, yes: bool) -> None:
    """Refuse with these words where the person does not answer y; yes: see confirmed."""
    if not confirmed(question, yes=yes):
        raise Failure(refusal, USAGE)


def csv_dialect_argument(parser: argparse.ArgumentParser, *, inner: bool = False) -> None:
    """The option --csv-dialect. inner: see color_argument."""
    parser.add_argument(
        "--csv-dialect",
        choices=("standard", "excel"),
        default=argparse.SUPPRESS if inner else "standard",
        help="excel: semicolons and decimal commas, as spreadsheets in many countries expect",
    )


def words_to(*files: str | None) -> IO[str]:
    """Where words go that are for a person: not between the text of a file named '-'."""
    return sys.stderr if "-" in files else sys.stdout


def write_file(path: str, content: str | bytes) -> None:
    """Write a file, text as UTF-8, '-' for standard output; refuses where that cannot be."""
    from formcheck.capture.files import replacing, text_file

    try:
        if isinstance(content, str):
            with text_file(Path(path)) as file:
                file.write(content)
        elif path == "-":
            sys.stdout.buffer.write(content)
        else:
            with replacing(Path(path)) as made:
                made.write_bytes(content)
    except OSError as error:
        reason = error.strerror or error
        raise Failure(
            _("{file} cannot be written: {why}.").format(file=path, why=reason), BAD_INPUT
        ) from None


def exercise_named(name: str) -> Exercise:
    """The exercise with this id; refuses with the nearest one."""
    from formcheck.recordings.analysis import UnknownExerciseError, find_exercise

    try:
        return find_exercise(name)
    except UnknownExerciseError as error:
        raise Failure(str(error), USAGE) from None


def prescription_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that prescription_of reads."""
    parser.add_argument("--reps", metavar="N", help="repetitions asked for, of each side")
    parser.add_argument(
        "--tempo",
        metavar="UP-HOLD-DOWN",
        help="seconds of each asked for, in this order also where down comes first (a squat)",
    )
    parser.add_argument("--hold", metavar="SECONDS", help="how long to hold at the far end")


def prescription_of(args: argparse.Namespace) -> Prescription | None:
    """What --reps, --tempo and --hold ask for; None without them."""
    if args.hold is None and args.tempo is None and args.reps is None:
        return None
    from formcheck.engine.exercise import Prescription

    reps = None
    if args.reps is not None:
        try:
            reps = int(args.reps)
        except ValueError:
            raise Failure(
                _("Reps must be a whole number, not {reps!r}.").format(reps=args.reps), USAGE
            ) from None
    try:
        return Prescription.parse(reps=reps, hold=args.hold, tempo=args.tempo)
    except ValueError as error:
        raise Failure(str(error), USAGE) from None


def nobody(path: str) -> int:
    """Tell that nobody was seen; the exit code of it."""
    print(
        _(
            "formcheck: nobody was found anywhere in {file}; the person must be in "
            "the picture from head to foot, in good light, and fill at least a "
            "third of it."
        ).format(file=path),
        file=sys.stderr,
    )
    return BAD_INPUT
