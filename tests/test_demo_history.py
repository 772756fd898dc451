"""The made-up past: could have been measured, gets better, and is never taken for a real one."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import jsonschema
import pytest
from PIL import Image

import formcheck
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.trace import from_rest
from formcheck.history import History, PastSet, Profile
from formcheck.history.sample_history import seed
from formcheck.reporting.html_report import ReportedSet, html_reports

TODAY = date(2026, 3, 20)
SCHEMA = json.loads(
    (Path(formcheck.__file__).parent / "engine" / "report.schema.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[History, Profile]]:
    history = History(f"sqlite:///{tmp_path_factory.mktemp('demo')}/history.db")
    yield history, seed(history, TODAY)
    history.close()


def faults(sets: Sequence[PastSet], *names: str) -> float:
    """In what share of the reps in which they were looked for one of these was found."""
    looked = [one for one in sets if not set(names) & set(one.not_assessed)]
    reps = [rep for one in looked for rep in one.reps]
    return sum(any(f.id in names for f in rep.faults) for rep in reps) / len(reps)


def test_weeks_that_end_yesterday_with_days_of_rest(demo: tuple[History, Profile]) -> None:
    history, person = demo
    days = history.days(person.id)
    assert days[-1] == TODAY - timedelta(days=1)
    assert TODAY - timedelta(days=35) <= days[0] <= TODAY - timedelta(days=31)
    assert 18 <= len(days) <= 30
    assert all((b - a).days <= 5 for a, b in pairwise(days))
    rounds = Counter(one.begun.date() for one in history.circuits(person.id))
    assert set(rounds.values()) == {1, 2, 3} and set(rounds) == set(days)


def test_sets_follow_one_another_and_none_overlaps(demo: tuple[History, Profile]) -> None:
    history, person = demo
    sets = history.sets(person.id)
    for before, after in pairwise(sets):
        assert before.when + timedelta(seconds=before.duration_s) <= after.when
    assert not any(one.clock_doubt or one.problem for one in sets)
    midnight = datetime.combine(TODAY, datetime.min.time()).astimezone()
    assert sets[-1].when < midnight


def test_every_report_is_one_that_could_have_been_measured(demo: tuple[History, Profile]) -> None:
    history, person = demo
    validate = jsonschema.Draft202012Validator(SCHEMA).validate
    for one in history.sets(person.id):
        report = history.load(one.id).report
        validate(report.to_dict())
        for rep in (*report.reps, *report.partials):
            assert rep.start_s < rep.top_s <= rep.end_s and rep.hold_clean_s <= rep.hold_s
            assert not {f.id for f in rep.faults} & {n.id for n in rep.not_assessed}
            for found in rep.faults:
                assert rep.start_s <= found.at_s <= rep.end_s


def test_the_second_phase_comes_in_the_fourth_week(demo: tuple[History, Profile]) -> None:
    history, person = demo
    enrolment = history.enrolment(person.id)
    assert enrolment is not None and enrolment.phase == 1
    assert enrolment.programme["id"] == "glutes_3phase"
    since = enrolment.phase_since.date()
    assert 21 <= (since - (TODAY - timedelta(days=35))).days <= 24
    phases = {one.id: one.phase for one in history.circuits(person.id)}
    for one in history.sets(person.id):
        assert one.circuit_id is not None
        assert phases[one.circuit_id] == (one.day >= since)
    assert len({one.exercise for one in history.sets(person.id)}) == 6


def test_it_gets_better(demo: tuple[History, Profile]) -> None:
    history, person = demo
    for exercise, names in (
        ("clamshell", ("pelvic_rotation",)),
        ("glute_bridge", ("incomplete_extension", "sinking")),
        ("small_squat", ("knee_valgus",)),
    ):
        sets = history.sets(person.id, exercise=exercise)
        first, last = sets[: len(sets) // 3], sets[-len(sets) // 3 :]
        roms = [median(r.rom_deg for one in part for r in one.reps) for part in (first, last)]
        assert roms[0] < roms[1]
        assert faults(first, *names) > 1.2 * faults(last, *names) > 0
    clams = history.sets(person.id, exercise="clamshell")
    gaps = []
    for part in (clams[:8], clams[-8:]):
        left, right = (
            median(r.rom_deg for one in part for r in one.reps if r.side == side)
            for side in ("left", "right")
        )
        gaps.append(right - left)
    assert gaps[0] > gaps[1] + 0.5 and gaps[0] > 2


def test_what_happens_in_real_life_is_there(demo: tuple[History, Profile]) -> None:
    history, person = demo
    sets = history.sets(person.id)
    assert [one.state for one in sets].count("broken_off") == 1
    assert [one.pain for one in sets].count(True) == 1
    assert 0.1 < [one.pain for one in sets].count(None) / len(sets) < 0.4
    assert any(one.note for one in sets) and any(one.partials for one in sets)
    assert any("pelvic_rotation" in one.not_assessed for one in sets)
    assert all("range_too_small" in s.not_assessed for s in sets if s.exercise == "small_squat")
    circuits = history.circuits(person.id)
    assert {"done", "pain"} <= {one.end_reason for one in circuits}
    assert any(one.skipped for one in circuits) and any(one.effort is None for one in circuits)


def test_a_set_can_be_looked_into(demo: tuple[History, Profile]) -> None:
    history, person = demo
    for exercise in {one.exercise for one in history.sets(person.id)}:
        one = history.sets(person.id, exercise=exercise)[0]
        whole = history.load(one.id)
        assert whole.trace is not None
        shown = from_rest(whole.trace, whole.report, EXERCISES[exercise])
        top = max(v for v in shown.value if v is not None)
        assert abs(top - max(rep.peak_deg for rep in one.reps)) < 5
        assert whole.pictures
        for jpeg in whole.pictures.values():
            with Image.open(io.BytesIO(jpeg)) as picture:
                assert min(picture.size) > 200
        shown = ReportedSet(
            whole.report, EXERCISES[exercise], whole.pictures, whole.trace, whole.prescription
        )
        page = html_reports([shown], when=whole.when)
        for jpeg in whole.pictures.values():
            assert base64.b64encode(jpeg).decode("ascii") in page


def test_its_name_says_it_is_made_up_and_again_takes_its_place(tmp_path: Path) -> None:
    history = History(f"sqlite:///{tmp_path}/history.db")
    me = history.add_profile("Me")
    other = history.add_profile("Demo (made up)")
    first = seed(history, TODAY, name="Mine")
    before = [one.reps for one in history.sets(first.id)]
    second = seed(history, TODAY, name="Mine")
    assert {one.id for one in history.profiles()} == {me.id, other.id, second.id}
    assert second.name == "Mine (made up)" and second.id != first.id
    assert [one.reps for one in history.sets(second.id)] == before and before
    assert history.sets(me.id) == ()
    history.close()
