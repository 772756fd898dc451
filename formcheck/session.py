"""One set of one exercise: poses in, events out, a report at the end.

Live and recorded video use this same object; it knows no clock and no files.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from formcheck import __version__
from formcheck import events as ev
from formcheck.exercise import Exercise, Prescription
from formcheck.exercises import EXERCISES
from formcheck.faults import DOUBT, SEEN_FROM, SIDE_NAMES, Movement, columns, judge
from formcheck.live import NEAR_SHARE, FaultWatch, HoldClock, Moment
from formcheck.pelvic_roll import Kind, RollGauge
from formcheck.pose import FloatArray, PoseFrame
from formcheck.pose import Landmark as L
from formcheck.report import Rep, SetReport, Source, View
from formcheck.scale import LegScale, StepScale
from formcheck.segmentation import EDGE_SHARE, REP_SHARE, Attempt, RepSegmenter, kind_of
from formcheck.signals import SIGNALS, Body
from formcheck.smoothing import FixedLagSmoother
from formcheck.summary import summarise
from formcheck.timing import RepTiming, measure
from formcheck.view import (
    RECLINED,
    SIDE_LYING_LEFT,
    SIDE_LYING_RIGHT,
    STANDING,
    SUPINE,
    ViewTracker,
    facing_of,
)
from formcheck.working_side import WorkingSide

MIN_ATTEMPT_S = 0.5
#: Rest before an attempt that serves as the person's own baseline, seconds.
BASELINE_S = 1.0
#: After getting into position the first moments are still arranging, seconds.
SETTLE_IN_S = 0.5
#: Who is away from rest for as long as can be ends it by coming back for this long,
#: seconds: about one on the floor, and the way there and up again.
LINGER_S = 1.3
#: The way of a drawing foot is joined from points so far apart, seconds.
PATH_STEP_S = 0.15
#: Nobody seen for this long is worth a word, seconds.
LOST_S = 1.0
#: An attempt in which the body travelled further than this (in trunk lengths)
#: was walking or getting into place.
MAX_TRAVEL = 0.40
MAX_SCALE_CHANGE = 0.25

_POSTURES = {
    "standing": (STANDING,),
    "supine": (SUPINE,),
    # At the top of a hip thrust the trunk is as level as that of someone on the floor.
    "reclined": (RECLINED, SUPINE),
    "side_lying": (SIDE_LYING_LEFT, SIDE_LYING_RIGHT),
}
_POSTURE_WORDS = {
    "standing": "standing",
    "supine": "lying on your back",
    "reclined": "with the upper back on a bench",
    "side_lying": "lying on your side",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One frame's measurements, for traces and tuning. NaN = not seen."""

    time_s: float
    phase: ev.Phase
    values: dict[str, float]


@dataclass(slots=True)
class _Sample:
    time_s: float
    level: float
    values: tuple[float, ...]
    anchors: tuple[tuple[float, float], ...]
    trunk_px: float
    side_evidence: float
    legs: tuple[tuple[float, float], tuple[float, float]]


