"""Pictures with their times, from a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, cast

from formcheck.capture.frames import Frame, PictureSource, SourceError, fit_within
from formcheck.engine.pose import ImageArray
from formcheck.language import N_

# A camera that gives nothing for longer is given up.
_SILENT_S: Final = 5.0


class Webcam(PictureSource):
    """Frames of a camera, stamped with the clock at the moment of capture.

    index: number of the camera, 0 = the first. width, height, fps: what to ask
    the camera for; it may give something else, see the attributes afterwards.
    max_side: scale down so that neither side exceeds this many pixels.

    Ends only by leaving the loop. Raises SourceError when the camera cannot be
    opened or gives no picture for 5 s. Pictures are not mirrored.
    """

    def __init__(
        self,
        index: int = 0,
        *,
        width: int = 1280,
        height: int = 720,
        fps: float = 30.0,
        max_side: int | None = None,
    ) -> None:
        import cv2

        if index < 0:
            raise SourceError(
                N_("There is no camera {index}; cameras are numbered from 0.").format(index=index)
            )
        self.name = f"camera {index}"
        self.warnings = []
        self.truncated = None
        self.duration_s = None
        self.frame_count = None
        self._max_side = max_side
        _quiet_opencv(cv2)
        self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceError(
                N_(
                    "Camera {index} cannot be opened: it is not connected, another program "
                    "is using it, or this program may not use it (see the system's privacy "
                    "settings)."
                ).format(index=index)
            )
        for setting, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),  # old pictures are late pictures
        ):
            self._capture.set(setting, value)
        try:
            self._first: tuple[float, ImageArray] | None = self._grab()
        except SourceError:
            self._capture.release()
            raise
        given = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = given if 1.0 <= given <= 1000.0 else None
        self.height, self.width = self._first[1].shape[:2]

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        moment, image = self._first if self._first is not None else self._grab()
        self._first = None
        start = last = moment
        while True:
            yield Frame(moment - start, image, index)
            index += 1
            moment, image = self._grab()
            moment = last = max(moment, last + 1e-6)

    def close(self) -> None:
        """Free the camera."""
        self._capture.release()

    def _grab(self) -> tuple[float, ImageArray]:
        import cv2

        give_up = time.monotonic() + _SILENT_S
        while time.monotonic() < give_up:
            if not self._capture.grab():
                time.sleep(0.02)
                continue
            moment = time.monotonic()
            good, image = self._capture.retrieve()
            if not good or image is None:
                continue
            height, width = image.shape[:2]
            wanted = fit_within(width, height, self._max_side)
            if wanted != (width, height):
                image = cv2.resize(image, wanted, interpolation=cv2.INTER_AREA)
            return moment, cast(ImageArray, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        raise SourceError(
            N_(
                "{camera} has given no picture for {seconds:.0f} s; check the "
                "cable and that no other program is using it."
            ).format(camera=self.name.capitalize(), seconds=_SILENT_S)
        )


def _quiet_opencv(cv2: Any) -> None:
    # OpenCV prints its own warnings for a missing camera; ours says it better.
    try:
        cv2.setLogLevel(0)
    except AttributeError:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
