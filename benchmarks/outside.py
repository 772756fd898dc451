"""The tier from outside: films and people that formcheck's makers did not make.

    python -m benchmarks.accuracy --tier outside --list-misses --out before.json
    python -m benchmarks.accuracy --tier outside --against before.json

Scores the recordings of outside_truth.py: what was counted, recognised and timed, every
fault's hits and false alarms by where the camera stands, and how wrong the sagittal angles
of standing people are. It reads kept landmarks; --pictures looks at kept videos again, where
the landmarks lack what only pictures show.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import formcheck
from benchmarks import outside_page, page, rates, results, scoring
from benchmarks.outside_truth import BANDS, ENV, Clip, clips, folder, true_angles
from benchmarks.parallel import spread
from benchmarks.render_tier import cache_folder
from benchmarks.scoring import FaultCheck, Outcome
from formcheck.capture.pose_file import PoseFile, write_pose_file
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.observation import Observer
from formcheck.engine.pose import PoseFrame
from formcheck.engine.recognition import Recognizer
from formcheck.engine.signals import Body
from formcheck.engine.signals.standing import (
    knee_flexion,
    shank_inclination,
    thigh_elevation,
    trunk_inclination,
)
from formcheck.engine.smoothing import FixedLagSmoother

SOURCES = ("films", "real_squats", "real_clips", "repcount")
#: Angle -> what measures it on a body, of a side.
ANGLES: dict[str, Callable[[Body, int], float]] = {
    "trunk": trunk_inclination,
    "shank": lambda body, _side: shank_inclination(body),
    "thigh": thigh_elevation,
    "knee": knee_flexion,
}


@dataclass(frozen=True)
class Scored:
    """One recording, scored.

    outcome: None where none of our exercises is done. recognised: "right", "wrong", "asked"
    or "none"; said: the recogniser's sentence. angles: name -> errors in degrees (found minus
    true) of all frames of the repetitions, and at their turns.
    """

    clip: Clip
    outcome: Outcome | None
    recognised: str
    said: str
    angles: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)


# ---------------------------------------------------------------- one recording
def poses(clip: Clip, pictures: str = "", model: str = "full") -> Iterable[PoseFrame]:
    """A recording's poses, as kept or, where that is asked for, seen anew in its video.

    pictures: "" for none; "side_lying" for those whose kept landmarks lack what is only seen
    in pictures; "all".
    """
    lying = clip.exercise is not None and EXERCISES[clip.exercise].posture == "side_lying"
    wanted = pictures == "all" or (pictures and lying and not _seen_in_pictures(clip.npz))
    return PoseFile(_seen_again(clip, model) if wanted and clip.video else clip.npz)


def _seen_in_pictures(npz: Path) -> bool:
    with np.load(npz, allow_pickle=False) as kept:
        return "trunk_run" in kept.files and bool((kept["trunk_run"] >= 0).any())


def _seen_again(clip: Clip, model: str) -> Path:
    """The landmark file that today's capture makes of a video; kept until either changes."""
    from formcheck.capture import estimator, subject, trunk_motion
    from formcheck.capture.correction import Correction
    from formcheck.capture.streams import Filmed

    assert clip.video is not None
    posture = "" if clip.exercise is None else EXERCISES[clip.exercise].posture
    key = hashlib.sha256(clip.video.read_bytes() + model.encode() + posture.encode())
    for decides in (estimator, subject, trunk_motion):
        key.update(Path(str(decides.__file__)).read_bytes())
    path = cache_folder() / "outside" / f"{clip.npz.stem}-{key.hexdigest()[:16]}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with Filmed(clip.video, model, Correction(), None) as film:
            write_pose_file(path, film.poses(posture))
    return path


