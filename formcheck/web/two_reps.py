"""A rep of a recording beside another one: of the set, of the history, of a second recording."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from formcheck.capture.frames import SourceError
from formcheck.drawing.annotated_video import VideoWriteError
from formcheck.engine.exercise import Exercise
from formcheck.engine.findings import best_and_worst
from formcheck.engine.report import Rep
from formcheck.history import HistoryError
from formcheck.language import N_, _, date_words
from formcheck.recordings.comparison import Shown
from formcheck.recordings.set_measuring import Measured
from formcheck.web.jobs import Desk, Result
from formcheck.web.media import url
from formcheck.web.profile_picker import history, profile_of_tab, tell_problem
from formcheck.web.uploads import chosen_model, show_progress, take_upload


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda desk: desk.close())
def _other_desk() -> Desk:
    """A second recording, to compare the first one with."""
    return Desk()


_WITH = {
    "set": N_("Another rep of this set"),
    "best": N_("My best rep so far"),
    "other": N_("Another recording"),
}


def show_two_reps(desk: Desk, result: Result, number: int) -> None:
    """A rep of the set beside another one, in step. A clip to share."""
    one = result.sets[number]
    if not one.report.reps:
        return
    with st.expander(_("Two reps side by side"), icon=":material/compare:"):
        pair = best_and_worst(one.report, one.span.exercise)
        key = f"two-{result.id}-{number}"
        ways = [way for way in _WITH if way != "set" or pair is not None]
        way = st.segmented_control(
            _("Compare with"),
            ways,
            format_func=lambda way: _(_WITH[way]),
            default=ways[0],
            required=True,
            key=f"{key}-with",
        )
        st.caption(_("In step: out together, back together, then once more slowly."))
        there = _others(one.span.exercise) if way == "other" else one
        if there is None:
            return
        key = f"{key}-{way}"
        with st.container(horizontal=True, vertical_alignment="bottom"):
            left = right = one.report.reps[0] if pair is None else pair[1]
            if way != "best":
                first = pair[0] if pair is not None and way == "set" else there.report.reps[0]
                left = _rep_box(_("Left: rep"), there, first, f"{key}-left")
            right = _rep_box(_("Right: rep"), one, right, f"{key}-right")
            skeleton = st.toggle(_("Skeleton only"), key=f"{key}-skeleton")
            pressed = st.button(_("Show them"), icon=":material/play_arrow:", key=f"{key}-show")
        here = desk.shown(number, right.index, "" if way == "set" else _("This recording"))
        beside: Shown | None
        if way == "set":
            beside = desk.shown(number, left.index)
        elif way == "other":
            other = _other_desk()
            beside = other.shown(_same(other, one.span.exercise), left.index, other.name)
        else:
            beside = _my_best(one.span.exercise, right)
        if beside is None:
            return
        if pressed:
            try:
                with st.spinner(_("Putting them side by side")):
                    made = desk.side_by_side(beside, here, skeleton=skeleton)
            except (ValueError, SourceError, VideoWriteError) as error:
                st.error(_(str(error)))
                return
            st.session_state[key] = made, beside.rep.index, right.index
        if key in st.session_state:
            token, number_left, number_right = st.session_state[key]
            _clip(token, number_left, number_right, Path(result.name).stem)


def _rep_box(label: str, one: Measured, first: Rep, key: str) -> Rep:
    reps = {rep.index: rep for rep in one.report.reps}
    numbers = list(reps)
    return reps[st.selectbox(label, numbers, numbers.index(first.index), key=key, width=120)]


def _clip(token: str, left: int, right: int, stem: str) -> None:
    words = _("Rep {left} on the left, rep {right} on the right").format(left=left, right=right)
    st.html(
        f'<video src="{url(token, "two.mp4")}" aria-label="{words}" controls loop muted '
        'playsinline style="width:100%;max-width:60rem;border-radius:.75rem"></video>'
    )
    name = f"{stem}.reps-{left}-{right}.mp4"
    st.link_button(
        _("Clip to share (mp4)"), url(token, name, download=True), icon=":material/share:"
    )


def _my_best(exercise: Exercise, rep: Rep) -> Shown | None:
    """The person's best rep in the history; what to know of it is written down."""
    try:
        past = history()
        who = profile_of_tab(past)
        best = past.best_rep(who.id, exercise, rep.side)
    except HistoryError as error:
        tell_problem(error)
        return None
    if best is None:
        st.info(
            _(
                "There is none of this exercise in the history of {name} yet. Of every set with "
                "the coach the skeleton of its best rep is kept, without pictures."
            ).format(name=who.name)
        )
        return None
    one, done, kept = best
    day = date_words(one.day, short=True)
    st.caption(
        _("Rep {n} of {day}, by {name}: its skeleton, as no pictures of it are kept.").format(
            n=done.index, day=day, name=who.name
        )
    )
    return Shown(done, exercise, kept, day)


def _same(other: Desk, exercise: Exercise) -> int:
    """The set of the other recording with this exercise and with reps, -1 when there is none."""
    sets = other.result.sets if other.result is not None else ()
    fits = (one.span.exercise.id == exercise.id and bool(one.report.reps) for one in sets)
    return next((i for i, fit in enumerate(fits) if fit), -1)


def _others(exercise: Exercise) -> Measured | None:
    """The set of a second recording, which is taken and looked at here; None until it is there."""
    other = _other_desk()
    state = other.state
    if state.busy:
        show_progress(other)
        return None
    if state.stage == "empty":
        start = partial(other.start, exercise, model=chosen_model())
        take_upload(other, _("The other video"), "other-upload", start)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/movie: {other.name}")
        if st.button(_("Choose another video"), icon=":material/undo:", key="other-another"):
            other.clear()
            st.rerun()
    if state.stage != "done" or other.result is None:
        st.error(_(state.text))
        return None
    if all(one.span.exercise.id != exercise.id for one in other.result.sets):
        other.again(exercise)
        st.rerun()
    number = _same(other, exercise)
    if number < 0:
        st.info(_("No rep was counted in it."))
        return None
    return other.result.sets[number]
