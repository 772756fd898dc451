"""What works behind one live connection: pictures or poses in, what to draw and to say out.

What is coached is stepped by one strand, job after job. Poses that the page found come
straight to it, and are coached where they arrive: it takes a millisecond, and to hand them to
a thread costs more. Pictures go through eyes, which are made when the first one comes. An
error is told and the stream goes on.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np

from formcheck.capture.estimator import EstimatorError
from formcheck.capture.follower import Look, Turn
from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.history import whose
from formcheck.language import _, spoken_in
from formcheck.live.clock import CaptureClock
from formcheck.live.coach import Utterance
from formcheck.web.coaching_run import CircuitOverError, CoachingRun
from formcheck.web.eyes import LATEST_S, Eyes, Seen, Wanted
from formcheck.web.found_poses import read_pose
from formcheck.web.landmarker import wanted_model
from formcheck.web.messages import is_kept
from formcheck.web.pictures import Picture, PictureError, landmarks
from formcheck.web.strands import Strand
from formcheck.web.tab_session import TabSession

_SAME_ERROR_S: Final = 3.0

# Made once: it is more work to make one than to encode a state.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_LOG = logging.getLogger(__name__)


class Outbox(Protocol):
    """Where the worker's messages go; called from its threads."""

    def send(self, message: str) -> None:
        """Send JSON text to the browser."""

    def answer(self, message: str, wish: dict[str, Any]) -> None:
        """Send the answer to a pose that was asked for ("" = none), and ask for the next one.

        wish: what the next one is to come with.
        """

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
    """Coaches one connection.

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
        #: What is coached; None before it has begun.
        self.coaching_run = run
        self._strand = Strand()
        self._poses: deque[tuple[bytes, float]] = deque()
        self._eyes: Eyes | None = None
        self._stopping = False
        self._over = threading.Event()
        self._life = contextlib.ExitStack()
        self._skipped = 0
        # What a page that catches up is still to be told.
        self._unsaid: list[Utterance] = []
        self._told: tuple[str, float] = ("", -math.inf)

    # ------------------------------------------------- called by the socket

    def start(self) -> None:
        """Begin."""
        self._post(self._begin)

    def take(self, seq: int, capture_ms: float, jpeg: bytes, received_s: float) -> None:
        """Look at this picture next, in place of one that still waits.

        capture_ms: on the page's clock. received_s: of time.perf_counter().
        """
        if self._eyes is None:
            self._eyes = Eyes(self, self._tell_progress)
        self._eyes.take(Picture(seq, capture_ms, jpeg, received_s))

    def take_pose(self, data: bytes, received_s: float) -> None:
        """Coach with a pose that the page found; each one in its turn.

        data: the message. received_s: of time.perf_counter().
        """
        self._poses.append((data, received_s))
        # What takes longer has threads of its own.
        quick = self.coaching_run is not None and self._tab.setup is self._setup
        if not (quick and not is_kept(data) and self._strand.now(self._coach_next_guarded)):
            self._strand.post(self._coach_next_guarded)

    @property
    def waiting(self) -> int:
        """How many poses wait for their turn."""
        return len(self._poses)

    def command(self, what: str) -> None:
        """A button: "again", "cancel" or one of CircuitPlayer.do; others are ignored."""
        self._post(self._obey, what)

    def stop(self) -> None:
        """Come to an end after what has come until now."""
        if self._eyes is not None:
            self._eyes.stop()
        self._strand.post(self._end)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it has come."""
        until_s = time.monotonic() + timeout_s
        ended = self._over.wait(timeout_s)
        left_s = max(until_s - time.monotonic(), 0.0)
        return (self._eyes is None or self._eyes.join(left_s)) and ended

    # --------------------------------------------------------- in the strand

    def _post(self, step: Callable[..., None], *arguments: Any) -> None:
        self._strand.post(lambda: self._guarded(step, *arguments))

    def _coach_next_guarded(self) -> None:
        self._guarded(self._coach_next)

    def _guarded(self, step: Callable[..., None], *arguments: Any) -> None:
        """Whatever goes wrong with one picture or button is told, and the next one comes."""
        if self._stopping:
            return
        with spoken_in(self._setup.language), whose.named(self._setup.whose):
            try:
                if step != self._begin:
                    self._follow_setup()
                step(*arguments)
            except CircuitOverError as error:
                self.blind(str(error))
            except Exception as error:
                if step == self._begin:
                    _LOG.exception("A live connection ended.")
                    text = _("The coach had to stop ({error}). Start it again.")
                    self.blind(text.format(error=_short(error)))
                else:
                    self.failed(error)

    def _begin(self) -> None:
        self._life.enter_context(self._tab.coaching())
        model = wanted_model(self._setup.model)
        self._send({"type": "hello", "resume": self._resume, "model": model})
        if self.coaching_run is None or not self.coaching_run.is_for(self._setup):
            self._renew_run()
        else:
            self.coaching_run.on_problem = self._tell_kept
        self._outbox.ready()

    def _end(self) -> None:
        self._stopping = True
        if self._over.is_set():
            return
        try:
            if self.coaching_run is not None:
                self.coaching_run.flush()
        finally:
            self._life.close()
            self._over.set()

    def _follow_setup(self) -> None:
        """Take up what the page has changed."""
        setup = self._tab.setup
        if setup is self._setup:
            return
        self._setup = setup
        if self.coaching_run is None or not self.coaching_run.is_for(setup):
            self._renew_run()

    def _renew_run(self) -> CoachingRun:
        before = self.coaching_run
        if before is not None:
            before.give_up()
        self.coaching_run = CoachingRun(self._tab, self._setup, self._tell_kept)
        if before is not None:
            # Who is followed stays the same.
            self.coaching_run.receiver = before.receiver
        return self.coaching_run

    def _obey(self, command: str) -> None:
        if command in ("again", "cancel"):
            self._renew_run()
        elif self.coaching_run is not None:
            self.coaching_run.player.do(command)
            self._keep(self.coaching_run)

    # --------------------------------------------------------- poses that came

    def _coach_next(self) -> None:
        began_s = time.perf_counter()
        data, received_s = self._poses.popleft()
        answer, wish = "", {}
        try:
            message = read_pose(data)
            run = self.coaching_run or self._renew_run()
            time_s = self._time_s(run, message.capture_ms)
            if time_s is not None:
                received, capture_s = message.received, message.capture_ms / 1000
                pose, wished = run.receiver.take(received, capture_s, run.player.posture)
                if wished is not None:
                    wish = in_shares(wished, received.size)
                if run.receiver.trunk:
                    wish["trunk"] = True
                picture = Picture(message.seq, message.capture_ms, message.jpeg, received_s)
                ms = {
                    "detect": round(message.detect_ms, 1),
                    "wait": _ms(began_s - received_s),
                }
                pose = replace(pose, time_s=time_s)
                answer = self._coach(run, pose, message.light, picture, ms, past=message.kept)
                if run.is_behind:
                    self._post(self._keep, run)
        finally:
            if not is_kept(data):
                self._outbox.answer(answer, wish)

    # ------------------------------------------------------- the eyes' owner

    def wanted(self) -> Wanted:
        """What to look for now."""
        setup, run = self._tab.setup, self.coaching_run
        if run is None:
            return Wanted(setup.model, setup.language, "", False)
        return Wanted(setup.model, setup.language, run.player.posture, run.in_set)

    def arrived(self) -> None:
        """A picture waits to be looked at."""
        self._outbox.arrived()

    def began(self) -> None:
        """It is being looked at."""
        self._outbox.began()

    def ended(self) -> None:
        """The next one can be looked at."""
        self._outbox.ended()

    def seen(self, seen: Seen) -> None:
        """Coach with what was seen, and return when the answer was sent."""
        done = threading.Event()

        def coach() -> None:
            try:
                self._guarded(self._coach_seen, seen)
            finally:
                done.set()

        self._strand.post(coach)
        done.wait()

    def failed(self, error: Exception) -> None:
        """Tell what went wrong with one picture or button."""
        if isinstance(error, PictureError | EstimatorError):
            self._tell_error(str(error))
            return
        _LOG.error("A live picture or command failed.", exc_info=error)
        text = _("Something went wrong here ({error}); going on.")
        self._tell_error(text.format(error=_short(error)))

    def lighter(self, model: str) -> None:
        """A faster model is taken from now on."""
        text = _(
            "This computer is slow: the {model} model now, which places joints less exactly."
        ).format(model=model)
        self._send({"type": "model", "model": model, "text": text})

    def blind(self, text: str) -> None:
        """End it all, saying why."""
        self._tell("stopped", text)
        self._stopping = True
        self._outbox.stopped()

    def _coach_seen(self, seen: Seen) -> None:
        run = self.coaching_run or self._renew_run()
        picture = seen.picture
        time_s = self._time_s(run, picture.capture_ms)
        if time_s is None:
            return
        ms = {
            "decode": _ms(seen.decode_s),
            "wait": _ms(seen.began_s - picture.received_s - seen.decode_s),
            "detect": _ms(seen.detected_s - seen.began_s),
        }
        pose = replace(seen.pose, time_s=time_s)
        self._outbox.send(self._coach(run, pose, seen.light, picture, ms))
        self._keep(run)

    # -------------------------------------------------------------- coaching

    def _time_s(self, run: CoachingRun, capture_ms: float) -> float | None:
        """The coach's time of this moment; None when it is not later than the last."""
        capture_s = capture_ms / 1000
        time_s = run.clock.take(capture_s) if 0 <= capture_s < LATEST_S else None
        self._skipped += time_s is None
        return time_s

    def _coach(
        self,
        run: CoachingRun,
        pose: PoseFrame,
        light: float,
        picture: Picture,
        ms: dict[str, float],
        *,
        past: bool = False,
    ) -> str:
        """Take the next pose, and what to answer.

        past: long ago: nothing now, what is still to be said of it is said with the next one.
        """
        began_s = time.perf_counter()
        said: tuple[Utterance, ...] = ()
        try:
            said = run.player.push(pose, light, lambda: picture.jpeg)
        except Exception as error:
            # The skeleton is drawn even when the coach stumbles.
            self.failed(error)
        if past or self._unsaid:
            self._unsaid = _timely([*self._unsaid, *said], pose.time_s)
            said = tuple(self._unsaid)
        if past:
            return ""
        self._unsaid = []
        ended_s = time.perf_counter()
        message = run.player.snapshot_dict() | {
            "type": "state",
            "seq": picture.seq,
            "capture_ms": picture.capture_ms,
            "time_s": round(picture.capture_ms / 1000, 3),
            "size": list(pose.frame_size),
            "landmarks": landmarks(pose),
            "skipped": self._skipped + (self._eyes.skipped if self._eyes is not None else 0),
            "say": [_on_page(one, run.clock) for one in said],
            "ms": ms
            | {"coach": _ms(ended_s - began_s), "total": _ms(ended_s - picture.received_s)},
        }
        return _ENCODER.encode(message)

    def _keep(self, run: CoachingRun) -> None:
        """Keep what has happened, and tell the page of sets that are over."""
        for set_id in run.keep():
            self._send({"type": "finished", "set_id": set_id})

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


def _timely(said: list[Utterance], now_s: float) -> list[Utterance]:
    """What is still worth saying, and of the counts the last one only."""
    counts = [one for one in said if one.kind == "count"]
    return [
        one for one in said if one.expires_s >= now_s and (one.kind != "count" or one is counts[-1])
    ]


def in_shares(wish: Look | Turn, size: tuple[int, int]) -> dict[str, Any]:
    """What is wished, for a request: places in shares of the picture."""

    def shares(places: FloatArray) -> Any:
        return np.round(places.reshape(-1, 2) / size, 4).tolist()

    hide = [shares(part) for part in wish.hide]
    if isinstance(wish, Look):
        return {"look": True, "hide": hide} if hide else {"look": True}
    return {"only": {"box": np.ravel(shares(wish.box)).tolist(), "hide": hide}}


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
