"""How clothes and skin over the lower trunk move in the pictures of somebody on the side.

    follower = TrunkFollower()
    motion = follower.follow(frame.image_rgb, landmarks_px, frame.time_s)

The pose model places its hip points by habit: they hardly tell that a pelvis rolls. The
picture does. What covers pelvis and waist moves across the trunk when they turn, and stays
when only the leg moves.

In short: points on a grid over the trunk and over the room are followed from a key picture
to this one by pyramidal Lucas-Kanade, and back. Those that do not come back to where they
started, or look different where they were found, are dropped. The room's motion (shift,
turn and scale) is the camera's and is taken off. In each band of the grid the median is the
motion, and its scatter the standard error. When too many points are lost, the picture
before becomes the key picture, and its motion and error are carried on. When that does not
help either, a new run begins.

What can be followed need not be the clothes: the shading of a bare, rounded body stays where
it is while the body turns. It is broad, and print, seams and folds are fine. So each band
also tells how much of its fine detail is the same in both pictures (texture).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from formcheck.engine.pose import TRUNK_BANDS, FloatArray, TrunkMotion
from formcheck.engine.pose import Landmark as L
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, posture_of

Gray = NDArray[np.uint8]
PixelArray = NDArray[np.float32]

#: Sizes that pictures are brought to: the trunk has so many pixels, the room so many across.
_TRUNK_PX: Final = 80.0
_ROOM_PX: Final = 240.0
#: Rows of each band, from its middle, and columns across the trunk, in trunk lengths.
_ROWS: Final = (-0.05, 0.0, 0.05)
_COLUMNS: Final = np.linspace(-0.24, 0.24, 7)
#: Points over the room, beside the person with this margin (trunk lengths).
_ROOM_GRID: Final = (10, 7)
_ROOM_MARGIN: Final = 0.4
#: So far beyond the grid the trunk is looked for (trunk lengths).
_MARGIN: Final = 0.4
#: Lucas-Kanade: window, levels of the pyramid, and the least texture of a window.
_WINDOW_PX: Final = 15
_LEVELS: Final = 2
_TEXTURE: Final = 1e-4
#: How far from its start a point followed there and back may end.
_RETURN_PX: Final = 0.7
#: What is left of a window when it is taken off where it was found, as a share of its
#: contrast: noise alone, or another thing, leaves 1.4.
_UNLIKE: Final = 0.8
#: Windows of less contrast (grey levels) show noise and blocks of the coder, which stay
#: where they are: plain cloth would read as one that does not move.
_PLAIN: Final = 2.5
#: What is broader than this (pixels) is no detail, and what detail of plain cloth is worth
#: that shows no noise (grey levels): a rounded body's shading leaves about as much.
_DETAIL_PX: Final = 5
_BARE: Final = 0.7
#: Fewer points than these say nothing.
_BAND_POINTS: Final = 4
_ROOM_POINTS: Final = 8
#: Of the room's points so many have to move as one, within so much.
_ROOM_AGREE: Final = 0.5
_ROOM_AGREE_PX: Final = 0.75
#: Where no room tells the camera's motion, a trunk whose steps change by so much from picture to
#: picture (trunk lengths, the middle of the last so many) is one before a shaking camera.
_TREMBLES: Final = 0.006
_TREMBLE_PICTURES: Final = 16
#: Below this share of the points that a key picture began with, it is replaced.
_KEPT: Final = 0.5
#: Least time between two key pictures, seconds.
_KEY_S: Final = 0.2
#: Windows overlap: about so many points are worth one.
_OVERLAP: Final = 3.0
_LEAST_ERROR_PX: Final = 0.08
#: A band lost when the key picture changes is taken to have moved as the others, give or
#: take this much (trunk lengths).
_GUESS: Final = 0.1
#: Nobody's trunk goes faster than this on the floor (trunk lengths a second), plus so
#: much of noise (trunk lengths).
_FASTEST: Final = 1.5
_NOISE: Final = 0.04
#: Unseen for longer than this, the person may lie differently.
_LOST_S: Final = 1.0


class TrunkFollower:
    """Follows the trunk of one person through the pictures of one stream."""

    def __init__(self) -> None:
        self._run = -1
        self._key: _Key | None = None
        self._last: _Seen | None = None
        self._way: deque[FloatArray] = deque(maxlen=_TREMBLE_PICTURES)

    def forget(self) -> None:
        """Another person, or another picture: what comes is a new run."""
        self._key = self._last = None

    def follow(
        self, image_rgb: NDArray[np.uint8], landmarks_px: FloatArray, time_s: float
    ) -> TrunkMotion | None:
        """The motion up to this picture.

        image_rgb: (height, width, 3). landmarks_px: (33, 2) or more columns, pixels of it.
        None when nobody lies on the side, or the trunk or the room is not seen well enough.
        """
        xy = landmarks_px[:, :2]
        if self._last is not None and time_s - self._last.time_s > _LOST_S:
            self.forget()
        axis = _trunk(xy)
        if axis is None:
            return None
        # In mid-rep a posture is not always told: once begun, a flat trunk will do.
        if abs(axis[1]) > abs(axis[0]) or (
            self._key is None and posture_of(xy.tolist()) not in (SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
        ):
            self.forget()
            return None
        moment = _Moment(_gray(image_rgb), xy, time_s)
        key, last = self._key, self._last
        if key is None or last is None or moment.picture.shape != last.moment.picture.shape:
            return self._begin(moment)
        return self._go_on(key, last, moment)

    def _begin(self, moment: _Moment) -> TrunkMotion | None:
        self._run += 1
        self._way.clear()
        nothing = np.zeros((len(TRUNK_BANDS), 2))
        seen = _Seen(moment, nothing, np.zeros(len(nothing)), np.full(len(nothing), np.nan))
        return self._given(seen, _Key(seen))

    def _go_on(self, key: _Key, last: _Seen, moment: _Moment) -> TrunkMotion | None:
        found = key.seen_in(moment)
        if found is None:
            return None
        if (found.few or key.is_worn) and last.time_s - key.time_s >= _KEY_S:
            key = _Key(last.filled(key.trunk_px))
            again = key.seen_in(moment)
            if again is None or again.few:
                return self._begin(moment)
            found = again
        if found.few:
            return None
        if found.leaps_from(last, key.trunk_px):
            return self._begin(moment)
        return self._given(found, key)

    def _given(self, seen: _Seen, key: _Key) -> TrunkMotion | None:
        self._key, self._last = key, seen
        self._way.append(np.nanmedian(seen.moved_px, axis=0))
        if not key.room_seen and self._trembles(key.trunk_px):
            return None
        return TrunkMotion(self._run, seen.moved_px, seen.error_px, seen.texture)

    def _trembles(self, trunk_px: float) -> bool:
        """Whether the trunk of late goes to and fro as only a camera does."""
        if len(self._way) < 3:
            return False
        changes = np.hypot(*np.diff(np.stack(self._way), n=2, axis=0).T)
        return bool(_median(changes) > _TREMBLES * trunk_px)


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """A picture in grey, (33, 2) landmarks in it, and its time."""

    picture: Gray
    xy: FloatArray
    time_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A moment, and the motion of each band up to it (see TrunkMotion)."""

    moment: _Moment
    moved_px: FloatArray
    error_px: FloatArray
    texture: FloatArray

    @property
    def time_s(self) -> float:
        return self.moment.time_s

    @property
    def few(self) -> bool:
        """Whether most bands are lost."""
        return bool(np.isnan(self.error_px).sum() > len(self.error_px) / 2)

    def filled(self, trunk_px: float) -> _Seen:
        """The same with the lost bands guessed from the others."""
        lost = np.isnan(self.error_px)
        middle = np.nanmedian(self.moved_px, axis=0)
        return _Seen(
            self.moment,
            np.where(lost[:, None], middle, self.moved_px),
            np.where(lost, _GUESS * trunk_px, self.error_px),
            self.texture,
        )

    def leaps_from(self, last: _Seen, trunk_px: float) -> bool:
        """Whether a band went further since then than a trunk can."""
        step = np.hypot(*(self.moved_px - last.moved_px).T) / trunk_px
        return bool((step > _NOISE + _FASTEST * (self.time_s - last.time_s)).any())


