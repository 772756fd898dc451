"""The tier from outside: made-up films and labels, and the real ones where they are."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pose_model import model_or_skip
from test_cli import film_file

import formcheck
from benchmarks import outside, outside_page, outside_truth, rates, results, scoring, sets
from benchmarks.outside_truth import Clip, clips, faults_seen, folder
from benchmarks.render_tier import CACHE_ENV
from exerciser import truth
from exerciser.movements import movement_of
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.capture.pose_file import write_pose_file
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame

JOINTS = {"hip": "HIP", "knee": "KNEE", "ankle": "ANKLE", "shoulder": "SHOULDER"}
JOINTS |= {"toe": "FOOT_INDEX", "heel": "HEEL"}


def film(
    folder: Path, name: str, *faults: dict[str, float], azimuth_deg: float = 90.0, **meta: Any
) -> None:
    """A film of squats as another renderer would hand it over, with exact landmarks."""
    reps = tuple(RepSpec(out_s=1.2, back_s=1.2, faults=f) for f in faults)
    item = sets.BenchSet("one", SetSpec("squat", "m_average", reps=reps), azimuth_deg, 3.0)
    made, camera = build(item.spec, item.fps), item.camera()
    px, _ = camera.project(made.landmarks_m)
    points = np.concatenate([px, np.zeros((*px.shape[:2], 1))], axis=2)
    size = (camera.width, camera.height)
    frames = [
        PoseFrame(float(t), p, np.ones(33), size) for t, p in zip(made.time_s, points, strict=True)
    ]
    films = folder / "films"
    films.mkdir(exist_ok=True)
    write_pose_file(films / f"{name}.npz", frames)
    turned = np.array([-1.0, -1.0, 1.0])  # theirs face the other way
    bent = movement_of("squat").signals(made)["squat_flexion"]
    data = {
        "meta": {
            "exercise": "squat",
            "body": "male",
            "side": None,
            "partials": 0,
            "params": {},
            "ambiguous": [],
            "cam": {
                "eye": (camera.position * turned).tolist(),
                "at": (np.array(camera.target) * turned).tolist(),
            },
            "reps": [
                {
                    "start_s": rep["start_s"] - 0.2,
                    "top_s": rep["top_s"],
                    "top_end_s": rep["top_s"] + rep["hold_s"],
                    "end_s": rep["end_s"] + 0.2,
                    "hold_s": rep["hold_s"],
                    "faults": [f["id"] for f in rep["faults"] if f["requested"]],
                }
                for rep in truth.reps(made)
            ],
            **meta,
        },
        "time_s": made.time_s.tolist(),
        "effort": ((bent - bent.min()) / np.ptp(bent)).tolist(),
        "joints": {
            f"{short}{side[0]}": (made.landmarks_m[:, L[f"{side}_{long}"]] * turned).tolist()
            for short, long in JOINTS.items()
            for side in ("LEFT", "RIGHT")
        },
        "pelvis_axes": np.broadcast_to(np.eye(3), (len(made.time_s), 3, 3)).tolist(),
    }
    (films / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


def only(truth_folder: Path) -> Clip:
    (clip,) = clips(truth_folder)
    return clip


def verdicts(scored: outside.Scored, fault: str) -> list[str]:
    assert scored.outcome is not None
    return [c.found for a in scored.outcome.attempts for c in a.faults if c.fault == fault]


@pytest.mark.parametrize(("azimuth_deg", "band"), [(85.0, "75-105"), (-85.0, "75-105")])
def test_a_film_with_exact_landmarks_is_scored_without_a_miss(
    tmp_path: Path, azimuth_deg: float, band: str
) -> None:
    film(tmp_path, "side", {}, {"trunk_lean": 34.0}, {}, azimuth_deg=azimuth_deg)
    clip = only(tmp_path)
    assert clip.azimuth_deg == pytest.approx(azimuth_deg, abs=0.5)
    assert clip.elevation_deg == pytest.approx(3.0, abs=0.5)
    assert clip.band == band
    scored = outside.score_clip(clip)
    assert scored.outcome is not None
    counted = rates.count_row([scored.outcome])
    assert [counted[k] for k in ("exact", "reps", "found", "extra")] == [1, 3, 3, 0]
    assert verdicts(scored, "trunk_lean") == ["none", "marked", "none"]
    found = outside.numbers([scored])
    # Exact joints lack the habits of the pose model that are taken off: knees read up to 7 high.
    for angle in outside.ANGLES:
        assert found["angles_deg"][band][angle]["mae"] < 6.0, (angle, found["angles_deg"])
    assert found["timing_s"]["films start"][0] < 0.1 and found["timing_s"]["films end"][0] < 0.1
    row = found["faults"]["films trunk_lean"]
    assert (row["found"], row["there"], row["alarms"], row["clean_judged"]) == (1, 1, 0, 2)
    assert found["false_alarms"]["films"]["reps"] == 3


def test_what_the_truth_leaves_open_is_not_scored_and_a_wrong_truth_is_listed(
    tmp_path: Path,
) -> None:
    film(tmp_path, "open", {}, {"trunk_lean": 34.0}, {}, ambiguous=["trunk_lean"])
    assert verdicts(outside.score_clip(only(tmp_path)), "trunk_lean") == []
    film(tmp_path, "open", {}, {"trunk_lean": 34.0}, {})
    path = tmp_path / "films" / "open.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["meta"]["reps"][0]["faults"] = ["trunk_lean"]
    data["meta"]["reps"][1]["faults"] = []
    path.write_text(json.dumps(data), encoding="utf-8")
    scored = outside.score_clip(only(tmp_path))
    row = outside.numbers([scored])["faults"]["films trunk_lean"]
    assert (row["found"], row["there"], row["alarms"], row["clean_judged"]) == (0, 1, 1, 2)
    lines = outside.misses([scored])
    (missed,) = [line for line in lines if line.startswith("MISSED")]
    assert "films/open" in missed and "trunk_lean" in missed and "squat_lean" in missed
    (false,) = [line for line in lines if line.startswith("FALSE")]
    assert float(false.split()[-1]) > 30.0


def test_the_knee_s_way_inside_the_toe_is_measured_in_cm(tmp_path: Path) -> None:
    film(tmp_path, "clean", {}, azimuth_deg=0.0)
    clip = only(tmp_path)
    pelvis = np.broadcast_to(np.eye(3), (len(clip.time_s), 3, 3))
    clean = outside_truth.true_sizes("squat", clip.joints, pelvis, "both")["knee_valgus"][0]
    moved = {k: v + ([-0.1, 0, 0] if k == "kneeL" else [0, 0, 0]) for k, v in clip.joints.items()}
    inside = outside_truth.true_sizes("squat", moved, pelvis, "left")["knee_valgus"][0]
    assert np.nanmax(clean) < 5.0
    assert np.nanmax(inside) == pytest.approx(np.nanmax(clean) + 10.0, abs=2.0)


def test_the_worst_reading_of_a_repetition_is_told(tmp_path: Path) -> None:
    film(tmp_path, "front", {}, {"knee_valgus_left": 7.0}, azimuth_deg=0.0)
    outcome = outside.score_clip(only(tmp_path)).outcome
    assert outcome is not None
    clean, faulty = (
        next(c for c in a.faults if c.fault == "knee_valgus") for a in outcome.attempts
    )
    (told,) = formcheck.analyze(tmp_path / "films" / "front.npz", "squat").reps[1].faults
    assert clean.value < 0.5 * faulty.value and faulty.value == pytest.approx(told.value, rel=0.05)


def test_labels_of_real_people(tmp_path: Path) -> None:
    people = tmp_path / "real_squats"
    people.mkdir()
    labels = [
        {"start_s": 1.0, "end_s": 3.0, "label": "correct"},
        {"start_s": 4.0, "end_s": 6.0, "label": "lean_fwd"},
        {"start_s": 7.0, "end_s": 9.0, "label": "chin_tuck"},
    ]
    (people / "labels.json").write_text(json.dumps({"A": labels}), encoding="utf-8")
    correct, leaning, other = only(tmp_path).record["reps"]
    assert correct["unscored"] == [] and correct["faults"] == []
    assert [f["id"] for f in leaning["faults"]] == ["trunk_lean"]
    # Whoever leans may do something else wrong, too: nobody said.
    assert "shallow_depth" in leaning["unscored"] and "trunk_lean" not in leaning["unscored"]
    assert set(other["unscored"]) >= {"trunk_lean", "shallow_depth", "knee_valgus"}


def test_faults_are_read_out_of_sentences() -> None:
    marked = ["knee_valgus in reps 1-3 (marked X by the coach), reps 4-6 marked good"]
    assert faults_seen(marked, "squat", 6) == [["knee_valgus"]] * 3 + [[]] * 3
    assert faults_seen(["shallow_depth (quarter squats)"], "squat", 2) == [["shallow_depth"]] * 2
    assert faults_seen(["knees bent (~70)"], "deadlift", 1) == [["knee_bend"]]
    assert faults_seen(["a plate hides the feet"], "deadlift", 1) == [[]]


def test_half_a_repetition_at_an_end_may_be_counted_or_not(tmp_path: Path) -> None:
    real = tmp_path / "real_clips"
    real.mkdir()
    clip = {"exercise": "squat", "view": "side", "true_reps": 1, "turn_s": [2.0]}
    clip |= {"faults_visible": [], "notes": "starts in mid-descent"}
    whole = {**clip, "notes": "deep"}
    jacks = {**clip, "exercise": "NEGATIVE: jumping jacks", "true_reps": 0, "turn_s": []}
    labels = {"half": clip, "whole": whole, "jacks": jacks}
    (real / "truth.json").write_text(json.dumps(labels), encoding="utf-8")
    most = {c.id: (c.exercise, c.record["most"]) for c in clips(tmp_path)}
    assert most == {
        "real_clips/half": ("squat", 2),
        "real_clips/whole": ("squat", 1),
        "real_clips/jacks": (None, 0),
    }


def test_a_repetition_of_which_only_the_turn_is_known_is_found(tmp_path: Path) -> None:
    film(tmp_path, "turns", {}, {})
    clip = only(tmp_path)
    turns = [r["top_s"] for r in clip.record["reps"]]
    unknown = {"start_s": math.nan, "end_s": math.nan, "top_end_s": math.nan, "hold_s": math.nan}
    clip.record["reps"] = [{**r, **unknown} for r in clip.record["reps"]]
    outcome = scoring.score(clip.record, outside.poses(clip))
    assert [a.found for a in outcome.attempts] == ["rep", "rep"]
    assert max(abs(a.top_error_s) for a in outcome.attempts) < 0.8
    clip.record["reps"][1]["top_s"] = turns[-1] + 30.0
    lost = scoring.score(clip.record, outside.poses(clip))
    assert [a.found for a in lost.attempts] == ["rep", ""] and len(lost.unmatched) == 1


def test_wilson() -> None:
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    assert rates.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert rates.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert math.isnan(rates.wilson(0, 0)[0])


def arguments(**given: Any) -> argparse.Namespace:
    usual = {"only": "", "exercise": None, "model": "full", "pictures": "", "list_misses": True}
    return argparse.Namespace(**{**usual, "write": False, "out": None, "against": None, **given})


def test_without_the_folder_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(outside_truth.ENV, str(tmp_path / "nowhere"))
    assert outside.run(arguments()) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and outside_truth.ENV in said


def test_a_plain_write_keeps_what_is_known_of_the_small_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, the README's lines and what reports tell, each from results that are kept."""
    film(tmp_path, "one", {}, {"trunk_lean": 34.0})
    monkeypatch.setenv(outside_truth.ENV, str(tmp_path))
    for module, name in (
        (results, "RESULTS"),
        (results, "IN_REPORTS"),
        (outside_page, "README"),
        (outside_page, "PAGE"),
    ):
        copy = tmp_path / f"{name}.txt"
        copy.write_bytes(getattr(module, name).read_bytes())
        monkeypatch.setattr(module, name, copy)
    # Numbers that a README without any of its faults would need.
    monkeypatch.setattr(outside_page, "_HEADLINES", {"films trunk_lean": "leaning"})
    before = results.kept()
    assert outside.run(arguments(write=True)) == 0
    page, after = outside_page.PAGE.read_text("utf-8"), results.kept()
    assert "| films of another renderer | 1 of 1 |" in page and "## The small model" in page
    assert "| leaning | 1 of 1 | 0 of 1 | 0 of 2 |" in outside_page.README.read_text("utf-8")
    assert after["outside"] != before["outside"]
    assert {k: v for k, v in after.items() if k != "outside"} == {
        k: v for k, v in before.items() if k != "outside"
    }
    told = json.loads(results.IN_REPORTS.read_text("utf-8"))
    assert told["outside"]["exercises"]["squat"]["faults"]["trunk_lean"] == {
        "marked": [1, 1], "mild": [0, 0], "false_alarm": [0, 1]
    }  # fmt: skip


