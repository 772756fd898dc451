"""The page for recorded videos, and what it shows of a report."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest
import streamlit as st
from desks import SAMPLES, desk, ended, squats
from joined import another, film, join, nobody
from streamlit.testing.v1 import AppTest

import formcheck
import formcheck.web
from formcheck.capture.pose_file import write_pose_file
from formcheck.drawing.skeleton import LEFT
from formcheck.drawing.stills import encode
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.history import History, SetStart, new_id
from formcheck.live.coached_set import CoachedSet
from formcheck.recordings.side_by_side import TITLE_PX, WIDE_PX
from formcheck.web import jobs, two_reps
from formcheck.web.jobs import Desk, State
from formcheck.web.media import MEDIA
from formcheck.web.review_data import review_data

# Fixtures that are used here.
__all__ = ["desk", "squats"]

PAGE = Path(formcheck.web.__file__).parent / "pages" / "video.py"


@pytest.fixture
def two_sets(tmp_path: Path) -> Path:
    """A landmark recording: three squats, a rest, three clamshells."""
    squats = film("squat-00")
    poses = join(squats, nobody(12, squats[0].frame_size), another(film("clamshell-01")))
    write_pose_file(tmp_path / "two.npz", poses[::2])
    return tmp_path / "two.npz"


# ---------------------------------------------------------------- what is shown


def test_the_review_shows_the_report(desk: Desk, tmp_path: Path) -> None:
    write_pose_file(tmp_path / "squats.npz", film("squat-03"))
    desk.take("squats.npz", tmp_path / "squats.npz")
    desk.start(EXERCISES["squat"])
    ended(desk)
    assert desk.result is not None
    one = desk.result.sets[0]
    data = review_data(one, key="k", video="/v")
    json.dumps(data, allow_nan=False)
    reps = [rep for rep in data["reps"] if rep["kind"] == "rep"]
    assert [rep["label"] for rep in reps] == [f"Rep {r.index}" for r in one.report.reps]
    faults = [(f["id"], f["at"]) for rep in reps for f in rep["faults"]]
    assert faults == [(f.id, round(f.at_s, 3)) for r in one.report.reps for f in r.faults]
    assert faults, "the film has a fault to be shown"
    for rep in data["reps"]:
        assert data["span"][0] <= rep["start"] < rep["end"] <= data["span"][1]
        for fault in rep["faults"]:
            assert rep["start"] - 0.5 <= fault["at"] <= rep["end"] + 0.5
            assert fault["text"].count("(") == fault["text"].count(")") == 1
    assert len(data["signal"]["time"]) == len(data["signal"]["value"]) <= 4000


# ---------------------------------------------------------------- the page


@pytest.fixture
def page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page of a tab whose recording lies on the desk of the test."""
    monkeypatch.setattr(jobs, "Desk", lambda: desk)
    # Every AppTest is the same session.
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(str(PAGE), default_timeout=300)


