"""What is to be done in a round of a phase, set by set, and what of it is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Side
from formcheck.engine.wording import times_words
from formcheck.language import _, listed, ngettext
from formcheck.training.programmes.programme import ALPHABET, LETTER_S, Item, Phase
from formcheck.training.records import PastSet


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """One set of a circuit.

    position: its place in the round's plan, from 0; set_number of of_sets: which set of its
    item. both_sides: each leg is to do the reps. break_s: the break before it. done: reps of
    it that were done before the circuit was broken off; of "left" and "right" where both_sides
    and one leg works, else all of them as "both".
    """

    position: int
    exercise: str
    prescription: Prescription
    both_sides: bool = True
    set_number: int = 1
    of_sets: int = 1
    break_s: float = 0.0
    how: str = ""
    done: Mapping[Side, int] = field(default_factory=dict)


def plan_circuit(phase: Phase) -> tuple[PlannedSet, ...]:
    """One round: the items in their order, all sets of one before the next.

    The phase's rest comes before every set but the first.
    """
    planned: list[PlannedSet] = []
    for item in phase.items:
        for number in range(1, item.sets + 1):
            planned.append(
                PlannedSet(
                    position=len(planned),
                    exercise=item.exercise,
                    prescription=item.prescription,
                    both_sides=item.per_side,
                    set_number=number,
                    of_sets=item.sets,
                    break_s=phase.rest_s if planned else 0.0,
                    how=item.how,
                )
            )
    return tuple(planned)


def camera_moves(plan: Sequence[PlannedSet]) -> int:
    """How often the camera has to be moved within a round."""
    spots = [EXERCISES[one.exercise].camera.spot for one in plan]
    return sum(a != b for a, b in pairwise(spots))


def fewest_moves(plan: Sequence[PlannedSet]) -> tuple[PlannedSet, ...]:
    """The same sets, those with the camera on the same spot one after the other."""
    spots = list(dict.fromkeys(EXERCISES[one.exercise].camera.spot for one in plan))
    order = sorted(plan, key=lambda one: spots.index(EXERCISES[one.exercise].camera.spot))
    # The first one had no rest before it.
    break_s = max(one.break_s for one in plan)
    return tuple(replace(one, break_s=break_s if n else 0.0) for n, one in enumerate(order))


def still_to_do(
    plan: Sequence[PlannedSet], sets: Sequence[PastSet], skipped: Collection[int] = ()
) -> tuple[PlannedSet, ...]:
    """What is left of a round that was interrupted; its first set without a rest.

    sets: those of this circuit, in any order; skipped: positions passed over. A set is over
    when the person ended it (by its last rep, a rest, the button, or for pain), however many
    reps it had: who stops early means it. One that was cut off (the program stopped, or
    nobody was in the picture any more) is gone on with, its reps counted; it is over, too,
    when they are all there.
    """
    left: list[PlannedSet] = []
    for planned in plan:
        tries = [one for one in sets if one.position == planned.position]
        if planned.position in skipped or any(map(_was_ended, tries)):
            continue
        reps = [rep for one in tries for rep in one.reps]
        on = {s: sum(s in ("both", rep.side) for rep in reps) for s in _sides(planned)}
        planned = replace(planned, done={side: number for side, number in on.items() if number})
        if not tries or any(_missing(planned)):
            left.append(planned)
    if left:
        left[0] = replace(left[0], break_s=0.0)
    return tuple(left)


def _was_ended(one: PastSet) -> bool:
    return one.state == "done" and one.end_reason not in ("", "left")


def _sides(planned: PlannedSet) -> tuple[Side, ...]:
    """What reps are counted of: of each leg by itself, or of both, as the coach does."""
    each_leg = planned.both_sides and EXERCISES[planned.exercise].each_side
    return ("left", "right") if each_leg else ("both",)


def _missing(planned: PlannedSet) -> tuple[int, ...]:
    """Reps still to do, by _sides."""
    asked = planned.prescription.reps
    if asked is None:
        return (1,)
    return tuple(max(asked - planned.done.get(side, 0), 0) for side in _sides(planned))


# ------------------------------------------------------------------------ in words


#: Words with the field of the item that they tell, "" where they tell none.
Words = tuple[str, str]


def dose(what: PlannedSet | Item) -> str:
    """How much of it, in words: "10 on each side, hold 10 s".

    Of a set that was broken off, what is still to do.
    """
    if isinstance(what, Item):
        return "".join(text for text, _ in dose_words(what))
    exercise = EXERCISES[what.exercise]
    asked = what.prescription
    if asked.letters is not None and asked.hold_s is not None:
        legs = _(" on each leg") if what.both_sides else _(" on one leg")
        left, right = what.done.get("left", 0), what.done.get("right", 0)
        if what.both_sides and left != right:
            legs = _(" on the right leg") if left else _(" on the left leg")
        words = [f"{_letters(asked.letters)}{legs}", _letter_s(asked.hold_s / asked.letters)]
    else:
        words = [_amount_left(what, exercise), *(text for text, _ in times_words(asked, exercise))]
    if what.of_sets > 1:
        words.append(_("set {n} of {of}").format(n=what.set_number, of=what.of_sets))
    return ", ".join(words)


def dose_words(item: Item) -> tuple[Words, ...]:
    """The dose of an item, told in pieces, each with the field it comes from."""
    exercise = EXERCISES[item.exercise]
    words: list[Words] = []
    if item.sets > 1:
        words.append((_("{n} sets of ").format(n=item.sets), "sets"))
    if item.letters is not None:
        words.append((_letters(item.letters), "letters"))
        words.append((_(" on each leg") if item.per_side else _(" on one leg"), "per_side"))
        times = [(_letter_s(item.letter_s or LETTER_S), "letter_s")]
    else:
        words += _amount(item.reps, exercise, each_side=item.per_side)
        times = times_words(item.prescription, exercise)
    for told in times:
        words += [(", ", ""), told]
    return tuple(words)


def circuit_s(phase: Phase) -> float | None:
    """Seconds that a round takes under way: all its reps, holds, letters and breaks.

    None when an item leaves its tempo open. Getting ready for each exercise is not in it.
    """
    total = 0.0
    for planned in plan_circuit(phase):
        asked = planned.prescription
        lift_and_lower = (asked.concentric_s, asked.eccentric_s)
        if asked.reps is None or (asked.letters is None and None in lift_and_lower):
            return None
        seconds = sum(t or 0.0 for t in (*lift_and_lower, asked.hold_s))
        total += planned.break_s + len(_sides(planned)) * asked.reps * seconds
    return total


def minutes_words(phase: Phase) -> str:
    """How long a round is under way: "about 10 min"; "" where nobody knows."""
    seconds = circuit_s(phase)
    return "" if seconds is None else _("about {n} min").format(n=max(1, round(seconds / 60)))


def from_to(least: int, most: int) -> str:
    """A range in words: "2 to 3", or "2" where both are."""
    return str(most) if least == most else _("{least} to {most}").format(least=least, most=most)


def _amount(reps: int, exercise: Exercise, *, each_side: bool) -> list[Words]:
    if exercise.travels:
        steps = ngettext("{n} step", "{n} steps", reps).format(n=reps)
        return [(steps, "reps"), *([(_(" to each side"), "per_side")] * each_side)]
    if each_side:
        return [(str(reps), "reps"), (_(" on each side"), "per_side")]
    one = [(_(" on one side"), "per_side")] if exercise.unilateral else []
    return [(ngettext("{n} rep", "{n} reps", reps).format(n=reps), "reps"), *one]


def _amount_left(what: PlannedSet, exercise: Exercise) -> str:
    reps = what.prescription.reps
    if reps is None:
        return _("as many as you like")
    missing = _missing(what)
    if set(missing) != {reps}:
        if len(missing) == 1:
            more = ngettext("{n} more rep", "{n} more reps", missing[0])
            if exercise.travels:
                more = ngettext("{n} more step", "{n} more steps", missing[0])
            return more.format(n=missing[0])
        sides = (_("{n} more on the left"), _("{n} more on the right"))
        return listed(side.format(n=n) for side, n in zip(sides, missing, strict=True) if n)
    walk = exercise.travels and what.both_sides
    words = _amount(reps // 2 if walk else reps, exercise, each_side=what.both_sides)
    return "".join(text for text, _ in words)


def _letters(number: int) -> str:
    if number == ALPHABET:
        return _("the alphabet")
    last = chr(ord("A") + number - 1)
    return ngettext("the letter A", "the letters A to {last}", number).format(last=last)


def _letter_s(seconds: float) -> str:
    return _("{seconds:g} s a letter").format(seconds=seconds)
