"""Rows of the database as the records they stand for, and back.

One damaged row makes nothing else unreadable: what can be told of it is told, and the
record says what is missing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeVar

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import NotAssessed, Rep
from formcheck.engine.report_reader import read_rep
from formcheck.history.errors import HistoryError
from formcheck.history.tables import (
    CircuitRow,
    EnrolmentRow,
    PictureRow,
    ProfileRow,
    RepRow,
    SetRow,
)
from formcheck.history.writer import is_gone
from formcheck.language import N_
from formcheck.training.records import Circuit, Enrolment, PastSet, Profile, SetStart, SetState

#: A running set in which nothing was written for this long is no longer running, seconds.
BROKEN_OFF_S: Final = 600.0
#: The end_reason of a set that was given up.
BROKEN_OFF: Final = "broken off"
#: What reading a damaged text or number raises.
DAMAGE: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)

_DAY_MS: Final = 86_400_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_S: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

T = TypeVar("T")


def profile(row: ProfileRow) -> Profile:
    """A person."""
    return Profile(row.id, row.name, local(row.created_ms, offset_s(now())))


def enrolment(row: EnrolmentRow) -> Enrolment:
    """A programme that is followed; raises HistoryError when it is damaged."""
    try:
        programme = json.loads(row.programme)
        if not isinstance(programme, dict):
            raise TypeError
    except DAMAGE:
        raise HistoryError(
            N_(
                "The programme that is followed cannot be read from the history. Start it again; "
                "what was done stays."
            )
        ) from None
    return Enrolment(
        row.id,
        row.profile_id,
        programme,
        row.phase,
        local(row.begun_ms, row.utc_offset_s),
        local(row.phase_since_ms, row.utc_offset_s),
        None if row.ended_ms is None else local(row.ended_ms, row.utc_offset_s),
    )


def circuit(row: CircuitRow) -> Circuit:
    """A round."""
    problems: list[str] = []
    none: tuple[int, ...] = ()
    skipped = _told(lambda: tuple(int(p) for p in json.loads(row.skipped)), none, problems, "")
    return Circuit(
        row.id,
        row.profile_id,
        row.enrolment_id,
        row.phase,
        local(row.begun_ms, row.utc_offset_s),
        skipped,
        None if row.ended_ms is None else local(row.ended_ms, row.utc_offset_s),
        row.end_reason,
        row.effort,
    )


def past_set(row: SetRow, texts: Sequence[str]) -> PastSet:
    """A set. texts: JSON of its reps and partial attempts, in order."""
    problems: list[str] = []
    exercise = EXERCISES.get(row.exercise)
    if exercise is None:
        problems.append(
            N_(
                "This formcheck does not know the exercise {exercise!r}: update it to see all of "
                "the set."
            ).format(exercise=row.exercise)
        )
    reps = read_reps(texts, exercise, problems)
    return PastSet(
        id=row.id,
        profile_id=row.profile_id,
        when=_told(
            lambda: _local(row.begun_ms, row.utc_offset_s),
            _EPOCH,
            problems,
            N_("When it was done cannot be read."),
        ),
        duration_s=row.duration_s or max((rep.end_s for rep in reps), default=0.0),
        exercise=row.exercise,
        state=_state(row),
        end_reason=row.end_reason,
        source="video" if row.source == "video" else "live",
        prescription=_told(
            lambda: Prescription(**json.loads(row.prescription)),
            Prescription(),
            problems,
            N_("What was prescribed for it cannot be read."),
        ),
        both_sides=row.both_sides,
        reps=tuple(rep for rep in reps if rep.why is None),
        partials=tuple(rep for rep in reps if rep.why is not None),
        not_assessed=_told(
            lambda: {
                name: NotAssessed(id=name, **one)
                for name, one in json.loads(row.not_assessed).items()
            },
            {},
            problems,
            N_("What was not assessed in it cannot be read."),
        ),
        model=row.model,
        formcheck_version=row.formcheck_version,
        circuit_id=row.circuit_id,
        position=row.position,
        pain=row.pain,
        pain_level=row.pain_level,
        note=row.note,
        # Nothing was done in the future, either.
        clock_doubt=row.clock_doubt or row.begun_ms > ms(now()) + _DAY_MS,
        problem=" ".join(problems),
    )


def read_reps(texts: Sequence[str], exercise: Exercise | None, problems: list[str]) -> list[Rep]:
    """The reps that can be read; of the others problems is told."""
    try:
        # In one go it takes half as long as one by one.
        return [read_rep(data, exercise) for data in json.loads(f"[{','.join(texts)}]")]
    except DAMAGE:
        pass
    found = []
    for text in texts:
        try:
            found.append(read_rep(json.loads(text), exercise))
        except DAMAGE:
            continue
    missing = len(texts) - len(found)
    problems.append(N_("{n} of its {of} attempts cannot be read.").format(n=missing, of=len(texts)))
    return found


def set_row(start: SetStart, **more: Any) -> SetRow:
    """The row of a set. more: the columns that its start does not tell."""
    return SetRow(
        id=start.id,
        profile_id=start.profile_id,
        circuit_id=start.circuit_id,
        position=start.position,
        exercise=start.exercise,
        source=start.source,
        begun_ms=ms(start.when),
        utc_offset_s=offset_s(start.when),
        prescription=json.dumps(asdict(start.prescription)),
        both_sides=start.both_sides,
        **more,
    )


def rep_row(set_id: str, rep: Rep) -> RepRow:
    """The row of a rep or partial attempt."""
    return RepRow(
        set_id=set_id,
        partial=rep.why is not None,
        position=rep.index,
        side=rep.side,
        rom_deg=rep.rom_deg,
        hold_s=rep.hold_s,
        data=json.dumps(rep.to_dict()),
    )


def picture_rows(set_id: str, pictures: Mapping[str, bytes]) -> list[PictureRow]:
    """The rows of a set's pictures."""
    return [PictureRow(set_id=set_id, name=name, jpeg=jpeg) for name, jpeg in pictures.items()]


