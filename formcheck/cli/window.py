"""The coach in a window of its own, for people without a browser: `formcheck live`.

A thread reads the camera and keeps only its newest picture; everything else happens in
the thread that owns the window. Pictures are mirrored for display only.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from formcheck.capture.estimator import EstimatorError, PoseEstimator
from formcheck.capture.frames import Frame, SourceError, VideoFile, Webcam
from formcheck.capture.model_store import Progress, ensure_model, model_variants
from formcheck.capture.streams import open_video
from formcheck.cli.speech import Speaker, find_voice
from formcheck.cli.window_overlay import CoachOverlay, draw_notice
from formcheck.drawing.stills import encode
from formcheck.engine.events import PartialCompleted, RepCompleted
from formcheck.engine.exercise import Exercise, Prescription
from formcheck.engine.pose import PoseFrame
from formcheck.history import SetStart, new_id
from formcheck.history.recorder import Recorder
from formcheck.history.settings import ModelName, load_settings, pick_model, remember_speed
from formcheck.live.coached_set import CoachedSet, FinishedSet

__all__ = [
    "Ended",
    "LiveCoach",
    "LiveOptions",
    "NewestFrame",
    "NoWindowError",
    "Screen",
    "Window",
    "open_live_coach",
]

Picture = NDArray[np.uint8]

#: Height of what is drawn, pixels; the window may be made larger.
SHOWN_HEIGHT: Final = 720
_TITLE: Final = "formcheck"
_ESCAPE: Final = "\x1b"
#: How long to wait for a picture before the keys are looked at again, seconds.
_PATIENCE_S: Final = 0.05
#: How long the end of a set waits to be in the history before it is shown, seconds.
_SAVING_S: Final = 3.0
#: So many detections tell how fast the model is here.
_WELL_MEASURED: Final = 60


class NoWindowError(Exception):
    """No window can be opened here; the text says why and what to do instead."""


class Screen(Protocol):
    """Where the pictures go, and where the keys come from."""

    def show(self, image_rgb: Picture) -> None:
        """Show a picture."""

    def pressed(self) -> str:
        """The keys pressed since the last time; Esc once the window was closed."""


class Window:
    """A window on the desktop; a context manager. Raises NoWindowError."""

    def __init__(self) -> None:
        _check_display()
        import cv2

        self._cv2 = cv2
        self._shape: tuple[int, ...] = ()
        try:
            flags = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
            cv2.namedWindow(_TITLE, flags)
        except cv2.error as error:
            raise NoWindowError(_no_window(f"OpenCV says: {error.err or error}")) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(self._cv2.error):
            self._cv2.destroyAllWindows()
            self._cv2.waitKey(1)  # the window goes only while events are looked at

    def show(self, image_rgb: Picture) -> None:
        """Show a picture; the window takes its size from the first."""
        if self._shape != image_rgb.shape:
            self._shape = image_rgb.shape
            self._cv2.resizeWindow(_TITLE, image_rgb.shape[1], image_rgb.shape[0])
        self._cv2.imshow(_TITLE, self._cv2.cvtColor(image_rgb, self._cv2.COLOR_RGB2BGR))

    def pressed(self) -> str:
        """The keys pressed since the last time; Esc once the window was closed."""
        keys = ""
        while (key := self._cv2.waitKey(1)) >= 0:
            keys += chr(key & 0xFF)
        if self._shape and self._cv2.getWindowProperty(_TITLE, self._cv2.WND_PROP_VISIBLE) < 1:
            return keys + _ESCAPE
        return keys


def _check_display() -> None:
    """Raise NoWindowError where opening a window would end the whole program."""
    if not sys.platform.startswith("linux"):
        return
    if not os.environ.get("DISPLAY"):
        raise NoWindowError(_no_window("the DISPLAY variable is not set"))
    # Qt ends the process when it cannot reach the display: let it end another one.
    probe = "import cv2; cv2.namedWindow('probe'); cv2.destroyAllWindows()"
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode != 0:
        shown = os.environ["DISPLAY"]
        raise NoWindowError(_no_window(f"the display {shown} cannot be used"))


def _no_window(why: str) -> str:
    return f"No window can be opened here: {why}. Use 'formcheck app' and a browser instead."


# ------------------------------------------------------------------- frames


@dataclass(frozen=True, slots=True)
class Ended:
    """There are no more pictures; problem: a sentence when that was not meant to be."""

    problem: str = ""


class NewestFrame:
    """Reads frames in a thread of its own and keeps the newest only; a context manager.

    paced: frames of a file are given out when their time has come, as a camera would.
    """

    def __init__(self, frames: Iterable[Frame], *, paced: bool = False) -> None:
        self._frames = frames
        self._paced = paced
        self._changed = threading.Condition()
        self._newest: Frame | Ended | None = None
        self._enough = threading.Event()
        self.skipped = 0
        self._thread = threading.Thread(target=self._read, name="formcheck-camera", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # The device may only be closed when nobody reads it any more.
        self._enough.set()
        self._thread.join(timeout=6.0)

    def take(self, timeout_s: float) -> Frame | Ended | None:
        """The newest frame that was not taken yet; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, timeout_s)
            taken = self._newest
            if not isinstance(taken, Ended):
                self._newest = None
            return taken

    def _read(self) -> None:
        began_s = time.monotonic()
        try:
            for frame in self._frames:
                if self._paced:
                    self._enough.wait(max(0.0, began_s + frame.time_s - time.monotonic()))
                if self._enough.is_set():
                    return
                self._put(frame)
            self._put(Ended())
        except SourceError as error:
            self._put(Ended(str(error)))
        except Exception as error:
            self._put(Ended(f"The pictures broke off ({error})."))

    def _put(self, item: Frame | Ended) -> None:
        with self._changed:
            self.skipped += isinstance(self._newest, Frame) and isinstance(item, Frame)
            self._newest = item
            self._changed.notify_all()


