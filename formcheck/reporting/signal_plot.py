"""The counted signal over time as SVG: reps, holds and faults marked on it.

It carries its own style, whose colours show on white and on black; a page that knows
better sets the variables.
"""

from __future__ import annotations

import math
from html import escape
from typing import Final

from formcheck.engine.report import Fault, Rep, SetReport
from formcheck.engine.trace import Trace
from formcheck.engine.wording import SHOWN_HOLD_S, clock, many

__all__ = ["signal_plot"]

_WIDTH: Final = 720
_HEIGHT: Final = 286
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 26, 68
#: Less than this between two rep numbers and they would run into each other, pixels.
_NUMBER_ROOM: Final = 16

_STYLE: Final = """
svg text { font: 12px system-ui, "Segoe UI", Arial, sans-serif; fill: var(--soft, #7d8893); }
svg text.number { fill: var(--ink, #7d8893); font-weight: 650; }
svg .grid { stroke: var(--line, #80808050); stroke-width: 1; }
svg .line { fill: none; stroke: var(--signal, #2f86d6); stroke-width: 2; stroke-linejoin: round; }
svg .rep { fill: var(--rep, #5090d830); }
svg .partial { fill: var(--partial, #80808028); stroke: #7d8893; stroke-dasharray: 4 3; }
svg .hold { fill: var(--fine, #009e73); }
svg .marked { fill: var(--marked, #d0296b); stroke: var(--paper, #ffffff); stroke-width: 1.5; }
svg .mild { fill: var(--paper, #ffffff); stroke: var(--mild-edge, #c79a00); stroke-width: 2.5; }
"""


def signal_plot(report: SetReport, trace: Trace, key: str) -> str:
    """An SVG element, or "" when the signal was never seen. key: unique in the page."""
    seen = [(t, v) for t, v in zip(trace.time_s, trace.value, strict=True) if v is not None]
    if len(seen) < 2 or seen[-1][0] <= seen[0][0]:
        return ""
    return _Plot(report, trace, seen).svg(key)


