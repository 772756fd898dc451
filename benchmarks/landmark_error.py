"""How far the pose model's landmarks lie from the true joints.

    python -m benchmarks.landmark_error        # writes docs/landmark_error.md

Read from the cached rendered tier, all bodies. Bias and noise are shares of body
height in the picture, in the body's frame of benchmarks/error_model.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):  # run as a file: find the packages beside it
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.error_model import class_of, is_mirrored, mirror
from benchmarks.fit_error_model import Seen, observe
from benchmarks.page import paragraph, table
from benchmarks.render_tier import Cached, cached
from exerciser import truth
from formcheck import __version__
from formcheck.engine.pose import Landmark as L

PAGE = Path(__file__).resolve().parents[1] / "docs" / "landmark_error.md"
POSTURES = {
    "squat": "standing, squat",
    "glute_bridge": "on the back, bridge",
    "clamshell": "on the side, clamshell",
    "side_leg_lift": "on the side, leg lift",
}
# Joint -> its landmark on the left, which in standard form is the nearer or upper side.
JOINTS = {
    "shoulder": L.LEFT_SHOULDER,
    "hip": L.LEFT_HIP,
    "knee": L.LEFT_KNEE,
    "ankle": L.LEFT_ANKLE,
    "heel": L.LEFT_HEEL,
    "toe": L.LEFT_FOOT_INDEX,
}


# ------------------------------------------------------------------- measures
def _angle_at(p: np.ndarray, a: int, b: int, c: int) -> np.ndarray:
    """Interior angle at b in the picture, degrees."""
    u, v = p[:, a] - p[:, b], p[:, c] - p[:, b]
    cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    out: np.ndarray = np.degrees(np.abs(np.arctan2(cross, (u * v).sum(axis=1))))
    return out


def _from_vertical(p: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    d = high - low
    out: np.ndarray = np.degrees(np.arctan2(d[:, 0], -d[:, 1]))
    return out


def _mid(p: np.ndarray, left: int) -> np.ndarray:
    out: np.ndarray = 0.5 * (p[:, left] + p[:, left + 1])
    return out


def _length(p: np.ndarray, a: int, b: int) -> np.ndarray:
    out: np.ndarray = np.linalg.norm(p[:, a] - p[:, b], axis=1)
    return out


def _shank(p: np.ndarray) -> float:
    """Shank length at the start of the set, pixels."""
    return float(np.nanmedian(_length(p[:10], L.LEFT_KNEE, L.LEFT_ANKLE)))


def _trunk(p: np.ndarray) -> float:
    """Mid-shoulder to mid-hip at the start of the set, pixels."""
    return float(
        np.nanmedian(np.linalg.norm(_mid(p, L.LEFT_SHOULDER) - _mid(p, L.LEFT_HIP), axis=1)[:10])
    )


def _fppa(p: np.ndarray) -> np.ndarray:
    """Bend of the left leg in the picture, degrees, signed."""
    u, v = p[:, L.LEFT_HIP] - p[:, L.LEFT_KNEE], p[:, L.LEFT_ANKLE] - p[:, L.LEFT_KNEE]
    turn = np.degrees(np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1)))
    out: np.ndarray = (turn + 360) % 360 - 180
    return out


def _hip_angle(p: np.ndarray) -> np.ndarray:
    u = p[:, L.LEFT_SHOULDER] - p[:, L.LEFT_HIP]
    v = p[:, L.LEFT_KNEE] - p[:, L.LEFT_HIP]
    turn = np.degrees(np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1)))
    out: np.ndarray = np.where(u[:, :1].mean() < 0, turn, -turn) % 360
    return out


def _abduction(p: np.ndarray) -> np.ndarray:
    t = _mid(p, L.LEFT_HIP) - _mid(p, L.LEFT_SHOULDER)
    leg = p[:, L.LEFT_ANKLE] - p[:, L.LEFT_HIP]
    out: np.ndarray = np.degrees(
        np.abs(np.arctan2(t[:, 0] * leg[:, 1] - t[:, 1] * leg[:, 0], (t * leg).sum(axis=1)))
    )
    return out


@dataclass(frozen=True)
class Measure:
    """A number of clinical.md as it is read off a picture, with its limits.

    change: the value at rest is taken off. mild, marked: limits as distances from
    good form, in unit.
    """

    name: str
    exercise: str
    views: tuple[str, ...]
    read: Callable[[np.ndarray], np.ndarray]
    unit: str
    mild: float
    marked: float
    change: bool = False


def _trunk_incl(p: np.ndarray) -> np.ndarray:
    return _from_vertical(p, _mid(p, L.LEFT_HIP), _mid(p, L.LEFT_SHOULDER))


def _shank_incl(p: np.ndarray) -> np.ndarray:
    return _from_vertical(p, p[:, L.LEFT_ANKLE], p[:, L.LEFT_KNEE])


def _knee(p: np.ndarray) -> np.ndarray:
    return 180 - _angle_at(p, L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE)


def _knee_over_toe(p: np.ndarray) -> np.ndarray:
    out: np.ndarray = (p[:, L.LEFT_KNEE, 0] - p[:, L.LEFT_FOOT_INDEX, 0]) / _shank(p)
    return out


def _obliquity(p: np.ndarray) -> np.ndarray:
    return _from_vertical(p, p[:, L.RIGHT_HIP], p[:, L.LEFT_HIP]) % 180 - 90


def _hip_shift(p: np.ndarray) -> np.ndarray:
    out: np.ndarray = (_mid(p, L.LEFT_HIP) - _mid(p, L.LEFT_ANKLE))[:, 0] / (0.7 * _trunk(p))
    return out


def _heel_rise(p: np.ndarray) -> np.ndarray:
    out: np.ndarray = (p[:, L.LEFT_FOOT_INDEX, 1] - p[:, L.LEFT_HEEL, 1]) / _shank(p)
    return out


def _ankle_gap(p: np.ndarray) -> np.ndarray:
    return _length(p, L.LEFT_ANKLE, L.RIGHT_ANKLE) / (0.8 * _trunk(p))


def _hip_line(p: np.ndarray) -> np.ndarray:
    return _length(p, L.LEFT_HIP, L.RIGHT_HIP) / (0.4 * _trunk(p))


def _leg_length(p: np.ndarray) -> np.ndarray:
    return _length(p, L.LEFT_HIP, L.LEFT_ANKLE) / _trunk(p)


_FRONT, _SIDE, _LYING = ("front",), ("side",), ("high", "low")
_CLAM, _LIFT = "clamshell", "side_leg_lift"
_ROLL = "hip line (M15, pelvic roll)"
MEASURES = (
    Measure("knee over toe (M8)", "squat", _FRONT, _knee_over_toe, "shank", 0.05, 0.12, True),
    Measure("FPPA, one leg (M7)", "squat", _FRONT, _fppa, "deg", 8, 13, True),
    Measure("pelvic obliquity (M10)", "squat", _FRONT, _obliquity, "deg", 6, 10, True),
    Measure("trunk lean to the side (M4)", "squat", _FRONT, _trunk_incl, "deg", 8, 12),
    Measure("hip shift (M23)", "squat", _FRONT, _hip_shift, "shoulder", 0.08, 0.15, True),
    Measure("knee flexion (M1)", "squat", _SIDE, _knee, "deg", 10, 20),
    Measure(
        "thigh over the horizontal (M6)",
        "squat",
        _SIDE,
        lambda p: _from_vertical(p, p[:, L.LEFT_KNEE], p[:, L.LEFT_HIP]),
        "deg",
        15,
        35,
    ),
    Measure("trunk inclination (M3)", "squat", _SIDE, _trunk_incl, "deg", 10, 20),
    Measure(
        "trunk against shank (M3-M5)",
        "squat",
        _SIDE,
        lambda p: _trunk_incl(p) - _shank_incl(p),
        "deg",
        20,
        30,
    ),
    Measure("heel rise", "squat", _SIDE, _heel_rise, "shank", 0.06, 0.12, True),
    Measure("hip angle (M2s)", "glute_bridge", _SIDE, _hip_angle, "deg", 10, 20),
    Measure("sinking (drop of M2s)", "glute_bridge", _SIDE, _hip_angle, "deg", 8, 15, True),
    Measure("ankle distance", _CLAM, _LYING, _ankle_gap, "shank", 0.10, 0.20, True),
    Measure(_ROLL, _CLAM, _LYING, _hip_line, "share of hip width", 0.06, 0.18, True),
    Measure("abduction (M13)", _LIFT, _LYING, _abduction, "deg", 8, 14, True),
    Measure("knee bend", _LIFT, _LYING, _knee, "deg", 15, 25),
    Measure("leg length (M16, leg drifts)", _LIFT, _LYING, _leg_length, "trunk", 0.10, 0.20, True),
    Measure(_ROLL, _LIFT, _LYING, _hip_line, "share of hip width", 0.06, 0.18, True),
)


def errors_of(entry: Cached) -> list[tuple[Measure, list[float], float]]:
    """For every measure that applies to a set: what the landmarks read minus what the
    exact joints would in the same picture, at the turn of each repetition, and the
    standard deviation of the reading within 0.4 s of it (noise of single frames)."""
    item, made = entry.item, entry.made()
    camera = item.camera()
    with np.load(entry.poses) as f:
        seen = f["landmarks_px"][..., :2].astype(float)
    exact, _ = camera.project(made.landmarks_m)
    exact = exact[: len(seen)]
    if is_mirrored(item):
        seen, exact = mirror(seen, camera.width), mirror(exact, camera.width)
    start = int(np.argmax(made.in_place))
    seen, exact, t = seen[start:], exact[start:], made.time_s[start : start + len(seen)]
    out = []
    for measure in MEASURES:
        if measure.exercise != item.exercise or item.view not in measure.views:
            continue
        a, b = measure.read(seen), measure.read(exact)
        found, noise = [], []
        for rep in truth.reps(made):
            if rep["kind"] != "rep":
                continue
            near = np.abs(t - rep["top_s"]) <= 0.2
            error = np.nanmedian((a - b)[near]) if np.isfinite(a[near]).any() else np.nan
            if measure.change:
                rest = (t >= rep["start_s"] - 0.9) & (t <= rep["start_s"] - 0.1)
                error -= np.nanmedian((a - b)[rest]) if np.isfinite(a[rest]).any() else np.nan
            found.append(float(error))
            step = np.diff((a - b)[near])
            noise.append(
                float(np.sqrt(np.nanmean(step**2) / 2)) if np.isfinite(step).any() else np.nan
            )
        out.append(
            (measure, found, float(np.nanmean(noise)) if np.isfinite(noise).any() else np.nan)
        )
    return out


# ----------------------------------------------------------------------- page
def joint_rows(sets: Sequence[Seen]) -> list[str]:
    """Table of bias and noise per joint, posture and view."""
    groups: dict[str, list[Seen]] = {}
    for seen in sets:
        groups.setdefault(class_of(seen.item), []).append(seen)
    order = list(POSTURES)
    rows = []
    for name in sorted(groups, key=lambda n: (order.index(n.split("/")[0]), n)):
        members = groups[name]
        exercise, view = name.split("/")
        lying = exercise in (_CLAM, _LIFT)
        sides: tuple[tuple[str, tuple[int, ...]], ...]
        if exercise == "squat" and view in ("front", "back"):
            sides = (("both", (0, 1)),)
        elif lying:
            sides = (("upper", (0,)), ("lower", (1,)))
        else:
            sides = (("nearer", (0,)), ("farther", (1,)))
        for label, which in sides:
            cells = [_joint_cell(members, [int(j) + k for k in which]) for j in JOINTS.values()]
            rows.append([POSTURES[exercise], view, str(len(members)), label, *cells])
    return table(["posture", "view", "sets", "side", *JOINTS], rows)


def _joint_cell(members: Sequence[Seen], which: Sequence[int]) -> str:
    """Bias and noise of some landmarks, as text."""
    errors = [m.error[:, k] for m in members for k in which]
    means = [np.nanmean(e, axis=0) for e in errors if np.isfinite(e).any()]
    seen = np.mean([np.isfinite(e[:, 0]).mean() for e in errors])
    if seen < 0.05 or not means:
        return "not seen"
    bias = 100 * float(np.mean(np.linalg.norm(means, axis=1)))
    text = f"{bias:.1f} / {100 * _jitter(members, which):.2f}"
    return text if seen >= 0.95 else f"{text} ({100 * seen:.0f}% seen)"


def _jitter(members: Sequence[Seen], which: Sequence[int]) -> float:
    """Frame-to-frame noise: from second differences, in which movement cancels."""
    found = []
    for m in members:
        for k in which:
            x = m.error[:, k]
            second = x[2:] - 2 * x[1:-1] + x[:-2]
            second = second[np.isfinite(second).all(axis=1)]
            if len(second):
                # Independent noise of variance v gives second differences of 6 v.
                found.append(np.sqrt((second**2).sum(axis=1).mean() / 6))
    return float(np.mean(found)) if found else float("nan")


def measure_rows(entries: Sequence[Cached]) -> list[str]:
    """Table of what the errors mean for each measure and its limits."""
    collected: dict[tuple[int, str], tuple[list[float], list[float]]] = {}
    for entry in entries:
        for measure, found, noise in errors_of(entry):
            key = (MEASURES.index(measure), entry.item.view)
            values, noises = collected.setdefault(key, ([], []))
            values.extend(found)
            noises.append(noise)
    rows = []
    for (index, view), (values, noises) in sorted(collected.items()):
        m = MEASURES[index]
        x = np.array(values)
        x = x[np.isfinite(x)]
        if len(x) < 4:
            continue
        # Somebody's film may go wrong altogether: quartiles are not swayed by it.
        low, bias, high = np.percentile(x, [15.87, 50, 84.13])
        spread = float(high - low) / 2
        digits = 1 if m.unit == "deg" else 3
        rows.append(
            [
                POSTURES[m.exercise],
                view,
                m.name,
                m.unit,
                f"{bias:+.{digits}f}",
                f"{spread:.{digits}f}",
                f"{np.nanmean(noises):.{digits}f}",
                f"{m.mild:g}, {m.marked:g}",
                _above(m.mild, spread),
                _above(m.marked, spread),
                str(len(x)),
            ]
        )
    head = ["posture", "view", "measure", "unit", "bias", "spread", "noise in one frame"]
    head += ["mild, marked limit", "mild above the error", "marked above it", "reps"]
    return table(head, rows)


def _above(limit: float, spread: float) -> str:
    # With the bias taken off, good form passes a limit 1.65 spreads away by chance
    # in 1 of 20 reps; as much again is room for people who are just within it.
    ratio = limit / max(spread, 1e-9)
    return "yes" if ratio > 3.3 else "barely" if ratio > 1.65 else "no"


def text_of(entries: Sequence[Cached]) -> str:
    """The whole page as Markdown."""
    sets = [observe(e) for e in entries]
    frames = sum(len(s.error) for s in sets)
    lines = [
        "# Landmark error study",
        "",
        *paragraph(
            f"""Made by `python -m benchmarks.landmark_error` (formcheck {__version__}) from
            {len(entries)} films of the virtual person, {frames} frames, pose model "full". The
            films are described in [accuracy_rendered.md](accuracy_rendered.md); those with
            furniture before a shin are left out here."""
        ),
        *paragraph(
            """The virtual person is not a real one: skin and clothes are plain, the body is of one
            make, and joints are where its skeleton turns. Read the numbers as a lower limit."""
        ),
        "## Landmarks",
        "",
        *paragraph(
            """Each cell: distance of the landmark from the true joint centre, the mean of a set,
            averaged over sets / noise from frame to frame. Both are percentages of body height in
            the picture (1% is about 1.7 cm). Landmarks that the model itself calls hidden are left
            out; where that is often, the share that was seen is given."""
        ),
        *joint_rows(sets),
        "## Limits",
        "",
        *paragraph(
            """What the landmarks read minus what the exact joints would read in the same picture,
            at the turn of each repetition (median of 0.4 s; where a rule compares with rest, the
            rest is taken off both). The spread is from repetition to repetition, over bodies,
            rooms and faults (half of the middle 68%). A limit stands above the error when it is
            more than 3.3 times the spread, and barely so from 1.65 times. A constant bias can be
            allowed for, a spread cannot."""
        ),
        *measure_rows(entries),
        *paragraph(
            """A limit that stands above the error of the landmarks may still be out of sight: a
            knee that bends towards the camera, or a pelvis that rolls in front of a low one,
            changes little in the picture, however good the landmarks are.
            [accuracy_rendered.md](accuracy_rendered.md) has what comes of both."""
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    # Furniture before a shin is not the model's error.
    entries = [e for e in cached() if not e.item.hide_shin]
    if not entries:
        print("nothing is cached: run python -m benchmarks.render_tier first", file=sys.stderr)
        return 1
    text = text_of(entries)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