def score_clip(clip: Clip, pictures: str = "", model: str = "full") -> Scored:
    """Everything formcheck says of one recording, set against the truth."""
    frames = list(poses(clip, pictures, model))
    recognizer = Recognizer()
    for frame in frames:
        recognizer.push(frame)
    said = recognizer.result()
    if clip.exercise is None:
        kind = "wrong" if said.exercise else "asked" if said.probability else "none"
        return Scored(clip, None, kind, said.reason)
    wanted = EXERCISES[clip.exercise].variant_of or clip.exercise
    if said.exercise is None:
        kind = "asked" if said.probability else "none"
    else:
        kind = "right" if said.exercise == wanted else "wrong"
    outcome = scoring.score(clip.record, frames)
    return Scored(clip, outcome, kind, said.reason, _angle_errors(clip, frames))


def _angle_errors(
    clip: Clip, frames: Sequence[PoseFrame]
) -> dict[str, tuple[list[float], list[float]]]:
    """Errors of the sagittal angles of somebody who stands, where the joints are known.

    Thigh and shank are those nearer to the camera, of both-legged exercises; the knee
    otherwise is the working one.
    """
    if not clip.joints or clip.exercise is None or EXERCISES[clip.exercise].posture != "standing":
        return {}
    exercise = EXERCISES[clip.exercise]
    true = [true_angles(clip.joints, leg) for leg in ("L", "R")]
    two_legged = exercise.working == "both"
    names = [n for n in ANGLES if two_legged or n in ("trunk", "knee")]
    spans = [(r["start_s"], r["end_s"], r["top_s"], r["top_end_s"]) for r in clip.record["reps"]]
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
    smoother, observer = FixedLagSmoother(), Observer(exercise)
    before_s = frames[0].time_s
    for frame in frames:
        for pose in smoother.push(frame):
            body = observer.look(pose, pose.time_s - before_s, float("nan")).body
            before_s = at = pose.time_s
            span = next((s for s in spans if s[0] <= at <= s[1]), None)
            if span is None:
                continue
            side = body.near
            if not two_legged:
                side = 0 if clip.record["reps"][0]["side"] == "left" else 1
            for name in names:
                actual = float(np.interp(at, clip.time_s, true[side][name]))
                error = ANGLES[name](body, side) - actual
                if np.isfinite(error):
                    found[name][0].append(error)
                    if span[2] - 0.1 <= at <= span[3] + 0.1:
                        found[name][1].append(error)
    return found


# --------------------------------------------------------------------- numbers
def numbers(scored: Sequence[Scored]) -> dict[str, Any]:
    """All the tables, as plain JSON types."""
    return {
        "counts": {s: _counts([x for x in scored if x.clip.source == s]) for s in SOURCES},
        "negatives": _recognition([x for x in scored if x.outcome is None]),
        "timing_s": _timing(scored),
        "range_deg": _ranges(scored),
        "false_alarms": {s: _alarms([x for x in scored if x.clip.source == s]) for s in SOURCES},
        "faults": _faults(scored, lambda x: ""),
        "faults_by_exercise": _faults(scored, lambda x: str(x.clip.exercise)),
        "faults_by_band": _faults(scored, lambda x: x.clip.band),
        "angles_deg": _angles(scored),
    }


def _recognition(scored: Sequence[Scored]) -> dict[str, int]:
    kinds = Counter(x.recognised for x in scored)
    return {kind: kinds[kind] for kind in ("right", "wrong", "asked", "none")}


def _counts(scored: Sequence[Scored]) -> dict[str, Any]:
    """Of recordings of one folder, without those that show none of our exercises."""
    outcomes = [x.outcome for x in scored if x.outcome is not None]
    errors = [abs(o.count_error) / o.true_reps for o in outcomes if o.true_reps]
    return {
        **rates.count_row(outcomes),
        "relative_error": round(float(np.mean(errors)), 3) if errors else None,
        "recognised": _recognition([x for x in scored if x.outcome is not None]),
    }


def _timing(scored: Sequence[Scored]) -> dict[str, Any]:
    """Median sizes of the errors, seconds, and on how many they rest."""
    found = {}
    for name, real in (("films", False), ("real", True)):
        errors = rates.errors(x.outcome for x in scored if x.outcome and x.clip.real == real)
        for what in ("start", "top", "end", "hold"):
            median, _, cases = errors[f"{what}_error_s"]
            if cases:
                found[f"{name} {what}"] = [median, cases]
    return found


