"""Where what is measured goes: a table of frames, a film, pictures for the report.

A frame waits, with its picture, until its session has reported its step; between sets there
is no session.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from formcheck.drawing.annotated_video import AnnotatedVideo, fit
from formcheck.drawing.overlay import Overlay, mark_joints
from formcheck.drawing.stills import Stills, encode, pictures
from formcheck.engine.events import Event, PartialCompleted, RepCompleted
from formcheck.engine.exercise import Prescription
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.engine.rule import columns
from formcheck.engine.session import SetSession, Step
from formcheck.reporting.csv_text import CsvDialect, CsvWriter

if TYPE_CHECKING:
    from formcheck.engine.sets import SetSpan

__all__ = ["Film", "FrameTable", "Sink", "StillPictures"]

# Behind the figure when landmarks are drawn without their picture.
BACKDROP_RGB: Final = (44, 48, 54)


class Sink:
    """Takes what is measured, frame by frame."""

    def begin(self, number: int, session: SetSession) -> None:
        """A set begins: its number from 0, and what measures it."""

    def frame(self, pose: PoseFrame, image: Any) -> None:
        """A frame comes before the session, which reports it later."""

    def between(self, pose: PoseFrame, image: Any) -> None:
        """A frame of no set."""

    def hear(self, events: Iterable[Event]) -> None:
        """What the session said to the last frame."""

    def step(self, step: Step) -> None:
        """The session has reported a frame; all are, in order."""

    def pictures(self, report: SetReport) -> dict[str, bytes]:
        """Those of the report of the set that is over, where any were kept."""
        return {}


class FrameTable(Sink):
    """One row a frame as CSV: time, phase, and a column for each signal of any of the sets.

    numbered: with the number of the set and its exercise, empty between sets.
    """

    def __init__(
        self, file: IO[str], spans: Sequence[SetSpan], *, numbered: bool, dialect: CsvDialect
    ) -> None:
        names = (name for span in spans for name in span.exercise.signals)
        self._names = tuple(dict.fromkeys(c for name in names for c in columns(name)))
        self._numbered, self._set = numbered, ["", ""]
        about = ["set", "exercise"] if numbered else []
        self._writer = CsvWriter(file, ["time_s", *about, "phase", *self._names], dialect)

    def begin(self, number: int, session: SetSession) -> None:
        """See Sink."""
        self._set = [str(number + 1), session.exercise.id]

    def between(self, pose: PoseFrame, image: Any) -> None:
        """See Sink."""
        self._row(pose.time_s, ["", ""], "", {})

    def step(self, step: Step) -> None:
        """See Sink."""
        self._row(step.time_s, self._set, step.phase, step.values)

    def _row(
        self, time_s: float, about: list[str], phase: str, values: Mapping[str, float]
    ) -> None:
        cells = (values.get(name, math.nan) for name in self._names)
        self._writer.write(
            [
                f"{time_s:.4f}",
                *(about if self._numbered else ()),
                phase,
                # An empty cell is a missing value to every spreadsheet.
                *("" if math.isnan(v) else f"{v:.4f}" for v in cells),
            ]
        )


class Film(Sink):
    """The recording with each set's own overlay, as a video."""

    def __init__(self, film: AnnotatedVideo, prescription: Prescription | None) -> None:
        self._film, self._hold_s = film, prescription.hold_s if prescription else None
        self._waiting: deque[tuple[PoseFrame, Any]] = deque()
        self._first_s: float | None = None

    def begin(self, number: int, session: SetSession) -> None:
        """See Sink."""
        self._session = session
        self._overlay = Overlay(session.exercise.name, hold_target_s=self._hold_s)

    def frame(self, pose: PoseFrame, image: Any) -> None:
        """See Sink."""
        self._waiting.append((pose, backdrop(image, self._film.size)))

    def between(self, pose: PoseFrame, image: Any) -> None:
        """See Sink."""
        picture = backdrop(image, self._film.size)
        mark_joints(picture, pose, {})
        self._write(pose, picture)

    def step(self, step: Step) -> None:
        """See Sink."""
        pose, picture = self._waiting.popleft()
        self._overlay.draw(picture, pose, self._session.snapshot)
        self._write(pose, picture)

    def _write(self, pose: PoseFrame, picture: Any) -> None:
        self._first_s = pose.time_s if self._first_s is None else self._first_s
        self._film.write(picture, pose.time_s - self._first_s)


class StillPictures(Sink):
    """Keeps the pictures of those moments of a set that its report shows."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size

    def begin(self, number: int, session: SetSession) -> None:
        """See Sink."""
        self._session, self._stills = session, Stills()

    def frame(self, pose: PoseFrame, image: Any) -> None:
        """See Sink."""
        if self._stills.wants(pose.time_s):
            at_rest = self._session.snapshot.phase == "rest"
            picture = encode(backdrop(image, self._size))
            self._stills.add(pose.time_s, picture, pose, at_rest=at_rest)

    def hear(self, events: Iterable[Event]) -> None:
        """See Sink."""
        for event in events:
            if isinstance(event, RepCompleted | PartialCompleted):
                self._stills.rep_done(event.rep)

    def pictures(self, report: SetReport) -> dict[str, bytes]:
        """See Sink, and formcheck.drawing.stills."""
        return pictures(report, self._session.exercise, self._stills)


def backdrop(image: Any, size: tuple[int, int]) -> Any:
    """The picture in this size, or a dark one where there is none."""
    if image is None:
        return np.full((size[1], size[0], 3), BACKDROP_RGB, np.uint8)
    return fit(image, size)
