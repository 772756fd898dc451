"""The programmes: which one is followed, what is in each, and how to make one's own."""

from datetime import UTC, date, datetime, time
from typing import Any

import streamlit as st

from formcheck.history import Enrolment, History, HistoryError, Profile
from formcheck.history.settings import load_settings
from formcheck.language import _, ngettext, weekdays
from formcheck.training.programmes.plan import from_to, minutes_words
from formcheck.training.programmes.programme import Phase, Programme
from formcheck.training.programmes.reading import (
    KINDS,
    ProgrammeError,
    check_programme,
    read_own,
    read_programme,
    write_programme,
)
from formcheck.training.programmes.sending import PARAMETER, link, unpacked
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.progression import (
    Progression,
    circuits_of_day,
    circuits_of_phase,
    progress_towards,
)
from formcheck.training.reminders import Reminders, calendar_file, zone
from formcheck.web.profile_picker import history, pick_profile, tell_problem
from formcheck.web.programme_builder import build, draft_of, new_draft
from formcheck.web.programme_view import show_programme
from formcheck.web.report_view import plain

_EXAMPLE = """\
id: my_evenings            # small letters, digits and _
name: My evenings
phases:
  - name: Every evening
    rounds_per_day: [1, 2] # from, to
    rest_s: 20             # between exercises
    move_on: When it has become easy.
    items:
      - exercise: clamshell
        reps: 10           # on each side
        concentric_s: 2    # seconds up
        hold_s: 5
        eccentric_s: 2     # seconds down
      - exercise: single_leg_abc
        letters: 26
        letter_s: 2.5
"""
#: Where the pages are on the computer of who started them.
_HERE = "http://localhost:8501/programme"
_VERDICTS = {
    "met": ":material/check_circle:",
    "not met": ":material/radio_button_unchecked:",
    "unknown": ":material/help:",
}


def _own(past: History) -> dict[str, Programme]:
    """The programmes people here made; one that cannot be read any more is told."""
    own, problems = read_own(past.own_programmes())
    for problem in problems:
        st.warning(plain(problem))
    return own


# ---------------------------------------------------------------- the one that is followed


