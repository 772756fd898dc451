"""Films of side-lying people who move at random: what the pelvic roll model learns from.

    python -m benchmarks.side_lying_walks --out DIR                # all walks not yet there
    python -m benchmarks.side_lying_walks --out DIR --count 100    # the first 100

A walk is a short film: a moment at rest, then a smooth way through poses chosen at
random (opening or lifting with and without a roll of the pelvis, rolling alone, feet
apart, leg forward, knee bent, shoulders and head turned on their own). What the pose
model saw is kept beside the true angles, one file a walk, and nothing is made twice.

The reporting bodies of benchmarks.sets appear only in the test walks.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sets import REPORTING, TUNING
from exerciser import truth
from exerciser.body import Array, Body, Pose, load_body
from exerciser.camera import Camera, frame_points
from exerciser.figure import SIDES, Figure, Z, column, unit
from exerciser.lying import SIDE_LYING, lying, side_contact, side_trunk
from exerciser.movements import make_pose
from formcheck.capture.files import replacing

#: Raise when walks change, so that old ones are not mixed with new ones.
WALKS_VERSION = 1
#: Of every eight walks, the last is filmed with a body kept for the test.
TEST_EVERY = 8
#: People propped on the elbow came later; the walks filmed before stay as they were.
PROPPED_FROM = 208
REST_FRAMES, FRAMES = 9, 44
FRAME_RATE = 6.0
SIZE = (480, 360)
TRUE = ("pelvic_roll_deg", "opening_deg", "abduction_deg", "hip_flexion_drift_deg",
        "knee_flexion_deg", "ankle_gap_cm", "pelvic_hike_deg")  # fmt: skip


@dataclass(frozen=True)
class Walk:
    """One film, wholly decided by its number.

    parts: bodies and their shares. top_hand: "floor", "hip" or "thigh". low_arm:
    "past_head", "forward" or "elbow" (propped on it).
    """

    number: int
    parts: tuple[tuple[str, float], ...]
    exercise: str
    side: str
    camera: Camera
    room_seed: int
    dim: bool
    top_hand: str
    low_arm: str

    @property
    def is_test(self) -> bool:
        return _is_test(self.number)


def _is_test(number: int) -> bool:
    return number % TEST_EVERY == TEST_EVERY - 1


def walk(number: int) -> Walk:
    """The walk of a number."""
    rng = np.random.default_rng([WALKS_VERSION, 7, number])
    parts: tuple[tuple[str, float], ...]
    if _is_test(number):
        parts = ((REPORTING[number // TEST_EVERY % len(REPORTING)], 1.0),)
    elif rng.random() < 0.5:
        parts = ((TUNING[int(rng.integers(len(TUNING)))], 1.0),)
    else:
        # Between two bodies, or a little beyond one of them.
        first, second = rng.choice(len(TUNING), 2, replace=False)
        share = float(rng.uniform(-0.2, 1.2))
        parts = ((TUNING[first], share), (TUNING[second], 1.0 - share))
    high = rng.random() < 0.75
    camera = Camera(
        azimuth_deg=float(rng.uniform(-38, 38)),
        elevation_deg=float(rng.uniform(18, 48) if high else rng.uniform(0, 18)),
        fov_deg=float(rng.uniform(38, 56)),
        width=SIZE[0],
        height=SIZE[1],
        roll_deg=float(rng.normal(0.0, 1.2)),
    )
    exercise = ("clamshell", "side_leg_lift")[int(rng.random() < 0.42)]
    side = SIDES[int(rng.integers(2))]
    room_seed, dim = int(rng.integers(1_000_000)), bool(rng.random() < 0.08)
    top_hand = str(rng.choice(["floor", "hip", "thigh"], p=[0.5, 0.35, 0.15]))
    low_arm = str(rng.choice(["past_head", "forward"], p=[0.7, 0.3]))
    if number >= PROPPED_FROM and rng.random() < 0.3:
        low_arm = "elbow"
    return Walk(number, parts, exercise, side, camera, room_seed, dim, top_hand, low_arm)


def body_of(item: Walk) -> Body:
    """The walk's person: a stored body or a mixture of two, clothes dyed anew."""
    rng = np.random.default_rng([WALKS_VERSION, 8, item.number])
    first = load_body(item.parts[0][0])
    clothes = first if item.is_test else load_body(TUNING[int(rng.integers(len(TUNING)))])
    count = len(clothes.palette)
    dye = rng.uniform(0.6, 1.25, (count, 1)) * rng.uniform(0.85, 1.15, (count, 3))

    def blend(name: str) -> Array:
        out: Array = np.sum(
            [share * getattr(load_body(n), name) for n, share in item.parts], axis=0
        )
        return out

    return replace(
        first,
        name=f"walk{item.number}",
        rest_vertices=blend("rest_vertices").astype(np.float32),
        rest_joints=blend("rest_joints"),
        landmark_rest=blend("landmark_rest"),
        region=clothes.region,
        palette=np.clip(clothes.palette * dye, 0, 255).astype(clothes.palette.dtype),
    )


