"""Programmes that people wrote themselves, and who follows which programme."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Update, select, update

from formcheck.history import rows
from formcheck.history.tables import EnrolmentRow, ProfileRow, ProgrammeRow
from formcheck.history.transactions import Transactions, take
from formcheck.training.records import Enrolment

_LOG = logging.getLogger(__name__)


class Programmes(Transactions):
    """The programmes and enrolments of a history."""

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
        self.delete(ProgrammeRow, programme_id)

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
            take(session, ProfileRow, profile_id)
            session.execute(ending(profile_id, now))
            row = EnrolmentRow(
                id=rows.new_id(),
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
        with self.changing(EnrolmentRow, enrolment_id) as row:
            row.phase, row.phase_since_ms = phase, rows.ms(when or rows.now())
            return rows.enrolment(row)

    def end_enrolment(self, enrolment_id: str) -> None:
        """Follow it no longer; what was done stays."""
        with self.changing(EnrolmentRow, enrolment_id) as row:
            row.ended_ms = rows.ms(rows.now())


def ending(profile_id: str, when: datetime) -> Update:
    """To end what the person follows until now."""
    return (
        update(EnrolmentRow)
        .where(EnrolmentRow.profile_id == profile_id, EnrolmentRow.ended_ms.is_(None))
        .values(ended_ms=rows.ms(when))
    )
