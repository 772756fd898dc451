"""Write the bodies in `exerciser/bodies/` (run once; needs `anny` and torch).

    python -m exerciser.export_bodies

`anny` (Apache-2.0) is a parametric body on the MakeHuman base mesh, rig and skin
weights (CC0). What is stored is a handful of finished bodies: vertices, joints,
landmark positions and colours, all in one rest pose that every body shares with
the topology (faces, weights, regions). Numpy can pose them; torch is not needed
again.

Changes made here to the mesh, so that it looks like a dressed person:
hair, shirt, trousers and shoes are the skin itself, smoothed and moved outward.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

OUT = Path(__file__).parent / "bodies"

# The 104 bones of the rig are merged into these: fingers move with the hand,
# toes with the ball of the foot, the pelvis bones with the root. Order = parents
# before children.
BONES: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("pelvis", None, ("root", "pelvis.L", "pelvis.R")),
    ("spine05", "pelvis", ("spine05",)),
    ("spine04", "spine05", ("spine04",)),
    ("spine03", "spine04", ("spine03",)),
    ("spine02", "spine03", ("spine02",)),
    ("spine01", "spine02", ("spine01",)),
    ("neck01", "spine01", ("neck01",)),
    ("neck02", "neck01", ("neck02", "neck03")),
    ("head", "neck02", ("head", "eye.L", "eye.R")),
]
for _s, _t in (("l", ".L"), ("r", ".R")):
    BONES += [
        (f"thigh01_{_s}", "pelvis", (f"upperleg01{_t}",)),
        (f"thigh02_{_s}", f"thigh01_{_s}", (f"upperleg02{_t}",)),
        (f"shank_{_s}", f"thigh02_{_s}", (f"lowerleg01{_t}", f"lowerleg02{_t}")),
        (f"foot_{_s}", f"shank_{_s}", (f"foot{_t}",)),
        (f"toes_{_s}", f"foot_{_s}", (f"toe*{_t}",)),
        (f"clavicle_{_s}", "spine01", (f"clavicle{_t}",)),
        (f"shoulder_{_s}", f"clavicle_{_s}", (f"shoulder01{_t}",)),
        (f"arm01_{_s}", f"shoulder_{_s}", (f"upperarm01{_t}",)),
        (f"arm02_{_s}", f"arm01_{_s}", (f"upperarm02{_t}",)),
        (f"forearm01_{_s}", f"arm02_{_s}", (f"lowerarm01{_t}",)),
        (f"forearm02_{_s}", f"forearm01_{_s}", (f"lowerarm02{_t}",)),
        (f"hand_{_s}", f"forearm02_{_s}", (f"wrist{_t}", f"finger*{_t}", f"metacarpal*{_t}")),
    ]

REGIONS = ("skin", "shirt", "trousers", "shoes", "hair", "eyes", "pupils", "lips", "brows")

# gender 0 = male .. 1 = female; age 2/3 = young adult, 1 = old. Colours are RGB.
BODIES: dict[str, dict[str, Any]] = {
    "f_slim": {
        "phen": {
            "gender": 1.0,
            "age": 0.68,
            "muscle": 0.45,
            "weight": 0.32,
            "height": 0.5,
            "proportions": 0.6,
        },
        "height_m": 1.63,
        "age": 26,
        "leg": 0.95,
        "sleeve": 0.45,
        "skin": (226, 178, 150),
        "shirt": (196, 64, 92),
        "trousers": (38, 40, 58),
        "shoes": (235, 235, 235),
        "hair": (72, 44, 28),
        "hair_cm": 1.8,
    },
    "f_average": {
        "phen": {
            "gender": 1.0,
            "age": 0.74,
            "muscle": 0.5,
            "weight": 0.5,
            "height": 0.5,
            "proportions": 0.5,
        },
        "height_m": 1.68,
        "age": 38,
        "leg": 0.45,
        "sleeve": 0.35,
        "skin": (141, 93, 66),
        "shirt": (236, 200, 70),
        "trousers": (52, 86, 128),
        "shoes": (60, 60, 66),
        "hair": (28, 22, 20),
        "hair_cm": 2.6,
    },
    "f_heavy": {
        "phen": {
            "gender": 1.0,
            "age": 0.78,
            "muscle": 0.45,
            "weight": 0.78,
            "height": 0.5,
            "proportions": 0.45,
        },
        "height_m": 1.65,
        "age": 45,
        "leg": 0.95,
        "sleeve": 0.8,
        "skin": (214, 164, 132),
        "shirt": (58, 120, 110),
        "trousers": (30, 30, 34),
        "shoes": (150, 60, 60),
        "hair": (150, 104, 60),
        "hair_cm": 2.0,
    },
    "f_older": {
        "phen": {
            "gender": 1.0,
            "age": 0.93,
            "muscle": 0.4,
            "weight": 0.55,
            "height": 0.5,
            "proportions": 0.4,
        },
        "height_m": 1.58,
        "age": 67,
        "leg": 0.95,
        "sleeve": 0.45,
        "skin": (232, 190, 166),
        "shirt": (130, 150, 196),
        "trousers": (92, 92, 98),
        "shoes": (240, 240, 236),
        "hair": (206, 206, 202),
        "hair_cm": 1.6,
    },
    "m_slim": {
        "phen": {
            "gender": 0.0,
            "age": 0.68,
            "muscle": 0.45,
            "weight": 0.35,
            "height": 0.5,
            "proportions": 0.6,
        },
        "height_m": 1.78,
        "age": 27,
        "leg": 0.45,
        "sleeve": 0.4,
        "skin": (104, 66, 46),
        "shirt": (230, 230, 226),
        "trousers": (46, 62, 46),
        "shoes": (30, 30, 30),
        "hair": (22, 18, 16),
        "hair_cm": 0.8,
    },
    "m_average": {
        "phen": {
            "gender": 0.0,
            "age": 0.74,
            "muscle": 0.55,
            "weight": 0.5,
            "height": 0.5,
            "proportions": 0.5,
        },
        "height_m": 1.80,
        "age": 40,
        "leg": 0.45,
        "sleeve": 0.45,
        "skin": (222, 172, 142),
        "shirt": (52, 92, 160),
        "trousers": (40, 40, 42),
        "shoes": (205, 205, 208),
        "hair": (60, 42, 30),
        "hair_cm": 1.0,
    },
    "m_heavy": {
        "phen": {
            "gender": 0.0,
            "age": 0.78,
            "muscle": 0.55,
            "weight": 0.8,
            "height": 0.5,
            "proportions": 0.45,
        },
        "height_m": 1.76,
        "age": 48,
        "leg": 0.5,
        "sleeve": 0.5,
        "skin": (204, 150, 116),
        "shirt": (70, 70, 76),
        "trousers": (120, 108, 84),
        "shoes": (70, 90, 140),
        "hair": (40, 30, 24),
        "hair_cm": 0.8,
    },
    "m_older": {
        "phen": {
            "gender": 0.0,
            "age": 0.93,
            "muscle": 0.42,
            "weight": 0.48,
            "height": 0.5,
            "proportions": 0.45,
        },
        "height_m": 1.72,
        "age": 70,
        "leg": 0.95,
        "sleeve": 0.9,
        "skin": (230, 186, 160),
        "shirt": (170, 72, 52),
        "trousers": (70, 78, 92),
        "shoes": (50, 46, 42),
        "hair": (214, 214, 212),
        "hair_cm": 0.7,
    },
}


def _vertex_normals(v: np.ndarray, faces: np.ndarray) -> np.ndarray:
    fn = np.cross(v[faces[:, 1]] - v[faces[:, 0]], v[faces[:, 2]] - v[faces[:, 0]])
    out = np.zeros_like(v)
    for k in range(3):
        np.add.at(out, faces[:, k], fn)
    found: np.ndarray = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return found


def _smooth(v: np.ndarray, adjacency: Any, mask: np.ndarray, rounds: int) -> np.ndarray:
    """Each masked vertex moves halfway to the mean of its neighbours, `rounds` times."""
    out = v.copy()
    for _ in range(rounds):
        out[mask] = 0.5 * (out + adjacency @ out)[mask]
    return out


def _toe_box(v: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Close the gaps between the toes.

    The front of a foot moves outward onto its convex hull, away from the foot's own
    middle line.
    """
    from scipy.spatial import ConvexHull

    foot = np.flatnonzero(mask)
    heel, tip = v[foot, 1].min(), v[foot, 1].max()
    length = tip - heel
    front = foot[v[foot, 1] > heel + 0.45 * length]
    planes = ConvexHull(v[front]).equations
    # the middle line runs straight from mid-foot to 15% short of the toe tips
    ends = []
    for a, b in ((0.45, 0.6), (0.75, 0.9)):
        share = (v[front, 1] - heel) / length
        part = v[front][(share > a) & (share < b)]
        ends.append(0.5 * (part.min(axis=0) + part.max(axis=0)))
    along = np.clip((v[front, 1] - ends[0][1]) / (ends[1][1] - ends[0][1]), 0.05, 1.0)[:, None]
    centre = ends[0] + along * (ends[1] - ends[0])
    way = v[front] - centre
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    slope = way @ planes[:, :3].T
    room = -(centre @ planes[:, :3].T + planes[:, 3])
    reach = np.where(slope > 1e-6, room / np.maximum(slope, 1e-6), np.inf).min(axis=1)
    # fade in over the arch, so that the shoe has no step
    fade = np.clip(((v[front, 1] - heel) / length - 0.5) / 0.15, 0, 1)[:, None]
    out = v.copy()
    out[front] += fade * (centre + way * reach[:, None] - v[front])
    return out


