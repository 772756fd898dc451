"""Whose pose it is, when there are several people in the picture; no network, no pictures read.

The one who is followed is the one who is in the posture of the exercise; among those the
largest and most central. Once chosen, they are followed by place and size.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property
from typing import Final

import numpy as np

from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import FloatArray, ImageArray
from formcheck.engine.recording_quality import POSTURES
from formcheck.engine.report import Posture
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, SUPINE, posture_of

# The network's own estimate of how likely a landmark is in sight. Feet turned to
# a camera at the head or foot end get 0.4-0.6 and are placed well; a shin behind
# furniture gets under 0.2 and is placed anywhere (both on rendered people).
MIN_VISIBILITY: Final = 0.35
# The network also places landmarks outside the picture. Just beyond the edge
# they are good enough; further out they are invented.
MAX_OUTSIDE: Final = 0.10


def hide_unseen(
    landmarks_px: FloatArray, visibility: FloatArray, frame_size: tuple[int, int]
) -> FloatArray:
    """Landmarks with those that cannot be trusted set to NaN; the one place that decides it.

    landmarks_px: (..., 33, 3) pixels. visibility: (..., 33). frame_size: (width, height).
    NaN when visibility is below MIN_VISIBILITY or unknown, or when the position is
    more than 10% of the picture's size beyond its edge.
    """
    width, height = frame_size
    x, y = landmarks_px[..., 0], landmarks_px[..., 1]
    seen = (
        (visibility >= MIN_VISIBILITY)
        & (x >= -MAX_OUTSIDE * width)
        & (x <= (1 + MAX_OUTSIDE) * width)
        & (y >= -MAX_OUTSIDE * height)
        & (y <= (1 + MAX_OUTSIDE) * height)
    )
    return np.where(seen[..., None], landmarks_px, np.nan)


MAX_PEOPLE: Final = 4
TURN_TRIES: Final = 3
_TORSO_M: Final = 0.5  # a unit of length on the body, about hips to shoulders
_TORSO: Final = [11, 12, 23, 24]
_HEAD_AND_TRUNK: Final = [*range(11), *_TORSO]
_BLANK: Final = (127, 127, 127)
_ABOVE, _BENDING, _BELOW = [11, 12, 23, 24], [23, 24, 25, 26], [25, 26, 27, 28]
_LARGE_JOINTS: Final = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]

# How far one person's torso may be from where it was last seen, in torso lengths:
# a margin for noise, plus a speed. On real squats, deadlifts and step-ups the
# fastest was 2 torso lengths a second. After a longer gap position says little,
# but someone more than 0.75 m away is rather somebody else.
_NOISE_TORSO: Final = 0.6
_SPEED_TORSO_PER_S: Final = 3.0
_FARTHEST_TORSO: Final = 1.5
# How much the apparent size of one person may change from sight to sight. On
# real clips it changed by 9% at most from frame to frame; alone in the picture,
# a person may also lie down or come nearer while out of sight.
_SIZE_RATIO: Final = 1.3
_SIZE_RATIO_ALONE: Final = 2.0
_SIZE_MEMORY_S: Final = 0.5  # someone walking up briskly grows by 25% in this time
_SAME_PLACE_TORSO: Final = 0.5

_LOOK_AGAIN_S: Final = 0.15  # between two looks around while in doubt
_LOST_S: Final = 0.3  # unseen for this long: look around before going on
_PATIENCE_S: Final = 1.5  # wait this long for the subject before taking another
# Whoever sets the camera up may be in the picture before the subject is: for a
# while after locking on, look whether someone much larger has come.
_SETTLE_S: Final = 10.0
_SETTLE_LOOK_S: Final = 2.5
_MUCH_LARGER: Final = 1.5

# Beside somebody who kneels or stands there, who lies is the one who exercises.
_LYING: Final = (SUPINE, SIDE_LYING_LEFT, SIDE_LYING_RIGHT)
# Smaller than this share of the most prominent one: a picture on the wall, a neighbour.
LEAST_PROMINENT: Final = 0.4
# The pose followed is not in the posture of the exercise for so long: look around, and
# again so often, less where nobody else was seen; who was in it for longer than the last is
# the subject whatever they do.
_MISPLACED_S: Final = 0.7
_MISPLACED_LOOK_S, _ALONE_LOOK_S = 1.0, 3.0
_PLACED_S: Final = 2.0
# Of two people in that posture the one who bends and straightens on the spot exercises: by
# so many degrees at a hip or knee there and back, moving away by less than so many torso
# lengths, within so many seconds. While the one who is followed has not for so long, everybody
# is looked at so often and for so long: who does it more often than they did is followed then.
# A trainer shows it once or twice, somebody who rests has done more.
_BENDS_DEG: Final = 35.0
_ON_THE_SPOT_TORSO: Final = 0.7
_BENDS_WITHIN_S: Final = 8.0
_BENDS_LOOK_S: Final = 0.5
_STILL_S: Final = 30.0
# The joints of somebody who is there are mostly in sight.
_LEAST_VISIBLE: Final = 0.5

_CIRCLE: Final = np.array([(np.cos(a), np.sin(a)) for a in np.arange(0, 2 * np.pi, np.pi / 6)])


@dataclass(frozen=True, eq=False)
class Person:
    """A pose as mediapipe gave it, nothing hidden yet.

    centre_px: middle of shoulders and hips. torso_px: half a metre on this person,
    in pixels, from the whole pose, so that bending over does not shrink it.
    """

    landmarks_px: FloatArray
    visibility: FloatArray
    world_m: FloatArray
    centre_px: FloatArray
    torso_px: float

    @classmethod
    def of(cls, landmarks: FloatArray, world_m: FloatArray, size: tuple[int, int]) -> Person:
        """From what the network gave.

        landmarks: (33, 4), x, y and z in shares of the picture and visibility. world_m: (33, 3)
        metres. size: (width, height); depth is in the scale of the width.
        """
        width, height = size
        landmarks_px = landmarks[:, :3] * (width, height, width)
        both = np.hstack([landmarks_px[_LARGE_JOINTS, :2], world_m[_LARGE_JOINTS, :2]])
        away = both - both.mean(axis=0)
        x_px, y_px, x_m, y_m = (away * away).mean(axis=0).tolist()
        spread_px, spread_m = math.sqrt(x_px + y_px), math.sqrt(x_m + y_m)
        return cls(
            landmarks_px=landmarks_px,
            visibility=landmarks[:, 3],
            world_m=world_m,
            centre_px=landmarks_px[_TORSO, :2].mean(axis=0),
            torso_px=max(_TORSO_M * spread_px / max(spread_m, 0.05), 1.0),
        )

    @cached_property
    def posture(self) -> Posture:
        """As the landmarks in sight show it in this one picture."""
        seen = self.visibility[:, None] >= MIN_VISIBILITY
        return posture_of(np.where(seen, self.landmarks_px[:, :2], np.nan).tolist())

    @cached_property
    def bends_deg(self) -> FloatArray:
        """(4,) the angles in the picture at hips and knees, degrees; NaN = out of sight."""
        at = np.where(self.visibility[:, None] >= MIN_VISIBILITY, self.landmarks_px[:, :2], np.nan)
        up, down = at[_ABOVE] - at[_BENDING], at[_BELOW] - at[_BENDING]
        turn = np.arctan2(up[:, 0], up[:, 1]) - np.arctan2(down[:, 0], down[:, 1])
        return np.asarray(np.degrees(np.abs((turn + np.pi) % (2 * np.pi) - np.pi)))

    def distance(self, other: Person) -> float:
        """Between the two centres, in torso lengths of self."""
        return float(np.linalg.norm(self.centre_px - other.centre_px)) / self.torso_px

    def size_ratio(self, other: Person) -> float:
        """How many times larger the larger one is."""
        return max(self.torso_px / other.torso_px, other.torso_px / self.torso_px)

    def is_at(self, other: Person) -> bool:
        """Whether both are the same person, seen twice."""
        return self.distance(other) < _SAME_PLACE_TORSO and self.size_ratio(other) < _SIZE_RATIO

    @property
    def is_seen(self) -> bool:
        """Whether most of the body is in sight."""
        return float(self.visibility[_LARGE_JOINTS].mean()) >= _LEAST_VISIBLE

    def prominence(self, width: float) -> float:
        """Size, less for standing at the side or half hidden."""
        aside = min(abs(self.centre_px[0] / width - 0.5) * 2, 1.0)
        return float(self.torso_px * (1 - 0.5 * aside) * self.visibility[_TORSO].mean())


class _Movement:
    """How often somebody has done an exercise, from now and then a sight of them.

    count: how often they bent and straightened on the spot; last_s: when that was last.
    """

    def __init__(self, person: Person, time_s: float) -> None:
        self._sights = deque([(time_s, person)])
        self.count, self.last_s = 0, time_s

    def add(self, person: Person, time_s: float) -> None:
        """Take in a sight of them; those less than a tenth of a second apart are left out."""
        if time_s - self._sights[-1][0] < 0.1:
            return
        self._sights.append((time_s, person))
        while self._sights[0][0] < time_s - _BENDS_WITHIN_S:
            self._sights.popleft()
        if self._is_exercise:
            self.count, self.last_s = self.count + 1, time_s
            self._sights = deque([self._sights[-1]])

    @property
    def last(self) -> Person:
        """The last sight."""
        return self._sights[-1][1]

    @property
    def _is_exercise(self) -> bool:
        """Whether they bent and straightened a joint, or the other way round, on the spot."""
        x = [person.centre_px[0] for _, person in self._sights]
        if max(x) - min(x) > _ON_THE_SPOT_TORSO * self.last.torso_px:
            return False
        for bends in np.array([person.bends_deg for _, person in self._sights]).T:
            seen = bends[np.isfinite(bends)]
            if len(seen) and np.ptp(seen) >= _BENDS_DEG:
                far = seen > (seen.max() + seen.min()) / 2
                if np.count_nonzero(far[1:] != far[:-1]) >= 2:
                    return True
        return False


class Doubt(Enum):
    """Whether the tracked pose is the subject's.

    CHECK: by its place it is; it should be looked whether somebody else is the one to follow.
    LOOK: only a look around can tell. WAIT: it is not, and it is too early for another look.
    """

    NONE = auto()
    CHECK = auto()
    LOOK = auto()
    WAIT = auto()


class SubjectLock:
    """Decides whose pose is the subject's; knows nothing of pictures or mediapipe."""

    def __init__(self) -> None:
        self._subject: Person | None = None
        self._seen_s = 0.0
        self._others: list[Person] = []
        self._locked_s = 0.0
        self._doubt_look_s = -np.inf
        self._settle_look_s = -np.inf
        self._larger_seen = False
        self._is_new = True
        self._wanted: tuple[Posture, ...] = _LYING
        self._posture = ""
        self._misplaced_since_s = np.nan
        self._misplaced_look_s = -np.inf
        self._placed_s = 0.0
        self._moves: list[_Movement] = []
        self._own: _Movement | None = None
        self._moves_look_s = -np.inf

    def expect(self, posture: WantedPosture) -> None:
        """Follow who is in this posture of an exercise (Exercise.posture); "" = not known."""
        if posture != self._posture:
            self._posture, self._placed_s = posture, 0.0
            self._wanted = POSTURES[posture] if posture else _LYING

    def fits(self, person: Person) -> bool:
        """Whether this person is in the posture of the exercise."""
        return person.posture in self._wanted

    def doubts(self, tracked: Person | None, time_s: float) -> Doubt:
        """Whether to look around before believing that `tracked` is the subject."""
        if tracked is None:
            return Doubt.WAIT
        subject = self._subject
        if subject is None:
            return Doubt.LOOK
        gap_s = time_s - self._seen_s
        reach = _reach(gap_s) if gap_s < _LOST_S else _SAME_PLACE_TORSO
        if subject.distance(tracked) < reach and subject.size_ratio(tracked) < _SIZE_RATIO:
            if self._misplaced(tracked, time_s) and time_s >= self._misplaced_look_s:
                return Doubt.CHECK
            if self._moves and self._is_still(time_s) and time_s >= self._moves_look_s:
                return Doubt.CHECK
            settling = time_s - self._locked_s < _SETTLE_S
            return Doubt.CHECK if settling and time_s >= self._settle_look_s else Doubt.NONE
        return Doubt.LOOK if time_s >= self._doubt_look_s else Doubt.WAIT

    def decide(
        self, people: list[Person], tracked: Person, time_s: float, width: float
    ) -> tuple[Person | None, bool]:
        """Find the subject among the people seen (never empty), and whether it is a new one.

        None while the subject is out of sight and may come back.
        """
        best = self._best(people, width)
        if self._subject is None:
            self._take(best, people, time_s)
            return best, False
        same = self._find(people, time_s - self._seen_s)
        if same is None:
            if time_s - self._seen_s < _PATIENCE_S:
                self._doubt_look_s = time_s + _LOOK_AGAIN_S
                return None, False
            self._take(best, people, time_s)
            return best, True
        self._watch(people, same, time_s)
        busier = self._busier(time_s)
        if busier is not None:
            self._take(busier.last, people, time_s)
            self._own = busier
            return busier.last, True
        settles = time_s >= self._settle_look_s
        if settles:
            self._settle_look_s = time_s + _SETTLE_LOOK_S
        every_s = _MISPLACED_LOOK_S if len(people) > 1 else _ALONE_LOOK_S
        self._misplaced_look_s = time_s + every_s
        if self.fits(best) and not self.fits(same) and self._placed_s < _PLACED_S:
            self._take(best, people, time_s)
            return best, True
        if not settles:
            pass
        elif time_s - self._locked_s < _SETTLE_S and best.prominence(
            width
        ) > _MUCH_LARGER * same.prominence(width):
            if self._larger_seen:  # twice in a row: not just walking past
                self._take(best, people, time_s)
                return best, True
            self._larger_seen = True
        else:
            self._larger_seen = False
        self._others = [person for person in people if person is not same]
        return same, False

    def follow(self, person: Person, time_s: float) -> None:
        """Take this as the subject's pose now."""
        if self._subject is not None and not self._is_new:
            # One sight of a half hidden person must not set the size to go by.
            share = min((time_s - self._seen_s) / _SIZE_MEMORY_S, 0.5)
            size = self._subject.torso_px * (person.torso_px / self._subject.torso_px) ** share
            person = replace(person, torso_px=size)
        self._is_new = False
        self._subject = person
        if self._own is None:
            self._own = _Movement(person, time_s)
        else:
            self._own.add(person, time_s)
        if self.fits(person):
            self._placed_s += min(time_s - self._seen_s, _LOST_S)
            self._misplaced_since_s = np.nan
        self._seen_s = time_s

    def _take(self, person: Person, people: list[Person], time_s: float) -> None:
        self._others = [other for other in people if other is not person]
        self._locked_s = time_s
        self._settle_look_s = time_s + _SETTLE_LOOK_S
        self._larger_seen = False
        self._is_new = True
        self._placed_s = 0.0
        self._misplaced_since_s = np.nan
        self._own, self._moves = None, []
        self._watch(people, person, time_s)

    def _watch(self, people: list[Person], subject: Person, time_s: float) -> None:
        """Follow what the others do who could be the one who exercises as well."""
        self._moves_look_s = time_s + _BENDS_LOOK_S
        least = LEAST_PROMINENT * subject.torso_px
        for other in people:
            if other is subject or not (other.is_seen and other.torso_px >= least):
                continue
            known = [m for m in self._moves if other.distance(m.last) < _FARTHEST_TORSO]
            if known:
                min(known, key=lambda move: other.distance(move.last)).add(other, time_s)
            elif self.fits(other):
                self._moves.append(_Movement(other, time_s))

    def _is_still(self, time_s: float) -> bool:
        """Whether the one who is followed has not exercised for a while, and lately did or came."""
        own = self._own
        if own is None or not own.count:
            return time_s - self._locked_s < _STILL_S
        return _BENDS_WITHIN_S <= time_s - own.last_s < _BENDS_WITHIN_S + _STILL_S

    def _busier(self, time_s: float) -> _Movement | None:
        """Who did the exercise more often than the one who is followed and stands still now."""
        busiest = max(self._moves, key=lambda move: move.count, default=None)
        if busiest is None or not self._is_still(time_s):
            return None
        return busiest if busiest.count > (self._own.count if self._own else 0) else None

    def _best(self, people: list[Person], width: float) -> Person:
        """Who exercises, as far as a look tells: by posture, then by prominence."""
        least = LEAST_PROMINENT * max(person.prominence(width) for person in people)

        def rank(person: Person) -> tuple[bool, float]:
            prominence = person.prominence(width)
            fits = self.fits(person) and prominence >= least and person.is_seen
            return fits, prominence

        return max(people, key=rank)

    def _misplaced(self, tracked: Person, time_s: float) -> bool:
        """Whether the one who is followed has not been in the exercise's posture for a while."""
        if not self._posture or self._placed_s >= _PLACED_S or self.fits(tracked):
            self._misplaced_since_s = np.nan
        elif np.isnan(self._misplaced_since_s):
            self._misplaced_since_s = time_s
        return bool(time_s - self._misplaced_since_s >= _MISPLACED_S)

    def _find(self, people: list[Person], gap_s: float) -> Person | None:
        """Who of the people is the subject, by place and size."""
        subject = self._subject
        assert subject is not None
        # Somebody walking past in front hides the subject: who is alone in the
        # picture but of another size is believed only after a while.
        believed = len(people) == 1 and gap_s >= _PATIENCE_S
        largest = _SIZE_RATIO_ALONE if believed else _SIZE_RATIO
        fitting = [
            person
            for person in people
            if subject.distance(person) < _reach(gap_s)
            and subject.size_ratio(person) < largest
            # Somebody who was there beside the subject is not the subject.
            and not any(
                other.is_at(person) and other.distance(person) < subject.distance(person)
                for other in self._others
            )
        ]
        return min(fitting, key=subject.distance, default=None)


