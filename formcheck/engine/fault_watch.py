"""What is said while a rep still runs: faults that last, and the hold clock.

The verdicts of the report are made when the rep has ended (faults.py); these
are their early form, for a voice and a picture that cannot wait.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from formcheck.engine import events as ev
from formcheck.engine.camera import Camera
from formcheck.engine.exercise import Exercise
from formcheck.engine.faults import SUSTAINED_S
from formcheck.engine.report import Severity
from formcheck.engine.rule import Fall, FaultRule, Reading
from formcheck.engine.smoothing import LAG_S

#: Near the turn and hardly moving for this long is a hold; shares of the excursion.
STILL_S = 0.3
STILL_SHARE = 0.05
#: However far the movement goes, nobody holds still who moves by more than this, degrees.
STILL_DEG = 1.5
#: A hold that runs goes on while it moves by this much more: bodies sway.
STILL_MOVE = 2.0
NEAR_SHARE = 0.12
#: Further from the turn than this is the way back.
LEFT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules are applied to at one moment of an attempt.

    values, baseline: one per signal column (NaN = not seen; the person's rest).
    side: index of the working side.
    """

    time_s: float
    phase: ev.Phase
    values: Mapping[str, float]
    baseline: Mapping[str, float]
    camera: Camera
    side: int


@dataclass(slots=True)
class _Watch:
    """One rule on one side: since when it is beyond its limit."""

    reading: Reading
    since_s: float = math.nan
    on: bool = False
    value: float = math.nan
    cue: str = ""
    fall: Fall | None = None
    landmark: int = -1

    @property
    def rule(self) -> FaultRule:
        return self.reading.rule


class FaultWatch:
    """Turns rules into FaultOn and FaultOff events while an attempt runs."""

    def __init__(self, exercise: Exercise) -> None:
        self._watches: list[_Watch] = []
        self._last_s = math.nan
        for rule in exercise.faults:
            # How far a rep went is known only when it is over.
            if rule.statistic in ("extreme", "reached") and not rule.breaks_hold:
                continue
            self._watches += [_Watch(reading) for reading in rule.readings()]

    @property
    def callouts(self) -> tuple[ev.Callout, ...]:
        """What is on right now."""
        return tuple(
            ev.Callout(
                w.rule.id,
                w.rule.severity(w.value) or "mild",
                w.cue,
                w.landmark,
                w.value,
                w.rule.unit,
            )
            for w in self._watches
            if w.on
        )

    @property
    def breaking(self) -> tuple[str, str] | None:
        """Id and cue of a rule that is on and stops the clean hold clock."""
        on = ((w.rule.id, w.cue) for w in self._watches if w.on and w.rule.breaks_hold)
        return next(on, None)

    def update(self, moment: Moment) -> list[ev.Event]:
        """Take the next moment of an attempt."""
        out: list[ev.Event] = []
        alone = moment.time_s - self._last_s > LAG_S
        self._last_s = moment.time_s
        if alone:  # not smoothed: says nothing
            return out
        for watch in self._watches:
            severity = self._severity(watch, moment)
            if severity is None:
                watch.since_s = math.nan
                if watch.on:
                    watch.on = False
                    out.append(ev.FaultOff(moment.time_s, watch.rule.id))
                continue
            if math.isnan(watch.since_s):
                watch.since_s = moment.time_s
            if not watch.on and moment.time_s - watch.since_s >= SUSTAINED_S:
                watch.on = True
                rule, reading = watch.rule, watch.reading
                watch.landmark = rule.joint(moment.side if reading.side is None else reading.side)
                on = (rule.id, reading.side_name, severity, watch.cue, watch.landmark)
                out.append(ev.FaultOn(moment.time_s, *on))
        return out

    def end(self, time_s: float) -> list[ev.Event]:
        """The attempt is over: everything off."""
        out: list[ev.Event] = [ev.FaultOff(time_s, w.rule.id) for w in self._watches if w.on]
        for watch in self._watches:
            watch.on, watch.since_s, watch.fall = False, math.nan, None
        return out

    @staticmethod
    def _severity(watch: _Watch, moment: Moment) -> Severity | None:
        """How bad it is at this moment; None = not at all, or not to be told now."""
        rule, reading = watch.rule, watch.reading
        if not rule.on_in(moment.phase):
            watch.fall = None
            return None
        margin = rule.margin(moment.camera)
        value = reading.value(moment.values, moment.baseline, margin)
        if rule.statistic == "fall":
            watch.fall = watch.fall or Fall()
            value = float(watch.fall.of(np.array([value]))[0])
        other_side = rule.per == "working" and reading.side != moment.side
        hidden = other_side or not rule.judged_from(moment.camera)
        if hidden or not reading.inside(moment.values):
            return None
        watch.value = value
        watch.cue = rule.told_by(reading.signed(moment.values, moment.baseline))[1]
        return rule.severity(value)


