"""A window of our own on the desktop, and whether one can be opened here at all."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Final, Self

from formcheck.engine.pose import ImageArray

__all__ = ["CLOSED", "NoWindowError", "Window"]

#: What a closed window gives as a key: Esc.
CLOSED: Final = "\x1b"
_TITLE: Final = "formcheck"


class NoWindowError(Exception):
    """No window can be opened here; the text says why and what to do instead."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"No window can be opened here: {why}. Use 'formcheck app' and a browser instead."
        )


class Window:
    """A window on the desktop; a context manager. Raises NoWindowError."""

    def __init__(self) -> None:
        _check_display()
        import cv2

        self._cv2 = cv2
        self._shape: tuple[int, ...] = ()
        try:
            flags = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
            cv2.namedWindow(_TITLE, flags)
        except cv2.error as error:
            raise NoWindowError(f"OpenCV says: {error.err or error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(self._cv2.error):
            self._cv2.destroyAllWindows()
            self._cv2.waitKey(1)  # the window goes only while events are looked at

    def show(self, image_rgb: ImageArray) -> None:
        """Show a picture; the window takes its size from the first."""
        if self._shape != image_rgb.shape:
            self._shape = image_rgb.shape
            self._cv2.resizeWindow(_TITLE, image_rgb.shape[1], image_rgb.shape[0])
        self._cv2.imshow(_TITLE, self._cv2.cvtColor(image_rgb, self._cv2.COLOR_RGB2BGR))

    def pressed(self) -> str:
        """The keys pressed since the last time; CLOSED once the window was."""
        keys = ""
        while (key := self._cv2.waitKey(1)) >= 0:
            keys += chr(key & 0xFF)
        if self._shape and self._cv2.getWindowProperty(_TITLE, self._cv2.WND_PROP_VISIBLE) < 1:
            return keys + CLOSED
        return keys


def _check_display() -> None:
    """Raise NoWindowError where opening a window would end the whole program."""
    if not sys.platform.startswith("linux"):
        return
    if not os.environ.get("DISPLAY"):
        raise NoWindowError("the DISPLAY variable is not set")
    # Qt ends the process when it cannot reach the display: let it end another one.
    probe = "import cv2; cv2.namedWindow('probe'); cv2.destroyAllWindows()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode != 0:
        raise NoWindowError(f"the display {os.environ['DISPLAY']} cannot be used")
