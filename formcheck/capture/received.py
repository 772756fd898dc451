"""One person's pose from poses that were found elsewhere: in the person's own browser.

What is found comes message by message, and what the follower wishes to know beyond it
can be asked for with one of the next pictures only. Until then who was followed is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from formcheck.capture.follower import Choice, Follower, Look, Turn
from formcheck.capture.subject import Person
from formcheck.engine.exercise import WantedPosture
from formcheck.engine.pose import PoseFrame, TrunkMotion
from formcheck.engine.view import SIDE_LYING_LEFT, SIDE_LYING_RIGHT, posture_of

# What was asked for and did not come for so long is asked for again, seconds.
_ASK_AGAIN_S = 0.5
# The clock of the camera began anew.
_BACK_S = 1.0
_RUNS = 2**32


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """What was found in one picture.

    size: its (width, height). tracked: the pose that is tracked. found: all that a look around
    found besides; None = there was none. hidden: it was looked as Look.hide wished.
    motion: of the trunk of who is tracked, in runs that go on when they are somebody else.
    """

    size: tuple[int, int]
    tracked: Person | None
    found: list[Person] | None = None
    hidden: bool = False
    motion: TrunkMotion | None = None
    model: str = ""


class PoseReceiver:
    """The counterpart of PoseEstimator, for one stream of poses that were found elsewhere."""

    def __init__(self) -> None:
        self._follower = Follower(watchful=True)
        self._asked_s = -math.inf
        self._last_s = -math.inf
        self._changes = 0
        #: Whether the motion of the trunk is to be followed in the next picture.
        self.trunk = False

    def take(
        self, received: Received, time_s: float, posture: WantedPosture = ""
    ) -> tuple[PoseFrame, Look | Turn | None]:
        """The pose of who is followed, as PoseEstimator.estimate gives it, and what is wished.

        time_s: when the picture was taken. The wish is for one of the next pictures.
        """
        if time_s < self._last_s - _BACK_S:
            self._follower, self._asked_s = Follower(watchful=True), -math.inf
        self._last_s = time_s
        follower = self._follower
        follower.expect(posture)
        tracked, wish = received.tracked, None
        choice = follower.step(
            tracked, time_s, received.size[0], received.found, hidden=received.hidden
        )
        if received.found is not None:
            self._asked_s = -math.inf
        if choice.wish is not None:
            if choice.person is not None:
                follower.follow(choice.person, time_s)
            # What answers an earlier wish may be on its way.
            if time_s - self._asked_s >= _ASK_AGAIN_S:
                self._asked_s, wish = time_s, choice.wish
        pose = follower.frame(choice, time_s, received.size, received.model)
        # Once it is, a posture that is not told for a moment does not end it.
        if posture != "side_lying" or choice.changed:
            self.trunk = False
        elif not self.trunk:
            self.trunk = posture_of(pose.landmarks_px[:, :2].tolist()) in (
                SIDE_LYING_LEFT,
                SIDE_LYING_RIGHT,
            )
        return self._with_motion(pose, choice, received), wish

    def _with_motion(self, pose: PoseFrame, choice: Choice, received: Received) -> PoseFrame:
        self._changes += choice.changed
        motion = received.motion
        if motion is None or choice.person is None or choice.person is not received.tracked:
            return pose
        # Of two people nothing can be compared.
        return replace(pose, trunk_motion=replace(motion, run=motion.run + _RUNS * self._changes))
