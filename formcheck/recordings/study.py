"""Many recordings at once: a folder of them to tables of reps, of sets, of subjects, of failures.

What was found in each is kept in a file of its own beside the tables as soon as it is known, so
that what was interrupted goes on where it was. Who does the work is the standard library's pool
of processes, or a cluster of Dask's.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from formcheck import __version__
from formcheck.capture.files import replacing
from formcheck.capture.models.store import ModelUnavailableError, named_model
from formcheck.capture.pieces import cores
from formcheck.language import N_
from formcheck.language.told import FormcheckError
from formcheck.recordings.analysis import AUTO, analyze_sets
from formcheck.recordings.outputs import OutputError, output_file
from formcheck.reporting.csv_text import csv_text

__all__ = ["Clip", "StudyError", "analyze_folder", "clips_of", "look", "table_path"]

#: What is looked at in a folder.
ENDINGS: Final = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".npz"}
#: Columns of the tables; those of the manifest come behind clip.
REPS: Final = (
    "set", "exercise", "rep", "counted", "side", "start_s", "top_s", "end_s", "concentric_s",
    "hold_s", "hold_clean_s", "eccentric_s", "rom_deg", "peak_deg", "faults", "not_assessed", "why",
)  # fmt: skip
SETS: Final = (
    "set", "exercise", "probability", "reps", "partials", "reps_without_fault", "duration_s",
    "frames", "frames_with_pose", "fps", "posture", "azimuth_deg", "not_assessed", "notes", "model",
    "formcheck_version", "analysis_s",
)  # fmt: skip
FAILED: Final = ("why", "tries")
SUBJECTS: Final = ("subject", "exercise", "measure", "sets", "reps", "value", "low", "high")
_TRIES: Final = 2
_Z95: Final = 1.959964
_GIVEN_UP: Final = N_("The process that looked at it was ended from outside twice.")

Row = dict[str, Any]
#: Called with (clips done, clips in all, failed so far).
OnClip = Callable[[int, int, int], object]


class StudyError(FormcheckError):
    """The folder or the manifest is not what was expected; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording, and how it is looked at.

    name: its path within the folder. about: what the manifest says of it, by column. options:
    keywords of analyze_sets(). size, changed_ns: of the file; another one is looked at again.
    """

    path: str
    name: str
    exercise: str
    about: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, Any], ...]
    size: int
    changed_ns: int

    @property
    def key(self) -> str:
        """Other for every other question about every other file."""
        asked = [__version__, asdict(replace(self, about=(), path=""))]
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def look(clip: Clip) -> Row:
    """Look at one clip, in whatever process: {"sets": reports} or {"failed": why}."""
    began = time.perf_counter()
    try:
        reports = analyze_sets(clip.path, clip.exercise, jobs=1, **dict(clip.options))
        found: Row = {"sets": [report.to_dict() for report in reports]}
        if not any(report.source.frames_with_pose for report in reports):
            found = {"failed": "Nobody was found in it."}
    except ModelUnavailableError:
        raise
    # Whatever is the matter with one clip, the others go on.
    except Exception as error:
        found = {"failed": f"{error}" or type(error).__name__}
    return {**found, "analysis_s": round(time.perf_counter() - began, 2)}


def clips_of(
    folder: Path, manifest: Path | None, exercise: str, options: Mapping[str, Any]
) -> tuple[list[Clip], list[Row], tuple[str, ...]]:
    """The clips of a folder and below, what is missing of the manifest, and its columns.

    manifest: a CSV file with a column clip (a path within the folder), and subject, session,
    exercise and others as there are. Raises StudyError.
    """
    if not folder.is_dir():
        raise StudyError(N_("{folder} is not a folder.").format(folder=folder))
    about, columns = ({}, ()) if manifest is None else _manifest(manifest)
    clips, missing = [], []
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
    for file in files:
        name = file.relative_to(folder).as_posix()
        said = about.pop(name, {})
        state = file.stat()
        clips.append(
            Clip(
                str(file.resolve()),
                name,
                said.get("exercise") or exercise,
                tuple((column, said.get(column, "")) for column in columns),
                tuple(sorted(options.items())),
                state.st_size,
                state.st_mtime_ns,
            )
        )
    for name, said in about.items():
        why = "It stands in the manifest and is not in the folder."
        missing.append({"clip": name, **said, "why": why, "tries": 0})
    if not clips:
        raise StudyError(N_("{folder} holds no video and no landmark file.").format(folder=folder))
    return clips, missing, columns


def _manifest(path: Path) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
            columns = tuple(c for c in reader.fieldnames or () if c)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StudyError(
            N_("The manifest {path} cannot be read ({why}).").format(path=path, why=error)
        ) from None
    if "clip" not in columns:
        raise StudyError(
            N_("The manifest {path} has no column clip; it has: {columns}.").format(
                path=path, columns=", ".join(columns)
            )
        )
    own = tuple(c for c in columns if c not in ("clip", "exercise"))
    taken = set(own) & {*REPS, *SETS, *FAILED}
    if taken:
        raise StudyError(
            N_("The manifest {path} may have no column of these names: {columns}.").format(
                path=path, columns=", ".join(sorted(taken))
            )
        )
    return {row["clip"].replace("\\", "/"): row for row in rows}, own


def analyze_folder(  # noqa: PLR0913 - as of analyze()
    folder: Path,
    out: Path,
    *,
    manifest: Path | None = None,
    exercise: str = AUTO,
    jobs: int | None = None,
    scheduler: str | None = None,
    upload: bool = False,
    on_clip: OnClip | None = None,
    **options: Any,
) -> dict[str, int]:
    """Measure every recording of a folder; returns how many rows each table has.

    out: the table of reps, .csv or .parquet; the others are named after it: STEM_sets,
    STEM_subjects, STEM_failed, and the folder STEM_clips keeps what was found, clip by clip.
    scheduler: the address of a Dask scheduler, whose workers see the same files by the same
    paths, or get their bytes (upload); None = as many processes as jobs says (None = cores).
    options: of analyze_sets().

    What was looked at before, with the same options, is not looked at again. Raises StudyError,
    OutputError, ModelUnavailableError; KeyboardInterrupt, after which the same call goes on.
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise OutputError(
            N_("--out {out} cannot be written: name it .csv or .parquet.").format(out=out)
        )
    clips, missing, columns = clips_of(folder, manifest, exercise, options)
    kept = out.with_name(f"{out.stem}_clips")
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            N_("{kept} cannot be made: {why}.").format(kept=kept, why=error.strerror)
        ) from None
    todo = [clip for clip in clips if _known(kept, clip) is None]
    if todo and scheduler is None:
        named_model(str(options.get("model", "full")))
    if scheduler is None:
        work = _here(todo, jobs or cores())
    else:
        work = _on_cluster(todo, scheduler, upload=upload)
    done = len(clips) - len(todo)
    failed = sum("failed" in (_known(kept, clip) or {}) for clip in clips)
    with closing(work):
        for clip, found in work:
            with output_file(kept / f"{clip.key}.json") as file:
                json.dump({"clip": clip.name, **found}, file)
            done, failed = done + 1, failed + ("failed" in found)
            if on_clip is not None:
                on_clip(done, len(clips), failed)
    return _write_tables(out, [(c, _known(kept, c) or {}) for c in clips], missing, columns)


