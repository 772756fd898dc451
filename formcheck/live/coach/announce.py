"""What is said between the sets of a circuit, in words that are short enough to be heard."""

from __future__ import annotations

import re
from collections.abc import Sequence

from formcheck.engine.exercise import Exercise
from formcheck.engine.report import Side
from formcheck.language import N_, _, ngettext
from formcheck.live.coach.voice import amount

PAIN_QUESTION = N_("Any pain? If so, raise an arm.")
GESTURE = N_("To pause, hold one arm up.")

_STAND = {
    "front": N_("Stand facing the camera."),
    "side": N_("Stand side-on to the camera."),
    "oblique": N_("Stand half turned towards the camera."),
}
LIE = {
    "supine": N_("Lie on your back, side-on to the camera, knees bent."),
    "reclined": N_("Sit with your upper back against the bench, side-on to the camera."),
    "side_lying": N_("Lie on your side, belly towards the camera."),
}
#: By the leg that works, the upper one, and whether the other follows.
_LIE_ON = {
    ("right", True): N_("Lie on your left side first, belly towards the camera."),
    ("left", True): N_("Lie on your right side first, belly towards the camera."),
    ("right", False): N_("Lie on your left side, belly towards the camera."),
    ("left", False): N_("Lie on your right side, belly towards the camera."),
}
_LEG = {
    ("left", True): N_("Left leg first."),
    ("right", True): N_("Right leg first."),
    ("left", False): N_("Left leg."),
    ("right", False): N_("Right leg."),
}


def named(exercise: Exercise) -> str:
    """Its name within a sentence."""
    name = _(exercise.name)
    return name[0].lower() + name[1:]


def spoken(text: str) -> str:
    """A dose as it is heard: "10 reps, 3 s up" is "Ten reps, three seconds up."."""

    def in_full(number: re.Match[str]) -> str:
        digits, unit = number.groups()
        words = digits if "." in digits else amount(int(digits))
        if not unit:
            return words
        return ngettext("one second", "{n} seconds", 1 if digits == "1" else 2).format(n=words)

    return _sentence(re.sub(r"(\d+(?:\.\d+)?)( s\b)?", in_full, text))


def get_in_place(exercise: Exercise, first: Side | None = None, *, then_other: bool = True) -> str:
    """How to be in front of the camera.

    first: the leg that begins, None = no matter; then_other: the other one follows.
    """
    if exercise.posture == "side_lying" and first is not None:
        return _(_LIE_ON[first, then_other])
    standing = exercise.posture == "standing"
    words = _(_STAND[exercise.views[0]] if standing else LIE[exercise.posture])
    return words if first is None else f"{words} {_(_LEG[first, then_other])}"


def break_words(seconds: float) -> str:
    """That there is a break, and how long."""
    if seconds >= 120 and seconds % 60 == 0:
        return _("Rest for {n} minutes.").format(n=amount(round(seconds / 60)))
    return _("Rest for {n} seconds.").format(n=amount(round(seconds)))


def summary(done: int, left_out: Sequence[str], reps: int) -> str:
    """The last words of a round. done: exercises; left_out: names; reps: of all sets."""
    did = ngettext("one exercise", "{n} exercises", done).format(n=amount(done))
    parts = [did if done else _("nothing done"), *([many_reps(reps)] if reps else [])]
    words = [_("That's the round: {done}.").format(done=", ".join(parts))]
    if left_out:
        words.append(_("Skipped: {names}.").format(names=", ".join(left_out)))
    return " ".join([*words, _("Well done.")] if done else words)


def many_reps(number: int) -> str:
    """A number of reps, as it is said: "one rep", "ten reps"."""
    return ngettext("one rep", "{n} reps", number).format(n=amount(number))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
