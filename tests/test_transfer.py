"""The history out and in again: all of it there, nothing twice, and a bad file takes nothing in."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from reported import a_set, fault, measured, rep

from formcheck.engine.exercise import Prescription
from formcheck.history import History, HistoryError, Profile, SetStart, new_id
from formcheck.history.export import csv_zip, json_lines, write_database, write_json
from formcheck.history.forget import forget_everything, forget_profile
from formcheck.history.importing import import_history
from formcheck.history.recorder import Recorder
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.shipped import PROGRAMMES

NOW = datetime.fromisoformat("2026-03-02T18:45:12.345+05:30")
MINE = {
    "id": "mine",
    "name": "My own",
    "phases": [{"name": "One", "items": [{"exercise": "squat", "reps": 5}]}],
}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], History]]:
    opened: list[History] = []

    def make(name: str) -> History:
        opened.append(History(f"sqlite:///{tmp_path / name}.db"))
        return opened[-1]

    yield make
    for history in opened:
        history.close()


@pytest.fixture
def there(make: Callable[[str], History]) -> History:
    return make("there")


@pytest.fixture
def here(make: Callable[[str], History]) -> History:
    return make("here")


def train(history: History, name: str = "Anna") -> Profile:
    """Somebody with something of everything that is kept."""
    person = history.add_profile(name)
    enrolment = history.enrol(person.id, PROGRAMMES["glutes_3phase"].to_dict(), when=NOW)
    enrolment = history.set_phase(enrolment.id, 1, when=NOW + timedelta(days=1))
    circuit = history.begin_circuit(enrolment, when=NOW)
    report, shown, trace = measured("squat-00", "squat")
    asked = Prescription(reps=3, hold_s=2.0)
    done = new_id()
    history.begin_set(
        SetStart(
            done,
            person.id,
            "squat",
            prescription=asked,
            both_sides=False,
            circuit_id=circuit.id,
            position=1,
            when=NOW,
        )
    )
    history.finish_set(
        done, FinishedSet(done, NOW, report, asked, shown, trace), end_reason="target", duration_s=9
    )
    history.answer_pain(done, True, 4)
    history.note(done, "Zwickte ein wenig, \U0001f642")
    broken = new_id()
    later = NOW + timedelta(minutes=4)
    history.begin_set(SetStart(broken, person.id, "squat", prescription=Prescription(), when=later))
    history.add_rep(broken, rep(1, fault("knee_valgus", side="left")), when=later)
    history.add_rep(broken, rep(1, why="went 40% of the way: a rep needs half or more"), when=later)
    history.skip(circuit.id, 2)
    history.end_circuit(circuit.id, "pain", when=NOW + timedelta(minutes=9))
    history.answer_effort(circuit.id, 6)
    if not history.own_programmes():
        history.save_programme(MINE)
    return person


def everything(history: History, profile_id: str) -> object:
    """All that can be asked about a person."""
    sets = history.sets(profile_id)
    whole = [history.load(one.id) for one in sets]
    return (
        history.enrolment(profile_id),
        history.circuits(profile_id),
        sets,
        [one.report.to_json() for one in whole],
        [one.pictures for one in whole],
        [one.trace for one in whole],
        history.own_programmes(),
    )


def exported(history: History, file: Path, profile_id: str | None = None) -> Path:
    write_json(history, file, profile_id)
    return file


# ------------------------------------------------------------------- there and back


def test_all_of_a_past_comes_over(there: History, here: History, tmp_path: Path) -> None:
    anna, ben = train(there), there.add_profile("Ben")
    done = import_history(here, exported(there, tmp_path / "all.json"))
    assert [one.name for one in here.profiles()] == ["Anna", "Ben"]
    assert [one.created for one in here.profiles()] == [anna.created, ben.created]
    assert everything(here, anna.id) == everything(there, anna.id)
    assert done.sentence() == "Imported 2 sets for Anna, Ben."
    assert {one.state for one in here.sets(anna.id)} == {"done", "broken_off"}


def test_twice_is_once_and_what_was_changed_here_stays(
    there: History, here: History, tmp_path: Path
) -> None:
    anna = train(there)
    file = exported(there, tmp_path / "all.json")
    import_history(here, file)
    first = here.sets(anna.id)[0].id
    here.answer_pain(first, False)
    here.rename_profile(anna.id, "Anna here")
    before = everything(here, anna.id)
    done = import_history(here, file)
    assert (done.new_sets, done.known_sets, done.people) == (0, 2, ["Anna here"])
    assert everything(here, anna.id) == before
    assert exported(there, tmp_path / "again.json").stat().st_size == file.stat().st_size


def test_sets_done_on_two_computers_stand_in_the_order_of_time(
    there: History, here: History, tmp_path: Path
) -> None:
    anna = train(there)
    import_history(here, exported(there, tmp_path / "a.json"))
    for history, minutes in ((there, 30), (here, 20), (there, 10), (here, 40)):
        when = NOW + timedelta(minutes=minutes)
        history.begin_set(
            SetStart(new_id(), anna.id, "squat", prescription=Prescription(), when=when)
        )
    import_history(here, exported(there, tmp_path / "b.json"))
    whens = [one.when for one in here.sets(anna.id)]
    assert len(whens) == 6 and whens == sorted(whens)


def test_one_person_only(there: History, here: History, tmp_path: Path) -> None:
    train(there, "Anna")
    ben = train(there, "Ben")
    done = import_history(here, exported(there, tmp_path / "ben.json", ben.id))
    assert done.people == ["Ben"] and [one.name for one in here.profiles()] == ["Ben"]
    assert everything(here, ben.id) == everything(there, ben.id)


def test_somebody_else_of_that_name_gets_a_number(
    there: History, here: History, tmp_path: Path
) -> None:
    mine, theirs = here.add_profile("anna"), train(there, "Anna")
    done = import_history(here, exported(there, tmp_path / "a.json"))
    assert {one.name: one.id for one in here.profiles()} == {"anna": mine.id, "Anna 2": theirs.id}
    assert "'Anna 2'" in done.sentence()
    assert here.sets(mine.id) == () and len(here.sets(theirs.id)) == 2


def test_it_can_become_somebody_who_is_here(there: History, here: History, tmp_path: Path) -> None:
    me, theirs = here.add_profile("Me"), train(there, "Me")
    here.enrol(me.id, PROGRAMMES["nine_glute_med"].to_dict(), when=NOW + timedelta(days=30))
    done = import_history(here, exported(there, tmp_path / "a.json"), into=me.id)
    assert done.people == ["Me"] and [one.id for one in here.profiles()] == [me.id]
    assert len(here.sets(me.id)) == len(there.sets(theirs.id)) == 2
    # The programme begun last goes on.
    following = here.enrolment(me.id)
    assert following is not None and following.programme["id"] == "nine_glute_med"
    assert len(here.circuits(me.id)) == 1


@pytest.mark.parametrize("programme", ["null", '{"a": 1}'])
def test_a_programme_that_cannot_be_read_is_not_followed(
    there: History, here: History, tmp_path: Path, programme: str
) -> None:
    who = train(there)
    file = exported(there, tmp_path / "a.json")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        if '"kind": "enrolment"' in line:
            entry = {**json.loads(line.rstrip().removesuffix(",")), "programme": "@"}
            lines[number] = json.dumps(entry).replace('"@"', programme) + ",\n"
    file.write_text("".join(lines), encoding="utf-8")
    assert "cannot be read" in import_history(here, file).sentence()
    assert here.enrolment(who.id) is None and len(here.circuits(who.id)) == 1
    assert len(here.sets(who.id)) == 2


def test_no_text_that_is_taken_in_speaks_to_the_terminal(
    there: History, here: History, tmp_path: Path
) -> None:
    who = train(there)
    file = exported(there, tmp_path / "a.json")
    text = file.read_text(encoding="utf-8")
    spoiled = re.sub('"(note|title)": "', r'"\1": "\\u001b[31m', text)
    file.write_text(spoiled, encoding="utf-8")
    assert spoiled != text
    import_history(here, file)
    kept = "".join(json_lines(here))
    assert "[31m" in kept and "\\u001b" not in kept and len(here.sets(who.id)) == 2


def test_a_programme_of_ones_own_is_not_overwritten(
    there: History, here: History, tmp_path: Path
) -> None:
    train(there)
    here.save_programme({**MINE, "name": "Another one"})
    done = import_history(here, exported(there, tmp_path / "a.json"))
    assert here.own_programmes()[0]["name"] == "Another one"
    assert "'mine'" in done.sentence()


def test_a_file_that_an_editor_laid_out_anew_is_read_too(
    there: History, here: History, tmp_path: Path
) -> None:
    anna = train(there)
    file = exported(there, tmp_path / "a.json")
    file.write_text(json.dumps(json.loads(file.read_text()), indent=4), encoding="utf-8-sig")
    import_history(here, file)
    assert everything(here, anna.id) == everything(there, anna.id)


def test_the_whole_file_is_a_copy_while_sets_are_written_to_it(
    there: History, here: History, tmp_path: Path
) -> None:
    anna = train(there)
    stop = threading.Event()

    def write() -> None:
        with Recorder(on_problem=pytest.fail, url=there.url) as recorder:
            set_id = new_id()
            recorder.begin(
                SetStart(
                    set_id,
                    anna.id,
                    "squat",
                    prescription=Prescription(),
                    both_sides=True,
                    when=NOW + timedelta(hours=1),
                )
            )
            for index in range(1, 2000):
                recorder.rep(set_id, rep(index))
                recorder.flush(10)
                if stop.is_set():
                    break

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not (len(past := there.sets(anna.id)) == 3 and past[-1].reps):
            pass
        file = tmp_path / "copy.db"
        write_database(there, file)
    finally:
        stop.set()
        writer.join()
    with sqlite3.connect(file) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    before = file.read_bytes()
    done = import_history(here, file)
    assert done.new_sets == 3 and file.read_bytes() == before
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    whole = [one for one in here.sets(anna.id) if one.state == "done"]
    assert here.load(whole[0].id).report == there.load(whole[0].id).report
    reps = here.sets(anna.id)[-1].reps
    assert [one.index for one in reps] == list(range(1, len(reps) + 1)) and reps


def test_a_server_is_told_apart() -> None:
    class Server(History):
        def __init__(self) -> None:
            self.url = "postgresql://someone:secret@server/db"
            self.file = None

    with pytest.raises(HistoryError, match="pg_dump") as told:
        write_database(Server(), Path("x.db"))
    assert "secret" not in str(told.value)


def test_the_tables(there: History) -> None:
    anna = train(there)
    with zipfile.ZipFile(io.BytesIO(csv_zip(there, anna.id))) as archive:
        tables = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"))))
            for name in archive.namelist()
        }
    past = there.sets(anna.id)
    assert [row["set_id"] for row in tables["sets.csv"]] == [one.id for one in past]
    assert len(tables["attempts.csv"]) == sum(len(o.reps) + len(o.partials) for o in past)


# ------------------------------------------------------------------------- bad files


def newer(text: str) -> str:
    return text.replace("formcheck.history/1", "formcheck.history/2")


def without_its_end(text: str) -> str:
    return text[: text.rindex("\n]}")]


def in_the_middle_of_a_line(text: str) -> str:
    return text[: len(text) * 2 // 3]


def no_prescription(text: str) -> str:
    return text.replace('"prescription": ', '"prescribed": ')


def another_persons_circuit(text: str) -> str:
    return text.replace('"kind": "enrolment"', '"kind": "something else"')


def no_time_zone(text: str) -> str:
    return text.replace("+05:30", "")


def changed(pattern: str, to: str) -> Callable[[str], str]:
    def spoil(text: str) -> str:
        spoiled = re.sub(pattern, to, text, count=1)
        assert spoiled != text
        return spoiled

    return spoil


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is exported of somebody's past."""
    folder = tmp_path_factory.mktemp("good")
    history = History(f"sqlite:///{folder}/good.db")
    train(history)
    text = exported(history, folder / "a.json").read_text(encoding="utf-8")
    history.close()
    return text


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "newer formcheck"),
        (without_its_end, "its end is missing"),
        (in_the_middle_of_a_line, "is damaged: line"),
        (no_prescription, "entry .* cannot be understood"),
        (another_persons_circuit, "entry .* cannot be understood"),
        (no_time_zone, "is damaged"),
        (changed('"created": "[^"]+"', '"created": "0001-01-01T00:00:00+23:59"'), "centuries"),
        (changed('"hold_s": 2.0', '"hold_s": NaN'), "line .* cannot be read"),
        (changed('"hold_s": 2.0', '"hold_s": 1e999'), "line .* cannot be read"),
        (changed('"hold_s": 2.0', '"hold_s": "2"'), "hold_s"),
        (changed('"reps": 3', '"reps": true'), "reps"),
        (changed('"rom_deg": [0-9.]+', '"rom_deg": 1e300'), "rom_deg"),
        (changed('"rom_deg": [0-9.]+', '"rom_deg": "much"'), "rom_deg"),
        (changed('"severity": "mild"|"severity": "marked"', '"severity": "<b>"'), "severity"),
        (changed('"phase": 1', '"phase": 99999999999999999999'), "phase"),
        (changed('"phase": 1', f'"phase": {"9" * 5000}'), "line .* cannot be read"),
        (changed('"pain_level": 4', '"pain_level": -4'), "pain_level"),
        (changed('"position": 1', '"position": 1.5'), "position"),
        (changed('"skipped": .2.', '"skipped": [[2]]'), "skipped"),
        (changed('"note": "[^"]+"', '"note": 7'), "note"),
        (changed('": "/9j/[^"]+"', '": "aGVsbG8="'), "no picture"),
        (
            changed('"kind": "set"', f'"kind": {"[" * 50_000}'),
            "line .* cannot be read|not a history",
        ),
        (lambda _: "", "not a history"),
        (lambda _: '{"schema": "formcheck.report/1"}', "not a history"),
        (lambda _: "[1, 2]", "not a history"),
        (lambda _: "a,b\n1,2\n", "not a history"),
    ],
)
def test_a_bad_file_is_told_and_takes_nothing_in(
    here: History, good: str, tmp_path: Path, spoil: Callable[[str], str], says: str
) -> None:
    file = tmp_path / "a.json"
    file.write_text(spoil(good), encoding="utf-8")
    with pytest.raises(HistoryError, match=says) as told:
        import_history(here, file)
    assert str(file) in str(told.value)
    assert here.profiles() == () and here.own_programmes() == ()


