"""The part of the coach that runs in the browser, as a Streamlit component."""

from __future__ import annotations

import streamlit as st

from formcheck.web.assets import FRONTEND, loader

# Here and not in the page's script, which is run again and again.
COACH = st.components.v2.component(
    "formcheck_coach",
    html=(FRONTEND / "coach" / "coach.html").read_text(encoding="utf-8"),
    css=(FRONTEND / "coach" / "coach.css").read_text(encoding="utf-8"),
    js=loader("coach/coach.js"),
)
