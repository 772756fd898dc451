"""Whole circuits in front of the player: what is heard and what is counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from circuits import (
    BRIDGE,
    CLAMSHELL,
    NOBODY,
    QUESTION,
    READY_S,
    SQUAT,
    STARTS,
    Round,
    counted,
    jpeg,
    reps,
    whole,
)
from coached import FPS, REP, film, one_after_the_other
from test_letters import exact, stands

from exerciser.sets import RepSpec, SetSpec
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.live.circuit.circuit_events import CircuitEnded, PainAnswered, RepDone, SetEnded
from formcheck.live.circuit.player import CircuitPlayer
from formcheck.live.coach.announce import get_in_place, spoken, summary
from formcheck.live.coach.voice import duration_s
from formcheck.live.coached_set import CoachedSet
from formcheck.training.programmes.plan import PlannedSet, camera_moves, fewest_moves

# Fixtures that are used here.
__all__ = ["whole"]

# ---------------------------------------------------------------- hands-free


def test_the_voice_leads_through_a_round(whole: Round) -> None:
    assert whole.texts() == [
        "Foundation.",
        "First: clamshell.",
        "Two on each side.",
        "Put the camera on a table, looking down at you.",
        "Lie on your left side first, belly towards the camera.",
        "To pause, hold one arm up.",
        *STARTS,
        "One.",
        "Two.",
        "Switch sides.",
        "Right side: go.",
        "Right: one.",
        "Two.",
        "That's the set. Well done.",
        QUESTION,
        "Rest for twenty seconds.",
        "Next: squat.",
        "Two reps.",
        "Move the camera: at hip height.",
        "Stand facing the camera.",
        "Three.",
        "Two.",
        "One.",
        "Rest over: squat.",
        *STARTS,
        "One.",
        "Two.",
        "That's the set. Well done.",
        QUESTION,
        "That's the round: two exercises, six reps. Well done.",
    ]


def test_one_voice_says_one_thing_at_a_time(whole: Round) -> None:
    ids = [u.id for u in whole.said]
    assert ids == list(range(1, len(ids) + 1))
    for one, other in pairwise(whole.said):
        assert other.interrupt or other.time_s >= one.time_s + duration_s(one.text) - 1e-6


def test_what_happened_is_told_in_order(whole: Round) -> None:
    told = [(type(event).__name__, getattr(event, "position", None)) for event in whole.events]
    assert told == [
        ("SetBegun", 0),
        *[("RepDone", 0)] * 4,
        ("SetEnded", 0),
        ("SetBegun", 1),
        *[("RepDone", 1)] * 2,
        ("SetEnded", 1),
        ("CircuitEnded", None),
    ]
    assert [e.rep.side for e in whole.of(RepDone)][:4] == ["left", "left", "right", "right"]
    assert {e.end_reason for e in whole.of(SetEnded)} == {"target"}
    assert whole.of(CircuitEnded) == [CircuitEnded("done")]
    assert counted(whole) == [4, 2]


def test_every_set_has_a_time_of_its_own(whole: Round) -> None:
    """A report says when in the set something was, not when in the round."""
    for ended in whole.of(SetEnded):
        finished = ended.coached.finish(source_name="webcam", when=None)
        assert 5.0 < finished.report.reps[0].start_s < 8.0
        assert finished.report.source.duration_s < 40.0


def test_the_rest_is_as_long_as_asked_and_counted_down(whole: Round) -> None:
    begun = whole.at("That's the set. Well done.")
    rest = [u for u in whole.said if begun < u.time_s < whole.at("Rest over: squat.")]
    ticks = [(u.text, u.time_s) for u in rest if u.kind == "countdown"]
    over = whole.at("Rest over: squat.")
    assert over - begun == pytest.approx(20.0, abs=0.3)
    wanted = [("Three.", 3), ("Two.", 2), ("One.", 1)]
    assert [t for t, _ in ticks] == [t for t, _ in wanted]
    assert [over - t for _, t in ticks] == pytest.approx([s for _, s in wanted], abs=0.3)
    # Nobody is in the picture meanwhile, and nothing is said of that.
    assert not [u for u in rest if u.kind in ("lost", "setup")]
    left = [s["circuit"]["break_left_s"] for s in whole.shown if s["stage"] == "break"][-200:]
    known = [s for s in left if s is not None]
    assert known == sorted(known, reverse=True)
    assert known[-1] == 0.0


def test_what_the_page_is_told_is_json_at_any_time(whole: Round) -> None:
    shown = [json.loads(json.dumps(s, allow_nan=False)) for s in whole.shown]
    assert len({frozenset(s) for s in shown}) == 1
    assert len({frozenset(s["circuit"]) for s in shown}) == 1
    assert {"letter", "setup", "exercise", "circuit", "person_seen"} <= set(shown[0])
    stages = [a["stage"] for a, b in pairwise([*shown, {"stage": ""}]) if a["stage"] != b["stage"]]
    in_set = ["setup", "countdown", "set"]
    assert stages == ["break", *in_set, "break", *in_set, "over"]
    first, last = shown[0]["circuit"], shown[-1]["circuit"]
    assert (first["position"], first["of"], first["title"]) == (0, 2, "Foundation")
    assert first["next"]["name"] == "Clamshell"
    assert first["next"]["how"].endswith("Lie on your left side first, belly towards the camera.")
    assert [i["dose"] for i in first["items"]] == ["2 on each side", "2 reps"]
    states = [tuple(i["state"] for i in s["circuit"]["items"]) for s in shown]
    assert list(dict.fromkeys(states)) == [
        ("todo", "todo"),
        ("now", "todo"),
        ("done", "todo"),
        ("done", "now"),
        ("done", "done"),
    ]
    assert (last["end_reason"], last["next"], last["break_left_s"]) == ("done", None, None)
    times = [s["time_s"] for s in shown]
    assert times == sorted(times)
    # The first picture of a rest is the last one of the set.
    assert not any(
        b["person_seen"] for a, b in pairwise(shown) if a["stage"] == "break" == b["stage"]
    )


def test_without_a_rest_the_next_one_follows_the_question() -> None:
    sets = (replace(BRIDGE, position=0), replace(SQUAT, break_s=0.0))
    played = Round(*sets, films=(reps("glute_bridge", 1), reps("squat"))).to_end()
    between = played.texts(played.at(QUESTION) - 0.01)
    move = "Move the camera: at hip height."
    assert between[:5] == [QUESTION, "Next: squat.", "Two reps.", move, "Stand facing the camera."]
    assert between[5] == STARTS[0]
    assert counted(played) == [1, 2]


def test_bodies_with_exact_joints_are_led_through_a_round() -> None:
    """On the side, each leg in turn, then standing on one leg while letters are called."""
    opening = RepSpec(out_s=1.2, hold_s=0.5, back_s=1.2, pause_after_s=0.8)
    clams = [
        exact(
            SetSpec("clamshell", "f_average", side=side, reps=(opening,) * 2, lead_in_s=lead_in_s)
        )
        for side, lead_in_s in (("right", 6.5), ("left", 3.0))
    ]
    letters = PlannedSet(
        1, "single_leg_abc", Prescription(reps=1, hold_s=7.5, letters=3), both_sides=False
    )
    films = (one_after_the_other(*clams), stands((8.5, "", 0.0)))
    played = Round(CLAMSHELL, letters, films=films, fps=10.0).to_end()
    heard = [u.text for u in played.said if u.kind not in ("setup", "countdown")]
    assert heard == [
        "First: clamshell.",
        "Two on each side.",
        "Put the camera on a table, looking down at you.",
        "Lie on your left side first, belly towards the camera.",
        "To pause, hold one arm up.",
        "One.",
        "Two.",
        "Switch sides.",
        "Left side: go.",
        "Left: one.",
        "Two.",
        "That's the set. Well done.",
        QUESTION,
        "Next: single-leg ABCs.",
        "The letters A to C on one leg, 2.5 seconds a letter.",
        "Move the camera: at hip height.",
        "Stand side-on to the camera.",
        "A.",
        "B.",
        "C.",
        "That's the last letter. Foot down.",
        "That's the set. Well done.",
        QUESTION,
        "That's the round: two exercises, five reps. Well done.",
    ]
    assert [(e.position, e.rep.side) for e in played.of(RepDone)] == [
        (0, "right"),
        (0, "right"),
        (0, "left"),
        (0, "left"),
        (1, "left"),
    ]
    assert {s["letter"] for s in played.shown} == {None, "A", "B", "C"}


# ---------------------------------------------------------- what was done before


def test_a_set_that_was_broken_off_is_counted_on() -> None:
    asked = Prescription(reps=4)
    going_on = replace(CLAMSHELL, prescription=asked, done={"left": 2, "right": 4})
    left = film("clamshell", [REP] * 2, lead_s=READY_S)
    played = Round(going_on, films=[left])
    assert played.circuit["next"]["dose"] == "2 more on the left"
    played.to_end()
    assert played.texts()[:4] == [
        "First: clamshell.",
        "Two more on the left.",
        "Put the camera on a table, looking down at you.",
        "Lie on your right side, belly towards the camera.",
    ]
    counts = [u.text for u in played.said if u.kind in ("count", "side", "end")]
    # The right one is not asked for again.
    assert counts == ["Three.", "Four.", "That's the set. Well done."]
    assert counted(played) == [2]
    assert played.states() == ["done"]


def test_reps_from_before_do_not_make_somebody_finished() -> None:
    """Whoever rests before the first rep is getting ready."""
    asked = Prescription(reps=8)
    going_on = replace(SQUAT, position=0, prescription=asked, done={"both": 7})
    ready = film("squat", [REP], lead_s=30.0)
    played = Round(going_on, films=[ready]).to_end()
    assert not [t for t in played.texts() if t.startswith("Finished?")]
    assert [u.text for u in played.said if u.kind == "count"] == ["Eight."]


# ------------------------------------------------------------------- the camera


def after_a_bridge(*, quick_camera: bool = True) -> Round:
    sets = (replace(BRIDGE, position=0), SQUAT)
    played = Round(*sets, films=(reps("glute_bridge", 1), reps("squat")))
    played.quick_camera = quick_camera
    return played.to_rep(1).to("break")


def test_the_rest_waits_while_the_camera_is_moved() -> None:
    played = after_a_bridge(quick_camera=False)
    squats = reps("squat")[0]
    # Still there: nobody has gone to the camera yet.
    played.show([squats] * (15 * FPS))
    assert played.circuit["moving_camera"] and played.circuit["break_left_s"] > 19
    assert "Move the camera: at hip height." in played.texts()
    played.show([NOBODY] * (8 * FPS) + [squats] * (2 * FPS))
    assert played.circuit["moving_camera"]
    played.show([squats] * FPS)
    assert not played.circuit["moving_camera"] and played.circuit["break_left_s"] > 18
    played.to("setup")
    # Nobody is kept waiting for a camera that is not moved.
    played = after_a_bridge(quick_camera=False)
    played.show([squats] * (70 * FPS))
    assert played.stage != "break"


def test_the_room_of_last_time_is_remembered() -> None:
    told = [Round(BRIDGE, camera=spot).run(15.0).texts()[2] for spot in ("low", "hip", "")]
    assert told == [
        "Camera as last time.",
        "Move the camera: low, about half a metre high.",
        "Put the camera low, about half a metre high.",
    ]


def test_the_order_with_the_fewest_camera_moves_keeps_every_set_and_its_place() -> None:
    names = ("glute_bridge", "squat", "clamshell", "deadlift", "single_leg_bridge")
    plan = tuple(
        replace(SQUAT, position=n, exercise=name, break_s=30.0 if n else 0.0)
        for n, name in enumerate(names)
    )
    fewest = fewest_moves(plan)
    assert (camera_moves(plan), camera_moves(fewest)) == (4, 2)
    assert [one.position for one in fewest] == [0, 4, 1, 3, 2]
    assert [one.break_s for one in fewest] == [0.0, 30.0, 30.0, 30.0, 30.0]


def test_the_rest_goes_on_while_no_pictures_come_and_its_end_is_told() -> None:
    played = after_a_bridge().run(15.0)
    left = played.circuit["break_left_s"]
    played.now_s += 5.0
    played.run(0.1)
    assert played.circuit["break_left_s"] == pytest.approx(left - 5.0, abs=0.3)
    played.now_s += 60.0
    began = played.now_s
    played.to("setup")
    assert played.texts(began) == ["Rest over: squat."]


# ------------------------------------------------------------------------ alone


def frames_with_a_gap() -> Iterable[PoseFrame]:
    shown = reps("clamshell")
    cut = next(i for i, f in enumerate(shown) if f.time_s > READY_S + 3.6)
    yield from shown[:cut]
    yield from (replace(f, time_s=f.time_s + 3.0) for f in shown[cut:])
    yield from (replace(NOBODY, time_s=shown[-1].time_s + 4.0 + i / FPS) for i in range(30))


@pytest.mark.parametrize("ended_early", [False, True])
def test_alone_it_is_the_coached_set_by_itself(ended_early: bool) -> None:
    player = CircuitPlayer([CLAMSHELL], alone=True)
    plain = CoachedSet(EXERCISES["clamshell"], CLAMSHELL.prescription)
    said, shown = [], []
    for number, frame in enumerate(frames_with_a_gap()):
        if ended_early and number == 200:
            player.do("end")
            plain.coach.end()
        one = player.push(frame, 100.0, jpeg)
        assert one == plain.push(frame, 100.0, jpeg)
        said += one
        shown = player.snapshot_dict()
        assert shown.pop("circuit") is None
        assert not shown.pop("arm_up") and not shown.pop("pain")["ask"]
        assert shown == plain.coach.snapshot.to_dict()
    assert said[-1].kind == "end"
    assert player.running is None
    events = player.take_events()
    assert not [e for e in events if isinstance(e, CircuitEnded | PainAnswered)]
    (ended,) = [e for e in events if isinstance(e, SetEnded)]
    assert ended.coached.coach.finish() == plain.coach.finish()


def test_alone_pain_ends_the_set_with_the_sentence() -> None:
    played = Round(SQUAT, films=[reps("squat")], alone=True, pain="Stop there.").to_rep(1)
    began = played.now_s
    played.do("pain").run(20.0)
    assert played.texts(began) == ["Stop there."]
    assert played.stage == "done"
    assert played.shown[-1]["end_reason"] == "pain"
    assert played.of(PainAnswered) == [PainAnswered(1, True)]


def test_the_start_button_works_before_the_first_picture_alone() -> None:
    player = CircuitPlayer([SQUAT], alone=True)
    player.do("start")
    assert player.stage == "set"
    assert player.push(reps("squat")[0], None, jpeg)[0].text == "Go."


def test_a_circuit_needs_a_set() -> None:
    with pytest.raises(ValueError, match="at least one set"):
        CircuitPlayer([])


# ---------------------------------------------------------------------- the words


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.id)
def test_the_set_up_is_short_enough_to_be_heard(exercise) -> None:
    for first in (None, "left", "right") if exercise.unilateral else (None,):
        words = get_in_place(exercise, first)
        assert duration_s(words) < 6.5
        assert words.endswith(".")
    if exercise.posture == "standing":
        asked = {"front": "facing", "side": "side-on", "oblique": "half turned"}
        assert asked[exercise.views[0]] in get_in_place(exercise)


def test_doses_are_heard_in_words() -> None:
    assert spoken("10 reps, 3 s up, hold 10 s, 3 s down") == (
        "Ten reps, three seconds up, hold ten seconds, three seconds down."
    )
    assert spoken("the alphabet on each leg, 2.5 s a letter") == (
        "The alphabet on each leg, 2.5 seconds a letter."
    )
    assert spoken("1 rep, hold 1 s, set 1 of 2") == "One rep, hold one second, set one of two."


def test_the_round_is_summed_up_in_a_sentence() -> None:
    assert summary(1, (), 1) == "That's the round: one exercise, one rep. Well done."
    assert summary(2, ("squat",), 0) == (
        "That's the round: two exercises. Skipped: squat. Well done."
    )
