"""Sets: begun, filled rep by rep, finished, answered about, found again."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from formcheck import __version__
from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import badness
from formcheck.engine.kept_rep import KeptRep
from formcheck.engine.report import Rep, SetReport, Side, Source, View
from formcheck.engine.report_reader import read_report
from formcheck.engine.totals import summarise
from formcheck.engine.trace import Trace
from formcheck.history import rows
from formcheck.history.errors import HistoryError
from formcheck.history.tables import CircuitRow, PictureRow, ProfileRow, RepRow, SetRow
from formcheck.history.transactions import Transactions, clean, get, missing, of_days, take
from formcheck.history.writer import this_writer
from formcheck.language import N_
from formcheck.live.coached_set import FinishedSet
from formcheck.training.records import PastSet, SetStart

_LOG = logging.getLogger(__name__)

#: A set that begins earlier than the one before it by more than this: the clock jumped.
_JUMP_MS: Final = 120_000
#: After a jump the clock is doubted until nobody has trained for so long, ms.
_SESSION_MS: Final = 12 * 3_600_000


class Sets(Transactions):
    """The sets of a history."""

    def begin_set(self, start: SetStart, *, late: bool = False, first: Rep | None = None) -> None:
        """A set begins; one that is begun already stays as it is.

        first: its first attempt, written with it. late: it is kept only now, and was done by
        a program that has ended: its time tells its place.
        """
        begun_ms = rows.ms(start.when)
        with self.writing() as session:
            take(session, ProfileRow, start.profile_id)
            if session.get(SetRow, start.id) is not None:
                return
            if start.circuit_id is not None:
                get(session, CircuitRow, start.circuit_id)
            session.add(
                rows.set_row(
                    start,
                    number=next_number(session, start.profile_id, start.when if late else None),
                    clock_doubt=not late and _clock_jumped(session, start.profile_id, begun_ms),
                    updated_ms=begun_ms if late or first is None else rows.ms(rows.now()),
                    writer="" if late else this_writer(),
                    formcheck_version=__version__,
                )
            )
            if first is not None:
                session.flush()
                session.add(rows.rep_row(start.id, first))

    def add_rep(self, set_id: str, rep: Rep, *, when: datetime | None = None) -> None:
        """Keep a rep (or, with why, a partial attempt) of a running set.

        Twice is once, and after the end nothing is added. when: at which moment; None = now.
        """
        with self.writing() as session:
            row = take(session, SetRow, set_id)
            if _is_finished(session, set_id):
                return
            if session.get(RepRow, (set_id, rep.why is not None, rep.index)) is None:
                session.add(rows.rep_row(set_id, rep))
            row.updated_ms = rows.ms(when or rows.now())

    def finish_set(
        self,
        set_id: str,
        finished: FinishedSet,
        *,
        end_reason: str,
        duration_s: float,
        when: datetime | None = None,
    ) -> None:
        """The set is over: its report takes the place of the reps kept until now.

        Twice is once. when: at which moment; None = now.
        """
        report = finished.report
        with self.writing() as session:
            row = take(session, SetRow, set_id)
            if _is_finished(session, set_id):
                return
            session.execute(delete(RepRow).where(RepRow.set_id == set_id))
            reps = (*report.reps, *report.partials)
            session.add_all(rows.rep_row(set_id, rep) for rep in reps)
            data = report.to_dict()
            row.report = json.dumps(data)
            row.trace = json.dumps(finished.trace.to_dict()) if finished.trace else None
            row.not_assessed = json.dumps(data["summary"]["not_assessed"])
            row.model, row.formcheck_version = report.model, report.formcheck_version
            row.end_reason, row.duration_s = end_reason, duration_s
            row.updated_ms = row.ended_ms = rows.ms(when or rows.now())
            session.add_all(rows.picture_rows(set_id, finished.pictures))

    def mark_broken_off(self, set_id: str) -> None:
        """A running set is given up; its reps stay. One that is over stays as it is."""
        with self.changing(SetRow, set_id) as row:
            if row.ended_ms is None:
                row.end_reason = rows.BROKEN_OFF
                row.updated_ms = row.ended_ms = rows.ms(rows.now())

    def answer_pain(self, set_id: str, hurts: bool | None, level: int | None = None) -> None:
        """Whether a set hurt, None = not answered; and how much, 0..10, None = not said."""
        with self.changing(SetRow, set_id) as row:
            row.pain, row.pain_level = hurts, level if hurts else None
            _touch(row)

    def note(self, set_id: str, text: str) -> None:
        """A note to a set, in place of the one there was."""
        with self.changing(SetRow, set_id) as row:
            row.note = clean(text).strip()
            _touch(row)

    def delete_set(self, set_id: str) -> None:
        """Delete a set for good: see Transactions.delete."""
        self.delete(SetRow, set_id)

    def sets(
        self,
        profile_id: str,
        *,
        exercise: str | None = None,
        since: date | None = None,
        until: date | None = None,
        circuit_id: str | None = None,
    ) -> tuple[PastSet, ...]:
        """A person's sets in the order in which they were done; days since..until, both in.

        The order is that in which they were begun, whatever the clock said. Of a damaged one
        what can be read is there, and its problem.
        """
        query = select(SetRow).where(SetRow.profile_id == profile_id)
        if exercise is not None:
            query = query.where(SetRow.exercise == exercise)
        if circuit_id is not None:
            query = query.where(SetRow.circuit_id == circuit_id)
        return tuple(self._past(of_days(query, SetRow, since, until)))

    def count_sets(self) -> int:
        """How many sets are kept, of everybody."""
        with self.reading() as session:
            return session.scalar(select(func.count()).select_from(SetRow)) or 0

    def has_set(self, set_id: str) -> bool:
        """Whether the set is kept here."""
        with self.reading() as session:
            return session.scalar(select(SetRow.id).where(SetRow.id == set_id)) is not None

    def days(self, profile_id: str) -> tuple[date, ...]:
        """Every day on which a person began a set, the earliest first."""
        query = select(SetRow.begun_ms, SetRow.utc_offset_s).where(SetRow.profile_id == profile_id)
        with self.reading() as session:
            found = {rows.local(ms, offset_s).date() for ms, offset_s in session.execute(query)}
        return tuple(sorted(found))

    def past_set(self, set_id: str) -> PastSet:
        """A set by its id."""
        found = self._past(select(SetRow).where(SetRow.id == set_id))
        if not found:
            raise missing(SetRow, set_id)
        return found[0]

    def load(self, set_id: str) -> FinishedSet:
        """A set with its report, pictures and signal.

        Of one that was broken off, or whose report is damaged, the report has the reps that
        were kept, and says so.
        """
        past = self.past_set(set_id)
        with self.reading() as session:
            row = get(session, SetRow, set_id)
            kept = select(PictureRow).where(PictureRow.set_id == set_id).order_by(PictureRow.name)
            pictures = {picture.name: picture.jpeg for picture in session.scalars(kept)}
            report_text, trace_text = row.report, row.trace
        return FinishedSet(
            set_id,
            past.when,
            _report(past, report_text),
            past.prescription,
            pictures,
            _trace(trace_text),
        )

    def best_rep(
        self, profile_id: str, exercise: Exercise, side: Side
    ) -> tuple[PastSet, Rep, KeptRep] | None:
        """A person's best rep with its set and skeleton, of this side where there is one.

        Only of live sets a skeleton is kept, that of the best rep of each side.
        """
        query = select(SetRow).where(
            SetRow.profile_id == profile_id,
            SetRow.exercise == exercise.id,
            SetRow.trace.contains('"points_px"'),
        )

        def order(rep: Rep) -> tuple[bool, tuple[int, int, float]]:
            return rep.side != side, badness(rep, exercise)

        past = [one for one in self._past(query) if one.reps]
        for one in sorted(past, key=lambda one: min(map(order, one.reps))):
            with self.reading() as session:
                trace = _trace(get(session, SetRow, one.id).trace)
            kept = {rep.index: rep for rep in (() if trace is None else trace.best)}
            for rep in sorted(one.reps, key=order):
                if rep.index in kept:
                    return one, rep, kept[rep.index]
        return None

    def _past(self, query: Select[SetRow]) -> list[PastSet]:
        ids = query.with_only_columns(SetRow.id)
        texts: dict[str, list[str]] = {}
        with self.reading() as session:
            found = session.scalars(query.order_by(SetRow.number, SetRow.begun_ms, SetRow.id)).all()
            reps = session.execute(
                select(RepRow.set_id, RepRow.data)
                .where(RepRow.set_id.in_(ids))
                .order_by(RepRow.set_id, RepRow.partial, RepRow.position)
            )
            for set_id, data in reps:
                texts.setdefault(set_id, []).append(data)
        return [rows.past_set(row, texts.get(row.id, [])) for row in found]


def next_number(session: Session, profile_id: str, when: datetime | None = None) -> int:
    """The number of a person's set that is put in; the session must be writing().

    when: when it was begun, if that was before others that are there already.
    """
    numbers = select(func.max(SetRow.number)).where(SetRow.profile_id == profile_id)
    if when is None:
        return 1 + (session.scalar(numbers) or 0)
    before = session.scalar(numbers.where(SetRow.begun_ms <= rows.ms(when)))
    # The same number as the one before it: among those the time decides.
    return before or 0


def _clock_jumped(session: Session, profile_id: str, begun_ms: int) -> bool:
    """Whether the clock was put back before this set of a person."""
    mine = select(SetRow).where(SetRow.profile_id == profile_id)
    last = session.scalars(
        mine.order_by(SetRow.number.desc(), SetRow.begun_ms.desc()).limit(1)
    ).first()
    if last is None:
        return False
    if begun_ms < last.begun_ms - _JUMP_MS:
        return True
    if not last.clock_doubt or begun_ms > last.begun_ms + _SESSION_MS:
        return False
    # Still the same session, on the same clock.
    sure = select(func.max(SetRow.begun_ms)).where(
        SetRow.profile_id == profile_id, SetRow.clock_doubt.is_(False)
    )
    return begun_ms < (session.scalar(sure) or 0)


def _is_finished(session: Session, set_id: str) -> bool:
    """Whether its report is there."""
    there = session.scalar(select(SetRow.report.is_not(None)).where(SetRow.id == set_id))
    return bool(there)


def _touch(row: SetRow) -> None:
    """Mark that something of it was written; what was broken off is not running again."""
    row.updated_ms = row.updated_ms + 1 if row.ended_ms is None else rows.ms(rows.now())


def _trace(text: str | None) -> Trace | None:
    if text is None:
        return None
    try:
        return Trace.from_dict(json.loads(text))
    except rows.DAMAGE:
        _LOG.warning("The signal of a set in the history is damaged.")
        return None


def _report(past: PastSet, text: str | None) -> SetReport:
    """The report of a set; without one, what its reps tell."""
    reps = len(past.reps) + len(past.partials)
    note = N_("The set was broken off; the {n} attempts until then were kept.").format(n=reps)
    if text is not None:
        try:
            return read_report(json.loads(text))
        except rows.DAMAGE:
            note = N_("The report of this set is damaged; its {n} attempts were kept.").format(
                n=reps
            )
    if past.exercise not in EXERCISES:
        raise HistoryError(
            N_(
                "The set is of the exercise {exercise!r}, which this formcheck does not know, and "
                "has no report. Update formcheck to see it."
            ).format(exercise=past.exercise)
        )
    return SetReport(
        exercise=past.exercise,
        source=Source("webcam", 0, 0, 0.0, past.duration_s, 0, 0),
        view=View("unknown", None, "unknown"),
        reps=past.reps,
        partials=past.partials,
        summary=summarise(EXERCISES[past.exercise], past.reps, past.partials),
        model=past.model,
        formcheck_version=past.formcheck_version,
        notes=(note,),
    )
