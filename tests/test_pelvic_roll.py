import math
from pathlib import Path

import numpy as np
import pytest

from exerciser.body import load_body
from exerciser.camera import Camera, default_camera, frame_points
from exerciser.movements import make_pose
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine import pelvic_roll
from formcheck.engine.events import FaultOn
from formcheck.engine.pelvic_roll import SideLyingModel, features
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame
from formcheck.engine.session import SetSession


@pytest.fixture(scope="module")
def model():
    return SideLyingModel.load()


def seen(exercise, side, **params):
    """Exact landmarks (33, 2) at rest and at the top of a repetition."""
    body = load_body("m_average")
    pose = make_pose(body, exercise, np.array([0.0, 1.0]), side, **params)
    camera = default_camera(exercise, "front_lying_high", "m_average", side)
    rest, top = camera.project(body.landmarks(pose))[0]
    return rest, top


POSTURE = {"left": "side_lying_right", "right": "side_lying_left"}


@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
def test_features_do_not_depend_on_place_size_side_or_a_tilted_camera(exercise):
    rest, top = seen(exercise, "left")
    x = features(rest, top, "side_lying_right", exercise)
    assert x.shape == (54,)
    moved = features(3 * rest + 40, 3 * top + 40, "side_lying_right", exercise)
    np.testing.assert_allclose(x, moved, atol=1e-9)
    c, s = math.cos(0.1), math.sin(0.1)
    turn = np.array([[c, s], [-s, c]])
    turned = features(rest @ turn, top @ turn, "side_lying_right", exercise)
    np.testing.assert_allclose(x[:52], turned[:52], atol=1e-9)
    assert abs(abs(x[52] - turned[52]) - 0.1) < 1e-9
    flip = np.array([-1.0, 1.0])
    swapped = pelvic_roll._SWAPPED
    mirrored = features(rest[swapped] * flip, top[swapped] * flip, "side_lying_left", exercise)
    np.testing.assert_allclose(x, mirrored, atol=1e-9)


@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_roll_reads_as_more_roll(model, exercise, side):
    flat = model.estimate(*seen(exercise, side), POSTURE[side], exercise)
    rolled = model.estimate(*seen(exercise, side, pelvic_roll_deg=30.0), POSTURE[side], exercise)
    assert flat.known and rolled.known
    # Exact joints are not what the model was fitted to, so this is about the sign.
    assert rolled.roll_deg > flat.roll_deg + 12
    assert rolled.roll_sigma_deg > 0
    assert flat.primary_deg > 15


def test_at_rest_nothing_has_changed(model):
    rest, _ = seen("clamshell", "left")
    now = model.estimate(rest, rest, "side_lying_right", "clamshell")
    assert abs(now.roll_deg) < 6
    assert abs(now.primary_deg) < 6
    assert 15 < now.elevation_deg < 50


def test_a_missing_landmark_is_not_guessed(model):
    rest, top = seen("clamshell", "left")
    top[L.RIGHT_HIP] = np.nan
    assert not model.estimate(rest, top, "side_lying_right", "clamshell").known


def test_a_picture_unlike_the_training_films_is_refused(model):
    rest, top = seen("clamshell", "left")
    top[[L.LEFT_HIP, L.RIGHT_HIP]] -= 0.8 * abs(rest[L.LEFT_HIP] - rest[L.LEFT_SHOULDER]).max()
    assert not model.estimate(rest, top, "side_lying_right", "clamshell").known


def test_only_side_lying_postures():
    rest, top = seen("clamshell", "left")
    with pytest.raises(ValueError, match="supine"):
        features(rest, top, "supine", "clamshell")


def test_the_weights_are_small():
    assert (Path(pelvic_roll.__file__).parent / "fitted" / "side_lying.npz").stat().st_size < 60_000


def watched(exercise, elevation, roll):
    """Report of two reps on exact joints, seen by a camera so far up."""
    spec = SetSpec(
        exercise,
        "m_average",
        side="left",
        reps=(RepSpec(hold_s=0.8, faults={"pelvic_rotation": roll} if roll else {}),) * 2,
        sway=0.5,
        variation=0.0,
    )
    made = build(spec, 12.0)
    person = load_body(spec.body)
    poses = make_pose(person, exercise, np.array([0.0, 0.5, 1.1]), "left")
    camera = frame_points(Camera(0.0, elevation), person.contact_points(poses), 0.1)
    px, _ = camera.project(made.landmarks_m)
    session = SetSession(exercise)
    events = []
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        frame = PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), (1280, 720))
        events += session.push(frame)
    return session.finish(), events


@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
def test_a_roll_is_a_fault_with_its_uncertainty_under_a_raised_camera(exercise):
    report, events = watched(exercise, 33.0, 30.0)
    assert len(report.reps) == 2
    for rep in report.reps:
        (roll,) = (f for f in rep.faults if f.id == "pelvic_rotation")
        assert roll.value > 10
        assert 1 < roll.uncertainty < 15
        assert rep.hold_clean_s < rep.hold_s
    assert any(isinstance(e, FaultOn) and e.fault_id == "pelvic_rotation" for e in events)
    clean, _ = watched(exercise, 33.0, 0.0)
    assert len(clean.reps) == 2
    assert "pelvic_rotation" not in clean.summary.faults
    assert "pelvic_rotation" not in clean.summary.not_assessed


@pytest.mark.parametrize("exercise", ["clamshell", "side_leg_lift"])
def test_a_low_camera_is_no_pass_and_says_to_raise_it(exercise):
    report, _ = watched(exercise, 6.0, 30.0)
    assert report.reps
    missing = report.summary.not_assessed["pelvic_rotation"]
    assert "camera" in missing.reason
    assert "Raise the camera" in missing.remedy
    assert "pelvic_rotation" not in report.summary.faults
