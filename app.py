"""The pages, for `streamlit run app.py`; `formcheck app` does the same when installed."""

import streamlit as st

from formcheck.web import MAIN_SCRIPT, routes

app = st.App(MAIN_SCRIPT, routes=routes())
