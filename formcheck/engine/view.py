"""Posture of the person and where the camera stands around them.

Decided from the landmarks alone, all the time, with hysteresis: a fault rule
may only speak in the views in which it can see, so this decides what is
reported as not assessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import Facing, Posture, View, ViewClass

#: Widths and lengths of a body as shares of its trunk (mid-shoulder to
#: mid-hip), as BlazePose places them on adults (docs/landmark_error.md).
SHOULDER_WIDTH = 0.70
HIP_WIDTH = 0.40
FOOT_LENGTH = 0.50
LEG_LENGTH = 1.65  # hip to ankle of a straight leg
BENT_KNEE_REACH = 0.50  # knee forward of the hip-ankle line, legs bent 75-90 degrees
NOSE_TO_EARS = 0.22
#: The same as the picture shows them of people who squat, step and bend at any angle to the
#: camera, on films with known cameras: arms held forward take from the shoulders, and the
#: pose model's heel and toe lie within the foot.
SHOULDERS_SEEN, FOOT_SEEN = 0.63, 0.42
#: How much of the width in the picture is told by the shoulders, and of the depth in the
#: room: hips follow less well.
_SHOULDERS_SHARE, _ROOM_SHOULDERS_SHARE = 0.6, 0.7
#: Standard errors: of the width as a share of what it is from the front; of feet and nose as
#: shares of what they are from the side, least from the front, where neither the length of
#: the foot nor toes turned out matter; of depth in the room, degrees (docs/any_side.md).
_WIDTH_ERROR, _FEET_ERROR, _NOSE_ERROR, _ROOM_ERROR_DEG = 0.10, (0.08, 0.18), (0.15, 0.25), 6.0
#: Who lies on the back is taken to do so across the picture when depth is missing, degrees.
_ACROSS_ERROR_DEG = 15.0

#: An ankle this much higher than the other (trunk lengths) is off the floor.
FOOT_IN_AIR = 0.25
#: And by this for each length that they are apart in the picture: on the floor, seen at an angle.
_FURTHER_HIGHER = 0.2
#: The trunk's middle is so far from the ankles (trunk lengths) at most while the feet
#: carry the body. In deep squats it is 0.1 to 0.3, of somebody who sits it is 0.7 or more.
OVER_FEET = 0.45

#: Azimuth limits between front, oblique, side and back, degrees.
FRONT_MAX, OBLIQUE_MAX, SIDE_MAX = 25.0, 57.0, 123.0
_CLASS_HYSTERESIS_DEG = 5.0
_POSTURE_DWELL_S = 0.3
_ROLLED_DWELL_S = 1.5
_AZIMUTH_TIME_CONSTANT_S = 0.4
_ELEVATION_TIME_CONSTANT_S = 1.5

STANDING: Final = "standing"
SUPINE: Final = "supine"
RECLINED: Final = "reclined"  # on the back with the shoulders raised: on a bench
SIDE_LYING_LEFT: Final = "side_lying_left"
SIDE_LYING_RIGHT: Final = "side_lying_right"
UNKNOWN: Final = "unknown"


def view_class(azimuth_deg: float | None) -> ViewClass:
    """From where the camera sees somebody at an azimuth in degrees (-180..180]."""
    if azimuth_deg is None or math.isnan(azimuth_deg):
        return "unknown"
    size = abs(azimuth_deg)
    if size <= FRONT_MAX:
        return "front"
    if size <= OBLIQUE_MAX:
        return "oblique"
    return "side" if size <= SIDE_MAX else "back"


def facing_of(posture: Posture, azimuth_deg: float | None) -> Facing:
    """Which way the person's front points in the picture."""
    if posture == UNKNOWN or azimuth_deg is None:
        return "unknown"
    if posture in (SUPINE, RECLINED):
        return "up"
    if abs(azimuth_deg) <= 45:
        return "camera"
    if abs(azimuth_deg) >= 135:
        return "away"
    return "image_left" if azimuth_deg > 0 else "image_right"


