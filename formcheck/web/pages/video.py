"""Recorded video: upload or pick a sample, wait a little, look through what was found."""

import json
from functools import partial
from pathlib import Path

import streamlit as st

import formcheck
from formcheck.capture.correction import Correction
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.wording import many
from formcheck.history.settings import load_settings
from formcheck.language import _, in_this_language
from formcheck.recordings.analysis import sets_json
from formcheck.recordings.set_measuring import Measured
from formcheck.reporting.html_report import ReportedSet, html_reports
from formcheck.web.components import REVIEW
from formcheck.web.jobs import Desk, Result, State
from formcheck.web.media import url
from formcheck.web.report_view import show_report
from formcheck.web.review_data import review_data
from formcheck.web.two_reps import show_two_reps
from formcheck.web.uploads import chosen_model, show_progress, take_upload

SAMPLES = Path(formcheck.__file__).resolve().parents[1] / "sample_videos"


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda desk: desk.close())
def _desk() -> Desk:
    """The recording of this tab; it goes when the tab does."""
    return Desk()


@st.cache_data(show_spinner=False)
def _samples() -> dict[str, str]:
    """What the sample videos show, by file name; empty where they are not installed."""
    found = {}
    for file in sorted(SAMPLES.glob("*.mp4")):
        about = file.with_suffix(".json")
        if about.is_file():
            found[file.name] = json.loads(about.read_text(encoding="utf-8"))["shows"]
    return found


def _exercise_box(label: str, key: str, first: str | None = None) -> Exercise | None:
    """A choice of all exercises; None = recognise it, where that may be chosen."""
    ids: list[str] = list(EXERCISES)
    if first is None:
        ids = ["auto", *ids]
    picked = st.selectbox(
        label,
        ids,
        index=ids.index(first or "auto"),
        format_func=lambda i: _("Recognise it") if i == "auto" else _(EXERCISES[i].name),
        key=key,
        width=320,
    )
    return None if picked == "auto" else EXERCISES[picked]


def _asked(
    key: str, exercise: Exercise | None, given: Prescription | None = None
) -> Prescription | None:
    """What was asked for, to compare with; None when nothing was."""
    given = given or Prescription()
    with st.container(horizontal=True):
        reps = st.number_input(_("Reps"), 0, 100, given.reps or 0, key=f"{key}-reps")
        times = {
            "up": (_("Up, s"), 30, given.concentric_s),
            "hold": (_("Hold, s"), 600, given.hold_s),
            "down": (_("Down, s"), 30, given.eccentric_s),
        }
        ways = ("up", "down")
        first, last = ways if exercise is None else exercise.primary.swapped(ways)
        asked = {
            name: st.number_input(label, 0, most, int(seconds or 0), key=f"{key}-{name}")
            for name in (first, "hold", last)
            for label, most, seconds in [times[name]]
        }
    st.caption(_("0 = no target. Tempo and holds are compared with these numbers."))
    if not (reps or any(asked.values())):
        return None
    return Prescription(reps or None, *(asked[name] or None for name in times))


def _pick(desk: Desk) -> None:
    """Take a recording and begin."""
    st.markdown(
        _(
            "Film a set from where the coach page says, or take a clip you have: one set or "
            "several with breaks between, portrait or landscape. You get the annotated video, "
            "every rep with what to work on, and files to keep."
        )
    )
    exercise = _exercise_box(_("Exercise"), "pick-exercise")
    with st.expander(_("Your target (optional)")):
        prescription = _asked("pick", exercise)
    most = int(st.get_option("server.maxUploadSize"))
    start = partial(desk.start, exercise, prescription, model=chosen_model())
    take_upload(desk, _("Your video"), "upload", start)
    st.caption(
        _(
            "Up to {most:,} MB: while it is being sent, the whole file is in the memory of the "
            "computer that runs this page; after that it is on its disk, until you choose another "
            "video or close this tab. `formcheck analyze FILE --sets` has no such limit."
        ).format(most=most)
    )
    samples = _samples()
    if samples:
        st.markdown(f"**{_('Or try a sample')}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                _("Sample"), list(samples), format_func=lambda name: _(samples[name])
            )
            if st.button(_("Analyse the sample"), icon=":material/play_arrow:"):
                desk.take(name, SAMPLES / name)
                start()
                st.rerun()


def _stopped(desk: Desk, state: State) -> None:
    """It was cancelled, went wrong, or needs a choice."""
    if state.stage == "choose":
        st.warning(_(state.text))
        likely = [*state.candidates, *(i for i in EXERCISES if i not in state.candidates)]
        picked = st.selectbox(
            _("Which exercise is it?"),
            likely,
            format_func=lambda i: _(EXERCISES[i].name),
            width=320,
            key="which",
        )
        if st.button(_("Use this one"), type="primary", key="go-on"):
            desk.again(EXERCISES[picked])
            st.rerun()
        _put_right(desk)
        return
    (st.info if state.stage == "cancelled" else st.error)(_(state.text))
    if st.button(_("Try again")):
        desk.again()
        st.rerun()


