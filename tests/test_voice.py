"""What the coach says, and when: the arbiter on made-up events, without camera or browser."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import Fault, NotAssessed, Rep, View
from formcheck.live.coach.letter_voice import LetterVoice
from formcheck.live.coach.set_voice import COOL_DOWN_S, SetVoice
from formcheck.live.coach.tally import Tally
from formcheck.live.coach.voice import Rank, Voice, duration_s, in_words, short_form

STEP_S = 1 / 15


def snapshot(time_s=0.0, **changed):
    at_rest = ev.Snapshot(
        time_s=time_s,
        phase="rest",
        reps=0,
        partials=0,
        primary_deg=10.0,
        primary_landmarks=(23, 25, 27),
        progress=0.0,
        hold_s=0.0,
        hold_clean_s=0.0,
        hold_paused=False,
        callouts=(),
        view=View("unknown", None, "unknown"),
        person_seen=True,
    )
    return replace(at_rest, **changed)


def fault(fault_id, severity="mild", exercise="squat"):
    cues = {rule.id: rule.cue for rule in EXERCISES[exercise].faults}
    return Fault(fault_id, "both", severity, 1.0, "deg", 0.0, cues.get(fault_id, "Cue."), 25)


def rep(start_s, end_s, *faults, side="both", not_assessed=()):
    return Rep(
        1,
        side,
        start_s,
        (start_s + end_s) / 2,
        end_s,
        0.0,
        0.0,
        1.0,
        1.0,
        90.0,
        90.0,
        tuple(faults),
        tuple(NotAssessed(n, "hidden", "Turn.") for n in not_assessed),
    )


@dataclass
class Set:
    """A set played in front of a SetVoice: time passes, events come, words are kept."""

    exercise: str = "squat"
    prescription: Prescription = field(default_factory=Prescription)
    both_sides: bool = True
    now: float = 0.0

    def __post_init__(self):
        exercise = EXERCISES[self.exercise]
        each_side = self.both_sides and exercise.unilateral
        self.voice = Voice()
        self.tally = Tally(self.prescription.reps, each_side=each_side)
        self.talk = SetVoice(exercise, self.prescription, self.tally, self.voice)
        self.said = []

    def frame(self, *events, **changed):
        self.now += STEP_S
        self.talk.hear(self.now, events, snapshot(self.now, **changed))
        self.said += self.voice.step(self.now, self.talk.free_s)

    def wait(self, seconds, **changed):
        for _ in range(round(seconds / STEP_S)):
            self.frame(**changed)

    def rep(self, *faults, seconds=3.0, pause_s=3.0, side="both", partial=False, **options):
        start_s = self.now
        self.wait(seconds / 2, phase="outbound", progress=0.5)
        self.wait(seconds / 2, phase="inbound", progress=0.3)
        done = rep(start_s, self.now, *faults, side=side, **options)
        kind = ev.PartialCompleted if partial else ev.RepCompleted
        self.frame(kind(self.now, done))
        self.wait(pause_s)

    def texts(self, *kinds):
        return [u.text for u in self.said if not kinds or u.kind in kinds]


# ----------------------------------------------------------------------- words


def test_numbers_are_said_in_words():
    assert [in_words(n) for n in (1, 12, 19, 20, 21, 65, 100)] == [
        "one",
        "twelve",
        "nineteen",
        "twenty",
        "twenty-one",
        "65",
        "100",
    ]


@pytest.mark.parametrize(
    ("cue", "spoken"),
    [
        ("Keep your heels touching.", "Keep your heels touching."),
        ("Keep the hip stacked; open less.", "Keep the hip stacked."),
        ("Sit lower. Then stand tall.", "Sit lower."),
    ],
)
def test_a_long_cue_is_spoken_in_its_first_clause(cue, spoken):
    assert short_form(cue) == spoken


def test_every_cue_of_the_catalogue_is_short_enough_to_be_heard_between_two_reps():
    for exercise in EXERCISES.values():
        for rule in exercise.faults:
            assert duration_s(short_form(rule.cue)) < 5.0, rule.cue


# ----------------------------------------------------------------- the arbiter


def test_one_thing_at_a_time_the_most_important_first():
    voice = Voice()
    voice.say("Not so important.", "info", rank=Rank.INFO, until_s=9)
    voice.say("Heels.", "fault", rank=Rank.CUE, until_s=9)
    assert [u.text for u in voice.step(0.0)] == ["Heels."]
    assert voice.step(0.3) == ()
    assert [u.text for u in voice.step(duration_s("Heels."))] == ["Not so important."]


def test_a_number_cuts_off_a_cue_but_a_cue_nothing():
    voice = Voice()
    voice.say("Keep your heels heavy on the floor.", "fault", rank=Rank.CUE, until_s=9)
    voice.step(0.0)
    voice.say("Better.", "praise", rank=Rank.PRAISE, until_s=9)
    assert voice.step(0.1) == ()
    voice.say("Two.", "count", rank=Rank.COUNT, until_s=9, interrupt=True)
    (count,) = voice.step(0.2)
    assert count.text == "Two." and count.interrupt


def test_a_number_does_not_even_wait_for_the_one_before_it():
    voice = Voice()
    voice.say("That's seventeen.", "count", rank=Rank.COUNT, until_s=9, interrupt=True)
    voice.step(0.0)
    voice.say("That's eighteen.", "count", rank=Rank.COUNT, until_s=9, interrupt=True)
    assert [u.text for u in voice.step(0.5)] == ["That's eighteen."]


def test_what_waited_too_long_is_not_said():
    voice = Voice()
    voice.say("Late.", "info", rank=Rank.INFO, until_s=1.0)
    assert voice.step(1.1) == ()


def test_nothing_long_is_begun_when_a_tick_is_due():
    voice = Voice()
    voice.say("Keep your heels heavy on the floor.", "fault", rank=Rank.CUE, until_s=9)
    assert voice.step(0.0, free_s=1.0) == ()
    assert len(voice.step(0.1, free_s=5.0)) == 1


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


# -------------------------------------------------------------------- holds


def hold(played, asked_s, *, pause=None, fault_id="overextension"):
    """A hold of asked_s clean seconds; pause: (after, for) seconds."""
    played.wait(1.0, phase="outbound", progress=0.8)
    played.frame(ev.HoldStarted(played.now - 0.4), phase="hold", hold_s=0.4, hold_clean_s=0.4)
    clean = 0.4
    while clean < asked_s + 0.3:
        if pause and clean >= pause[0]:
            cue = "Stop at the straight line; keep the ribs down."
            on = ev.FaultOn(played.now, fault_id, "both", "marked", cue, 23)
            paused = ev.HoldPaused(played.now, fault_id, cue)
            values = {"phase": "hold", "hold_s": clean, "hold_clean_s": clean}
            played.frame(on, paused, **values, hold_paused=True)
            played.wait(pause[1], **values, hold_paused=True)
            off = ev.FaultOff(played.now, fault_id), ev.HoldResumed(played.now)
            played.frame(*off, **values)
            pause = None
        clean += STEP_S
        played.frame(phase="hold", hold_s=clean, hold_clean_s=clean)
    played.frame(ev.HoldEnded(played.now, clean), phase="inbound")
    played.wait(1.0, phase="inbound")
    played.frame(ev.RepCompleted(played.now, rep(0, played.now)))
    played.wait(1.0)


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


# ------------------------------------------------------------ whatever happens

FAULTS = ["knee_valgus", "shallow_depth", "trunk_lean", "hip_shift", "too_fast"]
PARTS = st.lists(
    st.tuples(
        st.sampled_from(["rep", "rep", "rep", "partial", "lost", "changed"]),
        st.floats(0.5, 6.0),  # the way out
        st.floats(0.0, 8.0),  # a hold
        st.floats(0.2, 3.0),  # the way back
        st.floats(0.0, 4.0),  # the pause
        st.lists(
            st.tuples(st.sampled_from(FAULTS), st.sampled_from(["mild", "marked"])), max_size=3
        ),
        st.booleans(),  # a fault also shows while it runs
        st.sampled_from(["left", "right"]),
    ),
    max_size=14,
)


@settings(max_examples=80)
@given(
    PARTS,
    st.sampled_from(["squat", "single_leg_squat"]),
    st.sampled_from([None, 3.0, 8.0]),
    st.sampled_from([None, 3]),
)
def test_whatever_happens_nobody_talks_over_himself_and_no_count_is_lost(
    parts, exercise, hold_s, reps
):
    played = Set(exercise, Prescription(reps=reps, hold_s=hold_s))
    unilateral = EXERCISES[exercise].unilateral
    wanted, since = [], []
    cue_times = {}
    for kind, out_s, held_s, back_s, pause_s, faults, live, side in parts:
        side = side if unilateral else "both"
        if kind == "lost":
            played.frame(ev.PersonLost(played.now), person_seen=False, primary_deg=None)
            played.wait(out_s, person_seen=False, primary_deg=None)
            played.frame(ev.PersonFound(played.now))
            continue
        if kind == "changed":
            played.frame(ev.PersonChanged(played.now))
            cue_times.clear()
            continue
        begin = played.now
        found = [fault(i, severity) for i, severity in dict(faults).items()]
        played.wait(out_s / 2, phase="outbound", progress=0.4)
        if live and found:
            f = found[0]
            event = ev.FaultOn(played.now, f.id, "both", f.severity, f.cue, f.landmark)
            played.frame(event, phase="outbound", progress=0.5)
        played.wait(out_s / 2, phase="outbound", progress=0.9)
        if held_s > 0.5:
            played.frame(ev.HoldStarted(played.now), phase="hold", progress=1.0)
            for i in range(round(held_s / STEP_S)):
                clean = i * STEP_S
                played.frame(phase="hold", progress=1.0, hold_s=clean, hold_clean_s=clean)
            played.frame(ev.HoldEnded(played.now, held_s), phase="inbound", progress=0.9)
        played.wait(back_s, phase="inbound", progress=0.4)
        done = rep(begin, played.now, *found, side=side)
        if kind == "rep":
            played.frame(ev.RepCompleted(played.now, done))
            wanted.append(played.tally.number(side))
            since.append(played.now)
        else:
            played.frame(ev.PartialCompleted(played.now, done))
        played.wait(pause_s)
    played.wait(3.0)

    for a, b in pairwise(played.said):
        assert b.interrupt or b.time_s >= a.time_s + duration_s(a.text) - 1e-6, (a, b)
    assert [u.id for u in played.said] == list(range(1, len(played.said) + 1))
    assert all(u.expires_s > u.time_s for u in played.said)

    counts = [u for u in played.said if u.kind == "count"]
    numbers = [u.text.rstrip(".").split(": ")[-1].split("s ")[-1].lower() for u in counts]
    assert numbers == [in_words(n) for n in wanted]
    assert all(0 <= u.time_s - at <= 0.2 for u, at in zip(counts, since, strict=True))

    for text in {u.text for u in played.said if u.kind == "fault"}:
        times = [u.time_s for u in played.said if u.text == text]
        changed = any(part[0] == "changed" for part in parts)
        assert changed or all(b - a >= COOL_DOWN_S - 1e-6 for a, b in pairwise(times)), text
    assert not math.isnan(played.now)


def test_what_would_run_into_the_next_letter_waits_until_it_was_called():
    voice = Voice()
    letters = LetterVoice(5, 12.5, voice)
    said = []
    for step in range(round(4 / STEP_S)):
        now = step * STEP_S
        letters.follow(now, snapshot(now, phase="hold", hold_s=now))
        if step == round(1.5 / STEP_S):
            voice.say("Keep your knee straight.", "fault", rank=Rank.CUE, until_s=now + 4)
        said += voice.step(now, letters.free_s)
    assert [u.text for u in said] == ["A.", "B.", "Keep your knee straight."]
    assert said[1].time_s == pytest.approx(2.5, abs=STEP_S)
