"""The coach: today's circuit, or an exercise of one's choice; the camera, and what came of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.units import in_units
from formcheck.history import Enrolment, HistoryError, Profile
from formcheck.history.settings import MODEL_CHOICES, Settings, load_settings, save_settings
from formcheck.language import LANGUAGES, N_, _, language, ngettext, words_of
from formcheck.reporting.rendering import render
from formcheck.training.programmes.plan import camera_moves, fewest_moves
from formcheck.web import prepare_coach
from formcheck.web.components import COACH
from formcheck.web.live_socket import socket_path
from formcheck.web.login import person
from formcheck.web.profile_picker import history, pick_profile, tell_problem
from formcheck.web.runtime_route import runtime_path
from formcheck.web.set_summary import show_circuit, show_sets
from formcheck.web.showing import shown
from formcheck.web.tab_session import TAB_SESSIONS, Setup, TabSession, browser_of
from formcheck.web.todays_circuit import TodaysCircuit, is_current, plan_today

_MODEL_NAMES = {
    "auto": N_("Automatic"),
    "lite": N_("Lite, for a slow computer"),
    "full": N_("Full"),
    "heavy": N_("Heavy, for a fast computer"),
}
_UNIT_NAMES = {"metric": N_("Metres"), "imperial": N_("Feet")}
_CIRCUIT, _ONE = N_("Today's circuit"), N_("One exercise")
# So long the page waits for what a connection that has just ended still has to keep.
_QUIET_S = 2.0


def _tab() -> TabSession:
    """The tab of this tab; it lasts as long as the tab's session."""
    tab: TabSession = st.session_state.setdefault("tab", TabSession())
    return tab


def _settings() -> Settings:
    settings = load_settings()
    st.session_state.setdefault("model", settings.model)
    st.session_state.setdefault("units", settings.units)
    st.session_state.setdefault("language", settings.language)
    with st.sidebar:
        st.header(_("Settings"))
        st.selectbox(
            _("Pose model"),
            list(MODEL_CHOICES),
            format_func=lambda m: _(_MODEL_NAMES[m]),
            key="model",
        )
        st.radio(
            _("Distances in"),
            list(_UNIT_NAMES),
            format_func=lambda u: _(_UNIT_NAMES[u]),
            horizontal=True,
            key="units",
        )
        st.selectbox(
            _("Language"),
            ["", *LANGUAGES],
            format_func=lambda code: LANGUAGES.get(code) or _("The browser's language"),
            key="language",
        )
        st.caption(_("Voice and camera are set below the picture."))
    names = ("model", "units", "language")
    wanted = {name: st.session_state[name] for name in names}
    if wanted != {name: getattr(settings, name) for name in names}:
        before, settings = settings, save_settings(**wanted)
        if before.language != settings.language:
            st.rerun()
    return settings


# ------------------------------------------------------------------ one exercise


def _exercise(tab: TabSession) -> Exercise:
    st.session_state.setdefault("exercise", tab.setup.exercise)
    picked = st.selectbox(
        _("Exercise"),
        list(EXERCISES),
        format_func=lambda name: _(EXERCISES[name].name),
        key="exercise",
        width=320,
    )
    return EXERCISES[picked]


