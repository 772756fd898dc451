"""The bundled sample videos: what each one shows, and the command that makes them.

    python -m exerciser.samples                 make every clip, its truth and the sheet
    python -m exerciser.samples --only NAME     make one clip (may be given repeatedly)
    python -m exerciser.samples --check         re-render frames of the clips and compare

Everything random comes from the seeds below. The truth files are the same on every
machine up to the last rounded digit. The pictures are the same on the same machine
with the same OpenGL driver; another driver rounds colours and edges differently, and
another build of the video coder, or another number of cores, packs the same pictures
differently. So clips made elsewhere look the same but are not the same bytes: `--check`
compares pictures, not bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from exerciser import film, truth
from exerciser.camera import Camera, frame_points
from exerciser.film import POOR_WEBCAM, WEBCAM, Bystander, Effects
from exerciser.meshes import ByteImage
from exerciser.movements import movement_of
from exerciser.render import Renderer
from exerciser.sets import GeneratedSet, RepSpec, SetSpec, build
from formcheck.engine.pose import Landmark

SCHEMA = "formcheck.sample/1"
HOME = Path(__file__).resolve().parent.parent / "sample_videos"
SHEET = "contact_sheet.jpg"
TABLE_START, TABLE_END = "<!-- clips: start -->", "<!-- clips: end -->"

# Joints whose place in metres a truth file keeps.
MAIN_JOINTS = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "hip", "knee", "ankle", "heel", "foot_index")
    for side in ("left", "right")
)

# --check: the pictures are shrunk this much, so that grain and coding even out, and
# may then differ by this many byte levels on average.
CHECK_SHRINK, CHECK_LEVELS, CHECK_FRAMES = 4, 3.0, 4


@dataclass(frozen=True)
class Sample:
    """One clip. Angles in degrees as in `camera.Camera`; crf as in `film.film`."""

    name: str
    shows: str
    spec: SetSpec
    azimuth_deg: float
    elevation_deg: float
    room: int
    width: int = 640
    height: int = 480
    fps: float = 24.0
    fov_deg: float = 45.0
    dim: bool = False
    effects: Effects = WEBCAM
    bystander: Bystander | None = None
    crf: int = 25


def _squat(faults: dict[str, float] | None = None, **changes: Any) -> RepSpec:
    base = RepSpec(out_s=1.5, hold_s=0.3, back_s=1.3, pause_after_s=0.6, faults=faults or {})
    return replace(base, **changes)


def _bridge(hold_s: float = 0.8, faults: dict[str, float] | None = None) -> RepSpec:
    return RepSpec(out_s=1.3, hold_s=hold_s, back_s=1.4, pause_after_s=0.6, faults=faults or {})


def _lying(faults: dict[str, float] | None = None, **changes: Any) -> RepSpec:
    base = RepSpec(out_s=1.2, hold_s=0.7, back_s=1.3, pause_after_s=0.6, faults=faults or {})
    return replace(base, **changes)


def _set(exercise: str, body: str, seed: int, *reps: RepSpec, **more: Any) -> SetSpec:
    return SetSpec(
        exercise, body, reps=reps, seed=seed, **{"lead_in_s": 1.3, "lead_out_s": 1.0, **more}
    )


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "squat_front_knee_valgus",
        "Squats from the front; the knees fall inward in the last two.",
        _set("squat", "f_average", 12, _squat(), _squat(), _squat({"knee_valgus": 7.0}),
             _squat({"knee_valgus_right": 7.0})),
        0, 4, room=7,
    ),
    Sample(
        "squat_front_good",
        "Good squats from the front, filmed upright with a phone.",
        _set("squat", "m_average", 11, *[_squat()] * 3),
        3, 6, room=4, width=480, height=640, fov_deg=55,
    ),
    Sample(
        "squat_side_good",
        "Good squats from the side, with a pause of a second at the bottom.",
        _set("squat", "f_slim", 13, *[_squat(hold_s=0.9)] * 3),
        90, 3, room=15,
    ),
    Sample(
        "squat_side_faults",
        "Squats from the side: one good, one shallow, one with the trunk far forward, "
        "one with the heels off the floor.",
        _set("squat", "m_heavy", 14, _squat(), _squat({"shallow_depth": 40.0}),
             _squat({"trunk_lean": 28.0}), _squat({"heel_lift": 7.0})),
        -88, 4, room=21,
    ),
    Sample(
        "squat_oblique",
        "Good squats from an angle, in the evening with little light.",
        _set("squat", "f_older", 15, *[_squat()] * 3),
        35, 5, room=9, dim=True, effects=POOR_WEBCAM, crf=29,
    ),
    Sample(
        "squat_partial_and_pause",
        "Side view: a squat, a half-hearted one, a pause of three seconds, another squat.",
        _set("squat", "m_slim", 16, _squat(), _squat(amplitude=0.38, pause_after_s=3.0),
             _squat()),
        86, 4, room=33,
    ),
    Sample(
        "squat_bystander",
        "Squats from the front while a second person stands in the room.",
        _set("squat", "m_older", 17, *[_squat()] * 3),
        -4, 5, room=26, bystander=Bystander("f_heavy", 1.25, -1.5, 10.0),
    ),
    Sample(
        "bridge_good_holds",
        "Good glute bridges, each held for three seconds.",
        _set("glute_bridge", "f_average", 21,
             *[RepSpec(out_s=1.2, hold_s=2.9, back_s=1.2, pause_after_s=0.5)] * 3,
             lead_in_s=1.2, lead_out_s=0.8),
        90, 8, room=5,
    ),
    Sample(
        "bridge_range_faults",
        "Three glute bridges: one good, one with the hips too low, one too high with the back "
        "arched.",
        _set("glute_bridge", "m_heavy", 22, _bridge(), _bridge(0.8, {"incomplete_extension": 21.0}),
             _bridge(0.8, {"overextension": 24.0})),
        -90, 9, room=18, crf=22,
    ),
    Sample(
        "bridge_sinking_hold",
        "A short glute bridge, then a long hold during which the hips sink.",
        _set("glute_bridge", "m_older", 24, _bridge(1.2), _bridge(5.5, {"sinking": 22.0})),
        90, 8, room=29, crf=22,
    ),
    Sample(
        "bridge_hold_10s",
        "One glute bridge held for ten seconds.",
        _set("glute_bridge", "m_average", 25, _bridge(9.8)),
        -86, 10, room=12,
    ),
    Sample(
        "bridge_walk_in",
        "Somebody walks in, sits, lies down, and only then does two glute bridges.",
        _set("glute_bridge", "f_older", 26, *[_bridge()] * 2, start_from="walk_in",
             lead_in_s=1.2),
        90, 8, room=2, fov_deg=58,
    ),
    Sample(
        "clamshell_good",
        "Good clamshells, seen from a camera that stands higher.",
        _set("clamshell", "f_slim", 31, *[_lying()] * 3, side="left"),
        0, 30, room=14, crf=22,
    ),
    Sample(
        "clamshell_feet_apart",
        "Clamshells; the feet come apart in the second and third.",
        _set("clamshell", "f_heavy", 32, _lying(), _lying({"feet_apart": 11.0}),
             _lying({"feet_apart": 13.0}), side="right"),
        0, 20, room=36, crf=22,
    ),
    Sample(
        "clamshell_pelvic_roll",
        "Clamshells from a higher camera; the pelvis rolls backward in the second and third.",
        _set("clamshell", "m_average", 33, _lying(), _lying({"pelvic_rotation": 30.0}),
             _lying({"pelvic_rotation": 38.0}), side="left"),
        0, 30, room=23, crf=22,
    ),
    Sample(
        "clamshell_too_small",
        "Clamshells; the knee opens too little in the second and third.",
        _set("clamshell", "m_slim", 34, _lying(), _lying({"range_too_small": 12.0}),
             _lying({"range_too_small": 13.0}), side="left"),
        4, 26, room=8,
    ),
    Sample(
        "leg_lift_good",
        "Good side-lying leg lifts with the bottom leg straight, filmed in 1280 x 720.",
        _set("side_leg_lift", "f_average", 41, *[_lying()] * 2, side="left"),
        0, 17, room=31, width=1280, height=720, fov_deg=38,
    ),
    Sample(
        "leg_lift_other_side",
        "Good side-lying leg lifts with the right leg, the bottom leg bent.",
        _set("side_leg_lift", "m_older", 42, *[_lying()] * 3, side="right",
             params={"bottom_bent": 1.0}),
        -3, 18, room=17, fps=30.0,
    ),
    Sample(
        "leg_lift_too_high",
        "Side-lying leg lifts, the bottom leg bent; the leg goes too high in the second and third.",
        _set("side_leg_lift", "f_slim", 43, _lying(), _lying({"range_too_large": 26.0}),
             _lying({"range_too_large": 28.0}), side="left", params={"bottom_bent": 1.0}),
        0, 18, room=38,
    ),
    Sample(
        "leg_lift_hip_flexion",
        "Side-lying leg lifts; the leg drifts forward in the second and third.",
        _set("side_leg_lift", "m_average", 44, _lying(), _lying({"hip_flexion": 32.0}),
             _lying({"hip_flexion": 36.0}), side="left"),
        0, 20, room=44, crf=22,
    ),
)  # fmt: skip

_BY_NAME = {sample.name: sample for sample in SAMPLES}


def camera_of(sample: Sample, made: GeneratedSet) -> Camera:
    """The clip's camera: far enough away to see everything the person does in it."""
    start = Camera(
        sample.azimuth_deg, sample.elevation_deg, 3.0, sample.fov_deg, sample.width, sample.height
    )
    every = slice(0, len(made), 6)
    margin = 0.07 if movement_of(sample.spec.exercise).posture == "standing" else 0.10
    return frame_points(start, made.body.contact_points(made.pose[every]), margin)