def _set_label(result: Result, number: int) -> str:
    report = result.sets[number].report
    name = _(EXERCISES[report.exercise].name)
    return f"{number + 1} · {name}, {many(len(report.reps), 'rep')}"


def _choose(desk: Desk, result: Result) -> int:
    """Which set to look at, and the way to say that it shows another exercise."""
    number = 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(result.sets) > 1:
            picked = st.segmented_control(
                _("{n} sets, divided at the breaks").format(n=len(result.sets)),
                range(len(result.sets)),
                format_func=lambda i: _set_label(result, i),
                default=0,
                required=True,
                key=f"set-{result.id}",
            )
            number = picked or 0
        report = result.sets[number].report
        chosen = _exercise_box(_("Exercise"), f"exercise-{result.id}-{number}", report.exercise)
        if report.recognised is not None:
            st.caption(
                ":material/search: "
                + _("{exercise}, {share:.0f}% sure. Not it? Pick another.").format(
                    exercise=_(EXERCISES[report.exercise].name),
                    share=100 * report.recognised.probability,
                ),
                width="content",
            )
    if chosen is not None and chosen.id != report.exercise:
        desk.correct(number, chosen)
        st.rerun()
    return number


def _keep(result: Result) -> None:
    """Files of the whole recording; those of a set are with its report."""
    stem = Path(result.name).stem
    with st.container(horizontal=True):
        st.link_button(
            _("Annotated video (mp4)"),
            url(result.video, f"{stem}.annotated.mp4", download=True),
            icon=":material/movie:",
        )
        st.link_button(
            _("Every frame (CSV)"),
            url(result.table, f"{stem}.frames.csv", download=True),
            icon=":material/table:",
        )
        if len(result.sets) > 1:
            st.download_button(
                _("All sets (HTML)"),
                in_this_language(
                    lambda: html_reports(
                        [_reported(one, result) for one in result.sets], when=result.recorded
                    )
                ),
                f"{stem}.html",
                "text/html",
                on_click="ignore",
                icon=":material/description:",
            )
            st.download_button(
                _("All sets (JSON)"),
                sets_json(one.report for one in result.sets),
                f"{stem}.json",
                "application/json",
                on_click="ignore",
                icon=":material/data_object:",
            )


def _reported(one: Measured, result: Result) -> ReportedSet:
    """One of the sets, for its page."""
    asked = result.prescription
    return ReportedSet(one.report, one.span.exercise, one.pictures, one.trace, asked)


def _put_right(desk: Desk) -> None:
    """Turn the recording, swap its sides, tell how fast it plays."""
    before = desk.correction
    with st.expander(_("The recording is turned, mirrored or in slow motion")):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            turns = [0, 90, 180, 270]
            turn = st.selectbox(
                _("Turn clockwise"),
                turns,
                turns.index(before.rotate),
                format_func=lambda degrees: f"{degrees}°",
                key="right-turn",
                width=140,
            )
            speed = st.number_input(
                _("It plays at this share of the real speed"),
                0.01,
                100.0,
                before.speed,
                key="right-speed",
                help=_("0.25 for slow motion that takes four times as long."),
                width=280,
            )
            mirrored = st.toggle(
                _("Left and right are swapped"), before.mirrored, key="right-mirror"
            )
        wanted = Correction(turn, mirrored, speed)
        if st.button(_("Analyse it again")) and wanted != before:
            desk.put_right(wanted)
            st.rerun()


def _results(desk: Desk, result: Result) -> None:
    number = _choose(desk, result)
    one = result.sets[number]
    REVIEW(
        key=f"review-{result.id}",
        data=review_data(
            one,
            key=f"{result.id}-{number}",
            video=url(result.video, "annotated.mp4"),
        ),
    )
    _keep(result)
    show_two_reps(desk, result, number)
    with st.expander(_("Compare with a target")):
        prescription = _asked(
            f"again-{result.id}", EXERCISES[one.report.exercise], result.prescription
        )
        if st.button(_("Compare")) and prescription != result.prescription:
            desk.compare(prescription)
            st.rerun()
    _put_right(desk)
    shown, key = _reported(one, result), f"video-{result.id}-{number}"
    show_report(shown, key, when=result.recorded, units=load_settings().units, plot=False)


desk = _desk()
state = desk.state
with st.container(horizontal=True, vertical_alignment="center"):
    st.title(_("Recorded video"))
    if state.stage != "empty":
        st.markdown(f":material/movie: {desk.name}")
        if st.button(_("Choose another video"), icon=":material/undo:", key="another"):
            desk.clear()
            st.rerun()
if state.stage == "empty":
    _pick(desk)
elif state.busy:
    show_progress(desk)
elif state.stage == "done" and desk.result is not None:
    _results(desk, desk.result)
else:
    _stopped(desk, state)