#: x and y, pixels, of each of the 33 landmarks. Lists: a number of an array takes ten times as
#: long to get.
Points = Sequence[Sequence[float]]


@dataclass(slots=True)
class _Axes:
    """The trunk in pixels: hip-to-shoulder vector, right-to-left lines, lengths."""

    trunk_x: float
    trunk_y: float
    trunk: float
    shoulders: tuple[float, float]
    hips: tuple[float, float]


def _axes(xy: Points) -> _Axes | None:
    ls, rs, lh, rh = xy[L.LEFT_SHOULDER], xy[L.RIGHT_SHOULDER], xy[L.LEFT_HIP], xy[L.RIGHT_HIP]
    # One hidden side of the trunk is normal in a side view: the other stands in.
    if math.isnan(ls[0] + rs[0]):
        ls = rs = ls if math.isnan(rs[0]) else rs
    if math.isnan(lh[0] + rh[0]):
        lh = rh = lh if math.isnan(rh[0]) else rh
    tx = (ls[0] + rs[0] - lh[0] - rh[0]) / 2
    ty = (ls[1] + rs[1] - lh[1] - rh[1]) / 2
    length = math.hypot(tx, ty)
    if not length > 0:
        return None
    return _Axes(
        tx,
        ty,
        length,
        (ls[0] - rs[0], ls[1] - rs[1]),
        (lh[0] - rh[0], lh[1] - rh[1]),
    )


def _either(xy: Points, left: int, right: int) -> tuple[float, float]:
    a, b = xy[left], xy[right]
    if math.isnan(a[0]):
        return b[0], b[1]
    if math.isnan(b[0]):
        return a[0], a[1]
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def posture_of(xy: Points) -> Posture:
    """Posture in one frame from 33 (x, y), pixels, or unknown between two postures."""
    axes = _axes(xy)
    if axes is None:
        return UNKNOWN
    hip = _either(xy, L.LEFT_HIP, L.RIGHT_HIP)
    # The lower foot: the other one may be in the air.
    foot = _lower(xy, L.LEFT_ANKLE, L.RIGHT_ANKLE)
    if math.isnan(foot[1]):
        foot = _either(xy, L.LEFT_KNEE, L.RIGHT_KNEE)
    drop = foot[1] - hip[1]
    # Flat is within 39 degrees of the horizontal: a raised camera towards the
    # head or feet shows a lying body as far from level as that. Legs that
    # stand keep a trunk that is bent over apart from one that lies.
    flat = abs(axes.trunk_y) < 0.8 * abs(axes.trunk_x)
    legs_flat = not drop >= max(0.65 * axes.trunk, 0.8 * abs(foot[0] - hip[0]))
    if flat and _bridged(xy, axes):
        return SUPINE
    if flat and legs_flat:
        return _lying_posture(xy, axes)
    if _leans_back(xy, axes, hip, foot):
        return RECLINED
    if not math.isnan(drop) and drop > 0.5 * axes.trunk and axes.trunk_y < 0.25 * axes.trunk:
        return STANDING
    if _weight_on_feet(xy, axes, hip):
        return STANDING
    if drop < 0.5 * axes.trunk and axes.trunk_y < 0 and _knees_up(xy) > 0.2 * axes.trunk:
        return RECLINED
    return UNKNOWN


def _leans_back(
    xy: Points, axes: _Axes, hip: tuple[float, float], foot: tuple[float, float]
) -> bool:
    """Whether the trunk leans well away from the feet over knees as high as the hips.

    Nobody stands like that, however high the hips are: who squats leans forward.
    """
    knee = _either(xy, L.LEFT_KNEE, L.RIGHT_KNEE)
    feet = (foot[0] - hip[0]) / axes.trunk
    back = axes.trunk_x / axes.trunk
    return (
        feet * back < 0
        and abs(feet) > 0.4
        and abs(back) > 0.45
        and axes.trunk_y < 0
        and knee[1] < hip[1] + 0.15 * axes.trunk
    )


