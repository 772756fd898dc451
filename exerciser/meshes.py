"""Surfaces of triangles: what they are, their normals, and simple solids made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
ByteImage = NDArray[np.uint8]


class Material(IntEnum):
    """Surface pattern, computed in the room's shader from world position."""

    PLAIN = 0
    PLANKS = 1
    PLASTER = 2
    RUBBER = 3
    FABRIC = 4
    CARPET = 5
    STRIPES = 6
    TILES = 7
    LEAF = 8
    PICTURE = 9
    GLOW = 10  # shines by itself: a window by day


@dataclass(frozen=True)
class Mesh:
    """A surface of triangles.

    vertices: (n, 3) metres, world frame. faces: (m, 3) vertex indices,
    counterclockwise seen from outside. colors: (n, 3) sRGB bytes per vertex.
    Arrays of faces and colors may be shared by the frames of a shot; they are sent
    to the rasteriser once as long as the very same arrays are passed. cloth: (n, 4) where
    each vertex of a body lies in its weave (metres, from frame to frame the same where
    cloth does not slide) and how strongly the print shows, 0 to 1; None = plain.
    """

    vertices: FloatArray
    faces: NDArray[np.integer[Any]]
    colors: ByteImage
    material: Material = Material.PLAIN
    casts_shadow: bool = True  # read for parts of the room; walls let the lamp through
    cloth: FloatArray | None = None


class VertexNormals:
    """Unit normals of a mesh whose triangles stay while its vertices move.

    Summing the triangles' normals at each vertex is one segmented sum, with the
    order of the corners sorted by vertex once; this is several times faster than
    adding into the vertices triangle by triangle.
    """

    def __init__(self, faces: NDArray[np.integer[Any]], vertex_count: int) -> None:
        self._faces = np.ascontiguousarray(faces, dtype=np.int64)
        self._count = vertex_count
        corners = self._faces.T.ravel()
        order = np.argsort(corners, kind="stable")
        self._owners, self._starts = np.unique(corners[order], return_index=True)
        self._order = order % len(self._faces) if len(self._faces) else order

    def __call__(self, vertices: FloatArray) -> NDArray[np.float32]:
        """Return (n, 3) outward unit normals for (n, 3) vertices; zero where no triangle is."""
        normals = np.zeros((self._count, 3), np.float32)
        if not len(self._faces):
            return normals
        v = np.asarray(vertices, np.float32)
        corner = v.take(self._faces[:, 0], axis=0)
        a = (v.take(self._faces[:, 1], axis=0) - corner).T
        b = (v.take(self._faces[:, 2], axis=0) - corner).T
        across = (
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        )
        for axis in range(3):
            sums = np.add.reduceat(across[axis].take(self._order), self._starts)
            normals[self._owners, axis] = sums
        length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
        normals /= np.maximum(length, 1e-20)[:, None]
        return normals


def signed_volume(vertices: FloatArray, faces: NDArray[np.integer[Any]]) -> float:
    """Return the volume in m^3 enclosed by the mesh, negative if it is wound inside out."""
    if not len(faces):
        return 0.0
    v = np.asarray(vertices, np.float64) - np.mean(vertices, axis=0)
    a, b, c = v[faces[:, 0]], v[faces[:, 1]], v[faces[:, 2]]
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)


def flat_shaded(mesh: Mesh) -> tuple[FloatArray, FloatArray, ByteImage]:
    """Return corners (3m, 3), normals and colours, with an edge at every triangle."""
    corners = np.asarray(mesh.vertices, np.float32)[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-20)
    return (
        corners.reshape(-1, 3),
        np.repeat(across, 3, axis=0).astype(np.float32),
        mesh.colors[mesh.faces].reshape(-1, 3),
    )


def box(
    centre: Sequence[float],
    size: Sequence[float],
    color: Sequence[int],
    material: Material = Material.PLAIN,
    turn_deg: float = 0.0,
) -> Mesh:
    """Make a box: centre and size in metres, turned by turn_deg about the vertical."""
    signs = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], float)
    corners = 0.5 * signs * np.asarray(size, float)
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    corners = corners @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = np.array([t for q in quads for t in ((q[0], q[1], q[2]), (q[0], q[2], q[3]))])
    vertices = (corners + np.asarray(centre, float)).astype(np.float32)
    return Mesh(vertices, faces, np.tile(np.array(color, np.uint8), (8, 1)), material)


def cylinder(  # noqa: PLR0913 - a shape and its surface
    centre: Sequence[float],
    radius: float,
    height: float,
    color: Sequence[int],
    material: Material = Material.PLAIN,
    top_radius: float | None = None,
    sides: int = 20,
) -> Mesh:
    """Make an upright cylinder or cone frustum; centre, radii and height in metres."""
    angle = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    top = radius if top_radius is None else top_radius
    below = np.column_stack([ring * radius, np.full(sides, -height / 2)])
    above = np.column_stack([ring * top, np.full(sides, height / 2)])
    ends = np.array([[0.0, 0.0, -height / 2], [0.0, 0.0, height / 2]])
    vertices = np.concatenate([below, above, ends]) + np.asarray(centre, float)
    i = np.arange(sides)
    j = (i + 1) % sides
    faces = np.concatenate(
        [
            np.column_stack([i, j, j + sides]),
            np.column_stack([i, j + sides, i + sides]),
            np.column_stack([j, i, np.full(sides, 2 * sides)]),
            np.column_stack([i + sides, j + sides, np.full(sides, 2 * sides + 1)]),
        ]
    )
    colors = np.tile(np.array(color, np.uint8), (len(vertices), 1))
    return Mesh(vertices.astype(np.float32), faces, colors, material)


def ball(
    centre: Sequence[float],
    size: Sequence[float],
    color: Sequence[int],
    material: Material = Material.RUBBER,
    rings: int = 14,
    sides: int = 28,
) -> Mesh:
    """Make a ball or ellipsoid: centre and diameters along x, y and z in metres."""
    polar = np.linspace(0.0, np.pi, rings + 1)[:, None]
    round_it = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)[None, :]
    unit = np.stack(
        [
            np.sin(polar) * np.cos(round_it),
            np.sin(polar) * np.sin(round_it),
            np.broadcast_to(np.cos(polar), (rings + 1, sides)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    vertices = 0.5 * unit * np.asarray(size, float) + np.asarray(centre, float)
    i, j = np.meshgrid(np.arange(rings), np.arange(sides), indexing="ij")
    a, b = i * sides + j, i * sides + (j + 1) % sides
    c, d = a + sides, b + sides
    # At a pole one triangle of each pair has no area; it is left out.
    low = np.stack([a, c, d], axis=-1)[:-1].reshape(-1, 3)
    high = np.stack([a, d, b], axis=-1)[1:].reshape(-1, 3)
    colors = np.tile(np.array(color, np.uint8), (len(vertices), 1))
    return Mesh(vertices.astype(np.float32), np.concatenate([low, high]), colors, material)
