"""Landmark files: what goes in comes out, and what is wrong is named."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from formcheck.capture.pose_file import PoseFile, PoseFileError, PoseSpool, write_pose_file
from formcheck.capture.subject import MIN_VISIBILITY, hide_unseen
from formcheck.engine.pose import LANDMARK_COUNT, Landmark, PoseFrame, TrunkMotion, empty_frame
from formcheck.engine.session import SetSession

SIZE = (640, 480)


def pose(time_s: float, *, size: tuple[int, int] = SIZE, changed: bool = False) -> PoseFrame:
    rng = np.random.default_rng(int(time_s * 1000))
    return PoseFrame(
        time_s=time_s,
        landmarks_px=rng.uniform((0, 0, -100), (*size, 100), (LANDMARK_COUNT, 3)),
        visibility=np.full(LANDMARK_COUNT, 0.9),
        frame_size=size,
        world_m=rng.uniform(-1, 1, (LANDMARK_COUNT, 3)),
        person_changed=changed,
        people=1 + changed,
    )


def arrays(**changes: Any) -> dict[str, Any]:
    """Arrays of a good file of four frames; a change to None leaves one out."""
    good: dict[str, Any] = {
        "time_s": np.arange(4) / 30,
        "landmarks_px": np.full((4, LANDMARK_COUNT, 3), 100.0),
        "visibility": np.ones((4, LANDMARK_COUNT)),
        "frame_size": np.array(SIZE),
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    written = [pose(0.0), empty_frame(0.04, SIZE), pose(0.2, changed=True), pose(1.0)]
    assert write_pose_file(path, written) == 4
    file = PoseFile(path)
    assert (len(file), file.frame_size, file.duration_s) == (4, SIZE, 1.0)
    for before, after in zip(written, file, strict=True):
        assert after.time_s == before.time_s
        assert after.frame_size == SIZE
        assert after.person_changed == before.person_changed
        assert after.people == before.people
        np.testing.assert_allclose(after.landmarks_px, before.landmarks_px, atol=1e-3)
        np.testing.assert_allclose(after.world_m, before.world_m, atol=1e-6)
        np.testing.assert_allclose(after.visibility, before.visibility, atol=1e-6)
        assert after.has_person == before.has_person
    assert list(file)[1].visibility.shape == (LANDMARK_COUNT,)  # can be read again


def test_many_frames_cross_the_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formcheck.capture.pose_file._CHUNK_FRAMES", 7)
    path = tmp_path / "set.npz"
    write_pose_file(path, (pose(index / 30) for index in range(20)))
    assert [p.time_s for p in PoseFile(path)] == [index / 30 for index in range(20)]


def test_low_visibility_becomes_missing_when_read(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    visibility = np.ones((4, LANDMARK_COUNT))
    visibility[:, Landmark.LEFT_KNEE] = MIN_VISIBILITY - 0.01
    visibility[:, Landmark.RIGHT_KNEE] = MIN_VISIBILITY
    visibility[:, Landmark.NOSE] = np.nan
    np.savez(path, **arrays(visibility=visibility))
    first = next(iter(PoseFile(path)))
    assert np.isnan(first.landmarks_px[[Landmark.LEFT_KNEE, Landmark.NOSE]]).all()
    assert np.isfinite(first.landmarks_px[Landmark.RIGHT_KNEE]).all()
    assert first.visibility[Landmark.LEFT_KNEE] == pytest.approx(
        MIN_VISIBILITY - 0.01
    )  # the raw value stays


def test_far_outside_the_picture_is_missing() -> None:
    landmarks_px = np.zeros((5, 3))
    landmarks_px[:, 0] = [-63, -65, 0, 703, 705]
    landmarks_px[2] = (0.0, 0.0, 0.0)  # a point like any other, not "missing"
    kept = np.isfinite(hide_unseen(landmarks_px, np.ones(5), SIZE)[:, 0])
    assert kept.tolist() == [True, False, True, True, False]


def test_world_landmarks_may_be_absent_and_types_may_differ(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(
        path,
        **arrays(
            time_s=np.arange(4),
            landmarks_px=np.full((4, LANDMARK_COUNT, 3), 100, np.int16),
            visibility=np.ones((4, LANDMARK_COUNT), np.uint8),
            frame_size=np.array(SIZE, np.float32),
        ),
    )
    read = list(PoseFile(path))
    assert [p.time_s for p in read] == [0, 1, 2, 3]
    assert read[0].landmarks_px.dtype == np.float64
    assert np.isnan(read[0].world_m).all()
    assert read[0].frame_size == SIZE


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"visibility": None}, "lacks visibility"),
        ({"time_s": np.array([0, 1, 1, 2])}, r"frame 2 \(1\.000 s\) does not come after frame 1"),
        ({"time_s": np.array([0, 1, 0.5, 2])}, "must increase"),
        ({"time_s": np.array([0, math.nan, 1, 2])}, "time_s of frame 1 is not a number"),
        ({"time_s": np.array([0, 1, 2, math.inf])}, "infinite"),
        ({"time_s": np.arange(3)}, r"landmarks_px has the shape|visibility has the shape"),
        ({"time_s": np.zeros((4, 1))}, "time_s has the shape"),
        ({"time_s": np.zeros(0)}, "holds no frames"),
        ({"time_s": np.array(list("abcd"))}, "not numbers"),
        ({"landmarks_px": np.full((4, 33, 2), 9.0)}, "has 2 columns; it needs 3"),
        ({"landmarks_px": np.full((4, 17, 3), 9.0)}, r"must be \(4, 33, 3\)"),
        ({"landmarks_px": np.full((4, 33, 3), 0.4)}, "looks normalised"),
        ({"landmarks_px": np.full((4, 33, 3), math.inf)}, "infinite"),
        ({"world_m": np.zeros((4, 33, 2))}, "world_m has 2 columns"),
        ({"visibility": np.full((4, 33), 98.0)}, "between 0 and 1"),
        ({"frame_size": np.array([640, 480, 3])}, "frame_size has the shape"),
        ({"frame_size": np.array([0, 480])}, "frame_size is 0 x 480"),
        ({"landmarks_px": np.array([{"x": 1}] * 4)}, "not a readable landmark file"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = tmp_path / "wrong.npz"
    np.savez(path, **arrays(**changes))
    with pytest.raises(PoseFileError, match=sentence) as caught:
        PoseFile(path)
    assert str(path) in str(caught.value)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    with pytest.raises(PoseFileError, match="does not exist"):
        PoseFile(tmp_path / "nothing.npz")
    with pytest.raises(PoseFileError, match="is a folder"):
        PoseFile(tmp_path)
    text = tmp_path / "text.npz"
    text.write_text("hello")
    with pytest.raises(PoseFileError, match="not a readable landmark file"):
        PoseFile(text)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(PoseFileError, match="single array"):
        PoseFile(tmp_path / "one.npy")
    good = tmp_path / "good.npz"
    write_pose_file(good, [pose(0.0), pose(0.1)])
    good.write_bytes(good.read_bytes()[:-300])
    with pytest.raises(PoseFileError, match="not a readable landmark file"):
        PoseFile(good)


def test_a_video_with_the_name_of_a_landmark_file_is_told_to_be_one(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode())
    (tmp_path / "a.mp4").rename(tmp_path / "a.npz")
    with pytest.raises(PoseFileError, match=r"a\.npz is a video and no landmark file"):
        PoseFile(tmp_path / "a.npz")


def test_a_failed_recording_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    write_pose_file(path, [pose(0.0)])
    before = path.read_bytes()

    def record() -> Iterator[PoseFrame]:
        yield pose(0.0)
        raise RuntimeError("camera gone")

    with pytest.raises(RuntimeError, match="camera gone"):
        write_pose_file(path, record())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["set.npz"]


def test_writer_refuses_what_the_reader_would(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    with pytest.raises(PoseFileError, match="does not come after"):
        write_pose_file(path, [pose(1.0), pose(1.0)])
    with pytest.raises(PoseFileError, match="no frames"):
        write_pose_file(path, [])
    with pytest.raises(PoseFileError, match="changed from 640x480 to 480x640"):
        write_pose_file(path, [pose(0.0), pose(1.0, size=(480, 640))])
    with pytest.raises(PoseFileError, match="cannot be kept"):
        write_pose_file(tmp_path / "no" / "such" / "folder.npz", [pose(0.0)])
    assert not path.exists()


def test_a_growing_live_picture_is_brought_to_one_size(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    small, large = pose(0.0), pose(1.0, size=(1280, 960))
    write_pose_file(path, [small, large])
    read = list(PoseFile(path))
    np.testing.assert_allclose(read[1].landmarks_px, large.landmarks_px / 2, atol=1e-3)


def test_the_trunks_motion_is_written_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    way = np.array([[1.0, -2.0], [3.5, 4.0], [np.nan, np.nan], [0.0, 8.0]])
    error = np.array([0.5, 1.0, np.nan, 2.0])
    texture = np.array([0.9, 0.25, np.nan, 0.0])
    moved = replace(pose(0.1), trunk_motion=TrunkMotion(3, way, error, texture))
    # A picture of twice the size in a live set: all pixels are brought to the file's.
    larger = replace(moved, time_s=0.2, frame_size=(2 * SIZE[0], 2 * SIZE[1]))
    written = [pose(0.0), moved, larger]
    write_pose_file(path, written)
    spool = PoseSpool(tmp_path)
    for frame in written:
        spool.write(frame)
    for read in (list(PoseFile(path)), list(spool)):
        assert read[0].trunk_motion is None
        for after, share in ((read[1].trunk_motion, 1.0), (read[2].trunk_motion, 0.5)):
            assert after is not None and after.run == 3
            np.testing.assert_allclose(after.moved_px, share * way)
            np.testing.assert_allclose(after.error_px, share * error)
            np.testing.assert_allclose(after.texture, texture)
    spool.close()
    with np.load(path) as kept:
        older = {name: kept[name] for name in kept.files if name != "trunk_texture"}
    np.savez(path, **older)
    after = list(PoseFile(path))[1].trunk_motion
    assert after is not None and np.isnan(after.texture).all()
    np.testing.assert_allclose(after.moved_px, way)


def test_the_pose_model_is_kept_with_the_landmarks_and_told_in_the_report(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    poses = [replace(pose(i / 10), model="pose_landmarker_lite 1") for i in range(4)]
    write_pose_file(path, poses)
    session = SetSession("squat")
    for frame in PoseFile(path):
        assert frame.model == "pose_landmarker_lite 1"
        session.push(frame)
    assert session.finish().model == "pose_landmarker_lite 1"
    np.savez(path, **arrays())
    assert {frame.model for frame in PoseFile(path)} == {""}
    np.savez(path, **arrays(model=np.array("lite")))
    with pytest.raises(PoseFileError, match="model must be"):
        PoseFile(path)


def test_a_file_without_the_trunks_motion_is_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "old.npz"
    np.savez(path, **arrays())
    assert all(frame.trunk_motion is None for frame in PoseFile(path))
    np.savez(path, **arrays(trunk_run=np.zeros(4, int), trunk_motion=np.zeros((4, 3, 3))))
    with pytest.raises(PoseFileError, match="trunk_motion has the shape"):
        PoseFile(path)


def test_poses_that_wait_leave_no_file_and_can_be_read_while_more_come(tmp_path: Path) -> None:
    spool = PoseSpool(tmp_path)
    spool.write(pose(0.0))
    # Whoever is killed now leaves nothing behind.
    assert os.name != "posix" or not list(tmp_path.iterdir())
    read = iter(spool)
    assert next(read).time_s == 0.0
    spool.write(pose(0.1))
    assert [one.time_s for one in read] == [0.1]
    assert [one.time_s for one in spool] == [0.0, 0.1]
