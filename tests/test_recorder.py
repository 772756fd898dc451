"""Sets are kept while they are done: whatever is killed, locked, full or broken."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from killed_recorder import PICTURES, REPS_BEFORE_END
from reported import a_set, fault, measured, rep

import formcheck
from formcheck.engine.exercise import Prescription
from formcheck.engine.report import Rep
from formcheck.history import History, HistoryError, Profile, SetStart, new_id
from formcheck.history import recorder as module
from formcheck.history.recorder import Recorder
from formcheck.history.unsaved import forget_unsaved, import_unsaved
from formcheck.live.coached_set import FinishedSet

TESTS = Path(__file__).parent
ROOT = Path(formcheck.__file__).parent.parent
NOW = datetime(2026, 3, 2, 18, 45, 12).astimezone()
ASKED = Prescription(reps=3, hold_s=2.0)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("FORMCHECK_DATA", str(folder))
    # Where the history is locked, nobody here waits long for it.
    monkeypatch.setenv("FORMCHECK_DATABASE", f"sqlite:///{folder}/history.db?timeout=0.05")
    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    return folder


@pytest.fixture
def history() -> Iterator[History]:
    opened = History()
    yield opened
    opened.close()


@pytest.fixture
def me(history: History) -> Profile:
    return history.add_profile("Me")


class Told:
    """What a recorder has told, and waiting for it."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self._told = threading.Condition()

    def __call__(self, sentence: str) -> None:
        with self._told:
            self.sentences.append(sentence)
            self._told.notify_all()

    def wait_for(self, words: str) -> str:
        with self._told:
            heard = self._told.wait_for(
                lambda: next((s for s in self.sentences if words in s), None), 120
            )
        assert heard, self.sentences
        return heard


def begin(recorder: Recorder, me: Profile, **more: object) -> str:
    set_id = new_id()
    recorder.begin(
        SetStart(
            set_id,
            me.id,
            "squat",
            prescription=ASKED,
            both_sides=True,
            when=NOW,
            **more,  # type: ignore[arg-type]
        )
    )
    return set_id


def finished(set_id: str, reps: int = 3, pictures: dict[str, bytes] | None = None) -> FinishedSet:
    report = a_set([rep(i) for i in range(1, reps + 1)])
    return FinishedSet(set_id, NOW, report, ASKED, pictures or {})