def _asked(exercise: Exercise) -> tuple[Prescription, bool]:
    """What is asked for. Every exercise keeps its own numbers, also while it is not shown."""
    usual = exercise.prescription

    def number(label: str, value: float | None, most: int, meaning: str) -> int:
        return st.number_input(
            _(label),
            0,
            most,
            int(value or 0),
            key=f"{label} of {exercise.id}",
            help=_(meaning),
            persist_state="session",
        )

    reps = number(N_("Reps"), usual.reps, 100, N_("0: as many as you like."))
    # In the order in which they are done: a squat begins with going down.
    times = {
        N_("Up, s"): (usual.concentric_s, N_("Seconds up. 0: as you like.")),
        N_("Down, s"): (usual.eccentric_s, N_("Seconds down. 0: as you like.")),
    }
    first, last = exercise.primary.swapped(("Up, s", "Down, s"))
    asked = {first: number(first, times[first][0], 30, times[first][1])}
    hold = number(N_("Hold, s"), usual.hold_s, 600, N_("Seconds at the far end. 0: no hold."))
    asked[last] = number(last, times[last][0], 30, times[last][1])
    up, down = asked["Up, s"], asked["Down, s"]
    key = f"Both sides of {exercise.id}"
    both = not exercise.unilateral or st.toggle(
        _("Both sides"), True, key=key, persist_state="session"
    )
    letters = usual.letters if hold else None
    prescription = Prescription(reps or None, up or None, hold or None, down or None, letters)
    return prescription, both


def _one_exercise(tab: TabSession) -> dict[str, Any]:
    """Ask for one exercise; what the component shows of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="one-exercise"):
        exercise = _exercise(tab)
        with st.popover(_("Reps and tempo"), icon=":material/tune:"):
            prescription, both_sides = _asked(exercise)
    # Who cannot be looked up now is the one of before: what is done waits for them.
    whose = profile.id if profile else settings.profile
    tab.configure(
        Setup(
            exercise.id,
            prescription,
            both_sides,
            settings.model,
            whose,
            language=language(),
            whose=person(),
        )
    )
    return {
        "exercise": {
            "id": exercise.id,
            "name": _(exercise.name),
            "setup": in_units(_(exercise.setup), settings.units),
            "posture": exercise.posture,
        },
        "shown": {exercise.id: shown(exercise.id, settings.units)},
        "circuit": None,
    }


# -------------------------------------------------------------- today's circuit


def _followed() -> Enrolment | None:
    """The programme that is followed. One whose circuit is on stays until that is over."""
    if profile is None:
        return None
    try:
        return history().enrolment(profile.id)
    except HistoryError as error:
        tell_problem(error)
        return None


def _todays(tab: TabSession, enrolment: Enrolment) -> TodaysCircuit | None:
    """The round to do now. One that is on stays what it is."""
    kept: TodaysCircuit | None = st.session_state.get("round")
    anew = st.session_state.pop("anew", False)
    another = st.session_state.pop("another", False)
    if kept is not None and kept.enrolment.id != enrolment.id:
        kept = None
    begun = kept is not None and tab.circuit.id == kept.circuit_id and tab.circuit.begun
    if tab.live and kept is not None and begun and not (tab.circuit.over and another):
        return kept
    if begun or anew or another or not is_current(kept, enrolment, date.today()):
        tab.until_quiet(0 if tab.live else _QUIET_S)
        try:
            kept = plan_today(history(), enrolment, date.today(), anew=anew)
        except HistoryError as error:
            tell_problem(error)
            return None
        st.session_state["round"] = kept
    return kept


def _circuit(tab: TabSession, now: TodaysCircuit, profile: Profile) -> dict[str, Any]:
    """Ask for today's circuit; what the component shows of it."""
    try:
        known = history().circuit(now.circuit_id)
        sets = history().sets(profile.id, circuit_id=now.circuit_id) if known else ()
    except HistoryError as error:
        tell_problem(error)
        known, sets = None, ()
    now = _ordered(tab, now)
    items = now.items(sets, known.skipped if known else ())
    tab.configure(
        Setup(
            model=settings.model,
            profile_id=profile.id,
            plan=now.plan,
            title=now.programme.name,
            pain=now.pain,
            circuit_id=now.circuit_id,
            enrolment=now.enrolment,
            language=language(),
            whose=person(),
        )
    )
    first = next((one["exercise"] for one in items if one["state"] == "todo"), now.plan[0].exercise)
    return {
        "exercise": {"id": first, "name": _(EXERCISES[first].name), "setup": "", "posture": ""},
        "shown": {one.exercise: shown(one.exercise, settings.units) for one in now.plan},
        "circuit": {
            "title": _(now.programme.name),
            "round": now.words,
            "start": _("Continue today's circuit") if now.resumed else _("Start today's circuit"),
            "items": items,
        },
    }


