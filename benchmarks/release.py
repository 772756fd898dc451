"""Build what is released into dist/, and try it as somebody who has nothing of ours.

    python -m benchmarks.release              # wheel, source, bill of materials; tried
    python -m benchmarks.release --python 3.12 /opt/python3.13/bin/python

The wheel is installed into a new environment of each Python and used from an empty folder: by a
user who may write nowhere but there, without a home, and without network or pose model. The same
from a checkout that is read only. Which packages belong to it, with versions and checksums, is
written as CycloneDX beside it. Everything is done by uv; users are changed where root runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
SAMPLE = ROOT / "tests" / "data" / "rendered" / "squat-00.npz"
CLIP = ROOT / "sample_videos" / "squat_front_good.mp4"
_NOBODY = 65534
#: Nothing listens there: what fetches anything fails at once.
_NOWHERE = "http://127.0.0.1:9"


def uv(*command: str | Path) -> str:
    return subprocess.run(
        ["uv", *map(str, command)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def build(into: Path) -> Path:
    """Wheel, source and bill of materials; returns the wheel."""
    shutil.rmtree(into, ignore_errors=True)
    uv("build", "--quiet", "--out-dir", into)
    bill = into / "formcheck.cdx.json"
    maker = ("tool", "run", "--quiet", "--from", "cyclonedx-bom", "cyclonedx-py", "requirements")
    of = ("requirements.txt", "--pyproject", "pyproject.toml")
    uv(*maker, *of, "--output-reproducible", "-o", bill)
    parts = json.loads(bill.read_text(encoding="utf-8"))["components"]
    print(f"{bill.name}: {len(parts)} packages")
    return next(into.glob("*.whl"))


class User:
    """Somebody who has a folder to write to, and neither home nor network nor our model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o777)

    def run(self, python: Path, *command: str | Path, more: Mapping[str, str] | None = None) -> str:
        """What a command prints, its sentence to say what is wrong when it fails."""
        own = ("CACHE", "DATA", "CONFIG")
        environment = {
            **{n: os.environ[n] for n in ("PATH", "LD_LIBRARY_PATH") if n in os.environ},
            **{f"FORMCHECK_{name}": str(self.folder / name) for name in own},
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "npm_config_registry"), _NOWHERE),
            **dict.fromkeys(("http_proxy", "https_proxy", "PIP_INDEX_URL"), _NOWHERE),
            **(more or {}),
        }
        root = {"user": _NOBODY, "group": _NOBODY, "extra_groups": ()} if not os.getuid() else {}
        done = subprocess.run(
            [str(python), "-m", "formcheck", *map(str, command)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            **root,  # type: ignore[call-overload]
        )
        assert "Traceback" not in done.stderr, done.stderr
        return str(done.stdout if done.returncode == 0 else done.stderr)

    def uses(self, python: Path, more: Mapping[str, str] | None = None) -> None:
        """Measure landmarks, and be told in a sentence that there is no model for a video."""
        for file in (SAMPLE, CLIP):
            shutil.copyfile(file, self.folder / file.name)
            (self.folder / file.name).chmod(0o644)
        told = self.run(python, "analyze", SAMPLE.name, "-e", "squat", "--json", "-", more=more)
        assert '"reps": 3,' in told, told
        told = self.run(python, "analyze", CLIP.name, "-e", "squat", more=more)
        assert "model" in told and "FORMCHECK_MODEL" in told, told


def tried(wheel: Path, version: str) -> None:
    """Install the wheel for a Python, and use it; the same from a checkout."""
    with tempfile.TemporaryDirectory(prefix="formcheck-release-") as scratch:
        here = Path(scratch)
        here.chmod(0o755)
        uv("venv", "--quiet", "--python", version, here / "venv")
        python = here / "venv" / "bin" / "python"
        uv("pip", "install", "--quiet", "--python", python, wheel)
        for name in ("wheel", "checkout"):
            (here / f"user of {name}").mkdir()
        User(here / "user of wheel").uses(python)
        uv("pip", "uninstall", "--quiet", "--python", python, "formcheck")
        checkout = here / "checkout"
        git = ["git", "archive", "HEAD"]
        tracked = subprocess.run(git, cwd=ROOT, check=True, capture_output=True)
        checkout.mkdir()
        subprocess.run(["tar", "x", "-C", checkout], input=tracked.stdout, check=True)
        subprocess.run(["chmod", "-R", "a-w", checkout], check=True)
        User(here / "user of checkout").uses(python, {"PYTHONPATH": str(checkout)})
    print(f"Python {version}: installed and used outside the checkout, and from one")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", nargs="+", default=PYTHONS, metavar="VERSION")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    wheel = build(args.out.resolve())
    for version in args.python:
        tried(wheel, version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
