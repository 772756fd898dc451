"""A program that keeps sets in the history, to be run beside others and to be killed.

    python history_writer.py URL PERSON SETS REPS

Prints "open" when the history is open, waits for a line, then keeps sets of so many reps,
and prints "ID M" when rep M of a set is kept, "ID done" when the set is. SETS: 0 = goes on
until it is killed.
"""

from __future__ import annotations

import itertools
import sys

from reported import a_set, rep

from formcheck.engine.exercise import Prescription
from formcheck.history import History, SetStart, new_id
from formcheck.history.rows import now
from formcheck.live.coached_set import FinishedSet

if __name__ == "__main__":
    url, name, sets, reps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    history = History(url)
    print("open", flush=True)
    sys.stdin.readline()
    person = next(one for one in history.profiles() if one.name == name)
    asked = Prescription(reps=reps)
    for _ in range(sets) if sets else itertools.count():
        set_id = new_id()
        history.begin_set(SetStart(set_id, person.id, "squat", prescription=asked))
        done = [rep(index) for index in range(1, reps + 1)]
        for one in done:
            history.add_rep(set_id, one)
            print(set_id, one.index, flush=True)
        finished = FinishedSet("", now(), a_set(done), asked, {"rep001_top": b"jpeg"})
        history.finish_set(set_id, finished, end_reason="reps", duration_s=9.0)
        print(set_id, "done", flush=True)
