"""The history of everybody who trains here: what was done, kept the moment it is done."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from formcheck.coached_set import FinishedSet
from formcheck.exercise import Prescription
from formcheck.exercises import EXERCISES
from formcheck.history.database import HistoryError, database_url, open_database
from formcheck.history.records import Circuit, Enrolment, PastSet, Profile, SetState
from formcheck.history.tables import (
    CircuitRow,
    EnrolmentRow,
    PictureRow,
    ProfileRow,
    ProgrammeRow,
    RepRow,
    SetRow,
)
from formcheck.report import NotAssessed, Rep, SetReport, Source, View
from formcheck.reporting.report_reader import read_rep, read_report
from formcheck.reporting.trace import Trace
from formcheck.summary import summarise

__all__ = ["History", "new_id"]

#: A running set in which nothing was written for this long is no longer running, seconds.
BROKEN_OFF_S = 600.0


def new_id() -> str:
    """An id that nobody else has."""
    return uuid.uuid4().hex


class History:
    """The history in a database; safe to use from several threads and several programs.

    url: a SQLAlchemy URL; None = database_url(). Opening makes the database or brings it
    up to date. Every method raises HistoryError with a sentence when the database cannot
    be read or written, and each writes all of its change or nothing.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = url or database_url()
        self._engine = open_database(self.url)

    def close(self) -> None:
        """Give the database free."""
        self._engine.dispose()

    # -------------------------------------------------------------- people

    def profiles(self) -> tuple[Profile, ...]:
        """Everybody, the first one first."""
        with self._session() as session:
            rows = session.scalars(select(ProfileRow).order_by(ProfileRow.created_ms)).all()
            return tuple(_profile(row) for row in rows)

    def add_profile(self, name: str) -> Profile:
        """A new person; the name must not be taken."""
        name = " ".join(name.split())
        if not 1 <= len(name) <= 80:
            raise HistoryError("A name has 1 to 80 letters.")
        with self._session() as session, session.begin():
            if session.scalar(select(ProfileRow).where(ProfileRow.name == name)):
                raise HistoryError(f"There is a {name!r} already.")
            row = ProfileRow(id=new_id(), name=name, created_ms=_ms(_now()))
            session.add(row)
            return _profile(row)

    def rename_profile(self, profile_id: str, name: str) -> None:
        """Give a person another name."""
        with self._session() as session, session.begin():
            self._get(session, ProfileRow, profile_id).name = " ".join(name.split())

    def delete_profile(self, profile_id: str) -> None:
        """Delete a person with all that was kept, for good."""
        with self._session() as session, session.begin():
            session.delete(self._get(session, ProfileRow, profile_id))

    # ---------------------------------------------------------- programmes

    def own_programmes(self) -> tuple[Mapping[str, Any], ...]:
        """The programmes people wrote themselves, as Programme.to_dict gave them."""
        with self._session() as session:
            rows = session.scalars(select(ProgrammeRow).order_by(ProgrammeRow.id)).all()
            return tuple(json.loads(row.data) for row in rows)

    def save_programme(self, data: Mapping[str, Any]) -> None:
        """Keep a programme of one's own, in place of the one with the same id."""
        with self._session() as session, session.begin():
            text = json.dumps(data)
            session.merge(ProgrammeRow(id=data["id"], data=text, saved_ms=_ms(_now())))

    def delete_programme(self, programme_id: str) -> None:
        """Delete a programme of one's own; who follows it goes on with it."""
        with self._session() as session, session.begin():
            session.delete(self._get(session, ProgrammeRow, programme_id))

    def enrol(self, profile_id: str, programme: Mapping[str, Any], phase: int = 0) -> Enrolment:
        """Begin a programme; the one followed until now ends."""
        now = _now()
        with self._session() as session, session.begin():
            self._get(session, ProfileRow, profile_id)
            session.execute(
                update(EnrolmentRow)
                .where(EnrolmentRow.profile_id == profile_id, EnrolmentRow.ended_ms.is_(None))
                .values(ended_ms=_ms(now))
            )
            row = EnrolmentRow(
                id=new_id(),
                profile_id=profile_id,
                programme=json.dumps(programme),
                phase=phase,
                begun_ms=_ms(now),
                phase_since_ms=_ms(now),
                utc_offset_s=_offset_s(now),
            )
            session.add(row)
            return _enrolment(row)

    def enrolment(self, profile_id: str) -> Enrolment | None:
        """The programme that a person follows now."""
        with self._session() as session:
            row = session.scalars(
                select(EnrolmentRow)
                .where(EnrolmentRow.profile_id == profile_id, EnrolmentRow.ended_ms.is_(None))
                .order_by(EnrolmentRow.begun_ms.desc())
            ).first()
            return None if row is None else _enrolment(row)

    def set_phase(self, enrolment_id: str, phase: int) -> Enrolment:
        """Go to another phase of the programme."""
        with self._session() as session, session.begin():
            row = self._get(session, EnrolmentRow, enrolment_id)
            row.phase, row.phase_since_ms = phase, _ms(_now())
            return _enrolment(row)

    def end_enrolment(self, enrolment_id: str) -> None:
        """Follow it no longer; what was done stays."""
        with self._session() as session, session.begin():
            self._get(session, EnrolmentRow, enrolment_id).ended_ms = _ms(_now())

    # ------------------------------------------------------------ circuits

    def begin_circuit(self, enrolment: Enrolment, *, when: datetime | None = None) -> Circuit:
        """Begin a round of the present phase. when: local time with its offset; None = now."""
        now = when or _now()
        with self._session() as session, session.begin():
            row = CircuitRow(
                id=new_id(),
                profile_id=enrolment.profile_id,
                enrolment_id=enrolment.id,
                phase=enrolment.phase,
                begun_ms=_ms(now),
                utc_offset_s=_offset_s(now),
                skipped="[]",
                end_reason="",
            )
            session.add(row)
            return _circuit(row)

    def circuit(self, circuit_id: str) -> Circuit:
        """A circuit by its id."""
        with self._session() as session:
            return _circuit(self._get(session, CircuitRow, circuit_id))

    def circuits(
        self, profile_id: str, *, since: date | None = None, until: date | None = None
    ) -> tuple[Circuit, ...]:
        """A person's circuits, the oldest first; of the days since..until."""
        with self._session() as session:
            query = select(CircuitRow).where(CircuitRow.profile_id == profile_id)
            rows = session.scalars(query.order_by(CircuitRow.begun_ms)).all()
            found = [_circuit(row) for row in rows]
        return tuple(c for c in found if _within(c.begun.date(), since, until))

    def skip(self, circuit_id: str, position: int) -> None:
        """Note that a set of the circuit's plan was passed over."""
        with self._session() as session, session.begin():
            row = self._get(session, CircuitRow, circuit_id)
            row.skipped = json.dumps(sorted({*json.loads(row.skipped), position}))

    def end_circuit(self, circuit_id: str, reason: str, *, when: datetime | None = None) -> None:
        """The circuit is over: reason as in Circuit."""
        with self._session() as session, session.begin():
            row = self._get(session, CircuitRow, circuit_id)
            row.ended_ms, row.end_reason = _ms(when or _now()), reason

    def answer_effort(self, circuit_id: str, effort: int | None) -> None:
        """How hard the circuit was, 0..10, None = not answered."""
        with self._session() as session, session.begin():
            self._get(session, CircuitRow, circuit_id).effort = effort

    # ---------------------------------------------------------------- sets

    def begin_set(
        self,
        set_id: str,
        profile_id: str,
        exercise: str,
        *,
        prescription: Prescription,
        both_sides: bool = True,
        source: Literal["live", "video"] = "live",
        circuit_id: str | None = None,
        position: int | None = None,
        when: datetime | None = None,
    ) -> None:
        """A set begins. set_id: see new_id. when: local time with its offset; None = now."""
        now = when or _now()
        with self._session() as session, session.begin():
            self._get(session, ProfileRow, profile_id)
            number = 1 + (session.scalar(select(func.max(SetRow.number))) or 0)
            session.add(
                SetRow(
                    id=set_id,
                    number=number,
                    profile_id=profile_id,
                    circuit_id=circuit_id,
                    position=position,
                    exercise=exercise,
                    source=source,
                    begun_ms=_ms(now),
                    utc_offset_s=_offset_s(now),
                    updated_ms=_ms(now),
                    prescription=json.dumps(asdict(prescription)),
                    both_sides=both_sides,
                )
            )

    def add_rep(self, set_id: str, rep: Rep) -> None:
        """Keep a rep (or, with why, a partial attempt) of a running set. Twice is once."""
        with self._session() as session, session.begin():
            row = self._get(session, SetRow, set_id)
            known = session.scalar(
                select(RepRow).where(
                    RepRow.set_id == set_id,
                    RepRow.partial == (rep.why is not None),
                    RepRow.position == rep.index,
                )
            )
            if known is None:
                session.add(_rep_row(set_id, rep))
            row.updated_ms = _ms(_now())

    def finish_set(
        self, set_id: str, finished: FinishedSet, *, end_reason: str, duration_s: float
    ) -> None:
        """The set is over: its report takes the place of the reps kept until now."""
        report = finished.report
        with self._session() as session, session.begin():
            row = self._get(session, SetRow, set_id)
            session.execute(delete(RepRow).where(RepRow.set_id == set_id))
            session.add_all(_rep_row(set_id, rep) for rep in (*report.reps, *report.partials))
            data = report.to_dict()
            row.report = json.dumps(data)
            row.trace = json.dumps(finished.trace.to_dict()) if finished.trace else None
            row.not_assessed = json.dumps(data["summary"]["not_assessed"])
            row.model, row.formcheck_version = report.model, report.formcheck_version
            row.end_reason, row.duration_s = end_reason, duration_s
            row.updated_ms = row.ended_ms = _ms(_now())
            for name, jpeg in finished.pictures.items():
                session.merge(PictureRow(set_id=set_id, name=name, jpeg=jpeg))

    def answer_pain(self, set_id: str, hurts: bool | None, level: int | None = None) -> None:
        """Whether a set hurt, None = not answered; and how much, 1..10, None = not said."""
        with self._session() as session, session.begin():
            row = self._get(session, SetRow, set_id)
            row.pain, row.pain_level = hurts, level if hurts else None

    def note(self, set_id: str, text: str) -> None:
        """A note to a set, in place of the one there was."""
        with self._session() as session, session.begin():
            self._get(session, SetRow, set_id).note = text.strip()

    def delete_set(self, set_id: str) -> None:
        """Delete a set for good."""
        with self._session() as session, session.begin():
            session.delete(self._get(session, SetRow, set_id))

    def sets(
        self,
        profile_id: str,
        *,
        exercise: str | None = None,
        since: date | None = None,
        until: date | None = None,
        circuit_id: str | None = None,
    ) -> tuple[PastSet, ...]:
        """A person's sets in the order in which they were done; days since..until, both in."""
        query = select(SetRow).where(SetRow.profile_id == profile_id)
        if exercise is not None:
            query = query.where(SetRow.exercise == exercise)
        if circuit_id is not None:
            query = query.where(SetRow.circuit_id == circuit_id)
        found = self._past(query.order_by(SetRow.number))
        return tuple(one for one in found if _within(one.day, since, until))

    def past_set(self, set_id: str) -> PastSet:
        """A set by its id."""
        found = self._past(select(SetRow).where(SetRow.id == set_id))
        if not found:
            raise HistoryError(f"There is no set {set_id!r} in the history.")
        return found[0]

    def load(self, set_id: str) -> FinishedSet:
        """A set with its report, pictures and signal.

        Of one that was broken off the report has the reps that were kept, and says so.
        """
        past = self.past_set(set_id)
        with self._session() as session:
            row = self._get(session, SetRow, set_id)
            report = _report(past) if row.report is None else read_report(json.loads(row.report))
            trace = None if row.trace is None else Trace.from_dict(json.loads(row.trace))
            kept = select(PictureRow).where(PictureRow.set_id == set_id).order_by(PictureRow.name)
            pictures = {picture.name: picture.jpeg for picture in session.scalars(kept)}
        return FinishedSet(set_id, past.when, report, past.prescription, pictures, trace)

    # ------------------------------------------------------------- helpers

    def _session(self) -> Session:
        return Session(self._engine, expire_on_commit=False)

    def _get(self, session: Session, kind: type[Any], key: str) -> Any:
        row = session.get(kind, key)
        if row is None:
            what = kind.__tablename__.replace("exercise_", "")
            raise HistoryError(f"There is no {what} {key!r} in the history.")
        return row

    def _past(self, query: Select[SetRow]) -> list[PastSet]:
        with self._session() as session:
            rows = session.scalars(query).all()
            reps: dict[str, list[Rep]] = {row.id: [] for row in rows}
            ids = query.with_only_columns(SetRow.id).order_by(None)
            found = session.execute(
                select(RepRow.set_id, RepRow.data)
                .where(RepRow.set_id.in_(ids))
                .order_by(RepRow.position)
            )
            exercises = {row.id: row.exercise for row in rows}
            for set_id, data in found:
                if set_id in reps:
                    exercise = EXERCISES.get(exercises[set_id])
                    reps[set_id].append(read_rep(json.loads(data), exercise))
            return [_past(row, reps[row.id]) for row in rows]


