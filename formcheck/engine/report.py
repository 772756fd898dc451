"""What a set session has to say: verdicts, reps, the report and its JSON form.

The JSON form is a contract (``formcheck/engine/report.schema.json``): seconds are in
the recording's own time, angles in degrees, and every fault is either found,
absent, or listed as not assessed with the reason and the remedy.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from formcheck.engine.trust import known_error

SCHEMA = "formcheck.report/1"

Side = Literal["left", "right", "both"]
Posture = Literal[
    "standing", "supine", "reclined", "side_lying_left", "side_lying_right", "unknown"
]
#: From where the camera sees the person; and which way the person's front points in the picture.
ViewClass = Literal["front", "oblique", "side", "back", "unknown"]
Facing = Literal["camera", "away", "image_left", "image_right", "up", "unknown"]
Severity = Literal["mild", "marked"]
#: Sides by index.
SIDE_NAMES: Final[tuple[Side, Side]] = ("left", "right")
#: unseen: not enough of the person was seen; stream: pictures did not arrive; began, ended:
#: of the recording; posture: out of the exercise's; person: another one; walking, sitting;
#: jump: faster than anybody moves.
DropReason = Literal[
    "unseen", "stream", "began", "ended", "posture", "person", "walking", "sitting", "jump"
]
KeptKind = Literal["reps", "hold", "lift", "lower", "stand", "letters"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault found in one rep.

    value and unit are those of the rule's signal at its worst (after the
    baseline was taken off where the rule says so); at_s is that moment;
    landmark is the BlazePose index of the joint to point at. uncertainty is the
    standard error of the value where it comes with one, in the same unit. direction: which
    way it goes, where the rule tells that by the value's sign: "backward", "forward".
    """

    id: str
    side: Side
    severity: Severity
    value: float
    unit: str
    at_s: float
    cue: str
    landmark: int
    uncertainty: float | None = None
    direction: str = ""

    @property
    def size(self) -> float:
        """The value without the sign that says which way."""
        return abs(self.value) if self.direction else self.value


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """A fault that could not be judged, why, and what to change."""

    id: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rep:
    """One repetition (or, with ``why`` set, one partial attempt).

    Times in seconds, angles in degrees. rom_deg is the excursion of the
    exercise's primary signal from its rest level, peak_deg its extreme.
    hold_s is the time near the extreme while hardly moving; hold_clean_s the
    part of it in which no posture fault was on. Of a stand on one leg the hold is
    all the time standing so, and path_legs, where it is measured, the way of the free
    ankle about its hip in leg lengths.
    """

    index: int
    side: Side
    start_s: float
    top_s: float
    end_s: float
    hold_s: float
    hold_clean_s: float
    concentric_s: float
    eccentric_s: float
    rom_deg: float
    peak_deg: float
    faults: tuple[Fault, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    why: str | None = None
    path_legs: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The rep as plain JSON types, rounded to what the numbers can bear."""
        data = _rounded(asdict(self))
        data["faults"] = [
            {
                k: v
                for k, v in _rounded(asdict(f)).items()
                if k != "landmark" and (v or k != "direction")
            }
            for f in self.faults
        ]
        data["not_assessed"] = [asdict(n) for n in self.not_assessed]
        for optional in ("why", "path_legs"):
            if data[optional] is None:
                del data[optional]
        return data


@dataclass(frozen=True, slots=True)
class Dropped:
    """A movement of a fifth of the way or more that is neither a rep nor a partial.

    start_s, end_s: from when to when of it was seen. why: what was the matter, to be read
    after "a movement was not counted:".
    """

    start_s: float
    end_s: float
    reason: DropReason
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the poses came from. fps is the measured mean frame rate."""

    name: str
    width: int
    height: int
    fps: float
    duration_s: float
    frames: int
    frames_with_pose: int


@dataclass(frozen=True, slots=True)
class View:
    """How the camera saw the person for most of the set.

    posture: side_lying_left = lying on the left side, reclined = on the back with the
        shoulders raised.
    azimuth_deg: where the camera stands around the person, seen from above:
        0 = in front, +90 = at the person's left, -90 = at the right,
        180 = behind; None when it could not be told.
    facing: which way the person's front points in the picture.
    """

    posture: Posture
    azimuth_deg: float | None
    facing: Facing


@dataclass(frozen=True, slots=True)
class FaultSummary:
    """A fault over the whole set: in how many reps, their share, the worst value."""

    reps: int
    share: float
    worst: float
    unit: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The set in numbers.

    equal_sides: whether both sides did as many reps; None when both work together.
    """

    reps: int
    partials: int
    reps_left: int
    reps_right: int
    equal_sides: bool | None
    hold_s_total: float
    hold_s_median: float
    faults: dict[str, FaultSummary]
    not_assessed: dict[str, NotAssessed]


@dataclass(frozen=True, slots=True)
class Recognised:
    """How the exercise was recognised when nobody named it.

    probability: 0..1; others: the next likely ids with theirs.
    """

    probability: float
    others: dict[str, float]


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that was asked of a set, of one side of it, and how much of it was done.

    kind: reps = reps; hold, lift, lower = reps that kept the asked time of holding, lifting
    (concentric) and lowering (eccentric); stand = seconds on one leg; letters = letters
    that there was time for while standing so, not letters that were recognised.
    side: both where the sides are not asked for one by one. done: may be more than of,
    which for reps, stand and letters is what was asked, and for times the reps done.
    asked: reps or seconds; at_least: from how many on it was counted as kept.
    """

    kind: KeptKind
    side: Side
    done: int
    of: int
    asked: float
    at_least: float


@dataclass(frozen=True, slots=True)
class SetReport:
    """Everything that was measured in one set of one exercise.

    notes are sentences about what happened to the measurement itself (another
    person took over, the track was lost, the file broke off). adherence: what was done of
    what was asked, empty when nothing was. recognised: how the exercise was told when nobody
    named it. Read back by report_reader.read_report.

    >>> from formcheck.engine.session import SetSession
    >>> report = SetSession("squat").finish()
    >>> report.summary.reps, report.notes
    (0, ('Nobody was found in the picture.',))
    >>> report.to_dict()["schema"]
    'formcheck.report/1'
    """

    exercise: str
    source: Source
    view: View
    reps: tuple[Rep, ...]
    partials: tuple[Rep, ...]
    summary: Summary
    model: str
    formcheck_version: str
    notes: tuple[str, ...] = field(default=())
    recognised: Recognised | None = None
    adherence: tuple[Kept, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    schema: str = SCHEMA

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON types, rounded to what the numbers can bear."""
        return {
            "schema": self.schema,
            "exercise": self.exercise,
            "source": _rounded(asdict(self.source)),
            "view": _rounded(asdict(self.view)),
            "reps": [rep.to_dict() for rep in self.reps],
            "partials": [rep.to_dict() for rep in self.partials],
            "summary": {
                **_rounded(asdict(self.summary)),
                "faults": {k: _rounded(asdict(v)) for k, v in self.summary.faults.items()},
                "not_assessed": {
                    k: {"reason": v.reason, "remedy": v.remedy}
                    for k, v in self.summary.not_assessed.items()
                },
            },
            "model": self.model,
            "formcheck_version": self.formcheck_version,
            "notes": list(self.notes),
            "recognised": None if self.recognised is None else _recognised_dict(self.recognised),
            "adherence": [_rounded(asdict(kept)) for kept in self.adherence],
            "dropped": [_rounded(asdict(one)) for one in self.dropped],
            "known_error": known_error(self.exercise),
        }

    def to_json(self) -> str:
        """The report as JSON text (UTF-8, two-space indent, ends with a newline)."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in values.items()}


def _recognised_dict(found: Recognised) -> dict[str, Any]:
    return {"probability": round(found.probability, 3), "others": _rounded(found.others)}
