"""The landmarks of a whole recording, and its pictures where it has some."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from formcheck.capture.correction import Correction
from formcheck.capture.pose_file import PoseFile, PoseSpool, write_pose_file
from formcheck.capture.streams import ahead, open_video
from formcheck.engine.exercise import Exercise, WantedPosture
from formcheck.engine.kept_rep import KeptRep
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.language import N_

if TYPE_CHECKING:
    pass

#: Called with (frames done, frames in all or None, seconds of the recording done).
OnProgress = Callable[[int, int | None, float], object]
AS_IT_IS: Final = Correction()
#: How the notes of a report begin of which not all was looked at.
INTERRUPTED: Final = N_("The analysis was interrupted")


@dataclass(frozen=True, slots=True)
class Poses:
    """The landmarks of a whole recording, on disk for as long as this is kept.

    source: the recording; a landmark recording is its own landmarks. correction: what was put
    right in it. recorded: when it was, None where nobody knows. notes: sentences about the
    reading itself. interrupted_s: where it was stopped, in seconds of the recording; None
    when all of it was read. posture: of the exercise that was looked for, "" = any; crowded:
    whether several people were seen, so that this mattered.
    """

    source: Path
    kept: PoseFile | PoseSpool
    frame_size: tuple[int, int]
    fps: float | None
    frames: int
    duration_s: float
    correction: Correction = AS_IT_IS
    recorded: datetime | None = None
    notes: tuple[str, ...] = ()
    interrupted_s: float | None = None
    posture: WantedPosture = ""
    crowded: bool = False

    def show(self, exercise: Exercise | None) -> bool:
        """Whether they are of the person who does this exercise; None = any exercise."""
        return not self.crowded or exercise is None or exercise.posture == self.posture

    @property
    def filmed(self) -> bool:
        """Whether there are pictures."""
        return isinstance(self.kept, PoseSpool)

    def __iter__(self) -> Iterator[PoseFrame]:
        until_s = math.inf if self.interrupted_s is None else self.interrupted_s
        poses: Iterable[PoseFrame] = self.kept
        if not self.filmed and self.correction != AS_IT_IS:
            poses = map(self.correction.pose, self.kept)
        return takewhile(lambda pose: pose.time_s <= until_s, poses)

    def interrupted(self, frames: int, at_s: float, first_s: float) -> Poses:
        """Those of so many frames, up to a moment of a recording that begins at first_s."""
        words = N_(
            "The analysis was interrupted after {seconds:.1f} s; the rest was not looked at."
        )
        told = words.format(seconds=at_s - first_s)
        return replace(self, frames=frames, interrupted_s=at_s, notes=(told, *self.notes))

    def save(self, path: Path) -> None:
        """Write them to a .npz file; raises PoseFileError."""
        if isinstance(self.kept, PoseSpool):
            self.kept.save(path)
        else:
            write_pose_file(path, replace(self, interrupted_s=None))


def frames_of(poses: Poses | KeptRep) -> Generator[tuple[PoseFrame, ImageArray | None]]:
    """Each pose and its picture, None where there are no pictures; to be closed."""
    if isinstance(poses, KeptRep) or not poses.filmed:
        for pose in poses:
            yield pose, None
        return
    # Where the reading was stopped there are fewer poses than pictures.
    with open_video(poses.source, poses.correction) as video, closing(ahead(video)) as frames:
        for pose, frame in zip(poses, frames, strict=False):
            yield pose, frame.image_rgb