def _past(row: SetRow, reps: list[Rep]) -> PastSet:
    state: SetState = "done"
    if row.ended_ms is None:
        quiet_s = (_ms(_now()) - row.updated_ms) / 1000
        state = "running" if 0 <= quiet_s < BROKEN_OFF_S else "broken_off"
    done = tuple(rep for rep in reps if rep.why is None)
    last_s = max((rep.end_s for rep in reps), default=0.0)
    return PastSet(
        id=row.id,
        profile_id=row.profile_id,
        when=_local(row.begun_ms, row.utc_offset_s),
        duration_s=row.duration_s or last_s,
        exercise=row.exercise,
        state=state,
        end_reason=row.end_reason,
        source="video" if row.source == "video" else "live",
        prescription=Prescription(**json.loads(row.prescription)),
        both_sides=row.both_sides,
        reps=done,
        partials=tuple(rep for rep in reps if rep.why is not None),
        not_assessed={
            name: NotAssessed(id=name, **one) for name, one in json.loads(row.not_assessed).items()
        },
        model=row.model,
        formcheck_version=row.formcheck_version,
        circuit_id=row.circuit_id,
        position=row.position,
        pain=row.pain,
        pain_level=row.pain_level,
        note=row.note,
        clock_doubt=row.clock_doubt,
    )