def _pictures(
    sample: Sample, camera: Camera, renderer: Any = None
) -> Iterator[tuple[float, ByteImage]]:
    return film.shoot(
        sample.spec,
        camera,
        sample.room,
        sample.fps,
        sample.effects,
        dim=sample.dim,
        bystander=sample.bystander,
        renderer=renderer,
    )


def _rounded(values: Any, digits: int) -> Any:
    """Lists of rounded numbers, whole ones without a point, NaN as null."""
    if isinstance(values, np.ndarray):
        return [_rounded(v, digits) for v in values]
    if not np.isfinite(values):
        return None
    number = round(float(values), digits)
    return int(number) if number == int(number) else number


def truth_of(sample: Sample, made: GeneratedSet, camera: Camera) -> dict[str, Any]:
    """The truth file of a clip (see sample_videos/README.md)."""
    whole = truth.truth(made, camera, frames=False)
    pixels, _depth = camera.project(made.landmarks_m)
    joints = [Landmark[name.upper()] for name in MAIN_JOINTS]
    return {
        "schema": SCHEMA,
        "video": f"{sample.name}.mp4",
        "shows": sample.shows,
        "frame_count": len(made),
        **whole,
        "room": {
            "seed": sample.room,
            "dim": sample.dim,
            "bystander": sample.bystander is not None,
        },
        "joint_names": list(MAIN_JOINTS),
        "frames": {
            # One row per frame, flat to save space.
            "landmarks_px": _rounded(pixels.reshape(len(made), -1), 1),
            "joints_m": _rounded(made.landmarks_m[:, joints].reshape(len(made), -1), 3),
            "metrics": {
                name: _rounded(value, 3 if name.endswith("share") else 1)
                for name, value in made.metrics.items()
            },
        },
    }