def _followed(past: History, enrolment: Enrolment) -> None:
    try:
        programme = check_programme(enrolment.programme)
    except ProgrammeError as error:
        st.error(_("The programme you follow can't be read: {why}").format(why=plain(str(error))))
        _stop(past, enrolment)
        return
    index = min(enrolment.phase, len(programme.phases) - 1)
    phase = programme.phases[index]
    with st.container(border=True):
        several = len(programme.phases) > 1
        where = _("Phase {n} of {of}").format(n=index + 1, of=len(programme.phases)) + " · "
        st.header(_("You follow {name}").format(name=plain(_(programme.name))), anchor=False)
        st.markdown(f"{where * several}**{plain(_(phase.name))}** · {_day(past, enrolment, phase)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(_("Go to today's circuit"), type="primary", icon=":material/play_arrow:"):
                st.session_state["what"] = "Today's circuit"
                st.switch_page("coach.py")
            _remind(enrolment, programme, index)
            if several:
                _change_phase(past, enrolment, programme, index)
            _stop(past, enrolment)
        _progress(past, enrolment, programme, index)


def _day(past: History, enrolment: Enrolment, phase: Phase) -> str:
    """How many of today's rounds of the phase are done, and how long one is."""
    today = date.today()
    begun = past.circuits(enrolment.profile_id, since=today, until=today)
    done = sum(c.end_reason == "done" for c in circuits_of_day(enrolment, begun, today))
    least, most = phase.rounds_per_day
    words = ngettext("today {n} of {of} round done", "today {n} of {of} rounds done", most)
    words = words.format(n=done, of=from_to(least, most))
    minutes = minutes_words(phase)
    return f"{words} · {_('{time} each').format(time=minutes)}" if minutes else words


def _remind(enrolment: Enrolment, programme: Programme, index: int) -> None:
    """A calendar file of the rounds to do, in the time zone of the browser."""
    with st.popover(_("Remind me"), icon=":material/notifications:"):
        most = programme.phases[index].rounds_per_day[1]
        rounds = st.number_input(
            _("Rounds a day"), 0, 6, min(most, 6), help=_("0: a note for the whole day.")
        )
        # From the morning to the evening.
        usual = [time(8 + round(n * 10 / max(rounds - 1, 1))) for n in range(rounds)]
        label = _("Round {n}")
        times = [st.time_input(label.format(n=n + 1), at) for n, at in enumerate(usual)]
        days = st.pills(
            _("Days"),
            list(range(7)),
            format_func=lambda day: weekdays()[day],
            selection_mode="multi",
            default=list(range(7)),
        )
        weeks = st.number_input(_("Weeks"), 1, 52, 6)
        if not days:
            st.caption(_("Choose at least one day."))
            return
        try:
            here = zone(st.context.timezone)
        except ValueError:
            here = None
        when = Reminders(date.today(), times, days, weeks, here, enrolment.profile_id)
        st.download_button(
            _("Download for the calendar"),
            calendar_file(programme, index, when, datetime.now(UTC)),
            f"{programme.id}.ics",
            "text/calendar",
            icon=":material/calendar_add_on:",
            type="primary",
            on_click="ignore",
        )
        st.caption(
            _(
                "Open the file with your calendar. Downloaded and opened again, it changes what "
                "is there."
            )
        )


def _change_phase(past: History, enrolment: Enrolment, programme: Programme, index: int) -> None:
    with st.popover(_("Change phase"), icon=":material/swap_horiz:"):
        others = [n for n in range(len(programme.phases)) if n != index]
        to = st.radio(
            _("Go to"),
            others,
            format_func=lambda n: _("Phase {n}: {name}").format(
                n=n + 1, name=plain(_(programme.phases[n].name))
            ),
            index=min(index, len(others) - 1),
            key=f"to-{enrolment.id}-{index}",
        )
        st.caption(_("What you did stays in the history. You can come back at any time."))
        if st.button(_("Yes, go to phase {n}").format(n=to + 1), key=f"go-{enrolment.id}-{index}"):
            past.set_phase(enrolment.id, to)
            st.rerun()


def _stop(past: History, enrolment: Enrolment) -> None:
    with st.popover(_("Stop following"), icon=":material/stop_circle:"):
        st.markdown(_("What you did stays in the history."))
        if st.button(_("Yes, stop following it"), key=f"stop-{enrolment.id}"):
            past.end_enrolment(enrolment.id)
            st.rerun()


def _progress(past: History, enrolment: Enrolment, programme: Programme, index: int) -> None:
    """What speaks for the next phase; the person decides."""
    circuits = circuits_of_phase(enrolment, past.circuits(enrolment.profile_id))
    if len(programme.phases) == 1:
        return
    if not circuits:
        move_on = programme.phases[index].move_on
        if move_on:
            st.markdown(f":material/flag: {plain(_(move_on))}")
        return
    sets = past.sets(enrolment.profile_id, since=min(one.begun for one in circuits).date())
    found = progress_towards(programme, index, circuits, sets, load_settings().units)
    told = plain("\n\n".join(found.sentences))
    if found.pain:
        st.warning(told)
    elif found.ready or found.finished:
        st.success(told)
    else:
        st.markdown(plain(found.sentences[0]))
    if found.ready and found.next_phase is not None:
        following = programme.phases[found.next_phase]
        words = _("Go on to phase {n}: {name}").format(
            n=found.next_phase + 1, name=plain(_(following.name))
        )
        if st.button(words, type="primary", icon=":material/flag:"):
            past.set_phase(enrolment.id, found.next_phase)
            st.rerun()
    _criteria(found)


def _criteria(found: Progression) -> None:
    with st.expander(_("Goals for the next phase")):
        for one in found.criteria:
            words = f"{_VERDICTS[one.verdict]} **{plain(one.title)}**: {plain(one.value)}"
            asked = _("target: {target}").format(target=plain(one.asked))
            st.markdown(f"{words} ({asked})")
            if one.sentence:
                st.caption(plain(one.sentence))
        st.caption(_("These goals are formcheck's own. Nothing changes unless you say so."))


# --------------------------------------------------------------------------- all of them


def _programmes(
    past: History, profile: Profile, own: dict[str, Programme], enrolment: Enrolment | None
) -> None:
    everything = {**PROGRAMMES, **own}
    followed = enrolment.programme.get("id") if enrolment else None
    first = followed if followed in everything else next(iter(everything))
    if st.session_state.get("programme") not in everything:
        st.session_state["programme"] = first
    picked = st.pills(
        _("Programmes"),
        list(everything),
        format_func=lambda name: plain(_(everything[name].name)),
        key="programme",
        required=True,
        label_visibility="collapsed",
    )
    programme = everything[picked or first]
    st.markdown(plain(_(programme.summary)))
    with st.container(horizontal=True, vertical_alignment="center"):
        _follow(past, profile, programme, enrolment)
        st.download_button(
            _("Download (YAML)"),
            write_programme(programme),
            f"{programme.id}.yaml",
            "application/yaml",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover(_("Send"), icon=":material/send:"):
            st.markdown(
                _(
                    "Send this link, or the file. Who opens the link, or runs `formcheck "
                    "programme start` with either, sees the programme and follows it with one "
                    "click."
                )
            )
            st.code(link(programme, st.context.url or _HERE), language=None, wrap_lines=True)
        if picked in own:
            if st.button(_("Edit"), icon=":material/edit:"):
                _open(draft_of(programme))
            with st.popover(_("Delete"), icon=":material/delete:"):
                st.markdown(_("Anyone following it keeps it; past sets stay."))
                if st.button(_("Yes, delete it"), key=f"delete-{picked}"):
                    past.delete_programme(picked)
                    st.rerun()
        elif st.button(_("Make it mine"), icon=":material/edit:", help=_("Change a copy of it.")):
            _open(draft_of(programme, copy=True))
    now = enrolment.phase if enrolment and programme.to_dict() == enrolment.programme else None
    show_programme(programme, now)


def _follow(
    past: History, profile: Profile, programme: Programme, enrolment: Enrolment | None
) -> None:
    if enrolment is None:
        if st.button(_("Follow this programme"), type="primary", icon=":material/flag:"):
            past.enrol(profile.id, programme.to_dict())
            st.rerun()
        return
    if enrolment.programme == programme.to_dict():
        return
    same = enrolment.programme.get("id") == programme.id
    name = plain(_(str(enrolment.programme.get("name", ""))))
    with st.popover(_("Follow this one"), icon=":material/flag:"):
        if same:
            st.markdown(_("It was changed since you began it. You would start over."))
        else:
            st.markdown(
                _("You follow {name} now. That ends; what you did stays in the history.").format(
                    name=name
                )
            )
        if st.button(_("Yes, follow this one"), key=f"follow-{programme.id}"):
            past.enrol(profile.id, programme.to_dict())
            st.rerun()


# ------------------------------------------------------------------------- one's own ones


def _open(draft: Any) -> None:
    st.session_state["draft"] = draft
    st.rerun()


def _make_own(past: History, profile: Profile, own: dict[str, Programme]) -> None:
    st.header(_("Your own programme"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Build one"), icon=":material/construction:"):
            _open(new_draft())
        st.caption(_("Pick exercises, reps and times, or bring a file you wrote."))
    upload = st.file_uploader(_("A programme as a YAML file"), list(KINDS), max_upload_size=1)
    if upload is not None:
        _take(past, profile, own, upload)
    with st.expander(_("What such a file looks like")):
        st.code(_EXAMPLE, language="yaml")
        st.caption(
            _(
                "Left out: sets are 1, times are as you like, and an exercise in which one leg "
                "works has its reps on each side. `formcheck programme validate FILE` checks it, "
                "too."
            )
        )


def _take(past: History, profile: Profile, own: dict[str, Programme], upload: Any) -> None:
    try:
        programme = read_programme(upload.getvalue(), upload.name)
    except ProgrammeError as error:
        words = _("{name} couldn't be read. Correct this, and upload it again:")
        st.error(words.format(name=plain(upload.name)))
        st.code(str(error), language=None, wrap_lines=True)
        return
    _offer(past, profile, own, programme)


def _offer(
    past: History, profile: Profile, own: dict[str, Programme], programme: Programme
) -> None:
    """A programme that came from somebody: to be saved, or followed at once."""
    name, there = plain(_(programme.name)), {**PROGRAMMES, **own}.get(programme.id)
    if programme.id in PROGRAMMES and there != programme:
        st.error(
            _("`{id}` is one of formcheck's programmes: give yours another id.").format(
                id=programme.id
            )
        )
        return
    known = there == programme
    words = _("You already have {name}.") if known else _("{name} is valid.")
    st.success(words.format(name=name))
    enrolment = past.enrolment(profile.id)
    if enrolment is not None and enrolment.programme == programme.to_dict():
        st.caption(_("You follow it."))
        return
    if enrolment is not None:
        followed = plain(_(str(enrolment.programme.get("name", ""))))
        st.caption(_("You follow {name} now. Following this one ends that.").format(name=followed))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Follow it"), type="primary", icon=":material/flag:", key="follow-sent"):
            past.enrol(profile.id, programme.to_dict())
            _keep(past, programme)
        replace = _("Replace {name} with it")
        words = _("Save") if there is None else replace.format(name=plain(there.name))
        if not known and st.button(words, icon=":material/save:"):
            _keep(past, programme)


def _sent(past: History, profile: Profile, own: dict[str, Programme]) -> bool:
    """Whether the page was opened with a programme in its address; then it is shown."""
    text = st.query_params.get(PARAMETER)
    if text is None:
        return False
    st.title(_("A programme for you"), anchor=False)
    try:
        programme = unpacked(text)
    except ProgrammeError as error:
        st.error(plain(_(str(error))))
    else:
        st.header(plain(_(programme.name)), anchor=False)
        st.markdown(plain(_(programme.summary)))
        _offer(past, profile, own, programme)
        show_programme(programme)
    if st.button(_("All programmes"), icon=":material/list:"):
        del st.query_params[PARAMETER]
        st.rerun()
    return True


def _keep(past: History, programme: Programme) -> None:
    if programme.id not in PROGRAMMES:
        past.save_programme(programme.to_dict())
    st.query_params.pop(PARAMETER, None)
    st.session_state["to show"] = programme.id
    st.session_state.pop("draft", None)
    st.rerun()


def _builder(past: History, own: dict[str, Programme]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("Your own programme"), anchor=False)
        if st.button(_("Back without saving"), icon=":material/undo:"):
            del st.session_state["draft"]
            st.rerun()
    programme = build(st.session_state["draft"], {*PROGRAMMES, *own})
    if programme is not None:
        _keep(past, programme)


def _page(past: History, profile: Profile) -> None:
    own = _own(past)
    if "draft" in st.session_state:
        _builder(past, own)
        return
    if _sent(past, profile, own):
        return
    if "to show" in st.session_state:
        st.session_state["programme"] = st.session_state.pop("to show")
    st.title(_("Programme"), anchor=False)
    enrolment = past.enrolment(profile.id)
    if enrolment is None:
        st.markdown(
            _(
                "Follow a programme, and the coach leads you through its circuit each day, "
                "hands-free. Pick one, read through it, and press **Follow this programme**."
            )
        )
    else:
        _followed(past, enrolment)
        st.header(_("All programmes"), anchor=False)
    _programmes(past, profile, own, enrolment)
    _make_own(past, profile, own)


someone = pick_profile()
if someone is not None:
    try:
        _page(history(), someone)
    except HistoryError as error:
        tell_problem(error)
