"""How every exercise looks, as short moving pictures: done well, and with its main fault.

    python -m exerciser.loops               # writes formcheck/web/frontend/loops/
    python -m exerciser.loops --only squat  # of one exercise (may be given repeatedly)

Per exercise ID.webp and ID.FAULT.webp, each with the moment that tells most as a still
(ID.still.webp), for who does not want moving pictures. They are seen from the camera that
is asked for. The main fault is the first rule of the exercise that this camera shows; where
it is, a ring is drawn. A pelvis that rolls towards or from the camera hardly changes its
outline: an arrow stands out from its front, and points where that looks.

Animated WebP and not video: an <img> plays it everywhere without a script, without sound to
be switched off and without the rules that keep a phone from playing videos by themselves,
and <picture> puts the still in its place where somebody asked for reduced motion.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from exerciser.body import Array
from exerciser.camera import Camera, frame_points
from exerciser.demonstrations import TURNED, loop_of, made_of, props_of, recommended
from exerciser.meshes import ByteImage, Mesh, ball, box
from exerciser.movement import Prop
from exerciser.movements import movement_of
from exerciser.render import Light, Renderer
from exerciser.room import MAT_THICKNESS_M, Room, mat_under, sheet
from exerciser.set_types import GeneratedSet
from formcheck.drawing.demonstration import FPS
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark
from formcheck.engine.rule import FaultRule

HOME = Path(__file__).resolve().parents[1] / "formcheck/web/frontend/loops"
#: Who shows the exercises, in turn.
BODIES = ("f_average", "m_average", "f_older", "m_slim", "f_slim", "m_older", "f_heavy", "m_heavy")
STANDING, LYING = (336, 448), (480, 300)
FOV_DEG, MARGIN = 28.0, 0.06
#: So long it rests at the start, and as much longer at the far end, milliseconds.
REST_MS, HELD_MS = 700, 500
QUALITY, LARGEST_KB = 45, 150
#: What hardly shows in a small picture is shown so many times as large as people do it.
LARGER = {"pelvic_rotation": 1.5, "trunk_lateral_lean": 1.3}

FLOOR, MAT = (226, 232, 230), (118, 166, 152)
THINGS = {
    "ball": (60, 148, 160),
    "bench": (92, 104, 116),
    "step": (196, 164, 120),
    "wall": (232, 220, 196),
}
RING, RIM, BAND, GOOD, FINE = (196, 20, 84), (255, 255, 255), (232, 160, 40), (11, 107, 93), 4
#: Between which landmarks (of the left leg) an elastic band is, nearer the second.
_KNEES = (Landmark.LEFT_HIP, Landmark.LEFT_KNEE)
BANDS = {"banded_clamshell": _KNEES, "lateral_band_walk": _KNEES}


def main_fault(exercise: str) -> FaultRule | None:
    """The first rule that the recommended camera shows; None without one."""
    movement = movement_of(exercise)
    view = movement.judged_view(*recommended(exercise))
    for rule in EXERCISES[exercise].faults:
        fault = movement.faults.get(rule.id)
        if fault and fault.sizes and not rule.unseen and view in fault.views:
            return rule
    return None


def studio(made: GeneratedSet, azimuth_deg: float) -> Room:
    """A plain floor and wall, what the exercise needs, and a mat under who lies."""
    away = np.array([math.sin(a := math.radians(azimuth_deg)), -math.cos(a), 0.0])
    right = np.array([-math.cos(a), -math.sin(a), 0.0])
    meshes = [
        sheet((-9, -9, 0), (18, 0, 0), (0, 18, 0), FLOOR),
        sheet(3 * away - 9 * right, 18 * right, (0, 0, 9), FLOOR),
        *(_thing(prop) for prop in props_of(made)),
    ]
    place = mat_under(made.frame(0).vertices)
    if place is not None:
        centre = (place.x_m, place.y_m, MAT_THICKNESS_M / 2)
        meshes.append(box(centre, (1.9, 0.68, MAT_THICKNESS_M), MAT, turn_deg=place.turn_deg))
    # From the camera's side, a little from the right.
    lamp = math.radians(azimuth_deg + 35)
    light = Light((-0.6 * math.sin(lamp), 0.6 * math.cos(lamp), 1.0))
    return Room(tuple(meshes), light, 0.0)


def _thing(prop: Prop) -> Mesh:
    return (ball if prop.kind == "ball" else box)(prop.centre, prop.size, THINGS[prop.kind])


def amount(made: GeneratedSet, clean: GeneratedSet | None) -> Array:
    """(frames of the loop,) what it is about: how far one is on the way, or off the clean one."""
    if clean is None:
        return np.asarray(made.effort[loop_of(made)])
    apart = np.linalg.norm(made.landmarks_m - clean.landmarks_m, axis=2).max(axis=1)
    out: Array = apart[loop_of(made)]
    return out


def pictures(
    made: GeneratedSet, rule: FaultRule | None, clean: bool, about: Array, renderer: Renderer
) -> list[ByteImage]:
    """The loop's pictures; rule: the main fault, marked where there is enough of it."""
    exercise, frames = made.spec.exercise, loop_of(made)
    azimuth, elevation = recommended(exercise)
    azimuth += TURNED.get(exercise, 0.0)
    start = Camera(azimuth, elevation, 3.0, FOV_DEG, renderer.width, renderer.height)
    camera = frame_points(start, made.body.contact_points(made.pose[::3]), MARGIN)
    room = studio(made, azimuth)
    out = []
    for index, now in zip(frames, about, strict=True):
        skin = np.asarray(made.frame(int(index)).vertices, np.float32)
        mesh = Mesh(skin, made.body.faces, made.body.vertex_colors)
        picture = renderer.render([mesh], camera, room.light, room)
        if exercise in BANDS:
            picture = _banded(picture, camera.project(_band(made, int(index)))[0])
        wrong = not clean and now > 0.6 * about.max()
        if rule and rule.id == "pelvic_rotation":
            ends = camera.project(_front(made, int(index)))[0]
            picture = _pointed(picture, ends, RING if wrong else GOOD)
        elif rule and wrong:
            picture = _ringed(picture, camera.project(_where(made, rule, int(index)))[0])
        out.append(picture)
    return out


