"""What is seen and not counted is told, with the reason: nothing is left out in silence."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import figure
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import empty_frame
from formcheck.engine.report_reader import read_report
from formcheck.engine.session import SetSession
from formcheck.reporting.rep_table import reps_table

REP = (1.0, 1.2, 0.4, 1.2, 0.8)


def squats(reps, azimuth_deg=90.0, **options):
    return list(
        figure.film(lambda e, i: figure.squat(100 * e), reps, azimuth_deg=azimuth_deg, **options)
    )


def play(frames, exercise="squat"):
    session = SetSession(exercise)
    for frame in frames:
        session.push(frame)
    return session.finish()


def reasons(report):
    return [one.reason for one in report.dropped]


def away(frames, begin_s, end_s):
    return [
        empty_frame(f.time_s, f.frame_size) if begin_s <= f.time_s < end_s else f for f in frames
    ]


def undelivered(frames, begin_s, end_s):
    return [f for f in frames if not begin_s <= f.time_s < end_s]


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_movement_of_a_set_is_a_rep_a_partial_or_dropped_with_a_reason(data):
    """Whoever is lost, exchanged or cut off in the middle of it: nothing moves in silence."""
    seconds = st.floats(0.5, 2.0)
    reps = data.draw(
        st.lists(
            st.tuples(st.floats(0.3, 1.1), seconds, seconds, seconds, seconds),
            min_size=1,
            max_size=5,
        )
    )
    parts = [(h, [(1.0, out, hold, back, rest)]) for h, out, hold, back, rest in reps]
    frames, at_s = [], 0.0
    for height, rep in parts:
        part = list(
            figure.film(lambda e, i, h=height: figure.squat(100 * h * e), rep, azimuth_deg=90.0)
        )
        frames += [replace(f, time_s=at_s + f.time_s) for f in part]
        at_s = frames[-1].time_s + 1 / 15
    when = st.floats(0.0, at_s)
    begin, changed = data.draw(when), data.draw(when)
    trouble = data.draw(st.sampled_from((away, undelivered)))
    frames = trouble(frames, begin, begin + data.draw(st.floats(0.2, 4.0)))
    exchanged = data.draw(st.booleans())
    if exchanged:
        frames = [replace(f, person_changed=changed <= f.time_s < changed + 1 / 15) for f in frames]
    steps = []
    session = SetSession("squat", on_step=steps.append)
    for frame in frames:
        session.push(frame)
    report = session.finish()
    t = np.array([s.time_s for s in steps])
    v = np.array([s.values["squat_flexion"] for s in steps])
    if exchanged:
        # From where one person was to where the other is nobody moved, and of who came out while
        # no pictures arrived and is gone before coming back no movement was seen.
        v[(t >= changed) & (t < changed + 1 / 15)] = np.nan
        v[1:][np.diff(t) > 0.5] = np.nan
    for one in (*report.reps, *report.partials, *report.dropped):
        v[(t >= one.start_s - 0.3) & (t <= one.end_s + 0.3)] = np.nan
    for stretch in np.split(v, np.flatnonzero(np.isnan(v))):
        seen = stretch[np.isfinite(stretch)]
        assert not len(seen) or np.max(seen - np.minimum.accumulate(seen)) < 0.4 * 90


@pytest.mark.parametrize("height", [0.5, 1.0])
@pytest.mark.parametrize("gap_s", [0.6, 1.2, 1.8])
def test_wherever_the_track_is_lost_each_movement_is_told_of(height, gap_s):
    out_s, hold_s, back_s, rest_s = REP[1:]
    length_s = out_s + hold_s + back_s
    frames = squats([(height, *REP[1:])] * 2)
    for lost_s in np.arange(0.7, 1.0 + length_s + rest_s, 0.3):
        report = play(away(frames, lost_s, lost_s + gap_s))
        told = (*report.reps, *report.partials, *report.dropped)
        for begin_s in (1.0, 1.0 + length_s + rest_s):
            assert any(one.start_s < begin_s + length_s and one.end_s > begin_s for one in told), (
                f"lost at {lost_s:.1f} s"
            )


def test_who_leaves_the_picture_in_mid_rep_is_told_when():
    frames = away(squats([REP] * 3), 5.3, 8.0)
    report = play(frames)
    assert report.summary.reps == 2
    assert "unseen" in reasons(report)
    assert report.partials == ()
    (note,) = (n for n in report.notes if "not counted" in n)
    assert "you were not seen well enough at 0:04" in note or "at 0:05" in note


def test_a_short_absence_at_the_turn_is_within_the_rep_and_its_depth_is_not_judged():
    frames = squats([REP] * 3)
    turn = play(frames).reps[1].top_s
    report = play(away(frames, turn - 0.6, turn + 0.6))
    assert (report.summary.reps, report.summary.partials, report.dropped) == (3, 0, ())
    assert "shallow_depth" in {n.id for n in report.reps[1].not_assessed}
    assert "shallow_depth" not in {n.id for n in report.reps[0].not_assessed}


def test_who_is_lost_on_the_way_out_and_found_back_has_done_a_rep():
    frames = squats([REP] * 3)
    turn = play(frames).reps[1].top_s
    report = play(away(frames, turn - 0.5, turn + 1.2))
    assert (report.summary.reps, report.summary.partials, report.dropped) == (3, 0, ())


def test_what_somebody_who_was_lost_for_long_did_not_show_is_no_partial():
    frames = squats([REP, (0.45, *REP[1:]), REP])
    turn = 1.0 + sum(REP[1:]) + REP[1]
    report = play(away(frames, turn - 0.3, turn + 1.6))
    assert (report.summary.reps, report.partials, reasons(report)) == (2, (), ["unseen"])


def bending(angles_deg):
    """Somebody who bends the knees like this, 30 pictures a second."""
    return [
        figure.frame(i / 30, figure.project(figure.squat(angle), azimuth_deg=90.0))
        for i, angle in enumerate(angles_deg)
    ]


def test_pulses_at_the_bottom_are_reps_and_half_bends_between_deep_squats_are_not():
    t = np.arange(0, 2, 1 / 30)
    deep = 65 * (1 - np.cos(np.pi * t))
    pulses = 130 - 30 * (1 - np.cos(2 * np.pi * np.arange(0, 6, 1 / 30) / 1.5))
    stood = np.zeros(30)
    half = 60 / 130 * deep
    down, up = deep[:30], deep[30:]
    squats_ = [stood, deep, stood, deep, stood, deep, stood]
    report = play(bending(np.concatenate([*squats_, half, stood, down, pulses, up, stood])))
    assert report.summary.partials == 1
    assert report.summary.reps == 3 + 5


def test_a_first_bend_half_as_far_as_all_that_follow_is_no_rep():
    film = figure.film(
        lambda e, i: figure.squat(125 * e), [(0.42, *REP[1:]), *[REP] * 4], azimuth_deg=90.0
    )
    report = play(list(film))
    assert [rep.index for rep in report.reps] == [1, 2, 3, 4]
    (first,) = report.partials
    assert first.why is not None and "of the way" in first.why
    assert first.start_s < report.reps[0].start_s


@pytest.mark.parametrize("stop_s", [0.7, 1.5, 4.0])
def test_pictures_that_do_not_arrive_are_nobodys_partial_rep(stop_s):
    frames = squats([REP] * 3)
    for begin in np.arange(4.6, 7.0, 0.3):
        report = play(undelivered(frames, begin, begin + stop_s))
        assert report.partials == (), f"stopped at {begin:.1f} s"
        assert set(reasons(report)) <= {"stream"}


def test_a_recording_that_begins_and_ends_in_mid_rep_counts_the_lifts_that_were_seen_whole():
    frames = squats([REP] * 3)
    tops = [rep.top_s for rep in play(frames).reps]
    begun = [f for f in frames if f.time_s >= tops[0] - 0.8]
    report = play(begun)
    assert report.summary.reps == 3
    assert any("Rep 1 had begun" in note for note in report.notes)
    in_the_lift = [f for f in frames if f.time_s >= tops[0] + 0.8]
    assert (play(in_the_lift).summary.reps, reasons(play(in_the_lift))) == (2, ["began"])
    cut = [f for f in frames if f.time_s <= tops[2] + 0.5]
    assert (play(cut).summary.reps, reasons(play(cut))) == (2, ["ended"])


def test_a_lift_on_the_way_out_counts_where_the_recording_ends_at_the_top():
    frames = list(
        figure.film(lambda e, i: figure.bridge(130 + 46 * e), [REP] * 3, azimuth_deg=90.0)
    )
    top = play(frames, "glute_bridge").reps[2].top_s
    assert play([f for f in frames if f.time_s <= top + 0.2], "glute_bridge").summary.reps == 3
    report = play([f for f in frames if f.time_s <= top - 0.6], "glute_bridge")
    assert (report.summary.reps, reasons(report)) == (2, ["ended"])
    first = play(frames, "glute_bridge").reps[0].top_s
    report = play([f for f in frames if f.time_s >= first], "glute_bridge")
    assert (report.summary.reps, reasons(report)) == (2, ["began"])


@pytest.mark.parametrize("hold_s", [30.0, 60.0])
def test_a_squat_held_for_long_is_a_rep_with_that_hold(hold_s):
    report = play(squats([REP, (1.0, 1.2, hold_s, 1.2, 0.8)]))
    assert [round(rep.hold_s) for rep in report.reps][1] == pytest.approx(hold_s, abs=1.5)


def seated(effort):
    """Upright, the thighs level, the hips a thigh's length behind the ankles."""
    joints = figure.squat(95 * effort, trunk_deg=40 * effort * (1 - effort))
    shins = figure.squat(0)
    for ankle in (L.LEFT_ANKLE, L.RIGHT_ANKLE):
        knee = ankle - 2
        upright = shins[knee] - shins[ankle]
        back = effort * (joints[ankle] + upright - joints[knee])
        joints[:25] += 0.5 * back
        joints[knee] += back
    return joints