def _reach(gap_s: float) -> float:
    """How far the subject can have got in this time, in torso lengths."""
    if gap_s < _LOST_S:
        return _NOISE_TORSO + _SPEED_TORSO_PER_S * gap_s
    return max(_FARTHEST_TORSO, _NOISE_TORSO + _SPEED_TORSO_PER_S * _LOST_S)


def distinct(people: list[Person]) -> list[Person]:
    """Without second sightings of the same person."""
    kept: list[Person] = []
    for person in people:
        if not any(person.is_at(other) for other in kept):
            kept.append(person)
    return kept


def surroundings(person: Person) -> FloatArray:
    """(4,) left, top, right and bottom of where this person is, with a margin, pixels."""
    margin = 0.6 * person.torso_px
    places = person.landmarks_px[:, :2]
    return np.concatenate([places.min(axis=0) - margin, places.max(axis=0) + margin])


def outline(person: Person) -> FloatArray:
    """(n, 2) around head and trunk of this person, pixels.

    Where it is blanked the network finds who is half hidden behind: it looks for heads and
    trunks, and where two people touch it puts the legs of the one to the trunk of the other.
    """
    import cv2

    part = person.landmarks_px[_HEAD_AND_TRUNK, :2]
    around = (part[:, None] + 0.25 * person.torso_px * _CIRCLE).reshape(-1, 2)
    return np.asarray(cv2.convexHull(around.astype(np.float32))[:, 0], dtype=np.float64)


def blanked(
    image: ImageArray, parts: Iterable[FloatArray] = (), *, everywhere: bool = False
) -> ImageArray:
    """A copy of the picture with these parts of it, each (n, 2) pixels, or all of it blanked."""
    import cv2

    copy = np.full_like(image, _BLANK) if everywhere else np.ascontiguousarray(image).copy()
    for part in parts:
        cv2.fillConvexPoly(copy, part.astype(np.int32), _BLANK)
    return copy
