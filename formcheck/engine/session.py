"""One set of one exercise: poses in, events out, a report at the end.

Live and recorded video use this same object; it knows no clock and no files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from formcheck import __version__
from formcheck.engine import events as ev
from formcheck.engine.adherence import adherence
from formcheck.engine.attempts import SETTLE_IN_S, Attempts
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.fault_watch import NEAR_SHARE, FaultWatch, HoldClock, Moment
from formcheck.engine.observation import Observation, Observer
from formcheck.engine.plausibility import not_counted
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recording_quality import POSTURES, RecordingQuality
from formcheck.engine.report import DropReason, SetReport, Source
from formcheck.engine.samples import Samples
from formcheck.engine.segmentation import REP_SHARE, Attempt, RepSegmenter
from formcheck.engine.signals import SIGNALS
from formcheck.engine.smoothing import FixedLagSmoother
from formcheck.engine.timing import measure
from formcheck.engine.totals import summarise
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT

#: Who is away from rest for as long as can be ends it by coming back for this long,
#: seconds: about one on the floor, and the way there and up again.
LINGER_S = 1.3
#: Pictures that far apart did not arrive, seconds.
STREAM_GAP_S = 0.6
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
        #: The frames, smoothed, that were measured at the last push.
        self.measured: list[PoseFrame] = []
        self._observer = Observer(self.exercise)
        self._quality = RecordingQuality(self.exercise)
        primary = self.exercise.primary
        self._sign = primary.direction
        self._nothing = (math.nan,) * len(self._observer.columns)
        self._samples = Samples(
            self._observer.columns, standing=self.exercise.posture == "standing"
        )
        self._attempts = Attempts(
            self.exercise, self.prescription, self._observer, self._samples, self._quality
        )
        self._segmenter = RepSegmenter(
            full=abs(primary.target_deg - primary.rest_deg),
            new_rest=self._attempts.new_rest,
            linger_s=LINGER_S if self.exercise.timed else 0.0,
        )
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
            self._attempts.pictures_missing(self._quality.last_s, frame.time_s)
        self._quality.frame(frame)
        self.measured = self._smoother.push(frame)
        return [event for ready in self.measured for event in self._step(ready)]

    def finish(self, *, source: Source | None = None, both_sides: bool | None = None) -> SetReport:
        """End the set and report. The session must not be pushed to afterwards.

        both_sides: whether each leg was to do the reps asked for; None = not known.
        """
        for ready in self._smoother.flush():
            self._step(ready)
        self._close_at_end()
        quality = self._quality
        view = quality.view(self._observer.tracker.view)
        notes = [
            *not_counted(self._attempts.dropped),
            *quality.notes(view, any_reps=bool(self._attempts.reps)),
        ]
        reps, partials = self._attempts.reps, self._attempts.partials
        done = adherence(reps, self.prescription, self.exercise, both_sides)
        return SetReport(
            exercise=self.exercise.id,
            source=quality.source(source),
            view=view,
            reps=tuple(reps),
            partials=tuple(partials),
            summary=summarise(self.exercise, reps, partials),
            model=self._observer.model,
            formcheck_version=__version__,
            notes=(*self._attempts.notes(), *notes),
            dropped=tuple(self._attempts.dropped),
            adherence=done.parts,
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
            reps=len(self._attempts.reps),
            partials=len(self._attempts.partials),
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
            self._samples.add(now, level, seen, self._segmenter.since_s)
        else:
            self._samples.add_nobody(now)
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

    # -------------------------------------------------------- rep by rep

    def _full(self) -> float:
        primary = self.exercise.primary
        rest = self._segmenter.rest
        if primary.from_rest or math.isnan(rest):
            return abs(primary.target_deg - primary.rest_deg)
        return primary.full_excursion(self._sign * rest)

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
            self._baseline = self._samples.baseline(
                self._segmenter.begin_s, self._segmenter.rest, math.nan
            )
        if attempt is not None:
            cut_off = None if attempt.ended else self._lost_reason(now, attempt)
            out.extend(self._attempts.conclude(now, attempt, cut_off))
        if self._segmenter.state == "rest":
            out.extend(self._hold.end(now))
            out.extend(self._watch.end(now))
            self._phase = "rest"
        elif self._phase == "rest":
            self._phase = "outbound"
        return out

    def _lost_reason(self, now: float, attempt: Attempt) -> DropReason:
        """Why the track of an attempt ends."""
        if self._attempts.in_stream_gap(attempt.begin_s, now):
            return "stream"
        return "unseen" if math.isnan(self._wrong_posture_s) else "posture"

    def _break_off(self, reason: DropReason, *, entered: bool = False) -> list[ev.Event]:
        """What is going on cannot be followed further, and what comes begins anew."""
        cut = self._segmenter.reset(entered=entered)
        return [] if cut is None else self._attempts.conclude(self._last_step_s, cut, reason)

    def _close_at_end(self) -> None:
        attempt = self._segmenter.finish()
        if attempt is not None:
            self._attempts.conclude(self._last_step_s, attempt)

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
            away = self._attempts.away_level(rest)
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
        timing = measure(times, levels, rest, self._attempts.away_level(rest))
        return ended if timing is None else replace(ended, hold_s=min(ended.hold_s, timing.hold_s))


def _index(joint: str, side: int) -> int:
    left = {
        "shoulder": L.LEFT_SHOULDER,
        "hip": L.LEFT_HIP,
        "knee": L.LEFT_KNEE,
        "ankle": L.LEFT_ANKLE,
    }[joint]
    return int(left) + side