class SetSession:
    """Follows one set. push() every frame in order, then finish().

    exercise: an id of EXERCISES or an Exercise. Raises KeyError for an unknown
    id. on_step is called once per pushed frame, in order, a fixed 0.12 s late.
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
        self._tracker = ViewTracker()
        primary = self.exercise.primary
        self._sign = primary.direction
        asked = [
            self.prescription.concentric_s,
            self.prescription.hold_s,
            self.prescription.eccentric_s,
        ]
        self._segmenter = RepSegmenter(
            full=abs(primary.target_deg - primary.rest_deg),
            max_attempt_s=self.exercise.max_attempt_s + 2 * sum(a or 0.0 for a in asked),
            # Where a rep ends is part of the movement when that is judged, too.
            new_rest=self.exercise.travels
            or any("end" in rule.phases for rule in self.exercise.faults),
            linger_s=LINGER_S if self.exercise.hold == "away" else 0.0,
        )
        self._columns: list[str] = []
        self._computed: list[tuple[str, int | None]] = []
        for name in self.exercise.signals:
            sided = SIGNALS[name].sided
            for side, column in enumerate(columns(name, sided)):
                self._columns.append(column)
                self._computed.append((name, side if sided else None))
        self._samples: deque[_Sample] = deque()
        self._reps: list[Rep] = []
        self._partials: list[Rep] = []
        self._notes: list[str] = []
        self._rest_pool: deque[tuple[float, ...]] = deque(maxlen=150)
        self._baseline: dict[str, float] = {}
        self._watch = FaultWatch(self.exercise)
        self._hold = HoldClock()
        self._working = WorkingSide(self.exercise.working)
        self._scale = self._new_scale()
        self._roll = self._new_gauge()
        self._step_scale = StepScale() if self.exercise.working == "box_leg" else None
        self._phase: ev.Phase = "rest"
        self._last_seen_s = math.nan
        self._lost = False
        self._wrong_posture_s = math.nan
        self._position = ""
        self._arrived_s = math.nan
        self._last_step_s = math.nan
        self._frames = self._frames_with_pose = 0
        self._in_place_frames = self._unseen_frames = 0
        self._stood_s = [0.0, 0.0]
        self._first_s = self._last_s = math.nan
        self._frame_size = (0, 0)
        self._posture_time: defaultdict[str, float] = defaultdict(float)
        self._uncountable: defaultdict[str, float] = defaultdict(float)
        self._azimuth_sum: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._level = math.nan
        self._changes = 0

    # ------------------------------------------------------------------ input

    def push(self, frame: PoseFrame) -> list[ev.Event]:
        """Take the next frame (time_s strictly increasing); events in order of time."""
        self._frames += 1
        self._frames_with_pose += frame.has_person
        if math.isnan(self._first_s):
            self._first_s = frame.time_s
        self._last_s = frame.time_s
        self._frame_size = frame.frame_size
        out: list[ev.Event] = []
        for ready in self._smoother.push(frame):
            out.extend(self._step(ready))
        return out

    def finish(self, *, source: Source | None = None, model: str = "") -> SetReport:
        """End the set and report. The session must not be pushed to afterwards."""
        for ready in self._smoother.flush():
            self._step(ready)
        if self._segmenter.state == "away":
            # The recording ended on the way back: it counts when it came back
            # most of the way, which the segmenter would have seen as a turn.
            self._close_at_end()
        source = source or self._source()
        source = replace(source, frames=self._frames, frames_with_pose=self._frames_with_pose)
        view = self._set_view()
        self._note_what_was_missed(view)
        return SetReport(
            exercise=self.exercise.id,
            source=source,
            view=view,
            reps=tuple(self._reps),
            partials=tuple(self._partials),
            summary=summarise(self.exercise, self._reps, self._partials),
            model=model,
            formcheck_version=__version__,
            notes=tuple(self._notes),
        )

    def add_note(self, sentence: str) -> None:
        """Put a sentence about the measurement into the report."""
        self._notes.append(sentence)

    @property
    def snapshot(self) -> ev.Snapshot:
        """What a display needs, as of the last step."""
        full = self._full()
        rest = self._segmenter.rest
        level = self._level
        progress = (level - rest) / full if self._segmenter.state == "away" else 0.0
        side = self._working.side
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
            view=self._tracker.view,
            person_seen=not self._lost,
        )

    # ------------------------------------------------------------ one moment

    def _step(self, frame: PoseFrame) -> list[ev.Event]:
        out: list[ev.Event] = []
        now = frame.time_s
        elapsed = 0.0 if math.isnan(self._last_step_s) else now - self._last_step_s
        self._last_step_s = now
        out.extend(self._presence(frame))
        if frame.person_changed:
            self._changes += 1
            self._segmenter.reset()
            self._samples.clear()
            self._tracker = ViewTracker()
            self._scale = self._new_scale()
            if self._step_scale is not None:
                self._step_scale = StepScale()
            self._roll = self._new_gauge()
            out.append(ev.PersonChanged(now))
        values: tuple[float, ...] = (math.nan,) * len(self._columns)
        level = math.nan
        if frame.has_person:
            if self._tracker.update(frame):
                out.append(ev.ViewChanged(now, self._tracker.view))
            body = self._body(frame)
            at_rest = self._segmenter.state == "rest"
            before = self._working.side
            evidence = self._working.update(body, elapsed, at_rest=at_rest)
            working = self._working.side
            if working != before and at_rest and self.exercise.unilateral:
                # The other leg works from its own rest.
                self._segmenter.reset()
            self._scale.fill(body, elapsed, working, at_rest=at_rest)
            if self._step_scale is not None:
                self._step_scale.fill(body, elapsed, at_rest=at_rest)
            begin_s = math.nan if at_rest else self._segmenter.begin_s
            self._roll.fill(body, frame.landmarks_px[:, :2], now, begin_s)
            values = tuple(
                SIGNALS[name].compute(body, working if side is None else side)
                for name, side in self._computed
            )
            posture = self._tracker.posture
            self._posture_time[posture] += elapsed
            azimuth = self._tracker.azimuth_deg
            if azimuth is not None:
                east_north = self._azimuth_sum[posture]
                east_north[0] += elapsed * math.cos(math.radians(azimuth))
                east_north[1] += elapsed * math.sin(math.radians(azimuth))
            seen_from = self._tracker.view_class
            countable = not self.exercise.counted_from or seen_from in self.exercise.counted_from
            self._uncountable[seen_from] += elapsed * (not countable)
            if self._in_position(now) and countable:
                level = self._sign * values[0]
                self._in_place_frames += 1
                self._unseen_frames += math.isnan(level)
                self._stood_s[working] += elapsed * self._working.told
            self._remember(now, level, values, body, evidence)
        self._level = level
        out.extend(self._advance(now, level))
        if not math.isnan(level) and self._segmenter.state == "away":
            out.extend(self._follow(now, level, values))
        if self._on_step is not None:
            named = dict(zip(self._columns, values, strict=True))
            self._on_step(Step(now, self._phase, named))
        return out

    def _presence(self, frame: PoseFrame) -> list[ev.Event]:
        if frame.has_person:
            found = self._lost
            self._last_seen_s, self._lost = frame.time_s, False
            return [ev.PersonFound(frame.time_s)] if found else []
        since = self._last_seen_s if self._last_seen_s == self._last_seen_s else self._first_s
        if not self._lost and frame.time_s - since > LOST_S:
            self._lost = True
            return [ev.PersonLost(frame.time_s)]
        return []

    def _body(self, frame: PoseFrame) -> Body:
        azimuth = self._tracker.azimuth_deg
        return Body(
            frame.landmarks_px[:, 0].tolist(),
            frame.landmarks_px[:, 1].tolist(),
            trunk_px=self._tracker.trunk_px,
            leg_px=math.nan,
            azimuth_deg=0.0 if azimuth is None else azimuth,
            posture=self._tracker.posture,
            elevation_deg=self._elevation(),
        )

    def _elevation(self) -> float:
        """Camera elevation for the signals: 0 until it is known, never below the floor."""
        elevation = self._tracker.elevation_deg
        return min(max(elevation, 0.0), 60.0) if elevation == elevation else 0.0

    def _in_position(self, now: float) -> bool:
        """The posture is the exercise's, and has been for long enough."""
        tracker = self._tracker
        right = tracker.posture in _POSTURES[self.exercise.posture]
        if not right:
            if math.isnan(self._wrong_posture_s):
                self._wrong_posture_s = now
            if now - self._wrong_posture_s > SETTLE_IN_S:
                self._segmenter.reset()
            self._arrived_s = math.nan
            return False
        self._wrong_posture_s = math.nan
        if tracker.posture != self._position:
            # Turned to the other side: the other leg works from its own rest.
            if self._position in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
                self._segmenter.reset()
                self._scale = self._new_scale()
                self._roll = self._new_gauge()
                self._arrived_s = math.nan
            self._position = tracker.posture
        if math.isnan(self._arrived_s):
            self._arrived_s = tracker.posture_since_s
        arrived_later = self._arrived_s > self._first_s + SETTLE_IN_S
        return not arrived_later or now - self._arrived_s >= SETTLE_IN_S

    def _remember(
        self, now: float, level: float, values: tuple[float, ...], body: Body, evidence: float
    ) -> None:
        standing = self.exercise.posture == "standing"
        anchors = [body.mid_or_one(L.LEFT_ANKLE if standing else L.LEFT_SHOULDER)]
        if self.exercise.working == "box_leg":
            # Up from the floor and down again, one foot may still be on the box.
            anchors += [(body.x[a], body.y[a]) for a in (L.LEFT_ANKLE, L.RIGHT_ANKLE)]
        legs = (_leg(body, 0), _leg(body, 1))
        self._samples.append(
            _Sample(now, level, values, tuple(anchors), body.trunk_px, evidence, legs)
        )
        keep_from = now - 3.0
        if self._segmenter.state == "away":
            keep_from = min(keep_from, self._segmenter.begin_s - BASELINE_S - 0.5)
        while self._samples[0].time_s < keep_from:
            self._samples.popleft()

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
            out.extend(self._conclude(attempt))
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
        return dict(zip(self._columns, middle.tolist(), strict=True))

    def _conclude(self, attempt: Attempt) -> list[ev.Event]:
        before = [s for s in self._samples if s.time_s < attempt.begin_s]
        inside = [s for s in self._samples if attempt.begin_s <= s.time_s <= attempt.close_s]
        if attempt.close_s - attempt.begin_s < MIN_ATTEMPT_S or not self._on_the_spot(inside):
            return []
        # The rest before it, but not the way back of the rep before that.
        near = attempt.rest + 0.2 * (attempt.peak - attempt.rest)
        away = (i for i in range(len(before) - 1, -1, -1) if not before[i].level <= near)
        window = before[next(away, -1) + 1 :] + inside
        times = np.array([s.time_s for s in window])
        levels = np.array([s.level for s in window])
        timing = measure(times, levels, attempt.rest, self._away_level(attempt.rest))
        if timing is None:
            return []
        primary = self.exercise.primary
        full = primary.full_excursion(self._sign * attempt.rest)
        kind = kind_of(timing.excursion, full)
        if kind == "nothing":
            return []
        # The last step of walking up looks like a small bend.
        if kind == "partial" and not self._on_the_spot(
            _since(before, attempt.begin_s - 1.0) + inside
        ):
            return []
        rep = self._rep(attempt, timing, window, times)
        if kind == "rep":
            self._reps.append(rep)
            return [ev.RepCompleted(attempt.close_s, rep)]
        went = f"went {100 * timing.excursion / full:.0f}% of the way: a rep needs half or more"
        rep = replace(rep, index=len(self._partials) + 1, why=went)
        self._partials.append(rep)
        return [ev.PartialCompleted(attempt.close_s, rep)]

    def _rep(
        self, attempt: Attempt, timing: RepTiming, window: list[_Sample], times: FloatArray
    ) -> Rep:
        table = np.array([s.values for s in window])
        away = [s.level > attempt.rest + 0.2 * timing.excursion for s in window]
        side = self._working.of_attempt([s.side_evidence for s in window], away)
        movement = Movement(
            time_s=times,
            signals={name: table[:, i] for i, name in enumerate(self._columns)},
            baseline=self._baseline_before(timing.start_s, attempt.rest, timing.excursion),
            timing=timing,
            view_class=self._tracker.view_class,
            side=side,
            # Two ways of telling it, each of which may miss it.
            elevation_deg=float(np.fmax(self._tracker.elevation_deg, self._roll.elevation_deg)),
        )
        faults, missing = judge(self.exercise, movement, self.prescription)
        outbound_lifts = self.exercise.primary.concentric == "outbound"
        lift, lower = (
            (timing.out_s, timing.back_s) if outbound_lifts else (timing.back_s, timing.out_s)
        )
        from_rest = self.exercise.primary.from_rest
        return Rep(
            index=len(self._reps) + 1,
            side=SIDE_NAMES[side] if self.exercise.unilateral else "both",
            start_s=timing.start_s,
            top_s=timing.top_s,
            end_s=timing.end_s,
            hold_s=timing.hold_s,
            hold_clean_s=max(timing.hold_s - self._dirty(movement), 0.0),
            concentric_s=lift,
            eccentric_s=lower,
            rom_deg=timing.excursion,
            peak_deg=timing.excursion if from_rest else self._sign * timing.peak,
            faults=faults,
            not_assessed=missing,
            path_legs=_path(window, side, timing.hold) if self.exercise.measures_path else None,
        )

    def _dirty(self, movement: Movement) -> float:
        """Seconds of the hold in which a posture fault was on."""
        t = movement.time_s
        holding = np.zeros(len(t), dtype=bool)
        for begin, end in movement.timing.hold:
            holding |= (t >= begin) & (t <= end)
        if not holding.any():
            return 0.0
        broken = np.zeros(len(t), dtype=bool)
        for rule in self.exercise.faults:
            if not rule.breaks_hold or movement.view_class not in rule.views:
                continue
            for column in columns(rule.signal, rule.per != "middle"):
                if rule.per == "working" and not column.endswith(SIDE_NAMES[movement.side]):
                    continue
                v = movement.signals[column]
                if rule.relative:
                    v = v - movement.baseline.get(column, math.nan)
                if rule.two_sided:
                    v = np.abs(v)
                if rule.doubt:
                    v = v - DOUBT * movement.signals[rule.doubt]
                if rule.statistic == "fall":
                    held = np.where(holding & np.isfinite(v), v, -np.inf)
                    v = np.maximum.accumulate(held) - v
                with np.errstate(invalid="ignore"):
                    broken |= (v > rule.mild) if rule.marked > rule.mild else (v < rule.mild)
        step = np.gradient(t) if len(t) > 1 else np.zeros(len(t))
        return float(step[holding & broken].sum())

    def _close_at_end(self) -> None:
        segmenter = self._segmenter
        inside = [
            s for s in self._samples if s.time_s >= segmenter.begin_s and not math.isnan(s.level)
        ]
        if not inside:
            return
        share = (inside[-1].level - segmenter.rest) / (segmenter.peak - segmenter.rest)
        if share <= 0.35:
            self._conclude(
                Attempt(segmenter.begin_s, inside[-1].time_s, segmenter.rest, segmenter.peak)
            )

    # ----------------------------------------------------- while a rep runs

    def _follow(self, now: float, level: float, values: tuple[float, ...]) -> list[ev.Event]:
        segmenter = self._segmenter
        moment = Moment(
            now,
            self._phase,
            dict(zip(self._columns, values, strict=True)),
            self._baseline,
            self._tracker.view_class,
            self._working.side,
        )
        out = self._watch.update(moment)
        far_enough = segmenter.peak - segmenter.rest >= REP_SHARE * self._full()
        if far_enough or self._hold.running:
            rest, peak = segmenter.rest, segmenter.peak
            away = self._away_level(rest)
            out += self._hold.update(now, level, rest, peak, self._watch.breaking, away)
        if self._hold.running:
            self._phase = "hold"
        elif level >= segmenter.peak:
            self._phase = "outbound"
        elif level < segmenter.peak - NEAR_SHARE * (segmenter.peak - segmenter.rest):
            self._phase = "inbound"
        return out

    # ------------------------------------------------------------- the whole

    def _new_scale(self) -> LegScale:
        one_leg = self.exercise.working in ("standing_leg", "supporting_leg", "free_leg", "box_leg")
        return LegScale(one_leg=one_leg)

    def _new_gauge(self) -> RollGauge:
        kinds: dict[str, Kind] = {"clam_opening": "clamshell", "hip_abduction": "side_leg_lift"}
        judged = "pelvic_roll" in self.exercise.signals
        return RollGauge(kinds.get(self.exercise.primary.signal) if judged else None)

    def _on_the_spot(self, samples: list[_Sample]) -> bool:
        """Whether the person moved as the exercise has it: most stay where they are."""
        return self.exercise.travels or _on_the_spot(samples)

    def _source(self) -> Source:
        """What is known of the recording from its frames alone."""
        duration = self._last_s - self._first_s if self._frames > 1 else 0.0
        fps = (self._frames - 1) / duration if duration > 0 else 0.0
        return Source(
            name="",
            width=self._frame_size[0],
            height=self._frame_size[1],
            fps=fps,
            duration_s=duration + (1 / fps if fps else 0.0),
            frames=self._frames,
            frames_with_pose=self._frames_with_pose,
        )

    def _set_view(self) -> View:
        wanted = _POSTURES[self.exercise.posture]
        times = self._posture_time
        posture = max(
            (p for p in times if p in wanted and times[p] >= 1.0),
            key=lambda p: times[p],
            default=max(times, key=lambda p: times[p], default="unknown"),
        )
        east, north = self._azimuth_sum[posture]
        if east == 0 and north == 0:
            return replace(self._tracker.view, posture=posture)
        azimuth = math.degrees(math.atan2(north, east))
        return View(posture, azimuth, facing_of(posture, azimuth))

    def _note_what_was_missed(self, view: View) -> None:
        wanted = _POSTURES[self.exercise.posture]
        if self._frames_with_pose == 0:
            self._notes.append("Nobody was found in the picture.")
        elif view.posture not in wanted and not self._reps:
            self._notes.append(
                f"This exercise is done {_POSTURE_WORDS[self.exercise.posture]}, but nobody was "
                "seen in that position."
            )
        from_where, for_s = max(
            self._uncountable.items(), key=lambda item: item[1], default=("", 0.0)
        )
        if for_s > 0.25 * (self._last_s - self._first_s) and from_where in SEEN_FROM:
            self._notes.append(
                f"The camera saw you from {SEEN_FROM[from_where]}, from where this exercise cannot "
                f"be counted. {self.exercise.setup}"
            )
        if self.exercise.timed_stand and sum(self._stood_s) >= 1.0:
            stood = ", ".join(
                f"{seconds:.0f} s on the {name} leg"
                for name, seconds in zip(SIDE_NAMES, self._stood_s, strict=True)
                if seconds >= 1.0
            )
            self._notes.append(f"Stood {stood} in the whole set.")
        if self._changes:
            self._notes.append(
                "Another person took the place of the one being followed "
                f"{self._changes} time{'s' if self._changes > 1 else ''}; "
                "counting went on with the new one."
            )
        if self._unseen_frames > 0.25 * self._in_place_frames > 0:
            joints = ", ".join(SIGNALS[self.exercise.primary.signal].landmarks)
            self._notes.append(
                f"What is counted ({joints}) was hidden in "
                f"{100 * self._unseen_frames / self._in_place_frames:.0f}% of the frames, so reps "
                "may be missing: clear the view of the whole body."
            )
        missing = 1 - self._frames_with_pose / self._frames if self._frames else 0.0
        if 0.1 < missing < 1:
            self._notes.append(f"Nobody was seen in {100 * missing:.0f}% of the frames.")


