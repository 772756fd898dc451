"""Whether the next phase of a programme may be tried: a suggestion, never a step.

The rule is formcheck's own (docs/clinical.md): the
articles only say that it should feel comfortable, or be done with good form and ease.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from formcheck.engine.adherence import Adherence, adherence
from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import rank
from formcheck.engine.report import KeptKind, Rep
from formcheck.engine.rule import FaultRule
from formcheck.engine.units import Units, in_units
from formcheck.engine.wording import many, percent, sentence
from formcheck.language import N_, _, date_words
from formcheck.training.programmes.plan import PlannedSet, plan_circuit
from formcheck.training.programmes.programme import PAIN, Programme
from formcheck.training.records import Circuit, Enrolment, PastSet
from formcheck.training.trends import judged, symmetry

NEED_SESSIONS: Final = 3
NEED_DAYS: Final = 2
FULL_REPS: Final = 0.90
HOLDS: Final = 0.90
TEMPO: Final = 0.80
WITHOUT_MARKED: Final = 0.90
SIDES_WITHIN: Final = 0.15
EFFORT: Final = 4
#: A fault counts as judged when it was in this share of an exercise's reps.
JUDGED_SHARE: Final = 0.25
NO_ROUND: Final = N_("no round yet")

Verdict = Literal["met", "not met", "unknown"]
#: In what share of an exercise in one round it was so, of which exercise, and on which day.
_Share = tuple[float, Exercise, date]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition. id: sessions, reps, hold, tempo, faults, sides, effort or pain.

    value: what was found, in words; asked: what is asked for. sentence: why it is not met
    or unknown, and what to do; "" when it is met.
    """

    id: str
    title: str
    verdict: Verdict
    value: str
    asked: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Progression:
    """What speaks for and against the next phase.

    ready: every criterion is met and there is a next phase. finished: every criterion is met
    and there is none. pain: it hurt in the latest round. sessions: ids of the rounds that
    were looked at, the oldest first; days: those they were done on.
    """

    criteria: tuple[Criterion, ...]
    sentences: tuple[str, ...]
    ready: bool = False
    finished: bool = False
    pain: bool = False
    sessions: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    next_phase: int | None = None


def circuits_of_phase(enrolment: Enrolment, circuits: Sequence[Circuit]) -> list[Circuit]:
    """Those of the enrolment's present phase: who went back to it begins it anew."""
    return [
        one
        for one in circuits
        if one.enrolment_id == enrolment.id
        and one.phase == enrolment.phase
        and one.begun >= enrolment.phase_since
    ]


def circuits_of_day(enrolment: Enrolment, circuits: Sequence[Circuit], day: date) -> list[Circuit]:
    """Those of the enrolment's present phase that were begun on this day."""
    phase = enrolment.id, enrolment.phase
    return [c for c in circuits if c.begun.date() == day and (c.enrolment_id, c.phase) == phase]


def progress_towards(
    programme: Programme,
    phase_index: int,
    circuits: Sequence[Circuit],
    sets: Sequence[PastSet],
    units: Units = "metric",
) -> Progression:
    """Hold the latest rounds of a phase against the conditions for the next one.

    circuits: of the enrolment in this programme, in any order (see circuits_of_phase); sets: of the
    person, others than those circuits' do no harm. Looked at are the latest rounds that were
    gone through to the end: as few as make three on two days. Pain counts in every round
    since the first of them. A fault counts as judged when it was in a quarter of an
    exercise's reps, so that one round may be filmed from the front and another from the side.
    """
    phase = programme.phases[phase_index]
    plan = plan_circuit(phase)
    mine = sorted((c for c in circuits if c.phase == phase_index), key=lambda c: c.begun)
    rounds = [_done_circuit(circuit, plan, sets) for circuit in mine]
    # A round of which nothing was seen was none.
    rounds = [one for one in rounds if one.sets]
    complete = [one for one in rounds if one.complete]
    looked = _latest(complete)
    since = rounds.index(looked[0]) if looked else 0
    criteria = (
        _sessions(looked, len(rounds) - len(complete)),
        *_of_exercises(plan, looked),
        _faults(looked),
        *_sides(plan, looked),
        _effort(looked),
        _pain(rounds[since:]),
    )
    hurt = bool(rounds) and rounds[-1].hurt
    passed = all(one.verdict == "met" for one in criteria)
    last = phase_index + 1 >= len(programme.phases)
    sentences = _sentences(programme, phase_index, criteria, hurt=hurt, passed=passed)
    return Progression(
        criteria=criteria,
        sentences=tuple(in_units(text, units) for text in sentences),
        ready=passed and not last,
        finished=passed and last,
        pain=hurt,
        sessions=tuple(one.circuit.id for one in looked),
        days=tuple(sorted({one.day for one in looked})),
        next_phase=None if last else phase_index + 1,
    )


