"""Repetitions out of one signal: hysteresis that adapts to the person, causally.

The signal is turned so that outbound grows. An attempt begins when it leaves
the recent floor by a fifth of the full excursion and ends when it has come
back near its own rest level, wherever that is for this person. How far it went
decides afterwards whether it was a rep, a partial, or nothing.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

#: Shares of the full excursion (the report's contract).
REP_SHARE = 0.5
PARTIAL_SHARE = 0.2

#: Shares of the attempt's own excursion: where its ends are timed, and how far
#: back it must have come before a new outbound movement starts another one.
EDGE_SHARE = 0.10
RETURN_SHARE = 0.40
SETTLED_SHARE = 0.30

#: How long the track may be lost within an attempt, seconds.
MAX_GAP_S = 1.0
#: How far back the floor is looked for, seconds.
FLOOR_WINDOW_S = 3.0
_SETTLE_S = 0.5
#: A movement begins where the level changed by less than this (shares of the full
#: excursion per second, over this time).
_CALM_PER_S, _CALM_S = 0.075, 0.4
_SETTLE_SPEED = 0.12


@dataclass(frozen=True, slots=True)
class Attempt:
    """An outbound-and-back movement between two moments, seconds.

    begin_s..close_s reaches from within the rest before to where the return
    was recognised; rest is the signal's level before it (turned so that
    outbound grows), peak the extreme.
    """

    begin_s: float
    close_s: float
    rest: float
    peak: float


State = Literal["rest", "away"]


class RepSegmenter:
    """Feed (time_s, level) with level growing outbound; take out attempts.

    full: the full excursion in the level's unit, given the rest level.
    max_attempt_s: an attempt that lasts longer is not one (the person sat
        down, or the camera moved): it is dropped and the floor found anew.
    new_rest: the level it comes back to need not be the one it left, as of feet that
        stand wider or closer after a step: half of the full excursion back from the
        peak is a return, and it ends at the turn or when it settles, not on the way.
    linger_s: having come back for less than this does not end an attempt.
    """

    def __init__(
        self, full: float, max_attempt_s: float, *, new_rest: bool = False, linger_s: float = 0.0
    ) -> None:
        self.full = full
        self.max_attempt_s = max_attempt_s
        self._new_rest = new_rest
        self._linger_s = linger_s
        self._back_since_s = math.nan
        self.state: State = "rest"
        self.rest = math.nan
        self.peak = math.nan
        self.begin_s = math.nan
        self._recent: deque[tuple[float, float]] = deque()
        self._last_s = math.nan
        self._trough = math.nan
        self._trough_s = math.nan
        self._returned = False

    def reset(self) -> None:
        """Forget the running attempt and the floor (the person changed, or got up)."""
        self.state = "rest"
        self.rest = self.peak = self.begin_s = math.nan
        self._recent.clear()
        self._last_s = math.nan

    def push(self, time_s: float, level: float) -> Attempt | None:
        """Take the next sample (NaN = not seen); an Attempt when one has ended."""
        if math.isnan(level):
            if time_s - self._last_s > MAX_GAP_S:
                self.reset()
            return None
        if time_s - self._last_s > MAX_GAP_S:
            self.reset()
        self._last_s = time_s
        self._remember(time_s, level)
        if self.state == "rest":
            self._watch_for_outbound(time_s, level)
            return None
        return self._follow(time_s, level)

    def _remember(self, time_s: float, level: float) -> None:
        self._recent.append((time_s, level))
        while self._recent[0][0] < time_s - FLOOR_WINDOW_S:
            self._recent.popleft()

    def _watch_for_outbound(self, time_s: float, level: float) -> None:
        floor = min(v for _, v in self._recent)
        if level - floor < PARTIAL_SHARE * self.full:
            return
        begin_s, rest = self._rest_before()
        if level - rest < PARTIAL_SHARE * self.full:
            return
        self.begin_s, self.rest = begin_s, rest
        self.peak = level
        self.state = "away"
        self._returned = False
        self._back_since_s = math.nan

    def _rest_before(self) -> tuple[float, float]:
        """When the movement under way began, and the level it began from.

        Back from now downhill to where the level hardly changed: an older and
        lower floor (someone settling in) is not this movement's rest. The
        level is the median of the second before.
        """
        past = list(self._recent)
        at = len(past) - 1
        while at > 0 and past[at][1] > past[at - 1][1] - 0.01 * self.full:
            slow = _CALM_PER_S * self.full * _CALM_S
            before = next((v for t, v in reversed(past[:at]) if t <= past[at][0] - _CALM_S), None)
            if before is not None and past[at][1] - before < slow:
                break
            at -= 1
        begin_s, level = past[at]
        near = level + 0.05 * self.full
        calm = sorted(v for t, v in past[: at + 1] if t >= begin_s - 1.0 and v <= near)
        return begin_s, calm[len(calm) // 2]

    def _follow(self, time_s: float, level: float) -> Attempt | None:
        self.peak = max(self.peak, level)
        excursion = self.peak - self.rest
        share = (level - self.rest) / excursion
        if self._linger_s:
            return self._linger(time_s, level)
        if share <= EDGE_SHARE and not self._new_rest:
            return self._close(time_s)
        far_back = self._new_rest and self.peak - level >= REP_SHARE * self.full
        if (share <= RETURN_SHARE or far_back) and not self._returned:
            self._returned = True
            self._trough, self._trough_s = level, time_s
        if self._returned:
            if level < self._trough:
                self._trough, self._trough_s = level, time_s
            if level - self._trough > max(PARTIAL_SHARE * self.full, 0.2 * excursion):
                # Out again before the rest was reached: the turn is the end.
                return self._close(self._trough_s)
            near = share <= SETTLED_SHARE or self._new_rest
            if near and self._settled(time_s, excursion):
                return self._close(time_s)
        if time_s - self.begin_s > self.max_attempt_s:
            self.reset()
        return None

    def _linger(self, time_s: float, level: float) -> Attempt | None:
        if level - self.rest > SETTLED_SHARE * self.full:
            self._back_since_s = math.nan
        elif math.isnan(self._back_since_s):
            self._back_since_s = time_s
        elif time_s - self._back_since_s >= self._linger_s:
            return self._close(time_s)
        if time_s - self.begin_s > self.max_attempt_s:
            self.reset()
        return None

    def _settled(self, time_s: float, excursion: float) -> bool:
        window = [v for t, v in self._recent if t >= time_s - _SETTLE_S]
        if self._recent[0][0] > time_s - _SETTLE_S or len(window) < 2:
            return False
        return max(window) - min(window) < _SETTLE_SPEED * _SETTLE_S * excursion

    def _close(self, close_s: float) -> Attempt:
        attempt = Attempt(self.begin_s, close_s, self.rest, self.peak)
        self.state = "rest"
        while self._recent and self._recent[0][0] < close_s:
            self._recent.popleft()
        return attempt


def kind_of(excursion: float, full: float) -> Literal["rep", "partial", "nothing"]:
    """What an attempt of this excursion counts as, against the full excursion."""
    if excursion >= REP_SHARE * full:
        return "rep"
    return "partial" if excursion >= PARTIAL_SHARE * full else "nothing"