# -------------------------------------------------------------------- movement
def _smooth_way(points: Array, counts: Array) -> Array:
    """(T, k) through points (m, k), minimum-jerk pieces of counts (m - 1,) frames."""
    pieces = [points[:1]]
    for a, b, n in zip(points[:-1], points[1:], counts, strict=True):
        u = (np.arange(int(n)) + 1.0)[:, None] / n
        pieces.append(a + (b - a) * (10 * u**3 - 15 * u**4 + 6 * u**5))
    return np.concatenate(pieces)


_COLUMNS = ("open", "roll", "feet", "flexion", "knee", "hike", "chest", "head")


def _next_place(clam: bool, rng: np.random.Generator) -> dict[str, float]:
    """Where the movement goes next: opened, rolled, both or neither, and what is wrong with it."""
    widest = 62.0 if clam else 46.0
    p = dict.fromkeys(_COLUMNS, 0.0)
    kind = rng.random()
    if kind < 0.84:
        least, most = (0.25, 1.0) if kind < 0.33 else (0.05, 1.0) if kind < 0.72 else (0.0, 0.1)
        p["open"] = rng.uniform(least, most) * widest
    if 0.33 <= kind < 0.84:
        p["roll"] = rng.uniform(-20, 45)
    if clam and rng.random() < 0.25:
        p["feet"] = rng.uniform(0, 14)
    if not clam and kind < 0.84:
        if rng.random() < 0.35:
            p["flexion"] = rng.uniform(-12, 40)
        if rng.random() < 0.25:
            p["knee"] = rng.uniform(0, 35)
    if rng.random() < 0.2:
        p["hike"] = rng.uniform(-4, 9)
    return p


def _way(item: Walk, rng: np.random.Generator) -> dict[str, Array]:
    """How far every part of the movement has come, (T,) each, all 0 at rest."""
    restless = rng.random() < 0.4
    points = [np.zeros(len(_COLUMNS))]
    while len(points) < 8:
        p = _next_place(item.exercise == "clamshell", rng)
        if restless:
            p["chest"], p["head"] = rng.normal(0, 7), rng.normal(0, 8)
        points.append(np.array([p[c] for c in _COLUMNS]))
    counts = np.concatenate([[REST_FRAMES - 1], rng.integers(4, 9, len(points) - 1)])
    way = _smooth_way(np.array([points[0], *points]), counts)[:FRAMES]
    way = np.concatenate([way, np.repeat(way[-1:], FRAMES - len(way), axis=0)])
    way += 0.3 * rng.normal(size=way.shape) * np.array([1, 0.6, 0.2, 1, 0.5, 0.3, 0.5, 0.5])
    way[:, [2, 4]] = np.maximum(way[:, [2, 4]], 0)  # feet and knee
    return dict(zip(_COLUMNS, way.T, strict=True))


