"""Many independent jobs on two processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

WORKERS = 2
#: Fewer jobs than this are not worth a second process.
_FEW = 8


def spread(function: Callable[[Any], Any], jobs: Sequence[Any], chunk: int = 4) -> list[Any]:
    """function of every job, in order."""
    if len(jobs) < _FEW:
        return [function(job) for job in jobs]
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        return pool.map(function, jobs, chunksize=chunk)
