"""The history on a PostgreSQL server: what can go wrong there, told in a sentence."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psycopg
import pytest
from postgresql_server import PASSWORD, PostgreSQL
from reported import rep

from formcheck.engine.exercise import Prescription
from formcheck.history import History, HistoryError, SetStart, new_id, schema

ASKED = Prescription(reps=10)


@pytest.fixture
def url(postgresql: PostgreSQL) -> str:
    return postgresql.new_database()


def told(error: pytest.ExceptionInfo[HistoryError], url: str) -> str:
    """The sentence: names the database, is a sentence, and shows no inside."""
    said = str(error.value)
    database = re.search(r"/(history\d+|nothing)\?", url)
    assert database and f"{database[1]} on /tmp/formcheck-pg-" in said and said.endswith(".")
    assert not re.search(r"Traceback|sqlalche|psycopg|SELECT|INSERT|\n", said), said
    return said


def test_a_wrong_password_is_told_and_not_shown(postgresql: PostgreSQL, url: str) -> None:
    right = url.replace("admin@", f"locked:{quote(PASSWORD, safe='')}@")
    History(right).close()
    with pytest.raises(HistoryError) as error:
        History(url.replace("admin@", "locked:swordfish@"))
    assert "password" in told(error, url) and "swordfish" not in str(error.value)
    with pytest.raises(HistoryError) as error:
        History(url.replace("admin@", "nobody_here@"))
    assert "user name" in told(error, url)
    with pytest.raises(HistoryError) as error:
        History(postgresql.url("nothing"))
    assert "There is no database" in told(error, postgresql.url("nothing"))


def test_who_may_not_write_is_told(url: str) -> None:
    history = History(url)
    person = history.add_profile("Ann")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS guest")
        owner.execute("CREATE ROLE guest LOGIN")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    guest = History(url.replace("admin@", "guest@"))
    assert guest.profiles() == (person,)
    with pytest.raises(HistoryError) as error:
        guest.add_profile("Bob")
    assert "permission denied" in told(error, url)
    guest.close()
    history.close()


def test_a_server_that_is_gone_is_told_and_found_again(postgresql: PostgreSQL, url: str) -> None:
    history = History(url)
    person = history.add_profile("Ann")
    set_id = new_id()
    history.begin_set(SetStart(set_id, person.id, "squat", prescription=ASKED))
    history.add_rep(set_id, rep(1))
    postgresql.halt()
    try:
        with pytest.raises(HistoryError, match="does not answer") as error:
            history.add_rep(set_id, rep(2))
        assert "does not answer" in told(error, url) and error.value.passing
        with pytest.raises(HistoryError, match="does not answer"):
            History(url)
    finally:
        postgresql.start()
    # What was written before is there, and what could not be is written again.
    history.add_rep(set_id, rep(2))
    assert [one.index for one in history.past_set(set_id).reps] == [1, 2]
    # Nor is it noticed when it was gone while nobody asked.
    postgresql.halt()
    postgresql.start()
    history.add_rep(set_id, rep(3))
    history.close()


def test_a_lock_is_waited_for_then_told_and_then_it_goes_on(url: str) -> None:
    history = History(f"{url}&options=-c%20lock_timeout%3D100")
    person = history.add_profile("Ann")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE exercise_set")
        with pytest.raises(HistoryError, match="in use by another program") as error:
            history.begin_set(SetStart(new_id(), person.id, "squat", prescription=ASKED))
        assert "in use" in told(error, url) and error.value.passing
    history.begin_set(SetStart(new_id(), person.id, "squat", prescription=ASKED))
    assert len(history.sets(person.id)) == 1
    history.close()


def test_two_programs_do_not_make_the_tables_at_once(url: str) -> None:
    hasty = f"{url}&options=-c%20lock_timeout%3D100"
    with psycopg.connect(url) as other:
        # As another formcheck does that is just making them.
        other.execute(f"SELECT pg_advisory_xact_lock({schema.LOCK_ID})")
        with pytest.raises(HistoryError, match="in use by another program"):
            History(hasty)
    History(hasty).close()


def test_a_newer_history_is_left_as_it_is(url: str) -> None:
    History(url).close()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("UPDATE formcheck_schema SET version_num = '0917'")
        with pytest.raises(HistoryError) as error:
            History(url)
        assert "newer formcheck" in told(error, url)
        assert other.execute("SELECT version_num FROM formcheck_schema").fetchall() == [("0917",)]


def test_other_programs_tables_may_be_beside_ours_but_not_be_ours(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE invoice (id int)")
        History(url).close()
        other.execute("DROP TABLE formcheck_schema")
        with pytest.raises(HistoryError) as error:
            History(url)
    assert "another program" in told(error, url)


def test_the_same_done_by_several_windows_is_done_once(url: str) -> None:
    """Where nobody waits for his turn, as in a file, the rows see to it."""
    history = History(url)
    at_once = threading.Barrier(4)
    person = history.add_profile("Ann")
    set_id, own = new_id(), [new_id() for _ in range(4)]

    def window(number: int) -> str:
        at_once.wait()
        history.begin_set(SetStart(set_id, person.id, "squat", prescription=ASKED))
        for index in (1, 2, 3):
            history.add_rep(set_id, rep(index))
        history.begin_set(SetStart(own[number], person.id, "squat", prescription=ASKED))
        try:
            history.add_profile("Bob")
        except HistoryError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(window, range(4)))
    assert sorted("already" in one for one in said) == [False, True, True, True]
    assert [one.name for one in history.profiles()] == ["Ann", "Bob"]
    found = history.sets(person.id)
    assert found[0].id == set_id and len(found[0].reps) == 3
    assert {one.id for one in found[1:]} == set(own) and len(found) == 5
    history.close()