def _ranges(scored: Sequence[Scored]) -> dict[str, list[float]]:
    """Exercise -> error of the range of motion, where it is an angle: median, 95%, of so many."""
    outcomes = [x.outcome for x in scored if x.outcome is not None]
    found = {
        e: rates.errors(o for o in outcomes if o.exercise == e)["range_error_deg"]
        for e in sorted({o.exercise for o in outcomes})
    }
    return {exercise: row for exercise, row in found.items() if row[-1]}


def _alarms(scored: Sequence[Scored]) -> dict[str, Any]:
    """False alarms per repetition of which something is known to be well, and per clean one."""
    known = [
        a.faults
        for x in scored
        for a in (x.outcome.attempts if x.outcome else ())
        if a.found == "rep" and any(c.severity == "none" for c in a.faults)
    ]
    found: dict[str, Any] = {}
    for name, reps in (
        ("rep", known),
        ("clean_rep", [r for r in known if all(c.severity == "none" for c in r)]),
    ):
        alarms = sum(c.seen and c.severity == "none" for r in reps for c in r)
        found[f"{name}s"], found[f"alarms_in_{name}s"] = len(reps), alarms
        found[f"per_{name}"] = round(alarms / len(reps), 3) if reps else None
    return found


def _faults(scored: Sequence[Scored], group: Callable[[Scored], str]) -> dict[str, Any]:
    """ "films" or "real", the fault and its group -> hits, false alarms, refusals."""
    rows: dict[str, list[FaultCheck]] = {}
    for x in scored:
        people = "real" if x.clip.real else "films"
        for a in x.outcome.attempts if x.outcome else ():
            for c in a.faults:
                rows.setdefault(f"{people} {c.fault} {group(x)}".strip(), []).append(c)
    return {name: rates.fault_row(rows[name]) for name in sorted(rows)}


def _angles(scored: Sequence[Scored]) -> dict[str, Any]:
    """Azimuth band -> angle -> mean absolute error and bias, of all frames and at the turn."""
    found: dict[str, Any] = {}
    for name in BANDS.values():
        mine = [x for x in scored if x.clip.band == name and x.angles]
        if not mine:
            continue
        row: dict[str, Any] = {"films": len(mine)}
        row["azimuth"] = _errors(
            [abs(x.outcome.azimuth_deg) - abs(x.clip.azimuth_deg) for x in mine if x.outcome]
        )
        for angle in ANGLES:
            for which, part in ((angle, 0), (f"{angle} at the turn", 1)):
                row[which] = _errors([e for x in mine for e in x.angles.get(angle, ((), ()))[part]])
        found[name] = row
    return found


def _errors(errors: Sequence[float]) -> dict[str, float | None]:
    e = np.array(errors, float)
    e = e[np.isfinite(e)]
    if not len(e):
        return {"mae": None, "bias": None}
    return {"mae": round(float(np.abs(e).mean()), 2), "bias": round(float(e.mean()), 2)}


# ------------------------------------------------------------------------ text
def misses(scored: Sequence[Scored]) -> list[str]:
    """One line for everything that was wrong, or said by nobody."""
    lines = []
    for x in scored:
        if x.recognised != "right" and not (x.outcome is None and x.recognised != "wrong"):
            wanted = x.clip.exercise or "none of ours"
            lines.append(f"RECOGNISED {x.clip.id} [{x.recognised}]: {wanted}; {x.said}")
        if x.outcome is not None:
            lines += rates.misses([x.outcome])
    return lines


