"""Whom pictures on the server and poses of a page follow, where there are two people.

    python -m benchmarks.parity_people --model full
    python -m benchmarks.parity_people --write     # the table in docs/in_the_browser.md

The same pictures go through Python's estimator, which has its wishes at once, and through the
worker of the coach's page, which gets them as live, with one of the next pictures. Picture by
picture it is compared whom they follow. The films are put together out of the sample clips; two
more come from outside, where those recordings are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks import outside_truth
from benchmarks.page import table
from benchmarks.parity import CLIPS, MAX_SIDE_PX, Player, in_python, opened, write_between
from formcheck.capture.frames import Frame, VideoFile
from formcheck.capture.models.store import ensure_model
from formcheck.engine.exercise import StartPosture
from formcheck.engine.pose import ImageArray, PoseFrame
from formcheck.engine.pose import Landmark as L

# So many pictures a second, as a page without a graphics card has them.
_FPS = 12.5
_TRUNK = [L.LEFT_SHOULDER, L.RIGHT_SHOULDER, L.LEFT_HIP, L.RIGHT_HIP]
# Middles of the trunk farther apart than this, in trunk lengths, are those of two people.
_SAME_TRUNKS = 0.5


@dataclass(frozen=True, slots=True)
class Scene:
    """Two people in a film. name: what happens in it."""

    name: str
    posture: StartPosture
    frames: list[Frame]


def _pictures(clip: Path, until_s: float = np.inf) -> list[Frame]:
    """A clip's, at most _FPS a second."""
    kept: list[Frame] = []
    with VideoFile(clip, max_side=MAX_SIDE_PX) as video:
        for frame in video:
            if frame.time_s > until_s:
                break
            if not kept or frame.time_s - kept[-1].time_s > 0.9 / _FPS:
                kept.append(frame)
    return kept


def _put_together(made: Callable[[int, ImageArray, ImageArray], ImageArray]) -> list[Frame]:
    """made(n, one, other): the picture at n of ten moments of the film of two clips."""
    one = _pictures(CLIPS / "squat_front_knee_valgus.mp4")
    other = cycle(_pictures(CLIPS / "squat_oblique.mp4"))
    return [
        replace(
            frame, image_rgb=made(10 * index // len(one), frame.image_rgb, next(other).image_rgb)
        )
        for index, frame in enumerate(one)
    ]


def _middle(image: ImageArray) -> ImageArray:
    return image[:, 160:480]


def _nobody(image: ImageArray) -> ImageArray:
    return np.hstack([image[:, :160], image[:, :160]])


def _joined(moment: int, one: ImageArray, other: ImageArray) -> ImageArray:
    return np.hstack([_middle(one), (_middle if moment >= 3 else _nobody)(other)])


def _taken_over(moment: int, one: ImageArray, other: ImageArray) -> ImageArray:
    return np.hstack(
        [(_middle if moment < 6 else _nobody)(one), (_middle if moment >= 3 else _nobody)(other)]
    )


def _hidden(moment: int, one: ImageArray, other: ImageArray) -> ImageArray:
    return np.hstack([(_nobody if moment == 5 else _middle)(one), _middle(other)])


def _scenes() -> Iterator[Scene]:
    beside = CLIPS / "squat_bystander.mp4"
    yield Scene("one squats, one stands behind", "standing", _pictures(beside))
    yield Scene("somebody joins", "standing", _put_together(_joined))
    yield Scene("the other one takes over", "standing", _put_together(_taken_over))
    yield Scene("out of sight for 1.7 s beside another", "standing", _put_together(_hidden))
    place = outside_truth.folder()
    if place is not None:
        film = place / "films" / "squat_bystander.mp4"
        yield Scene("one squats, one stands (other renderer)", "standing", _pictures(film))
        real = place / "videos" / "vin_clamshells.mp4"
        lies = _pictures(real, until_s=27.0)
        yield Scene("one lies, a therapist kneels behind (real)", "side_lying", lies)


@dataclass(frozen=True, slots=True)
class Followed:
    """How often both follow the same person, in shares of the pictures.

    one_only: one of them follows somebody, the other nobody for the moment. python_s, page_s:
    when another person was taken.
    """

    pictures: int
    same: float
    one_only: float
    other: float
    python_s: list[float]
    page_s: list[float]
    people: tuple[float, float]


def followed(python: Sequence[PoseFrame], page: Sequence[PoseFrame]) -> Followed:
    """Compare two ways of the same pictures."""
    same = one_only = other = 0
    for one, two in zip(python, page, strict=True):
        if one.has_person != two.has_person:
            one_only += 1
        elif not one.has_person or _apart(one, two) < _SAME_TRUNKS:
            same += 1
        else:
            other += 1
    count = len(python)
    return Followed(
        count,
        same / count,
        one_only / count,
        other / count,
        [pose.time_s for pose in python if pose.person_changed],
        [pose.time_s for pose in page if pose.person_changed],
        (_crowded(python), _crowded(page)),
    )


def _apart(one: PoseFrame, two: PoseFrame) -> float:
    a, b = (np.nanmean(pose.landmarks_px[_TRUNK, :2], axis=0) for pose in (one, two))
    corners = one.landmarks_px[_TRUNK, :2]
    trunk = corners[:2].mean(axis=0) - corners[2:].mean(axis=0)
    # Of who is seen in part: as far as the joints that are.
    length = np.nan_to_num(np.hypot(*trunk), nan=0.2 * max(one.frame_size))
    return float(np.hypot(*(a - b)) / max(length, 1.0))


def _crowded(poses: Sequence[PoseFrame]) -> float:
    return sum(pose.people > 1 for pose in poses) / len(poses)


def lines(found: Sequence[tuple[str, Followed]]) -> list[str]:
    """The table."""
    head = (
        "film", "pictures", "same person", "one sees nobody", "another person",
        "changes at (server / page), s", "two are seen (server / page)",
    )  # fmt: skip

    def times(seconds: list[float]) -> str:
        return ", ".join(f"{s:.1f}" for s in seconds) or "-"

    rows = [
        (
            name,
            str(one.pictures),
            f"{100 * one.same:.1f}%",
            f"{100 * one.one_only:.1f}%",
            f"{100 * one.other:.1f}%",
            f"{times(one.python_s)} / {times(one.page_s)}",
            " / ".join(f"{100 * share:.0f}%" for share in one.people),
        )
        for name, one in found
    ]
    return table(head, rows)


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="full", choices=("lite", "full"))
    parser.add_argument("--only", type=int, nargs="+", default=[], help="numbers of films, from 0")
    parser.add_argument("--write", action="store_true", help="into docs/in_the_browser.md")
    args = parser.parse_args()
    model = ensure_model(args.model)
    player = Player()
    found = []
    with opened(player.app) as page:
        for number, scene in enumerate(_scenes()):
            if args.only and number not in args.only:
                continue
            python, _ms = in_python(scene.frames, model, scene.posture)
            player.show(scene.frames, scene.posture)
            page.evaluate("model => window.play(model)", model.variant)
            found.append((scene.name, followed(python, player.found)))
            print(*found[-1], flush=True)
    told = lines(found)
    print("\n".join(told))
    if args.write:
        write_between("people", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
