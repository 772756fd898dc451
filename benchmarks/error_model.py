"""How the pose model's landmarks differ from the true joints, as numbers to draw from.

    model = ErrorModel.load()
    frames = model.see(item, made, camera, seed=3)

Fitted to the TUNING bodies of the rendered tier only (benchmarks/fit_error_model.py).
Everything is a share of body height in the picture, in a frame attached to the body:
pictures are mirrored so that the working leg of someone on the side is the left one,
and the camera stands at the left of someone seen from the side; "left" then means
upper or nearer.

For each exercise and view the error of a landmark is a sum of
  - a bias that follows from where the camera stands, how far the repetition has
    come, and how far the true joint has moved (the model follows only part of
    some movements);
  - what is peculiar to one set (body, clothes, room) and to each of its repetitions
    (growing with the effort), drawn from those sets that were filmed, all
    landmarks together;
  - noise, correlated in time (AR(1)) as it is while the body is still, and a slow
    wander on top while it moves.
Landmarks drop out in runs as often and as long as they did in the films.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.sets import BenchSet, view_name
from exerciser.camera import Camera
from exerciser.sets import GeneratedSet
from formcheck.engine.pose import LANDMARK_COUNT, PoseFrame
from formcheck.engine.pose import Landmark as L

PATH = Path(__file__).with_name("error_model.npz")
#: How slowly the error wanders during a repetition, seconds.
WANDER_S = 0.35
#: Time of a usual move from rest to the extreme, seconds.
MOVE_S = 1.25
FEATURES = (
    "1", "elevation", "azimuth", "effort", "effort^2", "effort x elevation", "dx", "dy", "vx", "vy"
)  # fmt: skip

TWIN = np.arange(LANDMARK_COUNT)
for _left in L:
    if _left.name.startswith("LEFT_"):
        _right = L[_left.name.replace("LEFT_", "RIGHT_", 1)]
        TWIN[_left], TWIN[_right] = _right, _left
TWIN[L.MOUTH_LEFT], TWIN[L.MOUTH_RIGHT] = L.MOUTH_RIGHT, L.MOUTH_LEFT


# ------------------------------------------------------------------ body's frame
def is_mirrored(item: BenchSet) -> bool:
    """Whether the picture has to be mirrored to have the set in its standard form."""
    if item.spec.side in ("left", "right"):
        return item.spec.side == "right"
    return (item.azimuth_deg + 180) % 360 - 180 < 0


def mirror(points_px: np.ndarray, width: float) -> np.ndarray:
    """(T, 33, 2) pixels in the mirrored picture, left and right exchanged."""
    out = points_px[:, TWIN].copy()
    out[..., 0] = width - out[..., 0]
    return out


def height_px(made: GeneratedSet, camera: Camera) -> float:
    """Body height in pixels at the distance at which the person is, lying or standing."""
    _, depth = camera.project(made.landmarks_m[int(np.argmax(made.in_place))])
    focal = 0.5 * camera.height / np.tan(np.radians(camera.fov_deg) / 2)
    return float(made.body.height_m * focal / np.nanmedian(depth))


def class_of(item: BenchSet) -> str:
    """Name of the group of sets that share an error: exercise and view."""
    return f"{item.exercise}/{view_name(item.exercise, item.azimuth_deg, item.elevation_deg)}"


def features(item: BenchSet, made: GeneratedSet, shift: np.ndarray, mirrored: bool) -> np.ndarray:
    """(T, 33, 10) what the bias depends on. shift (T, 33, 2): how far the true joint
    has moved from where it was at the start, as a share of body height; its speed
    (per second) tells how much the model lags behind."""
    count = len(made)
    azimuth = (item.azimuth_deg + 180) % 360 - 180
    azimuth = -azimuth if mirrored else azimuth
    middle = {"side": 90.0, "back": 180.0}.get(item.view, 0.0)
    if item.exercise == "glute_bridge":
        middle = 90.0
    turned = ((azimuth - middle + 180) % 360 - 180) / 20
    raised = item.elevation_deg / 30 - (0.0 if item.exercise == "squat" else 0.5)
    effort = np.clip(made.effort, 0, 1.5)
    one = np.ones(count)
    common = np.stack([one, raised * one, turned * one, effort, effort**2, effort * raised], 1)
    out = np.empty((count, LANDMARK_COUNT, len(FEATURES)))
    out[:, :, :6] = common[:, None]
    out[:, :, 6:8] = shift
    out[:, :, 8:] = np.gradient(shift, 1 / made.fps, axis=0)
    return out


# ------------------------------------------------------------------------ model
@dataclass(frozen=True)
class Group:
    """The error of one exercise and view.

    weights (33, 10, 2): bias. offsets (sets, 33, 2): peculiar to each filmed set.
    slopes (reps, 33, 2, 2): peculiar to each filmed repetition, per unit of effort
    and of effort squared; rep_set (reps,) its set, rep_faulty (reps,) whether it had
    a fault. spread, memory_s (33, 2): size and time constant of the noise at rest.
    wander (33, 2): size of what is added during a repetition.
    visibility (sets, 33). gap_share, gap_s (sets, 33):
    share of frames in which a landmark was missing and how long a gap lasted.
    """

    weights: np.ndarray
    offsets: np.ndarray
    slopes: np.ndarray
    spread: np.ndarray
    memory_s: np.ndarray
    wander: np.ndarray
    visibility: np.ndarray
    gap_share: np.ndarray
    gap_s: np.ndarray
    rep_set: np.ndarray
    rep_faulty: np.ndarray
    ids: tuple[str, ...]


@dataclass(frozen=True)
class ErrorModel:
    """Landmark errors by exercise and view (see the module's text)."""

    groups: dict[str, Group]

    def group(self, item: BenchSet) -> Group:
        """The error that fits a set best: its own view's, or a neighbour's."""
        name = class_of(item)
        if name in self.groups:
            return self.groups[name]
        exercise, view = name.split("/")
        for other in (*_NEIGHBOURS.get(view, ()), *(g.split("/")[1] for g in self.groups)):
            if f"{exercise}/{other}" in self.groups:
                return self.groups[f"{exercise}/{other}"]
        raise KeyError(f"no landmark errors are known for {name}")

    def see(self, item: BenchSet, made: GeneratedSet, camera: Camera, seed: int) -> list[PoseFrame]:
        """The landmarks a pose model might give for a set."""
        group, rng = self.group(item), np.random.default_rng(seed)
        mirrored = is_mirrored(item)
        size = height_px(made, camera)
        true_px, shift = standard(made, camera, mirrored, size)
        z = features(item, made, shift, mirrored)
        error = np.einsum("tkf,kfd->tkd", z, group.weights)
        drawn = int(rng.choice(len(group.ids)))
        error += group.offsets[drawn] + _per_rep(rng, group, drawn, made)
        error += _noise(rng, len(made), 1 / made.fps, group.spread, group.memory_s)
        moving = np.clip(made.effort / 0.2, 0, 1)[:, None, None]
        error += moving * _wander(rng, made.effort, 1 / made.fps, group.wander)
        px = true_px + size * error
        gone = _gaps(rng, len(made), 1 / made.fps, group.gap_share[drawn], group.gap_s[drawn])
        gone |= ~np.isfinite(px).all(axis=2)
        px = np.where(gone[..., None], np.nan, px)
        visibility = np.broadcast_to(group.visibility[drawn], gone.shape).copy()
        visibility = np.where(gone, 0.2, np.maximum(visibility, 0.5))
        if mirrored:
            px, visibility = mirror(px, camera.width), visibility[:, TWIN]
        depth = np.where(np.isfinite(px[..., :1]), 0.0, np.nan)
        px = np.concatenate([px, depth], axis=2)
        frame_size = (camera.width, camera.height)
        return [
            PoseFrame(float(t), p, v, frame_size)
            for t, p, v in zip(made.time_s, px, visibility, strict=True)
        ]

    def save(self, path: Path = PATH) -> None:
        """Write the numbers to a small file."""
        arrays: dict[str, Any] = {}
        for name, g in self.groups.items():
            for key in _ARRAYS:
                arrays[f"{name}:{key}"] = getattr(g, key).astype(
                    np.float16 if key != "weights" else np.float32
                )
            arrays[f"{name}:ids"] = np.array(g.ids)
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path = PATH) -> ErrorModel:
        """Read the numbers that go with this version."""
        with np.load(path) as f:
            names = dict.fromkeys(key.split(":")[0] for key in f.files)
            return cls(
                {
                    n: Group(
                        **{key: f[f"{n}:{key}"].astype(float) for key in _ARRAYS},
                        ids=tuple(str(i) for i in f[f"{n}:ids"]),
                    )
                    for n in names
                }
            )


