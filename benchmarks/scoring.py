"""What formcheck found in a set, set against what truly happened in it.

    record = truth_record(item, made, camera)       # what happened, JSON-ready
    outcome = score(record, frames)                 # benchmarks/rates.py adds up many

An attempt is a repetition or a partial one. Found and true attempts are paired
by how much of their time they share; every other comparison is made on pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.sets import BenchSet
from exerciser import truth
from exerciser.camera import Camera
from exerciser.movements import movement_of
from exerciser.sets import GeneratedSet
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.faults import PERCENTILE
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SIDE_NAMES, Rep
from formcheck.engine.rule import FaultRule
from formcheck.engine.session import SetSession, Step

#: Two attempts belong together when they share this much of their joint time.
MIN_OVERLAP = 0.2
#: A turn may be this far outside of an attempt to belong to it, seconds.
TURN_S = 0.25


@dataclass(frozen=True)
class FaultCheck:
    """One fault in one true repetition.

    size: the true one (unit of `Movement.faults`; magnitude), 0 when the fault
        was not asked for and stays below the mild limit.
    severity: true one: "none", "mild" or "marked". asked: the fault was put in.
    found: severity formcheck gave, "none", "not assessed", or "no rep" when the
        repetition itself was not found.
    assessable: whether it can be judged from this camera (exerciser.truth).
    right_side: for faults of one leg, whether the side was right.
    value: what formcheck read, in the unit of the rule's signal, at its worst; NaN when it
        read nothing. reason: why it was not assessed.
    """

    fault: str
    size: float
    severity: str
    asked: bool
    found: str
    assessable: bool
    right_side: bool = True
    at_s: float = float("nan")
    value: float = float("nan")
    reason: str = ""

    @property
    def seen(self) -> bool:
        """Whether formcheck found it."""
        return self.found in _ORDER[1:]

    @property
    def judged(self) -> bool:
        """Whether formcheck said anything of it."""
        return self.found in _ORDER


@dataclass(frozen=True)
class Attempt:
    """A true attempt with what was found at its time. Times in seconds.

    kind: "rep" or "partial"; found: the same, or "" for nothing.
    Errors are found minus true; NaN when there is nothing to compare. range_error_deg: of the
    range of motion, where it truly is an angle.
    values: signal -> (measured, true) at the turn of the repetition.
    """

    kind: str
    found: str
    start_s: float
    share: float
    side_right: bool
    hold_s: float
    hold_error_s: float
    start_error_s: float
    end_error_s: float
    faults: tuple[FaultCheck, ...]
    values: dict[str, tuple[float, float]] = field(default_factory=dict)
    range_error_deg: float = float("nan")
    top_error_s: float = float("nan")


@dataclass(frozen=True)
class Outcome:
    """One set, scored.

    view: group of cameras (sets.view_name). azimuth_deg: as formcheck saw it, NaN for not.
    most_reps: how many may be counted as well (half a one at an end of the recording).
    """

    id: str
    exercise: str
    view: str
    group: str
    tags: tuple[str, ...]
    true_reps: int
    found_reps: int
    true_partials: int
    found_partials: int
    attempts: tuple[Attempt, ...]
    unmatched: tuple[tuple[str, float], ...]
    posture: str
    crash: str = ""
    azimuth_deg: float = float("nan")
    most_reps: int = 0

    @property
    def count_error(self) -> int:
        return self.found_reps - self.true_reps

    @property
    def count_right(self) -> bool:
        """Whether the count is one that can be defended."""
        return self.true_reps <= self.found_reps <= max(self.most_reps, self.true_reps)


# ------------------------------------------------------------ truth in signals
def true_signals(made: GeneratedSet) -> dict[str, np.ndarray]:
    """True values in the units of formcheck's signals, where the two are comparable."""
    return movement_of(made.spec.exercise).signals(made)


def _at_top(t: np.ndarray, x: np.ndarray, top_s: float, start_s: float, change: bool) -> float:
    """Median within 0.2 s of the turn, less that of the second before the start."""
    near = np.abs(t - top_s) <= 0.2
    value = _median(x[near])
    if change:
        value -= _median(x[(t >= start_s - 0.9) & (t <= start_s - 0.1)])
    return value


