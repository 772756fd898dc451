"""The pages in a browser: the coach with a webcam, and the analysis of a recorded video.

The page's script and what its server does besides; `formcheck app` and
`streamlit run app.py` put them together.
"""

from __future__ import annotations

import gc
import importlib
import logging
import threading
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

__all__ = ["MAIN_SCRIPT", "prepare_coach", "routes"]

#: The script that Streamlit runs for every page. It lies among the pages: beside a folder
#: named "pages", Streamlit would take a link to one of them past it.
MAIN_SCRIPT: Final = Path(__file__).resolve().parent / "pages" / "main.py"

# These take seconds to load, and a person some to find the start button. The report
# shows tables, for which Streamlit uses pandas.
_NEEDED_SOON: Final = ("formcheck.web.worker", "pandas")


def routes() -> list[BaseRoute]:
    """What the server serves besides Streamlit's own: live connections, recordings, scripts."""
    # The work on recordings is not for the routes: with it comes what is written in C, which is
    # better loaded before there are threads that do.
    from formcheck.web import (  # noqa: F401
        assets,
        installable,
        jobs,
        live_socket,
        media,
        runtime_route,
    )

    return [
        live_socket.route(),
        *media.media_routes(),
        *assets.asset_routes(),
        *runtime_route.runtime_routes(),
        *installable.installable_routes(),
    ]


@cache
def prepare_coach() -> None:
    """Load what the first picture and the first report need, once and in the background."""
    threading.Thread(target=_load, name="formcheck-load", daemon=True).start()


def _load() -> None:
    from formcheck.capture.estimator import load_mediapipe

    worker, tables = (partial(importlib.import_module, name) for name in _NEEDED_SOON)
    for step in (load_mediapipe, worker, tables):
        try:
            step()
        except Exception:
            # Who needs it will say so in words.
            logging.getLogger(__name__).debug("%s went wrong", step, exc_info=True)
    # Streamlit looks for garbage after every run of a page, in which nobody is coached: what was
    # loaded until now is none.
    gc.collect()
    gc.freeze()
