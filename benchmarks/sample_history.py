"""Make the past that formcheck brings along to try its pages on.

    python -m benchmarks.sample_history     # writes formcheck/history/sample_history.json.xz

The virtual person does the sets of a programme, week by week further and with fewer
faults, and the engine measures them as it measures those of a camera. A few sets of each
week stand for all of its days. The file is an export of that history.
"""

from __future__ import annotations

import lzma
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.parallel import spread
from exerciser.body import load_body
from exerciser.camera import Camera, frame_points
from exerciser.movements import movement_of
from exerciser.sets import RepSpec, SetSpec, build
from formcheck.drawing.stills import Still, draw, encode, picture_id, shown_moments
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame, empty_frame
from formcheck.engine.trace import TraceKeeper
from formcheck.history import History
from formcheck.history.export import json_lines
from formcheck.history.rows import new_id
from formcheck.history.sample_history import FILE, TODAY
from formcheck.live.coach import Coach
from formcheck.live.coached_set import FinishedSet
from formcheck.training.programmes.plan import PlannedSet, plan_circuit
from formcheck.training.programmes.shipped import PROGRAMMES
from formcheck.training.records import Circuit, Enrolment, SetStart

PROGRAMME = PROGRAMMES["glutes_3phase"]
WEEKS = 5
#: In this week, from 0, the second phase begins.
SECOND_PHASE = 3
#: So many sets of an exercise stand for all of a week.
VARIANTS = 2
BODY = "f_average"
FPS = 10.0
#: Side of a picture, pixels; points of the signal are kept so far apart, in frames.
SIDE, THIN = 360, 4
#: Landmark noise, as a share of the trunk's length, and how long it lasts, seconds.
NOISE, NOISE_S = 0.001, 0.3
#: From one leg to the other: turning over and finding the place again, seconds.
TURN_S = 5.0
#: Where the middle of a way is seen faster than it is: times are so much longer.
SLOWER = {"small_squat": 1.6}
#: From here a stand shows both the trunk's lean and the knee's bend, degrees.
OBLIQUE = 48.0
#: From so far above the roll of the pelvis shows, degrees.
RAISED = 32.0
#: Exercise -> fault -> in what share of the reps, at the beginning and at the end.
FAULTS = {
    "clamshell": {"pelvic_rotation": (0.85, 0.05), "feet_apart": (0.2, 0.0)},
    "banded_clamshell": {"pelvic_rotation": (0.55, 0.1), "feet_apart": (0.3, 0.0)},
    "glute_bridge": {"sinking": (0.4, 0.1), "incomplete_extension": (0.3, 0.0)},
    "hip_thrust": {"sinking": (0.4, 0.1), "incomplete_extension": (0.2, 0.0)},
    "single_leg_abc": {"trunk_lateral_lean": (0.6, 0.1), "knee_bend": (0.4, 0.0)},
    "small_squat": {"knee_valgus": (0.7, 0.2)},
}
#: When rounds are begun: hour and minute, and how much that varies, minutes.
ROUNDS = ((7, 20, 12), (12, 35, 20), (18, 50, 30))
NOTES = (
    "Felt easy today.",
    "A mat under the hip helps.",
    "Tired from work, still done.",
    "The band slipped once.",
)
SORE = "Pulled a little on the outside of the left hip."


# -------------------------------------------------------------------------- the sets
@dataclass(frozen=True)
class Job:
    """One set to be made; of planned.done it goes on."""

    planned: PlannedSet
    week: int
    variant: int


def skill(week: int, variant: int) -> float:
    """0 in the beginning, 1 after five weeks."""
    return min(1.0, (week + variant / VARIANTS) / (WEEKS - 0.5))


