"""The trunk's motion, measured in pictures that are moved by known amounts."""

import numpy as np
import pytest

from benchmarks.page_motion import Sight, node, page_motions
from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import make_pose
from formcheck.capture.trunk_motion import TrunkFollower
from formcheck.engine.pose import Landmark as L

cv2 = pytest.importorskip("cv2")

SIZE = (640, 360)
STEP_S = 0.1


def lying():
    """Landmarks (33, 2) of somebody on the side, and the outline of the trunk."""
    body = load_body("m_average")
    pose = make_pose(body, "clamshell", np.array([0.0]), "left")
    camera = frame_points(
        Camera(0.0, 12.0, width=SIZE[0], height=SIZE[1]), body.contact_points(pose), 0.1
    )
    xy = camera.project(body.landmarks(pose))[0][0]
    hips = xy[[L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=0)
    axis = xy[[L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(axis=0) - hips
    across = np.array([-axis[1], axis[0]])
    corners = [
        hips + a * axis + b * across
        for a, b in ((-0.1, -0.5), (-0.1, 0.5), (0.9, 0.5), (0.9, -0.5))
    ]
    return xy, np.array(corners)


def texture(seed, plain=False, grain=2.5):
    noise = np.random.default_rng(seed).normal(0, 1, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), grain)
    return (120 + (0 if plain else 25) * soft / soft.std()).clip(0, 255).astype(np.uint8)


def shifted(image, x, y):
    return cv2.warpAffine(
        image, np.float32([[1, 0, x], [0, 1, y]]), SIZE, borderMode=cv2.BORDER_REFLECT
    )


class Scene:
    """A room, and a person on the side in it whose clothes move over a still outline."""

    def __init__(self, plain=False):
        self.xy, outline = lying()
        self.room, self.cloth = texture(1), texture(2, plain)
        mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        cv2.fillConvexPoly(mask, outline.astype(np.int32), 255)
        self.mask, self.shading = mask > 0, 0.0
        self.noise, self.noise_level = np.random.default_rng(3), 1.5

    def picture(self, cloth=(0.0, 0.0), camera=(0.0, 0.0), light=1.0):
        lit = (shifted(self.cloth, *cloth) + self.shading).clip(0, 255).astype(np.uint8)
        image = np.where(self.mask[..., None], lit, self.room)
        image = shifted(image, *camera)
        noisy = light * image + self.noise.normal(0, self.noise_level, image.shape)
        return noisy.clip(0, 255).astype(np.uint8)


def follow(scene, steps, follower=None, begin_s=0.0):
    follower = follower or TrunkFollower()
    return [
        follower.follow(
            scene.picture(**step),
            scene.xy + np.array(step.get("camera", (0, 0))),
            begin_s + i * STEP_S,
        )
        for i, step in enumerate(steps)
    ]


def way(x, y, count=8):
    """Steps in which the clothes go so far."""
    return [{"cloth": (x * i / count, y * i / count)} for i in range(count + 1)]


@pytest.mark.parametrize(("x", "y"), [(0, -9), (0, 9), (6, -4), (0, -30)])
def test_clothes_that_move_are_followed(x, y):
    motions = follow(Scene(), way(x, y))
    assert {m.run for m in motions} == {0}
    np.testing.assert_allclose(motions[-1].moved_px, [[x, y]] * 4, atol=0.5)
    assert (motions[-1].error_px < 1.5).all()


def test_they_are_followed_at_four_pictures_a_second_and_in_any_size():
    scene = Scene()
    for size in (2.0, 0.6):
        follower = TrunkFollower()
        for i, y in enumerate((0.0, -4.0, -9.0)):
            image = cv2.resize(scene.picture(cloth=(0, y)), None, fx=size, fy=size)
            found = follower.follow(image, scene.xy * size, i * 0.25)
        np.testing.assert_allclose(found.moved_px[:, 1], -9 * size, atol=0.7 * size)


def test_a_camera_that_shakes_moves_nothing():
    shake = [{"camera": (5 * np.sin(i), 4 * np.cos(2 * i))} for i in range(12)]
    for motion in follow(Scene(), shake):
        np.testing.assert_allclose(
            motion.moved_px, follow(Scene(), shake[:1])[0].moved_px, atol=0.6
        )
    both = [{**s, "camera": c["camera"]} for s, c in zip(way(0, -9, 11), shake, strict=True)]
    np.testing.assert_allclose(follow(Scene(), both)[-1].moved_px[:, 1], -9, atol=0.8)


def test_before_a_bare_wall_a_camera_that_shakes_is_told_from_one_that_stands_still():
    scene = Scene()
    scene.room = np.full_like(scene.room, 120)
    for motion in follow(scene, way(0, -9)):
        assert motion is not None
    shake = [{"camera": (2 * np.sin(2.5 * i), 2 * np.cos(2 * i))} for i in range(16)]
    both = [{**s, "camera": c["camera"]} for s, c in zip(way(0, -9, 15), shake, strict=True)]
    assert follow(scene, both)[6:] == [None] * 10
    # With a room it is taken off, and who trembles in it is no camera.
    assert None not in follow(Scene(), both)
    assert None not in follow(Scene(), [{"cloth": s["camera"]} for s in shake])


def test_light_that_changes_moves_nothing():
    lights = [{"light": light} for light in (1.0, 0.75, 1.2, 0.6, 1.0)]
    for motion in follow(Scene(), lights):
        np.testing.assert_allclose(motion.moved_px, 0, atol=0.4)


def test_errors_grow_within_a_run_and_the_way_back_ends_at_the_start():
    steps = way(0, -30) + way(0, -30)[::-1]
    motions = follow(Scene(), steps)
    np.testing.assert_allclose(motions[-1].moved_px, 0, atol=1.0)
    assert motions[-1].run == 0


def test_clothes_that_show_nothing_are_not_followed():
    motions = follow(Scene(plain=True), way(0, -9))
    told = [m for m in motions[1:] if m is not None and m.run == motions[0].run]
    assert all(np.isnan(m.error_px).any() or (m.error_px > 4).any() for m in told)


def bare(scene, grain):
    """The scene with hardly a print, and with a shading that stays where it is."""
    scene.cloth = texture(2, grain=grain)
    soft = cv2.GaussianBlur(np.where(scene.mask, 255.0, 0.0), (0, 0), 6.0)
    ripples = 14 * np.sin(np.arange(SIZE[1]) / 6.0)[:, None] + np.zeros(SIZE)[..., :1].T
    scene.shading = (soft / 255.0 * ripples)[..., None]
    return scene


@pytest.mark.parametrize("noise", [0.0, 1.5, 4.0])
def test_only_print_and_folds_are_texture_not_the_shading_of_bare_cloth_and_not_noise(noise):
    for grain, printed in ((1.5, True), (2.5, True), (40.0, False)):
        scene = bare(Scene(), grain)
        scene.noise_level = noise
        told = [m.texture for m in follow(scene, way(0, -5))[1:] if m is not None]
        found = np.array(told)[np.isfinite(told)]
        assert printed == (len(found) > 0 and bool(np.median(found) > 0.4)), (grain, found)
        assert printed or (found < 0.25).all()


def test_another_picture_is_a_new_run():
    follower = TrunkFollower()
    follow(Scene(), way(0, -4), follower)
    other = Scene()
    other.room, other.cloth = texture(7), texture(8)
    after = follow(other, way(0, 0), follower, begin_s=0.9)
    assert all(m is None or m.run > 0 for m in after)
    assert after[-1].run > 0


def test_a_leap_is_a_new_run():
    scene = Scene()
    scene.cloth = texture(2, grain=7.0)
    motions = follow(scene, [{}, {}, {"cloth": (0, -45)}, {"cloth": (0, -45)}])
    assert motions[-1] is None or motions[-1].run > 0
    slowly = follow(scene, way(0, -45))
    assert slowly[-1].run == 0


def test_what_can_be_followed_but_is_faster_than_a_trunk_is_a_new_run():
    scene, run = Scene(), {}
    for step_s in (1 / 30, 0.25):
        follower = TrunkFollower()
        follower.follow(scene.picture(), scene.xy, 0.0)
        run[step_s] = follower.follow(scene.picture(cloth=(0, -12)), scene.xy, step_s).run
    assert run == {1 / 30: 1, 0.25: 0}


def test_a_long_way_is_carried_on_from_one_key_picture_to_the_next():
    # Further than what the first one shows of the clothes.
    motion = follow(Scene(), way(0, -90, 24))[-1]
    assert motion.run == 0
    np.testing.assert_allclose(motion.moved_px[1:3, 1], -90, atol=8)
    assert (motion.error_px[1:3] > 0.15).all()


def test_dark_clothes_are_followed():
    scene = Scene()
    scene.cloth = (24 + (scene.cloth.astype(float) - 120) * 0.08).round().astype(np.uint8)
    scene.noise_level = 0.3
    np.testing.assert_allclose(follow(scene, way(0, -9))[-1].moved_px[:3, 1], -9, atol=1.5)


def test_somebody_unseen_for_a_while_is_a_new_run():
    scene, follower = Scene(), TrunkFollower()
    assert follow(scene, [{}], follower)[0].run == 0
    nobody = np.full((33, 2), np.nan)
    assert follower.follow(scene.picture(), nobody, 0.1) is None
    assert follow(scene, [{}], follower, begin_s=0.2)[0].run == 0
    assert follow(scene, [{}], follower, begin_s=5.0)[0].run == 1


def test_nobody_is_followed_who_does_not_lie_on_the_side():
    body = load_body("m_average")
    for exercise, azimuth in (("squat", 0.0), ("glute_bridge", 90.0)):
        pose = make_pose(body, exercise, np.array([0.0]), "both")
        camera = frame_points(
            Camera(azimuth, 8.0, width=SIZE[0], height=SIZE[1]), body.contact_points(pose), 0.1
        )
        xy = camera.project(body.landmarks(pose))[0][0]
        assert TrunkFollower().follow(texture(1), xy, 0.0) is None


def shaken(steps):
    return [{**step, "camera": (5 * np.sin(i), 4 * np.cos(2 * i))} for i, step in enumerate(steps)]


@pytest.mark.skipif(node() is None, reason="there is no node here to run the page's JavaScript")
@pytest.mark.parametrize(
    ("steps", "size", "step_s"),
    [
        (way(6, -60, 20), 1.0, STEP_S),  # from key picture to key picture
        (shaken(way(0, -9, 11)), 1.7, STEP_S),
        (shaken(way(0, 9)), 0.6, STEP_S),
        (way(0, -90, 2), 1.0, STEP_S),  # lost from sight
        (way(0, -12, 1), 1.0, 1 / 30),  # faster than a trunk
    ],
)
def test_the_page_reads_the_same(steps, size, step_s):
    scene = Scene()
    sights = []
    for i, step in enumerate(steps):
        picture = cv2.resize(scene.picture(**step), None, fx=size, fy=size)
        xy = size * (scene.xy + np.array(step.get("camera", (0, 0))))
        sights.append(Sight(picture, xy, i * step_s))
    follower = TrunkFollower()
    for sight, (there, _) in zip(sights, page_motions(sights), strict=True):
        here = follower.follow(sight.image_rgb, sight.xy, sight.time_s)
        assert (here is None) == (there is None)
        if here is None or there is None:
            continue
        assert here.run == there.run
        # The trunk has over a hundred pixels here: 0.1 of them are half a degree of roll at most.
        np.testing.assert_allclose(there.moved_px, here.moved_px, atol=0.1)
        np.testing.assert_allclose(there.error_px, here.error_px, atol=0.05)
        np.testing.assert_allclose(there.texture, here.texture, atol=0.1)
