"""The coach in a window: real sets of poses, a screen that records, and a real display."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from command import formcheck, one_sentence, own_folders
from joined import Poses, film, join, still
from PIL import Image
from pose_model import model_or_skip

import formcheck as package
from formcheck.capture.estimator import EstimatorError
from formcheck.capture.frames import Frame, SourceError
from formcheck.capture.newest_frame import NewestFrame
from formcheck.cli.live_coach import LiveCoach
from formcheck.cli.speech import Speaker
from formcheck.drawing.skeleton import LEFT, RIGHT
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.history import History, PastSet, Profile
from formcheck.history.unsaved import import_unsaved
from formcheck.live.coached_set import FinishedSet
from formcheck.web.tab_session import Setup

# A fixture that is used here.
__all__ = ["own_folders"]

ROOT = Path(package.__file__).parent.parent
SAMPLE = ROOT / "sample_videos" / "squat_front_knee_valgus.mp4"


class FilmScreen:
    """Keeps some of the pictures shown; presses keys when it is time."""

    def __init__(self, keys: dict[int, str]) -> None:
        self._keys = keys
        self.shown = 0
        self.pictures: dict[int, np.ndarray] = {}

    def show(self, image_rgb: np.ndarray) -> None:
        self.shown += 1
        self.pictures[self.shown] = image_rgb

    def pressed(self) -> str:
        return self._keys.pop(self.shown, "")


class Listener(Speaker):
    """A speaker without a voice, and what it was to say."""

    def __init__(self) -> None:
        super().__init__(None)
        self.problem = ""
        self.said: list[str] = []

    def say(self, text: str, *, interrupt: bool = False, within_s: float = 10.0) -> None:
        if not self.muted:
            self.said.append(text)


class Replay:
    """Gives the poses of a film in place of the pose network; may break down at a frame."""

    def __init__(self, poses: Poses, breaks_at: int | None = None) -> None:
        self._poses, self._breaks_at = poses, breaks_at

    def estimate(self, frame: Frame, posture: str = "") -> PoseFrame:
        if frame.index == self._breaks_at:
            raise EstimatorError("The pose landmarker failed at 9.00 s (out of memory).")
        return self._poses[frame.index]


def camera(poses: Poses, problem: str = "") -> Iterator[Frame]:
    """Frames to these poses, one after the other, and then the end."""
    # Lit from the right as the camera sees it, so that a flipped picture is noticed.
    image = np.full((48, 64, 3), 60, np.uint8)
    image[:, 32:] = 180
    yield from (Frame(p.time_s, image, i) for i, p in enumerate(poses))
    if problem:
        raise SourceError(problem)


@dataclass(frozen=True)
class Store:
    """A history with the person who trains."""

    history: History
    me: Profile

    @property
    def sets(self) -> tuple[PastSet, ...]:
        return self.history.sets(self.me.id)


def wanted(profile_id: str, exercise: str = "squat", asked: Prescription | None = None) -> Setup:
    return Setup(exercise, asked or EXERCISES[exercise].prescription, profile_id=profile_id)


class Show:
    """One run of the coach over a film."""

    def __init__(
        self,
        poses: Poses,
        keys: dict[int, str],
        store: Store,
        *,
        exercise: str = "squat",
        asked: Prescription | None = None,
        problem: str = "",
        breaks_at: int | None = None,
        mirrored: bool = True,
    ) -> None:
        self.screen, self.speaker = FilmScreen(keys), Listener()
        self.coach = LiveCoach(
            wanted(store.me.id, exercise, asked),
            Replay(poses, breaks_at),  # type: ignore[arg-type]
            self.screen,  # type: ignore[arg-type]
            self.speaker,
            mirrored,
        )
        self.sets: list[FinishedSet] = list(self.coach.run(camera(poses, problem)))
        self.coach.close()
        self.speaker.close()


def lit_from_the_right(picture: np.ndarray) -> bool:
    columns = picture.shape[1] // 4
    return bool(picture[:, -columns:].mean() > picture[:, :columns].mean())


def decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(LiveCoach, "HEIGHT", 120)  # drawing large pictures takes time
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    history = History()
    yield Store(history, history.add_profile("Me"))
    history.close()


def stood_and_squatted() -> Poses:
    """Three good squats after some seconds of standing still."""
    poses = film("squat-00")
    return join(still(poses[0], 8.0), poses, still(poses[-1], 3.0))


@pytest.fixture(scope="module")
def squats() -> Poses:
    """The same with every second pose: each is drawn in a picture."""
    return stood_and_squatted()[::2]


def test_hands_free_from_set_up_to_the_saved_report(store: Store) -> None:
    show = Show(stood_and_squatted(), {}, store, asked=Prescription(reps=3))
    (done,) = show.sets
    assert done.report.summary.reps == 3
    assert done.report.source.name == "webcam"
    spoken = [text for text in show.speaker.said if text in {"Three.", "Two.", "One.", "Go."}]
    assert spoken[:4] == ["Three.", "Two.", "One.", "Go."]
    said = show.speaker.said
    assert said.index("Go.") < next(i for i, t in enumerate(said) if "set" in t.lower())
    saved = store.history.load(done.id)
    assert saved.report.summary.reps == 3
    (past,) = store.sets
    assert (past.id, past.state, past.end_reason) == (done.id, "done", "target")
    assert 5 < past.duration_s < 60
    assert saved.prescription.reps == 3
    assert saved.trace is not None and len(saved.trace.time_s) > 50
    assert saved.pictures  # the turning point or the worst moments
    assert all(lit_from_the_right(decoded(jpeg)) for jpeg in saved.pictures.values())
    assert show.coach.problems == []


def test_space_starts_at_once_and_ends_the_set(squats: Poses, store: Store) -> None:
    show = Show(squats, {1: " ", len(squats) - 10: " "}, store)
    (done,) = show.sets
    assert done.report.summary.reps == 3
    assert show.speaker.said[0] == "Go."
    assert any("three reps" in text for text in show.speaker.said)  # "Set done: three reps."


def test_who_leaves_during_the_set_up_has_no_report(squats: Poses, store: Store) -> None:
    show = Show(squats, {5: "q"}, store)
    assert show.sets == [] and store.sets == ()
    assert show.screen.shown < 10


def test_who_leaves_in_the_middle_keeps_what_was_done(squats: Poses, store: Store) -> None:
    second = next(i for i, p in enumerate(squats) if p.time_s > 8.0 + 6.0)
    show = Show(squats, {1: " ", second: "q"}, store)
    (done,) = show.sets
    assert 1 <= done.report.summary.reps < 3
    (past,) = store.sets
    assert (past.id, len(past.reps)) == (done.id, done.report.summary.reps)


def test_another_set_is_counted_from_nothing(squats: Poses, store: Store) -> None:
    twice, end = join(squats, squats), len(squats)
    # "n" is for after a set only.
    show = Show(twice, {1: " ", end // 2: "n", end - 1: " ", end + 2: "n"}, store)
    assert [one.report.summary.reps for one in show.sets] == [3, 3]
    assert [one.id for one in store.sets] == [one.id for one in show.sets]
    assert len(store.sets) == 2


def test_a_camera_that_is_pulled_out_costs_no_rep_that_was_done(
    squats: Poses, store: Store
) -> None:
    gone = "Camera 0 has given no picture for 5 s; check the cable."
    until = next(i for i, p in enumerate(squats) if p.time_s > 8.0 + 6.0)
    show = Show(squats[:until], {1: " "}, store, problem=gone)
    (done,) = show.sets
    assert done.report.summary.reps >= 1
    assert store.history.load(done.id).report.summary.reps == done.report.summary.reps
    assert show.coach.problems == [gone]


def test_a_pose_network_that_fails_costs_no_rep_that_was_done(squats: Poses, store: Store) -> None:
    until = next(i for i, p in enumerate(squats) if p.time_s > 8.0 + 6.0)
    show = Show(squats, {1: " "}, store, breaks_at=until)
    assert show.sets[0].report.summary.reps >= 1
    assert "out of memory" in show.coach.problems[0]


def test_every_rep_is_in_the_history_before_the_set_is_over(squats: Poses, store: Store) -> None:
    seen: list[tuple[int, str]] = []

    class Peeking(FilmScreen):
        def pressed(self) -> str:
            if self.shown % 30 == 0:
                # The film runs faster than a set is done: writing may lag behind it.
                assert any(coach._coaching_run.flush() for _ in range(15))
                seen.extend((len(one.reps), one.state) for one in store.sets)
            return super().pressed()

    coach = LiveCoach(
        wanted(store.me.id),
        Replay(squats),  # type: ignore[arg-type]
        Peeking({1: " "}),  # type: ignore[arg-type]
        Listener(),
        mirrored=True,
    )
    assert len(list(coach.run(camera(squats)))) == 1
    coach.close()
    assert {(1, "running"), (2, "running")} <= set(seen)


def test_a_history_that_cannot_be_opened_is_told_and_the_report_still_shown(
    squats: Poses, store: Store, tmp_path: Path
) -> None:
    store.history.close()
    file = tmp_path / "data" / "history.db"
    kept = file.rename(tmp_path / "kept.db")
    file.mkdir()
    show = Show(squats, {1: " "}, store)
    assert show.sets[0].report.summary.reps == 3 and show.sets[0].id == ""
    (problem,) = show.coach.problems
    assert str(file) in problem and "unsaved" in problem
    file.rmdir()
    kept.rename(file)
    assert import_unsaved(store.history) == ()
    assert [len(one.reps) for one in store.sets] == [3]
    assert store.history.load(store.sets[0].id).pictures == show.sets[0].pictures


def test_a_set_of_nobody_known_is_the_first_persons(squats: Poses, store: Store) -> None:
    speaker = Listener()
    coach = LiveCoach(
        wanted(""),
        Replay(squats),  # type: ignore[arg-type]
        FilmScreen({1: " "}),  # type: ignore[arg-type]
        speaker,
        mirrored=True,
    )
    (done,) = coach.run(camera(squats))
    coach.close()
    assert done.report.summary.reps == 3
    assert import_unsaved(store.history) == ()
    assert [len(one.reps) for one in store.sets] == [3]


def test_a_set_without_an_attempt_is_not_saved(store: Store) -> None:
    stood = still(film("squat-00")[0], 4.0)
    show = Show(stood, {1: " "}, store)
    assert show.sets[0].report.summary.reps == 0
    assert store.sets == ()


def test_mirrored_only_for_display(squats: Poses, store: Store) -> None:
    middle = len(squats) // 2

    def sides(picture: np.ndarray) -> bool:
        """Whether the left leg is drawn left of the right one."""
        left, right = (
            np.nonzero((np.abs(picture[70:].astype(int) - colour) < 30).all(axis=2))[1].mean()
            for colour in (LEFT, RIGHT)
        )
        return bool(left < right)

    show = Show(squats, {1: " ", middle: "f"}, store)
    assert sides(show.screen.pictures[middle - 5])
    assert not lit_from_the_right(show.screen.pictures[middle - 5])
    assert not sides(show.screen.pictures[middle + 5])
    assert lit_from_the_right(show.screen.pictures[middle + 5])
    plain = Show(squats, {1: " "}, store, mirrored=False)
    assert not sides(plain.screen.pictures[middle - 5])
    assert show.sets[0].report.to_dict() == plain.sets[0].report.to_dict()


def test_muted_says_nothing_until_it_is_heard_again(squats: Poses, store: Store) -> None:
    show = Show(squats, {1: "m", 3: " ", len(squats) - 10: "m", len(squats) - 6: " "}, store)
    # Only the last words, after the second m.
    assert len(show.speaker.said) == 1 and "three reps" in show.speaker.said[0]


# ----------------------------------------------------------- the newest picture


def test_only_the_newest_picture_is_taken_and_the_end_is_told() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    go_on, read = threading.Event(), threading.Event()

    def frames() -> Iterator[Frame]:
        for index in range(10):
            yield Frame(index / 30, image, index)
        read.set()
        go_on.wait(120)
        raise SourceError("Camera 0 has given no picture for 5 s.")

    with NewestFrame(frames()) as newest:
        assert read.wait(120)
        pictures = iter(newest)
        taken = next(pictures)
        assert taken is not None and taken.index == 9
        assert newest.skipped == 9
        assert next(pictures) is None
        go_on.set()
        with pytest.raises(SourceError, match="no picture for 5 s"):
            list(pictures)


def test_a_file_is_played_as_a_camera_would() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    began_s = time.monotonic()
    with NewestFrame((Frame(i / 50, image, i) for i in range(10)), paced=True) as newest:
        taken = [one for one in newest if one is not None]
    assert taken[-1].index == 9
    # Read at once it would be over at once.
    assert time.monotonic() - began_s >= 9 / 50


def test_any_other_error_of_the_camera_is_told_too() -> None:
    def frames() -> Iterator[Frame]:
        raise RuntimeError("the driver is gone")
        yield

    with NewestFrame(frames()) as newest, pytest.raises(SourceError, match="the driver is gone"):
        list(newest)


# ------------------------------------------------------------------ the command


def started(*args: object, **env: str | None) -> subprocess.Popen[str]:
    merged = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **env}
    return subprocess.Popen(
        [sys.executable, "-m", "formcheck", "live", *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={k: v for k, v in merged.items() if v is not None},
    )


def sentence_of(code: int, *args: object, **env: str | None) -> str:
    """The one sentence with which the command ends, with this exit code."""
    with started(*args, **env) as program:
        _, complaints = program.communicate(timeout=300)
    assert program.returncode == code, complaints
    lines = complaints.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("formcheck: "), complaints
    return str(lines[0])


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11")


@linux
@pytest.mark.parametrize("display", [None, ":4711"])
def test_without_a_display_it_says_what_to_use(display: str | None) -> None:
    said = sentence_of(1, "--exercise", "squat", DISPLAY=display)
    assert "formcheck app" in said


def test_bad_wishes_are_told_before_anything_opens(own_folders: Path) -> None:
    def told(code: int, *args: object) -> str:
        return one_sentence(formcheck("live", *args), code)

    lists = told(2)
    assert all(name in lists for name in EXERCISES)
    assert "squat" in told(2, "--exercise", "sqat")
    assert "Reps" in told(2, "--exercise", "squat", "--reps", "0")
    assert "--json" in told(1, "--exercise", "squat", "--json", own_folders / "no" / "x")
    assert "not allowed" in told(2, "--camera", "1", "--video", "x")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A real X display nobody looks at."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not here")
    read, write = os.pipe()
    server = subprocess.Popen(
        # It would begin anew when a window closes, and be gone for the next one meanwhile.
        ["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1366x768x24"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@linux
def test_a_camera_that_is_not_there_is_told(display: str) -> None:
    said = sentence_of(1, "--exercise", "squat", "--camera", "63", DISPLAY=display)
    assert "Camera 63 cannot be opened" in said


@linux
def test_a_video_that_is_none_is_told(display: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(SAMPLE.read_bytes()[:2000])
    said = sentence_of(1, "--exercise", "squat", "--video", broken, DISPLAY=display)
    assert "broken.mp4" in said


def repeated(clip: Path, target: Path, times: int) -> Path:
    """The clip again and again: nobody need be in time for its end."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        film = source.streams.video[0]
        copy = out.add_stream_from_template(film)
        for number in range(times):
            source.seek(0)
            for packet in source.demux(film):
                if packet.dts is not None:
                    packet.pts += number * film.duration
                    packet.dts += number * film.duration
                    packet.stream = copy
                    out.mux(packet)
    return target


