"""The labels of faults: a cue beside the joint it is about, off the body and other boxes."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from formcheck.drawing.canvas import (
    DARK,
    WHITE,
    YELLOW,
    Box,
    Canvas,
    Ink,
    as_point,
    dashed,
    fitted_line,
    segment,
    tight_text,
    wrapped_lines,
)
from formcheck.drawing.skeleton import MARKED
from formcheck.engine.events import Callout
from formcheck.language import _

#: So much of the picture's height a player covers with its controls while it is paused.
_CONTROLS = 0.16


class Labels:
    """Finds places for labels, and remembers where they stood, by fault."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[float, float]] = {}

    def keep_only(self, faults: Collection[str]) -> None:
        """Forget where the labels of other faults stood."""
        for gone in self._places.keys() - set(faults):
            del self._places[gone]

    def place(
        self,
        canvas: Canvas,
        callout: Callout,
        joints: NDArray[np.float64],
        body: NDArray[np.float64],
    ) -> tuple[Label, Box] | None:
        """Find room for a label near its joints, off the body and off other boxes."""
        for shrink in (1.0, 0.8, 0.64):
            label = _label(
                _(callout.cue), callout.severity == "marked", canvas.width, canvas.unit, shrink
            )
            lefts = np.linspace(canvas.margin, canvas.width - canvas.margin - label.width, 7)
            tops = np.linspace(canvas.margin, canvas.floor - label.height, 9)
            if lefts[-1] < lefts[0] or tops[-1] < tops[0]:
                continue
            spots = np.stack(np.meshgrid(lefts, tops), axis=-1).reshape(-1, 2)
            if (before := self._places.get(callout.fault_id)) is not None:
                spots = np.vstack([[before[0] * canvas.width, before[1] * canvas.height], spots])
            spots = np.floor(spots)
            ends = spots + np.array([label.width, label.height])
            cost = _label_cost(spots, ends, joints, body, canvas.unit)
            cost += 0.4 * (ends[:, 1] > (1 - _CONTROLS) * canvas.height)
            if before is not None:
                cost[0] -= 0.35  # a label that stays is worth a slightly worse place
            cost[~canvas.are_free(spots, ends)] = np.inf
            best = int(np.argmin(cost))
            if not np.isfinite(cost[best]):
                continue
            left, top = int(spots[best, 0]), int(spots[best, 1])
            box = (left, top, left + label.width, top + label.height)
            canvas.taken.append(box)
            # The middle of its first pixel, so that it comes out as the same pixel again.
            self._places[callout.fault_id] = (
                (left + 0.5) / canvas.width,
                (top + 0.5) / canvas.height,
            )
            return label, box
        return None


@dataclass(frozen=True, slots=True)
class Label:
    """A cue broken into lines, with the size of the box it needs."""

    lines: tuple[Ink, ...]
    sign: Ink | None
    pad: int
    width: int
    height: int

    def draw(self, canvas: Canvas, box: Box, callout: Callout) -> None:
        """A marked fault is a filled box, a mild one a dark box with a broken rim."""
        marked = callout.severity == "marked"
        canvas.panel(box, 0.94 if marked else 0.8, MARKED if marked else DARK, take=False)
        left, top, right, bottom = box
        rim = canvas.px(0.006, 2)
        if marked:
            cv2.rectangle(canvas.image, (left, top), (right - 1, bottom - 1), WHITE, rim)
        else:
            corners = [(left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1)]
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
                dashed(canvas, a, b, YELLOW, rim)
        x = left + self.pad
        if self.sign is not None:
            canvas.text(self.sign, x, (top + bottom - self.sign.height) / 2, WHITE)
            x += self.sign.width + self.pad
        y = top + self.pad
        for line in self.lines:
            canvas.text(line, x, y, WHITE)
            y += line.height


@lru_cache(maxsize=64)
def _label(cue: str, marked: bool, picture_width: int, unit: float, shrink: float) -> Label:
    size = max(10, round(0.058 * unit * shrink))
    pad = max(3, round(0.016 * unit * shrink))
    sign = tight_text("!", round(size * 1.5), bold=True) if marked else None
    # Wide enough for a few words, narrow enough to stand beside a person.
    most = round(min(0.62 * picture_width, max(0.34 * picture_width, 0.5 * unit)))
    texts = wrapped_lines(cue, size, most)
    lines = tuple(fitted_line(text, size, most, bold=True) for text in texts)
    width = max(line.width for line in lines) + 2 * pad + (sign.width + pad if sign else 0)
    height = sum(line.height for line in lines) + 2 * pad
    return Label(lines, sign, pad, width, height)


def _label_cost(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    joints: NDArray[np.float64],
    body: NDArray[np.float64],
    unit: float,
) -> NDArray[np.float64]:
    """How bad each place is: far from the joints, or on top of the body."""
    away = np.maximum(0, np.maximum(starts[:, None] - joints, joints - ends[:, None]))
    far = np.hypot(away[..., 0], away[..., 1]) / unit
    room = 0.03 * unit
    on = (body >= starts[:, None] - room) & (body <= ends[:, None] + room)
    covered = on.all(axis=2).sum(axis=1)
    hides_joint = (far < 0.04).any(axis=1)
    cost: NDArray[np.float64] = far.mean(axis=1) + 0.12 * covered + 1.5 * hides_joint
    return cost


def draw_leader(canvas: Canvas, joint: NDArray[np.float64], box: Box, callout: Callout) -> None:
    """A line from the joint to the nearest edge of its label."""
    end = (
        float(np.clip(joint[0], box[0] + 4, box[2] - 5)),
        float(np.clip(joint[1], box[1] + 4, box[3] - 5)),
    )
    # From the rim of the joint's mark: a dash inside an open ring looks like dirt.
    rim = canvas.px(0.024, 5) / max(1.0, math.dist(joint, end))
    start = as_point(joint + min(1.0, rim) * (np.array(end) - joint))
    width = canvas.px(0.008, 2)
    segment(canvas, start, end, DARK, width + 2 * canvas.px(0.004))
    if callout.severity == "marked":
        segment(canvas, start, end, WHITE, width)
    else:
        dashed(canvas, start, end, YELLOW, width)
