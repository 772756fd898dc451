"""When the next phase is suggested, and what is said when it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reported import fault, unseen
from trained import MONDAY, a_round, as_asked

from formcheck.engine.report import Rep
from formcheck.training.programmes.plan import PlannedSet
from formcheck.training.programmes.programme import PAIN
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.progression import (
    Criterion,
    Progression,
    circuits_of_phase,
    progress_towards,
)
from formcheck.training.records import Circuit, Enrolment, PastSet

PROGRAMME = PROGRAMMES["glutes_3phase"]
#: Two rounds on the first day, one on the second.
ENOUGH = (0, 9, 24)
Reps = Callable[[PlannedSet], Sequence[Rep]]


def rounds(
    hours: Sequence[int] = ENOUGH, phase: int = 0, **how: object
) -> tuple[list[Circuit], list[PastSet]]:
    circuits, sets = [], []
    for hour in hours:
        circuit, own = a_round(PROGRAMME, phase, MONDAY + timedelta(hours=hour), **how)  # type: ignore[arg-type]
        circuits.append(circuit)
        sets += own
    return circuits, sets


def found(*parts: tuple[list[Circuit], list[PastSet]], phase: int = 0) -> Progression:
    circuits = [circuit for part in parts for circuit in part[0]]
    return progress_towards(PROGRAMME, phase, circuits, [one for part in parts for one in part[1]])


def named(progression: Progression) -> dict[str, Criterion]:
    return {one.id: one for one in progression.criteria}


def only(exercise: str, change: Callable[[Sequence[Rep]], Sequence[Rep]]) -> Reps:
    """Reps as asked, those of one exercise changed."""

    def reps(planned: PlannedSet) -> Sequence[Rep]:
        done = as_asked(planned)
        return change(done) if planned.exercise == exercise else done

    return reps


def every(number: int, **values: object) -> Callable[[Sequence[Rep]], Sequence[Rep]]:
    """Change the first so many reps."""
    return lambda reps: [
        replace(r, **values) if i < number else r  # type: ignore[arg-type]
        for i, r in enumerate(reps)
    ]


def test_three_rounds_on_two_days_that_meet_everything_suggest_the_next_phase() -> None:
    progression = found(rounds())
    assert progression.ready and progression.next_phase == 1
    assert [one.verdict for one in progression.criteria] == ["met"] * 8
    assert "You can try Strength when you feel ready; you decide." in (progression.sentences[0])
    assert any("comfortable" in line for line in progression.sentences)
    assert len(progression.sessions) == 3 and len(progression.days) == 2


@pytest.mark.parametrize(
    ("hours", "value"),
    [((), "0 rounds on 0 days"), ((0, 24), "2 rounds on 2 days"), ((0, 4, 9), "3 rounds on 1 day")],
)
def test_too_few_rounds_or_all_on_one_day_are_not_enough(
    hours: tuple[int, ...], value: str
) -> None:
    progression = found(rounds(hours))
    assert not progression.ready
    assert (named(progression)["sessions"].verdict, named(progression)["sessions"].value) == (
        "not met",
        value,
    )


def test_the_latest_rounds_count_not_those_of_before() -> None:
    bad = rounds((0, 9, 24), effort=9)
    assert found(bad, rounds((48, 57, 72))).ready
    assert not found(rounds((0, 9, 24)), rounds((48,), effort=9)).ready
    # With three on the last day, the one of the day before is looked at, too.
    assert len(found(rounds((0, 24, 30, 34))).sessions) == 4


def test_unfinished_rounds_are_left_out_and_it_is_said() -> None:
    stopped = rounds((30,), end_reason="stopped", only=1)
    assert found(rounds(), stopped).ready
    # Skipped over, a set is missing, however the round ended.
    for last in (stopped, rounds((24,), only=2)):
        few = named(found(rounds((0, 9)), last))
        assert "1 unfinished round not counted." in few["sessions"].sentence


@pytest.mark.parametrize(
    ("name", "reps", "value"),
    [
        ("reps", only("glute_bridge", lambda r: r[:8]), "80% in Glute bridge"),
        ("reps", only("clamshell", lambda r: r[:17]), "85% in Clamshell"),
        ("hold", only("clamshell", every(3, hold_clean_s=8.5)), "85% in Clamshell"),
        ("hold", only("single_leg_abc", every(1, hold_s=30.0)), "73% in Single-leg ABCs"),
        ("tempo", only("glute_bridge", every(5, eccentric_s=1.0)), "75% in Glute bridge"),
        (
            "faults",
            only("clamshell", every(3, faults=(fault("feet_apart", exercise="clamshell"),))),
            "85% in Clamshell",
        ),
        (
            "sides",
            only(
                "clamshell",
                lambda reps: [
                    replace(r, rom_deg=80.0 if r.side == "right" else 100.0) for r in reps
                ],
            ),
            "20% apart in Clamshell, less on the right",
        ),
    ],
)
def test_each_condition_by_itself_holds_it_back(name: str, reps: Reps, value: str) -> None:
    # In one of the three rounds is enough.
    progression = found(rounds((0, 9)), rounds((24,), reps=reps))
    if name == "sides":  # these are of all rounds together
        progression = found(rounds(reps=reps))
    criterion = named(progression)[name]
    assert (criterion.verdict, criterion.value) == ("not met", value)
    assert criterion.sentence in progression.sentences
    others = {one.verdict for one in progression.criteria if one.id != name}
    assert others == {"met"} and not progression.ready


@pytest.mark.parametrize(
    "reps",
    [
        only("clamshell", lambda r: r[:9] + r[10:19]),  # 9 and 9
        only("clamshell", every(2, hold_clean_s=8.5)),
        only("glute_bridge", every(2, eccentric_s=1.0, concentric_s=1.0)),
        only("clamshell", every(2, faults=(fault("feet_apart", exercise="clamshell"),))),
        only("clamshell", every(9, faults=(fault("feet_apart", "mild", exercise="clamshell"),))),
        only("clamshell", every(9, faults=(fault("too_fast"),))),
        only(
            "clamshell",
            lambda reps: [replace(r, rom_deg=86.0 if r.side == "left" else 100.0) for r in reps],
        ),
    ],
)
def test_what_just_meets_it_is_enough(reps: Reps) -> None:
    assert found(rounds(reps=reps)).ready


@pytest.mark.parametrize(
    ("how", "name", "words"),
    [
        ({"effort": None}, "effort", "not answered in 3 rounds"),
        ({"pain": None}, "pain", "Pain was not answered in 9 sets."),
    ],
)
def test_what_was_not_answered_is_unknown_and_not_met(
    how: dict[str, object], name: str, words: str
) -> None:
    progression = found(rounds(**how))  # type: ignore[arg-type]
    assert not progression.ready and named(progression)[name].verdict == "unknown"
    assert any(words in line for line in progression.sentences)


def test_effort_above_four_holds_it_back() -> None:
    assert found(rounds(effort=4)).ready
    progression = found(rounds((0, 9)), rounds((24,), effort=5))
    assert named(progression)["effort"].verdict == "not met"


HIDDEN = only("clamshell", every(99, not_assessed=unseen("clamshell", "pelvic_rotation")))


def test_a_fault_that_was_not_assessed_is_unknown_and_says_what_to_do() -> None:
    progression = found(rounds(reps=HIDDEN))
    criterion = named(progression)["faults"]
    assert criterion.verdict == "unknown" and not progression.ready
    assert "not assessed in these rounds: hips roll" in criterion.sentence
    assert "camera" in criterion.sentence and "camera" in " ".join(progression.sentences)
    # Filmed in one of the rounds as it should be, it is known.
    assert found(rounds((0, 9), reps=HIDDEN), rounds((24,))).ready


def test_faults_that_no_camera_shows_do_not_hold_it_back() -> None:
    exercise = "single_leg_hip_thrust"
    blind = only(exercise, every(99, not_assessed=unseen(exercise, "pelvic_drop")))
    assert found(rounds(phase=2, reps=blind), phase=2).finished


@pytest.mark.parametrize("phase", [0, 1])
def test_pain_in_the_latest_round_never_suggests_the_next_phase(phase: int) -> None:
    progression = found(
        rounds(phase=phase), rounds((48,), phase=phase, pain=True, only=1), phase=phase
    )
    assert progression.pain and not progression.ready
    text = " ".join(progression.sentences)
    assert PAIN in text and "Stay in this phase" in text and "physiotherapist" in text
    assert ("go back" in text) == (phase > 0)
    assert "You can try" not in text


def test_pain_before_the_latest_round_holds_it_back_until_it_is_past() -> None:
    hurt = rounds((9,), pain=True)
    progression = found(rounds((0,)), hurt, rounds((24,)))
    assert not progression.ready and not progression.pain
    assert named(progression)["pain"].verdict == "not met"
    assert found(rounds((0,)), hurt, rounds((24, 33, 48))).ready
    # Also when the round was broken off for it.
    stopped = rounds((10,), pain=None, end_reason="pain", only=1)
    assert named(found(rounds((0, 9)), stopped, rounds((24,))))["pain"].verdict == "not met"


def test_after_the_last_phase_there_is_no_next_one() -> None:
    progression = found(rounds(phase=2), phase=2)
    assert progression.finished and not progression.ready and progression.next_phase is None
    text = " ".join(progression.sentences)
    assert "this is the last phase" in text
    assert PROGRAMME.phases[2].move_on.rstrip(".") in text


def test_a_set_done_in_two_tries_is_one() -> None:
    circuits, sets = rounds()
    whole = next(one for one in sets if one.exercise == "glute_bridge")
    halves = [
        replace(whole, id="a", reps=whole.reps[:4], state="broken_off", end_reason="", pain=None),
        replace(whole, id="b", reps=whole.reps[4:]),
    ]
    assert found((circuits, [*(one for one in sets if one is not whole), *halves])).ready


def test_two_sets_of_an_exercise_are_two() -> None:
    programme = PROGRAMMES["pt_long_glute_med"]
    circuit, sets = a_round(programme, 0, MONDAY)
    assert [one.exercise for one in sets[:2]] == ["side_leg_lift"] * 2
    assert progress_towards(programme, 0, [circuit], sets).sessions == (circuit.id,)
    assert progress_towards(programme, 0, [circuit], [sets[0], *sets[2:]]).sessions == ()


def test_rounds_of_other_phases_say_nothing() -> None:
    assert named(found(rounds(phase=1)))["sessions"].value == "0 rounds on 0 days"


def test_who_goes_back_to_a_phase_begins_it_anew() -> None:
    circuits, _ = rounds()
    begun = min(circuit.begun for circuit in circuits)
    enrolment = Enrolment(circuits[0].enrolment_id, "p", PROGRAMME.to_dict(), 0, begun, begun)
    assert circuits_of_phase(enrolment, circuits) == list(circuits)
    latest = max(circuit.begun for circuit in circuits)
    back = replace(enrolment, phase_since=latest)
    assert [circuit.begun for circuit in circuits_of_phase(back, circuits)] == [latest]
    assert circuits_of_phase(replace(enrolment, phase=1), circuits) == []
    assert circuits_of_phase(replace(enrolment, id="another"), circuits) == []


@settings(max_examples=40)
@given(st.data())
def test_whatever_was_done_it_is_ready_only_without_pain_and_with_all_met(
    data: st.DataObject,
) -> None:
    parts = []
    for hour in sorted(data.draw(st.sets(st.integers(0, 60), max_size=5))):
        how = {
            "pain": data.draw(st.sampled_from([False, False, False, None, True])),
            "effort": data.draw(st.sampled_from([2, 2, 4, None, 6])),
            "end_reason": data.draw(st.sampled_from(["done", "done", "stopped", "pain"])),
            "only": data.draw(st.sampled_from([None, None, 1])),
            "reps": only("clamshell", every(data.draw(st.integers(0, 3)), hold_clean_s=1.0)),
        }
        parts.append(rounds((hour,), **how))  # type: ignore[arg-type]
    progression = found(*parts)
    assert progression.sentences
    if progression.ready:
        assert {one.verdict for one in progression.criteria} == {"met"} and not progression.pain
        last = parts[-1][1]
        assert not any(one.pain for one in last)
    else:
        assert not any("You can try" in line for line in progression.sentences)
