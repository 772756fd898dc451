"""The history at the command line: exported, taken in, made up, and damaged."""

from __future__ import annotations

import sqlite3
import sys
import zipfile
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from cli_history import TODAY, ann, days_ago, done_set, flat, history
from command import formcheck, one_sentence, own_folders
from reported import fault, rep

from formcheck.engine.exercise import Prescription
from formcheck.engine.exercises import EXERCISES
from formcheck.history import History, Profile, SetStart, new_id
from formcheck.history.checkup import history_findings

# Fixtures that are used here.
__all__ = ["ann", "history", "own_folders"]

# ---------------------------------------------------------------- export and import


@pytest.mark.parametrize("kind", ["json", "db"])
def test_what_is_exported_is_there_again_elsewhere(
    kind: str, history: History, ann: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_id = done_set(history, ann, rep(1, fault("knee_valgus")))
    done_set(history, history.add_profile("Bob"), exercise="deadlift")
    before = formcheck("history", "--format", "json", "--reps").stdout
    file = tmp_path / f"all.{kind}"
    assert "everybody" in formcheck("history", "export", file).stdout
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "elsewhere"))
    assert "Imported 2 sets for Ann, Bob." in formcheck("history", "import", file).stdout
    assert formcheck("history", "--format", "json", "--reps").stdout == before
    assert "here already" in formcheck("history", "import", file).stdout
    assert formcheck("history", "--format", "json", "--reps").stdout == before
    assert formcheck("history", "show", set_id).returncode == 0


