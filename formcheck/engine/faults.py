"""Fault rules applied to one finished attempt: fault, clean, or not assessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from formcheck.engine.camera import Camera
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.pose import FloatArray
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import Fault, NotAssessed, Rep, Severity
from formcheck.engine.rule import LEGIBLE_SHARE, UNCERTAINTY_SHARE, Fall, FaultRule, Reading
from formcheck.engine.smoothing import LAG_S
from formcheck.engine.timing import RepTiming
from formcheck.language import N_

#: A fault has to be on this long, or for this share of the phase.
SUSTAINED_S = 0.30
SUSTAINED_SHARE = 0.30
#: And for no less than this share: half a second of ten is a slip on the way.
SUSTAINED_LEAST = 0.08
#: The value of a phase is this percentile of it, so that one frame decides nothing.
PERCENTILE = 80.0
#: Share of the phase's frames in which the signal must have been seen.
SEEN_SHARE = 0.6
#: Half-width of the top when the person did not hold, seconds.
TOP_HALF_S = 0.20
#: What has an uncertainty of its own is cleared below this share of its limit: clean rolls read
#: up to 2.2 of 6 degrees on films, and a pelvis that turns in a loose shirt reads too little.
CLEARED_SHARE = 0.75
_LITE = N_("The small pose model, lite, does not see this exactly enough.")
_ONE_SIDE = N_("From where the camera stands only one of the two sides shows well enough.")
_TOO_CLOSE = N_("It is too close to the limit to be told from where the camera stands.")
#: A reading of lifting or lowering below this share of the asked time is too fast. The
#: 10-90% times of a smooth movement are two thirds of its whole length, so someone who
#: follows the count exactly reads 65%: too fast is well under that.
TEMPO_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Movement:
    """The samples of one attempt and what is known about it.

    time_s: (n,) seconds; signals: name -> (n,) or per side name.left/.right,
    NaN = not seen; baseline: the same names -> the person's rest value.
    side: index of the working (or nearer) side.
    """

    time_s: FloatArray
    signals: Mapping[str, FloatArray]
    baseline: Mapping[str, float]
    timing: RepTiming
    camera: Camera
    side: int
    elevation_deg: float


def judge(
    exercise: Exercise, movement: Movement, prescription: Prescription
) -> tuple[tuple[Fault, ...], tuple[NotAssessed, ...]]:
    """All verdicts on one attempt: the faults found and what could not be judged."""
    faults: list[Fault] = []
    missing: list[NotAssessed] = []
    for rule in exercise.faults:
        verdict = _verdict(rule, movement)
        if isinstance(verdict, NotAssessed):
            missing.append(verdict)
        else:
            faults.extend(verdict)
    timing = movement.timing
    lift_and_lower = exercise.primary.swapped((timing.out_s, timing.back_s))
    joint = L.LEFT_HIP + movement.side
    faults += prescribed_faults(prescription, lift_and_lower, timing, joint)
    return tuple(faults), tuple(missing)


def broken_hold_s(exercise: Exercise, movement: Movement) -> float:
    """Seconds of an attempt's hold in which a posture fault was on."""
    t = movement.time_s
    holding = np.zeros(len(t), dtype=bool)
    for begin, end in movement.timing.hold:
        holding |= (t >= begin) & (t <= end)
    if not holding.any():
        return 0.0
    broken = np.zeros(len(t), dtype=bool)
    for rule in exercise.faults:
        if not rule.breaks_hold or not rule.judged_from(movement.camera):
            continue
        margin = rule.margin(movement.camera)
        for reading in rule.readings(movement.side):
            inside = holding & reading.inside(movement.signals)
            value = reading.value(movement.signals, movement.baseline, margin)
            v = np.where(inside, value, np.nan)
            if rule.statistic == "fall":
                v = Fall().of(v)
            broken |= v * rule.worse > rule.mild * rule.worse
    step = np.gradient(t) if len(t) > 1 else np.zeros(len(t))
    return float(step[broken].sum())


