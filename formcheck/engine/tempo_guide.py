"""The tempo guide: where a bar that shows the asked tempo should be now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription, Primary
from formcheck.language import N_

GuidePhase = Literal["ready", "up", "hold", "down"]
_LABELS: dict[GuidePhase, str] = {
    "ready": N_("Ready"),
    "up": N_("Up"),
    "hold": N_("Hold"),
    "down": N_("Down"),
}

#: A hold that does not get clean is over after so many times what was asked for.
PATIENCE = 1.5


def left_s(asked: float, snapshot: ev.Snapshot) -> float:
    """Seconds of an asked hold that are left, by the clean clock; 0 when it has been enough."""
    if snapshot.hold_s >= PATIENCE * asked:
        return 0.0
    return max(asked - snapshot.hold_clean_s, 0.0)


@dataclass(frozen=True, slots=True)
class GuideState:
    """The guide at one moment.

    position: 0 = rest .. 1 = target. left_s: of this phase, seconds; 0 where it takes
    as long as it takes. up is the lifting phase, whichever way it goes.
    """

    phase: GuidePhase
    position: float
    left_s: float
    label: str


class TempoGuide:
    """Leads through the asked tempo from the moment the person begins a rep.

    primary: what is counted, and which way the weight is lifted. The way out and back take the
    time asked for, or go along with the person where none is asked; the hold lasts until
    as much was held as is asked for, by the same clock as the voice's.
    """

    def __init__(self, prescription: Prescription, primary: Primary) -> None:
        p = prescription
        self._asked = any((p.concentric_s, p.hold_s, p.eccentric_s))
        ways: tuple[GuidePhase, GuidePhase] = ("up", "down")
        self._out, self._back = primary.swapped(ways)
        self._hold_s = p.hold_s or 0.0
        self._out_s, self._back_s = primary.swapped((p.concentric_s or 0.0, p.eccentric_s or 0.0))
        self._phase: GuidePhase = "ready"
        self._since_s = math.nan
        self._over = False

    def update(self, now_s: float, session: ev.Snapshot) -> GuideState | None:
        """Where the bar is at now_s; None where no tempo is asked.

        session: of the set, with what was held in this rep as its clean hold.
        """
        if not self._asked:
            return None
        if session.phase == "rest":
            self._phase, self._over = "ready", False
            return self._state(0.0, 0.0)
        if self._over:
            return self._state(0.0, 0.0)
        if self._phase == "ready":
            # The rep is noticed when it is under way: the bar starts where the person is.
            self._phase = self._out
            self._since_s = now_s - min(session.progress, 1.0) * self._out_s
        if self._phase == self._out:
            return self._go_out(now_s, session)
        if self._phase == "hold":
            return self._hold(now_s, session)
        return self._come_back(now_s, session)

    def _go_out(self, now_s: float, session: ev.Snapshot) -> GuideState:
        left = self._out_s - (now_s - self._since_s)
        if self._out_s and left > 0:
            return self._state(1 - left / self._out_s, left)
        if self._out_s or session.phase != "outbound":
            self._phase = "hold"
            return self._hold(now_s, session)
        return self._state(min(session.progress, 1.0), 0.0)

    def _hold(self, now_s: float, session: ev.Snapshot) -> GuideState:
        left = left_s(self._hold_s, session)
        if left > 0 and session.phase != "inbound":
            return self._state(1.0, left)
        self._phase, self._since_s = self._back, now_s
        return self._come_back(now_s, session)

    def _come_back(self, now_s: float, session: ev.Snapshot) -> GuideState:
        if not self._back_s:
            return self._state(min(session.progress, 1.0), 0.0)
        left = self._back_s - (now_s - self._since_s)
        if left > 0:
            return self._state(left / self._back_s, left)
        self._phase, self._over = "ready", True
        return self._state(0.0, 0.0)

    def _state(self, position: float, left: float) -> GuideState:
        return GuideState(self._phase, position, left, _LABELS[self._phase])
