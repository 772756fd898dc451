"""A report comes back from its JSON form as it was, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from reported import measured

from formcheck.engine.exercise import Prescription
from formcheck.engine.report_reader import read_report


@pytest.mark.parametrize(
    ("name", "exercise"),
    [
        ("squat-00", "squat"),
        ("clamshell-00", "clamshell"),
        ("tuning-single_leg_abc-01", "single_leg_abc"),
    ],
)
def test_every_kind_of_report_can_be_read(name: str, exercise: str) -> None:
    report, _, _ = measured(name, exercise)
    back = read_report(json.loads(report.to_json()))
    assert back.to_json() == report.to_json()
    joints = [[f.landmark for r in one.reps for f in r.faults] for one in (report, back)]
    assert joints[0] == joints[1]


@pytest.mark.parametrize("data", [{}, [], {"schema": "formcheck.report/9"}, None])
def test_what_is_no_report_is_not_read(data: object) -> None:
    with pytest.raises(ValueError, match="no report"):
        read_report(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("reps", 1, "faults", 0, "severity"), '"><script>alert(1)</script>'),
        (("reps", 1, "faults", 0, "value"), "<b>12</b>"),
        (("reps", 1, "side"), "front"),
        (("reps", 1, "rom_deg"), True),
        (("reps", 1, "not_assessed", 0, "reason"), 3),
        (("adherence", 0, "kind"), "wish"),
        (("model",), ["full"]),
        (("view", "azimuth_deg"), "0"),
    ],
)
def test_what_a_field_cannot_hold_is_refused(place: tuple[str | int, ...], value: object) -> None:
    report, _, _ = measured("squat-00", "squat", Prescription(reps=5))
    data = json.loads(report.to_json())
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    assert place[-1] in inner or isinstance(place[-1], int)
    inner[place[-1]] = value
    with pytest.raises(ValueError, match=rf"The report is damaged: {place[-1]} is "):
        read_report(data)
