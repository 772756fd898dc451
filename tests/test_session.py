"""Sets of a stick figure through the session: when it tells what, and its trace."""

from __future__ import annotations

import json

from played import REP, film, play

from formcheck.engine import events as ev


def test_a_rep_is_told_soon_after_it_ended():
    report, events = play("squat", film("squat", [REP] * 3))
    told = [e.time_s for e in events if isinstance(e, ev.RepCompleted)]
    for rep, when in zip(report.reps, told, strict=True):
        assert -0.02 <= when - rep.end_s < 0.25


def test_the_same_set_gives_the_same_report_piece_by_piece():
    frames = film("squat", [REP] * 2)
    first, _ = play("squat", frames)
    second, _ = play("squat", frames)
    assert json.loads(first.to_json()) == json.loads(second.to_json())


def test_a_trace_has_one_step_per_frame():
    steps = []
    frames = film("squat", [REP])
    play("squat", frames, on_step=steps.append)
    assert [s.time_s for s in steps] == [f.time_s for f in frames]
    assert len({tuple(s.values) for s in steps}) == 1


def test_a_recording_of_one_frame_or_none_is_reported():
    assert play("squat", [])[0].summary.reps == 0
    assert play("squat", film("squat", [REP])[:1])[0].source.frames == 1
