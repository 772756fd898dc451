"""What cannot be counted although it moved, and why: nothing is left out in silence."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from formcheck.engine.locomotion import Sample
from formcheck.engine.pose import FloatArray, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.report import Dropped, DropReason
from formcheck.engine.segmentation import LEAST_GAP_S, Attempt
from formcheck.engine.timing import RepTiming
from formcheck.language import N_

#: Nobody goes out and back faster, seconds.
LEAST_ATTEMPT_S = 0.3
#: Nor one way alone, seconds: a jump of the landmarks takes 0.13 once it is smoothed, the
#: fastest squats of real people 0.3. The other way took long: only a part was cut out.
LEAST_WAY_S, SHORT_WAY_S = 0.14, 0.3
#: A lift begins slower than this share of its highest speed, over so many seconds.
SLOW_SHARE, SPEED_S = 0.5, 0.15
#: Who is down for longer than this before the first lift was resting there, seconds.
DOWN_S = 0.9
#: The trunk as the picture shows it does not change faster: by the second power of a second, in
#: its own lengths. Bending forward fast is 6; a skeleton that changes between two bodies has 20.
MOST_TRUNK_CHANGE = 16.0
#: It is looked at so far apart, seconds: nearer, the landmarks' trembling counts; further, the
#: movement itself.
_LOOK_S = (0.08, 0.14)

_WHY: dict[DropReason, str] = {
    "unseen": N_("you were not seen well enough"),
    "stream": N_("the camera's pictures did not arrive"),
    "began": N_("the recording began in the middle of it"),
    "ended": N_("the recording ended in the middle of it"),
    "posture": N_("you left the position of the exercise"),
    "person": N_("another person was in your place"),
    "walking": N_("you were walking"),
    "sitting": N_("you were sitting"),
    "jump": N_("it was faster than anybody moves"),
}
_NUMBERS = (
    "",
    N_("One movement was not counted: {whys}."),
    N_("Two movements were not counted: {whys}."),
    N_("Three movements were not counted: {whys}."),
)


def dropped(reason: DropReason, begin_s: float, end_s: float) -> Dropped:
    """A movement that is not counted, with its reason in words."""
    return Dropped(begin_s, end_s, reason, _WHY[reason])


def jumped(attempt: Attempt, timing: RepTiming) -> bool:
    """Whether an attempt that came to its end was faster than anybody moves."""
    ways = (timing.out_s, timing.back_s) if attempt.begun else (timing.back_s,)
    too_fast = min(ways) < LEAST_WAY_S and max(ways) < SHORT_WAY_S
    return attempt.ended and (too_fast or attempt.close_s - attempt.begin_s < LEAST_ATTEMPT_S)


def not_counted(movements: Sequence[Dropped]) -> list[str]:
    """The sentence for a report on what was not counted; none when nothing was."""
    if not movements:
        return []
    times: dict[str, list[str]] = {}
    for one in movements:
        times.setdefault(one.why, []).append(f"{one.start_s // 60:.0f}:{one.start_s % 60:02.0f}")
    count = len(movements)
    what = N_("{n} movements were not counted: {whys}.")
    what = _NUMBERS[count] if count < len(_NUMBERS) else what
    at = N_("{why} at {times}")
    whys = "; ".join(at.format(why=why, times=_and(when)) for why, when in times.items())
    return [what.format(n=count, whys=whys)]


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def lift_was_seen(
    time_s: FloatArray,
    level: FloatArray,
    rest: float,
    full: float,
    *,
    at_start: bool,
    waits: bool,
) -> bool:
    """Whether the half of a movement in which the weight is lifted was seen whole.

    time_s, level: (n,) of the lift and of what was seen around it, the level from lift's
    end (rest) growing towards where it begins, for one that is cut off at its start; for
    one cut off at its end (at_start False), the same read backwards: negative times.
    full: what it takes from its rest to the target. waits: the lift may begin after a wait
    of any length.
    """
    seen = np.isfinite(level)
    t, share = time_s[seen], (level[seen] - rest) / (np.nanmax(level) - rest)
    top = int(np.argmax(share))
    fallen = np.flatnonzero(share[top:] < 0.9)
    if not len(fallen) or share[-1] > 0.5:
        return False
    first_s = t[top + fallen[0]] - t[0]
    came_down = share[0] < 0.9
    # A lift that had begun before is at its fastest when it is first seen.
    lost = share[:-1] - np.interp(t[:-1] + SPEED_S, t, share)
    turned = came_down or lost[0] < SLOW_SHARE * lost.max()
    rested = at_start and not (waits or came_down or first_s <= DOWN_S)
    return bool((turned or np.nanmax(level) - rest >= full) and not rested)


def hidden_turn(samples: Sequence[Sample], attempt: Attempt) -> tuple[float, float] | None:
    """When somebody could not be seen at the turn of a movement; None when they could."""
    if attempt.gap_s < LEAST_GAP_S:
        return None
    seen = [s for s in samples if not math.isnan(s.level)]
    highest = max(s.level for s in seen)
    for before, after in pairwise(seen):
        near = max(before.level, after.level) >= highest - 0.1 * (highest - attempt.rest)
        if after.time_s - before.time_s >= LEAST_GAP_S and near:
            return before.time_s, after.time_s
    return None


class TrunkJumps:
    """How often the trunk's length in the picture changes as that of no body does.

    share: of the looks, 0..1.
    """

    def __init__(self) -> None:
        self._lengths: deque[tuple[float, float]] = deque(maxlen=3)
        self._looks = self._jumps = 0

    @property
    def share(self) -> float:
        """Of all looks."""
        return self._jumps / self._looks if self._looks else 0.0

    def look(self, pose: PoseFrame) -> None:
        """Take the next frame."""
        since_s = pose.time_s - self._lengths[-1][0] if self._lengths else math.inf
        if since_s < _LOOK_S[0]:
            return
        if since_s > _LOOK_S[1]:
            self._lengths.clear()
        xy = pose.landmarks_px[:, :2]
        shoulders, hips = (xy[[a, a + 1]].mean(axis=0) for a in (L.LEFT_SHOULDER, L.LEFT_HIP))
        self._lengths.append((pose.time_s, math.dist(shoulders, hips)))
        if len(self._lengths) < 3:
            return
        (begin_s, first), (_, middle), (end_s, last) = self._lengths
        bend = abs(first - 2 * middle + last) / ((end_s - begin_s) / 2) ** 2
        if bend == bend:
            self._looks += 1
            self._jumps += bend > MOST_TRUNK_CHANGE * max(first, middle, last)
