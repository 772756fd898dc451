"""The pages, for `streamlit run app.py`; `formcheck app` does the same when installed."""

import streamlit as st

from formcheck.web import MAIN_SCRIPT, routes
from formcheck.web.policy import middleware

app = st.App(MAIN_SCRIPT, routes=routes(), middleware=middleware())
