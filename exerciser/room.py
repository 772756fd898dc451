"""The room behind the virtual person: made of boxes, different for every seed.

World frame: metres, z up, floor at z = 0, the person near the origin. The walls are
single sheets that face inwards, so a camera that stands beyond a wall sees through it.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exerciser.meshes import Material, Mesh, ball, box, cylinder
from exerciser.movement import Prop
from exerciser.render import Light

FloatArray = NDArray[np.floating[Any]]
Color = tuple[int, int, int]
Point = Sequence[float] | FloatArray

MAT_LENGTH_M, MAT_WIDTH_M, MAT_THICKNESS_M = 1.9, 0.68, 0.008
LYING_LENGTH_M = 1.25  # a body this long over the floor is lying, or held in a plank
CEILING_M = 2.55


@dataclass(frozen=True)
class MatPlace:
    """A yoga mat: its middle in metres, its long side turned from the x axis."""

    x_m: float = 0.0
    y_m: float = 0.0
    turn_deg: float = 0.0


@dataclass(frozen=True)
class Blocker:
    """A thing that stands before a part of the body. Sizes in metres."""

    x_m: float
    y_m: float
    height_m: float
    width_m: float = 0.30
    kind: Literal["box", "stool"] = "box"


@dataclass(frozen=True)
class Room:
    """Surfaces that stay still, their light, and how dark the picture is (0 to 1)."""

    meshes: tuple[Mesh, ...]
    light: Light
    darkness: float


def make_room(  # noqa: PLR0913 - what is in a room, by keyword
    seed: int,
    *,
    camera_azimuth_deg: float = 0.0,
    mat: MatPlace | None = None,
    blocker: Blocker | None = None,
    dim: bool = False,
    clutter: float = 1.0,
    keep_clear: FloatArray | None = None,
    props: Sequence[Prop] = (),
) -> Room:
    """Make the room of a seed.

    camera_azimuth_deg: 0 on the +y side of the person, counterclockwise seen from
    above; furniture stays out of the way between camera and person. dim: an evening
    with little light, which a webcam answers with a dark and noisy picture. clutter:
    share of the places along the walls that hold something (0 to 1). keep_clear:
    (k, 2) metres, places on the floor where somebody walks, stands or lies. props: what
    the exercise needs; furniture keeps away from it.
    """
    keep_clear = _with_props(keep_clear, props)
    rng = np.random.default_rng(seed)
    half_x, half_y = rng.uniform(2.55, 3.3), rng.uniform(2.45, 3.1)
    meshes = _shell(rng, half_x, half_y)
    azimuth = math.radians(camera_azimuth_deg)
    to_camera = np.array([-math.sin(azimuth), math.cos(azimuth)])
    walls = [  # turn of the wall's own frame, distance of the wall, half its length
        (0.0, half_y, half_x),
        (90.0, half_x, half_y),
        (180.0, half_y, half_x),
        (270.0, half_x, half_y),
    ]
    for turn_deg, distance, half_length in walls:
        for along, thing in _along_wall(rng, half_length, clutter):
            middle = _turned(np.array([[along, 0.3 - distance, 0.0]]), turn_deg)[0, :2]
            in_sight = float(middle @ to_camera) / float(np.linalg.norm(middle)) > 0.45
            parts = thing(rng)
            if in_sight:
                continue
            parts = [_moved(part, turn_deg, along, -distance) for part in parts]
            if keep_clear is None or not _in_the_way(parts, keep_clear):
                meshes += parts
    if mat is not None:
        meshes += _mat(rng, mat)
    if blocker is not None:
        meshes += _blocker(rng, blocker)
    # Colours of their own seed: the rest of a room must not hang on its props.
    own = np.random.default_rng([seed, 77])
    meshes += [_prop(own, prop) for prop in props]
    light, darkness = _light(rng, camera_azimuth_deg, dim)
    return Room(tuple(meshes), light, darkness)


def mat_under(vertices: FloatArray) -> MatPlace | None:
    """Find where a mat lies under a body (n, 3) in metres; None if it is upright."""
    ground = np.asarray(vertices, float)[:, :2]
    middle = 0.5 * (ground.max(axis=0) + ground.min(axis=0))
    _, axes = np.linalg.eigh(np.cov((ground - middle).T))
    long_axis = axes[:, 1]
    reach = ground @ long_axis
    if float(np.ptp(reach)) < LYING_LENGTH_M or float(np.max(vertices[:, 2])) > 1.25:
        return None
    turn_deg = math.degrees(math.atan2(long_axis[1], long_axis[0]))
    return MatPlace(float(middle[0]), float(middle[1]), turn_deg)


def shin_blocker(knee: Point, ankle: Point, eye: Point, seed: int = 0) -> Blocker:
    """Place a box or stool that hides a shin from a camera at `eye`; all points in metres."""
    rng = np.random.default_rng(seed)
    shin = 0.5 * (np.asarray(knee, float) + np.asarray(ankle, float))
    towards = np.asarray(eye, float) - shin
    distance = float(np.linalg.norm(towards[:2]))
    ahead = 0.38  # far enough from the leg that a bending knee does not enter it
    x, y = shin[:2] + towards[:2] / distance * ahead
    # The top of the thing is on the line of sight to a point just under the knee.
    high = float(knee[2]) - 0.03
    height = high + (float(eye[2]) - high) * ahead / distance
    kind: Literal["box", "stool"] = "stool" if rng.random() < 0.5 else "box"
    return Blocker(float(x), float(y), max(0.2, height), 0.30, kind)


def _in_the_way(parts: Sequence[Mesh], places: FloatArray) -> bool:
    """Tell whether a thing stands within an arm's width of any place on the floor."""
    ground = np.concatenate([part.vertices[:, :2] for part in parts])
    low, high = ground.min(axis=0) - 0.3, ground.max(axis=0) + 0.3
    return bool(((places > low) & (places < high)).all(axis=1).any())