def _prop_deg(body: Body, side: str) -> float:
    """How far the chest has to be lifted so that the lower upper arm stands under it."""
    tilt, neck, height = side_contact(body, side)
    bottom = lying(side)[3]
    upper = body.joint_rest(f"forearm01_{bottom}") - body.joint_rest(f"arm01_{bottom}")
    props = np.arange(10.0, 60.0, 2.0)
    n = len(props)
    p = {name: np.zeros(n) for name in SIDE_LYING} | {"prop_deg": props}
    f = side_trunk(body, side, column(tilt, n), column(neck, n), p)
    f.move(height * Z - f.point(f"thigh01_{bottom}"))
    enough = f.point(f"arm01_{bottom}")[:, 2] >= np.linalg.norm(upper) + 0.05
    return float(props[np.argmax(enough)] if enough.any() else props[-1])


def _arms(body: Body, item: Walk, pose: Pose) -> Pose:
    """Lay the arms where the walk has them."""
    f = Figure(body, len(pose))
    f.r, f.root = pose.rotations.copy(), pose.root.copy()
    _base, head, top, bottom = lying(item.side)
    if item.top_hand != "floor":
        hip, knee = f.point(f"thigh01_{top}"), f.point(f"shank_{top}")
        along, thick = (0.0, 0.13) if item.top_hand == "hip" else (0.45, 0.10)
        spot = hip + along * (knee - hip) + np.array([0.03 * head, 0.02, 0.0])
        # On the flesh: as far out as hip or thigh is thick.
        spot = spot + thick * unit(hip - f.point(f"thigh01_{bottom}"))
        f.arm_to(top, spot, np.array([0.1 * head, -0.5, 0.85]))
    if item.low_arm != "past_head":
        reach, pole = {
            "forward": ((0.22, 0.36), (-0.2, 0.9, 0.2)),
            "elbow": ((0.05, 0.24), (0.1, -0.5, -1.0)),
        }[item.low_arm]
        spot = f.point(f"arm01_{bottom}") + np.array([head * reach[0], reach[1], 0.0])
        spot[:, 2] = 0.045
        f.arm_to(bottom, spot, unit(np.array([head * pole[0], *pole[1:]])))
    return f.pose()


def movement(item: Walk, body: Body) -> tuple[Pose, dict[str, Array]]:
    """The pose of every frame and its true angles (see TRUE)."""
    rng = np.random.default_rng([WALKS_VERSION, 9, item.number])
    way = _way(item, rng)
    lies = rng.uniform(-10, 10)  # nobody lies with the hips exactly stacked
    follow = rng.uniform(0.05, 1.0), rng.uniform(0.0, 0.6)
    shoulders = lies * rng.uniform(0.0, 1.0) * (1 - follow[0]) + rng.normal(0, 3)
    face = rng.normal(0, 6)
    still: dict[str, Any]
    if item.exercise == "clamshell":
        flexion, knee = rng.uniform(32, 62), rng.uniform(60, 98)
        still = {"hip_flexion_deg": flexion, "knee_flexion_deg": knee}
        moving = {"opening_deg": way["open"], "feet_apart_cm": way["feet"]}
    else:
        still = {"bottom_bent": float(rng.random() < 0.4)}
        moving = {"hip_flexion_deg": way["flexion"], "knee_bend_deg": way["knee"]}
    if item.low_arm == "elbow":
        still["prop_deg"] = _prop_deg(body, item.side) * rng.uniform(0.85, 1.05)

    def true_of(pose: Pose) -> dict[str, Array]:
        return truth.metrics(body, item.exercise, pose, body.landmarks(pose), item.side)

    if item.exercise == "side_leg_lift":
        start = true_of(make_pose(body, item.exercise, np.zeros(1), item.side, **still))
        moving["abduction_deg"] = start["abduction_deg"][0] + way["open"]
    pose = make_pose(
        body,
        item.exercise,
        np.ones(FRAMES),
        item.side,
        **still,
        **moving,
        pelvic_roll_deg=lies + way["roll"],
        pelvic_hike_deg=way["hike"],
        chest_follows=follow[0],
        head_follows=follow[1],
        chest_turn_deg=shoulders + way["chest"],
        head_turn_deg=face + way["head"],
    )
    pose = _arms(body, item, pose)
    found = true_of(pose)
    return pose, {name: found.get(name, np.full(FRAMES, np.nan)) for name in TRUE}


