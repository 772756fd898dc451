"""Several sets in one recording: divided at rests, and nowhere else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import jsonschema
import numpy as np
import pytest

import formcheck.recordings.analysis
from formcheck.capture.pose_file import PoseFile, PoseSpool, write_pose_file
from formcheck.cli import main
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.report import SetReport
from formcheck.engine.session import SetSession
from formcheck.engine.set_splitter import SetSpan, SetSplitter
from formcheck.recordings.analysis import UnrecognisedError, analyze, analyze_sets, sets_json
from formcheck.recordings.set_finding import Reading, SetFinder, find_poses, find_sets
from formcheck.recordings.set_measuring import Wanted, measure
from tests.joined import Poses, another, film, join, mirrored, nobody, still, waiting, walk

SCHEMA = Path(formcheck.__file__).parent / "engine" / "report.schema.json"


def divided(poses: Poses, exercise: str | None = None) -> tuple[SetSpan, ...]:
    only: list[Exercise] | None = None if exercise is None else [EXERCISES[exercise]]
    splitter = SetSplitter(only)
    for pose in poses:
        splitter.push(pose)
    return splitter.spans()


def counts(poses: Poses, spans: tuple[SetSpan, ...]) -> list[int]:
    """Reps of each set, as its own session counts them."""
    found = []
    for span in spans:
        session = SetSession(span.exercise)
        for pose in poses:
            if span.begin_s <= pose.time_s < span.end_s:
                session.push(pose)
        found.append(len(session.finish().reps))
    return found


@lru_cache
def moments(name: str, exercise: str) -> tuple[tuple[float, float], ...]:
    """(turn, end) of the reps of a film."""
    session = SetSession(exercise)
    for pose in film(name):
        session.push(pose)
    return tuple((rep.top_s, rep.end_s) for rep in session.finish().reps)


def rest(kind: str, seconds: float, last: Poses) -> Poses:
    if kind == "nobody":
        return nobody(seconds, last[-1].frame_size)
    return still(last[-1], seconds) if kind == "standing" else walk(last[-1], seconds)


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("standing", 12), ("standing", 45), ("walking off", 12), ("walking off", 40), ("nobody", 10)],
)
def test_sets_of_one_exercise_are_divided_at_the_rest(kind: str, seconds: float) -> None:
    one = film("squat-00")
    recording = join(one, rest(kind, seconds, one), one, rest(kind, seconds, one), one)
    spans = divided(recording, "squat")
    assert counts(recording, spans) == [3, 3, 3]
    assert all(a.end_s <= b.begin_s for a, b in pairwise(spans))


def test_different_exercises_are_recognised_each_by_itself() -> None:
    squats, clams = film("squat-00"), film("clamshell-01")
    recording = join(squats, walk(squats[-1], 14), another(clams))
    spans = divided(recording)
    assert [span.exercise.id for span in spans] == ["squat", "clamshell"]
    assert counts(recording, spans) == [3, 3]
    assert all(span.recognised is not None for span in spans)
    assert all(span.recognised.probability > 0.8 for span in spans if span.recognised)


@pytest.mark.parametrize("seconds", [3.0, 6.0])
def test_pauses_between_reps_are_no_rests(seconds: float) -> None:
    ends = [end for _, end in moments("squat-00", "squat")][:-1]
    recording = waiting(film("squat-00"), ends, seconds)
    assert counts(recording, divided(recording, "squat")) == [3]


def test_long_pauses_after_every_rep_are_this_persons_way() -> None:
    ends = [end for _, end in moments("squat-00", "squat")]
    recording = waiting(film("squat-00"), ends, 10.0)
    assert len(divided(join(recording, recording), "squat")) == 1


@pytest.mark.parametrize(
    ("name", "exercise"), [("glute_bridge-00", "glute_bridge"), ("clamshell-01", "clamshell")]
)
def test_holds_of_ten_seconds_are_no_rests(name: str, exercise: str) -> None:
    tops = [top for top, _ in moments(name, exercise)]
    recording = waiting(film(name), tops, 10.0)
    spans = divided(recording)
    assert [span.exercise.id for span in spans] == [exercise]
    assert counts(recording, spans) == [len(tops)]


@pytest.mark.parametrize("turning_s", [4.0, 15.0])
def test_changing_sides_is_one_set(turning_s: float) -> None:
    one = film("clamshell-01")
    recording = join(one, nobody(turning_s, one[0].frame_size), mirrored(one))
    spans = divided(recording)
    assert [span.exercise.id for span in spans] == ["clamshell"]
    assert counts(recording, spans) == [6]


def test_a_rest_on_one_side_divides_where_changing_sides_would_not() -> None:
    one = film("clamshell-01")
    recording = join(one, nobody(15.0, one[0].frame_size), one)
    assert counts(recording, divided(recording, "clamshell")) == [3, 3]


def test_one_set_is_the_whole_recording() -> None:
    recording = join(film("squat-00"))
    (span,) = divided(recording)
    assert (span.begin_s, span.end_s) == (float("-inf"), float("inf"))


def test_standing_and_walking_about_is_no_set() -> None:
    pose = film("squat-00")[0]
    recording = join(still(pose, 15), walk(pose, 15), still(pose, 15))
    assert divided(recording) == ()


# ---------------------------------------------------------------- files


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    squats, clams = film("squat-00"), film("clamshell-01")
    poses = join(squats, nobody(12, squats[0].frame_size), another(clams))
    write_pose_file(tmp_path / "recording.npz", poses[::2])
    return tmp_path / "recording.npz"


def test_reports_are_in_the_recordings_own_clock(recording: Path, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv")}
    reports = analyze_sets(recording, video=tmp_path / "out.mp4", **files)
    assert [(r.exercise, len(r.reps)) for r in reports] == [("squat", 3), ("clamshell", 3)]
    alone = analyze(RENDERED_CLAMSHELL, "clamshell")
    begins = film("squat-00")[-1].time_s + 12
    for rep, one in zip(reports[1].reps, alone.reps, strict=True):
        assert rep.start_s == pytest.approx(begins + one.start_s, abs=0.3)
        assert rep.rom_deg == pytest.approx(one.rom_deg, abs=2)
    assert "Set 2 of 2" in reports[1].notes[0]
    # An empty picture between sets belongs to neither.
    assert not any("Nobody" in note for r in reports for note in r.notes)

    data = json.loads(files["json"].read_text(encoding="utf-8"))
    assert data["schema"] == "formcheck.sets/1"
    assert sets_json(reports) == files["json"].read_text(encoding="utf-8")
    for one in data["sets"]:
        jsonschema.validate(one, json.loads(SCHEMA.read_text(encoding="utf-8")))

    frames = list(PoseFile(recording))
    rows = list(csv.DictReader(files["csv"].open(encoding="utf-8")))
    assert len(rows) == len(frames)
    assert {row["set"] for row in rows} == {"1", "", "2"}
    assert {row["exercise"] for row in rows if row["set"] == "2"} == {"clamshell"}
    assert any(row["clam_opening"] for row in rows if row["set"] == "2")
    assert not any(row["clam_opening"] for row in rows if row["set"] == "1")

    with av.open(str(tmp_path / "out.mp4")) as video:
        stream = video.streams.video[0]
        times = [float(p.pts * p.time_base) for p in video.demux(stream) if p.pts is not None]
    assert len(times) == len(frames)
    assert times[-1] == pytest.approx(frames[-1].time_s - frames[0].time_s, abs=0.01)


def test_the_command_line_counts_every_set_when_asked(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", "--sets", str(recording)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["squat", "clamshell"]
    assert all("3 reps" in line for line in lines)


RENDERED_CLAMSHELL = Path(__file__).parent / "data" / "rendered" / "clamshell-01.npz"


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("several", [True, False])
def test_measured_meanwhile_it_is_the_same(
    whole: bool, several: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While other processes find the poses, one set is measured already; more are measured anew."""
    squats = film("squat-00")
    again = (still(squats[-1], 20.0), squats) if several else ()
    write_pose_file(tmp_path / "squats.npz", join(squats, *again))
    exercise, asked = EXERCISES["squat"], Prescription(reps=5)
    finder = SetFinder(exercise, asked, whole=whole, eager=True)
    finder.others_look()
    poses = find_poses(tmp_path / "squats.npz", Reading())
    spans = find_sets(poses, finder)
    for pose in poses if whole else ():  # which need not be looked at to find the set
        finder.push(pose)
    assert len(spans) == (2 if several and not whole else 1)
    plain = measure(poses, spans, Wanted(), prescription=asked)
    pushed = []
    true_push = SetSession.push
    monkeypatch.setattr(
        SetSession, "push", lambda self, pose: (pushed.append(pose), true_push(self, pose))
    )
    meanwhile = measure(poses, spans, Wanted(), prescription=asked, along=finder.along)
    assert bool(pushed) == (len(spans) > 1)
    assert [one.report.to_json() for one in meanwhile] == [one.report.to_json() for one in plain]
    assert [one.span for one in meanwhile] == [one.span for one in plain]
    # A table has a row of every frame: it is measured anew.
    table = io.StringIO()
    measure(poses, spans, Wanted(table, False), prescription=asked, along=finder.along)
    assert len(table.getvalue().splitlines()) > len(squats)


