"""Getting into place: walking up and, if the exercise is done lying, lying down.

Poses between the key moments are mixed bone by bone (each bone's rotation against
its parent) and then set on the floor by the lowest skin point. This is meant to
be seen by a pose model before a set starts, not to be measured.
"""

from __future__ import annotations

import itertools

import numpy as np

from exerciser.body import Array, Body, Pose
from exerciser.figure import Figure, X, Y, Z, across, min_jerk, rot, rotation_vector, stack3, unit
from exerciser.movements import movement_of
from exerciser.movements.squat import squat

WALK_S = 2.0
SETTLE_S = 1.0
DOWN_S = 6.0  # standing to lying
STEP_HZ = 0.9  # full walking cycles (two steps) per second


def duration(exercise: str) -> float:
    """Seconds from the first frame until the person is in the rest position."""
    return WALK_S + SETTLE_S + (0.0 if movement_of(exercise).posture == "standing" else DOWN_S)


def _walk(body: Body, time: Array, speed: float) -> Pose:
    """Walking toward +y, arriving at y = 0 at WALK_S."""
    n = len(time)
    f = Figure(body, n)
    phase = 2 * np.pi * STEP_HZ * (time - WALK_S)
    f.trunk(rot(X, -3 * np.ones(n)), rot(X, -4 * np.ones(n)), rot(X, np.zeros(n)))
    for s, sign in (("l", 1.0), ("r", -1.0)):
        swing = sign * np.sin(phase)
        hip = f.point(f"thigh01_{s}")
        # the leg swings 24 degrees to and fro; the knee bends as it comes forward
        lift = np.clip(sign * np.cos(phase), 0, None)
        reach = f.straightness(s, 6 + 42 * lift)
        angle = np.radians(24 * swing)
        way = np.stack([np.zeros(n), np.sin(angle), -np.cos(angle)], 1)
        f.leg(s, hip + reach[:, None] * way, Y)
        tip = rot(X, -14 * swing)
        f.set(f"foot_{s}", tip)
        f.set(f"toes_{s}", tip)
        upper = np.einsum(
            "tij,j->ti", rot(X, -22 * swing), unit(np.array([-0.16 * sign, 0.0, -1.0]))
        )
        f.arm(s, upper, X, 22 + 8 * np.clip(-swing, 0, None))
    f.move(stack3(0, speed * (time - WALK_S), 0, n))
    return f.pose()


def _sit(body: Body) -> Pose:
    """Sitting on the floor, knees bent, leaning back on straight arms."""
    f = Figure(body, 1)
    one = np.ones(1)
    f.trunk(rot(X, 22 * one), rot(X, 14 * one), rot(X, 4 * one))
    height = 0.10
    f.move(stack3(0, -0.42, height, 1) - f.middle("thigh01"))
    for s, x in (("l", -0.13), ("r", 0.13)):
        f.stand_on(s, f.planted(s, x, 0.0, 8.0, 0.0), Z)
        shoulder = f.point(f"arm01_{s}")
        wrist = shoulder + np.array([np.sign(x) * 0.16, -0.22, 0.0])
        wrist[:, 2] = 0.06
        f.arm_to(s, wrist, unit(np.array([np.sign(x), -0.6, 0.0])))
    return f.pose()


def _local(body: Body, pose: Pose) -> Array:
    out = pose.rotations.copy()
    for b, p in enumerate(body.parents):
        if p >= 0:
            out[:, b] = np.swapaxes(pose.rotations[:, p], -1, -2) @ pose.rotations[:, b]
    return out


def mix(body: Body, a: Pose, b: Pose, share: Array) -> Pose:
    """Poses a and b (one frame each, or as many as share) mixed joint by joint."""
    la, lb = _local(body, a), _local(body, b)
    n = len(share)
    la = np.broadcast_to(la, (n, *la.shape[1:]))
    way = np.swapaxes(la, -1, -2) @ lb
    v = rotation_vector(way)
    angle = np.linalg.norm(v, axis=-1)
    axis = v / np.maximum(angle, 1e-9)[..., None]
    local = la @ rot(axis, np.degrees(angle) * share[:, None])
    world = local.copy()
    for i, p in enumerate(body.parents):
        if p >= 0:
            world[:, i] = world[:, p] @ local[:, i]
    root = a.root + share[:, None] * (b.root - a.root)
    return Pose(world, root)


