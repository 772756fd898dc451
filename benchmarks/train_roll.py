"""Fits the side-lying model of formcheck (pelvic roll and more) to rendered films.

    python -m benchmarks.train_roll --walks DIR             # film what is missing, fit, write
    python -m benchmarks.train_roll --walks DIR --no-films  # fit to the walks that are there
    python -m benchmarks.train_roll --walks DIR --evaluate  # only test the present weights

Small networks first learn from many skeletons without pictures, disguised as if the pose
model had seen them, and then from films (both of benchmarks.side_lying_walks). Everything
that is decided here is decided on people and cameras left out of the fit; the bodies of
benchmarks.sets.REPORTING take part in nothing but the last tables. Plain numpy: filming
is what takes long (4 s a walk on a free core), fitting some minutes.

Writes formcheck/engine/fitted/side_lying.npz and prints the tables of docs/pelvic_rotation.md (as
text, to be put into the page by hand).
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import side_lying_walks
from benchmarks.sets import REPORTING, TUNING
from benchmarks.side_lying_walks import REST_FRAMES, WALKS_VERSION
from exerciser.body import Array
from formcheck.engine.pelvic_rotation import (
    AZIMUTH_MAX_DEG,
    ELEVATION_MIN_DEG,
    LOG_SIGMA,
    NEEDED,
    OUTPUTS,
    Kind,
    SideLyingModel,
    features,
)
from formcheck.engine.report import Posture

WEIGHTS = Path(__file__).resolve().parents[1] / "formcheck" / "engine" / "fitted" / "side_lying.npz"
HIDDEN = (48, 32)
NETWORKS = 3
SCALE = np.array([15.0, 15.0, 12.0, 12.0, 20.0])  # of the outputs, degrees
SETTLE = 2  # frames at the start of a film in which the pose model settles
REST = slice(SETTLE, REST_FRAMES)
SKELETONS = 4500
#: Cells of the camera's place that are left out together, azimuth and elevation.
CELL_DEG = (15.0, 12.0)
CAMERA_FOLDS = 3
#: What the tables call a roll, and how far a reading has to go to be one (degrees).
ROLLED_DEG, NOT_ROLLED_DEG, READ_DEG = 18.0, 1.0, 6.0
EXERCISES = (("clamshell", True), ("side_leg_lift", False))


# ------------------------------------------------------------------------- data
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


# ---------------------------------------------------------------------- network
Net = list[Array]  # weights and biases in turn, float32


def _new(inputs: int, rng: np.random.Generator) -> Net:
    net: Net = []
    for a, b in itertools.pairwise((inputs, *HIDDEN, 2 * len(OUTPUTS))):
        net += [rng.normal(0, 1 / np.sqrt(a), (a, b)), np.zeros(b)]
    return [p.astype(np.float32) for p in net]


def _gradient(net: Net, x: Array, y: Array) -> Net:
    """Of the negative log likelihood of a normal error with its own sigma, each frame
    weighted by that sigma (beta-NLL), so that hard frames are not given up."""
    w1, b1, w2, b2, w3, b3 = net
    p1 = x @ w1 + b1
    s1 = 1 / (1 + np.exp(-np.maximum(p1, -30)))
    a1 = p1 * s1
    p2 = a1 @ w2 + b2
    s2 = 1 / (1 + np.exp(-np.maximum(p2, -30)))
    a2 = p2 * s2
    o = a2 @ w3 + b3
    k = y.shape[1]
    log_sigma = np.clip(o[:, k:], *LOG_SIGMA)
    error = o[:, :k] - y
    relative = error * np.exp(-log_sigma)
    # Beyond the limits the sigma must stay, else its units would grow without end.
    free = log_sigma == o[:, k:]
    d = np.concatenate([relative, free * (1 - relative**2) * np.exp(log_sigma)], axis=1)
    d /= np.float32(len(x) * k)
    d2 = (d @ w3.T) * (s2 * (1 + p2 * (1 - s2)))
    d1 = (d2 @ w2.T) * (s1 * (1 + p1 * (1 - s1)))
    return [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d, d.sum(0)]


@dataclass(frozen=True)
class Schedule:
    """How a network is fitted.

    jitter: noise of every frame; own: noise that stays the same through a walk, since the
    pose model's errors do.
    """

    epochs: int
    rate: float
    jitter: float
    own: float
    batch: int


#: On the skeletons, and then on the films.
SKELETONS_FIRST, THEN_FILMS = (
    Schedule(8, 2.5e-3, 0.03, 0.06, 256),
    Schedule(30, 1.2e-3, 0.04, 0.1, 128),
)


def _fit(net: Net, x: Array, y: Array, walk: Array, seed: int, how: Schedule) -> Net:
    """Adam with decay, a rate that rises and falls, and noise on the inputs (x, standardised)."""
    rng = np.random.default_rng(seed)
    x, y = x.astype(np.float32), (y / SCALE).astype(np.float32)
    walk = np.unique(walk, return_inverse=True)[1]
    net = [p.copy() for p in net]
    m, v = [np.zeros_like(p) for p in net], [np.zeros_like(p) for p in net]
    per_epoch = max(len(x) // how.batch, 1)
    total, step = how.epochs * per_epoch, 0
    for _ in range(how.epochs):
        order = rng.permutation(len(x))
        constant = how.own * rng.standard_normal((int(walk.max()) + 1, x.shape[1]), np.float32)
        for i in range(per_epoch):
            rows = order[i * how.batch : (i + 1) * how.batch]
            noise = how.jitter * rng.standard_normal((len(rows), x.shape[1]), np.float32)
            gradient = _gradient(net, x[rows] + noise + constant[walk[rows]], y[rows])
            norm = np.sqrt(sum(float((g * g).sum()) for g in gradient))
            shrink = min(1.0, 5.0 / (norm + 1e-9))
            part, step = step / total, step + 1
            fall = 0.5 + 0.5 * np.cos(np.pi * (part - 0.2) / 0.8)
            now = how.rate * (part / 0.2 if part < 0.2 else fall)
            for j, g in enumerate(gradient):
                g = g * np.float32(shrink)
                m[j] += np.float32(0.1) * (g - m[j])
                v[j] += np.float32(0.001) * (g * g - v[j])
                up = (m[j] / (1 - 0.9**step)) / (np.sqrt(v[j] / (1 - 0.999**step)) + 1e-8)
                net[j] -= np.float32(now) * (up + np.float32(1e-3) * net[j]).astype(np.float32)
    return net


class Disguise:
    """Makes exact landmarks look as if the pose model had placed them.

    A ridge regression from exact features (with products of their main components) to
    what the pose model made of them, on the films kept; and of a film chosen at random
    what that leaves over, frame by frame, because the pose model's errors stay alike
    through a film. Explains two thirds of the variance of the errors.
    """

    COMPONENTS, RIDGE, WIDEST = 12, 30.0, 4.0

    def __init__(self, films: Data, mean: Array, spread: Array, keep: Array) -> None:
        rows = films.of(keep)
        exact = self._clip((films.exact[rows] - mean) / spread)
        error = (films.x[rows] - mean) / spread - exact
        _, size, axes = np.linalg.svd(exact - exact.mean(axis=0), full_matrices=False)
        n = self.COMPONENTS
        self._axes = axes[:n].T / (size[:n] / np.sqrt(len(exact)))
        f = self._terms(exact)
        self._fit = np.linalg.solve(f.T @ f + self.RIDGE * np.eye(f.shape[1]), f.T @ error)
        left, walk = error - f @ self._fit, films.walk[rows]
        self._left = {
            exercise: [left[walk == w] for w in np.unique(walk) if films.clamshell[w] == exercise]
            for exercise in (True, False)
        }

    def _clip(self, z: Array) -> Array:
        return np.clip(z, -self.WIDEST, self.WIDEST)

    def _terms(self, z: Array) -> Array:
        p = np.clip(z @ self._axes, -3, 3)
        products = (p[:, :, None] * p[:, None, :])[:, *np.triu_indices(p.shape[1])]
        return np.concatenate([np.ones((len(z), 1)), z, products], axis=1)

    def __call__(self, skeletons: Data, x: Array, rng: np.random.Generator) -> Array:
        """x: standardised exact features of the skeletons."""
        z = self._clip(x)
        out = z + np.clip(self._terms(z) @ self._fit, -3, 3)
        starts = np.flatnonzero(np.diff(skeletons.walk, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(z)], strict=True):
            choice = self._left[bool(skeletons.clamshell[skeletons.walk[start]])]
            left = choice[int(rng.integers(len(choice)))]
            out[start:end] += left[np.minimum(np.arange(end - start), len(left) - 1)]
        found: Array = out
        return found


# ---------------------------------------------------------------------- fitting
_job: dict[str, Any] = {}  # what the workers share


def _work(task: tuple[str, int]) -> Net:
    """A network fitted to the films and, before that, to the disguised skeletons.

    task: the body left out (and with it a camera fold) or "", and a seed.
    """
    films, skeletons, mean, spread = (_job[k] for k in ("films", "skeletons", "mean", "spread"))
    body, seed = task
    rng = np.random.default_rng(seed)
    keep = kept(films, body)
    x = Disguise(films, mean, spread, keep)(skeletons, (skeletons.x - mean) / spread, rng)
    rows = skeletons.of(skeletons.without(body))
    net = _new(x.shape[1], rng)
    net = _fit(net, x[rows], skeletons.y[rows], skeletons.walk[rows], seed, SKELETONS_FIRST)
    rows = films.of(keep)
    x = (films.x[rows] - mean) / spread
    net = _fit(net, x, films.y[rows], films.walk[rows], seed, THEN_FILMS)
    print(f"fitted without {body or 'nobody'}", time.ctime()[11:19], flush=True)
    return net


def fold_of(body: str) -> int:
    """The camera fold that is left out together with a body."""
    return TUNING.index(body) % CAMERA_FOLDS


def camera_fold(camera: Array) -> Array:
    """Which camera fold a place belongs to; neighbouring cells are in different ones."""
    cell = np.floor(np.atleast_2d(camera) / np.array(CELL_DEG)).astype(int)
    return np.asarray((cell[:, 0] + cell[:, 1]) % CAMERA_FOLDS)


def kept(films: Data, body: str) -> Array:
    """The walks that a network may learn from which leaves out a body ("" for none)."""
    if not body:
        return ~films.test
    found: Array = ~films.test & films.without(body) & (camera_fold(films.camera) != fold_of(body))
    return found


def assemble(nets: list[Net], mean: Array, spread: Array, x: Array) -> dict[str, Array]:
    """The weights as they are stored, not calibrated. x: the features fitted to."""
    low, high = x.min(axis=0), x.max(axis=0)
    out: dict[str, Array] = {
        "mean": mean.astype(np.float32),
        "spread": spread.astype(np.float32),
        "low": low.astype(np.float32),
        "high": np.maximum(high, low + 1e-3).astype(np.float32),
        "scale": SCALE,
        "calibration": np.ones((2, len(OUTPUTS))),
        "landmarks": np.array([int(i) for i in NEEDED]),
    }
    for i in range(3):
        out[f"w{i}"] = np.stack([n[2 * i] for n in nets]).astype(np.float16)
        out[f"b{i}"] = np.stack([n[2 * i + 1] for n in nets]).astype(np.float16)
    return out


def fit(films: Data, skeletons: Data, workers: int) -> dict[str, SideLyingModel]:
    """Fit, print how well people left out are told, write the weights.

    Returns for every body of TUNING the model that does not know it.
    """
    x = films.x[films.of(~films.test)]
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    _job.update(films=films, skeletons=skeletons, mean=mean, spread=spread)
    tasks = [(body, i) for i, body in enumerate(TUNING)]
    tasks += [("", 100 + i) for i in range(NETWORKS)]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        nets = pool.map(_work, tasks, chunksize=1)
    weights = {
        body: assemble([net], mean, spread, films.x[films.of(kept(films, body))])
        for body, net in zip(TUNING, nets, strict=False)
    }
    weights[""] = assemble(nets[len(TUNING) :], mean, spread, x)

    # Mixed people count as their larger share's.
    value, error = np.full((2, len(films.x), len(OUTPUTS)), np.nan)
    unseen = np.zeros(len(films.x), bool)
    for body in TUNING:
        mine = films.of((films.body == body) & ~films.test)
        value[mine], error[mine] = SideLyingModel(weights[body]).raw(films.x[mine])
        unseen |= mine & films.of(camera_fold(films.camera) == fold_of(body))
    known = np.isfinite(value[:, 0])
    calibration = np.ones((2, len(OUTPUTS)))
    for chosen in (0, 1):
        rows = known & films.of(films.clamshell == bool(chosen))
        # So that 95% of the errors stay within 1.96 standard errors.
        z = np.abs(value[rows] - films.y[rows]) / error[rows]
        calibration[chosen] = np.quantile(z, 0.95, axis=0) / 1.96
    print("calibration", calibration.round(2).tolist())
    error *= calibration[films.clamshell[films.walk].astype(int)]
    print("\nBody left out, every frame")
    print(line_tables(films, value, error, known))
    print("\nBody and the camera's cell left out")
    print(line_tables(films, value, error, known & unseen))
    propped = known & films.of(films.propped)
    print(f"propped on the elbow: roll {_rms((value - films.y)[propped, 0]):.1f}")
    for output, name in enumerate(OUTPUTS[:2]):
        print(f"\n{name}, RMS error by camera\n{camera_tables(films, value, known, output)}")

    for each in weights.values():
        each["calibration"] = calibration
    kept: dict[str, Any] = weights[""]
    np.savez_compressed(WEIGHTS, **kept)
    print(f"\nwrote {WEIGHTS.name}, {WEIGHTS.stat().st_size / 1000:.0f} kB", flush=True)
    return {body: SideLyingModel(weights[body]) for body in TUNING}


# ------------------------------------------------------------------- evaluation
def _rms(e: Array) -> float:
    return float(np.sqrt(np.mean(np.square(e)))) if len(e) else float("nan")


ELEVATIONS = (0, 10, 18, 25, 33, 41, 48)
AZIMUTHS = (-38, -22, -8, 8, 22, 38)


def camera_tables(films: Data, value: Array, rows: Array, output: int) -> str:
    """Root-mean-square error by exercise, elevation and azimuth, as Markdown."""
    azimuth, elevation = films.camera[films.walk].T
    lines = []
    for exercise, clamshell in EXERCISES:
        own = rows & films.of(films.clamshell == clamshell)
        head = " | ".join(f"az {a}..{b}" for a, b in itertools.pairwise(AZIMUTHS))
        lines += [f"| {exercise} | {head} | all |", "|---" * (len(AZIMUTHS) + 1) + "|"]
        for low, high in itertools.pairwise(ELEVATIONS):
            band = own & (elevation >= low) & (elevation < high)
            cells = []
            for a, b in [*itertools.pairwise(AZIMUTHS), (-90, 90)]:
                cell = band & (azimuth >= a) & (azimuth < b)
                error = value[cell, output] - films.y[cell, output]
                cells.append(f"{_rms(error):.1f}" if cell.sum() >= 30 else "-")
            lines.append(f"| el {low}..{high} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def line_tables(films: Data, value: Array, error: Array, rows: Array) -> str:
    """One line per exercise and height of the camera: errors of every output."""
    azimuth, elevation = films.camera[films.walk].T
    lines = []
    for exercise, clamshell in EXERCISES:
        for low, high in ((0, 18), (18, 25), (25, 48)):
            band = rows & films.of(films.clamshell == clamshell)
            band &= (elevation >= low) & (elevation < high)
            e, roll = value[band] - films.y[band], films.y[band, 0]
            none, much = np.abs(roll) < 3, roll > 15
            bias = e[much, 0].mean() if much.any() else np.nan
            covered = np.mean(np.abs(e[:, 0]) < 1.96 * error[band, 0]) if len(e) else np.nan
            primary, flexion, el, az = (_rms(e[:, i]) for i in range(1, 5))
            lines.append(
                f"{exercise:14s} el {low:2d}..{high} walks {len(np.unique(films.walk[band])):3d} "
                f"roll {_rms(e[:, 0]):.1f} (no roll {_rms(e[none, 0]):.1f}, over 15: "
                f"{_rms(e[much, 0]):.1f} bias {bias:+.1f}) stated {_rms(error[band, 0]):.1f} "
                f"within 1.96 of it {covered:.2f} | primary {primary:.1f} "
                f"flexion {flexion:.1f} elevation {el:.1f} azimuth {az:.1f}"
            )
    rows = rows & (elevation >= ELEVATION_MIN_DEG) & (np.abs(azimuth) <= AZIMUTH_MAX_DEG)
    lines.append(found(value[rows], error[rows], films.y[rows, 0], 26.0))
    return "\n".join(lines)


def found(value: Array, error: Array, roll: Array, most: float = 90.0) -> str:
    """How often the rule of docs/pelvic_rotation.md calls it a roll, where there is one
    (up to `most` degrees) and where there is none."""
    calls = np.abs(value[:, 0]) - 0.5 * error[:, 0] > READ_DEG
    size, told = np.abs(roll), np.isfinite(value[:, 0])
    there = told & (size >= ROLLED_DEG) & (size <= most)
    none = told & (size < NOT_ROLLED_DEG)
    return (
        f"rolls found {calls[there].sum()} of {there.sum()}, "
        f"falsely {calls[none].sum()} of {none.sum()}, not told {len(told) - told.sum()}"
    )


def test_tables(films: Data, model: SideLyingModel) -> str:
    """The shipped model on the bodies that it never saw."""
    value, error = model.predict(films.x)
    test = films.of(films.test)
    rows = test & np.isfinite(value[:, 0])
    return (
        f"\nTest: {', '.join(REPORTING)}, never used before\n"
        f"cannot be told: {1 - rows.sum() / test.sum():.3f}\n"
        f"{line_tables(films, value, error, rows)}\n"
        f"\nroll, RMS error by camera\n{camera_tables(films, value, rows, 0)}"
    )


def bench_table(models: dict[str, SideLyingModel]) -> str:
    """The filmed benchmark's repetitions at the top, each read by the model of its body."""
    from benchmarks.render_tier import cached
    from benchmarks.sets import RENDERED
    from exerciser import truth
    from formcheck.capture.pose_file import PoseFile
    from formcheck.engine.smoothing import FixedLagSmoother

    lines = []
    reps: dict[str, list[tuple[Array, Array, float]]] = {e: [] for e, _ in EXERCISES}
    for entry in cached(tuple(i for i in RENDERED if i.exercise in reps)):
        item, made = entry.item, entry.made()
        if abs(item.azimuth_deg) > 40 or item.spec.body not in models:
            continue
        smoother = FixedLagSmoother()
        poses = [p for seen in PoseFile(entry.poses) for p in smoother.push(seen)]
        poses += smoother.flush()
        time_s = np.array([p.time_s for p in poses])
        px = np.array([p.landmarks_px[:, :2] for p in poses], float)
        metrics, side = truth.metrics_of(made), item.spec.side
        primary = metrics["opening_deg" if item.exercise == "clamshell" else "abduction_deg"]
        drift = metrics.get("hip_flexion_drift_deg", np.zeros(len(primary)))
        angles = np.stack([metrics["pelvic_roll_deg"], primary, drift], axis=1)
        azimuth = item.azimuth_deg if side == "left" else -item.azimuth_deg
        for rep in made.plan:
            out, back = rep.start_s + rep.out_s, rep.start_s + rep.out_s + rep.hold_s
            rest = (time_s >= rep.start_s - 0.7) & (time_s <= rep.start_s + 0.02)
            # From 85% of the time out on, a smooth movement has come 97% of its way.
            top = (time_s >= out - 0.15 * rep.out_s) & (time_s <= back + 0.15 * rep.back_s)
            x = features(
                np.median(px[rest], axis=0), px[top], posture(side), kind_of(item.exercise)
            )
            value, error = models[item.spec.body].predict(x)
            known = np.isfinite(value[:, 0])
            now, sigma = np.full((2, len(OUTPUTS)), np.nan)
            if known.sum() >= 2:
                now, sigma = np.median(value[known], axis=0), np.median(error[known], axis=0)
            true = np.median(angles[top] - np.median(angles[rest], axis=0), axis=0)
            if item.elevation_deg >= 25:
                reps[item.exercise].append((now, sigma, true[0]))
            lines.append(
                f"{item.id:18s} {item.spec.body:9s} az {azimuth:+.0f} el {item.elevation_deg:.0f} "
                f"roll {now[0]:+5.1f} +-{sigma[0]:.1f} true {true[0]:+5.1f} | primary "
                f"{now[1]:.0f} true {true[1]:.0f} | flexion {now[2]:.0f} true {true[2]:.0f} | "
                f"el {now[3]:.0f} az {now[4]:+.0f} {dict(rep.faults)}"
            )
    for exercise, every in reps.items():
        if every:
            value, error, roll = (np.array(column) for column in zip(*every, strict=True))
            lines.append(f"{exercise}, elevation 25 and more: {found(value, error, roll)}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Fit the side-lying model.")
    parser.add_argument("--walks", type=Path, required=True, help="folder of the walks")
    parser.add_argument("--count", type=int, default=640, help="how many walks to film")
    parser.add_argument("--no-films", action="store_true", help="take the walks that are there")
    parser.add_argument("--evaluate", action="store_true", help="test the weights, fit nothing")
    parser.add_argument("--workers", type=int, default=2, help="fits at the same time")
    args = parser.parse_args()
    args.walks.mkdir(parents=True, exist_ok=True)
    if not (args.no_films or args.evaluate):
        side_lying_walks.film_missing(args.walks, 0, args.count)
    films = load_films(args.walks)
    print(f"{len(films.bodies)} films, {int(films.test.sum())} of them for the test", flush=True)
    models: dict[str, SideLyingModel] = {}
    if not args.evaluate:
        bones = args.walks / f"skeletons-v{WALKS_VERSION}.npz"
        if not bones.exists():
            side_lying_walks.skeleton_walks(bones, SKELETONS)
        models = fit(films, load_skeletons(bones), args.workers)
    with np.load(WEIGHTS) as stored:
        model = SideLyingModel({k: stored[k] for k in stored.files})
    print(test_tables(films, model))
    models |= dict.fromkeys(REPORTING, model)
    print(f"\nBenchmark repetitions at the top, person not in the fit\n{bench_table(models)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
