"""Poses: bones keep their length, feet stay, faults have the asked-for size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exerciser import lying, truth
from exerciser.body import Pose, body_names, load_body
from exerciser.movements import MOVEMENTS, make_pose
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.pose import Landmark

L = Landmark

EFFORT = np.linspace(0, 1.05, 8)
BONES = [
    ("SHOULDER", "ELBOW"),
    ("ELBOW", "WRIST"),
    ("HIP", "KNEE"),
    ("KNEE", "ANKLE"),
    ("ANKLE", "HEEL"),
]
HARD: dict[str, dict[str, Any]] = {
    "squat": {
        "valgus_left_cm": 6,
        "valgus_right_cm": -4,
        "trunk_lean_deg": 20,
        "hip_shift_cm": 6,
        "pelvic_drop_deg": 6,
    },
    "glute_bridge": {"extension_deg": 15, "valgus_left_cm": 4, "pelvic_drop_deg": 6},
    "clamshell": {"pelvic_roll_deg": 20, "feet_apart_cm": 8, "opening_deg": 45},
    "side_leg_lift": {
        "pelvic_roll_deg": -20,
        "hip_flexion_deg": 20,
        "knee_bend_deg": 25,
        "bottom_bent": 1,
    },
}


@pytest.mark.parametrize("exercise", list(MOVEMENTS))
@pytest.mark.parametrize(
    ("name", "side", "hard"), [("f_heavy", "left", False), ("m_slim", "right", True)]
)
def test_bones_keep_their_length(exercise: str, name: str, side: str, hard: bool) -> None:
    body = load_body(name)
    rest = {L(i): p for i, p in zip(body.landmark_index, body.landmark_rest, strict=True)}
    pose = make_pose(body, exercise, EFFORT, side, **(HARD.get(exercise, {}) if hard else {}))
    turned = pose.rotations @ np.swapaxes(pose.rotations, -1, -2)
    assert np.abs(turned - np.eye(3)).max() < 1e-9
    assert np.linalg.det(pose.rotations).min() > 0.999
    lm = body.landmarks(pose)
    for a, b in BONES:
        for s in ("LEFT_", "RIGHT_"):
            length = np.linalg.norm(lm[:, L[s + a]] - lm[:, L[s + b]], axis=1)
            expected = np.linalg.norm(rest[L[s + a]] - rest[L[s + b]])
            assert np.abs(length - expected).max() < 1e-6, (a, b, s)


@pytest.mark.parametrize("exercise", ["squat", "glute_bridge"])
@pytest.mark.parametrize("name", body_names())
def test_feet_stay_planted(exercise: str, name: str) -> None:
    body = load_body(name)
    for params in ({}, HARD[exercise]):
        lm = body.landmarks(make_pose(body, exercise, EFFORT, **params))
        for part in ("ANKLE", "HEEL", "FOOT_INDEX"):
            for s in ("LEFT_", "RIGHT_"):
                assert np.ptp(lm[:, L[s + part]], axis=0).max() < 0.01, (part, s)
                if part != "ANKLE":
                    assert lm[:, L[s + part], 2].max() < 0.03


@pytest.mark.parametrize("name", body_names())
def test_bridge_shoulders_and_lying_pivot_stay(name: str) -> None:
    body = load_body(name)
    lm = body.landmarks(make_pose(body, "glute_bridge", EFFORT))
    assert np.ptp(lm[:, L.LEFT_SHOULDER, :2], axis=0).max() < 0.01
    for exercise in ("clamshell", "side_leg_lift"):
        lm = body.landmarks(make_pose(body, exercise, EFFORT, "left", pelvic_roll_deg=20))
        for joint in (L.RIGHT_HIP, L.RIGHT_ANKLE):  # the leg lain upon
            assert np.ptp(lm[:, joint], axis=0).max() < 0.01


@pytest.mark.parametrize("exercise", list(MOVEMENTS))
@pytest.mark.parametrize("name", ["f_heavy", "m_slim", "f_older"])
def test_nobody_floats_or_sinks(exercise: str, name: str) -> None:
    body = load_body(name)
    for side, effort in (("left", 0.0), ("right", 1.0)):
        pose = make_pose(body, exercise, np.array([effort]), side)
        things = MOVEMENTS[exercise].props(body, dict(MOVEMENTS[exercise].defaults), side)
        floors = [0.0, *(p.centre[2] + p.size[2] / 2 for p in things if p.kind == "step")]
        if len(floors) > 1:  # the other foot may hang in the air beside the step
            foot = body.contact_points(pose, f"foot_{side[0]}", f"toes_{side[0]}")
            assert any(abs(foot[:, :, 2].min() - floor) < 0.015 for floor in floors)
            continue
        low = body.skin(pose)[:, 2].min()
        # hip and shoulder of a person lying on the side press SOFT_M into the mat;
        # `Frame.vertices` flattens what is under the floor
        soft = lying.SOFT_M + 0.005 if MOVEMENTS[exercise].posture == "side_lying" else 0.015
        assert -soft < low < 0.01


@pytest.mark.parametrize("exercise", list(MOVEMENTS))
def test_left_and_right_are_mirror_images(exercise: str) -> None:
    body = load_body("f_average")
    left = make_pose(body, exercise, EFFORT, "left", sway_x_m=0.01)
    right = make_pose(body, exercise, EFFORT, "right", sway_x_m=-0.01)
    a, b = body.landmarks(left), body.landmarks(right)
    b = b * [-1, 1, 1]
    swap = [
        L[m.name.replace("LEFT", "?").replace("RIGHT", "LEFT").replace("?", "RIGHT")] for m in L
    ]
    # the stored bodies are symmetric to about a centimetre
    assert np.abs(a - b[:, swap]).max() < 0.03


@pytest.mark.parametrize("name", body_names())
def test_full_effort_is_the_full_movement(name: str) -> None:
    body = load_body(name)

    def at(exercise: str, effort: float, **params: float) -> dict[str, float]:
        pose = make_pose(body, exercise, np.array([effort]), "left", **params)
        found = truth.metrics(body, exercise, pose, body.landmarks(pose), "left")
        return {k: float(v[0]) for k, v in found.items()}

    squat = at("squat", 1.0)
    assert 95 <= squat["knee_flexion_deg"] <= 110
    assert abs(squat["thigh_elevation_deg"]) <= 15
    assert 20 <= squat["trunk_inclination_deg"] <= 45
    assert at("squat", 0.0)["knee_flexion_deg"] < 10
    assert at("glute_bridge", 1.0)["hip_angle_deg"] == pytest.approx(175, abs=0.5)
    assert 120 < at("glute_bridge", 0.0)["hip_angle_deg"] < 145
    opened = at("clamshell", 1.0)["opening_deg"] - at("clamshell", 0.0)["opening_deg"]
    assert opened == pytest.approx(30, abs=0.5)
    assert at("side_leg_lift", 1.0)["abduction_deg"] == pytest.approx(32, abs=0.5)
    bent = at("side_leg_lift", 0.0, bottom_bent=1)
    assert bent["abduction_deg"] == pytest.approx(1, abs=0.5)
    assert bent["bottom_knee_flexion_deg"] > 60


CASES = [
    ("squat", "knee_valgus", 5.0), ("squat", "knee_valgus", -3.0), ("squat", "shallow_depth", 30.0),
    ("squat", "trunk_lean", 20.0), ("squat", "heel_lift", 4.0), ("squat", "hip_shift", -6.0),
    ("glute_bridge", "incomplete_extension", 20.0), ("glute_bridge", "overextension", 15.0),
    ("glute_bridge", "sinking", 12.0), ("clamshell", "pelvic_rotation", 25.0),
    ("clamshell", "pelvic_rotation", -15.0), ("clamshell", "feet_apart", 8.0),
    ("clamshell", "range_too_small", 12.0), ("clamshell", "range_too_large", 25.0),
    ("side_leg_lift", "pelvic_rotation", 25.0), ("side_leg_lift", "hip_flexion", 25.0),
    ("side_leg_lift", "knee_bend", 30.0), ("side_leg_lift", "range_too_small", 12.0),
    ("side_leg_lift", "range_too_large", 20.0),
]  # fmt: skip


@pytest.mark.parametrize(("exercise", "fault", "size"), CASES)
def test_measured_fault_is_the_requested_one(exercise: str, fault: str, size: float) -> None:
    name = "f_older" if size > 10 else "m_average"
    spec = SetSpec(
        exercise, name, side="right", sway=0.0, variation=0.0,
        reps=(RepSpec(hold_s=2.0), RepSpec(hold_s=2.0, faults={fault: size})),
    )  # fmt: skip
    clean, wrong = truth.reps(build(spec, 30))
    assert clean["faults"] == []
    found = [f for f in wrong["faults"] if f["id"] == fault]
    assert found
    for f in found:
        assert f["size"] == pytest.approx(size, abs=0.1 + 0.02 * abs(size))
        assert f["requested"] == size
    assert {f["id"] for f in wrong["faults"]} == {fault}


def test_one_sided_valgus() -> None:
    spec = SetSpec(
        "squat", "f_slim", reps=(RepSpec(faults={"knee_valgus_left": 5}),), sway=0, variation=0
    )
    (rep,) = truth.reps(build(spec))
    assert [(f["id"], f["side"]) for f in rep["faults"]] == [("knee_valgus", "left")]


def test_unknown_names_are_refused() -> None:
    body = load_body("f_slim")
    with pytest.raises(ValueError, match="unknown parameter"):
        make_pose(body, "squat", EFFORT, valgus=3)
    with pytest.raises(ValueError, match="unknown exercise"):
        make_pose(body, "jumping", EFFORT)
    with pytest.raises(ValueError, match="side"):
        make_pose(body, "clamshell", EFFORT, "both")


def test_rounding_bends_the_chest_against_the_pelvis_and_keeps_the_lean() -> None:
    body = load_body("m_average")
    straight, rounded = (
        make_pose(body, "squat", np.array([1.0]), rounding_deg=deg) for deg in (0.0, 40.0)
    )
    turn = rounded.rotations[0, body.bone["pelvis"]].T @ rounded.rotations[0, body.bone["spine01"]]
    bend = np.degrees(np.arccos((np.trace(turn) - 1) / 2))
    assert bend == pytest.approx(40, abs=0.5)

    def lean(pose: Pose) -> float:
        lm = body.landmarks(pose)[0]
        trunk = lm[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(0)
        trunk = trunk - lm[[L.LEFT_HIP, L.RIGHT_HIP]].mean(0)
        return float(np.degrees(np.arctan2(trunk[1], trunk[2])))

    # From shoulder to hip it can hardly be seen, which is why no rule judges it.
    assert lean(rounded) == pytest.approx(lean(straight), abs=6)


def test_a_leg_turned_inward_has_its_knee_as_far_in_as_one_that_is_shifted() -> None:
    for name in ("knee_valgus_left", "knee_swivel_left"):
        spec = SetSpec("squat", "f_average", reps=(RepSpec(faults={name: 5}),), sway=0, variation=0)
        (rep,) = truth.reps(build(spec))
        (size,) = [f["size"] for f in rep["faults"] if f["id"] == "knee_valgus"]
        assert size == pytest.approx(5, abs=0.5)
