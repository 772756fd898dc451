"""Sets of a stick figure: what is a rep, of which side, and what is none."""

from __future__ import annotations

from dataclasses import replace

import figure
import numpy as np
import pytest
from joined import mirrored
from played import POSES, REP, film, play

from formcheck.engine import events as ev
from formcheck.engine.pose import empty_frame


@pytest.mark.parametrize("exercise", sorted(POSES))
def test_the_same_is_counted_at_the_same_times_at_any_frame_rate(exercise):
    short = (0.36, *REP[1:])
    slow, fast = (play(exercise, film(exercise, [REP, short, REP], fps=fps)) for fps in (10, 60))
    for report, events in (slow, fast):
        assert (report.summary.reps, report.summary.partials) == (2, 1)
        assert [type(e).__name__ for e in events if hasattr(e, "rep")] == [
            "RepCompleted",
            "PartialCompleted",
            "RepCompleted",
        ]
        assert "% of the way" in report.partials[0].why
        assert [rep.index for rep in report.reps] == [1, 2]
    for a, b in zip(slow[0].reps, fast[0].reps, strict=True):
        for name in ("start_s", "top_s", "end_s", "concentric_s", "eccentric_s", "hold_s"):
            assert getattr(a, name) == pytest.approx(getattr(b, name), abs=0.15), name


def test_reps_without_a_stop_between_them_are_timed_each_for_itself():
    reps = [(height, 0.7, 0.0, 0.7, 0.0) for height in (1.0, 0.9, 0.85, 0.8)]
    for lowest in (0, 25):
        frames = figure.film(
            lambda e, i, low=lowest: figure.squat(low + 80 * e), reps, azimuth_deg=90.0
        )
        tops = [rep.top_s for rep in play("squat", frames)[0].reps]
        assert tops == pytest.approx([1.7, 3.1, 4.5, 5.9], abs=0.1)


@pytest.mark.parametrize(
    ("heights", "shallow"),
    [((0.4, 1, 1, 1), [1]), ((1, 1, 0.4, 1), [3]), ((0.6, 1, 1, 1), []), ((0.4, 1, 1), [])],
)
def test_a_half_bend_among_the_first_is_no_rep_once_it_is_known_how_far_one_goes(heights, shallow):
    reps = [(height, 1.5, 0.3, 1.5, 0.8) for height in heights]
    report, events = play("squat", film("squat", reps, lambda e: figure.squat(130 * e)))
    # While the set runs it is not known yet, and after too few reps neither.
    assert sum(isinstance(e, ev.RepCompleted) for e in events) == len(reps)
    assert [p.index for p in report.partials] == list(range(1, len(shallow) + 1))
    for partial, number in zip(report.partials, shallow, strict=True):
        assert "% of the way" in partial.why
        assert abs(partial.top_s - (1.0 + 4.1 * (number - 1) + 1.6)) < 1.0
    assert [rep.index for rep in report.reps] == list(range(1, len(reps) - len(shallow) + 1))
    assert report.summary.reps == len(report.reps)
    assert report.summary.partials == len(report.partials)


def test_which_way_is_lifting_is_the_exercises_own():
    rep = (1.0, 3.0, 0.5, 1.0, 0.5)
    squat = play("squat", film("squat", [rep]))[0].reps[0]
    bridge = play("glute_bridge", film("glute_bridge", [rep]))[0].reps[0]
    assert squat.eccentric_s > 1.8 > 0.9 > squat.concentric_s
    assert bridge.concentric_s > 1.8 > 0.9 > bridge.eccentric_s


@pytest.mark.parametrize("lying_on", ["left", "right"])
@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
def test_the_upper_leg_is_the_working_side(exercise, lying_on):
    frames = film(exercise, [REP] * 2, lambda e: POSES[exercise](e, lying_on=lying_on))
    report, _ = play(exercise, frames)
    worked = "left" if lying_on == "right" else "right"
    assert [rep.side for rep in report.reps] == [worked] * 2
    assert (report.summary.reps_left, report.summary.reps_right) == (
        (2, 0) if worked == "left" else (0, 2)
    )
    assert report.view.posture == f"side_lying_{lying_on}"


