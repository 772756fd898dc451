"""Many sets that were scored: how often counts, times and faults were right, and what was not.

count_row(outcomes), errors(outcomes), fault_row(checks), misses(outcomes)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.scoring import Attempt, FaultCheck, Outcome
from formcheck.engine.exercises import EXERCISES

#: Errors of holds and times beyond this are listed one by one, seconds.
LISTED_S = 0.4
#: Which signal says how large a fault is.
SIGNAL_OF = {(e.id, rule.id): rule.signal for e in EXERCISES.values() for rule in e.faults}


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
