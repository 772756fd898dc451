"""How wrong formcheck is: counts, holds, timing and faults against known truth.

    python -m benchmarks.accuracy                      # our own films, writes the page about them
    python -m benchmarks.accuracy --tier rendered      # print one tier only
    python -m benchmarks.accuracy --list-misses        # every miss, to be fixed
    python -m benchmarks.accuracy --tier exact --list-misses
                                                       # filmed sets, exact joints: what is
                                                       # left is not the landmarks' fault
    python -m benchmarks.accuracy --tier tuning --exercise squat --list-misses
                                                       # films made with render_tier --tuning
    python -m benchmarks.accuracy --quick              # a small part, for CI
    python -m benchmarks.accuracy --render             # film what is missing first
    python -m benchmarks.accuracy --tier outside       # others' films, and real people

Rendered tier: films of the virtual person through the real pose model
(benchmarks/render_tier.py, cached). Simulated tier: many more sets, as exact
joints plus the model's error as measured on the rendered tier
(benchmarks/error_model.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import page, scoring
from benchmarks.parallel import spread
from benchmarks.render_tier import Cached, cached
from benchmarks.scoring import Outcome
from exerciser.movements import MOVEMENTS
from formcheck import __version__

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "accuracy_rendered.md"
RESULTS = ROOT / "benchmarks" / "accuracy.json"
IN_REPORTS = ROOT / "formcheck" / "engine" / "fitted" / "accuracy.json"
#: How many simulated sets: about a minute on two cores, and a few seconds.
SIMULATED, SIMULATED_QUICK = 2000, 240
#: The quick run fails when fewer counts than this are exact.
QUICK_EXACT = 0.95


# ------------------------------------------------------------------ the tiers
def score_cached(entry: Cached) -> Outcome:
    """Score one filmed set."""
    from formcheck.capture.pose_file import PoseFile

    record = scoring.truth_record(entry.item, entry.made(), entry.item.camera())
    return scoring.score(record, PoseFile(entry.poses))


def rendered(bodies: str = "all") -> list[Outcome]:
    """All sets that were filmed while formcheck was made, scored."""
    entries = [e for e in cached() if bodies in ("all", e.item.group)]
    chosen = {e.item.exercise for e in entries}
    drawn = [e for e in MOVEMENTS if e not in chosen] if bodies != "reporting" else []
    return [*spread(score_cached, entries), *tuning(drawn)]


def fresh(bodies: str = "all") -> list[Outcome]:
    """The filmed sets that nobody chose (see simulate.fresh_sets), scored."""
    from benchmarks.simulate import fresh_sets

    items = tuple(i for i in fresh_sets() if bodies in ("all", i.group))
    return spread(score_cached, cached(items))


def tuning(exercises: Sequence[str]) -> list[Outcome]:
    """What has been filmed of these exercises' tuning sets (simulate.tuning_sets), scored."""
    from benchmarks.simulate import TUNING_MOST, tuning_sets

    items = tuple(item for e in exercises for item in tuning_sets(e, TUNING_MOST))
    return spread(score_cached, cached(items))


# ------------------------------------------------------------------ command line
def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how wrong formcheck is.")
    parser.add_argument(
        "--tier",
        choices=("rendered", "fresh", "tuning", "simulated", "exact", "outside", "all"),
        default="all",
    )
    parser.add_argument("--bodies", choices=("tuning", "reporting", "all"), default="all")
    parser.add_argument(
        "--list-misses", action="store_true", help="print everything that was wrong"
    )
    parser.add_argument("--exercise", choices=sorted(MOVEMENTS), help="only sets of this exercise")
    parser.add_argument("--only", default="", help="only sets whose id contains this")
    parser.add_argument("--quick", action="store_true", help="a small part of both tiers, for CI")
    parser.add_argument(
        "--render", action="store_true", help="film the sets that are missing first"
    )
    parser.add_argument("--sets", type=int, default=SIMULATED, help="how many simulated sets")
    parser.add_argument("--dry", action="store_true", help="print, but write no files")
    outside = parser.add_argument_group("with --tier outside")
    outside.add_argument("--out", metavar="FILE", help="write all numbers as JSON, too")
    outside.add_argument(
        "--write", action="store_true", help="write docs/accuracy.md and the README's lines"
    )
    outside.add_argument("--against", metavar="FILE", help="say what changed since such a file")
    outside.add_argument(
        "--pictures",
        nargs="?",
        const="side_lying",
        default="",
        choices=("side_lying", "all"),
        help="look at kept videos again, of people on the side or all, where landmarks alone "
        "do not do; what was seen is cached",
    )
    outside.add_argument("--model", default="full", help="another pose model, on kept videos only")
    args = parser.parse_args()

    if args.tier == "outside":
        from benchmarks.outside import run as run_outside

        return run_outside(args)
    if args.render:
        from benchmarks.render_tier import run
        from benchmarks.sets import RENDERED
        from benchmarks.simulate import fresh_sets

        run((*RENDERED, *fresh_sets()))
    tiers: dict[str, list[Outcome]] = {}
    began = time.perf_counter()
    if args.tier in ("rendered", "all"):
        tiers["rendered"] = quick_rendered() if args.quick else rendered(args.bodies)
    if args.tier in ("fresh", "all") and not args.quick:
        tiers["fresh"] = fresh(args.bodies)
    if args.tier == "tuning":
        tiers["tuning"] = tuning([args.exercise] if args.exercise else list(MOVEMENTS))
    if args.tier in ("simulated", "all"):
        from benchmarks.simulate import simulated

        count = SIMULATED_QUICK if args.quick else args.sets
        tiers["simulated"] = simulated(count, args.bodies)
    if args.tier == "exact":
        from benchmarks.sets import RENDERED
        from benchmarks.simulate import score_exact

        items = [i for i in RENDERED if args.bodies in ("all", i.group)]
        tiers["exact"] = spread(score_exact, items)
    tiers = {
        name: [o for o in outcomes if args.only in o.id and args.exercise in (None, o.exercise)]
        for name, outcomes in tiers.items()
    }
    took = time.perf_counter() - began

    if args.list_misses:
        for name, outcomes in tiers.items():
            lines = scoring.misses(outcomes)
            exact = sum(o.count_error == 0 for o in outcomes)
            print(f"== {name}: {len(outcomes)} sets, counts exact in {exact}; {len(lines)} lines")
            print("\n".join(lines))
            print("\n".join(f"{n:5d}  {what}" for what, n in summary(lines)))
        return 0
    return report(tiers, args, took)


