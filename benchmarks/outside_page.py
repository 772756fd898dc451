"""docs/accuracy.md and the lines of the README that say how well: the tier from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.page import FAULT_HEAD, fault_cells, of, paragraph, table, write_block
from formcheck import __version__
from formcheck.engine.camera import Camera
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.signals import SIGNALS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
README = ROOT / "README.md"
_SOURCES = {
    "films": "films of another renderer",
    "real_squats": "real squats seen from 35 to 65 degrees",
    "real_clips": "clips of real people",
    "repcount": "sets of a public counting benchmark",
}
_ANGLES = ("azimuth", "trunk", "shank", "thigh", "knee")
#: What the README tells of, in its order: row of the fault table, and in words.
_HEADLINES = {
    "films knee_valgus": "knee falling inward",
    "films pelvic_rotation": "pelvis rolling (20 degrees and more)",
    "real pelvic_rotation": "the same, real people (none of them rolls)",
    "films trunk_lateral_lean": "trunk leaning sideways",
    "real trunk_lean": "leaning too far forward, real people",
    "real shallow_depth": "squat not low enough, real people",
}


def write(results: dict[str, Any]) -> None:
    """Write the page and the README's lines from what is kept of whole runs (results.kept)."""
    found, small = results["outside"], results.get("outside lite")
    lines = [*_page(found), *(_small(small) if small else ())]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    write_block(README, _short(found))


def _page(found: dict[str, Any]) -> Iterator[str]:
    yield from ["# Accuracy", ""]
    yield from paragraph(
        f"""Written by `python -m benchmarks.accuracy --tier outside --write` for formcheck
        {__version__}. These are films that another renderer made, on other bodies and with other
        movements, whose joints are known exactly, and recordings of real people, counted and
        judged by those who filmed them or by eye before formcheck saw them. None of it can
        be given away with the project; limits were chosen with it in view, so people and films
        that nobody here has seen will do somewhat worse. What our own renderer's films say, which
        the limits were tuned on first, is in [accuracy_rendered.md](accuracy_rendered.md): it is
        the best case, and by itself it proves nothing."""
    )
    yield from ["## Counts", ""]
    yield from _counts(found)
    times = ", ".join(f"{name} {v:.2f} ({n})" for name, (v, n) in found["timing_s"].items())
    yield from paragraph(f"Median errors in seconds (of so many reps): {times}.")
    yield from paragraph(
        """Range of motion in the films, absolute error in degrees (median, and what 95% stay
        within; of so many reps). From straight in front a bent knee is less sure than from the
        side, and a clamshell from the feet reads too wide:"""
    )
    yield from table(
        ["exercise", "median", "95%", "reps"],
        [
            [name.replace("_", " "), f"{middle:.1f}", f"{most:.1f}", str(cases)]
            for name, (middle, most, cases) in found["range_deg"].items()
        ],
    )
    none = found["negatives"]
    yield from paragraph(
        f"""Other movements (lunges, marching, side shuffles, dips and the like) taken for one of
        the eighteen: {none["wrong"]} of {sum(none.values())}."""
    )
    yield from ["## Faults", ""]
    yield from paragraph(
        """Found: of the reps in which the fault is there. False: of the reps in which it is not,
        and that were judged. In brackets the 95% interval (Wilson). Not assessed is no verdict:
        the report says so, and what to change."""
    )
    yield from _faults(found["faults"])
    yield from ["The same by where the camera stood, degrees from straight in front:", ""]
    yield from _faults({k: v for k, v in found["faults_by_band"].items() if v["there"]})
    alarms = [
        f"{_SOURCES[name]} {row['per_rep']:.3f} in {row['reps']} reps"
        for name, row in found["false_alarms"].items()
        if row["reps"]
    ]
    yield from paragraph(f"All faults together, false alarms per rep: {'; '.join(alarms)}.")
    yield from ["## Angles", ""]
    yield from paragraph(
        """Mean absolute error, degrees, of standing people in the films, by where the camera
        stood. From straight in front a sagittal angle cannot be read, and is not judged."""
    )
    yield from _angles(found["angles_deg"])


