"""What formcheck found in a set, set against what truly happened in it.

    record = truth_record(item, made, camera)       # what happened, JSON-ready
    outcome = score(record, frames)                 # one set
    exercise_table(outcomes), fault_table(...)      # many sets

An attempt is a repetition or a partial one. Found and true attempts are paired
by how much of their time they share; every other comparison is made on pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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

    @property
    def count_error(self) -> int:
        return self.found_reps - self.true_reps


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
    return Outcome(
        id=record["id"],
        exercise=exercise,
        view=record["view"],
        group=record["group"],
        tags=tuple(record["tags"]),
        true_reps=sum(r["kind"] == "rep" for r in actual),
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
@dataclass(frozen=True)
class Number:
    """A statistic with its 95% bootstrap interval and how many cases it rests on."""

    value: float
    low: float
    high: float
    count: int

    def to_list(self) -> list[float | int | None]:
        plain = [
            None if np.isnan(v) else round(float(v), 4) for v in (self.value, self.low, self.high)
        ]
        return [*plain, self.count]


def bootstrap(
    groups: Sequence[Sequence[float]],
    statistic: Callable[[np.ndarray], float],
    rounds: int = 400,
    seed: int = 0,
) -> Number:
    """A statistic of all values, with an interval from drawing whole sets again.

    groups: the values of each set (sets without values do no harm).
    """
    parts = [a for a in (np.asarray(g, float) for g in groups) if len(a)]
    parts = [a[np.isfinite(a)] for a in parts]
    parts = [a for a in parts if len(a)]
    if not parts:
        return Number(np.nan, np.nan, np.nan, 0)
    whole = np.concatenate(parts)
    rng = np.random.default_rng(seed)
    if statistic is mean:
        sums = np.array([a.sum() for a in parts])
        counts = np.array([len(a) for a in parts])
        pick = rng.integers(0, len(parts), (rounds, len(parts)))
        drawn = sums[pick].sum(axis=1) / counts[pick].sum(axis=1)
    else:
        drawn = np.array(
            [
                statistic(
                    np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))])
                )
                for _ in range(rounds)
            ]
        )
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Number(float(statistic(whole)), float(low), float(high), len(whole))


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The 95% interval of a share by Wilson's score; NaN where there are no cases."""
    if not cases:
        return float("nan"), float("nan")
    p, z2 = hits / cases, 1.96**2
    middle = (p + z2 / (2 * cases)) / (1 + z2 / cases)
    half = 1.96 * np.sqrt(p * (1 - p) / cases + z2 / (4 * cases**2)) / (1 + z2 / cases)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def mean(x: np.ndarray) -> float:
    return float(np.mean(x))


def median_abs(x: np.ndarray) -> float:
    return float(np.median(np.abs(x)))


def p95_abs(x: np.ndarray) -> float:
    return float(np.percentile(np.abs(x), 95))


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


def as_told(outcome: Outcome) -> bool:
    """The camera stands where the exercise asks for it, and sees the whole body."""
    return outcome.view in movement_of(outcome.exercise).told and "hide_shin" not in outcome.tags


def exercise_table(outcomes: Sequence[Outcome]) -> dict[str, Number]:
    """Counts, holds, timing and side of many sets."""

    def per_attempt(
        pick: Callable[[Attempt], float], keep: Callable[[Attempt], bool]
    ) -> list[list[float]]:
        return [[pick(a) for a in o.attempts if keep(a)] for o in outcomes]

    reps = lambda a: a.kind == "rep"  # noqa: E731
    return {
        "sets": Number(len(outcomes), np.nan, np.nan, len(outcomes)),
        "exact": bootstrap([[float(o.count_error == 0)] for o in outcomes], mean),
        "exact_as_told": bootstrap(
            [[float(o.count_error == 0)] for o in outcomes if as_told(o)], mean
        ),
        "count_mae": bootstrap([[abs(o.count_error)] for o in outcomes], mean),
        "partials_right": bootstrap(
            per_attempt(lambda a: float(a.found == "partial"), lambda a: a.kind == "partial"), mean
        ),
        "hold_median_s": bootstrap(per_attempt(lambda a: a.hold_error_s, reps), median_abs),
        "hold_p95_s": bootstrap(per_attempt(lambda a: a.hold_error_s, reps), p95_abs),
        "start_median_s": bootstrap(per_attempt(lambda a: a.start_error_s, reps), median_abs),
        "start_p95_s": bootstrap(per_attempt(lambda a: a.start_error_s, reps), p95_abs),
        "end_median_s": bootstrap(per_attempt(lambda a: a.end_error_s, reps), median_abs),
        "end_p95_s": bootstrap(per_attempt(lambda a: a.end_error_s, reps), p95_abs),
        "range_median_deg": bootstrap(per_attempt(lambda a: a.range_error_deg, reps), median_abs),
        "range_p95_deg": bootstrap(per_attempt(lambda a: a.range_error_deg, reps), p95_abs),
        "side_right": bootstrap(
            per_attempt(lambda a: float(a.side_right), lambda a: bool(a.found)), mean
        ),
    }


