"""Several who write to one history at once: nothing is lost, nothing is there twice."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from reported import a_set, rep

from formcheck.engine.exercise import Prescription
from formcheck.history import History, HistoryError, PastSet, SetStart, new_id
from formcheck.history.rows import now
from formcheck.live.coached_set import FinishedSet

ASKED = Prescription(reps=10)
WRITER = Path(__file__).with_name("history_writer.py")


def finish(history: History, set_id: str, reps: int, pictures: int = 1) -> None:
    report = a_set([rep(index) for index in range(1, reps + 1)])
    shown = {f"rep{index:03}_top": b"jpeg" * 500 for index in range(pictures)}
    one = FinishedSet("", now(), report, ASKED, shown)
    history.finish_set(set_id, one, end_reason="reps", duration_s=9.0)


# ------------------------------------------------------- windows in one program

#: What is done with a set, and which window does it.
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from(["begin", "rep", "finish"])),
    max_size=25,
)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_several_windows_taking_turns_see_one_history(steps: list[tuple[int, int, str]]) -> None:
    """Any window may go on with any set, and repeat what another has done already."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        windows = [History(f"sqlite:///{folder}/history.db") for _ in range(3)]
        for window in windows:
            stack.callback(window.close)
        person = windows[0].add_profile("Ann")
        ids = [new_id() for _ in range(4)]
        order: list[str] = []
        kept: dict[str, int] = {}
        over: set[str] = set()
        for window, number, what in steps:
            history, set_id = windows[window], ids[number]
            if what == "begin":
                history.begin_set(SetStart(set_id, person.id, "squat", prescription=ASKED))
                if set_id not in order:
                    order.append(set_id)
                    kept[set_id] = 0
            elif set_id not in order:
                with pytest.raises(HistoryError, match="no set"):
                    history.add_rep(set_id, rep(1))
            elif what == "rep":
                kept[set_id] += set_id not in over
                for _ in range(2):
                    history.add_rep(set_id, rep(kept[set_id]))
            else:
                finish(history, set_id, kept[set_id])
                over.add(set_id)
            # Another window sees it at once.
            found = windows[(window + 1) % 3].sets(person.id)
            assert [one.id for one in found] == order
            assert {one.id: len(one.reps) for one in found} == kept
            assert {one.id for one in found if one.state == "done"} == over


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(
    plans=st.lists(
        st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=4),
        min_size=2,
        max_size=4,
    ),
    shared=st.booleans(),
)
def test_several_windows_writing_at_once_lose_nothing(
    plans: list[list[tuple[int, bool]]], shared: bool
) -> None:
    """plans: for each window, its sets' reps and whether they come to their end."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/history.db"
        one_for_all = History(address)
        person = one_for_all.add_profile("Ann")
        at_once = threading.Barrier(len(plans))

        def train(plan: list[tuple[int, bool]]) -> list[str]:
            history = one_for_all if shared else History(address)
            at_once.wait()
            ids = []
            for reps, to_the_end in plan:
                ids.append(new_id())
                history.begin_set(SetStart(ids[-1], person.id, "squat", prescription=ASKED))
                for index in range(1, reps + 1):
                    history.add_rep(ids[-1], rep(index))
                if to_the_end:
                    finish(history, ids[-1], reps)
                # A set that one has kept is in every list from then on.
                assert {one.id for one in history.sets(person.id)} >= set(ids)
            if not shared:
                history.close()
            return ids

        with ThreadPoolExecutor(len(plans)) as pool:
            trained = list(pool.map(train, plans))
        found = one_for_all.sets(person.id)
        one_for_all.close()
    assert len(found) == len({one.id for one in found}) == sum(map(len, plans))
    assert not any(one.clock_doubt or one.problem for one in found)
    by_id = {one.id: one for one in found}
    for plan, ids in zip(plans, trained, strict=True):
        # Each window's sets are in the order in which it did them.
        assert [one.id for one in found if one.id in ids] == ids
        for (reps, to_the_end), set_id in zip(plan, ids, strict=True):
            whole(by_id[set_id], reps)
            assert by_id[set_id].state == ("done" if to_the_end else "running")


def whole(one: PastSet, reps: int) -> None:
    assert [rep.index for rep in one.reps] == list(range(1, reps + 1)), one


# --------------------------------------------------------------- real programs


@contextlib.contextmanager
def programs(*arguments: tuple[object, ...]) -> Iterator[list[subprocess.Popen[str]]]:
    """Programs that keep sets; they have opened the history when this begins."""
    paths = os.pathsep.join([str(WRITER.parent), str(WRITER.parent.parent)])
    started = [
        subprocess.Popen(
            [sys.executable, str(WRITER), *map(str, one)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
        )
        for one in arguments
    ]
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            one.communicate()


def go(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()


def line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def test_two_programs_write_at_once_and_a_killed_one_loses_no_rep(tmp_path: Path) -> None:
    """Both make the database, too: nobody has opened it before."""
    url = f"sqlite:///{tmp_path}/history.db"
    killed_told: list[str] = []
    with programs((url, "Ann", 4, 3), (url, "Ann", 0, 5)) as (first, second):
        assert [line(first), line(second)] == ["open", "open"]
        history = History(url)
        person = history.add_profile("Ann")
        go(first), go(second)
        # Killed in the middle of its second set, whatever it is just doing.
        ends = 0
        while ends < 1 or killed_told[-1][-2:] != " 3":
            killed_told.append(line(second))
            assert killed_told[-1], "it ended by itself"
            ends += killed_told[-1].endswith("done")
        second.kill()
        told, _ = first.communicate(timeout=300)
        rest, _ = second.communicate(timeout=300)
    killed_told += rest.split("\n")[:-1]
    found = {one.id: one for one in history.sets(person.id)}
    history.close()
    ended = [one.split()[0] for one in told.splitlines() if one.endswith("done")]
    assert len(ended) == 4
    for set_id in ended:
        assert found[set_id].state == "done"
        whole(found[set_id], 3)
    kept = [one.split() for one in killed_told if one]
    for set_id, what in kept:
        if what == "done":
            assert found[set_id].state == "done"
            whole(found[set_id], 5)
        else:
            assert int(what) in [one.index for one in found[set_id].reps]
    # The one it was in is known to be broken off: its program is gone. It may have been
    # killed after it had begun the next.
    others = set(found) - set(ended)
    assert {found[one].state for one in others} <= {"done", "broken_off"}
    assert len(others) - len({set_id for set_id, _ in kept}) in (0, 1)
    assert found[kept[-1][0]].problem == ""
