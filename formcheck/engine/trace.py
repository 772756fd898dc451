"""The counted signal over the time of a set, thinned to what a plot can show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final

from formcheck.engine.exercise import Exercise
from formcheck.engine.kept_rep import KeptRep
from formcheck.engine.report import SetReport
from formcheck.engine.session import Step
from formcheck.engine.signals import SIGNALS
from formcheck.language import N_

#: So many points draw any set; a longer one is kept at twice the distance, and so on.
MOST_POINTS: Final = 4000
EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Trace:
    """A signal over time.

    time_s: seconds of the recording; value: None = not seen; holds: (begin, end) of
    every time the person held still, as it was told while the set ran. best: the skeleton of
    the best rep of each side, where it was kept.
    """

    title: str
    unit: str
    time_s: tuple[float, ...]
    value: tuple[float | None, ...]
    holds: tuple[tuple[float, float], ...] = ()
    best: tuple[KeptRep, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The trace as plain JSON types, rounded."""
        return {
            "title": self.title,
            "unit": self.unit,
            "time_s": [round(t, 3) for t in self.time_s],
            "value": [None if v is None else round(v, 2) for v in self.value],
            "holds": [[round(a, 3), round(b, 3)] for a, b in self.holds],
            "best": [one.to_dict() for one in self.best],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Trace:
        """Read what to_dict wrote; raises ValueError, KeyError or TypeError when it is not that."""
        times = tuple(float(t) for t in data["time_s"])
        values = tuple(None if v is None else float(v) for v in data["value"])
        if len(times) != len(values):
            raise ValueError("a trace needs as many values as times")
        holds = tuple((float(a), float(b)) for a, b in data.get("holds", ()))
        best = tuple(KeptRep.from_dict(one) for one in data.get("best", ()))
        return cls(str(data["title"]), str(data["unit"]), times, values, holds, best)


def from_rest(trace: Trace, report: SetReport, exercise: Exercise) -> Trace:
    """The trace to show: a signal without a zero of its own counts from the rest between reps."""
    seen = [(t, v) for t, v in zip(trace.time_s, trace.value, strict=True) if v is not None]
    if not exercise.primary.from_rest or not seen:
        return trace
    attempts = (*report.reps, *report.partials)
    still = [v for t, v in seen if not any(a.start_s <= t <= a.end_s for a in attempts)]
    rest = median(still or [v for _, v in seen])
    value = tuple(None if v is None else v - rest for v in trace.value)
    return replace(trace, title=N_("{signal}, from rest").format(signal=trace.title), value=value)


class TraceKeeper:
    """Collects the trace of a running set: call it with every Step of the session."""

    def __init__(self, exercise: Exercise) -> None:
        self._signal = exercise.primary.signal
        self._every_s = EVERY_S
        self._points: list[tuple[float, float | None]] = []
        self._holds: list[tuple[float, float]] = []
        self._holding = False

    def __call__(self, step: Step) -> None:
        """Take one step in (SetSession's on_step)."""
        if step.phase == "hold":
            begin = self._holds.pop()[0] if self._holding else step.time_s
            self._holds.append((begin, step.time_s))
        self._holding = step.phase == "hold"
        points = self._points
        if points and step.time_s - points[-1][0] < self._every_s - 1e-6:
            return
        value = step.values[self._signal]
        points.append((step.time_s, value if math.isfinite(value) else None))
        if len(points) > MOST_POINTS:
            self._points = points[::2]
            self._every_s *= 2

    @property
    def trace(self) -> Trace:
        """What was collected so far."""
        signal = SIGNALS[self._signal]
        times, values = zip(*self._points, strict=True) if self._points else ((), ())
        return Trace(signal.title, signal.unit, tuple(times), tuple(values), tuple(self._holds))
