"""How every exercise is done, as points: one clean repetition for pages to draw.

    python -m exerciser.demonstrations      # writes formcheck/engine/fitted/demonstrations.npz

Per exercise id, in body heights:
    ID                 (frames, 33, 2) landmarks as the recommended camera sees them, x right
                       and y down, from the start pose through one repetition and back
    ID.start_3d        (33, 3) the start pose in the room: x to the right of somebody who looks
                       along y, z up, the floor at 0
    ID.azimuth_deg     where that camera stands: 0 in front (of somebody on the back: at the
                       feet), 90 at the left
    ID.KIND            (n, 2) outline of a thing that is needed, as the camera sees it
    ID.KIND.corners    (8, 3) its corners in the room
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from exerciser.body import Array
from exerciser.camera import Camera
from exerciser.movement import Prop
from exerciser.movements import movement_of
from exerciser.sets import GeneratedSet, RepSpec, SetSpec, build
from formcheck.drawing.demonstration import FPS
from formcheck.engine.exercises import EXERCISES

FILE = Path(__file__).resolve().parents[1] / "formcheck/engine/fitted/demonstrations.npz"
BODY = "f_average"
REP = RepSpec(out_s=1.3, hold_s=0.4, back_s=1.3, pause_after_s=0.0)
#: Where one repetition is not the whole of it: a step to the left and one back, and
#: time enough to draw in the air.
REPS = {
    "lateral_band_walk": (RepSpec(out_s=0.7, hold_s=0.0, back_s=0.7, pause_after_s=0.1),) * 2,
    "single_leg_abc": (RepSpec(out_s=0.8, hold_s=3.0, back_s=0.8, pause_after_s=0.0),),
}
PARAMS = {"lateral_band_walk": {"turn_after": 1.0, "straight_first": 1.0}}

#: Bending knees hardly show from straight in front; this is still the front view. Degrees.
TURNED = {"squat": 12.0, "small_squat": 20.0}


def made_of(exercise: str, fps: float, body: str = BODY, **faults: float) -> GeneratedSet:
    """One repetition, clean or with faults (id -> size), without sway."""
    movement = movement_of(exercise)
    reps = REPS.get(exercise, (REP,))
    spec = SetSpec(
        exercise,
        body,
        side=movement.some_side(),
        reps=tuple(replace(rep, faults=faults) for rep in reps),
        lead_in_s=movement.lead_in_s,
        lead_out_s=0.0,
        sway=0.0,
        variation=0.0,
        params=PARAMS.get(exercise, {}),
    )
    return build(spec, fps)


def loop_of(made: GeneratedSet) -> Array:
    """The frames that make a loop, in order."""
    # The last frame is the first one again.
    order = np.arange(len(made) - 1)
    # Out of the position as into it, so that the end is the start.
    lead_in = round(movement_of(made.spec.exercise).lead_in_s * made.fps)
    return np.concatenate([order, order[:lead_in][::-1]])


def props_of(made: GeneratedSet) -> tuple[Prop, ...]:
    """What the exercise needs, where this person has it."""
    movement = movement_of(made.spec.exercise)
    return movement.props(made.body, {**movement.defaults, **made.spec.params}, made.spec.side)


def frames_of(exercise: str) -> dict[str, Array]:
    """The arrays of one exercise; see the module's docstring."""
    made = made_of(exercise, FPS)
    body, landmarks_m = made.body, made.landmarks_m[loop_of(made)]
    axes = camera_axes(exercise)
    middle = (landmarks_m[0].min(axis=0) + landmarks_m[0].max(axis=0)) / 2

    def seen(points_m: Array) -> Array:
        # From afar: a bench is not to look like a wedge.
        out: Array = (points_m - middle) @ axes.T / body.height_m
        return out

    out = {
        exercise: seen(landmarks_m),
        f"{exercise}.start_3d": landmarks_m[0] / body.height_m,
        f"{exercise}.azimuth_deg": np.array(recommended(exercise)[0]),
    }
    for prop in props_of(made):
        out[f"{exercise}.{prop.kind}"] = outline(seen(surface(prop)))
        out[f"{exercise}.{prop.kind}.corners"] = corners(prop) / body.height_m
    return {name: values.astype(np.float16) for name, values in out.items()}


def recommended(exercise: str) -> tuple[float, float]:
    """Azimuth and elevation of the camera that is asked for, degrees."""
    azimuth, elevation = next(iter(movement_of(exercise).views.values()))
    raised = EXERCISES[exercise].camera.elevation_deg
    return azimuth, elevation if raised is None else sum(raised) / 2


def camera_axes(exercise: str) -> Array:
    """(2, 3) what is right and what is down for the recommended camera."""
    azimuth, elevation = recommended(exercise)
    matrix = Camera(azimuth + TURNED.get(exercise, 0.0), elevation).view_matrix
    return np.stack([matrix[0, :3], -matrix[1, :3]])


def corners(prop: Prop) -> Array:
    """(8, 3) corners of the box, metres."""
    signs = np.array(list(product((-0.5, 0.5), repeat=3)))
    out: Array = np.asarray(prop.centre) + signs * np.asarray(prop.size)
    return out


def surface(prop: Prop) -> Array:
    """(n, 3) points whose outline is that of the thing."""
    if prop.kind != "ball":
        return corners(prop)
    turn, tilt = np.meshgrid(np.linspace(0, 2 * np.pi, 24), np.linspace(0, np.pi, 13))
    ball = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], -1)
    out: Array = np.asarray(prop.centre) + ball.reshape(-1, 3) * np.asarray(prop.size) / 2
    return out


def outline(points: Array) -> Array:
    """The convex hull of (n, 2) points, in order round it."""
    import cv2

    return cv2.convexHull(points.astype(np.float32))[:, 0]


def main() -> int:
    arrays: dict[str, Any] = {}
    for exercise in EXERCISES:
        arrays |= frames_of(exercise)
    np.savez_compressed(FILE, **arrays)
    print(f"{len(EXERCISES)} exercises, {FILE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