def _report(past: PastSet) -> SetReport:
    """The report of a set that never came to its end."""
    reps = len(past.reps) + len(past.partials)
    return SetReport(
        exercise=past.exercise,
        source=Source("webcam", 0, 0, 0.0, past.duration_s, 0, 0),
        view=View("unknown", None, "unknown"),
        reps=past.reps,
        partials=past.partials,
        summary=summarise(EXERCISES[past.exercise], past.reps, past.partials),
        model=past.model,
        formcheck_version=past.formcheck_version,
        notes=(f"The set was broken off; the {reps} attempts until then were kept.",),
    )


def _rep_row(set_id: str, rep: Rep) -> RepRow:
    return RepRow(
        set_id=set_id,
        partial=rep.why is not None,
        position=rep.index,
        side=rep.side,
        rom_deg=rep.rom_deg,
        hold_s=rep.hold_s,
        data=json.dumps(rep.to_dict()),
    )


def _profile(row: ProfileRow) -> Profile:
    return Profile(row.id, row.name, _local(row.created_ms, _offset_s(_now())))


def _enrolment(row: EnrolmentRow) -> Enrolment:
    ended = None if row.ended_ms is None else _local(row.ended_ms, row.utc_offset_s)
    return Enrolment(
        row.id,
        row.profile_id,
        json.loads(row.programme),
        row.phase,
        _local(row.begun_ms, row.utc_offset_s),
        _local(row.phase_since_ms, row.utc_offset_s),
        ended,
    )


def _circuit(row: CircuitRow) -> Circuit:
    ended = None if row.ended_ms is None else _local(row.ended_ms, row.utc_offset_s)
    return Circuit(
        row.id,
        row.profile_id,
        row.enrolment_id,
        row.phase,
        _local(row.begun_ms, row.utc_offset_s),
        tuple(json.loads(row.skipped)),
        ended,
        row.end_reason,
        row.effort,
    )


def _now() -> datetime:
    return datetime.now().astimezone()


def _ms(when: datetime) -> int:
    return round(1000 * when.timestamp())


def _offset_s(when: datetime) -> int:
    return round((when.utcoffset() or timedelta()).total_seconds())


def _local(ms: int, offset_s: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(timezone(timedelta(seconds=offset_s)))


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day <= until)
