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
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from formcheck.report import SetReport

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
    parser.add_argument("--quiet", "-q", action="store_true", help="no progress on stderr")
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
    from formcheck.analysis import find_exercise, was_interrupted
    from formcheck.console import make_console, print_report

    to_stdout = args.json == "-"
    report = _measured(
        args,
        json=None if to_stdout else args.json,
        csv=args.csv,
        video=args.video,
        poses=args.poses,
    )
    if to_stdout:
        sys.stdout.write(report.to_json())
    if not (to_stdout and args.quiet):
        console = make_console(sys.stderr if to_stdout else sys.stdout, args.color)
        print_report(console, report, find_exercise(report.exercise), _prescription(args))
    if was_interrupted(report):
        return INTERRUPTED
    return _nobody(args.path) if report.source.frames_with_pose == 0 else OK


def _count(args: argparse.Namespace) -> int:
    from formcheck.analysis import was_interrupted
    from formcheck.console import count_line

    report = _measured(args)
    print(count_line(report))
    if not args.quiet:
        for note in report.notes:
            print(f"formcheck: {note}", file=sys.stderr)
    if was_interrupted(report):
        return INTERRUPTED
    return _nobody(args.path) if report.source.frames_with_pose == 0 else OK


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


def _measured(args: argparse.Namespace, **outputs: str | None) -> SetReport:
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
) -> SetReport:
    from formcheck.analysis import OutputError, analyze
    from formcheck.annotated_video import VideoWriteError
    from formcheck.estimator import EstimatorError
    from formcheck.frames import SourceError
    from formcheck.model_store import ModelUnavailableError
    from formcheck.pose_file import PoseFileError

    show_progress = not args.quiet and sys.stderr.isatty()
    try:
        with contextlib.ExitStack() as stack:
            bar = stack.enter_context(_ProgressBar(sys.stderr)) if show_progress else None
            return analyze(
                args.path,
                exercise,
                prescription=prescription,
                model=args.model,
                progress=bar,
                model_progress=_no_progress if args.quiet else None,
                **outputs,
            )
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
