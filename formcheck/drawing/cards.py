"""The fixed boxes of the overlay: the counts, the hold's clock, notes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import cv2

from formcheck.drawing.canvas import (
    DARK,
    GREEN,
    GREY,
    SOFT,
    WHITE,
    YELLOW,
    Canvas,
    box_at,
    fitted_line,
    ring,
    text_line,
    tight_text,
    wrapped_lines,
)
from formcheck.engine.events import Snapshot
from formcheck.engine.pose import ImageArray
from formcheck.language import _, ngettext

if TYPE_CHECKING:
    from formcheck.engine.tempo_guide import GuideState


# Without a prescribed time the hold's ring goes round once in this long.
FREE_HOLD_TURN_S: Final = 10.0


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


def card_size(canvas: Canvas, *, guided: bool) -> tuple[int, int]:
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


def count_words(snapshot: Snapshot) -> tuple[str, ...]:
    """What stands beside the count, the first word bold."""
    reps = ngettext("rep", "reps", snapshot.reps)
    return (
        (
            reps,
            ngettext("+{n} partial", "+{n} partials", snapshot.partials).format(
                n=snapshot.partials
            ),
        )
        if snapshot.partials
        else (reps,)
    )


def draw_card(
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
    width, height = card_size(canvas, guided=guide is not None)
    inside = width - 2 * pad
    name = fitted_line(_(exercise_name), canvas.px(0.044, 9), inside)
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
    text = _(snapshot.phase_word) if guide is None else _(guide.label)
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


def draw_hold_clock(
    canvas: Canvas, snapshot: Snapshot, target_s: float | None, *, right: bool
) -> None:
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


def draw_banner(canvas: Canvas) -> None:
    """Across the middle: nobody is being measured."""
    pad = canvas.px(0.035)
    width = canvas.width - 2 * canvas.margin - 2 * pad
    title = fitted_line(_("Not seen"), canvas.px(0.11, 16), width, bold=True)
    hint = fitted_line(_("Step into the picture"), canvas.px(0.055, 11), width)
    wide, tall = max(title.width, hint.width), title.height + hint.height
    # Below the counts: in a low picture the middle would lie on them.
    above = [box for box in canvas.taken if box[1] < canvas.height / 2]
    ceiling = max((box[3] for box in above), default=0) + canvas.margin
    middle = (ceiling + canvas.floor) / 2
    box = box_at(canvas.width / 2, middle, (wide + 2 * pad, tall + pad))
    canvas.panel(box, 0.8)
    y = box[1] + pad / 2
    canvas.text(title, canvas.width / 2 - title.width / 2, y, WHITE)
    canvas.text(hint, canvas.width / 2 - hint.width / 2, y + title.height, SOFT)