def table(found: dict[str, Any]) -> list[str]:
    """Every number by band, then the summary in about thirty lines."""
    lines = ["Faults by camera azimuth, degrees (of people on the side: low or raised)"]
    lines += _fault_lines(found["faults_by_band"])
    lines += ["", "Faults by exercise, where there are any"]
    lines += _fault_lines({k: v for k, v in found["faults_by_exercise"].items() if v["there"]})
    lines += ["", "Angles of standing people: mean absolute error, bias (degrees)"]
    for name, row in found["angles_deg"].items():
        for which, e in row.items():
            if which != "films" and e["mae"] is not None:
                films = f"{row['films']} films"
                lines.append(f"  {name:8} {which:18} {e['mae']:5.1f} {e['bias']:+6.1f}  of {films}")
    return [*lines, "", *summary(found)]


def summary(found: dict[str, Any]) -> list[str]:
    """What to look at first."""
    lines = [
        "Counts          exact within 1  reps found extra partials (true)  right/wrong/asked/none"
    ]
    for name, row in found["counts"].items():
        if not row["recordings"]:
            continue
        named = "/".join(str(n) for n in row["recognised"].values())
        lines.append(
            f"  {name:11}{row['exact']:3} of {row['recordings']:2} {row['within_one']:8}"
            f" {row['found']:4} of {row['reps']:3} {row['extra']:5}"
            f" {row['partials_found']:8} {'(' + str(row['partials']) + ')':6}  {named:>22}"
        )
    none = found["negatives"]
    lines.append(
        f"  other movements taken for one of ours: {none['wrong']} of {sum(none.values())}"
    )
    times = [f"{name} {v:.2f} ({n})" for name, (v, n) in found["timing_s"].items()]
    lines += wrapped("Median errors, s: ", times)
    alarms = [
        f"{name} {v['per_rep']:.2f} ({v['alarms_in_reps']} in {v['reps']}), "
        f"{_or(v['per_clean_rep'])} in clean ones"
        for name, v in found["false_alarms"].items()
        if v["reps"]
    ]
    lines += wrapped("False alarms per rep: ", alarms)
    there = {k: v for k, v in found["faults"].items() if v["there"]}
    lines += _fault_lines(there)
    rest = [
        f"{k} {v['alarms']} of {v['clean_judged']}"
        for k, v in found["faults"].items()
        if not v["there"] and v["alarms"]
    ]
    lines += wrapped("False alarms of others: ", rest)
    angles = [
        f"{name}: "
        + " ".join(f"{a} {_or(row[a]['mae'], 1)}" for a in ("azimuth", *ANGLES) if row[a]["mae"])
        for name, row in found["angles_deg"].items()
    ]
    lines += ["Mean absolute error of angles, degrees, by azimuth:", *(f"  {a}" for a in angles)]
    return lines


def _fault_lines(rows: dict[str, Any]) -> Iterator[str]:
    yield f"{'':43}{'found (marked)':>14} {'95%':>7} {'false':>9} {'95%':>7}  not assessed"
    for name, r in rows.items():
        hits = f"{r['found']} of {r['there']} ({r['as_marked']})" if r["there"] else ""
        false = f"{r['alarms']} of {r['clean_judged']}" if r["clean_judged"] else ""
        yield (
            f"  {name:41}{hits:>14} {_interval(r['found'], r['there']):>7} {false:>9} "
            f"{_interval(r['alarms'], r['clean_judged']):>7}  {r['not_assessed']} of {r['reps']}"
        )


def _interval(hits: int, cases: int) -> str:
    low, high = rates.wilson(hits, cases)
    return f"{100 * low:.0f}-{100 * high:.0f}%" if cases else ""


