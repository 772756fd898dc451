"""A small picture of an exercise: where it starts from, and its furthest point."""

from __future__ import annotations

from functools import cache

import numpy as np

from formcheck.drawing.demonstration import frames, is_shown, props
from formcheck.drawing.silhouette import polygon, silhouette

__all__ = ["exercise_svg"]

_WIDTH, _HEIGHT, _MARGIN = 120.0, 90.0, 7.0


@cache
def exercise_svg(exercise_id: str) -> str:
    """The start pose, faint, behind the furthest one, as an SVG file's text.

    Filled with currentColor; to be used as a mask, too. Empty where there is no demonstration.
    """
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}">'
    if not is_shown(exercise_id):
        return f"{start}</svg>"
    poses = frames(exercise_id)
    way = np.linalg.norm(poses - poses[0], axis=2).sum(axis=1)
    first, furthest = poses[0], poses[int(np.argmax(way))]
    outlines = props(exercise_id)
    # The person fills the picture; a wall may go on beyond it.
    both = np.concatenate([first, furthest])
    low, high = both.min(axis=0), both.max(axis=0)
    # Joints lie inside the body: a little more on every side.
    low, high = low - 0.06, high + 0.06
    scale = min(
        (_WIDTH - 2 * _MARGIN) / (high[0] - low[0]), (_HEIGHT - 2 * _MARGIN) / (high[1] - low[1])
    )
    corner = np.array([_WIDTH, _HEIGHT]) / 2 - scale * (low + high) / 2
    things = "".join(polygon(scale * points + corner) for points in outlines.values())
    return (
        f'{start}<g fill="currentColor" opacity="0.22">{things}</g>'
        f'<g opacity="0.3">{silhouette(scale * first + corner, scale)}</g>'
        f"{silhouette(scale * furthest + corner, scale)}</svg>"
    )