class _Key:
    """A moment that later ones are compared with, and the points looked for in them."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self.time_s = seen.time_s
        picture, xy = seen.moment.picture, seen.moment.xy
        axis = _trunk(xy)
        assert axis is not None
        self.trunk_px = math.hypot(*axis)
        hips = xy[[L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=0)
        along = np.add.outer(TRUNK_BANDS, _ROWS)[..., None, None] * axis
        grid = hips + along + _COLUMNS[:, None] * np.array([-axis[1], axis[0]])
        self._body = _Points(
            picture, grid.reshape(-1, 2), _TRUNK_PX / self.trunk_px, _MARGIN * self.trunk_px
        )
        room = _beside(xy, picture.shape, _ROOM_MARGIN * self.trunk_px)
        self._room = _Points(picture, room, _ROOM_PX / max(picture.shape))
        self._best = self._kept = 0
        #: Whether enough of the room was found again to tell the camera's motion.
        self.room_seen = False

    @property
    def is_worn(self) -> bool:
        """Whether many of the points that could be followed at first are lost."""
        return self._kept < _KEPT * self._best

    def seen_in(self, moment: _Moment) -> _Seen | None:
        """The motion up to another moment, on top of the key's own; None = the room is lost."""
        found, good = self._room.look_for(moment.picture)
        self.room_seen = int(good.sum()) >= _ROOM_POINTS
        agree_px = _ROOM_AGREE_PX / self._room.scale
        room = _room_motion(self._room.start[good], found[good], agree_px)
        if room is None:
            return None
        found, good = self._body.look_for(moment.picture)
        self._kept = int(good.sum())
        self._best = max(self._best, self._kept)
        moved = found - _similar(room, self._body.start)
        bands = len(TRUNK_BANDS)
        way, error = np.full((bands, 2), np.nan), np.full(bands, np.nan)
        texture = np.full(bands, np.nan)
        shared, whole = (part.reshape(bands, -1) for part in self._body.detail())
        each = zip(moved.reshape(bands, -1, 2), good.reshape(bands, -1), strict=True)
        for band, (steps, kept) in enumerate(each):
            if (number := int(kept.sum())) < _BAND_POINTS:
                continue
            way[band] = middle = _median(steps[kept])
            scatter = 1.48 * float(_median(np.abs(steps[kept] - middle)).max())
            error[band] = math.hypot(
                1.25 * scatter / math.sqrt(number / _OVERLAP), _LEAST_ERROR_PX / self._body.scale
            )
            texture[band] = max(float(shared[band][kept].sum() / whole[band][kept].sum()), 0.0)
        own = self._seen
        return _Seen(moment, own.moved_px + way, np.hypot(own.error_px, error), texture)


