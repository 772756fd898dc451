"""The history of the person of this tab: this week, an exercise over the weeks, its files.

Numbers and sentences come from formcheck.progress; this lays them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import streamlit as st

from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import title_of
from formcheck.engine.trust import range_error_deg
from formcheck.engine.wording import capital, many, sentence
from formcheck.history import Circuit, Enrolment, History, HistoryError, PastSet, Profile
from formcheck.language import N_, _, date_words
from formcheck.training.calendar import Day, days, rounds, streak
from formcheck.training.programmes.programme import Programme
from formcheck.training.trends import (
    FaultWeek,
    Week,
    change,
    comparable,
    fault_rate,
    monday_of,
    weekly,
)
from formcheck.web import charts
from formcheck.web.answers import tell_unwritten
from formcheck.web.history_files import show_files, show_import
from formcheck.web.history_sets import OPEN, exercise_name, show_list, show_set
from formcheck.web.report_view import plain, tile

_PERIODS: Final = {
    N_("4 weeks"): 4,
    N_("12 weeks"): 12,
    N_("Half a year"): 26,
    N_("A year"): 52,
    N_("All of it"): None,
}
_LESS: Final = {
    "left": N_("left less"),
    "right": N_("right less"),
    "both": N_("equal"),
}
_VIEWS: Final = (N_("Exercises"), N_("Sets"), N_("Export and share"))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What of a person's history is on the page: the days since..today.

    per_day: least and most rounds a day that the programme asks for, None without one.
    problem: why the programme that is followed cannot be read, "" when it can.
    """

    since: date
    today: date
    sets: tuple[PastSet, ...]
    circuits: tuple[Circuit, ...]
    days: tuple[Day, ...]
    enrolment: Enrolment | None
    per_day: tuple[int, int] | None
    problem: str


def show_history(past: History, who: Profile) -> None:
    """Show a person's history, or the one set that the address names."""
    _tell()
    wanted = st.query_params.get(OPEN)
    if wanted:
        show_set(past, who.id, wanted)
        return
    several = len(past.profiles()) > 1
    trained = past.days(who.id)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        title = _("{name}: history").format(name=plain(who.name)) if several else _("History")
        st.title(title, anchor=False, width="content")
        period = _period() if trained else ""
    if not trained:
        _nothing_yet(past, who)
        return
    shown = _loaded(past.url, who.id, past.version(who.id), period, _today(), _past=past)
    if shown.problem:
        st.warning(_(shown.problem))
    tiles, calendar = st.columns([3, 2], gap="medium")
    with tiles:
        _this_week(shown, trained)
    with calendar:
        _calendar(shown)
    view = st.segmented_control(
        _("View"),
        _VIEWS,
        format_func=_,
        default=_VIEWS[0],
        required=True,
        key="history-view",
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == "Export and share":
        show_files(past, who, shown.today)
    elif not shown.sets:
        st.info(
            _("There is no set in the last {period}. Choose a longer period above.").format(
                period=_(period).lower()
            )
        )
    elif view == "Sets":
        show_list(shown.sets, shown.circuits, shown.enrolment, shown.today)
    else:
        _exercise(shown)


def _today() -> date:
    return datetime.now().astimezone().date()


def _tell() -> None:
    """What the last click led to."""
    told: str | None = st.session_state.pop("history-told", None)
    if told:
        st.success(_(told), icon=":material/check:")
    tell_unwritten()


def _nothing_yet(past: History, who: Profile) -> None:
    st.markdown(
        _(
            "There is no set here yet. Begin a programme or do a single set: every rep is kept as "
            "you do it, and here you see over the days and weeks what changes."
        )
    )
    with st.container(horizontal=True, gap="medium"):
        st.page_link("programme.py", label=_("Choose a programme"), icon=":material/event:")
        st.page_link("coach.py", label=_("Do a set"), icon=":material/sprint:")
    with st.expander(_("Import history"), icon=":material/upload_file:"):
        show_import(past, who)


def _period() -> str:
    return (
        st.selectbox(
            _("Period"),
            list(_PERIODS),
            format_func=_,
            index=1,
            key="history-period",
            width=200,
            persist_state="session",
        )
        or "12 weeks"
    )


# A click runs the page again: the sets are read anew only when something was written. Which
# set still runs is a matter of minutes.
@st.cache_resource(show_spinner=False, max_entries=16, ttl=300)
def _loaded(
    url: str, profile_id: str, version: str, period: str, today: date, *, _past: History
) -> _Shown:
    weeks = _PERIODS[period]
    monday = monday_of(today)
    if weeks is None:
        since = min(_past.days(profile_id)[0], monday)
    else:
        since = monday - timedelta(weeks=weeks - 1)
    kept = _past.sets(profile_id, since=since)
    sets = tuple(one for one in kept if one.reps or one.partials or one.problem)
    circuits = _past.circuits(profile_id, since=since)
    try:
        enrolment, problem = _past.enrolment(profile_id), ""
    except HistoryError as error:
        enrolment, problem = None, str(error)
    per_day, done = _rounds_per_day(enrolment), days(sets, circuits)
    return _Shown(since, today, sets, circuits, done, enrolment, per_day, problem)


# ------------------------------------------------------------------ the week


def _this_week(shown: _Shown, trained: Sequence[date]) -> None:
    monday = monday_of(shown.today)
    this = [day for day in shown.days if day.day >= monday]
    last = [day for day in shown.days if monday - timedelta(days=7) <= day.day < monday]
    row = streak([Day(day, sets=1) for day in trained], shown.today)
    with st.container(key="tiles-week"):
        tile(_("Days this week"), str(len(this)), _("last week {n}").format(n=len(last)))
        if shown.per_day is not None and shown.enrolment is not None:
            begun = max(monday, shown.enrolment.phase_since.date())
            found = rounds(shown.days, shown.per_day, begun, shown.today, shown.today)
            asked = str(found.least) if found.least == found.most else f"{found.least}-{found.most}"
            tile(_("Rounds this week"), str(found.done), _("target so far {n}").format(n=asked))
        for label, values in (
            (_("Sets this week"), [[day.sets for day in week] for week in (this, last)]),
            (_("Reps this week"), [[day.reps for day in week] for week in (this, last)]),
        ):
            tile(label, str(sum(values[0])), _("last week {n}").format(n=sum(values[1])))
        tile(
            _("Held this week"),
            _minutes(sum(day.held_s for day in this)),
            _("last week {n}").format(n=_minutes(sum(day.held_s for day in last))),
        )
        tile(_("Days in a row"), str(row.current), _("longest {n}").format(n=row.longest))


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02} min"