class _Plot:
    def __init__(self, report: SetReport, trace: Trace, seen: list[tuple[float, float]]) -> None:
        self._report, self._trace, self._seen = report, trace, seen
        self._begin_s, self._end_s = trace.time_s[0], trace.time_s[-1]
        low, high = min(v for _, v in seen), max(v for _, v in seen)
        self._step = _nice((high - low) / 5.5 or 1.0)
        self._low = math.floor(low / self._step) * self._step
        self._high = math.ceil(high / self._step) * self._step
        if self._high <= self._low:
            self._high = self._low + self._step

    def svg(self, key: str) -> str:
        words = self._words()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'role="img" aria-labelledby="{key}-plot">',
            f'<title id="{key}-plot">{escape(words)}</title>',
            f"<style>{_STYLE}</style>",
            *self._attempts(),
            *self._grid(),
            *self._holds(),
            f'<path class="line" d="{self._line()}"/>',
            *self._faults(),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(parts)

    def _x(self, time_s: float) -> float:
        share = (time_s - self._begin_s) / (self._end_s - self._begin_s)
        return _LEFT + min(max(share, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def _attempts(self) -> list[str]:
        out = []
        last = -math.inf
        for rep in self._report.reps:
            a, b = self._x(rep.start_s), self._x(rep.end_s)
            out.append(_band("rep", a, b))
            middle = (a + b) / 2
            if middle - last >= _NUMBER_ROOM:
                out.append(_text(middle, _TOP - 8, str(rep.index), "number", "middle"))
                last = middle
        for rep in self._report.partials:
            a, b = self._x(rep.start_s), self._x(rep.end_s)
            out += [_band("partial", a, b), _text((a + b) / 2, _TOP - 8, "partial", "", "middle")]
        return out

    def _grid(self) -> list[str]:
        out = []
        for i in range(round((self._high - self._low) / self._step) + 1):
            value = self._low + i * self._step
            y = self._y(value)
            out.append(
                f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" '
                f'y2="{y:.1f}"/>'
            )
            unit = "°" if self._trace.unit == "deg" else ""
            out.append(_text(_LEFT - 6, y + 4, f"{value:g}{unit}", "", "end"))
        step = _nice((self._end_s - self._begin_s) / 10, whole=True)
        at = math.ceil(self._begin_s / step) * step
        while at <= self._end_s:
            out.append(_text(self._x(at), _HEIGHT - _BOTTOM + 16, _seconds(at), "", "middle"))
            at += step
        out.append(_text(_WIDTH - _RIGHT, _HEIGHT - 28, "time, seconds", "", "end"))
        out.append(_text(_LEFT, _HEIGHT - 28, self._trace.title, "", "start"))
        return out

    def _holds(self) -> list[str]:
        y = _HEIGHT - _BOTTOM - 4
        return [
            f'<rect class="hold" x="{self._x(a):.1f}" y="{y}" '
            f'width="{self._x(b) - self._x(a):.1f}" height="4"/>'
            for a, b in self._shown_holds()
        ]

    def _shown_holds(self) -> list[tuple[float, float]]:
        return [(a, b) for a, b in self._trace.holds if b - a >= SHOWN_HOLD_S]

    def _line(self) -> str:
        parts: list[str] = []
        pen = "M"
        for t, v in zip(self._trace.time_s, self._trace.value, strict=True):
            if v is None:
                # Nothing was seen here: no line may be drawn over it.
                pen = "M"
                continue
            parts.append(f"{pen}{self._x(t):.1f} {self._y(v):.1f}")
            pen = "L"
        return "".join(parts)

    def _faults(self) -> list[str]:
        out = []
        for rep in self._report.reps:
            for fault in rep.faults:
                x, y = self._x(fault.at_s), self._y(self._at(fault.at_s))
                radius = 5 if fault.severity == "marked" else 4
                out.append(
                    f'<circle class="{fault.severity}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
                    f"<title>{escape(_mark(rep, fault))}</title></circle>"
                )
        return out

    def _at(self, time_s: float) -> float:
        return min(self._seen, key=lambda point: abs(point[0] - time_s))[1]

    def _legend(self) -> list[str]:
        severities = {fault.severity for rep in self._report.reps for fault in rep.faults}
        y = _HEIGHT - 10
        entries = [(f'<rect class="rep" x="0" y="{y}" width="16" height="10" rx="2"/>', "rep")]
        if self._report.partials:
            box = f'<rect class="partial" x="0" y="{y}" width="16" height="10" rx="2"/>'
            entries.append((box, "partial attempt"))
        if self._shown_holds():
            entries.append(
                (f'<rect class="hold" x="0" y="{y + 3}" width="16" height="4"/>', "hold")
            )
        for severity in ("marked", "mild"):
            if severity in severities:
                dot = f'<circle class="{severity}" cx="10" cy="{y + 5}" r="4.5"/>'
                entries.append((dot, f"{severity} fault"))
        out, x = [], float(_LEFT)
        for sign, words in entries:
            word = _text(22, y + 9, words, "", "start")
            out.append(f'<g transform="translate({x:.0f} 0)">{sign}{word}</g>')
            # About as wide as its letters: nothing here can measure text.
            x += 44 + 6.2 * len(words)
        return out

    def _words(self) -> str:
        reps, partials = self._report.reps, self._report.partials
        words = f"{self._trace.title} over {self._end_s - self._begin_s:.0f} seconds: "
        words += many(len(reps), "rep")
        if reps:
            words += f" at {', '.join(clock(rep.top_s) for rep in reps)} s"
        return words + (f", {many(len(partials), 'partial attempt')}" if partials else "")


def _mark(rep: Rep, fault: Fault) -> str:
    return f"Rep {rep.index}: {fault.id.replace('_', ' ')}, {fault.severity}"


def _band(kind: str, a: float, b: float) -> str:
    height = _HEIGHT - _TOP - _BOTTOM
    return (
        f'<rect class="{kind}" x="{a:.1f}" y="{_TOP}" width="{b - a:.1f}" height="{height}" '
        'rx="3"/>'
    )


def _text(x: float, y: float, words: str, kind: str, anchor: str) -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _nice(about: float, *, whole: bool = False) -> float:
    """The next step of 1, 2 or 5 times a power of ten; whole: of at least one."""
    about = max(about, 1.0) if whole else about
    power = 10.0 ** math.floor(math.log10(about))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= about * 0.999)


def _seconds(at: float) -> str:
    if at < 60:
        return f"{at:g}"
    return f"{at // 60:.0f}:{at % 60:02.0f}"
