"""What formcheck found in a set, set against what truly happened in it.

    record = truth_record(item, made, camera)       # what happened, JSON-ready
    outcome = score(record, frames)                 # one set
    count_row(outcomes), errors(outcomes), fault_row(checks)   # many sets

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
#: Errors of holds and times beyond this are listed one by one, seconds.
LISTED_S = 0.4


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


#: Which signal says how large a fault is.
SIGNAL_OF = {(e.id, rule.id): rule.signal for e in EXERCISES.values() for rule in e.faults}


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


# ------------------------------------------------------------------ many sets
def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The 95% interval of a share by Wilson's score; NaN where there are no cases."""
    if not cases:
        return float("nan"), float("nan")
    p, z2 = hits / cases, 1.96**2
    middle = (p + z2 / (2 * cases)) / (1 + z2 / cases)
    half = 1.96 * np.sqrt(p * (1 - p) / cases + z2 / (4 * cases**2)) / (1 + z2 / cases)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def half_found(sizes: np.ndarray, found: np.ndarray) -> float:
    """Size at which half of the faults are found: logistic curve, NaN when none fits.

    A weak pull towards a gentle slope keeps a perfect split finite.
    """
    sizes, found = np.asarray(sizes, float), np.asarray(found, float)
    if len(sizes) < 6 or found.min() == found.max():
        return float("nan")
    scale = max(float(sizes.max()), 1e-9)
    design = np.stack([np.ones_like(sizes), sizes / scale], axis=1)
    pull = np.diag([1e-3, 2e-3])
    w = np.zeros(2)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(design @ w, -30, 30)))
        gradient = design.T @ (found - p) - pull @ w
        hessian = (design * (p * (1 - p) + 1e-9)[:, None]).T @ design + pull
        step = np.linalg.solve(hessian, gradient)
        w += np.clip(step, -4, 4)
        if np.abs(step).max() < 1e-6:
            break
    at = -w[0] / w[1] * scale if w[1] > 0 else float("nan")
    return float(at) if 0 < at < 1.5 * scale else float("nan")


