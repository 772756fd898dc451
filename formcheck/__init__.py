"""formcheck measures exercise form from pose landmarks in video.

``analyze`` turns a video (or a landmark recording) into a report;
``SetSession`` does the same for a stream of poses, live; ``EXERCISES`` is the
catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formcheck.engine.exercises import EXERCISES
    from formcheck.engine.session import SetSession
    from formcheck.recordings.analysis import analyze

__version__ = "0.2.0"
__all__ = ["EXERCISES", "SetSession", "__version__", "analyze"]

_HOMES = {
    "EXERCISES": "formcheck.engine.exercises",
    "SetSession": "formcheck.engine.session",
    "analyze": "formcheck.recordings.analysis",
}


def __getattr__(name: str) -> Any:
    # Imported when first asked for: the pose network's libraries take a second.
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'formcheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
