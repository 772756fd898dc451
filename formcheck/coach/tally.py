"""How many reps of the target are done, on either side."""

from __future__ import annotations

from formcheck.report import Side

_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


class Tally:
    """Counts the reps of a set against its target.

    target: reps asked for, of each side where each_side; None = open end.
    each_side: both legs are to work, one after the other, for as many reps.
    side: whose turn it is: that of the last rep, or the other one's when it is done.
    """

    def __init__(self, target: int | None, *, each_side: bool) -> None:
        self.target = target
        self.each_side = each_side
        self.side: Side | None = None
        self._last: Side | None = None
        self._reps: dict[Side, int] = {"left": 0, "right": 0, "both": 0}

    def add(self, side: Side) -> int:
        """Count a rep; returns its number: on its side where each side is counted."""
        self._reps[side] += 1
        self.side = self._last = side
        if self.each_side and self._has(side) and not self.done:
            self.side = _OTHER[side]
        return self.number(side)

    def number(self, side: Side) -> int:
        """How many were counted up to now: on this side where each side is counted."""
        return self._reps[side] if self.each_side else self.total

    @property
    def total(self) -> int:
        """All reps."""
        return sum(self._reps.values())

    @property
    def sides(self) -> dict[str, int]:
        """Reps of either side."""
        return {"left": self._reps["left"], "right": self._reps["right"]}

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

    def _has(self, side: Side) -> bool:
        return self.target is not None and self._reps[side] >= self.target


__all__ = ["Tally"]
