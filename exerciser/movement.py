"""What the exerciser has to know of one exercise, in one place.

A module in `exerciser/movements/` states its exercises as `Movement`s; sets, truth,
camera, room and benchmarks read everything from there and know no exercise by name.
Angles in degrees, lengths in metres unless a name ends in _cm, times in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from exerciser.body import Array, Body, Pose
from exerciser.figure import SIDES, min_jerk
from exerciser.set_types import GeneratedSet, RepPlan, SetSpec
from formcheck.engine.pose import Landmark

Range = tuple[float, float]
#: (body, effort (T,), parameters, side) -> Pose. effort: 0 = rest, 1 = full target.
#: Each parameter is a number or (T,) values, those not given are the movement's defaults;
#: side is the working one of a unilateral movement, else to be ignored.
PoseFunction = Callable[[Body, Array, Mapping[str, Any], str], Pose]
#: (body, pose, landmarks (T, 33, 3) metres, side) -> name -> (T,) values.
MetricsFunction = Callable[[Body, Pose, Array, str], dict[str, Array]]


# ------------------------------------------------------------------------ cameras
def folded(azimuth_deg: float) -> float:
    """How far round from the +y side a camera stands, 0 to 180 degrees either way."""
    return abs((azimuth_deg + 180) % 360 - 180)


@dataclass(frozen=True)
class View:
    """A name for the cameras within a range; all limits belong to it.

    around: |azimuth|, 0 to 180. raised: elevation, -90 to 90.
    """

    name: str
    around: Range = (0.0, 180.0)
    raised: Range = (-90.0, 90.0)

    def has(self, azimuth_deg: float, elevation_deg: float) -> bool:
        """Whether a camera at this azimuth and elevation belongs to the view."""
        return (
            self.around[0] <= folded(azimuth_deg) <= self.around[1]
            and self.raised[0] <= elevation_deg <= self.raised[1]
        )


@dataclass(frozen=True)
class CameraRange:
    """A view, and how people put a camera there (for sets drawn at random).

    view, around, raised: see `View`. weight: how often a camera is put here, in
    proportion to the weights of the other ranges; 0 = never (the range only names
    cameras). azimuth, elevation: drawn evenly from these. both_sides: the sign of
    the azimuth is turned at random. toward_working: the azimuth is meant for a left
    working side and turned for a right one.
    """

    view: str
    around: Range = (0.0, 180.0)
    raised: Range = (-90.0, 90.0)
    weight: float = 0.0
    azimuth: Range = (0.0, 0.0)
    elevation: Range = (0.0, 12.0)
    both_sides: bool = False
    toward_working: bool = False

    def has(self, azimuth_deg: float, elevation_deg: float) -> bool:
        """Whether a camera at this azimuth and elevation belongs to the view."""
        return View(self.view, self.around, self.raised).has(azimuth_deg, elevation_deg)

    def draw(self, rng: np.random.Generator, side: str = "both") -> tuple[float, float]:
        """A camera's azimuth and elevation."""
        azimuth = float(rng.uniform(*self.azimuth))
        if self.both_sides:
            azimuth *= float(rng.choice([-1, 1]))
        if self.toward_working and side == "right":
            azimuth = -azimuth
        return azimuth, float(rng.uniform(*self.elevation))


