"""Draw a set's state over the picture: skeleton, judged angle, counts, callouts.

This file renders what the engine says and judges nothing. All sizes follow the
picture, so that a 320x240 clip and a 4K one look the same, and every box is
laid out against the ones already placed, so that no text covers another.

Text is drawn with a real font through Pillow. The rendered words are kept as
small bitmaps, because the same few words and numbers come back in every frame.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from formcheck.events import Callout, Phase, Snapshot
from formcheck.pose import Landmark, PoseFrame

__all__ = ["Overlay", "draw"]

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are outside

# Okabe-Ito colours, told apart with any kind of colour vision (RGB).
LEFT: Final[Colour] = (86, 180, 233)  # sky blue
RIGHT: Final[Colour] = (230, 159, 0)  # orange
YELLOW: Final[Colour] = (240, 228, 66)
GREEN: Final[Colour] = (0, 190, 140)
MARKED: Final[Colour] = (196, 20, 84)  # dark enough for white text
WHITE: Final[Colour] = (255, 255, 255)
SOFT: Final[Colour] = (205, 210, 214)
GREY: Final[Colour] = (78, 82, 88)
DARK: Final[Colour] = (16, 18, 22)

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
    image_rgb: Picture,
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

    def draw(self, image_rgb: Picture, pose: PoseFrame, snapshot: Snapshot) -> None:
        """Draw one moment of the set over image_rgb, in place."""
        canvas = _Canvas(image_rgb)
        points = _points(pose, canvas, self.mirrored)
        if pose.has_person:
            _skeleton(canvas, points)

        # The fixed boxes come first: what is placed freely keeps clear of them.
        body = _body_samples(points)
        self._choose_corner(canvas, body, snapshot.time_s)
        _card(canvas, snapshot, self.exercise_name, right=self._card_right)
        if snapshot.phase == "hold" or snapshot.hold_s > 0:
            _hold_clock(canvas, snapshot, self.hold_target_s, right=not self._card_right)
        if not snapshot.person_seen:
            _banner(canvas)
            return
        self._angle_and_callouts(canvas, points, body, snapshot)

    def _choose_corner(self, canvas: _Canvas, body: NDArray[np.float64], time_s: float) -> None:
        """Keep the counts in the corner where they cover less of the person."""
        if not len(body):
            return
        width, height = _card_size(canvas)
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
        canvas: _Canvas,
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
            _joint_mark(canvas, points[callout.landmark], callout)
        if angle is not None:
            word, box = angle
            canvas.panel(box, 0.75)
            canvas.text(word, *_centred(word, box), WHITE)
        for group, label, box in labels:
            label.draw(canvas, box, group[0])

    def _angle(
        self, canvas: _Canvas, points: NDArray[np.float64], snapshot: Snapshot
    ) -> tuple[_Word, Box] | None:
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
            _dashed(canvas, _xy(b), _xy(tip), WHITE, canvas.px(0.005))
        if honest:
            _arc(canvas, b, start, out, radius)

        word = _word(f"{snapshot.primary_deg:.0f}°", canvas.px(0.062, 12), bold=True)
        pad = canvas.px(0.014)
        size = (word.width + 2 * pad, word.height + 2 * pad)
        inner = back / lengths[0] + out / lengths[1]
        outward = math.atan2(-inner[1], -inner[0]) if np.hypot(*inner) > 0.2 else 0.0
        for reach in (radius * 0.6, radius * 1.5):
            for turn in (0.0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, math.pi):
                away = (reach + 0.5 * math.hypot(*size)) * np.exp(1j * (outward + turn))
                box = _box_at(float(b[0] + away.real), float(b[1] + away.imag), size)
                if canvas.is_free(box):
                    canvas.taken.append(box)
                    return word, box
        return None

    def _place(
        self,
        canvas: _Canvas,
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


# --------------------------------------------------------------- the canvas


class _Canvas:
    """A picture with the unit all sizes are given in, and the boxes already taken."""

    def __init__(self, image: Picture) -> None:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError("The overlay draws on an RGB picture: (height, width, 3) of uint8.")
        self.image = image
        self.height, self.width = image.shape[:2]
        # Height rules; a narrow portrait picture must still fit its words.
        self.unit = float(min(self.height, 1.1 * self.width))
        self.margin = self.px(0.022)
        self.floor = self.height - self.margin
        self.taken: list[Box] = []

    def px(self, share: float, least: int = 1) -> int:
        """A share of the unit in whole pixels."""
        return max(least, round(share * self.unit))

    def is_free(self, box: Box) -> bool:
        """Whether the box lies in the picture and overlaps nothing placed before."""
        corners = np.array([box], dtype=float)
        return bool(self.are_free(corners[:, :2], corners[:, 2:])[0])

    def are_free(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        """The same for many boxes at once, given by their corners (n, 2)."""
        edge = np.array([self.width, self.floor], dtype=float)
        inside: NDArray[np.bool_] = np.all((starts >= 0) & (ends <= edge), axis=1)
        if not self.taken:
            return inside
        gap = self.px(0.008)
        taken = np.array(self.taken, dtype=float)
        clear = (ends[:, None] + gap <= taken[:, :2]) | (taken[:, 2:] + gap <= starts[:, None])
        inside &= np.all(np.any(clear, axis=2), axis=1)
        return inside

    def panel(self, box: Box, opacity: float, colour: Colour = DARK, *, take: bool = True) -> None:
        """A translucent box with round corners."""
        left, top, right, bottom = _clip(box, self.width, self.height)
        if right <= left or bottom <= top:
            return
        area = self.image[top:bottom, left:right]
        mask = _round_mask(bottom - top, right - left, self.px(0.02))
        share = np.array([*(opacity * level for level in colour), 0.0])
        mixed = cv2.add(cv2.convertScaleAbs(area, alpha=1 - opacity), share)
        cv2.copyTo(np.asarray(mixed, dtype=np.uint8), mask, area)
        if take:
            self.taken.append(box)

    def text(self, word: _Word, left: float, top: float, colour: Colour) -> None:
        """Put a rendered word with its top left corner at (left, top)."""
        x, y = round(left), round(top)
        box = (x, y, x + word.width, y + word.height)
        x0, y0, x1, y1 = _clip(box, self.width, self.height)
        if x1 <= x0 or y1 <= y0:
            return
        ink, rest = word.inked(colour)
        cut = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        area = self.image[y0:y1, x0:x1]
        kept = cv2.multiply(area, np.ascontiguousarray(rest[cut]), scale=1 / 255)
        area[:] = cv2.add(kept, np.ascontiguousarray(ink[cut]))


@lru_cache(maxsize=64)
def _round_mask(height: int, width: int, radius: int) -> Picture:
    mask = np.zeros((height, width), np.uint8)
    r = min(radius, height // 2, width // 2)
    cv2.rectangle(mask, (r, 0), (width - 1 - r, height - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (width - 1, height - 1 - r), 255, -1)
    for x in (r, width - 1 - r):
        for y in (r, height - 1 - r):
            cv2.circle(mask, (x, y), r, 255, -1)
    return mask


# --------------------------------------------------------------------- text


class _Word:
    """A rendered piece of text: how much ink (0..255) each of its pixels gets."""

    def __init__(self, alpha: Picture) -> None:
        self.alpha = alpha
        self.height, self.width = alpha.shape
        self._inked: dict[Colour, tuple[Picture, Picture]] = {}

    def inked(self, colour: Colour) -> tuple[Picture, Picture]:
        """The text in a colour times its alpha, and what is left of the picture."""
        if colour not in self._inked:
            alpha = self.alpha[:, :, None].astype(np.uint16)
            ink = (alpha * np.array(colour, np.uint16) // 255).astype(np.uint8)
            rest = np.repeat(255 - self.alpha[:, :, None], 3, axis=2)
            self._inked[colour] = ink, np.ascontiguousarray(rest)
        return self._inked[colour]


@lru_cache(maxsize=32)
def _font(size: int, bold: bool) -> Any:
    """DejaVu Sans, which comes with matplotlib, or the font built into Pillow."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin:
        name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


