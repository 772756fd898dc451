"""Following one person, step by step, whoever looks at the pictures.

    follower = Follower()
    choice = follower.step(tracked, time_s, width)

The network may run here or elsewhere: a follower only says what it wishes to be shown
(Look, Turn), and takes what was seen when it comes. Whose pose is the right one, SubjectLock
decides.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from formcheck.capture.subject import (
    LEAST_PROMINENT,
    Doubt,
    Person,
    SubjectLock,
    blanked,
    distinct,
    hide_unseen,
    outline,
    surroundings,
)
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import FloatArray, ImageArray, PoseFrame, empty_frame

# Who watches for company looks around so often, and sooner where two looks did not see the same.
# Somebody else is there when so many looks in a row saw them: a reflection flickers.
_COMPANY_LOOK_S: Final = 5.0
_CERTAIN_LOOK_S: Final = 0.5
_LOOKS: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A wish to know everybody in the picture. hide: (n, 2) pixels, blanked in it first."""

    hide: tuple[FloatArray, ...] = ()

    def shown(self, image: ImageArray) -> ImageArray:
        """The picture to look at."""
        return blanked(image, self.hide) if self.hide else image


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A wish that the tracker takes up whom it finds in a part of the picture.

    It cannot be told, but it can be shown a picture with nobody else in it: on the first
    such picture it loses its track, on the next it finds the person.
    box: (4,) left, top, right and bottom, pixels. hide: as in Look.
    """

    box: FloatArray
    hide: tuple[FloatArray, ...]

    def shown(self, image: ImageArray) -> ImageArray:
        """The picture with this part alone."""
        left, top, right, bottom = np.maximum(self.box, 0).astype(int)
        alone = blanked(image, everywhere=True)
        alone[top:bottom, left:right] = image[top:bottom, left:right]
        return blanked(alone, self.hide)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Who is followed now, and whether it is another one than before.

    wish: what would settle it. Where that cannot be had for this picture, person stands, and
    has to be told to follow().
    """

    person: Person | None
    changed: bool = False
    wish: Look | Turn | None = None


class Follower:
    """Follows one person through one stream.

    watchful: look around now and then where there is no doubt, too, so that somebody who joins
    is noticed. Whom to follow is decided as without.
    """

    def __init__(self, *, watchful: bool = False) -> None:
        self._lock = SubjectLock()
        self._first_look: list[Person] = []
        self._watchful = watchful
        self._seen: deque[int] = deque(maxlen=_LOOKS if watchful else 1)
        self._looked_s = 0.0

    @property
    def people(self) -> int:
        """How many were seen when the whole picture was last looked at.

        Who is watchful believes in those alone who were seen each of the last few times.
        """
        full = len(self._seen) == self._seen.maxlen
        return min(self._seen) if full else 1

    def expect(self, posture: WantedPosture) -> None:
        """In which posture the exercise is done (Exercise.posture); "" = not known."""
        self._lock.expect(posture)

    def step(
        self,
        tracked: Person | None,
        time_s: float,
        width: float,
        found: list[Person] | None = None,
        *,
        hidden: bool = False,
    ) -> Choice:
        """Take the tracked pose of a picture, and whom a look at it found besides.

        found: None = nobody looked around. hidden: they looked as Look.hide wished.
        """
        doubt = self._lock.doubts(tracked, time_s)
        if tracked is None or doubt is Doubt.WAIT:
            return Choice(None)
        if doubt is Doubt.NONE:
            self._lock.follow(tracked, time_s)
            if found is not None and not hidden:
                self._count(distinct([tracked, *found]), tracked, time_s)
            return Choice(tracked, wish=Look() if self._is_due(time_s) else None)
        if found is None:
            return Choice(tracked if doubt is Doubt.CHECK else None, wish=Look())
        if hidden:
            found = [*self._first_look, *filter(self._lock.fits, found)]
        people = distinct([tracked, *found])
        if not hidden and not any(map(self._lock.fits, people)):
            # Nobody is in the exercise's posture: somebody may be half hidden behind the others.
            self._first_look = people
            hide = tuple(map(outline, people))
            return Choice(tracked if doubt is Doubt.CHECK else None, wish=Look(hide))
        return self._decide(people, tracked, time_s, width)

    def follow(self, person: Person, time_s: float) -> None:
        """Take this for the pose of who is followed."""
        self._lock.follow(person, time_s)

    def _decide(self, people: list[Person], tracked: Person, time_s: float, width: float) -> Choice:
        self._count(people, tracked, time_s)
        chosen, changed = self._lock.decide(people, tracked, time_s, width)
        if chosen is None:
            return Choice(None)
        if chosen.is_at(tracked):
            self._lock.follow(tracked, time_s)
            return Choice(tracked, changed)
        others = tuple(outline(other) for other in people if not other.is_at(chosen))
        return Choice(chosen, changed, Turn(surroundings(chosen), others))

    def _count(self, people: list[Person], tracked: Person, time_s: float) -> None:
        seen = [one for one in people if one.is_seen]
        if self._watchful:
            # A picture on the wall is not company.
            least = LEAST_PROMINENT * tracked.torso_px
            seen = [tracked, *(o for o in seen if o is not tracked and o.torso_px >= least)]
        self._seen.append(len(seen))
        self._looked_s = time_s

    def _is_due(self, time_s: float) -> bool:
        """Whether to look for company now."""
        if not self._watchful:
            return False
        unsure = max(self._seen, default=1) > 1 and self.people != max(self._seen)
        return time_s - self._looked_s >= (_CERTAIN_LOOK_S if unsure else _COMPANY_LOOK_S)

    def frame(self, choice: Choice, time_s: float, size: tuple[int, int], model: str) -> PoseFrame:
        """The choice as a frame of a picture of this (width, height); no motion of the trunk."""
        person = choice.person
        if person is None:
            return replace(empty_frame(time_s, size, model), people=self.people)
        return PoseFrame(
            time_s=time_s,
            landmarks_px=hide_unseen(person.landmarks_px, person.visibility, size),
            visibility=person.visibility,
            frame_size=size,
            world_m=person.world_m,
            person_changed=choice.changed,
            people=self.people,
            model=model,
        )
