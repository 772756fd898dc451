"""When to ask the browser for its next picture.

Asked too early, the picture waits while the one before is looked at and is old when its
turn comes; asked too late, the landmarker idles. So the request goes out as long before
the landmarker will be free as the browser needs to answer one. There are never more than
two pictures on the way: the one being looked at and the one that was asked for.

A browser that looks at its pictures itself is to be kept busy instead: two requests are out
always, so that the next one is there when it has answered one. Where so many people are coached
that poses wait for their turn, each is asked a little more seldom, so that the answers stay quick.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import Final

_REMEMBERED: Final = 15
# Timers of the event loop are a millisecond or so late, and so are threads.
_MARGIN_S: Final = 0.002
# A browser that shows another tab answers when it is looked at again.
_LONGEST_ANSWER_S: Final = 0.25
_ASKED_AHEAD: Final = 2


# Where this share of the poses waits for longer than this (seconds), they are too many; so quickly
# they become fewer and more.
_LONG_WAIT_S: Final = 0.010
_OFTEN: Final = 0.2
_REMEMBERS: Final = 50.0
_SLOWER, _FASTER = 1.05, 0.99
_LEAST_BREATH_S: Final = 0.005
#: More seldom than this nobody is to be looked at: no more people are taken then.
SLOWEST_S: Final = 1 / 15
_NEARLY: Final = 0.9
#: A page that is being made for somebody keeps all others waiting for a second.
_LATELY: Final = 1000.0
_STALE_S: Final = 5.0


class Breath:
    """How long everybody waits between two poses, by how long those that came had to wait."""

    def __init__(self) -> None:
        #: Least time between two requests of one person, seconds; 0 = as fast as they can.
        self.seconds = 0.0
        self._late = self._lately = 0.0
        self._last_s = -math.inf

    def waited(self, wait_s: float, now_s: float) -> None:
        """What came had to wait for so long; told fifty times a second."""
        self._lately += (self.seconds - self._lately) / _LATELY
        self._late += ((wait_s > _LONG_WAIT_S) - self._late) / _REMEMBERS
        if now_s - self._last_s < self.seconds / 4:
            return
        self._last_s = now_s
        if self._late > _OFTEN:
            self.seconds = min(max(self.seconds, _LEAST_BREATH_S) * _SLOWER, SLOWEST_S)
        else:
            self.seconds *= _FASTER
            if self.seconds < _LEAST_BREATH_S:
                self.seconds = 0.0

    def is_short(self, now_s: float) -> bool:
        """Whether more people than now can hardly be followed well."""
        # What was measured when somebody was last here is no measure.
        return self._lately > _NEARLY * SLOWEST_S and now_s - self._last_s < _STALE_S


class Pacer:
    """Told what happens and when (seconds of any steady clock), it says when to ask."""

    def __init__(self, breath: Breath) -> None:
        self._breath = breath
        self._last_s = -math.inf
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
        self._last_s = now_s

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
            if len(self._asked_s) + self._unanswered >= _ASKED_AHEAD:
                return None
            return max(now_s, self._last_s + self._breath.seconds)
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