def measured(job: Job) -> FinishedSet:
    """A set as the coach tells of it."""
    planned, exercise = job.planned, EXERCISES[job.planned.exercise]
    before = planned.done.get("both", 0)
    rng = np.random.default_rng([job.week, job.variant, planned.position, before])
    poses: list[PoseFrame] = []
    for side in ("left", "right") if exercise.unilateral else ("both",):
        begin = poses[-1].time_s + 1 / FPS if poses else 0.0
        if poses:
            size = poses[-1].frame_size
            poses += [empty_frame(begin + i / FPS, size) for i in range(round(TURN_S * FPS))]
            begin = poses[-1].time_s + 1 / FPS
        full = "pose_landmarker_full 1"
        poses += [replace(p, time_s=begin + p.time_s, model=full) for p in filmed(job, side, rng)]
    trace = TraceKeeper(exercise)
    coach = Coach(
        exercise,
        planned.prescription,
        both_sides=planned.both_sides,
        done=planned.done,
        on_step=trace,
    )
    coach.start()
    for pose in poses:
        coach.push(pose)
    report = coach.finish(source_name="webcam")
    shown = {}
    for at_s, rep, fault in shown_moments(report, exercise):
        pose = min(poses, key=lambda p: abs(p.time_s - at_s))
        jpeg = draw(Still(at_s, encode(drawn(pose)), pose), [fault] if fault else [])
        shown[picture_id(rep, fault)] = jpeg
    when = datetime.combine(TODAY, time(), UTC)
    thin = replace(trace.trace, time_s=trace.trace.time_s[::THIN], value=trace.trace.value[::THIN])
    return FinishedSet("", when, report, planned.prescription, shown, thin)


def filmed(job: Job, side: str, rng: np.random.Generator) -> list[PoseFrame]:
    """One leg's reps, or both legs', as the camera sees them."""
    planned, exercise = job.planned, EXERCISES[job.planned.exercise]
    movement, asked, able = (
        movement_of(exercise.id),
        planned.prescription,
        skill(job.week, job.variant),
    )
    weaker = 0.12 * (1 - able) if side == "left" else 0.0
    reps = []
    for _ in range((asked.reps or 10) - planned.done.get("both", 0)):
        faults: dict[str, float] = {}
        for fault, (first, last) in FAULTS[exercise.id].items():
            if not faults and rng.random() < first + able * (last - first):
                low, high = movement.faults[fault].sizes or (0.0, 0.0)
                size = low + (high - low) * (0.9 - 0.4 * able) * rng.uniform(0.6, 1.0)
                faults[fault] = -size if fault == "pelvic_rotation" and low < 0 else size
        amplitude = 0.8 + 0.2 * able - weaker + rng.normal(0, 0.02)
        hurried = 0.5 if rng.random() < 0.12 * (1 - able) else 1.0
        hold_s = 0.0
        if asked.hold_s is not None:
            hold_s = asked.hold_s * min(1.08, 0.93 + 0.12 * able + rng.normal(0, 0.05)) + 0.6
        if rng.random() < 0.04 * (1 - able) and exercise.hold == "still":
            amplitude, hold_s, faults = 0.4, 0.0, {}
        slower = SLOWER.get(exercise.id, 1.0)
        ways = slower * (asked.concentric_s or 1.2), slower * (asked.eccentric_s or 1.2)
        out_s, back_s = exercise.primary.swapped(ways)
        reps.append(
            RepSpec(
                amplitude=amplitude,
                out_s=out_s * hurried * rng.uniform(0.92, 1.08),
                hold_s=hold_s,
                back_s=back_s * rng.uniform(0.92, 1.08),
                pause_after_s=rng.uniform(0.8, 1.6),
                faults=faults,
            )
        )
    spec = SetSpec(
        exercise.id, BODY, side=side, reps=tuple(reps), seed=int(rng.integers(1 << 30)),
        lead_in_s=movement.lead_in_s + 2.0, lead_out_s=2.0,
    )  # fmt: skip
    made, camera = build(spec, FPS), standing(job, side)
    px, _ = camera.project(made.landmarks_m)
    px = px + noise(rng, px)
    frames = []
    for time_s, points in zip(made.time_s, px, strict=True):
        known = np.isfinite(points[:, :1])
        landmarks = np.concatenate([points, np.where(known, 0.0, np.nan)], axis=1)
        seen = known[:, 0].astype(float)
        frames.append(PoseFrame(float(time_s), landmarks, seen, (camera.width, camera.height)))
    return frames


def noise(rng: np.random.Generator, px: np.ndarray) -> np.ndarray:
    """(T, 33, 2) pixels that landmarks are off, smooth in time."""
    trunk = np.linalg.norm(px[0, [11, 12]].mean(axis=0) - px[0, [23, 24]].mean(axis=0))
    keep = np.exp(-1 / FPS / NOISE_S)
    out = rng.normal(0, NOISE * trunk, px.shape)
    for i in range(1, len(out)):
        out[i] = keep * out[i - 1] + np.sqrt(1 - keep**2) * out[i]
    return out


