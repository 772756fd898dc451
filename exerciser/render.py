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

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
ByteImage = NDArray[np.uint8]

SHADOW_MAP_PIXELS = 512
BODY_SHADOW_HALF_WIDTH_M = 2.3  # half the side of the square the shadow map covers
ROOM_SHADOW_HALF_WIDTH_M = 4.5
SHADOW_DEPTH_M = 8.0  # reach of the shadow maps before and behind their centre
CONTACT_CELLS = 128
CONTACT_HALF_WIDTH_M = 2.0  # half the side of the floor square that takes contact shade
CONTACT_HEIGHT_M = 0.07  # a body part this high keeps 1/e of its shade on the floor
ROOM_SUPERSAMPLING = 2
MAX_KEPT_BODIES = 8


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


_NOISE = """
float hash(vec2 p) {
    p = fract(p * vec2(0.1031, 0.1130));
    p += dot(p, p.yx + 33.33);
    return fract((p.x + p.y) * p.x);
}
float noise(vec2 p) {
    vec2 i = floor(p);
    vec2 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x),
               mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
"""

_COMMON = """
#version 330
uniform vec3 to_light;
uniform vec3 direct;
uniform vec3 sky;
uniform vec3 ground;
uniform mat4 body_light_matrix;
uniform mat4 room_light_matrix;

vec3 ambient_light(vec3 n) {
    // The lamp's side of the room is also the brighter one to be lit from.
    return mix(ground, sky, 0.5 + 0.5 * n.z) * (0.88 + 0.12 * dot(n, to_light));
}

float open_to_light(sampler2DShadow map, mat4 light_matrix, vec3 world) {
    vec3 p = (light_matrix * vec4(world, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(p, vec3(0.01))) || any(greaterThan(p, vec3(0.99)))) return 1.0;
    float r = 2.6 / 512.0;
    return 0.2 * (texture(map, p)
        + texture(map, p + vec3( r,  0.4 * r, 0.0))
        + texture(map, p + vec3(-r, -0.4 * r, 0.0))
        + texture(map, p + vec3(-0.4 * r,  r, 0.0))
        + texture(map, p + vec3( 0.4 * r, -r, 0.0)));
}
"""

_BODY_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
in vec3 in_normal;
in vec3 in_color;
in vec4 in_cloth;
out vec3 world;
out vec3 normal;
out vec3 albedo;
out vec4 cloth;
void main() {
    world = in_position;
    normal = in_normal;
    cloth = in_cloth;
    albedo = in_color * in_color;  // sRGB to nearly linear light
    gl_Position = view_projection * vec4(in_position, 1.0);
}
"""

_BODY_FRAGMENT = (
    _COMMON
    + _NOISE
    + """
uniform vec3 eye;
uniform float exposure;
uniform sampler2DShadow room_shadow;
uniform sampler2DShadow body_shadow;
in vec3 world;
in vec3 normal;
in vec3 albedo;
in vec4 cloth;
out vec4 pixel;

float print_at(vec3 weave) {
    // Three sheets, one square to each axis, make a pattern in space; offset: see noise().
    vec3 p = weave * 45.0 + 200.0;
    return (noise(p.xy) + noise(p.yz + 57.0) + noise(p.zx + 113.0)) / 1.5 - 1.0;
}

void main() {
    vec3 n = normalize(normal);
    vec3 to_eye = normalize(eye - world);
    float facing = dot(n, to_light);
    // Cloth and skin scatter: the light wraps a little past the terminator.
    float lambert = max(0.0, (facing + 0.15) / 1.15);
    vec3 lifted = world + n * 0.02;
    float lit = min(open_to_light(room_shadow, room_light_matrix, lifted),
        open_to_light(body_shadow, body_light_matrix, lifted));
    vec3 halfway = normalize(to_light + to_eye);
    float shine = 0.10 * pow(max(0.0, dot(n, halfway)), 24.0);
    float rim = 0.10 * pow(1.0 - max(0.0, dot(n, to_eye)), 3.0);
    float low = clamp(world.z / 0.25, 0.0, 1.0);
    float shade = n.z < 0.3 ? mix(0.55, 1.0, low) : 1.0;
    vec3 dyed = albedo * (1.0 + cloth.w * print_at(cloth.xyz));
    vec3 light = dyed * (ambient_light(n) * shade + direct * lambert * lit)
        + direct * shine * lit + sky * rim * shade;
    light *= exposure;
    pixel = vec4(sqrt(light / (1.0 + 0.18 * light)), 1.0);
}
"""
)

_DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
void main() { gl_Position = view_projection * vec4(in_position, 1.0); }
"""

