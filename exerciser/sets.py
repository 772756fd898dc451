"""Whole sets of repetitions: what to do, and the movement that follows from it.

    spec = SetSpec("squat", "f_slim", reps=(RepSpec(), RepSpec(faults={"knee_valgus": 5})))
    for frame in generate(spec, fps=30):
        frame.time_s, frame.landmarks_m, frame.vertices, frame.metrics

Each way out and back is a minimum-jerk move. All noise comes from `seed`, is
smooth, and is the same at every frame rate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from exerciser import transitions
from exerciser.body import Array, load_body
from exerciser.figure import min_jerk
from exerciser.movement import RepClock
from exerciser.movements import movement_of
from exerciser.set_types import Frame, GeneratedSet, RepPlan, RepSpec, SetSpec
from exerciser.truth import metrics_of

__all__ = ["Frame", "GeneratedSet", "RepPlan", "RepSpec", "SetSpec", "build", "generate"]


class _Wander:
    """Smooth noise: a few slow waves with random phase (unit SD)."""

    def __init__(
        self, rng: np.random.Generator, slow_hz: float = 0.12, fast_hz: float = 0.9
    ) -> None:
        self.hz = np.exp(rng.uniform(np.log(slow_hz), np.log(fast_hz), 6))
        self.phase = rng.uniform(0, 2 * np.pi, 6)
        self.size = self.hz**-0.5
        self.size /= np.sqrt(0.5 * (self.size**2).sum())

    def __call__(self, t: Array) -> Array:
        return np.sin(2 * np.pi * np.outer(t, self.hz) + self.phase) @ self.size


def _check(spec: SetSpec) -> None:
    """Raise ValueError for what cannot be made."""
    movement = movement_of(spec.exercise)
    movement.check_side(spec.side)
    if spec.start_from not in ("in_place", "walk_in"):
        raise ValueError(f"unknown start_from {spec.start_from!r}")
    if spec.start_from == "walk_in" and movement.posture == "reclined":
        raise ValueError(f"nobody can walk in for {spec.exercise}: it begins reclined")
    known = set(movement.fault_names())
    for rep in spec.reps:
        if set(rep.faults) - known:
            raise ValueError(f"unknown fault {sorted(set(rep.faults) - known)}")


def _retimed(exercise: str, plan: RepPlan) -> RepPlan:
    """The repetition with the times that its faults give it."""
    faults = movement_of(exercise).faults
    for name, size in plan.faults.items():
        if name in faults and (retime := faults[name].retime) is not None:
            plan = retime(plan, size)
    return plan


def _plan(
    spec: SetSpec, rng: np.random.Generator, start: float
) -> tuple[tuple[RepPlan, ...], float]:
    t = start + spec.lead_in_s
    out = []
    for rep in spec.reps:
        wobble = np.clip(1 + spec.variation * rng.standard_normal(5), 0.7, 1.3)
        plan = RepPlan(
            start_s=t,
            out_s=rep.out_s * wobble[0],
            hold_s=rep.hold_s * wobble[1],
            back_s=rep.back_s * wobble[2],
            amplitude=rep.amplitude * wobble[3],
            faults=dict(rep.faults),
        )
        plan = _retimed(spec.exercise, plan)
        out.append(plan)
        t = plan.end_s + rep.pause_after_s * wobble[4]
    return tuple(out), t + spec.lead_out_s


def build(spec: SetSpec, fps: float = 30.0) -> GeneratedSet:
    """The whole set at once (vertices only when asked for, see `Frame`).

    Raises ValueError for a spec that cannot be made: unknown exercise or fault, no side.
    """
    _check(spec)
    body = load_body(spec.body)
    rng = np.random.default_rng(spec.seed)
    wander = [_Wander(rng) for _ in range(4)]
    breath_hz, breath_phase = rng.uniform(0.2, 0.3), rng.uniform(0, 2 * np.pi)
    walk_s = transitions.duration(spec.exercise) if spec.start_from == "walk_in" else 0.0
    plan, total = _plan(spec, rng, walk_s)
    time = np.arange(int(np.floor(total * fps)) + 1) / fps

    movement = movement_of(spec.exercise)
    params: dict[str, Array] = {
        k: np.full(len(time), float(v)) for k, v in {**movement.defaults, **spec.params}.items()
    }
    effort = np.zeros(len(time))
    names = movement.fault_names()
    clocks = [RepClock(time, rep) for rep in plan]
    for rep, clock in zip(plan, clocks, strict=True):
        t = time - rep.start_s
        up = min_jerk(t / max(rep.out_s, 1e-6))
        down = min_jerk((t - rep.out_s - rep.hold_s) / max(rep.back_s, 1e-6))
        effort += rep.amplitude * (up - down)
        for name, size in rep.faults.items():
            fault, alias = names[name]
            movement.faults[fault].put_in(params, clock, size, alias)
    if movement.course is not None:
        movement.course(body, params, effort, clocks, spec.side)
    sway = spec.sway * (1.0 if movement.posture == "standing" else 0.2)
    for name, size_m, noise in (("sway_x_m", 0.0035, wander[0]), ("sway_y_m", 0.004, wander[1])):
        if name in params:
            params[name] = params[name] + size_m * sway * noise(time)
    breath = np.sin(2 * np.pi * breath_hz * time + breath_phase)
    # a held limb is never quite still; the noise grows with the effort
    tremor = (
        spec.sway
        * (0.004 * wander[2](time) + 0.002 * breath)
        * (0.25 + 0.75 * np.clip(effort, 0, 1))
    )
    pose = movement.make(body, effort + tremor, spec.side, **params)
    in_place = np.ones(len(time), bool)
    if walk_s:
        n = int(np.searchsorted(time, walk_s))
        pose = transitions.walk_in(body, spec.exercise, time[:n], pose)
        in_place[:n] = False
    return GeneratedSet(spec, fps, body, time, effort, in_place, pose, plan, metrics_of)


def generate(spec: SetSpec, fps: float = 30.0) -> Iterator[Frame]:
    """Frame by frame (see `build` for all at once)."""
    whole = build(spec, fps)
    for i in range(len(whole)):
        yield whole.frame(i)
