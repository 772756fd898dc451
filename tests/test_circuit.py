"""Whole circuits in front of the player: what is heard, what is counted, what the buttons do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import cv2
import figure
import numpy as np
import pytest
from test_coach import FPS, REP, film, one_after_the_other
from test_letters import exact, stands

from exerciser.sets import RepSpec, SetSpec
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame, empty_frame
from formcheck.live.circuit import (
    CircuitEnded,
    CircuitEvent,
    CircuitPlayer,
    PainAnswered,
    RepDone,
    SetBegun,
    SetEnded,
    SetSkipped,
)
from formcheck.live.circuit.course import Course
from formcheck.live.coach import Utterance
from formcheck.live.coach.announce import get_in_place, spoken, summary
from formcheck.live.coach.voice import duration_s
from formcheck.live.coached_set import CoachedSet
from formcheck.training.programmes.plan import PlannedSet, camera_moves, fewest_moves

NOBODY = empty_frame(0.0, figure.SIZE)
#: Lying or standing still before the first rep, seconds: the set-up check and the countdown.
READY_S = 6.0
CLAMSHELL = PlannedSet(0, "clamshell", Prescription(reps=2))
SQUAT = PlannedSet(1, "squat", Prescription(reps=2), both_sides=False, break_s=20.0)
BRIDGE = PlannedSet(2, "glute_bridge", Prescription(reps=1), both_sides=False)
_, _JPEG = cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))
QUESTION = "Any pain? If so, raise an arm."
HELP = "Raise an arm to end the round, or press End. Skip leaves out this exercise."
SIGNED = "Paused. Raise an arm again to end. To go on, do your next rep."
STARTS = ["Good. Hold still.", "Three.", "Two.", "One.", "Go."]


def jpeg() -> bytes:
    return _JPEG.tobytes()


@cache
def reps(exercise: str, number: int = 2) -> tuple[PoseFrame, ...]:
    """Somebody who gets ready and does so many reps; on their side, of both legs."""
    shown = film(exercise, [REP] * number, lead_s=READY_S)
    if exercise == "clamshell":
        turned = film(exercise, [REP] * number, lying_on="left", lead_s=3.0)
        shown = one_after_the_other(shown, turned)
    return tuple(shown)


class Round:
    """A person who does what the player asks for, and is out of the picture in between."""

    def __init__(
        self,
        *sets: PlannedSet,
        films: Sequence[Sequence[PoseFrame]] = (),
        fps: float = FPS,
        **options: object,
    ) -> None:
        self.player = CircuitPlayer(sets, **options)  # type: ignore[arg-type]
        # Whether the camera is moved in no time, as often as asked.
        self.quick_camera = True
        self.films = dict(zip((p.position for p in sets), films, strict=False))
        self.now_s = 0.0
        self._fps = fps
        self.said: list[Utterance] = []
        self.events: list[CircuitEvent] = []
        self.shown: list[dict] = []
        self._film: list[PoseFrame] = []
        self._still = NOBODY

    def run(
        self, seconds: float = 200.0, until: Callable[[Round], bool] = lambda _: False
    ) -> Round:
        """Let time pass, for so long or until something is so."""
        for _ in range(round(seconds * self._fps)):
            self.now_s += 1 / self._fps
            frame = NOBODY
            if self.stage in ("setup", "countdown", "set"):
                frame = self._still = self._film.pop(0) if self._film else self._still
            self.said += self.player.push(replace(frame, time_s=self.now_s), None, jpeg)
            self.shown.append(self.player.snapshot_dict())
            if self.quick_camera:
                self.player.do("placed")
            self._look()
            if until(self):
                break
        return self

    def do(self, command: str, then: Sequence[PoseFrame] | None = None) -> Round:
        """Press a button; then: what the person does from the next frame on."""
        self.player.do(command)
        self._look()
        if then is not None:
            self._film = list(then)
        return self

    def to(self, stage: str) -> Round:
        return self.run(until=lambda r: r.stage == stage)

    def to_rep(self, number: int) -> Round:
        """Until so many reps were done in all."""
        return self.run(until=lambda r: len(r.of(RepDone)) >= number)

    def to_end(self) -> Round:
        return self.to("over").run(10.0)

    @property
    def stage(self) -> str:
        return self.player.stage

    @property
    def circuit(self) -> dict:
        shown: dict = self.player.snapshot_dict()["circuit"]
        return shown

    @property
    def pain(self) -> dict:
        shown: dict = self.player.snapshot_dict()["pain"]
        return shown

    def show(self, frames: Iterable[PoseFrame]) -> Round:
        """What the person does whatever the stage is."""
        for frame in frames:
            self.now_s += 1 / self._fps
            self.said += self.player.push(replace(frame, time_s=self.now_s), None, jpeg)
            self._look()
        return self

    def of(self, *kinds: type) -> list:
        return [e for e in self.events if isinstance(e, kinds)]

    def texts(self, since_s: float = 0.0) -> list[str]:
        return [u.text for u in self.said if u.time_s > since_s]

    def at(self, text: str) -> float:
        return next(u.time_s for u in self.said if u.text == text)

    def states(self) -> list[str]:
        return [item["state"] for item in self.circuit["items"]]

    def _look(self) -> None:
        for event in self.player.take_events():
            self.events.append(event)
            if isinstance(event, SetBegun):
                self._film = list(self.films.get(event.position, ()))


def counted(round_: Round) -> list[int]:
    """Reps in the report of every set that ended."""
    return [len(e.coached.coach.finish().reps) for e in round_.of(SetEnded)]


@pytest.fixture(scope="module")
def whole() -> Round:
    """Both legs lying on the side, a rest, squats; nobody touches anything."""
    films = (reps("clamshell"), reps("squat"))
    return Round(CLAMSHELL, SQUAT, films=films, title="Foundation").to_end()


# ---------------------------------------------------------------- hands-free


def test_the_voice_leads_through_a_round(whole: Round) -> None:
    assert whole.texts() == [
        "Foundation.",
        "First: clamshell.",
        "Two on each side.",
        "Put the camera: on a table, looking down at you.",
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
        "The rest is over: squat.",
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
    rest = [u for u in whole.said if begun < u.time_s < whole.at("The rest is over: squat.")]
    ticks = [(u.text, u.time_s) for u in rest if u.kind == "countdown"]
    over = whole.at("The rest is over: squat.")
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
        1, "single_leg_abc", Prescription(reps=1, hold_s=7.5), both_sides=False, letters=3
    )
    films = (one_after_the_other(*clams), stands((8.5, "", 0.0)))
    played = Round(CLAMSHELL, letters, films=films, fps=10.0).to_end()
    heard = [u.text for u in played.said if u.kind not in ("setup", "countdown")]
    assert heard == [
        "First: clamshell.",
        "Two on each side.",
        "Put the camera: on a table, looking down at you.",
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


# -------------------------------------------------------------------- buttons


def test_a_pause_in_a_set_loses_nothing_and_counts_on() -> None:
    four = replace(SQUAT, position=0, prescription=Prescription(reps=4))
    played = Round(four, films=[reps("squat", 4)]).to_rep(2).run(2.0)
    began = played.now_s
    played.do("pause").run(30.0)
    assert played.texts(began) == ["Paused."]
    assert (played.stage, played.circuit["stage"]) == ("paused", "paused")
    assert played.player.running is not None
    resumed = played.now_s
    played.do("resume", then=reps("squat", 2)).to_end()
    assert played.texts(resumed) == [
        "Resuming.",
        *STARTS,
        "Three.",
        "Last one.",
        "Four.",
        "That's the set. Well done.",
        QUESTION,
        "That's the round: one exercise, four reps. Well done.",
    ]
    # One set and one report of it, in which the pause is no time.
    assert counted(played) == [4]
    (ended,) = played.of(SetEnded)
    report = ended.coached.coach.finish()
    assert [rep.index for rep in report.reps] == [1, 2, 3, 4]
    assert all(rep.end_s - rep.start_s < 5.0 for rep in report.reps)
    assert report.source.duration_s < 45.0
    assert ended.coached.coach.duration_s == pytest.approx(4 * 4.3 + 2.0, abs=4.0)
    assert ended.coached.finish(source_name="", when=None).trace is not None


def test_after_a_pause_too_whoever_begins_on_one_has_begun() -> None:
    """The set has to have seen where the person rests now."""
    played = Round(replace(SQUAT, position=0), films=[reps("squat")]).to_rep(1).run(1.0)
    played.do("pause").run(2.0).do("resume", then=film("squat", [REP], lead_s=4.3)).to_end()
    assert counted(played) == [2]


def test_a_rep_that_a_pause_broke_off_is_no_rep() -> None:
    two = replace(SQUAT, position=0)
    played = Round(two, films=[reps("squat")]).to_rep(1).run(2.2)
    assert played.player.snapshot_dict()["phase"] != "rest"
    played.do("pause").run(3.0).do("resume", then=reps("squat", 1)).to_end()
    assert counted(played) == [2]
    assert played.texts().count("Two.") == 3  # twice in a countdown


def test_a_pause_in_the_rest_stops_its_clock() -> None:
    films = (reps("glute_bridge", 1), reps("squat"))
    sets = (replace(BRIDGE, position=0), SQUAT)
    played = Round(*sets, films=films).to_rep(1).to("break").run(5.0)
    left = played.circuit["break_left_s"]
    began = played.now_s
    # In the middle of a sentence, which is said again.
    assert played.said[-1].text == "Rest for twenty seconds."
    played.do("pause").run(60.0)
    assert played.texts(began) == ["Paused."]
    assert played.circuit["break_left_s"] == left
    resumed = played.now_s
    played.do("resume").to("setup")
    assert played.texts(resumed)[:3] == ["Resuming.", "Rest for twenty seconds.", "Next: squat."]
    assert played.at("The rest is over: squat.") - resumed == pytest.approx(left, abs=0.2)


def test_skip_ends_the_rest() -> None:
    films = (reps("glute_bridge", 1), reps("squat"))
    played = Round(replace(BRIDGE, position=0), SQUAT, films=films).to_rep(1).to("break").run(3.0)
    began = played.now_s
    played.do("skip").to("setup")
    assert played.texts(began) == ["Now: squat."]
    assert played.now_s - began < 3.0
    assert not played.of(SetSkipped)


def test_skip_leaves_the_exercise_and_keeps_what_was_done() -> None:
    squats = [replace(SQUAT, position=i, set_number=i + 1, of_sets=2) for i in (0, 1)]
    films = (reps("squat"), reps("squat"), reps("glute_bridge", 1))
    played = Round(*squats, BRIDGE, films=films).to_rep(1).do("skip")
    assert counted(played) == [1]
    # The other set of the same exercise is left out with it.
    assert played.of(SetSkipped) == [SetSkipped(1)]
    assert played.states() == ["stopped", "skipped", "todo"]
    assert played.circuit["next"]["name"] == "Glute bridge"
    played.to_end()
    assert counted(played) == [1, 1]
    assert "That's the round: two exercises, two reps. Well done." in played.texts()


def test_skip_leaves_out_the_sets_that_come_next_and_pain_all_that_come() -> None:
    course = Course([replace(SQUAT, position=0), SQUAT, BRIDGE, replace(SQUAT, position=3)])
    course.states[0] = "now"
    assert course.leave_out("squat", also_later=False) == (1,)
    assert course.leave_out("squat", also_later=True) == (3,)
    assert course.states == ["now", "skipped", "todo", "skipped"]


def test_an_exercise_skipped_in_its_set_up_is_left_out() -> None:
    played = Round(replace(BRIDGE, position=0), SQUAT, films=[()]).to("setup").run(3.0).do("skip")
    assert played.of(SetEnded, SetSkipped)[1:] == [SetSkipped(0)]
    assert not played.pain["ask"]
    played.do("skip").to("setup").do("skip").run(5.0)
    assert played.states() == ["skipped", "skipped"]
    assert played.texts()[-1] == ("That's the round: nothing done. Skipped: glute bridge, squat.")


def test_end_ends_the_set_and_the_next_one_comes() -> None:
    squats = [replace(SQUAT, position=i, set_number=i + 1, of_sets=2) for i in (0, 1)]
    films = (reps("squat"), reps("squat"))
    played = Round(*squats, films=films).to_rep(1).do("end").run(4.0)
    assert "The set is over: one rep." in played.texts()
    assert played.states() == ["stopped", "todo"]
    assert [e.end_reason for e in played.of(SetEnded)] == ["button"]
    assert counted(played.to_end()) == [1, 2]


def test_a_set_ended_on_its_last_word_is_done() -> None:
    played = Round(replace(SQUAT, position=0), BRIDGE, films=[reps("squat")]).to_rep(2).do("end")
    assert played.states() == ["done", "todo"]
    assert [e.end_reason for e in played.of(SetEnded)] == ["target"]


def test_fewer_reps_on_one_side_are_told() -> None:
    played = Round(CLAMSHELL, films=[reps("clamshell")]).to_rep(3).do("end").run(4.0)
    assert "The set is over: two on the left, one on the right." in played.texts()


def test_stop_ends_the_round_and_keeps_the_running_set() -> None:
    films = (reps("squat"),)
    played = Round(replace(SQUAT, position=0), BRIDGE, films=films).to_rep(1).do("stop")
    assert played.of(CircuitEnded) == [CircuitEnded("stopped")]
    assert counted(played) == [1]
    assert (played.stage, played.player.running) == ("over", None)
    played.run(60.0)
    assert not played.of(SetBegun)[1:]
    assert played.texts()[-2:] == [
        "The set is over: one rep.",
        "That's the round: one exercise, one rep. Skipped: glute bridge. Well done.",
    ]


def test_a_set_can_be_begun_and_ended_by_hand() -> None:
    played = Round(replace(SQUAT, position=0), films=[reps("squat")]).do("start").to("setup")
    assert "Now: squat." in played.texts()
    played.do("start")
    assert played.stage == "set"


def test_buttons_that_mean_nothing_now_do_nothing(whole: Round) -> None:
    events = len(whole.events)
    for command in ("start", "end", "pause", "resume", "skip", "stop", "dance", ""):
        whole.do(command)
        assert whole.stage == "over"
    assert len(whole.events) == events
    fresh = Round(SQUAT)
    for command in ("resume", "end", "no_pain", "nonsense"):
        fresh.do(command)
    assert fresh.stage == "break"
    assert not fresh.events


# ----------------------------------------------------------------------- pain


def test_pain_in_a_set_ends_it_and_nothing_goes_on_by_itself() -> None:
    films = (reps("squat"), (), reps("glute_bridge", 1))
    sets = (replace(SQUAT, position=0), replace(SQUAT, position=1), BRIDGE)
    played = Round(*sets, films=films, pain="It must not hurt.").to_rep(1).run(0.5)
    began = played.now_s
    played.do("pain")
    assert [e.end_reason for e in played.of(SetEnded)] == ["pain"]
    assert played.of(PainAnswered) == [PainAnswered(0, True)]
    assert counted(played) == [1]
    played.run(120.0)
    assert played.texts(began) == ["It must not hurt.", HELP]
    assert played.said[-2].interrupt
    assert (played.stage, played.pain["ask"]) == ("pain", False)
    assert played.circuit["next"]["name"] == "Glute bridge"
    # No exercise that hurt comes again in this round.
    played.do("skip").to_end()
    assert played.of(SetSkipped) == [SetSkipped(1)]
    assert played.states() == ["stopped", "skipped", "done"]
    assert played.of(CircuitEnded) == [CircuitEnded("done")]


def arm_up(exercise: str, seconds: float = 2.5, *, both: bool = False) -> list[PoseFrame]:
    """Somebody at rest who holds an arm up, or both, and takes it down again."""
    rest = reps(exercise)[0]
    px = rest.landmarks_px.copy()
    trunk = np.hypot(*(px[11, :2] - px[23, :2]))
    for side in (0, 1) if both else (1,):
        for joint, share in ((13, 0.5), (15, 1.0)):
            px[joint + side, :2] = px[11 + side, :2] + (0.1 * share * trunk, -share * trunk)
    up = replace(rest, landmarks_px=px)
    return [rest] * FPS + [up] * round(seconds * FPS) + [rest] * FPS


@pytest.mark.parametrize("exercise", ["squat", "clamshell", "glute_bridge"])
def test_a_raised_arm_pauses_again_ends_and_once_more_says_that_it_hurts(exercise: str) -> None:
    first = PlannedSet(0, exercise, Prescription(reps=5), both_sides=False)
    played = Round(first, SQUAT, films=[reps(exercise)]).to_rep(1).run(1.0)
    played.show(arm_up(exercise, 1.2))
    assert played.stage == "set"  # that was a wave
    played.show(arm_up(exercise, both=True))
    assert played.stage == "set"
    played.show(arm_up(exercise))
    assert (played.stage, played.texts()[-1]) == ("paused", SIGNED)
    # It waits, with somebody lying or standing there.
    played.show([reps(exercise)[0]] * (20 * FPS))
    assert played.stage == "paused"
    played.show(arm_up(exercise)).show([reps(exercise)[0]] * (9 * FPS))
    assert played.of(CircuitEnded) == [CircuitEnded("stopped")]
    assert QUESTION in played.texts() and played.pain["ask"]
    played.show(arm_up(exercise)).do("where:left knee").do("level:6").do("level:99")
    assert played.of(PainAnswered)[-1] == PainAnswered(0, True, "left knee", 6)
    assert played.pain["hurts"] and not played.pain["ask"]


@pytest.mark.parametrize("exercise", ["squat", "clamshell", "glute_bridge"])
def test_after_a_raised_arm_the_next_rep_goes_on_and_counts(exercise: str) -> None:
    first = PlannedSet(0, exercise, Prescription(reps=5), both_sides=False)
    played = Round(first, films=[reps(exercise)], alone=True).to_rep(1).run(1.0)
    played.show(arm_up(exercise))
    assert played.stage == "paused"
    played.show(film(exercise, [REP] * 2, lead_s=1.0))
    assert played.stage == "set"
    assert len(played.of(RepDone)) == 3
    assert played.player.coach is not None
    assert played.player.coach.duration_s < 25


def test_an_arm_that_is_up_from_the_beginning_belongs_to_the_exercise() -> None:
    up = arm_up("squat")[FPS : 2 * FPS]
    played = Round(SQUAT, alone=True).show(up * 6)
    assert played.stage in ("countdown", "set")


def test_pain_and_stop_ends_the_round_because_of_it() -> None:
    played = Round(replace(SQUAT, position=0), BRIDGE, films=[reps("squat")]).to_rep(1)
    played.do("pain").run(3.0).do("stop")
    assert played.of(CircuitEnded) == [CircuitEnded("pain")]
    assert played.circuit["end_reason"] == "pain"


def test_the_question_is_answered_in_the_rest() -> None:
    films = (reps("squat"), reps("squat"))
    sets = (replace(SQUAT, position=0), SQUAT)
    played = Round(*sets, films=films, pain="It must not hurt.").to_rep(2).to("break")
    assert played.pain["ask"]
    played.run(3.0).do("no_pain")
    assert played.of(PainAnswered) == [PainAnswered(0, False)]
    assert not played.pain["ask"]
    # On second thoughts.
    began = played.now_s
    played.do("pain").run(40.0)
    assert played.of(PainAnswered)[1:] == [PainAnswered(0, True)]
    assert played.texts(began) == ["It must not hurt.", HELP]
    assert played.said[-2].interrupt
    played.do("skip").run(1.0)
    assert played.states() == ["done", "skipped"]
    assert played.of(CircuitEnded) == [CircuitEnded("done")]


def test_an_answer_before_the_question_spares_it() -> None:
    sets = (replace(BRIDGE, position=0), SQUAT)
    played = Round(*sets, films=[reps("glute_bridge", 1)]).to_rep(1).to("break")
    played.do("no_pain").to("setup")
    assert QUESTION not in played.texts()


def test_a_question_that_is_not_answered_stays_so(whole: Round) -> None:
    asked = [s["pain"]["ask"] for s in whole.shown if s["stage"] in ("setup", "set")]
    assert not any(asked)
    assert not [e for e in whole.events if isinstance(e, PainAnswered)]


def test_after_the_last_set_it_can_still_be_answered() -> None:
    played = Round(BRIDGE, films=[reps("glute_bridge", 1)], pain="Enough.").to("over").run(1.0)
    assert played.pain["ask"]
    played.do("pain").run(10.0)
    assert played.of(PainAnswered) == [PainAnswered(2, True)]
    assert played.stage == "over"
    assert "Enough." in played.texts()


# ---------------------------------------------------------- what was done before


def test_a_set_that_was_broken_off_is_counted_on() -> None:
    going_on = replace(CLAMSHELL, prescription=Prescription(reps=4), done_left=2, done_right=4)
    left = film("clamshell", [REP] * 2, lead_s=READY_S)
    played = Round(going_on, films=[left])
    assert played.circuit["next"]["dose"] == "2 more on the left"
    played.to_end()
    assert played.texts()[:4] == [
        "First: clamshell.",
        "Two more on the left.",
        "Put the camera: on a table, looking down at you.",
        "Lie on your right side, belly towards the camera.",
    ]
    counts = [u.text for u in played.said if u.kind in ("count", "side", "end")]
    # The right one is not asked for again.
    assert counts == ["Three.", "Four.", "That's the set. Well done."]
    assert counted(played) == [2]
    assert played.states() == ["done"]


def test_reps_from_before_do_not_make_somebody_finished() -> None:
    """Whoever rests before the first rep is getting ready."""
    going_on = replace(SQUAT, position=0, prescription=Prescription(reps=8), done_both=7)
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
        "Put the camera: low, about half a metre high.",
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
    assert played.texts(began) == ["The rest is over: squat."]


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