def _sentences(
    programme: Programme,
    phase_index: int,
    criteria: Sequence[Criterion],
    *,
    hurt: bool,
    passed: bool,
) -> list[str]:
    phase = programme.phases[phase_index]
    if hurt:
        words = _(
            "It hurt in your latest round. Stay in this phase or go back to the one before, and "
            "have a physiotherapist look at it before you go on."
        )
        if phase_index == 0:
            words = _(
                "It hurt in your latest round. Stay in this phase, and have a physiotherapist "
                "look at it before you go on."
            )
        return [_(programme.pain or PAIN), words]
    told = []
    if phase.move_on:
        words = _("From the programme: {words}")
        told = [words.format(words=sentence(_(phase.move_on)))]
    if not passed:
        met = sum(one.verdict == "met" for one in criteria)
        return [
            _("{n} of {goals} met for the next phase.").format(
                n=met, goals=many(len(criteria), "goal")
            ),
            *(one.sentence for one in criteria if one.sentence),
        ]
    if phase_index + 1 < len(programme.phases):
        following = _(programme.phases[phase_index + 1].name)
        return [
            _(
                "Your latest rounds met every goal. You can try {phase} when you feel ready; you "
                "decide."
            ).format(phase=following),
            *told,
        ]
    return [_("Your latest rounds met every goal, and this is the last phase."), *told]


# ------------------------------------------------------------------- rounds


@dataclass(frozen=True, slots=True)
class _Done:
    """A planned set with all its reps, over its tries."""

    planned: PlannedSet
    exercise: Exercise
    reps: tuple[Rep, ...]

    @property
    def adherence(self) -> Adherence:
        planned = self.planned
        return adherence(self.reps, planned.prescription, self.exercise, planned.both_sides)


@dataclass(frozen=True, slots=True)
class _DoneCircuit:
    circuit: Circuit
    sets: tuple[PastSet, ...]
    done: tuple[_Done, ...]
    complete: bool

    @property
    def day(self) -> date:
        return self.circuit.begun.date()

    @property
    def hurt(self) -> bool:
        return self.circuit.end_reason == "pain" or any(one.pain for one in self.sets)


def _done_circuit(
    circuit: Circuit, plan: Sequence[PlannedSet], sets: Sequence[PastSet]
) -> _DoneCircuit:
    mine = tuple(one for one in sets if one.circuit_id == circuit.id)
    done = []
    for planned in plan:
        tries = [one for one in mine if one.position == planned.position]
        if tries:
            reps = tuple(rep for one in tries for rep in one.reps)
            done.append(_Done(planned, EXERCISES[planned.exercise], reps))
    complete = circuit.end_reason == "done" and len(done) == len(plan)
    return _DoneCircuit(circuit, mine, tuple(done), complete)


def _latest(rounds: Sequence[_DoneCircuit]) -> list[_DoneCircuit]:
    """As few of the latest ones as are enough and on enough days; all where there are not."""
    found: list[_DoneCircuit] = []
    for one in reversed(rounds):
        if len(found) >= NEED_SESSIONS and len({r.day for r in found}) >= NEED_DAYS:
            break
        found.insert(0, one)
    return found


def _sessions(looked: Sequence[_DoneCircuit], unfinished: int) -> Criterion:
    days = len({one.day for one in looked})
    enough = len(looked) >= NEED_SESSIONS and days >= NEED_DAYS
    words = _("{rounds} on {days}")
    value = words.format(rounds=many(len(looked), "round"), days=many(days, "day"))
    asked = words.format(rounds=many(NEED_SESSIONS, "round"), days=many(NEED_DAYS, "day"))
    why = ""
    if not enough:
        why = _("{value} done to the end; the target is {target}.").format(
            value=value, target=asked
        )
        if len(looked) >= NEED_SESSIONS:
            why = _("{value}: do one on another day, too.").format(value=value)
        if unfinished:
            skipped = many(unfinished, "unfinished round")
            why += " " + _("{rounds} not counted.").format(rounds=skipped)
    return Criterion("sessions", _("Rounds"), "met" if enough else "not met", value, asked, why)