@lru_cache(maxsize=768)
def _word(text: str, size: int, *, bold: bool = False) -> _Word:
    """Text rendered tightly: no empty rows or columns around the ink."""
    font = _font(size, bold)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, font=font, fill=255)
    return _Word(np.asarray(picture).copy())


@lru_cache(maxsize=768)
def _line(text: str, size: int, *, bold: bool = False) -> _Word:
    """Text rendered in a full line's height, so that lines share a baseline."""
    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    left, _, right, _ = font.getbbox(text)
    picture = Image.new("L", (max(1, int(right - left)), ascent + descent), 0)
    ImageDraw.Draw(picture).text((-left, 0), text, font=font, fill=255)
    return _Word(np.asarray(picture).copy())


def _fitted(text: str, size: int, width: int, *, bold: bool = False) -> _Word:
    """One line no wider than width: made smaller first, then cut with an ellipsis."""
    least = max(8, round(size * 0.7))
    while size > least and _line(text, size, bold=bold).width > width:
        size -= 1
    while len(text) > 1 and _line(text, size, bold=bold).width > width:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return _line(text, size, bold=bold)


@lru_cache(maxsize=128)
def _wrapped(text: str, size: int, width: int) -> tuple[str, ...]:
    """Words broken into lines no wider than width, the lines about equally long."""
    font = _font(size, True)

    def broken(limit: float) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            if lines and font.getlength(f"{lines[-1]} {word}") <= limit:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    best = broken(width)
    for limit in range(width, width // 3, -max(1, width // 24)):
        tighter = broken(limit)
        if len(tighter) > len(best):
            break
        best = tighter
    return tuple(best)


# ----------------------------------------------------------------- skeleton


def _points(pose: PoseFrame, canvas: _Canvas, mirrored: bool) -> NDArray[np.float64]:
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
        (_xy(points[a]), _xy(points[b]), colour)
        for bones, colour in groups
        for a, b in bones
        if np.isfinite(points[[a, b]]).all()
    ]


