"""Which sets the benchmark films: exercise x body x view x fault.

    for item in RENDERED:
        item.id, item.spec, item.camera(), item.view

The list is ordered so that every beginning of it is balanced over exercises,
views and bodies: rendering is dear, and may be cut short.

Bodies are split: thresholds may be tuned on what the TUNING bodies show, and the
published numbers of the REPORTING bodies are then of people never looked at.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import make_pose, movement_of
from exerciser.sets import RepSpec, SetSpec, build

#: Raise when the exerciser changes so much that films made before are no longer
#: comparable. Small changes must not throw an hour of rendering away.
EXERCISER_VERSION = 1

TUNING = ("f_average", "m_average", "f_heavy", "m_slim", "f_older")
REPORTING = ("f_slim", "m_heavy", "m_older")
#: In which order bodies are given to the sets of one exercise.
_BODIES = ("f_average", "m_heavy", "f_slim", "m_average", "f_heavy", "m_slim", "m_older", "f_older")

Faults = Mapping[str, float]


@dataclass(frozen=True)
class BenchSet:
    """One set of the benchmark and how it is filmed.

    azimuth_deg, elevation_deg, fov_deg: of the camera (see exerciser.camera).
    size: picture width and height in pixels. fps: frames per second.
    effects: "webcam", "poor" (a bad webcam) or "shutter" (motion blur).
    hide_shin: "left" or "right" shin behind furniture. bystander: a second person.
    """

    id: str
    spec: SetSpec
    azimuth_deg: float
    elevation_deg: float
    fov_deg: float = 45.0
    size: tuple[int, int] = (480, 360)
    fps: float = 15.0
    room_seed: int = 0
    effects: str = "webcam"
    dim: bool = False
    hide_shin: str | None = None
    bystander: bool = False
    tags: tuple[str, ...] = field(default=())

    @property
    def exercise(self) -> str:
        return self.spec.exercise

    @property
    def group(self) -> str:
        """ "tuning" or "reporting", by body."""
        return "reporting" if self.spec.body in REPORTING else "tuning"

    @property
    def view(self) -> str:
        """View class the tables are grouped by."""
        return view_name(self.exercise, self.azimuth_deg, self.elevation_deg)

    def camera(self) -> Camera:
        """The camera, so placed that the whole movement fits into the picture."""
        exercise, side = self.spec.exercise, self.spec.side
        person = load_body(self.spec.body)
        pose = make_pose(person, exercise, np.array([0.0, 0.5, 1.1]), side)
        if movement_of(exercise).course is not None:
            # Who gets about during the set is in the picture all the time.
            pose = build(self.spec, 3.0).pose
        width, height = self.size
        start = Camera(self.azimuth_deg, self.elevation_deg, 3.0, self.fov_deg, width, height)
        return frame_points(start, person.contact_points(pose), 0.10)

    def key(self, model_sha256: str) -> str:
        """Name of this set's files in the cache."""
        record = asdict(self)
        # How a set is called or grouped does not change its film.
        del record["id"], record["tags"]
        version = movement_of(self.exercise).version
        if version > 1:
            record["movement"] = version
        text = json.dumps([EXERCISER_VERSION, model_sha256, record], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def view_name(exercise: str, azimuth_deg: float, elevation_deg: float) -> str:
    """The name of a camera's view (see `Movement.view_of`)."""
    return movement_of(exercise).view_of(azimuth_deg, elevation_deg)


# Each row: azimuth, elevation (deg), the faults of each rep, and what is special.
# Sizes are in the units of `Movement.faults`. Pattern: a rep without any
# fault stands in nearly every set, beside faulty ones.
_C: Faults = {}


def _part(share: float) -> Faults:
    """A rep that goes only so far (not a fault; see _spec)."""
    return {"__amplitude": share}


_Row = tuple[float, float, tuple[Faults, ...], dict[str, Any]]

_SQUAT: tuple[_Row, ...] = (
    (0, 4, (_C, {"knee_valgus": 3}, {"knee_valgus": 6.5}), {}),
    (90, 3, (_C, {"shallow_depth": 28}, {"shallow_depth": 40}), {}),
    (40, 5, (_C, {"knee_valgus": 7}, {"trunk_lean": 28}), {}),
    (-90, 6, ({"trunk_lean": 28}, _C, {"heel_lift": 6.5}), {}),
    (12, 6, ({"knee_valgus_left": 7}, _C, {"hip_shift": 8}), {}),
    (-12, 2, (_C, {"hip_shift": -4}, {"knee_valgus_right": 7}), {"size": (360, 480)}),
    (75, 4, (_C, {"heel_lift": 3.5}, {"trunk_lean": 16}), {}),
    (0, 10, (_part(0.32), _C, {"hip_shift": -8}), {}),
    (-75, 8, ({"shallow_depth": 40}, _C, {"heel_lift": 8}), {}),
    (-40, 3, (_C, _part(0.30), {"hip_shift": 8}), {}),
    (90, 10, (_C, {"trunk_lean": 35}, _C), {"walk_in": True}),
    (0, 0, ({"knee_valgus": 8}, _C, {"knee_valgus": 4.5}), {"bystander": True}),
    (-90, 2, (_C, _C, _part(0.33)), {"hide_shin": "left"}),
    (180, 4, (_C, {"knee_valgus": 7}, _C), {}),
    (0, 5, (_C, _C, _C, {"knee_valgus_right": 5.5}), {"dim": True}),
    (90, 4, ({"heel_lift": 5.5}, {"shallow_depth": 37}, _C), {"effects": "poor"}),
    (8, 3, (_C, {"hip_shift": 6}, {"knee_valgus_left": 4}), {"walk_in": True}),
    (-90, 12, ({"trunk_lean": 22}, _C, {"trunk_lean": 32}), {"size": (360, 480)}),
    (-5, 7, ({"hip_shift": -10}, _C, {"knee_valgus": 6}), {"effects": "shutter"}),
    (82, 0, (_C, {"heel_lift": 7.5}, {"shallow_depth": 20}), {"bystander": True}),
    (0, 12, (_C, {"knee_valgus": 5.5}, _C), {"hide_shin": "right"}),
    (90, 5, ({"shallow_depth": 39}, _C, {"trunk_lean": 28}), {}),
    (40, 8, (_C, _C, {"shallow_depth": 40}), {}),
    (0, 3, (_C, {"hip_shift": 8}, {"knee_valgus": 7}), {"fast": True}),
    (-90, 5, ({"heel_lift": 6}, _C, {"trunk_lean": 30}), {"fast": True}),
    (12, 0, ({"knee_valgus": 7}, {"hip_shift": 7}, _C), {}),
    (-82, 3, (_C, {"shallow_depth": 40}, {"heel_lift": 7}), {}),
    (0, 6, (_C, {"knee_valgus_left": 6.5}, {"hip_shift": -8}), {"size": (640, 480), "fps": 30.0}),
    (90, 7, (_part(0.34), {"trunk_lean": 34}, _C), {}),
    (-40, 6, ({"knee_valgus": 7}, _C, {"heel_lift": 7}), {}),
)

_BRIDGE: tuple[_Row, ...] = (
    (90, 8, (_C, {"incomplete_extension": 13}, {"overextension": 23}), {}),
    (-90, 3, ({"incomplete_extension": 20.5}, _C, {"overextension": 15}), {}),
    (70, 12, (_C, {"incomplete_extension": 20.5}, _C), {}),
    (-90, 12, ({"sinking": 18}, _C), {"hold_s": 3.2}),
    (90, 25, (_C, {"overextension": 23}, {"incomplete_extension": 20}), {}),
    (-70, 6, (_C, {"overextension": 23}, _part(0.32)), {}),
    (-90, 8, (_C, _C, {"incomplete_extension": 17}), {"bystander": True}),
    (90, 5, (_C, {"sinking": 10}), {"hold_s": 3.4}),
    (-90, 18, ({"overextension": 25}, _C, {"incomplete_extension": 20.5}), {}),
    (90, 3, (_part(0.30), _C, {"overextension": 20}), {"dim": True}),
    (-70, 15, (_C, {"incomplete_extension": 20.5}, _C), {}),
    (-90, 10, (_C, {"overextension": 22}), {"walk_in": True}),
    (90, 15, ({"sinking": 20}, _C), {"hold_s": 3.0}),
    (-90, 25, (_C, {"incomplete_extension": 20.5}, {"overextension": 18}), {}),
    (90, 10, (_C, _C, {"overextension": 25}), {"hide_shin": "left"}),
    (-90, 5, ({"incomplete_extension": 20}, _C, _C), {"effects": "poor"}),
    (80, 8, (_C, {"overextension": 23}, {"incomplete_extension": 20.5}), {}),
    (-80, 4, ({"overextension": 16}, _C, {"incomplete_extension": 20.5}), {"effects": "shutter"}),
    (90, 8, (_C, {"sinking": 18}), {"hold_s": 3.2, "size": (640, 480)}),
    (-90, 6, (_C, _part(0.33), _C), {}),
    (70, 20, ({"overextension": 23}, _C, {"sinking": 15}), {}),
    (-90, 15, ({"incomplete_extension": 20.5}, _C, {"overextension": 24}), {"fast": True}),
    (90, 20, (_C, {"overextension": 20}, {"incomplete_extension": 15}), {}),
    (
        -90,
        4,
        (_C, {"incomplete_extension": 20.5}, {"overextension": 23}),
        {"size": (640, 480), "fps": 30.0},
    ),
    (90, 6, ({"overextension": 22}, {"incomplete_extension": 20.5}, _C), {}),
    (-90, 8, (_C, {"sinking": 17}), {"hold_s": 4.0}),
    (90, 12, (_C, {"incomplete_extension": 20}, _C), {"fast": True}),
    (-70, 10, (_C, {"overextension": 23}, {"incomplete_extension": 20.5}), {}),
)

_CLAM: tuple[_Row, ...] = (
    (0, 15, (_C, {"feet_apart": 6}, {"feet_apart": 11}), {}),
    (0, 33, (_C, {"pelvic_rotation": 20}, {"pelvic_rotation": 30}), {}),
    (20, 25, ({"range_too_large": 35}, _C, {"range_too_small": 10}), {}),
    (0, 5, (_C, {"pelvic_rotation": 30}, {"feet_apart": 11}), {}),
    (-20, 30, (_C, {"pelvic_rotation": 10}, {"range_too_large": 33}), {}),
    (35, 15, (_C, {"feet_apart": 11}, _C), {}),
    (0, 45, ({"feet_apart": 12}, _C, {"pelvic_rotation": 30}), {}),
    (0, 20, ({"range_too_small": 12}, _C, {"range_too_large": 35}), {}),
    (-20, 15, (_part(0.30), _C, {"pelvic_rotation": 20}), {}),
    (0, 30, (_C, {"feet_apart": 8}, {"pelvic_rotation": -15}), {}),
    (180, 18, (_C, {"feet_apart": 11}, _C), {}),
    (0, 25, (_C, {"feet_apart": 11}), {"hold_s": 3.2}),
    (20, 35, ({"pelvic_rotation": 30}, _C, {"range_too_large": 25}), {}),
    (-35, 30, (_C, {"pelvic_rotation": 30}, {"range_too_large": 35}), {}),
    (0, 18, (_C, {"range_too_large": 35}), {"walk_in": True}),
    (0, 35, ({"feet_apart": 5}, {"range_too_small": 12}, _C), {"dim": True}),
    (12, 30, (_C, {"pelvic_rotation": 20}), {"hold_s": 3.0}),
    (-12, 10, ({"feet_apart": 12}, _C, {"range_too_large": 35}), {}),
    (0, 40, (_C, {"pelvic_rotation": 30}, {"range_too_small": 12}), {"effects": "poor"}),
    (0, 30, (_C, _part(0.33), {"feet_apart": 12}), {}),
    (20, 15, (_C, {"range_too_large": 30}, {"feet_apart": 10}), {"effects": "shutter"}),
    (-20, 35, ({"pelvic_rotation": -15}, _C, {"feet_apart": 11}), {}),
    (0, 25, (_C, {"range_too_large": 35}, {"pelvic_rotation": 30}), {"fast": True}),
    (0, 30, (_C, {"pelvic_rotation": 25}, {"feet_apart": 12}), {"size": (640, 480), "fps": 30.0}),
    (0, 12, ({"range_too_small": 12}, {"range_too_large": 35}, _C), {}),
    (35, 35, (_C, {"feet_apart": 11}, {"pelvic_rotation": 20}), {}),
    (-12, 28, (_C, {"feet_apart": 11}, {"range_too_large": 35}), {}),
    (0, 33, ({"pelvic_rotation": 30}, {"feet_apart": 12}, _C), {}),
)

_LIFT: tuple[_Row, ...] = (
    (0, 15, (_C, {"knee_bend": 15}, {"knee_bend": 28}), {}),
    (0, 33, ({"pelvic_rotation": 30}, _C, {"hip_flexion": 35}), {}),
    (-20, 25, (_C, {"range_too_large": 28}, {"range_too_small": 10}), {}),
    (0, 5, (_C, {"hip_flexion": 35}, {"knee_bend": 28}), {}),
    (20, 30, ({"pelvic_rotation": 20}, _C, {"knee_bend": 30}), {"bent": True}),
    (-35, 15, (_C, {"hip_flexion": 35}, _C), {}),
    (0, 45, (_C, {"hip_flexion": 22}, {"pelvic_rotation": 30}), {}),
    (0, 20, ({"range_too_large": 28}, _C, {"knee_bend": 20}), {"bent": True}),
    (20, 15, (_C, _part(0.32), {"range_too_small": 13}), {}),
    (0, 30, ({"knee_bend": 28}, _C, {"pelvic_rotation": -15}), {}),
    (180, 18, (_C, {"knee_bend": 28}, _C), {}),
    (0, 25, ({"hip_flexion": 35}, _C), {"hold_s": 3.2}),
    (-20, 35, (_C, {"pelvic_rotation": 10}, {"range_too_large": 26}), {}),
    (0, 18, (_C, {"knee_bend": 30}), {"walk_in": True}),
    (35, 30, ({"pelvic_rotation": 30}, _C, {"hip_flexion": 35}), {}),
    (0, 35, (_C, {"hip_flexion": 28}, {"range_too_large": 28}), {"dim": True, "bent": True}),
    (-12, 30, (_C, {"knee_bend": 28}), {"hold_s": 3.0}),
    (12, 10, ({"range_too_large": 28}, {"hip_flexion": 35}, _C), {}),
    (0, 40, (_C, {"pelvic_rotation": 30}, {"knee_bend": 28}), {"effects": "poor"}),
    (0, 30, (_part(0.33), _C, {"hip_flexion": 36}), {"bent": True}),
    (-20, 15, (_C, {"range_too_large": 22}, {"knee_bend": 26}), {"effects": "shutter"}),
    (20, 35, ({"hip_flexion": 35}, _C, {"pelvic_rotation": 30}), {}),
    (0, 25, (_C, {"range_too_small": 12}, {"range_too_large": 28}), {"fast": True}),
    (0, 30, ({"hip_flexion": 34}, {"knee_bend": 30}, _C), {"size": (640, 480), "fps": 30.0}),
    (0, 12, (_C, {"hip_flexion": 35}, {"range_too_large": 28}), {}),
    (-35, 35, (_C, {"knee_bend": 28}, {"hip_flexion": 35}), {"bent": True}),
    (12, 28, ({"knee_bend": 28}, {"range_too_large": 28}, _C), {}),
    (0, 33, (_C, {"hip_flexion": 35}, {"pelvic_rotation": 30}), {}),
)

_ROWS = {"squat": _SQUAT, "glute_bridge": _BRIDGE, "clamshell": _CLAM, "side_leg_lift": _LIFT}
# The bodies of the exercises are out of step, so that no view belongs to a body.
_SHIFT = {"squat": 0, "glute_bridge": 3, "clamshell": 6, "side_leg_lift": 1}


def _reps(
    faults: tuple[Faults, ...], extra: Mapping[str, Any], rng: np.random.Generator
) -> tuple[RepSpec, ...]:
    out, back = float(rng.uniform(1.05, 1.45)), float(rng.uniform(1.05, 1.45))
    hold = float(extra.get("hold_s", rng.uniform(0.1, 0.5)))
    if extra.get("fast"):
        out, back, hold = 0.75, 0.75, 0.05
    reps = []
    for asked in faults:
        own = dict(asked)
        amplitude = own.pop("__amplitude", 1.0)
        reps.append(
            RepSpec(
                amplitude=amplitude,
                out_s=round(out * (0.75 if amplitude < 0.6 else 1.0), 3),
                hold_s=round(hold, 3),
                back_s=round(back * (0.75 if amplitude < 0.6 else 1.0), 3),
                pause_after_s=round(float(rng.uniform(0.45, 0.75)), 3),
                faults=own,
            )
        )
    return tuple(reps)


def _make(exercise: str, number: int, row: _Row) -> BenchSet:
    azimuth, elevation, faults, extra = row
    rng = np.random.default_rng([1, list(_ROWS).index(exercise), number])
    # A full turn of the eight bodies shifts by one: a row eight later has another.
    body = _BODIES[(number + number // 8 + _SHIFT[exercise]) % len(_BODIES)]
    unilateral = movement_of(exercise).unilateral
    side = ("left", "right")[(number // 2 + number) % 2] if unilateral else "both"
    spec = SetSpec(
        exercise,
        body,
        side=side,
        reps=_reps(faults, extra, rng),
        lead_in_s=1.05,
        lead_out_s=0.3,
        seed=1000 + number,
        start_from="walk_in" if extra.get("walk_in") else "in_place",
        params={"bottom_bent": 1.0} if extra.get("bent") else {},
    )
    keys = ("size", "fps", "effects", "dim", "hide_shin", "bystander")
    made = BenchSet(
        id=f"{exercise}-{number:02d}",
        spec=spec,
        azimuth_deg=float(azimuth),
        elevation_deg=float(elevation),
        fov_deg=round(float(rng.uniform(38, 56)), 1),
        room_seed=number,
        tags=tuple(k for k in ("walk_in", "bent", "fast", *keys) if extra.get(k)),
        **{k: extra[k] for k in keys if k in extra},
    )
    return made


def _rendered() -> tuple[BenchSet, ...]:
    out = []
    for number in range(max(len(rows) for rows in _ROWS.values())):
        for exercise, rows in _ROWS.items():
            if number < len(rows):
                out.append(_make(exercise, number, rows[number]))
    return tuple(out)


#: All sets of the rendered tier, in the order in which they are filmed.
RENDERED: tuple[BenchSet, ...] = _rendered()
