"""Video files as a user has them: phones, odd containers, damaged copies."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from formcheck.capture import webcam
from formcheck.capture.correction import Correction
from formcheck.capture.frames import SourceError, VideoFile, recorded_at
from formcheck.capture.pose_file import PoseFile, PoseFileError
from formcheck.capture.webcam import Webcam


def make_clip(
    path: Path,
    codec: str = "libx264",
    *,
    count: int = 20,
    size: tuple[int, int] = (96, 64),
    fps: int = 20,
    pixels: str = "yuv420p",
    times_ms: list[int] | None = None,
    rotation: int | None = None,
    noise: bool = False,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip whose top left quarter is red (or noise, which takes more bytes)."""
    try:
        av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"this PyAV has no {codec} encoder")
    width, height = size
    rng = np.random.default_rng(7)
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.gop_size = 5
        if codec == "libx265":
            stream.codec_context.options = {"x265-params": "log-level=none"}
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index in range(count):
            pixels_now = rng.integers(0, 255, image.shape, dtype=np.uint8) if noise else image
            picture = av.VideoFrame.from_ndarray(pixels_now, format="rgb24")
            if times_ms is not None:
                picture.pts, picture.time_base = times_ms[index], Fraction(1, 1000)
            for packet in stream.encode(picture):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def red_corner(image: np.ndarray) -> str:
    height, width = image.shape[:2]
    corners = {
        "top left": image[4, 4],
        "top right": image[4, width - 5],
        "bottom left": image[height - 5, 4],
        "bottom right": image[height - 5, width - 5],
    }
    return next(name for name, colour in corners.items() if colour[0] > 150)


@pytest.mark.parametrize(
    ("codec", "ending", "pixels"),
    [
        ("libx264", "mp4", "yuv420p"),
        ("libx264", "mov", "yuv420p"),
        ("libx264", "mkv", "yuv420p"),
        ("libx265", "mp4", "yuv420p"),
        ("libvpx-vp9", "webm", "yuv420p"),
        ("mpeg4", "avi", "yuv420p"),
        ("mjpeg", "avi", "yuvj420p"),
        ("gif", "gif", "rgb8"),
    ],
)
def test_reads_the_usual_formats(tmp_path: Path, codec: str, ending: str, pixels: str) -> None:
    path = make_clip(tmp_path / f"clip.{ending}", codec, pixels=pixels)
    with VideoFile(path) as source:
        read = list(source)
    assert (source.width, source.height) == (96, 64)
    assert [frame.index for frame in read] == list(range(20))
    assert [frame.time_s for frame in read] == pytest.approx(np.arange(20) / 20, abs=1e-3)
    assert read[0].image_rgb.shape == (64, 96, 3)
    assert read[0].image_rgb.dtype == np.uint8
    assert red_corner(read[0].image_rgb) == "top left"
    assert source.fps == pytest.approx(20)
    assert source.duration_s == pytest.approx(1.0, abs=0.06)
    assert source.truncated is None
    assert source.warnings == []


@pytest.mark.parametrize(
    ("codec", "ending"),
    [("libx264", "mp4"), ("libx264", "mkv"), ("libx265", "mp4"), ("mpeg4", "avi")],
)
def test_a_video_entered_in_its_middle_has_the_same_pictures(
    tmp_path: Path, codec: str, ending: str
) -> None:
    path = make_clip(tmp_path / f"clip.{ending}", codec, count=60, noise=True)
    with VideoFile(path) as source:
        whole = list(source)
    for start in (1, 17, 44):
        with VideoFile(path) as source:
            source.begin_at(whole[start].time_s)
            part = list(source)
        assert [frame.time_s for frame in part] == [frame.time_s for frame in whole[start:]]
        for one, other in zip(part, whole[start:], strict=True):
            assert np.array_equal(one.image_rgb, other.image_rgb)
        assert source.truncated is None
        assert not +source.repaired