# ------------------------------------------------------------------------- faults
@dataclass(frozen=True)
class RepClock:
    """When a repetition does what, for faults that act on part of it.

    time_s: (T,) of the whole set. plan: the repetition as it is made.
    """

    time_s: Array
    plan: RepPlan

    @cached_property
    def t(self) -> Array:
        """(T,) seconds since the repetition began."""
        return self.time_s - self.plan.start_s

    @cached_property
    def during(self) -> Array:
        """(T,) True while it lasts."""
        return (self.t > 0) & (self.time_s < self.plan.end_s)

    @cached_property
    def back(self) -> Array:
        """(T,) 0 until the way back begins, 1 when it is done."""
        t = self.t - self.plan.out_s - self.plan.hold_s
        return min_jerk(t / max(self.plan.back_s, 1e-6))

    @cached_property
    def held(self) -> Array:
        """(T,) 0 until the hold begins, 1 when it is over."""
        return min_jerk((self.t - self.plan.out_s) / max(self.plan.hold_s, 1e-6))

    def share(self, part: Literal["rep", "hold", "out", "back"]) -> Array:
        """(T,) how far a fault of this part acts, 0 to 1.

        Over a whole repetition it is there at once: the pose functions bring faults
        in with the effort. In a part it swells and goes within the part.
        """
        p = self.plan
        if part == "rep":
            return self.during.astype(float)
        start = {"out": 0.0, "hold": p.out_s, "back": p.out_s + p.hold_s}[part]
        length = max({"out": p.out_s, "hold": p.hold_s, "back": p.back_s}[part], 1e-6)
        x = (self.t - start) / length
        return min_jerk(x / 0.35) * min_jerk((1 - x) / 0.35)


@dataclass(frozen=True)
class Measured:
    """One fault as the joints show it.

    size: the published number, in the unit of the fault, with its sign. value: what
    is held against `mild` and `marked` (the clinical number, larger = worse).
    side: "left", "right" or "both".
    """

    size: float
    value: float
    side: str = "both"


@dataclass(frozen=True)
class RepTruth:
    """One repetition of a set, for measuring its faults.

    metrics: name -> (T,) of the whole set (from_rest ones less their rest value).
    reference: name -> (rest, full) of the same person and set without faults.
    rep, hold: (T,) masks of the repetition and of its planned hold (may be empty).
    turn: frame in which the primary metric is furthest from rest. extreme: the
    primary metric there; target: what it is without faults at effort 1.
    """

    made: GeneratedSet
    plan: RepPlan
    metrics: Mapping[str, Array]
    reference: Mapping[str, Array]
    primary: str
    rep: Array
    hold: Array
    turn: int
    extreme: float
    target: float

    @property
    def side(self) -> str:
        """The working side, or "both"."""
        return self.made.spec.side

    def peak(self, name: str) -> float:
        """Largest change from the rest pose during the repetition, with its sign."""
        change = self.metrics[name][self.rep] - self.reference[name][0]
        return float(change[np.argmax(np.abs(change))])

    def largest(self, name: str) -> float:
        """Largest value during the repetition."""
        return float(self.metrics[name][self.rep].max())

    def at_turn(self, name: str) -> float:
        """Value at the turn."""
        return float(self.metrics[name][self.turn])

    def lost_in_hold(self, name: str) -> float | None:
        """Largest value of the hold less that at its end; None without a hold."""
        held = self.metrics[name][self.hold]
        return float(held.max() - held[-1]) if len(held) else None

    @property
    def share(self) -> float:
        """How far the turn is on the way from rest to full, 0 to 1."""
        rest = float(self.reference[self.primary][0])
        way = (self.at_turn(self.primary) - rest) / (self.target - rest)
        return float(np.clip(way, 0, 1))

    def expected(self, name: str) -> float:
        """What a metric would be at the turn without faults, in proportion to `share`."""
        rest, full = self.reference[name]
        return float(rest + self.share * (full - rest))

    def length_m(self, a: Landmark, b: Landmark) -> float:
        """Distance of two landmarks in the first frame, metres."""
        lm = self.made.landmarks_m[0]
        return float(np.linalg.norm(lm[a] - lm[b]))

    @property
    def shank_m(self) -> float:
        """Knee to ankle of the left leg, metres."""
        return self.length_m(Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE)

    @property
    def shoulders_m(self) -> float:
        """Distance of the shoulders, metres."""
        return self.length_m(Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)


Measure = Callable[[RepTruth], Sequence[Measured]]


