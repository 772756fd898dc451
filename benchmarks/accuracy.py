"""How wrong formcheck is: counts, holds, timing and faults against known truth.

    python -m benchmarks.accuracy --tier outside       # others' films, and real people
    python -m benchmarks.accuracy --render --write     # films what is missing of our own films,
                                                       # and writes the page about them
    python -m benchmarks.accuracy --tier fresh         # print one tier only
    python -m benchmarks.accuracy --list-misses        # every miss, to be fixed
    python -m benchmarks.accuracy --tier exact --list-misses
                                                       # filmed sets, exact joints: what is
                                                       # left is not the landmarks' fault
    python -m benchmarks.accuracy --tier tuning --exercise squat --list-misses
                                                       # films made with render_tier --tuning
    python -m benchmarks.accuracy --quick              # a small part, for CI

Fresh tier: films of the virtual person, drawn at random, through the real pose model
(benchmarks/render_tier.py, cached). Simulated tier: many more sets, as exact
joints plus the model's error (benchmarks/error_model.py). Rendered tier: the films that were
looked at while formcheck was made.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import page, rates, results, scoring
from benchmarks.parallel import spread
from benchmarks.render_tier import VARIANT, Cached, cached
from benchmarks.scoring import Outcome
from benchmarks.simulate import fresh_sets
from exerciser.movements import MOVEMENTS
from formcheck import __version__

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


def fresh(variant: str = VARIANT) -> list[Outcome]:
    """The filmed sets that nobody chose (see simulate.fresh_sets) as a model saw them, scored."""
    return spread(score_cached, cached(fresh_sets(), variant=variant))


def tuning(exercises: Sequence[str]) -> list[Outcome]:
    """What has been filmed of these exercises' tuning sets (simulate.tuning_sets), scored."""
    from benchmarks.simulate import TUNING_MOST, tuning_sets

    items = tuple(item for e in exercises for item in tuning_sets(e, TUNING_MOST))
    return spread(score_cached, cached(items))


# ------------------------------------------------------------------ command line
def _arguments() -> argparse.Namespace:
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
    parser.add_argument("--quick", action="store_true", help="a small part, for CI")
    parser.add_argument(
        "--render", action="store_true", help="film the fresh sets that are missing first"
    )
    parser.add_argument("--films", type=int, default=10, help="how many of each exercise")
    parser.add_argument("--sets", type=int, default=SIMULATED, help="how many simulated sets")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write docs/accuracy_rendered.md, or with --tier outside docs/accuracy.md and the "
        "README's lines, and what reports tell of their errors",
    )
    outside = parser.add_argument_group("with --tier outside")
    outside.add_argument("--out", metavar="FILE", help="write all numbers as JSON, too")
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
    part = args.quick or args.only or args.exercise or args.bodies != "all"
    if args.write and (part or args.tier not in ("outside", "all")):
        parser.error("--write wants a whole run, of --tier outside or of our own films")
    return args


def main() -> int:
    args = _arguments()
    if args.tier == "outside":
        from benchmarks.outside import run as run_outside

        return run_outside(args)
    if args.render:
        from benchmarks.render_tier import run

        run(fresh_sets(1), (VARIANT, "lite"))
        run(fresh_sets(args.films))
    tiers: dict[str, list[Outcome]] = {}
    began = time.perf_counter()
    if args.tier == "rendered" or args.quick:
        tiers["rendered"] = quick_rendered() if args.quick else rendered(args.bodies)
    if args.tier in ("fresh", "all") and not args.quick:
        tiers["fresh"] = fresh()
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
            lines = rates.misses(outcomes)
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
    for name, numbers in found.items():
        print(f"## {name.capitalize()} films\n")
        print("\n".join([*page.counts_table(numbers), *page.faults_table(numbers, by_view=True)]))
    if args.write:
        found["lite"] = page.numbers(fresh(variant="lite"), views=False)
        seen = {entry.item.id for entry in cached(fresh_sets(), variant="lite")}
        found["full_beside_lite"] = page.numbers(
            [o for o in tiers["fresh"] if o.id in seen], views=False
        )
        page.write(results.keep("own films", found))
        results.tell("own films", tiers["fresh"])
    print(f"{sum(map(len, tiers.values()))} sets scored in {took:.0f} s, formcheck {__version__}")
    if args.quick:
        exact = {n: float(np.mean([o.count_error == 0 for o in t])) for n, t in tiers.items()}
        print("counts exact: " + ", ".join(f"{n} {100 * v:.1f}%" for n, v in exact.items()))
        return 0 if min(exact.values()) >= QUICK_EXACT else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