# -------------------------------------------------------------------- one set
def truth_record(item: BenchSet, made: GeneratedSet, camera: Camera) -> dict[str, Any]:
    """What truly happened in a set, and all else that scoring needs to know of it.

    The same as exerciser.truth.reps, with the true signals at the turn of each
    repetition ("values") and which faults this camera can show ("assessable").
    """
    reps = []
    real = true_signals(made)
    movement = movement_of(item.exercise)
    for rep in truth.reps(made):
        values = {}
        for name, x in real.items():
            plain = name.split(".")[0]
            if item.view in movement.compared_in.get(plain, ()):
                change = plain in movement.signals_from_rest
                values[name] = round(
                    _at_top(made.time_s, x, rep["top_s"], rep["start_s"], change), 4
                )
        reps.append({**rep, "values": values})
    return {
        "id": item.id,
        "exercise": item.exercise,
        "view": item.view,
        "group": item.group,
        "tags": list(item.tags),
        "reps": reps,
        "assessable": {
            fault: truth.assessable(item.exercise, fault, camera) for fault in movement.faults
        },
    }


def score(record: Mapping[str, Any], frames: Iterable[PoseFrame]) -> Outcome:
    """Feed the landmarks of a set to formcheck and compare with its truth_record.

    A record of people nobody measured may leave out what is not known: start and end of a
    repetition (NaN), its side (""), the faults of `unscored`; `partials` says how many there
    were when not one by one.
    """
    steps: list[Step] = []
    exercise = record["exercise"]
    session = SetSession(exercise, on_step=steps.append)
    crash = ""
    try:
        for frame in frames:
            session.push(frame)
        report = session.finish()
    except Exception as error:  # one set that breaks the engine is a result, too
        crash = f"{type(error).__name__}: {error}"
        report = SetSession(exercise).finish()

    actual = record["reps"]
    found = [(r, "rep") for r in report.reps] + [(r, "partial") for r in report.partials]
    from_rest = movement_of(exercise).signals_from_rest
    pairs = _pair(actual, [r for r, _ in found])
    times = np.array([s.time_s for s in steps])
    measured = {
        name: np.array([s.values.get(name, np.nan) for s in steps])
        for name in (steps[0].values if steps else ())
    }
    attempts = []
    for number, true_rep in enumerate(actual):
        match = pairs.get(number)
        rep, kind = found[match] if match is not None else (None, "")
        values = {}
        for name, actual_value in true_rep["values"].items():
            if name in measured:
                change = name.split(".")[0] in from_rest
                seen = _at_top(
                    times, measured[name], true_rep["top_s"], true_rep["start_s"], change
                )
                values[name] = (seen, actual_value)
        readings = {
            rule.id: _reading(rule, rep, times, measured)
            for rule in EXERCISES[exercise].faults
            if rep is not None
        }
        attempts.append(_attempt(record, true_rep, rep, kind, values, readings))
    unmatched = tuple(
        (kind, rep.start_s) for i, (rep, kind) in enumerate(found) if i not in pairs.values()
    )
    true_reps = sum(r["kind"] == "rep" for r in actual)
    return Outcome(
        id=record["id"],
        exercise=exercise,
        view=record["view"],
        group=record["group"],
        tags=tuple(record["tags"]),
        true_reps=true_reps,
        most_reps=max(record.get("most", 0), true_reps),
        found_reps=len(report.reps),
        true_partials=record.get("partials", sum(r["kind"] == "partial" for r in actual)),
        found_partials=len(report.partials),
        attempts=tuple(attempts),
        unmatched=unmatched,
        posture=report.view.posture,
        crash=crash,
        azimuth_deg=float("nan" if report.view.azimuth_deg is None else report.view.azimuth_deg),
    )


def _reading(
    rule: FaultRule, rep: Rep, times: np.ndarray, measured: Mapping[str, np.ndarray]
) -> float:
    """The worst that a rule's signal said in a repetition, whether or not it was judged."""
    if rule.statistic == "extreme" or rule.phases == ("top",):
        span = (rep.top_s - 0.2, rep.top_s + 0.2)
    else:
        span = (rep.start_s, rep.end_s)
    inside = (times >= span[0]) & (times <= span[1])
    before = (times >= rep.start_s - 1.0) & (times <= rep.start_s - 0.1)
    rest = {name: _median(values[before]) for name, values in measured.items()}
    working = SIDE_NAMES.index(rep.side) if rep.side in SIDE_NAMES else None
    worst = float("nan")
    for reading in rule.readings(working):
        values = rule.worse * reading.value(measured, rest)[inside & reading.inside(measured)]
        if np.isfinite(values).any():
            worst = float(np.fmax(worst, np.nanpercentile(values, PERCENTILE)))
    return rule.worse * worst


