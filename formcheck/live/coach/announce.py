"""What is said between the sets of a circuit, in words that are short enough to be heard."""

from __future__ import annotations

import re
from collections.abc import Sequence

from formcheck.engine.exercise import Exercise
from formcheck.engine.report import Side
from formcheck.live.coach.voice import in_words

PAIN_QUESTION = "Any pain? If so, raise an arm."
GESTURE = "To pause, hold one arm up."

_STAND = {
    "front": "Stand facing the camera.",
    "side": "Stand side-on to the camera.",
    "oblique": "Stand half turned towards the camera.",
}
_LIE = {
    "supine": "Lie on your back, side-on to the camera, knees bent.",
    "reclined": "Sit with your upper back against the bench, side-on to the camera.",
    "side_lying": "Lie on your side, belly towards the camera.",
}
_OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


def named(exercise: Exercise) -> str:
    """Its name within a sentence."""
    return exercise.name[0].lower() + exercise.name[1:]


def spoken(text: str) -> str:
    """A dose as it is heard: "10 reps, 3 s up" is "Ten reps, three seconds up."."""

    def in_full(number: re.Match[str]) -> str:
        digits, unit = number.groups()
        words = digits if "." in digits else in_words(int(digits))
        seconds = "second" if digits == "1" else "seconds"
        return f"{words} {seconds}" if unit else words

    return _sentence(re.sub(r"(\d+(?:\.\d+)?)( s\b)?", in_full, text))


def get_in_place(exercise: Exercise, first: Side | None = None, *, then_other: bool = True) -> str:
    """How to be in front of the camera.

    first: the leg that begins, None = no matter; then_other: the other one follows.
    """
    after = " first" if then_other else ""
    if exercise.posture == "side_lying" and first is not None:
        # The upper leg works.
        return f"Lie on your {_OTHER[first]} side{after}, belly towards the camera."
    standing = exercise.posture == "standing"
    words = _STAND[exercise.views[0]] if standing else _LIE[exercise.posture]
    return words if first is None else f"{words} {first.capitalize()} leg{after}."


def break_words(seconds: float) -> str:
    """That there is a break, and how long."""
    if seconds >= 120 and seconds % 60 == 0:
        return f"Rest for {in_words(round(seconds / 60))} minutes."
    return f"Rest for {in_words(round(seconds))} seconds."


def summary(done: int, left_out: Sequence[str], reps: int) -> str:
    """The last words of a round. done: exercises; left_out: names; reps: of all sets."""
    did = f"{in_words(done)} exercise{_s(done)}" if done else "nothing done"
    words = f"That's the round: {did}"
    if reps:
        words += f", {in_words(reps)} rep{_s(reps)}"
    if left_out:
        words += f". Left out: {', '.join(left_out)}"
    return f"{words}." + (" Well done." if done else "")


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


__all__ = [
    "GESTURE",
    "PAIN_QUESTION",
    "break_words",
    "get_in_place",
    "named",
    "spoken",
    "summary",
]
