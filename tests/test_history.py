"""The history: what was done comes back as it was, from a file and from a server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from postgresql_server import PostgreSQL
from reported import RENDERED, a_set, fault, measured, rep
from sqlalchemy import create_engine, text

from formcheck.capture.pose_file import PoseFile
from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import best_of_sides
from formcheck.engine.kept_rep import KeptRep, RepKeeper
from formcheck.history import (
    History,
    HistoryError,
    NotInHistoryError,
    Profile,
    SetStart,
    new_id,
    schema,
)
from formcheck.history.export import write_json
from formcheck.history.importing import import_history
from formcheck.history.schema import HEAD, VERSION_TABLE
from formcheck.history.tables import Base
from formcheck.live.coached_set import FinishedSet

ASKED = Prescription(reps=10, hold_s=2.0)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/history.db"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.emptied_database()


@pytest.fixture
def history(url: str) -> Iterator[History]:
    opened = History(url)
    yield opened
    opened.close()


@pytest.fixture
def person(history: History) -> Profile:
    return history.add_profile("Ann")


def begun(
    history: History,
    person: Profile,
    when: datetime | None = None,
    *,
    late: bool = False,
    exercise: str = "squat",
    **more: object,
) -> str:
    if when is not None:
        more["when"] = when
    start = SetStart(new_id(), person.id, exercise, ASKED, **more)  # type: ignore[arg-type]
    history.begin_set(start, late=late)
    return start.id


def finished(*reps: object, pictures: dict[str, bytes] | None = None) -> FinishedSet:
    report = a_set(reps or [rep(1), rep(2)])  # type: ignore[arg-type]
    return FinishedSet("", NOON, report, ASKED, pictures or {})


def end(history: History, set_id: str, one: FinishedSet | None = None) -> None:
    history.finish_set(set_id, one or finished(), end_reason="reps", duration_s=31.5)


def test_a_set_comes_back_as_it_was(history: History, person: Profile) -> None:
    report, shown, trace = measured("squat-00", "squat")
    when = datetime(2026, 3, 1, 18, 45, 12, 345_000, timezone(timedelta(hours=5, minutes=45)))
    set_id = begun(history, person, when, both_sides=False)
    one = FinishedSet("", when, report, ASKED, shown, trace)
    history.finish_set(set_id, one, end_reason="reps", duration_s=31.5)
    back = history.load(set_id)
    assert back.report.to_json() == report.to_json()
    assert back.pictures == shown and len(shown) == 4
    assert back.prescription == ASKED and back.id == set_id
    assert back.when == when and back.when.utcoffset() == when.utcoffset()
    assert back.trace is not None
    assert back.trace.time_s == pytest.approx(trace.time_s, abs=1e-3)
    (past,) = history.sets(person.id)
    assert past == history.past_set(set_id)
    assert past.state == "done" and past.end_reason == "reps" and past.duration_s == 31.5
    assert past.reps == back.report.reps and past.partials == back.report.partials
    assert past.not_assessed == back.report.summary.not_assessed
    assert past.when == when and past.day == date(2026, 3, 1)
    assert not past.both_sides and past.source == "live" and past.problem == ""


def test_the_best_reps_skeleton_is_found_again(
    history: History, person: Profile, tmp_path: Path
) -> None:
    report, _, trace = measured("squat-00", "squat")
    keeper = RepKeeper()
    for pose in PoseFile(RENDERED / "squat-00.npz"):
        keeper.push(pose)
    best = best_of_sides(report, EXERCISES["squat"])
    kept = [one for one in map(keeper.kept, best) if one is not None]
    assert [one.index for one in kept] == [1]
    whole = FinishedSet("", NOON, report, ASKED, {}, replace(trace, best=tuple(kept)))
    worse = a_set([rep(1, fault("knee_valgus"))])
    again = KeptRep(1, kept[0].frame_size, kept[0].time_s, kept[0].points_px + 1)
    for one in (whole, replace(whole, report=worse, trace=replace(trace, best=(again,)))):
        end(history, begun(history, person), one)
    # The newest set has none.
    end(history, begun(history, person), FinishedSet("", NOON, report, ASKED, {}, trace))

    found = history.best_rep(person.id, EXERCISES["squat"], "both")
    assert found is not None
    one, done, back = found
    assert done == one.reps[0] and not done.faults and len(one.reps) == 3
    assert back.time_s == pytest.approx(kept[0].time_s, abs=1e-3)
    assert back.points_px == pytest.approx(kept[0].points_px, abs=0.51, nan_ok=True)
    assert all(pose.has_person for pose in back)
    assert history.best_rep(person.id, EXERCISES["clamshell"], "left") is None
    # Another program gets it as well.
    write_json(history, tmp_path / "all.json", person.id)
    history.delete_profile(person.id)
    import_history(history, tmp_path / "all.json")
    (anew,) = history.profiles()
    found = history.best_rep(anew.id, EXERCISES["squat"], "both")
    assert found is not None and (found[2].points_px == back.points_px).all()


def test_every_rep_is_there_the_moment_it_is_done(
    history: History, person: Profile, url: str
) -> None:
    set_id = begun(history, person)
    other = History(url)
    for index in (1, 2, 3):
        history.add_rep(set_id, rep(index, fault("knee_valgus", side="left"), side="left"))
        history.add_rep(set_id, rep(index, why="too shallow"))
        seen = other.past_set(set_id)
        assert [one.index for one in seen.reps] == list(range(1, index + 1))
        assert [one.why for one in seen.partials] == ["too shallow"] * index
        assert seen.state == "running" and seen.reps_on("left") == index
        assert seen.duration_s == 4.0 * index + 3.0
    other.close()


def test_writing_twice_is_writing_once(history: History, person: Profile) -> None:
    """Who does not know whether something was written writes it again."""
    set_id = begun(history, person, NOON)
    history.begin_set(SetStart(set_id, person.id, "clamshell", prescription=ASKED))
    for _ in range(2):
        history.add_rep(set_id, rep(1))
    assert len(history.sets(person.id)) == 1
    one = history.past_set(set_id)
    assert one.exercise == "squat" and len(one.reps) == 1
    end(history, set_id, finished(rep(1), rep(2), pictures={"rep001_top": b"jpeg"}))
    end(history, set_id, finished(rep(1), pictures={"rep001_top": b"other"}))
    assert len(history.past_set(set_id).reps) == 2
    assert history.load(set_id).pictures == {"rep001_top": b"jpeg"}


def test_a_late_rep_changes_nothing_in_a_set_that_is_over(
    history: History, person: Profile
) -> None:
    set_id = begun(history, person)
    end(history, set_id)
    history.add_rep(set_id, rep(3))
    assert len(history.past_set(set_id).reps) == 2


def test_what_is_not_there_is_told(history: History, person: Profile) -> None:
    for do in (
        lambda: history.add_rep(new_id(), rep(1)),
        lambda: end(history, new_id()),
        lambda: history.load(new_id()),
        lambda: history.delete_set(new_id()),
        lambda: history.note(new_id(), "x"),
        lambda: history.mark_broken_off(new_id()),
    ):
        with pytest.raises(NotInHistoryError, match="no set"):
            do()
    with pytest.raises(NotInHistoryError, match="no person"):
        begun(history, Profile(new_id(), "Nobody", NOON))
    with pytest.raises(NotInHistoryError, match="no circuit"):
        begun(history, person, circuit_id=new_id(), position=0)
    assert history.sets(person.id) == ()


def test_a_set_that_was_broken_off_keeps_its_reps(history: History, person: Profile) -> None:
    quiet = begun(history, person, datetime.now().astimezone() - timedelta(minutes=11))
    given_up = begun(history, person)
    history.add_rep(given_up, rep(1))
    history.mark_broken_off(given_up)
    assert [one.state for one in history.sets(person.id)] == ["broken_off", "broken_off"]
    loaded = history.load(given_up)
    assert len(loaded.report.reps) == 1 and "broken off" in loaded.report.notes[0]
    assert history.past_set(quiet).reps == ()
    # Its end comes after all.
    end(history, given_up)
    history.mark_broken_off(given_up)
    assert history.past_set(given_up).state == "done"


def test_a_note_to_a_broken_off_set_does_not_set_it_going(
    history: History, person: Profile
) -> None:
    quiet = begun(history, person, NOON)
    history.note(quiet, "  Left knee\0 clicked. \ud800 ")
    history.answer_pain(quiet, True, 3)
    one = history.past_set(quiet)
    assert one.state == "broken_off"
    assert one.note.startswith("Left knee clicked.") and one.pain and one.pain_level == 3
    history.answer_pain(quiet, False, 3)
    assert history.past_set(quiet).pain is False and history.past_set(quiet).pain_level is None
    history.answer_pain(quiet, None)
    assert history.past_set(quiet).pain is None


def test_days_are_those_of_the_persons_own_clock(history: History, person: Profile) -> None:
    """At 23:30 in New York it is the next day in London, and at 0:30 in Auckland the one before."""
    late_evening = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    after_midnight = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=13)))
    for when in (late_evening, after_midnight):
        begun(history, person, when)

    def found(since: int | None, until: int | None) -> list[int]:
        days = [None if day is None else date(2026, 3, day) for day in (since, until)]
        return [one.day.day for one in history.sets(person.id, since=days[0], until=days[1])]

    assert found(None, None) == [1, 3]
    assert found(1, 1) == [1] and found(3, 3) == [3] and found(2, 2) == []
    assert found(2, None) == [3] and found(None, 2) == [1]
    assert history.days(person.id) == (date(2026, 3, 1), date(2026, 3, 3))
    assert len(history.sets(person.id, since=date.min, until=date.max)) == 2


def test_sets_are_found_by_exercise_and_circuit(history: History, person: Profile) -> None:
    enrolment = history.enrol(person.id, {"id": "mine", "name": "Mine"})
    circuit = history.begin_circuit(enrolment, when=NOON)
    part = begun(history, person, NOON, circuit_id=circuit.id, position=3)
    alone = begun(history, person, NOON, exercise="clamshell")
    assert [one.id for one in history.sets(person.id, circuit_id=circuit.id)] == [part]
    assert [one.id for one in history.sets(person.id, exercise="clamshell")] == [alone]
    assert history.past_set(part).position == 3
    assert history.sets(history.add_profile("Bob").id) == ()


def test_programmes_and_circuits_come_back(history: History, person: Profile) -> None:
    programme = {"id": "mine", "name": "Mine \u00fc", "phases": [{"name": "One"}]}
    first = history.enrol(person.id, programme)
    second = history.enrol(person.id, programme, phase=1)
    assert history.enrolment(person.id) == second and second.programme == programme
    assert history.set_phase(second.id, 2).phase == 2
    circuit = history.begin_circuit(second, when=NOON)
    for position in (4, 1, 4):
        history.skip(circuit.id, position)
    history.end_circuit(circuit.id, "pain", when=NOON + timedelta(minutes=20))
    history.answer_effort(circuit.id, 6)
    back = history.circuit(circuit.id)
    assert back.skipped == (1, 4) and back.end_reason == "pain" and back.effort == 6
    assert back.ended == NOON + timedelta(minutes=20)
    assert history.circuits(person.id, since=date(2026, 3, 1), until=date(2026, 3, 1)) == (back,)
    assert history.circuits(person.id, until=date(2026, 2, 28)) == ()
    history.end_enrolment(second.id)
    assert history.enrolment(person.id) is None and first.id != second.id
    history.save_programme(programme)
    history.save_programme({**programme, "name": "Yours"})
    assert [one["name"] for one in history.own_programmes()] == ["Yours"]
    history.delete_programme("mine")
    assert history.own_programmes() == ()


def test_names_are_told_apart(history: History, person: Profile) -> None:
    with pytest.raises(HistoryError, match="already"):
        history.add_profile("  ann ")
    bob = history.add_profile("Bob\0  the\tsecond")
    assert bob.name == "Bob the second"
    with pytest.raises(HistoryError, match="already"):
        history.rename_profile(bob.id, "ANN")
    history.rename_profile(person.id, "ANN")
    for name in ("", " ", "x" * 81):
        with pytest.raises(HistoryError, match="1 to 80"):
            history.rename_profile(bob.id, name)
    assert [one.name for one in history.profiles()] == ["ANN", "Bob the second"]


def test_a_deleted_person_leaves_nothing(history: History, person: Profile) -> None:
    bob = history.add_profile("Bob")
    for one in (person, bob):
        circuit = history.begin_circuit(history.enrol(one.id, {"id": "mine"}))
        set_id = begun(history, one, circuit_id=circuit.id, position=0)
        end(history, set_id, finished(rep(1), pictures={"rep001_top": b"jpeg"}))
    history.delete_profile(person.id)
    with history.reading() as session:
        rows = {
            name: session.scalar(text(f"SELECT count(*) FROM {name}"))
            for name in Base.metadata.tables
        }
    assert rows == {
        "profile": 1, "programme": 0, "enrolment": 1, "circuit": 1, "exercise_set": 1, "rep": 1,
        "picture": 1,
    }  # fmt: skip
    history.delete_set(history.sets(bob.id)[0].id)
    assert history.sets(bob.id) == () and len(history.circuits(bob.id)) == 1


def test_a_change_is_seen_in_the_version(history: History, person: Profile) -> None:
    seen = [history.version(person.id)]
    set_id = begun(history, person)
    seen.append(history.version(person.id))
    history.note(set_id, "x")
    seen.append(history.version(person.id))
    history.delete_set(set_id)
    seen.append(history.version(person.id))
    assert seen[0] == seen[3] and len(set(seen[:3])) == 3


def test_order_is_that_of_doing_when_the_clock_is_put_back(
    history: History, person: Profile
) -> None:
    begun(history, person, NOON)
    back = NOON - timedelta(hours=3)
    # Put back, and only the next day right again.
    for when in (back, back + timedelta(minutes=5), NOON + timedelta(days=1)):
        begun(history, person, when)
    found = history.sets(person.id)
    assert [one.when for one in found] == [
        NOON, back, back + timedelta(minutes=5), NOON + timedelta(days=1)
    ]  # fmt: skip
    assert [one.clock_doubt for one in found] == [False, True, True, False]


def test_a_clock_that_is_a_little_off_is_not_doubted(history: History, person: Profile) -> None:
    for minutes in (0, -1.9, 5):
        begun(history, person, NOON + timedelta(minutes=minutes))
    assert not any(one.clock_doubt for one in history.sets(person.id))


def test_a_set_in_the_future_is_doubted_and_hinders_no_other(
    history: History, person: Profile
) -> None:
    now = datetime.now().astimezone()
    begun(history, person, now + timedelta(days=400))
    for minute in (0, 1):
        begun(history, person, now + timedelta(minutes=minute))
    begun(history, person, now + timedelta(hours=14))
    assert [one.clock_doubt for one in history.sets(person.id)] == [True, True, True, False]


def test_a_set_kept_later_takes_its_place(history: History, person: Profile) -> None:
    for hour in (1, 3):
        begun(history, person, NOON + timedelta(hours=hour))
    for hour in (2, 0, 4):
        begun(history, person, NOON + timedelta(hours=hour), late=True)
    found = history.sets(person.id)
    assert [(one.when - NOON) // timedelta(hours=1) for one in found] == [0, 1, 2, 3, 4]
    assert not any(one.clock_doubt for one in found)


def test_an_exercise_that_is_no_more_does_not_hide_the_others(
    history: History, person: Profile
) -> None:
    history.enrol(person.id, {"id": "old", "phases": [{"items": [{"exercise": "tail_wag"}]}]})
    gone = begun(history, person, exercise="tail_wag")
    history.add_rep(gone, rep(1, side="left"))
    with_report = begun(history, person, exercise="tail_wag")
    report = replace(a_set([rep(1)]), exercise="tail_wag")
    end(history, with_report, FinishedSet("", NOON, report, ASKED, {}))
    begun(history, person)
    found = history.sets(person.id)
    assert [one.exercise for one in found] == ["tail_wag", "tail_wag", "squat"]
    assert "tail_wag" in found[0].problem and found[0].reps_on("left") == 1
    assert found[2].problem == ""
    assert history.enrolment(person.id) is not None
    assert history.load(with_report).report.exercise == "tail_wag"
    with pytest.raises(HistoryError, match=r"tail_wag.*Update formcheck"):
        history.load(gone)


@pytest.mark.parametrize(
    ("column", "damaged", "problem"),
    [
        ("data", "{", "1 of its 2 attempts"),
        ("data", '{"index": 1}', "1 of its 2 attempts"),
        ("data", "null], [1", "1 of its 2 attempts"),
        ("prescription", "[1]", "prescribed"),
        ("not_assessed", "", "not assessed"),
        ("utc_offset_s", 100_000_000, "When it was done"),
    ],
)
def test_a_damaged_set_is_named_and_the_others_are_there(
    history: History, person: Profile, column: str, damaged: str | int, problem: str
) -> None:
    broken, whole = begun(history, person), begun(history, person)
    for set_id in (broken, whole):
        end(history, set_id)
    change = f"UPDATE exercise_set SET {column} = :damaged WHERE id = :id"
    if column == "data":
        change = "UPDATE rep SET data = :damaged WHERE set_id = :id AND position = 1"
    with history.writing() as session:
        session.execute(text(change), {"damaged": damaged, "id": broken})
    first, second = history.sets(person.id)
    assert problem in first.problem and second.problem == ""
    assert len(second.reps) == 2


def test_a_damaged_report_is_made_of_its_reps(history: History, person: Profile) -> None:
    set_id = begun(history, person)
    end(history, set_id)
    with history.writing() as session:
        session.execute(text("UPDATE exercise_set SET report = '{', trace = 'x'"))
    loaded = history.load(set_id)
    assert len(loaded.report.reps) == 2 and "damaged" in loaded.report.notes[0]
    assert loaded.trace is None


def test_damaged_programmes_do_not_hide_the_others(history: History, person: Profile) -> None:
    history.enrol(person.id, {"id": "a"})
    for name in "ab":
        history.save_programme({"id": name})
    with history.writing() as session:
        session.execute(text("UPDATE programme SET data = '{' WHERE id = 'a'"))
        session.execute(text("UPDATE enrolment SET programme = '{'"))
    assert [one["id"] for one in history.own_programmes()] == ["b"]
    with pytest.raises(HistoryError, match="Start it again"):
        history.enrolment(person.id)
    history.enrol(person.id, {"id": "b"})
    assert history.enrolment(person.id) is not None


def test_what_fails_in_the_middle_leaves_nothing(history: History, person: Profile) -> None:
    set_id = begun(history, person)
    history.add_rep(set_id, rep(1))
    with pytest.raises(HistoryError):
        # Two pictures of one name, and the reps were replaced before.
        end(history, set_id, finished(rep(1), rep(1)))
    one = history.past_set(set_id)
    assert len(one.reps) == 1 and one.state == "running"


def test_migrations_make_exactly_the_tables(history: History, url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    folder = Path(schema.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_a_file_made_by_migrations_is_the_same_as_one_made_of_the_tables(tmp_path: Path) -> None:
    """Down to what the comparison does not see: names, defaults, the layout of rows."""
    History(f"sqlite:///{tmp_path}/migrated.db").close()
    plain = create_engine(f"sqlite:///{tmp_path}/plain.db")
    Base.metadata.create_all(plain)
    plain.dispose()

    def made(name: str) -> set[frozenset[str]]:
        with sqlite3.connect(tmp_path / name) as connection:
            found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            return {
                frozenset(line.strip(" \t,") for line in sql.splitlines())
                for (sql,) in found
                if VERSION_TABLE not in sql
            }

    assert made("migrated.db") == made("plain.db")