def _median(values: np.ndarray) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def _pair(actual: Sequence[dict[str, Any]], found: Sequence[Any]) -> dict[int, int]:
    """True attempt -> found attempt, those that share the most time first."""
    shares = []
    for i, a in enumerate(actual):
        for j, b in enumerate(found):
            if np.isnan(a["start_s"]):  # only the turn is known
                away = abs(a["top_s"] - b.top_s)
                if b.start_s - TURN_S <= a["top_s"] <= b.end_s + TURN_S:
                    shares.append((1 / (1 + away), i, j))
                continue
            both = min(a["end_s"], b.end_s) - max(a["start_s"], b.start_s)
            either = max(a["end_s"], b.end_s) - min(a["start_s"], b.start_s)
            if both > MIN_OVERLAP * either:
                shares.append((both / either, i, j))
    pairs: dict[int, int] = {}
    for _, i, j in sorted(shares, reverse=True):
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return pairs


def _attempt(
    record: Mapping[str, Any],
    true_rep: dict[str, Any],
    rep: Any,
    kind: str,
    values: dict[str, tuple[float, float]],
    readings: Mapping[str, float],
) -> Attempt:
    nan = float("nan")
    asked_of = {f["id"] for f in true_rep["faults"] if f["requested"]}
    known = movement_of(record["exercise"]).faults
    unsteady = any(known[f["id"]].spoils_hold for f in true_rep["faults"])
    angle = movement_of(record["exercise"]).primary.endswith("_deg")
    both_reps = rep is not None and kind == "rep" and true_rep["kind"] == "rep"
    checks = []
    for rule in EXERCISES[record["exercise"]].faults:
        if rule.id not in record["assessable"] or true_rep["kind"] != "rep":
            continue
        if rule.id in true_rep.get("unscored", ()):
            continue
        mine = [f for f in true_rep["faults"] if f["id"] == rule.id]
        worst = max((f["severity"] for f in mine), key=_ORDER.index, default="none")
        sides = {f["side"] for f in mine if f["severity"] == worst} if mine else set()
        seen = [f for f in rep.faults if f.id == rule.id] if both_reps else []
        unjudged = [n for n in rep.not_assessed if n.id == rule.id] if both_reps else []
        if not both_reps:
            found = "no rep"
        elif unjudged:
            found = "not assessed"
        else:
            found = max((f.severity for f in seen), key=_ORDER.index, default="none")
        checks.append(
            FaultCheck(
                fault=rule.id,
                size=max((abs(f["size"]) for f in mine), default=0.0),
                severity=worst,
                asked=rule.id in asked_of,
                found=found,
                assessable=record["assessable"][rule.id],
                # Only where both name a leg is there something to compare.
                right_side=not (
                    {f.side for f in seen} <= {"left", "right"} and sides <= {"left", "right"}
                )
                or {f.side for f in seen} <= {f["side"] for f in mine},
                at_s=true_rep["top_s"] if np.isfinite(true_rep["top_s"]) else true_rep["start_s"],
                value=readings.get(rule.id, nan),
                reason=unjudged[0].reason if unjudged else "",
            )
        )
    return Attempt(
        kind=true_rep["kind"],
        found=kind if rep is not None else "",
        start_s=true_rep["start_s"],
        share=true_rep["share_of_full"],
        side_right=rep is not None and true_rep["side"] in ("", rep.side),
        hold_s=true_rep["hold_s"],
        # Someone who sinks does not hold still: when such a hold ends is a
        # matter of definition.
        hold_error_s=rep.hold_s - true_rep["hold_s"] if both_reps and not unsteady else nan,
        start_error_s=rep.start_s - true_rep["start_s"] if both_reps else nan,
        end_error_s=rep.end_s - true_rep["end_s"] if both_reps else nan,
        faults=tuple(checks),
        values=values,
        range_error_deg=rep.rom_deg - true_rep["excursion"] if both_reps and angle else nan,
        top_error_s=_turn_error(rep.top_s, true_rep) if both_reps else nan,
    )


def _turn_error(top_s: float, true_rep: Mapping[str, Any]) -> float:
    """Seconds after the true turn; nothing is wrong within a hold."""
    first, last = true_rep["top_s"], true_rep.get("top_end_s", np.nan)
    if np.isnan(first):
        return float("nan")
    return float(top_s - min(max(top_s, first), first if np.isnan(last) else last))


_ORDER = ("none", "mild", "marked")
