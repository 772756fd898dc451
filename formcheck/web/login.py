"""Logging in with Streamlit's own OpenID Connect, where its secrets.toml names a provider.

Each person who logs in has a history and settings of their own. Without a provider there is
nothing to log in to, and one history on the computer.
"""

from __future__ import annotations

import os
from functools import partial
from hashlib import sha256

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from formcheck.history import whose
from formcheck.history.database import URL_ENV
from formcheck.language import _


def person() -> str:
    """Who is logged in to the page whose script this thread runs, as whose.named() takes it."""
    if get_script_run_ctx(suppress_warning=True) is None or not st.user.get("is_logged_in"):
        return ""
    # Names and addresses change hands; these two never do.
    return sha256(f"{st.user['iss']}\n{st.user['sub']}".encode()).hexdigest()[:32]


whose.ask(person)


def let_in() -> bool:
    """Whether the page may be shown; otherwise it says how to log in."""
    if "is_logged_in" not in st.user:
        return True
    if os.environ.get(URL_ENV):
        st.error(
            _(
                "With a login everybody has a history of their own, each in a file: unset "
                "{variable} and start the server again."
            ).format(variable=URL_ENV)
        )
        return False
    if st.user.is_logged_in:
        with st.sidebar:
            st.caption(str(st.user.get("email") or st.user.get("name") or ""))
            st.button(_("Log out"), icon=":material/logout:", on_click=st.logout)
        return True
    st.title("formcheck", anchor=False)
    settings = st.secrets["auth"]
    named = [one for one in settings if hasattr(settings[one], "keys")]
    for provider in named if "client_id" not in settings else [None, *named]:
        words = _("Log in with {name}").format(name=provider) if provider else _("Log in")
        st.button(words, icon=":material/login:", on_click=partial(st.login, provider))
    return False