@pytest.mark.parametrize(("fps", "given"), [(60, 30), (50, 30), (120, 30), (32, 32), (24, 24)])
def test_no_more_pictures_than_asked_for(tmp_path: Path, fps: int, given: int) -> None:
    path = make_clip(tmp_path / "fast.mp4", count=fps, fps=fps)
    with VideoFile(path, most_hz=30.0) as source:
        whole = [frame.time_s for frame in source]
        assert source.frame_count == pytest.approx(given, abs=1)
    assert len(whole) == pytest.approx(given, abs=1)
    assert np.diff(whole).max() < 2.5 / given
    # Entered in its middle it gives the same ones.
    with VideoFile(path, most_hz=30.0) as source:
        source.begin_at(whole[9])
        assert [frame.time_s for frame in source] == whole[9:]


def test_a_shrunk_picture_keeps_its_file_s_size(tmp_path: Path) -> None:
    with VideoFile(make_clip(tmp_path / "phone.mp4", rotation=90)) as source:
        source.shrink(48)
        assert next(iter(source)).image_rgb.shape == (48, 32, 3)
        assert (source.width, source.height) == (64, 96)


@pytest.mark.parametrize(
    ("rotation", "corner", "size"),
    [(90, "bottom left", (64, 96)), (-90, "top right", (64, 96)), (180, "bottom right", (96, 64))],
)
def test_phone_rotation_is_applied(
    tmp_path: Path, rotation: int, corner: str, size: tuple[int, int]
) -> None:
    with VideoFile(make_clip(tmp_path / "phone.mp4", rotation=rotation)) as source:
        first = next(iter(source))
        assert (source.width, source.height) == size
    assert first.image_rgb.shape == (size[1], size[0], 3)
    assert red_corner(first.image_rgb) == corner


def test_varying_frame_rate_keeps_the_containers_times(tmp_path: Path) -> None:
    times_ms = [200, 233, 300, 333, 900, 2000]
    path = make_clip(tmp_path / "vfr.mp4", count=6, times_ms=times_ms)
    with VideoFile(path) as source:
        read = [frame.time_s for frame in source]
    assert read == pytest.approx([0, 0.033, 0.1, 0.133, 0.7, 1.8], abs=1e-3)
    assert source.warnings == []


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([0, 50, 50, 100], [0, 0.05, 0.075, 0.1]),  # repeated
        ([0, 50, None, 150], [0, 0.05, 0.1, 0.15]),  # missing
        ([0, 100, 50, 150], [0, 0.1, 0.125, 0.15]),  # a step back
        ([0, 2000, 0, 50], [0, 2.0, 2.05, 2.1]),  # the clock started again
        ([None, None, 100, 150], [0, 0.05, 0.1, 0.15]),  # missing at the beginning
    ],
)
def test_broken_time_stamps_are_repaired(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stamps: list[int | None],
    expected: list[float],
) -> None:
    path = make_clip(tmp_path / "clip.mp4", count=len(stamps))
    decode = VideoFile._decode

    def with_stamps(self: VideoFile):
        for picture, stamp in zip(decode(self), stamps, strict=True):
            picture.pts, picture.dts = stamp, None
            picture.time_base = Fraction(1, 1000)
            yield picture

    monkeypatch.setattr(VideoFile, "_decode", with_stamps)
    with VideoFile(path) as source:
        times = [frame.time_s for frame in source]
    assert times == pytest.approx(expected)
    assert (np.diff(times) > 0).all()
    assert "1 of 4 frames" in source.warnings[0]


@pytest.mark.parametrize("fps", [1, 240])
def test_slow_and_fast_recordings(tmp_path: Path, fps: int) -> None:
    with VideoFile(make_clip(tmp_path / "clip.mp4", count=5, fps=fps)) as source:
        assert [f.time_s for f in source] == pytest.approx(np.arange(5) / fps, abs=1e-3)


def test_odd_size_arrays_are_contiguous(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "odd.mkv", size=(97, 65), pixels="yuv444p")
    with VideoFile(path) as source:
        image = next(iter(source)).image_rgb
    assert image.shape == (65, 97, 3)
    assert image.flags.c_contiguous  # mediapipe misreads padded rows


def test_large_pictures_can_be_scaled_down(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "large.mp4", size=(640, 480), count=2)
    with VideoFile(path, max_side=160) as source:
        assert (source.width, source.height) == (160, 120)
        assert next(iter(source)).image_rgb.shape == (120, 160, 3)


