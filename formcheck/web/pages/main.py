"""The pages and what they have in common; Streamlit runs this for every click."""

import streamlit as st

from formcheck.language import _
from formcheck.web.assets import FRONTEND, text
from formcheck.web.login import let_in
from formcheck.web.reader import speak_to_reader

speak_to_reader()

st.set_page_config(
    # A file of our own, and before the pages have theirs: those would come from another server.
    page_icon=str(FRONTEND / "mark.svg"),
    layout="wide",
    initial_sidebar_state="collapsed",
)
page = st.navigation(
    [
        st.Page("coach.py", title=_("Coach"), icon=":material/sprint:", default=True),
        st.Page("programme.py", title=_("Programme"), icon=":material/calendar_check:"),
        st.Page("history.py", title=_("History"), icon=":material/monitoring:"),
        st.Page("video.py", title=_("Recorded video"), icon=":material/movie:"),
        st.Page("privacy.py", title=_("Privacy"), icon=":material/lock:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} - formcheck")
st.html(f"<style>{text('page.css')}</style>")
if let_in():
    page.run()
