"""What a programme is: phases of exercises with their doses, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from formcheck.exercise import Prescription
from formcheck.exercises import EXERCISES

__all__ = ["Item", "Phase", "Programme"]

Seconds = Annotated[float, Field(gt=0, le=600)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Item(_Data):
    """One exercise of a phase and how much of it.

    reps: of each side where per_side; steps to each side in a band walk. Times in seconds;
    None = as one likes. letters, letter_s: how many letters are drawn on each leg, and
    how long each takes. how: how it is done here, where there is more than one way. ours:
    names of the fields that formcheck filled in because the source says nothing; the
    others are the source's.
    """

    exercise: str
    reps: Annotated[int, Field(ge=1, le=100)] = 10
    per_side: bool = False
    sets: Annotated[int, Field(ge=1, le=10)] = 1
    concentric_s: Seconds | None = None
    hold_s: Seconds | None = None
    eccentric_s: Seconds | None = None
    letters: Annotated[int, Field(ge=1, le=26)] | None = None
    letter_s: Annotated[float, Field(ge=1, le=20)] | None = None
    how: str = ""
    ours: frozenset[str] = frozenset()

    @property
    def prescription(self) -> Prescription:
        """What one set of it asks for. Letters are one stand on each leg."""
        if self.letters is not None:
            return Prescription(reps=1, hold_s=self.letters * (self.letter_s or 2.5))
        # The steps of a walk are counted through, whichever way they go.
        both = self.per_side and EXERCISES[self.exercise].travels
        return Prescription(
            reps=2 * self.reps if both else self.reps,
            concentric_s=self.concentric_s,
            hold_s=self.hold_s,
            eccentric_s=self.eccentric_s,
        )


class Phase(_Data):
    """One phase: its exercises in order, and when to go on to the next.

    rounds_per_day: (least, most) rounds a day. rest_s: between exercises. move_on: when the
    source says to go on, in our words. ours: as in Item.
    """

    name: str
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    rounds_per_day: tuple[int, int] = (1, 1)
    rest_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    move_on: str = ""
    ours: frozenset[str] = frozenset()


class Programme(_Data):
    """A programme. source: where its numbers come from. pain: what to say when it hurts."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    name: str
    summary: str = ""
    source: str = ""
    pain: str = ""
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Programme:
        """Back from to_dict; raises ValueError."""
        return cls.model_validate(data)
