"""How an exercise changes over the weeks: reps, range, left against right, faults.

Weeks begin on Monday. Where nothing can be said the number is None, never 0. What is measured
is never of two pose models at once: the small one reads a clamshell up to a fifth wider or
narrower than the full one, which would look like progress.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist, median, quantiles
from typing import Final, Literal

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import title_of
from formcheck.engine.report import Rep
from formcheck.engine.trust import Rates, fault_rates
from formcheck.engine.wording import SHOWN_HOLD_S, many
from formcheck.language import _
from formcheck.training.records import PastSet

#: Fewer reps than this on either side say nothing about left against right.
SIDE_REPS: Final = 3
_Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Spread:
    """Many numbers in three: median, and the quartiles around it; n of them."""

    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Left against right.

    left, right: what is compared, in its unit. index: the smaller over the larger, 0..1, 1 =
    equal: the limb symmetry index with the weaker over the stronger side, as is advised for
    exercises of one leg (Bishop et al., Strength Cond J 40(4):1-6, 2018). less: the side
    with the smaller one, "both" when they are equal.
    """

    left: float
    right: float

    @property
    def index(self) -> float:
        """The smaller over the larger, 0..1."""
        return min(self.left, self.right) / max(self.left, self.right)

    @property
    def less(self) -> str:
        """The side with less: left, right or both."""
        if self.left == self.right:
            return "both"
        return "left" if self.left < self.right else "right"


@dataclass(frozen=True, slots=True)
class Week:
    """An exercise in a week. monday: its first day.

    held_total_s: seconds of all the reps that were held. rom: degrees (of a band walk and the
    like, of what is counted there); rom_left, rom_right, symmetry: where one leg works, None
    with too few reps of either.
    """

    monday: date
    sets: int
    reps: int
    reps_left: int
    reps_right: int
    held_total_s: float
    rom: Spread | None
    rom_left: Spread | None
    rom_right: Spread | None
    symmetry: Symmetry | None


@dataclass(frozen=True, slots=True)
class Band:
    """A share, 0..1, with its 95% band; share is None where nothing can be said of it."""

    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FaultWeek:
    """A fault in a week: the reps it was found in, of those in which it could be judged.

    sets: (found, judged) of each set. true: the share of reps that had it, corrected for what
    the benchmark found of missed faults and false alarms, with both uncertainties.
    """

    monday: date
    found: int
    judged: int
    not_assessed: int
    true: Band
    sets: tuple[tuple[int, int], ...]


Direction = Literal["fewer", "more", "chance"]


@dataclass(frozen=True, slots=True)
class Change:
    """From the first week to the last, so many weeks later: in fewer or more reps, or chance."""

    direction: Direction
    weeks: int
    first: FaultWeek
    last: FaultWeek


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def comparable(sets: Sequence[PastSet]) -> list[PastSet]:
    """Those of one exercise that were measured with the pose model used last, where it is known."""
    known = [one for one in sets if _model(one)]
    latest = _model(max(known, key=lambda one: one.when)) if known else ""
    return [one for one in sets if _model(one) in ("", latest)]


def _model(one: PastSet) -> str:
    """The pose model's name without its version, "" when it is not known."""
    return one.model.removeprefix("pose_landmarker_").partition(" ")[0]


def weekly(sets: Sequence[PastSet], exercise: str) -> tuple[Week, ...]:
    """Every week in which the exercise was done, the oldest first."""
    weeks = _by_week(sets, exercise)
    alike = {one.id for one in comparable([one for _, own in weeks for one in own])}
    return tuple(_week(m, own, [one for one in own if one.id in alike]) for m, own in weeks)


def fault_rate(sets: Sequence[PastSet], exercise: str, fault: str) -> tuple[FaultWeek, ...]:
    """How often a fault was found, for every week in which the exercise was measured alike."""
    rates = fault_rates(exercise, fault)
    alike = comparable([one for one in sets if one.exercise == exercise])
    return tuple(_fault_week(m, own, fault, rates) for m, own in _by_week(alike, exercise))


