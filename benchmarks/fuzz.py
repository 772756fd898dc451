"""Bytes from outside, guided by what they reach in the code: needs atheris, where it installs.

    uv run --with atheris python -m benchmarks.fuzz -max_total_time=60 -max_len=8000

The socket's messages with poses, and reports of a history: refused as documented, or read.
What nearly is right, by hypothesis, is in tests/test_fuzz_readers.py.
"""

from __future__ import annotations

import contextlib
import json
import sys

import atheris

with atheris.instrument_imports(include=["formcheck.web.found_poses", "formcheck.engine"]):
    from formcheck.engine.report_reader import read_report
    from formcheck.web.found_poses import read_pose
    from formcheck.web.pictures import PictureError


def one(data: bytes) -> None:
    """Anything else that is raised is a fault."""
    with contextlib.suppress(PictureError):
        read_pose(data)
    try:
        report = json.loads(data)
        if isinstance(report, dict):
            read_report(report)
    except (ValueError, RecursionError):
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
