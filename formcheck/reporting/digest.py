"""A report laid out for reading: the same facts and sentences for every page that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from formcheck.engine.adherence import Adherence, reported
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.findings import (
    SHOWN_PER_FAULT,
    Finding,
    Verdict,
    clean_rep,
    findings,
    title_of,
    verdict,
)
from formcheck.engine.report import Fault, Kept, Rep, SetReport, Severity, Side, Summary
from formcheck.engine.rule import FaultRule
from formcheck.engine.signals import SIGNALS
from formcheck.engine.trust import trust
from formcheck.engine.units import Units, in_units
from formcheck.engine.wording import (
    SHOWN_HOLD_S,
    asked_words,
    capital,
    clock,
    full_fault_value,
    full_value,
    many,
    median_tempo,
    not_assessed_lines,
    recognised_words,
    seen_words,
    sentence,
    severity_words,
    sides_words,
    view_words,
)
from formcheck.language import _, ngettext
from formcheck.reporting.advice import next_step

HEADLINE_HOLD_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline number; note: what it is of, or was asked to be."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One thing that was asked, and how much of it was done.

    side: "Left", "Right", or "" where the sides are not asked for one by one. share: 0..1,
    None where there was nothing to judge.
    """

    what: str
    side: str
    value: str
    share: float | None


@dataclass(frozen=True, slots=True)
class RepRow:
    """A line of the table of reps, words by column of Digest.columns.

    The last cell is of the faults, one by one in faults, with their severities.
    start_s: where it begins. verdict: what it was on the whole.
    """

    cells: tuple[str, ...]
    faults: tuple[tuple[Severity, str], ...]
    start_s: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """One rep's fault: the words under its picture. The picture is found by rep and fault."""

    rep: Rep
    fault: Fault
    caption: str


@dataclass(frozen=True, slots=True)
class FaultText:
    """A fault over the set: what, how often, what to do, and the worst few cases.

    limits: what was measured, and from where on it is a fault; "" where it was asked for.
    """

    fault_id: str
    title: str
    severity: Severity
    summary: str
    cue: str
    limits: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Unassessed:
    """What was not assessed, why, and what to change."""

    titles: tuple[str, ...]
    why: str


class Digest:
    """Everything a report page says.

    headline: the counts in one line. asked: what was asked against what was done, empty when
    nothing was; asked_note: from where on it counts. columns, rows: the table of reps.
    advice_case: what the advice's picture shows; clean: a rep without a fault to compare it
    with, and its caption. sides: lines of (what, left, right), empty where there is nothing
    to compare. partials, notes: sentences. measured: how it was measured, as (what, words).
    trust: how far to believe it. units: of the distances in what to change.
    """

    def __init__(
        self,
        report: SetReport,
        exercise: Exercise,
        prescription: Prescription | None = None,
        units: Units = "metric",
    ) -> None:
        asked = prescription or Prescription()
        kept = reported(report, exercise, prescription)
        advice = next_step(report, exercise, prescription)
        self.name = _(exercise.name)
        self.headline = _headline(report, exercise, kept)
        self.tiles = _tiles(report, exercise, asked, kept)
        self.asked = tuple(_asked(part) for part in kept.parts)
        self.asked_note = kept.tolerances
        self.advice = replace(
            advice, sentence=in_units(advice.sentence, units), why=in_units(advice.why, units)
        )
        self.faults = tuple(
            _fault_text(one, exercise, len(report.reps)) for one in findings(report, exercise)
        )
        about = (text for text in self.faults if text.fault_id == advice.fault_id)
        self.advice_case = next((text.cases[0] for text in about), None)
        self.columns, self.rows = _table(report, exercise)
        self.legend = _legend(report)
        clean = clean_rep(report, exercise)
        self.clean = None if clean is None else (clean, _clean_caption(clean))
        self.verdict = _verdict(report, exercise)
        self.sides = _sides(report, exercise)
        self.sides_words = _told_sides(report, exercise, kept)
        self.partials = tuple(_partial(rep) for rep in report.partials)
        self.not_assessed = tuple(
            Unassessed(tuple(_(title_of(i, exercise)) for i in ids), in_units(why, units))
            for ids, why in not_assessed_lines(report)
        )
        self.notes = tuple(in_units(_(note), units) for note in report.notes)
        self.measured = _measured(report, asked, exercise)
        judged = (rule for rule in exercise.faults if rule.id not in report.summary.not_assessed)
        self.trust = trust(exercise.id, {rule.id: rule.title for rule in judged}, report.model)


# ------------------------------------------------------------------ headline