def test_the_folder_lies_beside_the_checkout_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(outside_truth.ENV, raising=False)
    monkeypatch.setattr(outside_truth, "ROOT", tmp_path / "checkout")
    assert folder() is None
    beside, named = tmp_path / "shared" / "truth", tmp_path / "elsewhere"
    for made in (beside, named):
        made.mkdir(parents=True)
    assert folder() == beside
    monkeypatch.setenv(outside_truth.ENV, str(named))
    assert folder() == named


def test_a_run_prints_narrow_tables_and_names_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film(tmp_path, "one", {}, {"trunk_lean": 34.0})
    monkeypatch.setenv(outside_truth.ENV, str(tmp_path))
    kept = tmp_path / "before.json"
    assert outside.run(arguments(out=str(kept))) == 0
    printed = capsys.readouterr().out.splitlines()
    tables = printed[next(i for i, line in enumerate(printed) if not line) :]
    assert max(map(len, tables)) <= 100
    before = json.loads(kept.read_text(encoding="utf-8"))
    assert before["counts"]["films"]["exact"] == 1
    outside.run(arguments(against=str(kept)))
    assert "Nothing changed." in capsys.readouterr().out
    before["faults"]["films trunk_lean"]["found"] = 0
    before["recordings"]["films/one"]["outcome"]["found_reps"] = 7
    kept.write_text(json.dumps(before), encoding="utf-8")
    outside.run(arguments(against=str(kept)))
    said = capsys.readouterr().out
    assert "faults / films trunk_lean / found: 0 -> 1" in said
    assert "recordings / films/one / reps: 7 -> 2" in said
    # Sums say nothing of a part; verdicts do.
    before["recordings"]["films/one"]["outcome"]["attempts"][1]["faults"] = []
    kept.write_text(json.dumps(before), encoding="utf-8")
    outside.run(arguments(against=str(kept), only="films/one"))
    said = capsys.readouterr().out
    assert "trunk_lean / found" not in said
    assert 'films/one / trunk_lean: "1 none" -> "1 marked, 1 none"' in said


