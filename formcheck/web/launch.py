"""Serves the pages: `formcheck app`."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import tomllib
import webbrowser
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.web import bootstrap

from formcheck.language.told import FormcheckError
from formcheck.web import MAIN_SCRIPT, routes
from formcheck.web.policy import middleware
from formcheck.web.server_path import server_path

_FIRST_PORT: Final = 8501
_PORTS_TRIED: Final = 20
_WAIT_FOR_SERVER_S: Final = 20.0


class PortTakenError(FormcheckError):
    """Nothing can be served there; the text says why and what to do."""


def serve(*, host: str = "localhost", port: int | None = None, browser: bool = True) -> None:
    """Serve the pages until Ctrl-C.

    port: None = 8501 or the next free one. browser: open the page in one.
    Raises PortTakenError.
    """
    port = _free_port(host, port)
    options = {
        **_configuration(),
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "logger.hideWelcomeMessage": True,
    }
    # Before the routes are made: where they are depends on it.
    bootstrap.load_config_options(options)
    app = st.App(MAIN_SCRIPT, routes=routes(), middleware=middleware())
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}{server_path('')}"
    print(f"formcheck is at {url} (Ctrl-C ends it)", flush=True)
    if browser:
        threading.Thread(target=_open_browser, args=(shown, port, url), daemon=True).start()
    app.run(config=options)


def _configuration() -> dict[str, Any]:
    """Streamlit's options from config.toml: beside the package in a checkout, else inside it."""
    package = Path(__file__).resolve().parents[1]
    for file in (package / "web" / "config.toml", package.parent / ".streamlit" / "config.toml"):
        with contextlib.suppress(FileNotFoundError):
            return _flat(tomllib.loads(file.read_text(encoding="utf-8")))
    return {"browser.gatherUsageStats": False, "server.fileWatcherType": "none"}


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{name}.")
        else:
            out[prefix + name] = value
    return out


def _free_port(host: str, port: int | None) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as Streamlit will
    try:
        socket.getaddrinfo(host, None, family)
    except OSError:
        raise PortTakenError(f"There is no address {host!r} on this computer.") from None
    tried = range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED) if port is None else [port]
    reason = ""
    for candidate in tried:
        try:
            with socket.create_server((host, candidate), family=family):
                return candidate
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
    if port is None:
        raise PortTakenError(f"None of the ports {tried[0]} to {tried[-1]} is free ({reason}).")
    raise PortTakenError(
        f"Port {port} on {host} cannot be used ({reason}); choose another one with --port."
    )


def _open_browser(host: str, port: int, url: str) -> None:
    """Open the page once the server answers."""
    until_s = time.monotonic() + _WAIT_FOR_SERVER_S
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            # Without a browser the address is on the terminal.
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(url)
            return
        time.sleep(0.2)
