"""Charts of the history for Streamlit (Altair): they draw what formcheck.progress found.

They take their text and line colours from the page's theme, light or dark. The two sides
differ in shape as well as in colour. Dates are drawn as they are: no time zone moves them.
Who cannot see a chart gets its numbers in its text: its marks have no names of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import altair as alt

from formcheck.engine.wording import many
from formcheck.language import N_, _, date_words, short_months
from formcheck.training.calendar import Day
from formcheck.training.records import PastSet
from formcheck.training.trends import FaultWeek, Week, monday_of, spread

# Altair must not find it half loaded by another thread: see prepare_coach.
importlib.import_module("pandas")

#: Readable on paper and in the dark, and told apart by colour-blind people.
BLUE: Final = "#3b8ecf"
ORANGE: Final = "#d98000"
GREEN: Final = "#168a72"
GREY: Final = "#8a9694"

#: What the functions here give.
Chart = alt.LayerChart | alt.FacetChart
#: The first and the last day of what is shown.
Span = tuple[date, date]

_HEIGHT: Final = 260
_SMALL: Final = 210
_MOST_TICKS: Final = 13
# More do not fit into the width of a phone.
_WEEKS_WITH_NUMBERS: Final = 14

#: How each channel tells the sides apart: both together, left, right.
_SIDES: Final[dict[Any, Sequence[Any]]] = {
    alt.Color: (GREEN, BLUE, ORANGE),
    alt.Shape: ("circle", "circle", "triangle-up"),
    alt.StrokeDash: ([1, 0], [1, 0], [6, 3]),
}
_WEEKDAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def calendar_chart(
    days: Sequence[Day], since: date, until: date, least_rounds: int | None = None
) -> Chart:
    """A square for each day of since..until, both in, with the number of its sets.

    It is filled when as many rounds were done as are asked for a day (least_rounds; None =
    none are: then every day with a set is), else drawn as an outline.
    """
    done = {one.day: one for one in days}
    dates = [since + timedelta(n) for n in range((until - since).days + 1)]
    rows = [_square(day, done.get(day), least_rounds) for day in dates]
    weeks = list(dict.fromkeys(row["week"] for row in rows))
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "week:O",
            title=None,
            scale=alt.Scale(domain=weeks, paddingInner=0.12, paddingOuter=0),
            axis=alt.Axis(
                # The month, over the first week that begins in it.
                labelExpr="utcdate(toDate(datum.value)) <= 7"
                f" ? {_month('toDate(datum.value)')} : ''",
                labelAngle=0,
                labelAlign="left",
                labelBound=False,
                labelOverlap=False,
                orient="top",
                ticks=False,
                domain=False,
            ),
        ),
        y=alt.Y(
            "weekday:O",
            title=None,
            sort=[*map(_, _WEEKDAYS)],
            scale=alt.Scale(domain=[*map(_, _WEEKDAYS)], paddingInner=0.12, paddingOuter=0),
            axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelOverlap=False),
        ),
        tooltip=[alt.Tooltip("date:N", title=_("Day")), alt.Tooltip("what:N", title=_("Done"))],
    )
    squares = base.mark_rect(cornerRadius=4, strokeWidth=1.5, aria=False).encode(
        fill=alt.Fill("fill:N", scale=None, legend=None),
        fillOpacity=alt.FillOpacity("opacity:Q", scale=None, legend=None),
        stroke=alt.Stroke("stroke:N", scale=None, legend=None),
    )
    layers = [squares]
    if len(weeks) <= _WEEKS_WITH_NUMBERS:
        numbers = base.mark_text(fontSize=10, fontWeight=600, aria=False)
        layers.append(
            numbers.encode(text="sets:N", color=alt.Color("ink:N", scale=None, legend=None))
        )
    # A phone shows three months whole.
    step = 19 if len(weeks) <= _WEEKS_WITH_NUMBERS else 12
    return alt.layer(*layers).properties(width=alt.Step(step), height=alt.Step(step))


def _square(day: date, done: Day | None, least_rounds: int | None) -> dict[str, Any]:
    sets = done.sets if done else 0
    what = [many(sets, "set")] if sets else [_("nothing")]
    kept = least_rounds is None
    if done and sets:
        what.append(many(done.reps, "rep"))
        if done.rounds_begun:
            what.append(_("{rounds} to the end").format(rounds=many(done.rounds, "round")))
        kept = kept or done.rounds >= (least_rounds or 0)
    look = ("fill", 1.0, GREEN, "white") if kept else ("outline", 0.0, GREEN, GREEN)
    fill, opacity, stroke, ink = look if sets else ("none", 0.14, "transparent", GREY)
    return {
        "week": monday_of(day).isoformat(),
        "weekday": _(_WEEKDAYS[day.weekday()]),
        "date": f"{_(_WEEKDAYS[day.weekday()])} {date_words(day, short=True)}",
        "what": ", ".join(what),
        "fill": GREEN if fill == "fill" else GREY,
        "opacity": opacity,
        "stroke": stroke,
        "ink": ink,
        "sets": str(sets) if sets else "",
    }


def reps_chart(weeks: Sequence[Week], span: Span) -> Chart:
    """Counted reps of each week, of each side where one leg works."""
    sided = _sided(weeks)
    rows = []
    for week in weeks:
        if sided:
            rows += [
                _bar(week, _("Left"), 0, week.reps_left),
                _bar(week, _("Right"), week.reps_left, week.reps_right),
            ]
        else:
            rows.append(_bar(week, _("Both"), 0, week.reps))
    return _bars(rows, span, _("Reps"), sided)


def held_chart(weeks: Sequence[Week], span: Span) -> Chart | None:
    """Minutes held in each week, over all reps; None where nothing was held."""
    rows = [_bar(week, _("Both"), 0, round(week.held_total_s / 60, 1)) for week in weeks]
    if not any(row["value"] for row in rows):
        return None
    return _bars(rows, span, _("Minutes"), False)


def range_chart(sets: Sequence[PastSet], weeks: Sequence[Week], span: Span) -> Chart | None:
    """The median range of each set as a point, that of each week as a line; by side."""
    sided = _sided(weeks)
    points = []
    for one in sets:
        for side in ("left", "right") if sided else ("both",):
            found = spread(rep.rom_deg for rep in one.reps if not sided or rep.side == side)
            if found:
                points.append(
                    {
                        "at": one.when.replace(tzinfo=None).isoformat(timespec="minutes") + "Z",
                        "side": _(side.capitalize()),
                        "value": round(found.median, 1),
                        "what": _("{reps}, the middle half {low:.0f}° to {high:.0f}°").format(
                            reps=many(found.n, "rep"), low=found.low, high=found.high
                        ),
                    }
                )
    if not points:
        return None
    line = []
    for week in weeks:
        both = ((_("Left"), week.rom_left), (_("Right"), week.rom_right))
        for side, found in both if sided else ((_("Both"), week.rom),):
            if found:
                middle = week.monday + timedelta(days=3)
                line.append({"at": f"{middle}T12:00Z", "side": side, "value": found.median})
    y = _up("value", None, alt.Scale(zero=False, nice=True))
    marks = (
        alt.Chart(_data(points))
        .mark_point(size=45, opacity=0.55, filled=True, aria=False)
        .encode(
            x=_time("at", span),
            y=y,
            color=_by_side(alt.Color, sided),
            shape=_by_side(alt.Shape, sided),
            tooltip=[
                _day_tip(),
                alt.Tooltip("side:N", title=_("Side")),
                alt.Tooltip("value:Q", title=_("Typical, °")),
                alt.Tooltip("what:N", title=_("Of")),
            ],
        )
    )
    lines = (
        alt.Chart(_data(line))
        .mark_line(strokeWidth=2.5, aria=False)
        .encode(
            x=_time("at", span),
            y=y,
            color=_by_side(alt.Color, sided),
            strokeDash=_by_side(alt.StrokeDash, sided),
        )
    )
    return alt.layer(lines, marks).properties(height=_HEIGHT)


def sides_chart(weeks: Sequence[Week], span: Span) -> Chart | None:
    """The side with less motion in percent of the other, week by week; None without any."""
    rows = [
        {
            **_of(week.monday),
            "value": 100 * week.symmetry.index,
            "side": _(week.symmetry.less.capitalize()),
            "what": _("left {left:.0f}°, right {right:.0f}°").format(
                left=week.symmetry.left, right=week.symmetry.right
            ),
        }
        for week in weeks
        if week.symmetry is not None
    ]
    if not rows:
        return None
    low = min(70, 10 * (min(row["value"] for row in rows) // 10))
    base = alt.Chart(_data(rows)).encode(
        x=_time("middle", span),
        y=_up("value", None, alt.Scale(domain=[low, 100], nice=False)),
    )
    line = base.mark_line(color=GREY, strokeWidth=1.5, aria=False)
    marks = base.mark_point(size=110, filled=True, opacity=1, aria=False).encode(
        color=_by_side(alt.Color, True, _("Less on the")),
        shape=_by_side(alt.Shape, True, _("Less on the")),
        tooltip=[
            _day_tip(N_("Week from")),
            alt.Tooltip("value:Q", title=_("Smaller of larger, %"), format=".0f"),
            alt.Tooltip("what:N", title=_("Typical")),
        ],
    )
    return alt.layer(line, marks).properties(height=_HEIGHT)


def fault_chart(weeks: Sequence[FaultWeek], span: Span) -> Chart:
    """The share of reps with a fault, week by week: a line in its band of uncertainty.

    Where no true share can be told, the share it was found in is a hollow mark.
    """
    known, raw = [], []
    for week in weeks:
        if not week.judged:
            continue
        row = {
            **_of(week.monday),
            "what": _("{n} of {of}").format(n=week.found, of=many(week.judged, "rep")),
            "unseen": week.not_assessed,
        }
        if week.true.share is None:
            raw.append({**row, "value": 100 * week.found / week.judged})
        else:
            shares = {"low": week.true.low, "value": week.true.share, "high": week.true.high}
            rounded = {name: round(100 * share, 1) for name, share in shares.items()}
            words = _("{value:.0f}% ({low:.0f} to {high:.0f}%)").format(**rounded)
            known.append({**row, **rounded, "true": words})
    percent = alt.Scale(domain=[0, 100])
    low, y = (_up(field, _("Reps with it, %"), percent) for field in ("low", "value"))
    tips = [
        _day_tip(N_("Week from")),
        alt.Tooltip("what:N", title=_("Found in")),
        alt.Tooltip("unseen:Q", title=_("Reps not assessed")),
    ]
    x, x2 = _time("at", span), alt.X2("end")
    band = (
        alt.Chart(_data(known))
        .mark_rect(opacity=0.28, color=BLUE, aria=False)
        .encode(x=x, x2=x2, y=low, y2=alt.Y2("high"))
    )
    line = (
        alt.Chart(_data(known))
        .mark_rule(color=BLUE, strokeWidth=3, aria=False)
        .encode(x=x, x2=x2, y=y, tooltip=[*tips, alt.Tooltip("true:N", title=_("Likely in"))])
    )
    hollow = (
        alt.Chart(_data(raw))
        .mark_point(size=70, color=GREY, strokeWidth=2, filled=False, aria=False)
        .encode(x=_time("middle", span), y=y, tooltip=tips)
    )
    return alt.layer(band, line, hollow).properties(height=_SMALL)


# ------------------------------------------------------------------- encodings


def _bar(week: Week, side: str, low: float, value: float) -> dict[str, Any]:
    sets = {"sets": week.sets, "side": side}
    return {**_of(week.monday), **sets, "value": value, "low": low, "high": low + value}


def _bars(rows: Sequence[Mapping[str, Any]], span: Span, title: str, sided: bool) -> Chart:
    bars = (
        alt.Chart(_data(rows))
        .mark_rect(aria=False)
        .encode(
            x=_time("from", span),
            x2=alt.X2("to"),
            y=_up("low", None, alt.Scale(zero=True)),
            y2=alt.Y2("high"),
            color=_by_side(alt.Color, sided),
            tooltip=[
                _day_tip(N_("Week from")),
                *([alt.Tooltip("side:N", title=_("Side"))] if sided else []),
                alt.Tooltip("value:Q", title=title),
                alt.Tooltip("sets:Q", title=_("Sets")),
            ],
        )
    )
    return alt.layer(bars).properties(height=_HEIGHT)


def _up(field: str, title: str | None, scale: alt.Scale) -> alt.Y:
    """A number upwards; its title, where the chart's own does not say it, lies above the axis."""
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=scale,
        axis=alt.Axis(
            titleAngle=0,
            titleAlign="left",
            titleBaseline="bottom",
            titleX=-30,
            titleY=-8,
            tickCount=5,
            tickMinStep=1,
        ),
    )