def test_a_named_exercise_always_has_a_report(tmp_path: Path) -> None:
    write_pose_file(tmp_path / "still.npz", join(still(film("squat-00")[0], 12)))
    (report,) = analyze_sets(tmp_path / "still.npz", "squat")
    assert (report.exercise, len(report.reps)) == ("squat", 0)
    write_pose_file(tmp_path / "nobody.npz", nobody(12))
    with pytest.raises(UnrecognisedError, match="Nobody"):
        analyze_sets(tmp_path / "nobody.npz")


def test_what_is_kept_while_it_is_looked_at_is_exactly_what_came() -> None:
    poses = join(film("squat-00"), nobody(2), film("squat-00"), film("squat-00"), film("squat-00"))
    spool = PoseSpool()
    for pose in poses:
        spool.write(pose)
    for again in (list(spool), list(spool)):
        assert [p.time_s for p in again] == [p.time_s for p in poses]
        for one, other in zip(again, poses, strict=True):
            np.testing.assert_array_equal(one.landmarks_px, other.landmarks_px)
            np.testing.assert_array_equal(one.visibility, other.visibility)


def test_an_exercise_of_ones_own_is_measured_in_every_set(tmp_path: Path) -> None:
    mine = replace(EXERCISES["squat"], id="my_squat", name="My squat")
    one = film("squat-00")
    write_pose_file(tmp_path / "two.npz", join(one, nobody(15.0, one[0].frame_size), one))
    reports = analyze_sets(tmp_path / "two.npz", mine, html=tmp_path / "two.html")
    assert [(r.exercise, len(r.reps)) for r in reports] == [("my_squat", 3)] * 2
    assert "My squat" in (tmp_path / "two.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("measure", [analyze, analyze_sets])
def test_landmarks_are_kept_and_used_again_when_nobody_can_tell_the_exercise(
    measure: Callable[..., Any], tmp_path: Path
) -> None:
    write_pose_file(tmp_path / "nobody.npz", nobody(12))
    kept = tmp_path / "kept.npz"
    with pytest.raises(UnrecognisedError) as told:
        measure(tmp_path / "nobody.npz", poses=kept)
    assert PoseFile(kept).frame_count == PoseFile(tmp_path / "nobody.npz").frame_count
    # Nothing but the landmarks that came with the error is looked at.
    (tmp_path / "nobody.npz").unlink()
    found = measure(told.value.poses, "squat")
    report = found if isinstance(found, SetReport) else found[0]
    assert (report.exercise, report.source.name) == ("squat", "nobody.npz")
    assert report.source.frames == PoseFile(kept).frame_count
