"""A window of our own on the desktop, where one can be opened."""

from __future__ import annotations

import cv2

from formcheck.cli.common import BAD_INPUT, Failure
from formcheck.cli.diagnosis import window_problem
from formcheck.engine.pose import ImageArray
from formcheck.language import _


class Window:
    """A window on the desktop; close() at the end. Refuses where none can be opened."""

    TITLE = "formcheck"

    def __init__(self) -> None:
        if problem := window_problem():
            hint = _("Use 'formcheck app' and a browser instead.")
            words = _("No window can be opened here: {problem}. {hint}")
            raise Failure(words.format(problem=problem, hint=hint), BAD_INPUT)
        self._shown = False
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(self.TITLE, flags)

    def show(self, image_rgb: ImageArray) -> None:
        """Show a picture; the window takes its size from the first."""
        if not self._shown:
            self._shown = True
            cv2.resizeWindow(self.TITLE, image_rgb.shape[1], image_rgb.shape[0])
        cv2.imshow(self.TITLE, cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))

    def pressed(self) -> str:
        """The keys pressed since the last time, in lower case; "q" once the window is closed."""
        keys = ""
        while (key := cv2.waitKey(1)) >= 0:
            keys += chr(key & 0xFF).lower()
        gone = cv2.getWindowProperty(self.TITLE, cv2.WND_PROP_VISIBLE) < 1
        return keys.replace("\x1b", "q") + "q" * (self._shown and gone)

    def close(self) -> None:
        """Take it away."""
        cv2.destroyAllWindows()
        cv2.waitKey(1)  # the window goes only while events are looked at
