"""A stick figure built from joint angles: the inverse of the signals.

World: metres, x to the standing person's right, y the way they face, z up.
The camera is far away (parallel projection), at an azimuth (0 in front, +90 at
the person's left) and an elevation above the horizontal, degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from formcheck.engine.pose import LANDMARK_COUNT, PoseFrame
from formcheck.engine.pose import Landmark as L
from formcheck.engine.signals.sagittal import HIP_AHEAD, KNEE_BELOW

THIGH, SHANK, TRUNK, FOOT = 0.42, 0.40, 0.50, 0.20
HIP_HALF, SHOULDER_HALF = 0.10, 0.175
SIZE = (640, 480)


def unit(deg: float) -> tuple[float, float]:
    """(sin, cos) of an angle in degrees."""
    return float(np.sin(np.radians(deg))), float(np.cos(np.radians(deg)))


def squat(
    knee_deg: float = 0.0,
    *,
    trunk_deg: float | None = None,
    knee_in_m: float = 0.0,
    heel_up_m: float = 0.0,
    shift_m: float = 0.0,
) -> np.ndarray:
    """Standing to squatting: shank and thigh share the knee flexion 0.4 : 0.6."""
    shank_deg, thigh_deg = 0.4 * knee_deg, 0.6 * knee_deg
    trunk_deg = shank_deg if trunk_deg is None else trunk_deg
    joints = np.full((LANDMARK_COUNT, 3), np.nan)
    (ss, sc), (ts, tc), (bs, bc) = unit(shank_deg), unit(thigh_deg), unit(trunk_deg)
    for side, x in ((0, -HIP_HALF), (1, HIP_HALF)):
        ankle = np.array([x, 0.0, 0.08])
        knee = ankle + [0.0, SHANK * ss, SHANK * sc]
        hip = knee + [shift_m, -THIGH * ts, THIGH * tc]
        knee = knee + [-np.sign(x) * knee_in_m, 0.0, 0.0]
        shoulder = hip + [np.sign(x) * (SHOULDER_HALF - HIP_HALF), TRUNK * bs, TRUNK * bc]
        joints[L.LEFT_ANKLE + side] = ankle
        joints[L.LEFT_KNEE + side] = knee
        joints[L.LEFT_HIP + side] = hip
        joints[L.LEFT_SHOULDER + side] = shoulder
        joints[L.LEFT_HEEL + side] = [x, -0.05, heel_up_m]
        joints[L.LEFT_FOOT_INDEX + side] = [x, FOOT - 0.05, 0.0]
        joints[L.LEFT_EAR + side] = shoulder + [-np.sign(x) * 0.10, 0.0, 0.22]
    joints[L.NOSE] = (joints[L.LEFT_EAR] + joints[L.RIGHT_EAR]) / 2 + [0.0, 0.11, 0.0]
    return joints


def as_modelled(joints: np.ndarray) -> np.ndarray:
    """Someone standing as the pose model places them: hips before the joint, knees below it."""
    placed = joints.copy()
    for side in (0, 1):
        hip, knee, ankle = (joints[j + side] for j in (L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE))
        trunk, shank = joints[L.LEFT_SHOULDER + side] - hip, knee - ankle
        before = np.array([0.0, trunk[2], -trunk[1]]) / np.hypot(*trunk[1:])
        placed[L.LEFT_HIP + side] = hip + HIP_AHEAD * TRUNK * before
        placed[L.LEFT_KNEE + side] = knee - KNEE_BELOW * TRUNK * shank / np.linalg.norm(shank)
    return placed


def bridge(hip_deg: float = 130.0) -> np.ndarray:
    """On the back, head towards -y, feet flat; hip_deg is the shoulder-hip-knee angle."""
    joints = np.full((LANDMARK_COUNT, 3), np.nan)
    # The feet stay; the trunk pivots about the shoulders on the floor. Solve for
    # the trunk's slope by bisection: it grows with the hip angle.
    ankle_y, ankle_z = 0.62, 0.08

    def knee_of(slope: float) -> tuple[np.ndarray, np.ndarray]:
        s, c = unit(slope)
        hip = np.array([TRUNK * c, TRUNK * s])
        to = np.array([ankle_y, ankle_z]) - hip
        d = min(float(np.hypot(*to)), 0.999 * (THIGH + SHANK))
        along = (THIGH**2 - SHANK**2 + d**2) / (2 * d)
        off = np.sqrt(max(THIGH**2 - along**2, 0.0))
        u = to / np.hypot(*to)
        return hip, hip + along * u + off * np.array([-u[1], u[0]])

    def angle(slope: float) -> float:
        hip, knee = knee_of(slope)
        a, b = -hip, knee - hip
        turn = np.degrees(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))
        return float(-turn % 360)

    low, high = -20.0, 80.0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if angle(mid) < hip_deg else (low, mid)
    hip, knee = knee_of((low + high) / 2)
    for side, x in ((0, -1.0), (1, 1.0)):
        joints[L.LEFT_SHOULDER + side] = [x * SHOULDER_HALF, 0.0, 0.0]
        joints[L.LEFT_HIP + side] = [x * HIP_HALF, *hip]
        joints[L.LEFT_KNEE + side] = [x * HIP_HALF, *knee]
        joints[L.LEFT_ANKLE + side] = [x * HIP_HALF, ankle_y, ankle_z]
        joints[L.LEFT_HEEL + side] = [x * HIP_HALF, ankle_y - 0.05, 0.0]
        joints[L.LEFT_FOOT_INDEX + side] = [x * HIP_HALF, ankle_y + 0.15, 0.0]
        joints[L.LEFT_EAR + side] = [x * 0.08, -0.2, 0.05]
    joints[L.NOSE] = [0.0, -0.2, 0.16]
    return joints


def _on_side(joints: np.ndarray, lying_on: str) -> np.ndarray:
    """Lay a standing figure (facing +y) down on its left or right side."""
    x, y, z = joints.T
    laid = np.stack([z, y, -x], axis=1) if lying_on == "right" else np.stack([-z, y, x], axis=1)
    return laid - [0.0, 0.0, np.nanmin(laid[:, 2])]


def clamshell(
    opening_deg: float = 0.0, *, lying_on: str = "right", apart_m: float = 0.0
) -> np.ndarray:
    """On the side, hips bent 45 and knees 90 degrees, the upper knee opened."""
    joints = squat(0.0)
    top = 0 if lying_on == "right" else 1
    ts, tc = unit(45.0)
    for side in (0, 1):
        hip = joints[L.LEFT_HIP + side].copy()
        knee = hip + [0.0, THIGH * ts, -THIGH * tc]
        ankle = knee + [0.0, -SHANK * tc, -SHANK * ts]
        if side == top:
            axis = (ankle - hip) / np.linalg.norm(ankle - hip)
            out = np.array([-1.0 if side == 0 else 1.0, 0.0, 0.0])
            foot = hip + axis * (axis @ (knee - hip))
            radius = knee - foot
            s, c = unit(opening_deg)
            knee = foot + c * radius + s * np.linalg.norm(radius) * out
            ankle = ankle + apart_m * out
        joints[L.LEFT_KNEE + side], joints[L.LEFT_ANKLE + side] = knee, ankle
        joints[L.LEFT_HEEL + side] = ankle + [0.0, -0.05, -0.04]
        joints[L.LEFT_FOOT_INDEX + side] = ankle + [0.0, 0.14, -0.06]
    return _on_side(joints, lying_on)


def leg_lift(
    lift_deg: float = 0.0,
    *,
    lying_on: str = "right",
    knee_bend_deg: float = 0.0,
    forward_deg: float = 0.0,
) -> np.ndarray:
    """On the side, straight; the upper leg lifted (and bent, and swung forward)."""
    joints = squat(0.0)
    top = 0 if lying_on == "right" else 1
    out = -1.0 if top == 0 else 1.0
    (s, c), (fs, fc), (ks, kc) = unit(lift_deg), unit(forward_deg), unit(lift_deg + knee_bend_deg)
    hip = joints[L.LEFT_HIP + top]
    knee = hip + THIGH * np.array([out * s * fc, fs, -c * fc])
    ankle = knee + SHANK * np.array([out * ks * fc, fs, -kc * fc])
    joints[L.LEFT_KNEE + top], joints[L.LEFT_ANKLE + top] = knee, ankle
    joints[L.LEFT_HEEL + top] = ankle + [0.0, -0.05, -0.04]
    joints[L.LEFT_FOOT_INDEX + top] = ankle + [0.0, 0.14, -0.04]
    return _on_side(joints, lying_on)


def project(
    joints: np.ndarray,
    *,
    azimuth_deg: float = 0.0,
    elevation_deg: float = 0.0,
    px_per_m: float = 200.0,
    center: tuple[float, float] = (320.0, 300.0),
) -> np.ndarray:
    """(33, 3) metres to (33, 3) pixels, y down, depth growing away from the camera."""
    (s, c), (es, ec) = unit(azimuth_deg), unit(elevation_deg)
    right = np.array([-c, -s, 0.0])
    toward = np.array([-s * ec, c * ec, es])
    up = np.array([s * es, -c * es, ec])
    centred = joints - np.array([0.0, 0.0, 0.5])
    return np.stack(
        [
            center[0] + px_per_m * centred @ right,
            center[1] - px_per_m * centred @ up,
            -px_per_m * centred @ toward,
        ],
        axis=1,
    )


def frame(time_s: float, pixels: np.ndarray, size: tuple[int, int] = SIZE) -> PoseFrame:
    """A PoseFrame in which every landmark that exists is seen."""
    seen = np.isfinite(pixels[:, 0])
    return PoseFrame(time_s, pixels, np.where(seen, 0.99, 0.0), size)


def ease(share: float) -> float:
    """Minimum-jerk progress 0..1."""
    s = min(max(share, 0.0), 1.0)
    return s**3 * (10 - 15 * s + 6 * s * s)


def effort_at(
    time_s: float,
    reps: Iterable[tuple[float, float, float, float, float]],
    lead_s: float = 1.0,
) -> tuple[float, int]:
    """Effort and index of the rep at a moment.

    reps: (amplitude, out_s, hold_s, back_s, pause_s) each.
    """
    t = time_s - lead_s
    for index, (amplitude, out_s, hold_s, back_s, pause_s) in enumerate(reps):
        if t < 0:
            return 0.0, index
        length = out_s + hold_s + back_s + pause_s
        if t < length:
            if t < out_s:
                return amplitude * ease(t / out_s), index
            if t < out_s + hold_s:
                return amplitude, index
            return amplitude * (1 - ease((t - out_s - hold_s) / back_s)), index
        t -= length
    return 0.0, -1


def film(
    pose: Callable[[float, int], np.ndarray],
    reps: list[tuple[float, float, float, float, float]],
    *,
    fps: float = 15.0,
    lead_s: float = 1.0,
    tail_s: float = 1.0,
    noise_px: float = 0.4,
    seed: int = 0,
    size: tuple[int, int] = SIZE,
    **camera: float,
) -> Iterator[PoseFrame]:
    """Frames of a set: pose(effort, rep index) -> joints in metres."""
    rng = np.random.default_rng(seed)
    total = lead_s + tail_s + sum(o + h + b + p for _, o, h, b, p in reps)
    for i in range(round(total * fps)):
        t = i / fps
        effort, index = effort_at(t, reps, lead_s)
        pixels = project(pose(effort, index), **camera)  # type: ignore[arg-type]
        pixels[:, :2] += rng.normal(0, noise_px, (LANDMARK_COUNT, 2))
        yield frame(t, pixels, size)
