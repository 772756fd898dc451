"""What every movement must keep to, and how faults and cameras are described."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulate import draw, fresh_sets, tuning_sets
from exerciser import truth
from exerciser.camera import Camera
from exerciser.meshes import ball
from exerciser.movement import FaultSpec, Prop, RepClock
from exerciser.movements import MOVEMENTS
from exerciser.room import make_room
from exerciser.sets import RepPlan, RepSpec, SetSpec, build

DRAWN = [
    (exercise, name)
    for exercise, movement in MOVEMENTS.items()
    for name, (fault, _alias) in movement.fault_names().items()
    if movement.faults[fault].sizes
]


@pytest.mark.parametrize(("exercise", "name"), DRAWN)
def test_the_largest_drawn_size_is_seen_as_the_fault(exercise: str, name: str) -> None:
    movement = MOVEMENTS[exercise]
    fault, _alias = movement.fault_names()[name]
    sizes = movement.faults[fault].sizes
    assert sizes is not None
    rep = RepSpec(hold_s=max(0.5, movement.faults[fault].min_hold_s), faults={name: sizes[1]})
    spec = SetSpec(exercise, "m_average", movement.some_side(), (rep,), sway=0, variation=0)
    (found,) = truth.reps(build(spec, 20))
    mine = [f for f in found["faults"] if f["id"] == fault and f["requested"]]
    assert mine
    assert all(f["requested"] == sizes[1] for f in mine)
    assert any(f["severity"] != "none" for f in mine)


@pytest.mark.parametrize("exercise", list(MOVEMENTS))
def test_movement_is_whole(exercise: str) -> None:
    movement = MOVEMENTS[exercise]
    body = build(SetSpec(exercise, "f_slim", movement.some_side(), (RepSpec(),)), 10)
    assert movement.primary in body.metrics
    assert movement.from_rest <= set(body.metrics)
    assert all(len(v) == len(body) for v in body.metrics.values())
    signals = movement.signals(body)
    plain = {name.split(".")[0] for name in signals}
    assert plain == set(movement.compared_in)
    assert movement.signals_from_rest <= plain
    views = {c.view for c in movement.cameras}
    assert set(movement.told) <= views
    assert {v for shown in movement.compared_in.values() for v in shown} <= views
    judged = {v.name for v in movement.judging} or views
    assert {v for f in movement.faults.values() for v in f.views} <= judged
    assert sum(c.weight for c in movement.cameras) > 0
    assert movement.views


def test_views_have_one_name_from_everywhere() -> None:
    for azimuth, elevation, squat, lying in (
        (0, 0, "front", "low"), (-25, 25, "front", "high"), (40, 5, "oblique", "turned"),
        (-90, 5, "side", "turned"), (180, 5, "back", "back"), (335, 30, "front", "high"),
    ):  # fmt: skip
        assert MOVEMENTS["squat"].view_of(azimuth, elevation) == squat
        assert MOVEMENTS["clamshell"].view_of(azimuth, elevation) == lying
    assert MOVEMENTS["glute_bridge"].view_of(-76, 5) == "side"
    assert MOVEMENTS["glute_bridge"].view_of(72, 5) == "oblique"
    assert MOVEMENTS["squat"].judged_view(15, 5) == "other"


def test_drawn_sets_are_the_same_every_time() -> None:
    for exercise in MOVEMENTS:
        assert draw(3, exercise, ("f_slim",)) == draw(3, exercise, ("f_slim",))
    assert {s.exercise for s in fresh_sets(1)} == set(MOVEMENTS)
    assert {s.group for s in fresh_sets(2)} == {"reporting"}
    assert {s.group for s in tuning_sets("squat", 6)} == {"tuning"}
    assert tuning_sets("squat", 6)[:3] == tuning_sets("squat", 3)


def test_a_fault_may_act_in_a_part_of_the_repetition() -> None:
    plan = RepPlan(1.0, 2.0, 1.0, 2.0, 1.0, {})
    clock = RepClock(np.linspace(0, 8, 801), plan)
    parts = {"out": (1, 3), "hold": (3, 4), "back": (4, 6)}
    for part, (begin, end) in parts.items():
        share = clock.share(part)  # type: ignore[arg-type]
        inside = (clock.time_s > begin) & (clock.time_s < end)
        assert share[~inside].max() == 0
        assert share.max() == pytest.approx(1)
        assert np.abs(np.diff(share)).max() < 0.1
    spec = FaultSpec("deg", ("side",), lambda rep: [], 1, 2, (("lean", -2.0),), acts="hold")
    params = {"lean": np.zeros(801)}
    spec.put_in(params, clock, 5.0)
    assert params["lean"].min() == pytest.approx(-10)


def test_reclined_starts_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    reclined = replace(MOVEMENTS["glute_bridge"], posture="reclined")
    monkeypatch.setitem(MOVEMENTS, "glute_bridge", reclined)
    with pytest.raises(ValueError, match="walk in"):
        build(SetSpec("glute_bridge", "f_slim", start_from="walk_in"))


def test_a_standing_exercise_may_have_a_working_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOVEMENTS, "squat", replace(MOVEMENTS["squat"], unilateral=True))
    with pytest.raises(ValueError, match="side"):
        build(SetSpec("squat", "f_slim"))
    (rep,) = truth.reps(build(SetSpec("squat", "f_slim", "right", (RepSpec(),)), 15))
    assert rep["side"] == "right"
    assert truth.view_of("squat", Camera(0, 3)) == "front"


def test_props_stand_in_the_room_and_change_nothing_else() -> None:
    props = (Prop((0, 0, 0.2), (1.0, 0.4, 0.4)), Prop((0, 1, 0.3), (0.6, 0.6, 0.6), "ball"))
    bare, with_props = make_room(3, clutter=0), make_room(3, clutter=0, props=props)
    assert len(with_props.meshes) == len(bare.meshes) + 2
    for a, b in zip(bare.meshes, with_props.meshes, strict=False):
        assert np.array_equal(a.vertices, b.vertices)
        assert np.array_equal(a.colors, b.colors)


def test_a_ball_is_closed_and_faces_outward() -> None:
    mesh = ball((0, 0, 0.3), (0.6, 0.6, 0.6), (200, 30, 30))
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    volume = np.einsum("ij,ij->i", a - [0, 0, 0.3], np.cross(b - a, c - a)).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=0.03)
