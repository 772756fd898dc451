"""The rendered tier: films of the virtual person through the real pose model.

    python -m benchmarks.render_tier                # all sets that are not cached yet
    python -m benchmarks.render_tier --limit 40     # the first 40 of the list
    python -m benchmarks.render_tier --exercise ID --tuning 6   # sets to make an exercise with
    python -m benchmarks.render_tier --sheet DIR    # contact sheets with landmarks drawn

What the model saw is kept as landmark files (formcheck/capture/pose_file.py) with the
true skeleton beside them, under FORMCHECK_BENCH_CACHE (else the user's cache
folder). Nothing is rendered twice; the run can be stopped at any time. Each
part of a set is put in place whole, the landmark file last: where it exists,
the set is done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sets import RENDERED, BenchSet
from exerciser import truth
from exerciser.body import Pose, load_body
from exerciser.movements import MOVEMENTS
from exerciser.sets import GeneratedSet, RepPlan, build
from formcheck.capture.files import replacing
from formcheck.engine.pose import ImageArray, PoseFrame

CACHE_ENV = "FORMCHECK_BENCH_CACHE"
#: The model that is measured.
VARIANT = "full"


def cache_folder() -> Path:
    """Where the rendered tier lives; made when it does not exist."""
    named = os.environ.get(CACHE_ENV)
    if named:
        folder = Path(named)
    else:
        import platformdirs

        folder = Path(platformdirs.user_cache_dir("formcheck", appauthor=False)) / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Cached:
    """A filmed set: the landmark file and the skeleton it was filmed from."""

    item: BenchSet
    poses: Path
    skeleton: Path

    @property
    def there(self) -> bool:
        """Whether it has been filmed."""
        return self.poses.exists() and self.skeleton.exists()

    def made(self) -> GeneratedSet:
        """The set as it was filmed. The truth is worked out anew from the kept
        skeleton, so that its definitions may grow without rendering again."""
        with np.load(self.skeleton) as f:
            data = {k: f[k] for k in f.files}
        plan = tuple(RepPlan(**entry) for entry in json.loads(str(data["plan"])))
        pose = Pose(data["rotations"].astype(float), data["root"].astype(float))
        return GeneratedSet(
            self.item.spec,
            self.item.fps,
            load_body(self.item.spec.body),
            data["time_s"],
            data["effort"],
            data["in_place"],
            pose,
            plan,
            truth.metrics_of,
        )


def paths(item: BenchSet, model_sha256: str, folder: Path | None = None) -> Cached:
    """Where a set is, or will be, in the cache."""
    folder = folder or cache_folder()
    name = f"{item.id}-{item.key(model_sha256)}"
    return Cached(item, folder / f"{name}.npz", folder / f"{name}.skeleton.npz")


def cached(
    items: tuple[BenchSet, ...] = RENDERED, folder: Path | None = None, variant: str = VARIANT
) -> list[Cached]:
    """Those sets that have been filmed with the model of the manifest."""
    sha256 = os.environ.get("FORMCHECK_BENCH_MODEL_SHA256") or model(variant).sha256
    every = [paths(item, sha256, folder) for item in items]
    return [entry for entry in every if entry.there]


def model(variant: str = VARIANT) -> Any:
    """The file of a model (fetched when it is not there)."""
    from formcheck.capture.models.store import ensure_model

    return ensure_model(variant)


def pictures(item: BenchSet, renderer: Any = None) -> Iterator[tuple[float, ImageArray]]:
    """The film of a set: times in seconds and RGB pictures."""
    from exerciser import film

    effects = {
        "webcam": film.WEBCAM,
        "poor": film.POOR_WEBCAM,
        "shutter": film.Effects(shutter_s=1 / 40),
    }[item.effects]
    bystander = None
    if item.bystander:
        bystander = _bystander(item)
    return film.shoot(
        item.spec,
        item.camera(),
        item.room_seed,
        item.fps,
        effects,
        dim=item.dim,
        hide_shin=item.hide_shin,
        bystander=bystander,
        renderer=renderer,
    )


def _bystander(item: BenchSet) -> Any:
    """Somebody who stands further back and to the side, as seen from the camera."""
    from exerciser.film import Bystander

    camera = item.camera()
    away = np.asarray(camera.target[:2]) - camera.position[:2]
    away = away / np.linalg.norm(away)
    right = np.array([away[1], -away[0]])
    spot = np.asarray(camera.target[:2]) + 1.3 * away + 0.95 * right
    body = "m_average" if item.spec.body != "m_average" else "f_average"
    return Bystander(body, float(spot[0]), float(spot[1]), 30.0)


def make_renderer(size: tuple[int, int]) -> Any:
    """A renderer for pictures of this size. Outlines are not smoothed: that would
    double the time, and the webcam's JPEG blurs them anyway."""
    from exerciser.render import Renderer

    return Renderer(*size, samples=0)


def film_set(item: BenchSet, targets: Mapping[Path, Cached], renderer: Any) -> int:
    """Film one set, show it to each model (by its file), keep what it saw. Returns the frames."""
    from formcheck.capture.estimator import PoseEstimator
    from formcheck.capture.frames import Frame
    from formcheck.capture.pose_file import write_pose_file

    made = build(item.spec, item.fps)
    seen: dict[Path, list[PoseFrame]] = {path: [] for path in targets}
    with ExitStack() as open_:
        models = {path: open_.enter_context(PoseEstimator(path)) for path in targets}
        for index, (time_s, picture) in enumerate(pictures(item, renderer)):
            for path, estimator in models.items():
                seen[path].append(estimator.estimate(Frame(time_s, picture, index)))
    for path, target in targets.items():
        _keep_skeleton(made, target.skeleton)
        write_pose_file(target.poses, seen[path])
    return len(made)


