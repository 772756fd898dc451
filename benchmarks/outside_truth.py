"""Films and people that formcheck's makers did not make, as truth records for scoring.

    for clip in clips(folder()):
        outcome = scoring.score(clip.record, clip.poses())

The folder (default ../shared/truth beside the repository, FORMCHECK_TRUTH names another) is
not part of the project; its README says what each recording is. Every kind of truth becomes
the record that `scoring.score` takes (see `scoring.truth_record`), with two things more: a
repetition may know of its turn only (start and end NaN), and `unscored` names the faults
nobody can say anything about.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from formcheck.engine.exercises import EXERCISES
from formcheck.engine.segmentation import EDGE_SHARE
from formcheck.engine.view import RECLINED, SUPINE

ENV = "FORMCHECK_TRUTH"
ROOT = Path(__file__).resolve().parents[1]
NAN = float("nan")
Array = np.ndarray

#: Bands of the camera's azimuth, degrees: from its lower edge to the next one's.
#: The last one is behind, or at the head of somebody who lies.
BANDS = {0: "0-15", 15: "15-30", 30: "30-60", 60: "60-75", 75: "75-105", 105: "behind"}
#: Of clips whose view somebody described in words.
_BAND_OF = (("back", "behind"), ("oblique", "30-60"), ("front", "0-15"), ("side", "75-105"))
#: Of people on the side: from this elevation on a camera looks down on them, degrees.
RAISED_DEG = 18.0
_LOW, _HIGH = " low", " raised"
#: What the label of a real squat says is there.
_SQUAT_LABELS = {"lean_fwd": "trunk_lean", "not_low": "shallow_depth"}
#: Words for faults in the notes of real clips that are not a rule's name.
_WORDS = {"knees bent": "knee_bend"}
#: A clip in which these words stand shows half a repetition beside its whole ones.
_HALF = re.compile(r"half a rep|mid-(descent|ascent)")


@dataclass(frozen=True)
class Clip:
    """One recording with what truly happened in it.

    id: folder/name. exercise: id, None when it is none of ours. npz: the kept landmarks;
    video: the pictures they are from, where they are kept. record: see the module.
    band: of the camera's azimuth, of people on the side also of its height; azimuth_deg,
    elevation_deg: NaN where nobody knows.
    joints: name -> (n, 3) metres at time_s; empty for real people.
    """

    id: str
    exercise: str | None
    npz: Path
    record: dict[str, Any]
    band: str
    video: Path | None = None
    azimuth_deg: float = NAN
    elevation_deg: float = NAN
    time_s: Array = field(default_factory=lambda: np.zeros(0))
    joints: Mapping[str, Array] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The folder it comes from."""
        return self.id.split("/")[0]

    @property
    def real(self) -> bool:
        """Whether a real person is seen."""
        return self.source != "films"


def folder() -> Path | None:
    """Where the truth lies, None when it is not there."""
    named = os.environ.get(ENV)
    path = Path(named) if named else ROOT.parent / "shared" / "truth"
    return path if path.is_dir() else None


def clips(truth: Path) -> list[Clip]:
    """Every recording of the folder that has landmarks and a truth."""
    return [*_films(truth), *_real_squats(truth), *_real_clips(truth), *_repcount(truth)]


def band(azimuth_deg: float) -> str:
    """The band of an azimuth in degrees."""
    return next(name for low, name in reversed(BANDS.items()) if abs(azimuth_deg) >= low)


# -------------------------------------------------------------------- records
def _record(id_: str, exercise: str | None, view: str, reps: Sequence[dict[str, Any]]) -> Any:
    rules = EXERCISES[exercise].faults if exercise else ()
    return {
        "id": id_,
        "exercise": exercise,
        "view": view,
        "group": "",
        "tags": [],
        "reps": list(reps),
        # From outside, everything should be judged from anywhere.
        "assessable": {rule.id: True for rule in rules},
    }


def _rep(  # noqa: PLR0913 - what is known of a repetition, by keyword
    turn_s: float,
    faults: Sequence[dict[str, Any]],
    *,
    span: tuple[float, float] = (NAN, NAN),
    top_end_s: float = NAN,
    hold_s: float = NAN,
    side: str = "",
    unscored: Sequence[str] = (),
    range_deg: float = NAN,
) -> dict[str, Any]:
    return {
        "kind": "rep",
        "start_s": span[0],
        "top_s": turn_s,
        "top_end_s": top_end_s,
        "end_s": span[1],
        "hold_s": hold_s,
        "share_of_full": 1.0,
        "side": side,
        "excursion": range_deg,
        "faults": list(faults),
        "unscored": list(unscored),
        "values": {},
    }


