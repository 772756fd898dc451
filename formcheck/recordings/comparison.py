"""Two reps of one exercise side by side: of any recordings, or the best of each of two."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from formcheck.capture.files import at_home
from formcheck.drawing.annotated_video import VideoWriteError
from formcheck.engine.exercise import Exercise
from formcheck.engine.findings import badness, best_of_sides
from formcheck.engine.kept_rep import KeptRep
from formcheck.engine.report import Rep
from formcheck.language import N_
from formcheck.language.told import FormcheckError
from formcheck.recordings.outputs import Outputs
from formcheck.recordings.recorded_poses import OnProgress, Poses, frames_of
from formcheck.recordings.set_finding import Reading, SetFinder, find_poses
from formcheck.recordings.set_measuring import Measured, Wanted, measure
from formcheck.recordings.side_by_side import Take, write_takes

_USUAL: Final = Reading()


@dataclass(frozen=True, slots=True)
class Shown:
    """A rep to be shown: of a recording, or kept in the history.

    whose: which recording it is of, in words; "" = that goes without saying.
    """

    rep: Rep
    exercise: Exercise
    poses: Poses | KeptRep
    whose: str = ""


def share(left: Shown, right: Shown, path: Path, *, skeleton: bool) -> bool:
    """Write an mp4 of two reps in step, see side_by_side; False when one cannot be seen.

    Raises VideoWriteError or SourceError.
    """
    both = [
        (
            Take(one.rep, one.exercise, one.poses.frame_size, skeleton=skeleton, whose=one.whose),
            one.poses,
        )
        for one in (left, right)
    ]
    for poses in {id(poses): poses for _, poses in both}.values():
        takes = [take for take, of in both if of is poses]
        with closing(frames_of(poses)) as frames:
            for pose, image in frames:
                for take in takes:
                    take.frame(pose, image)
                if all(take.over(pose.time_s) for take in takes):
                    break
    return write_takes(both[0][0], both[1][0], path)


class NoRepError(FormcheckError, ValueError):
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
