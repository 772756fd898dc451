"""A report comes back from its JSON form as it was, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
from reported import measured

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
