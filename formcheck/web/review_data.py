"""What is shown beside the annotated video of a set: its signal, its reps, their faults."""

from __future__ import annotations

from typing import Any

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import title_of
from formcheck.engine.report import SIDE_NAMES, Fault, Rep
from formcheck.engine.trace import from_rest
from formcheck.engine.wording import capital, full_fault_value, sentence, severity_words, unseen_rep
from formcheck.language import _
from formcheck.recordings.set_measuring import Measured

#: Before the first rep, to see it begin, seconds.
_BEFORE_S = 1.0


def review_data(measured: Measured, *, key: str, video: str) -> dict[str, Any]:
    """What the component shows of a set, as plain JSON types.

    key: another one for each set and analysis. video: where the browser finds it.
    """
    report = measured.report
    trace = from_rest(measured.trace, report, EXERCISES[report.exercise])
    attempts = sorted((*report.reps, *report.partials), key=lambda rep: rep.start_s)
    span = (trace.time_s[0], trace.time_s[-1]) if len(trace.time_s) > 1 else (0.0, 1.0)
    return {
        "id": key,
        "video": video,
        "size": [report.source.width, report.source.height],
        "span": [round(t, 3) for t in span],
        "from": round(max(span[0], attempts[0].start_s - _BEFORE_S) if attempts else span[0], 3),
        "signal": {
            "title": capital(_(trace.title)),
            "symbol": "°" if trace.unit == "deg" else "",
            "time": [round(t, 3) for t in trace.time_s],
            "value": [None if v is None else round(v, 2) for v in trace.value],
        },
        "reps": [_rep(rep, measured) for rep in attempts],
        "holds": [
            [round(begin, 3), round(end, 3), _("Hold, {seconds:.1f} s").format(seconds=end - begin)]
            for begin, end in trace.holds
        ],
        "words": {
            "label": _("Video and signal of the set. Arrow keys go from rep to rep, space plays."),
            "rep": _("rep"),
            "partial": _("partial, not counted"),
            "hold": _("hold"),
            "marked": _("clear fault"),
            "mild": _("slight fault"),
            "keys": _("Click to go there. ← → rep, space plays."),
            "none": _("No rep was counted here."),
            "slow": _("Slowly at faults"),
        },
    }


def _rep(rep: Rep, measured: Measured) -> dict[str, Any]:
    exercise = EXERCISES[measured.report.exercise]
    partial = rep.why is not None
    minutes, seconds = divmod(rep.start_s, 60)
    parts = [f"{minutes:.0f}:{seconds:04.1f}"]
    if exercise.unilateral:
        parts.append(_(rep.side))
    up = _("{seconds:.1f} s up").format(seconds=rep.concentric_s)
    down = _("{seconds:.1f} s down").format(seconds=rep.eccentric_s)
    out, back = exercise.primary.swapped((up, down))
    held = _("hold {seconds:.1f} s").format(seconds=rep.hold_s)
    parts += [out, *([held] if rep.hold_s >= 0.5 else []), back]
    note = ""
    if rep.why is not None:
        note = sentence(capital(_(rep.why)))
    elif unseen_rep(rep, exercise):
        note = _("Not assessed from here.")
    elif not rep.faults:
        note = _("No fault found.")
        if rep.not_assessed:
            note = _("No fault found; {n} not assessed.").format(n=len(rep.not_assessed))
    return {
        "kind": "partial" if partial else "rep",
        "label": (_("Partial {n}") if partial else _("Rep {n}")).format(n=rep.index),
        "short": f"P{rep.index}" if partial else str(rep.index),
        "meta": " · ".join(parts),
        "start": round(rep.start_s, 3),
        "end": round(rep.end_s, 3),
        "note": note,
        "faults": [_fault(fault, capital(_(title_of(fault.id, exercise)))) for fault in rep.faults],
    }


def _fault(fault: Fault, title: str) -> dict[str, Any]:
    side = f", {_(fault.side)}" if fault.side in SIDE_NAMES else ""
    size, value = severity_words(fault.severity), full_fault_value(fault)
    return {
        "id": fault.id,
        "severity": fault.severity,
        "at": round(fault.at_s, 3),
        "short": f"{title}{side}",
        "text": f"{title}{side} ({size}, {value}). {sentence(_(fault.cue))}",
    }