def _ordered(tab: TabSession, now: TodaysCircuit) -> TodaysCircuit:
    """The round, in the order in which the camera moves least for who wants that."""
    before, fewest = camera_moves(now.plan), fewest_moves(now.plan)
    less = camera_moves(fewest)
    if less == before:
        return now
    words = ngettext(
        "Change the order: {n} camera move instead of {before}",
        "Change the order: {n} camera moves instead of {before}",
        less,
    ).format(n=less, before=before)
    wanted = st.toggle(words, key="fewest", disabled=tab.live, persist_state="session")
    return replace(now, plan=fewest) if wanted else now


def _say_go_on(now: TodaysCircuit) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("You started this round earlier. Pick up where you left off."))
        st.button(
            _("Start over"), type="tertiary", on_click=lambda: st.session_state.update(anew=True)
        )


def _choice(enrolment: Enrolment | None) -> str:
    if enrolment is None:
        return _ONE
    st.session_state.setdefault("what", _CIRCUIT)
    return str(
        st.segmented_control(
            _("What to do"),
            (_CIRCUIT, _ONE),
            format_func=_,
            key="what",
            required=True,
            label_visibility="collapsed",
        )
    )


def _is_new(whose: Profile | None) -> bool:
    """Whether nothing was done yet by the person of this tab."""
    if st.session_state.get("trained") or whose is None:
        return False
    try:
        st.session_state["trained"] = bool(history().days(whose.id))
    except HistoryError:
        return False
    return not st.session_state["trained"]


profile = pick_profile()
tab = _tab()
settings = _settings()
if profile is not None:
    tab.history = history()
    if not settings.profile:
        settings = save_settings(profile=profile.id)
enrolment = _followed()
todays: TodaysCircuit | None = None
# On a phone this is out of the way while a set is done.
with st.container(key="before-coach"):
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if _is_new(profile):
            st.html(render("first.html"))
        else:
            st.html(f"<h1 class='fc-title'>{_('Coach')}</h1>", width="content")
        if profile is not None and _choice(enrolment) == _CIRCUIT and enrolment is not None:
            todays = _todays(tab, enrolment)
    if profile is not None and todays is not None:
        if todays.resumed and not tab.live:
            _say_go_on(todays)
        about = _circuit(tab, todays, profile)
    else:
        about = _one_exercise(tab)
asked = tab.setup.prescription
data: dict[str, Any] = about | {
    "token": TAB_SESSIONS.token(tab, browser_of(st.context.cookies)),
    "path": socket_path(),
    "runtime": runtime_path(),
    "language": language(),
    "words": words_of("web/frontend"),
    "prescription": {
        "reps": asked.reps,
        "concentric_s": asked.concentric_s,
        "hold_s": asked.hold_s,
        "eccentric_s": asked.eccentric_s,
    },
    "model": settings.model,
}
COACH(
    # In another language it is another component.
    key="coach" if language() == "en" else f"coach-{language()}",
    # In a list, Streamlit does not look for tables in it, for which it would load pandas.
    data=[data],
    # These only have the script run again: it finds the new report, makes a new token, or
    # sees what is left of a circuit.
    on_finished_change=lambda: None,
    on_retoken_change=lambda: None,
    on_stopped_change=lambda: None,
    on_another_change=lambda: st.session_state.update(another=True),
)
if enrolment is None and not tab.finished:
    with st.container(key="after-coach"):
        st.page_link(
            "programme.py", label=_("Follow a programme"), icon=":material/calendar_check:"
        )
if tab.circuit.over and profile is not None and tab.history is not None:
    show_circuit(tab.history, profile.id, tab.circuit.id, settings.units)
else:
    show_sets(tab, settings.units)
prepare_coach()