def _skeleton(canvas: _Canvas, points: NDArray[np.float64]) -> None:
    width = canvas.px(0.009, 2)
    edge = width + 2 * canvas.px(0.004)
    bones = _bones(points)
    # Every outline goes under every colour, so that crossing limbs stay whole.
    for a, b, _ in bones:
        _segment(canvas, a, b, DARK, edge)
    for a, b, colour in bones:
        _segment(canvas, a, b, colour, width)
    radius = canvas.px(0.0095, 2)
    for joint in _JOINTS:
        if np.isfinite(points[joint]).all():
            at = _xy(points[joint])
            _disc(canvas, at, radius + canvas.px(0.004), DARK)
            _disc(canvas, at, radius, LEFT if joint % 2 else RIGHT)


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
    canvas: _Canvas,
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


def _card_size(canvas: _Canvas) -> tuple[int, int]:
    """Width and height of the box with the counts; the same all through a set."""
    # The hold clock's place in the other corner stays free even while it is not there.
    room = canvas.width - 2 * canvas.margin - canvas.px(0.016) - _clock_side(canvas)
    pad, gap = canvas.px(0.024), canvas.px(0.016)
    inside = [
        _line("Ag", canvas.px(0.044, 9)).height,
        _word("0", canvas.px(0.2, 24), bold=True).height,
        _line("Ag", canvas.px(0.066, 12), bold=True).height,
        canvas.px(0.024, 4),
    ]
    return round(min(0.56 * canvas.unit, room)), sum(inside) + round(1.6 * pad + 2.5 * gap)


