"""Where the benchmark's numbers are kept: benchmarks/accuracy.json, and for users in the package.

Each tier writes its own part and leaves the others', so that a page that tells of several can
be written after any of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import rates
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


def tell(tier: KnownFrom, outcomes: Iterable[Outcome]) -> None:
    """Put what a report tells of its own errors into the package (formcheck.engine.trust)."""
    by_exercise: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_exercise.setdefault(outcome.exercise, []).append(outcome)
    every = json.loads(IN_REPORTS.read_text(encoding="utf-8"))
    every[tier] = {
        "formcheck": __version__,
        "exercises": {e: _told(own) for e, own in sorted(by_exercise.items())},
    }
    IN_REPORTS.write_text(json.dumps(every) + "\n", encoding="utf-8")


def _told(outcomes: list[Outcome]) -> dict[str, Any]:
    counts, errors = rates.count_row(outcomes), rates.errors(outcomes)
    faults: dict[str, list[FaultCheck]] = {}
    for check in (c for o in outcomes for a in o.attempts for c in a.faults):
        # A report tells of what it judged.
        if check.assessable and check.found != "not assessed":
            faults.setdefault(check.fault, []).append(check)
    return {
        "exact": [counts["exact"], counts["recordings"], counts["reps"]],
        "hold_s": errors["hold_error_s"],
        "range_deg": errors["range_error_deg"],
        "faults": {
            fault: {
                "marked": row["marked"],
                "mild": row["mild"],
                "false_alarm": [row["alarms"], row["clean_judged"]],
            }
            for fault, row in ((f, rates.fault_row(own)) for f, own in faults.items())
        },
    }
