"""What works behind one live connection: pictures in, what to draw and to say out.

One thread alone owns the landmarker and the coach: they are made, stepped and closed in
it. A second one decodes the next picture meanwhile. A picture that comes while they are
busy replaces the one that waits, so nothing ever queues. An error is told and the stream
goes on.
"""

from __future__ import annotations

import io
import json
import logging
import math
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from formcheck.coached_set import CoachedSet
from formcheck.estimator import EstimatorError, PoseEstimator
from formcheck.exercises import EXERCISES
from formcheck.frames import Frame
from formcheck.model_store import ModelUnavailableError, ensure_model
from formcheck.pose import PoseFrame
from formcheck.reporting.saved_sets import SavedSet, SavedSetError, SavedSets
from formcheck.settings import (
    MODEL_CHOICES,
    ModelName,
    load_settings,
    pick_model,
    remember_speed,
)
from formcheck.web.rooms import Room, Setup

__all__ = ["Outbox", "PictureError", "RunningSet", "Worker", "decode"]

ImageArray = NDArray[np.uint8]

MAX_SIDE_PX: Final = 1920
MIN_SIDE_PX: Final = 64
# In a row: so many failures, and the landmarker is made anew; so many times that.
_FAILURES: Final = 3
_REMAKES: Final = 3
_SAME_ERROR_S: Final = 3.0
# No page's clock gets that far: some three years.
_LATEST_MS: Final = 1e11
_WELL_MEASURED: Final = 60

_LOG = logging.getLogger(__name__)


class PictureError(ValueError):
    """What came is not a picture that can be looked at; the text says why."""


class Outbox(Protocol):
    """Where the worker's messages go; called from its thread."""

    def send(self, message: str) -> None:
        """Send JSON text to the browser."""

    def ready(self) -> None:
        """Pictures can be looked at now."""

    def arrived(self) -> None:
        """A picture is decoded and waits to be looked at."""

    def began(self) -> None:
        """It is being looked at."""

    def ended(self) -> None:
        """It has been, and its answer was sent."""

    def stopped(self) -> None:
        """The worker has come to an end by itself; its last message said why."""


@dataclass(frozen=True, slots=True)
class _Picture:
    seq: int
    capture_ms: float
    jpeg: bytes
    received_s: float


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A picture with its pixels and mean luma, or what was wrong with it."""

    picture: _Picture
    image: ImageArray | None
    light: float
    decode_s: float
    problem: str = ""


class RunningSet:
    """The set that is coached; it outlives a broken connection."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.coached = CoachedSet(
            EXERCISES[setup.exercise], setup.prescription, both_sides=setup.both_sides
        )
        #: Time zero of the coach on the page's clock, seconds; NaN before the first picture.
        self.origin_s = math.nan
        self.reported = False

    def same_set(self, setup: Setup) -> bool:
        """Whether this is what is asked for; the model may be another one."""
        return replace(setup, model=self.setup.model) == self.setup


