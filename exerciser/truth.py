"""The true numbers of a generated set, from the 3D joints alone.

`metrics` gives the clinical metrics of every frame, `reps` what happened in each
repetition, `truth` one JSON-ready record of it all.

Definitions per repetition, with p(t) the exercise's primary metric (`Movement.primary`):
  excursion   distance of p between the rest level (its mean over the 0.3 s before
              the move) and its extreme
  start, end  where p crosses 10% of the excursion, going out and coming back
  hold        time p stays within 10% of the excursion of its extreme while moving
              slower than 10% of the excursion per second; gaps under 0.3 s bridged
  top         middle of that hold, or the extreme itself when there is none
  concentric, eccentric
              time between 10% and 90% of the excursion, times 1.25;
              which of them is concentric says `Movement.concentric`
  (For movements with `Movement.away` a hold is all the time beyond half of the full
  excursion, and start and end are the first and the last such crossing.)
  kind        "rep" from half of the full excursion on, "partial" from a fifth;
              less is not counted. The full excursion is that of the same person
              and parameters without faults, effort 0 to 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from exerciser.body import Array, Body, Pose, load_body
from exerciser.camera import Camera
from exerciser.movement import RepTruth
from exerciser.movements import make_pose, movement_of
from exerciser.set_types import GeneratedSet, RepPlan


def view_of(exercise: str, camera: Camera) -> str:
    """The view a camera gives for judging faults (see `Movement.judged_view`)."""
    return movement_of(exercise).judged_view(camera.azimuth_deg, camera.elevation_deg)


def assessable(exercise: str, fault: str, camera: Camera) -> bool:
    """Whether a fault can be judged from this camera at all."""
    return view_of(exercise, camera) in movement_of(exercise).faults[fault].views


# ------------------------------------------------------------------------ metrics
def metrics(
    body: Body, exercise: str, pose: Pose, lm: Array, side: str = "both"
) -> dict[str, Array]:
    """Name -> (T,) absolute values.

    The ones that need a rest value are completed by `metrics_of`. Names with _left
    and _right are of that side.
    """
    return movement_of(exercise).metrics(body, pose, lm, side)


@lru_cache(maxsize=256)
def _reference(
    name: str, exercise: str, side: str, params: tuple[tuple[str, float], ...]
) -> dict[str, Array]:
    """Metrics without any fault at effort 0 and 1, rest values not taken off."""
    body = load_body(name)
    pose = make_pose(body, exercise, np.array([0.0, 1.0]), side, **dict(params))
    return metrics(body, exercise, pose, body.landmarks(pose), side)


def reference(made: GeneratedSet) -> dict[str, Array]:
    """(rest, full) of every metric for the same person and set without faults."""
    s = made.spec
    out = dict(_reference(s.body, s.exercise, s.side, tuple(sorted(s.params.items()))))
    for name in movement_of(s.exercise).from_rest:
        if name in out:
            out[name] = out[name] - out[name][0]
    return out


def metrics_of(made: GeneratedSet) -> dict[str, Array]:
    """Every metric of every frame of a set."""
    s = made.spec
    out = metrics(made.body, s.exercise, made.pose, made.landmarks_m, s.side)
    rest = _reference(s.body, s.exercise, s.side, tuple(sorted(s.params.items())))
    for name in movement_of(s.exercise).from_rest:
        if name in out:
            out[name] = out[name] - rest[name][0]
    return out


# ------------------------------------------------------------------- repetitions
def _crossing(t: Array, x: Array, level: float, first: bool, rising: bool) -> float:
    """Time at which x crosses level (linear between frames); nan if it does not."""
    above = x >= level
    hits = np.flatnonzero(above[1:] & ~above[:-1] if rising else ~above[1:] & above[:-1])
    if not len(hits):
        return float("nan")
    i = hits[0] if first else hits[-1]
    return float(t[i] + (t[i + 1] - t[i]) * (level - x[i]) / (x[i + 1] - x[i]))


def rep_timing(
    time: Array,
    p: Array,
    start_s: float,
    end_s: float,
    concentric_out: bool,
    away: float | None = None,
) -> dict[str, float]:
    """Timing of one repetition that moves between start_s and end_s (see module).

    away: distance from rest beyond which all time is the hold, still or not.
    """
    before = (time >= start_s - 0.3) & (time <= start_s)
    rest = float(p[before].mean()) if before.any() else float(p[0])
    mine = np.flatnonzero((time >= start_s - 0.15) & (time <= end_s + 0.15))
    t, x = time[mine], p[mine] - rest
    far = int(np.argmax(np.abs(x)))
    sign = 1.0 if x[far] >= 0 else -1.0
    size = abs(float(x[far]))
    x = x * sign / max(size, 1e-9)
    out, back = slice(0, far + 1), slice(far, len(x))
    s10 = _crossing(t[out], x[out], 0.1, False, True)
    s90 = _crossing(t[out], x[out], 0.9, True, True)
    # Who does not come all the way back ends by 10% of the way that was made.
    left = float(x[back].min())
    short = left if left > 0.1 else 0.0
    e90 = _crossing(t[back], x[back], 0.9 + 0.1 * short, False, False)
    e10 = _crossing(t[back], x[back], 0.1 + 0.9 * short, True, False)
    if np.isnan(e10):  # not all the way back
        low = float(x[back].min())
        e10 = _crossing(t[back], x[back], low + 0.1 * (1 - low), True, False)
    slow = (x >= 0.9) & (np.abs(np.gradient(x, t)) < 0.1)
    if away is not None:
        slow = x * size >= away
        s10, e10 = _crossing(t, x, 0.1, True, True), _crossing(t, x, 0.1, False, False)
    best = (0.0, 0.0)
    if slow.any():
        runs: list[list[float]] = []
        for i in np.flatnonzero(slow):
            if runs and t[i] - runs[-1][1] < 0.3:
                runs[-1][1] = float(t[i])
            else:
                runs.append([float(t[i]), float(t[i])])
        a, b = max(runs, key=lambda r: r[1] - r[0])
        best = (a, b)
    hold = best[1] - best[0]
    if away is not None and slow.any():
        hold = sum(b - a for a, b in runs)
    top = 0.5 * (best[0] + best[1]) if hold > 0 else float(t[far])
    way_out, way_back = 1.25 * (s90 - s10), 1.25 * (e10 - e90)
    return {
        "rest_level": rest,
        "extreme": rest + sign * size,
        "excursion": size,
        "start_s": s10,
        "top_s": top,
        "end_s": e10,
        "hold_s": hold,
        "concentric_s": way_out if concentric_out else way_back,
        "eccentric_s": way_back if concentric_out else way_out,
    }


def rep_truth(made: GeneratedSet, plan: RepPlan, extreme: float) -> RepTruth:
    """All that measuring the faults of one repetition needs.

    extreme: the primary metric at its turn, as `rep_timing` gives it.
    """
    time, ref = made.time_s, reference(made)
    primary = movement_of(made.spec.exercise).primary
    top_s = plan.start_s + plan.out_s
    rep = (time >= plan.start_s) & (time <= plan.end_s)
    away = np.abs(made.metrics[primary][rep] - ref[primary][0])
    return RepTruth(
        made=made,
        plan=plan,
        metrics=made.metrics,
        reference=ref,
        primary=primary,
        rep=rep,
        hold=(time >= top_s) & (time <= top_s + plan.hold_s),
        turn=int(np.flatnonzero(rep)[np.argmax(away)]),
        extreme=extreme,
        target=float(ref[primary][1]),
    )


def _measured(made: GeneratedSet, plan: RepPlan, extreme: float) -> list[dict[str, Any]]:
    """All faults of one repetition: what was asked for, what the joints show.

    A fault is listed when it was asked for, or is at least mild.
    """
    rep = rep_truth(made, plan, extreme)
    found: list[dict[str, Any]] = []
    for fault, spec in movement_of(made.spec.exercise).faults.items():
        for one in spec.measure(rep):
            asked = spec.requested(fault, plan.faults, one.side)
            severity = spec.severity(one.value)
            if severity == "none" and not asked:
                continue
            found.append(
                {
                    "id": fault,
                    "side": one.side,
                    "size": round(one.size, 3),
                    "unit": spec.unit.replace(",", "").split()[0],
                    "requested": asked,
                    "severity": severity,
                    "views": list(spec.views),
                }
            )
    return found


def reps(made: GeneratedSet) -> list[dict[str, Any]]:
    """What truly happened in each repetition that counts at all."""
    s = made.spec
    movement = movement_of(s.exercise)
    name = movement.primary
    p = made.metrics[name]
    full = float(abs(reference(made)[name][1] - reference(made)[name][0]))
    outbound = movement.concentric == "outbound"
    out = []
    away = 0.5 * full if movement.away else None
    for number, plan in enumerate(made.plan):
        timing = rep_timing(made.time_s, p, plan.start_s, plan.end_s, outbound, away)
        share = timing["excursion"] / full
        if share < 0.2:
            continue
        out.append(
            {
                "kind": "rep" if share >= 0.5 else "partial",
                "side": movement.side_of(s, number),
                **timing,
                "share_of_full": share,
                "faults": _measured(made, plan, timing["extreme"]),
            }
        )
    return out


def _plain(value: Any, digits: int) -> Any:
    """Numpy to JSON: rounded, NaN as null."""
    if isinstance(value, np.ndarray) and value.ndim:
        return [_plain(v, digits) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v, digits) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v, digits) for v in value]
    if isinstance(value, float | np.floating):
        return round(float(value), digits) if np.isfinite(value) else None
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    return value


def truth(made: GeneratedSet, camera: Camera | None = None, frames: bool = True) -> dict[str, Any]:
    """One JSON-ready record of a set.

    camera adds landmarks in pixels and whether
    each fault can be judged from it; frames=False leaves the per-frame part out.
    """
    s = made.spec
    primary = movement_of(s.exercise).primary
    ref = reference(made)[primary]
    found = reps(made)
    if camera is not None:
        for rep in found:
            for fault in rep["faults"]:
                fault["assessable"] = assessable(s.exercise, fault["id"], camera)
    out: dict[str, Any] = {
        "exercise": s.exercise,
        "side": s.side,
        "fps": made.fps,
        "body": {
            "name": made.body.name,
            "sex": made.body.sex,
            "age": made.body.age,
            "height_m": made.body.height_m,
        },
        "primary_metric": primary,
        "rest_value": float(ref[0]),
        "full_value": float(ref[1]),
        "full_excursion": float(abs(ref[1] - ref[0])),
        "ready_s": float(made.time_s[np.argmax(made.in_place)]),
        "seed": s.seed,
        "reps": found,
    }
    if camera is not None:
        out["camera"] = {
            "azimuth_deg": camera.azimuth_deg, "elevation_deg": camera.elevation_deg,
            "distance_m": camera.distance_m, "fov_deg": camera.fov_deg, "width": camera.width,
            "height": camera.height, "target_m": list(camera.target), "roll_deg": camera.roll_deg,
            "view": view_of(s.exercise, camera),
        }  # fmt: skip
    out = _plain(out, 4)
    if frames:
        pelvis = made.pose.rotations[:, made.body.bone["pelvis"]]
        px = camera.project(made.landmarks_m)[0] if camera is not None else None
        rows = []
        for i in range(len(made)):
            row: dict[str, Any] = {
                "time_s": round(float(made.time_s[i]), 5),
                "in_place": bool(made.in_place[i]),
                "landmarks_m": _plain(made.landmarks_m[i], 5),
                "pelvis_rotation": _plain(pelvis[i], 5),
                "metrics": {k: _plain(float(v[i]), 3) for k, v in made.metrics.items()},
            }
            if px is not None:
                row["landmarks_px"] = _plain(px[i], 2)
            rows.append(row)
        out["frames"] = rows
    return out
