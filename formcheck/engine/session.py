"""One set of one exercise: poses in, events out, a report at the end.

Live and recorded video use this same object; it knows no clock and no files.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from formcheck import __version__
from formcheck.engine import events as ev
from formcheck.engine.adherence import adherence
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.fault_watch import NEAR_SHARE, FaultWatch, HoldClock, Moment
from formcheck.engine.faults import Movement, broken_hold_s, judge
from formcheck.engine.locomotion import (
    Sample,
    leg,
    on_the_spot,
    over_feet,
    path_legs,
    sat_down,
    stands_from,
    stepped,
)
from formcheck.engine.observation import Observation, Observer
from formcheck.engine.pelvic_rotation import turned_back
from formcheck.engine.plausibility import (
    dropped,
    hidden_turn,
    jumped,
    lift_was_seen,
    not_counted,
)
from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.recording_quality import POSTURES, RecordingQuality
from formcheck.engine.report import SIDE_NAMES, Dropped, DropReason, Rep, SetReport, Source
from formcheck.engine.segmentation import (
    EDGE_SHARE,
    MAX_BLIND_S,
    PARTIAL_SHARE,
    REP_SHARE,
    Attempt,
    RepSegmenter,
    kind_of,
)
from formcheck.engine.signals import SIGNALS
from formcheck.engine.smoothing import FixedLagSmoother
from formcheck.engine.timing import RepTiming, measure
from formcheck.engine.totals import summarise
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT
from formcheck.language import N_

#: Rest before an attempt that serves as the person's own baseline, seconds.
BASELINE_S = 1.0
#: After getting into position the first moments are still arranging, seconds.
SETTLE_IN_S = 0.5
#: A recording that ends on the way back ends a rep that came back to this share.
BACK_SHARE = 0.35
#: Who is away from rest for as long as can be ends it by coming back for this long,
#: seconds: about one on the floor, and the way there and up again.
LINGER_S = 1.3
#: Pictures that far apart did not arrive, seconds.
STREAM_GAP_S = 0.6
#: What is dropped for one reason within so many seconds is one movement.
GOES_ON_S = 1.0
#: After so many reps it is known how far a person goes, by the median of so many at most.
LEAST_USUAL, USUAL_OF = 3, 7
#: Nobody seen for this long is worth a word, seconds.
LOST_S = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One frame's measurements, for traces and tuning. NaN = not seen."""

    time_s: float
    phase: ev.Phase
    values: dict[str, float]