def _since(samples: list[_Sample], time_s: float) -> list[_Sample]:
    return [s for s in samples if s.time_s >= time_s]


def _on_the_spot(samples: list[_Sample]) -> bool:
    """Whether the person moved on the spot, rather than walked or got into place.

    One anchor that is where it was will do.
    """
    anchors = len(samples[0].anchors) if samples else 0
    return any(_stayed(samples, which) for which in range(anchors))


def _stayed(samples: list[_Sample], which: int) -> bool:
    anchored = [s for s in samples if not math.isnan(s.anchors[which][0])]
    if len(anchored) < 2:
        return False
    first, last = anchored[0], anchored[-1]
    trunk = max(s.trunk_px for s in anchored)
    travel = math.dist(first.anchors[which], last.anchors[which]) / trunk
    scale = abs(math.log(last.trunk_px / first.trunk_px))
    return travel < MAX_TRAVEL and scale < MAX_SCALE_CHANGE


def _leg(body: Body, side: int) -> tuple[float, float]:
    """From hip to ankle in the picture, in leg lengths."""
    hip, ankle = L.LEFT_HIP + side, L.LEFT_ANKLE + side
    return (
        (body.x[ankle] - body.x[hip]) / body.leg_px,
        (body.y[ankle] - body.y[hip]) / body.leg_px,
    )


def _path(samples: list[_Sample], side: int, hold: tuple[tuple[float, float], ...]) -> float:
    """How far an ankle travelled about its hip during the hold, in leg lengths.

    As the picture shows it: what goes to and from the camera is not in it. Joined
    from points a moment apart, else the trembling of the landmarks would add up.
    """
    t = np.array([s.time_s for s in samples])
    x, y = (np.array([s.legs[side][i] for s in samples]) for i in (0, 1))
    seen = np.isfinite(x + y)
    length = 0.0
    for begin, end in hold:
        grid = np.arange(begin, end, PATH_STEP_S)
        if seen.sum() >= 2 and len(grid) >= 2:
            steps = np.diff([np.interp(grid, t[seen], v[seen]) for v in (x, y)], axis=1)
            length += float(np.hypot(*steps).sum())
    return length


def _index(joint: str, side: int) -> int:
    left = {
        "shoulder": L.LEFT_SHOULDER,
        "hip": L.LEFT_HIP,
        "knee": L.LEFT_KNEE,
        "ankle": L.LEFT_ANKLE,
    }[joint]
    return int(left) + side


__all__ = ["SetSession", "Step"]
