"""What is nearly right, from outside: refused in a sentence, or good for everything after it.

FORMCHECK_FUZZ=2000 tries so many of each in place of a few.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fuzz import EXAMPLES
from test_history_faults import keep

from formcheck.capture.received import PoseReceiver
from formcheck.engine.report_reader import read_report
from formcheck.engine.session import SetSession
from formcheck.history import History, HistoryError
from formcheck.history.export import write_json
from formcheck.history.importing import import_history
from formcheck.history.settings import load_settings, pick_model, save_settings, settings_file
from formcheck.web import messages
from formcheck.web.found_poses import read_pose
from formcheck.web.pictures import PictureError

#: In place of what belongs there.
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -1, 2**63, 1e308, -1e308, float("nan"), float("inf"), "", [], {}]),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "<b>", "=1+1"]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a tree of JSON."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else []
    inside = enumerate(value) if isinstance(value, list) else inside
    for key, one in inside:
        yield from places(one, (*path, key))


@st.composite
def nearly(draw: st.DrawFn, right: Any) -> Any:
    """The same with one to three values replaced, doubled or left out."""
    wrong = copy.deepcopy(right)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(wrong)) or [()]))
        if not path:
            break
        *way, last = path
        inside = wrong
        for key in way:
            inside = inside[key]
        kind = draw(st.sampled_from(("replace", "leave out", "more")))
        if kind == "replace":
            inside[last] = draw(WRONG)
        elif kind == "leave out":
            del inside[last]
        elif isinstance(inside, dict):
            inside[draw(st.text(max_size=8))] = draw(WRONG)
        else:
            inside.insert(last, copy.deepcopy(inside[last]))
    return wrong


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("exported")
    with contextlib.closing(History(f"sqlite:///{folder / 'history.db'}")) as past:
        keep(past, past.add_profile("Ann"))
        write_json(past, folder / "all.json")
    found: dict[str, Any] = json.loads((folder / "all.json").read_text("utf-8"))
    return found


FEW = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)


# Each opens a database.
@settings(FEW, max_examples=max(EXAMPLES // 3, 1))
@given(data=st.data())
def test_an_import_is_refused_or_all_of_it_can_be_used(
    data: st.DataObject, exported: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("import")
    file = folder / "in.json"
    file.write_text(json.dumps(data.draw(nearly(exported))), encoding="utf-8")
    with contextlib.closing(History(f"sqlite:///{folder / 'history.db'}")) as past:
        mine = past.add_profile("Me")
        keep(past, mine)
        before = past.count_sets()
        try:
            import_history(past, file)
        except HistoryError as error:
            refused = str(error)
            assert refused.endswith(".") and past.count_sets() == before
        for one in past.profiles():
            past.circuits(one.id)
            past.enrolment(one.id)
            for done in past.sets(one.id):
                if not done.problem and done.state == "done":
                    json.loads(past.load(done.id).report.to_json())
        write_json(past, folder / "out.json")
        json.loads((folder / "out.json").read_text("utf-8"))


@FEW
@given(data=st.data())
def test_a_report_is_refused_or_read(data: st.DataObject, exported: dict[str, Any]) -> None:
    (report,) = [place for place in places(exported) if place[-1] == "report"][:1]
    right: Any = exported
    for key in report:
        right = right[key]
    wrong = json.loads(json.dumps(data.draw(nearly(right))))
    with contextlib.suppress(ValueError):
        json.loads(read_report(wrong).to_json())


@FEW
@given(data=st.data())
def test_settings_are_always_read_and_can_be_changed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMCHECK_CONFIG", str(tmp_path_factory.mktemp("settings")))
        save_settings(model="lite", measured_model="full", detection_ms=30.0, units="imperial")
        right = json.loads(settings_file().read_text("utf-8"))
        settings_file().write_text(json.dumps(data.draw(nearly(right))), encoding="utf-8")
        assert pick_model(load_settings()) in ("lite", "full", "heavy")
        assert save_settings(units="metric").units == "metric" == load_settings().units


def pose_message(people: int, flags: int, tail: bytes) -> bytes:
    """A message as the page sends it, of somebody in the middle of the picture."""
    head = messages.HEADER.pack(messages.POSE, 7, 40.0) + messages.POSE_HEADER.pack(
        640, 480, people, 0, 100, flags, 20.0
    )
    one = np.full(messages.PERSON_BYTES // 4, 0.5, "<f4").tobytes()
    return head + one * people + tail


@FEW
@given(
    st.integers(0, 3),
    st.integers(0, 255),
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
def test_a_pose_message_is_refused_or_all_its_numbers_are_good(
    people: int, flags: int, tail: bytes, bytes_: list[tuple[int, int]], less: int
) -> None:
    message = bytearray(pose_message(people, flags, tail))
    for at, value in bytes_:
        message[at % len(message)] = value
    try:
        read = read_pose(bytes(message[: max(len(message) - less, 0)]))
    except PictureError:
        return
    assert 0 <= read.light <= 255
    pose, _wish = PoseReceiver().take(read.received, 0.04, "standing")
    assert pose.frame_size == read.received.size and not np.isinf(pose.landmarks_px).any()
    session = SetSession("squat")
    session.push(pose)
    json.loads(session.finish().to_json())
