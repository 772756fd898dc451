"""The language of whoever reads the page."""

from __future__ import annotations

import streamlit as st

from formcheck.history.settings import load_settings
from formcheck.language import chosen, use


def speak_to_reader() -> None:
    """Speak what is chosen in the settings, else the language of the browser.

    At the beginning of a run: each has a thread of its own, also that of a fragment alone.
    """
    use(load_settings().language or chosen([st.context.locale or ""]))
