"""The one thing to work on next, out of everything a set's report says.

Nobody can change four things at once. A fault is worth working on when it is in three
reps or in three of ten (docs/clinical.md, Conventions), in two at least, and once clearly
beyond its limit; one slip, or a reading at the limit, is not a habit. Advice is about
movement alone: never about muscles, injury or why something is as it is (1.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from formcheck.engine.adherence import reported
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.findings import SHOWN_PER_FAULT, Finding, findings, rank
from formcheck.engine.report import NotAssessed, Rep, SetReport
from formcheck.engine.rule import FaultRule
from formcheck.engine.wording import (
    capital,
    format_value,
    full_fault_value,
    many,
    sentence,
    severity_words,
)
from formcheck.language import N_, _, listed, ngettext

HABIT_REPS: Final = 3
HABIT_SHARE: Final = 0.3
#: One rep may be misread: of a movement's own faults a habit is seen twice.
LEAST_REPS: Final = 2
#: "Keep moving like this" is said where at least this share of the reps is clean.
CLEAN_SHARE: Final = 0.8
#: Clearly beyond the limit: this share of the way from mild to marked.
CLEAR_SHARE: Final = 0.2


_WORST: Final = {
    "left": N_("most on the left in rep {n}: {value}."),
    "right": N_("most on the right in rep {n}: {value}."),
    "both": N_("most in rep {n}: {value}."),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next and what it rests on.

    rep_indices: the reps it is about (numbers in the report), None when it is about
    the whole set; fault_id: the fault it is about, None when about none.
    """

    sentence: str
    why: str
    rep_indices: tuple[int, ...] | None = None
    fault_id: str | None = None


def next_step(
    report: SetReport, exercise: Exercise, prescription: Prescription | None = None
) -> Advice:
    """The one thing to do next; there always is one."""
    if not report.reps and not report.partials:
        return _nothing_counted(report, exercise)
    habits = [
        f
        for f in findings(report, exercise)
        if _is_habit(len(f.rep_indices), f.share) and _is_sure(f, exercise)
    ]
    attempts = len(report.reps) + len(report.partials)
    short = _is_habit(len(report.partials), len(report.partials) / attempts)
    # Going only half the way is a matter of range: knees and pelvis come before it.
    if habits and not (short and habits[0].rank > rank("range")):
        return _about_fault(habits[0], len(report.reps))
    if short or not report.reps:
        return _about_partials(report, attempts)
    slip = _slip(report, exercise)
    if slip is not None:
        return _about_slip(slip, report)
    return _without_a_habit(report, exercise, prescription or Prescription())


def _slip(report: SetReport, exercise: Exercise) -> Finding | None:
    """What a set without a habit must not be praised over, the most important.

    It was clear in a rep, or fewer than CLEAN_SHARE of the reps are clean; one slight reading
    beside clean reps may be a misreading.
    """
    found = findings(report, exercise)
    faulty = sum(bool(rep.faults) for rep in report.reps)
    many_faulty = len(report.reps) - faulty < CLEAN_SHARE * len(report.reps)
    alone = faulty < min(LEAST_REPS, len(report.reps))
    if found and (found[0].severity == "marked" or (many_faulty and not alone)):
        return found[0]
    return None


def _is_habit(number: int, share: float) -> bool:
    return number >= HABIT_REPS or (number > 0 and share >= HABIT_SHARE)


def _is_sure(finding: Finding, exercise: Exercise) -> bool:
    """Whether a fault was seen more than once, and more than just at its limit."""
    rule = next((r for r in exercise.faults if r.id == finding.fault_id), None)
    if rule is None:  # of the tempo or hold asked for: timed, not measured on a pose
        return True
    if len(finding.rep_indices) < LEAST_REPS:
        return False
    clear = rule.mild + CLEAR_SHARE * (rule.marked - rule.mild)
    return finding.severity == "marked" or any(
        fault.size * rule.worse > clear * rule.worse for _, fault in finding.cases
    )


def _about_fault(finding: Finding, reps: int) -> Advice:
    rep, fault = finding.worst
    marked = {r.index for r, f in finding.cases if f.severity == "marked"}
    how_often = _("{fault} in {n} of {reps}").format(
        fault=capital(_(finding.title)),
        n=len(finding.rep_indices),
        reps=many(reps, "rep"),
    )
    if marked and len(marked) < len(finding.rep_indices):
        how_often += _(", clear in {marked}").format(marked=len(marked))
    most = {
        "too_fast": N_("fastest in rep {n}: {value}."),
        "hold_short": N_("shortest in rep {n}: {value}."),
    }.get(finding.fault_id, _WORST[fault.side])
    return Advice(
        sentence(_(finding.cue)),
        f"{how_often}; {_(most).format(n=rep.index, value=full_fault_value(fault))}",
        finding.rep_indices,
        finding.fault_id,
    )


