"""Draw a set's state over the picture: skeleton, judged angle, counts, callouts.

This file renders what the engine says and judges nothing. Every box is laid out
against the ones already placed, so that no text covers another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

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
    Point,
    as_point,
    box_at,
    centred,
    circle,
    dashed,
    disc,
    fitted_line,
    ring,
    segment,
    text_line,
    tight_text,
    wrapped_lines,
)
from formcheck.engine.events import Callout, Phase, Snapshot
from formcheck.engine.pose import ImageArray, Landmark, PoseFrame
from formcheck.engine.report import Severity

if TYPE_CHECKING:
    from formcheck.engine.tempo_guide import GuideState

__all__ = ["Overlay", "draw", "mark_joints", "write_note"]

# Okabe-Ito colours, told apart with any kind of colour vision (RGB).
LEFT: Final[Colour] = (86, 180, 233)  # sky blue
RIGHT: Final[Colour] = (230, 159, 0)  # orange
MARKED: Final[Colour] = (196, 20, 84)  # dark enough for white text

PHASE_WORDS: Final[dict[Phase, str]] = {
    "rest": "Rest",
    "outbound": "Out",
    "hold": "Hold",
    "inbound": "Back",
}

# Without a prescribed time the hold's ring goes round once in this long.
FREE_HOLD_TURN_S: Final = 10.0
# An arc that differs more from the number beside it is not drawn.
ARC_TOLERANCE_DEG: Final = 20.0
# The counts change corners only when the body has been under them this long.
_CORNER_AFTER_S: Final = 1.5
# More callouts than this cannot be read while moving; the joints are still marked.
MAX_LABELS: Final = 3

_L = Landmark
_LEFT_BONES: Final = (
    (_L.LEFT_SHOULDER, _L.LEFT_ELBOW),
    (_L.LEFT_ELBOW, _L.LEFT_WRIST),
    (_L.LEFT_SHOULDER, _L.LEFT_HIP),
    (_L.LEFT_HIP, _L.LEFT_KNEE),
    (_L.LEFT_KNEE, _L.LEFT_ANKLE),
    (_L.LEFT_ANKLE, _L.LEFT_HEEL),
    (_L.LEFT_HEEL, _L.LEFT_FOOT_INDEX),
    (_L.LEFT_ANKLE, _L.LEFT_FOOT_INDEX),
)
_RIGHT_BONES: Final = tuple((_L(a + 1), _L(b + 1)) for a, b in _LEFT_BONES)
_MIDDLE_BONES: Final = (
    (_L.LEFT_SHOULDER, _L.RIGHT_SHOULDER),
    (_L.LEFT_HIP, _L.RIGHT_HIP),
)
_JOINTS: Final = tuple(sorted({j for bone in (*_LEFT_BONES, *_RIGHT_BONES) for j in bone}))
_HEAD: Final = (_L.NOSE, _L.LEFT_EAR, _L.RIGHT_EAR, _L.LEFT_EYE, _L.RIGHT_EYE)


def draw(
    image_rgb: ImageArray,
    pose: PoseFrame,
    snapshot: Snapshot,
    *,
    exercise_name: str,
    hold_target_s: float | None = None,
    mirrored: bool = False,
) -> None:
    """Draw one moment of a set over image_rgb, in place.

    The picture may be larger or smaller than the one the pose was found in.
    For a run of pictures keep an Overlay: its labels then stay where they are.
    """
    Overlay(exercise_name, hold_target_s=hold_target_s, mirrored=mirrored).draw(
        image_rgb, pose, snapshot
    )


def mark_joints(
    image_rgb: ImageArray,
    pose: PoseFrame,
    joints: Mapping[int, Severity],
    *,
    mirrored: bool = False,
) -> None:
    """Draw the skeleton over image_rgb, in place, and mark these joints (BlazePose index).

    mirrored: the picture was flipped for display (the pose was not).
    """
    canvas = Canvas(image_rgb)
    points = _points(pose, canvas, mirrored)
    if pose.has_person:
        _skeleton(canvas, points)
    for landmark, severity in joints.items():
        if np.isfinite(points[landmark]).all():
            _joint_mark(canvas, points[landmark], severity)


def write_note(image_rgb: ImageArray, text: str, small: str = "") -> None:
    """Write a sentence large along the bottom, over a small line, in place; "" = neither."""
    canvas = Canvas(image_rgb)
    pad, room = canvas.px(0.03), canvas.width - 2 * canvas.margin - 2 * canvas.px(0.03)
    bottom = canvas.floor
    large = canvas.px(0.3 if text.isdigit() else 0.09)
    for words, size, colour in ((small, canvas.px(0.034, 9), SOFT), (text, large, WHITE)):
        lines = [fitted_line(t, size, room, bold=True) for t in wrapped_lines(words, size, room)]
        wide, tall = max((i.width for i in lines), default=0), sum(i.height for i in lines)
        if not wide:
            continue
        box = box_at(canvas.width / 2, bottom - tall / 2, (wide + 2 * pad, tall))
        canvas.panel(box, 0.82)
        top = box[1]
        for line in lines:
            canvas.text(line, (canvas.width - line.width) / 2, top, colour)
            top += line.height
        bottom = box[1] - canvas.margin


@dataclass(slots=True)
class Overlay:
    """Draws the pictures of one set and remembers where its labels stood.

    hold_target_s: the prescribed hold, at which the hold's ring is full.
    mirrored: the picture was flipped for display (the pose was not).
    """

    exercise_name: str
    hold_target_s: float | None = None
    mirrored: bool = False
    _places: dict[str, tuple[float, float]] = field(default_factory=dict)
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
        points = _points(pose, canvas, self.mirrored)
        if pose.has_person:
            _skeleton(canvas, points)

        # The fixed boxes come first: what is placed freely keeps clear of them.
        body = _body_samples(points)
        size = _card_size(canvas, guided=guide is not None)
        self._choose_corner(canvas, body, size, snapshot.time_s)
        words = _count_words(snapshot) if beside is None else beside
        _card(canvas, snapshot, self.exercise_name, words, guide, right=self._card_right)
        if snapshot.phase == "hold" or snapshot.hold_s > 0:
            _hold_clock(canvas, snapshot, self.hold_target_s, right=not self._card_right)
        if not snapshot.person_seen:
            _banner(canvas)
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
        canvas.taken += [_mark_box(canvas, points[c.landmark]) for c in shown]
        angle = self._angle(canvas, points, snapshot)
        # A fault of both knees is one thing to say: one label with two lines.
        faults: dict[tuple[str, str], list[Callout]] = {}
        for callout in shown:
            faults.setdefault((callout.fault_id, callout.cue), []).append(callout)
        for gone in self._places.keys() - {fault_id for fault_id, _ in faults}:
            del self._places[gone]
        labels: list[tuple[list[Callout], _Label, Box]] = []
        for group in list(faults.values())[:MAX_LABELS]:
            joints = np.array([points[c.landmark] for c in group])
            placed = self._place(canvas, group[0], joints, body)
            if placed is not None:
                labels.append((group, *placed))
        # Lines under joints, joints under texts: a line never crosses a text.
        for group, _, box in labels:
            for callout in group:
                _leader(canvas, points[callout.landmark], box, callout)
        for callout in shown:
            _joint_mark(canvas, points[callout.landmark], callout.severity)
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

        word = tight_text(f"{snapshot.primary_deg:.0f}°", canvas.px(0.062, 12), bold=True)
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

    def _place(
        self,
        canvas: Canvas,
        callout: Callout,
        joints: NDArray[np.float64],
        body: NDArray[np.float64],
    ) -> tuple[_Label, Box] | None:
        """Find room for a label near its joints, off the body and off other boxes."""
        for shrink in (1.0, 0.8, 0.64):
            label = _label(
                callout.cue, callout.severity == "marked", canvas.width, canvas.unit, shrink
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


# ----------------------------------------------------------------- skeleton


def _points(pose: PoseFrame, canvas: Canvas, mirrored: bool) -> NDArray[np.float64]:
    """The landmarks in this picture's pixels, NaN where they lie far outside of it."""
    size = np.array(pose.frame_size, dtype=float)
    points: NDArray[np.float64] = pose.landmarks_px[:, :2] * (
        np.array([canvas.width, canvas.height]) / size
    )
    if mirrored:
        points[:, 0] = canvas.width - 1 - points[:, 0]
    # Far-off coordinates would overflow the drawing routines' integers.
    reach = 3 * max(canvas.width, canvas.height)
    points[(np.abs(points) > reach).any(axis=1)] = np.nan
    return points