def test_rolling_the_trunk_forward_in_a_rep_does_not_lose_it():
    """The shoulder line then looks like that of someone on the back for a while."""

    def rolled(effort):
        joints = figure.clamshell(32 * effort)
        middle = joints[[11, 12]].mean(axis=0)
        turn = np.radians(55 * effort)
        rotation = np.array(
            [[1, 0, 0], [0, np.cos(turn), np.sin(turn)], [0, -np.sin(turn), np.cos(turn)]]
        )
        for pair in ([11, 12], [23, 24]):
            middle = joints[pair].mean(axis=0)
            joints[pair] = middle + (joints[pair] - middle) @ rotation.T
        return joints

    frames = film("clamshell", [(1, 1.0, 0.8, 1.0, 0.8)] * 3, rolled, elevation_deg=30.0)
    assert play("clamshell", frames)[0].summary.reps == 3


def test_both_sides_in_one_recording_are_counted_each():
    first = film("clamshell", [REP] * 2, lambda e: POSES["clamshell"](e, lying_on="right"))
    second = film("clamshell", [REP] * 3, lambda e: POSES["clamshell"](e, lying_on="left"))
    later = [replace(f, time_s=f.time_s + first[-1].time_s + 0.5) for f in second]
    report, _ = play("clamshell", first + later)
    assert (report.summary.reps_left, report.summary.reps_right) == (2, 3)
    assert report.summary.equal_sides is False


def test_equal_sides_are_told_where_one_side_works_at_a_time():
    first = film("clamshell", [REP] * 2, lambda e: POSES["clamshell"](e, lying_on="right"))
    second = film("clamshell", [REP] * 2, lambda e: POSES["clamshell"](e, lying_on="left"))
    later = [replace(f, time_s=f.time_s + first[-1].time_s + 0.5) for f in second]
    assert play("clamshell", first + later)[0].summary.equal_sides is True
    assert play("squat", film("squat", [REP]))[0].summary.equal_sides is None


def test_a_track_lost_for_half_a_second_changes_no_count():
    frames = film("squat", [REP] * 2, fps=15)
    for begin in np.arange(0.4, 9, 0.7):
        holed = [
            empty_frame(f.time_s, f.frame_size) if begin <= f.time_s < begin + 0.5 else f
            for f in frames
        ]
        assert play("squat", holed)[0].summary.reps == 2, f"gap at {begin:.1f} s"


@pytest.mark.parametrize("hidden", [[11, 12], [11], [12]])
@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
def test_shoulders_hidden_now_and_then_divide_no_rep_on_the_side(exercise, hidden):
    frames = list(mirrored(film(exercise, [REP] * 3, fps=15)))
    flickering = []
    for frame in frames:
        px = frame.landmarks_px.copy()
        if frame.time_s % 1.1 < 0.5:
            px[hidden] = np.nan
        flickering.append(replace(frame, landmarks_px=px))
    (whole, _), (report, _) = play(exercise, frames), play(exercise, flickering)
    assert (report.summary.reps, report.partials, report.dropped) == (3, (), ())
    for one, other in zip(report.reps, whole.reps, strict=True):
        assert one.rom_deg == pytest.approx(other.rom_deg, abs=0.25 * other.rom_deg)


def moved(frames, dx_per_s):
    for f in frames:
        yield replace(f, landmarks_px=f.landmarks_px + [dx_per_s * f.time_s, 0.0, 0.0])


def test_walking_through_the_picture_is_not_counted():
    steps = [(0.7, 0.4, 0.0, 0.4, 0.0)] * 8
    frames = moved(film("squat", steps, lead_s=0, tail_s=0), 130.0)
    report, _ = play("squat", frames)
    assert (report.summary.reps, report.summary.partials) == (0, 0)


def test_getting_into_position_is_not_counted():
    """Standing, then lying down, then three bridges."""
    standing = list(figure.film(lambda e, i: figure.squat(0), [], azimuth_deg=90.0, lead_s=2.0))
    lying = film("glute_bridge", [REP] * 3)
    shifted = [replace(f, time_s=f.time_s + 3.0) for f in lying]
    report, _ = play("glute_bridge", standing + shifted)
    assert (report.summary.reps, report.summary.partials) == (3, 0)
