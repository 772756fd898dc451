"""A coached set with what is kept of it: report, pictures, signal, its best rep's skeleton."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from formcheck.drawing.stills import Stills, pictures
from formcheck.engine.events import PartialCompleted, RepCompleted
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.findings import best_of_sides
from formcheck.engine.kept_rep import RepKeeper
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport, Side
from formcheck.engine.trace import Trace, TraceKeeper
from formcheck.live.coach import Coach, Utterance


@dataclass(frozen=True, slots=True)
class FinishedSet:
    """A set that is over. when is local time; pictures: JPEG by stills.picture_id."""

    id: str
    when: datetime
    report: SetReport
    prescription: Prescription
    pictures: Mapping[str, bytes]
    trace: Trace | None = None


class CoachedSet:
    """Coaches one set; push() every frame in order, then finish() once.

    prescription: what is asked for; None = the exercise's own. both_sides, done: see Coach.
    """

    def __init__(
        self,
        exercise: Exercise,
        prescription: Prescription | None = None,
        *,
        both_sides: bool = True,
        done: Mapping[Side, int] | None = None,
    ) -> None:
        self._trace = TraceKeeper(exercise)
        self._stills, self._reps = Stills(), RepKeeper()
        self._pictured = False
        self.coach = Coach(
            exercise, prescription, both_sides=both_sides, done=done, on_step=self._trace
        )

    def push(
        self, pose: PoseFrame, light: float | None, jpeg: Callable[[], bytes]
    ) -> tuple[Utterance, ...]:
        """Take the next frame; what is to be said now.

        light: mean brightness of the picture, 0..255. jpeg: gives the unmirrored picture,
        asked for only when it is kept; b"" where none is given, always or of this moment.
        """
        coach = self.coach
        said = coach.push(pose, light)
        # The first rep may be over when the set is known to have begun.
        if coach.stage != "done":
            self._reps.push(pose)
            if self._stills.wants(pose.time_s):
                picture = jpeg()
                # Where pictures come now and then, the next one is waited for.
                if picture or not self._pictured:
                    self._pictured = bool(picture)
                    at_rest = coach.moment is None or coach.moment.phase == "rest"
                    self._stills.add(pose.time_s, picture, pose, at_rest=at_rest)
        for event in coach.events:
            if isinstance(event, RepCompleted | PartialCompleted):
                self._stills.rep_done(event.rep)
        return said

    def finish(self, *, source_name: str, when: datetime) -> FinishedSet:
        """The set as it is to be shown and saved, its id still empty; ends it if it runs."""
        coach = self.coach
        report = coach.finish(source_name=source_name)
        shown = pictures(report, coach.exercise, self._stills)
        best = map(self._reps.kept, best_of_sides(report, coach.exercise))
        trace = replace(self._trace.trace, best=tuple(filter(None, best)))
        return FinishedSet("", when, report, coach.prescription, shown, trace)
