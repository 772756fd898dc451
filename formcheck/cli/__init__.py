"""The ``formcheck`` command.

Only argparse is imported at the top, so that help and typing errors answer at
once; the pose network's libraries take a second and come when they are needed.

Exit codes: 0 done; 1 the input or an output is bad, or nobody was found;
2 the command was not understood; 130 ended by Ctrl-C, `kill` or a closed terminal
(the report of what was seen is still printed and written).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from formcheck.capture.interruption import ends_as_by_ctrl_c
from formcheck.cli.common import BAD_INPUT, INTERRUPTED, OK, Failure, Parser
from formcheck.engine.plain_text import plain_text
from formcheck.language import LANGUAGES, _, chosen, use
from formcheck.language.told import FormcheckError

__all__ = ["main"]

#: Where a system says which language is spoken, the first that is set being the one.
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
#: The commands in the order of the help. Each is a module of commands/ that is loaded when its
#: name is on the command line; its fill() gives the command's parser its arguments.
_COMMANDS: Final = {
    "analyze": "measure one set and print the report",
    "compare": "show the best rep of two recordings side by side",
    "count": "count repetitions: one line",
    "live": "be coached through a set in a window, with the webcam",
    "app": "be coached in the browser, or analyze a recorded video there",
    "today": "see what is to be done today",
    "programme": "list, show, check and follow programmes",
    "history": "see what was done; export, import, delete it",
    "summary": "one-page summary of a period for your physio",
    "profiles": "list the people who train here; add, choose, rename or delete one",
    "exercises": "list the exercises, or describe one",
    "demo": "generate sample history, to try the commands on",
    "doctor": "show versions, model, cameras and codecs, for a bug report",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A degree sign must not stop a report on a terminal that cannot show it.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        given = sys.argv[1:] if argv is None else argv
        args = _parser(given).parse_args(given)
        use(getattr(args, "language", None) or _of_the_system())
        with ends_as_by_ctrl_c():
            code: int = args.run(args)
        sys.stdout.flush()
        return code
    except FormcheckError as error:
        print(f"formcheck: {plain_text(_(str(error)))}", file=sys.stderr)
        return error.code if isinstance(error, Failure) else BAD_INPUT
    except KeyboardInterrupt:
        print("formcheck: interrupted, nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        # What nobody thought of: a folder that is gone, a disk that is full.
        place = f"{error.filename}: " if error.filename else ""
        print(f"formcheck: {plain_text(place)}{error.strerror or error}.", file=sys.stderr)
        return BAD_INPUT


def _of_the_system() -> str:
    """The language that the environment asks for."""
    said = (os.environ.get(name, "") for name in _VARIABLES)
    return chosen([next(filter(None, said), "")])


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    from formcheck import __version__

    parser = Parser(
        prog="formcheck",
        description="Coaches glute and hip exercises with a camera, and measures in a video how "
        "they were done: repetitions, holds, tempo, and what went wrong in which repetition. "
        "Leads through programmes and keeps what was done.",
        epilog="Exit codes: 0 done, 1 bad input or output or nobody found, 2 wrong usage, "
        "130 ended by Ctrl-C (what was seen is still reported).",
    )
    parser.add_argument("--version", action="version", version=f"formcheck {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name, words in _COMMANDS.items():
        command = commands.add_parser(name, help=words)
        command.add_argument(
            "--language",
            choices=tuple(LANGUAGES),
            help="of reports and of the voice (default: as LANG says, else English)",
        )
        if name in argv:
            import_module(f"formcheck.cli.commands.{name}").fill(command)
    return parser