_DEPTH_FRAGMENT = """
#version 330
void main() {}
"""

_ROOM_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
in vec3 in_normal;
in vec3 in_color;
in float in_material;
out vec3 world;
out vec3 normal;
out vec3 albedo;
flat out int material;
void main() {
    world = in_position;
    normal = in_normal;
    albedo = in_color;
    material = int(in_material + 0.5);
    gl_Position = view_projection * vec4(in_position, 1.0);
}
"""

_ROOM_FRAGMENT = (
    _COMMON
    + _NOISE
    + """
uniform sampler2DShadow room_shadow;
in vec3 world;
in vec3 normal;
in vec3 albedo;
flat in int material;
layout(location = 0) out vec4 from_lamp;
layout(location = 1) out vec4 from_room;

float rough(vec2 p) { return 0.55 * noise(p) + 0.3 * noise(p * 2.3) + 0.15 * noise(p * 5.1); }
float seam(float x, float width) {
    float f = fract(x);
    return step(width, f) * step(f, 1.0 - width);
}

void main() {
    vec3 n = normalize(normal);
    // Offset keeps the pattern's coordinates positive, where the hash behaves.
    vec2 p = (abs(n.z) > 0.7 ? world.xy : abs(n.x) > 0.7 ? world.yz : world.xz) + 40.0;
    vec3 c = albedo;
    if (material == 1) {
        float row = floor(p.y / 0.12);
        float along = p.x / 1.1 + 0.37 * row;
        float tone = hash(vec2(row, floor(along)));
        float grain = rough(vec2(p.x * 2.5, p.y * 60.0) + 17.0 * tone);
        c *= (0.80 + 0.26 * tone) * (0.84 + 0.26 * grain);
        c *= mix(0.62, 1.0, seam(p.y / 0.12, 0.018) * seam(along, 0.002));
    } else if (material == 2) {
        c *= 0.93 + 0.05 * rough(p * 1.3) + 0.04 * noise(p * 55.0);
    } else if (material == 3) {
        c *= 0.90 + 0.16 * noise(p * 90.0);
        c *= mix(0.86, 1.0, seam(p.x * 14.0, 0.06));
    } else if (material == 4) {
        c *= 0.84 + 0.14 * noise(p * 70.0) + 0.10 * rough(p * 4.0);
    } else if (material == 5) {
        c *= 0.74 + 0.26 * noise(p * 110.0) + 0.16 * rough(p * 3.0);
    } else if (material == 6) {
        c *= mix(0.88, 1.0, step(0.5, fract(p.x / 0.22))) * (0.96 + 0.05 * noise(p * 40.0));
    } else if (material == 7) {
        vec2 q = p / 0.45;
        c *= (0.90 + 0.12 * hash(floor(q))) * (0.93 + 0.09 * rough(p * 7.0));
        c = mix(vec3(0.62, 0.60, 0.57), c, seam(q.x, 0.011) * seam(q.y, 0.011));
    } else if (material == 8) {
        c *= 0.70 + 0.55 * noise(world.xz * 23.0 + world.y * 31.0 + 40.0);
    } else if (material == 9) {
        float a = rough(p * 3.1);
        float b = noise(p * 2.2 + 9.0);
        c = mix(c, mix(vec3(0.85, 0.62, 0.35), vec3(0.20, 0.38, 0.52), smoothstep(0.35, 0.65, b)),
                smoothstep(0.35, 0.6, a));
    }
    c *= c;
    if (material == 10) {
        from_lamp = vec4(0.0, 0.0, 0.0, 1.0);
        from_room = vec4(c * (sky + direct), 1.0);
        return;
    }
    // Room corners and the foot of the wall get less light from around.
    float corner = n.z > 0.7 ? 1.0 : mix(0.80, 1.0, clamp(world.z / 0.5, 0.0, 1.0));
    float lit = max(0.0, dot(n, to_light))
        * open_to_light(room_shadow, room_light_matrix, world + n * 0.015);
    from_lamp = vec4(c * direct * lit, 1.0);
    // A ceiling looks down on the whole sunlit floor: it is not as dark as a table's underside.
    vec3 ambient = n.z < -0.9 && world.z > 2.0 ? 0.9 * sky : ambient_light(n);
    from_room = vec4(c * ambient * corner, 1.0);
}
"""
)

_SCREEN_VERTEX = """
#version 330
in vec2 in_position;
out vec2 uv;
void main() {
    uv = in_position * 0.5 + 0.5;
    gl_Position = vec4(in_position, 0.0, 1.0);
}
"""

_SHRINK_FRAGMENT = """
#version 330
uniform sampler2D from_lamp;
uniform sampler2D from_room;
in vec2 uv;
layout(location = 0) out vec4 lamp;
layout(location = 1) out vec4 room;
void main() {
    // At twice the size, one bilinear sample in the middle averages four pixels.
    lamp = texture(from_lamp, uv);
    room = texture(from_room, uv);
}
"""

_COMPOSE_FRAGMENT = (
    _COMMON
    + """
