"""Films of side-lying people in all kinds of clothes: does the picture tell that the pelvis rolls?

    python -m benchmarks.roll_films                     # films what is not kept, then the table
    python -m benchmarks.roll_films --only shaking      # one way of disturbing them
    python -m benchmarks.roll_films --films 0 8         # of some films
    python -m benchmarks.roll_films --outside           # the same done to other people's films

Each film has four repetitions: two clean (one of them wide), one rolled backward and one
forward by 20 to 30 degrees. Everything else is drawn: body, exercise, camera (0 to 45
degrees up, 35 to either side), how far the shoulders follow, where the hand lies, how the
clothes are printed and whether they slide, breathing. The pictures are kept without what a
webcam does to them, so that each condition does its own to the same ones. Landmarks are the
true joints, each off by its own constant and wandering, or a pose model's ("full", "lite").

--outside takes the films of another renderer and of real people instead (outside_truth.py), with
the landmarks that today's capture finds in them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import outside, outside_truth, scoring
from benchmarks.outside_truth import Clip
from benchmarks.render_tier import cache_folder
from exerciser.body import Array, Body, Pose
from exerciser.camera import Camera, frame_points
from exerciser.figure import SIDES, Figure, unit
from exerciser.lying import lying
from exerciser.sets import GeneratedSet, RepSpec, SetSpec, build
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import ImageArray, PoseFrame

#: Raise when films change, so that old ones are not mixed with new ones.
VERSION = 1
COUNT = 24
SIZE = (640, 480)
FPS = 15.0
BODIES = ("f_average", "f_heavy", "f_older", "f_slim", "m_average", "m_heavy", "m_older", "m_slim")
#: How strongly the print shows on shirt and trousers.
CLOTHES = {"plain": 0.0, "faint": 0.12, "printed": 0.5, "loose": 0.35}
HANDS = ("floor", "hip", "thigh")


@dataclass(frozen=True)
class RollFilm:
    """One film, wholly decided by its number.

    slack: share of the pelvis' roll that the clothes over it do not go along with.
    breath_m: how far the belly rises. follows: share of the roll the chest takes part in.
    """

    number: int
    spec: SetSpec
    camera: Camera
    clothes: str
    slack: float
    hand: str
    breath_m: float

    @property
    def follows(self) -> float:
        return self.spec.params["chest_follows"]

    @property
    def path(self) -> Path:
        return cache_folder() / "rolls" / f"v{VERSION}-{self.number:03d}.mp4"


def roll_film(number: int) -> RollFilm:
    """The film of a number. Clothes and hand go round, so that few films have all of them."""
    rng = np.random.default_rng([VERSION, number])
    clothes = tuple(CLOTHES)[number % len(CLOTHES)]
    exercise = "clamshell" if rng.random() < 0.6 else "side_leg_lift"
    back, forward = rng.uniform(20, 30, 2)
    reps = [
        RepSpec(0.95, 1.1, 0.4, 1.1, 0.6),
        RepSpec(1.15, 1.1, 0.4, 1.1, 0.6),
        RepSpec(1.0, 1.1, 0.4, 1.1, 0.6, {"pelvic_rotation": back}),
        RepSpec(1.0, 1.1, 0.4, 1.1, 0.6, {"pelvic_rotation": -forward}),
    ]
    spec = SetSpec(
        exercise,
        str(rng.choice(BODIES)),
        str(rng.choice(SIDES)),
        tuple(reps[i] for i in rng.permutation(4)),
        lead_in_s=1.2,
        lead_out_s=0.8,
        seed=number,
        params={"chest_follows": float(rng.choice([0.0, 0.3, 0.6, 1.0]))},
    )
    camera = Camera(
        azimuth_deg=float(rng.uniform(-35, 35)),
        elevation_deg=float(rng.uniform(0, 45)),
        fov_deg=float(rng.uniform(38, 56)),
        width=SIZE[0],
        height=SIZE[1],
    )
    return RollFilm(
        number,
        spec,
        camera,
        clothes,
        float(rng.uniform(0.3, 0.5)) if clothes == "loose" else 0.0,
        HANDS[number // len(CLOTHES) % len(HANDS)],
        float(rng.choice([0.003, 0.008])),
    )


# ------------------------------------------------------------------------- pictures
def _hand(item: RollFilm, made: GeneratedSet) -> Pose:
    """The set's pose with the upper hand laid on the hip or the thigh, where it goes along."""
    if item.hand == "floor":
        return made.pose
    f = Figure(made.body, len(made.pose))
    f.r, f.root = made.pose.rotations.copy(), made.pose.root.copy()
    _base, head, top, bottom = lying(item.spec.side)
    hip, knee = f.point(f"thigh01_{top}"), f.point(f"shank_{top}")
    along, thick = (0.0, 0.13) if item.hand == "hip" else (0.45, 0.10)
    spot = hip + along * (knee - hip) + np.array([0.03 * head, 0.02, 0.0])
    spot = spot + thick * unit(hip - f.point(f"thigh01_{bottom}"))
    f.arm_to(top, spot, np.array([0.1 * head, -0.5, 0.85]))
    return f.pose()


