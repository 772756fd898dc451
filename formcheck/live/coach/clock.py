"""The time of a stream of pictures: it only ever grows."""

from __future__ import annotations

import math

#: The stream stood still for longer than this: what came before is not continued, seconds.
GAP_S = 1.0


class CaptureClock:
    """Makes one ever growing time of capture times.

    now_s: the moment of the last picture on that clock, NaN before the first. shift_s: it
    minus the capture time. gap: whether the stream stood still before the last picture.
    """

    def __init__(self) -> None:
        self.now_s = math.nan
        self.shift_s = 0.0
        self.gap = False

    def take(self, time_s: float) -> bool:
        """Take the capture time of the next picture; False when it is not later than the last."""
        now, last = time_s + self.shift_s, self.now_s
        if now <= last:
            if now > last - GAP_S:
                return False
            # The clock of the camera began anew: how much was missed is unknown.
            now = last + 2 * GAP_S
            self.shift_s = now - time_s
        self.gap = now - last > GAP_S
        self.now_s = now
        return True


__all__ = ["GAP_S", "CaptureClock"]
