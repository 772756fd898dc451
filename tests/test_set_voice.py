"""What is said in a set: numbers, cues, praise, sides and holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from spoken import STEP_S, Set, fault, hold, rep, snapshot

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription
from formcheck.live.coach.letter_voice import LetterVoice
from formcheck.live.coach.set_voice import COOL_DOWN_S
from formcheck.live.coach.voice import Manner, Rank, Voice

# -------------------------------------------------------------------- the set


def test_reps_are_counted_aloud_and_the_last_but_one_announces_the_last():
    played = Set(prescription=Prescription(reps=4))
    for _ in range(4):
        played.rep()
    assert played.texts("count") == ["One.", "Two.", "Three.", "Four."]
    at = played.texts().index("Last one.")
    assert played.texts()[at - 1] == "Three."


def test_of_several_faults_the_most_important_is_spoken_of_after_the_number():
    played = Set()
    played.rep(fault("hip_shift", "mild"), fault("knee_valgus", "marked"), fault("shallow_depth"))
    assert played.texts() == ["One.", "Push your knees out over your toes."]


def test_the_same_cue_comes_at_most_every_second_rep_and_another_one_in_between():
    played = Set()
    for _ in range(4):
        played.rep(fault("knee_valgus", "marked"), fault("shallow_depth", "mild"), seconds=6)
    assert [t.split()[0] for t in played.texts("fault")] == ["Push", "If", "Push", "If"]


def test_the_same_cue_is_not_repeated_within_seconds_however_short_the_reps():
    played = Set()
    for _ in range(9):
        played.rep(fault("knee_valgus", "marked"), seconds=0.8, pause_s=0.6)
    times = [u.time_s for u in played.said if u.kind == "fault"]
    assert len(times) >= 2
    assert min(b - a for a, b in pairwise(times)) >= COOL_DOWN_S


def test_a_corrected_fault_is_praised_once():
    played = Set()
    played.rep(fault("knee_valgus", "marked"))
    played.rep()
    played.rep()
    assert played.texts("praise") == ["Better."]
    assert played.texts().index("Better.") == played.texts().index("Two.") + 1


def test_no_praise_for_what_could_not_be_judged_or_on_the_other_leg():
    played = Set()
    played.rep(fault("knee_valgus", "marked"))
    played.rep(not_assessed=["knee_valgus"])
    assert played.texts("praise") == []
    legs = Set("side_leg_lift", Prescription(reps=5))
    legs.rep(fault("knee_bend", "marked", "side_leg_lift"), side="left")
    legs.rep(side="right")
    assert legs.texts("praise") == []


def test_no_praise_for_a_fault_that_was_not_spoken_of():
    played = Set()
    played.rep(fault("knee_valgus", "marked"), fault("hip_shift", "mild"))
    played.rep(fault("knee_valgus", "marked"))
    assert played.texts("praise") == []


def test_praise_comes_before_the_cue_for_something_else():
    played = Set()
    played.rep(fault("knee_valgus", "marked"))
    played.rep(fault("shallow_depth", "marked"))
    assert played.texts()[-3:] == [
        "Two.",
        "Better.",
        "If it does not hurt, sit lower, until your thighs are level.",
    ]


def test_a_cue_is_shortened_where_reps_are_quick():
    cue = "Chest up, and look ahead."
    long = replace(fault("trunk_lean", "marked"), cue=cue)
    played = Set()
    played.rep(long, seconds=1.0)
    assert played.texts("fault") == ["Chest up."]
    played = Set()
    played.rep(long, seconds=6.0, pause_s=5.0)
    assert played.texts("fault") == [cue]


@pytest.mark.parametrize("seconds", [0.8, 2.0, 6.0])
def test_unless_it_hurts_is_said_however_quick_the_reps_are(seconds):
    """And first: a number that cuts in does not leave the rest without it."""
    for exercise in ("squat", "single_leg_squat"):
        played = Set(exercise, both_sides=False)
        played.rep(fault("shallow_depth", "marked", exercise), seconds=seconds, pause_s=5.0)
        (cue,) = played.texts("fault")
        assert cue.startswith("If it does not hurt, sit")


def test_no_cue_begins_on_the_way_back():
    """A fault that shows while coming up is spoken of after the number, not under it."""
    played = Set()
    played.rep()
    played.wait(0.5, phase="outbound")
    cue = "Push your knees out over your toes."
    played.frame(ev.FaultOn(played.now, "knee_valgus", "left", "marked", cue, 25), phase="inbound")
    played.wait(1.5, phase="inbound")
    assert played.texts("fault") == []
    played.frame(ev.RepCompleted(played.now, rep(0, 3, fault("knee_valgus", "marked"))))
    played.wait(2)
    assert played.texts()[-2:] == ["Two.", cue]


def test_a_cue_that_waited_for_the_number_does_not_begin_on_the_next_way_back_either():
    played = Set()
    played.rep(fault("knee_valgus", "marked"), pause_s=0)
    played.rep(fault("knee_valgus", "marked"), seconds=0.8)
    assert played.texts() == ["One.", "Two.", "Push your knees out over your toes."]


def test_a_fault_in_a_short_rep_is_spoken_of_after_it():
    played = Set()
    played.rep()
    cue = "Push your knees out over your toes."
    played.wait(0.7, phase="outbound")
    played.frame(ev.FaultOn(played.now, "knee_valgus", "left", "marked", cue, 25), phase="outbound")
    played.wait(0.8, phase="outbound")
    played.wait(1.5, phase="inbound")
    played.frame(ev.RepCompleted(played.now, rep(0, 3, fault("knee_valgus", "marked"))))
    played.wait(3)
    assert played.texts() == ["One.", "Two.", cue]


def test_a_fault_in_a_long_rep_is_spoken_of_at_once_and_not_again_after_it():
    played = Set()
    played.rep(seconds=8.0)
    played.wait(1.0, phase="outbound")
    cue = "Push your knees out over your toes."
    played.frame(ev.FaultOn(played.now, "knee_valgus", "left", "marked", cue, 25), phase="outbound")
    played.wait(3.0, phase="outbound")
    assert played.texts("fault") == [cue]
    found = fault("knee_valgus", "marked"), fault("shallow_depth", "marked")
    played.frame(ev.RepCompleted(played.now, rep(0, 8, *found)))
    played.wait(3)
    assert played.texts("fault") == [cue]  # one a rep, and that was it


def test_a_partial_attempt_is_told_but_not_every_time():
    played = Set()
    for _ in range(3):
        played.rep(partial=True)
    assert played.texts() == ["A bit further. That one didn't count."] * 2


def test_sides_are_switched_when_one_has_its_reps():
    played = Set("clamshell", Prescription(reps=2))
    played.rep(side="left")
    played.rep(side="left")
    assert played.texts() == ["One.", "Two.", "Switch sides."]
    played.wait(2.0, primary_landmarks=(24, 26, 28))
    assert played.texts()[-1] == "Right side: go."
    played.rep(side="right")
    played.rep(side="right")
    assert played.texts("count") == ["One.", "Two.", "Right: one.", "Two."]
    assert played.tally.done
    assert played.texts("side") == ["Switch sides.", "Right side: go."]


def test_the_second_side_is_coached_like_the_first():
    played = Set("clamshell", Prescription(reps=2))
    played.rep(side="left")
    played.rep(side="left")
    played.rep(fault("feet_apart", "marked", "clamshell"), side="right", pause_s=4)
    assert played.texts()[-2:] == ["Right: one.", "Keep your heels touching."]
    played.rep(partial=True)
    assert played.texts()[-1] == "A bit further. That one didn't count."


def test_legs_in_turn_are_told_apart_and_the_last_one_is_asked_for():
    played = Set("step_up", Prescription(reps=2))
    for side in ("left", "right", "left", "right"):
        played.rep(side=side)
    assert played.texts("count") == ["One.", "Right: one.", "Left: two.", "Right: two."]
    assert played.texts("side") == ["One more on the right."]


def test_turning_over_is_not_called_a_short_attempt():
    played = Set("clamshell", Prescription(reps=1))
    played.rep(side="left")
    played.rep(partial=True)
    assert "A bit further" not in " ".join(played.texts())


def test_losing_sight_is_told_and_finding_again():
    played = Set()
    played.rep()
    played.frame(ev.PersonLost(played.now), person_seen=False, primary_deg=None)
    played.wait(3.0, person_seen=False, primary_deg=None)
    played.frame(ev.PersonFound(played.now))
    played.wait(2.0)
    assert played.texts("lost") == ["I can't see you.", "I can see you again."]


def test_someone_who_cannot_be_counted_is_told_so_now_and_then():
    played = Set()
    played.rep()
    played.wait(30.0, primary_deg=None)
    assert len(played.texts("lost")) == 2


def test_a_hold_is_counted_down_to_letting_go():
    played = Set("glute_bridge", Prescription(hold_s=10))
    hold(played, 10)
    assert played.texts() == [
        "Hold.",
        "Five more seconds.",
        "Three.",
        "Two.",
        "One.",
        "And lower.",
        "That's one.",
    ]
    ticks = [u for u in played.said if u.tone == "tick"]
    apart = [b.time_s - a.time_s for a, b in pairwise(ticks)]
    assert apart == pytest.approx([1.0, 1.0], abs=0.1)


def test_letting_go_of_a_squat_is_coming_up():
    played = Set("squat", Prescription(hold_s=3))
    hold(played, 3)
    assert played.texts("hold") == ["Hold.", "Two.", "One.", "And up."]


def test_no_hold_is_counted_where_none_is_asked():
    played = Set("glute_bridge")
    hold(played, 5)
    assert played.texts() == ["One."]


def test_a_paused_hold_gives_the_cue_first_and_says_that_the_clock_waits():
    played = Set("glute_bridge", Prescription(hold_s=10))
    hold(played, 10, pause=(4.0, 6.0))
    assert played.texts()[:4] == [
        "Hold.",
        "Stop at the straight line.",
        "Timer paused. Get back in position.",
        "Timer running.",
    ]
    # The clock stood still: the count goes on where it was.
    assert played.texts("hold")[-4:] == ["Three.", "Two.", "One.", "And lower."]
    hold(played, 10, pause=(4.0, 6.0))
    assert played.texts().count("Timer paused. Get back in position.") == 1


def test_a_hold_that_never_gets_clean_is_over_some_time():
    """Nobody is left lying there, waiting for a clock that does not run."""
    played = Set("glute_bridge", Prescription(hold_s=10))
    played.wait(1.0, phase="outbound")
    played.frame(ev.HoldStarted(played.now), phase="hold")
    played.frame(ev.HoldPaused(played.now, "sinking", "Hips up; more."), phase="hold")
    for i in range(round(16 / STEP_S)):
        played.frame(phase="hold", hold_s=i * STEP_S, hold_clean_s=0.0, hold_paused=True)
    assert played.texts() == [
        "Hold.",
        "Hips up.",
        "Timer paused. Get back in position.",
        "Timer paused.",
        "Timer paused.",
        "And lower.",
    ]
    assert played.said[-1].time_s == pytest.approx(1 + 15, abs=0.3)


def test_a_hold_that_is_left_early_is_not_counted_on():
    played = Set("glute_bridge", Prescription(hold_s=10))
    played.wait(1.0, phase="outbound")
    played.frame(ev.HoldStarted(played.now), phase="hold", hold_clean_s=0.4)
    played.wait(2.0, phase="hold", hold_clean_s=2.4)
    played.frame(ev.HoldEnded(played.now, 2.4), phase="inbound")
    played.wait(9.0, phase="inbound")
    assert played.texts() == ["Hold."]


def test_a_fault_that_goes_off_with_letting_go_is_not_called_good():
    played = Set("glute_bridge", Prescription(hold_s=10))
    played.wait(1.0, phase="outbound")
    played.frame(ev.HoldStarted(played.now), phase="hold", hold_clean_s=0.4)
    played.frame(ev.HoldPaused(played.now, "sinking", "Up."), phase="hold", hold_clean_s=0.4)
    played.wait(3.0, phase="hold", hold_clean_s=0.4)
    played.frame(ev.HoldResumed(played.now), phase="hold", hold_clean_s=0.4)
    played.frame(ev.HoldEnded(played.now, 3.4), phase="inbound")
    played.wait(2.0, phase="inbound")
    assert not any("Good" in text for text in played.texts())


def test_what_would_run_into_the_next_letter_waits_until_it_was_called():
    voice = Voice()
    letters = LetterVoice(5, 12.5, voice)
    said = []
    for step in range(round(4 / STEP_S)):
        now = step * STEP_S
        letters.follow(now, snapshot(now, phase="hold", hold_s=now))
        if step == round(1.5 / STEP_S):
            voice.say("Keep your knee straight.", Manner("fault", Rank.CUE, 4), now)
        said += voice.step(now, letters.free_s)
    assert [u.text for u in said] == ["A.", "B.", "Keep your knee straight."]
    assert said[1].time_s == pytest.approx(2.5, abs=STEP_S)
