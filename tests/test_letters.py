"""Letters called in a stand on one leg, heard over stands of a body with exact joints."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from string import ascii_uppercase

import numpy as np
import pytest

from exerciser.camera import default_camera
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import SetReport
from formcheck.live.coach import Coach, Utterance

FPS = 10.0
ABC = "single_leg_abc"
#: Five letters of two and a half seconds.
ASKED = Prescription(reps=1, hold_s=12.5, letters=5)
STAND = RepSpec(out_s=1.0, hold_s=13.0, back_s=1.0, pause_after_s=2.0)


def exact(spec: SetSpec) -> list[PoseFrame]:
    """The exact joints of a set as the exercise's own camera sees them."""
    made = build(spec, FPS)
    camera = default_camera(spec.exercise, None, spec.body, spec.side)
    px, _ = camera.project(made.landmarks_m)
    frames = []
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        size = (camera.width, camera.height)
        frames.append(PoseFrame(float(time_s), landmarks, known[:, 0].astype(float), size))
    return frames


@cache
def stands(*reps: tuple[float, str, float], side: str = "left") -> tuple[PoseFrame, ...]:
    """Stands on the other leg than side, from the set-up on; reps: (hold_s, fault, its size)."""
    specs = tuple(
        replace(STAND, hold_s=hold_s, faults={fault: size} if fault else {})
        for hold_s, fault, size in reps
    )
    spec = SetSpec(ABC, "m_slim", side=side, reps=specs, lead_in_s=6.5, lead_out_s=2.0)
    return tuple(exact(spec))


class Heard:
    """What a person hears and sees in a set, and its report."""

    def __init__(
        self, frames: tuple[PoseFrame, ...], asked: Prescription = ASKED, *, both: bool = False
    ) -> None:
        coach = Coach(ABC, asked, both_sides=both)
        self.said: list[Utterance] = []
        self.shown: list[tuple[float, str | None]] = []
        self.counted: list[tuple[float, int]] = []
        for frame in frames:
            self.said += coach.push(frame)
            self.shown.append((frame.time_s, coach.snapshot.letter))
            self.counted.append((frame.time_s, coach.snapshot.reps))
        self.coach = coach
        self.report: SetReport = coach.finish()

    @property
    def letters(self) -> list[str]:
        return [u.text[0] for u in self.said if len(u.text) == 2]

    @property
    def times(self) -> np.ndarray:
        return np.array([u.time_s for u in self.said if len(u.text) == 2])

    def texts(self) -> list[str]:
        """What is said from the first letter on."""
        texts = [u.text for u in self.said]
        return texts[texts.index("A.") :]


def test_the_alphabet_is_called_in_order_and_evenly_and_then_the_stand_is_over():
    asked = Prescription(reps=1, hold_s=26.0, letters=26)
    heard = Heard(stands((26.5, "", 0.0)), asked)
    assert heard.letters == list(ascii_uppercase)
    assert np.diff(heard.times) == pytest.approx([1.0] * 25, abs=0.15)
    # Nothing else is counted over it.
    assert heard.texts()[26:] == ["That's the alphabet. Foot down.", "That's the set. Well done."]
    assert heard.texts()[:26] == [f"{letter}." for letter in ascii_uppercase]
    (rep,) = heard.report.reps
    assert heard.times[0] == pytest.approx(rep.start_s + 0.6, abs=0.5)
    told = next(u.time_s for u in heard.said if u.text.startswith("That's the alphabet"))
    assert told - heard.times[0] == pytest.approx(26.0, abs=0.2)
    assert told < rep.end_s
    # What is drawn on the screen is what was called last.
    shown = {letter for time_s, letter in heard.shown if heard.times[7] < time_s < heard.times[8]}
    assert shown == {"H"}
    assert {letter for time_s, letter in heard.shown if time_s > told} == {None}


def test_it_is_what_the_exercise_asks_by_itself():
    assert EXERCISES[ABC].prescription == Prescription(reps=1, hold_s=65.0, letters=26)


def test_a_foot_that_touches_down_holds_the_letters_up():
    heard = Heard(stands((13.0, "foot_down", 0.5)))
    assert heard.letters == list("ABCDE")
    gaps = np.diff(heard.times)
    assert sorted(gaps)[:-1] == pytest.approx([2.5] * 3, abs=0.15)
    assert 2.8 < max(gaps) < 4.5
    assert "Keep the foot up." in heard.texts()


def test_after_a_foot_that_was_put_down_the_leg_goes_on_with_its_letter():
    heard = Heard(stands((6.5, "", 0.0), (8.0, "", 0.0)))
    assert heard.letters == list("ABCCDE")
    assert heard.texts()[3] == "Lift your foot again and go on with C."
    assert heard.texts()[-2:] == [
        "That's the last letter. Foot down.",
        "That's the set. Well done.",
    ]
    # The first of the two stands was not the leg done.
    assert (heard.coach.end_reason, len(heard.report.reps)) == ("target", 2)
    first = heard.report.reps[0].end_s
    assert {reps for time_s, reps in heard.counted if time_s < first + 1.5} == {0}
    # With both feet on the floor nothing is being drawn.
    again = heard.report.reps[1].start_s
    assert None in {letter for time_s, letter in heard.shown if first < time_s < again}


def test_cues_come_between_the_letters():
    heard = Heard(stands((13.0, "knee_bend", 35.0)))
    assert heard.letters == list("ABCDE")
    assert np.diff(heard.times) == pytest.approx([2.5] * 4, abs=0.15)
    cue = next(u for u in heard.said if u.text == "Keep your knee straight.")
    assert not cue.interrupt
    before = max(t for t in heard.times if t < cue.time_s)
    # It is over before the next one is due.
    assert cue.time_s + 0.25 + 0.07 * len(cue.text) < before + 2.5


def test_each_leg_draws_its_own():
    left, right = stands((13.0, "", 0.0)), stands((13.0, "", 0.0), side="right")
    then = left[-1].time_s + 1 / FPS
    both = (*left, *(replace(frame, time_s=frame.time_s + then) for frame in right))
    heard = Heard(both, both=True)
    assert heard.letters == [*"ABCDE", *"ABCDE"]
    assert [rep.side for rep in heard.report.reps] == ["left", "right"]
    assert "Switch sides." in heard.texts()
    assert heard.coach.end_reason == "target"


def test_without_letters_the_hold_is_counted_as_ever():
    heard = Heard(stands((13.0, "", 0.0)), replace(ASKED, letters=None))
    texts = [u.text for u in heard.said]
    assert not heard.letters
    assert texts[texts.index("Hold.") :][:2] == ["Hold.", "Five more seconds."]
    assert "That's one." in texts
    assert {letter for _, letter in heard.shown} == {None}
