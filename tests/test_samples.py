"""The bundled sample videos and their truth files."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

import av
import numpy as np
import pytest
from pose_model import model_or_skip

from exerciser import samples
from exerciser.samples import HOME, SAMPLES, Sample
from formcheck.engine.pose import Landmark

NAMES = [sample.name for sample in SAMPLES]
KEYS = {
    "schema", "video", "shows", "frame_count", "exercise", "side", "fps", "body",
    "primary_metric", "rest_value", "full_value", "full_excursion", "ready_s", "seed", "reps",
    "camera", "room", "joint_names", "frames",
}  # fmt: skip
REP_KEYS = {
    "kind", "side", "rest_level", "extreme", "excursion", "start_s", "top_s", "end_s", "hold_s",
    "concentric_s", "eccentric_s", "share_of_full", "faults",
}  # fmt: skip
FAULT_KEYS = {"id", "side", "size", "unit", "requested", "severity", "views", "assessable"}
CAMERA_KEYS = {
    "azimuth_deg", "elevation_deg", "distance_m", "fov_deg", "width", "height", "target_m",
    "roll_deg", "view",
}  # fmt: skip


@lru_cache
def _truth(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HOME / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_every_file_belongs_to_a_clip() -> None:
    expected = {"README.md", samples.SHEET} | {
        f"{name}.{kind}" for name in NAMES for kind in ("mp4", "json")
    }
    assert {path.name for path in HOME.iterdir()} == expected
    assert len(set(NAMES)) == len(NAMES) >= 14
    assert {sample.spec.exercise for sample in SAMPLES} == {
        "squat", "glute_bridge", "clamshell", "side_leg_lift"
    }  # fmt: skip


def test_they_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in HOME.iterdir()}
    assert sum(sizes.values()) < 25e6
    assert max(size for name, size in sizes.items() if name.endswith(".json")) < 350e3
    assert sizes[samples.SHEET] < 400e3


def test_readme_describes_every_clip() -> None:
    text = (HOME / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(samples.TABLE_START)
    assert rest.partition(samples.TABLE_END)[0].strip() == samples.table(HOME)


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_video_is_what_the_truth_says(sample: Sample) -> None:
    record = _truth(sample.name)
    path = HOME / record["video"]
    head = path.read_bytes()[:4096]
    assert b"moov" in head, "not made for streaming"
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == record["fps"] == sample.fps
        assert (stream.width, stream.height) == (
            record["camera"]["width"],
            record["camera"]["height"],
        )
        times = [float(p.pts * p.time_base) for p in video.demux(stream) if p.pts is not None]
    assert len(times) == record["frame_count"]
    assert np.allclose(np.sort(times), np.arange(len(times)) / record["fps"], atol=1e-3)
    assert 8.0 <= len(times) / record["fps"] <= 20.0


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_truth_is_as_documented(sample: Sample) -> None:
    record = _truth(sample.name)
    assert set(record) == KEYS
    assert record["schema"] == samples.SCHEMA
    assert record["exercise"] == sample.spec.exercise
    assert set(record["camera"]) == CAMERA_KEYS
    assert set(record["body"]) == {"name", "sex", "age", "height_m"}
    count = record["frame_count"]
    frames = record["frames"]
    assert set(frames) == {"landmarks_px", "joints_m", "metrics"}
    assert np.shape(frames["landmarks_px"]) == (count, 66)
    assert np.shape(frames["joints_m"]) == (count, 36)
    assert record["primary_metric"] in frames["metrics"]
    assert {len(values) for values in frames["metrics"].values()} == {count}
    assert len(record["reps"]) == len(sample.spec.reps)
    for rep in record["reps"]:
        assert set(rep) == REP_KEYS
        assert rep["kind"] in ("rep", "partial")
        assert record["ready_s"] < rep["start_s"] < rep["top_s"] < rep["end_s"]
        assert rep["end_s"] < count / record["fps"]
        for fault in rep["faults"]:
            assert set(fault) == FAULT_KEYS
            assert fault["severity"] in ("none", "mild", "marked")
    starts = [rep["start_s"] for rep in record["reps"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize("sample", SAMPLES, ids=NAMES)
def test_whole_body_is_always_in_the_picture(sample: Sample) -> None:
    record = _truth(sample.name)
    pixels = np.array(record["frames"]["landmarks_px"], float).reshape(-1, 33, 2)
    body = pixels[:, [Landmark.NOSE, *range(Landmark.LEFT_SHOULDER, 33)]]
    assert np.nanmin(body) > 8
    assert np.nanmax(body[..., 0]) < sample.width - 8
    assert np.nanmax(body[..., 1]) < sample.height - 8


def test_the_clips_show_what_they_promise() -> None:
    def faults(name: str) -> list[set[str]]:
        return [
            {f["id"] for f in rep["faults"] if f["severity"] != "none" and f["assessable"]}
            for rep in _truth(name)["reps"]
        ]

    def kinds(name: str) -> list[str]:
        return [rep["kind"] for rep in _truth(name)["reps"]]

    assert faults("squat_front_knee_valgus") == [set(), set(), {"knee_valgus"}, {"knee_valgus"}]
    assert faults("squat_side_faults") == [
        set(), {"shallow_depth"}, {"trunk_lean"}, {"heel_lift"}
    ]  # fmt: skip
    assert faults("clamshell_pelvic_roll") == [set(), {"pelvic_rotation"}, {"pelvic_rotation"}]
    for name in NAMES:
        if name.endswith(("good", "good_holds", "oblique", "bystander", "10s", "walk_in", "side")):
            assert not any(faults(name)), name
        if name != "squat_partial_and_pause":
            assert set(kinds(name)) == {"rep"}, name
    assert kinds("squat_partial_and_pause") == ["rep", "partial", "rep"]
    assert _truth("bridge_walk_in")["ready_s"] > 5
    assert _truth("bridge_hold_10s")["reps"][0]["hold_s"] == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize("name", ["squat_front_knee_valgus", "clamshell_feet_apart"])
def test_truth_follows_from_the_seed(name: str) -> None:
    sample = next(sample for sample in SAMPLES if sample.name == name)
    made = samples.build(sample.spec, sample.fps)
    fresh = samples.truth_of(sample, made, samples.camera_of(sample, made))
    assert samples.same_truth(_truth(name), fresh)
    fresh["frames"]["joints_m"][10][0] += 0.01
    assert not samples.same_truth(_truth(name), fresh)


@pytest.mark.skipif("FORMCHECK_SKIP_SLOW" in os.environ, reason="FORMCHECK_SKIP_SLOW is set")
def test_formcheck_counts_what_is_there() -> None:
    """With the real pose model; the tests of the pages do squats, bridges and clamshells."""
    pytest.importorskip("mediapipe")
    from formcheck import analyze

    model_or_skip("full")
    record = _truth("leg_lift_good")
    report = analyze(HOME / record["video"], record["exercise"])
    kinds = [rep["kind"] for rep in record["reps"]]
    assert (len(report.reps), len(report.partials)) == (
        kinds.count("rep"),
        kinds.count("partial"),
    )
    assert {rep.side for rep in report.reps} == {record["side"]}
