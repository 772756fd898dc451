"""The report's JSON form is a contract: what the program writes must satisfy the schema."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from figure import bridge, film, squat

from formcheck import SetSession
from formcheck.engine.exercise import Prescription
from formcheck.engine.report import Source

SCHEMA = json.loads(files("formcheck.engine").joinpath("report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def measured(exercise: str = "squat", **camera: float) -> dict[str, Any]:
    """A real session's report on a stick figure: two reps, one partial, one hold."""
    session = SetSession(exercise, prescription=Prescription(concentric_s=2.0, hold_s=3.0))
    reps = [(1.0, 1.0, 1.5, 1.0, 1.0), (0.4, 0.7, 0.0, 0.7, 1.0), (1.0, 1.0, 0.0, 1.0, 1.0)]
    pose = {
        "squat": lambda effort, _: squat(105 * effort, heel_up_m=0.05 * effort),
        "glute_bridge": lambda effort, _: bridge(125 + 50 * effort),
    }[exercise]
    for frame in film(pose, reps, **camera):
        session.push(frame)
    report = session.finish(source=Source("x.mp4", 640, 480, 30.0, 12.0, 0, 0))
    data: dict[str, Any] = json.loads(report.to_json())
    return data


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("exercise", "azimuth_deg"),
    [("squat", 90.0), ("squat", 0.0), ("squat", 45.0), ("glute_bridge", 90.0)],
)
def test_real_reports_satisfy_it(exercise: str, azimuth_deg: float) -> None:
    data = measured(exercise, azimuth_deg=azimuth_deg)
    VALIDATOR.validate(data)
    assert data["reps"], "a report without reps tests nothing"


def test_a_report_without_any_frame_satisfies_it_but_for_the_size() -> None:
    report = SetSession("squat").finish(source=Source("x", 640, 480, 0.0, 0.0, 0, 0))
    VALIDATOR.validate(json.loads(report.to_json()))


def test_real_output_of_the_command(tmp_path: Path) -> None:
    from formcheck.capture.pose_file import write_pose_file
    from formcheck.cli import main

    def pose(effort: float, _: int) -> Any:
        return squat(105 * effort)

    frames = film(pose, [(1.0, 1.0, 0.5, 1.0, 1.0)] * 2, azimuth_deg=90.0)
    write_pose_file(tmp_path / "in.npz", frames)
    written = tmp_path / "out.json"
    assert main(["analyze", str(tmp_path / "in.npz"), "-e", "squat", "--json", str(written)]) == 0
    data = json.loads(written.read_text("utf-8"))
    VALIDATOR.validate(data)
    assert data["source"]["name"] == "in.npz"
    assert data["summary"]["reps"] == len(data["reps"]) == 2


def broken(change: str) -> dict[str, Any]:
    data = copy.deepcopy(measured(azimuth_deg=90.0))
    rep = data["reps"][0]
    match change:
        case "extra key":
            data["score"] = 7
        case "extra key in a rep":
            rep["landmark"] = 3
        case "missing key":
            del data["notes"]
        case "other schema":
            data["schema"] = "formcheck.report/2"
        case "unknown side":
            rep["side"] = "middle"
        case "unknown severity":
            rep["faults"] = [dict.fromkeys(("id", "unit", "cue"), "x")]
            rep["faults"][0] |= {"side": "left", "severity": "bad", "value": 1.0, "at_s": 1.0}
        case "time as text":
            rep["start_s"] = "1.0"
        case "partial without why":
            data["partials"] = [rep]
        case "why in a rep":
            rep["why"] = "because"
        case "azimuth out of range":
            data["view"]["azimuth_deg"] = 270.0
    return data


@pytest.mark.parametrize(
    "change",
    [
        "extra key",
        "extra key in a rep",
        "missing key",
        "other schema",
        "unknown side",
        "unknown severity",
        "time as text",
        "partial without why",
        "why in a rep",
        "azimuth out of range",
    ],
)
def test_the_schema_is_strict(change: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(broken(change))
