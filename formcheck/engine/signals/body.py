"""A pose with what is known about the body besides, and what a signal is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from formcheck.engine.camera import ErrorFrom
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import Posture

LEFT, RIGHT = 0, 1
Unit = Literal["deg", "shank", "trunk", "shoulder", "ratio"]
#: Thigh and shank as shares of the trunk between BlazePose's shoulder and hip
#: midpoints (measured on the exerciser's bodies, docs/landmark_error.md).
THIGH = 0.83
SHANK = 0.88
#: In a squat the thigh does so much of the bending, the shank the rest.
THIGH_SHARE = 0.6
#: So much of a squat's bending is seen to be the shank's, up to so many degrees: the hips
#: are seen higher than they are (three renderers' and real people's squats agree).
SHANK_SHARE, MOST_SHANK_DEG = 0.25, 25.0
#: Ankle to toe tip along the floor.
TOE_REACH = 0.38


@dataclass(slots=True, eq=False)
class Body:
    """One pose with what is known about the body besides.

    x, y: 33 pixel coordinates each, y down, NaN = missing.
    trunk_px: shoulder-hip length when it is not foreshortened.
    leg_px: height of the hips over the ankles as it would be with straight knees, where the
        person is now; lying on the side the upper leg's length at rest.
    straightness: that height's share of it as thigh over shank tells, 1 = straight; rough,
        but the same at any distance from the camera. NaN = not known.
    azimuth_deg: where the camera is (view.py), NaN when unknown.
    elevation_deg: how far the camera looks down on someone on the side.
    floor_slope, floor_y: tangent of how far it looks down on the feet of someone who
        stands (scale.FloorSlope; NaN = not at all), and their height in the picture, pixels.
    straight_px: what straight legs would measure at the distance from the camera at
        which the person is now; NaN until they have been seen both straight and bent.
    thigh_px: height of the hips over the knees with straight knees, where the person is now.
    risen_deg: how far the person has come up on a box (scale.StepScale), NaN elsewhere.
    shank_growth: how much the upper leg's shank-to-thigh ratio in the picture is
        over its rest value, averaged over a moment.
    roll_deg, roll_uncertainty_deg, lift_deg: of someone on the side, the pelvis' roll since
        rest and its standard error, and how far the upper leg has come since rest, as
        a fitted model reads them (pelvic_rotation.py).
    known: what several signals need and one has worked out (sagittal.py).
    feet_px: heel to toe (right, down) of the left and the right foot, as it stands.
    """

    x: list[float]
    y: list[float]
    _: KW_ONLY
    trunk_px: float
    leg_px: float
    azimuth_deg: float
    posture: Posture
    elevation_deg: float = 0.0
    shank_growth: float = 0.0
    straight_px: float = math.nan
    thigh_px: float = math.nan
    floor_slope: float = math.nan
    floor_y: float = field(init=False)
    feet_px: list[tuple[float, float]] = field(init=False)
    straightness: float = math.nan
    risen_deg: float = math.nan
    roll_deg: float = math.nan
    roll_uncertainty_deg: float = math.nan
    lift_deg: float = math.nan
    known: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {}
        feet = [v for v in self.y[L.LEFT_ANKLE : L.RIGHT_ANKLE + 1] if v == v]
        self.floor_y = max(feet) if feet else math.nan
        self.feet_px = [
            (self.x[toe] - self.x[heel], self.y[toe] - self.y[heel])
            for heel, toe in (
                (L.LEFT_HEEL, L.LEFT_FOOT_INDEX),
                (L.RIGHT_HEEL, L.RIGHT_FOOT_INDEX),
            )
        ]

    @property
    def shank_px(self) -> float:
        """Unforeshortened shank length, pixels."""
        return SHANK * self.trunk_px

    @property
    def forward(self) -> float:
        """+1 when the person faces the right of the picture, -1 the left (side views)."""
        return -1.0 if self.azimuth_deg > 0 else 1.0

    @property
    def near(self) -> int:
        """The side of the body nearer to the camera in a side view."""
        return LEFT if self.azimuth_deg > 0 else RIGHT

    @property
    def seen_from_front(self) -> float:
        """+1 when the camera is in front of the person, -1 when behind."""
        return -1.0 if abs(self.azimuth_deg) > 90 else 1.0

    def mid(self, left: int) -> tuple[float, float]:
        """Midpoint of a left landmark and its right twin, NaN unless both are seen."""
        return (self.x[left] + self.x[left + 1]) / 2, (self.y[left] + self.y[left + 1]) / 2

    def mid_or_one(self, left: int) -> tuple[float, float]:
        """As mid, with one side standing in for a hidden one."""
        x, y = self.mid(left)
        if x == x:
            return x, y
        seen = left if self.x[left] == self.x[left] else left + 1
        return self.x[seen], self.y[seen]


#: Value of a signal from a body and a side; NaN = not seen.
Compute = Callable[[Body, int], float]


@dataclass(frozen=True, slots=True)
class Signal:
    """A number measured on a pose. compute(body, side) -> value; side is 0 left, 1 right.

    name: that of the function; title: in words; landmarks: the joints it needs. error:
    its standard error by where the camera stands; None = too large everywhere. lite: what
    the small pose model adds to it, in its unit (docs/accuracy.md). short: what stands before
    the number on a picture, of those that are counted.
    sided: it exists for either leg; otherwise it is computed once, with the
    working side (the nearer one when both legs work).
    """

    name: str
    title: str
    compute: Compute
    unit: Unit
    landmarks: tuple[str, ...]
    error: ErrorFrom | None = None
    sided: bool = False
    lite: float = 0.0
    short: str = ""


#: All signals declared so far, by name.
FOUND: dict[str, Signal] = {}


def signal(  # noqa: PLR0913 - what there is to know of one signal, mostly by keyword
    title: str,
    unit: Unit,
    landmarks: str,
    error: ErrorFrom | None = None,
    *,
    sided: bool = False,
    lite: float = 0.0,
    short: str = "",
) -> Callable[[Compute], Compute]:
    """Declare the function below as the signal of its name; landmarks: words, by spaces."""

    def declare(compute: Compute) -> Compute:
        name = compute.__name__
        if name in FOUND:
            raise ValueError(f"signal {name!r} is declared twice")
        needed = tuple(landmarks.split())
        FOUND[name] = Signal(name, title, compute, unit, needed, error, sided, lite, short)
        return compute

    return declare


def interior_angle(body: Body, a: int, b: int, c: int) -> float:
    """Angle at b between a and c in the picture, degrees 0..180."""
    ux, uy = body.x[a] - body.x[b], body.y[a] - body.y[b]
    vx, vy = body.x[c] - body.x[b], body.y[c] - body.y[b]
    return math.degrees(abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)))


def picture_knee_flexion(body: Body, side: int) -> float:
    """180 minus the hip-knee-ankle angle in the picture."""
    return 180.0 - interior_angle(body, L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side)


def shank_to_thigh(body: Body, side: int) -> float:
    """Shank over thigh in the picture: grows when the leg swings to the camera."""
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    thigh = math.hypot(body.x[knee] - body.x[hip], body.y[knee] - body.y[hip])
    shank = math.hypot(body.x[ankle] - body.x[knee], body.y[ankle] - body.y[knee])
    return shank / thigh if thigh > 0 else math.nan