def _known(kept: Path, clip: Clip) -> Row | None:
    try:
        found: Row = json.loads((kept / f"{clip.key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


# --- who does the work --------------------------------------------------------


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end at once, whatever they are at, when it is left by an error."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_follow_the_one_who_asked)
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        workers = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()
        raise


def _follow_the_one_who_asked() -> None:
    """In a worker: Ctrl-C is for the one who started it, and whose end is its own, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _here(clips: Sequence[Clip], jobs: int) -> Generator[tuple[Clip, Row]]:
    """What is found in each, in the order in which it is known, by processes of this machine."""
    waiting = iter(clips)
    while fresh := list(islice(waiting, jobs)):
        suspects = []
        with _pool(jobs) as pool:
            flying = {pool.submit(look, clip): clip for clip in fresh}
            while flying:
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    clip = flying.pop(future)
                    if isinstance(future.exception(), BrokenProcessPool):
                        suspects.append(clip)
                        continue
                    yield clip, future.result()
                    following = None if suspects else next(waiting, None)
                    if following is not None:
                        try:
                            flying[pool.submit(look, following)] = following
                        except BrokenProcessPool:
                            suspects.append(following)
        # A process was ended, and with it the pool. Who was at fault shows one by one.
        for clip in suspects:
            yield clip, _alone(clip)


def _alone(clip: Clip) -> Row:
    try:
        with _pool(1) as pool:
            found: Row = pool.submit(look, clip).result()
            return found
    except BrokenProcessPool:
        return {"failed": _GIVEN_UP, "tries": _TRIES}


def _on_cluster(
    clips: Sequence[Clip], address: str, *, upload: bool
) -> Generator[tuple[Clip, Row]]:
    """The same by the workers of a Dask scheduler, which gives a killed one's clips to others."""
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as completed
    except ImportError:
        raise StudyError(
            N_("--scheduler needs Dask: pip install 'formcheck[cluster]', here and on the workers.")
        ) from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise StudyError(
            N_("There is no Dask scheduler at {address} ({why}).").format(
                address=address, why=error
            )
        ) from None
    waiting = iter(clips)
    flying: dict[Any, Clip] = {}
    with client:
        done = completed()
        while True:
            # No more than are looked at: one that only waits would be blamed for a worker's end,
            # too, and its bytes would lie with the scheduler.
            places = max(sum(client.nthreads().values()), 1)
            for clip in islice(waiting, max(places - len(flying), 0)):
                future = _submit(client, clip, upload=upload)
                flying[future] = clip
                done.add(future)
            if not flying:
                return
            future = next(done)
            clip = flying.pop(future)
            try:
                found = future.result()
            except KilledWorker:
                found = {"failed": _GIVEN_UP, "tries": _TRIES}
            except ModelUnavailableError:
                raise
            except Exception as error:
                found = {"failed": f"{error}", "tries": 1}
            yield clip, found


def _submit(client: Any, clip: Clip, *, upload: bool) -> Any:
    content = None
    if upload:
        # What cannot be read here is told by who looks for it there.
        with suppress(OSError):
            content = Path(clip.path).read_bytes()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph")
        future = client.submit(_look_there, look, clip, content, pure=False)
    client.run_on_scheduler(_give_two_tries, key=future.key)
    return future


async def _give_two_tries(key: str, dask_scheduler: Any) -> None:
    """On the scheduler: let this task alone be given up with the second worker it is lost with.

    How many may be lost is one number for everybody's tasks; so ours begins to count later.
    """
    for _ in range(600):
        if (task := dask_scheduler.tasks.get(key)) is not None:
            task.suspicious += dask_scheduler.allowed_failures - (_TRIES - 1)
            return
        await asyncio.sleep(0.05)


def _look_there(how: Callable[[Clip], Row], clip: Clip, content: bytes | None) -> Row:
    """On a worker: look at a clip, of which these are the bytes, or that is there by its path."""
    if content is None:
        return how(clip)
    from distributed import get_worker

    # The folder of a worker that was killed is cleared by the next one.
    here = get_worker().local_directory
    with TemporaryDirectory(prefix="formcheck-", dir=here) as folder:
        path = Path(folder) / Path(clip.path).name
        path.write_bytes(content)
        return how(replace(clip, path=str(path)))


# --- tables -------------------------------------------------------------------


def _write_tables(
    out: Path, found: Sequence[tuple[Clip, Row]], missing: Sequence[Row], about: tuple[str, ...]
) -> dict[str, int]:
    reps: list[Row] = []
    sets: list[Row] = []
    failed: list[Row] = list(missing)
    for clip, one in found:
        who: Row = {"clip": clip.name, **dict(clip.about)}
        if "failed" in one:
            failed.append({**who, "why": one["failed"], "tries": one.get("tries", 1)})
        for number, report in enumerate(one.get("sets", ()), 1):
            own = {**who, "set": number, "exercise": report["exercise"]}
            sets.append({**own, **_set_row(report), "analysis_s": one["analysis_s"]})
            attempts = sorted(report["reps"] + report["partials"], key=lambda r: r["start_s"])
            reps.extend({**own, **_rep_row(attempt)} for attempt in attempts)
    tables = {
        "reps": (("clip", *about, *REPS), reps),
        "sets": (("clip", *about, *SETS), sets),
        "subjects": (SUBJECTS, list(_summary(reps))),
        "failed": (("clip", *about, *FAILED), failed),
    }
    for name, (columns, rows) in tables.items():
        _write(table_path(out, name), columns, rows)
    return {name: len(rows) for name, (_, rows) in tables.items()}


def table_path(out: Path, name: str) -> Path:
    """Where the table of this name goes; that of the reps has the name that was asked for."""
    return out if name == "reps" else out.with_name(f"{out.stem}_{name}{out.suffix}")


def _rep_row(rep: Row) -> Row:
    faults = " ".join(f"{f['id']}:{f['side']}:{f['severity']}" for f in rep["faults"])
    unknown = " ".join(missing["id"] for missing in rep["not_assessed"])
    own = {"rep": rep["index"], "counted": "why" not in rep, "why": rep.get("why")}
    own |= {"faults": faults, "not_assessed": unknown}
    return {name: rep[name] for name in REPS if name in rep and name not in own} | own


def _set_row(report: Row) -> Row:
    summary, source, view = report["summary"], report["source"], report["view"]
    recognised = report["recognised"] or {}
    return {
        "probability": recognised.get("probability"),
        "reps": summary["reps"],
        "partials": summary["partials"],
        "reps_without_fault": sum(not rep["faults"] for rep in report["reps"]),
        **{name: source[name] for name in ("duration_s", "frames", "frames_with_pose", "fps")},
        "posture": view["posture"],
        "azimuth_deg": view["azimuth_deg"],
        "not_assessed": " ".join(summary["not_assessed"]),
        "notes": " ".join(report["notes"]),
        "model": report["model"],
        "formcheck_version": report["formcheck_version"],
    }


def _summary(reps: Iterable[Row]) -> Iterator[Row]:
    """By subject and exercise: shares of reps and means, each with its 95% interval.

    Of a fault the reps count in which it could be judged. Shares: Wilson's interval (1927);
    means: Student's. Both take the reps for independent of each other.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for rep in reps:
        if rep["counted"]:
            groups.setdefault((rep.get("subject", ""), rep["exercise"]), []).append(rep)
    for (subject, exercise), own in sorted(groups.items()):
        for measure, values in _measures(own):
            share = measure.startswith(("without ", "fault "))
            value, low, high = (_wilson if share else _student)(values)
            yield {
                "subject": subject,
                "exercise": exercise,
                "measure": measure,
                "sets": len({(rep["clip"], rep["set"]) for rep in own}),
                "reps": len(values),
                "value": value,
                "low": low,
                "high": high,
            }


def _measures(reps: Sequence[Row]) -> Iterator[tuple[str, list[float]]]:
    yield "without fault", [float(not rep["faults"]) for rep in reps]
    names = sorted({one.split(":")[0] for rep in reps for one in rep["faults"].split()})
    for name in names:
        judged = [rep for rep in reps if name not in rep["not_assessed"].split()]
        yield (
            f"fault {name}",
            [float(name in [f.split(":")[0] for f in rep["faults"].split()]) for rep in judged],
        )
    for name in ("rom_deg", "peak_deg", "concentric_s", "hold_s", "eccentric_s"):
        yield name, [float(rep[name]) for rep in reps]


def _wilson(values: Sequence[float]) -> tuple[float, float, float]:
    count, share = len(values), float(np.mean(values))
    middle = (share + _Z95**2 / (2 * count)) / (1 + _Z95**2 / count)
    half = math.sqrt(share * (1 - share) / count + _Z95**2 / (4 * count**2))
    half *= _Z95 / (1 + _Z95**2 / count)
    return share, max(middle - half, 0.0), min(middle + half, 1.0)


def _student(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    mean, free = float(np.mean(values)), len(values) - 1
    if free < 1:
        return mean, None, None
    half = _t95(free) * float(np.std(values, ddof=1)) / math.sqrt(free + 1)
    return mean, mean - half, mean + half


def _t95(free: int) -> float:
    """Student's quantile; from ten degrees of freedom on by its series (Hill, 1970)."""
    few = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
    if free <= len(few):
        return few[free - 1]
    z = _Z95
    return z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    if path.suffix.lower() == ".csv":
        with output_file(path) as file:
            file.write(csv_text(columns, ([_cell(row.get(c)) for c in columns] for row in rows)))
        return
    import pyarrow
    from pyarrow import parquet

    # A column without a value has no type of its own.
    table = pyarrow.table({c: [row.get(c) for row in rows] for c in columns})
    try:
        with replacing(path) as made:
            parquet.write_table(table, made)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from None


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
