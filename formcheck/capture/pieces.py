"""A video looked at by several processes, each at a piece of it.

Every process decodes its own pictures, from the keyframe before its piece on, and has its own
network. They are started anew and not forked, which the network would not survive, and not by
multiprocessing, which would run the caller's script once more in each of them. What they find
comes as pickles through their standard output. They end when their standard input does.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from formcheck.capture.estimator import EstimatorError
from formcheck.capture.pose_file import PoseSpool
from formcheck.capture.stitching import Opening, Seam
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.language import N_

#: Poses sent at once.
_BATCH: Final = 8
_CHILD: Final = (
    "import sys; sys.path[:] = {path!r}; from formcheck.capture.pieces import serve; serve()"
)

#: A pose, and what was repaired in the file since the one before.
Sight = tuple[PoseFrame, Counter[str]]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A pose with its picture, RGB, to be shown while others are looked for."""

    pose: PoseFrame
    image: ImageArray


#: Looks from a moment on (seconds); after the last pose it says why the file broke off, or None.
Look = Callable[[float], Iterable[Sight | Glimpse | str | None]]
#: Is shown a pose and its picture.
OnPicture = Callable[[PoseFrame, ImageArray], object]


def cores() -> int:
    """How many this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Process:
    """A process that looks from a moment on. news gets (number, what it sends), in the end None."""

    def __init__(self, number: int, order: tuple[Look, float], news: queue.SimpleQueue[Any]):
        self._number, self._news = number, news
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C in a terminal is for us alone.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already: listening tells
            pickle.dump(order, self._process.stdin)
            self._process.stdin.flush()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(EOFError, pickle.UnpicklingError, OSError):
            while True:
                self._news.put((self._number, pickle.load(self._process.stdout)))
        self._news.put((self._number, None))

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


def serve() -> None:
    """Look, in a process of its own."""
    # What libraries print must not come between the pickles.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    orders = os.fdopen(0, "rb", buffering=0, closefd=False)
    look, start_s = pickle.load(orders)

    def end_with_the_other() -> None:
        while orders.read(1):
            pass
        os._exit(1)

    threading.Thread(target=end_with_the_other, daemon=True).start()
    waiting: list[Any] = []
    try:
        for one in look(start_s):
            waiting.append(one)
            if len(waiting) == _BATCH:
                pickle.dump(waiting, out)
                out.flush()
                waiting = []
    except Exception as error:
        waiting.append(error)
    pickle.dump(waiting, out)
    out.flush()
    # At the usual end Python would wait for the thread, which reads.
    os._exit(0)


class _Piece:
    """A piece and what was found in it; of the first one poses are given out and not kept."""

    def __init__(self, start_s: float, process: _Process) -> None:
        self.opening = Opening(start_s)
        self.process = process
        self.kept = PoseSpool()
        self.repairs: list[tuple[float, Counter[str]]] = []
        self.truncated: str | None = None
        #: Where it goes over into the piece that comes next, and whether it has.
        self.seam: Seam | None = None
        self.met = False

    def end(self) -> None:
        """End its process, and let go of what it found."""
        self.process.end()
        self.kept.close()


class Pieces:
    """The poses of a video, found by several processes; iterate once, then close().

    look: can be pickled. starts_s: where the pieces begin, seconds, the first at 0. on_picture: is
    shown the glimpses of the piece that poses are given out of. After the last pose, repaired
    and truncated are what one pass would say of the file. Raises what looking raises, and
    EstimatorError when a process was killed.

    found: how many poses were found so far, also those that have to wait.
    """

    def __init__(
        self, look: Look, starts_s: Iterable[float], on_picture: OnPicture | None = None
    ) -> None:
        self._on_picture = on_picture
        self.repaired: Counter[str] = Counter()
        self.truncated: str | None = None
        self.found = 0
        self._news: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._pieces: dict[int, _Piece] = {}
        try:
            for number, start_s in enumerate(starts_s):
                process = _Process(number, (look, start_s), self._news)
                self._pieces[number] = _Piece(start_s, process)
        except OSError as error:
            self.close()
            raise EstimatorError(
                N_("No further process can be started ({why}); try it with one (--jobs 1).").format(
                    why=error.strerror
                )
            ) from None
        for number in self._pieces:
            self._sew(number)

    def close(self) -> None:
        """End all processes."""
        while self._pieces:
            self._pieces.popitem()[1].end()

    def __iter__(self) -> Iterator[PoseFrame]:
        after_s = -1.0
        while self._pieces:
            number = next(iter(self._pieces))
            piece = self._pieces[number]
            for pose in piece.kept if piece.kept.frame_count else ():
                if pose.time_s > after_s:
                    yield pose
            while not piece.met and not piece.opening.over:
                yield from self._hear(number)
            last_s = piece.opening.last_s
            for at_s, what in piece.repairs:
                self.repaired += what if after_s < at_s <= last_s else Counter()
            self.truncated = piece.truncated
            del self._pieces[number]
            piece.end()
            if not piece.met:
                return
            after_s = last_s

    def _hear(self, current: int) -> Iterator[PoseFrame]:
        """Wait for news, take them in, and give out new poses of the current piece."""
        number, sent = self._news.get()
        piece = self._pieces.get(number)
        for one in [_killed()] if sent is None else sent:
            if piece is None or piece.met or piece.opening.over:
                return
            if isinstance(one, Exception):
                self._fail(number, one)
                return
            if isinstance(one, Glimpse):
                self._show(one, waits=number != current)
                continue
            if not isinstance(one, tuple):
                piece.truncated, piece.opening.over = one, True
            else:
                self._take(piece, *one, waits=number != current)
                if number == current:
                    yield one[0]
            # The piece before may have waited for it.
            for other in [n for n in self._pieces if n <= number][-2:]:
                self._meet(other)
            piece = self._pieces.get(number)

    def _show(self, one: Glimpse, *, waits: bool) -> None:
        # What is shown goes on in order of time.
        if self._on_picture is not None and not waits:
            self._on_picture(one.pose, one.image)

    def _take(self, piece: _Piece, pose: PoseFrame, repaired: Counter[str], *, waits: bool) -> None:
        self.found += 1
        piece.opening.push(pose)
        if repaired:
            piece.repairs.append((pose.time_s, repaired))
        if waits:
            piece.kept.write(pose)
        if piece.seam is not None:
            piece.seam.push(pose)

    def _meet(self, number: int) -> None:
        """See whether a piece has met the next one, which is of no use when it cannot."""
        piece = self._pieces.get(number)
        # The piece before may just have dropped it.
        if piece is None or piece.seam is None or piece.met:
            return
        piece.met = piece.seam.look()
        if piece.met:
            piece.process.end()
        elif piece.seam.hopeless:
            self._drop(self._after(number))

    def _fail(self, number: int, error: Exception) -> None:
        before = [n for n in self._pieces if n < number]
        if not before or self._pieces[before[-1]].met:
            raise error
        # It is not needed yet: the one before goes on instead.
        self._drop(number)

    def _drop(self, number: int) -> None:
        piece = self._pieces.pop(number)
        self.found -= piece.kept.frame_count
        piece.end()
        for other in [n for n in self._pieces if n < number][-1:]:
            self._sew(other)

    def _sew(self, number: int) -> None:
        """A seam between a piece and the next one."""
        after = self._after(number)
        piece = self._pieces[number]
        piece.seam = None if after < 0 else Seam(piece.opening, self._pieces[after].opening)

    def _after(self, number: int) -> int:
        return next((n for n in self._pieces if n > number), -1)


def _killed() -> EstimatorError:
    return EstimatorError(
        N_(
            "A process that looked at the recording was ended from outside, for want of memory "
            "perhaps; try it with one (--jobs 1)."
        )
    )