def _card(canvas: _Canvas, snapshot: Snapshot, exercise_name: str, *, right: bool) -> None:
    """Top corner: exercise, rep count, partial count, phase and how far out it is.

    All in one corner, because the feet need the bottom of the picture.
    """
    pad, gap = canvas.px(0.024), canvas.px(0.016)
    width, height = _card_size(canvas)
    inside = width - 2 * pad
    name = _fitted(exercise_name, canvas.px(0.044, 9), inside)
    small = canvas.px(0.05, 9)
    words = [_line("rep" if snapshot.reps == 1 else "reps", small, bold=True)]
    if snapshot.partials:
        words.append(_line(f"+{snapshot.partials} partial", small))
    wide = max(word.width for word in words)
    size = canvas.px(0.2, 24)
    tall = _word("0", size, bold=True).height
    while (number := _word(str(snapshot.reps), size, bold=True)).width > inside - gap - wide:
        size -= 2
        if size < 12:
            break
    phase = _line(PHASE_WORDS[snapshot.phase], canvas.px(0.066, 12), bold=True)
    bar = canvas.px(0.024, 4)

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
    y = top + height - pad - bar
    canvas.text(phase, x, y - gap // 2 - phase.height, WHITE)
    share = min(1.0, max(0.0, snapshot.progress)) if math.isfinite(snapshot.progress) else 0.0
    cv2.rectangle(canvas.image, (x, y), (x + inside - 1, y + bar - 1), GREY, -1)
    if share > 0:
        full = x + max(1, round(share * inside)) - 1
        colour = GREEN if snapshot.phase == "hold" else WHITE
        cv2.rectangle(canvas.image, (x, y), (full, y + bar - 1), colour, -1)


def _clock_side(canvas: _Canvas) -> int:
    """Width of the hold clock's box."""
    return 2 * (canvas.px(0.1, 14) + canvas.px(0.02)) + canvas.px(0.026, 3)


def _hold_clock(
    canvas: _Canvas, snapshot: Snapshot, target_s: float | None, *, right: bool
) -> None:
    """The other top corner: a ring that fills with the seconds held, broken off while paused."""
    radius, width = canvas.px(0.1, 14), canvas.px(0.026, 3)
    pad = canvas.px(0.02)
    side = _clock_side(canvas)
    caption = _line("paused" if snapshot.hold_paused else "hold", canvas.px(0.045, 10), bold=True)
    left = canvas.width - canvas.margin - side if right else canvas.margin
    box = (left, canvas.margin, left + side, canvas.margin + side + caption.height)
    canvas.panel(box, 0.68)
    x, y = left + side / 2, canvas.margin + side / 2
    turn = target_s if target_s else FREE_HOLD_TURN_S
    share = snapshot.hold_clean_s / turn
    share = min(share, 1.0) if target_s else share % 1.0
    _ring(canvas, x, y, radius, 1.0, GREY, width)
    if share > 0:
        _ring(canvas, x, y, radius, share, YELLOW if snapshot.hold_paused else GREEN, width)
    seconds = f"{snapshot.hold_clean_s:.1f}"
    size = canvas.px(0.088, 12)
    while size > 8 and _word(seconds, size, bold=True).width > 2 * radius - width - pad // 2:
        size -= 1
    word = _word(seconds, size, bold=True)
    canvas.text(word, x - word.width / 2, y - word.height / 2, WHITE)
    colour = YELLOW if snapshot.hold_paused else SOFT
    canvas.text(caption, x - caption.width / 2, canvas.margin + side - pad / 2, colour)


def _ring(
    canvas: _Canvas, x: float, y: float, radius: float, share: float, colour: Colour, width: int
) -> None:
    angles = -math.pi / 2 + 2 * math.pi * share * np.linspace(0, 1, max(3, int(72 * share)))
    rim = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
    curve = np.round(rim * 8).astype(np.int32)
    cv2.polylines(canvas.image, [curve], False, colour, width, cv2.LINE_AA, 3)


def _banner(canvas: _Canvas) -> None:
    """Across the middle: nobody is being measured."""
    pad = canvas.px(0.035)
    width = canvas.width - 2 * canvas.margin - 2 * pad
    title = _fitted("Not seen", canvas.px(0.11, 16), width, bold=True)
    hint = _fitted("Step into the picture", canvas.px(0.055, 11), width)
    wide, tall = max(title.width, hint.width), title.height + hint.height
    # Below the counts: in a low picture the middle would lie on them.
    ceiling = max(box[3] for box in canvas.taken) + canvas.margin
    middle = (ceiling + canvas.floor) / 2
    box = _box_at(canvas.width / 2, middle, (wide + 2 * pad, tall + pad))
    canvas.panel(box, 0.8)
    y = box[1] + pad / 2
    canvas.text(title, canvas.width / 2 - title.width / 2, y, WHITE)
    canvas.text(hint, canvas.width / 2 - hint.width / 2, y + title.height, SOFT)


# ----------------------------------------------------------------- callouts


@dataclass(frozen=True, slots=True)
class _Label:
    """A cue broken into lines, with the size of the box it needs."""

    lines: tuple[_Word, ...]
    sign: _Word | None
    pad: int
    width: int
    height: int

    def draw(self, canvas: _Canvas, box: Box, callout: Callout) -> None:
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
                _dashed(canvas, a, b, YELLOW, rim)
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
    sign = _word("!", round(size * 1.5), bold=True) if marked else None
    # Wide enough for a few words, narrow enough to stand beside a person.
    most = round(min(0.62 * picture_width, max(0.34 * picture_width, 0.5 * unit)))
    texts = _wrapped(cue, size, most)
    lines = tuple(_fitted(text, size, most, bold=True) for text in texts)
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


def _leader(canvas: _Canvas, joint: NDArray[np.float64], box: Box, callout: Callout) -> None:
    """A line from the joint to the nearest edge of its label."""
    end = (
        float(np.clip(joint[0], box[0] + 4, box[2] - 5)),
        float(np.clip(joint[1], box[1] + 4, box[3] - 5)),
    )
    # From the rim of the joint's mark: a dash inside an open ring looks like dirt.
    rim = canvas.px(0.024, 5) / max(1.0, math.dist(joint, end))
    start = _xy(joint + min(1.0, rim) * (np.array(end) - joint))
    width = canvas.px(0.008, 2)
    _segment(canvas, start, end, DARK, width + 2 * canvas.px(0.004))
    if callout.severity == "marked":
        _segment(canvas, start, end, WHITE, width)
    else:
        _dashed(canvas, start, end, YELLOW, width)


def _mark_box(canvas: _Canvas, joint: NDArray[np.float64]) -> Box:
    side = 2 * (canvas.px(0.024, 5) + canvas.px(0.008, 2))
    return _box_at(float(joint[0]), float(joint[1]), (side, side))


def _joint_mark(canvas: _Canvas, joint: NDArray[np.float64], callout: Callout) -> None:
    """A filled disc for a marked fault, an open ring for a mild one."""
    radius = canvas.px(0.024, 5)
    at = _xy(joint)
    edge = canvas.px(0.008, 2)
    if callout.severity == "marked":
        _disc(canvas, at, radius + 2 * edge, DARK)
        _disc(canvas, at, radius + edge, WHITE)
        _disc(canvas, at, radius, MARKED)
    else:
        _circle(canvas, at, radius, DARK, edge * 3)
        _circle(canvas, at, radius, YELLOW, edge)


# --------------------------------------------------------------- primitives

_SHIFT: Final = 3  # sub-pixel bits of OpenCV's drawing: without them limbs tremble
_ONE: Final = 1 << _SHIFT


def _fixed(point: Point) -> tuple[int, int]:
    return round(point[0] * _ONE), round(point[1] * _ONE)


def _segment(canvas: _Canvas, a: Point, b: Point, colour: Colour, width: int) -> None:
    cv2.line(canvas.image, _fixed(a), _fixed(b), colour, width, cv2.LINE_AA, _SHIFT)


def _disc(canvas: _Canvas, at: Point, radius: int, colour: Colour) -> None:
    cv2.circle(canvas.image, _fixed(at), radius * _ONE, colour, -1, cv2.LINE_AA, _SHIFT)


def _circle(canvas: _Canvas, at: Point, radius: int, colour: Colour, width: int) -> None:
    cv2.circle(canvas.image, _fixed(at), radius * _ONE, colour, width, cv2.LINE_AA, _SHIFT)


def _dashed(canvas: _Canvas, a: Point, b: Point, colour: Colour, width: int) -> None:
    length = math.dist(a, b)
    dash = max(4.0, 2.6 * width)
    pieces = max(1, round(length / dash)) | 1  # odd: a dash at both ends
    for i in range(0, pieces, 2):
        s, e = i / pieces, (i + 1) / pieces
        start = (a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]))
        end = (a[0] + e * (b[0] - a[0]), a[1] + e * (b[1] - a[1]))
        _segment(canvas, start, end, colour, width)


def _xy(point: Iterable[float]) -> Point:
    x, y = point
    return float(x), float(y)


def _box_at(x: float, y: float, size: tuple[int, int]) -> Box:
    left, top = round(x - size[0] / 2), round(y - size[1] / 2)
    return left, top, left + size[0], top + size[1]


def _centred(word: _Word, box: Box) -> Point:
    return (box[0] + box[2] - word.width) / 2, (box[1] + box[3] - word.height) / 2


def _clip(box: Box, width: int, height: int) -> Box:
    left, top, right, bottom = box
    return max(0, left), max(0, top), min(width, right), min(height, bottom)