class _Points:
    """Points of one picture that are looked for in others, from where they were last.

    start: (n, 2) pixels. scale: size in which they are looked for (never enlarged), in a
    part of the picture that reaches margin_px beyond the points; None = the whole.
    """

    def __init__(
        self, picture: Gray, start: FloatArray, scale: float, margin_px: float | None = None
    ) -> None:
        self.start, self.scale = start, min(scale, 1.0)
        height, width = picture.shape
        self._part = slice(0, height), slice(0, width)
        if margin_px is not None:
            edge = [width - 2, height - 2]
            left, top = np.clip(start.min(axis=0) - margin_px, 0, edge).astype(int)
            right, bottom = (start.max(axis=0) + margin_px).astype(int)
            self._part = slice(top, max(bottom, top + 2)), slice(left, max(right, left + 2))
        self._corner = np.array([self._part[1].start, self._part[0].start])
        self._picture = self._prepared(picture)
        self._first = ((start - self._corner) * self.scale).astype(np.float32)
        self._last = self._first
        self._now = self._picture
        self._detail: NDArray[np.float32] | None = None
        contrast = _contrast(self._picture, self._first)
        self._told = contrast >= _PLAIN
        self._most_unlike = _UNLIKE * contrast[self._told]

    def look_for(self, picture: Gray) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Where they are in another picture, (n, 2) pixels, and which of them were found."""
        good = self._told.copy()
        self._now = picture = self._prepared(picture)
        if not good.any():
            return self.start, good
        first = self._first[self._told]
        found, unlike = _followed(self._picture, picture, first, self._last[self._told])
        back, _ = _followed(picture, self._picture, found, first)
        same = unlike < self._most_unlike
        same &= np.hypot(*(back - first).T) < _RETURN_PX
        good[self._told] = same
        self._last = self._last.copy()
        self._last[good] = found[same]
        return self._last / self.scale + self._corner, good

    def detail(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of the windows around the points (n,): the fine detail both pictures share, and all."""
        if self._detail is None:
            self._detail = _windows(_fine(self._picture), self._first)
        now = _windows(_fine(self._now), self._last)
        shared = (self._detail * now).mean(axis=1)
        whole = np.sqrt((self._detail**2).mean(axis=1) * (now**2).mean(axis=1))
        return shared, whole + _BARE**2

    def _prepared(self, picture: Gray) -> Gray:
        return _flattened(picture[self._part], self.scale)


