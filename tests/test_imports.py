"""Which way imports may go: the core knows nothing of the adapters around it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "formcheck"

CORE = {
    "pose",
    "report",
    "events",
    "signals",
    "smoothing",
    "view",
    "segmentation",
    "timing",
    "faults",
    "exercise",
    "exercises",
    "session",
    "observation",
    "circumstances",
    "travel",
    "live",
    "pelvic_roll",
    "recognition",
    "scale",
    "summary",
    "weights",
    "working_side",
    "coach",
    "drawing.demonstration",
    "units",
    "drawing.camera_picture",
    "drawing.silhouette",
    "sets",
    "reporting.advice",
    "reporting.findings",
    "reporting.wording",
    "reporting.digest",
    "reporting.trace",
    "reporting.trust",
    "reporting.report_reader",
    "reporting.signal_plot",
    "drawing.exercise_picture",
    "history.records",
    "programmes.plan",
    "programmes.programme",
    "progress.adherence",
    "progress.calendar",
    "progress.progression",
    "progress.trends",
}
# Clocks and files would make the same poses give another report another day.
IMPURE = {
    "asyncio",
    "datetime",
    "glob",
    "io",
    "os",
    "pathlib",
    "random",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
# Making a folder's modules the catalogue has to look around, and the weights of fitted models
# are part of the program that comes as a file.
FOLDERS = {"coach", "exercises", "signals"}
# Of these some modules are of the core and some are not.
PACKAGES = tuple(
    f"formcheck{folder}"
    for folder in ("", ".drawing", ".history", ".programmes", ".progress", ".reporting")
)
DATED = ("history/records", "progress/calendar", "progress/progression", "progress/trends")
EXCEPTIONS = {
    (f"{folder}/__init__", name) for folder in FOLDERS for name in ("pkgutil", "importlib")
} | {
    ("weights", "importlib"),
    ("reporting/trust", "importlib"),
    ("programmes/programme", "pydantic"),
    # Of datetime only the days: what day it is they are told.
    *((where, "datetime") for where in DATED),
}


def core_files() -> list[Path]:
    files = [PACKAGE / f"{name.replace('.', '/')}.py" for name in sorted(CORE - FOLDERS)]
    return files + [
        file for name in sorted(FOLDERS) for file in sorted((PACKAGE / name).glob("*.py"))
    ]


def imported(file: Path) -> set[str]:
    """Dotted names of everything a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: write imports in full"
            if node.module in PACKAGES:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            else:
                names.add(str(node.module))
    return names


@pytest.mark.parametrize("file", core_files(), ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_core_imports_only_core_numpy_and_pure_stdlib(file: Path) -> None:
    where = str(file.relative_to(PACKAGE).with_suffix(""))
    for name in imported(file):
        top = name.split(".")[0]
        if top == "formcheck":
            # The version goes into the report.
            parts = name.split(".")
            inner = {parts[1], ".".join(parts[1:3])}
            assert inner & (CORE | {"__version__"}), f"{where} imports {name}"
        elif (where, top) not in EXCEPTIONS:
            pure = top in sys.stdlib_module_names and top not in IMPURE | {"pkgutil", "importlib"}
            assert pure or top == "numpy", f"{where} imports {name}"


def test_the_check_sees_forbidden_imports(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    import cv2.aruco\n    from time import monotonic\n")
    assert imported(file) == {"cv2.aruco", "time"}


def test_sinks_do_not_reach_into_the_engine() -> None:
    for name in ("overlay", "annotated_video"):
        engine = {f"formcheck.{m}" for m in ("faults", "segmentation", "signals", "session")}
        assert not imported(PACKAGE / "drawing" / f"{name}.py") & engine


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_loads_none_of_the_heavy_libraries() -> None:
    heavy = "{'mediapipe', 'cv2', 'av', 'rich', 'streamlit', 'numpy'}"
    assert run_python(f"import sys, formcheck; print({heavy} & set(sys.modules))") == "set()"


def test_help_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys\n"
        "from formcheck.cli import main\n"
        "try: main(['analyze', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'mediapipe', 'cv2', 'av', 'rich', 'numpy', 'sqlalchemy', 'yaml', 'streamlit'}\n"
        "print(heavy & set(sys.modules))"
    )
    assert run_python(code).endswith("set()")


def test_package_exports_exactly_the_public_api() -> None:
    import formcheck

    assert set(formcheck.__all__) == {"EXERCISES", "SetSession", "__version__", "analyze"}
    for name in formcheck.__all__:
        assert getattr(formcheck, name) is not None
    assert dir(formcheck) == sorted(formcheck.__all__)
    with pytest.raises(AttributeError):
        _ = formcheck.nonsense