def _turned(points: FloatArray, turn_deg: float) -> FloatArray:
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    return np.asarray(points @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]))


def _moved(mesh: Mesh, turn_deg: float, x: float, y: float) -> Mesh:
    """Shift a mesh of a wall's own frame by x and y in it, then turn it with the wall."""
    vertices = _turned(mesh.vertices + np.array([x, y, 0.0]), turn_deg)
    return replace(mesh, vertices=vertices.astype(np.float32))


def sheet(
    corner: Point,
    right: Point,
    up: Point,
    color: Color,
    material: Material = Material.PLAIN,
) -> Mesh:
    """Make a parallelogram seen from where `right` x `up` points."""
    a, r, u = (np.asarray(item, float) for item in (corner, right, up))
    vertices = np.array([a, a + r, a + r + u, a + u], dtype=np.float32)
    colors = np.tile(np.array(color, np.uint8), (4, 1))
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]]), colors, material, casts_shadow=False)


def _color(
    rng: np.random.Generator,
    hue: tuple[float, float],
    saturation: tuple[float, float],
    value: tuple[float, float],
) -> Color:
    r, g, b = colorsys.hsv_to_rgb(
        rng.uniform(*hue) % 1.0, rng.uniform(*saturation), rng.uniform(*value)
    )
    return (int(255 * r), int(255 * g), int(255 * b))


