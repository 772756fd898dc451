"""Few pictures of a running set: those of the worst moments, for the report.

Every picture of a set would be too many to keep. Those of the running attempt are kept
thinned; once it is over, only the ones next to its faults' worst moments and to its
turning point stay. Both are bounded, however long the attempt or the set lasts.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from formcheck.engine.exercise import PRESCRIBED_FAULTS, Exercise
from formcheck.engine.findings import SHOWN_PER_FAULT, clean_rep, findings
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.report import Fault, Rep, SetReport

#: JPEGs of a report by picture_id.
Pictures = Mapping[str, bytes]

EVERY_S: Final = 0.15
#: A picture further from a moment than this does not show it, seconds.
NEAR_S: Final = 0.6
#: At rest only the last so many seconds may belong to an attempt that begins.
REST_KEPT_S: Final = 3.0
#: Longest side of a picture that is kept, and of one in a report, pixels.
KEPT_SIDE: Final = 960
SHOWN_SIDE: Final = 640
_QUALITY: Final = 82
#: Room around the person, as a share of their size in the picture.
_ROOM: Final = 0.13
#: What a pose without a picture is drawn on, red, green, blue.
_PAPER: Final = (38, 42, 48)
#: Width over height of a picture in a report.
_SHAPES: Final = (0.75, 16 / 9)


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of the set: an unmirrored JPEG, and the pose found in it.

    jpeg: b"" = the pose alone is known.
    """

    time_s: float
    jpeg: bytes
    pose: PoseFrame | None = None


class Stills:
    """Takes the pictures of one set in, keeps few of them.

    running: how many pictures of the running attempt are kept at most, spread over a long
    one evenly. kept: how many of finished attempts.
    """

    def __init__(self, *, running: int = 240, kept: int = 100) -> None:
        if running < 2 or kept < 1:
            raise ValueError("At least two running pictures and one kept one are needed.")
        self._most_running, self._most_kept = running, kept
        self._running: list[Still] = []
        self._rest_since_s = math.inf
        self._kept: dict[float, tuple[int, Still]] = {}

    def __len__(self) -> int:
        return len(self._running) + len(self._kept)

    def wants(self, time_s: float) -> bool:
        """Whether add() would keep a picture of this moment: ask before encoding one."""
        return not self._running or time_s - self._running[-1].time_s >= EVERY_S - 1e-6

    def add(
        self, time_s: float, jpeg: bytes, pose: PoseFrame | None = None, *, at_rest: bool = False
    ) -> None:
        """Take a picture of the set in.

        time_s: as in the frames pushed to the session, increasing. at_rest: no attempt
        is running (the session's phase is "rest"), so that only the last seconds are kept.
        """
        self._rest_since_s = min(self._rest_since_s, time_s) if at_rest else math.inf
        # The attempt before the rest may not have been told of yet.
        if at_rest and time_s - self._rest_since_s >= REST_KEPT_S:
            self._running = [s for s in self._running if s.time_s >= time_s - REST_KEPT_S]
        if not self.wants(time_s):
            return
        self._running.append(Still(time_s, jpeg, pose))
        if len(self._running) > self._most_running:
            # The one that leaves the smallest gap; never the newest.
            times = [still.time_s for still in self._running]
            gaps = [b - a for a, b in zip(times, times[2:], strict=False)]
            del self._running[1 + gaps.index(min(gaps))]

    def rep_done(self, rep: Rep) -> None:
        """An attempt, whole or partial, is over: keep its moments, drop the rest."""
        self._keep(rep.top_s, 0)
        for fault in rep.faults:
            self._keep(fault.at_s, 2 if fault.severity == "marked" else 1)
        self._running = [s for s in self._running if s.time_s > rep.end_s]

    def nearest(self, time_s: float, within_s: float = NEAR_S) -> Still | None:
        """The picture nearest to this moment, None when none is near enough to show it."""
        everything = (*(still for _, still in self._kept.values()), *self._running)
        best = min(everything, key=lambda s: abs(s.time_s - time_s), default=None)
        return best if best is not None and abs(best.time_s - time_s) <= within_s else None

    def _keep(self, time_s: float, rank: int) -> None:
        still = self.nearest(time_s)
        if still is None:
            return
        before = self._kept[still.time_s][0] if still.time_s in self._kept else 0
        self._kept[still.time_s] = max(rank, before), still
        if len(self._kept) > self._most_kept:
            # What shows least goes first, and of that the oldest.
            del self._kept[min(self._kept, key=lambda t: (self._kept[t][0], t))]


# ----------------------------------------------------------- for the report


