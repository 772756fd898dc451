"""Writes a set to the history while it runs, in a thread of its own.

Whoever coaches tells what happens and goes on at once. Each rep is written when it is told,
so that a program that is killed loses at most the rep in progress. What cannot be written
is tried again; when that takes too long, or the program ends, it is spooled to a folder
(see unsaved.py) and imported at the next opening.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from formcheck.engine.report import Rep
from formcheck.history.database import database_url
from formcheck.history.errors import HistoryError, NotInHistoryError
from formcheck.history.facade import History
from formcheck.history.kept_set import KeptSet
from formcheck.history.rows import now
from formcheck.history.unsaved import KeptCircuit, import_unsaved, spool, unsaved_folder, write
from formcheck.live.coached_set import FinishedSet
from formcheck.training.records import Enrolment, SetStart

_LOG = logging.getLogger(__name__)

#: Trouble that may pass is waited for so long before things are spooled, seconds.
_PATIENCE_S: Final = 5.0
#: Pauses between tries: the first, and the longest they grow to, seconds.
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 20.0


@dataclass(slots=True)
class _Held:
    """A set or circuit, and how far it got.

    told: how often something of it was told; written, spooled: how much of that is in the
    history, and in a file. reps: how many of its attempts are in the history.
    """

    kept: KeptSet | KeptCircuit
    told: int = 0
    written: int = 0
    spooled: int = 0
    reps: int = 0

    @property
    def begun(self) -> bool:
        """Whether it is in the history."""
        return self.written > 0


class Recorder:
    """Keeps sets while they are done; a context manager. None of its methods raises.

    Told from any thread. on_problem: takes sentences about what went wrong, each once, from the
    recorder's thread. url: as of History. A set is begun in the history with its first
    attempt: one without leaves nothing.
    """

    def __init__(self, *, on_problem: Callable[[str], None], url: str | None = None) -> None:
        self._on_problem = on_problem
        self._url = url or database_url()
        self._folder = unsaved_folder()
        self._history: History | None = None
        self._held: dict[str, _Held] = {}
        self._changed = threading.Condition()
        self._closing_s: float | None = None
        self._said: set[str] = set()
        # The trouble there is: its last error, since when, and when to try again; whether
        # things are spooled meanwhile, and whether something was told since that.
        self._error: HistoryError | None = None
        self._since_s = self._next_s = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._spooling = self._news = False
        self._thread = threading.Thread(target=self._run, name="formcheck-history", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # ------------------------------------------------------------ what happens

    def begin(self, start: SetStart) -> None:
        """A set begins."""
        with self._changed:
            self._held.setdefault(start.id, _Held(KeptSet(start)))

    def rep(self, set_id: str, rep: Rep) -> None:
        """A rep, or a partial attempt, of a set was done."""
        self._note_set(set_id, lambda kept: kept.attempts.append(rep))

    def finish(
        self, set_id: str, finished: FinishedSet, *, end_reason: str, duration_s: float
    ) -> None:
        """A set is over. end_reason: as of the coach; duration_s: from its begin to its end."""

        def end(kept: KeptSet) -> None:
            kept.finished, kept.ended = finished, now()
            kept.end_reason, kept.duration_s = end_reason, duration_s

        self._note_set(set_id, end)

    def pain(self, set_id: str, hurts: bool, where: str = "", level: int | None = None) -> None:
        """Whether a set hurt; where, which becomes its note, and how much, 0..10."""

        def answer(kept: KeptSet) -> None:
            kept.pain, kept.pain_level = hurts, level
            kept.note = f"Pain: {where}." if where else kept.note

        self._note_set(set_id, answer)

    def begin_circuit(self, circuit_id: str, enrolment: Enrolment, *, when: datetime) -> None:
        """A round of the enrolment's phase begins, unless it is in the history already.

        circuit_id: see new_id. when: local time with its offset.
        """

        def begin(kept: KeptCircuit) -> None:
            kept.of, kept.begun = (enrolment.profile_id, enrolment.id, enrolment.phase), when

        self._note_circuit(circuit_id, begin)

    def skip(self, circuit_id: str, position: int) -> None:
        """A set of a circuit was passed over."""
        self._note_circuit(circuit_id, lambda kept: kept.skipped.append(position))

    def end_circuit(self, circuit_id: str, reason: str) -> None:
        """A circuit is over: reason as in Circuit."""

        def end(kept: KeptCircuit) -> None:
            kept.end_reason, kept.ended = reason, now()

        self._note_circuit(circuit_id, end)

    def flush(self, timeout_s: float) -> bool:
        """Wait for what was told until now; True when all of it is in the history."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unwritten(), timeout_s)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what is left and end; what cannot be written in time is spooled.

        True when everything is kept, in the history or spooled.
        """
        atexit.unregister(self.close)
        with self._changed:
            self._closing_s = time.monotonic() + timeout_s
            self._changed.notify_all()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._spool()  # the thread waits for a database that does not answer
        with self._changed:
            return not self._unsafe()

    # -------------------------------------------------------- what is held of it

    def _note_set(self, set_id: str, change: Callable[[KeptSet], None]) -> None:
        with self._changed:
            held = self._held.get(set_id)
            if held is None or not isinstance(held.kept, KeptSet):
                _LOG.warning("Something was told of a set that was not begun: %s", set_id)
                return
            change(held.kept)
            if not (held.kept.empty and not held.begun):
                held.told += 1
                self._news = True
                self._changed.notify_all()

    def _note_circuit(self, circuit_id: str, change: Callable[[KeptCircuit], None]) -> None:
        with self._changed:
            held = self._held.setdefault(circuit_id, _Held(KeptCircuit(circuit_id)))
            if isinstance(held.kept, KeptCircuit):
                change(held.kept)
                held.told += 1
                self._news = True
                self._changed.notify_all()

    def _unwritten(self) -> list[_Held]:
        return [held for held in self._held.values() if held.told > held.written]

    def _unsafe(self) -> list[_Held]:
        """What would be lost if the program ended here."""
        return [held for held in self._unwritten() if held.told > held.spooled]

    # ---------------------------------------------------------------- its thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._due, self._wait_s())
                closing_s, left = self._closing_s, bool(self._unwritten())
            if left and (closing_s is not None or time.monotonic() >= self._next_s):
                self._try()
            elif left and self._spooling:
                self._spool()  # told between two tries
            if closing_s is None:
                continue
            error = self._error
            if error is None or not error.passing:
                break
            if time.monotonic() + self._pause_s > closing_s:
                break
            time.sleep(self._pause_s)
        if self._error is not None:
            self._spool()
        if self._history is not None:
            self._history.close()

    def _due(self) -> bool:
        if self._closing_s is not None:
            return True
        if self._error is not None and time.monotonic() < self._next_s:
            return self._spooling and self._news and bool(self._unsafe())
        return bool(self._unwritten())

    def _wait_s(self) -> float | None:
        if self._error is None or not self._unwritten():
            return None
        return max(0.0, self._next_s - time.monotonic())

    def _try(self) -> None:
        """Write everything that is not written yet; never raises."""
        try:
            if self._history is None:
                self._history = History(self._url)
                for problem in import_unsaved(self._history, self._folder):
                    self._say(problem)
            while True:
                with self._changed:
                    held = next(iter(self._unwritten()), None)
                if held is None:
                    break
                self._write(self._history, held)
        except HistoryError as error:
            self._failed(error)
        except Exception as error:
            _LOG.exception("The history could not be written.")
            self._failed(HistoryError(f"The history cannot be written ({error})."))
        else:
            self._error = None
            if self._spooling:
                self._spooling = False
                self._said.clear()
                self._say("The history could be written again: nothing is missing in it.")

    def _write(self, history: History, held: _Held) -> None:
        with self._changed:
            told, kept = held.told, held.kept
            if isinstance(kept, KeptSet):
                new, count = kept.attempts[held.reps :], len(kept.attempts)
                kept, finished = replace(kept, attempts=new), kept.finished is not None
            else:
                kept, count, finished = replace(kept, skipped=list(kept.skipped)), 0, False
        try:
            write(history, kept, begun=held.begun)
        except NotInHistoryError:
            if not held.begun or history.has_set(kept.id):
                raise
            with self._changed:
                del self._held[kept.id]
            self._say("The set was deleted from the history; what came after is not kept.")
        with self._changed:
            held.written, held.reps = told, count
            if isinstance(held.kept, KeptSet) and finished:
                # Only answers come after this; pictures need not be held until then.
                held.kept.finished, held.reps = None, 0
                held.kept.attempts.clear()
            if held.spooled:
                held.spooled = 0
                with contextlib.suppress(OSError):
                    (self._folder / f"{kept.id}.json").unlink(missing_ok=True)
            self._changed.notify_all()

    def _failed(self, error: HistoryError) -> None:
        now_s = time.monotonic()
        if self._error is None:
            self._since_s, self._pause_s = now_s, _FIRST_PAUSE_S
        self._error = error
        if not error.passing and self._history is not None:
            self._history.close()  # opened anew at the next try
            self._history = None
        if not error.passing or now_s - self._since_s >= _PATIENCE_S:
            self._spooling = True
            self._spool()
        self._next_s = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def _spool(self) -> None:
        """Write what is not in the history to files of its own."""
        with self._changed:
            self._news = False
            unsafe = [(held, held.told, _copy(held.kept)) for held in self._unsafe()]
        if not unsafe:
            return
        why = self._error or "The history did not answer in time."
        try:
            for held, told, kept in unsafe:
                spool(kept, self._folder)
                with self._changed:
                    held.spooled = told
        except OSError as error:
            self._say(
                f"{why} It cannot be kept in {self._folder} either ({error.strerror or error}). "
                "Leave formcheck open: it goes on trying."
            )
        else:
            self._say(
                f"{why} What you did is kept in {self._folder} and is taken into the history "
                "as soon as it can be written."
            )

    def _say(self, sentence: str) -> None:
        if sentence in self._said:
            return
        self._said.add(sentence)
        with contextlib.suppress(Exception):
            self._on_problem(sentence)


def _copy(kept: KeptSet | KeptCircuit) -> KeptSet | KeptCircuit:
    if isinstance(kept, KeptSet):
        return replace(kept, attempts=list(kept.attempts))
    return replace(kept, skipped=list(kept.skipped))