def _or(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def wrapped(head: str, parts: Sequence[str]) -> list[str]:
    """Parts with commas between them, in lines of a hundred characters."""
    lines, line = [], head
    for i, part in enumerate(parts):
        piece = part + ("" if i == len(parts) - 1 else ", ")
        if len(line) + len(piece) > 100:
            lines.append(line.rstrip())
            line = "  "
        line += piece
    return [*lines, line] if parts else []


def compared(before: dict[str, Any], after: dict[str, Any]) -> str:
    """One line for every number that is another one than before."""
    lines = list(_changes(before, after, ""))
    return "\n  ".join(["\nChanged:" if lines else "\nNothing changed.", *lines])


def _changes(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[str]:
    for key in after:
        a, b, name = before.get(key), after.get(key), f"{path}{key}"
        if isinstance(a, dict) and isinstance(b, dict):
            yield from _changes(a, b, f"{name} / ")
        elif a != b and (key in before or isinstance(b, dict)):
            yield f"{name}: {json.dumps(a)} -> {json.dumps(b)}"


# ------------------------------------------------------------------------- run
def run(args: argparse.Namespace) -> int:
    """Score what is there and print it; args as benchmarks.accuracy reads them."""
    truth = folder()
    if truth is None:
        print(f"Nothing from outside to score: {ENV} and ../shared/truth name no folder.")
        return 0
    chosen = [c for c in clips(truth) if args.only in c.id and args.exercise in (None, c.exercise)]
    if args.model != "full":  # the kept landmarks are those of the full model
        chosen = [c for c in chosen if c.video is not None]
    began = time.perf_counter()
    # The longest first, so that no process is left with one at the end.
    chosen.sort(key=lambda c: -c.npz.stat().st_size)
    # What is published is of what formcheck sees today.
    pictures = (
        "all" if args.model != "full" else args.pictures or ("side_lying" if args.write else "")
    )
    scored = spread(partial(score_clip, pictures=pictures, model=args.model), chosen, chunk=1)
    scored.sort(key=lambda x: (SOURCES.index(x.clip.source), x.clip.id))
    found = numbers(scored)
    if args.list_misses:
        print("\n".join(misses(scored)), end="\n\n")
    print("\n".join(table(found)))
    whole = {"formcheck": formcheck.__version__, **found, "recordings": _recordings(scored)}
    if args.against:
        before = json.loads(Path(args.against).read_text(encoding="utf-8"))
        part = bool(args.only or args.exercise)
        print(compared(_in_short(before, part), _in_short(whole, part)))
    if args.out:
        Path(args.out).write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    if args.write and args.model == "lite":
        full = spread(partial(score_clip, pictures="side_lying"), chosen, chunk=1)
        outside_page.write(results.keep("outside lite", {"full": numbers(full), "lite": found}))
    elif args.write:
        results.tell("outside", [x.outcome for x in scored if x.outcome])
        outside_page.write(results.keep("outside", found))
    took = time.perf_counter() - began
    print(f"{len(scored)} recordings scored in {took:.0f} s, formcheck {formcheck.__version__}")
    crashed = [x.clip.id for x in scored if x.outcome is not None and x.outcome.crash]
    if crashed:
        print(f"The engine broke on {', '.join(crashed)}.", file=sys.stderr)
    return 1 if crashed else 0


def _recordings(scored: Sequence[Scored]) -> dict[str, Any]:
    """What was found in each recording, to be looked into."""
    return {
        x.clip.id: {
            "exercise": x.clip.exercise,
            "band": x.clip.band,
            "recognised": x.recognised,
            "said": x.said,
            "outcome": None if x.outcome is None else page.plain(asdict(x.outcome)),
        }
        for x in scored
    }


def _in_short(found: dict[str, Any], part: bool) -> dict[str, Any]:
    """The numbers, and of each recording what was counted and recognised.

    part: of some recordings only, without sums but with how often each fault was found.
    """
    short = {}
    for name, one in found["recordings"].items():
        short[name] = {"recognised": one["recognised"]}
        if one["outcome"]:
            short[name] |= {k: one["outcome"][f"found_{k}"] for k in ("reps", "partials")}
        if one["outcome"] and part:
            said = [c for a in one["outcome"]["attempts"] for c in a["faults"]]
            for fault in dict.fromkeys(c["fault"] for c in said):
                tally = Counter(c["found"] for c in said if c["fault"] == fault)
                told = [f"{n} {kind}" for kind, n in sorted(tally.items())]
                short[name][fault] = ", ".join(told)
    return {"recordings": short} if part else found | {"recordings": short}