def _weight_on_feet(xy: Points, axes: _Axes, hip: tuple[float, float]) -> bool:
    """Whether a trunk that is upright or bowed is over the feet, however low the hips.

    So it is in the deepest squat, and never of somebody whose back or seat is on
    something. Feet out of the picture are taken to be where they belong.
    """
    foot = _lower(xy, L.LEFT_ANKLE, L.RIGHT_ANKLE)
    if math.isnan(foot[0]):
        return axes.trunk_y < -0.5 * axes.trunk
    over = hip[0] + axes.trunk_x / 2 - foot[0]
    return axes.trunk_y < 0 and hip[1] < foot[1] and abs(over) < OVER_FEET * axes.trunk


def _lower(xy: Points, left: int, right: int) -> tuple[float, float]:
    """The one of two landmarks that is lower in the picture."""
    a, b = xy[left], xy[right]
    low = b if math.isnan(a[1]) or b[1] > a[1] else a
    return low[0], low[1]


def _knees_up(xy: Points) -> float:
    """How far the lower knee is above the line from hip to the lower ankle, pixels.

    A leg held up straight has no bend of its own: only against the foot that stands
    does its knee show as raised.
    """
    left, right = xy[L.LEFT_ANKLE][1], xy[L.RIGHT_ANKLE][1]
    ankle = L.RIGHT_ANKLE if math.isnan(left) or right > left else L.LEFT_ANKLE
    rise = [_rise_above_line(xy, L.LEFT_HIP + s, L.LEFT_KNEE + s, ankle) for s in (0, 1)]
    return min((r for r in rise if not math.isnan(r)), default=math.nan)


def _bridged(xy: Points, axes: _Axes) -> bool:
    """Whether trunk and thighs lie on both sides of the hips, over feet that stand.

    At the top of a hip thrust the trunk is as high over the feet as that of someone
    bent over, whose thigh stands upright or points the way of the shoulders.
    """
    left, right = xy[L.LEFT_ANKLE][1], xy[L.RIGHT_ANKLE][1]
    s = 1 if math.isnan(left) or right > left else 0
    hip, knee, ankle = xy[L.LEFT_HIP + s], xy[L.LEFT_KNEE + s], xy[L.LEFT_ANKLE + s]
    away = (hip[0] - knee[0]) * (1.0 if axes.trunk_x > 0 else -1.0)
    down = ankle[1] - knee[1]
    return away > max(abs(knee[1] - hip[1]), 0.3 * axes.trunk) and down > 0.5 * axes.trunk


def _lying_posture(xy: Points, axes: _Axes) -> Posture:
    # Someone on the back with bent knees has both knees above the line from
    # hip to ankle; on the side the lower knee lies on that line or in front of
    # it, which a raised camera shows below it. The shoulder line alone cannot
    # tell the two apart once the camera looks down or the trunk rolls.
    lowest = _knees_up(xy) / axes.trunk
    if math.isnan(lowest):
        # Without feet: bent knees stand up from the hips, on the side the lower one does not.
        hip = _either(xy, L.LEFT_HIP, L.RIGHT_HIP)[1]
        lowest = (hip - _lower(xy, L.LEFT_KNEE, L.RIGHT_KNEE)[1]) / axes.trunk
    # y grows downwards: a positive value means the left side is the upper one.
    left_up = -(axes.shoulders[1] + axes.hips[1]) / axes.trunk
    if lowest > 0.2 or _legs_up(xy, axes) > 0.4:
        return SUPINE
    if abs(left_up) < 0.35 and not lowest < -0.08:
        return SUPINE
    if abs(left_up) < 0.12:
        return UNKNOWN
    return SIDE_LYING_RIGHT if left_up > 0 else SIDE_LYING_LEFT


