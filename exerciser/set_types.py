"""What a set is: as it is asked for, as it is planned, and as it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from exerciser.body import Array, Body, Pose


@dataclass(frozen=True)
class RepSpec:
    """One repetition. Times in seconds of the whole move (not 10 to 90%).

    amplitude: share of the full movement; faults: fault id -> size (see
    `Movement.faults` for units; aliases such as "knee_valgus_left" put it on one leg).
    """

    amplitude: float = 1.0
    out_s: float = 2.0
    hold_s: float = 0.5
    back_s: float = 2.0
    pause_after_s: float = 0.8
    faults: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SetSpec:
    """A whole set.

    side: the working one ("left"/"right") of unilateral exercises, else "both".
    start_from: "in_place", or "walk_in": walks up, lies down if needed, starts
    (not for exercises that begin reclined on something).
    sway: 1 = ordinary small body sway and breathing, 0 = none.
    variation: spread (SD) of amplitude and times from rep to rep, a share.
    params: pose parameters for the whole set, e.g. {"toe_out_deg": 20}.
    """

    exercise: str
    body: str
    side: str = "both"
    reps: tuple[RepSpec, ...] = (RepSpec(),) * 5
    lead_in_s: float = 1.5
    lead_out_s: float = 1.5
    sway: float = 1.0
    variation: float = 0.02
    seed: int = 0
    start_from: str = "in_place"
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RepPlan:
    """One repetition as it was really made (after variation)."""

    start_s: float
    out_s: float
    hold_s: float
    back_s: float
    amplitude: float
    faults: Mapping[str, float]

    @property
    def end_s(self) -> float:
        return self.start_s + self.out_s + self.hold_s + self.back_s


@dataclass(frozen=True)
class Frame:
    """One moment of a set. `vertices` is worked out only when asked for."""

    source: GeneratedSet
    index: int

    @property
    def time_s(self) -> float:
        return float(self.source.time_s[self.index])

    @property
    def landmarks_m(self) -> Array:
        """(33, 3) metres, NaN where undefined."""
        out: Array = self.source.landmarks_m[self.index]
        return out

    @property
    def vertices(self) -> Array:
        """(n, 3) float32 metres; flesh pressed into the floor is flattened on it."""
        out = self.source.body.skin(self.source.pose, self.index)
        out[:, 2] = np.maximum(out[:, 2], 0.0)
        return out

    @property
    def metrics(self) -> dict[str, float]:
        """The true clinical metrics of this moment (see `truth`)."""
        return {k: float(v[self.index]) for k, v in self.source.metrics.items()}


@dataclass(frozen=True)
class GeneratedSet:
    """All frames of a set at once.

    in_place: (T,) False while still walking in. measured: works out its metrics.
    """

    spec: SetSpec
    fps: float
    body: Body
    time_s: Array
    effort: Array
    in_place: Array
    pose: Pose
    plan: tuple[RepPlan, ...]
    measured: Callable[[GeneratedSet], dict[str, Array]]

    def __len__(self) -> int:
        return len(self.time_s)

    @cached_property
    def joints(self) -> Array:
        return self.body.joints(self.pose)

    @cached_property
    def landmarks_m(self) -> Array:
        """(T, 33, 3) metres."""
        return self.body.landmarks(self.pose, self.joints)

    @cached_property
    def metrics(self) -> dict[str, Array]:
        """Name -> (T,) true values (see `truth.metrics`), worked out when first asked for."""
        return self.measured(self)

    def frame(self, index: int) -> Frame:
        return Frame(self, index)
