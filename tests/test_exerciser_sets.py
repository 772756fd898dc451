"""Sets: timing of the truth, determinism, walking in; and the camera."""

from __future__ import annotations

import json

import numpy as np
import pytest

from exerciser import truth
from exerciser.body import load_body
from exerciser.camera import Camera, default_camera
from exerciser.figure import min_jerk
from exerciser.movements import MOVEMENTS, make_pose
from exerciser.sets import RepSpec, SetSpec, build, generate
from formcheck.engine.pose import Landmark

L = Landmark

FINE = np.linspace(0, 1, 200001)
T10, T90 = (float(np.interp(v, min_jerk(FINE), FINE)) for v in (0.1, 0.9))


def _quiet(exercise: str, *reps: RepSpec) -> SetSpec:
    return SetSpec(exercise, "m_average", side="left", reps=reps, sway=0.0, variation=0.0)


#: Repetitions of these have a way out, a turn and a way back; stands on one leg do not.
WITH_TURN = [name for name, movement in MOVEMENTS.items() if not movement.away]


@pytest.mark.parametrize(
    ("exercise", "fps"), [*((name, 15.0) for name in WITH_TURN), ("squat", 30.0)]
)
def test_truth_timing_is_the_closed_form(exercise: str, fps: float) -> None:
    rep = RepSpec(out_s=2.4, hold_s=3.0, back_s=3.2)
    made = build(_quiet(exercise, rep, rep), fps)
    plan = made.plan[1]
    found = truth.reps(made)[1]
    assert found["kind"] == "rep"
    assert found["start_s"] == pytest.approx(plan.start_s + T10 * 2.4, abs=0.02)
    assert found["end_s"] == pytest.approx(plan.end_s - T10 * 3.2, abs=0.02)
    way_out, way_back = (1.25 * (T90 - T10) * s for s in (2.4, 3.2))
    up, down = (
        (way_back, way_out) if MOVEMENTS[exercise].concentric == "inbound" else (way_out, way_back)
    )
    assert found["concentric_s"] == pytest.approx(up, abs=0.03)
    assert found["eccentric_s"] == pytest.approx(down, abs=0.03)
    # within 10% of the top and slower than 10% of the way per second: the end of the
    # way out and the beginning of the way back belong to the hold
    ends = []
    for s in (2.4, 3.2):
        tau = FINE[FINE > 0.5]
        slow = (min_jerk(tau) >= 0.9) & (30 * tau**2 * (1 - tau) ** 2 / s < 0.1)
        ends.append((1 - tau[slow][0]) * s)
    assert found["hold_s"] == pytest.approx(3.0 + sum(ends), abs=2.5 / fps)
    middle = plan.start_s + 2.4 - ends[0] + 0.5 * (3.0 + sum(ends))
    assert found["top_s"] == pytest.approx(middle, abs=1.5 / fps)


@pytest.mark.parametrize("exercise", WITH_TURN)
def test_kinds_of_repetition(exercise: str) -> None:
    amplitudes = (1.0, 0.6, 0.4, 0.25, 0.12)
    made = build(_quiet(exercise, *(RepSpec(amplitude=a) for a in amplitudes)), 15.0)
    found = truth.reps(made)
    assert [r["kind"] for r in found] == ["rep", "rep", "partial", "partial"]
    assert [r["share_of_full"] for r in found] == pytest.approx(amplitudes[:4], abs=0.03)


def test_sets_are_deterministic_and_vary_with_the_seed() -> None:
    one, same, other = (build(SetSpec("squat", "f_slim", seed=s)).landmarks_m for s in (4, 4, 5))
    assert np.array_equal(one, same)
    assert len(one) != len(other) or not np.allclose(one, other)


def test_noise_does_not_depend_on_the_frame_rate() -> None:
    slow = build(SetSpec("glute_bridge", "f_slim", seed=1), 10.0)
    fast = build(SetSpec("glute_bridge", "f_slim", seed=1), 30.0)
    assert np.allclose(slow.landmarks_m, fast.landmarks_m[::3][: len(slow)], atol=1e-9)


@pytest.mark.parametrize("exercise", WITH_TURN)
def test_ordinary_sets_are_counted_and_clean(exercise: str) -> None:
    spec = SetSpec(exercise, "f_heavy", side="left", reps=(RepSpec(hold_s=2),) * 4, seed=7)
    found = truth.reps(build(spec))
    assert [r["kind"] for r in found] == ["rep"] * 4
    assert all(r["faults"] == [] for r in found)
    assert all(1.8 < r["hold_s"] < 3.2 for r in found)


