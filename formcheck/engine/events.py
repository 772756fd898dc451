"""What a set session says while it runs: events, and a snapshot to draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from formcheck.engine.report import Dropped, Rep, Severity, Side, View

Phase = Literal["rest", "outbound", "hold", "inbound"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at time_s (seconds of the recording)."""

    time_s: float


@dataclass(frozen=True, slots=True)
class RepCompleted(Event):
    """A rep ended; rep holds everything measured in it."""

    rep: Rep


@dataclass(frozen=True, slots=True)
class RepTakenBack(Event):
    """A rep of the first ones, as it was told, went half as far as this person goes: no rep.

    It is a partial from now on, and later reps have a lower index.
    """

    rep: Rep


@dataclass(frozen=True, slots=True)
class PartialCompleted(Event):
    """An attempt ended that went too short a way to count; rep.why says so."""

    rep: Rep


@dataclass(frozen=True, slots=True)
class AttemptDropped(Event):
    """A movement ended, or was broken off, that cannot be counted; dropped says why."""

    dropped: Dropped


@dataclass(frozen=True, slots=True)
class FaultOn(Event):
    """A fault has been on for long enough to speak of it, in the running rep."""

    fault_id: str
    side: Side
    severity: Severity
    cue: str
    landmark: int


@dataclass(frozen=True, slots=True)
class FaultOff(Event):
    """The fault named was corrected."""

    fault_id: str


@dataclass(frozen=True, slots=True)
class HoldStarted(Event):
    """The person holds still near the extreme."""


@dataclass(frozen=True, slots=True)
class HoldPaused(Event):
    """The hold's clean clock stands still because a posture fault is on."""

    fault_id: str
    cue: str


@dataclass(frozen=True, slots=True)
class HoldResumed(Event):
    """The hold's clean clock runs again."""


@dataclass(frozen=True, slots=True)
class HoldEnded(Event):
    """The person left the hold after hold_s seconds."""

    hold_s: float


@dataclass(frozen=True, slots=True)
class PersonLost(Event):
    """Nobody, or not enough of the person, has been seen for longer than a blink."""


@dataclass(frozen=True, slots=True)
class PersonFound(Event):
    """The person is seen again."""


@dataclass(frozen=True, slots=True)
class PersonChanged(Event):
    """Another person took the place of the one that was followed."""


@dataclass(frozen=True, slots=True)
class ViewChanged(Event):
    """Posture or camera view is now another one."""

    view: View


@dataclass(frozen=True, slots=True)
class Callout:
    """A fault to draw at a joint right now."""

    fault_id: str
    severity: Severity
    cue: str
    landmark: int
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the set at one moment: all that a display needs.

    primary_deg: the exercise's primary signal (degrees), None when not seen.
    primary_landmarks: the joint chain whose angle is being judged, to draw it
        (three BlazePose indices, the angle is at the middle one).
    progress: how far out the movement is, 0 = rest .. 1 = target.
    hold_s, hold_clean_s: of the running hold, 0 outside of one. phase_word, angle_name: what
        phase and angle are called.
    """

    time_s: float
    phase: Phase
    reps: int
    partials: int
    primary_deg: float | None
    primary_landmarks: tuple[int, int, int]
    progress: float
    hold_s: float
    hold_clean_s: float
    hold_paused: bool
    callouts: tuple[Callout, ...]
    view: View
    person_seen: bool
    phase_word: str = ""
    angle_name: str = ""

    @property
    def working_side(self) -> Side:
        """The side of the joints that are judged: odd BlazePose indices are on the left."""
        return "left" if self.primary_landmarks[1] % 2 else "right"
