"""formcheck exercises: what there is to do."""

from __future__ import annotations

import argparse
import sys

from formcheck.cli.common import OK, color_argument, exercise_named


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = "Lists the exercises with where to put the camera, or describes one."
    parser.add_argument("exercise", nargs="?", metavar="ID", help="describe this one")
    color_argument(parser)
    parser.set_defaults(run=_exercises)


def _exercises(args: argparse.Namespace) -> int:
    from formcheck.cli.console import make_console, print_catalogue, print_exercise

    console = make_console(sys.stdout, args.color)
    if args.exercise is None:
        print_catalogue(console)
    else:
        print_exercise(console, exercise_named(args.exercise))
    return OK
