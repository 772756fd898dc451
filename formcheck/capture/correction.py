"""How a recording shows what it was not: turned, as in a mirror, or at another speed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from formcheck.engine.pose import FloatArray, ImageArray, Landmark, PoseFrame, TrunkMotion
from formcheck.language import N_

#: The landmark of the other side, by index.
_OTHER_SIDE: Final = [
    Landmark[name.replace("LEFT", "*").replace("RIGHT", "LEFT").replace("*", "RIGHT")]
    for name in Landmark.__members__
]


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be put right in a recording.

    rotate: 0, 90, 180 or 270 degrees by which the picture has to be turned clockwise.
    mirrored: left and right are swapped. speed: it plays at this share of the real speed, 0.25
    for slow motion of a quarter. every_frame: also those pictures that come sooner than a
    thirtieth of a second after the one before. Raises ValueError with a sentence for anything else.
    """

    rotate: int = 0
    mirrored: bool = False
    speed: float = 1.0
    every_frame: bool = False

    def __post_init__(self) -> None:
        if self.rotate not in (0, 90, 180, 270):
            raise ValueError(
                N_("A picture can be turned by 90, 180 or 270 degrees, not {rotate}.").format(
                    rotate=self.rotate
                )
            )
        if not (math.isfinite(self.speed) and 0.01 <= self.speed <= 100):
            raise ValueError(
                f"The speed {self.speed:g} is not between 0.01 and 100; 0.25 is slow motion that "
                "takes four times as long."
            )

    @property
    def words(self) -> tuple[str, ...]:
        """What was put right, as sentences for the report."""
        told = []
        if self.rotate:
            told.append(
                N_("The picture was turned by {rotate}° clockwise, as asked.").format(
                    rotate=self.rotate
                )
            )
        if self.mirrored:
            told.append(N_("Left and right were swapped, as asked."))
        if self.speed != 1:
            told.append(
                N_("The times are real ones: the recording plays at {speed:g} of them.").format(
                    speed=self.speed
                )
            )
        return tuple(told)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Of a picture of this size, once it is put right."""
        return (height, width) if self.rotate in (90, 270) else (width, height)

    def image(self, image: ImageArray) -> ImageArray:
        """The picture put right."""
        if self.rotate:
            image = np.rot90(image, -self.rotate // 90)
        if self.mirrored:
            image = image[:, ::-1]
        return np.ascontiguousarray(image)

    def pose(self, pose: PoseFrame) -> PoseFrame:
        """Landmarks put right."""
        width, height = size = self.size(*pose.frame_size)
        points, world = pose.landmarks_px.copy(), pose.world_m.copy()
        for values, middle in ((points, np.array(pose.frame_size) / 2), (world, np.zeros(2))):
            values[:, :2] = self._turned(values[:, :2] - middle)
        points[:, :2] += (width / 2, height / 2)
        order = list(range(len(points)))
        if self.mirrored:
            order = [int(other) for other in _OTHER_SIDE]
            points[:, 0] = width - points[:, 0]
            world[:, 0] = -world[:, 0]
        return replace(
            pose,
            time_s=pose.time_s * self.speed,
            landmarks_px=points[order],
            visibility=pose.visibility[order],
            world_m=world[order],
            frame_size=size,
            trunk_motion=pose.trunk_motion and self._motion(pose.trunk_motion),
        )

    def _motion(self, motion: TrunkMotion) -> TrunkMotion:
        moved = self._turned(motion.moved_px)
        return replace(motion, moved_px=moved * (-1, 1) if self.mirrored else moved)

    def _turned(self, points: FloatArray) -> FloatArray:
        x, y = points[:, 0], points[:, 1]
        turned = {0: (x, y), 90: (-y, x), 180: (-x, -y), 270: (y, -x)}[self.rotate]
        return np.stack(turned, axis=1)
