"""What can go wrong with the file of the history: told in a sentence, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from reported import a_set, rep
from sqlalchemy import text

from formcheck.engine.exercise import Prescription
from formcheck.history import History, HistoryError, Profile, SetStart, new_id, schema
from formcheck.history.rows import now
from formcheck.live.coached_set import FinishedSet

ASKED = Prescription(reps=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def history(file: Path) -> Iterator[History]:
    opened = History(url(file))
    yield opened
    opened.close()


def url(file: Path, wait_s: float = 10.0) -> str:
    return f"sqlite:///{file}?timeout={wait_s}"


def keep(history: History, person: Profile, *, picture: bytes = b"jpeg", reps: int = 2) -> str:
    set_id = new_id()
    history.begin_set(SetStart(set_id, person.id, "squat", prescription=ASKED))
    report = a_set([rep(index) for index in range(1, reps + 1)])
    one = FinishedSet("", now(), report, ASKED, {"rep001_top": picture})
    history.finish_set(set_id, one, end_reason="reps", duration_s=9.0)
    return set_id


def told(error: pytest.ExceptionInfo[HistoryError], file: Path) -> str:
    """The sentence without the file: it names that, is a sentence, and shows no inside."""
    said = str(error.value)
    assert str(file) in said and said.endswith(".")
    assert not re.search(r"Traceback|sqlalche|sqlite3\.|Error|SELECT|INSERT", said), said
    return said.replace(str(file), "FILE")


# ----------------------------------------------------------------- the file


def test_a_damaged_file_is_told_and_left_as_it_is(file: Path, history: History) -> None:
    person = history.add_profile("Ann")
    for _ in range(30):
        keep(history, person)
    history.close()
    whole = file.read_bytes()
    broken = whole[:8192] + bytes(reversed(range(256))) * (len(whole) // 256 - 32)
    file.write_bytes(broken)
    with pytest.raises(HistoryError) as error:
        History(url(file)).sets(person.id)
    assert "damaged" in told(error, file) and not error.value.passing
    assert len(file.read_bytes()) >= len(broken)


@pytest.mark.parametrize("content", [b"Not a database at all. " * 400, bytes(5000)])
def test_what_is_no_database_is_left_as_it_is(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(HistoryError) as error:
        History(url(file))
    assert "not a history of formcheck" in told(error, file)
    assert file.read_bytes() == content


def test_the_database_of_another_program_is_left_as_it_is(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE profile (id TEXT)")
    with pytest.raises(HistoryError) as error:
        History(url(file))
    assert "another program" in told(error, file)
    with contextlib.closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("profile",)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError) as error:
        History(url(tmp_path / "file" / "history.db"))
    assert "FORMCHECK_DATA" in told(error, tmp_path / "file" / "history.db")
    with pytest.raises(HistoryError) as error:
        History(url(tmp_path))
    assert "it is a folder" in told(error, tmp_path)


def test_the_data_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORMCHECK_DATABASE", raising=False)
    folder = tmp_path / "Ann's %41 data #1 \u00fc"
    monkeypatch.setenv("FORMCHECK_DATA", str(folder))
    History().close()
    assert [one.name for one in folder.iterdir()] == ["history.db"]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = tmp_path / "data" / "history.db"
        history = History(url(file))
        history.add_profile("Ann")
        assert file.parent.stat().st_mode & 0o777 == 0o700
        modes = {one.name: one.stat().st_mode & 0o777 for one in file.parent.iterdir()}
    finally:
        os.umask(before)
    history.close()
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}


@pytest.fixture
def strangers_folder() -> Iterator[Path]:
    """A folder of somebody who is not root, to whom rights mean something."""
    folder = Path(tempfile.mkdtemp(prefix="formcheck-rights-", dir="/tmp"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_without_rights_it_is_told_and_nothing_is_changed(strangers_folder: Path) -> None:
    file = strangers_folder / "history.db"
    history = History(url(file))
    person = history.add_profile("Ann")
    history.close()
    file.chmod(0o400)
    history = History(url(file))
    assert history.profiles() == (person,)
    with pytest.raises(HistoryError) as error:
        keep(history, person)
    assert "read-only" in told(error, file)
    history.close()
    file.chmod(0o000)
    with pytest.raises(HistoryError) as error:
        History(url(file))
    assert "rights" in told(error, file)
    file.chmod(0o600)
    strangers_folder.chmod(0o000)
    with pytest.raises(HistoryError) as error:
        History(url(file))
    assert "rights" in told(error, file)
    strangers_folder.chmod(0o500)
    with pytest.raises(HistoryError) as error:
        History(url(strangers_folder / "new.db"))
    assert "rights" in told(error, strangers_folder / "new.db")
    strangers_folder.chmod(0o700)
    for one in strangers_folder.iterdir():
        one.chmod(0o600)
    keep(History(url(file)), person)


def test_a_file_that_is_deleted_or_replaced_while_open_is_opened_again(
    file: Path, history: History, tmp_path: Path
) -> None:
    """SQLite would write on into the old one, and it would be gone."""
    person = history.add_profile("Ann")
    history.close()
    backup = tmp_path / "backup.db"
    shutil.copy(file, backup)
    history.add_profile("Bob")
    for one in tmp_path.glob("history.db*"):
        one.unlink()
    assert history.profiles() == ()
    history.add_profile("Cid")
    os.replace(backup, file)
    for one in tmp_path.glob("history.db-*"):
        one.unlink()
    assert history.profiles() == (person,)
    keep(history, person)
    assert len(History(url(file)).sets(person.id)) == 1


def test_where_readers_and_writers_cannot_share_they_take_turns(tmp_path: Path) -> None:
    """As on a network drive: this kind of file access has no shared memory, either."""
    file = tmp_path / "history.db"
    address = f"sqlite:///file:{file}?vfs=unix-dotfile&uri=true&timeout=5"
    history, other = History(address), History(address)
    person = history.add_profile("Ann")
    keep(history, person)
    keep(other, person)
    with history.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) != "wal"
    assert len(other.sets(person.id)) == 2


# ------------------------------------------------------------------- locked


def test_a_lock_is_waited_for_then_told_and_then_it_goes_on(file: Path, history: History) -> None:
    person = history.add_profile("Ann")
    hasty = History(url(file, 0.1))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="in use by another program") as error:
            keep(hasty, person)
        assert "in use by another program" in told(error, file) and error.value.passing
        # Who only reads need not wait, nor who opens it.
        assert hasty.profiles() == (person,)
        later = History(url(file, 0.1))
        assert later.sets(person.id) == ()
        later.close()
        other.execute("ROLLBACK")
    keep(hasty, person)
    assert len(history.sets(person.id)) == 1
    hasty.close()


def test_a_locked_new_file_is_told(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="in use by another program"):
            History(url(file, 0.1))
        other.execute("ROLLBACK")
    History(url(file, 0.1)).close()


# --------------------------------------------------------------------- full


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond this, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_told_and_what_was_there_is_whole(file: Path, history: History) -> None:
    person = history.add_profile("Ann")
    first = keep(history, person)
    set_id = new_id()
    history.begin_set(SetStart(set_id, person.id, "squat", prescription=ASKED))
    history.add_rep(set_id, rep(1))
    one = FinishedSet("", now(), a_set([rep(1)]), ASKED, {"rep001_top": bytes(3_000_000)})
    with largest_file(1_000_000), pytest.raises(HistoryError, match="the disk is full") as error:
        history.finish_set(set_id, one, end_reason="reps", duration_s=9.0)
    assert "full" in told(error, file) and error.value.passing
    assert [past.state for past in history.sets(person.id)] == ["done", "running"]
    assert len(history.load(first).report.reps) == 2
    # There is room again.
    history.finish_set(set_id, one, end_reason="reps", duration_s=9.0)
    assert len(history.load(set_id).pictures["rep001_top"]) == 3_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk cannot be mounted here (only root can)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_really_full_disk_is_told_and_what_was_there_is_whole(small_disk: Path) -> None:
    file = small_disk / "history.db"
    history = History(url(file))
    person = history.add_profile("Ann")
    first = keep(history, person)
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as target:
        while True:
            target.write(bytes(4096))
    with pytest.raises(HistoryError, match="the disk is full") as error:
        keep(history, person, picture=bytes(500_000))
    told(error, file)
    kept = len(history.sets(person.id))
    with pytest.raises(HistoryError, match="the disk is full"):
        History(url(small_disk / "new.db"))
    filler.unlink()
    assert len(history.load(first).report.reps) == 2
    keep(history, person)
    assert len([one for one in history.sets(person.id) if one.state == "done"]) <= kept + 1
    # Deleting works, too, and gives the room back.
    history.delete_profile(person.id)
    history.close()
    History(url(small_disk / "new.db")).close()


# ------------------------------------------------------------------- schema


def test_a_newer_history_is_left_as_it_is(file: Path, history: History) -> None:
    history.add_profile("Ann")
    with history.writing() as session:
        session.execute(text("UPDATE formcheck_schema SET version_num = '0917'"))
    history.close()
    before = file.read_bytes()
    with pytest.raises(HistoryError) as error:
        History(url(file))
    assert "newer formcheck" in told(error, file) and "update formcheck" in str(error.value)
    assert file.read_bytes() == before and os.listdir(file.parent) == ["history.db"]


NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    with op.batch_alter_table("profile", recreate="always") as batch:
        batch.add_column(sa.Column("height_m", sa.Float()))
    {more}
"""