def _about_slip(slip: Finding, report: SetReport) -> Advice:
    """A rep or two, which may be misread: named, but no habit yet."""
    clean = sum(not rep.faults for rep in report.reps)
    numbers = listed(map(str, slip.rep_indices[:SHOWN_PER_FAULT]))
    seen = ngettext("Seen in rep {n}", "Seen in reps {n}", len(slip.rep_indices)).format(n=numbers)
    told = _("Clean reps: {n} of {of}.").format(n=clean, of=len(report.reps))
    return Advice(
        _("Watch this in your next reps: {fault}.").format(fault=_(slip.title)),
        f"{seen}, {severity_words(slip.severity)}. {told}",
        slip.rep_indices,
    )


def _about_partials(report: SetReport, attempts: int) -> Advice:
    count = len(report.partials)
    most = max(report.partials, key=lambda rep: rep.rom_deg)
    words = ngettext(
        "{n} of {attempts} went only part of the way and was not counted; it went {way}.",
        "{n} of {attempts} went only part of the way and were not counted; the longest went {way}.",
        count,
    )
    way = format_value(most.rom_deg, "deg")
    if report.reps:
        full = format_value(_middle(report.reps), "deg")
        way += _(" (reps that count: {full})").format(full=full)
    return Advice(
        _("Go the whole way in every rep; make the set shorter rather than the reps."),
        words.format(n=count, attempts=many(attempts, "attempt"), way=way),
    )


def _middle(reps: tuple[Rep, ...]) -> float:
    return sorted(rep.rom_deg for rep in reps)[len(reps) // 2]


def _nothing_counted(report: SetReport, exercise: Exercise) -> Advice:
    if report.source.frames_with_pose == 0:
        return Advice(
            _("Have your whole body in the picture, from head to foot, in bright light."),
            _("Nobody was seen in this recording."),
        )
    why = _("No rep of this exercise was seen.")
    return Advice(
        _("Set up as for this exercise and try again: {setup}").format(setup=_(exercise.setup)),
        " ".join((why, *map(_, report.notes))),
    )


def _without_a_habit(report: SetReport, exercise: Exercise, prescription: Prescription) -> Advice:
    summary = report.summary
    clean = _judged_clean(report, exercise)
    praise = _praise(report, clean)
    kept = reported(report, exercise, prescription)
    # One side was asked for: a walk goes both ways all the same.
    one_side = not exercise.travels and any(
        part.kind == "reps" and part.side == "both" for part in kept.parts
    )
    if summary.equal_sides is False and not one_side:
        left, right = summary.reps_left, summary.reps_right
        words = _("Now the right side: {more} to have as many on both.")
        if left < right:
            words = _("Now the left side: {more} to have as many on both.")
        done = _("{left} left, {right} right.").format(left=left, right=right)
        return Advice(
            words.format(more=many(abs(left - right), "more rep")), f"{done} {praise}".strip()
        )
    unseen = _most_important_unseen(report, exercise)
    if unseen is not None:
        rule, missing_one = unseen
        why = _("Not assessed in this set: {fault}.").format(fault=_(rule.title))
        remedy = re.sub(r" to have this checked| para revisar esto", "", _(missing_one.remedy))
        return Advice(
            sentence(remedy),
            f"{why} {sentence(_(missing_one.reason))} {praise}".strip(),
            fault_id=rule.id,
        )
    more = kept.missing_reps
    if more:
        wanted = many(summary.reps + more, "rep")
        done = _("{n} of {of} done.").format(n=summary.reps, of=wanted)
        return Advice(
            _("Keep moving like this and add {reps}.").format(reps=many(more, "rep")),
            f"{done} {praise}".strip(),
        )
    return Advice(_("Keep moving like this."), praise or _("No fault was found."))


def _judged_clean(report: SetReport, exercise: Exercise) -> list[FaultRule]:
    """The rules that were judged in the set and found in no rep."""
    missing = report.summary.not_assessed
    return [
        rule
        for rule in exercise.faults
        if rule.id not in missing and rule.id not in report.summary.faults
    ]


def _praise(report: SetReport, clean: list[FaultRule]) -> str:
    """What was measured and found in order, in words; empty when nothing was."""
    if not clean:
        return ""
    titles = [_(rule.title) for rule in sorted(clean, key=lambda r: rank(r.importance))]
    words = ngettext(
        "One rep checked, without: {faults}.",
        "All {n} reps checked, none with: {faults}.",
        len(report.reps),
    )
    return words.format(n=len(report.reps), faults=listed(titles, "or"))


def _most_important_unseen(
    report: SetReport, exercise: Exercise
) -> tuple[FaultRule, NotAssessed] | None:
    """The most important fault that another place of the camera would show."""
    missing = report.summary.not_assessed
    shown = (r for r in exercise.faults if not r.unseen and not r.only_clear)
    rules = sorted(shown, key=lambda r: rank(r.importance))
    if not rules or rules[0].id not in missing:
        return None
    return rules[0], missing[rules[0].id]
