"""Rendered people in front of the coach: what they hear, and what is drawn."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from coached import (
    FPS,
    RENDERED,
    REP,
    Played,
    asked_of,
    exercise_of,
    film,
    nobody,
    one_after_the_other,
    rendered,
    reps_alone,
)

from benchmarks.fixtures import fixtures
from formcheck.capture.pose_file import PoseFile
from formcheck.engine import events as ev
from formcheck.engine.exercise import PRESCRIBED_FAULTS, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.live.coach.voice import in_words

# Fixtures that are used here.
__all__ = ["rendered"]

# ------------------------------------------------------------------ what is drawn


def test_the_snapshot_is_json_in_every_stage():
    frames = film("squat", [(1.0, 1.5, 1.3, 1.5, 0.8)] * 2, knee_in_m=0.0)
    played = Played("squat", frames, Prescription(reps=2, hold_s=1))
    shown = [json.loads(json.dumps(s.to_dict(), allow_nan=False)) for s in played.snapshots]
    keys = set(shown[0])
    assert keys == {
        "stage",
        "exercise",
        "time_s",
        "setup",
        "countdown",
        "reps",
        "target",
        "partials",
        "sides",
        "side",
        "angle",
        "phase",
        "progress",
        "hold",
        "guide",
        "callouts",
        "person_seen",
        "end_reason",
        "letter",
        "phase_word",
        "verdicts",
    }
    assert all(set(s) == keys for s in shown)
    by_stage = {stage: [s for s in shown if s["stage"] == stage] for stage in played.stages}
    assert [s["countdown"] for s in by_stage["countdown"]][::FPS] == [3, 2, 1]
    held = [s["setup"]["held"] for s in by_stage["setup"]]
    assert held == sorted(held) and held[-1] > 0.9
    running = by_stage["set"]
    assert all(s["setup"] is None and s["countdown"] is None for s in running)
    assert max(s["progress"] for s in running) > 0.9
    assert {s["phase"] for s in running} == {"rest", "outbound", "hold", "inbound"}
    assert any(s["hold"] and s["hold"]["target_s"] == 1 for s in running)
    deepest = max(running, key=lambda s: s["progress"])
    assert deepest["angle"]["joints"][0] in (23, 24) and deepest["angle"]["deg"] > 90
    assert deepest["angle"]["name"] == "Knee"
    words = {s["phase"]: s["phase_word"] for s in running}
    assert (words["outbound"], words["inbound"]) == ("Down", "Up")
    left = [s["hold"]["left_s"] for s in running if s["hold"]]
    assert left[0] > 0.5 and min(left) == 0
    assert [s["reps"] for s in by_stage["done"]][-1] == 2
    assert by_stage["done"][-1]["end_reason"] == "target"
    assert (running[0]["target"], running[0]["sides"]) == (2, None)
    # One mark for each rep, as soon as it is over.
    assert running[0]["verdicts"] == [] and by_stage["done"][-1]["verdicts"] == ["clean"] * 2


def test_a_fault_is_called_out_at_its_joint_by_its_title():
    path = next(p for p in RENDERED if p.name == "squat-00.npz")
    played = Played("squat", PoseFile(path), start=True)
    found = [c for s in played.snapshots for c in s.to_dict()["callouts"]]
    assert {(c["id"], c["title"]) for c in found} == {("knee_valgus", "knee falls inward")}
    assert {c["joint"] for c in found} == {25, 26}


def test_the_joint_that_is_named_is_that_of_the_fault_being_spoken_of(rendered):
    for path, played in rendered.items():
        shown = {s.time_s: s.moment.callouts for s in played.snapshots if s.moment}
        for cue in (u for u in played.said if u.kind == "fault"):
            assert shown[cue.time_s][0].cue.startswith(cue.text[:-1]), path.stem


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_nobody_is_kept_waiting_however_they_begin(path):
    """Standing still first or not: from the first clean rep on, all of them count."""
    frames, asked = list(PoseFile(path)), asked_of(path)
    reps = reps_alone(path)
    clear = [{f.id for f in rep.faults if f.severity == "marked"} for rep in reps]
    first = next(n for n, faults in enumerate(clear) if not faults - set(PRESCRIBED_FAULTS))
    played = Played(exercise_of(path), frames, asked)
    assert len(reps) - first <= len(played.coach.finish().reps) <= len(reps)


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_with_eyes_shut_every_rep_is_heard_and_in_time(rendered, path):
    played = rendered[path]
    reps = played.coach.finish().reps
    assert len(reps) == len(reps_alone(path))
    counts = [u for u in played.said if u.kind == "count"]
    assert len(counts) == len(reps)
    # A stand on one leg may go on after a touch of the floor: its end is known late.
    most_s = 1.6 if EXERCISES[exercise_of(path)].hold == "away" else 0.4
    for number, (count, rep) in enumerate(zip(counts, reps, strict=True), 1):
        assert in_words(number) in count.text.lower()
        assert 0 <= count.time_s - rep.end_s <= most_s


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_what_is_said_of_form_is_what_the_report_says_of_that_rep(rendered, path):
    """A cue after a number is about the rep that was counted; one in a rep is about that one."""
    played = rendered[path]
    reps = [e.rep for e in played.events if isinstance(e, ev.RepCompleted | ev.PartialCompleted)]
    for cue in (u for u in played.said if u.kind == "fault"):
        near = [r for r in reps if r.start_s <= cue.time_s <= r.end_s + 3.5]
        known = [f.cue for r in near for f in r.faults]
        assert any(text.startswith(cue.text[:-1]) for text in known), cue


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("clamshell-00", ["One.", "Two.", "Keep your heels touching.", "Three."]),
        (
            "clamshell-01",
            ["One.", "Two.", "Bring the upper hip forward.", "Three."],
        ),
        ("squat-03", ["One.", "Lift your chest.", "Two.", "Better.", "Three."]),
        (
            "squat-07",
            [
                "A bit further. That one didn't count.",
                "One.",
                "Two.",
                "Keep your weight even on both feet.",
            ],
        ),
        (
            "glute_bridge-03",
            ["One.", "Keep the hips up until the count ends.", "Two.", "Better."],
        ),
    ],
)
def test_it_reads_like_a_coach(rendered, name, heard):
    played = next(p for path, p in rendered.items() if path.stem == name)
    assert played.texts()[1:] == heard


def test_lying_on_the_side_with_eyes_shut_the_voice_alone_leads_through_the_set():
    """A rendered person lies down, waits for the countdown, does the reps; nobody looks."""
    frames = list(PoseFile(next(p for p in RENDERED if p.name == "clamshell-00.npz")))
    still = [replace(frames[0], time_s=i / FPS) for i in range(round(5.5 * FPS))]
    after = [replace(frames[-1], time_s=i / FPS) for i in range(round(2 * FPS))]
    shown = one_after_the_other(nobody(3), still, frames, after)
    played = Played("clamshell", shown, Prescription(reps=3), both_sides=False)
    assert played.texts()[0].startswith("I can't see you.")
    assert played.texts()[1:] == [
        "Good. Hold still.",
        "Three.",
        "Two.",
        "One.",
        "Go.",
        "One.",
        "Two.",
        "Keep your heels touching.",
        "Three.",
        "That's the set. Well done.",
    ]


def test_steps_of_the_set_come_once_and_in_order():
    steps = []
    # Some fidgeting first: what was seen of it is not of the set.
    practice = film("clamshell", [(0.35, 1.2, 0, 1.2, 0)] * 2, lead_s=1.0, tail_s=0.0)
    frames = one_after_the_other(practice, film("clamshell", [REP] * 2))
    asked = Prescription(reps=2)
    played = Played("clamshell", frames, asked, both_sides=False, on_step=steps.append)
    times = [step.time_s for step in steps]
    assert times == sorted(set(times))
    # From the held start position on, so that the curve shows the level at rest.
    counted = [u.time_s for u in played.said if u.text == "Three."]
    assert times[0] == pytest.approx(counted[-1] - 2.0, abs=0.2)
    assert times[-1] > played.coach.finish().reps[-1].end_s


def test_who_does_another_exercise_than_was_chosen_hears_it_once_and_reads_it_first():
    record, poses = next(f for f in fixtures() if f[0]["exercise"] == "single_leg_squat")
    frames = list(poses)
    wrong = Played("squat", one_after_the_other(frames, frames), Prescription(reps=9), start=True)
    assert wrong.texts().count("This looks like the single-leg squat. Check the exercise.") == 1
    assert "another exercise than the one chosen" in wrong.coach.finish().notes[0]
    right = Played(record["exercise"], frames, Prescription(reps=9), start=True)
    assert not [t for t in right.texts() if "looks like" in t]
    assert not [n for n in right.coach.finish().notes if "looks like" in n]