def _rounds_per_day(enrolment: Enrolment | None) -> tuple[int, int] | None:
    if enrolment is None:
        return None
    try:
        phases = Programme.from_dict(enrolment.programme).phases
        return phases[enrolment.phase].rounds_per_day
    except (ValueError, IndexError):
        return None


def _calendar(shown: _Shown) -> None:
    per_day = shown.per_day
    # More weeks do not fit into the width of a phone.
    since = max(shown.since, monday_of(shown.today) - timedelta(weeks=25))
    st.altair_chart(
        charts.calendar_chart(shown.days, since, shown.today, per_day and per_day[0]),
        width="content",
        alt=_("Days with a set since {day}: {n}").format(
            day=date_words(since, year=False), n=len(shown.days)
        ),
    )
    words = _("Each square is a day; the number is how many sets you did.")
    if per_day is not None:
        told = _(
            "Filled: at least the {rounds} a day that your programme asks for. Outlined: fewer."
        )
        words += " " + told.format(rounds=many(per_day[0], "round"))
    st.caption(words)


# --------------------------------------------------------------- an exercise


def _exercise(shown: _Shown) -> None:
    often = Counter(one.exercise for one in shown.sets)
    # First what is done now, which another phase may not have had.
    lately = shown.today - timedelta(days=14)
    now = Counter(one.exercise for one in shown.sets if one.day > lately)
    known = sorted((n for n in often if n in EXERCISES), key=lambda n: (-now[n], -often[n]))
    if not known:
        st.info(_("No set of this period is of an exercise that this formcheck knows."))
        return
    picked = st.selectbox(
        _("Exercise"),
        known,
        format_func=lambda name: f"{exercise_name(name)} ({many(often[name], 'set')})",
        key="history-exercise",
        width=320,
        persist_state="session",
    )
    exercise = EXERCISES[picked]
    sets = [one for one in shown.sets if one.exercise == picked]
    weeks = weekly(sets, picked)
    # Weeks before the first set are left out, down to a month.
    month_ago = monday_of(shown.today) - timedelta(weeks=3)
    span = (max(shown.since, min(month_ago, *(one.day for one in shown.sets))), shown.today)
    left, right = st.columns(2, gap="medium")
    with left:
        _chart(_("Reps by week"), charts.reps_chart(weeks, span), _by_week(weeks, "reps"))
        found = charts.range_chart(comparable(sets), weeks, span)
        if found is not None:
            _chart(
                _("Range of motion, degrees"),
                found,
                _by_week(weeks, "rom", lambda found: f"{found.median:.0f}"),
                _range_words(exercise),
            )
    with right:
        held = charts.held_chart(weeks, span)
        if held is not None:
            _chart(
                _("Minutes held by week"),
                held,
                _by_week(weeks, "held_total_s", lambda s: f"{s / 60:.1f}"),
            )
        sides = charts.sides_chart(weeks, span)
        if sides is not None:
            _chart(
                _("Left against right, %"),
                sides,
                _by_week(weeks, "symmetry", lambda s: f"{100 * s.index:.0f}, {_(_LESS[s.less])}"),
                _(
                    "How far the side that moved less went, in percent of the other: 100% is "
                    "equal. "
                    "The mark tells which side it was."
                ),
            )
    others = len(sets) - len(comparable(sets))
    if others:
        st.caption(
            _(
                "Ranges and faults of {sets} are left out: another pose model measured them, "
                "which reads angles differently."
            ).format(sets=many(others, "set"))
        )
    _faults(sets, exercise, span)