def _legs_up(xy: Points, axes: _Axes) -> float:
    """How far both ankles are above the hips and the trunk's line prolonged, in trunks.

    On the side the lower leg lies on the floor. On the back with one leg held up the
    pose model at times sees both feet there. The trunk's line alone would not do for
    someone propped on an elbow, the height alone not for a camera towards the head.
    """
    hip = _either(xy, L.LEFT_HIP, L.RIGHT_HIP)
    turn = -1.0 if axes.trunk_x > 0 else 1.0
    rises = []
    for ankle in (xy[L.LEFT_ANKLE], xy[L.RIGHT_ANKLE]):
        dx, dy = ankle[0] - hip[0], ankle[1] - hip[1]
        off_line = turn * (axes.trunk_x * dy - axes.trunk_y * dx) / axes.trunk
        rises.append(min(off_line, -dy) / axes.trunk)
    return min(rises) if all(r == r for r in rises) else 0.0


def _rise_above_line(xy: Points, hip: int, knee: int, ankle: int) -> float:
    """How far the knee lies above the hip-ankle line in the picture, pixels."""
    ax, ay = xy[hip][0], xy[hip][1]
    bx, by = xy[ankle][0], xy[ankle][1]
    dx, dy = bx - ax, by - ay
    length = math.hypot(dx, dy)
    if not length > 0:
        return math.nan
    kx, ky = xy[knee][0] - ax, xy[knee][1] - ay
    across = (dx * ky - dy * kx) / length
    return -across if dx > 0 else across


def azimuth_of(
    xy: Points, posture: Posture, trunk_px: float, room: Sequence[Sequence[float]] | None = None
) -> tuple[float, float]:
    """Camera azimuth in one frame and its standard error, degrees; NaN when it cannot be told.

    trunk_px: the trunk's length when it is not foreshortened. room: 33 (x, y, z), metres in the
    camera's directions, depth last, as the pose model guesses them; NaN or None = unknown.
    The picture and the room err in different ways: toes turned out and narrow shoulders
    mislead the one, a guess at the depth the other. Where both are known they are averaged.
    """
    axes = _axes(xy)
    if axes is None or posture == UNKNOWN or not trunk_px > 0:
        return math.nan, math.nan
    if posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT):
        line = (axes.shoulders[0] + axes.hips[0], axes.shoulders[1] + axes.hips[1])
        front = axes.trunk_x * line[1] - axes.trunk_y * line[0] > 0
        return (0.0 if front else 180.0), _ACROSS_ERROR_DEG
    told = math.nan if room is None else _by_room(room)
    if posture != STANDING:
        if told == told:
            return told, _ROOM_ERROR_DEG
        # Face up with the head at the right of the picture: the left side is seen.
        return (90.0 if axes.trunk_x > 0 else -90.0), _ACROSS_ERROR_DEG
    width, feet, nose = _by_picture(xy, axes, trunk_px)
    aside = nose if math.isnan(feet) else feet
    if math.isnan(aside):
        return told, _ROOM_ERROR_DEG
    # Which azimuth agrees best with all of it: cosine with the width, sine with feet and nose.
    azimuth = math.atan2(aside, width)
    for _ in range(3):
        sine, cosine = math.sin(azimuth), math.cos(azimuth)
        rows = [(-sine / _WIDTH_ERROR, (width - cosine) / _WIDTH_ERROR)]
        for seen, (least, more) in ((feet, _FEET_ERROR), (nose, _NOSE_ERROR)):
            if seen == seen:
                error = least + more * abs(sine)
                rows.append((cosine / error, (seen - sine) / error))
        if told == told:
            off = (told - math.degrees(azimuth) + 180.0) % 360.0 - 180.0
            rows.append((math.degrees(1.0) / _ROOM_ERROR_DEG, off / _ROOM_ERROR_DEG))
        weight = sum(slope * slope for slope, _ in rows)
        azimuth += sum(slope * rest for slope, rest in rows) / weight
    return math.degrees(azimuth), math.degrees(1.0 / math.sqrt(weight))


