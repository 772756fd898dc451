"""A folder of recordings becomes tables, whatever happens on the way."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet
import pytest
from command import formcheck

from formcheck.capture.pose_file import PoseFile, write_pose_file
from formcheck.recordings import study
from formcheck.recordings.study import StudyError, analyze_folder, table_path

DATA = Path(__file__).parent / "data" / "rendered"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "clips"
    (where / "p2").mkdir(parents=True)
    shutil.copy(DATA / "squat-00.npz", where / "one.npz")
    shutil.copy(DATA / "squat-00.npz", where / "p2" / "two.npz")
    (where / "broken.mp4").write_bytes(b"nothing")
    (where / "notes.txt").write_text("not a recording")
    return where


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest(folder: Path, text: str) -> Path:
    path = folder / "who.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_tables_of_reps_sets_subjects_and_failures(folder: Path, tmp_path: Path) -> None:
    who = manifest(
        folder,
        "clip,subject,session,exercise\none.npz,=A,1,squat\np2/two.npz,B,2,\ngone.mp4,C,1,squat\n",
    )
    out = tmp_path / "study.csv"
    told: list[tuple[int, int, int]] = []
    counts = analyze_folder(
        folder, out, manifest=who, exercise="squat", on_clip=lambda *n: told.append(n), jobs=2
    )
    reps = rows(out)
    assert counts == {"reps": len(reps), "sets": 2, "subjects": counts["subjects"], "failed": 2}
    assert [(r["clip"], r["subject"], r["session"], r["rep"]) for r in reps] == [
        # A formula is not left as one.
        *(("one.npz", "'=A", "1", str(n)) for n in (1, 2, 3)),
        *(("p2/two.npz", "B", "2", str(n)) for n in (1, 2, 3)),
    ]
    assert {r["faults"] for r in reps} > {""}
    assert [(r["clip"], r["reps"], r["exercise"]) for r in rows(table_path(out, "sets"))] == [
        ("one.npz", "3", "squat"),
        ("p2/two.npz", "3", "squat"),
    ]
    failed = {r["clip"]: r["why"] for r in rows(table_path(out, "failed"))}
    assert set(failed) == {"broken.mp4", "gone.mp4"}
    assert "cannot be opened" in failed["broken.mp4"]
    subjects = [r for r in rows(table_path(out, "subjects")) if r["measure"] == "without fault"]
    clean = sum(r["faults"] == "" for r in reps[:3])
    for row in subjects:
        assert float(row["value"]) == pytest.approx(clean / 3, abs=1e-3)
        assert 0 <= float(row["low"]) < float(row["value"]) < float(row["high"]) <= 1
    assert told[-1] == (3, 3, 1)

    # Nothing is looked at twice; what is new, or changed, is.
    told.clear()
    analyze_folder(folder, out, manifest=who, exercise="squat", on_clip=lambda *n: told.append(n))
    assert told == [] and rows(out) == reps
    shutil.copy(DATA / "squat-00.npz", folder / "three.npz")
    os.utime(folder / "one.npz", (1, 1))
    analyze_folder(folder, out, exercise="squat", on_clip=lambda *n: told.append(n), jobs=1)
    assert len(told) == 2 and len(rows(out)) == 9


def test_parquet_has_numbers(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "study.parquet"
    analyze_folder(folder, out, exercise="squat", jobs=1)
    table = pyarrow.parquet.read_table(out).to_pydict()
    assert table["counted"] == [True] * 6
    assert all(isinstance(value, float) and 30 < value < 140 for value in table["rom_deg"])
    assert pyarrow.parquet.read_table(table_path(out, "failed")).num_rows == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("name,subject\n", "no column clip"), ("clip,reps\n", "no column of these names: reps")],
)
def test_a_manifest_that_does_not_do(folder: Path, text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=words):
        analyze_folder(folder, tmp_path / "s.csv", manifest=manifest(folder, text))


def test_intervals_are_those_of_the_books() -> None:
    # Wilson for 8 of 10; Student for 1..5 (mean 3, standard error 0.7071, t = 2.776).
    assert study._wilson([1.0] * 8 + [0.0] * 2) == pytest.approx((0.8, 0.4902, 0.9433), abs=1e-4)
    assert study._student([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(
        (3.0, 3.0 - 2.776 * math.sqrt(0.5), 3.0 + 2.776 * math.sqrt(0.5)), abs=1e-3
    )
    assert [study._t95(n) for n in (5, 10, 30)] == pytest.approx([2.571, 2.228, 2.042], abs=0.006)


# --- what ends in the middle ---------------------------------------------------


def slow(folder: Path, name: str) -> None:
    """A recording that takes a second or two."""
    poses = list(PoseFile(DATA / "squat-00.npz"))
    step = poses[-1].time_s + 1 / 30
    write_pose_file(
        folder / name,
        (replace(p, time_s=p.time_s + n * step) for n in range(5) for p in poses),
    )


def wait_for(what: Any) -> Any:
    """What it gives once that is something."""
    for _ in range(1200):
        if got := what():
            return got
        time.sleep(0.05)
    raise AssertionError("it never came")


def poisoned(clip: study.Clip) -> dict[str, Any]:
    """Looks at a clip, unless its name says that it ends the process."""
    if "poison" in clip.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return study.look(clip)


def test_a_clip_that_ends_its_process_is_given_up_after_two_tries(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DATA / "squat-00.npz", folder / "a_poison.npz")
    monkeypatch.setattr(study, "look", poisoned)
    out = tmp_path / "study.csv"
    counts = analyze_folder(folder, out, exercise="squat", jobs=2)
    assert (counts["sets"], counts["failed"]) == (2, 2)
    failed = {r["clip"]: (r["why"], r["tries"]) for r in rows(table_path(out, "failed"))}
    assert failed["a_poison.npz"] == (study._GIVEN_UP, "2")


def ends_once_another_is_done(clip: study.Clip) -> dict[str, Any]:
    """As poisoned(), but at the first try not before another clip is done."""
    if "poison" in clip.name:
        here = Path(clip.path).parent.parent
        (here / "waits").touch()
        wait_for((here / "done").exists)
    return poisoned(clip)


def test_what_comes_next_is_not_lost_when_a_process_ends_before_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between two clips: the third is handed to those that are no more."""
    shutil.copy(DATA / "squat-00.npz", folder / "a_poison.npz")
    monkeypatch.setattr(study, "look", ends_once_another_is_done)

    def one_is_done(*_told: int) -> None:
        if (tmp_path / "done").exists():
            return
        wait_for((tmp_path / "waits").exists)
        alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
        workers = [p for p in alive if "spawn_main" in " ".join(p.cmdline())]
        (tmp_path / "done").touch()
        # When one of them is ended, so are the others, by the pool.
        assert workers and not psutil.wait_procs(workers, timeout=60)[1]

    out = tmp_path / "study.csv"
    counts = analyze_folder(folder, out, exercise="squat", jobs=2, on_clip=one_is_done)
    assert (counts["sets"], counts["failed"]) == (2, 2)


