"""What tells an exercise from those that move alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What is measured of a whole set, in trunk lengths where nothing else is said; not a number
#: where it does not show.
#: hands_below_knees, hips_above_knees: when the shoulders are lowest.
#: feet_apart, feet_uneven: how far apart the feet are to the side and in height, from the front.
#: foot_follows: how far the foot that moves more does, in shares of how far the hips go down.
#: step: how far the lower foot is taken up, in shares of how far the hips rise.
#: knees_bent: the knee that bends further, degrees.
Measure = Literal[
    "hands_below_knees",
    "hips_above_knees",
    "feet_apart",
    "feet_uneven",
    "foot_follows",
    "step",
    "knees_bent",
]


#: What the model of recognition.py calls a movement that is none of ours.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Seen:
    """A measure beyond a limit."""

    measure: Measure
    above: float = float("-inf")
    below: float = float("inf")

    def shows(self, value: float) -> bool:
        """Whether it is; what is not a number never is."""
        return self.above < value < self.below


@dataclass(frozen=True, slots=True)
class Sign:
    """Where one of these is seen, the exercise is so many times as likely as it was.

    unknown: so many times, where none of them shows. to: what is as much likelier, if it is
    one alone: an exercise, or OTHER.
    """

    seen: tuple[Seen, ...]
    times: float
    unknown: float = 1.0
    to: str = ""

    def said(self, measures: dict[Measure, float]) -> float:
        """How many times as likely, by what was measured."""
        values = [measures[one.measure] for one in self.seen]
        if any(one.shows(value) for one, value in zip(self.seen, values, strict=True)):
            return self.times
        return self.unknown if all(value != value for value in values) else 1.0


# A deadlift's hands hang down to the load or the floor. Of 43 squats not made by us one has them
# there, of 6 deadlifts five; but there are squats with dumbbells.
HANDS_DOWN = Sign((Seen("hands_below_knees", above=0.1),), 5.0)
# More than two feet have on the floor, as the camera sees them.
FEET_UNEVEN = Sign((Seen("feet_uneven", above=0.25),), 0.2)
# Who steps up takes the lower foot along: in 99 of 100 drawn steps by over 0.45 (median 1.0), in
# squats and lunges by 0.2. Where the camera moved no step can be seen, but it may be one.
NO_STEP = Sign((Seen("step", below=0.45),), 0.0, unknown=0.5, to=OTHER)
