"""The time of a stream of pictures: it only ever grows.

Whoever brings pictures to a coach makes its time here; the coach itself takes it as it is.
"""

from __future__ import annotations

import math

#: The stream stood still for longer than this: what came before is not continued, seconds.
GAP_S = 1.0


class CaptureClock:
    """Makes one ever growing time of capture times, seconds; the first picture's is 0."""

    def __init__(self) -> None:
        self._now_s = -math.inf
        self._origin_s = math.nan

    def take(self, capture_s: float) -> float | None:
        """The time of the next picture; None when it is not later than the last."""
        if math.isnan(self._origin_s):
            self._origin_s = capture_s
        now = capture_s - self._origin_s
        if now <= self._now_s:
            if now > self._now_s - GAP_S:
                return None
            # The clock of the camera began anew: how much was missed is unknown.
            now = self._now_s + 2 * GAP_S
            self._origin_s = capture_s - now
        self._now_s = now
        return now

    def capture_s(self, time_s: float) -> float:
        """A moment on the clock of the camera, as that runs now."""
        return time_s + self._origin_s
