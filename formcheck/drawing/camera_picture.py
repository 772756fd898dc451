"""A small drawing of where the camera belongs: person, camera, distance and height."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from formcheck.drawing import demonstration
from formcheck.drawing.silhouette import polygon, silhouette
from formcheck.engine.exercise import Exercise
from formcheck.engine.pose import FloatArray
from formcheck.engine.units import Units, in_units
from formcheck.language import _

#: The person who is drawn, metres.
_BODY_M = 1.7
#: The scene is looked at from so far round from the camera and from so high, degrees:
#: of somebody standing, and of somebody who lies across the camera's way of looking.
_STANDING, _LYING = (62.0, 20.0), (46.0, 22.0)
_PX_PER_M, _MARGIN_PX, _FONT_PX = 72.0, 12.0, 15.0
#: Spread of a tripod's legs, side of a table's top, length and width of a camera, metres.
_SPREAD_M, _TABLE_M, _CAMERA_M = 0.24, 0.6, (0.2, 0.14)


def camera_svg(exercise: Exercise, units: Units = "metric") -> str | None:
    """The set-up of an exercise as inline SVG, in currentColor for light and dark pages alike.

    None where there is no demonstration to draw the person from.
    """
    if not demonstration.is_shown(exercise.id):
        return None
    place = exercise.camera
    azimuth = math.radians(demonstration.camera_azimuth_deg(exercise.id))
    towards = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    person = demonstration.start_pose_3d(exercise.id)
    middle = (person.min(axis=0) + person.max(axis=0)) / 2 * (1.0, 1.0, 0.0)
    floor = towards * sum(place.distance_m) / 2
    lens = floor + (0.0, 0.0, sum(place.height_m) / 2)
    scene = _Scene(azimuth, _STANDING if exercise.posture == "standing" else _LYING)
    for kind, box in demonstration.props_3d(exercise.id).items():
        corners = scene.seen((box - middle) * _BODY_M)
        scene.fill(_ring(corners) if kind == "ball" else _outline(corners), 0.25)
    body = scene.seen((person - middle) * _BODY_M)
    scene.fill(_outline(np.concatenate([scene.seen(lens[None]), body])), 0.12)
    scene.parts.append(silhouette(body, _BODY_M * _PX_PER_M))
    scene.include(body)
    scene.line(np.stack([0.0 * floor, floor]), dashed=True)
    raised = place.elevation_deg is not None
    for leg in _table(floor, lens) if raised else _tripod(floor, lens):
        scene.line(leg)
    scene.camera(lens, -towards)
    scene.label(floor / 2, in_units(_range(place.distance_m), units), "end", 4.0, 26.0)
    beside = 50.0 if raised else 20.0
    scene.label((floor + lens) / 2, in_units(_range(place.height_m), units), "start", beside, 5.0)
    words = exercise.camera.described(_("Camera {distance} away, {height} high"))
    return scene.svg(in_units(words, units))


class _Scene:
    """Things in the room (metres, z up, the person at the origin) drawn in parallel projection."""

    def __init__(self, camera_azimuth: float, looked_at: tuple[float, float]) -> None:
        round_, e = (math.radians(angle) for angle in looked_at)
        a = camera_azimuth - round_
        back = np.array([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)])
        right = np.array([-math.cos(a), -math.sin(a), 0.0])
        self._axes = np.stack([right, -np.cross(back, right)])
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)
        self.parts: list[str] = []

    def seen(self, points: FloatArray) -> FloatArray:
        """(n, 3) metres to (n, 2) pixels."""
        out: FloatArray = points @ self._axes.T * _PX_PER_M
        return out

    def include(self, points: FloatArray) -> None:
        """Make the drawing large enough for (n, 2) pixels."""
        self._low = np.minimum(self._low, points.min(axis=0))
        self._high = np.maximum(self._high, points.max(axis=0))

    def fill(self, corners: FloatArray, opacity: float) -> None:
        """A faint area with these corners, (n, 2) pixels."""
        self.parts.append(f'<g fill="currentColor" opacity="{opacity}">{polygon(corners)}</g>')
        self.include(corners)

    def line(self, points: FloatArray, *, dashed: bool = False) -> None:
        """A line through (n, 3) metres."""
        seen = self.seen(points)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in seen)
        style = ' stroke-dasharray="5 5" opacity="0.6"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="2.5" '
            f'stroke-linecap="round"{style}/>'
        )
        self.include(seen)

    def camera(self, lens: FloatArray, ahead: FloatArray) -> None:
        """A camera with its lens there, looking ahead (a level unit vector)."""
        length, width = _CAMERA_M
        up, back = np.array([0.0, 0.0, width / 2]), lens - length * ahead
        corners = self.seen(np.stack([lens + up, lens - up, back - up, back + up]))
        self.parts.append(
            f'<g fill="currentColor" stroke="currentColor" stroke-width="5" '
            f'stroke-linejoin="round">{polygon(corners)}</g>'
        )
        self.include(corners)

    def label(self, at: FloatArray, text: str, anchor: str, right: float, down: float) -> None:
        """A text beside a point of the room; right and down in pixels."""
        x, y = self.seen(at[None])[0] + (right, down)
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{_FONT_PX:g}" '
            f'font-family="sans-serif" fill="currentColor">{text}</text>'
        )
        width = 0.55 * _FONT_PX * len(text)
        left = x - (width if anchor == "end" else 0.0)
        self.include(np.array([[left, y - _FONT_PX], [left + width, y + 0.3 * _FONT_PX]]))

    def svg(self, title: str) -> str:
        """Everything drawn so far."""
        x, y = self._low - _MARGIN_PX
        width, height = self._high - self._low + 2 * _MARGIN_PX
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x:.0f} {y:.0f} {width:.0f} '
            f'{height:.0f}" role="img" aria-label="{title}"><title>{title}</title>'
            f"{''.join(self.parts)}</svg>"
        )


def _tripod(floor: FloatArray, lens: FloatArray) -> list[FloatArray]:
    """Three legs from under the camera to the floor."""
    top = floor + (lens - floor) * (1 - _CAMERA_M[1] / lens[2])
    turns = math.tau * np.arange(3) / 3
    feet = floor + _SPREAD_M * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
    return [np.stack([top, foot]) for foot in feet]


def _table(floor: FloatArray, lens: FloatArray) -> list[FloatArray]:
    """The top of a table under the camera, and its legs."""
    half = _TABLE_M / 2
    corners = floor + np.array(
        [[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]]
    )
    rise = np.array([0.0, 0.0, lens[2] - _CAMERA_M[1]])
    top = corners + rise
    return [
        np.concatenate([top, top[:1]]),
        *(np.stack(ends) for ends in zip(corners, top, strict=True)),
    ]


def _outline(points: FloatArray) -> FloatArray:
    """The convex hull of (n, 2) points, in order round it (Andrew's monotone chain)."""
    ordered = points[np.lexsort((points[:, 1], points[:, 0]))]
    hull: list[FloatArray] = []
    for way in (ordered, ordered[::-1]):
        half: list[FloatArray] = []
        for point in way:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        hull += half[:-1]
    return np.array(hull)


def _turn(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
    """More than 0 when a, b, c turn clockwise in the picture."""
    (x, y), (u, v) = b - a, c - a
    return float(x * v - y * u)


def _ring(corners: FloatArray) -> FloatArray:
    """The outline of the ball in a cube with these corners, (8, 2) pixels."""
    turn = math.tau * np.arange(24) / 24
    # A cube's diagonal, which parallel projection shows at its longest as it is.
    radius = np.ptp(corners[:, 1]) / 2 * 0.8
    ring = radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    out: FloatArray = ring + corners.mean(axis=0)
    return out


def _range(numbers: Sequence[float]) -> str:
    low, high = numbers
    return f"{low:g}-{high:g} m"