def _cloth(item: RollFilm, body: Body) -> Callable[[float], Array]:
    """Roll in radians -> (n, 4) what Mesh.cloth wants: clothes turn less than the body in them."""
    strength = np.array([CLOTHES[item.clothes] if r in ("shirt", "trousers") else 0.08
                         for r in body.regions])[body.region]  # fmt: skip
    trunk = np.isin(body.region, [body.regions.index("shirt"), body.regions.index("trousers")])
    axis = 0.5 * (body.joint_rest("thigh01_l") + body.joint_rest("thigh01_r"))

    def at(roll: float) -> Array:
        place = body.rest_vertices - axis
        angle = np.where(trunk, item.slack * roll, 0.0)
        c, s = np.cos(angle), np.sin(angle)
        x, y = place[:, 0].copy(), place[:, 1].copy()
        turned = np.stack([c * x - s * y, s * x + c * y, place[:, 2], strength], axis=1)
        return np.asarray(turned, np.float32)

    return at


def _belly(body: Body) -> Array:
    """(n,) how much each vertex rises with a breath: the front of the trunk."""
    hips, chest = body.joint_rest("thigh01_l")[2], body.joint_rest("arm01_l")[2]
    along = (body.rest_vertices[:, 2] - hips) / (chest - hips)
    out: Array = np.exp(-(((along - 0.45) / 0.3) ** 2)) * (np.abs(body.rest_vertices[:, 0]) < 0.2)
    return out


def pictures(item: RollFilm, renderer: Any) -> Iterator[ImageArray]:
    """What an ideal camera sees."""
    from exerciser import film
    from exerciser.meshes import Mesh, VertexNormals

    made = _made(item)
    body, pose, camera = made.body, made.pose, _camera(item, made)
    lm = body.landmarks(pose)
    room = film.room_for(body.skin(pose, 0), lm[0], camera, 500 + item.number,
                         keep_clear=lm[::5, :, :2].reshape(-1, 2))  # fmt: skip
    cloth, belly = _cloth(item, body), _belly(body)
    normals = VertexNormals(body.faces, len(body.rest_vertices))
    roll = np.radians(made.metrics["pelvic_roll_deg"])
    for i, time_s in enumerate(made.time_s):
        skin = np.asarray(body.skin(pose, i), np.float32)
        breath = item.breath_m * np.sin(2 * np.pi * 0.28 * time_s)
        skin += np.float32(breath) * normals(skin) * belly[:, None].astype(np.float32)
        skin[:, 2] = np.maximum(skin[:, 2], 0.0)
        mesh = Mesh(skin, body.faces, body.vertex_colors, cloth=cloth(roll[i] - roll[0]))
        yield renderer.render([mesh], camera, room.light, room)


def _made(item: RollFilm) -> GeneratedSet:
    made = build(item.spec, FPS)
    return replace(made, pose=_hand(item, made))


def _camera(item: RollFilm, made: GeneratedSet) -> Camera:
    return frame_points(item.camera, made.body.contact_points(made.pose), 0.08)


def film_missing(numbers: Sequence[int]) -> None:
    """Film what is not kept."""
    from benchmarks.render_tier import make_renderer
    from exerciser.film import film

    renderer = make_renderer(SIZE)
    for number in numbers:
        item = roll_film(number)
        if not item.path.exists():
            item.path.parent.mkdir(parents=True, exist_ok=True)
            part = item.path.with_suffix(".part.mp4")
            film(pictures(item, renderer), part, FPS, crf=6)
            part.rename(item.path)
            print(f"filmed {number}", flush=True)


