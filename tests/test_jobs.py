"""The work behind the page for recorded videos: begun, ended, put right, compared."""

from __future__ import annotations

import io
import threading
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from desks import SAMPLES, desk, ended, squats
from joined import film, nobody
from pose_model import model_or_skip
from processes import at_work

from formcheck.capture import streams
from formcheck.capture.correction import Correction
from formcheck.capture.pose_file import write_pose_file
from formcheck.drawing.stills import decode
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.web import jobs
from formcheck.web.jobs import Allotment, Desk, State
from formcheck.web.media import MEDIA
from formcheck.web.review_data import review_data

# Fixtures that are used here.
__all__ = ["desk", "squats"]


def test_an_unrecognised_recording_asks_which(desk: Desk, tmp_path: Path) -> None:
    write_pose_file(tmp_path / "empty.npz", nobody(8))
    desk.take("empty.npz", tmp_path / "empty.npz")
    desk.start(None)
    state = ended(desk)
    assert state.stage == "choose" and "Nobody" in state.text
    desk.start(EXERCISES["squat"])
    assert ended(desk).stage == "done"


def test_a_recording_is_put_right_and_stays_so(desk: Desk, squats: Path, tmp_path: Path) -> None:
    upside_down = [Correction(rotate=180).pose(pose) for pose in film("squat-03")[::2]]
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


def need_the_network_and_clips() -> None:
    """Skip where they are not to be had."""
    pytest.importorskip("mediapipe")
    model_or_skip("lite")
    if not SAMPLES.is_dir():
        pytest.skip("the sample videos are not here")


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores look at a clip, each at half of it, although it is short."""
    need_the_network_and_clips()
    monkeypatch.setattr(streams, "PIECE_S", 8.0)
    monkeypatch.setattr(jobs, "_allotment", Allotment(2, 1))


@pytest.mark.usefixtures("halved")
def test_every_core_looks_at_a_recording_of_the_page(desk: Desk) -> None:
    clip = SAMPLES / "squat_front_knee_valgus.mp4"
    desk.take(clip.name, clip)
    desk.start(EXERCISES["squat"], model="lite")
    most, fractions, previews = 0, [], set[bytes]()
    while desk.state.busy:
        most = max(most, len(at_work()))
        fractions.append(desk.state.fraction)
        previews.add(desk.preview)
        time.sleep(0.02)
    assert desk.state.stage == "done", desk.state
    assert most == 2 and not at_work()
    assert fractions == sorted(fractions), "it went backwards"
    assert len(previews) > 3
    assert decode(desk.preview).shape == (480, 640, 3)
    assert desk.result is not None
    # That it is the same as what one process finds is asked in test_pieces.py.
    (one,) = desk.result.sets
    assert len(one.report.reps) == 4


@pytest.mark.usefixtures("halved")
def test_who_cancels_is_left_with_no_process(desk: Desk) -> None:
    clip = SAMPLES / "squat_front_knee_valgus.mp4"
    desk.take(clip.name, clip)
    desk.start(EXERCISES["squat"], model="lite")
    while not desk.preview:
        assert desk.state.busy, desk.state
        time.sleep(0.02)
    assert at_work()
    desk.cancel()
    assert desk.state.stage == "cancelled"
    assert desk._work is not None
    desk._work.thread.join()
    assert not at_work() and desk.result is None


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 8, 64])
def test_cores_are_shared_out_to_the_analyses_that_run(cores: int) -> None:
    at_once = max(1, cores // 2)
    allotment = Allotment(cores, at_once)
    with allotment.share() as alone:
        assert alone == cores
    with ExitStack() as stack:
        shares = [stack.enter_context(allotment.share()) for _ in range(at_once)]
    assert min(shares) >= 1 and sum(shares) < 2 * cores
    with allotment.share() as alone:
        assert alone == cores


def test_landmarks_are_not_looked_for_twice(desk: Desk, tmp_path: Path) -> None:
    """Of a video the network sees each picture once, whatever is asked afterwards."""
    need_the_network_and_clips()
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
