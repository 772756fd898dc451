"""Somebody else in the picture, who is not followed."""

from __future__ import annotations

import math
from typing import Final

#: Told again after so much time of sets, seconds, if they are there then.
AGAIN_S: Final = 180.0


class Company:
    """Tells when to speak of somebody else: once, and not again for a while.

    It may go on over several sets, whose times each begin anew.
    """

    def __init__(self) -> None:
        self._last_s = math.inf
        self._quiet_s = 0.0

    def is_news(self, now: float, people: int) -> bool:
        """Take how many people are seen now; whether it is to be told that they are several."""
        self._quiet_s -= max(now - self._last_s, 0.0)
        self._last_s = now
        if people < 2 or self._quiet_s > 0:
            return False
        self._quiet_s = AGAIN_S
        return True
