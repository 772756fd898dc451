"""Somebody who goes through a circuit: what is heard, seen and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

import cv2
import figure
import numpy as np
import pytest
from coached import FPS, REP, film, one_after_the_other

from formcheck.engine.exercise import Prescription
from formcheck.engine.pose import PoseFrame, empty_frame
from formcheck.live.circuit.circuit_events import CircuitEvent, RepDone, SetBegun, SetEnded
from formcheck.live.circuit.player import CircuitPlayer
from formcheck.live.coach import Utterance
from formcheck.training.programmes.plan import PlannedSet

NOBODY = empty_frame(0.0, figure.SIZE)
#: Lying or standing still before the first rep, seconds: the set-up check and the countdown.
READY_S = 6.0
CLAMSHELL = PlannedSet(0, "clamshell", Prescription(reps=2))
SQUAT = PlannedSet(1, "squat", Prescription(reps=2), both_sides=False, break_s=20.0)
BRIDGE = PlannedSet(2, "glute_bridge", Prescription(reps=1), both_sides=False)
_, _JPEG = cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))
QUESTION = "Any pain? If so, raise an arm."
HELP = "Raise an arm to end the round, or press End. Skip leaves out this exercise."
SIGNED = "Paused. Raise an arm again to end. To go on, do your next rep."
STARTS = ["Good. Hold still.", "Three.", "Two.", "One.", "Go."]


def jpeg() -> bytes:
    return _JPEG.tobytes()


@cache
def reps(exercise: str, number: int = 2) -> tuple[PoseFrame, ...]:
    """Somebody who gets ready and does so many reps; on their side, of both legs."""
    shown = film(exercise, [REP] * number, lead_s=READY_S)
    if exercise == "clamshell":
        turned = film(exercise, [REP] * number, lying_on="left", lead_s=3.0)
        shown = one_after_the_other(shown, turned)
    return tuple(shown)


class Round:
    """A person who does what the player asks for, and is out of the picture in between."""

    def __init__(
        self,
        *sets: PlannedSet,
        films: Sequence[Sequence[PoseFrame]] = (),
        fps: float = FPS,
        **options: object,
    ) -> None:
        self.player = CircuitPlayer(sets, **options)  # type: ignore[arg-type]
        # Whether the camera is moved in no time, as often as asked.
        self.quick_camera = True
        self.films = dict(zip((p.position for p in sets), films, strict=False))
        self.now_s = 0.0
        self._fps = fps
        self.said: list[Utterance] = []
        self.events: list[CircuitEvent] = []
        self.shown: list[dict] = []
        self._film: list[PoseFrame] = []
        self._still = NOBODY

    def run(
        self, seconds: float = 200.0, until: Callable[[Round], bool] = lambda _: False
    ) -> Round:
        """Let time pass, for so long or until something is so."""
        for _ in range(round(seconds * self._fps)):
            self.now_s += 1 / self._fps
            frame = NOBODY
            if self.stage in ("setup", "countdown", "set"):
                frame = self._still = self._film.pop(0) if self._film else self._still
            self.said += self.player.push(replace(frame, time_s=self.now_s), None, jpeg)
            self.shown.append(self.player.snapshot_dict())
            if self.quick_camera:
                self.player.do("placed")
            self._look()
            if until(self):
                break
        return self

    def do(self, command: str, then: Sequence[PoseFrame] | None = None) -> Round:
        """Press a button; then: what the person does from the next frame on."""
        self.player.do(command)
        self._look()
        if then is not None:
            self._film = list(then)
        return self

    def to(self, stage: str) -> Round:
        return self.run(until=lambda r: r.stage == stage)

    def to_rep(self, number: int) -> Round:
        """Until so many reps were done in all."""
        return self.run(until=lambda r: len(r.of(RepDone)) >= number)

    def to_end(self) -> Round:
        return self.to("over").run(10.0)

    @property
    def stage(self) -> str:
        return self.player.stage

    @property
    def circuit(self) -> dict:
        shown: dict = self.player.snapshot_dict()["circuit"]
        return shown

    @property
    def pain(self) -> dict:
        shown: dict = self.player.snapshot_dict()["pain"]
        return shown

    def show(self, frames: Iterable[PoseFrame]) -> Round:
        """What the person does whatever the stage is."""
        for frame in frames:
            self.now_s += 1 / self._fps
            self.said += self.player.push(replace(frame, time_s=self.now_s), None, jpeg)
            self._look()
        return self

    def of(self, *kinds: type) -> list:
        return [e for e in self.events if isinstance(e, kinds)]

    def texts(self, since_s: float = 0.0) -> list[str]:
        return [u.text for u in self.said if u.time_s > since_s]

    def at(self, text: str) -> float:
        return next(u.time_s for u in self.said if u.text == text)

    def states(self) -> list[str]:
        return [item["state"] for item in self.circuit["items"]]

    def _look(self) -> None:
        for event in self.player.take_events():
            self.events.append(event)
            if isinstance(event, SetBegun):
                self._film = list(self.films.get(event.position, ()))


def counted(round_: Round) -> list[int]:
    """Reps in the report of every set that ended."""
    return [len(e.coached.coach.finish().reps) for e in round_.of(SetEnded)]


@pytest.fixture(scope="module")
def whole() -> Round:
    """Both legs lying on the side, a rest, squats; nobody touches anything."""
    films = (reps("clamshell"), reps("squat"))
    return Round(CLAMSHELL, SQUAT, films=films, title="Foundation").to_end()


def arm_up(exercise: str, seconds: float = 2.5, *, both: bool = False) -> list[PoseFrame]:
    """Somebody at rest who holds an arm up, or both, and takes it down again."""
    rest = reps(exercise)[0]
    px = rest.landmarks_px.copy()
    trunk = np.hypot(*(px[11, :2] - px[23, :2]))
    for side in (0, 1) if both else (1,):
        for joint, share in ((13, 0.5), (15, 1.0)):
            px[joint + side, :2] = px[11 + side, :2] + (0.1 * share * trunk, -share * trunk)
    up = replace(rest, landmarks_px=px)
    return [rest] * FPS + [up] * round(seconds * FPS) + [rest] * FPS
