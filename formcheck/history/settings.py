"""What formcheck remembers about this computer: which model suits it, the units, who trains.

One small JSON file in the user's configuration folder (FORMCHECK_CONFIG names another).
What concerns the browser (its camera, its voices) is remembered there, not here.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from formcheck.capture.files import at_home, regular, replacing
from formcheck.history.whose import part_of

CONFIG_ENV: Final = "FORMCHECK_CONFIG"

ModelName = Literal["lite", "full", "heavy"]
ModelChoice = Literal["auto", "lite", "full", "heavy"]
Units = Literal["metric", "imperial"]
MODEL_CHOICES: Final[tuple[ModelChoice, ...]] = ("auto", "lite", "full", "heavy")

# How long a detection takes with each model, relative to full (640x480, one core).
_COST: Final[dict[ModelName, float]] = {"lite": 0.75, "full": 1.0, "heavy": 2.9}
# The most accurate model that still leaves this many milliseconds a picture is taken:
# heavy only where 25 pictures a second remain, full where about 15 do.
_AFFORDABLE_MS: Final[dict[ModelName, float]] = {"heavy": 35.0, "full": 60.0}

#: So many detections tell how fast a model is here.
WELL_MEASURED: Final = 60

_LOG = logging.getLogger(__name__)
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Settings:
    """The remembered choices.

    model: "auto" = picked by the speed measured last. units: of distances in texts.
    measured_model, detection_ms: the model that ran last and its median time for one
        detection in milliseconds; None before the first run.
    profile: id of the person chosen last, as the history has it; "" = none yet.
    camera: the spot (Placement.spot) where the camera stood last; "" = unknown.
    language: one of LANGUAGES; "" = that of the browser.
    """

    model: ModelChoice = "auto"
    units: Units = "metric"
    measured_model: ModelName | None = None
    detection_ms: Annotated[float, Field(gt=0, lt=1e6)] | None = None
    profile: str = ""
    camera: str = ""
    language: str = ""


_SETTINGS: Final = TypeAdapter(Settings)


def pick_model(settings: Settings) -> ModelName:
    """The model to run: the one chosen, else the most accurate that is fast enough here.

    Only the last measurement counts, so a moment in which the computer was busy is
    forgotten with the next one.
    """
    if settings.model != "auto":
        return settings.model
    if settings.detection_ms is None or settings.measured_model is None:
        return "full"
    full_ms = settings.detection_ms / _COST[settings.measured_model]
    for model, affordable_ms in _AFFORDABLE_MS.items():
        if full_ms * _COST[model] <= affordable_ms:
            return model
    return "lite"


def load_settings() -> Settings:
    """The remembered settings; what is missing or not understood has its default."""
    try:
        regular(settings_file())
        data = json.loads(settings_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        _LOG.warning("The settings in %s cannot be read (%s).", settings_file(), error)
        return Settings()
    return _understood(data if isinstance(data, dict) else {})


def save_settings(**changes: Any) -> Settings:
    """Change some settings, keep the others, and return them all.

    A folder that cannot be written costs only the remembering.
    """
    with _lock:
        settings = replace(load_settings(), **changes)
        file = settings_file()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file, mode=0o600) as made:
                made.write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
        except OSError as error:
            _LOG.warning("The settings cannot be kept in %s (%s).", file, error)
    return settings


def remember_speed(model: str, detect_ms: Sequence[float]) -> None:
    """Remember how long a detection takes with this model, where enough of them tell it."""
    if model in _COST and len(detect_ms) >= WELL_MEASURED:
        save_settings(measured_model=model, detection_ms=round(statistics.median(detect_ms), 1))


def _understood(data: dict[str, Any]) -> Settings:
    try:
        return _SETTINGS.validate_python(data)
    except ValidationError as error:
        wrong = {one["loc"][0] for one in error.errors()}
        return _SETTINGS.validate_python({k: v for k, v in data.items() if k not in wrong})


def settings_file() -> Path:
    """The file they are in, whether it is there yet or not."""
    if override := os.environ.get(CONFIG_ENV):
        return part_of(at_home(override)) / "settings.json"
    import platformdirs

    folder = Path(platformdirs.user_config_dir("formcheck", appauthor=False))
    return part_of(folder) / "settings.json"