def _dress(
    v: np.ndarray, faces: np.ndarray, region: np.ndarray, spec: dict[str, Any]
) -> np.ndarray:
    from scipy import sparse

    n = len(v)
    rows = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    a = sparse.coo_matrix((np.ones(len(rows)), (rows[:, 0], rows[:, 1])), shape=(n, n)).tocsr()
    a = ((a + a.T) > 0).astype(float)
    a = sparse.diags(1.0 / np.maximum(np.asarray(a.sum(1)).ravel(), 1)) @ a

    def push(points: np.ndarray, name: str, rounds: int, out_m: float) -> np.ndarray:
        mask = region == REGIONS.index(name)
        points = _smooth(points, a, mask, rounds)
        normals = _smooth(_vertex_normals(points, faces), a, mask, 6)
        # fade to nothing at the border so that the cloth meets the skin
        weight = mask.astype(float)
        for _ in range(2):
            weight = np.where(mask, a @ weight, 0.0)
        found: np.ndarray = points + normals * (weight * out_m)[:, None]
        return found

    v = push(v, "shirt", 12, 0.010)
    v = push(v, "trousers", 8, 0.007)
    v = push(v, "hair", 6, spec["hair_cm"] / 100)
    sole = v[:, 2].min()
    shoes = region == REGIONS.index("shoes")
    v = push(v, "shoes", 14, 0.010)
    for left in (True, False):
        v = _toe_box(v, shoes & ((v[:, 0] < 0) == left))
    low = shoes & (v[:, 2] < sole + 0.014)
    v[low, 2] = sole - 0.008  # a flat sole, so that a planted foot really stands
    return v