def _small(found: dict[str, Any]) -> Iterator[str]:
    """Both models on the same recordings, and what the small one does not judge."""
    full, lite = found["full"], found["lite"]
    yield from ["## The small model", ""]
    never: dict[str, list[str]] = {}
    for exercise in EXERCISES.values():
        for rule in exercise.faults:
            camera = Camera(rule.best_azimuth)
            if rule.judged_from(camera) and not rule.judged_from(replace(camera, lite=True)):
                never.setdefault(rule.id.replace("_", " "), []).append(exercise.name.lower())
    told = "; ".join(f"{fault} ({', '.join(names)})" for fault, names in never.items())
    wider = "; ".join(f"{s.title} {s.lite:g} {s.unit}" for s in SIGNALS.values() if s.lite)
    yield from paragraph(
        f"""lite, for slow computers, beside full on the recordings whose pictures are kept
        (formcheck {found["formcheck"]}). Where it is clearly less exact it adds to the standard
        error: {wider}. Not assessed with lite for that: {told}."""
    )
    rows = []
    for name, one in found.items():
        if name in ("full", "lite"):
            counts = one["counts"].values()
            exact, of_all, reps, true, extra = (
                sum(row[key] for row in counts)
                for key in ("exact", "recordings", "found", "reps", "extra")
            )
            times = [f"{one['timing_s'][f'films {w}'][0]:.2f} s" for w in ("start", "end", "hold")]
            rows.append([name, of(exact, of_all), f"{of(reps, true)}, {extra} extra", *times])
    yield from table(["model", "count exact", "reps", "start", "end", "hold"], rows)
    rows = []
    for fault in sorted(full["faults"].keys() | lite["faults"].keys()):
        both = [fault_cells(one["faults"][fault]) for one in (full, lite)]
        if both[0][:2] != ["-", "-"] or both[1][:2] != ["-", "-"]:
            rows.append([fault.replace("_", " "), *both[0], *both[1]])
    head = [f"{name}: {what}" for name in ("full", "lite") for what in FAULT_HEAD[1:]]
    yield from table(["fault", *head], rows)
    rows = []
    for band, one in full["angles_deg"].items():
        pairs = [(one[a]["mae"], lite["angles_deg"][band][a]["mae"]) for a in _ANGLES]
        rows.append([band, *("-" if None in p else f"{p[0]:.1f} / {p[1]:.1f}" for p in pairs)])
    yield from ["Mean absolute errors of angles, degrees, full / lite:", ""]
    yield from table(["camera", *_ANGLES], rows)


def _counts(found: dict[str, Any]) -> list[str]:
    rows = []
    for name, row in found["counts"].items():
        if not row["recordings"]:
            continue
        named = row["recognised"]
        told = [f"{named[k]} {k}" for k in ("right", "wrong", "asked", "none")]
        rows.append(
            [
                _SOURCES[name],
                of(row["exact"], row["recordings"]),
                of(row["within_one"], row["recordings"]),
                f"{row['found']} of {row['reps']}, {row['extra']} extra",
                ", ".join(told),
            ]
        )
    return table(["recordings", "count exact", "within one", "reps", "exercise recognised"], rows)


def _faults(rows: dict[str, Any]) -> list[str]:
    return table(
        FAULT_HEAD, [[name.replace("_", " "), *fault_cells(row)] for name, row in rows.items()]
    )


def _angles(bands: dict[str, Any]) -> list[str]:
    names = [name for name in next(iter(bands.values())) if name != "films"]
    rows = [
        [
            band,
            str(row["films"]),
            *("-" if row[n]["mae"] is None else f"{row[n]['mae']:.1f}" for n in names),
        ]
        for band, row in bands.items()
    ]
    return table(["camera", "films", *names], rows)


def _short(found: dict[str, Any]) -> list[str]:
    counts = found["counts"]
    films, real = counts["films"], [row for name, row in counts.items() if name != "films"]
    exact, total = (sum(row[k] for row in real) for k in ("exact", "recordings"))
    named = [row["recognised"] for row in counts.values()]
    right, wrong = (sum(row[k] for row in named) for k in ("right", "wrong"))
    asked = sum(sum(row.values()) for row in named)
    rows = [found["false_alarms"][k] for k in ("real_squats", "real_clips")]
    false, reps = (sum(row[k] for row in rows) for k in ("alarms_in_reps", "reps"))
    rows = []
    for key, words in _HEADLINES.items():
        row = found["faults"][key]
        rows.append(
            [
                words,
                of(row["found"], row["there"]),
                of(row["alarms"], row["clean_judged"]),
                of(row["not_assessed"], row["reps"]),
            ]
        )
    alarms = f"{false} false {'alarm' if false == 1 else 'alarms'} in {reps} reps"
    return [
        *paragraph(
            f"""Version {__version__}, measured from outside: the count is exact in
            {films["exact"]} of {films["recordings"]} films of another renderer and in {exact} of
            {total} recordings of real people; holds are right to
            {found["timing_s"]["films hold"][0]:.2f} s in the median. All faults together: {alarms}
            of real people. An exercise that is not named is recognised in {right} of {asked} and
            taken for another in {wrong}; in the rest formcheck asks, or says that it knows none
            like it. Limits were chosen with these recordings in view, so expect somewhat worse on
            people nobody here has seen."""
        ),
        *table(["fault", "found", "false alarms", "not assessed"], rows),
        "All faults, with intervals: [docs/accuracy.md](docs/accuracy.md).",
    ]