def _where(made: GeneratedSet, rule: FaultRule, index: int) -> Array:
    """(n, 3) the joints that the rule points at, metres."""
    sides = {"left": (0,), "right": (1,), "both": (0, 1)}[made.spec.side]
    out: Array = made.landmarks_m[index, [rule.joint(side) for side in sides]]
    return out[:1] if rule.per == "middle" else out


def _ringed(picture: ByteImage, joints: Array) -> ByteImage:
    out = picture.copy()
    radius = 0.075 * min(STANDING[1], max(picture.shape))
    if np.ptp(joints, axis=0).max() < 1.5 * radius:
        # Seen from the side, one leg is before the other.
        joints = joints.mean(axis=0, keepdims=True)
    for at in joints:
        for colour, width in ((RIM, 7), (RING, 4)):
            cv2.circle(out, _fine(at), _fine(radius), colour, width, cv2.LINE_AA, FINE)
    return out


def _front(made: GeneratedSet, index: int) -> Array:
    """(2, 3) from the front of the pelvis to where it looks, metres."""
    joints = made.landmarks_m[index]
    hips, shoulders = (
        joints[[left, left + 1]] for left in (Landmark.LEFT_HIP, Landmark.LEFT_SHOULDER)
    )
    middle = hips.mean(axis=0)
    ahead = np.cross(hips[0] - hips[1], shoulders.mean(axis=0) - middle)
    out: Array = middle + np.outer((0.12, 0.62), ahead / np.linalg.norm(ahead))
    return out


