"""The page for recorded videos: the work behind it, the files it serves, and the page itself."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import av
import numpy as np
import pytest
import streamlit as st
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

import formcheck
import formcheck.web
from formcheck.capture.correction import Correction
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
from formcheck.web.media import MEDIA, media_routes, url
from formcheck.web.review_component import review_data
from tests.joined import another, film, join, nobody

PAGE = Path(formcheck.web.__file__).parent / "pages" / "video.py"
SAMPLES = Path(formcheck.web.__file__).resolve().parents[2] / "sample_videos"


@pytest.fixture
def desk() -> Iterator[Desk]:
    one = Desk()
    yield one
    one.close()


@pytest.fixture
def two_sets(tmp_path: Path) -> Path:
    """A landmark recording: three squats, a rest, three clamshells."""
    squats = film("squat-00")
    poses = join(squats, nobody(12, squats[0].frame_size), another(film("clamshell-01")))
    write_pose_file(tmp_path / "two.npz", poses)
    return tmp_path / "two.npz"


@pytest.fixture
def squats(tmp_path: Path) -> Path:
    write_pose_file(tmp_path / "squats.npz", film("squat-03"))
    return tmp_path / "squats.npz"


def ended(desk: Desk) -> State:
    """Wait for the work to end."""
    for _ in range(30_000):
        if not desk.state.busy:
            return desk.state
        time.sleep(0.02)
    raise AssertionError(f"still busy: {desk.state}")


# ---------------------------------------------------------------- the work


def test_an_unrecognised_recording_asks_which(desk: Desk, tmp_path: Path) -> None:
    write_pose_file(tmp_path / "empty.npz", nobody(8))
    desk.take("empty.npz", tmp_path / "empty.npz")
    desk.start(None)
    state = ended(desk)
    assert state.stage == "choose" and "Nobody" in state.text
    desk.start(EXERCISES["squat"])
    assert ended(desk).stage == "done"


def test_a_recording_is_put_right_and_stays_so(desk: Desk, squats: Path, tmp_path: Path) -> None:
    upside_down = [Correction(rotate=180).pose(pose) for pose in film("squat-03")]
    write_pose_file(tmp_path / "turned.npz", upside_down)
    desk.take("turned.npz", tmp_path / "turned.npz")
    desk.start(EXERCISES["squat"])
    ended(desk)
    assert desk.result is not None
    report = desk.result.sets[0].report
    assert not report.reps and any("--rotate 180" in note for note in report.notes)
    desk.put_right(Correction(rotate=180))
    ended(desk)
    desk.compare(Prescription(reps=4))
    ended(desk)
    assert desk.result is not None and desk.correction == Correction(rotate=180)
    assert desk.result.sets[0].report.reps


def test_an_error_is_a_sentence_without_our_folders(desk: Desk) -> None:
    desk.take("../holiday.mp4", io.BytesIO(b"not a video" * 100))
    desk.start(None)
    state = ended(desk)
    assert state.stage == "failed"
    assert "holiday.mp4" in state.text and "video" in state.text
    assert "/" not in state.text.split("holiday.mp4")[0]


def test_cancel_ends_it_and_a_new_start_begins_again(
    desk: Desk, squats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No slot is free, so that it is surely under way when it is cancelled.
    monkeypatch.setattr(jobs, "_slots", threading.BoundedSemaphore(1))
    jobs._slots.acquire()
    desk.take("squats.npz", squats)
    desk.start(EXERCISES["squat"], Prescription(reps=3))
    assert desk.state.stage == "waiting"
    desk.cancel()
    assert ended(desk).stage == "cancelled"
    assert desk.result is None
    jobs._slots.release()
    desk.again()
    assert ended(desk).stage == "done"
    result = desk.result
    assert result is not None and result.prescription == Prescription(reps=3)


def test_cancelled_in_the_middle_no_file_is_served(
    desk: Desk, squats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()
    seen: list[int] = []
    true_measure = jobs.measure

    def measure(*args: Any, **given: Any) -> Any:
        began.set()
        on_progress = given["on_progress"]

        def told(done: int, total: int | None, seconds: float) -> None:
            seen.append(done)
            if done == 50:
                desk.cancel()
            on_progress(done, total, seconds)

        return true_measure(*args, **{**given, "on_progress": told})

    monkeypatch.setattr(jobs, "measure", measure)
    desk.take("squats.npz", squats)
    desk.start(EXERCISES["squat"])
    assert ended(desk).stage == "cancelled"
    assert desk._work is not None
    desk._work.thread.join()
    assert began.is_set() and seen[-1] == 50, "it went on after it was cancelled"
    assert desk.result is None


def test_everything_is_gone_when_the_desk_is_closed(squats: Path) -> None:
    desk = Desk()
    desk.take("one.npz", io.BytesIO(squats.read_bytes()))
    folder = desk._folder
    assert [p.name for p in folder.iterdir()] == ["one.npz"]
    desk.start(EXERCISES["squat"])
    ended(desk)
    result = desk.result
    assert result is not None
    desk.close()
    for _ in range(6000):
        if not folder.exists():
            break
        time.sleep(0.02)
    assert not folder.exists()
    assert MEDIA.find(result.video) is None and MEDIA.find(result.table) is None
    # What was only borrowed stays where it is.
    assert squats.is_file()


def test_another_recording_takes_the_place_of_the_first(desk: Desk, squats: Path) -> None:
    data = squats.read_bytes()
    desk.take("one.npz", io.BytesIO(data))
    desk.start(EXERCISES["squat"])
    desk.take("two.npz", io.BytesIO(data))
    assert desk.state == State() and desk.name == "two.npz"
    assert [p.name for p in desk._folder.iterdir() if p.is_file()] == ["two.npz"]


def test_landmarks_are_not_looked_for_twice(desk: Desk, tmp_path: Path) -> None:
    """Of a video the network sees each picture once, whatever is asked afterwards."""
    pytest.importorskip("mediapipe")
    from formcheck.capture.models.store import ModelUnavailableError, ensure_model

    try:
        ensure_model("lite", progress=lambda *_: None)
    except ModelUnavailableError as error:
        pytest.skip(f"no pose model: {str(error).splitlines()[0]}")
    if not SAMPLES.is_dir():
        pytest.skip("the sample videos are not here")
    clip = turned(SAMPLES / "squat_front_knee_valgus.mp4", tmp_path / "phone.mov", 130)
    stages = set()
    desk.take("phone.mov", clip)
    desk.start(EXERCISES["squat"], model="lite")
    while desk.state.busy:
        stages.add(desk.state.stage)
        time.sleep(0.005)
    assert desk.state.stage == "done", desk.state
    assert "landmarks" in stages
    result = desk.result
    assert result is not None
    report = result.sets[0].report
    assert len(report.reps) == 1
    # Upright, as the phone showed it, though stored lying.
    assert (report.source.width, report.source.height) == (300, 480)
    assert review_data(result.sets[0], key="k", video="v")["size"] == [300, 480]
    assert result.sets[0].pictures, "no picture of any moment"

    stages.clear()
    desk.compare(Prescription(hold_s=5))
    while desk.state.busy:
        stages.add(desk.state.stage)
        time.sleep(0.005)
    assert desk.state.stage == "done" and "landmarks" not in stages


def turned(source: Path, target: Path, frames: int) -> Path:
    """The middle of a clip as a phone held upright stores it: lying, with a note to turn it."""
    with av.open(str(source)) as video:
        decoded = islice(video.decode(video=0), frames)
        pictures = [picture.to_ndarray(format="rgb24") for picture in decoded]
    left = (pictures[0].shape[1] - 300) // 2
    with av.open(str(target), "w", format="mov") as out:
        stream: Any = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = pictures[0].shape[0], 300, "yuv420p"
        stream.set_display_rotation(-90)
        for picture in pictures:
            lying = np.ascontiguousarray(np.rot90(picture[:, left : left + 300], 1))
            for packet in stream.encode(av.VideoFrame.from_ndarray(lying, format="rgb24")):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return target


# ---------------------------------------------------------------- the files


def fetch(target: str, span: str = "") -> tuple[int, dict[str, str], bytes]:
    """GET from our routes: (status, headers, body)."""
    path, _, query = target.partition("?")
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"range", span.encode())] if span else [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
    }

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # nobody hangs up
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Starlette(routes=media_routes())(scope, receive, send))
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


def test_a_part_of_a_video_is_served_as_asked(tmp_path: Path) -> None:
    file = tmp_path / "annotated.mp4"
    file.write_bytes(bytes(range(256)) * 40)
    token = MEDIA.add(file)
    status, headers, body = fetch(url(token, "a.mp4"))
    assert status == 200 and headers["content-type"] == "video/mp4" and len(body) == 10240
    assert headers["accept-ranges"] == "bytes" and "no-store" in headers["cache-control"]
    status, headers, body = fetch(url(token, "a.mp4"), "bytes=256-511")
    assert status == 206 and body == bytes(range(256))
    assert headers["content-range"] == "bytes 256-511/10240"
    _, headers, _ = fetch(url(token, "my clip.mp4", download=True))
    assert headers["content-disposition"].startswith("attachment")
    assert "my%20clip.mp4" in headers["content-disposition"]
    MEDIA.remove(token)
    assert fetch(url(token, "a.mp4"))[0] == 404


@pytest.mark.parametrize(
    "path", ["/recordings/x/a.mp4", "/recordings/../a.mp4", "/recordings/%2e%2e/%2fetc%2fpasswd"]
)
def test_nothing_else_can_be_named(path: str) -> None:
    assert fetch(path)[0] == 404


def test_tokens_cannot_be_guessed(tmp_path: Path) -> None:
    tokens = {MEDIA.add(tmp_path / "a.mp4") for _ in range(50)}
    assert len(tokens) == 50 and min(map(len, tokens)) >= 40
    for token in tokens:
        MEDIA.remove(token)


# ---------------------------------------------------------------- what is shown


def test_the_review_shows_the_report(desk: Desk, squats: Path) -> None:
    desk.take("squats.npz", squats)
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
    page: AppTest, desk: Desk, two_sets: Path
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
    page: AppTest, desk: Desk, squats: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    write_pose_file(tmp_path / "last.npz", film("squat-00"))
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
    for pose in film("squat-00"):
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


def test_what_names_a_page_s_widgets_is_taken_by_streamlit(tmp_path: Path) -> None:
    # The component of a report is named after the token of its video, and Streamlit refuses a
    # name with two underscores in a row: one token in eighty had them.
    tokens = [MEDIA.add(tmp_path / "never-there.mp4") for _ in range(300)]
    for token in tokens:
        MEDIA.remove(token)
    assert all(token.isalnum() for token in tokens)
