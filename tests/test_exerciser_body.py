"""The bodies: stored data, skinning and joints."""

from __future__ import annotations

import numpy as np
import pytest

from exerciser.body import Pose, body_names, load_body
from formcheck.engine.pose import LANDMARK_COUNT, Landmark

L = Landmark


def _rest(name: str) -> Pose:
    body = load_body(name)
    return Pose(np.tile(np.eye(3), (1, len(body.bones), 1, 1)), body.rest_joints[:1].copy())


@pytest.mark.parametrize("name", body_names())
def test_rest_pose_is_the_stored_mesh(name: str) -> None:
    body = load_body(name)
    moved = body.skin(_rest(name))
    assert np.abs(moved - body.rest_vertices).max() < 2e-3  # weights are stored as float16
    assert moved.dtype == np.float32
    assert abs(moved[:, 2].min()) < 2e-3  # stands on the floor
    assert abs(np.ptp(moved[:, 2]) - body.height_m) < 0.06  # shoes and hair add a little
    assert body.faces.max() == len(body.rest_vertices) - 1
    assert body.vertex_colors.shape == body.rest_vertices.shape
    assert body.vertex_colors.dtype == np.uint8


@pytest.mark.parametrize("name", body_names())
def test_landmarks_lie_where_they_should(name: str) -> None:
    body = load_body(name)
    lm = body.landmarks(_rest(name))[0]
    assert lm.shape == (LANDMARK_COUNT, 3)
    assert np.isfinite(lm).all()
    # the person faces +y with the right side at +x
    assert lm[L.NOSE, 1] > lm[L.LEFT_EAR, 1]
    for part in ("EYE", "EAR", "SHOULDER", "ELBOW", "WRIST", "HIP", "KNEE", "ANKLE", "HEEL"):
        assert lm[L[f"RIGHT_{part}"], 0] > 0 > lm[L[f"LEFT_{part}"], 0]
    assert lm[L.MOUTH_RIGHT, 0] > 0 > lm[L.MOUTH_LEFT, 0]
    for side in ("LEFT", "RIGHT"):
        heel, toe, ankle = (lm[L[f"{side}_{p}"]] for p in ("HEEL", "FOOT_INDEX", "ANKLE"))
        assert heel[1] < ankle[1] < toe[1]
        assert heel[2] < 0.03
        assert toe[2] < 0.03
        assert 0.2 < np.linalg.norm(toe - heel) < 0.33
    assert 0.16 < lm[L.RIGHT_HIP, 0] - lm[L.LEFT_HIP, 0] < 0.21
    # thigh and shin together: a bit less than half of the height
    legs = lm[L.LEFT_HIP, 2] - lm[L.LEFT_ANKLE, 2]
    assert 0.38 * body.height_m < legs < 0.52 * body.height_m


def test_contact_vertices_stand_in_for_the_whole_skin() -> None:
    body = load_body("f_heavy")
    pose = _rest("f_heavy")
    rough = body.contact_points(pose)[0]
    assert len(rough) < 0.1 * len(body.rest_vertices)
    assert abs(rough[:, 2].min() - body.skin(pose)[:, 2].min()) < 1e-3


def test_unknown_body() -> None:
    with pytest.raises(ValueError, match="known: f_average"):
        load_body("nobody")