def _sided(weeks: Sequence[Week]) -> bool:
    return any(week.reps_left or week.reps_right for week in weeks)


def _of(monday: date) -> dict[str, Any]:
    """Where a week begins, has its middle and ends; from, to: where its bar does."""
    return {
        "at": f"{monday}T00:00Z",
        "from": f"{monday}T14:00Z",
        "middle": f"{monday + timedelta(days=3)}T12:00Z",
        "to": f"{monday + timedelta(days=6)}T10:00Z",
        "end": f"{monday + timedelta(days=7)}T00:00Z",
    }


def _time(field: str, span: Span) -> alt.X:
    """Time along the bottom, a mark at each Monday; the same for all charts of a page."""
    since, until = monday_of(span[0]), monday_of(span[1]) + timedelta(days=7)
    mondays = [since + timedelta(days=d) for d in range(0, (until - since).days, 7)]
    every = -(-len(mondays) // _MOST_TICKS)
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(type="utc", domain=[_moment(since), _moment(until)], nice=False),
        axis=alt.Axis(
            values=[_moment(day) for day in mondays[::every]],
            labelExpr=f"utcdate(datum.value) + ' ' + {_month('datum.value')}"
            if every < _MOST_TICKS
            else f"{_month('datum.value')} + ' ' + utcyear(datum.value)",
            labelAngle=0,
            labelOverlap="greedy",
            grid=False,
        ),
    )


