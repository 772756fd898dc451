"""Programs that record sets and are killed at it: run by test_recorder.py, a fork for each.

Usage: killed_recorder.py PROFILE_ID RUNS SEED. It kills RUNS programs during their reps, and
RUNS while they finish the set. For every one it prints a line: which of the two, the id of
the set, how many reps were known to be kept when it was killed, how many had been told.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from datetime import datetime
from itertools import count

from reported import a_set, rep

from formcheck.engine.exercise import Prescription
from formcheck.history import History, SetStart, new_id
from formcheck.history.recorder import Recorder
from formcheck.live.coached_set import FinishedSet

REPS_BEFORE_END = 4
PICTURES = {f"rep{i:03d}_top": bytes([i]) * 150_000 for i in range(12)}


def record(set_id: str, profile_id: str, what: str, pipe: int) -> None:
    """Do reps and say of each when it is told and when it is kept; never comes back."""
    recorder = Recorder(on_problem=print)
    now = datetime.now().astimezone()
    recorder.begin(
        SetStart(
            set_id,
            profile_id,
            "squat",
            prescription=Prescription(reps=8),
            both_sides=True,
            when=now,
        )
    )
    for index in count(1):
        if what == "finish" and index > REPS_BEFORE_END:
            break
        os.write(pipe, b"t")
        recorder.rep(set_id, rep(index))
        recorder.flush(60)
        os.write(pipe, b"k")
    report = a_set([rep(i) for i in range(1, REPS_BEFORE_END + 1)])
    done = FinishedSet(set_id, now, report, Prescription(reps=8), PICTURES)
    os.write(pipe, b"f")
    recorder.finish(set_id, done, end_reason="target", duration_s=20.0)
    recorder.flush(60)
    os.write(pipe, b"d")
    time.sleep(60)


class Killer:
    """Runs that are killed at random moments."""

    def __init__(self, profile_id: str, what: str, seed: int) -> None:
        self._profile_id, self._what = profile_id, what
        self._chance = random.Random(seed)
        #: How long a set takes to be finished here, seconds.
        self._finishing_s = 0.0

    def run(self, number: int) -> str:
        """One of them; of the first that finishes a set the end is awaited."""
        set_id = new_id()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            record(set_id, self._profile_id, self._what, write)
        os.close(write)
        seen = b""
        kept = self._chance.randint(0, 4)
        while True:
            seen += os.read(read, 1)
            if self._what == "reps" and b"t" in seen and seen.count(b"k") >= kept:
                time.sleep(self._chance.uniform(0, 0.03))
                break
            if self._what == "finish" and b"f" in seen:
                began_s = time.monotonic()
                if number == 0:
                    seen += os.read(read, 1)
                    self._finishing_s = time.monotonic() - began_s
                else:
                    time.sleep(self._chance.uniform(0, self._finishing_s))
                break
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(read, 65536):
            seen += more
        os.close(read)
        return f"{set_id} {seen.count(b'k')} {seen.count(b't')}"


if __name__ == "__main__":
    _, who, runs, seed = sys.argv
    # Once, and not in every run: the modules that only opening a history loads.
    History().close()
    for what in ("reps", "finish"):
        killer = Killer(who, what, int(seed))
        for number in range(int(runs)):
            print(what, killer.run(number), flush=True)
