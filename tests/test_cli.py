"""The command as a person runs it: real files in, real exit codes and sentences out."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from command import formcheck as run
from command import one_sentence
from figure import film, squat
from pose_model import model_or_skip

import formcheck
from benchmarks.fixtures import FOLDER
from formcheck import cli
from formcheck.capture.pose_file import PoseFile, write_pose_file
from formcheck.engine.exercises import EXERCISES
from formcheck.engine.findings import badness

EXERCISE = ["--exercise", "squat"]


def apart(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: what libraries write past Python counts, too."""
    path = os.pathsep.join(
        filter(None, (str(Path(formcheck.__file__).parent.parent), os.environ.get("PYTHONPATH")))
    )
    return subprocess.run(
        [sys.executable, "-m", "formcheck", *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **env},
    )


@pytest.fixture(scope="session")
def poses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landmarks of a stick figure: three squats seen from the side, the second held."""
    path = tmp_path_factory.mktemp("poses") / "squats.npz"
    reps = [(1.0, 1.0, 0.0, 1.0, 1.0), (1.0, 1.0, 2.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0, 1.0)]
    frames = film(lambda effort, _: squat(105 * effort), reps, azimuth_deg=90.0)
    write_pose_file(path, frames)
    return path


def film_file(path: Path, seconds: float = 1.0, fps: int = 10, **options: Any) -> Path:
    """A small real video of nobody: a grey picture that gets brighter."""
    size = options.get("size", (160, 120))
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        noise = np.random.default_rng(0)
        for i in range(int(seconds * fps)):
            pixels = noise.integers(0, 60, (size[1], size[0], 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels + i % 100, format="rgb24")
            frame.pts = i
            frame.time_base = Fraction(1, fps)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def sound_file(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 44100
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path


@pytest.fixture(scope="session")
def model() -> str:
    """The name of a model that is there; skips where none can be had."""
    model_or_skip("full")
    return "full"


# ------------------------------------------------------------------- errors


def cut_index(path: Path) -> Path:
    """A phone recording cut off while copying: the index, at the end, is missing."""
    whole = path.with_name("whole.mp4")
    film_file(whole)
    data = whole.read_bytes()
    path.write_bytes(data[: data.index(b"moov")])
    return path


BAD_INPUTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda p: None, "does not exist"),
    "empty": (lambda p: p.write_bytes(b""), "empty"),
    "text": (lambda p: p.write_text("Dear diary, today I did squats.\n" * 50), "."),
    "noise": (lambda p: p.write_bytes(np.random.default_rng(1).bytes(5000)), "."),
    "folder": (lambda p: p.mkdir(), "folder"),
    "no index": (cut_index, "."),
    "only sound": (sound_file, "no pictures"),
}


@pytest.mark.parametrize(
    ("command", "kind"), [*(("analyze", kind) for kind in BAD_INPUTS), ("count", "noise")]
)
def test_bad_inputs(kind: str, command: str, tmp_path: Path) -> None:
    make, words = BAD_INPUTS[kind]
    path = tmp_path / "clip.mp4"
    make(path)
    sentence = one_sentence(apart(command, path, *EXERCISE), 1)
    assert words in sentence
    assert str(path) in sentence or "clip.mp4" in sentence


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"text"])
def test_bad_landmark_files(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(content)
    assert "p.npz" in one_sentence(run("analyze", tmp_path / "p.npz", *EXERCISE), 1)


def test_an_unreadable_file(tmp_path: Path) -> None:
    path = film_file(tmp_path / "a.mp4")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    one_sentence(run("analyze", path, *EXERCISE), 1)


def test_the_exercise_is_recognised_when_nobody_names_it(tmp_path: Path) -> None:
    recording = FOLDER / "squat-00.npz"
    line = run("count", recording, "--exercise", "auto")
    assert line.returncode == 0, line.stderr
    assert re.match(r"squat \(recognised, \d+% sure\): \d rep", line.stdout)
    written = tmp_path / "out.json"
    report = run("analyze", recording, "--json", written, "--video", tmp_path / "out.mp4")
    assert report.returncode == 0, report.stderr
    data = json.loads(written.read_text("utf-8"))
    assert data["exercise"] == "squat"
    assert data["recognised"]["probability"] > 0.85
    assert "recognised as squat" in report.stdout
    named_one = run("analyze", recording, *EXERCISE, "--json", "-", "-q")
    assert json.loads(named_one.stdout)["recognised"] is None


def test_what_cannot_be_told_is_asked_and_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "standing.npz"
    write_pose_file(path, film(lambda effort, _: squat(0.0), [(1.0, 2.0, 2.0, 2.0, 2.0)]))
    asked = run("count", path)
    assert asked.returncode == 1
    assert "--exercise" in one_sentence(asked, 1)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--exercise", "squats"], "did you mean squat?"),
        (["--exercise", "glute-bridg"], "did you mean glute_bridge?"),
        (["--exercise", "xyzzy"], "choose one of: ball_single_leg_squat"),
        ([*EXERCISE, "--tempo", "3:10:3"], "3-10-3"),
        ([*EXERCISE, "--tempo", "fast"], "3-10-3"),
        ([*EXERCISE, "--hold", "ten"], "'ten'"),
        ([*EXERCISE, "--hold", "-3"], "."),
        ([*EXERCISE, "--reps", "many"], "'many'"),
        ([*EXERCISE, "--reps", "0"], "0"),
        ([*EXERCISE, "--color", "sometimes"], "sometimes"),
        ([*EXERCISE, "--jsn", "x"], "--jsn"),
    ],
)
def test_wrong_usage(args: list[str], words: str, poses: Path) -> None:
    assert words in one_sentence(run("analyze", poses, *args), 2)


@pytest.mark.parametrize("args", [["--speed", "0"], ["--jobs", "0"], ["--tempo", "fast"]])
def test_a_folder_is_looked_at_as_one_recording_may_be(args: list[str], tmp_path: Path) -> None:
    done = run("analyze", tmp_path, "--out", tmp_path / "study.csv", *args)
    one_sentence(done, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("args", [[], ["analyse"], ["analyze"], ["exercises", "sqat"]])
def test_wrong_commands(args: list[str]) -> None:
    one_sentence(run(*args), 2)


@pytest.mark.parametrize("option", ["--json", "--csv", "--video", "--poses"])
def test_unwritable_outputs_are_found_before_the_work(
    option: str, poses: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "no" / "x", tmp_path, tmp_path / "file" / "x"):
        sentence = one_sentence(run("analyze", poses, *EXERCISE, option, target), 1)
        assert option in sentence
        assert str(target) in sentence
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_a_bad_output_is_told_before_the_model_is_fetched(tmp_path: Path) -> None:
    clip = film_file(tmp_path / "a.mp4")
    done = run("analyze", clip, *EXERCISE, "--json", tmp_path / "no" / "x", "--model", "nowhere")
    assert "--json" in one_sentence(done, 1)


@pytest.mark.parametrize("option", ["--json", "--csv", "--video", "--poses"])
def test_the_input_is_never_written_over(option: str, tmp_path: Path) -> None:
    clip = film_file(tmp_path / "a.mp4")
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    before = clip.read_bytes()
    for target in (clip, link, tmp_path / "." / "a.mp4"):
        assert "itself" in one_sentence(run("analyze", clip, *EXERCISE, option, target), 1)
    assert clip.read_bytes() == before


def test_two_outputs_need_two_files(poses: Path, tmp_path: Path) -> None:
    same = tmp_path / "x"
    done = run("analyze", poses, *EXERCISE, "--json", same, "--csv", same)
    assert "its own file" in one_sentence(done, 1)


def test_a_model_file_that_is_not_there(tmp_path: Path) -> None:
    clip = film_file(tmp_path / "a.mp4")
    done = run("analyze", clip, *EXERCISE, "--model", tmp_path / "no.task")
    assert "no.task" in one_sentence(done, 1)


# --------------------------------------------------------------------- work


def test_analyze_a_landmark_file(poses: Path, tmp_path: Path) -> None:
    out = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "mp4", "npz")}
    done = apart(
        "analyze", poses, *EXERCISE, "--json", out["json"], "--csv", out["csv"],
        "--video", out["mp4"], "--poses", out["npz"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Squat: 3 reps" in done.stdout
    assert "\x1b" not in done.stdout
    frames = PoseFile(poses).frame_count

    report = json.loads(out["json"].read_text("utf-8"))
    assert report["summary"]["reps"] == 3
    assert report["source"]["frames"] == frames
    assert report["source"]["fps"] == pytest.approx(15.0, abs=0.01)
    assert report["source"]["duration_s"] == pytest.approx(frames / 15, abs=0.01)

    with out["csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == frames
    times = [float(row["time_s"]) for row in rows]
    assert times == sorted(set(times))
    assert {row["phase"] for row in rows} >= {"rest", "outbound", "inbound"}
    assert max(float(row["squat_flexion"] or 0) for row in rows) > 80

    with av.open(str(out["mp4"])) as container:
        pictures = [frame.time for frame in container.decode(video=0)]
    assert pictures == pytest.approx([t - times[0] for t in times], abs=1e-3)

    again = PoseFile(out["npz"])
    assert again.frame_count == frames
    assert np.allclose(
        [p.landmarks_px for p in again], [p.landmarks_px for p in PoseFile(poses)],
        atol=0.01, equal_nan=True,
    )  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in out.values())


def test_count_is_one_line(poses: Path) -> None:
    done = run("count", poses, *EXERCISE)
    assert done.returncode == 0
    assert re.fullmatch(r"squat: 3 reps, 0 partials, 1 hold \(\d\.\d s\)\n", done.stdout)


def test_json_on_stdout_is_only_json(poses: Path) -> None:
    done = run("analyze", poses, *EXERCISE, "--json", "-")
    assert json.loads(done.stdout)["summary"]["reps"] == 3
    assert "Squat: 3 reps" in done.stderr
    done = run("analyze", poses, *EXERCISE, "--json", "-", "--quiet")
    assert json.loads(done.stdout)["exercise"] == "squat"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("option", "first"),
    [("--csv", "time_s,phase,"), ("--reps-csv", "set,exercise,"), ("--html", "<!DOCTYPE html>")],
)
def test_every_text_may_go_to_standard_output(option: str, first: str, poses: Path) -> None:
    done = run("analyze", poses, *EXERCISE, option, "-")
    assert done.stdout.startswith(first)
    assert "Squat: 3 reps" in done.stderr and "Squat: 3 reps" not in done.stdout


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (("--json", "-", "--csv", "-"), "--csv and --json both name -"),
        (("--video", "-"), "--video needs a file"),
        (("--video", "x.gif"), "only .mp4 is made; name it x.mp4"),
        (("--poses", "x.csv"), "only .npz is made; name it x.npz"),
        (("--poses", ""), "only .npz is made; name it recording.npz"),
    ],
)
def test_what_cannot_be_written_so_is_told(
    outputs: tuple[str, ...], words: str, poses: Path
) -> None:
    done = run("analyze", poses, *EXERCISE, *outputs)
    assert done.returncode == 1 and words in done.stderr and done.stdout == ""


def test_a_name_that_is_no_text_is_told_as_one(poses: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff\x1b[31mred.npz")
    shutil.copy(poses, odd)
    done = run("analyze", odd, *EXERCISE, "--json", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["source"]["name"].endswith("[31mred.npz")
    assert done.returncode == 0 and "[31mred.npz" in done.stdout and "\x1b" not in done.stdout


def test_colours_when_asked_for(poses: Path) -> None:
    assert "\x1b[" in run("analyze", poses, *EXERCISE, "--color", "always").stdout
    assert "\x1b" not in run("analyze", poses, *EXERCISE, "--color", "never").stdout


def test_the_best_reps_of_two_recordings_stand_side_by_side(
    poses: Path, tmp_path: Path, few_pictures: None
) -> None:
    other, film = FOLDER / "squat-03.npz", tmp_path / "two.mp4"
    done = run("compare", poses, other, "--share", film)
    assert done.returncode == 0 and done.stderr == ""
    left, right = map(int, re.findall(r"[Rr]ep (\d+)", done.stdout))
    for path, number in ((poses, left), (other, right)):
        report = formcheck.analyze(path, "squat")
        best = min(report.reps, key=lambda rep: badness(rep, EXERCISES["squat"]))
        assert number == best.index
    with av.open(str(film)) as video:
        assert sum(1 for _ in video.decode(video=0)) > 30
    # Of another exercise there is nothing to set beside it, and a film is not written over.
    done = run("compare", poses, FOLDER / "clamshell-01.npz", "--share", tmp_path / "none.mp4")
    assert done.returncode == 1 and "No rep was counted in clamshell-01.npz." in done.stderr
    assert not (tmp_path / "none.mp4").exists()
    done = run("compare", poses, film, "--share", film)
    assert done.returncode == 1 and "is the recording itself" in done.stderr


def test_a_prescription_is_compared_with(poses: Path) -> None:
    done = run("analyze", poses, *EXERCISE, "--tempo", "3-10-4", "--reps", "5")
    assert "of 5" in done.stdout
    assert "Hold too short" in done.stdout
    # A squat begins with going down, whatever is told of its times.
    assert "5 reps, 4 s down, hold 10 s, 3 s up" in done.stdout
    assert "seconds: down - hold - up; target 4 - 10 - 3" in done.stdout
    assert re.search(r"Rep +Start +Down +Up +Range", done.stdout)
    assert re.search(r"Down, 4 s.*\n.*Up, 3 s", done.stdout)


def test_dev_null_is_a_place_to_write_to(poses: Path) -> None:
    if not Path(os.devnull).exists():
        pytest.skip("no such device")
    done = run("analyze", poses, *EXERCISE, "--json", os.devnull, "--csv", os.devnull)
    assert done.returncode == 0
    assert not Path(os.devnull).is_file()


def test_output_through_a_link_keeps_the_link(poses: Path, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert run("analyze", poses, *EXERCISE, "--json", tmp_path / "link.json").returncode == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text("utf-8"))["exercise"] == "squat"


def test_a_reader_that_stops_reading(poses: Path) -> None:
    command = f"'{sys.executable}' -m formcheck analyze '{poses}' -e squat | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(formcheck.__file__).parent.parent)},
    )  # fmt: skip
    assert done.stderr == ""


# ------------------------------------------------------- ends and odd inputs


def interrupting(
    monkeypatch: pytest.MonkeyPatch, at_frame: int, times: int = 1, signal_name: str = "SIGINT"
) -> None:
    """Send the program a real Ctrl-C, or another signal, while it is at that frame."""
    from formcheck.engine.session import SetSession

    push = SetSession.push
    seen = [0]

    def pushing(self: SetSession, frame: Any) -> Any:
        seen[0] += 1
        if at_frame <= seen[0] < at_frame + times:
            os.kill(os.getpid(), getattr(signal, signal_name))
        return push(self, frame)

    monkeypatch.setattr(SetSession, "push", pushing)


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_kill_and_a_closed_terminal_end_the_set_and_keep_what_was_seen(
    signal_name: str,
    poses: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    interrupting(monkeypatch, at_frame=80, signal_name=signal_name)
    out = [tmp_path / name for name in ("r.json", "r.csv", "r.mp4", "r.npz")]
    options = zip(("--json", "--csv", "--video", "--poses"), map(str, out), strict=True)
    code = cli.main(["analyze", str(poses), *EXERCISE, *(x for pair in options for x in pair)])
    assert code == 130
    now = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert now == handlers
    report = json.loads(out[0].read_text("utf-8"))
    assert report["source"]["frames"] == 80
    assert len(report["reps"]) == 1
    assert any("interrupted" in note for note in report["notes"])
    assert "interrupted" in capsys.readouterr().out
    assert len(out[1].read_text("utf-8").splitlines()) == 81
    # Landmarks that are there are not thrown away.
    assert PoseFile(out[3]).frame_count == PoseFile(poses).frame_count
    with av.open(str(out[2])) as container:
        assert len(list(container.decode(video=0))) == 80


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
def test_a_second_ctrl_c_stops_at_once(
    poses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from formcheck.engine.session import SetSession

    push = SetSession.push

    def pushing(self: SetSession, frame: Any) -> Any:
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
            time.sleep(0.01)
        return push(self, frame)

    monkeypatch.setattr(SetSession, "push", pushing)
    target = tmp_path / "r.json"
    assert cli.main(["analyze", str(poses), *EXERCISE, "--json", str(target)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_video_of_nobody(model: str, tmp_path: Path) -> None:
    clip = film_file(tmp_path / "a.mp4", 2.0)
    done = apart("analyze", clip, *EXERCISE, "--model", model, "--json", tmp_path / "r.json",
               "--csv", tmp_path / "r.csv", "--video", tmp_path / "r.mp4")  # fmt: skip
    assert done.returncode == 1
    assert "nobody was found" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Squat: 0 reps" in done.stdout
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["summary"]["reps"] == 0
    assert any("Nobody" in note for note in report["notes"])
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + report["source"]["frames"]
    with av.open(str(tmp_path / "r.mp4")) as container:
        assert len(list(container.decode(video=0))) == report["source"]["frames"]


def test_a_video_that_breaks_off(model: str, tmp_path: Path) -> None:
    whole = film_file(tmp_path / "whole.mp4", 4.0)
    clip = tmp_path / "cut.mp4"
    clip.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    done = run("analyze", clip, *EXERCISE, "--model", model, "--json", tmp_path / "r.json")
    assert "Traceback" not in done.stderr
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert 5 < report["source"]["frames"] < 40
    assert any("breaks off" in note for note in report["notes"])


@pytest.mark.parametrize("size", [(2, 2), (1920, 16)])
def test_odd_shapes(size: tuple[int, int], model: str, tmp_path: Path) -> None:
    clip = film_file(tmp_path / "a.mp4", 0.3, size=size)
    done = run("analyze", clip, *EXERCISE, "--model", model, "--video", tmp_path / "r.mp4")
    assert done.returncode == 1
    assert "nobody was found" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "r.mp4").stat().st_size > 0


# -------------------------------------------------------------------- rest


def test_the_catalogue() -> None:
    done = run("exercises")
    assert done.returncode == 0
    for exercise in formcheck.EXERCISES:
        assert exercise in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("exercise", formcheck.EXERCISES)
def test_one_exercise_in_detail(exercise: str) -> None:
    done = run("exercises", exercise)
    assert done.returncode == 0
    for rule in formcheck.EXERCISES[exercise].faults:
        assert rule.id in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_version() -> None:
    assert apart("--version").stdout == f"formcheck {formcheck.__version__}\n"


def test_doctor() -> None:
    found = json.loads(apart("doctor", "--json").stdout)
    assert found["formcheck"] == formcheck.__version__
    assert found["packages"]["mediapipe"]
    assert found["codecs"]["h264_encoder"] is True
    assert found["problems"] == []
    assert found["window"] in {"there is no display", "can be opened"}
    text = run("doctor").stdout
    assert "no problem found" in text
    assert str(Path.home()) + os.sep not in text


def test_no_help_loads_a_heavy_library() -> None:
    heavy = "'numpy', 'rich', 'cv2', 'av', 'mediapipe', 'streamlit', 'sqlalchemy', 'pydantic'"
    code = (
        "import contextlib, io, sys\n"
        "from formcheck.cli import _COMMANDS, main\n"
        "inner = [['programme', 'start'], ['history', 'export'], ['profiles', 'delete']]\n"
        "for words in ([], *([name] for name in _COMMANDS), *inner):\n"
        "    out = io.StringIO()\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(out):\n"
        "        main([*words, '--help'])\n"
        "    assert len(out.getvalue()) > 200, words\n"
        f"print(sorted({{{heavy}, 'yaml', 'alembic'}} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(formcheck.__file__).parent.parent)},
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