def standing(job: Job, side: str) -> Camera:
    """Where the camera stands; in the first week every other time on the floor."""
    movement, body = movement_of(job.planned.exercise), load_body(BODY)
    azimuth, elevation = next(iter(movement.views.values()))
    if movement.id == "single_leg_abc":
        azimuth = OBLIQUE
    if movement.posture == "side_lying":
        elevation = RAISED if job.variant or job.week else 3.0
    pose = movement.make(body, np.array([0.0, 0.5, 1.1]), side)
    points = body.contact_points(pose)
    return frame_points(Camera(azimuth, elevation, 3.0, 45.0, 640, 480), points, 0.12)


def drawn(pose: PoseFrame) -> NDArray[np.uint8]:
    """A picture of a person in this pose: flat limbs on a mat."""
    import cv2

    wide, tall = pose.frame_size
    px = pose.landmarks_px[:, :2]
    trunk = np.linalg.norm(px[[11, 12]].mean(axis=0) - px[[23, 24]].mean(axis=0))
    image = np.full((tall, wide, 3), (203, 200, 192), np.uint8)
    image[int(0.8 * tall) :] = (158, 148, 134)
    skin, trousers, shirt = (190, 150, 125), (70, 84, 110), (120, 140, 150)

    def limb(a: int, b: int, width: float, colour: tuple[int, int, int]) -> None:
        if np.isfinite(px[[a, b]]).all():
            (ax, ay), (bx, by) = px[[a, b]].round().astype(int).tolist()
            cv2.line(image, (ax, ay), (bx, by), colour, max(3, round(width * trunk)), cv2.LINE_AA)

    for side in (1, 0):
        limb(L.LEFT_HIP + side, L.LEFT_KNEE + side, 0.3, trousers)
        limb(L.LEFT_KNEE + side, L.LEFT_ANKLE + side, 0.2, trousers)
        limb(L.LEFT_HEEL + side, L.LEFT_FOOT_INDEX + side, 0.14, skin)
        limb(L.LEFT_SHOULDER + side, L.LEFT_ELBOW + side, 0.18, shirt)
        limb(L.LEFT_ELBOW + side, L.LEFT_WRIST + side, 0.13, skin)
        limb(L.LEFT_SHOULDER + side, L.LEFT_HIP + side, 0.35, shirt)
    limb(L.LEFT_SHOULDER, L.RIGHT_SHOULDER, 0.3, shirt)
    limb(L.LEFT_HIP, L.RIGHT_HIP, 0.3, trousers)
    x, y = px[[L.LEFT_EAR, L.RIGHT_EAR]].mean(axis=0).round().astype(int).tolist()
    cv2.circle(image, (x, y), round(0.21 * trunk), skin, -1, cv2.LINE_AA)
    return image