def count_row(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How well the sets were counted, as plain JSON types."""
    attempts = [a for o in outcomes for a in o.attempts]
    found = [sum(a.kind == a.found == "rep" for a in o.attempts) for o in outcomes]
    true = sum(o.true_reps for o in outcomes)
    return {
        "recordings": len(outcomes),
        "exact": sum(o.count_right for o in outcomes),
        "within_one": sum(abs(o.count_error) <= 1 for o in outcomes),
        "reps": true,
        "found": sum(found),
        "missed": true - sum(found),
        "extra": sum(
            max(o.found_reps - n - (o.most_reps - o.true_reps), 0)
            for o, n in zip(outcomes, found, strict=True)
        ),
        "partials": sum(o.true_partials for o in outcomes),
        "partials_found": sum(o.found_partials for o in outcomes),
        "side_right": sum(a.side_right for a in attempts if a.found),
        "sides": sum(bool(a.found) for a in attempts),
    }


#: What `errors` measures: a name, and where it is in an Attempt.
ERRORS = ("start_error_s", "top_error_s", "end_error_s", "hold_error_s", "range_error_deg")


def errors(outcomes: Iterable[Outcome]) -> dict[str, list[float]]:
    """Name of ERRORS -> the median of the absolute error, what 95% are below, of how many."""
    reps = [a for o in outcomes for a in o.attempts if a.kind == "rep"]
    found = {}
    for name in ERRORS:
        sizes = np.abs([getattr(a, name) for a in reps])
        sizes = sizes[np.isfinite(sizes)]
        told = np.percentile(sizes, (50, 95)) if len(sizes) else (0.0, 0.0)
        found[name] = [*(round(float(value), 3) for value in told), len(sizes)]
    return found


def fault_row(checks: Sequence[FaultCheck]) -> dict[str, Any]:
    """Hits, false alarms and refusals of one fault, as plain JSON types.

    marked, mild: [found, of so many], whatever they were found as. half_found: the size at
    which half are found, None where that cannot be told.
    """
    there = [c for c in checks if c.severity != "none" and c.asked]
    clean = [c for c in checks if c.severity == "none" and not c.asked and c.judged]
    judged = [c for c in (*there, *clean) if c.judged]
    half = half_found(np.array([c.size for c in judged]), np.array([c.seen for c in judged]))
    return {
        "there": len(there),
        "found": sum(c.seen for c in there),
        **{
            severity: [sum(c.seen for c in own), len(own)]
            for severity in ("marked", "mild")
            for own in [[c for c in there if c.severity == severity]]
        },
        "as_marked": sum(c.found == "marked" for c in there),
        "missed": sum(c.found == "none" for c in there),
        "there_not_assessed": sum(c.found == "not assessed" for c in there),
        "there_no_rep": sum(c.found == "no rep" for c in there),
        "clean_judged": len(clean),
        "alarms": sum(c.seen for c in clean),
        "not_assessed": sum(c.found == "not assessed" for c in checks),
        "reps": sum(c.found != "no rep" for c in checks),
        "half_found": None if np.isnan(half) else round(half, 1),
    }


def misses(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for everything that was wrong, so that it can be looked into."""
    lines = []
    for o in outcomes:
        name = f"{o.id} [{' '.join((o.group, o.view, '+'.join(o.tags))).strip()}]"
        if o.crash:
            lines.append(f"CRASH {name}: {o.crash}")
        if not o.count_right:
            lines.append(
                f"COUNT {name}: {o.found_reps} reps instead of {o.true_reps} "
                f"({o.found_partials} partials instead of {o.true_partials}; posture {o.posture})"
            )
        for a in o.attempts:
            lines += [f"{kind} {name}: {text}" for kind, text in _wrong(a)]
            lines += [
                f"{kind} {name}: {text}" for c in a.faults for kind, text in _wrong_fault(o, a, c)
            ]
        for kind, start_s in o.unmatched:
            lines.append(f"INVENTED {name}: a {kind} at {start_s:.1f} s that never was")
    return lines


def _wrong(a: Attempt) -> Iterable[tuple[str, str]]:
    """What was wrong with one attempt, faults aside."""
    at = f"at {a.start_s:.1f} s"
    if a.found != a.kind:
        share = f"{100 * a.share:.0f}% of full"
        yield "ATTEMPT", f"true {a.kind} {at} ({share}) found as {a.found or 'nothing'}"
    elif not a.side_right:
        yield "SIDE", f"wrong side {at}"
    if abs(a.hold_error_s) > LISTED_S:
        yield "HOLD", f"off by {a.hold_error_s:+.2f} s {at} (true hold {a.hold_s:.2f} s)"
    if abs(a.start_error_s) > LISTED_S:
        yield "START", f"off by {a.start_error_s:+.2f} s {at}"
    if abs(a.end_error_s) > LISTED_S:
        yield "END", f"off by {a.end_error_s:+.2f} s {at}"


def _wrong_fault(o: Outcome, a: Attempt, c: FaultCheck) -> Iterable[tuple[str, str]]:
    """What was wrong with one fault of one attempt."""
    seen, at = c.seen, f"at {c.at_s:.1f} s"
    if c.severity != "none" and c.asked and c.found == "none" and c.assessable:
        size = f" of {c.size:.1f}" if np.isfinite(c.size) else ""
        yield "MISSED", f"{c.severity} {c.fault}{size} {at}{_values(o, a, c)}"
    elif c.severity == "none" and not c.asked and seen:
        where = "" if c.assessable else " (cannot be judged from here)"
        yield "FALSE", f"{c.found} {c.fault} in a clean rep {at}{where}{_values(o, a, c)}"
    elif seen and not c.right_side:
        yield "LEG", f"{c.fault} on the wrong leg {at}"
    elif c.found == "not assessed" and c.assessable and c.fault in _judged(o.exercise):
        yield "REFUSED", f"{c.fault} not assessed {at}: {c.reason}"


def _judged(exercise: str) -> set[str]:
    """Faults that formcheck judges from anywhere at all."""
    return {rule.id for rule in EXERCISES[exercise].faults if not rule.unseen}


def _values(o: Outcome, a: Attempt, c: FaultCheck) -> str:
    signal = SIGNAL_OF.get((o.exercise, c.fault), "")
    shown = [
        f"{name} {measured:.2f} (true {actual:.2f})"
        for name, (measured, actual) in a.values.items()
        if name.split(".")[0] == signal
    ]
    if not shown:
        return f"; {signal} read {c.value:.3g}"
    return "; " + ", ".join(shown)