def picture_id(rep: Rep, fault: Fault | None = None) -> str:
    """Name of the picture of a fault in a rep, or of the rep's turning point."""
    what = "top" if fault is None else f"{fault.id}_{fault.side}"
    return f"rep{rep.index:03d}_{what}"


def shown_moments(
    report: SetReport, exercise: Exercise
) -> tuple[tuple[float, Rep, Fault | None], ...]:
    """What a report shows pictures of: (seconds, rep, fault), in order of importance.

    Of every fault of form the worst few reps, and the turning point of the first rep in
    which none was found (fault None). A tempo or a hold does not show in a picture.
    """
    moments: list[tuple[float, Rep, Fault | None]] = [
        (fault.at_s, rep, fault)
        for finding in findings(report, exercise)
        if finding.fault_id not in PRESCRIBED_FAULTS
        for rep, fault in finding.cases[:SHOWN_PER_FAULT]
    ]
    clean = clean_rep(report, exercise)
    if clean is not None:
        moments.append((clean.top_s, clean, None))
    return tuple(moments)


def pictures(report: SetReport, exercise: Exercise, stills: Stills) -> dict[str, bytes]:
    """The pictures of shown_moments(), drawn: skeleton, joint at fault, cropped to the person.

    JPEG by picture_id; what was not filmed is left out.
    """
    out: dict[str, bytes] = {}
    for at_s, rep, fault in shown_moments(report, exercise):
        still = stills.nearest(at_s)
        if still is not None:
            out[picture_id(rep, fault)] = draw(still, [] if fault is None else [fault])
    return out


def encode(image_rgb: ImageArray, side: int = KEPT_SIDE) -> bytes:
    """An RGB picture as JPEG, made smaller where its longest side is over this."""
    import cv2

    tall, wide = image_rgb.shape[:2]
    scale = side / max(tall, wide)
    if scale < 1:
        size = max(1, round(wide * scale)), max(1, round(tall * scale))
        image_rgb = np.asarray(cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("The picture could not be encoded as JPEG.")
    return bytes(data)


def decode(jpeg: bytes) -> ImageArray:
    """A JPEG as an RGB picture."""
    import cv2

    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("The picture is not a JPEG.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG in pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        wide, tall = image.size
    return int(wide), int(tall)


def draw(still: Still, faults: Iterable[Fault] = ()) -> bytes:
    """The picture as JPEG: skeleton, the joints at fault marked, cropped to the person."""
    import cv2

    pose = still.pose
    image = decode(still.jpeg) if still.jpeg or pose is None else _paper(pose.frame_size)
    if pose is None or not pose.has_person:
        return encode(image, SHOWN_SIDE)
    from formcheck.drawing.skeleton import mark_joints

    tall, wide = image.shape[:2]
    points = pose.landmarks_px * (wide / pose.frame_size[0])
    left, top, right, bottom = crop(points[:, :2], wide, tall)
    cut = image[top:bottom, left:right]
    scale = min(2.0, SHOWN_SIDE / max(cut.shape[:2]))
    size = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = np.ascontiguousarray(cv2.resize(cut, size, interpolation=way), dtype=np.uint8)
    inside = replace(
        pose,
        landmarks_px=points - [left, top, 0],
        frame_size=(right - left, bottom - top),
    )
    mark_joints(shown, inside, {fault.landmark: fault.severity for fault in faults})
    return encode(shown, SHOWN_SIDE)


def _paper(size: tuple[int, int]) -> ImageArray:
    """What a pose is drawn on whose picture is not known."""
    return np.full((size[1], size[0], 3), _PAPER, dtype=np.uint8)


def crop(points: NDArray[np.float64], wide: int, tall: int) -> tuple[int, int, int, int]:
    """The part of the picture with the person: left, top, right, bottom, in a usual shape.

    points: (n, 2) landmarks in its pixels, NaN where not seen; at least one is.
    """
    seen = points[np.isfinite(points).all(axis=1)]
    limits = np.array([wide, tall], float)
    low, high = np.clip(seen.min(axis=0), 0, limits), np.clip(seen.max(axis=0), 0, limits)
    size = high - low
    # The landmarks end at the eyes: the room has to hold the crown, too.
    room = _ROOM * float(size.max())
    size = np.maximum(size + 2 * room, 32.0)
    shape = float(np.clip(size[0] / size[1], *_SHAPES))
    width = max(size[0], shape * size[1])
    size = np.minimum([width, width / shape], limits)
    start = np.clip((low + high) / 2 - size / 2, 0, limits - size)
    left, top = (int(v) for v in np.floor(start))
    right, bottom = (int(v) for v in np.ceil(start + size))
    return left, top, min(right, wide), min(bottom, tall)
