"""formcheck compare: the best rep of each of two recordings, side by side."""

from __future__ import annotations

import argparse

from formcheck.cli.common import BAD_INPUT, OK, Failure, exercise_named
from formcheck.cli.measuring import enough_memory
from formcheck.cli.progress_bar import progress_bar
from formcheck.language import _


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Writes an mp4 of the best rep of each of two recordings of one exercise, side by side and "
        "in step. Where one leg works, of the same side."
    )
    parser.add_argument("left", metavar="LEFT", help="a video file, or a .npz landmark recording")
    parser.add_argument("right", metavar="RIGHT", help="the other one")
    parser.add_argument("--share", metavar="FILE", required=True, help="the mp4 to write")
    parser.add_argument(
        "--exercise", "-e", default="auto", metavar="ID", help="default: recognised in LEFT"
    )
    parser.add_argument("--model", default="full", metavar="NAME", help="pose model, see analyze")
    parser.add_argument(
        "--skeleton-only", action="store_true", help="the skeletons, without the pictures"
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress on stderr")
    parser.set_defaults(run=_compare)


def _compare(args: argparse.Namespace) -> int:
    from formcheck.recordings.analysis import UnrecognisedError
    from formcheck.recordings.comparison import compare
    from formcheck.recordings.set_finding import Reading

    try:
        with enough_memory(f"{args.left}, {args.right}"), progress_bar(args) as bar:
            left, right = compare(
                (args.left, args.right),
                args.share,
                None if args.exercise == "auto" else exercise_named(args.exercise),
                Reading(args.model),
                skeleton=args.skeleton_only,
                progress=bar,
            )
    except UnrecognisedError as error:
        named = _("Name it with --exercise.")
        raise Failure(f"{args.left}: {_(str(error))} {named}", BAD_INPUT) from None
    words = _("Rep {left} on the left, rep {right} on the right")
    print(f"{args.share}: {words.format(left=left.index, right=right.index)}")
    return OK