def _headline(report: SetReport, exercise: Exercise, kept: Adherence) -> str:
    summary = report.summary
    words = f"{_(exercise.name)}: {many(summary.reps, 'rep')}"
    if summary.reps_left or summary.reps_right:
        words += f" ({_left_right(summary, exercise, kept)})"
    if wanted := _wanted(kept):
        words += _(" of {n}").format(n=wanted)
    return words + (f", {many(summary.partials, 'partial')}" if summary.partials else "")


def _only(summary: Summary, exercise: Exercise, kept: Adherence) -> str:
    """The side that worked, where the reps were asked of one side alone; else ""."""
    asked = exercise.each_side and any(p.kind == "reps" and p.side == "both" for p in kept.parts)
    if not asked or (summary.reps_left and summary.reps_right):
        return ""
    return "left" if summary.reps_left else "right" if summary.reps_right else ""


def _left_right(summary: Summary, exercise: Exercise, kept: Adherence) -> str:
    if side := _only(summary, exercise, kept):
        return _(side)
    return _("{left} left, {right} right").format(left=summary.reps_left, right=summary.reps_right)


def _of(done: int, of: int) -> str:
    return _("{n} of {of}").format(n=done, of=of)


def _wanted(kept: Adherence) -> int:
    return sum(part.of for part in kept.parts if part.kind == "reps")


def _clean_tile(verdicts: Sequence[Verdict]) -> Tile:
    """How many reps were clean, of those that could be judged at all."""
    unseen = verdicts.count("not_assessed")
    if unseen == len(verdicts):
        return Tile(_("Clean reps"), _("not assessed"), "")
    note = ngettext("{n} not assessed", "{n} not assessed", unseen).format(n=unseen)
    clean = _of(verdicts.count("clean"), len(verdicts) - unseen)
    return Tile(_("Clean reps"), clean, note if unseen else _("in what could be assessed"))


def _tiles(
    report: SetReport, exercise: Exercise, asked: Prescription, kept: Adherence
) -> tuple[Tile, ...]:
    summary = report.summary
    note = _left_right(summary, exercise, kept) if exercise.unilateral else ""
    wanted = _wanted(kept)
    tiles = [Tile(_("Reps"), _of(summary.reps, wanted) if wanted else str(summary.reps), note)]
    if summary.partials:
        tiles.append(Tile(_("Partial"), str(summary.partials), _("not counted")))
    if summary.reps:
        tiles.append(_clean_tile([verdict(rep, exercise) for rep in report.reps]))
    held = [rep for rep in report.reps if rep.hold_s >= SHOWN_HOLD_S]
    # Turning round slowly is no hold worth a headline, unless one was asked for.
    if held and (asked.hold_s or summary.hold_s_median >= HEADLINE_HOLD_S):
        whole, free = (sum(rep.hold_s for rep in held), sum(rep.hold_clean_s for rep in held))
        words = _("{seconds:.0f} s in all").format(seconds=whole)
        if whole - free >= 0.1 * len(held):
            words += _(", {seconds:.0f} s of it without a posture fault").format(seconds=free)
        if asked.hold_s:
            words = _("of {seconds:g} s").format(seconds=asked.hold_s) + f"; {words}"
        tiles.append(Tile(_("Hold, typical"), f"{median(rep.hold_s for rep in held):.1f} s", words))
    tempo = median_tempo(report.reps, exercise)
    if tempo is not None:
        tiles.append(Tile(_("Tempo"), _tempo(*tempo), _tempo_note(asked, exercise)))
    return tuple(tiles)


def _asked(part: Kept) -> AskedRow:
    what = {
        "reps": _("Reps"),
        "hold": _("Hold, {seconds:g} s").format(seconds=part.asked),
        "lift": _("Up, {seconds:g} s").format(seconds=part.asked),
        "lower": _("Down, {seconds:g} s").format(seconds=part.asked),
        "stand": _("Standing on one leg"),
        "letters": _("Time for letters"),
    }[part.kind]
    unit = {"stand": "s", "letters": ""}.get(part.kind, ngettext("rep", "reps", part.of))
    value = f"{_of(part.done, part.of)} {unit}".strip() if part.of else _("no rep")
    side = "" if part.side == "both" else capital(_(part.side))
    return AskedRow(what, side, value, min(part.done / part.of, 1.0) if part.of else None)


def _tempo(out: float, hold: float, back: float) -> str:
    return f"{out:.1f} - {hold if hold >= SHOWN_HOLD_S else 0:.1f} - {back:.1f}"


def _ways(exercise: Exercise) -> tuple[str, str]:
    """What the way out and the way back are called: of a squat "Down" and "Up"."""
    return _(exercise.phase_words["outbound"]), _(exercise.phase_words["inbound"])