def _verdict(rule: FaultRule, movement: Movement) -> list[Fault] | NotAssessed:
    if rule.unseen:
        return NotAssessed(rule.id, rule.unseen, rule.remedy)
    if not rule.judged_from(movement.camera):
        if rule.judged_from(replace(movement.camera, lite=False)):
            return NotAssessed(rule.id, _LITE, N_("Choose the full pose model."))
        return NotAssessed(rule.id, movement.camera.words, rule.remedy)
    margin = rule.margin(movement.camera)
    # Limits are those of smoothed landmarks, and single pictures are not smoothed.
    if len(movement.time_s) > 1 and float(np.median(np.diff(movement.time_s))) > LAG_S:
        return NotAssessed(
            rule.id,
            N_("There are too few pictures a second to tell this from the pose model's trembling."),
            N_("Close other programs, or record with 10 pictures a second or more."),
        )
    readings = rule.readings(movement.side)
    seen = [
        (reading, samples)
        for reading in readings
        if (samples := _samples(reading, movement)) is not None
    ]
    found = [f for one, at in seen if (f := _fault(one, movement, *at, margin)) is not None]
    if not seen and rule.unknown:
        return NotAssessed(rule.id, rule.unknown, rule.remedy)
    if not seen:
        return NotAssessed(
            rule.id,
            N_("The {joint} could not be seen well enough.").format(joint=rule.landmark),
            N_("Have the whole body in the picture, in good light, with nothing in front of it."),
        )
    if not found and len(seen) < len(readings):
        return NotAssessed(rule.id, _ONE_SIDE, rule.remedy)
    return found or _not_cleared(rule, movement, seen, margin) or []


def _not_cleared(
    rule: FaultRule,
    movement: Movement,
    seen: list[tuple[Reading, tuple[FloatArray, FloatArray]]],
    margin: float,
) -> NotAssessed | None:
    """Why not having found the fault does not clear the rep, None where it does."""
    if margin and any(_fault(one, movement, *at, -margin) for one, at in seen):
        return NotAssessed(rule.id, _TOO_CLOSE, rule.remedy)
    if rule.cleared_by and not _clean(replace(rule, signal=rule.cleared_by), movement):
        return NotAssessed(rule.id, _ONE_SIDE, rule.remedy)
    if rule.uncertainty:
        errors = movement.signals[rule.uncertainty][phase_mask(rule, movement)]
        if not np.nanmedian(errors) <= LEGIBLE_SHARE * abs(rule.marked - rule.mild):
            return NotAssessed(rule.id, rule.unknown, rule.remedy)
        # Of what counts, part of the error is taken off.
        more = UNCERTAINTY_SHARE * float(np.nanmedian(errors))
        if any(rule.severity((float(np.median(v)) + more) / CLEARED_SHARE) for _, (_, v) in seen):
            return NotAssessed(rule.id, _TOO_CLOSE, rule.remedy)
    # A low camera hides most of some faults: what it shows is real, but seeing
    # nothing does not clear the rep.
    high = rule.elevation_min_deg
    if high is not None and not movement.elevation_deg >= high:
        return NotAssessed(rule.id, N_("The camera stands too low to see this well."), rule.remedy)
    if rule.only_clear:
        return NotAssessed(rule.id, rule.only_clear, rule.remedy)
    return None


def _clean(rule: FaultRule, movement: Movement) -> bool:
    """Whether all that a rule looks at was seen within its limits."""
    seen = [(one, _samples(one, movement)) for one in rule.readings(movement.side)]
    return not any(at is None or _fault(one, movement, *at, 0.0) for one, at in seen)


def _samples(reading: Reading, movement: Movement) -> tuple[FloatArray, FloatArray] | None:
    """Times and values of the rule's signal in its phases, None when not seen enough."""
    values = reading.value(movement.signals, movement.baseline)
    mask = phase_mask(reading.rule, movement) & reading.inside(movement.signals)
    seen = mask & np.isfinite(values)
    if seen.sum() < max(2.0, SEEN_SHARE * mask.sum()):
        return None
    return movement.time_s[seen], values[seen]


def phase_mask(rule: FaultRule, movement: Movement) -> np.ndarray:
    """Which samples belong to the phases a rule looks at."""
    timing, t = movement.timing, movement.time_s
    if timing.hold:
        top = (min(a for a, _ in timing.hold), max(b for _, b in timing.hold))
    else:
        top = (timing.top_s, timing.top_s)
    # A turn without a hold has no length of its own: look a little around it.
    widen = max(0.0, TOP_HALF_S - (top[1] - top[0]) / 2)
    top = (top[0] - widen, top[1] + widen)
    if rule.statistic == "fall":
        # What sinks leaves the hold's band: look until the way back begins.
        top = (top[0], max(timing.release_s, top[0]))
    mask = np.zeros(len(t), dtype=bool)
    if "outbound" in rule.phases:
        mask |= (t >= timing.start_s) & (t <= top[0])
    if "top" in rule.phases:
        mask |= (t >= top[0]) & (t <= top[1])
    if "inbound" in rule.phases:
        mask |= (t >= top[1]) & (t <= timing.end_s)
    if "end" in rule.phases:
        # Somebody who goes on at once is back for a moment only.
        mask |= t >= max(min(timing.end_s, t[-1]) - TOP_HALF_S, top[1])
    return mask


