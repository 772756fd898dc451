"""Finding the pose in one connection's pictures, in threads of its own.

One thread alone owns the landmarker: it is made, stepped and closed in it. A second one decodes
the next picture meanwhile. A picture that comes while they are busy replaces the one that
waits, so nothing ever queues.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from formcheck.capture.estimator import EstimatorError
from formcheck.capture.frames import Frame
from formcheck.capture.models.store import ModelUnavailableError
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import PoseFrame
from formcheck.history.settings import ModelChoice, ModelName
from formcheck.language import use
from formcheck.live.clock import CaptureClock
from formcheck.web.landmarker import Landmarker, wanted_model
from formcheck.web.pictures import Decoded, Picture, PictureError, decoded

# No page's clock gets that far: some three years.
LATEST_S: Final = 1e8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the next picture is looked at for. in_set: no other model now."""

    model: ModelChoice
    language: str
    posture: WantedPosture
    in_set: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture with the pose in it. began_s, detected_s: of time.perf_counter()."""

    picture: Picture
    pose: PoseFrame
    light: float
    decode_s: float
    began_s: float
    detected_s: float


class Owner(Protocol):
    """Whom the eyes serve; called from their threads."""

    def wanted(self) -> Wanted:
        """What to look for now."""

    def arrived(self) -> None:
        """A picture is decoded and waits to be looked at."""

    def began(self) -> None:
        """It is being looked at."""

    def seen(self, seen: Seen) -> None:
        """Take it; returns when the answer to it was sent."""

    def ended(self) -> None:
        """The next one can be looked at."""

    def failed(self, error: Exception) -> None:
        """One picture could not be looked at."""

    def lighter(self, model: ModelName) -> None:
        """A faster model is taken from now on."""

    def blind(self, text: str) -> None:
        """There is no landmarker to be had; the text says why."""


class Eyes:
    """Looks at the pictures of one connection. progress: called as ensure_model does."""

    def __init__(self, owner: Owner, progress: Callable[[str, int, int | None], None]) -> None:
        self._owner = owner
        lock = threading.Lock()
        self._came = threading.Condition(lock)
        self._ready = threading.Condition(lock)
        self._undecoded: Picture | None = None
        self._newest: Decoded | None = None
        self._stopping = False
        #: Pictures that were replaced or came out of their order.
        self.skipped = 0
        self._landmarker = Landmarker(progress)
        self._choice: ModelChoice = "auto"
        self._clock = CaptureClock()
        self._threads = [
            threading.Thread(target=self._look, name="formcheck-look", daemon=True),
            threading.Thread(target=self._decode, name="formcheck-decode", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def take(self, picture: Picture) -> None:
        """Look at this picture next, in place of one that still waits."""
        with self._came:
            self.skipped += self._undecoded is not None
            self._undecoded = picture
            self._came.notify()

    def stop(self) -> None:
        """Come to an end after the picture that is being looked at."""
        with self._came:
            self._stopping = True
            self._came.notify()
            self._ready.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it has come."""
        until_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(until_s - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    # ----------------------------------------------------------- the threads

    def _decode(self) -> None:
        while True:
            with self._came:
                while not (self._stopping or self._undecoded):
                    self._came.wait()
                picture, self._undecoded = self._undecoded, None
                if self._stopping or picture is None:
                    return
            use(self._owner.wanted().language)
            done = decoded(picture)
            # Told before it can be looked at: the pace needs them in this order.
            self._owner.arrived()
            with self._ready:
                self.skipped += self._newest is not None
                self._newest = done
                self._ready.notify()

    def _look(self) -> None:
        try:
            self._make()
            while (newest := self._next()) is not None:
                self._owner.began()
                try:
                    self._look_at(newest)
                except Exception as error:
                    self._owner.failed(error)
                self._owner.ended()
                self._renew()
        except (ModelUnavailableError, EstimatorError) as error:
            self._owner.blind(str(error))
        finally:
            self._landmarker.close()

    def _next(self) -> Decoded | None:
        """The next picture; None when it is to end."""
        with self._ready:
            while not (self._stopping or self._newest):
                self._ready.wait()
            newest, self._newest = self._newest, None
            return None if self._stopping else newest

    def _look_at(self, newest: Decoded) -> None:
        began_s = time.perf_counter()
        picture = newest.picture
        if newest.image is None:
            raise PictureError(newest.problem)
        capture_s = picture.capture_ms / 1000
        if not 0 <= capture_s < LATEST_S or self._clock.take(capture_s) is None:
            self.skipped += 1
            return
        frame = Frame(capture_s, newest.image, picture.seq)
        pose = self._landmarker.detect(frame, self._owner.wanted().posture)
        detected_s = time.perf_counter()
        self._owner.seen(Seen(picture, pose, newest.light, newest.decode_s, began_s, detected_s))

    # ------------------------------------------------------------- landmarker

    def _make(self) -> None:
        """Make the landmarker. Raises ModelUnavailableError, EstimatorError."""
        wanted = self._owner.wanted()
        use(wanted.language)
        self._choice = wanted.model
        self._landmarker.make(wanted_model(wanted.model))

    def _renew(self) -> None:
        """Make another landmarker where this one failed, or another model is asked for.

        On a computer that turns out slow, a faster model is taken before a set begins.
        """
        wanted = self._owner.wanted()
        use(wanted.language)
        landmarker = self._landmarker
        if landmarker.ready and wanted.model == "auto" and not wanted.in_set:
            lighter = landmarker.lighter()
            if lighter is not None:
                self._owner.lighter(lighter)
                landmarker.close()
        if wanted.model != self._choice and wanted_model(wanted.model) != landmarker.model:
            landmarker.close()
        self._choice = wanted.model
        if not landmarker.ready:
            self._make()