def test_sitting_down_on_a_chair_is_not_a_squat():
    frames = list(
        figure.film(lambda e, i: seated(e), [(1.0, 1.5, 10.0, 1.5, 1.0)], azimuth_deg=90.0)
    )
    report = play(frames + [replace(f, time_s=f.time_s + 20) for f in squats([REP] * 2)])
    assert (report.summary.reps, report.summary.partials) == (2, 0)
    assert reasons(report) == ["sitting"]


@pytest.mark.parametrize("azimuth_deg", [0.0, 45.0])
@pytest.mark.parametrize("size", [0.8, 1.25])
def test_squats_are_counted_after_a_step_back_or_ahead(azimuth_deg, size):
    before = squats([REP] * 3, azimuth_deg)
    walk_s = 1.5
    end = before[-1].time_s
    stand = before[-1]
    middle = np.array([stand.frame_size[0] / 2, stand.frame_size[1] / 2, 0.0])

    def sized(frame, share, time_s):
        return replace(
            frame, time_s=time_s, landmarks_px=middle + share * (frame.landmarks_px - middle)
        )

    walk = [sized(stand, size ** (t / walk_s), end + t) for t in np.arange(1, 1 + 15 * walk_s) / 15]
    after = [sized(f, size, walk[-1].time_s + 1 / 15 + f.time_s) for f in before]
    report = play([*before, *walk, *after])
    assert (report.summary.reps, report.summary.partials) == (6, 0)