def test_the_page_explains_itself(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.selectbox(key="pick-exercise").value == "auto"
    assert any("MB" in caption.value for caption in page.caption), "the limit is not explained"
    assert bool(page.button) == SAMPLES.is_dir()


def test_without_samples_nothing_breaks(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formcheck, "__file__", "/nowhere/formcheck/__init__.py")
    page.run()
    assert not page.exception
    assert not page.button


def test_an_upload_that_is_no_video_is_told_so(page: AppTest, desk: Desk) -> None:
    page.run()
    page.file_uploader[0].upload("clip.mp4", b"no video at all" * 10, "video/mp4").run()
    ended(desk)
    page.run()
    assert not page.exception
    assert "clip.mp4" in page.error[0].value
    page.button(key="another").click().run()
    assert desk.state.stage == "empty" and page.file_uploader


def test_every_set_comes_out_is_shown_and_can_be_corrected(
    page: AppTest, desk: Desk, two_sets: Path, few_pictures: None
) -> None:
    desk.take("two.npz", two_sets)
    desk.start(None)
    assert ended(desk) == State("done", 1.0, 0.0)
    first = desk.result
    assert first is not None
    assert [(s.report.exercise, len(s.report.reps)) for s in first.sets] == [
        ("squat", 3),
        ("clamshell", 3),
    ]
    video = MEDIA.find(first.video)
    assert video is not None and video.is_file()
    page.run()
    assert not page.exception
    assert page.selectbox(key=f"exercise-{first.id}-0").value == "squat"
    assert any("Squat, " in c.value and "% sure" in c.value for c in page.caption)
    page.segmented_control(key=f"set-{first.id}").set_value(1).run()
    assert not page.exception

    page.selectbox(key=f"exercise-{first.id}-1").set_value("side_leg_lift").run()
    assert ended(desk).stage == "done"
    page.run()
    assert not page.exception
    second = desk.result
    assert second is not None
    assert [s.report.exercise for s in second.sets] == ["squat", "side_leg_lift"]
    assert second.sets[1].report.recognised is None
    assert second.sets[0].report.recognised is not None
    # What was served before is not any more.
    assert MEDIA.find(first.video) is None and second.id != first.id

    desk.compare(Prescription(hold_s=3.0))
    ended(desk)
    third = desk.result
    assert third is not None
    assert any(f.id == "hold_short" for rep in third.sets[0].report.reps for f in rep.faults)
    assert [s.report.exercise for s in third.sets] == ["squat", "side_leg_lift"]

    pair = desk.shown(0, 1), desk.shown(0, 3)
    clip = desk.side_by_side(*pair, skeleton=True)
    assert desk.side_by_side(*pair, skeleton=True) == clip
    shown = MEDIA.find(clip)
    assert shown is not None and shown.stat().st_size > 10_000
    desk.clear()
    assert MEDIA.find(clip) is None


def test_a_rep_is_shown_beside_that_of_another_recording_and_of_the_history(
    page: AppTest,
    desk: Desk,
    squats: Path,
    few_pictures: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Who trains here did a clean squat with the coach once.
    monkeypatch.setenv("FORMCHECK_DATABASE", f"sqlite:///{tmp_path}/history.db")
    coached_squats(tmp_path / "history.db")
    other = Desk()
    monkeypatch.setattr(two_reps, "_other_desk", lambda: other)
    desk.take("squats.npz", squats)
    desk.start(EXERCISES["squat"])
    assert ended(desk).stage == "done" and desk.result is not None
    key = f"two-{desk.result.id}-0"

    def clip(way: str) -> Path:
        page.button(key=f"{key}-{way}-show").click().run()
        assert not page.exception and not page.error
        token, *_ = page.session_state[f"{key}-{way}"]
        made = MEDIA.find(token)
        assert made is not None
        return made

    page.run()
    page.segmented_control(key=f"{key}-with").set_value("best").run()
    assert any("its skeleton" in c.value for c in page.caption)
    assert colours(clip("best"))

    page.segmented_control(key=f"{key}-with").set_value("other").run()
    assert len(page.file_uploader) == 1
    write_pose_file(tmp_path / "last.npz", film("squat-00")[::2])
    other.take("last.npz", tmp_path / "last.npz")
    # Taken for another exercise, it is measured anew as this one.
    other.start(EXERCISES["clamshell"])
    ended(other)
    page.run()
    ended(other)
    page.run()
    assert any("last.npz" in m.value for m in page.markdown)
    assert colours(clip("other"))
    other.close()


def coached_squats(file: Path) -> None:
    """A history with one set of squats with the coach."""
    coached = CoachedSet(EXERCISES["squat"], Prescription(reps=3))
    for pose in film("squat-00")[::2]:
        coached.push(pose, 100.0, lambda: encode(np.zeros((48, 64, 3), np.uint8)))
    done = coached.finish(source_name="webcam", when=datetime.now().astimezone())
    with closing(History(f"sqlite:///{file}")) as past:
        start = SetStart(new_id(), past.add_profile("Ann").id, "squat", Prescription(reps=3))
        past.begin_set(start)
        past.finish_set(start.id, done, end_reason="reps", duration_s=12.0)


def colours(clip: Path) -> bool:
    """Whether a skeleton is drawn on both sides of the first picture of a clip."""
    with av.open(str(clip)) as video:
        picture = next(video.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    halves = picture[TITLE_PX:, :WIDE_PX], picture[TITLE_PX:, WIDE_PX:]
    return all((np.abs(half - LEFT).max(axis=2) < 40).sum() > 50 for half in halves)


def test_the_page_asks_which_exercise_it_is(page: AppTest, desk: Desk, tmp_path: Path) -> None:
    write_pose_file(tmp_path / "empty.npz", nobody(8))
    desk.take("empty.npz", tmp_path / "empty.npz")
    desk.start(None)
    ended(desk)
    page.run()
    assert not page.exception
    assert "Nobody" in page.warning[0].value
    page.selectbox(key="which").set_value("squat")
    page.button(key="go-on").click().run()
    assert ended(desk).stage == "done"
    page.run()
    assert not page.exception
    assert desk.result is not None and desk.result.sets[0].report.exercise == "squat"
