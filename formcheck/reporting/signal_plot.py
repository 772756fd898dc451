"""The counted signal over time as SVG: reps, holds and faults marked on it.

It carries its own style, whose colours show on white and on black; a page that knows
better sets the variables.
"""

from __future__ import annotations

import math
from typing import Final

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import title_of
from formcheck.engine.report import SetReport, Severity
from formcheck.engine.trace import Trace
from formcheck.engine.wording import SHOWN_HOLD_S, clock, many, severity_words
from formcheck.language import _
from formcheck.reporting.rendering import render

#: Less than this between two rep numbers and they would run into each other, pixels.
_NUMBER_ROOM: Final = 16
#: Between two times that are named, seconds.
_TIME_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
_SEVERITIES: Final[tuple[Severity, ...]] = ("marked", "mild")


def signal_plot(report: SetReport, trace: Trace, key: str) -> str:
    """An SVG element, or "" when the signal was never seen. key: unique in the page."""
    seen = [(t, v) for t, v in zip(trace.time_s, trace.value, strict=True) if v is not None]
    if len(seen) < 2 or seen[-1][0] <= seen[0][0]:
        return ""
    return render("plot.svg", plot=_Plot(report, trace, seen), key=key)


class _Plot:
    """What is drawn where, in pixels."""

    width, height = 720, 292
    left, right, top, bottom = 46, 710, 26, 218

    def __init__(self, report: SetReport, trace: Trace, seen: list[tuple[float, float]]) -> None:
        self._report, self._trace, self._seen = report, trace, seen
        self._begin_s, self._end_s = trace.time_s[0], trace.time_s[-1]
        low, high = min(v for _, v in seen), max(v for _, v in seen)
        step = _nice((high - low) / 5.5 or 1.0)
        self._low, self._step = math.floor(low / step) * step, step
        self._high = max(math.ceil(high / step) * step, self._low + step)
        self.title = _(trace.title)
        holds = [(a, b) for a, b in trace.holds if b - a >= SHOWN_HOLD_S]
        self.holds = [(self._x(a), self._x(b) - self._x(a)) for a, b in holds]
        self.bands = [
            (kind, self._x(rep.start_s), self._x(rep.end_s) - self._x(rep.start_s))
            for kind, reps in (("rep", report.reps), ("partial", report.partials))
            for rep in reps
        ]

    def _x(self, time_s: float) -> float:
        share = (time_s - self._begin_s) / (self._end_s - self._begin_s)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def _y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return self.bottom - share * (self.bottom - self.top)

    @property
    def numbers(self) -> list[tuple[float, str, str]]:
        """(x, words, kind) above the bands."""
        out: list[tuple[float, str, str]] = []
        for rep in self._report.reps:
            middle = (self._x(rep.start_s) + self._x(rep.end_s)) / 2
            if not out or middle - out[-1][0] >= _NUMBER_ROOM:
                out.append((middle, str(rep.index), "number"))
        for rep in self._report.partials:
            out.append(((self._x(rep.start_s) + self._x(rep.end_s)) / 2, _("partial"), ""))
        return out

    @property
    def values(self) -> list[tuple[float, str]]:
        """(y, words) of the lines across."""
        unit = "°" if self._trace.unit == "deg" else ""
        count = round((self._high - self._low) / self._step) + 1
        values = (self._low + i * self._step for i in range(count))
        return [(self._y(value), f"{value:g}{unit}") for value in values]

    @property
    def times(self) -> list[tuple[float, str]]:
        """(x, words) below."""
        about = (self._end_s - self._begin_s) / 10
        step = next((n for n in _TIME_STEPS_S if n >= about), _nice(about))
        first, last = math.ceil(self._begin_s / step), math.floor(self._end_s / step)
        return [(self._x(i * step), self._time(i * step)) for i in range(first, last + 1)]

    def _time(self, at: float) -> str:
        return f"{at // 60:.0f}:{at % 60:02.0f}" if self._end_s >= 60 else f"{at:g}"

    @property
    def time_words(self) -> str:
        """What the times are in."""
        return _("time, min:s") if self._end_s >= 60 else _("time, seconds")

    @property
    def line(self) -> str:
        """Of the signal; where nothing was seen none may be drawn."""
        parts: list[str] = []
        pen = "M"
        for t, v in zip(self._trace.time_s, self._trace.value, strict=True):
            if v is not None:
                parts.append(f"{pen}{self._x(t):.1f} {self._y(v):.1f}")
            pen = "M" if v is None else "L"
        return "".join(parts)

    @property
    def faults(self) -> list[tuple[str, float, float, str]]:
        """(severity, x, y, words)."""
        return [
            (
                fault.severity,
                self._x(fault.at_s),
                self._y(self._at(fault.at_s)),
                _("Rep {n}: {fault}, {size}").format(
                    n=rep.index,
                    fault=self._title_of(fault.id),
                    size=severity_words(fault.severity),
                ),
            )
            for rep in self._report.reps
            for fault in rep.faults
        ]

    def _title_of(self, fault_id: str) -> str:
        exercise = EXERCISES.get(self._report.exercise)
        return _(title_of(fault_id, exercise) if exercise else fault_id.replace("_", " "))

    def _at(self, time_s: float) -> float:
        return min(self._seen, key=lambda point: abs(point[0] - time_s))[1]

    @property
    def legend(self) -> list[tuple[float, str, str]]:
        """(x, kind, words)."""
        severities = {severity for severity, *_ in self.faults}
        entries = [("rep", _("rep"))]
        entries += [("partial", _("partial attempt"))] if self._report.partials else []
        entries += [("hold", _("hold"))] if self.holds else []
        there = [kind for kind in _SEVERITIES if kind in severities]
        names = {"mild": _("slight fault"), "marked": _("clear fault")}
        entries += [(kind, names[kind]) for kind in there]
        out, x = [], float(self.left)
        for kind, words in entries:
            out.append((x, kind, words))
            # About as wide as its letters: nothing here can measure text.
            x += 44 + 6.2 * len(words)
        return out

    @property
    def words(self) -> str:
        """All of it for those who cannot see it."""
        reps, partials = self._report.reps, self._report.partials
        words = _("{what} over {seconds:.0f} seconds: ").format(
            what=self.title, seconds=self._end_s - self._begin_s
        )
        words += many(len(reps), "rep")
        if reps:
            times = ", ".join(clock(rep.top_s) for rep in reps)
            words += _(" at {times} s").format(times=times)
        return words + (f", {many(len(partials), 'partial attempt')}" if partials else "")


def _nice(about: float) -> float:
    """The next step of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= about * 0.999)
