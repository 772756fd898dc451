"""What an exercise is: one declarative object, validated when it is made."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, TypeVar

from formcheck.engine.camera import Camera
from formcheck.engine.events import Phase
from formcheck.engine.pelvic_rotation import READ_BY_MODEL, Kind
from formcheck.engine.rule import FaultRule
from formcheck.engine.sign import Sign
from formcheck.engine.signals import SIGNALS
from formcheck.engine.view import view_class
from formcheck.engine.working_side import ON_ONE_LEG, WorkingRule
from formcheck.language import N_

T = TypeVar("T")
Spot = Literal["low", "hip", "raised"]
#: What an exercise is done in: standing, on the back, leaning back, on the side.
StartPosture = Literal["standing", "supine", "reclined", "side_lying"]
#: The one to look for in a picture, "" = any.
WantedPosture = StartPosture | Literal[""]

#: Faults every exercise has when a tempo or hold is prescribed: id -> title.
PRESCRIBED_FAULTS = {"too_fast": N_("too fast"), "hold_short": N_("hold too short")}


@dataclass(frozen=True, slots=True)
class Prescription:
    """What the person was asked to do; None where nothing was asked.

    Times in seconds: concentric (lifting), hold at the extreme, eccentric
    (lowering). letters: the hold is counted in so many letters of the alphabet.
    """

    reps: int | None = None
    concentric_s: float | None = None
    hold_s: float | None = None
    eccentric_s: float | None = None
    letters: int | None = None

    @classmethod
    def parse(
        cls, *, reps: int | None = None, hold: str | None = None, tempo: str | None = None
    ) -> Prescription:
        """From text: hold "10", tempo "3-10-3" (concentric-hold-eccentric, seconds).

        Raises ValueError with a sentence that says what is wrong.
        """
        concentric = eccentric = held = None
        if tempo is not None:
            parts = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", tempo.strip())
            if parts is None:
                raise ValueError(
                    f"Tempo {tempo!r} is not understood: write the seconds of lifting, "
                    "holding and lowering, like 3-10-3."
                )
            concentric, held, eccentric = (float(p) or None for p in parts.groups())
        if hold is not None:
            try:
                seconds = float(hold)
            except ValueError:
                seconds = -1.0
            if not 0 < seconds <= 600:
                raise ValueError(f"Hold {hold!r} is not a number of seconds between 0 and 600.")
            if held is not None and held != seconds:
                raise ValueError(
                    f"Hold {hold} and the middle of tempo {tempo} disagree: give one of them."
                )
            held = seconds
        if reps is not None and reps < 1:
            raise ValueError(f"Reps must be 1 or more, not {reps}.")
        return cls(reps=reps, concentric_s=concentric, hold_s=held, eccentric_s=eccentric)


@dataclass(frozen=True, slots=True)
class Primary:
    """The signal that is counted.

    rest_deg, target_deg: typical level at rest and the nearer edge of the
        target range, in the signal's own units; outbound is from rest to
        target, and the distance between the person's own rest and the target
        is the full excursion.
    from_rest: the signal has no zero of its own: levels are distances from
        the person's rest level, and target_deg is the full excursion.
    concentric: the phase in which the weight is lifted.
    """

    signal: str
    rest_deg: float
    target_deg: float
    concentric: Literal["outbound", "inbound"]
    from_rest: bool = False

    @property
    def direction(self) -> float:
        """+1 when outbound makes the signal grow, else -1."""
        return 1.0 if self.target_deg >= self.rest_deg else -1.0

    def swapped(self, pair: tuple[T, T]) -> tuple[T, T]:
        """(outbound, inbound) as (concentric, eccentric), and the other way round."""
        return pair if self.concentric == "outbound" else (pair[1], pair[0])

    def full_excursion(self, rest_deg: float) -> float:
        """Degrees from this person's rest to the target, kept within 25% of typical."""
        typical = abs(self.target_deg - self.rest_deg)
        if self.from_rest:
            return typical
        own = (self.target_deg - rest_deg) * self.direction
        return min(max(own, 0.75 * typical), 1.25 * typical)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the camera belongs.

    distance_m: (nearest, furthest) from the person. height_m: (lowest, highest) above
    the floor. elevation_deg: how far it has to look down on the person, (least, most);
    None = level.
    """

    distance_m: tuple[float, float]
    height_m: tuple[float, float]
    elevation_deg: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for low, high in (self.distance_m, self.height_m, self.elevation_deg or (0, 0)):
            if not 0 <= low <= high:
                raise ValueError(f"{self}: ranges go from a smaller number to a larger one")

    @property
    def spot(self) -> Spot:
        """What the camera stands on: from one spot to another it has to be moved."""
        if self.elevation_deg is not None:
            return "raised"
        return "low" if sum(self.height_m) / 2 < 0.7 else "hip"

    def described(self, words: str) -> str:
        """Words with {distance}, {height} and {elevation} filled in, like "2.5-3 m"."""
        return words.format(
            distance=f"{_range(self.distance_m)} m",
            height=f"{_range(self.height_m)} m",
            elevation=f"{_range(self.elevation_deg or (0, 0))} degrees",
        )


def _range(numbers: tuple[float, float]) -> str:
    low, high = numbers
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise as data. Adding one is adding a file with one of these.

    setup: where to put the camera, in words; in the file {distance}, {height} and
        {elevation} stand for those of `camera`.
    posture: reclined = the upper back on a bench, at the top as level as supine.
    working: how the leg that works is told from the other (working_side.py).
    travels: the person moves about in the picture, as in a band walk.
    lifts_first: the first rep may begin with its lift, of a weight on the floor.
    hold: what the hold is. still = hardly moving near the extreme. away = all the time
        beyond half of the full excursion, moving or not: a stand on one leg, from the
        foot leaving the floor until it is down for good. Coming back for less than a
        second does not end such a rep.
    counted_within: the standard error of the primary signal, in its unit, up to which it is
        counted; infinite = from everywhere. Beyond it nothing is counted, and the report
        says so.
    timed_stand: how long the person stood on either leg in the whole set is noted.
    measures_path: how far the working ankle travels about its hip is reported.
    roll_movement: as which of its two movements the model of people on the side
        (pelvic_rotation.py) reads this one; needed where a rule or the count rests on it.
    variant_of: the exercise that looks the same to a camera (a band or a ball is not seen);
        that one is recognised in its place.
    signs: by which it is told from exercises that move alike (recognition.py).
    prescription: what is usually asked for.
    judged_angle: the chain of joints whose angle is drawn, the middle one its vertex.

    Raises ValueError, with a sentence that names exercise and fault, for an id that is no
    name, a signal that does not exist, faults with the same id, and rules that lack their
    cue, remedy, source, or the reason why no view shows them.

    >>> from dataclasses import replace
    >>> from formcheck.engine.exercises.squat import EXERCISE as SQUAT
    >>> deep = replace(SQUAT, id="deep_squat", primary=replace(SQUAT.primary, target_deg=120))
    >>> deep.primary.full_excursion(rest_deg=5.0), deep.each_side
    (115.0, False)
    """

    id: str
    name: str
    summary: str
    setup: str
    posture: StartPosture
    camera: Placement
    primary: Primary
    faults: tuple[FaultRule, ...]
    source: str
    working: WorkingRule = "both"
    travels: bool = False
    lifts_first: bool = False
    hold: Literal["still", "away"] = "still"
    counted_within: float = math.inf
    timed_stand: bool = False
    measures_path: bool = False
    roll_movement: Kind | None = None
    variant_of: str = ""
    signs: tuple[Sign, ...] = ()
    prescription: Prescription = Prescription(reps=10)
    judged_angle: tuple[str, str, str] = ("hip", "knee", "ankle")

    def __post_init__(self) -> None:
        where = f"exercise {self.id!r}"
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.id):
            raise ValueError(f"{where}: the id must be lower-case words joined by _")
        object.__setattr__(self, "setup", self.camera.described(self.setup))
        if self.primary.signal not in SIGNALS:
            raise ValueError(f"{where}: there is no signal {self.primary.signal!r}")
        if self.roll_movement is None and READ_BY_MODEL & set(self.signals):
            raise ValueError(f"{where}: its signals need roll_movement")
        for rule in self.faults:
            needed = rule.cue and rule.remedy and rule.source
            if not needed:
                raise ValueError(f"{where}, fault {rule.id!r}: cue, remedy and source are needed")
            if not rule.unseen and not rule.azimuths:
                raise ValueError(
                    f"{where}, fault {rule.id!r}: no camera shows {rule.signal!r} well enough for "
                    "limits so close together; set them apart, or say why it is not judged (unseen)"
                )
        ids = [rule.id for rule in self.faults]
        if len(set(ids)) != len(ids) or set(ids) & set(PRESCRIBED_FAULTS):
            raise ValueError(f"{where}: fault ids must differ from each other and from the common")

    @property
    def unilateral(self) -> bool:
        """Whether one leg works at a time."""
        return self.working != "both"

    @property
    def each_side(self) -> bool:
        """Whether reps are asked of each leg by itself; those of a walk are counted through."""
        return self.unilateral and not self.travels

    @property
    def one_leg(self) -> bool:
        """Whether it is done standing on one leg."""
        return self.working in ON_ONE_LEG

    @property
    def timed(self) -> bool:
        """Whether a rep is told by how long it lasts, and not by how far it goes."""
        return self.hold == "away"

    @property
    def lettered(self) -> bool:
        """Whether its time is asked for in letters of the alphabet."""
        return self.prescription.letters is not None

    @property
    def phase_words(self) -> dict[Phase, str]:
        """What each phase is called; up is the lift, where anything is lifted."""
        out, back = self.primary.swapped((N_("Up"), N_("Down")))
        if self.travels:
            out, back = N_("Out"), N_("In")
        return {"rest": N_("Rest"), "outbound": out, "hold": N_("Hold"), "inbound": back}

    def counted_from(self, camera: Camera) -> bool:
        """Whether this camera shows what is counted well enough."""
        error = SIGNALS[self.primary.signal].error
        if error is None or math.isinf(self.counted_within):
            return True
        return error(camera) <= self.counted_within

    @property
    def views(self) -> tuple[str, ...]:
        """The view classes that show some fault best, that of the first one first."""
        best = (view_class(r.best_azimuth) for r in self.faults if not r.unseen)
        return tuple(dict.fromkeys(best))

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of all signals the exercise needs, the primary one first."""
        read = (name for rule in self.faults for name in rule.signals)
        return tuple(dict.fromkeys((self.primary.signal, *read)))