@linux
def test_a_set_on_a_real_display_with_real_keys(display: str, tmp_path: Path) -> None:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not here to press the keys")
    model_or_skip("lite")
    env = {"DISPLAY": display, "FORMCHECK_DATA": str(tmp_path), "FORMCHECK_CONFIG": str(tmp_path)}
    film = repeated(SAMPLE, tmp_path / "film.mp4", 10)
    args: list[object] = ["-e", "squat", "--mute", "--model", "lite", "--video", film]
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
    for name, file in files.items():
        args += [f"--{name}", file]

    def press(key: str) -> None:
        # On a busy display the window may take a moment to appear.
        keys = ["search", "--sync", "--name", "^formcheck$", "windowfocus", "key", key]
        subprocess.run(["xdotool", *keys], env={**os.environ, **env}, check=True, timeout=300)

    def kept() -> list[PastSet]:
        return [one for who in history.profiles() for one in history.sets(who.id)]

    with started(*args, **env) as program:
        assert program.stdout is not None
        assert "Starting" in program.stdout.readline()
        printed = program.stdout.readline()  # once everything is open
        press("space")
        history = History(f"sqlite:///{tmp_path / 'history.db'}")
        while program.poll() is None and not any(one.reps for one in kept()):
            time.sleep(0.2)
        assert program.poll() is None, "the film was over before a rep was kept"
        press("q")
        rest, complaints = program.communicate(timeout=300)
    assert program.returncode == 0, complaints
    printed += rest
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    assert report["exercise"] == "squat"
    assert "<html" in files["html"].read_text(encoding="utf-8")
    assert "Squat:" in printed
    (one,) = kept()
    assert one.exercise == "squat" and 1 <= len(one.reps) == len(report["reps"]) < 40
    assert one.id[:8] in printed
    history.close()
