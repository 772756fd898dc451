"""How an exercise is done well, as points: to draw an outline from, and where the camera stands.

Made by ``python -m exerciser.demonstrations`` from a virtual person, seen from the
recommended camera. All lengths are in body heights.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from formcheck.engine import weights
from formcheck.engine.pose import FloatArray

#: Frames per second.
FPS: Final = 12
_FILE: Final = "demonstrations"


def is_shown(exercise_id: str) -> bool:
    """Whether there is a demonstration of the exercise."""
    return exercise_id in weights.load(_FILE)


def frames(exercise_id: str) -> FloatArray:
    """(n, 33, 2) landmarks of one repetition, the start pose first; x right, y down.

    Played at FPS, over and over. Raises KeyError for an unknown id.
    """
    return weights.load(_FILE)[exercise_id].astype(float)


def start_pose_3d(exercise_id: str) -> FloatArray:
    """(33, 3) the start pose in the room, z up from the floor.

    Standing x is to the right and y forward; on the back the feet are towards y, on the
    side the belly is.
    """
    return weights.load(_FILE)[f"{exercise_id}.start_3d"].astype(float)


def camera_azimuth_deg(exercise_id: str) -> float:
    """Where the recommended camera stands in that room: 0 on the y side, 90 on the -x side."""
    return float(weights.load(_FILE)[f"{exercise_id}.azimuth_deg"])


def props(exercise_id: str) -> dict[str, FloatArray]:
    """Things the exercise needs (bench, step, ball, wall) -> (n, 2) outline for the camera."""
    kept = _of(exercise_id)
    return {kind: kept[kind].astype(float) for kind in props_3d(exercise_id)}


def props_3d(exercise_id: str) -> dict[str, FloatArray]:
    """Things the exercise needs -> (8, 3) corners of the box around each, in the room."""
    return {
        kind.removesuffix(".corners"): values.astype(float)
        for kind, values in _of(exercise_id).items()
        if kind.endswith(".corners")
    }


def ghost(exercise_id: str) -> dict[str, Any] | None:
    """What a page needs to draw the start pose as an outline; None where nobody has shown it.

    {"points": 33 landmarks, "props": [outline, ...], "extent": [lowest, highest corner]}: all
    of a repetition lies within the extent.
    """
    if not is_shown(exercise_id):
        return None
    poses, things = frames(exercise_id), list(props(exercise_id).values())
    everything = np.concatenate([poses.reshape(-1, 2), *things])
    return {
        "points": poses[0].round(3).tolist(),
        "props": [points.round(3).tolist() for points in things],
        "extent": [corner.round(3).tolist() for corner in (everything.min(0), everything.max(0))],
    }


def _of(exercise_id: str) -> dict[str, FloatArray]:
    """Everything but the frames that is kept of an exercise, by the rest of its name."""
    start = f"{exercise_id}."
    return {
        name.removeprefix(start): values
        for name, values in weights.load(_FILE).items()
        if name.startswith(start)
    }
