"""The ``formcheck`` command.

Only argparse is imported at the top, so that help and typing errors answer at
once; the pose network's libraries take a second and come when they are needed.

Exit codes: 0 done; 1 the input or an output is bad, or nobody was found;
2 the command was not understood; 130 ended by Ctrl-C (the report of what was
seen is still printed and written).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from formcheck.report import SetReport
    from formcheck.reporting.saved_sets import SavedSet

__all__ = ["main"]

OK: Final = 0
BAD_INPUT: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

_PROGRESS_EVERY_S: Final = 0.1


class _Failure(Exception):
    """A sentence for the person and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class _Parser(argparse.ArgumentParser):
    """Errors in one line; the full usage is only a --help away."""

    def error(self, message: str) -> NoReturn:
        raise _Failure(f"{message}. See '{self.prog} --help'.", USAGE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A degree sign must not stop a report on a terminal that cannot show it.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        args = _parser().parse_args(argv)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except _Failure as failure:
        print(f"formcheck: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        print("formcheck: interrupted, nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _parser() -> argparse.ArgumentParser:
    from formcheck import __version__

    parser = _Parser(
        prog="formcheck",
        description="Measures how an exercise was done from a video of it: repetitions, holds, "
        "tempo, and what went wrong in which repetition.",
        epilog="Exit codes: 0 done, 1 bad input or output or nobody found, 2 wrong usage, "
        "130 ended by Ctrl-C (what was seen is still reported).",
    )
    parser.add_argument("--version", action="version", version=f"formcheck {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )

    analyze = commands.add_parser(
        "analyze",
        help="measure one set and print the report",
        description="Measures one set of one exercise in a video, or in a landmark recording "
        "(.npz, made with --poses), and prints the report. Ctrl-C ends the set early.",
    )
    _set_arguments(analyze)
    analyze.add_argument(
        "--json", metavar="FILE", help="write the report as JSON ('-' = standard output)"
    )
    analyze.add_argument("--csv", metavar="FILE", help="write one row per frame: every signal")
    analyze.add_argument("--video", metavar="FILE", help="write an annotated mp4")
    analyze.add_argument(
        "--html", metavar="FILE", help="write the report as a page with pictures, to keep or print"
    )
    analyze.add_argument("--reps-csv", metavar="FILE", help="write one row per repetition")
    analyze.add_argument(
        "--poses", metavar="FILE", help="write the landmarks (.npz), which show no picture"
    )
    analyze.set_defaults(run=_analyze)

    count = commands.add_parser(
        "count",
        help="count repetitions: one line",
        description="Counts repetitions, partial attempts and holds, and prints one line.",
    )
    _set_arguments(count)
    count.set_defaults(run=_count)

    live = commands.add_parser(
        "live",
        help="be coached through a set in a window, with the webcam",
        description="Coaches one set or more in a window: checks the set-up, counts down, counts "
        "aloud, says what to correct, and prints and saves the report. Keys: space = start now, "
        "or end the set; n = another set; m = mute; f = mirror; q = quit.",
    )
    _live_arguments(live)
    live.set_defaults(run=_live)

    app = commands.add_parser(
        "app",
        help="be coached in the browser, or analyze a recorded video there",
        description="Serves the pages on this computer and opens them in the browser: the coach "
        "with the webcam, and the analysis of a recorded video. Ctrl-C ends it.",
    )
    app.add_argument(
        "--port", type=int, metavar="N", help="default: 8501, or the next one that is free"
    )
    app.add_argument(
        "--host",
        default="localhost",
        metavar="ADDRESS",
        help="serve others, too: 0.0.0.0 (their browsers give the camera only over HTTPS)",
    )
    app.add_argument("--no-browser", action="store_true", help="only print the address")
    app.set_defaults(run=_app)

    exercises = commands.add_parser(
        "exercises",
        help="list the exercises, or describe one",
        description="Lists the exercises with where to put the camera, or describes one.",
    )
    exercises.add_argument("exercise", nargs="?", metavar="ID", help="describe this one")
    _color_argument(exercises)
    exercises.set_defaults(run=_exercises)

    doctor = commands.add_parser(
        "doctor",
        help="show versions, model, cameras and codecs, for a bug report",
        description="Shows what a bug report needs: versions, the model, cameras, codecs, and "
        "where files can be written.",
    )
    doctor.add_argument("--json", action="store_true", help="print it as JSON")
    doctor.set_defaults(run=_doctor)
    return parser


def _set_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a video file, or a .npz landmark recording")
    parser.add_argument(
        "--exercise",
        "-e",
        default="auto",
        metavar="ID",
        help="which one ('formcheck exercises'); without it, or with 'auto', it is recognised",
    )
    parser.add_argument("--hold", metavar="SECONDS", help="prescribed hold at the far end")
    parser.add_argument(
        "--tempo", metavar="A-B-C", help="prescribed seconds of lifting, holding and lowering"
    )
    parser.add_argument("--reps", metavar="N", help="prescribed number of repetitions")
    parser.add_argument(
        "--model",
        default="full",
        metavar="NAME",
        help="pose model: lite, full (default), heavy, or a .task file",
    )
    parser.add_argument(
        "--sets",
        action="store_true",
        help="the recording holds several sets with rests between: report each of them",
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress on stderr")
    _color_argument(parser)


def _live_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exercise", "-e", metavar="ID", help="which one (see 'formcheck exercises')"
    )
    parser.add_argument("--reps", metavar="N", help="repetitions to do, of each side")
    parser.add_argument("--tempo", metavar="A-B-C", help="seconds of lifting, holding, lowering")
    parser.add_argument("--hold", metavar="SECONDS", help="how long to hold at the far end")
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
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page with pictures")
    _color_argument(parser)


def _color_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours in the report (default: only on a terminal)",
    )


# ----------------------------------------------------------------- commands


def _analyze(args: argparse.Namespace) -> int:
    from formcheck.analysis import find_exercise, sets_json
    from formcheck.console import make_console, print_report

    to_stdout = args.json == "-"
    reports = _measured(
        args,
        json=None if to_stdout else args.json,
        csv=args.csv,
        video=args.video,
        poses=args.poses,
        html=args.html,
        reps_csv=args.reps_csv,
    )
    if to_stdout:
        sys.stdout.write(sets_json(reports) if args.sets else reports[0].to_json())
    if not (to_stdout and args.quiet):
        console = make_console(sys.stderr if to_stdout else sys.stdout, args.color)
        for report in reports:
            print_report(console, report, find_exercise(report.exercise), _prescription(args))
    return _exit_code(args.path, reports)


def _count(args: argparse.Namespace) -> int:
    from formcheck.console import count_line

    reports = _measured(args)
    for report in reports:
        print(count_line(report))
        if not args.quiet:
            for note in report.notes:
                print(f"formcheck: {note}", file=sys.stderr)
    return _exit_code(args.path, reports)


def _exit_code(path: str, reports: Sequence[SetReport]) -> int:
    from formcheck.analysis import was_interrupted

    if any(was_interrupted(report) for report in reports):
        return INTERRUPTED
    seen = any(report.source.frames_with_pose for report in reports)
    return OK if seen else _nobody(path)


def _live(args: argparse.Namespace) -> int:
    from formcheck.analysis import OutputError, Outputs
    from formcheck.console import make_console, print_report
    from formcheck.estimator import EstimatorError
    from formcheck.frames import SourceError
    from formcheck.model_store import ModelUnavailableError
    from formcheck.streams import ctrl_c
    from formcheck.window import NoWindowError, Wishes, open_live_coach

    exercise = _exercise(args.exercise or _asked_exercise())
    prescription = _prescription(args)
    console = make_console(sys.stdout, args.color)
    wishes = Wishes(exercise, prescription, not args.no_mirror, args.mute, model=args.model)
    done: list[SavedSet] = []
    try:
        files = {n: Path(f) for n in ("json", "html") if (f := getattr(args, n)) is not None}
        Outputs(**files).check(Path(args.video or ""))
        with (
            ctrl_c() as stop,
            open_live_coach(
                wishes, camera=args.camera, video=args.video, stop=stop.is_set
            ) as coach,
        ):
            print(f"{exercise.name}. {exercise.setup}", flush=True)
            for finished in coach.run():
                done.append(finished)
                print_report(console, finished.report, exercise, finished.prescription)
                if finished.id:
                    print(f"Saved as {finished.id}.", flush=True)
    except (
        NoWindowError,
        SourceError,
        EstimatorError,
        ModelUnavailableError,
        OutputError,
    ) as error:
        raise _Failure(str(error), BAD_INPUT) from None
    for problem in coach.problems:
        print(f"formcheck: {problem}", file=sys.stderr)
    if done:
        _write_live(args, done)
    elif coach.frames_with_pose:
        print("formcheck: no set was begun, so there is no report.", file=sys.stderr)
    if stop.is_set():
        return INTERRUPTED
    if coach.frames and not coach.frames_with_pose:
        return _nobody(args.video or f"camera {args.camera}")
    return BAD_INPUT if coach.failed else OK


def _app(args: argparse.Namespace) -> int:
    try:
        from formcheck.web.app import PortTakenError, serve
    except ModuleNotFoundError as error:
        raise _Failure(
            f"The pages need {error.name}, which is not installed: pip install streamlit",
            BAD_INPUT,
        ) from None
    if args.port is not None and not 1 <= args.port <= 65535:
        raise _Failure(f"A port is a number from 1 to 65535, not {args.port}.", USAGE)
    try:
        serve(host=args.host, port=args.port, browser=not args.no_browser)
    except PortTakenError as error:
        raise _Failure(str(error), BAD_INPUT) from None
    except KeyboardInterrupt:
        pass  # the usual end of a server
    return OK


def _asked_exercise() -> str:
    """The exercise the person chooses from a list."""
    from formcheck.exercises import EXERCISES

    chosen = None
    if sys.stdin.isatty():
        chosen = _ask(list(EXERCISES), "Exercises:")
    if chosen is None:
        raise _Failure(f"Name the exercise with --exercise: {', '.join(EXERCISES)}.", USAGE)
    return chosen


def _write_live(args: argparse.Namespace, done: list[SavedSet]) -> None:
    """Write the files asked for, of all sets that were done."""
    from formcheck.analysis import sets_json
    from formcheck.exercises import EXERCISES
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
        try:
            Path(file).expanduser().write_text(text, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise _Failure(f"{file} cannot be written: {reason}.", BAD_INPUT) from None


def _exercises(args: argparse.Namespace) -> int:
    from formcheck.console import make_console, print_catalogue, print_exercise
    from formcheck.exercises import EXERCISES

    console = make_console(sys.stdout, args.color)
    if args.exercise is None:
        print_catalogue(console, EXERCISES)
    else:
        print_exercise(console, _exercise(args.exercise))
    return OK


def _doctor(args: argparse.Namespace) -> int:
    from formcheck.doctor import examine, print_findings

    findings = examine()
    if args.json:
        import json

        print(json.dumps(findings, indent=2, ensure_ascii=False))
    else:
        print_findings(findings, sys.stdout)
    return BAD_INPUT if findings["problems"] else OK


# ------------------------------------------------------------------- pieces


def _measured(args: argparse.Namespace, **outputs: str | None) -> tuple[SetReport, ...]:
    """Run the analysis; every error becomes one sentence and an exit code."""
    from formcheck.analysis import AUTO, UnrecognisedError

    exercise = AUTO if args.exercise == AUTO else _exercise(args.exercise)
    prescription = _prescription(args)
    try:
        return _analyzed(args, exercise, prescription, outputs)
    except UnrecognisedError as error:
        chosen = None
        if error.recognition.candidates and sys.stdin.isatty() and not args.quiet:
            chosen = _ask([name for name, _ in error.recognition.candidates], str(error))
        if chosen is None:
            raise _Failure(f"{args.path}: {error} Name it with --exercise.", BAD_INPUT) from None
        return _analyzed(args, _exercise(chosen), prescription, outputs)


def _ask(names: list[str], question: str) -> str | None:
    """Let the person choose one of the names; None when they do not."""
    print(question, file=sys.stderr)
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name}", file=sys.stderr)
    print("Which one is it (number or id)? ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    if answer.isdigit() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    return answer or None


def _analyzed(
    args: argparse.Namespace, exercise: Any, prescription: Any, outputs: dict[str, str | None]
) -> tuple[SetReport, ...]:
    from formcheck.analysis import OutputError, analyze, analyze_sets
    from formcheck.drawing.annotated_video import VideoWriteError
    from formcheck.estimator import EstimatorError
    from formcheck.frames import SourceError
    from formcheck.model_store import ModelUnavailableError
    from formcheck.pose_file import PoseFileError

    show_progress = not args.quiet and sys.stderr.isatty()
    try:
        with contextlib.ExitStack() as stack:
            bar = stack.enter_context(_ProgressBar(sys.stderr)) if show_progress else None
            given: dict[str, Any] = {
                "prescription": prescription,
                "model": args.model,
                "progress": bar,
                "model_progress": _no_progress if args.quiet else None,
                **outputs,
            }
            if args.sets:
                return analyze_sets(args.path, exercise, **given)
            return (analyze(args.path, exercise, **given),)
    except (
        SourceError,
        PoseFileError,
        OutputError,
        VideoWriteError,
        EstimatorError,
        ModelUnavailableError,
    ) as error:
        raise _Failure(str(error), BAD_INPUT) from None
    except MemoryError:
        raise _Failure(f"{args.path} needs more memory than there is.", BAD_INPUT) from None


def _no_progress(_what: str, _done: int, _total: int | None) -> None:
    """Fetch the model silently."""


def _exercise(name: str) -> Any:
    from formcheck.analysis import UnknownExerciseError, find_exercise

    try:
        return find_exercise(name)
    except UnknownExerciseError as error:
        raise _Failure(str(error), USAGE) from None


def _prescription(args: argparse.Namespace) -> Any:
    if args.hold is None and args.tempo is None and args.reps is None:
        return None
    from formcheck.exercise import Prescription

    reps = None
    if args.reps is not None:
        try:
            reps = int(args.reps)
        except ValueError:
            raise _Failure(f"Reps must be a whole number, not {args.reps!r}.", USAGE) from None
    try:
        return Prescription.parse(reps=reps, hold=args.hold, tempo=args.tempo)
    except ValueError as error:
        raise _Failure(str(error), USAGE) from None


def _nobody(path: str) -> int:
    print(
        f"formcheck: nobody was found anywhere in {path}; the person must be in the picture from "
        "head to foot, in good light, and fill at least a third of it.",
        file=sys.stderr,
    )
    return BAD_INPUT


class _ProgressBar:
    """Frames done, frames per second and time left, on a terminal's stderr."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._progress: Any = None
        self._task: Any = None
        self._drawn = 0.0

    def __enter__(self) -> _ProgressBar:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int | None, _seconds: float) -> None:
        now = time.monotonic()
        if now - self._drawn < _PROGRESS_EVERY_S and done != total:
            return
        self._drawn = now
        if self._progress is None:
            # Only now: until here the model's own bar had the line.
            self._start(done, total)
        if total is not None and done > total:
            total = None  # the announced length was wrong
        rate = done / max(now - self._began, 1e-3)
        self._progress.update(self._task, completed=done, total=total, rate=f"{rate:.0f}")

    def _start(self, done: int, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._began = time.monotonic() - 1e-3
        self._progress = Progress(
            TextColumn("analyzing"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f} frames, {task.fields[rate]}/s,"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(file=self._file),
            transient=True,
            auto_refresh=True,
            refresh_per_second=8,
        )
        self._task = self._progress.add_task("", total=total, completed=done, rate="-")
        self._progress.start()