def _month(of: str) -> str:
    """The expression for the short name of a moment's month: Vega's own are English."""
    return f"{short_months()}[utcmonth({of})]"


def _moment(day: date) -> alt.DateTime:
    return alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)


def _day_tip(title: str = N_("Day")) -> alt.Tooltip:
    """Of the day of "at", in words: Vega's own months are English."""
    return alt.Tooltip("day:N", title=_(title))


def _by_side(
    channel: type[alt.Color] | type[alt.Shape] | type[alt.StrokeDash],
    sided: bool,
    title: str | None = None,
) -> Any:
    """The encoding by which the sides are told apart; dashes go without a legend."""
    both, *sides = _SIDES[channel]
    domain = [_("Left"), _("Right")] if sided else [_("Both")]
    legend = None
    if sided and channel is not alt.StrokeDash:
        # A symbol of a dashed line has no rim: dashes would make another shape of it.
        legend = alt.Legend(
            title=title, titleOrient="left", orient="top", symbolDash=[1, 0], symbolStrokeWidth=0
        )
    scale = alt.Scale(domain=domain, range=sides if sided else [both])
    return channel("side:N", scale=scale, legend=legend)


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """The rows, with the day of "at" in words where they have one.

    Dates stay text: as dates of a table they would be moved by the browser's time zone.
    """

    def days(row: Mapping[str, Any]) -> dict[str, str]:
        at = row.get("at")
        return {"day": date_words(date.fromisoformat(at[:10]), short=True)} if at else {}

    return alt.InlineData(values=[{**row, **days(row)} for row in rows])