def _shell(rng: np.random.Generator, half_x: float, half_y: float) -> list[Mesh]:
    """Make floor, ceiling, walls and skirting."""
    kind = rng.choice([Material.PLANKS, Material.PLANKS, Material.CARPET, Material.TILES])
    floor_color = {
        Material.PLANKS: _color(rng, (0.06, 0.10), (0.25, 0.55), (0.55, 0.85)),
        Material.CARPET: _color(rng, (0.0, 1.0), (0.05, 0.25), (0.45, 0.75)),
        Material.TILES: _color(rng, (0.05, 0.15), (0.05, 0.20), (0.65, 0.88)),
    }[Material(kind)]
    wall_color = _color(rng, (0.0, 1.0), (0.02, 0.22), (0.70, 0.95))
    wall_kind = Material.STRIPES if rng.random() < 0.25 else Material.PLASTER
    far = 6.0  # the floor runs on under a camera that stands beyond a wall
    meshes = [
        sheet((-far, -far, 0), (2 * far, 0, 0), (0, 2 * far, 0), floor_color, Material(kind)),
        sheet(
            (-half_x, -half_y, CEILING_M), (0, 2 * half_y, 0), (2 * half_x, 0, 0), (238, 236, 230)
        ),
    ]
    skirting = (232, 228, 220) if rng.random() < 0.7 else (120, 88, 60)
    for turn_deg, distance, half in (
        (0.0, half_y, half_x),
        (90.0, half_x, half_y),
        (180.0, half_y, half_x),
        (270.0, half_x, half_y),
    ):
        # In the wall's own frame the wall stands at -y and the room is towards +y.
        wall = sheet((half, 0, 0), (-2 * half, 0, 0), (0, 0, CEILING_M), wall_color, wall_kind)
        board = sheet((half, 0.015, 0), (-2 * half, 0, 0), (0, 0, 0.09), skirting)
        ledge = sheet((-half, 0, 0.09), (2 * half, 0, 0), (0, 0.015, 0), skirting)
        meshes += [_moved(part, turn_deg, 0.0, -distance) for part in (wall, board, ledge)]
    return meshes


Thing = Callable[[np.random.Generator], list[Mesh]]


def _along_wall(
    rng: np.random.Generator, half_length: float, clutter: float
) -> list[tuple[float, Thing]]:
    """Choose things to stand along a wall, each with its place along it in metres."""
    placed: list[tuple[float, Thing]] = []
    big: list[Thing] = [_sofa, _shelf, _dresser, _desk]
    small: list[Thing] = [_plant, _chair, _floor_lamp, _boxes]
    flat: list[Thing] = [_picture, _window, _picture]
    slots = ((-half_length + 0.95, True), (0.35 * half_length, False), (half_length - 0.45, False))
    for along, wide in slots:
        choice = big if wide else small
        thing = choice[int(rng.integers(len(choice)))]
        shift = rng.uniform(-0.12, 0.12)
        if rng.random() < 0.8 * clutter:
            placed.append((along + shift, thing))
    thing = flat[int(rng.integers(len(flat)))]
    shift = rng.uniform(-0.3, 0.3)
    if rng.random() < 0.9 * clutter:
        placed.append((0.25 * half_length + shift, thing))
    return placed


# Each thing stands in its wall's own frame: x along the wall, y from the wall into
# the room, the wall at y = 0.


def _sofa(rng: np.random.Generator) -> list[Mesh]:
    cloth = _color(rng, (0.0, 1.0), (0.1, 0.55), (0.25, 0.65))
    cushion = _color(rng, (0.0, 1.0), (0.3, 0.7), (0.5, 0.9))
    fabric = Material.FABRIC
    return [
        box((0, 0.48, 0.22), (1.5, 0.78, 0.36), cloth, fabric),
        box((0, 0.17, 0.45), (1.5, 0.22, 0.82), cloth, fabric),
        box((-0.80, 0.48, 0.31), (0.18, 0.84, 0.56), cloth, fabric),
        box((0.80, 0.48, 0.31), (0.18, 0.84, 0.56), cloth, fabric),
        box((-0.45, 0.36, 0.55), (0.40, 0.13, 0.36), cushion, fabric, rng.uniform(-15, 15)),
    ]


