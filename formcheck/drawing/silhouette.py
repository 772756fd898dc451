"""A person as a filled shape, from landmarks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from formcheck.engine.pose import FloatArray
from formcheck.engine.pose import Landmark as L

#: Half the width of the body at its joints, body heights.
_HALF_WIDTH = {
    L.LEFT_SHOULDER: 0.029,
    L.LEFT_ELBOW: 0.023,
    L.LEFT_WRIST: 0.017,
    L.LEFT_INDEX: 0.014,
    L.LEFT_HIP: 0.046,
    L.LEFT_KNEE: 0.034,
    L.LEFT_ANKLE: 0.021,
    L.LEFT_HEEL: 0.018,
    L.LEFT_FOOT_INDEX: 0.016,
}
_LIMBS = (
    (L.LEFT_SHOULDER, L.LEFT_ELBOW),
    (L.LEFT_ELBOW, L.LEFT_WRIST),
    (L.LEFT_WRIST, L.LEFT_INDEX),
    (L.LEFT_HIP, L.LEFT_KNEE),
    (L.LEFT_KNEE, L.LEFT_ANKLE),
    (L.LEFT_ANKLE, L.LEFT_HEEL),
    (L.LEFT_ANKLE, L.LEFT_FOOT_INDEX),
    (L.LEFT_HEEL, L.LEFT_FOOT_INDEX),
)
_FLANK = (0.036, 0.046)
_CHEST, _WAIST, _NECK, _HEAD = 0.068, 0.058, 0.026, 0.064


def silhouette(points: FloatArray, height: float) -> str:
    """A person as SVG, filled with currentColor.

    points: (33, 2) in the drawing's units. height: the body's, in the same.
    """
    parts = []

    def taper(a: FloatArray, b: FloatArray, wide: float, narrow: float) -> None:
        way = b - a
        length = float(np.hypot(*way))
        across = np.array([-way[1], way[0]]) / max(length, 1e-6) * height
        corners = (a + across * wide, b + across * narrow, b - across * narrow, a - across * wide)
        parts.append(polygon(corners))
        for (x, y), radius in ((a, wide), (b, narrow)):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * height:.1f}"/>')

    for start, end in _LIMBS:
        for side in (0, 1):
            ends = points[start + side], points[end + side]
            taper(*ends, _HALF_WIDTH[start], _HALF_WIDTH[end])
    shoulders = points[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]]
    hips = points[[L.LEFT_HIP, L.RIGHT_HIP]]
    ears = points[[L.LEFT_EAR, L.RIGHT_EAR]].mean(axis=0)
    neck = shoulders.mean(axis=0)
    for top, bottom in zip(shoulders, hips, strict=True):
        taper(top, bottom, *_FLANK)
    parts.append(polygon((*shoulders, *hips[::-1])))
    taper(neck, hips.mean(axis=0), _CHEST, _WAIST)
    parts.append(polygon((*shoulders, neck + 0.45 * (ears - neck))))
    taper(neck, ears, _NECK, _NECK)
    head = ears + 0.3 * (points[L.NOSE] - ears)
    taper(head, head, _HEAD, _HEAD)
    return f'<g fill="currentColor">{"".join(parts)}</g>'


def polygon(corners: Iterable[FloatArray]) -> str:
    """A closed SVG shape through (x, y) corners."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}"/>'
