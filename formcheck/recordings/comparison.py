"""Two recordings of one exercise, compared by the best rep of each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from formcheck.capture.files import at_home
from formcheck.drawing.annotated_video import VideoWriteError
from formcheck.engine.exercise import Exercise
from formcheck.engine.findings import badness, best_of_sides
from formcheck.engine.report import Rep
from formcheck.language import N_
from formcheck.recordings.outputs import Outputs
from formcheck.recordings.pipeline import (
    Measured,
    OnProgress,
    Poses,
    Reading,
    SetFinder,
    Shown,
    Wanted,
    find_poses,
    measure,
    share,
)

_USUAL: Final = Reading()


class NoRepError(ValueError):
    """In one of the recordings there is nothing to show; the text says in which."""


def compare(
    recordings: tuple[str | os.PathLike[str], str | os.PathLike[str]],
    out: str | os.PathLike[str],
    exercise: Exercise | None = None,
    how: Reading = _USUAL,
    *,
    skeleton: bool = False,
    progress: OnProgress | None = None,
) -> tuple[Rep, Rep]:
    """Write an mp4 of the best rep of each, side by side in step; returns the two reps.

    recordings: left and right. exercise: None = it is recognised in the left one. Where one leg
    works, both reps are of the same side if there are such. skeleton: without the pictures.
    Raises NoRepError, and what analyze() raises.
    """
    path = Path(out)
    sources = [at_home(one) for one in recordings]
    for source in sources:
        Outputs(share=path).check(source)
    seen: list[tuple[Poses, Measured]] = []
    for source in sources:
        if exercise is not None:
            how = replace(how, posture=exercise.posture)
        finder = SetFinder(exercise, None, whole=True)
        poses = find_poses(source, how, finder=finder, on_progress=progress)
        (one,) = measure(poses, finder.spans(), Wanted())
        if not one.report.reps:
            raise NoRepError(N_("No rep was counted in {file}.").format(file=source.name))
        exercise = one.span.exercise
        seen.append((poses, one))
    assert exercise is not None
    pair = _best(seen[0][1], seen[1][1], exercise)
    first, other = (
        Shown(rep, exercise, poses, source.stem)
        for rep, (poses, _), source in zip(pair, seen, sources, strict=True)
    )
    if not share(first, other, path, skeleton=skeleton):
        raise VideoWriteError(N_("These two reps cannot be shown."))
    return pair


def _best(left: Measured, right: Measured, exercise: Exercise) -> tuple[Rep, Rep]:
    """The best rep of each, of the side that does better where both have one."""
    firsts, others = (best_of_sides(one.report, exercise) for one in (left, right))
    pairs = [(a, b) for a in firsts for b in others]
    return min(pairs, key=lambda p: (p[0].side != p[1].side, *(badness(r, exercise) for r in p)))
