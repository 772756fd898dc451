"""Pictures of the virtual person: a small rasteriser on OpenGL without a window.

World frame: metres, z up, the floor at z = 0. A frame is drawn through EGL, which
needs neither display nor graphics card (Mesa's software rasteriser is enough).

The room does not move during a shot, so it is drawn once per camera, smoothed by
supersampling, and kept as three pictures: light that comes straight from the lamp,
light that comes from everywhere, and depth. Each frame then pays only for the
bodies, their shadow and one pass over the picture.

To film several sets side by side, start one process per core and let each keep to its
core (LP_NUM_THREADS=0 for the rasteriser, OPENBLAS_NUM_THREADS=1 for numpy); a single
process is fastest with the rasteriser's own choice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from exerciser import shaders
from exerciser.meshes import (
    ByteImage,
    FloatArray,
    Mesh,
    VertexNormals,
    flat_shaded,
    signed_volume,
)

SHADOW_MAP_PIXELS = 512
BODY_SHADOW_HALF_WIDTH_M = 2.3  # half the side of the square the shadow map covers
ROOM_SHADOW_HALF_WIDTH_M = 4.5
SHADOW_DEPTH_M = 8.0  # reach of the shadow maps before and behind their centre
CONTACT_CELLS = 128
CONTACT_HALF_WIDTH_M = 2.0  # half the side of the floor square that takes contact shade
CONTACT_HEIGHT_M = 0.07  # a body part this high keeps 1/e of its shade on the floor
ROOM_SUPERSAMPLING = 2
MAX_KEPT_BODIES = 8


@dataclass(frozen=True)
class Light:
    """A lamp or window far away, and the light that the room throws back.

    to_light: vector from the person to the lamp (any length). direct, sky, ground:
    linear RGB of the lamp, and of the light from above and from below; 1 renders a
    white surface white. exposure: factor by which the camera brightens all of it.
    """

    to_light: tuple[float, float, float] = (0.5, 0.6, 1.3)
    direct: tuple[float, float, float] = (0.55, 0.53, 0.50)
    sky: tuple[float, float, float] = (0.46, 0.47, 0.50)
    ground: tuple[float, float, float] = (0.27, 0.24, 0.21)
    exposure: float = 1.0


class ViewsTheWorld(Protocol):
    """What the renderer asks of a camera: 4x4 matrices for column vectors."""

    @property
    def view_matrix(self) -> FloatArray: ...

    def projection_matrix(self) -> FloatArray: ...


class HasMeshes(Protocol):
    """What the renderer asks of a room: surfaces that stay still during a shot."""

    @property
    def meshes(self) -> Sequence[Mesh]: ...


class NoGraphicsError(RuntimeError):
    """No OpenGL context could be made; the message says what is missing."""


def make_context() -> Any:
    """Return an OpenGL 3.3 context without a window; NoGraphicsError if there is none."""
    try:
        import moderngl
    except ImportError as error:
        raise NoGraphicsError("the package 'moderngl' is not installed") from error
    try:
        settings: dict[str, Any] = {"backend": "egl"}
        return moderngl.create_context(standalone=True, **settings)
    except Exception as error:  # the loader raises bare exceptions of many kinds
        raise NoGraphicsError(
            "no OpenGL context through EGL; on Debian install libegl1, libgl1 and libgl1-mesa-dri"
            f" ({error})"
        ) from error


class _Body:
    """Buffers of one moving mesh, kept between frames."""

    def __init__(self, renderer: Renderer, mesh: Mesh) -> None:
        import moderngl

        context = renderer.context
        # The arrays are held so that their identity cannot be reused by others.
        self.faces, self.colors = mesh.faces, mesh.colors
        faces = np.ascontiguousarray(mesh.faces, dtype=np.int32)
        if signed_volume(mesh.vertices, faces) < 0.0:
            faces = np.ascontiguousarray(faces[:, ::-1])
        count = len(mesh.vertices)
        self._normals = VertexNormals(faces, count)
        self._packed = np.empty((count, 6), np.float32)
        self._positions = context.buffer(reserve=count * 24, dynamic=True)
        self._color_buffer = context.buffer(
            np.ascontiguousarray(mesh.colors[:, :3], dtype=np.uint8).tobytes()
        )
        self._cloth = context.buffer(reserve=count * 16, dynamic=True)
        self._cloth.clear()
        self._index = context.buffer(faces.tobytes())
        self.picture = context.vertex_array(
            renderer.body_program,
            [
                (self._positions, "3f 3f", "in_position", "in_normal"),
                (self._color_buffer, "3f1", "in_color"),
                (self._cloth, "4f", "in_cloth"),
            ],
            self._index,
            mode=moderngl.TRIANGLES,
        )
        self.silhouette = context.vertex_array(
            renderer.depth_program,
            [(self._positions, "3f 12x", "in_position")],
            self._index,
            mode=moderngl.TRIANGLES,
        )

    def move(self, mesh: Mesh) -> None:
        self._packed[:, :3] = mesh.vertices
        self._packed[:, 3:] = self._normals(mesh.vertices)
        self._positions.write(self._packed)
        if mesh.cloth is not None:
            self._cloth.write(np.ascontiguousarray(mesh.cloth, np.float32))

    def release(self) -> None:
        for item in (self.picture, self.silhouette):
            item.release()
        for item in (self._positions, self._color_buffer, self._cloth, self._index):
            item.release()


def _look_along(direction: FloatArray, half_width_m: float) -> FloatArray:
    """Return the orthographic view-projection (4, 4) of a lamp in a direction."""
    centre = np.array([0.0, 0.0, 0.6])  # about the middle of a person
    back = direction / np.linalg.norm(direction)
    up = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 0.99 else np.array([0.0, 1.0, 0.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    view = np.eye(4)
    view[0, :3], view[1, :3], view[2, :3] = right, np.cross(back, right), back
    view[:3, 3] = -view[:3, :3] @ centre
    scale = np.diag([1.0 / half_width_m, 1.0 / half_width_m, -1.0 / SHADOW_DEPTH_M, 1.0])
    return np.asarray(scale @ view)


class Renderer:
    """Draws moving meshes in a still room; keeps its buffers from frame to frame.

    width, height: picture size in pixels. samples: 0 for hard edges, or 4 to smooth
    the outline of the bodies.
    """

    def __init__(self, width: int, height: int, samples: int = 4) -> None:
        import moderngl

        self.width, self.height = int(width), int(height)
        self.context = context = make_context()
        context.gc_mode = None
        size = (self.width, self.height)
        self.body_program = context.program(shaders.BODY_VERTEX, shaders.BODY_FRAGMENT)
        self.depth_program = context.program(shaders.DEPTH_VERTEX, shaders.DEPTH_FRAGMENT)
        self._room_program = context.program(shaders.ROOM_VERTEX, shaders.ROOM_FRAGMENT)
        self._shrink_program = context.program(shaders.SCREEN_VERTEX, shaders.SHRINK_FRAGMENT)
        self._compose_program = context.program(shaders.SCREEN_VERTEX, shaders.COMPOSE_FRAGMENT)
        corners = context.buffer(np.array([-1, -1, 3, -1, -1, 3], np.float32).tobytes())
        self._shrink_screen = context.vertex_array(
            self._shrink_program, [(corners, "2f", "in_position")]
        )
        self._compose_screen = context.vertex_array(
            self._compose_program, [(corners, "2f", "in_position")]
        )
        self._body_shadow = self._shadow_map()
        self._room_shadow = self._shadow_map()
        big = (self.width * ROOM_SUPERSAMPLING, self.height * ROOM_SUPERSAMPLING)
        self._big = [context.texture(big, 4, dtype="f2") for _ in range(2)]
        self._big_target = context.framebuffer(self._big, context.depth_renderbuffer(big))
        self._small = [context.texture(size, 4, dtype="f2") for _ in range(2)]
        self._small_target = context.framebuffer(self._small)
        self._room_depth = context.depth_texture(size)
        self._room_depth.compare_func = ""
        self._room_depth_target = context.framebuffer([], self._room_depth)
        self._contact = context.texture((CONTACT_CELLS, CONTACT_CELLS), 1, dtype="f1")
        self._contact.repeat_x = self._contact.repeat_y = False
        if samples:
            self._target = context.framebuffer(
                context.renderbuffer(size, 4, samples=samples),
                context.depth_renderbuffer(size, samples=samples),
            )
            self._picture = context.framebuffer(context.renderbuffer(size, 4))
        else:
            self._target = self._picture = context.framebuffer(
                context.renderbuffer(size, 4), context.depth_renderbuffer(size)
            )
        self._pixels = np.empty((self.height, self.width, 4), np.uint8)
        self._bodies: OrderedDict[tuple[int, int, int], _Body] = OrderedDict()
        self._room_key: tuple[Any, ...] | None = None
        self._room_held: Any = None
        self._flags = moderngl.DEPTH_TEST | moderngl.CULL_FACE

    def _shadow_map(self) -> Any:
        texture = self.context.depth_texture((SHADOW_MAP_PIXELS, SHADOW_MAP_PIXELS))
        texture.compare_func = "<="
        texture.repeat_x = texture.repeat_y = False
        return self.context.framebuffer([], texture)

    def _light_up(self, program: Any, light: Light) -> None:
        to_light = np.asarray(light.to_light, float)
        values = {
            "to_light": tuple(to_light / np.linalg.norm(to_light)),
            "direct": light.direct,
            "sky": light.sky,
            "ground": light.ground,
            "exposure": light.exposure,
        }
        for name, value in values.items():
            if name in program:
                program[name].value = value
        for name, half_width in (
            ("body_light_matrix", BODY_SHADOW_HALF_WIDTH_M),
            ("room_light_matrix", ROOM_SHADOW_HALF_WIDTH_M),
        ):
            if name in program:
                _set_matrix(program, name, _look_along(to_light, half_width))

    def _draw_room(self, room: HasMeshes | None, light: Light, seen: FloatArray) -> None:
        """Draw the room's three pictures and its shadow map, unless they are at hand."""
        key = (id(room), light, seen.tobytes())
        if key == self._room_key:
            return
        context = self.context
        # Those that cast a shadow come first, so that one draw call can take just them.
        meshes = sorted(room.meshes if room else [], key=lambda mesh: not mesh.casts_shadow)
        parts = [flat_shaded(mesh) for mesh in meshes]
        corners = sum(len(part[0]) for part in parts)
        casting = sum(3 * len(mesh.faces) for mesh in meshes if mesh.casts_shadow)
        packed = np.zeros((corners, 10), np.float32)
        start = 0
        for mesh, (positions, normals, colors) in zip(meshes, parts, strict=True):
            rows = packed[start : start + len(positions)]
            rows[:, 0:3], rows[:, 3:6] = positions, normals
            rows[:, 6:9] = colors.astype(np.float32) / 255.0
            rows[:, 9] = float(mesh.material)
            start += len(positions)
        # Walls seen from outside are left out, so that a camera behind a wall sees in.
        context.enable_only(self._flags)
        self._room_shadow.clear()
        self._big_target.clear(0.0, 0.0, 0.0, 1.0)
        self._room_depth_target.clear()
        if corners:
            buffer = context.buffer(packed.tobytes())
            outline = context.vertex_array(self.depth_program, [(buffer, "3f 28x", "in_position")])
            surface = context.vertex_array(
                self._room_program,
                [(buffer, "3f 3f 3f 1f", "in_position", "in_normal", "in_color", "in_material")],
            )
            self._room_shadow.use()
            lamp = _look_along(np.asarray(light.to_light, float), ROOM_SHADOW_HALF_WIDTH_M)
            _set_matrix(self.depth_program, "view_projection", lamp)
            if casting:
                outline.render(vertices=casting)
            self._big_target.use()
            _set_matrix(self._room_program, "view_projection", seen)
            self._light_up(self._room_program, light)
            self._room_program["room_shadow"].value = 0
            self._room_shadow.depth_attachment.use(0)
            surface.render()
            self._room_depth_target.use()
            _set_matrix(self.depth_program, "view_projection", seen)
            outline.render()
            for item in (outline, surface, buffer):
                item.release()
        self._small_target.use()
        context.enable_only(0)
        for unit, name in enumerate(("from_lamp", "from_room")):
            self._big[unit].use(unit)
            self._shrink_program[name].value = unit
        self._shrink_screen.render(vertices=3)
        self._room_key, self._room_held = key, room

    def _body(self, mesh: Mesh, place: int) -> _Body:
        # The place in the list tells twins apart, who share faces and colours.
        key = (id(mesh.faces), id(mesh.colors), place)
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = _Body(self, mesh)
            while len(self._bodies) > MAX_KEPT_BODIES:
                self._bodies.popitem(last=False)[1].release()
        self._bodies.move_to_end(key)
        return body

    def _shade_contact(self, meshes: Sequence[Mesh]) -> None:
        """Darken the floor right under the bodies, where little light can get."""
        import cv2

        cells = np.zeros(CONTACT_CELLS * CONTACT_CELLS)
        for mesh in meshes:
            low = mesh.vertices[mesh.vertices[:, 2] < 3.0 * CONTACT_HEIGHT_M]
            if not len(low):
                continue
            at = (low[:, :2] / CONTACT_HALF_WIDTH_M * 0.5 + 0.5) * CONTACT_CELLS
            column, row = at.astype(np.int64).T
            inside = (at >= 1.0).all(axis=1) & (at < CONTACT_CELLS - 1).all(axis=1)
            weight = np.exp(-np.maximum(low[:, 2], 0.0) / CONTACT_HEIGHT_M)
            cells += np.bincount((row * CONTACT_CELLS + column)[inside], weight[inside], len(cells))
        # The count of vertices stands for cover; a few to the cell cover it wholly.
        cover = np.minimum(cells, 1.0).reshape(CONTACT_CELLS, CONTACT_CELLS).astype(np.float32)
        near = cv2.GaussianBlur(cover, (0, 0), 1.1)
        far = cv2.GaussianBlur(cover, (0, 0), 3.5)
        shade = np.clip(0.75 * near + 0.7 * far, 0.0, 1.0)
        self._contact.write((shade * 255.0).astype(np.uint8))

    def render(
        self,
        meshes: Sequence[Mesh],
        camera: ViewsTheWorld,
        light: Light,
        room: HasMeshes | None = None,
    ) -> ByteImage:
        """Return the picture as (height, width, 3) RGB bytes, first row on top."""
        with self.context:  # another renderer of this process may have been at work
            return self._render(meshes, camera, light, room)

    def _render(
        self,
        meshes: Sequence[Mesh],
        camera: ViewsTheWorld,
        light: Light,
        room: HasMeshes | None,
    ) -> ByteImage:
        context = self.context
        view = np.asarray(camera.view_matrix, float)
        seen = np.asarray(camera.projection_matrix(), float) @ view
        lamp = _look_along(np.asarray(light.to_light, float), BODY_SHADOW_HALF_WIDTH_M)
        self._draw_room(room, light, seen)

        bodies = [self._body(mesh, place) for place, mesh in enumerate(meshes)]
        for body, mesh in zip(bodies, meshes, strict=True):
            body.move(mesh)
        self._shade_contact(meshes)

        context.enable_only(self._flags)
        self._body_shadow.use()
        self._body_shadow.clear()
        _set_matrix(self.depth_program, "view_projection", lamp)
        for body in bodies:
            body.silhouette.render()

        self._target.use()
        self._target.clear()
        import moderngl

        # Depth is written only while the depth test is on: it must pass always.
        context.enable_only(moderngl.DEPTH_TEST)
        context.depth_func = "1"
        compose = self._compose_program
        self._light_up(compose, light)
        _set_matrix(compose, "unproject", np.linalg.inv(seen))
        compose["contact_half_width"].value = CONTACT_HALF_WIDTH_M
        textures = {
            "from_lamp": self._small[0],
            "from_room": self._small[1],
            "room_depth": self._room_depth,
            "contact": self._contact,
            "body_shadow": self._body_shadow.depth_attachment,
        }
        for unit, (name, texture) in enumerate(textures.items()):
            texture.use(unit)
            compose[name].value = unit
        self._compose_screen.render(vertices=3)

        context.enable_only(self._flags)
        context.depth_func = "<"
        program = self.body_program
        self._light_up(program, light)
        _set_matrix(program, "view_projection", seen)
        program["eye"].value = tuple(np.linalg.inv(view)[:3, 3])
        program["room_shadow"].value = 5
        program["body_shadow"].value = 4
        self._room_shadow.depth_attachment.use(5)
        for body in bodies:
            body.picture.render()

        if self._picture is not self._target:
            context.copy_framebuffer(self._picture, self._target)
        self._picture.read_into(self._pixels, components=4)
        return np.ascontiguousarray(self._pixels[::-1, :, :3])

    def release(self) -> None:
        """Give the context and all its buffers back."""
        self._bodies.clear()
        self.context.release()


def _set_matrix(program: Any, name: str, matrix: FloatArray) -> None:
    # OpenGL stores matrices by columns, numpy by rows.
    program[name].write(np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes())
