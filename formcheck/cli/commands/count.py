"""formcheck count: the repetitions of a recording in one line."""

from __future__ import annotations

import argparse
import sys

from formcheck.cli.measuring import exit_code, measured, recording_arguments


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = "Counts repetitions, partial attempts and holds, and prints one line."
    recording_arguments(parser)
    parser.set_defaults(run=_count)


def _count(args: argparse.Namespace) -> int:
    from formcheck.cli.console import count_line

    reports = measured(args)
    for report in reports:
        print(count_line(report))
        if not args.quiet:
            for note in report.notes:
                print(f"formcheck: {note}", file=sys.stderr)
    return exit_code(args.path, reports)
