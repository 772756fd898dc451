"""What reports tell of their own errors: from outside where that is known, and saying so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.scoring import Attempt, FaultCheck, Outcome
from formcheck.engine import trust
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.trust import ENOUGH_REPS, hold_error_s, known_error

NAN = float("nan")


def outcome(exercise: str, found: tuple[str, ...], true: str, hold_error_s: float) -> Outcome:
    """A recording with a rep for each of `found`: what was said of its one fault."""
    attempts = tuple(
        Attempt(
            "rep", "rep", float(i), 1.0, True, 1.0, hold_error_s, 0.0, 0.0,
            (FaultCheck("knee_valgus", 5.0, true, true != "none", one, True),),
        )
        for i, one in enumerate(found)
    )  # fmt: skip
    n = len(found)
    return Outcome("x", exercise, "front", "", (), n, n, 0, 0, attempts, (), "standing")


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty reps of squats from outside and four of clamshells; of our own films 21 of each."""
    path = tmp_path / "accuracy.json"
    path.write_text(json.dumps({tier: {"exercises": {}} for tier in trust.TIERS}), "utf-8")
    monkeypatch.setattr(results, "IN_REPORTS", path)
    few, enough = ("none", "mild", "mild", "not assessed"), ("marked",) * 19 + ("none",)
    outside = [outcome("squat", enough, "marked", -0.5), outcome("clamshell", few, "marked", 0.3)]
    results.tell("outside", outside)
    own = ("none",) * 21
    results.tell("own films", [outcome(e, own, "none", 0.1) for e in ("squat", "clamshell")])
    monkeypatch.setattr(trust, "_measured", lambda: json.loads(path.read_text("utf-8")))


def test_outside_comes_first_where_it_has_enough_reps(measured: None) -> None:
    squat, clam = known_error("squat"), known_error("clamshell")
    assert squat["count"] == {"source": "outside", "exact": 1, "recordings": 1, "reps": 20}
    assert squat["hold_s"] == {"source": "outside", "median": 0.5, "p95": 0.5, "reps": 20}
    assert clam["hold_s"] == {"source": "own films", "median": 0.1, "p95": 0.1, "reps": 21}
    assert (hold_error_s("squat"), hold_error_s("clamshell")) == (0.5, 0.1)
    assert squat["faults"]["knee_valgus"] == {
        "found": {"source": "outside", "hits": 19, "reps": 20},
        "false_alarms": {"source": "own films", "hits": 0, "reps": 21},
    }
    # Too few, but all there is; what was not assessed was not missed.
    assert clam["faults"]["knee_valgus"]["found"] == {"source": "outside", "hits": 2, "reps": 3}
    assert known_error("unheard_of") == {
        "count": None, "hold_s": None, "range_deg": None, "faults": {}
    }  # fmt: skip


def test_the_report_says_which_it_is(measured: None) -> None:
    told = trust.trust("squat", {"knee_valgus": "knee falls inward", "x": "y"}, "")
    assert "The number of reps was exact in 1 of 1 recordings." in told.sentences
    assert told.rows == (
        ("knee falls inward", "19 of 20 reps", "not tried", "0 of 21 reps (our own films)"),
    )
    clam = trust.trust("clamshell", {}, "pose_landmarker_lite 1")
    assert any("1 of 1 recordings (our own films)" in one for one in clam.sentences)
    assert any("lite" in one for one in clam.sentences)
    assert not any("lite" in one for one in told.sentences)


def test_every_exercise_has_numbers() -> None:
    for exercise in EXERCISES.values():
        known = known_error(exercise.id)
        assert known["count"]["reps"] >= ENOUGH_REPS, exercise.id
        assert known["hold_s"]["reps"] >= ENOUGH_REPS, exercise.id
