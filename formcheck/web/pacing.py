"""When to ask the browser for its next picture.

Asked too early, the picture waits while the one before is looked at and is old when its
turn comes; asked too late, the landmarker idles. So the request goes out as long before
the landmarker will be free as the browser needs to answer one. There are never more than
two pictures on the way: the one being looked at and the one that was asked for.

A browser that looks at its pictures itself is to be kept busy instead: two requests are out
always, so that the next one is there when it has answered one.
"""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

_REMEMBERED: Final = 15
# Timers of the event loop are a millisecond or so late, and so are threads.
_MARGIN_S: Final = 0.002
# A browser that shows another tab answers when it is looked at again.
_LONGEST_ANSWER_S: Final = 0.25
_ASKED_AHEAD: Final = 2


class Pacer:
    """Told what happens and when (seconds of any steady clock), it says when to ask."""

    def __init__(self) -> None:
        self._asked_s: deque[float] = deque()
        # Whether the browser looks at its pictures itself, and what is to be answered then.
        self._elsewhere = False
        self._unanswered = 0
        self._answer_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._began_s: float | None = None
        self._busy_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._waiting = False

    def asked(self, now_s: float) -> None:
        """The browser has been asked for a picture."""
        self._asked_s.append(now_s)

    def arrived(self, now_s: float, *, looked_at: bool = False) -> None:
        """A picture has come, asked for or not; it waits for the landmarker.

        looked_at: the pose in it has come instead.
        """
        self._elsewhere = looked_at
        if self._asked_s:
            self._answer_s.append(min(now_s - self._asked_s.popleft(), _LONGEST_ANSWER_S))
        self._waiting = not looked_at
        self._unanswered += looked_at

    def answered(self) -> None:
        """A pose that was found elsewhere has its answer."""
        self._unanswered -= 1

    def began(self, now_s: float) -> None:
        """The waiting picture is being looked at."""
        self._waiting = False
        self._began_s = now_s

    def ended(self, now_s: float) -> None:
        """The landmarker is free again."""
        if self._began_s is not None:
            self._busy_s.append(now_s - self._began_s)
            self._began_s = None

    def due_s(self, now_s: float) -> float | None:
        """When to ask for the next picture, now or later; None = not before something happens."""
        if self._elsewhere:
            return now_s if len(self._asked_s) + self._unanswered < _ASKED_AHEAD else None
        if self._asked_s or self._waiting:
            return None
        if self._began_s is None:
            return now_s
        busy_s = statistics.median(self._busy_s) if self._busy_s else 0.0
        return max(now_s, self._began_s + busy_s - self._usual_answer_s() - _MARGIN_S)

    def _usual_answer_s(self) -> float:
        """Three of four answers come within this time."""
        if len(self._answer_s) < 2:
            return self._answer_s[0] if self._answer_s else 0.0
        return statistics.quantiles(self._answer_s, n=4)[2]
