"""Long recordings out of short ones: sets joined by rests, with pauses and holds put in.

Everything is a list of poses; join() gives it one clock and one picture size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from formcheck.capture.pose_file import PoseFile
from formcheck.engine.pose import Landmark as L
from formcheck.engine.pose import PoseFrame, empty_frame

RENDERED = Path(__file__).parent / "data" / "rendered"
FPS = 15.0

Poses = list[PoseFrame]


def film(name: str, folder: Path = RENDERED) -> Poses:
    """The poses of a film."""
    return list(PoseFile(folder / f"{name}.npz"))


def join(*parts: Sequence[PoseFrame]) -> Poses:
    """One recording: the clock goes on from part to part, pictures are of one size."""
    joined: Poses = []
    size = next(pose.frame_size for part in parts for pose in part)
    at = 0.0
    for part in parts:
        for i, pose in enumerate(part):
            if joined:
                gap = pose.time_s - part[i - 1].time_s if i else 1 / FPS
                at += gap
            scale = size[0] / pose.frame_size[0]
            px = pose.landmarks_px * scale
            # The same height above the lower edge: the floor stays where it is.
            px[:, 1] += size[1] - pose.frame_size[1] * scale
            joined.append(replace(pose, time_s=at, landmarks_px=px, frame_size=size))
    return joined


def another(poses: Poses) -> Poses:
    """The same by somebody else, or with the camera moved: nothing learnt before holds."""
    return [replace(poses[0], person_changed=True), *poses[1:]]


def still(pose: PoseFrame, seconds: float, seed: int = 0) -> Poses:
    """Somebody who stays in this pose, swaying a little, with the landmarks' usual noise."""
    rng = np.random.default_rng(seed)
    trunk = _trunk(pose)
    frames = []
    for i in range(round(seconds * FPS)):
        t = i / FPS
        px = pose.landmarks_px + rng.normal(0, 0.004 * trunk, pose.landmarks_px.shape)
        # From the feet up: the ground does not sway.
        low = np.nanmax(pose.landmarks_px[:, 1])
        high = (low - px[:, 1]) / (4 * trunk)
        px[:, 0] += high * 0.05 * trunk * math.sin(2 * math.pi * t / 4.7)
        frames.append(replace(pose, time_s=t, landmarks_px=px, person_changed=False))
    return frames


def nobody(seconds: float, size: tuple[int, int] = (640, 480)) -> Poses:
    """An empty picture."""
    return [empty_frame(i / FPS, size) for i in range(round(seconds * FPS))]


def walk(pose: PoseFrame, seconds: float, way: float = 1.0, seed: int = 0) -> Poses:
    """From a standing pose walk sideways out of the picture (way: +1 to the right) and back.

    Legs and arms swing as in a walk; nobody is seen while it is outside.
    """
    rng = np.random.default_rng(seed)
    trunk, width = _trunk(pose), pose.frame_size[0]
    frames = []
    for i in range(round(seconds * FPS)):
        t = i / FPS
        out_s = min(t, seconds - t)
        px = pose.landmarks_px.copy()
        swing = math.radians(24) * min(out_s, 1.0) * math.sin(2 * math.pi * t / 1.1)
        for side, sign in ((0, 1.0), (1, -1.0)):
            for root, limbs in (
                (L.LEFT_HIP, (25, 27, 29, 31)),
                (L.LEFT_SHOULDER, (13, 15, 17, 19, 21)),
            ):
                turn = sign * swing * (1 if root == L.LEFT_HIP else -1)
                centre = px[root + side, :2]
                rotation = np.array(
                    [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
                )
                for j in limbs:
                    px[j + side, :2] = centre + rotation @ (px[j + side, :2] - centre)
        px[:, 0] += way * 1.8 * trunk * out_s
        px += rng.normal(0, 0.004 * trunk, px.shape)
        inside = (px[:, 0] > -0.1 * width) & (px[:, 0] < 1.1 * width)
        if inside.sum() < 12:
            frames.append(empty_frame(t, pose.frame_size))
            continue
        px[~inside] = np.nan
        frames.append(replace(pose, time_s=t, landmarks_px=px, person_changed=False))
    return frames


def waiting(poses: Poses, at_s: Iterable[float], seconds: float | Sequence[float]) -> Poses:
    """The same film in which the person stays as they are for a while at these moments."""
    moments = sorted(at_s)
    spells = list(seconds) if isinstance(seconds, Sequence) else [seconds] * len(moments)
    parts: list[Poses] = []
    begin = 0
    for n, (moment, spell) in enumerate(zip(moments, spells, strict=True)):
        at = next(i for i, p in enumerate(poses) if p.time_s >= moment)
        parts += [poses[begin:at], still(poses[at], spell, seed=n)]
        begin = at
    return join(*parts, poses[begin:])


def mirrored(poses: Poses) -> Poses:
    """The same seen in a mirror: the other side of the body works."""
    order = list(range(33))
    for a in (*range(1, 4),):
        order[a], order[a + 3] = a + 3, a
    for a in (7, 9, *range(11, 33, 2)):
        order[a], order[a + 1] = a + 1, a
    out = []
    for pose in poses:
        px = pose.landmarks_px[order].copy()
        px[:, 0] = pose.frame_size[0] - px[:, 0]
        world = pose.world_m[order].copy()
        world[:, 0] *= -1
        out.append(replace(pose, landmarks_px=px, visibility=pose.visibility[order], world_m=world))
    return out


def _trunk(pose: PoseFrame) -> float:
    px = pose.landmarks_px
    return float(np.linalg.norm(np.nanmean(px[[11, 12], :2] - px[[23, 24], :2], axis=0)))
