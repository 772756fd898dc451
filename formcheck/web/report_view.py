"""A set's report in Streamlit. Every sentence comes from the core; this lays it out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import streamlit as st

from formcheck.drawing.stills import picture_id, size_of
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.engine.trace import from_rest
from formcheck.engine.trust import COLUMNS
from formcheck.engine.units import Units
from formcheck.engine.wording import capital, severity_words
from formcheck.language import _, in_this_language
from formcheck.live.coached_set import FinishedSet
from formcheck.reporting.digest import Case, Digest, FaultText
from formcheck.reporting.html_report import ReportedSet, html_reports
from formcheck.reporting.rep_dots import rep_dots
from formcheck.reporting.rep_table import reps_table
from formcheck.reporting.signal_plot import signal_plot

_BADGES = {"marked": "red", "mild": "yellow"}


def show_finished(finished: FinishedSet, units: Units, *, advice: bool = True) -> None:
    """Show the report of a finished set with all that was kept of it; see show_report."""
    one = ReportedSet(
        finished.report,
        EXERCISES[finished.report.exercise],
        finished.pictures,
        finished.trace,
        finished.prescription,
    )
    show_report(one, f"set-{finished.id}", when=finished.when, units=units, advice=advice)


def show_report(
    one: ReportedSet,
    key: str,
    *,
    when: datetime | None = None,
    units: Units = "metric",
    plot: bool = True,
    advice: bool = True,
) -> None:
    """Show a report on the page.

    key: unique on the page and the same in every rerun. when: local time at which the set was
    done; left out when None. units: of distances in texts. plot: whether to show the set over
    time here; the page to keep has it anyway. advice: what to work on next; not after pain.
    """
    text = Digest(one.report, one.exercise, one.prescription, units)
    _tiles(text, key)
    if text.rows:
        st.html(rep_dots([row.verdict for row in text.rows]))
    if advice:
        _next_step(text, one.stills)
    _asked(text)
    if one.trace is not None and plot:
        drawn = signal_plot(one.report, from_rest(one.trace, one.report, one.exercise), key)
        if drawn:
            st.header(_("The set over time"), anchor=False)
            _drawing(drawn)
    _reps(text)
    _faults(text, one.stills)
    _sides(text)
    _list(_("Partial attempts, not counted"), text.partials)
    _list(_("Notes"), text.notes)
    _folded(text)
    page = in_this_language(lambda: html_reports([one], when=when, units=units))
    _downloads(one.report, page, key, when)


def _tiles(text: Digest, key: str) -> None:
    with st.container(key=f"tiles-{key}"):
        for one in text.tiles:
            tile(one.label, one.value, one.note)


def _next_step(text: Digest, stills: Mapping[str, bytes]) -> None:
    with st.container(border=True):
        words, pictures = st.columns([3, 2])
        with words:
            st.caption(_("The one thing to work on next"))
            st.header(plain(text.advice.sentence), anchor=False)
            st.markdown(plain(text.advice.why))
        with pictures, st.container(horizontal=True):
            if text.advice_case is not None:
                _picture(text.advice_case, stills)
            if text.clean is not None:
                rep, caption = text.clean
                _image(stills.get(picture_id(rep)), caption)


def _asked(text: Digest) -> None:
    """Bars of what was done; where both sides were asked, left and right stand side by side."""
    if not text.asked:
        return
    st.header(_("As prescribed"), anchor=False)
    for what in dict.fromkeys(row.what for row in text.asked):
        rows = [row for row in text.asked if row.what == what]
        for place, row in zip(st.columns(len(rows)), rows, strict=True):
            label = f"{what}, {row.side.lower()}" if row.side else what
            place.progress(row.share or 0.0, f"{plain(label)}: **{plain(row.value)}**")
    if text.asked_note:
        st.caption(plain(text.asked_note))


def _drawing(svg: str) -> None:
    """Wide enough to be read: on a phone it is scrolled."""
    data = base64.b64encode(svg.encode()).decode("ascii")
    alt = re.sub(r"<[^>]*>", "", svg[svg.index("<title") : svg.index("</title>")])
    st.html(
        '<div style="overflow-x:auto" tabindex="0" role="group" aria-label="The set over time">'
        f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" '
        'style="width:100%;min-width:36rem;max-width:58rem"></div>'
    )


def _reps(text: Digest) -> None:
    if text.rows:
        st.header(_("Every rep"), anchor=False)
        _table(text.columns, [row.cells for row in text.rows], _("Every rep"))
        st.caption(plain(text.legend))


def _faults(text: Digest, stills: Mapping[str, bytes]) -> None:
    st.header(_("What was found"), anchor=False)
    if text.verdict:
        st.markdown(plain(text.verdict))
    for fault in text.faults:
        with st.container(border=True):
            _fault(fault, stills)


def _fault(fault: FaultText, stills: Mapping[str, bytes]) -> None:
    badge = f":{_BADGES[fault.severity]}-badge[{severity_words(fault.severity)}]"
    st.markdown(f"{badge} **{plain(fault.title)}**")
    st.markdown(f"{plain(fault.summary)} **{plain(fault.cue)}**")
    if any(picture_id(case.rep, case.fault) in stills for case in fault.cases):
        with st.container(horizontal=True):
            for case in fault.cases:
                _picture(case, stills)
    else:
        for case in fault.cases:
            st.markdown(f"- {plain(case.caption)}")
    if fault.limits:
        st.caption(plain(fault.limits))


def _picture(case: Case, stills: Mapping[str, bytes]) -> None:
    _image(stills.get(picture_id(case.rep, case.fault)), case.caption)


def _image(jpeg: bytes | None, caption: str) -> None:
    if jpeg is not None:
        wide, tall = size_of(jpeg)
        width = 320 if wide > tall else 210
        st.image(jpeg, caption=plain(caption), width=width, alt=caption)


def _sides(text: Digest) -> None:
    if text.sides or text.sides_words:
        st.header(_("Left against right"), anchor=False)
        if text.sides_words:
            st.markdown(plain(text.sides_words))
        if text.sides:
            _table((_("What"), _("Left"), _("Right")), text.sides, _("Left against right"))


def _list(title: str, lines: Sequence[str]) -> None:
    if lines:
        st.header(title, anchor=False)
        st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def _folded(text: Digest) -> None:
    if text.not_assessed:
        with st.expander(_("Not assessed, and what to change")):
            for one in text.not_assessed:
                titles = ", ".join(one.titles)
                st.markdown(f"**{plain(capital(titles))}**: {plain(one.why)}")
    with st.expander(_("How it was measured, and how far to trust it")):
        _table((_("What"), _("Value")), text.measured, _("How it was measured"))
        for line in text.trust.sentences:
            st.markdown(plain(line))
        if text.trust.rows:
            _table([*map(_, COLUMNS)], text.trust.rows, _("How far to trust it"))


def _downloads(report: SetReport, page: Callable[[], str], key: str, when: datetime | None) -> None:
    name = f"{report.exercise}_{when:%Y-%m-%d_%H%M}" if when else f"{report.exercise}_report"
    with st.container(horizontal=True):
        for label, data, ending, mime in (
            (_("Report (HTML)"), page, "html", "text/html"),
            (_("Report (JSON)"), report.to_json, "json", "application/json"),
            (_("Reps (CSV)"), lambda: reps_table([report]), "csv", "text/csv"),
        ):
            st.download_button(
                label,
                data,
                f"{name}.{ending}",
                mime,
                key=f"{key}-{ending}",
                on_click="ignore",
                icon=":material/download:",
            )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    cells = [
        {column: plain(cell) for column, cell in zip(columns, row, strict=True)} for row in rows
    ]
    st.table(cells, hide_index=True, border="horizontal", alt=title)


def tile(label: str, value: str, note: str = "") -> None:
    """A headline number in a box of its own; note: what it is of, or was."""
    st.metric(label, value, note or None, delta_color="off", delta_arrow="off", border=True)


def plain(text: str) -> str:
    """Text as it is: a file's name may hold what Markdown takes for itself."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~$:.-])", r"\\\1", text)