def _fault(
    reading: Reading, movement: Movement, t: FloatArray, v: FloatArray, margin: float
) -> Fault | None:
    """The fault that these samples show, if they are beyond the limit by more than the margin."""
    rule = reading.rule
    v = v - margin * rule.worse
    if rule.statistic == "fall":
        v = Fall().of(v)
    worse = v * rule.worse
    at = int(np.argmin(worse) if rule.statistic == "reached" else np.argmax(worse))
    if rule.statistic == "sustained":
        value = float(np.percentile(v, PERCENTILE if rule.worse > 0 else 100 - PERCENTILE))
        lasting, worst = _lasting(t, worse, rule.mild * rule.worse)
        # Few frames (a short phase, a slow camera) can exceed the limit for
        # long enough without filling a fifth of the phase.
        if rule.severity(value) is None and lasting:
            value = worst * rule.worse
        if not lasting:
            return None
    else:
        value = float(np.median(v)) if rule.statistic == "extreme" else float(v[at])
    severity = rule.severity(value)
    if severity is None:
        return None
    # What is told is the value itself, and its uncertainty.
    value += margin * rule.worse
    uncertainty = rule.error(movement.camera)
    if rule.uncertainty:
        errors = movement.signals[rule.uncertainty][np.isin(movement.time_s, t)]
        uncertainty = float(np.median(errors))
        value += UNCERTAINTY_SHARE * uncertainty
    signed = reading.signed(movement.signals, movement.baseline)[np.isin(movement.time_s, t)]
    direction, cue = rule.told_by(float(np.median(signed)))
    if direction == rule.directions[1] != "":
        value = -value
    return Fault(
        id=rule.id,
        side=reading.side_name,
        severity=severity,
        value=value,
        unit=rule.unit,
        at_s=float(t[at]),
        cue=cue,
        landmark=rule.joint(movement.side if reading.side is None else reading.side),
        uncertainty=uncertainty,
        direction=direction,
    )


def _lasting(t: FloatArray, v: FloatArray, limit: float) -> tuple[bool, float]:
    """Whether v exceeds limit for long enough, and the level it exceeds that long."""
    over = v > limit
    if not over.any():
        return False, limit
    gap = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], over.astype(np.int8), [0]))))
    longest, level = 0.0, limit
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        length = float(t[b - 1] - t[a]) + gap
        if length > longest:
            longest, level = length, float(np.median(v[a:b]))
    least_s = max(SUSTAINED_S, SUSTAINED_LEAST * gap * len(v))
    return bool(longest >= least_s or over.mean() >= SUSTAINED_SHARE), level


def hold_limit_s(asked_s: float) -> float:
    """From how many seconds on a hold is as long as asked: 9 s of 10, 3.5 s of 4."""
    return min(0.9 * asked_s, max(asked_s - 0.5, 0.5 * asked_s))


def prescribed_faults(
    asked: Prescription, lift_and_lower: tuple[float, float], rep: RepTiming | Rep, joint: int
) -> list[Fault]:
    """What was done faster, or held shorter, than asked for.

    lift_and_lower: seconds each took. joint: BlazePose index of the joint to point at.
    """
    found: list[Fault] = []
    wanted = (asked.concentric_s, asked.eccentric_s)
    ratio, took_s = min(
        ((took / want, took) for took, want in zip(lift_and_lower, wanted, strict=True) if want),
        default=(1.0, 0.0),
    )
    if ratio < TEMPO_SHARE:
        size: Severity = "marked" if ratio < 0.35 else "mild"
        cue = N_("Slow down: keep to the tempo.")
        found.append(Fault("too_fast", "both", size, took_s, "s", rep.start_s, cue, joint))
    if asked.hold_s and rep.hold_s < hold_limit_s(asked.hold_s):
        size = "marked" if rep.hold_s < 0.7 * asked.hold_s else "mild"
        cue = N_("Hold for the full {seconds:g} seconds.").format(seconds=asked.hold_s)
        found.append(Fault("hold_short", "both", size, rep.hold_s, "s", rep.top_s, cue, joint))
    return found