def _keep_skeleton(made: GeneratedSet, path: Path) -> None:
    plan = [
        {
            "start_s": p.start_s, "out_s": p.out_s, "hold_s": p.hold_s, "back_s": p.back_s,
            "amplitude": p.amplitude, "faults": dict(p.faults),
        }
        for p in made.plan
    ]  # fmt: skip
    with replacing(path) as new, new.open("wb") as file:
        np.savez_compressed(
            file,
            time_s=made.time_s,
            effort=made.effort,
            in_place=made.in_place,
            rotations=made.pose.rotations.astype(np.float32),
            root=made.pose.root.astype(np.float32),
            plan=np.array(json.dumps(plan, default=float)),
        )


def run(
    items: tuple[BenchSet, ...], variants: Sequence[str] = (VARIANT,), quiet: bool = False
) -> int:
    """Film everything that these models have not seen. Returns how many sets were made."""
    chosen = [model(variant) for variant in variants]
    renderers: dict[tuple[int, int], Any] = {}
    done = 0
    for position, item in enumerate(items, 1):
        targets = {m.path: paths(item, m.sha256) for m in chosen}
        targets = {path: target for path, target in targets.items() if not target.there}
        if not targets:
            continue
        if item.size not in renderers:
            renderers[item.size] = make_renderer(item.size)
        began = time.perf_counter()
        frames = film_set(item, targets, renderers[item.size])
        took = time.perf_counter() - began
        done += 1
        if not quiet:
            print(
                f"{position}/{len(items)} {item.id} {item.spec.body} {item.view}: {frames} frames, "
                f"{took:.0f} s, {1000 * took / frames:.0f} ms a frame",
                flush=True,
            )
    return done


def contact_sheet(item: BenchSet, folder: Path, count: int = 8) -> Path:
    """A picture of moments of a set with the model's (green) and the true (red) joints."""
    import cv2

    from exerciser.film import contact_sheet as sheet
    from formcheck.capture.estimator import PoseEstimator
    from formcheck.capture.frames import Frame

    made, camera = build(item.spec, item.fps), item.camera()
    px, _ = camera.project(made.landmarks_m)
    chosen = set(np.linspace(0, len(made) - 1, count).astype(int).tolist())
    shown = []
    renderer = make_renderer(item.size)
    with PoseEstimator(model()) as estimator:
        for index, (time_s, picture) in enumerate(pictures(item, renderer)):
            # Tracking from frame to frame is slow here and not needed to look at.
            if index not in chosen:
                continue
            pose = estimator.estimate(Frame(time_s, picture, index))
            drawn = np.ascontiguousarray(picture)
            for points, color in ((pose.landmarks_px, (0, 255, 0)), (px[index], (255, 0, 0))):
                for x, y in points[11:, :2]:
                    if np.isfinite(x + y):
                        cv2.circle(drawn, (round(float(x)), round(float(y))), 2, color, -1)
            shown.append(drawn)
    path = folder / f"{item.id}.png"
    cv2.imwrite(str(path), cv2.cvtColor(sheet(shown, 4), cv2.COLOR_RGB2BGR))
    return path


def record(entry: Cached) -> dict[str, Any]:
    """The true numbers of a filmed set (exerciser.truth), without the single frames."""
    return truth.truth(entry.made(), entry.item.camera(), frames=False)


def _chosen(args: argparse.Namespace) -> tuple[BenchSet, ...]:
    """The sets that the command line asks for."""
    every = RENDERED[: args.limit]
    if args.tuning is not None:
        from benchmarks.simulate import tuning_sets

        every = tuning_sets(args.exercise, args.tuning)
    return tuple(
        item for item in every if args.only in item.id and args.exercise in (None, item.exercise)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Film the rendered tier of the benchmark.")
    parser.add_argument(
        "--limit", type=int, default=len(RENDERED), help="only the first so many sets"
    )
    parser.add_argument("--exercise", choices=sorted(MOVEMENTS), help="only sets of this exercise")
    parser.add_argument(
        "--tuning",
        type=int,
        metavar="N",
        help="instead of the list: N sets of --exercise drawn at random, on tuning bodies",
    )
    parser.add_argument("--only", default="", help="only sets whose id contains this")
    parser.add_argument("--sheet", type=Path, help="draw contact sheets into this folder instead")
    parser.add_argument("--status", action="store_true", help="say how many sets are cached")
    args = parser.parse_args()
    if args.tuning is not None and not args.exercise:
        parser.error("--tuning needs --exercise")
    items = _chosen(args)
    if args.status:
        print(f"{len(cached(items))} of {len(items)} sets in {cache_folder()}")
        return 0
    if args.sheet:
        args.sheet.mkdir(parents=True, exist_ok=True)
        for item in items:
            print(contact_sheet(item, args.sheet))
        return 0
    run(items)
    return 0


if __name__ == "__main__":
    sys.exit(main())
