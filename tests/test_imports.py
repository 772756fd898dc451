"""Which way imports may go: the folder a module is in answers it."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "formcheck"

#: Folder -> the folders it may import besides itself and the language, which all may.
LAYERS = {
    "language": "",
    "engine": "",
    "capture": "engine",
    "drawing": "engine capture",
    "training": "engine",
    "live": "engine drawing training",
    "reporting": "engine drawing training",
    "recordings": "engine capture drawing reporting",
    "history": "engine capture drawing training live reporting",
    "web": "engine capture drawing training live reporting recordings history",
    "cli": "engine capture drawing training live reporting recordings history web",
}
#: Folder -> the libraries it may import besides the standard library.
LIBRARIES = {
    "language": "",
    "engine": "numpy",
    "capture": "numpy cv2 av mediapipe flatbuffers platformdirs rich",
    "drawing": "numpy cv2 av PIL",
    "training": "icalendar pydantic pydantic_core yaml",
    "live": "numpy",
    "reporting": "jinja2 markupsafe",
    "recordings": "numpy pyarrow distributed",
    "history": "numpy cv2 sqlalchemy alembic platformdirs pydantic PIL",
    "web": "numpy cv2 av PIL streamlit starlette altair",
    "cli": "numpy cv2 av PIL rich sqlalchemy",
}
# Clocks and files would make the same poses give another report another day.
PURE = ("engine", "live")
IMPURE = {
    "asyncio", "glob", "os", "pathlib", "random", "shutil", "socket", "subprocess",
    "tempfile", "threading", "time", "urllib",
}  # fmt: skip


def modules(root: Path) -> dict[str, Path]:
    """Dotted name -> file of every module below a package's folder."""
    found = {}
    for file in root.rglob("*.py"):
        parts = file.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(file: Path, known: frozenset[str] = frozenset()) -> set[str]:
    """Dotted names of everything a file imports, wherever in it; of known packages the module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: write imports in full"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full in known else str(node.module))
    return names


@pytest.mark.parametrize("folder", LAYERS)
def test_a_folder_imports_only_what_stands_below_it(folder: str) -> None:
    inside = {folder, "language", *LAYERS[folder].split()}
    libraries = LIBRARIES[folder].split()
    for file in (PACKAGE / folder).rglob("*.py"):
        for name in imported(file):
            top, _, rest = name.partition(".")
            where = f"{file.relative_to(PACKAGE)} imports {name}"
            if top == "formcheck":
                # The version, which is all the package's own module has, goes into reports.
                assert not rest or rest.split(".")[0] in inside, where
            elif top in sys.stdlib_module_names:
                assert folder not in PURE or top not in IMPURE, where
            else:
                assert top in libraries, where


def test_every_folder_has_its_line() -> None:
    here = {f.name for f in PACKAGE.iterdir() if f.is_dir() and (f / "__init__.py").is_file()}
    assert here == set(LAYERS)
    assert {f.stem for f in PACKAGE.glob("*.py")} == {"__init__", "__main__"}


@pytest.mark.parametrize("package", ["formcheck", "exerciser", "benchmarks"])
def test_no_module_imports_itself_in_a_circle(package: str) -> None:
    files = modules(ROOT / package)
    known = frozenset(files) - {package}
    graph = {name: imported(files[name], known) & known - {name} for name in known}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(f"a circle: {' imports '.join(reversed(circle.args[1]))}")


def test_the_check_sees_forbidden_imports(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    import cv2.aruco\n    from time import monotonic\n")
    assert imported(file) == {"cv2.aruco", "time"}


def test_sinks_do_not_reach_into_the_engine() -> None:
    for name in ("overlay", "annotated_video"):
        judging = {
            f"formcheck.engine.{m}" for m in ("faults", "segmentation", "signals", "session")
        }
        assert not imported(PACKAGE / "drawing" / f"{name}.py") & judging


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_loads_none_of_the_heavy_libraries() -> None:
    heavy = "{'mediapipe', 'cv2', 'av', 'rich', 'streamlit', 'numpy'}"
    assert run_python(f"import sys, formcheck; print({heavy} & set(sys.modules))") == "set()"


def test_package_exports_exactly_the_public_api() -> None:
    import formcheck

    assert set(formcheck.__all__) == {"EXERCISES", "SetSession", "__version__", "analyze"}
    for name in formcheck.__all__:
        assert getattr(formcheck, name) is not None
    assert dir(formcheck) == sorted(formcheck.__all__)
    with pytest.raises(AttributeError):
        _ = formcheck.nonsense