@dataclass(frozen=True)
class FaultAlias:
    """Another name to ask for a fault by, e.g. for one leg only.

    parameters: as in `FaultSpec`. side: the side it is then found on.
    """

    parameters: tuple[tuple[str, float], ...]
    side: str = "both"


@dataclass(frozen=True)
class FaultSpec:
    """A fault: how it is put in, how it is measured, from where it can be seen.

    unit: of its size, first word the unit proper ("cm the heel rises").
    views: names it can be judged from (see `Movement.judged_view`).
    measure: repetition -> what the joints show. mild, marked: limits of
    `Measured.value`. parameters: (pose parameter, its change for a size of 1).
    acts: in which part of the repetition the parameters change.
    apply: instead of parameters: changes the (T,) parameter arrays in place, given
    (parameters, clock, size). retime: gives the repetition other times for a size.
    sizes: range drawn from in random sets, from just felt to far beyond marked;
    None = not drawn. either_way: drawn with either sign. min_hold_s: drawn only in
    sets with such holds. spoils_hold: the hold's end is a matter of definition then.
    aliases: other fault ids to ask for it by (drawn as often as the fault itself).
    """

    unit: str
    views: tuple[str, ...]
    measure: Measure
    mild: float
    marked: float
    parameters: tuple[tuple[str, float], ...] = ()
    acts: Literal["rep", "hold", "out", "back"] = "rep"
    apply: Callable[[dict[str, Array], RepClock, float], None] | None = None
    retime: Callable[[RepPlan, float], RepPlan] | None = None
    sizes: Range | None = None
    either_way: bool = False
    min_hold_s: float = 0.0
    spoils_hold: bool = False
    aliases: Mapping[str, FaultAlias] = field(default_factory=dict)

    def put_in(
        self, params: dict[str, Array], clock: RepClock, size: float, alias: str | None = None
    ) -> None:
        """Change the (T,) pose parameters of one repetition in place."""
        if self.apply is not None and alias is None:
            self.apply(params, clock, size)
            return
        changes = self.parameters if alias is None else self.aliases[alias].parameters
        share = clock.share(self.acts)
        for name, factor in changes:
            params[name] += size * factor * share

    def severity(self, value: float) -> str:
        """How bad a measured value is: "none", "mild" or "marked"."""
        return "marked" if value >= self.marked else "mild" if value >= self.mild else "none"

    def requested(self, fault: str, asked: Mapping[str, float], side: str) -> float | None:
        """The size asked for on a side under the fault's own or another name, or None."""
        names = [fault, *(n for n, a in self.aliases.items() if a.side == side)]
        return sum(asked[n] for n in names if n in asked) or None


# ------------------------------------------------------------------- the movement
@dataclass(frozen=True)
class Tempo:
    """How sets are drawn at random where the times of ordinary exercises do not fit.

    How many repetitions, and the ranges of their times in seconds.
    """

    reps: int
    out_s: Range
    hold_s: Range
    back_s: Range
    pause_s: Range


#: (body, (T,) parameters, (T,) effort, one clock per repetition, side): changes the
#: parameters in place.
Course = Callable[["Body", "dict[str, Array]", "Array", "Sequence[RepClock]", str], None]


def _one_side(spec: SetSpec, number: int) -> str:
    return spec.side


@dataclass(frozen=True)
class Prop:
    """A thing the exercise needs: an upright box, or the ball within it. Metres."""

    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    kind: Literal["bench", "step", "ball", "wall"] = "bench"


def no_props(body: Body, params: Mapping[str, float], side: str) -> tuple[Prop, ...]:
    """The exercise needs nothing."""
    return ()


