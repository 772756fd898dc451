"""The coach in a window, for people without a browser: `formcheck live`.

It coaches and keeps as a live connection of the pages does, with the picture mirrored.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from formcheck.capture.estimator import EstimatorError, PoseEstimator
from formcheck.capture.frames import Frame, SourceError, brightness
from formcheck.capture.models.store import named_model
from formcheck.capture.newest_frame import NewestFrame, newest_frames
from formcheck.capture.streams import Tally
from formcheck.cli.speech import Speaker, find_voice
from formcheck.cli.window import Window
from formcheck.drawing.annotated_video import fit
from formcheck.drawing.cards import write_note
from formcheck.drawing.overlay import Overlay
from formcheck.drawing.skeleton import mark_joints
from formcheck.drawing.stills import encode
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.history.settings import load_settings, pick_model, remember_speed
from formcheck.live.coach import Coach
from formcheck.live.coached_set import FinishedSet
from formcheck.web.coaching_run import CoachingRun
from formcheck.web.tab_session import Setup, TabSession


class LiveCoach:
    """Coaches in a window; close() at the end.

    problems: sentences for the person about what cost pictures or a saved set, in order.
    seen: the pictures that were looked at. HEIGHT: of what is drawn, pixels.
    """

    HEIGHT = 720

    def __init__(
        self, setup: Setup, estimator: PoseEstimator, window: Window, voice: Speaker, mirrored: bool
    ) -> None:
        self._setup, self._tab = setup, TabSession()
        self._estimator, self._window, self.voice = estimator, window, voice
        exercise = EXERCISES[setup.exercise]
        self._overlay = Overlay(exercise.name, setup.prescription.hold_s, mirrored)
        self.problems: list[str] = []
        self.seen = Tally()
        self._begin()

    def _begin(self) -> None:
        self._coaching_run = CoachingRun(self._tab, self._setup, self.problems.append)

    def close(self) -> None:
        """Finish writing what was done; what went wrong with that is in problems."""
        self._coaching_run.give_up()

    def run(self, frames: Iterable[Frame | None]) -> Iterator[FinishedSet]:
        """Coach until the person leaves or the frames end; gives each set when it is over.

        Its id is "" when it is not saved. frames: as NewestFrame gives them.
        """
        try:
            for frame in frames:
                if frame is not None:
                    self._look_at(frame)
                keys = self._window.pressed()
                for key in keys:
                    self._obey(key)
                yield from self._finished()
                if "q" in keys:
                    break
        except (SourceError, EstimatorError) as error:
            self.problems.append(str(error))
        if self._coaching_run.player.stage == "set":
            self._coaching_run.player.do("end")
        yield from self._finished()

    def _finished(self) -> Iterator[FinishedSet]:
        run = self._coaching_run
        for _done in run.keep():
            done = self._tab.finished[-1]
            kept = (done.report.reps or done.report.partials) and run.flush()
            yield done if kept else replace(done, id="")

    def _look_at(self, frame: Frame) -> None:
        time_s = self._coaching_run.clock.take(frame.time_s)
        if time_s is None:
            return
        began_s = time.perf_counter()
        player = self._coaching_run.player
        pose = replace(self._estimator.estimate(frame, player.posture), time_s=time_s)
        self.seen.add(pose)
        light = brightness(frame.image_rgb)
        for said in player.push(pose, light, lambda: encode(frame.image_rgb)):
            within_s = said.expires_s - said.time_s - (time.perf_counter() - began_s)
            self.voice.say(said.text, interrupt=said.interrupt, within_s=within_s)
        if player.coach is not None:
            self._window.show(self._drawn(frame.image_rgb, pose, player.coach))

    def _drawn(self, image: ImageArray, pose: PoseFrame, coach: Coach) -> ImageArray:
        overlay, snapshot, muted = self._overlay, coach.snapshot, self.voice.muted
        wide = max(1, round(self.HEIGHT * image.shape[1] / image.shape[0]))
        shown = fit(image[:, ::-1] if overlay.mirrored else image, (wide, self.HEIGHT))
        if coach.stage == "set" and coach.moment is not None:
            words = (*snapshot.count_words, "muted") if muted else snapshot.count_words
            moment = replace(coach.moment, reps=snapshot.reps)
            overlay.draw(shown, pose, moment, beside=words, guide=snapshot.guide)
        else:
            mark_joints(shown, pose, {}, mirrored=overlay.mirrored)
            space = "n another set" if coach.stage == "done" else "space start now"
            keys = f"{space} · {'m sound on' if muted else 'm mute'} · f mirror · q quit"
            write_note(shown, snapshot.note, keys)
        return shown

    def _obey(self, key: str) -> None:
        player = self._coaching_run.player
        if key == " ":
            player.do("end" if player.stage == "set" else "start")
        elif key == "m":
            self.voice.muted = not self.voice.muted
        elif key == "f":
            self._overlay.mirrored = not self._overlay.mirrored
        elif key == "n" and player.stage == "done":
            self.close()
            self._begin()


@contextlib.contextmanager
def open_live_coach(
    setup: Setup, source: int | Path, model: str, *, mirrored: bool = True, muted: bool = False
) -> Iterator[tuple[LiveCoach, NewestFrame]]:
    """A coach with its window, camera, model and voice, all closed at the end.

    source: see newest_frames. model: "auto" (by measured speed), or as of named_model. Raises
    Failure, SourceError, ModelUnavailableError or EstimatorError, each saying what to do.
    """
    with contextlib.ExitStack() as stack:
        # The window first: where there is none, nobody wants to wait for a model.
        window = stack.enter_context(contextlib.closing(Window()))
        name, frames = stack.enter_context(newest_frames(source))
        file = named_model(pick_model(load_settings()) if model == "auto" else model)
        estimator = stack.enter_context(PoseEstimator(file, watchful=True))
        voice = stack.enter_context(Speaker(find_voice(), muted=muted))
        coach = LiveCoach(replace(setup, source_name=name), estimator, window, voice, mirrored)
        stack.callback(coach.close)
        yield coach, frames
        remember_speed(file.variant, estimator.detect_ms)