def _shelf(rng: np.random.Generator) -> list[Mesh]:
    wood = _color(rng, (0.06, 0.10), (0.1, 0.6), (0.4, 0.9))
    height, width = rng.uniform(1.2, 2.0), rng.uniform(0.8, 1.2)
    meshes = [
        box((0, 0.02, height / 2), (width, 0.02, height), wood),
        box((-width / 2, 0.16, height / 2), (0.03, 0.30, height), wood),
        box((width / 2, 0.16, height / 2), (0.03, 0.30, height), wood),
    ]
    boards = 5
    for row in range(boards):
        z = 0.04 + row * (height - 0.06) / (boards - 1)
        meshes.append(box((0, 0.16, z), (width, 0.30, 0.03), wood))
        if row == boards - 1:
            break
        x = -width / 2 + 0.04
        while x < width / 2 - 0.08:
            thick, tall = rng.uniform(0.03, 0.07), rng.uniform(0.16, 0.26)
            spine = _color(rng, (0.0, 1.0), (0.1, 0.8), (0.2, 0.9))
            if rng.random() < 0.75:
                centre = (x + thick / 2, 0.15, z + 0.016 + tall / 2)
                meshes.append(box(centre, (thick, 0.18, tall), spine))
            x += thick + 0.006
    return meshes


def _dresser(rng: np.random.Generator) -> list[Mesh]:
    wood = _color(rng, (0.05, 0.12), (0.05, 0.55), (0.45, 0.92))
    meshes = [box((0, 0.23, 0.43), (1.1, 0.45, 0.82), wood)]
    for row in range(3):
        z = 0.18 + 0.26 * row
        meshes.append(box((0, 0.46, z), (1.04, 0.02, 0.23), wood))
        meshes += [box((x, 0.48, z), (0.12, 0.025, 0.02), (60, 58, 55)) for x in (-0.28, 0.28)]
    screen = (24, 26, 30)
    if rng.random() < 0.6:
        meshes.append(box((0, 0.18, 1.18), (0.95, 0.04, 0.55), screen))
        meshes.append(box((0, 0.2, 0.87), (0.3, 0.16, 0.06), screen))
    return meshes


def _desk(rng: np.random.Generator) -> list[Mesh]:
    wood = _color(rng, (0.06, 0.11), (0.1, 0.5), (0.5, 0.9))
    leg = (70, 70, 74)
    meshes = [box((0, 0.36, 0.73), (1.25, 0.66, 0.035), wood)]
    meshes += [
        box((x, y, 0.357), (0.05, 0.05, 0.71), leg) for x in (-0.58, 0.58) for y in (0.07, 0.64)
    ]
    meshes.append(box((-0.1, 0.22, 1.05), (0.55, 0.03, 0.34), (22, 22, 26)))
    meshes.append(box((-0.1, 0.24, 0.81), (0.06, 0.05, 0.14), (40, 40, 44)))
    return meshes


def _plant(rng: np.random.Generator) -> list[Mesh]:
    pot = _color(rng, (0.0, 0.12), (0.1, 0.7), (0.4, 0.9))
    meshes = [cylinder((0, 0.32, 0.16), 0.12, 0.32, pot, top_radius=0.17)]
    meshes.append(cylinder((0, 0.32, 0.5), 0.02, 0.5, (92, 70, 45)))
    for _ in range(9):
        leaf = _color(rng, (0.24, 0.36), (0.4, 0.75), (0.28, 0.6))
        x, y = rng.uniform(-0.2, 0.2, 2)
        z, radius = rng.uniform(0.55, 1.15), rng.uniform(0.07, 0.13)
        meshes.append(
            cylinder((x, 0.36 + y, z), 0.02, rng.uniform(0.1, 0.3), leaf, Material.LEAF, radius, 7)
        )
    return meshes


def _chair(rng: np.random.Generator) -> list[Mesh]:
    wood = _color(rng, (0.0, 1.0), (0.05, 0.5), (0.2, 0.85))
    meshes = [box((0, 0.34, 0.45), (0.42, 0.42, 0.04), wood)]
    meshes.append(box((0, 0.15, 0.76), (0.42, 0.03, 0.30), wood))
    for x in (-0.19, 0.19):
        meshes.append(box((x, 0.53, 0.22), (0.035, 0.035, 0.44), wood))
        meshes.append(box((x, 0.15, 0.42), (0.035, 0.035, 0.84), wood))
    return meshes


