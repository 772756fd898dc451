"""The skeleton of a pose over its picture, and marks on its joints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from formcheck.drawing.canvas import (
    DARK,
    SOFT,
    WHITE,
    YELLOW,
    Box,
    Canvas,
    Colour,
    Point,
    as_point,
    box_at,
    circle,
    disc,
    segment,
)
from formcheck.engine.pose import ImageArray, Landmark, PoseFrame
from formcheck.engine.report import Severity

# Okabe-Ito colours, told apart with any kind of colour vision (RGB).
LEFT: Final[Colour] = (86, 180, 233)  # sky blue
RIGHT: Final[Colour] = (230, 159, 0)  # orange
MARKED: Final[Colour] = (196, 20, 84)  # dark enough for white text

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
_BONES: Final = tuple(
    (int(a), int(b), colour)
    for bones, colour in ((_MIDDLE_BONES, SOFT), (_LEFT_BONES, LEFT), (_RIGHT_BONES, RIGHT))
    for a, b in bones
)
_JOINTS: Final = tuple(sorted({j for bone in (*_LEFT_BONES, *_RIGHT_BONES) for j in bone}))
_HEAD: Final = (_L.NOSE, _L.LEFT_EAR, _L.RIGHT_EAR, _L.LEFT_EYE, _L.RIGHT_EYE)


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
    points = points_of(pose, canvas, mirrored)
    if pose.has_person:
        draw_skeleton(canvas, points)
    for landmark, severity in joints.items():
        if np.isfinite(points[landmark]).all():
            joint_mark(canvas, points[landmark], severity)


def points_of(pose: PoseFrame, canvas: Canvas, mirrored: bool) -> NDArray[np.float64]:
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
    at = _seen(points)
    return [(at[a], at[b], colour) for a, b, colour in _BONES if a in at and b in at]


def _seen(points: NDArray[np.float64]) -> dict[int, Point]:
    """The landmarks that are seen, by number."""
    # Asking the array for each of them takes longer than drawing them.
    return {
        number: (x, y)
        for number, (x, y) in enumerate(points.tolist())
        if math.isfinite(x) and math.isfinite(y)
    }


def draw_skeleton(canvas: Canvas, points: NDArray[np.float64]) -> None:
    """The bones and joints that are seen."""
    width = canvas.px(0.009, 2)
    edge = width + 2 * canvas.px(0.004)
    bones = _bones(points)
    # Every outline goes under every colour, so that crossing limbs stay whole.
    for a, b, _ in bones:
        segment(canvas, a, b, DARK, edge)
    for a, b, colour in bones:
        segment(canvas, a, b, colour, width)
    radius = canvas.px(0.0095, 2)
    at = _seen(points)
    for joint in (joint for joint in _JOINTS if joint in at):
        disc(canvas, at[joint], radius + canvas.px(0.004), DARK)
        disc(canvas, at[joint], radius, LEFT if joint % 2 else RIGHT)


def body_samples(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along the bones: what a label should not lie on."""
    ends = np.array([(a, b) for a, b, _ in _bones(points)]).reshape(-1, 2, 2)
    starts, ways = ends[:, :1], ends[:, 1:] - ends[:, :1]
    parts = [(starts + np.linspace(0, 1, 4)[:, None] * ways).reshape(-1, 2)]
    head = points[list(_HEAD)]
    head = head[np.isfinite(head).all(axis=1)]
    shoulders = points[[_L.LEFT_SHOULDER, _L.RIGHT_SHOULDER]].mean(axis=0)
    if len(head) and np.isfinite(shoulders).all():
        # The landmarks end at the eyes; the crown is about as far again.
        face = head.mean(axis=0)
        parts.append(face + np.array([[0.0], [0.0], [0.4], [0.7]]) * (face - shoulders))
    return np.vstack(parts)


def mark_box(canvas: Canvas, joint: NDArray[np.float64]) -> Box:
    """The room that a joint's mark takes."""
    side = 2 * (canvas.px(0.024, 5) + canvas.px(0.008, 2))
    return box_at(float(joint[0]), float(joint[1]), (side, side))


def joint_mark(canvas: Canvas, joint: NDArray[np.float64], severity: Severity) -> None:
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