uniform sampler2D from_lamp;
uniform sampler2D from_room;
uniform sampler2D room_depth;
uniform sampler2D contact;
uniform sampler2DShadow body_shadow;
uniform mat4 unproject;
uniform float exposure;
uniform float contact_half_width;
in vec2 uv;
out vec4 pixel;
void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    float depth = texelFetch(room_depth, at, 0).r;
    vec4 h = unproject * vec4(vec3(uv, depth) * 2.0 - 1.0, 1.0);
    vec3 world = h.xyz / h.w;
    float shade = 1.0;
    if (world.z < 0.05)
        shade = 1.0 - 0.75 * texture(contact, world.xy / contact_half_width * 0.5 + 0.5).r;
    float lit = depth < 1.0 ? open_to_light(body_shadow, body_light_matrix, world) : 1.0;
    vec3 light = texelFetch(from_room, at, 0).rgb * shade
        + texelFetch(from_lamp, at, 0).rgb * lit * mix(1.0, shade, 0.5);
    light *= exposure;
    pixel = vec4(sqrt(light / (1.0 + 0.18 * light)), 1.0);
    gl_FragDepth = depth;
}
"""
)


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


class _Body:
    """Buffers of one moving mesh, kept between frames."""

    def __init__(self, renderer: Renderer, mesh: Mesh) -> None:
        import moderngl

        context = renderer.context
        # The arrays are held so that their identity cannot be reused by others.
        self.faces, self.colors = mesh.faces, mesh.colors
        faces = np.ascontiguousarray(mesh.faces, dtype=np.int32)
        if _signed_volume(mesh.vertices, faces) < 0.0:
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


def _signed_volume(vertices: FloatArray, faces: NDArray[np.integer[Any]]) -> float:
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
        self.body_program = context.program(_BODY_VERTEX, _BODY_FRAGMENT)
        self.depth_program = context.program(_DEPTH_VERTEX, _DEPTH_FRAGMENT)
        self._room_program = context.program(_ROOM_VERTEX, _ROOM_FRAGMENT)
        self._shrink_program = context.program(_SCREEN_VERTEX, _SHRINK_FRAGMENT)
        self._compose_program = context.program(_SCREEN_VERTEX, _COMPOSE_FRAGMENT)
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


def cylinder(
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