def _floor_lamp(rng: np.random.Generator) -> list[Mesh]:
    shade = _color(rng, (0.08, 0.14), (0.1, 0.3), (0.85, 1.0))
    return [
        cylinder((0, 0.3, 0.01), 0.14, 0.02, (50, 50, 52)),
        cylinder((0, 0.3, 0.75), 0.012, 1.5, (60, 60, 62)),
        cylinder((0, 0.3, 1.58), 0.2, 0.28, shade, Material.FABRIC, 0.13),
    ]


def _boxes(rng: np.random.Generator) -> list[Mesh]:
    card = _color(rng, (0.07, 0.10), (0.3, 0.5), (0.55, 0.75))
    crate = _color(rng, (0.0, 1.0), (0.2, 0.7), (0.3, 0.8))
    ball = _color(rng, (0.0, 1.0), (0.4, 0.8), (0.4, 0.85))
    return [
        box((0, 0.3, 0.16), (0.45, 0.36, 0.32), card, turn_deg=rng.uniform(-20, 20)),
        box((0.02, 0.28, 0.43), (0.32, 0.28, 0.2), crate, turn_deg=rng.uniform(-20, 20)),
        cylinder((-0.42, 0.25, 0.06), 0.07, 0.12, ball),
    ]


def _picture(rng: np.random.Generator) -> list[Mesh]:
    width, height = rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.7)
    frame = _color(rng, (0.05, 0.1), (0.0, 0.5), (0.1, 0.9))
    inside = _color(rng, (0.0, 1.0), (0.1, 0.5), (0.5, 0.95))
    z = rng.uniform(1.45, 1.7)
    return [
        box((0, 0.012, z), (width, 0.024, height), frame),
        box((0, 0.02, z), (width - 0.06, 0.02, height - 0.06), inside, Material.PICTURE),
    ]


def _window(rng: np.random.Generator) -> list[Mesh]:
    glass = _color(rng, (0.55, 0.62), (0.02, 0.15), (0.85, 1.0))
    frame = (240, 240, 238)
    cloth = _color(rng, (0.0, 1.0), (0.05, 0.4), (0.55, 0.95))
    meshes = [box((0, 0.012, 1.55), (1.0, 0.02, 1.2), glass, Material.GLOW)]
    meshes += [box((x, 0.025, 1.55), (0.05, 0.04, 1.25), frame) for x in (-0.5, 0.0, 0.5)]
    meshes += [box((0, 0.025, z), (1.05, 0.04, 0.05), frame) for z in (0.95, 1.55, 2.15)]
    for side in (-1, 1):
        for fold in range(4):
            x = side * (0.58 + 0.07 * fold)
            meshes.append(
                box((x, 0.06, 1.2), (0.06, 0.05 + 0.02 * (fold % 2), 2.3), cloth, Material.FABRIC)
            )
    return meshes


def _mat(rng: np.random.Generator, place: MatPlace) -> list[Mesh]:
    color = _color(rng, (0.0, 1.0), (0.35, 0.75), (0.35, 0.75))
    size = (MAT_LENGTH_M, MAT_WIDTH_M, MAT_THICKNESS_M)
    # The body lies on the floor plane itself: its lowest millimetres sink into the mat.
    centre = (place.x_m, place.y_m, MAT_THICKNESS_M / 2)
    mat = box(centre, size, color, Material.RUBBER, place.turn_deg)
    return [replace(mat, casts_shadow=False)]


