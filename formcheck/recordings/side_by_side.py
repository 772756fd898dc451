"""Two reps side by side, in step by phase, as a short video to share.

They are of one set or of two recordings, or one is a skeleton kept in the history. Both go out
and come back together, however long each took: what differs is what is seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from formcheck.drawing.annotated_video import AnnotatedVideo, fit
from formcheck.drawing.canvas import DARK, WHITE, Canvas, centred, fitted_line
from formcheck.drawing.skeleton import mark_joints
from formcheck.drawing.stills import Still, crop, decode, encode
from formcheck.engine.events import Snapshot
from formcheck.engine.exercise import Exercise
from formcheck.engine.findings import best_and_worst, title_of, verdict
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.report import Rep, SetReport
from formcheck.engine.wording import severity_words
from formcheck.language import _
from formcheck.recordings.painting import SHOWN_S, Painter, backdrop

#: How wide a panel is, how tall its picture may be, and its title, pixels; all even, as the
#: video needs it.
WIDE_PX: Final = 480
TALLEST_PX: Final = 600
TITLE_PX: Final = 52
FPS: Final = 30.0
#: Longer than this the reps take no time that anybody watches: they go faster, seconds.
LONGEST_S: Final = 8.0
#: After the first time they go slowly, and stand still where the fault is worst, seconds.
SLOWLY: Final = 0.4
STILL_S: Final = 1.2
#: Seen before the rep begins and after it has ended, seconds.
_AROUND_S: Final = 0.3


class SideBySide(Painter):
    """Takes the frames of a recording in order, then writes the video of its best and worst rep.

    The set is the first one that begins with two reps in it. size: of the recording's pictures.
    skeleton: leaves these out.
    """

    def __init__(self, size: tuple[int, int], *, skeleton: bool = False) -> None:
        self._size, self._skeleton = size, skeleton
        self._takes: list[Take] = []

    def begin(self, report: SetReport, exercise: Exercise, moments: Sequence[Snapshot]) -> None:
        """See Painter."""
        pair = best_and_worst(report, exercise)
        if self._takes or pair is None:
            return
        self._takes = [Take(rep, exercise, self._size, skeleton=self._skeleton) for rep in pair]

    def frame(self, pose: PoseFrame, image: ImageArray | None, moment: Snapshot | None) -> None:
        """See Painter."""
        for take in self._takes:
            take.frame(pose, image)

    def write(self, path: str | os.PathLike[str]) -> bool:
        """Write the mp4; False when two reps were not to be seen. Raises VideoWriteError."""
        return len(self._takes) > 1 and write_takes(self._takes[0], self._takes[1], path)


def write_takes(left: Take, right: Take, path: str | os.PathLike[str]) -> bool:
    """Write the mp4 of two reps; False when one was not to be seen. Raises VideoWriteError."""
    takes = (left, right)
    if not all(take.seen for take in takes):
        return False
    tall = min(TALLEST_PX, 2 * max(round(take.shape * WIDE_PX / 2) for take in takes))
    with AnnotatedVideo(path, (2 * WIDE_PX, TITLE_PX + tall), fps=FPS) as video:
        for number, moment in enumerate(_moments(left, right)):
            panels = [take.panel(moment, tall) for take in takes]
            video.write(np.concatenate(panels, axis=1), number / FPS)
    return True


def _moments(left: Take, right: Take) -> Iterator[float]:
    """What is shown frame by frame: 0..1 on the way out, 1..2 on the way back."""
    out_s = max(take.rep.top_s - take.rep.start_s for take in (left, right))
    back_s = max(take.rep.end_s - take.rep.top_s for take in (left, right))
    quick = min(1.0, LONGEST_S / (out_s + back_s))
    worst = right.worst
    before = _AROUND_S / max(out_s, 0.1)
    for speed in (1.0, SLOWLY):
        moment = -before
        stood = speed == 1.0 or not worst
        while moment < 2.0 + before:
            yield moment
            moment += speed / quick / FPS / max(out_s if moment < 1.0 else back_s, 0.1)
            if not stood and moment >= worst:
                stood = True
                yield from [worst] * round(STILL_S * FPS)


class Take:
    """One rep: its frames, and how they are drawn.

    size: of its recording's pictures. skeleton: leaves these out. whose: which recording it is
    of, above it; "" = that goes without saying.
    """

    def __init__(
        self,
        rep: Rep,
        exercise: Exercise,
        size: tuple[int, int],
        *,
        skeleton: bool,
        whose: str = "",
    ) -> None:
        self.rep = rep
        self._size, self._skeleton = size, skeleton
        self._frames: list[Still] = []
        self._box: tuple[int, int, int, int] | None = None
        worst = max(rep.faults, key=lambda f: f.severity == "marked", default=None)
        #: Of its worst fault, as a moment between 0 and 2; 0 without one.
        self.worst = 0.0 if worst is None else self._moment(worst.at_s)
        what = verdict(rep, exercise).replace("_", " ")
        if worst is not None:
            what = f"{_(title_of(worst.id, exercise))}, {severity_words(worst.severity)}"
        self._title = _("Rep {n}: {verdict}").format(n=rep.index, verdict=_(what))
        if whose:
            self._title = f"{whose} · {self._title}"

    @property
    def seen(self) -> bool:
        """Whether there is anything of it."""
        return any(still.pose is not None and still.pose.has_person for still in self._frames)

    def over(self, time_s: float) -> bool:
        """Whether nothing from this moment on is of the rep."""
        return time_s > self.rep.end_s + _AROUND_S

    def frame(self, pose: PoseFrame, image: ImageArray | None) -> None:
        """Keep it, when it is one of the rep."""
        if self.rep.start_s - _AROUND_S <= pose.time_s <= self.rep.end_s + _AROUND_S:
            shown = backdrop(None if self._skeleton else image, self._size)
            self._frames.append(Still(pose.time_s, encode(shown, max(self._size)), pose))

    @property
    def shape(self) -> float:
        """Of its picture: height over width."""
        left, top, right, bottom = self._crop(*self._size)
        return (bottom - top) / (right - left)

    def panel(self, moment: float, tall: int) -> ImageArray:
        """The picture of a moment, 0..1 on the way out and 1..2 on the way back.

        tall: how much room there is for it below the title, pixels.
        """
        at_s = self._time(moment)
        still = min(self._frames, key=lambda one: abs(one.time_s - at_s))
        image = decode(still.jpeg)
        left, top, right, bottom = self._crop(image.shape[1], image.shape[0])
        cut = image[top:bottom, left:right]
        scale = min(WIDE_PX / cut.shape[1], tall / cut.shape[0])
        size = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
        shown = fit(np.ascontiguousarray(cut), size)
        if still.pose is not None:
            points = still.pose.landmarks_px * (image.shape[1] / still.pose.frame_size[0])
            inside = replace(
                still.pose,
                landmarks_px=points - [left, top, 0],
                frame_size=(right - left, bottom - top),
            )
            near = [f for f in self.rep.faults if abs(f.at_s - still.time_s) <= SHOWN_S]
            mark_joints(shown, inside, {fault.landmark: fault.severity for fault in near})
        panel = np.full((TITLE_PX + tall, WIDE_PX, 3), DARK, np.uint8)
        x, y = (WIDE_PX - size[0]) // 2, TITLE_PX + (tall - size[1]) // 2
        panel[y : y + size[1], x : x + size[0]] = shown
        word = fitted_line(self._title, TITLE_PX // 2, WIDE_PX - 24, bold=True)
        Canvas(panel).text(word, *centred(word, (0, 0, WIDE_PX, TITLE_PX)), WHITE)
        return panel

    def _crop(self, wide: int, tall: int) -> tuple[int, int, int, int]:
        """The part of the picture in which the whole rep is."""
        if self._box is None:
            poses: Sequence[PoseFrame] = [s.pose for s in self._frames if s.pose is not None]
            scale = wide / poses[0].frame_size[0]
            self._box = crop(np.vstack([p.landmarks_px[:, :2] for p in poses]) * scale, wide, tall)
        return self._box

    def _moment(self, at_s: float) -> float:
        rep = self.rep
        if at_s < rep.top_s:
            return (at_s - rep.start_s) / max(rep.top_s - rep.start_s, 1e-3)
        return 1.0 + (at_s - rep.top_s) / max(rep.end_s - rep.top_s, 1e-3)

    def _time(self, moment: float) -> float:
        rep = self.rep
        if moment < 1.0:
            return rep.start_s + moment * (rep.top_s - rep.start_s)
        return rep.top_s + (moment - 1.0) * (rep.end_s - rep.top_s)
