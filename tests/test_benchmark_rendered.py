"""Landmarks the real pose model saw in films of known truth, through the engine.

The landmark files are made by benchmarks/fixtures.py. One test renders three
seconds afresh and runs the real model.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.fixtures import FOLDER, fixtures
from benchmarks.scoring import Outcome, score
from formcheck.engine.exercises import EXERCISES

if not (FOLDER / "truth.json").is_file():  # made once, kept with the tests
    pytest.skip(f"{FOLDER} holds no landmark files", allow_module_level=True)

RECORDS = {record["id"]: (record, poses) for record, poses in fixtures()}


@cache
def outcome(name: str) -> Outcome:
    record, poses = RECORDS[name]
    return score(record, poses)


def test_the_kept_sets_are_varied_and_small() -> None:
    records = [record for record, _ in RECORDS.values()]
    assert {r["exercise"] for r in records} == set(EXERCISES)
    assert {r["group"] for r in records} == {"tuning", "reporting"}
    assert len({(r["exercise"], r["view"]) for r in records}) >= 6
    assert sum(p.stat().st_size for p in FOLDER.iterdir()) < 1.5e6


@pytest.mark.parametrize("name", RECORDS)
def test_reps_and_partials_are_counted(name: str) -> None:
    found = outcome(name)
    assert (found.found_reps, found.found_partials) == (found.true_reps, found.true_partials)
    assert [a.found for a in found.attempts] == [a.kind for a in found.attempts]


@pytest.mark.parametrize("name", RECORDS)
def test_the_working_side_is_seen(name: str) -> None:
    assert all(a.side_right for a in outcome(name).attempts if a.found)


@pytest.mark.parametrize("name", RECORDS)
def test_holds_and_times(name: str) -> None:
    attempts = outcome(name).attempts
    # Who stands on one leg sways: where the way up ends is least sure.
    for what, limit in (("hold", 0.4), ("start", 0.4), ("end", 0.55)):
        errors = np.array([getattr(a, f"{what}_error_s") for a in attempts])
        assert np.all(np.abs(errors[np.isfinite(errors)]) <= limit), (what, errors)


def marked_faults() -> list[tuple[str, int, str]]:
    """Set, number of the attempt, fault: marked, visible, and judged from such a view."""
    out = []
    for name, (record, _) in RECORDS.items():
        judged = {rule.id for rule in EXERCISES[record["exercise"]].faults if not rule.unseen}
        for number, rep in enumerate(record["reps"]):
            if rep["kind"] != "rep":
                continue
            for fault in {f["id"] for f in rep["faults"] if f["severity"] == "marked"}:
                if record["assessable"][fault] and fault in judged:
                    out.append((name, number, fault))
    return out


@pytest.mark.parametrize(("name", "number", "fault"), marked_faults())
def test_marked_faults_are_found_or_refused(name: str, number: int, fault: str) -> None:
    """Found at any severity. Refusing is honest too: nothing is passed as good."""
    check = next(c for c in outcome(name).attempts[number].faults if c.fault == fault)
    assert check.found in ("mild", "marked", "not assessed")
    assert check.right_side


@pytest.mark.parametrize("name", RECORDS)
def test_clean_reps_have_no_marked_fault(name: str) -> None:
    """Reps into which no fault was put, in views in which it can be judged."""
    record, _ = RECORDS[name]
    for attempt, rep in zip(outcome(name).attempts, record["reps"], strict=True):
        if rep["faults"]:
            continue
        wrong = [c.fault for c in attempt.faults if c.found == "marked" and c.assessable]
        assert not wrong, f"at {attempt.start_s:.1f} s"


def test_three_rendered_seconds_through_the_real_model() -> None:
    pytest.importorskip("moderngl", reason="moderngl is not installed")
    pytest.importorskip("mediapipe", reason="mediapipe is not installed")
    from benchmarks.render_tier import make_renderer, model, pictures
    from benchmarks.sets import BenchSet
    from exerciser.render import NoGraphicsError
    from exerciser.sets import RepSpec, SetSpec
    from formcheck.capture.estimator import PoseEstimator
    from formcheck.capture.frames import Frame
    from formcheck.capture.models.store import ModelUnavailableError
    from formcheck.engine.session import SetSession

    try:
        chosen = model()
    except ModelUnavailableError:
        pytest.skip("no pose model can be had here")
    try:
        renderer = make_renderer((320, 240))
    except NoGraphicsError:
        pytest.skip("no OpenGL (EGL) here to render with")
    rep = RepSpec(out_s=0.85, hold_s=0.1, back_s=0.85, pause_after_s=0.2)
    spec = SetSpec("squat", "m_average", reps=(rep,), lead_in_s=0.7, lead_out_s=0.3)
    item = BenchSet("three-seconds", spec, 90.0, 4.0, size=(320, 240))
    session = SetSession("squat")
    with PoseEstimator(chosen) as estimator:
        for index, (time_s, picture) in enumerate(pictures(item, renderer)):
            session.push(estimator.estimate(Frame(time_s, picture, index)))
    renderer.release()
    report = session.finish()
    assert report.source.frames_with_pose == report.source.frames >= 40
    assert (report.summary.reps, report.summary.partials) == (1, 0)
    assert report.view.azimuth_deg == pytest.approx(90, abs=25)
