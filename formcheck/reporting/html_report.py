"""A set's report as one HTML page that needs nothing else: to keep, to print, to send.

Styles, pictures and the plot are inside the file; it loads nothing from anywhere and runs
no script. It reads in the dark, on a phone and on A4, and without colours: whatever a
colour says is also said by a word or a shape.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from formcheck.drawing.stills import picture_id, size_of
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.report import Fault, Rep, SetReport
from formcheck.engine.trace import Trace, from_rest
from formcheck.engine.trust import COLUMNS
from formcheck.engine.units import Units
from formcheck.language import _, date_words
from formcheck.reporting.digest import Digest, FaultText
from formcheck.reporting.rendering import render
from formcheck.reporting.rep_dots import rep_dots
from formcheck.reporting.signal_plot import signal_plot


@dataclass(frozen=True, slots=True)
class ReportedSet:
    """A set with all that its page shows. stills: JPEGs by stills.picture_id."""

    report: SetReport
    exercise: Exercise
    stills: Mapping[str, bytes] = field(default_factory=dict)
    trace: Trace | None = None
    prescription: Prescription | None = None


def html_reports(
    sets: Sequence[ReportedSet], *, when: datetime | None = None, units: Units = "metric"
) -> str:
    """The page of a set, or of all sets of a recording one after another.

    when: local time at which it was done, where that is known. units: of distances in texts.
    Raises ValueError for no set.
    """
    if not sets:
        raise ValueError("A report needs a set.")
    shown = []
    for number, one in enumerate(sets, 1):
        label = _("Set {n} of {of}").format(n=number, of=len(sets)) if len(sets) > 1 else ""
        shown.append(_Shown(one, f"s{number}", label, when, units))
    names = list(dict.fromkeys(_(one.exercise.name) for one in sets))
    return str(render("report.html", sets=shown, names=names, trust_columns=[*map(_, COLUMNS)]))


class _Shown:
    """What the template asks of a set."""

    def __init__(
        self, one: ReportedSet, key: str, label: str, when: datetime | None, units: Units
    ) -> None:
        self.key, self._stills = key, one.stills
        self.text = Digest(one.report, one.exercise, one.prescription, units)
        self.dots = rep_dots([row.verdict for row in self.text.rows])
        day = f"{date_words(when)}, {when:%H:%M}" if when else ""
        self.facts = [f for f in (_("Form report"), label, day, one.report.source.name) if f]
        self.plot = ""
        if one.trace is not None:
            self.plot = signal_plot(one.report, from_rest(one.trace, one.report, one.exercise), key)

    def picture(self, rep: Rep, fault: Fault | None = None) -> _Picture | None:
        jpeg = self._stills.get(picture_id(rep, fault))
        return None if jpeg is None else _Picture(jpeg)

    def first_picture(self, fault: FaultText) -> _Picture | None:
        found = (self.picture(case.rep, case.fault) for case in fault.cases)
        return next((picture for picture in found if picture is not None), None)

    def title_of(self, fault: Fault) -> str:
        return next((f.title for f in self.text.faults if f.fault_id == fault.id), "")


class _Picture:
    def __init__(self, jpeg: bytes) -> None:
        self.source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
        self.width, self.height = size_of(jpeg)
        self.is_wide = self.width > 1.1 * self.height