def make(sample: Sample, folder: Path, truth_only: bool = False) -> None:
    """Make one clip and its truth file in a folder."""
    made = build(sample.spec, sample.fps)
    camera = camera_of(sample, made)
    record = truth_of(sample, made, camera)
    text = json.dumps(record, separators=(",", ":"))
    (folder / f"{sample.name}.json").write_text(text + "\n", encoding="utf-8")
    if truth_only:
        return
    path = folder / f"{sample.name}.mp4"
    unfinished = path.with_suffix(".part")
    film.film((p for _, p in _pictures(sample, camera)), unfinished, sample.fps, sample.crf)
    unfinished.replace(path)


def _decoded(path: Path, wanted: Sequence[int]) -> dict[int, ByteImage]:
    """Some frames of a video as RGB, by their number."""
    import av

    found: dict[int, ByteImage] = {}
    with av.open(str(path)) as video:
        for index, frame in enumerate(video.decode(video=0)):
            if index in wanted:
                found[index] = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            if len(found) == len(wanted):
                break
    return found


class _Sparing:
    """A renderer that draws only some frames and returns black ones for the rest."""

    def __init__(self, renderer: Renderer, wanted: Sequence[int], shape: tuple[int, int]) -> None:
        self._renderer, self._wanted = renderer, wanted
        self._black = np.zeros((*shape, 3), np.uint8)
        self._index = 0

    def render(self, *scene: Any) -> ByteImage:
        index, self._index = self._index, self._index + 1
        return self._renderer.render(*scene) if index in self._wanted else self._black


