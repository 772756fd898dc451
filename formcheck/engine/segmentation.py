"""Repetitions out of one signal: hysteresis that adapts to the person, causally.

The signal is turned so that outbound grows. An attempt begins when it leaves
the recent floor by a fifth of the full excursion and ends when it has come
back near its own rest level, wherever that is for this person, or turns back
before it has got there. How far it went decides afterwards whether it was a rep
or a partial. Nothing that moved by a fifth is forgotten: what the recording or a
gap cut off comes out as well, and says so.
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
#: back it must have come to be called back.
EDGE_SHARE = 0.10
RETURN_SHARE = 0.40
SETTLED_SHARE = 0.30
#: Back by so much of the full excursion and out again by as much is the next attempt,
#: wherever that is; less is a stop or a dip within one.
TURN_SHARE = 0.30

#: Not seen for so long is a gap, seconds.
LEAST_GAP_S = 0.3
#: How long the track may be lost within an attempt, seconds: whoever was out and is back, or on
#: the way, has turned in between. How far out, is not known after more than MAX_BLIND_S.
MAX_GAP_S, MAX_BLIND_S = 2.0, 1.0
#: Nobody gets back from the turn and out again faster, seconds: it is the track that jumps.
LEAST_RETURN_S = 0.25
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
    outbound grows), peak the extreme. begun: its way out was seen from the rest on,
    else rest is the level after it. ended: it was seen to come back. gap_s: the longest
    time within it for which nothing was seen.
    """

    begin_s: float
    close_s: float
    rest: float
    peak: float
    begun: bool = True
    ended: bool = True
    gap_s: float = 0.0


State = Literal["rest", "away"]


