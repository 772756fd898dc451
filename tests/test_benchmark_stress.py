"""What the stress table does to landmarks, and that it notices lost counts."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import outside_truth, sets, stress
from benchmarks.stress import STRESSES, Take
from exerciser import truth
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.capture.pose_file import write_pose_file
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame


@pytest.fixture
def kept() -> Take:
    rng = np.random.default_rng(0)
    return Take(
        time_s=np.arange(300) / 30,
        px=rng.uniform(0, 400, (300, 33, 3)),
        world_m=rng.uniform(-1, 1, (300, 33, 3)),
        visibility=rng.uniform(0.5, 1, (300, 33)),
        size=(640, 480),
        turns_s=(3.0, 7.0),
    )


def test_nobody_is_found_around_the_turns_only(kept: Take) -> None:
    lost = STRESSES["lost 0.6 s at each turn"](kept)
    seen = [f.has_person for f in lost.frames()]
    near = np.abs(kept.time_s[:, None] - kept.turns_s).min(axis=1) <= 0.3
    assert near.sum() > 30 and (np.array(seen) != near).all()


def test_only_the_feet_are_out_of_the_picture(kept: Take) -> None:
    missing = np.isnan(STRESSES["feet out of the picture"](kept).px[:, :, 0]).all(axis=0)
    assert [L(i) for i in np.flatnonzero(missing)] == list(L)[L.LEFT_ANKLE :]


@pytest.mark.parametrize("fps", [15, 10, 7, 5])
def test_a_slower_camera(kept: Take, fps: int) -> None:
    slower = STRESSES[f"{fps} pictures a second"](kept)
    assert len(slower.time_s) == pytest.approx(10 * fps, abs=1)
    assert np.diff(slower.time_s).max() < 1 / fps + 1 / 30


@pytest.mark.parametrize("times", [0.35, 4])
def test_time_stretches_before_the_same_camera(kept: Take, times: float) -> None:
    ramp = dataclasses.replace(kept, px=np.ones((1, 33, 3)) * kept.time_s[:, None, None])
    stretched = STRESSES[f"time x {times}"](ramp)
    np.testing.assert_allclose(np.diff(stretched.time_s), 1 / 30)
    np.testing.assert_allclose(stretched.px[:, 0, 0], stretched.time_s / times)
    assert stretched.turns_s == (3.0 * times, 7.0 * times)


def test_mirroring_twice_changes_nothing_and_swaps_are_short(kept: Take) -> None:
    twice = stress.mirrored(stress.mirrored(kept))
    np.testing.assert_allclose(twice.px, kept.px)
    np.testing.assert_allclose(twice.world_m, kept.world_m)
    once = stress.mirrored(kept).visibility
    np.testing.assert_array_equal(once[:, L.LEFT_KNEE], kept.visibility[:, L.RIGHT_KNEE])
    other = STRESSES["left and right swapped"](kept)
    on = (other.px != kept.px).any(axis=(1, 2))
    assert 0 < on.mean() < 0.3
    np.testing.assert_array_equal(other.px[on][:, L.LEFT_KNEE], kept.px[on][:, L.RIGHT_KNEE])


def test_jitter_is_as_large_as_it_says() -> None:
    still = np.zeros((2000, 33, 3))
    still[:, [L.LEFT_SHOULDER, L.RIGHT_SHOULDER], 1] = -100.0
    seen = Take(np.arange(2000) / 30, still, still, np.ones((2000, 33)), (640, 480), ())
    moved = STRESSES["jitter 2% of trunk"](seen).px - still
    assert moved.std() == pytest.approx(2.0, rel=0.02)


def test_a_table_of_made_up_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reps = (RepSpec(out_s=1.2, back_s=1.2),) * 3
    item = sets.BenchSet("one", SetSpec("squat", "m_average", reps=reps), 85.0, 3.0)
    made, camera = build(item.spec, item.fps), item.camera()
    px, _ = camera.project(made.landmarks_m)
    points = np.concatenate([px, np.zeros((*px.shape[:2], 1))], axis=2)
    size = (camera.width, camera.height)
    folder = tmp_path / "real_clips"
    folder.mkdir()
    write_pose_file(
        folder / "one.npz",
        [
            PoseFrame(float(t), p, np.ones(33), size)
            for t, p in zip(made.time_s, points, strict=True)
        ],
    )
    label = {"exercise": "squat", "view": "side", "true_reps": 3, "faults_visible": []}
    label |= {"turn_s": [rep["top_s"] for rep in truth.reps(made)], "notes": ""}
    short = label | {"true_reps": 1, "turn_s": [1.0]}
    (folder / "truth.json").write_text(json.dumps({"one": label, "few": short}), encoding="utf-8")
    monkeypatch.setenv(outside_truth.ENV, str(tmp_path))
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["stress", "--out", str(out)])
    assert stress.main() == 0
    printed = capsys.readouterr().out.splitlines()
    assert max(map(len, printed)) <= 100 and "few" not in printed[-2]
    found = json.loads(out.read_text(encoding="utf-8"))["real_clips/one"]
    assert set(found) == set(STRESSES)
    for name in ("as it is", "mirrored", "15 pictures a second"):
        assert (found[name]["found"], found[name]["extra"], found[name]["exact"]) == (3, 0, 1), name
    monkeypatch.setattr(sys, "argv", ["stress", "--against", str(out)])
    stress.main()
    assert "Nothing changed." in capsys.readouterr().out
