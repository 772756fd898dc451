"""A circuit that is paused, skipped, ended, or hurts: by buttons and by a raised arm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from circuits import (
    BRIDGE,
    CLAMSHELL,
    HELP,
    QUESTION,
    SIGNED,
    SQUAT,
    STARTS,
    Round,
    arm_up,
    counted,
    reps,
    whole,
)
from coached import FPS, REP, film

from formcheck.engine.exercise import Prescription
from formcheck.live.circuit.circuit_events import (
    CircuitEnded,
    PainAnswered,
    RepDone,
    SetBegun,
    SetEnded,
    SetSkipped,
)
from formcheck.live.circuit.course import Course
from formcheck.training.programmes.plan import PlannedSet

# Fixtures that are used here.
__all__ = ["whole"]

# -------------------------------------------------------------------- buttons


def test_a_pause_in_a_set_loses_nothing_and_counts_on() -> None:
    four = replace(SQUAT, position=0, prescription=Prescription(reps=4))
    played = Round(four, films=[reps("squat", 4)]).to_rep(2).run(2.0)
    began = played.now_s
    played.do("pause").run(30.0)
    assert played.texts(began) == ["Paused."]
    assert (played.stage, played.circuit["stage"]) == ("paused", "paused")
    assert played.player.running is not None
    resumed = played.now_s
    played.do("resume", then=reps("squat", 2)).to_end()
    assert played.texts(resumed) == [
        "Resuming.",
        *STARTS,
        "Three.",
        "Last one.",
        "Four.",
        "That's the set. Well done.",
        QUESTION,
        "That's the round: one exercise, four reps. Well done.",
    ]
    # One set and one report of it, in which the pause is no time.
    assert counted(played) == [4]
    (ended,) = played.of(SetEnded)
    report = ended.coached.coach.finish()
    assert [rep.index for rep in report.reps] == [1, 2, 3, 4]
    assert all(rep.end_s - rep.start_s < 5.0 for rep in report.reps)
    assert report.source.duration_s < 45.0
    assert ended.coached.coach.duration_s == pytest.approx(4 * 4.3 + 2.0, abs=4.0)
    assert ended.coached.finish(source_name="", when=None).trace is not None


def test_after_a_pause_too_whoever_begins_on_one_has_begun() -> None:
    """The set has to have seen where the person rests now."""
    played = Round(replace(SQUAT, position=0), films=[reps("squat")]).to_rep(1).run(1.0)
    played.do("pause").run(2.0).do("resume", then=film("squat", [REP], lead_s=4.3)).to_end()
    assert counted(played) == [2]


def test_a_rep_that_a_pause_broke_off_is_no_rep() -> None:
    two = replace(SQUAT, position=0)
    played = Round(two, films=[reps("squat")]).to_rep(1).run(2.2)
    assert played.player.snapshot_dict()["phase"] != "rest"
    played.do("pause").run(3.0).do("resume", then=reps("squat", 1)).to_end()
    assert counted(played) == [2]
    assert played.texts().count("Two.") == 3  # twice in a countdown


def test_a_pause_in_the_rest_stops_its_clock() -> None:
    films = (reps("glute_bridge", 1), reps("squat"))
    sets = (replace(BRIDGE, position=0), SQUAT)
    played = Round(*sets, films=films).to_rep(1).to("break").run(5.0)
    left = played.circuit["break_left_s"]
    began = played.now_s
    # In the middle of a sentence, which is said again.
    assert played.said[-1].text == "Rest for twenty seconds."
    played.do("pause").run(60.0)
    assert played.texts(began) == ["Paused."]
    assert played.circuit["break_left_s"] == left
    resumed = played.now_s
    played.do("resume").to("setup")
    assert played.texts(resumed)[:3] == ["Resuming.", "Rest for twenty seconds.", "Next: squat."]
    assert played.at("Rest over: squat.") - resumed == pytest.approx(left, abs=0.2)


def test_skip_ends_the_rest() -> None:
    films = (reps("glute_bridge", 1), reps("squat"))
    played = Round(replace(BRIDGE, position=0), SQUAT, films=films).to_rep(1).to("break").run(3.0)
    began = played.now_s
    played.do("skip").to("setup")
    assert played.texts(began) == ["Now: squat."]
    assert played.now_s - began < 3.0
    assert not played.of(SetSkipped)


def test_skip_leaves_the_exercise_and_keeps_what_was_done() -> None:
    squats = [replace(SQUAT, position=i, set_number=i + 1, of_sets=2) for i in (0, 1)]
    films = (reps("squat"), reps("squat"), reps("glute_bridge", 1))
    played = Round(*squats, BRIDGE, films=films).to_rep(1).do("skip")
    assert counted(played) == [1]
    # The other set of the same exercise is left out with it.
    assert played.of(SetSkipped) == [SetSkipped(1)]
    assert played.states() == ["stopped", "skipped", "todo"]
    assert played.circuit["next"]["name"] == "Glute bridge"
    played.to_end()
    assert counted(played) == [1, 1]
    assert "That's the round: two exercises, two reps. Well done." in played.texts()


def test_skip_leaves_out_the_sets_that_come_next_and_pain_all_that_come() -> None:
    course = Course([replace(SQUAT, position=0), SQUAT, BRIDGE, replace(SQUAT, position=3)])
    course.states[0] = "now"
    assert course.leave_out("squat", also_later=False) == (1,)
    assert course.leave_out("squat", also_later=True) == (3,)
    assert course.states == ["now", "skipped", "todo", "skipped"]


def test_an_exercise_skipped_in_its_set_up_is_left_out() -> None:
    played = Round(replace(BRIDGE, position=0), SQUAT, films=[()]).to("setup").run(3.0).do("skip")
    assert played.of(SetEnded, SetSkipped)[1:] == [SetSkipped(0)]
    assert not played.pain["ask"]
    played.do("skip").to("setup").do("skip").run(5.0)
    assert played.states() == ["skipped", "skipped"]
    assert played.texts()[-1] == ("That's the round: nothing done. Skipped: glute bridge, squat.")


def test_end_ends_the_set_and_the_next_one_comes() -> None:
    squats = [replace(SQUAT, position=i, set_number=i + 1, of_sets=2) for i in (0, 1)]
    films = (reps("squat"), reps("squat"))
    played = Round(*squats, films=films).to_rep(1).do("end").run(4.0)
    assert "The set is over: one rep." in played.texts()
    assert played.states() == ["stopped", "todo"]
    assert [e.end_reason for e in played.of(SetEnded)] == ["button"]
    assert counted(played.to_end()) == [1, 2]


def test_a_set_ended_on_its_last_word_is_done() -> None:
    played = Round(replace(SQUAT, position=0), BRIDGE, films=[reps("squat")]).to_rep(2).do("end")
    assert played.states() == ["done", "todo"]
    assert [e.end_reason for e in played.of(SetEnded)] == ["target"]


def test_fewer_reps_on_one_side_are_told() -> None:
    played = Round(CLAMSHELL, films=[reps("clamshell")]).to_rep(3).do("end").run(4.0)
    assert "The set is over: two on the left, one on the right." in played.texts()


def test_stop_ends_the_round_and_keeps_the_running_set() -> None:
    films = (reps("squat"),)
    played = Round(replace(SQUAT, position=0), BRIDGE, films=films).to_rep(1).do("stop")
    assert played.of(CircuitEnded) == [CircuitEnded("stopped")]
    assert counted(played) == [1]
    assert (played.stage, played.player.running) == ("over", None)
    played.run(60.0)
    assert not played.of(SetBegun)[1:]
    assert played.texts()[-2:] == [
        "The set is over: one rep.",
        "That's the round: one exercise, one rep. Skipped: glute bridge. Well done.",
    ]


def test_a_set_can_be_begun_and_ended_by_hand() -> None:
    played = Round(replace(SQUAT, position=0), films=[reps("squat")]).do("start").to("setup")
    assert "Now: squat." in played.texts()
    played.do("start")
    assert played.stage == "set"


def test_buttons_that_mean_nothing_now_do_nothing(whole: Round) -> None:
    events = len(whole.events)
    for command in ("start", "end", "pause", "resume", "skip", "stop", "dance", ""):
        whole.do(command)
        assert whole.stage == "over"
    assert len(whole.events) == events
    fresh = Round(SQUAT)
    for command in ("resume", "end", "no_pain", "nonsense"):
        fresh.do(command)
    assert fresh.stage == "break"
    assert not fresh.events


# ----------------------------------------------------------------------- pain


def test_pain_in_a_set_ends_it_and_nothing_goes_on_by_itself() -> None:
    films = (reps("squat"), (), reps("glute_bridge", 1))
    sets = (replace(SQUAT, position=0), replace(SQUAT, position=1), BRIDGE)
    played = Round(*sets, films=films, pain="It must not hurt.").to_rep(1).run(0.5)
    began = played.now_s
    played.do("pain")
    assert [e.end_reason for e in played.of(SetEnded)] == ["pain"]
    assert played.of(PainAnswered) == [PainAnswered(0, True)]
    assert counted(played) == [1]
    played.run(120.0)
    assert played.texts(began) == ["It must not hurt.", HELP]
    assert played.said[-2].interrupt
    assert (played.stage, played.pain["ask"]) == ("pain", False)
    assert played.circuit["next"]["name"] == "Glute bridge"
    # No exercise that hurt comes again in this round.
    played.do("skip").to_end()
    assert played.of(SetSkipped) == [SetSkipped(1)]
    assert played.states() == ["stopped", "skipped", "done"]
    assert played.of(CircuitEnded) == [CircuitEnded("done")]


@pytest.mark.parametrize("exercise", ["squat", "clamshell", "glute_bridge"])
def test_a_raised_arm_pauses_again_ends_and_once_more_says_that_it_hurts(exercise: str) -> None:
    first = PlannedSet(0, exercise, Prescription(reps=5), both_sides=False)
    played = Round(first, SQUAT, films=[reps(exercise)]).to_rep(1).run(1.0)
    played.show(arm_up(exercise, 1.2))
    assert played.stage == "set"  # that was a wave
    played.show(arm_up(exercise, both=True))
    assert played.stage == "set"
    played.show(arm_up(exercise))
    assert (played.stage, played.texts()[-1]) == ("paused", SIGNED)
    # It waits, with somebody lying or standing there.
    played.show([reps(exercise)[0]] * (20 * FPS))
    assert played.stage == "paused"
    played.show(arm_up(exercise)).show([reps(exercise)[0]] * (9 * FPS))
    assert played.of(CircuitEnded) == [CircuitEnded("stopped")]
    assert QUESTION in played.texts() and played.pain["ask"]
    played.show(arm_up(exercise)).do("where:left knee").do("level:6").do("level:99")
    assert played.of(PainAnswered)[-1] == PainAnswered(0, True, "left knee", 6)
    assert played.pain["hurts"] and not played.pain["ask"]


@pytest.mark.parametrize("exercise", ["squat", "clamshell", "glute_bridge"])
def test_after_a_raised_arm_the_next_rep_goes_on_and_counts(exercise: str) -> None:
    first = PlannedSet(0, exercise, Prescription(reps=5), both_sides=False)
    played = Round(first, films=[reps(exercise)], alone=True).to_rep(1).run(1.0)
    played.show(arm_up(exercise))
    assert played.stage == "paused"
    played.show(film(exercise, [REP] * 2, lead_s=1.0))
    assert played.stage == "set"
    assert len(played.of(RepDone)) == 3
    assert played.player.coach is not None
    assert played.player.coach.duration_s < 25


def test_an_arm_that_is_up_from_the_beginning_belongs_to_the_exercise() -> None:
    up = arm_up("squat")[FPS : 2 * FPS]
    played = Round(SQUAT, alone=True).show(up * 6)
    assert played.stage in ("countdown", "set")


def test_pain_and_stop_ends_the_round_because_of_it() -> None:
    played = Round(replace(SQUAT, position=0), BRIDGE, films=[reps("squat")]).to_rep(1)
    played.do("pain").run(3.0).do("stop")
    assert played.of(CircuitEnded) == [CircuitEnded("pain")]
    assert played.circuit["end_reason"] == "pain"


def test_the_question_is_answered_in_the_rest() -> None:
    films = (reps("squat"), reps("squat"))
    sets = (replace(SQUAT, position=0), SQUAT)
    played = Round(*sets, films=films, pain="It must not hurt.").to_rep(2).to("break")
    assert played.pain["ask"]
    played.run(3.0).do("no_pain")
    assert played.of(PainAnswered) == [PainAnswered(0, False)]
    assert not played.pain["ask"]
    # On second thoughts.
    began = played.now_s
    played.do("pain").run(40.0)
    assert played.of(PainAnswered)[1:] == [PainAnswered(0, True)]
    assert played.texts(began) == ["It must not hurt.", HELP]
    assert played.said[-2].interrupt
    played.do("skip").run(1.0)
    assert played.states() == ["done", "skipped"]
    assert played.of(CircuitEnded) == [CircuitEnded("done")]


def test_an_answer_before_the_question_spares_it() -> None:
    sets = (replace(BRIDGE, position=0), SQUAT)
    played = Round(*sets, films=[reps("glute_bridge", 1)]).to_rep(1).to("break")
    played.do("no_pain").to("setup")
    assert QUESTION not in played.texts()


def test_a_question_that_is_not_answered_stays_so(whole: Round) -> None:
    asked = [s["pain"]["ask"] for s in whole.shown if s["stage"] in ("setup", "set")]
    assert not any(asked)
    assert not [e for e in whole.events if isinstance(e, PainAnswered)]


def test_after_the_last_set_it_can_still_be_answered() -> None:
    played = Round(BRIDGE, films=[reps("glute_bridge", 1)], pain="Enough.").to("over").run(1.0)
    assert played.pain["ask"]
    played.do("pain").run(10.0)
    assert played.of(PainAnswered) == [PainAnswered(2, True)]
    assert played.stage == "over"
    assert "Enough." in played.texts()
