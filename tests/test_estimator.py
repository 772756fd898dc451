"""From picture to pose: units, missing landmarks, and whose pose it is.

The tests with the real network need a model (found or fetched as for any user)
and real footage; they skip where either is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice, takewhile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pose_model import model_or_skip

from benchmarks.found_poses import PageEstimator
from benchmarks.outside_truth import folder
from formcheck.capture.estimator import EstimatorError, PoseEstimator
from formcheck.capture.follower import Follower
from formcheck.capture.frames import Frame, VideoFile
from formcheck.capture.models.store import ModelFile, ensure_model
from formcheck.capture.subject import Doubt, Person, SubjectLock
from formcheck.drawing.demonstration import frames
from formcheck.engine.pose import LANDMARK_COUNT, Landmark, PoseFrame
from formcheck.engine.session import SetSession

# --- whose pose it is, without a network --------------------------------------

WIDTH = 1000.0
SAMPLES = Path(__file__).resolve().parents[1] / "sample_videos"


def person(x: float, torso_px: float = 100.0, y: float = 300.0) -> Person:
    return Person(
        landmarks_px=np.full((LANDMARK_COUNT, 3), (x, y, 0.0)),
        visibility=np.ones(LANDMARK_COUNT),
        world_m=np.zeros((LANDMARK_COUNT, 3)),
        centre_px=np.array([x, y]),
        torso_px=torso_px,
    )


class Scene:
    """Drives the lock as the estimator does: sees all people, tracks one of them."""

    def __init__(self, posture: str = "") -> None:
        self.lock = SubjectLock()
        self.lock.expect(posture)
        self.looks = 0

    def show(
        self, time_s: float, people: list[Person], tracked: Person | None
    ) -> tuple[Person | None, bool]:
        doubt = self.lock.doubts(tracked, time_s)
        if tracked is None or doubt is Doubt.WAIT:
            return None, False
        chosen, changed = tracked, False
        if doubt in (Doubt.CHECK, Doubt.LOOK):
            self.looks += 1
            found, changed = self.lock.decide(people, tracked, time_s, WIDTH)
            if found is None:
                return None, False
            chosen = found
        self.lock.follow(chosen, time_s)
        return chosen, changed


def test_the_largest_and_most_central_is_chosen() -> None:
    small, large = person(500, 60), person(700, 120)
    assert Scene().show(0.0, [small, large], tracked=small) == (large, False)
    aside, central = person(50, 105), person(480, 100)
    assert Scene().show(0.0, [aside, central], tracked=aside) == (central, False)


def test_ordinary_movement_needs_no_second_look() -> None:
    scene = Scene()
    for index in range(3000):
        time_s = index / 30
        # A squat: 1.2 torso lengths up and down in two seconds.
        someone = person(500, 100 + 5 * np.sin(time_s), 300 + 60 * np.sin(np.pi * time_s))
        assert scene.show(time_s, [someone], someone) == (someone, False)
    assert scene.looks <= 6


def test_stays_with_the_subject_when_the_tracker_jumps() -> None:
    scene = Scene()
    subject, other = person(400), person(700)
    scene.show(0.0, [subject, other], subject)
    assert scene.show(1 / 30, [subject, other], other) == (subject, False)


def test_waits_for_the_subject_then_takes_another() -> None:
    scene = Scene()
    subject, other = person(400), person(700, 70)
    scene.show(0.0, [subject, other], subject)
    answers = [scene.show(i / 30, [other], other) for i in range(1, 90)]
    assert all(answer == (None, False) for answer in answers[:44])
    changes = [index for index, (_, changed) in enumerate(answers) if changed]
    assert len(changes) == 1  # said once
    assert 44 <= changes[0] <= 50  # 1.5 s, and the next look
    assert all(who is other for who, _ in answers[changes[0] :])


def test_takes_up_the_subject_again_within_the_patience() -> None:
    scene = Scene()
    subject, other = person(400), person(700, 70)
    scene.show(0.0, [subject, other], subject)
    for index in range(1, 30):
        assert scene.show(index / 30, [other], other) == (None, False)
    answers = [scene.show(1 + i / 30, [subject, other], other) for i in range(6)]
    assert answers[-1] == (subject, False)
    assert not any(changed for _, changed in answers)


def test_slow_frame_rates_allow_larger_steps() -> None:
    scene = Scene()
    scene.show(0.0, [person(400)], person(400))
    moved = person(500)  # one torso length
    assert scene.show(1.0, [moved], moved) == (moved, False)


def test_someone_much_larger_may_take_over_early_but_not_late() -> None:
    onlooker, subject = person(500, 60), person(520, 150)
    scene = Scene()
    scene.show(0.0, [onlooker], onlooker)
    changed_s = [
        i / 30 for i in range(1, 300) if scene.show(i / 30, [onlooker, subject], onlooker)[1]
    ]
    assert len(changed_s) == 1
    assert changed_s[0] < 6

    scene = Scene()
    for index in range(360):
        scene.show(index / 30, [onlooker], onlooker)
    answers = [scene.show(12 + i / 30, [onlooker, subject], onlooker) for i in range(300)]
    assert all(answer == (onlooker, False) for answer in answers)


# --- who is in the exercise's posture ------------------------------------------


def posed(exercise: str, x: float, size: float = 100.0) -> Person:
    """Somebody at rest in an exercise; size: half a metre on them, in pixels."""
    xy = frames(exercise)[0] * 3.3 * size + (x, 300.0)
    return replace(person(x, size), landmarks_px=np.column_stack([xy, np.zeros(LANDMARK_COUNT)]))


PATIENT, THERAPIST = posed("clamshell", 500), posed("squat", 520, 140)


@pytest.mark.parametrize(
    ("posture", "who"),
    [("side_lying", PATIENT), ("standing", THERAPIST), ("supine", THERAPIST), ("", PATIENT)],
)
def test_who_is_in_the_posture_of_the_exercise_is_chosen(posture: str, who: Person) -> None:
    scene = Scene(posture)
    assert scene.show(0.0, [PATIENT, THERAPIST], tracked=THERAPIST) == (who, False)


def test_somebody_small_in_the_background_is_not_chosen_for_their_posture() -> None:
    scene = Scene("side_lying")
    far = posed("clamshell", 500, 40)
    assert scene.show(0.0, [far, THERAPIST], tracked=THERAPIST) == (THERAPIST, False)


def test_who_lies_down_later_is_taken_up_soon_and_said_once() -> None:
    scene = Scene("side_lying")
    for index in range(600):
        scene.show(index / 30, [THERAPIST], THERAPIST)
    assert scene.looks <= 12
    answers = [scene.show(20 + i / 30, [THERAPIST, PATIENT], THERAPIST) for i in range(100)]
    changes = [index for index, (_, changed) in enumerate(answers) if changed]
    assert len(changes) >= 1
    assert changes[0] <= 91  # three seconds, and the next picture
    assert answers[changes[0]][0] is PATIENT


def test_who_has_done_the_exercise_may_get_up_beside_somebody_who_lies() -> None:
    scene = Scene("side_lying")
    other = posed("clamshell", 800)
    for index in range(90):
        scene.show(index / 30, [PATIENT, other], PATIENT)
    up = posed("squat", 500)
    answers = [scene.show(3 + i / 30, [up, other], up) for i in range(150)]
    assert not any(changed for _, changed in answers)
    assert all(who is up for who, _ in answers if who is not None)


def bent(exercise: str, x: float, size: float, time_s: float) -> Person:
    """Somebody who does an exercise, a repetition in three seconds."""
    poses = frames(exercise)
    xy = poses[int(time_s / 3 * len(poses)) % len(poses)] * 3.3 * size + (x, 300.0)
    return replace(person(x, size), landmarks_px=np.column_stack([xy, np.zeros(LANDMARK_COUNT)]))


def test_of_two_who_stand_the_one_who_squats_is_followed() -> None:
    scene, trainer = Scene("standing"), posed("squat", 700, 130)
    changes = []
    for index in range(300):
        patient = bent("squat", 400, 100, index / 30)
        tracked = scene.lock._subject if index else trainer
        follows = trainer if tracked is None or tracked.centre_px[0] > 600 else patient
        who, changed = scene.show(index / 30, [trainer, patient], follows)
        if changed:
            changes.append(index / 30)
    assert len(changes) == 1
    assert changes[0] < 6
    assert who is not None and who.centre_px[0] == 400


def test_a_trainer_who_shows_it_first_is_left_for_who_does_more_of_it() -> None:
    scene, followed = Scene("standing"), 700.0
    changes = []
    for index in range(1500):
        time_s = index / 30
        trainer = bent("squat", 700, 130, min(time_s, 6.0))
        patient = bent("squat", 400, 100, max(time_s - 12.0, 0.0))
        who, changed = scene.show(
            time_s, [trainer, patient], trainer if followed > 600 else patient
        )
        if who is not None:
            followed = who.centre_px[0]
        if changed:
            changes.append((time_s, followed))
    assert [x for _, x in changes] == [400]
    assert changes[0][0] < 30


def test_who_rests_after_a_rep_is_not_left_for_somebody_who_goes_on() -> None:
    scene = Scene("standing")
    for index in range(600):
        time_s = index / 30
        one = bent("squat", 400, 130, min(time_s, 6.0))
        other = bent("squat", 700, 100, time_s)
        assert scene.show(time_s, [one, other], one) == (one, False)


def test_who_walks_past_bends_the_knees_and_is_not_followed() -> None:
    scene, subject = Scene("standing"), posed("squat", 400, 100)
    for index in range(240):
        passer = bent("squat", 900 - 3 * index, 100, index / 10)
        assert scene.show(index / 30, [subject, passer], subject) == (subject, False)


def looks(sights: list[list[Person]], until_s: float) -> tuple[list[float], list[int]]:
    """When a watchful follower looks around who sees these one look after the other, and how
    many people it believes in after each."""
    follower, subject = Follower(watchful=True), posed("squat", 500, 100)
    follower.expect("standing")
    when: list[float] = []
    believed: list[int] = []
    for index in range(round(10 * until_s)):
        choice = follower.step(subject, index / 10, WIDTH)
        if choice.wish is not None:
            found = [subject, *(sights.pop(0) if sights else [])]
            assert follower.step(subject, index / 10, WIDTH, found).person is subject
            when.append(index / 10)
            believed.append(follower.people)
    return when, believed


def test_who_joins_is_noticed_in_three_looks_and_missed_in_one() -> None:
    other = posed("squat", 700, 80)
    # Beside whom nobody is looked around, long after it is settled whom to follow.
    when, believed = looks([[] for _ in range(7)] + [[other]] * 4 + [[]] * 9, 60)
    came = believed.index(2)
    assert set(believed[came : came + 2]) == {2} and set(believed[came + 2 :]) == {1}
    # Two more looks soon after the first one make sure.
    assert when[came] - when[came - 2] <= 1.2
    assert max(np.diff(when)) <= 5.1


@pytest.mark.parametrize("size", [30, 80])
def test_a_reflection_that_flickers_and_a_picture_on_the_wall_are_nobody(size: int) -> None:
    other = posed("squat", 700, size)
    once = [[other] if index % 3 == 1 else [] for index in range(40)]
    always = [[other]] * 40
    _, believed = looks(always if size == 30 else once, 60)
    assert set(believed) == {1}


def test_without_being_watchful_nobody_is_looked_around_for() -> None:
    follower, subject = Follower(), posed("squat", 500, 100)
    follower.expect("standing")
    for index in range(600):
        choice = follower.step(subject, index / 10, WIDTH)
        if choice.wish is not None:
            follower.step(subject, index / 10, WIDTH, [subject])
            last_s = index / 10
    assert last_s < 12


# --- with a fake network ------------------------------------------------------


class FakeLandmarker:
    """Answers like PoseLandmarker with the given people; remembers the stamps."""

    def __init__(self, *people: list[tuple[float, float, float, float]]) -> None:
        self.people = people
        self.stamps: list[int] = []

    def detect(self, image: Any) -> SimpleNamespace:
        poses = [
            [SimpleNamespace(x=x, y=y, z=z, visibility=v) for x, y, z, v in p] for p in self.people
        ]
        return SimpleNamespace(pose_landmarks=poses, pose_world_landmarks=poses)

    def detect_for_video(self, image: Any, stamp_ms: int) -> SimpleNamespace:
        self.stamps.append(stamp_ms)
        return self.detect(image)

    def close(self) -> None:
        pass


@pytest.fixture
def faked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PoseEstimator]:
    def make(fake: FakeLandmarker) -> PoseEstimator:
        monkeypatch.setattr(PoseEstimator, "_landmarker", lambda self, path, mode, poses: fake)
        (tmp_path / "any.task").write_bytes(b"any")
        return PoseEstimator(tmp_path / "any.task")

    return make


def frame(time_s: float, size: tuple[int, int] = (64, 48)) -> Frame:
    return Frame(time_s, np.zeros((size[1], size[0], 3), np.uint8), 0)


def test_pixels_out_and_unseen_landmarks_missing(faked: Callable[..., PoseEstimator]) -> None:
    points = [(0.5, 0.25, -0.5, 0.9)] * LANDMARK_COUNT
    points[Landmark.LEFT_ANKLE] = (0.5, 0.25, 0.0, 0.3)
    points[Landmark.RIGHT_ANKLE] = (0.5, 1.3, 0.0, 0.9)
    with faked(FakeLandmarker(points)) as estimator:
        pose = estimator.estimate(frame(0.0, (64, 48)))
    assert pose.frame_size == (64, 48)
    assert pose.landmarks_px[Landmark.NOSE] == pytest.approx([32, 12, -32])
    assert pose.world_m[Landmark.NOSE] == pytest.approx([0.5, 0.25, -0.5])
    assert np.isnan(pose.landmarks_px[Landmark.LEFT_ANKLE]).all()
    assert pose.visibility[Landmark.LEFT_ANKLE] == pytest.approx(0.3)
    assert np.isnan(pose.landmarks_px[Landmark.RIGHT_ANKLE]).all()


def test_nobody_gives_an_empty_frame(faked: Callable[..., PoseEstimator]) -> None:
    with faked(FakeLandmarker()) as estimator:
        pose = estimator.estimate(frame(3.5))
    assert not pose.has_person
    assert pose.time_s == 3.5
    assert np.isnan(pose.visibility).all()


def test_stamps_increase_even_when_frames_are_closer_than_a_millisecond(
    faked: Callable[..., PoseEstimator],
) -> None:
    fake = FakeLandmarker()
    with faked(fake) as estimator:
        for time_s in (0.0, 0.0001, 0.0002, 0.0003, 0.5, 0.5001):
            assert estimator.estimate(frame(time_s)).time_s == time_s
    assert fake.stamps == [0, 1, 2, 3, 500, 501]


def test_a_model_that_is_not_one(tmp_path: Path) -> None:
    with pytest.raises(EstimatorError, match="does not exist"):
        PoseEstimator(tmp_path / "none.task")
    wrong = tmp_path / "wrong.task"
    wrong.write_bytes(b"not a model")
    with pytest.raises(EstimatorError, match=r"cannot be started with .*wrong\.task"):
        PoseEstimator(wrong)


def test_importing_the_module_does_not_import_mediapipe() -> None:
    code = (
        "import sys, formcheck.capture.estimator\n"
        "print('mediapipe' in sys.modules, 'cv2' in sys.modules)"
    )
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout.split() == ["False", "False"]


# --- with the real network ----------------------------------------------------


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return model_or_skip("full")


def clip(folder: Path, name: str, height: int, count: int) -> list[np.ndarray]:
    """Every second of the first pictures of a clip, scaled to a height."""
    import cv2

    with VideoFile(folder / f"{name}.mp4") as source:
        pictures = [f.image_rgb for f in islice(source, 0, 2 * count, 2)]
    width = round(pictures[0].shape[1] * height / pictures[0].shape[0])
    return [cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA) for p in pictures]


def torso_x(pose: PoseFrame) -> float:
    corners = [
        Landmark.LEFT_SHOULDER,
        Landmark.RIGHT_SHOULDER,
        Landmark.LEFT_HIP,
        Landmark.RIGHT_HIP,
    ]
    return float(np.mean(pose.landmarks_px[corners, 0]))


@pytest.fixture(params=["here", "page"])
def estimator(model: ModelFile, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Looks at pictures itself, or takes what a page finds in them and asks for more."""
    way = PoseEstimator(model) if request.param == "here" else PageEstimator(model.path)
    with way as estimator:
        yield estimator