def _trunk(xy: FloatArray) -> FloatArray | None:
    """(2,) from the middle of the hips to that of the shoulders, None when not seen."""
    hips = xy[[L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=0)
    axis = xy[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(axis=0) - hips
    return axis if math.hypot(*axis) > 1.0 else None


def _brightness_table() -> Gray:
    # The logarithm: more light adds the same everywhere, and what varies slowly is
    # taken off below. Dark noise is kept small.
    level = np.log((np.arange(256) + 16.0) / 16.0)
    return np.asarray(np.round(90.0 * level), np.uint8)


_BRIGHTNESS: Final = _brightness_table()


def _gray(image_rgb: NDArray[np.uint8]) -> Gray:
    import cv2

    return np.asarray(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _flattened(gray: Gray, scale: float) -> Gray:
    """A picture in another size, without its exposure and broad shading.

    Shading stays where it is while a body turns under it.
    """
    import cv2

    picture: Any = gray
    if scale < 1.0:
        height, width = gray.shape
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        if scale <= 0.5:  # by half is many times faster than by anything else
            picture = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    picture = cv2.LUT(picture, _BRIGHTNESS)
    broad = cv2.blur(picture, (13, 13))
    return np.asarray(cv2.addWeighted(picture, 1.5, broad, -1.5, 128.0), np.uint8)


def _fine(picture: Gray) -> NDArray[np.float32]:
    """What is left of a picture without all that is broader than _DETAIL_PX."""
    import cv2

    wanted = picture.astype(np.float32)
    return np.asarray(wanted - cv2.blur(wanted, (_DETAIL_PX, _DETAIL_PX)), np.float32)


#: Every second pixel of a window, across and down, is enough to compare.
_OFFSETS: Final = np.arange(0, _WINDOW_PX, 2, dtype=np.float32) - _WINDOW_PX // 2
_ACROSS, _DOWN = (part.ravel() for part in np.meshgrid(_OFFSETS, _OFFSETS))


def _windows(picture: NDArray[np.float32], points: PixelArray) -> NDArray[np.float32]:
    """(n, pixels) what is seen around each of (n, 2) points."""
    import cv2

    x, y = points[:, :1] + _ACROSS, points[:, 1:] + _DOWN
    seen = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(seen, np.float32)


def _contrast(picture: Gray, points: PixelArray) -> NDArray[np.float32]:
    """(n,) mean distance from the middle grey in the windows around (n, 2) points."""
    import cv2

    off = cv2.absdiff(picture, np.full_like(picture, 128)).astype(np.float32)
    mean = cv2.blur(off, (_WINDOW_PX, _WINDOW_PX))
    height, width = picture.shape
    column, row = np.clip(points.round().astype(int), 0, [width - 1, height - 1]).T
    return np.asarray(mean[row, column], np.float32)


def _followed(
    before: Gray, after: Gray, points: PixelArray, guess: PixelArray
) -> tuple[PixelArray, NDArray[np.float32]]:
    """Where (n, 2) points of one picture are in another, and how unlike they look there.

    The second is the mean difference of the windows in grey levels, infinite = not found.
    """
    import cv2

    found, status, unlike = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        guess.copy(),
        winSize=(_WINDOW_PX, _WINDOW_PX),
        maxLevel=_LEVELS,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.02),
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        minEigThreshold=_TEXTURE,
    )
    return (
        np.asarray(found, np.float32),
        np.asarray(np.where(status > 0, unlike, np.inf)[:, 0], np.float32),
    )


def _beside(xy: FloatArray, shape: tuple[int, ...], margin: float) -> FloatArray:
    """(n, 2) points of a grid over the picture that are not on the person."""
    height, width = shape
    columns, rows = _ROOM_GRID
    x, y = np.meshgrid(np.linspace(10, width - 10, columns), np.linspace(10, height - 10, rows))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    low, high = np.nanmin(xy, axis=0) - margin, np.nanmax(xy, axis=0) + margin
    return np.asarray(grid[~((grid > low) & (grid < high)).all(axis=1)], np.float64)


def _median(values: FloatArray) -> FloatArray:
    """As np.median over the first axis: a fraction of its time for few values."""
    ordered = np.sort(values, axis=0)
    return np.asarray(0.5 * (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]))


#: Shift, turn and scale of the picture: x + iy -> a (x + iy) + b.
_Similarity = tuple[complex, complex]
_STILL: Final[_Similarity] = (1.0 + 0j, 0j)


def _room_motion(before: FloatArray, after: FloatArray, agree_px: float) -> _Similarity | None:
    """How the room moved in the picture, from (n, 2) points of it.

    agree_px: how well most of them have to agree; None when they do not. A room without
    points stands still for all one knows.
    """
    if len(before) < _ROOM_POINTS:
        return _STILL
    z, w = before @ (1, 1j), after @ (1, 1j)
    # First the shift of most, then all that nearly fits it, weighted by how well.
    off = np.abs(w - z - _median(after - before) @ (1, 1j))
    a, b = _STILL
    for _ in range(4):
        width = 2.0 * max(1.48 * float(_median(off)), 0.15)
        weight = 1.0 / (1.0 + (off / width) ** 2) ** 2
        weight /= weight.sum()
        z0, w0 = complex(weight @ z), complex(weight @ w)
        spread = float(weight @ np.abs(z - z0) ** 2)
        a = complex(weight @ ((w - w0) * (z - z0).conj())) / max(spread, 1e-9)
        b = w0 - a * z0
        off = np.abs(a * z + b - w)
    return (a, b) if (off < agree_px).mean() >= _ROOM_AGREE else None


def _similar(motion: _Similarity, points: FloatArray) -> FloatArray:
    a, b = motion
    z = a * (points @ (1, 1j)) + b
    return np.stack([z.real, z.imag], axis=1)
