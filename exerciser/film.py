"""Films of the virtual person: a set's movement, seen by a webcam in a room."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from exerciser.meshes import ByteImage, Mesh
from exerciser.render import Renderer
from exerciser.room import Room, make_room, mat_under, shin_blocker
from formcheck.engine.pose import Landmark

if TYPE_CHECKING:
    from exerciser.camera import Camera
    from exerciser.movement import Prop
    from exerciser.sets import SetSpec

FloatArray = NDArray[np.floating[Any]]

NOISE_FIELDS = 6  # as many different noise pictures are kept, and shifted at random


@dataclass(frozen=True)
class Effects:
    """What a webcam does to a picture. Every part can be switched off.

    noise: standard deviation of the sensor's noise in a bright room, in byte levels
        (grows with darkness); 0 for none.
    vignette: share of the light missing in the picture's corners.
    white_balance: how far the colours drift, as a share of red and blue.
    jpeg_quality: quality of the webcam's own JPEG (1 to 100); None for no JPEG.
    shutter_s: exposure time in seconds, which blurs what moves; 0 freezes it. Costs
        a second drawing of the body.
    """

    noise: float = 2.0
    vignette: float = 0.18
    white_balance: float = 0.03
    jpeg_quality: int | None = 75
    shutter_s: float = 0.0


CLEAN = Effects(noise=0.0, vignette=0.0, white_balance=0.0, jpeg_quality=None)
WEBCAM = Effects()
POOR_WEBCAM = Effects(noise=4.0, vignette=0.3, white_balance=0.06, jpeg_quality=45)


class Webcam:
    """Adds the effects to the pictures of one shot; the same seed gives the same ones.

    darkness: 0 in a bright room, 1 in a nearly dark one, where the sensor's gain and
    with it the noise is three times as high.
    """

    def __init__(
        self,
        width: int,
        height: int,
        effects: Effects = WEBCAM,
        darkness: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._effects = effects
        self._rng = np.random.default_rng(seed)
        self._phase = self._rng.uniform(0.0, 2.0 * np.pi, 2)
        self._period_s = self._rng.uniform(5.0, 14.0, 2)
        self._size = (width, height)
        self._noise = self._noise_fields(effects.noise * (1.0 + 2.0 * darkness**1.5))
        x = (np.arange(width) - (width - 1) / 2) / (width / 2)
        y = (np.arange(height) - (height - 1) / 2) / (height / 2)
        far = (x[None, :] ** 2 + y[:, None] ** 2) / 2.0
        # The square root: the share is of light, and bytes go with its root.
        shade = np.sqrt(1.0 - effects.vignette * np.minimum(far, 1.0) ** 1.5)
        self._shade = np.repeat((255.0 * shade)[..., None], 3, axis=2).astype(np.uint8)

    def _noise_fields(self, deviation: float) -> list[NDArray[np.int16]]:
        if deviation <= 0.0:
            return []
        width, height = self._size
        fields = []
        for _ in range(NOISE_FIELDS):
            # A margin, because the field is shifted anew for every frame. Grain is
            # mostly grey; its colours come in coarser blots, as webcams store them.
            fine = self._rng.normal(0.0, 1.0, (height + 32, width + 32, 1))
            coarse = self._rng.normal(0.0, 1.0, ((height + 32) // 2, (width + 32) // 2, 3))
            blots = cv2.resize(coarse, (width + 32, height + 32))
            fields.append((deviation * (0.9 * fine + 0.6 * blots)).round().astype(np.int16))
        return fields

    def __call__(self, picture: ByteImage, time_s: float) -> ByteImage:
        """Return the RGB picture (h, w, 3) as the webcam delivers it at a time of the shot."""
        effects = self._effects
        out: Any = picture
        if effects.vignette > 0.0:
            out = cv2.multiply(out, self._shade, scale=1.0 / 255.0)
        if self._noise:
            width, height = self._size
            field = self._noise[int(self._rng.integers(NOISE_FIELDS))]
            down, right = self._rng.integers(0, 32, 2)
            shifted = field[down : down + height, right : right + width]
            out = cv2.add(out, np.ascontiguousarray(shifted), dtype=cv2.CV_8U)
        if effects.white_balance > 0.0:
            drift = np.sin(2.0 * np.pi * time_s / self._period_s + self._phase)
            gain = 1.0 + effects.white_balance * np.array([drift[0], 0.0, drift[1]])
            levels = np.arange(256.0)[:, None] * gain
            table = np.clip(levels.round(), 0, 255).astype(np.uint8).reshape(1, 256, 3)
            out = cv2.LUT(out, table)
        if effects.jpeg_quality is not None:
            # Encoder and decoder both take BGR for granted, so RGB has to be turned:
            # with the channels swapped, the blur of colours would hit the wrong ones.
            turned = cv2.cvtColor(out, cv2.COLOR_RGB2BGR)
            _, packed = cv2.imencode(
                ".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, effects.jpeg_quality]
            )
            unpacked: Any = cv2.imdecode(packed, cv2.IMREAD_COLOR)
            out = cv2.cvtColor(unpacked, cv2.COLOR_BGR2RGB)
        return np.asarray(out, np.uint8)


def film(
    frames: Iterable[ByteImage], path: str | os.PathLike[str], fps: float, crf: int = 23
) -> int:
    """Write RGB frames (h, w, 3) as an H.264 mp4 (yuv420p, faststart); return their number.

    fps: frames per second. crf: 0 (lossless) to 51 (worst) of the x264 coder. Width
    and height must be even. A film without frames raises ValueError and leaves no file.
    """
    import av

    rate = Fraction(fps).limit_denominator(1001)
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise ValueError("a film needs at least one frame")
    height, width = first.shape[:2]
    if width % 2 or height % 2:
        raise ValueError(f"width and height must be even, not {width} x {height}")
    count = 0
    with av.open(os.fspath(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream(
            "libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture: ByteImage | None = first
        while picture is not None:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = count
            frame.time_base = 1 / rate
            for packet in stream.encode(frame):
                out.mux(packet)
            count += 1
            picture = next(iterator, None)
        for packet in stream.encode():
            out.mux(packet)
    return count


@dataclass(frozen=True)
class Bystander:
    """A second person who stands still in the room: body name, place in metres, turn."""

    body: str
    x_m: float
    y_m: float
    turn_deg: float = 0.0


def shoot(  # noqa: PLR0913 - what is in a film, mostly by keyword
    set_spec: SetSpec,
    camera: Camera,
    room_seed: int = 0,
    fps: float = 30.0,
    effects: Effects = WEBCAM,
    *,
    dim: bool = False,
    hide_shin: str | None = None,
    bystander: Bystander | None = None,
    renderer: Renderer | None = None,
) -> Iterator[tuple[float, ByteImage]]:
    """Yield the pictures of one set with their times in seconds, in order.

    hide_shin: "left" or "right" (the person's own) puts a box or stool before that
    shin. bystander: a second person. renderer: one of the camera's size, to spare the
    half second that a new one takes. A mat lies under a person who is lying down; what
    the exercise needs (a bench, a step) stands in its place.
    """
    from exerciser.body import load_body
    from exerciser.movements import movement_of
    from exerciser.sets import build

    body = load_body(set_spec.body)
    whole = build(set_spec, fps)
    movement = movement_of(set_spec.exercise)
    params = {**movement.defaults, **set_spec.params}
    # Who walks in first is not yet where the mat and the blocker have to be.
    settled = whole.frame(int(np.argmax(whole.in_place)))
    ground = whole.landmarks_m[::5, :, :2].reshape(-1, 2)
    if bystander is not None:
        ground = np.vstack([ground, [(bystander.x_m, bystander.y_m)]])
    room = room_for(
        settled.vertices,
        settled.landmarks_m,
        camera,
        room_seed,
        dim=dim,
        hide_shin=hide_shin,
        keep_clear=ground,
        props=movement.props(body, params, set_spec.side),
    )
    webcam = Webcam(camera.width, camera.height, effects, room.darkness, room_seed)
    others = [] if bystander is None else [standing(bystander)]
    own = renderer is None
    drawing = renderer or Renderer(camera.width, camera.height)
    try:
        before: FloatArray | None = None
        for index in range(len(whole)):
            frame = whole.frame(index)
            vertices = np.asarray(frame.vertices, np.float32)
            moments: list[FloatArray] = [vertices]
            if effects.shutter_s > 0.0 and before is not None:
                # Two moments a half exposure apart, in the middle of the frame's time.
                step = (vertices - before) * np.float32(0.25 * effects.shutter_s * fps)
                moments = [vertices - step, vertices + step]
            pictures = [
                drawing.render(
                    [Mesh(moment, body.faces, body.vertex_colors), *others],
                    camera,
                    room.light,
                    room,
                )
                for moment in moments
            ]
            picture = pictures[0]
            if len(pictures) == 2:
                picture = np.asarray(
                    cv2.addWeighted(pictures[0], 0.5, pictures[1], 0.5, 0.0), np.uint8
                )
            before = vertices
            yield float(frame.time_s), webcam(picture, float(frame.time_s))
    finally:
        if own:
            drawing.release()


def room_for(  # noqa: PLR0913 - as of shoot
    vertices: FloatArray,
    landmarks_m: FloatArray,
    camera: Camera,
    room_seed: int = 0,
    *,
    dim: bool = False,
    hide_shin: str | None = None,
    keep_clear: FloatArray | None = None,
    props: Sequence[Prop] = (),
) -> Room:
    """Make the room of a seed, fitted to how the person starts the set.

    vertices (n, 3) and landmarks_m (33, 3): of the person at the start of the set, in metres.
    """
    blocker = None
    if hide_shin is not None:
        knee, ankle = {
            "left": (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE),
            "right": (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE),
        }[hide_shin]
        blocker = shin_blocker(landmarks_m[knee], landmarks_m[ankle], camera.position, room_seed)
    return make_room(
        room_seed,
        camera_azimuth_deg=camera.azimuth_deg,
        mat=mat_under(vertices),
        blocker=blocker,
        dim=dim,
        keep_clear=keep_clear,
        props=props,
    )


def standing(bystander: Bystander) -> Mesh:
    """Return the mesh of a person who stands still with the arms hanging."""
    from exerciser.body import load_body
    from exerciser.movements import make_pose

    body = load_body(bystander.body)
    vertices = np.asarray(body.skin(make_pose(body, "squat", np.zeros(1))), np.float32)
    c, s = math.cos(math.radians(bystander.turn_deg)), math.sin(math.radians(bystander.turn_deg))
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]], np.float32)
    place = np.array([bystander.x_m, bystander.y_m, 0.0], np.float32)
    return Mesh(vertices @ turn + place, body.faces, body.vertex_colors)


def contact_sheet(pictures: Sequence[ByteImage], columns: int = 4) -> ByteImage:
    """Put several pictures of one size on one sheet, to look at side by side."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // columns * height, i % columns * width
        sheet[top : top + height, left : left + width] = picture
    return sheet