def about(item: Walk) -> dict[str, Array]:
    """What is kept of a walk beside landmarks and true angles."""
    names = [n for n, _ in item.parts]
    return {
        "bodies": np.array(names * (3 - len(names))),
        "exercise": np.array(item.exercise),
        "side": np.array(item.side),
        "low_arm": np.array(item.low_arm),
        "camera": np.array([item.camera.azimuth_deg, item.camera.elevation_deg]),
    }


# ------------------------------------------------------------------------ film
def pictures(item: Walk, renderer: Any) -> tuple[Iterator[Array], dict[str, Array]]:
    """The walk's pictures and what is true of them."""
    from exerciser import film
    from exerciser.meshes import Mesh

    body = body_of(item)
    pose, true = movement(item, body)
    rng = np.random.default_rng([WALKS_VERSION, 10, item.number])
    camera = frame_points(item.camera, body.contact_points(pose), float(rng.uniform(0.05, 0.16)))
    landmarks_m = body.landmarks(pose)
    true["px"] = camera.project(landmarks_m)[0]
    room = film.room_for(
        body.skin(pose, 0),
        landmarks_m[0],
        camera,
        item.room_seed,
        dim=item.dim,
        keep_clear=landmarks_m[::5, :, :2].reshape(-1, 2),
    )
    webcam = film.Webcam(*SIZE, film.WEBCAM, room.darkness, item.room_seed)

    def each() -> Iterator[Array]:
        for index in range(len(pose)):
            mesh = Mesh(body.skin(pose, index), body.faces, body.vertex_colors)
            yield webcam(renderer.render([mesh], camera, room.light, room), index / FRAME_RATE)

    return each(), true


def film_walk(item: Walk, model: Any, renderer: Any, path: Path) -> None:
    """Film one walk and keep what the pose model saw."""
    from formcheck.capture.estimator import PoseEstimator
    from formcheck.capture.frames import Frame

    frames, true = pictures(item, renderer)
    with PoseEstimator(model, lock_subject=False) as estimator:
        seen = [
            estimator.estimate(Frame(i / FRAME_RATE, picture, i)).landmarks_px
            for i, picture in enumerate(frames)
        ]
    with replacing(path) as new, new.open("wb") as file:
        kept: dict[str, Any] = {**about(item), **true}
        np.savez_compressed(file, landmarks_px=np.array(seen, np.float32), **kept)


def film_missing(folder: Path, first: int, end: int) -> None:
    """Film the walks first .. end - 1 that are not in the folder yet."""
    from benchmarks.render_tier import make_renderer, model

    chosen, renderer = model(), make_renderer(SIZE)
    for number in range(first, end):
        path = folder / f"walk-v{WALKS_VERSION}-{number:04d}.npz"
        if path.exists():
            continue
        began = time.perf_counter()
        film_walk(walk(number), chosen, renderer, path)
        print(f"{number + 1}/{end} {time.perf_counter() - began:.1f} s", flush=True)


def skeleton_walk(number: int) -> dict[str, Array]:
    """A walk that is not filmed: exact landmarks instead of the pose model's."""
    item = walk(number)
    body = body_of(item)
    pose, true = movement(item, body)
    camera = frame_points(item.camera, body.contact_points(pose)[::6], 0.1)
    px = camera.project(body.landmarks(pose))[0]
    return about(item) | {k: v.astype(np.float32) for k, v in {**true, "px": px}.items()}


def skeleton_walks(path: Path, count: int, first: int = 20_000) -> None:
    """Keep many skeleton walks in one file; none of a body kept for the test."""
    every = [skeleton_walk(n) for n in range(first, first + count) if not _is_test(n)]
    stacked: dict[str, Any] = {k: np.stack([w[k] for w in every]) for k in every[0]}
    np.savez_compressed(path, **stacked)


def main() -> int:
    parser = argparse.ArgumentParser(description="Film random side-lying movement.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the walks")
    parser.add_argument("--first", type=int, default=0, help="number of the first walk")
    parser.add_argument("--count", type=int, default=640, help="number after the last walk")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    film_missing(args.out, args.first, args.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