def test_stretched_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "dv.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 72, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 72, 3), np.uint8), format="rgb24")
        for packet in (*stream.encode(picture), *stream.encode()):
            container.mux(packet)
    with VideoFile(path) as source:
        assert (source.width, source.height) == (96, 64)


@pytest.mark.parametrize(
    ("ending", "codec", "options"),
    [
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mkv", "libx264", {}),
        ("avi", "mpeg4", {}),
    ],
)
def test_a_file_cut_off_gives_what_is_there(
    tmp_path: Path, ending: str, codec: str, options: dict[str, str]
) -> None:
    whole = make_clip(tmp_path / f"whole.{ending}", codec, count=80, noise=True, options=options)
    cut = tmp_path / f"cut.{ending}"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    with VideoFile(cut) as source:
        times = [frame.time_s for frame in source]
    assert 30 <= len(times) <= 60
    assert source.truncated is not None
    assert f"breaks off at {times[-1]:.1f} s" in source.truncated
    with VideoFile(whole) as source:
        assert len(list(source)) == 80
    assert source.truncated is None


def test_a_damaged_stretch_does_not_end_the_reading(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "hole.mp4", count=80, noise=True, options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with VideoFile(path) as source:
        times = [frame.time_s for frame in source]
    assert times[-1] == pytest.approx(79 / 20, abs=1e-3)
    assert (np.diff(times) > 0).all()
    assert source.truncated is None


def test_only_sound(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        sound.sample_rate = 44100
        for packet in (*stream.encode(sound), *stream.encode()):
            container.mux(packet)
    with pytest.raises(SourceError, match=r"song\.m4a has no pictures"):
        VideoFile(path)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.mp4", b"", "is empty"),
        ("notes.txt", b"squat 3x10\n" * 50, "not a video"),
        ("renamed.mp4", b"squat 3x10\n" * 50, "cannot be opened as a video"),
    ],
)
def test_files_that_are_no_video(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=sentence) as caught:
        VideoFile(path)
    assert str(path) in str(caught.value)


def test_a_still_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    picture = av.VideoFrame.from_ndarray(np.zeros((20, 20, 3), np.uint8), format="rgb24")
    picture.to_image().save(path)
    with pytest.raises(SourceError, match="still picture"):
        VideoFile(path)


def test_unknown_codec(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="codec"):
        VideoFile(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        VideoFile(tmp_path / "nothing.mp4")
    with pytest.raises(SourceError, match="is a folder"):
        VideoFile(str(tmp_path))


def test_reading_twice_is_refused(tmp_path: Path) -> None:
    with VideoFile(make_clip(tmp_path / "clip.mp4", count=2)) as source:
        assert len(list(source)) == 2
        with pytest.raises(SourceError, match="read already"):
            list(source)


class FakeCapture:
    """Stands for cv2.VideoCapture: three pictures, a slow clock, then silence."""

    def __init__(self, opened: bool = True, pictures: int = 3) -> None:
        self.opened, self.left, self.released = opened, pictures, False

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, key: int, value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self) -> tuple[bool, np.ndarray]:
        image = np.zeros((48, 64, 3), np.uint8)
        image[..., 0] = 255  # OpenCV's blue
        return True, image

    def release(self) -> None:
        self.released = True


def test_webcam_gives_capture_times_and_rgb(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    capture = FakeCapture()
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: capture)
    monkeypatch.setattr(webcam, "_SILENT_S", 0.1)
    with Webcam(0) as source:
        pictures = iter(source)
        read = [next(pictures) for _ in range(3)]
        with pytest.raises(SourceError, match="Camera 0 has given no picture"):
            next(pictures)
    assert capture.released
    assert (source.width, source.height, source.fps) == (64, 48, None)
    assert len(read) == 3
    assert read[0].time_s == 0.0
    assert (np.diff([frame.time_s for frame in read]) > 0).all()
    assert tuple(read[0].image_rgb[0, 0]) == (0, 0, 255)


