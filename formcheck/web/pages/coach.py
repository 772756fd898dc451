"""The coach: pick an exercise, set up the camera, do a set, read the report."""

from typing import Any

import streamlit as st

from formcheck.drawing.camera_picture import camera_svg
from formcheck.drawing.demonstration import demonstration
from formcheck.exercise import Exercise, Prescription
from formcheck.exercises import EXERCISES
from formcheck.settings import MODEL_CHOICES, Settings, load_settings, save_settings
from formcheck.units import in_units
from formcheck.web import prepare_coach
from formcheck.web.coach_component import COACH
from formcheck.web.live_socket import socket_path
from formcheck.web.report_view import show_report
from formcheck.web.rooms import ROOMS, Room, Setup, browser_of

_MODEL_NAMES = {
    "auto": "Picked by measured speed",
    "lite": "Lite, for a slow computer",
    "full": "Full",
    "heavy": "Heavy, for a fast computer",
}
_UNIT_NAMES = {"metric": "Metres", "imperial": "Feet"}


def _room() -> Room:
    """The room of this tab; it lasts as long as the tab's session."""
    if "room" not in st.session_state:
        st.session_state["room"] = Room()
    room: Room = st.session_state["room"]
    return room


def _settings() -> Settings:
    settings = load_settings()
    st.session_state.setdefault("model", settings.model)
    st.session_state.setdefault("units", settings.units)
    with st.sidebar:
        st.subheader("Settings")
        st.selectbox(
            "Pose model", list(MODEL_CHOICES), format_func=lambda m: _MODEL_NAMES[m], key="model"
        )
        st.radio(
            "Distances in",
            list(_UNIT_NAMES),
            format_func=lambda u: _UNIT_NAMES[u],
            horizontal=True,
            key="units",
        )
        st.caption("Voice and camera are set below the picture.")
    chosen = {name: st.session_state[name] for name in ("model", "units")}
    if chosen != {"model": settings.model, "units": settings.units}:
        settings = save_settings(**chosen)
    return settings


def _exercise(room: Room) -> Exercise:
    st.session_state.setdefault("exercise", room.setup.exercise)
    picked = st.selectbox(
        "Exercise", list(EXERCISES), format_func=lambda name: EXERCISES[name].name, key="exercise"
    )
    return EXERCISES[picked]


def _asked(exercise: Exercise) -> tuple[Prescription, bool]:
    """What is asked for. Every exercise keeps its own numbers, also while it is not shown."""
    usual = exercise.prescription
    kept = st.session_state.setdefault("asked", {})

    def number(label: str, value: float | None, most: int, meaning: str) -> int:
        key = f"{label} of {exercise.id}"
        st.session_state.setdefault(key, kept.get(key, int(value or 0)))
        kept[key] = st.number_input(label, 0, most, key=key, help=meaning)
        return int(kept[key])

    reps = number("Reps", usual.reps, 100, "0: as many as you like.")
    up = number("Lift, s", usual.concentric_s, 30, "Seconds up. 0: as you like.")
    hold = number("Hold, s", usual.hold_s, 600, "Seconds at the far end. 0: none asked.")
    down = number("Lower, s", usual.eccentric_s, 30, "Seconds back. 0: as you like.")
    key = f"Both sides of {exercise.id}"
    if exercise.unilateral:
        st.session_state.setdefault(key, kept.get(key, True))
        kept[key] = st.toggle("Both sides", key=key)
    prescription = Prescription(reps or None, up or None, hold or None, down or None)
    return prescription, kept.get(key, True)


def _show_finished(room: Room) -> None:
    finished = room.finished
    if not finished:
        return
    shown = finished[-1]
    if len(finished) > 1:
        shown = st.selectbox(
            "Set",
            finished[::-1],
            format_func=lambda s: f"{s.when:%H:%M}, {EXERCISES[s.report.exercise].name}",
            # A new one when there is a new set: it then shows that one.
            key=f"set of {len(finished)}",
        )
    show_report(
        shown.report,
        shown.pictures,
        f"set-{shown.id}",
        prescription=shown.prescription,
        trace=shown.trace,
        when=shown.when,
        units=settings.units,
    )


room = _room()
settings = _settings()
with st.container(horizontal=True, vertical_alignment="bottom"):
    exercise = _exercise(room)
    prescription, both_sides = _asked(exercise)
room.configure(Setup(exercise.id, prescription, both_sides, settings.model))
data: dict[str, Any] = {
    "token": ROOMS.token(room, browser_of(st.context.cookies)),
    "path": socket_path(),
    "exercise": {
        "id": exercise.id,
        "name": exercise.name,
        "setup": in_units(exercise.setup, settings.units),
        "posture": exercise.posture,
    },
    "demo": demonstration(exercise.id),
    "camera_svg": camera_svg(exercise, settings.units),
    "prescription": {
        "reps": prescription.reps,
        "concentric_s": prescription.concentric_s,
        "hold_s": prescription.hold_s,
        "eccentric_s": prescription.eccentric_s,
    },
    "model": settings.model,
}
COACH(
    key="coach",
    # In a list, Streamlit does not look for tables in it, for which it would load pandas.
    data=[data],
    # Each only has the script run again: it finds the new report, or makes a new token.
    on_finished_change=lambda: None,
    on_retoken_change=lambda: None,
)
_show_finished(room)
prepare_coach()