def _tempo_note(asked: Prescription, exercise: Exercise) -> str:
    out, back = (way.lower() for way in _ways(exercise))
    note = _("seconds: {out} - hold - {back}").format(out=out, back=back)
    if asked.concentric_s is not None or asked.eccentric_s is not None:
        first, last = exercise.primary.swapped((asked.concentric_s, asked.eccentric_s))
        tempo = " - ".join(f"{t or 0:g}" for t in (first, asked.hold_s, last))
        note += _("; target {tempo}").format(tempo=tempo)
    return note


def _verdict(report: SetReport, exercise: Exercise) -> str:
    """What is said where no fault can be listed; empty when there are some."""
    if not report.reps:
        return _("No rep was counted, so there is nothing to judge.")
    if report.summary.faults:
        return ""
    judged = [rule for rule in exercise.faults if rule.id not in report.summary.not_assessed]
    if judged:
        return _("No fault was found in what could be assessed.")
    return _("Nothing about the form could be assessed from this recording.")


# ---------------------------------------------------------------- every rep


def _table(report: SetReport, exercise: Exercise) -> tuple[tuple[str, ...], tuple[RepRow, ...]]:
    sided = exercise.unilateral
    held = any(rep.hold_s >= SHOWN_HOLD_S for rep in report.reps)
    traced = any(rep.path_legs is not None for rep in report.reps)
    columns = [_("Rep"), _("Start"), *_ways(exercise), _("Range")]
    columns += [*([_("Hold")] if held else []), *([_("Foot path")] if traced else []), _("Faults")]
    rows = []
    for rep in report.reps:
        cells = [f"{rep.index} {_(rep.side)}" if sided else str(rep.index), clock(rep.start_s)]
        ways = exercise.primary.swapped((rep.concentric_s, rep.eccentric_s))
        cells += [*(f"{seconds:.1f}" for seconds in ways), f"{rep.rom_deg:.0f}°"]
        if held:
            cells.append(_hold(rep))
        if traced:
            path = rep.path_legs
            cells.append("-" if path is None else _("{n:.1f} legs").format(n=path))
        faults = tuple((fault.severity, _fault_words(fault, exercise)) for fault in rep.faults)
        what = verdict(rep, exercise)
        clean = _("not assessed") if what == "not_assessed" else _("none found")
        cells.append("; ".join(words for _, words in faults) or clean)
        rows.append(RepRow(tuple(cells), faults, rep.start_s, what))
    return tuple(columns), tuple(rows)


def _hold(rep: Rep) -> str:
    if rep.hold_s < SHOWN_HOLD_S:
        return "-"
    if rep.hold_s - rep.hold_clean_s >= 0.1:
        clean, whole = f"{rep.hold_clean_s:.1f}", f"{rep.hold_s:.1f}"
        return _("{n} of {of}").format(n=clean, of=whole)
    return f"{rep.hold_s:.1f}"


def _fault_words(fault: Fault, exercise: Exercise) -> str:
    """A fault's title, with its side where either side can have it, and its value."""
    either = any(rule.id == fault.id and rule.per == "side" for rule in exercise.faults)
    side = f" ({_(fault.side)})" if either and fault.side != "both" else ""
    size = severity_words(fault.severity)
    return f"{_(title_of(fault.id, exercise))}{side}, {size}, {full_fault_value(fault)}"


def _legend(report: SetReport) -> str:
    words = [_("Times in seconds.")]
    if any(rep.hold_s - rep.hold_clean_s >= 0.1 for rep in report.reps):
        words.append(_("Hold: seconds without a posture fault, of all its seconds."))
    return " ".join(words)


def _partial(rep: Rep) -> str:
    side = f", {_(rep.side)}" if rep.side != "both" else ""
    begin, end = clock(rep.start_s), clock(rep.end_s)
    times = _("{begin} to {end} s").format(begin=begin, end=end) + f"{side}, {rep.rom_deg:.0f}°"
    return f"{times}: {_(rep.why)}" if rep.why else times


# -------------------------------------------------------------------- faults


def _fault_text(finding: Finding, exercise: Exercise, reps: int) -> FaultText:
    count = len(finding.rep_indices)
    marked = len({rep.index for rep, fault in finding.cases if fault.severity == "marked"})
    how = {0: _("slight"), count: _("clear")}.get(marked, _("clear in {n}").format(n=marked))
    summary = _("In {n} of {reps} ({numbers}), {how}.").format(
        n=count, reps=many(reps, "rep"), numbers=_numbers(finding.rep_indices), how=how
    )
    cases = tuple(
        Case(rep, fault, _caption(rep, fault)) for rep, fault in finding.cases[:SHOWN_PER_FAULT]
    )
    return FaultText(
        finding.fault_id,
        capital(_(finding.title)),
        finding.severity,
        summary,
        sentence(_(finding.cue)),
        next((_limits(rule) for rule in exercise.faults if rule.id == finding.fault_id), ""),
        cases,
    )


