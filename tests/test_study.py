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
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import looks
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

    # In the other format there are numbers.
    table = out.with_suffix(".parquet")
    analyze_folder(folder, table, exercise="squat", on_clip=lambda *n: told.append(n))
    of_reps = pyarrow.parquet.read_table(table).to_pydict()
    assert len(told) == 2 and of_reps["counted"] == [True] * 9
    assert all(isinstance(value, float) and 30 < value < 140 for value in of_reps["rom_deg"])
    assert pyarrow.parquet.read_table(table_path(table, "failed")).num_rows == 1


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


def test_a_clip_that_ends_its_process_is_given_up_and_the_others_are_not_lost(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between two clips: the third is handed to those that are no more."""
    shutil.copy(DATA / "squat-00.npz", folder / "a_poison.npz")
    monkeypatch.setattr(study, "look", looks.ends_once_another_is_done)

    def one_is_done(*_told: int) -> None:
        if (tmp_path / "done").exists():
            return
        looks.wait_for((tmp_path / "waits").exists)
        alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
        workers = [p for p in alive if "spawn_main" in " ".join(p.cmdline())]
        (tmp_path / "done").touch()
        # When one of them is ended, so are the others, by the pool.
        assert workers and not psutil.wait_procs(workers, timeout=60)[1]

    out = tmp_path / "study.csv"
    counts = analyze_folder(folder, out, exercise="squat", jobs=2, on_clip=one_is_done)
    assert (counts["sets"], counts["failed"]) == (2, 2)
    failed = {r["clip"]: (r["why"], r["tries"]) for r in rows(table_path(out, "failed"))}
    assert failed["a_poison.npz"] == (study._GIVEN_UP, "2")


def test_a_study_goes_on_where_it_was_killed(folder: Path, tmp_path: Path) -> None:
    for n in range(2):
        slow(folder, f"slow{n}.npz")
    out = tmp_path / "study.csv"
    command = [sys.executable, "-m", "formcheck", "analyze", str(folder), "--out", str(out)]
    command += ["-e", "squat", "--jobs", "1"]
    running = subprocess.Popen(command)
    kept = tmp_path / "study_clips"
    looks.wait_for(lambda: len(list(kept.glob("*.json"))) >= 2)
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
    assert len({r["clip"] for r in rows(out)}) == 4
    refused = formcheck("analyze", folder, "--out", out, "--json", "-")
    assert refused.returncode == 2 and "--json goes with one recording" in refused.stderr


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


def test_a_cluster_looks_at_files_that_it_sees(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Any
) -> None:
    monkeypatch.setattr(study, "look", looks.on_a_worker)
    address = cluster.scheduler_address
    counts = analyze_folder(folder, tmp_path / "s.csv", exercise="squat", scheduler=address)
    assert (counts["sets"], counts["failed"]) == (2, 1)
    assert tries("one.npz")[0][1] == folder / "one.npz"


def test_a_cluster_does_it_again_once_when_a_worker_is_killed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Any
) -> None:
    """One is killed in the middle of a clip; another clip kills each that looks at it."""
    monkeypatch.setattr(study, "look", looks.on_a_worker)
    shutil.copy(DATA / "squat-00.npz", folder / "a_middle.npz")
    shutil.copy(DATA / "squat-00.npz", folder / "z_poison.npz")

    def kill() -> None:
        os.kill(looks.wait_for(lambda: tries("a_middle.npz"))[0][0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    out = tmp_path / "study.csv"
    allowed = cluster.scheduler.allowed_failures
    address = cluster.scheduler_address
    counts = analyze_folder(folder, out, exercise="squat", scheduler=address, upload=True)
    killer.join()
    assert (counts["sets"], counts["failed"]) == (3, 2)
    (first, path), (again, _) = tries("a_middle.npz")
    assert first != again and path != folder / "a_middle.npz"
    # A copy goes with the folder of its worker.
    looks.wait_for(lambda: not path.exists())
    failed = {r["clip"]: (r["why"], r["tries"]) for r in rows(table_path(out, "failed"))}
    assert failed["z_poison.npz"] == (study._GIVEN_UP, "2")
    assert "cannot be opened" in failed["broken.mp4"][0]
    assert len(tries("z_poison.npz")) == 2
    # Of other people's tasks more workers may be lost.
    assert cluster.scheduler.allowed_failures == allowed > 1


def test_no_scheduler_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    really = distributed.Client
    # Nobody is waited for as long as it may take over a network.
    monkeypatch.setattr(
        distributed, "Client", lambda address, timeout: really(address, timeout="0.5s")
    )
    with pytest.raises(StudyError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        analyze_folder(folder, tmp_path / "s.csv", scheduler="tcp://127.0.0.1:9")
