"""Whole sets in front of the coach, from setting up to the report, as a person would hear them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from coached import LEAD_S, REP, Played, film, nobody, one_after_the_other

from formcheck.engine.exercise import Prescription
from formcheck.engine.session import SetSession
from formcheck.live.clock import CaptureClock
from formcheck.live.coach.company import AGAIN_S, Company

# ------------------------------------------------------------- a set, hands-free


def test_a_set_from_standing_there_to_well_done_without_a_hand():
    played = Played("squat", film("squat", [REP] * 3), Prescription(reps=3))
    assert played.texts() == [
        "Good. Hold still.",
        "Three.",
        "Two.",
        "One.",
        "Go.",
        "One.",
        "Two.",
        "Three.",
        "That's the set. Well done.",
    ]
    assert played.stages == ["setup", "countdown", "set", "done"]
    assert played.coach.end_reason == "target"
    assert played.coach.set_started_s == pytest.approx(played.at("Go."))
    assert 1.9 < played.at("Three.") < 2.6
    steps = [u.time_s for u in played.said if u.kind == "countdown"]
    assert np.diff(steps) == pytest.approx([1.0, 1.0, 1.0], abs=0.1)


def test_a_first_bend_half_as_far_as_the_next_ones_is_taken_back_aloud():
    half = [(0.45, *REP[1:])]
    played = Played("squat", film("squat", half + [REP] * 5), Prescription(reps=5))
    counted = [text.split()[-1] for text in played.texts("count")]
    assert counted == ["One.", "Two.", "Three.", "Three.", "Four.", "Five."]
    assert played.texts("count")[3] == "One early rep only went halfway. Three."
    assert played.coach.end_reason == "target"
    report = played.coach.finish()
    assert (report.summary.reps, report.summary.partials) == (5, 1)
    assert len(played.coach.snapshot.verdicts) == played.coach.reps == 5


def test_the_report_of_a_set_is_that_of_a_recording_of_it():
    """Beginning from the held start position loses nothing, not even the last rep."""
    frames = film("squat", [REP] * 3)
    played = Played("squat", frames, Prescription(reps=3))
    alone = SetSession("squat", prescription=Prescription(reps=3))
    for frame in frames:
        alone.push(frame)
    report, other = played.coach.finish("webcam"), alone.finish()
    assert report.source.name == "webcam"
    assert len(report.reps) == len(other.reps) == 3
    for ours, theirs in zip(report.reps, other.reps, strict=True):
        assert ours.end_s == pytest.approx(theirs.end_s, abs=0.02)
        assert ours.rom_deg == pytest.approx(theirs.rom_deg, abs=1.0)
        assert [(f.id, f.severity) for f in ours.faults] == [
            (f.id, f.severity) for f in theirs.faults
        ]
        assert ours.eccentric_s == pytest.approx(theirs.eccentric_s, abs=0.05)
    assert played.coach.finish() == played.coach.finish()


def test_the_clock_of_a_hold_runs_with_the_guide_and_the_voice():
    asked = Prescription(reps=1, concentric_s=3, hold_s=6, eccentric_s=3)
    played = Played("glute_bridge", film("glute_bridge", [(1, 3, 6.5, 3, 1)]), asked)
    assert played.texts("hold", "count", "end") == [
        "",
        "",
        "Hold.",
        "Three.",
        "Two.",
        "One.",
        "And lower.",
        "",
        "",
        "That's one.",
        "That's the set. Well done.",
    ]
    phases = [s.guide.phase for s in played.snapshots if s.guide]
    assert [p for p, q in pairwise([*phases, ""]) if p != q] == [
        "ready",
        "up",
        "hold",
        "down",
        "ready",
    ]
    lowered = next(s.time_s for s in played.snapshots if s.guide and s.guide.phase == "down")
    assert lowered == pytest.approx(played.at("And lower."), abs=0.1)
    held = [hold for s in played.snapshots if (hold := s.to_dict()["hold"])]
    assert max(h["clean_s"] for h in held) > 6
    assert {h["target_s"] for h in held} == {6}
    assert not played.coach.finish().reps[0].faults


def test_the_seconds_of_a_tempo_tick_with_eyes_shut():
    """Numbers are for reps alone."""
    asked = Prescription(reps=1, concentric_s=3, eccentric_s=4)
    played = Played("squat", film("squat", [(1, 4, 0.2, 3, 1)]), asked)
    assert played.texts()[5:] == [
        "",
        "",
        "",
        "And up.",
        "",
        "",
        "One.",
        "That's the set. Well done.",
    ]
    seconds = [u.time_s for u in played.said if u.kind == "hold"]
    assert np.diff(seconds) == pytest.approx([1.0] * 5, abs=0.1)
    hasty = Played("squat", film("squat", [(1, 1, 0, 1, 1)] * 2), replace(asked, reps=3))
    assert "And up." not in hasty.texts()
    assert "Slow down: keep to the tempo." in hasty.texts()


def test_both_sides_get_their_reps_and_the_turn_is_called():
    first = film("clamshell", [REP] * 2, lying_on="right")
    second = film("clamshell", [REP] * 2, lying_on="left", lead_s=4.0)
    played = Played("clamshell", one_after_the_other(first, second), Prescription(reps=2))
    assert played.texts()[5:] == [
        "One.",
        "Two.",
        "Switch sides.",
        "Right side: go.",
        "Right: one.",
        "Two.",
        "That's the set. Well done.",
    ]
    summary = played.coach.finish().summary
    assert (summary.reps_left, summary.reps_right, summary.equal_sides) == (2, 2, True)
    shown = [(s.reps, s.side) for s in played.snapshots if s.stage == "set"]
    assert list(dict.fromkeys(shown)) == [
        (0, None),
        (1, "left"),
        (0, "right"),
        (1, "right"),
        (2, "right"),
    ]


def test_one_side_is_a_whole_set_when_asked_so():
    frames = film("clamshell", [REP] * 2)
    played = Played("clamshell", frames, Prescription(reps=2), both_sides=False)
    assert played.coach.stage == "done"
    assert "Switch sides." not in played.texts()


# ------------------------------------------------------------------- its end


def test_resting_still_ends_the_set_after_a_word():
    played = Played("squat", film("squat", [REP] * 2, tail_s=16.0), Prescription(reps=10))
    assert played.coach.end_reason == "still"
    assert played.texts()[-2:] == [
        "Finished? I'll end the set. Move to go on.",
        "The set is over: two reps.",
    ]
    last = played.coach.finish().reps[-1].end_s
    assert 6 < played.at("Finished? I'll end the set. Move to go on.") - last < 10


def test_going_on_after_that_word_goes_on():
    reps = [(*REP[:4], 10.5), REP]
    played = Played("squat", film("squat", reps), Prescription(reps=10))
    assert played.stages[-1] == "set"
    assert played.texts("count") == ["One.", "Two."]
    assert "Finished? I'll end the set. Move to go on." in played.texts()


def test_resting_before_the_first_rep_ends_nothing():
    played = Played("squat", film("squat", [], lead_s=40.0))
    assert played.stages[-1] == "set"


def test_there_is_more_time_to_turn_over():
    frames = film("clamshell", [REP] * 2, tail_s=20.0)
    played = Played("clamshell", frames, Prescription(reps=2))
    assert played.stages[-1] == "set"
    assert "Finished?" not in " ".join(played.texts())


def test_leaving_the_picture_ends_the_set():
    frames = one_after_the_other(film("squat", [REP] * 2, tail_s=0.5), nobody(13))
    played = Played("squat", frames)
    assert played.coach.end_reason == "left"
    assert played.texts("lost", "end") == ["I can't see you.", "The set is over: two reps."]
    assert len(played.coach.finish().reps) == 2


def test_the_button_ends_it_at_once_and_the_rep_on_its_way_back_counts():
    frames = film("squat", [REP] * 2)
    out_s = LEAD_S + 4.3 + 1.5 + 0.5 + 1.0
    played = Played("squat", [f for f in frames if f.time_s < out_s])
    assert played.coach.snapshot.reps == 1
    played.coach.end()
    assert (played.coach.stage, played.coach.end_reason) == ("done", "button")
    assert len(played.coach.finish().reps) == played.coach.snapshot.reps == 2
    played.show([f for f in frames if f.time_s >= out_s])
    assert played.texts()[-1] == "The set is over: two reps."
    assert len(played.coach.finish().reps) == 2


def test_a_stream_that_ends_leaves_a_report():
    frames = film("squat", [REP] * 2)
    played = Played("squat", frames, Prescription(reps=10))
    assert len(played.coach.finish().reps) == 2
    assert Played("squat").coach.finish().reps == ()


# ------------------------------------------------------------ when things go wrong


def test_a_gap_in_the_middle_of_a_rep_is_told_and_counting_goes_on():
    frames = film("squat", [REP] * 3)
    gap = (LEAD_S + 4.3 + 1.0, LEAD_S + 4.3 + 3.2)
    kept = [f for f in frames if not gap[0] < f.time_s < gap[1]]
    played = Played("squat", kept)
    assert played.texts("lost") == ["I lost the picture. Repeat that rep."]
    assert played.texts("count") == ["One.", "Two."]


def test_a_camera_that_was_gone_for_long_goes_on_where_it_was():
    """However long: nothing is asked of the person, and the time away is no time of the set."""
    frames = film("squat", [REP] * 3)
    at_s = LEAD_S + 2 * 4.3 + 0.1
    later = [replace(f, time_s=f.time_s + 60.0 * (f.time_s > at_s)) for f in frames]
    played = Played("squat", later)
    assert played.texts("count", "lost") == ["One.", "Two.", "Three."]
    assert played.coach.duration_s < 20


def test_pictures_that_came_too_late_are_not_the_persons_fault():
    frames = film("squat", [REP] * 3)
    for begin in (0.2, 0.5, 0.8, 1.1):
        gap = (LEAD_S + 4.3 + begin, LEAD_S + 4.3 + begin + 1.4)
        played = Played("squat", [f for f in frames if not gap[0] < f.time_s < gap[1]])
        report = played.coach.finish()
        assert report.partials == ()
        lost = [one.reason for one in report.dropped]
        assert lost in ([], ["stream"])
        again = ["I lost the picture. Repeat that rep."]
        assert played.texts("lost") == (again if lost else [])
        assert not any("further" in text for text in played.texts())


def test_time_away_does_not_count_as_resting():
    """A browser tab in the background sends nothing."""
    frames = film("squat", [REP] * 2, tail_s=30.0)
    end = LEAD_S + 8.6
    kept = [f for f in frames if not end < f.time_s < end + 20]
    kept = [f for f in kept if f.time_s < end + 24]
    assert Played("squat", kept).stages[-1] == "set"


def test_a_clock_that_begins_anew_goes_on_counting():
    frames = film("squat", [REP] * 3)
    cut = LEAD_S + 8.4
    clock = CaptureClock()
    captured = [f.time_s - (cut if f.time_s > cut else 0) for f in frames]
    times = [clock.take(time_s) for time_s in captured]
    played = Played(
        "squat", [replace(f, time_s=t) for f, t in zip(frames, times, strict=True) if t is not None]
    )
    assert played.texts("count") == ["One.", "Two.", "Three."]
    # What is said then is on the new clock.
    assert clock.capture_s(played.said[-1].time_s) < 10


def test_times_that_do_not_grow_are_left_out():
    clock = CaptureClock()
    assert [clock.take(t) for t in (5.0, 5.0, 4.5, 5.25, 1.0, 1.25)] == [
        0.0, None, None, 0.25, 2.25, 2.5,
    ]  # fmt: skip
    assert clock.capture_s(2.5) == 1.25


def test_another_person_is_told_and_counting_goes_on():
    frames = film("squat", [REP] * 3)
    at = next(i for i, f in enumerate(frames) if f.time_s > LEAD_S + 4.1)
    frames[at] = replace(frames[at], person_changed=True)
    played = Played("squat", frames)
    assert "Only one person in the picture, please." in played.texts()
    assert played.texts("count") == ["One.", "Two.", "Three."]


JOINED = "I see someone else. Keep going, I'm following you."


def joined(reps, comes_s, goes_s=np.inf):
    """A film of squats in which somebody else is seen for a while."""
    frames = film("squat", [REP] * reps)
    return [replace(f, people=1 + (comes_s <= f.time_s < goes_s)) for f in frames]


def test_somebody_who_joins_is_told_of_once_in_a_quiet_moment():
    for comes_s in np.arange(LEAD_S + 3.5, LEAD_S + 7, 0.5):
        played = Played("squat", joined(6, comes_s))
        assert played.texts("count") == ["One.", "Two.", "Three.", "Four.", "Five.", "Six."]
        assert played.texts().count(JOINED) == 1
        assert comes_s <= played.at(JOINED) <= comes_s + 4
        # Nothing cuts off that there is somebody.
        after = [u.time_s for u in played.said if u.time_s > played.at(JOINED)]
        assert after[0] - played.at(JOINED) >= 1.5
    assert JOINED not in Played("squat", joined(6, np.inf)).texts()


def test_who_takes_over_is_not_told_of_as_somebody_else_as_well():
    frames = joined(3, LEAD_S + 4.1)
    at = next(i for i, f in enumerate(frames) if f.people > 1)
    frames[at] = replace(frames[at], person_changed=True)
    played = Played("squat", frames)
    assert "Only one person in the picture, please." in played.texts()
    assert JOINED not in played.texts()


def test_somebody_who_stays_is_told_of_again_only_after_long_and_over_several_sets():
    company = Company()
    told = []
    for number in range(6):  # sets of a minute, each with times of its own
        told += [
            60 * number + t for t in range(60) if company.is_news(float(t), 2 if number else 1)
        ]
    assert len(told) == 2 and told[0] == 60
    assert told[1] >= 60 + AGAIN_S
    company = Company()
    assert [company.is_news(t, people) for t, people in ((0.0, 2), (1.0, 1), (2.0, 2))] == [
        True, False, False,
    ]  # fmt: skip


def test_slow_and_fast_cameras_hear_the_same():
    frames = film("squat", [REP] * 3)
    slow = Played("squat", frames[::2], Prescription(reps=3))
    assert slow.texts() == Played("squat", frames, Prescription(reps=3)).texts()
