"""Where something of ours is on the server."""

from __future__ import annotations

import streamlit as st


def server_path(path: str) -> str:
    """The path below server.baseUrlPath, where one is set: "coach/socket" -> "/coach/socket"."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"