class Worker:
    """Looks at the pictures of one connection in threads of its own.

    resume: the token that the browser gets for the case that the connection breaks.
    running: the set that a broken connection left behind, if it is to go on.
    """

    def __init__(
        self, room: Room, outbox: Outbox, resume: str, running: RunningSet | None = None
    ) -> None:
        self._room = room
        self._resume = resume
        self._outbox = outbox
        self._setup = room.setup
        if running is not None and not running.same_set(self._setup):
            running = None
        self.running = running or RunningSet(self._setup)
        lock = threading.Lock()
        self._came = threading.Condition(lock)
        self._changed = threading.Condition(lock)
        self._undecoded: _Picture | None = None
        self._newest: _Decoded | None = None
        self._commands: deque[str] = deque()
        self._stopping = False
        self._skipped = 0
        self._last_ms = -math.inf
        self._estimator: PoseEstimator | None = None
        self._model: ModelName | None = None
        self._failures = self._remakes = 0
        self._detect_ms: deque[float] = deque(maxlen=300)
        self._told: tuple[str, float] = ("", -math.inf)
        self._threads = [
            threading.Thread(target=self._run, name="formcheck-coach", daemon=True),
            threading.Thread(target=self._decode_all, name="formcheck-decode", daemon=True),
        ]

    # ------------------------------------------------- called by the socket

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def take(self, seq: int, capture_ms: float, jpeg: bytes, received_s: float) -> None:
        """Look at this picture next, in place of one that still waits.

        capture_ms: on the page's clock. received_s: of time.perf_counter().
        """
        with self._came:
            self._skipped += self._undecoded is not None
            self._undecoded = _Picture(seq, capture_ms, jpeg, received_s)
            self._came.notify()

    def command(self, what: str) -> None:
        """A button: "start", "end", "again" or "cancel"; others are ignored."""
        with self._changed:
            self._commands.append(what)
            self._changed.notify()

    def stop(self) -> None:
        """Come to an end after the picture that is being looked at."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            self._came.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it has come."""
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    # ----------------------------------------------------------- the threads

    def _decode_all(self) -> None:
        while True:
            with self._came:
                while not (self._stopping or self._undecoded):
                    self._came.wait()
                picture, self._undecoded = self._undecoded, None
                if self._stopping or picture is None:
                    return
            began_s = time.perf_counter()
            image, light, problem = None, 0.0, ""
            try:
                image, light = decode(picture.jpeg)
            except PictureError as error:
                problem = str(error)
            done = _Decoded(picture, image, light, time.perf_counter() - began_s, problem)
            # Told before it can be looked at: the pace needs them in this order.
            self._outbox.arrived()
            with self._changed:
                self._skipped += self._newest is not None
                self._newest = done
                self._changed.notify()

    def _run(self) -> None:
        try:
            hello = {"type": "hello", "resume": self._resume, "model": self._wanted_model()}
            self._send(hello)
            if self._renew_estimator():
                self._outbox.ready()
                self._loop()
        except Exception as error:
            _LOG.exception("A live connection ended.")
            self._tell("stopped", f"The coach had to stop ({_short(error)}). Start it again.")
        finally:
            self._close_estimator()
            if not self._stopping:
                self.stop()
                self._outbox.stopped()

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not (self._stopping or self._commands or self._newest):
                    self._changed.wait()
                if self._stopping:
                    return
                commands, newest = list(self._commands), self._newest
                self._commands.clear()
                self._newest = None
            if not self._follow_setup():
                return
            for command in commands:
                self._guarded(self._obey, command)
            if newest is None:
                continue
            self._outbox.began()
            self._guarded(self._look_at, newest)
            self._outbox.ended()
            if self._estimator is None and not self._renew_estimator():
                return
            if not self._lighten():
                return

    def _guarded(self, step: Callable[[Any], None], argument: Any) -> None:
        """Whatever goes wrong with one picture or button is told, and the next one comes."""
        try:
            step(argument)
        except (PictureError, EstimatorError) as error:
            self._tell("error", str(error))
        except Exception as error:
            _LOG.exception("A live picture or command failed.")
            self._tell("error", f"Something went wrong here ({_short(error)}); going on.")

    def _follow_setup(self) -> bool:
        """Take up what the page has changed; False when the model cannot be had."""
        setup = self._room.setup
        if setup is self._setup:
            return True
        model_changed = setup.model != self._setup.model
        self._setup = setup
        if not self.running.same_set(setup):
            self.running = RunningSet(setup)
        if model_changed and self._wanted_model() != self._model:
            self._close_estimator()
            return self._renew_estimator()
        return True

    def _obey(self, command: str) -> None:
        if command == "start":
            self.running.coached.coach.start()
        elif command == "end":
            self.running.coached.coach.end()
            self._report_when_done()
        elif command in ("again", "cancel"):
            self.running = RunningSet(self._setup)

    # ------------------------------------------------------------ one picture

    def _look_at(self, newest: _Decoded) -> None:
        began_s = time.perf_counter()
        picture = newest.picture
        if newest.image is None:
            raise PictureError(newest.problem)
        if not self._last_ms < picture.capture_ms < _LATEST_MS:
            self._skipped += 1
            return
        self._last_ms = picture.capture_ms
        running = self.running
        clock_s = picture.capture_ms / 1000
        if math.isnan(running.origin_s):
            running.origin_s = clock_s
        pose = self._detect(Frame(clock_s, newest.image, picture.seq))
        detected_s = time.perf_counter()
        pose = replace(pose, time_s=clock_s - running.origin_s)
        said: list[dict[str, Any]] = []
        try:
            said = self._coach(pose, newest.light, picture.jpeg)
        finally:
            # The skeleton is drawn even when the coach stumbles.
            ended_s = time.perf_counter()
            snapshot = running.coached.coach.snapshot.to_dict()
            self._room.publish(snapshot)
            message = snapshot | {
                "type": "state",
                "seq": picture.seq,
                "capture_ms": picture.capture_ms,
                "time_s": round(clock_s, 3),
                "size": list(pose.frame_size),
                "landmarks": _landmarks(pose),
                "skipped": self._skipped,
                "say": said,
                "ms": {
                    "decode": _ms(newest.decode_s),
                    "wait": _ms(began_s - picture.received_s - newest.decode_s),
                    "detect": _ms(detected_s - began_s),
                    "coach": _ms(ended_s - detected_s),
                    "total": _ms(ended_s - picture.received_s),
                },
            }
            self._outbox.send(json.dumps(message, separators=(",", ":"), allow_nan=False))
        self._report_when_done()

    def _detect(self, frame: Frame) -> PoseFrame:
        if self._estimator is None:
            raise EstimatorError("The pose landmarker is not ready.")
        began_s = time.perf_counter()
        try:
            pose = self._estimator.estimate(frame)
        except EstimatorError:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._close_estimator()
            raise
        self._failures = self._remakes = 0
        self._detect_ms.append(1000 * (time.perf_counter() - began_s))
        return pose

    def _coach(self, pose: PoseFrame, light: float, jpeg: bytes) -> list[dict[str, Any]]:
        """Push to the coach; what it says, on the page's clock."""
        origin_s = self.running.origin_s
        return [
            {
                "id": u.id,
                "time_s": round(u.time_s + origin_s, 3),
                "text": u.text,
                "kind": u.kind,
                "interrupt": u.interrupt,
                "expires_s": round(u.expires_s + origin_s, 3) if u.expires_s < math.inf else None,
                "tone": u.tone,
            }
            for u in self.running.coached.push(pose, light, lambda: jpeg)
        ]

    def _report_when_done(self) -> None:
        running = self.running
        if running.coached.coach.stage != "done" or running.reported:
            return
        running.reported = True
        now = datetime.now()
        done = running.coached.finish(source_name="webcam", model=self._model or "", when=now)
        done = replace(done, id=f"unsaved-{now:%H%M%S%f}")
        if done.report.reps or done.report.partials:
            try:
                done = replace(done, id=_save(done))
            except SavedSetError as error:
                self._tell("error", str(error))
        self._room.add_finished(done)
        self._send({"type": "finished", "set_id": done.id})

    # ------------------------------------------------------------- landmarker

    def _wanted_model(self) -> ModelName:
        return pick_model(replace(load_settings(), model=self._setup.model))

    def _renew_estimator(self) -> bool:
        """Make the landmarker; False when there is none to be had, which is told."""
        wanted = self._wanted_model()
        self._failures = 0
        self._remakes += 1
        try:
            if self._remakes > _REMAKES:
                raise EstimatorError("The pose landmarker keeps failing; start the camera again.")
            file = ensure_model(wanted, progress=self._tell_progress)
            self._estimator = PoseEstimator(file)
        except (ModelUnavailableError, EstimatorError) as error:
            self._tell("stopped", str(error))
            return False
        if wanted != self._model:
            self._detect_ms.clear()
            self._model = wanted
        return True

    def _lighten(self) -> bool:
        """On a computer that turns out slow, take a faster model before the set begins.

        Later is soon enough for a more accurate one: the next connection has it.
        """
        if (
            self._setup.model != "auto"
            or self._model is None
            or len(self._detect_ms) != _WELL_MEASURED
            or self.running.coached.coach.stage != "setup"
        ):
            return True
        self._remember_speed()
        wanted = self._wanted_model()
        if MODEL_CHOICES.index(wanted) >= MODEL_CHOICES.index(self._model):
            return True
        try:
            ensure_model(wanted, progress=self._tell_progress)
        except ModelUnavailableError:
            return True  # slow is better than not at all
        self._close_estimator()
        return self._renew_estimator()

    def _remember_speed(self) -> None:
        if self._model is not None and len(self._detect_ms) >= _WELL_MEASURED:
            remember_speed(self._model, statistics.median(self._detect_ms))

    def _close_estimator(self) -> None:
        estimator, self._estimator = self._estimator, None
        if estimator is not None:
            estimator.close()
            self._remember_speed()

    # --------------------------------------------------------------- messages

    def _tell_progress(self, what: str, done: int, total: int | None) -> None:
        share = f": {100 * done // total}%" if total else ""
        self._tell("note", f"Fetching the pose model, once ({what}{share}).")

    def _tell(self, kind: str, text: str) -> None:
        now_s = time.monotonic()
        if kind == "error" and self._told[0] == text and now_s - self._told[1] < _SAME_ERROR_S:
            return
        self._told = (text, now_s)
        self._send({"type": kind, "text": text})

    def _send(self, message: dict[str, Any]) -> None:
        self._outbox.send(json.dumps(message, ensure_ascii=False))


