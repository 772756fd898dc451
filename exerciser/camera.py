"""A pinhole camera looking at the person, and where to put it per exercise.

azimuth 0 = on the +y side looking toward -y: in front of a standing or side-lying
person, at the feet of one lying on the back. Positive azimuth goes
counterclockwise seen from above: +90 is on the -x side, at the standing (or
supine) person's left. elevation = angle above the horizontal seen from the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exerciser.body import Array


@dataclass(frozen=True)
class Camera:
    """Where a camera stands and what it sees.

    fov_deg is vertical; roll_deg turns the camera clockwise as seen from behind it
    (the picture's content then turns counterclockwise).
    """

    azimuth_deg: float = 0.0
    elevation_deg: float = 10.0
    distance_m: float = 3.0
    fov_deg: float = 45.0
    width: int = 1280
    height: int = 720
    target: tuple[float, float, float] = (0.0, 0.0, 0.9)
    roll_deg: float = 0.0

    @property
    def position(self) -> Array:
        """(3,) where the camera stands."""
        a, e = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        back = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
        return np.asarray(self.target) + self.distance_m * back

    @property
    def view_matrix(self) -> Array:
        """(4, 4) world to camera, OpenGL: x right, y up, looking along -z."""
        a, e, r = np.radians([self.azimuth_deg, self.elevation_deg, self.roll_deg])
        back = np.array([-np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
        right = np.array([-np.cos(a), -np.sin(a), 0.0])
        up = np.cross(back, right)
        axes = np.stack(
            [np.cos(r) * right - np.sin(r) * up, np.sin(r) * right + np.cos(r) * up, back]
        )
        out = np.eye(4)
        out[:3, :3] = axes
        out[:3, 3] = -axes @ self.position
        return out

    def projection_matrix(self, near: float = 0.1, far: float = 50.0) -> Array:
        """(4, 4) OpenGL perspective projection."""
        f = 1.0 / np.tan(np.radians(self.fov_deg) / 2)
        out = np.zeros((4, 4))
        out[0, 0] = f * self.height / self.width
        out[1, 1] = f
        out[2, 2] = (far + near) / (near - far)
        out[2, 3] = 2 * far * near / (near - far)
        out[3, 2] = -1.0
        return out

    def project(self, points_m: Array) -> tuple[Array, Array]:
        """World points (..., 3) to pixels (..., 2), x right and y down, and depth.

        Depth is in metres along the viewing direction. Points behind the camera
        give NaN.
        """
        v = self.view_matrix
        p = np.asarray(points_m, float) @ v[:3, :3].T + v[:3, 3]
        depth = -p[..., 2]
        focal = 0.5 * self.height / np.tan(np.radians(self.fov_deg) / 2)
        scale = focal / np.where(depth > 1e-3, depth, np.nan)
        px = np.stack(
            [0.5 * self.width + p[..., 0] * scale, 0.5 * self.height - p[..., 1] * scale], -1
        )
        return px, depth


def _aimed(camera: Camera, target: Array, distance_m: float) -> Camera:
    x, y, z = (float(v) for v in target)
    return replace(camera, target=(x, y, z), distance_m=float(distance_m))


def frame_points(camera: Camera, points_m: Array, margin: float = 0.10) -> Camera:
    """The same camera aimed and moved so that all points fit.

    margin: share of the picture left free on each side.
    """
    points = np.asarray(points_m, float).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    target = 0.5 * (points.min(axis=0) + points.max(axis=0))
    size = np.array([camera.width, camera.height])
    distance = camera.distance_m
    for _ in range(12):
        now = _aimed(camera, target, distance)
        px, _ = now.project(points)
        low, high = px.min(axis=0), px.max(axis=0)
        # move the target to the middle of what is seen, then fit the larger side
        off = 0.5 * (low + high) - 0.5 * size
        metres = off * 2 * distance * np.tan(np.radians(camera.fov_deg) / 2) / camera.height
        right, up = now.view_matrix[0, :3], now.view_matrix[1, :3]
        target = target + right * metres[0] - up * metres[1]
        fill = ((high - low) / size).max() / (1 - 2 * margin)
        distance *= fill
    return _aimed(camera, target, distance)


def default_camera(
    exercise: str,
    view: str | None = None,
    body: str = "m_average",
    side: str = "left",
    width: int = 1280,
    height: int = 720,
) -> Camera:
    """A camera that shows the whole body through the whole movement.

    view: a key of `Movement.views`; the first one when not given. side: the
    working one of unilateral exercises.
    """
    from exerciser.body import load_body
    from exerciser.movements import movement_of

    movement = movement_of(exercise)
    azimuth, elevation = movement.views[view or next(iter(movement.views))]
    person = load_body(body)
    pose = movement.make(person, np.array([0.0, 0.5, 1.1]), side if movement.unilateral else "both")
    start = Camera(azimuth, elevation, 3.0, 45.0, width, height)
    return frame_points(start, person.contact_points(pose), 0.1)