def finish(recorder: Recorder, set_id: str, **more: object) -> None:
    done = finished(set_id, **more)  # type: ignore[arg-type]
    recorder.finish(set_id, done, end_reason="target", duration_s=21.5)


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Another program that has the history for itself."""
    other = sqlite3.connect(data / "history.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


# --------------------------------------------------------------- as it should be


def test_every_rep_is_there_at_once_and_the_report_at_the_end(
    history: History, me: Profile
) -> None:
    told = Told()
    report, shown, trace = measured("squat-00", "squat")
    with Recorder(on_problem=told) as recorder:
        set_id = begin(recorder, me)
        for number, one in enumerate(report.reps, 1):
            recorder.rep(set_id, one)
            assert recorder.flush(30)
            past = history.past_set(set_id)
            assert (past.state, len(past.reps)) == ("running", number)
        done = FinishedSet(set_id, NOW, report, ASKED, shown, trace)
        recorder.finish(set_id, done, end_reason="target", duration_s=21.5)
    past, back = history.past_set(set_id), history.load(set_id)
    assert (past.state, past.end_reason, past.duration_s) == ("done", "target", 21.5)
    assert (past.profile_id, past.when, past.prescription) == (me.id, NOW, ASKED)
    assert back.report.to_json() == report.to_json()
    assert back.pictures == shown and len(shown) == 4
    assert back.trace is not None and len(back.trace.holds) == len(trace.holds)
    assert told.sentences == []


def test_a_set_without_an_attempt_leaves_nothing(history: History, me: Profile) -> None:
    with Recorder(on_problem=pytest.fail) as recorder:
        set_id = begin(recorder, me)
        finish(recorder, set_id, reps=0)
        recorder.pain(set_id, False)
        assert recorder.flush(30)
    assert history.sets(me.id) == ()


def test_a_set_is_never_there_without_an_attempt(
    history: History, me: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_rep, seen = History.add_rep, []

    def look_first(self: History, set_id: str, rep: Rep, **more: datetime | None) -> None:
        seen.append(len(history.past_set(set_id).reps))
        add_rep(self, set_id, rep, **more)

    monkeypatch.setattr(History, "add_rep", look_first)
    with Recorder(on_problem=pytest.fail) as recorder:
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1))
        assert recorder.flush(30)
    assert seen and 0 not in seen
    assert len(history.past_set(set_id).reps) == 1


def test_a_partial_attempt_is_kept_too(history: History, me: Profile) -> None:
    with Recorder(on_problem=pytest.fail) as recorder:
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1, why="went 40% of the way: a rep needs half or more"))
        recorder.rep(set_id, rep(1, fault("knee_valgus", side="left")))
    past = history.past_set(set_id)
    assert (len(past.reps), len(past.partials)) == (1, 1)
    assert [f.id for f in past.reps[0].faults] == ["knee_valgus"]


def test_pain_said_during_and_after_the_set(history: History, me: Profile) -> None:
    with Recorder(on_problem=pytest.fail) as recorder:
        first, second = begin(recorder, me), begin(recorder, me)
        recorder.rep(first, rep(1))
        recorder.pain(first, True)
        finish(recorder, first)
        finish(recorder, second, pictures={"rep001_top": b"jpeg"})
        assert recorder.flush(30)
        recorder.pain(second, False)
        assert recorder.flush(30)
    assert [past.pain for past in history.sets(me.id)] == [True, False]
    assert history.load(second).pictures == {"rep001_top": b"jpeg"}


def test_a_circuit_with_what_was_skipped(history: History, me: Profile) -> None:
    circuit = history.begin_circuit(history.enrol(me.id, {"id": "mine"}))
    with Recorder(on_problem=pytest.fail) as recorder:
        set_id = begin(recorder, me, circuit_id=circuit.id, position=1)
        recorder.rep(set_id, rep(1))
        recorder.skip(circuit.id, 0)
        recorder.skip(circuit.id, 2)
        recorder.end_circuit(circuit.id, "stopped")
    back = history.circuit(circuit.id)
    assert (back.skipped, back.end_reason, back.ended is not None) == ((0, 2), "stopped", True)
    (past,) = history.sets(me.id, circuit_id=circuit.id)
    assert past.position == 1


# --------------------------------------------------------------------- killed


@dataclass(frozen=True)
class Killed:
    """What programs left that were killed: of each (set, reps known to be kept, reps told)."""

    file: Path
    history: History
    ended: dict[str, list[tuple[str, int, int]]]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    folder = tmp_path_factory.mktemp("killed")
    history = History(f"sqlite:///{folder}/history.db")
    program = subprocess.run(
        [sys.executable, TESTS / "killed_recorder.py", history.add_profile("Me").id, "8", "7"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "FORMCHECK_DATABASE": history.url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert program.returncode == 0, program.stderr
    ended: dict[str, list[tuple[str, int, int]]] = {"reps": [], "finish": []}
    for line in program.stdout.splitlines():
        what, set_id, kept, told = line.split()
        ended[what].append((set_id, int(kept), int(told)))
    yield Killed(folder / "history.db", history, ended)
    history.close()


def test_killed_at_any_time_only_the_rep_in_progress_is_lost(killed: Killed) -> None:
    ended, history = killed.ended["reps"], killed.history
    assert len(ended) == 8 and max(kept for _, kept, _ in ended) >= 3
    for set_id, kept, told in ended:
        if kept == 0 and not history.has_set(set_id):
            continue  # killed before the first rep was kept
        past = history.past_set(set_id)
        assert max(kept, 1) <= len(past.reps) <= told <= kept + 1
        assert [r.index for r in past.reps] == list(range(1, len(past.reps) + 1))
        assert past.state == "broken_off"
        report = history.load(set_id).report
        assert report.summary.reps == len(past.reps)
        assert "broken off" in report.notes[0]


def test_killed_while_a_set_is_finished_it_is_whole_or_its_reps_are_there(killed: Killed) -> None:
    states = set()
    for set_id, kept, _ in killed.ended["finish"]:
        assert kept == REPS_BEFORE_END
        past, back = killed.history.past_set(set_id), killed.history.load(set_id)
        states.add(past.state)
        assert len(past.reps) == len(back.report.reps) == REPS_BEFORE_END
        if past.state == "done":
            assert back.pictures == PICTURES and not back.report.notes
        else:
            assert back.pictures == {} and "broken off" in back.report.notes[0]
    assert "done" in states and len(killed.ended["finish"]) == 8


def test_the_file_of_killed_programs_is_whole(killed: Killed) -> None:
    with sqlite3.connect(killed.file) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# -------------------------------------------------------------------- trouble


def test_a_history_that_is_locked_for_a_moment_is_waited_for(
    data: Path, history: History, me: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 60.0)
    with Recorder(on_problem=pytest.fail) as recorder:
        set_id = begin(recorder, me)
        with locked(data):
            recorder.rep(set_id, rep(1))
            assert not recorder.flush(0.3)
            recorder.rep(set_id, rep(2))
        assert recorder.flush(30)
        assert len(history.past_set(set_id).reps) == 2
    assert not (data / "unsaved").exists()


def test_what_is_locked_for_long_is_put_aside_and_written_when_it_can_be(
    data: Path, history: History, me: Profile
) -> None:
    told = Told()
    with Recorder(on_problem=told) as recorder:
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1))
        assert recorder.flush(30)
        with locked(data):
            recorder.rep(set_id, rep(2))
            assert str(data / "unsaved") in told.wait_for("in use by another program")
            # Each rep that comes now is safe at once, too.
            recorder.rep(set_id, rep(3))
            waiting = data / "unsaved" / f"{set_id}.json"
            for _ in range(600):
                kept = json.loads(waiting.read_text(encoding="utf-8"))["set"]["attempts"]
                if len(kept) == 3:
                    break
                threading.Event().wait(0.05)
            assert [r["index"] for r in kept] == [1, 2, 3]
        told.wait_for("nothing is missing")
        assert recorder.flush(30)
    assert len(history.past_set(set_id).reps) == 3
    assert list((data / "unsaved").iterdir()) == []
    assert len(told.sentences) == 2  # each once, however often it was tried


def test_a_program_that_ends_meanwhile_loses_nothing(
    data: Path, history: History, me: Profile
) -> None:
    told = Told()
    circuit = history.begin_circuit(history.enrol(me.id, {"id": "mine"}))
    with locked(data):
        recorder = Recorder(on_problem=told)
        first = begin(recorder, me, circuit_id=circuit.id, position=1)
        recorder.rep(first, rep(1, fault("knee_valgus", side="left")))
        second = begin(recorder, me)
        recorder.rep(second, rep(1))
        finish(recorder, second, pictures={"rep001_top": b"\xff\xd8jpeg"})
        recorder.pain(second, True)
        recorder.skip(circuit.id, 2)
        recorder.end_circuit(circuit.id, "pain")
        assert recorder.close(0.2)
    assert "taken into the history" in told.sentences[-1]
    assert history.sets(me.id) == ()
    assert import_unsaved(history) == ()
    past = {one.id: one for one in history.sets(me.id)}
    assert [f.id for f in past[first].reps[0].faults] == ["knee_valgus"]
    assert (past[first].circuit_id, past[first].position) == (circuit.id, 1)
    assert past[first].when == NOW and past[first].state == "broken_off"
    assert (past[second].state, past[second].pain, past[second].duration_s) == ("done", True, 21.5)
    assert history.load(second).pictures == {"rep001_top": b"\xff\xd8jpeg"}
    back = history.circuit(circuit.id)
    assert (back.skipped, back.end_reason) == ((2,), "pain")
    assert list((data / "unsaved").iterdir()) == []


def test_the_next_recorder_takes_in_what_waits_and_twice_is_once(
    data: Path, history: History, me: Profile
) -> None:
    with locked(data):
        recorder = Recorder(on_problem=Told())
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1))
        assert recorder.close(0.2)
    waiting = data / "unsaved" / f"{set_id}.json"
    copy = waiting.read_bytes()
    with Recorder(on_problem=pytest.fail) as recorder:
        other = begin(recorder, me)
        recorder.rep(other, rep(1))
    assert {past.id for past in history.sets(me.id)} == {set_id, other}
    waiting.write_bytes(copy)
    assert import_unsaved(history) == ()
    assert [len(past.reps) for past in history.sets(me.id)] == [1, 1]


def test_a_program_that_just_ends_puts_aside_what_it_could_not_write(
    data: Path, history: History, me: Profile
) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from reported import rep; from formcheck.engine.exercise import Prescription\n"
        "from formcheck.history import SetStart\n"
        "from formcheck.history.recorder import Recorder\n"
        "recorder = Recorder(on_problem=print)\n"
        "recorder.begin(SetStart('a' * 32, sys.argv[1], 'squat', Prescription()))\n"
        "recorder.rep('a' * 32, rep(1))\n"
    )
    with locked(data):
        done = subprocess.run(
            [sys.executable, "-c", script, me.id, TESTS],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert import_unsaved(history) == ()
    assert [len(past.reps) for past in history.sets(me.id)] == [1]


@pytest.mark.parametrize("breaks", ["damaged", "a folder"])
def test_a_history_that_cannot_be_opened_is_told_at_once(
    data: Path, breaks: str, me: Profile, history: History
) -> None:
    history.close()
    file = data / "history.db"
    whole = file.rename(data / "safe")
    for rest in data.glob("history.db-*"):
        rest.unlink()
    file.mkdir() if breaks == "a folder" else file.write_bytes(b"not a database" * 400)
    told = Told()
    recorder = Recorder(on_problem=told)
    set_id = begin(recorder, me)
    recorder.rep(set_id, rep(1))
    sentence = told.wait_for(str(file))
    assert str(data / "unsaved") in sentence
    assert recorder.close(0.2)
    assert told.sentences == [sentence]
    file.rmdir() if breaks == "a folder" else file.unlink()
    whole.rename(file)
    assert import_unsaved(history) == ()
    assert len(history.past_set(set_id).reps) == 1


def test_when_nothing_can_be_written_anywhere_it_stays_in_memory_until_it_can(
    data: Path, history: History, me: Profile
) -> None:
    (data / "unsaved").write_text("a file where the folder should be")
    told = Told()
    recorder = Recorder(on_problem=told)
    set_id = begin(recorder, me)
    with locked(data):
        recorder.rep(set_id, rep(1))
        assert "Leave formcheck open" in told.wait_for(str(data / "unsaved"))
        recorder.rep(set_id, rep(2))
    told.wait_for("nothing is missing")
    assert recorder.flush(30) and recorder.close()
    assert len(history.past_set(set_id).reps) == 2


def test_it_says_when_something_is_lost(data: Path, me: Profile) -> None:
    (data / "unsaved").write_text("a file where the folder should be")
    told = Told()
    with locked(data):
        recorder = Recorder(on_problem=told)
        recorder.rep(begin(recorder, me), rep(1))
        assert not recorder.close(0.1)
    assert "cannot be kept" in told.sentences[-1]


def test_a_set_that_is_deleted_while_it_runs_stays_deleted(
    data: Path, history: History, me: Profile
) -> None:
    told = Told()
    with Recorder(on_problem=told) as recorder:
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1))
        assert recorder.flush(30)
        history.delete_set(set_id)
        recorder.rep(set_id, rep(2))
        assert recorder.flush(30)
        finish(recorder, set_id)
        recorder.pain(set_id, True)
    assert history.sets(me.id) == () and not (data / "unsaved").exists()
    assert len(told.sentences) == 1 and "deleted" in told.sentences[0]


# ------------------------------------------------------------- what waits in files


@pytest.fixture
def waiting(data: Path, me: Profile) -> Path:
    """The file of a set that waits."""
    with locked(data):
        recorder = Recorder(on_problem=Told())
        set_id = begin(recorder, me)
        recorder.rep(set_id, rep(1))
        assert recorder.close(0.2)
    return data / "unsaved" / f"{set_id}.json"


def broken_set(text: str) -> str:
    data = json.loads(text)
    del data["set"]["prescription"]
    return json.dumps(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda _: "[]",
        lambda _: "",
        lambda text: text.replace("unsaved/1", "unsaved/9"),
        broken_set,
    ],
)
def test_a_damaged_file_is_named_and_left_and_the_others_are_taken_in(
    waiting: Path, history: History, me: Profile, damage: Callable[[str], str]
) -> None:
    damaged = waiting.with_name("0" * 32 + ".json")
    damaged.write_text(damage(waiting.read_text(encoding="utf-8")), encoding="utf-8")
    (problem,) = import_unsaved(history)
    assert str(damaged) in problem and "damaged" in problem
    assert damaged.exists() and not waiting.exists()
    assert len(history.sets(me.id)) == 1


def test_a_set_of_somebody_who_is_gone_is_left_and_told(
    waiting: Path, history: History, me: Profile
) -> None:
    history.delete_profile(me.id)
    (problem,) = import_unsaved(history)
    assert str(waiting) in problem and waiting.exists()


def test_a_set_done_before_anybody_could_be_looked_up_is_the_first_persons(
    waiting: Path, history: History, me: Profile
) -> None:
    text = waiting.read_text(encoding="utf-8")
    waiting.write_text(text.replace(f'"{me.id}"', '""'), encoding="utf-8")
    assert import_unsaved(history) == () and not waiting.exists()
    assert len(history.sets(me.id)) == 1


def test_while_the_history_is_locked_nothing_is_taken_in_and_nothing_removed(
    waiting: Path, data: Path, history: History, me: Profile
) -> None:
    with locked(data), pytest.raises(HistoryError):
        import_unsaved(history)
    assert waiting.exists()
    assert import_unsaved(history) == () and len(history.sets(me.id)) == 1


def test_what_waits_is_deleted_with_the_person(waiting: Path, me: Profile) -> None:
    forget_unsaved("f" * 32)
    assert waiting.exists()
    forget_unsaved(me.id)
    assert not waiting.exists()