# ------------------------------------------------------------- what was asked


def _of_exercises(plan: Sequence[PlannedSet], looked: Sequence[_DoneCircuit]) -> list[Criterion]:
    """Reps, holds and tempo, as far as they are asked for: in each exercise of each round."""
    asked = [planned.prescription for planned in plan]
    away = [EXERCISES[planned.exercise].timed for planned in plan]
    found = []
    if any(p.reps and not stand for p, stand in zip(asked, away, strict=True)):
        found.append(_kept(looked, "reps", _("Full reps"), FULL_REPS, ("reps",)))
    if any(p.hold_s for p in asked):
        found.append(_kept(looked, "hold", _("Holds"), HOLDS, ("hold", "stand", "letters")))
    if any(p.concentric_s or p.eccentric_s for p in asked):
        found.append(_kept(looked, "tempo", _("Tempo"), TEMPO, ("lift", "lower")))
    return found


def _kept(
    looked: Sequence[_DoneCircuit], name: str, title: str, least: float, kinds: tuple[KeptKind, ...]
) -> Criterion:
    shares: list[_Share] = []
    for one in looked:
        for exercise, done in _by_exercise(one):
            counts = [each.adherence.counts(*kinds) for each in done]
            if of := sum(number for _, number in counts):
                shares.append((sum(number for number, _ in counts) / of, exercise, one.day))
    asked = _("{least:.0%} in each exercise of each round").format(least=least)
    return _least_of(_no_round(name, title, asked), shares, least, f"{least:.0%}")


def _by_exercise(one: _DoneCircuit) -> list[tuple[Exercise, list[_Done]]]:
    """What was done in a round, exercise by exercise."""
    found: dict[str, list[_Done]] = {}
    for done in one.done:
        found.setdefault(done.exercise.id, []).append(done)
    return [(done[0].exercise, done) for done in found.values()]


def _no_round(name: str, title: str, asked: str) -> Criterion:
    return Criterion(name, title, "unknown", _(NO_ROUND), asked)


def _least_of(none: Criterion, shares: Sequence[_Share], least: float, target: str) -> Criterion:
    """Whether the smallest of the shares is enough. none: what it is without any."""
    if not shares:
        return none
    share, exercise, day = min(shares, key=lambda one: one[0])
    if share >= least:
        value = "100%" if share == 1 else _("{share} or more").format(share=percent(share))
        return replace(none, verdict="met", value=value)
    value = _("{share} in {exercise}").format(share=percent(share), exercise=_(exercise.name))
    why = _("{goal}: {value} on {day}; the target is {target}.").format(
        goal=none.title, value=value, day=date_words(day, year=False), target=target
    )
    return replace(none, verdict="not met", value=value, sentence=why)


# ------------------------------------------------------------------- quality


def _faults(looked: Sequence[_DoneCircuit]) -> Criterion:
    """Few marked faults, in what was judged; and every fault that can be was judged."""
    asked = _("{share:.0%} of the reps of each exercise").format(share=WITHOUT_MARKED)
    shares: list[_Share] = []
    reps: dict[str, list[Rep]] = {}
    for one in looked:
        for exercise, done in _by_exercise(one):
            mine = [rep for each in done for rep in each.reps]
            reps.setdefault(exercise.id, []).extend(mine)
            if mine:
                unmarked = sum(not _marked(rep) for rep in mine)
                shares.append((unmarked / len(mine), exercise, one.day))
    none = _no_round("faults", _("No clear fault"), asked)
    found = _least_of(none, shares, WITHOUT_MARKED, asked)
    unseen = {EXERCISES[key]: _unjudged(EXERCISES[key], own) for key, own in reps.items()}
    told = [_unjudged_words(exercise, rules) for exercise, rules in unseen.items() if rules]
    if found.verdict != "met" or not told:
        return found
    number = sum(map(len, unseen.values()))
    value = _("{value}; {faults} not assessed").format(
        value=found.value, faults=many(number, "fault")
    )
    return replace(found, verdict="unknown", value=value, sentence=" ".join(told))


def _marked(rep: Rep) -> bool:
    """Whether the form had a marked fault; hold and tempo have conditions of their own."""
    return any(f.severity == "marked" and f.id not in PRESCRIBED_FAULTS for f in rep.faults)


def _unjudged(exercise: Exercise, reps: Sequence[Rep]) -> list[FaultRule]:
    """The rules that a camera can show and hardly any rep was judged by."""
    missing = [
        rule
        for rule in exercise.faults
        if not rule.unseen
        and not rule.only_clear
        and sum(judged(rep, rule.id) for rep in reps) < JUDGED_SHARE * len(reps)
    ]
    return sorted(missing, key=lambda rule: rank(rule.importance))