def faults_of(sets: Sequence[PastSet], exercise: str, fault: str) -> FaultWeek | None:
    """The same of all the sets of the exercise together; None without one."""
    mine = comparable([one for week in _by_week(sets, exercise) for one in week[1]])
    if not mine:
        return None
    return _fault_week(monday_of(mine[0].day), mine, fault, fault_rates(exercise, fault))


def symmetry(reps: Iterable[Rep], of: Callable[[Rep], float] | None = None) -> Symmetry | None:
    """Left against right by the median of their reps; None with too few of either.

    of: what is compared, the range of motion if not given.
    """
    take = of or (lambda rep: rep.rom_deg)
    done = tuple(reps)
    left, right = ([take(r) for r in done if r.side == side] for side in ("left", "right"))
    if min(len(left), len(right)) < SIDE_REPS:
        return None
    found = Symmetry(median(left), median(right))
    return found if max(found.left, found.right) > 0 else None


# ---------------------------------------------------------------------- band


def true_share(sets: Sequence[tuple[int, int]], rates: Rates) -> Band:
    """The share of reps that truly had a fault, from those it was found in.

    sets: (found, judged) of each set. The estimate is that of Rogan and Gladen (Am J
    Epidemiol 107:71-76, 1978), the band that of Lang and Reiczigel (Prev Vet Med 113:13-22,
    2014), which takes in how many reps the hit rate and the false alarms rest on. Reps of one
    set are alike: where the sets differ by more than chance, their number is lowered by the
    design effect (Korn and Graubard, Survey Methodology 24:193-201, 1998).

    Where the benchmark cannot tell hits from false alarms the band is everything.
    """
    found, judged = sum(x for x, _ in sets), sum(n for _, n in sets)
    (hits, faulty), (called, clean) = rates.found, rates.called
    if not judged:
        return Band(None, 0.0, 1.0)
    share = None
    if faulty and clean and hits / faulty > called / clean:
        share = (found / judged - called / clean) / (hits / faulty - called / clean)
    n = judged / _design_effect(sets)
    z2 = _Z * _Z
    p, n = (n * found / judged + z2 / 2) / (n + z2), n + z2
    se, n_se = (hits + 1) / (faulty + 2), faulty + 2
    sp, n_sp = (clean - called + 1) / (clean + 2), clean + 2
    youden = se + sp - 1
    if share is None or youden <= 0:
        return Band(None, 0.0, 1.0)
    true = (p + sp - 1) / youden
    var_se, var_sp = se * (1 - se) / n_se, sp * (1 - sp) / n_sp
    error = sqrt(p * (1 - p) / n + var_se * true**2 + var_sp * (1 - true) ** 2) / youden
    middle = true + 2 * z2 * (true * var_se - (1 - true) * var_sp)
    share = _share(share)
    # The band is not drawn around the estimate: keep that inside for who plots both.
    low, high = _share(middle - _Z * error), _share(middle + _Z * error)
    return Band(share, min(low, share), max(high, share))


def _design_effect(sets: Sequence[tuple[int, int]]) -> float:
    """How many times larger the variance is than that of as many reps by themselves, >= 1."""
    mine = [(x, n) for x, n in sets if n]
    judged = sum(n for _, n in mine)
    p = sum(x for x, _ in mine) / judged
    if len(mine) < 2 or not 0 < p < 1:
        return 1.0
    k = len(mine)
    between = k / (k - 1) * sum((x - p * n) ** 2 for x, n in mine) / judged**2
    return max(1.0, between / (p * (1 - p) / judged))


def _share(x: float) -> float:
    return min(max(x, 0.0), 1.0)


# -------------------------------------------------------------------- change


