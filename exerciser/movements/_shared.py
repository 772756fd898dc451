"""What several movements share: how faults are measured and put in, faults, and cameras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from exerciser.body import Array
from exerciser.figure import SIDES
from exerciser.movement import (
    CameraRange,
    FaultAlias,
    FaultSpec,
    Measure,
    Measured,
    RepClock,
    RepTruth,
    View,
)

# ------------------------------------------------------------------ how it is measured


def peak(name: str, per: str | None = None) -> Measure:
    """Largest change of a metric from rest; its magnitude is held against the limits.

    per: "shank_m" or "shoulders_m": the value is then a share of that length, and
    the metric is in centimetres.
    """

    def measure(rep: RepTruth) -> list[Measured]:
        size = rep.peak(name)
        return [Measured(size, abs(size) / 100 / getattr(rep, per) if per else abs(size))]

    return measure


def grown(name: str, per: str | None = None) -> Measure:
    """As `peak`, but only growth is a fault: the value keeps its sign."""

    def measure(rep: RepTruth) -> list[Measured]:
        size = rep.peak(name)
        return [Measured(size, size / 100 / getattr(rep, per) if per else size)]

    return measure


def per_side(name: str, per: str | None = None) -> Measure:
    """As `grown` for each leg or arm; name has {side} in it."""

    def measure(rep: RepTruth) -> list[Measured]:
        found = []
        for side in SIDES:
            (one,) = grown(name.format(side=side), per)(rep)
            found.append(Measured(one.size, one.value, side))
        return found

    return measure


def of_working(measure: Measure) -> Measure:
    """As measured, on the working leg."""
    return lambda rep: [Measured(m.size, m.value, rep.side) for m in measure(rep)]


def beyond_usual(name: str) -> Measure:
    """Value of a metric at the turn; the size is what it is beyond that without faults."""

    def measure(rep: RepTruth) -> list[Measured]:
        value = rep.at_turn(name)
        return [Measured(value - rep.expected(name), value)]

    return measure


def largest(name: str) -> Measure:
    """Largest value of a metric; the size is its change from rest."""
    return lambda rep: [Measured(rep.peak(name), rep.largest(name))]


def short_of_target(rep: RepTruth) -> list[Measured]:
    """How far a primary metric that grows stays below the target."""
    return [Measured(rep.target - rep.extreme, rep.target - rep.extreme)]


def beyond_target(rep: RepTruth) -> list[Measured]:
    """How far a primary metric that grows goes beyond the target."""
    return [Measured(rep.extreme - rep.target, rep.extreme - rep.target)]


def too_little(rep: RepTruth) -> list[Measured]:
    """As `short_of_target`; the metric itself decides, and less of it is worse."""
    return [Measured(rep.target - rep.extreme, -rep.extreme)]


def too_much(rep: RepTruth) -> list[Measured]:
    """As `beyond_target`; the metric itself decides."""
    return [Measured(rep.extreme - rep.target, rep.extreme)]


# -------------------------------------------------------------------- how it is put in


def deeper(
    parameter: str, rest_deg: float, way: float = 1.0
) -> Callable[[dict[str, Array], RepClock, float], None]:
    """The size in degrees more (way -1: less) of a parameter; the whole way is scaled."""

    def apply(params: dict[str, Array], clock: RepClock, size: float) -> None:
        params["depth"][clock.during] += way * size / (params[parameter][0] - rest_deg)

    return apply


# -------------------------------------------------------------------------- the faults

_LEFT, _RIGHT = ("valgus_left_cm", 1.0), ("valgus_right_cm", 1.0)
KNEES_INWARD: Final = FaultSpec(
    "cm the knee centre is medial of the hip-ankle-toe plane",
    ("front",),
    per_side("knee_medial_{side}_cm", "shank_m"),
    mild=0.05,
    marked=0.12,
    parameters=(_LEFT, _RIGHT),
    sizes=(1.5, 9.0),
    aliases={
        "knee_valgus_left": FaultAlias((_LEFT,), "left"),
        "knee_valgus_right": FaultAlias((_RIGHT,), "right"),
    },
)
#: Of the leg that is stood on.
KNEE_INWARD: Final = FaultSpec(
    KNEES_INWARD.unit,
    ("front",),
    of_working(grown("knee_medial_cm", "shank_m")),
    mild=0.05,
    marked=0.12,
    parameters=(("valgus_cm", 1.0),),
    sizes=(1.5, 8.0),
)
PELVIC_DROP: Final = FaultSpec(
    "deg the free side of the pelvis sinks",
    ("front",),
    grown("pelvic_drop_deg"),
    mild=6,
    marked=10,
    parameters=(("pelvic_drop_deg", 1.0),),
    sizes=(3.0, 13.0),
)
SIDE_LEAN: Final = FaultSpec(
    "deg the trunk leans to the stance side",
    ("front",),
    grown("trunk_side_deg"),
    mild=8,
    marked=12,
    parameters=(("trunk_side_deg", 1.0),),
    # What the shoulders lean by against the hips is half of what the chest does.
    sizes=(10.0, 28.0),
)

# ------------------------------------------------------------------------- the cameras

#: Ranges that only name cameras: none is put there.
OBLIQUE, SIDE = CameraRange("oblique", (25, 65)), CameraRange("side", (65, 115))
BACK = CameraRange("back", (115, 180))
#: No borderline cameras.
SQUARE = (View("front", (0, 15)), View("side", (70, 110)))
