"""The moving bar: where it is while a person follows the asked tempo, or does not."""

from __future__ import annotations

import pytest

from formcheck.engine import events as ev
from formcheck.engine.exercise import Prescription, Primary
from formcheck.engine.report import View
from formcheck.engine.tempo_guide import TempoGuide

STEP_S = 0.05
TEMPO = Prescription(concentric_s=3, hold_s=10, eccentric_s=2)


class Person:
    """Does one rep after another in front of a guide; keeps what the guide showed."""

    def __init__(self, prescription, concentric="outbound"):
        self.guide = TempoGuide(prescription, Primary("squat_flexion", 0, 90, concentric))
        self.now = 0.0
        self.shown = []

    def go(self, phase, seconds, begin=0.0, end=0.0, held_s=None):
        for i in range(round(seconds / STEP_S)):
            self.now += STEP_S
            share = (i + 1) * STEP_S / seconds
            snapshot = ev.Snapshot(
                time_s=self.now,
                phase=phase,
                reps=0,
                partials=0,
                primary_deg=10.0,
                primary_landmarks=(23, 25, 27),
                progress=begin + (end - begin) * share,
                hold_s=0.0,
                hold_clean_s=0.0 if held_s is None else share * held_s,
                hold_paused=False,
                callouts=(),
                view=View("unknown", None, "unknown"),
                person_seen=True,
            )
            self.shown.append(self.guide.update(self.now, snapshot))
        return self.shown[-1]

    def phases(self):
        found = []
        for state in self.shown:
            if not found or found[-1] != state.phase:
                found.append(state.phase)
        return found


def test_without_a_tempo_there_is_no_guide():
    person = Person(Prescription(reps=10))
    assert person.go("outbound", 1.0, 0.2, 0.8) is None


def test_up_hold_down_and_ready_for_the_next():
    person = Person(TEMPO)
    assert person.go("rest", 1.0).phase == "ready"
    # Noticed when a fifth of the way is gone: the bar is there, too.
    assert person.go("outbound", STEP_S, 0.2, 0.2).position == pytest.approx(0.2)
    halfway = person.go("outbound", 0.9, 0.2, 0.5)
    assert (halfway.phase, halfway.label) == ("up", "Up")
    assert halfway.position == pytest.approx(0.5, abs=0.02)
    assert halfway.left_s == pytest.approx(1.5, abs=0.06)
    assert person.go("outbound", 1.5, 0.5, 1.0).position == pytest.approx(1.0, abs=0.02)
    held = person.go("hold", 6.0, 1, 1, held_s=6.0)
    assert (held.phase, held.position) == ("hold", 1.0)
    assert held.left_s == pytest.approx(4.0)
    lowering = person.go("hold", 1.0, 1, 1, held_s=10.0)
    assert lowering.phase == "down"
    half = person.go("inbound", 1.0, 1.0, 0.5)
    assert half.position == pytest.approx(0.5, abs=0.03)
    assert person.go("inbound", 1.0, 0.5, 0.1).phase == "ready"
    person.go("rest", 1.0)
    assert person.phases() == ["ready", "up", "hold", "down", "ready"]
    assert person.go("outbound", 1.0, 0.1, 0.4).phase == "up"


def test_a_squat_goes_down_first_and_its_lifting_is_the_way_back():
    person = Person(TEMPO, concentric="inbound")
    first = person.go("outbound", 1.0, 0.0, 0.5)
    assert first.phase == "down"
    assert first.position == pytest.approx(0.5, abs=0.03)  # two seconds down
    person.go("outbound", 1.1, 0.5, 1.0)
    person.go("hold", 10.0, 1, 1, held_s=10.1)
    assert person.go("inbound", 1.5, 1, 0.5).phase == "up"
    assert person.shown[-1].position == pytest.approx(0.5, abs=0.03)  # three seconds up


def test_the_hold_waits_for_the_person_and_for_the_clock():
    person = Person(TEMPO)
    person.go("outbound", 6.0, 0.0, 0.9)
    assert person.shown[-1].phase == "hold" and person.shown[-1].left_s == 10.0
    person.go("hold", 20.0, 1, 1, held_s=5.0)
    assert person.shown[-1].phase == "hold"


def test_whoever_lets_go_early_is_led_down():
    person = Person(TEMPO)
    person.go("outbound", 3.2, 0.0, 1.0)
    person.go("hold", 2.0, 1, 1, held_s=2.0)
    assert person.go("inbound", 0.2, 1.0, 0.9).phase == "down"


def test_where_only_a_hold_is_asked_the_bar_goes_along():
    person = Person(Prescription(hold_s=5))
    assert person.go("outbound", 1.0, 0.0, 0.7).position == pytest.approx(0.7)
    assert person.go("hold", 4.0, 1, 1, held_s=4.0).left_s == pytest.approx(1.0)
    person.go("hold", 1.2, 1, 1, held_s=5.2)
    assert person.go("inbound", 1.0, 1.0, 0.3).position == pytest.approx(0.3)
    assert person.phases() == ["up", "hold", "down"]


def test_a_tempo_without_a_hold_turns_at_the_end_of_the_way():
    person = Person(Prescription(concentric_s=4, eccentric_s=4), concentric="inbound")
    person.go("outbound", 3.9, 0.0, 0.95)
    assert person.shown[-1].phase == "down"
    person.go("outbound", 0.4, 0.95, 1.0)
    assert person.shown[-1].phase == "up"
    assert person.phases() == ["down", "up"]