def new_id() -> str:
    """An id that nobody else has."""
    return uuid.uuid4().hex


def now() -> datetime:
    """The local time with its offset."""
    return datetime.now().astimezone()


def ms(when: datetime) -> int:
    """Milliseconds since 1970 in UTC; a time without an offset is this computer's."""
    return round(1000 * when.timestamp())


def moment(text: str) -> datetime:
    """The moment that isoformat() gave; raises ValueError, also without a time zone.

    Those of before 1970 and after 2199 are none: no clock of a computer tells them.
    """
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text!r} does not tell its time zone")
    if not 0 <= when.timestamp() < _LAST_S:
        raise ValueError(f"{text!r} is not of these two centuries")
    return when


def offset_s(when: datetime) -> int:
    """Seconds that its clock is ahead of UTC."""
    aware = when.astimezone() if when.tzinfo is None else when
    return round((aware.utcoffset() or timedelta()).total_seconds())


def local(at_ms: int, ahead_s: int) -> datetime:
    """The moment on the clock that was ahead of UTC so much; of what is none, 1970."""
    try:
        return _local(at_ms, ahead_s)
    except DAMAGE:
        return _EPOCH


def _local(at_ms: int, ahead_s: int) -> datetime:
    zone = timezone(timedelta(seconds=ahead_s))
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)


def _state(row: SetRow) -> SetState:
    if row.end_reason == BROKEN_OFF:
        return "broken_off"
    if row.ended_ms is not None:
        return "done"
    # The clock may have been put back meanwhile.
    quiet_s = abs(ms(now()) - row.updated_ms) / 1000
    return "broken_off" if quiet_s >= BROKEN_OFF_S or is_gone(row.writer) else "running"


def _told(read: Callable[[], T], otherwise: T, problems: list[str], problem: str) -> T:
    try:
        return read()
    except DAMAGE:
        problems.append(problem)
        return otherwise
