"""The overlay is tested by its boxes and pixels: nothing cut off, nothing covered."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from formcheck.drawing import canvas, labels, overlay, skeleton
from formcheck.drawing.cards import write_note
from formcheck.drawing.overlay import Overlay
from formcheck.engine.events import Callout, Snapshot
from formcheck.engine.pose import LANDMARK_COUNT, PoseFrame, empty_frame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import View

SIZES = [(640, 360), (1280, 720), (432, 768), (640, 480), (320, 240), (240, 320), (800, 800)]
LONG = "Push your knees out over your toes."
CALLOUTS = (
    Callout("a", "marked", LONG, L.LEFT_KNEE, 0.15, "shank"),
    Callout(
        "b", "mild", "Lift your chest; keep your back parallel with your shins.", 12, 30, "deg"
    ),
    Callout("c", "marked", "Keep your heels heavy on the floor.", L.RIGHT_HEEL, 0.1, "shank"),
)

# A standing person as shares of a 1 x 1 picture.
BODY = {
    L.NOSE: (0.50, 0.14),
    L.LEFT_SHOULDER: (0.56, 0.27),
    L.RIGHT_SHOULDER: (0.44, 0.27),
    L.LEFT_ELBOW: (0.60, 0.39),
    L.RIGHT_ELBOW: (0.40, 0.39),
    L.LEFT_WRIST: (0.60, 0.50),
    L.RIGHT_WRIST: (0.40, 0.50),
    L.LEFT_HIP: (0.54, 0.54),
    L.RIGHT_HIP: (0.46, 0.54),
    L.LEFT_KNEE: (0.57, 0.73),
    L.RIGHT_KNEE: (0.43, 0.73),
    L.LEFT_ANKLE: (0.55, 0.92),
    L.RIGHT_ANKLE: (0.45, 0.92),
    L.LEFT_HEEL: (0.55, 0.95),
    L.RIGHT_HEEL: (0.45, 0.95),
    L.LEFT_FOOT_INDEX: (0.58, 0.96),
    L.RIGHT_FOOT_INDEX: (0.42, 0.96),
}


def person(size: tuple[int, int], dx: float = 0.0) -> PoseFrame:
    points = np.full((LANDMARK_COUNT, 3), np.nan)
    aspect = min(1.0, size[1] / size[0])
    for joint, (x, y) in BODY.items():
        points[joint] = ((0.5 + (x - 0.5) * aspect + dx) * size[0], y * size[1], 0.0)
    return PoseFrame(0.0, points, np.ones(LANDMARK_COUNT), size)


def snapshot(**changes: Any) -> Snapshot:
    values: dict[str, Any] = {
        "time_s": 1.0,
        "phase": "outbound",
        "reps": 3,
        "partials": 1,
        "primary_deg": 9.0,
        "primary_landmarks": (L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE),
        "progress": 0.5,
        "hold_s": 0.0,
        "hold_clean_s": 0.0,
        "hold_paused": False,
        "callouts": (),
        "view": View("standing", 0.0, "camera"),
        "person_seen": True,
    }
    return Snapshot(**(values | changes))


def blank(size: tuple[int, int], level: int = 90) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


class Recorder:
    """Keeps every box and word that is put on a canvas."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes: list[tuple[int, int, int, int]] = []
        self.words: list[tuple[int, int, int, int]] = []
        panel, text = canvas.Canvas.panel, canvas.Canvas.text

        def keep_panel(canvas: Any, box: Any, *args: Any, **kwargs: Any) -> None:
            self.boxes.append(box)
            panel(canvas, box, *args, **kwargs)

        def keep_text(canvas: Any, word: Any, left: float, top: float, colour: Any) -> None:
            x, y = round(left), round(top)
            self.words.append((x, y, x + word.width, y + word.height))
            text(canvas, word, left, top, colour)

        monkeypatch.setattr(canvas.Canvas, "panel", keep_panel)
        monkeypatch.setattr(canvas.Canvas, "text", keep_text)