def _by_week(
    weeks: Sequence[Week], field: str, words: Callable[[Any], str] = "{:.0f}".format
) -> str:
    """A number of every week, for who cannot see the chart."""
    found = ((week.monday, getattr(week, field)) for week in weeks)
    return "; ".join(
        f"{date_words(day, short=True, year=False)}: {words(it)}"
        for day, it in found
        if it is not None
    )


def _chart(title: str, chart: charts.Chart, numbers: str, note: str = "") -> None:
    st.markdown(f"**{title}**")
    st.altair_chart(chart, width="stretch", alt=f"{title}. {numbers}")
    if note:
        st.caption(plain(note))


def _range_words(exercise: Exercise) -> str:
    words = _("Each mark is one set, the line is the week.")
    error = range_error_deg(exercise.id)
    if error is not None:
        told = _(
            "A change of less than {error:.0f}° may be the camera's: on films whose angles are "
            "known 95 of 100 were read that well."
        )
        words += " " + told.format(error=error)
    return words


def _faults(sets: Sequence[PastSet], exercise: Exercise, span: charts.Span) -> None:
    ids = [*(rule.id for rule in exercise.faults), *PRESCRIBED_FAULTS]
    by_week = {name: fault_rate(sets, exercise.id, name) for name in ids}
    found = {n: w for n, w in by_week.items() if any(week.found for week in w)}
    found = dict(sorted(found.items(), key=lambda item: -sum(w.found for w in item[1])))
    st.header(_("What was found, week by week"), anchor=False)
    if found:
        columns = st.columns(2, gap="medium")
        for number, (name, weeks) in enumerate(found.items()):
            with columns[number % 2]:
                st.markdown(f"**{plain(_title(name, exercise))}**")
                st.altair_chart(
                    charts.fault_chart(weeks, span),
                    width="stretch",
                    alt=_("{fault}, reps with it of those judged.").format(
                        fault=_title(name, exercise)
                    )
                    + " "
                    + "; ".join(_week_of(w) for w in weeks),
                )
                st.caption(plain(_fault_words(weeks, exercise, name)))
        st.caption(
            _(
                "The line is the likely share of reps with it, allowing for what formcheck misses "
                "or sees where it is not. The truth is in the band 95 times in 100. Hollow marks: "
                "as it was found, with no allowance."
            )
        )
    never = [
        _("{fault} ({reps} judged)").format(
            fault=_(title_of(name, exercise)), reps=many(sum(w.judged for w in weeks), "rep")
        )
        for name, weeks in by_week.items()
        if name not in found and name not in PRESCRIBED_FAULTS and any(w.judged for w in weeks)
    ]
    if never:
        st.markdown(plain(_("Not found in this period: {faults}.").format(faults=", ".join(never))))
    _unseen(sets, exercise)


def _week_of(week: FaultWeek) -> str:
    of = _("{n} of {of}").format(n=week.found, of=week.judged)
    return f"{date_words(week.monday, short=True, year=False)}: {of}"


def _title(name: str, exercise: Exercise) -> str:
    return capital(_(title_of(name, exercise)))


def _fault_words(weeks: Sequence[FaultWeek], exercise: Exercise, name: str) -> str:
    judged, unseen = sum(w.judged for w in weeks), sum(w.not_assessed for w in weeks)
    words = [change(weeks, exercise.id, name)]
    words.append(
        _("Found in {n} of {reps}.").format(
            n=sum(w.found for w in weeks), reps=many(judged, "judged rep")
        )
    )
    if unseen:
        words.append(_("{reps} could not be assessed.").format(reps=many(unseen, "rep")))
    return " ".join(filter(None, words))


def _unseen(sets: Sequence[PastSet], exercise: Exercise) -> None:
    """What was not assessed, with the most frequent reason and what to change."""
    missing = [one for past in sets for rep in past.reps for one in rep.not_assessed]
    if not missing:
        return
    reps = sum(len(past.reps) for past in sets)
    with st.expander(_("Not assessed, and what to change")):
        for name, number in Counter(one.id for one in missing).most_common():
            reasons = Counter((one.reason, one.remedy) for one in missing if one.id == name)
            why = reasons.most_common(1)[0][0]
            of = _("{n} of {of}").format(n=number, of=many(reps, "rep"))
            st.markdown(
                f"**{plain(_title(name, exercise))}**, {of}: "
                + plain(" ".join(sentence(_(text)) for text in why if text))
            )