def _save(done: SavedSet) -> str:
    return SavedSets().save(
        done.report,
        when=done.when,
        pictures=done.pictures,
        prescription=done.prescription,
        trace=done.trace,
    )


def decode(jpeg: bytes) -> tuple[ImageArray, float]:
    """An RGB picture and its mean luma (0..255) from a JPEG; raises PictureError."""
    try:
        # Only the header: how large it would get is known before it does.
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as header:
            width, height = header.size
    except (OSError, ValueError, SyntaxError):
        raise PictureError("A picture came that is not a JPEG; it was left out.") from None
    if max(width, height) > MAX_SIDE_PX or min(width, height) < MIN_SIDE_PX:
        raise PictureError(
            f"A picture of {width} x {height} pixels came; {MIN_SIDE_PX} to {MAX_SIDE_PX} a side "
            "can be looked at."
        )
    try:
        bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        raise PictureError("A damaged picture came; it was left out.")
    light = float(bgr[::16, ::16].reshape(-1, 3).mean(axis=0) @ (0.114, 0.587, 0.299))
    return np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8), light


def _landmarks(pose: PoseFrame) -> list[list[float | None]] | None:
    """[x, y, visibility] of each, x and y in shares of the picture; None = not to be trusted."""
    if not pose.has_person:
        return None
    places = np.round(pose.landmarks_px[:, :2] / pose.frame_size, 4).tolist()
    seen = np.round(pose.visibility, 2).tolist()
    return [
        [x, y, v] if math.isfinite(x) else [None, None, 0.0]
        for (x, y), v in zip(places, seen, strict=True)
    ]


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
