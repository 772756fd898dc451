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
from benchmarks.roll_data import Data, load_films, load_skeletons
from benchmarks.roll_tables import bench_table, camera_tables, line_tables, rms, test_tables
from benchmarks.sets import REPORTING, TUNING
from benchmarks.side_lying_walks import WALKS_VERSION
from exerciser.body import Array
from formcheck.engine.pelvic_rotation import (
    LOG_SIGMA,
    NEEDED,
    OUTPUTS,
    SideLyingModel,
)

WEIGHTS = Path(__file__).resolve().parents[1] / "formcheck" / "engine" / "fitted" / "side_lying.npz"
HIDDEN = (48, 32)
NETWORKS = 3
SCALE = np.array([15.0, 15.0, 12.0, 12.0, 20.0])  # of the outputs, degrees
SKELETONS = 4500
#: Cells of the camera's place that are left out together, azimuth and elevation.
CELL_DEG = (15.0, 12.0)
CAMERA_FOLDS = 3


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
    print(f"propped on the elbow: roll {rms((value - films.y)[propped, 0]):.1f}")
    for output, name in enumerate(OUTPUTS[:2]):
        print(f"\n{name}, RMS error by camera\n{camera_tables(films, value, known, output)}")

    for each in weights.values():
        each["calibration"] = calibration
    kept: dict[str, Any] = weights[""]
    np.savez_compressed(WEIGHTS, **kept)
    print(f"\nwrote {WEIGHTS.name}, {WEIGHTS.stat().st_size / 1000:.0f} kB", flush=True)
    return {body: SideLyingModel(weights[body]) for body in TUNING}


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
