"""The care of the landmarker behind a live connection: which model, made anew when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from formcheck.capture.estimator import EstimatorError, PoseEstimator
from formcheck.capture.frames import Frame
from formcheck.capture.models.store import ModelUnavailableError, ensure_model
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import PoseFrame
from formcheck.history.settings import (
    MODEL_CHOICES,
    WELL_MEASURED,
    ModelChoice,
    ModelName,
    load_settings,
    pick_model,
    remember_speed,
)
from formcheck.language import N_

# In a row: so many failures, and the landmarker is made anew; so many times that.
_FAILURES: Final = 3
_REMAKES: Final = 3


def wanted_model(choice: ModelChoice) -> ModelName:
    """The model to take for what is chosen, by the speed that was measured last."""
    return pick_model(replace(load_settings(), model=choice))


class Landmarker:
    """A pose landmarker that is made when it is needed; one thread makes, uses and closes it.

    progress: called as ensure_model does, while a model is fetched.
    """

    def __init__(self, progress: Callable[[str, int, int | None], None]) -> None:
        self._progress = progress
        self._estimator: PoseEstimator | None = None
        self._failures = self._remakes = 0
        #: The model that runs now or ran last.
        self.model: ModelName | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be used now."""
        return self._estimator is not None

    def make(self, wanted: ModelName) -> None:
        """Make it, in place of one that failed. Raises ModelUnavailableError, EstimatorError."""
        self._failures = 0
        self._remakes += 1
        if self._remakes > _REMAKES:
            raise EstimatorError(N_("The pose landmarker keeps failing; start the camera again."))
        model = ensure_model(wanted, progress=self._progress)
        self._estimator = PoseEstimator(model, watchful=True)
        self.model = wanted

    def detect(self, frame: Frame, posture: WantedPosture = "") -> PoseFrame:
        """The pose of who is in this posture of an exercise; raises EstimatorError."""
        if self._estimator is None:
            raise EstimatorError(N_("The pose landmarker is not ready."))
        try:
            pose = self._estimator.estimate(frame, posture)
        except EstimatorError:
            self._failures += 1
            if self._failures >= _FAILURES:
                self.close()
            raise
        self._failures = self._remakes = 0
        return pose

    def lighter(self) -> ModelName | None:
        """A faster model, once, when the computer has turned out too slow for this one.

        Later is soon enough for a more accurate one: the next connection has it.
        """
        estimator = self._estimator
        if self.model is None or estimator is None or len(estimator.detect_ms) != WELL_MEASURED:
            return None
        remember_speed(self.model, estimator.detect_ms)
        wanted = wanted_model("auto")
        if MODEL_CHOICES.index(wanted) >= MODEL_CHOICES.index(self.model):
            return None
        try:
            ensure_model(wanted, progress=self._progress)
        except ModelUnavailableError:
            return None  # slow is better than not at all
        return wanted

    def close(self) -> None:
        """Give it up; how fast it was is remembered."""
        estimator, self._estimator = self._estimator, None
        if estimator is not None:
            estimator.close()
            remember_speed(self.model or "", estimator.detect_ms)
