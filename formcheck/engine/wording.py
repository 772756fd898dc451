"""Measured numbers and facts of a report in words, the same wherever they are read."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Final

from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Fault, Rep, SetReport, Severity, Summary, View
from formcheck.language import N_, _, ngettext

# Every rep has a moment of turning round; shorter than this it is not shown as a hold.
SHOWN_HOLD_S: Final = 0.5

_POSTURES: Final = {
    "standing": N_("standing"),
    "supine": N_("lying on the back"),
    "reclined": N_("upper back on a bench"),
    "side_lying_left": N_("lying on the left side"),
    "side_lying_right": N_("lying on the right side"),
    "unknown": N_("posture not recognised"),
}
_FACING: Final = {
    "camera": N_("facing the camera"),
    "away": N_("facing away from the camera"),
    "image_left": N_("facing left in the picture"),
    "image_right": N_("facing right in the picture"),
    "up": N_("facing up"),
}


#: What the lengths measure that values are shares of, centimetres, in a person of usual size.
_USUAL_CM: Final = {"shank": 40.0, "trunk": 48.0, "shoulder": 37.0}


def format_value(value: float, unit: str) -> str:
    """A measured value with its unit: 12°, 1.3 s, or 8% of a body segment's length."""
    if unit == "deg":
        return f"{value:.0f}°"
    if unit == "s":
        return f"{value:.1f} s"
    if unit in ("", "ratio"):
        return f"{value:.2f}"
    return f"{100 * value:.0f}% {unit}"


def full_fault_value(fault: Fault) -> str:
    """A fault's value with its unit written out, and which way.

    Its standard error is for machines (report.schema.json).
    """
    return f"{full_value(fault.size, fault.unit)} {_(fault.direction)}".strip()


def full_value(value: float, unit: str) -> str:
    """The same for readers who have no table at hand: about 5 cm."""
    if unit in _USUAL_CM:
        return _("about {cm:.0f} cm").format(cm=value * _USUAL_CM[unit])
    return format_value(value, unit)


def severity_words(severity: Severity) -> str:
    """How people call it: slight or clear."""
    return {"mild": _("slight"), "marked": _("clear")}.get(severity, severity)


def clock(seconds: float) -> str:
    """Seconds of the recording; minutes from one minute on."""
    if seconds < 60:
        return f"{seconds:.1f}"
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def percent(share: float) -> str:
    """A share as whole percent, never more than it is: 89.6% is not 90%."""
    return f"{int(100 * share + 1e-9)}%"


def many(number: int, word: str) -> str:
    """A number of things: 1 rep, 2 reps."""
    one, more = f"{{n}} {word}", f"{{n}} {word}s"
    return ngettext(one, more, number).format(n=number)


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text with a full stop where it has no end."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def view_words(view: View) -> str:
    """How the person was in the picture: "standing, facing the camera (camera at +4°)"."""
    words = _(_POSTURES.get(view.posture, view.posture.replace("_", " ")))
    if view.facing in _FACING:
        words += f", {_(_FACING[view.facing])}"
    if view.azimuth_deg is not None:
        words += f" ({_azimuth_words(view.azimuth_deg)})"
    return words


def _azimuth_words(deg: float) -> str:
    """Where the camera stands about the person."""
    off = abs(deg)
    if off < 3:
        return _("camera straight in front")
    if off > 177:
        return _("camera straight behind")
    aside = _("camera {deg:.0f}° to the left") if deg > 0 else _("camera {deg:.0f}° to the right")
    return aside.format(deg=off)


def seen_words(report: SetReport) -> str:
    """In how many of the frames the person was seen."""
    source = report.source
    share = source.frames_with_pose / source.frames if source.frames else 0.0
    return _("seen in {share:.0f}% of {frames} frames").format(
        share=100 * share, frames=source.frames
    )


def asked_words(prescription: Prescription, exercise: Exercise) -> str:
    """What was asked for: "10 reps, 3 s up, hold 10 s, 3 s down"; empty when nothing was."""
    if prescription.letters is not None and prescription.hold_s is not None:
        each_s = prescription.hold_s / prescription.letters
        each = _("{seconds:.3g} s each").format(seconds=each_s)
        return f"{many(prescription.letters, 'letter')}, {each}"
    parts = [] if prescription.reps is None else [many(prescription.reps, "rep")]
    return ", ".join([*parts, *(words for words, _field in times_words(prescription, exercise))])


def times_words(asked: Prescription, exercise: Exercise) -> list[tuple[str, str]]:
    """The times asked for with their fields, as they are done: a squat begins with going down."""
    up = (asked.concentric_s, _("{seconds:g} s up"), "concentric_s")
    hold = (asked.hold_s, _("hold {seconds:g} s"), "hold_s")
    down = (asked.eccentric_s, _("{seconds:g} s down"), "eccentric_s")
    first, last = exercise.primary.swapped((up, down))
    order = (first, hold, last)
    return [(words.format(seconds=time), field) for time, words, field in order if time is not None]


def sides_words(summary: Summary) -> str:
    """Whether both sides did as many reps, and if not what is to be done."""
    if summary.equal_sides:
        return _("equal: {n} each").format(n=summary.reps_left)
    left, right = summary.reps_left, summary.reps_right
    if not left:
        return _("only the right one in this recording; do as many on the left")
    if not right:
        return _("only the left one in this recording; do as many on the right")
    words = _("not equal: {left} left, {right} right; {n} to go on the right")
    if left < right:
        words = _("not equal: {left} left, {right} right; {n} to go on the left")
    return words.format(left=left, right=right, n=abs(left - right))


def recognised_words(report: SetReport) -> str:
    """How sure it is which exercise this is, "" when it was named."""
    if report.recognised is None:
        return ""
    words = _("recognised as {exercise}, {share:.0f}% sure").format(
        exercise=_(exercise_name(report.exercise)), share=100 * report.recognised.probability
    )
    others = [
        f"{_(exercise_name(name))} {100 * p:.0f}%" for name, p in report.recognised.others.items()
    ]
    return words + (_(" (else {others})").format(others=", ".join(others)) if others else "")


def exercise_name(exercise: str) -> str:
    """An exercise as it is called within a sentence; what is none of ours stays."""
    if exercise not in EXERCISES:
        return exercise
    name = EXERCISES[exercise].name
    return name[0].lower() + name[1:]


def median_tempo(reps: Iterable[Rep], exercise: Exercise) -> tuple[float, float, float] | None:
    """Median seconds of the way out, the hold and the way back, None without a rep."""
    done = tuple(reps)
    if not done:
        return None
    ways = ("concentric_s", "eccentric_s")
    out, back = (median(getattr(r, way) for r in done) for way in exercise.primary.swapped(ways))
    return out, median(rep.hold_s for rep in done), back


def unseen_rep(rep: Rep, exercise: Exercise) -> bool:
    """Whether nothing about the rep's form could be judged: then it is no clean rep."""
    return {rule.id for rule in exercise.faults} <= {missing.id for missing in rep.not_assessed}


def not_assessed_lines(report: SetReport) -> tuple[tuple[tuple[str, ...], str], ...]:
    """What was not assessed: the ids of faults with the reason and the remedy they share."""
    together: dict[str, list[str]] = {}
    for fault_id, missing in report.summary.not_assessed.items():
        # Often the same view hides several: say why once.
        why = " ".join(sentence(_(t)) for t in (missing.reason, missing.remedy) if t)
        together.setdefault(why, []).append(fault_id)
    return tuple((tuple(ids), why) for why, ids in together.items())
