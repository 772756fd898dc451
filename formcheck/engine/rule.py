"""One fault: what shows it, how much is too much, and how its limits are read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np

from formcheck.engine import events as ev
from formcheck.engine.camera import Camera, judged_azimuths, least_error
from formcheck.engine.pose import FloatArray
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import SIDE_NAMES, Severity, Side
from formcheck.engine.signals import LEFT, RIGHT, SIGNALS
from formcheck.language import N_

Phase = Literal["outbound", "top", "inbound", "end"]
MOVING: Final[tuple[Phase, ...]] = ("outbound", "top", "inbound")
#: What a fault is about, in the order in which a person should hear of it.
Importance = Literal["balance", "knee_pelvis", "posture", "range"]
#: A rule speaks where the standard error is at most this share of the distance between its
#: limits.
LEGIBLE_SHARE: Final = 0.5
#: How much of its standard error is taken off what is measured with one. What the limits
#: were set with, in the best view, is in them: elsewhere it is what comes on top.
UNCERTAINTY_SHARE: Final = 0.5
_JOINTS: Final = {
    N_("nose"): (L.NOSE, L.NOSE),
    N_("shoulder"): (L.LEFT_SHOULDER, L.RIGHT_SHOULDER),
    "hip": (L.LEFT_HIP, L.RIGHT_HIP),
    "knee": (L.LEFT_KNEE, L.RIGHT_KNEE),
    N_("ankle"): (L.LEFT_ANKLE, L.RIGHT_ANKLE),
    N_("heel"): (L.LEFT_HEEL, L.RIGHT_HEEL),
}

#: One moment, or all samples (n,) of an attempt: rules read both alike.
Measured = TypeVar("Measured", float, FloatArray)


def columns(signal: str) -> tuple[str, ...]:
    """Names under which a signal's values are kept: one, or one per side."""
    sided = SIGNALS[signal].sided
    return tuple(f"{signal}.{side}" for side in SIDE_NAMES) if sided else (signal,)


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One fault: what shows it, when, from where, and how much is too much.

    Those that several exercises share are in rules.py.

    signal: name in the signal table; per "side" rules look at both sides,
        "working" at the working side, "middle" at signals without a side.
    phases: parts of the rep that are looked at; "end" = back again, or as far back
        as the person came.
    mild, marked: limits in the signal's unit. marked > mild: too much is the
        fault; marked < mild: too little is.
    importance: what it is about: losing balance, knees and pelvis, the rest of the
        posture, or how far the movement goes.
    relative: the person's own rest level is subtracted first.
    two_sided: either direction is the fault; the size is judged.
    directions: what + and - of a two-sided one are called, where that is told; other_cue is
        the cue for -.
    statistic: "sustained" = 80th percentile of the phase, and beyond the limit
        for 0.3 s or 30% of the phase; "extreme" = the value at the turn;
        "reached" = the best value of the phase, for what has to be got to once;
        "fall" = the drop of the signal from its own maximum, last over phase.
    window: (signal, low, high): only moments in which that signal is inside.
    remedy: what to do where the camera does not show it.
    elevation_min_deg: camera elevation below which not seeing the fault does not
        clear the rep.
    breaks_hold: while it is on, the clean hold clock stands still.
    unseen: why no camera shows the fault well enough to be judged: a measured reason.
    cleared_by: signal that has to be within the limits, too, before a rep is cleared.
    only_clear: why only a clear fault shows, so that not seeing it does not clear the rep.
    uncertainty: signal with the standard error of this one: only what is beyond half
        of it counts, it is reported with the fault, and where it is large nothing is
        cleared.
    unknown: what to say when the signal is missing, or too uncertain, for want of
        something other than a landmark.

    Raises ValueError for a signal that does not exist, or is sided as `per` says it is not,
    and for limits that are equal.

    >>> from formcheck.engine.rules import SHALLOW_DEPTH
    >>> [SHALLOW_DEPTH.severity(thigh_deg) for thigh_deg in (10.0, 30.0, 40.0)]
    [None, 'mild', 'marked']
    >>> from dataclasses import replace
    >>> replace(SHALLOW_DEPTH, signal="knee_flexion")
    Traceback (most recent call last):
    ...
    ValueError: fault 'shallow_depth': signal 'knee_flexion' has sides
    """

    id: str
    title: str
    signal: str
    mild: float
    marked: float
    landmark: str
    cue: str = ""
    remedy: str = ""
    source: str = ""
    importance: Importance = "posture"
    per: Literal["side", "working", "middle"] = "middle"
    phases: tuple[Phase, ...] = MOVING
    relative: bool = False
    two_sided: bool = False
    directions: tuple[str, str] = ("", "")
    other_cue: str = ""
    statistic: Literal["sustained", "extreme", "reached", "fall"] = "sustained"
    window: tuple[str, float, float] | None = None
    breaks_hold: bool = False
    elevation_min_deg: float | None = None
    unseen: str = ""
    cleared_by: str = ""
    only_clear: str = ""
    uncertainty: str = ""
    unknown: str = ""

    def __post_init__(self) -> None:
        where = f"fault {self.id!r}"
        for name in self.signals:
            if name not in SIGNALS:
                raise ValueError(f"{where}: there is no signal {name!r}")
        if self.mild == self.marked:
            raise ValueError(f"{where}: mild and marked must differ")
        sided = SIGNALS[self.signal].sided
        if sided != (self.per != "middle"):
            has = "has sides" if sided else "has no sides"
            raise ValueError(f"{where}: signal {self.signal!r} {has}")

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals it reads, the one that is judged first."""
        window = self.window[0] if self.window else ""
        names = (self.signal, window, self.uncertainty, self.cleared_by)
        return tuple(name for name in names if name)

    @property
    def unit(self) -> str:
        """Unit of its limits and values."""
        return SIGNALS[self.signal].unit

    @property
    def worse(self) -> float:
        """+1 when more is worse, -1 when less is."""
        return 1.0 if self.marked > self.mild else -1.0

    @property
    def azimuths(self) -> tuple[tuple[int, int], ...]:
        """The ranges of camera azimuth, 0 to 180 degrees, from which it is judged."""
        error = SIGNALS[self.signal].error
        if self.unseen or error is None:
            return ()
        return judged_azimuths(error, LEGIBLE_SHARE * abs(self.marked - self.mild))

    @property
    def judged_words(self) -> str:
        """The same for a table: 25-155."""
        return ", ".join(f"{low}-{high}" for low, high in self.azimuths)

    @property
    def best_azimuth(self) -> float:
        """Where the camera shows it best, degrees."""
        error = SIGNALS[self.signal].error
        return math.nan if error is None else least_error(error)[1]

    def error(self, camera: Camera) -> float:
        """Standard error of what it judges as this camera shows it; NaN = not known."""
        signal = SIGNALS[self.signal]
        if signal.error is None or self.unseen:
            return math.nan
        return math.hypot(signal.error(camera), signal.lite if camera.lite else 0.0)

    def judged_from(self, camera: Camera) -> bool:
        """Whether the camera shows enough of it to be judged."""
        return self.error(camera) <= LEGIBLE_SHARE * abs(self.marked - self.mild)

    def margin(self, camera: Camera) -> float:
        """How far beyond its limit a value has to be, for what this camera adds to the error."""
        error = SIGNALS[self.signal].error
        if error is None or self.statistic == "fall":
            return 0.0
        more = self.error(camera) ** 2 - least_error(error)[0] ** 2
        return UNCERTAINTY_SHARE * math.sqrt(max(more, 0.0))

    def severity(self, value: float) -> Severity | None:
        """Severity of a value, None when it is within the limits."""
        if value * self.worse > self.marked * self.worse:
            return "marked"
        return "mild" if value * self.worse > self.mild * self.worse else None

    def told_by(self, signed: float) -> tuple[str, str]:
        """What a value before its size was taken is called, and the cue for it."""
        other = signed < 0
        return self.directions[other], (self.other_cue if other else "") or self.cue

    def joint(self, side: int) -> int:
        """BlazePose index of the joint it points at; side: 0 left, 1 right."""
        return int(_JOINTS[self.landmark][side])

    def readings(self, working: int | None = None) -> tuple[Reading, ...]:
        """What is looked at: either side, the working one (None = not known: both), or none."""
        names = columns(self.signal)
        if self.per == "middle":
            return (Reading(self, names[0], None),)
        both = self.per == "side" or working is None
        sides = (LEFT, RIGHT) if both else (working,)
        return tuple(Reading(self, names[s], s) for s in sides if s is not None)

    def on_in(self, phase: ev.Phase) -> bool:
        """Whether it can be on in this phase of an attempt that still runs."""
        now = "top" if phase == "hold" else phase
        if self.statistic != "sustained":
            return now == "top" and "top" in self.phases
        # Where the top begins is known only afterwards: the way out may be it.
        return now in self.phases or (now == "outbound" and "top" in self.phases)


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule on one of the measured columns; side: 0 left, 1 right, None = no sides."""

    rule: FaultRule
    column: str
    side: int | None

    def value(
        self, values: Mapping[str, Measured], rest: Mapping[str, float], margin: float = 0.0
    ) -> Measured:
        """What the limits are for: from the person's own rest, as sized, less uncertainty.

        values: column -> one moment's value or samples (n,), NaN = not seen.
        rest: column -> the person's value at rest. margin: FaultRule.margin of the camera.
        """
        value = self.signed(values, rest)
        if self.rule.two_sided:
            value = abs(value)
        if self.rule.uncertainty:
            value = value - UNCERTAINTY_SHARE * values[self.rule.uncertainty]
        return value - margin * self.rule.worse

    def signed(self, values: Mapping[str, Measured], rest: Mapping[str, float]) -> Measured:
        """The same before its size is taken: + and - are the two directions."""
        value = values[self.column]
        return value - rest.get(self.column, math.nan) if self.rule.relative else value

    def inside(self, values: Mapping[str, Measured]) -> bool | np.ndarray:
        """Whether the moment, or each of the samples, is one that the rule looks at."""
        if self.rule.window is None:
            return True
        signal, low, high = self.rule.window
        return (values[signal] >= low) & (values[signal] <= high)

    @property
    def side_name(self) -> Side:
        """The side as reports name it."""
        return "both" if self.side is None else SIDE_NAMES[self.side]


class Fall:
    """How far a signal has come down from its own highest value so far."""

    def __init__(self) -> None:
        self.highest = math.nan

    def of(self, values: FloatArray) -> FloatArray:
        """The falls at the next samples (n,); NaN = not seen."""
        so_far = np.fmax.accumulate(np.append(self.highest, values))
        self.highest = float(so_far[-1])
        return np.asarray(so_far[1:] - values)
