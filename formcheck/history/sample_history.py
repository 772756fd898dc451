"""Weeks of training that nobody did, to try the pages and take pictures of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np

from formcheck.history.sample_set import made_up_set
from formcheck.history.store import History, new_id
from formcheck.training.programmes import PROGRAMMES, PlannedSet, plan_round
from formcheck.training.records import Circuit, Enrolment, Profile, SetStart

__all__ = ["seed"]

_PROGRAMME: Final = "glutes_3phase"
#: In this week of the demo, from 0, the second phase begins.
_SECOND_PHASE_WEEK: Final = 3
#: When rounds are begun: hour and minute, and how much that varies, minutes.
_ROUNDS: Final = ((7, 20, 12), (12, 35, 20), (18, 50, 30))
_NOTES: Final = (
    "Felt easy today.",
    "A mat under the hip helps.",
    "Tired from work, still done.",
    "The band slipped once.",
)
_SORE: Final = "Pulled a little on the outside of the left hip."


def seed(
    history: History, today: date, *, name: str = "Demo", weeks: int = 5, seed: int = 1
) -> Profile:
    """A made-up person with a made-up past that ends yesterday, in place of an earlier one.

    The name says that it is made up. seed: the same gives the same past. Raises HistoryError.
    """
    full_name = f"{name} (made up)"
    for profile in history.profiles():
        if profile.name == full_name:
            history.delete_profile(profile.id)
    profile = history.add_profile(full_name)
    _Past(history, profile, np.random.default_rng(seed), today, weeks).write()
    return profile


@dataclass(slots=True)
class _Past:
    history: History
    profile: Profile
    rng: np.random.Generator
    today: date
    weeks: int

    def write(self) -> None:
        first = self.today - timedelta(days=7 * self.weeks)
        programme = PROGRAMMES[_PROGRAMME]
        enrolment = self.history.enrol(
            self.profile.id, programme.to_dict(), when=_at(first, time(7, 5))
        )
        for number, day in enumerate(self._days(first)):
            week = (day - first).days // 7
            if enrolment.phase == 0 and week >= min(_SECOND_PHASE_WEEK, self.weeks - 1) > 0:
                enrolment = self.history.set_phase(enrolment.id, 1, when=_at(day, time(7, 0)))
            plan = plan_round(programme.phases[enrolment.phase])
            for round_number, begun in enumerate(self._rounds(day)):
                self._round(enrolment, plan, begun, (number, round_number))

    def _days(self, first: date) -> Iterator[date]:
        """The days of training: of each week two or three are for rest."""
        for week in range(self.weeks):
            resting = set(self.rng.choice(7, size=2 if week else 3, replace=False).tolist())
            if week == self.weeks - 1:
                resting = {1}
            for weekday in range(7):
                if weekday not in resting:
                    yield first + timedelta(days=7 * week + weekday)

    def _rounds(self, day: date) -> Iterator[datetime]:
        number = int(self.rng.choice([1, 2, 3], p=[0.35, 0.5, 0.15]))
        which = (2,) if number == 1 else (0, 2) if number == 2 else (0, 1, 2)
        for index in which:
            hour, minute, spread = _ROUNDS[index]
            off = timedelta(minutes=int(self.rng.integers(-spread, spread + 1)))
            yield _at(day, time(hour, minute)) + off

    def _skill(self, when: datetime) -> float:
        """0..1, with a worse day now and then."""
        done = 1 - (self.today - when.date()).days / (7 * self.weeks)
        return float(np.clip(0.95 * done + self.rng.normal(0, 0.05), 0, 1))

    def _round(
        self,
        enrolment: Enrolment,
        plan: tuple[PlannedSet, ...],
        begun: datetime,
        number: tuple[int, int],
    ) -> None:
        rng, skill = self.rng, self._skill(begun)
        circuit = self.history.begin_circuit(enrolment, when=begun)
        now = begun + timedelta(seconds=40)
        for planned in plan:
            if planned.position == 2 and rng.random() < 0.06:
                self.history.skip(circuit.id, planned.position)
                continue
            if number == (7, 0) and planned.position == 1:
                now = self._broken_off(circuit, planned, now, skill)
                planned = replace(planned, done_both=4)
            hurts = number == (10, 0) and planned.position == 2
            now = self._set(circuit, planned, now, skill, hurts=hurts)
            if hurts:
                break
        pain = number == (10, 0)
        stopped = not pain and rng.random() < 0.03
        reason = "pain" if pain else "stopped" if stopped else "done"
        self.history.end_circuit(circuit.id, reason, when=now)
        if rng.random() < 0.85:
            effort = round(7 - 3 * skill + 2 * enrolment.phase + rng.normal(0, 0.6))
            self.history.answer_effort(circuit.id, max(1, min(10, effort)))

    def _set(
        self, circuit: Circuit, planned: PlannedSet, now: datetime, skill: float, *, hurts: bool
    ) -> datetime:
        """A set from its begin to its end; when the next one may begin."""
        rng, history = self.rng, self.history
        low = rng.random() < 0.6 * (1 - skill)
        done = made_up_set(
            self._begin(circuit, planned, now), planned, now, skill, rng, low_camera=low
        )
        duration_s = done.report.source.duration_s
        end = now + timedelta(seconds=duration_s)
        history.finish_set(
            done.id,
            done,
            end_reason="button" if hurts else "target",
            duration_s=duration_s,
            when=end,
        )
        if hurts:
            history.answer_pain(done.id, True, 3)
            history.note(done.id, _SORE)
        elif rng.random() < 0.8:
            history.answer_pain(done.id, False)
        if not hurts and rng.random() < 0.05:
            history.note(done.id, str(rng.choice(_NOTES)))
        return end + timedelta(seconds=float(rng.uniform(15, 45)))

    def _broken_off(
        self, circuit: Circuit, planned: PlannedSet, now: datetime, skill: float
    ) -> datetime:
        """Four reps, and then the computer went off."""
        set_id = self._begin(circuit, planned, now)
        done = made_up_set(set_id, planned, now, skill, self.rng)
        for rep in done.report.reps[:4]:
            self.history.add_rep(set_id, rep, when=now + timedelta(seconds=rep.end_s))
        return now + timedelta(minutes=6)

    def _begin(self, circuit: Circuit, planned: PlannedSet, now: datetime) -> str:
        start = SetStart(
            new_id(),
            self.profile.id,
            planned.exercise,
            planned.prescription,
            now,
            planned.both_sides,
            circuit_id=circuit.id,
            position=planned.position,
        )
        self.history.begin_set(start)
        return start.id


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock).astimezone()
