"""Finished sets on disk: all there again, never half, and one broken set breaks no list."""

from __future__ import annotations

import contextlib
import json
import resource
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from reported import a_set, fault, measured, rep

from formcheck.exercise import Prescription
from formcheck.reporting.report_reader import read_report
from formcheck.reporting.saved_sets import SavedSetError, SavedSets

WHEN = datetime(2026, 3, 1, 18, 45, 12)


@pytest.fixture
def sets(tmp_path: Path) -> SavedSets:
    return SavedSets(tmp_path / "sets")


def test_a_set_comes_back_as_it_was(sets: SavedSets) -> None:
    report, shown, trace = measured("squat-00", "squat")
    asked = Prescription(reps=10, hold_s=2.0)
    name = sets.save(report, when=WHEN, pictures=shown, prescription=asked, trace=trace)
    assert name == "2026-03-01_184512_squat"
    back = sets.load(name)
    assert back.report.to_json() == report.to_json()
    assert [f.landmark for r in back.report.reps for f in r.faults] == [
        f.landmark for r in report.reps for f in r.faults
    ]
    assert back.pictures == shown and len(shown) == 4
    assert back.prescription == asked
    assert back.when == WHEN
    assert back.trace is not None
    assert back.trace.time_s == pytest.approx(trace.time_s, abs=1e-3)
    assert len(back.trace.holds) == len(trace.holds)


@pytest.mark.parametrize(
    ("name", "exercise"),
    [("clamshell-00", "clamshell"), ("tuning-single_leg_abc-01", "single_leg_abc")],
)
def test_every_kind_of_report_can_be_read(name: str, exercise: str) -> None:
    report, _, _ = measured(name, exercise)
    assert read_report(json.loads(report.to_json())).to_json() == report.to_json()


@pytest.mark.parametrize("data", [{}, [], {"schema": "formcheck.report/9"}, None])
def test_what_is_no_report_is_not_read(data: object) -> None:
    with pytest.raises(ValueError, match="no report"):
        read_report(data)  # type: ignore[arg-type]


def test_the_list_is_newest_first(sets: SavedSets) -> None:
    assert sets.list() == ()
    for minute in (5, 50, 20):
        sets.save(a_set([rep(1)]), when=WHEN.replace(minute=minute))
    assert [one.when.minute for one in sets.list()] == [50, 20, 5]
    assert {(one.exercise, one.reps, one.problem) for one in sets.list()} == {("squat", 1, "")}


def test_two_sets_of_one_second_are_two(sets: SavedSets) -> None:
    first = sets.save(a_set([rep(1)]), when=WHEN)
    second = sets.save(a_set([rep(1), rep(2)]), when=WHEN)
    assert first != second
    assert [len(sets.load(name).report.reps) for name in (first, second)] == [1, 2]
    assert len(sets.list()) == 2


def test_a_broken_set_is_named_and_the_others_are_there(sets: SavedSets) -> None:
    good = sets.save(a_set([rep(1)]), when=WHEN)
    broken = sets.save(a_set([rep(1)]), when=WHEN.replace(hour=19))
    (sets.folder / broken / "report.json").write_text('{"schema": "formcheck.report/1"')
    gone = sets.save(a_set([rep(1)]), when=WHEN.replace(hour=20))
    (sets.folder / gone / "report.json").unlink()
    (sets.folder / "something else").mkdir()
    listed = {one.id: one.problem for one in sets.list()}
    assert set(listed) == {good, broken, gone}
    assert listed[good] == "" and "cannot be read" in listed[broken] and listed[gone]
    for name in (broken, gone):
        with pytest.raises(SavedSetError, match=name):
            sets.load(name)


def test_a_deleted_set_is_gone(sets: SavedSets) -> None:
    name = sets.save(a_set([rep(1)]), when=WHEN, pictures={"rep001_top": b"jpeg"})
    sets.delete(name)
    assert sets.list() == () and list(sets.folder.iterdir()) == []
    with pytest.raises(SavedSetError, match="no saved set"):
        sets.delete(name)


@pytest.mark.parametrize("name", ["..", "../../etc", "", "2026-03-01_184512_squat/..", "/"])
def test_an_address_leads_nowhere_else(sets: SavedSets, name: str) -> None:
    sets.save(a_set([rep(1)]), when=WHEN)
    for do in (sets.load, sets.delete):
        with pytest.raises(SavedSetError, match="no saved set"):
            do(name)
    assert len(sets.list()) == 1


def test_a_picture_cannot_be_put_elsewhere(sets: SavedSets) -> None:
    with pytest.raises(ValueError, match="name a picture"):
        sets.save(a_set([rep(1)]), when=WHEN, pictures={"../../x": b"jpeg"})
    assert list(sets.folder.iterdir()) == []


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond this, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_leaves_nothing_behind(sets: SavedSets) -> None:
    with largest_file(20_000), pytest.raises(SavedSetError) as caught:
        sets.save(a_set([rep(1)]), when=WHEN, pictures={"rep001_top": bytes(100_000)})
    assert str(sets.folder) in str(caught.value) and "FORMCHECK_DATA" in str(caught.value)
    assert list(sets.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sets = SavedSets(tmp_path / "file" / "sets")
    with pytest.raises(SavedSetError, match="could not be saved"):
        sets.save(a_set([rep(1)]), when=WHEN)


def test_the_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "mine"))
    name = SavedSets().save(a_set([rep(1, fault("knee_valgus", side="left"))]), when=WHEN)
    assert (tmp_path / "mine" / "sets" / name / "report.json").is_file()
    assert [one.id for one in SavedSets().list()] == [name]