def summary(lines: Sequence[str]) -> list[tuple[str, int]]:
    """How often each kind of miss occurs per exercise and fault, the most frequent first."""
    faults = {fault for movement in MOVEMENTS.values() for fault in movement.faults}
    kinds = []
    for line in lines:
        kind, name, rest = line.split(" ", 2)
        exercise = name.removeprefix("sim-").rsplit("-", 1)[0]
        kinds.append(" ".join([kind, exercise, *(w for w in rest.split() if w in faults)]))
    return Counter(kinds).most_common()


def quick_rendered() -> list[Outcome]:
    """The landmark files that are kept with the tests."""
    from benchmarks.fixtures import fixtures

    return [scoring.score(record, frames) for record, frames in fixtures()]


def report(tiers: dict[str, list[Outcome]], args: argparse.Namespace, took: float) -> int:
    """Print the tables; write the page and the JSON after a whole run."""
    found = {name: page.numbers(outcomes) for name, outcomes in tiers.items()}
    whole = set(tiers) == {"rendered", "fresh", "simulated"} and args.bodies == "all"
    whole = whole and not (args.quick or args.only or args.exercise)
    text: list[str] = []
    for name in tiers:
        title = {"fresh": "Fresh films"}.get(name, f"{name.capitalize()} tier")
        text += [f"## {title}", "", *page.tier_section(found[name])]
    if whole:
        text += compare_tiers(tiers["rendered"])
    print("\n".join(text))
    if whole and not args.dry:
        head = [
            *page.intro(tiers["rendered"], tiers["fresh"], tiers["simulated"]),
            *page.in_short(found),
        ]
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text("\n".join([*head, *text]), encoding="utf-8")
        result = {"formcheck": __version__, "tiers": page.plain(found)}
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        told = {"formcheck": __version__, "exercises": page.in_reports(result["tiers"]["fresh"])}
        IN_REPORTS.write_text(json.dumps(told) + "\n", encoding="utf-8")
    print(f"{sum(map(len, tiers.values()))} sets scored in {took:.0f} s, formcheck {__version__}")
    if args.quick:
        exact = {n: float(np.mean([o.count_error == 0 for o in t])) for n, t in tiers.items()}
        print("counts exact: " + ", ".join(f"{n} {100 * v:.1f}%" for n, v in exact.items()))
        return 0 if min(exact.values()) >= QUICK_EXACT else 1
    return 0


def compare_tiers(filmed: Sequence[Outcome]) -> list[str]:
    """The section that says whether the simulated tier can be believed."""
    from benchmarks.simulate import twins

    # The error model knows neither walking nor hidden shins.
    items = [e.item for e in cached() if not {"walk_in", "hide_shin"} & set(e.item.tags)]
    names = {item.id for item in items}
    return [
        "## Do the two tiers agree?",
        "",
        *page.paragraph(
            """The filmed sets once more, as exact joints with simulated errors, four times each
            (without those in which somebody walks in or a shin is hidden, which the error model
            does not cover). What was peculiar to a set's own film is never drawn for it."""
        ),
        *page.agreement([o for o in filmed if o.id in names], twins(items)),
    ]


if __name__ == "__main__":
    sys.exit(main())
