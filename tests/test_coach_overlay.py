"""What the coach draws is tested by its boxes and pixels, at every stage and size."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_overlay import CALLOUTS, SIZES, Recorder, blank, overlap, person

from formcheck.cli.window_overlay import CoachOverlay
from formcheck.drawing.overlay import LEFT, RIGHT
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame, empty_frame
from formcheck.engine.tempo_guide import GuideState
from formcheck.live.coach.setup_check import CHECKS, Check, SetupState
from formcheck.live.coach.snapshot import Callout, CoachSnapshot, HoldState

HINTS = "space start now   m mute   f mirror   q quit"


def setup(**states: str) -> SetupState:
    texts = {"wrong": "Turn side-on to the camera.", "unknown": "", "ok": ""}
    checks = tuple(
        Check(name, states.get(name, "ok"), texts[states.get(name, "ok")])  # type: ignore[arg-type]
        for name in CHECKS
    )
    wrong = [c.text for c in checks if c.state == "wrong"]
    return SetupState(checks, not wrong, not wrong, 0.0, wrong[0] if wrong else None)


def snapshot(stage: str, **changes: Any) -> CoachSnapshot:
    values: dict[str, Any] = {
        "stage": stage,
        "exercise_id": "single_leg_deadlift",
        "exercise_name": "Single-leg Romanian deadlift",
        "time_s": 1.0,
        "person_seen": True,
        "target": 10,
        "reps": 3,
    }
    return CoachSnapshot(**(values | changes))


FAULTS = tuple(Callout(c.fault_id, "title", c.landmark, c.cue, c.severity) for c in CALLOUTS)
SITUATIONS = {
    "wrong": snapshot("setup", setup=setup(view="wrong", camera="unknown")),
    "nobody": snapshot("setup", setup=setup(**dict.fromkeys(CHECKS, "unknown")), person_seen=False),
    "hold still": snapshot("setup", setup=setup(camera="unknown"), held=0.7),
    "countdown": snapshot("countdown", setup=setup(), countdown=3),
    "set": snapshot(
        "set",
        side="left",
        sides={"left": 3, "right": 0},
        partials=2,
        angle_joints=(L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE),
        angle_deg=87.0,
        phase="hold",
        progress=1.0,
        hold=HoldState(9.0, 3.2, 10.0, True),
        guide=GuideState("hold", 1.0, 6.8, "Hold"),
        callouts=FAULTS,
    ),
    "lost": snapshot("set", person_seen=False),
    "done": snapshot("done", sides={"left": 10, "right": 9}),
}


def pose_of(state: CoachSnapshot, size: tuple[int, int]) -> PoseFrame:
    return person(size) if state.person_seen else empty_frame(0.0, size)


@pytest.mark.parametrize("size", SIZES[:5], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_is_cut_off_and_no_text_covers_another(
    size: tuple[int, int], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Recorder(monkeypatch)
    state = SITUATIONS[name]
    CoachOverlay(hold_target_s=10.0).draw(blank(size), pose_of(state, size), state, hints=HINTS)
    for left, top, right, bottom in seen.boxes + seen.words:
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
    for a, b in itertools.combinations(seen.words, 2):
        # Rows of text touch: their boxes hold the room above and below the letters.
        assert not overlap((a[0], a[1] + 2, a[2], a[3] - 2), b), f"{a} and {b}"


@pytest.mark.parametrize(
    ("name", "least"), [("countdown", 0.2), ("set", 0.12), ("wrong", 0.05), ("done", 0.08)]
)
def test_what_matters_can_be_read_from_three_metres(
    name: str, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 2.3% of the height is just readable there, see test_overlay.
    size = (1280, 720)
    seen = Recorder(monkeypatch)
    state = SITUATIONS[name]
    CoachOverlay().draw(blank(size), pose_of(state, size), state, hints=HINTS)
    assert max(bottom - top for _, top, _, bottom in seen.words) >= least * size[1]


def test_the_checklist_gives_way_to_somebody_who_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    size = (1280, 720)
    standing = person(size, dx=0.1)
    points = standing.landmarks_px.copy()
    points[:, :2] = points[:, [1, 0]] * (1280 / 720, 0.3) + (0, 190)
    lying = replace(standing, landmarks_px=points)
    state = SITUATIONS["hold still"]
    boxes = {}
    for name, pose in (("standing", standing), ("lying", lying)):
        with monkeypatch.context() as patch:
            seen = Recorder(patch)
            CoachOverlay().draw(blank(size), pose, state)
            boxes[name] = min(seen.boxes)
    assert boxes["standing"][2] < 0.45 * size[0] < boxes["lying"][2]
    assert boxes["lying"][3] < 0.45 * size[1] < boxes["standing"][3]


def where(image: np.ndarray, colour: tuple[int, int, int]) -> float:
    """Mean x of the pixels of a colour."""
    return float(np.nonzero((image == colour).all(axis=2))[1].mean())


@pytest.mark.parametrize("name", ["wrong", "set", "done"])
def test_mirrored_the_left_leg_is_on_the_left_and_still_blue(name: str) -> None:
    size = (1280, 720)
    state = replace(SITUATIONS[name], callouts=())
    straight, mirrored = blank(size), blank(size)
    CoachOverlay().draw(straight, person(size), state)
    CoachOverlay(mirrored=True).draw(mirrored, person(size), state)
    assert where(straight, LEFT) > where(straight, RIGHT)  # faces us: left is at our right
    assert where(mirrored, LEFT) < where(mirrored, RIGHT)


def test_the_guide_moves_through_the_bar() -> None:
    size = (1280, 720)
    state = SITUATIONS["set"]
    places = []
    for position in (0.0, 0.5, 1.0):
        image = blank(size)
        guide = GuideState("up", position, 0.0, "Up")
        quiet = replace(state, guide=guide, callouts=(), hold=None)
        CoachOverlay().draw(image, person(size), quiet)
        places.append(where(image, (240, 228, 66)))
    assert places[0] + 100 < places[1] < places[2] - 100


def test_a_tick_a_mark_and_a_ring_differ_without_colour() -> None:
    images = []
    for state in ("ok", "wrong", "unknown"):
        image = blank((640, 480))
        one = replace(setup(light=state), say=None, in_start_position=False)
        CoachOverlay().draw(image, empty_frame(0.0, (640, 480)), snapshot("setup", setup=one))
        images.append(image.astype(int).mean(axis=2)[:, :60])  # the column of signs, in grey
    for a, b in itertools.combinations(images, 2):
        assert (np.abs(a - b) > 60).sum() > 40
