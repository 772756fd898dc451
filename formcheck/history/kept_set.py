"""A set as plain data, with all there is of it: for files outside the database."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Rep
from formcheck.engine.report_reader import read_rep, read_report
from formcheck.engine.trace import Trace
from formcheck.history.rows import moment
from formcheck.live.coached_set import FinishedSet
from formcheck.training.records import SetStart


@dataclass(slots=True)
class KeptSet:
    """A set, running or over.

    ended: when its end was kept. attempts: reps and partial attempts of one that is not
    over; finished: of one that is. The rest as in PastSet.
    """

    start: SetStart
    attempts: list[Rep] = field(default_factory=list)
    finished: FinishedSet | None = None
    ended: datetime | None = None
    end_reason: str = ""
    duration_s: float = 0.0
    pain: bool | None = None
    pain_level: int | None = None
    note: str = ""
    clock_doubt: bool = False

    @property
    def id(self) -> str:
        """Of the set."""
        return self.start.id

    @property
    def empty(self) -> bool:
        """Whether nothing was attempted in it."""
        if self.finished is None:
            return not self.attempts
        return not (self.finished.report.reps or self.finished.report.partials)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types; pictures are JPEG in base64."""
        over, start = self.finished, self.start
        return {
            "id": start.id,
            "profile": start.profile_id,
            "exercise": start.exercise,
            "when": start.when.isoformat(timespec="milliseconds"),
            "source": start.source,
            "prescription": asdict(start.prescription),
            "both_sides": start.both_sides,
            "circuit": start.circuit_id,
            "position": start.position,
            "attempts": [] if over else [rep.to_dict() for rep in self.attempts],
            "report": None if over is None else over.report.to_dict(),
            "trace": None if over is None or over.trace is None else over.trace.to_dict(),
            "pictures": {} if over is None else _as_text(over.pictures),
            "ended": self.ended and self.ended.isoformat(timespec="milliseconds"),
            "end_reason": self.end_reason,
            "duration_s": round(self.duration_s, 3),
            "pain": self.pain,
            "pain_level": self.pain_level,
            "note": self.note,
            "clock_doubt": self.clock_doubt,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> KeptSet:
        """Back from to_dict; raises ValueError with a sentence."""
        try:
            when = moment(data["when"])
            asked = Prescription(**data["prescription"])
            exercise = EXERCISES.get(data["exercise"])
            finished = None
            if data["report"] is not None:
                trace = None if data["trace"] is None else Trace.from_dict(data["trace"])
                report, shown = read_report(data["report"]), _as_bytes(data["pictures"])
                finished = FinishedSet(data["id"], when, report, asked, shown, trace)
            start = SetStart(
                id=data["id"],
                profile_id=data["profile"],
                exercise=str(data["exercise"]),
                prescription=asked,
                when=when,
                both_sides=bool(data["both_sides"]),
                source=data["source"],
                circuit_id=data["circuit"],
                position=data["position"],
            )
            return cls(
                start,
                attempts=[read_rep(one, exercise) for one in data["attempts"]],
                finished=finished,
                ended=None if data["ended"] is None else moment(data["ended"]),
                end_reason=data["end_reason"],
                duration_s=float(data["duration_s"]),
                pain=data["pain"],
                pain_level=data["pain_level"],
                note=data["note"],
                clock_doubt=data["clock_doubt"],
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"a set in it is damaged ({error!r})") from None


def _as_text(pictures: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(jpeg).decode("ascii") for name, jpeg in pictures.items()}


def _as_bytes(pictures: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(text, validate=True) for name, text in pictures.items()}
