"""Walks of people on their side, filmed or skeletons alone, as numbers to fit to and to test on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import side_lying_walks
from benchmarks.side_lying_walks import REST_FRAMES, WALKS_VERSION
from exerciser.body import Array
from formcheck.engine.pelvic_rotation import Kind, features
from formcheck.engine.report import Posture

SETTLE = 2  # frames at the start of a film in which the pose model settles
REST = slice(SETTLE, REST_FRAMES)
#: Exercise, and whether it is the clamshell.
EXERCISES = (("clamshell", True), ("side_leg_lift", False))


@dataclass
class Data:
    """Frames of many walks (x, exact, y, walk), and one entry a walk of the rest."""

    x: Array  # features
    exact: Array  # the features that exact landmarks would have given
    y: Array  # true values, in the order of OUTPUTS
    walk: Array  # which walk a frame is of
    bodies: list[frozenset[str]]
    body: Array  # the one with the larger share
    camera: Array  # (walks, 2) azimuth (+ = towards the feet) and elevation
    clamshell: Array  # bool, as the two after it
    test: Array
    propped: Array

    def of(self, walks: Array) -> Array:
        """Which frames belong to the walks chosen (bool per walk)."""
        return np.asarray(walks)[self.walk]

    def without(self, body: str) -> Array:
        """Which walks show nothing of a body."""
        return np.array([body not in b for b in self.bodies])


def kind_of(exercise: str) -> Kind:
    """As which of its two movements the model reads an exercise."""
    return "opening" if dict(EXERCISES)[exercise] else "lift"


def posture(side: str) -> Posture:
    """How somebody lies whose `side` works."""
    return "side_lying_right" if side == "left" else "side_lying_left"


def _true(f: dict[str, Array], camera: tuple[float, float]) -> Array:
    """What the networks are to say of every frame, changes counted from rest."""
    clamshell = str(f["exercise"]) == "clamshell"
    drift = np.zeros(len(f["px"])) if clamshell else f["hip_flexion_drift_deg"]
    primary = f["opening_deg" if clamshell else "abduction_deg"]
    angles = np.stack([f["pelvic_roll_deg"], primary, drift], axis=1).astype(float)
    azimuth, elevation = np.broadcast_to(camera, (len(drift), 2)).T
    return np.column_stack([angles - np.median(angles[REST], axis=0), elevation, azimuth])


def _walk_data(f: dict[str, Array], px: Array, test: bool = False, body: str = "") -> Data:
    """One walk. px: the landmarks as seen."""
    exercise, side = str(f["exercise"]), str(f["side"])

    def seen(points: Array) -> Array:
        points = np.asarray(points[..., :2], float)
        rest = np.median(points[REST], axis=0)
        return features(rest, points[SETTLE:], posture(side), kind_of(exercise))

    x = seen(px)
    good = np.isfinite(x).all(axis=1)
    azimuth, elevation = (float(v) for v in f["camera"][:2])
    camera = (azimuth if side == "left" else -azimuth, elevation)
    return Data(
        x=x[good],
        exact=seen(f["px"])[good],
        y=_true(f, camera)[SETTLE:][good],
        walk=np.zeros(int(good.sum()), int),
        bodies=[frozenset(str(b) for b in f["bodies"])],
        body=np.array([body]),
        camera=np.array([camera]),
        clamshell=np.array([exercise == "clamshell"]),
        test=np.array([test]),
        propped=np.array([str(f.get("low_arm", "")) == "elbow"]),
    )


def _together(walks: list[Data]) -> Data:
    names = ("x", "exact", "y", "body", "camera", "clamshell", "test", "propped")
    return Data(
        **{name: np.concatenate([getattr(w, name) for w in walks]) for name in names},
        walk=np.repeat(np.arange(len(walks)), [len(w.x) for w in walks]),
        bodies=[w.bodies[0] for w in walks],
    )


def load_films(folder: Path) -> Data:
    """All filmed walks."""
    out = []
    for path in sorted(folder.glob(f"walk-v{WALKS_VERSION}-*.npz")):
        with np.load(path) as stored:
            f = {k: stored[k] for k in stored.files}
        item = side_lying_walks.walk(int(path.stem.rsplit("-", 1)[1]))
        body = max(item.parts, key=lambda part: part[1])[0]
        out.append(_walk_data(f, f["landmarks_px"], item.is_test, body))
    return _together(out)


def load_skeletons(path: Path) -> Data:
    """The walks without pictures."""
    with np.load(path) as stored:
        every = {k: stored[k] for k in stored.files}
    walks = [{k: v[i] for k, v in every.items()} for i in range(len(every["px"]))]
    return _together([_walk_data(f, f["px"]) for f in walks])
