"""Times within one attempt, by the report's definitions, from its samples.

All levels are turned so that outbound grows. Everything here looks at samples
already seen, so it may smooth on both sides without delaying anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from formcheck.engine.pose import FloatArray

EDGE = 0.10
HOLD_BAND = 0.10
HOLD_SPEED_PER_S = 0.10
HOLD_GAP_S = 0.3
_GRID_S = 0.02
#: On the way for longer than this, seconds, slow is not still.
SLOW_S = 2.2
#: Coming to rest takes no longer than this share of the way there, and slows down no more
#: than a smooth movement does.
_MOST_ROUNDING, _LEAST_GROWTH = 0.5, 1.3
#: Smoothing for the speed that tells a hold from a movement, seconds (sigma).
_SPEED_SIGMA_S = 0.06
#: In slow movements it is so many times as long at most.
_MOST_STEADY = 2.5


@dataclass(frozen=True, slots=True)
class RepTiming:
    """When things happened in an attempt, seconds; excursion and peak in the level's unit.

    release_s: when the way back began. out_s, back_s: duration from 10% to 90% of
    the excursion times 1.25, going out and coming back. hold: (start, end)
    intervals of holding still.
    """

    start_s: float
    top_s: float
    end_s: float
    release_s: float
    out_s: float
    back_s: float
    hold_s: float
    hold: tuple[tuple[float, float], ...]
    peak: float
    excursion: float


def measure(
    time_s: FloatArray, level: FloatArray, rest: float, away: float | None = None
) -> RepTiming | None:
    """Timing of one attempt from its samples, None when too few were seen.

    time_s, level: (n,) from within the rest before to within the rest after.
    rest: level before the attempt. The level after it is taken from the last
    samples where it lies higher (not fully back, or drifted), so that both
    edges are found.
    away: all time beyond this level is the hold, still or not; the attempt then
    reaches from the first to the last crossing of the edge.
    """
    seen = np.isfinite(level)
    if seen.sum() < 3:
        return None
    t, p = time_s[seen], level[seen]
    if t[-1] - t[0] < 2 * _GRID_S:
        return None
    grid = np.arange(t[0], t[-1] + _GRID_S / 2, _GRID_S)
    raw = np.interp(grid, t, p)
    smooth = _gaussian(raw, _SPEED_SIGMA_S / _GRID_S)
    peak_at = int(np.argmax(smooth))
    peak = float(smooth[peak_at])
    excursion = peak - rest
    if excursion <= 0:
        return None
    # Someone who does not come all the way back ends the rep at a level of its own.
    lowest = float(np.min(raw[peak_at:]))
    back_excursion = excursion
    if lowest > rest + EDGE * excursion:
        back_excursion = max(peak - lowest, 0.5 * excursion)

    beyond = np.flatnonzero(smooth >= away) if away is not None else np.zeros(0, int)
    # The way out ends where the hold begins, the way back begins where it ends.
    first, last = (int(beyond[0]), int(beyond[-1])) if len(beyond) else (peak_at, peak_at)
    start = _edge(grid, raw, first, peak - (1 - EDGE) * excursion, back=False)
    end = _edge(grid, raw, last, peak - (1 - EDGE) * back_excursion, back=True)
    arrived = _reached(grid, raw, start, end, peak - EDGE * excursion, back=False)
    left = _reached(grid, raw, start, end, peak - EDGE * back_excursion, back=True)
    if away is not None:
        hold = _runs(grid, smooth >= away)
    else:
        # What moves slowly may be smoothed for longer, and its speed is less noise.
        slow = min(max(min(arrived - start, end - left) / SLOW_S, 1.0), _MOST_STEADY)
        steady = _gaussian(smooth, slow * _SPEED_SIGMA_S / _GRID_S) if slow > 1 else smooth
        # What is not over yet is as slow as the part of it that was seen.
        way = back_excursion if lowest < rest + 0.5 * excursion else peak - lowest
        end_s = left + (end - left) * excursion / max(way, EDGE * excursion)
        hold = _holds(grid, steady, peak, excursion, start, end_s)
    longest = max(hold, key=lambda h: h[1] - h[0], default=None)
    return RepTiming(
        start_s=start,
        top_s=(longest[0] + longest[1]) / 2 if longest else float(grid[peak_at]),
        end_s=end,
        release_s=_release(grid, smooth, start, end),
        out_s=1.25 * (arrived - start),
        back_s=1.25 * (end - left),
        hold_s=float(sum(b - a for a, b in hold)),
        hold=hold,
        peak=peak,
        excursion=excursion,
    )


def _edge(grid: FloatArray, p: FloatArray, peak_at: int, limit: float, *, back: bool) -> float:
    """The crossing of the low limit nearest to the peak, before it or (back) after it."""
    low = np.flatnonzero(p[peak_at:] <= limit) if back else np.flatnonzero(p[:peak_at] <= limit)
    if not len(low):
        return float(grid[-1] if back else grid[0])
    i = peak_at + int(low[0]) if back else int(low[-1])
    return _between(grid, p, i, i - 1 if back else i + 1, limit)


def _reached(
    grid: FloatArray, p: FloatArray, start: float, end: float, limit: float, *, back: bool
) -> float:
    """First arrival at the high limit after start, or (back) the last stay at it before end.

    A hold that sags below the limit for a moment is still between the two.
    """
    high = np.flatnonzero((p >= limit) & (grid >= start) & (grid <= end))
    if not len(high):
        return (start + end) / 2
    i = int(high[-1] if back else high[0])
    return _between(grid, p, i, i + 1 if back else i - 1, limit)


def _between(grid: FloatArray, p: FloatArray, i: int, j: int, limit: float) -> float:
    """Time at which p crosses limit between two neighbouring samples."""
    if not 0 <= j < len(p) or p[j] == p[i]:
        return float(grid[i])
    share = min(max((limit - p[i]) / (p[j] - p[i]), 0.0), 1.0)
    return float(grid[i] + share * (grid[j] - grid[i]))


def _release(grid: FloatArray, smooth: FloatArray, start: float, end: float) -> float:
    """Before the fastest moment of the way back, the last one at a third of its speed.

    A hold that slowly sinks is not yet on its way back.
    """
    speed = -np.gradient(smooth, _GRID_S)
    inside = np.flatnonzero((grid >= start) & (grid <= end))
    fastest = int(inside[np.argmax(speed[inside])])
    slow = np.flatnonzero(speed[inside[0] : fastest + 1] < 0.3 * speed[fastest])
    return float(grid[inside[0] + slow[-1]] if len(slow) else grid[fastest])


def _holds(
    grid: FloatArray, smooth: FloatArray, peak: float, excursion: float, start: float, end: float
) -> tuple[tuple[float, float], ...]:
    speed = np.abs(np.gradient(smooth, _GRID_S))
    still = (
        (smooth >= peak - HOLD_BAND * excursion)
        & (speed < HOLD_SPEED_PER_S * excursion)
        & (grid >= start)
        & (grid <= end)
    )
    if not still.any():
        return ()
    # Slow movements look still near the turn, too: there the hold begins and ends where
    # the way out would come to rest, and the way back from it, as they slow down.
    held = float(np.median(smooth[still]))
    inside = (grid >= start) & (grid <= end)
    first, last = np.flatnonzero(still)[[0, -1]]
    arrived, left = grid[first], grid[last]
    if arrived - start > SLOW_S:
        rest = _comes_to_rest(grid[inside], smooth[inside], held, excursion)
        arrived = min(rest, arrived + _MOST_ROUNDING * (arrived - start))
    if end - left > SLOW_S:
        rest = -_comes_to_rest(-grid[inside][::-1], smooth[inside][::-1], held, excursion)
        left = max(rest, left - _MOST_ROUNDING * (end - left))
    return _runs(grid, still & (grid >= arrived) & (grid <= left))


def _comes_to_rest(grid: FloatArray, smooth: FloatArray, held: float, excursion: float) -> float:
    """When a movement towards the level held would get there; before all times when it does not.

    From how much longer the last twentieth before 95% took than that before 97.5%: a
    movement of even speed takes twice as long and stops at once, one that slows down less.
    """
    times = []
    for short in (0.10, 0.05, 0.025):
        beyond = np.flatnonzero(smooth >= held - short * excursion)
        if not len(beyond) or beyond[0] == 0:
            return -np.inf
        i = int(beyond[0])
        times.append(_between(grid, smooth, i, i - 1, held - short * excursion))
    before, after = times[1] - times[0], times[2] - times[1]
    if after <= 0:
        return times[2]
    growth = min(max(before / after, _LEAST_GROWTH), 2.0)
    return times[2] + after / (growth - 1)


def _runs(grid: FloatArray, on: np.ndarray) -> tuple[tuple[float, float], ...]:
    """(start, end) of where it is on, short gaps bridged."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], on.astype(np.int8), [0]))))
    runs: list[list[float]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        begin, finish = float(grid[a]), float(grid[b - 1])
        if runs and begin - runs[-1][1] < HOLD_GAP_S:
            runs[-1][1] = finish
        else:
            runs.append([begin, finish])
    return tuple((a, b) for a, b in runs if b > a)


def _gaussian(values: FloatArray, sigma: float) -> FloatArray:
    """Gaussian mean with the ends continued by their own values."""
    half = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    padded = np.pad(values, half, mode="edge")
    smoothed: FloatArray = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return smoothed