def check(sample: Sample, folder: Path) -> str | None:
    """Compare a clip and its truth with what would be made now; return what differs."""
    path = folder / f"{sample.name}.mp4"
    if not path.is_file() or not path.with_suffix(".json").is_file():
        return "is not there"
    made = build(sample.spec, sample.fps)
    camera = camera_of(sample, made)
    stored = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if not same_truth(stored, truth_of(sample, made, camera)):
        return "its truth file is another one"
    wanted = [int(i) for i in np.linspace(0, len(made) - 1, CHECK_FRAMES + 2)[1:-1]]
    seen = _decoded(path, wanted)
    renderer = Renderer(sample.width, sample.height)
    try:
        sparing = _Sparing(renderer, wanted, (sample.height, sample.width))
        for index, (_time, picture) in enumerate(_pictures(sample, camera, sparing)):
            if index not in wanted:
                continue
            if index not in seen or seen[index].shape != picture.shape:
                return f"frame {index} is missing or has another size"
            size = (sample.width // CHECK_SHRINK, sample.height // CHECK_SHRINK)
            small = [
                cv2.resize(p, size, interpolation=cv2.INTER_AREA).astype(float)
                for p in (seen[index], picture)
            ]
            apart = float(np.abs(small[0] - small[1]).mean())
            if apart > CHECK_LEVELS:
                return f"frame {index} is {apart:.1f} levels off (at most {CHECK_LEVELS})"
            if index == wanted[-1]:
                break
    finally:
        renderer.release()
    return None


def same_truth(stored: dict[str, Any], fresh: dict[str, Any]) -> bool:
    """Tell whether two truth files say the same, to one step of each number's rounding."""
    steps = {"landmarks_px": 0.11, "joints_m": 0.0011, "metrics": 0.11}
    apart = [
        _worst({**stored, "frames": None}, {**fresh, "frames": None}) <= 0.0011,
        stored["frames"].keys() == fresh["frames"].keys() == steps.keys(),
    ]
    return all(apart) and all(
        _worst(stored["frames"][name], fresh["frames"][name]) <= step
        for name, step in steps.items()
    )


def _worst(a: Any, b: Any) -> float:
    """Largest difference between two JSON values; infinite if they are built differently."""
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return float("inf")
        return max((_worst(a[k], b[k]) for k in a), default=0.0)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return float("inf")
        return max((_worst(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    numbers = (int, float)
    if isinstance(a, numbers) and isinstance(b, numbers):
        return abs(a - b)
    return 0.0 if a == b else float("inf")


def _telling_frame(record: dict[str, Any]) -> int:
    """The frame that shows best what a clip is about: the top of its most faulty rep."""

    def asked(rep: dict[str, Any]) -> int:
        return sum(1 for fault in rep["faults"] if fault["requested"])

    rep = max(record["reps"], key=asked)
    out: int = min(round(rep["top_s"] * record["fps"]), record["frame_count"] - 1)
    return out


def contact_sheet(folder: Path, columns: int = 4) -> None:
    """One labelled picture of every clip, at the moment that tells most."""
    from PIL import Image, ImageDraw, ImageFont

    width, height, strip = 320, 240, 24
    rows = -(-len(SAMPLES) // columns)
    sheet = Image.new("RGB", (columns * width, rows * (height + strip)), (250, 250, 250))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for i, sample in enumerate(SAMPLES):
        path = folder / f"{sample.name}.mp4"
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        index = _telling_frame(record)
        picture = Image.fromarray(_decoded(path, [index])[index])
        picture.thumbnail((width, height), Image.Resampling.LANCZOS)
        left, top = i % columns * width, i // columns * (height + strip)
        spot = (left + (width - picture.width) // 2, top + (height - picture.height) // 2)
        sheet.paste((28, 28, 30), (left, top, left + width, top + height))
        sheet.paste(picture, spot)
        draw.text((left + 8, top + height + 3), sample.name, (20, 20, 20), font)
    sheet.save(folder / SHEET, quality=80, optimize=True)


_WORDS = {
    "front": "front",
    "side": "side",
    "front_lying": "front of the body",
    "front_lying_high": "front of the body, raised",
    "other": "oblique",
}


def _faults_in_words(record: dict[str, Any]) -> str:
    """Every fault at or above its mild limit, with the repetitions it is in."""
    found: dict[str, dict[int, str]] = {}
    for number, rep in enumerate(record["reps"], 1):
        for fault in rep["faults"]:
            if fault["severity"] != "none":
                words = found.setdefault(fault["id"], {})
                if words.get(number) != "marked":
                    words[number] = fault["severity"]
    return "; ".join(
        f"`{name}` in " + ", ".join(f"{n} ({word})" for n, word in where.items())
        for name, where in found.items()
    )


def table(folder: Path) -> str:
    """The clips as a Markdown table, read from the truth files."""
    lines = [
        "| Clip | What it shows | Reps + partials | Hold of each, s | True faults, by repetition "
        "| Camera | Body |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for sample in SAMPLES:
        record = json.loads((folder / f"{sample.name}.json").read_text(encoding="utf-8"))
        kinds = [rep["kind"] for rep in record["reps"]]
        holds = ", ".join(f"{rep['hold_s']:.1f}" for rep in record["reps"])
        camera = record["camera"]
        place = (
            f"{_WORDS[camera['view']]}: {camera['azimuth_deg']:.0f}° round, "
            f"{camera['elevation_deg']:.0f}° up, {camera['distance_m']:.1f} m; "
            f"{camera['width']}x{camera['height']}, {record['fps']:.0f} fps"
        )
        lines.append(
            f"| `{sample.name}` | {sample.shows} | {kinds.count('rep')} + "
            f"{kinds.count('partial')} | {holds} | {_faults_in_words(record) or 'none'} "
            f"| {place} | {record['body']['name']} |"
        )
    return "\n".join(lines)


def summarise(folder: Path) -> None:
    """Renew the contact sheet and the table of a folder that holds every clip."""
    contact_sheet(folder)
    readme = folder / "README.md"
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        if TABLE_START in text and TABLE_END in text:
            before, _, rest = text.partition(TABLE_START)
            _, _, after = rest.partition(TABLE_END)
            readme.write_text(
                f"{before}{TABLE_START}\n{table(folder)}\n{TABLE_END}{after}", encoding="utf-8"
            )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m exerciser.samples", description="Make the bundled sample videos."
    )
    parser.add_argument(
        "--only", action="append", choices=list(_BY_NAME), metavar="NAME",
        help="only this clip; may be given more than once",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=HOME, metavar="DIR", help="default: sample_videos/"
    )
    parser.add_argument(
        "--check", action="store_true",
        help="make nothing; re-render a few frames of each clip and compare",
    )  # fmt: skip
    parser.add_argument(
        "--truth-only", action="store_true", help="write the truth files, render nothing"
    )
    arguments = parser.parse_args(argv)
    chosen = [_BY_NAME[name] for name in arguments.only or _BY_NAME]
    folder: Path = arguments.out
    if not arguments.check:
        folder.mkdir(parents=True, exist_ok=True)
    bad = 0
    for sample in chosen:
        if arguments.check:
            wrong = check(sample, folder)
            bad += wrong is not None
            print(f"{sample.name}: {wrong or 'as made'}", flush=True)
        else:
            make(sample, folder, arguments.truth_only)
            print(folder / f"{sample.name}.mp4", flush=True)
    if arguments.check:
        return 1 if bad else 0
    if all(
        (folder / f"{sample.name}.{kind}").is_file()
        for sample in SAMPLES
        for kind in ("mp4", "json")
    ):
        summarise(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