def _by_room(room: Sequence[Sequence[float]]) -> float:
    """Azimuth from the depth of shoulders and hips, degrees, NaN when it is not known."""
    ahead = aside = 0.0
    for left, right, share in (
        (L.LEFT_SHOULDER, L.RIGHT_SHOULDER, _ROOM_SHOULDERS_SHARE),
        (L.LEFT_HIP, L.RIGHT_HIP, 1.0 - _ROOM_SHOULDERS_SHARE),
    ):
        across = room[left][0] - room[right][0]
        deep = room[left][2] - room[right][2]
        length = math.hypot(across, deep)
        if not length > 0:
            return math.nan
        ahead += share * across / length
        aside -= share * deep / length
    return math.degrees(math.atan2(aside, ahead))


def _by_picture(xy: Points, axes: _Axes, trunk_px: float) -> tuple[float, float, float]:
    """What width says of the azimuth's cosine, and feet and nose of its sine; NaN = not seen."""
    width = (
        _SHOULDERS_SHARE * axes.shoulders[0] / SHOULDERS_SEEN
        + (1.0 - _SHOULDERS_SHARE) * axes.hips[0] / HIP_WIDTH
    ) / trunk_px
    # Of two feet on the floor, wide apart, the further one looks higher.
    apart = abs(xy[L.LEFT_ANKLE][0] - xy[L.RIGHT_ANKLE][0])
    higher = FOOT_IN_AIR * trunk_px + (_FURTHER_HIGHER * apart if apart == apart else 0.0)
    floor = _lower(xy, L.LEFT_ANKLE, L.RIGHT_ANKLE)[1]
    toes = [
        (xy[toe][0] - xy[heel][0]) / (FOOT_SEEN * trunk_px)
        for toe, heel, ankle in (
            (L.LEFT_FOOT_INDEX, L.LEFT_HEEL, L.LEFT_ANKLE),
            (L.RIGHT_FOOT_INDEX, L.RIGHT_HEEL, L.RIGHT_ANKLE),
        )
        # A foot in the air may point anywhere.
        if not xy[ankle][1] < floor - higher
    ]
    toes = [v for v in toes if v == v]
    feet = -sum(toes) / len(toes) if toes else math.nan
    ears = _either(xy, L.LEFT_EAR, L.RIGHT_EAR)
    return width, feet, -(xy[L.NOSE][0] - ears[0]) / (NOSE_TO_EARS * trunk_px)


def elevation_of(xy: Points, posture: Posture) -> float:
    """How far the camera looks down on someone on the side, degrees, NaN if not told.

    The lower leg does not take part in the exercise and lies on the floor. When
    it is bent the knee stands forward of the line from hip to ankle, when it is
    straight the toe forward of the heel; a raised camera shows what is forward
    lower down, by the sine of the elevation.
    """
    side = {SIDE_LYING_LEFT: 0, SIDE_LYING_RIGHT: 1}.get(posture)
    axes = _axes(xy)
    if side is None or axes is None:
        return math.nan
    hip, knee, ankle = L.LEFT_HIP + side, L.LEFT_KNEE + side, L.LEFT_ANKLE + side
    leg = math.hypot(xy[ankle][0] - xy[hip][0], xy[ankle][1] - xy[hip][1])
    if not leg > 0:
        return math.nan
    # Trunk and leg together: one is nearer to the camera and one further away
    # when it stands towards the head or the feet.
    if leg < 1.5 * axes.trunk:
        down = -_rise_above_line(xy, hip, knee, ankle)
        reach = BENT_KNEE_REACH * math.sqrt(axes.trunk * leg)
    else:
        down = xy[L.LEFT_FOOT_INDEX + side][1] - xy[L.LEFT_HEEL + side][1]
        reach = FOOT_LENGTH * math.sqrt(axes.trunk * leg / LEG_LENGTH)
    return math.degrees(math.asin(min(max(down / reach, -1.0), 1.0)))


