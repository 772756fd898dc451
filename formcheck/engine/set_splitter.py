"""Several sets in one recording: where each begins and ends, and which exercise it is.

    splitter = SetSplitter()
    for pose in poses:
        splitter.push(pose)
    spans = splitter.spans()

Every exercise that it could be counts along, at a lower frame rate. A rest is told from
the movement itself: a calm spell that is long beside the person's own reps and pauses,
whatever is done in it (standing, walking off, nobody in the picture). Of the stretches
between rests those are sets whose poses also look like the exercise that counted them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_low

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognition, Recognizer
from formcheck.engine.report import Recognised, Rep
from formcheck.engine.session import LOST_S, SetSession, Step

#: Poses are looked at this far apart, seconds; where a rest is needs no more.
EVERY_S = 0.09
#: Calm for less than this is a pause between reps, seconds.
MIN_REST_S = 9.0
#: A rest is calm for so many of the person's own pauses and rep periods.
PAUSES, PERIODS = 2.5, 0.8
#: Whatever is done in it, so many rep periods without a rep are a rest.
IDLE_PERIODS = 2.5
#: So many reps are a set.
MIN_REPS = 2
#: Who turns over to the other side goes on with the same set, unless that takes longer, seconds.
CHANGE_SIDES_S = 25.0
#: How many reps around a gap tell what is usual for this person.
_AROUND = 3
#: Before the first rep of a later set, to get into position, and after the last one, seconds.
_LEAD_S, _TAIL_S = 10.0, 3.0
#: Around a set's reps, to recognise it by, seconds.
_MARGIN_S = 1.0
#: Nobody turns over faster, seconds.
_TURN_S = 3.0


@dataclass(frozen=True, slots=True)
class SetSpan:
    """One set: the frames with begin_s <= time_s < end_s, of this exercise.

    begin_s, end_s: seconds of the recording's clock; infinite at its ends.
    recognised: how the exercise was told; None when it was named.
    """

    begin_s: float
    end_s: float
    exercise: Exercise
    recognised: Recognised | None = None

    def holds(self, time_s: float) -> bool:
        """Whether a frame of this time is one of the set's."""
        return self.begin_s <= time_s < self.end_s


class SetSplitter:
    """push() every frame of a recording in order, then ask for the spans.

    exercises: those it can be; one when it is known, all of the catalogue by default.
    prescription: what was asked, if anything: it says how long a rep may last.
    """

    def __init__(
        self,
        exercises: Sequence[Exercise] | None = None,
        *,
        prescription: Prescription | None = None,
    ) -> None:
        if exercises is None:
            # What looks the same to a camera is recognised as the other one.
            exercises = [e for e in EXERCISES.values() if not e.variant_of]
        self._counters = [_Counter(exercise, prescription) for exercise in exercises]
        self._recognizer = Recognizer() if len(exercises) > 1 else None
        self._looked_s = -math.inf
        self._seen_s = -math.inf
        self._absences: list[tuple[float, float]] = []

    def push(self, frame: PoseFrame) -> None:
        """Take the next frame (time_s strictly increasing)."""
        if self._recognizer is not None:
            self._recognizer.push(frame)
        if frame.has_person:
            if frame.time_s - self._seen_s > LOST_S:
                self._absences.append((self._seen_s, frame.time_s))
            self._seen_s = frame.time_s
        if frame.person_changed or frame.time_s - self._looked_s >= EVERY_S:
            self._looked_s = frame.time_s
            for counter in self._counters:
                counter.session.push(frame)

    def spans(self) -> tuple[SetSpan, ...]:
        """The sets in order of time; () when there is none that can be told."""
        found = [
            _Found(counter.exercise, attempts)
            for counter in self._counters
            for attempts in counter.sets()
        ]
        if self._recognizer is not None:
            found = _recognised(found, self._recognizer)
        found.sort(key=lambda f: f.begin_s)
        spans = []
        for i, one in enumerate(found):
            before = found[i - 1].end_s if i else -math.inf
            after = found[i + 1].begin_s if i + 1 < len(found) else math.inf
            spans.append(
                SetSpan(
                    -math.inf if i == 0 else self._start(before, one.begin_s),
                    math.inf if after == math.inf else self._stop(one.end_s, after),
                    one.exercise,
                    one.recognised,
                )
            )
        return tuple(spans)

    def _start(self, before_s: float, begin_s: float) -> float:
        """Where a later set's frames begin: time to get into position, but nothing else."""
        seen_from = max((end for _, end in self._absences if end <= begin_s), default=-math.inf)
        return max(begin_s - _LEAD_S, (before_s + begin_s) / 2, seen_from)

    def _stop(self, end_s: float, after_s: float) -> float:
        """Where the frames of a set that is not the last end."""
        seen_until = min((begin for begin, _ in self._absences if begin >= end_s), default=math.inf)
        return min(end_s + _TAIL_S, (end_s + after_s) / 2, seen_until)

    def recognition(self) -> Recognition | None:
        """What the whole recording looks like, to ask by when no set could be told."""
        return None if self._recognizer is None else self._recognizer.result()