def _fault(name: str, size: float = NAN, side: str = "both") -> dict[str, Any]:
    return {"id": name, "severity": "marked", "size": size, "side": side, "requested": True}


def _known(exercise: str) -> list[str]:
    return [rule.id for rule in EXERCISES[exercise].faults]


# ---------------------------------------------------------------------- films
def _films(truth: Path) -> Iterator[Clip]:
    for path in sorted((truth / "films").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        meta = data["meta"]
        exercise = meta["exercise"]
        joints = {name: np.array(points, float) for name, points in data["joints"].items()}
        times, effort = (np.array(data[name], float) for name in ("time_s", "effort"))
        azimuth, elevation = camera_angles(meta["cam"], joints, EXERCISES[exercise].posture)
        side = {"L": "left", "R": "right"}.get(meta["side"], "both")
        sizes = true_sizes(exercise, joints, np.array(data["pelvis_axes"], float), side)
        own = {k[-1] for k in meta["params"] if k in ("valgus_L", "valgus_R")}
        legs = {"left"} if own == {"L"} else {"right"} if own == {"R"} else set()
        reps = []
        for rep in meta["reps"]:
            inside = (times >= rep["start_s"]) & (times <= rep["end_s"])
            rest = int(np.abs(times - (rep["start_s"] - 0.2)).argmin())
            course = true_primary(EXERCISES[exercise].primary.signal, joints, side, rest)
            faults = [
                _fault(
                    name,
                    _size(sizes.get(name), inside, rest),
                    next(iter(legs), side) if name == "knee_valgus" else side,
                )
                for name in rep["faults"]
            ]
            reps.append(
                _rep(
                    rep["top_s"],
                    faults,
                    span=_timed(times, effort, rep),
                    top_end_s=rep["top_end_s"],
                    hold_s=rep["hold_s"],
                    side=side,
                    unscored=meta["ambiguous"],
                    range_deg=NAN if course is None else float(np.abs(course[inside]).max()),
                )
            )
        where = band(azimuth)
        if EXERCISES[exercise].posture == "side_lying":
            where += _HIGH if elevation >= RAISED_DEG else _LOW
        record = _record(f"films/{path.stem}", exercise, where, reps)
        record["partials"] = meta["partials"]
        record["group"] = meta["body"]
        video = path.with_suffix(".mp4")
        yield Clip(
            record["id"],
            exercise,
            path.with_suffix(".npz"),
            record,
            where,
            video if video.exists() else None,
            azimuth,
            elevation,
            times,
            joints,
        )


def _timed(times: Array, effort: Array, rep: Mapping[str, float]) -> tuple[float, float]:
    """Start and end of a repetition where formcheck times them: at a tenth of the way."""
    inside = np.flatnonzero((times >= rep["start_s"]) & (times <= rep["end_s"]))
    under_way = inside[effort[inside] >= EDGE_SHARE * effort[inside].max()]
    return float(times[under_way[0]]), float(times[under_way[-1]])


def camera_angles(
    cam: Mapping[str, Sequence[float]], joints: Mapping[str, Array], posture: str
) -> tuple[float, float]:
    """Where a film's camera stands: azimuth and elevation, degrees.

    The azimuth is 0 in front of somebody who stands or lies on the side and + at the left
    of the picture's person; of somebody on the back 0 at the feet, 90 abeam, 180 at the head.
    """
    away = np.array(cam["eye"], float) - np.array(cam["at"], float)
    elevation = math.degrees(math.atan2(away[2], math.hypot(away[0], away[1])))
    if posture in (SUPINE, RECLINED):
        along = _mid(joints, "ankle")[0] - _mid(joints, "shoulder")[0]
        turned = math.atan2(along[0] * away[1] - along[1] * away[0], along[:2] @ away[:2])
        return math.degrees(turned), elevation
    return math.degrees(math.atan2(away[0], -away[1])), elevation


def _mid(joints: Mapping[str, Array], name: str) -> Array:
    out: Array = 0.5 * (joints[f"{name}L"] + joints[f"{name}R"])
    return out


def _deg(y: Array, x: Array) -> Array:
    out: Array = np.degrees(np.arctan2(y, x))
    return out


def true_angles(joints: Mapping[str, Array], near: str) -> dict[str, Array]:
    """(n,) degrees of trunk, shank, thigh and knee of somebody who stands; near: "L" or "R".

    As the exerciser measures its own people: trunk and shank in the plane that looks
    forward (-y), the thigh's rise over the floor, the knee's own angle.
    """
    hip, knee, ankle = (joints[f"{name}{near}"] for name in ("hip", "knee", "ankle"))
    trunk = _mid(joints, "shoulder") - _mid(joints, "hip")
    thigh, shank = hip - knee, knee - ankle
    return {
        "trunk": _deg(-trunk[:, 1], trunk[:, 2]),
        "shank": _deg(-shank[:, 1], shank[:, 2]),
        "thigh": _deg(thigh[:, 2], np.hypot(thigh[:, 0], thigh[:, 1])),
        "knee": _deg(np.linalg.norm(np.cross(thigh, shank), axis=1), (thigh * shank).sum(1)),
    }


def true_sizes(
    exercise: str, joints: Mapping[str, Array], pelvis: Array, side: str
) -> dict[str, tuple[Array, bool]]:
    """Fault -> ((n,) how large it truly is, whether it counts from rest).

    knee_valgus in cm of the bent knee inside of the toe, of the worse leg; all else in degrees
    (shallow_depth: how far the thigh has come from upright).
    """
    leg = {"left": "L", "right": "R"}.get(side, "L")
    turned = np.einsum("tij,kj->tik", pelvis, np.eye(3)) @ pelvis[0].T
    angle = np.degrees(np.arccos(np.clip((np.trace(turned, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    hips = joints["hipL"] - joints["hipR"]
    trunk = _mid(joints, "shoulder") - _mid(joints, "hip")
    standing = true_angles(joints, leg)
    inward = {}
    for s, sign in (("L", 1.0), ("R", -1.0)):
        bent = true_angles(joints, s)["knee"]
        medial = sign * 100 * (joints[f"toe{s}"] - joints[f"knee{s}"])[:, 0]
        # A straight leg stands inside of toes that are turned out.
        inward[s] = np.where(bent >= 0.8 * bent.max(), medial, np.nan)
    legs = ("L", "R") if side == "both" else (leg,)
    return {
        "knee_valgus": (np.fmax.reduce([inward[s] for s in legs]), False),
        "pelvic_rotation": (angle, True),
        "pelvic_drop": (np.abs(_deg(hips[:, 2], np.hypot(hips[:, 0], hips[:, 1]))), True),
        "trunk_lean": (standing["trunk"], False),
        "trunk_lateral_lean": (np.abs(_deg(trunk[:, 0], trunk[:, 2])), False),
        "shallow_depth": (90 - standing["thigh"], False),
        "knee_bend": (standing["knee"], False),
    }


def true_primary(signal: str, joints: Mapping[str, Array], side: str, rest: int) -> Array | None:
    """(n,) degrees of an exercise's primary signal since a moment of rest; None = not known."""
    legs = ("L", "R") if side == "both" else (side[0].upper(),)

    def mean(of: Callable[[str], Array]) -> Array:
        out: Array = np.mean([of(leg) for leg in legs], axis=0)
        return out

    def leg(s: str, end: str) -> Array:
        out: Array = joints[f"{end}{s}"] - joints[f"hip{s}"]
        return out

    def out_of_line(s: str) -> Array:
        """The knee off the line from hip to ankle."""
        line = _unit(leg(s, "ankle"))
        knee = leg(s, "knee")
        out: Array = knee - (knee * line).sum(1, keepdims=True) * line
        return out

    def extension(s: str) -> Array:
        """Shoulder, hip and knee of somebody on the back: over 180 with the hip above the line."""
        folded = _between(trunk, leg(s, "knee"))
        line = _unit(leg(s, "knee") - trunk)
        above = ((trunk * line).sum(1, keepdims=True) * line - trunk)[:, 2] > 0
        return np.where(above, 360 - folded, folded)

    trunk = _mid(joints, "shoulder") - _mid(joints, "hip")
    match signal:
        case "squat_flexion" | "stance_flexion":
            course = mean(lambda s: true_angles(joints, s)["knee"])
        case "trunk_hinge":
            course = true_angles(joints, legs[0])["trunk"]
        case "hip_extension":
            course = mean(extension)
        case "hip_abduction":
            across = joints[f"hip{legs[0]}"] - joints["hipR" if legs[0] == "L" else "hipL"]
            course = 90 - _between(across, leg(legs[0], "ankle"))
        case "clam_opening":
            course = mean(lambda s: _between(out_of_line(s), out_of_line(s)[rest]))
        case _:
            return None
    out: Array = course - course[rest]
    return out


def _unit(vectors: Array) -> Array:
    out: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return out


def _between(a: Array, b: Array) -> Array:
    """Angle between vectors, degrees."""
    out: Array = np.degrees(np.arccos(np.clip((_unit(a) * _unit(b)).sum(-1), -1, 1)))
    return out


def _size(course: tuple[Array, bool] | None, inside: Array, rest: int) -> float:
    """The most that was reached in a repetition."""
    if course is None:
        return NAN
    values, from_rest = course
    return float(np.fmax.reduce((values - (values[rest] if from_rest else 0.0))[inside]))


# ---------------------------------------------------------------- real people
def _real_squats(truth: Path) -> Iterator[Clip]:
    """Squats of one label each: only correct ones are known to be free of all faults."""
    for name, labels in _labels(truth / "real_squats" / "labels.json").items():
        reps = []
        for label in labels:
            fault = _SQUAT_LABELS.get(label["label"])
            known = [fault] if fault else _known("squat") if label["label"] == "correct" else []
            reps.append(
                _rep(
                    NAN,
                    [_fault(fault)] if fault else [],
                    span=(label["start_s"], label["end_s"]),
                    unscored=[f for f in _known("squat") if f not in known],
                )
            )
        yield _real(truth / "real_squats" / f"{name}.npz", "squat", "30-60", reps)


def _repcount(truth: Path) -> Iterator[Clip]:
    """Squats that were only counted."""
    for name, label in _labels(truth / "repcount" / "labels.json").items():
        spans = [(float(a), float(b)) for a, b in label["spans_s"]]
        reps = [_rep(NAN, [], span=s, unscored=_known("squat")) for s in spans]
        yield _real(truth / "repcount" / f"{name}.npz", "squat", "", reps)


def _real_clips(truth: Path) -> Iterator[Clip]:
    for name, label in _labels(truth / "real_clips" / "truth.json").items():
        exercise = re.sub(r"\s*\(.*\)", "", label["exercise"])
        npz = truth / "real_clips" / f"{name}.npz"
        if exercise not in EXERCISES:
            yield _real(npz, None, "", [])
            continue
        seen = faults_seen(label["faults_visible"], exercise, label["true_reps"])
        reps = [
            _rep(float(turn), [_fault(f) for f in faults])
            for turn, faults in zip(label["turn_s"], seen, strict=True)
        ]
        view = next((b for word, b in _BAND_OF if word in label["view"]), "")
        view += _LOW if view and EXERCISES[exercise].posture == "side_lying" else ""
        notes = label["notes"]
        most = label["true_reps"] + bool(_HALF.search(notes))
        told = re.search(r"(\d+) to (\d+) are defensible", notes)
        most = int(told[2]) if told else most
        video = truth / "videos" / f"{name}.mp4"
        yield _real(npz, exercise, view, reps, most, video)


def faults_seen(texts: Sequence[str], exercise: str, reps: int) -> list[list[str]]:
    """The faults of each repetition from sentences like "knee_valgus in reps 1-3 (...)".

    A sentence that names no repetition is about all of them; one that names no rule of the
    exercise is passed over.
    """
    found: list[list[str]] = [[] for _ in range(reps)]
    for text in texts:
        words = next((rule for word, rule in _WORDS.items() if text.startswith(word)), text)
        rule = next((r for r in _known(exercise) if words.startswith(r)), None)
        if rule is None:
            continue
        named = re.search(r"in reps (\d+)-(\d+)", text)
        first, last = (int(named[1]), int(named[2])) if named else (1, reps)
        for one in found[first - 1 : last]:
            one.append(rule)
    return found


def _real(
    npz: Path,
    exercise: str | None,
    view: str,
    reps: Sequence[dict[str, Any]],
    most: int = 0,
    video: Path | None = None,
) -> Clip:
    record = _record(f"{npz.parent.name}/{npz.stem}", exercise, view, reps)
    record["group"] = "real"
    seen = video if video is not None and video.exists() else None
    record["most"] = most
    return Clip(record["id"], exercise, npz, record, view, seen)


def _labels(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
