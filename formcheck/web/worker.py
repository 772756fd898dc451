"""What works behind one live connection: pictures in, what to draw and to say out.

One thread alone owns the landmarker and what is coached: they are made, stepped and closed
in it. A second one decodes the next picture meanwhile. A picture that comes while they are
busy replaces the one that waits, so nothing ever queues. An error is told and the stream
goes on.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

from formcheck.capture.estimator import EstimatorError
from formcheck.capture.frames import Frame
from formcheck.capture.models.store import ModelUnavailableError
from formcheck.language import _, use
from formcheck.live.clock import CaptureClock
from formcheck.live.coach import Utterance
from formcheck.web.coaching_run import CircuitOverError, CoachingRun
from formcheck.web.landmarker import Landmarker, wanted_model
from formcheck.web.pictures import Decoded, Picture, PictureError, decoded, landmarks
from formcheck.web.tab_session import TabSession

_SAME_ERROR_S: Final = 3.0
# No page's clock gets that far: some three years.
_LATEST_S: Final = 1e8

_LOG = logging.getLogger(__name__)


class Outbox(Protocol):
    """Where the worker's messages go; called from its threads."""

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


class Worker:
    """Looks at the pictures of one connection in threads of its own.

    resume: the token that the browser gets for the case that the connection breaks.
    run: what a broken connection left behind, if it is to go on.
    """

    def __init__(
        self, tab: TabSession, outbox: Outbox, resume: str, run: CoachingRun | None = None
    ) -> None:
        self._tab = tab
        self._resume = resume
        self._outbox = outbox
        self._setup = tab.setup
        #: What is coached; None before the first picture could be looked at.
        self.coaching_run = run
        lock = threading.Lock()
        self._came = threading.Condition(lock)
        self._changed = threading.Condition(lock)
        self._undecoded: Picture | None = None
        self._newest: Decoded | None = None
        self._commands: deque[str] = deque()
        self._stopping = False
        self._skipped = 0
        self._landmarker = Landmarker(self._tell_progress)
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
            self._undecoded = Picture(seq, capture_ms, jpeg, received_s)
            self._came.notify()

    def command(self, what: str) -> None:
        """A button: "again", "cancel" or one of CircuitPlayer.do; others are ignored."""
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
            done = decoded(picture)
            # Told before it can be looked at: the pace needs them in this order.
            self._outbox.arrived()
            with self._changed:
                self._skipped += self._newest is not None
                self._newest = done
                self._changed.notify()

    def _run(self) -> None:
        use(self._setup.language)
        with self._tab.coaching():
            try:
                model = wanted_model(self._setup.model)
                self._send({"type": "hello", "resume": self._resume, "model": model})
                if self._make_landmarker():
                    self._outbox.ready()
                    self._loop()
            except CircuitOverError as error:
                self._tell("stopped", str(error))
            except Exception as error:
                _LOG.exception("A live connection ended.")
                text = _("The coach had to stop ({error}). Start it again.")
                self._tell("stopped", text.format(error=_short(error)))
            finally:
                self._landmarker.close()
                if self.coaching_run is not None:
                    self.coaching_run.flush()
                if not self._stopping:
                    self.stop()
                    self._outbox.stopped()

    def _loop(self) -> None:
        if self.coaching_run is None or not self.coaching_run.is_for(self._setup):
            self._renew_run()
        else:
            self.coaching_run.on_problem = self._tell_kept
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
            if not self._landmarker.ready and not self._make_landmarker():
                return
            if not self._lighten():
                return

    def _guarded(self, step: Callable[[Any], None], argument: Any) -> None:
        """Whatever goes wrong with one picture or button is told, and the next one comes."""
        try:
            step(argument)
        except (PictureError, EstimatorError) as error:
            self._tell_error(str(error))
        except Exception as error:
            _LOG.exception("A live picture or command failed.")
            text = _("Something went wrong here ({error}); going on.")
            self._tell_error(text.format(error=_short(error)))

    def _follow_setup(self) -> bool:
        """Take up what the page has changed; False when the model cannot be had."""
        setup = self._tab.setup
        if setup is self._setup:
            return True
        model_changed = setup.model != self._setup.model
        self._setup = setup
        use(setup.language)
        if self.coaching_run is None or not self.coaching_run.is_for(setup):
            self._renew_run()
        if model_changed and wanted_model(setup.model) != self._landmarker.model:
            self._landmarker.close()
            return self._make_landmarker()
        return True

    def _renew_run(self) -> CoachingRun:
        if self.coaching_run is not None:
            self.coaching_run.give_up()
        self.coaching_run = CoachingRun(self._tab, self._setup, self._tell_kept)
        return self.coaching_run

    def _obey(self, command: str) -> None:
        if command in ("again", "cancel"):
            self._renew_run()
        elif self.coaching_run is not None:
            self.coaching_run.player.do(command)
            self._keep(self.coaching_run)

    # ------------------------------------------------------------ one picture

    def _look_at(self, newest: Decoded) -> None:
        began_s = time.perf_counter()
        picture = newest.picture
        if newest.image is None:
            raise PictureError(newest.problem)
        run = self.coaching_run or self._renew_run()
        capture_s = picture.capture_ms / 1000
        time_s = run.clock.take(capture_s) if 0 <= capture_s < _LATEST_S else None
        if time_s is None:
            self._skipped += 1
            return
        # The landmarker outlives a set, whose time begins anew.
        pose = self._landmarker.detect(
            Frame(capture_s, newest.image, picture.seq), run.player.posture
        )
        detected_s = time.perf_counter()
        pose = replace(pose, time_s=time_s)
        said: list[dict[str, Any]] = []
        try:
            uttered = run.player.push(pose, newest.light, lambda: picture.jpeg)
            said = [_on_page(one, run.clock) for one in uttered]
        finally:
            # The skeleton is drawn even when the coach stumbles.
            ended_s = time.perf_counter()
            message = run.player.snapshot_dict() | {
                "type": "state",
                "seq": picture.seq,
                "capture_ms": picture.capture_ms,
                "time_s": round(capture_s, 3),
                "size": list(pose.frame_size),
                "landmarks": landmarks(pose),
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
        self._keep(run)

    def _keep(self, run: CoachingRun) -> None:
        """Keep what has happened, and tell the page of sets that are over."""
        for set_id in run.keep():
            self._send({"type": "finished", "set_id": set_id})

    # ------------------------------------------------------------- landmarker

    def _make_landmarker(self) -> bool:
        """Make the landmarker; False when there is none to be had, which is told."""
        try:
            self._landmarker.make(wanted_model(self._setup.model))
        except (ModelUnavailableError, EstimatorError) as error:
            self._tell("stopped", str(error))
            return False
        return True

    def _lighten(self) -> bool:
        """On a computer that turns out slow, take a faster model before a set begins."""
        if self._setup.model != "auto" or self.coaching_run is None or self.coaching_run.in_set:
            return True
        lighter = self._landmarker.lighter()
        if lighter is None:
            return True
        text = _(
            "This computer is slow: the {model} model now, which places joints less exactly."
        ).format(model=lighter)
        self._send({"type": "model", "model": lighter, "text": text})
        self._landmarker.close()
        return self._make_landmarker()

    # --------------------------------------------------------------- messages

    def _tell_progress(self, what: str, done: int, total: int | None) -> None:
        share = f": {100 * done // total}%" if total else ""
        text = _("Fetching the pose model, once ({what}).").format(what=what + share)
        self._tell("note", text)

    def _tell_error(self, text: str) -> None:
        self._tell("error", text)

    def _tell_kept(self, text: str) -> None:
        """What there is to know of how it is kept; from any thread."""
        self._send({"type": "warning", "text": _(text)})

    def _tell(self, kind: str, text: str) -> None:
        now_s = time.monotonic()
        if kind == "error" and self._told[0] == text and now_s - self._told[1] < _SAME_ERROR_S:
            return
        self._told = (text, now_s)
        self._send({"type": kind, "text": _(text)})

    def _send(self, message: dict[str, Any]) -> None:
        self._outbox.send(json.dumps(message, ensure_ascii=False))


def _on_page(one: Utterance, clock: CaptureClock) -> dict[str, Any]:
    """What is said, on the page's clock."""
    expires_s = clock.capture_s(one.expires_s)
    return {
        "id": one.id,
        "time_s": round(clock.capture_s(one.time_s), 3),
        "text": one.text,
        "kind": one.kind,
        "interrupt": one.interrupt,
        "expires_s": round(expires_s, 3) if expires_s < math.inf else None,
        "tone": one.tone,
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