@dataclass(frozen=True)
class Movement:
    """One exercise of the virtual person.

    posture: how it is done; only from "standing" and lying ones can one walk in.
    unilateral: needs the working side. defaults: pose parameters; "sway_x_m" and
    "sway_y_m" among them get the body's sway. primary: the metric that counts
    repetitions. concentric: which way is the effort. from_rest: metrics that are
    changes from the rest pose. cameras: the first range that has a camera names its
    view. judging: narrower names used for whether a fault can be judged; without
    them those of cameras. views: name -> (azimuth, elevation) for pictures of it,
    the recommended one first. told: views the exercise asks for. variants:
    parameters of random sets, each as likely as any other. signals: true values
    (T,) in the units of formcheck's signals of these names ("name.left" for one
    side); signals_from_rest: those compared as changes from rest; compared_in:
    signal -> views in which it is compared.
    course: what goes on from repetition to repetition, such as places walked to;
    called after the faults were put in. side_of: (spec, number from 0) -> the side of
    a repetition, where it is not always that of the set. lead_in_s: time needed before
    the first one, to get into position. tempo: see `Tempo`.
    away: a hold is the time spent beyond half of the full excursion, still or not,
    and coming back for less than a second does not end the repetition.
    version: raised when the pose changes so much that films made before show another one.
    """

    id: str
    posture: Literal["standing", "supine", "reclined", "side_lying"]
    unilateral: bool
    defaults: Mapping[str, float]
    pose: PoseFunction
    primary: str
    concentric: Literal["outbound", "inbound"]
    metrics: MetricsFunction
    faults: Mapping[str, FaultSpec]
    cameras: tuple[CameraRange, ...]
    views: Mapping[str, tuple[float, float]]
    told: tuple[str, ...]
    from_rest: frozenset[str] = frozenset()
    judging: tuple[View, ...] = ()
    variants: tuple[Mapping[str, float], ...] = ({},)
    signals: Callable[[GeneratedSet], dict[str, Array]] = lambda made: {}
    signals_from_rest: frozenset[str] = frozenset()
    compared_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    props: Callable[[Body, Mapping[str, float], str], tuple[Prop, ...]] = no_props
    course: Course | None = None
    side_of: Callable[[SetSpec, int], str] = _one_side
    lead_in_s: float = 0.0
    tempo: Tempo | None = None
    away: bool = False
    version: int = 1

    def view_of(self, azimuth_deg: float, elevation_deg: float) -> str:
        """The name of a camera's view, "other" when no range has it."""
        return _first(self.cameras, azimuth_deg, elevation_deg)

    def judged_view(self, azimuth_deg: float, elevation_deg: float) -> str:
        """The view for judging faults: no borderline cameras, those are "other"."""
        return _first(self.judging or self.cameras, azimuth_deg, elevation_deg)

    def fault_names(self) -> dict[str, tuple[str, str | None]]:
        """Every name a fault can be asked for by -> (fault id, alias or None)."""
        out: dict[str, tuple[str, str | None]] = {}
        for fault, spec in self.faults.items():
            out[fault] = (fault, None)
            out.update({alias: (fault, alias) for alias in spec.aliases})
        return out

    def check_side(self, side: str) -> None:
        """Raise ValueError when a unilateral movement is not told its side."""
        if self.unilateral and side not in SIDES:
            raise ValueError(f"{self.id} needs side 'left' or 'right', got {side!r}")

    def make(self, body: Body, effort: Array, side: str = "both", **params: Any) -> Pose:
        """Poses for an effort (T,); see `PoseFunction`."""
        self.check_side(side)
        every = {**self.defaults, **params}
        return self.pose(body, np.atleast_1d(np.asarray(effort, float)), every, side)

    def some_side(self) -> str:
        """A side that will do: "left" for a unilateral movement, else "both"."""
        return "left" if self.unilateral else "both"


def _first(ranges: Sequence[CameraRange | View], azimuth_deg: float, elevation_deg: float) -> str:
    for r in ranges:
        if r.has(azimuth_deg, elevation_deg):
            return r.view if isinstance(r, CameraRange) else r.name
    return "other"
