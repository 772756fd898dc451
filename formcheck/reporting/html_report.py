"""A set's report as one HTML page that needs nothing else: to keep, to print, to send.

Styles, pictures and the plot are inside the file; it loads nothing from anywhere and runs
no script. It reads in the dark, on a phone and on A4, and without colours: whatever a
colour says is also said by a word or a shape.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from importlib import resources
from typing import Final

from formcheck.drawing.stills import picture_id, size_of
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.report import SetReport
from formcheck.engine.trace import Trace, from_rest
from formcheck.engine.trust import COLUMNS
from formcheck.engine.units import Units
from formcheck.reporting.digest import Case, Digest, FaultText, digest
from formcheck.reporting.signal_plot import signal_plot

__all__ = ["ReportedSet", "html_report", "html_reports"]

_LIMITS: Final = (
    "This report describes movement as a camera saw it. It says nothing about muscles, pain or "
    "injury. If something hurts, stop and see a professional."
)


@dataclass(frozen=True, slots=True)
class ReportedSet:
    """A set with all that its page shows. stills: JPEGs by stills.picture_id."""

    report: SetReport
    exercise: Exercise
    stills: Mapping[str, bytes] = field(default_factory=dict)
    trace: Trace | None = None
    prescription: Prescription | None = None


def html_report(
    report: SetReport,
    exercise: Exercise,
    *,
    stills: Mapping[str, bytes] | None = None,
    trace: Trace | None = None,
    prescription: Prescription | None = None,
    when: datetime | None = None,
    units: Units = "metric",
) -> str:
    """The page of one set.

    stills: JPEGs by stills.picture_id. when: local time at which it was done, where that
    is known. units: of distances in texts.
    """
    one = ReportedSet(report, exercise, stills or {}, trace, prescription)
    return html_reports([one], when=when, units=units)


def html_reports(
    sets: Sequence[ReportedSet], *, when: datetime | None = None, units: Units = "metric"
) -> str:
    """The page of all sets of a recording, one after another; raises ValueError for none."""
    if not sets:
        raise ValueError("A report needs a set.")
    names = list(dict.fromkeys(one.exercise.name for one in sets))
    style = (
        resources.files("formcheck.reporting")
        .joinpath("html_report.css")
        .read_text(encoding="utf-8")
    )
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # Nothing may be loaded, whatever a name or a note contains.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">",
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(', '.join(names))}: form report</title>",
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        "<main>",
    ]
    for number, one in enumerate(sets, 1):
        label = f"Set {number} of {len(sets)}" if len(sets) > 1 else ""
        parts += _set(one, f"s{number}", label, when, units)
    parts += [f"<footer><p>{escape(_LIMITS)}</p></footer>", "</main>", "</body>", "</html>", ""]
    return "\n".join(parts)


# ------------------------------------------------------------------ sections


def _set(one: ReportedSet, key: str, label: str, when: datetime | None, units: Units) -> list[str]:
    text = digest(one.report, one.exercise, one.prescription, units)
    return [
        f'<article aria-labelledby="{key}">',
        *_head(text, one.report, key, label, when),
        *_tiles(text),
        *_next_step(text, one.stills),
        *_asked(text),
        *_plot(one, key),
        *_reps(text),
        *_faults(text, one.stills),
        *_sides(text),
        *_list("Partial attempts, not counted", text.partials),
        *_not_assessed(text),
        *_list("Notes", text.notes),
        *_measured(text),
        "</article>",
    ]


def _head(
    text: Digest, report: SetReport, key: str, label: str, when: datetime | None
) -> list[str]:
    facts = [
        "Form report",
        label,
        f"{when.day} {when:%B %Y, %H:%M}" if when else "",
        report.source.name,
    ]
    line = " · ".join(escape(fact) for fact in facts if fact)
    return [
        "<header>",
        f'<h1 id="{key}">{escape(text.name)}</h1>',
        f"<p>{line}</p>",
        "</header>",
    ]


def _tiles(text: Digest) -> list[str]:
    out = ['<dl class="tiles">']
    for tile in text.tiles:
        note = f'<dd class="note">{escape(tile.note)}</dd>' if tile.note else ""
        out.append(f"<div><dt>{escape(tile.label)}</dt><dd>{escape(tile.value)}</dd>{note}</div>")
    return [*out, "</dl>"]


def _next_step(text: Digest, stills: Mapping[str, bytes]) -> list[str]:
    figures = []
    if text.advice_case is not None:
        figures.append(_case(text.advice_case, stills, _title_of(text, text.advice_case)))
    if text.clean is not None:
        rep, caption = text.clean
        figures.append(_figure(stills.get(picture_id(rep)), caption, "none"))
    shown = _gallery([figure for figure in figures if "<img" in figure])
    return [
        '<section class="next">',
        "<div>",
        "<h2>The one thing to work on next</h2>",
        f'<p class="lead">{escape(text.advice.sentence)}</p>',
        f"<p>{escape(text.advice.why)}</p>",
        "</div>",
        *shown,
        "</section>",
    ]


def _asked(text: Digest) -> list[str]:
    if not text.asked:
        return []
    out = ["<section>", "<h2>As prescribed</h2>", '<dl class="asked">']
    for row in text.asked:
        what = f"{row.what}, {row.side.lower()}" if row.side else row.what
        out.append(
            f"<div><dt>{escape(what)}</dt><dd>{_bar(row.share)}<span>{escape(row.value)}</span>"
            "</dd></div>"
        )
    out.append("</dl>")
    if text.asked_note:
        out.append(f'<p class="legend">{escape(text.asked_note)}</p>')
    return [*out, "</section>"]


def _bar(share: float | None) -> str:
    """A bar as long as the share; the number stands beside it."""
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" width="100" height="10"/>'
        f'<rect class="done" width="{100 * (share or 0.0):.1f}" height="10"/></svg>'
    )


def _plot(one: ReportedSet, key: str) -> list[str]:
    if one.trace is None:
        return []
    drawn = signal_plot(one.report, from_rest(one.trace, one.report, one.exercise), key)
    if not drawn:
        return []
    shown = f'<div class="scroll plot">{drawn}</div>'
    return ["<section>", "<h2>The set over time</h2>", shown, "</section>"]


def _reps(text: Digest) -> list[str]:
    if not text.rows:
        return []
    rows = [(row.cells, row.severity or "") for row in text.rows]
    return [
        "<section>",
        "<h2>Every rep</h2>",
        *_table(text.columns, rows),
        f'<p class="legend">{escape(text.legend)}</p>',
        "</section>",
    ]


def _faults(text: Digest, stills: Mapping[str, bytes]) -> list[str]:
    out = ["<section>", "<h2>What was found</h2>"]
    if text.verdict:
        out.append(f"<p>{escape(text.verdict)}</p>")
    for fault in text.faults:
        out += [
            f'<div class="fault {fault.severity}">',
            f"<h3>{_badge(fault.severity)} {escape(fault.title)}</h3>",
            f"<p>{escape(fault.summary)} <strong>{escape(fault.cue)}</strong></p>",
            *_cases(fault, stills),
            *([f'<p class="legend">{escape(fault.limits)}</p>'] if fault.limits else []),
            "</div>",
        ]
    return [*out, "</section>"]


def _cases(fault: FaultText, stills: Mapping[str, bytes]) -> list[str]:
    figures = [_case(case, stills, fault.title) for case in fault.cases]
    if any("<img" in figure for figure in figures):
        return _gallery(figures)
    return ["<ul>", *(f"<li>{escape(case.caption)}</li>" for case in fault.cases), "</ul>"]


def _sides(text: Digest) -> list[str]:
    if not text.sides and not text.sides_words:
        return []
    out = ["<section>", "<h2>Left against right</h2>"]
    if text.sides_words:
        out.append(f"<p>{escape(text.sides_words)}</p>")
    if text.sides:
        out += _table(("", "Left", "Right"), [(row, "") for row in text.sides])
    return [*out, "</section>"]


def _not_assessed(text: Digest) -> list[str]:
    if not text.not_assessed:
        return []
    out = ["<section>", "<h2>Not assessed</h2>", '<dl class="missing">']
    for one in text.not_assessed:
        titles = ", ".join(one.titles)
        out.append(f"<div><dt>{escape(titles)}</dt><dd>{escape(one.why)}</dd></div>")
    return [*out, "</dl>", "</section>"]


def _measured(text: Digest) -> list[str]:
    out = ['<section class="small">', "<h2>How it was measured</h2>", '<dl class="facts">']
    out += [
        f"<div><dt>{escape(what)}</dt><dd>{escape(words)}</dd></div>"
        for what, words in text.measured
    ]
    out += ["</dl>", "<h2>How far to trust it</h2>"]
    out += [f"<p>{escape(line)}</p>" for line in text.trust.sentences]
    if text.trust.rows:
        out += _table(COLUMNS, [(row, "") for row in text.trust.rows])
    return [*out, "</section>"]


# -------------------------------------------------------------------- pieces


def _title_of(text: Digest, case: Case) -> str:
    return next((f.title for f in text.faults if f.fault_id == case.fault.id), "")


def _case(case: Case, stills: Mapping[str, bytes], title: str) -> str:
    picture = stills.get(picture_id(case.rep, case.fault))
    return _figure(picture, case.caption, case.fault.severity, title)


def _figure(jpeg: bytes | None, caption: str, severity: str, title: str = "") -> str:
    image = shape = ""
    if jpeg is not None:
        data = base64.b64encode(jpeg).decode("ascii")
        alt = escape(f"{title}. {caption}" if title else caption, quote=True)
        wide, tall = size_of(jpeg)
        image = (
            f'<img src="data:image/jpeg;base64,{data}" width="{wide}" height="{tall}" alt="{alt}">'
        )
        shape = ' class="wide"' if wide > 1.1 * tall else ""
    sign = _badge(severity) + " " if severity != "none" else ""
    return f"<figure{shape}>{image}<figcaption>{sign}{escape(caption)}</figcaption></figure>"


def _gallery(figures: Sequence[str]) -> list[str]:
    if not figures:
        return []
    # Of one set all pictures have about the same shape.
    kind = "pictures wide" if '<figure class="wide"' in figures[0] else "pictures"
    return [f'<div class="{kind}">', *figures, "</div>"]


def _badge(severity: str) -> str:
    return f'<span class="badge {severity}">{severity}</span>'


def _table(columns: Sequence[str], rows: Iterable[tuple[Sequence[str], str]]) -> list[str]:
    """A table whose first column names the row; the class of a row is its severity."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    out = ['<div class="scroll">', "<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>"]
    for cells, severity in rows:
        first, *rest = (escape(cell) for cell in cells)
        line = f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest)
        out.append(f'<tr class="{severity}">{line}</tr>' if severity else f"<tr>{line}</tr>")
    return [*out, "</tbody>", "</table>", "</div>"]


def _list(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    items = [f"<li>{escape(line)}</li>" for line in lines]
    return ["<section>", f"<h2>{escape(title)}</h2>", "<ul>", *items, "</ul>", "</section>"]