def _limits(rule: FaultRule) -> str:
    signal = SIGNALS[rule.signal]
    own = _(", against the person's own rest") if rule.relative else ""
    mild, marked = (full_value(limit, signal.unit) for limit in (rule.mild, rule.marked))
    less = _(" Half the reading's standard error is taken off first.") if rule.uncertainty else ""
    words = _("Measured: {what}. Slight below {mild}, clear below {marked}.")
    if rule.marked > rule.mild:
        words = _("Measured: {what}. Slight above {mild}, clear above {marked}.")
    return words.format(what=_(signal.title) + own, mild=mild, marked=marked) + less


def _caption(rep: Rep, fault: Fault) -> str:
    side = f", {_(fault.side)}" if fault.side != "both" else ""
    when = _("Rep {n}{side}, at {time} s").format(n=rep.index, side=side, time=clock(fault.at_s))
    return f"{when}: {full_fault_value(fault)}"


def _clean_caption(rep: Rep) -> str:
    return _("Rep {n}, at {time} s: no fault found").format(n=rep.index, time=clock(rep.top_s))


def _numbers(indices: Iterable[int]) -> str:
    """Rep numbers, runs shortened: 1-3, 5."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}{', ' if len(run) == 2 else '-'}{run[-1]}"
        for run in runs
    )


# --------------------------------------------------------------------- sides


def _told_sides(report: SetReport, exercise: Exercise, kept: Adherence) -> str:
    summary = report.summary
    if not summary.reps or summary.equal_sides is None or _only(summary, exercise, kept):
        return ""
    words = sides_words(summary)
    return sentence(capital(words))


def _sides(report: SetReport, exercise: Exercise) -> tuple[tuple[str, str, str], ...]:
    rows = _working_sides(report, exercise) if exercise.unilateral else []
    either = [rule for rule in exercise.faults if rule.per == "side"]
    for rule in either:
        if rule.id in report.summary.not_assessed or not report.reps:
            continue
        left, right = (_with_fault(report.reps, rule.id, side) for side in ("left", "right"))
        rows.append((_("Reps: {fault}").format(fault=_(rule.title)), left, right))
    return tuple(rows)


def _with_fault(reps: tuple[Rep, ...], fault_id: str, side: Side) -> str:
    cases = [f for rep in reps for f in rep.faults if f.id == fault_id and f.side == side]
    if not cases:
        return _of(0, len(reps))
    worst = max(cases, key=lambda fault: fault.size)
    most = _("up to {value}").format(value=full_fault_value(worst))
    return f"{_of(len(cases), len(reps))}, {most}"


def _working_sides(report: SetReport, exercise: Exercise) -> list[tuple[str, str, str]]:
    left, right = ([r for r in report.reps if r.side == side] for side in ("left", "right"))
    if not left or not right:
        return []
    rows = [
        (_("Reps"), str(len(left)), str(len(right))),
        (_("Range, typical"), _middle(left, "rom_deg", "°", 0), _middle(right, "rom_deg", "°", 0)),
    ]
    if any(rep.hold_s >= SHOWN_HOLD_S for rep in report.reps):
        rows.append(
            (_("Hold, typical"), _middle(left, "hold_s", " s"), _middle(right, "hold_s", " s"))
        )
    lengths = exercise.primary.swapped(("concentric_s", "eccentric_s"))
    for way, length in zip(_ways(exercise), lengths, strict=True):
        what = _("{way}, typical").format(way=way)
        rows.append((what, _middle(left, length, " s"), _middle(right, length, " s")))
    return [*rows, (_("Reps with a fault"), _with_any(left), _with_any(right))]


def _with_any(reps: list[Rep]) -> str:
    return str(sum(bool(rep.faults) for rep in reps))


def _middle(reps: list[Rep], what: str, unit: str, digits: int = 1) -> str:
    return f"{median(getattr(rep, what) for rep in reps):.{digits}f}{unit}"


# ------------------------------------------------------------------ measured


def _measured(
    report: SetReport, asked: Prescription, exercise: Exercise
) -> tuple[tuple[str, str], ...]:
    source = report.source
    # Of a set that was broken off nothing is known but its attempts.
    seen = source.frames > 0
    size = f", {source.width}x{source.height}" if seen else ""
    rows = [
        (_("Recording"), f"{source.name}{size}, {source.duration_s:.1f} s"),
        (_("Frame rate"), _("{n:.1f} per second").format(n=source.fps) if seen else ""),
        (_("Person"), f"{view_words(report.view)}; {seen_words(report)}" if seen else ""),
        (_("Exercise"), recognised_words(report) or _("chosen by hand")),
        (_("Target"), asked_words(asked, exercise)),
        (_("Pose model"), report.model),
        (_("Program"), f"formcheck {report.formcheck_version}"),
    ]
    return tuple((what, words) for what, words in rows if words)