def _pointed(picture: ByteImage, ends: Array, colour: tuple[int, int, int]) -> ByteImage:
    out = picture.copy()
    length = float(np.linalg.norm(ends[1] - ends[0]))
    way = (ends[1] - ends[0]) / length
    # One that points at the camera is a dot.
    back, aside = (part * min(1.0, length / 36) for part in (20 * way, 11 * way[::-1] * (-1, 1)))
    head = ends[1] - np.array([0 * back, back + aside, back - aside])
    outline = [np.array([_fine(at) for at in head], np.int32)]
    for shade, rim in ((RIM, 2), (colour, 0)):
        cv2.circle(out, _fine(ends[0]), _fine(5 + rim), shade, -1, cv2.LINE_AA, FINE)
        neck = ends[1] - 0.6 * back
        cv2.line(out, _fine(ends[0]), _fine(neck), shade, 7 + 2 * rim, cv2.LINE_AA, FINE)
        cv2.polylines(out, outline, True, shade, 1 + 4 * rim, cv2.LINE_AA, FINE)
        cv2.fillPoly(out, outline, shade, cv2.LINE_AA, FINE)
    return out


def _band(made: GeneratedSet, index: int) -> Array:
    """(2, 3) where the elastic band is around the legs, metres."""
    above, below = BANDS[made.spec.exercise]
    legs = made.landmarks_m[index]
    ends = np.array([0.2 * legs[above + side] + 0.8 * legs[below + side] for side in (0, 1)])
    across = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    out: Array = ends + np.array([-0.06, 0.06])[:, None] * across
    return out


def _banded(picture: ByteImage, ends: Array) -> ByteImage:
    out = picture.copy()
    cv2.line(out, _fine(ends[0]), _fine(ends[1]), BAND, 9, cv2.LINE_AA, FINE)
    return out


def _fine(values: Any) -> Any:
    """Pixels in the fractions that OpenCV draws in."""
    if np.ndim(values):
        return tuple(_fine(value) for value in values)
    return round(float(values) * 2**FINE)


def write(shown: Sequence[ByteImage], about: Array, file: Path) -> None:
    """Write a loop, as good as it may be large, and its still."""
    turn = int(np.argmax(about))
    images = [Image.fromarray(picture) for picture in shown]
    times = [round(1000 / FPS)] * len(images)
    times[0], times[turn] = REST_MS, HELD_MS
    images[turn].save(file.with_suffix(".still.webp"), quality=QUALITY, method=6)
    for quality in range(QUALITY, 0, -5):
        images[0].save(
            file, save_all=True, append_images=images[1:], duration=times, loop=0,
            minimize_size=True, quality=quality, method=6,
        )  # fmt: skip
        if file.stat().st_size <= 1000 * LARGEST_KB:
            break


def make(exercise: str, body: str, folder: Path) -> None:
    """Make the loops of one exercise in a folder."""
    size = STANDING if movement_of(exercise).posture == "standing" else LYING
    renderer, rule = Renderer(*size), main_fault(exercise)
    try:
        clean = made_of(exercise, FPS, body)
        about = amount(clean, None)
        write(pictures(clean, rule, True, about, renderer), about, folder / f"{exercise}.webp")
        if rule:
            largest = (movement_of(exercise).faults[rule.id].sizes or (0, 0))[1]
            size_shown = LARGER.get(rule.id, 1.0) * largest
            made = made_of(exercise, FPS, body, **{rule.id: size_shown})
            about = amount(made, clean)
            shown = pictures(made, rule, False, about, renderer)
            write(shown, about, folder / f"{exercise}.{rule.id}.webp")
    finally:
        renderer.release()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m exerciser.loops", description="Make the moving pictures of the exercises."
    )
    parser.add_argument("--only", action="append", choices=list(EXERCISES), metavar="ID")
    parser.add_argument("--out", type=Path, default=HOME, metavar="DIR")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number, exercise in enumerate(EXERCISES):
        if exercise in (arguments.only or EXERCISES):
            make(exercise, BODIES[number % len(BODIES)], arguments.out)
            for file in sorted(arguments.out.glob(f"{exercise}.*")):
                print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
