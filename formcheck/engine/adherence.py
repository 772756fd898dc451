"""What was done of what was asked: reps, holds, tempo, time standing on one leg.

A hold counts as kept from where its error cannot be told from the time asked for
(hold_limit_s). A tempo counts as kept when its reading, which is of 10% to 90% of the way,
is at least half of the asked time (TEMPO_SHARE): a smooth movement that takes exactly as long
reads 64% of it (median of 780 reps of the fresh films, all exercises; readings were wrong by
0.05 s in the median, 0.3 s in 95%). Half is then reached by whoever takes three quarters of
the asked time, the tolerance of docs/clinical.md. Slower than asked is
no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.faults import TEMPO_SHARE, hold_limit_s
from formcheck.engine.report import Kept, KeptKind, Rep, SetReport, Side
from formcheck.engine.trust import hold_error_s
from formcheck.language import N_, _, ngettext

_SIDES: Final[tuple[Side, ...]] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Adherence:
    """What was asked of a set and how much of it was done; parts: empty when nothing was asked.

    Kept.of is what it is counted against: of reps and of a stand what was asked for, of
    holds and tempo the reps that were done.
    """

    parts: tuple[Kept, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.parts)

    def counts(self, *kinds: KeptKind) -> tuple[int, int]:
        """Done and of how many, over the sides: one does not make up for the other."""
        mine = [part for part in self.parts if part.kind in kinds]
        return sum(min(part.done, part.of) for part in mine), sum(part.of for part in mine)

    def share(self, *kinds: KeptKind) -> float | None:
        """The share of it that was done, 0..1; None when it was not asked, or none was judged."""
        done, of = self.counts(*kinds)
        return done / of if of else None

    @property
    def missing_reps(self) -> int:
        """Reps that are still to do, over the sides."""
        return sum(max(part.of - part.done, 0) for part in self.parts if part.kind == "reps")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was done of what was asked, in words: a sentence for each thing asked."""
        kinds = dict.fromkeys(part.kind for part in self.parts)
        return tuple(_sentence([p for p in self.parts if p.kind == kind]) for kind in kinds)

    @property
    def tolerances(self) -> str:
        """From where on holds and tempo were counted as kept; "" where neither was asked."""
        words = []
        limits = {p.at_least for p in self.parts if p.kind == "hold"}
        if limits:
            words.append(_("A hold counts from {seconds:.1f} s on.").format(seconds=max(limits)))
        if any(p.kind in ("lift", "lower") for p in self.parts):
            words.append(
                _(
                    "Lifting and lowering are timed from 10% to 90% of the way, where a smooth "
                    "movement reads about two thirds of its length: they count from half of the "
                    "target time on."
                )
            )
        return " ".join(words)


def adherence(
    reps: Sequence[Rep],
    prescription: Prescription,
    exercise: Exercise,
    both_sides: bool | None = True,
) -> Adherence:
    """Compare the counted reps of a set, over or running, with what was asked.

    both_sides: whether each leg was to do the reps, where one works at a time; None = not
    known (a recording): then it is asked of each leg that did any.
    """
    worked = [side for side in _SIDES if any(rep.side == side for rep in reps)]
    sides: Sequence[Side] = ("both",)
    if exercise.each_side and both_sides is not False:
        sides = _SIDES if both_sides else worked or ("both",)
    # Where the sides are not asked for one by one, what was done is still told apart.
    shown: Sequence[Side] = worked if exercise.unilateral and worked else ("both",)
    if sides != ("both",):
        shown = sides
    if exercise.timed:
        return Adherence(tuple(_stands(reps, prescription, exercise, sides)))
    parts: list[Kept] = []
    if prescription.reps:
        asked = prescription.reps
        parts += [Kept("reps", side, len(_on(reps, side)), asked, asked, asked) for side in sides]
    if asked_s := prescription.hold_s:
        limit = _hold_limit_s(asked_s, exercise)
        parts += _held(reps, shown, "hold", asked_s, limit, lambda r: r.hold_clean_s)
    lifting, lowering = [], []
    if asked_s := prescription.concentric_s:
        least = TEMPO_SHARE * asked_s
        lifting = _held(reps, shown, "lift", asked_s, least, lambda r: r.concentric_s)
    if asked_s := prescription.eccentric_s:
        least = TEMPO_SHARE * asked_s
        lowering = _held(reps, shown, "lower", asked_s, least, lambda r: r.eccentric_s)
    # As they are done: a squat begins with going down.
    out, back = exercise.primary.swapped((lifting, lowering))
    return Adherence((*parts, *out, *back))