class RepSegmenter:
    """Feed (time_s, level) with level growing outbound; take out attempts.

    full: the full excursion in the level's unit.
    new_rest: the level it comes back to need not be the one it left, as of feet that
        stand wider or closer after a step: half of the full excursion back from the
        peak is a return, and it ends at the turn or when it settles, not on the way.
    linger_s: having come back for less than this does not end an attempt.
    """

    def __init__(self, full: float, *, new_rest: bool = False, linger_s: float = 0.0) -> None:
        self.full = full
        self._new_rest = new_rest
        self._linger_s = linger_s
        self._recent: deque[tuple[float, float]] = deque()
        self._forget(entered=True)

    def _forget(self, *, entered: bool) -> None:
        self.state: State = "rest"
        self.rest = self.peak = self.begin_s = math.nan
        self._recent.clear()
        self._last_s = self._last = math.nan
        self._entered = entered
        self._entry_s = self._first = math.nan
        self._begun = True
        self._turned: tuple[float, float] | None = None
        self._gap_s = 0.0
        self._found = (math.inf, math.nan, math.nan)

    @property
    def since_s(self) -> float:
        """When what is going on now, or may be, began; NaN at rest."""
        return self._entry_s if self.state == "rest" and self._entered else self.begin_s

    def reset(self, *, entered: bool = False) -> Attempt | None:
        """Forget the floor (the person changed, or got up); gives back what was going on.

        entered: what is under way now may be a movement, not getting into position.
        """
        cut = self.finish()
        self._forget(entered=entered)
        return cut

    def finish(self) -> Attempt | None:
        """What is going on when there are no more samples, if it is a fifth of the way."""
        if self.state == "rest" or self.peak - self.rest < PARTIAL_SHARE * self.full:
            return None
        return self._attempt(self._last_s, ended=False)

    def push(self, time_s: float, level: float) -> Attempt | None:
        """Take the next sample (NaN = not seen); an Attempt when one has ended."""
        if math.isnan(level):
            return self._lost() if time_s - self._last_s > MAX_GAP_S else None
        gap_s = time_s - self._last_s
        lost = None
        if gap_s > MAX_GAP_S:
            lost = self._lost()
            gap_s = 0.0
        turn = self._turn_within(gap_s, level)
        self._last_s, self._last = time_s, level
        self._remember(time_s, level)
        if self.state == "rest":
            self._watch_for_outbound(time_s, level)
            ended = lost
        else:
            if gap_s > MAX_BLIND_S:
                self._gap_s = max(self._gap_s, gap_s)
            ended = self._follow(time_s, level)
        if self.state == "away" and gap_s > 0:
            self._gap_s = max(self._gap_s, gap_s)
            self.peak = max(self.peak, min(turn, self.rest + self.full))
            if gap_s >= LEAST_GAP_S:
                self._found = (time_s, level, gap_s)
        return ended

    def _lost(self) -> Attempt | None:
        cut = self.finish()
        self._forget(entered=True)
        return cut

    def _turn_within(self, gap_s: float, level: float) -> float:
        """How far out somebody got who was lost going out and found about there.

        At the speed of the loss, slowing down until half of the gap is over.
        """
        past = [(t, v) for t, v in self._recent if t >= self._last_s - 0.2]
        if not gap_s >= LEAST_GAP_S or len(past) < 2:
            return level
        speed = (past[-1][1] - past[0][1]) / (past[-1][0] - past[0][0])
        return min(self._last, level) + speed * gap_s / math.pi

    def _remember(self, time_s: float, level: float) -> None:
        self._recent.append((time_s, level))
        while self._recent[0][0] < time_s - FLOOR_WINDOW_S:
            self._recent.popleft()

    def _watch_for_outbound(self, time_s: float, level: float) -> None:
        if self._entered and math.isnan(self._entry_s):
            self._entry_s, self._first = time_s, level
        levels = [v for _, v in self._recent]
        if level - min(levels) >= PARTIAL_SHARE * self.full:
            begin_s, rest = self._rest_before()
            if self._entered and self._moving_at_entry(begin_s):
                self._start(time_s, self._entry_s, self._first, level, begun=False)
            elif level - rest >= PARTIAL_SHARE * self.full:
                self._start(time_s, begin_s, rest, level)
            elif self._turned is not None:
                # Out again, with a stop on the way: it began where it turned all the same.
                self._start(time_s, *self._turned, level)
        elif self._entered and max(levels) - level >= PARTIAL_SHARE * self.full:
            # Who is first seen on the way back was out before that.
            self._start(time_s, self._entry_s, level, max(levels), begun=False)

    def _start(
        self, time_s: float, begin_s: float, rest: float, peak: float, *, begun: bool = True
    ) -> None:
        self.state, self._entered, self._begun, self._turned = "away", False, begun, None
        self.begin_s, self.rest, self.peak = begin_s, rest, peak
        self._returned = False
        self._trough, self._trough_s = peak, time_s
        self._back_since_s = math.nan
        self._far_s = time_s
        self._gap_s = 0.0
        self._found = (math.inf, math.nan, math.nan)

    def _moving_at_entry(self, begin_s: float) -> bool:
        """Whether the way out that goes on now had begun when the person was first seen."""
        early = [v for t, v in self._recent if t <= self._entry_s + _CALM_S / 2]
        at_once = begin_s <= self._entry_s + _CALM_S / 4
        return at_once and early[-1] - early[0] > _CALM_PER_S * self.full * _CALM_S

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
        if self._linger_s:
            self.peak = max(self.peak, level)
            return self._linger(time_s, level)
        self._look_back(time_s, level)
        if self._out_again(time_s, level):
            # Before the rest was reached: the turn is the end, and the next beginning.
            self._turned = (self._trough_s, self._trough)
            return self._close(self._trough_s)
        turn = TURN_SHARE * self.full
        if level >= self.peak:
            self.peak = level
            self._returned = False
            self._trough, self._trough_s = level, time_s
        elif level < self._trough:
            self._trough, self._trough_s = level, time_s
        if not self._begun:
            # Where it will come to rest is not known yet.
            self.rest = min(self.rest, level)
        if level >= self.peak - turn / 2:
            self._far_s = time_s
        if time_s - self._far_s < LEAST_RETURN_S:
            return None
        return self._close(time_s) if self._back(time_s, level) else None

    def _look_back(self, time_s: float, level: float) -> None:
        """As _turn_within, from the speed at which somebody who was lost comes back."""
        found_s, found, gap_s = self._found
        if time_s - found_s < _CALM_S / 2:
            return
        turn = found + (found - level) / (time_s - found_s) * gap_s / math.pi
        self.peak = max(self.peak, min(turn, self.rest + self.full))
        self._found = (math.inf, math.nan, math.nan)

    def _out_again(self, time_s: float, level: float) -> bool:
        """Whether a movement on its way back has turned, and not for a stop or a dip."""
        turn = TURN_SHARE * self.full
        if level - self._trough <= max(turn, 0.2 * (self.peak - self.rest)):
            return False
        far = self._returned or self.peak - self._trough > turn
        return far and time_s - self._far_s >= LEAST_RETURN_S

    def _back(self, time_s: float, level: float) -> bool:
        """Whether it has come back to its rest, or settled near it."""
        excursion = self.peak - self.rest
        share = (level - self.rest) / excursion
        if share <= EDGE_SHARE and not self._new_rest and self._begun:
            return True
        far_back = self._new_rest and self.peak - level >= REP_SHARE * self.full
        self._returned |= share <= RETURN_SHARE or far_back
        near = share <= SETTLED_SHARE or (self._new_rest and self._returned)
        return near and self._settled(time_s, excursion)

    def _linger(self, time_s: float, level: float) -> Attempt | None:
        if level - self.rest > SETTLED_SHARE * self.full:
            self._back_since_s = math.nan
        elif math.isnan(self._back_since_s):
            self._back_since_s = time_s
        elif time_s - self._back_since_s >= self._linger_s:
            return self._close(time_s)
        return None

    def _settled(self, time_s: float, excursion: float) -> bool:
        window = [v for t, v in self._recent if t >= time_s - _SETTLE_S]
        if self._recent[0][0] > time_s - _SETTLE_S or len(window) < 2:
            return False
        return max(window) - min(window) < _SETTLE_SPEED * _SETTLE_S * excursion

    def _close(self, close_s: float) -> Attempt:
        attempt = self._attempt(close_s)
        self.state = "rest"
        while self._recent and self._recent[0][0] < close_s:
            self._recent.popleft()
        return attempt

    def _attempt(self, close_s: float, *, ended: bool = True) -> Attempt:
        # Whose way out was seen nearly from the rest on has been seen from there.
        way = self.peak - self.rest
        begun = self._begun or self._first - self.rest <= RETURN_SHARE * way
        return Attempt(
            self.begin_s, close_s, self.rest, self.peak, begun=begun, ended=ended, gap_s=self._gap_s
        )


def kind_of(excursion: float, full: float) -> Literal["rep", "partial", "nothing"]:
    """What an attempt of this excursion counts as, against the full excursion."""
    if excursion >= REP_SHARE * full:
        return "rep"
    return "partial" if excursion >= PARTIAL_SHARE * full else "nothing"
