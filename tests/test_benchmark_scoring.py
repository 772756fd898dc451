"""The benchmark's own arithmetic: it must notice what is wrong, and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks import rates, sets
from benchmarks.error_model import ErrorModel, Group, mirror
from benchmarks.rates import half_found
from benchmarks.scoring import score, truth_record
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.pose import LANDMARK_COUNT
from formcheck.engine.pose import Landmark as L


def squat(*faults: dict[str, float], azimuth_deg: float = 90.0) -> sets.BenchSet:
    reps = tuple(RepSpec(out_s=1.2, back_s=1.2, faults=f) for f in faults)
    return sets.BenchSet("one", SetSpec("squat", "m_average", reps=reps), azimuth_deg, 3.0)


def no_error(item: sets.BenchSet) -> ErrorModel:
    """A pose model that is never wrong."""
    zero = np.zeros((LANDMARK_COUNT, 2))
    group = Group(
        weights=np.zeros((LANDMARK_COUNT, 10, 2)),
        offsets=zero[None],
        slopes=np.zeros((1, LANDMARK_COUNT, 2, 2)),
        spread=zero,
        memory_s=zero + 0.1,
        wander=zero,
        visibility=np.ones((1, LANDMARK_COUNT)),
        gap_share=np.zeros((1, LANDMARK_COUNT)),
        gap_s=np.zeros((1, LANDMARK_COUNT)),
        rep_set=np.zeros(1),
        rep_faulty=np.zeros(1),
        ids=("none",),
    )
    return ErrorModel({f"{item.exercise}/{item.view}": group})


def test_without_landmark_error_the_simulated_model_sees_the_true_joints() -> None:
    for azimuth in (90.0, -90.0):
        item = squat({}, azimuth_deg=azimuth)
        made, camera = build(item.spec, item.fps), item.camera()
        frames = no_error(item).see(item, made, camera, seed=1)
        px, _ = camera.project(made.landmarks_m)
        np.testing.assert_allclose([f.landmarks_px[:, :2] for f in frames], px)


def test_mirroring_twice_changes_nothing() -> None:
    points = np.random.default_rng(0).uniform(0, 400, (5, LANDMARK_COUNT, 2))
    once = mirror(points, 400)
    assert once[0, L.LEFT_KNEE, 0] == pytest.approx(400 - points[0, L.RIGHT_KNEE, 0])
    np.testing.assert_allclose(mirror(once, 400), points)


def test_a_perfect_film_scores_perfectly_and_a_cut_one_does_not() -> None:
    item = squat({}, {"trunk_lean": 34.0}, {})
    made, camera = build(item.spec, item.fps), item.camera()
    record = truth_record(item, made, camera)
    frames = no_error(item).see(item, made, camera, seed=1)
    whole = score(record, frames)
    assert (whole.true_reps, whole.count_error) == (3, 0)
    assert [c.found for a in whole.attempts for c in a.faults if c.fault == "trunk_lean"][
        1
    ] == "marked"
    cut = score(record, frames[: int(0.6 * len(frames))])
    assert cut.count_error < 0
    assert cut.attempts[2].found == ""
    assert any(line.startswith("COUNT") for line in rates.misses([cut]))


def test_a_wrong_truth_is_noticed() -> None:
    item = squat({}, {})
    made, camera = build(item.spec, item.fps), item.camera()
    record = truth_record(item, made, camera)
    frames = no_error(item).see(item, made, camera, seed=1)
    record["reps"][0]["faults"] = [
        {"id": "trunk_lean", "side": "both", "size": 30, "severity": "marked", "requested": 30}
    ]
    lines = rates.misses([score(record, frames)])
    assert any(line.startswith("MISSED") and "trunk_lean" in line for line in lines)


def test_half_found_size() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.uniform(0, 10, 800)
    found = rng.random(800) < 1 / (1 + np.exp(-(sizes - 4.0) * 2))
    assert half_found(sizes, found) == pytest.approx(4.0, abs=0.3)
    assert np.isnan(half_found(sizes, np.ones(800)))


def test_the_list_of_sets() -> None:
    assert len(sets.RENDERED) >= 100
    assert len({item.id for item in sets.RENDERED}) == len(sets.RENDERED)
    assert not set(sets.TUNING) & set(sets.REPORTING)
    # Any beginning of the list is balanced: the run may be cut short.
    for end in (20, 40, 80):
        counts = [sum(i.exercise == e for i in sets.RENDERED[:end]) for e in ("squat", "clamshell")]
        assert abs(counts[0] - counts[1]) <= 1
    names = {*sets.TUNING, *sets.REPORTING}
    assert {i.spec.body for i in sets.RENDERED} == names


def test_the_cache_key_follows_what_is_filmed_and_nothing_else() -> None:
    item = squat({})
    assert item.key("a") != item.key("b")
    assert item.key("a") == dataclasses.replace(item, id="other", tags=("x",)).key("a")
    assert item.key("a") != dataclasses.replace(item, elevation_deg=9.0).key("a")
