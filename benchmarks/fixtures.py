"""A few filmed sets as landmark files small enough to keep with the tests.

    python -m benchmarks.fixtures       # write tests/data/rendered from the cache; what is not
                                        # filmed anew stays as it is

They are what the real pose model saw; the truth is beside them in truth.json
(see scoring.truth_record).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from formcheck.capture.pose_file import PoseFile

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "data" / "rendered"
#: One of the tuning sets of the exercises that have no chosen films.
_TUNING = {
    "ball_single_leg_squat": 3,
    "banded_clamshell": 0,
    "deadlift": 3,
    "hip_thrust": 0,
    "lateral_band_walk": 0,
    "lateral_step_up": 0,
    "pelvic_drop": 7,
    "single_leg_abc": 1,
    "single_leg_bridge": 5,
    "single_leg_deadlift": 3,
    "single_leg_hip_thrust": 2,
    "single_leg_squat": 1,
    "small_squat": 4,
    "step_up": 2,
}
#: All exercises, clean and faulty, from several sides, some partial reps, bodies of
#: both groups.
CHOSEN = (
    "clamshell-01",
    "squat-00",
    "squat-01",
    "squat-03",
    "squat-07",
    "glute_bridge-00",
    "glute_bridge-03",
    "glute_bridge-05",
    "clamshell-00",
    "clamshell-02",
    "clamshell-08",
    "side_leg_lift-03",
    "side_leg_lift-07",
    "side_leg_lift-08",
    *(f"tuning-{exercise}-{number:02d}" for exercise, number in _TUNING.items()),
)


def fixtures() -> Iterator[tuple[dict[str, Any], PoseFile]]:
    """Truth and landmarks of every kept set."""
    records = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    for record in records:
        yield record, PoseFile(FOLDER / f"{record['id']}.npz")


def main() -> int:
    from benchmarks.render_tier import cached
    from benchmarks.scoring import truth_record
    from benchmarks.sets import RENDERED
    from benchmarks.simulate import TUNING_MOST, tuning_sets
    from exerciser.truth import _plain

    FOLDER.mkdir(parents=True, exist_ok=True)
    items = (*RENDERED, *(i for e in _TUNING for i in tuning_sets(e, TUNING_MOST)))
    entries = {e.item.id: e for e in cached(items)}
    truth = FOLDER / "truth.json"
    before = json.loads(truth.read_text(encoding="utf-8")) if truth.exists() else []
    kept = {record["id"]: record for record in before}
    records = []
    for name in CHOSEN:
        if name not in entries:
            print(f"{name} is not in the cache", file=sys.stderr)
            records += [kept[name]] if name in kept else []
            continue
        entry = entries[name]
        with np.load(entry.poses) as f:
            data = {k: f[k] for k in f.files}
        # Sixteenths of a pixel are finer than any camera; depth is not used.
        px = (np.round(data["landmarks_px"] * 16) / 16).astype(np.float32)
        px[..., 2] = np.where(np.isfinite(px[..., 0]), 0, np.nan)
        np.savez_compressed(
            FOLDER / f"{name}.npz",
            time_s=data["time_s"],
            landmarks_px=px,
            visibility=np.round(data["visibility"], 2).astype(np.float16),
            frame_size=data["frame_size"],
        )
        record = truth_record(entry.item, entry.made(), entry.item.camera())
        records.append(_plain(record, 4))
    truth.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    size = sum(p.stat().st_size for p in FOLDER.iterdir())
    print(f"{len(records)} sets, {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