# -------------------------------------------------------------------- coach


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What the person asked for.

    source_name, model: what the pictures and the pose model are called in a report.
    """

    exercise: Exercise
    prescription: Prescription | None = None
    mirrored: bool = True
    muted: bool = False
    source_name: str = "webcam"
    model: str = ""


class LiveCoach:
    """Runs sets in a window until the person leaves, or the pictures end.

    take: gives the newest frame within so many seconds (NewestFrame.take). estimator,
    screen, speaker: opened by the caller. stop: asked between frames; True = leave.
    profile_id: whose sets these are, kept in the history at url (as of History) while they
    are done; "" = nobody's, and they are not kept. close() at the end.

    problems: sentences for the person about what went wrong, in order. failed: whether
    one of them cost pictures or a saved set.
    frames, frames_with_pose: how many pictures were looked at.
    """

    def __init__(
        self,
        options: LiveOptions,
        take: Callable[[float], Frame | Ended | None],
        estimator: PoseEstimator,
        screen: Screen,
        speaker: Speaker,
        *,
        profile_id: str = "",
        url: str | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._options = options
        self._take = take
        self._estimator = estimator
        self._screen = screen
        self._speaker = speaker
        self._profile_id = profile_id
        self._recorder = Recorder(on_problem=self._fail, url=url) if profile_id else None
        self._stop = stop
        self._mirrored = options.mirrored
        self._pictured: tuple[Frame, PoseFrame] | None = None
        self._detect_ms: list[float] = []
        self._leaving = False
        self.problems: list[str] = []
        self.failed = False
        self.frames = self.frames_with_pose = 0
        self._reported = False
        self._begin()

    def close(self) -> None:
        """Finish writing what was done; what went wrong with that is in problems."""
        if self._recorder is not None:
            self._recorder.close()

    @property
    def detection_ms(self) -> float | None:
        """Median time of one detection in milliseconds; None when too few were made."""
        if len(self._detect_ms) < _WELL_MEASURED:
            return None
        return statistics.median(self._detect_ms)

    def run(self) -> Iterator[FinishedSet]:
        """Coach; gives each set as soon as it is over. Its id is "" when it is not saved."""
        while not self._leaving:
            self._leaving = self._stop()
            taken = None if self._leaving else self._take(_PATIENCE_S)
            if isinstance(taken, Ended):
                self._leaving = True
                if taken.problem:
                    self._fail(taken.problem)
            elif taken is not None:
                self._look_at(taken)
            for key in self._screen.pressed():
                self._obey(key)
            stage = self._set.coach.stage
            if not self._reported and (stage == "done" or (self._leaving and stage == "set")):
                self._reported = True
                yield self._finished()

    def _begin(self) -> None:
        """Get ready for another set."""
        self._set = CoachedSet(self._options.exercise, self._options.prescription)
        self._overlay = self._new_overlay()
        self._reported = False
        self._set_id = ""
        self._began = datetime.now().astimezone()

    def _new_overlay(self) -> CoachOverlay:
        hold_s = self._set.coach.prescription.hold_s
        return CoachOverlay(hold_target_s=hold_s, mirrored=self._mirrored)

    def _look_at(self, frame: Frame) -> None:
        began_s = time.perf_counter()
        try:
            pose = self._estimator.estimate(frame)
        except EstimatorError as error:
            self._fail(str(error))
            self._leaving = True
            return
        self._detect_ms.append(1000 * (time.perf_counter() - began_s))
        self.frames += 1
        self.frames_with_pose += pose.has_person
        image = frame.image_rgb
        for said in self._set.push(pose, _brightness(image), lambda: encode(image)):
            within_s = said.expires_s - said.time_s - (time.perf_counter() - began_s)
            self._speaker.say(said.text, interrupt=said.interrupt, within_s=within_s)
        self._record()
        if self._speaker.problem and self._speaker.problem not in self.problems:
            self.problems.append(self._speaker.problem)
        self._pictured = frame, pose
        self._draw()

    def _record(self) -> None:
        """Tell the recorder what has happened in the set at this frame."""
        coach = self._set.coach
        if not self._set_id and coach.stage in ("set", "done"):
            self._set_id, self._began = new_id(), datetime.now().astimezone()
            if self._recorder is not None:
                self._recorder.begin(
                    SetStart(
                        self._set_id,
                        self._profile_id,
                        coach.exercise.id,
                        coach.prescription,
                        self._began,
                    )
                )
        if self._recorder is not None:
            for event in coach.events:
                if isinstance(event, RepCompleted | PartialCompleted):
                    self._recorder.rep(self._set_id, event.rep)

    def _draw(self) -> None:
        if self._pictured is None:
            return
        frame, pose = self._pictured
        shown = _for_display(frame.image_rgb, mirrored=self._mirrored)
        self._overlay.draw(shown, pose, self._set.coach.snapshot, hints=self._hints())
        self._screen.show(shown)

    def _hints(self) -> str:
        stage = self._set.coach.stage
        sound = "m sound on" if self._speaker.muted else "m mute"
        if stage == "set":
            return "muted" if self._speaker.muted else ""
        space = "n another set" if stage == "done" else "space start now"
        return f"{space}   {sound}   f mirror   q quit"

    def _obey(self, key: str) -> None:
        coach = self._set.coach
        if key == " ":
            if coach.stage == "set":
                coach.end()
            else:
                coach.start()
        elif key in "mM":
            self._speaker.muted = not self._speaker.muted
        elif key in "fF":
            self._mirrored = not self._mirrored
            self._overlay = self._new_overlay()
        elif key in "nN" and coach.stage == "done":
            self._begin()
        elif key in ("q", "Q", _ESCAPE):
            self._leaving = True
        self._draw()

    def _fail(self, sentence: str) -> None:
        self.failed = True
        self.problems.append(sentence)

    def _finished(self) -> FinishedSet:
        done = self._set.finish(
            source_name=self._options.source_name, model=self._options.model, when=self._began
        )
        report, recorder = done.report, self._recorder
        if recorder is None or not (report.reps or report.partials):
            return done
        recorder.finish(
            self._set_id,
            done,
            end_reason=self._set.coach.end_reason,
            duration_s=report.source.duration_s,
        )
        return replace(done, id=self._set_id) if recorder.flush(_SAVING_S) else done


@contextlib.contextmanager
def open_live_coach(
    options: LiveOptions,
    *,
    camera: int = 0,
    video: str | None = None,
    profile_id: str = "",
    model_progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[LiveCoach]:
    """A coach with its window, camera, model and voice, all closed at the end.

    video: a file that is played in place of the camera. profile_id: whose sets they are,
    "" = they are not kept. options.model: "auto" (by measured
    speed), "lite", "full", "heavy", or the path of a .task file. Raises NoWindowError,
    SourceError, ModelUnavailableError or EstimatorError, each saying what to do.
    """
    with contextlib.ExitStack() as stack:
        # The window first: where there is none, nobody wants to wait for a model.
        screen = stack.enter_context(Window())
        starting = np.zeros((SHOWN_HEIGHT, SHOWN_HEIGHT * 16 // 9, 3), np.uint8)
        draw_notice(starting, "Starting the camera and the pose model ...")
        screen.show(starting)
        screen.pressed()
        source: VideoFile | Webcam = Webcam(camera) if video is None else open_video(Path(video))
        stack.enter_context(source)
        name = pick_model(load_settings()) if options.model == "auto" else options.model
        if name in model_variants():
            file = ensure_model(name, progress=model_progress)
        else:
            file = ensure_model(path=name, progress=model_progress)
        estimator = stack.enter_context(PoseEstimator(file))
        speaker = stack.enter_context(Speaker(find_voice(), muted=options.muted))
        newest = stack.enter_context(NewestFrame(source, paced=video is not None))
        coach = LiveCoach(
            replace(
                options,
                source_name=source.name,
                model=f"pose_landmarker_{file.variant} {file.version}",
            ),
            newest.take,
            estimator,
            screen,
            speaker,
            profile_id=profile_id,
            stop=stop,
        )
        stack.callback(coach.close)
        yield coach
        known = file.variant in model_variants()  # not a file of one's own
        if coach.detection_ms is not None and known:
            remember_speed(cast(ModelName, file.variant), coach.detection_ms)


def _brightness(image_rgb: Picture) -> float:
    """Mean luma of a picture, 0..255."""
    return float(image_rgb[::16, ::16].reshape(-1, 3).mean(axis=0) @ (0.299, 0.587, 0.114))


def _for_display(image_rgb: Picture, *, mirrored: bool) -> Picture:
    """A copy of the picture at the height at which it is drawn on."""
    import cv2

    tall, wide = image_rgb.shape[:2]
    size = max(1, round(wide * SHOWN_HEIGHT / tall)), SHOWN_HEIGHT
    way = cv2.INTER_AREA if tall > SHOWN_HEIGHT else cv2.INTER_LINEAR
    shown: Any = cv2.resize(image_rgb, size, interpolation=way)
    if mirrored:
        shown = cv2.flip(shown, 1)
    return np.ascontiguousarray(shown, dtype=np.uint8)
