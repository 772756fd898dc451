"""Smoothing of landmarks that is causal, takes time, and does not shift it.

A filter that looks back only (exponential, one-euro) delays what it smooths,
and by how much depends on the speed: a hold would start late and a fast rep
lose its peak. Here every frame is instead given out a fixed lag after it came
in, averaged with its neighbours on both sides. Nothing is used that has not
been seen yet, times stay true, and the price is the lag, the same for live
and recorded video. What would come too late to take part is not waited for.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np

from formcheck.engine.pose import FloatArray, PoseFrame

#: Half-width of the window and so the delay, seconds. At 30 frames per second
#: seven frames take part, which halves independent landmark noise, while a rep
#: of 1 s keeps 99% of its excursion.
LAG_S = 0.12
#: Of so many frames or more, a landmark is to be seen in this share for any of it to count.
FEW, SEEN_SHARE = 4, 1 / 3
#: The next frame comes no sooner than after this share of the shortest of the last few intervals.
_SOONEST, _INTERVALS = 0.9, 8


class FixedLagSmoother:
    """Hann-weighted mean over LAG_S on both sides of each frame, given out up to LAG_S late.

    A frame is given out once no other can come within LAG_S of it, judged by the last
    intervals: at a steady rate nothing is left out, and at 10 frames a second it comes 0.1 s
    late in place of 0.2.

    A landmark that is missing in a frame stays missing in it (a gap is not
    papered over), but its neighbours are averaged without the gap. Frames
    further apart than the lag pass through unchanged, so very low frame rates
    work. Memory: the frames of two lags.
    """

    def __init__(self) -> None:
        self._past: deque[PoseFrame] = deque()
        self._waiting: deque[PoseFrame] = deque()
        self._intervals_s: deque[float] = deque(maxlen=_INTERVALS)
        self._last_s = math.nan

    def push(self, frame: PoseFrame) -> list[PoseFrame]:
        """Take a frame; give out, in order, those that none of the next ones is near enough to."""
        if self._last_s == self._last_s:
            self._intervals_s.append(frame.time_s - self._last_s)
        self._last_s = frame.time_s
        self._waiting.append(frame)
        ready = []
        next_s = frame.time_s + _SOONEST * min(self._intervals_s, default=0.0)
        while self._waiting and self._waiting[0].time_s <= next_s - LAG_S:
            ready.append(self._release())
        return ready

    def flush(self) -> list[PoseFrame]:
        """Give out what is still waiting (end of the recording)."""
        ready = []
        while self._waiting:
            ready.append(self._release())
        return ready

    def _release(self) -> PoseFrame:
        frame = self._waiting.popleft()
        self._past.append(frame)
        while self._past[0].time_s < frame.time_s - LAG_S:
            self._past.popleft()
        smoothed = self._smooth(frame)
        if frame.person_changed:
            self._past.clear()
            self._past.append(frame)
        return smoothed

    def _smooth(self, frame: PoseFrame) -> PoseFrame:
        near = list(self._past)
        for later in self._waiting:
            # Another person's landmarks must not be averaged into this one's.
            if later.time_s > frame.time_s + LAG_S or later.person_changed:
                break
            near.append(later)
        if frame.person_changed or len(near) < 2 or not frame.has_person:
            return frame
        times = np.array([f.time_s for f in near])
        stack = np.stack([f.landmarks_px for f in near])
        return replace(frame, landmarks_px=_hann_mean(stack, times - frame.time_s))


def _hann_mean(stack: FloatArray, offset_s: FloatArray) -> FloatArray:
    """Weighted mean over the first axis of (k, 33, 3), NaN left out.

    Where the middle sample (offset 0) is NaN the result is NaN, and where it is one of a few
    among many that are: what shows for a moment is mostly something else. The window is
    cut to what lies within reach on both sides, so that the mean has no
    direction at the ends of a recording.
    """
    reach = min(-offset_s[0], offset_s[-1]) + 1e-6
    keep = np.abs(offset_s) <= reach
    stack, offset_s = stack[keep], offset_s[keep]
    weight = 0.5 + 0.5 * np.cos(np.pi * offset_s / (LAG_S * 1.15))
    seen = np.isfinite(stack)
    if seen.all():
        whole: FloatArray = np.einsum("k,kij->ij", weight, stack) / weight.sum()
        return whole
    weights = weight[:, None, None] * seen
    total = np.einsum("kij->ij", weights)
    mean: FloatArray = np.einsum("kij->ij", np.where(seen, stack, 0.0) * weights) / np.where(
        total > 0, total, 1.0
    )
    middle = np.isfinite(stack[int(np.argmin(np.abs(offset_s)))])
    if len(stack) >= FEW:
        middle &= seen.mean(axis=0) >= SEEN_SHARE
    return np.where(middle, mean, np.nan)
