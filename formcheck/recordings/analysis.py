"""From a recording to reports and the files asked for."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from json import dumps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from formcheck.capture.correction import Correction
from formcheck.capture.files import at_home
from formcheck.capture.interruption import ctrl_c
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.language import N_
from formcheck.language.told import FormcheckError
from formcheck.recordings.outputs import OutputError, Outputs, output_file
from formcheck.recordings.recorded_poses import INTERRUPTED, OnProgress, Poses
from formcheck.recordings.set_finding import (
    Reading,
    SetFinder,
    UnrecognisedError,
    find_poses,
    find_sets,
)
from formcheck.recordings.set_measuring import Measured, Wanted, measure
from formcheck.reporting.csv_text import CsvDialect
from formcheck.reporting.html_report import ReportedSet, html_reports
from formcheck.reporting.rep_table import reps_table

if TYPE_CHECKING:
    from formcheck.capture.models.sources import Progress

__all__ = [
    "OutputError",
    "UnknownExerciseError",
    "UnrecognisedError",
    "analyze",
    "analyze_sets",
    "find_exercise",
    "sets_json",
    "was_interrupted",
]


#: What is given for an exercise to have it recognised.
AUTO: Final = "auto"
#: Of the JSON of several sets.
SETS_SCHEMA: Final = "formcheck.sets/1"

#: A file to write.
File = str | os.PathLike[str] | None


class UnknownExerciseError(FormcheckError, ValueError):
    """There is no exercise of that name; the text says which there are."""


def find_exercise(exercise: str | Exercise) -> Exercise:
    """The exercise with this id; raises UnknownExerciseError with the nearest one."""
    if isinstance(exercise, Exercise):
        return exercise
    wanted = exercise.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted in EXERCISES:
        return EXERCISES[wanted]
    near = difflib.get_close_matches(wanted, EXERCISES, n=1, cutoff=0.5)
    hint = (
        N_("did you mean {near}?").format(near=near[0])
        if near
        else N_("choose one of: {names}.").format(names=", ".join(EXERCISES))
    )
    raise UnknownExerciseError(
        N_("There is no exercise {exercise!r}; {hint}").format(exercise=exercise, hint=hint)
    )


def analyze(  # noqa: PLR0913 - what a caller leaves out, they need not know
    path: str | os.PathLike[str] | Poses,
    exercise: str | Exercise = AUTO,
    *,
    prescription: Prescription | None = None,
    model: str | os.PathLike[str] = "full",
    rotate: int = 0,
    mirrored: bool = False,
    speed: float = 1.0,
    jobs: int | None = None,
    every_frame: bool = False,
    json: File = None,
    csv: File = None,
    video: File = None,
    share: File = None,
    slow_motion: bool = False,
    skeleton_only: bool = False,
    poses: File = None,
    html: File = None,
    reps_csv: File = None,
    csv_dialect: CsvDialect = "standard",
    progress: OnProgress | None = None,
    model_progress: Progress | None = None,
) -> SetReport:
    """Measure one set of one exercise in a recording.

    >>> report = analyze("tests/data/rendered/squat-00.npz", "squat")
    >>> report.summary.reps
    3
    >>> [(rep.index, fault.id, fault.side) for rep in report.reps for fault in rep.faults][-1]
    (3, 'knee_valgus', 'right')
    >>> print(report.summary.not_assessed["shallow_depth"].remedy)
    Turn side-on to the camera to have this checked.

    path: a video file, or a landmark recording (.npz, see formcheck.capture.pose_file), or the
        landmarks that UnrecognisedError brings along.
    exercise: an id of EXERCISES, or an Exercise, or "auto": it is recognised by
        the first minute.
    prescription: what the person was asked to do, to compare with.
    model: "lite", "full", "heavy", or the path of a .task file.
    rotate: degrees by which the picture has to be turned clockwise to be upright: 0, 90,
        180 or 270. mirrored: left and right are swapped in it. speed: it plays at this
        share of the real speed, 0.25 for slow motion of a quarter.
    jobs: how many processes look at a recording of half a minute and more; None = one for each
        core. Each takes its own memory, about 340 MB. every_frame: looks also at pictures that
        come sooner than a thirtieth of a second after the one before.
    json, csv, video, share, poses, html, reps_csv: files to write: the report; one row per
        frame with a column per signal; an annotated mp4; an mp4 of the best and the worst
        rep side by side; the landmarks (.npz); the report as a page with pictures; one row
        per rep. Texts go to standard output when named "-".
    slow_motion: of the annotated mp4, where a fault is worst. skeleton_only: both mp4 show
        the skeleton without the pictures.
    csv_dialect: "standard", or "excel" for spreadsheets where decimals have a comma.
    progress: called now and then with (frames done, frames in all or None,
        seconds of the recording done); where pictures are drawn, frames count twice.
    model_progress: called while the model is fetched, see ensure_model.

    Ctrl-C ends the set: the report and files of what was seen are still made,
    and a note says so. Raises SourceError, PoseFileError, OutputError,
    VideoWriteError, EstimatorError, ModelUnavailableError, ValueError (of rotate and speed),
    UnknownExerciseError or UnrecognisedError, each with a sentence on what to do.
    """
    outputs = _outputs(json, csv, video, share, poses, html, reps_csv)
    (report,) = _analyzed(
        path,
        exercise,
        Reading(
            str(model),
            Correction(rotate, mirrored, speed, every_frame),
            None,
            model_progress,
            jobs=jobs,
        ),
        _Asked(prescription, outputs, csv_dialect, True, slow_motion, skeleton_only),
        progress,
    )
    return report


def analyze_sets(  # noqa: PLR0913 - the same as analyze
    path: str | os.PathLike[str] | Poses,
    exercise: str | Exercise = AUTO,
    *,
    prescription: Prescription | None = None,
    model: str | os.PathLike[str] = "full",
    rotate: int = 0,
    mirrored: bool = False,
    speed: float = 1.0,
    jobs: int | None = None,
    every_frame: bool = False,
    json: File = None,
    csv: File = None,
    video: File = None,
    share: File = None,
    slow_motion: bool = False,
    skeleton_only: bool = False,
    poses: File = None,
    html: File = None,
    reps_csv: File = None,
    csv_dialect: CsvDialect = "standard",
    progress: OnProgress | None = None,
    model_progress: Progress | None = None,
) -> tuple[SetReport, ...]:
    """Measure every set in a recording, divided at the breaks; a report for each.

    Parameters and errors are those of analyze(); "auto" recognises each set by itself. All
    times are the recording's own. json holds all reports (see sets_json), csv says in a
    column which set a frame belongs to, video shows the whole recording.
    """
    outputs = _outputs(json, csv, video, share, poses, html, reps_csv)
    return _analyzed(
        path,
        exercise,
        Reading(
            str(model),
            Correction(rotate, mirrored, speed, every_frame),
            None,
            model_progress,
            jobs=jobs,
        ),
        _Asked(prescription, outputs, csv_dialect, False, slow_motion, skeleton_only),
        progress,
    )


def _outputs(*files: File) -> Outputs:
    return Outputs(*(None if f is None else Path(f) for f in files))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to come of a recording. whole: it is one set. slow, skeleton: see Wanted."""

    prescription: Prescription | None
    outputs: Outputs
    dialect: CsvDialect
    whole: bool
    slow: bool
    skeleton: bool

    def wanted(self, table: IO[str] | None = None) -> Wanted:
        """What measuring has to give."""
        out = self.outputs
        return Wanted(
            table,
            not self.whole,
            self.dialect,
            out.video,
            out.share,
            out.html is not None,
            self.slow,
            self.skeleton,
        )

    @property
    def pictures(self) -> bool:
        """Whether the pictures are needed a second time."""
        return self.wanted().drawn


