"""Before a set: what is wrong with the picture, the countdown, and whoever simply begins."""

from __future__ import annotations

from dataclasses import replace

import figure
import numpy as np
import pytest
from coached import (
    FPS,
    REP,
    Played,
    film,
    nobody,
    one_after_the_other,
)

# ---------------------------------------------------------------- before the set


def test_what_is_wrong_with_the_picture_is_spoken_but_not_all_the_time():
    played = Played("squat", nobody(20))
    assert played.coach.stage == "setup"
    times = [u.time_s for u in played.said]
    assert len(set(played.texts())) == 1 and 2 <= len(times) <= 3
    assert min(np.diff(times)) >= 7.9
    setup = played.coach.snapshot.to_dict()["setup"]
    assert setup["say"] == played.texts()[0]
    assert not setup["ready"]


def test_a_step_out_of_the_picture_stops_the_countdown_with_a_word():
    frames = one_after_the_other(film("squat", [], lead_s=2.0, tail_s=1.0), nobody(4))
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "setup"]
    assert played.texts("countdown")[-1] == "Wait. I can't see you."


def test_a_movement_stops_the_countdown_and_it_begins_again_later():
    frames = film("squat", [(0.45, *REP[1:])], lead_s=3.0, tail_s=9.0)
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "setup", "countdown", "set"]
    assert played.coach.snapshot.reps == 0


@pytest.mark.parametrize(
    ("exercise", "lead_s"),
    [
        ("squat", 0.5),
        ("squat", 3.0),
        ("clamshell", 1.0),
        ("glute_bridge", 0.5),
        ("glute_bridge", 4.5),
    ],
)
def test_whoever_simply_begins_is_counted_from_the_first_rep(exercise, lead_s):
    """Without holding still first, or in the middle of the countdown."""
    frames = film(exercise, [(1, 1.2, 0, 1.2, 0.1)] * 4, lead_s=lead_s)
    played = Played(exercise, frames)
    assert played.texts("count") == ["One.", "Two.", "Three.", "Four."]
    assert len(played.coach.finish().reps) == 4
    assert "Wait." not in played.texts()


def test_getting_into_place_is_no_first_rep():
    """A knee that moves a little while somebody settles, and then the set."""
    settling = film("clamshell", [(0.55, 0.5, 0, 0.8, 9.0)], lead_s=1.0, tail_s=0)
    reps = film("clamshell", [(1, 1.2, 0, 1.2, 0.1)] * 3, lead_s=0.5)
    played = Played("clamshell", one_after_the_other(settling, reps))
    assert played.texts("count") == ["One.", "Two.", "Three."]
    assert played.texts("fault") == []
    # Who does every rep so has begun as well.
    short = Played("clamshell", film("clamshell", [(0.55, 0.8, 0, 0.8, 0.3)] * 4, lead_s=1.0))
    assert short.texts("count")[-1] == "Four." and len(short.coach.finish().reps) == 4


def test_what_is_wanted_is_said_again_to_somebody_who_only_fidgets():
    frames = film("squat", [(0.3, 0.7, 0, 0.7, 0.2)] * 16, lead_s=1.0, tail_s=0)
    played = Played("squat", frames)
    assert played.stages == ["setup"]
    wanted = "Hold still to begin, or do one full rep."
    assert played.texts("setup").count(wanted) >= 2
    assert played.coach.snapshot.setup.say == wanted


def test_whoever_begins_on_one_has_begun():
    frames = film("squat", [REP], lead_s=4.3)
    played = Played("squat", frames)
    assert played.stages == ["setup", "countdown", "set"]
    assert played.texts("count") == ["One."]


def test_the_button_does_not_wait_for_the_countdown():
    frames = film("squat", [REP] * 2, lead_s=6.0)
    at = next(i for i, f in enumerate(frames) if f.time_s > 1.0)
    played = Played("squat", frames[:at])
    assert played.stages == ["setup"]
    played.coach.start()
    played.show(frames[at:])
    assert played.texts("countdown", "count") == ["Go.", "One.", "Two."]


def test_the_button_works_before_the_first_picture():
    played = Played("squat", film("squat", [REP] * 2, lead_s=1.0), start=True)
    assert played.texts()[0] == "Go."
    assert played.texts("count") == ["One.", "Two."]


def test_walking_back_from_the_laptop_after_the_button_counts_from_where_they_stop():
    """Close to the camera first, the legs cut off; three steps back; then squats."""
    view = {"azimuth_deg": 0.0, "fps": FPS, "lead_s": 1.5}
    reps = list(figure.film(lambda e, i: figure.squat(100 * e), [REP] * 3, **view))
    stand, middle = reps[0], np.array([figure.SIZE[0] / 2, figure.SIZE[1] / 2, 0.0])
    walked = []
    for i in range(round(4 * FPS)):
        share = 1 + 1.8 * (1 - i / (4 * FPS))
        px = middle + share * (stand.landmarks_px - middle)
        px[[25, 27, 29, 31], 1] -= 0.06 * share * 200 * max(np.sin(8 * i / FPS), 0)
        px[[26, 28, 30, 32], 1] -= 0.06 * share * 200 * max(-np.sin(8 * i / FPS), 0)
        px[px[:, 1] > figure.SIZE[1]] = np.nan
        walked.append(replace(stand, time_s=i / FPS, landmarks_px=px))
    played = Played("squat", one_after_the_other(walked, reps), start=True)
    report = played.coach.finish()
    assert (len(report.reps), len(report.partials)) == (3, 0)
    assert played.texts("count") == ["One.", "Two.", "Three."]


def test_a_gap_in_the_countdown_stops_it():
    frames = film("squat", [], lead_s=4.0)
    played = Played("squat", [f for f in frames if not 3.0 < f.time_s < 4.5])
    assert played.stages == ["setup", "countdown", "setup"]
