"""The coach in a window, for people without a browser: `formcheck live`.

It coaches and keeps what a live connection of the pages does. Pictures are mirrored for
display only.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import numpy as np

from formcheck.capture.estimator import EstimatorError, PoseEstimator
from formcheck.capture.frames import Frame, VideoFile, Webcam, brightness
from formcheck.capture.models.store import ensure_model, model_variants
from formcheck.capture.newest_frame import Ended, NewestFrame
from formcheck.capture.streams import open_video
from formcheck.cli.speech import Speaker, find_voice
from formcheck.cli.window import CLOSED, Window
from formcheck.drawing.annotated_video import fit
from formcheck.drawing.overlay import Overlay, mark_joints, write_note
from formcheck.drawing.stills import encode
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.history.settings import ModelName, load_settings, pick_model, remember_speed
from formcheck.live.coached_set import FinishedSet
from formcheck.web.coaching_run import CoachingRun
from formcheck.web.tab_session import Setup, TabSession

__all__ = ["LiveCoach", "LiveOptions", "open_live_coach"]

#: Height of what is drawn, pixels; the window may be made larger.
SHOWN_HEIGHT: Final = 720
#: How long to wait for a picture before the keys are looked at again, seconds.
_PATIENCE_S: Final = 0.05
#: So many detections tell how fast the model is here.
_WELL_MEASURED: Final = 60


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What is coached, how it is shown, and which pose model: a name or a .task file."""

    setup: Setup
    mirrored: bool = True
    muted: bool = False
    model: str = ""


class LiveCoach:
    """Runs sets in a window until the person leaves, or the pictures end. close() at the end.

    take: see NewestFrame.take. stop: asked between frames; True = leave.

    problems: sentences for the person about what went wrong, in order. failed: whether one
    cost pictures or a saved set. frames, frames_with_pose: pictures that were looked at.
    """

    def __init__(
        self,
        options: LiveOptions,
        take: Callable[[float], Frame | Ended | None],
        estimator: PoseEstimator,
        screen: Window,
        speaker: Speaker,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._options, self._take, self._stop = options, take, stop
        self._estimator, self._screen, self._speaker = estimator, screen, speaker
        setup, self._tab = options.setup, TabSession()
        name, hold_s = EXERCISES[setup.exercise].name, setup.prescription.hold_s
        self._overlay = Overlay(name, hold_s, options.mirrored)
        self._run = CoachingRun(self._tab, setup, self._fail)
        self._pictured: tuple[Frame, PoseFrame] | None = None
        self._leaving = False
        self.detect_ms: list[float] = []
        self.problems: list[str] = []
        self.failed = False
        self.frames = self.frames_with_pose = 0

    def close(self) -> None:
        """Finish writing what was done; what went wrong with that is in problems."""
        self._run.give_up()

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
            if self._leaving and self._run.player.stage == "set":
                self._run.player.do("end")
            for _ in self._run.keep():
                done = self._tab.finished[-1]
                kept = (done.report.reps or done.report.partials) and self._run.flush()
                yield done if kept else replace(done, id="")

    def _look_at(self, frame: Frame) -> None:
        time_s = self._run.clock.take(frame.time_s)
        if time_s is None:
            return
        began_s = time.perf_counter()
        try:
            pose = replace(self._estimator.estimate(frame), time_s=time_s)
        except EstimatorError as error:
            self._fail(str(error))
            self._leaving = True
            return
        self.detect_ms.append(1000 * (time.perf_counter() - began_s))
        self.frames += 1
        self.frames_with_pose += pose.has_person
        image = frame.image_rgb
        for said in self._run.player.push(pose, brightness(image), lambda: encode(image)):
            within_s = said.expires_s - said.time_s - (time.perf_counter() - began_s)
            self._speaker.say(said.text, interrupt=said.interrupt, within_s=within_s)
        if self._speaker.problem and self._speaker.problem not in self.problems:
            self.problems.append(self._speaker.problem)
        self._pictured = frame, pose
        self._draw()

    def _draw(self) -> None:
        overlay, coach = self._overlay, self._run.player.coach
        if self._pictured is None or coach is None:
            return
        frame, pose = self._pictured
        image = frame.image_rgb[:, ::-1] if overlay.mirrored else frame.image_rgb
        wide = max(1, round(SHOWN_HEIGHT * image.shape[1] / image.shape[0]))
        shown, snapshot = fit(np.ascontiguousarray(image), (wide, SHOWN_HEIGHT)), coach.snapshot
        if coach.stage == "set" and coach.moment is not None:
            words = (*snapshot.count_words, *(["muted"] if self._speaker.muted else []))
            moment = replace(coach.moment, reps=snapshot.reps)
            overlay.draw(shown, pose, moment, beside=words, guide=snapshot.guide)
        else:
            mark_joints(shown, pose, {}, mirrored=overlay.mirrored)
            sound = "m sound on" if self._speaker.muted else "m mute"
            space = "n another set" if coach.stage == "done" else "space start now"
            write_note(shown, snapshot.note, f"{space} · {sound} · f mirror · q quit")
        self._screen.show(shown)

    def _obey(self, key: str) -> None:
        player = self._run.player
        if key == " ":
            player.do("end" if player.stage == "set" else "start")
        elif key in "mM":
            self._speaker.muted = not self._speaker.muted
        elif key in "fF":
            self._overlay.mirrored = not self._overlay.mirrored
        elif key in "nN" and player.stage == "done":
            self._run.give_up()
            self._run = CoachingRun(self._tab, self._options.setup, self._fail)
        elif key in ("q", "Q", CLOSED):
            self._leaving = True
        self._draw()

    def _fail(self, sentence: str) -> None:
        self.failed = True
        self.problems.append(sentence)


@contextlib.contextmanager
def open_live_coach(
    options: LiveOptions, *, camera: int, video: str | None, stop: Callable[[], bool]
) -> Iterator[LiveCoach]:
    """A coach with its window, camera, model and voice, all closed at the end.

    video: a file that is played in place of the camera. options.model: "auto" (by measured
    speed), "lite", "full", "heavy", or the path of a .task file. Raises NoWindowError,
    SourceError, ModelUnavailableError or EstimatorError, each saying what to do.
    """
    with contextlib.ExitStack() as stack:
        # The window first: where there is none, nobody wants to wait for a model.
        screen = stack.enter_context(Window())
        starting = np.zeros((SHOWN_HEIGHT, SHOWN_HEIGHT * 16 // 9, 3), np.uint8)
        write_note(starting, "Starting the camera and the pose model ...")
        screen.show(starting)
        screen.pressed()
        source: VideoFile | Webcam = Webcam(camera) if video is None else open_video(Path(video))
        stack.enter_context(source)
        name = pick_model(load_settings()) if options.model == "auto" else options.model
        known = name in model_variants()  # not a file of one's own
        file = ensure_model(name) if known else ensure_model(path=name)
        estimator = stack.enter_context(PoseEstimator(file))
        speaker = stack.enter_context(Speaker(find_voice(), muted=options.muted))
        newest = stack.enter_context(NewestFrame(source, paced=video is not None))
        setup = replace(options.setup, source_name=source.name)
        named = replace(options, setup=setup)
        coach = LiveCoach(named, newest.take, estimator, screen, speaker, stop)
        stack.callback(coach.close)
        yield coach
        if known and len(coach.detect_ms) >= _WELL_MEASURED:
            remember_speed(cast(ModelName, file.variant), statistics.median(coach.detect_ms))