def reported(
    report: SetReport, exercise: Exercise, prescription: Prescription | None = None
) -> Adherence:
    """What a report says of it; of one from before reports said so it is found from its reps."""
    if report.adherence or prescription is None:
        return Adherence(report.adherence)
    return adherence(report.reps, prescription, exercise, None)


def _on(reps: Sequence[Rep], side: Side) -> list[Rep]:
    return [rep for rep in reps if side == "both" or rep.side == side]


def _held(
    reps: Sequence[Rep],
    sides: Sequence[Side],
    kind: KeptKind,
    asked_s: float,
    at_least: float,
    seconds: Callable[[Rep], float],
) -> list[Kept]:
    return [
        Kept(
            kind,
            side,
            sum(seconds(rep) >= at_least for rep in _on(reps, side)),
            len(_on(reps, side)),
            asked_s,
            at_least,
        )
        for side in sides
    ]


def _hold_limit_s(asked_s: float, exercise: Exercise) -> float:
    """From how many measured seconds on a hold counts as kept.

    That of the fault, or less where holds of this exercise are measured less exactly:
    whoever holds the asked time is not to be told otherwise. Never under half of it.
    """
    error = hold_error_s(exercise.id)
    limit = hold_limit_s(asked_s)
    return limit if error is None else max(min(limit, asked_s - error), 0.5 * asked_s)


def _stands(
    reps: Sequence[Rep], prescription: Prescription, exercise: Exercise, sides: Sequence[Side]
) -> list[Kept]:
    """Stands on one leg: all the time on either leg against the time asked for."""
    if not prescription.hold_s:
        return []
    asked_s = prescription.hold_s * (prescription.reps or 1)
    limit = _hold_limit_s(asked_s, exercise)
    letters = prescription.letters
    found = []
    for side in sides:
        stood = sum(rep.hold_s for rep in _on(reps, side))
        share = 1.0 if stood >= limit else stood / asked_s
        of = letters or round(asked_s)
        kind: KeptKind = "letters" if letters else "stand"
        found.append(Kept(kind, side, int(share * of), of, asked_s, limit))
    return found


# --------------------------------------------------------------------- words

_WHERE: Final[dict[Side, str]] = {
    "left": N_(" on the left"),
    "right": N_(" on the right"),
    "both": "",
}


def _sentence(parts: Sequence[Kept]) -> str:
    """One sentence over the sides of one thing that was asked."""
    first = parts[0]
    seconds = f"{first.asked:g} s"
    judged = [part for part in parts if part.of]
    if not judged:
        nothing = {
            "hold": _("Hold of {seconds}: not judged, there was no rep."),
            "lift": _("Way up: not judged, there was no rep."),
            "lower": _("Way down: not judged, there was no rep."),
        }
        return nothing[first.kind].format(seconds=seconds)
    told = ", ".join(
        _("{n} of {of}").format(n=part.done, of=part.of) + _of_what(part, part is judged[0])
        for part in judged
    )
    match first.kind:
        case "reps":
            return f"{told}."
        case "stand":
            return _("On one leg: {told}.").format(told=told)
        case "letters":
            return _("On one leg: time for {told}.").format(told=told)
        case "hold":
            return _("Hold: {told} met the {seconds} target.").format(told=told, seconds=seconds)
        case "lift":
            return _("Way up: {told} met the {seconds} target.").format(told=told, seconds=seconds)
        case "lower":
            return _("Way down: {told} met the {seconds} target.").format(
                told=told, seconds=seconds
            )


def _of_what(part: Kept, first: bool) -> str:
    noun = {"stand": "s", "letters": _("letters")}.get(part.kind, ngettext("rep", "reps", part.of))
    return (f" {noun}" if first or part.kind == "stand" else "") + _(_WHERE[part.side])
