"""The pages in a browser: the coach with a webcam, and the analysis of a recorded video.

The page's script and what its server does besides; `formcheck app` and
`streamlit run app.py` put them together.
"""

from __future__ import annotations

import importlib
import logging
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

__all__ = ["MAIN_SCRIPT", "routes"]

#: The script that Streamlit runs for every page. It lies among the pages: beside a folder
#: named "pages", Streamlit would take a link to one of them past it.
MAIN_SCRIPT: Final = Path(__file__).resolve().parent / "pages" / "main.py"

# These take seconds to load, and so do opening a browser and finding the start button. The
# report shows tables, for which Streamlit uses pandas.
_NEEDED_SOON: Final = (
    "formcheck.web.worker",
    "mediapipe",
    "mediapipe.tasks.python.vision",
    "pandas",
)


def routes() -> list[BaseRoute]:
    """What the server serves besides Streamlit's own: live connections, recordings, scripts.

    What the first picture and the first report need is loaded in the background from here on.
    """
    from formcheck.web import javascript, live_socket, media

    _prepare()
    return [live_socket.route(), *media.media_routes(), *javascript.javascript_routes()]


@cache
def _prepare() -> None:
    threading.Thread(target=_load, name="formcheck-load", daemon=True).start()


def _load() -> None:
    for name in _NEEDED_SOON:
        try:
            importlib.import_module(name)
        except Exception:
            # Who needs it will say so in words.
            logging.getLogger(__name__).debug("%s cannot be loaded", name, exc_info=True)
