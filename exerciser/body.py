"""Bodies: mesh, joints and skin weights, posed with plain numpy.

A pose is one rotation per bone, from the rest pose to the world, and the place of
the pelvis bone. All functions work on many frames at once: arrays have a leading
frame axis T. The rest pose stands at the origin, faces +y, soles on z = 0, arms
held out and forward; its rotations are all the identity.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from formcheck.engine.pose import LANDMARK_COUNT, Landmark

Array = NDArray[Any]
FOLDER = Path(__file__).parent / "bodies"


@dataclass(frozen=True)
class Pose:
    """`rotations` (T, bones, 3, 3) rest to world; `root` (T, 3) metres, the pelvis bone."""

    rotations: Array
    root: Array

    def __len__(self) -> int:
        return len(self.root)

    def __getitem__(self, part: slice | Array) -> Pose:
        return Pose(self.rotations[part], self.root[part])


@dataclass(frozen=True, eq=False)
class Body:
    """One person. Lengths in metres, colours RGB 0..255. Equal only to itself."""

    name: str
    sex: str
    age: int
    height_m: float
    bones: tuple[str, ...]
    parents: Array
    rest_vertices: Array
    faces: Array
    weight_index: Array
    weight: Array
    rest_joints: Array
    region: Array
    regions: tuple[str, ...]
    palette: Array
    landmark_index: Array
    landmark_bone: Array
    landmark_rest: Array

    @cached_property
    def bone(self) -> dict[str, int]:
        """Index of each bone by name."""
        return {name: i for i, name in enumerate(self.bones)}

    @cached_property
    def vertex_colors(self) -> Array:
        """(n, 3) uint8: the plain colour of each vertex's region."""
        return self.palette[self.region]

    @cached_property
    def _dense(self) -> Array:
        out = np.zeros((len(self.rest_vertices), len(self.bones)), np.float32)
        np.put_along_axis(out, self.weight_index, self.weight, axis=1)
        return out

    @cached_property
    def contact_vertices(self) -> Array:
        """Indices of the outermost vertices of each bone: enough to find the floor."""
        golden = np.pi * (3 - np.sqrt(5))
        k = np.arange(40)
        z = 1 - (2 * k + 1) / len(k)
        r = np.sqrt(1 - z * z)
        directions = np.stack([r * np.cos(golden * k), r * np.sin(golden * k), z], axis=1)
        found: set[int] = set()
        for b in range(len(self.bones)):
            mine = np.flatnonzero(self.weight_index[:, 0] == b)
            if len(mine):
                found.update(mine[np.argmax(self.rest_vertices[mine] @ directions.T, axis=0)])
        return np.array(sorted(found))

    @cached_property
    def _contact_dense(self) -> Array:
        return self._dense[self.contact_vertices].astype(float)

    def joint_rest(self, bone: str) -> Array:
        """Where a bone turns, in the rest pose."""
        out: Array = self.rest_joints[self.bone[bone]]
        return out

    def joints(self, pose: Pose) -> Array:
        """(T, bones, 3) joint centres."""
        out = np.empty((len(pose), len(self.bones), 3))
        for b, p in enumerate(self.parents):
            if p < 0:
                out[:, b] = pose.root
            else:
                step = self.rest_joints[b] - self.rest_joints[p]
                out[:, b] = out[:, p] + pose.rotations[:, p] @ step
        return out

    def landmarks(self, pose: Pose, joints: Array | None = None) -> Array:
        """(T, 33, 3) true positions in BlazePose order; NaN where undefined."""
        if joints is None:
            joints = self.joints(pose)
        out = np.full((len(pose), LANDMARK_COUNT, 3), np.nan)
        offset = self.landmark_rest - self.rest_joints[self.landmark_bone]
        turned = np.einsum("tkij,kj->tki", pose.rotations[:, self.landmark_bone], offset)
        out[:, self.landmark_index] = joints[:, self.landmark_bone] + turned
        return out

    def _transforms(self, pose: Pose) -> Array:
        joints = self.joints(pose)
        move = joints - np.einsum("tbij,bj->tbi", pose.rotations, self.rest_joints)
        return np.concatenate([pose.rotations, move[..., None]], axis=-1)

    def skin(self, pose: Pose, frame: int = 0) -> Array:
        """(n, 3) float32 vertices of one frame (linear blend skinning)."""
        m = self._transforms(pose[slice(frame, frame + 1)])[0].astype(np.float32)
        blend = (self._dense @ m.reshape(len(self.bones), 12)).reshape(-1, 3, 4)
        out: Array = np.einsum("nij,nj->ni", blend[:, :, :3], self.rest_vertices) + blend[:, :, 3]
        return out

    def contact_points(self, pose: Pose, *prefixes: str) -> Array:
        """(T, k, 3) the contact vertices: a cheap stand-in for the whole skin.

        prefixes: only those of the bones whose names start so.
        """
        mine = self.contact_bones(*prefixes) if prefixes else slice(None)
        m = self._transforms(pose).reshape(len(pose), len(self.bones), 12)
        blend = np.matmul(self._contact_dense[mine], m).reshape(len(pose), -1, 3, 4)
        rest = self.rest_vertices[self.contact_vertices[mine]]
        out: Array = np.einsum("tnij,nj->tni", blend[..., :3], rest) + blend[..., 3]
        return out

    def contact_bones(self, *prefixes: str) -> Array:
        """Which contact vertices belong to the bones whose names start so."""
        owner = self.weight_index[self.contact_vertices, 0]
        return np.array([self.bones[b].startswith(prefixes) for b in owner])


def body_names() -> list[str]:
    """Names of the stored bodies."""
    return sorted(p.stem for p in FOLDER.glob("*.npz") if p.stem != "topology")


@lru_cache(maxsize=16)
def load_body(name: str) -> Body:
    """Read a body by name (see `body_names`)."""
    if name not in body_names():
        raise ValueError(f"unknown body {name!r}; known: {', '.join(body_names())}")
    with np.load(FOLDER / "topology.npz") as f:
        topology = {k: f[k] for k in f.files}
    with np.load(FOLDER / f"{name}.npz") as f:
        own = {k: f[k] for k in f.files}
    meta = json.loads(str(own["meta"]))
    bones = tuple(str(b) for b in topology["bones"])
    named = meta["landmark_bones"]
    return Body(
        name=name,
        sex=meta["sex"],
        age=meta["age"],
        height_m=meta["height_m"],
        bones=bones,
        parents=topology["parents"].astype(int),
        rest_vertices=own["vertices"].astype(np.float32) * np.float32(1e-4),
        faces=topology["faces"].astype(np.int32),
        weight_index=topology["weight_index"].astype(int),
        weight=topology["weight"].astype(np.float32),
        rest_joints=own["joints"].astype(float),
        region=own["region"],
        regions=tuple(str(r) for r in topology["regions"]),
        palette=own["palette"],
        landmark_index=np.array([Landmark[k].value for k in named]),
        landmark_bone=np.array([bones.index(b) for b in named.values()]),
        landmark_rest=own["landmarks"].astype(float),
    )
