"""Draw what the coach shows over the camera's picture: set-up, countdown, set, end.

The set itself is drawn by formcheck.drawing.overlay, as in an annotated video. Everything is
large enough to be read from three metres, and what a colour says a sign says, too.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from formcheck.drawing.canvas import (
    DARK,
    GREEN,
    GREY,
    SOFT,
    WHITE,
    YELLOW,
    Box,
    Canvas,
    Colour,
    Ink,
    Picture,
    box_at,
    disc,
    fitted_line,
    ring,
    text_line,
    tight_text,
    wrapped_lines,
)
from formcheck.drawing.overlay import MARKED, Overlay, body_points, mark_joints
from formcheck.engine.events import Callout, Snapshot
from formcheck.engine.pose import PoseFrame
from formcheck.engine.report import View
from formcheck.live.coach import CoachSnapshot
from formcheck.live.coach.setup_check import CheckId, CheckState, SetupState

__all__ = ["CoachOverlay", "draw_notice"]

_NAMES: Final[dict[CheckId, str]] = {
    "person": "Person",
    "body": "Whole body",
    "distance": "Distance",
    "light": "Light",
    "posture": "Posture",
    "view": "Camera view",
    "camera": "Camera level",
}
_UNUSED_VIEW: Final = View("unknown", None, "unknown")


class CoachOverlay:
    """Draws the pictures of one coached set and remembers where its labels stood.

    hold_target_s: the prescribed hold. mirrored: the pictures are flipped for display (the
    poses are not).
    """

    def __init__(self, *, hold_target_s: float | None = None, mirrored: bool = False) -> None:
        self._hold_target_s = hold_target_s
        self._mirrored = mirrored
        self._set: Overlay | None = None
        self._columns = 1

    def draw(
        self, image_rgb: Picture, pose: PoseFrame, snapshot: CoachSnapshot, *, hints: str = ""
    ) -> None:
        """Draw one moment over image_rgb, in place; hints: a small line at the bottom."""
        canvas = Canvas(image_rgb)
        if snapshot.stage == "set":
            if hints:
                _hints(canvas, hints)
            self._draw_set(image_rgb, pose, snapshot, canvas.taken)
        else:
            mark_joints(image_rgb, pose, {}, mirrored=self._mirrored)
            if snapshot.countdown is not None:
                _countdown(canvas, snapshot.countdown)
            elif snapshot.setup is not None:
                bottom = canvas.floor - _hint_height(canvas) if hints else canvas.floor
                self._draw_checklist(canvas, pose, snapshot.exercise_name, snapshot.setup)
                _instruction(canvas, snapshot.setup, snapshot.held, bottom)
            elif snapshot.stage == "done":
                _done(canvas, snapshot)
            if hints:
                _hints(canvas, hints)

    def _draw_checklist(
        self, canvas: Canvas, pose: PoseFrame, exercise_name: str, setup: SetupState
    ) -> None:
        """In a column beside somebody who stands, across the top for somebody who lies."""
        body = body_points(canvas, pose, mirrored=self._mirrored)
        lists = {n: _Checklist(canvas, exercise_name, setup, n) for n in (1, 2)}
        other = 3 - self._columns
        if lists[other].covers(body) + 3 < lists[self._columns].covers(body):
            self._columns = other
        lists[self._columns].draw(canvas)

    def _draw_set(
        self, image_rgb: Picture, pose: PoseFrame, snapshot: CoachSnapshot, taken: list[Box]
    ) -> None:
        if self._set is None:
            self._set = Overlay(
                snapshot.exercise_name,
                hold_target_s=self._hold_target_s,
                mirrored=self._mirrored,
            )
        hold = snapshot.hold
        moment = Snapshot(
            time_s=snapshot.time_s,
            phase=snapshot.phase,
            reps=snapshot.reps,
            partials=snapshot.partials,
            primary_deg=snapshot.angle_deg,
            primary_landmarks=snapshot.angle_joints or (0, 0, 0),
            progress=snapshot.progress,
            hold_s=hold.s if hold else 0.0,
            hold_clean_s=hold.clean_s if hold else 0.0,
            hold_paused=hold.paused if hold else False,
            callouts=tuple(
                Callout(
                    c.id, "marked" if c.severity == "marked" else "mild", c.cue, c.joint, 0.0, ""
                )
                for c in snapshot.callouts
            ),
            view=_UNUSED_VIEW,
            person_seen=snapshot.person_seen,
        )
        self._set.draw(
            image_rgb,
            pose,
            moment,
            beside=_beside(snapshot),
            guide=snapshot.guide,
            keep_clear=taken,
        )


def _beside(snapshot: CoachSnapshot) -> tuple[str, ...]:
    """What stands beside the count: of how many, on which side, and the partials."""
    reps = "rep" if snapshot.reps == 1 else "reps"
    words = [reps if snapshot.target is None else f"of {snapshot.target}"]
    if snapshot.side is not None:
        words.append(f"{snapshot.side} side")
    if snapshot.partials:
        words.append(f"+{snapshot.partials} partial")
    return tuple(words)


# ------------------------------------------------------------------- set-up


class _Checklist:
    """What has been looked at and whether it is as it should be, in one or two columns."""

    def __init__(self, canvas: Canvas, exercise_name: str, setup: SetupState, columns: int) -> None:
        pad, size = canvas.px(0.026), canvas.px(0.044, 10)
        room = canvas.width - 2 * canvas.margin
        width = min(round((0.6 if columns == 1 else 1.1) * canvas.unit), room)
        self._pad, self._gap, self._radius = pad, round(0.28 * size), round(0.62 * size)
        self._column = (width - pad) // columns
        inside = width - 2 * pad
        beside = self._column - 2 * self._radius - 2 * pad
        self._title = fitted_line(exercise_name, canvas.px(0.056, 12), inside, bold=True)
        self._rows = [
            (check.state, fitted_line(_NAMES[check.id], size, beside, bold=check.state == "wrong"))
            for check in setup.checks
        ]
        self._per_column = math.ceil(len(self._rows) / columns)
        # What to do about what is wrong is said below, large; here what is not assessed.
        small = round(0.72 * size)
        remarks = [c.text for c in setup.checks if c.text and c.state != "wrong"]
        self._remarks = [
            fitted_line(line, small, inside)
            for text in remarks
            for line in wrapped_lines(text, small, inside)
        ]
        self._row = self._rows[0][1].height + self._gap
        height = round(1.6 * pad) + self._title.height + self._gap
        height += self._per_column * self._row + sum(line.height for line in self._remarks)
        self.box = (canvas.margin, canvas.margin, canvas.margin + width, canvas.margin + height)

    def covers(self, points: NDArray[np.float64]) -> int:
        """How many of these points (n, 2) would be under it."""
        left, top, right, bottom = self.box
        return int(((points > (left, top)) & (points < (right, bottom))).all(axis=1).sum())

    def draw(self, canvas: Canvas) -> None:
        canvas.panel(self.box, 0.72)
        x, top = self.box[0] + self._pad, self.box[1] + round(0.8 * self._pad)
        canvas.text(self._title, x, top, WHITE)
        top += self._title.height + self._gap
        for number, (state, name) in enumerate(self._rows):
            column, row = divmod(number, self._per_column)
            left, y = x + column * self._column, top + row * self._row
            _sign(canvas, left + self._radius, y + name.height / 2, self._radius, state)
            colour = SOFT if state == "unknown" else WHITE
            canvas.text(name, left + 2 * self._radius + self._pad, y, colour)
        top += self._per_column * self._row
        for line in self._remarks:
            canvas.text(line, x, top, SOFT)
            top += line.height


def _sign(canvas: Canvas, x: float, y: float, radius: int, state: CheckState) -> None:
    """A tick, an exclamation mark, or an empty ring for what is not known yet."""
    width = max(2, round(0.24 * radius))
    if state == "unknown":
        ring(canvas, x, y, 0.8 * radius, 1.0, SOFT, width)
        return
    disc(canvas, (x, y), radius, GREEN if state == "ok" else MARKED)
    if state == "wrong":
        mark = tight_text("!", round(1.5 * radius), bold=True)
        canvas.text(mark, x - mark.width / 2, y - mark.height / 2, WHITE)
        return
    tick = np.array([[-0.45, 0.05], [-0.1, 0.4], [0.5, -0.35]]) * radius + [x, y]
    points = np.round(tick * 8).astype(np.int32)
    cv2.polylines(canvas.image, [points], False, DARK, width, cv2.LINE_AA, 3)


def _instruction(canvas: Canvas, setup: SetupState, held: float, bottom: float) -> None:
    """Along the bottom: the one thing to do now, or that all is well and how long to wait."""
    going = setup.ready and setup.in_start_position
    if going:
        text, colour = "Hold still", GREEN
    elif setup.say is not None:
        text, colour = setup.say, YELLOW
    else:
        return
    pad, size = canvas.px(0.03), canvas.px(0.075, 13)
    inside = canvas.width - 2 * canvas.margin - 3 * pad
    lines = [fitted_line(t, size, inside, bold=True) for t in wrapped_lines(text, size, inside)]
    bar = canvas.px(0.035, 4) if going else 0
    wide = inside if going else max(line.width for line in lines)
    height = sum(line.height for line in lines) + pad + bar + (pad if bar else 0)
    left, top = round((canvas.width - wide) / 2), round(bottom - height)
    canvas.panel((left - pad, top, left + wide + pad, top + height), 0.82)
    y = top + pad // 2
    # A stripe says at once which of the two it is.
    stripe = canvas.px(0.012, 3)
    cv2.rectangle(
        canvas.image, (left - pad, top), (left - pad + stripe - 1, top + height - 1), colour, -1
    )
    for line in lines:
        canvas.text(line, (canvas.width - line.width) / 2, y, WHITE)
        y += line.height
    if bar:
        y += pad // 2
        cv2.rectangle(canvas.image, (left, y), (left + wide - 1, y + bar - 1), GREY, -1)
        if held > 0:
            full = left + max(1, round(min(held, 1.0) * wide)) - 1
            cv2.rectangle(canvas.image, (left, y), (full, y + bar - 1), GREEN, -1)


def _countdown(canvas: Canvas, number: int) -> None:
    """The number of seconds left, as large as the picture lets it be."""
    radius = 0.3 * canvas.unit
    x, y = canvas.width / 2, canvas.height / 2
    side = round(2.3 * radius)
    canvas.panel(box_at(x, y, (side, side)), 0.68)
    ring(canvas, x, y, radius, 1.0, GREEN, canvas.px(0.03, 4))
    word = tight_text(str(number), round(1.3 * radius), bold=True)
    canvas.text(word, x - word.width / 2, y - word.height / 2, WHITE)


# ---------------------------------------------------------------------- end


def draw_notice(image_rgb: Picture, text: str) -> None:
    """One line in the middle, before there is anything else to show."""
    canvas = Canvas(image_rgb)
    line = fitted_line(text, canvas.px(0.06, 12), canvas.width - 2 * canvas.margin)
    canvas.text(line, (canvas.width - line.width) / 2, (canvas.height - line.height) / 2, SOFT)


def _done(canvas: Canvas, snapshot: CoachSnapshot) -> None:
    """Across the middle: the set is over, and how many reps there were."""
    pad = canvas.px(0.04)
    inside = canvas.width - 2 * canvas.margin - 2 * pad
    sides = snapshot.sides
    reps = sum(sides.values()) if sides else snapshot.reps
    text = f"{reps} rep{'' if reps == 1 else 's'}"
    if sides:
        text += f": {sides['left']} left, {sides['right']} right"
    lines: list[tuple[Ink, Colour]] = [
        (fitted_line("Set done", canvas.px(0.13, 18), inside, bold=True), WHITE),
        (fitted_line(text, canvas.px(0.075, 13), inside, bold=True), GREEN),
    ]
    wide = max(line.width for line, _ in lines)
    height = sum(line.height for line, _ in lines) + pad
    box = box_at(canvas.width / 2, canvas.height / 2, (wide + 2 * pad, height))
    canvas.panel(box, 0.82)
    y = box[1] + pad / 2
    for line, colour in lines:
        canvas.text(line, canvas.width / 2 - line.width / 2, y, colour)
        y += line.height


def _hint_height(canvas: Canvas) -> int:
    line = text_line("Ag", canvas.px(0.034, 9))
    height: int = math.ceil(1.3 * line.height) + canvas.px(0.016)
    return height


def _hints(canvas: Canvas, hints: str) -> None:
    """The keys, small, along the bottom: for the one who sits at the computer."""
    pad = canvas.px(0.016)
    line = fitted_line(hints, canvas.px(0.034, 9), canvas.width - 2 * canvas.margin - 2 * pad)
    height = math.ceil(1.3 * line.height)
    left, top = canvas.margin, canvas.floor - height
    canvas.panel((left, top, left + line.width + 2 * pad, top + height), 0.68)
    canvas.text(line, left + pad, top + (height - line.height) / 2, SOFT)