def _ground(body: Body, pose: Pose, *bones: str) -> Pose:
    """Move up or down until the lowest point (of some bones) is on the floor."""
    low = body.contact_points(pose, *bones)[:, :, 2].min(axis=1)
    root = pose.root.copy()
    root[:, 2] -= low
    return Pose(pose.rotations, root)


def _move(body: Body, a: Pose, b: Pose, share: Array, lying: bool) -> Pose:
    """From pose a to b with the feet going straight from place to place.

    lying: the trunk is kept on the floor on the way.
    """
    mixed = mix(body, a, b, share)
    if lying:
        laid = _ground(body, mixed, "pelvis", "spine", "clavicle", "shoulder", "head")
        # lying flesh presses into the mat: end exactly where pose b lies
        settle = min_jerk((share - 0.5) / 0.5)
        laid.root[:, 2] += settle * (b.root[0, 2] - laid.root[:, 2])
        mixed = laid
    f = Figure(body, len(share))
    f.r, f.root = mixed.rotations.copy(), mixed.root.copy()
    ends = [(body.joints(p), p) for p in (a, b)]
    for s in ("l", "r"):
        ankle, pole = [], []
        for joints, _ in ends:
            hip, knee, foot = (
                joints[:, body.bone[f"{n}_{s}"]] for n in ("thigh01", "shank", "foot")
            )
            ankle.append(foot)
            pole.append(across(knee - hip, unit(foot - hip)))
        foot, toes = f.get(f"foot_{s}").copy(), f.get(f"toes_{s}").copy()
        way = share[:, None]
        f.leg(s, ankle[0] + way * (ankle[1] - ankle[0]), pole[0] + way * (pole[1] - pole[0]))
        f.set(f"foot_{s}", foot)
        f.set(f"toes_{s}", toes)
    return f.pose()


def walk_in(body: Body, exercise: str, time: Array, pose: Pose) -> Pose:
    """Replace the first len(time) frames of pose by walking (and lying down)."""
    if movement_of(exercise).posture == "reclined":
        raise ValueError(f"nobody can walk in for {exercise}: it begins reclined")
    n = len(time)
    target = pose[slice(n, n + 1)]
    stand = squat(body, np.zeros(1), {})
    speed = 0.75
    walking = time < WALK_S
    parts = [_ground(body, _walk(body, time[walking], speed))]
    rest = time[~walking]
    last = _walk(body, np.array([WALK_S]), 0.0)
    if movement_of(exercise).posture == "standing":
        share = min_jerk((rest - WALK_S) / SETTLE_S)
        parts.append(_ground(body, mix(body, last, target, share)))
    else:
        low = squat(body, np.array([1.12]), {"arms_forward": 0.6})
        sit = _sit(body)
        t0 = WALK_S + SETTLE_S
        keys = [
            (WALK_S, last),
            (t0, stand),
            (t0 + 0.28 * DOWN_S, low),
            (t0 + 0.52 * DOWN_S, sit),
            (t0 + DOWN_S, target),
        ]
        for i, ((ta, a), (tb, b)) in enumerate(itertools.pairwise(keys)):
            mine = rest[(rest >= ta) & ((rest < tb) | (i == len(keys) - 2))]
            if len(mine):
                share = min_jerk((mine - ta) / (tb - ta))
                if i == 0:  # the last step: feet slide under the body
                    parts.append(_ground(body, mix(body, a, b, share)))
                else:
                    parts.append(_move(body, a, b, share, lying=b is target))
    rotations = np.concatenate([p.rotations for p in parts] + [pose.rotations[n:]])
    root = np.concatenate([p.root for p in parts] + [pose.root[n:]])
    return Pose(rotations, root)