class HoldClock:
    """The hold as it runs: when it began, how long it is, how much of it was clean."""

    def __init__(self) -> None:
        self.since_s = math.nan
        self.paused = False
        self._until_s = math.nan
        self._dirty_s = 0.0
        self._recent: deque[tuple[float, float]] = deque()

    @property
    def running(self) -> bool:
        """Whether the person is holding."""
        return not math.isnan(self.since_s)

    @property
    def hold_s(self) -> float:
        """Seconds held so far."""
        return self._until_s - self.since_s if self.running else 0.0

    @property
    def clean_s(self) -> float:
        """Seconds of it in which no posture fault was on."""
        return max(self.hold_s - self._dirty_s, 0.0)

    def update(
        self,
        time_s: float,
        level: float,
        rest: float,
        peak: float,
        breaking: tuple[str, str] | None,
        away: float | None = None,
    ) -> list[ev.Event]:
        """Take the next level (turned so that outbound grows) of an attempt.

        breaking: id and cue of what stops the clean clock. away: all time beyond this level is
        the hold, still or not.
        """
        elapsed = time_s - self._recent[-1][0] if self._recent else 0.0
        self._recent.append((time_s, level))
        while self._recent[0][0] < time_s - STILL_S:
            self._recent.popleft()
        excursion = peak - rest
        near = level >= (peak - NEAR_SHARE * excursion if away is None else away)
        if not self.running and away is not None:
            return self._begin(time_s, time_s) if near else []
        if not self.running:
            return self._start(time_s, excursion) if near else []
        # A foot that touches down for a moment stops the clock, not the stand.
        if away is None and level < peak - LEFT_SHARE * excursion:
            return self.end(time_s)
        if away is not None and not near:
            self.since_s += elapsed
            self._until_s = time_s
        if near and (away is not None or self._still(time_s, STILL_MOVE * STILL_DEG, excursion)):
            self._until_s = time_s
        out: list[ev.Event] = []
        if breaking is not None:
            self._dirty_s += elapsed
            if not self.paused:
                out.append(ev.HoldPaused(time_s, *breaking))
        elif self.paused:
            out.append(ev.HoldResumed(time_s))
        self.paused = breaking is not None
        return out

    def _start(self, time_s: float, excursion: float) -> list[ev.Event]:
        if not self._still(time_s, STILL_DEG, excursion):
            return []
        return self._begin(self._recent[0][0], time_s)

    def _still(self, time_s: float, degrees: float, excursion: float) -> bool:
        """Whether the level has hardly moved of late: by a share of the way, and by degrees."""
        levels: Sequence[float] = [v for _, v in self._recent]
        covered = time_s - self._recent[0][0]
        moved = max(levels) - min(levels)
        return covered >= 0.6 * STILL_S and moved <= min(STILL_SHARE * excursion, degrees)

    def _begin(self, since_s: float, time_s: float) -> list[ev.Event]:
        self.since_s, self._until_s = since_s, time_s
        self._dirty_s = 0.0
        return [ev.HoldStarted(self.since_s)]

    def end(self, time_s: float) -> list[ev.Event]:
        """The hold, if one ran, is over."""
        if not self.running:
            return []
        held = self.hold_s
        self.since_s, self.paused = math.nan, False
        return [ev.HoldEnded(time_s, held)]