def _analyzed(
    path: str | os.PathLike[str] | Poses,
    exercise: str | Exercise,
    how: Reading,
    asked: _Asked,
    progress: OnProgress | None,
) -> tuple[SetReport, ...]:
    chosen = None if exercise == AUTO else find_exercise(exercise)
    known = path if isinstance(path, Poses) and path.show(chosen) else None
    source = path.source if isinstance(path, Poses) else at_home(path)
    outputs = asked.outputs
    outputs.check(source)
    if chosen is not None:
        how = replace(how, posture=chosen.posture)
    eager = outputs.csv is None
    finder = SetFinder(chosen, asked.prescription, whole=asked.whole, eager=eager)
    with ExitStack() as stack:
        stop = stack.enter_context(ctrl_c())
        found = known or find_poses(
            source, how, finder=finder, stop=stop, on_progress=_first(progress, asked.pictures)
        )
        if found.interrupted_s is not None:
            stop.clear()
        if outputs.poses is not None:
            found.save(outputs.poses)
        try:
            spans = find_sets(found, finder) if known else finder.spans()
        except UnrecognisedError as error:
            error.poses = found
            raise
        table = None if outputs.csv is None else stack.enter_context(output_file(outputs.csv))
        # Without pictures the second time is over at once.
        told = progress if asked.pictures or not found.filmed else None
        sets = measure(
            found,
            spans,
            asked.wanted(table),
            prescription=asked.prescription,
            along=finder.along,
            stop=stop,
            on_progress=_second(told, 0 if known or not found.filmed else found.frames),
        )
    _write_all(asked, sets, found.recorded)
    return tuple(one.report for one in sets)


def _first(progress: OnProgress | None, pictures: bool) -> OnProgress | None:
    """The progress of finding landmarks, where the pictures come a second time."""
    if progress is None:
        return None
    return lambda done, total, s: progress(done, total and (1 + pictures) * total, s)


def _second(progress: OnProgress | None, before: int) -> OnProgress | None:
    """The progress of measuring, after so many frames of finding."""
    if progress is None:
        return None
    return lambda done, total, s: progress(before + done, total and before + total, s)


def _write_all(asked: _Asked, sets: Sequence[Measured], when: datetime | None) -> None:
    outputs, reports = asked.outputs, [one.report for one in sets]
    if outputs.json is not None:
        _write(outputs.json, reports[0].to_json() if asked.whole else sets_json(reports))
    if outputs.html is not None:
        shown = [
            ReportedSet(one.report, one.span.exercise, one.pictures, one.trace, asked.prescription)
            for one in sets
        ]
        _write(outputs.html, html_reports(shown, when=when))
    if outputs.reps_csv is not None:
        _write(outputs.reps_csv, reps_table(reports, asked.dialect))


def _write(path: Path, text: str) -> None:
    with output_file(path) as file:
        file.write(text)


def sets_json(reports: Iterable[SetReport]) -> str:
    """All sets of a recording as JSON text; each is a report by itself."""
    data = {"schema": SETS_SCHEMA, "sets": [report.to_dict() for report in reports]}
    return dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def was_interrupted(report: SetReport) -> bool:
    """Whether Ctrl-C ended the analysis before the recording did."""
    return any(note.startswith(INTERRUPTED) for note in report.notes)