def _blocker(rng: np.random.Generator, place: Blocker) -> list[Mesh]:
    color = _color(rng, (0.0, 1.0), (0.15, 0.6), (0.3, 0.8))
    x, y, width, height = place.x_m, place.y_m, place.width_m, place.height_m
    if place.kind == "stool":  # an upholstered one, closed down to the floor
        return [
            cylinder((x, y, height / 2), 0.52 * width, height, color, Material.FABRIC),
            cylinder((x, y, height + 0.01), 0.54 * width, 0.03, (70, 52, 40)),
        ]
    card = _color(rng, (0.07, 0.10), (0.3, 0.5), (0.55, 0.75))
    turn_deg = math.degrees(math.atan2(x, -y)) + rng.uniform(-12, 12)
    return [
        box((x, y, height / 2), (width, width, height), card, turn_deg=turn_deg),
        box((x, y, height + 0.001), (0.05, width, 0.004), (196, 170, 120), turn_deg=turn_deg),
    ]


def _with_props(keep_clear: FloatArray | None, props: Sequence[Prop]) -> FloatArray | None:
    """Add the corners and the middle of every prop to the places to keep clear."""
    places = [] if keep_clear is None else [np.asarray(keep_clear, float)]
    for prop in props:
        middle, half = np.array(prop.centre[:2]), 0.5 * np.array(prop.size[:2])
        signs = np.array([(0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)])
        places.append(middle + signs * half)
    return np.concatenate(places) if places else None


def _prop(rng: np.random.Generator, prop: Prop) -> Mesh:
    if prop.kind == "ball":
        return ball(prop.centre, prop.size, _color(rng, (0.0, 1.0), (0.4, 0.8), (0.4, 0.85)))
    if prop.kind == "wall":
        color = _color(rng, (0.0, 1.0), (0.02, 0.22), (0.70, 0.95))
        return box(prop.centre, prop.size, color, Material.PLASTER)
    if prop.kind == "step":
        return box(prop.centre, prop.size, _color(rng, (0.06, 0.10), (0.2, 0.55), (0.45, 0.85)))
    color = _color(rng, (0.0, 1.0), (0.05, 0.6), (0.2, 0.6))
    return box(prop.centre, prop.size, color, Material.FABRIC)


def _warmth(kelvin: float) -> NDArray[np.float64]:
    """Return RGB of light of a colour temperature, green = 1 (rough fit of a glowing body)."""
    at = [2700.0, 4000.0, 5500.0, 7500.0]
    red = np.interp(kelvin, at, [1.28, 1.12, 1.0, 0.90])
    blue = np.interp(kelvin, at, [0.52, 0.78, 1.0, 1.16])
    return np.array([red, 1.0, blue])


def _light(rng: np.random.Generator, camera_azimuth_deg: float, dim: bool) -> tuple[Light, float]:
    """Choose lamp and room light of a seed, with the darkness that the camera has to cope with."""
    # Mostly from the camera's side of the room, now and then from behind the person.
    spread = rng.choice([35.0, 75.0, 140.0], p=[0.5, 0.35, 0.15])
    azimuth = math.radians(camera_azimuth_deg + rng.normal(0.0, 0.6) * spread)
    elevation = math.radians(rng.uniform(38.0, 68.0))
    to_light = (
        -math.sin(azimuth) * math.cos(elevation),
        math.cos(azimuth) * math.cos(elevation),
        math.sin(elevation),
    )
    # The camera's white balance takes back most of the lamp's colour, never all.
    tint = _warmth(float(rng.uniform(2900.0, 7000.0))) ** 0.4
    hardness = rng.uniform(0.35, 0.75)  # share of the light that comes straight
    power = rng.uniform(0.95, 1.2)
    direct = power * hardness * tint
    sky = power * (1.0 - 0.45 * hardness) * 0.72 * tint**0.7
    ground = 0.55 * sky * np.array([1.04, 0.98, 0.90])
    darkness = float(rng.uniform(0.5, 0.75) if dim else rng.uniform(0.0, 0.3))
    exposure = (1.0 - darkness) ** 1.2 if dim else 1.0 - 0.35 * darkness
    return (
        Light(
            to_light,
            (float(direct[0]), float(direct[1]), float(direct[2])),
            (float(sky[0]), float(sky[1]), float(sky[2])),
            (float(ground[0]), float(ground[1]), float(ground[2])),
            exposure,
        ),
        darkness,
    )
