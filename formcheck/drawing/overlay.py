"""Draw a set's state over the picture: skeleton, judged angle, counts, callouts.

This file renders what the engine says and judges nothing. Every box is laid out
against the ones already placed, so that no text covers another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from formcheck.drawing.canvas import (
    DARK,
    WHITE,
    Box,
    Canvas,
    Ink,
    as_point,
    box_at,
    centred,
    dashed,
    tight_text,
)
from formcheck.drawing.cards import card_size, count_words, draw_banner, draw_card, draw_hold_clock
from formcheck.drawing.labels import Label, Labels, draw_leader
from formcheck.drawing.skeleton import body_samples, draw_skeleton, joint_mark, mark_box, points_of
from formcheck.engine.events import Callout, Snapshot
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.language import _

if TYPE_CHECKING:
    from formcheck.engine.tempo_guide import GuideState


# An arc that differs more from the number beside it is not drawn.
ARC_TOLERANCE_DEG: Final = 20.0
# The counts change corners only when the body has been under them this long.
_CORNER_AFTER_S: Final = 1.5
# More callouts than this cannot be read while moving; the joints are still marked.
MAX_LABELS: Final = 3


@dataclass(slots=True)
class Overlay:
    """Draws the pictures of one set and remembers where its labels stood.

    hold_target_s: the prescribed hold, at which the hold's ring is full.
    mirrored: the picture was flipped for display (the pose was not).
    """

    exercise_name: str
    hold_target_s: float | None = None
    mirrored: bool = False
    _labels: Labels = field(default_factory=Labels)
    _shows_flexion: bool | None = None
    _card_right: bool = False
    _first: bool = True
    _covered_since_s: float | None = None

    def draw(
        self,
        image_rgb: ImageArray,
        pose: PoseFrame,
        snapshot: Snapshot,
        *,
        beside: Sequence[str] | None = None,
        guide: GuideState | None = None,
    ) -> None:
        """Draw one moment of the set over image_rgb, in place.

        beside: the words beside the count, the first one bold; None = "reps" and the
        partials. guide: the tempo to follow, drawn into the bar of the movement.
        """
        canvas = Canvas(image_rgb)
        points = points_of(pose, canvas, self.mirrored)
        if pose.has_person:
            draw_skeleton(canvas, points)

        # The fixed boxes come first: what is placed freely keeps clear of them.
        body = body_samples(points)
        size = card_size(canvas, guided=guide is not None)
        self._choose_corner(canvas, body, size, snapshot.time_s)
        words = count_words(snapshot) if beside is None else beside
        draw_card(canvas, snapshot, self.exercise_name, words, guide, right=self._card_right)
        if snapshot.phase == "hold" or snapshot.hold_s > 0:
            draw_hold_clock(canvas, snapshot, self.hold_target_s, right=not self._card_right)
        if not snapshot.person_seen:
            draw_banner(canvas)
            return
        self._angle_and_callouts(canvas, points, body, snapshot)

    def _choose_corner(
        self, canvas: Canvas, body: NDArray[np.float64], size: tuple[int, int], time_s: float
    ) -> None:
        """Keep the counts in the corner where they cover less of the person."""
        if not len(body):
            return
        width, height = size
        under = body[:, 1] < canvas.margin + height
        left = int((under & (body[:, 0] < canvas.margin + width)).sum())
        right = int((under & (body[:, 0] > canvas.width - canvas.margin - width)).sum())
        here, there = (right, left) if self._card_right else (left, right)
        if here < there + 2:
            self._covered_since_s = None
        elif self._first or (
            self._covered_since_s is not None and time_s - self._covered_since_s > _CORNER_AFTER_S
        ):
            self._card_right = not self._card_right
            self._covered_since_s = None
        elif self._covered_since_s is None:
            self._covered_since_s = time_s
        self._first = False

    def _angle_and_callouts(
        self,
        canvas: Canvas,
        points: NDArray[np.float64],
        body: NDArray[np.float64],
        snapshot: Snapshot,
    ) -> None:
        """The judged angle at its joint, and each fault's cue beside the joint at fault."""
        shown = [c for c in snapshot.callouts if np.isfinite(points[c.landmark]).all()]
        shown.sort(key=lambda c: c.severity != "marked")
        canvas.taken += [mark_box(canvas, points[c.landmark]) for c in shown]
        angle = self._angle(canvas, points, snapshot)
        # A fault of both knees is one thing to say: one label with two lines.
        faults: dict[tuple[str, str], list[Callout]] = {}
        for callout in shown:
            faults.setdefault((callout.fault_id, callout.cue), []).append(callout)
        self._labels.keep_only([fault_id for fault_id, _cue in faults])
        labels: list[tuple[list[Callout], Label, Box]] = []
        for group in list(faults.values())[:MAX_LABELS]:
            joints = np.array([points[c.landmark] for c in group])
            placed = self._labels.place(canvas, group[0], joints, body)
            if placed is not None:
                labels.append((group, *placed))
        # Lines under joints, joints under texts: a line never crosses a text.
        for group, _label, box in labels:
            for callout in group:
                draw_leader(canvas, points[callout.landmark], box, callout)
        for callout in shown:
            joint_mark(canvas, points[callout.landmark], callout.severity)
        if angle is not None:
            word, box = angle
            canvas.panel(box, 0.75)
            canvas.text(word, *centred(word, box), WHITE)
        for group, label, box in labels:
            label.draw(canvas, box, group[0])

    def _angle(
        self, canvas: Canvas, points: NDArray[np.float64], snapshot: Snapshot
    ) -> tuple[Ink, Box] | None:
        """Draw the judged angle's arc and find a place for its degrees."""
        a, b, c = (points[i] for i in snapshot.primary_landmarks)
        if snapshot.primary_deg is None or not np.isfinite([a, b, c]).all():
            return None
        back, out = a - b, c - b
        lengths = float(np.hypot(*back)), float(np.hypot(*out))
        if min(lengths) < 2:
            return None
        included = math.degrees(math.acos(np.clip(back @ out / (lengths[0] * lengths[1]), -1, 1)))
        # A flexion is counted from the straight limb, other angles between the two
        # segments. Show the one the number is; near 90 degrees stay with the last.
        lead = abs(included - snapshot.primary_deg) - abs(180 - included - snapshot.primary_deg)
        if self._shows_flexion is None or abs(lead) > 25:
            self._shows_flexion = lead > -1
        start = -back if self._shows_flexion else back
        u = canvas.unit
        radius = min(0.11 * u, max(0.045 * u, 0.55 * min(lengths)))
        # Seen end-on the drawn angle is another one than the measured: then only
        # the number is shown, because an arc beside it would contradict it.
        drawn = 180 - included if self._shows_flexion else included
        honest = abs(drawn - snapshot.primary_deg) <= ARC_TOLERANCE_DEG
        if honest and self._shows_flexion:
            tip = b + start / lengths[0] * radius * 1.35
            dashed(canvas, as_point(b), as_point(tip), WHITE, canvas.px(0.005))
        if honest:
            _arc(canvas, b, start, out, radius)

        name = f"{_(snapshot.angle_name)} {snapshot.primary_deg:.0f}°".strip()
        word = tight_text(name, canvas.px(0.062, 12), bold=True)
        pad = canvas.px(0.014)
        size = (word.width + 2 * pad, word.height + 2 * pad)
        inner = back / lengths[0] + out / lengths[1]
        outward = math.atan2(-inner[1], -inner[0]) if np.hypot(*inner) > 0.2 else 0.0
        for reach in (radius * 0.6, radius * 1.5):
            for turn in (0.0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, math.pi):
                away = (reach + 0.5 * math.hypot(*size)) * np.exp(1j * (outward + turn))
                box = box_at(float(b[0] + away.real), float(b[1] + away.imag), size)
                if canvas.is_free(box):
                    canvas.taken.append(box)
                    return word, box
        return None


def _arc(
    canvas: Canvas,
    centre: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    radius: float,
) -> None:
    first = math.atan2(start[1], start[0])
    sweep = (math.atan2(end[1], end[0]) - first + math.pi) % (2 * math.pi) - math.pi
    angles = first + sweep * np.linspace(0, 1, max(3, int(abs(sweep) * 12)))
    rim = centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    curve = np.round(rim * 8).astype(np.int32)
    for colour, width in ((DARK, canvas.px(0.016, 4)), (WHITE, canvas.px(0.008, 2))):
        cv2.polylines(canvas.image, [curve], False, colour, width, cv2.LINE_AA, 3)
