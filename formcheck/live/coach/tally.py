"""How many reps of the target are done, on either side."""

from __future__ import annotations

from collections.abc import Mapping

from formcheck.engine.report import Side

_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


class Tally:
    """Counts the reps of a set against its target.

    target: reps asked for, of each side where each_side; None = open end.
    each_side: both legs are to work, one after the other, for as many reps.
    done: reps that were done before, by side.
    side: whose turn it is: that of the last rep, or the other one's when it is done.
    added: reps that were counted here, without those before; seen: with those left out.
    """

    def __init__(
        self, target: int | None, *, each_side: bool, done: Mapping[Side, int] | None = None
    ) -> None:
        self.target = target
        self.each_side = each_side
        self.side: Side | None = None
        self.added = self.seen = 0
        self._reps: dict[Side, int] = {"left": 0, "right": 0, "both": 0, **(done or {})}
        if each_side:
            self.side = self._going_on()
        self._last = self.side

    def add(self, side: Side) -> int:
        """Count a rep; returns its number: on its side where each side is counted."""
        self._reps[side] += 1
        self.added += 1
        self.seen += 1
        self.side = self._last = side
        if self.each_side and self._has(side) and not self.done:
            self.side = _OTHER[side]
        return self.number(side)

    def take_back(self, side: Side) -> None:
        """A rep that was counted here was none."""
        self._reps[side] -= 1
        self.added -= 1
        self.seen -= 1

    def leave_out(self, side: Side) -> None:
        """Take a rep that does not count."""
        self.seen += 1
        self.side = self._last = side

    def number(self, side: Side) -> int:
        """How many were counted up to now: on this side where each side is counted."""
        return self._reps[side] if self.each_side else self.total

    @property
    def total(self) -> int:
        """All reps."""
        return sum(self._reps.values())

    @property
    def sides(self) -> dict[str, int]:
        """Reps of either side; where one side is asked for, of that which works."""
        worked = {"left": self._reps["left"], "right": self._reps["right"]}
        if self.each_side:
            return worked
        return {side: reps for side, reps in worked.items() if reps}

    @property
    def done(self) -> bool:
        """Whether all that was asked for is done."""
        if self.each_side:
            return self._has("left") and self._has("right")
        return self.target is not None and self.total >= self.target

    @property
    def to_switch(self) -> bool:
        """Whether the side of the last rep is done and it is the other one's turn."""
        return self.side != self._last

    def left_to_do(self, side: Side) -> int | None:
        """Reps still to do (on this side); None without a target."""
        return None if self.target is None else max(self.target - self.number(side), 0)

    @property
    def one_side_left(self) -> bool:
        """Whether one side has done its reps and the other one has not."""
        return self.each_side and self._has("left") != self._has("right")

    def _going_on(self) -> Side | None:
        """Whose turn it is at the beginning: that of a side which was begun, or is left."""
        left, right = self._reps["left"], self._reps["right"]
        if left == right or self.done:
            return None
        ahead: Side = "left" if left > right else "right"
        return _OTHER[ahead] if self._has(ahead) else ahead

    def _has(self, side: Side) -> bool:
        return self.target is not None and self._reps[side] >= self.target