class _Counter:
    """One exercise counting along, and when it saw the person away from rest."""

    def __init__(self, exercise: Exercise, prescription: Prescription | None) -> None:
        self.exercise = exercise
        self.session = SetSession(exercise, prescription=prescription, on_step=self._step)
        self._away: list[tuple[float, float]] = []
        self._since_s = math.nan

    def _step(self, step: Step) -> None:
        if step.phase != "rest":
            if math.isnan(self._since_s):
                self._since_s = step.time_s
        elif not math.isnan(self._since_s):
            self._away.append((self._since_s, step.time_s))
            self._since_s = math.nan

    def sets(self) -> list[list[Rep]]:
        """Reps and partials in order of time, divided at the rests."""
        report = self.session.finish()
        attempts = sorted((*report.reps, *report.partials), key=lambda rep: rep.start_s)
        sets: list[list[Rep]] = []
        for i, attempt in enumerate(attempts):
            if i == 0 or self._is_rest(attempts, i):
                sets.append([])
            sets[-1].append(attempt)
        # One rep may well be something else that a person does between sets.
        least = min(MIN_REPS, len(report.reps))
        return [one for one in sets if sum(rep.why is None for rep in one) >= max(least, 1)]

    def _is_rest(self, attempts: list[Rep], at: int) -> bool:
        """Whether the person rested before this attempt."""
        near = attempts[max(0, at - _AROUND) : at + _AROUND]
        gaps = [(b.start_s - a.end_s, b) for a, b in pairwise(near)]
        pause = median_low([g for g, b in gaps if b is not attempts[at]] or [0.0])
        period = median(rep.end_s - rep.start_s for rep in near) + pause
        last, this = attempts[at - 1], attempts[at]
        least = max(MIN_REST_S, PAUSES * pause)
        if self.exercise.posture == "side_lying" and last.side != this.side:
            least = max(least, CHANGE_SIDES_S)
        gap = this.start_s - last.end_s
        calm = _longest_free(last.end_s, this.start_s, self._away)
        return calm >= max(least, PERIODS * period) or gap >= max(least, IDLE_PERIODS * period)


def _longest_free(begin_s: float, end_s: float, taken: Iterable[tuple[float, float]]) -> float:
    """Length of the longest part of an interval that no taken one covers."""
    longest, free_from = 0.0, begin_s
    for begin, end in taken:
        if end <= begin_s or begin >= end_s:
            continue
        longest = max(longest, begin - free_from)
        free_from = max(free_from, end)
    return max(longest, end_s - free_from)


@dataclass(slots=True)
class _Found:
    """A stretch of attempts between two rests, as one exercise counted them."""

    exercise: Exercise
    attempts: list[Rep]
    recognised: Recognised | None = None

    @property
    def begin_s(self) -> float:
        return self.attempts[0].start_s

    @property
    def end_s(self) -> float:
        return self.attempts[-1].end_s

    def longest_on_a_side(self) -> tuple[float, float]:
        """The longest time without turning over: the other way round looks like another set."""
        runs = [[self.attempts[0]]]
        for last, this in pairwise(self.attempts):
            if this.side != last.side and this.start_s - last.end_s > _TURN_S:
                runs.append([])
            runs[-1].append(this)
        longest = max(runs, key=lambda run: run[-1].end_s - run[0].start_s)
        return longest[0].start_s - _MARGIN_S, longest[-1].end_s + _MARGIN_S

    def overlaps(self, other: _Found) -> bool:
        return self.begin_s < other.end_s and other.begin_s < self.end_s


def _recognised(found: list[_Found], recognizer: Recognizer) -> list[_Found]:
    """Those whose poses look like the exercise that counted them; no two at one time."""
    sure: list[_Found] = []
    unsure: list[_Found] = []
    for one in found:
        seen = recognizer.result(*one.longest_on_a_side())
        likely = dict(seen.candidates)
        if one.exercise.id not in likely:
            continue
        p = likely.pop(one.exercise.id)
        one.recognised = Recognised(p, likely)
        if seen.exercise == one.exercise.id:
            sure.append(one)
        elif seen.probability > 0:
            unsure.append(one)
    known = {one.exercise.id for one in sure}
    # What is done in another set of the recording is likelier than the rest.
    unsure = [one for one in unsure if one.exercise.id in known or _best(one)]
    chosen: list[_Found] = []
    for group in (sure, unsure):
        for one in sorted(group, key=lambda f: (f.exercise.id not in known, -_weight(f))):
            if not any(one.overlaps(other) for other in chosen):
                chosen.append(one)
    return chosen


def _best(one: _Found) -> bool:
    assert one.recognised is not None
    return one.recognised.probability > max(one.recognised.others.values(), default=0.0)


def _weight(one: _Found) -> float:
    """Time spent in reps, by how likely it is that they are."""
    assert one.recognised is not None
    return one.recognised.probability * sum(r.end_s - r.start_s for r in one.attempts)
