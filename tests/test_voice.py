"""What may be said, and when: one voice, one thing at a time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import STEP_S, Set, fault, rep

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.live.coach.set_voice import COOL_DOWN_S
from formcheck.live.coach.voice import Manner, Rank, Voice, duration_s, in_words, short_form

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
    voice.say("Not so important.", Manner("info", Rank.INFO, 9), 0)
    voice.say("Heels.", Manner("fault", Rank.CUE, 9), 0)
    assert [u.text for u in voice.step(0.0)] == ["Heels."]
    assert voice.step(0.3) == ()
    assert [u.text for u in voice.step(duration_s("Heels."))] == ["Not so important."]


def test_a_number_cuts_off_a_cue_but_a_cue_nothing():
    voice = Voice()
    voice.say("Keep your heels heavy on the floor.", Manner("fault", Rank.CUE, 9), 0)
    voice.step(0.0)
    voice.say("Better.", Manner("praise", Rank.PRAISE, 9), 0)
    assert voice.step(0.1) == ()
    voice.say("Two.", Manner("count", Rank.COUNT, 9, interrupt=True), 0)
    (count,) = voice.step(0.2)
    assert count.text == "Two." and count.interrupt


def test_a_number_does_not_even_wait_for_the_one_before_it():
    voice = Voice()
    voice.say("That's seventeen.", Manner("count", Rank.COUNT, 9, interrupt=True), 0)
    voice.step(0.0)
    voice.say("That's eighteen.", Manner("count", Rank.COUNT, 9, interrupt=True), 0)
    assert [u.text for u in voice.step(0.5)] == ["That's eighteen."]


def test_what_waited_too_long_is_not_said():
    voice = Voice()
    voice.say("Late.", Manner("info", Rank.INFO, 1), 0)
    assert voice.step(1.1) == ()


def test_nothing_long_is_begun_when_a_tick_is_due():
    voice = Voice()
    voice.say("Keep your heels heavy on the floor.", Manner("fault", Rank.CUE, 9), 0)
    assert voice.step(0.0, free_s=1.0) == ()
    assert len(voice.step(0.1, free_s=5.0)) == 1


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


def test_of_two_reps_that_are_told_at_once_only_the_last_number_is_said():
    played = Set(prescription=Prescription(reps=5))
    done = [ev.RepCompleted(played.now, rep(0.0, end_s)) for end_s in (2.0, 4.0)]
    played.frame(*done)
    played.wait(1.0)
    assert played.texts("count") == ["Two."]