# ----------------------------------------------------------------------- conditions
#: What is done to the pictures: (picture, landmarks (33, 2) in it, time, random) -> the
#: picture, and how its points moved (2, 3).
Disturb = Callable[[ImageArray, Array, float, np.random.Generator], tuple[ImageArray, Array]]
STILL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _moved(image: ImageArray, x: float, y: float, turn_deg: float) -> tuple[ImageArray, Array]:
    import cv2

    height, width = image.shape[:2]
    way = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1.0)
    way[:, 2] += np.array([x, y])
    moved: Any = cv2.warpAffine(image, way, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return moved, np.asarray(way)


def _shaking(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    x, y = np.sin([2.1 * time_s, 3.7 * time_s + 1.0]) * (3.0, 2.0) + rng.normal(0, 0.7, 2)
    return _moved(image, x, y, 0.7 * np.sin(1.3 * time_s))


def _exposing(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    gain = (1.0 + 0.2 * np.sin(1.9 * time_s)) * (0.75 if int(time_s / 1.3) % 2 else 1.0)
    return np.clip(image * gain, 0, 255).astype(np.uint8), STILL


def _knocked(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    # Every 1.6 s, so in every repetition on the way up or down.
    knocks = int((time_s + 0.2) / 1.6)
    return _moved(image, 24.0 * (knocks % 2), 14.0 * (knocks % 2), 1.5 * (knocks % 2))


def _blurred(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    import cv2

    blurred: Any = cv2.GaussianBlur(image, (0, 0), 2.0)
    return blurred, STILL


def _on_trunk(image: ImageArray, xy: Array, other: ImageArray) -> ImageArray:
    """The picture with another one in place of the trunk."""
    import cv2

    hips, shoulders = xy[[23, 24]].mean(axis=0), xy[[11, 12]].mean(axis=0)
    axis = shoulders - hips
    across = 0.5 * np.array([-axis[1], axis[0]])
    corners = [hips - 0.35 * axis + across, hips - 0.35 * axis - across,
               shoulders - across, shoulders + across]  # fmt: skip
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.array(corners).astype(np.int32), 255)
    return np.where(mask[..., None] > 0, other, image)


def _bare(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    """Cloth without any texture: the trunk blurred, with the sensor's noise over it."""
    import cv2

    soft = cv2.GaussianBlur(image, (0, 0), 6.0) + 2.0 * rng.standard_normal(image.shape, np.float32)
    return _on_trunk(image, xy, soft.clip(0, 255).astype(np.uint8)), STILL


def _tugged(
    image: ImageArray, xy: Array, time_s: float, rng: np.random.Generator
) -> tuple[ImageArray, Array]:
    # The clothes leap by a fifth of the trunk and back, every 1.3 s.
    trunk = float(np.hypot(*(xy[[11, 12]].mean(axis=0) - xy[[23, 24]].mean(axis=0))))
    leapt = _moved(image, 0.0, 0.2 * trunk * (int(time_s / 1.3) % 2), 0.0)[0]
    return _on_trunk(image, xy, leapt), STILL


@dataclass(frozen=True)
class Condition:
    """How the pictures are disturbed, which of them are shown, and by what webcam.

    fps: pictures a second at most, 0 = all. webcam, jpeg_quality: "" and 0 for the usual one.
    model: the pose model whose landmarks are taken, "" for the usual ones.
    """

    disturb: Disturb | None = None
    webcam: str = ""
    jpeg_quality: int = 0
    fps: float = FPS
    stalls: bool = False
    shrink: int = 1
    model: str = ""

    def shows(self, time_s: float, step_s: float) -> bool:
        """Whether a picture is seen; step_s: since the one before it."""
        if self.stalls and (time_s + 0.1) % 1.7 <= 0.5:
            return False
        tick = time_s * self.fps + 1e-6
        return self.fps == 0.0 or int(tick) != int(tick - step_s * self.fps) or time_s == 0.0


CONDITIONS = {
    "as they are": Condition(fps=0.0),
    "10 a second": Condition(fps=10.0),
    "bare cloth": Condition(_bare),
    "shaking": Condition(_shaking),
    "exposing": Condition(_exposing),
    "jpeg 40": Condition(jpeg_quality=40),
    "poor webcam": Condition(webcam="POOR_WEBCAM", jpeg_quality=45),
    "blurred": Condition(_blurred),
    "stalling": Condition(stalls=True),
    "knocked": Condition(_knocked),
    "tugged": Condition(_tugged),
    "320x240": Condition(shrink=2),
    "full": Condition(model="full"),
    "lite": Condition(model="lite"),
}


class _Shown:
    """Pictures of one film as a condition shows them; usual: its webcam where that names none."""

    def __init__(
        self, condition: Condition, size: tuple[int, int], usual: str, number: int
    ) -> None:
        from exerciser import film

        self._condition = condition
        self._size = size[0] // condition.shrink, size[1] // condition.shrink
        self._rng = np.random.default_rng(number)
        effects = getattr(film, condition.webcam or usual)
        quality = condition.jpeg_quality or effects.jpeg_quality
        effects = replace(effects, jpeg_quality=quality)
        self._webcam = film.Webcam(*self._size, effects, 0.15, number)

    def __call__(self, image: ImageArray, xy: Array, time_s: float) -> tuple[ImageArray, Array]:
        """The picture and its landmarks (33, 2) there."""
        import cv2

        condition, way = self._condition, STILL
        if condition.disturb is not None and np.isfinite(xy).all():
            image, way = condition.disturb(image, xy, time_s, self._rng)
        if condition.shrink > 1:
            small: Any = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
            image, way = small, way / condition.shrink
        return self._webcam(image, time_s), xy @ way[:, :2].T + way[:, 2]


def landmarks(item: RollFilm, made: GeneratedSet) -> Array:
    """(T, 33, 3) pixels of the true joints, each off by its own constant and wandering."""
    rng = np.random.default_rng([VERSION, 1, item.number])
    px = _camera(item, made).project(made.landmarks_m)[0]
    trunk = np.hypot(*(px[0, [11, 12]].mean(0) - px[0, [23, 24]].mean(0)))
    steps = rng.normal(0, 1, (len(px), 33, 2))
    for i in range(1, len(steps)):
        steps[i] = 0.85 * steps[i - 1] + 0.53 * steps[i]
    px = px + trunk * (rng.normal(0, 0.03, (33, 2)) + 0.008 * steps)
    return np.concatenate([px, np.where(np.isfinite(px[..., :1]), 0.0, np.nan)], axis=2)


def _pictures(item: RollFilm) -> Iterator[tuple[float, ImageArray]]:
    import av

    with av.open(str(item.path)) as kept:
        for index, frame in enumerate(kept.decode(video=0)):
            yield index / FPS, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def poses(item: RollFilm, condition: Condition) -> Iterator[PoseFrame]:
    """What the engine gets of one of our own films."""
    px = landmarks(item, _made(item))
    frames = (
        PoseFrame(i / FPS, xy, np.isfinite(xy[:, 0]).astype(float), SIZE) for i, xy in enumerate(px)
    )
    show = _Shown(condition, SIZE, "WEBCAM", item.number)
    if not condition.model:
        yield from _followed(_pictures(item), frames, condition, show)
        return
    from formcheck.capture.estimator import PoseEstimator
    from formcheck.capture.frames import Frame
    from formcheck.capture.models.store import ensure_model

    with PoseEstimator(ensure_model(condition.model)) as estimator:
        for index, (time_s, image) in enumerate(_pictures(item)):
            seen, _ = show(image, px[index, :, :2], time_s)
            yield estimator.estimate(Frame(time_s, seen, index))


def poses_outside(clip: Clip, condition: Condition) -> Iterator[PoseFrame]:
    """What the engine gets of somebody else's film; its landmarks move with the pictures."""
    from formcheck.capture.streams import open_video

    assert clip.video is not None
    kept = list(outside.poses(clip, "all", condition.model or "full"))
    with open_video(clip.video) as video:
        show = _Shown(condition, kept[0].frame_size, "CLEAN", 1)
        images = ((frame.time_s, frame.image_rgb) for frame in video)
        yield from _followed(images, iter(kept), condition, show)


def _followed(
    images: Iterator[tuple[float, ImageArray]],
    frames: Iterator[PoseFrame],
    condition: Condition,
    show: _Shown,
) -> Iterator[PoseFrame]:
    """Poses with the trunk followed in the pictures that the condition shows."""
    from formcheck.capture.trunk_motion import TrunkFollower

    follower, before_s = TrunkFollower(), 0.0
    for (time_s, image), frame in zip(images, frames, strict=False):
        step_s, before_s = time_s - before_s, time_s
        if not condition.shows(time_s, step_s):
            continue
        xy = frame.landmarks_px.copy()
        seen, xy[:, :2] = show(image, xy[:, :2], time_s)
        motion = follower.follow(seen, xy, time_s)
        size = seen.shape[1], seen.shape[0]
        yield replace(frame, landmarks_px=xy, frame_size=size, trunk_motion=motion)


# ---------------------------------------------------------------------------- table
@dataclass(frozen=True)
class Verdict:
    """What was said of one repetition. roll_deg: true, + = backward; found_deg: NaN = no fault."""

    groups: tuple[str, ...]
    roll_deg: float
    said: str
    found_deg: float


def verdicts(item: RollFilm, frames: Sequence[PoseFrame]) -> list[Verdict]:
    """One for each true repetition."""
    from formcheck.engine.session import SetSession

    session = SetSession(item.spec.exercise)
    for frame in frames:
        session.push(frame)
    reps = session.finish().reps
    out = []
    for plan in build(item.spec, FPS).plan:
        top_s = plan.start_s + plan.out_s + 0.5 * plan.hold_s
        rep = next((r for r in reps if r.start_s - 0.2 <= top_s <= r.end_s + 0.2), None)
        said, found = "no rep", float("nan")
        if rep is not None:
            fault = next((f for f in rep.faults if f.id == "pelvic_rotation"), None)
            missing = any(n.id == "pelvic_rotation" for n in rep.not_assessed)
            said = "fault" if fault else "not assessed" if missing else "clean"
            found = fault.value if fault else found
        out.append(
            Verdict((item.clothes, item.hand), plan.faults.get("pelvic_rotation", 0.0), said, found)
        )
    return out


def verdicts_outside(clip: Clip, frames: Sequence[PoseFrame]) -> list[Verdict]:
    """The same for each repetition of somebody else's film; true sizes without a direction."""
    out = []
    name = "real people" if clip.real else "films"
    for attempt in scoring.score(clip.record, frames).attempts:
        for check in attempt.faults:
            if check.fault != "pelvic_rotation":
                continue
            said = "clean" if check.found == "none" else "fault" if check.seen else check.found
            there = check.severity != "none"
            out.append(Verdict((name,), 1.0 if there else 0.0, said, abs(check.value)))
    return out


def line(told: Sequence[Verdict]) -> str:
    """Found, missed, not assessed of the rolled; false, not assessed of the clean."""
    rolled = [v for v in told if v.roll_deg and v.said != "no rep"]
    clean = [v for v in told if not v.roll_deg and v.said != "no rep"]

    def count(some: Sequence[Verdict], said: str) -> int:
        return sum(v.said == said for v in some)

    wrong_way = sum(v.said == "fault" and v.found_deg * v.roll_deg < 0 for v in rolled)
    return (
        f"found {count(rolled, 'fault')} of {len(rolled)} (missed {count(rolled, 'clean')}, "
        f"wrong way {wrong_way}); false {count(clean, 'fault')} of {len(clean)}; not assessed "
        f"{count(told, 'not assessed')} of {len(rolled) + len(clean)}"
    )


def _table(condition: Condition, numbers: Sequence[int]) -> Iterator[str]:
    """Our own films, as they are also by clothes and hands."""
    told = [
        v for n in numbers for v in verdicts(roll_film(n), list(poses(roll_film(n), condition)))
    ]
    yield line(told)
    for part in (*CLOTHES, *HANDS) if condition.fps == 0.0 else ():
        yield f"  {part}: " + line([v for v in told if part in v.groups])


def _table_outside(condition: Condition) -> Iterator[str]:
    truth = outside_truth.folder()
    known = [] if truth is None else outside_truth.clips(truth)
    lying = [c for c in known if c.exercise and EXERCISES[c.exercise].posture == "side_lying"]
    told = [
        v for c in lying if c.video
        for v in verdicts_outside(c, list(poses_outside(c, condition)))
    ]  # fmt: skip
    for name in ("films", "real people"):
        yield f"{name}: " + line([v for v in told if name in v.groups])


def main() -> int:
    parser = argparse.ArgumentParser(description="Rolls seen in pictures of many clothes.")
    parser.add_argument("--only", nargs="*", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--films", type=int, nargs=2, default=(0, COUNT), metavar="N")
    parser.add_argument(
        "--outside", action="store_true", help="films from outside in place of ours"
    )
    args = parser.parse_args()
    numbers = range(*args.films)
    if not args.outside:
        film_missing(numbers)
    for name in args.only:
        condition = CONDITIONS[name]
        for row in _table_outside(condition) if args.outside else _table(condition, numbers):
            print(f"{name}: {row}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
