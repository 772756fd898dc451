"""How far somebody has come in the sets of a circuit, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from formcheck.engine.exercise import Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.language import _
from formcheck.live.circuit.camera_move import camera_words
from formcheck.live.coach.announce import GESTURE, get_in_place, named, spoken, summary
from formcheck.live.coach.tally import Tally
from formcheck.training.programmes.plan import PlannedSet, dose

ItemState = Literal["done", "now", "todo", "skipped", "stopped"]


class Course:
    """The sets of a circuit and how each of them stands.

    at: index of the set that is on, or else comes next; the last one when none does.
    camera: the spot where the camera stands, "" = unknown.
    states: todo, now, done, stopped (ended before all was done) or skipped.
    """

    def __init__(self, sets: Sequence[PlannedSet], camera: str = "") -> None:
        self.sets = tuple(sets)
        self.camera = camera
        self.states: list[ItemState] = ["todo"] * len(self.sets)
        self.at = 0

    @property
    def planned(self) -> PlannedSet:
        """The set that is on or comes next."""
        return self.sets[self.at]

    @property
    def exercise(self) -> Exercise:
        """Its exercise."""
        return EXERCISES[self.planned.exercise]

    @property
    def untouched(self) -> bool:
        """Whether nothing was begun yet, or left out."""
        return all(state == "todo" for state in self.states)

    def following(self, *, but: str = "") -> int | None:
        """Index of the set that comes next; but: not of this exercise."""
        for index, (planned, state) in enumerate(zip(self.sets, self.states, strict=True)):
            if state == "todo" and planned.exercise != but:
                return index
        return None

    def leave_out(self, exercise: str, *, also_later: bool) -> tuple[int, ...]:
        """Skip the sets of an exercise that come next, or all to come; their positions."""
        skipped = []
        for index, planned in enumerate(self.sets):
            if self.states[index] != "todo":
                continue
            if planned.exercise == exercise:
                self.states[index] = "skipped"
                skipped.append(planned.position)
            elif not also_later:
                break
        return tuple(skipped)

    def announced(self) -> list[str]:
        """What is said of the set that comes next."""
        first = _("First: {exercise}.") if self.untouched else _("Next: {exercise}.")
        words = [first.format(exercise=named(self.exercise)), spoken(dose(self.planned))]
        words += [*self.camera_words, *how(self.planned)]
        return [*words, _(GESTURE)] if self.untouched else words

    @property
    def moves_camera(self) -> bool:
        """Whether the camera has to be moved for the set that comes next."""
        return self.camera not in ("", self.exercise.camera.spot)

    @property
    def camera_words(self) -> list[str]:
        """What is said of the camera, where there is something to say."""
        spot = self.exercise.camera.spot
        return [camera_words(spot, self.camera)] if self.untouched or self.moves_camera else []

    def summary(self, reps: int) -> str:
        """The last words; reps: that were counted."""
        did = {
            planned.exercise
            for planned, state in zip(self.sets, self.states, strict=True)
            if state in ("done", "stopped")
        }
        left_out = [p.exercise for p in self.sets if p.exercise not in did]
        return summary(len(did), [named(EXERCISES[e]) for e in dict.fromkeys(left_out)], reps)

    def to_dict(self, *, but: str = "") -> dict[str, Any]:
        """As JSON has it. but: as in following()."""
        following = self.following(but=but)
        comes = None
        if following is not None:
            planned = self.sets[following]
            words = [*self.camera_words, *how(planned)] if following == self.at else how(planned)
            comes = _named_dict(planned) | {"how": " ".join(words)}
        return {
            "position": self.planned.position,
            "of": max(planned.position for planned in self.sets) + 1,
            "items": [
                _named_dict(planned) | {"position": planned.position, "state": state}
                for planned, state in zip(self.sets, self.states, strict=True)
            ],
            "next": comes,
        }


def how(planned: PlannedSet) -> tuple[str, ...]:
    """How a set is done, where the programme says so, and how to be in front of the camera."""
    exercise = EXERCISES[planned.exercise]
    in_place = get_in_place(exercise)
    if planned.both_sides and exercise.each_side:
        tally = Tally(planned.prescription.reps, each_side=True, done=planned.done)
        in_place = get_in_place(exercise, tally.side or "right", then_other=not tally.one_side_left)
    return (_(planned.how), in_place) if planned.how else (in_place,)


def _named_dict(planned: PlannedSet) -> dict[str, Any]:
    name = _(EXERCISES[planned.exercise].name)
    return {"exercise": planned.exercise, "name": name, "dose": dose(planned)}