def test_webcam_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.setattr(cv2, "VideoCapture", lambda index: FakeCapture(opened=False))
    with pytest.raises(SourceError, match="Camera 3 cannot be opened"):
        Webcam(3)


# ------------------------------------------------- what a file says of itself


@pytest.mark.parametrize("ending", ["mkv", "mp4", "ts"])
def test_a_clock_that_does_not_begin_at_zero_is_not_a_file_cut_off(
    tmp_path: Path, ending: str
) -> None:
    times = [3_600_000 + 50 * i for i in range(60)]
    with VideoFile(make_clip(tmp_path / f"late.{ending}", count=60, times_ms=times)) as source:
        seen = [frame.time_s for frame in source]
        assert seen[0] == 0 and seen[-1] == pytest.approx(2.95, abs=0.01)
        assert source.truncated is None
        assert source.duration_s == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("correction", "corner", "size"),
    [
        (Correction(rotate=90), "top right", (64, 96)),
        (Correction(rotate=180), "bottom right", (96, 64)),
        (Correction(rotate=270), "bottom left", (64, 96)),
        (Correction(mirrored=True), "top right", (96, 64)),
        (Correction(rotate=90, mirrored=True), "top left", (64, 96)),
    ],
)
def test_pictures_are_put_right_as_asked(
    tmp_path: Path, correction: Correction, corner: str, size: tuple[int, int]
) -> None:
    with VideoFile(make_clip(tmp_path / "a.mp4", count=2), correction=correction) as source:
        assert (source.width, source.height) == size
        frame = next(iter(source))
        assert frame.image_rgb.shape[:2] == size[::-1] and frame.image_rgb.flags.c_contiguous
        assert red_corner(frame.image_rgb) == corner


def test_slow_motion_is_told_in_real_seconds_when_asked(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "slow.mov",
        fps=20,
        metadata={"com.android.capture.fps": "80.0"},
        options={"movflags": "use_metadata_tags"},
    )
    with VideoFile(clip) as source:
        (told,) = source.warnings
        assert "slow motion" in told and "--speed 0.25" in told
    with VideoFile(clip, correction=Correction(speed=0.25)) as source:
        assert source.fps == 80 and source.duration_s == pytest.approx(0.25)
        assert [f.time_s for f in source] == pytest.approx([i / 80 for i in range(20)])
        assert source.warnings == []


@pytest.mark.parametrize(
    ("metadata", "when"),
    [
        ({"creation_time": "2025-03-01T17:30:00Z"}, datetime(2025, 3, 1, 17, 30, tzinfo=UTC)),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"creation_time": "2925-03-01T00:00:00Z"}, None),
        ({}, None),
    ],
)
def test_when_it_was_recorded_is_what_the_camera_wrote(
    tmp_path: Path, metadata: dict[str, str], when: datetime | None
) -> None:
    clip = make_clip(tmp_path / "a.mp4", count=2, metadata=metadata)
    assert recorded_at(clip) == when
    with VideoFile(clip) as source:
        assert source.recorded == when


def test_the_phones_own_entry_comes_first(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "a.mov",
        count=2,
        metadata={
            "creation_time": "2025-03-05T09:00:00Z",
            "com.apple.quicktime.creationdate": "2025-03-01T18:30:00+0100",
        },
        options={"movflags": "use_metadata_tags"},
    )
    assert recorded_at(clip) == datetime(2025, 3, 1, 17, 30, tzinfo=UTC)
    assert recorded_at(tmp_path / "nothing.mp4") is None


def test_pictures_larger_than_any_camera_are_not_decoded(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.zeros((9000, 9000), np.uint8))[1].tobytes()
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p"
        packet = av.Packet(jpeg)
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, Fraction(1, 25)
        container.mux(packet)
    with pytest.raises(SourceError, match="81 million pixels"):
        VideoFile(tmp_path / "a.mkv")


def test_what_never_ends_is_not_opened(tmp_path: Path) -> None:
    for name, opened in (("a.mp4", VideoFile), ("a.npz", PoseFile)):
        (tmp_path / name).symlink_to("/dev/zero")
        with pytest.raises((SourceError, PoseFileError), match="pipe or a device"):
            opened(tmp_path / name)
