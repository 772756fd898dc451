"""The part of the coach that runs in the browser, as a Streamlit component."""

from __future__ import annotations

from formcheck.web.assets import component

COACH = component("coach")
