"""Measuring a recording, for the commands that do."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from formcheck.cli.common import (
    BAD_INPUT,
    INTERRUPTED,
    OK,
    USAGE,
    Failure,
    ask,
    color_argument,
    exercise_named,
    nobody,
    prescription_arguments,
    prescription_of,
)
from formcheck.cli.progress_bar import progress_bar
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.engine.report import SetReport

#: What is written of one recording, and how.
_OUTPUTS: Final = ("json", "csv", "video", "share", "html", "reps_csv", "poses")
_HOW: Final = ("csv_dialect", "slow_motion", "skeleton_only")


def recording_arguments(parser: argparse.ArgumentParser) -> None:
    """What is measured, as what, and what was asked for."""
    parser.add_argument("path", metavar="PATH", help="a video file, or a .npz landmark recording")
    parser.add_argument(
        "--exercise",
        "-e",
        default="auto",
        metavar="ID",
        help="which one ('formcheck exercises'); without it, or with 'auto', it is recognised",
    )
    prescription_arguments(parser)
    parser.add_argument(
        "--model",
        default="full",
        metavar="NAME",
        help="pose model: lite, full (default), heavy, or a .task file",
    )
    parser.add_argument(
        "--sets",
        action="store_true",
        help="the recording holds several sets with breaks between: report each of them",
    )
    parser.add_argument(
        "--rotate",
        type=int,
        choices=(90, 180, 270),
        default=0,
        help="the picture has to be turned clockwise by so many degrees to be upright",
    )
    parser.add_argument(
        "--mirrored", action="store_true", help="left and right are swapped, as in a mirror"
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help="it plays at this share of the real speed: 0.25 for slow motion of a quarter",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="how many processes look at a recording of half a minute and more (default: one for "
        "each core)",
    )
    parser.add_argument(
        "--every-frame",
        action="store_true",
        help="look at all pictures of more than 30 a second; it takes longer and finds the same",
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress on stderr")
    color_argument(parser)


def _looked_at(args: argparse.Namespace) -> dict[str, Any]:
    """How recordings are looked at and what was asked for; refuses what cannot be."""
    from formcheck.capture.correction import Correction

    if args.jobs is not None and args.jobs < 1:
        raise Failure(_("--jobs is at least 1."), USAGE)
    try:
        Correction(args.rotate, args.mirrored, args.speed)
    except ValueError as error:
        raise Failure(str(error), USAGE) from None
    names = ("model", "rotate", "mirrored", "speed", "jobs", "every_frame")
    return {"prescription": prescription_of(args), **{name: getattr(args, name) for name in names}}


def measured(args: argparse.Namespace) -> tuple[SetReport, ...]:
    """Run the analysis; asks which exercise it is where that is not told."""
    from formcheck.recordings.analysis import AUTO, UnrecognisedError

    exercise = AUTO if args.exercise == AUTO else exercise_named(args.exercise)
    given = {
        **_looked_at(args),
        "model_progress": _no_progress if args.quiet else None,
        **{name: getattr(args, name) for name in (*_OUTPUTS, *_HOW) if hasattr(args, name)},
    }
    try:
        return _analyzed(args, args.path, exercise, given)
    except UnrecognisedError as error:
        chosen = None
        if error.recognition.candidates and sys.stdin.isatty() and not args.quiet:
            chosen = ask([name for name, _share in error.recognition.candidates], _(str(error)))
        if chosen is None:
            likely = [name for name, _share in error.recognition.candidates[:3]]
            named = _("Name it with --exercise.")
            if likely:
                named = _("Name it with --exercise, as {names}.").format(names=", ".join(likely))
            raise Failure(f"{args.path}: {_(str(error))} {named}", BAD_INPUT) from None
        found = error.poses or args.path
        return _analyzed(args, found, exercise_named(chosen), given)


def _analyzed(
    args: argparse.Namespace, path: Any, exercise: Any, given: dict[str, Any]
) -> tuple[SetReport, ...]:
    from formcheck.recordings.analysis import analyze, analyze_sets

    with enough_memory(args.path), progress_bar(args) as bar:
        if args.sets:
            return analyze_sets(path, exercise, progress=bar, **given)
        return (analyze(path, exercise, progress=bar, **given),)


@contextlib.contextmanager
def enough_memory(path: str) -> Iterator[None]:
    """Refuses a recording that is too large. path: what is looked at, for people."""
    try:
        yield
    except MemoryError:
        raise Failure(
            _("{path} needs more memory than there is.").format(path=path), BAD_INPUT
        ) from None


def study(args: argparse.Namespace) -> int:
    """Measure the recordings of a folder; the exit code."""
    from formcheck.recordings.study import analyze_folder, table_path

    for name in (n for n in (*_OUTPUTS, "save") if getattr(args, n)):
        raise Failure(
            _("--{name} goes with one recording, not with a folder.").format(
                name=name.replace("_", "-")
            ),
            USAGE,
        )
    chosen = args.exercise if args.exercise == "auto" else exercise_named(args.exercise).id
    try:
        with progress_bar(args, "recordings") as bar:
            rows = analyze_folder(
                Path(args.path),
                Path(args.out),
                manifest=args.manifest and Path(args.manifest),
                exercise=chosen,
                scheduler=args.scheduler,
                upload=args.upload,
                on_clip=bar,
                **_looked_at(args),
            )
    except KeyboardInterrupt:
        raise Failure(
            _("interrupted; what was found so far is kept, and the same command goes on."),
            INTERRUPTED,
        ) from None
    print(_("{reps} reps in {sets} sets; {failed} recordings failed.").format(**rows))
    if rows["failed"]:
        print(_("Why: {file}").format(file=table_path(Path(args.out), "failed")))
    return OK


def _no_progress(_what: str, _done: int, _total: int | None) -> None:
    """Fetch the model silently."""


def exit_code(path: str, reports: Sequence[SetReport]) -> int:
    """The exit code of these reports; tells where nobody was seen."""
    from formcheck.recordings.analysis import was_interrupted

    if any(was_interrupted(report) for report in reports):
        return INTERRUPTED
    seen = any(report.source.frames_with_pose for report in reports)
    return OK if seen else nobody(path)
