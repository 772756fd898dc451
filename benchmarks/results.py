"""Where the benchmark's numbers are kept: benchmarks/accuracy.json, and for users in the package.

Each tier writes its own part and leaves the others', so that a page that tells of several can
be written after any of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scoring import FaultCheck, Outcome
from formcheck import __version__
from formcheck.engine.trust import KnownFrom

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "accuracy.json"
IN_REPORTS = ROOT / "formcheck" / "engine" / "fitted" / "accuracy.json"


def kept() -> dict[str, Any]:
    """All results: tier -> its numbers, and the formcheck they were measured with."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def keep(tier: str, numbers: dict[str, Any]) -> dict[str, Any]:
    """Keep the numbers of a tier; all results with them."""
    every = kept() | {tier: {"formcheck": __version__, **numbers}}
    RESULTS.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")
    return every


def tell(
    tier: KnownFrom,
    outcomes: Iterable[Outcome],
    exact: Callable[[Outcome], bool] = lambda outcome: outcome.count_error == 0,
) -> None:
    """Put what a report tells of its own trust into the package (see formcheck.engine.trust)."""
    by_exercise: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_exercise.setdefault(outcome.exercise, []).append(outcome)
    every = json.loads(IN_REPORTS.read_text(encoding="utf-8"))
    every[tier] = {
        "formcheck": __version__,
        "exercises": {e: _told(own, exact) for e, own in sorted(by_exercise.items())},
    }
    IN_REPORTS.write_text(json.dumps(every) + "\n", encoding="utf-8")


def _told(outcomes: list[Outcome], exact: Callable[[Outcome], bool]) -> dict[str, Any]:
    reps = [a for o in outcomes for a in o.attempts if a.kind == "rep"]
    faults: dict[str, list[FaultCheck]] = {}
    for check in (c for a in reps for c in a.faults if c.assessable and c.found != "not assessed"):
        faults.setdefault(check.fault, []).append(check)
    return {
        "exact": [sum(map(exact, outcomes)), len(outcomes), len(reps)],
        "hold_s": _errors([a.hold_error_s for a in reps]),
        "range_deg": _errors([a.range_error_deg for a in reps]),
        "faults": {fault: _hits(checks) for fault, checks in faults.items()},
    }


def _errors(errors: list[float]) -> list[float]:
    """The median, and what 95% are below, of so many."""
    sizes = np.abs([e for e in errors if np.isfinite(e)])
    if not len(sizes):
        return [0.0, 0.0, 0]
    return [round(float(np.percentile(sizes, q)), 3) for q in (50, 95)] + [len(sizes)]


def _hits(checks: list[FaultCheck]) -> dict[str, list[int]]:
    """Reps in which the fault was found, of so many with it, slight and clear, and without."""
    kinds = {
        "marked": [c for c in checks if c.severity == "marked" and c.asked],
        "mild": [c for c in checks if c.severity == "mild" and c.asked],
        "false_alarm": [
            c for c in checks if c.severity == "none" and not c.asked and c.found != "no rep"
        ],
    }
    return {k: [sum(c.found in ("mild", "marked") for c in v), len(v)] for k, v in kinds.items()}