def _unjudged_words(exercise: Exercise, rules: Sequence[FaultRule]) -> str:
    titles = ", ".join(_(rule.title) for rule in rules)
    remedies = " ".join(dict.fromkeys(sentence(_(rule.remedy)) for rule in rules))
    words = _("{exercise}: not assessed in these rounds: {faults}.")
    return f"{words.format(exercise=_(exercise.name), faults=titles)} {remedies}"


def _sides(plan: Sequence[PlannedSet], looked: Sequence[_DoneCircuit]) -> list[Criterion]:
    """Left against right, in exercises of which both legs were to do as much."""
    both = dict.fromkeys(p.exercise for p in plan if p.both_sides)
    sided = [name for name in both if EXERCISES[name].each_side]
    if not sided:
        return []
    asked = _("within {share:.0%} of each other").format(share=SIDES_WITHIN)
    none = _no_round("sides", _("Both sides"), asked)
    found: list[tuple[float, str]] = []
    missing = []
    for key in sided:
        exercise = EXERCISES[key]
        reps = [r for one in looked for d in one.done if d.exercise.id == key for r in d.reps]
        # A stand is as long as it lasts, however high the leg is.
        compared = symmetry(reps, (lambda r: r.hold_s) if exercise.timed else None)
        if compared is None:
            missing.append(_(exercise.name))
        else:
            words = _("{exercise}, less on the left")
            if compared.less == "right":
                words = _("{exercise}, less on the right")
            found.append((1 - compared.index, words.format(exercise=_(exercise.name))))
    if not looked:
        return [none]
    apart, where = max(found, default=(0.0, ""))
    if apart > SIDES_WITHIN:
        value = _("{share:.0%} apart in {where}").format(share=apart, where=where)
        why = _("{goal}: {value}; the target is {target}.").format(
            goal=none.title, value=value, target=asked
        )
        return [replace(none, verdict="not met", value=value, sentence=why)]
    if missing:
        why = _("{goal}: too few reps to compare in {exercises}.").format(
            goal=none.title, exercises=", ".join(missing)
        )
        return [replace(none, value=_("too few reps"), sentence=why)]
    value = _("{share:.0%} apart at most").format(share=apart)
    return [replace(none, verdict="met", value=value)]


# ------------------------------------------------------------------- answers


def _effort(looked: Sequence[_DoneCircuit]) -> Criterion:
    none = _no_round("effort", _("Effort"), _("{n} of 10 or less").format(n=EFFORT))
    answers = [one.circuit.effort for one in looked]
    if not answers:
        return none
    said = [answer for answer in answers if answer is not None]
    hardest = _("{n} of {of}").format(n=max(said), of=10) if said else _("not answered")
    if said and max(said) > EFFORT:
        why = _("{goal}: {value} in the hardest round; the target is {target}.").format(
            goal=none.title, value=hardest, target=none.asked
        )
        return replace(none, verdict="not met", value=hardest, sentence=why)
    if silent := len(answers) - len(said):
        why = _("Effort was not answered in {rounds}.").format(rounds=many(silent, "round"))
        return replace(none, value=_("{n} not answered").format(n=silent), sentence=why)
    return replace(none, verdict="met", value=_("{value} at most").format(value=hardest))


def _pain(rounds: Sequence[_DoneCircuit]) -> Criterion:
    none = _no_round("pain", _("Pain"), _("none, answered after every set"))
    # Of a set done in two tries one answer is enough.
    answers: dict[tuple[str, int | None], list[bool | None]] = {}
    for one in rounds:
        for past in one.sets:
            answers.setdefault((one.circuit.id, past.position), []).append(past.pain)
    if not answers:
        return none
    hurt = sum(True in given for given in answers.values())
    if hurt or any(one.hurt for one in rounds):
        sets = many(max(hurt, 1), "set")
        value, why = _("in {sets}").format(sets=sets), _("It hurt in {sets}.").format(sets=sets)
        return replace(none, verdict="not met", value=value, sentence=why)
    if silent := sum(False not in given for given in answers.values()):
        why = _("Pain was not answered in {sets}.").format(sets=many(silent, "set"))
        return replace(none, value=_("not answered in {n}").format(n=silent), sentence=why)
    return replace(none, verdict="met", value=_("none"))
