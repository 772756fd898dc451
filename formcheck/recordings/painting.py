"""What was measured, drawn over the recording: a film, and pictures for the report.

A set is drawn when it is over: its report knows of every fault at which moment it was worst,
also of those that can be told only at the end of a rep ("hips stay too low").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from formcheck.drawing.annotated_video import AnnotatedVideo, fit
from formcheck.drawing.overlay import Overlay
from formcheck.drawing.skeleton import mark_joints
from formcheck.drawing.stills import NEAR_S, Still, draw, encode, picture_id, shown_moments
from formcheck.engine.events import Callout, Snapshot
from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.report import SetReport

#: Behind the figure when landmarks are drawn without their picture.
BACKDROP_RGB: Final = (44, 48, 54)
#: Around its worst moment the film may go slowly: so much of it, seconds, so many times as long.
SLOW_S: Final = 0.4
SLOWER: Final = 4.0
#: A fault stands in the film for this long before and after its worst moment, seconds.
SHOWN_S: Final = 0.75


class Painter:
    """Takes every frame of a recording, with its picture, in order."""

    def begin(self, report: SetReport, exercise: Exercise, moments: Sequence[Snapshot]) -> None:
        """A set begins. moments: of each of its frames."""

    def frame(self, pose: PoseFrame, image: ImageArray | None, moment: Snapshot | None) -> None:
        """A frame; moment is None in one of no set."""


class Film(Painter):
    """The recording with each set's own overlay, as a video.

    slow: in slow motion where a fault is worst. skeleton: without the pictures.
    """

    def __init__(
        self, film: AnnotatedVideo, hold_s: float | None, *, slow: bool, skeleton: bool
    ) -> None:
        self._film, self._hold_s = film, hold_s
        self._slow, self._skeleton = slow, skeleton
        self._last_s: float | None = None
        self._shown_s = 0.0

    def begin(self, report: SetReport, exercise: Exercise, moments: Sequence[Snapshot]) -> None:
        """See Painter."""
        self._report = report
        self._overlay = Overlay(exercise.name, hold_target_s=self._hold_s)

    def frame(self, pose: PoseFrame, image: ImageArray | None, moment: Snapshot | None) -> None:
        """See Painter."""
        picture = backdrop(None if self._skeleton else image, self._film.size)
        slow = False
        if moment is None:
            mark_joints(picture, pose, {})
        else:
            shown = replace(moment, callouts=callouts(self._report, moment))
            self._overlay.draw(picture, pose, shown)
            slow = self._slow and worst_now(self._report, moment.time_s)
        if self._last_s is not None:
            self._shown_s += (pose.time_s - self._last_s) * (SLOWER if slow else 1.0)
        self._last_s = pose.time_s
        self._film.write(picture, self._shown_s)


class StillPictures(Painter):
    """The pictures of those moments of a set that its report shows.

    of: of each set that began, JPEG by stills.picture_id.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self.of: list[dict[str, bytes]] = []

    def begin(self, report: SetReport, exercise: Exercise, moments: Sequence[Snapshot]) -> None:
        """See Painter."""
        self._wanted: dict[float, list[Any]] = {}
        self.of.append({})
        times = np.array([moment.time_s for moment in moments])
        for at_s, rep, fault in shown_moments(report, exercise):
            nearest = float(times[np.abs(times - at_s).argmin()])
            if abs(nearest - at_s) <= NEAR_S:
                self._wanted.setdefault(nearest, []).append((rep, fault))

    def frame(self, pose: PoseFrame, image: ImageArray | None, moment: Snapshot | None) -> None:
        """See Painter."""
        for rep, fault in self._wanted.get(pose.time_s, ()) if moment is not None else ():
            still = Still(pose.time_s, encode(backdrop(image, self._size)), pose)
            self.of[-1][picture_id(rep, fault)] = draw(still, [fault] if fault else [])


def callouts(report: SetReport, moment: Snapshot) -> tuple[Callout, ...]:
    """The faults of the report to draw at this moment.

    Those whose worst moment is near, and those that were seen right now and are in the report.
    """
    seen_now = {one.fault_id for one in moment.callouts}
    return tuple(
        Callout(fault.id, fault.severity, fault.cue, fault.landmark, fault.value, fault.unit)
        for rep in (*report.reps, *report.partials)
        for fault in rep.faults
        if abs(moment.time_s - fault.at_s) <= SHOWN_S
        or (fault.id in seen_now and rep.start_s <= moment.time_s <= rep.end_s)
    )


def worst_now(report: SetReport, time_s: float) -> bool:
    """Whether a fault that shows in a picture is at its worst about now."""
    return any(
        abs(time_s - fault.at_s) <= SLOW_S
        for rep in report.reps
        for fault in rep.faults
        if fault.id not in PRESCRIBED_FAULTS
    )


def backdrop(image: ImageArray | None, size: tuple[int, int]) -> ImageArray:
    """The picture in this size, or a dark one where there is none."""
    if image is None:
        return np.full((size[1], size[0], 3), BACKDROP_RGB, np.uint8)
    return fit(image, size)
