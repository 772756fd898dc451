"""What is to be done in a round of a phase, set by set."""

from __future__ import annotations

from dataclasses import dataclass

from formcheck.exercise import Prescription

__all__ = ["PlannedSet"]


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """One set of a circuit.

    position: its place in the round's plan, from 0; set_number of of_sets: which set of its
    item. both_sides: each leg is to do the reps. rest_s: rest before it. done_left,
    done_right: reps of it that were done before the circuit was broken off. letters: how
    many letters are called in a stand, None = it has none.
    """

    position: int
    exercise: str
    prescription: Prescription
    both_sides: bool = True
    set_number: int = 1
    of_sets: int = 1
    rest_s: float = 0.0
    letters: int | None = None
    how: str = ""
    done_left: int = 0
    done_right: int = 0
    done_both: int = 0