@pytest.mark.parametrize(
    "kind", ["picture", "empty", "folder", "missing", "other", "cut", "endless", "fifo"]
)
def test_what_is_no_history_at_all(
    there: History, here: History, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "file"
    if kind == "picture":
        file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "folder":
        file.mkdir()
    elif kind == "other":
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE recipe (id INTEGER)")
        other.close()
    elif kind == "endless":
        write_database(there, file)
        with sqlite3.connect(file) as other:
            other.execute("DROP TABLE programme")
            other.execute(
                "CREATE VIEW programme AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT "
                "id + 1 FROM c) SELECT id, '{}' AS data, 0 AS saved_ms FROM c"
            )
        other.close()
    elif kind == "fifo":
        os.mkfifo(file)
    elif kind == "cut":
        train(there)
        write_database(there, file)
        file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(HistoryError) as told:
        import_history(here, file)
    assert str(file) in str(told.value) and "\n" not in str(told.value)
    assert here.profiles() == ()


def test_a_place_that_cannot_be_written_is_told(there: History, tmp_path: Path) -> None:
    train(there)
    for write in (write_json, write_database):
        with pytest.raises(HistoryError, match="cannot be written"):
            write(there, tmp_path / "nowhere" / "x")


def test_much_is_written_and_read_piece_by_piece(
    there: History, here: History, tmp_path: Path
) -> None:
    anna = there.add_profile("Anna")
    small = np.zeros((8, 8, 3), np.uint8)
    picture = cv2.imencode(".jpg", small)[1].tobytes() + bytes(range(256)) * 1600
    report = a_set([rep(1)])
    for number in range(20):
        done = FinishedSet(new_id(), NOW, report, Prescription(), {"rep001_top": picture})
        there.begin_set(
            SetStart(
                done.id,
                anna.id,
                "squat",
                prescription=Prescription(),
                when=NOW + timedelta(minutes=number),
            )
        )
        there.finish_set(done.id, done, end_reason="target", duration_s=9)
    file = tmp_path / "a.json"
    tracemalloc.start()
    try:
        write_json(there, file)
        assert import_history(here, file).new_sets == 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert file.stat().st_size > 10e6 and peak < 6e6
    assert len(list(json_lines(there))) == 23


# -------------------------------------------------------------------- deleted for good

SECRET = "Geheimnis-7f3a"
FACE = b"\xff\xd8\xffthe-face-of-anna" * 3000


def left(folder: Path) -> set[str]:
    """Files in which something of the secrets is."""
    found = set()
    for file in folder.rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            if SECRET.encode() in text or b"the-face-of-anna" in text:
                found.add(file.name)
    return found


@pytest.mark.parametrize("what", ["set", "person", "everything"])
def test_nothing_is_left_in_the_bytes(data: Path, what: str) -> None:
    history = History()
    anna, ben = history.add_profile(f"Anna {SECRET}"), history.add_profile("Ben")
    set_id = new_id()
    for person, key, words in ((anna, set_id, SECRET), (ben, new_id(), "quite all right")):
        report = a_set([rep(1, why=words)], exercise="squat")
        done = FinishedSet(key, NOW, report, Prescription(), {"a": FACE} if person is anna else {})
        history.begin_set(SetStart(key, person.id, "squat", prescription=Prescription(), when=NOW))
        history.add_rep(key, rep(1, why=words))
        history.finish_set(key, done, end_reason="target", duration_s=9)
        history.note(key, words)
    if what == "everything":
        history.save_programme({**MINE, "name": SECRET})
    (data / "unsaved").mkdir()
    (data / "unsaved" / f"{set_id}.json").write_text(SECRET)
    assert left(data)
    if what == "set":
        history.rename_profile(anna.id, "Anna")
        history.delete_set(set_id)
        (data / "unsaved" / f"{set_id}.json").unlink()
    elif what == "person":
        (data / "unsaved" / f"{set_id}.json").unlink()
        forget_profile(history, anna.id)
    else:
        forget_everything(history)
    assert left(data) == set()
    assert len(history.profiles()) == {"set": 2, "person": 1, "everything": 0}[what]
    if what != "everything":
        assert history.sets(ben.id)[0].note == "quite all right"
    history.close()
    assert left(data) == set()
