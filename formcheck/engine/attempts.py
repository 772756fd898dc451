"""What the attempts of a set were: reps, partials, or dropped, each with its reason."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import Literal

import numpy as np

from formcheck.engine import events as ev
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.fault_watch import NEAR_SHARE
from formcheck.engine.faults import Movement, broken_hold_s, judge
from formcheck.engine.locomotion import (
    Sample,
    on_the_spot,
    path_legs,
    sat_down,
    stands_from,
    stepped,
)
from formcheck.engine.observation import Observer
from formcheck.engine.pelvic_rotation import turned_back
from formcheck.engine.plausibility import dropped, hidden_turn, jumped, lift_was_seen
from formcheck.engine.pose import FloatArray
from formcheck.engine.recording_quality import RecordingQuality
from formcheck.engine.report import SIDE_NAMES, Dropped, DropReason, Rep
from formcheck.engine.samples import Samples
from formcheck.engine.segmentation import (
    MAX_BLIND_S,
    PARTIAL_SHARE,
    REP_SHARE,
    Attempt,
    kind_of,
)
from formcheck.engine.timing import RepTiming, measure
from formcheck.language import N_

#: Getting into position, the first moments are still arranging, seconds.
SETTLE_IN_S = 0.5
#: A recording that ends on the way back ends a rep that came back to this share.
BACK_SHARE = 0.35
#: What is dropped for one reason within so many seconds is one movement.
GOES_ON_S = 1.0
#: After so many reps it is known how far a person goes, by the median of so many at most.
LEAST_USUAL, USUAL_OF = 3, 7


class Attempts:
    """Judges one attempt after the other and keeps what each was, in order of time.

    observer, samples, quality: of the same set, and up to date when an attempt is concluded.
    """

    def __init__(
        self,
        exercise: Exercise,
        prescription: Prescription,
        observer: Observer,
        samples: Samples,
        quality: RecordingQuality,
    ) -> None:
        self.reps: list[Rep] = []
        self.partials: list[Rep] = []
        self.dropped: list[Dropped] = []
        self._exercise = exercise
        self._prescription = prescription
        self._observer = observer
        self._samples = samples
        self._quality = quality
        primary = exercise.primary
        # Where a rep ends is part of the movement when that is judged, too.
        self.new_rest = exercise.travels or any("end" in rule.phases for rule in exercise.faults)
        self._sign = primary.direction
        self._full = abs(primary.target_deg - primary.rest_deg)
        self._excursions: deque[tuple[float, float]] = deque(maxlen=USUAL_OF)
        # So many of the reps were counted before it was known how far this person goes.
        self._early = LEAST_USUAL
        self._cut: dict[float, str] = {}
        self._stream_gaps: list[tuple[float, float]] = []

    def pictures_missing(self, begin_s: float, end_s: float) -> None:
        """Between these times no pictures arrived."""
        self._stream_gaps.append((begin_s, end_s))

    def conclude(
        self, now: float, attempt: Attempt, cut_off: DropReason | None = None
    ) -> list[ev.Event]:
        """What an attempt was: a rep, a partial, or dropped with a reason.

        cut_off: why it could not be followed to its end, where it could not.
        """
        before = [s for s in self._samples if s.time_s < attempt.begin_s]
        inside = [s for s in self._samples if attempt.begin_s <= s.time_s <= attempt.close_s]
        # The rest before it, but not the way back of the rep before that.
        near = attempt.rest + 0.2 * (attempt.peak - attempt.rest)
        away = (i for i in range(len(before) - 1, -1, -1) if not before[i].level <= near)
        window = before[next(away, -1) + 1 :] + inside
        times = np.array([s.time_s for s in window])
        levels = np.array([s.level for s in window])
        primary = self._exercise.primary
        full = primary.full_excursion(self._sign * attempt.rest)
        hidden = hidden_turn(inside, attempt)
        if hidden is not None:
            at = int(np.searchsorted(times, sum(hidden) / 2))
            shown = np.insert(times, at, sum(hidden) / 2), np.insert(levels, at, attempt.peak)
        else:
            shown = times, levels
        timing = measure(*shown, attempt.rest, self.away_level(attempt.rest))
        if timing is not None and len(self._excursions) >= LEAST_USUAL and not self.new_rest:
            # Who goes further than the target bends half as far for other things, too. Who gets
            # as far out as ever came back less before: that is a rep by its own way.
            usual, usual_peak = np.median(self._excursions, axis=0)
            if timing.peak < usual_peak - NEAR_SHARE * usual:
                full = max(full, float(usual))
        kind = "nothing" if timing is None else kind_of(timing.excursion, full)
        if timing is None or kind == "nothing":
            return []
        reason = self._why_not(attempt, kind, timing, before, inside, cut_off)
        if reason == "walking" and self._feet_stay:
            stood = self._from_where_they_stop(attempt, inside)
            if stood is not None:
                walk = replace(attempt, close_s=stood.begin_s)
                return self._drop(now, reason, walk) + self.conclude(now, stood, cut_off)
        if reason is not None:
            return self._drop(now, reason, attempt)
        rep = self._rep(attempt, timing, window, times)
        if kind == "rep":
            self.reps.append(rep)
            self._excursions.append((timing.excursion, timing.peak))
            self._say_if_cut(attempt, rep)
            taken_back = self._by_the_usual_way(attempt.close_s)
            return [*taken_back, ev.RepCompleted(attempt.close_s, self.reps[-1])]
        rep = replace(rep, index=len(self.partials) + 1, why=_went(timing.excursion, full))
        self.partials.append(rep)
        return [ev.PartialCompleted(attempt.close_s, rep)]

    def _from_where_they_stop(self, attempt: Attempt, inside: list[Sample]) -> Attempt | None:
        """What somebody did once they had walked to their place; None when nothing."""
        stands_s = stands_from(inside)
        if not stands_s > attempt.begin_s + SETTLE_IN_S:
            return None
        standing = [s for s in inside if s.time_s >= stands_s and not math.isnan(s.level)]
        top = max(standing, key=lambda s: s.level)
        rest = min(s.level for s in standing if s.time_s <= top.time_s)
        begin_s = max(s.time_s for s in standing if s.time_s <= top.time_s and s.level <= rest + 3)
        if top.level - rest < PARTIAL_SHARE * self._full:
            return None
        return replace(attempt, begin_s=begin_s, rest=rest, peak=top.level)

    def _why_not(
        self,
        attempt: Attempt,
        kind: Literal["rep", "partial", "nothing"],
        timing: RepTiming,
        before: list[Sample],
        inside: list[Sample],
        cut_off: DropReason | None,
    ) -> DropReason | None:
        """Why what moved far enough is neither a rep nor a partial; None when it is."""
        if jumped(attempt, timing):
            return "jump"
        if not (attempt.begun and attempt.ended) and not self._lift_seen(attempt, kind, inside):
            return cut_off or ("ended" if attempt.begun else self._hidden_by(attempt.begin_s))
        if not self._on_the_spot(inside, size_known=self._long_seen(attempt.begin_s)):
            return "walking"
        if kind == "partial":
            if self.in_stream_gap(attempt.begin_s, attempt.close_s):
                return "stream"
            if attempt.gap_s > MAX_BLIND_S:
                return "unseen"
            # The last step of walking up looks like a small bend.
            around = _since(before, attempt.begin_s - 1.0) + inside
            if not self._on_the_spot(around) or (self._feet_stay and stepped(around)):
                return "walking"
        if self._feet_stay and sat_down([*before, *inside], timing.hold):
            return "sitting"
        return None

    def _long_seen(self, time_s: float) -> bool:
        return time_s > self._quality.first_s + SETTLE_IN_S

    def _hidden_by(self, begin_s: float) -> DropReason:
        """Why a movement was under way when it was first seen."""
        if not self._long_seen(begin_s):
            return "began"
        return "stream" if self.in_stream_gap(begin_s, begin_s) else "unseen"

    @property
    def _feet_stay(self) -> bool:
        exercise = self._exercise
        return exercise.posture == "standing" and not (exercise.travels or exercise.unilateral)

    def _on_the_spot(self, samples: list[Sample], *, size_known: bool = True) -> bool:
        """Whether the person moved as the exercise has it: most stay where they are."""
        return self._exercise.travels or on_the_spot(samples, size_known=size_known)

    def _lift_seen(
        self, attempt: Attempt, kind: Literal["rep", "partial", "nothing"], inside: list[Sample]
    ) -> bool:
        """Whether a movement that the recording cuts off shows its lift whole."""
        lifts_out = self._exercise.primary.concentric == "outbound"
        levels = np.array([s.level for s in inside])
        times = np.array([s.time_s for s in inside])
        full = self._exercise.primary.full_excursion(self._sign * attempt.rest)
        if attempt.begun:
            last = levels[np.isfinite(levels)][-1]
            if last - attempt.rest <= BACK_SHARE * (attempt.peak - attempt.rest):
                return True
            return (
                kind == "rep"
                and lifts_out
                and lift_was_seen(
                    -times[::-1], levels[::-1], attempt.rest, full, at_start=False, waits=True
                )
            )
        return (
            kind == "rep"
            and not lifts_out
            and lift_was_seen(
                times, levels, attempt.rest, full, at_start=True, waits=self._exercise.lifts_first
            )
        )

    def _say_if_cut(self, attempt: Attempt, rep: Rep) -> None:
        if not attempt.begun:
            self._cut[rep.start_s] = N_(
                "Rep {n} had begun before it was seen: its lift was seen whole, so it counts."
            )
        elif not attempt.ended and rep.end_s >= attempt.close_s - 0.1:
            self._cut[rep.start_s] = N_(
                "Rep {n} was not over at the end of the recording: its lift was seen whole, so it "
                "counts."
            )

    def in_stream_gap(self, begin_s: float, end_s: float) -> bool:
        """Whether pictures did not arrive at some time between the two."""
        return any(
            begin <= end_s and end >= begin_s - SETTLE_IN_S for begin, end in self._stream_gaps
        )

    def _drop(self, now: float, reason: DropReason, attempt: Attempt) -> list[ev.Event]:
        begin_s = attempt.begin_s
        last = self.dropped[-1] if self.dropped else None
        if last is not None and last.reason == reason and begin_s - last.end_s < GOES_ON_S:
            # The same walk, and told once.
            begin_s = self.dropped.pop().start_s
        one = dropped(reason, begin_s, attempt.close_s)
        self.dropped.append(one)
        return [ev.AttemptDropped(now, one)]

    def _rep(
        self, attempt: Attempt, timing: RepTiming, window: list[Sample], times: FloatArray
    ) -> Rep:
        table = np.array([s.values for s in window])
        away = [s.level > attempt.rest + 0.2 * timing.excursion for s in window]
        side = self._observer.working.of_attempt([s.side_evidence for s in window], away)
        movement = Movement(
            time_s=times,
            signals=turned_back(
                {name: table[:, i] for i, name in enumerate(self._samples.columns)},
                times,
                timing.start_s,
                timing.end_s,
            ),
            baseline=self._samples.baseline(timing.start_s, attempt.rest, timing.excursion),
            timing=timing,
            camera=self._observer.camera,
            side=side,
            elevation_deg=self._observer.elevation_deg,
        )
        faults, missing = judge(self._exercise, movement, self._prescription)
        lift, lower = self._exercise.primary.swapped((timing.out_s, timing.back_s))
        from_rest = self._exercise.primary.from_rest
        path = path_legs(window, side, timing.hold) if self._exercise.measures_path else None
        return Rep(
            index=len(self.reps) + 1,
            side=SIDE_NAMES[side] if self._exercise.unilateral else "both",
            start_s=timing.start_s,
            top_s=timing.top_s,
            end_s=timing.end_s,
            hold_s=timing.hold_s,
            hold_clean_s=max(timing.hold_s - broken_hold_s(self._exercise, movement), 0.0),
            concentric_s=lift,
            eccentric_s=lower,
            rom_deg=timing.excursion,
            peak_deg=timing.excursion if from_rest else self._sign * timing.peak,
            faults=faults,
            not_assessed=missing,
            path_legs=path,
        )

    def away_level(self, rest: float) -> float | None:
        """The level beyond which all time is the hold, where the exercise has it so."""
        if self._exercise.hold == "still":
            return None
        return rest + REP_SHARE * self._full

    def _by_the_usual_way(self, now: float) -> list[ev.RepTakenBack]:
        """What was a rep until it was known how far this person goes is judged by that, too."""
        if len(self.reps) <= LEAST_USUAL or self.new_rest:
            return []
        usual = float(np.median([rep.rom_deg for rep in self.reps]))
        early = [r for r in self.reps[: self._early] if r.rom_deg < REP_SHARE * usual]
        if not early:
            return []
        self._early -= len(early)
        reps = [rep for rep in self.reps if rep not in early]
        partials = [*self.partials, *(replace(r, why=_went(r.rom_deg, usual)) for r in early)]
        partials.sort(key=lambda rep: rep.start_s)
        self.reps = [replace(rep, index=i) for i, rep in enumerate(reps, 1)]
        self.partials = [replace(rep, index=i) for i, rep in enumerate(partials, 1)]
        return [ev.RepTakenBack(now, rep) for rep in reversed(early)]

    def notes(self) -> list[str]:
        """Sentences for the report on what counts although the recording cuts it off."""
        cut = [(rep.index, self._cut.get(rep.start_s)) for rep in self.reps]
        return [words.format(n=index) for index, words in cut if words]


def _went(excursion: float, full: float) -> str:
    words = N_("went {share:.0f}% of the way: a rep needs half or more")
    return words.format(share=100 * excursion / full)


def _since(samples: list[Sample], time_s: float) -> list[Sample]:
    return [s for s in samples if s.time_s >= time_s]
