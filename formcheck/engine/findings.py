"""What was found in a set, fault by fault, the most important first.

The order is that in which a person should hear of it: what is marked before what is
mild; losing balance, then knees and pelvis, then the rest of the posture, then how far
the movement goes, then its tempo (docs/clinical.md, Conventions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.report import Fault, Rep, SetReport, Severity
from formcheck.engine.rule import FaultRule, Importance
from formcheck.engine.wording import unseen_rep

#: What a rep was on the whole; mild, marked: the worst fault in it.
Verdict = Literal["clean", "mild", "marked", "not_assessed"]

#: Of a fault that is in most reps, the worst few tell enough.
SHOWN_PER_FAULT: Final = 3

#: What a fault is about, the most important first.
_ORDER: Final[tuple[Importance | Literal["asked"], ...]] = (
    "balance", "knee_pelvis", "posture", "range", "asked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault over the whole set.

    title: what it is, in words; cue: what to do about it; severity: its worst;
    cases: every rep that has it with the fault, the worst first; rep_indices: the
    numbers of these reps in order; share: of all reps, 0..1. rank: the smaller, the
    sooner a person should hear of it.
    """

    fault_id: str
    title: str
    cue: str
    severity: Severity
    cases: tuple[tuple[Rep, Fault], ...]
    rep_indices: tuple[int, ...]
    share: float
    rank: tuple[int, int]

    @property
    def worst(self) -> tuple[Rep, Fault]:
        """The rep in which it was worst, with the fault."""
        return self.cases[0]


def rank(about: Importance | Literal["asked"], severity: Severity = "marked") -> tuple[int, int]:
    """Sorts faults by when to speak of them: the smaller, the sooner."""
    return (0 if severity == "marked" else 1, _ORDER.index(about))


def importance(fault_id: str, exercise: Exercise, severity: Severity = "marked") -> tuple[int, int]:
    """The rank of a fault of an exercise."""
    if fault_id in PRESCRIBED_FAULTS:
        return rank("asked", severity)
    of = (rule.importance for rule in exercise.faults if rule.id == fault_id)
    return rank(next(of, "posture"), severity)


def title_of(fault_id: str, exercise: Exercise) -> str:
    """A fault's name in words: "knee falls inward"."""
    for rule in exercise.faults:
        if rule.id == fault_id:
            return rule.title
    return PRESCRIBED_FAULTS.get(fault_id, fault_id.replace("_", " "))


def findings(report: SetReport, exercise: Exercise) -> tuple[Finding, ...]:
    """Every fault of the set's reps, the most important first, the frequent before the rare."""
    cases: dict[str, list[tuple[Rep, Fault]]] = {}
    for rep in report.reps:
        for fault in rep.faults:
            cases.setdefault(fault.id, []).append((rep, fault))
    rules = {rule.id: rule for rule in exercise.faults}
    found = [
        _finding(fault_id, own, rules.get(fault_id), exercise, len(report.reps))
        for fault_id, own in cases.items()
    ]
    return tuple(sorted(found, key=lambda f: (f.rank, -f.share)))


def clean_rep(report: SetReport, exercise: Exercise) -> Rep | None:
    """The first rep that was judged and in which no fault was found."""
    return next((r for r in report.reps if verdict(r, exercise) == "clean"), None)


def best_and_worst(report: SetReport, exercise: Exercise) -> tuple[Rep, Rep] | None:
    """Two reps to compare: the one to do it like, and the one to mend. None below two reps.

    The worst has the fault to hear of first, where it was worst; the best is of the same side
    where there is one. Of reps without faults they are those that went furthest and least far.
    """
    if len(report.reps) < 2:
        return None
    found = findings(report, exercise)
    least = min(report.reps, key=lambda rep: rep.rom_deg)
    worst = found[0].worst[0] if found else least
    others = [rep for rep in report.reps if rep is not worst]
    return min(others, key=lambda rep: (rep.side != worst.side, badness(rep, exercise))), worst


def badness(rep: Rep, exercise: Exercise) -> tuple[int, int, float]:
    """Sorts reps, the best first: clean before slight before clear faults, then how far it went."""
    order: tuple[Verdict, ...] = ("clean", "mild", "not_assessed", "marked")
    return order.index(verdict(rep, exercise)), len(rep.faults), -rep.rom_deg


def best_of_sides(report: SetReport, exercise: Exercise) -> tuple[Rep, ...]:
    """The best rep of each side that worked."""
    sides = dict.fromkeys(rep.side for rep in report.reps)
    return tuple(
        min((rep for rep in report.reps if rep.side == side), key=lambda r: badness(r, exercise))
        for side in sides
    )


def verdict(rep: Rep, exercise: Exercise) -> Verdict:
    """What a rep was on the whole. What could not be seen at all is no clean rep."""
    severities = {fault.severity for fault in rep.faults}
    if severities:
        return "marked" if "marked" in severities else "mild"
    return "not_assessed" if unseen_rep(rep, exercise) else "clean"


def _finding(
    fault_id: str,
    cases: list[tuple[Rep, Fault]],
    rule: FaultRule | None,
    exercise: Exercise,
    reps: int,
) -> Finding:
    more_is_worse = rule is not None and rule.marked > rule.mild
    sign = -1.0 if more_is_worse else 1.0
    # By the values as a report's JSON has them, so that one read back shows the same cases.
    ordered = sorted(cases, key=lambda c: (c[1].severity != "marked", sign * round(c[1].size, 3)))
    indices = tuple(sorted({rep.index for rep, _ in cases}))
    return Finding(
        fault_id=fault_id,
        title=title_of(fault_id, exercise),
        cue=ordered[0][1].cue,
        severity=ordered[0][1].severity,
        cases=tuple(ordered),
        rep_indices=indices,
        share=len(indices) / reps,
        rank=importance(fault_id, exercise, ordered[0][1].severity),
    )
