"""The last moments of a set, from which attempts are cut, and the person's own rest in them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from formcheck.engine.locomotion import Sample, leg, over_feet
from formcheck.engine.observation import Observation
from formcheck.engine.pose import Landmark as L
from formcheck.engine.segmentation import EDGE_SHARE

#: Rest before an attempt that serves as the person's own baseline, seconds.
BASELINE_S = 1.0
#: Moments are kept for so long where no attempt needs them for longer, seconds.
_KEPT_S = 3.0


class Samples:
    """Moments in order of time; those before an attempt that runs are kept with it.

    columns: names of the values of a moment. standing: the exercise is done standing.
    """

    def __init__(self, columns: Sequence[str], *, standing: bool) -> None:
        self.columns = columns
        self._standing = standing
        self._samples: deque[Sample] = deque()
        self._rests: deque[tuple[float, ...]] = deque(maxlen=150)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def clear(self) -> None:
        """Forget the moments, but not what the rests were like."""
        self._samples.clear()

    def add(self, now: float, level: float, seen: Observation, since_s: float) -> None:
        """Remember a moment; since_s: when the attempt that runs began, NaN = none."""
        body = seen.body
        anchors = [body.mid_or_one(L.LEFT_ANKLE if self._standing else L.LEFT_SHOULDER)]
        feet = tuple((body.x[a], body.y[a]) for a in (L.LEFT_ANKLE, L.RIGHT_ANKLE))
        if self._standing:
            # One foot stands, on the floor or on the box; the other one may go anywhere. The
            # knees come back to where they were, and speak for feet out of the picture.
            anchors += [*feet, body.mid_or_one(L.LEFT_KNEE)]
        self._samples.append(
            Sample(
                now,
                level,
                seen.values,
                tuple(anchors),
                feet,
                over_feet(body) if self._standing else math.nan,
                body.trunk_px,
                seen.evidence,
                (leg(body, 0), leg(body, 1)),
            )
        )
        keep_from = now - _KEPT_S
        if not math.isnan(since_s):
            keep_from = min(keep_from, since_s - BASELINE_S - 0.5)
        while self._samples[0].time_s < keep_from:
            self._samples.popleft()

    def add_nobody(self, time_s: float) -> None:
        """Nobody was seen at this moment: what is judged must know."""
        if not self._samples:
            return
        none = (math.nan, math.nan)
        last = self._samples[-1]
        self._samples.append(
            Sample(
                time_s,
                math.nan,
                (math.nan,) * len(self.columns),
                (none,) * len(last.anchors),
                (none, none),
                math.nan,
                last.trunk_px,
                math.nan,
                (none, none),
            )
        )

    def baseline(self, begin_s: float, rest: float, excursion: float) -> dict[str, float]:
        """The person's own values at rest: the last second before, else the set's rests."""
        near = rest + (EDGE_SHARE * excursion if excursion == excursion else 3.0)
        calm = [
            s.values
            for s in self._samples
            if begin_s - BASELINE_S <= s.time_s <= begin_s + 0.1 and s.level <= near
        ]
        self._rests.extend(calm[-10:])
        chosen = calm if len(calm) >= 5 else list(self._rests)
        if not chosen:
            return {}
        with np.errstate(all="ignore"):
            table = np.array(chosen)
            seen = np.isfinite(table).any(axis=0)
            middle = np.full(table.shape[1], np.nan)
            middle[seen] = np.nanmedian(table[:, seen], axis=0)
        return dict(zip(self.columns, middle.tolist(), strict=True))