def test_one_persons_export_becomes_anothers(
    history: History, ann: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done_set(history, ann)
    bob = history.add_profile("Bob")
    done_set(history, bob, exercise="deadlift")
    file = tmp_path / "bob.json"
    assert formcheck("history", "export", file, "--profile", "Bob").returncode == 0
    monkeypatch.setenv("FORMCHECK_DATA", str(tmp_path / "elsewhere"))
    formcheck("profiles", "add", "Robert")
    assert formcheck("history", "import", file, "--profile", "Robert").returncode == 0
    listed = formcheck("profiles").stdout
    assert "Robert  1 set" in listed and "Ann" not in listed and "Bob " not in listed


def test_tables_are_exported_of_one_person(history: History, ann: Profile, tmp_path: Path) -> None:
    done_set(history, ann)
    assert formcheck("history", "export", tmp_path / "a.csv").returncode == 0
    listed = formcheck("history", "--format", "csv").stdout
    assert (tmp_path / "a.csv").read_text("utf-8") == listed
    assert formcheck("history", "export", tmp_path / "a.zip").returncode == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert any(archive.read(name).decode("utf-8") == listed for name in archive.namelist())


def test_the_history_is_not_exported_over_itself(
    history: History, ann: Profile, own_folders: Path
) -> None:
    done_set(history, ann)
    file = own_folders / "data" / "history.db"
    assert "itself" in one_sentence(formcheck("history", "export", file), 2)
    assert len(history.sets(ann.id)) == 1


@pytest.mark.parametrize("content", [b"", b"Dear diary", b"PK\x03\x04\xff\xfe", b"{}", None])
def test_what_is_no_history_is_not_taken_in(
    content: bytes | None, history: History, ann: Profile, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    assert "a.json" in one_sentence(formcheck("history", "import", tmp_path / "a.json"), 1)
    assert history.profiles() == (ann,)


# ------------------------------------------------------------------------ summary


def test_the_summary_is_a_page_of_the_period(
    history: History, ann: Profile, tmp_path: Path
) -> None:
    done_set(history, ann)
    done_set(history, ann, day=days_ago(60), exercise="deadlift")
    page = tmp_path / "s.html"
    assert "Ann" in formcheck("summary", "--html", page).stdout
    text = page.read_text("utf-8")
    assert "Ann" in text and "squat" in text.lower() and "deadlift" not in text.lower()
    formcheck("summary", "--since", days_ago(60), "--html", page)
    assert "deadlift" in page.read_text("utf-8").lower()


def test_a_period_without_a_set_writes_no_page(
    history: History, ann: Profile, tmp_path: Path
) -> None:
    page = tmp_path / "s.html"
    assert "No set was done" in one_sentence(formcheck("summary", "--html", page), 1)
    done_set(history, ann)
    future = TODAY + timedelta(days=3)
    for args in (["--until", "yesterday"], ["--since", future], ["--since", "nonsense"]):
        assert one_sentence(formcheck("summary", *args, "--html", page), 1 if args[0] == "--until"
                            else 2)  # fmt: skip
    assert not page.exists()


# --------------------------------------------------------------------------- demo


def test_the_demo_does_not_mix_with_what_is_real(
    history: History, ann: Profile, tmp_path: Path
) -> None:
    done_set(history, ann)
    beside = formcheck("demo", "--profile", "Test")
    assert beside.returncode == 0
    assert [one.name for one in history.profiles()] == ["Ann", "Test (made up)"]
    assert len(history.sets(ann.id)) == 1
    # The commands it tells are there, and work.
    assert "history --profile 'Test (made up)'" in beside.stdout
    assert "sets on" in flat(formcheck("history", "--profile", "Test (made up)"))
    assert "profiles delete 'Test (made up)'" in beside.stdout
    assert formcheck("profiles", "delete", "Test (made up)", "--yes").returncode == 0
    assert history.profiles() == (ann,)


def test_the_demo_can_have_a_folder_of_its_own(own_folders: Path) -> None:
    folder = own_folders / "made up"
    done = formcheck("demo", "--data", folder)
    assert done.returncode == 0
    assert f"FORMCHECK_DATA='{folder}' formcheck history" in done.stdout
    assert not (own_folders / "data").exists()
    opened = History(f"sqlite:///{folder / 'history.db'}")
    (made,) = opened.profiles()
    assert made.name == "Demo (made up)" and opened.sets(made.id)
    opened.close()


# ------------------------------------------------------------------------- faults


COMMANDS = (
    ["today"], ["history"], ["history", "show", "a"], ["programme", "list"], ["profiles"],
    ["programme", "start", "glutes_3phase"], ["summary", "--html", "s.html"],
    ["demo"], ["history", "export", "a.json"],
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_damaged_history_is_one_sentence(command: list[str], own_folders: Path) -> None:
    file = own_folders / "data" / "history.db"
    file.parent.mkdir()
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    words = one_sentence(formcheck(*command, cwd=own_folders), 1)
    assert "history.db" in words
    assert file.read_bytes().endswith(b"\xff" * 5000), "it is left for who can mend it"
    assert not (own_folders / "s.html").exists()


def test_another_programs_database_is_left_alone(own_folders: Path) -> None:
    file = own_folders / "data" / "history.db"
    file.parent.mkdir()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE treasure (gold INTEGER)")
    other.close()
    assert "another program" in one_sentence(formcheck("history"), 1)
    assert "another program" in history_findings()["problems"][0]


@pytest.mark.skipif(sys.platform != "linux", reason="a window may open elsewhere")
def test_a_damaged_history_keeps_nobody_from_training(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    file = own_folders / "data" / "history.db"
    file.parent.mkdir()
    file.write_bytes(b"Dear diary" * 100)
    lines = formcheck("live", "-e", "squat").stderr.splitlines()
    assert len(lines) == 2
    assert "history.db" in lines[0] and "No window can be opened" in lines[1]


def test_an_exercise_of_another_version_is_listed_and_told(
    history: History, ann: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_id = done_set(history, ann)
    monkeypatch.delitem(EXERCISES, "squat")
    assert "squat" in flat(formcheck("history"))
    assert "does not know" in one_sentence(formcheck("history", "show", set_id), 1)
    assert formcheck("profiles").returncode == 0


def test_what_could_not_be_written_is_taken_in(
    history: History, ann: Profile, own_folders: Path
) -> None:
    from formcheck.history.kept_set import KeptSet
    from formcheck.history.unsaved import spool

    when = datetime.combine(TODAY, time(0, 1)).astimezone()
    start = SetStart(new_id(), ann.id, "squat", Prescription(), when)
    kept = KeptSet(start, [rep(1)])
    waiting = spool(kept, own_folders / "data" / "unsaved")
    assert "unsaved" in history_findings()["notes"][0]
    assert "1 set on 1 day, 1 rep." in flat(formcheck("history"))
    assert not waiting.exists()
    spool(KeptSet(replace(start, id=new_id()), [rep(1)]), waiting.parent)
    waiting.with_name("damaged.json").write_text("{", "utf-8")
    done = formcheck("history")
    assert "2 sets" in flat(done), "what is damaged keeps nobody from the rest"
    assert "damaged.json" in done.stderr
    # Deleted for good means everywhere.
    left = spool(KeptSet(replace(start, id=new_id()), [rep(1)]), waiting.parent)
    other = spool(
        KeptSet(replace(start, id=new_id(), profile_id="b" * 32), [rep(1)]), waiting.parent
    )
    assert formcheck("profiles", "delete", "Ann", "--yes").returncode == 0
    assert not left.exists() and other.exists()