@pytest.mark.parametrize("exercise", ["squat", "glute_bridge", "clamshell"])
def test_walking_in_is_smooth_and_ends_in_place(exercise: str) -> None:
    spec = SetSpec(exercise, "m_heavy", side="right", reps=(RepSpec(),), start_from="walk_in")
    made = build(spec)
    speed = np.linalg.norm(np.diff(made.landmarks_m, axis=0), axis=2) * made.fps
    assert speed.max() < 3.5
    first = int(np.argmax(made.in_place))
    assert first > 60
    assert speed[first - 2 : first + 2].max() < 0.15
    assert made.landmarks_m[0, L.NOSE, 2] > 1.4
    assert made.frame(first - 30).vertices[:, 2].min() > -1e-6


def test_frames_give_what_is_promised() -> None:
    spec = SetSpec("clamshell", "f_slim", side="right", reps=(RepSpec(),))
    frame = next(iter(generate(spec, 20.0)))
    body = load_body("f_slim")
    assert frame.time_s == 0.0
    assert frame.vertices.shape == body.rest_vertices.shape
    assert frame.vertices.dtype == np.float32
    assert frame.vertices[:, 2].min() >= 0
    assert frame.landmarks_m.shape == (33, 3)
    assert abs(frame.metrics["opening_deg"]) < 2


def test_truth_is_json() -> None:
    spec = SetSpec("squat", "f_slim", reps=(RepSpec(faults={"knee_valgus": 5}),))
    camera = default_camera("squat", "side", "f_slim")
    record = json.loads(json.dumps(truth.truth(build(spec, 10.0), camera)))
    assert record["camera"]["view"] == "side"
    assert len(record["frames"][0]["landmarks_px"]) == 33
    assert [f["assessable"] for f in record["reps"][0]["faults"]] == [False, False]
    assert "frames" not in truth.truth(build(spec, 10.0), camera, frames=False)


# ------------------------------------------------------------------------- camera
def test_project_agrees_with_the_matrices() -> None:
    camera = Camera(37, 21, 2.6, 50, 640, 480, (0.1, -0.2, 0.7), 8)
    points = np.random.default_rng(0).uniform(-0.8, 0.8, (20, 3)) + np.array([0, 0, 0.8])
    px, depth = camera.project(points)
    clip = np.c_[points, np.ones(20)] @ (camera.projection_matrix() @ camera.view_matrix).T
    ndc = clip[:, :3] / clip[:, 3:]
    assert np.allclose(px[:, 0], (ndc[:, 0] + 1) * 320)
    assert np.allclose(px[:, 1], (1 - ndc[:, 1]) * 240)
    assert np.allclose(depth, clip[:, 3])
    assert np.allclose(camera.project(np.array(camera.target))[0], (320, 240))
    assert camera.project(np.array(camera.target))[1] == pytest.approx(2.6)


def test_azimuth_and_elevation() -> None:
    assert np.allclose(Camera(0, 0, 2, target=(0, 0, 1)).position, (0, 2, 1))
    assert np.allclose(Camera(90, 0, 2, target=(0, 0, 1)).position, (-2, 0, 1))
    assert Camera(0, 30, 2, target=(0, 0, 1)).position[2] == pytest.approx(2)
    # seen from the front the person's right is on the left of the picture
    px, _ = Camera(0, 0, 3).project(np.array([[0.5, 0, 0.9], [-0.5, 0, 0.9], [0, 0, 1.5]]))
    assert px[0, 0] < px[1, 0]
    assert px[2, 1] < px[0, 1]


@pytest.mark.parametrize("exercise", list(MOVEMENTS))
@pytest.mark.parametrize("side", ["left", "right"])
def test_default_cameras_show_the_whole_body(exercise: str, side: str) -> None:
    body = load_body("m_slim")
    pose = make_pose(body, exercise, np.array([0.0, 1.0]), side)
    skin = np.concatenate([body.skin(pose, 0), body.skin(pose, 1)])
    for view in MOVEMENTS[exercise].views:
        camera = default_camera(exercise, view, "m_slim", side)
        px, depth = camera.project(skin)
        size = np.array([camera.width, camera.height])
        assert (px.min(axis=0) > 0.08 * size).all()
        assert (px.max(axis=0) < 0.92 * size).all()
        assert depth.min() > 0.5


@pytest.mark.parametrize(
    ("exercise", "camera", "view"),
    [
        ("squat", Camera(4, 3), "front"),
        ("squat", Camera(-80, 3), "side"),
        ("squat", Camera(40, 3), "other"),
        ("glute_bridge", Camera(95, 8), "side"),
        ("glute_bridge", Camera(20, 8), "other"),
        ("clamshell", Camera(10, 15), "front_lying"),
        ("clamshell", Camera(-10, 30), "front_lying_high"),
        ("side_leg_lift", Camera(180, 15), "other"),
    ],
)
def test_views(exercise: str, camera: Camera, view: str) -> None:
    assert truth.view_of(exercise, camera) == view
    if exercise == "clamshell":
        high = view == "front_lying_high"
        assert truth.assessable(exercise, "pelvic_rotation", camera) is high
        assert truth.assessable(exercise, "feet_apart", camera)
