"""The one thing to work on next: the right one, and in words that claim no more than was seen."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from reported import a_set, fault, rep, unseen

from formcheck.engine import findings
from formcheck.engine.adherence import adherence
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.reporting.advice import Advice, next_step

SQUAT = EXERCISES["squat"]
# Nothing about muscles, causes, injuries or worth.
CLAIMS = r"glute|muscle|weak|asleep|firing|activat|injur|risk|good|bad|perfect|correct|wrong|score"


def advised(report: SetReport, **asked: int) -> Advice:
    advice = next_step(report, EXERCISES[report.exercise], Prescription(**asked))
    assert not re.search(CLAIMS, f"{advice.sentence} {advice.why}", re.IGNORECASE)
    return advice


def reps_with(*faults, clean: int = 0):
    """Three reps that have all of these faults, and some without any."""
    return [rep(i + 1, *faults) for i in range(3)] + [rep(i + 4) for i in range(clean)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (fault("knee_valgus"), fault("shallow_depth")),
        (fault("knee_valgus"), fault("trunk_lean")),
        (fault("trunk_lean"), fault("shallow_depth")),
        (fault("shallow_depth"), fault("too_fast")),
        (fault("too_fast"), fault("knee_valgus", "mild")),
        (fault("knee_valgus", "mild"), fault("shallow_depth", "mild")),
    ],
    ids=lambda f: f"{f.severity}-{f.id}",
)
def test_the_more_important_fault_comes_first(first, second) -> None:
    for faults in ((first, second), (second, first)):
        advice = advised(a_set(reps_with(*faults)))
        assert advice.fault_id == first.id
        assert advice.sentence == first.cue
        assert advice.rep_indices == (1, 2, 3)


def test_losing_balance_comes_before_knees() -> None:
    valgus, down = (
        fault(name, exercise="ball_single_leg_squat") for name in ("knee_valgus", "foot_down")
    )
    advice = advised(a_set(reps_with(valgus, down), exercise="ball_single_leg_squat"))
    assert advice.fault_id == "foot_down"


@pytest.mark.parametrize(
    ("with_fault", "reps", "habit"),
    [(2, 10, False), (3, 10, True), (3, 20, True), (2, 5, True), (1, 1, False), (1, 3, False)],
)
def test_a_slip_is_not_a_habit(with_fault: int, reps: int, habit: bool) -> None:
    done = [rep(i + 1, *([fault("knee_valgus")] if i < with_fault else [])) for i in range(reps)]
    assert (advised(a_set(done)).fault_id == "knee_valgus") == habit


def test_a_set_with_clear_faults_is_not_told_to_go_on_like_this() -> None:
    slips = {2: "knee_valgus", 5: "trunk_lean", 8: "hip_shift"}
    done = [rep(i, *([fault(slips[i])] if i in slips else [])) for i in range(1, 11)]
    advice = advised(a_set(done), reps=12)
    assert "Keep moving" not in advice.sentence and advice.fault_id is None
    assert advice.sentence == "Watch this in your next reps: knee falls inward."
    assert advice.why == "Seen in rep 2, clear. Clean reps: 7 of 10."
    # One reading at the limit is nothing to turn the headline over.
    for slight, of, told in ((1, 10, False), (1, 5, False), (1, 3, False), (2, 4, True)):
        done = [
            rep(i + 1, *([fault("trunk_lean", "mild", value=51.5)] if i < slight else []))
            for i in range(of)
        ]
        said = advised(a_set(done)).sentence
        assert said == (
            "Watch this in your next reps: trunk leans forward."
            if told
            else "Keep moving like this."
        )


@pytest.mark.parametrize(("value", "habit"), [(0.097, False), (0.12, True)])
def test_readings_at_the_limit_are_no_habit(value: float, habit: bool) -> None:
    done = [rep(i, fault("knee_valgus", "mild", value=value)) for i in (1, 2, 3)]
    assert (advised(a_set(done)).fault_id == "knee_valgus") == habit


def test_it_says_how_often_and_where_it_was_worst() -> None:
    small, big = (fault("knee_valgus", side="right", value=v) for v in (0.09, 0.13))
    mild = fault("knee_valgus", "mild", side="left", value=0.05)
    advice = advised(a_set([rep(1, small), rep(2, big), rep(3, mild), rep(4)]))
    assert advice.why == (
        "Knee falls inward in 3 of 4 reps, clear in 2; most on the right in rep 2: about 5 cm."
    )
    assert advice.rep_indices == (1, 2, 3)


def test_the_worst_of_too_little_is_the_least() -> None:
    done = [rep(i, fault("hold_short", value=v)) for i, v in ((1, 6.0), (2, 4.0), (3, 5.0))]
    assert "shortest in rep 2: 4.0 s" in advised(a_set(done)).why


def test_the_worst_is_what_was_called_so_not_what_reads_most() -> None:
    # A reading of more degrees that is less sure is only called mild.
    sure, unsure = fault("knee_valgus", value=0.2), fault("knee_valgus", "mild", value=0.3)
    assert "most in rep 2: about 8 cm" in advised(a_set([rep(1, unsure), rep(2, sure)])).why


def test_half_reps_are_told_before_tempo_but_after_knees() -> None:
    short = [rep(i, rom_deg=40, why="It went 40% of the way.") for i in (1, 2, 3)]
    advice = advised(a_set(reps_with(fault("too_fast")), short))
    assert "whole way" in advice.sentence and "3 of 6 attempts" in advice.why
    assert advised(a_set(reps_with(fault("knee_valgus")), short)).fault_id == "knee_valgus"
    only = advised(a_set([], short))
    assert "whole way" in only.sentence and "3 of 3 attempts" in only.why


def test_the_side_with_fewer_reps_is_next() -> None:
    done = [rep(i, side="left") for i in (1, 2, 3, 4)] + [rep(5, side="right")]
    advice = advised(a_set(done, exercise="clamshell"))
    assert "right side: 3 more reps" in advice.sentence
    assert "4 left, 1 right" in advice.why
    alone = advised(a_set([rep(1, side="right")], exercise="clamshell"))
    assert "left side: 1 more rep " in alone.sentence


def test_the_camera_is_turned_for_the_most_important_unseen_fault() -> None:
    hidden = unseen("squat", "knee_valgus", "hip_shift", "heel_lift")
    advice = advised(a_set([rep(1, missing=hidden), rep(2, missing=hidden)]))
    assert advice.sentence == "Face the camera."
    assert "Not assessed in this set: knee falls inward." in advice.why
    assert advice.fault_id == "knee_valgus" and advice.rep_indices is None


def test_nobody_is_sent_round_for_what_no_camera_shows() -> None:
    # Of the single-leg deadlift the most important fault shows from nowhere.
    hidden = unseen("single_leg_deadlift", "pelvic_rotation")
    done = [rep(1, side="left", missing=hidden), rep(2, side="right", missing=hidden)]
    advice = advised(a_set(done, exercise="single_leg_deadlift"))
    assert "Keep moving like this" in advice.sentence


def test_what_was_looked_for_is_named_and_nothing_else() -> None:
    hidden = unseen("squat", "shallow_depth", "trunk_lean", "heel_lift")
    advice = advised(a_set([rep(1, missing=hidden), rep(2, missing=hidden)]))
    assert (
        "All 2 reps checked, none with: knee falls inward or hips shift to one side." in advice.why
    )
    assert "deep" not in advice.why and "heel" not in advice.why


def test_what_is_left_of_the_prescription_is_next() -> None:
    done = a_set([rep(i) for i in (1, 2, 3)])
    assert advised(done, reps=5).sentence == "Keep moving like this and add 2 reps."
    assert advised(done, reps=3).sentence == "Keep moving like this."


def test_without_a_rep_it_says_what_to_set_up() -> None:
    nobody = a_set([], frames=0)
    assert "whole body in the picture" in advised(nobody).sentence
    assert SQUAT.setup in advised(a_set([])).sentence


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_every_rule_gives_advice_in_plain_words(exercise) -> None:
    for rule in exercise.faults:
        done = a_set(
            [rep(i, fault(rule.id, exercise=exercise.id)) for i in (1, 2, 3)], exercise=exercise.id
        )
        assert advised(done).sentence == rule.cue
        missing = unseen(exercise.id, rule.id)
        said = advised(a_set([rep(1, missing=missing)], exercise=exercise.id))
        assert said.sentence.endswith(".") and said.why.endswith(".")


def test_knee_and_pelvis_come_before_range_before_tempo_before_what_is_mild():
    order = [
        ("foot_down", "ball_single_leg_squat", "marked"),
        ("knee_valgus", "squat", "marked"),
        ("trunk_lean", "squat", "marked"),
        ("shallow_depth", "squat", "marked"),
        ("too_fast", "squat", "marked"),
        ("knee_valgus", "squat", "mild"),
        ("shallow_depth", "squat", "mild"),
    ]
    ranks = [findings.importance(fault, EXERCISES[e], severity) for fault, e, severity in order]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(("both_sides", "said"), [(True, "Now the right side: 2"), (False, "Keep")])
def test_the_other_side_is_asked_for_only_where_both_are_to_work(
    both_sides: bool, said: str
) -> None:
    reps = [rep(1, side="left"), rep(2, side="left")]
    report = a_set(reps, exercise="clamshell")
    asked, exercise = Prescription(reps=2), EXERCISES["clamshell"]
    kept = adherence(reps, asked, exercise, both_sides).parts
    assert advised(replace(report, adherence=kept), reps=2).sentence.startswith(said)
