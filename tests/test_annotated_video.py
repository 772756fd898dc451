"""Annotated videos are read back: times, colours, shape, and what browsers need."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from formcheck.drawing.annotated_video import AnnotatedVideo, VideoWriteError, fit, output_size

UNEVEN = [0.0, 0.033, 0.1, 0.5, 0.5011, 1.2, 7.25]


def picture(size: tuple[int, int], colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def write(path: Path, times: list[float], size: tuple[int, int] = (64, 48)) -> None:
    with AnnotatedVideo(path, size, fps=30) as video:
        for time_s in times:
            video.write(picture(size, (200, 30, 90)), time_s)


def test_times_of_a_varying_frame_rate_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", UNEVEN)
    with av.open(str(tmp_path / "a.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx(UNEVEN, abs=1e-4)


@pytest.mark.parametrize("fps", [1, 24, 30000 / 1001, 240])
def test_constant_rates_do_not_drift(tmp_path: Path, fps: float) -> None:
    times = [i / fps for i in range(50)]
    write(tmp_path / "a.mp4", times)
    with av.open(str(tmp_path / "a.mp4")) as container:
        read = [frame.time for frame in container.decode(video=0)]
    assert read == pytest.approx(times, abs=1e-4)


def test_it_is_what_a_browser_plays(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", UNEVEN)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # faststart
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert context.name == "h264"
        assert context.pix_fmt == "yuv420p"


def test_colours_survive(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", UNEVEN)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(frame[20, 20].astype(int) - (200, 30, 90)).max() <= 6


@pytest.mark.parametrize("size", [(66, 50), (64, 48), (2, 2), (130, 98)])
def test_every_part_of_a_picture_keeps_its_colour(size: tuple[int, int], tmp_path: Path) -> None:
    """Also at sizes at which rows are padded, and where one colour does for four pixels."""
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 256, (size[1] // 2, size[0] // 2, 3), dtype=np.uint8)
    smooth = cv2.resize(cv2.blur(blocks, (9, 9)), size, interpolation=cv2.INTER_NEAREST)
    with AnnotatedVideo(tmp_path / "a.mp4", size) as video:
        video.write(smooth, 0.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.colorspace) == (*size, 1)  # BT.709
        shown = frame.to_ndarray(format="rgb24")
    away = np.abs(shown.astype(int) - smooth)
    assert away.mean() < 4 and np.abs((shown.astype(int) - smooth).mean(axis=(0, 1))).max() < 2.5


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 720), (1280, 720)),
        ((3840, 2160), (1280, 720)),
        ((7680, 4320), (1280, 720)),
        ((1080, 1920), (720, 1280)),
        ((321, 241), (320, 240)),
        ((1, 1), (2, 2)),
        ((5000, 3), (1280, 2)),
    ],
)
def test_sizes(size: tuple[int, int], expected: tuple[int, int], tmp_path: Path) -> None:
    assert output_size(*size) == expected
    with AnnotatedVideo(tmp_path / "a.mp4", expected) as video:
        video.write(fit(picture(size, (0, 120, 0)), expected), 0.0)
    assert (tmp_path / "a.mp4").stat().st_size > 0


def test_fit_returns_a_copy_to_draw_on() -> None:
    original = picture((64, 48), (1, 2, 3))
    fit(original, (64, 48))[:] = 99
    assert (original == (1, 2, 3)).all()


def test_the_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.mp4"
    target.write_bytes(b"before")
    with AnnotatedVideo(target, (64, 48)) as video:
        video.write(picture((64, 48), (0, 0, 0)), 0.0)
        assert target.read_bytes() == b"before"
    assert target.read_bytes() != b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_what_was_written_before_an_error_is_a_valid_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with AnnotatedVideo(tmp_path / "a.mp4", (64, 48)) as video:
            for i in range(10):
                video.write(picture((64, 48), (0, 0, 0)), i / 30)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert len(list(container.decode(video=0))) == 10
    assert len(list(tmp_path.iterdir())) == 1


def test_no_picture_no_file(tmp_path: Path) -> None:
    with AnnotatedVideo(tmp_path / "a.mp4", (64, 48)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VideoWriteError, match="cannot be written"):
        AnnotatedVideo(tmp_path / "no" / "a.mp4", (64, 48))


def test_wrong_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="even"):
        AnnotatedVideo(tmp_path / "a.mp4", (63, 48))
    with (
        AnnotatedVideo(tmp_path / "a.mp4", (64, 48)) as video,
        pytest.raises(ValueError, match="32x48"),
    ):
        video.write(picture((32, 48), (0, 0, 0)), 0.0)


def test_times_that_stand_still_are_moved_on(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [0.0, 0.0, 0.0, 1.0])
    with av.open(str(tmp_path / "a.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[-1] == pytest.approx(1.0, abs=1e-3)
    assert times == sorted(set(times))