class ViewTracker:
    """Posture and azimuth over time: a posture has to last to be believed."""

    def __init__(self) -> None:
        self.posture: Posture = UNKNOWN
        self.posture_since_s = math.nan
        self.trunk_px = math.nan
        self.elevation_deg = math.nan
        self.azimuth_error_deg = math.nan
        self._candidate: Posture = UNKNOWN
        self._candidate_since_s = math.nan
        self._east = 0.0
        self._north = 0.0
        self._last_s = math.nan
        self._class: ViewClass = "unknown"

    @property
    def azimuth_deg(self) -> float | None:
        """Smoothed azimuth, degrees in (-180, 180], None before it is known."""
        if self._east == 0.0 and self._north == 0.0:
            return None
        return math.degrees(math.atan2(self._north, self._east))

    @property
    def view(self) -> View:
        """The view as reports and displays have it."""
        azimuth = self.azimuth_deg
        return View(self.posture, azimuth, facing_of(self.posture, azimuth))

    @property
    def view_class(self) -> ViewClass:
        """From where the camera sees the person, with hysteresis."""
        return self._class

    def update(self, frame: PoseFrame) -> bool:
        """Take the next frame; True when posture or view class changed."""
        xy = frame.landmarks_px[:, :2].tolist()
        elapsed = frame.time_s - self._last_s
        self._last_s = frame.time_s
        axes = _axes(xy)
        if axes is None:
            return False
        step = 1.0 if math.isnan(elapsed) else 1 - math.exp(-elapsed / _AZIMUTH_TIME_CONSTANT_S)
        # The longest recent trunk is the one that is not foreshortened.
        decay = 0.0 if math.isnan(elapsed) else 1 - math.exp(-elapsed / 8.0)
        if math.isnan(self.trunk_px) or axes.trunk > self.trunk_px:
            self.trunk_px = axes.trunk
        else:
            self.trunk_px += decay * (axes.trunk - self.trunk_px)
        before = (self.posture, self._class)
        self._settle_posture(posture_of(xy), frame.time_s)
        if self.posture != before[0]:
            self.elevation_deg = math.nan
        elevation = elevation_of(xy, self.posture)
        if math.isnan(self.elevation_deg):
            self.elevation_deg = elevation
        elif not math.isnan(elevation):
            slow = 1 - math.exp(-elapsed / _ELEVATION_TIME_CONSTANT_S)
            self.elevation_deg += slow * (elevation - self.elevation_deg)
        azimuth, error = azimuth_of(xy, self.posture, self.trunk_px, frame.world_m.tolist())
        if not math.isnan(azimuth):
            if self.posture != before[0]:
                step = 1.0
            if math.isnan(self.azimuth_error_deg):
                self.azimuth_error_deg = error
            azimuth = math.radians(azimuth)
            self._east += step * (math.cos(azimuth) - self._east)
            self._north += step * (math.sin(azimuth) - self._north)
            self.azimuth_error_deg += step * (error - self.azimuth_error_deg)
            self._settle_class()
        return (self.posture, self._class) != before

    def _settle_posture(self, seen: Posture, time_s: float) -> None:
        if seen == UNKNOWN or seen == self.posture:
            self._candidate = UNKNOWN
            return
        if seen != self._candidate:
            self._candidate, self._candidate_since_s = seen, time_s
        # Rolling the trunk in an exercise on the side is a fault, not lying down anew.
        rolled = self.posture in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT) and seen == SUPINE
        dwell_s = _ROLLED_DWELL_S if rolled else _POSTURE_DWELL_S
        if self.posture == UNKNOWN or time_s - self._candidate_since_s >= dwell_s:
            self.posture, self.posture_since_s = seen, time_s
            self._candidate = UNKNOWN

    def _settle_class(self) -> None:
        azimuth = self.azimuth_deg
        if azimuth is None:
            return
        size = abs(azimuth)
        near = view_class(size)
        if self._class in ("unknown", near):
            self._class = near
            return
        # Leave a class only when clearly outside of it.
        inner, outer = (
            view_class(size - _CLASS_HYSTERESIS_DEG),
            view_class(size + _CLASS_HYSTERESIS_DEG),
        )
        if self._class not in (inner, outer):
            self._class = near
