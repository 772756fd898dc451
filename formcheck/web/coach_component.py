"""The part of the coach that runs in the browser, as a Streamlit component."""

from __future__ import annotations

from importlib.resources import files

import streamlit as st

__all__ = ["COACH"]

_FRONTEND = files("formcheck.web") / "frontend" / "coach"

# One script in the browser: each part uses those before it.
_SCRIPTS = (
    "settings.js",
    "camera.js",
    "link.js",
    "voice.js",
    "labels.js",
    "figure.js",
    "drawing.js",
    "circuit.js",
    "coach.js",
)


def _read(name: str) -> str:
    return (_FRONTEND / name).read_text(encoding="utf-8")


# Here and not in the page's script, which is run again and again.
COACH = st.components.v2.component(
    "formcheck_coach",
    html=_read("coach.html"),
    css=_read("coach.css"),
    js="\n".join(map(_read, _SCRIPTS)),
)
