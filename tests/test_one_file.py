"""An exercise is one file: with nothing else it is measured, coached, planned and kept."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import figure
import pytest
from command import formcheck, own_folders
from streamlit.testing.v1 import AppTest

from formcheck.capture.pose_file import write_pose_file
from formcheck.engine import exercises
from formcheck.engine.exercises import EXERCISES
from formcheck.web import MAIN_SCRIPT

pytestmark = pytest.mark.usefixtures("own_folders", "wall_sit")
__all__ = ["own_folders"]

PROGRAMME = """\
id: legs
name: Legs
phases:
  - name: First
    items:
      - exercise: wall_sit
        reps: 2
        hold_s: 4
"""


@pytest.fixture
def wall_sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The file is put where the others are."""
    shutil.copy(Path(__file__).parent / "wall_sit.py", tmp_path)
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    EXERCISES.update(exercises.discover())
    yield
    del EXERCISES["wall_sit"], sys.modules[f"{exercises.__name__}.wall_sit"]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two sits of 5 and 3 s, seen from the side; in the second the thighs are not level."""
    path, knees = tmp_path / "sits.npz", (120.0, 85.0)
    reps = [(1.0, 1.0, 5.0, 1.0, 1.5), (1.0, 1.0, 3.0, 1.0, 1.5)]
    frames = figure.film(
        lambda effort, rep: figure.squat(knees[rep] * effort), reps, azimuth_deg=90.0
    )
    write_pose_file(path, frames)
    return path


def test_it_is_analysed_and_counted(film: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "report.json", tmp_path / "report.html"
    asked = ("--exercise", "wall_sit", "--reps", 2, "--hold", 4)
    done = formcheck("analyze", film, *asked, "--json", out, "--html", page)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(out.read_text())["reps"]
    assert first["hold_s"] == pytest.approx(5, abs=0.7) and not first["faults"]
    assert {f["id"] for f in second["faults"]} == {"shallow_depth", "hold_short"}
    assert "Wall sit: 2 reps of 2" in done.stdout and "Not deep enough" in done.stdout
    (held,) = (kept for kept in json.loads(out.read_text())["adherence"] if kept["kind"] == "hold")
    assert (held["done"], held["of"]) == (1, 2)
    assert "Slide down until your thighs are level" in page.read_text()
    counted = formcheck("count", film, "--exercise", "wall_sit")
    assert counted.returncode == 0 and "2" in counted.stdout
    told = formcheck("exercises", "wall_sit")
    assert told.returncode == 0 and "Back against a wall" in told.stdout


def test_it_is_coached() -> None:
    page = AppTest.from_file(str(MAIN_SCRIPT), default_timeout=300).run()
    page.selectbox(key="exercise").set_value("wall_sit").run()
    assert not page.exception
    (component,) = page.get("bidi_component")
    data = json.loads(component.proto.json)[0]
    assert data["exercise"]["name"] == "Wall sit"
    assert data["shown"]["wall_sit"] == {
        "name": "Wall sit",
        "loops": [],
        "ghost": None,
        "place": None,
    }


def test_it_is_in_a_programme_the_history_and_on_the_sheet(film: Path, tmp_path: Path) -> None:
    file, sheet = tmp_path / "legs.yaml", tmp_path / "sheet.html"
    file.write_text(PROGRAMME)
    assert formcheck("programme", "validate", file).returncode == 0
    followed = formcheck("programme", "start", file)
    assert followed.returncode == 0, followed.stderr
    assert "wall_sit  2 reps, hold 4 s" in formcheck("today").stdout
    page = AppTest.from_file(str(MAIN_SCRIPT.parent / "programme.py"), default_timeout=300).run()
    assert not page.exception
    asked = ("--exercise", "wall_sit", "--reps", 2, "--hold", 4)
    saved = formcheck("analyze", film, *asked, "--save")
    assert saved.returncode == 0, saved.stderr
    assert "wall_sit" in formcheck("history").stdout
    shown = AppTest.from_file(str(MAIN_SCRIPT.parent / "history.py"), default_timeout=300).run()
    assert not shown.exception
    wrote = formcheck("summary", "--html", sheet)
    assert wrote.returncode == 0, wrote.stderr
    text = sheet.read_text()
    assert "Wall sit" in text and "Not deep enough" in text