class SetSession:
    """Follows one set. push() every frame in order, then finish().

    exercise: an id of EXERCISES or an Exercise. Raises KeyError for an unknown id.
    prescription: what was asked for, None = nothing; it adds faults of tempo and hold, and
        what of it was done to the report.
    on_step: called once per pushed frame, in order, a fixed 0.12 s late.

    Two squats, shown by the demonstration (landmarks in body heights):

    >>> import numpy as np
    >>> from formcheck.drawing.demonstration import FPS, frames
    >>> from formcheck.engine.pose import PoseFrame
    >>> squat = frames("squat") * 300 + (320, 240)
    >>> stood = np.repeat(squat[:1], FPS, axis=0)
    >>> session = SetSession("squat", prescription=Prescription(reps=2))
    >>> for i, xy in enumerate(np.concatenate([stood, squat, stood, squat, stood])):
    ...     landmarks = np.column_stack([xy, np.zeros(33)])
    ...     for event in session.push(PoseFrame(i / FPS, landmarks, np.ones(33), (640, 480))):
    ...         if isinstance(event, ev.RepCompleted):
    ...             print("rep", event.rep.index, [fault.id for fault in event.rep.faults])
    rep 1 []
    rep 2 []
    >>> report = session.finish()
    >>> report.summary.reps, report.summary.faults
    (2, {})
    """

    def __init__(
        self,
        exercise: str | Exercise,
        *,
        prescription: Prescription | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self.exercise = EXERCISES[exercise] if isinstance(exercise, str) else exercise
        self.prescription = prescription or Prescription()
        self._on_step = on_step
        self._smoother = FixedLagSmoother()
        self._observer = Observer(self.exercise)
        self._quality = RecordingQuality(self.exercise)
        primary = self.exercise.primary
        self._sign = primary.direction
        self._nothing = (math.nan,) * len(self._observer.columns)
        # Where a rep ends is part of the movement when that is judged, too.
        self._new_rest = self.exercise.travels or any(
            "end" in rule.phases for rule in self.exercise.faults
        )
        self._segmenter = RepSegmenter(
            full=abs(primary.target_deg - primary.rest_deg),
            new_rest=self._new_rest,
            linger_s=LINGER_S if self.exercise.timed else 0.0,
        )
        self._samples: deque[Sample] = deque()
        self._reps: list[Rep] = []
        self._excursions: deque[tuple[float, float]] = deque(maxlen=USUAL_OF)
        self._partials: list[Rep] = []
        self._dropped: list[Dropped] = []
        self._cut: dict[float, str] = {}
        self._stream_gaps: list[tuple[float, float]] = []
        self._rest_pool: deque[tuple[float, ...]] = deque(maxlen=150)
        self._baseline: dict[str, float] = {}
        self._watch = FaultWatch(self.exercise)
        self._hold = HoldClock()
        self._phase: ev.Phase = "rest"
        self._last_seen_s = math.nan
        self._lost = False
        self._wrong_posture_s = math.nan
        self._position = ""
        self._arrived_s = math.nan
        self._last_step_s = math.nan
        self._level = math.nan

    # ------------------------------------------------------------------ input

    def push(self, frame: PoseFrame) -> list[ev.Event]:
        """Take the next frame (time_s strictly increasing); events in order of time.

        What is said of a frame comes 0.12 s of frames later: smoothing looks that far ahead.
        """
        since_s = frame.time_s - self._quality.last_s
        if since_s > STREAM_GAP_S:
            self._stream_gaps.append((self._quality.last_s, frame.time_s))
        self._quality.frame(frame)
        out: list[ev.Event] = []
        for ready in self._smoother.push(frame):
            out.extend(self._step(ready))
        return out

    def finish(self, *, source: Source | None = None, both_sides: bool | None = None) -> SetReport:
        """End the set and report. The session must not be pushed to afterwards.

        both_sides: whether each leg was to do the reps asked for; None = not known.
        """
        for ready in self._smoother.flush():
            self._step(ready)
        self._close_at_end()
        self._by_the_usual_way()
        quality = self._quality
        view = quality.view(self._observer.tracker.view)
        notes = [
            *not_counted(self._dropped),
            *quality.notes(view, any_reps=bool(self._reps)),
        ]
        return SetReport(
            exercise=self.exercise.id,
            source=quality.source(source),
            view=view,
            reps=tuple(self._reps),
            partials=tuple(self._partials),
            summary=summarise(self.exercise, self._reps, self._partials),
            model=self._observer.model,
            formcheck_version=__version__,
            notes=(*self._cut_notes(), *notes),
            dropped=tuple(self._dropped),
            adherence=adherence(self._reps, self.prescription, self.exercise, both_sides).parts,
        )

    @property
    def snapshot(self) -> ev.Snapshot:
        """What a display needs, as of the last step."""
        full = self._full()
        rest = self._segmenter.rest
        level = self._level
        progress = (level - rest) / full if self._segmenter.state == "away" else 0.0
        side = self._observer.working.side
        a, b, c = self.exercise.judged_angle
        return ev.Snapshot(
            time_s=self._last_step_s,
            phase=self._phase,
            reps=len(self._reps),
            partials=len(self._partials),
            primary_deg=None if math.isnan(level) else self._shown(level),
            primary_landmarks=(_index(a, side), _index(b, side), _index(c, side)),
            progress=min(max(progress, 0.0), 1.2) if progress == progress else 0.0,
            hold_s=self._hold.hold_s,
            hold_clean_s=self._hold.clean_s,
            hold_paused=self._hold.paused,
            callouts=self._watch.callouts,
            view=self._observer.tracker.view,
            person_seen=not self._lost,
            phase_word=self.exercise.phase_words[self._phase],
            angle_name=SIGNALS[self.exercise.primary.signal].short,
        )

    # ------------------------------------------------------------ one moment

    def _step(self, frame: PoseFrame) -> list[ev.Event]:
        out: list[ev.Event] = []
        now = frame.time_s
        elapsed = 0.0 if math.isnan(self._last_step_s) else now - self._last_step_s
        self._last_step_s = now
        out.extend(self._presence(frame))
        if frame.person_changed:
            self._quality.person_changed()
            out.extend(self._break_off("person"))
            self._samples.clear()
            self._observer.forget_person()
            out.append(ev.PersonChanged(now))
        values = self._nothing
        level = math.nan
        if frame.has_person:
            seen = self._look(frame, elapsed)
            values = seen.values
            if seen.side_changed and self._segmenter.state == "rest" and self.exercise.unilateral:
                # The other leg works from its own rest.
                out.extend(self._break_off("began", entered=True))
            if seen.view_changed:
                out.append(ev.ViewChanged(now, self._observer.tracker.view))
            countable = self._countable()
            self._quality.seen(self._observer.tracker, elapsed, countable=countable)
            in_position, broken_off = self._in_position(now)
            out.extend(broken_off)
            if in_position and countable:
                level = self._sign * values[0]
                working = self._observer.working
                self._quality.in_position(
                    not math.isnan(level), working.side, elapsed * working.told
                )
            self._remember(now, level, seen)
        elif self._samples:
            self._remember_nothing(now)
        self._level = level
        out.extend(self._advance(now, level))
        if not math.isnan(level) and self._segmenter.state == "away":
            out.extend(self._follow(now, level, values))
        if self._on_step is not None:
            named = dict(zip(self._observer.columns, values, strict=True))
            self._on_step(Step(now, self._phase, named))
        return out

    def _presence(self, frame: PoseFrame) -> list[ev.Event]:
        if frame.has_person:
            found = self._lost
            self._last_seen_s, self._lost = frame.time_s, False
            return [ev.PersonFound(frame.time_s)] if found else []
        first_s = self._quality.first_s
        since = self._last_seen_s if self._last_seen_s == self._last_seen_s else first_s
        if not self._lost and frame.time_s - since > LOST_S:
            self._lost = True
            return [ev.PersonLost(frame.time_s)]
        return []

    def _look(self, frame: PoseFrame, elapsed: float) -> Observation:
        at_rest = self._segmenter.state == "rest"
        begin_s = math.nan if at_rest else self._segmenter.begin_s
        return self._observer.look(frame, elapsed, begin_s)

    def _countable(self) -> bool:
        """Whether the exercise can be counted from where the camera stands."""
        return self.exercise.counted_from(self._observer.camera)

    def _in_position(self, now: float) -> tuple[bool, list[ev.Event]]:
        """Whether the posture is the exercise's and has been for long enough; what that ends."""
        tracker = self._observer.tracker
        right = tracker.posture in POSTURES[self.exercise.posture]
        out: list[ev.Event] = []
        if not right:
            if math.isnan(self._wrong_posture_s):
                self._wrong_posture_s = now
            if now - self._wrong_posture_s > SETTLE_IN_S:
                out = self._break_off("posture")
            self._arrived_s = math.nan
            return False, out
        self._wrong_posture_s = math.nan
        if tracker.posture != self._position:
            # Turned to the other side: the other leg works from its own rest.
            if self._position in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
                out = self._break_off("posture")
                self._observer.forget_scales()
                self._arrived_s = math.nan
            self._position = tracker.posture
        if math.isnan(self._arrived_s):
            self._arrived_s = tracker.posture_since_s
        arrived_later = self._arrived_s > self._quality.first_s + SETTLE_IN_S
        return not arrived_later or now - self._arrived_s >= SETTLE_IN_S, out

    def _remember(self, now: float, level: float, seen: Observation) -> None:
        body = seen.body
        standing = self.exercise.posture == "standing"
        anchors = [body.mid_or_one(L.LEFT_ANKLE if standing else L.LEFT_SHOULDER)]
        feet = tuple((body.x[a], body.y[a]) for a in (L.LEFT_ANKLE, L.RIGHT_ANKLE))
        if standing:
            # One foot stands, on the floor or on the box; the other one may go anywhere. The
            # knees come back to where they were, and speak for feet out of the picture.
            anchors += [*feet, body.mid_or_one(L.LEFT_KNEE)]
        self._samples.append(
            Sample(
                now,
                level,
                seen.values,
                tuple(anchors),
                feet,
                over_feet(body) if standing else math.nan,
                body.trunk_px,
                seen.evidence,
                (leg(body, 0), leg(body, 1)),
            )
        )
        keep_from = now - 3.0
        if not math.isnan(self._segmenter.since_s):
            keep_from = min(keep_from, self._segmenter.since_s - BASELINE_S - 0.5)
        while self._samples[0].time_s < keep_from:
            self._samples.popleft()

    def _remember_nothing(self, time_s: float) -> None:
        """Nobody was seen at this moment: what is judged must know."""
        none = (math.nan, math.nan)
        anchors = (none,) * len(self._samples[-1].anchors)
        self._samples.append(
            Sample(
                time_s,
                math.nan,
                self._nothing,
                anchors,
                (none, none),
                math.nan,
                self._samples[-1].trunk_px,
                math.nan,
                (none, none),
            )
        )

    # -------------------------------------------------------- rep by rep

    def _full(self) -> float:
        primary = self.exercise.primary
        rest = self._segmenter.rest
        if primary.from_rest or math.isnan(rest):
            return abs(primary.target_deg - primary.rest_deg)
        return primary.full_excursion(self._sign * rest)

    def _away_level(self, rest: float) -> float | None:
        """The level beyond which all time is the hold, where the exercise has it so."""
        if self.exercise.hold == "still":
            return None
        return rest + REP_SHARE * self._segmenter.full

    def _shown(self, level: float) -> float:
        """A level as the report shows it: the signal's value, or distance from rest."""
        if self.exercise.primary.from_rest:
            rest = self._segmenter.rest
            return level - rest if rest == rest else 0.0
        return self._sign * level

    def _advance(self, now: float, level: float) -> list[ev.Event]:
        before = self._segmenter.state
        attempt = self._segmenter.push(now, level)
        out: list[ev.Event] = []
        if before == "rest" and self._segmenter.state == "away":
            self._baseline = self._baseline_before(
                self._segmenter.begin_s, self._segmenter.rest, math.nan
            )
        if attempt is not None:
            cut_off = None if attempt.ended else self._lost_reason(now, attempt)
            out.extend(self._conclude(attempt, cut_off))
        if self._segmenter.state == "rest":
            out.extend(self._hold.end(now))
            out.extend(self._watch.end(now))
            self._phase = "rest"
        elif self._phase == "rest":
            self._phase = "outbound"
        return out

    def _baseline_before(self, begin_s: float, rest: float, excursion: float) -> dict[str, float]:
        """The person's own values at rest: the last second before, else the set's rests."""
        near = rest + (EDGE_SHARE * excursion if excursion == excursion else 3.0)
        calm = [
            s.values
            for s in self._samples
            if begin_s - BASELINE_S <= s.time_s <= begin_s + 0.1 and s.level <= near
        ]
        self._rest_pool.extend(calm[-10:])
        chosen = calm if len(calm) >= 5 else list(self._rest_pool)
        if not chosen:
            return {}
        with np.errstate(all="ignore"):
            table = np.array(chosen)
            seen = np.isfinite(table).any(axis=0)
            middle = np.full(table.shape[1], np.nan)
            middle[seen] = np.nanmedian(table[:, seen], axis=0)
        return dict(zip(self._observer.columns, middle.tolist(), strict=True))

    def _conclude(self, attempt: Attempt, cut_off: DropReason | None = None) -> list[ev.Event]:
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
        primary = self.exercise.primary
        full = primary.full_excursion(self._sign * attempt.rest)
        hidden = hidden_turn(inside, attempt)
        if hidden is not None:
            at = int(np.searchsorted(times, sum(hidden) / 2))
            shown = np.insert(times, at, sum(hidden) / 2), np.insert(levels, at, attempt.peak)
        else:
            shown = times, levels
        timing = measure(*shown, attempt.rest, self._away_level(attempt.rest))
        if timing is not None and len(self._excursions) >= LEAST_USUAL and not self._new_rest:
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
                return self._drop(reason, walk) + self._conclude(stood, cut_off)
        if reason is not None:
            return self._drop(reason, attempt)
        rep = self._rep(attempt, timing, window, times)
        if kind == "rep":
            self._reps.append(rep)
            self._excursions.append((timing.excursion, timing.peak))
            self._say_if_cut(attempt, rep)
            return [ev.RepCompleted(attempt.close_s, rep)]
        rep = replace(rep, index=len(self._partials) + 1, why=_went(timing.excursion, full))
        self._partials.append(rep)
        return [ev.PartialCompleted(attempt.close_s, rep)]

    def _by_the_usual_way(self) -> None:
        """What was a rep until it was known how far this person goes is judged by that, too."""
        if len(self._reps) <= LEAST_USUAL or self._new_rest:
            return
        usual = float(np.median([rep.rom_deg for rep in self._reps]))
        early = [r for r in self._reps[:LEAST_USUAL] if r.rom_deg < REP_SHARE * usual]
        reps = [rep for rep in self._reps if rep not in early]
        partials = [*self._partials, *(replace(r, why=_went(r.rom_deg, usual)) for r in early)]
        partials.sort(key=lambda rep: rep.start_s)
        self._reps = [replace(rep, index=i) for i, rep in enumerate(reps, 1)]
        self._partials = [replace(rep, index=i) for i, rep in enumerate(partials, 1)]

    def _from_where_they_stop(self, attempt: Attempt, inside: list[Sample]) -> Attempt | None:
        """What somebody did once they had walked to their place; None when nothing."""
        stands_s = stands_from(inside)
        if not stands_s > attempt.begin_s + SETTLE_IN_S:
            return None
        standing = [s for s in inside if s.time_s >= stands_s and not math.isnan(s.level)]
        top = max(standing, key=lambda s: s.level)
        rest = min(s.level for s in standing if s.time_s <= top.time_s)
        begin_s = max(s.time_s for s in standing if s.time_s <= top.time_s and s.level <= rest + 3)
        if top.level - rest < PARTIAL_SHARE * self._segmenter.full:
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
            return cut_off or ("ended" if attempt.begun else "began")
        first_s = self._quality.first_s
        if not self._on_the_spot(inside, size_known=attempt.begin_s > first_s + SETTLE_IN_S):
            return "walking"
        if kind == "partial":
            if self._in_stream_gap(attempt):
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

    @property
    def _feet_stay(self) -> bool:
        exercise = self.exercise
        return exercise.posture == "standing" and not (exercise.travels or exercise.unilateral)

    def _lift_seen(
        self, attempt: Attempt, kind: Literal["rep", "partial", "nothing"], inside: list[Sample]
    ) -> bool:
        """Whether a movement that the recording cuts off shows its lift whole."""
        lifts_out = self.exercise.primary.concentric == "outbound"
        levels = np.array([s.level for s in inside])
        times = np.array([s.time_s for s in inside])
        full = self.exercise.primary.full_excursion(self._sign * attempt.rest)
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
                times, levels, attempt.rest, full, at_start=True, waits=self.exercise.lifts_first
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

    def _cut_notes(self) -> list[str]:
        cut = [(rep.index, self._cut.get(rep.start_s)) for rep in self._reps]
        return [words.format(n=index) for index, words in cut if words]

    def _in_stream_gap(self, attempt: Attempt) -> bool:
        return any(
            begin <= attempt.close_s and end >= attempt.begin_s - SETTLE_IN_S
            for begin, end in self._stream_gaps
        )

    def _lost_reason(self, now: float, attempt: Attempt) -> DropReason:
        """Why the track of an attempt ends."""
        if self._in_stream_gap(replace(attempt, close_s=now)):
            return "stream"
        return "unseen" if math.isnan(self._wrong_posture_s) else "posture"

    def _drop(self, reason: DropReason, attempt: Attempt) -> list[ev.Event]:
        begin_s = attempt.begin_s
        last = self._dropped[-1] if self._dropped else None
        if last is not None and last.reason == reason and begin_s - last.end_s < GOES_ON_S:
            # The same walk, and told once.
            begin_s = self._dropped.pop().start_s
        one = dropped(reason, begin_s, attempt.close_s)
        self._dropped.append(one)
        return [ev.AttemptDropped(self._last_step_s, one)]

    def _break_off(self, reason: DropReason, *, entered: bool = False) -> list[ev.Event]:
        """What is going on cannot be followed further, and what comes begins anew."""
        cut = self._segmenter.reset(entered=entered)
        return [] if cut is None else self._conclude(cut, reason)

    def _rep(
        self, attempt: Attempt, timing: RepTiming, window: list[Sample], times: FloatArray
    ) -> Rep:
        table = np.array([s.values for s in window])
        away = [s.level > attempt.rest + 0.2 * timing.excursion for s in window]
        side = self._observer.working.of_attempt([s.side_evidence for s in window], away)
        movement = Movement(
            time_s=times,
            signals=turned_back(
                {name: table[:, i] for i, name in enumerate(self._observer.columns)},
                times,
                timing.start_s,
                timing.end_s,
            ),
            baseline=self._baseline_before(timing.start_s, attempt.rest, timing.excursion),
            timing=timing,
            camera=self._observer.camera,
            side=side,
            elevation_deg=self._observer.elevation_deg,
        )
        faults, missing = judge(self.exercise, movement, self.prescription)
        lift, lower = self.exercise.primary.swapped((timing.out_s, timing.back_s))
        from_rest = self.exercise.primary.from_rest
        return Rep(
            index=len(self._reps) + 1,
            side=SIDE_NAMES[side] if self.exercise.unilateral else "both",
            start_s=timing.start_s,
            top_s=timing.top_s,
            end_s=timing.end_s,
            hold_s=timing.hold_s,
            hold_clean_s=max(timing.hold_s - broken_hold_s(self.exercise, movement), 0.0),
            concentric_s=lift,
            eccentric_s=lower,
            rom_deg=timing.excursion,
            peak_deg=timing.excursion if from_rest else self._sign * timing.peak,
            faults=faults,
            not_assessed=missing,
            path_legs=path_legs(window, side, timing.hold) if self.exercise.measures_path else None,
        )

    def _close_at_end(self) -> None:
        attempt = self._segmenter.finish()
        if attempt is not None:
            self._conclude(attempt)

    # ----------------------------------------------------- while a rep runs

    def _follow(self, now: float, level: float, values: tuple[float, ...]) -> list[ev.Event]:
        segmenter = self._segmenter
        moment = Moment(
            now,
            self._phase,
            dict(zip(self._observer.columns, values, strict=True)),
            self._baseline,
            self._observer.camera,
            self._observer.working.side,
        )
        out = self._watch.update(moment)
        far_enough = segmenter.peak - segmenter.rest >= REP_SHARE * self._full()
        if far_enough or self._hold.running:
            rest, peak = segmenter.rest, segmenter.peak
            away = self._away_level(rest)
            held = self._hold.update(now, level, rest, peak, self._watch.breaking, away)
            out += [self._as_timed(e) if isinstance(e, ev.HoldEnded) else e for e in held]
        if self._hold.running:
            self._phase = "hold"
        elif level >= segmenter.peak:
            self._phase = "outbound"
        elif level < segmenter.peak - NEAR_SHARE * (segmenter.peak - segmenter.rest):
            self._phase = "inbound"
        return out

    def _as_timed(self, ended: ev.HoldEnded) -> ev.HoldEnded:
        """The hold as the report will have it: the clock takes slow ways for a part of it."""
        begin_s, rest = self._segmenter.begin_s, self._segmenter.rest
        seen = [(s.time_s, s.level) for s in self._samples if s.time_s >= begin_s]
        times, levels = np.array(seen).T
        timing = measure(times, levels, rest, self._away_level(rest))
        return ended if timing is None else replace(ended, hold_s=min(ended.hold_s, timing.hold_s))

    # ------------------------------------------------------------- the whole

    def _on_the_spot(self, samples: list[Sample], *, size_known: bool = True) -> bool:
        """Whether the person moved as the exercise has it: most stay where they are."""
        return self.exercise.travels or on_the_spot(samples, size_known=size_known)


def _went(excursion: float, full: float) -> str:
    words = N_("went {share:.0f}% of the way: a rep needs half or more")
    return words.format(share=100 * excursion / full)


def _since(samples: list[Sample], time_s: float) -> list[Sample]:
    return [s for s in samples if s.time_s >= time_s]


def _index(joint: str, side: int) -> int:
    left = {
        "shoulder": L.LEFT_SHOULDER,
        "hip": L.LEFT_HIP,
        "knee": L.LEFT_KNEE,
        "ankle": L.LEFT_ANKLE,
    }[joint]
    return int(left) + side


__all__ = ["SetSession", "Step"]