def counts(outcomes: Sequence[Outcome]) -> dict[str, Number]:
    """Only how many counts were exact and how many true repetitions were found."""
    return {
        "exact": bootstrap([[float(o.count_error == 0)] for o in outcomes], mean),
        "reps_found": bootstrap(
            [[float(a.found == "rep") for a in o.attempts if a.kind == "rep"] for o in outcomes],
            mean,
        ),
    }


def fault_table(outcomes: Sequence[Outcome], fault: str) -> dict[str, Any]:
    """Hits, false alarms and refusals of one fault over many sets of one exercise."""

    def checks(o: Outcome) -> list[tuple[Attempt, FaultCheck]]:
        return [(a, c) for a in o.attempts for c in a.faults if c.fault == fault]

    def hits(severity: str) -> list[list[float]]:
        return [
            [
                float(c.found in ("mild", "marked"))
                for _, c in checks(o)
                if c.severity == severity and c.asked and c.found != "not assessed"
            ]
            for o in outcomes
        ]

    clean = [
        [
            float(c.found in ("mild", "marked"))
            for _, c in checks(o)
            if c.severity == "none" and not c.asked and c.found not in ("not assessed", "no rep")
        ]
        for o in outcomes
    ]
    judged = [
        (c.size, c.found in ("mild", "marked"))
        for o in outcomes
        for _, c in checks(o)
        if c.found not in ("not assessed", "no rep") and (c.asked or c.severity == "none")
    ]
    sizes = np.array([s for s, _ in judged])
    signal = next((SIGNAL_OF.get((o.exercise, fault), "") for o in outcomes), "")
    errors = [
        [
            measured - actual
            for a in o.attempts
            for name, (measured, actual) in a.values.items()
            if name.split(".")[0] == signal and np.isfinite(measured)
        ]
        for o in outcomes
    ]
    every = [
        (c.found == "not assessed", c.assessable)
        for o in outcomes
        for _, c in checks(o)
        if c.found != "no rep"
    ]
    able = [na for na, ok in every if ok]
    unable = [na for na, ok in every if not ok]
    return {
        "hit_mild": bootstrap(hits("mild"), mean),
        "hit_marked": bootstrap(hits("marked"), mean),
        "called_marked": bootstrap(
            [
                [
                    float(c.found == "marked")
                    for _, c in checks(o)
                    if c.severity == "marked" and c.asked and c.found != "not assessed"
                ]
                for o in outcomes
            ],
            mean,
        ),
        "false_alarm": bootstrap(clean, mean),
        "half_found_size": half_found(sizes, np.array([f for _, f in judged]))
        if judged
        else float("nan"),
        "value_bias": bootstrap(errors, mean),
        "value_spread": bootstrap(errors, lambda x: float(np.std(x))),
        "side_right": bootstrap(
            [
                [
                    float(c.right_side)
                    for _, c in checks(o)
                    if c.found in ("mild", "marked") and c.severity != "none"
                ]
                for o in outcomes
            ],
            mean,
        ),
        "not_assessed": bootstrap(
            [
                [float(c.found == "not assessed") for _, c in checks(o) if c.found != "no rep"]
                for o in outcomes
            ],
            mean,
        ),
        "refused_though_visible": (sum(able), len(able)),
        "judged_though_hidden": (len(unable) - sum(unable), len(unable)),
    }


def visible_table(outcomes: Sequence[Outcome], fault: str) -> dict[str, Number]:
    """One fault where the camera can show it (truth.assessable), all views together."""

    def share(keep: Callable[[FaultCheck], bool], hit: Callable[[FaultCheck], bool]) -> Number:
        return bootstrap(
            [
                [
                    float(hit(c))
                    for a in o.attempts
                    for c in a.faults
                    if c.fault == fault and c.assessable and keep(c)
                ]
                for o in outcomes
            ],
            mean,
        )

    def seen(c: FaultCheck) -> bool:
        return c.found in ("mild", "marked")

    def answered(c: FaultCheck) -> bool:
        return c.found != "not assessed"

    return {
        "hit_marked": share(lambda c: c.severity == "marked" and c.asked and answered(c), seen),
        "hit_mild": share(lambda c: c.severity == "mild" and c.asked and answered(c), seen),
        "false_alarm": share(
            lambda c: (
                c.severity == "none" and not c.asked and c.found not in ("not assessed", "no rep")
            ),
            seen,
        ),
        "refused": share(lambda c: c.found != "no rep", lambda c: not answered(c)),
    }


def misses(outcomes: Sequence[Outcome]) -> list[str]:
    """One line for everything that was wrong, so that it can be looked into."""
    lines = []
    for o in outcomes:
        name = f"{o.id} [{' '.join((o.group, o.view, '+'.join(o.tags))).strip()}]"
        if o.crash:
            lines.append(f"CRASH {name}: {o.crash}")
        if o.count_error:
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
    seen, at = c.found in ("mild", "marked"), f"at {c.at_s:.1f} s"
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