def overlap(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


SITUATIONS = {
    "rest": snapshot(phase="rest", progress=0.0, partials=0, reps=0),
    "hold": snapshot(phase="hold", hold_s=12.4, hold_clean_s=12.4, reps=12, partials=3),
    "paused": snapshot(
        phase="hold", hold_s=9.0, hold_clean_s=3.2, hold_paused=True, callouts=CALLOUTS
    ),
    "long": snapshot(phase="hold", hold_s=599.0, hold_clean_s=599.0, reps=104, partials=12),
    "faults": snapshot(callouts=CALLOUTS),
    "lost": snapshot(person_seen=False, primary_deg=None, phase="hold", hold_s=1, hold_clean_s=1),
}


@pytest.mark.parametrize("size", [*SIZES, (3840, 2160)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_overlaps_and_nothing_is_cut_off(
    size: tuple[int, int], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Recorder(monkeypatch)
    state = SITUATIONS[name]
    pose = person(size) if state.person_seen else empty_frame(0.0, size)
    Overlay("Single-leg Romanian deadlift, banded").draw(blank(size), pose, state)
    for left, top, right, bottom in seen.boxes + seen.words:
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
    for a, b in itertools.combinations(seen.boxes, 2):
        assert not overlap(a, b), f"{a} and {b}"
    for word in seen.words:
        inside = [b for b in seen.boxes if b[0] <= word[0] and word[2] <= b[2]]
        assert any(b[1] - 2 <= word[1] and word[3] <= b[3] + 2 for b in inside), word
    if name != "faults":
        return
    # The cues are what this is for: all three have found their place (on the
    # narrowest picture the mild one may give way).
    assert len(seen.boxes) >= 1 + 1 + (2 if size[0] < 300 else 3)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_count_can_be_read_from_three_metres(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A letter is read at 5 minutes of arc: 4.4 mm from 3 m. On a laptop's 190 mm high
    # picture that is 2.3% of the height; the count is to be far above it.
    seen = Recorder(monkeypatch)
    Overlay("Squat").draw(blank(size), person(size), snapshot())
    tallest = max(bottom - top for _, top, _, bottom in seen.words)
    assert tallest >= 0.13 * min(size)
    assert min(bottom - top for _, top, _, bottom in seen.words) >= 0.035 * min(size)


def test_a_marked_and_a_mild_fault_differ_without_colour() -> None:
    size = (640, 360)
    pictures = []
    for severity in ("marked", "mild"):
        image = blank(size)
        callout = Callout("a", severity, "Knees out", L.LEFT_KNEE, 9, "deg")  # type: ignore[arg-type]
        Overlay("Squat").draw(image, person(size), snapshot(callouts=(callout,)))
        pictures.append(image)
    knee = person(size).landmarks_px[L.LEFT_KNEE]
    x, y = int(knee[0]), int(knee[1])
    ring = [int(p[y - 9 : y + 10, x - 9 : x + 10].mean(axis=2).std()) for p in pictures]
    assert abs(ring[0] - ring[1]) > 5


def test_left_and_right_have_their_own_colours_and_mirroring_keeps_them() -> None:
    size = (640, 360)
    pose = person(size)
    plain, flipped = blank(size), blank(size)
    Overlay("Squat").draw(plain, pose, snapshot(primary_deg=None))
    Overlay("Squat", mirrored=True).draw(flipped, pose, snapshot(primary_deg=None))

    def at(image: np.ndarray, joint: L, mirrored: bool = False) -> tuple[int, ...]:
        x, y = pose.landmarks_px[joint][:2]
        return tuple(int(v) for v in image[round(y), round(size[0] - 1 - x if mirrored else x)])

    assert at(plain, L.LEFT_ANKLE) == skeleton.LEFT
    assert at(plain, L.RIGHT_ANKLE) == skeleton.RIGHT
    assert at(flipped, L.LEFT_ANKLE, mirrored=True) == skeleton.LEFT
    assert at(flipped, L.RIGHT_ANKLE, mirrored=True) == skeleton.RIGHT


def test_one_cue_for_both_sides_is_one_label(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Recorder(monkeypatch)
    both = tuple(
        Callout("a", "mild", LONG, joint, 0.1, "shank") for joint in (L.LEFT_KNEE, L.RIGHT_KNEE)
    )
    state = snapshot(callouts=both, primary_deg=None)
    Overlay("Squat").draw(blank((640, 360)), person((640, 360)), state)
    assert len(seen.boxes) == 2  # the counts and the one label


@pytest.mark.parametrize("size", [(640, 360), (432, 768), (640, 480)])
def test_a_label_is_read_above_the_controls_of_a_paused_player(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Recorder(monkeypatch)
    low = snapshot(callouts=CALLOUTS[2:], primary_deg=None)
    Overlay("Squat").draw(blank(size), person(size), low)
    (label,) = (box for box in seen.boxes[1:])
    assert label[3] <= 0.84 * size[1]


def test_a_label_stays_where_it_is_while_the_person_sways() -> None:
    size = (640, 360)
    artist = Overlay("Squat")
    places = []
    for step in range(40):
        pose = person(size, dx=0.01 * np.sin(step / 3))
        artist.draw(blank(size), pose, snapshot(time_s=step / 30, callouts=CALLOUTS[:1]))
        places.append(artist._labels._places["a"])
    assert len(set(places)) == 1


def test_counts_leave_the_corner_where_the_person_is() -> None:
    size = (640, 360)
    artist = Overlay("Squat")
    artist.draw(blank(size), person(size, dx=-0.33), snapshot())
    assert artist._card_right
    # A moment on the other side is no reason to jump.
    artist.draw(blank(size), person(size, dx=0.33), snapshot(time_s=1.1))
    assert artist._card_right
    for step in range(60):
        artist.draw(blank(size), person(size, dx=0.33), snapshot(time_s=1.2 + step / 30))
    assert not artist._card_right


def test_the_arc_is_drawn_only_when_it_shows_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[bool] = []
    monkeypatch.setattr(overlay, "_arc", lambda *_: drawn.append(True))
    size = (640, 360)
    hip, knee, ankle = (person(size).landmarks_px[j, :2] for j in (L.LEFT_HIP, 25, 27))
    a, b = hip - knee, ankle - knee
    bend = 180 - np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    Overlay("Squat").draw(blank(size), person(size), snapshot(primary_deg=bend))
    assert drawn == [True]
    Overlay("Squat").draw(blank(size), person(size), snapshot(primary_deg=bend + 60))
    assert drawn == [True]


@pytest.mark.parametrize("missing", ["all", "some", "far out"])
def test_missing_and_absurd_landmarks_are_no_trouble(missing: str) -> None:
    size = (320, 240)
    pose = person(size)
    if missing == "all":
        pose = empty_frame(0.0, size)
    elif missing == "some":
        pose.landmarks_px[[L.LEFT_KNEE, L.RIGHT_SHOULDER, L.NOSE]] = np.nan
    else:
        pose.landmarks_px[L.LEFT_KNEE] = 1e12
    image = blank(size)
    Overlay("Squat").draw(image, pose, snapshot(callouts=CALLOUTS))
    assert (image != 90).any()


def test_the_pose_may_come_from_a_larger_picture() -> None:
    small, large = blank((320, 180)), blank((320, 180))
    Overlay("Squat").draw(small, person((320, 180)), snapshot())
    Overlay("Squat").draw(large, person((1280, 720)), snapshot())
    assert np.abs(small.astype(int) - large.astype(int)).mean() < 1.0


def test_without_matplotlib_there_is_still_a_font(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = (canvas._font, canvas.tight_text, canvas.text_line, canvas.wrapped_lines)
    for cached in (*texts, labels._label):
        cached.cache_clear()
    monkeypatch.setattr(canvas.importlib.util, "find_spec", lambda _: None)
    image = blank((320, 240))
    Overlay("Squat").draw(image, person((320, 240)), snapshot(callouts=CALLOUTS))
    assert (image != 90).any()
    for cached in (*texts, labels._label):
        cached.cache_clear()


def test_other_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="RGB"):
        Overlay("Squat").draw(np.zeros((10, 10), np.uint8), person((10, 10)), snapshot())


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("text", ["3", "Turn side-on to the camera, or what you do is not judged."])
def test_a_note_is_in_the_picture_and_on_its_panel(
    size: tuple[int, int], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = Recorder(monkeypatch)
    write_note(blank(size), text, "space start now · m mute · f mirror · q quit")
    below, above = drawn.boxes
    assert not overlap(below, above)
    for word in drawn.words:
        panel = next(box for box in drawn.boxes if overlap(word, box))
        assert panel[0] <= word[0] and word[2] <= panel[2]
        assert panel[1] <= word[1] and word[3] <= panel[3]
    for box in drawn.boxes:
        assert box[0] >= 0 and box[2] <= size[0] and box[1] >= 0 and box[3] <= size[1]
