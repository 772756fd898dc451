"""Circuits: the sets of one go through a phase of a programme."""

from __future__ import annotations

import json
from datetime import date, datetime

from sqlalchemy import select

from formcheck.history import rows
from formcheck.history.tables import CircuitRow
from formcheck.history.transactions import Transactions, of_days
from formcheck.training.records import Circuit, Enrolment


class Circuits(Transactions):
    """The circuits of a history."""

    def begin_circuit(
        self,
        enrolment: Enrolment,
        *,
        when: datetime | None = None,
        circuit_id: str | None = None,
    ) -> Circuit:
        """Begin a round of the present phase.

        when: local time with its offset; None = now. circuit_id: see rows.new_id; one that is
        there already is given back as it is.
        """
        now = when or rows.now()
        with self.writing() as session:
            known = session.get(CircuitRow, circuit_id) if circuit_id else None
            if known is not None:
                return rows.circuit(known)
            row = CircuitRow(
                id=circuit_id or rows.new_id(),
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

    def circuit(self, circuit_id: str) -> Circuit | None:
        """A circuit by its id; None when it was not begun yet, or was deleted."""
        with self.reading() as session:
            row = session.get(CircuitRow, circuit_id)
            return None if row is None else rows.circuit(row)

    def circuits(
        self, profile_id: str, *, since: date | None = None, until: date | None = None
    ) -> tuple[Circuit, ...]:
        """A person's circuits, the oldest first; of the days since..until."""
        query = of_days(
            select(CircuitRow).where(CircuitRow.profile_id == profile_id), CircuitRow, since, until
        )
        with self.reading() as session:
            found = session.scalars(query.order_by(CircuitRow.begun_ms, CircuitRow.id)).all()
            return tuple(rows.circuit(row) for row in found)

    def skip(self, circuit_id: str, position: int) -> None:
        """Note that a set of the circuit's plan was passed over."""
        with self.changing(CircuitRow, circuit_id) as row:
            row.skipped = json.dumps(sorted({*rows.circuit(row).skipped, position}))

    def end_circuit(self, circuit_id: str, reason: str, *, when: datetime | None = None) -> None:
        """The circuit is over: reason as in Circuit."""
        with self.changing(CircuitRow, circuit_id) as row:
            row.ended_ms, row.end_reason = rows.ms(when or rows.now()), reason

    def answer_effort(self, circuit_id: str, effort: int | None) -> None:
        """How hard the circuit was, 0..10, None = not answered."""
        with self.changing(CircuitRow, circuit_id) as row:
            row.effort = effort