def main() -> None:  # noqa: C901 - run once for a new body, from top to bottom
    import anny
    import torch

    model = anny.Anny()
    labels = list(model.bone_labels)

    def belongs(label: str, patterns: tuple[str, ...]) -> bool:
        for p in patterns:
            head, star, tail = p.partition("*")
            if label == p or (star and label.startswith(head) and label.endswith(tail)):
                return True
        return False

    merged = np.full(len(labels), -1)
    for i, (_name, _parent, patterns) in enumerate(BONES):
        for j, label in enumerate(labels):
            if belongs(label, patterns):
                merged[j] = i
    assert (merged >= 0).all()

    n = len(model.template_vertices)
    idx = model.vertex_bone_indices.numpy()
    wgt = model.vertex_bone_weights.numpy()
    dense = np.zeros((n, len(BONES)))
    np.add.at(dense, (np.arange(n)[:, None], merged[idx]), wgt)
    order = np.argsort(-dense, axis=1)[:, :4]
    top = np.take_along_axis(dense, order, axis=1)
    top /= top.sum(axis=1, keepdims=True)
    faces = model.faces.numpy()
    dominant = order[:, 0]
    is_eye = np.zeros(n, bool)
    for eye in ("eye.L", "eye.R"):
        w = np.where(idx == labels.index(eye), wgt, 0).sum(1)
        is_eye |= w > 0.5

    # mouth corners: the vertices a smile moves most (base-mesh numbering)
    base = model.base_mesh_vertex_indices.numpy()
    units = Path(anny.__file__).parent / "data/faceunits01/targets/faceunits"
    corners = []
    for side in ("Left", "Right"):
        rows = np.loadtxt(units / f"mouthStretch{side}.target")
        row_of = {int(b): i for i, b in enumerate(base)}
        rows = np.array([r for r in rows if int(r[0]) in row_of])
        strong = rows[np.argsort(-np.linalg.norm(rows[:, 1:], axis=1))[:12], 0].astype(int)
        corners.append(np.array([row_of[i] for i in strong]))

    regress = anny.KeypointsRegressor.coco(model)
    OUT.mkdir(exist_ok=True)
    bone_names = [b[0] for b in BONES]
    for name, spec in BODIES.items():
        with torch.no_grad():
            out = model(phenotype_kwargs=spec["phen"])
            v = out["rest_vertices"][0].numpy().astype(float)
            heads = out["rest_bone_heads"][0].numpy().astype(float)
            coco = dict(
                zip(
                    regress.labels,
                    regress({"vertices": out["rest_vertices"]})[0].numpy(),
                    strict=True,
                )
            )
        # anny faces -y: turn the person to face +y, scale to the wanted height
        turn = np.array([-1.0, -1.0, 1.0]) * spec["height_m"] / np.ptp(v[:, 2])
        v, heads = v * turn, heads * turn
        coco = {k: p.astype(float) * turn for k, p in coco.items()}
        rig = {label: heads[i] for i, label in enumerate(labels)}

        joints = np.stack([rig[next(b for b in labels if belongs(b, p))] for _, _, p in BONES])
        for s, side, t in (("l", "left", ".L"), ("r", "right", ".R")):
            # the rig's upper-leg heads lie 21 to 25 cm apart, wider than human
            # femoral heads; the regressed hip point (19 to 20 cm) is the centre used
            hip = coco[f"{side}_hip"]
            joints[bone_names.index(f"thigh01_{s}")] = hip
            joints[bone_names.index(f"thigh02_{s}")] = hip
            joints[bone_names.index(f"arm02_{s}")] = joints[bone_names.index(f"arm01_{s}")]
            joints[bone_names.index(f"forearm02_{s}")] = joints[bone_names.index(f"forearm01_{s}")]
            joints[bone_names.index(f"toes_{s}")] = np.mean(
                [rig[f"toe{k}-1{t}"] for k in (1, 2, 3, 4)], axis=0
            )

        eye_z = 0.5 * (coco["left_eye"][2] + coco["right_eye"][2])
        eye_x = 0.5 * abs(coco["left_eye"][0] - coco["right_eye"][0])
        unit = eye_x / 0.031  # face size relative to a face with 6.2 cm between the eyes
        ear_y = coco["left_ear"][1]
        mouth = [v[c].mean(axis=0) for c in corners]
        region = np.zeros(n, np.uint8)
        bone_of = np.array(bone_names)[dominant]

        def at(*prefixes: str, bone_of: np.ndarray = bone_of) -> np.ndarray:
            return np.array([b.startswith(prefixes) for b in bone_of])

        # shirt: trunk up to the collar, upper arm down to `sleeve`
        collar = rig["neck01"][2] - 0.005
        shirt = at("spine", "clavicle", "shoulder") & (v[:, 2] < collar)
        waist = rig["spine05"][2] + 0.05
        for s in ("l", "r"):
            a, b, c = (joints[bone_names.index(f"{k}_{s}")] for k in ("arm01", "forearm01", "hand"))
            upper = at(f"arm01_{s}", f"arm02_{s}")
            along = (v - a) @ (b - a) / ((b - a) @ (b - a))
            shirt |= upper & (along < spec["sleeve"] * 2)
            fore = at(f"forearm01_{s}", f"forearm02_{s}")
            along = (v - b) @ (c - b) / ((c - b) @ (c - b))
            shirt |= fore & (along < spec["sleeve"] * 2 - 1)
        shirt |= at("pelvis", "spine") & (v[:, 2] > waist) & (v[:, 2] < collar)
        region[shirt] = REGIONS.index("shirt")
        knee_z = joints[bone_names.index("shank_l")][2]
        hip_z = joints[bone_names.index("thigh01_l")][2]
        ankle_z = joints[bone_names.index("foot_l")][2]
        legs = at("pelvis", "thigh", "shank", "spine05", "spine04") & (v[:, 2] <= waist)
        hem = (
            hip_z + (knee_z - hip_z) * spec["leg"] * 2 if spec["leg"] <= 0.5 else ankle_z
        )  # the shoes begin higher
        region[legs & (v[:, 2] > hem)] = REGIONS.index("trousers")
        region[at("foot", "toes", "shank") & (v[:, 2] < ankle_z + 0.025)] = REGIONS.index("shoes")
        is_head = at("head", "neck")
        forehead = eye_z + (0.062 - 0.25 * np.clip(np.abs(v[:, 0]) - 0.03, 0, 1)) * unit
        hair = is_head & (v[:, 2] > forehead)
        hair |= is_head & (v[:, 1] < ear_y - 0.012 * unit) & (v[:, 2] > eye_z - 0.075 * unit)
        for side in ("left", "right"):
            ear = coco[f"{side}_ear"]
            flap = np.linalg.norm((v - ear) * [1.0, 1.0, 0.8], axis=1) < 0.036 * unit
            hair &= ~(flap & (np.abs(v[:, 0]) > abs(ear[0]) - 0.012 * unit))
        region[hair] = REGIONS.index("hair")
        front = is_head & (v[:, 1] > ear_y + 0.03)
        brow_z = (
            eye_z
            + (0.021 + 0.004 * np.cos(np.clip((np.abs(v[:, 0]) - eye_x) / 0.02, -3, 3))) * unit
        )
        brow = front & (np.abs(v[:, 2] - brow_z) < 0.0045 * unit)
        brow &= (np.abs(v[:, 0]) > 0.011 * unit) & (np.abs(v[:, 0]) < 0.052 * unit)
        region[brow & ~hair] = REGIONS.index("brows")
        mouth_z = 0.5 * (mouth[0][2] + mouth[1][2])
        mouth_x = 0.5 * abs(mouth[0][0] - mouth[1][0])
        lips = front & (
            (v[:, 0] / max(mouth_x, 0.018)) ** 2 + ((v[:, 2] - mouth_z) / (0.0095 * unit)) ** 2 < 1
        )
        region[lips] = REGIONS.index("lips")
        region[is_eye] = REGIONS.index("eyes")
        for side in ("left", "right"):
            centre = coco[f"{side}_eye"]
            near = np.hypot(v[:, 0] - centre[0], v[:, 2] - centre[2]) < 0.0062 * unit
            region[is_eye & near] = REGIONS.index("pupils")

        v = _dress(v, faces, region, spec)
        floor = v[:, 2].min()

        lm: dict[str, tuple[str, np.ndarray]] = {"NOSE": ("head", coco["nose"])}
        for k, side in enumerate(("left", "right")):
            s, t, up = side[0], "." + side[0].upper(), side.upper()
            out_x = -1.0 if side == "left" else 1.0
            eye = coco[f"{side}_eye"]
            step = np.array([out_x * 0.014 * unit, -0.002, 0.0])
            lm[f"{up}_EYE_INNER"] = ("head", eye - step)
            lm[f"{up}_EYE"] = ("head", eye)
            lm[f"{up}_EYE_OUTER"] = ("head", eye + step)
            lm[f"{up}_EAR"] = ("head", coco[f"{side}_ear"])
            lm[f"MOUTH_{up}"] = ("head", mouth[k])
            for part, bone in (
                ("SHOULDER", "arm01"), ("ELBOW", "forearm01"), ("WRIST", "hand"),
                ("HIP", "thigh01"), ("KNEE", "shank"), ("ANKLE", "foot"),
            ):  # fmt: skip
                lm[f"{up}_{part}"] = (f"{bone}_{s}", joints[bone_names.index(f"{bone}_{s}")])
            lm[f"{up}_PINKY"] = (f"hand_{s}", rig[f"finger5-1{t}"])
            lm[f"{up}_INDEX"] = (f"hand_{s}", rig[f"finger2-1{t}"])
            lm[f"{up}_THUMB"] = (f"hand_{s}", rig[f"finger1-2{t}"])
            # heel and toe tip: the ends of the dressed foot along its own axis,
            # at sole level (2 cm above the sole at the heel, 1 cm at the toe)
            ankle = joints[bone_names.index(f"foot_{s}")]
            axis = rig[f"toe2-1{t}"] - ankle
            axis[2] = 0.0
            axis /= np.linalg.norm(axis)
            mine = at(f"foot_{s}", f"toes_{s}") & (v[:, 2] < ankle[2])
            along = (v[mine] - ankle) @ axis
            mid = 0.6 * rig[f"toe2-1{t}"] + 0.4 * rig[f"toe1-1{t}"]
            heel = ankle + axis * along.min()
            heel[2] = floor + 0.02
            toe = mid + axis * (along.max() - (mid - ankle) @ axis - 0.005)
            toe[2] = floor + 0.012
            lm[f"{up}_HEEL"] = (f"foot_{s}", heel)
            lm[f"{up}_FOOT_INDEX"] = (f"toes_{s}", toe)

        shift = np.array([0.0, 0.0, -floor])
        palette = [
            spec["skin"],
            spec["shirt"],
            spec["trousers"],
            spec["shoes"],
            spec["hair"],
            (240, 238, 234),
            (46, 32, 26),
            tuple(
                int(0.72 * c + 0.28 * d) for c, d in zip(spec["skin"], (170, 50, 60), strict=True)
            ),
            tuple(
                int(0.75 * c + 0.25 * d) for c, d in zip(spec["hair"], (40, 30, 24), strict=True)
            ),
        ]
        meta = {
            "name": name, "sex": name[0], "age": spec["age"], "height_m": spec["height_m"],
            "phenotype": spec["phen"], "landmark_bones": {k: b for k, (b, _) in lm.items()},
        }  # fmt: skip
        np.savez_compressed(
            OUT / f"{name}.npz",
            # 0.1 mm steps: exact enough and half the size of float32
            vertices=np.round((v + shift) * 1e4).astype(np.int16),
            joints=(joints + shift).astype(np.float32),
            landmarks=np.stack([p + shift for _, p in lm.values()]).astype(np.float32),
            region=region,
            palette=np.array(palette, np.uint8),
            meta=np.array(json.dumps(meta)),
        )
        print(name, "hips", abs(joints[9, 0] * 2).round(3), "regions", np.bincount(region))
    np.savez_compressed(
        OUT / "topology.npz",
        faces=faces.astype(np.uint16),
        weight_index=order.astype(np.uint8),
        weight=top.astype(np.float16),
        bones=np.array(bone_names),
        parents=np.array([-1 if p is None else bone_names.index(p) for _, p, _ in BONES], np.int8),
        regions=np.array(REGIONS),
    )


if __name__ == "__main__":
    main()
