"""A rep that is as good as over, before the session can be sure of its end.

Where the level a rep comes back to is part of what is judged, the session waits until
the person has come to rest there. A spoken number cannot wait for that.
"""

from __future__ import annotations

from collections import deque

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise

#: Shares of the full excursion: as far as a rep goes at least, with room for smoothing;
#: moving less than this for so long is having come to rest.
FAR, STILL, STILL_S = 0.55, 0.05, 0.2
#: Shares of the rep's own: back at rest; nearly so.
BACK, DOWN = 0.10, 0.30


class EarlyCount:
    """Tells once per rep that it is as good as over; for exercises that end late.

    asked_hold: seconds. A stand on one leg may be resumed after a touch of the floor, so it
    is over early only when as much was held as was asked for.
    """

    def __init__(self, exercise: Exercise, asked_hold: float | None) -> None:
        self._travels = exercise.travels
        self._stand_s = (asked_hold or float("inf")) if exercise.timed else None
        self._late = exercise.travels or any("end" in rule.phases for rule in exercise.faults)
        self._peak = 0.0
        self._told = False
        self._recent: deque[tuple[float, float]] = deque()

    def update(self, now: float, snapshot: ev.Snapshot) -> bool:
        """Take the state of the set; True when the rep under way is now as good as over."""
        if snapshot.phase == "rest":
            self._peak, self._told = 0.0, False
            self._recent.clear()
            return False
        if snapshot.primary_deg is None or self._told:
            return False
        level = snapshot.progress
        self._peak = max(self._peak, level)
        self._recent.append((now, level))
        while self._recent[0][0] < now - STILL_S - 0.05:
            self._recent.popleft()
        self._told = self._peak >= FAR and self._over(now, level, snapshot)
        return self._told

    def _over(self, now: float, level: float, snapshot: ev.Snapshot) -> bool:
        if self._stand_s is not None:
            return snapshot.hold_s >= self._stand_s and level <= DOWN * self._peak
        if not self._late:
            return False
        if level <= BACK * self._peak:
            return True
        # Not quite where it began: it has to have come to rest there.
        if not (self._travels and self._peak - level >= FAR) and level > DOWN * self._peak:
            return False
        levels = [value for time_s, value in self._recent if time_s >= now - STILL_S]
        covered = now - self._recent[0][0] >= 0.8 * STILL_S
        return covered and max(levels) - min(levels) < STILL
