"""Whole sets in front of the coach, from setting up to the report, as a person would hear them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import figure
import numpy as np
import pytest

from benchmarks.fixtures import fixtures
from formcheck.capture.pose_file import PoseFile
from formcheck.engine import events as ev
from formcheck.engine.exercise import PRESCRIBED_FAULTS, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import empty_frame
from formcheck.engine.session import SetSession
from formcheck.live.clock import CaptureClock
from formcheck.live.coach import Coach
from formcheck.live.coach.voice import in_words

FPS = 15
REP = (1.0, 1.5, 0.5, 1.5, 0.8)
#: Long enough for the set-up, holding still and the countdown.
LEAD_S = 7.0
POSES = {
    "squat": lambda e, **kw: figure.squat(120 * e, **kw),
    "glute_bridge": lambda e, **kw: figure.bridge(130 + 46 * e, **kw),
    "clamshell": lambda e, **kw: figure.clamshell(32 * e, **kw),
}
AZIMUTH = {"squat": 90.0, "glute_bridge": 90.0, "clamshell": 0.0}
RENDERED = sorted((Path(__file__).parent / "data" / "rendered").glob("*.npz"))


def film(exercise, reps, *, lead_s=LEAD_S, tail_s=2.0, **how):
    """Frames of a figure that fills the picture as a person should."""

    def pose(effort, index=0):
        return POSES[exercise](effort, **how)

    camera = {"azimuth_deg": AZIMUTH[exercise]}
    flat = figure.project(pose(0.0), px_per_m=1.0, center=(0, 0), **camera)[:, :2]
    low, high = np.nanmin(flat, axis=0), np.nanmax(flat, axis=0)
    scale = min(330.0, *(0.75 * np.array(figure.SIZE) / (high - low)))
    center = tuple(np.array([320, 260]) - scale * (low + high) / 2)
    camera |= {"px_per_m": scale, "center": center}
    return list(figure.film(pose, reps, fps=FPS, lead_s=lead_s, tail_s=tail_s, **camera))


def one_after_the_other(*films):
    out, begin_s = [], 0.0
    for frames in films:
        out += [replace(f, time_s=begin_s + f.time_s - frames[0].time_s) for f in frames]
        begin_s = out[-1].time_s + 1 / FPS
    return out


def nobody(seconds):
    return [empty_frame(i / FPS, figure.SIZE) for i in range(round(seconds * FPS))]


class Played:
    """A coach that was shown frames: what it said and how its stages followed."""

    def __init__(self, exercise, frames=(), prescription=None, *, start=False, **options):
        self.coach = Coach(exercise, prescription, **options)
        self.said, self.stages, self.snapshots = [], ["setup"], []
        self.events = []
        if start:
            self.coach.start()
            self._note()
        self.show(frames)

    def show(self, frames):
        for frame in frames:
            self.said += self.coach.push(frame)
            self.events += self.coach.events
            self.snapshots.append(self.coach.snapshot)
            self._note()
        return self

    def _note(self):
        if self.coach.stage != self.stages[-1]:
            self.stages.append(self.coach.stage)

    def texts(self, *kinds):
        return [u.text for u in self.said if not kinds or u.kind in kinds]

    def at(self, text):
        return next(u.time_s for u in self.said if u.text == text)


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
    assert played.texts("count")[3] == "An early one was only half a rep. Three."
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
    held = [s.hold for s in played.snapshots if s.hold]
    assert max(h.clean_s for h in held) > 6
    assert {h.target_s for h in held} == {6}
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


# ---------------------------------------------------------------- before the set


def test_what_is_wrong_with_the_picture_is_spoken_but_not_all_the_time():
    played = Played("squat", nobody(20))
    assert played.coach.stage == "setup"
    times = [u.time_s for u in played.said]
    assert len(set(played.texts())) == 1 and 2 <= len(times) <= 3
    assert min(np.diff(times)) >= 7.9
    setup = played.coach.snapshot.to_dict()["setup"]
    assert setup["say"] == played.texts()[0]
    assert not setup["ready"]


def test_a_step_out_of_the_picture_stops_the_countdown_with_a_word():
    frames = one_after_the_other(film("squat", [], lead_s=2.0, tail_s=1.0), nobody(4))
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "setup"]
    assert played.texts("countdown")[-1] == "Wait. I can't see you."


def test_a_movement_stops_the_countdown_and_it_begins_again_later():
    frames = film("squat", [(0.45, *REP[1:])], lead_s=3.0, tail_s=9.0)
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "setup", "countdown", "set"]
    assert played.coach.snapshot.reps == 0


@pytest.mark.parametrize(
    ("exercise", "lead_s"),
    [
        ("squat", 0.5),
        ("squat", 3.0),
        ("clamshell", 1.0),
        ("glute_bridge", 0.5),
        ("glute_bridge", 4.5),
    ],
)
def test_whoever_simply_begins_is_counted_from_the_first_rep(exercise, lead_s):
    """Without holding still first, or in the middle of the countdown."""
    frames = film(exercise, [(1, 1.2, 0, 1.2, 0.1)] * 4, lead_s=lead_s)
    played = Played(exercise, frames)
    assert played.texts("count") == ["One.", "Two.", "Three.", "Four."]
    assert len(played.coach.finish().reps) == 4
    assert "Wait." not in played.texts()


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_nobody_is_kept_waiting_however_they_begin(path):
    """Standing still first or not: from the first clean rep on, all of them count."""
    frames, asked = list(PoseFile(path)), asked_of(path)
    reps = reps_alone(path)
    clear = [{f.id for f in rep.faults if f.severity == "marked"} for rep in reps]
    first = next(n for n, faults in enumerate(clear) if not faults - set(PRESCRIBED_FAULTS))
    played = Played(exercise_of(path), frames, asked)
    assert len(reps) - first <= len(played.coach.finish().reps) <= len(reps)


def test_what_is_wanted_is_said_again_to_somebody_who_only_fidgets():
    frames = film("squat", [(0.3, 0.7, 0, 0.7, 0.2)] * 16, lead_s=1.0, tail_s=0)
    played = Played("squat", frames)
    assert played.stages == ["setup"]
    wanted = "Hold still to begin, or do one full rep."
    assert played.texts("setup").count(wanted) >= 2
    assert played.coach.snapshot.setup.say == wanted


def test_whoever_begins_on_one_has_begun():
    frames = film("squat", [REP], lead_s=4.3)
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "set"]
    assert played.texts("count") == ["One."]


def test_by_hand_the_set_waits_for_the_button():
    frames = film("squat", [REP] * 2, lead_s=6.0)
    at = next(i for i, f in enumerate(frames) if f.time_s > 5.5)
    played = Played("squat", frames[:at], hands_free=False)
    assert played.stages == ["setup"]
    assert played.texts() == ["Ready when you are."]
    played.coach.start()
    played.show(frames[at:])
    assert played.texts("countdown", "count") == ["Go.", "One.", "Two."]


def test_reps_before_the_button_are_not_part_of_the_set():
    frames = film("squat", [REP] * 3, lead_s=2.0)
    at = next(i for i, f in enumerate(frames) if f.time_s > 2 + 4.3 * 2)
    played = Played("squat", frames[:at], hands_free=False)
    played.coach.start()
    played.show(frames[at:])
    assert played.texts("count") == ["One."]
    assert len(played.coach.finish().reps) == 1


def test_the_button_works_before_the_first_picture():
    played = Played("squat", film("squat", [REP] * 2, lead_s=1.0), start=True)
    assert played.texts()[0] == "Go."
    assert played.texts("count") == ["One.", "Two."]


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


def test_walking_back_from_the_laptop_after_the_button_counts_from_where_they_stop():
    """Close to the camera first, the legs cut off; three steps back; then squats."""
    view = {"azimuth_deg": 0.0, "fps": FPS, "lead_s": 1.5}
    reps = list(figure.film(lambda e, i: figure.squat(100 * e), [REP] * 3, **view))
    stand, middle = reps[0], np.array([figure.SIZE[0] / 2, figure.SIZE[1] / 2, 0.0])
    walked = []
    for i in range(round(4 * FPS)):
        share = 1 + 1.8 * (1 - i / (4 * FPS))
        px = middle + share * (stand.landmarks_px - middle)
        px[[25, 27, 29, 31], 1] -= 0.06 * share * 200 * max(np.sin(8 * i / FPS), 0)
        px[[26, 28, 30, 32], 1] -= 0.06 * share * 200 * max(-np.sin(8 * i / FPS), 0)
        px[px[:, 1] > figure.SIZE[1]] = np.nan
        walked.append(replace(stand, time_s=i / FPS, landmarks_px=px))
    played = Played("squat", one_after_the_other(walked, reps), start=True)
    report = played.coach.finish()
    assert (len(report.reps), len(report.partials)) == (3, 0)
    assert played.texts("count") == ["One.", "Two.", "Three."]


def test_a_gap_in_the_countdown_stops_it():
    frames = film("squat", [], lead_s=4.0)
    played = Played("squat", [f for f in frames if not 3.0 < f.time_s < 4.5])
    assert played.stages == ["setup", "countdown", "setup"]


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


def test_slow_and_fast_cameras_hear_the_same():
    frames = film("squat", [REP] * 3)
    slow = Played("squat", frames[::2], Prescription(reps=3))
    assert slow.texts() == Played("squat", frames, Prescription(reps=3)).texts()


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
        shown = {s.time_s: s.callouts for s in played.snapshots}
        for cue in (u for u in played.said if u.kind == "fault"):
            assert shown[cue.time_s][0].cue.startswith(cue.text[:-1]), path.stem


# ----------------------------------------------------------- on rendered people


def exercise_of(path):
    return re.sub(r"^(tuning-)?(.*)-\d+$", r"\2", path.stem)


def asked_of(path):
    """What the exercise asks for; letters are not called here, where the stands are short."""
    return replace(EXERCISES[exercise_of(path)].prescription, letters=None)


@cache
def reps_alone(path):
    """The reps of a film that nobody coaches."""
    session = SetSession(exercise_of(path), prescription=asked_of(path))
    for frame in PoseFile(path):
        session.push(frame)
    return session.finish().reps


@pytest.fixture(scope="module")
def rendered():
    return {
        path: Played(exercise_of(path), PoseFile(path), asked_of(path), start=True)
        for path in RENDERED
    }


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