@pytest.fixture
def next_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A formcheck that is one schema further; gives the file of its migration."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(schema.__file__).parent / "migrations", folder)
    monkeypatch.setattr(schema, "HEAD", "0002")
    monkeypatch.setattr(schema, "_MIGRATIONS", folder)
    migration = folder / "versions" / "v0002_height.py"
    migration.write_text(NEXT.format(more=""))
    return migration


@pytest.fixture
def older(file: Path) -> Profile:
    """A history of the present schema, with a set in it."""
    history = History(url(file))
    person = history.add_profile("Ann")
    keep(history, person)
    history.close()
    return person


def test_an_older_history_is_copied_then_brought_up_to_date(
    file: Path, older: Profile, next_schema: Path
) -> None:
    history = History(url(file))
    assert len(history.sets(older.id)) == 1
    with history.reading() as session:
        assert session.execute(text("SELECT height_m FROM profile")).all() == [(None,)]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    copy = file.parent / "history.schema-0001.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT version_num FROM formcheck_schema").fetchall() == [("0001",)]
        assert old.execute("SELECT count(*) FROM rep").fetchall() == [(2,)]
    # Deleted for good is deleted there, too.
    history.delete_profile(older.id)
    assert not copy.exists()


def test_bringing_up_to_date_is_done_whole_or_not_at_all(
    file: Path, older: Profile, next_schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_schema.write_text(NEXT.format(more='op.execute("DELETE FROM nothing")'))
    with pytest.raises(HistoryError) as error:
        History(url(file))
    told(error, file)
    monkeypatch.undo()
    assert len(History(url(file)).sets(older.id)) == 1


def test_without_room_for_the_copy_nothing_is_changed(
    file: Path, older: Profile, next_schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with largest_file(20_000), pytest.raises(HistoryError, match="the disk is full"):
        History(url(file))
    monkeypatch.undo()
    assert len(History(url(file)).sets(older.id)) == 1
    assert [one.name for one in file.parent.glob("*schema*")] == []


# --------------------------------------------------------- deleted for good


def traces(folder: Path, words: str) -> list[str]:
    """Files with these words in them."""
    # By another program: had this one opened and closed the file, SQLite's locks on it were gone.
    command = ["grep", "-r", "-l", "-i", "-a", "-F", words, str(folder)]
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()


def test_what_is_deleted_is_in_no_byte_of_the_files(
    file: Path, history: History, tmp_path: Path
) -> None:
    ann, bob = history.add_profile("Annabella"), history.add_profile("Bob")
    history.enrol(ann.id, {"id": "annabellas_own", "name": "x"})
    first = keep(history, ann, picture=b"annabella in a picture" * 2000)
    history.note(first, "annabella was tired")
    second = keep(history, ann)
    history.note(second, "annabella has knees")
    keep(history, bob)
    assert traces(tmp_path, "annabella")
    history.delete_set(second)
    assert traces(tmp_path, "has knees") == []
    assert traces(tmp_path, "was tired")
    history.save_programme({"id": "hers", "name": "After her operation"})
    history.delete_programme("hers")
    assert traces(tmp_path, "her operation") == []
    history.delete_profile(ann.id)
    assert traces(tmp_path, "annabella") == traces(tmp_path, "tired") == []
    assert len(history.sets(bob.id)) == 1


# ------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("mysql://me:secret@server/x", "'mysql', only in SQLite and PostgreSQL"),
        ("/home/me/history.db", "not understood"),
        ("postgresql//me:secret@server/x", "not understood"),
        ("postgresql://me:secret@server:port/x", "not understood"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql://me:secret@/x?host=/nowhere/at/all", "does not answer"),
        ("postgresql://me:secret@/x?host=/nowhere&wrong=1", "invalid connection option"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(address: str, problem: str) -> None:
    with pytest.raises(HistoryError, match=problem) as error:
        History(address)
    assert "secret" not in str(error.value)


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HistoryError, match=re.escape("pip install 'formcheck[postgresql]'")):
        History("postgresql://me:secret@server/x")