def test_videos_are_looked_at_again_once_and_only_where_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_or_skip("full")
    monkeypatch.setenv(CACHE_ENV, str(tmp_path / "cache"))
    film(tmp_path, "seen", {})
    nobody = film_file(tmp_path / "nobody.mp4", seconds=0.5)
    squat = dataclasses.replace(only(tmp_path), video=nobody)
    kept = len(list(outside.poses(squat)))
    assert len(list(outside.poses(squat, "side_lying"))) == kept
    again = list(outside.poses(squat, "all"))
    assert len(again) == 5 and not any(pose.has_person for pose in again)
    lying = dataclasses.replace(squat, exercise="clamshell")
    for _ in range(2):
        assert len(list(outside.poses(lying, "side_lying"))) == 5
    # Once for each: somebody who stands is not whom to follow in a clamshell.
    assert len(list((tmp_path / "cache" / "outside").iterdir())) == 2
    # What was seen in pictures before need not be looked for again.
    with np.load(squat.npz) as arrays:
        motion = {"trunk_run": np.zeros(kept, np.int64), "trunk_motion": np.zeros((kept, 4, 3))}
        more = {**arrays, **motion}
    np.savez(squat.npz, **more)
    assert len(list(outside.poses(lying, "side_lying"))) == kept


def test_the_recordings_from_outside() -> None:
    where = folder()
    if where is None:
        pytest.skip("the recordings from outside are not here (set FORMCHECK_TRUTH)")
    found = {clip.id: clip for clip in clips(where)}
    assert {clip.source for clip in found.values()} == set(outside.SOURCES)
    assert all(clip.npz.is_file() for clip in found.values())
    scored = outside.score_clip(found["films/squat_side_lean"])
    assert scored.outcome is not None and scored.outcome.count_right
    assert verdicts(scored, "trunk_lean") == ["marked"] * 4