def test_a_study_goes_on_where_it_was_killed(folder: Path, tmp_path: Path) -> None:
    for n in range(3):
        slow(folder, f"slow{n}.npz")
    out = tmp_path / "study.csv"
    command = [sys.executable, "-m", "formcheck", "analyze", str(folder), "--out", str(out)]
    command += ["-e", "squat", "--jobs", "1"]
    running = subprocess.Popen(command)
    kept = tmp_path / "study_clips"
    wait_for(lambda: len(list(kept.glob("*.json"))) >= 2)
    workers = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.wait()
    assert workers and not psutil.wait_procs(workers, timeout=60)[1]
    before = {p: p.stat().st_mtime_ns for p in kept.glob("*.json")}
    assert all(json.loads(p.read_text()) for p in before)
    done = formcheck("analyze", folder, "--out", out, "-e", "squat", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "sets; 1 recordings failed" in done.stdout
    assert all(p.stat().st_mtime_ns == at for p, at in before.items())
    assert len({r["clip"] for r in rows(out)}) == 5
    refused = formcheck("analyze", folder, "--out", out, "--json", "-")
    assert refused.returncode == 2 and "--json goes with one recording" in refused.stderr


def on_a_worker(clip: study.Clip) -> dict[str, Any]:
    """As poisoned(), but one waits at its first try to be ended in the middle."""
    began = Path(os.environ["FORMCHECK_TEST_HERE"]) / "began"
    with began.open("a") as file:
        file.write(f"{os.getpid()} {clip.path}\n")
    if "middle" in clip.name and began.read_text().count(clip.name) == 1:
        time.sleep(600)
    return poisoned(clip)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMCHECK_TEST_HERE", str(tmp_path_factory.mktemp("cluster")))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as running:
            yield running


def tries(name: str) -> list[tuple[int, Path]]:
    """Process and path of each try at the clip of this name."""
    began = Path(os.environ["FORMCHECK_TEST_HERE"]) / "began"
    lines = began.read_text().splitlines() if began.exists() else []
    return [(int(p), Path(f)) for p, f in (x.split(maxsplit=1) for x in lines) if f.endswith(name)]


@pytest.mark.parametrize("upload", [False, True])
def test_a_cluster_does_it_again_when_a_worker_is_killed_in_the_middle(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Any, upload: bool
) -> None:
    monkeypatch.setattr(study, "look", on_a_worker)
    name = f"a_middle{upload}.npz"
    shutil.copy(DATA / "squat-00.npz", folder / name)

    def kill() -> None:
        os.kill(wait_for(lambda: tries(name))[0][0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    out = tmp_path / "study.csv"
    address = cluster.scheduler_address
    counts = analyze_folder(folder, out, exercise="squat", scheduler=address, upload=upload)
    killer.join()
    assert (counts["sets"], counts["failed"]) == (3, 1)
    (first, path), (again, _) = tries(name)
    assert first != again and (path == folder / name) is not upload
    # A copy goes with the folder of its worker.
    if upload:
        wait_for(lambda: not path.exists())


def test_a_cluster_gives_a_clip_up_after_two_tries(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Any
) -> None:
    monkeypatch.setattr(study, "look", on_a_worker)
    shutil.copy(DATA / "squat-00.npz", folder / "z_poison.npz")
    out = tmp_path / "study.csv"
    allowed = cluster.scheduler.allowed_failures
    address = cluster.scheduler_address
    counts = analyze_folder(folder, out, exercise="squat", scheduler=address)
    assert (counts["sets"], counts["failed"]) == (2, 2)
    failed = {r["clip"]: (r["why"], r["tries"]) for r in rows(table_path(out, "failed"))}
    assert failed["z_poison.npz"] == (study._GIVEN_UP, "2")
    assert "cannot be opened" in failed["broken.mp4"][0]
    assert len(tries("z_poison.npz")) == 2
    # Of other people's tasks more workers may be lost.
    assert cluster.scheduler.allowed_failures == allowed > 1


def test_no_scheduler_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        analyze_folder(folder, tmp_path / "s.csv", scheduler="tcp://127.0.0.1:9")
