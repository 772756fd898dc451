"""From a frame to signals: posture, camera, scales, the working leg, and every value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from formcheck.engine.camera import Camera
from formcheck.engine.exercise import Exercise
from formcheck.engine.pelvic_rotation import RollGauge
from formcheck.engine.pose import PoseFrame
from formcheck.engine.rule import columns
from formcheck.engine.scale import USUAL_SLOPE, FloorSlope, LegScale, PlantedFeet, StepScale
from formcheck.engine.signals import SIGNALS, Body
from formcheck.engine.view import ViewTracker
from formcheck.engine.working_side import WorkingSide


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame shows of the person.

    values: one per column of the Observer, NaN = not seen. evidence: for which leg
    works. view_changed, side_changed: posture or camera, or the working leg, is
    another one than in the frame before.
    """

    body: Body
    values: tuple[float, ...]
    evidence: float
    view_changed: bool
    side_changed: bool


class Observer:
    """Measures frame by frame what an exercise needs, learning the body as it goes.

    columns: names of the measured values; a signal with sides has two. model: the pose model
    of the frames looked at, "" = not known.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.model = ""
        self.columns: list[str] = []
        self._computed: list[tuple[str, int | None]] = []
        for name in exercise.signals:
            sided = SIGNALS[name].sided
            for side, column in enumerate(columns(name)):
                self.columns.append(column)
                self._computed.append((name, side if sided else None))
        self.tracker = ViewTracker()
        self.working = WorkingSide(exercise.working)
        self.forget_scales()

    def forget_person(self) -> None:
        """Another person is seen: nothing learnt of the one before holds."""
        self.tracker = ViewTracker()
        self.forget_scales()

    def forget_scales(self) -> None:
        """What was learnt of the body's size in the picture and its roll at rest is void."""
        self._scale = LegScale(one_leg=self._exercise.one_leg)
        both_stand = self._exercise.posture == "standing" and self._exercise.working == "both"
        self._floor = FloorSlope() if both_stand and not self._exercise.travels else None
        self._feet = None if self._exercise.travels else PlantedFeet()
        self._step_scale = StepScale() if self._exercise.working == "box_leg" else None
        self._roll = RollGauge(self._exercise.roll_movement)

    def look(self, frame: PoseFrame, elapsed: float, begin_s: float) -> Observation:
        """Measure the next frame with a person; begin_s: of the running attempt, NaN at rest."""
        at_rest = math.isnan(begin_s)
        self.model = frame.model or self.model
        view_changed = self.tracker.update(frame)
        body = self._body(frame)
        if self._floor is not None:
            self._floor.fill(body, elapsed)
        before = self.working.side
        evidence = self.working.update(body, elapsed, at_rest=at_rest)
        side = self.working.side
        self._scale.fill(body, elapsed, side, at_rest=at_rest)
        if self._step_scale is not None:
            self._step_scale.fill(body, elapsed, at_rest=at_rest)
        if self._feet is not None:
            self._feet.fill(body, elapsed, at_rest=at_rest)
        self._roll.fill(body, frame, begin_s)
        values = tuple(
            SIGNALS[name].compute(body, side if own is None else own)
            for name, own in self._computed
        )
        return Observation(body, values, evidence, view_changed, side != before)

    @property
    def camera(self) -> Camera:
        """Where the camera stands, and whether the small pose model looks through it."""
        azimuth, error = self.tracker.azimuth_deg, self.tracker.azimuth_error_deg
        return Camera(math.nan if azimuth is None else azimuth, error, "lite" in self.model)

    @property
    def elevation_deg(self) -> float:
        """How far the camera looks down, degrees: the higher of two ways of telling it."""
        told, by_roll = self.tracker.elevation_deg, self._roll.elevation_deg
        if math.isnan(told) or math.isnan(by_roll):
            return by_roll if math.isnan(told) else told
        return max(told, by_roll)

    def _body(self, frame: PoseFrame) -> Body:
        azimuth, elevation = self.tracker.azimuth_deg, self.tracker.elevation_deg
        return Body(
            frame.landmarks_px[:, 0].tolist(),
            frame.landmarks_px[:, 1].tolist(),
            trunk_px=self.tracker.trunk_px,
            leg_px=math.nan,
            azimuth_deg=0.0 if azimuth is None else azimuth,
            posture=self.tracker.posture,
            floor_slope=USUAL_SLOPE,
            # 0 until it is known, never below the floor.
            elevation_deg=min(max(elevation, 0.0), 60.0) if elevation == elevation else 0.0,
        )
