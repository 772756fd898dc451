"""How far to believe a report: what the accuracy benchmark found for this exercise.

The numbers are in fitted/accuracy.json, each tier's under its name, written by
``python -m benchmarks.accuracy`` and its ``--tier outside --write``. Those from outside come
first: of real people and of films that another renderer made. Where they rest on too few reps,
those of our own films of rendered people are told, the best case. Each says which it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from formcheck.language import N_, _, listed

#: What the columns of Trust.rows are.
COLUMNS: Final = (N_("Fault"), N_("Clear ones found"), N_("Slight ones found"), N_("False alarms"))
#: Where a number is from; the names of the tiers in the file, the best evidence first.
KnownFrom = Literal["outside", "own films"]
TIERS: Final[tuple[KnownFrom, ...]] = ("outside", "own films")
#: So many reps are enough for a tier's number to be told; for what 95% of errors are below
#: more: of fewer than twenty that is the largest.
ENOUGH_REPS: Final = 8
ENOUGH_ERRORS: Final = 20
_OWN: Final = N_("our own films")


@dataclass(frozen=True, slots=True)
class Trust:
    """Sentences, and a row for each fault that was judged (see COLUMNS)."""

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """How a fault was found in the benchmark: (reps, of how many).

    found: reps with the fault, mild or marked, in which it was found; called: reps without
    it in which it was found nevertheless. (0, 0) where there were no such reps.
    """

    found: tuple[int, int]
    called: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """Numbers of one tier; the last of them is on how many reps they rest."""

    source: KnownFrom = "own films"
    numbers: Sequence[float] = (0, 0)

    @property
    def reps(self) -> int:
        return int(self.numbers[-1])

    def shown(self, words: str) -> str:
        """The words, marked where they are of our own films."""
        return words if self.source == "outside" else f"{words} ({_(_OWN)})"

    def named(self, *names: str) -> dict[str, Any] | None:
        """For JSON; None where there is nothing."""
        if not self.reps:
            return None
        return {"source": self.source, **dict(zip(names, self.numbers, strict=True))}


def fault_rates(exercise_id: str, fault_id: str) -> Rates:
    """How often the fault is found when it is there, and when it is not."""
    found, called = (
        _fault(exercise_id, fault_id, *kinds) for kinds in (("marked", "mild"), ("false_alarm",))
    )
    (a, b), (c, d) = found.numbers, called.numbers
    return Rates((int(a), int(b)), (int(c), int(d)))


def hold_error_s(exercise_id: str) -> float | None:
    """How wrong 95 of 100 holds of the exercise are at most, seconds; None = not measured."""
    return _error(exercise_id, "hold_s")


def range_error_deg(exercise_id: str) -> float | None:
    """How wrong 95 of 100 ranges of motion are at most, degrees; None = not measured."""
    return _error(exercise_id, "range_deg")


def known_error(exercise_id: str) -> dict[str, Any]:
    """The same for JSON: every number with its source, null where there is none."""
    faults = {
        fault: {
            "found": _fault(exercise_id, fault, "marked", "mild").named("hits", "reps"),
            "false_alarms": _fault(exercise_id, fault, "false_alarm").named("hits", "reps"),
        }
        for tier in TIERS
        for fault in _of(tier, exercise_id).get("faults", {})
    }
    return {
        "count": _known(exercise_id, "exact").named("exact", "recordings", "reps"),
        "hold_s": _known(exercise_id, "hold_s").named("median", "p95", "reps"),
        "range_deg": _known(exercise_id, "range_deg").named("median", "p95", "reps"),
        "faults": faults,
    }


def trust(exercise_id: str, judged: Mapping[str, str], model: str) -> Trust:
    """How often counts were exact, and each judged fault was found or made up.

    judged: the faults told of, id -> title. model: the pose model that saw the set.
    """
    told = [
        _(
            "Measured on recordings that formcheck's makers did not make: real people, and films "
            "of another renderer. Where these are too few it says {own}: rendered people whose "
            "every joint is known, the best case."
        ).format(own=_(_OWN))
    ]
    if "lite" in model:
        told.append(_("The full pose model was measured; lite, which saw this set, is less exact."))
    counted = _known(exercise_id, "exact")
    if not counted.reps:
        return Trust((*told, _("For this exercise there are no such numbers yet.")))
    exact, recordings = counted.numbers[:2]
    told.append(
        counted.shown(
            _("The number of reps was exact in {exact} of {recordings} recordings").format(
                exact=exact, recordings=recordings
            )
        )
        + "."
    )
    told += _errors(exercise_id)
    rows = []
    for fault, title in judged.items():
        clear, slight, false = (_fault(exercise_id, fault, kind) for kind in _KINDS)
        if clear.reps or slight.reps or false.reps:
            rows.append((_(title), _share(clear), _share(slight), _share(false)))
    return Trust(tuple(told), tuple(rows))


_KINDS: Final = ("marked", "mild", "false_alarm")


def _errors(exercise_id: str) -> list[str]:
    hold, reach = _known(exercise_id, "hold_s"), _known(exercise_id, "range_deg")
    words = []
    if hold.reps:
        tenths = max(math.ceil(10 * hold.numbers[1]), 1)
        words.append(
            hold.shown(_("holds were timed to within {tenths:.1f} s").format(tenths=tenths / 10))
        )
    if reach.reps:
        words.append(
            reach.shown(
                _("ranges of motion read to within {numbers:.0f}°").format(numbers=reach.numbers[1])
            )
        )
    return [_("In 95% of the reps {words}.").format(words=listed(words))] if words else []


def _share(known: _Known) -> str:
    hits, reps = known.numbers
    return (
        known.shown(_("{hits} of {reps} reps").format(hits=hits, reps=reps))
        if reps
        else _("not tried")
    )


def _error(exercise_id: str, what: str) -> float | None:
    known = _known(exercise_id, what)
    return known.numbers[1] if known.reps else None


def _known(exercise_id: str, what: str) -> _Known:
    enough = ENOUGH_REPS if what == "exact" else ENOUGH_ERRORS
    return _told(lambda tier: _of(tier, exercise_id).get(what), enough)


def _fault(exercise_id: str, fault_id: str, *kinds: str) -> _Known:
    """Hits and reps of a fault, of these kinds together."""

    def of(tier: KnownFrom) -> Sequence[float] | None:
        found = _of(tier, exercise_id).get("faults", {}).get(fault_id)
        return found and [sum(numbers) for numbers in zip(*map(found.get, kinds), strict=True)]

    return _told(of)


def _told(of: Callable[[KnownFrom], Sequence[float] | None], least: int = ENOUGH_REPS) -> _Known:
    """The first tier's numbers with enough reps behind them, else those with the most."""
    every = [_Known(tier, numbers) for tier in TIERS if (numbers := of(tier)) and numbers[-1]]
    enough = (known for known in every if known.reps >= least)
    return next(enough, max(every, key=lambda known: known.reps, default=_Known()))


def _of(tier: KnownFrom, exercise_id: str) -> dict[str, Any]:
    found: dict[str, Any] = _measured()[tier]["exercises"].get(exercise_id, {})
    return found


@cache
def _measured() -> dict[str, Any]:
    place = resources.files("formcheck.engine").joinpath("fitted", "accuracy.json")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found
