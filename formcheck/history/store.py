"""The history of everybody who trains here: what was done, kept the moment it is done."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from formcheck import __version__
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Rep, SetReport, Source, View
from formcheck.engine.report_reader import read_report
from formcheck.engine.totals import summarise
from formcheck.engine.trace import Trace
from formcheck.history import rows
from formcheck.history.database import Database, database_url
from formcheck.history.errors import HistoryError, NotInHistoryError
from formcheck.history.tables import (
    CircuitRow,
    EnrolmentRow,
    PictureRow,
    ProfileRow,
    ProgrammeRow,
    RepRow,
    SetRow,
)
from formcheck.history.writer import this_writer
from formcheck.live.coached_set import FinishedSet
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile, SetStart

__all__ = ["History", "new_id", "next_number"]

_LOG = logging.getLogger(__name__)

#: A set that begins earlier than the one before it by more than this: the clock jumped.
_JUMP_MS = 120_000
#: After a jump the clock is doubted until nobody has trained for so long, ms.
_SESSION_MS = 12 * 3_600_000


def new_id() -> str:
    """An id that nobody else has."""
    return uuid.uuid4().hex


class History:
    """The history in a database; safe to use from several threads and several programs.

    url: a SQLAlchemy URL; None = database_url(). Opening makes the database or brings it
    up to date. Every method raises HistoryError with a sentence when the database cannot
    be read or written (NotInHistoryError for what is not in it), and each writes all of its
    change or nothing.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or database_url()
        self._database = Database(self.url)

    @property
    def place(self) -> str:
        """Where it is, as sentences name it: a file, or a server without the password."""
        return self._database.place

    def close(self) -> None:
        """Give the database free."""
        self._database.close()

    def reading(self) -> AbstractContextManager[Session]:
        """For what works with the tables themselves: the history as it is at one moment."""
        return self._database.reading()

    def writing(self) -> AbstractContextManager[Session]:
        """The same for writing: all of it at the end, or nothing; one writer at a time.

        Call flush() between rows of one table and those of another that name them.
        """
        return self._database.writing()

    # -------------------------------------------------------------- people

    def profiles(self) -> tuple[Profile, ...]:
        """Everybody, the first one first."""
        with self.reading() as session:
            order = ProfileRow.created_ms, ProfileRow.id
            found = session.scalars(select(ProfileRow).order_by(*order)).all()
            return tuple(rows.profile(row) for row in found)

    def add_profile(self, name: str) -> Profile:
        """A new person; the name must not be taken."""
        with self.writing() as session:
            row = ProfileRow(id=new_id(), created_ms=rows.ms(rows.now()))
            row.name = _free_name(session, name, row.id)
            session.add(row)
            _flush_name(session, row.name)
            return rows.profile(row)

    def rename_profile(self, profile_id: str, name: str) -> None:
        """Give a person another name, one that is not taken."""
        with self.writing() as session:
            row = _take(session, ProfileRow, profile_id)
            row.name = _free_name(session, name, profile_id)
            _flush_name(session, row.name)

    def delete_profile(self, profile_id: str) -> None:
        """Delete a person with all that was kept, for good.

        Of an SQLite file nothing of it is left in the bytes, either, and the copies made
        before updates go with it. A server clears its disk in its own time.
        """
        with self.writing() as session:
            session.delete(_take(session, ProfileRow, profile_id))
        self._database.wipe(shrink=True)

    # ---------------------------------------------------------- programmes

    def own_programmes(self) -> tuple[Mapping[str, Any], ...]:
        """The programmes people wrote themselves, as Programme.to_dict gave them.

        One that is damaged is left out.
        """
        with self.reading() as session:
            found = session.scalars(select(ProgrammeRow).order_by(ProgrammeRow.id)).all()
            programmes = []
            for row in found:
                try:
                    programmes.append(dict(json.loads(row.data)))
                except rows.DAMAGE:
                    _LOG.warning("The programme %r in the history is damaged.", row.id)
            return tuple(programmes)

    def save_programme(self, data: Mapping[str, Any]) -> None:
        """Keep a programme of one's own, in place of the one with the same id."""
        with self.writing() as session:
            text = json.dumps(data)
            session.merge(ProgrammeRow(id=data["id"], data=text, saved_ms=rows.ms(rows.now())))

    def delete_programme(self, programme_id: str) -> None:
        """Delete a programme of one's own; who follows it goes on with it."""
        with self.writing() as session:
            session.delete(_take(session, ProgrammeRow, programme_id))
        self._database.wipe()

    def enrol(
        self,
        profile_id: str,
        programme: Mapping[str, Any],
        phase: int = 0,
        *,
        when: datetime | None = None,
    ) -> Enrolment:
        """Begin a programme; the one followed until now ends. when: None = now."""
        now = when or rows.now()
        with self.writing() as session:
            _take(session, ProfileRow, profile_id)
            session.execute(
                update(EnrolmentRow)
                .where(EnrolmentRow.profile_id == profile_id, EnrolmentRow.ended_ms.is_(None))
                .values(ended_ms=rows.ms(now))
            )
            row = EnrolmentRow(
                id=new_id(),
                profile_id=profile_id,
                programme=json.dumps(programme),
                phase=phase,
                begun_ms=rows.ms(now),
                phase_since_ms=rows.ms(now),
                utc_offset_s=rows.offset_s(now),
            )
            session.add(row)
            return rows.enrolment(row)

    def enrolment(self, profile_id: str) -> Enrolment | None:
        """The programme that a person follows now."""
        with self.reading() as session:
            row = session.scalars(
                select(EnrolmentRow)
                .where(EnrolmentRow.profile_id == profile_id, EnrolmentRow.ended_ms.is_(None))
                .order_by(EnrolmentRow.begun_ms.desc())
            ).first()
            return None if row is None else rows.enrolment(row)

    def set_phase(
        self, enrolment_id: str, phase: int, *, when: datetime | None = None
    ) -> Enrolment:
        """Go to another phase of the programme. when: None = now."""
        with self.writing() as session:
            row = _take(session, EnrolmentRow, enrolment_id)
            row.phase, row.phase_since_ms = phase, rows.ms(when or rows.now())
            return rows.enrolment(row)

    def end_enrolment(self, enrolment_id: str) -> None:
        """Follow it no longer; what was done stays."""
        with self.writing() as session:
            _take(session, EnrolmentRow, enrolment_id).ended_ms = rows.ms(rows.now())

    # ------------------------------------------------------------ circuits

    def begin_circuit(
        self,
        enrolment: Enrolment,
        *,
        when: datetime | None = None,
        circuit_id: str | None = None,
    ) -> Circuit:
        """Begin a round of the present phase.

        when: local time with its offset; None = now. circuit_id: see new_id; one that is
        there already is given back as it is.
        """
        now = when or rows.now()
        with self.writing() as session:
            known = session.get(CircuitRow, circuit_id) if circuit_id else None
            if known is not None:
                return rows.circuit(known)
            row = CircuitRow(
                id=circuit_id or new_id(),
                profile_id=enrolment.profile_id,
                enrolment_id=enrolment.id,
                phase=enrolment.phase,
                begun_ms=rows.ms(now),
                utc_offset_s=rows.offset_s(now),
                skipped="[]",
                end_reason="",
            )
            session.add(row)
            return rows.circuit(row)

    def circuit(self, circuit_id: str) -> Circuit:
        """A circuit by its id."""
        with self.reading() as session:
            return rows.circuit(_get(session, CircuitRow, circuit_id))

    def circuits(
        self, profile_id: str, *, since: date | None = None, until: date | None = None
    ) -> tuple[Circuit, ...]:
        """A person's circuits, the oldest first; of the days since..until."""
        query = _of_days(
            select(CircuitRow).where(CircuitRow.profile_id == profile_id), CircuitRow, since, until
        )
        with self.reading() as session:
            found = session.scalars(query.order_by(CircuitRow.begun_ms, CircuitRow.id)).all()
            return tuple(rows.circuit(row) for row in found)

    def skip(self, circuit_id: str, position: int) -> None:
        """Note that a set of the circuit's plan was passed over."""
        with self.writing() as session:
            row = _take(session, CircuitRow, circuit_id)
            row.skipped = json.dumps(sorted({*rows.circuit(row).skipped, position}))

    def end_circuit(self, circuit_id: str, reason: str, *, when: datetime | None = None) -> None:
        """The circuit is over: reason as in Circuit."""
        with self.writing() as session:
            row = _take(session, CircuitRow, circuit_id)
            row.ended_ms, row.end_reason = rows.ms(when or rows.now()), reason

    def answer_effort(self, circuit_id: str, effort: int | None) -> None:
        """How hard the circuit was, 0..10, None = not answered."""
        with self.writing() as session:
            _take(session, CircuitRow, circuit_id).effort = effort

    # ---------------------------------------------------------------- sets

    def begin_set(self, start: SetStart, *, late: bool = False, first: Rep | None = None) -> None:
        """A set begins; one that is begun already stays as it is.

        first: its first attempt, written with it. late: it is kept only now, and was done by
        a program that has ended: its time tells its place.
        """
        begun_ms = rows.ms(start.when)
        with self.writing() as session:
            person = _take(session, ProfileRow, start.profile_id)
            if session.get(SetRow, start.id) is not None:
                return
            if start.circuit_id is not None:
                _get(session, CircuitRow, start.circuit_id)
            session.add(
                SetRow(
                    id=start.id,
                    number=next_number(session, person.id, start.when if late else None),
                    profile_id=start.profile_id,
                    circuit_id=start.circuit_id,
                    position=start.position,
                    exercise=start.exercise,
                    source=start.source,
                    begun_ms=begun_ms,
                    utc_offset_s=rows.offset_s(start.when),
                    clock_doubt=not late and _clock_jumped(session, start.profile_id, begun_ms),
                    updated_ms=begun_ms if late or first is None else rows.ms(rows.now()),
                    writer="" if late else this_writer(),
                    prescription=json.dumps(asdict(start.prescription)),
                    both_sides=start.both_sides,
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
            row = _take(session, SetRow, set_id)
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
            row = _take(session, SetRow, set_id)
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
            session.add_all(
                PictureRow(set_id=set_id, name=name, jpeg=jpeg)
                for name, jpeg in finished.pictures.items()
            )

    def mark_broken_off(self, set_id: str, *, when: datetime | None = None) -> None:
        """A running set is given up; its reps stay. One that is over stays as it is.

        when: at which moment; None = now.
        """
        with self.writing() as session:
            row = _take(session, SetRow, set_id)
            if row.ended_ms is None:
                row.end_reason = rows.BROKEN_OFF
                row.updated_ms = row.ended_ms = rows.ms(when or rows.now())

    def answer_pain(self, set_id: str, hurts: bool | None, level: int | None = None) -> None:
        """Whether a set hurt, None = not answered; and how much, 1..10, None = not said."""
        with self.writing() as session:
            row = _take(session, SetRow, set_id)
            row.pain, row.pain_level = hurts, level if hurts else None
            _touch(row)

    def note(self, set_id: str, text: str) -> None:
        """A note to a set, in place of the one there was."""
        with self.writing() as session:
            row = _take(session, SetRow, set_id)
            row.note = _clean(text).strip()
            _touch(row)

    def delete_set(self, set_id: str) -> None:
        """Delete a set for good: see delete_profile."""
        with self.writing() as session:
            session.delete(_take(session, SetRow, set_id))
        self._database.wipe()

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
        return tuple(self._past(_of_days(query, SetRow, since, until)))

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

    def version(self, profile_id: str) -> str:
        """A text that changes whenever something of a person's sets or circuits is written."""
        sets = select(func.count(), func.sum(SetRow.number), func.sum(SetRow.updated_ms)).where(
            SetRow.profile_id == profile_id
        )
        circuits = select(
            func.count(),
            func.sum(CircuitRow.begun_ms),
            func.sum(CircuitRow.ended_ms),
            func.sum(func.length(CircuitRow.skipped)),
            func.sum(1 + CircuitRow.effort),
        ).where(CircuitRow.profile_id == profile_id)
        with self.reading() as session:
            found = [*session.execute(sets).one(), *session.execute(circuits).one()]
        return " ".join(map(str, found))

    def past_set(self, set_id: str) -> PastSet:
        """A set by its id."""
        found = self._past(select(SetRow).where(SetRow.id == set_id))
        if not found:
            raise _missing(SetRow, set_id)
        return found[0]

    def load(self, set_id: str) -> FinishedSet:
        """A set with its report, pictures and signal.

        Of one that was broken off, or whose report is damaged, the report has the reps that
        were kept, and says so.
        """
        past = self.past_set(set_id)
        with self.reading() as session:
            row = _get(session, SetRow, set_id)
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


def _of_days(
    query: Select[Any], table: type[SetRow | CircuitRow], since: date | None, until: date | None
) -> Select[Any]:
    """Only what was begun on the days since..until of the person's own clock."""
    clock_ms = table.begun_ms + 1000 * table.utc_offset_s
    if since is not None:
        query = query.where(clock_ms >= _midnight_ms(since))
    if until is not None and until < date.max:
        query = query.where(clock_ms < _midnight_ms(until + timedelta(days=1)))
    return query


def _midnight_ms(day: date) -> int:
    return rows.ms(datetime.combine(day, time(), UTC))


def _get(session: Session, kind: type[Any], key: str) -> Any:
    row = session.get(kind, key)
    if row is None:
        raise _missing(kind, key)
    return row


def _take(session: Session, kind: type[Any], key: str) -> Any:
    """The same for changing it: others wait until it is done."""
    row = session.get(kind, key, with_for_update=True)
    if row is None:
        raise _missing(kind, key)
    return row


def _missing(kind: type[Any], key: str) -> NotInHistoryError:
    what = {"exercise_set": "set", "profile": "person"}.get(kind.__tablename__, kind.__tablename__)
    return NotInHistoryError(f"There is no {what} {key!r} in the history; perhaps it was deleted.")


def _is_finished(session: Session, set_id: str) -> bool:
    """Whether its report is there."""
    there = session.scalar(select(SetRow.report.is_not(None)).where(SetRow.id == set_id))
    return bool(there)


def _touch(row: SetRow) -> None:
    """Mark that something of it was written; what was broken off is not running again."""
    row.updated_ms = row.updated_ms + 1 if row.ended_ms is None else rows.ms(rows.now())


def _clean(text: str) -> str:
    """Text that every database takes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _free_name(session: Session, name: str, profile_id: str) -> str:
    name = " ".join(_clean(name).split())
    if not 1 <= len(name) <= 80:
        raise HistoryError("A name has 1 to 80 letters.")
    others = select(ProfileRow.name).where(ProfileRow.id != profile_id)
    if name.casefold() in (other.casefold() for other in session.scalars(others)):
        raise _taken(name)
    return name


def _flush_name(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        # Another window gave it away at the same moment.
        raise _taken(name) from None


def _taken(name: str) -> HistoryError:
    return HistoryError(f"There is a {name!r} already. Choose another name.")


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
    note = f"The set was broken off; the {reps} attempts until then were kept."
    if text is not None:
        try:
            return read_report(json.loads(text))
        except rows.DAMAGE:
            note = f"The report of this set is damaged; its {reps} attempts were kept."
    if past.exercise not in EXERCISES:
        raise HistoryError(
            f"The set is of the exercise {past.exercise!r}, which this formcheck does not know, "
            "and has no report. Update formcheck to see it."
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
