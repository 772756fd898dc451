"""formcheck analyze: what was done in a recording."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from formcheck.cli.common import USAGE, Failure, csv_dialect_argument, prescription_of, words_to
from formcheck.cli.measuring import exit_code, measured, recording_arguments, study
from formcheck.cli.profile_choice import profile_argument
from formcheck.language import _


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Measures one set of one exercise in a video, or in a landmark recording "
        "(.npz, made with --poses), and prints the report. Ctrl-C ends the set early. Of a folder, "
        "with --out, it makes tables."
    )
    recording_arguments(parser)
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="write the report as JSON ('-', here and below: standard output)",
    )
    parser.add_argument("--csv", metavar="FILE", help="write one row per frame: every signal")
    parser.add_argument("--video", metavar="FILE", help="write an annotated mp4")
    parser.add_argument(
        "--slow-motion", action="store_true", help="with --video: slowly where a fault is worst"
    )
    parser.add_argument(
        "--share",
        metavar="FILE",
        help="write an mp4 of the best and the worst rep side by side, in step",
    )
    parser.add_argument(
        "--skeleton-only",
        action="store_true",
        help="with --video and --share: the skeleton, without the picture",
    )
    parser.add_argument(
        "--html", metavar="FILE", help="write the report as a page with pictures, to keep or print"
    )
    parser.add_argument("--reps-csv", metavar="FILE", help="write one row per repetition")
    csv_dialect_argument(parser)
    parser.add_argument(
        "--poses", metavar="FILE", help="write the landmarks (.npz), which show no picture"
    )
    parser.add_argument("--save", action="store_true", help="put it into the history")
    parser.add_argument(
        "--when",
        metavar="TIME",
        help="with --save: when it was recorded, like 2026-07-01T18:30 (default: what the camera "
        "wrote into the file, else the file's date)",
    )
    profile_argument(parser)
    many = parser.add_argument_group("many recordings, when PATH is a folder")
    many.add_argument(
        "--out",
        metavar="FILE",
        help="write tables of reps, sets, subjects and failures: study.csv or study.parquet; the "
        "same command goes on where it was interrupted",
    )
    many.add_argument(
        "--manifest", metavar="CSV", help="columns clip, subject, session, exercise, and others"
    )
    many.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster, which sees the same files"
    )
    many.add_argument(
        "--upload", action="store_true", help="with --scheduler: send it the files instead"
    )
    parser.set_defaults(run=_analyze)


def _analyze(args: argparse.Namespace) -> int:
    if Path(args.path).is_dir() and args.out:
        return study(args)
    for name in ("out", "manifest", "scheduler", "upload"):
        if getattr(args, name):
            raise Failure(_("--{name} goes with a folder and --out.").format(name=name), USAGE)

    from formcheck.cli.console import make_console, print_report
    from formcheck.recordings.analysis import find_exercise

    if args.when is not None and not args.save:
        raise Failure(_("--when goes with --save."), USAGE)
    save = None
    if args.save:
        from formcheck.cli.saving import Saving

        save = Saving(args)
    reports = measured(args)
    words = words_to(args.json, args.csv, args.html, args.reps_csv)
    if not (words is sys.stderr and args.quiet):
        console = make_console(words, args.color)
        for report in reports:
            print_report(console, report, find_exercise(report.exercise), prescription_of(args))
    if save is not None:
        save(reports)
    return exit_code(args.path, reports)
