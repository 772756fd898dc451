"""The true numbers of a generated set, from the 3D joints alone.

`metrics` gives the clinical metrics of every frame, `reps` what happened in each
repetition, `truth` one JSON-ready record of it all.

Definitions per repetition, with p(t) the exercise's primary metric (`PRIMARY`):
  excursion   distance of p between the rest level (its mean over the 0.3 s before
              the move) and its extreme
  start, end  where p crosses 10% of the excursion, going out and coming back
  hold        time p stays within 10% of the excursion of its extreme while moving
              slower than 10% of the excursion per second; gaps under 0.3 s bridged
  top         middle of that hold, or the extreme itself when there is none
  concentric, eccentric
              time between 10% and 90% of the excursion, times 1.25; the squat's
              concentric part is the way back, of the others the way out
  kind        "rep" from half of the full excursion on, "partial" from a fifth;
              less is not counted. The full excursion is that of the same person
              and parameters without faults, effort 0 to 1.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from exerciser import poses
from exerciser.body import Array, Body, Pose, load_body
from exerciser.camera import Camera
from exerciser.poses import Y, Z, across, dot, unit
from exerciser.sets import GeneratedSet, RepPlan
from formcheck.pose import Landmark

L = Landmark

PRIMARY = {
    "squat": "knee_flexion_deg",
    "glute_bridge": "hip_angle_deg",
    "clamshell": "opening_deg",
    "side_leg_lift": "abduction_deg",
}

# Which cameras can judge a fault: view names as in `view_of`.
FRONT, SIDE, LYING, HIGH = "front", "side", "front_lying", "front_lying_high"
FAULTS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    # exercise -> fault id -> (unit of its size, views it can be judged from)
    "squat": {
        "knee_valgus": ("cm the knee centre is medial of the hip-ankle-toe plane", (FRONT,)),
        "shallow_depth": ("deg of knee flexion missing to the full movement", (SIDE,)),
        "trunk_lean": ("deg the trunk leans beyond the shin, more than without the fault", (SIDE,)),
        "heel_lift": ("cm the heel rises", (SIDE,)),
        "hip_shift": ("cm the hips are to the right of the ankles", (FRONT,)),
    },
    "glute_bridge": {
        "incomplete_extension": ("deg below the target hip angle", (SIDE,)),
        "overextension": ("deg above the target hip angle", (SIDE,)),
        "sinking": ("deg of hip angle lost during the hold", (SIDE,)),
    },
    "clamshell": {
        "pelvic_rotation": ("deg, + = top hip backward", (HIGH,)),
        "feet_apart": ("cm growth of the ankle distance", (LYING, HIGH)),
        "range_too_small": ("deg below the target opening", (LYING, HIGH)),
        "range_too_large": ("deg above the target opening", (LYING, HIGH)),
    },
    "side_leg_lift": {
        "pelvic_rotation": ("deg, + = top hip backward", (HIGH,)),
        "hip_flexion": ("deg drift of the leg forward", (LYING, HIGH)),
        "knee_bend": ("deg of knee flexion more than at rest", (HIGH,)),
        "range_too_small": ("deg below the target abduction", (LYING, HIGH)),
        "range_too_large": ("deg above the target abduction", (LYING, HIGH)),
    },
}  # fmt: skip


def view_of(exercise: str, camera: Camera) -> str:
    """The view a camera gives.

    front, side, front_lying, front_lying_high (25 to 45 degrees above the
    horizontal, needed for pelvic rotation) or "other".
    """
    az = abs((camera.azimuth_deg + 180) % 360 - 180)
    if exercise in ("clamshell", "side_leg_lift"):
        if az > 25:
            return "other"
        return (
            HIGH
            if 25 <= camera.elevation_deg <= 45
            else LYING
            if camera.elevation_deg < 25
            else "other"
        )
    if abs(az - 90) <= 20:
        return SIDE
    return FRONT if exercise == "squat" and az <= 10 else "other"


def assessable(exercise: str, fault: str, camera: Camera) -> bool:
    """Whether a fault can be judged from this camera at all."""
    return view_of(exercise, camera) in FAULTS[exercise][fault][1]


# ------------------------------------------------------------------------ metrics
def _angle(a: Array, b: Array, c: Array) -> Array:
    """Interior angle at b, degrees."""
    return np.degrees(np.arccos(np.clip(dot(unit(a - b), unit(c - b)), -1, 1)))


def _deg(y: Array, x: Array) -> Array:
    return np.degrees(np.arctan2(y, x))


def _points(lm: Array, name: str) -> tuple[Array, Array]:
    return lm[:, L[f"LEFT_{name}"]], lm[:, L[f"RIGHT_{name}"]]


def metrics(
    body: Body, exercise: str, pose: Pose, lm: Array, side: str = "both"
) -> dict[str, Array]:
    """Name -> (T,) absolute values.

    The ones that need a rest value are completed by `metrics_of`. Names with _left
    and _right are of that side.
    """
    hip, knee, ankle, toe, heel = (
        _points(lm, n) for n in ("HIP", "KNEE", "ANKLE", "FOOT_INDEX", "HEEL")
    )
    mid_hip = 0.5 * (hip[0] + hip[1])
    mid_shoulder = 0.5 * sum(_points(lm, "SHOULDER"))
    out: dict[str, Array] = {}
    if exercise in ("squat", "glute_bridge"):
        for i, (s, medial) in enumerate((("left", 1.0), ("right", -1.0))):
            h, k, a, t = hip[i], knee[i], ankle[i], toe[i]
            out[f"knee_flexion_{s}_deg"] = 180 - _angle(h, k, a)
            pole = t - a if exercise == "squat" else np.broadcast_to(Z, a.shape)
            u = unit(a - h)
            normal = np.cross(u, across(pole, u))
            offset = medial * dot(k - h, normal)
            shank = np.linalg.norm(k - a, axis=1)
            out[f"knee_medial_{s}_cm"] = 100 * offset
            out[f"knee_medial_{s}_share"] = offset / shank
            out[f"heel_rise_{s}_cm"] = 100 * heel[i][:, 2]
            if exercise == "squat":
                out[f"thigh_elevation_{s}_deg"] = _deg(
                    h[:, 2] - k[:, 2], np.hypot(*(h - k)[:, :2].T)
                )
                out[f"shank_inclination_{s}_deg"] = _deg(k[:, 1] - a[:, 1], k[:, 2] - a[:, 2])
                over = medial * (k[:, 0] - t[:, 0])
                out[f"knee_over_toe_{s}_cm"] = 100 * over
                out[f"knee_over_toe_{s}_share"] = over / shank
                flat = np.array([1.0, 0.0, 1.0])
                bent = 180 - _angle(h * flat, k * flat, a * flat)
                # on which side of the hip-ankle line the knee is, seen from the front
                d = a - h
                cross = d[:, 0] * (k - h)[:, 2] - d[:, 2] * (k - h)[:, 0]
                out[f"fppa_{s}_deg"] = bent * np.sign(medial * cross)
        out["knee_flexion_deg"] = 0.5 * (
            out["knee_flexion_left_deg"] + out["knee_flexion_right_deg"]
        )
    if exercise == "squat":
        trunk = mid_shoulder - mid_hip
        out["thigh_elevation_deg"] = 0.5 * (
            out["thigh_elevation_left_deg"] + out["thigh_elevation_right_deg"]
        )
        out["shank_inclination_deg"] = 0.5 * (
            out["shank_inclination_left_deg"] + out["shank_inclination_right_deg"]
        )
        out["trunk_inclination_deg"] = _deg(trunk[:, 1], trunk[:, 2])
        out["trunk_side_deg"] = _deg(trunk[:, 0], trunk[:, 2])  # + = to the right
        out["hip_shift_cm"] = 100 * (mid_hip - 0.5 * (ankle[0] + ankle[1]))[:, 0]
        line = hip[1] - hip[0]
        out["pelvic_obliquity_deg"] = _deg(-line[:, 2], line[:, 0])  # + = right hip lower
    elif exercise == "glute_bridge":
        out["hip_angle_deg"] = poses.hip_angle(mid_shoulder, mid_hip, 0.5 * (knee[0] + knee[1]))
        line = hip[1] - hip[0]
        out["pelvic_obliquity_deg"] = _deg(-line[:, 2], line[:, 0])
    else:
        t, b = (0, 1) if side == "left" else (1, 0)
        line = hip[t] - hip[b]
        out["pelvic_roll_deg"] = _deg(-line[:, 1], line[:, 2])  # rest value comes off later
        out["ankle_gap_cm"] = 100 * np.linalg.norm(ankle[t] - ankle[b], axis=1)
        out["knee_flexion_deg"] = 180 - _angle(hip[t], knee[t], ankle[t])
        out["bottom_knee_flexion_deg"] = 180 - _angle(hip[b], knee[b], ankle[b])
        axis = unit(mid_hip - mid_shoulder)
        lift = across(np.broadcast_to(Z, axis.shape), axis)
        front = np.cross(axis, lift)
        front *= np.sign(front[:, 1:2])
        out["pelvic_hike_deg"] = _deg(-dot(line, axis), dot(line, lift))
        if exercise == "clamshell":
            u = unit(ankle[t] - hip[t])
            ahead = across(np.broadcast_to(Y, u.shape), u)
            up = np.cross(u, ahead)
            up *= np.sign(up[:, 2:])
            k = knee[t] - hip[t]
            out["opening_deg"] = _deg(dot(k, up), dot(k, ahead))
        else:
            way = unit(ankle[t] - hip[t])
            out["abduction_deg"] = _deg(dot(way, lift), dot(way, axis))
            out["hip_flexion_drift_deg"] = np.degrees(np.arcsin(np.clip(dot(way, front), -1, 1)))
    return out


# These are changes from the rest pose.
_FROM_REST = (
    "pelvic_roll_deg",
    "pelvic_hike_deg",
    "opening_deg",
    "hip_flexion_drift_deg",
    "heel_rise_left_cm",
    "heel_rise_right_cm",
)


@lru_cache(maxsize=256)
def _reference(
    name: str, exercise: str, side: str, params: tuple[tuple[str, float], ...]
) -> dict[str, Array]:
    """Metrics without any fault at effort 0 and 1, rest values not taken off."""
    body = load_body(name)
    pose = poses.make_pose(body, exercise, np.array([0.0, 1.0]), side, **dict(params))
    return metrics(body, exercise, pose, body.landmarks(pose), side)


def reference(made: GeneratedSet) -> dict[str, Array]:
    """(rest, full) of every metric for the same person and set without faults."""
    s = made.spec
    out = dict(_reference(s.body, s.exercise, s.side, tuple(sorted(s.params.items()))))
    for name in _FROM_REST:
        if name in out:
            out[name] = out[name] - out[name][0]
    return out


def metrics_of(made: GeneratedSet) -> dict[str, Array]:
    """Every metric of every frame of a set."""
    s = made.spec
    out = metrics(made.body, s.exercise, made.pose, made.landmarks_m, s.side)
    rest = _reference(s.body, s.exercise, s.side, tuple(sorted(s.params.items())))
    for name in _FROM_REST:
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
    time: Array, p: Array, start_s: float, end_s: float, concentric_out: bool
) -> dict[str, float]:
    """Timing of one repetition that moves between start_s and end_s (see module)."""
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
    e90 = _crossing(t[back], x[back], 0.9, False, False)
    e10 = _crossing(t[back], x[back], 0.1, True, False)
    slow = (x >= 0.9) & (np.abs(np.gradient(x, t)) < 0.1)
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


def _measured(made: GeneratedSet, rep: RepPlan, extreme: float) -> list[dict[str, Any]]:
    """All faults of one repetition: what was asked for, what the joints show."""
    s, time, m = made.spec, made.time_s, made.metrics
    ref = reference(made)
    mine = (time >= rep.start_s) & (time <= rep.end_s)
    hold = (time >= rep.start_s + rep.out_s) & (time <= rep.start_s + rep.out_s + rep.hold_s)
    primary = PRIMARY[s.exercise]
    target = float(ref[primary][1])
    bottom = int(np.flatnonzero(mine)[np.argmax(np.abs(m[primary][mine] - ref[primary][0]))])
    found: list[dict[str, Any]] = []

    def add(
        fault: str,
        size: float,
        asked: float | None,
        value: float,
        mild: float,
        marked: float,
        side: str = "both",
    ) -> None:
        """Value is compared with the clinical limits; size is the published number."""
        severity = "marked" if value >= marked else "mild" if value >= mild else "none"
        if severity == "none" and not asked:
            return
        unit_text, views = FAULTS[s.exercise][fault]
        found.append(
            {
                "id": fault,
                "side": side,
                "size": round(size, 3),
                "unit": unit_text.replace(",", "").split()[0],
                "requested": asked,
                "severity": severity,
                "views": list(views),
            }
        )

    def peak(name: str) -> float:
        """Largest change from rest, with its sign."""
        change = m[name][mine] - ref[name][0]
        return float(change[np.argmax(np.abs(change))])

    asked = rep.faults.get
    if s.exercise == "squat":
        shank = np.linalg.norm(made.landmarks_m[0, L.LEFT_KNEE] - made.landmarks_m[0, L.LEFT_ANKLE])
        shoulders = np.linalg.norm(
            made.landmarks_m[0, L.LEFT_SHOULDER] - made.landmarks_m[0, L.RIGHT_SHOULDER]
        )
        for side in ("left", "right"):
            size = peak(f"knee_medial_{side}_cm")
            want = rep.faults.get(f"knee_valgus_{side}", 0.0) + rep.faults.get("knee_valgus", 0.0)
            add("knee_valgus", size, want or None, size / 100 / shank, 0.05, 0.12, side)
            size = peak(f"heel_rise_{side}_cm")
            add("heel_lift", size, asked("heel_lift"), size / 100 / shank, 0.06, 0.12, side)
        add(
            "shallow_depth",
            target - extreme,
            asked("shallow_depth"),
            float(m["thigh_elevation_deg"][bottom]),
            15,
            35,
        )
        lean = m["trunk_inclination_deg"] - m["shank_inclination_deg"]
        usual = ref["trunk_inclination_deg"] - ref["shank_inclination_deg"]
        share = float(
            np.clip((m[primary][bottom] - ref[primary][0]) / (target - ref[primary][0]), 0, 1)
        )
        expected = float(usual[0] + share * (usual[1] - usual[0]))
        add(
            "trunk_lean",
            float(lean[bottom]) - expected,
            asked("trunk_lean"),
            float(lean[bottom]),
            20,
            30,
        )
        size = peak("hip_shift_cm")
        add("hip_shift", size, asked("hip_shift"), abs(size) / 100 / shoulders, 0.08, 0.15)
    elif s.exercise == "glute_bridge":
        add(
            "incomplete_extension",
            target - extreme,
            asked("incomplete_extension"),
            target - extreme,
            10,
            20,
        )
        add("overextension", extreme - target, asked("overextension"), extreme - target, 13, 20)
        if hold.any():
            held = m[primary][hold]
            add(
                "sinking",
                float(held.max() - held[-1]),
                asked("sinking"),
                float(held.max() - held[-1]),
                8,
                15,
            )
    else:
        roll = peak("pelvic_roll_deg")
        add("pelvic_rotation", roll, asked("pelvic_rotation"), abs(roll), 20, 35)
        if s.exercise == "clamshell":
            gap = peak("ankle_gap_cm")
            shank = np.linalg.norm(
                made.landmarks_m[0, L.LEFT_KNEE] - made.landmarks_m[0, L.LEFT_ANKLE]
            )
            add("feet_apart", gap, asked("feet_apart"), gap / 100 / shank, 0.10, 0.20)
            limits = (25, 12, 50, 60)
        else:
            flex = peak("hip_flexion_drift_deg")
            add("hip_flexion", flex, asked("hip_flexion"), flex, 20, 30)
            bend = peak("knee_flexion_deg")
            add(
                "knee_bend",
                bend,
                asked("knee_bend"),
                float(m["knee_flexion_deg"][mine].max()),
                15,
                25,
            )
            limits = (25, 12, 45, 55)
        add(
            "range_too_small",
            target - extreme,
            asked("range_too_small"),
            -extreme,
            -limits[0],
            -limits[1],
        )
        add(
            "range_too_large",
            extreme - target,
            asked("range_too_large"),
            extreme,
            limits[2],
            limits[3],
        )
    return found


def reps(made: GeneratedSet) -> list[dict[str, Any]]:
    """What truly happened in each repetition that counts at all."""
    s = made.spec
    name = PRIMARY[s.exercise]
    p = made.metrics[name]
    full = float(abs(reference(made)[name][1] - reference(made)[name][0]))
    out = []
    for plan in made.plan:
        timing = rep_timing(made.time_s, p, plan.start_s, plan.end_s, s.exercise != "squat")
        share = timing["excursion"] / full
        if share < 0.2:
            continue
        out.append(
            {
                "kind": "rep" if share >= 0.5 else "partial",
                "side": s.side,
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
    ref = reference(made)[PRIMARY[s.exercise]]
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
        "primary_metric": PRIMARY[s.exercise],
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


def write_truth(path: Path | str, made: GeneratedSet, camera: Camera | None = None) -> None:
    """Write `truth` as JSON."""
    Path(path).write_text(json.dumps(truth(made, camera), separators=(",", ":")))