def _bones(points: NDArray[np.float64]) -> list[tuple[Point, Point, Colour]]:
    groups = ((_MIDDLE_BONES, SOFT), (_LEFT_BONES, LEFT), (_RIGHT_BONES, RIGHT))
    return [
        (as_point(points[a]), as_point(points[b]), colour)
        for bones, colour in groups
        for a, b in bones
        if np.isfinite(points[[a, b]]).all()
    ]


def _skeleton(canvas: Canvas, points: NDArray[np.float64]) -> None:
    width = canvas.px(0.009, 2)
    edge = width + 2 * canvas.px(0.004)
    bones = _bones(points)
    # Every outline goes under every colour, so that crossing limbs stay whole.
    for a, b, _ in bones:
        segment(canvas, a, b, DARK, edge)
    for a, b, colour in bones:
        segment(canvas, a, b, colour, width)
    radius = canvas.px(0.0095, 2)
    for joint in _JOINTS:
        if np.isfinite(points[joint]).all():
            at = as_point(points[joint])
            disc(canvas, at, radius + canvas.px(0.004), DARK)
            disc(canvas, at, radius, LEFT if joint % 2 else RIGHT)


def _body_samples(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along the bones: what a label should not lie on."""
    steps = np.linspace(0, 1, 4)[:, None]
    parts = [np.array(a) + steps * (np.array(b) - np.array(a)) for a, b, _ in _bones(points)]
    head = points[list(_HEAD)]
    head = head[np.isfinite(head).all(axis=1)]
    shoulders = points[[_L.LEFT_SHOULDER, _L.RIGHT_SHOULDER]].mean(axis=0)
    if len(head) and np.isfinite(shoulders).all():
        # The landmarks end at the eyes; the crown is about as far again.
        face = head.mean(axis=0)
        parts.append(face + np.array([[0.0], [0.0], [0.4], [0.7]]) * (face - shoulders))
    return np.vstack(parts) if parts else np.empty((0, 2))


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


# -------------------------------------------------------------- fixed boxes


def _card_size(canvas: Canvas, *, guided: bool) -> tuple[int, int]:
    """Width and height of the box with the counts; the same all through a set."""
    # The hold clock's place in the other corner stays free even while it is not there.
    room = canvas.width - 2 * canvas.margin - canvas.px(0.016) - _clock_side(canvas)
    pad, gap = canvas.px(0.024), canvas.px(0.016)
    inside = [
        text_line("Ag", canvas.px(0.044, 9)).height,
        tight_text("0", canvas.px(0.2, 24), bold=True).height,
        text_line("Ag", _phase_size(canvas, guided), bold=True).height,
        _bar_height(canvas, guided),
    ]
    return round(min(0.56 * canvas.unit, room)), sum(inside) + round(1.6 * pad + 2.5 * gap)


def _phase_size(canvas: Canvas, guided: bool) -> int:
    return canvas.px(0.09 if guided else 0.066, 12)


def _bar_height(canvas: Canvas, guided: bool) -> int:
    return canvas.px(0.05 if guided else 0.024, 4)


def _count_words(snapshot: Snapshot) -> tuple[str, ...]:
    reps = "rep" if snapshot.reps == 1 else "reps"
    return (reps, f"+{snapshot.partials} partial") if snapshot.partials else (reps,)


def _card(
    canvas: Canvas,
    snapshot: Snapshot,
    exercise_name: str,
    beside: Sequence[str],
    guide: GuideState | None,
    *,
    right: bool,
) -> None:
    """Top corner: exercise, count, phase and how far out it is, or the tempo to follow.

    All in one corner, because the feet need the bottom of the picture.
    """
    pad, gap = canvas.px(0.024), canvas.px(0.016)
    width, height = _card_size(canvas, guided=guide is not None)
    inside = width - 2 * pad
    name = fitted_line(exercise_name, canvas.px(0.044, 9), inside)
    small = canvas.px(0.05, 9)
    words = [text_line(text, small, bold=not i) for i, text in enumerate(beside)]
    wide = max(word.width for word in words)
    size = canvas.px(0.2, 24)
    tall = tight_text("0", size, bold=True).height
    while (number := tight_text(str(snapshot.reps), size, bold=True)).width > inside - gap - wide:
        size -= 2
        if size < 12:
            break

    left = canvas.width - canvas.margin - width if right else canvas.margin
    top = canvas.margin
    canvas.panel((left, top, left + width, top + height), 0.68)
    x, y = left + pad, top + round(0.6 * pad)
    canvas.text(name, x, y, SOFT)
    y += name.height + gap
    canvas.text(number, x, y + (tall - number.height) / 2, WHITE)
    lower = y + tall - sum(word.height for word in words) + round(0.2 * small)
    for word in words:
        canvas.text(word, x + number.width + gap, lower, SOFT)
        lower += word.height
    bar = _bar_height(canvas, guide is not None)
    y = top + height - pad - bar
    text = PHASE_WORDS[snapshot.phase] if guide is None else guide.label
    phase = text_line(text, _phase_size(canvas, guide is not None), bold=True)
    canvas.text(phase, x, y - gap // 2 - phase.height, WHITE)
    if guide is not None and guide.left_s > 0:
        left_s = text_line(f"{math.ceil(guide.left_s)} s", _phase_size(canvas, True), bold=True)
        canvas.text(left_s, x + inside - left_s.width, y - gap // 2 - phase.height, YELLOW)
    share = min(1.0, max(0.0, snapshot.progress)) if math.isfinite(snapshot.progress) else 0.0
    cv2.rectangle(canvas.image, (x, y), (x + inside - 1, y + bar - 1), GREY, -1)
    if share > 0:
        full = x + max(1, round(share * inside)) - 1
        colour = GREEN if snapshot.phase == "hold" else WHITE
        cv2.rectangle(canvas.image, (x, y), (full, y + bar - 1), colour, -1)
    if guide is not None:
        _guide_mark(canvas, x, y, inside, bar, guide.position)


def _guide_mark(canvas: Canvas, x: int, y: int, width: int, height: int, position: float) -> None:
    """Where the movement should be now: an upright in the bar, told from it by its rim."""
    half, edge = canvas.px(0.009, 2), canvas.px(0.005, 1)
    at = x + half + edge + round(min(1.0, max(0.0, position)) * (width - 1 - 2 * (half + edge)))
    for room, colour in ((edge, DARK), (0, YELLOW)):
        start = (at - half - room, y - 2 * edge - room)
        end = (at + half + room, y + height - 1 + 2 * edge + room)
        cv2.rectangle(canvas.image, start, end, colour, -1)


def _clock_side(canvas: Canvas) -> int:
    """Width of the hold clock's box."""
    return 2 * (canvas.px(0.1, 14) + canvas.px(0.02)) + canvas.px(0.026, 3)


def _hold_clock(canvas: Canvas, snapshot: Snapshot, target_s: float | None, *, right: bool) -> None:
    """The other top corner: a ring that fills with the seconds held, broken off while paused."""
    radius, width = canvas.px(0.1, 14), canvas.px(0.026, 3)
    pad = canvas.px(0.02)
    side = _clock_side(canvas)
    caption = text_line(
        "paused" if snapshot.hold_paused else "hold", canvas.px(0.045, 10), bold=True
    )
    left = canvas.width - canvas.margin - side if right else canvas.margin
    box = (left, canvas.margin, left + side, canvas.margin + side + caption.height)
    canvas.panel(box, 0.68)
    x, y = left + side / 2, canvas.margin + side / 2
    turn = target_s if target_s else FREE_HOLD_TURN_S
    share = snapshot.hold_clean_s / turn
    share = min(share, 1.0) if target_s else share % 1.0
    ring(canvas, (x, y), radius, GREY, width)
    if share > 0:
        ring(canvas, (x, y), radius, YELLOW if snapshot.hold_paused else GREEN, width, share)
    seconds = f"{snapshot.hold_clean_s:.1f}"
    size = canvas.px(0.088, 12)
    while size > 8 and tight_text(seconds, size, bold=True).width > 2 * radius - width - pad // 2:
        size -= 1
    word = tight_text(seconds, size, bold=True)
    canvas.text(word, x - word.width / 2, y - word.height / 2, WHITE)
    colour = YELLOW if snapshot.hold_paused else SOFT
    canvas.text(caption, x - caption.width / 2, canvas.margin + side - pad / 2, colour)


def _banner(canvas: Canvas) -> None:
    """Across the middle: nobody is being measured."""
    pad = canvas.px(0.035)
    width = canvas.width - 2 * canvas.margin - 2 * pad
    title = fitted_line("Not seen", canvas.px(0.11, 16), width, bold=True)
    hint = fitted_line("Step into the picture", canvas.px(0.055, 11), width)
    wide, tall = max(title.width, hint.width), title.height + hint.height
    # Below the counts: in a low picture the middle would lie on them.
    above = [box for box in canvas.taken if box[1] < canvas.height / 2]
    ceiling = max(box[3] for box in above) + canvas.margin
    middle = (ceiling + canvas.floor) / 2
    box = box_at(canvas.width / 2, middle, (wide + 2 * pad, tall + pad))
    canvas.panel(box, 0.8)
    y = box[1] + pad / 2
    canvas.text(title, canvas.width / 2 - title.width / 2, y, WHITE)
    canvas.text(hint, canvas.width / 2 - hint.width / 2, y + title.height, SOFT)


# ----------------------------------------------------------------- callouts


@dataclass(frozen=True, slots=True)
class _Label:
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
def _label(cue: str, marked: bool, picture_width: int, unit: float, shrink: float) -> _Label:
    size = max(10, round(0.058 * unit * shrink))
    pad = max(3, round(0.016 * unit * shrink))
    sign = tight_text("!", round(size * 1.5), bold=True) if marked else None
    # Wide enough for a few words, narrow enough to stand beside a person.
    most = round(min(0.62 * picture_width, max(0.34 * picture_width, 0.5 * unit)))
    texts = wrapped_lines(cue, size, most)
    lines = tuple(fitted_line(text, size, most, bold=True) for text in texts)
    width = max(line.width for line in lines) + 2 * pad + (sign.width + pad if sign else 0)
    height = sum(line.height for line in lines) + 2 * pad
    return _Label(lines, sign, pad, width, height)


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


def _leader(canvas: Canvas, joint: NDArray[np.float64], box: Box, callout: Callout) -> None:
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


def _mark_box(canvas: Canvas, joint: NDArray[np.float64]) -> Box:
    side = 2 * (canvas.px(0.024, 5) + canvas.px(0.008, 2))
    return box_at(float(joint[0]), float(joint[1]), (side, side))


def _joint_mark(canvas: Canvas, joint: NDArray[np.float64], severity: Severity) -> None:
    """A filled disc for a marked fault, an open ring for a mild one."""
    radius = canvas.px(0.024, 5)
    at = as_point(joint)
    edge = canvas.px(0.008, 2)
    if severity == "marked":
        disc(canvas, at, radius + 2 * edge, DARK)
        disc(canvas, at, radius + edge, WHITE)
        disc(canvas, at, radius, MARKED)
    else:
        circle(canvas, at, radius, DARK, edge * 3)
        circle(canvas, at, radius, YELLOW, edge)