# -------------------------------------------------------------------------- the weeks
@dataclass
class Past:
    """Writes the weeks. sets: by (exercise, week, variant), reps done before left out of it."""

    history: History
    sets: dict[tuple[str, int, int], FinishedSet]
    rest: FinishedSet
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def write(self) -> str:
        """Write them; returns the id of the person."""
        self.person = self.history.add_profile("Demo")
        first = TODAY - timedelta(days=7 * WEEKS)
        enrolment = self.history.enrol(self.person.id, PROGRAMME.to_dict(), when=_at(first, 7, 5))
        for number, day in enumerate(self.days(first)):
            week = (day - first).days // 7
            if enrolment.phase == 0 and week >= SECOND_PHASE:
                enrolment = self.history.set_phase(enrolment.id, 1, when=_at(day, 7, 0))
            for index, begun in enumerate(self.rounds(day)):
                self.round(enrolment, begun, week, (number, index))
        return self.person.id

    def days(self, first: date) -> Iterator[date]:
        """The days of training: of each week two or three are for rest."""
        for week in range(WEEKS):
            resting = set(self.rng.choice(7, size=2 if week else 3, replace=False).tolist())
            if week == WEEKS - 1:
                resting = {1}
            yield from (
                first + timedelta(days=7 * week + day) for day in range(7) if day not in resting
            )

    def rounds(self, day: date) -> Iterator[datetime]:
        number = int(self.rng.choice([1, 2, 3], p=[0.35, 0.5, 0.15]))
        for index in {1: (2,), 2: (0, 2), 3: (0, 1, 2)}[number]:
            hour, minute, about = ROUNDS[index]
            late = timedelta(minutes=int(self.rng.integers(-about, about + 1)))
            yield _at(day, hour, minute) + late

    def round(
        self, enrolment: Enrolment, begun: datetime, week: int, number: tuple[int, int]
    ) -> None:
        rng, history = self.rng, self.history
        circuit = history.begin_circuit(enrolment, when=begun)
        now = begun + timedelta(seconds=40)
        pain = number == (10, 0)
        for planned in plan_circuit(PROGRAMME.phases[enrolment.phase]):
            if planned.position == 2 and not pain and rng.random() < 0.06:
                history.skip(circuit.id, planned.position)
                continue
            done = self.sets[planned.exercise, week, int(rng.integers(VARIANTS))]
            if number == (7, 0) and planned.position == 1:
                # Four reps, and then the computer went off.
                set_id = self.begin(circuit, planned, now)
                for rep in done.report.reps[:4]:
                    history.add_rep(set_id, rep, when=now + timedelta(seconds=rep.end_s))
                now += timedelta(minutes=6)
                done = self.rest
            hurts = pain and planned.position == 2
            now = self.set(circuit, planned, now, done, hurts=hurts)
        reason = "pain" if pain else "stopped" if rng.random() < 0.03 else "done"
        history.end_circuit(circuit.id, reason, when=now)
        if rng.random() < 0.85:
            effort = round(7 - 3 * skill(week, 0) + 2 * enrolment.phase + rng.normal(0, 0.6))
            history.answer_effort(circuit.id, max(1, min(10, effort)))

    def begin(self, circuit: Circuit, planned: PlannedSet, now: datetime) -> str:
        start = SetStart(
            new_id(), self.person.id, planned.exercise, planned.prescription, now,
            planned.both_sides, circuit_id=circuit.id, position=planned.position,
        )  # fmt: skip
        self.history.begin_set(start)
        return start.id

    def set(
        self,
        circuit: Circuit,
        planned: PlannedSet,
        now: datetime,
        done: FinishedSet,
        *,
        hurts: bool,
    ) -> datetime:
        """Keep a set; when the next one may begin."""
        rng, history = self.rng, self.history
        set_id, duration_s = self.begin(circuit, planned, now), done.report.source.duration_s
        end = now + timedelta(seconds=duration_s)
        reason = "button" if hurts else "target"
        history.finish_set(set_id, done, end_reason=reason, duration_s=duration_s, when=end)
        if hurts:
            history.answer_pain(set_id, True, 3)
            history.note(set_id, SORE)
        elif rng.random() < 0.8:
            history.answer_pain(set_id, False)
        if not hurts and rng.random() < 0.05:
            history.note(set_id, str(rng.choice(NOTES)))
        return end + timedelta(seconds=float(rng.uniform(15, 45)))


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


# --------------------------------------------------------------------------- the file
def jobs() -> Iterator[Job]:
    """Every set that is made; the last one is the rest of one that was broken off."""
    for week in range(WEEKS):
        for planned in plan_circuit(PROGRAMME.phases[int(week >= SECOND_PHASE)]):
            yield from (Job(planned, week, variant) for variant in range(VARIANTS))
    bridge = plan_circuit(PROGRAMME.phases[0])[1]
    yield Job(replace(bridge, done={"both": 4}), 1, 0)


def small(sets: Sequence[FinishedSet]) -> list[FinishedSet]:
    """The sets with one picture for each fault of an exercise, however often it was found."""
    from io import BytesIO

    from PIL import Image

    kept: dict[tuple[str, str], bytes] = {}
    out = []
    for one in sets:
        shown = {}
        sides = {f"rep{rep.index:03d}": rep.side for rep in one.report.reps}
        for name, jpeg in one.pictures.items():
            number, what = name.split("_", 1)
            key = (one.report.exercise, f"{what} {sides.get(number, '')}")
            if key not in kept:
                with Image.open(BytesIO(jpeg)) as image:
                    image.thumbnail((SIDE, SIDE))
                    packed = BytesIO()
                    image.save(packed, "JPEG", quality=60, optimize=True)
                kept[key] = packed.getvalue()
            shown[name] = kept[key]
        out.append(replace(one, pictures=shown))
    return out


def write(sets: Sequence[FinishedSet], path: Path = FILE) -> None:
    """Write the weeks that these sets of jobs() make up."""
    *whole, rest = small(sets)
    by_job = {
        (job.planned.exercise, job.week, job.variant): one
        for job, one in zip(jobs(), whole, strict=False)
    }
    with tempfile.TemporaryDirectory() as folder:
        history = History(f"sqlite:///{folder}/history.db")
        person = Past(history, by_job, rest).write()
        text = "".join(json_lines(history, person))
        history.close()
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def main() -> int:
    write(spread(measured, list(jobs()), chunk=1))
    print(f"{FILE.name}: {FILE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