def run(
    model: ModelFile, count: int, picture: Callable[[int], np.ndarray], way: Any = None
) -> list[PoseFrame]:
    with way or PoseEstimator(model) as estimator:
        return [estimator.estimate(Frame(i / 15, picture(i), i)) for i in range(count)]


def side_by_side(left: np.ndarray | None, right: np.ndarray | None) -> np.ndarray:
    canvas = np.full((540, 720, 3), 90, np.uint8)
    if left is not None:
        canvas[: left.shape[0], : left.shape[1]] = left
    if right is not None:
        canvas[-right.shape[0] :, -right.shape[1] :] = right
    return canvas


def test_finds_the_person_in_real_footage(
    model: ModelFile, real_footage: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pictures = clip(real_footage, "squat_front", 540, 10)
    poses = run(model, 10, lambda i: pictures[i])
    assert all(pose.has_person for pose in poses)
    assert not any(pose.person_changed for pose in poses)
    nose, ankle = (poses[-1].landmarks_px[k, 1] for k in (Landmark.NOSE, Landmark.LEFT_ANKLE))
    assert 0 < nose < ankle < 540
    # Her left is on the right of the picture: nothing is mirrored.
    left, right = (
        poses[-1].landmarks_px[k, 0] for k in (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)
    )
    assert left > right
    assert capfd.readouterr().err == ""  # mediapipe's own chatter stays away


def test_the_subject_hidden_for_a_moment_is_not_exchanged(
    model: ModelFile, real_footage: Path, estimator: Any
) -> None:
    subject = clip(real_footage, "squat_side", 540, 35)
    other = clip(real_footage, "squat_front", 360, 35)
    poses = run(
        model, 35, lambda i: side_by_side(None if 7 <= i < 20 else subject[i], other[i]), estimator
    )
    assert all(torso_x(pose) < 304 for pose in poses if pose.has_person)
    # What a page is asked for comes two pictures late, and one more for each thing asked.
    late = 0 if isinstance(estimator, PoseEstimator) else 3
    assert all(pose.has_person for pose in [*poses[3 + late : 7], *poses[25 + late :]])
    assert not any(pose.person_changed for pose in poses)


def test_another_person_taking_over_is_said_once(
    model: ModelFile, real_footage: Path, estimator: Any
) -> None:
    subject = clip(real_footage, "squat_side", 540, 40)
    other = clip(real_footage, "squat_front", 360, 40)
    poses = run(
        model, 40, lambda i: side_by_side(subject[i] if i < 8 else None, other[i]), estimator
    )
    changed = [index for index, pose in enumerate(poses) if pose.person_changed]
    assert len(changed) == 1
    assert all(torso_x(pose) < 304 for pose in poses[: changed[0]] if pose.has_person)
    assert all(torso_x(pose) > 500 for pose in poses[changed[0] :])


@pytest.mark.parametrize("way", [PoseEstimator, PageEstimator])
def test_somebody_who_joins_late_is_noticed_and_not_followed(model: ModelFile, way: Any) -> None:
    subject, other = (
        clip(SAMPLES, name, 360, 210)[::2] for name in ("squat_front_knee_valgus", "squat_oblique")
    )
    options = {"watchful": True} if way is PoseEstimator else {}
    with way(ensure_model("lite").path, **options) as estimator:
        poses = []
        for index, (left, right) in enumerate(zip(subject, cycle(other), strict=False)):
            nobody = np.hstack([right[:, :120]] * 2)
            beside = right[:, 120:360] if index >= 66 else nobody
            image = np.ascontiguousarray(np.hstack([left[:, 120:360], beside]))
            poses.append(estimator.estimate(Frame(index / 6, image, index), "standing"))
    noticed = next(index for index, pose in enumerate(poses) if pose.people > 1)
    assert 66 < noticed <= 66 + 6 * 7
    assert all(pose.people == 2 for pose in poses[noticed:])
    assert all(torso_x(pose) < 240 for pose in poses if pose.has_person)
    assert not any(pose.person_changed for pose in poses)


def test_someone_passing_in_front_does_not_take_the_track_along(
    model: ModelFile, real_footage: Path, estimator: Any
) -> None:
    subject = clip(real_footage, "squat_side", 540, 50)
    other = clip(real_footage, "squat_front", 360, 50)

    def picture(index: int) -> np.ndarray:
        canvas = np.full((540, 720, 3), 90, np.uint8)
        canvas[:, 200:504] = subject[index]
        x = min(16 * index, 500)
        canvas[180:, x : x + other[index].shape[1]] = other[index]
        return canvas

    poses = run(model, 50, picture, estimator)
    assert all(300 < torso_x(pose) < 400 for pose in poses[40:])
    assert not any(pose.person_changed for pose in poses)


def test_the_patient_is_followed_not_the_therapist_behind(estimator: Any) -> None:
    where = folder()
    if where is None:
        pytest.skip("the recordings from outside are not here (set FORMCHECK_TRUTH)")
    session = SetSession("clamshell")
    with VideoFile(where / "videos" / "vin_clamshells.mp4") as file:
        # Six pictures a second, until the second of five is over.
        for picture in takewhile(lambda one: one.time_s < 23.0, islice(file, 0, None, 5)):
            session.push(estimator.estimate(picture, "side_lying"))
    assert session.finish().summary.reps == 2


def test_what_mediapipe_only_plots_and_records_with_is_not_loaded() -> None:
    look = (
        "import sys; from formcheck.capture.estimator import load_mediapipe; load_mediapipe();"
        "assert not {'matplotlib', 'pyparsing', 'sounddevice', 'PIL'} & set(sys.modules);"
        # Who does plot gets the real one.
        "import matplotlib.pyplot; matplotlib.pyplot.figure"
    )
    subprocess.run([sys.executable, "-c", look], check=True)
