"""Writes the tables of docs/clinical.md from the exercise files.

python -m benchmarks.clinical_page            # writes them
python -m benchmarks.clinical_page --check    # fails where one is out of date
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.rule import FaultRule
from formcheck.engine.signals import SIGNALS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "clinical.md"


def page(text: str) -> str:
    """The page with every table as the exercise files have it now."""
    for exercise in EXERCISES.values():
        marks = (f"<!-- {exercise.id}:begin -->", f"<!-- {exercise.id}:end -->")
        pattern = re.compile("(?<=" + re.escape(marks[0]) + "\n).*?(?=" + marks[1] + ")", re.S)
        rows = table(exercise).replace("\\", r"\\")
        text, found = pattern.subn(rows, text)
        if found != 1:
            raise SystemExit(f"docs/clinical.md needs one section with {' and '.join(marks)}.")
    return text


def table(exercise: Exercise) -> str:
    """The rules of an exercise, a line each."""
    primary = exercise.primary
    lines = [
        f"Counted by `{primary.signal}`: {primary.rest_deg:g} at rest, full from "
        f"{primary.target_deg:g}. {exercise.source}.",
        "",
        "| fault | measured by | limits | judged from, degrees | source |",
        "|---|---|---|---|---|",
        *(_row(rule) for rule in exercise.faults),
    ]
    return "\n".join(lines) + "\n"


def _row(rule: FaultRule) -> str:
    unit = SIGNALS[rule.signal].unit
    sign = "over" if rule.marked > rule.mild else "under"
    limits = f"{sign} {rule.mild:g} / {rule.marked:g} {unit}"
    if rule.unseen:
        limits = f"never judged: {rule.unseen}"
    return f"| {rule.id} | `{rule.signal}` | {limits} | {rule.judged_words} | {rule.source} |"


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description="Writes the tables of docs/clinical.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    args = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if args.check and new != old:
        print("docs/clinical.md is out of date: run python -m benchmarks.clinical_page")
        return 1
    if not args.check:
        PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