def test_what_was_dropped_is_in_the_report_and_comes_back_from_it():
    report = play(away(squats([REP] * 3), 5.3, 8.0))
    data = report.to_dict()
    assert [one["reason"] for one in data["dropped"]] == reasons(report)
    assert read_report(data).dropped[0].why == report.dropped[0].why
    del data["dropped"]
    assert read_report(data).dropped == ()


@pytest.mark.parametrize("azimuth_deg", [0.0, 45.0, 90.0])
def test_squats_are_counted_with_the_feet_out_of_the_picture(azimuth_deg):
    frames = squats([REP] * 3, azimuth_deg)
    for frame in frames:
        frame.landmarks_px[L.LEFT_ANKLE :] = np.nan
    report = play(frames)
    assert (report.summary.reps, report.summary.partials, report.dropped) == (3, 0, ())
    assert {"knee_valgus", "hip_shift"} <= {n.id for n in report.reps[0].not_assessed}


def test_the_table_of_the_reps_has_what_was_dropped_in_its_place():
    report = play(away(squats([REP] * 3), 5.3, 8.0))
    rows = list(csv.DictReader(io.StringIO(reps_table([report]))))
    assert [row["counted"] for row in rows].count("yes") == report.summary.reps
    told = [row for row in rows if row["why"].startswith("not counted: ")]
    assert [float(row["start_s"]) for row in told] == pytest.approx(
        [one.start_s for one in report.dropped], abs=0.001
    )


def test_landmarks_that_show_for_a_moment_while_the_track_is_lost_divide_no_rep():
    frames = squats([REP] * 3)
    tops = [f for f in frames if 5.0 <= f.time_s < 5.7]  # around the turn of the second
    upright = frames[10].landmarks_px
    for lost in tops:
        i = frames.index(lost)
        chance = lost is tops[len(tops) // 2]
        frames[i] = (
            replace(lost, landmarks_px=upright) if chance else empty_frame(lost.time_s, figure.SIZE)
        )
    report = play(frames)
    assert (report.summary.reps, len(report.partials)) == (3, 0)


def test_landmarks_that_jump_there_and_back_are_no_rep():
    """A squat, and there and back within a picture."""
    frames = squats([REP, REP, (1.0, 0.01, 0.2, 0.01, 1.5), REP])
    report = play(frames)
    assert report.summary.reps == 3
    assert reasons(report) == ["jump"]


@pytest.mark.parametrize(("deep", "counted"), [(120, 3), (95, 4)])
def test_half_of_what_somebody_does_in_every_rep_is_a_rep(deep, counted):
    """A bend of 52 degrees, while picking something up, after three squats."""
    bend = (52 / deep, *REP[1:])
    frames = figure.film(
        lambda e, i: figure.squat(deep * e), [REP, REP, REP, bend], azimuth_deg=90.0
    )
    report = play(frames)
    assert report.summary.reps == counted
    assert len(report.partials) == 4 - counted
