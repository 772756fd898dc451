"""The virtual person's pictures agree with the truth that goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("moderngl", reason="moderngl is not installed")
pytest.importorskip("cv2", reason="OpenCV is not installed")

from exerciser.camera import Camera, default_camera
from exerciser.film import CLEAN, WEBCAM, Effects, Webcam, film, shoot
from exerciser.meshes import Mesh, VertexNormals, box, cylinder
from exerciser.render import Light, NoGraphicsError, Renderer
from exerciser.room import Room, make_room, mat_under, shin_blocker
from exerciser.sets import RepSpec, SetSpec

WIDTH, HEIGHT = 320, 240
WHITE = Light(direct=(0.3, 0.3, 0.3), sky=(0.6, 0.6, 0.6), ground=(0.5, 0.5, 0.5))


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    try:
        made = Renderer(WIDTH, HEIGHT)
    except NoGraphicsError as error:
        pytest.skip(f"no pictures can be drawn here: {error}")
    yield made
    made.release()


def _camera(azimuth_deg: float = 0.0, elevation_deg: float = 8.0, roll_deg: float = 0.0) -> Camera:
    return Camera(
        azimuth_deg=azimuth_deg,
        elevation_deg=elevation_deg,
        distance_m=3.0,
        fov_deg=45.0,
        width=WIDTH,
        height=HEIGHT,
        target=(0.0, 0.0, 0.9),
        roll_deg=roll_deg,
    )


def _floor() -> Mesh:
    return box((0.0, 0.0, -0.05), (6.0, 6.0, 0.1), (180, 180, 180))


@pytest.mark.parametrize(
    ("azimuth_deg", "elevation_deg", "roll_deg"),
    [(0, 0, 0), (90, 5, 0), (-40, 25, 0), (180, 10, 4), (65, 12, -6)],
)
def test_projected_point_lands_on_its_marker(
    renderer: Renderer, azimuth_deg: float, elevation_deg: float, roll_deg: float
) -> None:
    camera = _camera(azimuth_deg, elevation_deg, roll_deg)
    room = Room((_floor(),), WHITE, 0.0)
    for point in ((0.0, 0.0, 0.9), (0.5, -0.2, 1.5), (-0.4, 0.3, 0.2)):
        marker = box(point, (0.04, 0.04, 0.04), (255, 0, 255))
        picture = renderer.render([marker], camera, WHITE, room).astype(float)
        redness = np.clip(picture[..., 0] - picture[..., 1] - 20.0, 0.0, None)
        rows, columns = np.indices(redness.shape)
        # Pixel (0, 0) covers the half-open unit square, so its centre is at 0.5, 0.5.
        seen = np.array([(columns + 0.5).ravel(), (rows + 0.5).ravel()]) @ redness.ravel()
        seen /= redness.sum()
        expected = camera.project(np.array(point))[0]
        assert np.linalg.norm(seen - expected) < 1.0


def test_right_way_up_and_in_rgb(renderer: Renderer) -> None:
    # Seen from +y, the +x side of the world is on the picture's left.
    red = box((0.4, 0.0, 1.4), (0.2, 0.2, 0.2), (255, 0, 0))
    blue = box((-0.4, 0.0, 0.4), (0.2, 0.2, 0.2), (0, 0, 255))
    picture = renderer.render([red, blue], _camera(elevation_deg=0.0), WHITE, None)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    reds = np.argwhere(picture[..., 0].astype(int) - picture[..., 2] > 90)
    blues = np.argwhere(picture[..., 2].astype(int) - picture[..., 0] > 90)
    assert len(reds) > 100
    assert len(blues) > 100
    assert reds[:, 0].mean() < HEIGHT / 2 < blues[:, 0].mean()
    assert reds[:, 1].mean() < WIDTH / 2 < blues[:, 1].mean()


def test_room_hides_what_is_behind_it(renderer: Renderer) -> None:
    body = box((0.0, 0.0, 0.9), (0.3, 0.3, 0.3), (255, 0, 0))
    screen = box((0.0, 0.8, 0.9), (1.5, 0.1, 1.5), (0, 200, 0))
    picture = renderer.render([body], _camera(), WHITE, Room((_floor(), screen), WHITE, 0.0))
    assert picture[HEIGHT // 2, WIDTH // 2, 1] > picture[HEIGHT // 2, WIDTH // 2, 0]
    behind = renderer.render([body], _camera(180.0), WHITE, Room((_floor(), screen), WHITE, 0.0))
    assert behind[HEIGHT // 2, WIDTH // 2, 0] > behind[HEIGHT // 2, WIDTH // 2, 1]


def test_twins_are_drawn_twice(renderer: Renderer) -> None:
    one = box((-0.5, 0.0, 0.9), (0.3, 0.3, 0.3), (255, 0, 0))
    two = Mesh(one.vertices + np.array([1.0, 0.0, 0.0]), one.faces, one.colors)
    picture = renderer.render([one, two], _camera(), WHITE, None).astype(int)
    red = picture[..., 0] - picture[..., 1] > 90
    assert red[:, : WIDTH // 2].sum() > 100
    assert red[:, WIDTH // 2 :].sum() > 100


def test_two_renderers_do_not_disturb_each_other(renderer: Renderer) -> None:
    red = box((0.0, 0.0, 0.9), (0.3, 0.3, 0.3), (255, 0, 0))
    room = make_room(3)
    alone = renderer.render([red], _camera(), room.light, room)
    other = Renderer(WIDTH // 2, HEIGHT // 2, samples=0)
    small = other.render([red], _camera(), WHITE, None)
    both = renderer.render([red], _camera(), room.light, room)
    other.release()
    after = renderer.render([red], _camera(), room.light, room)
    assert small.shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert np.array_equal(alone, both)
    assert np.array_equal(alone, after)


def test_body_throws_a_shadow_that_follows_it(renderer: Renderer) -> None:
    room = Room((_floor(),), WHITE, 0.0)
    # Light along -y from above: the shadow falls behind the body, seen from the camera.
    light = Light((0.0, -1.0, 1.2), (0.8, 0.8, 0.8), (0.2, 0.2, 0.2), (0.2, 0.2, 0.2))
    camera = _camera(elevation_deg=30.0)

    def floor_pixel(x: float, picture: np.ndarray) -> int:
        column, row = camera.project(np.array([x, 0.5, 0.0]))[0]
        return int(picture[int(row), int(column)].sum())

    left = renderer.render(
        [cylinder((-0.6, 0.0, 0.5), 0.15, 1.0, (90, 90, 90))], camera, light, room
    )
    right = renderer.render(
        [cylinder((0.6, 0.0, 0.5), 0.15, 1.0, (90, 90, 90))], camera, light, room
    )
    assert floor_pixel(-0.6, left) < 0.8 * floor_pixel(-0.6, right)
    assert floor_pixel(0.6, right) < 0.8 * floor_pixel(0.6, left)


def test_inside_out_mesh_is_drawn_like_the_right_one(renderer: Renderer) -> None:
    good = cylinder((0.0, 0.0, 0.9), 0.3, 1.0, (200, 120, 60))
    bad = Mesh(good.vertices, good.faces[:, ::-1], good.colors)
    a = renderer.render([good], _camera(), WHITE, None)
    b = renderer.render([bad], _camera(), WHITE, None)
    assert np.array_equal(a, b)


def test_normals_of_a_ball_point_outwards() -> None:
    rng = np.random.default_rng(0)
    cube = box((0, 0, 0), (2, 2, 2), (0, 0, 0))
    normals = VertexNormals(cube.faces, len(cube.vertices))(cube.vertices)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    assert (np.einsum("ij,ij->i", normals, cube.vertices) > 0.9).all()
    lonely = np.vstack([cube.vertices, rng.normal(size=(1, 3))])
    assert np.array_equal(VertexNormals(cube.faces, 9)(lonely)[8], np.zeros(3))


@pytest.mark.parametrize("azimuth_deg", [0.0, 70.0, 180.0, -120.0])
def test_furniture_leaves_the_view_free(azimuth_deg: float) -> None:
    for seed in range(12):
        room = make_room(seed, camera_azimuth_deg=azimuth_deg)
        a = np.radians(azimuth_deg)
        to_camera = np.array([-np.sin(a), np.cos(a)])
        aside = np.array([to_camera[1], -to_camera[0]])
        for mesh in room.meshes:
            if not mesh.casts_shadow:
                continue  # floor, walls and skirting, which are seen through from behind
            ground = mesh.vertices[:, :2]
            assert np.linalg.norm(ground, axis=1).min() > 1.3
            ahead = (ground @ to_camera > 0.3) & (np.abs(ground @ aside) < 0.6)
            assert not ahead.any()


def test_furniture_leaves_room_for_the_way_in() -> None:
    way = np.array([[0.0, y] for y in np.linspace(-2.0, 0.0, 9)])
    for seed in range(12):
        for mesh in make_room(seed, keep_clear=way).meshes:
            if mesh.casts_shadow:
                assert np.linalg.norm(mesh.vertices[:, None, :2] - way, axis=2).min() > 0.25


def test_room_of_a_seed_is_always_the_same() -> None:
    one, two, other = make_room(5), make_room(5), make_room(6)
    assert one.light == two.light
    pairs = zip(one.meshes, two.meshes, strict=True)
    assert all(np.array_equal(a.vertices, b.vertices) for a, b in pairs)
    assert one.light != other.light
    assert make_room(5, dim=True).light.exposure < 0.6 * one.light.exposure


def test_mat_lies_under_a_lying_person_only() -> None:
    lying = box((0.2, 0.1, 0.1), (1.7, 0.4, 0.2), (0, 0, 0), turn_deg=30.0).vertices
    place = mat_under(lying)
    assert place is not None
    assert place.x_m == pytest.approx(0.2, abs=1e-3)
    assert place.turn_deg % 180.0 == pytest.approx(30.0, abs=1.0)
    assert mat_under(box((0, 0, 0.9), (0.5, 0.3, 1.8), (0, 0, 0)).vertices) is None


def test_blocker_hides_the_shin_and_not_the_thigh(renderer: Renderer) -> None:
    camera = _camera(25.0)
    knee, ankle = (0.1, 0.0, 0.5), (0.1, 0.0, 0.1)
    shin = box((0.1, 0.0, 0.3), (0.1, 0.1, 0.3), (255, 0, 255))
    thigh = box((0.1, 0.0, 0.7), (0.1, 0.1, 0.3), (255, 0, 255))
    room = make_room(1, blocker=shin_blocker(knee, ankle, camera.position), clutter=0.0)

    def magenta(mesh: Mesh) -> int:
        picture = renderer.render([mesh], camera, WHITE, room).astype(int)
        return int(((picture[..., 0] - picture[..., 1]) > 90).sum())

    assert magenta(shin) < 0.1 * magenta(thigh)


def test_effects_are_seeded_and_optional() -> None:
    grey = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    assert np.array_equal(Webcam(WIDTH, HEIGHT, CLEAN)(grey, 0.0), grey)
    one = [Webcam(WIDTH, HEIGHT, WEBCAM, 0.5, seed=3)(grey, t) for t in (0.0, 0.0)]
    assert np.array_equal(one[0], one[1])
    assert not np.array_equal(one[0], Webcam(WIDTH, HEIGHT, WEBCAM, 0.5, seed=4)(grey, 0.0))
    only_noise = Effects(2.0, 0.0, 0.0, None)
    bright = Webcam(WIDTH, HEIGHT, only_noise, 0.0)(grey, 0.0)
    dark = Webcam(WIDTH, HEIGHT, only_noise, 0.9)(grey, 0.0)
    assert 1.0 < bright.std() < 3.5
    assert dark.std() > 2.0 * bright.std()
    corners = Webcam(WIDTH, HEIGHT, Effects(0.0, 0.3, 0.0, None))(grey, 0.0)
    assert corners[0, 0, 0] < corners[HEIGHT // 2, WIDTH // 2, 0]


def test_a_set_is_shot_frame_by_frame(renderer: Renderer) -> None:
    spec = SetSpec("glute_bridge", "f_average", reps=(RepSpec(),), seed=1)
    camera = default_camera("glute_bridge", body="f_average", width=WIDTH, height=HEIGHT)
    shot = shoot(spec, camera, room_seed=2, fps=2.5, renderer=renderer)
    taken = [next(shot) for _ in range(6)]
    assert [t for t, _ in taken] == pytest.approx([i / 2.5 for i in range(6)])
    assert all(picture.shape == (HEIGHT, WIDTH, 3) for _, picture in taken)
    moved = taken[5][1].astype(int) - taken[0][1]
    assert np.abs(moved).max() > 60
    again = next(shoot(spec, camera, room_seed=2, fps=2.5, renderer=renderer))
    assert np.array_equal(again[1], taken[0][1])


def test_film_can_be_read_back(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:60, :, 0] = 220
    picture[60:, :, 2] = 220
    path = tmp_path / "film.mp4"
    assert film((picture for _ in range(12)), path, fps=29.97) == 12
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.average_rate) == pytest.approx(29.97, abs=0.01)
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(stream)]
    assert len(frames) == 12
    assert frames[5][30, 80, 0] > 180 > frames[5][30, 80, 2]
    assert frames[5][90, 80, 2] > 180 > frames[5][90, 80, 0]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with pytest.raises(ValueError, match="at least one frame"):
        film([], tmp_path / "empty.mp4", fps=30)
    assert not (tmp_path / "empty.mp4").exists()