def compared(weeks: Sequence[FaultWeek]) -> Change | None:
    """The fault in the first week in which it was judged against the last; None with one week.

    The difference of two shares is told from chance by Newcombe's interval (Stat Med
    17:873-890, 1998, method 10), the numbers of reps lowered by the design effect. Hits and
    false alarms are the same in both weeks, so they change its size, not its sign.
    """
    seen = [week for week in weeks if week.judged]
    if len(seen) < 2:
        return None
    first, last = seen[0], seen[-1]
    low, high = _difference(first.sets, last.sets)
    direction: Direction = "fewer" if high < 0 else "more" if low > 0 else "chance"
    return Change(direction, (last.monday - first.monday).days // 7, first, last)


def change(weeks: Sequence[FaultWeek], exercise: str, fault: str) -> str:
    """The same as a sentence; "" with fewer than two weeks in which it was judged."""
    found = compared(weeks)
    if found is None:
        return ""
    title = _(title_of(fault, EXERCISES[exercise]))
    first, last = found.first, found.last
    ago = _("{weeks} ago").format(weeks=many(found.weeks, "week"))
    numbers = _("{n} of {of} reps, was {before} of {before_of}").format(
        n=last.found, of=last.judged, before=first.found, before_of=first.judged
    )
    name = title[0].upper() + title[1:]
    if found.direction == "chance":
        return _("{fault}: no clear change in {weeks} ({numbers}).").format(
            fault=name, weeks=many(found.weeks, "week"), numbers=numbers
        )
    words = _("{fault}: more often than {ago}: {numbers}.")
    if found.direction == "fewer":
        words = _("{fault}: less often than {ago}: {numbers}.")
    return words.format(fault=name, ago=ago, numbers=numbers)


def _difference(
    before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]
) -> tuple[float, float]:
    """The 95% interval of the share after less that before."""
    (p1, l1, u1), (p2, l2, u2) = _wilson(before), _wilson(after)
    d = p2 - p1
    return d - sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2), d + sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2)


def _wilson(sets: Sequence[tuple[int, int]]) -> tuple[float, float, float]:
    found, judged = sum(x for x, _ in sets), sum(n for _, n in sets)
    p, n, z2 = found / judged, judged / _design_effect(sets), _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return p, min(middle - half, p), max(middle + half, p)


# --------------------------------------------------------------------- weeks


def _by_week(sets: Sequence[PastSet], exercise: str) -> list[tuple[date, list[PastSet]]]:
    mine = [one for one in sets if one.exercise == exercise and (one.reps or one.partials)]
    mondays = sorted({monday_of(one.day) for one in mine})
    return [(m, [one for one in mine if monday_of(one.day) == m]) for m in mondays]


def _week(monday: date, sets: Sequence[PastSet], alike: Sequence[PastSet]) -> Week:
    reps = [rep for one in sets for rep in one.reps]
    left, right = ([r for r in reps if r.side == side] for side in ("left", "right"))
    measured = [rep for one in alike for rep in one.reps]
    held = [rep.hold_s for rep in reps if rep.hold_s >= SHOWN_HOLD_S]
    return Week(
        monday=monday,
        sets=len(sets),
        reps=len(reps),
        reps_left=len(left),
        reps_right=len(right),
        held_total_s=sum(held),
        rom=spread(rep.rom_deg for rep in measured),
        rom_left=spread(rep.rom_deg for rep in measured if rep.side == "left"),
        rom_right=spread(rep.rom_deg for rep in measured if rep.side == "right"),
        symmetry=symmetry(measured),
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Median and quartiles; None without a number."""
    xs = sorted(values)
    if not xs:
        return None
    if len(xs) == 1:
        return Spread(xs[0], xs[0], xs[0], 1)
    low, middle, high = quantiles(xs, n=4, method="inclusive")
    return Spread(middle, low, high, len(xs))


def _fault_week(monday: date, sets: Sequence[PastSet], fault: str, rates: Rates) -> FaultWeek:
    seen = [[rep for rep in one.reps if judged(rep, fault)] for one in sets]
    counts = tuple((sum(_has(rep, fault) for rep in reps), len(reps)) for reps in seen)
    all_reps = sum(len(one.reps) for one in sets)
    found, of = sum(x for x, _ in counts), sum(n for _, n in counts)
    return FaultWeek(monday, found, of, all_reps - of, true_share(counts, rates), counts)


def _has(rep: Rep, fault: str) -> bool:
    return any(one.id == fault for one in rep.faults)


def judged(rep: Rep, fault: str) -> bool:
    """Whether a rep says anything of a fault."""
    # What was found was seen, whatever else hid the rest.
    return _has(rep, fault) or not any(one.id == fault for one in rep.not_assessed)