_ARRAYS = (
    "weights", "offsets", "slopes", "spread", "memory_s", "wander", "visibility", "gap_share",
    "gap_s", "rep_set", "rep_faulty",
)  # fmt: skip
_NEIGHBOURS = {
    "back": ("front", "low", "high"),
    "turned": ("low", "high"),
    "oblique": ("side", "front"),
    "low": ("high",),
    "high": ("low",),
}


def standard(
    made: GeneratedSet, camera: Camera, mirrored: bool, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """True joints (T, 33, 2) in pixels of the standard picture, and their shift from
    the start of the set as a share of body height."""
    px, _ = camera.project(made.landmarks_m)
    if mirrored:
        px = mirror(px, camera.width)
    start = int(np.argmax(made.in_place))
    rest = px[start : start + max(1, int(0.5 * made.fps))].mean(axis=0)
    return px, np.nan_to_num((px - rest) / size)


def _per_rep(rng: np.random.Generator, group: Group, drawn: int, made: GeneratedSet) -> np.ndarray:
    """(T, 33, 2) what is peculiar to each repetition, like some filmed one's of the
    drawn set (a faulty one's for a faulty one)."""
    out = np.zeros((len(made), LANDMARK_COUNT, 2))
    own = np.flatnonzero(group.rep_set == drawn)
    for number, plan in enumerate(made.plan):
        alike = own[(group.rep_faulty[own] > 0.5) == bool(plan.faults)]
        choice = alike if len(alike) else own
        if not len(choice):
            continue
        during = rep_of(made) == number
        slope = group.slopes[int(rng.choice(choice))]
        e = np.clip(made.effort[during], 0, 1.5)[:, None, None]
        out[during] = e * slope[..., 0] + e * e * slope[..., 1]
    return out


def rep_of(made: GeneratedSet) -> np.ndarray:
    """(T,) number of the repetition that runs, -1 between them."""
    out = np.full(len(made), -1)
    for number, plan in enumerate(made.plan):
        out[(made.time_s > plan.start_s) & (made.time_s < plan.end_s)] = number
    return out


def _noise(
    rng: np.random.Generator, count: int, step_s: float, spread: np.ndarray, memory_s: np.ndarray
) -> np.ndarray:
    """(T, 33, 2) AR(1) noise of the given standard deviation and time constant."""
    keep = np.exp(-step_s / np.maximum(memory_s, 1e-3))
    fresh = rng.standard_normal((count, *spread.shape)) * np.sqrt(1 - keep**2)
    out = np.empty_like(fresh)
    out[0] = rng.standard_normal(spread.shape)
    for i in range(1, count):
        out[i] = keep * out[i - 1] + fresh[i]
    found: np.ndarray = out * spread
    return found


def _wander(
    rng: np.random.Generator, effort: np.ndarray, step_s: float, size: np.ndarray
) -> np.ndarray:
    """(T, 33, 2) smooth noise of the given standard deviation that changes only while
    the body moves: held still, the model goes on making the same error."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(effort)))]) * MOVE_S / step_s
    keep = np.exp(-step_s / WANDER_S)
    extra = int(3 / step_s)  # run in, so that it starts at its full size
    x = rng.standard_normal((int(way[-1]) + 3 + extra, *size.shape))
    for _ in range(2):
        for i in range(1, len(x)):
            x[i] = keep * x[i - 1] + (1 - keep) * x[i]
    gain = np.sqrt((1 - keep) ** 4 * (1 + keep**2) / (1 - keep**2) ** 3)
    x = x[extra:] / gain * size
    index = way.astype(int)
    part = (way - index)[:, None, None]
    out: np.ndarray = x[index] * (1 - part) + x[index + 1] * part
    return out


def _gaps(
    rng: np.random.Generator, count: int, step_s: float, share: np.ndarray, length_s: np.ndarray
) -> np.ndarray:
    """(T, 33) where a landmark is missing: a two-state chain of the given share and length."""
    leave = np.clip(step_s / np.maximum(length_s, step_s), 0, 1)
    enter = np.clip(leave * share / np.maximum(1 - share, 1e-3), 0, 1)
    gone = np.empty((count, LANDMARK_COUNT), bool)
    gone[0] = rng.random(LANDMARK_COUNT) < share
    chance = rng.random((count, LANDMARK_COUNT))
    for i in range(1, count):
        gone[i] = np.where(gone[i - 1], chance[i] >= leave, chance[i] < enter)
    gone[:, share > 0.999] = True
    return gone
