"""formcheck live: be coached in a window."""

from __future__ import annotations

import argparse
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

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
    words_to,
    write_file,
)
from formcheck.cli.profile_choice import open_history, profile_argument, profile_for
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.live.coached_set import FinishedSet


def fill(parser: argparse.ArgumentParser) -> None:
    """Give the command's parser its arguments."""
    parser.description = (
        "Coaches one set or more in a window: checks the set-up, counts down, counts "
        "aloud, says what to correct, and prints and saves the report. Keys: space = start now, "
        "or end the set; n = another set; m = mute; f = mirror; q = quit."
    )
    parser.add_argument(
        "--exercise", "-e", metavar="ID", help="which one (see 'formcheck exercises')"
    )
    prescription_arguments(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--camera", type=int, default=0, metavar="N", help="which camera (default: 0, the first)"
    )
    source.add_argument("--video", metavar="FILE", help="play a video in place of the camera")
    parser.add_argument(
        "--model",
        default="auto",
        metavar="NAME",
        help="pose model: auto (by measured speed, the default), lite, full, heavy, or a file",
    )
    parser.add_argument("--no-mirror", action="store_true", help="show the picture as it is")
    parser.add_argument("--mute", action="store_true", help="start without a voice")
    profile_argument(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page with pictures")
    color_argument(parser)
    parser.set_defaults(run=_live)


def _live(args: argparse.Namespace) -> int:
    from formcheck.capture.interruption import ctrl_c
    from formcheck.cli.console import make_console, print_report
    from formcheck.cli.live_coach import open_live_coach
    from formcheck.recordings.outputs import Outputs
    from formcheck.web.tab_session import Setup

    exercise = exercise_named(args.exercise or _asked_exercise())
    words = words_to(args.json, args.html)
    console = make_console(words, args.color)
    asked = prescription_of(args) or exercise.prescription
    setup = Setup(exercise.id, asked, profile_id=_whose(args.profile))
    source = args.camera if args.video is None else Path(args.video)
    done: list[FinishedSet] = []
    files = {n: Path(f) for n in ("json", "html") if (f := getattr(args, n)) is not None}
    Outputs(**files).check(Path(args.video or ""))
    print(_("Starting the camera and the pose model ..."), file=words, flush=True)
    with (
        ctrl_c() as stop,
        open_live_coach(
            setup, source, args.model, mirrored=not args.no_mirror, muted=args.mute
        ) as (coach, frames),
    ):
        print(f"{_(exercise.name)}. {_(exercise.setup)}", file=words, flush=True)
        for finished in coach.run(takewhile(lambda _frame: not stop.is_set(), frames)):
            done.append(finished)
            print_report(console, finished.report, exercise, finished.prescription)
            if finished.id:
                told = _("Saved: formcheck history show {id}").format(id=finished.id[:8])
                print(told, file=words, flush=True)
    for problem in filter(None, (*coach.problems, coach.voice.problem)):
        print(f"formcheck: {_(problem)}", file=sys.stderr)
    if done:
        _write_live(args, done)
    elif coach.seen.frames_with_pose:
        print(_("formcheck: no set was begun, so there is no report."), file=sys.stderr)
    if stop.is_set():
        return INTERRUPTED
    if coach.seen.frames and not coach.seen.frames_with_pose:
        return nobody(args.video or _("camera {camera}").format(camera=args.camera))
    return BAD_INPUT if coach.problems else OK


def _whose(name: str | None) -> str:
    """The id of who trains. A history that cannot be read is told, and ends nothing."""
    from formcheck.history import HistoryError
    from formcheck.history.settings import load_settings

    try:
        with open_history() as history:
            return profile_for(history, name).id
    except HistoryError as error:
        print(f"formcheck: {_(str(error))}", file=sys.stderr)
        # What is done for who was chosen last is kept aside until the history is well.
        return load_settings().profile


def _asked_exercise() -> str:
    """The exercise the person chooses from a list."""
    from formcheck.engine.exercises import EXERCISES

    chosen = None
    if sys.stdin.isatty():
        chosen = ask(list(EXERCISES), _("Exercises:"))
    if chosen is None:
        raise Failure(
            _("Name the exercise with --exercise: {names}.").format(names=", ".join(EXERCISES)),
            USAGE,
        )
    return chosen


def _write_live(args: argparse.Namespace, done: list[FinishedSet]) -> None:
    """Write the files asked for, of all sets that were done."""
    from formcheck.engine.exercises import EXERCISES
    from formcheck.recordings.analysis import sets_json
    from formcheck.reporting.html_report import ReportedSet, html_reports

    texts: dict[str, str] = {}
    if args.json:
        reports = [one.report for one in done]
        texts[args.json] = reports[0].to_json() if len(done) == 1 else sets_json(reports)
    if args.html:
        sets = [
            ReportedSet(
                one.report,
                EXERCISES[one.report.exercise],
                one.pictures,
                one.trace,
                one.prescription,
            )
            for one in done
        ]
        texts[args.html] = html_reports(sets, when=done[0].when)
    for file, text in texts.items():
        write_file(file, text)
